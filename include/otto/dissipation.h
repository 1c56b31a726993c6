/** @file
 * What a Markov generator takes from the f-divergences of two densities: the dissipation as a sum
 * of Bregman terms over its edges, and the rate by the chain rule, which must be its negative
 * (MATHEMATICS 4.1).
 */
#pragma once
#include <otto/fisher.h>
#include <otto/generator.h>

/** The dissipation of the five smooth divergences of a pair under one generator, found twice. */
typedef struct {
  PetscReal value[OTTO_SMOOTH_COUNT]; /**< D_φ(p|q) */
  PetscReal
      dissipation[OTTO_SMOOTH_COUNT]; /**< by Bregman terms over edges (and absorbing faces) */
  PetscReal rate[OTTO_SMOOTH_COUNT];  /**< dD_φ/dt by the chain rule, Qᵀ applied exactly */
  PetscReal noise[OTTO_SMOOTH_COUNT]; /**< what rounding of the currents leaves in `rate` */
  PetscReal slope[OTTO_SMOOTH_COUNT]; /**< largest |∂D_φ| to a cell's mass: a change of p and q by
                                         ε in L1 changes D_φ by at most 2 slope ε, to first order */
  PetscBool exact;                    /**< every cell of both is positive: the identity holds */
  PetscBool exists;                   /**< there is a q that solves the same equation */
} OttoDissipation;

/** D_φ, its dissipation by edges, its rate by Qᵀp and Qᵀq (returned in rate_p, rate_q): one walk over
 * the pair takes each logarithm once. Collective. */
PETSC_EXTERN PetscErrorCode OttoDissipationCompute(OttoGenerator generator, const OttoPair *pair,
                                                   Vec rate_p, Vec rate_q, OttoDissipation *out);
