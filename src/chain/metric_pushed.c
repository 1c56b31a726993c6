/* What other coordinates see of a metric: with x = Φ⁻¹(y) and A = ∂x/∂y, g'(y) = Aᵀ g(x) A. */
#include "metric_impl.h"

static PetscErrorCode Evaluate(OttoMetric s, const PetscReal y[], PetscReal pushed[])
{
  const PetscInt d = s->dim;
  PetscReal x[OTTO_MAX_DIM], A[OTTO_MAX_DIM * OTTO_MAX_DIM], g[OTTO_MAX_DIM * OTTO_MAX_DIM];

  PetscFunctionBegin;
  PetscCall(OttoDiffeomorphismApply(s->map, PETSC_TRUE, y, x, A));
  PetscCall(OttoMetricEvaluate(s->of, x, g));
  for (PetscInt i = 0; i < d; i++)
    for (PetscInt j = i; j < d; j++) {
      PetscReal sum = 0;
      for (PetscInt k = 0; k < d; k++)
        for (PetscInt l = 0; l < d; l++) sum += A[k * d + i] * g[k * d + l] * A[l * d + j];
      pushed[i * d + j] = pushed[j * d + i] = sum;
    }
  PetscFunctionReturn(0);
}

static const OttoMetricOps ops = {.name = "pushed",
                                  .key = "coordinates_inverse",
                                  .failure = OTTO_ERR_NUMERICAL,
                                  .evaluate = Evaluate};

PetscErrorCode OttoMetricCreatePushed(OttoMetric metric, OttoDiffeomorphism map, OttoGrid grid,
                                      OttoMetric *pushed)
{
  PetscFunctionBegin;
  OttoNeedGrid(grid);
  *pushed = NULL;
  OttoCheckInput(OttoDiffeomorphismHasInverse(map),
                 "coordinates_inverse: missing; a metric is seen from other coordinates by it");
  PetscCall(OttoMetricMake(&ops, grid, pushed));
  (*pushed)->of = metric;
  (*pushed)->map = map;
  PetscFunctionReturn(0);
}
