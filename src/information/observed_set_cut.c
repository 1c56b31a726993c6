/*
 * The part of a cell that is in a set. Points on a few lines, faces included, say whether an edge
 * goes through it, and along which axis it is met most often; lines along that axis, at midpoints
 * of the others, say where: between two points of which one is in the set, by bisection. What lies
 * between lines is of second order in their distance.
 */
#include "observed_set_impl.h"
#include <math.h>

#define HALF_WAYS 22
#define AT_FACE 0x1p-20 /* an edge so near to a face lies in it */

/* A cell under a formula. */
typedef struct {
  const OttoGridInfo *g;
  OttoFormula formula;
  const char *key;
  PetscReal centre[OTTO_MAX_DIM];
} Cell;

static PetscInt Lines(PetscInt dim) /* along every other axis */
{
  return dim == 2 ? 16 : dim == 3 ? 6 : 3;
}

/* Whether the point at u[dim], in widths from the lower faces, is in the set. */
static PetscErrorCode IsIn(const Cell *s, const PetscReal u[], PetscBool *in)
{
  PetscReal x[OTTO_MAX_DIM], value = 0;
  char point[160];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < s->g->dim; j++) x[j] = s->centre[j] + s->g->h[j] * (u[j] - 0.5);
  PetscCall(OttoFormulaEvaluate(s->formula, x, 0, &value));
  if (isnan(value)) OttoFormatPoint(s->g->dim, x, point, sizeof point);
  OttoCheckInput(!isnan(value), "%s: nan at %s; it must be a number in the whole of every cell",
                 s->key, point);
  *in = value > 0 ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}

/* Where between u[axis] = from, on one side of the edge, and `to`, on the other, it lies. */
static PetscErrorCode Edge(const Cell *s, PetscInt axis, PetscReal u[], PetscReal from,
                           PetscReal to, PetscBool from_in, PetscReal *edge)
{
  PetscBool in = PETSC_FALSE;

  PetscFunctionBegin;
  while (to - from > ldexp(1, -HALF_WAYS)) {
    u[axis] = 0.5 * (from + to);
    PetscCall(IsIn(s, u, &in));
    if (in == from_in)
      from = u[axis];
    else
      to = u[axis];
  }
  *edge = 0.5 * (from + to);
  if (*edge < AT_FACE) *edge = 0;
  if (*edge > 1 - AT_FACE) *edge = 1;
  PetscFunctionReturn(0);
}

/* Of a line: how many of its points are in the set, how often neighbours differ, and the share of
 * it that is expected in stretches, of the set or between two of it, that are thinner than the
 * distance of points: one that is met stands for as many as are missed. */
static PetscErrorCode Scan(const Cell *s, PetscInt axis, PetscReal u[], PetscInt points,
                           PetscInt *in, PetscInt *changes, PetscReal *thin)
{
  const PetscReal step = 1. / (PetscReal)(points - 1);
  PetscBool is_in[3] = {PETSC_FALSE}; /* of the last points */
  PetscReal ends[2];

  PetscFunctionBegin;
  for (PetscInt m = 0; m < points; m++) {
    is_in[0] = is_in[1];
    is_in[1] = is_in[2];
    u[axis] = (PetscReal)m * step;
    PetscCall(IsIn(s, u, &is_in[2]));
    *in += is_in[2];
    if (m > 0) *changes += is_in[1] != is_in[2];
    if (m < 2 || is_in[0] == is_in[1] || is_in[1] == is_in[2]) continue;
    for (int k = 0; k < 2; k++)
      PetscCall(Edge(s, axis, u, (PetscReal)(m - 2 + k) * step, (PetscReal)(m - 1 + k) * step,
                     is_in[k], &ends[k]));
    if (ends[1] - ends[0] < step) *thin += step;
  }
  PetscFunctionReturn(0);
}

/* What points of a cell say. */
typedef struct {
  PetscInt in, all; /* how many are in the set, and there */
  PetscInt axis;    /* along which the edge is met most often */
  PetscReal thin;   /* by lines along it */
} Sight;

/* From lines along every axis, those through the cell's centre, corners and middles of faces and
 * edges. */
