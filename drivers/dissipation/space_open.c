/*
 * The box of an open axis cuts off what has left it (MATHEMATICS 6.5). Data are 0 out there, so p_t
 * and q_t are known outside as they are inside, by the same kernel (heat/points.h), and what every
 * column lacks is an integral over the outside. It needs no run in a wider box, whose cells in 3D
 * were eight times the run's: K_t leaves nothing narrower than w = √(2t), so that the outside is a
 * product of Gauss panels of width w, beginning at the faces, and of points that are 0.7 w apart
 * along the other axes.
 *
 * How far out? At distance r beyond a face p falls like exp(-r²/4t) at least. p^a q^(1-a), a > 1
 * (chi2: a = 2), may grow first: with P and Q the mean distances from the face of where p and q at
 * the point come from (Tweedie's formula: the scores), the slope of its logarithm outwards is
 * ((a-1) Q - a P - r)/2t. Q falls with r and P is at least that of the nearest data, so that what
 * is to come is bounded from the outermost panel. Panels are added until that is little of what
 * was found.
 */
#include "space_open.h"
#include "heat/points.h"
#include <math.h>
#include <petscdt.h>

#define NODES_MAX 3          /* Gauss nodes of a panel */
#define LITTLE 0.01          /* of what was found: what the outermost panels may hold */
#define ROUNDING 1e-15       /* of a column's value: what matters */
#define LEAST_POINTS 1048576 /* that are always granted: a second or less */
#define MOST_CELLS 3         /* else points in units of the run's cells */
#define BEYOND 9             /* widths in which a Gaussian ends */
#define COLUMNS 128
#define OUTER (2 * OTTO_MAX_DIM)
#define GROWING 2 /* chi2, renyi */
#define MOMENTS (1 + 2 * OTTO_MAX_DIM + OTTO_MAX_DIM * OTTO_MAX_DIM)

/* Rules for the points, finest first. */
static const struct {
  PetscInt nodes;
  PetscReal spacing; /* in widths */
} rules[] = {{3, 0.7}, {2, 1}, {2, 1.4}};
#define RULES (sizeof rules / sizeof rules[0])

/* Points of an axis: those inside the box, then those beyond either face. */
typedef struct {
  PetscInt64 count, inside;
  PetscReal *x, *weight;
  PetscInt *outer; /* 0 or 1: in the outermost panel beyond the lower or upper face; else -1 */
} Axis;

struct _n_OttoSpaceOpen {
  OttoGrid grid;
  const OttoGridInfo *g;
  Vec p0, q0;
  const OttoRunColumns *columns;
  PetscInt panels[OTTO_MAX_DIM][2];   /* beyond each face; those of the last sample */
  PetscReal nearest[OTTO_MAX_DIM][2]; /* distance of p0 from each face */
};

/* What is found in one pass. */
typedef struct {
  PetscReal total[OTTO_OPEN_TERMS];       /* integrals */
  PetscReal size[OTTO_OPEN_TERMS];        /* of absolute values */
  PetscReal last[OTTO_OPEN_TERMS][OUTER]; /* of those in the outermost panels */
  PetscReal moment[2][MOMENTS];           /* ∫ρ, ∫ρ f, ∫ρ g, ∫ρ x x: see Functions() */
  PetscReal later[GROWING][OUTER];        /* a bound of log terms to come */
} Found;

/* One pass: the times, places and values of points. */
typedef struct {
  OttoSpaceOpen s;
  const OttoTemperedSample *v;
  PetscReal renyi;
  Axis axis[OTTO_MAX_DIM];
  Found found;
} Pass;

static PetscBool IsOpen(const OttoGridInfo *g, PetscInt j)
{
  return g->boundary[j] == OTTO_BOUNDARY_OPEN ? PETSC_TRUE : PETSC_FALSE;
}

/* Panels to begin with. */
static PetscInt Fewest(const OttoSpaceOpen s)
{
  return s->g->dim > 3 ? 1 : 2;
}

