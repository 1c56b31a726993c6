/* ranks: 1 2
 * Files of others: links to nowhere, to pipes and to themselves, datasets put together of other
 * files, more points than any memory holds. Each is one sentence, on all ranks, and nobody waits.
 */
#include "fixture.h"
#include <hdf5.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROWS 6
#define COLUMNS 4

static char dir[200], file_name[256], fifo_name[256], other_name[256];

static hid_t Array(hid_t file, const char *name, hid_t plan, const hsize_t n[2])
{
  hid_t space = H5Screate_simple(2, n, NULL);
  hid_t data = H5Dcreate2(file, name, H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, plan, H5P_DEFAULT);
  H5Sclose(space);
  return data;
}

static void Plain(hid_t file, const char *name)
{
  const hsize_t n[2] = {ROWS, COLUMNS};
  double values[ROWS * COLUMNS];
  hid_t data = Array(file, name, H5P_DEFAULT, n);

  for (int i = 0; i < ROWS * COLUMNS; i++) values[i] = i;
  H5Dwrite(data, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
  H5Dclose(data);
}

/* A dataset whose values are those of `source` in `of`. */
static void Virtual(hid_t file, const char *name, const char *of, const char *source)
{
  const hsize_t n[2] = {ROWS, COLUMNS};
  hid_t plan = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(2, n, NULL);

  H5Pset_virtual(plan, space, of, source, space);
  H5Dclose(Array(file, name, plan, n));
  H5Sclose(space);
  H5Pclose(plan);
}

static void Declared(hid_t file, const char *name, hsize_t rows)
{
  const hsize_t n[2] = {rows, 2}, chunk[2] = {1024, 2};
  hid_t plan = H5Pcreate(H5P_DATASET_CREATE);

  H5Pset_chunk(plan, 2, chunk);
  H5Dclose(Array(file, name, plan, n));
  H5Pclose(plan);
}

static void MakeFiles(void)
{
  const hsize_t n[2] = {ROWS, COLUMNS};
  hid_t file = H5Fcreate(other_name, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), group, plan;

  Plain(file, "a");
  H5Lcreate_external("fifo", "a", file, "onward", H5P_DEFAULT, H5P_DEFAULT);
  H5Fclose(file);
  file = H5Fcreate(file_name, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  Plain(file, "a");
  group = H5Gcreate2(file, "g", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_soft("../a", group, "up", H5P_DEFAULT, H5P_DEFAULT); /* HDF5 knows no way up */
  H5Lcreate_soft("/a", group, "root", H5P_DEFAULT, H5P_DEFAULT);
  H5Gclose(group);
  H5Lcreate_external("other.h5", "a", file, "elsewhere", H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_external("other.h5", "onward", file, "through", H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_external("other.h5", "b", file, "missing", H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_external("none.h5", "a", file, "nofile", H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_external("fifo", "a", file, "pipe", H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_external(fifo_name, "a", file, "fullpipe", H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_external("/dev/zero", "a", file, "device", H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_soft("/nowhere", file, "dangling", H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_soft("/round", file, "around", H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_soft("/around", file, "round", H5P_DEFAULT, H5P_DEFAULT);
  Virtual(file, "virtual", "other.h5", "a");
  Virtual(file, "spin", ".", "spin");
  Virtual(file, "vpipe", "fifo", "a");
  plan = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_external(plan, "fifo", 0, ROWS * COLUMNS * sizeof(double));
  H5Dclose(Array(file, "raw", plan, n));
  H5Pclose(plan);
  Declared(file, "huge", (hsize_t)1 << 62);
  Declared(file, "half", (hsize_t)1 << 61);
  Declared(file, "wide", (hsize_t)1 << 40);
  H5Fclose(file);
  mkfifo(fifo_name, 0600);
}

static PetscErrorCode Prepare(void)
{
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  snprintf(dir, sizeof dir, "/tmp/otto-guard-XXXXXX");
  if (rank == 0) TestTrue(mkdtemp(dir) != NULL, "a directory for the test");
  PetscCallMPI(MPI_Bcast(dir, sizeof dir, MPI_CHAR, 0, PETSC_COMM_WORLD));
  snprintf(file_name, sizeof file_name, "%s/file.h5", dir);
  snprintf(other_name, sizeof other_name, "%s/other.h5", dir);
  snprintf(fifo_name, sizeof fifo_name, "%s/fifo", dir);
  if (rank == 0) MakeFiles();
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  PetscFunctionReturn(0);
}

static PetscErrorCode Grid(OttoGrid *grid, Vec *field)
{
  const PetscInt64 n[] = {ROWS, COLUMNS};
  const PetscReal lower[] = {0, 0}, upper[] = {1, 1};
  const OttoBoundary boundary[] = {OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_NO_FLUX};

  PetscFunctionBegin;
  PetscCall(MakeBox(2, n, lower, upper, boundary, grid));
  PetscCall(OttoFieldCreate(*grid, field));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestLinks(void)
{
  static const char *const good[] = {"a", "g/root", "elsewhere"};
  static const char *const bad[][2] = {
      {"pipe", "'fifo', which is not a file"},
      {"through", "'fifo', which is not a file"},
      {"device", "'/dev/zero', which is not a file"},
      {"fullpipe", "fifo', which is not a file"},
      {"missing", "link to 'b' of file 'other.h5', which cannot be opened"},
      {"nofile", "link to 'a' of file 'none.h5', which cannot be opened"},
      {"dangling", "link to '/nowhere', which is not there"},
      {"g/up", "link to '../a', which is not there"},
      {"around", "link to '/round', which is not there"},
      {"virtual", "is a virtual dataset"},
      {"spin", "is a virtual dataset"},
      {"vpipe", "is a virtual dataset"},
      {"raw", "has its values in other files"},
      {"b", "has no dataset 'b'; it holds: a, "},
      {"g", "is a group, not a dataset"},
      {"a/b", "has no dataset 'a/b'"},
  };
  OttoGrid grid;
  Vec field;

  PetscFunctionBegin;
  PetscCall(Prepare());
  PetscCall(Grid(&grid, &field));
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    PetscReal sum = 0;
    PetscCall(VecZeroEntries(field));
    PetscCall(OttoStorageReadField(grid, "p_path", file_name, good[i], field));
    PetscCall(VecSum(field, &sum));
    TestClose(sum, ROWS * COLUMNS * (ROWS * COLUMNS - 1) / 2, 1e-15, good[i]);
  }
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    PetscErrorCode code = OttoStorageReadField(grid, "p_path", file_name, bad[i][0], field);
    TestTrue(code == OTTO_ERR_INPUT, bad[i][0]);
    TestTrue(strstr(OttoErrorMessage(), bad[i][1]) != NULL, OttoErrorMessage());
    OttoErrorClear();
  }
  PetscCall(VecDestroy(&field));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* 2^62 rows of 2 numbers of 8 bytes are 0 bytes in 64 bits. */
static PetscErrorCode TestDeclared(void)
{
  static const char *const names[] = {"huge", "half", "wide"};

  PetscFunctionBegin;
  for (int i = 0; i < 3; i++) {
    PetscReal *points;
    PetscInt64 count;
    TestFails(
        OttoStorageReadPoints(PETSC_COMM_WORLD, "p_path", file_name, names[i], 2, &count, &points),
        OTTO_ERR_INPUT, "GB on a rank, where");
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode CleanUp(void)
{
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  if (rank == 0)
    TestTrue(!unlink(file_name) && !unlink(other_name) && !unlink(fifo_name) && !rmdir(dir),
             "cleaned up");
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestLinks, TestDeclared, CleanUp});
}
