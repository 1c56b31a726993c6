/*
 * Private to storage: HDF5 with its own error printing off.
 */
#pragma once
#include <otto/storage.h>
#include <hdf5.h>

/* What a program that uses Otto had set for HDF5's error printing. */
typedef struct {
  H5E_auto2_t print;
  void *context;
} OttoQuiet;

/* HDF5 prints no error stack between these two: every failure becomes one sentence of ours. */
static inline OttoQuiet OttoQuietBegin(void)
{
  OttoQuiet before;
  H5Eget_auto2(H5E_DEFAULT, &before.print, &before.context);
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  return before;
}
static inline void OttoQuietEnd(OttoQuiet before)
{
  H5Eclear2(H5E_DEFAULT);
  H5Eset_auto2(H5E_DEFAULT, before.print, before.context);
}

/* Rows of `row_bytes` bytes moved in one call of HDF5: MPI-IO counts bytes in an int. */
static inline hsize_t OttoRowsAtOnce(hsize_t row_bytes)
{
  const hsize_t most = (hsize_t)1 << 28;
  return row_bytes >= most ? 1 : most / (row_bytes ? row_bytes : 1);
}

/* Opens an object of a file, or says in why[size] why it cannot be read and returns -1: it is not
 * there, lies behind a link that leads nowhere or to no file, or is put together of other files. */
PETSC_INTERN hid_t OttoStorageOpenObject(hid_t file, const char *path, const char *dataset,
                                         char why[], size_t size);

/* Whether rows of points fit into memory, shared by the ranks. Collective; OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoStorageCheckRoom(MPI_Comm comm, const char *key, const char *path,
                                                 const char *dataset, PetscInt64 rows,
                                                 PetscInt64 columns);

/* HDF5 says nothing any more once PETSc has ended. */
PETSC_INTERN PetscErrorCode OttoStorageEndSilently(void);
