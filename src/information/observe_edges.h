/* Edges of rate 1 and the chain's generator, on lines of cells of the walk of observe.h. */
#pragma once
#include <otto/fisher.h>

/* A line of cells: values, and logarithms as OttoObserveCells() gives them. */
typedef struct {
  const PetscReal *p, *q, *lp, *lq, *ratio;
} OttoObserveLine;

/* Adds the edges from x to y, cell by cell, to kl's dissipation, fisher_p and fisher_q, times
 * `weight`. Returns false where log(p/q) changes by 400 or more. */
PETSC_INTERN PetscBool OttoObserveEdges(PetscInt n, const OttoObserveLine *x,
                                        const OttoObserveLine *y, PetscReal weight,
                                        PetscReal value[3]);

/* out += weight (above - u + below - u), NULL being a wall; out = that with `first`. */
PETSC_INTERN void OttoObserveSpread(PetscInt n, PetscReal weight, const PetscReal u[],
                                    const PetscReal *below, const PetscReal *above, PetscBool first,
                                    PetscReal out[]);
/* The same along the line itself, which closes or ends in walls. */
PETSC_INTERN void OttoObserveSpreadAlong(PetscInt n, PetscReal weight, const PetscReal u[],
                                         PetscBool closes, PetscReal out[]);
