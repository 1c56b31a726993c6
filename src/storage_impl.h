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

/* How numbers in a file become values (NetCDF's and CF's conventions): value = scale · number +
 * offset, unless the number is missing. */
#define OTTO_STORAGE_MISSING 16
typedef struct {
  PetscReal scale, offset;
  PetscReal turn; /* added to negative numbers (2^bits: they are meant without a sign) where above
                     0; to numbers of -turn/2 and above where below 0 */
  PetscInt count; /* of numbers that stand for nothing: missing[count], NaN among them */
  PetscReal missing[OTTO_STORAGE_MISSING];
  PetscBool
      narrow[OTTO_STORAGE_MISSING]; /* the attribute is a float, the data are not: as floats */
  PetscReal least, most;            /* beyond these a number is missing as well */
  PetscBool of_values;              /* they are limits of values, not of numbers as stored */
} OttoStorageCoding;

/* A dimension of a dataset: the axis of the target it is, and where its entries go there: entry i
 * to (first + step i) mod n. */
typedef struct {
  PetscInt64 n;              /* entries */
  PetscInt64 used;           /* without a doubled end point */
  PetscInt axis;             /* -1: one entry, which is left out */
  PetscInt64 first, step;    /* step ±1 */
  char name[OTTO_AXIS_NAME]; /* "" without one */
} OttoStorageDimension;

/* What rank 0 found. `why` is empty for a dataset of numbers that can be read. */
typedef struct {
  char why[900];
  int unwritten; /* nothing was ever put into it: it reads as zeros */
  PetscInt dim;
  OttoStorageDimension d[H5S_MAX_RANK];
  OttoStorageCoding coding;
} OttoStorageShape;

#define OttoStorageBecause(shape, ...) snprintf((shape)->why, sizeof(shape)->why, __VA_ARGS__)

/** A number's value; *missing tells whether it has none. */
static inline PetscReal OttoStorageDecode(const OttoStorageCoding *c, PetscReal number,
                                          PetscBool *missing)
{
  if (c->turn > 0 && number < 0) number += c->turn;
  if (c->turn < 0 && number >= -c->turn / 2) number += c->turn;
  PetscReal value = c->scale * number + c->offset, limited = c->of_values ? value : number;
  *missing = limited < c->least || limited > c->most ? PETSC_TRUE : PETSC_FALSE;
  for (PetscInt i = 0; i < c->count; i++)
    if (number == c->missing[i] || (c->narrow[i] && (double)(float)number == c->missing[i]) ||
        (number != number && c->missing[i] != c->missing[i]))
      *missing = PETSC_TRUE;
  return value;
}

/** Reads what the attributes of `data` say of its numbers into shape->coding, or what is not
 * understood into shape->why, which then begins with `what` ("dataset 'p' of 'in.nc'"). One rank.
 */
PETSC_INTERN void OttoStorageReadCoding(hid_t file, hid_t data, const char *what,
                                        OttoStorageShape *shape);

/** An attribute's numbers, at most `most` of them; how many, 0 where there is none, -1 where it
 * holds anything else (said in why). One rank. */
PETSC_INTERN int OttoStorageReadNumbers(hid_t object, const char *name, int most, double values[],
                                        char why[], size_t size);

/** An attribute's text of less than `size` bytes: 1, 0 where there is none, -1 where it is no text.
 * One rank. */
PETSC_INTERN int OttoStorageReadText(hid_t object, const char *name, char text[], size_t size);

/** Finds which axis of the grid each dimension is and in which order its entries come, by names,
 * coordinates and the grid's own attributes; what does not fit goes into shape->why. One rank. */
PETSC_INTERN void OttoStorageMatchGrid(hid_t file, hid_t data, const OttoGridInfo *g,
                                       const char *what, OttoStorageShape *shape);

/** "4 x 6 (y, x)" */
PETSC_INTERN void OttoStorageFormatShape(const OttoStorageShape *shape, char text[], size_t size);

/** Reads rows [start, start + rows) of the target's axis 0, n[dim] its sizes, into
 * values[rows][…], decoded; what is missing becomes `replacement` and is counted (*missing). Not
 * collective. Returns whether the file could be read. */
PETSC_INTERN PetscBool OttoStorageReadRows(hid_t data, const OttoStorageShape *shape, PetscInt dim,
                                           const PetscInt64 n[], PetscInt64 start, PetscInt64 rows,
                                           PetscReal replacement, PetscReal values[],
                                           PetscInt64 *missing);

typedef enum {
  OTTO_STORAGE_SEEN,   /* *result is what look() left there */
  OTTO_STORAGE_FATAL,  /* it crashed */
  OTTO_STORAGE_ENDLESS /* it came to no end */
} OttoStorageTrial;
typedef void (*OttoStorageLook)(void *context);

/** Calls look(context), which fills result[size], in a process of its own, and hands over the
 * result. look() must use neither MPI nor anything that it is to change here. One rank. */
PETSC_INTERN OttoStorageTrial OttoStorageTry(OttoStorageLook look, void *context, void *result,
                                             size_t size);

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
