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

/* The neighbours of a line on two other axes, below and above, and 1/h² of these; a wall: the line
 * itself. */
typedef struct {
  const PetscReal *below[2], *above[2];
  PetscReal weight[2];
} OttoObserveBeside;

/* out = Σ over axes of (above - u + below - u)/h²: those beside, and the line's own, of 1/h² =
 * `weight`, which closes or ends in walls. */
PETSC_INTERN void OttoObserveGenerate(PetscInt n, const PetscReal u[],
                                      const OttoObserveBeside *beside, PetscReal weight,
                                      PetscBool closes, PetscReal out[]);
/* Adds those beside alone. */
PETSC_INTERN void OttoObserveAddBeside(PetscInt n, const PetscReal u[],
                                       const OttoObserveBeside *beside, PetscReal out[]);
