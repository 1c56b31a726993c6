#include <otto/options.h>
#include <otto/run.h>
#include "core/fault.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static PetscErrorCode ReadSpan(const OttoTimesDefaults *defaults, OttoTimes *times)
{
  static const char *const spacings[] = {"linear", "log", NULL};
  PetscReal start = 0, stop = 0;
  PetscInt64 samples = 17;
  PetscInt spacing = defaults->spacing;
  PetscBool has_start, has_stop;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetReal(NULL, "time_start", 0, INFINITY, &start, &has_start));
  PetscCall(OttoOptionsGetReal(NULL, "time_stop", -INFINITY, INFINITY, &stop, &has_stop));
  PetscCall(OttoOptionsGetInt(NULL, "time_samples", 1, 1000000, &samples, NULL));
  PetscCall(OttoOptionsGetChoice(NULL, "time_spacing", spacings, &spacing, NULL));
  OttoCheckInput(has_start || !defaults->start_required,
                 "time_start: missing; give the first time after 0");
  OttoCheckInput(has_stop, "time_stop: missing; give the last time");
  OttoCheckInput(start > 0 || !(defaults->start_required || spacing == OTTO_SPACING_LOG),
                 "time_start: %g; it must be above 0 (the row t = 0 is always there)",
                 (double)start);
  OttoCheckInput(stop > 0, "time_stop: %g; it must be above 0", (double)stop);
  OttoCheckInput(samples > 1 ? stop > start : stop >= start,
                 "time_stop: %g must be above time_start %g", (double)stop, (double)start);
  PetscCall(PetscMalloc2(samples + 1, &times->t, samples + 1, &times->save));
  times->t[0] = 0;
  for (PetscInt k = 0, count = (PetscInt)samples; k < count; k++) {
    PetscReal share = samples > 1 ? (PetscReal)k / (PetscReal)(samples - 1) : 1;
    PetscReal t = spacing == OTTO_SPACING_LOG ? exp((1 - share) * log(start) + share * log(stop))
                                              : (1 - share) * start + share * stop;
    times->t[k + 1] = k == 0 && samples > 1 ? start : k == samples - 1 ? stop : t;
  }
  times->start = start;
  times->stop = stop;
  times->samples = (PetscInt)samples;
  times->log = spacing == 1 ? PETSC_TRUE : PETSC_FALSE;
  times->count = (PetscInt)samples + 1;
  for (PetscInt k = 2; k < times->count; k++)
    OttoCheckInput(isfinite(times->t[k]) && times->t[k] > times->t[k - 1],
                   "time_samples: %d samples from %.17g to %.17g are not distinct numbers",
                   (int)samples, (double)start, (double)stop);
  if (times->t[1] == 0) { /* the first sample is the row t = 0 itself */
    times->count--;
    PetscCall(PetscArraymove(times->t, times->t + 1, times->count));
  }
  OttoFault("times", times->count, times->t);
  PetscFunctionReturn(0);
}

static PetscErrorCode ReadSaved(PetscInt first, OttoTimes *times)
{
  const char *text;
  PetscReal *wanted;
  PetscInt count;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < times->count; k++) times->save[k] = PETSC_FALSE;
  PetscCall(OttoOptionsGetText(NULL, "output_fields", &text));
  if (!text) {
    times->save[PetscMin(first, times->count - 1)] = times->save[times->count - 1] = PETSC_TRUE;
    PetscFunctionReturn(0);
  }
  if (!strcmp(text, "none")) PetscFunctionReturn(0);
  if (!strcmp(text, "all")) {
    for (PetscInt k = 0; k < times->count; k++) times->save[k] = PETSC_TRUE;
    PetscFunctionReturn(0);
  }
  PetscCall(OttoOptionsGetReals(NULL, "output_fields", &count, &wanted));
  for (PetscInt i = 0; i < count; i++) {
    PetscInt nearest = 0, k;
    for (k = 0; k < times->count; k++) {
      if (fabs(times->t[k] - wanted[i]) < fabs(times->t[nearest] - wanted[i])) nearest = k;
      if (fabs(times->t[k] - wanted[i]) <= 1e-12 * fabs(times->t[k])) break;
    }
    PetscReal near = times->t[nearest], asked = wanted[i];
    if (k == times->count) {
      PetscCall(PetscFree(wanted));
      OttoFail(
          OTTO_ERR_INPUT,
          "output_fields: %.17g is not the time of a sample; the nearest is %.17g (or: all, none)",
          (double)asked, (double)near);
    }
    times->save[k] = PETSC_TRUE;
  }
  PetscCall(PetscFree(wanted));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTimesCreate(const OttoTimesDefaults *defaults, OttoTimes *times)
{
  PetscFunctionBegin;
  PetscCall(PetscMemzero(times, sizeof *times));
  times->rows = 1;
  PetscCall(ReadSpan(defaults, times));
  PetscCall(ReadSaved(defaults->first_saved, times));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTimesCreateList(PetscInt count, const PetscReal list[], PetscInt rows,
                                   OttoTimes *times)
{
  PetscFunctionBegin;
  PetscCall(PetscMemzero(times, sizeof *times));
  PetscCall(PetscMalloc2(count, &times->t, count, &times->save));
  PetscCall(PetscMalloc1(count, &times->list));
  PetscCall(PetscArraycpy(times->t, list, count));
  PetscCall(PetscArraycpy(times->list, list, count));
  times->count = times->samples = count;
  times->rows = rows;
  times->start = list[0];
  times->stop = list[count - 1];
  OttoFault("times", times->count, times->t);
  PetscCall(ReadSaved(count - 1, times));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTimesDestroy(OttoTimes *times)
{
  PetscFunctionBegin;
  PetscCall(PetscFree2(times->t, times->save));
  PetscCall(PetscFree(times->list));
  PetscFunctionReturn(0);
}
