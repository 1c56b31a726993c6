/* ranks: 1 2 3
 * Densities that cannot be: every refusal names key, value and what is allowed, on all ranks. */
#define _GNU_SOURCE
#include "density_setup.h"

/* A refusal, on every rank, with these words. */
#define Refused(part, ...)                                                                         \
  do {                                                                                             \
    Vec v_;                                                                                        \
    Set(__VA_ARGS__);                                                                              \
    TestFails(OttoDensityCreate(grid, "p_", &v_, NULL), OTTO_ERR_INPUT, part);                     \
    TestTrue(v_ == NULL, "nothing is left after a refusal");                                       \
  } while (0)
#define MIX "-p_density", "gaussian_mixture"
#define SAMPLES "-p_density", "samples", "-p_path", points_path, "-p_dataset"

static PetscErrorCode RefusedParameters(OttoGrid grid)
{
  PetscFunctionBegin;
  Refused("p_density: missing; one of uniform, gaussian_mixture, ball, box, delta, formula, file, "
          "samples",
          "-q_density", "uniform");
  Refused("did you mean ball", "-p_density", "bal");
  Refused("p_mean: missing; give 2 coordinates", MIX);
  Refused("p_mean: 3 numbers on a grid of 2 axes; a multiple of 2", MIX, "-p_mean", "0.1,0.2,0.3");
  Refused("p_mean: Gaussian 2, at (0.3, 1.5) lies outside the box from (0, 0) to (1, 1)", MIX,
          "-p_mean", "0.1,0.2,0.3,1.5", "-p_sigma", "0.1");
  Refused("p_sigma: missing", MIX, "-p_mean", "0.1,0.2");
  Refused("p_sigma: 3 numbers for 2 Gaussians on 2 axes; 1, 2 or 4", MIX, "-p_mean",
          "0.1,0.2,0.3,0.4", "-p_sigma", "1,2,3");
  Refused("p_sigma: -0.5 of Gaussian 2 must be above 0", MIX, "-p_mean", "0.1,0.2,0.3,0.4",
          "-p_sigma", "1,-0.5");
  Refused("p_weight: 3 numbers; p_mean holds 2 Gaussians, so 2 are expected", MIX, "-p_mean",
          "0.1,0.2,0.3,0.4", "-p_sigma", "1", "-p_weight", "1,2,3");
  Refused("p_weight: -1.5 of Gaussian 2", MIX, "-p_mean", "0.1,0.2,0.3,0.4", "-p_sigma", "1",
          "-p_weight", "1,-1.5");
  Refused("p_weight: all are 0", MIX, "-p_mean", "0.1,0.2", "-p_sigma", "1", "-p_weight", "0");
  Refused("no mass on this grid", MIX, "-p_mean", "0.1,0.2", "-p_sigma", "1e-4");
  Refused("p_center: missing; give 2 coordinates", "-p_density", "ball");
  Refused("p_center: (0.5, 1.1) lies outside the box", "-p_density", "ball", "-p_center", "0.5,1.1",
          "-p_radius", "0.1");
  Refused("p_center: 3 values for 2 axes", "-p_density", "ball", "-p_center", "0.5,0.1,1");
  Refused("p_radius: missing", "-p_density", "ball", "-p_center", "0.5");
  Refused("must be above 0", "-p_density", "ball", "-p_center", "0.5", "-p_radius", "0");
  Refused("p_radius: 0.01 holds no cell's centre", "-p_density", "ball", "-p_center", "0.5",
          "-p_radius", "0.01");
  Refused("p_lower: missing", "-p_density", "box");
  Refused("p_upper: (0.5, 1.5) lies outside", "-p_density", "box", "-p_lower", "0", "-p_upper",
          "0.5,1.5");
  Refused("p_upper: 0.2 on axis 1 is not above p_lower 0.3", "-p_density", "box", "-p_lower", "0.3",
          "-p_upper", "0.2,0.5");
  Refused("no cell's centre lies between them", "-p_density", "box", "-p_lower", "0.16", "-p_upper",
          "0.24");
  Refused("p_position: missing", "-p_density", "delta");
  Refused("p_position: (-0.1, 0.5) lies outside the box", "-p_density", "delta", "-p_position",
          "-0.1,0.5");
  PetscFunctionReturn(0);
}

