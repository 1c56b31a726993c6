/* Private to observable*.c. */
#pragma once
#include <otto/observable.h>

struct _n_OttoObservable {
  OttoGrid grid;
  Vec values;         /* at centres; 0 in closed cells */
  PetscReal *over;    /* [local cell][dim]: |difference| over the cell along an axis */
  PetscReal range[2]; /* of values at this rank's centres and corners */
  PetscBool *closed;  /* [local cell]; NULL: all are open */
};
