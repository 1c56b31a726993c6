/* Private to files: the segments of fields.h5 that a checkpoint has seen, and those of a run that
 * was killed. */
#pragma once
#include <otto/keep.h>

/** What files of fields are called, without what follows the dot; NULL at the end. */
PETSC_INTERN const char *const OttoStorageNames[];

/** Removes the folder's segments of this name but those of these numbers. One rank; errno of one
 * that stays. */
PETSC_INTERN int OttoStorageRemoveSegments(const char *dir, const char *name, PetscInt count,
                                           const PetscInt64 numbers[]);

/** Whether the segments that a keep names are there as they were: why[size] says of one what is
 * wrong, or is "". Collective. */
PETSC_INTERN PetscErrorCode OttoStorageCheckKept(MPI_Comm comm, const char *dir, OttoKeep keep,
                                                 char why[], size_t size);
