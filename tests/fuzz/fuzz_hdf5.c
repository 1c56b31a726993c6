/* HDF5 files: arrays, points, chunks and filters, attributes and links, with bytes changed; in
 * every other case near the index of chunks, which only those who read the numbers look at. Runs on
 * any number of ranks. */
#include "fuzz.h"
#include <hdf5.h>

#define ROWS 12
#define COLUMNS 10

static unsigned char good[FUZZ_ROOM];
static size_t good_length;
static char name[64];
static OttoGrid grid;
static Vec field;

static void Add(hid_t file, const char *dataset, hid_t type, hid_t plan, hsize_t rows,
                hsize_t columns)
{
  const hsize_t n[2] = {rows, columns};
  double values[ROWS * COLUMNS];
  hid_t space = H5Screate_simple(2, n, NULL);
  hid_t data = H5Dcreate2(file, dataset, type, space, H5P_DEFAULT, plan, H5P_DEFAULT);

  for (int i = 0; i < ROWS * COLUMNS; i++) values[i] = (double)i / (ROWS * COLUMNS);
  H5Dwrite(data, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
  hid_t one = H5Screate(H5S_SCALAR);
  hid_t attribute = H5Acreate2(data, "scale", H5T_NATIVE_DOUBLE, one, H5P_DEFAULT, H5P_DEFAULT);
  H5Awrite(attribute, H5T_NATIVE_DOUBLE, values);
  H5Aclose(attribute);
  H5Sclose(one);
  H5Dclose(data);
  H5Sclose(space);
}

static PetscErrorCode MakeGood(void)
{
  const hsize_t chunk[2] = {5, 4}, small[2] = {2, 1};
  hid_t file = H5Fcreate(name, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  hid_t chunked = H5Pcreate(H5P_DATASET_CREATE);
  FILE *f;

  PetscFunctionBegin;
  H5Pset_chunk(chunked, 2, chunk);
  H5Pset_shuffle(chunked);
  H5Pset_deflate(chunked, 1);
  Add(file, "a", H5T_IEEE_F64LE, H5P_DEFAULT, ROWS, COLUMNS);
  Add(file, "i", H5T_STD_I16BE, H5P_DEFAULT, ROWS, COLUMNS);
  Add(file, "c", H5T_IEEE_F32LE, chunked, ROWS, COLUMNS);
  Add(file, "p", H5T_IEEE_F64LE, H5P_DEFAULT, ROWS, 2);
  H5Pset_chunk(chunked, 2, small); /* 60 chunks: an index of two levels */
  H5Pset_fletcher32(chunked);
  Add(file, "m", H5T_IEEE_F64LE, chunked, ROWS, COLUMNS);
  H5Lcreate_soft("/a", file, "s", H5P_DEFAULT, H5P_DEFAULT);
  H5Pclose(chunked);
  H5Fclose(file);
  f = fopen(name, "rb");
  good_length = f ? fread(good, 1, sizeof good, f) : 0;
  if (f) fclose(f);
  if (!good_length || good_length == sizeof good) OttoFail(PETSC_ERR_FILE_READ, "the good file");
  PetscFunctionReturn(0);
}

static PetscErrorCode MakeGrid(void)
{
  const PetscInt64 n[] = {ROWS, COLUMNS};
  const PetscReal lower[] = {0, 0}, upper[] = {1, 1};
  const OttoBoundary boundary[] = {OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_NO_FLUX};

  PetscFunctionBegin;
  PetscCall(OttoGridCreate(PETSC_COMM_WORLD, &grid));
  PetscCall(OttoGridSetBox(grid, 2, n, lower, upper, boundary));
  PetscCall(OttoGridSetUp(grid));
  PetscCall(OttoFieldCreate(grid, &field));
  PetscFunctionReturn(0);
}

/* Changes bytes of nodes of B-trees: a number of entries, a size, an offset, an address. */
static void ChangeIndex(void)
{
  size_t at[64], found = 0;

  for (size_t i = 0; i + 4 < fuzz_length && found < 64; i++)
    if (!memcmp(fuzz_bytes + i, "TREE", 4)) at[found++] = i;
  for (size_t k = 1 + FuzzBelow(4); k && found; k--) {
    const size_t where = at[FuzzBelow(found)] + FuzzBelow(FuzzBelow(2) ? 64 : 1500);
    if (where < fuzz_length)
      fuzz_bytes[where] =
          (unsigned char)(FuzzBelow(3) ? FuzzBelow(256) : (size_t)fuzz_bytes[where] + 1);
  }
}

/* On rank 0, for all. */
static PetscErrorCode WriteCase(void)
{
  PetscMPIInt rank;

  PetscFunctionBegin;
  if (fuzz_case % 2) {
    fuzz_length = good_length;
    memcpy(fuzz_bytes, good, good_length);
    ChangeIndex();
  } else {
    FuzzInput(good, good_length, NULL, 0);
  }
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  MPI_Barrier(PETSC_COMM_WORLD); /* all are done with the one before */
  FILE *f = rank ? NULL : fopen(name, "wb");
  if (!rank && (!f || fwrite(fuzz_bytes, 1, fuzz_length, f) != fuzz_length || fclose(f)))
    OttoFail(PETSC_ERR_FILE_OPEN, "cannot write %s", name);
  MPI_Barrier(PETSC_COMM_WORLD);
  PetscFunctionReturn(0);
}

static PetscErrorCode Begin(void)
{
  PetscMPIInt rank;

  PetscFunctionBegin;
  MPI_Bcast(name, sizeof name, MPI_CHAR, 0, PETSC_COMM_WORLD);
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  if (rank == 0) PetscCall(MakeGood());
  MPI_Bcast(&good_length, sizeof good_length, MPI_BYTE, 0, PETSC_COMM_WORLD);
  MPI_Bcast(good, sizeof good, MPI_BYTE, 0, PETSC_COMM_WORLD);
  PetscCall(MakeGrid());
  PetscFunctionReturn(0);
}

static PetscErrorCode One(int *failed)
{
  static const char *const datasets[] = {"a", "i", "c", "s", "m", "p"};
  PetscReal *points = NULL;
  PetscInt64 count = 0;

  PetscFunctionBegin;
  if (!grid) PetscCall(Begin());
  PetscCall(WriteCase());
  for (int i = 0; i < 6; i++) {
    PetscErrorCode code = i < 5 ? OttoStorageReadField(grid, "p_path", name, datasets[i], field)
                                : OttoStorageReadPoints(PETSC_COMM_WORLD, "p_path", name,
                                                        datasets[i], 2, &count, &points);
    if (!code && i == 5) PetscCall(PetscFree(points));
    *failed += FuzzJudge(code);
  }
  PetscFunctionReturn(0);
}

int main(int argc, char *argv[])
{
  snprintf(name, sizeof name, "/tmp/otto-fuzz-%d.h5", (int)getpid());
  const int status = FuzzMain(argc, argv, One);
  unlink(name);
  return status;
}
