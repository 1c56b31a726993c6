/*
 * The vector loops over cells. Logarithms: with x scaled by a power of 2 to lie next to y,
 * log(x/y) = k log 2 + 2 atanh z, z = (x - y)/(x + y); the three denominators of a cell are of one
 * size, and one division serves all. Everything else is found from the larger value x, v = y/x of
 * the smaller and e = 1 - v, in units of x, by one division for six denominators. With m the
 * mixture, JS of m and y is found as that of x and y (divergence_totals.c): by a series near 1,
 * else by a log_mean of its own; that of x and m, (x - m)/(x + m) <= 1/3, by a series throughout.
 */
#include "observe_cells.h"
#include "core/vecmath.h"

#define TILE 176
#define ROOT2 0x1.6a09e667f3bcdp+0

typedef struct {
  double z[TILE], far[TILE], tail[TILE]; /* of p/q: z, exponent k, 2 atanh z - 2z */
} Reduced;

typedef struct {
  double min_p, min_q, max_p, max_q;
} Range;

OTTO_VECTOR_CLONES static void Logs(int n, double u, const double *restrict p,
                                    const double *restrict q, Reduced *restrict r,
                                    double *restrict lp, double *restrict lq,
                                    double *restrict ratio, Range *range)
{
  double min_p = INFINITY, min_q = INFINITY, max_p = -INFINITY, max_q = -INFINITY;

#pragma omp simd reduction(min : min_p, min_q) reduction(max : max_p, max_q)
  for (int i = 0; i < n; i++) {
    double kp, kq, k, x = -OttoScaleTo(p[i], u, &kp), y = -OttoScaleTo(q[i], u, &kq);
    double next = -OttoScaleTo(p[i], y, &k), both = (x + u) * (y + u), beside = next + y;
    double inverse = 1 / (both * beside), of_both = beside * inverse;
    double zp = (x - u) * ((y + u) * of_both), zq = (y - u) * ((x + u) * of_both);
    double z = (next - y) * (both * inverse), w = z * z, tail = z * w * OttoAtanhTail(w);
    k -= kq;
    r->z[i] = z;
    r->far[i] = k;
    r->tail[i] = tail;
    lp[i] = kp * OTTO_LN2 + OttoTwoAtanh(zp);
    lq[i] = kq * OTTO_LN2 + OttoTwoAtanh(zq);
    ratio[i] = k * OTTO_LN2 + (2 * z + tail);
    min_p = p[i] < min_p ? p[i] : min_p;
    min_q = q[i] < min_q ? q[i] : min_q;
    max_p = p[i] > max_p ? p[i] : max_p;
    max_q = q[i] > max_q ? q[i] : max_q;
  }
  *range = (Range){min_p, min_q, max_p, max_q};
}

/* Sums that want logarithms and no division, of p and q together; two loops, whose sums stay in
 * registers. */
OTTO_VECTOR_CLONES static void SumLogs(int n, double log_u, const OttoObserveRun *run,
                                       const Reduced *restrict r, double sums[], double more[])
{
  const double *restrict p = run->p, *restrict q = run->q, *restrict dp = run->dp;
  const double *restrict lq = run->lq, *restrict ratio = run->ratio;
  double mass_p = 0, mass_q = 0, p_log_q = 0, kl = 0, reverse = 0, rate = 0;

#pragma omp simd reduction(+ : mass_p, mass_q, p_log_q, kl, reverse, rate)
  for (int i = 0; i < n; i++) {
    double d = p[i] - q[i], near = r->z[i] * d;
    int far = r->far[i] != 0;
    kl += far ? p[i] * ratio[i] - d : p[i] * r->tail[i] + near;
    reverse += far ? d - q[i] * ratio[i] : near - q[i] * r->tail[i];
    p_log_q += p[i] * lq[i];
    rate += dp[i] * ratio[i];
    mass_p += p[i];
    mass_q += q[i];
  }
  sums[OTTO_SUM_KL] += kl;
  sums[OTTO_SUM_REVERSE_KL] += reverse;
  sums[OTTO_SUM_P_LOG_Q] += p_log_q + log_u * mass_p;
  sums[OTTO_SUM_MASS_P] += mass_p;
  sums[OTTO_SUM_MASS_Q] += mass_q;
  more[OTTO_OBSERVE_KL_RATE] += rate;
}