static PetscErrorCode RefusedValues(OttoGrid grid)
{
  PetscFunctionBegin;
  Refused("p_formula: missing", "-p_density", "formula");
  Refused("p_formula: 'x + z': unknown name 'z' at character 5", "-p_density", "formula",
          "-p_formula", "x + z");
  Refused(
      "p_formula: 'x - 0.5' gives -0.45 at (0.05, 0.05); a density must be finite and at least 0",
      "-p_density", "formula", "-p_formula", "x - 0.5");
  Refused("p_formula: '0.5 - x*y' gives -0.0225 at (0.55, 0.95)", "-p_density", "formula",
          "-p_formula", "0.5 - x*y");
  Refused("p_formula: 'sqrt(x - 0.1)' gives nan", "-p_density", "formula", "-p_formula",
          "sqrt(x - 0.1)");
  Refused("gives inf", "-p_density", "formula", "-p_formula", "x < 0.9 ? 1 : 1/0");
  Refused("every cell is 0", "-p_density", "formula", "-p_formula", "0*x");
  Refused("cannot be scaled to 1", "-p_density", "formula", "-p_formula", "1e308*1.7");
  Refused("p_floor: 1 leaves nothing", "-p_density", "uniform", "-p_floor", "1");
  Refused("p_floor: -0.1 is outside 0", "-p_density", "uniform", "-p_floor", "-0.1");
  Refused("p_mass: 0; a total mass is above 0", "-p_density", "uniform", "-p_mass", "0");
  Refused("p_mass: -2;", "-p_density", "uniform", "-p_mass", "-2");
  Refused("p_mass", "-p_density", "uniform", "-p_mass", "inf");
  Refused("p_mass: densities are then beyond all numbers", "-p_density", "formula", "-p_formula",
          "exp(x)", "-p_mass", "1.7e308");
  Refused("p_shuffle_block: 3 does not divide the 10 cells of axis 1", "-p_density", "uniform",
          "-p_shuffle_block", "3");
  Refused("p_path: missing; give an HDF5 file", "-p_density", "file");
  Refused("p_dataset: missing", "-p_density", "file", "-p_path", field_path);
  Refused("p_path: cannot read 'none.h5': No such file", "-p_density", "file", "-p_path", "none.h5",
          "-p_dataset", "p");
  Refused("has shape 11 x 6; the grid is 10 x 10", "-p_density", "file", "-p_path", field_path,
          "-p_dataset", "d2");
  Refused("field.h5' gives -2.5 at (0.35, 0.75)", "-p_density", "file", "-p_path", field_path,
          "-p_dataset", "negative");
  Refused("gives nan", "-p_density", "file", "-p_path", field_path, "-p_dataset", "nan");
  if (OttoGridGetInfo(grid)->boundary[0] != OTTO_BOUNDARY_PERIODIC)
    Refused(
        "p_path: point 4 (counted from 1), at (0.4, -0.01) lies outside the box from (0, 0) to (1, "
        "1); 2 of 5 do",
        SAMPLES, "outside");
  Refused("p_path: point 2 (counted from 1), at (nan, 0.2)", SAMPLES, "nan");
  Refused("points on this grid are N x 2", SAMPLES, "d3");
  PetscFunctionReturn(0);
}

static PetscErrorCode TestRefusals(void)
{
  PetscFunctionBegin;
  for (OttoBoundary b = OTTO_BOUNDARY_PERIODIC; b <= OTTO_BOUNDARY_OPEN; b++) {
    OttoGrid grid;
    PetscCall(MakeUnit(2, 10, b, &grid));
    PetscCall(RefusedParameters(grid));
    PetscCall(RefusedValues(grid));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscCall(PetscOptionsClear(NULL));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestInputs, TestRefusals, TestRemove});
}
