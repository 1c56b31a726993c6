/* Springs between all points. */
#include "interaction_impl.h"

static PetscErrorCode Read(OttoInteraction w)
{
  PetscFunctionBegin;
  w->a[0] = 1;
  PetscCall(OttoInteractionGetNumber("strength", &w->a[0]));
  PetscFunctionReturn(0);
}

static PetscErrorCode Value(OttoInteraction w, PetscReal r, PetscReal *W, PetscReal *rise)
{
  PetscFunctionBegin;
  if (W) *W = w->a[0] * r * r / 2;
  if (rise) *rise = w->a[0] * r * r;
  PetscFunctionReturn(0);
}

static PetscBool Scales(OttoInteraction w, PetscReal *times, PetscReal *plus)
{
  (void)w;
  *times = 2;
  *plus = 0;
  return PETSC_TRUE;
}

/* ∬ W d d = −strength |∫ x d|². */
static PetscBool Definite(OttoInteraction w)
{
  return w->a[0] <= 0 ? PETSC_TRUE : PETSC_FALSE;
}

const OttoInteractionOps OttoInteractionOps_Quadratic = {
    .key = "energy_interaction_strength",
    .read = Read,
    .value = Value,
    .definite = Definite,
    .scales = Scales,
};
