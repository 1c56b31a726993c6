/* A force by components that are formulas. */
#include "drift_impl.h"

static PetscErrorCode SetUp(OttoDrift s)
{
  const char *text = NULL;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetText(NULL, "drift_formula", &text));
  OttoCheckInput(text && *text, "drift_formula: missing; give %d component%s", (int)s->g->dim,
                 s->g->dim > 1 ? "s" : "");
  PetscCall(
      OttoFormulaCreate("drift_formula", text, s->g->dim, s->g->dim, PETSC_TRUE, &s->formula));
  PetscFunctionReturn(0);
}

const OttoDriftOps OttoDriftOps_Formula = {
    .exists = PETSC_TRUE,
    .key = "drift_formula",
    .set_up = SetUp,
};
