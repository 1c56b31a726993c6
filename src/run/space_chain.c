/* A chain on coarser grids: what of it belongs to the fine grid's cells is taken there by means. */
#include "space_chain.h"
#include "space_steps.h"
#include "space_temperature.h"
#include "space_walls.h"
#include <math.h>

/* Whether coarse cells have V from the fine ones. */
static PetscBool IsGiven(const OttoSpace *s, OttoGenerator fine)
{
  const PetscBool closed = OttoGeneratorGetClosed(fine) && !OttoGeneratorIsTimeDependent(fine)
                               ? PETSC_TRUE
                               : PETSC_FALSE;

  return closed || s->steps || OttoPotentialIsOnGrid(OttoGeneratorGetPotentialSource(fine))
             ? PETSC_TRUE
             : PETSC_FALSE;
}

/* Whether a T log M, of a formula, is in V. */
static PetscBool IsBiased(OttoGenerator fine)
{
  return OttoGeneratorIsBiased(fine) && !OttoGeneratorMobilityIsOnGrid(fine) ? PETSC_TRUE
                                                                             : PETSC_FALSE;
}

/* V += -a T log M of a coarse generator, which puts a T log M into V. */
static PetscErrorCode TakeBias(OttoGenerator fine, const Vec M[], Vec V)
{
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(fine));
  PetscInt first = 0;
  Vec bias;

  PetscFunctionBegin;
  while (first < g->dim - 1 && g->n[first] == 1) first++;
  PetscCall(VecDuplicate(V, &bias));
  PetscCall(VecCopy(M[first], bias));
  PetscCall(VecLog(bias));
  PetscCall(VecAXPY(
      V, -0.5 * (PetscReal)OttoGeneratorGetNoise(fine) * OttoGeneratorGetTemperature(fine), bias));
  PetscCall(VecDestroy(&bias));
  PetscFunctionReturn(0);
}

/* V on coarser grid i, of mobility M, where its values belong to the fine cells, or some are
 * closed, or the formula has steps: the Gibbs state of the coarse cells is that of the fine ones,
 * and they are as open as those are where a formula's walls stand (space_walls.h). *V is NULL where
 * the options say all, and on ranks without. */
static PetscErrorCode CoarsePotential(const OttoSpace *s, PetscInt i, OttoGenerator fine,
                                      const Vec M[], Vec *V)
{
  const OttoSpaceLevel *l = &s->level[i];
  const PetscReal T = OttoGeneratorGetTemperature(fine);
  PetscReal off = 0;
  Vec log_gibbs, share;

  PetscFunctionBegin;
  *V = NULL;
  if (!IsGiven(s, fine)) PetscFunctionReturn(0);
  PetscCall(OttoFieldCreate(s->fine, &log_gibbs));
  PetscCall(OttoFieldCreate(s->fine, &share));
  PetscCall(OttoSpaceWalls(fine, share, log_gibbs, &off));
  if (l->grid) PetscCall(OttoFieldCreate(l->grid, V));
  PetscCall(OttoTransferLogMeanExp(l->transfer, log_gibbs, *V));
  if (*V) PetscCall(VecScale(*V, -T));
  if (*V && IsBiased(fine)) PetscCall(TakeBias(fine, M, *V));
  PetscCall(VecDestroy(&share));
  PetscCall(VecDestroy(&log_gibbs));
  PetscFunctionReturn(0);
}

/* The mobility on coarser grid i where it belongs to the fine cells, or V does: M[dim], harmonic
 * means, which are those of layers in a row; NULL likewise. */
