/* Checkpoints of a run: when they are written, and how it goes on from one. */
#include "run_impl.h"
#include <otto/checkpoint.h>
#include <otto/options.h>
#include <otto/signals.h>
#include <otto/transform.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define KEPT 3 /* files at a time: the last two, and one that is being written */

/* "20": samples; "90s", "20min", "2h": time. */
static PetscErrorCode ReadEvery(OttoRun run)
{
  static const struct {
    const char *unit;
    PetscReal seconds;
  } units[] = {{"s", 1}, {"min", 60}, {"h", 3600}};
  const char *text = NULL;
  char *unit = NULL;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetText(NULL, "checkpoint_every", &text));
  if (!text) PetscFunctionReturn(0);
  const double value = strtod(text, &unit);
  while (*unit == ' ') unit++;
  for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
    if (unit != text && !strcmp(unit, units[i].unit)) run->every_seconds = units[i].seconds * value;
  if (unit != text && !*unit && value == floor(value) && value < 1e9)
    run->every_samples = (PetscInt64)value;
  OttoCheckInput(run->every_samples > 0 ||
                     (run->every_seconds > 0 && run->every_seconds < INFINITY),
                 "checkpoint_every: '%.60s'; it must be a number of samples from 1 on (20), or a "
                 "time above 0 (90s, 20min, 2h)",
                 text);
  PetscFunctionReturn(0);
}

/* What a run must know before its objects are made. */
static PetscErrorCode KeepChoices(OttoRun run, OttoKeep keep)
{
  PetscFunctionBegin;
  PetscCall(OttoOptionsKeep(OttoRecordGetComm(run->record), keep));
  PetscCall(OttoWisdomKeep(OttoRecordGetComm(run->record), keep));
  PetscCall(OttoStorageKeepRead(OttoRecordGetComm(run->record), keep));
  PetscFunctionReturn(0);
}

/* Fields decide nothing: their file is closed where a checkpoint is written, and only there. */
static PetscErrorCode KeepStorage(OttoRun run, OttoKeep keep)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < run->storages; i++) {
    const OttoRunStorage *s = &run->storage[i];
    PetscCall(OttoStorageKeep(s->grid, OttoRecordGetDir(run->record), s->name, s->storage, keep));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode Open(OttoRun run)
{
  const char *dir = OttoRecordGetDir(run->record);
  char said[OTTO_CHECKPOINT_SAID];

  PetscFunctionBegin;
  PetscCall(
      OttoCheckpointOpen(OttoRecordGetComm(run->record), dir, &run->from, &run->from_file, said));
  if (said[0])
    PetscCall(OttoRecordAside(run->record, PETSC_TRUE, "restart: %s%s%s", said,
                              run->from ? "; the run goes on from " : "; there is none before it",
                              run->from ? run->from_file : ""));
  if (run->from) PetscCall(KeepChoices(run, run->from));
  PetscCall(OttoRecordResume(run->record, run->from ? PETSC_TRUE : PETSC_FALSE));
  if (!run->from)
    PetscCall(OttoRecordAside(run->record, PETSC_FALSE,
                              "restart: no checkpoint in %s; the run starts afresh", dir));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunCheckpointFromOptions(OttoRun run)
{
  PetscBool restart = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(ReadEvery(run));
  PetscCall(OttoOptionsGetBool(NULL, "restart", &restart, NULL));
  run->written = MPI_Wtime();
  if (restart) PetscCall(Open(run));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunCheckpointDestroy(OttoRun run)
{
  PetscFunctionBegin;
  OttoStopDefer(PETSC_FALSE);
  if (run->from) PetscCall(OttoKeepDestroy(&run->from));
  PetscFunctionReturn(0);
}

static PetscBool Writes(OttoRun run)
{
  return run->every_samples || run->every_seconds > 0 ? PETSC_TRUE : PETSC_FALSE;
}

PetscBool OttoRunHasCheckpoints(OttoRun run)
{
  return Writes(run) || run->from_file ? PETSC_TRUE : PETSC_FALSE;
}

PetscBool OttoRunResumes(OttoRun run)
{
  return run->from ? PETSC_TRUE : PETSC_FALSE;
}

PetscReal OttoRunDiskBytes(OttoRun run, OttoGrid grid, PetscInt fields, PetscReal files)
{
  const PetscReal cells = (PetscReal)OttoGridGetInfo(grid)->cells;

  if (!run || !OttoRunHasCheckpoints(run)) return files;
  return 2 * files + KEPT * (cells * (PetscReal)fields * (PetscReal)sizeof(PetscScalar) + 1e5);
}

/* Rank 0's clock decides. */
static PetscErrorCode IsDue(OttoRun run, PetscBool *due)
{
  PetscReal now = MPI_Wtime();

  PetscFunctionBegin;
  PetscCallMPI(MPI_Bcast(&now, 1, MPIU_REAL, 0, OttoRecordGetComm(run->record)));
  *due = run->stopped || (run->every_samples && run->next % run->every_samples == 0) ||
                 (run->every_seconds > 0 && now - run->written >= run->every_seconds)
             ? PETSC_TRUE
             : PETSC_FALSE;
  PetscFunctionReturn(0);
}

static PetscErrorCode Write(OttoRun run, OttoKeep keep)
{
  PetscFunctionBegin;
  PetscCall(OttoRecordStageBegin(run->record, "checkpoints"));
  PetscCall(KeepChoices(run, keep));
  PetscCall(KeepStorage(run, keep));
  PetscCall(
      OttoCheckpointWrite(OttoRecordGetComm(run->record), OttoRecordGetDir(run->record), keep));
  PetscCall(OttoRecordStageEnd(run->record));
  run->written = MPI_Wtime();
  PetscFunctionReturn(0);
}

static PetscErrorCode PassAndWrite(OttoRun run, OttoKeep keep)
{
  PetscBool due = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(OttoRunPass(run, keep, OTTO_KEEP_ADD));
  PetscCall(IsDue(run, &due));
  if (due) PetscCall(Write(run, keep));
  if (!run->stopped) PetscCall(OttoRunPass(run, keep, OTTO_KEEP_TAKE));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunCheckpoint(OttoRun run)
{
  OttoKeep keep;

  PetscFunctionBegin;
  if (run->from) {
    PetscCall(OttoRunPass(run, run->from, OTTO_KEEP_TAKE));
    PetscCall(KeepStorage(run, run->from));
    PetscCall(OttoKeepDestroy(&run->from));
    PetscCall(OttoRecordAside(run->record, PETSC_FALSE, "restart: goes on from %s after t = %g",
                              run->from_file, (double)run->times.t[run->next - 1]));
    PetscFunctionReturn(0);
  }
  /* by the clock any sample may be the one: all are alike, that numbers do not depend on it */
  const PetscBool passes = run->every_seconds > 0 ||
                                   (run->every_samples && run->next % run->every_samples == 0) ||
                                   run->stopped
                               ? PETSC_TRUE
                               : PETSC_FALSE;
  if (!Writes(run) || !run->next || !passes) PetscFunctionReturn(0);
  PetscCall(OttoKeepCreate(&keep));
  const PetscErrorCode code = PassAndWrite(run, keep);
  PetscCall(OttoKeepDestroy(&keep));
  PetscFunctionReturn(code);
}
