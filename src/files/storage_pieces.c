#include "storage_pieces.h"

void OttoPiecesBegin(OttoPieces *p, int dim, const hsize_t at[], const hsize_t count[],
                     PetscInt64 bytes)
{
  const hsize_t most = (hsize_t)PetscMax(1, OttoMessageBytes(bytes) / (PetscInt64)sizeof(double));

  *p = (OttoPieces){.dim = dim, .axis = dim - 1, .inner = 1};
  for (int j = 0; j < dim; j++) {
    p->at[j] = at[j];
    p->count[j] = count[j];
    if (!count[j]) p->next[0] = count[0]; /* nothing is there: it has ended */
  }
  while (p->axis > 0 && p->inner * count[p->axis] <= most) p->inner *= count[p->axis--];
  p->step = PetscMax(1, most / PetscMax(1, p->inner));
}

PetscBool OttoPiecesNext(OttoPieces *p)
{
  p->before += p->values;
  if (p->next[0] >= p->count[0]) return PETSC_FALSE;
  for (int j = 0; j < p->dim; j++) {
    p->from[j] = p->at[j] + p->next[j];
    p->part[j] = j < p->axis ? 1 : p->count[j];
  }
  p->part[p->axis] = PetscMin(p->step, p->count[p->axis] - p->next[p->axis]);
  p->values = p->part[p->axis] * p->inner;
  p->next[p->axis] += p->part[p->axis];
  for (int j = p->axis; j > 0 && p->next[j] == p->count[j]; j--) {
    p->next[j] = 0;
    p->next[j - 1]++;
  }
  return PETSC_TRUE;
}

hsize_t OttoPiecesMost(const OttoPieces *p)
{
  return PetscMin(p->step, p->count[p->axis]) * p->inner;
}

/* Reads where `write` is NULL. */
static PetscBool Move(const OttoPieces *p, hid_t data, double read[], const double write[])
{
  const hid_t space = H5Dget_space(data), memory = H5Screate_simple(1, &p->values, NULL);
  PetscBool good = PETSC_FALSE;

  if (space >= 0 && memory >= 0 &&
      H5Sselect_hyperslab(space, H5S_SELECT_SET, p->from, NULL, p->part, NULL) >= 0 &&
      (write ? H5Dwrite(data, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, write)
             : H5Dread(data, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, read)) >= 0)
    good = PETSC_TRUE;
  if (memory >= 0) H5Sclose(memory);
  if (space >= 0) H5Sclose(space);
  return good;
}

PetscBool OttoPieceWrite(const OttoPieces *p, hid_t data, const double values[])
{
  return Move(p, data, NULL, values);
}

PetscBool OttoPieceRead(const OttoPieces *p, hid_t data, double values[])
{
  return Move(p, data, values, NULL);
}

PetscBool OttoPiecesWriteBox(hid_t data, int dim, const hsize_t at[], const hsize_t count[],
                             const double values[])
{
  PetscBool good = PETSC_TRUE;
  OttoPieces p;

  OttoPiecesBegin(&p, dim, at, count, OTTO_PIECE_BYTES);
  while (good && OttoPiecesNext(&p)) good = OttoPieceWrite(&p, data, values + p.before);
  return good;
}
