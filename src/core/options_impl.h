/* Private to options*.c. */
#pragma once
#include <otto/options.h>

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
PETSC_INTERN PetscErrorCode OttoOptionsCheckPetscKey(const char *driver, const char *key,
                                                     const char *value);

/* A key as -help has it. */
typedef struct {
  char key[64];
  const char *type, *fallback;
  const char *group;    /* of options.def; NULL: a driver's own */
  const char *driver;   /* bounds of checks: whose they are; else NULL */
  const char *title;    /* what it stands under in -help; NULL: as the line before */
  const char *sentence; /* what it means */
  char readers[120];    /* the members that read it, "" where it is no member's */
  int family;           /* whose, from 1; 0 likewise */
} OttoOptionLine;

#define OTTO_MAX_LINES 400 /* of the p_ and q_ keys two each; a test counts them */

/** The i-th line, of Otto's keys, then of PETSc's that are used most; NULL beyond the last. */
PETSC_INTERN const OttoOptionLine *OttoOptionsLineAt(PetscInt i);
/** The line of one of Otto's keys; the driver's own where several groups have the key (driver NULL:
 * any). NULL for a key that is none. */
PETSC_INTERN const OttoOptionLine *OttoOptionsLine(const char *key, const char *driver);
/** The key that chooses among the members of a line's family, key[size]; "" where it is no
 * member's. */
PETSC_INTERN void OttoOptionsChooser(const OttoOptionLine *line, char key[], size_t size);
/** Whether `word`, a member of a line's family, reads it; `otherwise` of a word that names none. */
PETSC_INTERN PetscBool OttoOptionsReads(const OttoOptionLine *line, const char *word,
                                        PetscBool otherwise);
/** Whether a driver has a line among its keys. */
PETSC_INTERN PetscBool OttoOptionsServes(const OttoOptionLine *line, const char *driver);
/** The i-th driver, or NULL. */
PETSC_INTERN const OttoOptionsDriver *OttoOptionsDriverAt(PetscInt i);
/** The driver of OttoOptionsCheckKeys(), "" before. */
PETSC_INTERN const char *OttoOptionsCheckedDriver(void);
/** The keys of a driver (NULL: of all), or with `petsc` PETSc's alone, ended by NULL. */
PETSC_INTERN void OttoOptionsKnown(const char *driver, PetscBool petsc,
                                   const char *known[OTTO_MAX_LINES + 1]);
