/* Private: Qᵀp of a density whose ghosts are at hand. */
#pragma once
#include <otto/generator.h>
#include <otto/halo.h>

/* rate = Qᵀp, as OttoGeneratorApply(); p with one layer of ghosts. Not collective. */
PETSC_INTERN PetscErrorCode OttoGeneratorApplySurrounded(OttoGenerator generator,
                                                         const OttoSurrounded *p, Vec rate);
