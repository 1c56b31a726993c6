/** @file
 * Flows down an energy (flow.h): what laws gradient_flow, jko and ljko have beside what all have.
 *
 *   gradient_flow  finite volumes (fluxes.h), implicit in time (Bailo, Carrillo and Hu 2018)
 *   jko            the minimising movement argmin W2²(ρ, ρⁿ)/(2τ) + E(ρ) (Jordan, Kinderlehrer and
 *                  Otto 1998), by back and forth on its dual (Jacobs, Lee and Léger 2021)
 *   ljko           the same with W2 linearised about the result (Cancès, Gallouët and
 *                  Todeschi 2020)
 *
 * A step of jko and ljko is OttoFlowSetStep()'s τ: intervals are multiples of it.
 */
#pragma once
#include <otto/flow.h>
#include <otto/fluxes.h>

/** What the last step of a density was, the scheme's own numbers. */
typedef struct {
  PetscReal t;           /**< its end */
  PetscReal dt;          /**< its length */
  PetscReal before;      /**< energy E(ρⁿ), with V of time t */
  PetscReal after;       /**< energy E(ρⁿ⁺¹) */
  PetscReal dissipation; /**< Σ_faces of the scheme (fluxes.h): before − after = dt·dissipation +
                            remainder, to the residual; of jko ∫ρ|∇ξ|² of the end */
  PetscReal remainder; /**< ≥ 0: the Bregman divergence ∫ U(ρⁿ) − U(ρⁿ⁺¹) − U'(ρⁿ⁺¹)(ρⁿ − ρⁿ⁺¹); 0
                          in second order; nan of jko; of ljko as MATHEMATICS 12.5 has it, at least
                          −½ dt·dissipation */
  PetscReal
      moment[OTTO_MAX_DIM]; /**< (∫x_j²ρⁿ⁺¹ − ∫x_j²ρⁿ)/dt by the fluxes of faces; nan of jko */
  PetscReal residual; /**< of the step's equations, L1 over the mass (of jko what the mass
                         misses: how near to the least it is, `gap` says) */
  PetscReal primal; /**< of jko and ljko: the step's functional, transport + energy, at the result;
                       nan of others */
  PetscReal dual;   /**< a lower bound of its least value; nan of others */
  PetscReal rounding; /**< what rounding of its terms may leave of that */
  PetscReal slack;    /**< what the residual may do to the energy: it, times the mass, times the
                         largest    |V| of an open cell; 0 of jko and ljko */
  PetscReal gap; /**< of jko: (primal − dual)/(before − dual), what may be missing of the most that
                    the functional could be lowered by; of a step that moves mass by less than 4 of
                    the widest cells, whose atoms do not resolve it, over what one of 4 costs, 8 h²
                    mass/dt; 0 of others. Where `least` is not so, the same of the functional with
                    the interaction linearised about the result */
  PetscBool least; /**< of jko: `gap` is to the least value of the step. Where the interaction is
                      concave, and more so than the internal energy is convex (MATHEMATICS 12.4), it
                      is how far the result is from stationary: no more is proven, and `dual` is far
                      below */
  PetscReal w2_lower; /**< W2(ρⁿ, ρⁿ⁺¹) between densities constant on cells is at least this; nan
                         where not asked for */
  PetscReal w2_upper; /**< and at most this */
  PetscInt newton;    /**< Newton iterations (jko: iterations back and forth) */
  PetscInt krylov;    /**< Krylov iterations */
} OttoGradientStep;

/** The energy, of which the flow is; it must outlive the flow. Before OttoFlowSetUp(). Not
 * collective. */
PETSC_EXTERN PetscErrorCode OttoFlowSetEnergy(OttoFlow flow, OttoEnergy energy);
/** The fluxes the law moves mass by (jko: those its dissipation is reported with), its own, after
 * set-up. Not collective. */
PETSC_EXTERN OttoFluxes OttoFlowGetFluxes(OttoFlow flow);
/** 1 or 2: second order in time is that of a discrete gradient (Gonzalez 1996), by which energy
 * still falls; steps that would make a density negative are refused. Law gradient_flow, before its
 * first step; from options flow_time_order (1). Not collective. OTTO_ERR_INPUT. */
PETSC_EXTERN PetscErrorCode OttoFlowSetTimeOrder(OttoFlow flow, PetscInt order);
/** Whether W2 of every step is certified (jko, ljko): by default yes. Not collective. */
PETSC_EXTERN PetscErrorCode OttoFlowSetCertified(OttoFlow flow, PetscBool certified);
/** The last step of density `which` (OTTO_FLOW_P, OTTO_FLOW_Q): in an OttoFlowStep, or after an
 * advance. Not collective. */
PETSC_EXTERN const OttoGradientStep *OttoFlowGetGradientStep(OttoFlow flow, PetscInt which);
