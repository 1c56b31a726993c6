/*
 * The runs side by side. The ladder's step: over a step H of the run with the longest steps, with
 * dt = H/4 the shortest, a mode of rate λ changes in the second half by λ H/2 less than in the
 * first: λ dt of the whole change. Extrapolated to second order, the logarithm of a divergence errs
 * by (4/3)(λ dt)² an e-fold of that mode: λ dt = SHARE·√tolerance keeps 20 e-folds, after which a
 * divergence is what solves leave, within the tolerance.
 */
#include "stepping_impl.h"
#include <otto/options.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define SHARE 0.15
#define SOLVES 1e-11 /* ksp_rtol of the ladder */
#define GROWTH 2.0
#define SHRINK 0.3
#define NOISE 10        /* a change below this many residuals of the solves says nothing */
#define SAME_TIME 1e-12 /* relative: times of steps are sums */
#define PORTION 64      /* forces that depend on time are looked at this often at least */
#define LEAST_TOLERANCE                                                                            \
  1e-10               /* steps go with its root; far below, they no longer move the time           \
                       */
#define SMOOTHEST 256 /* steps of a run where nothing else says how long they are */

/* ‖Qᵀw‖₁/‖w‖₁ with w = Qᵀp: the rate at which change changes; 0 where nothing does. */
static PetscErrorCode RateOfChange(const OttoFokkerPlanck *law, Vec p, PetscReal *rate)
{
  PetscReal first = 0, second = 0, of_p = 0, norm = 0;
  Vec w, v;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(p, &w));
  PetscCall(VecDuplicate(p, &v));
  PetscCall(OttoGeneratorApply(law->generator, p, w));
  PetscCall(OttoGeneratorApply(law->generator, w, v));
  PetscCall(VecNorm(p, NORM_1, &of_p));
  PetscCall(VecNorm(w, NORM_1, &first));
  PetscCall(VecNorm(v, NORM_1, &second));
  PetscCall(OttoGeneratorNorm(law->generator, &norm));
  *rate = first > 1e-12 * norm * of_p ? second / first : 0;
  PetscCall(VecDestroy(&w));
  PetscCall(VecDestroy(&v));
  PetscFunctionReturn(0);
}

/* The longest step that may be tried first. */
static PetscErrorCode FirstStep(OttoStepping s, PetscReal share, PetscReal *step)
{
  PetscReal rate = 0, of_q = 0;

  PetscFunctionBegin;
  PetscCall(RateOfChange(s->law, s->law->p, &rate));
  if (s->law->q) PetscCall(RateOfChange(s->law, s->law->q, &of_q));
  rate = PetscMax(rate, of_q);
  *step = s->times->t[s->times->count - 1] / PORTION;
  if (rate > 0) *step = PetscMin(*step, share / rate);
  PetscFunctionReturn(0);
}

/* Another flow under the same generator, from copies of the densities. */
static PetscErrorCode AddBeside(OttoStepping s, TSType type)
{
  OttoFokkerPlanck *law = s->law;
  const PetscInt k = s->count++;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(law->p, &s->beside[k].p));
  PetscCall(VecCopy(law->p, s->beside[k].p));
  if (law->q) {
    PetscCall(VecDuplicate(law->q, &s->beside[k].q));
    PetscCall(VecCopy(law->q, s->beside[k].q));
  }
  PetscCall(OttoFlowCreateFokkerPlanck(law->generator, law->resolvent, s->beside[k].p,
                                       s->beside[k].q, &s->beside[k].flow));
  PetscCall(OttoFlowSetFromOptions(s->beside[k].flow));
  PetscCall(OttoFlowSetUp(s->beside[k].flow));
  TS ts = OttoFlowGetTS(s->beside[k].flow);
  PetscCall(TSMonitorCancel(ts));
  PetscCall(TSSetMaxSteps(ts, PETSC_MAX_INT));
  if (type) PetscCall(OttoFlowSetMethod(s->beside[k].flow, type));
  PetscFunctionReturn(0);
}

