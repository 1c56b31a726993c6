/* Where the formulas of potential and mobility step between centres of cells, which know neither
 * the place of a step nor the way over it. */
#pragma once
#include "space_formulas.h"

/** Whether an edge of a generator's grid has a step of 1/50 T or more of V, or of 2 % of M, within
 * a small part of it, or departs from a straight line by more than cells tell (*any; edges far
 * above the lowest cell aside); beside, a field (may be NULL), is 1 in the cells at ends of such
 * edges, where a step may lie, 0 elsewhere. Collective; OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoSpaceStepsFind(OttoGenerator generator, Vec beside, PetscBool *any);

/** The same of these formulas, V being that of the cells of a grid, +inf in closed ones. */
PETSC_INTERN PetscErrorCode OttoSpaceStepsFindOf(OttoGrid grid, const OttoSpaceFormulas *of, Vec V,
                                                 Vec beside, PetscBool *any);

/** Edges of `coarse`, made of the same formulas as `of`, that have a step lead as those say along
 * them, by 1/∫exp(V/T)/M, not as for a V that is a straight line; nothing is done where there is a
 * velocity, a temperature of place, a tilt or a V(x, t). Collective on the ranks of `coarse`;
 * OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoSpaceStepsConduct(OttoGenerator coarse, OttoGenerator of);
