/* A metric that is the box's times a function. */
#include "metric_impl.h"

static PetscErrorCode Create(OttoMetric s)
{
  PetscFunctionBegin;
  PetscCall(OttoMetricReadFormula(s, 1));
  PetscFunctionReturn(0);
}

static PetscErrorCode Evaluate(OttoMetric s, const PetscReal x[], PetscReal g[])
{
  PetscReal f;

  PetscFunctionBegin;
  PetscCall(OttoFormulaEvaluate(s->formula, x, 0, &f));
  for (PetscInt i = 0; i < s->dim * s->dim; i++) g[i] = i % (s->dim + 1) ? 0 : f;
  PetscFunctionReturn(0);
}

const OttoMetricOps OttoMetricOps_Conformal = {.name = "conformal",
                                               .key = "metric_formula",
                                               .failure = OTTO_ERR_INPUT,
                                               .create = Create,
                                               .evaluate = Evaluate};
