/* Private: inverses of small matrices. */
#pragma once
#include <otto/otto.h>

/** The inverse of a[n·n], row by row, n ≤ OTTO_MAX_DIM, in place, by its singular values, whose
 * largest and least are given: where the least is but rounding of the largest, a is left as it is
 * and *singular is true. Not collective. */
PETSC_INTERN PetscErrorCode OttoInvert(PetscInt n, PetscReal a[], PetscReal range[2],
                                       PetscBool *singular);
