/* What a checkpoint holds: numbers and letters one behind the other, and fields in the order of
 * their grid's cells. */
#include "checkpoint_impl.h"
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
  hid_t space = H5Dget_space(data);
  hsize_t plane = 1, from[OTTO_CHECKPOINT_AXES], part[OTTO_CHECKPOINT_AXES];
  PetscBool good = space >= 0 ? PETSC_TRUE : PETSC_FALSE;

  for (PetscInt j = 0; j < field->dim; j++) {
    from[j] = at[j];
    part[j] = count[j];
    if (j > 1) plane *= count[j];
  }
  const hsize_t step = OttoRowsAtOnce(PetscMax(plane, 1) * sizeof *values);
  part[0] = 1;
  for (hsize_t k = 0; good && plane && k < count[0]; k++)
    for (hsize_t done = 0; good && done < count[1]; done += part[1]) {
      from[0] = at[0] + k;
      from[1] = at[1] + done;
      part[1] = PetscMin(step, count[1] - done);
      hsize_t cells = part[1] * plane;
      PetscScalar *here = values + (k * count[1] + done) * plane;
      hid_t memory = H5Screate_simple(1, &cells, NULL);
      good =
          memory >= 0 && H5Sselect_hyperslab(space, H5S_SELECT_SET, from, NULL, part, NULL) >= 0 &&
                  (write ? H5Dwrite(data, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, here)
                         : H5Dread(data, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, here)) >= 0
              ? PETSC_TRUE
              : PETSC_FALSE;
      if (memory >= 0) H5Sclose(memory);
    }
  if (space >= 0) H5Sclose(space);
  return good;
}
