/* Duffing's oscillator in two wells, with friction and a periodic force. */
#include "dynamics_impl.h"
#include <math.h>

/* a: delta, gamma, omega. */
static PetscErrorCode Read(OttoDynamics d)
{
  PetscFunctionBegin;
  d->a[2] = 1;
  PetscCall(OttoDynamicsGetNumber("delta", &d->a[0]));
  PetscCall(OttoDynamicsGetNumber("gamma", &d->a[1]));
  PetscCall(OttoDynamicsGetNumber("omega", &d->a[2]));
  PetscCall(OttoDynamicsGetNumber("start", &d->start));
  d->keeps_volume = (PetscBool)(d->a[0] == 0);
  d->autonomous = (PetscBool)(d->a[1] == 0 || d->a[2] == 0);
  PetscFunctionReturn(0);
}

static PetscErrorCode Velocity(OttoDynamics d, PetscReal t, PetscInt n, const PetscReal *const x[],
                               PetscReal *const v[], PetscReal *const gradient[])
{
  const PetscReal delta = d->a[0], force = d->a[1] * cos(d->a[2] * t);
  const PetscReal *place = x[0], *speed = x[1];
  PetscReal *v0 = v[0], *v1 = v[1];

  PetscFunctionBegin;
#pragma omp simd
  for (PetscInt k = 0; k < n; k++) {
    v0[k] = speed[k];
    v1[k] = place[k] * (1 - place[k] * place[k]) - delta * speed[k] + force;
  }
  if (!gradient) PetscFunctionReturn(0);
  PetscReal *g0 = gradient[0], *g1 = gradient[1], *g2 = gradient[2], *g3 = gradient[3];
#pragma omp simd
  for (PetscInt k = 0; k < n; k++) {
    g0[k] = 0;
    g1[k] = 1;
    g2[k] = 1 - 3 * place[k] * place[k];
    g3[k] = -delta;
  }
  PetscFunctionReturn(0);
}

const OttoDynamicsOps OttoDynamicsOps_Duffing = {
    .least = 2,
    .most = 2,
    .read = Read,
    .velocity = Velocity,
};
