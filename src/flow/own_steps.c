/*
 * Steps of laws that make them themselves. A step that fails is tried again at half its length,
 * then at a quarter of that, an eighth, sixteenths; the length doubles again after every two steps
 * that succeed. The last of an interval is cut to fit.
 */
#include "own_steps.h"
#include "core/fault.h"
#include <otto/options.h>
#include <otto/signals.h>
#include <math.h>
#include <stdio.h>

#define PATIENCE 2
#define HALVINGS 40     /* below 2^-40 of the step asked for it gives up */
#define HALVINGS_ONCE 4 /* the most by one refusal */
#define TRIES 1000      /* refusals in one advance, at most */
#define CRAWL 20        /* so many steps in a row below 2^-20 of the step asked for … */
#define CRAWLING 200    /* … lead nowhere */
#define SAME_TIME 1e-12 /* of a step: what is left of an interval is no step */
#define SAME_STEPS 1e-6 /* the same of steps that are part of the law */

PetscErrorCode OttoOwnStepsCreate(OttoFlow flow, const OttoOwnLaw *law)
{
  PetscFunctionBegin;
  PetscCall(PetscNew(&flow->own));
  flow->own->law = law;
  flow->own->most = PETSC_MAX_INT;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoOwnStepsOptions(OttoFlow flow)
{
  static const char *const served[] = {"-ts_dt", "-ts_max_steps"};
  static const char *const others[] = {"-ts_type", "-ts_adapt_type",  "-ts_rtol",
                                       "-ts_atol", "-ts_theta_theta", "-ts_time_span"};
  OttoOwnSteps s = flow->own;
  PetscInt most = PETSC_MAX_INT;
  PetscBool given = PETSC_FALSE;

  PetscFunctionBegin;
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
    PetscCall(PetscOptionsHasName(NULL, NULL, others[i], &given));
    OttoCheckInput(!given,
                   "%s: of fokker-planck; this law takes ts_dt and ts_max_steps, and steps by "
                   "flow_scheme",
                   others[i] + 1);
  }
  OttoOptionsPetsc(flow->g->comm, PetscOptionsGetReal(NULL, NULL, served[0], &s->dt, &given));
  OttoCheckInput(!given || (s->dt > 0 && isfinite(s->dt)),
                 "ts_dt: %g; it must be above 0 and finite", (double)s->dt);
  OttoOptionsPetsc(flow->g->comm, PetscOptionsGetInt(NULL, NULL, served[1], &most, NULL));
  OttoCheckInput(most >= 0, "ts_max_steps: %lld; it must be at least 0", (long long)most);
  s->most = most;
  PetscFunctionReturn(0);
}

/* What rest gave back. */
static PetscErrorCode Wake(OttoFlow flow)
{
  PetscFunctionBegin;
  for (PetscInt b = 0; b < flow->blocks; b++)
    if (!flow->own->before[b]) PetscCall(VecDuplicate(flow->density[b], &flow->own->before[b]));
  PetscFunctionReturn(0);
}

/* The densities before the step are those of the flow again. */
static PetscErrorCode Return(OttoFlow flow)
{
  PetscFunctionBegin;
  for (PetscInt b = 0; b < flow->blocks; b++)
    PetscCall(VecCopy(flow->own->before[b], flow->density[b]));
  PetscFunctionReturn(0);
}

/* One step of length dt is tried; a force that stops being finite ends it with the state before. */
static PetscErrorCode Try(OttoFlow flow, PetscReal dt, PetscBool *done)
{
  OttoOwnSteps s = flow->own;
  char cause[800];

  PetscFunctionBegin;
  for (PetscInt b = 0; b < flow->blocks; b++) PetscCall(VecCopy(flow->density[b], s->before[b]));
  s->reason[0] = 0;
  PetscErrorCode code = s->law->step(flow, s->t, dt, s->before, done, s->reason);
  if (code == OTTO_ERR_NUMERICAL && OttoErrorAgreed()) {
    snprintf(cause, sizeof cause, "%s", OttoErrorMessage());
    PetscCall(Return(flow));
    OttoFail(OTTO_ERR_SOLVER, "time stepping stopped at t = %g: %s", (double)s->t, cause);
  }
  PetscCall(code);
  if (!*done) PetscCall(Return(flow));
  PetscFunctionReturn(0);
}

