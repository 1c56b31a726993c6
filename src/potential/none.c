#include "potential_impl.h"

static PetscErrorCode Fill(OttoGrid grid, PetscReal temperature, PetscReal t, PetscReal values[],
                           OttoInput *input)
{
  PetscFunctionBegin;
  (void)input;
  (void)grid, (void)temperature, (void)t, (void)values;
  PetscFunctionReturn(0);
}

const OttoPotentialOps OttoPotentialOps_None = {
    .key = "potential_type",
    .traits = OTTO_POTENTIAL_PERIODIC,
    .fill = Fill,
};
