/* ranks: 1 2 3 4
 * A file that says what it is, read on any number of ranks: every cell gets its own number,
 * whatever the order of dimensions and entries; and whatever is found, nothing of the file stays
 * open. */
#define _GNU_SOURCE
#include "files/storage_impl.h"
#include "fixture.h"
#include <hdf5_hl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static const PetscInt64 n[3] = {11, 4, 6};
static char path[300];

static PetscMPIInt Rank(void)
{
  PetscMPIInt rank;
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  return rank;
}

/* What cell (i, j, k) holds, as stored. */
static short Stored(PetscInt64 i, PetscInt64 j, PetscInt64 k)
{
  return (short)(100 * i + 10 * j + k - 500);
}

static void Attribute(hid_t object, const char *name, double value)
{
  hid_t space = H5Screate(H5S_SCALAR);
  hid_t a = H5Acreate2(object, name, H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, H5P_DEFAULT);
  H5Awrite(a, H5T_NATIVE_DOUBLE, &value);
  H5Aclose(a);
  H5Sclose(space);
}

/* A coordinate of `count` entries from the cell `first` on, in steps of `step` cells. */
static hid_t Scale(hid_t file, const char *name, const OttoGridInfo *g, PetscInt axis,
                   PetscInt64 count, PetscInt64 first, int step)
{
  const hsize_t size = (hsize_t)count;
  hid_t space = H5Screate_simple(1, &size, NULL);
  hid_t data =
      H5Dcreate2(file, name, H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  double x[32];

  for (PetscInt64 i = 0; i < count; i++) x[i] = OttoGridCentre(g, axis, first + step * i);
  H5Dwrite(data, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, x);
  H5DSset_scale(data, name);
  H5Sclose(space);
  return data;
}

/* Dataset p[y][t][x][z], t a single one: x begins at cell 7 and goes down round the ring with both
 * ends, z goes down. */
static void WriteFile(const OttoGridInfo *g)
{
  const hsize_t size[4] = {4, 1, 12, 6};
  static short values[4 * 12 * 6];
  hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  hid_t space = H5Screate_simple(4, size, NULL);
  hid_t data = H5Dcreate2(file, "p", H5T_STD_I16BE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  hid_t scales[4] = {Scale(file, "y", g, 1, 4, 0, 1), Scale(file, "t", g, 1, 1, 0, 1),
                     Scale(file, "x", g, 0, 12, 7, -1), Scale(file, "z", g, 2, 6, 5, -1)};

  for (int j = 0, at = 0; j < 4; j++)
    for (int i = 0; i < 12; i++)
      for (int k = 0; k < 6; k++) values[at++] = Stored((7 - i + 11) % 11, j, 5 - k);
  H5Dwrite(data, H5T_NATIVE_SHORT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
  for (unsigned d = 0; d < 4; d++) {
    H5DSattach_scale(data, scales[d], d);
    H5Dclose(scales[d]);
  }
  Attribute(data, "scale_factor", 0.5);
  Attribute(data, "add_offset", 1000);
  Attribute(data, "_FillValue", Stored(3, 2, 1));
  H5Dclose(data);
  H5Sclose(space);
  H5Fclose(file);
}

static PetscErrorCode MakeGrid(PetscReal upper, OttoGrid *grid)
{
  const PetscReal lower[3] = {-1, 0, 2}, uppers[3] = {upper, 1, 3};
  const OttoBoundary b[3] = {OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_NO_FLUX};

  PetscFunctionBegin;
  PetscCall(MakeBox(3, n, lower, uppers, b, grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestEveryCell(void)
{
  OttoGrid grid, other;
  Vec v;
  const PetscScalar *a;
  PetscInt64 missing = 0, idx[OTTO_MAX_DIM];
  int wrong = 0;

  PetscFunctionBegin;
  const char *base = getenv("TMPDIR");
  snprintf(path, sizeof path, "%s/otto-says-XXXXXX", base ? base : "/tmp");
  if (Rank() == 0) TestTrue(mkstemp(path) >= 0, "a file for the test");
  PetscCallMPI(MPI_Bcast(path, sizeof path, MPI_CHAR, 0, PETSC_COMM_WORLD));
  PetscCall(MakeGrid(2, &grid));
  PetscCall(MakeGrid(2.5, &other));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  if (Rank() == 0) WriteFile(g);
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  PetscCall(OttoFieldCreate(grid, &v));
  PetscCall(OttoStorageReadMasked(grid, "p_path", path, "p", -7, v, &missing));
  TestTrue(missing == 1, "one cell without a value, on all ranks together");
  PetscCall(VecGetArrayRead(v, &a));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellIndex(g, c, idx);
    short stored = Stored(idx[0], idx[1], idx[2]);
    wrong += !(a[c] == (stored == Stored(3, 2, 1) ? -7 : 0.5 * stored + 1000));
  }
  PetscCall(VecRestoreArrayRead(v, &a));
  TestTrue(wrong == 0, "every cell has its own number");
  TestFails(OttoStorageReadField(grid, "p_path", path, "p", v), OTTO_ERR_INPUT,
            "1 cells are missing values (attribute _FillValue");
  TestFails(OttoStorageReadField(other, "p_path", path, "p", v), OTTO_ERR_INPUT,
            "coordinates of dimension 'x'");
  TestFails(OttoStorageReadField(grid, "p_path", path, "x", v), OTTO_ERR_INPUT, "has shape 12");
  TestTrue(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL) == 0, "nothing stays open");
  PetscCall(VecDestroy(&v));
  PetscCall(OttoGridDestroy(&other));
  PetscCall(OttoGridDestroy(&grid));
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  if (Rank() == 0) unlink(path);
  PetscFunctionReturn(0);
}

/* Names of axes: those that are known, and those that are given. */
static PetscErrorCode TestNames(void)
{
  OttoGrid grid;

  PetscFunctionBegin;
  PetscCall(MakeGrid(2, &grid));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  TestTrue(OttoGridFindAxis(g, "z") == 2 && OttoGridFindAxis(g, "X2") == 1, "both spellings");
  TestTrue(OttoGridFindAxis(g, "x4") == -1 && OttoGridFindAxis(g, "lon") == -1 &&
               OttoGridFindAxis(g, "") == -1,
           "no axis");
  PetscCall(OttoGridSetNames(grid, (const char *[]){"lat", "phi", "z"}));
  TestTrue(OttoGridFindAxis(g, "lat") == 0 && OttoGridFindAxis(g, "Phi") == 1,
           "names that were given");
  TestTrue(OttoGridFindAxis(g, "x") == -1 && OttoGridFindAxis(g, "x1") == -1, "replace the others");
  TestFails(OttoGridSetNames(grid, (const char *[]){"a", "b", "A"}), OTTO_ERR_INPUT,
            "two axes are called 'A'");
  TestFails(OttoGridSetNames(grid, (const char *[]){"a", "X", "b"}), OTTO_ERR_INPUT,
            "call another axis");
  TestFails(OttoGridSetNames(grid, (const char *[]){"x2", "a", "b"}), OTTO_ERR_INPUT,
            "call another axis");
  TestFails(OttoGridSetNames(grid, (const char *[]){"a", "b", ""}), OTTO_ERR_INPUT,
            "grid_names: ''");
  TestFails(OttoGridSetNames(grid, (const char *[]){"a", "b", "time"}), OTTO_ERR_INPUT,
            "name of a field");
  TestTrue(!strcmp(g->name[0], "lat"), "what is refused changes nothing");
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

typedef struct {
  int deadly, numbers[50000]; /* more than a pipe holds at once */
  long done;
  pid_t by;
} Task;

static void Work(void *context)
{
  Task *task = (Task *)context;

  for (int i = 0; i < 50000; i++) task->numbers[i] = i;
  task->by = getpid();
  if (task->deadly) raise(task->deadly);
  task->done = 17;
}

/* Reads in another process; which end it comes to is `trial`. */
static PetscErrorCode TestEnd(Task *task, int deadly, OttoStorageTrial trial, const char *what)
{
  const OttoStorageResult result[] = {{task->numbers, sizeof task->numbers},
                                      {&task->done, sizeof task->done},
                                      {&task->by, sizeof task->by}};
  const PetscBool good = trial == OTTO_STORAGE_SEEN ? PETSC_TRUE : PETSC_FALSE;
  int wrong = 0;

  PetscFunctionBegin;
  task->deadly = deadly;
  TestTrue(OttoStorageTry(Work, task, 3, result) == trial, what);
  for (int i = 0; i < 50000; i++) wrong += task->numbers[i] != (good ? i : 0);
  TestTrue(wrong == 0 && task->done == (good ? 17 : 0), "all of the results, or none");
  TestTrue(!good || task->by != getpid(), "by another process");
  TestTrue(good == !OttoStorageTrialWords(trial)[0], "words where it did not end well");
  PetscFunctionReturn(0);
}

/* What crashes or comes to no end does so elsewhere; what does not is handed over whole. */
static PetscErrorCode TestTrial(void)
{
  static Task task;
  const OttoStorageResult result = {&task.by, sizeof task.by};

  PetscFunctionBegin;
  if (Rank()) PetscFunctionReturn(0);
  PetscCall(TestEnd(&task, 0, OTTO_STORAGE_SEEN, "a good end"));
  PetscCall(TestEnd(&task, SIGSEGV, OTTO_STORAGE_FATAL, "a crash"));
  PetscCall(TestEnd(&task, SIGALRM, OTTO_STORAGE_ENDLESS, "no end")); /* what the clock sends */
  PetscCall(TestEnd(&task, SIGKILL, OTTO_STORAGE_KILLED, "killed from outside"));
  PetscCall(TestEnd(&task, SIGTERM, OTTO_STORAGE_SEEN, "an end in order is the parent's affair"));
  PetscCall(TestEnd(&task, SIGUSR1, OTTO_STORAGE_SEEN, "a signal of the batch system"));
  task.deadly = 0;
  setenv("OTTO_FORK", "no", 1); /* where MPI does not bear it */
  TestTrue(OttoStorageTry(Work, &task, 1, &result) == OTTO_STORAGE_SEEN && task.by == getpid(),
           "by this process");
  OttoStorageGoOn(0);
  TestTrue(alarm(0) == 0, "no clock runs for it");
  unsetenv("OTTO_FORK");
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestEveryCell, TestNames, TestTrial});
}
