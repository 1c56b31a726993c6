/** @file
 * The gradient of an energy for the Wasserstein metric, on a grid by finite volumes,
 *
 *   ∂ρ/∂t = ∇·(ρ ∇ξ),  ξ = slope + field,  slope = U'(ρ), field = V + W*ρ,
 *
 * the mass that passes a face between cells i and j = i + 1 in unit time and area being
 * F = μ M (ξ_i − ξ_j)/h: μ the mobility's factor of the axis, M ≥ 0 the density that moves there.
 * For every M
 *
 *   Σ_cells ξ dρ/dt h^d = − Σ_faces h^d μ M ((ξ_i − ξ_j)/h)²,
 *
 * so that the energy falls; and as M ≤ 2 ρ upstream, implicit steps of any length keep ρ ≥ 0.
 */
#pragma once
#include <otto/energy.h>
#include <petscmat.h>

/** How M is found from cells near a face; `up` is the cell that mass leaves. */
typedef enum {
  OTTO_MOBILITY_UPWIND, /**< ρ_up: first order (Bailo, Carrillo and Hu 2018) */
  OTTO_MOBILITY_LIMITED, /**< ρ_up + ½ ψ(r) (ρ_down − ρ_up), ψ van Leer's limiter (1974), r the
                            ratio of the difference before `up` to that after it: second order where
                            ρ is smooth, within [0, 2 ρ_up] everywhere */
  OTTO_MOBILITY_SCHARFETTER_GUMMEL /**< entropy alone: s(z) Λ(ρ_i e^{−z/2}, ρ_j e^{z/2}), z =
                            (field_j − field_i)/T, s(z) = (z/2)/sinh(z/2), Λ the logarithmic mean:
                            second order, the rates of the fokker-planck chain (Schlichting and Seis
                            2022) */
} OttoMobility;
/** "upwind", "limited", "scharfetter_gummel", NULL */
PETSC_EXTERN const char *const OttoMobilities[];

/** Faces of a grid, ready to have fluxes. */
typedef struct _n_OttoFluxes *OttoFluxes;

/** Where fluxes are taken. */
typedef struct {
  Vec density; /**< ρ ≥ 0 of which M is */
  Vec slope; /**< U' in cells; NULL with scharfetter_gummel: T log of the density, F is then linear
                in it: F = (T μ/h) (B(z) ρ_i − B(−z) ρ_j) */
  Vec field; /**< V + W*ρ in cells, +inf: closed; NULL: 0 */
} OttoFluxState;

/** Sums over all faces. */
typedef struct {
  PetscReal dissipation;          /**< Σ h^d F (ξ_i − ξ_j)/h, energy per time; ≥ 0 */
  PetscReal moment[OTTO_MAX_DIM]; /**< d/dt ∫ x_j² ρ by faces, Σ h^d 2 x_face F, of axes that have
                                     ends; 0 of periodic ones */
} OttoFluxSums;

/** For fluxes of `energy` on its grid; mobility[dim] > 0, μ per axis, NULL: 1. Collective.
 * OTTO_ERR_INPUT: scharfetter_gummel of another energy than entropy at T > 0. */
PETSC_EXTERN PetscErrorCode OttoFluxesCreate(OttoEnergy energy, OttoMobility mobility,
                                             const PetscReal factor[], OttoFluxes *fluxes);
/** Reads flow_mobility (auto: scharfetter_gummel of entropy, else limited) and mobility (1, per
 * axis) and creates them. Collective. OTTO_ERR_INPUT. */
PETSC_EXTERN PetscErrorCode OttoFluxesCreateFromOptions(OttoEnergy energy, OttoFluxes *fluxes);
/** Frees them. Collective. */
PETSC_EXTERN PetscErrorCode OttoFluxesDestroy(OttoFluxes *fluxes);
/** Its kind. Not collective. */
PETSC_EXTERN OttoMobility OttoFluxesGetMobility(OttoFluxes fluxes);
/** μ per axis [dim]. Not collective. */
PETSC_EXTERN const PetscReal *OttoFluxesGetFactor(OttoFluxes fluxes);

/** rate = dρ/dt in cells: minus the divergence of F; no flux passes a wall or a closed cell. Where
 * ξ is -inf in both cells F is 0. `rate` or `sums` may be NULL. Collective. */
PETSC_EXTERN PetscErrorCode OttoFluxesRate(OttoFluxes fluxes, const OttoFluxState *state, Vec rate,
                                           OttoFluxSums *sums);

/** The matrix of the derivatives below: as many rows as cells, numbered as PETSc numbers a field's,
 * its pattern made. Collective. */
PETSC_EXTERN PetscErrorCode OttoFluxesCreateMatrix(OttoFluxes fluxes, Mat *matrix);
/** matrix = shift − ∂rate/∂u, where density = … + share u and dslope/du = `curvature` in cells
 * (NULL with slope NULL). Derivatives of M by density and by ξ where M has them; at a change of
 * direction those of the side taken. Collective. */
PETSC_EXTERN PetscErrorCode OttoFluxesJacobian(OttoFluxes fluxes, const OttoFluxState *state,
                                               PetscReal shift, PetscReal share, Vec curvature,
                                               Mat matrix);
/** out = ∂rate/∂field · change, at the state of the last Jacobian: what a change of W*ρ does.
 * Collective. */
PETSC_EXTERN PetscErrorCode OttoFluxesPush(OttoFluxes fluxes, Vec change, Vec out);
/** Bytes this rank holds. Not collective. */
PETSC_EXTERN size_t OttoFluxesBytes(OttoFluxes fluxes);
