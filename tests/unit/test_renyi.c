/* ranks: 1 3
 * Rényi divergences of any order against long double sums, by logarithms. */
#include "fixture.h"

#define CELLS 24

/* log p and log q of a cell: context = {seed, spread, nearness}. Reproducible on any rank. */
static PetscReal Random(PetscInt64 cell, PetscInt which, PetscReal seed)
{
  PetscReal x = sin(12.9898 * (PetscReal)(cell + 1) + 78.233 * which + 37.719 * seed) * 43758.5453;
  return x - floor(x);
}

static PetscReal LogP(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *c)
{
  (void)dim, (void)x;
  return c[1] * (Random(cell, 0, c[0]) - 0.5);
}

static PetscReal LogQ(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *c)
{
  return LogP(cell, dim, x, c) + c[2] * (Random(cell, 1, c[0]) - 0.5);
}

static PetscReal P(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *c)
{
  return exp(LogP(cell, dim, x, c) - c[3]);
}

static PetscReal Q(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *c)
{
  return exp(LogQ(cell, dim, x, c) - c[4]);
}

static PetscReal LogPN(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *c)
{
  return LogP(cell, dim, x, c) - c[3];
}

static PetscReal LogQN(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *c)
{
  return LogQ(cell, dim, x, c) - c[4];
}

/* log Σ e^l/n in long double. */
static long double LogMean(const long double l[], int n)
{
  long double top = l[0], sum = 0;

  for (int i = 1; i < n; i++) top = fmaxl(top, l[i]);
  for (int i = 0; i < n; i++) sum += expl(l[i] - top);
  return top + logl(sum / n);
}

/* D_a of normalised lp, lq: by logarithms where the integral is far from 1; by what it differs from
 * 1 where it is not; near order 1 from the cumulants of log(p/q) under p, k1 + b k2/2 + b² k3/6. */
static long double Exact(const long double lp[], const long double lq[], int n, long double a)
{
  long double e[CELLS], b = a - 1, k1 = 0, k2 = 0, k3 = 0, less = 0;

  for (int i = 0; i < n; i++) {
    const long double x = lp[i] - lq[i];
    e[i] = lp[i] + b * x;
    k1 += expl(lp[i]) / n * x;
    less += a < 0.5L ? expl(lq[i]) / n * expm1l(a * x) : expl(lp[i]) / n * expm1l(b * x);
  }
  if (fabsl(b) > 1e-5L) return fabsl(less) < 0.5L ? log1pl(less) / b : LogMean(e, n) / b;
  for (int i = 0; i < n; i++) {
    const long double x = lp[i] - lq[i] - k1;
    k2 += expl(lp[i]) / n * x * x;
    k3 += expl(lp[i]) / n * x * x * x;
  }
  return k1 + b * k2 / 2 + b * b * k3 / 6;
}

/* Spreads of logarithms from nearly equal densities to beyond the range of a double, orders from
 * 1e-6 to 1e6 and on either side of 1 down to the last digit. Tolerances: the arguments of the
 * reference are rounded to 1e-16 of the logarithms, magnified by 1 over the distance of p and q
 * (1e-4 in the first pair); logarithms of 3000 are rounded to 4e-13, which is then what masses and
 * the integral are off by, however small D is. */
static PetscErrorCode TestOrders(void)
{
  static const PetscReal shifts[] = {-1 + 1e-6, -0.999, -0.7,   -0.5,  -0.3,  -1e-3, -1e-6,
                                     -1e-9,     -1e-12, -1e-15, 1e-15, 1e-12, 1e-9,  1e-6,
                                     1e-3,      0.5,    1,      5,     1e3,   1e6};
  static const PetscReal spreads[][2] = {{3, 1e-4}, {3, 0.3}, {10, 8}, {100, 400}, {900, 3000}};

  PetscFunctionBegin;
  for (int k = 0; k < 5; k++) {
    OttoGrid grid;
    OttoPair pair = {.p = NULL};
    PetscReal c[5] = {k, spreads[k][0], spreads[k][1], 0, 0};
    long double lp[CELLS], lq[CELLS];
    for (int i = 0; i < CELLS; i++) lp[i] = LogP(i, 1, NULL, c), lq[i] = LogQ(i, 1, NULL, c);
    c[3] = (PetscReal)LogMean(lp, CELLS);
    c[4] = (PetscReal)LogMean(lq, CELLS);
    for (int i = 0; i < CELLS; i++) lp[i] = LogPN(i, 1, NULL, c), lq[i] = LogQN(i, 1, NULL, c);
    for (int i = 0; i < 2; i++) { /* what rounding of the normalising constants left */
      long double *l = i ? lq : lp, left = LogMean(l, CELLS);
      for (int j = 0; j < CELLS; j++) l[j] -= left;
    }
    PetscCall(MakeBox(2, (PetscInt64[]){6, 4}, (PetscReal[]){0, 0}, (PetscReal[]){1, 1},
                      (OttoBoundary[]){OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_PERIODIC}, &grid));
    PetscCall(Fill(grid, P, c, &pair.p));
    PetscCall(Fill(grid, Q, c, &pair.q));
    if (k > 2) {
      PetscCall(Fill(grid, LogPN, c, &pair.log_p));
      PetscCall(Fill(grid, LogQN, c, &pair.log_q));
    }
    for (size_t m = 0; m < sizeof shifts / sizeof *shifts; m++) {
      OttoDivergences d;
      PetscReal a = 1 + shifts[m], edge[OTTO_DIVERGENCE_COUNT];
      long double exact = Exact(lp, lq, CELLS, a);
      PetscReal tolerance = 3e-13 + (k == 0 ? 1e-10 : 1e-12 / (double)exact);
      PetscCall(OttoDivergenceCompute(grid, &pair, OTTO_MASK_ALL, a, &d));
      TestClose(d.divergence[OTTO_DIVERGENCE_RENYI], (double)exact, tolerance, "renyi");
      if (fabs(d.divergence[OTTO_DIVERGENCE_RENYI] / (double)exact - 1) > tolerance)
        fprintf(stderr, "  order 1 + %g, spread %g, %g\n", (double)shifts[m], (double)c[1],
                (double)c[2]);
      PetscCall(OttoDivergenceEdge(grid, &pair, OTTO_MASK_ALL, a, &d, edge));
    }
    OttoDivergences d;
    PetscCall(OttoDivergenceCompute(grid, &pair, OTTO_MASK_ALL, 1, &d));
    TestClose(d.divergence[OTTO_DIVERGENCE_RENYI], d.divergence[OTTO_DIVERGENCE_KL], 0,
              "order 1 is kl");
    PetscCall(VecDestroy(&pair.log_p));
    PetscCall(VecDestroy(&pair.log_q));
    PetscCall(FreePair(&grid, &pair));
  }
  PetscFunctionReturn(0);
}

