/* Reading. Rank 0 alone looks at the file first, serially and in a process of its own, so that
 * whatever is wrong with it becomes one sentence that all ranks agree on; only a good file is
 * opened by all. Each rank then reads its own rows independently: a read that fails on one rank
 * cannot leave the others waiting (and HDF5 falls back to independent reads anyway wherever it
 * converts types). */
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

/* Without a grid, rows of numbers: dimensions in their order, or in MATLAB's. */
static void MatchRows(hid_t data, OttoStorageShape *shape)
{
  const PetscBool turned =
      shape->dim == 2 && H5Aexists(data, "MATLAB_class") > 0 ? PETSC_TRUE : PETSC_FALSE;

  for (PetscInt d = 0; d < shape->dim; d++) {
    shape->d[d].axis = turned ? shape->dim - 1 - d : d;
    shape->d[d].used = shape->d[d].n;
  }
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

/* g: the grid that it must fit, or NULL for rows of numbers. */
static void InspectDataset(hid_t file, hid_t object, const char *path, const char *dataset,
                           const OttoGridInfo *g, OttoStorageShape *shape)
{
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
  for (int j = 0; j < dim; j++)
    shape->d[j] = (OttoStorageDimension){.n = (PetscInt64)n[j], .axis = -1, .step = 1};
  snprintf(what, sizeof what, "dataset '%.100s' of '%.160s'", dataset, path);
  if (!shape->why[0]) OttoStorageReadCoding(file, object, what, shape);
  if (!shape->why[0] && g) OttoStorageMatchGrid(file, object, g, what, shape);
  shape->unwritten = !IsWritten(object) && H5Sget_simple_extent_npoints(space) > 0;
  if (!g) MatchRows(object, shape);
  if (space >= 0) H5Sclose(space);
  if (type >= 0) H5Tclose(type);
}

/* Opens without a lock: many parallel file systems have none, and only reading follows. */
static hid_t OpenSerial(const char *path)
{
  hid_t access = H5Pcreate(H5P_FILE_ACCESS), file;

#if H5_VERSION_GE(1, 14, 0) || (H5_VERSION_GE(1, 10, 7) && !H5_VERSION_GE(1, 12, 0))
  H5Pset_file_locking(access, 0, 1);
#endif
  file = H5Fopen(path, H5F_ACC_RDONLY, access);
  H5Pclose(access);
  return file;
}

static PetscBool IsClassic(const char *path)
{
  char begin[4] = "";
  FILE *f = fopen(path, "rb");
  size_t n = f ? fread(begin, 1, 4, f) : 0;

  if (f) fclose(f);
  return n == 4 && !memcmp(begin, "CDF", 3) && begin[3] <= 5 ? PETSC_TRUE : PETSC_FALSE;
}

static void InspectFile(const char *path, const char *dataset, const OttoGridInfo *g,
                        OttoStorageShape *shape)
{
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
  } else if ((file = OpenSerial(path)) < 0) {
    Because("'%s' is an HDF5 file that is truncated, damaged or open for writing", path);
  } else {
    object = OttoStorageOpenObject(file, path, dataset, shape->why, sizeof shape->why);
    if (object >= 0 && H5Iget_type(object) != H5I_DATASET) {
      Because("'%s' in '%s' is a %s, not a dataset", dataset, path,
              H5Iget_type(object) == H5I_GROUP ? "group" : "named type");
    } else if (object >= 0) {
      InspectDataset(file, object, path, dataset, g, shape);
    }
    if (object >= 0) H5Oclose(object);
    H5Fclose(file);
  }
}

typedef struct {
  const char *path, *dataset;
  const OttoGridInfo *g;
  OttoStorageShape *shape;
} Question;

static void Answer(void *context)
{
  const Question *q = (const Question *)context;
  InspectFile(q->path, q->dataset, q->g, q->shape);
}

/* By a process of its own. */
static void InspectApart(const char *path, const char *dataset, const OttoGridInfo *g,
                         OttoStorageShape *shape)
{
  Question q = {path, dataset, g, shape};
  OttoStorageTrial trial = OttoStorageTry(Answer, &q, shape, sizeof *shape);

  if (trial != OTTO_STORAGE_SEEN)
    Because("dataset '%s' of '%s' cannot be read: the file is damaged (HDF5 %s in it)", dataset,
            path, trial == OTTO_STORAGE_FATAL ? "crashes" : "comes to no end");
}

/* Looks at the dataset on rank 0; all ranks fail alike, or know its shape. Collective. */
static PetscErrorCode Inspect(MPI_Comm comm, const char *key, const char *path, const char *dataset,
                              const OttoGridInfo *g, OttoStorageShape *shape)
{
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(shape, sizeof *shape));
  PetscCall(OttoStorageEndSilently());
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank == 0) InspectApart(path, dataset, g, shape);
  PetscCallMPI(MPI_Bcast(shape, sizeof *shape, MPI_BYTE, 0, comm));
  OttoCheckInput(!shape->why[0], "%s: %s", key, shape->why);
  PetscFunctionReturn(0);
}

/* Opens the file on all ranks and reads each one's rows [start, start + rows) of a target of
 * n[dim]. What is missing becomes `replacement`; *missing: how many in all. Collective. */
