/* A rank's rows of a dataset, whatever the order of its dimensions and entries: blocks of it are
 * read as they stand and dealt out. */
#include "storage_impl.h"
#include <stdlib.h>

/* How a block is dealt out: entry i of dimension d goes `at[d][i]` on in the target. */
typedef struct {
  const OttoStorageShape *shape;
  PetscInt rows; /* the dimension that is the target's axis 0 */
  PetscInt64 *at[H5S_MAX_RANK];
  PetscInt64 stride[H5S_MAX_RANK]; /* of the target's axes */
  PetscInt64 count[H5S_MAX_RANK];  /* entries of the block */
} Deal;

/* Where entry i of dimension d goes. */
static PetscInt64 Place(const OttoStorageDimension *d, PetscInt64 i)
{
  return ((d->first + d->step * i) % d->used + d->used) % d->used;
}

static PetscBool CreateDeal(const OttoStorageShape *shape, PetscInt dim, const PetscInt64 n[],
                            Deal *deal)
{
  *deal = (Deal){.shape = shape};
  deal->stride[dim - 1] = 1;
  for (PetscInt j = dim - 1; j > 0; j--) deal->stride[j - 1] = deal->stride[j] * n[j];
  for (PetscInt k = 0; k < shape->dim; k++) {
    const OttoStorageDimension *d = &shape->d[k];
    deal->count[k] = d->axis < 0 ? 1 : d->used;
    if (d->axis == 0) {
      deal->rows = k; /* its entries are placed block by block */
      continue;
    }
    if (!(deal->at[k] = calloc((size_t)deal->count[k], sizeof(PetscInt64)))) return PETSC_FALSE;
    for (PetscInt64 i = 0; d->axis > 0 && i < d->used; i++)
      deal->at[k][i] = Place(d, i) * deal->stride[d->axis];
  }
  return PETSC_TRUE;
}

static void DestroyDeal(Deal *deal)
{
  for (PetscInt k = 0; k < deal->shape->dim; k++) free(deal->at[k]);
}

/* Deals out a block; row r of it goes to values[row_at[r]…]. */
static void DealOut(const Deal *deal, const PetscInt64 row_at[], const double block[],
                    PetscReal replacement, PetscReal values[], PetscInt64 *missing)
{
  const OttoStorageShape *s = deal->shape;
  const PetscInt last = s->dim - 1;
  PetscInt64 i[H5S_MAX_RANK] = {0}, lines = 1, at = 0;

  for (PetscInt k = 0; k < last; k++) lines *= deal->count[k];
  for (PetscInt64 line = 0; line < lines; line++) {
    PetscInt64 base = 0;
    const PetscInt64 *place = last == deal->rows ? row_at : deal->at[last];
    for (PetscInt k = 0; k < last; k++) base += k == deal->rows ? row_at[i[k]] : deal->at[k][i[k]];
    for (PetscInt64 c = 0; c < deal->count[last]; c++) {
      PetscBool none;
      PetscReal value = OttoStorageDecode(&s->coding, block[at++], &none);
      values[base + place[c]] = none ? replacement : value;
      *missing += none;
    }
    for (PetscInt k = last - 1; k >= 0 && ++i[k] == deal->count[k]; k--) i[k] = 0;
  }
}

/* One block: entries [from, from + count) of the dimension of rows. */
static PetscBool ReadBlock(hid_t data, hid_t space, const Deal *deal, PetscInt64 from,
                           double block[])
{
  const OttoStorageShape *s = deal->shape;
  hsize_t at[H5S_MAX_RANK] = {0}, count[H5S_MAX_RANK], size = 1;

  for (PetscInt k = 0; k < s->dim; k++) size *= count[k] = (hsize_t)deal->count[k];
  at[deal->rows] = (hsize_t)from;
  hid_t memory = H5Screate_simple(1, &size, NULL);
  PetscBool good = memory >= 0 &&
                           H5Sselect_hyperslab(space, H5S_SELECT_SET, at, NULL, count, NULL) >= 0 &&
                           H5Dread(data, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, block) >= 0
                       ? PETSC_TRUE
                       : PETSC_FALSE;
  if (memory >= 0) H5Sclose(memory);
  return good;
}

/* Rows e, e + 1, … of the target, at most `most` of them, that stand side by side in the file: how
 * many, and the first of their entries there. */
static PetscInt64 NextRows(const OttoStorageDimension *d, PetscInt64 e, PetscInt64 most,
                           PetscInt64 *from)
{
  PetscInt64 i = d->step * (e - d->first); /* the entry of row e */

  i = (i % d->used + d->used) % d->used;
  most = PetscMin(most, d->step > 0 ? d->used - i : i + 1);
  *from = d->step > 0 ? i : i - most + 1;
  return most;
}

PetscBool OttoStorageReadRows(hid_t data, const OttoStorageShape *shape, PetscInt dim,
                              const PetscInt64 n[], PetscInt64 start, PetscInt64 rows,
                              PetscReal replacement, PetscReal values[], PetscInt64 *missing)
{
  hid_t type = H5Dget_type(data), space = H5Dget_space(data);
  const size_t width = PetscMax(sizeof(double), H5Tget_size(type));
  PetscInt64 row_values = 1, step, done = 0, *row_at = NULL;
  double *block = NULL;
  Deal deal;
  PetscBool good = CreateDeal(shape, dim, n, &deal);

  *missing = 0;
  for (PetscInt j = 1; j < dim; j++) row_values *= n[j];
  /* at most 64 MiB beside the field itself */
  step = PetscMax(1, PetscMin(rows, (PetscInt64)OttoRowsAtOnce(4 * (hsize_t)row_values * width)));
  const OttoStorageDimension *d = &shape->d[deal.rows];
  if (!(block = malloc((size_t)(step * row_values) * sizeof *block)) ||
      !(row_at = malloc((size_t)step * sizeof *row_at)) || type < 0 || space < 0)
    good = PETSC_FALSE;
  while (good && done < rows) {
    PetscInt64 from, count = NextRows(d, start + done, PetscMin(step, rows - done), &from);
    deal.count[deal.rows] = count;
    for (PetscInt64 r = 0; r < count; r++)
      row_at[r] = (Place(d, from + r) - start) * deal.stride[0];
    good = ReadBlock(data, space, &deal, from, block);
    if (good) DealOut(&deal, row_at, block, replacement, values, missing);
    done += count;
  }
  free(block);
  free(row_at);
  DestroyDeal(&deal);
  if (space >= 0) H5Sclose(space);
  if (type >= 0) H5Tclose(type);
  return good;
}
