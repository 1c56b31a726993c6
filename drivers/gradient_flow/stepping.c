/*
 * The runs side by side: the law's own, and one beside it in steps twice as long, whose difference
 * is what stepping errs by (first order; a third of it of second). Where no step is given, they go
 * together over steps H of the longer: H is such that over its two halves the change of p turns by
 * no more than a share of itself, or of p's mass where nothing much goes on.
 */
#include "stepping.h"
#include <otto/options.h>
#include <math.h>
#include <stdio.h>

#define GROWTH 2.0
#define SHRINK 0.3
#define SAME_TIME 1e-12 /* relative: times of steps are sums */
#define FOLLOWERS 2
#define PORTION 32 /* of the whole time: the longest step */
#define LEAST_RANGE                                                                                \
  1e-3 /* of what the energy is a sum of: a range of less is that of a run at rest */
#define LEAST_TOLERANCE 1e-8 /* steps go with it; far below, solves leave as much */

struct _n_OttoGradientStepping {
  OttoRecord record;
  OttoGradientLaw *law, beside; /* beside: NULL densities without */
  const OttoTimes *times;
  OttoErrorTable table;
  OttoGradientErrorRows rows;
  PetscInt order;
  PetscBool adaptive, lost;
  PetscBool refused;     /* the run beside had no longer steps, last */
  PetscReal extra;       /* what p turned by in such steps, in mass */
  PetscInt taken;        /* steps of the run, since the run beside it followed */
  PetscReal step, share; /* of the longer steps; what may turn in one */
  Vec before, middle;    /* of the adaptive run */
  PetscReal most, least; /* of the energy at samples */
  PetscReal level;       /* what it is a sum of, at most */
  OttoGradientLaw *follower[FOLLOWERS];
  PetscInt followers;
};

PetscBool OttoGradientIsAt(OttoFlow flow, PetscReal t)
{
  return fabs(OttoFlowGetTime(flow) - t) <= SAME_TIME * t ? PETSC_TRUE : PETSC_FALSE;
}

PetscReal OttoGradientSteppingRange(OttoGradientStepping s)
{
  return PetscMax(s->most - s->least, LEAST_RANGE * s->level);
}

/* A copy of the law, which shares its energy. */
static PetscErrorCode MakeBeside(OttoGradientStepping s)
{
  OttoGradientLaw *b = &s->beside;

  PetscFunctionBegin;
  *b = *s->law;
  b->flow = NULL;
  b->p = b->q = NULL;
  PetscCall(VecDuplicate(s->law->p, &b->p));
  PetscCall(VecCopy(s->law->p, b->p));
  if (s->law->q) {
    PetscCall(VecDuplicate(s->law->q, &b->q));
    PetscCall(VecCopy(s->law->q, b->q));
  }
  PetscCall(OttoGradientLawBegin(b));
  PetscCall(OttoFlowSetCertified(b->flow, PETSC_FALSE));
  PetscFunctionReturn(0);
}

/* Estimates are left out from here on. */
static PetscErrorCode Lose(OttoGradientStepping s, const char *why)
{
  PetscFunctionBegin;
  s->lost = PETSC_TRUE;
  if (s->table) PetscCall(OttoErrorTableNotKnown(s->table, -1, why));
  PetscFunctionReturn(0);
}

/* Whether every interval between rows is a whole number of steps dt. */
static PetscBool Divides(const OttoTimes *times, PetscReal dt)
{
  for (PetscInt k = 1; k < times->count; k++) {
    const PetscReal steps = (times->t[k] - times->t[k - 1]) / dt;
    if (!(round(steps) >= 1 && fabs(steps - round(steps)) <= 1e-6)) return PETSC_FALSE;
  }
  return PETSC_TRUE;
}

/* A step was given: what runs beside, if anything can. */
static PetscErrorCode BeginGiven(OttoGradientStepping s, PetscReal dt, PetscBool estimate)
{
  const PetscReal stop = s->times->t[s->times->count - 1];
  const PetscBool exact = s->law->tau > 0 ? PETSC_TRUE : PETSC_FALSE;

  PetscFunctionBegin;
  OttoCheckInput(dt >= PETSC_MACHINE_EPSILON * stop,
                 "ts_dt: %g; a step so short does not move a time of %g (time_stop)", (double)dt,
                 (double)stop);
  OttoCheckInput(
      !exact || Divides(s->times, dt),
      "ts_dt: %g; with flow_scheme jko and ljko the times of the rows must be whole numbers "
      "of steps (time_stop, time_samples)",
      (double)dt);
  s->step = 2 * dt;
  if (!estimate) PetscFunctionReturn(0);
  if (!Divides(s->times, 2 * dt))
    PetscCall(Lose(
        s, "rows are no whole numbers of steps twice as long: choose time_samples or ts_dt so"));
  PetscFunctionReturn(0);
}

