/* What FFTW has found out by timing: which of its algorithms is the fastest for a problem, and so
 * how sums are rounded. It stands in a file of the host and the problem, so that runs agree and
 * start quickly (FFTW reads a text as a whole, and all that a host has ever found out takes longer
 * to read than a plan to make), and in a checkpoint, so that one that goes on is the one that was
 * stopped; all ranks have the same. What a process knows stays as it is: FFTW takes from a text
 * only what it does not know yet. */
#include "transform_impl.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Adds "/name" to a folder, and makes it. */
static int Enter(char *folder, size_t size, const char *name)
{
  const size_t length = strlen(folder);
  const int written = snprintf(folder + length, size - length, "/%s", name);

  if (written < 0 || (size_t)written >= size - length) return 0;
  return !mkdir(folder, 0700) || errno == EEXIST;
}

/* ${XDG_CACHE_HOME:-$HOME/.cache}/otto/fftw-<hostname>/<problem>; the folders are made. */
static int WisdomPath(const char *problem, char *path, size_t size)
{
  const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
  const PetscBool own = cache && cache[0] == '/' ? PETSC_TRUE : PETSC_FALSE;
  char name[256] = "fftw-";

  if (!own && (!home || home[0] != '/')) return 0;
  if (gethostname(name + 5, sizeof name - 6)) return 0;
  const int written = snprintf(path, size, "%s", own ? cache : home);
  if (written < 0 || (size_t)written >= size) return 0;
  if (own ? mkdir(path, 0700) && errno != EEXIST : !Enter(path, size, ".cache")) return 0;
  if (!Enter(path, size, "otto") || !Enter(path, size, name)) return 0;
  const size_t length = strlen(path);
  const int more = snprintf(path + length, size - length, "/%s", problem);
  return more > 0 && (size_t)more < size - length;
}

/* Adds what the file knows to what this process knows. A file that is missing or damaged adds
 * nothing. */
static void ReadFile(const char *problem)
{
  char path[PATH_MAX];

  if (WisdomPath(problem, path, sizeof path)) (void)fftw_import_wisdom_from_filename(path);
}

/* Writes beside the file and renames, so that no other process ever reads half of it. */
static void WriteFile(const char *problem)
{
  char path[PATH_MAX], beside[PATH_MAX + 32];

  if (!WisdomPath(problem, path, sizeof path)) return;
  snprintf(beside, sizeof beside, "%s.%ld", path, (long)getpid());
  if (!fftw_export_wisdom_to_filename(beside) || rename(beside, path)) (void)unlink(beside);
}

/* Rank 0: the problems whose files it has read, with a line break behind each; NULL before that. */
static char *loaded;

static PetscBool IsLoaded(const char *problem)
{
  const size_t length = strlen(problem);

  for (const char *at = loaded; at && *at; at = strchr(at, '\n') + 1)
    if (!strncmp(at, problem, length) && at[length] == '\n') return PETSC_TRUE;
  return PETSC_FALSE;
}

PetscErrorCode OttoWisdomLoad(MPI_Comm comm, const char *problem)
{
  PetscMPIInt rank, fresh = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  fftw_mpi_init();
  if (rank == 0 && !IsLoaded(problem)) { /* once a process */
    const size_t before = loaded ? strlen(loaded) : 0;
    char *longer = realloc(loaded, before + strlen(problem) + 2);
    fresh = 1;
    ReadFile(problem);
    if (longer) sprintf((loaded = longer) + before, "%s\n", problem);
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

static int ByText(const void *a, const void *b)
{
  return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Cuts a text into lines; their number. NULL: no memory. */
static char **Lines(char *text, size_t *count)
{
  char **line = malloc((strlen(text) / 2 + 1) * sizeof *line), *rest = NULL;

  *count = 0;
  for (char *l = line ? strtok_r(text, "\n", &rest) : NULL; l; l = strtok_r(NULL, "\n", &rest))
    line[(*count)++] = l;
  return line;
}

/* What `now` says and `before` does not: its first and last lines, and those between that are new.
 * Both texts are cut up. NULL: no memory. */
static char *Difference(char *now, char *before)
{
  char *text = malloc(strlen(now) + 2), *end = text;
  size_t old, count;
  char **known = Lines(before, &old), **line = Lines(now, &count);

  if (text && known && line) {
    *end = 0;
    qsort(known, old, sizeof *known, ByText);
    for (size_t i = 0; i < count; i++)
      if (i == 0 || i + 1 == count || !bsearch(&line[i], known, old, sizeof *known, ByText))
        end += sprintf(end, "%s\n", line[i]);
  } else {
    free(text);
    text = NULL;
  }
  free(known);
  free(line);
  return text;
}

/* Rank 0: writes what has been found out since `before`, which is cut up, beside what the file has;
 * knows after it what it knew. */
static void Write(const char *problem, char *before)
{
  char *now = fftw_export_wisdom_to_string(), *cut = now ? strdup(now) : NULL;
  char *fresh = cut ? Difference(cut, before) : NULL;

  if (fresh) {
    fftw_forget_wisdom();
    ReadFile(problem); /* another process may have saved meanwhile */
    (void)fftw_import_wisdom_from_string(fresh);
    WriteFile(problem);
    fftw_forget_wisdom();
    (void)fftw_import_wisdom_from_string(now);
  }
  free(fresh);
  free(cut);
  free(now);
}

PetscErrorCode OttoWisdomSave(MPI_Comm comm, const char *problem, char *before)
{
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  fftw_mpi_gather_wisdom(comm);
  if (rank == 0 && before) Write(problem, before);
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
  fftw_mpi_init();
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
