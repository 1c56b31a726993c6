/* ranks: 1 2 3
 * W2 on one axis, by quantiles: closed forms, exactness that potentials and plans prove to each
 * other, circles against all rotations, frames; and the iteration that serves more axes, which is
 * held to it. */
#include "wasserstein.h"

#define LINE OTTO_BOUNDARY_NO_FLUX
#define CIRCLE OTTO_BOUNDARY_PERIODIC

/* p and q of cell values that look random, some of them 0. */
static PetscReal Holes(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *seed)
{
  const PetscReal u = Hash(cell, *seed);

  (void)dim, (void)x;
  return u < 0.4 && cell % 3 ? 0 : u * u;
}

static PetscErrorCode Random(OttoGrid grid, PetscReal seed, Vec *v)
{
  PetscFunctionBegin;
  PetscCall(Fill(grid, Holes, &seed, v));
  PetscCall(ToMassOne(grid, *v));
  PetscFunctionReturn(0);
}

/* Plan and potentials of the same value: both are optimal, whatever else is wrong. */
static PetscErrorCode TestExact(void)
{
  const PetscInt64 sizes[] = {3, 10, 41, 64};

  PetscFunctionBegin;
  for (int k = 0; k < 16; k++) {
    const OttoBoundary b = k % 2 ? CIRCLE : LINE;
    OttoWassersteinResult r;
    OttoWasserstein w;
    OttoGrid grid;
    Vec p, q;
    PetscCall(MakeUneven(PETSC_COMM_WORLD, 1, &sizes[k / 2 % 4], b, &grid));
    PetscCall(Random(grid, 0.1 + k, &p));
    PetscCall(Random(grid, 0.2 + 3 * k, &q));
    PetscCall(MakeWasserstein(grid, OTTO_WASSERSTEIN_AUTO, 1e-2, 10, &w));
    PetscCall(OttoWassersteinSolve(w, p, q, &r));
    TestTrue(r.reason == OTTO_WASSERSTEIN_EXACT && r.iterations == 0 && r.count == 1, "exact");
    TestTrue(r.dual > 0 && r.dual <= r.primal, "an interval");
    /* squared distances up to 1.6, a rounding or two for every cell */
    TestTrue(r.primal - r.dual <= 1e-13, "of no width");
    TestTrue(r.gap == 0, "which is no gap");
    TestClose(r.lower * r.lower, r.dual, 1e-15, "W2 is the root");
    PetscCall(LookAtPotentials(grid, w, p, q, &r));
    PetscCall(OttoWassersteinDestroy(&w));
    PetscCall(VecDestroy(&p));
    PetscCall(VecDestroy(&q));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

static double Bell(const double x[])
{
  return exp(-0.5 * pow((x[0] - 0.4) / 0.05, 2));
}

static double WideBell(const double x[])
{
  return exp(-0.5 * pow((x[0] - 0.55) / 0.08, 2));
}

static double ShiftedBell(const double x[])
{
  return exp(-0.5 * pow((x[0] - 0.6) / 0.05, 2));
}

/* Near the seam of a circle of length 1; narrow, as tails of one in 1e5 would go the other way. */
static double SeamBell(const double x[])
{
  double sum = 0;
  for (int k = -1; k < 2; k++) sum += exp(-0.5 * pow((x[0] - 0.9 + k) / 0.02, 2));
  return sum;
}

static double OtherSeamBell(const double x[])
{
  double sum = 0;
  for (int k = -1; k < 2; k++) sum += exp(-0.5 * pow((x[0] - 0.1 + k) / 0.02, 2));
  return sum;
}

static PetscErrorCode SquareOf(PetscInt64 n, OttoBoundary b, Function f, Function h,
                               PetscReal *squared)
{
  OttoWassersteinResult r;
  OttoWasserstein w;
  OttoGrid grid;
  Vec p, q;

  PetscFunctionBegin;
  PetscCall(MakeUnit(1, n, b, &grid));
  PetscCall(FillDensity(grid, f, &p));
  PetscCall(FillDensity(grid, h, &q));
  PetscCall(MakeWasserstein(grid, OTTO_WASSERSTEIN_QUANTILES, 1e-2, 10, &w));
  PetscCall(OttoWassersteinSolve(w, p, q, &r));
  TestClose(r.primal, r.dual, 1e-12, "no gap");
  TestClose(r.cell_bias, 2 / sqrt(12.) / (PetscReal)n, 1e-14, "2h/√12");
  *squared = r.primal;
  PetscCall(OttoWassersteinDestroy(&w));
  PetscCall(VecDestroy(&p));
  PetscCall(VecDestroy(&q));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* Gaussians: (m − m')² + (s − s')²; translates by whole cells exactly, over the seam as well. */
static PetscErrorCode TestGaussians(void)
{
  PetscReal found, coarse;

  PetscFunctionBegin;
  PetscCall(SquareOf(200, LINE, Bell, ShiftedBell, &found));
  TestClose(found, 0.04, 1e-12, "a translate of 40 cells");
  PetscCall(SquareOf(200, CIRCLE, Bell, ShiftedBell, &found));
  TestTrue(found < 0.04 && found > 0.0399, "on a circle tails go the other way round");
  PetscCall(SquareOf(200, CIRCLE, SeamBell, OtherSeamBell, &found));
  TestClose(found, 0.04, 1e-9, "over the seam");
  PetscCall(SquareOf(200, LINE, Bell, WideBell, &coarse));
  PetscCall(SquareOf(400, LINE, Bell, WideBell, &found));
  const PetscReal exact = 0.15 * 0.15 + 0.03 * 0.03;
  TestClose(found, exact, 1e-4, "between Gaussians"); /* atoms: at most about h² = 6e-6 */
  TestTrue(fabs(found - exact) < 0.35 * fabs(coarse - exact), "of second order");
  PetscFunctionReturn(0);
}

/* On a circle with N unit masses each, some rotation of the order matches best. */
static PetscErrorCode TestRotations(void)
{
  enum { n = 9, units = 20 };

  PetscFunctionBegin;
  for (int seed = 0; seed < 10; seed++) {
    PetscInt at[2][units], total;
    PetscReal best = INFINITY;
    OttoWassersteinResult r;
    OttoWasserstein w;
    OttoGrid grid;
    Vec v[2];
    PetscCall(MakeUnit(1, n, CIRCLE, &grid));
    const OttoGridInfo *g = OttoGridGetInfo(grid);
    for (int k = 0; k < 2; k++) {
      PetscInt count[n] = {0};
      PetscScalar *a;
      for (int u = 0; u < units; u++) count[(int)(n * pow(Hash(u + 100 * k, seed + 0.5), 2))]++;
      total = 0;
      for (PetscInt i = 0; i < n; i++)
        for (PetscInt u = 0; u < count[i]; u++) at[k][total++] = i;
      PetscCall(OttoFieldCreate(grid, &v[k]));
      PetscCall(VecGetArray(v[k], &a));
      for (PetscInt64 c = 0; c < g->local_cells; c++)
        a[c] = count[(g->first[0] + c + 4 * k + seed) % n] * (PetscReal)n / units;
      PetscCall(VecRestoreArray(v[k], &a));
    }
    for (int s = 0; s < units; s++) {
      PetscReal cost = 0;
      for (int u = 0; u < units; u++)
        cost += SquaredDistance(g, (at[0][u] + 2 * n - seed) % n,
                                (at[1][(u + s) % units] + 2 * n - seed - 4) % n) /
                units;
      best = fmin(best, cost);
    }
    PetscCall(MakeWasserstein(grid, OTTO_WASSERSTEIN_AUTO, 1e-2, 10, &w));
    PetscCall(OttoWassersteinSolve(w, v[0], v[1], &r));
    TestClose(r.primal, best, 1e-12, "the best of all rotations");
    TestClose(r.dual, best, 1e-12, "which potentials prove");
    PetscCall(OttoWassersteinDestroy(&w));
    PetscCall(VecDestroy(&v[0]));
    PetscCall(VecDestroy(&v[1]));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

/* Frames and the map of a translate over n/5 cells, on the circle over the seam. */
static PetscErrorCode TestFrames(void)
{
  const struct {
    OttoBoundary b;
    Function p, q;
  } kind[] = {{LINE, Bell, ShiftedBell}, {CIRCLE, SeamBell, OtherSeamBell}};

  PetscFunctionBegin;
  for (int k = 0; k < 2; k++) {
    PetscReal mass, apart, error = 0;
    OttoWassersteinResult r;
    const PetscScalar *d, *a;
    OttoWasserstein w;
    OttoGrid grid;
    Vec p, q, frame, map;
    PetscCall(MakeUnit(1, 200, kind[k].b, &grid));
    const OttoGridInfo *g = OttoGridGetInfo(grid);
    PetscCall(FillDensity(grid, kind[k].p, &p));
    PetscCall(FillDensity(grid, kind[k].q, &q));
    PetscCall(VecDuplicate(p, &frame));
    PetscCall(VecDuplicate(p, &map));
    PetscCall(MakeWasserstein(grid, OTTO_WASSERSTEIN_AUTO, 1e-2, 10, &w));
    TestFails(OttoWassersteinFrame(w, 0, frame), OTTO_ERR_STATE,
              "call OttoWassersteinSolve() first");
    PetscCall(OttoWassersteinSolve(w, p, q, &r));
    for (int s = 0; s < 2; s++) {
      PetscCall(OttoWassersteinFrame(w, s, frame));
      PetscCall(VecAXPY(frame, -1, s ? q : p));
      PetscCall(VecNorm(frame, NORM_1, &apart));
      TestTrue(apart * g->h[0] < 1e-13, s ? "the last frame is q" : "the first is p");
    }
    PetscCall(OttoWassersteinFrame(w, 0.37, frame));
    PetscCall(OttoFieldIntegral(grid, frame, &mass));
    TestClose(mass, 1, 1e-13, "mass is kept on the way");
    PetscCall(OttoWassersteinGetMap(w, &map));
    PetscCall(VecGetArrayRead(map, &d));
    PetscCall(VecGetArrayRead(p, &a));
    for (PetscInt64 c = 0; c < g->local_cells; c++)
      if (a[c] > 1e-3) error = fmax(error, fabs(d[c] - 0.2));
    PetscCall(VecRestoreArrayRead(p, &a));
    PetscCall(VecRestoreArrayRead(map, &d));
    TestTrue(error < 1e-6, "every cell moves by 0.2");
    PetscCall(OttoWassersteinDestroy(&w));
    PetscCall(VecDestroy(&p));
    PetscCall(VecDestroy(&q));
    PetscCall(VecDestroy(&frame));
    PetscCall(VecDestroy(&map));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

/* Two points of which one gives a billionth to the other: what stays where it is does so in the
 * map, wherever the sliver goes. */
static PetscErrorCode TestSliver(void)
{
  const OttoBoundary boundary[] = {LINE, CIRCLE};

  PetscFunctionBegin;
  for (int k = 0; k < 2; k++) {
    OttoWassersteinResult r;
    OttoWasserstein w;
    PetscScalar *a, *b;
    const PetscScalar *d;
    OttoGrid grid;
    Vec p, q, map;
    PetscCall(MakeUnit(1, 16, boundary[k], &grid));
    const OttoGridInfo *g = OttoGridGetInfo(grid);
    PetscCall(OttoFieldCreate(grid, &p));
    PetscCall(VecDuplicate(p, &q));
    PetscCall(VecDuplicate(p, &map));
    PetscCall(VecGetArray(p, &a));
    PetscCall(VecGetArray(q, &b));
    for (PetscInt64 c = 0; c < g->local_cells; c++) {
      const PetscInt64 at = g->first[0] + c;
      a[c] = at == 2 || at == 9 ? 8 : 0;
      b[c] = at == 2 ? 8 - 1e-9 : at == 9 ? 8 + 1e-9 : 0;
    }
    PetscCall(VecRestoreArray(q, &b));
    PetscCall(VecRestoreArray(p, &a));
    PetscCall(MakeWasserstein(grid, OTTO_WASSERSTEIN_AUTO, 1e-2, 10, &w));
    PetscCall(OttoWassersteinSolve(w, p, q, &r));
    PetscCall(OttoWassersteinGetMap(w, &map));
    PetscCall(VecGetArrayRead(map, &d));
    for (PetscInt64 c = 0; c < g->local_cells; c++)
      if (g->first[0] + c == 2 || g->first[0] + c == 9)
        TestTrue(fabs(d[c]) < 1e-8, "the map leaves both points where they are");
    PetscCall(VecRestoreArrayRead(map, &d));
    PetscCall(OttoWassersteinDestroy(&w));
    PetscCall(VecDestroy(&p));
    PetscCall(VecDestroy(&q));
    PetscCall(VecDestroy(&map));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

static PetscReal Rough(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *which)
{
  (void)dim, (void)x;
  const PetscReal v = fmod((PetscReal)(cell + 1) * (*which > 0 ? 0.6180339887 : 0.7548776662), 1);
  return v < 0.4 ? 0 : v * v * v;
}

#define TORN 53
#define LEVELS 100000

/* Where densities constant on cells, masses[TORN] in all, have reached a level, in cells. */
static PetscReal Reaches(const PetscReal masses[], PetscReal level)
{
  PetscInt i = 0;

  while (i < TORN - 1 && level > masses[i]) level -= masses[i++];
  return i + level / masses[i];
}

/* What cells hold half way between walls, found level by level. */
static PetscErrorCode HalfWay(OttoGrid grid, Vec p, Vec q, PetscReal expected[TORN])
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal masses[2][TORN] = {{0}};

  PetscFunctionBegin;
  for (int k = 0; k < 2; k++) {
    const PetscScalar *v;
    PetscCall(VecGetArrayRead(k ? q : p, &v));
    for (PetscInt64 c = 0; c < g->local_cells; c++) masses[k][g->first[0] + c] = v[c] * g->h[0];
    PetscCall(VecRestoreArrayRead(k ? q : p, &v));
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, masses, 2 * TORN, MPIU_REAL, MPIU_SUM, g->comm));
  for (PetscInt i = 0; i < TORN; i++) expected[i] = 0;
  for (PetscInt i = 0; i < LEVELS; i++) {
    const PetscReal level = (i + 0.5) / LEVELS;
    const PetscReal at = 0.5 * (Reaches(masses[0], level) + Reaches(masses[1], level));
    expected[(PetscInt)at] += 1. / LEVELS;
  }
  PetscFunctionReturn(0);
}

/* Densities with gaps, whose cells are torn: the first frame is p, the last q, and half way each
 * level is half way. */
static PetscErrorCode TestTorn(void)
{
  const OttoBoundary boundary[] = {LINE, CIRCLE};
  const PetscReal one = 1, none = 0;

  PetscFunctionBegin;
  for (int k = 0; k < 2; k++) {
    PetscReal expected[TORN], mass, apart;
    OttoWassersteinResult r;
    OttoWasserstein w;
    OttoGrid grid;
    Vec p, q, frame;
    PetscCall(MakeUnit(1, TORN, boundary[k], &grid));
    const OttoGridInfo *g = OttoGridGetInfo(grid);
    const PetscScalar *v;
    PetscCall(Fill(grid, Rough, &one, &p));
    PetscCall(Fill(grid, Rough, &none, &q));
    PetscCall(ToMassOne(grid, p));
    PetscCall(ToMassOne(grid, q));
    PetscCall(VecDuplicate(p, &frame));
    PetscCall(MakeWasserstein(grid, OTTO_WASSERSTEIN_AUTO, 1e-2, 10, &w));
    PetscCall(OttoWassersteinSolve(w, p, q, &r));
    for (int s = 0; s < 3; s++) {
      PetscCall(OttoWassersteinFrame(w, 0.5 * s, frame));
      PetscCall(OttoFieldIntegral(grid, frame, &mass));
      TestClose(mass, 1, 1e-13, "mass is kept on the way");
      if (s == 1) continue;
      PetscCall(VecAXPY(frame, -1, s ? q : p));
      PetscCall(VecNorm(frame, NORM_1, &apart));
      TestTrue(apart * g->h[0] < 1e-12, s ? "the last frame is q" : "the first is p");
    }
    PetscCall(OttoWassersteinFrame(w, 0.5, frame));
    PetscCall(HalfWay(grid, p, q, expected));
    PetscCall(VecGetArrayRead(frame, &v));
    /* a level at either end of each of a few pieces */
    for (PetscInt64 c = 0; c < g->local_cells && boundary[k] == LINE; c++)
      TestTrue(fabs(v[c] * g->h[0] - expected[g->first[0] + c]) < 20. / LEVELS, "half way");
    PetscCall(VecRestoreArrayRead(frame, &v));
    PetscCall(OttoWassersteinDestroy(&w));
    PetscCall(VecDestroy(&p));
    PetscCall(VecDestroy(&q));
    PetscCall(VecDestroy(&frame));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

/* The iteration on one axis: its interval holds the exact value and is as narrow as was asked. */
static PetscErrorCode TestIteration(void)
{
  const struct {
    OttoBoundary b;
    Function p, q;
  } kind[] = {{LINE, Bell, WideBell}, {CIRCLE, SeamBell, WideBell}, {LINE, Bell, SeamBell}};

  PetscFunctionBegin;
  for (int k = 0; k < 3; k++) {
    OttoWassersteinResult exact, r;
    OttoWasserstein w[2];
    OttoGrid grid;
    Vec p, q;
    PetscCall(MakeUnit(1, 256, kind[k].b, &grid));
    PetscCall(FillDensity(grid, kind[k].p, &p));
    PetscCall(FillDensity(grid, kind[k].q, &q));
    PetscCall(MakeWasserstein(grid, OTTO_WASSERSTEIN_QUANTILES, 1e-2, 10, &w[0]));
    PetscCall(MakeWasserstein(grid, OTTO_WASSERSTEIN_BACK_AND_FORTH, 2e-3, 200, &w[1]));
    PetscCall(OttoWassersteinSolve(w[0], p, q, &exact));
    PetscCall(OttoWassersteinSolve(w[1], p, q, &r));
    TestTrue(r.reason == OTTO_WASSERSTEIN_REACHED && r.gap <= 2e-3, "the gap is reached");
    TestTrue(r.dual <= exact.primal * (1 + 1e-12) && exact.dual <= r.primal * (1 + 1e-12),
             "the interval holds the exact value");
    TestClose(r.gap, (r.primal - r.dual) / r.primal, 1e-12, "the gap is what it says");
    PetscCall(LookAtPotentials(grid, w[1], p, q, &r));
    for (int i = 0; i < 2; i++) PetscCall(OttoWassersteinDestroy(&w[i]));
    PetscCall(VecDestroy(&p));
    PetscCall(VecDestroy(&q));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain(
      {TestExact, TestGaussians, TestRotations, TestFrames, TestSliver, TestTorn, TestIteration});
}
