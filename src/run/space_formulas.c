#include "space_formulas.h"
#include <otto/options.h>
#include <math.h>

PetscErrorCode OttoSpaceFormulasCreateOf(OttoPotential potential, PetscReal T,
                                         const OttoGridInfo *g, OttoSpaceFormulas *s)
{
  const char *text = NULL;

  PetscFunctionBegin;
  *s = (OttoSpaceFormulas){.g = g, .T = T};
  if (!potential || !OttoPotentialHasWalls(potential)) PetscFunctionReturn(0);
  s->tilt = OttoPotentialGetTilt(potential);
  PetscCall(OttoOptionsGetText(NULL, "potential_formula", &text));
  PetscCall(OttoFormulaCreate("potential_formula", text, g->dim, 1, PETSC_TRUE, &s->V));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSpaceFormulasCreate(OttoGenerator of, const OttoGridInfo *g,
                                       OttoSpaceFormulas *s)
{
  const char *text = NULL;

  PetscFunctionBegin;
  PetscCall(OttoSpaceFormulasCreateOf(OttoGeneratorGetPotentialSource(of),
                                      OttoGeneratorGetTemperature(of), g, s));
  PetscCall(OttoOptionsGetText(NULL, "temperature_formula", &text));
  if (text)
    PetscCall(OttoFormulaCreate("temperature_formula", text, g->dim, 1, PETSC_FALSE, &s->warmth));
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
  PetscCall(OttoFormulaDestroy(&s->warmth));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSpaceFormulasAt(const OttoSpaceFormulas *s, const PetscReal x[], PetscInt axis,
                                   OttoSpacePoint *point)
{
  PetscReal M[OTTO_MAX_DIM] = {1}, T = 1;

  PetscFunctionBegin;
  point->V = 0;
  if (s->V) PetscCall(OttoFormulaEvaluate(s->V, x, 0, &point->V));
  for (PetscInt j = 0; j < s->g->dim && s->V; j++) point->V += s->tilt[j] * x[j];
  if (s->M) PetscCall(OttoFormulaEvaluate(s->M, x, 0, M));
  if (s->warmth) PetscCall(OttoFormulaEvaluate(s->warmth, x, 0, &T));
  point->log_M = log(M[s->components > 1 ? axis : 0]);
  point->log_T = log(T);
  PetscFunctionReturn(0);
}

/* Steps of the sequence are powers of the root of x^(dim+1) = x + 1. */
void OttoSpacePoints(const OttoGridInfo *g, PetscReal point[OTTO_SPACE_POINTS][OTTO_MAX_DIM])
{
  PetscReal root = 1.5, step = 1;

  for (int i = 0; i < 64; i++) root = pow(1 + root, 1 / ((PetscReal)g->dim + 1));
  for (PetscInt j = 0; j < g->dim; j++) {
    step /= root;
    for (int i = 0; i < OTTO_SPACE_POINTS; i++)
      point[i][j] = g->n[j] > 1 ? fmod(0.5 + i * step, 1) - 0.5 : 0;
  }
}
