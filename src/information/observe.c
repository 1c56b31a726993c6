/*
 * The walk: strips of rows (positions along axis 1) whose logarithms on two planes stay in the
 * second-level cache, plane by plane along axis 0, each cell with its edges to lower neighbours.
 * The row below a strip, and the plane above the rank's own, are taken for their logarithms alone.
 * In two dimensions the last axis is axis 1: a plane is one row.
 */
#include "observe.h"
#include "divergence_impl.h"
#include "grid/edges.h"
#include "observe_cells.h"
#include "observe_edges.h"
#include <math.h>

#define STRIP_REALS 49152 /* of logarithms on two planes */
enum { LOG_P, LOG_Q, RATIO, LOGS };

typedef struct {
  const OttoGridInfo *g;
  const OttoObserveRule *rule;
  OttoSurrounded p, q;
  const PetscScalar *p0, *rate_p, *rate_q;
  PetscInt inner;          /* the first axis within a row */
  PetscInt64 rows, row;    /* of a plane; cells of a row */
  PetscInt64 first, count; /* of the strip: rows, without the one below */
  PetscInt64 strip;        /* most of these */
  PetscReal *logs;         /* [2][strip + 1][LOGS][row] */
  PetscReal *change[2];    /* [row]: ∂_t p, ∂_t q */
  OttoObserveSums sums;
  OttoSum fisher[3];
} Walk;

/* Logarithm f of row k of the strip, -1 being the one below, on plane i. */
static PetscReal *LogRow(const Walk *s, PetscInt64 i, PetscInt64 k, PetscInt f)
{
  return s->logs + ((((i & 1) * (s->strip + 1)) + k + 1) * LOGS + f) * s->row;
}

/* The cell a row begins with; -1: there is no such row. */
static PetscInt64 CellOf(const Walk *s, PetscInt64 i, PetscInt64 j)
{
  const PetscBool wraps = s->g->boundary[1] == OTTO_BOUNDARY_PERIODIC ? PETSC_TRUE : PETSC_FALSE;

  if (s->inner == 1) return OttoHaloRow(s->g, 1, i, 0);
  if (j < 0 || j >= s->rows) {
    if (!wraps || s->rows == 1) return -1;
    j = (j + s->rows) % s->rows;
  }
  return OttoHaloRow(s->g, 1, i, j);
}

/* Values from a cell on, or from `other` where there is none. */
static const PetscReal *At(const OttoSurrounded *f, PetscInt64 cell, PetscInt64 other)
{
  return OttoSurroundedAt(f, cell < 0 ? other : cell);
}

static OttoObserveLine LineOf(const Walk *s, PetscInt64 i, PetscInt64 k, PetscInt64 from)
{
  const PetscInt64 cell = CellOf(s, i, s->first + k) + from;

  return (OttoObserveLine){OttoSurroundedAt(&s->p, cell), OttoSurroundedAt(&s->q, cell),
                           LogRow(s, i, k, LOG_P) + from, LogRow(s, i, k, LOG_Q) + from,
                           LogRow(s, i, k, RATIO) + from};
}

static OttoObserveLine ShiftLine(OttoObserveLine x, PetscInt64 by)
{
  return (OttoObserveLine){x.p + by, x.q + by, x.lp + by, x.lq + by, x.ratio + by};
}

static PetscReal Weight(const OttoGridInfo *g, PetscInt j)
{
  return 1 / (g->h[j] * g->h[j]);
}

/* Neighbours of a cell's line on axis k within the row. */
static OttoObserveBeside BesideInside(const OttoGridInfo *g, const PetscReal row[], PetscInt k,
                                      PetscInt64 stride, PetscInt64 from)
{
  const PetscInt64 at = from / stride % g->n[k], round = (g->n[k] - 1) * stride;
  const PetscBool wraps = g->boundary[k] == OTTO_BOUNDARY_PERIODIC ? PETSC_TRUE : PETSC_FALSE;
  const PetscInt64 below = at > 0 ? from - stride : wraps ? from + round : from;
  const PetscInt64 above = at + 1 < g->n[k] ? from + stride : wraps ? from - round : from;

  return (OttoObserveBeside){{row + below, NULL}, {row + above, NULL}, {Weight(g, k), 0}};
}

