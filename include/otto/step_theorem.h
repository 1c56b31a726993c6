/** @file
 * What holds for every step of a flow from (p, q) to (p', q') over dt, in numbers
 * (MATHEMATICS 5.3). For any state m with slopes ∇D(m), whatever the method,
 *
 *   D - D' = dt I(m) + B(p, q|m) - B(p', q'|m) + <∇D(m), ρ>,   ρ = (p - p', q - q') + dt Qᵀm,
 *
 * I the dissipation, a sum over edges, B the Bregman divergence of D, a sum over cells: five
 * numbers, each found by itself, no two by the same sums, and equal to rounding. m is the end of a
 * step of implicit Euler, where ρ is the residual of its solves and D - D' ≥ dt I' + <∇D', ρ>, and
 * the middle of a step of the others, where ρ is of third order.
 *
 * Methods other than implicit Euler leave noise in tails, perhaps negative. What concerns D is then
 * found for the densities raised to OTTO_FLOW_NOISE of their maximum: positive numbers, for which
 * all of this holds; D changes by about as much as the noise it cannot know.
 */
#pragma once
#include <otto/dissipation.h>
#include <otto/flow.h>

/** Methods of which the theorem knows different things. */
typedef enum {
  OTTO_STEP_EULER, /**< implicit Euler */
  OTTO_STEP_CN,    /**< Crank and Nicolson */
  OTTO_STEP_OTHER  /**< any, of which nothing but a state at both ends is known */
} OttoStepMethod;

/** Fields and values that pass from step to step. */
typedef struct _n_OttoStepTheorem *OttoStepTheorem;

/** What a step leaves of its method's equation p' - p = half (Qᵀp' + Qᵀp), for one density, as the
 * states are; L1 norms, as masses. half is dt and Qᵀp left out for implicit Euler; for `other` the
 * trapezoidal sum, which is no equation of its own. */
typedef struct {
  PetscReal half;   /**< of dt, or dt */
  PetscReal mass;   /**< ‖p‖ */
  PetscReal moved;  /**< ‖p - p'‖ */
  PetscReal off;    /**< ‖p - p' + half (Qᵀp' + Qᵀp)‖ */
  PetscReal speed;  /**< ‖Qᵀp‖; 0 for implicit Euler */
  PetscReal change; /**< ‖Qᵀp - Qᵀp'‖; 0 unless `other` */
  Vec rate;         /**< Qᵀp', a field valid until the theorem's next call */
  Vec past;         /**< Qᵀp likewise; NULL for implicit Euler */
} OttoStepResidual;

/** The five numbers of a step, for the five smooth divergences. */
typedef struct {
  PetscReal dt;                               /**< its length */
  PetscReal before[OTTO_SMOOTH_COUNT];        /**< D */
  PetscReal after[OTTO_SMOOTH_COUNT];         /**< D' */
  PetscReal taken[OTTO_SMOOTH_COUNT];         /**< dt I(m) */
  PetscReal bregman[OTTO_SMOOTH_COUNT];       /**< B(p, q|m) - B(p', q'|m) */
  PetscReal rest[OTTO_SMOOTH_COUNT];          /**< <∇D(m), ρ> */
  PetscReal bregman_noise[OTTO_SMOOTH_COUNT]; /**< what rounding leaves of `bregman`, */
  PetscReal rest_noise[OTTO_SMOOTH_COUNT];    /**< and of `rest` */
  PetscReal slope[OTTO_SMOOTH_COUNT]; /**< largest |∂D(m)| to a cell's mass: |rest| ≤ slope ‖ρ‖₁ */
  PetscReal
      raising; /**< what raising may add to ‖ρ‖₁; inf where ρ is more than what solves leave */
  PetscInt64 left; /**< cells left out of `rest`, in which a density is not above 0 */
} OttoStepDecay;

/** The identity of one divergence summed over steps. */
typedef struct {
  PetscBool begun; /**< all is finite since `start` */
  PetscReal start; /**< D when the sum began */
  PetscReal last;  /**< D now */
  PetscReal sum; /**< of dt I(m), Bregman divergences and <∇D(m), ρ>: start - last, to rounding */
  PetscReal rest;   /**< of <∇D(m), ρ> */
  PetscReal beyond; /**< of what no residual of a solve explains of it */
  PetscReal noise;  /**< what rounding leaves of all */
} OttoDecaySum;

/** For steps of p and (unless NULL) q by `method`; `rests`: with one density a state that does not
 * move, for it to be compared with, or NULL. Starts from the densities as they stand at t = 0, the
 * generator's time. Collective. */
PETSC_EXTERN PetscErrorCode OttoStepTheoremCreate(OttoGenerator generator, OttoStepMethod method,
                                                  Vec p, Vec q, Vec rests,
                                                  OttoStepTheorem *theorem);
/** Frees it. Collective. */
PETSC_EXTERN PetscErrorCode OttoStepTheoremDestroy(OttoStepTheorem *theorem);
/** What the next step leaves of its equation for density `which` (OTTO_FLOW_P, OTTO_FLOW_Q), from
 * `before` to `after`; the generator is at the step's end. Once a step and density. Collective. */
PETSC_EXTERN PetscErrorCode OttoStepTheoremResidual(OttoStepTheorem theorem, PetscReal dt,
                                                    int which, Vec before, Vec after,
                                                    OttoStepResidual *residual);
/** The identity of that step, from t_before to t; q's NULL with one density, for which `rests` must
 * be there. After the residuals. Collective. */
PETSC_EXTERN PetscErrorCode OttoStepTheoremDecay(OttoStepTheorem theorem, PetscReal t_before,
                                                 PetscReal t, Vec p_before, Vec q_before, Vec p,
                                                 Vec q, OttoStepDecay *decay);

/** Implicit Euler's inequality: excess[φ] = dt I' + <∇D', ρ> - (D - D'), at most 0 but for
 * noise[φ], what rounding leaves of it; NaN where a term is not finite or cells are left out.
 * Both [OTTO_SMOOTH_COUNT]. Not collective. */
PETSC_EXTERN void OttoStepInequality(const OttoStepDecay *decay, PetscReal excess[],
                                     PetscReal noise[]);
/** Adds a step to sums[OTTO_SMOOTH_COUNT]; `allowed`: the L1 norm of ρ that solves may leave, inf:
 * not known. Where something is not finite the sum ends, and begins anew with the next step. Not
 * collective. */
PETSC_EXTERN void OttoDecaySumAdd(OttoDecaySum sums[], const OttoStepDecay *decay,
                                  PetscReal allowed);