static PetscReal Table(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *c)
{
  (void)dim, (void)x;
  return c[cell];
}

/* Zeros: p = (½, ½, 0, 0), q = (¼, 0, ¾, 0) give 2^-a 4^(a-1) below order 1 and infinity above; p =
 * (0, 1, 0, 0) against q = (¼, ¾, 0, 0) gives (3/4)^(1-a) at any order; disjoint ones infinity. */
static PetscErrorCode TestZeros(void)
{
  static const PetscReal orders[] = {1e-3, 0.3, 0.5, 0.7, 1 - 1e-9, 1 + 1e-9, 1.5, 40};
  const PetscReal table[5][4] = {
      {0.5, 0.5, 0, 0}, {0.25, 0, 0.75, 0}, {0, 1, 0, 0}, {0.25, 0.75, 0, 0}, {0, 0, 1, 0}};
  static const int pairs[3][2] = {{0, 1}, {2, 3}, {2, 4}};
  OttoGrid grid;

  PetscFunctionBegin;
  PetscCall(MakeBox(1, (PetscInt64[]){4}, (PetscReal[]){0}, (PetscReal[]){4},
                    (OttoBoundary[]){OTTO_BOUNDARY_NO_FLUX}, &grid));
  for (int k = 0; k < 3; k++) {
    OttoPair pair = {.p = NULL};
    PetscCall(Fill(grid, Table, table[pairs[k][0]], &pair.p));
    PetscCall(Fill(grid, Table, table[pairs[k][1]], &pair.q));
    for (size_t m = 0; m < sizeof orders / sizeof *orders; m++) {
      const PetscReal a = orders[m];
      PetscReal exact = INFINITY;
      OttoDivergences d;
      if (k == 0 && a < 1) exact = (-a * log(2) + (a - 1) * log(4)) / (a - 1);
      if (k == 1) exact = -log(0.75);
      PetscCall(OttoDivergenceCompute(grid, &pair, OTTO_MASK_ALL, a, &d));
      TestClose(d.divergence[OTTO_DIVERGENCE_RENYI], exact, 1e-14, "renyi with zeros");
      if (!(d.divergence[OTTO_DIVERGENCE_RENYI] >= 0.99 * exact))
        fprintf(stderr, "  pair %d, order %g\n", k, (double)a);
    }
    OttoGrid none = NULL;
    PetscCall(FreePair(&none, &pair));
  }
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* Masses that are not 1: log(∫ p^a q^(1-a))/(a-1) as it stands, p = 0.9, q = 0.8 in every cell. */
static PetscErrorCode TestMasses(void)
{
  static const PetscReal orders[] = {0.1, 0.5, 0.7, 1.5, 4};
  const PetscReal table[2][4] = {{0.9, 0.9, 0.9, 0.9}, {0.8, 0.8, 0.8, 0.8}};
  OttoPair pair = {.p = NULL};
  OttoGrid grid;

  PetscFunctionBegin;
  PetscCall(MakeBox(1, (PetscInt64[]){4}, (PetscReal[]){0}, (PetscReal[]){1},
                    (OttoBoundary[]){OTTO_BOUNDARY_PERIODIC}, &grid));
  PetscCall(Fill(grid, Table, table[0], &pair.p));
  PetscCall(Fill(grid, Table, table[1], &pair.q));
  for (size_t m = 0; m < sizeof orders / sizeof *orders; m++) {
    const PetscReal a = orders[m];
    OttoDivergences d;
    PetscCall(OttoDivergenceCompute(grid, &pair, OTTO_MASK_ALL, a, &d));
    /* 1e-11: what stands for 1 in 1e-6 of order 1, b²/(b² + 1e-12), is not quite 1 */
    TestClose(d.divergence[OTTO_DIVERGENCE_RENYI], (a * log(0.9) + (1 - a) * log(0.8)) / (a - 1),
              1e-11, "renyi of masses 0.9 and 0.8");
  }
  PetscCall(FreePair(&grid, &pair));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestOrders, TestZeros, TestMasses});
}
