/* ranks: 1 2 3 4 5
 * Points and cells on every mesh: mass is kept, a constant and a linear function are read as they
 * are, depositing and reading are transposes, and nothing depends on who holds a point. */
#include "test.h"

static const PetscInt64 sizes[][3] = {{7, 1, 1}, {6, 5, 1}, {5, 7, 3}};

/* A number in [0, 1), of k alone. */
static PetscReal Random(PetscInt64 k)
{
  const PetscReal v = 43758.5453123 * sin(12.9898 * (PetscReal)(k + 1));
  return v - floor(v);
}

#define POINTS 40

/* The points with i % size = rank, or with `all` every point. */
static PetscInt64 Choose(const OttoGridInfo *g, PetscMPIInt shift, PetscBool all, PetscReal x[],
                         PetscReal mass[])
{
  PetscInt64 count = 0;

  for (PetscInt64 i = 0; i < POINTS; i++) {
    if (!all && (i / 3 + shift) % g->size != g->rank) continue;
    for (PetscInt j = 0; j < g->dim; j++) {
      PetscReal u = Random(i * 7 + j);
      if (i < 4) u = i & 1; /* on the faces */
      x[count * g->dim + j] = g->lower[j] + u * (g->upper[j] - g->lower[j]);
    }
    mass[count++] = 0.5 + Random(1000 + i);
  }
  return count;
}

static PetscErrorCode Check(OttoGrid grid)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal x[POINTS * 3], y[POINTS * 3], mass[POINTS], all_mass[POINTS], at[POINTS], *u, *w, *one;
  PetscReal sums[4] = {0, 0, 0, 0};

  PetscFunctionBegin;
  PetscCall(PetscCalloc3(g->local_cells, &u, g->local_cells, &w, g->local_cells, &one));
  for (PetscMPIInt shift = 0; shift < 2; shift++) {
    OttoPoints points;
    PetscReal *values = shift ? w : u;
    const PetscInt64 count = Choose(g, shift, PETSC_FALSE, x, mass);
    PetscCall(OttoPointsCreate(grid, count, x, &points));
    PetscCall(OttoPointsDeposit(points, mass, values));
    PetscCall(OttoPointsDeposit(points, NULL, one));
    if (!shift) { /* transposes: Σ_i m_i (read v)_i = Σ_c v_c (deposit m)_c */
      PetscReal *v;
      PetscCall(PetscMalloc1(g->local_cells, &v));
      for (PetscInt64 c = 0; c < g->local_cells; c++) v[c] = Random(g->offset + c);
      PetscCall(OttoPointsRead(points, v, at));
      for (PetscInt64 i = 0; i < count; i++) sums[0] += mass[i] * at[i];
      for (PetscInt64 c = 0; c < g->local_cells; c++) sums[1] += v[c] * u[c];
      for (PetscInt64 c = 0; c < g->local_cells; c++) {
        PetscReal centre[OTTO_MAX_DIM];
        OttoGridCellCentre(g, c, centre);
        v[c] = 3;
        for (PetscInt j = 0; j < g->dim; j++) v[c] += (1 + j) * centre[j];
      }
      PetscCall(OttoPointsRead(points, v, at));
      for (PetscInt64 i = 0; i < count; i++) {
        PetscReal expected = 3;
        PetscBool between = PETSC_TRUE; /* centres on either side, and not round a face */
        for (PetscInt j = 0; j < g->dim; j++) {
          const PetscReal d = (x[i * g->dim + j] - g->lower[j]) / g->h[j];
          if (d < 0.5 || d > (PetscReal)g->n[j] - 0.5) between = PETSC_FALSE;
          expected += (1 + j) * x[i * g->dim + j];
        }
        if (between) TestClose(at[i], expected, 1e-14, "a linear function");
      }
      for (PetscInt64 c = 0; c < g->local_cells; c++) v[c] = 3;
      PetscCall(OttoPointsRead(points, v, at));
      for (PetscInt64 i = 0; i < count; i++) TestClose(at[i], 3, 1e-15, "a constant");
      PetscCall(PetscFree(v));
    }
    PetscCall(OttoPointsDestroy(&points));
  }
  const PetscInt64 total = Choose(g, 0, PETSC_TRUE, y, all_mass);
  PetscReal expected = 0;
  for (PetscInt64 i = 0; i < total; i++) expected += all_mass[i];
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    TestTrue(fabs(u[c] - w[c]) <= 1e-14 * expected, "whoever holds a point");
    sums[2] += u[c];
    sums[3] += one[c];
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sums, 4, MPIU_REAL, MPIU_SUM, g->comm));
  TestClose(sums[1], sums[0], 1e-13, "depositing is the transpose of reading");
  TestClose(sums[2], expected, 1e-14, "mass is kept");
  TestClose(sums[3], 2 * POINTS, 1e-14, "each point weighs 1");
  PetscCall(PetscFree3(u, w, one));
  PetscFunctionReturn(0);
}

