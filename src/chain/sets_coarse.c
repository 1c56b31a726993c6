/* Sets of cells on a coarser grid. */
#include "sets_impl.h"

/* Of the coarse cells' volume the share that is in set k, or, on an axis, the mean of its place
 * times that; `share` NULL on ranks without. */
static PetscErrorCode Moment(const OttoSets *fine, PetscInt k, PetscInt axis, OttoTransfer transfer,
                             Vec share)
{
  const OttoGridInfo *g = OttoGridGetInfo(fine->grid);
  PetscReal x[OTTO_MAX_DIM];
  const PetscScalar *label;
  PetscScalar *values;
  Vec inside;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(fine->label, &inside));
  PetscCall(VecGetArrayRead(fine->label, &label));
  PetscCall(VecGetArray(inside, &values));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    values[c] = label[c] == (PetscReal)k + 1;
    if (axis < 0 || values[c] == 0) continue;
    OttoGridCellCentre(g, c, x);
    values[c] = x[axis] - g->lower[axis];
  }
  PetscCall(VecRestoreArray(inside, &values));
  PetscCall(VecRestoreArrayRead(fine->label, &label));
  PetscCall(OttoTransferMean(transfer, inside, share));
  PetscCall(VecDestroy(&inside));
  PetscFunctionReturn(0);
}

static PetscErrorCode Share(const OttoSets *fine, PetscInt k, OttoTransfer transfer, Vec share)
{
  PetscFunctionBegin;
  PetscCall(Moment(fine, k, -1, transfer, share));
  PetscFunctionReturn(0);
}

/* Where the share that a coarse cell has of set k lies on an axis. */
static PetscErrorCode Middle(const OttoSets *fine, PetscInt k, PetscInt axis, OttoTransfer transfer,
                             OttoSets *coarse)
{
  const OttoGridInfo *g = coarse->grid ? OttoGridGetInfo(coarse->grid) : NULL;
  PetscReal x[OTTO_MAX_DIM];
  const PetscScalar *share;
  PetscScalar *middle;

  PetscFunctionBegin;
  if (g) PetscCall(VecDuplicate(coarse->label, &coarse->middle[k][axis]));
  PetscCall(Moment(fine, k, axis, transfer, coarse->middle[k][axis]));
  if (!g) PetscFunctionReturn(0);
  PetscCall(VecGetArrayRead(coarse->share[k], &share));
  PetscCall(VecGetArray(coarse->middle[k][axis], &middle));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellCentre(g, c, x);
    middle[c] = share[c] > 0 ? (middle[c] / share[c] - (x[axis] - g->lower[axis])) / g->h[axis] : 0;
  }
  PetscCall(VecRestoreArray(coarse->middle[k][axis], &middle));
  PetscCall(VecRestoreArrayRead(coarse->share[k], &share));
  PetscFunctionReturn(0);
}

/* What is cut in the middle goes to one of two sets: the first takes it, whatever rounding says. */
static PetscErrorCode CoarsenOne(const OttoSets *fine, PetscInt k, OttoTransfer transfer, Vec share,
                                 OttoSets *coarse)
{
  PetscFunctionBegin;
  PetscCall(Share(fine, k, transfer, share));
  if (share) PetscCall(VecDuplicate(share, &coarse->share[k]));
  if (share) PetscCall(VecCopy(share, coarse->share[k]));
  for (PetscInt j = 0; j < OttoGridGetInfo(fine->grid)->dim; j++)
    PetscCall(Middle(fine, k, j, transfer, coarse));
  if (!share) PetscFunctionReturn(0);
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
  if (code) PetscCall(OttoSetsDestroy(coarse));
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