/* ∂_t of one density on row j of plane i by the chain. */
static void Generate(const Walk *s, const OttoSurrounded *u, PetscInt64 i, PetscInt64 j,
                     PetscReal out[])
{
  const OttoGridInfo *g = s->g;
  const PetscInt last = g->dim - 1;
  const PetscInt64 n = g->n[last], none = CellOf(s, i, j);
  const PetscInt64 below0 = OttoEdgesLeadUp(g, 0, i - 1) ? CellOf(s, i - 1, j) : none;
  const PetscInt64 above0 = OttoEdgesLeadUp(g, 0, i) ? CellOf(s, i + 1, j) : none;
  const PetscInt64 below1 = s->inner == 2 ? CellOf(s, i, j - 1) : none;
  const PetscInt64 above1 = s->inner == 2 ? CellOf(s, i, j + 1) : none;
  const PetscReal *row = OttoSurroundedAt(u, none);
  OttoObserveBeside b = {{OttoSurroundedAt(u, below0), At(u, below1, none)},
                         {OttoSurroundedAt(u, above0), At(u, above1, none)},
                         {Weight(g, 0), s->inner == 2 ? Weight(g, 1) : 0}};

  for (PetscInt64 from = 0; from < s->row; from += n) {
    PetscInt64 stride = n;
    OttoObserveGenerate((PetscInt)n, row + from, &b, Weight(g, last),
                        g->boundary[last] == OTTO_BOUNDARY_PERIODIC ? PETSC_TRUE : PETSC_FALSE,
                        out + from);
    for (PetscInt k = last - 1; k >= s->inner; stride *= g->n[k], k--) {
      const OttoObserveBeside inside = BesideInside(g, row, k, stride, from);
      OttoObserveAddBeside((PetscInt)n, row + from, &inside, out + from);
    }
    for (int k = 0; k < 2; k++) {
      b.below[k] += n;
      b.above[k] += n;
    }
  }
}

/* ∂_t p and ∂_t q of an own row. */
static void Changes(const Walk *s, PetscInt64 i, PetscInt64 j)
{
  const PetscInt64 cell = CellOf(s, i, j);

  if (!s->rate_p) {
    Generate(s, &s->p, i, j, s->change[0]);
    Generate(s, &s->q, i, j, s->change[1]);
    return;
  }
  for (PetscInt64 c = 0; c < s->row; c++) {
    s->change[0][c] = s->p.own[cell + c] * s->rate_p[cell + c];
    s->change[1][c] = s->q.own[cell + c] * s->rate_q[cell + c];
  }
}

/* The logarithms of row k of the strip on plane i, and its cells where they count. */
static PetscBool TakeRow(Walk *s, PetscInt64 i, PetscInt64 k)
{
  const PetscInt64 cell = CellOf(s, i, s->first + k);
  const PetscBool counts = k >= 0 && i < s->g->local[0] ? PETSC_TRUE : PETSC_FALSE;
  OttoObserveRun run = {.p = OttoSurroundedAt(&s->p, cell),
                        .q = OttoSurroundedAt(&s->q, cell),
                        .lp = LogRow(s, i, k, LOG_P),
                        .lq = LogRow(s, i, k, LOG_Q),
                        .ratio = LogRow(s, i, k, RATIO)};

  if (counts) {
    Changes(s, i, s->first + k);
    run.p0 = s->p0 + cell;
    run.dp = s->change[0];
    run.dq = s->change[1];
  }
  return OttoObserveCells(s->sums.uniform, s->sums.least, s->row, &run, counts ? &s->sums : NULL);
}

/* Edges within a line, and to those of its row: from below up to it. */
static PetscBool EdgesInside(const Walk *s, OttoObserveLine row, PetscInt64 from, PetscReal value[])
{
  const OttoGridInfo *g = s->g;
  const PetscInt last = g->dim - 1, n = (PetscInt)g->n[last];
  const OttoObserveLine x = ShiftLine(row, from), next = ShiftLine(x, 1), end = ShiftLine(x, n - 1);
  const PetscReal weight = Weight(g, last);
  PetscInt64 stride = n;

  if (n > 1 && !OttoObserveEdges(n - 1, &x, &next, weight, value)) return PETSC_FALSE;
  if (n > 1 && g->boundary[last] == OTTO_BOUNDARY_PERIODIC &&
      !OttoObserveEdges(1, &end, &x, weight, value))
    return PETSC_FALSE;
  for (PetscInt k = last - 1; k >= s->inner; stride *= g->n[k], k--) {
    const PetscInt64 at = from / stride % g->n[k];
    if (g->n[k] == 1 || (at == 0 && g->boundary[k] != OTTO_BOUNDARY_PERIODIC)) continue;
    const OttoObserveLine below =
        ShiftLine(row, at > 0 ? from - stride : from + (g->n[k] - 1) * stride);
    if (!OttoObserveEdges(n, &below, &x, Weight(g, k), value)) return PETSC_FALSE;
  }
  return PETSC_TRUE;
}

