#include "space_formulas.h"
#include <otto/options.h>
#include <math.h>

PetscErrorCode OttoSpaceFormulasCreate(OttoGenerator of, const OttoGridInfo *g,
                                       OttoSpaceFormulas *s)
{
  OttoPotential potential = OttoGeneratorGetPotentialSource(of);
  const char *text = NULL;

  PetscFunctionBegin;
  *s = (OttoSpaceFormulas){
      .g = g, .tilt = OttoGeneratorGetTilt(of), .T = OttoGeneratorGetTemperature(of)};
  if (potential && OttoPotentialHasWalls(potential)) {
    PetscCall(OttoOptionsGetText(NULL, "potential_formula", &text));
    PetscCall(OttoFormulaCreate("potential_formula", text, g->dim, 1, PETSC_TRUE, &s->V));
  }
  text = NULL;
  if (OttoGeneratorGetMobility(of, 0) && !OttoGeneratorMobilityIsOnGrid(of))
    PetscCall(OttoOptionsGetText(NULL, "mobility_formula", &text));
  if (!text) PetscFunctionReturn(0);
  while (s->first < g->dim - 1 && g->n[s->first] == 1) s->first++;
  s->components = OttoFormulaCount(text) > 1 ? g->dim : 1;
  s->share = 0.5 * (PetscReal)OttoGeneratorGetNoise(of);
  s->biased = OttoGeneratorIsBiased(of);
  PetscCall(OttoFormulaCreate("mobility_formula", text, g->dim, s->components, PETSC_FALSE, &s->M));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSpaceFormulasDestroy(OttoSpaceFormulas *s)
{
  PetscFunctionBegin;
  PetscCall(OttoFormulaDestroy(&s->V));
  PetscCall(OttoFormulaDestroy(&s->M));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSpaceFormulasAt(const OttoSpaceFormulas *s, const PetscReal x[], PetscInt axis,
                                   PetscReal *V, PetscReal *log_M)
{
  PetscReal M[OTTO_MAX_DIM] = {1};

  PetscFunctionBegin;
  *V = 0;
  if (s->V) PetscCall(OttoFormulaEvaluate(s->V, x, 0, V));
  for (PetscInt j = 0; j < s->g->dim && s->V; j++) *V += s->tilt[j] * x[j];
  if (s->M) PetscCall(OttoFormulaEvaluate(s->M, x, 0, M));
  *log_M = log(M[s->components > 1 ? axis : 0]);
  PetscFunctionReturn(0);
}
