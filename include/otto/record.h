/** @file
 * What a run leaves behind: the series, the checks and their verdict, the summary.
 *
 * Rank 0 writes; files are written as <name>.part and renamed into place, so that nothing half
 * written ever stands under a final name.
 */
#pragma once
#include <otto/grid.h>
#include <otto/keep.h>

/** A run's folder, series, checks and results. */
typedef struct _n_OttoRecord *OttoRecord;

/** A column of a series. */
typedef struct {
  const char *name;     /**< its head in series.csv */
  const char *unit;     /**< such as nats */
  const char *sentence; /**< what it is, for the summary */
} OttoColumn;

/** Reads output_dir (otto-out/<driver>-<input name>), output_overwrite and every
 * check_<name>_tolerance of `driver` (src/core/check.def). Touches no file. Collective.
 * `input`: path of the input file, or NULL. */
PETSC_EXTERN PetscErrorCode OttoRecordCreate(MPI_Comm comm, const char *driver, const char *input,
                                             OttoRecord *record);
/** Frees a record; what was not closed stays behind as .part. Not collective. */
PETSC_EXTERN PetscErrorCode OttoRecordDestroy(OttoRecord *record);

/** Creates the output folder and opens the series with its columns[count] (0: none), which must
 * outlive the record; the summary carries their units and sentences as `columns`. Collective.
 * OTTO_ERR_INPUT: the folder holds a run and output_overwrite is not set; it cannot be written;
 * less than `bytes` (plus a little) are free. Call it last before computing: with output_overwrite
 * the old run's files are removed here. */
PETSC_EXTERN PetscErrorCode OttoRecordOpen(OttoRecord record, PetscInt count,
                                           const OttoColumn columns[], PetscReal bytes);

/** The run goes on from a checkpoint of its folder: what that holds is its own, and is replaced but
 * for the checkpoints. `whole` false: it would have, but there is none that is whole; what a run
 * that was killed has left does not keep it from beginning afresh, the summary of one that has
 * ended does. Before OttoRecordOpen(); the same on all ranks. Not collective. */
PETSC_EXTERN PetscErrorCode OttoRecordResume(OttoRecord record, PetscBool whole);

/** What OttoRecordOpen() would refuse, touching nothing: for a driver whose preparation takes long.
 * Collective. */
PETSC_EXTERN PetscErrorCode OttoRecordCheckFolder(OttoRecord record, PetscReal bytes);

/** The output folder. Not collective. */
PETSC_EXTERN const char *OttoRecordGetDir(OttoRecord record);

/** The ranks of a record. Not collective. */
PETSC_EXTERN MPI_Comm OttoRecordGetComm(OttoRecord record);

/** Appends a row to the series (17 significant digits). values[count], the same on all ranks.
 * Collective; OTTO_ERR_FILE. */
PETSC_EXTERN PetscErrorCode OttoRecordRow(OttoRecord record, const PetscReal values[]);

/** Writes a small table, <name>.csv, at once: heads[columns], values[rows][columns] (17 significant
 * digits), the same on all ranks. After OttoRecordOpen(); a name that src/files/record.c knows.
 * Collective; OTTO_ERR_FILE. */
PETSC_EXTERN PetscErrorCode OttoRecordTable(OttoRecord record, const char *name, PetscInt columns,
                                            const char *const heads[], PetscInt rows,
                                            const PetscReal values[]);

/** How many rows were appended. Not collective. */
PETSC_EXTERN PetscInt OttoRecordGetRows(OttoRecord record);

/** The first column of the series, the time, as it stands in the file: (*times)[*count], NaN where
 * a row is not whole; PetscFree() it. Before OttoRecordClose(). Collective; OTTO_ERR_FILE. */
PETSC_EXTERN PetscErrorCode OttoRecordReadTimes(OttoRecord record, PetscInt *count,
                                                PetscReal **times);

/** Which columns of the series are answers: their first and last values, with what time_error and
 * space_error say of the latter, are shown at the end, before the checks. columns[count] must
 * outlive the record; names that are no column are passed over. The first column of the series is
 * the time. Not collective. */
PETSC_EXTERN PetscErrorCode OttoRecordAnswers(OttoRecord record, PetscInt count,
                                              const char *const columns[]);

/** Reports one value of check `name` (listed in check.def) at time t; the check keeps the worst (a
 * NaN is worst of all). It passes where every value is at most the bound. Not collective. */
PETSC_EXTERN PetscErrorCode OttoRecordCheck(OttoRecord record, const char *name, PetscReal value,
                                            PetscReal t);

/** Reports that check `name` does not apply at some time, with the reason. The summary says how
 * often; a check that never applied is listed as such and does not fail the run. Not collective. */
PETSC_EXTERN PetscErrorCode OttoRecordNotApplicable(OttoRecord record, const char *name,
                                                    const char *reason);

/** Says that quantity `name` (a column of the series, or a result) is not known from time t on:
 * that it lies between low and high (infinities where nothing better is known), and why. The first
 * time and its interval are kept, and the summary lists them under `not_known`; the caller puts NaN
 * where the value would have stood (`nan` in the series, null in the summary). `fails`: the verdict
 * falls (check `known`), because this is kl or what a key asked for; otherwise the run may still
 * pass, and the verdict says what is not known. The same on all ranks. Not collective. */
