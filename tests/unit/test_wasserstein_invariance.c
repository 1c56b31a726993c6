/* ranks: 1 2 3; long: 3
 * What W2 must not depend on: where the box stands, its unit of length (powers of two, 2^±30), the
 * order of its axes, ranks. At a fixed number of iterations intervals agree to 1e-10. */
#include "wasserstein.h"

/* A box and its densities in other clothes. */
typedef struct {
  PetscInt dim;
  PetscInt64 n[3];
  PetscReal lower[3], side[3];
  OttoBoundary boundary[3];
  PetscInt order[3]; /* axis j of the box is axis order[j] of the rule's */
} Box;

/* Bumps by cell, in places of the rule's own axes, 0 … 1, and a hole. */
static PetscReal Rule(const PetscReal at[3], int which)
{
  PetscReal sum = which ? 0.05 : 0;

  for (int k = 0; k < 2; k++) {
    PetscReal far = 0;
    for (int j = 0; j < 3; j++) {
      const PetscReal d = at[j] - 0.2 - 0.6 * Hash(10 * k + j, which + 0.5);
      far += d * d;
    }
    sum += (1 + k) * exp(-far / (which ? 0.03 : 0.02));
  }
  return at[0] > 0.9 && !which ? 0 : sum;
}

/* On the ranks of comm, `across` of them on the second axis. */
static PetscErrorCode SolveOn(MPI_Comm comm, PetscMPIInt across, const Box *box,
                              PetscInt iterations, OttoWassersteinResult *r)
{
  PetscReal upper[3], at[3] = {0.5, 0.5, 0.5};
  PetscInt64 idx[OTTO_MAX_DIM];
  OttoWasserstein w;
  PetscMPIInt size;
  OttoGrid grid;
  Vec v[2];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < box->dim; j++) upper[j] = box->lower[j] + box->side[j];
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCall(OttoGridCreate(comm, &grid));
  PetscCall(OttoGridSetBox(grid, box->dim, box->n, box->lower, upper, box->boundary));
  PetscCall(OttoGridSetMesh(grid, size / across, across));
  PetscCall(OttoGridSetUp(grid));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  for (int k = 0; k < 2; k++) {
    PetscScalar *a;
    PetscCall(OttoFieldCreate(grid, &v[k]));
    PetscCall(VecGetArray(v[k], &a));
    for (PetscInt64 c = 0; c < g->local_cells; c++) {
      OttoGridCellIndex(g, c, idx);
      for (PetscInt j = 0; j < box->dim; j++)
        at[box->order[j]] = ((PetscReal)idx[j] + 0.5) / (PetscReal)g->n[j];
      a[c] = Rule(at, k);
    }
    PetscCall(VecRestoreArray(v[k], &a));
    PetscCall(ToMassOne(grid, v[k]));
  }
  PetscCall(MakeWasserstein(grid, OTTO_WASSERSTEIN_BACK_AND_FORTH, 1e-9, iterations, &w));
  PetscCall(OttoWassersteinSolve(w, v[0], v[1], r));
  TestTrue(r->reason == OTTO_WASSERSTEIN_LIMIT && r->iterations == iterations, "as many as asked");
  r->history = NULL;
  PetscCall(OttoWassersteinDestroy(&w));
  for (int k = 0; k < 2; k++) PetscCall(VecDestroy(&v[k]));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode Solve(MPI_Comm comm, const Box *box, PetscInt iterations,
                            OttoWassersteinResult *r)
{
  PetscFunctionBegin;
  PetscCall(SolveOn(comm, 1, box, iterations, r));
  PetscFunctionReturn(0);
}

#define WALL OTTO_BOUNDARY_NO_FLUX
#define RING OTTO_BOUNDARY_PERIODIC

static const Box boxes[] = {
    {2, {40, 36}, {0, 0}, {1, 1.25}, {WALL, WALL}, {0, 1}},
    {2, {36, 40}, {0, 0}, {1, 0.75}, {RING, WALL}, {0, 1}},
    {3, {20, 18, 16}, {0, 0, 0}, {1, 1, 0.75}, {WALL, RING, WALL}, {0, 1, 2}},
};
enum { kinds = sizeof boxes / sizeof boxes[0] };

static const PetscInt iterations[] = {4, 4, 3};

static void Same(const OttoWassersteinResult *a, const OttoWassersteinResult *b, PetscReal scale,
                 PetscReal tolerance, const char *what)
{
  TestClose(a->dual, b->dual * scale, tolerance, what);
  TestClose(a->primal, b->primal * scale, tolerance, what);
}

/* Beside the box at the origin: elsewhere, where sides are exact to 1e-12, and in other units,
 * where everything is exact. */
