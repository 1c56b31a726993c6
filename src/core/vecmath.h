/*
 * Logarithms of ratios and exponentials as branch-free C that GCC turns into vector code, and the
 * macro that compiles a loop for several instruction sets and picks one when the program starts.
 *
 * A ratio x/y of two normal positive numbers is reduced to 2^k (1+z)/(1-z) by integer arithmetic on
 * the exponents; log(x/y) = k log 2 + 2 atanh z. For x near y, k = 0 and z = (x-y)/(x+y) has the
 * full relative accuracy of x - y, so log(x/y) has it as well. Measured against long double:
 * within 2.5 ulp. Coefficients: interpolation at Chebyshev nodes, computed with 60 digits; relative
 * error below each.
 */
#pragma once
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

/* Sanitizers cannot resolve ifuncs before they have started. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&                             \
    !defined(__SANITIZE_ADDRESS__)
#define OTTO_VECTOR_CLONES                                                                         \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define OTTO_VECTOR_CLONES
#endif

#define OTTO_LN2 0x1.62e42fefa39efp-1

/* Values a vector loop may be given: normal, with room for ratios and products of a few factors. */
#define OTTO_VECTOR_TINY 0x1p-900
#define OTTO_VECTOR_HUGE 0x1p100

/* Unsigned: the arithmetic on bit patterns wraps. */
static inline uint64_t OttoBits(double x)
{
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

static inline double OttoFromBits(uint64_t bits)
{
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

/* Exponent fields below are (k + 2048) << 52: the odd multiple of 2^63 keeps k + 2048 positive for
 * the shift, and turns up as the sign of the scaled number. */
#define OTTO_EXPONENT_MASK UINT64_C(0xfff0000000000000)
#define OTTO_SIGN_BIT UINT64_C(0x8000000000000000)

/* k as a double: AVX2 has no conversion from 64-bit integers, so it is put into the mantissa of
 * 2^52. */
static inline double OttoFieldExponent(uint64_t field)
{
  return OttoFromBits((field >> 52) | UINT64_C(0x4330000000000000)) - (0x1p52 + 2048);
}

/* x = 2^k (1+z)/(1-z), |z| <= 0.1716: x/2^k lies in [sqrt(1/2), sqrt(2)]. */
static inline double OttoReduce(double x, double *k)
{
  uint64_t root_half = UINT64_C(0x3fe6a09e667f3bcd);
  uint64_t field = (OttoBits(x) - root_half + OTTO_SIGN_BIT) & OTTO_EXPONENT_MASK;
  double minus = OttoFromBits(OttoBits(x) - field); /* -x/2^k */
  *k = OttoFieldExponent(field);
  return (minus + 1) / (minus - 1);
}

/* -x/2^k for the k that puts x/2^k next to y: 0 where x/y lies within 2^±0.41. The difference of
 * the bit patterns is the difference of log2 up to ±0.0861 (Mitchell 1962). */
static inline double OttoScaleTo(double x, double y, double *k)
{
  uint64_t half = UINT64_C(1) << 51;
  uint64_t field = (OttoBits(x) - OttoBits(y) + half + OTTO_SIGN_BIT) & OTTO_EXPONENT_MASK;
  *k = OttoFieldExponent(field);
  return OttoFromBits(OttoBits(x) - field);
}

/* x/y = 2^k (1+z)/(1-z), |z| <= 0.2004; `gap` = x - x/2^k. */
static inline double OttoReduceRatio(double x, double y, double *k, double *gap)
{
  double minus = OttoScaleTo(x, y, k);
  *gap = x + minus;
  return (minus + y) / (minus - y);
}

/* (2 atanh z - 2z)/z^3 from w = z^2 <= 0.0403; relative error 4e-15 (1/70 of that in the log). */
static inline double OttoAtanhTail(double w)
{
  double a = 0x1.35d2d714b9389p-3;
  a = a * w + 0x1.38fd0e02e5e43p-3;
  a = a * w + 0x1.746bf548d3d63p-3;
  a = a * w + 0x1.c71c3bbccc572p-3;
  a = a * w + 0x1.2492495334f5ap-2;
  a = a * w + 0x1.999999997b790p-2;
  return a * w + 0x1.555555555556fp-1;
}

/* 2 atanh z for |z| <= 0.2006. */
static inline double OttoTwoAtanh(double z)
{
  double w = z * z;
  return z * (2 + w * OttoAtanhTail(w));
}

/* log(x/y) for normal x, y > 0. */
static inline double OttoLogRatio(double x, double y)
{
  double k, gap, z = OttoReduceRatio(x, y, &k, &gap);
  return k * OTTO_LN2 + OttoTwoAtanh(z);
}

/* ((1+u) log(1+u) + (1-u) log(1-u))/u^2 from w = u^2 <= 0.0403; relative error 3e-18. */
static inline double OttoJensen(double w)
{
  double v = w * w;
  double a = 0x1.65942dd849221p-7 + w * 0x1.366c6108a8f41p-7;
  double b = 0x1.6c168b6ee2521p-6 + w * 0x1.f0924b5c639abp-7;
  double c = 0x1.11111110e30c4p-4 + w * 0x1.2492496bc2d0fp-5;
  return (1 + w * (0x1.555555555560ap-3 + w * c)) + (v * v) * (b + v * a);
}

/* The same for w <= 1/9; relative error 5e-19. */
static inline double OttoJensenWide(double w)
{
  double v = w * w, x = v * v;
  double a = 0x1.0000000000000p+0 + w * 0x1.555555555554ep-3;
  double b = 0x1.1111111112614p-4 + w * 0x1.2492492323453p-5;
  double c = 0x1.6c16c23923b2cp-6 + w * 0x1.f07bdc61962bfp-7;
  double d = 0x1.681d3b81f8d6cp-7 + w * 0x1.10a216e05e40fp-7;
  double e = 0x1.b57020bcd832ep-8 + w * (0x1.1ec8e9f1e6336p-8 + w * 0x1.e398580519412p-8);
  return (a + v * b) + x * ((c + v * d) + x * e);
}

/* (e^f - 1 - f)/f^2 for |f| <= 0.3467; relative error 5e-18. */
static inline double OttoExpTail(double f)
{
  double a = 0x1.1f7315649f2d7p-29;
  a = a * f + 0x1.af4e092e1705bp-26;
  a = a * f + 0x1.27e4db5bb725ap-22;
  a = a * f + 0x1.71de02225a2f3p-19;
  a = a * f + 0x1.a01a01a6db488p-16;
  a = a * f + 0x1.a01a01abeccc3p-13;
  a = a * f + 0x1.6c16c16c162cfp-10;
  a = a * f + 0x1.11111111100d3p-7;
  a = a * f + 0x1.5555555555556p-5;
  a = a * f + 0x1.5555555555557p-3;
  return a * f + 0.5;
}

/* x = k log 2 + f, |f| <= 0.3466; *power = 2^k. |x| <= 700. */
static inline double OttoReduceExp(double x, double *power)
{
  const double magic = 0x1.8p52;
  double shifted = x * 0x1.71547652b82fep+0 + magic, k = shifted - magic;
  *power = OttoFromBits((OttoBits(shifted) << 52) + UINT64_C(0x3ff0000000000000));
  return (x - k * 0x1.62e42fefa3800p-1) - k * 0x1.ef35793c76730p-45;
}

/* e^x - 1 - x, full relative accuracy for |x| <= 700. Ψ(s) = s - 1 - log s of MATHEMATICS 4.1 at
 * s = e^x. */
static inline double OttoExpMinus(double x)
{
  double power, f = OttoReduceExp(x, &power), tail = f * f * OttoExpTail(f);
  return power == 1 ? tail : power * (f + tail) + ((power - 1) - x);
}

/* e^±f - 1 ∓ f = w (even ± odd), w = f^2, for |f| <= 0.3467: OttoExpTail() by its even and odd
 * parts. */
static inline void OttoExpMinusParts(double f, double w, double *even, double *odd)
{
  double a = 0x1.1f7315649f2d7p-29, b = 0x1.af4e092e1705bp-26;
  a = a * w + 0x1.27e4db5bb725ap-22;
  b = b * w + 0x1.71de02225a2f3p-19;
  a = a * w + 0x1.a01a01a6db488p-16;
  b = b * w + 0x1.a01a01abeccc3p-13;
  a = a * w + 0x1.6c16c16c162cfp-10;
  b = b * w + 0x1.11111111100d3p-7;
  a = a * w + 0x1.5555555555556p-5;
  *odd = f * (b * w + 0x1.5555555555557p-3);
  *even = a * w + 0.5;
}

/* e^x - 1 - x and e^-x - 1 + x: one reduction. */
static inline void OttoExpMinusBoth(double x, double *plus, double *minus)
{
  double power, f = OttoReduceExp(x, &power), w = f * f, even, odd;
  double inverse = OttoFromBits(UINT64_C(0x7fe0000000000000) - OttoBits(power)); /* 1/power */
  OttoExpMinusParts(f, w, &even, &odd);
  double up = w * (even + odd), down = w * (even - odd);
  *plus = power == 1 ? up : power * (f + up) + ((power - 1) - x);
  *minus = power == 1 ? down : inverse * (down - f) + ((inverse - 1) + x);
}

/* e^x; 0 below -700, +inf from 709.78 on. */
static inline double OttoExp(double x)
{
  double bounded = x < -700 ? -700 : x > 709.78 ? 709.78 : x;
  double power, f = OttoReduceExp(bounded, &power);
  double half =
      OttoFromBits(OttoBits(power) - (UINT64_C(1) << 52)); /* 2^1024 overflows, 2^1023 not */
  double value = 2 * (half + half * (f + f * f * OttoExpTail(f)));
  return x < -700 ? 0 : x > 709.78 ? INFINITY : value;
}

/* e^x for least ≤ x ≤ 700, e^least below, -700 ≤ least. */
static inline double OttoExpFrom(double least, double x)
{
  double bounded = x < least ? least : x;
  double power, f = OttoReduceExp(bounded, &power);
  return power + power * (f + f * f * OttoExpTail(f));
}

/* add + log x for normal x > 0, the larger of the two rounded once. */
static inline double OttoLogPlus(double x, double add)
{
  double k, z = OttoReduce(x, &k);
  return (add + k * 0x1.62e42fefa3800p-1) + (k * 0x1.ef35793c76730p-45 + OttoTwoAtanh(z));
}

/* log(1 + y), full relative accuracy for y > -1 + 1e-300, y <= 1e300. */
static inline double OttoLog1p(double y)
{
  double sum = 1 + y, lost = y - (sum - 1); /* sum + lost = 1 + y for |y| < 1 */
  double k, z = OttoReduce(sum, &k);
  z = k == 0 ? y / (2 + y) : z;
  return k * OTTO_LN2 + OttoTwoAtanh(z) + (k == 0 || !(y < 4) ? 0 : lost / sum);
}

/* Beyond this, OttoSinCos() has lost digits: ask sin() and cos(). */
#define OTTO_SINCOS_MOST 1e6

/* sin x and cos x for |x| <= OTTO_SINCOS_MOST, absolute error 2e-16: x = k pi/2 + f, pi/2 in
 * three parts of which k times the first two is exact (Cody and Waite 1980); (sin f - f)/f^3 and
 * (cos f - 1 + f^2/2)/f^4, relative error 2e-17. */
static inline void OttoSinCos(double x, double *sine, double *cosine)
{
  const double magic = 0x1.8p52;
  double shifted = x * 0x1.45f306dc9c883p-1 + magic, k = shifted - magic;
  uint64_t turn = OttoBits(shifted); /* its last two bits are those of k */
  double f = (x - k * 0x1.921fb54400000p+0) - k * 0x1.0b4611a600000p-34;
  f -= k * 0x1.3198a2e037073p-69;
  double w = f * f, s = 0x1.5e0ae5873e651p-33, c = -0x1.907d6ee97cd28p-37;
  s = s * w - 0x1.ae600a711c40ep-26;
  c = c * w + 0x1.1eeb68a05cf19p-29;
  s = s * w + 0x1.71de3795fe529p-19;
  c = c * w - 0x1.27e4fa17941a8p-22;
  s = s * w - 0x1.a01a019e833f2p-13;
  c = c * w + 0x1.a01a019f4e7a2p-16;
  s = s * w + 0x1.1111111110bb1p-7;
  c = c * w - 0x1.6c16c16c16966p-10;
  s = s * w - 0x1.5555555555555p-3;
  c = c * w + 0x1.5555555555555p-5;
  s = f + f * (w * s);
  c = (1 - 0.5 * w) + (w * w) * c;
  double first = turn & 1 ? c : s, second = turn & 1 ? s : c;
  *sine = OttoFromBits(OttoBits(first) ^ ((turn & 2) << 62));
  *cosine = OttoFromBits(OttoBits(second) ^ (((turn + 1) & 2) << 62));
}