/* The first step of an adaptive run: in which p changes by no more than the share. */
static PetscErrorCode FirstStep(OttoGradientStepping s)
{
  OttoGradientSample now;
  const PetscReal stop = s->times->t[s->times->count - 1];

  PetscFunctionBegin;
  PetscCall(OttoGradientSampleTake(s->law, 0, &now));
  const PetscReal range =
      fabs(now.energy.internal) + fabs(now.energy.potential) + fabs(now.energy.interaction);
  s->step = stop / PORTION;
  if (now.sums.dissipation > 0 && isfinite(now.sums.dissipation) && range > 0)
    s->step = PetscMin(s->step, s->share * range / now.sums.dissipation);
  s->step = PetscMax(s->step, 1e-6 * stop);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGradientSteppingCreate(OttoRecord record, OttoGradientLaw *law,
                                          const OttoTimes *times, OttoGradientStepping *stepping)
{
  OttoGradientStepping s;
  PetscBool estimate = PETSC_TRUE, given = PETSC_FALSE;
  PetscReal dt = 0, tolerance = 1e-2;
  PetscInt64 order = 1;

  PetscFunctionBegin;
  PetscCall(PetscNew(&s));
  *stepping = s;
  s->record = record;
  s->law = law;
  s->times = times;
  s->most = -INFINITY;
  s->least = INFINITY;
  PetscCall(OttoOptionsGetBool(NULL, "check_time", &estimate, NULL));
  PetscCall(OttoOptionsGetReal(NULL, "time_tolerance", 0, INFINITY, &tolerance, NULL));
  PetscCall(OttoOptionsGetInt(NULL, "flow_time_order", 1, 2, &order, NULL));
  OttoCheckInput(order == 1 || law->scheme == OTTO_SCHEME_IMPLICIT,
                 "flow_time_order: 2; it is of flow_scheme implicit alone");
  OttoCheckInput(tolerance >= LEAST_TOLERANCE,
                 "time_tolerance: %g; it must be at least %g: solves leave as much",
                 (double)tolerance, LEAST_TOLERANCE);
  s->order = law->scheme == OTTO_SCHEME_IMPLICIT ? (PetscInt)order : 1;
  s->share = s->order == 2 ? 0.4 * sqrt(PetscMin(tolerance, 1)) : 0.3 * PetscMin(tolerance, 1);
  if (estimate)
    PetscCall(OttoErrorTableCreate(record, "time",
                                   law->q ? OTTO_GRADIENT_ERRORS : OTTO_GRADIENT_ERRORS_ALONE,
                                   OttoGradientErrors, &s->table));
  else
    PetscCall(OttoRecordNotApplicable(record, "time_error", "check_time is no"));
  PetscCall(OttoGradientErrorsCreate(times->count, &s->rows));
  OttoOptionsPetsc(PETSC_COMM_WORLD, PetscOptionsGetReal(NULL, NULL, "-ts_dt", &dt, &given));
  if (given)
    PetscCall(BeginGiven(s, dt, estimate));
  else
    s->adaptive = PETSC_TRUE;
  if (s->adaptive) {
    PetscCall(FirstStep(s));
    PetscCall(VecDuplicate(law->p, &s->before));
    PetscCall(VecDuplicate(law->p, &s->middle));
  }
  if (estimate && !s->lost) PetscCall(MakeBeside(s));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGradientSteppingDestroy(OttoGradientStepping *stepping)
{
  OttoGradientStepping s = *stepping;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(0);
  s->beside.energy = NULL;
  PetscCall(OttoGradientLawDestroy(&s->beside));
  PetscCall(VecDestroy(&s->before));
  PetscCall(VecDestroy(&s->middle));
  PetscCall(OttoGradientErrorsDestroy(&s->rows));
  PetscCall(PetscFree(*stepping));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGradientSteppingFollow(OttoGradientStepping s, OttoGradientLaw *law)
{
  PetscFunctionBegin;
  PetscCheck(s->followers < FOLLOWERS, PETSC_COMM_SELF, PETSC_ERR_PLIB, "too many followers");
  if (law && law->flow) s->follower[s->followers++] = law;
  PetscFunctionReturn(0);
}

/* A run beside whose steps were refused until they were no longer than the run's says nothing of
 * what those err by: of an adaptive run that is taken to be what p turned by in them. */
static PetscErrorCode CheckLonger(OttoGradientStepping s)
{
  const PetscReal *times = NULL;
  PetscInt count = 0;

  PetscFunctionBegin;
  if (s->lost) PetscFunctionReturn(0);
  PetscCall(OttoFlowGetTimes(s->beside.flow, &count, &times));
  s->refused = count > 1 && 4 * count > 3 * s->taken ? PETSC_TRUE : PETSC_FALSE;
  if (s->refused && !s->adaptive)
    PetscCall(Lose(s, "steps twice as long were refused: they are no longer than the run's"));
  PetscFunctionReturn(0);
}

/* The run beside to t, in one step where dt > 0; its failure is not the run's. */
static PetscErrorCode AdvanceBeside(OttoGradientStepping s, PetscReal t, PetscReal dt)
{
  char why[160];

  PetscFunctionBegin;
  if (!s->beside.flow || s->lost) PetscFunctionReturn(0);
  PetscCall(OttoRecordStageBegin(s->record, "beside"));
  PetscCall(OttoFlowSetStep(s->beside.flow, dt));
  const PetscErrorCode code = OttoFlowAdvance(s->beside.flow, t);
  if (code == OTTO_ERR_SOLVER) {
    snprintf(why, sizeof why, "the run beside it failed: %.120s", OttoErrorMessage());
    OttoErrorClear();
    PetscCall(Lose(s, why));
  } else
    PetscCall(code);
  PetscCall(CheckLonger(s));
  PetscCall(OttoFlowRest(s->beside.flow));
  PetscCall(OttoRecordStageEnd(s->record));
  PetscFunctionReturn(0);
}

/* Coarser grids over the step that the run took. One that fails stays where it is: its time tells.
 */
static PetscErrorCode AdvanceFollowers(OttoGradientStepping s, PetscReal from, PetscReal to,
                                       PetscReal dt)
{
  PetscFunctionBegin;
  PetscCall(OttoRecordStageBegin(s->record, "space"));
  for (PetscInt k = 0; k < s->followers; k++) {
    OttoFlow flow = s->follower[k]->flow;
    if (!OttoGradientIsAt(flow, from)) continue;
    PetscCall(OttoFlowSetStep(flow, dt));
    const PetscErrorCode code = OttoFlowAdvance(flow, to);
    /* a stop, too: ranks without that grid do not know of it yet */
    if (code && code != OTTO_ERR_SOLVER && code != OTTO_ERR_STOPPED) PetscFunctionReturn(code);
    if (code) OttoErrorClear();
  }
  PetscCall(OttoRecordStageEnd(s->record));
  PetscFunctionReturn(0);
}

/* The law to t in steps dt, and coarser grids. */
static PetscErrorCode AdvanceLaw(OttoGradientStepping s, PetscReal t, PetscReal dt)
{
  const PetscReal from = OttoFlowGetTime(s->law->flow), *times = NULL;
  PetscInt count = 0;

  PetscFunctionBegin;
  PetscCall(OttoRecordStageBegin(s->record, "steps"));
  PetscCall(OttoFlowSetStep(s->law->flow, dt));
  PetscCall(OttoFlowAdvance(s->law->flow, t));
  PetscCall(OttoFlowGetTimes(s->law->flow, &count, &times));
  s->taken += count;
  PetscCall(OttoRecordStageEnd(s->record));
  PetscCall(AdvanceFollowers(s, from, t, dt));
  PetscFunctionReturn(0);
}

/* The longer step to try next. */
static PetscErrorCode Control(OttoGradientStepping s, PetscReal H)
{
  PetscReal change = 0, turn = 0, mass = 0, next = GROWTH * s->step;

  PetscFunctionBegin;
  PetscCall(VecNorm(s->law->p, NORM_1, &mass));
  PetscCall(VecAXPBYPCZ(s->middle, 1, 1, -2, s->before, s->law->p));
  PetscCall(VecNorm(s->middle, NORM_1, &turn));
  PetscCall(VecAXPY(s->before, -1, s->law->p));
  PetscCall(VecNorm(s->before, NORM_1, &change));
  if (s->refused) {
    s->extra += turn * OttoGridGetInfo(s->law->grid)->cell_volume;
    next = PetscMin(next, H / 2);
  }
  const PetscReal may = PetscMax(s->share * change, s->share * mass / 50);
  if (turn > 0) next = PetscMin(next, H * sqrt(may / turn));
  s->step = PetscMax(next, SHRINK * s->step);
  s->step = PetscMin(s->step, s->times->t[s->times->count - 1] / PORTION);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGradientSteppingAdvance(OttoGradientStepping s, PetscReal t)
{
  PetscFunctionBegin;
  s->taken = 0;
  if (!s->adaptive) {
    PetscCall(AdvanceLaw(s, t, s->step / 2));
    PetscCall(AdvanceBeside(s, t, s->step));
    PetscFunctionReturn(0);
  }
  for (PetscReal now = OttoFlowGetTime(s->law->flow); now < t;
       now = OttoFlowGetTime(s->law->flow)) {
    const PetscReal pieces = ceil((t - now) / s->step * (1 - 1e-9));
    const PetscReal to = pieces <= 1 ? t : now + (t - now) / pieces, H = to - now;
    s->taken = 0;
    PetscCall(VecCopy(s->law->p, s->before));
    PetscCall(AdvanceLaw(s, now + H / 2, H / 2));
    PetscCall(VecCopy(s->law->p, s->middle));
    PetscCall(AdvanceLaw(s, to, H / 2));
    PetscCall(AdvanceBeside(s, to, H));
    PetscCall(Control(s, H));
  }
  PetscFunctionReturn(0);
}

/* What one density of the run beside differs by, in mass. */
static PetscErrorCode Apart(const OttoGridInfo *g, Vec u, Vec v, PetscReal *apart)
{
  Vec w;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(u, &w));
  PetscCall(VecWAXPY(w, -1, u, v));
  PetscCall(VecNorm(w, NORM_1, apart));
  *apart *= g->cell_volume;
  PetscCall(VecDestroy(&w));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGradientSteppingRow(OttoGradientStepping s, const OttoGradientSample *now)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->law->grid);
  PetscReal value[OTTO_GRADIENT_ERRORS], error[OTTO_GRADIENT_ERRORS] = {0};
  OttoGradientSample beside;

  PetscFunctionBegin;
  if (isfinite(now->energy.total)) {
    s->most = PetscMax(s->most, now->energy.total);
    s->least = PetscMin(s->least, now->energy.total);
    s->level = PetscMax(s->level, OttoGradientLevel(s->law, 0, &now->energy));
  }
  if (!s->table || s->lost || now->t == 0) PetscFunctionReturn(0);
  PetscCall(OttoRecordStageBegin(s->record, "beside"));
  PetscCall(OttoGradientSampleTake(&s->beside, now->t, &beside));
  OttoGradientErrorValues(now, value);
  OttoGradientErrorValues(&beside, error);
  for (int i = 0; i < OTTO_GRADIENT_ERRORS; i++) error[i] = fabs(error[i] - value[i]);
  PetscCall(Apart(g, s->law->p, s->beside.p, &error[OTTO_GRADIENT_ERROR_P]));
  if (s->law->q) PetscCall(Apart(g, s->law->q, s->beside.q, &error[OTTO_GRADIENT_ERROR_Q]));
  for (int i = 0; i < OTTO_GRADIENT_ERRORS; i++) error[i] /= s->order == 2 ? 3 : 1;
  error[OTTO_GRADIENT_ERROR_P] += s->extra;
  error[OTTO_GRADIENT_ERROR_Q] += s->extra / s->law->mass[0] * s->law->mass[1];
  error[OTTO_GRADIENT_ERROR_ENERGY] += s->extra / s->law->mass[0] * (s->most - s->least);
  PetscCall(OttoGradientErrorsAdd(&s->rows, now, error));
  PetscCall(OttoRecordStageEnd(s->record));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGradientSteppingReport(OttoGradientStepping s)
{
  PetscFunctionBegin;
  if (!s->table) PetscFunctionReturn(0);
  PetscCall(OttoGradientErrorsTell(&s->rows, s->law->mass, OttoGradientSteppingRange(s), s->table));
  PetscCall(OttoErrorTableReport(s->table));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGradientSteppingKeep(OttoGradientStepping s, OttoKeep keep)
{
  PetscFunctionBegin;
  PetscCall(OttoKeepBegin(keep, "stepping", -1));
  PetscCall(OttoKeepReal(keep, "step", &s->step));
  PetscCall(OttoKeepBool(keep, "lost", &s->lost));
  PetscCall(OttoKeepReal(keep, "extra", &s->extra));
  PetscCall(OttoKeepReal(keep, "most", &s->most));
  PetscCall(OttoKeepReal(keep, "least", &s->least));
  PetscCall(OttoKeepReal(keep, "level", &s->level));
  PetscCall(OttoGradientErrorsKeep(&s->rows, keep));
  PetscCall(OttoFlowKeep(s->law->flow, keep));
  if (s->beside.flow) {
    PetscCall(OttoKeepBegin(keep, "beside", -1));
    PetscCall(OttoFlowKeep(s->beside.flow, keep));
    PetscCall(OttoKeepEnd(keep));
  }
  PetscCall(OttoKeepEnd(keep));
  PetscFunctionReturn(0);
}
