/*
 * Private to storage: HDF5 with its own error printing off.
 */
#pragma once
#include "core/message.h"
#include <otto/storage.h>
#include <hdf5.h>
#include <math.h>
#include <stdint.h>

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
  PetscReal single[OTTO_STORAGE_MISSING]; /* what single precision makes of them, in floats */
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
  PetscInt axis;             /* -1: none, one entry is taken */
  PetscInt64 first, step;    /* step ±1 */
  PetscInt64 at;             /* axis -1: the entry that is taken */
  char name[OTTO_AXIS_NAME]; /* "" without one */
} OttoStorageDimension;

/* What rank 0 found. `why` is empty for a dataset of numbers that can be read. */
typedef struct {
  char why[900];
  int unwritten;                       /* nothing was ever put into it: it reads as zeros */
  PetscInt64 chunks, unwritten_chunks; /* that read as zeros likewise; 0 where they are missing */
  PetscInt dim;
  OttoStorageDimension d[H5S_MAX_RANK];
  PetscInt column[OTTO_MAX_DIM]; /* of points: the axis that a column is */
  PetscBool timed;               /* there may be a dimension of time: entry `moment` is asked for */
  PetscInt64 moment, moments;    /* and how many there are; 0: no such dimension */
  PetscBool sizing;              /* only sizes are asked for: entries along every axis */
  PetscInt64 sizes[OTTO_MAX_DIM];
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
    if (number == c->missing[i] || number == c->single[i] ||
        (c->narrow[i] && (double)(float)number == c->missing[i]) ||
        (number != number && c->missing[i] != c->missing[i]))
      *missing = PETSC_TRUE;
  return value;
}

/** Reads what the attributes of `data` say of its numbers into shape->coding, or what is not
 * understood into shape->why, which then begins with `what` ("dataset 'p' of 'in.nc'"). One rank.
 */
PETSC_INTERN void OttoStorageReadCoding(hid_t file, hid_t data, const char *what,
                                        OttoStorageShape *shape);

/* What NetCDF calls the scale of a dimension without coordinates. */
#define OTTO_STORAGE_BARE "This is a netCDF dimension but not a netCDF variable"

/** Whether an attribute of the dimension-scale interface (DIMENSION_LIST, DIMENSION_LABELS) is what
 * that interface writes: one entry a dimension, of this class. Only then is a dataset handed to it.
 * One rank. */
PETSC_INTERN PetscBool OttoStorageIsSound(hid_t data, PetscInt dim, const char *name,
                                          H5T_class_t class);

/** The group that an object stands in, or -1. One rank. */
PETSC_INTERN hid_t OttoStorageOpenBeside(hid_t object);

/** Whether the first index varies fastest in what wrote the dataset: its dimensions are the other
 * way round than said. One rank. */
PETSC_INTERN PetscBool OttoStorageIsColumnMajor(hid_t data);

/** Whether a dataset's numbers stand in its own file, and in itself. One rank. */
PETSC_INTERN PetscBool OttoStorageIsOwn(hid_t data);

/** Names in an attribute (NULL: in the dataset itself), one an entry or all in one text; the first
 * `most` of them. How many there are, 0 without the attribute, -1 where it is no text. One rank. */
PETSC_INTERN int OttoStorageReadNames(hid_t object, const char *attribute, int most,
                                      char names[][OTTO_AXIS_NAME]);

/** Adds what other conventions than HDF5's own call the dimensions; what they contradict goes into
 * shape->why. One rank. */
PETSC_INTERN PetscBool OttoStorageAddNames(hid_t data, const OttoGridInfo *g, const char *what,
                                           OttoStorageShape *shape);

/** Opens coordinates that stand beside the dataset for dimensions without a scale (scale[d] < 0);
 * what is not understood goes into shape->why. One rank. */
PETSC_INTERN PetscBool OttoStorageFindCoordinates(hid_t data, const OttoGridInfo *g,
                                                  const char *what, OttoStorageShape *shape,
                                                  hid_t scale[]);

/** Whether the edges of cells that coordinates x[n] of an axis name are the grid's; if not, why[].
 * One rank. */
PETSC_INTERN void OttoStorageCheckBounds(hid_t scale, const OttoGridInfo *g, PetscInt axis,
                                         PetscInt64 n, const double x[], char why[], size_t size);

/* Values that were read for a key. */
typedef struct {
  const char *key, *path, *dataset;
  PetscInt64 values; /* on all ranks */
  PetscBool timed;   /* those at entry `moment` of time */
  PetscInt64 moment;
} OttoStorageRead;

/** A sum of values[rows][row] that tells whether any is another, or stands elsewhere: row i begins
 * at place at + step i of the whole. Sums of ranks add up. Not collective. */
PETSC_INTERN uint64_t OttoStorageSumRows(const PetscReal values[], PetscInt64 rows, PetscInt64 row,
                                         PetscInt64 at, PetscInt64 step);
/** Notes what was read, by the sum of this rank's part of it. Collective; OTTO_ERR_INPUT where the
 * run that OttoStorageKeepRead() took over had read other values. */
