/*
 * The pairs with known distances are what their recipe says: both languages make the same
 * densities, and the values keep the inequalities that any exact ones do.
 * ranks: 1 3
 */
#include "transport_pairs.h"

static PetscErrorCode TestPairs(void)
{
  PetscMPIInt size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  TestTrue(transport_pairs_count == 32, "how many there are");
  for (int k = 0; k < transport_pairs_count; k++) {
    const TransportPair *pair = &transport_pairs[k];
    const OttoGridInfo *g;
    OttoGrid grid;
    Vec field[2];
    PetscCall(TransportGrid(pair, size, 1, &grid));
    g = OttoGridGetInfo(grid);
    PetscCall(TransportDensities(pair, grid, &field[0], &field[1]));
    for (int i = 0; i < 2; i++) {
      const PetscScalar *a;
      OttoSum sums[2] = {{0, 0}, {0, 0}};
      PetscCall(VecGetArrayRead(field[i], &a));
      for (PetscInt64 c = 0; c < g->local_cells; c++) {
        OttoSumAdd(&sums[0], a[c] * g->cell_volume);
        OttoSumAdd(&sums[1], a[c] * g->cell_volume * (PetscReal)(g->offset + c));
      }
      PetscCall(VecRestoreArrayRead(field[i], &a));
      PetscCall(OttoSumReduce(g->comm, 2, sums));
      TestClose(OttoSumValue(sums[0]), 1, 1e-14, "mass one");
      /* 1024 plain additions in Python */
      TestClose(OttoSumValue(sums[1]), pair->mean[i], 1e-13, "the density of the recipe");
      PetscCall(VecDestroy(&field[i]));
    }
    /* Jensen: W1 ≤ W2; and no two of these are alike */
    TestTrue(pair->w1 > 0 && pair->w1 * pair->w1 <= pair->w2_squared, "W1 is at most W2");
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestPairs});
}
