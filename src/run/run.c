/* The loop every driver has: from sample to sample, until the last or a signal. */
#include "run_impl.h"
#include <stdio.h>
#include <otto/signals.h>

static struct {
  OttoKeep keep;
  PetscInt after;
} planned;

PetscErrorCode OttoRunPlan(OttoKeep keep, PetscInt after)
{
  PetscFunctionBegin;
  planned.keep = keep;
  planned.after = after < 0 ? -1 : after;
  PetscFunctionReturn(0);
}

static PetscErrorCode Create(OttoRecord record, OttoRun *run)
{
  PetscFunctionBegin;
  PetscCall(PetscNew(run));
  (*run)->record = record;
  (*run)->keep = planned.keep;
  (*run)->keep_after = planned.after;
  planned.keep = NULL;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunCreate(OttoRecord record, const OttoTimesDefaults *defaults, OttoRun *run)
{
  PetscFunctionBegin;
  PetscCall(Create(record, run));
  PetscCall(OttoTimesCreate(defaults, &(*run)->times));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunCreateList(OttoRecord record, PetscInt count, const PetscReal list[],
                                 PetscInt rows, OttoRun *run)
{
  PetscFunctionBegin;
  PetscCall(Create(record, run));
  PetscCall(OttoTimesCreateList(count, list, rows, &(*run)->times));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunDestroy(OttoRun *run)
{
  PetscFunctionBegin;
  if (!*run) PetscFunctionReturn(0);
  PetscCall(OttoTimesDestroy(&(*run)->times));
  PetscCall(PetscFree(*run));
  PetscFunctionReturn(0);
}

OttoTimes *OttoRunGetTimes(OttoRun run)
{
  return &run->times;
}

PetscErrorCode OttoRunSetKeepFunction(OttoRun run, OttoRunKeepFunction function, void *context)
{
  PetscFunctionBegin;
  run->function = function;
  run->context = context;
  PetscFunctionReturn(0);
}

/* The driver finds again what its last sample said, and may report it once more: the record comes
 * last. */
static PetscErrorCode Pass(OttoRun run, OttoKeepDirection direction)
{
  PetscReal t = run->next ? run->times.t[run->next - 1] : 0;

  PetscFunctionBegin;
  PetscCall(OttoKeepSetDirection(run->keep, direction));
  PetscCall(OttoKeepBegin(run->keep, "run", -1));
  PetscCall(OttoKeepInt(run->keep, "samples", &run->next));
  PetscCall(OttoKeepReal(run->keep, "t", &t));
  PetscCall(OttoKeepEnd(run->keep));
  OttoCheckInput(
      run->next >= 1 && run->next <= run->times.count && run->times.t[run->next - 1] == t,
      "time_samples: the run that was kept had come to t = %g by its sample %d; this one "
      "is not there by then",
      (double)t, (int)run->next - 1);
  PetscCall(run->function(run->keep, run->next - 1, t, run->context));
  PetscCall(OttoRecordKeep(run->record, run->keep));
  PetscFunctionReturn(0);
}

/* Where it is time to keep, or to take over. */
static PetscErrorCode Keep(OttoRun run)
{
  const PetscBool resumes = run->keep_after < 0 ? PETSC_TRUE : PETSC_FALSE;

  PetscFunctionBegin;
  if (!run->keep || run->next != run->keep_after + 1) PetscFunctionReturn(0);
  if (!resumes) PetscCall(Pass(run, OTTO_KEEP_ADD));
  PetscCall(Pass(run, OTTO_KEEP_TAKE));
  run->keep = NULL;
  PetscFunctionReturn(0);
}

PetscBool OttoRunNext(OttoRun run, PetscInt *k, PetscReal *t)
{
  if (!run->code) run->code = Keep(run);
  if (run->code || run->next == run->times.count) return PETSC_FALSE;
  run->code = OttoStopTake(OttoRecordGetComm(run->record), &run->stopped);
  if (run->code || run->stopped) return PETSC_FALSE;
  *k = run->next++;
  *t = run->times.t[*k];
  return PETSC_TRUE;
}

PetscBool OttoRunSaves(OttoRun run)
{
  return run->times.save[run->next - 1];
}

PetscBool OttoRunSavesAny(OttoRun run)
{
  for (PetscInt k = 0; k < run->times.count; k++)
    if (run->times.save[k]) return PETSC_TRUE;
  return PETSC_FALSE;
}

PetscErrorCode OttoRunProgress(OttoRun run, const char *text)
{
  PetscFunctionBegin;
  PetscCall(OttoRecordProgress(run->record, run->next, run->times.count, text));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunEnd(OttoRun run, PetscErrorCode code)
{
  PetscFunctionBegin;
  if (!code) code = run->code;
  if (code == OTTO_ERR_STOPPED) {
    OttoErrorClear();
    PetscCall(OttoStopTake(OttoRecordGetComm(run->record), &run->stopped));
  } else if (code) {
    PetscFunctionReturn(code);
  }
  if (run->stopped)
    PetscCall(OttoRecordStop(run->record, run->stopped, run->times.count * run->times.rows));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunEndEarly(OttoRun run, PetscErrorCode code, const char *by)
{
  PetscFunctionBegin;
  if (code != OTTO_ERR_SOLVER) {
    PetscCall(OttoRunEnd(run, code));
    PetscFunctionReturn(0);
  }
  snprintf(run->why, sizeof run->why, "%s", OttoErrorMessage());
  OttoErrorClear();
  run->stopped = by;
  PetscCall(OttoRecordStop(run->record, by, run->times.count * run->times.rows));
  PetscFunctionReturn(0);
}

PetscBool OttoRunIsStopped(OttoRun run)
{
  return run->stopped ? PETSC_TRUE : PETSC_FALSE;
}

PetscErrorCode OttoRunClose(OttoRun run, OttoGrid grid, PetscBool *passed)
{
  PetscFunctionBegin;
  PetscCall(OttoRunCheckRows(run));
  PetscCall(OttoRecordClose(run->record, grid, passed));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunStatus(OttoRun run)
{
  PetscFunctionBegin;
  if (run->why[0]) OttoFail(OTTO_ERR_SOLVER, "%s", run->why);
  if (run->stopped) OttoFail(OTTO_ERR_STOPPED, "stopped by %s", run->stopped);
  PetscFunctionReturn(0);
}
