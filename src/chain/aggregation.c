/*
 * Iterative aggregation and disaggregation (Koury, McAllister and Stewart 1984) for Qᵀπ = 0
 * (MATHEMATICS 7.1). Cells
 * are lumped into boxes with the iterate as weights; the stationary masses of the boxes are found
 * by elimination without a subtraction (Grassmann, Taksar and Heyman 1985), to n·ε of each whatever
 * the rates between them; sweeps mend the shape inside boxes. The iterate is log π. Boxes are
 * eliminated from the lightest on, so that the flow of mass between wells is the last that is
 * looked at, in numbers of any exponent; along an edge the inflow of a sweep is taken relative to
 * the mass of the cell that receives it. A rate that underflows has its logarithm from the force.
 * So neither the range of π nor that of the rates matters.
 */
#include "aggregation.h"
#include "aggregation_wells.h"
#include "grid/edges.h"
#include "core/wide.h"
#include <math.h>

#define DIM OTTO_GENERATOR_MAX_DIM
#define DAMPING 0.7 /* of a Jacobi sweep: a grid is bipartite, undamped sweeps would alternate */
/* Largest |log| of a weight and of what sweeps may change: an iterate far from stationary stays
 * finite. */
#define STEEPEST 230.
#define FEWEST 16 /* boxes of a rank that follow wells, however many ranks there are */

struct _n_OttoAggregation {
  const OttoGridInfo *g;
  const OttoRates *rates;
  PetscReal sigma;
  const PetscReal *source; /* log f; NULL: none */
  PetscInt boxes, states;  /* states: the source, if any, as the first, then the boxes */
  PetscInt wells;          /* most boxes of a rank that follow wells */
  PetscInt per[DIM];
  PetscInt *box; /* of every cell, ghosts included */
  OttoHalo halo;
  PetscReal *r, *inflow, *fed; /* fed: f/x */
  PetscReal *into[2][DIM];     /* Q_xy π_x/π_y into the upper cell y, and back into x; 0: upper */
  PetscReal *log_box, *part; /* of every box: log of its mass, inf where that is 0; room for sums */
  OttoWide *rate;            /* [states²] between boxes, the heaviest first */
  OttoWide *balance;         /* stationary masses, in this order */
  PetscReal *log_mass;       /* those of the iterate, then the stationary ones; in this order */
  PetscInt *place, *linked;  /* of every box in this order; states that a row leads to */
};

/* ---- life ---- */

static void NumberBoxes(OttoAggregation s)
{
  const OttoGridInfo *g = s->g;

  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscInt64 at[OTTO_MAX_DIM];
    OttoGridCellIndex(g, c, at);
    s->box[c] = 0;
    for (PetscInt j = 0; j < g->dim; j++)
      s->box[c] = s->box[c] * s->per[j] + (PetscInt)(at[j] * s->per[j] / g->n[j]);
  }
}

/* The boxes of ghosts. */
static PetscErrorCode SurroundBoxes(OttoAggregation s)
{
  const PetscInt64 own = s->g->local_cells;
  OttoSurrounded box;

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < own; c++) s->r[c] = (PetscReal)s->box[c];
  PetscCall(OttoHaloSurround(s->halo, s->r, &box));
  for (PetscInt64 k = 0; k < OttoHaloCells(s->halo); k++) s->box[own + k] = (PetscInt)box.ghost[k];
  PetscCall(OttoHaloRelease(s->halo, &box));
  PetscFunctionReturn(0);
}

