#include "message.h"
#include <stdlib.h>

/* Bytes per message: one block of 64 MiB travels at a third of the bandwidth of 1 MiB chunks, which
 * stay in cache between the copies in and out of shared memory. */
#define CHUNK ((PetscInt64)1 << 20)
#define IN_FLIGHT 4                 /* chunks under way each way at a time */
#define WHOLE ((PetscInt64)1 << 30) /* of what all ranks do at once: MPI's own algorithms cut it   \
                                     */

PetscInt64 OttoMessageBytes(PetscInt64 usual)
{
#ifdef OTTO_FAULTS
  static PetscInt64 wanted = -1;

  if (wanted < 0) {
    const char *text = getenv("OTTO_TEST_MESSAGE");
    wanted = text && atoll(text) > 0 ? atoll(text) : 0;
  }
  if (wanted && wanted < usual) return wanted;
#endif
  return usual;
}

/* How many of `width` bytes each make a part. */
static PetscMPIInt PartOf(PetscInt64 usual, size_t width)
{
  return (PetscMPIInt)PetscMax(1, OttoMessageBytes(usual) / (PetscInt64)width);
}

PetscErrorCode OttoMessageCount(PetscInt64 count, const char *what, PetscMPIInt *as)
{
  PetscFunctionBegin;
  OttoCheckInput(count <= PETSC_MPI_INT_MAX,
                 "%" PetscInt64_FMT " %s are more than MPI can count (%d)", count, what,
                 PETSC_MPI_INT_MAX);
  *as = (PetscMPIInt)count;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoMessageSpread(void *data, PetscInt64 bytes, PetscMPIInt root, MPI_Comm comm)
{
  const PetscMPIInt part = PartOf(WHOLE, 1);

  PetscFunctionBegin;
  for (PetscInt64 at = 0; at < bytes; at += part)
    PetscCallMPI(MPI_Bcast((char *)data + at, (PetscMPIInt)PetscMin(part, bytes - at), MPI_BYTE,
                           root, comm));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoMessageJoin(void *values, PetscInt64 count, size_t width, MPI_Datatype type,
                               MPI_Op op, MPI_Comm comm)
{
  const PetscMPIInt part = PartOf(WHOLE, width);

  PetscFunctionBegin;
  for (PetscInt64 at = 0; at < count; at += part)
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, (char *)values + (size_t)at * width,
                               (PetscMPIInt)PetscMin(part, count - at), type, op, comm));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoMessageJoinOn(PetscReal values[], PetscInt64 count, MPI_Op op, PetscMPIInt root,
                                 MPI_Comm comm)
{
  const PetscMPIInt part = PartOf(WHOLE, sizeof *values);
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  for (PetscInt64 at = 0; at < count; at += part)
    PetscCallMPI(MPI_Reduce(rank == root ? MPI_IN_PLACE : values + at, values + at,
                            (PetscMPIInt)PetscMin(part, count - at), MPIU_REAL, op, root, comm));
  PetscFunctionReturn(0);
}

/* Both partners cut a block at the same places: every chunk but the last is full. */
PetscErrorCode OttoMessageSwap(MPI_Comm comm, PetscMPIInt tag, PetscMPIInt to,
                               const PetscReal out[], PetscInt64 out_count, PetscMPIInt from,
                               PetscReal in[], PetscInt64 in_count)
{
  const PetscInt64 chunk = PartOf(CHUNK, sizeof *in), round = IN_FLIGHT * chunk;

  PetscFunctionBegin;
  for (PetscInt64 done = 0; done < PetscMax(out_count, in_count); done += round) {
    MPI_Request requests[2 * IN_FLIGHT];
    PetscMPIInt pending = 0;
    for (PetscInt64 c = done; c < PetscMin(in_count, done + round); c += chunk)
      PetscCallMPI(MPI_Irecv(in + c, (PetscMPIInt)PetscMin(chunk, in_count - c), MPIU_REAL, from,
                             tag, comm, &requests[pending++]));
    for (PetscInt64 c = done; c < PetscMin(out_count, done + round); c += chunk)
      PetscCallMPI(MPI_Isend(out + c, (PetscMPIInt)PetscMin(chunk, out_count - c), MPIU_REAL, to,
                             tag, comm, &requests[pending++]));
    PetscCallMPI(MPI_Waitall(pending, requests, MPI_STATUSES_IGNORE));
  }
  PetscFunctionReturn(0);
}
