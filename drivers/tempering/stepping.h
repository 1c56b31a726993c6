/* Private to tempering: three runs of implicit Euler side by side, in steps of dt, 2 dt and 4 dt,
 * whose numbers are extrapolated (MATHEMATICS 5.4), in the box and in new coordinates alike. */
#pragma once
#include "tempering.h"
#include <otto/errors.h>

#define OTTO_TEMPERING_FOLLOWERS 2

typedef struct {
  OttoRecord record;
  OttoTemperingPair *pair;
  OttoErrorTable table; /* NULL where nothing is estimated */
  PetscReal stop;
  PetscBool fixed; /* ts_dt was given */
  PetscReal step;  /* of the longest steps, to be tried next */
  PetscReal share; /* by which p is to change less in the second half of four steps */
  Vec before[2];   /* p before and in the middle of the last four steps */
  PetscInt followers;
  OttoTemperingPair *follower[OTTO_TEMPERING_FOLLOWERS];
} OttoTemperingStepping;

/** Reads ts_dt, time_tolerance and check_time. Collective; OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoTemperingSteppingCreate(OttoRecord record, OttoTemperingPair *pair,
                                                        const OttoTimes *times,
                                                        OttoTemperingStepping *s);
/** Frees it. Collective. */
PETSC_INTERN PetscErrorCode OttoTemperingSteppingDestroy(OttoTemperingStepping *s);
/** Has both laws on a coarser grid, on its ranks, take the shortest steps as well. One whose solver
 * fails stays behind. Not collective. */
PETSC_INTERN PetscErrorCode OttoTemperingSteppingFollow(OttoTemperingStepping *s,
                                                        OttoTemperingPair *pair);
/** All runs to t. Collective; OTTO_ERR_SOLVER. */
PETSC_INTERN PetscErrorCode OttoTemperingSteppingAdvance(OttoTemperingStepping *s, PetscReal t);
/** row[OTTO_TEMPERING_COLUMNS] as it is to be printed, from samples[OTTO_TEMPERING_RUNS], and its
 * estimates into the table. Collective; OTTO_ERR_FILE. */
PETSC_INTERN PetscErrorCode OttoTemperingSteppingRow(OttoTemperingStepping *s,
                                                     const OttoTemperingSample samples[],
                                                     PetscReal row[]);
/** The check time_error. Collective; OTTO_ERR_FILE. */
PETSC_INTERN PetscErrorCode OttoTemperingSteppingReport(OttoTemperingStepping *s);
/** Keeps, or takes over (keep.h). Collective. */
PETSC_INTERN PetscErrorCode OttoTemperingSteppingKeep(OttoTemperingStepping *s, OttoKeep keep);