static PetscErrorCode Allocate(OttoAggregation s)
{
  const size_t own = (size_t)s->g->local_cells, edges = own + (size_t)OttoEdgesLowerGhosts(s->g);
  PetscMPIInt ranks;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(s->g->comm, &ranks));
  s->wells = PetscMax(s->boxes / ranks, PetscMin(s->boxes, FEWEST));
  const size_t m = (size_t)PetscMax(s->boxes, s->wells * ranks) + 1;
  PetscCall(PetscMalloc1(own + (size_t)OttoHaloCells(s->halo), &s->box));
  PetscCall(PetscCalloc3(own, &s->r, own, &s->inflow, own, &s->fed));
  for (int k = 0; k < 2; k++)
    for (PetscInt j = 0; j < s->g->dim; j++)
      PetscCall(PetscCalloc1(OttoHaloServes(s->g, j) ? edges : own, &s->into[k][j]));
  PetscCall(PetscCalloc3(m, &s->log_box, m, &s->part, m, &s->log_mass));
  PetscCall(PetscCalloc4(m * m, &s->rate, m, &s->balance, m, &s->place, m, &s->linked));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoAggregationCreate(OttoGenerator generator, PetscInt boxes,
                                     OttoAggregation *aggregation)
{
  OttoGrid grid = OttoGeneratorGetGrid(generator);
  PetscInt64 count = 1;
  OttoAggregation s;

  PetscFunctionBegin;
  PetscCall(PetscNew(&s));
  *aggregation = s;
  s->g = OttoGridGetInfo(grid);
  s->rates = OttoGeneratorGetRates(generator);
  for (PetscInt j = 0; j < s->g->dim; j++) {
    s->per[j] = (PetscInt)PetscMin(s->g->n[j], (PetscInt64)boxes);
    count *= s->per[j];
  }
  while (count > boxes) { /* the axis with most boxes gets fewer */
    PetscInt most = 0;
    for (PetscInt j = 1; j < s->g->dim; j++)
      if (s->per[j] > s->per[most]) most = j;
    count = count / s->per[most] * (s->per[most] - 1);
    s->per[most]--;
  }
  s->boxes = s->states = (PetscInt)count;
  PetscCall(OttoGridGetHalo(grid, 1, &s->halo));
  PetscCall(OttoAgree(s->g->comm, Allocate(s)));
  NumberBoxes(s);
  PetscCall(SurroundBoxes(s));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoAggregationDestroy(OttoAggregation *aggregation)
{
  OttoAggregation s = *aggregation;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(0);
  PetscCall(PetscFree(s->box));
  PetscCall(PetscFree3(s->r, s->inflow, s->fed));
  for (int k = 0; k < 2; k++)
    for (PetscInt j = 0; j < DIM; j++) PetscCall(PetscFree(s->into[k][j]));
  PetscCall(PetscFree3(s->log_box, s->part, s->log_mass));
  PetscCall(PetscFree4(s->rate, s->balance, s->place, s->linked));
  PetscCall(PetscFree(*aggregation));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoAggregationFollowWells(OttoAggregation s, const PetscReal log_pi[],
                                          PetscReal *slowest)
{
  PetscInt count = 0, first = 0;

  PetscFunctionBegin;
  PetscCall(
      OttoAgree(s->g->comm, OttoWells(s->g, s->rates, log_pi, s->wells, s->box, &count, slowest)));
  PetscCallMPI(MPI_Exscan(&count, &first, 1, MPIU_INT, MPI_SUM, s->g->comm));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) s->box[c] += first;
  PetscCall(SurroundBoxes(s));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, slowest, 1, MPIU_REAL, MPIU_MIN, s->g->comm));
  PetscCallMPI(MPI_Allreduce(&count, &s->boxes, 1, MPIU_INT, MPI_SUM, s->g->comm));
  s->states = s->boxes + (s->source ? 1 : 0);
  PetscFunctionReturn(0);
}

size_t OttoAggregationBytes(OttoAggregation s)
{
  const size_t own = (size_t)s->g->local_cells, m = (size_t)s->boxes + 1;

  return own * ((3 + 2 * (size_t)s->g->dim) * sizeof(PetscReal) + sizeof(PetscInt)) +
         m * m * sizeof(OttoWide);
}

void OttoAggregationSetSource(OttoAggregation s, PetscReal sigma, const PetscReal log_f[])
{
  s->sigma = sigma;
  s->source = log_f;
  s->states = s->boxes + 1;
}

/* ---- boxes ---- */

static PetscReal Bounded(PetscReal log_weight)
{
  if (log_weight == -INFINITY) return 0;
  return exp(PetscMin(PetscMax(log_weight, -STEEPEST), STEEPEST));
}

static PetscInt BoxOf(const OttoAggregation s, PetscInt64 cell)
{
  return s->box[cell];
}

/* What a walk sees: log π, or r, with its ghosts. */
typedef struct {
  OttoAggregation s;
  OttoSurrounded field;
} Walk;

/* A rate from box `from` to box `to`, of the share log_share of its mass. */
static void AddRate(OttoAggregation s, PetscInt from, PetscInt to, PetscReal rate, PetscReal other,
                    PetscReal z, PetscReal log_share)
{
  OttoWide *sum = &s->rate[s->place[from] * s->states + s->place[to]];

  *sum = OttoWideAdd(*sum, OttoWideExp(OttoLogRate(rate, other, z) + log_share));
}

