/* Relaxation of one or two densities under a potential, a temperature and a drift. */
#include "drivers.h"
#include "problem.h"

/* One sample: checks, row, fields, a word to the user. */
static PetscErrorCode Report(OttoFokkerPlanckRun *s, PetscInt k, OttoStepChecks steps,
                             OttoFokkerPlanckSample *previous)
{
  OttoFokkerPlanckSample now;
  PetscReal row[OTTO_FOKKER_PLANCK_ROW], slack[OTTO_SMOOTH_COUNT];

  PetscFunctionBegin;
  PetscCall(OttoRecordStageBegin(s->record, "samples"));
  PetscCall(OttoRunFokkerPlanckSample(&s->law, s->times.t[k], &now));
  PetscCall(OttoStepChecksSample(steps, &now, slack));
  PetscCall(OttoRunCheckFokkerPlanck(s->record, &s->law, &now, k ? previous : NULL, slack));
  if (s->times.save[k]) PetscCall(OttoRunSaveFokkerPlanck(s->storage, &s->law, k, s->times.t[k]));
  PetscCall(OttoRunSaveMarginals(s->storage, s->law.grid, &s->times, k, s->law.p, s->law.q));
  PetscCall(OttoRecordStageEnd(s->record));
  PetscCall(OttoSteppingRow(s->stepping, &now, row));
  PetscCall(OttoRunColumnsNotDefined(&s->columns, s->record, now.t, row));
  PetscCall(OttoRunKnownFokkerPlanck(s->record, &s->law, &s->bounds, &now, row));
  PetscCall(OttoRecordRow(s->record, row));
  PetscCall(OttoSpaceFokkerPlanckSample(s->space, &now));
  PetscCall(OttoRunSayFokkerPlanck(s->record, row, k + 1, s->times.count));
  *previous = now;
  PetscFunctionReturn(0);
}

/* From sample to sample by PETSc's TS; what holds at every step is checked at every step. */
static PetscErrorCode Evolve(OttoFokkerPlanckRun *s)
{
  OttoStepChecks steps = NULL;
  OttoFokkerPlanckSample last;

  PetscFunctionBegin;
  PetscCall(OttoRunSteadyState(s->record, &s->law));
  PetscCall(OttoStepChecksCreate(s->record, &s->law, &steps));
  PetscCall(Report(s, 0, steps, &last));
  for (PetscInt k = 1; k < s->times.count; k++) {
    PetscCall(OttoSteppingAdvance(s->stepping, s->times.t[k]));
    PetscCall(Report(s, k, steps, &last));
  }
  PetscCall(OttoRunReportFokkerPlanck(s->record, &s->law, &last));
  PetscCall(OttoSteppingReport(s->stepping));
  PetscCall(OttoSpaceFokkerPlanckReport(s->space, &s->spectrum));
  PetscCall(OttoStepChecksDestroy(&steps));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDriverFokkerPlanck(const char *input, PetscBool *passed)
{
  OttoFokkerPlanckRun s = {0};

  PetscFunctionBegin;
  const PetscErrorCode prepared = OttoFokkerPlanckPrepare(input, &s);
  PetscCall(OttoOptionsBlame(prepared));
  PetscCall(OttoRunStorage(s.record, &s.law, &s.times, &s.spectrum, &s.storage));
  const PetscErrorCode code = Evolve(&s);
  PetscCall(OttoRunSaveLast(s.record, &s.law, &s.times, code, &s.storage));
  if (s.storage) PetscCall(OttoStorageClose(&s.storage));
  PetscCall(OttoRunCheckRows(s.record, &s.times));
  PetscCall(OttoRecordClose(s.record, s.law.grid, passed));
  PetscCall(OttoFokkerPlanckDestroy(&s));
  PetscFunctionReturn(0);
}
