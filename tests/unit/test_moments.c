/* ranks: 1 2 3 4
 * Means, resultant lengths and covariances: against Gaussians, and against sums cell by cell. */
#include "fixture.h"
#include "grid/planes.h"
#include <math.h>
#include <otto/moments.h>
#include <string.h>

/* Within an absolute tolerance. */
#define Near(value, expected, tolerance, what)                                                     \
  TestTrue(fabs((value) - (expected)) <= (tolerance), what)

static const PetscReal lower[4] = {-1, 0.5, 3, 0}, upper[4] = {2, 0.75, 10, 1e-3};

static PetscErrorCode Make(PetscInt dim, const PetscInt64 n[], const char *faces, OttoGrid *grid,
                           Vec *u)
{
  OttoBoundary boundary[4];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < dim; j++)
    boundary[j] = faces[j] == 'p' ? OTTO_BOUNDARY_PERIODIC : OTTO_BOUNDARY_NO_FLUX;
  PetscCall(MakeBox(dim, n, lower, upper, boundary, grid));
  PetscCall(OttoFieldCreate(*grid, u));
  PetscFunctionReturn(0);
}

/* A narrow Gaussian, 8 standard deviations from every face but one, with a correlation of axes 0
 * and 2; wrapped on axis 1, about its lower face. */
static double Gaussian(const double x[])
{
  const double a = (x[0] - 0.7) / 0.15, c = (x[2] - 6) / 0.3;
  double b = (x[1] - 0.51) / 0.02, wrapped = 0;

  for (int k = -2; k <= 2; k++) wrapped += exp(-0.5 * pow(b + k * 0.25 / 0.02, 2));
  return wrapped * exp(-0.5 * (a * a - 2 * 0.6 * a * c + c * c) / (1 - 0.36));
}

