/*
 * Level 5: the slowest relaxation rates of a generator and their modes, by SLEPc: Krylov–Schur
 * (Stewart 2001) on the resolvent, whose form and multigrid it shares.
 */
#pragma once
#include <otto/resolvent.h>

typedef struct {
  PetscInt count;  /* converged ones, at most as many as asked for */
  PetscReal *rate; /* [count] relaxation rates -Re λ > 0, slowest first; without absorption the
                      zero of the steady state is left out */
  PetscReal *frequency; /* [count] |Im λ|, a pair counted once; 0 with detailed balance */
  PetscReal *residual; /* [count] ‖Mu - λu‖₂/‖u‖₂ relative to ‖Q‖₁, in the form solved */
  PetscReal *uncertainty; /* [count] of a rate, relative: with detailed balance, where a rate is a
                             Rayleigh quotient, the residual's square over the distance to the next
                             (Kato and Temple); otherwise the residual */
  PetscReal radius; /* every eigenvalue up to this |λ| was looked at */
  PetscReal reach;  /* with a drift: slow modes that oscillate as fast as this were looked for as
                       well; 0 without */
  Vec *mode; /* [count] density modes W u (of a pair: the real part), scaled so that the value
                of largest magnitude is 1 */
} OttoRelaxation;

/** The `count` slowest, multiple ones as often as they are there: the eigenvalues nearest to 0, and
 * with a drift, whose slowest modes may oscillate, the slowest among twice as many and some more,
 * and among those that oscillate up to `reach`. eps_ options apply (eps_tol 1e-10).
 * Collective. OTTO_ERR_SOLVER: none converged. */
PETSC_EXTERN PetscErrorCode OttoRelaxationCompute(OttoResolvent resolvent, PetscInt count,
                                                  OttoRelaxation *relaxation);
/** Frees it. Collective. */
PETSC_EXTERN PetscErrorCode OttoRelaxationFree(OttoRelaxation *relaxation);
