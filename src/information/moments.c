/* Line by line of the last axis: sums over a line go to registers, those of lines into compensated
 * ones, and the other axes' coordinates are the same all along a line. */
#include <otto/moments.h>
#include <otto/units.h>
#include "core/vecmath.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static PetscBool Wraps(const OttoGridInfo *g, PetscInt j)
{
  return g->boundary[j] == OTTO_BOUNDARY_PERIODIC ? PETSC_TRUE : PETSC_FALSE;
}

PetscInt OttoMomentsCount(const OttoGridInfo *g)
{
  PetscInt periodic = 0;

  for (PetscInt j = 0; j < g->dim; j++) periodic += Wraps(g, j);
  const PetscInt others = g->dim - periodic;
  return g->dim + periodic + others * (others + 1) / 2;
}

OttoMoment OttoMomentsGet(const OttoGridInfo *g, PetscInt i)
{
  PetscInt at = 0;

  for (PetscInt j = 0; j < g->dim; j++) {
    if (at++ == i)
      return (OttoMoment){Wraps(g, j) ? OTTO_MOMENT_DIRECTION : OTTO_MOMENT_MEAN, {j, j}};
    if (Wraps(g, j) && at++ == i) return (OttoMoment){OTTO_MOMENT_RESULTANT, {j, j}};
  }
  for (PetscInt j = 0; j < g->dim; j++)
    for (PetscInt k = j; k < g->dim; k++)
      if (!Wraps(g, j) && !Wraps(g, k) && at++ == i)
        return (OttoMoment){OTTO_MOMENT_COVARIANCE, {j, k}};
  return (OttoMoment){OTTO_MOMENT_MEAN, {0, 0}};
}

void OttoMomentsName(const OttoGridInfo *g, PetscInt i, const char *density, char name[],
                     size_t size)
{
  static const char *const kinds[] = {"mean", "mean", "resultant", "covariance"};
  const OttoMoment m = OttoMomentsGet(g, i);

  snprintf(name, size, "%s_%s_%s%s", kinds[m.kind], density, g->name[m.axis[0]],
           m.kind == OTTO_MOMENT_COVARIANCE ? g->name[m.axis[1]] : "");
}

void OttoMomentsUnit(const OttoGridInfo *g, PetscInt i, char text[], size_t size)
{
  static const char *const units[] = {"length", "length", "1", "length^2"};
  const OttoMoment m = OttoMomentsGet(g, i);
  const char *one = g->unit[m.axis[0]], *other = g->unit[m.axis[1]];

  if (m.kind == OTTO_MOMENT_COVARIANCE && strcmp(one, other))
    snprintf(text, size, "%s %s", one, other);
  else
    OttoUnitFormat(g, m.axis[0], units[m.kind], text, size);
}

void OttoMomentsSentence(const OttoGridInfo *g, PetscInt i, const char *density, char text[],
                         size_t size)
{
  const OttoMoment m = OttoMomentsGet(g, i);
  const char *axis = g->name[m.axis[0]], *other = g->name[m.axis[1]];

  switch (m.kind) {
  case OTTO_MOMENT_MEAN:
    snprintf(text, size, "mean of %s along %s", density, axis);
    break;
  case OTTO_MOMENT_DIRECTION:
    snprintf(
        text, size,
        "circular mean of %s along %s, as a coordinate; nan where resultant_%s_%s is below %g: "
        "no direction",
        density, axis, density, axis, OTTO_NO_DIRECTION);
    break;
  case OTTO_MOMENT_RESULTANT:
    snprintf(text, size, "mean resultant length of %s along %s: 1 for a point, 0 for uniform",
             density, axis);
    break;
  case OTTO_MOMENT_COVARIANCE:
    if (m.axis[0] == m.axis[1])
      snprintf(text, size, "variance of %s along %s", density, axis);
    else
      snprintf(text, size, "covariance of %s along %s and %s", density, axis, other);
  }
}

/* The planes of a grid as lines of the last axis that this rank owns. */
typedef struct {
  const OttoGridInfo *g;
  PetscInt64 lines, length;
  PetscReal *table[2]; /* [length]: functions of the last axis' coordinate */
  PetscReal *other;    /* Functions() of every position on the other axes, axis after axis */
} Lines;

