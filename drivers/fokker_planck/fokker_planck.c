/* Relaxation of one or two densities under a potential, a temperature and a drift. */
#include "drivers.h"
#include "problem.h"

/* All that is known at time t; `slack`: what solves may add to divergences since the last. */
static PetscErrorCode Sample(OttoFokkerPlanckRun *s, PetscReal t, OttoFokkerPlanckSample *now,
                             PetscReal slack[])
{
  PetscFunctionBegin;
  PetscCall(OttoRecordStageBegin(s->record, "samples"));
  PetscCall(OttoRunFokkerPlanckSample(&s->law, t, now));
  PetscCall(OttoStepChecksSample(s->steps, now, slack));
  PetscFunctionReturn(0);
}

/* What must hold at a sample; then its fields. */
static PetscErrorCode Check(OttoFokkerPlanckRun *s, PetscInt k, const OttoFokkerPlanckSample *now,
                            const PetscReal slack[])
{
  PetscFunctionBegin;
  PetscCall(OttoRunCheckFokkerPlanck(s->record, &s->law, now, k ? &s->previous : NULL, slack));
  PetscCall(OttoFokkerPlanckSave(s, k, now->t));
  PetscCall(OttoRecordStageEnd(s->record));
  PetscFunctionReturn(0);
}

static PetscErrorCode Row(OttoFokkerPlanckRun *s, OttoFokkerPlanckSample *now)
{
  PetscReal row[OTTO_FOKKER_PLANCK_ROW];

  PetscFunctionBegin;
  PetscCall(OttoSteppingRow(s->stepping, now, row));
  PetscCall(OttoRunColumnsNotDefined(&s->columns, s->record, now->t, row));
  PetscCall(OttoRunKnownFokkerPlanck(s->record, &s->law, &s->bounds, now, row));
  PetscCall(OttoRecordRow(s->record, row));
  PetscCall(OttoSpaceFokkerPlanckSample(s->space, now));
  PetscCall(OttoRunSayFokkerPlanck(s->run, row));
  s->previous = *now;
  PetscFunctionReturn(0);
}

/* From sample to sample by PETSc's TS; what holds at every step is checked at every step. */
static PetscErrorCode Evolve(OttoFokkerPlanckRun *s)
{
  OttoFokkerPlanckSample now;
  PetscReal slack[OTTO_SMOOTH_COUNT], t = 0;
  PetscInt k = 0;

  PetscFunctionBegin;
  PetscCall(OttoRunSteadyState(s->record, &s->law));
  PetscCall(OttoStepChecksCreate(s->record, &s->law, &s->steps));
  while (OttoRunNext(s->run, &k, &t)) {
    if (k > 0) PetscCall(OttoSteppingAdvance(s->stepping, t));
    PetscCall(Sample(s, t, &now, slack));
    PetscCall(Check(s, k, &now, slack));
    PetscCall(Row(s, &now));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDriverFokkerPlanck(const char *input, PetscBool *passed)
{
  OttoFokkerPlanckRun s = {0};

  PetscFunctionBegin;
  PetscErrorCode code = OttoFokkerPlanckPrepare(input, &s);
  PetscCall(OttoOptionsBlame(code));
  PetscCall(OttoRunStorage(s.record, &s.law, OttoRunGetTimes(s.run), &s.spectrum, &s.metastable,
                           &s.storage));
  code = Evolve(&s);
  PetscCall(OttoFokkerPlanckSaveLast(&s, code));
  PetscCall(OttoRunEnd(s.run, code));
  code = OttoFokkerPlanckReport(&s);
  PetscCall(OttoRunEnd(s.run, code));
  if (s.storage) PetscCall(OttoStorageClose(&s.storage));
  PetscCall(OttoRunClose(s.run, s.law.grid, passed));
  const PetscErrorCode status = OttoRunStatus(s.run);
  PetscCall(OttoFokkerPlanckDestroy(&s));
  PetscFunctionReturn(status);
}
