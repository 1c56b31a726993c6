/* Private to the writing half of storage: what is being written, and its parts. */
#pragma once
#include "storage_impl.h"
#include <limits.h>
#include <stdio.h>
#include <sys/types.h>

#define OTTO_STORAGE_TIMELESS -1

typedef struct {
  PetscInt sample; /* TIMELESS: in the group 0, and part of every sample */
  PetscReal time;
  char name[64];
  PetscBool vector; /* no dataset: the components <name>_x, <name>_y … make a vector */
} OttoStorageEntry;

struct _n_OttoStorage {
  OttoGrid grid;
  hid_t file;
  char part[PATH_MAX], final[PATH_MAX], xdmf_part[PATH_MAX], xdmf[PATH_MAX];
  OttoStorageEntry *entries; /* what was written, in order, for the xdmf */
  PetscInt count, capacity;
  off_t reserved;    /* bytes of disk space asked for so far */
  char failure[300]; /* what went wrong first; the file must then not get its final name */
  PetscInt noted;    /* the sample that `note` speaks of */
  char note[120];
};

/** Attributes of an object. Collective; whether it went well. */
PETSC_INTERN PetscBool OttoStorageWriteText(hid_t object, const char *name, const char *text);
/** count 0: a scalar. */
PETSC_INTERN PetscBool OttoStorageWriteNumbers(hid_t object, const char *name, hid_t type,
                                               hsize_t count, const void *values);

/** Selects, of a field's space in a file, the rows of axis 0 from `done` on of this rank's box: as
 * many as one write takes, *rows (HDF5 and MPI count bytes of a write as int). Not collective;
 * whether it went well. */
PETSC_INTERN PetscBool OttoStorageSelect(hid_t space, const OttoGridInfo *g, hsize_t done,
                                         hsize_t *rows);

/** Puts the coordinates of all axes into a new group, as dimension scales of the axes' names, and
 * its time as a dataset `time`. Collective; whether it went well. */
PETSC_INTERN PetscBool OttoStorageWriteScales(hid_t group, const OttoGridInfo *g, PetscReal time);
/** Makes the scales of axes first … first + count - 1 those of a dataset of these axes in the
 * group. Collective. */
PETSC_INTERN PetscBool OttoStorageAttachScales(hid_t group, hid_t data, const OttoGridInfo *g,
                                               PetscInt first, PetscInt count);

/** Writes the corners of cells for viewers, /mesh/nodes (2 and 3 axes). Collective. */
PETSC_INTERN PetscBool OttoStorageWriteNodes(hid_t file, const OttoGridInfo *g);
/** Bytes of a number there: 4, or 8 where single precision does not tell corners apart. */
PETSC_INTERN size_t OttoStorageNodeWidth(const OttoGridInfo *g);

/** Prints fields.xdmf. One rank. */
PETSC_INTERN void OttoStoragePrintXdmf(FILE *f, OttoStorage s);

/* What a vector's components are called, whatever its axes: "x", "y", "z", "x4" … */
PETSC_INTERN const char *const OttoStorageComponents[OTTO_MAX_DIM];