/* Rates between boxes, each edge once, under its lower cell. */
static void AddRates(const OttoEdges *e, void *context)
{
  const Walk *walk = (const Walk *)context;
  OttoAggregation s = walk->s;
  const PetscReal *up = s->rates->up[e->axis] + e->x, *down = s->rates->down[e->axis] + e->x;
  const PetscReal *z = s->rates->force[e->axis] + e->x;
  const PetscReal *lx = OttoSurroundedAt(&walk->field, e->x);
  const PetscReal *ly = OttoSurroundedAt(&walk->field, e->y);

  for (PetscInt64 i = 0; i < e->n; i++) {
    const PetscInt x = BoxOf(s, e->x + i), y = BoxOf(s, e->y + i);
    if (x == y) continue;
    AddRate(s, x, y, up[i], down[i], z[i], lx[i] - s->log_box[x]);
    AddRate(s, y, x, down[i], up[i], -z[i], ly[i] - s->log_box[y]);
  }
}

static PetscErrorCode SumBoxes(OttoAggregation s, const PetscReal log_pi[])
{
  const OttoGridInfo *g = s->g;
  const PetscMPIInt m = (PetscMPIInt)s->boxes;
  PetscReal *top = s->log_box;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < s->boxes; k++) top[k] = -INFINITY;
  PetscCall(PetscArrayzero(s->part, s->boxes));
  for (PetscInt64 c = 0; c < g->local_cells; c++)
    top[BoxOf(s, c)] = PetscMax(top[BoxOf(s, c)], log_pi[c]);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, top, m, MPIU_REAL, MPIU_MAX, g->comm));
  for (PetscInt64 c = 0; c < g->local_cells; c++)
    if (log_pi[c] > -INFINITY) s->part[BoxOf(s, c)] += exp(log_pi[c] - top[BoxOf(s, c)]);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, s->part, m, MPIU_REAL, MPIU_SUM, g->comm));
  for (PetscInt k = 0; k < s->boxes; k++)
    s->log_box[k] = s->part[k] > 0 ? top[k] + log(s->part[k]) : INFINITY;
  PetscFunctionReturn(0);
}

/* The heaviest box first; the same on all ranks. */
static PetscErrorCode Order(OttoAggregation s)
{
  PetscReal *weight;
  PetscInt *order;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(s->boxes, &weight, s->boxes, &order));
  for (PetscInt k = 0; k < s->boxes; k++) {
    weight[k] = isfinite(s->log_box[k]) ? -s->log_box[k] : INFINITY;
    order[k] = k;
  }
  PetscCall(PetscSortRealWithPermutation(s->boxes, weight, order));
  for (PetscInt k = 0; k < s->boxes; k++) {
    s->place[order[k]] = k + s->states - s->boxes;
    s->log_mass[k + s->states - s->boxes] = -weight[order[k]];
  }
  PetscCall(PetscFree2(weight, order));
  PetscFunctionReturn(0);
}

/* Takes state k out: what goes into it arrives where it leads. `linked`: room for k numbers. */
static void TakeOut(PetscInt m, PetscInt k, OttoWide rate[], PetscInt linked[])
{
  const OttoWide *of_k = rate + k * m;
  OttoWide out = OttoWideMake(0, 0);
  PetscInt count = 0;

  for (PetscInt j = 0; j < k; j++) {
    if (!(of_k[j].m > 0)) continue;
    out = OttoWideAdd(out, of_k[j]);
    linked[count++] = j;
  }
  for (PetscInt i = 0; i < k; i++) {
    OttoWide *of_i = rate + i * m;
    if (!(of_i[k].m > 0)) continue;
    if (count) of_i[k] = OttoWideOver(of_i[k], out);
    for (PetscInt j = 0; j < count; j++)
      of_i[linked[j]] = OttoWideAdd(of_i[linked[j]], OttoWideTimes(of_i[k], of_k[linked[j]]));
  }
}

/* Logarithms of the stationary masses of the states, the first's 0. A state that leads to none
 * before it is cut off from them, and keeps its mass relative to the first's. */
