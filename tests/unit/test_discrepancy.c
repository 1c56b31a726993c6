/*
 * MMD, energy distance and the H^-1 norm against sums over all pairs of cells, closed forms of
 * Gaussians and cosines, and what any of them has to obey: 0 of equal densities, symmetry, units,
 * ranks and meshes.
 * ranks: 1 3 4
 */
#include "fixture.h"
#include <otto/discrepancy.h>
#include <stdlib.h>

typedef struct {
  PetscReal mmd2, energy, h_minus_1;
} Three;

static PetscErrorCode Compute(OttoGrid grid, Vec p, Vec q, PetscReal t, Three *d)
{
  PetscFunctionBegin;
  PetscCall(OttoMmd2(grid, p, q, t, &d->mmd2));
  PetscCall(OttoEnergyDistance(grid, p, q, &d->energy));
  PetscCall(OttoHMinus1(grid, p, q, &d->h_minus_1));
  PetscFunctionReturn(0);
}

/* ---- small grids: sums over all pairs of cells ---- */

/* Cell values of mean 0, by the place of a cell. */
static PetscReal Delta(const OttoGridInfo *g, const PetscInt64 at[])
{
  const PetscInt64 cell = (at[0] * g->n[1] + at[1]) * g->n[2] + at[2];

  return Hash(cell, 1) - Hash((cell + 1) % g->cells, 1);
}

static void Place(const OttoGridInfo *g, PetscInt64 cell, PetscInt64 at[])
{
  for (PetscInt j = OTTO_MAX_DIM - 1; j >= 0; j--) {
    at[j] = j < g->dim ? cell % g->n[j] : 0;
    cell /= g->n[j];
  }
}

/* -Σ |x - y| δ_x δ_y (cell volume)². */
static PetscReal PairSum(const OttoGridInfo *g)
{
  long double sum = 0;

  for (PetscInt64 a = 0; a < g->cells; a++)
    for (PetscInt64 b = 0; b < g->cells; b++) {
      PetscInt64 x[OTTO_MAX_DIM], y[OTTO_MAX_DIM];
      PetscReal square = 0;
      Place(g, a, x);
      Place(g, b, y);
      for (PetscInt j = 0; j < g->dim; j++) {
        PetscInt64 away = llabs(x[j] - y[j]);
        if (g->boundary[j] == OTTO_BOUNDARY_PERIODIC) away = PetscMin(away, g->n[j] - away);
        square += PetscSqr((PetscReal)away * g->h[j]);
      }
      sum -= sqrt(square) * Delta(g, x) * Delta(g, y);
    }
  return (PetscReal)(sum * g->cell_volume * g->cell_volume);
}

/* The spectral sums by the modes themselves: Σ_modes w |(δ, mode)|²/|mode|², of the products of the
 * axes' cosines and sines. */
static void ModeSums(const OttoGridInfo *g, PetscReal t, PetscReal *mmd2, PetscReal *square)
{
  *mmd2 = *square = 0;
  for (PetscInt64 m = 0; m < g->cells; m++) {
    PetscInt64 k[OTTO_MAX_DIM], x[OTTO_MAX_DIM];
    PetscReal kappa = 0, inner = 0, size = 0;
    Place(g, m, k);
    for (PetscInt64 c = 0; c < g->cells; c++) {
      PetscReal mode = 1;
      Place(g, c, x);
      for (PetscInt j = 0; j < g->dim; j++) {
        const PetscBool periodic =
            g->boundary[j] == OTTO_BOUNDARY_PERIODIC ? PETSC_TRUE : PETSC_FALSE;
        const PetscReal angle = PETSC_PI * (PetscReal)k[j] / (PetscReal)g->n[j];
        if (!periodic)
          mode *= cos(angle * ((PetscReal)x[j] + 0.5));
        else if (2 * k[j] <= g->n[j])
          mode *= cos(2 * angle * (PetscReal)x[j]);
        else
          mode *= sin(2 * angle * (PetscReal)x[j]);
      }
      inner += mode * Delta(g, x);
      size += mode * mode;
    }
    for (PetscInt j = 0; j < g->dim; j++) {
      const PetscBool periodic =
          g->boundary[j] == OTTO_BOUNDARY_PERIODIC ? PETSC_TRUE : PETSC_FALSE;
      const PetscInt64 i = periodic ? PetscMin(k[j], g->n[j] - k[j]) : k[j];
      kappa += PetscSqr((periodic ? 2 : 1) * PETSC_PI * (PetscReal)i / (g->upper[j] - g->lower[j]));
    }
    *mmd2 += exp(-2 * t * kappa) * inner * inner / size * g->cell_volume;
    if (m) *square += inner * inner / (size * kappa) * g->cell_volume;
  }
}

