/*
 * Sums over the edges. With δ = log(p_x Q_xy/(p_y Q_yx)) = log(p_x/p_y) + z, and F the larger of
 * the edge's two one-way flows, J = ±F (1 - e^-|δ|): no cancellation near equilibrium, nothing too
 * large at any Péclet number.
 */
#include "production_walk.h"
#include "core/vecmath.h"

#define STEEPEST 600 /* largest |log(p/π)| difference in the vector loop */

/* The rates of a run of edges. */
typedef struct {
  const PetscReal *up, *down, *force;
} Rates;

/* J, and log(p_x/p_y) + z in *delta, from log(p_x/p_y). */
static inline double Current(double px, double py, double up, double down, double z,
                             double log_ratio, double *delta)
{
  double d = log_ratio + z, size = fabs(d) < 700 ? fabs(d) : 700;
  double part = size - OttoExpMinus(-size); /* 1 - e^-size */
  *delta = d;
  return d > 0 ? px * up * part : -(py * down * part);
}

/* Edges between x and y. Those outside the range of the vector loop add nothing; returns how many.
 */
OTTO_VECTOR_CLONES static int AddEdges(int n, const OttoPlane *x, const OttoPlane *y,
                                       const Rates *r, double value[OTTO_PRODUCTION_COUNT])
{
  const double *xp = x->p, *yp = y->p, *xr = x->ratio, *yr = y->ratio, *xl = x->lq, *yl = y->lq;
  const double *up = r->up, *down = r->down, *force = r->force;
  double total = 0, adiabatic = 0, kl = 0, flow = 0, left = 0;

#pragma omp simd reduction(+ : total, adiabatic, kl, flow, left)
  for (int i = 0; i < n; i++) {
    double step = yr[i] - xr[i], smallest = xp[i] < yp[i] ? xp[i] : yp[i]; /* NaN at a zero */
    int use = fabs(step) < STEEPEST && smallest > OTTO_VECTOR_TINY;
    double px = use ? xp[i] : 1, py = use ? yp[i] : 1, d = use ? step : 0, delta, there, back;
    double u = use ? up[i] : 0, v = use ? down[i] : 0, z = use ? force[i] : 0;
    double of_pi = use ? xl[i] - yl[i] : 0,
           J = Current(px, py, u, v, z, OttoLogRatio(px, py), &delta);
    OttoExpMinusBoth(d, &there, &back);
    total += J * delta;
    adiabatic += J * (of_pi + z);
    kl += u * px * there + v * py * back;
    flow += J * z;
    left += use ? 0 : 1;
  }
  value[OTTO_PRODUCTION_TOTAL] = total;
  value[OTTO_PRODUCTION_ADIABATIC] = adiabatic;
  value[OTTO_PRODUCTION_NONADIABATIC] = kl;
  value[OTTO_PRODUCTION_FLOW] = flow;
  return (int)left;
}

static OttoEdgeEnd End(const OttoPlane *a, int i)
{
  return (OttoEdgeEnd){a->p[i], a->q[i], a->lp[i], a->lq[i], a->ratio[i]};
}

/* J times a logarithm, which may be infinite where nothing flows. */
static inline double Times(double J, double log)
{
  return J == 0 ? 0 : J * log;
}

/* One edge of any values. */
static void AddEdge(OttoEdgeEnd x, OttoEdgeEnd y, double up, double down, double z, double value[])
{
  double edge[OTTO_FISHER_COUNT] = {0}, gap = y.p - x.p, delta;
  PetscBool has_x = x.lp > -INFINITY ? PETSC_TRUE : PETSC_FALSE;
  PetscBool has_y = y.lp > -INFINITY ? PETSC_TRUE : PETSC_FALSE;

  if (x.lp != x.lp || y.lp != y.lp) { /* not resolved: what takes no logarithm of p */
    const double J = x.p * up - y.p * down;
    value[OTTO_PRODUCTION_ADIABATIC] += Times(J, x.lq - y.lq + z);
    value[OTTO_PRODUCTION_FLOW] += J * z;
    return;
  }
  if (!has_x && !has_y) return;
  OttoFisherEdgeAdd(x, y, up, down, z, edge);
  value[OTTO_PRODUCTION_NONADIABATIC] += edge[OTTO_DIVERGENCE_KL];
  double J = has_x ? x.p * up : -(y.p * down);
  if (has_x && has_y) {
    double log_ratio = fabs(gap) < 0.5 * x.p && x.p > DBL_MIN ? -log1p(gap / x.p) : x.lp - y.lp;
    J = Current(x.p, y.p, up, down, z, log_ratio, &delta);
    value[OTTO_PRODUCTION_TOTAL] += J * delta;
  } else if ((has_x ? up : down) > 0) {
    value[OTTO_PRODUCTION_TOTAL] += INFINITY;
  }
  value[OTTO_PRODUCTION_ADIABATIC] += Times(J, x.lq - y.lq + z);
  value[OTTO_PRODUCTION_FLOW] += J * z;
}

