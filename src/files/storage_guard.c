/* Opening what a file of others names: links may lead to pipes, to themselves or to nowhere, and
 * datasets may be put together of other files. What cannot be read is refused before HDF5 tries. */
#include "storage_impl.h"
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define LARGEST 16 /* bytes of a number */

/* A file behind an external link that must not be opened. */
typedef struct {
  char name[300];
} Refused;

static PetscBool IsNoFile(const char *path)
{
  struct stat info;
  return !stat(path, &info) && !S_ISREG(info.st_mode) ? PETSC_TRUE : PETSC_FALSE;
}

/* HDF5 looks beside the file that holds the link, then where the program stands. */
static herr_t LookAtTarget(const char *parent, const char *group, const char *child,
                           const char *object, unsigned *flags, hid_t access, void *context)
{
  Refused *refused = (Refused *)context;
  char folder[PETSC_MAX_PATH_LEN], beside[2 * PETSC_MAX_PATH_LEN];

  (void)group, (void)object, (void)flags, (void)access;
  snprintf(folder, sizeof folder, "%s", parent);
  snprintf(beside, sizeof beside, "%s/%s", dirname(folder), child);
  if (!IsNoFile(child) && (child[0] == '/' || !IsNoFile(beside))) return 0;
  snprintf(refused->name, sizeof refused->name, "%s", child);
  return -1;
}

/* Names of the first few members of the root group. */
static herr_t ListMember(hid_t group, const char *name, const H5L_info_t *info, void *context)
{
  char *list = (char *)context;
  const size_t used = strlen(list);

  (void)group, (void)info;
  snprintf(list + used, 160 - used, "%s%s", used ? ", " : "", name);
  return strlen(list) > 120 ? 1 : 0;
}

/* The first link of a path of names that leads nowhere, in words. Returns whether there is one. */
static PetscBool ExplainLink(hid_t file, const char *dataset, char why[], size_t size)
{
  char front[512], value[512] = "";
  H5L_info_t info;
  const char *in_file = NULL, *in_object = NULL;
  unsigned flags;

  for (const char *end = dataset; end && *end;) {
    end = strchr(end + 1, '/');
    snprintf(front, sizeof front, "%.*s", end ? (int)(end - dataset) : (int)strlen(dataset),
             dataset);
    if (H5Lexists(file, front, H5P_DEFAULT) <= 0) return PETSC_FALSE;
    if (H5Lget_info(file, front, &info, H5P_DEFAULT) < 0) return PETSC_FALSE;
    if (info.type == H5L_TYPE_HARD || H5Oexists_by_name(file, front, H5P_DEFAULT) > 0) continue;
    if (info.u.val_size >= sizeof value ||
        H5Lget_val(file, front, value, sizeof value, H5P_DEFAULT) < 0)
      return PETSC_FALSE;
    if (info.type == H5L_TYPE_SOFT)
      snprintf(why, size, "is a link to '%.200s', which is not there", value);
    else if (info.type == H5L_TYPE_EXTERNAL &&
             H5Lunpack_elink_val(value, info.u.val_size, &flags, &in_file, &in_object) >= 0)
      snprintf(why, size, "is a link to '%.100s' of file '%.100s', which cannot be opened",
               in_object, in_file);
    else
      return PETSC_FALSE;
    return PETSC_TRUE;
  }
  return PETSC_FALSE;
}

/* A damaged file may not let go of what was opened in it; HDF5 then says at the end of the program
 * that its library does not close, unless its messages are off. */
static PetscBool silent;

