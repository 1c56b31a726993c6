#include <otto/formula.h>
#include "potential_impl.h"

PetscErrorCode OttoPotentialFill_formula(OttoGrid grid, PetscReal temperature, PetscReal t,
                                         PetscReal values[], OttoInput *input)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  OttoFormula formula;
  const char *text = NULL;
  PetscReal x[OTTO_MAX_DIM];

  PetscFunctionBegin;
  (void)input;
  (void)temperature;
  PetscCall(OttoOptionsGetText(NULL, "potential_formula", &text));
  OttoCheckInput(text && *text, "potential_formula: missing; give a formula of the coordinates");
  PetscCall(OttoFormulaCreate("potential_formula", text, g->dim, 1, PETSC_TRUE, &formula));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellCentre(g, c, x);
    PetscCall(OttoFormulaEvaluate(formula, x, t, &values[c]));
  }
  PetscCall(OttoFormulaDestroy(&formula));
  PetscFunctionReturn(0);
}