static PetscErrorCode TestPlaces(void)
{
  PetscFunctionBegin;
  for (int k = 0; k < kinds; k++) {
    OttoWassersteinResult r, other;
    Box box = boxes[k];
    PetscCall(Solve(PETSC_COMM_WORLD, &box, iterations[k], &r));
    TestTrue(r.dual > 0 && r.dual < r.primal, "an interval");
    for (PetscInt j = 0; j < box.dim; j++) box.lower[j] = 1000 - 300 * j;
    PetscCall(Solve(PETSC_COMM_WORLD, &box, iterations[k], &other));
    Same(&other, &r, 1, 1e-10, "the box elsewhere");
    for (int power = -30; power <= 30; power += 60) {
      box = boxes[k];
      for (PetscInt j = 0; j < box.dim; j++) box.side[j] = ldexp(box.side[j], power);
      PetscCall(Solve(PETSC_COMM_WORLD, &box, iterations[k], &other));
      Same(&other, &r, ldexp(1, 2 * power), 1e-10, "another unit of length");
    }
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode TestAxes(void)
{
  PetscFunctionBegin;
  for (int k = 0; k < kinds; k++) {
    OttoWassersteinResult r, other;
    const Box *box = &boxes[k];
    Box turned = *box;
    PetscCall(Solve(PETSC_COMM_WORLD, box, iterations[k], &r));
    for (PetscInt j = 0; j < box->dim; j++) {
      const PetscInt from = (j + 1) % box->dim;
      turned.n[j] = box->n[from];
      turned.side[j] = box->side[from];
      turned.boundary[j] = box->boundary[from];
      turned.order[j] = from;
    }
    PetscCall(Solve(PETSC_COMM_WORLD, &turned, iterations[k], &other));
    Same(&other, &r, 1, 1e-10, "axes in another order");
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode TestRanks(void)
{
  PetscMPIInt size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  for (int k = 0; k < kinds; k++) {
    OttoWassersteinResult r, alone;
    PetscCall(Solve(PETSC_COMM_WORLD, &boxes[k], iterations[k], &r));
    PetscCall(Solve(PETSC_COMM_SELF, &boxes[k], iterations[k], &alone));
    Same(&r, &alone, 1, 1e-10, "as on one rank");
    if (size == 1) continue;
    PetscCall(SolveOn(PETSC_COMM_WORLD, size, &boxes[k], iterations[k], &r));
    Same(&r, &alone, 1, 1e-10, "as on one rank, all ranks on the second axis");
  }
  PetscFunctionReturn(0);
}

/* What is refused, on all ranks with one line. */
static PetscErrorCode TestRefusals(void)
{
  const PetscInt64 n[] = {8, 8, 8, 8};
  const PetscReal lower[] = {0, 0, 0, 0}, upper[] = {1, 1, 1, 1};
  OttoBoundary b[] = {WALL, OTTO_BOUNDARY_ABSORBING, WALL, WALL};
  OttoWassersteinResult r;
  OttoWasserstein w = NULL;
  PetscMPIInt rank, size;
  OttoGrid grid;
  PetscScalar *a;
  Vec p, q;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  PetscCall(MakeBox(4, n, lower, upper, (OttoBoundary[]){WALL, WALL, WALL, WALL}, &grid));
  TestFails(OttoWassersteinCreate(grid, &w), OTTO_ERR_INPUT, "4 axes; it takes 1 to 3");
  PetscCall(OttoGridDestroy(&grid));
  PetscCall(MakeBox(2, n, lower, upper, b, &grid));
  TestFails(OttoWassersteinCreate(grid, &w), OTTO_ERR_INPUT, "grid_boundary absorbing");
  PetscCall(OttoGridDestroy(&grid));
  PetscCall(MakeUnit(2, 8, WALL, &grid));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscCall(OttoFieldCreate(grid, &p));
  PetscCall(OttoFieldCreate(grid, &q));
  PetscCall(VecSet(p, 1));
  PetscCall(VecSet(q, 1));
  PetscCall(OttoWassersteinCreate(grid, &w));
  TestFails(OttoWassersteinSetGap(w, 0), OTTO_ERR_INPUT, "transport_gap: 0");
  TestFails(OttoWassersteinSetIterations(w, -1), OTTO_ERR_INPUT, "transport_iterations: -1");
  TestFails(OttoWassersteinSolve(w, p, q, &r), OTTO_ERR_STATE, "call OttoWassersteinSetUp() first");
  PetscCall(OttoWassersteinSetMethod(w, OTTO_WASSERSTEIN_QUANTILES));
  TestFails(OttoWassersteinSetUp(w), OTTO_ERR_INPUT, "quantiles on a grid of 2 axes");
  PetscCall(OttoWassersteinSetMethod(w, OTTO_WASSERSTEIN_AUTO));
  PetscCall(OttoWassersteinSetUp(w));
  PetscCall(VecScale(q, 1.5));
  TestFails(OttoWassersteinSolve(w, p, q, &r), OTTO_ERR_NUMERICAL, "masses 1 of p and 1.5 of q");
  PetscCall(VecSet(q, 0));
  TestFails(OttoWassersteinSolve(w, p, q, &r), OTTO_ERR_NUMERICAL, "not be 0");
  PetscCall(VecSet(q, 1));
  PetscCall(VecGetArray(q, &a));
  if (rank == size - 1) a[g->local_cells - 1] = -0.25; /* one rank sees it */
  PetscCall(VecRestoreArray(q, &a));
  TestFails(OttoWassersteinSolve(w, p, q, &r), OTTO_ERR_NUMERICAL,
            "q is -0.25 at (0.9375, 0.9375)");
  PetscCall(OttoWassersteinDestroy(&w));
  PetscCall(VecDestroy(&p));
  PetscCall(VecDestroy(&q));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestPlaces, TestAxes, TestRanks, TestRefusals});
}
