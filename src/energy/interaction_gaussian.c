/* A bump, or a well where its strength is below 0. */
#include "interaction_impl.h"
#include <math.h>

static PetscErrorCode Read(OttoInteraction w)
{
  PetscFunctionBegin;
  w->a[0] = w->a[1] = 1;
  PetscCall(OttoInteractionGetNumber("strength", &w->a[0]));
  PetscCall(OttoInteractionGetLength("length", PETSC_FALSE, &w->a[1]));
  PetscFunctionReturn(0);
}

static PetscErrorCode Value(OttoInteraction w, PetscReal r, PetscReal *W, PetscReal *rise)
{
  const PetscReal square = PetscSqr(r / w->a[1]), value = w->a[0] * exp(-square / 2);

  PetscFunctionBegin;
  if (W) *W = value;
  if (rise) *rise = value == 0 ? 0 : -square * value;
  PetscFunctionReturn(0);
}

/* Its spectrum is a Gaussian. */
static PetscBool Definite(OttoInteraction w)
{
  return w->a[0] >= 0 ? PETSC_TRUE : PETSC_FALSE;
}

const OttoInteractionOps OttoInteractionOps_Gaussian = {
    .key = "energy_interaction_strength",
    .read = Read,
    .value = Value,
    .definite = Definite,
};
