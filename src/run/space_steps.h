/* Where the formulas of potential and mobility step between centres of cells, which know neither
 * the place of a step nor the way over it. */
#pragma once
#include <otto/generator.h>

/** Own cells at an end of an edge along which one of them steps, by 1/50 T or more, or M by 2 %,
 * within a small part of it: beside[local_cells] (may be NULL); *any: whether there is one on any
 * rank. Collective; OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoSpaceStepsFind(OttoGenerator generator, PetscBool beside[],
                                               PetscBool *any);

/** Edges of `coarse`, made of the same formulas as `of`, that have a step lead as those say along
 * them, by 1/∫exp(V/T)/M, not as for a V that is a straight line; nothing is done where there is a
 * velocity, a temperature of place, a tilt or a V(x, t). Collective on the ranks of `coarse`;
 * OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoSpaceStepsConduct(OttoGenerator coarse, OttoGenerator of);
