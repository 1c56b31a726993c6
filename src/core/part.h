/* Private: files that a run writes as <name>.part and renames when they are whole. */
#pragma once
#include <otto/otto.h>
#include <stdio.h>
#include <sys/types.h>

/* A new file `path` for writing, in place of one that a killed run has left; a link or a FIFO of
 * that name is removed, not followed. NULL, or a descriptor below 0: see errno. */
PETSC_INTERN int OttoPartCreate(const char *path);
PETSC_INTERN FILE *OttoPartOpen(const char *path);

/* Whether the file system promises `total` bytes to the open file, `more` of them new; errno says
 * why not. One that cannot reserve is asked how much is free. */
PETSC_INTERN PetscBool OttoPartHasRoom(int descriptor, off_t total, PetscReal more);