static PetscReal Coordinate(const OttoGridInfo *g, PetscInt j, PetscInt64 i)
{
  return g->lower[j] + ((PetscReal)i + 0.5) * g->h[j];
}

/* Σ p, Σ p a, Σ p b of a line. */
OTTO_VECTOR_CLONES static void Sums(PetscInt64 n, const PetscReal *restrict p,
                                    const PetscReal *restrict a, const PetscReal *restrict b,
                                    PetscReal out[3])
{
  PetscReal s0 = 0, s1 = 0, s2 = 0;

#pragma omp simd reduction(+ : s0, s1, s2)
  for (PetscInt64 i = 0; i < n; i++) {
    s0 += p[i];
    s1 += p[i] * a[i];
    s2 += p[i] * b[i];
  }
  out[0] = s0;
  out[1] = s1;
  out[2] = s2;
}

static void Functions(const OttoGridInfo *g, PetscInt j, PetscReal x, PetscReal f[2])
{
  const PetscReal L = g->upper[j] - g->lower[j], u = (x - g->lower[j]) / L;

  f[0] = Wraps(g, j) ? cos(2 * PETSC_PI * u) : u;
  f[1] = Wraps(g, j) ? sin(2 * PETSC_PI * u) : 0;
}

/* Functions() of the axes but the last, f[j] of a position on axis j. */
static void FillOthers(Lines *s)
{
  const OttoGridInfo *g = s->g;
  PetscReal *f = s->other;

  for (PetscInt j = 0; j < g->dim - 1; j++)
    for (PetscInt64 i = 0; i < g->local[j]; i++, f += 2)
      Functions(g, j, Coordinate(g, j, g->first[j] + i), f);
}

/* Where those of line k are, by axis. */
static void Place(const Lines *s, PetscInt64 k, const PetscReal *f[])
{
  const OttoGridInfo *g = s->g;
  const PetscReal *end = s->other;

  for (PetscInt j = 0; j < g->dim - 1; j++) end += 2 * g->local[j];
  for (PetscInt j = g->dim - 2; j >= 0; j--) {
    const PetscInt64 n = g->local[j];
    end -= 2 * n;
    f[j] = end + 2 * (k % n);
    k /= n;
  }
}

/* first[0]: Σ p; first[1 + 2j], first[2 + 2j]: of functions of axis j, in units of its length. */
static PetscErrorCode First(Lines *s, const PetscScalar p[], OttoSum first[])
{
  const OttoGridInfo *g = s->g;
  const PetscInt last = g->dim - 1;
  const PetscReal *at[OTTO_MAX_DIM];
  PetscReal f[2], line[3];

  PetscFunctionBegin;
  for (PetscInt64 i = 0; i < s->length; i++) {
    Functions(g, last, Coordinate(g, last, g->first[last] + i), f);
    for (int b = 0; b < 2; b++) s->table[b][i] = f[b];
  }
  for (PetscInt64 k = 0; k < s->lines; k++) {
    Sums(s->length, p + k * s->length, s->table[0], s->table[1], line);
    Place(s, k, at);
    OttoSumAdd(&first[0], line[0]);
    OttoSumAdd(&first[1 + 2 * last], line[1]);
    OttoSumAdd(&first[2 + 2 * last], line[2]);
    for (PetscInt j = 0; j < last; j++) {
      OttoSumAdd(&first[1 + 2 * j], line[0] * at[j][0]);
      OttoSumAdd(&first[2 + 2 * j], line[0] * at[j][1]);
    }
  }
  PetscCall(OttoSumReduce(g->comm, 1 + 2 * g->dim, first));
  PetscFunctionReturn(0);
}

/* second[j dim + k]: Σ p (u_j - mean) (u_k - mean), of axes that do not wrap; centred, so that
 * nothing cancels. */
