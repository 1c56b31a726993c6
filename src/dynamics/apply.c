/* What a system does to points: velocities, iterates; what is not finite is named. */
#include "dynamics_impl.h"
#include <math.h>

#define BATCH 256 /* points of a map at a time: where they stood is kept for messages */

/* The first of n points at which one of `count` arrays is not finite; n where there is none. */
static PetscInt FirstBad(PetscInt n, PetscInt count, PetscReal *const values[])
{
  PetscInt first = n;

  for (PetscInt i = 0; i < count; i++) {
    const PetscReal *v = values[i];
    int bad = 0;
    for (PetscInt k = 0; k < n; k++) bad |= !(fabs(v[k]) <= PETSC_MAX_REAL);
    for (PetscInt k = 0; bad && k < first; k++)
      if (!(fabs(v[k]) <= PETSC_MAX_REAL)) first = k;
  }
  return first;
}

static void PointOf(PetscInt dim, const PetscReal *const x[], PetscInt k, char text[], size_t size)
{
  PetscReal at[DIM] = {0};

  for (PetscInt j = 0; j < dim; j++) at[j] = x[j][k];
  OttoGridFormatPoint(dim, at, text, size);
}

PetscErrorCode OttoDynamicsVelocity(OttoDynamics d, PetscReal t, PetscInt n,
                                    const PetscReal *const x[], PetscReal *const v[],
                                    PetscReal *const gradient[])
{
  const PetscInt dim = d->g->dim;
  char origin[280], point[160];

  PetscFunctionBegin;
  PetscCheck(!d->ops->map, PETSC_COMM_SELF, PETSC_ERR_ARG_WRONGSTATE, "%s is a map", d->type);
  PetscCall(d->ops->velocity(d, t, n, x, v, gradient));
  PetscInt bad = FirstBad(n, dim, v);
  if (gradient) bad = PetscMin(bad, FirstBad(n, dim * dim, gradient));
  if (bad == n) PetscFunctionReturn(0);
  PetscCall(OttoDynamicsFormatOrigin(d, origin, sizeof origin));
  PointOf(dim, x, bad, point, sizeof point);
  OttoFail(OTTO_ERR_NUMERICAL, "%s has no finite velocity%s at %s, t = %g", origin,
           gradient && FirstBad(n, dim, v) > bad ? " gradient" : "", point, (double)t);
}

/* Points by a whole number of sides on periodic axes, into the box. */
static void WrapAll(const OttoGridInfo *g, PetscInt n, PetscReal *const x[])
{
  for (PetscInt j = 0; j < g->dim; j++)
    for (PetscInt k = 0; g->boundary[j] == OTTO_BOUNDARY_PERIODIC && k < n; k++)
      x[j][k] = OttoDynamicsWrap(g->lower[j], g->upper[j], x[j][k]);
}

/* Of at most BATCH points. */
static PetscErrorCode IterateBatch(OttoDynamics d, PetscBool inverse, PetscInt n,
                                   PetscReal *const x[], PetscReal *const derivative[],
                                   PetscReal log_jacobian[])
{
  const PetscInt dim = d->g->dim;
  PetscReal stood[DIM][BATCH], *const from[DIM] = {stood[0], stood[1], stood[2]};
  char origin[280], point[160];

  PetscFunctionBegin;
  WrapAll(d->g, n, x);
  for (PetscInt j = 0; j < dim; j++) PetscCall(PetscArraycpy(from[j], x[j], n));
  PetscCall(d->ops->iterate(d, inverse, n, x, derivative, log_jacobian));
  PetscInt bad = FirstBad(n, dim, x);
  if (derivative) bad = PetscMin(bad, FirstBad(n, dim * dim, derivative));
  if (log_jacobian) bad = PetscMin(bad, FirstBad(n, 1, &log_jacobian));
  if (bad < n) {
    PetscCall(OttoDynamicsFormatOrigin(d, origin, sizeof origin));
    PointOf(dim, (const PetscReal *const *)from, bad, point, sizeof point);
    OttoFail(OTTO_ERR_NUMERICAL,
             "%s %s %s; a map, its derivative and its determinant must be "
             "finite",
             origin, inverse ? "cannot be gone backwards from" : "leads nowhere from", point);
  }
  WrapAll(d->g, n, x);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDynamicsIterate(OttoDynamics d, int steps, PetscInt n, PetscReal *const x[],
                                   PetscReal *const derivative[], PetscReal log_jacobian[])
{
  const PetscInt dim = d->g->dim;

  PetscFunctionBegin;
  PetscCheck(d->ops->map, PETSC_COMM_SELF, PETSC_ERR_ARG_WRONGSTATE, "%s is a flow", d->type);
  PetscCheck(steps == 1 || steps == -1, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "one iterate at a time, not %d", steps);
  OttoCheckInput(steps > 0 || d->invertible,
                 "dynamics_inverse: missing; what goes backwards needs it");
  for (PetscInt at = 0; at < n; at += BATCH) {
    PetscReal *y[DIM], *D[DIM * DIM];
    for (PetscInt j = 0; j < dim; j++) y[j] = x[j] + at;
    for (PetscInt i = 0; derivative && i < dim * dim; i++) D[i] = derivative[i] + at;
    PetscCall(IterateBatch(d, steps < 0 ? PETSC_TRUE : PETSC_FALSE, PetscMin(BATCH, n - at), y,
                           derivative ? D : NULL, log_jacobian ? log_jacobian + at : NULL));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDynamicsPrepare(OttoDynamics d, PetscReal a, PetscReal b, PetscReal *until)
{
  PetscFunctionBegin;
  *until = b;
  if (d->ops->prepare) PetscCall(d->ops->prepare(d, a, b, until));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDynamicsIsLost(OttoDynamics d, PetscInt n, const PetscReal *const x[],
                                  PetscBool lost[])
{
  const OttoGridInfo *g = d->g;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++)
    for (PetscInt k = 0; g->boundary[j] == OTTO_BOUNDARY_NO_FLUX && k < n; k++)
      if (!(x[j][k] >= g->lower[j] && x[j][k] <= g->upper[j])) lost[k] = PETSC_TRUE;
  if (d->ops->is_lost) PetscCall(d->ops->is_lost(d, n, x, lost));
  PetscFunctionReturn(0);
}
