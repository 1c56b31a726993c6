/* A velocity typed by the user; its gradient by extrapolated differences. A formula need be right
 * in the box alone: points beyond periodic faces are brought back. */
#include "dynamics_impl.h"
#include <otto/formula.h>

typedef struct {
  OttoFormula formula;
  PetscReal side[DIM];
  PetscReal error; /* largest of a gradient so far, relative to its largest entry … */
  PetscReal rate;  /* … and as it is */
} Typed;

static PetscErrorCode Read(OttoDynamics d)
{
  const OttoGridInfo *g = d->g;
  const char *text;
  Typed *typed;

  PetscFunctionBegin;
  PetscCall(OttoDynamicsGetText("formula", &text));
  PetscCall(OttoDynamicsGetNumber("start", &d->start));
  PetscCall(PetscNew(&typed));
  d->data = typed;
  for (PetscInt j = 0; j < g->dim; j++) typed->side[j] = g->upper[j] - g->lower[j];
  PetscCall(
      OttoFormulaCreate("dynamics_formula", text, g->dim, g->dim, PETSC_TRUE, &typed->formula));
  d->autonomous = OttoFormulaUsesTime(typed->formula) ? PETSC_FALSE : PETSC_TRUE;
  PetscFunctionReturn(0);
}

static PetscErrorCode Velocity(OttoDynamics d, PetscReal t, PetscInt n, const PetscReal *const x[],
                               PetscReal *const v[], PetscReal *const gradient[])
{
  const OttoGridInfo *g = d->g;
  const PetscInt dim = g->dim;
  Typed *typed = (Typed *)d->data;
  PetscReal at[DIM], value[DIM], G[DIM * DIM], error;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < n; k++) {
    for (PetscInt j = 0; j < dim; j++) {
      const PetscBool beyond = x[j][k] < g->lower[j] || x[j][k] > g->upper[j];
      at[j] = beyond && g->boundary[j] == OTTO_BOUNDARY_PERIODIC
                  ? OttoDynamicsWrap(g->lower[j], g->upper[j], x[j][k])
                  : x[j][k];
    }
    PetscCall(OttoFormulaEvaluate(typed->formula, at, t, value));
    for (PetscInt j = 0; j < dim; j++) v[j][k] = value[j];
    if (!gradient) continue;
    PetscCall(OttoFormulaDerivative(typed->formula, dim, typed->side, at, t, G, &error));
    PetscReal largest = 0;
    for (PetscInt i = 0; i < dim * dim; i++) {
      gradient[i][k] = G[i];
      largest = PetscMax(largest, fabs(G[i]));
    }
    if (PetscIsInfReal(error)) continue;
    typed->error = PetscMax(typed->error, error);
    typed->rate = PetscMax(typed->rate, error * largest);
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode DerivativeError(OttoDynamics d, PetscReal *error, PetscReal *rate)
{
  const Typed *typed = (const Typed *)d->data;

  PetscFunctionBegin;
  *error = typed->error;
  *rate = typed->rate;
  PetscFunctionReturn(0);
}

static PetscErrorCode Destroy(OttoDynamics d)
{
  Typed *typed = (Typed *)d->data;

  PetscFunctionBegin;
  if (!typed) PetscFunctionReturn(0);
  PetscCall(OttoFormulaDestroy(&typed->formula));
  PetscCall(PetscFree(typed));
  PetscFunctionReturn(0);
}

static size_t Bytes(OttoDynamics d)
{
  (void)d;
  return sizeof(Typed);
}

const OttoDynamicsOps OttoDynamicsOps_Formula = {
    .key = "formula",
    .least = 1,
    .most = 3,
    .read = Read,
    .velocity = Velocity,
    .derivative_error = DerivativeError,
    .destroy = Destroy,
    .bytes = Bytes,
};
