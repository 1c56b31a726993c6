#include "potential_impl.h"

PetscErrorCode OttoPotentialFill_none(OttoGrid grid, PetscReal temperature, PetscReal t,
                                      PetscReal values[])
{
  PetscFunctionBegin;
  (void)grid, (void)temperature, (void)t, (void)values;
  PetscFunctionReturn(0);
}
