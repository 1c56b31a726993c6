/** @file
 * Entropy production of a density under a generator (MATHEMATICS 8.1; Schnakenberg 1976,
 * Esposito and Van den Broeck 2010). With edge currents J_xy = p_x Q_xy - p_y Q_yx and steady state
 * π, per unit time and in nats:
 *
 *   total e_p = ½ Σ J log(p_x Q_xy/(p_y Q_yx)),  adiabatic e_a = ½ Σ J log(π_x Q_xy/(π_y Q_yx)),
 *   non-adiabatic e_na = -dKL(p|π)/dt (Bregman edge form),
 *   e_p = e_a + e_na,  dH/dt = e_p - flow,  flow = ½ Σ J log(Q_xy/Q_yx) = heat rate / T.
 */
#pragma once
#include <otto/generator.h>

/** Entropy production of one density, in nats per unit time. */
typedef struct {
  PetscReal total;        /**< e_p ≥ 0 */
  PetscReal adiabatic;    /**< e_a ≥ 0: what keeps the steady state going */
  PetscReal nonadiabatic; /**< e_na ≥ 0: of relaxing towards it */
  PetscReal flow;         /**< entropy that flows to the bath */
  PetscReal heat_rate;    /**< T·flow: heat to the bath */
  PetscReal entropy_rate; /**< dH/dt = -Σ (Qᵀp)_x log p_x h^d, by the generator itself */
  PetscReal kl_rate; /**< dKL(p|π)/dt = Σ (Qᵀp)_x log(p_x/π_x) h^d, by the generator itself */
  PetscReal current_norm; /**< ∫|J| dx, J the cell-centred current */
  PetscReal noise;        /**< what rounding of the currents leaves of these sums */
  PetscReal steady_noise; /**< Σ (p/π) |Qᵀπ| h^d: what the residual of π leaves of them, at most
                             what rounding of a π good in every cell does; 0 without π */
} OttoProduction;

/**
 * All of them for density p and steady state π with logarithm log_pi (finite also where π
 * underflows; may be NULL where it does not). Collective. +inf (kl_rate: -inf) where p has zeros
 * next to mass (an edge whose rate underflows leads nowhere; closed cells have none); flow,
 * adiabatic and current_norm are finite there too. Loops of periodic axes of one cell count: they
 * carry a drift's current and its heat, though they move nothing. π NULL (absorbing axes, or
 * no steady state): only total, flow, heat_rate, entropy_rate and current_norm, over inner edges
 * (entropy_rate: all of Qᵀ, absorption included); the others are NaN. Method: total's terms each
 * non-negative and accurate near equilibrium; compensated sums. Where edges lead one way only
 * (OttoGeneratorIsOneWay()) total, adiabatic, flow and heat_rate are NaN, with a temperature of
 * place heat_rate. `resolved`: cells where p is not above it hold noise (0: none do); what takes a
 * logarithm of p leaves them and their edges out.
 */
PETSC_EXTERN PetscErrorCode OttoProductionCompute(OttoGenerator generator, Vec p, Vec pi,
                                                  Vec log_pi, PetscReal resolved,
                                                  OttoProduction *out);
/** The same of p where values may lie below 1e-290: log_p is the logarithm of every cell (NULL: log
 * p). Collective. */
PETSC_EXTERN PetscErrorCode OttoProductionComputeLogs(OttoGenerator generator, Vec p, Vec log_p,
                                                      Vec pi, Vec log_pi, PetscReal resolved,
                                                      OttoProduction *out);

/** current[axis] (fields, dim of them): probability current density along each axis at cell
 * centres, the mean of the currents through the cell's two faces (walls carry none, absorbing faces
 * what leaves), in mass per time and area. Collective. */
PETSC_EXTERN PetscErrorCode OttoProductionCurrent(OttoGenerator generator, Vec p, Vec current[]);
