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
