/* ranks: 1 3
 * What noise leaves of a divergence holds the divergence without noise. */
#include "fixture.h"
#include "grid/planes.h"

#define CELLS 40

/* log10 of a density: context = {seed, decades}. */
static PetscReal Truth(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *c)
{
  (void)dim, (void)x;
  return pow(10, -c[1] * Hash(cell, c[0]));
}

/* The same with the noise of a resolution of c[2], of either sign. */
static PetscReal Found(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *c)
{
  return Truth(cell, dim, x, c) + 0.2 * c[2] * (Hash(cell, c[0] + 0.5) - 0.5);
}

/* Random densities over up to 30 decades, a resolution of 1e-14, and whatever is known besides: the
 * interval of every divergence holds its value without noise (but for 1e-8 of it: the noise of
 * cells beyond 1e7 times the resolution is left out), and what was found lies in it. Without bounds
 * on p/q and below, kl, reverse_kl, chi2 and Rényi above order 1 have no upper end.
 */
static PetscErrorCode TestIntervals(void)
{
  static const PetscReal orders[] = {0.2, 0.5, 0.9, 1, 1 + 1e-9, 1.5, 3};
  OttoGrid grid;

  PetscFunctionBegin;
  PetscCall(MakeCube(1, (PetscInt64[]){CELLS}, 0, 1, OTTO_BOUNDARY_PERIODIC, &grid));
  for (int k = 0; k < 60; k++) {
    const PetscReal p[3] = {k, k % 3 ? 30 : 6, 1e-14}, q[3] = {k + 0.25, k % 2 ? 30 : 16, 1e-14};
    const PetscReal order = orders[k % 7];
    OttoPair truth = {.p = NULL}, found = {.p = NULL};
    OttoDivergences exact, d;
    OttoPairBounds bounds = {0, INFINITY, -INFINITY, -INFINITY};
    PetscCall(Fill(grid, Truth, p, &truth.p));
    PetscCall(Fill(grid, Truth, q, &truth.q));
    PetscCall(Fill(grid, Found, p, &found.p));
    PetscCall(Fill(grid, Found, q, &found.q));
    if (k % 4 == 1) bounds = (OttoPairBounds){1e-30, 1e30, -31 * log(10), -31 * log(10)};
    if (k % 4 == 2) bounds = (OttoPairBounds){0, INFINITY, -INFINITY, -30 * log(10)};
    if (k % 4 == 3) bounds = (OttoPairBounds){1e-32, 1e40, -INFINITY, -INFINITY};
    PetscCall(OttoDivergenceCompute(grid, &truth, OTTO_MASK_ALL, order, &exact));
    PetscCall(OttoDivergenceAccount(grid, &truth, OTTO_MASK_ALL, order, &bounds, &exact));
    found.resolved_p = found.resolved_q = 1e-14;
    PetscCall(OttoDivergenceCompute(grid, &found, OTTO_MASK_ALL, order, &d));
    PetscCall(OttoDivergenceAccount(grid, &found, OTTO_MASK_ALL, order, &bounds, &d));
    for (int m = 0; m < OTTO_DIVERGENCE_COUNT; m++) {
      const PetscReal value = exact.divergence[m], rounding = 1e-8 * fabs(value);
      TestTrue(exact.low[m] == value && exact.high[m] == value, "of exact pairs nothing is open");
      if (m == OTTO_DIVERGENCE_RENYI && k % 2) continue; /* masses differ */
      TestTrue(d.low[m] <= value + rounding && value <= d.high[m] + rounding,
               "the interval holds the value without noise");
      TestTrue(d.low[m] <= d.divergence[m] && d.divergence[m] <= d.high[m], "and what was found");
      if (!(d.low[m] <= value + rounding && value <= d.high[m] + rounding))
        fprintf(stderr, "  %s of pair %d: %g not in [%g, %g]\n", OttoDivergenceNames[m], k,
                (double)value, (double)d.low[m], (double)d.high[m]);
    }
    if (k % 4 == 0 && q[1] > 20)
      TestTrue(isinf(d.high[OTTO_DIVERGENCE_KL]) && isinf(d.high[OTTO_DIVERGENCE_CHI2]),
               "no upper end");
    if (k % 4 == 1)
      TestTrue(isfinite(d.high[OTTO_DIVERGENCE_KL]) && isfinite(d.high[OTTO_DIVERGENCE_CHI2]),
               "an upper end where something is known");
    OttoGrid none = NULL;
    PetscCall(FreePair(&none, &truth));
    PetscCall(FreePair(&none, &found));
  }
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* One unresolved q beside p = 1 in a box of 40 cells, each corner by hand: with r the resolution, q
 * lies in [least, 1.1 r], p in 1 ± r/10. */
static PetscReal OneHole(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *c)
{
  (void)dim, (void)x;
  return cell == 7 ? c[0] : 1;
}

static PetscErrorCode TestCorner(void)
{
  const PetscReal r = 1e-14, least = 1e-40, hole = 3e-16, one = 1;
  const OttoPairBounds bounds = {0, INFINITY, -INFINITY, log(least)};
  OttoGrid grid;
  OttoPair pair = {.resolved_p = r, .resolved_q = r};
  OttoDivergences d;
  const PetscReal V = 1.0 / CELLS, top = 1.1 * r;

  PetscFunctionBegin;
  PetscCall(MakeCube(1, (PetscInt64[]){CELLS}, 0, 1, OTTO_BOUNDARY_PERIODIC, &grid));
  PetscCall(Fill(grid, OneHole, &one, &pair.p));
  PetscCall(Fill(grid, OneHole, &hole, &pair.q));
  PetscCall(OttoDivergenceCompute(grid, &pair, OTTO_MASK_ALL, 2, &d));
  PetscCall(OttoDivergenceAccount(grid, &pair, OTTO_MASK_ALL, 2, &bounds, &d));
  /* 1e-13: p is 1 to 1e-15, which logarithms of 92 hardly see */
  TestClose(d.low[OTTO_DIVERGENCE_KL], V * (-log(top) - 1), 1e-13, "kl, q as large as may be");
  TestClose(d.high[OTTO_DIVERGENCE_KL], V * (-log(least) - 1), 1e-13, "kl, q as small as may be");
  TestClose(d.low[OTTO_DIVERGENCE_CHI2], V / top, 1e-13, "chi2 from");
  TestClose(d.high[OTTO_DIVERGENCE_CHI2], V / least, 1e-13, "chi2 to");
  TestClose(d.high[OTTO_DIVERGENCE_REVERSE_KL], V, 1e-13, "reverse_kl: q log q is next to nothing");
  TestClose(d.high[OTTO_DIVERGENCE_JS], V * 0.5 * log(2), 1e-13, "js is bounded");
  TestClose(d.high[OTTO_DIVERGENCE_TV], V * 0.5, 1e-13, "tv is bounded");
  TestClose(d.high[OTTO_DIVERGENCE_HELLINGER2], V * 0.5, 1e-13, "hellinger2 is bounded");
  TestClose(d.low[OTTO_DIVERGENCE_RENYI], log(V / top), 1e-13, "renyi of order 2 from");
  TestClose(d.high[OTTO_DIVERGENCE_RENYI], log(V / least), 1e-13, "renyi of order 2 to");
  const OttoPairBounds ratio = {0, 1e20, -INFINITY, -INFINITY};
  PetscCall(OttoDivergenceCompute(grid, &pair, OTTO_MASK_ALL, 2, &d));
  PetscCall(OttoDivergenceAccount(grid, &pair, OTTO_MASK_ALL, 2, &ratio, &d));
  TestClose(d.high[OTTO_DIVERGENCE_CHI2], V * 1e20, 1e-13, "chi2 where p/q <= 1e20");
  PetscCall(FreePair(&grid, &pair));
  PetscFunctionReturn(0);
}

/* What each cell's noise moves a divergence by, one cell and one density at a time, by differences
 * over twice the noise; *sum: over all cells above 1e7 times the resolution. */
static PetscErrorCode Moved(OttoGrid grid, const OttoPair *pair, PetscReal sum[])
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const Vec both[2] = {pair->p, pair->q};

  PetscFunctionBegin;
  for (int k = 0; k < OTTO_DIVERGENCE_TV + 1; k++) sum[k] = 0;
  for (PetscInt64 cell = 0; cell < g->cells; cell++) {
    for (int f = 0; f < 2; f++) {
      const PetscReal noise = 0.1 * (f ? pair->resolved_q : pair->resolved_p);
      PetscReal well[2] = {INFINITY, INFINITY};
      OttoDivergences d[2];
      PetscScalar *v = NULL, kept = 0;
      const PetscInt64 at = cell - OttoGridPlanes(g).start;
      const PetscBool mine = at >= 0 && at < g->local_cells ? PETSC_TRUE : PETSC_FALSE;
      for (int i = 0; i < 2 && mine; i++) {
        PetscCall(VecGetArray(both[i], &v));
        well[i] = v[at];
        PetscCall(VecRestoreArray(both[i], &v));
      }
      PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, well, 2, MPIU_REAL, MPIU_MIN, g->comm));
      if (!(well[0] > 1e7 * pair->resolved_p && well[1] > 1e7 * pair->resolved_q)) continue;
      for (int side = 0; side < 2; side++) {
        PetscCall(VecGetArray(both[f], &v));
        if (mine) kept = v[at], v[at] += side ? noise : -noise;
        PetscCall(VecRestoreArray(both[f], &v));
        PetscCall(OttoDivergenceCompute(grid, pair, OTTO_MASK_ALL, 1, &d[side]));
        PetscCall(VecGetArray(both[f], &v));
        if (mine) v[at] = kept;
        PetscCall(VecRestoreArray(both[f], &v));
      }
      for (int k = 0; k < OTTO_DIVERGENCE_TV + 1; k++)
        sum[k] += 0.5 * fabs(d[1].divergence[k] - d[0].divergence[k]);
    }
  }
  PetscFunctionReturn(0);
}

