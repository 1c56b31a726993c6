/* ranks: 1 2 3 4
 * Grid, ownership and reductions. */
#include "fixture.h"
#include "grid/mesh.h"
#include "grid/planes.h"
#include <math.h>

/* The cell that contains a cell's centre is the cell; indices count through the grid once. */
static PetscErrorCode TestLocate(void)
{
  OttoGrid grid;
  PetscInt64 total = 0;

  PetscFunctionBegin;
  PetscCall(
      MakeUneven(PETSC_COMM_WORLD, 3, (PetscInt64[]){7, 3, 5}, OTTO_BOUNDARY_PERIODIC, &grid));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscReal x[3];
    PetscBool inside;
    OttoGridCellCentre(g, c, x);
    TestTrue(OttoGridLocate(g, x, &inside) == c && inside, "a centre lies in its cell");
  }
  total = g->local_cells;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &total, 1, MPIU_INT64, MPI_SUM, g->comm));
  TestTrue(total == 105, "ranks own every cell once");
  PetscBool inside;
  OttoGridLocate(g, (PetscReal[]){1.0001, 0, 0}, &inside);
  TestTrue(!inside, "outside is outside");
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* A sum that plain addition gets wrong by 100 %: 1 + 1e17 - 1e17 over many cells. */
static PetscErrorCode TestSums(void)
{
  OttoGrid grid;
  Vec u;
  PetscScalar *a;
  PetscReal mass, mean[2], covariance[4], integral;

  PetscFunctionBegin;
  PetscCall(MakeBox(2, (PetscInt64[]){6, 4}, (PetscReal[]){-1, -2}, (PetscReal[]){1, 3},
                    (OttoBoundary[]){OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_PERIODIC}, &grid));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscCall(OttoFieldCreate(grid, &u));
  PetscCall(VecGetArray(u, &a));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscInt64 k = OttoGridPlanes(g).start * 4 + c;
    a[c] = k % 3 == 0 ? 1e17 : k % 3 == 1 ? 1 : -1e17;
  }
  PetscCall(VecRestoreArray(u, &a));
  PetscCall(OttoFieldIntegral(grid, u, &integral));
  TestClose(integral / g->cell_volume, 8, 1e-15, "compensated sum");
  PetscCall(VecSet(u, 1));
  PetscCall(OttoFieldMoments(grid, u, &mass, mean, covariance));
  TestClose(mass, 2. * 5., 1e-15, "mass of 1 is the volume");
  TestClose(mean[1], 0.5, 1e-15, "mean of the uniform density");
  /* variance of n cell centres of width h: h² (n² - 1)/12 */
  TestClose(covariance[0], (1. / 9) * 35 / 12, 1e-14, "variance of centres");
  TestClose(covariance[1], 0, 1e-15, "no covariance");
  PetscCall(VecDestroy(&u));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* Of 3, 4 … 25 on 23 cells; a NaN anywhere leaves no range, on any rank, in any lane. */
