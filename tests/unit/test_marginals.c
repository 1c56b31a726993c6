/* ranks: 1 2 3 4
 * Marginals: closed forms of products, mass, any number of axes, and what a file holds of them. */
#include "fixture.h"
#include <hdf5.h>
#include <stdlib.h>
#include <unistd.h>

/* Of one axis; the sum over its n cells in *sum. */
static double Factor(PetscInt axis, PetscInt64 i)
{
  return 1 + 0.7 * sin(1.3 * (double)(i + 1) * (double)(axis + 1)) + (i == 2 ? 1e6 : 0);
}
static double Sum(const OttoGridInfo *g, PetscInt axis)
{
  double sum = 0;
  for (PetscInt64 i = 0; i < g->n[axis]; i++) sum += Factor(axis, i);
  return sum;
}

static PetscErrorCode Make(PetscInt dim, const PetscInt64 n[], OttoGrid *grid, Vec *p)
{
  PetscInt64 idx[OTTO_MAX_DIM];
  PetscScalar *values;

  PetscFunctionBegin;
  PetscCall(MakeMixed(dim, n, grid));
  PetscCall(OttoFieldCreate(*grid, p));
  PetscCall(VecGetArray(*p, &values));
  const OttoGridInfo *g = OttoGridGetInfo(*grid);
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellIndex(g, c, idx);
    values[c] = 1;
    for (PetscInt j = 0; j < dim; j++) values[c] *= Factor(j, idx[j]);
  }
  PetscCall(VecRestoreArray(*p, &values));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestProducts(void)
{
  static const struct {
    PetscInt dim;
    PetscInt64 n[OTTO_MAX_DIM];
  } cases[] = {{1, {11}}, {2, {9, 5}}, {2, {4, 1}}, {3, {7, 4, 6}}, {6, {5, 3, 4, 1, 3, 3}}};

  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    PetscReal values[64], mass = 0;
    OttoGrid grid;
    Vec p;

    PetscCall(Make(cases[k].dim, cases[k].n, &grid, &p));
    const OttoGridInfo *g = OttoGridGetInfo(grid);
    PetscCall(OttoFieldIntegral(grid, p, &mass));
    for (PetscInt j = 0; j < g->dim; j++) {
      double rest = 1, sum = 0;
      for (PetscInt i = 0; i < g->dim; i++)
        if (i != j) rest *= Sum(g, i) * g->h[i];
      PetscCall(OttoMarginalsCompute(grid, p, j, values));
      for (PetscInt64 i = 0; i < g->n[j]; i++) {
        TestClose(values[i], Factor(j, i) * rest, 1e-14, "a factor times the others' sums");
        sum += values[i];
      }
      TestClose(sum * g->h[j], mass, 1e-13, "h Σ is the mass");
    }
    for (PetscInt a = 0; a < g->dim; a++)
      for (PetscInt b = a + 1; b < g->dim; b++) {
        double rest = 1, sum = 0;
        for (PetscInt i = 0; i < g->dim; i++)
          if (i != a && i != b) rest *= Sum(g, i) * g->h[i];
        PetscCall(OttoMarginalsComputePlane(grid, p, (PetscInt[]){a, b}, values));
        for (PetscInt64 i = 0; i < g->n[a] * g->n[b]; i++) {
          TestClose(values[i], Factor(a, i / g->n[b]) * Factor(b, i % g->n[b]) * rest, 1e-14,
                    "two factors times the others' sums");
          sum += values[i];
        }
        TestClose(sum * g->h[a] * g->h[b], mass, 1e-13, "h h Σ is the mass");
      }
    PetscCall(VecDestroy(&p));
    PetscCall(OttoGridDestroy(&grid));
  }
  return 0;
}

static PetscErrorCode TestNames(void)
{
  OttoGridInfo g = {.dim = 3, .name = {"x", "lat", "z"}};
  char name[40];

  OttoMarginalsName(&g, 2, "q", name, sizeof name);
  TestTrue(!strcmp(name, "marginal_q_z"), "z");
  OttoMarginalsName(&g, 1, "p", name, sizeof name);
  TestTrue(!strcmp(name, "marginal_p_lat"), "as the grid calls it");
  OttoMarginalsPlaneName(&g, (PetscInt[]){0, 2}, "q", name, sizeof name);
  TestTrue(!strcmp(name, "marginal_q_xz"), "two");
  return 0;
}