static PetscErrorCode ReadRows(MPI_Comm comm, const char *key, const char *path,
                               const char *dataset, const OttoStorageShape *shape, PetscInt dim,
                               const PetscInt64 n[], PetscInt64 start, PetscInt64 rows,
                               PetscReal replacement, PetscReal values[], PetscInt64 *missing)
{
  hid_t access = H5Pcreate(H5P_FILE_ACCESS), file = -1, data = -1;
  PetscBool good = PETSC_FALSE;

  PetscFunctionBegin;
  *missing = 0;
  if (H5Pset_fapl_mpio(access, comm, MPI_INFO_NULL) >= 0)
    file = H5Fopen(path, H5F_ACC_RDONLY, access);
  if (file >= 0) data = H5Dopen2(file, dataset, H5P_DEFAULT);
  if (data >= 0)
    good = OttoStorageReadRows(data, shape, dim, n, start, rows, replacement, values, missing);
  if (data >= 0) H5Dclose(data);
  if (file >= 0) H5Fclose(file);
  H5Pclose(access);
  PetscErrorCode code = 0;
  if (!good)
    code =
        PetscError(PETSC_COMM_SELF, __LINE__, PETSC_FUNCTION_NAME, __FILE__, OTTO_ERR_INPUT,
                   PETSC_ERROR_INITIAL,
                   "%s: dataset '%s' of '%s' cannot be read: the file is damaged, or needs an HDF5 "
                   "filter that is not installed",
                   key, dataset, path);
  PetscCall(OttoAgree(comm, code));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, missing, 1, MPIU_INT64, MPI_SUM, comm));
  PetscFunctionReturn(0);
}

static PetscErrorCode RefuseUnwritten(const char *key, const char *path, const char *dataset,
                                      const OttoStorageShape *shape)
{
  PetscFunctionBegin;
  OttoCheckInput(!shape->unwritten, "%s: dataset '%s' of '%s' was never written", key, dataset,
                 path);
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

static PetscErrorCode ReadField(OttoGrid grid, const char *key, const char *path,
                                const char *dataset, PetscReal replacement, Vec field,
                                PetscInt64 *missing)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  OttoStorageShape shape;
  PetscScalar *values;

  PetscFunctionBegin;
  PetscCall(Inspect(g->comm, key, path, dataset, g, &shape));
  PetscCall(RefuseUnwritten(key, path, dataset, &shape));
  PetscCall(VecGetArray(field, &values));
  PetscErrorCode code = ReadRows(g->comm, key, path, dataset, &shape, g->dim, g->n, g->start,
                                 g->planes, replacement, values, missing);
  PetscCall(VecRestoreArray(field, &values));
  PetscFunctionReturn(code);
}

PetscErrorCode OttoStorageReadMasked(OttoGrid grid, const char *key, const char *path,
                                     const char *dataset, PetscReal replacement, Vec field,
                                     PetscInt64 *missing)
{
  PetscFunctionBegin;
  OttoNeedGrid(grid);
  OttoQuiet before = OttoQuietBegin();
  PetscErrorCode code = ReadField(grid, key, path, dataset, replacement, field, missing);
  OttoQuietEnd(before);
  PetscFunctionReturn(code);
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

static PetscErrorCode ReadPoints(MPI_Comm comm, const char *key, const char *path,
                                 const char *dataset, PetscInt dim, PetscInt64 *count,
                                 PetscReal **points)
{
  OttoStorageShape shape;
  PetscMPIInt rank, size;
  PetscInt64 n[2] = {0, 1}, missing = 0;
  char found[160];

  PetscFunctionBegin;
  PetscCall(Inspect(comm, key, path, dataset, NULL, &shape));
  OttoStorageFormatShape(&shape, found, sizeof found);
  for (PetscInt d = 0; d < shape.dim && d < 2; d++) n[shape.d[d].axis] = shape.d[d].n;
  OttoCheckInput((shape.dim == 2 && n[1] == dim) || (shape.dim == 1 && dim == 1),
                 "%s: dataset '%s' of '%s' has shape %s; points on this grid are N x %d%s", key,
                 dataset, path, found, (int)dim, dim == 1 ? " or N" : "");
  OttoCheckInput(n[0] > 0, "%s: dataset '%s' of '%s' holds no points", key, dataset, path);
  PetscCall(OttoStorageCheckRoom(comm, key, path, dataset, n[0], dim));
  PetscCall(RefuseUnwritten(key, path, dataset, &shape));
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscInt64 share = n[0] / size, rest = n[0] % size;
  PetscInt64 start = share * rank + PetscMin((PetscInt64)rank, rest);
  *count = share + (rank < rest);
  PetscCall(OttoAgree(comm, PetscMalloc1(PetscMax(1, *count * dim), points)));
  PetscErrorCode code = ReadRows(comm, key, path, dataset, &shape, shape.dim, n, start, *count, NAN,
                                 *points, &missing);
  if (!code) code = RefuseMissing(key, path, dataset, missing, "numbers");
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
  PetscErrorCode code = ReadPoints(comm, key, path, dataset, dim, count, points);
  OttoQuietEnd(before);
  PetscFunctionReturn(code);
}
