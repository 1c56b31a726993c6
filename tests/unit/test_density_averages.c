/* ranks: 1 2 3
 * Densities as averages over cells: means and edges as they are, whatever the grid; and which
 * densities are rough. */
#include "density_setup.h"
#include "grid/planes.h"
#include <otto/transfer.h>

static PetscErrorCode Moments(OttoGrid grid, PetscReal mean[], PetscReal covariance[])
{
  PetscReal mass = 0;
  Vec p;

  PetscFunctionBegin;
  PetscCall(OttoDensityCreateAverages(grid, "p_", &p));
  PetscCall(OttoFieldMoments(grid, p, &mass, mean, covariance));
  TestClose(mass, 1, 1e-14, "mass");
  PetscCall(VecDestroy(&p));
  PetscFunctionReturn(0);
}

/* A point mass keeps its place, an interval its ends: mean and variance of cells of width h that
 * hold averages are those of the interval within h²/12. */
static PetscErrorCode TestPlaces(void)
{
  PetscReal mean[3], covariance[9];
  OttoGrid grid;

  PetscFunctionBegin;
  PetscCall(MakeUnit(1, 16, OTTO_BOUNDARY_NO_FLUX, &grid));
  Set("-p_density", "delta", "-p_position", "0.3137");
  PetscCall(Moments(grid, mean, covariance));
  TestClose(mean[0], 0.3137, 1e-13, "place of a point mass");
  Set("-p_density", "box", "-p_lower", "0.21", "-p_upper", "0.6137");
  PetscCall(Moments(grid, mean, covariance));
  /* first moments: the cells at the ends hold their share at their centres */
  TestTrue(fabs(mean[0] - 0.41185) < 1. / 16 / 16, "middle of an interval");
  PetscCall(OttoGridDestroy(&grid));
  PetscCall(MakeUnit(3, 8, OTTO_BOUNDARY_PERIODIC, &grid));
  Set("-p_density", "delta", "-p_position", "0.31,0.52,0.71");
  PetscCall(Moments(grid, mean, covariance));
  TestClose(mean[0], 0.31, 1e-13, "x");
  TestClose(mean[1], 0.52, 1e-13, "y");
  TestClose(mean[2], 0.71, 1e-13, "z");
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* Shares of cells by hand: [0.3, 0.55) on 4 cells; a ball's volume; a step by formula. */
static PetscErrorCode TestShares(void)
{
  const double expected[4] = {0, 0.8 * 4, 0.2 * 4, 0};
  const PetscScalar *a;
  PetscReal most = 0;
  OttoGrid grid;
  Vec p;

  PetscFunctionBegin;
  PetscCall(MakeUnit(1, 4, OTTO_BOUNDARY_NO_FLUX, &grid));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  for (int k = 0; k < 2; k++) {
    if (k == 0)
      Set("-p_density", "box", "-p_lower", "0.3", "-p_upper", "0.55");
    else /* 32 points a cell: to 1/32 */
      Set("-p_density", "formula", "-p_formula", "(x >= 0.3 && x < 0.55) ? 1 : 0");
    PetscCall(OttoDensityCreateAverages(grid, "p_", &p));
    PetscCall(VecGetArrayRead(p, &a));
    for (PetscInt64 c = 0; c < g->local_cells; c++)
      TestTrue(fabs(a[c] - expected[OttoGridPlanes(g).start + c]) < (k ? 0.15 : 1e-14),
               "share of a cell");
    PetscCall(VecRestoreArrayRead(p, &a));
    PetscCall(VecDestroy(&p));
  }
  PetscCall(OttoGridDestroy(&grid));
  PetscCall(MakeUnit(2, 20, OTTO_BOUNDARY_PERIODIC, &grid));
  Set("-p_density", "ball", "-p_center", "0.03,0.5", "-p_radius", "0.23");
  PetscCall(OttoDensityCreateAverages(grid, "p_", &p));
  PetscCall(OttoFieldRange(grid, p, NULL, &most));
  /* 400 cells · 64 points: the area to the number of points on the circle, some hundredths */
  TestClose(1 / most, M_PI * 0.23 * 0.23, 5e-3, "area of a disc over a face");
  PetscCall(VecDestroy(&p));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

typedef PetscErrorCode (*Look)(OttoGrid grid, Vec density, PetscBool *is);

/* The density of the options: whether it is what `look` looks for. */
static PetscErrorCode Is(Look look, OttoGrid grid, PetscBool expected, const char *what)
{
  PetscBool is;
  Vec p;

  PetscFunctionBegin;
  PetscCall(OttoDensityCreate(grid, "p_", &p, NULL));
  PetscCall(look(grid, p, &is));
  TestTrue(is == expected, what);
  PetscCall(VecDestroy(&p));
  PetscFunctionReturn(0);
}

/* Jumps (fourth differences 3 times the second ones), wherever in a cell they lie and along
 * whichever axis; a wave of 7 cells (2 - 2 cos(2 pi/7) = 0.75 times) is rough without. */
static PetscErrorCode TestEdges(void)
{
  OttoGrid grid;

  PetscFunctionBegin;
  for (int b = 0; b < 2; b++) {
    PetscCall(MakeUnit(1, 28, b ? OTTO_BOUNDARY_NO_FLUX : OTTO_BOUNDARY_PERIODIC, &grid));
    Set("-p_density", "formula", "-p_formula", "2+sin(8*_pi*x)");
    PetscCall(Is(OttoDensityIsRough, grid, PETSC_TRUE, "a wave of 7 cells is rough"));
    PetscCall(Is(OttoDensityHasEdges, grid, PETSC_FALSE, "but has no edges"));
    Set("-p_density", "uniform");
    PetscCall(Is(OttoDensityHasEdges, grid, PETSC_FALSE, "uniform"));
    Set("-p_density", "box", "-p_lower", "0.21", "-p_upper", "0.68", "-p_floor", "0.2");
    PetscCall(Is(OttoDensityHasEdges, grid, PETSC_TRUE, "a box over a floor"));
    Set("-p_density", "formula", "-p_formula", "exp(0-2*x)");
    PetscCall(Is(OttoDensityHasEdges, grid, b ? PETSC_FALSE : PETSC_TRUE,
                 "a slope at the faces: a jump on a ring"));
    Set("-p_density", "delta", "-p_position", "0.5");
    PetscCall(Is(OttoDensityHasEdges, grid, PETSC_TRUE, "a point mass"));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscCall(MakeUnit(2, 24, OTTO_BOUNDARY_PERIODIC, &grid));
  Set("-p_density", "ball", "-p_center", "0.4,0.5", "-p_radius", "0.23");
  PetscCall(Is(OttoDensityHasEdges, grid, PETSC_TRUE, "a disc"));
  Set("-p_density", "formula", "-p_formula", "exp(cos(2*_pi*x)) + (y > 0.4 ? 1 : 0)");
  PetscCall(Is(OttoDensityHasEdges, grid, PETSC_TRUE, "an edge along one axis"));
  Set("-p_density", "gaussian_mixture", "-p_mean", "0.4,0.4", "-p_sigma", "0.12");
  PetscCall(Is(OttoDensityHasEdges, grid, PETSC_FALSE, "a Gaussian of 2.9 cells"));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestRough(void)
{
  OttoGrid grid;

  PetscFunctionBegin;
  for (int b = 0; b < 2; b++) {
    PetscCall(MakeUnit(1, 32, b ? OTTO_BOUNDARY_NO_FLUX : OTTO_BOUNDARY_PERIODIC, &grid));
    Set("-p_density", "uniform");
    PetscCall(Is(OttoDensityIsRough, grid, PETSC_FALSE, "uniform"));
    Set("-p_density", "gaussian_mixture", "-p_mean", "0.4", "-p_sigma", "0.09");
    PetscCall(Is(OttoDensityIsRough, grid, PETSC_FALSE, "a Gaussian of 2.9 cells"));
    Set("-p_density", "gaussian_mixture", "-p_mean", "0.4", "-p_sigma", "0.04");
    PetscCall(Is(OttoDensityIsRough, grid, PETSC_TRUE, "a Gaussian of 1.3 cells"));
    Set("-p_density", "delta", "-p_position", "0.001");
    PetscCall(Is(OttoDensityIsRough, grid, PETSC_TRUE, "a point mass at the face"));
    Set("-p_density", "delta", "-p_position", "0.5");
    PetscCall(Is(OttoDensityIsRough, grid, PETSC_TRUE, "a point mass"));
    Set("-p_density", "box", "-p_lower", "0.2", "-p_upper", "0.7");
    PetscCall(Is(OttoDensityIsRough, grid, PETSC_TRUE, "a box"));
    Set("-p_density", "formula", "-p_formula", "exp(cos(2*_pi*x))");
    PetscCall(Is(OttoDensityIsRough, grid, PETSC_FALSE, "a smooth formula"));
    Set("-p_density", "formula", "-p_formula", "1 + abs(x - 0.37)");
    PetscCall(Is(OttoDensityIsRough, grid, PETSC_TRUE, "a kink"));
    Set("-p_density", "formula", "-p_formula", "exp(0-2*x)");
    PetscCall(Is(OttoDensityIsRough, grid, b ? PETSC_FALSE : PETSC_TRUE,
                 "a slope at the faces: a jump on a ring"));
    PetscCall(OttoGridDestroy(&grid));
  }
  for (int dim = 1; dim <= 2; dim++) { /* what an absorbing face takes at once is a jump there */
    PetscCall(MakeUnit(dim, 32, OTTO_BOUNDARY_ABSORBING, &grid));
    Set("-p_density", "formula", "-p_formula", dim == 1 ? "1 + 0*x" : "sin(_pi*x) + 0*y");
    PetscCall(Is(OttoDensityIsRough, grid, PETSC_TRUE,
                 "a density that does not vanish at an absorbing face"));
    Set("-p_density", "formula", "-p_formula", dim == 1 ? "sin(_pi*x)" : "sin(_pi*x)*sin(_pi*y)");
    PetscCall(Is(OttoDensityIsRough, grid, PETSC_FALSE, "one that does"));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscCall(MakeUnit(3, 10, OTTO_BOUNDARY_NO_FLUX, &grid));
  Set("-p_density", "formula", "-p_formula", "exp(0-x-y^2) + (z > 0.5 ? 1 : 0)");
  PetscCall(Is(OttoDensityIsRough, grid, PETSC_TRUE, "a step along the last axis"));
  Set("-p_density", "formula", "-p_formula", "exp(0-y-z^2) + (x > 0.5 ? 1 : 0)");
  PetscCall(Is(OttoDensityIsRough, grid, PETSC_TRUE, "a step along the first axis"));
  Set("-p_density", "formula", "-p_formula", "exp(0-y-z^2-x)");
  PetscCall(Is(OttoDensityIsRough, grid, PETSC_FALSE, "smooth in space"));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestPlaces, TestShares, TestRough, TestEdges});
}
