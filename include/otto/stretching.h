/** @file
 * How a flow map stretches: singular values of DΦ, finite-time Lyapunov exponents, the Cauchy–Green
 * tensor.
 *
 * By the SVD of DΦ itself, never by eigenvalues of DΦᵀDΦ, which square the condition number: on
 * three axes (LAPACK) the least exponent is right to eps · σ_max/σ_min, on one and two (closed
 * form) to rounding. But DΦ of much stretching has lost its least value before any SVD: its entries
 * are rounded to eps σ_max. What is left of it is log |det DΦ|, which a flow map carries beside:
 * the least exponent is that less the others.
 */
#pragma once
#include <otto/flow_map.h>

/** Statistics over the points of all ranks that are not lost, unweighted; NaN where one of these
 * has an exponent that is not known (OttoStretchingLogs()). */
typedef struct {
  PetscReal ftle_max;   /**< largest of log σ_max / |t|; NaN where no point is left, or t is 0 */
  PetscReal ftle_mean;  /**< mean of it */
  PetscReal ftle_least; /**< mean of log σ_min / |t| */
  PetscReal sigma_min;  /**< smallest singular value of any point; NaN where none is left … */
  PetscReal where[OTTO_DYNAMICS_MAX_DIM]; /**< … and where the map has carried that point: there the
                                             density is thinnest */
  PetscReal
      inverse_norm; /**< log of the mean of ‖DΦ⁻¹‖² = 1/σ_min², weighted, over |t| (see below) */
} OttoStretching;

/** d singular values, descending, of n matrices D[dim·dim][n]: sigma[dim][n]. directions: NULL, or
 * [dim·dim][n]: component i of the right singular vector number k (what is stretched by sigma[k])
 * at k·dim + i, its first entry that is not 0 positive. A matrix with an entry that is not finite
 * has NaN. Not collective. OTTO_ERR_NUMERICAL. */
PETSC_EXTERN PetscErrorCode OttoStretchingSVD(PetscInt dim, PetscInt64 n,
                                              const PetscReal *const D[], PetscReal *const sigma[],
                                              PetscReal *const directions[]);
/** Their logarithms, log_sigma[dim][n], descending; log_jacobian[n] is log |det D|, found apart
 * from D. The last is log_jacobian less the others: of two axes right whatever the condition
 * number. Of three the second must be known for that: below 1e-9 of the first it is rounding, and
 * both it and the last are NaN. Directions as above. Not collective. OTTO_ERR_NUMERICAL. */
PETSC_EXTERN PetscErrorCode OttoStretchingLogs(PetscInt dim, PetscInt64 n,
                                               const PetscReal *const D[],
                                               const PetscReal log_jacobian[],
                                               PetscReal *const log_sigma[],
                                               PetscReal *const directions[]);
/** FTLE over the time `span` ≠ 0 from a map with its derivative, NaN of lost points: fields
 * exponent[dim] (log σ_k/|span|, descending), cauchy_green[dim·dim] (DΦᵀDΦ, symmetric),
 * direction[dim·dim] (as above); each list NULL, or arrays of the map's count. weight[count]: of
 * inverse_norm (φ times cell volume); NULL: equal. Collective.
 * OTTO_ERR_STATE: the map has no derivative; OTTO_ERR_NUMERICAL. */
PETSC_EXTERN PetscErrorCode OttoStretchingCompute(
    OttoFlowMap map, PetscReal span, const PetscReal weight[], PetscReal *const exponent[],
    PetscReal *const cauchy_green[], PetscReal *const direction[], OttoStretching *out);
