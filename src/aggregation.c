/*
 * Iterative aggregation and disaggregation (Koury, McAllister and Stewart 1984) for Qᵀπ = 0. Cells
 * are lumped into boxes with the iterate as weights; the stationary masses of the boxes are found
 * by elimination without a subtraction (Grassmann, Taksar and Heyman 1985), to n·ε of each whatever
 * the rates between them; sweeps mend the shape inside boxes. The iterate is log π. Boxes are
 * eliminated from the lightest on, so that the flow of mass between wells is the last that is
 * looked at; along an edge the inflow of a sweep is taken relative to the mass of the cell that
 * receives it. So neither the range of π nor that of the rates matters.
 */
#include "aggregation.h"
#include "aggregation_wells.h"
#include "edges.h"
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
  const PetscReal *source; /* f; NULL: none */
  PetscInt boxes, states;  /* states: the source, if any, as the first, then the boxes */
  PetscInt wells;          /* most boxes of a rank that follow wells */
  PetscInt per[DIM];
  PetscInt *box; /* of every cell, from the plane below to the plane above */
  OttoHalo halo;
  PetscReal *ghost[2], *r, *inflow, *fed; /* fed: f/x */
  PetscReal *into[2][DIM]; /* Q_xy π_x/π_y into the upper cell y, and back into x; 0: upper */
  PetscReal *top, *mass;   /* of every box: largest log π, and Σ exp(log π - top) */
  PetscReal *rate;         /* [boxes²] between boxes, the heaviest first */
  PetscReal *log_mass;     /* stationary, in this order */
  PetscInt *place;         /* of every box in this order */
};

/* ---- life ---- */

static void NumberBoxes(OttoAggregation s)
{
  const OttoGridInfo *g = s->g;

  for (PetscInt64 c = 0; c < g->local_cells + 2 * g->plane_cells; c++) {
    PetscInt64 in_plane = c % g->plane_cells, at[DIM] = {0, 0, 0};
    at[0] = (g->start - 1 + c / g->plane_cells + g->n[0]) % g->n[0];
    for (PetscInt j = g->dim - 1; j > 0; j--) {
      at[j] = in_plane % g->n[j];
      in_plane /= g->n[j];
    }
    s->box[c] = 0;
    for (PetscInt j = 0; j < g->dim; j++)
      s->box[c] = s->box[c] * s->per[j] + (PetscInt)(at[j] * s->per[j] / g->n[j]);
  }
}

static PetscErrorCode Allocate(OttoAggregation s)
{
  const size_t own = (size_t)s->g->local_cells, plane = (size_t)s->g->plane_cells;
  PetscMPIInt ranks;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(s->g->comm, &ranks));
  s->wells = PetscMax(s->boxes / ranks, PetscMin(s->boxes, FEWEST));
  const size_t m = (size_t)PetscMax(s->boxes, s->wells * ranks) + 1;
  PetscCall(PetscMalloc1(own + 2 * plane, &s->box));
  PetscCall(PetscCalloc5(plane, &s->ghost[0], plane, &s->ghost[1], own, &s->r, own, &s->inflow, own,
                         &s->fed));
  for (int k = 0; k < 2; k++)
    for (PetscInt j = 0; j < s->g->dim; j++)
      PetscCall(PetscCalloc1(own + (j ? 0 : plane), &s->into[k][j]));
  PetscCall(PetscCalloc5(m, &s->top, m, &s->mass, m * m, &s->rate, m, &s->log_mass, m, &s->place));
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
  PetscCall(OttoAgree(s->g->comm, Allocate(s)));
  PetscCall(OttoHaloCreate(grid, 1, &s->halo));
  NumberBoxes(s);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoAggregationDestroy(OttoAggregation *aggregation)
{
  OttoAggregation s = *aggregation;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(0);
  PetscCall(OttoHaloDestroy(&s->halo));
  PetscCall(PetscFree(s->box));
  PetscCall(PetscFree5(s->ghost[0], s->ghost[1], s->r, s->inflow, s->fed));
  for (int k = 0; k < 2; k++)
    for (PetscInt j = 0; j < DIM; j++) PetscCall(PetscFree(s->into[k][j]));
  PetscCall(PetscFree5(s->top, s->mass, s->rate, s->log_mass, s->place));
  PetscCall(PetscFree(*aggregation));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoAggregationFollowWells(OttoAggregation s, const PetscReal log_pi[],
                                          PetscReal *slowest)
{
  const PetscInt64 cells = s->g->local_cells, plane = s->g->plane_cells;
  PetscInt count = 0, first = 0;

  PetscFunctionBegin;
  PetscCall(OttoAgree(
      s->g->comm, OttoWells(s->g, s->rates, log_pi, s->wells, s->box + plane, &count, slowest)));
  PetscCallMPI(MPI_Exscan(&count, &first, 1, MPIU_INT, MPI_SUM, s->g->comm));
  for (PetscInt64 c = 0; c < cells; c++) s->r[c] = (PetscReal)(s->box[plane + c] += first);
  PetscCall(PetscArrayzero(s->ghost[0], plane)); /* beyond walls nothing arrives */
  PetscCall(PetscArrayzero(s->ghost[1], plane));
  PetscCall(OttoHaloExchange(s->halo, s->r, s->ghost[0], s->ghost[1]));
  for (PetscInt64 c = 0; c < plane; c++) {
    s->box[c] = (PetscInt)s->ghost[0][c];
    s->box[plane + cells + c] = (PetscInt)s->ghost[1][c];
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, slowest, 1, MPIU_REAL, MPIU_MIN, s->g->comm));
  PetscCallMPI(MPI_Allreduce(&count, &s->boxes, 1, MPIU_INT, MPI_SUM, s->g->comm));
  s->states = s->boxes + (s->source ? 1 : 0);
  PetscFunctionReturn(0);
}