/* Noise to first order is what differences find, to the rounding these leave: 1e-16 of a divergence
 * about 1 in changes of 1e-11 a cell. Rényi's of order 2 is log(1 + chi2), of order 1/2
 * -2 log(1 - hellinger2), of order 1 kl; beyond an integral of 3/2 it is bounded from above by the
 * logarithm's own terms. Exact pairs have no noise. */
static PetscErrorCode TestNoise(void)
{
  static const PetscReal orders[] = {2, 0.5, 1};
  PetscReal sum[OTTO_DIVERGENCE_TV + 1], noise[OTTO_DIVERGENCE_COUNT], mass;
  OttoPair pair = {.p = NULL};
  OttoDivergences d;
  OttoGrid grid;

  PetscFunctionBegin;
  PetscCall(MakeCube(1, (PetscInt64[]){CELLS}, 0, 1, OTTO_BOUNDARY_PERIODIC, &grid));
  PetscCall(Fill(grid, Truth, (PetscReal[]){0.1, 0.5}, &pair.p));
  PetscCall(OttoFieldIntegral(grid, pair.p, &mass));
  PetscCall(VecScale(pair.p, 1 / mass));
  for (int far = 0; far < 2; far++) {
    PetscCall(VecDestroy(&pair.q));
    PetscCall(Fill(grid, Truth, (PetscReal[]){0.6, far ? 2.5 : 0.5}, &pair.q));
    PetscCall(OttoFieldIntegral(grid, pair.q, &mass));
    PetscCall(VecScale(pair.q, 1 / mass));
    pair.resolved_p = 1e-9;
    pair.resolved_q = 2e-9; /* 1e7 times this is below most cells, not below all where q is far */
    PetscCall(Moved(grid, &pair, sum));
    for (int i = 0; i < 3; i++) {
      PetscCall(OttoDivergenceCompute(grid, &pair, OTTO_MASK_ALL, orders[i], &d));
      PetscCall(OttoDivergenceNoise(grid, &pair, orders[i], &d, noise));
      for (int k = 0; k < OTTO_DIVERGENCE_TV + 1; k++)
        TestClose(noise[k], sum[k], 1e-3, OttoDivergenceNames[k]);
      const PetscReal renyi = noise[OTTO_DIVERGENCE_RENYI];
      const PetscReal of_chi2 =
          noise[OTTO_DIVERGENCE_CHI2] / (1 + d.divergence[OTTO_DIVERGENCE_CHI2]);
      if (i == 0 && far)
        TestTrue(renyi > of_chi2 && renyi < 3 * of_chi2, "renyi of order 2, far");
      else if (i == 0)
        TestClose(renyi, of_chi2, 1e-12, "renyi of order 2");
      else if (i == 1 && !far)
        TestClose(renyi,
                  2 * noise[OTTO_DIVERGENCE_HELLINGER2] /
                      (1 - d.divergence[OTTO_DIVERGENCE_HELLINGER2]),
                  1e-12, "renyi of order 1/2");
      else if (i == 2)
        TestClose(renyi, noise[OTTO_DIVERGENCE_KL], 0, "renyi of order 1");
    }
    pair.resolved_p = pair.resolved_q = 0;
    PetscCall(OttoDivergenceNoise(grid, &pair, 2, &d, noise));
    for (int k = 0; k < OTTO_DIVERGENCE_COUNT; k++) TestTrue(noise[k] == 0, "exact pairs");
  }
  PetscCall(FreePair(&grid, &pair));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestIntervals, TestCorner, TestNoise});
}
