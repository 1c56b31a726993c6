/* Sets of cells on a coarser grid. */
#include "sets_impl.h"

/* The share of the coarse cells' volume that is in set k; `share` NULL on ranks without. */
static PetscErrorCode Share(const OttoSets *fine, PetscInt k, OttoTransfer transfer, Vec share)
{
  const PetscInt64 cells = OttoGridGetInfo(fine->grid)->local_cells;
  const PetscScalar *label;
  PetscScalar *values;
  Vec inside;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(fine->label, &inside));
  PetscCall(VecGetArrayRead(fine->label, &label));
  PetscCall(VecGetArray(inside, &values));
  for (PetscInt64 c = 0; c < cells; c++) values[c] = label[c] == (PetscReal)k + 1;
  PetscCall(VecRestoreArray(inside, &values));
  PetscCall(VecRestoreArrayRead(fine->label, &label));
  PetscCall(OttoTransferMean(transfer, inside, share));
  PetscCall(VecDestroy(&inside));
  PetscFunctionReturn(0);
}

/* What is cut in the middle goes to one of two sets: the first takes it, whatever rounding says. */
static PetscErrorCode CoarsenOne(const OttoSets *fine, PetscInt k, OttoTransfer transfer, Vec share,
                                 OttoSets *coarse)
{
  PetscFunctionBegin;
  PetscCall(Share(fine, k, transfer, share));
  if (!share) PetscFunctionReturn(0);
  PetscCall(VecDuplicate(share, &coarse->share[k]));
  PetscCall(VecCopy(share, coarse->share[k]));
  PetscCall(VecShift(share, -0.5 + 1e-12 * (k == 0 ? 1 : -1)));
  PetscCall(OttoSetsTake(coarse, k, share));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSetsCoarsen(const OttoSets *fine, OttoTransfer transfer, OttoGrid grid,
                               OttoSets *coarse)
{
  PetscErrorCode code = 0;
  Vec share = NULL;

  PetscFunctionBegin;
  if (!fine->on_grid && grid) PetscCall(OttoSetsFromOptions(grid, coarse));
  if (!fine->on_grid && grid) PetscFunctionReturn(0);
  PetscCall(OttoSetsBegin(grid, coarse));
  coarse->on_grid = fine->on_grid;
  coarse->count = fine->count;
  for (PetscInt k = 0; k < fine->count; k++) coarse->letter[k] = fine->letter[k];
  if (!fine->on_grid) PetscFunctionReturn(0);
  if (grid) PetscCall(VecDuplicate(coarse->label, &share));
  for (PetscInt k = 0; k < fine->count && !code; k++)
    code = CoarsenOne(fine, k, transfer, share, coarse);
  PetscCall(VecDestroy(&share));
  PetscFunctionReturn(code);
}

/* Largest difference of a share and of what the coarse cells say. */
static PetscErrorCode Differ(const OttoSets *coarse, PetscInt k, Vec share, PetscReal *most)
{
  const PetscScalar *label, *of;

  PetscFunctionBegin;
  if (!share) PetscFunctionReturn(0);
  PetscCall(VecGetArrayRead(coarse->label, &label));
  PetscCall(VecGetArrayRead(share, &of));
  for (PetscInt64 c = 0; c < OttoGridGetInfo(coarse->grid)->local_cells; c++)
    *most = PetscMax(*most, PetscAbsReal(of[c] - (label[c] == (PetscReal)k + 1)));
  PetscCall(VecRestoreArrayRead(share, &of));
  PetscCall(VecRestoreArrayRead(coarse->label, &label));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSetsAreSame(const OttoSets *fine, OttoTransfer transfer, const OttoSets *coarse,
                               PetscBool *same)
{
  PetscReal most = 0;
  Vec share = NULL;

  PetscFunctionBegin;
  if (coarse->grid) PetscCall(VecDuplicate(coarse->label, &share));
  for (PetscInt k = 0; k < fine->count; k++) {
    PetscCall(Share(fine, k, transfer, share));
    PetscCall(Differ(coarse, k, share, &most));
  }
  PetscCall(VecDestroy(&share));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &most, 1, MPIU_REAL, MPIU_MAX,
                             OttoGridGetInfo(fine->grid)->comm));
  *same = most < 1e-9 ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}