/* The edges AddEdges() left; the same condition. */
static void AddLeft(int n, const OttoPlane *x, const OttoPlane *y, const Rates *r, double value[])
{
  for (int i = 0; i < n; i++) {
    OttoEdgeEnd a = End(x, i), b = End(y, i);
    if (!(fabs(b.ratio - a.ratio) < STEEPEST && fmin(a.p, b.p) > OTTO_VECTOR_TINY))
      AddEdge(a, b, r->up[i], r->down[i], r->force[i], value);
  }
}

void OttoProductionAddEdges(const OttoEdges *e, OttoPlane x, OttoPlane y, void *context)
{
  OttoProductionWalk *s = (OttoProductionWalk *)context;

  for (PetscInt64 from = 0; from < e->n; from += OTTO_BLOCK) {
    const OttoPlane a = OttoPlaneShift(x, from), b = OttoPlaneShift(y, from);
    const PetscInt64 at = e->x + from;
    const Rates r = {s->rates->up[e->axis] + at, s->rates->down[e->axis] + at,
                     s->rates->force[e->axis] + at};
    const int n = (int)PetscMin(OTTO_BLOCK, e->n - from);
    PetscReal value[OTTO_PRODUCTION_COUNT], left[OTTO_PRODUCTION_COUNT] = {0};
    if (AddEdges(n, &a, &b, &r, value)) AddLeft(n, &a, &b, &r, left);
    for (int k = 0; k < OTTO_PRODUCTION_COUNT; k++) {
      OttoSumAdd(&s->edges[k], value[k]);
      OttoSumAdd(&s->edges[k], left[k]);
    }
  }
}

/* Cells summed in plain accumulators before they enter compensated sums: rates of both signs nearly
 * cancel. */
#define TILE 64

/* What a run of cells is made of; rest: Qᵀπ. */
typedef struct {
  const double *p, *pi, *lp, *lq, *ratio, *rate, *leave, *rest;
  double steady; /* 1, or 0 where there is no π */
} Cells;

typedef enum { ENTROPY, KL, SQUARE, LEAVING, REST, CELL_COUNT } CellIndex;

/* Cells whose logarithms are finite; returns how many others there are, which add nothing. */
OTTO_VECTOR_CLONES static int AddCells(int n, const Cells *x, double value[CELL_COUNT])
{
  const double *p = x->p, *pi = x->pi, *lp = x->lp, *lq = x->lq, *ratio = x->ratio;
  const double *rate = x->rate, *leave = x->leave, *rest = x->rest, steady = x->steady;
  double entropy = 0, kl = 0, square = 0, leaving = 0, error = 0, left = 0;

#pragma omp simd reduction(+ : entropy, kl, square, leaving, error, left)
  for (int i = 0; i < n; i++) {
    int use = fabs(ratio[i]) < DBL_MAX, some = use && pi[i] > 0;
    double r = use ? rate[i] : 0, w = use ? leave[i] * p[i] : 0, of_p = use ? lp[i] : 0;
    double of_pi = use ? lq[i] : 0, density = some ? pi[i] : 1, from = some ? p[i] : 0;
    double size = w * (1 + fabs(of_p) + steady * fabs(of_pi));
    entropy -= r * of_p;
    kl += r * (use ? ratio[i] : 0);
    square += size * size;
    leaving += w;
    error += from / density * fabs(rest[i]);
    left += use ? 0 : 1;
  }
  value[ENTROPY] = entropy;
  value[KL] = kl;
  value[SQUARE] = square;
  value[LEAVING] = leaving;
  value[REST] = error;
  return (int)left;
}

/* One cell that AddCells() left: what is 0 has no rate of its own, what is not resolved has no
 * logarithm. */
static void AddCell(const Cells *x, int i, OttoProductionWalk *s)
{
  const PetscReal r = x->rate[i], lp = x->lp[i], w = x->leave[i] * x->p[i];

  if (r != 0 && lp == lp) {
    OttoSumAdd(&s->entropy, -r * lp);
    OttoSumAdd(&s->kl, r * (lp == -INFINITY ? lp : x->ratio[i]));
  }
  if (!(x->p[i] > 0)) return;
  s->leaving += w;
  s->square += PetscSqr(w * (1 + fabs(log(x->p[i])) + (x->steady > 0 ? fabs(x->lq[i]) : 0)));
  if (x->pi[i] > 0) s->rest_of_pi += x->p[i] / x->pi[i] * fabs(x->rest[i]);
}

