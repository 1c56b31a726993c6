/* Private to sets*.c. */
#pragma once
#include <otto/sets.h>

/* Cells that a refusal speaks of: how many, and the first of them in the order of the whole grid.
 */
typedef struct {
  PetscInt64 count, first;
} OttoCells;
#define OTTO_NO_CELLS ((OttoCells){0, INT64_MAX})

/** Adds an own cell. Not collective. */
PETSC_INTERN void OttoCellsAdd(const OttoGridInfo *g, PetscInt64 cell, OttoCells *cells);
/** Those of all ranks; `place`: where the first lies, in words. Collective. */
PETSC_INTERN PetscErrorCode OttoCellsShare(const OttoGridInfo *g, OttoCells *cells, char place[],
                                           size_t size);

/** Sets of a grid (NULL: not on this rank), none as yet. Collective. */
PETSC_INTERN PetscErrorCode OttoSetsBegin(OttoGrid grid, OttoSets *sets);
/** Makes cells where `inside` is above 0 set number k, whose letter is there; those before it are
 * taken. Collective; OTTO_ERR_INPUT: a cell is in one of those. */
PETSC_INTERN PetscErrorCode OttoSetsTake(OttoSets *sets, PetscInt k, Vec inside);
