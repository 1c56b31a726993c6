/* Private to options*.c. */
#pragma once
#include <otto/otto.h>

#define OTTO_MAX_KEYS 200 /* of a file, and of a command line; PETSc has room for 512 in all */

/* Puts the keys of a YAML file into PETSc's options database: all of them, or none where anything
 * is refused (OTTO_ERR_INPUT: one line with file, line and what is allowed). Collective on
 * MPI_COMM_WORLD: rank 0 reads, every rank parses the same text. */
PETSC_INTERN PetscErrorCode OttoOptionsInsertFile(const char *path);

/** The finite number that text[length] is: a number, or a formula of numbers and pi. Not
 * collective.
 */
PETSC_INTERN PetscBool OttoOptionsParseNumber(const char *text, size_t length, PetscReal *value);
/* Refuses a key of PETSc's that no run serves, and viewers that cannot be opened. Collective on
 * MPI_COMM_WORLD. */
PETSC_INTERN PetscErrorCode OttoOptionsCheckPetscKey(const char *key, const char *value);
