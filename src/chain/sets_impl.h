/* Private to sets*.c: cells that a refusal speaks of. */
#pragma once
#include <otto/sets.h>

/* How many, and the first of them in the order of the whole grid. */
typedef struct {
  PetscInt64 count, first;
} OttoCells;
#define OTTO_NO_CELLS ((OttoCells){0, INT64_MAX})

/** Adds an own cell. Not collective. */
PETSC_INTERN void OttoCellsAdd(const OttoGridInfo *g, PetscInt64 cell, OttoCells *cells);
/** Those of all ranks; `place`: where the first lies, in words. Collective. */
PETSC_INTERN PetscErrorCode OttoCellsShare(const OttoGridInfo *g, OttoCells *cells, char place[],
                                           size_t size);
