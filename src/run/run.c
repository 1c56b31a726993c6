/* The loop every driver has: from sample to sample, until the last or a signal. */
#include "run_impl.h"
#include <stdio.h>
#include <otto/checkpoint.h>
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
  PetscCall(OttoRunCheckpointFromOptions(*run));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunCreate(OttoRecord record, const OttoTimesDefaults *defaults, OttoRun *run)
{
  PetscFunctionBegin;
  PetscCall(Create(record, run));
  PetscCall(OttoTimesCreate(defaults, &(*run)->times));
  PetscCall(OttoRunLookAhead(*run));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunCreateList(OttoRecord record, PetscInt count, const PetscReal list[],
                                 PetscInt rows, OttoRun *run)
{
  PetscFunctionBegin;
  PetscCall(Create(record, run));
  PetscCall(OttoTimesCreateList(count, list, rows, &(*run)->times));
  PetscCall(OttoRunLookAhead(*run));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunDestroy(OttoRun *run)
{
  PetscFunctionBegin;
  if (!*run) PetscFunctionReturn(0);
  PetscCall(OttoRunCheckpointDestroy(*run));
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

PetscErrorCode OttoRunSetStorage(OttoRun run, OttoGrid grid, const char *name, OttoStorage *storage)
{
  PetscFunctionBegin;
  OttoNeedGrid(grid);
  OttoNeed(run->storages < OTTO_RUN_STORAGES, "fewer files of fields");
  run->storage[run->storages++] = (OttoRunStorage){grid, name, storage};
  PetscFunctionReturn(0);
}

/* Where it is time to keep, or to take over. */
static PetscErrorCode Keep(OttoRun run)
{
  const PetscBool resumes = run->keep_after < 0 ? PETSC_TRUE : PETSC_FALSE;

  PetscFunctionBegin;
  if (!run->keep || run->next != run->keep_after + 1) PetscFunctionReturn(0);
  if (!resumes) PetscCall(OttoRunPass(run, run->keep, OTTO_KEEP_ADD));
  PetscCall(OttoRunPass(run, run->keep, OTTO_KEEP_TAKE));
  run->keep = NULL;
  PetscFunctionReturn(0);
}

/* Between two samples. */
static PetscErrorCode Between(OttoRun run)
{
  PetscFunctionBegin;
  PetscCall(Keep(run));
  if (run->next == run->times.count) PetscFunctionReturn(0);
  PetscCall(OttoStopTake(OttoRecordGetComm(run->record), &run->stopped));
  PetscCall(OttoRunCheckpoint(run));
  PetscFunctionReturn(0);
}

PetscBool OttoRunNext(OttoRun run, PetscInt *k, PetscReal *t)
{
  if (!run->code) run->code = Between(run);
  const PetscBool goes_on =
      run->code || run->stopped || run->next == run->times.count ? PETSC_FALSE : PETSC_TRUE;
  OttoStopDefer(goes_on && OttoRunHasCheckpoints(run) ? PETSC_TRUE : PETSC_FALSE);
  if (!goes_on) return PETSC_FALSE;
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
  if (run->times.rows) PetscCall(OttoRunCheckRows(run)); /* else there is no series */
  PetscCall(OttoRecordClose(run->record, grid, passed));
  if (!run->stopped && OttoRunHasCheckpoints(run))
    PetscCall(OttoCheckpointRemove(OttoRecordGetComm(run->record), OttoRecordGetDir(run->record)));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunStatus(OttoRun run)
{
  PetscFunctionBegin;
  if (run->why[0]) OttoFail(OTTO_ERR_SOLVER, "%s", run->why);
  if (run->stopped) OttoFail(OTTO_ERR_STOPPED, "stopped by %s", run->stopped);
  PetscFunctionReturn(0);
}
