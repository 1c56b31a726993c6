/** @file
 * Convective entropy: how much more entropy comes of blurring after a dynamical system than before
 * it. For a density φ, a flow map Φ with J = |det DΦ|, ψ = Φφ and the heat semigroup K_s,
 *
 *   Υ(s) = H[K_s ψ] − H[Φ K_s φ],   H[Φ u] = H[u] + E_u[log J],
 *   ∂_s Υ(0) = I[ψ] − I[φ] − E_φ[Δ log J],
 *   I[ψ] = E_φ |DΦ^{-T} ∇log(φ/J)|²,   E_φ[Δ log J] = −E_φ[∇log φ · ∇log J].
 *
 * Entropies are sums over cells, H[u] = −∫ u log u. Fields of Φ (log J, DΦ) are those of the cells'
 * centres as points at the start. Knows nothing of how ψ, J and DΦ were found.
 */
#pragma once
#include <otto/heat.h>

/** What Φ made of φ on a grid. Cells whose point was lost take no part. */
typedef struct {
  Vec phi;          /**< φ */
  Vec log_phi;      /**< log φ where it is carried, else NULL: the logarithm of phi is taken */
  Vec pushed;       /**< ψ = Φφ */
  Vec log_pushed;   /**< likewise */
  Vec log_jacobian; /**< log J */
  const PetscReal *const
      *derivative;       /**< DΦ: [dim·dim] arrays of local_cells, ∂Φ_i/∂x_j at i·dim + j */
  const PetscBool *lost; /**< [local_cells] */
} OttoConvective;

/** Υ at one s and its parts, nats. */
typedef struct {
  PetscReal after;                   /**< H[K_s ψ] */
  PetscReal before;                  /**< H[K_s φ] + E[log J] over K_s φ */
  PetscReal upsilon;                 /**< after − before */
  PetscReal mass_after, mass_before; /**< of K_s ψ and K_s φ */
  PetscReal
      rounding; /**< what rounding of sums and kernel may have moved upsilon by: an estimate */
} OttoConvectiveEntropy;

/** What is known at s = 0. */
typedef struct {
  PetscReal entropy_phi;       /**< H[φ] */
  PetscReal entropy_pushed;    /**< H[ψ] by the grid */
  PetscReal mean_log_jacobian; /**< E_φ[log J] */
  PetscReal fisher_phi;        /**< I[φ], by differences of log φ (difference.h) */
  PetscReal fisher_pushed;     /**< I[ψ] by the formula above, at the points where they began */
  PetscReal fisher_grid;  /**< I[ψ] by differences of log ψ on the grid: another way, where ψ is
                             resolved */
  PetscReal laplacian;    /**< E_φ[Δ log J] */
  PetscReal coefficient;  /**< ∂_s Υ(0) = fisher_pushed − fisher_phi − laplacian */
  PetscReal inverse_norm; /**< E_φ ‖DΦ⁻¹‖² */
  PetscReal lost;         /**< mass of φ in cells that were lost */
} OttoConvectiveStart;

/** How well ψ stands on its grid. */
typedef struct {
  PetscReal
      tail; /**< share of Σ ψ̂² in modes above 2/3 of the highest of an axis (the largest over axes);
               of axes without a transform by differences of order 10 against order 8 of ψ */
  PetscReal thinnest; /**< the 1e-3 quantile by mass of the thickness of ψ's structures, in cells:
                         σ_min(DΦ) times the length of φ over h, the length of φ being 1/|∇ log φ|
                         where it is least but 1 % of the mass */
  PetscBool resolved; /**< tail ≤ 1e-8 and thinnest ≥ 2 */
} OttoConvectiveResolution;

/** Sources of φ and ψ under a kernel that is set up. Collective. */
typedef struct _n_OttoConvectiveHeat *OttoConvectiveHeat;
/** Takes references; the kernel must outlive it. Collective. */
PETSC_EXTERN PetscErrorCode OttoConvectiveHeatCreate(OttoHeat heat, const OttoConvective *c,
                                                     OttoConvectiveHeat *sources);
/** Frees it. Collective. */
PETSC_EXTERN PetscErrorCode OttoConvectiveHeatDestroy(OttoConvectiveHeat *sources);
/** Υ(s), s > 0. Collective. */
PETSC_EXTERN PetscErrorCode OttoConvectiveAt(OttoConvectiveHeat sources, PetscReal s,
                                             OttoConvectiveEntropy *out);
/** The limit of Υ(s)/s as s falls to 0, by polynomial extrapolation from s, s/2, s/4 … (as small as
 * rounding and kernel allow), and its error by its own table: the coefficient another way.
 * Collective. */
PETSC_EXTERN PetscErrorCode OttoConvectiveLimit(OttoConvectiveHeat sources, PetscReal s,
                                                PetscReal *coefficient, PetscReal *error);
/** All at s = 0. Collective. */
PETSC_EXTERN PetscErrorCode OttoConvectiveStartCompute(OttoGrid grid, const OttoConvective *c,
                                                       OttoConvectiveStart *out);
/** Whether the grid resolves ψ. Collective. */
PETSC_EXTERN PetscErrorCode OttoConvectiveResolve(OttoGrid grid, const OttoConvective *c,
                                                  OttoConvectiveResolution *out);

/** Growth of the coefficient over times t[n] > 0: the slope of log value by least squares over the
 * last half of the entries that are finite and above 0 (three at least; else NaN). Not collective.
 */
PETSC_EXTERN PetscReal OttoConvectiveGrowth(PetscInt n, const PetscReal t[],
                                            const PetscReal value[]);
