/* All that is kept of a run: its times so far, its driver, its record. */
#include "run_impl.h"
#include <math.h>

#define SAME_TIME (8 * PETSC_MACHINE_EPSILON) /* of formulas of start, stop and share */

/* Whether the times so far are those of the run that was kept. */
static PetscErrorCode PassTimes(OttoRun run, OttoKeep keep, PetscInt *samples)
{
  const OttoTimes *now = &run->times;
  PetscReal *t;
  PetscInt k = 0;

  PetscFunctionBegin;
  PetscCall(OttoKeepBegin(keep, "run", -1));
  PetscCall(OttoKeepInt(keep, "samples", samples));
  const PetscInt taken = *samples;
  OttoCheckInput(taken >= 1 && taken <= now->count,
                 "time_samples: the run that was kept had taken %d samples; this one has %d",
                 (int)taken, (int)now->count);
  PetscCall(PetscMalloc1(taken, &t));
  PetscCall(PetscArraycpy(t, now->t, taken));
  PetscErrorCode code = OttoKeepReals(keep, "times", taken, t);
  while (!code && k < taken && fabs(t[k] - now->t[k]) <= SAME_TIME * fabs(t[k])) k++;
  PetscCall(OttoKeepEnd(keep));
  const PetscReal then = !code && k < taken ? t[k] : 0;
  PetscCall(PetscFree(t));
  PetscCall(code);
  OttoCheckInput(k == taken,
                 "time_samples: the run that was kept had its sample %d at t = %.12g, this one has "
                 "it at %.12g",
                 (int)k, (double)then, (double)now->t[k]);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRunLookAhead(OttoRun run)
{
  PetscInt samples = 0;

  PetscFunctionBegin;
  if (run->from) PetscCall(PassTimes(run, run->from, &samples));
  PetscFunctionReturn(0);
}

/* The driver finds again what its last sample said, and may report it once more: the record comes
 * last. */
PetscErrorCode OttoRunPass(OttoRun run, OttoKeep keep, OttoKeepDirection direction)
{
  PetscFunctionBegin;
  PetscCall(OttoKeepSetDirection(keep, direction));
  PetscCall(PassTimes(run, keep, &run->next));
  PetscCall(run->function(keep, run->next - 1, run->times.t[run->next - 1], run->context));
  PetscCall(OttoRecordKeep(run->record, keep));
  PetscFunctionReturn(0);
}
