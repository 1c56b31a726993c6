/* Invertible maps given by formulas (MATHEMATICS 13.1). */
#include "inverse.h"
#include <otto/diffeomorphism.h>
#include <math.h>
#include <stdio.h>

struct _n_OttoDiffeomorphism {
  char key[64], inverse_key[64];
  OttoFormula forward, backward; /* backward may be NULL */
  PetscInt dim;
  PetscReal scale[OTTO_MAX_DIM];
  OttoDiffeomorphismReport report;
};

PetscErrorCode OttoDiffeomorphismCreate(const char *key, const char *formula,
                                        const char *inverse_key, const char *inverse, PetscInt dim,
                                        const PetscReal scale[], OttoDiffeomorphism *map)
{
  OttoDiffeomorphism m;
  PetscErrorCode code;

  PetscFunctionBegin;
  *map = NULL;
  PetscCall(PetscNew(&m));
  snprintf(m->key, sizeof m->key, "%s", key);
  snprintf(m->inverse_key, sizeof m->inverse_key, "%s", inverse_key);
  m->dim = dim;
  PetscCall(PetscArraycpy(m->scale, scale, dim));
  code = OttoFormulaCreate(m->key, formula, dim, dim, PETSC_FALSE, &m->forward);
  if (!code && inverse)
    code = OttoFormulaCreate(m->inverse_key, inverse, dim, dim, PETSC_FALSE, &m->backward);
  if (code) PetscCall(OttoDiffeomorphismDestroy(&m));
  *map = m;
  PetscFunctionReturn(code);
}

PetscErrorCode OttoDiffeomorphismDestroy(OttoDiffeomorphism *map)
{
  PetscFunctionBegin;
  if (!*map) PetscFunctionReturn(0);
  PetscCall(OttoFormulaDestroy(&(*map)->forward));
  PetscCall(OttoFormulaDestroy(&(*map)->backward));
  PetscCall(PetscFree(*map));
  PetscFunctionReturn(0);
}

PetscBool OttoDiffeomorphismHasInverse(OttoDiffeomorphism m)
{
  return m->backward ? PETSC_TRUE : PETSC_FALSE;
}

PetscErrorCode OttoDiffeomorphismGetReport(OttoDiffeomorphism m, OttoDiffeomorphismReport *report)
{
  PetscFunctionBegin;
  *report = m->report;
  PetscFunctionReturn(0);
}

static PetscBool AllFinite(PetscInt n, const PetscReal values[])
{
  for (PetscInt i = 0; i < n; i++)
    if (!isfinite(values[i])) return PETSC_FALSE;
  return PETSC_TRUE;
}

static PetscErrorCode FailAt(OttoDiffeomorphism m, const char *key, const PetscReal x[],
                             const char *what)
{
  char point[160];

  PetscFunctionBegin;
  OttoFormatPoint(m->dim, x, point, sizeof point);
  OttoFail(OTTO_ERR_NUMERICAL, "%s: %s at %s", key, what, point);
}

/* DΦ at x. */
static PetscErrorCode Derive(OttoDiffeomorphism m, const PetscReal x[], PetscReal derivative[])
{
  PetscReal error;

  PetscFunctionBegin;
  PetscCall(OttoFormulaDerivative(m->forward, m->dim, m->scale, x, 0, derivative, &error));
  if (error == INFINITY) PetscCall(FailAt(m, m->key, x, "no derivative"));
  m->report.derivative = PetscMax(m->report.derivative, error);
  PetscFunctionReturn(0);
}

/* ---- values ---- */

PetscErrorCode OttoDiffeomorphismApply(OttoDiffeomorphism m, PetscBool inverse, const PetscReal x[],
                                       PetscReal y[], PetscReal derivative[])
{
  const char *key = inverse ? m->inverse_key : m->key;
  PetscReal from[OTTO_MAX_DIM], range[2];
  PetscBool singular = PETSC_FALSE;

  PetscFunctionBegin;
  OttoCheckInput(!inverse || m->backward, "%s: missing; what goes backwards needs it",
                 m->inverse_key);
  PetscCall(PetscArraycpy(from, x, m->dim)); /* y may be x */
  PetscCall(OttoFormulaEvaluate(inverse ? m->backward : m->forward, from, 0, y));
  if (!AllFinite(m->dim, y)) PetscCall(FailAt(m, key, from, "no finite value"));
  if (!derivative) PetscFunctionReturn(0);
  PetscCall(Derive(m, inverse ? y : from, derivative));
  if (inverse) PetscCall(OttoInvert(m->dim, derivative, range, &singular));
  if (singular) PetscCall(FailAt(m, m->key, y, "a singular derivative, so no inverse,"));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDiffeomorphismCheck(OttoDiffeomorphism m, const PetscReal x[],
                                       const PetscReal periods[], PetscReal tolerance)
{
  PetscReal y[OTTO_MAX_DIM], back[OTTO_MAX_DIM], worst = 0;
  char point[160], image[160], end[160];

  PetscFunctionBegin;
  PetscCall(OttoDiffeomorphismApply(m, PETSC_FALSE, x, y, NULL));
  PetscCall(OttoDiffeomorphismApply(m, PETSC_TRUE, y, back, NULL));
  for (PetscInt j = 0; j < m->dim; j++) {
    PetscReal off = back[j] - x[j];
    if (periods && periods[j] > 0) off -= periods[j] * round(off / periods[j]);
    worst = PetscMax(worst, fabs(off) / m->scale[j]);
  }
  m->report.round_trip = PetscMax(m->report.round_trip, worst);
  if (worst <= tolerance) PetscFunctionReturn(0);
  OttoFormatPoint(m->dim, x, point, sizeof point);
  OttoFormatPoint(m->dim, y, image, sizeof image);
  OttoFormatPoint(m->dim, back, end, sizeof end);
  OttoFail(OTTO_ERR_INPUT, "%s does not undo %s: %s goes to %s and comes back to %s",
           m->inverse_key, m->key, point, image, end);
}
