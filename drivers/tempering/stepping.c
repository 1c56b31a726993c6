/* The runs side by side. Over a step H of the longest steps, with dt = H/4 the shortest, a mode of
 * rate λ changes in the second half by λ H/2 less than in the first; steps follow the share that
 * time_tolerance asks for, as in fokker-planck. */
#include "stepping.h"
#include "run/extrapolate.h"
#include <otto/options.h>
#include <math.h>
#include <string.h>

#define SHARE 0.15 /* of the root of the tolerance */
#define GROWTH 2.0
#define SHRINK 0.3
#define PORTION 32 /* of the whole time: the longest step */
#define FAINT 1e-9 /* of the mass: changes below it are what solves leave */
#define LEAST_TOLERANCE 1e-8

/* Methods and controls that the extrapolation does not know. */
static PetscErrorCode CheckMethod(void)
{
  static const char *const allowed[][2] = {{"ts_type", "beuler"}, {"ts_adapt_type", "none"}};
  char key[32], text[64] = "";
  PetscBool given = PETSC_FALSE;

  PetscFunctionBegin;
  for (int i = 0; i < 2; i++) {
    PetscCall(PetscSNPrintf(key, sizeof key, "-%s", allowed[i][0]));
    PetscCall(PetscOptionsGetString(NULL, NULL, key, text, sizeof text, &given));
    OttoCheckInput(!given || !strcmp(text, allowed[i][1]),
                   "%s: '%s'; it must be %s: tempering extrapolates steps of implicit Euler, whose "
                   "length ts_dt or time_tolerance choose",
                   allowed[i][0], text, allowed[i][1]);
  }
  PetscFunctionReturn(0);
}

