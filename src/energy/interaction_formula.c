/* A text of the user's in r. */
#include "interaction_impl.h"
#include <otto/options.h>
#include <math.h>

#define STEP 1e-3 /* of log r */

static PetscErrorCode Read(OttoInteraction w)
{
  const char *text = NULL;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetText(NULL, "energy_interaction_formula", &text));
  OttoCheckInput(text && *text, "energy_interaction_formula: missing; give a formula of r");
  PetscCall(OttoFormulaCreateOf("energy_interaction_formula", text, "r", &w->formula));
  PetscFunctionReturn(0);
}

/* r W' = dW/dlog r by four values: to STEP⁴/30 of the fifth derivative in log r (1e-13 of W where
 * it is a power of r) and 1e-13 of |W| by rounding. */
static PetscErrorCode Value(OttoInteraction w, PetscReal r, PetscReal *W, PetscReal *rise)
{
  PetscReal v[4];

  PetscFunctionBegin;
  if (W) PetscCall(OttoFormulaEvaluate(w->formula, &r, 0, W));
  if (!rise) PetscFunctionReturn(0);
  for (int i = 0; i < 4; i++) {
    static const PetscReal steps[] = {-2, -1, 1, 2};
    const PetscReal near = r * exp(steps[i] * STEP);
    PetscCall(OttoFormulaEvaluate(w->formula, &near, 0, &v[i]));
  }
  *rise = (8 * (v[2] - v[1]) - (v[3] - v[0])) / (12 * STEP);
  PetscFunctionReturn(0);
}

const OttoInteractionOps OttoInteractionOps_Formula = {
    .key = "energy_interaction_formula",
    .read = Read,
    .value = Value,
};