PETSC_EXTERN PetscErrorCode OttoRecordNotKnown(OttoRecord record, const char *name, PetscReal t,
                                               PetscReal low, PetscReal high, const char *why,
                                               PetscBool fails);

/** Says that quantity `name` has no value from time t on though all about it is known (a direction
 * of a uniform density): the summary lists it under `not_defined` with the reason, the caller puts
 * NaN, and the verdict does not speak of it: nothing is missing. The same on all ranks. Not
 * collective. */
PETSC_EXTERN PetscErrorCode OttoRecordNotDefined(OttoRecord record, const char *name, PetscReal t,
                                                 const char *why);

/** Whether OttoRecordNotKnown() has named this quantity. Not collective. */
PETSC_EXTERN PetscBool OttoRecordIsNotKnown(OttoRecord record, const char *name);

/** The bound of a check. Not collective. */
PETSC_EXTERN PetscErrorCode OttoRecordBound(OttoRecord record, const char *name, PetscReal *bound);

/** Replaces the bound of a check, where a key of its own sets it. Not collective. */
PETSC_EXTERN PetscErrorCode OttoRecordSetBound(OttoRecord record, const char *name,
                                               PetscReal bound);

/** The bound of check `name` is the number of option `key` (read here), unless
 * check_<name>_tolerance is given. Collective; OTTO_ERR_INPUT. */
PETSC_EXTERN PetscErrorCode OttoRecordBoundBy(OttoRecord record, const char *name, const char *key);

/** The worst value of a check so far. Not collective. */
PETSC_EXTERN PetscErrorCode OttoRecordWorst(OttoRecord record, const char *name, PetscReal *worst);

/** Adds a number, or a text, to `results` of the summary. `name` is listed in result.def, with unit
 * and meaning, which the summary carries as `meanings`. A repeated name replaces the value. NaN is
 * written as null: not known. Not collective. */
PETSC_EXTERN PetscErrorCode OttoRecordResult(OttoRecord record, const char *name, PetscReal value);
/** As OttoRecordResult(), but a repeated name keeps the larger value. Not collective. */
PETSC_EXTERN PetscErrorCode OttoRecordResultMost(OttoRecord record, const char *name,
                                                 PetscReal value);
/** As OttoRecordResult() for a text. Not collective. */
PETSC_EXTERN PetscErrorCode OttoRecordResultText(OttoRecord record, const char *name,
                                                 const char *text);

/** As OttoRecordResult() for a list of numbers, which are copied. Not collective. */
PETSC_EXTERN PetscErrorCode OttoRecordResultList(OttoRecord record, const char *name,
                                                 PetscInt count, const PetscReal values[]);

/** Begins and ends a named stage: its seconds add up in `timing`, and PETSc's -log_view shows it.
 * Stages do not nest. Collective. */
PETSC_EXTERN PetscErrorCode OttoRecordStageBegin(OttoRecord record, const char *name);
/** Ends the stage begun last. Collective. */
PETSC_EXTERN PetscErrorCode OttoRecordStageEnd(OttoRecord record);

/** A sentence shown under the table when the check fails. Not collective. */
PETSC_EXTERN PetscErrorCode OttoRecordAdvice(OttoRecord record, const char *name,
                                             const char *advice);

/** A word to the user while the run goes on, printf-style, on rank 0: on the terminal in lines of
 * 80 letters; a warning in one line on stderr. What shows progress gives way. Not collective. */
PETSC_EXTERN PetscErrorCode OttoRecordAside(OttoRecord record, PetscBool warning,
                                            const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** Shows progress: on a terminal one line that is overwritten, with the time left; in a log one
 * plain line a call. `done` of `total` steps; `text` says what was just done. Rank 0 prints. Not
 * collective. */
PETSC_EXTERN PetscErrorCode OttoRecordProgress(OttoRecord record, PetscInt done, PetscInt total,
                                               const char *text);

/** Notes that a signal (`by`, "SIGTERM"; must outlive the record) ended the run before it had all
 * the rows it was to have, and ends a stage that goes on: the verdict is then `stopped`, whatever
 * the checks say of the rows there are. The same on all ranks. Not collective. */
PETSC_EXTERN PetscErrorCode OttoRecordStop(OttoRecord record, const char *by, PetscInt rows);

/** Keeps, or takes over, what a record has gathered (keep.h): rows, worst values of checks,
 * results, what is not known, tables of errors, seconds. After OttoRecordOpen(), between two rows.
 * Collective; OTTO_ERR_FILE. */
PETSC_EXTERN PetscErrorCode OttoRecordKeep(OttoRecord record, OttoKeep keep);

/** Writes the summary, renames the series into place, prints the table of checks and the folder.
 * `passed` is false where a check failed. `grid` may be NULL. Collective; OTTO_ERR_FILE. */
PETSC_EXTERN PetscErrorCode OttoRecordClose(OttoRecord record, OttoGrid grid, PetscBool *passed);
