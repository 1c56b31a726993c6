/* The key that metrics share. */
#include "metric_impl.h"
#include <otto/options.h>

PetscErrorCode OttoMetricReadFormula(OttoMetric s, PetscInt components)
{
  const char *text = NULL;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetText(NULL, "metric_formula", &text));
  OttoCheckInput(text && *text, "metric_formula: missing; give %d component%s", (int)components,
                 components > 1 ? "s" : "");
  PetscCall(
      OttoFormulaCreate("metric_formula", text, s->dim, components, PETSC_FALSE, &s->formula));
  PetscFunctionReturn(0);
}
