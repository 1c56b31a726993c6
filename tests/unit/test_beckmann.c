/*
 * W1 by Beckmann's problem: intervals that contain what is known exactly, and that close.
 * ranks: 1 3
 */
#include "transport_pairs.h"
#include "transport/beckmann_impl.h"
#include <stdlib.h>

static PetscErrorCode Solve(OttoGrid grid, Vec p, Vec q, PetscReal gap, PetscInt limit,
                            OttoBeckmannResult *r)
{
  OttoBeckmann b;

  PetscFunctionBegin;
  PetscCall(OttoBeckmannCreate(grid, &b));
  PetscCall(OttoBeckmannSetGap(b, gap));
  PetscCall(OttoBeckmannSetIterations(b, limit));
  PetscCall(OttoBeckmannSetUp(b));
  PetscCall(OttoBeckmannSolve(b, p, q, r));
  PetscCall(OttoBeckmannDestroy(&b));
  r->history = NULL;
  PetscFunctionReturn(0);
}

static void Contains(const OttoBeckmannResult *r, PetscReal value, PetscReal slack,
                     const char *what)
{
  TestTrue(r->lower <= value + slack && value - slack <= r->upper, what);
  if (!(r->lower <= value + slack && value - slack <= r->upper))
    fprintf(stderr, "  [%.17g, %.17g] and %.17g, slack %g\n", r->lower, r->upper, value, slack);
}

/* ---- linear programming ---- */

