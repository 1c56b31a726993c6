/* Private, but for every folder: big arrays. */
#pragma once
#include <otto/otto.h>

/** A big buffer of `count` reals: aligned to 64 bytes; from 2 MiB on to 2 MiB, on huge pages where
 * the system grants them. Not cleared. Not collective: PETSC_ERR_MEM on this rank alone. */
PETSC_INTERN PetscErrorCode OttoBufferCreate(size_t count, PetscReal **buffer);
PETSC_INTERN PetscErrorCode OttoBufferDestroy(PetscReal **buffer);
