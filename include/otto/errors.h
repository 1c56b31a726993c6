/** @file
 * How far the columns of a series are from what they stand for, by one source of error:
 * time stepping, or the grid. A table takes estimates row by row, writes them beside the series
 * (<source>_error.csv) and keeps the worst of each column for the summary.
 *
 * An error counts relative to max(|value|, floor), where the floor is what rounding and solvers
 * leave: of divergences, productions and rates. What has a scale but no natural zero (a mean, a
 * covariance) counts relative to the scale alone. Entropies and energies have neither; their errors
 * stand in the table in their own unit and are not checked.
 */
#pragma once
#include <otto/record.h>

/** How the error of a column counts. */
typedef enum {
  OTTO_ERROR_KEY, /**< no error: with t it says which row it is, and stands in the table as it is */
  OTTO_ERROR_NONE, /**< the column has no such error (counters, residuals), or none is estimated */
  OTTO_ERROR_RELATIVE, /**< counts in <source>_error */
  OTTO_ERROR_SCALED,   /**< counts in <source>_error, relative to `floor` whatever the value */
  OTTO_ERROR_ABSOLUTE  /**< in its own unit, in the table alone */
} OttoErrorKind;

/** A column of a table of errors. */
typedef struct {
  const char *name;   /**< as in the series */
  const char *unit;   /**< of the column and of its error */
  OttoErrorKind kind; /**< how it counts */
} OttoErrorColumn;

/** A table of errors of one source; the record owns it. */
typedef struct _n_OttoErrorTable *OttoErrorTable;

/** A table of the columns list[count], which must outlive it; `source`: "time" or "space". Reads
 * <source>_tolerance, the bound of the check <source>_error unless check_<source>_error_tolerance
 * is given. The record owns the table. Collective. */
PETSC_EXTERN PetscErrorCode OttoErrorTableCreate(OttoRecord record, const char *source,
                                                 PetscInt count, const OttoErrorColumn list[],
                                                 OttoErrorTable *table);

/** Adds the row of time t: value[count] as the series has them, error[count] ≥ 0 their absolute
 * estimates (NaN: not known), floor[count] (NULL: 0; of
 * OTTO_ERROR_SCALED the scale). Values that are NaN or infinite have none.
 * After OttoRecordOpen(). Collective; OTTO_ERR_FILE. */
PETSC_EXTERN PetscErrorCode OttoErrorTableAdd(OttoErrorTable table, PetscReal t,
                                              const PetscReal value[], const PetscReal error[],
                                              const PetscReal floor[]);

/** Adds a number of `results` that is no column (a rate, a mean). Not collective. */
PETSC_EXTERN PetscErrorCode OttoErrorTableAddResult(OttoErrorTable table, const char *name,
                                                    const char *unit, OttoErrorKind kind,
                                                    PetscReal t, PetscReal value, PetscReal error,
                                                    PetscReal floor);

/** Says why the estimates of a row at t, or all (t < 0), are not known. A row of NaNs is written
 * where t ≥ 0. Collective; OTTO_ERR_FILE. */
PETSC_EXTERN PetscErrorCode OttoErrorTableNotKnown(OttoErrorTable table, PetscReal t,
                                                   const char *reason);

/** Puts <source>_error, <source>_error_column and <source>_error_time into `results` and reports
 * the check; where nothing was estimated the first is NaN and the check does not apply, with the
 * reason. Collective; OTTO_ERR_FILE. */
PETSC_EXTERN PetscErrorCode OttoErrorTableReport(OttoErrorTable table);

/** The largest relative error so far; NaN where there is none. Not collective. */
PETSC_EXTERN PetscReal OttoErrorTableWorst(OttoErrorTable table);
