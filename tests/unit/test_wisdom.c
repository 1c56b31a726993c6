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

static PetscErrorCode ReadStart(const char *path, char start[], size_t size)
{
  int file = open(path, O_RDONLY);
  PetscFunctionBegin;
  memset(start, 0, size);
  if (file >= 0 && read(file, start, size - 1) < 0) start[0] = 0;
  if (file >= 0) close(file);
  PetscFunctionReturn(0);
}

/* Wisdom is kept in its file; a damaged file or a folder that cannot be written costs nothing.
 * The user's own cache is left alone. */
static PetscErrorCode TestWisdom(void)
{
  char folder[] = "/tmp/otto-wisdom-XXXXXX", path[512], host[256] = "", start[16];
  PetscMPIInt rank;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  if (rank == 0 && !mkdtemp(folder)) OttoFail(PETSC_ERR_SYS, "mkdtemp");
  PetscCallMPI(MPI_Bcast(folder, (int)sizeof folder, MPI_CHAR, 0, PETSC_COMM_WORLD));
  gethostname(host, sizeof host - 1);
  snprintf(path, sizeof path, "%s/otto/wisdom-%s", folder, host);
  PetscCall(PlanWithCache(folder, 18));
  if (rank == 0) {
    PetscCall(ReadStart(path, start, sizeof start));
    TestTrue(strncmp(start, "(fftw-3", 7) == 0, "wisdom is written");
    int file = open(path, O_WRONLY | O_TRUNC);
    TestTrue(file >= 0 && write(file, "(fftw-3", 7) == 7 && close(file) == 0, "wisdom is damaged");
  }
  PetscCall(PlanWithCache(folder, 19));
  if (rank == 0) {
    PetscCall(ReadStart(path, start, sizeof start));
    TestTrue(strlen(start) == sizeof start - 1, "a damaged file is replaced");
    unlink(path);
    snprintf(path, sizeof path, "%s/otto", folder);
    rmdir(path);
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
