/* ranks: 1 2 3
 * W2 of a step: densities constant on cells, on one axis exactly, else in an interval.
 */
#include "fixture.h"
#include "flow/step_distance.h"

static PetscErrorCode Distance(OttoGrid grid, Function f, Function g, PetscReal *lower,
                               PetscReal *upper)
{
  OttoStepDistance d;
  Vec p, q;

  PetscFunctionBegin;
  PetscCall(FillDensity(grid, f, &p));
  PetscCall(FillDensity(grid, g, &q));
  PetscCall(OttoStepDistanceCreate(grid, &d));
  PetscCall(OttoStepDistanceFind(&d, p, q, lower, upper));
  PetscCall(OttoStepDistanceDestroy(&d));
  PetscCall(VecDestroy(&p));
  PetscCall(VecDestroy(&q));
  PetscFunctionReturn(0);
}

static double Narrow(const double x[])
{
  return x[0] < 0.2 ? 1 : 0;
}
static double Wide(const double x[])
{
  return x[0] > 0.3 && x[0] < 0.9 ? 1 : 0;
}
/* A share of one cell's mass in the next. */
static double Cell(const double x[])
{
  return fabs(x[0] - 0.35) < 0.05 ? 1 : 0;
}
static double Shifted(const double x[])
{
  return fabs(x[0] - 0.35) < 0.05 ? 0.9 : fabs(x[0] - 0.45) < 0.05 ? 0.1 : 0;
}
static double Hills(const double x[])
{
  return 1.2 + sin(7 * x[0]);
}

/* Uniform on [a, b] to uniform on [c, d]: W2² = (means' difference)² + (half widths')²/3. One cell
 * of width h, a share s of which goes to the next: quantiles u and u/(1 − s) up to 1 − s, then 1 +
 * (u − 1 + s)/s, in cells: W2² = h² ∫ (difference)². Atoms would say h² s. */
static PetscErrorCode TestLine(void)
{
  const PetscInt64 n[1] = {10};
  const PetscReal s = 0.1;
  PetscReal lower, upper;
  OttoGrid grid;

  PetscFunctionBegin;
  PetscCall(MakeCube(1, n, 0, 1, OTTO_BOUNDARY_NO_FLUX, &grid));
  PetscCall(Distance(grid, Narrow, Wide, &lower, &upper));
  const PetscReal exact = sqrt(0.5 * 0.5 + 0.2 * 0.2 / 3);
  TestClose(lower, exact, 1e-13, "uniform densities, from below");
  TestClose(upper, exact, 1e-13, "and from above");
  TestTrue(lower <= exact && exact <= upper && lower < upper, "it lies between");
  /* up to 1 − s: u s/(1 − s); beyond, by v = (u − 1 + s)/s from 0 to 1: s (1 + v) − sv … = s + (1 −
   * s) v */
  const PetscReal first = PetscSqr(s) * (1 - s) / 3;
  const PetscReal second = s * (s * s + s + 1) / 3;
  PetscCall(Distance(grid, Cell, Shifted, &lower, &upper));
  TestClose(upper, 0.1 * sqrt(first + second), 1e-12, "less than half a cell");
  TestTrue(upper < 0.7 * 0.1 * sqrt(s), "which atoms overstate");
  PetscCall(Distance(grid, Shifted, Cell, &lower, &upper));
  TestClose(lower, 0.1 * sqrt(first + second), 1e-12, "either way");
  PetscCall(Distance(grid, Hills, Hills, &lower, &upper));
  TestTrue(lower == 0 && upper <= 1e-13, "no way at all");
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

static double Ball(const double x[])
{
  return pow(x[0] - 0.375, 2) + pow(x[1] - 0.5, 2) < 0.05 ? 1 : 0;
}
static double Moved(const double x[])
{
  return pow(x[0] - 0.625, 2) + pow(x[1] - 0.5, 2) < 0.05 ? 1 : 0;
}

/* A translation by whole cells is the map, round a ring as well: W2 is its length. */
static PetscErrorCode TestPlane(void)
{
  const PetscInt64 n[2] = {16, 12};
  const OttoBoundary kinds[] = {OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_PERIODIC};

  PetscFunctionBegin;
  for (int dim = 1; dim <= 2; dim++)
    for (int k = dim == 1; k < 2; k++) {
      PetscReal lower, upper;
      OttoGrid grid;
      PetscCall(MakeCube(dim, n, 0, 1, kinds[k], &grid));
      PetscCall(dim == 1 ? Distance(grid, Narrow, Narrow, &lower, &upper)
                         : Distance(grid, Ball, Moved, &lower, &upper));
      const PetscReal exact = dim == 1 ? 0 : 0.25, h = 1. / 12;
      TestTrue(0 <= lower && lower <= exact && exact <= upper, "the interval has it");
      TestTrue(upper - lower <= 2.5 * h, "and is no wider than cells make it");
      PetscCall(OttoGridDestroy(&grid));
    }
  PetscFunctionReturn(0);
}

/* On a mesh that cuts the second axis the interval is that of all ranks on the first: to 1e-10,
 * what iterations make of sums in another order. */
static PetscErrorCode TestMesh(void)
{
  const PetscInt64 n[2] = {16, 12};
  const PetscReal low[2] = {0, 0}, high[2] = {1, 1};
  const OttoBoundary wall[2] = {OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_NO_FLUX};
  PetscReal lower[2], upper[2];
  PetscMPIInt size;
  OttoGrid grid;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  for (int k = 0; k < 2; k++) {
    PetscCall(OttoGridCreate(PETSC_COMM_WORLD, &grid));
    PetscCall(OttoGridSetBox(grid, 2, n, low, high, wall));
    PetscCall(OttoGridSetMesh(grid, k ? 1 : size, k ? size : 1));
    PetscCall(OttoGridSetUp(grid));
    PetscCall(Distance(grid, Ball, Moved, &lower[k], &upper[k]));
    PetscCall(OttoGridDestroy(&grid));
  }
  TestClose(lower[1], lower[0], 1e-10, "the lower end on a mesh");
  TestClose(upper[1], upper[0], 1e-10, "the upper end on a mesh");
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestLine, TestPlane, TestMesh});
}
