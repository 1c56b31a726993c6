/* A signal on one rank ends the run on all of them, between two samples or two steps. */
#include "signals_impl.h"

static PetscBool taken;    /* the run is ending in order */
static PetscBool deferred; /* OttoStopDefer() */

void OttoStopDefer(PetscBool wait)
{
  deferred = wait;
}

static PetscErrorCode Stopped(int signal_number)
{
  PetscFunctionBegin;
  OttoFail(OTTO_ERR_STOPPED, "stopped by %s", OttoSignalName(signal_number));
}

/* The signal that asked some rank to stop, or 0. */
static PetscErrorCode Asked(MPI_Comm comm, int *signal_number)
{
  PetscFunctionBegin;
  *signal_number = OttoSignalsAsked();
  if (!OttoSignalsCaught()) PetscFunctionReturn(0);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, signal_number, 1, MPI_INT, MPI_MAX, comm));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoStopCheck(MPI_Comm comm)
{
  int signal_number = 0;

  PetscFunctionBegin;
  if (taken || deferred) PetscFunctionReturn(0);
  PetscCall(Asked(comm, &signal_number));
  if (signal_number) PetscCall(OttoAgree(comm, Stopped(signal_number)));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoStopTake(MPI_Comm comm, const char **by)
{
  int signal_number = 0;

  PetscFunctionBegin;
  PetscCall(Asked(comm, &signal_number));
  if (!signal_number) PetscFunctionReturn(0);
  *by = OttoSignalName(signal_number);
  taken = PETSC_TRUE;
  PetscFunctionReturn(0);
}