static PetscErrorCode CheckSums(OttoGrid grid)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscReal t = 0.01;
  PetscReal mmd2, square;
  PetscScalar *a, *b;
  Three d, back;
  Vec p, q;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(grid, &p));
  PetscCall(OttoFieldCreate(grid, &q));
  PetscCall(VecGetArray(p, &a));
  PetscCall(VecGetArray(q, &b));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscInt64 at[OTTO_MAX_DIM] = {0};
    OttoGridCellIndex(g, c, at);
    a[c] = PetscMax(0, Delta(g, at));
    b[c] = PetscMax(0, -Delta(g, at));
  }
  PetscCall(VecRestoreArray(p, &a));
  PetscCall(VecRestoreArray(q, &b));
  PetscCall(Compute(grid, p, q, t, &d));
  ModeSums(g, t, &mmd2, &square);
  /* FFTs of at most 360 cells; no mode of the sums is less than 1e-3 of the largest */
  TestClose(d.energy, PairSum(g), 1e-11, "energy distance");
  TestClose(d.mmd2, mmd2, 1e-12, "mmd2");
  TestClose(d.h_minus_1, sqrt(square), 1e-12, "h_minus_1");
  PetscCall(Compute(grid, q, p, t, &back));
  TestTrue(d.energy == back.energy && d.mmd2 == back.mmd2 && d.h_minus_1 == back.h_minus_1,
           "symmetric to the last bit");
  PetscCall(Compute(grid, p, p, t, &back));
  TestTrue(back.energy == 0 && back.mmd2 == 0 && back.h_minus_1 == 0, "0 of equal densities");
  PetscCall(VecDestroy(&p));
  PetscCall(VecDestroy(&q));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestSums(void)
{
  static const PetscInt64 shapes[][3] = {{11}, {6, 9}, {8, 5}, {4, 5, 3}};
  static const PetscInt dims[] = {1, 2, 2, 3};
  static const OttoBoundary mixes[][3] = {
      {OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_NO_FLUX},
      {OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_PERIODIC},
      {OTTO_BOUNDARY_OPEN, OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_NO_FLUX},
      {OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_OPEN}};

  PetscFunctionBegin;
  /* the user's cache is left alone */
  if (setenv("XDG_CACHE_HOME", "/proc/none", 1)) OttoFail(PETSC_ERR_SYS, "setenv");
  for (int s = 0; s < 4; s++)
    for (int m = 0; m < 4; m++) PetscCall(OnMeshes(dims[s], shapes[s], mixes[m], CheckSums));
  PetscFunctionReturn(0);
}

/* ---- closed forms ---- */

/* context: mean[3], sigma */
static PetscReal Gaussian(PetscInt64 cell, PetscInt dim, const PetscReal x[],
                          const PetscReal *context)
{
  const PetscReal s2 = context[3] * context[3];
  PetscReal square = 0;

  (void)cell;
  for (PetscInt j = 0; j < dim; j++) square += PetscSqr(x[j] - context[j]);
  return exp(-square / (2 * s2)) / pow(2 * PETSC_PI * s2, 0.5 * dim);
}

/* E|Z| of Z normal of mean length m and variance s² an axis. d = 1: folded normal; d = 3: of
 * |Z|²/s² noncentral; d = 2: by Bessel functions through the confluent series (Weisstein's Rice
 * mean). */
static PetscReal MeanLength(PetscInt dim, PetscReal m, PetscReal s)
{
  const PetscReal r = m / s, e = exp(-r * r / 2), root = sqrt(2 / PETSC_PI);
  PetscReal term = 1, sum = 0;

  if (dim == 1) return s * (root * e + r * erf(r / sqrt(2)));
  if (dim == 3) return s * (root * e + (r > 0 ? (r + 1 / r) * erf(r / sqrt(2)) : root));
  /* s √(π/2) 1F1(-1/2; 1; -r²/2) = s √(π/2) e^{-r²/2} 1F1(3/2; 1; r²/2) */
  for (int k = 0; k < 200; k++) {
    sum += term;
    term *= (1.5 + k) / (1. + k) * (r * r / 2) / (k + 1.);
  }
  return s * sqrt(PETSC_PI / 2) * e * sum;
}

/* What the sum of |z| f(z) over a lattice of cells h lacks of its integral: c f(0) h^{d+1}, with c
 * = 1/6 in one dimension (Euler and Maclaurin), and minus the Epstein zeta function Σ' |z| of the
 * square and the cubic lattice at -1 (Borwein et al. 2013, Lattice Sums): 4 ζ(-1/2) β(-1/2) =
 * -0.2289 and -0.2666. Here f is the density of X - Y. */
