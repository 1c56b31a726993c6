/* Private to tempering: a density under the heat flow of a metric, in the box and in new
 * coordinates, and a sample of both. */
#pragma once
#include <otto/flow.h>
#include <otto/record.h>
#include <otto/run.h>
#include <otto/run_columns.h>

/** Runs side by side, in steps of dt, 2 dt and 4 dt, whose numbers are extrapolated. */
#define OTTO_TEMPERING_RUNS 3

/** One density in one box, p = u √g per its volume. */
typedef struct {
  OttoGrid grid;     /* not its own */
  OttoMetric metric; /* not its own */
  OttoGenerator generator;
  OttoResolvent resolvent;
  PetscInt runs;                      /* in use */
  OttoFlow flow[OTTO_TEMPERING_RUNS]; /* from the shortest steps on */
  Vec p[OTTO_TEMPERING_RUNS];
} OttoTemperingLaw;

/** The law in the box and, where there are new coordinates, in them. */
typedef struct {
  PetscInt count; /* 1 or 2 */
  OttoTemperingLaw law[2];
  Vec log_jacobian; /* log |det DΦ| in the box; NULL without new coordinates */
} OttoTemperingPair;

/** What is found of one density. */
typedef struct {
  PetscReal mass, least, most, entropy, riemannian;
} OttoTemperingNumbers;

/** All that is known at one time. NaN: of new coordinates, where there are none. */
typedef struct {
  PetscReal t;
  OttoTemperingNumbers of[2];
  PetscReal mean_log_jacobian;
  PetscReal gain[2], riemannian_gain[2]; /* since t = 0 */
  PetscReal law_residual, riemannian_difference, tempering_difference, difference_residual;
  PetscInt64 steps;
} OttoTemperingSample;

/** Columns. */
enum {
#define OTTO_COLUMN(name, unit, kind, sentence, value) OTTO_TEMPERING_##name,
#include "series.def"
#undef OTTO_COLUMN
  OTTO_TEMPERING_COLUMNS
};
PETSC_EXTERN const OttoColumn OttoTemperingColumns[OTTO_TEMPERING_COLUMNS];
PETSC_EXTERN const OttoErrorColumn OttoTemperingErrors[OTTO_TEMPERING_COLUMNS];

/** The law of `metric` from density p, of which it takes a reference, in so many runs. Collective.
 * OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoTemperingLawCreate(OttoGrid grid, OttoMetric metric, PetscInt runs,
                                                   Vec p, OttoTemperingLaw *law);
/** All runs of both laws from `now` to `to` = now + H: in four steps, in two, in one. Collective;
 * OTTO_ERR_SOLVER. */
PETSC_INTERN PetscErrorCode OttoTemperingAdvance(OttoTemperingPair *pair, PetscInt run,
                                                 PetscReal to, PetscReal dt);
/** Whether both laws' run is at time t. Not collective. */
PETSC_INTERN PetscBool OttoTemperingIsAt(const OttoTemperingPair *pair, PetscInt run, PetscReal t);
/** Keeps, or takes over (keep.h). Collective. */
PETSC_INTERN PetscErrorCode OttoTemperingPairKeep(OttoTemperingPair *pair, OttoKeep keep);
/** Frees both laws. Collective. */
PETSC_INTERN PetscErrorCode OttoTemperingPairDestroy(OttoTemperingPair *pair);

/** The numbers of a density under a law, and the mean of log J under it (mean NULL: of none).
 * Collective. */
PETSC_INTERN PetscErrorCode OttoTemperingMeasure(const OttoTemperingLaw *law, Vec density,
                                                 Vec log_jacobian, OttoTemperingNumbers *out,
                                                 PetscReal *mean);
/** A sample of a run of both laws; `start`: that of t = 0, NULL for it. Collective. */
PETSC_INTERN PetscErrorCode OttoTemperingSampleTake(const OttoTemperingPair *pair, PetscInt run,
                                                    PetscReal t, const OttoTemperingSample *start,
                                                    OttoTemperingSample *now);
/** Its columns. Not collective. */
PETSC_INTERN void OttoTemperingRow(const OttoTemperingSample *now, PetscReal row[]);
/** What rounding and solves leave of the columns, and what their errors are relative to at least:
 * floor[OTTO_TEMPERING_COLUMNS]. Not collective. */
PETSC_INTERN void OttoTemperingFloors(const OttoTemperingSample *now, PetscReal floor[]);
/** What solves and rounding may leave of a sum or difference of entropies. Not collective. */
PETSC_INTERN PetscReal OttoTemperingRounding(const OttoTemperingSample *now);