/* The first step: a share of the time in which change changes, ‖Qᵀp‖/‖QᵀQᵀp‖. */
static PetscErrorCode FirstStep(OttoTemperingStepping *s)
{
  const OttoTemperingLaw *law = &s->pair->law[0];
  PetscReal first = 0, second = 0;

  PetscFunctionBegin;
  s->step = s->stop / PORTION;
  PetscCall(OttoGeneratorApply(law->generator, law->p[0], s->before[0]));
  PetscCall(OttoGeneratorApply(law->generator, s->before[0], s->before[1]));
  PetscCall(VecNorm(s->before[0], NORM_1, &first));
  PetscCall(VecNorm(s->before[1], NORM_1, &second));
  if (second > 0) s->step = PetscMin(s->step, 4 * s->share * first / second);
  s->step = PetscMax(s->step, 1e-9 * s->stop);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperingSteppingCreate(OttoRecord record, OttoTemperingPair *pair,
                                           const OttoTimes *times, OttoTemperingStepping *s)
{
  PetscBool estimate = PETSC_TRUE;
  PetscReal dt = 0, tolerance = 1e-2;

  PetscFunctionBegin;
  s->record = record;
  s->pair = pair;
  s->stop = times->t[times->count - 1];
  PetscCall(CheckMethod());
  PetscCall(OttoOptionsGetBool(NULL, "check_time", &estimate, NULL));
  PetscCall(OttoOptionsGetReal(NULL, "time_tolerance", 0, INFINITY, &tolerance, NULL));
  OttoCheckInput(tolerance >= LEAST_TOLERANCE,
                 "time_tolerance: %g; it must be at least %g: solves leave as much",
                 (double)tolerance, LEAST_TOLERANCE);
  s->share = SHARE * sqrt(PetscMin(tolerance, 1));
  if (estimate)
    PetscCall(OttoErrorTableCreate(record, "time", OTTO_TEMPERING_COLUMNS, OttoTemperingErrors,
                                   &s->table));
  else
    PetscCall(OttoRecordNotApplicable(record, "time_error", "check_time is no"));
  OttoOptionsPetsc(PETSC_COMM_WORLD, PetscOptionsGetReal(NULL, NULL, "-ts_dt", &dt, &s->fixed));
  OttoCheckInput(!s->fixed || dt >= PETSC_MACHINE_EPSILON * s->stop,
                 "ts_dt: %g; a step so short does not move a time of %g (time_stop)", (double)dt,
                 (double)s->stop);
  for (int i = 0; i < 2; i++) PetscCall(VecDuplicate(pair->law[0].p[0], &s->before[i]));
  PetscCall(FirstStep(s));
  if (s->fixed) s->step = 4 * dt;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperingSteppingDestroy(OttoTemperingStepping *s)
{
  PetscFunctionBegin;
  for (int i = 0; i < 2; i++) PetscCall(VecDestroy(&s->before[i]));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperingSteppingFollow(OttoTemperingStepping *s, OttoTemperingPair *pair)
{
  PetscFunctionBegin;
  PetscCheck(s->followers < OTTO_TEMPERING_FOLLOWERS, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "too many followers");
  s->follower[s->followers++] = pair;
  PetscFunctionReturn(0);
}

static PetscErrorCode AdvanceFollowers(OttoTemperingStepping *s, PetscReal from, PetscReal to,
                                       PetscReal dt)
{
  PetscFunctionBegin;
  PetscCall(OttoRecordStageBegin(s->record, "space"));
  for (PetscInt k = 0; k < s->followers; k++) {
    if (!OttoTemperingIsAt(s->follower[k], 0, from)) continue;
    const PetscErrorCode code = OttoTemperingAdvance(s->follower[k], 0, to, dt);
    /* a stop, too: ranks without that grid do not know of it yet */
    if (code && code != OTTO_ERR_SOLVER && code != OTTO_ERR_STOPPED) PetscFunctionReturn(code);
    if (code) OttoErrorClear();
  }
  PetscCall(OttoRecordStageEnd(s->record));
  PetscFunctionReturn(0);
}

/* What step to try next, H being the last one's, which may have been cut to fit. */
static PetscErrorCode Control(OttoTemperingStepping *s, PetscReal H)
{
  const Vec p = s->pair->law[0].p[0], start = s->before[0], middle = s->before[1];
  PetscReal change = 0, bend = 0, mass = 0, next = GROWTH * s->step;

  PetscFunctionBegin;
  if (s->fixed) PetscFunctionReturn(0);
  PetscCall(VecNorm(p, NORM_1, &mass));
  PetscCall(VecAXPBYPCZ(middle, 1, 1, -2, start, p));
  PetscCall(VecNorm(middle, NORM_1, &bend));
  PetscCall(VecAXPY(start, -1, p));
  PetscCall(VecNorm(start, NORM_1, &change));
  if (bend > FAINT * mass) next = PetscMin(next, H * s->share * change / bend);
  s->step = PetscMin(PetscMax(next, SHRINK * s->step), s->stop / PORTION);
  PetscFunctionReturn(0);
}

/* One step H of the longest, to `to`. */
static PetscErrorCode Rung(OttoTemperingStepping *s, PetscReal now, PetscReal to)
{
  const PetscReal H = to - now;

  PetscFunctionBegin;
  for (int half = 0; half < 2; half++) {
    const PetscReal from = half ? now + H / 2 : now, end = half ? to : now + H / 2;
    PetscCall(OttoRecordStageBegin(s->record, "steps"));
    PetscCall(VecCopy(s->pair->law[0].p[0], s->before[half]));
    PetscCall(OttoTemperingAdvance(s->pair, 0, end, H / 4));
    PetscCall(OttoRecordStageEnd(s->record));
    PetscCall(AdvanceFollowers(s, from, end, H / 4));
  }
  PetscCall(OttoRecordStageBegin(s->record, "beside"));
  PetscCall(OttoTemperingAdvance(s->pair, 1, to, H / 2));
  PetscCall(OttoTemperingAdvance(s->pair, 2, to, H));
  PetscCall(OttoRecordStageEnd(s->record));
  PetscCall(Control(s, H));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperingSteppingAdvance(OttoTemperingStepping *s, PetscReal t)
{
  OttoFlow flow = s->pair->law[0].flow[0];

  PetscFunctionBegin;
  for (PetscReal now = OttoFlowGetTime(flow); now < t; now = OttoFlowGetTime(flow)) {
    const PetscReal pieces = ceil((t - now) / s->step * (1 - 1e-9));
    PetscCall(Rung(s, now, pieces <= 1 ? t : now + (t - now) / pieces));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperingSteppingRow(OttoTemperingStepping *s,
                                        const OttoTemperingSample samples[], PetscReal row[])
{
  PetscReal rows[OTTO_TEMPERING_RUNS][OTTO_TEMPERING_COLUMNS];
  PetscReal error[OTTO_TEMPERING_COLUMNS], floor[OTTO_TEMPERING_COLUMNS];

  PetscFunctionBegin;
  for (int k = 0; k < OTTO_TEMPERING_RUNS; k++) OttoTemperingRow(&samples[k], rows[k]);
  for (PetscInt i = 0; i < OTTO_TEMPERING_COLUMNS; i++) {
    const PetscReal v[] = {rows[0][i], rows[1][i], rows[2][i]};
    row[i] = v[0];
    error[i] = 0;
    /* as they are, not by logarithms: what adds up in the runs adds up in the row */
    if (OttoTemperingErrors[i].kind != OTTO_ERROR_NONE)
      OttoRunExtrapolate(PETSC_FALSE, v, &row[i], &error[i]);
  }
  OttoTemperingFloors(&samples[0], floor);
  if (s->table) PetscCall(OttoErrorTableAdd(s->table, samples[0].t, row, error, floor));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperingSteppingReport(OttoTemperingStepping *s)
{
  PetscFunctionBegin;
  if (s->table) PetscCall(OttoErrorTableReport(s->table));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperingSteppingKeep(OttoTemperingStepping *s, OttoKeep keep)
{
  PetscFunctionBegin;
  PetscCall(OttoKeepBegin(keep, "stepping", -1));
  PetscCall(OttoKeepReal(keep, "step", &s->step));
  PetscCall(OttoTemperingPairKeep(s->pair, keep));
  PetscCall(OttoKeepEnd(keep));
  PetscFunctionReturn(0);
}
