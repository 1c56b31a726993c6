/* Private to flow: W2 between the densities before and after a step, certified. */
#pragma once
#include <otto/wasserstein.h>

typedef struct {
  OttoGrid grid;
  OttoWasserstein solver; /* NULL on one axis with walls, where quantiles say it exactly */
} OttoStepDistance;

/** For a grid. Collective. OTTO_ERR_INPUT: a mesh that cuts the second axis. */
PETSC_INTERN PetscErrorCode OttoStepDistanceCreate(OttoGrid grid, OttoStepDistance *s);
/** Frees what it has; may be called of zeros. Collective. */
PETSC_INTERN PetscErrorCode OttoStepDistanceDestroy(OttoStepDistance *s);
/** lower ≤ W2(before, after) ≤ upper (length · mass^½), between the densities that are constant on
 * cells, of equal mass: on one axis with walls exact to rounding, else the interval of atoms at the
 * centres (wasserstein.h), wider by its cell_bias at both ends. Collective. */
PETSC_INTERN PetscErrorCode OttoStepDistanceFind(OttoStepDistance *s, Vec before, Vec after,
                                                 PetscReal *lower, PetscReal *upper);
