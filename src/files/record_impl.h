/* Private to record*.c. */
#pragma once
#include <otto/errors.h>
#include <otto/grid.h>
#include <stdio.h>

typedef struct {
  const char *name, *meaning;
  PetscReal bound;
  PetscReal worst, worst_t;    /* the largest value reported and its time */
  PetscInt reported, left_out; /* how often it was found, and how often it did not apply */
  char reason[160];            /* why it did not apply somewhere; "" where it always did */
  char advice[300];
} OttoCheck;

typedef struct {
  char name[64];
  PetscReal value;
  char text[256];  /* used where not empty */
  PetscReal *list; /* used where not NULL */
  PetscInt count;
} OttoNamed;

/* A quantity that is not known. */
typedef struct {
  char name[64], why[256];
  PetscReal from, low, high; /* the first time, and what it may be there */
  PetscInt times;            /* how often this was found */
  PetscBool fails;
} OttoUnknown;

/* Unit and sentence of a result. */
typedef struct {
  const char *name, *unit, *meaning;
  int answer; /* whether it is shown at the end */
} OttoMeaning;

/* Lists that grow. */
typedef struct {
  PetscInt count;
  OttoNamed *at;
} OttoNamedList;
typedef struct {
  PetscInt count;
  OttoUnknown *at;
} OttoUnknownList;

#define OTTO_MAX_TABLES 2 /* time and space */

struct _n_OttoRecord {
  MPI_Comm comm;
  PetscMPIInt rank;
  char driver[64], dir[PETSC_MAX_PATH_LEN], input[PETSC_MAX_PATH_LEN]; /* "" without a file */
  PetscBool overwrite;
  PetscBool resumes, lost; /* goes on from a checkpoint; or there is none that is whole */
  FILE *series;            /* rank 0 */
  PetscInt columns, rows;
  const OttoColumn *column;        /* [columns] */
  PetscReal *first_row, *last_row; /* [columns] */
  PetscInt answer_count;           /* columns shown at the end */
  const char *const *answers;
  PetscInt check_count;
  OttoCheck *checks; /* [check_count]: those of check.def for the driver */
  OttoNamedList results, timings;
  PetscInt table_count;
  OttoErrorTable tables[OTTO_MAX_TABLES];
  OttoUnknownList unknown, undefined; /* undefined: without intervals */
  PetscReal started;                  /* MPI_Wtime */
  PetscInt stage;                     /* the one of `timings` that goes on */
  PetscReal stage_started;
  PetscBool stage_open;
  PetscBool terminal;
  const char *stopped; /* the signal that ended the run; NULL: none */
  PetscInt rows_asked; /* of a run that was stopped */
};

/* Removes what jobs/plot.py drew of the run that a folder held. Rank 0 only; OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoRecordRemovePictures(const char *dir);

/* Of record_errors.c; Write and Say on rank 0 only. */
PETSC_INTERN PetscErrorCode OttoErrorTableFree(OttoErrorTable *table);
PETSC_INTERN PetscErrorCode OttoErrorTableKeep(OttoErrorTable table, OttoKeep keep);
PETSC_INTERN void OttoErrorTableWrite(FILE *f, const OttoGridInfo *g, OttoErrorTable table);
PETSC_INTERN void OttoErrorTableSay(OttoErrorTable table);
/* The estimate of a column's last value; NaN where there is none. */
PETSC_INTERN PetscReal OttoErrorTableLast(OttoErrorTable table, const char *column);

/* Of record_rows.c: a file as one text to be freed, NULL where there is none. Rank 0 only;
 * OTTO_ERR_FILE. */
PETSC_INTERN PetscErrorCode OttoRecordReadFile(const char *path, char **text);

/* Of record_checks.c: the driver's checks with their bounds, and the check `known` at the end. */
PETSC_INTERN PetscErrorCode OttoRecordReadBounds(OttoRecord record);
PETSC_INTERN PetscErrorCode OttoRecordCheckKnown(OttoRecord record);
PETSC_INTERN PetscBool OttoCheckPasses(const OttoCheck *check);

/* Of record_results.c. The entry of that name, a new one of value 0 where there is none: its place
 * in the list. */
PETSC_INTERN PetscErrorCode OttoNamedFind(OttoNamedList *list, const char *name, PetscInt *found);
/* Room for one more in an array of `count` entries of so many bytes each; *list may move. */
PETSC_INTERN PetscErrorCode OttoListGrow(PetscInt count, size_t bytes, void *list);
/* NULL where result.def has none. */
PETSC_INTERN const OttoMeaning *OttoResultMeaning(const char *name);
/* What it means of a driver: result_own.def's sentence, else result.def's. NULL likewise. */
PETSC_INTERN const char *OttoResultSentence(const char *driver, const char *name);

/* Of record_answers.c. Print and Write on rank 0 only. */
PETSC_INTERN void OttoRecordWriteMeanings(FILE *f, const OttoGridInfo *g, OttoRecord record);
PETSC_INTERN void OttoRecordWriteColumns(FILE *f, const OttoGridInfo *g, OttoRecord record);
PETSC_INTERN PetscErrorCode OttoRecordKeepRow(OttoRecord record, const PetscReal values[]);
PETSC_INTERN void OttoRecordPrintAnswers(OttoRecord record, const OttoGridInfo *g);

/* Writes summary.json.part and renames it. Rank 0 only. */
PETSC_INTERN PetscErrorCode OttoRecordWriteSummary(OttoRecord record, OttoGrid grid,
                                                   PetscBool passed);
/* Prints a text in lines of at most 80 letters, indented; all after the first by blanks. */
PETSC_INTERN void OttoRecordSay(const char *indent, const char *text);
PETSC_INTERN void OttoRecordPrintTable(OttoRecord record, OttoGrid grid, PetscBool passed);
