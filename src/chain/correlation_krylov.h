/*
 * Private to correlation*.c: e^{Qᵀt} y in the space that powers of one resolvent make of y, and a
 * bound of what it errs by.
 */
#pragma once
#include "correlation_impl.h"

#define OTTO_KRYLOV_MOST 60

/* V[0 … count-1] spans the space, V[count] comes next; (σ - Qᵀ)⁻¹ V = V T + next V[count] e_mᵀ, to
 * what solves leave. */
typedef struct {
  PetscReal sigma, beta; /* the pole; y = beta V[0] */
  PetscInt count;
  Vec V[OTTO_KRYLOV_MOST + 1], weight, work[2];
  PetscReal T[OTTO_KRYLOV_MOST][OTTO_KRYLOV_MOST]; /* by columns */
  PetscReal next, size;                            /* size: ‖(σ - Qᵀ) V[count]‖₁ */
  PetscReal left[OTTO_KRYLOV_MOST];                /* ‖(σ - Qᵀ) x - V[j]‖₁ of the solves */
  PetscReal inverse[OTTO_KRYLOV_MOST * OTTO_KRYLOV_MOST]; /* of T, by columns */
  PetscReal H[OTTO_KRYLOV_MOST * OTTO_KRYLOV_MOST];       /* σ - T⁻¹, by columns */
} OttoKrylov;

/** Vectors, and the weight 1/π, of which densities far below the largest have none. Collective. */
PETSC_INTERN PetscErrorCode OttoKrylovCreate(OttoCorrelation c, OttoKrylov **krylov);
/** Frees them. Collective. */
PETSC_INTERN PetscErrorCode OttoKrylovDestroy(OttoKrylov **krylov);
/** A space of no vectors but y, at the pole `sigma`. Collective. */
PETSC_INTERN PetscErrorCode OttoKrylovBegin(OttoCorrelation c, OttoKrylov *krylov, Vec y,
                                            PetscReal sigma);
/** One more vector, by one solve; *whole: there is none, the space has all of e^{Qᵀt} y.
 * Collective. */
PETSC_INTERN PetscErrorCode OttoKrylovGrow(OttoCorrelation c, OttoKrylov *krylov, PetscBool *whole);
/** H. Not collective. */
PETSC_INTERN PetscErrorCode OttoKrylovProject(OttoKrylov *krylov);
/** ‖(d/dt - Qᵀ) V u‖₁ at most, where u' = H u. Not collective. */
PETSC_INTERN PetscReal OttoKrylovResidual(const OttoKrylov *krylov, const PetscReal u[]);
/** ‖H‖₁. Not collective. */
PETSC_INTERN PetscReal OttoKrylovSize(const OttoKrylov *krylov);
/** E = e^{dt H}, m × m by columns; work[m²]. Rounding is of the order of ε ‖H‖ dt. Not collective.
 */
PETSC_INTERN void OttoKrylovExponential(const OttoKrylov *krylov, PetscReal dt, PetscReal E[],
                                        PetscReal work[]);
/** E = E². Not collective. */
PETSC_INTERN void OttoKrylovSquare(PetscInt m, PetscReal E[], PetscReal work[]);
/** v = E u. Not collective. */
PETSC_INTERN void OttoKrylovMultiply(PetscInt m, const PetscReal E[], const PetscReal u[],
                                     PetscReal v[]);
