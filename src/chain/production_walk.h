/* Private: entropy production as a part of a walk over p and π (information/fisher_planes.h). */
#pragma once
#include <otto/production.h>
#include "information/fisher_edge.h"

typedef enum {
  OTTO_PRODUCTION_TOTAL,
  OTTO_PRODUCTION_ADIABATIC,
  OTTO_PRODUCTION_NONADIABATIC,
  OTTO_PRODUCTION_FLOW,
  OTTO_PRODUCTION_COUNT
} OttoProductionIndex;

/* What the walk reads by cell, and its sums. */
typedef struct {
  const OttoRates *rates;
  const PetscReal *rate;    /* Qᵀp */
  const PetscReal *rate_pi; /* Qᵀπ; NULL: there is no π, and the pair is p twice */
  OttoSum edges[OTTO_PRODUCTION_COUNT];
  OttoSum entropy, kl;                   /* -Σ (Qᵀp) log p and Σ (Qᵀp) log(p/π) */
  PetscReal square, leaving, rest_of_pi; /* of their terms; Σ leave p; Σ (p/π) |Qᵀπ| */
} OttoProductionWalk;

/* OttoPairEdgesVisit and OttoPairCellsVisit; context: an OttoProductionWalk. Not collective. */
PETSC_INTERN void OttoProductionAddEdges(const OttoEdges *e, OttoPlane x, OttoPlane y,
                                         void *context);
PETSC_INTERN void OttoProductionAddCells(PetscInt64 cell, PetscInt64 n, OttoPlane x, void *context);
/* All but current_norm. Collective. */
PETSC_INTERN PetscErrorCode OttoProductionWalkFinish(OttoGenerator generator, Vec p,
                                                     OttoProductionWalk *walk, OttoProduction *out);

/* ∫|J| dx, with work fields current[dim]; p with one layer of ghosts. Collective. */
PETSC_INTERN PetscErrorCode OttoProductionCurrentNorm(OttoGenerator generator,
                                                      const OttoSurrounded *p, Vec current[],
                                                      PetscReal *norm);
