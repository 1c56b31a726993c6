/*
 * Level 7: what drivers share: the times of a run, which samples write fields, and the checks of a
 * tempering run.
 */
#pragma once
#include <otto/density.h>
#include <otto/record.h>
#include <otto/tempering.h>
#include <otto/storage.h>

typedef struct {
  PetscInt count;                    /* samples, the row t = 0 among them */
  PetscReal *t;                      /* [count], increasing, t[0] = 0 */
  PetscBool *save;                   /* [count]: fields are written at this sample */
  PetscBool marginals[OTTO_MAX_DIM]; /* and with them marginals along these axes */
} OttoTimes;

/** Reads time_start, time_stop, time_samples (17), time_spacing and output_fields. With
 * `start_required` (dissipation) time_start must be given, spacing is log by default, and fields
 * are those of the first sample after 0 and of the last; otherwise linear from 0, and of t = 0 and
 * the last. OTTO_ERR_INPUT. Not collective. */
PETSC_EXTERN PetscErrorCode OttoTimesCreate(PetscBool start_required, OttoTimes *times);
/** Frees the times. */
PETSC_EXTERN PetscErrorCode OttoTimesDestroy(OttoTimes *times);

/** Puts NaN where unresolved cells leave more of a divergence open than the bound of check `known`,
 * relative to its value, reports each as not known, and what is left open of those that were asked
 * for to the check. Before OttoRunCheckSample(). Not collective. */
PETSC_EXTERN PetscErrorCode OttoRunKnown(OttoRecord record, OttoTemperedSample *sample);
/** Half the width of what divergence k of a sample may be. */
PETSC_EXTERN PetscReal OttoRunUncertainty(const OttoTemperedSample *sample, PetscInt k);

/** Reports sample k > 0 … of a tempering run to the checks: inequalities, mass, positivity, rate,
 * monotonicity against `previous` (NULL for the first). Not collective. */
PETSC_EXTERN PetscErrorCode OttoRunCheckSample(OttoRecord record, OttoGrid grid, OttoHeat heat,
                                               const OttoTemperedSample *sample,
                                               const OttoTemperedSample *previous);

/** The integral checks between two samples of t > 0; `residual` is KL's. Collective. */
PETSC_EXTERN PetscErrorCode OttoRunCheckIntegral(OttoRecord record, OttoTempering tempering,
                                                 PetscInt nodes, const OttoTemperedSample *a,
                                                 const OttoTemperedSample *b, PetscReal *residual);

/** The slope check at t = 0, given the sample there. Collective. */
PETSC_EXTERN PetscErrorCode OttoRunCheckSlope(OttoRecord record, OttoTempering tempering,
                                              const OttoTemperedSample *at_zero);

/** Writes p, q and log(p/q) of the last sample. Collective. */
PETSC_EXTERN PetscErrorCode OttoRunSaveFields(OttoStorage storage, OttoGrid grid,
                                              OttoTempering tempering, PetscInt number,
                                              PetscReal t);

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

/** About how many bytes a tempering run of these times writes. Not collective. */
PETSC_EXTERN PetscReal OttoRunBytes(OttoGrid grid, const OttoTimes *times);

/** Refuses a grid whose run (84 bytes per cell, twice that with estimates of its error, 280 with
 * open axes) does not fit into the free memory of a node. Collective; OTTO_ERR_INPUT naming grid_n.
 */
PETSC_EXTERN PetscErrorCode OttoRunCheckMemory(OttoGrid grid);

/** The same for a run of so many bytes per cell. */
PETSC_EXTERN PetscErrorCode OttoRunNeedMemory(OttoGrid grid, PetscReal bytes_per_cell);

/** Refuses a first time at which gaussian_exact, a sum over cells, means nothing: below h²/2.
 * OTTO_ERR_INPUT naming time_start. Not collective. */
PETSC_EXTERN PetscErrorCode OttoRunCheckStart(OttoGrid grid, OttoHeat heat, const OttoTimes *times);

/** Puts what a tempering run is made of into `results`: kernel, Fisher form, densities and their
 * normalising factors; and sets the advice under failing checks. Collective. */
PETSC_EXTERN PetscErrorCode OttoRunDescribe(OttoRecord record, OttoHeat heat,
                                            OttoTempering tempering, const OttoDensityReport *p,
                                            const OttoDensityReport *q);

/** Says what was done to the data that the keys under `prefix` ("p_", "potential_") name, in
 * `results` and on the terminal: <prefix>masked_cells (cells without a value), <prefix>points and
 * <prefix>wrapped_points (samples, and those brought back into the box). After OttoRecordOpen().
 * Not collective. */
PETSC_EXTERN PetscErrorCode OttoRunDescribeInput(OttoRecord record, OttoGrid grid,
                                                 const char *prefix, const OttoInput *input);

/** Puts memory_bytes_per_cell into `results`: what fields, spectra and the kernel hold at the end
 * of a run, on the rank that holds most. Collective. */
PETSC_EXTERN PetscErrorCode OttoRunReportMemory(OttoRecord record, OttoGrid grid, OttoHeat heat,
                                                OttoTempering tempering);

/** The columns of `dissipation` and a sample's row of them. */
#define OTTO_TEMPERING_COLUMNS 22
PETSC_EXTERN const char *const OttoTemperingColumns[OTTO_TEMPERING_COLUMNS];
/** A sample as a row of these columns: row[OTTO_TEMPERING_COLUMNS]. */
PETSC_EXTERN void OttoRunRow(const OttoTemperedSample *sample, PetscReal integral_residual,
                             PetscReal row[]);