/* Of each alone. */
OTTO_VECTOR_CLONES static void SumEach(int n, double u, const OttoObserveRun *run, double more[])
{
  const double *restrict p = run->p, *restrict q = run->q, *restrict p0 = run->p0;
  const double *restrict dp = run->dp, *restrict dq = run->dq;
  const double *restrict lp = run->lp, *restrict lq = run->lq;
  double lack_p = 0, lack_q = 0, then = 0, rate_p = 0, rate_q = 0;

#pragma omp simd reduction(+ : lack_p, lack_q, then, rate_p, rate_q)
  for (int i = 0; i < n; i++) {
    lack_p += p[i] * lp[i] - (p[i] - u);
    lack_q += q[i] * lq[i] - (q[i] - u);
    then += p0[i] * lp[i];
    rate_p += dp[i] * lp[i];
    rate_q += dq[i] * lq[i];
  }
  more[OTTO_OBSERVE_P0_LOG_P] += then;
  more[OTTO_OBSERVE_ENTROPY_RATE_P] -= rate_p;
  more[OTTO_OBSERVE_ENTROPY_RATE_Q] -= rate_q;
  more[OTTO_OBSERVE_LACK_P] += lack_p;
  more[OTTO_OBSERVE_LACK_Q] += lack_q;
}

/* The others, and the part of the rate that wants 1/q. */
OTTO_VECTOR_CLONES static void SumRatios(int n, const OttoObserveRun *run,
                                         const Reduced *restrict r, double sums[], double more[])
{
  const double *restrict p = run->p, *restrict q = run->q, *restrict dq = run->dq;
  const double *restrict ratio = run->ratio;
  double chi2 = 0, hellinger2 = 0, tv = 0, js = 0, mid_p = 0, mid_q = 0, rate = 0;

#pragma omp simd reduction(+ : chi2, hellinger2, tv, js, mid_p, mid_q, rate)
  for (int i = 0; i < n; i++) {
    int up = p[i] > q[i];
    double x = up ? p[i] : q[i], y = up ? q[i] : p[i], ix = 1 / x, gap = x - y;
    double v = y * ix, e = gap * ix, s = 1 + v, s1 = 3 + v, s2 = 1 + 3 * v, root = 1 + sqrt(v);
    double a = s + ROOT2, b = s2 + ROOT2 * s; /* of the two log_mean */
    double ab = a * b, of3 = ab * s1, of4 = of3 * s2, of5 = of4 * root;
    double inverse = 1 / (of5 * v), iv = inverse * of5;
    inverse *= v;
    double h = e * (inverse * of4);
    inverse *= root;
    double u2 = e * (inverse * of3);
    inverse *= s2;
    double u1 = e * (inverse * ab);
    inverse *= s1;
    double mean2 = OttoTwoAtanh((s2 - ROOT2 * s) * (inverse * a)) - 0.5 * OTTO_LN2;
    double mean = OttoTwoAtanh((s - ROOT2) * (inverse * b)) - 0.5 * OTTO_LN2;
    double size = fabs(ratio[i]), w = r->z[i] * r->z[i], w1 = u1 * u1, w2 = u2 * u2;
    double all = r->far[i] == 0 ? 0.5 * s * w * OttoJensen(w) : -v * size - s * mean;
    double upper = 0.25 * s1 * w1 * OttoJensenWide(w1);
    double lower =
        v >= 0.5 ? 0.25 * s2 * w2 * OttoJensen(w2) : -v * (size + mean) - 0.5 * (s2 * mean2);
    double over_q = up ? iv : 1; /* x/q */
    chi2 += gap * (e * over_q);
    hellinger2 += x * (h * h);
    tv += gap;
    js += x * all;
    mid_p += x * (up ? upper : lower);
    mid_q += x * (up ? lower : upper);
    rate += dq[i] * ((up ? -e : e) * over_q); /* 1 - p/q */
  }
  sums[OTTO_SUM_CHI2] += chi2;
  sums[OTTO_SUM_HELLINGER2] += 0.5 * hellinger2;
  sums[OTTO_SUM_TV] += 0.5 * tv;
  sums[OTTO_SUM_JS] += 0.5 * js;
  more[OTTO_OBSERVE_MID_P] += 0.5 * mid_p;
  more[OTTO_OBSERVE_MID_Q] += 0.5 * mid_q;
  more[OTTO_OBSERVE_KL_RATE] += rate;
}

