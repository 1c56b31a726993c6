/* The checkpoints of a folder: which there are, and how one takes the place of another. */
#define _GNU_SOURCE
#include "checkpoint_impl.h"
#include "storage_segments.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEWEST "checkpoint.h5"
#define BEFORE "checkpoint.previous.h5"
#define PART "checkpoint.h5.part"

typedef char Path[PETSC_MAX_PATH_LEN + 32];

static void PathIn(const char *dir, const char *name, Path path)
{
  snprintf(path, sizeof(Path), "%s/%s", dir, name);
}

/* Forces a file, or a folder's names, to the disk. */
static PetscBool Force(const char *path)
{
  const int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  const int failed = descriptor < 0 || fsync(descriptor) ? errno : 0;

  if (descriptor >= 0) close(descriptor);
  errno = failed;
  return failed && failed != EINVAL ? PETSC_FALSE : PETSC_TRUE; /* some folders have no fsync */
}

/* Rank 0's part: at every moment one of the two names is that of a whole file. */
static PetscErrorCode Rename(const char *dir)
{
  Path part, newest, before;
  struct stat info;

  PetscFunctionBegin;
  PathIn(dir, PART, part);
  PathIn(dir, NEWEST, newest);
  PathIn(dir, BEFORE, before);
  /* what was reserved beyond its end is given back */
  if (stat(part, &info) || truncate(part, info.st_size) || !Force(part))
    OttoFail(OTTO_ERR_FILE, "cannot write %s: %s", part, strerror(errno));
  OttoCheckpointFault("checkpoint_forced");
  if (rename(newest, before) && errno != ENOENT)
    OttoFail(OTTO_ERR_FILE, "cannot rename %s: %s", newest, strerror(errno));
  OttoCheckpointFault("checkpoint_renamed");
  if (rename(part, newest)) OttoFail(OTTO_ERR_FILE, "cannot rename %s: %s", part, strerror(errno));
  if (!Force(dir)) OttoFail(OTTO_ERR_FILE, "cannot write %s: %s", dir, strerror(errno));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoCheckpointWrite(MPI_Comm comm, const char *dir, OttoKeep keep)
{
  PetscMPIInt rank;
  Path part;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PathIn(dir, PART, part);
  OttoQuiet before = OttoQuietBegin();
  PetscErrorCode code = OttoCheckpointWriteFile(comm, part, keep);
  OttoQuietEnd(before);
  if (rank == 0) OttoCheckpointFault("checkpoint_closed");
  if (!code) code = OttoAgree(comm, rank == 0 ? Rename(dir) : 0);
  if (code && rank == 0) unlink(part);
  PetscFunctionReturn(code);
}

/* One more piece of a list of faults. */
static void Say(char said[OTTO_CHECKPOINT_SAID], const char *name, const char *why)
{
  const size_t used = strlen(said);

  snprintf(said + used, OTTO_CHECKPOINT_SAID - used, "%s%s %s", used ? "; " : "", name, why);
}

PetscErrorCode OttoCheckpointOpen(MPI_Comm comm, const char *dir, OttoKeep *keep, const char **file,
                                  char said[OTTO_CHECKPOINT_SAID])
{
  static const char *const names[] = {NEWEST, BEFORE};
  PetscMPIInt rank;

  PetscFunctionBegin;
  *keep = NULL;
  *file = NULL;
  said[0] = 0;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  for (int i = 0; i < 2 && !*keep; i++) {
    char why[OTTO_CHECKPOINT_SAID / 2 - 40] = "";
    enum { NOTHING, FILE_THERE, OTHER } there = NOTHING;
    struct stat info;
    Path path;
    PathIn(dir, names[i], path);
    if (rank == 0 && !stat(path, &info)) there = S_ISREG(info.st_mode) ? FILE_THERE : OTHER;
    PetscCallMPI(MPI_Bcast(&there, 1, MPI_INT, 0, comm));
    if (there == OTHER) Say(said, names[i], "is not a file"); /* a FIFO is no reason to wait */
    if (there != FILE_THERE) continue;
    OttoQuiet before = OttoQuietBegin();
    PetscErrorCode code = OttoCheckpointReadFile(comm, path, keep, why, sizeof why);
    OttoQuietEnd(before);
    PetscCall(code);
    if (*keep) PetscCall(OttoStorageCheckKept(comm, dir, *keep, why, sizeof why));
    if (*keep && why[0]) PetscCall(OttoKeepDestroy(keep));
    if (why[0]) Say(said, names[i], why);
    if (*keep) *file = names[i];
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode Remove(const char *dir)
{
  static const char *const names[] = {PART, PART ".locktest.0", BEFORE, NEWEST};
  Path path;

  PetscFunctionBegin;
  for (int i = 0; i < 4; i++) { /* MPI-IO tries locks on a file of its own */
    PathIn(dir, names[i], path);
    if (unlink(path) && errno != ENOENT)
      OttoFail(OTTO_ERR_FILE, "cannot remove %s: %s", path, strerror(errno));
  }
  for (int i = 0; OttoStorageNames[i]; i++)
    if (OttoStorageRemoveSegments(dir, OttoStorageNames[i], 0, NULL)) /* no checkpoint needs them */
      OttoFail(OTTO_ERR_FILE, "cannot remove segments of %s.h5 in %s: %s", OttoStorageNames[i], dir,
               strerror(errno));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoCheckpointRemove(MPI_Comm comm, const char *dir)
{
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCall(OttoAgree(comm, rank == 0 ? Remove(dir) : 0));
  PetscFunctionReturn(0);
}