size_t OttoAggregationBytes(OttoAggregation s)
{
  const size_t own = (size_t)s->g->local_cells, m = (size_t)s->boxes + 1;

  return own * ((3 + 2 * (size_t)s->g->dim) * sizeof(PetscReal) + sizeof(PetscInt)) +
         m * m * sizeof(PetscReal);
}

void OttoAggregationSetSource(OttoAggregation s, PetscReal sigma, const PetscReal f[])
{
  s->sigma = sigma;
  s->source = f;
  s->states = s->boxes + 1;
}

/* ---- boxes ---- */

static PetscReal Bounded(PetscReal log_weight)
{
  return exp(PetscMin(PetscMax(log_weight, -STEEPEST), STEEPEST));
}

static PetscInt BoxOf(const OttoAggregation s, PetscInt64 cell)
{
  return s->box[cell + s->g->plane_cells];
}

/* What a walk sees: log π, or r, with its planes around. */
typedef struct {
  OttoAggregation s;
  OttoSurrounded field;
} Walk;

/* Rates between boxes, each edge once, under its lower cell. */
static void AddRates(const OttoEdges *e, void *context)
{
  const Walk *walk = (const Walk *)context;
  OttoAggregation s = walk->s;
  const PetscReal *up = s->rates->up[e->axis] + e->x, *down = s->rates->down[e->axis] + e->x;
  const PetscReal *lx = OttoSurroundedAt(&walk->field, e->x);
  const PetscReal *ly = OttoSurroundedAt(&walk->field, e->y);

  for (PetscInt64 i = 0; i < e->n; i++) {
    const PetscInt x = BoxOf(s, e->x + i), y = BoxOf(s, e->y + i);
    const PetscInt from = s->place[x], to = s->place[y], m = s->states;
    if (x == y) continue;
    s->rate[from * m + to] += up[i] * exp(lx[i] - s->top[x]) / s->mass[x];
    s->rate[to * m + from] += down[i] * exp(ly[i] - s->top[y]) / s->mass[y];
  }
}

static PetscErrorCode SumBoxes(OttoAggregation s, const PetscReal log_pi[])
{
  const OttoGridInfo *g = s->g;
  const PetscMPIInt m = (PetscMPIInt)s->boxes;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < s->boxes; k++) s->top[k] = -INFINITY;
  PetscCall(PetscArrayzero(s->mass, s->boxes));
  for (PetscInt64 c = 0; c < g->local_cells; c++)
    s->top[BoxOf(s, c)] = PetscMax(s->top[BoxOf(s, c)], log_pi[c]);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, s->top, m, MPIU_REAL, MPIU_MAX, g->comm));
  for (PetscInt64 c = 0; c < g->local_cells; c++)
    s->mass[BoxOf(s, c)] += exp(log_pi[c] - s->top[BoxOf(s, c)]);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, s->mass, m, MPIU_REAL, MPIU_SUM, g->comm));
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
    weight[k] = -(s->top[k] + log(s->mass[k]));
    order[k] = k;
  }
  PetscCall(PetscSortRealWithPermutation(s->boxes, weight, order));
  for (PetscInt k = 0; k < s->boxes; k++) s->place[order[k]] = k + s->states - s->boxes;
  PetscCall(PetscFree2(weight, order));
  PetscFunctionReturn(0);
}

