#include "density_impl.h"
#include <otto/formula.h>
#include <stdio.h>

PetscErrorCode OttoDensityFill_formula(OttoGrid grid, const char *prefix, PetscReal values[],
                                       PetscBool *smooth)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  OttoFormula formula;
  const char *text;
  char key[32];
  PetscReal x[OTTO_MAX_DIM];

  PetscFunctionBegin;
  (void)smooth;
  snprintf(key, sizeof key, "%sformula", prefix);
  PetscCall(OttoDensityGetText(prefix, "formula", "a formula of the coordinates", &text));
  PetscCall(OttoFormulaCreate(key, text, g->dim, 1, PETSC_FALSE, &formula));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellCentre(g, c, x);
    PetscCall(OttoFormulaEvaluate(formula, x, 0, &values[c]));
  }
  PetscCall(OttoFormulaDestroy(&formula));
  PetscFunctionReturn(0);
}
