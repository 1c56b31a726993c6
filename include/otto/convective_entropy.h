/** @file
 * Convective entropy: how much more entropy comes of blurring after a dynamical system than before
 * it (MATHEMATICS 13.4). For a density φ, a flow map Φ with J = |det DΦ|, ψ = Φφ and the heat
 * semigroup K_s,
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

/** What Φ made of φ on a grid. Cells whose point was lost take no part in anything that is summed
 * where points began; log J and DΦ there may be anything. */
typedef struct {
  Vec phi;          /**< φ ≥ 0 */
  Vec log_phi;      /**< log φ where it is carried, else NULL: the logarithm of phi is taken */
  Vec pushed;       /**< ψ = Φφ ≥ 0 */
  Vec log_pushed;   /**< likewise */
  Vec log_jacobian; /**< log J */
  const PetscReal *const *derivative; /**< DΦ: [dim·dim] arrays of local_cells, ∂Φ_i/∂x_j at i·dim +
                                         j; NULL where only Υ is asked for */
  const PetscBool *lost;              /**< [local_cells]; NULL: none */
} OttoConvective;

/** Υ at one s and its parts, nats. */
typedef struct {
  PetscReal after;       /**< H[K_s ψ] */
  PetscReal before;      /**< H[K_s φ] + E[log J] over K_s φ */
  PetscReal upsilon;     /**< after − before */
  PetscReal mass_after;  /**< of K_s ψ */
  PetscReal mass_before; /**< of K_s φ, where points were not lost */
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
  PetscReal unknown; /**< mass of φ in other cells that have no gradient (φ is 0, or a point was
                          lost, within five cells along an axis): they take no part in
                          fisher_phi, fisher_pushed and laplacian */
  PetscReal unknown_grid; /**< mass of ψ in cells that have none (ψ is 0 within five cells): they
                             take no part in fisher_grid */
} OttoConvectiveStart;

/** How well ψ stands on its grid. */
typedef struct {
  PetscReal
      tail; /**< share of the variance Σ (ψ − mean)² in the finest scales along an axis (the
               largest over axes). Periodic axes: in modes above 2/3 of the highest. Others:
               Σ of squares of differences of order 20 over 2^20, which a mode above 2/3 of the
               highest passes to 3e-3 at least and one below 0.43 of it to less than 1e-8 */
  PetscReal tail_before; /**< the same of φ */
  PetscReal thinnest; /**< wavelength of ψ in cells of the axis where it has the fewest: 2π/κ, κ the
                         wavenumber of φ/J, √(∫|∇(φ/J)|² / ∫(φ/J − mean)²), along ∇log(φ/J) and
                         carried by DΦ^{-T}; the 1e-3 quantile over E_φ|∇log(φ/J)|². Infinite where
                         φ/J is constant. Below 2 cells a wave cannot be told from a longer one,
                         which no look at ψ alone would find */
  PetscBool resolved; /**< tail ≤ 1e-8 and thinnest ≥ 2 */
} OttoConvectiveResolution;

/** Sources of φ and ψ under a kernel that is set up. Collective. */
typedef struct _n_OttoConvectiveHeat *OttoConvectiveHeat;
/** Takes references to the fields; the kernel, and c->lost, must outlive it. Collective.
 * OTTO_ERR_STATE where grid or kernel are not set up. */
PETSC_EXTERN PetscErrorCode OttoConvectiveHeatCreate(OttoGrid grid, OttoHeat heat,
                                                     const OttoConvective *c,
                                                     OttoConvectiveHeat *sources);
/** Frees it. Collective. */
PETSC_EXTERN PetscErrorCode OttoConvectiveHeatDestroy(OttoConvectiveHeat *sources);
/** Υ(s), s ≥ 0; at 0, where no kernel is asked, what sums over the cells and what brought ψ there
 * leave of 0. Collective. */
PETSC_EXTERN PetscErrorCode OttoConvectiveAt(OttoConvectiveHeat sources, PetscReal s,
                                             OttoConvectiveEntropy *out);
/**
 * ∂_s Υ at 0 by polynomial extrapolation of (Υ(s) − Υ(0))/s (Aitken and Neville), and what it may
 * err by: the coefficient another way. It begins at an eighth of 1/κ², κ the larger wavenumber of φ
 * and ψ, and goes down while that helps, to half of s a step; with gaussian_exact, and where there
 * are walls, to √(2s) = 1.5 h at most, 14 values in all. The error: twice what the last two orders
 * differ by; the rounding of every Υ that goes in; what scales the grid hardly has may add; with
 * walls, where Υ may go on in powers of √s, the distance from an extrapolation in these, and twice
 * what is left if the error falls as √s; with the
 * lattice kernels their h², by neighbours two cells away. A ψ that jumps has no coefficient: then
 * the error is of the order of the value. Collective.
 */
PETSC_EXTERN PetscErrorCode OttoConvectiveLimit(OttoConvectiveHeat sources, PetscReal *coefficient,
                                                PetscReal *error);
/** All at s = 0; grids of at most 3 axes. Collective. OTTO_ERR_STATE; PETSC_ERR_ARG_OUTOFRANGE. */
PETSC_EXTERN PetscErrorCode OttoConvectiveStartCompute(OttoGrid grid, const OttoConvective *c,
                                                       OttoConvectiveStart *out);
/** Whether the grid resolves ψ; likewise. Collective. */
PETSC_EXTERN PetscErrorCode OttoConvectiveResolve(OttoGrid grid, const OttoConvective *c,
                                                  OttoConvectiveResolution *out);

/** Growth of the coefficient over times t[n] > 0: the slope of log value by least squares over the
 * last half of the entries that are finite and above 0, three at least; with fewer NaN. Not
 * collective. */
PETSC_EXTERN PetscReal OttoConvectiveGrowth(PetscInt n, const PetscReal t[],
                                            const PetscReal value[]);
