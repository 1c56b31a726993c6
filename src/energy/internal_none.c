/* No internal energy: nothing resists compression. */
#include "internal_impl.h"
#include <math.h>

static void Zero(OttoInternal u, PetscInt64 n, const PetscReal in[], PetscReal out[])
{
  (void)u;
  for (PetscInt64 i = 0; i < n; i++) out[i] = isnan(in[i]) ? NAN : 0;
}

/* All slopes but 0 are beyond: above it nothing holds the density back. */
static void Density(OttoInternal u, PetscInt64 n, const PetscReal in[], PetscReal out[])
{
  (void)u;
  for (PetscInt64 i = 0; i < n; i++) out[i] = isnan(in[i]) ? NAN : in[i] > 0 ? INFINITY : 0;
}

const OttoInternalOps OttoInternalOps_None = {
    .zero = PETSC_TRUE,
    .parts = {[OTTO_INTERNAL_VALUE] = Zero,
              [OTTO_INTERNAL_SLOPE] = Zero,
              [OTTO_INTERNAL_CURVATURE] = Zero,
              [OTTO_INTERNAL_PRESSURE] = Zero,
              [OTTO_INTERNAL_DENSITY] = Density,
              [OTTO_INTERNAL_STIFFNESS] = Zero},
};