static void Eliminate(OttoAggregation s)
{
  const PetscInt m = s->states;
  const PetscReal first = s->log_mass[0];

  for (PetscInt k = m - 1; k > 0; k--) TakeOut(m, k, s->rate, s->linked);
  s->balance[0] = OttoWideMake(1, 0);
  s->log_mass[0] = 0;
  for (PetscInt k = 1; k < m; k++) {
    OttoWide sum = OttoWideMake(0, 0);
    PetscBool leads = PETSC_FALSE;
    for (PetscInt j = 0; j < k && !leads; j++)
      if (s->rate[k * m + j].m > 0) leads = PETSC_TRUE;
    for (PetscInt i = 0; i < k && leads; i++)
      sum = OttoWideAdd(sum, OttoWideTimes(s->balance[i], s->rate[i * m + k]));
    s->balance[k] = leads ? sum : OttoWideExp(s->log_mass[k] - first);
    s->log_mass[k] = leads ? OttoWideLog(sum) : s->log_mass[k] - first;
  }
}

/* What the source feeds, and what returns to it. */
static void AddSource(OttoAggregation s, const PetscReal log_pi[])
{
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    const PetscInt k = BoxOf(s, c), to = s->place[k];
    if (!(log_pi[c] > -INFINITY)) continue;
    const PetscReal back = s->sigma + (s->rates->killed ? s->rates->killed[c] : 0);
    OttoWide *fed = &s->rate[to], *returns = &s->rate[to * s->states];
    *fed = OttoWideAdd(*fed, OttoWideExp(s->source[c]));
    *returns = OttoWideAdd(*returns, OttoWideExp(log(back) + log_pi[c] - s->log_box[k]));
  }
}

/* Sums over the ranks. */
static PetscErrorCode Reduce(MPI_Comm comm, PetscMPIInt count, OttoWide sums[])
{
  PetscMPIInt size, *power;
  PetscReal *part;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(comm, &size));
  if (size == 1) PetscFunctionReturn(0);
  PetscCall(PetscMalloc2(count, &power, count, &part));
  for (PetscMPIInt i = 0; i < count; i++) power[i] = sums[i].e;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, power, count, MPI_INT, MPI_MAX, comm));
  for (PetscMPIInt i = 0; i < count; i++) {
    const PetscMPIInt below = power[i] - sums[i].e;
    part[i] = below == 0 ? sums[i].m : below == 1 ? sums[i].m * 0x1p-512 : 0;
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, part, count, MPIU_REAL, MPIU_SUM, comm));
  for (PetscMPIInt i = 0; i < count; i++) sums[i] = OttoWideMake(part[i], power[i]);
  PetscCall(PetscFree2(power, part));
  PetscFunctionReturn(0);
}

static PetscErrorCode BalanceBoxes(OttoAggregation s, Walk *walk, PetscReal log_pi[])
{
  const PetscMPIInt entries = (PetscMPIInt)(s->states * s->states);

  PetscFunctionBegin;
  PetscCall(SumBoxes(s, log_pi));
  PetscCall(Order(s));
  for (PetscMPIInt i = 0; i < entries; i++) s->rate[i] = OttoWideMake(0, 0);
  OttoEdgesWalk(s->g, PETSC_FALSE, AddRates, walk);
  if (s->source) AddSource(s, log_pi);
  PetscCall(Reduce(s->g->comm, entries, s->rate));
  Eliminate(s);
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    const PetscInt k = BoxOf(s, c);
    log_pi[c] += s->log_mass[s->place[k]] - s->log_box[k];
  }
  PetscFunctionReturn(0);
}

/* ---- cells ---- */

/* rate · e^d; what is -inf on both sides has no d. */
static PetscReal Inflow(PetscReal rate, PetscReal other, PetscReal z, PetscReal d)
{
  if (rate >= DBL_MIN && fabs(d) <= STEEPEST) return rate * exp(d);
  return isnan(d) ? 0 : Bounded(OttoLogRate(rate, other, z) + d);
}

static void FillWeights(const OttoEdges *e, void *context)
{
  const Walk *walk = (const Walk *)context;
  OttoAggregation s = walk->s;
  const PetscReal *up = s->rates->up[e->axis] + e->x, *down = s->rates->down[e->axis] + e->x;
  const PetscReal *z = s->rates->force[e->axis] + e->x;
  const PetscReal *lx = OttoSurroundedAt(&walk->field, e->x);
  const PetscReal *ly = OttoSurroundedAt(&walk->field, e->y);

  for (PetscInt64 i = 0; i < e->n; i++) {
    s->into[0][e->axis][e->x + i] = Inflow(up[i], down[i], z[i], lx[i] - ly[i]);
    s->into[1][e->axis][e->x + i] = Inflow(down[i], up[i], -z[i], ly[i] - lx[i]);
  }
}

