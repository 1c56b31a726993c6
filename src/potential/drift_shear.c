/* Plane Couette flow along the first axis. */
#include "drift_impl.h"

static PetscErrorCode SetUp(OttoDrift s)
{
  PetscFunctionBegin;
  PetscCall(OttoDriftGetPlanar(s, "shear", &s->matrix[0][1]));
  PetscFunctionReturn(0);
}

const OttoDriftOps OttoDriftOps_Shear = {
    .exists = PETSC_TRUE,
    .set_up = SetUp,
};
