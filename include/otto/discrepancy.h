/** @file
 * Distances of two densities that have a closed form in their difference δ = p − q: maximum mean
 * discrepancy under the heat kernel, energy distance, and the H⁻¹ norm (MATHEMATICS 11.4).
 *
 * δ is formed cell by cell first, so that nothing cancels: each is relative to δ, however near p
 * and q are, and exactly 0 where they are equal. p and q have the same mass. Grids of 1 to 6 axes,
 * periodic, no_flux or open (which serves as no_flux), on any mesh whose ranks are not more than
 * the planes of axis 0. What is computed is a function of all cells, by transforms: each call plans
 * its own and frees them.
 */
#pragma once
#include <otto/field.h>

/** *mmd2 = ‖K_t δ‖² = ∫ (K_t δ)² dx, K_t the heat semigroup of the box, in the spectrum: Σ
 * exp(−2t|κ|²) |δ̂(κ)|². Twice K_t is K_2t: the maximum mean discrepancy, squared, under the kernel
 * K_2t, a Gaussian of variance 4t an axis (Gretton et al. 2012). t ≥ 0 in length²; in mass² /
 * volume. Collective. OTTO_ERR_INPUT: t < 0 or not finite, an absorbing axis, more ranks than
 * planes. OTTO_ERR_NUMERICAL on all ranks: a value of p or q that is not finite. */
PETSC_EXTERN PetscErrorCode OttoMmd2(OttoGrid grid, Vec p, Vec q, PetscReal t, PetscReal *mmd2);

/** *distance = 2 E|X−Y| − E|X−X'| − E|Y−Y'| = −Σ_xy |x−y| δ_x δ_y between atoms at the centres of
 * cells (Székely and Rizzo 2013), the shortest |x−y| on periodic axes; in length · mass². By a
 * convolution on 2n cells along other axes. Never negative but for rounding, unless two or more
 * axes are periodic (the shortest distance on a torus is not of negative type there). Collective.
 * OTTO_ERR_INPUT: an absorbing axis, more ranks than planes. OTTO_ERR_NUMERICAL on all ranks: a
 * value of p or q that is not finite. */
PETSC_EXTERN PetscErrorCode OttoEnergyDistance(OttoGrid grid, Vec p, Vec q, PetscReal *distance);

/** *norm = (∫ δ (−Δ)⁻¹ δ dx)^½ = (Σ_{κ≠0} |δ̂(κ)|²/|κ|²)^½ with the continuum's |κ|² on the modes
 * of the grid: to first order the W2 of perturbations of a uniform density of 1 (Villani 2003,
 * 7.6). In length · mass / volume^½. Collective. OTTO_ERR_INPUT: an absorbing axis, more ranks than
 * planes. OTTO_ERR_NUMERICAL on all ranks: a value of p or q that is not finite. */
PETSC_EXTERN PetscErrorCode OttoHMinus1(OttoGrid grid, Vec p, Vec q, PetscReal *norm);
