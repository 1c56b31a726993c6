/* Private to steady.c and tests. */
#pragma once
#include <otto/steady.h>

/** Cycles of aggregation on log π, in at most so many boxes of the grid until nothing changes, then
 * in boxes that follow the wells found, until finding them again changes nothing. Collective. */
PETSC_INTERN PetscErrorCode OttoSteadySettle(OttoGenerator generator, PetscInt boxes,
                                             PetscReal log_pi[], OttoSteadyReport *report);
