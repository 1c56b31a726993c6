#include "steady_error.h"
#include "aggregation.h"
#include "grid/edges.h"
#include <math.h>

#define CYCLES 6
#define SWEEPS 20        /* of a cycle */
#define FALLS 0.9        /* at least so slowly changes are taken to fall, */
#define FALLS_MOST 0.999 /* and at most */
#define SAFETY 2
#define FAINT 700 /* -log of the share of its maximum below which π underflows */
#define MOST 2    /* of an L1 distance */

/* to = exp(from), of mass 1. */
static PetscErrorCode Density(OttoGrid grid, const PetscReal from[], Vec to)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal top = -INFINITY, mass = 0;
  PetscScalar *values;

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < g->local_cells; c++) top = PetscMax(top, from[c]);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &top, 1, MPIU_REAL, MPIU_MAX, g->comm));
  PetscCall(VecGetArray(to, &values));
  for (PetscInt64 c = 0; c < g->local_cells; c++) values[c] = exp(from[c] - top);
  PetscCall(VecRestoreArray(to, &values));
  PetscCall(OttoFieldIntegral(grid, to, &mass));
  PetscCall(VecScale(to, 1 / mass));
  PetscFunctionReturn(0);
}

/* change[k]: of a cycle in L1, from log_pi on, which is left as the last one leaves it. */
static PetscErrorCode Cycles(OttoAggregation aggregation, OttoGrid grid, PetscReal log_pi[],
                             Vec before, Vec after, PetscReal change[CYCLES])
{
  PetscReal unused = 0;

  PetscFunctionBegin;
  PetscCall(Density(grid, log_pi, before));
  for (int k = 0; k < CYCLES; k++) {
    PetscCall(OttoAggregationCycle(aggregation, SWEEPS, log_pi, &unused));
    PetscCall(Density(grid, log_pi, after));
    PetscCall(VecAXPY(before, -1, after));
    PetscCall(VecNorm(before, NORM_1, &change[k]));
    change[k] *= OttoGridGetInfo(grid)->cell_volume;
    PetscCall(VecCopy(after, before));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSteadyError(OttoGenerator generator, PetscInt boxes, Vec pi,
                               const PetscReal log_pi[], PetscReal *error)
{
  OttoGrid grid = OttoGeneratorGetGrid(generator);
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscInt fewer = PetscMax(1, 2 * boxes / 3);
  PetscReal change[CYCLES] = {0}, sum = 0, slowest = INFINITY, residual = 0, *logs;
  OttoAggregation aggregation;
  Vec before, after;

  PetscFunctionBegin;
  PetscCall(OttoAgree(g->comm, PetscMalloc1(g->local_cells, &logs)));
  PetscCall(PetscArraycpy(logs, log_pi, g->local_cells));
  PetscCall(OttoFieldCreate(grid, &before));
  PetscCall(OttoFieldCreate(grid, &after));
  PetscCall(OttoAggregationCreate(generator, fewer, &aggregation));
  PetscCall(OttoAggregationFollowWells(aggregation, log_pi, &slowest));
  PetscCall(Cycles(aggregation, grid, logs, before, after, change));
  PetscCall(OttoGeneratorApply(generator, pi, after));
  PetscCall(VecNorm(after, NORM_1, &residual));
  PetscCall(OttoAggregationDestroy(&aggregation));
  PetscCall(VecDestroy(&before));
  PetscCall(VecDestroy(&after));
  PetscCall(PetscFree(logs));
  for (int k = 0; k < CYCLES; k++) sum += change[k];
  const PetscReal last = change[CYCLES - 1], fall = last > 0 ? last / change[CYCLES - 2] : 0;
  const PetscReal ratio = PetscMin(FALLS_MOST, PetscMax(FALLS, fall));
  const PetscReal across = PetscPowReal((PetscReal)g->cells / fewer, 1. / (PetscReal)g->dim);
  const PetscReal rounding = 64 * PETSC_MACHINE_EPSILON * (PetscReal)PetscMin(g->cells, fewer);
  const PetscReal inside = residual * g->cell_volume / slowest * PetscMax(1, across);
  sum = SAFETY * (sum + last * ratio / (1 - ratio)) + rounding + inside;
  *error = sum < MOST ? sum : MOST; /* NaN as well */
  PetscFunctionReturn(0);
}

/* ---- detailed balance ---- */

typedef struct {
  const OttoRates *rates;
  OttoSurrounded log_pi;
  PetscReal least, worst, largest; /* of log π; of an imbalance; |log π| looked at */
} Walk;

static void Look(const OttoEdges *e, void *context)
{
  Walk *s = (Walk *)context;
  const PetscReal *up = s->rates->up[e->axis] + e->x, *down = s->rates->down[e->axis] + e->x;
  const PetscReal *force = s->rates->force[e->axis] + e->x;
  const PetscReal *x = OttoSurroundedAt(&s->log_pi, e->x), *y = OttoSurroundedAt(&s->log_pi, e->y);

  for (PetscInt64 i = 0; i < e->n; i++) {
    if (!(PetscMax(x[i], y[i]) > s->least) || (up[i] == 0 && down[i] == 0)) continue;
    const PetscReal off = fabs(x[i] - y[i] + force[i]);
    s->worst = off <= s->worst ? s->worst : off; /* NaN as well */
    s->largest = PetscMax(s->largest, PetscMax(fabs(x[i]), fabs(y[i])));
  }
}

PetscErrorCode OttoSteadyImbalance(OttoGenerator generator, const PetscReal log_pi[],
                                   PetscReal *error)
{
  OttoGrid grid = OttoGeneratorGetGrid(generator);
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal all[3], V[2] = {0, 0};
  OttoHalo halo;

  PetscFunctionBegin;
  all[0] = -INFINITY;
  for (PetscInt64 c = 0; c < g->local_cells; c++) all[0] = PetscMax(all[0], log_pi[c]);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, all, 1, MPIU_REAL, MPIU_MAX, g->comm));
  Walk s = {.rates = OttoGeneratorGetRates(generator), .least = all[0] - FAINT};
  PetscCall(OttoGridGetHalo(grid, 1, &halo));
  PetscCall(OttoHaloSurround(halo, log_pi, &s.log_pi));
  OttoEdgesWalk(g, PETSC_FALSE, Look, &s);
  PetscCall(OttoHaloRelease(halo, &s.log_pi));
  PetscCall(OttoFieldRange(grid, OttoGeneratorGetPotential(generator), &V[0], &V[1]));
  all[0] = isnan(s.worst) ? INFINITY : s.worst;
  all[1] = s.largest;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, all, 2, MPIU_REAL, MPIU_MAX, g->comm));
  const PetscReal size = PetscMax(fabs(V[0]), fabs(V[1])) / OttoGeneratorGetTemperature(generator);
  PetscReal way = 2;
  if (all[0] > 8 * PETSC_MACHINE_EPSILON * (1 + all[1] + size))
    for (PetscInt j = 0; j < g->dim; j++) way += (PetscReal)g->n[j];
  *error = PetscMin(MOST, way * all[0]);
  PetscFunctionReturn(0);
}