static PetscReal KinkError(PetscInt dim, PetscReal m, PetscReal s, PetscReal h)
{
  static const PetscReal c[] = {0, 1. / 6, 0.228824310377219, 0.266596278718393};

  return c[dim] * pow(h, dim + 1) * exp(-m * m / (2 * s * s)) /
         pow(2 * PETSC_PI * s * s, 0.5 * dim);
}

static PetscErrorCode TestGaussians(void)
{
  static const PetscInt64 sizes[] = {0, 512, 96, 40};
  const PetscReal a[4] = {-1, 0.5, 0.2, 0.6}, b[4] = {0.8, -0.3, 0.4, 0.75}, t = 0.11;
  const PetscReal variance[2] = {a[3] * a[3] + 2 * t, b[3] * b[3] + 2 * t};

  PetscFunctionBegin;
  for (PetscInt d = 1; d <= 3; d++) {
    const PetscInt64 n[3] = {sizes[d], sizes[d], sizes[d]};
    const PetscReal h = 14. / (PetscReal)sizes[d];
    PetscReal mean = 0, energy = 0, mmd2;
    OttoGrid grid;
    Three found;
    Vec p, q;
    for (PetscInt j = 0; j < d; j++) mean += PetscSqr(a[j] - b[j]);
    mean = sqrt(mean);
    PetscCall(MakeCube(d, n, -7, 7, OTTO_BOUNDARY_NO_FLUX, &grid));
    PetscCall(Fill(grid, Gaussian, a, &p));
    PetscCall(Fill(grid, Gaussian, b, &q));
    PetscCall(Compute(grid, p, q, t, &found));
    for (int pair = 0; pair < 3; pair++) { /* pq, pp, qq */
      const PetscReal s =
          sqrt(PetscSqr(pair == 2 ? b[3] : a[3]) + PetscSqr(pair == 1 ? a[3] : b[3]));
      const PetscReal m = pair ? 0 : mean;
      energy += (pair ? -1 : 2) * (MeanLength(d, m, s) - KinkError(d, m, s, h));
    }
    mmd2 = pow(4 * PETSC_PI * variance[0], -0.5 * d) + pow(4 * PETSC_PI * variance[1], -0.5 * d) -
           2 * exp(-mean * mean / (2 * (variance[0] + variance[1]))) *
               pow(2 * PETSC_PI * (variance[0] + variance[1]), -0.5 * d);
    /* sums of Gaussians of σ ≥ 1.7 h: e^{-2π²·1.7²} and tails beyond 7.4 σ */
    TestClose(found.mmd2, mmd2, 1e-11, "mmd2 of Gaussians");
    /* the next term of the kink, h^{d+3} f''(0): (h/s)² of the first, which is 1e-4, 2e-3, 4e-3 of
     * the distance; with h/s = 0.03, 0.15, 0.35 */
    TestClose(found.energy, energy,
              d == 1   ? 1e-7
              : d == 2 ? 2e-5
                       : 3e-4,
              "energy distance of Gaussians");
    PetscCall(VecDestroy(&p));
    PetscCall(VecDestroy(&q));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

/* cos(k x) along every axis: context is amplitude, then wavenumbers; x from the lower face. */
static PetscReal Cosine(PetscInt64 cell, PetscInt dim, const PetscReal x[],
                        const PetscReal *context)
{
  PetscReal value = context[0];

  (void)cell;
  for (PetscInt j = 0; j < dim; j++) value *= cos(context[1 + j] * x[j]);
  return 1 + value;
}

static PetscErrorCode TestCosines(void)
{
  static const OttoBoundary boundary[2] = {OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_OPEN};
  const PetscInt64 n[2] = {20, 15};
  const PetscReal length[2] = {2, 3}, t = 0.02;

  PetscFunctionBegin;
  for (int k = 0; k < 4; k++) {
    /* 1e-9: what is left of 1 + 1e-9 cos is 7 digits of the cosine, and no more is lost */
    const PetscReal amplitude = k == 3 ? 1e-9 : 0.5;
    const PetscReal q[3] = {0, 0, 0};
    const PetscReal p[3] = {amplitude, PETSC_PI * (k % 3), PETSC_PI * ((k + 1) % 3) / 3};
    const PetscReal kappa2 = p[1] * p[1] + p[2] * p[2];
    const PetscReal square =
        amplitude * amplitude * 6 * (p[1] > 0 ? 0.5 : 1) * (p[2] > 0 ? 0.5 : 1);
    OttoGrid grid;
    Three d;
    Vec a, b;
    PetscCall(MakeSides(2, n, 0, length, boundary, &grid));
    PetscCall(Fill(grid, Cosine, p, &a));
    PetscCall(Fill(grid, Cosine, q, &b));
    PetscCall(Compute(grid, a, b, t, &d));
    TestClose(d.h_minus_1, sqrt(square / kappa2), k == 3 ? 1e-7 : 1e-13, "h_minus_1 of a cosine");
    TestClose(d.mmd2, square * exp(-2 * t * kappa2), k == 3 ? 2e-7 : 1e-13, "mmd2 of a cosine");
    PetscCall(VecDestroy(&a));
    PetscCall(VecDestroy(&b));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

/* Lengths in a unit 2^k times smaller: numbers scale by powers of two, to the last digits. */
static PetscErrorCode TestUnits(void)
{
  static const OttoBoundary boundary[2] = {OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_PERIODIC};
  const PetscInt64 n[2] = {14, 9};
  Three first = {0};

  PetscFunctionBegin;
  for (int k = 0; k < 4; k++) {
    static const PetscReal units[] = {1, 0x1p-30, 0x1p30, 1}, shift[] = {0, 0, 0, 3};
    const PetscReal unit = units[k], low = shift[k] * unit;
    const PetscReal lower[2] = {low, low}, upper[2] = {low + unit, low + 2 * unit};
    OttoGrid grid;
    Three d;
    Vec p, q;
    PetscScalar *a[2];
    PetscCall(MakeBox(2, n, lower, upper, boundary, &grid));
    PetscCall(OttoFieldCreate(grid, &p));
    PetscCall(OttoFieldCreate(grid, &q));
    PetscCall(VecGetArray(p, &a[0]));
    PetscCall(VecGetArray(q, &a[1]));
    const OttoGridInfo *g = OttoGridGetInfo(grid);
    for (PetscInt64 c = 0; c < g->local_cells; c++)
      for (int i = 0; i < 2; i++) a[i][c] = Hash(g->offset + c, 2 + i) / (unit * unit);
    PetscCall(VecRestoreArray(p, &a[0]));
    PetscCall(VecRestoreArray(q, &a[1]));
    PetscCall(Compute(grid, p, q, 1e-3 * unit * unit, &d));
    if (k == 0) first = d;
    TestClose(d.energy, unit * first.energy, 1e-13, "energy distance is a length");
    TestClose(d.mmd2, first.mmd2 / (unit * unit), 1e-13, "mmd2 is an inverse volume");
    TestClose(d.h_minus_1, first.h_minus_1, 1e-13, "h_minus_1 has none in the plane");
    PetscCall(VecDestroy(&p));
    PetscCall(VecDestroy(&q));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode TestRefusals(void)
{
  static const OttoBoundary absorbing[2] = {OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_ABSORBING};
  const PetscInt64 n[2] = {6, 6};
  const PetscReal length[2] = {1, 1};
  PetscReal value;
  OttoGrid grid;
  Vec p, q;

  PetscFunctionBegin;
  PetscCall(MakeSides(2, n, 0, length, absorbing, &grid));
  PetscCall(OttoFieldCreate(grid, &p));
  TestFails(OttoMmd2(grid, p, p, 1, &value), OTTO_ERR_INPUT, "axis 1 is absorbing");
  TestFails(OttoHMinus1(grid, p, p, &value), OTTO_ERR_INPUT, "axis 1 is absorbing");
  TestFails(OttoEnergyDistance(grid, p, p, &value), OTTO_ERR_INPUT, "axis 1 is absorbing");
  PetscCall(VecDestroy(&p));
  PetscCall(OttoGridDestroy(&grid));
  PetscCall(MakeMixed(2, n, &grid));
  PetscCall(OttoFieldCreate(grid, &p));
  PetscCall(OttoFieldCreate(grid, &q));
  TestFails(OttoMmd2(grid, p, q, -1, &value), OTTO_ERR_INPUT, "mmd_time = -1");
  TestFails(OttoMmd2(grid, p, q, INFINITY, &value), OTTO_ERR_INPUT, "mmd_time = inf");
  PetscScalar *a;
  PetscCall(VecGetArray(q, &a));
  if (OttoGridGetInfo(grid)->rank == 0) a[0] = NAN;
  PetscCall(VecRestoreArray(q, &a));
  TestFails(OttoMmd2(grid, p, q, 1, &value), OTTO_ERR_NUMERICAL, "not finite");
  TestFails(OttoHMinus1(grid, p, q, &value), OTTO_ERR_NUMERICAL, "not finite");
  TestFails(OttoEnergyDistance(grid, p, q, &value), OTTO_ERR_NUMERICAL, "not finite");
  PetscCall(VecDestroy(&p));
  PetscCall(VecDestroy(&q));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestSums, TestGaussians, TestCosines, TestUnits, TestRefusals});
}
