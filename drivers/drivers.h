/* One function per driver: reads its options, runs, and says whether every check passed. */
#pragma once
#include <otto.h>

PETSC_EXTERN PetscErrorCode OttoDriverDissipation(const char *input, PetscBool *passed);
PETSC_EXTERN PetscErrorCode OttoDriverFokkerPlanck(const char *input, PetscBool *passed);
PETSC_EXTERN PetscErrorCode OttoDriverBenchHeat(const char *input, PetscBool *passed);
PETSC_EXTERN PetscErrorCode OttoDriverBenchFokkerPlanck(const char *input, PetscBool *passed);
