#include "density_impl.h"
#include <otto/formula.h>
#include <stdio.h>

static PetscErrorCode Evaluate(const PetscReal x[], const void *formula, PetscReal *value)
{
  PetscFunctionBegin;
  PetscCall(OttoFormulaEvaluate((OttoFormula)formula, x, 0, value));
  PetscFunctionReturn(0);
}

static PetscErrorCode Fill(OttoGrid grid, const char *prefix, PetscReal values[],
                           OttoDensityFacts *facts)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  OttoFormula formula;
  const char *text;
  char key[32];
  PetscReal x[OTTO_MAX_DIM];

  PetscFunctionBegin;
  facts->averaged = PETSC_TRUE;
  snprintf(key, sizeof key, "%sformula", prefix);
  PetscCall(OttoDensityGetText(prefix, "formula", "a formula of the coordinates", &text));
  PetscCall(OttoFormulaCreate(key, text, g->dim, 1, PETSC_FALSE, &formula));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellCentre(g, c, x);
    if (facts->averages)
      PetscCall(OttoDensityCellMean(g, c, Evaluate, formula, &values[c]));
    else
      PetscCall(Evaluate(x, formula, &values[c]));
  }
  PetscCall(OttoFormulaDestroy(&formula));
  PetscFunctionReturn(0);
}

const OttoDensityOps OttoDensityOps_Formula = {
    .key = "formula", .weighs = PETSC_TRUE, .fill = Fill};
