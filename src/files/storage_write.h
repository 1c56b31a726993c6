/* Private to the writing half of storage: what is being written, and its parts. */
#pragma once
#include "storage_impl.h"
#include <limits.h>
#include <stdio.h>
#include <sys/types.h>

#define OTTO_STORAGE_TIMELESS -1

/* What was written. */
typedef struct {
  PetscInt sample; /* TIMELESS: in the group 0, and part of every sample */
  PetscReal time;
  PetscInt axis;     /* a line along it; -1: a field */
  PetscInt other;    /* a plane along it too; -1: a line */
  PetscInt64 bins;   /* no axis after all, but so many values at coordinates of their own, */
  PetscReal ends[2]; /* centres of bins between these, */
  char scale[64];    /* called so; 0, "": none */
  PetscInt segment;  /* the file that it stands in */
  PetscBool vector;  /* no dataset: the components <name>_x, <name>_y … make a vector */
  char name[64], unit[128], text[400];
} OttoStorageEntry;

/* A file that a checkpoint has seen. */
typedef struct {
  PetscInt64 number, bytes, sum; /* OttoStorageSum() of its bytes */
} OttoStorageSegment;

struct _n_OttoStorage {
  OttoGrid grid;
  hid_t file;    /* of the segment that is being written, or -1 */
  char name[32]; /* of both files, without what follows the dot */
  char dir[PATH_MAX], part[PATH_MAX + 80], final[PATH_MAX], xdmf_part[PATH_MAX], xdmf[PATH_MAX];
  PetscInt number;              /* of the segment that is being written, or was last */
  OttoStorageSegment *segments; /* which are not touched any more */
  PetscInt segment_count;
  OttoStorageEntry *entries; /* what was written, in order */
  PetscInt count, capacity;
  off_t reserved;    /* bytes of disk space asked for so far */
  char failure[300]; /* what went wrong first; the file must then not get its final name */
  PetscInt noted;    /* the sample that `note` speaks of */
  PetscReal noted_time;
  char note[120];
};

/** A storage without a file. Not collective. */
PETSC_INTERN PetscErrorCode OttoStorageNew(OttoGrid grid, const char *dir, const char *name,
                                           OttoStorage *storage);

/** The name of a segment. */
PETSC_INTERN void OttoStorageSegmentPath(const char *dir, const char *name, PetscInt number,
                                         char path[], size_t size);
/** Opens the next segment where none is open; after a failure, that again. Collective. */
PETSC_INTERN PetscErrorCode OttoStorageOpenSegment(OttoStorage s);
/** Closes the one that is open, and gives back what it does not need. Collective. */
PETSC_INTERN PetscErrorCode OttoStorageCloseSegment(OttoStorage s);
/** Removes the one that is open. Collective. */
PETSC_INTERN PetscErrorCode OttoStorageAbandonSegment(OttoStorage s);
/** Makes one file, s->part, of all segments and the one written last, which stay. Collective. */
PETSC_INTERN PetscErrorCode OttoStorageMerge(OttoStorage s);

/** Removes all segments of the folder but those of a checkpoint; errno where one stays. One rank.
 */
PETSC_INTERN int OttoStorageRemoveOthers(OttoStorage s);

/** The error of a step all ranks took; the code is the same everywhere. Collective. */
PETSC_INTERN PetscErrorCode OttoStorageAgree(OttoStorage s, PetscBool good, const char *what);
/** What went wrong first, once more. Collective. */
PETSC_INTERN PetscErrorCode OttoStorageFailAgain(OttoStorage s);
/** Asks for `bytes` more before anything is written. Collective. */
PETSC_INTERN PetscErrorCode OttoStorageReserve(OttoStorage s, PetscReal bytes);

/** The group of a sample, made with its time when it is new. Collective. */
PETSC_INTERN hid_t OttoStorageSampleGroup(hid_t file, const OttoGridInfo *g, PetscInt sample,
                                          PetscReal time);
/** An entry's dataset, all but its values. Collective. */
PETSC_INTERN hid_t OttoStorageCreateDataset(hid_t file, const OttoGridInfo *g,
                                            const OttoStorageEntry *e);
/** Sizes of an entry's dataset, n[OTTO_MAX_DIM]: how many there are. */
PETSC_INTERN PetscInt OttoStorageEntryShape(const OttoGridInfo *g, const OttoStorageEntry *e,
                                            PetscInt64 n[]);
/** What it may take on disk, its group's coordinates too. */
PETSC_INTERN PetscReal OttoStorageEntryBytes(const OttoGridInfo *g, const OttoStorageEntry *e);
/** Writes s->note to its sample. Collective. */
PETSC_INTERN PetscErrorCode OttoStorageWriteNote(OttoStorage s);

/** Attributes of an object. Collective; whether it went well. */
PETSC_INTERN PetscBool OttoStorageWriteText(hid_t object, const char *name, const char *text);
/** count 0: a scalar. */
PETSC_INTERN PetscBool OttoStorageWriteNumbers(hid_t object, const char *name, hid_t type,
                                               hsize_t count, const void *values);

/** Puts the coordinates of all axes into a new group, as dimension scales of the axes' names, and
 * its time as a dataset `time`. Collective; whether it went well. */
PETSC_INTERN PetscBool OttoStorageWriteScales(hid_t group, const OttoGridInfo *g, PetscReal time);
/** Makes the scales of an entry's axes those of its dataset in the group; of bins, makes the scale
 * where it is not there yet. Collective. */
PETSC_INTERN PetscBool OttoStorageAttachScales(hid_t group, hid_t data, const OttoGridInfo *g,
                                               const OttoStorageEntry *e);

/** Writes the corners of cells for viewers, /mesh/nodes (2 and 3 axes). Collective. */
PETSC_INTERN PetscBool OttoStorageWriteNodes(hid_t file, const OttoGridInfo *g);
/** Bytes of these, and of the coordinates of all axes. */
PETSC_INTERN PetscReal OttoStorageNodesBytes(const OttoGridInfo *g);
PETSC_INTERN PetscReal OttoStorageAxesBytes(const OttoGridInfo *g);
/** Bytes of a number there: 4, or 8 where single precision does not tell corners apart. */
PETSC_INTERN size_t OttoStorageNodeWidth(const OttoGridInfo *g);

/** Prints fields.xdmf. One rank. */
PETSC_INTERN void OttoStoragePrintXdmf(FILE *f, OttoStorage s);

/* What a vector's components are called, whatever its axes: "x", "y", "z", "x4" … */
PETSC_INTERN const char *const OttoStorageComponents[OTTO_MAX_DIM];