/* A step was taken. */
static PetscErrorCode Accept(OttoFlow flow, PetscReal t)
{
  OttoOwnSteps s = flow->own;
  const PetscReal from = s->t;
  const PetscBool two = flow->blocks == 2 ? PETSC_TRUE : PETSC_FALSE;

  PetscFunctionBegin;
  s->t = t;
  s->refused = 0;
  s->crawling = t - from < ldexp(s->dt, -CRAWL) ? s->crawling + 1 : 0;
  PetscCall(OttoAgree(flow->g->comm, OttoFlowNoteStep(flow, t)));
  if (++s->quiet >= PATIENCE && s->length < s->dt) {
    s->length = PetscMin(2 * s->length, s->dt);
    s->quiet = 0;
  }
  PetscCall(OttoStopCheck(flow->g->comm));
  for (PetscInt b = 0; b < flow->blocks; b++)
    PetscCall(OttoFaultVec(b ? "q" : "p", flow->density[b]));
  if (flow->step)
    PetscCall(flow->step(flow, from, t, s->before[0], two ? s->before[1] : NULL, flow->density[0],
                         two ? flow->density[1] : NULL, flow->context));
  PetscFunctionReturn(0);
}

/* A step of length dt was refused. */
static PetscErrorCode Refuse(OttoFlow flow, PetscReal dt)
{
  OttoOwnSteps s = flow->own;

  PetscFunctionBegin;
  flow->report.rejected++;
  s->quiet = 0;
  s->refused = PetscMin(s->refused + 1, HALVINGS_ONCE);
  s->length = ldexp(dt, -(int)s->refused);
  s->tries++;
  if (s->law->exact || s->crawling > CRAWLING || s->tries > TRIES ||
      !(s->length >= ldexp(s->dt, -HALVINGS)))
    OttoFail(OTTO_ERR_SOLVER, "time stepping stopped at t = %g: a step of %g failed (%s)",
             (double)s->t, (double)dt, s->reason);
  PetscFunctionReturn(0);
}

/* Where the step is part of the law, an interval is a whole number of them; times are sums. */
static PetscErrorCode CheckWhole(OttoFlow flow, PetscReal end)
{
  const OttoOwnSteps s = flow->own;
  const PetscReal count = (end - s->t) / s->dt;

  PetscFunctionBegin;
  OttoCheckInput(!s->law->exact || (round(count) >= 1 && fabs(count - round(count)) <= SAME_STEPS),
                 "ts_dt: %g; %s takes whole steps: from t = %g to %g there are %g", (double)s->dt,
                 flow->ops->name, (double)s->t, (double)end, (double)count);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoOwnStepsAdvance(OttoFlow flow, PetscReal end)
{
  OttoOwnSteps s = flow->own;

  PetscFunctionBegin;
  PetscCall(OttoAgree(flow->g->comm, Wake(flow)));
  s->tries = 0;
  if (!(s->dt > 0)) s->dt = (end - s->t) / 10;
  PetscCall(CheckWhole(flow, end));
  if (!(s->length > 0) || s->length > s->dt) s->length = s->dt;
  while (s->t < end) {
    const PetscReal left = end - s->t;
    /* no sliver is left for the last step; one that is but for rounding the whole of it ends there
     */
    const PetscBool last = left <= s->length * (1 + (s->law->exact ? SAME_STEPS : SAME_TIME))
                               ? PETSC_TRUE
                               : PETSC_FALSE;
    const PetscReal dt =
        last || s->law->exact || left >= 2 * s->length ? PetscMin(left, s->length) : left / 2;
    PetscBool done = PETSC_FALSE;

    if (flow->report.steps >= s->most)
      OttoFail(OTTO_ERR_SOLVER,
               "time stepping stopped at t = %g: ts_max_steps: %lld allows no more", (double)s->t,
               (long long)s->most);
    PetscCall(Try(flow, dt, &done));
    if (done)
      PetscCall(Accept(flow, last ? end : s->t + dt));
    else
      PetscCall(Refuse(flow, dt));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoOwnStepsRest(OttoFlow flow)
{
  PetscFunctionBegin;
  for (PetscInt b = 0; b < MAX_BLOCKS; b++) PetscCall(VecDestroy(&flow->own->before[b]));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoOwnStepsKeep(OttoFlow flow, OttoKeep keep)
{
  OttoOwnSteps s = flow->own;

  PetscFunctionBegin;
  PetscCall(OttoKeepReal(keep, "t", &s->t));
  PetscCall(OttoKeepReal(keep, "dt", &s->dt));
  PetscCall(OttoKeepReal(keep, "length", &s->length));
  PetscCall(OttoKeepInt(keep, "quiet", &s->quiet));
  for (PetscInt b = 0; b < flow->blocks; b++)
    PetscCall(OttoKeepVec(keep, b ? "q" : "p", flow->density[b]));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoOwnStepsDestroy(OttoFlow flow)
{
  PetscFunctionBegin;
  if (!flow->own) PetscFunctionReturn(0);
  PetscCall(OttoOwnStepsRest(flow));
  PetscCall(PetscFree(flow->own));
  PetscFunctionReturn(0);
}
