/* ranks: 1 2 3 4
 * What FFTW finds out by timing: its file, and a keep that takes it to another process. */
#include "fixture.h"
#include <fcntl.h>
#include <fftw3.h>
#include <stdlib.h>
#include <unistd.h>

/* Plans through set-up of one small grid, with the cache folder at `cache`. */
static PetscErrorCode PlanWithCache(const char *cache, PetscInt64 n)
{
  OttoGrid grid;
  OttoTransform transform;
  PetscFunctionBegin;
  if (setenv("XDG_CACHE_HOME", cache, 1)) OttoFail(PETSC_ERR_SYS, "setenv");
  PetscCall(MakeWithLayout(2, (PetscInt64[]){12, n}, 2, OTTO_LAYOUT_BALANCED, &grid));
  PetscCall(OttoGridSetUp(grid));
  PetscCall(OttoTransformCreate(grid, &transform));
  PetscCall(OttoTransformSetUp(transform));
  PetscCall(OttoTransformDestroy(&transform));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode ReadWhole(const char *path, char text[], size_t size)
{
  int file = open(path, O_RDONLY);
  PetscFunctionBegin;
  memset(text, 0, size);
  if (file >= 0 && read(file, text, size - 1) < 0) text[0] = 0;
  if (file >= 0) close(file);
  PetscFunctionReturn(0);
}

static void ProblemFile(const char *folder, PetscInt64 n, char path[], size_t size)
{
  char host[256] = "";
  PetscMPIInt ranks;

  MPI_Comm_size(PETSC_COMM_WORLD, &ranks);
  gethostname(host, sizeof host - 1);
  snprintf(path, size, "%s/otto/fftw-%s/own-12x%d-%dx1", folder, host, (int)n, ranks);
}

/* Wisdom is kept in a file of its problem, which has nothing that another's has found out before;
 * a damaged file or a folder that cannot be written costs nothing. The user's own cache is left
 * alone. */
static PetscErrorCode TestWisdom(void)
{
  static char text[2][100000];
  char folder[] = "/tmp/otto-wisdom-XXXXXX", path[512], *rest = NULL;
  PetscMPIInt rank;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  if (rank == 0 && !mkdtemp(folder)) OttoFail(PETSC_ERR_SYS, "mkdtemp");
  PetscCallMPI(MPI_Bcast(folder, (int)sizeof folder, MPI_CHAR, 0, PETSC_COMM_WORLD));
  ProblemFile(folder, 18, path, sizeof path);
  PetscCall(PlanWithCache(folder, 18));
  if (rank == 0) {
    PetscCall(ReadWhole(path, text[0], sizeof text[0]));
    TestTrue(strncmp(text[0], "(fftw-3", 7) == 0, "wisdom is written");
    int file = open(path, O_WRONLY | O_TRUNC);
    TestTrue(file >= 0 && write(file, "(fftw-3", 7) == 7 && close(file) == 0, "wisdom is damaged");
  }
  fftw_forget_wisdom();
  PetscCall(PlanWithCache(folder, 18));
  if (rank == 0) {
    PetscCall(ReadWhole(path, text[0], sizeof text[0]));
    TestTrue(strlen(text[0]) > 200, "a damaged file is replaced");
    unlink(path);
  }
  PetscCall(PlanWithCache(folder, 19));
  if (rank == 0) {
    PetscInt lines = 0, again = 0;
    ProblemFile(folder, 19, path, sizeof path);
    PetscCall(ReadWhole(path, text[1], sizeof text[1]));
    (void)strtok_r(text[1], "\n", &rest); /* the head says which FFTW it is */
    for (char *l = strtok_r(NULL, "\n", &rest); l; l = strtok_r(NULL, "\n", &rest), lines++)
      if (l[0] == ' ' && strstr(text[0], l)) again++;
    TestTrue(lines > 1 && again == 0, "what only this problem has");
    unlink(path);
    for (int k = 0; k < 2; k++) {
      *strrchr(path, '/') = 0;
      TestTrue(rmdir(path) == 0, "and no file beside");
    }
    rmdir(folder);
  }
  PetscCall(PlanWithCache("/proc/none", 20));
  PetscFunctionReturn(0);
}

static PetscReal Random(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *seed)
{
  (void)dim, (void)x;
  return Hash(cell, *seed);
}

/* A field there and back, on a grid whose sizes have many ways to be taken apart: its rounding
 * tells how it was computed. */
static PetscErrorCode Rounded(PetscInt turn, PetscReal v[], PetscInt64 *count)
{
  OttoGrid grid;
  OttoTransform transform;
  OttoMultiplier m = {.derivative_axis = -1, .scale = 1};
  const PetscScalar *a;
  Vec u;

  PetscFunctionBegin;
  PetscCall(MakeWithLayout(2, (PetscInt64[]){64 + 9 * turn, 180 - 12 * turn}, 2 * (turn % 2),
                           turn % 4 < 2 ? OTTO_LAYOUT_BALANCED : OTTO_LAYOUT_FFTW, &grid));
  PetscCall(OttoGridSetUp(grid));
  PetscCall(OttoFieldCreate(grid, &u));
  PetscCall(FillValues(grid, Random, &(PetscReal){3}, u));
  PetscCall(OttoTransformCreate(grid, &transform));
  PetscCall(OttoTransformSetType(transform, turn % 4 < 2 ? "own" : "fftw_mpi"));
  PetscCall(OttoTransformSetUp(transform));
  PetscCall(OttoTransformApply(transform, u, &m, u));
  PetscCall(VecGetArrayRead(u, &a));
  *count = OttoGridGetInfo(grid)->local_cells;
  memcpy(v, a, (size_t)*count * sizeof *v);
  PetscCall(VecRestoreArrayRead(u, &a));
  PetscCall(VecDestroy(&u));
  PetscCall(OttoTransformDestroy(&transform));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* A process that takes over what another has found out by timing rounds as that one did, to the
 * last bit, on every rank; what was found out since does not come before it. */
static PetscErrorCode TestKept(void)
{
  static PetscReal before[4][20000], after[20000];
  PetscInt64 count[4], same;
  OttoKeep keep;

  PetscFunctionBegin;
  if (setenv("XDG_CACHE_HOME", "/proc/none", 1)) OttoFail(PETSC_ERR_SYS, "setenv");
  fftw_forget_wisdom();
  for (PetscInt k = 0; k < 4; k++) PetscCall(Rounded(k, before[k], &count[k]));
  PetscCall(OttoKeepCreate(&keep));
  PetscCall(OttoWisdomKeep(PETSC_COMM_WORLD, keep));
  fftw_forget_wisdom();
  for (PetscInt k = 0; k < 4; k++) PetscCall(Rounded(k, after, &same)); /* otherwise, mostly */
  PetscCall(OttoKeepSetDirection(keep, OTTO_KEEP_TAKE));
  PetscCall(OttoWisdomKeep(PETSC_COMM_WORLD, keep));
  for (PetscInt k = 0; k < 4; k++) {
    PetscCall(Rounded(k, after, &same));
    TestTrue(same == count[k] && same <= 20000 &&
                 !memcmp(before[k], after, (size_t)same * sizeof *after),
             "rounded as before");
  }
  PetscCall(OttoKeepDestroy(&keep));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestWisdom, TestKept});
}
