/** @file
 * What drivers share: the times of a run, which samples write fields, memory, and
 * what was done to the user's data.
 */
#pragma once
#include <otto/density.h>
#include <otto/record.h>
#include <otto/storage.h>

/** The times of a run. */
typedef struct {
  PetscInt count;                    /**< samples, the row t = 0 among them */
  PetscReal *t;                      /**< [count], increasing, t[0] = 0 */
  PetscReal start;                   /**< the first after or at 0, as asked for */
  PetscReal stop;                    /**< the last, as asked for */
  PetscInt samples;                  /**< from start to stop, both included */
  PetscBool log;                     /**< evenly spaced in log t, else in t */
  PetscBool *save;                   /**< [count]: fields are written at this sample */
  PetscBool marginals[OTTO_MAX_DIM]; /**< and with them marginals along these axes */
} OttoTimes;

/** How samples are spaced in time. */
typedef enum { OTTO_SPACING_LINEAR, OTTO_SPACING_LOG } OttoSpacing;

/** What holds where the keys say nothing. */
typedef struct {
  PetscBool start_required; /**< time_start must be given, above 0; otherwise it is 0 */
  OttoSpacing spacing;      /**< of the samples */
  PetscInt first_saved;     /**< the sample whose fields are written beside those of the last */
} OttoTimesDefaults;

/** Reads time_start, time_stop, time_samples (17), time_spacing and output_fields. OTTO_ERR_INPUT.
 * Not collective. */
PETSC_EXTERN PetscErrorCode OttoTimesCreate(const OttoTimesDefaults *defaults, OttoTimes *times);
/** Frees the times. Not collective. */
PETSC_EXTERN PetscErrorCode OttoTimesDestroy(OttoTimes *times);

/** The check `rows` at the end of a run: reads the series back and compares its rows with the
 * samples asked for. Before OttoRecordClose(). Collective; OTTO_ERR_FILE. */
PETSC_EXTERN PetscErrorCode OttoRunCheckRows(OttoRecord record, const OttoTimes *times);

/** Reads output_marginals (none): names of axes, or all, into times->marginals. OTTO_ERR_INPUT: a
 * name that no axis has; no fields are written. Not collective. */
PETSC_EXTERN PetscErrorCode OttoRunMarginalsFromOptions(OttoGrid grid, OttoTimes *times);
/** Writes the marginals of p and, unless NULL, q along these axes as marginal_p_x …, where fields
 * are written at this sample. Collective; OTTO_ERR_FILE. */
PETSC_EXTERN PetscErrorCode OttoRunSaveMarginals(OttoStorage storage, OttoGrid grid,
                                                 const OttoTimes *times, PetscInt number, Vec p,
                                                 Vec q);
/** The most bytes these take over a run. Not collective. */
PETSC_EXTERN PetscReal OttoRunMarginalBytes(OttoGrid grid, const OttoTimes *times);

/** Refuses a grid whose run of so many bytes per cell does not fit into the free memory of a node.
 * Collective; OTTO_ERR_INPUT naming grid_n. */
PETSC_EXTERN PetscErrorCode OttoRunNeedMemory(OttoGrid grid, PetscReal bytes_per_cell);

/** Says what was done to the data that the keys under `prefix` ("p_", "potential_") name, in
 * `results` and on the terminal: <prefix>masked_cells (cells without a value), <prefix>points and
 * <prefix>wrapped_points (samples, and those brought back into the box). After OttoRecordOpen().
 * Not collective. */
PETSC_EXTERN PetscErrorCode OttoRunDescribeInput(OttoRecord record, OttoGrid grid,
                                                 const char *prefix, const OttoInput *input);
