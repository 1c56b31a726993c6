/* Keys that flows in a plane read. */
#include "drift_impl.h"
#include <math.h>

PetscErrorCode OttoDriftGetPlanar(OttoDrift s, const char *name, PetscReal *rate)
{
  PetscBool set;

  PetscFunctionBegin;
  OttoCheckInput(s->g->dim >= 2, "drift_type: %s needs 2 or 3 axes; grid_n has 1", name);
  PetscCall(OttoOptionsGetReal(NULL, "drift_rate", -INFINITY, INFINITY, rate, &set));
  OttoCheckInput(set, "drift_rate: missing; give the rate of the %s", name);
  PetscCall(OttoOptionsGetAxisReals(NULL, "drift_center", s->g->dim, s->center, NULL));
  PetscFunctionReturn(0);
}