/* Row k of plane i with the rows below it on axes 1 and 0. */
static PetscBool EdgesOfRow(Walk *s, PetscInt64 i, PetscInt64 k)
{
  const OttoGridInfo *g = s->g;
  const PetscInt64 n = g->n[g->dim - 1];
  const PetscBool own = i < g->local[0] ? PETSC_TRUE : PETSC_FALSE;
  const PetscBool beside =
      own && s->inner == 2 && CellOf(s, i, s->first + k - 1) >= 0 ? PETSC_TRUE : PETSC_FALSE;
  const OttoObserveLine row = LineOf(s, i, k, 0);

  for (PetscInt64 from = 0; from < s->row; from += n) {
    const OttoObserveLine y = ShiftLine(row, from);
    PetscReal value[3] = {0};
    if (own && !EdgesInside(s, row, from, value)) return PETSC_FALSE;
    if (beside) {
      const OttoObserveLine x = LineOf(s, i, k - 1, from);
      if (!OttoObserveEdges((PetscInt)n, &x, &y, Weight(g, 1), value)) return PETSC_FALSE;
    }
    if (i > 0) {
      const OttoObserveLine x = LineOf(s, i - 1, k, from);
      if (!OttoObserveEdges((PetscInt)n, &x, &y, Weight(g, 0), value)) return PETSC_FALSE;
    }
    for (int m = 0; m < 3; m++) OttoSumAdd(&s->fisher[m], value[m]);
  }
  return PETSC_TRUE;
}

/* One strip through all planes. */
static PetscBool March(Walk *s)
{
  const OttoGridInfo *g = s->g;
  const PetscBool edges = s->rate_p ? PETSC_FALSE : PETSC_TRUE;
  const PetscInt64 above = edges && OttoEdgesLeadUp(g, 0, g->local[0] - 1) ? 1 : 0;
  const PetscBool below =
      edges && s->inner == 2 && CellOf(s, 0, s->first - 1) >= 0 ? PETSC_TRUE : PETSC_FALSE;

  for (PetscInt64 i = 0; i < g->local[0] + above; i++) {
    if (below && i < g->local[0] && !TakeRow(s, i, -1)) return PETSC_FALSE;
    for (PetscInt64 k = 0; k < s->count; k++) {
      if (!TakeRow(s, i, k)) return PETSC_FALSE;
      if (edges && !EdgesOfRow(s, i, k)) return PETSC_FALSE;
    }
  }
  return PETSC_TRUE;
}

static PetscBool Serves(const OttoGridInfo *g, const OttoPair *pair)
{
  if (g->dim < 2 || g->mesh[1] > 1) return PETSC_FALSE;
  for (PetscInt j = 0; j < g->dim; j++)
    if (g->boundary[j] != OTTO_BOUNDARY_PERIODIC && g->boundary[j] != OTTO_BOUNDARY_NO_FLUX)
      return PETSC_FALSE;
  const PetscReal uniform = 1 / (g->cell_volume * (PetscReal)g->cells);
  return uniform > 0x1p-300 && uniform < 0x1p300 && pair->resolved_p < INFINITY ? PETSC_TRUE
                                                                                : PETSC_FALSE;
}

