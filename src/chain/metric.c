/* Metrics by name: the registry, and what is asked of every one. */
#include "metric_impl.h"
#include <math.h>

static const OttoMember members[] = {
#define OTTO_MEMBER(name, Ops, ...) OTTO_MEMBER_LINE(name, __VA_ARGS__)
#include "metric.def"
#undef OTTO_MEMBER
};

static const OttoMetricOps *const ops[] = {
#define OTTO_MEMBER(name, Ops, ...) &OttoMetricOps_##Ops,
#include "metric.def"
#undef OTTO_MEMBER
};

const OttoFamily OttoMetricFamily = {"metric", "metric_type", "metric_type",
                                     (PetscInt)(sizeof members / sizeof members[0]), members};

PetscErrorCode OttoMetricMake(const OttoMetricOps *of, OttoGrid grid, OttoMetric *metric)
{
  PetscFunctionBegin;
  PetscCall(PetscNew(metric));
  (*metric)->ops = of;
  (*metric)->g = OttoGridGetInfo(grid);
  (*metric)->dim = (*metric)->g->dim;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoMetricCreate(OttoGrid grid, OttoMetric *metric)
{
  PetscInt index = 0;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  *metric = NULL;
  PetscCall(OttoFamilyChoose(&OttoMetricFamily, NULL, &index, NULL));
  PetscCall(OttoMetricMake(ops[index], grid, metric));
  if (ops[index]->create) PetscCall(ops[index]->create(*metric));
  PetscCall(OttoMetricCheckSeams(*metric));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoMetricDestroy(OttoMetric *metric)
{
  PetscFunctionBegin;
  if (!*metric) PetscFunctionReturn(0);
  PetscCall(OttoFormulaDestroy(&(*metric)->formula));
  PetscCall(PetscFree(*metric));
  PetscFunctionReturn(0);
}

const char *OttoMetricGetType(OttoMetric metric)
{
  return metric->ops->name;
}

/* Whether g is finite and positive definite, by the pivots of its Cholesky factors. */
static PetscBool IsMetric(PetscInt dim, const PetscReal g[])
{
  PetscReal l[OTTO_MAX_DIM * OTTO_MAX_DIM];

  for (PetscInt i = 0; i < dim * dim; i++)
    if (!isfinite(l[i] = g[i])) return PETSC_FALSE;
  for (PetscInt k = 0; k < dim; k++) {
    if (!(l[k * dim + k] > 0)) return PETSC_FALSE;
    for (PetscInt i = k + 1; i < dim; i++)
      for (PetscInt j = k + 1; j < dim; j++)
        l[i * dim + j] -= l[i * dim + k] * l[k * dim + j] / l[k * dim + k];
  }
  return PETSC_TRUE;
}

/* x round the periodic axes: a formula need not say anything outside the box. Both its faces stay.
 */
static void Bring(const OttoGridInfo *g, const PetscReal x[], PetscReal at[])
{
  for (PetscInt j = 0; j < g->dim; j++) {
    const PetscReal lower = g->lower[j], side = g->upper[j] - lower;
    at[j] = x[j];
    if (g->boundary[j] != OTTO_BOUNDARY_PERIODIC || (x[j] >= lower && x[j] <= g->upper[j]))
      continue;
    at[j] = x[j] - side * floor((x[j] - lower) / side);
    if (!(at[j] >= lower && at[j] <= g->upper[j]) && isfinite(x[j])) at[j] = lower; /* rounding */
  }
}

PetscErrorCode OttoMetricEvaluate(OttoMetric s, const PetscReal anywhere[], PetscReal g[])
{
  PetscReal x[OTTO_MAX_DIM];
  char point[160];

  PetscFunctionBegin;
  Bring(s->g, anywhere, x);
  PetscCall(s->ops->evaluate(s, x, g));
  if (IsMetric(s->dim, g)) PetscFunctionReturn(0);
  OttoGridFormatPoint(s->dim, x, point, sizeof point);
  for (PetscInt j = 0; j < s->dim; j++)
    if (!(g[j * s->dim + j] > 0 && isfinite(g[j * s->dim + j])))
      OttoFail(s->ops->failure,
               "%s: component %d of the metric is %g at %s; a metric must be finite and positive",
               s->ops->key, (int)j + 1, (double)g[j * s->dim + j], point);
  OttoFail(s->ops->failure, "%s: the metric at %s is not finite or not positive definite",
           s->ops->key, point);
}

/* ---- where periodic axes close ---- */

/* Rates over a face are those of one of its sides; what the other says differs by at most so much,
 * of itself. */
#define JUMP 0.01

/* At the lower and the upper face of an axis, on the line of cell c. */
static PetscErrorCode CheckSeam(OttoMetric s, PetscInt64 c, PetscInt axis)
{
  const OttoGridInfo *box = s->g;
  PetscReal x[OTTO_MAX_DIM], g[2][OTTO_MAX_DIM * OTTO_MAX_DIM];
  char from[160], to[160];

  PetscFunctionBegin;
  OttoGridCellCentre(box, c, x);
  x[axis] = box->upper[axis];
  PetscCall(s->ops->evaluate(s, x, g[1]));
  OttoGridFormatPoint(s->dim, x, to, sizeof to);
  x[axis] = box->lower[axis];
  PetscCall(s->ops->evaluate(s, x, g[0]));
  OttoGridFormatPoint(s->dim, x, from, sizeof from);
  if (!IsMetric(s->dim, g[0]) && !IsMetric(s->dim, g[1])) PetscFunctionReturn(0); /* said later */
  for (PetscInt i = 0; i < s->dim; i++) {
    const PetscReal low = g[0][i * s->dim + i], high = g[1][i * s->dim + i];
    OttoCheckInput(fabs(high - low) <= JUMP * PetscMin(fabs(low), fabs(high)),
                   "%s: component %d of the metric is %g at %s and %g at %s, which is the same "
                   "point round the periodic axis %d; give a metric of that period, or "
                   "grid_boundary no_flux on this axis",
                   s->ops->key, (int)i + 1, (double)low, from, (double)high, to, (int)axis + 1);
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode CheckOwn(OttoMetric s)
{
  PetscInt64 idx[OTTO_MAX_DIM];

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    OttoGridCellIndex(s->g, c, idx);
    for (PetscInt j = 0; j < s->dim; j++)
      if (idx[j] == 0 && s->g->boundary[j] == OTTO_BOUNDARY_PERIODIC) PetscCall(CheckSeam(s, c, j));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoMetricCheckSeams(OttoMetric s)
{
  PetscFunctionBegin;
  PetscCall(OttoAgree(s->g->comm, CheckOwn(s)));
  PetscFunctionReturn(0);
}
