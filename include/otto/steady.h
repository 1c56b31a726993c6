/*
 * Level 5: the steady state of a generator, Qᵀπ = 0, π > 0, mass 1.
 */
#pragma once
#include <otto/resolvent.h>

typedef struct {
  PetscReal residual; /* ‖Qᵀπ‖₁ / ‖Q‖₁: of the density's mass 1 */
  PetscReal change; /* L1 distance between the last two iterates; above 1e-11 π has not settled */
  PetscInt iterations;   /* of the outer iteration; 0 for the closed form */
  PetscInt linear;       /* Krylov iterations in all */
  PetscBool closed_form; /* exp(-V/T): conservative drift */
} OttoSteadyReport;

/**
 * π and its logarithm. Collective. Closed form exp(-V/T) where the drift is conservative; otherwise
 * inverse iteration on the resolvent with shrinking σ from the Gibbs guess until the residual is
 * 1e-12 and π has settled, or neither gets better. Rounding leaves an error of about ε‖Q‖₁/λ in π,
 * λ the slowest relaxation rate: 1e-6 of the mass at a barrier of 20 T; where λ < ε‖Q‖₁ the weights
 * of the wells are not determined. PETSC_ERR_SUP where an axis absorbs (there is none);
 * OTTO_ERR_SOLVER where the first solve fails.
 */
PETSC_EXTERN PetscErrorCode OttoSteadyState(OttoResolvent resolvent, Vec pi, Vec log_pi,
                                            OttoSteadyReport *report);
