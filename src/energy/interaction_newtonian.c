/*
 * ΔW = strength δ: gravity where strength > 0, charges of one sign where it is below. In free space
 * r/2, log(r)/2π, −1/(4πr) by the number of axes; on a torus the solution of the grid's own
 * Poisson equation, −1/λ for the eigenvalues λ of its second differences, the mean left out.
 */
#include "interaction_impl.h"
#include <math.h>

static PetscErrorCode Read(OttoInteraction w)
{
  PetscFunctionBegin;
  w->a[0] = 1;
  PetscCall(OttoInteractionGetNumber("strength", &w->a[0]));
  PetscFunctionReturn(0);
}

static PetscErrorCode Value(OttoInteraction w, PetscReal r, PetscReal *W, PetscReal *rise)
{
  const PetscInt dim = OttoGridGetInfo(w->grid)->dim;
  const PetscReal k = w->a[0];

  PetscFunctionBegin;
  if (W) *W = dim == 1 ? k * r / 2 : dim == 2 ? k * log(r) / (2 * M_PI) : -k / (4 * M_PI * r);
  if (rise) *rise = dim == 1 ? k * r / 2 : dim == 2 ? k / (2 * M_PI) : k / (4 * M_PI * r);
  PetscFunctionReturn(0);
}

static PetscBool Scales(OttoInteraction w, PetscReal *times, PetscReal *plus)
{
  const PetscInt dim = OttoGridGetInfo(w->grid)->dim;

  *times = 2 - (PetscReal)dim;
  *plus = dim == 2 ? w->a[0] / (2 * M_PI) : 0;
  return PETSC_TRUE;
}

static PetscReal Torus(PetscInt dim, const PetscReal kappa[], void *context)
{
  const OttoInteraction w = (OttoInteraction)context;
  const OttoGridInfo *g = OttoGridGetInfo(w->grid);
  PetscReal lambda = 0;

  for (PetscInt j = 0; j < dim; j++) lambda += PetscSqr(2 / g->h[j] * sin(kappa[j] * g->h[j] / 2));
  return lambda > 0 ? -w->a[0] / lambda : 0;
}

/* The spectrum is −strength/k². */
static PetscBool Definite(OttoInteraction w)
{
  return w->a[0] <= 0 ? PETSC_TRUE : PETSC_FALSE;
}

const OttoInteractionOps OttoInteractionOps_Newtonian = {
    .key = "energy_interaction_strength",
    .read = Read,
    .value = Value,
    .definite = Definite,
    .harmonic = PETSC_TRUE,
    .scales = Scales,
    .torus = Torus,
};
