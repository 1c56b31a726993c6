/* A pendulum: x is its angle, y how fast that changes. */
#include "waves.h"
#include "dynamics_impl.h"
#include <math.h>

/* a: omega², delta. */
static PetscErrorCode Read(OttoDynamics d)
{
  PetscReal omega = 1;

  PetscFunctionBegin;
  PetscCall(OttoDynamicsGetNumber("omega", &omega));
  PetscCall(OttoDynamicsGetNumber("delta", &d->a[1]));
  d->a[0] = omega * omega;
  d->keeps_volume = (PetscBool)(d->a[1] == 0);
  PetscFunctionReturn(0);
}

static inline __attribute__((always_inline)) void Field(int far, const PetscReal a[], PetscInt n,
                                                        const PetscReal *const x[],
                                                        PetscReal *const v[],
                                                        PetscReal *const gradient[])
{
  const PetscReal square = a[0], delta = a[1], *angle = x[0], *speed = x[1];
  PetscReal *v0 = v[0], *v1 = v[1], *g[4];

  for (int i = 0; i < 4; i++) g[i] = gradient ? gradient[i] : NULL;
#pragma omp simd
  for (PetscInt k = 0; k < n; k++) {
    PetscReal s, c;
    OttoWave(far, angle[k], &s, &c);
    v0[k] = speed[k];
    v1[k] = -square * s - delta * speed[k];
    if (!gradient) continue;
    g[0][k] = 0;
    g[1][k] = 1;
    g[2][k] = -square * c;
    g[3][k] = -delta;
  }
}

/* Returns 0 where an angle is too far. */
OTTO_VECTOR_CLONES static int Near(const PetscReal a[], PetscInt n, const PetscReal *const x[],
                                   PetscReal *const v[], PetscReal *const gradient[])
{
  if (OttoWaveIsFar(n, 1, x[0])) return 0;
  if (gradient)
    Field(0, a, n, x, v, gradient);
  else
    Field(0, a, n, x, v, NULL);
  return 1;
}

static PetscErrorCode Velocity(OttoDynamics d, PetscReal t, PetscInt n, const PetscReal *const x[],
                               PetscReal *const v[], PetscReal *const gradient[])
{
  PetscFunctionBegin;
  (void)t;
  if (!Near(d->a, n, x, v, gradient)) Field(1, d->a, n, x, v, gradient);
  PetscFunctionReturn(0);
}

const OttoDynamicsOps OttoDynamicsOps_Pendulum = {
    .least = 2,
    .most = 2,
    .read = Read,
    .velocity = Velocity,
};
