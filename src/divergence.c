#include "divergence_kernel.h"
#include <math.h>

const char *const OttoDivergenceNames[] = {
#define X(NAME, name, phi, source) #name,
    OTTO_DIVERGENCE_LIST(X)
#undef X
        NULL};

PetscErrorCode OttoPairGetArrays(const OttoPair *pair, OttoPairArrays *arrays)
{
  PetscFunctionBegin;
  *arrays = (OttoPairArrays){NULL, NULL, NULL, NULL};
  PetscCall(VecGetArrayRead(pair->p, &arrays->p));
  PetscCall(VecGetArrayRead(pair->q, &arrays->q));
  if (pair->log_p) PetscCall(VecGetArrayRead(pair->log_p, &arrays->log_p));
  if (pair->log_q) PetscCall(VecGetArrayRead(pair->log_q, &arrays->log_q));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPairRestoreArrays(const OttoPair *pair, OttoPairArrays *arrays)
{
  PetscFunctionBegin;
  PetscCall(VecRestoreArrayRead(pair->p, &arrays->p));
  PetscCall(VecRestoreArrayRead(pair->q, &arrays->q));
  if (pair->log_p) PetscCall(VecRestoreArrayRead(pair->log_p, &arrays->log_p));
  if (pair->log_q) PetscCall(VecRestoreArrayRead(pair->log_q, &arrays->log_q));
  PetscFunctionReturn(0);
}

/* How far a mass is from 1, less what rounding alone can do: that would drown a small divergence.
 * Continuous, so that rank counts agree. */
static PetscReal MassExcess(PetscReal mass)
{
  return copysign(PetscMax(0, fabs(mass - 1) - 1e-13), mass - 1);
}

/* D_a from the integral of p^a q^(1-a): near 1 from how far it falls short of a M_p + (1-a) M_q,
 * which is summed without cancellation; elsewhere directly. */
static PetscReal Renyi(PetscReal a, PetscReal mass_p, PetscReal mass_q, PetscReal deficit,
                       PetscReal affinity)
{
  PetscReal excess = a * MassExcess(mass_p) + (1 - a) * MassExcess(mass_q) - deficit;
  return (fabs(excess) < 0.5 ? log1p(excess) : log(affinity)) / (a - 1);
}

PetscErrorCode OttoTotalsFinish(OttoGrid grid, const OttoKernel *kernel, OttoTotals *totals,
                                OttoDivergences *out)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal range[4] = {-totals->min_p, -totals->min_q, totals->max_p, totals->max_q};
  PetscReal value[OTTO_SUM_COUNT];

  PetscFunctionBegin;
  PetscCall(OttoSumReduce(g->comm, OTTO_SUM_COUNT, totals->sum));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, range, 4, MPIU_REAL, MPIU_MAX, g->comm));
  for (PetscInt k = 0; k < OTTO_SUM_COUNT; k++)
    value[k] = OttoSumValue(totals->sum[k]) * g->cell_volume;
  PetscCall(PetscArrayzero(out, 1));
  out->mass_p = value[OTTO_SUM_MASS_P];
  out->mass_q = value[OTTO_SUM_MASS_Q];
  out->min_p = -range[0];
  out->min_q = -range[1];
  out->max_p = range[2];
  out->max_q = range[3];
  out->outside_p = value[OTTO_SUM_OUTSIDE_P];
  out->outside_q = value[OTTO_SUM_OUTSIDE_Q];
  out->unreliable_p = value[OTTO_SUM_UNRELIABLE_P];
  out->unreliable_q = value[OTTO_SUM_UNRELIABLE_Q];
  if (kernel->mask & OTTO_MASK_ENTROPY) {
    out->entropy_p = -value[OTTO_SUM_P_LOG_P];
    out->entropy_q = -value[OTTO_SUM_Q_LOG_Q];
    out->cross_entropy = -value[OTTO_SUM_P_LOG_Q];
  }
  value[OTTO_SUM_RENYI] = Renyi(kernel->order, out->mass_p, out->mass_q, value[OTTO_SUM_RENYI],
                                value[OTTO_SUM_AFFINITY]);
  for (PetscInt k = 0; k < OTTO_DIVERGENCE_COUNT; k++)
    if (kernel->mask & OTTO_MASK(k)) out->divergence[k] = value[k];
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDivergenceCompute(OttoGrid grid, const OttoPair *pair, unsigned mask,
                                     PetscReal renyi_order, OttoDivergences *out)
{
  const OttoKernel kernel = {mask, renyi_order, pair->resolved_p, pair->resolved_q};
  OttoPairArrays a;
  OttoTotals totals;

  PetscFunctionBegin;
  OttoTotalsInit(&totals);
  PetscCall(OttoPairGetArrays(pair, &a));
  OttoPairAccumulate(&kernel, OttoGridGetInfo(grid)->local_cells, a.p, a.q, a.log_p, a.log_q,
                     &totals, NULL, NULL, NULL);
  PetscCall(OttoPairRestoreArrays(pair, &a));
  PetscCall(OttoTotalsFinish(grid, &kernel, &totals, out));
  PetscFunctionReturn(0);
}

