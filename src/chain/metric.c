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

PetscErrorCode OttoMetricMake(const OttoMetricOps *of, PetscInt dim, OttoMetric *metric)
{
  PetscFunctionBegin;
  PetscCall(PetscNew(metric));
  (*metric)->ops = of;
  (*metric)->dim = dim;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoMetricCreate(OttoGrid grid, OttoMetric *metric)
{
  PetscInt index = 0;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  *metric = NULL;
  PetscCall(OttoFamilyChoose(&OttoMetricFamily, NULL, &index, NULL));
  PetscCall(OttoMetricMake(ops[index], OttoGridGetInfo(grid)->dim, metric));
  if (ops[index]->create) PetscCall(ops[index]->create(*metric));
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

PetscErrorCode OttoMetricEvaluate(OttoMetric s, const PetscReal x[], PetscReal g[])
{
  char point[160];

  PetscFunctionBegin;
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
