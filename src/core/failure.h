/* Private: the one sentence of a failure, as this rank has it. */
#pragma once
#include <otto/otto.h>

#define OTTO_MESSAGE_SIZE 1024

/** The sentence itself, to write to: OTTO_MESSAGE_SIZE characters. Not collective. */
PETSC_INTERN char *OttoFailureText(void);

/** Says that all ranks have the same failure. Not collective. */
PETSC_INTERN void OttoFailureIsAgreed(void);

/** PETSc's error handler: keeps the first sentence, prints nothing. */
PETSC_INTERN PetscErrorCode OttoFailureKeep(MPI_Comm comm, int line, const char *function,
                                            const char *file, PetscErrorCode code,
                                            PetscErrorType type, const char *text, void *context);
