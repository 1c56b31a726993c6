/* How fast a run's fields go to disk by parallel HDF5, and the same bytes by one process alone. */
#include "scaling.h"
#include <otto/storage.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE (1 << 20) /* bytes a write() */
#define SAMPLES 2       /* that a run leaves by default, of p and q each */

/* Until the disk has it. */
static PetscErrorCode Sync(const char *path)
{
  PetscFunctionBegin;
  const int file = open(path, O_RDONLY);
  const int failed = file < 0 || fsync(file);
  if (file >= 0) close(file);
  if (failed) OttoFail(OTTO_ERR_FILE, "cannot write %s: %s", path, strerror(errno));
  PetscFunctionReturn(0);
}

static PetscErrorCode Alone(const char *path, PetscReal bytes)
{
  static char piece[PIECE];

  PetscFunctionBegin;
  const int file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
  int failed = file < 0;
  memset(piece, 7, sizeof piece);
  for (PetscReal left = bytes; left > 0 && !failed; left -= PIECE)
    failed = write(file, piece, (size_t)PetscMin(PIECE, left)) != (ssize_t)PetscMin(PIECE, left);
  if (!failed) failed = fsync(file);
  if (file >= 0) close(file);
  if (failed) OttoFail(OTTO_ERR_FILE, "cannot write %s: %s", path, strerror(errno));
  PetscFunctionReturn(0);
}

/* *bytes: of the file. */
static PetscErrorCode Fields(OttoGrid grid, const char *dir, const char *path, Vec field,
                             PetscReal *bytes)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  OttoStorage storage;
  struct stat info = {0};

  PetscFunctionBegin;
  PetscCall(OttoStorageCreate(grid, dir, &storage));
  for (PetscInt k = 0; k < SAMPLES; k++) {
    PetscCall(OttoStorageWrite(storage, k, (PetscReal)k, "p", "1/volume", "a field", field));
    PetscCall(OttoStorageWrite(storage, k, (PetscReal)k, "q", "1/volume", "a field", field));
  }
  PetscCall(OttoStorageClose(&storage));
  PetscCall(OttoAgree(g->comm, g->rank ? 0 : Sync(path)));
  if (g->rank == 0) (void)stat(path, &info);
  *bytes = (PetscReal)info.st_size;
  PetscCallMPI(MPI_Bcast(bytes, 1, MPIU_REAL, 0, g->comm));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoScalingDisk(OttoGrid grid, const char *dir, PetscInt rounds, PetscReal *fields,
                               PetscReal *alone)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal bytes = 0;
  char path[3][PETSC_MAX_PATH_LEN];
  static const char *const names[3] = {"fields.h5", "fields.xdmf", "alone.part"};
  PetscReal least[2] = {INFINITY, INFINITY};
  Vec field;

  PetscFunctionBegin;
  for (int k = 0; k < 3; k++) snprintf(path[k], sizeof path[k], "%s/%s", dir, names[k]);
  PetscCall(OttoFieldCreate(grid, &field));
  PetscCall(OttoBenchWaves(g, field)); /* nothing that a file system could leave out */
  for (PetscInt round = 0; round < rounds; round++)
    for (int way = 0; way < 2; way++) {
      PetscCallMPI(MPI_Barrier(g->comm));
      PetscReal spent = -MPI_Wtime();
      if (way == 0)
        PetscCall(Fields(grid, dir, path[0], field, &bytes));
      else
        PetscCall(OttoAgree(g->comm, g->rank ? 0 : Alone(path[2], bytes)));
      spent += MPI_Wtime();
      PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &spent, 1, MPIU_REAL, MPIU_MAX, g->comm));
      least[way] = PetscMin(least[way], spent);
      for (int k = 0; k < 3 && g->rank == 0; k++) (void)unlink(path[k]);
    }
  PetscCall(VecDestroy(&field));
  *fields = 1e-6 * bytes / least[0];
  *alone = 1e-6 * bytes / least[1];
  PetscFunctionReturn(0);
}
