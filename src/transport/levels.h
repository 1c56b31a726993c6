/*
 * Private to src/transport: the dual problem on ever coarser grids of the same box, and potentials
 * that come from the coarsest to the finest.
 */
#pragma once
#include "ascent.h"
#include <otto/transfer.h>

/** Grids from the finest, 0, to the coarsest, and their ascents. */
typedef struct _n_OttoLevels *OttoLevels;

/** `grid` and grids of half the cells a side, down to about 16, as long as every rank has some.
 * Collective. */
PETSC_INTERN PetscErrorCode OttoLevelsCreate(OttoGrid grid, OttoLevels *levels);
/** Collective. */
PETSC_INTERN PetscErrorCode OttoLevelsDestroy(OttoLevels *levels);
/** Bytes on this rank. Not collective. */
PETSC_INTERN size_t OttoLevelsBytes(OttoLevels levels);
/** The ascent of the finest grid, to whose p and q the densities are written. Not collective. */
PETSC_INTERN OttoAscent OttoLevelsFinest(OttoLevels levels);

/** Grids there are; and the ascent of one, 0 the finest. Not collective. */
PETSC_INTERN PetscInt OttoLevelsCount(OttoLevels levels);
/** See above. Not collective. */
PETSC_INTERN OttoAscent OttoLevelsAscent(OttoLevels levels, PetscInt level);

/** coarse[cells of `level`] = means of fine[cells of `level` − 1]; or, where `logs`, logarithms of
 * means of what these are logarithms of (OttoTransferLogMeanExp()). Collective. */
PETSC_INTERN PetscErrorCode OttoLevelsMean(OttoLevels levels, PetscInt level, PetscBool logs,
                                           const PetscReal fine[], PetscReal coarse[]);
/** Climbs on level > 0, which has begun, until an iteration gains less than `tolerance` of the
 * value (of a->scale), and hands phi to level − 1, losing its own. Collective. */
PETSC_INTERN PetscErrorCode OttoLevelsClimb(OttoLevels levels, PetscInt level, PetscReal tolerance);
/** Climbs on every coarser grid in turn, from the affine potential on, until an iteration gains
 * less than `tolerance` of the value, and begins the finest ascent with what comes of it.
 * Collective. */
PETSC_INTERN PetscErrorCode OttoLevelsStart(OttoLevels levels, PetscReal tolerance);
