/*
 * Sums over the edges. With δ = log(p_x Q_xy/(p_y Q_yx)) = log(p_x/p_y) + z, and F the larger of
 * the edge's two one-way flows, J = ±F (1 - e^-|δ|): no cancellation near equilibrium, nothing too
 * large at any Péclet number.
 */
#include <otto/production.h>
#include "grid/edges.h"
#include "information/fisher_edge.h"
#include "information/fisher_planes.h"
#include "core/fault.h"
#include "core/vecmath.h"

typedef enum { TOTAL, ADIABATIC, NONADIABATIC, FLOW, COUNT } Index;

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
                                       const Rates *r, double value[COUNT])
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
  value[TOTAL] = total;
  value[ADIABATIC] = adiabatic;
  value[NONADIABATIC] = kl;
  value[FLOW] = flow;
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
    value[ADIABATIC] += Times(J, x.lq - y.lq + z);
    value[FLOW] += J * z;
    return;
  }
  if (!has_x && !has_y) return;
  OttoFisherEdgeAdd(x, y, up, down, z, edge);
  value[NONADIABATIC] += edge[OTTO_DIVERGENCE_KL];
  double J = has_x ? x.p * up : -(y.p * down);
  if (has_x && has_y) {
    double log_ratio = fabs(gap) < 0.5 * x.p && x.p > DBL_MIN ? -log1p(gap / x.p) : x.lp - y.lp;
    J = Current(x.p, y.p, up, down, z, log_ratio, &delta);
    value[TOTAL] += J * delta;
  } else if ((has_x ? up : down) > 0) {
    value[TOTAL] += INFINITY;
  }
  value[ADIABATIC] += Times(J, x.lq - y.lq + z);
  value[FLOW] += J * z;
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

typedef struct {
  const OttoRates *rates;
  OttoSum sums[COUNT];
} Walk;

static void AddRun(const OttoEdges *e, OttoPlane x, OttoPlane y, void *context)
{
  Walk *s = (Walk *)context;

  for (PetscInt64 from = 0; from < e->n; from += OTTO_BLOCK) {
    const OttoPlane a = OttoPlaneShift(x, from), b = OttoPlaneShift(y, from);
    const PetscInt64 at = e->x + from;
    const Rates r = {s->rates->up[e->axis] + at, s->rates->down[e->axis] + at,
                     s->rates->force[e->axis] + at};
    const int n = (int)PetscMin(OTTO_BLOCK, e->n - from);
    PetscReal value[COUNT], left[COUNT] = {0};
    if (AddEdges(n, &a, &b, &r, value)) AddLeft(n, &a, &b, &r, left);
    for (int k = 0; k < COUNT; k++) {
      OttoSumAdd(&s->sums[k], value[k]);
      OttoSumAdd(&s->sums[k], left[k]);
    }
  }
}

/* Loops of periodic axes of one cell: J = p (D/h²) z, and log(p/p) = log(π/π) = 0. */
static PetscErrorCode AddLoops(OttoGenerator generator, Vec p, OttoSum sums[COUNT])
{
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(generator));
  const OttoRates *r = OttoGeneratorGetRates(generator);
  const PetscScalar *values;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(p, &values));
  for (PetscInt j = 0; j < g->dim; j++) {
    const PetscReal coupling = OttoGeneratorCoupling(generator, j);
    for (PetscInt64 c = 0; OttoGeneratorHasLoops(generator, j) && c < g->local_cells; c++) {
      const PetscReal z = r->force[j][c], heat = values[c] * (coupling * z) * z;
      OttoSumAdd(&sums[TOTAL], heat);
      OttoSumAdd(&sums[ADIABATIC], heat);
      OttoSumAdd(&sums[FLOW], heat);
    }
  }
  PetscCall(VecRestoreArrayRead(p, &values));
  PetscFunctionReturn(0);
}

/* The sums over edges of all ranks. */
static PetscErrorCode SumEdges(OttoGenerator generator, const OttoPair *pair,
                               const OttoPairRule *rule, PetscReal value[COUNT])
{
  const OttoGrid grid = OttoGeneratorGetGrid(generator);
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  Walk s = {.rates = OttoGeneratorGetRates(generator)};

  PetscFunctionBegin;
  PetscCall(OttoPairEdgesWalk(grid, pair, rule, AddRun, &s));
  PetscCall(AddLoops(generator, pair->p, s.sums));
  PetscCall(OttoSumReduce(g->comm, COUNT, s.sums));
  for (int k = 0; k < COUNT; k++) value[k] = OttoSumValue(s.sums[k]) * g->cell_volume;
  PetscFunctionReturn(0);
}

