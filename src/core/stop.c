/* A signal on one rank ends the run on all of them, between two samples. */
#include "signals_impl.h"

static PetscErrorCode Stopped(int signal_number)
{
  PetscFunctionBegin;
  OttoFail(OTTO_ERR_STOPPED, "stopped by %s", OttoSignalName(signal_number));
}

PetscErrorCode OttoStopCheck(MPI_Comm comm)
{
  int signal_number = OttoSignalsAsked();

  PetscFunctionBegin;
  if (!OttoSignalsCaught()) PetscFunctionReturn(0);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &signal_number, 1, MPI_INT, MPI_MAX, comm));
  if (signal_number) PetscCall(OttoAgree(comm, Stopped(signal_number)));
  PetscFunctionReturn(0);
}
