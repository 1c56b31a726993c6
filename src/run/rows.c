/* Whether the rows of a series are those asked for. */
#include "run_impl.h"
#include <math.h>

/* Sample k of those from start to stop. */
static PetscReal Asked(const OttoTimes *times, PetscInt k)
{
  const PetscInt last = times->samples - 1;

  if (times->list) return times->list[k / times->rows];
  if (last == 0 || k == last) return times->stop;
  if (times->log) return times->start * pow(times->stop / times->start, (PetscReal)k / last);
  return times->start + k * ((times->stop - times->start) / last);
}

PetscErrorCode OttoRunCheckRows(OttoRun run)
{
  const OttoTimes *times = &run->times;
  const OttoRecord record = run->record;
  const PetscInt zero = !times->list && (times->start > 0 || times->samples == 1)
                            ? 1
                            : 0; /* a row t = 0 of its own */
  const PetscInt rows =
      run->stopped ? OttoRecordGetRows(record) : (zero + times->samples) * times->rows;
  PetscInt count = 0;
  PetscReal worst = 0, at = times->stop, *t = NULL;

  PetscFunctionBegin;
  PetscCall(OttoRecordReadTimes(record, &count, &t));
  if (count) at = t[count - 1]; /* of a run that was stopped, not when it should have ended */
  if (count != rows) worst = INFINITY;
  for (PetscInt i = 0; i < count && worst < INFINITY; i++) {
    const PetscReal asked = i < zero ? 0 : Asked(times, i - zero), off = fabs(t[i] - asked);
    const PetscReal error = off == 0 ? 0 : off / fabs(asked); /* of the row t = 0: infinite */
    if (error <= worst) continue;
    worst = isnan(error) ? INFINITY : error;
    at = asked;
  }
  PetscCall(PetscFree(t));
  PetscCall(OttoRecordCheck(record, "rows", worst, at));
  PetscFunctionReturn(0);
}