/* How near p0 comes to the faces. */
static PetscErrorCode Nearest(OttoSpaceOpen s)
{
  const OttoGridInfo *g = s->g;
  PetscReal *nearest = &s->nearest[0][0], x[OTTO_MAX_DIM];
  const PetscScalar *p;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < OUTER; i++) nearest[i] = INFINITY;
  PetscCall(VecGetArrayRead(s->p0, &p));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    if (!(p[c] > 0)) continue;
    OttoGridCellCentre(g, c, x);
    for (PetscInt j = 0; j < g->dim; j++) {
      s->nearest[j][0] = PetscMin(s->nearest[j][0], x[j] - g->lower[j]);
      s->nearest[j][1] = PetscMin(s->nearest[j][1], g->upper[j] - x[j]);
    }
  }
  PetscCall(VecRestoreArrayRead(s->p0, &p));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, nearest, OUTER, MPIU_REAL, MPIU_MIN, g->comm));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSpaceOpenCreate(OttoGrid grid, Vec p0, Vec q0, const OttoRunColumns *columns,
                                   OttoSpaceOpen *open)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscBool any = PETSC_FALSE;
  OttoSpaceOpen s;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  *open = NULL;
  for (PetscInt j = 0; j < g->dim; j++)
    if (IsOpen(g, j)) any = PETSC_TRUE;
  if (!any) PetscFunctionReturn(0);
  PetscCall(PetscNew(&s));
  *open = s;
  s->grid = grid;
  s->g = g;
  s->p0 = p0;
  s->q0 = q0;
  s->columns = columns;
  PetscCall(PetscObjectReference((PetscObject)p0));
  PetscCall(PetscObjectReference((PetscObject)q0));
  for (PetscInt j = 0; j < g->dim; j++)
    if (IsOpen(g, j)) s->panels[j][0] = s->panels[j][1] = Fewest(s);
  PetscCall(Nearest(s));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSpaceOpenDestroy(OttoSpaceOpen *open)
{
  PetscFunctionBegin;
  if (!*open) PetscFunctionReturn(0);
  PetscCall(VecDestroy(&(*open)->p0));
  PetscCall(VecDestroy(&(*open)->q0));
  PetscCall(PetscFree(*open));
  PetscFunctionReturn(0);
}

/* Points of axis j inside the box by a rule; none where no other axis leads outside. */
static PetscInt64 Inside(const OttoSpaceOpen s, PetscInt j, PetscReal w, PetscReal spacing)
{
  const OttoGridInfo *g = s->g;
  PetscBool others = PETSC_FALSE;

  for (PetscInt i = 0; i < g->dim; i++)
    if (i != j && IsOpen(g, i)) others = PETSC_TRUE;
  if (!IsOpen(g, j)) return g->n[j];
  const PetscReal wanted = (g->upper[j] - g->lower[j]) / (spacing * w);
  if (!others) return 0;
  return wanted < (PetscReal)g->n[j] ? PetscMin(g->n[j], 4 + (PetscInt64)wanted) : g->n[j];
}

/* The finest rule whose points, and what is carried on the way to them (points of the last axes,
 * cells of the others), are within the budget; RULES: none. */
static size_t Choose(const OttoSpaceOpen s, PetscReal w)
{
  const PetscReal budget = PetscMax((PetscReal)LEAST_POINTS, MOST_CELLS * (PetscReal)s->g->cells);
  size_t rule = 0;

  for (; rule < RULES; rule++) {
    PetscReal most = 0, cells = (PetscReal)s->g->cells;
    for (PetscInt j = s->g->dim - 1; j >= 0; j--) {
      cells /= (PetscReal)s->g->n[j];
      cells *= (PetscReal)Inside(s, j, w, rules[rule].spacing) +
               (PetscReal)(rules[rule].nodes * (s->panels[j][0] + s->panels[j][1]));
      most = PetscMax(most, cells);
    }
    if (most <= budget) break;
  }
  return rule;
}

static PetscErrorCode Place(const OttoSpaceOpen s, PetscInt j, PetscReal w, size_t rule, Axis *a)
{
  const OttoGridInfo *g = s->g;
  const PetscInt nodes = rules[rule].nodes;
  PetscReal x[NODES_MAX], weight[NODES_MAX];

  PetscFunctionBegin;
  PetscCall(PetscDTGaussQuadrature(nodes, 0, w, x, weight));
  a->inside = Inside(s, j, w, rules[rule].spacing);
  a->count = a->inside + nodes * (s->panels[j][0] + s->panels[j][1]);
  PetscCall(PetscMalloc3(a->count, &a->x, a->count, &a->weight, a->count, &a->outer));
  for (PetscInt64 i = 0; i < a->inside; i++) {
    a->weight[i] = (g->upper[j] - g->lower[j]) / (PetscReal)a->inside;
    a->x[i] = g->lower[j] + ((PetscReal)i + 0.5) * a->weight[i];
    a->outer[i] = -1;
  }
  PetscInt64 at = a->inside;
  for (PetscInt side = 0; side < 2; side++)
    for (PetscInt panel = 0; panel < s->panels[j][side]; panel++)
      for (PetscInt k = 0; k < nodes; k++, at++) {
        const PetscReal out = (PetscReal)panel * w + x[k];
        a->x[at] = side ? g->upper[j] + out : g->lower[j] - out;
        a->weight[at] = weight[k];
        a->outer[at] = panel == s->panels[j][side] - 1 ? side : -1;
      }
  PetscFunctionReturn(0);
}

