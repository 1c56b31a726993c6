/* Private to correlation*.c. */
#pragma once
#include <otto/correlation.h>

struct _n_OttoCorrelation {
  OttoGenerator generator;
  OttoResolvent resolvent; /* of its own: the flow's learns nothing from these solves */
  OttoGrid grid;
  Vec pi;
  Vec half[2], work[2]; /* without values of their own: parts of vectors twice as long; fields */
  Vec source, solution; /* twice as long */
  Mat system;
  KSP ksp;
  PetscReal omega, sigma; /* of the system, of the solves in its preconditioner */
};

/** The resolvent at σ for f into x; OTTO_ERR_SOLVER where it does not converge. Collective. */
PETSC_INTERN PetscErrorCode OttoCorrelationSolve(OttoCorrelation c, Vec f, Vec x);
/** Σ a b h^d. Collective. */
PETSC_INTERN PetscErrorCode OttoCorrelationProduct(OttoCorrelation c, Vec a, Vec b,
                                                   PetscReal *product);
/** *centred: a less its mean under π/Σπ, a new field. Collective. */
PETSC_INTERN PetscErrorCode OttoCorrelationCentre(OttoCorrelation c, Vec a, Vec *centred);
/** ‖Qᵀ source‖₁/‖source‖₁: the rate at which it changes; 1 where it does not. Collective. */
PETSC_INTERN PetscErrorCode OttoCorrelationRate(OttoCorrelation c, Vec source, PetscReal *rate);
