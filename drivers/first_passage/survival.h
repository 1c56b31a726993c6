/* Private to first-passage: what is left of p, step by step, and what has been taken by whom: three
 * runs of implicit Euler side by side, in steps of dt, 2 dt and 4 dt, whose numbers are
 * extrapolated (MATHEMATICS 5.4). Each is positive, and the sum of dt times what is left after
 * every step is what
 * (-Q^T)^-1 makes of what has gone, exactly: whatever dt, mean times come out of it. */
#pragma once
#include "first_passage.h"
#include <otto/errors.h>
#include <otto/keep.h>
#include <otto/run.h>
#include <otto/run_columns.h>

#define OTTO_SURVIVAL_RUNS 3

enum {
#define OTTO_COLUMN(name, ...) OTTO_SURVIVAL_##name,
#include "series.def"
#undef OTTO_COLUMN
  OTTO_SURVIVAL_COLUMNS
};

/** What is known at one time. Of sets `killed` is by their letters, of faces by OTTO_FACE(). */
typedef struct {
  PetscReal t, mass, flux, killed_all, killed[OTTO_CHANNELS];
  PetscInt64 steps;
} OttoSurvivalSample;

typedef struct {
  OttoRecord record;           /* NULL of one on a coarser grid */
  const OttoFirstPassage *law; /* its targets end a passage */
  OttoResolvent resolvent;
  OttoErrorTable table;                         /* NULL where nothing is estimated */
  PetscBool takes[OTTO_CHANNELS];               /* which channels do, sets by their letters */
  OttoErrorColumn error[OTTO_SURVIVAL_COLUMNS]; /* of those that do not: none */
  PetscInt columns;                             /* of the series: all but of those */
  PetscInt of[OTTO_SURVIVAL_COLUMNS];           /* which of all they are */
  OttoColumn column[OTTO_SURVIVAL_COLUMNS];
  PetscReal dt;      /* the longest of the shortest steps, as given; 0: it was not */
  PetscReal longest; /* otherwise likewise, for time_tolerance */
  PetscReal now;     /* time reached */
  PetscReal norm;    /* ‖Q‖₁ */
  const OttoQuasiStationary *slowest;  /* what is left comes to it; NULL: it is not known */
  PetscBool rests[OTTO_SURVIVAL_RUNS]; /* it has */
  char lost[200];                      /* why no more is known; "" as long as all is */
  Vec p[OTTO_SURVIVAL_RUNS], f;
  PetscReal killed[OTTO_SURVIVAL_RUNS][OTTO_CHANNELS];
  PetscReal area;     /* of the shortest steps: sum of dt and what is left after them */
  PetscReal residual; /* largest of a solve */
  PetscInt64 steps;
  PetscReal killed_mass;           /* of the last row */
  OttoSurvivalSample last, before; /* the last sample of the shortest steps, and that before it */
} OttoSurvival;

/** What is left of the law's p. Reads ts_dt, time_tolerance and check_time, unless `record` is
 * NULL. Collective; OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoSurvivalCreate(OttoRecord record, const OttoFirstPassage *law,
                                               OttoSurvival *s);
/** Frees it. Collective. */
PETSC_INTERN PetscErrorCode OttoSurvivalDestroy(OttoSurvival *s);
/** Has steps keep to time_tolerance up to time `stop`, where what is left falls at last as the
 * slowest mode does, which must outlive it, or, where there is none, as the longest mean time has
 * it. Collective. */
PETSC_INTERN PetscErrorCode OttoSurvivalFollow(OttoSurvival *s, const OttoFirstPassageTimes *times,
                                               PetscReal stop);
/** All runs to t. Where ts_dt is not given, an interval has 16 of the shortest steps or more, and
 * the first is cut into pieces that grow. Steps so long that rounding hides what is lost in them
 * are the slowest mode's, once what is left is that. Collective; OTTO_ERR_SOLVER, after which
 * nothing more is known. */
PETSC_INTERN PetscErrorCode OttoSurvivalAdvance(OttoSurvival *s, PetscReal t);
/** Keeps, or takes over, where all runs stand. Collective. */
PETSC_INTERN PetscErrorCode OttoSurvivalKeep(OttoSurvival *s, OttoKeep keep);
/** All columns at the time reached, all[OTTO_SURVIVAL_COLUMNS], of which only their floors depend
 * on the mean passage time. Estimates go into the table. Collective; OTTO_ERR_FILE. */
PETSC_INTERN PetscErrorCode OttoSurvivalRow(OttoSurvival *s, PetscReal time, PetscReal all[]);
/** What errors of the columns are relative to at least: of densities and rates 1/time. Not
 * collective. */
PETSC_INTERN void OttoSurvivalFloors(PetscReal time, PetscReal floor[]);
/** Whether p is not 0 where it is taken, at t = 0: in the continuum passage_density is infinite
 * then, and on a grid as its cells are. Not collective. */
PETSC_INTERN PetscBool OttoSurvivalJumps(PetscReal time, const PetscReal row[]);
/** ∫ |p/mass - law| of the shortest steps as they stand. Collective. */
PETSC_INTERN PetscErrorCode OttoSurvivalDistance(const OttoSurvival *s, Vec law,
                                                 PetscReal *distance);
