/** @file
 * The Wasserstein distance W2 of two densities of equal mass on a grid of 1 to 3 axes, as an
 * interval that contains it, with the optimal map, its potentials and the densities on the way.
 *
 * The problem is that of atoms: cell i carries its mass p_i·(cell volume) at its centre, and so
 * does q. Inside the cost is ½|x−y|²; on periodic axes x−y is the shortest of all images; `open`
 * axes serve as `no_flux`. W2 is the root of twice the least cost. Between the densities that are
 * constant on cells W2 differs by at most `cell_bias`.
 *
 * Lower bound: the value of a pair of potentials φ(x) + ψ(y) ≤ ½|x−y|², each the other's
 * c-transform on the grid. Upper bound: the exact cost of a plan made from the map. The method:
 * ascent of the dual in H¹, by turns on φ and on ψ (back-and-forth: Jacobs and Léger 2020), from
 * coarse grids to this one. In one dimension quantiles say both exactly (MATHEMATICS 11.1).
 */
#pragma once
#include <otto/field.h>
#include <otto/interval.h>

/** The solver of one grid. */
typedef struct _n_OttoWasserstein *OttoWasserstein;

/** How the least cost is found. */
typedef enum {
  OTTO_WASSERSTEIN_AUTO,          /**< quantiles on grids of one axis, else back and forth */
  OTTO_WASSERSTEIN_QUANTILES,     /**< exact; one axis */
  OTTO_WASSERSTEIN_BACK_AND_FORTH /**< the iteration, whatever the grid */
} OttoWassersteinMethod;

/** Why a solve ended. */
typedef enum {
  OTTO_WASSERSTEIN_EXACT,     /**< by quantiles: lower and upper differ by rounding */
  OTTO_WASSERSTEIN_REACHED,   /**< (primal − dual)/primal is at most transport_gap */
  OTTO_WASSERSTEIN_STAGNATES, /**< in 50 iterations it fell by less than 1 % */
  OTTO_WASSERSTEIN_LIMIT      /**< transport_iterations are done */
} OttoWassersteinReason;
/** "exact", "gap reached", "gap stagnates", "iteration limit", NULL */
PETSC_EXTERN const char *const OttoWassersteinReasons[];

/** What a solve found. With mass m of either density W2² scales as m. */
typedef struct {
  PetscReal lower;  /**< W2 is at least this (length · mass^½) */
  PetscReal upper;  /**< and at most this */
  PetscReal dual;   /**< lower²: the dual's value, less what rounding may add to it */
  PetscReal primal; /**< upper²: the cost of a plan */
  PetscReal gap;    /**< (primal − dual)/primal; 0 where both are rounding */
  PetscReal cell_bias; /**< 2 (Σ_j h_j²/12 · mass)^½: W2 between densities constant on cells lies in
                          [lower − cell_bias, upper + cell_bias] */
  PetscInt iterations;               /**< on this grid; 0 by quantiles */
  OttoWassersteinReason reason;      /**< why it ended */
  PetscInt count;                    /**< entries of `history` */
  const OttoIntervalBounds *history; /**< the interval as it closed; the object's, until the
                                           next solve */
} OttoWassersteinResult;

/** Creates a solver for the densities of a grid that is set up. Collective. */
PETSC_EXTERN PetscErrorCode OttoWassersteinCreate(OttoGrid grid, OttoWasserstein *w);
/** Frees it. Collective. */
PETSC_EXTERN PetscErrorCode OttoWassersteinDestroy(OttoWasserstein *w);

/** The gap at which it ends, (primal − dual)/primal, above 0 (1e-2). Not collective.
 * OTTO_ERR_INPUT. */
PETSC_EXTERN PetscErrorCode OttoWassersteinSetGap(OttoWasserstein w, PetscReal gap);
/** The most iterations on this grid (1000); 0: the start alone is certified. Not collective.
 * OTTO_ERR_INPUT. */
PETSC_EXTERN PetscErrorCode OttoWassersteinSetIterations(OttoWasserstein w, PetscInt iterations);
/** Another method than OTTO_WASSERSTEIN_AUTO; before OttoWassersteinSetUp(). Not collective. */
PETSC_EXTERN PetscErrorCode OttoWassersteinSetMethod(OttoWasserstein w,
                                                     OttoWassersteinMethod method);
/** Reads transport_gap (1e-2) and transport_iterations (1000). Not collective. OTTO_ERR_INPUT. */
PETSC_EXTERN PetscErrorCode OttoWassersteinSetFromOptions(OttoWasserstein w);

/** Plans transforms and makes the coarser grids. Collective. OTTO_ERR_INPUT: a grid of more than
 * three axes, an absorbing axis, quantiles on more than one axis, a mesh that cuts the second axis
 * (transforms want p1 = 1). */
PETSC_EXTERN PetscErrorCode OttoWassersteinSetUp(OttoWasserstein w);
/** Whether that has succeeded. Not collective. */
PETSC_EXTERN PetscBool OttoWassersteinIsSetUp(OttoWasserstein w);
/** What takes a solver and returns an error code fails with OTTO_ERR_STATE before. */
#define OttoNeedWasserstein(w) OttoNeed(OttoWassersteinIsSetUp(w), "OttoWassersteinSetUp()")

/** W2 of p and q, densities (mass per volume, ≥ 0) of equal mass > 0: whoever calls has seen to
 * that, and what rounding leaves of it (1e-10 of the mass) is scaled away. A gap that is not
 * reached is no error: the result says so, and its interval holds. Collective. OTTO_ERR_NUMERICAL
 * on all ranks: a value that is negative or not finite, masses that differ or are 0. */
PETSC_EXTERN PetscErrorCode OttoWassersteinSolve(OttoWasserstein w, Vec p, Vec q,
                                                 OttoWassersteinResult *result);

/** The potentials of the last solve, φ of p and ψ of q (length²; cost ½|x−y|²): feasible in every
 * pair of cells up to rounding, and of the value `dual`: 2 (∫φ p + ∫ψ q). Of mean Σ φ p = Σ ψ q.
 * The solver's own, until its next solve. Not collective. */
PETSC_EXTERN PetscErrorCode OttoWassersteinGetPotentials(OttoWasserstein w, Vec *phi, Vec *psi);

/** displacement[dim], fields that exist: T(x) − x in every cell centre x (length), T the map that
 * carries p to q, on periodic axes unwrapped. Where p is 0 it is what the potential says.
 * Collective. */
PETSC_EXTERN PetscErrorCode OttoWassersteinGetMap(OttoWasserstein w, const Vec displacement[]);

/** density: that of ((1−s) id + s T)# p, 0 ≤ s ≤ 1, the displacement interpolation: p at s = 0,
 * near q at s = 1 (equal where the map is optimal and the grid fine). Every cell spreads its mass
 * evenly over the box that is its image; by quantiles every piece of a cell goes its own way, and
 * the last is q to rounding. Mass is kept to rounding. Collective. OTTO_ERR_INPUT: s outside
 * [0, 1]. */
PETSC_EXTERN PetscErrorCode OttoWassersteinFrame(OttoWasserstein w, PetscReal s, Vec density);

/** Bytes this rank holds. Not collective. */
PETSC_EXTERN size_t OttoWassersteinBytes(OttoWasserstein w);
