/* Keys that several interactions read. */
#include "interaction_impl.h"
#include <otto/options.h>
#include <math.h>

PetscErrorCode OttoInteractionGetNumber(const char *key, PetscReal *value)
{
  PetscFunctionBegin;
  PetscCall(OttoOptionsGetReal("energy_interaction_", key, -INFINITY, INFINITY, value, NULL));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoInteractionGetLength(const char *key, PetscBool required, PetscReal *length)
{
  PetscBool set;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetReal("energy_interaction_", key, -INFINITY, INFINITY, length, &set));
  OttoCheckInput(set || !required, "energy_interaction_%s: missing; give a length", key);
  OttoCheckInput(*length > 0, "energy_interaction_%s: %g; a length is above 0", key,
                 (double)*length);
  PetscFunctionReturn(0);
}
