#include "parcels.h"
#include "core/message.h"
#include <string.h>

/* Parcels that a rank posts in a round: what one rank may get from all stays near 2^18, but many
 * ranks do not make rounds of nothing. */
#define ROUND ((PetscInt64)1 << 18)
#define LEAST ((PetscInt64)1 << 12)

struct _n_OttoParcels {
  MPI_Comm comm; /* PETSc's private duplicate */
  PetscMPIInt size, rank, tag;
  PetscInt words; /* of a parcel: its place and its values */
  PetscInt64 enough, count, space;
  PetscMPIInt *to;   /* [space] */
  PetscReal *posted; /* [space][words], as posted */
  PetscReal *sent;   /* [space][words], by rank */
  PetscReal *taken;
  PetscInt64 *counts; /* [4][size]: words and offsets, out and in */
};

PetscBool OttoParcelsFull(OttoParcels parcels)
{
  return parcels->count >= parcels->enough;
}

static PetscErrorCode Grow(OttoParcels p, PetscInt64 space)
{
  PetscFunctionBegin;
  PetscCall(PetscRealloc(sizeof *p->to * (size_t)space, &p->to));
  PetscCall(PetscRealloc(sizeof *p->posted * (size_t)(space * p->words), &p->posted));
  PetscCall(PetscRealloc(sizeof *p->sent * (size_t)(space * p->words), &p->sent));
  p->space = space;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoParcelsPost(OttoParcels parcels, PetscMPIInt to, PetscInt64 place,
                               const PetscReal values[])
{
  const OttoParcels p = parcels;

  PetscFunctionBegin;
  if (p->count == p->space) PetscCall(Grow(p, PetscMax(1024, 2 * p->space)));
  PetscReal *parcel = p->posted + p->count * p->words;
  parcel[0] = (PetscReal)place;
  for (PetscInt k = 1; k < p->words; k++) parcel[k] = values[k - 1];
  p->to[p->count++] = to;
  PetscFunctionReturn(0);
}

/* Parcels in the order of ranks; counts in words. */
static void Sort(OttoParcels p, PetscInt64 out[], PetscInt64 offset[])
{
  PetscInt64 at = 0;

  for (PetscMPIInt r = 0; r < p->size; r++) out[r] = 0;
  for (PetscInt64 i = 0; i < p->count; i++) out[p->to[i]] += p->words;
  for (PetscMPIInt r = 0; r < p->size; r++) {
    offset[r] = at;
    at += out[r];
    out[r] = 0;
  }
  for (PetscInt64 i = 0; i < p->count; i++) {
    const PetscMPIInt r = p->to[i];
    memcpy(p->sent + offset[r] + out[r], p->posted + i * p->words,
           sizeof *p->sent * (size_t)p->words);
    out[r] += p->words;
  }
}

static PetscErrorCode Room(OttoParcels p, const PetscInt64 in[], PetscInt64 offset[],
                           PetscInt64 *words)
{
  PetscFunctionBegin;
  *words = 0;
  for (PetscMPIInt r = 0; r < p->size; r++) {
    offset[r] = *words;
    *words += in[r];
  }
  PetscCall(PetscRealloc(sizeof *p->taken * (size_t)(*words + 1), &p->taken));
  PetscFunctionReturn(0);
}

static PetscErrorCode Take(OttoParcels p, PetscInt64 words, OttoParcelsTakes takes, void *context)
{
  PetscFunctionBegin;
  for (PetscInt64 k = 0; k < words; k += p->words)
    PetscCall(takes((PetscInt64)p->taken[k], p->taken + k + 1, context));
  PetscFunctionReturn(0);
}

/* A round: what was posted and sorted goes, what comes is taken; *code is what taking it says. */
static PetscErrorCode Round(OttoParcels p, OttoParcelsTakes takes, void *context,
                            PetscErrorCode *code)
{
  PetscInt64 *out = p->counts, *from = out + p->size, *in = from + p->size, *to = in + p->size;
  PetscInt64 words = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Alltoall(out, 1, MPIU_INT64, in, 1, MPIU_INT64, p->comm));
  PetscCall(OttoAgree(p->comm, Room(p, in, to, &words)));
  PetscCall(PetscArraycpy(p->taken + to[p->rank], p->sent + from[p->rank], out[p->rank]));
  for (PetscMPIInt step = 1; step < p->size; step++) {
    const PetscMPIInt next = (p->rank + step) % p->size,
                      last = (p->rank - step + p->size) % p->size;
    PetscCall(OttoMessageSwap(p->comm, p->tag, next, p->sent + from[next], out[next], last,
                              p->taken + to[last], in[last]));
  }
  p->count = 0;
  *code = Take(p, words, takes, context);
  PetscFunctionReturn(0);
}

static PetscErrorCode Rounds(OttoParcels p, OttoParcelsPosts posts, OttoParcelsTakes takes,
                             void *context)
{
  PetscMPIInt left[2]; /* ranks with something more to post, and with posts */
  PetscErrorCode code = 0;
  PetscBool done = PETSC_FALSE;

  PetscFunctionBegin;
  do {
    if (!code && !done) code = posts(p, context, &done);
    if (!code) Sort(p, p->counts, p->counts + p->size);
    PetscCall(OttoAgree(p->comm, code)); /* on what the round before took, too */
    if (p->size == 1) continue;
    left[0] = !done;
    left[1] = p->count > 0;
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, left, 2, MPI_INT, MPI_SUM, p->comm));
    if (left[1]) PetscCall(Round(p, takes, context, &code));
  } while (p->size == 1 ? !done : left[0] > 0);
  PetscCall(OttoAgree(p->comm, code));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoParcelsSwap(MPI_Comm comm, PetscInt width, OttoParcelsPosts posts,
                               OttoParcelsTakes takes, void *context)
{
  struct _n_OttoParcels parcels = {.words = 1 + width};
  OttoParcels p = &parcels;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(PetscCommDuplicate(comm, &p->comm, &p->tag));
  PetscCallMPI(MPI_Comm_rank(p->comm, &p->rank));
  PetscCallMPI(MPI_Comm_size(p->comm, &p->size));
  p->enough = PetscMax(LEAST, ROUND / p->size);
  code = OttoAgree(p->comm, PetscMalloc1(4 * (size_t)p->size, &p->counts));
  if (!code) code = Rounds(p, posts, takes, context);
  PetscCall(PetscFree(p->to));
  PetscCall(PetscFree(p->posted));
  PetscCall(PetscFree(p->sent));
  PetscCall(PetscFree(p->taken));
  PetscCall(PetscFree(p->counts));
  PetscCall(PetscCommDestroy(&p->comm));
  PetscFunctionReturn(code);
}
