/** @file
 * Entropic transport between two densities, and the Sinkhorn divergence
 *
 *   OT(p, q) = min over plans π ≥ 0 of  ∫|x - y|² dπ + ε KL(π | p⊗q) + ρ KL(π1 | p) + ρ KL(π2 | q),
 *   S(p, q)  = OT(p, q) - OT(p, p)/2 - OT(q, q)/2 + ε (m_p - m_q)²/2 ≥ 0,
 *
 * KL(a | b) = ∫ log(da/db) da - ∫da + ∫db (Feydy et al. 2019, Séjourné et al. 2019; MATHEMATICS
 * 11.3). Densities are atoms at the centres of cells. ρ = reach² weighs the marginals (Gaussian–
 * Hellinger); with reach infinite they hold, and both masses must be the same.
 *
 * The kernel exp(-|x - y|²/ε) is the heat kernel at t = ε/4 in free space, cut to the box: on axes
 * that are `no_flux` too, for mirror images would lower the cost by up to ε log 2 an axis. On a
 * `periodic` axis it is the theta kernel, whose cost -ε log Σ_k exp(-(x - y + kL)²/ε) lies below
 * the wrapped |x - y|² by ε log 2 at most, but for e^{-2L²/ε} of it.
 *
 * Everything is kept as logarithms, so that any ε > 0 serves, and every cell of positive mass
 * counts whatever it holds. Where the resolution must be finer than cells, keep ε above h²: the
 * kernel's √(ε/2) is the width over which a plan blurs.
 */
#pragma once
#include <otto/field.h>

/** A problem on one grid. */
typedef struct _n_OttoSinkhorn *OttoSinkhorn;

/** Why iterations ended. */
typedef enum {
  OTTO_SINKHORN_CONVERGED, /**< all three marginal errors are below the tolerance */
  OTTO_SINKHORN_ROUNDING,  /**< they no longer fall: rounding is what is left */
  OTTO_SINKHORN_LIMIT      /**< sinkhorn_iterations */
} OttoSinkhornReason;
/** In words, NULL at the end. */
PETSC_EXTERN const char *const OttoSinkhornReasons[];

/** An entropic transport cost. The optimum lies in [value, value + error]. */
typedef struct {
  PetscReal value;    /**< of the dual, feasible: at most the optimum; length² times mass */
  PetscReal error;    /**< what the marginal error leaves open, and rounding */
  PetscReal marginal; /**< ∫|first marginal asked for - found|, relative to the mass moved */
  PetscReal mass;     /**< of the plan */
} OttoSinkhornCost;

/** What a solve found. */
typedef struct {
  PetscReal epsilon;         /**< the ε used, length² */
  PetscReal divergence;      /**< S(p, q), length² times mass */
  PetscReal error;           /**< |S - divergence| is at most this */
  PetscReal marginal;        /**< the largest of the three */
  OttoSinkhornCost pq;       /**< OT(p, q) */
  OttoSinkhornCost pp;       /**< OT(p, p) */
  OttoSinkhornCost qq;       /**< OT(q, q) */
  PetscInt64 iterations;     /**< applications of the kernel, over all three and all stages of ε */
  OttoSinkhornReason reason; /**< why it ended */
} OttoSinkhornResult;

/** For a grid that is set up and outlives it, of any mesh; axes are periodic, no_flux or open.
 * Collective. OTTO_ERR_STATE: the grid is not set up. */
PETSC_EXTERN PetscErrorCode OttoSinkhornCreate(OttoGrid grid, OttoSinkhorn *sinkhorn);
/** ε > 0 in length² (default (shortest side/16)²). Before OttoSinkhornSetUp(). Not collective. */
PETSC_EXTERN PetscErrorCode OttoSinkhornSetEpsilon(OttoSinkhorn sinkhorn, PetscReal epsilon);
/** The length beyond which mass is rather made and destroyed than moved, > 0; ρ is its square. inf
 * (the default): all is moved. Before OttoSinkhornSetUp(). Not collective. */
PETSC_EXTERN PetscErrorCode OttoSinkhornSetReach(OttoSinkhorn sinkhorn, PetscReal reach);
/** The marginal error to reach, relative to the mass moved (default 1e-6), and the most
 * applications of the kernel (default 20000). Before OttoSinkhornSetUp(). Not collective. */
PETSC_EXTERN PetscErrorCode OttoSinkhornSetStop(OttoSinkhorn sinkhorn, PetscReal tolerance,
                                                PetscInt64 iterations);
/** Reads sinkhorn_epsilon, sinkhorn_reach, sinkhorn_tolerance, sinkhorn_iterations; what is not
 * given keeps what was set. OTTO_ERR_INPUT naming the key. Not collective. */
PETSC_EXTERN PetscErrorCode OttoSinkhornSetFromOptions(OttoSinkhorn sinkhorn);
/** Collective. OTTO_ERR_INPUT: an `absorbing` axis; lines too long for memory (named); an ε above
 * 1e6 squares of the box's diagonal, of which rounding would be all that is left; ε/reach² outside
 * 1e-250 … 1e250. */
PETSC_EXTERN PetscErrorCode OttoSinkhornSetUp(OttoSinkhorn sinkhorn);
/** Frees it. Collective. */
PETSC_EXTERN PetscErrorCode OttoSinkhornDestroy(OttoSinkhorn *sinkhorn);

/** Whether OttoSinkhornSetUp() has succeeded. Not collective. */
PETSC_EXTERN PetscBool OttoSinkhornIsSetUp(OttoSinkhorn sinkhorn);
/** ε as set, read, or by default. Not collective. */
PETSC_EXTERN PetscReal OttoSinkhornGetEpsilon(OttoSinkhorn sinkhorn);
/** The reach as set, read, or by default: inf. Not collective. */
PETSC_EXTERN PetscReal OttoSinkhornGetReach(OttoSinkhorn sinkhorn);

/**
 * Solves for fields p, q ≥ 0 (mass per volume): alternating updates of potentials in logarithms,
 * accelerated as conjugate residuals are, for ε from the square of the box downwards; averaged ones
 * for p against p and q against q. That it did not reach the tolerance is no failure:
 * result->reason says so, and the bounds in `result` hold all the same. Collective.
 *
 * OTTO_ERR_INPUT: a density that is negative, not finite or without mass; unequal masses
 * (relatively by more than 1e-9) with reach infinite. OTTO_ERR_STATE before OttoSinkhornSetUp().
 */
PETSC_EXTERN PetscErrorCode OttoSinkhornSolve(OttoSinkhorn sinkhorn, Vec p, Vec q,
                                              OttoSinkhornResult *result);

/** The potentials of the last solve, in length², as the object's own (valid until its next solve or
 * end): f of p and g of q of OT(p, q), in every cell, those without mass too; f_p and g_q of
 * OT(p, p) and OT(q, q). The first variation of S in p is f - f_p (up to a constant), with a reach
 * (ρ + ε)(e^{-f_p/ρ} - e^{-f/ρ}). Any may be NULL. Not collective.
 * OTTO_ERR_STATE before a solve. */
PETSC_EXTERN PetscErrorCode OttoSinkhornGetPotentials(OttoSinkhorn sinkhorn, Vec *f, Vec *g,
                                                      Vec *f_p, Vec *g_q);

/** Bytes this rank holds. Not collective. */
PETSC_EXTERN size_t OttoSinkhornBytes(OttoSinkhorn sinkhorn);
