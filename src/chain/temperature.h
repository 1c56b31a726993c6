/*
 * A temperature that depends on place. Private to generators of type fokker_planck.
 */
#pragma once
#include <otto/generator.h>

/** That of temperature_formula at the cells' centres, and its mean over those where it is above 0
 * and finite (1 where it is nowhere); NULL, and *mean as it was, where there is none. Collective;
 * OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoTemperatureFromOptions(OttoGrid grid, Vec *T, PetscReal *mean);
/** Refuses values that are not above 0 and finite where V is; the others become `mean`. Collective;
 * OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoTemperatureCheck(OttoGrid grid, Vec V, PetscReal mean, Vec T);