static OttoObserveRun Shift(const OttoObserveRun *r, PetscInt64 by)
{
  return (OttoObserveRun){r->p + by,
                          r->q + by,
                          r->p0 ? r->p0 + by : NULL,
                          r->dp ? r->dp + by : NULL,
                          r->dq ? r->dq + by : NULL,
                          r->lp + by,
                          r->lq + by,
                          r->ratio + by};
}

/* n <= OTTO_BLOCK cells, in tiles of equal size. */
static PetscBool AddBlock(PetscReal uniform, const PetscReal least[2], PetscInt64 n,
                          const OttoObserveRun *run, OttoObserveSums *s)
{
  const PetscInt64 tiles = (n + TILE - 1) / TILE, tile = PetscMin(TILE, (n / tiles + 8) / 8 * 8);
  const double log_u = s ? s->log_uniform : 0;
  double sums[OTTO_SUM_COUNT] = {0}, more[OTTO_OBSERVE_COUNT] = {0};

  for (PetscInt64 from = 0; from < n; from += tile) {
    const int count = (int)PetscMin(tile, n - from);
    const OttoObserveRun r = Shift(run, from);
    Reduced reduced;
    Range range;
    Logs(count, uniform, r.p, r.q, &reduced, r.lp, r.lq, r.ratio, &range);
    if (!(range.min_p > least[0] && range.min_q > least[1] && range.max_p < OTTO_VECTOR_HUGE &&
          range.max_q < OTTO_VECTOR_HUGE))
      return PETSC_FALSE;
    if (!s) continue;
    SumLogs(count, log_u, &r, &reduced, sums, more);
    SumEach(count, uniform, &r, more);
    SumRatios(count, &r, &reduced, sums, more);
    s->totals.min_p = PetscMin(s->totals.min_p, range.min_p);
    s->totals.min_q = PetscMin(s->totals.min_q, range.min_q);
    s->totals.max_p = PetscMax(s->totals.max_p, range.max_p);
    s->totals.max_q = PetscMax(s->totals.max_q, range.max_q);
  }
  if (!s) return PETSC_TRUE;
  const double mass_p = sums[OTTO_SUM_MASS_P], mass_q = sums[OTTO_SUM_MASS_Q];
  const double whole = (double)n * uniform; /* p log p = p log(p V) + p log u */
  sums[OTTO_SUM_P_LOG_P] = more[OTTO_OBSERVE_LACK_P] + (mass_p - whole) + log_u * mass_p;
  sums[OTTO_SUM_Q_LOG_Q] = more[OTTO_OBSERVE_LACK_Q] + (mass_q - whole) + log_u * mass_q;
  for (int k = 0; k < OTTO_SUM_COUNT; k++)
    if (sums[k] != 0) OttoSumAdd(&s->totals.sum[k], sums[k]);
  for (int k = 0; k < OTTO_OBSERVE_COUNT; k++) OttoSumAdd(&s->sum[k], more[k]);
  /* a NaN is smaller than nothing */
  return isnan(mass_p) || isnan(mass_q) ? PETSC_FALSE : PETSC_TRUE;
}

PetscBool OttoObserveCells(PetscReal uniform, const PetscReal least[2], PetscInt64 n,
                           const OttoObserveRun *run, OttoObserveSums *sums)
{
  for (PetscInt64 from = 0; from < n; from += OTTO_BLOCK) {
    const OttoObserveRun r = Shift(run, from);
    if (!AddBlock(uniform, least, PetscMin(OTTO_BLOCK, n - from), &r, sums)) return PETSC_FALSE;
  }
  return PETSC_TRUE;
}