static PetscErrorCode Look(const Cell *s, PetscInt points, Sight *sight)
{
  PetscInt lines = 1, most = -1;
  PetscReal u[OTTO_MAX_DIM];

  PetscFunctionBegin;
  *sight = (Sight){0, 0, 0, 0};
  for (PetscInt j = 1; j < s->g->dim; j++) lines *= 3;
  for (PetscInt j = 0; j < s->g->dim; j++) {
    PetscReal thin = 0;
    PetscInt changes = 0;
    for (PetscInt k = 0; k < lines; k++) {
      PetscReal weight = 1, of_line = 0; /* trapezia */
      PetscInt rest = k;
      for (PetscInt i = 0; i < s->g->dim; i++) {
        if (i == j) continue;
        u[i] = 0.5 * (PetscReal)(rest % 3);
        weight *= rest % 3 == 1 ? 0.5 : 0.25;
        rest /= 3;
      }
      PetscCall(Scan(s, j, u, points, &sight->in, &changes, &of_line));
      thin += weight * of_line;
    }
    sight->all += lines * points;
    if (changes > most) {
      most = changes;
      sight->axis = j;
      sight->thin = thin;
    }
  }
  PetscFunctionReturn(0);
}

/* A stretch of a line between two edges, or a face and an edge, into the part. */
static void Add(PetscInt dim, PetscInt axis, const PetscReal u[], PetscReal from, PetscReal to,
                PetscBool in, OttoCellPart *part)
{
  const PetscReal width = to - from;

  if (!in) return;
  part->share += width;
  for (PetscInt j = 0; j < dim; j++)
    part->moment[j] += width * ((j == axis ? 0.5 * (from + to) : u[j]) - 0.5);
}

/* One line, through u. */
static PetscErrorCode Line(const Cell *s, PetscInt axis, PetscReal u[], PetscInt points,
                           OttoCellPart *part)
{
  PetscReal from = 0, edge = 0;
  PetscBool before = PETSC_FALSE, in = PETSC_FALSE;

  PetscFunctionBegin;
  u[axis] = 0;
  PetscCall(IsIn(s, u, &before));
  for (PetscInt k = 1; k < points; k++) {
    const PetscReal last = (PetscReal)(k - 1) / (PetscReal)(points - 1);
    u[axis] = (PetscReal)k / (PetscReal)(points - 1);
    PetscCall(IsIn(s, u, &in));
    if (in == before) continue;
    PetscCall(Edge(s, axis, u, last, u[axis], before, &edge));
    Add(s->g->dim, axis, u, from, edge, before, part);
    if (edge > 0 && edge < 1) part->cut = PETSC_TRUE;
    from = edge;
    before = in;
  }
  Add(s->g->dim, axis, u, from, 1, before, part);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoObservedSetCut(const OttoGridInfo *g, OttoFormula formula, const char *key,
                                  PetscInt64 c, PetscInt points, OttoCellPart *part)
{
  const PetscInt lines = Lines(g->dim), along = g->dim == 2 ? 17 : 9;
  PetscInt count = 1;
  Cell s = {.g = g, .formula = formula, .key = key};
  PetscReal u[OTTO_MAX_DIM];
  Sight sight;

  PetscFunctionBegin;
  OttoGridCellCentre(g, c, s.centre);
  PetscCall(Look(&s, points, &sight));
  *part = (OttoCellPart){.share = sight.in > 0 ? 1 : 0, .thin = sight.thin};
  if (sight.in == 0 || sight.in == sight.all) PetscFunctionReturn(0);
  part->share = 0;
  for (PetscInt j = 1; j < g->dim; j++) count *= lines;
  for (PetscInt k = 0; k < count; k++) {
    PetscInt rest = k;
    for (PetscInt j = 0; j < g->dim; j++) {
      if (j == sight.axis) continue;
      u[j] = ((PetscReal)(rest % lines) + 0.5) / (PetscReal)lines;
      rest /= lines;
    }
    PetscCall(Line(&s, sight.axis, u, PetscMax(along, points), part));
  }
  part->share /= (PetscReal)count;
  for (PetscInt j = 0; j < g->dim; j++) part->moment[j] /= (PetscReal)count;
  if (part->share > 0 && part->share < 1) part->cut = PETSC_TRUE; /* lines differ */
  if (part->thin > 0) part->cut = PETSC_TRUE;
  PetscFunctionReturn(0);
}