static PetscErrorCode TestPairs(void)
{
  PetscMPIInt size;

  PetscFunctionBegin;
  /* the user's cache is left alone */
  if (setenv("XDG_CACHE_HOME", "/proc/none", 1)) OttoFail(PETSC_ERR_SYS, "setenv");
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  for (int k = 0; k<transport_pairs_count; k += size> 1 ? 9 : 1) { /* one rank has them all */
    const TransportPair *pair = &transport_pairs[k];
    const OttoGridInfo *g;
    OttoBeckmannResult r;
    OttoGrid grid;
    Vec p, q;
    PetscCall(TransportGrid(pair, k % 2 ? 1 : size, k % 2 ? size : 1, &grid));
    g = OttoGridGetInfo(grid);
    PetscCall(TransportDensities(pair, grid, &p, &q));
    PetscCall(Solve(grid, p, q, 0.05, 1000, &r));
    Contains(&r, pair->w1, r.to_atoms, "the exact value between atoms");
    TestTrue(r.to_atoms <= 2.00001 * sqrt((g->h[0] * g->h[0] + g->h[1] * g->h[1]) / 12),
             "to atoms");
    TestTrue(r.lower > 0 && r.lower <= r.upper, "an interval");
    /* noise goes no further than a cell: parts of cells are needed, a fourth or less */
    TestTrue(r.gap <= 0.05 && r.reason == OTTO_BECKMANN_REACHED, "it closes");
    PetscCall(VecDestroy(&p));
    PetscCall(VecDestroy(&q));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

/* ---- what is known exactly ---- */

/* A disc (dim = 2) or ball of 0.1 round a centre: context. With its image it fits into half of the
 * torus, where the linear potential has a periodic continuation of the same slope. */
static PetscReal Ball(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *context)
{
  PetscReal square = 0;

  (void)cell;
  for (PetscInt j = 0; j < dim; j++) square += PetscSqr(x[j] - context[j]);
  return square < 0.01 ? 1 : 0;
}

/* Whole cells from one to the other: W1 is the way of each of them, by the potential that rises
 * evenly and the flux that goes straight. */
static PetscErrorCode TestTranslates(void)
{
  static const PetscInt64 moves[][3] = {{7, 0, 0}, {5, -9, 0}, {0, 4, 6}, {6, 5, 4}};
  static const PetscInt dims[] = {2, 2, 3, 3};
  static const PetscInt64 sizes[] = {40, 40, 20, 20};
  PetscMPIInt size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  for (int k = 0; k < 4; k++)
    for (int periodic = 0; periodic < 2; periodic++) {
      if (size > 1 && periodic != k % 2) continue; /* one rank has both */
      const PetscReal h = 1. / (PetscReal)sizes[k];
      PetscReal from[3], to[3], length = 0;
      OttoBeckmannResult r;
      OttoGrid grid;
      Vec p, q;
      for (int j = 0; j < 3; j++) {
        from[j] = 0.5 - (PetscReal)(moves[k][j] / 2) * h;
        to[j] = from[j] + (PetscReal)moves[k][j] * h;
        length += PetscSqr((PetscReal)moves[k][j] * h);
      }
      PetscCall(MakeUnit(dims[k], sizes[k], periodic ? OTTO_BOUNDARY_PERIODIC : OTTO_BOUNDARY_OPEN,
                         &grid));
      PetscCall(Fill(grid, Ball, from, &p));
      PetscCall(Fill(grid, Ball, to, &q));
      PetscCall(ToMassOne(grid, p));
      PetscCall(ToMassOne(grid, q));
      PetscCall(Solve(grid, p, q, dims[k] == 3 ? 0.03 : 0.02, 1000, &r));
      Contains(&r, sqrt(length), 1e-13, "the way of a translate");
      TestTrue(r.gap <= 0.03 && r.reason == OTTO_BECKMANN_REACHED, "the gap closes");
      PetscCall(VecDestroy(&p));
      PetscCall(VecDestroy(&q));
      PetscCall(OttoGridDestroy(&grid));
    }
  PetscFunctionReturn(0);
}

/* context: centre[3], sigma */
static PetscReal Gaussian(PetscInt64 cell, PetscInt dim, const PetscReal x[],
                          const PetscReal *context)
{
  PetscReal square = 0;

  (void)cell;
  for (PetscInt j = 0; j < dim; j++) square += PetscSqr(x[j] - context[j]);
  return exp(-square / (2 * context[3] * context[3]));
}

/* Concentric Gaussians: mass goes out along rays, W1 = |s1 - s2| E|Z|. */
static PetscErrorCode TestGaussians(void)
{
  static const PetscInt64 sizes[] = {0, 400, 96, 32};
  const PetscReal a[4] = {0.5, 0.5, 0.5, 0.05}, b[4] = {0.5, 0.5, 0.5, 0.1};
  const PetscReal mean[] = {0, sqrt(2 / PETSC_PI), sqrt(PETSC_PI / 2), 2 * sqrt(2 / PETSC_PI)};

  PetscFunctionBegin;
  for (PetscInt d = 1; d <= 3; d++) {
    const PetscReal h = 1. / (PetscReal)sizes[d], exact = fabs(a[3] - b[3]) * mean[d];
    OttoBeckmannResult r;
    OttoGrid grid;
    Vec p, q;
    PetscCall(MakeUnit(d, sizes[d], OTTO_BOUNDARY_NO_FLUX, &grid));
    PetscCall(Fill(grid, Gaussian, a, &p));
    PetscCall(Fill(grid, Gaussian, b, &q));
    PetscCall(ToMassOne(grid, p));
    PetscCall(ToMassOne(grid, q));
    PetscCall(Solve(grid, p, q, d == 3 ? 0.1 : 0.05, 1000, &r));
    /* a cell's mean is its centre's value to h²/24 Δp: radii to the same, relative to σ²; and what
     * lies beyond five σ */
    Contains(&r, exact, exact * (h * h / (24 * a[3] * a[3]) * d + 1e-5), "concentric Gaussians");
    TestTrue(r.gap <= (d == 1 ? 0 : d == 3 ? 0.1 : 0.05), "the gap closes");
    if (d == 1) TestTrue(r.reason == OTTO_BECKMANN_EXACT && r.iterations == 0, "exact");
    if (d == 1) TestClose(r.upper / r.lower, 1, 1e-12, "but for rounding");
    PetscCall(VecDestroy(&p));
    PetscCall(VecDestroy(&q));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

/* ---- one dimension ---- */

static PetscReal Noise(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *context)
{
  (void)dim, (void)x;
  return Hash(cell, context[0]);
}

/* Round a circle: the least ∫|F - c| over many c, between walls c = 0; sums by Gauss's rule on
 * parts of cells. */
static PetscReal Search(PetscInt64 n, PetscReal h, PetscBool circle)
{
  PetscReal F[64] = {0}, total[2] = {0, 0}, best = INFINITY, low = 0, high = 0;

  for (PetscInt64 i = 0; i < n; i++)
    for (int k = 0; k < 2; k++) total[k] += Hash(i, 1 + k) * h;
  for (PetscInt64 i = 0; i < n; i++) {
    F[i + 1] = F[i] + (Hash(i, 1) / total[0] - Hash(i, 2) / total[1]) * h;
    low = PetscMin(low, F[i + 1]);
    high = PetscMax(high, F[i + 1]);
  }
  for (int k = 0; k <= (circle ? 4000 : 0); k++) {
    const PetscReal c = circle ? low + (high - low) * k / 4000 : 0;
    PetscReal sum = 0;
    for (PetscInt64 i = 0; i < n; i++)
      for (int s = 0; s < 64; s++)
        sum += fabs(F[i] + (F[i + 1] - F[i]) * (s + 0.5) / 64 - c) * h / 64;
    best = PetscMin(best, sum);
  }
  return best;
}

static PetscErrorCode TestLine(void)
{
  const PetscReal seeds[2] = {1, 2};

  PetscFunctionBegin;
  for (int circle = 0; circle < 2; circle++) {
    const PetscInt64 n = 37;
    OttoBeckmannResult r;
    OttoBeckmann b;
    const OttoGridInfo *g;
    const PetscScalar *a[3], *m;
    PetscReal inner = 0, largest;
    OttoSum sums[2] = {{0, 0}, {0, 0}};
    OttoGrid grid;
    Vec p, q, u, flux;
    PetscCall(MakeUnit(1, n, circle ? OTTO_BOUNDARY_PERIODIC : OTTO_BOUNDARY_NO_FLUX, &grid));
    g = OttoGridGetInfo(grid);
    PetscCall(Fill(grid, Noise, &seeds[0], &p));
    PetscCall(Fill(grid, Noise, &seeds[1], &q));
    PetscCall(ToMassOne(grid, p));
    PetscCall(ToMassOne(grid, q));
    PetscCall(OttoBeckmannCreate(grid, &b));
    PetscCall(OttoBeckmannSetUp(b));
    PetscCall(OttoBeckmannSolve(b, p, q, &r));
    TestTrue(r.count == 1 && r.history[0].lower == r.lower, "a history of one entry");
    /* the search: c to 1/4000 of the range, 64 points a cell, both of second order */
    TestClose(r.lower, Search(n, 1. / (PetscReal)n, circle ? PETSC_TRUE : PETSC_FALSE), 2e-4,
              "W1 in one dimension");
    TestClose(r.upper / r.lower, 1, 1e-12, "lower and upper are one");
    PetscCall(OttoBeckmannGetPotential(b, &u));
    PetscCall(OttoFieldCreate(grid, &flux));
    PetscCall(OttoBeckmannGetFlux(b, &flux));
    PetscCall(VecGetArrayRead(p, &a[0]));
    PetscCall(VecGetArrayRead(q, &a[1]));
    PetscCall(VecGetArrayRead(u, &a[2]));
    PetscCall(VecGetArrayRead(flux, &m));
    for (PetscInt64 c = 0; c < g->local_cells; c++) {
      OttoSumAdd(&sums[0], (a[0][c] - a[1][c]) * a[2][c] * g->h[0]);
      OttoSumAdd(&sums[1], fabs(m[c]) * g->h[0]);
    }
    PetscCall(VecRestoreArrayRead(p, &a[0]));
    PetscCall(VecRestoreArrayRead(q, &a[1]));
    PetscCall(VecRestoreArrayRead(u, &a[2]));
    PetscCall(VecRestoreArrayRead(flux, &m));
    PetscCall(OttoSumReduce(g->comm, 2, sums));
    inner = OttoSumValue(sums[0]);
    /* centres instead of cells' means: off where the slope turns within a cell, a few of them */
    TestClose(inner, r.lower, 0.03, "the potential attains it");
    TestClose(OttoSumValue(sums[1]), r.lower, 0.03, "and so does the flux");
    PetscCall(OttoFieldRange(grid, u, NULL, &largest));
    TestTrue(largest > 0 && largest <= 0.5, "no further than half of the box");
    PetscCall(VecDestroy(&flux));
    PetscCall(OttoBeckmannDestroy(&b));
    PetscCall(VecDestroy(&p));
    PetscCall(VecDestroy(&q));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

/* Two cells of a circle: the shorter way, exactly. */
static PetscReal Cell(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *context)
{
  (void)dim, (void)x;
  return cell == (PetscInt64)context[0] ? 1 : 0;
}

static PetscErrorCode TestCircle(void)
{
  PetscFunctionBegin;
  for (int away = 1; away < 30; away += 4) {
    const PetscReal at[2] = {3, (3 + away) % 30};
    OttoBeckmannResult r;
    OttoGrid grid;
    Vec p, q;
    PetscCall(MakeUnit(1, 30, OTTO_BOUNDARY_PERIODIC, &grid));
    PetscCall(Fill(grid, Cell, &at[0], &p));
    PetscCall(Fill(grid, Cell, &at[1], &q));
    PetscCall(ToMassOne(grid, p));
    PetscCall(ToMassOne(grid, q));
    PetscCall(Solve(grid, p, q, 0.05, 10, &r));
    TestClose(r.lower, PetscMin(away, 30 - away) / 30., 1e-12, "the shorter way round");
    TestClose(r.upper, PetscMin(away, 30 - away) / 30., 1e-12, "the shorter way round");
    PetscCall(VecDestroy(&p));
    PetscCall(VecDestroy(&q));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

/* One axis of many cells among axes of one: the interval of the plane contains the line's number.
 */
static PetscErrorCode TestThin(void)
{
  const PetscReal seeds[2] = {1, 2};

  PetscFunctionBegin;
  for (int k = 0; k < 6; k++) {
    const PetscInt dim = 2 + k % 2, axis = k / 2 % dim;
    const OttoBoundary b = k % 3 ? OTTO_BOUNDARY_PERIODIC : OTTO_BOUNDARY_NO_FLUX;
    PetscInt64 n[3] = {1, 1, 1};
    PetscReal line = 0;
    PetscMPIInt size;
    n[axis] = 21;
    PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
    if (axis && size > 1) continue; /* ranks want planes */
    for (PetscInt d = 1; d <= dim; d += dim - 1) {
      const PetscInt64 cells[1] = {21};
      OttoBeckmannResult r;
      OttoGrid grid;
      Vec p, q;
      PetscCall(MakeCube(d, d == 1 ? cells : n, 0, 1, b, &grid));
      PetscCall(Fill(grid, Noise, &seeds[0], &p));
      PetscCall(Fill(grid, Noise, &seeds[1], &q));
      PetscCall(ToMassOne(grid, p));
      PetscCall(ToMassOne(grid, q));
      PetscCall(Solve(grid, p, q, 0.05, 1000, &r));
      if (d == 1) line = r.lower;
      Contains(&r, line, 1e-14, "W1 of the line");
      TestTrue(r.gap <= 0.05, "the gap closes");
      PetscCall(VecDestroy(&p));
      PetscCall(VecDestroy(&q));
      PetscCall(OttoGridDestroy(&grid));
    }
  }
  PetscFunctionReturn(0);
}

/* ---- the same numbers, however the grid is written ---- */

/* Two bumps, of the position over the unit. */
static PetscReal Bumps(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *context)
{
  PetscReal value = 0;

  (void)cell;
  for (int k = 0; k < 2; k++) {
    PetscReal square = 0;
    for (PetscInt j = 0; j < dim; j++) {
      const PetscReal at = (x[j] - context[1]) / context[0];
      /* context[2] 1: the axes the other way round */
      const PetscInt axis = context[2] > 0 ? dim - 1 - j : j;
      square += PetscSqr(at - (0.3 + 0.35 * k + 0.1 * axis * (context[3] > 0 ? 1 : -1)));
    }
    value += (1 + k) * exp(-square / 0.02);
  }
  return value;
}

static PetscErrorCode Written(MPI_Comm comm, PetscReal unit, PetscReal shift, PetscBool turned,
                              PetscBool swapped, PetscMPIInt p1, OttoBeckmannResult *r)
{
  const PetscInt64 n[2] = {turned ? 20 : 24, turned ? 24 : 20};
  const PetscReal lower[2] = {shift * unit, shift * unit};
  const PetscReal upper[2] = {(shift + 1) * unit, (shift + 1) * unit};
  const OttoBoundary boundary[2] = {OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_NO_FLUX};
  const OttoBoundary other[2] = {OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_PERIODIC};
  OttoGrid grid;
  Vec f[2];
  PetscMPIInt size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCall(OttoGridCreate(comm, &grid));
  PetscCall(OttoGridSetBox(grid, 2, n, lower, upper, turned ? other : boundary));
  PetscCall(OttoGridSetMesh(grid, size / p1, p1));
  PetscCall(OttoGridSetUp(grid));
  for (int k = 0; k < 2; k++) {
    const PetscReal context[4] = {unit, shift * unit, turned, k};
    PetscCall(Fill(grid, Bumps, context, &f[k]));
    PetscCall(ToMassOne(grid, f[k]));
  }
  PetscCall(Solve(grid, f[swapped ? 1 : 0], f[swapped ? 0 : 1], 1e-9, 60, r));
  PetscCall(VecDestroy(&f[0]));
  PetscCall(VecDestroy(&f[1]));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestWritten(void)
{
  static const struct {
    PetscReal unit, shift;
    PetscBool turned, swapped;
    const char *what;
  } ways[] = {{1, 0, PETSC_FALSE, PETSC_FALSE, "the first"},
              {0x1p-30, 0, PETSC_FALSE, PETSC_FALSE, "smaller by 2^30"},
              {0x1p30, 0, PETSC_FALSE, PETSC_FALSE, "larger by 2^30"},
              {1, 5, PETSC_FALSE, PETSC_FALSE, "elsewhere"},
              {1, 0, PETSC_TRUE, PETSC_FALSE, "axes swapped"},
              {1, 0, PETSC_FALSE, PETSC_TRUE, "from q to p"}};
  OttoBeckmannResult first, r;
  PetscMPIInt size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  PetscCall(Written(PETSC_COMM_SELF, 1, 0, PETSC_FALSE, PETSC_FALSE, 1, &first));
  TestTrue(first.iterations == 60 && first.reason == OTTO_BECKMANN_LIMIT, "as many as allowed");
  for (size_t k = 0; k < PETSC_STATIC_ARRAY_LENGTH(ways); k++)
    for (PetscMPIInt p1 = 1; p1 <= size; p1 += size > 1 ? size - 1 : 1) {
      PetscCall(Written(PETSC_COMM_WORLD, ways[k].unit, ways[k].shift, ways[k].turned,
                        ways[k].swapped, p1, &r));
      TestClose(r.lower, ways[k].unit * first.lower, 1e-10, ways[k].what);
      TestClose(r.upper, ways[k].unit * first.upper, 1e-10, ways[k].what);
      TestClose(r.to_atoms, ways[k].unit * first.to_atoms, 1e-12, ways[k].what);
    }
  PetscFunctionReturn(0);
}

/* W1 is a metric: no interval contradicts that. */
static PetscErrorCode TestTriangles(void)
{
  static const int first[] = {0, 2, 5, 7, 15};

  PetscFunctionBegin;
  for (int k = 0; k < 5; k++) {
    OttoBeckmannResult r[3];
    PetscMPIInt size;
    OttoGrid grid;
    Vec f[4];
    PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
    PetscCall(TransportGrid(&transport_pairs[first[k]], size, 1, &grid));
    for (int i = 0; i < 2; i++)
      PetscCall(TransportDensities(&transport_pairs[first[k] + i], grid, &f[2 * i], &f[2 * i + 1]));
    for (int i = 0; i < 3; i++) PetscCall(Solve(grid, f[i], f[(i + 1) % 3], 0.05, 100, &r[i]));
    for (int i = 0; i < 3; i++)
      TestTrue(r[i].lower <= r[(i + 1) % 3].upper + r[(i + 2) % 3].upper, "the triangle");
    for (int i = 0; i < 4; i++) PetscCall(VecDestroy(&f[i]));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

/* ---- what is refused, and what is nothing ---- */

static PetscErrorCode TestNothing(void)
{
  const PetscInt64 shapes[3][3] = {{30}, {9, 8}, {7, 6, 5}};
  const PetscReal seed = 3;

  PetscFunctionBegin;
  for (PetscInt d = 1; d <= 3; d++)
    for (int apart = 0; apart < 2; apart++) {
      OttoBeckmannResult r;
      OttoBeckmann b;
      OttoGrid grid;
      Vec p, q, u, flux[3];
      PetscReal low, high;
      PetscCall(MakeMixed(d, shapes[d - 1], &grid));
      PetscCall(Fill(grid, Noise, &seed, &p));
      PetscCall(Fill(grid, Noise, &seed, &q));
      PetscCall(ToMassOne(grid, p));
      PetscCall(ToMassOne(grid, q));
      if (apart) PetscCall(VecScale(q, 1 + 4e-16)); /* the same but for rounding */
      PetscCall(OttoBeckmannCreate(grid, &b));
      PetscCall(OttoBeckmannSetUp(b));
      TestFails(OttoBeckmannGetPotential(b, &u), OTTO_ERR_STATE, "OttoBeckmannSolve()");
      TestFails(OttoBeckmannGetFlux(b, flux), OTTO_ERR_STATE, "OttoBeckmannSolve()");
      PetscCall(OttoBeckmannSolve(b, p, q, &r));
      TestTrue(r.lower == 0 && r.gap == 0 && r.upper <= (apart ? 1e-13 : 0), "equal densities");
      TestTrue(r.reason == (d == 1 ? OTTO_BECKMANN_EXACT : OTTO_BECKMANN_REACHED), "nothing to do");
      PetscCall(OttoBeckmannGetPotential(b, &u));
      for (PetscInt j = 0; j < d; j++) PetscCall(OttoFieldCreate(grid, &flux[j]));
      PetscCall(OttoBeckmannGetFlux(b, flux));
      for (PetscInt j = 0; j < d; j++) {
        PetscCall(OttoFieldRange(grid, flux[j], &low, &high));
        TestTrue(low == 0 && high == 0, "no flux");
        PetscCall(VecDestroy(&flux[j]));
      }
      TestTrue(OttoBeckmannBytes(b) > 0, "it holds something");
      PetscCall(OttoBeckmannDestroy(&b));
      PetscCall(VecDestroy(&p));
      PetscCall(VecDestroy(&q));
      PetscCall(OttoGridDestroy(&grid));
    }
  PetscFunctionReturn(0);
}

static PetscErrorCode TestRefusals(void)
{
  static const OttoBoundary absorbing[2] = {OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_ABSORBING};
  const PetscInt64 n[4] = {6, 5, 4, 3};
  const PetscReal length[2] = {1, 1}, seed = 3;
  OttoBeckmannResult r;
  OttoBeckmann b;
  OttoGrid grid;
  Vec p, q;

  PetscFunctionBegin;
  PetscCall(MakeSides(2, n, 0, length, absorbing, &grid));
  PetscCall(OttoBeckmannCreate(grid, &b));
  TestFails(OttoBeckmannSetUp(b), OTTO_ERR_INPUT, "axis 1 is absorbing");
  TestFails(OttoBeckmannSolve(b, NULL, NULL, &r), OTTO_ERR_STATE, "OttoBeckmannSetUp()");
  PetscCall(OttoBeckmannDestroy(&b));
  PetscCall(OttoGridDestroy(&grid));
  PetscCall(MakeMixed(4, n, &grid));
  PetscCall(OttoBeckmannCreate(grid, &b));
  TestFails(OttoBeckmannSetUp(b), OTTO_ERR_INPUT, "1 to 3 axes, not 4");
  PetscCall(OttoBeckmannDestroy(&b));
  PetscCall(OttoGridDestroy(&grid));
  PetscCall(MakeMixed(2, n, &grid));
  PetscCall(Fill(grid, Noise, &seed, &p));
  PetscCall(Fill(grid, Noise, &seed, &q));
  PetscCall(OttoBeckmannCreate(grid, &b));
  TestFails(OttoBeckmannSetGap(b, 0), OTTO_ERR_INPUT, "w1_gap = 0");
  TestFails(OttoBeckmannSetIterations(b, 0), OTTO_ERR_INPUT, "w1_iterations = 0");
  PetscCall(OttoBeckmannSetUp(b));
  PetscCall(VecScale(q, 1.001));
  TestFails(OttoBeckmannSolve(b, p, q, &r), OTTO_ERR_NUMERICAL, "masses");
  for (int k = 0; k < 2; k++) {
    PetscScalar *a;
    PetscCall(VecGetArray(q, &a));
    if (OttoGridGetInfo(grid)->rank == 0) a[1] = k ? NAN : -1;
    PetscCall(VecRestoreArray(q, &a));
    TestFails(OttoBeckmannSolve(b, p, q, &r), OTTO_ERR_NUMERICAL, "a value of q is negative");
    TestFails(OttoBeckmannSolve(b, q, p, &r), OTTO_ERR_NUMERICAL, "a value of p is negative");
  }
  PetscCall(VecSet(q, 0));
  TestFails(OttoBeckmannSolve(b, q, q, &r), OTTO_ERR_NUMERICAL, "above 0");
  PetscCall(OttoBeckmannDestroy(&b));
  PetscCall(VecDestroy(&p));
  PetscCall(VecDestroy(&q));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestPairs, TestTranslates, TestGaussians, TestLine, TestCircle, TestThin,
                   TestWritten, TestTriangles, TestNothing, TestRefusals});
}
