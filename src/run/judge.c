/* A value that is not known to its bound. */
#include "pair.h"
#include <math.h>

static const char why[] = "cells where p or q is below what the kernel resolves may hold this much";

PetscErrorCode OttoRunJudge(OttoRecord record, const char *name, PetscBool asked, PetscReal bound,
                            PetscReal t, PetscReal low, PetscReal high, PetscReal *value)
{
  const PetscReal half = low == high ? 0 : 0.5 * (high - low);
  const PetscReal relative = half == 0 ? 0 : half / fabs(*value);

  PetscFunctionBegin;
  if (isnan(*value)) {
    PetscCall(
        OttoRecordNotKnown(record, name, t, -INFINITY, INFINITY, "it is not a number", PETSC_TRUE));
  } else if (!(relative <= bound)) {
    PetscCall(OttoRecordNotKnown(record, name, t, low, high, why, asked));
    *value = NAN;
  }
  if (asked) PetscCall(OttoRecordCheck(record, "known", relative, t));
  PetscFunctionReturn(0);
}
