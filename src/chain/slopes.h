/*
 * Private: the derivative of f-divergences with respect to cell masses, and the sums it makes along
 * a change of two densities.
 */
#pragma once
#include <otto/divergence.h>
#include <otto/generator.h>
#include "information/fisher_planes.h"

/* Below it sums of a density's values may have lost digits, and its logarithms are used. */
#define OTTO_FAINT_DENSITY 1e-290

/* Sums over cells of a_φ dp + b_φ dq with a_φ = φ'(r), b_φ = φ(r) - r φ'(r), r = p/q, in the gauge
 * φ'(1) = 0: the change of D_φ to first order; not finite where a slope is beyond the doubles (chi2
 * where p/q > 1e154) and something changes. */
typedef struct {
  PetscReal change[OTTO_SMOOTH_COUNT];
  PetscReal noise[OTTO_SMOOTH_COUNT];   /* 4 ε √Σ (a wp)² + (b wq)² */
  PetscReal largest[OTTO_SMOOTH_COUNT]; /* max over cells of |a| and |b| */
  PetscInt64 left;                      /* cells left out: p or q not above the resolution */
} OttoSlopes;

/* dp, dq: the changes; wp, wq: magnitudes of the terms they were found from. All are fields.
 * Collective. */
PETSC_INTERN PetscErrorCode OttoSlopesCompute(OttoGrid grid, const OttoPair *pair, Vec dp, Vec dq,
                                              Vec wp, Vec wq, OttoSlopes *out);

/* What the ranks add up. */
typedef struct {
  OttoSum change[OTTO_SMOOTH_COUNT];
  PetscReal square[OTTO_SMOOTH_COUNT], largest[OTTO_SMOOTH_COUNT];
  PetscInt64 left;
} OttoSlopeSums;
PETSC_INTERN PetscErrorCode OttoSlopesFinish(OttoGrid grid, OttoSlopeSums *sums, OttoSlopes *out);

/* The same along the generator's own rates, dp = Qᵀp and dq = Qᵀq, of the cells that a walk over
 * the pair visits (OttoPairCellsVisit). */
typedef struct {
  const PetscReal *dp, *dq, *leave; /* by cell */
  OttoSlopeSums sums;
} OttoSlopesOfRates;
PETSC_INTERN void OttoSlopesAddRates(PetscInt64 cell, PetscInt64 n, OttoPlane x, void *context);

/* Of the generator's own rates, rate_p = Qᵀp and rate_q = Qᵀq, for a pair with logarithms: where a
 * density underflows its rate is found relative to itself. Collective. */
PETSC_INTERN PetscErrorCode OttoSlopesByLogs(OttoGenerator generator, const OttoPair *pair,
                                             Vec rate_p, Vec rate_q, OttoSlopes *out);

/* weight = scale · rate out of the cell · p. */
PETSC_INTERN PetscErrorCode OttoLeaveWeight(OttoGenerator generator, PetscReal scale, Vec p,
                                            Vec weight);
