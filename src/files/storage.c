/* Reading. Rank 0 alone looks at the file first, serially and in a process of its own, so that
 * whatever is wrong with it becomes one sentence that all ranks agree on; only a good file is
 * opened by all. Each rank then reads its own rows, serially and in a process of its own likewise:
 * chunks and their index are first looked at by those who need them, and a read that fails, or
 * crashes, on one rank cannot leave the others waiting (HDF5 reads independently anyway wherever it
 * converts types or decompresses). */
#include "storage_impl.h"
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *ClassName(H5T_class_t class)
{
  switch (class) {
  case H5T_STRING:
    return "strings";
  case H5T_COMPOUND:
    return "compound records";
  case H5T_ENUM:
    return "an enumeration";
  case H5T_OPAQUE:
    return "opaque bytes";
  case H5T_BITFIELD:
    return "bit fields";
  case H5T_REFERENCE:
    return "references";
  case H5T_ARRAY:
    return "arrays";
  case H5T_VLEN:
    return "lists of varying length";
  default:
    return "an unknown type";
  }
}

#define Because(...) OttoStorageBecause(shape, __VA_ARGS__)

/* h5py's booleans: an enumeration of two integers. */
static PetscBool IsBoolean(hid_t type, H5T_class_t class)
{
  return class == H5T_ENUM && H5Tget_nmembers(type) == 2 ? PETSC_TRUE : PETSC_FALSE;
}

/* Whether anything was ever written to it: what was not reads as zeros. */
static PetscBool IsWritten(hid_t data)
{
  hid_t plan = H5Dget_create_plist(data);
  H5D_layout_t layout = H5Pget_layout(plan);
  H5D_space_status_t status = H5D_SPACE_STATUS_ALLOCATED;
  const PetscBool own =
      (layout == H5D_CONTIGUOUS && H5Pget_external_count(plan) == 0) || layout == H5D_CHUNKED
          ? PETSC_TRUE
          : PETSC_FALSE;

  if (own) H5Dget_space_status(data, &status);
  if (plan >= 0) H5Pclose(plan);
  return status == H5D_SPACE_STATUS_NOT_ALLOCATED ? PETSC_FALSE : PETSC_TRUE;
}

/* What is asked of rank 0. */
typedef struct {
  const char *path, *dataset;
  const OttoGridInfo *g; /* the grid that it must fit; NULL: none */
  PetscInt columns;      /* rows of so many numbers; 0: the grid's cells */
  PetscBool timed;       /* of them, those at entry `moment` of time */
  PetscInt64 moment;
  PetscBool sizing; /* not whether it fits the grid, but how many cells it has */
  OttoStorageShape *shape;
} Question;

static void InspectDataset(hid_t file, hid_t object, const Question *q)
{
  const char *path = q->path, *dataset = q->dataset;
  OttoStorageShape *shape = q->shape;
  char what[300];
  hid_t type = H5Dget_type(object), space = H5Dget_space(object);
  H5T_class_t class = type < 0 ? H5T_NO_CLASS : H5Tget_class(type);
  hsize_t n[H5S_MAX_RANK] = {0};
  int dim = space < 0 ? -1 : H5Sget_simple_extent_dims(space, n, NULL);

  if (type < 0 || dim < 0)
    Because("dataset '%s' of '%s' is damaged", dataset, path);
  else if (class != H5T_INTEGER && class != H5T_FLOAT && !IsBoolean(type, class))
    Because("dataset '%s' of '%s' holds %s; integers or floating-point numbers are expected",
            dataset, path, ClassName(class));
  shape->dim = PetscMax(0, dim);
  shape->timed = q->timed;
  shape->moment = q->moment;
  shape->sizing = q->sizing;
  for (int j = 0; j < dim; j++)
    shape->d[j] = (OttoStorageDimension){.n = (PetscInt64)n[j], .axis = -1, .step = 1};
  snprintf(what, sizeof what, "dataset '%.100s' of '%.160s'", dataset, path);
  if (!shape->why[0]) OttoStorageReadCoding(file, object, what, shape);
  if (!shape->why[0] && !q->columns) OttoStorageMatchGrid(file, object, q->g, what, shape);
  shape->unwritten = !IsWritten(object) && H5Sget_simple_extent_npoints(space) > 0;
  if (!shape->why[0] && q->columns)
    OttoStorageMatchPoints(file, object, q->g, q->columns, what, shape);
  if (space >= 0) H5Sclose(space);
  if (type >= 0) H5Tclose(type);
}

static PetscBool IsClassic(const char *path)
{
  char begin[4] = "";
  FILE *f = fopen(path, "rb");
  size_t n = f ? fread(begin, 1, 4, f) : 0;

  if (f) fclose(f);
  return n == 4 && !memcmp(begin, "CDF", 3) && begin[3] <= 5 ? PETSC_TRUE : PETSC_FALSE;
}