static PetscErrorCode CoarseMobility(const OttoSpace *s, PetscInt i, OttoGenerator fine, Vec M[])
{
  const OttoSpaceLevel *l = &s->level[i];
  const PetscInt dim = OttoGridGetInfo(s->fine)->dim;
  const PetscBool with = IsBiased(fine) && IsGiven(s, fine) ? PETSC_TRUE : PETSC_FALSE;
  Vec inverse;

  PetscFunctionBegin;
  if (!OttoGeneratorGetMobility(fine, 0)) PetscFunctionReturn(0);
  if (!with && !OttoGeneratorGetClosed(fine) && !OttoGeneratorMobilityIsOnGrid(fine))
    PetscFunctionReturn(0);
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
  PetscCall(CoarseMobility(space, i, fine, M));
  PetscCall(CoarsePotential(space, i, fine, M, V));
  PetscCall(CoarseDrift(space, i, fine, f));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSpaceChainWalls(OttoSpace *space, OttoGenerator fine)
{
  PetscReal off = 0;
  Vec share, log_gibbs;

  PetscFunctionBegin;
  if (!space->levels) PetscFunctionReturn(0);
  PetscCall(OttoSpaceStepsFind(fine, NULL, &space->steps));
  if (space->steps) space->rough = PETSC_TRUE;
  if (OttoGeneratorIsTimeDependent(fine)) space->steps = PETSC_FALSE;
  if (space->steps) space->off = PETSC_TRUE;
  if (!OttoGeneratorGetClosed(fine)) PetscFunctionReturn(0);
  PetscCall(OttoFieldCreate(space->fine, &share));
  PetscCall(OttoFieldCreate(space->fine, &log_gibbs));
  PetscCall(OttoSpaceWalls(fine, share, log_gibbs, &off));
  if (off > 0) space->rough = PETSC_TRUE;
  if (off > 0 && !OttoGeneratorIsTimeDependent(fine)) space->off = PETSC_TRUE;
  PetscCall(VecDestroy(&log_gibbs));
  PetscCall(VecDestroy(&share));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSpaceChainOpen(const OttoSpace *space, PetscInt i, OttoGenerator fine, Vec p)
{
  const OttoSpaceLevel *l = &space->level[i];
  PetscReal off = 0, before = 0, after = 0;
  Vec share, log_gibbs, coarse = NULL;

  PetscFunctionBegin;
  if (!OttoGeneratorGetClosed(fine) || OttoGeneratorIsTimeDependent(fine)) PetscFunctionReturn(0);
  PetscCall(OttoFieldCreate(space->fine, &share));
  PetscCall(OttoFieldCreate(space->fine, &log_gibbs));
  PetscCall(OttoSpaceWalls(fine, share, log_gibbs, &off));
  if (l->grid) PetscCall(OttoFieldCreate(l->grid, &coarse));
  PetscCall(OttoTransferMean(l->transfer, share, coarse));
  if (coarse && off > 0) {
    PetscCall(OttoFieldIntegral(l->grid, p, &before));
    PetscCall(VecPointwiseMult(coarse, coarse, p));
    PetscCall(OttoFieldIntegral(l->grid, coarse, &after));
    PetscCall(VecCopy(coarse, p));
    PetscCall(VecScale(p, after > 0 ? before / after : 1));
  }
  PetscCall(VecDestroy(&coarse));
  PetscCall(VecDestroy(&log_gibbs));
  PetscCall(VecDestroy(&share));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSpaceChainGenerator(OttoGrid grid, OttoGenerator fine, PetscBool steps, Vec V,
                                       const Vec M[], const Vec f[], OttoGenerator *coarse)
{
  Vec factor[OTTO_GENERATOR_MAX_DIM];

  PetscFunctionBegin;
  PetscCall(OttoGeneratorCreate(grid, coarse));
  if (M[0]) PetscCall(OttoGeneratorSetMobility(*coarse, M));
  if (f[0]) PetscCall(OttoGeneratorSetDrift(*coarse, f));
  PetscCall(OttoGeneratorSetFromOptions(*coarse));
  if (grid != OttoGeneratorGetGrid(fine))
    PetscCall(OttoSpaceTemperature(*coarse));
  else if (OttoGeneratorGetTemperatureField(fine))
    PetscCall(OttoGeneratorSetTemperatureField(*coarse, OttoGeneratorGetTemperatureField(fine)));
  if (V)
    PetscCall(OttoPotentialSetValues(OttoGeneratorGetPotentialSource(*coarse), V,
                                     OttoGeneratorGetTilt(fine)));
  PetscCall(OttoGeneratorSetUp(*coarse));
  if (grid != OttoGeneratorGetGrid(fine)) {
    if (steps) PetscCall(OttoSpaceStepsConduct(*coarse, fine));
  } else if (OttoGeneratorGetConduction(fine, 0)) {
    for (PetscInt j = 0; j < OttoGridGetInfo(grid)->dim; j++)
      factor[j] = OttoGeneratorGetConduction(fine, j);
    PetscCall(OttoGeneratorSetConduction(*coarse, factor));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSpaceChainGibbs(OttoGrid grid, OttoPotential potential, PetscReal T, Vec V,
                                   Vec log_gibbs, PetscBool *steps)
{
  return OttoSpaceWallsOf(grid, potential, T, V, log_gibbs, steps);
}
