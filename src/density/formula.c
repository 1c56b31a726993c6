#include "density_impl.h"
#include <otto/formula.h>
#include <stdio.h>

static PetscErrorCode Evaluate(const PetscReal x[], const void *formula, PetscReal *value)
{
  PetscFunctionBegin;
  PetscCall(OttoFormulaEvaluate((OttoFormula)formula, x, 0, value));
  PetscFunctionReturn(0);
}

static PetscErrorCode Parse(OttoGrid grid, const char *prefix, OttoFormula *formula)
{
  const char *text;
  char key[32];

  PetscFunctionBegin;
  snprintf(key, sizeof key, "%sformula", prefix);
  PetscCall(OttoDensityGetText(prefix, "formula", "a formula of the coordinates", &text));
  PetscCall(OttoFormulaCreate(key, text, OttoGridGetInfo(grid)->dim, 1, PETSC_FALSE, formula));
  PetscFunctionReturn(0);
}

static PetscErrorCode Fill(OttoGrid grid, const char *prefix, PetscReal values[],
                           OttoDensityFacts *facts)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  OttoFormula formula;
  PetscReal x[OTTO_MAX_DIM];

  PetscFunctionBegin;
  facts->averaged = PETSC_TRUE;
  PetscCall(Parse(grid, prefix, &formula));
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

static PetscErrorCode Open(OttoGrid grid, const char *prefix, void **data)
{
  OttoFormula formula = NULL;

  PetscFunctionBegin;
  const PetscErrorCode code = Parse(grid, prefix, &formula);
  *data = formula;
  PetscFunctionReturn(code);
}

static PetscErrorCode At(const OttoGridInfo *g, const void *data, const PetscReal x[],
                         PetscReal *value)
{
  (void)g;
  return Evaluate(x, data, value);
}

static PetscErrorCode Close(void *data)
{
  OttoFormula formula = (OttoFormula)data;

  PetscFunctionBegin;
  PetscCall(OttoFormulaDestroy(&formula));
  PetscFunctionReturn(0);
}

const OttoDensityOps OttoDensityOps_Formula = {
    .key = "formula",
    .weighs = PETSC_TRUE,
    .fill = Fill,
    .function = {.open = Open, .value = At, .close = Close}};