/* Of ρ at a point: its first moments about the middle of the box; cos and sin on periodic axes. */
static void Functions(const OttoGridInfo *g, PetscInt j, PetscReal x, PetscReal f[2])
{
  const PetscReal L = g->upper[j] - g->lower[j];
  const PetscReal angle = 2 * PETSC_PI * (x - g->lower[j]) / L;

  f[0] = g->boundary[j] == OTTO_BOUNDARY_PERIODIC ? cos(angle) : x - g->lower[j] - 0.5 * L;
  f[1] = g->boundary[j] == OTTO_BOUNDARY_PERIODIC ? sin(angle) : 0;
}

static void AddMoments(const OttoGridInfo *g, const PetscReal x[], PetscReal mass,
                       PetscReal moment[])
{
  PetscReal f[OTTO_MAX_DIM][2];

  moment[0] += mass;
  for (PetscInt j = 0; j < g->dim; j++) {
    Functions(g, j, x[j], f[j]);
    moment[1 + 2 * j] += mass * f[j][0];
    moment[2 + 2 * j] += mass * f[j][1];
    for (PetscInt k = 0; k <= j; k++)
      moment[1 + 2 * OTTO_MAX_DIM + k * OTTO_MAX_DIM + j] += mass * f[j][0] * f[k][0];
  }
}

/* log of what term may still grow to beyond a point of an outermost panel. */
static PetscReal Later(const Pass *d, PetscInt j, PetscInt side, PetscReal r, PetscReal score_q,
                       PetscReal order, PetscReal log_term)
{
  const PetscReal t = d->v->t, from_q = (side ? -1 : 1) * 2 * t * score_q - r;
  const PetscReal peak = (order - 1) * from_q - order * d->s->nearest[j][side];

  return log_term + PetscSqr(PetscMax(0, peak - r)) / (4 * t);
}

/* The point at[dim] of the product, which lies outside. */
static void AddPoint(Pass *d, const PetscInt64 at[], const OttoOpenPoint *point)
{
  const OttoGridInfo *g = d->s->g;
  const PetscInt growing[GROWING] = {OTTO_OPEN_CHI2, OTTO_OPEN_RENYI};
  const PetscReal order[GROWING] = {2, d->v->renyi_order};
  PetscReal term[OTTO_OPEN_TERMS], x[OTTO_MAX_DIM], weight = 1;
  Found *f = &d->found;

  for (PetscInt j = 0; j < g->dim; j++) {
    x[j] = d->axis[j].x[at[j]];
    weight *= d->axis[j].weight[at[j]];
  }
  OttoSpaceOpenTerms(point, d->v->renyi_order, d->renyi, term);
  for (PetscInt k = 0; k < OTTO_OPEN_TERMS; k++) {
    f->total[k] += weight * term[k];
    f->size[k] += weight * fabs(term[k]);
  }
  AddMoments(g, x, weight * exp(point->log_p), f->moment[0]);
  AddMoments(g, x, weight * exp(point->log_q), f->moment[1]);
  for (PetscInt j = 0; j < g->dim; j++) {
    const PetscInt side = d->axis[j].outer[at[j]], i = 2 * j + side;
    if (side < 0) continue;
    const PetscReal r = side ? x[j] - g->upper[j] : g->lower[j] - x[j];
    for (PetscInt k = 0; k < OTTO_OPEN_TERMS; k++) f->last[k][i] += weight * fabs(term[k]);
    for (PetscInt k = 0; k < GROWING; k++)
      if (order[k] > 1)
        f->later[k][i] = PetscMax(f->later[k][i], Later(d, j, side, r, point->score_q[j], order[k],
                                                        log(weight * term[growing[k]])));
  }
}

