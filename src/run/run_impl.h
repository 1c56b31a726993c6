/* Private to run.c and rows.c. */
#pragma once
#include <otto/run.h>

struct _n_OttoRun {
  OttoRecord record;
  OttoTimes times;
  PetscInt next;                /* sample to be given next; the present one is before it */
  const char *stopped;          /* what ended it, a signal or a failure; NULL: nothing did */
  OttoRunKeepFunction function; /* of the driver, and what it is called with */
  void *context;
  OttoKeep keep; /* to be filled after sample keep_after, or, before the first, to be taken over */
  PetscInt keep_after;
  PetscErrorCode code; /* what failed in OttoRunNext() */
  char why[600];       /* a failure that ended it in order: OttoRunStatus() */
};
