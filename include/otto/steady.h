/*
 * Level 5: the steady state of a generator, Qᵀπ = 0, π > 0, mass 1.
 */
#pragma once
#include <otto/resolvent.h>

typedef struct {
  PetscReal residual;   /* ‖Qᵀπ‖₁ / ‖Q‖₁: of the density's mass 1 */
  PetscInt iterations;  /* of the outer iteration; 0 for the closed form */
  PetscInt linear;      /* Krylov iterations in all */
  PetscBool closed_form; /* exp(-V/T): conservative drift */
} OttoSteadyReport;

/**
 * π and its logarithm. Collective. Closed form exp(-V/T) where the drift is conservative; otherwise
 * inverse iteration on the resolvent with shrinking σ from the Gibbs guess until the residual is
 * 1e-12 or stops falling. PETSC_ERR_SUP where an axis absorbs (there is none); OTTO_ERR_SOLVER where a
 * solve fails.
 */
PETSC_EXTERN PetscErrorCode OttoSteadyState(OttoResolvent resolvent, Vec pi, Vec log_pi,
                                            OttoSteadyReport *report);