/* -Σ (Qᵀp) log p and Σ (Qᵀp) log(p/π), by the generator. */
static PetscErrorCode SumRates(OttoGenerator generator, const OttoPair *pair,
                               const OttoPairRule *rule, PetscReal *entropy, PetscReal *kl)
{
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(generator));
  const PetscScalar *rate;
  OttoPairArrays a;
  OttoSum sums[2] = {{0, 0}};
  Vec of_p;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(OttoGeneratorGetGrid(generator), &of_p));
  PetscCall(OttoGeneratorApply(generator, pair->p, of_p));
  PetscCall(OttoFaultVec("rate", of_p));
  PetscCall(OttoPairGetArrays(pair, &a));
  PetscCall(VecGetArrayRead(of_p, &rate));
  for (PetscInt64 from = 0; from < g->local_cells; from += OTTO_BLOCK) {
    const PetscInt64 n = PetscMin(OTTO_BLOCK, g->local_cells - from);
    PetscReal lp[OTTO_BLOCK], lq[OTTO_BLOCK], ratio[OTTO_BLOCK];
    OttoPairAccumulate(rule, n, a.p + from, a.q + from, a.log_p ? a.log_p + from : NULL,
                       a.log_q ? a.log_q + from : NULL, NULL, lp, lq, ratio);
    for (PetscInt64 i = 0; i < n; i++) {
      if (rate[from + i] == 0 || lp[i] != lp[i]) continue; /* 0 log 0; not resolved */
      OttoSumAdd(&sums[0], -rate[from + i] * lp[i]);
      OttoSumAdd(&sums[1], rate[from + i] * (lp[i] == -INFINITY ? lp[i] : ratio[i]));
    }
  }
  PetscCall(VecRestoreArrayRead(of_p, &rate));
  PetscCall(OttoPairRestoreArrays(pair, &a));
  PetscCall(VecDestroy(&of_p));
  PetscCall(OttoSumReduce(g->comm, 2, sums));
  *entropy = OttoSumValue(sums[0]) * g->cell_volume;
  *kl = OttoSumValue(sums[1]) * g->cell_volume;
  PetscFunctionReturn(0);
}