/* Logarithms of the stationary masses of m states. */
static void Eliminate(PetscInt m, PetscReal rate[], PetscReal log_mass[])
{
  for (PetscInt k = m - 1; k > 0; k--) {
    const PetscReal *of_k = rate + k * m;
    PetscReal out = 0;
    for (PetscInt j = 0; j < k; j++) out += of_k[j];
    out = PetscMax(out, PETSC_MIN_REAL);
    for (PetscInt i = 0; i < k; i++) {
      PetscReal *of_i = rate + i * m;
      of_i[k] /= out;
      if (of_i[k] == 0) continue;
      for (PetscInt j = 0; j < k; j++) of_i[j] += of_i[k] * of_k[j];
    }
  }
  log_mass[0] = 0;
  for (PetscInt k = 1; k < m; k++) { /* Σ_i mass_i rate_ik / out_k, by logarithms */
    PetscReal largest = -INFINITY, sum = 0;
    for (PetscInt i = 0; i < k; i++)
      if (rate[i * m + k] > 0) largest = PetscMax(largest, log_mass[i] + log(rate[i * m + k]));
    for (PetscInt i = 0; i < k; i++)
      if (rate[i * m + k] > 0) sum += exp(log_mass[i] + log(rate[i * m + k]) - largest);
    log_mass[k] = sum > 0 ? largest + log(sum) : log_mass[k - 1] + log(PETSC_MIN_REAL);
  }
}

/* What the source feeds, and what returns to it. */
static void AddSource(OttoAggregation s, const PetscReal log_pi[])
{
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    const PetscInt k = BoxOf(s, c), to = s->place[k];
    const PetscReal back = s->sigma + (s->rates->killed ? s->rates->killed[c] : 0);
    s->rate[to] += s->source[c];
    s->rate[to * s->states] += back * exp(log_pi[c] - s->top[k]) / s->mass[k];
  }
}

static PetscErrorCode BalanceBoxes(OttoAggregation s, Walk *walk, PetscReal log_pi[])
{
  const PetscMPIInt entries = (PetscMPIInt)(s->states * s->states);

  PetscFunctionBegin;
  PetscCall(SumBoxes(s, log_pi));
  PetscCall(Order(s));
  PetscCall(PetscArrayzero(s->rate, entries));
  OttoEdgesWalk(s->g, PETSC_FALSE, AddRates, walk);
  if (s->source) AddSource(s, log_pi);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, s->rate, entries, MPIU_REAL, MPIU_SUM, s->g->comm));
  Eliminate(s->states, s->rate, s->log_mass);
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    const PetscInt k = BoxOf(s, c);
    log_pi[c] += s->log_mass[s->place[k]] - s->top[k] - log(s->mass[k]);
  }
  PetscFunctionReturn(0);
}

/* ---- cells ---- */

static void FillWeights(const OttoEdges *e, void *context)
{
  const Walk *walk = (const Walk *)context;
  OttoAggregation s = walk->s;
  const PetscReal *up = s->rates->up[e->axis] + e->x, *down = s->rates->down[e->axis] + e->x;
  const PetscReal *lx = OttoSurroundedAt(&walk->field, e->x);
  const PetscReal *ly = OttoSurroundedAt(&walk->field, e->y);
  const PetscInt64 at = e->x + (e->axis ? 0 : s->g->plane_cells);

  for (PetscInt64 i = 0; i < e->n; i++) {
    s->into[0][e->axis][at + i] = up[i] * Bounded(lx[i] - ly[i]);
    s->into[1][e->axis][at + i] = down[i] * Bounded(ly[i] - lx[i]);
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
  const PetscInt64 at = e->x + (e->axis ? 0 : s->g->plane_cells);
  const PetscReal *upper = s->into[0][e->axis] + at, *lower = s->into[1][e->axis] + at;

  if (e->x >= 0)
    for (PetscInt64 i = 0; i < e->n; i++) s->inflow[e->x + i] += lower[i] * ry[i];
  if (e->y < s->g->local_cells)
    for (PetscInt64 i = 0; i < e->n; i++) s->inflow[e->y + i] += upper[i] * rx[i];
}

static PetscErrorCode Ghosts(OttoAggregation s, const PetscReal values[], Walk *walk)
{
  PetscFunctionBegin;
  PetscCall(OttoHaloExchange(s->halo, values, s->ghost[0], s->ghost[1]));
  *walk = (Walk){s, {s->g, values, s->ghost[0], s->ghost[1]}};
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
  for (PetscInt64 c = 0; c < cells; c++) {
    s->r[c] = 1;
    s->fed[c] = s->source && s->source[c] > 0 ? Bounded(log(s->source[c]) - log_pi[c]) : 0;
  }
  for (PetscInt k = 0; k < sweeps; k++) {
    PetscCall(Ghosts(s, s->r, &walk));
    PetscCall(PetscArraycpy(s->inflow, s->fed, cells));
    OttoEdgesWalk(s->g, PETSC_TRUE, AddInflow, &walk);
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
  if (s->boxes < s->g->cells) PetscCall(Sweep(s, sweeps, log_pi));
  for (PetscInt64 c = 0; c < cells; c++) {
    range[0] = PetscMax(range[0], before[c] - log_pi[c]);
    range[1] = PetscMax(range[1], log_pi[c] - before[c]);
  }
  PetscCall(PetscFree(before));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, range, 2, MPIU_REAL, MPIU_MAX, s->g->comm));
  *change = s->source ? PetscMax(range[0], range[1]) : 0.5 * (range[0] + range[1]);
  PetscFunctionReturn(0);
}
