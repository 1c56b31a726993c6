/* Matrices over the cells of a grid with an entry for every neighbour. */
#pragma once
#include "grid/edges.h"
#include <petscmat.h>

typedef struct {
  /* Entry of an own cell with itself. */
  PetscReal (*diagonal)(PetscInt64 cell, const void *context);
  /* Entries M_yx and M_xy of edge i of a run, from cell x up to cell y; false: it has none. */
  PetscBool (*edge)(const OttoEdges *edges, PetscInt64 i, PetscReal *to_upper, PetscReal *to_lower,
                    const void *context);
  const void *context;
} OttoEdgesEntries;

/** Assembles *M, row and column a cell in the grid's order: a new matrix, or, where it is not NULL,
 * other values in one made here. Entries of parallel edges add up. Collective. */
PETSC_INTERN PetscErrorCode OttoEdgesMatrix(OttoGrid grid, const OttoEdgesEntries *entries, Mat *M);
