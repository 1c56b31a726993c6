/* Reading. Rank 0 alone looks at the file first, serially, so that whatever is wrong with it
 * becomes one sentence that all ranks agree on; only a good file is opened by all. Each rank then
 * reads its own rows independently: a read that fails on one rank cannot leave the others waiting
 * (and HDF5 falls back to independent reads anyway wherever it converts types). */
#include "storage_impl.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What rank 0 found. `why` is empty for a dataset of numbers that can be read. */
typedef struct {
  char why[500];
  PetscInt64 dim, n[H5S_MAX_RANK];
} Shape;

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

#define Because(...) snprintf(shape->why, sizeof shape->why, __VA_ARGS__)

/* h5py's booleans: an enumeration of two integers. */
static PetscBool IsBoolean(hid_t type, H5T_class_t class)
{
  return class == H5T_ENUM && H5Tget_nmembers(type) == 2 ? PETSC_TRUE : PETSC_FALSE;
}

static void InspectDataset(hid_t object, const char *path, const char *dataset, Shape *shape)
{
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
  for (int j = 0; j < dim; j++) shape->n[j] = (PetscInt64)n[j];
  if (space >= 0) H5Sclose(space);
  if (type >= 0) H5Tclose(type);
}

/* Names of the first few members of the root group, for the message about a missing one. */
static herr_t ListMember(hid_t group, const char *name, const H5L_info_t *info, void *context)
{
  Shape *shape = (Shape *)context;
  size_t used = strlen(shape->why);

  (void)group, (void)info;
  snprintf(shape->why + used, sizeof shape->why - used, "%s%s", used ? ", " : "", name);
  return strlen(shape->why) > 120 ? 1 : 0;
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

static void InspectFile(const char *path, const char *dataset, Shape *shape)
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
    Because("'%s' is not an HDF5 file", path);
  } else if ((file = OpenSerial(path)) < 0) {
    Because("'%s' is an HDF5 file that is truncated, damaged or open for writing", path);
  } else {
    object = H5Oopen(file, dataset, H5P_DEFAULT);
    if (object < 0) {
      Shape members = {{0}, 0, {0}};
      H5Literate(file, H5_INDEX_NAME, H5_ITER_INC, NULL, ListMember, &members);
      Because("'%s' has no dataset '%s'; it holds: %.150s", path, dataset,
              members.why[0] ? members.why : "nothing");
    } else if (H5Iget_type(object) != H5I_DATASET) {
      Because("'%s' in '%s' is a %s, not a dataset", dataset, path,
              H5Iget_type(object) == H5I_GROUP ? "group" : "named type");
    } else {
      InspectDataset(object, path, dataset, shape);
    }
    if (object >= 0) H5Oclose(object);
    H5Fclose(file);
  }
}

/* Looks at the dataset on rank 0; all ranks fail alike, or know its shape. Collective. */
static PetscErrorCode Inspect(MPI_Comm comm, const char *key, const char *path, const char *dataset,
                              Shape *shape)
{
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(shape, sizeof *shape));
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank == 0) InspectFile(path, dataset, shape);
  PetscCallMPI(MPI_Bcast(shape, sizeof *shape, MPI_BYTE, 0, comm));
  OttoCheckInput(!shape->why[0], "%s: %s", key, shape->why);
  PetscFunctionReturn(0);
}

/* Rows [start, start + rows) of a dataset of row_values values a row, as doubles. Returns whether
 * all went well. Not collective but for opening and closing. */
static PetscBool ReadOpened(hid_t data, const Shape *shape, PetscInt64 start, PetscInt64 rows,
                            PetscInt64 row_values, PetscReal values[])
{
  hid_t type = H5Dget_type(data), space = H5Dget_space(data);
  hsize_t at[H5S_MAX_RANK] = {0}, count[H5S_MAX_RANK], done = 0;
  hsize_t step = OttoRowsAtOnce((hsize_t)row_values * PetscMax(sizeof(double), H5Tget_size(type)));
  PetscBool good = type >= 0 && space >= 0 ? PETSC_TRUE : PETSC_FALSE;

  for (PetscInt64 j = 1; j < shape->dim; j++) count[j] = (hsize_t)shape->n[j];
  for (; good && done < (hsize_t)rows; done += count[0]) {
    at[0] = (hsize_t)start + done;
    count[0] = PetscMin(step, (hsize_t)rows - done);
    hsize_t values_now = count[0] * (hsize_t)row_values;
    hid_t memory = H5Screate_simple(1, &values_now, NULL);
    good = memory >= 0 && H5Sselect_hyperslab(space, H5S_SELECT_SET, at, NULL, count, NULL) >= 0 &&
                   H5Dread(data, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT,
                           values + done * (hsize_t)row_values) >= 0
               ? PETSC_TRUE
               : PETSC_FALSE;
    if (memory >= 0) H5Sclose(memory);
  }
  if (space >= 0) H5Sclose(space);
  if (type >= 0) H5Tclose(type);
  return good;
}