/* By the definition: the product over axes of 1 - |x - centre|/h of the nearest image; at a wall
 * what has no cell beyond stays in the last. */
static PetscErrorCode CheckShares(OttoGrid grid)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal x[POINTS * 3], y[POINTS * 3], mass[POINTS], *u;
  OttoPoints points;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(g->local_cells, &u));
  const PetscInt64 count = Choose(g, 0, PETSC_FALSE, x, mass);
  PetscCall(OttoPointsCreate(grid, count, x, &points));
  PetscCall(OttoPointsDeposit(points, mass, u));
  PetscCall(OttoPointsDestroy(&points));
  const PetscInt64 total = Choose(g, 0, PETSC_TRUE, y, mass);
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscReal centre[OTTO_MAX_DIM], expected = 0;
    OttoGridCellCentre(g, c, centre);
    for (PetscInt64 i = 0; i < total; i++) {
      PetscReal part = mass[i];
      for (PetscInt j = 0; j < g->dim; j++) {
        const PetscReal box = g->upper[j] - g->lower[j], from = y[i * g->dim + j];
        PetscReal d = fabs(from - centre[j]), share;
        if (g->boundary[j] == OTTO_BOUNDARY_PERIODIC) {
          d = PetscMin(d, box - d);
          share = PetscMax(0, 1 - d / g->h[j]);
          if (g->n[j] == 1) share = 1;
        } else {
          const PetscReal low = g->lower[j] + g->h[j] / 2, high = g->upper[j] - g->h[j] / 2;
          d = fabs(PetscMin(high, PetscMax(low, from)) - centre[j]);
          share = PetscMax(0, 1 - d / g->h[j]);
        }
        part *= share;
      }
      expected += part;
    }
    TestTrue(fabs(u[c] - expected) <= 1e-13 * total, "shares");
  }
  PetscCall(PetscFree(u));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestPoints(void)
{
  static const OttoBoundary boundary[2][3] = {
      {OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_PERIODIC},
      {OTTO_BOUNDARY_ABSORBING, OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_OPEN}};
  const PetscReal lower[3] = {-1, 0.5, 0}, upper[3] = {2, 1, 1};
  PetscMPIInt size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  for (PetscInt dim = 1; dim <= 3; dim++)
    for (int k = 0; k < 2; k++)
      for (PetscMPIInt p1 = 1; p1 <= size && p1 <= sizes[dim - 1][1]; p1++) {
        OttoGrid grid;
        if (size % p1) continue;
        PetscCall(OttoGridCreate(PETSC_COMM_WORLD, &grid));
        PetscCall(OttoGridSetBox(grid, dim, sizes[dim - 1], lower, upper, boundary[k]));
        PetscCall(OttoGridSetMesh(grid, size / p1, p1));
        PetscCall(OttoGridSetUp(grid));
        PetscCall(Check(grid));
        PetscCall(CheckShares(grid));
        PetscCall(OttoGridDestroy(&grid));
      }
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestPoints});
}
