/* Private to flow.c: absorbed mass as an unknown of the stepping. */
#pragma once
#include <otto/generator.h>

/** Own entries behind the blocks of a state of TS, OTTO_FACES a block, one for every face of the
 * box: out = (of + mass that escapes own cells of x there a unit of time)/shift; `of` NULL: 0. With
 * shift = 1 the escape rate, with the rest of a stage's right side its solution. `out` may be x.
 * Not collective. */
PETSC_INTERN PetscErrorCode OttoAbsorb(OttoGenerator generator, PetscInt blocks, Vec x, Vec of,
                                       PetscReal shift, Vec out);

/** killed[blocks][OTTO_FACES]: these entries of a state, summed over the ranks. Collective. */
PETSC_INTERN PetscErrorCode OttoAbsorbed(OttoGenerator generator, PetscInt blocks, Vec state,
                                         PetscReal killed[][OTTO_FACES]);
