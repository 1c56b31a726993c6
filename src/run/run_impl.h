/* Private to run.c and rows.c. */
#pragma once
#include <otto/run.h>

struct _n_OttoRun {
  OttoRecord record;
  OttoTimes times;
  PetscInt next;       /* sample to be given next; the present one is before it */
  const char *stopped; /* the signal that ended it; NULL: none did */
  PetscErrorCode code; /* what failed in OttoRunNext() */
};
