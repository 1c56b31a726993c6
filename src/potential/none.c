#include "potential_impl.h"

PetscErrorCode OttoPotentialFill_none(OttoGrid grid, PetscReal temperature, PetscReal t,
                                      PetscReal values[], OttoInput *input)
{
  PetscFunctionBegin;
  (void)input;
  (void)grid, (void)temperature, (void)t, (void)values;
  PetscFunctionReturn(0);
}