static void InspectFile(void *context)
{
  const Question *q = (const Question *)context;
  const char *path = q->path, *dataset = q->dataset;
  OttoStorageShape *shape = q->shape;
  struct stat info;
  hid_t file, object;

  if (stat(path, &info)) {
    Because("cannot read '%s': %s", path, strerror(errno));
  } else if (!S_ISREG(info.st_mode)) {
    Because("cannot read '%s': not a file", path);
  } else if (access(path, R_OK)) {
    Because("cannot read '%s': %s", path, strerror(errno));
  } else if (H5Fis_hdf5(path) <= 0) {
    Because("'%s' is not an HDF5 file%s", path,
            IsClassic(path) ? " but NetCDF's classic format; `nccopy -k nc4` makes one of it" : "");
  } else if ((file = OttoStorageOpenSerial(path)) < 0) {
    Because("'%s' is an HDF5 file that is truncated, damaged or open for writing", path);
  } else {
    object = OttoStorageOpenObject(file, path, dataset, shape->why, sizeof shape->why);
    if (object >= 0 && H5Iget_type(object) != H5I_DATASET) {
      Because("'%s' in '%s' is a %s, not a dataset", dataset, path,
              H5Iget_type(object) == H5I_GROUP ? "group" : "named type");
    } else if (object >= 0) {
      InspectDataset(file, object, q);
    }
    if (object >= 0) H5Oclose(object);
    H5Fclose(file);
  }
}

/* Looks at the dataset on rank 0; all ranks fail alike, or know its shape. Collective. */
static PetscErrorCode Inspect(MPI_Comm comm, const char *key, Question *q)
{
  OttoStorageShape *shape = q->shape;
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(shape, sizeof *shape));
  PetscCall(OttoStorageEndSilently());
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank == 0) {
    const OttoStorageResult result = {shape, sizeof *shape};
    OttoStorageTrial trial = OttoStorageTry(InspectFile, q, 1, &result);
    if (trial != OTTO_STORAGE_SEEN)
      Because("dataset '%s' of '%s' %s", q->dataset, q->path, OttoStorageTrialWords(trial));
  }
  PetscCallMPI(MPI_Bcast(shape, sizeof *shape, MPI_BYTE, 0, comm));
  OttoCheckInput(!shape->why[0], "%s: %s", key, shape->why);
  PetscFunctionReturn(0);
}

static PetscErrorCode RefuseUnwritten(const char *key, const char *path, const char *dataset,
                                      const OttoStorageShape *shape)
{
  PetscFunctionBegin;
  OttoCheckInput(!shape->unwritten, "%s: dataset '%s' of '%s' was never written", key, dataset,
                 path);
  OttoCheckInput(
      !shape->unwritten_chunks,
      "%s: dataset '%s' of '%s': %" PetscInt64_FMT " of its %" PetscInt64_FMT
      " chunks were never written and read as its fill value; if that is what they hold, "
      "copy it (h5py: f['new'] = f['old'][()]), if they are missing, name the value in "
      "attribute _FillValue",
      key, dataset, path, shape->unwritten_chunks, shape->chunks);
  PetscFunctionReturn(0);
}

static PetscErrorCode RefuseMissing(const char *key, const char *path, const char *dataset,
                                    PetscInt64 missing, const char *of)
{
  PetscFunctionBegin;
  OttoCheckInput(!missing,
                 "%s: dataset '%s' of '%s': %" PetscInt64_FMT
                 " %s are missing values (attribute _FillValue, missing_value or valid_range)",
                 key, dataset, path, missing, of);
  PetscFunctionReturn(0);
}

/* A rank's box: its planes of all of axis 1, of which it keeps its own part. */
static PetscErrorCode ReadBox(const OttoGridInfo *g, const char *key, const OttoStorageRows *rows,
                              PetscReal values[], PetscInt64 *missing)
{
  const PetscInt64 slab = g->n[1] * g->row_cells, own = g->local[1] * g->row_cells;
  PetscReal *planes;

  PetscFunctionBegin;
  if (g->mesh[1] == 1) {
    PetscCall(OttoStorageReadApart(g->comm, key, rows, values, missing));
    PetscFunctionReturn(0);
  }
  PetscCall(OttoAgree(g->comm, PetscMalloc1((size_t)(g->local[0] * slab), &planes)));
  PetscErrorCode code = OttoStorageReadApart(g->comm, key, rows, planes, missing);
  for (PetscInt64 i = 0; i < g->local[0] && !code; i++)
    PetscCall(PetscArraycpy(values + i * own, planes + i * slab + g->first[1] * g->row_cells, own));
  if (!code) *missing /= g->mesh[1]; /* so many ranks read, and count, the same planes */
  PetscCall(PetscFree(planes));
  PetscFunctionReturn(code);
}

