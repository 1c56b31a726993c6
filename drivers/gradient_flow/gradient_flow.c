/* One density, or two, down an energy for the Wasserstein metric. */
#include "drivers.h"
#include "problem.h"
#include <stdio.h>

static PetscErrorCode Row(OttoGradientRun *s, const OttoGradientSample *now, PetscReal row[])
{
  char said[120];

  PetscFunctionBegin;
  for (PetscInt b = 0; b < s->columns.densities; b++)
    PetscCall(OttoRunColumnsMoments(&s->columns, b, b ? s->law.q : s->law.p, row));
  PetscCall(OttoRunColumnsNotDefined(&s->columns, s->record, now->t, row));
  PetscCall(OttoRecordRow(s->record, row));
  PetscCall(OttoGradientSteppingRow(s->stepping, now));
  PetscCall(OttoGradientSpaceRow(&s->space, now));
  snprintf(said, sizeof said, "t = %-9.4g  E = %-12.8g  dissipation = %-10.6g  %lld steps",
           (double)now->t, (double)now->energy.total, (double)now->sums.dissipation,
           (long long)now->flow.steps);
  PetscCall(OttoRunProgress(s->run, said));
  s->previous = *now;
  PetscFunctionReturn(0);
}

/* From sample to sample; what holds at every step is checked at every step. */
static PetscErrorCode Evolve(OttoGradientRun *s)
{
  PetscReal row[OTTO_GRADIENT_ROW], t = 0;
  OttoGradientSample now;
  PetscInt k = 0;

  PetscFunctionBegin;
  PetscCall(OttoGradientStepsBegin(s->record, &s->law, &s->steps));
  while (OttoRunNext(s->run, &k, &t)) {
    if (k > 0) PetscCall(OttoGradientSteppingAdvance(s->stepping, t));
    PetscCall(OttoRecordStageBegin(s->record, "samples"));
    PetscCall(OttoGradientSampleTake(&s->law, t, &now));
    OttoGradientRow(&now, row);
    PetscCall(OttoGradientCheck(s, k, &now, row));
    PetscCall(OttoGradientSave(s, k, t));
    PetscCall(OttoRecordStageEnd(s->record));
    PetscCall(Row(s, &now, row));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDriverGradientFlow(const char *input, PetscBool *passed)
{
  OttoGradientRun s = {.record = NULL};

  PetscFunctionBegin;
  PetscCall(OttoOptionsBlame(OttoGradientPrepare(input, &s)));
  PetscErrorCode code = Evolve(&s);
  PetscCall(OttoGradientSaveLast(&s, code));
  PetscCall(OttoRunEndEarly(s.run, code, s.steps.stopped ? "concentrated" : "the solver"));
  code = OttoGradientReport(&s);
  PetscCall(OttoRunEnd(s.run, code));
  if (s.storage) PetscCall(OttoStorageClose(&s.storage));
  PetscCall(OttoRunClose(s.run, s.law.grid, passed));
  const PetscErrorCode status = OttoRunStatus(s.run);
  PetscCall(OttoGradientDestroy(&s));
  PetscFunctionReturn(status);
}
