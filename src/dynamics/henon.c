/* Hénon's map of the plane, x → 1 − a x² + y, y → b x. */
#include "dynamics_impl.h"
#include <math.h>

/* a: a, b and log |b|. */
static PetscErrorCode Read(OttoDynamics d)
{
  PetscFunctionBegin;
  d->a[0] = 1.4;
  d->a[1] = 0.3;
  PetscCall(OttoDynamicsGetNumber("a", &d->a[0]));
  PetscCall(OttoDynamicsGetNumber("b", &d->a[1]));
  OttoCheckInput(d->a[1] != 0, "dynamics_b: 0; without b henon has no inverse");
  d->a[2] = log(fabs(d->a[1]));
  d->keeps_volume = fabs(d->a[1]) == 1 ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}

/* Backwards: x = y'/b, y = x' − 1 + a x². */
static PetscErrorCode Iterate(OttoDynamics d, PetscBool inverse, PetscInt n, PetscReal *const x[],
                              PetscReal *const derivative[], PetscReal log_jacobian[])
{
  const PetscReal a = d->a[0], b = d->a[1];

  PetscFunctionBegin;
  for (PetscInt k = 0; k < n; k++) {
    const PetscReal u = x[0][k], v = x[1][k], before = inverse ? v / b : u;
    x[0][k] = inverse ? before : 1 - a * u * u + v;
    x[1][k] = inverse ? u - 1 + a * before * before : b * u;
    if (log_jacobian) log_jacobian[k] = inverse ? -d->a[2] : d->a[2];
    if (!derivative) continue;
    derivative[0][k] = inverse ? 0 : -2 * a * u;
    derivative[1][k] = inverse ? 1 / b : 1;
    derivative[2][k] = inverse ? 1 : b;
    derivative[3][k] = inverse ? 2 * a * before / b : 0;
  }
  PetscFunctionReturn(0);
}

const OttoDynamicsOps OttoDynamicsOps_Henon = {
    .least = 2,
    .most = 2,
    .map = PETSC_TRUE,
    .read = Read,
    .iterate = Iterate,
};
