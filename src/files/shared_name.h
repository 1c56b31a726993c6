/* Private to src/files: names that MPI's files have in common with those of other runs. */
#pragma once
#include <mpi.h>
#include <otto/otto.h>

/** Before a file is opened by MPI-IO: forgets a semaphore that a run which was killed has left
 * taken, and for which whoever opens a file of that last name on the node would wait without end.
 * Collective. */
PETSC_INTERN PetscErrorCode OttoSharedNameForget(MPI_Comm comm, const char *path);