/* Opens the file on all ranks and reads each one's rows. Collective. */
static PetscErrorCode ReadRows(MPI_Comm comm, const char *key, const char *path,
                               const char *dataset, const Shape *shape, PetscInt64 start,
                               PetscInt64 rows, PetscReal values[])
{
  hid_t access = H5Pcreate(H5P_FILE_ACCESS), file = -1, data = -1;
  PetscInt64 row_values = 1;
  PetscBool good = PETSC_FALSE;

  PetscFunctionBegin;
  for (PetscInt64 j = 1; j < shape->dim; j++) row_values *= shape->n[j];
  if (H5Pset_fapl_mpio(access, comm, MPI_INFO_NULL) >= 0)
    file = H5Fopen(path, H5F_ACC_RDONLY, access);
  if (file >= 0) data = H5Dopen2(file, dataset, H5P_DEFAULT);
  if (data >= 0) good = ReadOpened(data, shape, start, rows, row_values, values);
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
  PetscFunctionReturn(0);
}

/* "4 x 6" */
static void FormatShape(PetscInt64 dim, const PetscInt64 n[], char text[], size_t size)
{
  size_t used = 0;

  snprintf(text, size, "a single value");
  for (PetscInt64 j = 0; j < dim && used < size; j++)
    used += (size_t)snprintf(text + used, size - used, "%s%" PetscInt64_FMT, j ? " x " : "", n[j]);
}

static PetscErrorCode ReadField(OttoGrid grid, const char *key, const char *path,
                                const char *dataset, Vec field)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  Shape shape;
  PetscScalar *values;
  char found[160], wanted[160];

  PetscFunctionBegin;
  PetscCall(Inspect(g->comm, key, path, dataset, &shape));
  FormatShape(shape.dim, shape.n, found, sizeof found);
  FormatShape(g->dim, g->n, wanted, sizeof wanted);
  OttoCheckInput(!strcmp(found, wanted), "%s: dataset '%s' of '%s' has shape %s; the grid is %s",
                 key, dataset, path, found, wanted);
  PetscCall(VecGetArray(field, &values));
  PetscErrorCode code = ReadRows(g->comm, key, path, dataset, &shape, g->start, g->planes, values);
  PetscCall(VecRestoreArray(field, &values));
  PetscFunctionReturn(code);
}

PetscErrorCode OttoStorageReadField(OttoGrid grid, const char *key, const char *path,
                                    const char *dataset, Vec field)
{
  PetscFunctionBegin;
  OttoNeedGrid(grid);
  OttoQuiet before = OttoQuietBegin();
  PetscErrorCode code = ReadField(grid, key, path, dataset, field);
  OttoQuietEnd(before);
  PetscFunctionReturn(code);
}

static PetscErrorCode ReadPoints(MPI_Comm comm, const char *key, const char *path,
                                 const char *dataset, PetscInt dim, PetscInt64 *count,
                                 PetscReal **points)
{
  Shape shape;
  PetscMPIInt rank, size;
  char found[160];

  PetscFunctionBegin;
  PetscCall(Inspect(comm, key, path, dataset, &shape));
  FormatShape(shape.dim, shape.n, found, sizeof found);
  OttoCheckInput((shape.dim == 2 && shape.n[1] == dim) || (shape.dim == 1 && dim == 1),
                 "%s: dataset '%s' of '%s' has shape %s; points on this grid are N x %d%s", key,
                 dataset, path, found, (int)dim, dim == 1 ? " or N" : "");
  OttoCheckInput(shape.n[0] > 0, "%s: dataset '%s' of '%s' holds no points", key, dataset, path);
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscInt64 share = shape.n[0] / size, rest = shape.n[0] % size;
  PetscInt64 start = share * rank + PetscMin((PetscInt64)rank, rest);
  *count = share + (rank < rest);
  PetscCall(OttoAgree(comm, PetscMalloc1(PetscMax(1, *count * dim), points)));
  PetscErrorCode code = ReadRows(comm, key, path, dataset, &shape, start, *count, *points);
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
