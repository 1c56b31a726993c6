#include <otto/dissipation.h>
#include "core/fault.h"
#include "slopes.h"

PetscErrorCode OttoDissipationCompute(OttoGenerator generator, const OttoPair *pair, Vec rate_p,
                                      Vec rate_q, Vec weight_p, Vec weight_q, OttoDissipation *out)
{
  OttoGrid grid = OttoGeneratorGetGrid(generator);
  const OttoRates *r = OttoGeneratorGetRates(generator);
  OttoDivergences d;
  OttoFisher edges;
  OttoSlopes slopes;

  PetscFunctionBegin;
  OttoNeedGenerator(generator);
  PetscCall(OttoGeneratorApply(generator, pair->p, rate_p));
  PetscCall(OttoGeneratorApply(generator, pair->q, rate_q));
  PetscCall(OttoFaultVec("rate", rate_p));
  PetscCall(OttoLeaveWeight(generator, 1, pair->p, weight_p));
  PetscCall(OttoLeaveWeight(generator, 1, pair->q, weight_q));
  if (pair->log_p || pair->log_q)
    PetscCall(OttoSlopesByLogs(generator, pair, rate_p, rate_q, &slopes));
  else
    PetscCall(OttoSlopesCompute(grid, pair, rate_p, rate_q, weight_p, weight_q, &slopes));
  PetscCall(OttoFisherEdgeForces(grid, pair, r->up, r->down, r->force, r->killed, &edges));
  PetscCall(OttoDivergenceCompute(grid, pair, OTTO_MASK(OTTO_SMOOTH_COUNT) - 1, 0.5, &d));
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) {
    out->value[k] = d.divergence[k];
    out->dissipation[k] = edges.dissipation[k];
    out->rate[k] = slopes.change[k];
    out->noise[k] = slopes.noise[k];
    out->slope[k] = slopes.largest[k];
  }
  out->exact = slopes.left == 0 ? PETSC_TRUE : PETSC_FALSE;
  out->exists = PETSC_TRUE;
  PetscFunctionReturn(0);
}