/* Places of column c (axes 1 … dim-1) in at[], and whether it lies outside. */
static PetscBool Unfold(const Pass *d, PetscInt64 c, PetscInt64 at[])
{
  PetscBool outside = PETSC_FALSE;

  for (PetscInt j = d->s->g->dim - 1; j > 0; j--) {
    at[j] = c % d->axis[j].count;
    c /= d->axis[j].count;
    if (at[j] >= d->axis[j].inside) outside = PETSC_TRUE;
  }
  return outside;
}

/* Columns from … from + count - 1, whose values are here. */
static void AddColumns(Pass *d, PetscInt64 from, PetscInt count, const PetscReal p[],
                       const PetscReal q[])
{
  const PetscInt dim = d->s->g->dim, values = OTTO_POINTS_VALUES(dim);
  OttoOpenPoint point = {.dim = dim};
  PetscInt64 at[OTTO_MAX_DIM];

  for (PetscInt c = 0; c < count; c++) {
    const PetscBool outside = Unfold(d, from + c, at);
    for (at[0] = outside ? 0 : d->axis[0].inside; at[0] < d->axis[0].count; at[0]++) {
      const PetscInt64 first = at[0] * values * count + c;
      point.log_p = p[first + OTTO_POINTS_LOG * count];
      point.log_q = q[first + OTTO_POINTS_LOG * count];
      point.rate_p = p[first + OTTO_POINTS_RATE * count];
      point.rate_q = q[first + OTTO_POINTS_RATE * count];
      for (PetscInt j = 0; j < dim; j++) {
        point.score_p[j] = p[first + (OTTO_POINTS_SCORE + j) * count];
        point.score_q[j] = q[first + (OTTO_POINTS_SCORE + j) * count];
      }
      AddPoint(d, at, &point);
    }
  }
}

/* Columns in turn, each lot on another rank. */
static PetscErrorCode Walk(Pass *d, OttoHeatPoints points, OttoHeatPointsPart p,
                           OttoHeatPointsPart q)
{
  const OttoGridInfo *g = d->s->g;
  PetscInt64 columns = 1, lot = 0;
  PetscReal *values[2];

  PetscFunctionBegin;
  for (PetscInt j = 1; j < g->dim; j++) columns *= d->axis[j].count;
  const PetscInt64 room = d->axis[0].count * OTTO_POINTS_VALUES(g->dim) * COLUMNS;
  PetscCall(OttoAgree(g->comm, PetscMalloc2(room, &values[0], room, &values[1])));
  for (PetscInt64 from = 0; from < columns; from += COLUMNS, lot++) {
    const PetscInt count = (PetscInt)PetscMin(COLUMNS, columns - from);
    const PetscMPIInt root = (PetscMPIInt)(lot % g->size);
    PetscCall(OttoHeatPointsFinish(points, p, from, count, root, values[0]));
    PetscCall(OttoHeatPointsFinish(points, q, from, count, root, values[1]));
    if (g->rank == root) AddColumns(d, from, count, values[0], values[1]);
  }
  PetscCall(PetscFree2(values[0], values[1]));
  PetscFunctionReturn(0);
}

/* Both densities to the points of a pass. */
static PetscErrorCode Start(Pass *d, OttoHeatPoints *points, OttoHeatPointsPart part[2])
{
  const OttoGridInfo *g = d->s->g;
  OttoHeatPointsAxis axis[OTTO_MAX_DIM];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++)
    axis[j] = (OttoHeatPointsAxis){d->axis[j].count, IsOpen(g, j) ? d->axis[j].x : NULL};
  PetscCall(OttoHeatPointsCreate(d->s->grid, d->v->t, axis, points));
  PetscCall(OttoHeatPointsStart(*points, d->s->p0, &part[0]));
  PetscCall(OttoHeatPointsStart(*points, d->s->q0, &part[1]));
  PetscFunctionReturn(0);
}

/* d->found over all ranks, the same bits on each. */
static PetscErrorCode Share(Pass *d)
{
  MPI_Comm comm = d->s->g->comm;
  PetscReal later[GROWING][OUTER];
  const PetscMPIInt sums = (PetscMPIInt)(offsetof(Found, later) / sizeof(PetscReal));

  PetscFunctionBegin;
  PetscCallMPI(MPI_Allreduce(d->found.later, later, GROWING * OUTER, MPIU_REAL, MPIU_MAX, comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &d->found, sums, MPIU_REAL, MPIU_SUM, comm));
  PetscCall(PetscMemcpy(d->found.later, later, sizeof later));
  PetscCallMPI(MPI_Bcast(&d->found, sums + GROWING * OUTER, MPIU_REAL, 0, comm));
  PetscFunctionReturn(0);
}

