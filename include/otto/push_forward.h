/** @file
 * A density carried by a dynamical system, (Φ_t φ)(y) = φ(Φ_t⁻¹ y)/J(Φ_t⁻¹ y), J = |det DΦ_t|, in
 * three ways:
 *
 * - exact: φ is asked at the points themselves, wherever they were (otto/density.h:
 *   OttoDensityFunction);
 * - interpolation: φ is known in cells. Lagrange polynomials through the 6 nearest cells of every
 *   axis (one-sided near faces that do not close): of log φ where all of them are above 0 and 6 and
 *   4 cells agree to within a factor e, which keeps positivity and is exact of Gaussians; else of
 * φ, cut off at 0. Of order 6;
 * - remap: every cell's mass goes where parts^dim points of it go, and is deposited cloud-in-cell.
 *   Mass is kept to rounding, nothing is negative, and it spreads; by how much is measured.
 */
#pragma once
#include <otto/density.h>
#include <otto/flow_map.h>

/** What a push-forward did. */
typedef struct {
  PetscReal mass;      /**< of what came out */
  PetscInt64 negative; /**< cells that came out negative (interpolation), which were set to 0 */
  PetscReal least;     /**< the most negative of them, relative to the largest value; else 0 */
  PetscReal error; /**< mass. Interpolation: ∫ of the difference from 4 cells an axis instead of
                      6, at jumps and zeros of that from 2 as well: a bound of its own error where
                      the density is smooth, an estimate elsewhere. Remap: ∫ of what came out
                      times |c − 1|, c the volume that points bring into a cell over its own: how
                      unevenly they lie where cells are drawn out. Else 0 */
  PetscReal diffusion; /**< remap: the s of the heat semigroup K_s that adds as much variance,
                          length², mean over the mass and the axes: what points in place of a cell
                          add before the map, and depositing behind it; else 0 */
  PetscReal lost;      /**< remap: mass of points that were lost, or left the box; else 0 */
} OttoPushForwardReport;

/** pushed (a field of the grid of `back`'s cells) from φ as a function. `back`: the cells' centres
 * carried from t back to the start. Where a point was lost, or came from outside the box on a
 * no_flux axis, there is nothing: 0. log_pushed (may be NULL): its logarithm, finite where the
 * value underflows. Collective. OTTO_ERR_NUMERICAL: φ, or what comes of it, is not finite
 * somewhere (key and point are named). */
PETSC_EXTERN PetscErrorCode OttoPushForwardExact(OttoGrid grid, OttoDensityFunction phi,
                                                 OttoFlowMap back, Vec pushed, Vec log_pushed,
                                                 OttoPushForwardReport *report);
/** The same from φ in the cells of `grid`, by interpolation; points are exchanged between ranks.
 * Beyond open faces nothing is known of φ: what came from there is 0 as well. Collective. */
PETSC_EXTERN PetscErrorCode OttoPushForwardInterpolate(OttoGrid grid, Vec phi, OttoFlowMap back,
                                                       Vec pushed, OttoPushForwardReport *report);
/** The conservative remap over [a, b] (times of the dynamics): parts points a cell and axis, 1
 * to 64, carried with this error per unit time (0: dynamics_tolerance) in so many steps at least.
 * Collective. OTTO_ERR_INPUT; what OttoFlowMapAdvance() fails with. */
PETSC_EXTERN PetscErrorCode OttoPushForwardRemap(OttoGrid grid, Vec phi, OttoDynamics dynamics,
                                                 PetscReal a, PetscReal b, PetscInt parts,
                                                 PetscReal tolerance, PetscInt steps, Vec pushed,
                                                 OttoPushForwardReport *report);
