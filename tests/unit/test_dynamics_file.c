/* ranks: 1 2 3
 * Velocities that stand in a file: splines against the field they were taken from, of order 4 in
 * space and time, and against their own differences; the file's times one after the other, forwards
 * and back; land; steady fields; what is refused.
 */
#include "density_setup.h"
#include "dynamics/dynamics_impl.h"
#include <hdf5_hl.h>

/* The double gyre of this amplitude, on the cells of [0,2] x [0,1]; dims of HDF5 as asked. */
static void Gyre(double t, double x, double y, double v[2])
{
  const double swing = 0.25 * sin(2 * M_PI / 10 * t), f = (swing * x + 1 - 2 * swing) * x;
  v[0] = -M_PI * 0.1 * sin(M_PI * f) * cos(M_PI * y);
  v[1] = M_PI * 0.1 * cos(M_PI * f) * sin(M_PI * y) * (2 * swing * x + 1 - 2 * swing);
}

/* Velocities round a torus, of both axes, that carry volume away. */
static void Waves(double t, double x, double y, double v[2])
{
  v[0] = 0.3 + 0.2 * sin(M_PI * x + 0.4) * cos(2 * M_PI * y) + 0.1 * sin(t);
  v[1] = 0.1 * cos(M_PI * x) * (1 + 0.5 * cos(0.5 * t)) + 0.2 * sin(2 * M_PI * y);
}

typedef void (*Field)(double t, double x, double y, double v[2]);

/* u and v at `times` times from 0 to 4 (as (k/(times − 1))^1.2, uneven) on nx × ny cells; times 0:
 * without that dimension, at t = 1. Land: cells of the circle round (1.6, 0.5). */