static PetscErrorCode BeginLadder(OttoStepping s, PetscReal tolerance)
{
  const Vec of_law[2] = {s->law->p, s->law->q};

  PetscFunctionBegin;
  s->way = OTTO_STEPPING_LADDER;
  s->share = SHARE * sqrt(PetscMin(tolerance, 1));
  PetscCall(AddBeside(s, NULL));
  PetscCall(AddBeside(s, NULL));
  for (int i = 0; i < 2; i++)
    for (int b = 0; b < 2; b++)
      if (of_law[b]) PetscCall(VecDuplicate(of_law[b], &s->before[i][b]));
  PetscCall(FirstStep(s, 4 * s->share, &s->step));
  /* differences of runs, and 2 v1 - v2, magnify what solves leave */
  PetscCall(OttoResolventSetTolerance(s->law->resolvent, SOLVES));
  PetscFunctionReturn(0);
}

/* The shortest interval between rows. */
static PetscReal ShortestInterval(const OttoTimes *times)
{
  PetscReal shortest = INFINITY;

  for (PetscInt k = 1; k < times->count; k++)
    shortest = PetscMin(shortest, times->t[k] - times->t[k - 1]);
  return shortest;
}

/* A method that leaves stiff modes as they are however long its steps, R(∞) = ±1: of these cn, and
 * theta near 1/2; Ascher, Ruuth and Spiteri's (1,2,2) and the trapezoidal rule among arkimex's. */
static PetscErrorCode LeavesStiffModes(OttoFlow flow, PetscBool *leaves, PetscBool *first_order)
{
  TS ts = OttoFlowGetTS(flow);
  TSARKIMEXType arkimex = NULL;
  TSType type;

  PetscFunctionBegin;
  PetscCall(TSGetType(ts, &type));
  *first_order = OttoFlowIsImplicitEuler(flow);
  *leaves = PETSC_FALSE;
  if (!strcmp(type, TSTHETA) || !strcmp(type, TSCN)) {
    *leaves = *first_order ? PETSC_FALSE : PETSC_TRUE;
    *first_order = PETSC_TRUE; /* unless theta is 1/2 */
  }
  if (strcmp(type, TSARKIMEX)) PetscFunctionReturn(0);
  PetscCall(TSARKIMEXGetType(ts, &arkimex));
  *leaves =
      !strcmp(arkimex, TSARKIMEXA2) || !strcmp(arkimex, TSARKIMEXARS122) ? PETSC_TRUE : PETSC_FALSE;
  *first_order = !strcmp(arkimex, TSARKIMEX1BEE) ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}

