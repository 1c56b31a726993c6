/* One file of fields while it is written: the first under the name fields.h5.part, those that
 * follow a checkpoint as fields.1.h5.part and so on; what a checkpoint has seen is not touched any
 * more. */
#include "core/part.h"
#include "shared_name.h"
#include "storage_write.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void OttoStorageSegmentPath(const char *dir, const char *name, PetscInt number, char path[],
                            size_t size)
{
  if (number)
    snprintf(path, size, "%s/%s.%d.h5.part", dir, name, (int)number);
  else
    snprintf(path, size, "%s/%s.h5.part", dir, name);
}

PetscErrorCode OttoStorageNew(OttoGrid grid, const char *dir, const char *name,
                              OttoStorage *storage)
{
  OttoStorage s;

  PetscFunctionBegin;
  OttoCheckInput(strlen(dir) + 64 < PATH_MAX, "output_dir: the path is too long");
  OttoNeed(strlen(name) < sizeof s->name, "a shorter name");
  PetscCall(PetscNew(&s));
  snprintf(s->name, sizeof s->name, "%s", name);
  s->grid = grid;
  s->file = -1;
  snprintf(s->dir, sizeof s->dir, "%s", dir);
  snprintf(s->final, sizeof s->final, "%s/%s.h5", dir, name);
  snprintf(s->xdmf, sizeof s->xdmf, "%s/%s.xdmf", dir, name);
  snprintf(s->xdmf_part, sizeof s->xdmf_part, "%s/%s.xdmf.part", dir, name);
  *storage = s;
  PetscFunctionReturn(0);
}

static PetscBool WriteGrid(hid_t file, const OttoGridInfo *g)
{
  hid_t root = H5Gopen2(file, "/", H5P_DEFAULT);
  char boundary[OTTO_MAX_DIM * 16] = "";
  PetscBool good;

  if (root < 0) return PETSC_FALSE;
  for (PetscInt j = 0; j < g->dim; j++) {
    size_t used = strlen(boundary);
    snprintf(boundary + used, sizeof boundary - used, "%s%s", j ? "," : "",
             OttoBoundaries[g->boundary[j]]);
  }
  good = OttoStorageWriteNumbers(root, "grid_n", H5T_NATIVE_INT64, (hsize_t)g->dim, g->n) &&
                 OttoStorageWriteNumbers(root, "grid_lower", H5T_NATIVE_DOUBLE, (hsize_t)g->dim,
                                         g->lower) &&
                 OttoStorageWriteNumbers(root, "grid_upper", H5T_NATIVE_DOUBLE, (hsize_t)g->dim,
                                         g->upper) &&
                 OttoStorageWriteText(root, "grid_boundary", boundary) &&
                 OttoStorageWriteText(root, "Conventions", "CF-1.8") &&
                 OttoStorageWriteText(root, "source", "Otto " OTTO_VERSION) &&
                 OttoStorageWriteText(root, "otto_version", OTTO_VERSION)
             ? PETSC_TRUE
             : PETSC_FALSE;
  return H5Gclose(root) >= 0 && good ? PETSC_TRUE : PETSC_FALSE;
}

/* The error of a step all ranks took; the code is the same everywhere. Collective. */
PetscErrorCode OttoStorageAgree(OttoStorage s, PetscBool good, const char *what)
{
  PetscErrorCode code = 0;

  PetscFunctionBegin;
  if (!good)
    code = PetscError(PETSC_COMM_SELF, __LINE__, PETSC_FUNCTION_NAME, __FILE__, OTTO_ERR_FILE,
                      PETSC_ERROR_INITIAL, "cannot write %s: %s", s->part, what);
  code = OttoAgree(OttoGridGetInfo(s->grid)->comm, code);
  if (code && !s->failure[0]) snprintf(s->failure, sizeof s->failure, "%s", OttoErrorMessage());
  PetscFunctionReturn(code);
}

static PetscErrorCode SayFailure(OttoStorage s)
{
  PetscFunctionBegin;
  OttoFail(OTTO_ERR_FILE, "%s", s->failure);
}

/* What went wrong first, once more. Collective. */
PetscErrorCode OttoStorageFailAgain(OttoStorage s)
{
  PetscFunctionBegin;
  PetscCall(OttoAgree(OttoGridGetInfo(s->grid)->comm, SayFailure(s)));
  PetscFunctionReturn(0);
}

/* Asks for `bytes` more before anything is written: "disk full" is then one clean sentence, where a
 * write that fails half-way leaves HDF5 with a file it cannot close. Collective. */