void OttoProductionAddCells(PetscInt64 cell, PetscInt64 n, OttoPlane x, void *context)
{
  static const PetscReal none[TILE] = {0};
  OttoProductionWalk *s = (OttoProductionWalk *)context;

  for (PetscInt64 from = 0; from < n; from += TILE) {
    const int count = (int)PetscMin(TILE, n - from);
    const PetscInt64 c = cell + from;
    const OttoPlane a = OttoPlaneShift(x, from);
    const Cells cells = {a.p,
                         a.q,
                         a.lp,
                         a.lq,
                         a.ratio,
                         s->rate + c,
                         s->rates->leave + c,
                         s->rate_pi ? s->rate_pi + c : none,
                         s->rate_pi ? 1 : 0};
    PetscReal value[CELL_COUNT];
    const int left = AddCells(count, &cells, value);
    OttoSumAdd(&s->entropy, value[ENTROPY]);
    OttoSumAdd(&s->kl, value[KL]);
    s->square += value[SQUARE];
    s->leaving += value[LEAVING];
    s->rest_of_pi += value[REST];
    for (int i = 0; left && i < count; i++)
      if (!(fabs(a.ratio[i]) < DBL_MAX)) AddCell(&cells, i, s);
  }
}

/* Loops of periodic axes of one cell: J = p (D/h²) z, and log(p/p) = log(π/π) = 0. */
static PetscErrorCode AddLoops(OttoGenerator generator, Vec p, OttoSum sums[])
{
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(generator));
  const OttoRates *r = OttoGeneratorGetRates(generator);
  const PetscScalar *values;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(p, &values));
  for (PetscInt j = 0; j < g->dim; j++) {
    for (PetscInt64 c = 0; OttoGeneratorHasLoops(generator, j) && c < g->local_cells; c++) {
      const PetscReal coupling = OttoGeneratorCouplingAt(generator, j, c);
      const PetscReal z = r->force[j][c], heat = values[c] * (coupling * z) * z;
      OttoSumAdd(&sums[OTTO_PRODUCTION_TOTAL], heat);
      OttoSumAdd(&sums[OTTO_PRODUCTION_ADIABATIC], heat);
      OttoSumAdd(&sums[OTTO_PRODUCTION_FLOW], heat);
    }
  }
  PetscCall(VecRestoreArrayRead(p, &values));
  PetscFunctionReturn(0);
}

/* Relative rounding of Qᵀπ in a cell: of some six flows, each as good as the π's it is made of. */
#define STEADY_ROUNDING 1e-13

PetscErrorCode OttoProductionWalkFinish(OttoGenerator generator, Vec p, OttoProductionWalk *s,
                                        OttoProduction *out)
{
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(generator));
  const PetscBool steady = s->rate_pi ? PETSC_TRUE : PETSC_FALSE;
  PetscReal size[3] = {s->square, s->leaving, s->rest_of_pi}, value[OTTO_PRODUCTION_COUNT + 2];
  OttoSum sums[OTTO_PRODUCTION_COUNT + 2];

  PetscFunctionBegin;
  PetscCall(AddLoops(generator, p, s->edges));
  for (int k = 0; k < OTTO_PRODUCTION_COUNT; k++) sums[k] = s->edges[k];
  sums[OTTO_PRODUCTION_COUNT] = s->entropy;
  sums[OTTO_PRODUCTION_COUNT + 1] = s->kl;
  PetscCall(OttoSumReduce(g->comm, OTTO_PRODUCTION_COUNT + 2, sums));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, size, 3, MPIU_REAL, MPIU_SUM, g->comm));
  for (int k = 0; k < OTTO_PRODUCTION_COUNT + 2; k++)
    value[k] = OttoSumValue(sums[k]) * g->cell_volume;
  *out = (OttoProduction){.total = value[OTTO_PRODUCTION_TOTAL],
                          .adiabatic = steady ? value[OTTO_PRODUCTION_ADIABATIC] : NAN,
                          .nonadiabatic = steady ? value[OTTO_PRODUCTION_NONADIABATIC] : NAN,
                          .flow = value[OTTO_PRODUCTION_FLOW],
                          .heat_rate =
                              OttoGeneratorGetTemperature(generator) * value[OTTO_PRODUCTION_FLOW],
                          .entropy_rate = value[OTTO_PRODUCTION_COUNT],
                          .kl_rate = steady ? value[OTTO_PRODUCTION_COUNT + 1] : NAN};
  if (OttoGeneratorIsOneWay(generator))
    out->total = out->adiabatic = out->flow = out->heat_rate = NAN;
  if (OttoGeneratorGetTemperatureField(generator))
    out->heat_rate = NAN; /* T of the edge is not T */
  out->noise = 4 * PETSC_MACHINE_EPSILON * sqrt(size[0]) * g->cell_volume;
  /* a π good to rounding in every cell leaves no more than this; one that is not must be noticed */
  out->steady_noise = PetscMin(size[2], STEADY_ROUNDING * size[1]) * g->cell_volume;
  PetscFunctionReturn(0);
}
