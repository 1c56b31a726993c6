/* A chain on coarser grids: what of it belongs to the fine grid's cells is taken there by means. */
#include "space_chain.h"
#include <math.h>

/* Nothing is in closed cells. */
static PetscErrorCode CloseCells(OttoGenerator fine, Vec log_gibbs)
{
  const PetscInt64 cells = OttoGridGetInfo(OttoGeneratorGetGrid(fine))->local_cells;
  Vec open = OttoGeneratorGetOpen(fine);
  const PetscScalar *is_open;
  PetscScalar *values;

  PetscFunctionBegin;
  if (!open) PetscFunctionReturn(0);
  PetscCall(VecGetArrayRead(open, &is_open));
  PetscCall(VecGetArray(log_gibbs, &values));
  for (PetscInt64 c = 0; c < cells; c++)
    if (is_open[c] == 0) values[c] = -INFINITY;
  PetscCall(VecRestoreArray(log_gibbs, &values));
  PetscCall(VecRestoreArrayRead(open, &is_open));
  PetscFunctionReturn(0);
}

/* V on coarser grid i where its values belong to the fine cells, or some are closed: the Gibbs
 * state of the coarse cells is that of the fine ones, and they are as open as those. *V is NULL
 * where the options say all, and on ranks without. */
static PetscErrorCode CoarsePotential(const OttoSpace *s, PetscInt i, OttoGenerator fine, Vec *V)
{
  const OttoSpaceLevel *l = &s->level[i];
  const PetscReal T = OttoGeneratorGetTemperature(fine);
  const PetscBool closed = OttoGeneratorGetClosed(fine) && !OttoGeneratorIsTimeDependent(fine)
                               ? PETSC_TRUE
                               : PETSC_FALSE;
  Vec log_gibbs;

  PetscFunctionBegin;
  *V = NULL;
  if (!closed && !OttoPotentialIsOnGrid(OttoGeneratorGetPotentialSource(fine)))
    PetscFunctionReturn(0);
  PetscCall(OttoFieldCreate(s->fine, &log_gibbs));
  PetscCall(OttoGeneratorUnbiasedPotential(fine, log_gibbs)); /* the coarse one has its own bias */
  PetscCall(VecScale(log_gibbs, -1 / T));
  PetscCall(CloseCells(fine, log_gibbs));
  if (l->grid) PetscCall(OttoFieldCreate(l->grid, V));
  PetscCall(OttoTransferLogMeanExp(l->transfer, log_gibbs, *V));
  if (*V) PetscCall(VecScale(*V, -T));
  PetscCall(VecDestroy(&log_gibbs));
  PetscFunctionReturn(0);
}

/* The mobility on coarser grid i where it belongs to the fine cells, or some of these are closed:
 * M[dim], harmonic means, which are those of layers in a row; NULL likewise. */
static PetscErrorCode CoarseMobility(const OttoSpace *s, PetscInt i, OttoGenerator fine, Vec M[])
{
  const OttoSpaceLevel *l = &s->level[i];
  const PetscInt dim = OttoGridGetInfo(s->fine)->dim;
  Vec inverse;

  PetscFunctionBegin;
  if (!OttoGeneratorGetMobility(fine, 0)) PetscFunctionReturn(0);
  if (!OttoGeneratorGetClosed(fine) && !OttoGeneratorMobilityIsOnGrid(fine)) PetscFunctionReturn(0);
  PetscCall(OttoFieldCreate(s->fine, &inverse));
  for (PetscInt j = 0; j < dim; j++) {
    PetscCall(VecCopy(OttoGeneratorGetMobility(fine, j), inverse));
    PetscCall(VecReciprocal(inverse));
    if (l->grid) PetscCall(OttoFieldCreate(l->grid, &M[j]));
    PetscCall(OttoTransferMean(l->transfer, inverse, M[j]));
    if (M[j]) PetscCall(VecReciprocal(M[j]));
  }
  PetscCall(VecDestroy(&inverse));
  PetscFunctionReturn(0);
}

/* A drift that is known in the fine cells, on coarser grid i: f[dim], means over the open ones of
 * them; NULL likewise. */
static PetscErrorCode CoarseDrift(const OttoSpace *s, PetscInt i, OttoGenerator fine, Vec f[])
{
  const OttoSpaceLevel *l = &s->level[i];
  const OttoGridInfo *g = OttoGridGetInfo(s->fine);
  Vec open = OttoGeneratorGetOpen(fine), part, share = NULL;
  const PetscScalar *is_open;
  PetscScalar *values;

  PetscFunctionBegin;
  if (!OttoGeneratorGetDriftCells(fine, 0)) PetscFunctionReturn(0);
  PetscCall(OttoFieldCreate(s->fine, &part));
  if (open && l->grid) PetscCall(OttoFieldCreate(l->grid, &share));
  if (open) PetscCall(OttoTransferMean(l->transfer, open, share));
  for (PetscInt j = 0; j < g->dim; j++) {
    PetscCall(VecCopy(OttoGeneratorGetDriftCells(fine, j), part));
    if (open) PetscCall(VecGetArrayRead(open, &is_open));
    PetscCall(VecGetArray(part, &values));
    for (PetscInt64 c = 0; open && c < g->local_cells; c++)
      if (is_open[c] == 0) values[c] = 0; /* it may be anything there */
    PetscCall(VecRestoreArray(part, &values));
    if (open) PetscCall(VecRestoreArrayRead(open, &is_open));
    if (l->grid) PetscCall(OttoFieldCreate(l->grid, &f[j]));
    PetscCall(OttoTransferMean(l->transfer, part, f[j]));
    if (share) PetscCall(VecPointwiseDivide(f[j], f[j], share)); /* 0/0 in closed cells */
  }
  PetscCall(VecDestroy(&share));
  PetscCall(VecDestroy(&part));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSpaceChainFields(const OttoSpace *space, PetscInt i, OttoGenerator fine, Vec *V,
                                    Vec M[], Vec f[])
{
  PetscFunctionBegin;
  PetscCall(CoarsePotential(space, i, fine, V));
  PetscCall(CoarseMobility(space, i, fine, M));
  PetscCall(CoarseDrift(space, i, fine, f));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSpaceChainGenerator(OttoGrid grid, OttoGenerator fine, Vec V, const Vec M[],
                                       const Vec f[], OttoGenerator *coarse)
{
  PetscFunctionBegin;
  PetscCall(OttoGeneratorCreate(grid, coarse));
  if (M[0]) PetscCall(OttoGeneratorSetMobility(*coarse, M));
  if (f[0]) PetscCall(OttoGeneratorSetDrift(*coarse, f));
  PetscCall(OttoGeneratorSetFromOptions(*coarse));
  if (V)
    PetscCall(OttoPotentialSetValues(OttoGeneratorGetPotentialSource(*coarse), V,
                                     OttoGeneratorGetTilt(fine)));
  PetscCall(OttoGeneratorSetUp(*coarse));
  PetscFunctionReturn(0);
}
