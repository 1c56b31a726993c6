/*
 * Derivatives of formulas: central differences in steps h, h/2, h/4 …, whose errors are even powers
 * of h, extrapolated to 0 by Neville's table; the entry of the table that differs least from its
 * neighbours is taken, and what it differs by is its error (Ridders, Adv. Eng. Software 4 (1982)
 * 75; Press et al., Numerical Recipes, 3rd ed., 5.7).
 */
#include <otto/formula.h>
#include <math.h>

#define ROWS 12     /* of the table: from STEP down to STEP/2048 */
#define LEAST 2     /* rows before any counts: two that agree may do so by chance */
#define STEP 0.0093 /* first step over the scale; no simple part of it, which waves may share */
#define SHRINK 40   /* halvings of a first step that leads to no value */
#define GOOD 1e-13  /* error of an entry over the largest at which its table ends */
#define WORSE 1e-7  /* below which growing differences are rounding, and end it */

/* Where a formula of dim components in dim coordinates is derived. */
typedef struct {
  OttoFormula formula;
  PetscInt dim;
  const PetscReal *x, *scale;
  PetscReal t;
} Place;

static PetscBool AllFinite(PetscInt n, const PetscReal values[])
{
  for (PetscInt i = 0; i < n; i++)
    if (!isfinite(values[i])) return PETSC_FALSE;
  return PETSC_TRUE;
}

/* The table of one column of the derivative, all components beside each other. */
typedef struct {
  PetscReal row[ROWS][OTTO_MAX_DIM]; /* the last one: row[m] of order 2m + 2 */
  PetscReal value[OTTO_MAX_DIM];     /* the best so far … */
  PetscReal error[OTTO_MAX_DIM];     /* … and what it differs by */
  PetscBool ended[OTTO_MAX_DIM];
} Table;

/* (f(x + h e_j) − f(x − h e_j))/2h, and what rounding leaves of it. *finite is false where there is
 * no value at one of the two. */
static PetscErrorCode Difference(const Place *m, PetscInt j, PetscReal h, PetscReal d[],
                                 PetscReal rounding[], PetscBool *finite)
{
  PetscReal at[OTTO_MAX_DIM], up[OTTO_MAX_DIM], down[OTTO_MAX_DIM];

  PetscFunctionBegin;
  PetscCall(PetscArraycpy(at, m->x, m->dim));
  volatile PetscReal above = m->x[j] + h, below = m->x[j] - h; /* as they are stored */
  at[j] = above;
  PetscCall(OttoFormulaEvaluate(m->formula, at, m->t, up));
  at[j] = below;
  PetscCall(OttoFormulaEvaluate(m->formula, at, m->t, down));
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
    if (r >= LEAST && error <= t->error[i]) {
      t->error[i] = error;
      t->value[i] = entry;
    }
    if (k == r) {
      const PetscReal worst = fabs(entry - before), size = fabs(t->value[i]);
      if (worst >= 2 * t->error[i] && t->error[i] <= WORSE * size) t->ended[i] = PETSC_TRUE;
    }
    t->row[k][i] = entry;
    before = next;
  }
}

/* Column j of the derivative, and its errors. */
static PetscErrorCode Column(const Place *m, PetscInt j, Table *t)
{
  PetscReal h = STEP * m->scale[j], d[OTTO_MAX_DIM], rounding[OTTO_MAX_DIM];
  PetscBool finite = PETSC_FALSE, ended = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(t, sizeof *t));
  for (PetscInt i = 0; i < m->dim; i++) t->error[i] = INFINITY;
  for (PetscInt s = 0; s < SHRINK && !finite; s++) {
    PetscCall(Difference(m, j, h, d, rounding, &finite));
    if (!finite) h /= 2;
  }
  for (PetscInt r = 0; r < ROWS && finite && !ended; r++, h /= 2) {
    if (r > 0) PetscCall(Difference(m, j, h, d, rounding, &finite));
    if (!finite) break;
    PetscReal largest = 0;
    for (PetscInt i = 0; i < m->dim; i++) {
      AddRow(t, r, i, d[i], rounding[i]);
      largest = PetscMax(largest, fabs(t->value[i]));
    }
    ended = PETSC_TRUE;
    for (PetscInt i = 0; i < m->dim; i++)
      if (!t->ended[i] && !(t->error[i] <= GOOD * largest)) ended = PETSC_FALSE;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFormulaDerivative(OttoFormula formula, PetscInt dim, const PetscReal scale[],
                                     const PetscReal x[], PetscReal t, PetscReal derivative[],
                                     PetscReal *relative)
{
  const Place place = {formula, dim, x, scale, t};
  PetscReal largest = 0, error = 0;
  Table table;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < dim; j++) {
    PetscCall(Column(&place, j, &table));
    for (PetscInt i = 0; i < dim; i++) {
      derivative[i * dim + j] = table.value[i];
      largest = PetscMax(largest, fabs(table.value[i]));
      error = table.error[i] <= error ? error : table.error[i];
    }
  }
  *relative = isfinite(error) && isfinite(largest) ? (largest > 0 ? error / largest : 0) : INFINITY;
  for (PetscInt i = 0; *relative == INFINITY && i < dim * dim; i++) derivative[i] = NAN;
  PetscFunctionReturn(0);
}
