/** @file
 * What is observed of one or two densities under a Markov generator at one time: divergences, their
 * dissipation, the distance from the steady state, entropy production, work. One walk over p and q
 * and one over p and π (over p and π alone where there is no q) finds all of it: Qᵀp, logarithms
 * and ghosts are shared, Qᵀπ is kept while π and the rates rest. What is checked against each other
 * is still found two ways: sums over edges, and sums over cells of what Qᵀ does there.
 */
#pragma once
#include <otto/dissipation.h>
#include <otto/production.h>
#include <otto/work.h>

/** Finds them, and owns what it needs for that from one time to the next. */
typedef struct _n_OttoObserver *OttoObserver;

/** Densities of one time, fields per unit volume, not changed. Logarithms are of every cell, needed
 * where values may lie below 1e-290, else NULL. */
typedef struct {
  Vec p;                /**< a density */
  Vec q;                /**< another that follows the same chain; NULL: there is none */
  Vec pi;               /**< the steady state; NULL: there is none */
  Vec log_p;            /**< log p, or NULL */
  Vec log_q;            /**< log q, or NULL */
  Vec log_pi;           /**< log π, or NULL */
  PetscReal resolved_p; /**< as of OttoPair */
  PetscReal resolved_q; /**< as of OttoPair */
  PetscBool pi_moves;   /**< π is that of the moment: no density that follows the chain */
  PetscReal order;      /**< of Rényi's divergence */
  PetscReal step;       /**< for OttoWorkCompute() */
} OttoObserved;

/** A density against the steady state. */
typedef struct {
  PetscReal kl;    /**< KL(p|π); NaN without π */
  PetscReal slope; /**< largest |log(p/π)| over the cells that it counts */
  PetscReal left;  /**< mass, of either sign, of cells that are not resolved, which it leaves out */
  PetscReal terms; /**< ∫ |p| (|log |p|| + |log π| + 1) over these */
} OttoSteadyDistance;

/** What is observed. */
typedef struct {
  OttoDivergences d; /**< of p against q, min_p and min_q over open cells; without q what concerns
                        q, or both, is NaN */
  PetscBool positive_p;         /**< every open cell of p is above 0, by its logarithm if given */
  PetscBool positive;           /**< of p and, where there is one, q */
  OttoDissipation against;      /**< of p against q, without one against a π that rests; exists */
  OttoSteadyDistance steady[2]; /**< of p, and of q */
  OttoProduction production;    /**< of p */
  OttoWork work;                /**< on p */
} OttoObservation;

/** Creates an observer of a generator that is set up and must outlive it. Collective. */
PETSC_EXTERN PetscErrorCode OttoObserverCreate(OttoGenerator generator, OttoObserver *observer);
/** Frees it. Collective. */
PETSC_EXTERN PetscErrorCode OttoObserverDestroy(OttoObserver *observer);

/**
 * All of it at the generator's time. Collective. Values are those of OttoDivergenceCompute(),
 * OttoDissipationCompute(), OttoProductionComputeLogs() and OttoWorkCompute(), to rounding: noise
 * below the resolution counts in dissipation and production where every cell is positive, for their
 * identities hold of noise as well.
 */
PETSC_EXTERN PetscErrorCode OttoObserverCompute(OttoObserver observer, const OttoObserved *of,
                                                OttoObservation *out);

/** How often it has found Qᵀπ so far. Not collective. */
PETSC_EXTERN PetscInt64 OttoObserverSteadyRates(OttoObserver observer);