/* A step or a method was given; dt 0: none. */
static PetscErrorCode BeginGiven(OttoStepping s, PetscReal dt, PetscBool estimate)
{
  const PetscBool fixed = OttoFlowIsFixed(s->law->flow);
  const PetscReal stop = s->times->t[s->times->count - 1];
  PetscBool stiff = PETSC_FALSE, first_order = PETSC_FALSE;

  PetscFunctionBegin;
  OttoCheckInput(!(dt > 0) || !fixed || dt >= PETSC_MACHINE_EPSILON * stop,
                 "ts_dt: %g; a step so short does not move a time of %g (time_stop): it must be at "
                 "least %g",
                 (double)dt, (double)stop, (double)(PETSC_MACHINE_EPSILON * stop));
  if (!(dt > 0) && fixed) {
    dt = stop / SMOOTHEST;
    PetscCall(OttoFlowSetStep(s->law->flow, dt));
  } else if (!(dt > 0)) {
    PetscReal first = 0;
    PetscCall(FirstStep(s, s->share, &first));
    PetscCall(OttoFlowSuggestStep(s->law->flow, first));
  }
  if (!estimate) PetscFunctionReturn(0);
  PetscCall(LeavesStiffModes(s->law->flow, &stiff, &first_order));
  PetscCall(AddBeside(s, stiff && fixed ? TSBDF : NULL));
  s->factor = 1;
  if (stiff && fixed) {
    s->way = OTTO_STEPPING_DAMPED;
  } else if (fixed && ShortestInterval(s->times) >= 2 * dt * (1 - 1e-9)) {
    s->way = OTTO_STEPPING_LONGER;
    PetscCall(OttoFlowSetStep(s->beside[0].flow, 2 * dt));
  } else {
    s->way = OTTO_STEPPING_SHORTER;
    s->factor = first_order ? 2 : 4. / 3;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode Begin(OttoStepping s)
{
  static const char *const keys[] = {"-ts_dt", "-ts_adapt_type", "-ts_type"};
  PetscBool estimate = PETSC_TRUE, given[3];
  PetscReal dt = 0, tolerance = 1e-2;

  PetscFunctionBegin;
  for (int i = 0; i < 3; i++) PetscCall(PetscOptionsHasName(NULL, NULL, keys[i], &given[i]));
  PetscCall(OttoOptionsGetBool(NULL, "check_time", &estimate, NULL));
  PetscCall(OttoOptionsGetReal(NULL, "time_tolerance", 0, INFINITY, &tolerance, NULL));
  OttoCheckInput(tolerance >= LEAST_TOLERANCE,
                 "time_tolerance: %g; it must be at least %g: solves leave as much",
                 (double)tolerance, (double)LEAST_TOLERANCE);
  s->share = SHARE * sqrt(PetscMin(tolerance, 1));
  if (estimate)
    PetscCall(
        OttoErrorTableCreate(s->record, "time", s->columns->count, s->columns->error, &s->table));
  else
    PetscCall(OttoRecordNotApplicable(s->record, "time_error", "check_time is no"));
  if (OttoFlowIsImplicitEuler(s->law->flow) && !given[0] && !given[1]) {
    PetscCall(BeginLadder(s, tolerance));
    PetscFunctionReturn(0);
  }
  OttoOptionsPetsc(PETSC_COMM_WORLD, PetscOptionsGetReal(NULL, NULL, "-ts_dt", &dt, NULL));
  PetscCall(BeginGiven(s, dt, estimate));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSteppingCreate(OttoRecord record, OttoFokkerPlanck *law, const OttoTimes *times,
                                  const OttoRunColumns *columns, OttoStepping *stepping)
{
  OttoStepping s;

  PetscFunctionBegin;
  PetscCall(PetscNew(&s));
  *stepping = s;
  s->record = record;
  s->law = law;
  s->times = times;
  s->columns = columns;
  PetscCall(Begin(s));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSteppingDestroy(OttoStepping *stepping)
{
  OttoStepping s = *stepping;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(0);
  for (PetscInt k = 0; k < s->count; k++) {
    PetscCall(OttoFlowDestroy(&s->beside[k].flow));
    PetscCall(VecDestroy(&s->beside[k].p));
    PetscCall(VecDestroy(&s->beside[k].q));
  }
  for (int i = 0; i < 2; i++)
    for (int b = 0; b < 2; b++) PetscCall(VecDestroy(&s->before[i][b]));
  PetscCall(PetscFree(*stepping));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSteppingFollow(OttoStepping s, OttoFlow flow)
{
  PetscFunctionBegin;
  PetscCheck(s->followers < OTTO_FOLLOWERS, PETSC_COMM_SELF, PETSC_ERR_PLIB, "too many followers");
  s->follower[s->followers++] = flow;
  PetscFunctionReturn(0);
}

/* Estimates are left out from here on. */
static PetscErrorCode Lose(OttoStepping s, const char *why)
{
  PetscFunctionBegin;
  s->lost = PETSC_TRUE;
  if (s->table) PetscCall(OttoErrorTableNotKnown(s->table, -1, why));
  PetscFunctionReturn(0);
}

/* The failure of a run beside the first is not the run's. */
static PetscErrorCode Forgive(OttoStepping s, PetscErrorCode code)
{
  char why[160];

  PetscFunctionBegin;
  if (code != OTTO_ERR_SOLVER) PetscFunctionReturn(code);
  snprintf(why, sizeof why, "a run beside it failed: %.120s", OttoErrorMessage());
  OttoErrorClear();
  PetscCall(Lose(s, why));
  PetscFunctionReturn(0);
}

/* A run beside the first to t in steps dt (0: as it is set). */
static PetscErrorCode AdvanceBeside(OttoStepping s, PetscInt k, PetscReal t, PetscReal dt)
{
  PetscFunctionBegin;
  if (s->lost) PetscFunctionReturn(0);
  if (dt > 0) PetscCall(OttoFlowSetStep(s->beside[k].flow, dt));
  PetscCall(Forgive(s, OttoFlowAdvance(s->beside[k].flow, t)));
  PetscCall(OttoFlowRest(s->beside[k].flow));
  PetscFunctionReturn(0);
}

/* `flow` to the end of every step that the first run took last, in `parts` steps each. */
static PetscErrorCode Repeat(OttoStepping s, PetscReal from, OttoFlow flow, PetscInt parts)
{
  const PetscReal *times = NULL;
  PetscInt count = 0;

  PetscFunctionBegin;
  PetscCall(OttoFlowGetTimes(s->law->flow, &count, &times));
  for (PetscInt i = 0; i < count; from = times[i++]) {
    PetscCall(OttoFlowSetStep(flow, (times[i] - from) / (PetscReal)parts));
    PetscCall(OttoFlowAdvance(flow, times[i]));
  }
  PetscFunctionReturn(0);
}

/* One that fails stays where it is: its time tells. */
static PetscErrorCode AdvanceFollowers(OttoStepping s, PetscReal from)
{
  PetscFunctionBegin;
  if (!s->followers) PetscFunctionReturn(0);
  PetscCall(OttoRecordStageBegin(s->record, "space"));
  for (PetscInt k = 0; k < s->followers; k++) {
    if (fabs(OttoFlowGetTime(s->follower[k]) - from) > SAME_TIME * from) continue;
    PetscErrorCode code = Repeat(s, from, s->follower[k], 1);
    if (code && code != OTTO_ERR_SOLVER) PetscFunctionReturn(code);
    if (code) OttoErrorClear();
  }
  PetscCall(OttoRecordStageEnd(s->record));
  PetscFunctionReturn(0);
}

/* The step over which one density changes by the wanted share more, or less, in its second half
 * than in its first, from how it changed over the last step H. */
static PetscErrorCode Wanted(OttoStepping s, PetscInt b, PetscReal H, PetscReal noise,
                             PetscReal *step)
{
  const Vec now = b ? s->law->q : s->law->p, start = s->before[0][b], middle = s->before[1][b];
  PetscReal change = 0, bend = 0, mass = 0;

  PetscFunctionBegin;
  PetscCall(VecNorm(now, NORM_1, &mass));
  PetscCall(VecAXPBYPCZ(middle, 1, 1, -2, start, now));
  PetscCall(VecNorm(middle, NORM_1, &bend));
  PetscCall(VecAXPY(start, -1, now));
  PetscCall(VecNorm(start, NORM_1, &change));
  noise *= mass;
  if (change <= NOISE * noise) /* nothing goes on that could be seen */
    *step = GROWTH * s->step;
  else if (bend <= NOISE * noise && s->share * change <= NOISE * noise)
    *step = s->step; /* what goes on is too faint to tell */
  else
    *step = bend > 0 ? H * s->share * change / bend : GROWTH * s->step;
  PetscFunctionReturn(0);
}

/* What step to try next, H being the last one's, which may have been cut to fit. */
static PetscErrorCode Control(OttoStepping s, PetscReal H)
{
  OttoFlowReport report;
  PetscReal next = GROWTH * s->step;

  PetscFunctionBegin;
  PetscCall(OttoFlowGetReport(s->law->flow, &report));
  const PetscReal noise = PetscMax(report.residual, 10 * PETSC_MACHINE_EPSILON);
  for (PetscInt b = 0; b < (s->law->q ? 2 : 1); b++) {
    PetscReal step = 0;
    PetscCall(Wanted(s, b, H, noise, &step));
    next = PetscMin(next, step);
  }
  s->step = PetscMax(next, SHRINK * s->step);
  if (OttoGeneratorIsTimeDependent(s->law->generator))
    s->step = PetscMin(s->step, s->times->t[s->times->count - 1] / PORTION);
  PetscFunctionReturn(0);
}

/* A copy of the law's densities. */
static PetscErrorCode Note(OttoStepping s, PetscInt k)
{
  PetscFunctionBegin;
  PetscCall(VecCopy(s->law->p, s->before[k][0]));
  if (s->law->q) PetscCall(VecCopy(s->law->q, s->before[k][1]));
  PetscFunctionReturn(0);
}

/* One step H of the longest, to `to`. */
static PetscErrorCode Rung(OttoStepping s, PetscReal now, PetscReal to)
{
  const PetscReal H = to - now;

  PetscFunctionBegin;
  PetscCall(OttoFlowSetStep(s->law->flow, H / 4));
  for (int half = 0; half < 2; half++) {
    const PetscReal from = OttoFlowGetTime(s->law->flow);
    PetscCall(OttoRecordStageBegin(s->record, "steps"));
    PetscCall(Note(s, half));
    PetscCall(OttoFlowAdvance(s->law->flow, half ? to : now + H / 2));
    if (half) PetscCall(OttoFlowRest(s->law->flow));
    PetscCall(OttoRecordStageEnd(s->record));
    PetscCall(AdvanceFollowers(s, from));
  }
  PetscCall(OttoRecordStageBegin(s->record, "beside"));
  PetscCall(AdvanceBeside(s, 0, to, H / 2));
  PetscCall(AdvanceBeside(s, 1, to, H));
  PetscCall(OttoRecordStageEnd(s->record));
  PetscCall(Control(s, H));
  PetscFunctionReturn(0);
}

static PetscErrorCode Climb(OttoStepping s, PetscReal t)
{
  PetscFunctionBegin;
  for (PetscReal now = OttoFlowGetTime(s->law->flow); now < t;
       now = OttoFlowGetTime(s->law->flow)) {
    const PetscReal pieces = ceil((t - now) / s->step * (1 - 1e-9));
    PetscCall(Rung(s, now, pieces <= 1 ? t : now + (t - now) / pieces));
  }
  PetscFunctionReturn(0);
}

/* Runs beside that took no fewer steps than they should not have: solves that failed, or negative
 * densities, have made them shorter. */
static PetscErrorCode CheckLonger(OttoStepping s)
{
  const PetscReal *times;
  PetscInt first = 0, second = 0;

  PetscFunctionBegin;
  if (s->way != OTTO_STEPPING_LONGER || s->lost) PetscFunctionReturn(0);
  PetscCall(OttoFlowGetTimes(s->law->flow, &first, &times));
  PetscCall(OttoFlowGetTimes(s->beside[0].flow, &second, &times));
  if (first > 1 && second >= first)
    PetscCall(Lose(s, "steps twice as long were refused as often as to become as short"));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSteppingAdvance(OttoStepping s, PetscReal t)
{
  const PetscReal from = OttoFlowGetTime(s->law->flow);

  PetscFunctionBegin;
  if (s->way == OTTO_STEPPING_LADDER) {
    PetscCall(Climb(s, t));
    PetscFunctionReturn(0);
  }
  PetscCall(OttoRecordStageBegin(s->record, "steps"));
  PetscCall(OttoFlowAdvance(s->law->flow, t));
  if (s->count) PetscCall(OttoFlowRest(s->law->flow));
  PetscCall(OttoRecordStageEnd(s->record));
  if (s->way != OTTO_STEPPING_ALONE) {
    PetscCall(OttoRecordStageBegin(s->record, "beside"));
    if (s->way == OTTO_STEPPING_LONGER)
      PetscCall(AdvanceBeside(s, 0, t, 0));
    else if (!s->lost)
      PetscCall(
          Forgive(s, Repeat(s, from, s->beside[0].flow, s->way == OTTO_STEPPING_SHORTER ? 2 : 1)));
    PetscCall(OttoFlowRest(s->beside[0].flow));
    PetscCall(CheckLonger(s));
    PetscCall(OttoRecordStageEnd(s->record));
  }
  PetscCall(AdvanceFollowers(s, from));
  PetscFunctionReturn(0);
}