static PetscErrorCode NoteField(const OttoGridInfo *g, const char *key, const Question *q,
                                const PetscReal values[])
{
  const PetscInt64 step = g->n[1] * g->row_cells, row = g->local[1] * g->row_cells;
  const OttoStorageRead read = {.key = key,
                                .path = q->path,
                                .dataset = q->dataset,
                                .values = g->cells,
                                .timed = q->timed,
                                .moment = q->moment};

  PetscFunctionBegin;
  PetscCall(OttoStorageNoteRead(g->comm, &read,
                                OttoStorageSumRows(values, g->local[0], row,
                                                   g->first[0] * step + g->first[1] * g->row_cells,
                                                   step)));
  PetscFunctionReturn(0);
}

/* `q` says what is asked for beside path, dataset and grid. */
static PetscErrorCode ReadField(OttoGrid grid, const char *key, Question q, PetscReal replacement,
                                Vec field, PetscInt64 *missing)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  OttoStorageShape shape;
  PetscScalar *values;

  PetscFunctionBegin;
  q.g = g;
  q.shape = &shape;
  PetscCall(Inspect(g->comm, key, &q));
  PetscCall(RefuseUnwritten(key, q.path, q.dataset, &shape));
  PetscCall(VecGetArray(field, &values));
  const OttoStorageRows rows = {.path = q.path,
                                .dataset = q.dataset,
                                .shape = &shape,
                                .dim = g->dim,
                                .n = g->n,
                                .start = g->first[0],
                                .count = g->local[0],
                                .replacement = replacement};
  PetscErrorCode code = ReadBox(g, key, &rows, values, missing);
  if (!code) code = NoteField(g, key, &q, values);
  PetscCall(VecRestoreArray(field, &values));
  PetscFunctionReturn(code);
}

PetscErrorCode OttoStorageReadMasked(OttoGrid grid, const char *key, const char *path,
                                     const char *dataset, PetscReal replacement, Vec field,
                                     PetscInt64 *missing)
{
  const Question q = {.path = path, .dataset = dataset};

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  OttoQuiet before = OttoQuietBegin();
  PetscErrorCode code = ReadField(grid, key, q, replacement, field, missing);
  OttoQuietEnd(before);
  PetscFunctionReturn(code);
}

PetscErrorCode OttoStorageReadMoment(OttoGrid grid, const char *key, const char *path,
                                     const char *dataset, PetscInt64 moment, PetscReal replacement,
                                     Vec field, PetscInt64 *missing)
{
  const Question q = {.path = path, .dataset = dataset, .timed = PETSC_TRUE, .moment = moment};

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  OttoQuiet before = OttoQuietBegin();
  PetscErrorCode code = ReadField(grid, key, q, replacement, field, missing);
  OttoQuietEnd(before);
  PetscFunctionReturn(code);
}

PetscErrorCode OttoStorageReadSizes(OttoGrid grid, const char *key, const char *path,
                                    const char *dataset, PetscInt64 n[], PetscInt64 *moments)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  OttoStorageShape shape;
  Question q = {.path = path,
                .dataset = dataset,
                .g = g,
                .timed = PETSC_TRUE,
                .sizing = PETSC_TRUE,
                .shape = &shape};

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  OttoQuiet before = OttoQuietBegin();
  PetscErrorCode code = Inspect(g->comm, key, &q);
  OttoQuietEnd(before);
  if (code) PetscFunctionReturn(code);
  for (PetscInt j = 0; j < g->dim; j++) n[j] = shape.sizes[j];
  *moments = shape.moments;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoStorageReadField(OttoGrid grid, const char *key, const char *path,
                                    const char *dataset, Vec field)
{
  PetscInt64 missing = 0;

  PetscFunctionBegin;
  PetscCall(OttoStorageReadMasked(grid, key, path, dataset, NAN, field, &missing));
  PetscCall(RefuseMissing(key, path, dataset, missing, "cells"));
  PetscFunctionReturn(0);
}