PETSC_INTERN PetscErrorCode OttoStorageNoteRead(MPI_Comm comm, const OttoStorageRead *read,
                                                uint64_t sum);

/* What HDF5 itself knows of a dataset's fill value. */
typedef struct {
  PetscBool known, given; /* HDF5's own is 0; `given` by whoever made the dataset */
  PetscBool netcdf;       /* and NetCDF takes it for missing */
  double value;
  PetscInt64 chunks, unwritten; /* chunks, and those of them that were never written; 0 where all
                                   or none were */
} OttoStorageFill;

/** One rank. */
PETSC_INTERN void OttoStorageReadFill(hid_t file, hid_t data, OttoStorageFill *fill);

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

/** Finds which dimension of a dataset counts points, which axis each of the `columns` numbers of
 * one is (of the grid's; g NULL: no grid) and whether its unit is the grid's; what is not
 * understood goes into shape->why. One rank. */
PETSC_INTERN void OttoStorageMatchPoints(hid_t file, hid_t data, const OttoGridInfo *g,
                                         PetscInt columns, const char *what,
                                         OttoStorageShape *shape);

/** Names of dimensions by HDF5's scales and labels, and the first scale of each (to be closed) or
 * -1. One rank. */
PETSC_INTERN PetscBool OttoStorageNameDimensions(hid_t file, hid_t data, const OttoGridInfo *g,
                                                 const char *what, OttoStorageShape *shape,
                                                 hid_t scale[]);

/* How far a coordinate may be from a cell's centre: a thousandth of a cell, or what single
 * precision rounds off. */
static inline PetscReal OttoStorageTolerance(PetscReal h, PetscReal largest)
{
  return PetscMax(1e-3 * h, PetscMin(0.05 * h, ldexp(largest, -22)));
}

/** Whether x[n], n ≥ 2, are evenly spaced to that tolerance; if not, text[size] names the entry
 * that is farthest off, what was expected there and how many others are off. */
PETSC_INTERN PetscBool OttoStorageIsEven(PetscInt64 n, const double x[], char text[], size_t size);

/** "4 x 6 (y, x)" */
PETSC_INTERN void OttoStorageFormatShape(const OttoStorageShape *shape, char text[], size_t size);

/* Rows [start, start + count) of a target whose sizes are n[dim], in a dataset; what is missing
 * there becomes `replacement`. */
typedef struct {
  const char *path, *dataset;
  const OttoStorageShape *shape;
  PetscInt dim;
  const PetscInt64 *n;
  PetscInt64 start, count;
  PetscReal replacement;
} OttoStorageRows;

/** Reads each rank's rows into values[count][…], decoded, by a process of the rank's own; *missing:
 * how many numbers are, on all ranks. Collective; OTTO_ERR_INPUT names key, path and dataset. */
PETSC_INTERN PetscErrorCode OttoStorageReadApart(MPI_Comm comm, const char *key,
                                                 const OttoStorageRows *rows, PetscReal values[],
                                                 PetscInt64 *missing);

typedef enum {
  OTTO_STORAGE_SEEN,    /* the results are what look() left there */
  OTTO_STORAGE_FATAL,   /* it crashed */
  OTTO_STORAGE_ENDLESS, /* it came to no end */
  OTTO_STORAGE_KILLED   /* from outside: where memory ends, say */
} OttoStorageTrial;
typedef void (*OttoStorageLook)(void *context);

/* What look() fills: size bytes. */
typedef struct {
  void *bytes;
  size_t size;
} OttoStorageResult;

/** Calls look(context), which fills result[count], in a process of its own, and hands the results
 * over; in this process where the system gives no other, or OTTO_FORK is "no" in the environment.
 * look() must use neither MPI nor anything else that it is to change here. One rank. */
PETSC_INTERN OttoStorageTrial OttoStorageTry(OttoStorageLook look, void *context, int count,
                                             const OttoStorageResult result[]);

/** look() goes on, and may take as long again as a slow disk needs for so many bytes. */
PETSC_INTERN void OttoStorageGoOn(PetscReal bytes);

/** What to say of a trial that did not end well; "" of one that did. */
PETSC_INTERN const char *OttoStorageTrialWords(OttoStorageTrial trial);

/* Rows of `row_bytes` bytes moved in one call of HDF5: MPI-IO counts bytes in an int. */
static inline hsize_t OttoRowsAtOnce(hsize_t row_bytes)
{
  const hsize_t most = (hsize_t)OttoMessageBytes((PetscInt64)1 << 28);
  return row_bytes >= most ? 1 : most / (row_bytes ? row_bytes : 1);
}

/* Opens for reading, without MPI and without a lock. One rank. */
PETSC_INTERN hid_t OttoStorageOpenSerial(const char *path);

/** Why a dataset's numbers could not be read: its filter that is not installed, or damage. */
PETSC_INTERN void OttoStorageExplainUnreadable(hid_t data, char why[], size_t size);

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
