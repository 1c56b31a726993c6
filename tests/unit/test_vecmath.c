/* The vector loops' logarithms, exponentials and sines against long double. labels: serial */
#include "test.h"
#include "core/vecmath.h"

#define COUNT 20000

static double Random(uint64_t *state) /* uniform in (0, 1): a fixed sequence */
{
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return ((double)(*state >> 11) + 0.5) * 0x1p-53;
}

OTTO_VECTOR_CLONES static void LogRatios(int n, const double x[], const double y[], double out[])
{
#pragma omp simd
  for (int i = 0; i < n; i++) out[i] = OttoLogRatio(x[i], y[i]);
}

OTTO_VECTOR_CLONES static void Exponentials(int n, const double x[], double minus[], double whole[])
{
#pragma omp simd
  for (int i = 0; i < n; i++) {
    minus[i] = OttoExpMinus(x[i]);
    whole[i] = OttoExp(x[i]);
  }
}

OTTO_VECTOR_CLONES static void Both(int n, const double x[], double plus[], double minus[])
{
#pragma omp simd
  for (int i = 0; i < n; i++) OttoExpMinusBoth(x[i], &plus[i], &minus[i]);
}

static double x[COUNT], y[COUNT], out[COUNT], more[COUNT];

/* Near and far ratios, sizes from the least to the largest allowed. The polynomial and the last
 * addition round by half an ulp each, the reduced argument by three halves: 2.5 ulp = 5.5e-16. */
static PetscErrorCode TestLogRatio(void)
{
  uint64_t state = 1;
  double worst = 0;

  PetscFunctionBegin;
  for (int i = 0; i < COUNT; i++) {
    double size = i % 4 == 0 ? 1e-12 : i % 4 == 1 ? 0.3 : i % 4 == 2 ? 3 : 60;
    y[i] = exp(-600 + 660 * Random(&state));
    x[i] = y[i] * exp(size * (Random(&state) - 0.5));
    if (x[i] < OTTO_VECTOR_TINY) x[i] = OTTO_VECTOR_TINY;
  }
  LogRatios(COUNT, x, y, out);
  for (int i = 0; i < COUNT; i++) {
    long double d = ((long double)x[i] - y[i]) / y[i];
    long double exact = fabsl(d) < 0.5L ? log1pl(d) : logl(x[i]) - logl(y[i]);
    if (exact != 0)
      worst = fmax(worst, fabs((double)((out[i] - exact) / exact)));
    else
      TestClose(out[i], 0, 0, "log of 1");
  }
  TestTrue(worst < 5.5e-16, "log(x/y) within 2.5 ulp");
  PetscFunctionReturn(0);
}

/* e^x - 1 - x keeps its relative accuracy: 4 ulp near 0, where |x| is just beyond (log 2)/2 the
 * subtraction of x amplifies the error of e^x by 20: 5e-15. */
static PetscErrorCode TestExp(void)
{
  uint64_t state = 2;
  double near = 0, far = 0, whole = 0;

  PetscFunctionBegin;
  for (int i = 0; i < COUNT; i++)
    x[i] = (2 * Random(&state) - 1) * (i % 3 == 0 ? 1e-7 : i % 3 == 1 ? 2 : 690);
  Exponentials(COUNT, x, out, more);
  for (int i = 0; i < COUNT; i++) {
    long double v = x[i], exact = 0, term = v * v / 2, e = expl(v);
    if (fabsl(v) < 0.3L)
      for (int k = 3; k < 30; k++, term *= v / (k - 1)) exact += term;
    else
      exact = expm1l(v) - v;
    double error = fabs((double)((out[i] - exact) / exact));
    if (fabs(x[i]) < 0.3)
      near = fmax(near, error);
    else
      far = fmax(far, error);
    whole = fmax(whole, fabs((double)((more[i] - e) / e)));
  }
  TestTrue(near < 9e-16, "e^x - 1 - x near 0");
  TestTrue(far < 5e-15, "e^x - 1 - x");
  TestTrue(whole < 7e-16, "e^x");
  TestTrue(OttoExp(-1e5) == 0 && OttoExp(1e5) == INFINITY, "e^x beyond the range");
  TestClose(OttoExp(705), exp(705), 1e-15, "e^705");
  PetscFunctionReturn(0);
}

/* Three roundings and the polynomial: 4 ulp. */
static PetscErrorCode TestLog1p(void)
{
  uint64_t state = 3;
  double worst = 0, jensen = 0, wide = 0;

  PetscFunctionBegin;
  for (int i = 0; i < COUNT; i++) {
    double v = i % 2 ? (Random(&state) - 0.5) * exp(-30 * Random(&state))
                     : exp(600 * (2 * Random(&state) - 1));
    long double exact = log1pl(v), u = 0.2L * Random(&state) + 1e-3L;
    long double j = ((1 + u) * log1pl(u) + (1 - u) * log1pl(-u)) / (u * u);
    worst = fmax(worst, fabs((double)((OttoLog1p(v) - exact) / exact)));
    jensen = fmax(jensen, fabs((double)((OttoJensen((double)(u * u)) - j) / j)));
  }
  for (int i = 0; i < COUNT; i++) {
    long double u = 0.05L + (1 / 3.L - 0.05L) * i / (COUNT - 1);
    long double j = ((1 + u) * log1pl(u) + (1 - u) * log1pl(-u)) / (u * u);
    wide = fmax(wide, fabs((double)((OttoJensenWide((double)(u * u)) - j) / j)));
  }
  TestTrue(wide < 4e-16, "Jensen's series to u = 1/3"); /* long double's cancellation: 1e-16 */
  TestTrue(worst < 6e-16, "log(1 + y)");
  TestTrue(jensen < 5e-14, "Jensen's series"); /* long double's own cancellation at u = 1e-3 */
  PetscFunctionReturn(0);
}

