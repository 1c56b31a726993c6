/* The standard map, p → p + k sin θ, θ → θ + p, of the torus, or of the cylinder where y is open:
 * θ and p are 2π times the distance from the lower corner over the side. */
#include "dynamics_impl.h"
#include <math.h>

static PetscErrorCode Read(OttoDynamics d)
{
  PetscFunctionBegin;
  PetscCall(OttoDynamicsNeedTorus(d, 1, OTTO_BOUNDARY_OPEN));
  d->a[0] = 1;
  PetscCall(OttoDynamicsGetNumber("k", &d->a[0]));
  PetscFunctionReturn(0);
}

/* Backwards: θ = θ' − p', p = p' − k sin θ. */
static PetscErrorCode Iterate(OttoDynamics d, PetscBool inverse, PetscInt n, PetscReal *const x[],
                              PetscReal *const derivative[], PetscReal log_jacobian[])
{
  const OttoGridInfo *g = d->g;
  const PetscReal side[2] = {g->upper[0] - g->lower[0], g->upper[1] - g->lower[1]};
  const PetscReal k = d->a[0], over = side[1] / side[0];

  PetscFunctionBegin;
  for (PetscInt i = 0; i < n; i++) {
    const PetscReal u = (x[0][i] - g->lower[0]) / side[0], v = (x[1][i] - g->lower[1]) / side[1];
    const PetscReal angle = 2 * M_PI * (inverse ? u - v : u); /* θ before the kick */
    const PetscReal kick = k * sin(angle), slope = k * cos(angle);
    x[0][i] = g->lower[0] + side[0] * (inverse ? u - v : u + v + kick / (2 * M_PI));
    x[1][i] = g->lower[1] + side[1] * (inverse ? v - kick / (2 * M_PI) : v + kick / (2 * M_PI));
    if (log_jacobian) log_jacobian[i] = 0;
    if (!derivative) continue;
    derivative[0][i] = inverse ? 1 : 1 + slope;
    derivative[1][i] = (inverse ? -1 : 1) / over;
    derivative[2][i] = (inverse ? -slope : slope) * over;
    derivative[3][i] = inverse ? 1 + slope : 1;
  }
  PetscFunctionReturn(0);
}

const OttoDynamicsOps OttoDynamicsOps_StandardMap = {
    .least = 2,
    .most = 2,
    .map = PETSC_TRUE,
    .keeps_volume = PETSC_TRUE,
    .periodic = PETSC_TRUE,
    .read = Read,
    .iterate = Iterate,
};
