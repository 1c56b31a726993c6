#include "dissipation_walk.h"
#include "core/fault.h"
#include "information/divergence_impl.h"

void OttoDissipationAddEdges(const OttoEdges *e, OttoPlane x, OttoPlane y, void *context)
{
  OttoFisherEdgesAdd(e, x, y, &((OttoDissipationWalk *)context)->edges);
}

void OttoDissipationAddCells(PetscInt64 cell, PetscInt64 n, OttoPlane x, void *context)
{
  OttoDissipationWalk *s = (OttoDissipationWalk *)context;

  if (!s->by_logs) OttoSlopesAddRates(cell, n, x, &s->slopes);
}

PetscErrorCode OttoDissipationWalkBegin(OttoGenerator generator, const OttoPair *pair, Vec rate_p,
                                        Vec rate_q, OttoDissipationWalk *s)
{
  const OttoRates *r = OttoGeneratorGetRates(generator);

  PetscFunctionBegin;
  OttoFisherEdgesInit(OttoGeneratorGetGrid(generator), r->up, r->down, r->force, r->killed,
                      &s->edges);
  s->slopes = (OttoSlopesOfRates){.leave = r->leave};
  s->by_logs = pair->log_p || pair->log_q ? PETSC_TRUE : PETSC_FALSE;
  PetscCall(VecGetArrayRead(rate_p, &s->slopes.dp));
  PetscCall(VecGetArrayRead(rate_q, &s->slopes.dq));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDissipationWalkFinish(OttoGenerator generator, const OttoPair *pair, Vec rate_p,
                                         Vec rate_q, const OttoDivergences *d,
                                         OttoDissipationWalk *s, OttoDissipation *out)
{
  OttoGrid grid = OttoGeneratorGetGrid(generator);
  OttoFisher edges;
  OttoSlopes slopes;

  PetscFunctionBegin;
  PetscCall(VecRestoreArrayRead(rate_q, &s->slopes.dq));
  PetscCall(VecRestoreArrayRead(rate_p, &s->slopes.dp));
  if (s->by_logs)
    PetscCall(OttoSlopesByLogs(generator, pair, rate_p, rate_q, &slopes));
  else
    PetscCall(OttoSlopesFinish(grid, &s->slopes.sums, &slopes));
  PetscCall(OttoFisherEdgesFinish(grid, pair, &s->edges, &edges));
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) {
    out->value[k] = d->divergence[k];
    out->dissipation[k] = edges.dissipation[k];
    out->rate[k] = slopes.change[k];
    out->noise[k] = slopes.noise[k];
    out->slope[k] = slopes.largest[k];
  }
  out->exact = slopes.left == 0 ? PETSC_TRUE : PETSC_FALSE;
  out->exists = PETSC_TRUE;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDissipationCompute(OttoGenerator generator, const OttoPair *pair, Vec rate_p,
                                      Vec rate_q, OttoDissipation *out)
{
  const OttoGrid grid = OttoGeneratorGetGrid(generator);
  const OttoPairRule rule = {OTTO_MASK(OTTO_SMOOTH_COUNT) - 1, 0.5, pair->resolved_p,
                             pair->resolved_q};
  OttoDissipationWalk s;
  OttoTotals totals;
  OttoDivergences d;

  PetscFunctionBegin;
  OttoNeedGenerator(generator);
  PetscCall(OttoGeneratorApply(generator, pair->p, rate_p));
  PetscCall(OttoGeneratorApply(generator, pair->q, rate_q));
  PetscCall(OttoFaultVec("rate", rate_p));
  PetscCall(OttoDissipationWalkBegin(generator, pair, rate_p, rate_q, &s));
  OttoTotalsInit(&totals);
  PetscCall(OttoPairWalk(grid, pair, &rule,
                         &(OttoPairVisitor){.edges = OttoDissipationAddEdges,
                                            .cells = OttoDissipationAddCells,
                                            .totals = &totals,
                                            .context = &s}));
  PetscCall(OttoTotalsFinish(grid, &rule, pair, &totals, &d));
  PetscCall(OttoDissipationWalkFinish(generator, pair, rate_p, rate_q, &d, &s, out));
  PetscFunctionReturn(0);
}
