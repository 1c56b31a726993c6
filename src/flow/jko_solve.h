/*
 * Private to flow: one step of the minimising movement, by its dual. Of all ρ of the mass of μ the
 * least of
 *
 *   F(ρ) = C(ρ, μ)/τ + E(ρ),  C the least cost Σ m ½|x−y|² between atoms at cells' centres,
 *
 * is as large as the largest of (∫ φ^c μ − τ E*(−φ/τ))/τ over potentials φ, where E is convex. An
 * interaction stands there by its linear part about a density that follows ρ (jko_interaction.h).
 */
#pragma once
#include "jko_end.h"
#include "jko_interaction.h"

/* What ends an iteration. */
typedef enum {
  OTTO_JKO_REACHED,   /* the gap asked for */
  OTTO_JKO_STAGNATES, /* in 30 iterations it fell by less than 2 % */
  OTTO_JKO_LIMIT      /* jko_iterations are done */
} OttoJkoReason;

typedef struct {
  PetscReal primal, dual; /* F of the result by a plan, and what no F is below (energy) */
  PetscReal cost[2];      /* C between result and μ: at least, at most (mass · length²) */
  PetscReal energy;       /* E of the result */
  PetscReal gap;   /* (primal − dual)/(E(μ) − dual): of what F(μ) = E(μ) could be lowered by,
                      the share that may be missing; of steps of less than 4 cells, over
                      what a step of 4 cells costs; where `least` is not so, with the dual of F
                      linearised about the result in place of F's: how far it is from stationary */
  PetscBool least; /* the gap is that to F's least value, which without interaction it is */
  PetscInt iterations; /* on the finest grid */
  PetscInt moves;      /* of what the interaction is linearised about */
  OttoJkoReason reason;
} OttoJkoResult;

typedef struct _n_OttoJkoSolver *OttoJkoSolver;

/** For steps down `energy`. gap, limit: when it ends. Collective. */
PETSC_INTERN PetscErrorCode OttoJkoSolverCreate(OttoEnergy energy, PetscReal gap, PetscInt limit,
                                                OttoJkoSolver *solver);
/** Collective. */
PETSC_INTERN PetscErrorCode OttoJkoSolverDestroy(OttoJkoSolver *solver);
/** Bytes on this rank. Not collective. */
PETSC_INTERN size_t OttoJkoSolverBytes(OttoJkoSolver solver);

/** A step from mu (mass per volume) of `mass` and energy `before`, finite or not. rho: the result,
 * ≥ 0, its mass right to rounding. A gap that is not reached is no error. Collective.
 * OTTO_ERR_NUMERICAL: a slope is not finite. */
PETSC_INTERN PetscErrorCode OttoJkoSolve(OttoJkoSolver solver, PetscReal tau, PetscReal mass,
                                         PetscReal before, Vec mu, Vec rho, OttoJkoResult *result);
