/* Keys that several systems read, how a message names a system, and its times. */
#include "dynamics_impl.h"
#include <otto/options.h>
#include <math.h>
#include <stdio.h>

#define MOST_ITERATES 1e9

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

PetscErrorCode OttoDynamicsNeedTorus(OttoDynamics d, PetscInt axis, OttoBoundary other)
{
  const OttoGridInfo *g = d->g;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++)
    OttoCheckInput(
        g->boundary[j] == OTTO_BOUNDARY_PERIODIC || (j == axis && g->boundary[j] == other),
        "grid_boundary: %s on axis %s; %s is a map of the torus, with periodic axes%s%s",
        OttoBoundaries[g->boundary[j]], g->name[j], d->type,
        axis < 0 ? "" : ", the last of which may be ", axis < 0 ? "" : OttoBoundaries[other]);
  PetscFunctionReturn(0);
}

/* dynamics_times: none twice, and what maps can do. */
static PetscErrorCode CheckTimes(OttoDynamics d, PetscInt count, const PetscReal times[])
{
  PetscFunctionBegin;
  OttoCheckInput(count > 0, "dynamics_times: missing; give %s",
                 d->ops->map ? "numbers of iterates" : "times");
  for (PetscInt i = 0; i < count; i++) {
    for (PetscInt k = 0; k < i; k++)
      OttoCheckInput(times[i] != times[k], "dynamics_times: %g stands there twice",
                     (double)times[i]);
    OttoCheckInput(!d->ops->map || times[i] == round(times[i]),
                   "dynamics_times: %g; %s is a map, whose times are whole numbers of iterates",
                   (double)times[i], d->type);
    OttoCheckInput(!d->ops->map || fabs(times[i]) <= MOST_ITERATES,
                   "dynamics_times: %g; at most %g iterates", (double)times[i], MOST_ITERATES);
    OttoCheckInput(times[i] >= 0 || d->invertible,
                   "dynamics_times: %g; a map goes backwards by its inverse: give dynamics_inverse",
                   (double)times[i]);
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDynamicsTimes(OttoDynamics d, PetscInt *count, PetscReal **times)
{
  PetscFunctionBegin;
  PetscCall(OttoOptionsGetReals("dynamics_", "times", count, times));
  PetscErrorCode code = CheckTimes(d, *count, *times);
  if (code) PetscCall(PetscFree(*times));
  PetscFunctionReturn(code);
}
