/* Private to observables*.c. */
#pragma once
#include <otto/run_observables.h>

#define OTTO_OBSERVED_NAME 32 /* signs of a name, the end included */

typedef struct {
  char name[OTTO_OBSERVED_NAME];
  const char *text;          /* the formula, in one of the texts below */
  OttoObservable observable; /* of a formula */
  PetscReal range[2];        /* of its values */
  OttoObservedSet set;       /* of a set */
} OttoRunObserved;

struct _n_OttoRunObservables {
  OttoGrid grid;
  PetscInt formulas, sets;
  PetscInt64 bins;
  OttoRunObserved formula[OTTO_MAX_OBSERVED], set[OTTO_MAX_OBSERVED];
  char *formula_text, *set_text; /* as the keys have them, cut into parts */
};