/* ---- stationary without detailed balance ---- */

typedef struct {
  const OttoRates *rates;
  OttoSurrounded log_pi;
  PetscReal *gain; /* of own cells, over π */
} Gains;

static void Gain(const OttoEdges *e, void *context)
{
  Gains *s = (Gains *)context;
  const PetscReal *up = s->rates->up[e->axis] + e->x, *down = s->rates->down[e->axis] + e->x;
  const PetscReal *x = OttoSurroundedAt(&s->log_pi, e->x), *y = OttoSurroundedAt(&s->log_pi, e->y);
  const PetscInt64 own = s->log_pi.g->local_cells;

  for (PetscInt64 i = 0; i < e->n; i++) {
    if (e->x < own && down[i] > 0) s->gain[e->x + i] += down[i] * exp(y[i] - x[i]);
    if (e->y < own && up[i] > 0) s->gain[e->y + i] += up[i] * exp(x[i] - y[i]);
  }
}

PetscErrorCode OttoSteadyGain(OttoGenerator generator, const PetscReal log_pi[], PetscReal *error)
{
  OttoGrid grid = OttoGeneratorGetGrid(generator);
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  Gains s = {.rates = OttoGeneratorGetRates(generator)};
  PetscReal worst = 0, way = 2;
  OttoHalo halo;

  PetscFunctionBegin;
  PetscCall(OttoAgree(g->comm, PetscCalloc1(g->local_cells, &s.gain)));
  PetscCall(OttoGridGetHalo(grid, 1, &halo));
  PetscCall(OttoHaloSurround(halo, log_pi, &s.log_pi));
  OttoEdgesWalk(g, PETSC_TRUE, Gain, &s);
  PetscCall(OttoHaloRelease(halo, &s.log_pi));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    const PetscReal leave = s.rates->leave[c];
    const PetscReal off = leave == 0 ? s.gain[c] : fabs(s.gain[c] - leave) / leave;
    worst = off <= worst ? worst : isnan(off) ? INFINITY : off;
  }
  PetscCall(PetscFree(s.gain));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &worst, 1, MPIU_REAL, MPIU_MAX, g->comm));
  for (PetscInt j = 0; j < g->dim; j++) way += (PetscReal)g->n[j];
  *error = PetscMin(MOST, way * worst);
  PetscFunctionReturn(0);
}
