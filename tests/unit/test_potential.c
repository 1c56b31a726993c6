/* ranks: 1 2 3 4
 * Every potential and drift against its closed form at the cell centres. */
#include "fixture.h"
#include <otto/density.h>
#include <otto/heat.h>
#include <otto/potential.h>
#include <otto/storage.h>
#include <stdlib.h>

static const PetscReal lower[3] = {-1.5, -0.5, -1}, upper[3] = {1.25, 2.25, 1};

static PetscErrorCode Box(PetscInt dim, OttoGrid *grid)
{
  const PetscInt64 n[3] = {11, 7, 5};
  const OttoBoundary boundary[3] = {OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_PERIODIC,
                                    OTTO_BOUNDARY_NO_FLUX};

  PetscFunctionBegin;
  PetscCall(MakeBox(dim, n, lower, upper, boundary, grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode Set(const char *const options[])
{
  PetscFunctionBegin;
  PetscCall(PetscOptionsClear(NULL));
  for (int i = 0; options[i]; i += 2)
    PetscCall(PetscOptionsSetValue(NULL, options[i], options[i + 1]));
  PetscFunctionReturn(0);
}
#define OPTIONS(...) ((const char *const[]){__VA_ARGS__, NULL})

static double Quadratic(const double x[], int d)
{
  double k[] = {2, 0.5, -1}, v = 0;
  for (int j = 0; j < d; j++) v += 0.5 * k[j] * pow(x[j] - 0.25, 2);
  return v;
}
static double DoubleWell(const double x[], int d)
{
  double k[] = {NAN, 4, -1}, c[] = {0.1, 0.25, -0.5}, v = 3 * pow(pow(x[0] - c[0], 2) - 1, 2);
  for (int j = 1; j < d; j++) v += 0.5 * k[j] * pow(x[j] - c[j], 2);
  return v;
}
static double Cosine(const double x[], int d)
{
  double m[] = {2, 1, 0}, v = 0;
  for (int j = 0; j < d; j++)
    v += 1.5 * cos(2 * M_PI * m[j] * (x[j] - lower[j]) / (upper[j] - lower[j]));
  return v;
}
static double Formula(const double x[], int d)
{
  return x[0] * x[d - 1] * exp(-0.3);
}

static const struct {
  int dim;
  double (*V)(const double[], int);
  PetscBool moves;
  const char *const options[9];
} closed[] = {
    {1,
     Quadratic,
     PETSC_FALSE,
     {"-potential_type", "quadratic", "-potential_stiffness", "2", "-potential_center", "0.25"}},
    {3,
     Quadratic,
     PETSC_FALSE,
     {"-potential_type", "quadratic", "-potential_stiffness", "2,0.5,-1", "-potential_center",
      "0.25"}},
    {3,
     DoubleWell,
     PETSC_FALSE,
     {"-potential_type", "double_well", "-potential_height", "3", "-potential_stiffness", "9,4,-1",
      "-potential_center", "0.1,0.25,-0.5"}},
    {3,
     Cosine,
     PETSC_FALSE,
     {"-potential_type", "periodic_cosine", "-potential_amplitude", "1.5", "-potential_periods",
      "2,1,0"}},
    {2, Formula, PETSC_TRUE, {"-potential_type", "formula", "-potential_formula", "x*y*exp(0-t)"}},
};

static PetscErrorCode TestClosedForms(void)
{
  for (int k = 0; k < (int)(sizeof closed / sizeof closed[0]); k++) {
    OttoGrid grid;
    OttoPotential potential;
    const PetscScalar *values;
    Vec V;
    PetscCall(Set(closed[k].options));
    PetscCall(PetscOptionsSetValue(NULL, "-potential_seam", "wall"));
    PetscCall(Box(closed[k].dim, &grid));
    const OttoGridInfo *g = OttoGridGetInfo(grid);
    PetscCall(OttoFieldCreate(grid, &V));
    PetscCall(OttoPotentialCreate(grid, 1, &potential));
    PetscCall(OttoPotentialEvaluate(potential, 0.3, V));
    TestTrue(OttoPotentialIsTimeDependent(potential) == closed[k].moves, "time dependence");
    PetscCall(VecGetArrayRead(V, &values));
    for (PetscInt64 c = 0; c < g->local_cells; c++) {
      PetscReal x[OTTO_MAX_DIM];
      OttoGridCellCentre(g, c, x);
      double expected = closed[k].V(x, closed[k].dim);
      /* terms of size up to 20 round to eps each */
      TestTrue(fabs(values[c] - expected) <= 1e-14 * (20 + fabs(expected)),
               OttoPotentialGetType(potential));
    }
    PetscCall(VecRestoreArrayRead(V, &values));
    PetscCall(VecDestroy(&V));
    PetscCall(OttoPotentialDestroy(&potential));
    PetscCall(OttoGridDestroy(&grid));
  }
  return 0;
}

/* The three minima of Müller and Brown's table and its two saddles (Theor. Chim. Acta 53, 75), each
 * in the middle cell: a minimum is the least of the 9 x 9 cells, a saddle is not. */
static PetscErrorCode TestMuellerBrown(void)
{
  static const double point[5][3] = {{-0.558, 1.442, -146.70},
                                     {0.623, 0.028, -108.17},
                                     {-0.050, 0.467, -80.77},
                                     {-0.822, 0.624, -40.66},
                                     {0.212, 0.293, -72.25}};

  for (int k = 0; k < 5; k++) {
    const PetscInt64 n[2] = {9, 9};
    const OttoBoundary wall[2] = {OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_NO_FLUX};
    PetscReal from[2], to[2], least = 0;
    const PetscScalar *v;
    PetscInt64 middle;
    OttoGrid grid;
    OttoPotential potential;
    Vec V;
    for (int j = 0; j < 2; j++) {
      from[j] = point[k][j] - 0.045;
      to[j] = point[k][j] + 0.045;
    }
    PetscCall(Set(OPTIONS("-potential_type", "mueller_brown", "-potential_scale", "2")));
    PetscCall(MakeBox(2, n, from, to, wall, &grid));
    PetscCall(OttoFieldCreate(grid, &V));
    PetscCall(OttoPotentialCreate(grid, 1, &potential));
    PetscCall(OttoPotentialEvaluate(potential, 0, V));
    PetscCall(OttoFieldRange(grid, V, &least, NULL));
    middle = OttoGridLocate(OttoGridGetInfo(grid), point[k], NULL);
    PetscCall(VecGetArrayRead(V, &v));
    if (middle >= 0) {
      /* published to two decimals; where the gradient is 0, the third decimal of the place is worth
       * less than 1e-3 */
      TestTrue(fabs(v[middle] / 2 - point[k][2]) < 0.01, "V as published");
      TestTrue((v[middle] - least < 0.01) == (k < 3), "a minimum, or a saddle");
    }
    PetscCall(VecRestoreArrayRead(V, &v));
    PetscCall(VecDestroy(&V));
    PetscCall(OttoPotentialDestroy(&potential));
    PetscCall(OttoGridDestroy(&grid));
  }
  return 0;
}

static PetscErrorCode Drift(PetscInt dim, const char *const options[], const PetscReal expected[])
{
  const PetscReal x[3] = {0.5, -0.25, 2};
  PetscReal force[3] = {NAN, NAN, NAN};
  OttoGrid grid;
  OttoDrift drift;

  PetscFunctionBegin;
  PetscCall(Set(options));
  PetscCall(Box(dim, &grid));
  PetscCall(OttoDriftCreate(grid, &drift));
  PetscCall(OttoDriftEvaluate(drift, x, 0.5, force));
  for (PetscInt j = 0; j < dim; j++)
    TestClose(force[j], expected[j], 1e-15, OttoDriftGetType(drift));
  PetscCall(OttoDriftDestroy(&drift));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestDrifts(void)
{
  PetscCall(Drift(3, OPTIONS("-drift_type", "none"), (PetscReal[]){0, 0, 0}));
  PetscCall(Drift(3, OPTIONS("-drift_type", "constant", "-drift_force", "1,2,-3"),
                  (PetscReal[]){1, 2, -3}));
  PetscCall(Drift(1, OPTIONS("-drift_type", "constant", "-drift_force", "4"), (PetscReal[]){4}));
  PetscCall(
      Drift(3, OPTIONS("-drift_type", "rotation", "-drift_rate", "2", "-drift_center", "0,0.25,9"),
            (PetscReal[]){1, 1, 0}));
  PetscCall(Drift(2, OPTIONS("-drift_type", "shear", "-drift_rate", "2"), (PetscReal[]){-0.5, 0}));
  PetscCall(Drift(2, OPTIONS("-drift_type", "formula", "-drift_formula", "0-y*t, x+t"),
                  (PetscReal[]){0.125, 1}));
  return 0;
}

/* Writes u to <folder>/fields.h5 as /0/<name>. */
static PetscErrorCode Write(OttoGrid grid, const char *folder, const char *name, Vec u)
{
  OttoStorage storage;

  PetscFunctionBegin;
  PetscCall(OttoStorageCreate(grid, folder, &storage));
  PetscCall(OttoStorageWrite(storage, 0, 0, name, "1", "test data", u));
  PetscCall(OttoStorageClose(&storage));
  PetscFunctionReturn(0);
}

static PetscErrorCode Folder(char folder[64])
{
  PetscMPIInt rank;

  PetscFunctionBegin;
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  snprintf(folder, 64, "/tmp/otto-potential-XXXXXX");
  if (rank == 0) PetscCheck(mkdtemp(folder), PETSC_COMM_SELF, PETSC_ERR_SYS, "mkdtemp");
  MPI_Bcast(folder, 64, MPI_CHAR, 0, PETSC_COMM_WORLD);
  PetscFunctionReturn(0);
}

static PetscErrorCode Remove(const char *folder)
{
  char command[128];
  PetscMPIInt rank;

  PetscFunctionBegin;
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  MPI_Barrier(PETSC_COMM_WORLD);
  snprintf(command, sizeof command, "rm -r %s", folder);
  if (rank == 0) PetscCheck(!system(command), PETSC_COMM_SELF, PETSC_ERR_SYS, "rm");
  PetscFunctionReturn(0);
}

/* A map from a file comes back bit for bit, negative values and all. */
static PetscErrorCode TestFile(void)
{
  OttoGrid grid;
  OttoPotential potential;
  Vec V, back;
  PetscScalar *a;
  PetscReal error = 1;
  char folder[64], path[96];

  PetscCall(Folder(folder));
  PetscCall(Box(2, &grid));
  PetscCall(OttoFieldCreate(grid, &V));
  PetscCall(OttoFieldCreate(grid, &back));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscCall(VecGetArray(V, &a));
  for (PetscInt64 c = 0; c < g->local_cells; c++) a[c] = sin(3.0 * (double)(g->offset + c));
  PetscCall(VecRestoreArray(V, &a));
  PetscCall(Write(grid, folder, "V", V));
  snprintf(path, sizeof path, "%s/fields.h5", folder);
  PetscCall(Set(
      OPTIONS("-potential_type", "file", "-potential_path", path, "-potential_dataset", "/0/V")));
  PetscCall(OttoPotentialCreate(grid, 1, &potential));
  PetscCall(OttoPotentialEvaluate(potential, 0, back));
  PetscCall(VecAXPY(back, -1, V));
  PetscCall(VecNorm(back, NORM_INFINITY, &error));
  TestTrue(error == 0, "a map comes back bit for bit");
  PetscCall(OttoPotentialDestroy(&potential));
  PetscCall(VecDestroy(&V));
  PetscCall(VecDestroy(&back));
  PetscCall(OttoGridDestroy(&grid));
  PetscCall(Remove(folder));
  return 0;
}

/* exp(-V/T) of points is their tempered histogram, found apart from V; V is finite where that
 * underflows. A field of shape N x 2 serves as the dataset of points. */
static PetscErrorCode TestSamples(void)
{
  const PetscInt64 n[2] = {6, 2}, cells[2] = {400, 9};
  const PetscReal zero[2] = {0, 0}, one[2] = {1, 1};
  const OttoBoundary wall[2] = {OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_NO_FLUX};
  const char *smoothing[2] = {"0.002", "1e-6"};
  OttoGrid points, grid;
  Vec x, p0, p, V;
  PetscScalar *a, *b;
  char folder[64], path[96];

  PetscCall(Folder(folder));
  PetscCall(MakeBox(2, n, zero, one, wall, &points));
  PetscCall(OttoFieldCreate(points, &x));
  PetscCall(VecGetArray(x, &a));
  for (PetscInt64 c = 0; c < OttoGridGetInfo(points)->local_cells; c++)
    a[c] = 0.1 + 0.01 * (double)(2 * OttoGridGetInfo(points)->first[0] + c);
  PetscCall(VecRestoreArray(x, &a));
  PetscCall(Write(points, folder, "points", x));
  snprintf(path, sizeof path, "%s/fields.h5", folder);
  PetscCall(MakeBox(2, cells, zero, one, wall, &grid));
  for (int k = 0; k < 2; k++) {
    OttoPotential potential;
    OttoHeat heat;
    OttoHeatSource source;
    PetscReal least = 0, most = 0;
    PetscCall(Set(OPTIONS("-potential_type", "samples", "-potential_path", path,
                          "-potential_dataset", "/0/points", "-potential_smoothing", smoothing[k],
                          "-p_density", "samples", "-p_path", path, "-p_dataset", "/0/points")));
    PetscCall(OttoDensityCreate(grid, "p_", &p0, NULL));
    PetscCall(VecDuplicate(p0, &p));
    PetscCall(VecDuplicate(p0, &V));
    PetscCall(OttoPotentialCreate(grid, 0.5, &potential));
    PetscCall(OttoPotentialEvaluate(potential, 0, V));
    PetscCall(OttoFieldRange(grid, V, &least, &most));
    TestTrue(isfinite(least) && isfinite(most), "V is finite");
    if (k) TestTrue(most > 400, "far from the points the tempered histogram underflows");
    PetscCall(OttoHeatCreate(grid, &heat));
    PetscCall(OttoHeatSetType(heat, "lattice_exact"));
    PetscCall(OttoHeatSetUp(heat));
    PetscCall(OttoHeatSourceCreate(heat, p0, &source));
    if (!k) PetscCall(OttoHeatApply(heat, source, 0.002, p, NULL));
    PetscCall(VecGetArray(p, &a));
    PetscCall(VecGetArray(V, &b));
    for (PetscInt64 c = 0; c < OttoGridGetInfo(grid)->local_cells && !k; c++)
      TestClose(exp(-b[c] / 0.5), a[c], 1e-11, "exp(-V/T)"); /* log p of some -100 rounds */
    PetscCall(VecRestoreArray(p, &a));
    PetscCall(VecRestoreArray(V, &b));
    PetscCall(OttoHeatSourceDestroy(&source));
    PetscCall(OttoHeatDestroy(&heat));
    PetscCall(OttoPotentialDestroy(&potential));
    PetscCall(VecDestroy(&p0));
    PetscCall(VecDestroy(&p));
    PetscCall(VecDestroy(&V));
  }
  PetscCall(VecDestroy(&x));
  PetscCall(OttoGridDestroy(&points));
  PetscCall(OttoGridDestroy(&grid));
  PetscCall(Remove(folder));
  return 0;
}

static PetscErrorCode Refused(PetscInt dim, const char *const options[], const char *part)
{
  OttoGrid grid;
  OttoPotential potential = NULL;
  OttoDrift drift = NULL;
  Vec V;

  PetscFunctionBegin;
  PetscCall(Set(options));
  PetscCall(Box(dim, &grid));
  PetscCall(OttoFieldCreate(grid, &V));
  PetscErrorCode code = OttoPotentialCreate(grid, 1, &potential);
  if (!code) code = OttoPotentialEvaluate(potential, 0, V);
  if (!code) code = OttoDriftCreate(grid, &drift);
  TestTrue(code == OTTO_ERR_INPUT && strstr(OttoErrorMessage(), part), part);
  if (!strstr(OttoErrorMessage(), part)) fprintf(stderr, "it said: %s\n", OttoErrorMessage());
  OttoErrorClear();
  PetscCall(OttoPotentialDestroy(&potential));
  PetscCall(OttoDriftDestroy(&drift));
  PetscCall(VecDestroy(&V));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestRefusals(void)
{
  PetscCall(Refused(2, OPTIONS("-potential_type", "quadratik"), "did you mean quadratic"));
  PetscCall(Refused(3, OPTIONS("-potential_type", "mueller_brown"), "needs 2 axes"));
  PetscCall(Refused(2, OPTIONS("-potential_type", "formula"), "potential_formula: missing"));
  PetscCall(Refused(2, OPTIONS("-potential_type", "formula", "-potential_formula", "0-1/(x-x)"),
                    "must be finite"));
  PetscCall(Refused(2, OPTIONS("-potential_type", "formula", "-potential_formula", "x+w"),
                    "unknown name 'w'"));
  PetscCall(Refused(2, OPTIONS("-potential_type", "quadratic", "-potential_stiffness", "1,2,3"),
                    "3 values for 2 axes"));
  PetscCall(Refused(2, OPTIONS("-potential_type", "periodic_cosine", "-potential_periods", "1.5"),
                    "whole number"));
  PetscCall(Refused(2, OPTIONS("-potential_type", "file"), "potential_path: missing"));
  PetscCall(Refused(
      2,
      OPTIONS("-potential_type", "samples", "-potential_path", "x.h5", "-potential_dataset", "x"),
      "potential_smoothing"));
  PetscCall(Refused(1, OPTIONS("-drift_type", "rotation", "-drift_rate", "1"), "needs 2 or 3"));
  PetscCall(Refused(2, OPTIONS("-drift_type", "shear"), "drift_rate: missing"));
  PetscCall(Refused(3, OPTIONS("-drift_type", "formula", "-drift_formula", "x,y"),
                    "has 2 components; 3 expected"));
  PetscCall(PetscOptionsClear(NULL));
  return 0;
}

int main(void)
{
  return TestMain(
      {TestClosedForms, TestMuellerBrown, TestDrifts, TestFile, TestSamples, TestRefusals});
}
