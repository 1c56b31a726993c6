/*
 * A batch of points along a flow, by steps whose estimated error per unit time is the tolerance
 * (HNW II.4). The next step comes from the last two errors: a PI controller (Gustafsson 1991), for
 * an estimate of order 7.
 */
#include "flow_map_impl.h"
#include <math.h>

#define ORDER 7.0
#define SAFETY 0.9
#define SHRINK (1. / 3) /* least and most factor from a step to the next */
#define GROW 6.0

typedef struct {
  PetscReal h, before; /* next step; error of the last accepted one over the tolerance */
  PetscBool refused;   /* the last one was */
} Control;

static void Accepted(Control *control, PetscReal step, PetscReal error)
{
  const PetscReal now = PetscMax(error, 1e-4);
  PetscReal factor = SAFETY * pow(now, -0.7 / ORDER) * pow(control->before, 0.4 / ORDER);

  factor = PetscMin(control->refused ? 1 : GROW, PetscMax(SHRINK, factor));
  /* a step cut short to end where it must says little about longer ones */
  control->h = fabs(step) < fabs(control->h)
                   ? (fabs(factor * step) > fabs(control->h) ? factor * step : control->h)
                   : factor * step;
  control->before = now;
  control->refused = PETSC_FALSE;
}

static void Refused(Control *control, PetscReal step, PetscReal error)
{
  control->h = step * (error == INFINITY ? 0.1 : PetscMax(SHRINK, SAFETY * pow(error, -1 / ORDER)));
  control->refused = PETSC_TRUE;
}

/* The step to try: control's, or half of what is left, or all of it; none beyond `most`. */
static PetscReal Step(const Control *control, PetscReal left, PetscReal most)
{
  const PetscReal h = PetscMin(fabs(control->h), most);

  if (h >= 0.999 * fabs(left)) return left;
  return 2 * h > fabs(left) ? left / 2 : (left < 0 ? -h : h);
}

/* No step is small enough: because the velocity is not finite there, or for another reason. */
static PetscErrorCode TooSmall(OttoFlowMap map, PetscReal t, PetscReal h, PetscInt worst)
{
  const OttoDormandPrince *batch = map->batch;
  const PetscReal *x[DIM];
  PetscReal *v[DIM], point[DIM];
  char text[128];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < map->dim; j++) {
    x[j] = batch->y + j * batch->width + worst;
    v[j] = batch->trial + j * batch->width + worst;
    point[j] = *x[j];
  }
  PetscCall(OttoDynamicsVelocity(map->dynamics, t, 1, x, v, NULL));
  OttoGridFormatPoint(map->dim, point, text, sizeof text);
  OttoFail(OTTO_ERR_SOLVER,
           "dynamics_type %s: at the point %s and t = %g a step of %.3g is still too long for an "
           "error of %.3g per unit time: the velocity is not smooth, or grows without bound there, "
           "or dynamics_tolerance asks for more than numbers can tell",
           OttoDynamicsGetType(map->dynamics), text, t, h, map->tolerance);
}

PetscErrorCode OttoFlowMapFlow(OttoFlowMap map, PetscInt64 b, PetscReal from, PetscReal until)
{
  OttoDormandPrince *batch = map->batch;
  const PetscReal least = 16 * PETSC_MACHINE_EPSILON,
                  most = fabs(until - from) / (PetscReal)map->least_steps;
  Control control = {.h = map->h[b], .before = 1};
  PetscReal t = from, error;
  PetscInt worst;

  PetscFunctionBegin;
  OttoFlowMapLoad(map, b);
  if (batch->n) PetscCall(OttoDormandPrinceStart(batch, t));
  if (batch->n && !(control.h * (until - from) > 0))
    PetscCall(OttoDormandPrinceFirstStep(batch, t, map->tolerance, until - from, &control.h));
  while (batch->n && t != until) {
    const PetscReal step = Step(&control, until - t, most);
    PetscCall(OttoDormandPrinceTry(batch, t, step, &error, &worst));
    error /= map->tolerance;
    if (error <= 1) {
      map->steps += batch->n;
      t = step == until - t ? until : t + step;
      Accepted(&control, step, error);
      PetscCall(OttoDormandPrinceAccept(batch, t, (PetscBool)(t != until)));
      if (map->ends) PetscCall(OttoFlowMapLose(map, b));
    } else {
      map->rejected += batch->n;
      Refused(&control, step, error);
      if (fabs(control.h) < least * PetscMax(fabs(t), fabs(until - from)))
        PetscCall(TooSmall(map, t, control.h, worst));
    }
  }
  map->h[b] = control.h;
  OttoFlowMapStore(map, b);
  PetscFunctionReturn(0);
}
