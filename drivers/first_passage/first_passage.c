/* How long until sets are reached, which comes first, what goes from one to another. */
#include "drivers.h"
#include "problem.h"
#include <math.h>
#include <stdio.h>

/* What is left of p at the times asked for. */
static PetscErrorCode Evolve(OttoFirstPassageRun *s)
{
  PetscReal all[OTTO_SURVIVAL_COLUMNS], row[OTTO_SURVIVAL_COLUMNS], t = 0;
  PetscInt k = 0;
  char said[120];

  PetscFunctionBegin;
  while (s->run && OttoRunNext(s->run, &k, &t)) {
    PetscCall(OttoFirstPassageRow(s, k, t, all));
    for (PetscInt i = 0; i < s->survival.columns; i++) row[i] = all[s->survival.of[i]];
    PetscCall(OttoRecordRow(s->record, row));
    snprintf(said, sizeof said, "t = %-9.4g  left %-12.6g  %lld steps", (double)t,
             (double)all[OTTO_SURVIVAL_mass_p], (long long)s->survival.steps);
    PetscCall(OttoRunProgress(s->run, said));
  }
  PetscFunctionReturn(0);
}

/* By solves, which a run that goes on does again, and step by step; then fields, which none writes
 * twice. */
static PetscErrorCode Times(OttoFirstPassageRun *s)
{
  OttoFirstPassageTimes times = {.solver = ""};

  PetscFunctionBegin;
  PetscCall(OttoRecordStageBegin(s->record, "times"));
  PetscCall(OttoFirstPassageFindTimes(&s->law, &times));
  PetscCall(OttoFirstPassageNumbersOfTimes(&s->law, &times, s->number));
  PetscCall(OttoFirstPassageReportTimes(s, &times));
  PetscCall(OttoFirstPassageCheckTimes(s, &times));
  PetscCall(OttoRecordStageEnd(s->record));
  if (s->run) PetscCall(OttoSurvivalFollow(&s->survival, &times, OttoRunGetTimes(s->run)->stop));
  const PetscErrorCode code = Evolve(s);
  if (s->run) PetscCall(OttoRunEnd(s->run, code));
  PetscCall(OttoFirstPassageReportSeries(s));
  PetscCall(OttoFirstPassageCheckSeries(s, &times));
  PetscCall(OttoFirstPassageSaveTimes(s, &times));
  PetscCall(OttoFirstPassageTimesFree(&times));
  PetscFunctionReturn(0);
}

/* Which set comes first, and what passes between two. */
static PetscErrorCode Ways(OttoFirstPassageRun *s)
{
  OttoFirstPassageWays ways = {.channels = 0};

  PetscFunctionBegin;
  PetscCall(OttoRecordStageBegin(s->record, "ways"));
  PetscCall(OttoFirstPassageAim(&s->law, PETSC_TRUE));
  PetscCall(OttoFirstPassageFindWays(&s->law, &ways));
  PetscCall(OttoFirstPassageNumbersOfWays(&s->law, &ways, s->number));
  PetscCall(OttoFirstPassageReportWays(s, &ways));
  PetscCall(OttoFirstPassageCheckWays(s, &ways));
  PetscCall(OttoFirstPassageSaveWays(s, &ways));
  PetscCall(OttoFirstPassageWaysFree(&ways));
  PetscCall(OttoRecordStageEnd(s->record));
  PetscFunctionReturn(0);
}

static PetscErrorCode Compute(OttoFirstPassageRun *s)
{
  PetscFunctionBegin;
  PetscCall(Times(s));
  if (s->run && OttoRunIsStopped(s->run)) PetscFunctionReturn(0);
  PetscCall(Ways(s));
  PetscCall(OttoFirstPassageReportNumbers(s));
  PetscCall(OttoFirstPassageSpaceMeasure(&s->space, &s->survival, s->number));
  PetscCall(OttoSpaceReport(&s->space.space));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDriverFirstPassage(const char *input, PetscBool *passed)
{
  OttoFirstPassageRun s = {.grid = NULL};

  PetscFunctionBegin;
  PetscCall(OttoFirstPassagePrepare(input, &s));
  const PetscErrorCode code = Compute(&s);
  PetscCall(s.run ? OttoRunEnd(s.run, code) : code);
  if (s.storage) PetscCall(OttoStorageClose(&s.storage));
  if (s.run)
    PetscCall(OttoRunClose(s.run, s.grid, passed));
  else
    PetscCall(OttoRecordClose(s.record, s.grid, passed));
  const PetscErrorCode status = s.run ? OttoRunStatus(s.run) : 0;
  PetscCall(OttoFirstPassageEnd(&s));
  PetscFunctionReturn(status);
}
