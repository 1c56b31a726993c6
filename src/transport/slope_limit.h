/*
 * Private to src/transport: fields that nowhere fall faster than a rate.
 */
#pragma once
#include <otto/field.h>

/** field[local_cells] ≥ 0 becomes the least field above it whose logarithm nowhere changes along an
 * axis by more than rate (1/length) times the distance: the largest of field(y) exp(−rate Σ_j |x_j
 * − y_j|) over cells y, the nearest way round a periodic axis. The same bits on any number of
 * ranks. Collective. */
PETSC_INTERN PetscErrorCode OttoSlopeLimit(OttoGrid grid, PetscReal rate, PetscReal field[]);
