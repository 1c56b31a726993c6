/* Failures are agreed: every rank ends a collective call with the same code and sentence, and where
 * a rank cannot reach the others it ends them. */
#include "failure.h"
#include <otto/signals.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PATIENCE 3       /* seconds that a rank that failed waits for the others */
#define LONG_PATIENCE 60 /* and where they come, but may be busy */

static PetscBool everywhere; /* the last failure that was agreed is every rank's */

void OttoAbort(PetscErrorCode code)
{
  PetscMPIInt rank = 0;

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  /* where several fail alike, the first ends them all: one line, not one a rank */
  if (rank) usleep(400000 + 10000 * (useconds_t)PetscMin(rank, 50));
  fprintf(stderr, "otto: error: %s (rank %d)\n", OttoErrorMessage(), rank);
  fflush(stderr);
  OttoSignalsHush(OttoExitStatus(code));
  MPI_Abort(MPI_COMM_WORLD, OttoExitStatus(code));
}

/* Whether the request is done before `seconds` are over; the processor is left to others. */
static PetscErrorCode Await(MPI_Request *request, double seconds, int *done)
{
  const double start = MPI_Wtime();

  PetscFunctionBegin;
  for (*done = 0; !*done;) {
    PetscCallMPI(MPI_Test(request, done, MPI_STATUS_IGNORE));
    if (*done || MPI_Wtime() - start > seconds) break;
    usleep(1000);
  }
  PetscFunctionReturn(0);
}

/* Agreement has communicators of its own, one beside each that it was asked on: a rank that failed
 * is in agreement while others may be in the midst of another collective call, ours or a library's,
 * and neither may take its part for that of the other. They go when those go. */
static PetscMPIInt keyval = MPI_KEYVAL_INVALID;

static int MPIAPI FreeOwn(MPI_Comm comm, PetscMPIInt key, void *kept, void *unused)
{
  MPI_Comm *own = (MPI_Comm *)kept;
  const int code = MPI_Comm_free(own);

  (void)comm, (void)key, (void)unused;
  free(own);
  return code;
}

/* The first time it is made: collective, and as patient as agreement itself. */
static PetscErrorCode GetOwn(MPI_Comm comm, PetscErrorCode local, double seconds, MPI_Comm *own)
{
  MPI_Comm *kept = NULL;
  MPI_Request request;
  int there = 0;

  PetscFunctionBegin;
  if (keyval == MPI_KEYVAL_INVALID)
    PetscCallMPI(MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, FreeOwn, &keyval, NULL));
  PetscCallMPI(MPI_Comm_get_attr(comm, keyval, &kept, &there));
  if (!there) {
    if (!(kept = malloc(sizeof *kept))) OttoAbort(local ? local : PETSC_ERR_MEM);
    PetscCallMPI(MPI_Comm_idup(comm, kept, &request));
    PetscCall(Await(&request, local ? seconds : INFINITY, &there));
    if (!there) OttoAbort(local);
    PetscCallMPI(MPI_Comm_set_attr(comm, keyval, kept));
  }
  *own = *kept;
  PetscFunctionReturn(0);
}

/* A rank that has not failed has time; one that has knows that others may never come: after
 * `seconds` it ends them all. */
static PetscErrorCode Agree(MPI_Comm comm, PetscErrorCode local, double seconds)
{
  MPI_Comm own = comm;
  PetscMPIInt rank, size, mine, first = 0, code = (PetscMPIInt)local;
  MPI_Request request;
  int done = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  if (size > 1) PetscCall(GetOwn(comm, local, seconds, &own));
  mine = local ? rank : size;
  PetscCallMPI(MPI_Iallreduce(&mine, &first, 1, MPI_INT, MPI_MIN, own, &request));
  if (local) {
    PetscCall(Await(&request, seconds, &done));
    if (!done) OttoAbort(local);
  } else {
    PetscCallMPI(MPI_Wait(&request, MPI_STATUS_IGNORE));
  }
  if (first == size) PetscFunctionReturn(0);
  PetscCallMPI(MPI_Bcast(&code, 1, MPI_INT, first, own));
  PetscCallMPI(MPI_Bcast(OttoFailureText(), OTTO_MESSAGE_SIZE, MPI_CHAR, first, own));
  OttoFailureIsAgreed();
  PetscMPIInt all;
  PetscCallMPI(MPI_Comm_size(MPI_COMM_WORLD, &all));
  everywhere = size == all ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn((PetscErrorCode)code);
}

/* What a library has no memory for, or faults of its own, may come up while the others are in the
 * midst of what all do together. */
PetscErrorCode OttoAgree(MPI_Comm comm, PetscErrorCode local)
{
  return Agree(comm, local, local >= OTTO_ERR_INPUT ? LONG_PATIENCE : PATIENCE);
}

PetscBool OttoErrorAgreedByAll(void)
{
  return everywhere && OttoErrorAgreed() ? PETSC_TRUE : PETSC_FALSE;
}

PetscErrorCode OttoAgreeSoon(MPI_Comm comm, PetscErrorCode local)
{
  return Agree(comm, local, PATIENCE);
}