static PetscErrorCode TestRange(void)
{
  PetscReal least = 0, most = 0;
  OttoGrid grid;
  Vec u;

  PetscFunctionBegin;
  PetscCall(MakeBox(1, (PetscInt64[]){23}, (PetscReal[]){0}, (PetscReal[]){23},
                    (OttoBoundary[]){OTTO_BOUNDARY_PERIODIC}, &grid));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscCall(OttoFieldCreate(grid, &u));
  for (PetscInt bad = -1; bad < 23; bad++) {
    PetscScalar *a;
    PetscCall(VecGetArray(u, &a));
    for (PetscInt64 c = 0; c < g->local_cells; c++) {
      const PetscReal k = floor(OttoGridCentre(g, 0, g->first[0] + c));
      a[c] = k == bad ? NAN : k + 3;
    }
    PetscCall(VecRestoreArray(u, &a));
    PetscCall(OttoFieldRange(grid, u, &least, &most));
    TestTrue(bad < 0 ? least == 3 && most == 25 : isnan(least) && isnan(most), "range");
  }
  PetscCall(VecDestroy(&u));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestBadInput(void)
{
  OttoGrid grid;
  PetscInt64 n[2] = {4, 4};
  PetscReal lower[2] = {0, 0}, upper[2] = {1, 1};
  OttoBoundary b[2] = {OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_PERIODIC};

  PetscFunctionBegin;
  PetscCall(OttoGridCreate(PETSC_COMM_WORLD, &grid));
  n[1] = 0;
  TestFails(OttoGridSetBox(grid, 2, n, lower, upper, b), OTTO_ERR_INPUT, "grid_n");
  n[1] = 4;
  upper[1] = -1;
  TestFails(OttoGridSetBox(grid, 2, n, lower, upper, b), OTTO_ERR_INPUT, "grid_upper");
  upper[1] = INFINITY;
  TestFails(OttoGridSetBox(grid, 2, n, lower, upper, b), OTTO_ERR_INPUT, "not finite");
  upper[1] = 1;
  n[0] = 1;
  PetscCall(OttoGridSetBox(grid, 2, n, lower, upper, b));
  if (OttoGridGetInfo(grid)->size > 1)
    TestFails(OttoGridSetUp(grid), OTTO_ERR_INPUT, "largest number of ranks that works is 1");
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* What grid_mesh auto takes of a grid of so many cells and ranks. */
static void Chosen(PetscInt64 n0, PetscInt64 n1, PetscInt64 n2, PetscMPIInt size, PetscMPIInt p0,
                   PetscMPIInt p1)
{
  const OttoGridInfo g = {.dim = 3, .size = size, .n = {n0, n1, n2, 1, 1, 1}};
  PetscMPIInt mesh[2] = {-1, -1};
  char text[160];

  OttoMeshChoose(&g, mesh);
  snprintf(text, sizeof text, "%d x %d x %d cells on %d ranks: %d x %d, not %d x %d", (int)n0,
           (int)n1, (int)n2, size, p0, p1, mesh[0], mesh[1]);
  TestTrue(mesh[0] == p0 && mesh[1] == p1, text);
}

static PetscErrorCode TestChoice(void)
{
  const OttoGridInfo g = {.dim = 2, .size = 8, .n = {3, 3, 1, 1, 1, 1}};

  PetscFunctionBegin;
  Chosen(256, 256, 256, 1, 1, 1);
  Chosen(256, 256, 256, 64, 64, 1); /* half the bytes of a mesh */
  Chosen(13, 12, 11, 4, 4, 1);      /* nothing to gain: a tenth of a millisecond at most */
  Chosen(5, 400, 400, 4, 1, 4);     /* 500 rows a rank; slabs have 800, 2 x 2 has 600 */
  Chosen(4, 64, 64, 16, 4, 4);      /* more ranks than planes */
  Chosen(6, 64, 64, 16, 2, 8);      /* 24 rows a rank; 4 x 4 has 32 */
  Chosen(1, 12, 7, 6, 1, 6);        /* one plane alone */
  Chosen(2, 2, 64, 8, 0, 0);        /* too many */
  Chosen(2, 3, 64, 5, 0, 0);        /* a prime number of them */
  TestTrue(OttoMeshLargest(&g, 8) == 6, "of 8 and 7 ranks no mesh fits 3 x 3, of 6 one does");
  TestTrue(OttoMeshLargest(&g, 9) == 9, "9 do");
  PetscFunctionReturn(0);
}

/* A failure on one rank becomes every rank's failure, with its words. */
static PetscErrorCode OnlyLast(void)
{
  PetscMPIInt rank, size;
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  MPI_Comm_size(PETSC_COMM_WORLD, &size);
  PetscFunctionBegin;
  if (rank == size - 1) OttoFail(OTTO_ERR_NUMERICAL, "seen by rank %d alone", rank);
  PetscFunctionReturn(0);
}

static PetscErrorCode TestAgree(void)
{
  PetscFunctionBegin;
  TestFails(OttoAgree(PETSC_COMM_WORLD, OnlyLast()), OTTO_ERR_NUMERICAL, "alone");
  TestTrue(OttoAgree(PETSC_COMM_WORLD, 0) == 0, "no failure");
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestLocate, TestSums, TestRange, TestBadInput, TestAgree, TestChoice});
}
