/* What a checkpoint holds: numbers and letters one behind the other, and fields in the order of
 * their grid's cells. */
#include "checkpoint_impl.h"
#include "storage_pieces.h"
#include "core/fault.h"
#include <signal.h>
#include <unistd.h>

void OttoCheckpointFault(const char *point)
{
  static PetscInt count;
  PetscReal number = 1;

  if (!OttoFaultIsSet(point)) return;
  OttoFault(point, 1, &number);
  if ((PetscReal)++count == number) kill(getpid(), SIGKILL);
}

void OttoPacksBegin(OttoPack packs[OTTO_PACKS])
{
  static const char *const names[] = {"index", "reals", "ints", "texts", "contents"};

  for (PetscInt k = 0; k < OTTO_PACKS; k++)
    packs[k] = (OttoPack){
        .name = names[k], .width = k == OTTO_PACK_REALS || k == OTTO_PACK_INTS ? 8 : 1, .count = 0};
}

PetscErrorCode OttoPacksFree(OttoPack packs[OTTO_PACKS])
{
  PetscFunctionBegin;
  for (PetscInt k = 0; k < OTTO_PACKS; k++) PetscCall(PetscFree(packs[k].data));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoKeptFieldOf(const char *name, Vec v, OttoKeptField *field, hsize_t at[],
                               hsize_t count[])
{
  const OttoFieldBox *box = NULL;
  PetscInt size = 0, local = 0, first = 0;
  PetscMPIInt ranks;

  PetscFunctionBegin;
  PetscCall(OttoFieldGetBox(v, &box));
  PetscCall(VecGetSize(v, &size));
  PetscCall(VecGetLocalSize(v, &local));
  PetscCall(VecGetOwnershipRange(v, &first, NULL));
  PetscCallMPI(MPI_Comm_size(PetscObjectComm((PetscObject)v), &ranks));
  PetscCall(PetscMemzero(field, sizeof *field));
  PetscCall(PetscStrncpy(field->name, name, sizeof field->name));
  if (box) {
    *field = (OttoKeptField){.dim = box->dim + 1, .n = {box->fields}};
    PetscCall(PetscStrncpy(field->name, name, sizeof field->name));
    for (PetscInt j = 0; j < box->dim; j++) {
      field->n[j + 1] = box->n[j];
      at[j + 1] = (hsize_t)box->first[j];
      count[j + 1] = (hsize_t)box->local[j];
    }
  } else {
    field->dim = 2;
    field->n[0] = 1;
    field->n[1] = size;
    field->dealt = ranks;
    at[1] = (hsize_t)first;
    count[1] = (hsize_t)local;
  }
  at[0] = 0;
  count[0] = (hsize_t)field->n[0];
  hsize_t values = 1;
  for (PetscInt j = 0; j < field->dim; j++) values *= count[j];
  PetscCheck(values == (hsize_t)local, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s: its box has %lld values, it has %lld", name, (long long)values, (long long)local);
  PetscFunctionReturn(0);
}

PetscBool OttoKeptFieldMove(hid_t data, const OttoKeptField *field, const hsize_t at[],
                            const hsize_t count[], PetscBool write, PetscScalar values[])
{
  PetscBool good = PETSC_TRUE;
  OttoPieces p;

  OttoPiecesBegin(&p, (int)field->dim, at, count, OTTO_PIECE_BYTES);
  while (good && OttoPiecesNext(&p))
    good = write ? OttoPieceWrite(&p, data, values + p.before)
                 : OttoPieceRead(&p, data, values + p.before);
  return good;
}
