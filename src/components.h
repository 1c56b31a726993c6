/* Private to resolvent*.c and tests: the pieces a generator's graph falls into, where walls close
 * edges. An edge with a rate in either direction joins its cells. */
#pragma once
#include <otto/generator.h>

typedef struct {
  PetscInt64 count; /* pieces of two cells and more */
  PetscInt *of;     /* [local_cells] the piece of a cell, the same number on all ranks; -1: the cell
                       stands alone. NULL where one piece is all */
} OttoComponents;

/** Fills *components for the rates as they stand; it must be zeroed or filled before. Union-find on
 * every rank, then labels exchanged between neighbours until none changes. Collective. */
PETSC_INTERN PetscErrorCode OttoComponentsFind(OttoGenerator generator, OttoComponents *components);
PETSC_INTERN PetscErrorCode OttoComponentsFree(OttoComponents *components);
