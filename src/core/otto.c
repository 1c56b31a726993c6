/* Start and end of the library. */
#include "failure.h"
#include "fault.h"
#include "heap.h"
#include <stdlib.h>

PetscErrorCode OttoInitialize(void)
{
  PetscFunctionBegin;
  /* Everything the user says goes through OttoOptionsInsert(): PETSC_OPTIONS and ~/.petscrc would
   * change results unseen. */
  PetscCall(PetscOptionsSetValue(NULL, "-skip_petscrc", NULL));
  if (unsetenv("PETSC_OPTIONS")) OttoFail(PETSC_ERR_SYS, "cannot clear PETSC_OPTIONS");
  PetscCall(OttoHeapBegin());
  PetscCall(PetscInitializeNoArguments());
  PetscCall(PetscOptionsClearValue(NULL, "-skip_petscrc"));
  PetscCall(PetscPopSignalHandler());
  PetscCall(PetscPushErrorHandler(OttoFailureKeep, NULL));
  OttoErrorClear();
  OttoFaultsBegin();
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFinalize(void)
{
  /* not PetscCall(): what PETSc does last may fail, in one line of ours and no banner */
  return PetscFinalize();
}
