/* ranks: 1 2 3 4
 * Which cells lead to which where transport leads one way, against the closure of the graph that
 * the velocity's signs draw on the whole grid; where every edge leads both ways, against parts. */
#include "chain.h"
#include "chain/reach.h"
#include <math.h>

#define NX 11
#define NY 9
#define NZ 2
#define CELLS (NX * NY * NZ)

static const PetscInt64 sizes[] = {NX, NY, NZ};
static const PetscReal lower[] = {0, 0, 0}, upper[] = {2, 1, 1};

static PetscReal U(PetscReal x, PetscReal y)
{
  return sin(7 * x + 5 * y) - 0.2;
}
static PetscReal V(PetscReal x, PetscReal y)
{
  return cos(9 * x - 4 * y) + 0.1;
}
#define VELOCITY "sin(7*x+5*y)-0.2, cos(9*x-4*y)+0.1, 0"

static PetscInt At(PetscInt i, PetscInt j, PetscInt k)
{
  return ((i + NX) % NX * NY + j) * NZ + k;
}

/* leads[a][b]: from cell a over one edge to cell b; out[a]: over a face of the second axis. The
 * first axis is a ring; the third, along which there is mobility, leads both ways. */
static void Graph(PetscBool leads[CELLS][CELLS], PetscBool out[CELLS])
{
  const PetscReal hx = 2. / NX, hy = 1. / NY;

  for (PetscInt a = 0; a < CELLS; a++) {
    out[a] = PETSC_FALSE;
    for (PetscInt b = 0; b < CELLS; b++) leads[a][b] = PETSC_FALSE;
  }
  for (PetscInt i = 0; i < NX; i++)
    for (PetscInt j = 0; j < NY; j++)
      for (PetscInt k = 0; k < NZ; k++) {
        const PetscReal x = (i + 0.5) * hx, y = (j + 0.5) * hy;
        const PetscReal u = U((i + 1) * hx, y), v = V(x, (j + 1) * hy);
        leads[At(i, j, k)][At(i, j, 1 - k)] = PETSC_TRUE;
        if (u > 0) leads[At(i, j, k)][At(i + 1, j, k)] = PETSC_TRUE;
        if (u < 0) leads[At(i + 1, j, k)][At(i, j, k)] = PETSC_TRUE;
        if (j + 1 < NY && v > 0) leads[At(i, j, k)][At(i, j + 1, k)] = PETSC_TRUE;
        if (j + 1 < NY && v < 0) leads[At(i, j + 1, k)][At(i, j, k)] = PETSC_TRUE;
        if (j + 1 == NY && v > 0) out[At(i, j, k)] = PETSC_TRUE;
        if (j == 0 && V(x, 0) < 0) out[At(i, j, k)] = PETSC_TRUE;
      }
}

static void Close(PetscBool leads[CELLS][CELLS], PetscBool against, PetscBool marked[CELLS])
{
  for (PetscBool further = PETSC_TRUE; further;) {
    further = PETSC_FALSE;
    for (PetscInt a = 0; a < CELLS; a++)
      for (PetscInt b = 0; b < CELLS; b++) {
        if (!(against ? leads[b][a] : leads[a][b]) || !marked[a] || marked[b]) continue;
        marked[b] = further = PETSC_TRUE;
      }
  }
}

static PetscInt Number(const OttoGridInfo *g, PetscInt64 cell)
{
  PetscInt64 idx[OTTO_MAX_DIM];

  OttoGridCellIndex(g, cell, idx);
  return At((PetscInt)idx[0], (PetscInt)idx[1], (PetscInt)idx[2]);
}

static PetscErrorCode TestOneWay(void)
{
  static PetscBool leads[CELLS][CELLS], out[CELLS];
  const char *const *keys = OPTIONS("-mobility", "0,0,1", "-velocity_formula", VELOCITY);
  PetscBool all[CELLS], *marked;
  PetscInt some = 0;
  Chain s;

  Graph(leads, out);
  PetscCall(ChainCreate(3, sizes, lower, upper, (OttoBoundary[]){P, A, W}, keys, &s));
  TestTrue(OttoGeneratorIsOneWay(s.Q), "transport alone along two axes");
  PetscCall(PetscMalloc1(s.g->local_cells, &marked));
  for (PetscInt from = 0; from < CELLS; from += 7)
    for (int way = 0; way < 2; way++) {
      for (PetscInt c = 0; c < CELLS; c++) all[c] = c == from ? PETSC_TRUE : PETSC_FALSE;
      for (PetscInt64 c = 0; c < s.g->local_cells; c++) marked[c] = all[Number(s.g, c)];
      Close(leads, way == OTTO_REACH_AGAINST ? PETSC_TRUE : PETSC_FALSE, all);
      PetscCall(OttoReach(s.Q, (OttoReachWay)way, marked));
      for (PetscInt c = 0; c < CELLS; c++) some += all[c];
      for (PetscInt64 c = 0; c < s.g->local_cells; c++)
        TestTrue(marked[c] == all[Number(s.g, c)], "as the closure says");
    }
  TestTrue(some > 200 && some < 2 * (CELLS / 7 + 1) * CELLS - 200, "neither none nor all");
  Close(leads, PETSC_TRUE, out);
  PetscCall(OttoReachLoss(s.Q, marked));
  for (PetscInt64 c = 0; c < s.g->local_cells; c++)
    TestTrue(marked[c] == out[Number(s.g, c)], "to a face that absorbs");
  PetscCall(PetscFree(marked));
  PetscCall(ChainDestroy(&s));
  return 0;
}

/* Over rates that underflow, round a spiral of closed cells, to all of its part and no other. */
static PetscErrorCode TestBothWays(void)
{
  const char *const *keys =
      OPTIONS("-potential_type", "formula", "-potential_formula",
              "(abs(x-0.53)<0.06 && y<0.8) || (abs(x-1.05)<0.06 && y>0.2) || abs(x-1.58)<0.06 ? "
              "inf : 3000*sin(40*x*y)");
  const PetscInt64 n[] = {19, 10};
  PetscInt first = -1, count = 0;
  PetscBool *marked;
  Chain s;

  PetscCall(ChainCreate(2, n, lower, upper, (OttoBoundary[]){W, W}, keys, &s));
  const PetscInt *part = OttoGeneratorGetComponent(s.Q);
  TestTrue(OttoGeneratorGetComponents(s.Q) == 2, "two parts");
  PetscCall(PetscCalloc1(s.g->local_cells, &marked));
  for (PetscInt64 c = 0; c < s.g->local_cells; c++) {
    PetscInt64 idx[OTTO_MAX_DIM];
    OttoGridCellIndex(s.g, c, idx);
    if (idx[0] || idx[1]) continue;
    marked[c] = PETSC_TRUE;
    first = part[c];
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &first, 1, MPIU_INT, MPI_MAX, s.g->comm));
  PetscCall(OttoReach(s.Q, OTTO_REACH_ALONG, marked));
  for (PetscInt64 c = 0; c < s.g->local_cells; c++) {
    TestTrue(marked[c] == (part[c] == first), "the part");
    count += marked[c];
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &count, 1, MPIU_INT, MPI_SUM, s.g->comm));
  TestTrue(count > 60 && count < 140, "some cells");
  PetscCall(PetscFree(marked));
  PetscCall(ChainDestroy(&s));
  return 0;
}

int main(void)
{
  return TestMain({TestOneWay, TestBothWays});
}