static PetscErrorCode Create(OttoGrid grid, const OttoObserveRule *rule, OttoHalo *halo, Walk *s)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const OttoPair *pair = rule->pair;

  PetscFunctionBegin;
  *s = (Walk){.g = g, .rule = rule, .inner = g->dim > 2 ? 2 : 1};
  s->rows = s->inner == 2 ? g->local[1] : 1;
  s->row = s->inner == 2 ? g->row_cells : g->local[1];
  s->strip = PetscMin(s->rows, PetscMax(4, STRIP_REALS / (2 * LOGS * PetscMax(1, s->row)) - 1));
  s->sums.uniform = 1 / (g->cell_volume * (PetscReal)g->cells);
  s->sums.log_uniform = log(s->sums.uniform);
  s->sums.least[0] = PetscMax(0x1p-900, pair->resolved_p);
  s->sums.least[1] = PetscMax(0x1p-900, pair->resolved_q);
  OttoTotalsInit(&s->sums.totals);
  const size_t room = (size_t)(2 * (s->strip + 1) * LOGS * s->row);
  PetscCall(OttoAgree(g->comm,
                      PetscMalloc3(room, &s->logs, s->row, &s->change[0], s->row, &s->change[1])));
  PetscCall(OttoGridGetHalo(grid, 1, halo));
  PetscCall(OttoFieldSurround(*halo, pair->p, &s->p));
  PetscCall(OttoFieldSurround(*halo, pair->q, &s->q));
  PetscCall(VecGetArrayRead(rule->p0, &s->p0));
  if (rule->rate_p) PetscCall(VecGetArrayRead(rule->rate_p, &s->rate_p));
  if (rule->rate_p) PetscCall(VecGetArrayRead(rule->rate_q, &s->rate_q));
  PetscFunctionReturn(0);
}

static PetscErrorCode Destroy(OttoHalo halo, Walk *s)
{
  const OttoObserveRule *rule = s->rule;

  PetscFunctionBegin;
  if (rule->rate_p) PetscCall(VecRestoreArrayRead(rule->rate_q, &s->rate_q));
  if (rule->rate_p) PetscCall(VecRestoreArrayRead(rule->rate_p, &s->rate_p));
  PetscCall(VecRestoreArrayRead(rule->p0, &s->p0));
  PetscCall(OttoFieldRelease(halo, rule->pair->q, &s->q));
  PetscCall(OttoFieldRelease(halo, rule->pair->p, &s->p));
  PetscCall(PetscFree3(s->logs, s->change[0], s->change[1]));
  PetscFunctionReturn(0);
}

static PetscErrorCode Finish(OttoGrid grid, Walk *s, OttoPairObserved *out)
{
  const OttoGridInfo *g = s->g;
  const OttoPairRule rule = {OTTO_MASK_ALL, s->rule->order, s->rule->pair->resolved_p,
                             s->rule->pair->resolved_q};
  PetscReal value[OTTO_OBSERVE_COUNT], fisher[3];

  PetscFunctionBegin;
  PetscCall(PetscMemzero(out, sizeof *out));
  PetscCall(OttoTotalsFinish(grid, &rule, s->rule->pair, &s->sums.totals, &out->d));
  PetscCall(OttoSumReduce(g->comm, OTTO_OBSERVE_COUNT, s->sums.sum));
  PetscCall(OttoSumReduce(g->comm, 3, s->fisher));
  for (int k = 0; k < OTTO_OBSERVE_COUNT; k++)
    value[k] = OttoSumValue(s->sums.sum[k]) * g->cell_volume;
  for (int k = 0; k < 3; k++) fisher[k] = OttoSumValue(s->fisher[k]) * g->cell_volume;
  out->f.dissipation[OTTO_DIVERGENCE_KL] = fisher[0];
  out->f.fisher_p = fisher[1];
  out->f.fisher_q = fisher[2];
  out->mid_p = value[OTTO_OBSERVE_MID_P];
  out->mid_q = value[OTTO_OBSERVE_MID_Q];
  out->p0_log_p = value[OTTO_OBSERVE_P0_LOG_P];
  out->kl_rate = value[OTTO_OBSERVE_KL_RATE];
  for (int k = 0; k < 2; k++) {
    out->entropy_rate[k] = value[OTTO_OBSERVE_ENTROPY_RATE_P + k];
    out->lack[k] = value[OTTO_OBSERVE_LACK_P + k];
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPairObserve(OttoGrid grid, const OttoObserveRule *rule, OttoPairObserved *out,
                               PetscBool *taken)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  OttoHalo halo = NULL;
  Walk s;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  *taken = Serves(g, rule->pair);
  if (!*taken) PetscFunctionReturn(0);
  PetscCall(Create(grid, rule, &halo, &s));
  for (s.first = 0; s.first < s.rows && *taken && g->local_cells; s.first += s.strip) {
    s.count = PetscMin(s.strip, s.rows - s.first);
    *taken = March(&s);
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, taken, 1, MPIU_BOOL, MPI_LAND, g->comm));
  if (*taken) PetscCall(Finish(grid, &s, out));
  PetscCall(Destroy(halo, &s));
  PetscFunctionReturn(0);
}
