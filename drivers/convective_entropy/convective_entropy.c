/* How much more entropy comes of blurring after the dynamics than before. */
#include "drivers.h"
#include "problem.h"
#include <stdio.h>

/* Υ and its parts at every s of the present time. */
static PetscErrorCode Rows(OttoConvectiveRun *s)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < s->count; i++) {
    OttoConvectiveRow row = {.time = &s->now, .s = s->s[i]};
    PetscCall(OttoConvectiveCaseAt(&s->fine, s->s[i], &row.entropy, &row.kernel));
    PetscCall(OttoConvectiveErrorsRow(&s->errors, s->resolved, &row));
    PetscCall(OttoConvectiveWriteRow(s, &row));
  }
  PetscFunctionReturn(0);
}

/* From time to time. */
static PetscErrorCode Evolve(OttoConvectiveRun *s)
{
  PetscReal t = 0;
  PetscInt k = 0;
  char said[120];

  PetscFunctionBegin;
  while (OttoRunNext(s->run, &k, &t)) {
    PetscCall(OttoRecordStageBegin(s->record, "dynamics"));
    PetscCall(OttoConvectiveCaseAdvance(&s->fine, t));
    PetscCall(OttoConvectiveCaseTake(&s->fine, &s->now));
    PetscCall(OttoRecordStageEnd(s->record));
    PetscCall(OttoRecordStageBegin(s->record, "errors"));
    PetscCall(OttoConvectiveErrorsAdvance(&s->errors, t));
    PetscCall(OttoRecordStageEnd(s->record));
    PetscCall(OttoRecordStageBegin(s->record, "entropies"));
    PetscCall(OttoConvectiveCheck(s));
    PetscCall(Rows(s));
    PetscCall(OttoConvectiveSave(s, k));
    PetscCall(OttoRecordStageEnd(s->record));
    snprintf(said, sizeof said, "t = %-9.4g  coefficient = %-12.8g  largest FTLE = %-10.6g",
             (double)t, (double)s->now.start.coefficient, (double)s->now.stretching.ftle_max);
    PetscCall(OttoRunProgress(s->run, said));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDriverConvectiveEntropy(const char *input, PetscBool *passed)
{
  OttoConvectiveRun s = {.record = NULL};

  PetscFunctionBegin;
  PetscCall(OttoConvectivePrepare(input, &s));
  PetscErrorCode code = Evolve(&s);
  PetscCall(OttoRunEndEarly(s.run, code, "the flow map"));
  code = OttoConvectiveReport(&s);
  PetscCall(OttoRunEnd(s.run, code));
  if (s.storage) PetscCall(OttoStorageClose(&s.storage));
  PetscCall(OttoRunClose(s.run, s.grid, passed));
  const PetscErrorCode status = OttoRunStatus(s.run);
  PetscCall(OttoConvectiveDestroy(&s));
  PetscFunctionReturn(status);
}
