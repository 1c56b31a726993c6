/* A density under the heat flow of a metric, in runs side by side. */
#include "tempering.h"
#include <math.h>

#define SOLVES 1e-11    /* ksp_rtol: differences of runs magnify what solves leave */
#define SAME_TIME 1e-12 /* relative: times of steps are sums */

/* Run k from a copy of the density. */
static PetscErrorCode AddRun(OttoTemperingLaw *law, PetscInt k)
{
  PetscFunctionBegin;
  if (k > 0) {
    PetscCall(VecDuplicate(law->p[0], &law->p[k]));
    PetscCall(VecCopy(law->p[0], law->p[k]));
  }
  PetscCall(
      OttoFlowCreateFokkerPlanck(law->generator, law->resolvent, law->p[k], NULL, &law->flow[k]));
  PetscCall(OttoFlowSetFromOptions(law->flow[k]));
  PetscCall(OttoFlowSetUp(law->flow[k]));
  if (k > 0) PetscCall(TSMonitorCancel(OttoFlowGetTS(law->flow[k])));
  law->runs = k + 1;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperingLawCreate(OttoGrid grid, OttoMetric metric, PetscInt runs, Vec p,
                                      OttoTemperingLaw *law)
{
  PetscFunctionBegin;
  law->grid = grid;
  law->metric = metric;
  PetscCall(PetscObjectReference((PetscObject)p));
  law->p[0] = p;
  PetscCall(OttoGeneratorCreate(grid, &law->generator));
  PetscCall(OttoGeneratorSetType(law->generator, "metric"));
  PetscCall(OttoGeneratorSetMetric(law->generator, metric));
  PetscCall(OttoGeneratorSetFromOptions(law->generator));
  PetscCall(OttoGeneratorSetUp(law->generator));
  PetscCall(OttoResolventCreate(law->generator, &law->resolvent));
  PetscCall(OttoResolventSetFromOptions(law->resolvent));
  PetscCall(OttoResolventSetTolerance(law->resolvent, SOLVES));
  for (PetscInt k = 0; k < runs; k++) PetscCall(AddRun(law, k));
  PetscFunctionReturn(0);
}

static PetscErrorCode DestroyLaw(OttoTemperingLaw *law)
{
  PetscFunctionBegin;
  for (PetscInt k = 0; k < OTTO_TEMPERING_RUNS; k++) {
    PetscCall(OttoFlowDestroy(&law->flow[k]));
    PetscCall(VecDestroy(&law->p[k]));
  }
  PetscCall(OttoResolventDestroy(&law->resolvent));
  PetscCall(OttoGeneratorDestroy(&law->generator));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperingPairDestroy(OttoTemperingPair *pair)
{
  PetscFunctionBegin;
  for (int i = 0; i < 2; i++) PetscCall(DestroyLaw(&pair->law[i]));
  PetscCall(VecDestroy(&pair->log_jacobian));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperingAdvance(OttoTemperingPair *pair, PetscInt run, PetscReal to,
                                    PetscReal dt)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < pair->count; i++) {
    OttoFlow flow = pair->law[i].flow[run];
    PetscCall(OttoFlowSetStep(flow, dt));
    PetscCall(OttoFlowAdvance(flow, to));
    PetscCall(OttoFlowRest(flow));
  }
  PetscFunctionReturn(0);
}

PetscBool OttoTemperingIsAt(const OttoTemperingPair *pair, PetscInt run, PetscReal t)
{
  for (PetscInt i = 0; i < pair->count; i++)
    if (!(fabs(OttoFlowGetTime(pair->law[i].flow[run]) - t) <= SAME_TIME * t)) return PETSC_FALSE;
  return PETSC_TRUE;
}

PetscErrorCode OttoTemperingPairKeep(OttoTemperingPair *pair, OttoKeep keep)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < pair->count; i++) {
    OttoTemperingLaw *law = &pair->law[i];
    PetscCall(OttoKeepBegin(keep, i ? "new" : "box", -1));
    PetscCall(OttoResolventKeep(law->resolvent, keep));
    for (PetscInt k = 0; k < law->runs; k++) {
      PetscCall(OttoKeepBegin(keep, "run", k));
      PetscCall(OttoFlowKeep(law->flow[k], keep));
      PetscCall(OttoKeepEnd(keep));
    }
    PetscCall(OttoKeepEnd(keep));
  }
  PetscFunctionReturn(0);
}
