/** @file
 * What drivers share: the times of a run and the loop over them, which samples write fields,
 * memory, and what was done to the user's data.
 */
#pragma once
#include <otto/density.h>
#include <otto/record.h>
#include <otto/storage.h>

/** The times of a run. */
typedef struct {
  PetscInt count;   /**< samples, the row t = 0 among them */
  PetscReal *t;     /**< [count], increasing, t[0] = 0, unless they were listed */
  PetscReal start;  /**< the first after or at 0, as asked for */
  PetscReal stop;   /**< the last, as asked for */
  PetscReal *list;  /**< [count] as asked for, where they were listed; else NULL */
  PetscInt rows;    /**< of the series at each of them: 1 unless they were listed */
  PetscInt samples; /**< from start to stop, both included */
  PetscBool log;    /**< evenly spaced in log t, else in t */
  PetscBool *save;  /**< [count]: fields are written at this sample */
  PetscBool marginals[OTTO_MAX_DIM]; /**< and with them marginals along these axes */
  PetscBool planes[OTTO_MAX_DIM]
                  [OTTO_MAX_DIM]; /**< and along these two, the first before the second */
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
/** The times list[count], and output_fields. OTTO_ERR_INPUT. Not collective. */
PETSC_EXTERN PetscErrorCode OttoTimesCreateList(PetscInt count, const PetscReal list[],
                                                PetscInt rows, OttoTimes *times);
/** Frees the times. Not collective. */
PETSC_EXTERN PetscErrorCode OttoTimesDestroy(OttoTimes *times);

/** A run of a driver: its times, its loop, its progress, and how it ends. */
typedef struct _n_OttoRun *OttoRun;

/** A run whose rows go into `record`, which must outlive it; reads its times. Collective;
 * OTTO_ERR_INPUT as OttoTimesCreate(). */
PETSC_EXTERN PetscErrorCode OttoRunCreate(OttoRecord record, const OttoTimesDefaults *defaults,
                                          OttoRun *run);
/** A run at the times list[count] (distinct, in any order, of any sign), with so many rows at each,
 * 0: of parts without a series;
 * there is no row t = 0 unless it is listed. Reads output_fields (the last). Collective;
 * OTTO_ERR_INPUT. */
PETSC_EXTERN PetscErrorCode OttoRunCreateList(OttoRecord record, PetscInt count,
                                              const PetscReal list[], PetscInt rows, OttoRun *run);
/** Frees a run. Not collective. */
PETSC_EXTERN PetscErrorCode OttoRunDestroy(OttoRun *run);
/** The times, owned by the run. Not collective. */
PETSC_EXTERN OttoTimes *OttoRunGetTimes(OttoRun run);

/** The loop of a driver: while (OttoRunNext(run, &k, &t)) { advance; sample; check; row; }. Gives
 * the next sample and its time; false after the last, and once a signal has asked any rank to end
 * the run: the sample that went on is then whole. An error is kept for OttoRunEnd().
 *
 * Where checkpoint_every is given as a number of samples, all state goes into a keep after each so
 * many, which is written, and is taken over again: the run that goes on with it and the one that
 * was never ended compute the same. As a time: after every sample, and it is written after the
 * first that ends so much later than the last one written; this costs a set-up of solvers a sample.
 * A stop by a signal then waits for the end of the sample, and writes one. With `restart` the run
 * goes on from the newest checkpoint of its folder (checkpoint.h), on any number of ranks. One that
 * ends well removes them. Collective. */
PETSC_EXTERN PetscBool OttoRunNext(OttoRun run, PetscInt *k, PetscReal *t);
/** Whether fields are written at the present sample. Not collective. */
PETSC_EXTERN PetscBool OttoRunSaves(OttoRun run);
/** Whether fields are written at any. Not collective. */
PETSC_EXTERN PetscBool OttoRunSavesAny(OttoRun run);
/** Shows that the present sample is done; `text` says what it found. Rank 0 prints. Not collective.
 */
PETSC_EXTERN PetscErrorCode OttoRunProgress(OttoRun run, const char *text);

/** Keeps, or takes over, all state of a driver (`context`) between sample k, of time t, and the
 * next (keep.h). */
typedef PetscErrorCode (*OttoRunKeepFunction)(OttoKeep keep, PetscInt k, PetscReal t,
                                              void *context);
/** How the driver keeps itself; run and record are kept besides, the record after it. Not
 * collective. */
PETSC_EXTERN PetscErrorCode OttoRunSetKeepFunction(OttoRun run, OttoRunKeepFunction function,
                                                   void *context);
/** For the run that is created next. after ≥ 0: when it has that sample, all its state is put into
 * `keep` and taken over again, so that it and one that begins with `keep` continue alike; after <
 * 0: it takes `keep` over before its first sample, and goes on from there. The options but those of
 * output must be the same, and the ranks. `keep` must outlive the loop. Not collective. */
PETSC_EXTERN PetscErrorCode OttoRunPlan(OttoKeep keep, PetscInt after);

/** Fields of the run go into *storage, of this grid and name (OttoStorageCreateNamed(), which must
 * outlive the run), which may be NULL as yet; at most two. A checkpoint closes what has been
 * written up to it (OttoStorageKeep()), and a run that goes on from one goes on with it. Not
 * collective. */
PETSC_EXTERN PetscErrorCode OttoRunSetStorage(OttoRun run, OttoGrid grid, const char *name,
                                              OttoStorage *storage);

/** Whether the run will go on from a checkpoint when its loop begins: what comes before the loop
 * has been done. Not collective. */
PETSC_EXTERN PetscBool OttoRunResumes(OttoRun run);

/** The most bytes that a run takes on disk: `files` of tables and fields; with checkpoint_every or
 * restart as many again while segments of fields become one file, and its checkpoints of so many
 * fields of the grid, one that is being written among them. run NULL: files. Not collective. */
PETSC_EXTERN PetscReal OttoRunDiskBytes(OttoRun run, OttoGrid grid, PetscInt fields,
                                        PetscReal files);

/** After the loop, and again after what follows it: `code` as that returned it. A stop by a signal
 * (OTTO_ERR_STOPPED) is no failure here: it is noted in the record, 0 is returned, later signals
 * end the program at once and the rest may go on. Every other failure is passed on, also one that
 * OttoRunNext() kept. Collective. */
PETSC_EXTERN PetscErrorCode OttoRunEnd(OttoRun run, PetscErrorCode code);
/** OttoRunEnd() for a driver whose failed solves end a run in order: what was found so far stands,
 * the verdict is `stopped` by `by` (a word; must outlive the run), and OttoRunStatus() is the
 * failure. Other codes as OttoRunEnd(). Collective. */
PETSC_EXTERN PetscErrorCode OttoRunEndEarly(OttoRun run, PetscErrorCode code, const char *by);
/** Whether a signal ended it before its last sample, or during what follows that. Not collective.
 */
PETSC_EXTERN PetscBool OttoRunIsStopped(OttoRun run);
/** Checks the rows, writes the summary and gives all files their final names (OttoRecordClose()).
 * Collective; OTTO_ERR_FILE. */
PETSC_EXTERN PetscErrorCode OttoRunClose(OttoRun run, OttoGrid grid, PetscBool *passed);
/** What a driver returns at its end: OTTO_ERR_STOPPED, naming the signal, of a run that was
 * stopped; what failed of one that OttoRunEndEarly() ended; 0 of any other. Not collective. */
PETSC_EXTERN PetscErrorCode OttoRunStatus(OttoRun run);

/** The check `rows` at the end of a run: reads the series back and compares its rows with the
 * samples asked for, of a run that was stopped with the first of them. Before OttoRecordClose().
 * Collective; OTTO_ERR_FILE. */
PETSC_EXTERN PetscErrorCode OttoRunCheckRows(OttoRun run);

/** Reads output_marginals (none): names of axes, or all, into times->marginals, two joined as x:y,
 * or pairs, into times->planes. OTTO_ERR_INPUT: a name that no axis has; no fields are written. Not
 * collective. */
PETSC_EXTERN PetscErrorCode OttoRunMarginalsFromOptions(OttoGrid grid, OttoTimes *times);
/** Writes the marginals of p and, unless NULL, q along these axes as marginal_p_x, marginal_p_xy …,
 * where fields are written at this sample. Collective; OTTO_ERR_FILE. */
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
