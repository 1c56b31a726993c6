/* The same force everywhere. */
#include "drift_impl.h"

static PetscErrorCode SetUp(OttoDrift s)
{
  PetscBool set;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetAxisReals(NULL, "drift_force", s->g->dim, s->constant, &set));
  OttoCheckInput(set, "drift_force: missing; give the force, one number an axis");
  PetscFunctionReturn(0);
}

const OttoDriftOps OttoDriftOps_Constant = {
    .exists = PETSC_TRUE,
    .set_up = SetUp,
};
