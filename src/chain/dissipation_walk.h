/* Private: dissipation as a part of a walk over a pair (information/fisher_planes.h). */
#pragma once
#include <otto/dissipation.h>
#include "information/fisher_edge.h"
#include "slopes.h"

typedef struct {
  OttoFisherEdges edges;
  OttoSlopesOfRates slopes;
  PetscBool by_logs; /* a density underflows: slopes are not found on the walk */
} OttoDissipationWalk;

/* rate_p = Qᵀp and rate_q = Qᵀq are read until the end. Collective. */
PETSC_INTERN PetscErrorCode OttoDissipationWalkBegin(OttoGenerator generator, const OttoPair *pair,
                                                     Vec rate_p, Vec rate_q,
                                                     OttoDissipationWalk *walk);
/* OttoPairEdgesVisit and OttoPairCellsVisit; context: an OttoDissipationWalk. Not collective. */
PETSC_INTERN void OttoDissipationAddEdges(const OttoEdges *e, OttoPlane x, OttoPlane y,
                                          void *context);
PETSC_INTERN void OttoDissipationAddCells(PetscInt64 cell, PetscInt64 n, OttoPlane x,
                                          void *context);
/* d: the pair's divergences, the smooth ones at least. Collective. */
PETSC_INTERN PetscErrorCode OttoDissipationWalkFinish(OttoGenerator generator, const OttoPair *pair,
                                                      Vec rate_p, Vec rate_q,
                                                      const OttoDivergences *d,
                                                      OttoDissipationWalk *walk,
                                                      OttoDissipation *out);