static PetscReal Clamped(PetscReal r)
{
  const PetscReal largest = 1e100; /* e^STEEPEST */

  return r < largest ? PetscMax(r, 1 / largest) : largest;
}

static void AddInflow(const OttoEdges *e, void *context)
{
  const Walk *walk = (const Walk *)context;
  OttoAggregation s = walk->s;
  const PetscReal *rx = OttoSurroundedAt(&walk->field, e->x);
  const PetscReal *ry = OttoSurroundedAt(&walk->field, e->y);
  const PetscReal *upper = s->into[0][e->axis] + e->x, *lower = s->into[1][e->axis] + e->x;

  if (e->x < s->g->local_cells)
    for (PetscInt64 i = 0; i < e->n; i++) s->inflow[e->x + i] += lower[i] * ry[i];
  if (e->y < s->g->local_cells)
    for (PetscInt64 i = 0; i < e->n; i++) s->inflow[e->y + i] += upper[i] * rx[i];
}

static PetscErrorCode Ghosts(OttoAggregation s, const PetscReal values[], Walk *walk)
{
  PetscFunctionBegin;
  walk->s = s;
  PetscCall(OttoHaloSurround(s->halo, values, &walk->field));
  PetscFunctionReturn(0);
}

/* r, which multiplies π and starts at 1, towards balance; leave r in log π. */
static PetscErrorCode Sweep(OttoAggregation s, PetscInt sweeps, PetscReal log_pi[])
{
  const PetscInt64 cells = s->g->local_cells;
  Walk walk;

  PetscFunctionBegin;
  PetscCall(Ghosts(s, log_pi, &walk));
  OttoEdgesWalk(s->g, PETSC_TRUE, FillWeights, &walk);
  PetscCall(OttoHaloRelease(s->halo, &walk.field));
  for (PetscInt64 c = 0; c < cells; c++) {
    s->r[c] = 1;
    s->fed[c] = s->source && s->source[c] > -INFINITY ? Bounded(s->source[c] - log_pi[c]) : 0;
  }
  for (PetscInt k = 0; k < sweeps; k++) {
    PetscCall(Ghosts(s, s->r, &walk));
    PetscCall(PetscArraycpy(s->inflow, s->fed, cells));
    OttoEdgesWalk(s->g, PETSC_TRUE, AddInflow, &walk);
    PetscCall(OttoHaloRelease(s->halo, &walk.field));
    for (PetscInt64 c = 0; c < cells; c++) {
      const PetscReal leave = s->sigma + s->rates->leave[c];
      if (leave > 0) s->r[c] = Clamped(s->r[c] + DAMPING * (s->inflow[c] / leave - s->r[c]));
    }
  }
  for (PetscInt64 c = 0; c < cells; c++) log_pi[c] += log(s->r[c]);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoAggregationCycle(OttoAggregation s, PetscInt sweeps, PetscReal log_pi[],
                                    PetscReal *change)
{
  const PetscInt64 cells = s->g->local_cells;
  PetscReal *before, range[2] = {-INFINITY, -INFINITY}; /* largest of -Δ and Δ */
  Walk walk;

  PetscFunctionBegin;
  PetscCall(OttoAgree(s->g->comm, PetscMalloc1(cells, &before)));
  PetscCall(PetscArraycpy(before, log_pi, cells));
  PetscCall(Ghosts(s, log_pi, &walk));
  PetscCall(BalanceBoxes(s, &walk, log_pi));
  PetscCall(OttoHaloRelease(s->halo, &walk.field));
  if (s->boxes < s->g->cells) PetscCall(Sweep(s, sweeps, log_pi));
  for (PetscInt64 c = 0; c < cells; c++) {
    if (!(log_pi[c] > -INFINITY)) continue; /* closed */
    range[0] = PetscMax(range[0], before[c] - log_pi[c]);
    range[1] = PetscMax(range[1], log_pi[c] - before[c]);
  }
  PetscCall(PetscFree(before));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, range, 2, MPIU_REAL, MPIU_MAX, s->g->comm));
  *change = s->source ? PetscMax(range[0], range[1]) : 0.5 * (range[0] + range[1]);
  PetscFunctionReturn(0);
}