PetscErrorCode OttoStorageReserve(OttoStorage s, PetscReal bytes)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  char why[200] = "";

  PetscFunctionBegin;
  if (g->rank == 0) {
    int descriptor = s->reserved ? open(s->part, O_WRONLY | O_NOFOLLOW) : OttoPartCreate(s->part);
    s->reserved += (off_t)bytes;
    if (descriptor < 0)
      snprintf(why, sizeof why, "%s", strerror(errno));
    else if (!OttoPartHasRoom(descriptor, s->reserved, bytes))
      snprintf(why, sizeof why, "%s (%.4g MB more are needed)", strerror(errno), bytes / 1e6);
    if (descriptor >= 0) close(descriptor);
  }
  PetscCall(OttoStorageAgree(s, why[0] ? PETSC_FALSE : PETSC_TRUE, why));
  PetscFunctionReturn(0);
}

/* A file of numbers that no other has: what a killed run has left is not touched before it is known
 * whether this one goes on from it. Rank 0's; the same on all. Collective. */
static PetscErrorCode Name(OttoStorage s)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  PetscInt number = 0;
  struct stat info;

  PetscFunctionBegin;
  for (; g->rank == 0; number++) {
    OttoStorageSegmentPath(s->dir, s->name, number, s->part, sizeof s->part);
    if (lstat(s->part, &info)) break;
  }
  PetscCallMPI(MPI_Bcast(&number, 1, MPIU_INT, 0, g->comm));
  s->number = number;
  s->reserved = 0;
  OttoStorageSegmentPath(s->dir, s->name, number, s->part, sizeof s->part);
  PetscFunctionReturn(0);
}

static PetscErrorCode Open(OttoStorage s)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  hid_t access = -1;

  PetscFunctionBegin;
  PetscCall(OttoStorageReserve(s, 1 << 16));
  PetscCall(OttoSharedNameForget(g->comm, s->part));
  access = H5Pcreate(H5P_FILE_ACCESS);
  if (H5Pset_fapl_mpio(access, g->comm, MPI_INFO_NULL) >= 0)
    s->file = H5Fcreate(s->part, H5F_ACC_TRUNC, H5P_DEFAULT, access);
  H5Pclose(access);
  PetscCall(
      OttoStorageAgree(s, s->file >= 0 ? PETSC_TRUE : PETSC_FALSE, "HDF5 cannot create the file"));
  PetscCall(OttoStorageAgree(s, WriteGrid(s->file, g), "HDF5 cannot write the grid's attributes"));
  if (g->dim != 2 && g->dim != 3) PetscFunctionReturn(0);
  PetscCall(OttoStorageReserve(s, OttoStorageNodesBytes(g) + (1 << 16)));
  PetscCall(OttoStorageAgree(s, OttoStorageWriteNodes(s->file, g),
                             "HDF5 cannot write the corners of cells"));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoStorageOpenSegment(OttoStorage s)
{
  PetscFunctionBegin;
  if (s->failure[0]) PetscCall(OttoStorageFailAgain(s));
  if (s->file >= 0) PetscFunctionReturn(0);
  PetscCall(Name(s));
  PetscCall(Open(s));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoStorageCloseSegment(OttoStorage s)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  struct stat info;

  PetscFunctionBegin;
  if (s->file < 0) PetscFunctionReturn(0);
  PetscBool good = H5Fclose(s->file) >= 0 ? PETSC_TRUE : PETSC_FALSE;
  s->file = -1;
  PetscCall(OttoStorageAgree(s, good, "HDF5 cannot close the file"));
  if (g->rank == 0) /* give back what was reserved beyond the end */
    good = !stat(s->part, &info) && !truncate(s->part, info.st_size) ? PETSC_TRUE : PETSC_FALSE;
  PetscCall(OttoStorageAgree(s, good, "what was reserved beyond its end cannot be given back"));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoStorageAbandonSegment(OttoStorage s)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  PetscBool good = PETSC_TRUE;

  PetscFunctionBegin;
  if (s->file < 0) PetscFunctionReturn(0);
  /* HDF5 hangs or crashes where it cannot write what it still holds: make room for that first */
  if (g->rank == 0) good = truncate(s->part, 0) ? PETSC_FALSE : PETSC_TRUE;
  PetscCallMPI(MPI_Barrier(g->comm));
  H5Fclose(s->file);
  s->file = -1;
  if (good && g->rank == 0) unlink(s->part);
  PetscFunctionReturn(0);
}
