/* Private: work as a part of a walk over p (information/fisher_planes.h); logarithms are not read.
 */
#pragma once
#include <otto/work.h>
#include "information/fisher_planes.h"

/* What the walk reads, and its sums. */
typedef struct {
  const OttoRates *rates;
  const PetscReal *rate; /* Qᵀp by cell */
  OttoSurrounded V;
  PetscReal T, middle; /* energies count from here: it drops out, its rounding does not arise (0
                          where mass is absorbed) */
  OttoSum drift, change, absorbed;
  PetscReal square; /* of what each term is made of */
} OttoWorkWalk;

/* Surrounds V, and finds energy and energy_size of *out, the rest of which is 0; rate = Qᵀp.
 * Collective. */
PETSC_INTERN PetscErrorCode OttoWorkWalkBegin(OttoGenerator generator, Vec p, Vec rate,
                                              OttoWorkWalk *walk, OttoWork *out);
/* OttoPairEdgesVisit and OttoPairCellsVisit; context: an OttoWorkWalk. Not collective. */
PETSC_INTERN void OttoWorkAddEdges(const OttoEdges *e, OttoPlane x, OttoPlane y, void *context);
PETSC_INTERN void OttoWorkAddCells(PetscInt64 cell, PetscInt64 n, OttoPlane x, void *context);
/* drift, energy_rate, absorbed and noise. Collective. */
PETSC_INTERN PetscErrorCode OttoWorkWalkFinish(OttoGenerator generator, Vec p, Vec rate,
                                               OttoWorkWalk *walk, OttoWork *out);

/* potential, unsure, gross, and with drift the rate; `step` as of OttoWorkCompute(). Collective. */
PETSC_INTERN PetscErrorCode OttoWorkPotential(OttoGenerator generator, Vec p, PetscReal step,
                                              OttoWork *out);