/* Closed forms. Sums over cells of Gaussians are exact to rounding here: 4 cells a deviation. */
static PetscErrorCode TestGaussian(void)
{
  const PetscInt64 n[3] = {80, 50, 96};
  static const struct {
    const char *name;
    double value, scale;
  } right[] = {{"mean_p_x", 0.7, 3},
               {"mean_p_y", 0.51, 0.25},
               {"resultant_p_y", 0, 0}, /* exp(-2 (π 0.02/0.25)²), below */
               {"mean_p_z", 6, 7},
               {"covariance_p_xx", 0.0225, 0.0225},
               {"covariance_p_xz", 0.027, 0.045},
               {"covariance_p_zz", 0.09, 0.09}};
  PetscReal raw[OTTO_MAX_MOMENTS], values[OTTO_MAX_MOMENTS];
  OttoGrid grid;
  char name[40];
  Vec u;

  PetscFunctionBegin;
  PetscCall(Make(3, n, "npn", &grid, &u));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscCall(FillFunction(grid, Gaussian, u));
  PetscCall(OttoMomentsCompute(grid, u, raw));
  OttoMomentsValues(g, raw, values);
  TestTrue(OttoMomentsCount(g) == 7, "three means, a length, three covariances");
  for (PetscInt i = 0; i < 7; i++) {
    OttoMomentsName(g, i, "p", name, sizeof name);
    TestTrue(!strcmp(name, right[i].name), right[i].name);
    if (right[i].scale > 0) Near(values[i], right[i].value, 1e-13 * right[i].scale, right[i].name);
  }
  Near(values[2], exp(-2 * PetscSqr(PETSC_PI * 0.02 / 0.25)), 1e-14, "resultant length");
  PetscCall(VecDestroy(&u));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

static double Rough(const double x[])
{
  return fmod(fabs(7919.3 * x[0] + 104729.7 * x[1] + 15485.9 * x[2] + 3e6 * x[3]), 1);
}

/* Any numbers, one to four axes, against OttoFieldMoments() and a sum of exponentials. */
static PetscErrorCode TestCells(void)
{
  static const struct {
    PetscInt dim;
    PetscInt64 n[4];
    const char *faces;
  } cases[] = {{1, {17, 1, 1, 1}, "n"}, {1, {16, 1, 1, 1}, "p"},  {2, {9, 7, 1, 1}, "np"},
               {2, {5, 1, 1, 1}, "nn"}, {3, {6, 5, 4, 1}, "nnn"}, {4, {5, 3, 4, 2}, "nnpn"}};

  PetscFunctionBegin;
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    const PetscInt dim = cases[k].dim;
    PetscReal raw[OTTO_MAX_MOMENTS], values[OTTO_MAX_MOMENTS], mean[OTTO_MAX_DIM], mass = 0;
    PetscReal covariance[OTTO_MAX_DIM * OTTO_MAX_DIM];
    const PetscScalar *p;
    PetscInt at = 0;
    OttoGrid grid;
    Vec u;
    PetscCall(Make(dim, cases[k].n, cases[k].faces, &grid, &u));
    const OttoGridInfo *g = OttoGridGetInfo(grid);
    PetscCall(FillFunction(grid, Rough, u));
    PetscCall(OttoFieldMoments(grid, u, &mass, mean, covariance));
    PetscCall(OttoMomentsCompute(grid, u, raw));
    OttoMomentsValues(g, raw, values);
    for (PetscInt j = 0; j < dim; j++) {
      const PetscReal L = upper[j] - lower[j];
      if (cases[k].faces[j] == 'n') {
        Near(values[at++], mean[j], 1e-13 * L, "mean of an axis");
        continue;
      }
      PetscReal sum[2] = {0, 0}, x[OTTO_MAX_DIM] = {0};
      PetscCall(VecGetArrayRead(u, &p));
      for (PetscInt64 c = 0; c < g->local_cells; c++) {
        OttoGridCellCentre(g, c, x);
        sum[0] += p[c] * g->cell_volume / mass * cos(2 * PETSC_PI * (x[j] - lower[j]) / L);
        sum[1] += p[c] * g->cell_volume / mass * sin(2 * PETSC_PI * (x[j] - lower[j]) / L);
      }
      PetscCall(VecRestoreArrayRead(u, &p));
      PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sum, 2, MPIU_REAL, MPIU_SUM, PETSC_COMM_WORLD));
      const PetscReal angle = 2 * PETSC_PI * (values[at] - lower[j]) / L;
      TestTrue(values[at] >= lower[j] && values[at] <= upper[j], "in the box");
      Near(values[at + 1] * cos(angle), sum[0], 1e-13, "real part");
      Near(values[at + 1] * sin(angle), sum[1], 1e-13, "imaginary part");
      at += 2;
    }
    for (PetscInt i = 0; i < dim; i++)
      for (PetscInt j = i; j < dim; j++)
        if (cases[k].faces[i] == 'n' && cases[k].faces[j] == 'n')
          Near(values[at++], covariance[i * dim + j],
               1e-13 * (upper[i] - lower[i]) * (upper[j] - lower[j]), "covariance");
    TestTrue(at == OttoMomentsCount(g), "no moment more");
    PetscCall(VecDestroy(&u));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

