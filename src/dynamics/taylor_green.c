/* Taylor and Green's cells, of two axes or three. */
#include "waves.h"
#include "dynamics_impl.h"
#include <math.h>

static PetscErrorCode Read(OttoDynamics d)
{
  PetscFunctionBegin;
  d->a[0] = 1;
  PetscCall(OttoDynamicsGetNumber("amplitude", &d->a[0]));
  PetscFunctionReturn(0);
}

/* dim is known when it is compiled; of two axes cos z = 1. */
static inline __attribute__((always_inline)) void Field(int far, int dim, PetscReal A, PetscInt n,
                                                        const PetscReal *const x[],
                                                        PetscReal *const v[],
                                                        PetscReal *const gradient[])
{
  const PetscReal *x0 = x[0], *x1 = x[1], *x2 = x[dim - 1];
  PetscReal *v0 = v[0], *v1 = v[1], *v2 = v[dim - 1], *g[DIM * DIM];

  for (int i = 0; i < dim * dim; i++) g[i] = gradient ? gradient[i] : NULL;
#pragma omp simd
  for (PetscInt k = 0; k < n; k++) {
    PetscReal sx, cx, sy, cy, sz = 0, cz = 1;
    OttoWave(far, x0[k], &sx, &cx);
    OttoWave(far, x1[k], &sy, &cy);
    if (dim == 3) OttoWave(far, x2[k], &sz, &cz);
    v0[k] = A * sx * cy * cz;
    v1[k] = -A * cx * sy * cz;
    if (dim == 3) v2[k] = 0;
    if (!gradient) continue;
    const PetscReal along = A * cx * cy * cz, across = A * sx * sy * cz;
    g[0][k] = along;
    g[1][k] = -across;
    g[dim][k] = across;
    g[dim + 1][k] = -along;
    if (dim == 2) continue;
    g[2][k] = -A * sx * cy * sz;
    g[5][k] = A * cx * sy * sz;
    g[6][k] = g[7][k] = g[8][k] = 0;
  }
}

/* Return 0 where a phase is too far. */
OTTO_VECTOR_CLONES static int Near2(PetscReal A, PetscInt n, const PetscReal *const x[],
                                    PetscReal *const v[], PetscReal *const gradient[])
{
  for (int j = 0; j < 2; j++)
    if (OttoWaveIsFar(n, 1, x[j])) return 0;
  if (gradient)
    Field(0, 2, A, n, x, v, gradient);
  else
    Field(0, 2, A, n, x, v, NULL);
  return 1;
}

OTTO_VECTOR_CLONES static int Near3(PetscReal A, PetscInt n, const PetscReal *const x[],
                                    PetscReal *const v[], PetscReal *const gradient[])
{
  for (int j = 0; j < 3; j++)
    if (OttoWaveIsFar(n, 1, x[j])) return 0;
  if (gradient)
    Field(0, 3, A, n, x, v, gradient);
  else
    Field(0, 3, A, n, x, v, NULL);
  return 1;
}

static PetscErrorCode Velocity(OttoDynamics d, PetscReal t, PetscInt n, const PetscReal *const x[],
                               PetscReal *const v[], PetscReal *const gradient[])
{
  PetscFunctionBegin;
  (void)t;
  if (d->g->dim == 2 ? Near2(d->a[0], n, x, v, gradient) : Near3(d->a[0], n, x, v, gradient))
    PetscFunctionReturn(0);
  Field(1, (int)d->g->dim, d->a[0], n, x, v, gradient);
  PetscFunctionReturn(0);
}

const OttoDynamicsOps OttoDynamicsOps_TaylorGreen = {
    .least = 2,
    .most = 3,
    .keeps_volume = PETSC_TRUE,
    .read = Read,
    .velocity = Velocity,
};