/* The file: shape, values, unit and sentence; sums of the field written beside it. */
static PetscErrorCode TestFile(void)
{
  const PetscInt64 n[] = {7, 4, 6};
  char dir[200], path[256], unit[40] = "";
  PetscReal values[8];
  double field[7 * 4 * 6], line[8];
  OttoStorage storage;
  OttoGrid grid;
  PetscMPIInt rank;
  Vec p;

  PetscCall(Make(3, n, &grid, &p));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  snprintf(dir, sizeof dir, "%s/otto-marginals-XXXXXX",
           getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
  if (rank == 0) TestTrue(mkdtemp(dir) != NULL, "a directory for the test");
  PetscCallMPI(MPI_Bcast(dir, sizeof dir, MPI_CHAR, 0, PETSC_COMM_WORLD));
  PetscCall(OttoStorageCreate(grid, dir, &storage));
  PetscCall(OttoStorageWrite(storage, 3, 0.5, "p", "1/volume", "p", p));
  for (PetscInt j = 0; j < 3; j++) {
    PetscCall(OttoMarginalsCompute(grid, p, j, values));
    OttoMarginalsName(g, j, "p", path, sizeof path);
    PetscCall(OttoStorageWriteLine(storage, 3, 0.5, j, path, "1/length", "marginal", values));
  }
  PetscCall(OttoStorageClose(&storage));
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  if (rank == 0) {
    snprintf(path, sizeof path, "%s/fields.h5", dir);
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT),
          data = H5Dopen2(file, "/3/p", H5P_DEFAULT);
    TestTrue(H5Dread(data, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, field) >= 0, "p");
    H5Dclose(data);
    for (int j = 0; j < 3; j++) {
      hsize_t shape[4] = {0};
      double sums[8] = {0};
      snprintf(path, sizeof path, "/3/marginal_p_%c", "xyz"[j]);
      data = H5Dopen2(file, path, H5P_DEFAULT);
      hid_t space = H5Dget_space(data), attribute = H5Aopen(data, "unit", H5P_DEFAULT), type;
      TestTrue(H5Sget_simple_extent_dims(space, shape, NULL) == 1 && shape[0] == (hsize_t)n[j],
               "shape");
      TestTrue(H5Dread(data, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, line) >= 0, "line");
      type = H5Aget_type(attribute);
      H5Aread(attribute, type, unit);
      TestTrue(!strcmp(unit, "1/length"), "unit");
      for (int c = 0; c < 7 * 4 * 6; c++) {
        const int at[] = {c / 24, c / 6 % 4, c % 6};
        sums[at[j]] += field[c];
      }
      for (int i = 0; i < n[j]; i++)
        TestClose(line[i], sums[i] * g->cell_volume / g->h[j], 1e-13,
                  "sums of the field beside it");
      H5Tclose(type);
      H5Aclose(attribute);
      H5Sclose(space);
      H5Dclose(data);
    }
    H5Fclose(file);
    snprintf(path, sizeof path, "%s/fields.xdmf", dir);
    FILE *f = fopen(path, "r");
    char text[4000] = "";
    TestTrue(f && fread(text, 1, sizeof text - 1, f) > 0 && strstr(text, ":/3/p<"), "xdmf shows p");
    TestTrue(!strstr(text, "marginal"), "and no lines, which are no fields");
    if (f) fclose(f);
    unlink(path);
    snprintf(path, sizeof path, "%s/fields.h5", dir);
    unlink(path);
    TestTrue(rmdir(dir) == 0, "nothing else is left");
  }
  PetscCall(VecDestroy(&p));
  PetscCall(OttoGridDestroy(&grid));
  return 0;
}

int main(void)
{
  return TestMain({TestProducts, TestNames, TestFile});
}
