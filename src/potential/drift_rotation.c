/* A rigid rotation in the plane of the first two axes. */
#include "drift_impl.h"

static PetscErrorCode SetUp(OttoDrift s)
{
  PetscReal rate = 0;

  PetscFunctionBegin;
  PetscCall(OttoDriftGetPlanar(s, "rotation", &rate));
  s->matrix[0][1] = -rate;
  s->matrix[1][0] = rate;
  PetscFunctionReturn(0);
}

const OttoDriftOps OttoDriftOps_Rotation = {
    .exists = PETSC_TRUE,
    .set_up = SetUp,
};
