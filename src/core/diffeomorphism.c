/*
 * Invertible maps given by formulas (MATHEMATICS 13.1). Derivatives: central differences in steps
 * h, h/2, h/4 …, whose errors are even powers of h, extrapolated to 0 by Neville's table; the entry
 * of the table that differs least from its neighbours is taken, and what it differs by is its error
 * (Ridders, Adv. Eng. Software 4 (1982) 75; Press et al., Numerical Recipes, 3rd ed., 5.7).
 */
#include "inverse.h"
#include <otto/diffeomorphism.h>
#include <math.h>
#include <stdio.h>

#define ROWS 12     /* of the table: from STEP down to STEP/2048 */
#define LEAST 3     /* rows before an end: two that agree may do so by chance */
#define STEP 0.0093 /* first step over the scale; no simple part of it, which waves may share */
#define SHRINK 40   /* halvings of a first step that leads to no value */
#define GOOD 1e-13  /* error of an entry over the largest at which its table ends */
#define WORSE 1e-7  /* below which growing differences are rounding, and end it */

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

/* ---- derivatives ---- */

/* The table of one column of the derivative, all components beside each other. */
typedef struct {
  PetscReal row[ROWS][OTTO_MAX_DIM]; /* the last one: row[m] of order 2m + 2 */
  PetscReal value[OTTO_MAX_DIM];     /* the best so far … */
  PetscReal error[OTTO_MAX_DIM];     /* … and what it differs by */
  PetscBool ended[OTTO_MAX_DIM];
} Table;

/* (Φ(x + h e_j) − Φ(x − h e_j))/2h, and what rounding leaves of it. *finite is false where there is
 * no value at one of the two. */
static PetscErrorCode Difference(OttoDiffeomorphism m, const PetscReal x[], PetscInt j, PetscReal h,
                                 PetscReal d[], PetscReal rounding[], PetscBool *finite)
{
  PetscReal at[OTTO_MAX_DIM], up[OTTO_MAX_DIM], down[OTTO_MAX_DIM];

  PetscFunctionBegin;
  PetscCall(PetscArraycpy(at, x, m->dim));
  volatile PetscReal above = x[j] + h, below = x[j] - h; /* as they are stored */
  at[j] = above;
  PetscCall(OttoFormulaEvaluate(m->forward, at, 0, up));
  at[j] = below;
  PetscCall(OttoFormulaEvaluate(m->forward, at, 0, down));
  *finite = AllFinite(m->dim, up) && AllFinite(m->dim, down) ? PETSC_TRUE : PETSC_FALSE;
  for (PetscInt i = 0; i < m->dim; i++) {
    d[i] = (up[i] - down[i]) / (above - below);
    rounding[i] = PETSC_MACHINE_EPSILON * PetscMax(fabs(up[i]), fabs(down[i])) / h;
  }
  PetscFunctionReturn(0);
}

/* Row r of component i, which begins with the difference d. */
static void AddRow(Table *t, PetscInt r, PetscInt i, PetscReal d, PetscReal rounding)
{
  PetscReal before = t->row[0][i], power = 1; /* the entry above, in the row before */

  t->row[0][i] = d;
  if (r == 0) t->value[i] = d;
  for (PetscInt k = 1; k <= r; k++) {
    power *= 4;
    const PetscReal left = t->row[k - 1][i], entry = left + (left - before) / (power - 1);
    const PetscReal error = PetscMax(fabs(entry - left), fabs(entry - before)) + rounding;
    const PetscReal next = t->row[k][i];
    if (error <= t->error[i]) {
      t->error[i] = error;
      t->value[i] = entry;
    }
    if (k == r) {
      const PetscReal worst = fabs(entry - before), size = fabs(t->value[i]);
      if (r >= LEAST && worst >= 2 * t->error[i] && t->error[i] <= WORSE * size)
        t->ended[i] = PETSC_TRUE;
    }
    t->row[k][i] = entry;
    before = next;
  }
}

/* Column j of DΦ at x, and its errors. */
static PetscErrorCode Column(OttoDiffeomorphism m, const PetscReal x[], PetscInt j, Table *t)
{
  PetscReal h = STEP * m->scale[j], d[OTTO_MAX_DIM], rounding[OTTO_MAX_DIM];
  PetscBool finite = PETSC_FALSE, ended = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(t, sizeof *t));
  for (PetscInt i = 0; i < m->dim; i++) t->error[i] = INFINITY;
  for (PetscInt s = 0; s < SHRINK && !finite; s++) {
    PetscCall(Difference(m, x, j, h, d, rounding, &finite));
    if (!finite) h /= 2;
  }
  for (PetscInt r = 0; r < ROWS && finite && !ended; r++, h /= 2) {
    if (r > 0) PetscCall(Difference(m, x, j, h, d, rounding, &finite));
    if (!finite) break;
    PetscReal largest = 0;
    for (PetscInt i = 0; i < m->dim; i++) {
      AddRow(t, r, i, d[i], rounding[i]);
      largest = PetscMax(largest, fabs(t->value[i]));
    }
    ended = PETSC_TRUE;
    for (PetscInt i = 0; i < m->dim; i++)
      if (!t->ended[i] && !(r + 1 >= LEAST && t->error[i] <= GOOD * largest)) ended = PETSC_FALSE;
  }
  PetscFunctionReturn(0);
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
  PetscReal largest = 0, error = 0;
  Table t;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < m->dim; j++) {
    PetscCall(Column(m, x, j, &t));
    for (PetscInt i = 0; i < m->dim; i++) {
      derivative[i * m->dim + j] = t.value[i];
      largest = PetscMax(largest, fabs(t.value[i]));
      error = PetscMax(error, t.error[i]);
    }
  }
  if (!isfinite(error) || !isfinite(largest)) PetscCall(FailAt(m, m->key, x, "no derivative"));
  if (largest > 0) m->report.derivative = PetscMax(m->report.derivative, error / largest);
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
