/*
 * What the tests of densities share: options, grids, and input files in a directory of their own.
 */
#pragma once
#include "fixture.h"
#include <hdf5.h>
#include <stdlib.h>
#include <unistd.h>

static char dir[256], points_path[300], field_path[300];

static inline PetscMPIInt Rank(void)
{
  PetscMPIInt rank;
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  return rank;
}

/* Options of one density, in place of all earlier ones: "-p_density", "ball", … */
static inline PetscErrorCode SetOptions(int count, char *words[])
{
  PetscFunctionBegin;
  PetscCall(PetscOptionsClear(NULL));
  PetscCall(OttoOptionsInsert(NULL, count, words));
  PetscFunctionReturn(0);
}
#define Set(...)                                                                                   \
  PetscCall(SetOptions(sizeof((char *[]){__VA_ARGS__}) / sizeof(char *), (char *[]){__VA_ARGS__}))

/* This rank's part against the whole computed by each rank alone. */
static inline PetscErrorCode CompareAlone(OttoGrid grid, OttoBoundary b, const PetscInt64 n[],
                                          Vec p, PetscReal tolerance, const char *what)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  OttoGrid alone;
  Vec q;
  const PetscScalar *mine, *all;
  PetscReal worst = 0;

  PetscFunctionBegin;
  PetscCall(MakeUneven(PETSC_COMM_SELF, g->dim, n, b, &alone));
  PetscCall(OttoDensityCreate(alone, "p_", &q, NULL));
  PetscCall(VecGetArrayRead(p, &mine));
  PetscCall(VecGetArrayRead(q, &all));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscReal whole = all[g->offset + c];
    PetscReal off = fabs(mine[c] - whole) / (whole == 0 ? 1 : whole);
    if (!(off <= worst)) worst = off;
  }
  PetscCall(VecRestoreArrayRead(p, &mine));
  PetscCall(VecRestoreArrayRead(q, &all));
  TestClose(worst, 0, tolerance, what);
  PetscCall(VecDestroy(&q));
  PetscCall(OttoGridDestroy(&alone));
  PetscFunctionReturn(0);
}

static inline void WriteNumbers(hid_t file, const char *name, int dim, const hsize_t n[],
                                const double x[])
{
  hid_t space = H5Screate_simple(dim, n, NULL);
  hid_t data =
      H5Dcreate2(file, name, H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  H5Dwrite(data, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, x);
  H5Dclose(data);
  H5Sclose(space);
}

/* Sizes of the grid of the contract tests. */
static const PetscInt64 contract_n[5] = {11, 6, 7, 2, 3};

/* Inputs for `file` and `samples`: per dimension a field and 200 points; some bad ones. */
static inline void WriteInputs(void)
{
  static double x[100000];
  hid_t fields = H5Fcreate(field_path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  hid_t points = H5Fcreate(points_path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);

  for (int dim = 1; dim <= 5; dim++) {
    char name[8];
    hsize_t n[5], cells = 1, shape[2] = {200, (hsize_t)dim};
    snprintf(name, sizeof name, "d%d", dim);
    for (int j = 0; j < dim; j++) cells *= n[j] = (hsize_t)contract_n[j];
    for (hsize_t c = 0; c < cells; c++) x[c] = (double)(c * 7919 % 101); /* some zeros among them */
    WriteNumbers(fields, name, dim, n, x);
    for (int i = 0; i < 200 * dim; i++) /* spread over the box of MakeUneven(), faces included */
      x[i] = -0.25 * (1 + i % dim) + (1.25 + 0.75 * (i % dim)) * ((i * 37) % 101) / 100.;
    WriteNumbers(points, name, 2, shape, x);
  }
  WriteNumbers(points, "centre", 2, (const hsize_t[]){1, 2}, (const double[]){0.35, 0.75});
  WriteNumbers(points, "dyadic", 2, (const hsize_t[]){1, 2}, (const double[]){0.3125, 0.8125});
  WriteNumbers(points, "between", 2, (const hsize_t[]){1, 2}, (const double[]){0.375, 0.79});
  WriteNumbers(points, "edge", 2, (const hsize_t[]){1, 2}, (const double[]){0.02, 1.0});
  WriteNumbers(points, "inner", 2, (const hsize_t[]){3, 2},
               (const double[]){0.21, 0.37, 0.512, 0.6, 0.77, 0.4444});
  WriteNumbers(points, "outside", 2, (const hsize_t[]){5, 2},
               (const double[]){0.1, 0.1, 0.2, 0.2, 0.3, 0.3, 0.4, -0.01, 7, 7});
  WriteNumbers(points, "nan", 2, (const hsize_t[]){2, 2}, (const double[]){0.1, 0.1, NAN, 0.2});
  for (int c = 0; c < 100; c++) x[c] = 1;
  x[37] = -2.5; /* cell (3, 7) of 10 x 10 */
  x[88] = NAN;
  WriteNumbers(fields, "negative", 2, (const hsize_t[]){10, 10}, x);
  x[37] = 1;
  WriteNumbers(fields, "nan", 2, (const hsize_t[]){10, 10}, x);
  H5Fclose(fields);
  H5Fclose(points);
}

static inline PetscErrorCode TestInputs(void)
{
  PetscFunctionBegin;
  const char *base = getenv("TMPDIR");
  snprintf(dir, sizeof dir, "%s/otto-density-XXXXXX", base ? base : "/tmp");
  if (Rank() == 0) TestTrue(mkdtemp(dir) != NULL, "a directory for the test");
  PetscCallMPI(MPI_Bcast(dir, sizeof dir, MPI_CHAR, 0, PETSC_COMM_WORLD));
  snprintf(points_path, sizeof points_path, "%s/points.h5", dir);
  snprintf(field_path, sizeof field_path, "%s/field.h5", dir);
  if (Rank() == 0) WriteInputs();
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  PetscFunctionReturn(0);
}

static inline PetscErrorCode TestRemove(void)
{
  PetscFunctionBegin;
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  if (Rank() == 0) {
    unlink(points_path);
    unlink(field_path);
    TestTrue(rmdir(dir) == 0, "nothing is left");
  }
  PetscFunctionReturn(0);
}
