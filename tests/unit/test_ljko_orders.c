/* ranks: 1 2 3; long: 3
 * The linearised JKO scheme against what it stands for: orders in τ and in h.
 */
#include "descent.h"

static PetscReal width; /* of the Gaussian to begin with */

static double Gaussian(const double x[])
{
  return exp(-x[0] * x[0] / (2 * width * width));
}

/* On each rank for itself: the variance after `steps` of ljko to time t, cells of 2/n, and twice as
 * fine. Upwinding errs by h, so twice the second less the first is that of fine cells to h². */
static PetscErrorCode Variance(PetscInt64 n, PetscReal t, PetscInt steps, PetscReal *variance)
{
  const PetscReal lower[1] = {-1}, upper[1] = {1};
  const OttoBoundary wall[1] = {OTTO_BOUNDARY_NO_FLUX};

  PetscFunctionBegin;
  *variance = 0;
  for (int fine = 0; fine < 2; fine++, n *= 2) {
    PetscReal mass, mean, found;
    OttoGrid grid;
    Descent s;
    PetscCall(MakeBoxOn(PETSC_COMM_SELF, 1, &n, lower, upper, wall, &grid));
    PetscCall(DescentBegin(grid, "-energy_internal entropy", Gaussian, &s));
    PetscCall(DescentFlow(&s, "ljko", t / steps, PETSC_FALSE));
    PetscCall(OttoFlowAdvance(s.flow, t));
    PetscCall(OttoFieldMoments(grid, s.p, &mass, &mean, &found));
    *variance += (fine ? 2 : -1) * found;
    PetscCall(DescentEnd(&s));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

/* The heat flow has σ² + 2t. The minimising movement with W2 itself has σ' = (σ + √(σ² + 4τ))/2 a
 * step, which is as far from that as τ, and so is ljko from both. Walls are 5 widths off at the
 * end: e^{−12}. */
static PetscErrorCode TestHeat(void)
{
  const PetscReal t = 0.012;
  PetscReal off[3], apart[3];

  PetscFunctionBegin;
  width = 0.13;
  for (int k = 0; k < 3; k++) {
    const PetscInt steps = 4 << k;
    PetscReal sigma = width, variance;
    for (PetscInt i = 0; i < steps; i++)
      sigma = 0.5 * (sigma + sqrt(sigma * sigma + 4 * t / steps));
    PetscCall(Variance(100, t, steps, &variance));
    off[k] = variance - (width * width + 2 * t);
    apart[k] = variance - sigma * sigma;
  }
  for (int k = 0; k < 2; k++) {
    TestTrue(off[k] / off[k + 1] > 1.6 && off[k] / off[k + 1] < 2.4, "first order in tau: heat");
    TestTrue(apart[k] / apart[k + 1] > 1.6 && apart[k] / apart[k + 1] < 2.4,
             "first order in tau: the minimising movement");
  }
  PetscFunctionReturn(0);
}

/* ---- the implicit scheme ---- */

static double Hills(const double x[])
{
  return 0.4 + exp(-30 * pow(x[0] - 0.4, 2)) + 0.3 * cos(5 * x[0]);
}

static PetscErrorCode Final(OttoGrid grid, const char *options, const char *law, PetscReal t,
                            PetscInt steps, Vec *p)
{
  Descent s;

  PetscFunctionBegin;
  PetscCall(DescentBegin(grid, options, Hills, &s));
  PetscCall(DescentFlow(&s, law, t / steps, PETSC_FALSE));
  PetscCall(OttoFlowAdvance(s.flow, t));
  PetscCall(PetscObjectReference((PetscObject)s.p));
  *p = s.p;
  PetscCall(DescentEnd(&s));
  PetscFunctionReturn(0);
}

/* Of the same grid and upwind fluxes, both are a step of the same equation in time but for τ². */
static PetscErrorCode TestImplicit(void)
{
  const char *const energies[] = {
      "-energy_internal power -energy_m 0.5 -temperature 0.5 -flow_mobility upwind",
      "-energy_internal power -energy_m 2 -flow_mobility upwind -potential_type quadratic "
      "-potential_stiffness 4",
      "-energy_internal entropy -flow_mobility upwind -energy_interaction_type quadratic "
      "-energy_interaction_strength 3"};
  const PetscInt64 n[1] = {40};
  const PetscReal lower[1] = {0}, upper[1] = {1}, t = 0.01;
  const OttoBoundary wall[1] = {OTTO_BOUNDARY_NO_FLUX};
  OttoGrid grid;

  PetscFunctionBegin;
  PetscCall(MakeBoxOn(PETSC_COMM_SELF, 1, n, lower, upper, wall, &grid));
  for (int e = 0; e < 3; e++) {
    PetscReal apart[3];
    for (int k = 0; k < 3; k++) {
      Vec one, other;
      PetscCall(Final(grid, energies[e], "ljko", t, 8 << k, &one));
      PetscCall(Final(grid, energies[e], "gradient_flow", t, 8 << k, &other));
      PetscCall(DescentL1(grid, one, other, &apart[k]));
      PetscCall(VecDestroy(&one));
      PetscCall(VecDestroy(&other));
    }
    for (int k = 0; k < 2; k++)
      TestTrue(apart[k] / apart[k + 1] > 1.6 && apart[k] / apart[k + 1] < 2.4,
               "as far from the implicit scheme as tau");
    TestTrue(apart[2] < 0.01, "near it");
  }
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* ---- order in h ---- */

static double Waves(const double x[])
{
  return 1 + 0.6 * cos(PETSC_PI * x[0]) + 0.2 * cos(2 * PETSC_PI * x[0]);
}

/* |ρ_2h − mean of ρ_h over its cells| in L1, on each rank for itself. */
static PetscErrorCode Coarser(PetscInt64 n, Vec coarse, Vec fine, PetscReal *distance)
{
  const PetscScalar *a, *b;

  PetscFunctionBegin;
  *distance = 0;
  PetscCall(VecGetArrayRead(coarse, &a));
  PetscCall(VecGetArrayRead(fine, &b));
  for (PetscInt64 i = 0; i < n; i++) *distance += fabs(a[i] - 0.5 * (b[2 * i] + b[2 * i + 1]));
  *distance /= (PetscReal)n;
  PetscCall(VecRestoreArrayRead(fine, &b));
  PetscCall(VecRestoreArrayRead(coarse, &a));
  PetscFunctionReturn(0);
}

/* Upwinding is of first order: each grid's difference from the next is half the last. */
static PetscErrorCode TestSpace(void)
{
  const char *const options = "-energy_internal entropy -temperature 0.3 -potential_type quadratic "
                              "-potential_stiffness 2 -potential_center 0.3";
  enum { GRIDS = 4 };
  OttoGrid grid[GRIDS];
  Descent s[GRIDS];
  PetscReal difference[GRIDS - 1];

  PetscFunctionBegin;
  for (int k = 0; k < GRIDS; k++) {
    const PetscInt64 n[1] = {25 << k};
    const PetscReal lower[1] = {0}, upper[1] = {1};
    const OttoBoundary wall[1] = {OTTO_BOUNDARY_NO_FLUX};
    PetscCall(MakeBoxOn(PETSC_COMM_SELF, 1, n, lower, upper, wall, &grid[k]));
    PetscCall(DescentBegin(grid[k], options, Waves, &s[k]));
    PetscCall(DescentFlow(&s[k], "ljko", 0.05, PETSC_FALSE));
    PetscCall(OttoFlowAdvance(s[k].flow, 0.1));
    if (k) PetscCall(Coarser(25 << (k - 1), s[k - 1].p, s[k].p, &difference[k - 1]));
  }
  for (int k = 0; k + 2 < GRIDS; k++) {
    TestTrue(difference[k] / difference[k + 1] > 1.6 && difference[k] / difference[k + 1] < 2.4,
             "first order in h");
  }
  for (int k = 0; k < GRIDS; k++) {
    PetscCall(DescentEnd(&s[k]));
    PetscCall(OttoGridDestroy(&grid[k]));
  }
  PetscFunctionReturn(0);
}

/* ---- the porous medium ---- */

#define BEGIN 0.02
#define END 0.05

static PetscReal now;

/* Barenblatt's, of m = 2 and mass 1 in the plane: its front is at r = 1.786488 t^{1/4}. */
static double Barenblatt(const double x[])
{
  const double r2 = x[0] * x[0] + x[1] * x[1], front2 = pow(1.786488, 2) * sqrt(now);

  return PetscMax(0, (front2 - r2) / (16 * now));
}

/* Steps as short as cells are: L1 error of first order in both, and vacuum beyond the front. */
static PetscErrorCode TestPorous(void)
{
  PetscReal error[2], empty[2];

  PetscFunctionBegin;
  for (int k = 0; k < 2; k++) {
    const PetscInt64 n[2] = {24 << k, 24 << k};
    const OttoGridInfo *g;
    OttoGrid grid;
    Descent s;
    Vec exact;
    const PetscScalar *a;
    PetscInt64 zeros = 0;
    PetscReal x[OTTO_MAX_DIM];
    PetscCall(MakeCube(2, n, -1.2, 1.2, OTTO_BOUNDARY_NO_FLUX, &grid));
    g = OttoGridGetInfo(grid);
    now = BEGIN;
    PetscCall(DescentBegin(grid, "-energy_internal power -energy_m 2", Barenblatt, &s));
    PetscCall(DescentFlow(&s, "ljko", (END - BEGIN) / (3 << k), PETSC_FALSE));
    PetscCall(OttoFlowAdvance(s.flow, END - BEGIN));
    now = END;
    PetscCall(FillDensity(grid, Barenblatt, &exact));
    PetscCall(DescentL1(grid, s.p, exact, &error[k]));
    PetscCall(VecGetArrayRead(s.p, &a));
    for (PetscInt64 c = 0; c < g->local_cells; c++) {
      OttoGridCellCentre(g, c, x);
      zeros += a[c] < 1e-30 && x[0] * x[0] + x[1] * x[1] > 1.1 * 1.1;
    }
    PetscCall(VecRestoreArrayRead(s.p, &a));
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &zeros, 1, MPIU_INT64, MPI_SUM, g->comm));
    empty[k] = (PetscReal)zeros / (PetscReal)g->cells;
    PetscCall(VecDestroy(&exact));
    PetscCall(DescentEnd(&s));
    PetscCall(OttoGridDestroy(&grid));
  }
  const PetscReal order = log2(error[0] / error[1]);
  TestTrue(order > 0.7 && order < 1.3, "first order to Barenblatt's solution");
  TestTrue(error[1] < 0.05, "near it");
  /* beyond 1.1 lies 1 − 1.21π/5.76 of the box; its cells hold what the squares of squares of their
   * neighbours' densities leave */
  TestTrue(empty[1] > 0.3, "vacuum ahead of the front");
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestHeat, TestImplicit, TestSpace, TestPorous});
}