/* One pass with the panels there are; *rule RULES: more points than are granted, nothing done. */
static PetscErrorCode Integrate(Pass *d, size_t *rule)
{
  const OttoGridInfo *g = d->s->g;
  const PetscReal w = sqrt(2 * d->v->t);
  OttoHeatPointsPart part[2] = {NULL, NULL};
  OttoHeatPoints points = NULL;

  PetscFunctionBegin;
  *rule = Choose(d->s, w);
  if (*rule == RULES) PetscFunctionReturn(0);
  PetscCall(PetscMemzero(&d->found, sizeof d->found));
  for (PetscInt k = 0; k < GROWING; k++)
    for (PetscInt i = 0; i < OUTER; i++) d->found.later[k][i] = -INFINITY;
  for (PetscInt j = 0; j < g->dim; j++) PetscCall(Place(d->s, j, w, *rule, &d->axis[j]));
  PetscCall(OttoAgree(g->comm, Start(d, &points, part)));
  PetscCall(Walk(d, points, part[0], part[1]));
  PetscCall(Share(d));
  for (int k = 0; k < 2; k++) PetscCall(OttoHeatPointsPartDestroy(&part[k]));
  PetscCall(OttoHeatPointsDestroy(&points));
  for (PetscInt j = 0; j < g->dim; j++)
    PetscCall(PetscFree3(d->axis[j].x, d->axis[j].weight, d->axis[j].outer));
  PetscFunctionReturn(0);
}

/* Whether more than a little of term k may lie further out beyond face i. */
static PetscBool Goes(const Found *f, PetscInt k, PetscInt i, PetscReal scale)
{
  const PetscReal matters = PetscMax(LITTLE * f->size[k], ROUNDING * scale);
  const PetscInt growing = k == OTTO_OPEN_CHI2 ? 0 : k == OTTO_OPEN_RENYI ? 1 : -1;

  if (f->last[k][i] > matters) return PETSC_TRUE;
  return growing >= 0 && f->later[growing][i] > log(matters) ? PETSC_TRUE : PETSC_FALSE;
}

/* More panels where more than a little may lie beyond them; scale[OTTO_OPEN_TERMS]. */
static PetscBool Extend(Pass *d, const PetscReal scale[])
{
  const OttoGridInfo *g = d->s->g;
  const PetscReal w = sqrt(2 * d->v->t), order = PetscMax(2, d->v->renyi_order);
  PetscBool more = PETSC_FALSE;

  for (PetscInt j = 0; j < g->dim; j++)
    for (PetscInt side = 0; side < 2 && IsOpen(g, j); side++) {
      PetscInt *panels = &d->s->panels[j][side];
      PetscBool goes = PETSC_FALSE;
      for (PetscInt k = 0; k < OTTO_OPEN_TERMS && !goes; k++)
        goes = Goes(&d->found, k, 2 * j + side, scale[k]);
      if (!goes || (PetscReal)*panels * w > (order - 1) * (g->upper[j] - g->lower[j]) + BEYOND * w)
        continue;
      *panels += PetscMax(1, *panels / 2);
      more = PETSC_TRUE;
    }
  return more;
}

