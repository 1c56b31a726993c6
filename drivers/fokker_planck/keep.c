/* What a run of fokker-planck remembers from sample to sample. */
#include "problem.h"

static PetscErrorCode KeepBounds(OttoPairBounds *b, OttoKeep keep)
{
  PetscFunctionBegin;
  PetscCall(OttoKeepReal(keep, "ratio_low", &b->ratio_low));
  PetscCall(OttoKeepReal(keep, "ratio_high", &b->ratio_high));
  PetscCall(OttoKeepReal(keep, "log_least_p", &b->log_least_p));
  PetscCall(OttoKeepReal(keep, "log_least_q", &b->log_least_q));
  PetscFunctionReturn(0);
}

/* Coarser grids first: they are made of the densities at t = 0. Then the flows, whose densities
 * these are; the sample before is found again from them. */
PetscErrorCode OttoFokkerPlanckKeep(OttoKeep keep, PetscInt k, PetscReal t, void *context)
{
  OttoFokkerPlanckRun *s = (OttoFokkerPlanckRun *)context;

  PetscFunctionBegin;
  (void)k;
  PetscCall(OttoSpaceFokkerPlanckKeep(s->space, keep));
  PetscCall(OttoSteppingKeep(s->stepping, keep));
  if (OttoKeepTakes(keep)) PetscCall(OttoGeneratorSetTime(s->law.generator, t));
  PetscCall(OttoStepChecksKeep(s->steps, keep));
  PetscCall(OttoKeepBegin(keep, "law", -1));
  PetscCall(KeepBounds(&s->bounds, keep));
  PetscCall(OttoKeepReal(keep, "peclet", &s->law.peclet));
  PetscCall(OttoKeepReal(keep, "step", &s->law.step));
  PetscCall(OttoKeepEnd(keep));
  if (OttoKeepTakes(keep)) PetscCall(OttoRunFokkerPlanckSample(&s->law, t, &s->previous));
  PetscFunctionReturn(0);
}
