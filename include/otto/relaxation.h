/*
 * Level 5: the slowest relaxation rates of a generator and their modes, by SLEPc (shift-invert).
 */
#pragma once
#include <otto/resolvent.h>

typedef struct {
  PetscInt count;       /* converged ones */
  PetscReal *rate;      /* [count] relaxation rates -Re λ > 0, slowest first; without absorption the
                           zero of the steady state is left out */
  PetscReal *frequency; /* [count] |Im λ|; 0 with detailed balance */
  PetscReal *residual;  /* [count] ‖Mu - λu‖₂/‖u‖₂ relative to ‖Q‖, in the form solved */
  Vec *mode;            /* [count] density modes W u, max-normalised to 1 (real part) */
} OttoRelaxation;

/** The `count` slowest. eps_ and st_ options apply. Collective. OTTO_ERR_SOLVER: none converged. */
PETSC_EXTERN PetscErrorCode OttoRelaxationCompute(OttoResolvent resolvent, PetscInt count,
                                                OttoRelaxation *relaxation);
/** Frees it. Collective. */
PETSC_EXTERN PetscErrorCode OttoRelaxationFree(OttoRelaxation *relaxation);
