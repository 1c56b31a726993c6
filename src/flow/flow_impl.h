/* Private to flow. */
#pragma once
#include <otto/flow.h>

#define MAX_BLOCKS 2

struct _n_OttoFlow {
  OttoGenerator generator;
  OttoResolvent resolvent;
  OttoGrid grid;
  const OttoGridInfo *g;
  PetscInt blocks;
  PetscBool absorbs;
  Vec density[MAX_BLOCKS]; /* the caller's */
  Vec log_before[MAX_BLOCKS], log_now[MAX_BLOCKS],
      log_next[MAX_BLOCKS]; /* implicit Euler: logarithms of the state where doubles do not hold it,
                               before the step, now, and as just solved; NULL where they do */
  Vec state, before, zero, rhs; /* of TS; before the step; 0; r */
  Vec view[4];                  /* blocks of any such Vec, as fields */
  Mat jacobian;                 /* a shell: only its shift is of interest */
  PetscReal shift;
  TS ts;
  PetscBool euler, fixed; /* fixed: no error control */
  PetscReal dt, dt_given; /* to be tried next under error control; ts_dt */
  PetscReal taken[2];     /* the last two steps: the last may be one cut to fit */
  PetscReal *times;       /* of the steps accepted in the last advance */
  PetscInt taken_count, room;
  PetscReal length, full; /* without error control: the step, not cut to fit; the most it may be */
  PetscInt quiet;         /* steps accepted since it changed */
  PetscInt64 refused[2];  /* report.negative and TS's rejections when the last step began */
  PetscReal t_before;
  PetscBool negative; /* the last stage was refused; in a step of length `tried` */
  PetscReal tried;
  PetscReal mass[MAX_BLOCKS];
  OttoFlowStep step;
  void *context;
  OttoFlowReport report;
  OttoSolveReport solve; /* the last one */
};

/** Stage solver and stage check of TS; set where its options are read. */
PETSC_INTERN PetscErrorCode OttoFlowSolveStage(SNES snes, Vec x);
PETSC_INTERN PetscErrorCode OttoFlowCheckStage(TSAdapt adapt, TS ts, PetscReal t, Vec x,
                                               PetscBool *accept);
