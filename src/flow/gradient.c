/* What the laws down an energy share. */
#include "gradient.h"

OttoGradient *OttoFlowGradient(OttoFlow flow)
{
  return flow->ops && flow->ops->gradient ? (OttoGradient *)flow->law : NULL;
}

#define NeedGradient(flow)                                                                         \
  OttoNeed(OttoFlowGradient(flow), "OttoFlowSetType() with a law down an energy")

PetscErrorCode OttoFlowSetEnergy(OttoFlow flow, OttoEnergy energy)
{
  PetscFunctionBegin;
  NeedGradient(flow);
  PetscCheck(!flow->is_setup, PETSC_COMM_SELF, PETSC_ERR_ARG_WRONGSTATE, "the flow is set up");
  OttoFlowGradient(flow)->energy = energy;
  PetscFunctionReturn(0);
}

OttoFluxes OttoFlowGetFluxes(OttoFlow flow)
{
  return OttoFlowGradient(flow) ? OttoFlowGradient(flow)->fluxes : NULL;
}

PetscErrorCode OttoFlowSetTimeOrder(OttoFlow flow, PetscInt order)
{
  PetscFunctionBegin;
  NeedGradient(flow);
  OttoCheckInput(order == 1 || order == 2, "flow_time_order: %d; it is 1 or 2", (int)order);
  OttoFlowGradient(flow)->order = order;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFlowSetCertified(OttoFlow flow, PetscBool certified)
{
  PetscFunctionBegin;
  NeedGradient(flow);
  OttoFlowGradient(flow)->certified = certified;
  PetscFunctionReturn(0);
}

const OttoGradientStep *OttoFlowGetGradientStep(OttoFlow flow, PetscInt which)
{
  return OttoFlowGradient(flow) ? &OttoFlowGradient(flow)->step[which] : NULL;
}

PetscErrorCode OttoGradientReportSolves(OttoFlow flow, OttoFlowReport *report)
{
  const OttoFlowReport *r = &OttoFlowGradient(flow)->solves;

  PetscFunctionBegin;
  report->iterations = r->iterations;
  report->rescaled = r->rescaled;
  report->residual = r->residual;
  report->mass_drift = r->mass_drift;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGradientKeepSolves(OttoFlow flow, OttoKeep keep)
{
  OttoFlowReport *r = &OttoFlowGradient(flow)->solves;

  PetscFunctionBegin;
  PetscCall(OttoKeepInt64(keep, "iterations", &r->iterations));
  PetscCall(OttoKeepReal(keep, "rescaled", &r->rescaled));
  PetscCall(OttoKeepReal(keep, "residual", &r->residual));
  PetscCall(OttoKeepReal(keep, "mass_drift", &r->mass_drift));
  PetscFunctionReturn(0);
}