static PetscErrorCode Second(Lines *s, const PetscScalar p[], const PetscReal mean[],
                             OttoSum second[])
{
  const OttoGridInfo *g = s->g;
  const PetscInt last = g->dim - 1;
  const PetscReal *at[OTTO_MAX_DIM];
  PetscReal u[OTTO_MAX_DIM], f[2], line[3];

  PetscFunctionBegin;
  for (PetscInt64 i = 0; i < s->length; i++) {
    Functions(g, last, Coordinate(g, last, g->first[last] + i), f);
    s->table[0][i] = f[0] - mean[last];
    s->table[1][i] = PetscSqr(f[0] - mean[last]);
  }
  for (PetscInt64 k = 0; k < s->lines; k++) {
    Sums(s->length, p + k * s->length, s->table[0], s->table[1], line);
    Place(s, k, at);
    for (PetscInt j = 0; j < last; j++) {
      u[j] = at[j][0] - mean[j];
      OttoSumAdd(&second[j * g->dim + last], line[1] * u[j]);
      for (PetscInt i = 0; i <= j; i++) OttoSumAdd(&second[i * g->dim + j], line[0] * u[i] * u[j]);
    }
    OttoSumAdd(&second[last * g->dim + last], line[2]);
  }
  PetscCall(OttoSumReduce(g->comm, g->dim * g->dim, second));
  PetscFunctionReturn(0);
}

/* Both passes; raw in the box's units. */
static PetscErrorCode Collect(Lines *s, const PetscScalar p[], PetscReal raw[])
{
  const OttoGridInfo *g = s->g;
  OttoSum first[1 + 2 * OTTO_MAX_DIM] = {{0, 0}}, second[OTTO_MAX_DIM * OTTO_MAX_DIM] = {{0, 0}};
  PetscReal mean[OTTO_MAX_DIM];
  PetscInt at = 0;

  PetscFunctionBegin;
  PetscCall(First(s, p, first));
  const PetscReal mass = OttoSumValue(first[0]);
  for (PetscInt j = 0; j < g->dim; j++) {
    mean[j] = OttoSumValue(first[1 + 2 * j]) / mass;
    if (Wraps(g, j)) {
      raw[at++] = mean[j];
      raw[at++] = OttoSumValue(first[2 + 2 * j]) / mass;
    } else
      raw[at++] = g->lower[j] + mean[j] * (g->upper[j] - g->lower[j]);
  }
  if (at < 2 * g->dim) PetscCall(Second(s, p, mean, second)); /* some axis does not wrap */
  for (PetscInt j = 0; j < g->dim; j++)
    for (PetscInt k = j; k < g->dim; k++)
      if (!Wraps(g, j) && !Wraps(g, k))
        raw[at++] = OttoSumValue(second[j * g->dim + k]) / mass * (g->upper[j] - g->lower[j]) *
                    (g->upper[k] - g->lower[k]);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoMomentsCompute(OttoGrid grid, Vec p, PetscReal raw[])
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscScalar *values;
  Lines s = {.g = g, .length = g->local[g->dim - 1]};

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  s.lines = s.length ? g->local_cells / s.length : 0;
  PetscInt64 others = 0;
  for (PetscInt j = 0; j < g->dim - 1; j++) others += 2 * g->local[j];
  PetscCall(PetscMalloc3(s.length, &s.table[0], s.length, &s.table[1], others, &s.other));
  FillOthers(&s);
  PetscCall(VecGetArrayRead(p, &values));
  PetscCall(Collect(&s, values, raw));
  PetscCall(VecRestoreArrayRead(p, &values));
  PetscCall(PetscFree3(s.table[0], s.table[1], s.other));
  PetscFunctionReturn(0);
}

void OttoMomentsValues(const OttoGridInfo *g, const PetscReal raw[], PetscReal values[])
{
  const PetscInt count = OttoMomentsCount(g);
  PetscInt at = 0;

  for (PetscInt j = 0; j < g->dim; j++) {
    values[at] = raw[at];
    if (!Wraps(g, j)) {
      at++;
      continue;
    }
    const PetscReal re = raw[at], im = raw[at + 1], length = hypot(re, im);
    const PetscReal turn = atan2(im, re) / (2 * PETSC_PI);
    const PetscReal share = turn < 0 ? turn + 1 : turn; /* 1, by rounding, is 0 */
    values[at++] = length < OTTO_NO_DIRECTION
                       ? NAN
                       : g->lower[j] + (share < 1 ? share : 0) * (g->upper[j] - g->lower[j]);
    values[at++] = length;
  }
  for (; at < count; at++) values[at] = raw[at];
}
