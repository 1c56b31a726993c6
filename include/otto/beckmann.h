/** @file
 * The Wasserstein distance W1 of two densities of equal mass on a grid of 1 to 3 axes, as an
 * interval that contains it: Beckmann's problem
 *
 *   W1(p, q) = min { ∫|m| dx : div m = p − q } = max { ∫ u (p − q) dx : |∇u| ≤ 1 },
 *
 * with the Euclidean |·|; no flux leaves the box, but through periodic faces (where lengths are
 * those of the torus); `open` axes serve as `no_flux`. p and q are constant on cells; to W1 between
 * atoms at their centres it is `to_atoms` at most.
 *
 * Lower bound: the value of a potential that is multilinear between cell centres, divided by its
 * largest slope. Upper: the length of a flux that is given on faces, linear along its own axis in
 * a cell (Raviart and Thomas 1977), whose divergence is p − q. The method: primal–dual iterations
 * (Chambolle and Pock 2011) whose every step solves Poisson's equation, so that their number does
 * not depend on the grid (Jacobs, Léger, Li and Osher 2019). In one dimension ∫|F_p − F_q| is both
 * (MATHEMATICS 11.4). Where the gap stagnates, cells are cut
 * in parts, 8 along an axis and 2^20 in all at most, for the same densities: both bounds are of
 * first order in the cells where the flux is thin or the potential has kinks.
 */
#pragma once
#include <otto/field.h>
#include <otto/interval.h>

/** The solver of one grid. */
typedef struct _n_OttoBeckmann *OttoBeckmann;

/** Why a solve ended. */
typedef enum {
  OTTO_BECKMANN_EXACT,     /**< in one dimension: lower and upper differ by rounding */
  OTTO_BECKMANN_REACHED,   /**< (upper − lower)/upper is at most w1_gap */
  OTTO_BECKMANN_STAGNATES, /**< in 100 iterations it fell by less than 2 %, on parts of cells too */
  OTTO_BECKMANN_LIMIT      /**< w1_iterations are done */
} OttoBeckmannReason;
/** "exact", "gap reached", "gap stagnates", "iteration limit", NULL */
PETSC_EXTERN const char *const OttoBeckmannReasons[];

/** What a solve found; in length · mass. */
typedef struct {
  PetscReal lower;    /**< W1 is at least this */
  PetscReal upper;    /**< and at most this, rounding included in both */
  PetscReal gap;      /**< (upper − lower)/upper; 0 where both are rounding */
  PetscReal to_atoms; /**< W1 between atoms at the centres of cells lies in [lower − to_atoms, upper
                         + to_atoms]: ∫|p − q| (Σ_j h_j²/12)^½, at most 2 (Σ_j h_j²/12)^½ · mass */
  PetscInt iterations;               /**< done; 0 in one dimension */
  OttoBeckmannReason reason;         /**< why it ended */
  PetscInt count;                    /**< entries of `history` */
  const OttoIntervalBounds *history; /**< the interval as it closed; the object's, until the next
                                        solve */
} OttoBeckmannResult;

/** A solver for the densities of a grid that is set up and outlives it. Collective. */
PETSC_EXTERN PetscErrorCode OttoBeckmannCreate(OttoGrid grid, OttoBeckmann *b);
/** Frees it. Collective. */
PETSC_EXTERN PetscErrorCode OttoBeckmannDestroy(OttoBeckmann *b);

/** The gap at which it ends, (upper − lower)/upper, above 0 (5e-2). Not collective. OTTO_ERR_INPUT.
 */
PETSC_EXTERN PetscErrorCode OttoBeckmannSetGap(OttoBeckmann b, PetscReal gap);
/** The most iterations (1000), at least 1. Not collective. OTTO_ERR_INPUT. */
PETSC_EXTERN PetscErrorCode OttoBeckmannSetIterations(OttoBeckmann b, PetscInt iterations);
/** Reads w1_gap (5e-2) and w1_iterations (1000); what is not given keeps what was set. Not
 * collective. OTTO_ERR_INPUT naming the key. */
PETSC_EXTERN PetscErrorCode OttoBeckmannSetFromOptions(OttoBeckmann b);

/** Plans transforms. Collective. OTTO_ERR_INPUT: a grid of more than three axes, an absorbing axis,
 * more ranks than planes of axis 0. */
PETSC_EXTERN PetscErrorCode OttoBeckmannSetUp(OttoBeckmann b);
/** Whether that has succeeded. Not collective. */
PETSC_EXTERN PetscBool OttoBeckmannIsSetUp(OttoBeckmann b);
/** What takes a solver and returns an error code fails with OTTO_ERR_STATE before. */
#define OttoNeedBeckmann(b) OttoNeed(OttoBeckmannIsSetUp(b), "OttoBeckmannSetUp()")

/** W1 of p and q, densities (mass per volume) of equal mass: whoever calls has seen to that, and
 * what rounding leaves of it (1e-10 of the mass) is taken from δ = p − q evenly, and counted in the
 * bounds. A gap that is not reached is no error: the result says so, and its interval holds.
 * Collective. OTTO_ERR_NUMERICAL on all ranks: a value that is negative or not finite, masses that
 * differ or are 0. */
PETSC_EXTERN PetscErrorCode OttoBeckmannSolve(OttoBeckmann b, Vec p, Vec q,
                                              OttoBeckmannResult *result);

/** The potential of the last solve's lower bound (length), of largest slope 1 and mean 0, at cell
 * centres: ∫ u (p − q) = lower where u is multilinear between them (where cells were cut in parts:
 * the mean of the parts' values, near to that). The solver's own, until its next solve. Not
 * collective. OTTO_ERR_STATE before a solve. */
PETSC_EXTERN PetscErrorCode OttoBeckmannGetPotential(OttoBeckmann b, Vec *u);

/** flux[dim], fields that exist: the mean in each cell of the flux m (mass · length / volume, from
 * p to q) of the last solve's upper bound. Collective. OTTO_ERR_STATE before a solve. */
PETSC_EXTERN PetscErrorCode OttoBeckmannGetFlux(OttoBeckmann b, const Vec flux[]);

/** Bytes this rank holds. Not collective. */
PETSC_EXTERN size_t OttoBeckmannBytes(OttoBeckmann b);
