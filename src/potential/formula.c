#include <otto/formula.h>
#include "potential_impl.h"

static PetscErrorCode Fill(OttoGrid grid, PetscReal temperature, PetscReal t, PetscReal values[],
                           OttoInput *input)
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

/* Parses it, and asks whether it names t. */
static PetscErrorCode Moves(OttoGrid grid, PetscBool *moves)
{
  const char *text = NULL;
  OttoFormula formula;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetText(NULL, "potential_formula", &text));
  OttoCheckInput(text && *text, "potential_formula: missing; give a formula of the coordinates");
  PetscCall(OttoFormulaCreate("potential_formula", text, OttoGridGetInfo(grid)->dim, 1, PETSC_TRUE,
                              &formula));
  *moves = OttoFormulaUsesTime(formula);
  PetscCall(OttoFormulaDestroy(&formula));
  PetscFunctionReturn(0);
}

const OttoPotentialOps OttoPotentialOps_Formula = {
    .key = "potential_formula",
    .traits = OTTO_POTENTIAL_POINTWISE | OTTO_POTENTIAL_CLOSES,
    .moves = Moves,
    .fill = Fill,
};