/* The sums over the outermost layers (both faces) of one axis. */
static PetscErrorCode LayerTotals(OttoGrid grid, const OttoKernel *kernel, const OttoPairArrays *a,
                                  PetscInt axis, OttoTotals *totals)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscInt64 below = 1, above = 1; /* cells of one step along the axis, steps of it in the rank */

  PetscFunctionBegin;
  for (PetscInt j = axis + 1; j < g->dim; j++) below *= g->n[j];
  for (PetscInt j = 1; j < axis; j++) above *= g->n[j];
  if (axis) above *= g->planes;
  for (PetscInt side = 0; side < (g->n[axis] > 1 ? 2 : 1); side++) {
    PetscInt64 at = (side ? g->n[axis] - 1 : 0) - (axis ? 0 : g->start);
    PetscInt64 stride = g->n[axis] * below;
    if (!axis && (at < 0 || at >= g->planes)) continue;
    for (PetscInt64 k = 0; k < above; k++) {
      PetscInt64 c = k * stride + at * below;
      OttoPairAccumulate(kernel, below, a->p + c, a->q + c, a->log_p ? a->log_p + c : NULL,
                         a->log_q ? a->log_q + c : NULL, totals, NULL, NULL, NULL);
    }
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDivergenceEdge(OttoGrid grid, const OttoPair *pair, unsigned mask,
                                  PetscReal renyi_order, const OttoDivergences *total,
                                  PetscReal edge[])
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const OttoKernel kernel = {mask, renyi_order, pair->resolved_p, pair->resolved_q};
  PetscReal whole[OTTO_DIVERGENCE_COUNT], a = renyi_order;
  OttoPairArrays arrays;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < OTTO_DIVERGENCE_COUNT; k++) {
    edge[k] = 0;
    whole[k] = total->divergence[k];
  }
  whole[OTTO_DIVERGENCE_RENYI] = a * MassExcess(total->mass_p) +
                                 (1 - a) * MassExcess(total->mass_q) -
                                 expm1((a - 1) * total->divergence[OTTO_DIVERGENCE_RENYI]);
  PetscCall(OttoPairGetArrays(pair, &arrays));
  for (PetscInt axis = 0; axis < g->dim; axis++) {
    OttoTotals totals;
    if (g->boundary[axis] != OTTO_BOUNDARY_OPEN) continue;
    OttoTotalsInit(&totals);
    PetscCall(LayerTotals(grid, &kernel, &arrays, axis, &totals));
    PetscCall(OttoSumReduce(g->comm, OTTO_SUM_COUNT, totals.sum));
    for (PetscInt k = 0; k < OTTO_DIVERGENCE_COUNT; k++) {
      PetscReal layer = fabs(OttoSumValue(totals.sum[k])) * g->cell_volume;
      if (!(mask & OTTO_MASK(k)) || layer == 0) continue;
      layer = isinf(layer) ? 1 : layer * (PetscReal)g->n[axis] / fabs(whole[k]);
      edge[k] = PetscMax(edge[k], layer);
    }
  }
  PetscCall(OttoPairRestoreArrays(pair, &arrays));
  PetscFunctionReturn(0);
}
