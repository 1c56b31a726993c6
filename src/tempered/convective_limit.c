/*
 * ∂_s Υ at 0 from values of Υ at s > 0 alone: the polynomial through (Υ(s) − Υ(0))/s at s_0 > s_1 >
 * …, at 0, by the table of Aitken and Neville
 *
 *   T_{j,0} = value at s_j,   T_{j,k} = T_{j,k−1} + (T_{j,k−1} − T_{j−1,k−1})/(x_{j−k}/x_j − 1),
 *
 * x = s. Υ(0) is what sums over cells and the way ψ was found leave of 0: as small as they are
 * good, and the same at every small s, where divided by s it would hide the slope. Where ψ has a
 * slope at a wall, reflection makes an edge of it, and Υ goes on in powers of √s: with walls a
 * second table, x = √s, says whether that is so; and the first, whose values at s and 2s differ by
 * d, errs by d/(√2 - 1) where its error falls as √s, which a few more rows within a factor of 4 do
 * not show of themselves.
 */
#include "convective_impl.h"
#include <math.h>

#define ROWS 14      /* values of s at most */
#define FIRST 0.125  /* s_0 in 1/κ²: log u of a Gaussian has its pole at twice that */
#define ABOVE 1.1    /* least s in h² where ψ may have an edge, which no transform resolves */
#define RANGE 4      /* least s_0/s_last where the kernel bounds s from below */
#define TWICE 1.999  /* s, but for rounding */
#define ENOUGH 1e-10 /* an error relative to the value that ends it */

typedef struct {
  PetscInt rows;
  PetscReal s[ROWS], noise[ROWS], quotient[ROWS];
} Values;

typedef struct {
  PetscReal x[ROWS], column[ROWS][ROWS];
  PetscReal value[ROWS], error[ROWS]; /* of the best entry of a row */
} Table;

/* The values of s, descending: halves, or as many steps between what the kernel allows. */
static PetscErrorCode Choose(OttoConvectiveHeat h, Values *t)
{
  const OttoGridInfo *g = OttoGridGetInfo(h->grid);
  PetscReal square, other, least = 0, side = INFINITY, ratio = 2;

  PetscFunctionBegin;
  PetscCall(OttoConvectiveWavenumber(h->grid, h->c.phi, &square));
  PetscCall(OttoConvectiveWavenumber(h->grid, h->c.pushed, &other));
  square = PetscMax(square, other);
  for (PetscInt j = 0; j < g->dim; j++) {
    PetscReal first, good;
    OttoHeatTimes(h->heat, g->h[j], &first, &good);
    if (g->boundary[j] == OTTO_BOUNDARY_NO_FLUX && !OttoHeatIsLattice(h->heat))
      good = PetscMax(good, ABOVE * PetscSqr(g->h[j]));
    if (g->n[j] > 1) least = PetscMax(least, good);
    side = PetscMin(side, g->upper[j] - g->lower[j]);
  }
  t->rows = ROWS;
  t->s[0] = square > 0 ? FIRST / square : FIRST * PetscSqr(side / (2 * PETSC_PI));
  if (least > 0) {
    t->s[0] = PetscMax(t->s[0], RANGE * least);
    ratio = PetscMin(2, pow(t->s[0] / least, 1. / (ROWS - 1)));
  }
  for (PetscInt j = 1; j < t->rows; j++) t->s[j] = t->s[j - 1] / ratio;
  PetscFunctionReturn(0);
}

/* What noise of the values s_{j−k} … s_j does to T_{j,k}: Lagrange's weights at 0. */
static PetscReal Noise(const Values *v, const Table *t, PetscInt j, PetscInt k)
{
  PetscReal sum = 0;

  for (PetscInt i = j - k; i <= j; i++) {
    PetscReal weight = 1;
    for (PetscInt l = j - k; l <= j; l++)
      if (l != i) weight *= t->x[l] / (t->x[l] - t->x[i]);
    sum += fabs(weight) * v->noise[i];
  }
  return sum;
}

/* Row j, and its entry of least error: twice what two orders differ by, and noise. */
static void AddRow(const Values *v, PetscReal x, PetscInt j, Table *t)
{
  t->x[j] = x;
  t->value[j] = t->column[j][0] = v->quotient[j];
  t->error[j] = INFINITY;
  for (PetscInt k = 1; k <= j; k++) {
    const PetscReal left = t->column[j][k - 1], above = t->column[j - 1][k - 1];
    const PetscReal here = left + (left - above) / (t->x[j - k] / x - 1);
    const PetscReal change = PetscMax(fabs(here - left), fabs(here - above));
    const PetscReal error = 2 * change + Noise(v, t, j, k);
    t->column[j][k] = here;
    if (!(error < t->error[j])) continue;
    t->error[j] = error;
    t->value[j] = here;
  }
}