/* Whether the dataset is N rows of `columns` numbers: n[0] = N, n[1]. */
static PetscErrorCode CheckRows(const char *key, const Question *q, PetscInt64 n[2])
{
  const OttoStorageShape *shape = q->shape;
  const PetscInt columns = q->columns;
  PetscInt axes = 0;
  char found[160], turned[120] = "";

  PetscFunctionBegin;
  OttoStorageFormatShape(shape, found, sizeof found);
  n[0] = n[1] = 1;
  for (PetscInt d = 0; d < shape->dim; d++) {
    if (shape->d[d].axis >= 0) axes++;
    if (shape->d[d].axis == 0 || shape->d[d].axis == 1) n[shape->d[d].axis] = shape->d[d].n;
  }
  if (axes == 2 && n[0] == columns && n[1] != columns)
    snprintf(turned, sizeof turned,
             "; it looks turned (MATLAB, Fortran): h5py: f['new'] = f['%.40s'][()].T", q->dataset);
  OttoCheckInput(axes == (columns == 1 ? 1 : 2) && n[1] == columns,
                 "%s: dataset '%s' of '%s' has shape %s; points on this grid are N x %d%s%s", key,
                 q->dataset, q->path, found, (int)columns, columns == 1 ? " or N" : "", turned);
  OttoCheckInput(n[0] > 0, "%s: dataset '%s' of '%s' holds no points", key, q->dataset, q->path);
  PetscFunctionReturn(0);
}

/* Columns in the order of the grid's axes. */
static void SortColumns(const OttoStorageShape *shape, PetscInt columns, PetscInt64 count,
                        PetscReal points[])
{
  PetscReal row[OTTO_MAX_DIM];
  PetscBool sorted = PETSC_TRUE;

  for (PetscInt k = 0; columns <= OTTO_MAX_DIM && k < columns; k++)
    if (shape->column[k] != k) sorted = PETSC_FALSE;
  for (PetscInt64 i = 0; i < count && !sorted; i++) {
    PetscReal *x = &points[i * columns];
    for (PetscInt k = 0; k < columns; k++) row[k] = x[k];
    for (PetscInt k = 0; k < columns; k++) x[shape->column[k]] = row[k];
  }
}

/* g: the grid whose axes the columns are, or NULL. */
static PetscErrorCode ReadPoints(MPI_Comm comm, const OttoGridInfo *g, const char *key,
                                 const char *path, const char *dataset, PetscInt columns,
                                 PetscInt64 *count, PetscReal **points)
{
  OttoStorageShape shape;
  PetscMPIInt rank, size;
  PetscInt64 n[2], missing = 0;

  PetscFunctionBegin;
  Question q = {.path = path, .dataset = dataset, .g = g, .columns = columns, .shape = &shape};
  PetscCall(Inspect(comm, key, &q));
  PetscCall(CheckRows(key, &q, n));
  PetscCall(OttoStorageCheckRoom(comm, key, path, dataset, n[0], columns));
  PetscCall(RefuseUnwritten(key, path, dataset, &shape));
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscInt64 share = n[0] / size, rest = n[0] % size;
  *count = share + (rank < rest);
  PetscCall(OttoAgree(comm, PetscMalloc1(PetscMax(1, *count * columns), points)));
  const OttoStorageRows rows = {.path = path,
                                .dataset = dataset,
                                .shape = &shape,
                                .dim = columns == 1 ? 1 : 2,
                                .n = n,
                                .start = share * rank + PetscMin((PetscInt64)rank, rest),
                                .count = *count,
                                .replacement = NAN};
  PetscErrorCode code = OttoStorageReadApart(comm, key, &rows, *points, &missing);
  if (!code) code = RefuseMissing(key, path, dataset, missing, "numbers");
  if (!code) {
    const OttoStorageRead read = {
        .key = key, .path = path, .dataset = dataset, .values = n[0] * columns};
    SortColumns(&shape, columns, *count, *points);
    code = OttoStorageNoteRead(
        comm, &read, OttoStorageSumRows(*points, *count, columns, rows.start * columns, columns));
  }
  if (code) PetscCall(PetscFree(*points));
  PetscFunctionReturn(code);
}

PetscErrorCode OttoStorageReadPoints(MPI_Comm comm, const char *key, const char *path,
                                     const char *dataset, PetscInt dim, PetscInt64 *count,
                                     PetscReal **points)
{
  PetscFunctionBegin;
  *count = 0;
  *points = NULL;
  OttoQuiet before = OttoQuietBegin();
  PetscErrorCode code = ReadPoints(comm, NULL, key, path, dataset, dim, count, points);
  OttoQuietEnd(before);
  PetscFunctionReturn(code);
}

PetscErrorCode OttoStorageReadSamples(OttoGrid grid, const char *key, const char *path,
                                      const char *dataset, PetscInt64 *count, PetscReal **points)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  *count = 0;
  *points = NULL;
  OttoQuiet before = OttoQuietBegin();
  PetscErrorCode code = ReadPoints(g->comm, g, key, path, dataset, g->dim, count, points);
  OttoQuietEnd(before);
  PetscFunctionReturn(code);
}