/* ∫|J| dx. */
static PetscErrorCode CurrentNorm(OttoGenerator generator, Vec p, PetscReal *norm)
{
  const OttoGrid grid = OttoGeneratorGetGrid(generator);
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  Vec current[OTTO_GENERATOR_MAX_DIM];
  const PetscScalar *J[OTTO_GENERATOR_MAX_DIM];
  OttoSum sum = {0, 0};

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++) PetscCall(OttoFieldCreate(grid, &current[j]));
  PetscCall(OttoProductionCurrent(generator, p, current));
  for (PetscInt j = 0; j < g->dim; j++) PetscCall(VecGetArrayRead(current[j], &J[j]));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscReal square = 0;
    for (PetscInt j = 0; j < g->dim; j++) square += J[j][c] * J[j][c];
    OttoSumAdd(&sum, sqrt(square));
  }
  for (PetscInt j = 0; j < g->dim; j++) {
    PetscCall(VecRestoreArrayRead(current[j], &J[j]));
    PetscCall(VecDestroy(&current[j]));
  }
  PetscCall(OttoSumReduce(g->comm, 1, &sum));
  *norm = OttoSumValue(sum) * g->cell_volume;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoProductionCompute(OttoGenerator generator, Vec p, Vec pi, Vec log_pi,
                                     PetscReal resolved, OttoProduction *out)
{
  PetscFunctionBegin;
  OttoNeedGenerator(generator);
  PetscCall(OttoProductionComputeLogs(generator, p, NULL, pi, log_pi, resolved, out));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoProductionComputeLogs(OttoGenerator generator, Vec p, Vec log_p, Vec pi,
                                         Vec log_pi, PetscReal resolved, OttoProduction *out)
{
  const OttoPairRule rule = {0, 0.5, resolved, 0};

  const OttoPair pair = {.p = p, .q = pi ? pi : p, .log_p = log_p, .log_q = pi ? log_pi : log_p};
  PetscReal value[COUNT] = {0};

  PetscFunctionBegin;
  OttoNeedGenerator(generator);
  PetscCall(SumEdges(generator, &pair, &rule, value));
  *out = (OttoProduction){.total = value[TOTAL], .flow = value[FLOW]};
  out->heat_rate = OttoGeneratorGetTemperature(generator) * out->flow;
  PetscCall(SumRates(generator, &pair, &rule, &out->entropy_rate, &out->kl_rate));
  PetscCall(CurrentNorm(generator, p, &out->current_norm));
  out->adiabatic = pi ? value[ADIABATIC] : NAN;
  out->nonadiabatic = pi ? value[NONADIABATIC] : NAN;
  if (!pi) out->kl_rate = NAN;
  PetscFunctionReturn(0);
}

typedef struct {
  const OttoGridInfo *g;
  const OttoRates *rates;
  OttoSurrounded p;
  PetscScalar *current[OTTO_GENERATOR_MAX_DIM];
} Currents;

static void AddCurrents(const OttoEdges *e, void *context)
{
  Currents *s = (Currents *)context;
  const PetscReal *up = s->rates->up[e->axis] + e->x, *down = s->rates->down[e->axis] + e->x;
  const PetscReal *px = OttoSurroundedAt(&s->p, e->x), *py = OttoSurroundedAt(&s->p, e->y);
  PetscScalar *current = s->current[e->axis];

  for (PetscInt64 i = 0; i < e->n; i++) {
    PetscReal part = 0.5 * s->g->h[e->axis] * (up[i] * px[i] - down[i] * py[i]);
    if (e->x < s->g->local_cells) current[e->x + i] += part;
    if (e->y < s->g->local_cells) current[e->y + i] += part;
  }
}

/* What goes round a periodic axis of one cell. */
static void AddLoopCurrents(OttoGenerator generator, Currents *s)
{
  for (PetscInt j = 0; j < s->g->dim; j++) {
    const PetscReal coupling = OttoGeneratorCoupling(generator, j) * s->g->h[j];
    for (PetscInt64 c = 0; OttoGeneratorHasLoops(generator, j) && c < s->g->local_cells; c++)
      s->current[j][c] = s->p.own[c] * (coupling * s->rates->force[j][c]);
  }
}

/* What leaves through the absorbing faces of own cells. */
static PetscErrorCode AddFaces(OttoGenerator generator, Currents *s)
{
  PetscInt64 idx[OTTO_MAX_DIM];
  PetscReal rate = 0;

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    if (!(s->rates->killed[c] > 0)) continue;
    OttoGridCellIndex(s->g, c, idx);
    for (PetscInt j = 0; j < s->g->dim; j++)
      for (int side = -1; side <= 1; side += 2) {
        if (s->g->boundary[j] != OTTO_BOUNDARY_ABSORBING) continue;
        if (idx[j] != (side < 0 ? 0 : s->g->n[j] - 1)) continue;
        PetscCall(OttoGeneratorFaceRate(generator, c, j, side, &rate));
        s->current[j][c] += 0.5 * s->g->h[j] * side * rate * s->p.own[c];
      }
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoProductionCurrent(OttoGenerator generator, Vec p, Vec current[])
{
  const OttoGrid grid = OttoGeneratorGetGrid(generator);
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const OttoRates *rates = OttoGeneratorGetRates(generator);
  PetscErrorCode code = 0;
  OttoHalo halo;

  PetscFunctionBegin;
  OttoNeedGenerator(generator);
  Currents s = {g, rates, {NULL}, {NULL}};
  PetscCall(OttoGridGetHalo(grid, 1, &halo));
  PetscCall(OttoFieldSurround(halo, p, &s.p));
  for (PetscInt j = 0; j < g->dim; j++) {
    PetscCall(VecZeroEntries(current[j]));
    PetscCall(VecGetArray(current[j], &s.current[j]));
  }
  OttoEdgesWalk(g, PETSC_TRUE, AddCurrents, &s);
  AddLoopCurrents(generator, &s);
  if (rates->killed) code = AddFaces(generator, &s);
  for (PetscInt j = 0; j < g->dim; j++) PetscCall(VecRestoreArray(current[j], &s.current[j]));
  PetscCall(OttoFieldRelease(halo, p, &s.p));
  PetscCall(OttoAgree(g->comm, code));
  PetscFunctionReturn(0);
}