/* The row of least error among those that later rows do not contradict: where Υ/s happens to stand
 * still at large s, a row believes itself too early. */
static PetscInt Best(const Table *t, PetscInt last)
{
  PetscInt best = last;

  for (PetscInt j = last - 1; j > 0; j--) {
    PetscBool agrees = PETSC_TRUE;
    for (PetscInt l = j + 1; l <= last; l++)
      if (!(fabs(t->value[j] - t->value[l]) <= t->error[j] + t->error[l])) agrees = PETSC_FALSE;
    if (agrees && t->error[j] < t->error[best]) best = j;
  }
  return best;
}

/* What half powers leave in the value of row `best`, from that of the next row of twice its s. */
static PetscReal HalfPowers(const Values *v, const Table *t, PetscInt best)
{
  PetscInt i = best;

  while (i > 0 && v->s[i] < TWICE * v->s[best]) i--;
  if (i == best) return 0;
  return fabs(t->value[i] - t->value[best]) / (sqrt(v->s[i] / v->s[best]) - 1);
}

static PetscErrorCode Extrapolate(OttoConvectiveHeat h, Values *v, PetscReal *value,
                                  PetscReal *error)
{
  OttoConvectiveEntropy start, at;
  PetscBool walls = PETSC_FALSE;
  PetscInt j, best = 0;
  Table by_s = {.x = {0}}, by_root = {.x = {0}};

  PetscFunctionBegin;
  for (PetscInt k = 0; k < OttoGridGetInfo(h->grid)->dim; k++)
    if (OttoGridGetInfo(h->grid)->boundary[k] == OTTO_BOUNDARY_NO_FLUX) walls = PETSC_TRUE;
  PetscCall(OttoConvectiveAt(h, 0, &start));
  for (j = 0; j < v->rows; j++) {
    PetscCall(OttoConvectiveAt(h, v->s[j], &at));
    v->noise[j] = (at.rounding + start.rounding) / v->s[j];
    v->quotient[j] = (at.upsilon - start.upsilon) / v->s[j];
    AddRow(v, v->s[j], j, &by_s);
    AddRow(v, sqrt(v->s[j]), j, &by_root);
    best = Best(&by_s, j);
    if (v->noise[j] > by_s.error[best]) break;
    if (!walls && j > 1 && by_s.error[best] <= ENOUGH * fabs(by_s.value[best])) break;
  }
  *value = by_s.value[best];
  *error = by_s.error[best];
  if (!walls) PetscFunctionReturn(0);
  const PetscInt root = Best(&by_root, PetscMin(j, v->rows - 1));
  const PetscReal apart = fabs(by_root.value[root] - *value);
  if (apart > *error + by_root.error[root]) *value = by_root.value[root];
  *error = PetscMax(*error, apart) + 2 * HalfPowers(v, &by_s, best);
  PetscFunctionReturn(0);
}

/* What modes beyond the grid's may add to the two sums, as those near its highest do: their share
 * of ∫|∇u|², of the chain's sums. With the chain, its h² besides. */
static PetscErrorCode AddGrid(OttoConvectiveHeat h, PetscReal *error)
{
  const OttoGridInfo *g = OttoGridGetInfo(h->grid);
  PetscReal one[2], two[2], tail[OTTO_MAX_DIM], square;

  PetscFunctionBegin;
  PetscCall(OttoConvectiveChain(h->grid, &h->c, 1, one));
  for (int k = 0; k < 2; k++) {
    const Vec u = k ? h->c.pushed : h->c.phi;
    PetscReal share = 0;
    PetscCall(OttoConvectiveWavenumber(h->grid, u, &square));
    PetscCall(OttoConvectiveTail(h->grid, u, tail));
    for (PetscInt j = 0; j < g->dim && square > 0; j++)
      share += tail[j] * PetscSqr(PETSC_PI / g->h[j]) / square;
    if (share > 0) *error += PetscMin(1, share) * fabs(one[k]);
  }
  if (!OttoHeatIsLattice(h->heat)) PetscFunctionReturn(0);
  PetscCall(OttoConvectiveChain(h->grid, &h->c, 2, two));
  *error += fabs(two[0] + two[1] - one[0] - one[1]) / 2;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoConvectiveLimit(OttoConvectiveHeat h, PetscReal *coefficient, PetscReal *error)
{
  Values values = {.rows = 0};

  PetscFunctionBegin;
  PetscCall(Choose(h, &values));
  PetscCall(Extrapolate(h, &values, coefficient, error));
  PetscCall(AddGrid(h, error));
  PetscFunctionReturn(0);
}
