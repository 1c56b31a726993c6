/* ranks: 1 2 3
 * Chunks of numbers go wrong where they are read, on one rank alone: a filter of this test's own
 * stands for damage that HDF5 crashes in, and for a filter that one machine has and another has
 * not. All ranks return the same sentence, and go on. */
#include "files/storage_impl.h"
#include "fixture.h"
#include "grid/planes.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FILTER 397
#define ROWS 9
#define COLUMNS 4

static char path[100];
static int reading; /* the signal that decoding raises, 0 for none */

static size_t Copy(unsigned flags, size_t count, const unsigned values[], size_t bytes,
                   size_t *room, void **buffer)
{
  (void)count, (void)values, (void)room, (void)buffer;
  if ((flags & H5Z_FLAG_REVERSE) && reading) raise(reading);
  return bytes;
}

static const H5Z_class2_t filter = {.version = H5Z_CLASS_T_VERS,
                                    .id = FILTER,
                                    .encoder_present = 1,
                                    .decoder_present = 1,
                                    .name = "a filter of ours",
                                    .filter = Copy};

static void WriteFile(void)
{
  const hsize_t n[2] = {ROWS, COLUMNS}, chunk[2] = {1, COLUMNS};
  double values[ROWS * COLUMNS];
  hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  hid_t plan = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(2, n, NULL), data;

  for (int i = 0; i < ROWS * COLUMNS; i++) values[i] = i + 1;
  H5Pset_chunk(plan, 2, chunk);
  H5Pset_filter(plan, FILTER, 0, 0, NULL);
  data = H5Dcreate2(file, "a", H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, plan, H5P_DEFAULT);
  H5Dwrite(data, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
  H5Dclose(data);
  H5Sclose(space);
  H5Pclose(plan);
  H5Fclose(file);
}

static PetscErrorCode MakeGrid(OttoGrid *grid, Vec *field)
{
  PetscFunctionBegin;
  PetscCall(MakeBox(2, (const PetscInt64[]){ROWS, COLUMNS}, (const PetscReal[]){0, 0},
                    (const PetscReal[]){1, 1},
                    (const OttoBoundary[]){OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_NO_FLUX}, grid));
  PetscCall(OttoFieldCreate(*grid, field));
  PetscFunctionReturn(0);
}

/* Every cell has its own number. */
static PetscErrorCode TestGood(OttoGrid grid, Vec field)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscScalar *values;
  int wrong = 0;

  PetscFunctionBegin;
  PetscCall(OttoStorageReadField(grid, "p_path", path, "a", field));
  PetscCall(VecGetArrayRead(field, &values));
  for (PetscInt64 c = 0; c < g->local_cells; c++)
    wrong += !(values[c] == (double)(OttoGridPlanes(g).start * COLUMNS + c + 1));
  PetscCall(VecRestoreArrayRead(field, &values));
  TestTrue(wrong == 0, "the numbers of all ranks");
  PetscFunctionReturn(0);
}

static PetscErrorCode TestChunks(void)
{
  PetscMPIInt rank, size;
  PetscReal *points;
  PetscInt64 count;
  OttoGrid grid;
  Vec field;

  PetscFunctionBegin;
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  MPI_Comm_size(PETSC_COMM_WORLD, &size);
  snprintf(path, sizeof path, "/tmp/otto-chunks-%d.h5", (int)getpid());
  MPI_Bcast(path, sizeof path, MPI_CHAR, 0, PETSC_COMM_WORLD);
  TestTrue(H5Zregister(&filter) >= 0, "a filter");
  if (rank == 0) WriteFile();
  MPI_Barrier(PETSC_COMM_WORLD);
  PetscCall(MakeGrid(&grid, &field));
  PetscCall(TestGood(grid, field));
  for (PetscMPIInt bad = 0; bad < size; bad++) {
    reading = rank == bad ? SIGSEGV : 0;
    TestFails(OttoStorageReadField(grid, "p_path", path, "a", field), OTTO_ERR_INPUT,
              "p_path: dataset 'a' of '/tmp/otto-chunks-");
    TestFails(OttoStorageReadField(grid, "p_path", path, "a", field), OTTO_ERR_INPUT,
              "cannot be read: the file is damaged (HDF5 crashes in it)");
    TestFails(OttoStorageReadPoints(PETSC_COMM_WORLD, "q_path", path, "a", 4, &count, &points),
              OTTO_ERR_INPUT, "(HDF5 crashes in it)");
    reading = 0;
    if (rank == bad) TestTrue(H5Zunregister(FILTER) >= 0, "not on this rank");
    TestFails(OttoStorageReadField(grid, "p_path", path, "a", field), OTTO_ERR_INPUT,
              "is compressed by HDF5's filter 397 ('a filter of ours'), which is not installed");
    if (rank == bad) TestTrue(H5Zregister(&filter) >= 0, "and here again");
    PetscCall(TestGood(grid, field));
  }
  MPI_Barrier(PETSC_COMM_WORLD);
  if (rank == 0) unlink(path);
  PetscCall(VecDestroy(&field));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestChunks});
}