static PetscErrorCode Silence(void)
{
  PetscFunctionBegin;
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  silent = PETSC_FALSE;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoStorageEndSilently(void)
{
  PetscFunctionBegin;
  if (!silent) PetscCall(PetscRegisterFinalize(Silence));
  silent = PETSC_TRUE;
  PetscFunctionReturn(0);
}

/* Bytes of a chunk, which is read as a whole. */
static PetscReal ChunkBytes(hid_t plan, size_t of_number)
{
  hsize_t n[H5S_MAX_RANK];
  const int dim = H5Pget_layout(plan) == H5D_CHUNKED ? H5Pget_chunk(plan, H5S_MAX_RANK, n) : 0;
  PetscReal bytes = (PetscReal)of_number;

  for (int j = 0; j < dim; j++) bytes *= (PetscReal)n[j];
  return bytes;
}

/* Why a dataset's numbers cannot be read, or NULL. HDF5 makes room for one of them, and for a
 * chunk, as large as a damaged file may say they are. */
static const char *TooLarge(hid_t object, hid_t plan)
{
  hid_t type = H5Dget_type(object);
  const size_t size = type < 0 ? 0 : H5Tget_size(type);
  const H5T_class_t class = type < 0 ? H5T_NO_CLASS : H5Tget_class(type);
  PetscReal of_node = 0, of_process = 0;

  if (type >= 0) H5Tclose(type);
  if ((class == H5T_INTEGER || class == H5T_FLOAT) && size > LARGEST)
    return "is damaged: its numbers have more than 16 bytes";
  OttoFreeMemory(&of_node, &of_process);
  if (ChunkBytes(plan, size) > PetscMin(of_node, of_process))
    return "is damaged, or lies in chunks larger than the memory that is free";
  return NULL;
}

/* Why all ranks at once cannot read a dataset, or NULL. */
static const char *Unreadable(hid_t object)
{
  hid_t plan;
  const char *why = NULL;

  if (H5Iget_type(object) != H5I_DATASET || (plan = H5Dget_create_plist(object)) < 0) return NULL;
  if (H5Pget_layout(plan) == H5D_VIRTUAL)
    why = "is a virtual dataset, put together of others; copy it into one "
          "(h5py: f['new'] = f['old'][()])";
  else if (H5Pget_external_count(plan) > 0)
    why = "has its values in other files; copy it into one (h5repack)";
  else
    why = TooLarge(object, plan);
  H5Pclose(plan);
  return why;
}

hid_t OttoStorageOpenObject(hid_t file, const char *path, const char *dataset, char why[],
                            size_t size)
{
  hid_t access = H5Pcreate(H5P_LINK_ACCESS), object;
  Refused refused = {""};
  char link[320] = "", members[160] = "";

  H5Pset_elink_cb(access, LookAtTarget, &refused);
  object = H5Oopen(file, dataset, access);
  H5Pclose(access);
  if (object < 0 && refused.name[0]) {
    snprintf(why, size, "dataset '%.100s' of '%s' is a link to '%.150s', which is not a file",
             dataset, path, refused.name);
  } else if (object < 0 && ExplainLink(file, dataset, link, sizeof link)) {
    snprintf(why, size, "dataset '%.100s' of '%s' %s", dataset, path, link);
  } else if (object < 0 && H5Lexists(file, dataset, H5P_DEFAULT) > 0) {
    snprintf(why, size, "dataset '%.100s' of '%s' is damaged", dataset, path);
  } else if (object < 0) {
    H5Literate(file, H5_INDEX_NAME, H5_ITER_INC, NULL, ListMember, members);
    snprintf(why, size, "'%s' has no dataset '%.100s'; it holds: %.150s", path, dataset,
             members[0] ? members : "nothing");
  } else if (Unreadable(object)) {
    snprintf(why, size, "dataset '%.100s' of '%s' %s", dataset, path, Unreadable(object));
    H5Oclose(object);
    object = -1;
  }
  return object;
}

/* Counts are taken to be real numbers: their product may be none that an integer holds. */
PetscErrorCode OttoStorageCheckRoom(MPI_Comm comm, const char *key, const char *path,
                                    const char *dataset, PetscInt64 rows, PetscInt64 columns)
{
  const PetscReal bytes = (PetscReal)rows * (PetscReal)columns * (PetscReal)sizeof(PetscReal);
  PetscReal of_node = 0, of_process = 0;
  PetscErrorCode code = 0;
  PetscMPIInt size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(comm, &size));
  OttoFreeMemory(&of_node, &of_process);
  const PetscReal free = PetscMin(of_node, of_process);
  if (!(bytes / size <= free) || bytes / size > 4e18)
    code = OttoRaise(__LINE__, PETSC_FUNCTION_NAME, __FILE__, OTTO_ERR_INPUT,
                     "%s: dataset '%.100s' of '%s' holds %.4g points: %.3g GB on a rank, "
                     "where %.3g GB are free",
                     key, dataset, path, (double)rows, bytes / size / 1e9, free / 1e9);
  PetscCall(OttoAgree(comm, code));
  PetscFunctionReturn(0);
}

/* Many parallel file systems have no locks, and only reading follows. */
hid_t OttoStorageOpenSerial(const char *path)
{
  hid_t access = H5Pcreate(H5P_FILE_ACCESS), file;

#if H5_VERSION_GE(1, 14, 0) || (H5_VERSION_GE(1, 10, 7) && !H5_VERSION_GE(1, 12, 0))
  H5Pset_file_locking(access, 0, 1);
#endif
  file = H5Fopen(path, H5F_ACC_RDONLY, access);
  H5Pclose(access);
  return file;
}
