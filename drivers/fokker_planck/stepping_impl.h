/* Private to stepping.c and time_*.c. */
#pragma once
#include "stepping.h"

#define OTTO_BESIDE 2 /* most runs beside the first */
#define OTTO_FOLLOWERS 2

/* What runs beside the first. */
typedef enum {
  OTTO_STEPPING_ALONE,   /* nothing */
  OTTO_STEPPING_LADDER,  /* implicit Euler in steps twice and four times as long */
  OTTO_STEPPING_LONGER,  /* the method in steps twice as long */
  OTTO_STEPPING_SHORTER, /* the method in steps half as long */
  OTTO_STEPPING_DAMPED   /* bdf in the same steps */
} OttoSteppingWay;

struct _n_OttoStepping {
  OttoRecord record;
  OttoFokkerPlanck *law;
  const OttoTimes *times;
  const OttoRunColumns *columns;
  OttoErrorTable table; /* NULL where nothing is estimated */
  OttoSteppingWay way;
  PetscInt count; /* of runs beside */
  struct {
    OttoFlow flow;
    Vec p, q;
  } beside[OTTO_BESIDE];
  OttoFlow follower[OTTO_FOLLOWERS];
  PetscInt followers;
  PetscBool lost;   /* one of them has failed, or has not stepped as it should */
  PetscReal factor; /* estimate over difference, of a method or step that was given */
  PetscReal step;   /* ladder: of the run with the longest steps, to be tried next */
  PetscReal share;  /* ladder: wanted share of the change */
  Vec before[2][2]; /* ladder: p and q of the first two runs before the step */
};

/* Moments of p (density 0) or q (1), extrapolated where rows are, and their estimates; `off`: what
 * solves may leave in L1. Collective. */
PETSC_INTERN PetscErrorCode OttoSteppingMoments(OttoStepping stepping, PetscInt density,
                                                PetscReal off, PetscReal values[],
                                                PetscReal error[]);
/* What is observed of p or q, likewise, and what its errors are large or small against. Collective.
 */
PETSC_INTERN PetscErrorCode OttoSteppingObserved(OttoStepping stepping, PetscInt density,
                                                 PetscReal values[], PetscReal error[],
                                                 PetscReal scale[]);
