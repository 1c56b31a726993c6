/* The flow of Arnold, Beltrami and Childress. */
#include "waves.h"
#include "dynamics_impl.h"
#include <math.h>

static PetscErrorCode Read(OttoDynamics d)
{
  PetscFunctionBegin;
  d->a[0] = sqrt(3);
  d->a[1] = sqrt(2);
  d->a[2] = 1;
  PetscCall(OttoDynamicsGetNumber("a", &d->a[0]));
  PetscCall(OttoDynamicsGetNumber("b", &d->a[1]));
  PetscCall(OttoDynamicsGetNumber("c", &d->a[2]));
  PetscFunctionReturn(0);
}

/* v_i and the row of the gradient that is not 0 there, from sines and cosines. Both coordinates
 * come in a fixed order, so that the loop is one of arrays. */
static inline __attribute__((always_inline)) void Field(int far, const PetscReal a[], PetscInt n,
                                                        const PetscReal *const x[],
                                                        PetscReal *const v[],
                                                        PetscReal *const gradient[])
{
  const PetscReal A = a[0], B = a[1], C = a[2];
  const PetscReal *x0 = x[0], *x1 = x[1], *x2 = x[2];
  PetscReal *v0 = v[0], *v1 = v[1], *v2 = v[2];
  PetscReal *g[DIM * DIM];

  for (int i = 0; i < DIM * DIM; i++) g[i] = gradient ? gradient[i] : NULL;
#pragma omp simd
  for (PetscInt k = 0; k < n; k++) {
    PetscReal sx, cx, sy, cy, sz, cz;
    OttoWave(far, x0[k], &sx, &cx);
    OttoWave(far, x1[k], &sy, &cy);
    OttoWave(far, x2[k], &sz, &cz);
    v0[k] = A * sz + C * cy;
    v1[k] = B * sx + A * cz;
    v2[k] = C * sy + B * cx;
    if (!gradient) continue;
    g[0][k] = g[4][k] = g[8][k] = 0;
    g[1][k] = -C * sy;
    g[2][k] = A * cz;
    g[3][k] = B * cx;
    g[5][k] = -A * sz;
    g[6][k] = -B * sx;
    g[7][k] = C * cy;
  }
}

/* Returns 0 where a phase is too far. */
OTTO_VECTOR_CLONES static int Near(const PetscReal a[], PetscInt n, const PetscReal *const x[],
                                   PetscReal *const v[], PetscReal *const gradient[])
{
  for (int j = 0; j < DIM; j++)
    if (OttoWaveIsFar(n, 1, x[j])) return 0;
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

const OttoDynamicsOps OttoDynamicsOps_Abc = {
    .least = 3,
    .most = 3,
    .keeps_volume = PETSC_TRUE,
    .read = Read,
    .velocity = Velocity,
};
