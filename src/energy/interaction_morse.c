/* Repulsion near by, attraction further off, or the other way round. */
#include "interaction_impl.h"
#include <math.h>

/* a: height and length of the repelling part, depth and length of the attracting one. */
static PetscErrorCode Read(OttoInteraction w)
{
  PetscFunctionBegin;
  w->a[0] = w->a[2] = 1;
  PetscCall(OttoInteractionGetNumber("repulsion", &w->a[0]));
  PetscCall(OttoInteractionGetLength("repulsion_length", PETSC_TRUE, &w->a[1]));
  PetscCall(OttoInteractionGetNumber("attraction", &w->a[2]));
  PetscCall(OttoInteractionGetLength("attraction_length", PETSC_TRUE, &w->a[3]));
  PetscFunctionReturn(0);
}

static PetscErrorCode Value(OttoInteraction w, PetscReal r, PetscReal *W, PetscReal *rise)
{
  const PetscReal x = r / w->a[1], y = r / w->a[3];
  const PetscReal repels = w->a[0] * exp(-x), attracts = w->a[2] * exp(-y);

  PetscFunctionBegin;
  if (W) *W = repels - attracts;
  if (rise) *rise = (attracts == 0 ? 0 : y * attracts) - (repels == 0 ? 0 : x * repels);
  PetscFunctionReturn(0);
}

/* The spectrum of exp(−r/l) is l^d (1 + l²k²)^(−(d + 1)/2), times a constant: the ratio of two of
 * these is monotone in k, so that its ends decide. */
static PetscBool Definite(OttoInteraction w)
{
  const PetscReal d = (PetscReal)OttoGridGetInfo(w->grid)->dim;

  return w->a[0] >= 0 && w->a[0] * pow(w->a[1] / w->a[3], d) >= w->a[2] &&
                 w->a[0] / w->a[1] >= w->a[2] / w->a[3]
             ? PETSC_TRUE
             : PETSC_FALSE;
}

const OttoInteractionOps OttoInteractionOps_Morse = {
    .key = "energy_interaction_repulsion",
    .read = Read,
    .value = Value,
    .definite = Definite,
};