/* A uniform density on a ring has no direction. */
static PetscErrorCode TestUniform(void)
{
  PetscReal raw[OTTO_MAX_MOMENTS], values[OTTO_MAX_MOMENTS];
  const PetscInt64 n[1] = {30};
  OttoGrid grid;
  Vec u;

  PetscFunctionBegin;
  PetscCall(Make(1, n, "p", &grid, &u));
  PetscCall(VecSet(u, 2));
  PetscCall(OttoMomentsCompute(grid, u, raw));
  OttoMomentsValues(OttoGridGetInfo(grid), raw, values);
  TestTrue(isnan(values[0]) && values[1] < 1e-15, "no direction");
  PetscCall(VecDestroy(&u));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* What errors are relative to: widths, wherever the box begins; and differences the short way
 * round.
 */
static PetscErrorCode TestScales(void)
{
  const PetscInt64 n[3] = {80, 50, 96};
  PetscReal raw[OTTO_MAX_MOMENTS], values[OTTO_MAX_MOMENTS], scale[OTTO_MAX_MOMENTS];
  const PetscReal s = 0.02 * 2 * PETSC_PI / 0.25; /* radians */
  OttoGrid grid;
  Vec u;

  PetscFunctionBegin;
  PetscCall(Make(3, n, "npn", &grid, &u));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscCall(FillFunction(grid, Gaussian, u));
  PetscCall(OttoMomentsCompute(grid, u, raw));
  OttoMomentsValues(g, raw, values);
  OttoMomentsScales(g, values, scale);
  const PetscReal a = sqrt(0.0225 + PetscSqr(g->h[0]) / 12),
                  c = sqrt(0.09 + PetscSqr(g->h[2]) / 12);
  const PetscReal u1 = PETSC_PI * g->h[1] / 0.25, R = exp(-0.5 * s * s) * sin(u1) / u1;
  TestClose(scale[0], a, 1e-12, "the deviation");
  TestClose(scale[1], 0.25 / (2 * PETSC_PI) * sqrt((1 - R * R * R * R) / 2) / R, 1e-12,
            "of a direction");
  TestTrue(fabs(scale[1] / 0.02 - 1) < 0.2, "which is the deviation of a narrow density");
  TestClose(scale[2], 1 - R, 1e-12, "circular variance");
  TestClose(scale[4], a * a, 1e-12, "a variance is relative to itself");
  TestClose(scale[5], a * c, 1e-12, "a covariance to what it could be at most");

  PetscCall(VecSet(u, 0)); /* a point mass */
  if (g->local_cells && OttoGridPlanes(g).start == 0)
    PetscCall(VecSetValue(u, 0, 1, INSERT_VALUES));
  PetscCall(VecAssemblyBegin(u));
  PetscCall(VecAssemblyEnd(u));
  PetscCall(OttoMomentsCompute(grid, u, raw));
  OttoMomentsValues(g, raw, values);
  OttoMomentsScales(g, values, scale);
  TestClose(scale[0], g->h[0] / sqrt(12), 1e-12, "a point mass is as wide as its cell");
  TestClose(scale[1], g->h[1] / sqrt(12), 1e-2, "and as wide round an axis");

  PetscCall(VecSet(u, 3)); /* uniform */
  PetscCall(OttoMomentsCompute(grid, u, raw));
  OttoMomentsValues(g, raw, values);
  OttoMomentsScales(g, values, scale);
  TestTrue(isnan(values[1]) && scale[1] > 1e10, "no direction: nothing is large against it");
  TestClose(scale[2], 1, 1e-12, "1 of a resultant length of 0");

  /* 0.249 and 0.001 of a box of 0.25 are 0.002 apart */
  PetscReal near[OTTO_MAX_MOMENTS] = {0}, other[OTTO_MAX_MOMENTS] = {0};
  near[1] = 0.5 + 0.249;
  other[1] = 0.3 * cos(2 * PETSC_PI * 0.001 / 0.25);
  other[2] = 0.3 * sin(2 * PETSC_PI * 0.001 / 0.25);
  other[0] = -0.25;
  OttoMomentsNear(g, other, near, values);
  TestClose(values[1] - near[1], 0.002, 1e-10, "the short way round");
  TestClose(values[2], 0.3, 1e-14, "length");
  TestTrue(values[0] == -0.25, "a mean is itself");
  near[1] = NAN;
  OttoMomentsNear(g, other, near, values);
  TestTrue(isnan(values[1]), "nothing is near no direction");
  PetscCall(VecDestroy(&u));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestGaussian, TestCells, TestUniform, TestScales});
}
