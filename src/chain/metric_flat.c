/* The metric of the box itself. */
#include "metric_impl.h"

static PetscErrorCode Evaluate(OttoMetric s, const PetscReal x[], PetscReal g[])
{
  PetscFunctionBegin;
  (void)x;
  for (PetscInt i = 0; i < s->dim * s->dim; i++) g[i] = i % (s->dim + 1) ? 0 : 1;
  PetscFunctionReturn(0);
}

const OttoMetricOps OttoMetricOps_Flat = {
    .name = "flat", .key = "metric_type", .failure = OTTO_ERR_INPUT, .evaluate = Evaluate};
