/*
 * A density as a function of the point: its member's value, scaled as cells were and with the same
 * floor. Points are brought round periodic axes; what lies outside walls is nothing.
 */
#include "density_impl.h"
#include <math.h>
#include <stdio.h>

#define SMALL 1e-250 /* factors of values below it may have underflowed */

struct _n_OttoDensityFunction {
  const OttoGridInfo *g;
  const OttoDensityOps *ops;
  void *data;       /* the member's */
  PetscReal factor; /* of its values: mass, what the floor leaves, total mass */
  PetscReal floor;  /* added in the box */
  char key[64];     /* that messages name */
};

static PetscErrorCode Read(OttoGrid grid, const char *prefix, const OttoDensityReport *report,
                           OttoDensityFunction s)
{
  const OttoGridInfo *g = s->g;
  PetscReal floor = 0, mass = 1;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetReal(prefix, "floor", 0, 1, &floor, NULL));
  PetscCall(OttoOptionsGetReal(prefix, "mass", -INFINITY, INFINITY, &mass, NULL));
  s->factor = (1 - floor) * report->factor;
  s->floor = mass * (floor / ((PetscReal)g->cells * g->cell_volume));
  snprintf(s->key, sizeof s->key, "%s%s", prefix, s->ops->key);
  PetscCall(s->ops->function.open(grid, prefix, &s->data));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDensityFunctionCreate(OttoGrid grid, const char *prefix,
                                         const OttoDensityReport *report,
                                         OttoDensityFunction *function)
{
  const OttoDensityOps *member = NULL;
  const char *name;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  *function = NULL;
  PetscCall(OttoDensityChoose(prefix, &member, &name));
  if (report->on_grid || !member->function.value) PetscFunctionReturn(0);
  PetscCall(PetscNew(function));
  (*function)->g = OttoGridGetInfo(grid);
  (*function)->ops = member;
  const PetscErrorCode code = Read(grid, prefix, report, *function);
  if (code) PetscCall(OttoDensityFunctionDestroy(function));
  PetscFunctionReturn(code);
}

PetscErrorCode OttoDensityFunctionDestroy(OttoDensityFunction *function)
{
  PetscFunctionBegin;
  if (!*function) PetscFunctionReturn(0);
  if ((*function)->data) PetscCall((*function)->ops->function.close((*function)->data));
  PetscCall(PetscFree(*function));
  PetscFunctionReturn(0);
}

/* Brings y[dim] round periodic axes into the box. Whether there can be anything: no wall lies
 * between; and whether the box has the point. */
static PetscBool Bring(const OttoGridInfo *g, PetscReal y[], PetscBool *inside)
{
  PetscBool there = PETSC_TRUE;

  *inside = PETSC_TRUE;
  for (PetscInt j = 0; j < g->dim; j++) {
    const PetscReal lower = g->lower[j], upper = g->upper[j];
    if (y[j] >= lower && y[j] <= upper) continue;
    if (g->boundary[j] == OTTO_BOUNDARY_PERIODIC) {
      y[j] -= (upper - lower) * floor((y[j] - lower) / (upper - lower));
      if (!(y[j] >= lower && y[j] < upper)) y[j] = isfinite(y[j]) ? lower : NAN; /* rounding */
    } else {
      *inside = PETSC_FALSE;
      if (g->boundary[j] != OTTO_BOUNDARY_OPEN) there = PETSC_FALSE;
    }
  }
  return there;
}

static PetscErrorCode Refuse(OttoDensityFunction s, const PetscReal x[], PetscReal value)
{
  char point[160];

  PetscFunctionBegin;
  OttoGridFormatPoint(s->g->dim, x, point, sizeof point);
  OttoFail(OTTO_ERR_NUMERICAL, "%s: gives %g at %s; a density must be finite and at least 0",
           s->key, isnan(value) ? NAN : (double)value, point);
}

PetscErrorCode OttoDensityFunctionEvaluate(OttoDensityFunction s, PetscInt64 n,
                                           const PetscReal *const x[], PetscReal value[],
                                           PetscReal log_value[])
{
  const OttoDensityFunctionOps *ops = &s->ops->function;
  const OttoGridInfo *g = s->g;

  PetscFunctionBegin;
  for (PetscInt64 i = 0; i < n; i++) {
    PetscReal y[OTTO_MAX_DIM], v = 0, floor;
    PetscBool inside, finite = PETSC_TRUE;
    for (PetscInt j = 0; j < g->dim; j++) {
      y[j] = x[j][i];
      if (!isfinite(y[j])) finite = PETSC_FALSE;
    }
    if (!finite) PetscCall(Refuse(s, y, NAN));
    const PetscBool there = Bring(g, y, &inside);
    if (there) PetscCall(ops->value(g, s->data, y, &v));
    if (!(v >= 0 && v <= PETSC_MAX_REAL)) PetscCall(Refuse(s, y, v));
    floor = inside ? s->floor : 0;
    if (value) value[i] = s->factor * v + floor;
    if (!log_value) continue;
    if (floor > 0)
      log_value[i] = log(s->factor * v + floor);
    else if (there && v < SMALL && ops->log_value)
      log_value[i] = ops->log_value(g, s->data, y) + log(s->factor);
    else
      log_value[i] = log(v) + log(s->factor);
  }
  PetscFunctionReturn(0);
}
