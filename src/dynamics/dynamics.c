/* Dynamical systems by name: what they have in common (MATHEMATICS 13.1). */
#include "dynamics_impl.h"
#include <otto/options.h>
#include <math.h>
#include <stdio.h>

static const OttoMember members[] = {
#define OTTO_MEMBER(name, Ops, ...) OTTO_MEMBER_LINE(name, __VA_ARGS__)
#include "dynamics.def"
#undef OTTO_MEMBER
};

static const OttoDynamicsOps *const ops[] = {
#define OTTO_MEMBER(name, Ops, ...) &OttoDynamicsOps_##Ops,
#include "dynamics.def"
#undef OTTO_MEMBER
};

const OttoFamily OttoDynamicsFamily = {"dynamics", "dynamics_type", "dynamics_type",
                                       (PetscInt)(sizeof members / sizeof members[0]), members};

#define BATCH 256 /* points of a map at a time: where they stood is kept for messages */

/* ---- keys ---- */

PetscErrorCode OttoDynamicsFormatOrigin(OttoDynamics d, char text[], size_t size)
{
  const char *given = NULL;

  PetscFunctionBegin;
  if (d->ops->key) PetscCall(OttoOptionsGetText("dynamics_", d->ops->key, &given));
  if (given)
    snprintf(text, size, "dynamics_%s: '%.200s'", d->ops->key, given);
  else
    snprintf(text, size, "dynamics_type: '%s'", d->type);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDynamicsGetNumber(const char *key, PetscReal *value)
{
  PetscFunctionBegin;
  PetscCall(OttoOptionsGetReal("dynamics_", key, -INFINITY, INFINITY, value, NULL));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDynamicsGetText(const char *key, const char **text)
{
  PetscFunctionBegin;
  PetscCall(OttoOptionsGetText("dynamics_", key, text));
  OttoCheckInput(*text, "dynamics_%s: missing", key);
  PetscFunctionReturn(0);
}

/* ---- life ---- */

static PetscErrorCode CheckAxes(OttoDynamics d)
{
  const OttoDynamicsOps *o = d->ops;
  const PetscInt dim = d->g->dim;

  PetscFunctionBegin;
  OttoCheckInput(dim <= DIM, "grid_n: %d axes; dynamical systems have 1 to %d", (int)dim, DIM);
  for (PetscInt j = 0; j < dim; j++)
    OttoCheckInput(d->g->boundary[j] != OTTO_BOUNDARY_ABSORBING,
                   "grid_boundary: absorbing on axis %s; dynamical systems know periodic, no_flux "
                   "and open axes",
                   d->g->name[j]);
  if (o->least == o->most)
    OttoCheckInput(dim == o->least, "dynamics_type: %s has %d axes; grid_n has %d", d->type,
                   (int)o->least, (int)dim);
  OttoCheckInput(dim >= o->least && dim <= o->most,
                 "dynamics_type: %s has %d to %d axes; grid_n has %d", d->type, (int)o->least,
                 (int)o->most, (int)dim);
  PetscFunctionReturn(0);
}

static PetscErrorCode Make(OttoDynamics d)
{
  PetscFunctionBegin;
  PetscCall(CheckAxes(d));
  d->autonomous = d->invertible = PETSC_TRUE;
  d->keeps_volume = d->ops->keeps_volume;
  PetscCall(d->ops->read(d));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDynamicsCreate(OttoGrid grid, OttoDynamics *dynamics)
{
  const char *names[OTTO_FAMILY_MAX + 1];
  char all[240];
  PetscInt index = 0;
  PetscBool set;
  OttoDynamics d;

  PetscFunctionBegin;
  *dynamics = NULL;
  OttoNeedGrid(grid);
  PetscCall(OttoFamilyChoose(&OttoDynamicsFamily, NULL, &index, &set));
  OttoFamilyNames(&OttoDynamicsFamily, names);
  OttoJoinNames(names, ", ", all, sizeof all);
  OttoCheckInput(set, "dynamics_type: missing; one of %s", all);
  PetscCall(PetscNew(&d));
  d->ops = ops[index];
  d->type = members[index].name;
  d->grid = grid;
  d->g = OttoGridGetInfo(grid);
  PetscErrorCode code = Make(d);
  if (code) PetscCall(OttoDynamicsDestroy(&d));
  *dynamics = d;
  PetscFunctionReturn(code);
}

PetscErrorCode OttoDynamicsDestroy(OttoDynamics *dynamics)
{
  PetscFunctionBegin;
  if (!*dynamics) PetscFunctionReturn(0);
  if ((*dynamics)->ops->destroy) PetscCall((*dynamics)->ops->destroy(*dynamics));
  PetscCall(PetscFree(*dynamics));
  PetscFunctionReturn(0);
}

/* ---- what it is ---- */

const char *OttoDynamicsGetType(OttoDynamics d)
{
  return d->type;
}

OttoGrid OttoDynamicsGetGrid(OttoDynamics d)
{
  return d->grid;
}

PetscBool OttoDynamicsIsMap(OttoDynamics d)
{
  return d->ops->map;
}

PetscBool OttoDynamicsIsAutonomous(OttoDynamics d)
{
  return d->autonomous;
}

PetscBool OttoDynamicsKeepsVolume(OttoDynamics d)
{
  return d->keeps_volume;
}

const char *OttoDynamicsGetSingularity(OttoDynamics d)
{
  return d->ops->singularity;
}

PetscBool OttoDynamicsIsInvertible(OttoDynamics d)
{
  return d->invertible;
}

PetscReal OttoDynamicsGetStart(OttoDynamics d)
{
  return d->ops->map ? 0 : d->start;
}

size_t OttoDynamicsBytes(OttoDynamics d)
{
  return sizeof *d + (d->ops->bytes ? d->ops->bytes(d) : 0);
}

PetscErrorCode OttoDynamicsDerivativeError(OttoDynamics d, PetscReal *error)
{
  PetscReal mine = 0;

  PetscFunctionBegin;
  if (d->ops->derivative_error) PetscCall(d->ops->derivative_error(d, &mine));
  PetscCallMPI(MPI_Allreduce(&mine, error, 1, MPIU_REAL, MPIU_MAX, d->g->comm));
  PetscFunctionReturn(0);
}

/* ---- what it does ---- */

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

/* x + a whole number of sides, in the box. */
static void Wrap(const OttoGridInfo *g, PetscInt j, PetscInt n, PetscReal x[])
{
  const PetscReal side = g->upper[j] - g->lower[j];

  for (PetscInt k = 0; k < n; k++) {
    x[k] -= side * floor((x[k] - g->lower[j]) / side);
    if (x[k] >= g->upper[j] || x[k] < g->lower[j]) x[k] = g->lower[j]; /* rounding */
  }
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
  for (PetscInt j = 0; j < dim; j++)
    if (d->g->boundary[j] == OTTO_BOUNDARY_PERIODIC) Wrap(d->g, j, n, x[j]);
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
