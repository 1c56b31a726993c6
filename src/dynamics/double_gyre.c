/* Two vortices side by side whose common wall swings. */
#include "waves.h"
#include "dynamics_impl.h"
#include <math.h>

/* a: amplitude, epsilon, omega. */
static PetscErrorCode Read(OttoDynamics d)
{
  const OttoGridInfo *g = d->g;

  PetscFunctionBegin;
  d->a[0] = 0.1;
  d->a[1] = 0.25;
  d->a[2] = 2 * M_PI / 10;
  PetscCall(OttoDynamicsGetNumber("amplitude", &d->a[0]));
  PetscCall(OttoDynamicsGetNumber("epsilon", &d->a[1]));
  PetscCall(OttoDynamicsGetNumber("omega", &d->a[2]));
  PetscCall(OttoDynamicsGetNumber("start", &d->start));
  OttoCheckInput(d->a[1] >= 0 && d->a[1] <= 0.5,
                 "dynamics_epsilon: %g; allowed is 0 to 0.5, where the wall stays in the box",
                 d->a[1]);
  for (PetscInt j = 0; j < 2; j++)
    OttoCheckInput(g->boundary[j] != OTTO_BOUNDARY_NO_FLUX ||
                       (g->lower[j] == 0 && g->upper[j] == 2 - j),
                   "grid_lower, grid_upper: %g to %g on axis %s; the walls of double_gyre stand at "
                   "0 and %g",
                   g->lower[j], g->upper[j], g->name[j], 2. - j);
  d->autonomous = (PetscBool)(d->a[1] == 0 || d->a[2] == 0);
  PetscFunctionReturn(0);
}

typedef struct {
  PetscReal strength, a, b; /* pi A; f = a x² + b x */
} Moment;

static inline __attribute__((always_inline)) void Field(int far, Moment m, PetscInt n,
                                                        const PetscReal *const x[],
                                                        PetscReal *const v[],
                                                        PetscReal *const gradient[])
{
  const PetscReal *x0 = x[0], *x1 = x[1];
  PetscReal *v0 = v[0], *v1 = v[1], *g0, *g1, *g2, *g3;

  g0 = gradient ? gradient[0] : NULL;
  g1 = gradient ? gradient[1] : NULL;
  g2 = gradient ? gradient[2] : NULL;
  g3 = gradient ? gradient[3] : NULL;
#pragma omp simd
  for (PetscInt k = 0; k < n; k++) {
    const PetscReal f = (m.a * x0[k] + m.b) * x0[k], slope = 2 * m.a * x0[k] + m.b;
    PetscReal sf, cf, sy, cy;
    OttoWave(far, M_PI * f, &sf, &cf);
    OttoWave(far, M_PI * x1[k], &sy, &cy);
    v0[k] = -m.strength * sf * cy;
    v1[k] = m.strength * slope * cf * sy;
    if (!gradient) continue;
    const PetscReal stretch = M_PI * m.strength * slope * cf * cy;
    g0[k] = -stretch;
    g1[k] = M_PI * m.strength * sf * sy;
    g2[k] = m.strength * sy * (2 * m.a * cf - M_PI * slope * slope * sf);
    g3[k] = stretch;
  }
}

/* Returns 0 where a phase is too far: |f| <= x²/2 + 2|x| serves where |x| <= 100. */
OTTO_VECTOR_CLONES static int Near(Moment m, PetscInt n, const PetscReal *const x[],
                                   PetscReal *const v[], PetscReal *const gradient[])
{
  if (OttoWaveIsFar(n, OTTO_SINCOS_MOST / 100, x[0]) || OttoWaveIsFar(n, M_PI, x[1])) return 0;
  if (gradient)
    Field(0, m, n, x, v, gradient);
  else
    Field(0, m, n, x, v, NULL);
  return 1;
}

static PetscErrorCode Velocity(OttoDynamics d, PetscReal t, PetscInt n, const PetscReal *const x[],
                               PetscReal *const v[], PetscReal *const gradient[])
{
  const PetscReal swing = d->a[1] * sin(d->a[2] * t);
  const Moment m = {M_PI * d->a[0], swing, 1 - 2 * swing};

  PetscFunctionBegin;
  if (!Near(m, n, x, v, gradient)) Field(1, m, n, x, v, gradient);
  PetscFunctionReturn(0);
}

const OttoDynamicsOps OttoDynamicsOps_DoubleGyre = {
    .least = 2,
    .most = 2,
    .keeps_volume = PETSC_TRUE,
    .read = Read,
    .velocity = Velocity,
};
