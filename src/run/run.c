/* The loop every driver has: from sample to sample, until the last or a signal. */
#include "run_impl.h"
#include <otto/signals.h>

PetscErrorCode OttoRunCreate(OttoRecord record, const OttoTimesDefaults *defaults, OttoRun *run)
{
  PetscFunctionBegin;
  PetscCall(PetscNew(run));
  (*run)->record = record;
  PetscCall(OttoTimesCreate(defaults, &(*run)->times));
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

PetscBool OttoRunNext(OttoRun run, PetscInt *k, PetscReal *t)
{
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
  if (run->stopped) PetscCall(OttoRecordStop(run->record, run->stopped, run->times.count));
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
  if (run->stopped) OttoFail(OTTO_ERR_STOPPED, "stopped by %s", run->stopped);
  PetscFunctionReturn(0);
}