OTTO_VECTOR_CLONES static void Plainly(int n, const double a[], const double add[], double power[],
                                       double plus[])
{
#pragma omp simd
  for (int i = 0; i < n; i++) {
    power[i] = OttoExpFrom(-500, a[i]);
    plus[i] = OttoLogPlus(a[i] < 0 ? -a[i] : a[i], add[i]);
  }
}

/* What stages on logarithms take: e^x bounded below, within 3 ulp; a sum with a logarithm, to half
 * an ulp of the largest of the three and what the logarithm has. */
static PetscErrorCode TestStageMath(void)
{
  uint64_t state = 5;
  double power = 0, plus = 0;

  PetscFunctionBegin;
  for (int i = 0; i < COUNT; i++) {
    x[i] = 700 * (1 - 2 * Random(&state)) * (i % 2 ? 1 : 1e-3);
    y[i] = rint(64 * 1e4 * (1 - 2 * Random(&state)) * exp(-10 * Random(&state))) / 64;
  }
  Plainly(COUNT, x, y, out, more);
  for (int i = 0; i < COUNT; i++) {
    const long double e = expl(fmaxl(-500, x[i])), l = logl(fabsl(x[i])), sum = y[i] + l;
    power = fmax(power, fabs((double)((out[i] - e) / e)));
    plus = fmax(plus, fabs((double)(more[i] - sum)) /
                          (2.3e-16 * fmax(fmax(fabs(y[i]), (double)fabsl(l)), (double)fabsl(sum))));
  }
  TestTrue(power < 7e-16, "e^x from -500 on");
  TestTrue(plus < 1.5, "a number and a logarithm");
  TestClose(OttoExpFrom(-500, -INFINITY), exp(-500), 1e-15, "zeros of data");
  PetscFunctionReturn(0);
}

/* Both signs at once: even and odd parts are summed in another order, an ulp or two, which the
 * cancellation beside x = ±0.35 (TestExp: 5e-15 in all) magnifies to 7. */
static PetscErrorCode TestBoth(void)
{
  uint64_t state = 4;
  double worst = 0;

  for (int i = 0; i < COUNT; i++)
    x[i] = (i % 3 == 0 ? 1e-9 : i % 3 == 1 ? 1 : 690) * (2 * Random(&state) - 1);
  Both(COUNT, x, out, more);
  for (int i = 0; i < COUNT; i++) {
    double plus = OttoExpMinus(x[i]), minus = OttoExpMinus(-x[i]);
    worst = fmax(worst, fmax(fabs(out[i] - plus) / plus, fabs(more[i] - minus) / minus));
    if (isnan(out[i]) || isnan(more[i])) worst = INFINITY;
  }
  TestTrue(worst <= 3e-15, "e^±x - 1 ∓ x");
  return 0;
}

OTTO_VECTOR_CLONES static void Waves(int n, const double phase[], double sine[], double cosine[])
{
#pragma omp simd
  for (int i = 0; i < n; i++) OttoSinCos(phase[i], &sine[i], &cosine[i]);
}

/* All quadrants, small and large phases. Half an ulp of the value, at most 1.1e-16, half an ulp of
 * the reduced phase, 5.5e-17, and of the polynomials' last terms, 3e-17: 2e-16. Relative where the
 * sine is small because the phase is: nothing is reduced then. */
static PetscErrorCode TestSinCos(void)
{
  uint64_t state = 5;
  double worst = 0, small = 0;

  for (int i = 0; i < COUNT; i++)
    x[i] = (2 * Random(&state) - 1) * (i % 4 == 0   ? 0.7
                                       : i % 4 == 1 ? 20
                                       : i % 4 == 2 ? 1e-8
                                                    : OTTO_SINCOS_MOST);
  for (int i = 0; i < 64; i++) x[4 * i + 1] = i * M_PI / 4; /* and where quadrants meet */
  Waves(COUNT, x, out, more);
  for (int i = 0; i < COUNT; i++) {
    const long double s = sinl(x[i]), c = cosl(x[i]);
    worst = fmax(worst, fmax(fabs((double)(out[i] - s)), fabs((double)(more[i] - c))));
    if (fabs(x[i]) < 0.7 && x[i] != 0) small = fmax(small, fabs((double)((out[i] - s) / s)));
  }
  TestTrue(worst < 2e-16, "sine and cosine");
  TestTrue(small < 3e-16, "the sine of a small phase");
  if (!(worst < 2e-16 && small < 3e-16)) fprintf(stderr, "  %g %g\n", worst, small);
  return 0;
}

int main(void)
{
  return TestMain({TestLogRatio, TestExp, TestLog1p, TestStageMath, TestBoth, TestSinCos});
}
