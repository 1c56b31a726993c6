/* Private to drivers that step: numbers from runs of implicit Euler side by side. */
#pragma once
#include <petscsys.h>

/** v[0], v[1], v[2] of steps dt, 2 dt, 4 dt: what they are at dt = 0, to second order, and what
 * that errs by, from the third; by the logarithm (of what decays) or as they are (MATHEMATICS 5.4).
 * Not collective. */
PETSC_EXTERN void OttoRunExtrapolate(PetscBool logarithm, const PetscReal v[3], PetscReal *value,
                                     PetscReal *error);
