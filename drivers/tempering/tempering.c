/* The entropy that tempering adds to a density, by the heat flow of a metric, in the box and in new
 * coordinates. */
#include "drivers.h"
#include "problem.h"
#include <stdio.h>

static PetscErrorCode Row(OttoTemperingRun *s, const OttoTemperingSample samples[])
{
  const PetscReal *row = s->row;
  char said[120];

  PetscFunctionBegin;
  PetscCall(OttoTemperingSteppingRow(&s->stepping, samples, s->row));
  PetscCall(OttoRecordRow(s->record, row));
  snprintf(said, sizeof said, "t = %-9.4g  H = %-12.8g  gained %-12.8g  %lld steps",
           (double)samples[0].t, (double)row[OTTO_TEMPERING_entropy],
           (double)row[OTTO_TEMPERING_tempering_entropy], (long long)samples[0].steps);
  PetscCall(OttoRunProgress(s->run, said));
  PetscFunctionReturn(0);
}

/* From sample to sample; what holds at every step is checked at every step. */
static PetscErrorCode Evolve(OttoTemperingRun *s)
{
  OttoTemperingSample samples[OTTO_TEMPERING_RUNS];
  PetscReal t = 0;
  PetscInt k = 0;

  PetscFunctionBegin;
  PetscCall(OttoTemperingStepsBegin(s));
  while (OttoRunNext(s->run, &k, &t)) {
    if (k > 0) PetscCall(OttoTemperingSteppingAdvance(&s->stepping, t));
    PetscCall(OttoRecordStageBegin(s->record, "samples"));
    for (PetscInt r = 0; r < OTTO_TEMPERING_RUNS; r++)
      PetscCall(OttoTemperingSampleTake(&s->pair, r, t, &s->start, &samples[r]));
    PetscCall(OttoTemperingSave(s, k, t));
    PetscCall(OttoRecordStageEnd(s->record));
    PetscCall(OttoTemperingSpaceRow(&s->space, &samples[0]));
    PetscCall(OttoTemperingCheck(s, &samples[0]));
    PetscCall(Row(s, samples));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDriverTempering(const char *input, PetscBool *passed)
{
  OttoTemperingRun s = {.record = NULL};

  PetscFunctionBegin;
  PetscCall(OttoOptionsBlame(OttoTemperingPrepare(input, &s)));
  PetscErrorCode code = Evolve(&s);
  PetscCall(OttoTemperingSaveLast(&s, code));
  PetscCall(OttoRunEnd(s.run, code));
  code = OttoTemperingReport(&s);
  PetscCall(OttoRunEnd(s.run, code));
  PetscCall(OttoTemperingSaveEnd(&s));
  PetscCall(OttoRunClose(s.run, s.grid, passed));
  const PetscErrorCode status = OttoRunStatus(s.run);
  PetscCall(OttoTemperingDestroy(&s));
  PetscFunctionReturn(status);
}
