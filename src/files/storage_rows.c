/* A rank's rows of a dataset, whatever the order of its dimensions and entries: blocks of it are
 * read as they stand and dealt out. */
#include "core/fault.h"
#include "storage_impl.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

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

  for (PetscInt k = 0; k < s->dim; k++) {
    size *= count[k] = (hsize_t)deal->count[k];
    at[k] = s->d[k].axis < 0 ? (hsize_t)s->d[k].at : 0;
  }
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

/* Numbers of a row of the target. */
static PetscInt64 RowValues(const OttoStorageRows *r)
{
  PetscInt64 values = 1;

  for (PetscInt j = 1; j < r->dim; j++) values *= r->n[j];
  return values;
}

/* What a rank's own process finds. */
typedef struct {
  PetscInt64 missing;
  char why[500];
} Found;

typedef struct {
  const OttoStorageRows *rows;
  PetscReal *values;
  Found *found;
} Reading;

/* Reads the rows block by block; file_bytes: of the whole file. */
static void ReadRows(hid_t data, const Reading *reading, PetscReal file_bytes)
{
  const OttoStorageRows *r = reading->rows;
  hid_t type = H5Dget_type(data), space = H5Dget_space(data);
  const size_t width = PetscMax(sizeof(double), H5Tget_size(type));
  const PetscInt64 row_values = RowValues(r), rows = r->count;
  PetscInt64 step, done = 0, *row_at = NULL;
  double *block = NULL;
  Deal deal;
  PetscBool good = CreateDeal(r->shape, r->dim, r->n, &deal), room;

  /* at most 64 MiB beside the field itself */
  step = PetscMax(1, PetscMin(rows, (PetscInt64)OttoRowsAtOnce(4 * (hsize_t)row_values * width)));
  const OttoStorageDimension *d = &r->shape->d[deal.rows];
  block = malloc((size_t)(step * row_values) * sizeof *block);
  row_at = malloc((size_t)step * sizeof *row_at);
  room = good = good && block && row_at ? PETSC_TRUE : PETSC_FALSE;
  if (type < 0 || space < 0) good = PETSC_FALSE;
  while (good && done < rows) {
    PetscInt64 from, count = NextRows(d, r->start + done, PetscMin(step, rows - done), &from);
    deal.count[deal.rows] = count;
    for (PetscInt64 k = 0; k < count; k++)
      row_at[k] = (Place(d, from + k) - r->start) * deal.stride[0];
    OttoStorageGoOn(file_bytes);
    good = ReadBlock(data, space, &deal, from, block);
    if (good)
      DealOut(&deal, row_at, block, r->replacement, reading->values, &reading->found->missing);
    done += count;
  }
  if (!room)
    snprintf(reading->found->why, sizeof reading->found->why, "cannot be read: no memory is left");
  else if (!good)
    OttoStorageExplainUnreadable(data, reading->found->why, sizeof reading->found->why);
  free(block);
  free(row_at);
  DestroyDeal(&deal);
  if (space >= 0) H5Sclose(space);
  if (type >= 0) H5Tclose(type);
}

static void ReadMine(void *context)
{
  const Reading *reading = (const Reading *)context;
  const OttoStorageRows *r = reading->rows;
  char *why = reading->found->why;
  const size_t size = sizeof reading->found->why;
  struct stat info;
  hid_t file = OttoStorageOpenSerial(r->path), data;

  if (OttoFaultFails("read") || file < 0 || stat(r->path, &info)) {
    snprintf(why, size, "cannot be read: the file does not open on every rank");
    if (file >= 0) H5Fclose(file);
    return;
  }
  data = H5Dopen2(file, r->dataset, H5P_DEFAULT);
  if (data < 0)
    snprintf(why, size, "cannot be read: it does not open on every rank");
  else
    ReadRows(data, reading, (PetscReal)info.st_size);
  if (data >= 0) H5Dclose(data);
  H5Fclose(file);
}

PetscErrorCode OttoStorageReadApart(MPI_Comm comm, const char *key, const OttoStorageRows *rows,
                                    PetscReal values[], PetscInt64 *missing)
{
  Found found = {.missing = 0};
  Reading reading = {rows, values, &found};
  const OttoStorageResult result[] = {
      {&found, sizeof found}, {values, (size_t)(rows->count * RowValues(rows)) * sizeof *values}};
  PetscErrorCode code = 0;

  PetscFunctionBegin;
  if (rows->count > 0) {
    OttoStorageTrial trial = OttoStorageTry(ReadMine, &reading, 2, result);
    if (trial != OTTO_STORAGE_SEEN)
      snprintf(found.why, sizeof found.why, "%s", OttoStorageTrialWords(trial));
  }
  if (found.why[0])
    code = OttoRaise(__LINE__, PETSC_FUNCTION_NAME, __FILE__, OTTO_ERR_INPUT,
                     "%s: dataset '%s' of '%s' %s", key, rows->dataset, rows->path, found.why);
  PetscCall(OttoAgree(comm, code));
  *missing = found.missing;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, missing, 1, MPIU_INT64, MPI_SUM, comm));
  PetscFunctionReturn(0);
}
