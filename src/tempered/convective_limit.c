/*
 * ∂_s Υ at 0 from values of Υ at s > 0 alone: the polynomial through (Υ(s) − Υ(0))/s at s_0 > s_1 >
 * …, at 0, by the table of Aitken and Neville
 *
 *   T_{j,0} = value at s_j,   T_{j,k} = T_{j,k−1} + (T_{j,k−1} − T_{j−1,k−1})/(s_{j−k}/s_j − 1).
 *
 * Υ(0) is what sums over cells and the way ψ was found leave of 0: as small as they are good, and
 * the same at every small s, where divided by s it would hide the slope.
 */
#include "convective_impl.h"
#include <math.h>

#define ROWS 12      /* values of s at most */
#define FIRST 0.125  /* s_0 in 1/κ²: log u of a Gaussian has its pole at 1/4 of it */
#define RANGE 4      /* least s_0/s_last where the kernel bounds s from below */
#define ENOUGH 1e-13 /* an error relative to the value that no further row can better */

typedef struct {
  PetscInt rows;
  PetscReal s[ROWS], noise[ROWS], column[ROWS][ROWS];
} Table;

/* The values of s, descending: halves, or as many steps between what the kernel allows. */
static PetscErrorCode Choose(OttoConvectiveHeat h, Table *t)
{
  const OttoGridInfo *g = OttoGridGetInfo(h->grid);
  PetscReal square, least = 0, side = INFINITY, ratio = 2;

  PetscFunctionBegin;
  PetscCall(OttoConvectiveWavenumber(h->grid, &h->c, &square));
  for (PetscInt j = 0; j < g->dim; j++) {
    PetscReal first, good;
    OttoHeatTimes(h->heat, g->h[j], &first, &good);
    if (g->n[j] > 1) least = PetscMax(least, good);
    side = PetscMin(side, g->upper[j] - g->lower[j]);
  }
  t->rows = ROWS;
  t->s[0] = square > 0 ? FIRST / square : FIRST * PetscSqr(side / (2 * PETSC_PI));
  if (least > 0) {
    t->s[0] = PetscMax(t->s[0], RANGE * least);
    t->rows = 8;
    ratio = PetscMin(2, pow(t->s[0] / least, 1. / (t->rows - 1)));
  }
  for (PetscInt j = 1; j < t->rows; j++) t->s[j] = t->s[j - 1] / ratio;
  PetscFunctionReturn(0);
}

/* What noise of the values s_{j−k} … s_j does to T_{j,k}: Lagrange's weights at 0. */
static PetscReal Noise(const Table *t, PetscInt j, PetscInt k)
{
  PetscReal sum = 0;

  for (PetscInt i = j - k; i <= j; i++) {
    PetscReal weight = 1;
    for (PetscInt l = j - k; l <= j; l++)
      if (l != i) weight *= t->s[l] / (t->s[l] - t->s[i]);
    sum += fabs(weight) * t->noise[i];
  }
  return sum;
}

/* Row j, and the entry of least error so far. */
static void AddRow(Table *t, PetscInt j, PetscReal *value, PetscReal *error)
{
  for (PetscInt k = 1; k <= j; k++) {
    const PetscReal *left = &t->column[j][k - 1], above = t->column[j - 1][k - 1];
    t->column[j][k] = *left + (*left - above) / (t->s[j - k] / t->s[j] - 1);
    const PetscReal change = PetscMax(fabs(t->column[j][k] - *left), fabs(t->column[j][k] - above));
    const PetscReal estimate = 2 * change + Noise(t, j, k);
    if (!(estimate >= *error)) {
      *error = estimate;
      *value = t->column[j][k];
    }
  }
}

PetscErrorCode OttoConvectiveLimit(OttoConvectiveHeat h, PetscReal *coefficient, PetscReal *error)
{
  OttoConvectiveEntropy start, at;
  Table t = {.rows = 0};

  PetscFunctionBegin;
  *coefficient = NAN;
  *error = INFINITY;
  PetscCall(Choose(h, &t));
  PetscCall(OttoConvectiveAt(h, 0, &start));
  for (PetscInt j = 0; j < t.rows; j++) {
    PetscCall(OttoConvectiveAt(h, t.s[j], &at));
    t.noise[j] = (at.rounding + start.rounding) / t.s[j];
    t.column[j][0] = (at.upsilon - start.upsilon) / t.s[j];
    AddRow(&t, j, coefficient, error);
    if (*error <= ENOUGH * fabs(*coefficient) || t.noise[j] > *error) break;
  }
  if (OttoHeatIsLattice(h->heat)) {
    PetscReal one, two;
    PetscCall(OttoConvectiveChain(h->grid, &h->c, 1, &one));
    PetscCall(OttoConvectiveChain(h->grid, &h->c, 2, &two));
    *error += fabs(two - one) / 3;
  }
  PetscFunctionReturn(0);
}
