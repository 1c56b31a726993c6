/* What FFTW has found out by timing: which of its algorithms is the fastest for a problem, and so
 * how sums are rounded. It stands in a file of the host, so that runs agree and start quickly, and
 * in a checkpoint, so that one that goes on is the one that was stopped; all ranks have the same.
 * What a process knows stays as it is: FFTW takes from a text only what it does not know yet. */
#include "transform_impl.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ${XDG_CACHE_HOME:-$HOME/.cache}/otto/wisdom-<hostname>; the folders are made. */
static int WisdomPath(char *path, size_t size)
{
  const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
  char host[256] = "", folder[PATH_MAX];
  int written;

  if (cache && cache[0] == '/')
    written = snprintf(folder, sizeof folder, "%s", cache);
  else if (home && home[0] == '/')
    written = snprintf(folder, sizeof folder, "%s/.cache", home);
  else
    return 0;
  if (written < 0 || (size_t)written >= sizeof folder - 6 || gethostname(host, sizeof host - 1))
    return 0;
  if (mkdir(folder, 0700) && errno != EEXIST) return 0;
  strcat(folder, "/otto");
  if (mkdir(folder, 0700) && errno != EEXIST) return 0;
  written = snprintf(path, size, "%s/wisdom-%s", folder, host);
  return written > 0 && (size_t)written < size;
}

/* Adds what the file knows to what this process knows. A file that is missing or damaged adds
 * nothing. */
static void ReadFile(void)
{
  char path[PATH_MAX];

  if (WisdomPath(path, sizeof path)) (void)fftw_import_wisdom_from_filename(path);
}

/* Writes beside the file and renames, so that no other process ever reads half of it. */
static void WriteFile(void)
{
  char path[PATH_MAX], beside[PATH_MAX + 32];

  if (!WisdomPath(path, sizeof path)) return;
  snprintf(beside, sizeof beside, "%s.%ld", path, (long)getpid());
  if (!fftw_export_wisdom_to_filename(beside) || rename(beside, path)) (void)unlink(beside);
}

/* Rank 0: what the process knew when the file was last read or written, NULL before that. */
static char *known;

PetscErrorCode OttoWisdomLoad(MPI_Comm comm)
{
  PetscMPIInt rank, fresh = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  fftw_mpi_init();
  if (rank == 0 && !known) { /* once a process: a big file takes longer to read than a small plan */
    fresh = 1;
    ReadFile();
    known = fftw_export_wisdom_to_string();
  }
  PetscCallMPI(MPI_Bcast(&fresh, 1, MPI_INT, 0, comm));
  if (fresh) fftw_mpi_broadcast_wisdom(comm);
  PetscFunctionReturn(0);
}

/* All ranks know what rank 0 knows, beside what they have found out themselves. */
static PetscErrorCode Share(MPI_Comm comm)
{
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank) fftw_forget_wisdom();
  fftw_mpi_broadcast_wisdom(comm);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoWisdomSave(MPI_Comm comm)
{
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  fftw_mpi_gather_wisdom(comm);
  if (rank == 0) {
    char *now = fftw_export_wisdom_to_string();
    if (now && (!known || strcmp(now, known))) {
      ReadFile(); /* another process may have saved meanwhile */
      WriteFile();
      free(now);
      now = fftw_export_wisdom_to_string();
    }
    free(known);
    known = now;
  }
  PetscCall(Share(comm));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoWisdomGrew(MPI_Comm comm, const char *before, PetscBool *grew)
{
  char *now = fftw_export_wisdom_to_string();

  PetscFunctionBegin;
  *grew = !before || !now || strcmp(before, now) ? PETSC_TRUE : PETSC_FALSE;
  free(now);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, grew, 1, MPIU_BOOL, MPI_LOR, comm));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoWisdomKeep(MPI_Comm comm, OttoKeep keep)
{
  PetscMPIInt rank;
  char *text = NULL, *now = NULL;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCall(OttoWisdomLoad(comm));
  if (rank == 0) now = fftw_export_wisdom_to_string();
  if (!OttoKeepTakes(keep)) text = now;
  PetscErrorCode code = OttoKeepContents(keep, "wisdom", &text);
  if (!code && rank == 0 && OttoKeepTakes(keep)) { /* what was kept comes first */
    fftw_forget_wisdom();
    (void)fftw_import_wisdom_from_string(text);
    if (now) (void)fftw_import_wisdom_from_string(now);
  }
  if (OttoKeepTakes(keep)) PetscCall(PetscFree(text));
  free(now);
  PetscCall(OttoAgree(comm, code));
  PetscCall(Share(comm));
  PetscFunctionReturn(0);
}