static PetscErrorCode WriteFile(Field field, int times, int nx, int ny, PetscBool land)
{
  PetscFunctionBegin;
  if (Rank() == 0) {
    const int count = times ? times : 1;
    const hsize_t n[3] = {(hsize_t)count, (hsize_t)nx, (hsize_t)ny};
    double *u = malloc(2 * sizeof(double) * (size_t)(count * nx * ny)), *v = u + count * nx * ny;
    double *t = malloc(sizeof(double) * (size_t)count);
    for (int k = 0; k < count; k++) {
      t[k] = times ? 4 * pow(k / (count - 1.), 1.2) : 1;
      for (int i = 0; i < nx; i++)
        for (int j = 0; j < ny; j++) {
          double w[2], x = (i + 0.5) * 2 / nx, y = (j + 0.5) / ny;
          field(t[k], x, y, w);
          if (land && hypot(x - 1.6, y - 0.5) < 0.15) w[0] = w[1] = NAN;
          u[(k * nx + i) * ny + j] = w[0];
          v[(k * nx + i) * ny + j] = w[1];
        }
    }
    hid_t file = H5Fcreate(field_path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    WriteNumbers(file, "u", times ? 3 : 2, times ? n : n + 1, u);
    WriteNumbers(file, "v", times ? 3 : 2, times ? n : n + 1, v);
    if (times) WriteNumbers(file, "time", 1, n, t);
    for (int j = 0; land && j < 2; j++) { /* what stands for no value */
      double nothing = NAN;
      hid_t data = H5Dopen2(file, j ? "v" : "u", H5P_DEFAULT), space = H5Screate(H5S_SCALAR);
      hid_t a = H5Acreate2(data, "_FillValue", H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, H5P_DEFAULT);
      H5Awrite(a, H5T_NATIVE_DOUBLE, &nothing);
      H5Aclose(a);
      H5Sclose(space);
      H5Dclose(data);
    }
    H5Fclose(file);
    free(u);
    free(t);
  }
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  PetscFunctionReturn(0);
}

#define Ask(...)                                                                                   \
  Set("-dynamics_type", "file", "-dynamics_path", field_path, "-dynamics_dataset", "u, v",         \
      ##__VA_ARGS__)

static PetscErrorCode Create(PetscInt64 n, OttoBoundary boundary, OttoGrid *grid,
                             OttoDynamics *dynamics)
{
  const PetscInt64 sizes[2] = {2 * n, n};
  const PetscReal length[2] = {2, 1};
  const OttoBoundary boundaries[2] = {boundary, boundary};

  PetscFunctionBegin;
  PetscCall(MakeSides(2, sizes, 0, length, boundaries, grid));
  PetscCall(OttoDynamicsCreate(*grid, dynamics));
  PetscFunctionReturn(0);
}

static PetscErrorCode Stop(OttoFlowMap *map, OttoDynamics *dynamics, OttoGrid *grid)
{
  PetscFunctionBegin;
  PetscCall(OttoFlowMapDestroy(map));
  PetscCall(OttoDynamicsDestroy(dynamics));
  PetscCall(OttoGridDestroy(grid));
  PetscFunctionReturn(0);
}

/* The same as WriteFile() writes, turned: [y][time][x] with names, as NetCDF has them, x going down
 * by its coordinates. */
static PetscErrorCode WriteNamed(Field field, int times, int nx, int ny)
{
  PetscFunctionBegin;
  PetscCall(WriteFile(field, times, nx, ny, PETSC_FALSE));
  if (Rank() == 0) {
    const hsize_t n[3] = {(hsize_t)ny, (hsize_t)times, (hsize_t)nx};
    double *u = malloc(3 * sizeof(double) * (size_t)(times * nx * ny)), *v = u + times * nx * ny;
    double *along = v + times * nx * ny;
    hid_t file = H5Fopen(field_path, H5F_ACC_RDWR, H5P_DEFAULT);
    for (int k = 0; k < times; k++)
      for (int i = 0; i < nx; i++)
        for (int j = 0; j < ny; j++) {
          double w[2], t = 4 * pow(k / (times - 1.), 1.2);
          along[i] = 2 - (i + 0.5) * 2 / nx;
          field(t, along[i], (j + 0.5) / ny, w);
          u[(j * times + k) * nx + i] = w[0];
          v[(j * times + k) * nx + i] = w[1];
        }
    WriteNumbers(file, "named_u", 3, n, u);
    WriteNumbers(file, "named_v", 3, n, v);
    WriteNumbers(file, "down", 1, n + 2, along); /* what is called x is every dataset's */
    hid_t scale = H5Dopen2(file, "down", H5P_DEFAULT);
    H5DSset_scale(scale, "x");
    for (int c = 0; c < 2; c++) {
      hid_t data = H5Dopen2(file, c ? "named_v" : "named_u", H5P_DEFAULT);
      H5DSset_label(data, 0, "y");
      H5DSset_label(data, 1, "time");
      H5DSattach_scale(data, scale, 2);
      H5Dclose(data);
    }
    H5Dclose(scale);
    H5Fclose(file);
    free(u);
  }
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  PetscFunctionReturn(0);
}

/* Largest errors of velocity and gradient at points of the whole box at t = 1.3; those of the
 * gradient against differences of the same velocities. */
static PetscErrorCode Errors(Field field, OttoDynamics dynamics, PetscReal error[2])
{
  PetscReal until;

  PetscFunctionBegin;
  PetscCall(OttoDynamicsPrepare(dynamics, 1.3, 1.35, &until));
  error[0] = error[1] = 0;
  for (int i = 0; i <= 40; i++)
    for (int j = 0; j <= 20; j++) {
      const PetscReal h = 1e-4, X = 2 * i / 40., Y = j / 20.;
      PetscReal x[5] = {X, X + h, X - h, X, X}, y[5] = {Y, Y, Y, Y + h, Y - h}, v[2][5], g[4][5],
                w[2];
      const PetscReal *at[2] = {x, y};
      PetscReal *value[2] = {v[0], v[1]}, *gradient[4] = {g[0], g[1], g[2], g[3]};
      PetscCall(OttoDynamicsVelocity(dynamics, 1.3, 5, at, value, gradient));
      field(1.3, X, Y, w);
      for (int k = 0; k < 2; k++) {
        error[0] = PetscMax(error[0], fabs(v[k][0] - w[k]));
        for (int l = 0; l < 2; l++)
          error[1] = PetscMax(
              error[1], fabs(g[2 * k + l][0] - (v[k][1 + 2 * l] - v[k][2 + 2 * l]) / (2 * h)));
      }
    }
  PetscFunctionReturn(0);
}

/* Twice the cells and times: 16 times less error, in a band; the density's grid has other sizes.
 * Differences over 1e-4 err by 1e-8 times third derivatives, up to 250, which jump at the knots. */
static PetscErrorCode CheckOrder(Field field, OttoBoundary boundary)
{
  PetscReal error[2][2];

  PetscFunctionBegin;
  for (int fine = 0; fine < 2; fine++) {
    OttoGrid grid;
    OttoDynamics dynamics;
    OttoFlowMap none = NULL;
    PetscCall(WriteFile(field, fine ? 17 : 9, fine ? 48 : 24, fine ? 24 : 12, PETSC_FALSE));
    Ask();
    PetscCall(Create(5, boundary, &grid, &dynamics));
    TestTrue(OttoDynamicsGetStart(dynamics) == 0 && !OttoDynamicsIsAutonomous(dynamics) &&
                 !OttoDynamicsKeepsVolume(dynamics),
             "what it is");
    PetscCall(Errors(field, dynamics, error[fine]));
    TestTrue(error[fine][1] < 5e-6, "the gradient is the spline's own");
    PetscCall(Stop(&none, &dynamics, &grid));
  }
  const PetscReal order = log2(error[0][0] / error[1][0]);
  TestTrue(order > 3.3 && order < 5, "order 4");
  TestTrue(error[1][0] < 1e-3, "near the field itself");
  if (!(order > 3.3 && order < 5)) fprintf(stderr, "  %g %g\n", error[0][0], error[1][0]);
  PetscFunctionReturn(0);
}

static PetscErrorCode TestOrder(void)
{
  PetscFunctionBegin;
  PetscCall(CheckOrder(Gyre, OTTO_BOUNDARY_NO_FLUX));
  PetscCall(CheckOrder(Waves, OTTO_BOUNDARY_PERIODIC));
  PetscFunctionReturn(0);
}

/* Along the file's times and back; DΦ against the integrated divergence, which is the spline's, and
 * positions against those of the double gyre itself: the field is right to 4e-4, over 4 units of
 * time, and stretching e^λt is below 10 there. */
static PetscErrorCode TestAlong(void)
{
  OttoGrid grid, other;
  OttoDynamics dynamics, gyre;
  OttoFlowMap map, exact;
  OttoFlowMapReport report;
  PetscReal back = 0, near = 0;

  PetscFunctionBegin;
  PetscCall(WriteFile(Gyre, 17, 48, 24, PETSC_FALSE));
  Ask("-dynamics_start", "0.3", "-dynamics_times", "1, 3.7", "-dynamics_tolerance", "1e-9");
  PetscCall(Create(6, OTTO_BOUNDARY_NO_FLUX, &grid, &dynamics));
  PetscCall(OttoFlowMapCreateCells(dynamics, grid, 0.3, PETSC_TRUE, &map));
  PetscCall(OttoFlowMapAdvance(map, 4));
  Set("-dynamics_type", "double_gyre");
  PetscCall(Create(6, OTTO_BOUNDARY_NO_FLUX, &other, &gyre));
  PetscCall(OttoFlowMapCreateCells(gyre, other, 0.3, PETSC_FALSE, &exact));
  PetscCall(OttoFlowMapAdvance(exact, 4));
  const PetscInt64 count = OttoFlowMapGetCount(map);
  for (PetscInt64 p = 0; p < count; p++)
    for (int j = 0; j < 2; j++)
      near = PetscMax(
          near, fabs(OttoFlowMapGetPositions(map)[j][p] - OttoFlowMapGetPositions(exact)[j][p]));
  TestTrue(near < 5e-3 && near > 0, "the double gyre from a file");
  PetscCall(OttoFlowMapGetReport(map, &report));
  TestTrue(report.determinant < 1e-7 && report.lost == 0, "det DΦ against log J");
  PetscCall(OttoFlowMapAdvance(map, 0.3));
  for (PetscInt64 p = 0; p < count; p++) {
    PetscReal from[OTTO_MAX_DIM];
    OttoGridCellCentre(OttoGridGetInfo(grid), p, from);
    for (int j = 0; j < 2; j++)
      back = PetscMax(back, fabs(OttoFlowMapGetPositions(map)[j][p] - from[j]));
  }
  TestTrue(back < 1e-7, "and back"); /* 8 units at 1e-9, stretched by 10 */
  TestFails(OttoFlowMapAdvance(map, -0.1), OTTO_ERR_INPUT, "beyond the times");
  TestTrue(OttoDynamicsBytes(dynamics) > 4 * 2 * 48 * 24 * sizeof(PetscReal), "bytes");
  PetscCall(Stop(&exact, &gyre, &other));
  PetscCall(Stop(&map, &dynamics, &grid));
  PetscFunctionReturn(0);
}

/* Whatever the order of dimensions and entries, the same velocities. */
static PetscErrorCode TestNamed(void)
{
  PetscReal v[2][2], until;
  const PetscReal at[2] = {0.3, 0.8}, *x[2] = {&at[0], &at[1]};

  PetscFunctionBegin;
  PetscCall(WriteNamed(Gyre, 6, 10, 7));
  for (int named = 0; named < 2; named++) {
    OttoGrid grid;
    OttoDynamics dynamics;
    OttoFlowMap none = NULL;
    PetscReal *value[2] = {&v[named][0], &v[named][1]};
    Set("-dynamics_type", "file", "-dynamics_path", field_path, "-dynamics_dataset",
        named ? "named_u,named_v" : "u,v", "-dynamics_start", "3.5");
    PetscCall(Create(4, OTTO_BOUNDARY_NO_FLUX, &grid, &dynamics));
    PetscCall(OttoDynamicsPrepare(dynamics, 1.5, 0, &until));
    TestClose(until, 4 * pow(0.4, 1.2), 1e-15, "the file's next time, backwards");
    PetscCall(OttoDynamicsVelocity(dynamics, 1.5, 1, x, value, NULL));
    PetscCall(Stop(&none, &dynamics, &grid));
  }
  /* x = 2 − … is rounded otherwise, by an ulp or two, which the weights of splines and times raise
   */
  for (int j = 0; j < 2; j++) TestClose(v[1][j], v[0][j], 1e-14, "turned");
  TestTrue(v[0][0] != 0, "it moves");
  PetscFunctionReturn(0);
}

/* Points on land are lost before they begin, those that reach it on the way; others are not. */
static PetscErrorCode TestLand(void)
{
  OttoGrid grid;
  OttoDynamics dynamics;
  OttoFlowMap map;
  PetscInt64 wrong = 0;
  const PetscReal along[4] = {1.6, 1.35, 0.2, 2.5}, up[4] = {0.5, 0.5, 0.1, 0.1};
  const PetscReal *x[2] = {along, up};

  PetscFunctionBegin;
  PetscCall(WriteFile(Waves, 0, 80, 40, PETSC_TRUE)); /* steady */
  Ask();
  PetscCall(Create(4, OTTO_BOUNDARY_PERIODIC, &grid, &dynamics));
  TestTrue(OttoDynamicsIsAutonomous(dynamics) && OttoDynamicsGetStart(dynamics) == 0, "steady");
  PetscCall(OttoFlowMapCreate(dynamics, 4, x, 0, PETSC_FALSE, &map));
  const PetscBool *lost = OttoFlowMapGetLost(map);
  TestTrue(lost[0] && !lost[1] && !lost[2] && !lost[3], "on land");
  PetscCall(OttoFlowMapAdvance(map, 0.5));
  TestTrue(lost[0] && lost[1] && !lost[2] && !lost[3], "met on the way");
  const PetscReal *const *y = OttoFlowMapGetPositions(map);
  wrong += y[0][0] != 1.6;
  wrong += !(hypot(y[0][1] - 1.6, y[1][1] - 0.5) < 0.17); /* half a cell's diagonal: 0.018 */
  TestTrue(wrong == 0, "where they were lost");
  PetscCall(Stop(&map, &dynamics, &grid));
  PetscFunctionReturn(0);
}

#define Refused(boundary, part)                                                                    \
  do {                                                                                             \
    OttoGrid grid;                                                                                 \
    OttoDynamics dynamics;                                                                         \
    TestFails(Create(4, boundary, &grid, &dynamics), OTTO_ERR_INPUT, part);                        \
    PetscCall(OttoGridDestroy(&grid));                                                             \
  } while (0)

/* Beside u and v of WriteFile(5, 8, 4): a component without times, one of fewer, and times of which
 * the last is not finite. */
static PetscErrorCode WriteOdd(void)
{
  PetscFunctionBegin;
  if (Rank() == 0) {
    const hsize_t n[3] = {4, 8, 4}, five = 5;
    const double values[4 * 8 * 4] = {0}, t[5] = {0, 1, 2, 3, INFINITY};
    hid_t file = H5Fopen(field_path, H5F_ACC_RDWR, H5P_DEFAULT);
    WriteNumbers(file, "steady", 2, n + 1, values);
    WriteNumbers(file, "fewer", 3, n, values);
    WriteNumbers(file, "endless", 1, &five, t);
    H5Fclose(file);
  }
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  PetscFunctionReturn(0);
}

#define AskOf(datasets)                                                                            \
  Set("-dynamics_type", "file", "-dynamics_path", field_path, "-dynamics_dataset", datasets)

static PetscErrorCode TestRefusals(void)
{
  PetscFunctionBegin;
  PetscCall(WriteFile(Gyre, 5, 8, 4, PETSC_FALSE));
  PetscCall(WriteOdd());
  AskOf("u,fewer");
  Refused(OTTO_BOUNDARY_NO_FLUX, "has 5 times, 'fewer' has 4; components stand at the same times");
  AskOf("steady,v");
  Refused(OTTO_BOUNDARY_NO_FLUX, "has 0 times, 'v' has 5");
  Ask("-dynamics_time_dataset", "endless");
  Refused(OTTO_BOUNDARY_NO_FLUX, "holds inf; times must be finite");
  Ask();
  Refused(OTTO_BOUNDARY_OPEN, "grid_boundary: open");
  Ask("-dynamics_start", "4.1");
  Refused(OTTO_BOUNDARY_NO_FLUX, "dynamics_start: t = 4.1");
  Ask("-dynamics_times", "1,-1");
  Refused(OTTO_BOUNDARY_NO_FLUX, "dynamics_times: t = -1");
  Ask("-dynamics_time_dataset", "none");
  Refused(OTTO_BOUNDARY_NO_FLUX, "5 times");
  Ask("-dynamics_time_dataset", "hours");
  Refused(OTTO_BOUNDARY_NO_FLUX, "dynamics_time_dataset");
  Ask("-dynamics_time_dataset", "u");
  Refused(OTTO_BOUNDARY_NO_FLUX, "dynamics_time_dataset");
  AskOf("u");
  Refused(OTTO_BOUNDARY_NO_FLUX, "one dataset an axis");
  AskOf("u,w");
  Refused(OTTO_BOUNDARY_NO_FLUX, "dynamics_dataset");
  Set("-dynamics_type", "file", "-dynamics_path", "nowhere.h5", "-dynamics_dataset", "u,v");
  Refused(OTTO_BOUNDARY_NO_FLUX, "nowhere.h5");
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain(
      {TestInputs, TestOrder, TestAlong, TestNamed, TestLand, TestRefusals, TestRemove});
}
