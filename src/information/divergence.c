#include "divergence_renyi.h"
#include "divergence_impl.h"
#include "core/fault.h"
#include <math.h>

const char *const OttoDivergenceNames[] = {
#define X(NAME, name, phi, source) #name,
    OTTO_DIVERGENCE_LIST(X)
#undef X
        NULL};

static const OttoMember members[] = {
#define X(NAME, name, phi, source) {#name, phi, source, {{NULL}}},
    OTTO_DIVERGENCE_LIST(X)
#undef X
};
const OttoFamily OttoDivergenceFamily = {"divergence", "divergence: D(p|q) = int q phi(p/q)", NULL,
                                         OTTO_DIVERGENCE_COUNT, members};

/* Rényi's divergence: order 1 is kl, and order 1/2 follows from hellinger2 where that is not near
 * 1. */
static PetscErrorCode Renyi(OttoGrid grid, const OttoPairRule *rule, const OttoPair *pair,
                            const PetscReal sums[], OttoDivergences *out)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal lost =
      sums[OTTO_SUM_HELLINGER2] - 0.5 * (OttoMassExcess(out->mass_p) + OttoMassExcess(out->mass_q));
  PetscReal *value = &out->divergence[OTTO_DIVERGENCE_RENYI];
  OttoPairArrays a;
  OttoRenyi all;

  PetscFunctionBegin;
  if (rule->order == 1) {
    *value = sums[OTTO_SUM_KL];
  } else if (rule->order == 0.5 && lost < 0.5) {
    *value = -2 * log1p(-lost);
  } else {
    OttoRenyiInit(&all);
    PetscCall(OttoPairGetArrays(pair, &a));
    OttoRenyiAccumulate(rule, g->local_cells, a.p, a.q, a.log_p, a.log_q, &all);
    PetscCall(OttoPairRestoreArrays(pair, &a));
    PetscCall(OttoRenyiReduce(g->comm, &all));
    *value = OttoRenyiValue(rule->order, out->mass_p, out->mass_q, g->cell_volume, &all);
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTotalsFinish(OttoGrid grid, const OttoPairRule *rule, const OttoPair *pair,
                                OttoTotals *totals, OttoDivergences *out)
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
  if (rule->mask & OTTO_MASK_ENTROPY) {
    out->entropy_p = -value[OTTO_SUM_P_LOG_P];
    out->entropy_q = -value[OTTO_SUM_Q_LOG_Q];
    out->cross_entropy = -value[OTTO_SUM_P_LOG_Q];
  }
  for (PetscInt k = 0; k < OTTO_DIVERGENCE_RENYI; k++)
    if (rule->mask & OTTO_MASK(k)) out->divergence[k] = value[k];
  if (rule->mask & OTTO_MASK(OTTO_DIVERGENCE_RENYI)) PetscCall(Renyi(grid, rule, pair, value, out));
  for (PetscInt k = 0; k < OTTO_DIVERGENCE_COUNT; k++)
    OttoFault(OttoDivergenceNames[k], 1, &out->divergence[k]);
  for (PetscInt k = 0; k < OTTO_DIVERGENCE_COUNT; k++)
    out->low[k] = out->high[k] = out->divergence[k];
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDivergenceCompute(OttoGrid grid, const OttoPair *pair, unsigned mask,
                                     PetscReal renyi_order, OttoDivergences *out)
{
  const OttoPairRule rule = {mask, renyi_order, pair->resolved_p, pair->resolved_q};
  OttoPairArrays a;
  OttoTotals totals;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  OttoTotalsInit(&totals);
  PetscCall(OttoPairGetArrays(pair, &a));
  OttoPairAccumulate(&rule, OttoGridGetInfo(grid)->local_cells, a.p, a.q, a.log_p, a.log_q, &totals,
                     NULL, NULL, NULL);
  PetscCall(OttoPairRestoreArrays(pair, &a));
  PetscCall(OttoTotalsFinish(grid, &rule, pair, &totals, out));
  PetscFunctionReturn(0);
}

typedef void (*LayerVisit)(PetscInt64 cell, PetscInt64 count, void *context);

/* The runs of cells in the outermost layers (both faces) of one axis. */
static void WalkLayers(const OttoGridInfo *g, PetscInt axis, LayerVisit visit, void *context)
{
  PetscInt64 below = 1, above = 1; /* cells of one step along the axis, steps of it in the rank */

  for (PetscInt j = axis + 1; j < g->dim; j++) below *= g->local[j];
  for (PetscInt j = 0; j < axis; j++) above *= g->local[j];
  for (PetscInt side = 0; side < (g->n[axis] > 1 ? 2 : 1); side++) {
    PetscInt64 at = (side ? g->n[axis] - 1 : 0) - g->first[axis];
    if (at < 0 || at >= g->local[axis]) continue;
    for (PetscInt64 k = 0; k < above; k++) visit((k * g->local[axis] + at) * below, below, context);
  }
}

typedef struct {
  const OttoPairRule *rule;
  OttoPairArrays a;
  OttoTotals totals;
  OttoRenyi renyi;
} Layers;

static void AddLayer(PetscInt64 c, PetscInt64 n, void *context)
{
  Layers *s = (Layers *)context;
  const PetscReal *log_p = s->a.log_p ? s->a.log_p + c : NULL;
  const PetscReal *log_q = s->a.log_q ? s->a.log_q + c : NULL;

  OttoPairAccumulate(s->rule, n, s->a.p + c, s->a.q + c, log_p, log_q, &s->totals, NULL, NULL,
                     NULL);
  if (s->rule->mask & OTTO_MASK(OTTO_DIVERGENCE_RENYI) && s->rule->order != 1)
    OttoRenyiAccumulate(s->rule, n, s->a.p + c, s->a.q + c, log_p, log_q, &s->renyi);
}

/* The layers' share of Rényi's divergence: of what its integral differs from 1 by, or of the
 * integral itself where little is left of it. */
static PetscReal RenyiShare(PetscReal order, PetscReal renyi, PetscReal volume,
                            const OttoRenyi *layers)
{
  PetscReal b = order - 1, change = expm1(b * renyi);
  PetscReal part = fabs(OttoSumValue(layers->part)) * volume;

  if (fabs(change) < 0.5) return part * (order < 0.5 ? order : fabs(b)) / fabs(change);
  return OttoSumValue(layers->scaled) * volume * exp(layers->largest - b * renyi);
}

PetscErrorCode OttoDivergenceEdge(OttoGrid grid, const OttoPair *pair, unsigned mask,
                                  PetscReal renyi_order, const OttoDivergences *total,
                                  PetscReal edge[])
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const OttoPairRule rule = {mask, renyi_order, pair->resolved_p, pair->resolved_q};
  Layers s = {.rule = &rule};

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  for (PetscInt k = 0; k < OTTO_DIVERGENCE_COUNT; k++) edge[k] = 0;
  PetscCall(OttoPairGetArrays(pair, &s.a));
  for (PetscInt axis = 0; axis < g->dim; axis++) {
    if (g->boundary[axis] != OTTO_BOUNDARY_OPEN) continue;
    OttoTotalsInit(&s.totals);
    OttoRenyiInit(&s.renyi);
    WalkLayers(g, axis, AddLayer, &s);
    PetscCall(OttoSumReduce(g->comm, OTTO_SUM_COUNT, s.totals.sum));
    PetscCall(OttoRenyiReduce(g->comm, &s.renyi));
    for (PetscInt k = 0; k < OTTO_DIVERGENCE_COUNT; k++) {
      PetscReal whole = total->divergence[k];
      PetscReal layer =
          k < OTTO_DIVERGENCE_RENYI ? fabs(OttoSumValue(s.totals.sum[k])) * g->cell_volume : 0;
      if (!(mask & OTTO_MASK(k))) continue;
      if (k == OTTO_DIVERGENCE_RENYI && renyi_order == 1)
        edge[k] = edge[OTTO_DIVERGENCE_KL];
      else if (k == OTTO_DIVERGENCE_RENYI)
        layer = whole == 0 ? 0 : whole * RenyiShare(renyi_order, whole, g->cell_volume, &s.renyi);
      if (layer == 0) continue;
      layer = isinf(layer) ? 1 : layer * (PetscReal)g->n[axis] / fabs(whole);
      edge[k] = PetscMax(edge[k], layer);
    }
  }
  PetscCall(OttoPairRestoreArrays(pair, &s.a));
  PetscFunctionReturn(0);
}
