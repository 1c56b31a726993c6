/* Private: one run owns its output folder. */
#pragma once
#include <otto/otto.h>

/* Takes the folder `dir`, which exists: locks <dir>/otto.lock, which names host and process. On one
 * rank. OTTO_ERR_INPUT: another run has it. */
PETSC_INTERN PetscErrorCode OttoLockTake(const char *dir);
/* Gives it back; may be called from a signal handler, and where nothing was taken. */
PETSC_INTERN void OttoLockDrop(void);
