/* Private to relaxation*.c. */
#pragma once
#include <otto/relaxation.h>

/* An orthonormal basis of what has been found, as vectors u of the form in use (density = W u). */
typedef struct {
  OttoGenerator generator;
  PetscBool symmetric;
  PetscInt size, room;
  Vec *u;
  PetscBool has_zero; /* u[0] is the steady state's, known in closed form: not one of the modes */
} OttoModeSpace;

/** Adds what u (changed) has beyond the basis; little more than rounding is left out. Collective.
 */
PETSC_INTERN PetscErrorCode OttoModeSpaceAdd(OttoModeSpace *s, Vec u);
PETSC_INTERN PetscErrorCode OttoModeSpaceFree(OttoModeSpace *s);

/** The slowest `count` modes in the basis (Rayleigh and Ritz), for A = σ - M with scaling W: fills
 * *out, whose arrays hold `count`. Collective. */
PETSC_INTERN PetscErrorCode OttoModeSpaceSolve(const OttoModeSpace *s, Mat A, Vec W,
                                               PetscReal sigma, PetscInt count,
                                               OttoRelaxation *out);
