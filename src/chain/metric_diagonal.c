/* A metric whose axes are those of the box, each with its own scale. */
#include "metric_impl.h"

static PetscErrorCode Create(OttoMetric s)
{
  PetscFunctionBegin;
  PetscCall(OttoMetricReadFormula(s, s->dim));
  PetscFunctionReturn(0);
}

static PetscErrorCode Evaluate(OttoMetric s, const PetscReal x[], PetscReal g[])
{
  PetscReal f[OTTO_MAX_DIM];

  PetscFunctionBegin;
  PetscCall(OttoFormulaEvaluate(s->formula, x, 0, f));
  for (PetscInt i = 0; i < s->dim * s->dim; i++) g[i] = i % (s->dim + 1) ? 0 : f[i / (s->dim + 1)];
  PetscFunctionReturn(0);
}

const OttoMetricOps OttoMetricOps_Diagonal = {.name = "diagonal",
                                              .key = "metric_formula",
                                              .failure = OTTO_ERR_INPUT,
                                              .create = Create,
                                              .evaluate = Evaluate};
