/** @file
 * A keep (keep.h) on disk: one HDF5 file, written by all ranks at once, that a run of any number of
 * ranks goes on from.
 *
 * `<dir>/checkpoint.h5` is the newest, `<dir>/checkpoint.previous.h5` the one before. A file is
 * written as `checkpoint.h5.part`, forced to the disk and renamed into place, so that whenever a
 * run is killed one that is whole is left. It holds `/index` (a line an entry: kind, count, name),
 * `/reals`, `/ints`, `/texts` and `/contents` (the numbers and letters of all entries, one behind
 * the other) and a dataset `/fields/<number>` for every field, in the order of its grid's cells, x
 * first, however they are dealt to ranks (OttoFieldSetBox()). Every dataset has an attribute
 * `checksum`: of its values and where they stand, modulo 2⁶⁴; HDF5 has checksums of all else.
 */
#pragma once
#include <otto/keep.h>

/** Writes all that `keep` has as the newest checkpoint of the folder; the newest becomes the one
 * before. After a failure both are what they were. A field is written by the ranks that have it,
 * rank 0 of `comm` among them. Collective on `comm`; OTTO_ERR_FILE (no space, among others). */
PETSC_EXTERN PetscErrorCode OttoCheckpointWrite(MPI_Comm comm, const char *dir, OttoKeep keep);

/** About how many bytes the file of a keep has: what is free is asked for them. The same on all
 * ranks. Collective on `comm`. */
PETSC_EXTERN PetscErrorCode OttoCheckpointBytes(MPI_Comm comm, OttoKeep keep, PetscReal *bytes);

/** Room for what OttoCheckpointOpen() says. */
#define OTTO_CHECKPOINT_SAID 900

/** Opens the newest checkpoint of the folder that is whole, by its checksums and those of the
 * fields written before it (storage.h): *keep, of direction OTTO_KEEP_TAKE, to be destroyed by
 * OttoKeepDestroy(), which closes the file; NULL where there is none. `said` names in one line what
 * is wrong with those passed over ("" where nothing is), which are left as they are; `file` is the
 * name of the one that was opened. The same on all ranks. Collective on `comm`; OTTO_ERR_INPUT
 * where the newest that can be read is of another Otto's version. */
PETSC_EXTERN PetscErrorCode OttoCheckpointOpen(MPI_Comm comm, const char *dir, OttoKeep *keep,
                                               const char **file, char said[OTTO_CHECKPOINT_SAID]);

/** Removes the checkpoints of a folder, what is left of one that was being written, and the
 * segments of fields.h5. Collective on `comm`; OTTO_ERR_FILE. */
PETSC_EXTERN PetscErrorCode OttoCheckpointRemove(MPI_Comm comm, const char *dir);
