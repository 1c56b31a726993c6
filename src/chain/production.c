#include "production_walk.h"
#include "core/fault.h"

PetscErrorCode OttoProductionCompute(OttoGenerator generator, Vec p, Vec pi, Vec log_pi,
                                     PetscReal resolved, OttoProduction *out)
{
  PetscFunctionBegin;
  OttoNeedGenerator(generator);
  PetscCall(OttoProductionComputeLogs(generator, p, NULL, pi, log_pi, resolved, out));
  PetscFunctionReturn(0);
}

/* By one walk, from rate = Qᵀp and rate_pi = Qᵀπ (NULL without). */
static PetscErrorCode Walk(OttoGenerator generator, const OttoPair *pair, Vec rate, Vec rate_pi,
                           OttoProduction *out)
{
  const OttoPairRule rule = {0, 0.5, pair->resolved_p, 0};
  OttoProductionWalk s = {.rates = OttoGeneratorGetRates(generator)};

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(rate, &s.rate));
  if (rate_pi) PetscCall(VecGetArrayRead(rate_pi, &s.rate_pi));
  PetscCall(OttoPairWalk(OttoGeneratorGetGrid(generator), pair, &rule,
                         &(OttoPairVisitor){.edges = OttoProductionAddEdges,
                                            .cells = OttoProductionAddCells,
                                            .context = &s}));
  PetscCall(OttoProductionWalkFinish(generator, pair->p, &s, out));
  if (rate_pi) PetscCall(VecRestoreArrayRead(rate_pi, &s.rate_pi));
  PetscCall(VecRestoreArrayRead(rate, &s.rate));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoProductionComputeLogs(OttoGenerator generator, Vec p, Vec log_p, Vec pi,
                                         Vec log_pi, PetscReal resolved, OttoProduction *out)
{
  const OttoGrid grid = OttoGeneratorGetGrid(generator);
  const OttoPair pair = {.p = p,
                         .q = pi ? pi : p,
                         .log_p = log_p,
                         .log_q = pi ? log_pi : log_p,
                         .resolved_p = resolved};
  Vec rate, rate_pi = NULL, current[OTTO_GENERATOR_MAX_DIM];

  PetscFunctionBegin;
  OttoNeedGenerator(generator);
  const PetscInt dim = OttoGridGetInfo(grid)->dim;
  OttoSurrounded values;
  OttoHalo halo;
  PetscCall(OttoFieldCreate(grid, &rate));
  PetscCall(OttoGeneratorApply(generator, p, rate));
  PetscCall(OttoFaultVec("rate", rate));
  if (pi) PetscCall(OttoFieldCreate(grid, &rate_pi));
  if (pi) PetscCall(OttoGeneratorApply(generator, pi, rate_pi));
  PetscCall(Walk(generator, &pair, rate, rate_pi, out));
  PetscCall(VecDestroy(&rate_pi));
  PetscCall(VecDestroy(&rate));
  for (PetscInt j = 0; j < dim; j++) PetscCall(OttoFieldCreate(grid, &current[j]));
  PetscCall(OttoGridGetHalo(grid, 1, &halo));
  PetscCall(OttoFieldSurround(halo, p, &values));
  PetscCall(OttoProductionCurrentNorm(generator, &values, current, &out->current_norm));
  PetscCall(OttoFieldRelease(halo, p, &values));
  for (PetscInt j = 0; j < dim; j++) PetscCall(VecDestroy(&current[j]));
  PetscFunctionReturn(0);
}