/* What moments of density k (0: p) lack: those of the box and those of all, by the same rules. */
static void Moments(const Pass *d, PetscInt k, const PetscReal row[], PetscReal missing[])
{
  const OttoGridInfo *g = d->s->g;
  const PetscInt at = OttoRunColumnsAt(d->s->columns, k), count = d->s->columns->each;
  const PetscReal *m = d->found.moment[k], *value = row + at;
  const PetscReal box = k ? d->v->d.mass_q : d->v->d.mass_p, share = m[0] / (box + m[0]);
  PetscReal raw[OTTO_MAX_MOMENTS], all[OTTO_MAX_MOMENTS], apart[OTTO_MAX_DIM] = {0};
  PetscReal mean[OTTO_MAX_DIM] = {0}; /* of the box, from its middle */

  for (PetscInt i = 0; i < count && m[0] > 0; i++) {
    const OttoMoment what = OttoMomentsGet(g, i);
    const PetscInt j = what.axis[0], l = what.axis[1];
    const PetscReal L = g->upper[j] - g->lower[j], *first = &m[1 + 2 * j];
    if (what.kind == OTTO_MOMENT_MEAN) {
      mean[j] = value[i] - g->lower[j] - 0.5 * L;
      apart[j] = first[0] / m[0] - mean[j]; /* of the outside's mean from the box's */
      raw[i] = value[i] + share * apart[j];
    } else if (what.kind == OTTO_MOMENT_DIRECTION) {
      const PetscBool none = isnan(value[i]) ? PETSC_TRUE : PETSC_FALSE;
      const PetscReal length = none ? 0 : value[i + 1];
      const PetscReal angle = none ? 0 : 2 * PETSC_PI * (value[i] - g->lower[j]) / L;
      raw[i] = length * cos(angle) + share * (first[0] / m[0] - length * cos(angle));
      raw[i + 1] = length * sin(angle) + share * (first[1] / m[0] - length * sin(angle));
    } else if (what.kind == OTTO_MOMENT_COVARIANCE) {
      const PetscReal second = m[1 + 2 * OTTO_MAX_DIM + j * OTTO_MAX_DIM + l] / m[0];
      const PetscReal outside = second - (mean[j] + apart[j]) * (mean[l] + apart[l]);
      raw[i] = value[i] + share * (outside - value[i] + (1 - share) * apart[j] * apart[l]);
    }
  }
  if (m[0] > 0) OttoMomentsNear(g, raw, value, all);
  for (PetscInt i = 0; i < count; i++) missing[at + i] = m[0] > 0 ? fabs(all[i] - value[i]) : 0;
}

/* What term k's column lacks; beyond the range of a double, its end. */
static PetscReal Missing(const Pass *d, PetscInt k)
{
  const PetscReal total = PetscMin(fabs(d->found.total[k]), PETSC_MAX_REAL);
  const PetscReal b = d->v->renyi_order - 1;

  if (k != OTTO_OPEN_RENYI || OttoSpaceOpenIsKL(d->v->renyi_order, d->renyi)) return total;
  return PetscMin(log1p(fabs(b) * total), PETSC_MAX_REAL) / fabs(b);
}

PetscErrorCode OttoSpaceOpenKeep(OttoSpaceOpen s, OttoKeep keep)
{
  PetscFunctionBegin;
  for (PetscInt j = 0; j < s->g->dim; j++) {
    PetscCall(OttoKeepBegin(keep, "axis", j));
    PetscCall(OttoKeepInt(keep, "panels_below", &s->panels[j][0]));
    PetscCall(OttoKeepInt(keep, "panels_above", &s->panels[j][1]));
    PetscCall(OttoKeepEnd(keep));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSpaceOpenSample(OttoSpaceOpen s, const OttoTemperedSample *v,
                                   const PetscReal row[], const PetscReal floor[],
                                   PetscReal missing[], PetscBool *whole)
{
  Pass d = {.s = s, .v = v, .renyi = v->d.divergence[OTTO_DIVERGENCE_RENYI]};
  PetscReal scale[OTTO_OPEN_TERMS] = {0};
  PetscInt column[OTTO_OPEN_TERMS];
  size_t rule = 0;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < s->columns->count; i++) missing[i] = 0;
  *whole = PETSC_TRUE;
  if (v->t == 0) PetscFunctionReturn(0);
  for (PetscInt k = 0; k < OTTO_OPEN_TERMS; k++)
    for (PetscInt i = 0; i < s->columns->own; i++) {
      if (strcmp(s->columns->column[i].name, OttoSpaceOpenNames[k])) continue;
      column[k] = i;
      scale[k] = isfinite(row[i]) ? PetscMax(fabs(row[i]), floor[i]) : INFINITY;
    }
  do PetscCall(Integrate(&d, &rule));
  while (rule < RULES && Extend(&d, scale));
  if (rule == RULES) *whole = PETSC_FALSE;
  for (PetscInt j = 0; j < s->g->dim && !*whole; j++) /* the next sample may fare better */
    if (IsOpen(s->g, j)) s->panels[j][0] = s->panels[j][1] = Fewest(s);
  for (PetscInt k = 0; k < OTTO_OPEN_TERMS; k++) missing[column[k]] = Missing(&d, k);
  for (PetscInt k = 0; k < 2; k++) Moments(&d, k, row, missing);
  PetscFunctionReturn(0);
}
