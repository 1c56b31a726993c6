/*
 * The state of TS is one Vec: on every rank the block of p, then the block of q, then the law's own
 * unknowns. Every implicit stage of the methods offered is linear in the unknown where the law is,
 * F(x) = (σ - A) x - r; a SNES of type shell finds r = -F(0), which for implicit Euler is σ p^n
 * with no rounding at all, and σ from the Jacobian's shift, and hands both to the law.
 */
#include "time_stepping.h"
#include <otto/signals.h>
#include <math.h>
#include <stdio.h>

/* Failed solves in an interval, each followed by a quarter of the step, before it gives up. */
#define FAILURES 6

/* Steps accepted after one was refused as negative before it doubles: bdf keeps its order so. */
#define PATIENCE 6

/* t + (T - t) may miss T by rounding. */
#define SAME_TIME (2 * PETSC_MACHINE_EPSILON)

PetscErrorCode OttoTimeSteppingShow(OttoFlow flow, Vec state, PetscInt b, PetscBool write,
                                    PetscInt k)
{
  PetscScalar *a;

  PetscFunctionBegin;
  if (write)
    PetscCall(VecGetArray(state, &a));
  else
    PetscCall(VecGetArrayRead(state, (const PetscScalar **)&a));
  PetscCall(VecPlaceArray(flow->stepping->view[k], a + b * flow->g->local_cells));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTimeSteppingHide(OttoFlow flow, Vec state, PetscBool wrote, PetscInt k)
{
  PetscScalar *none = NULL;

  PetscFunctionBegin;
  PetscCall(VecResetArray(flow->stepping->view[k]));
  if (wrote)
    PetscCall(VecRestoreArray(state, &none));
  else
    PetscCall(VecRestoreArrayRead(state, (const PetscScalar **)&none));
  PetscFunctionReturn(0);
}

Vec OttoTimeSteppingView(OttoFlow flow, PetscInt k)
{
  return flow->stepping->view[k];
}

/* F = ẋ - rate(t, x). */
static PetscErrorCode IFunction(TS ts, PetscReal t, Vec x, Vec xdot, Vec f, void *context)
{
  OttoFlow flow = (OttoFlow)context;

  PetscFunctionBegin;
  (void)ts;
  PetscCall(flow->stepping->law->rate(flow, t, x, f));
  PetscCall(VecAYPX(f, -1, xdot));
  PetscFunctionReturn(0);
}

static PetscErrorCode IJacobian(TS ts, PetscReal t, Vec x, Vec xdot, PetscReal shift, Mat A, Mat B,
                                void *context)
{
  OttoTimeStepping s = ((OttoFlow)context)->stepping;

  PetscFunctionBegin;
  (void)ts, (void)x, (void)xdot, (void)A, (void)B;
  s->stage_t = t;
  s->shift = shift;
  PetscFunctionReturn(0);
}

static PetscErrorCode SolveStage(SNES snes, Vec x)
{
  OttoFlow flow;
  PetscBool converged = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(SNESShellGetContext(snes, &flow));
  OttoTimeStepping s = flow->stepping;
  s->negative = PETSC_FALSE;
  PetscCall(SNESComputeFunction(snes, s->zero, s->rhs));
  PetscCall(VecScale(s->rhs, -1));
  PetscCall(SNESComputeJacobian(snes, x, s->jacobian, s->jacobian));
  if (!(s->shift > 0 && isfinite(s->shift))) { /* bdf: two of its times are the same number */
    snprintf(s->reason, sizeof s->reason,
             "the steps have become too short for the method, its shift is %g: use ts_type beuler, "
             "or a smaller ts_dt",
             isnan(s->shift) ? NAN : (double)s->shift);
    PetscCall(SNESSetConvergedReason(snes, SNES_DIVERGED_FUNCTION_DOMAIN));
    PetscFunctionReturn(0);
  }
  PetscCall(s->law->solve(flow, s->stage_t, s->shift, s->rhs, x, &converged, s->reason));
  PetscCall(SNESSetConvergedReason(snes, converged ? SNES_CONVERGED_FNORM_RELATIVE
                                                   : SNES_DIVERGED_LINEAR_SOLVE));
  PetscFunctionReturn(0);
}

/* Refuses a stage that makes a density negative. */
static PetscErrorCode CheckStage(TSAdapt adapt, TS ts, PetscReal t, Vec x, PetscBool *accept)
{
  OttoFlow flow;
  PetscReal least = 0, most = 0;

  PetscFunctionBegin;
  (void)adapt, (void)t;
  PetscCall(TSGetApplicationContext(ts, &flow));
  OttoTimeStepping s = flow->stepping;
  *accept = PETSC_TRUE;
  for (PetscInt b = 0; b < flow->blocks; b++) {
    PetscCall(OttoTimeSteppingShow(flow, x, b, READ, 0));
    PetscCall(OttoFieldRange(flow->grid, s->view[0], &least, &most));
    PetscCall(OttoTimeSteppingHide(flow, x, READ, 0));
    if (!(least >= -OTTO_FLOW_NOISE * most)) *accept = PETSC_FALSE; /* NaN as well */
  }
  if (!*accept) flow->report.negative++;
  s->negative = *accept ? PETSC_FALSE : PETSC_TRUE;
  PetscCall(TSGetTimeStep(ts, &s->tried));
  PetscFunctionReturn(0);
}

static PetscErrorCode PreStep(TS ts)
{
  OttoFlow flow;

  PetscFunctionBegin;
  PetscCall(TSGetApplicationContext(ts, &flow));
  PetscCall(VecCopy(flow->stepping->state, flow->stepping->before));
  PetscCall(TSGetTime(ts, &flow->stepping->t_before));
  PetscFunctionReturn(0);
}

static PetscErrorCode Rejections(OttoTimeStepping s, PetscInt64 *count)
{
  PetscInt counted = 0;

  PetscFunctionBegin;
  PetscCall(TSGetStepRejections(s->ts, &counted));
  *count = s->earlier + counted;
  PetscFunctionReturn(0);
}

/* Without error control: a step refused for negativity makes those after it shorter, for a while. A
 * failed solve does so to the end of the interval. */
static PetscErrorCode Lengthen(OttoFlow flow, PetscReal t, PetscReal taken)
{
  OttoTimeStepping s = flow->stepping;
  PetscInt64 rejected = 0;
  PetscReal end = 0;

  PetscFunctionBegin;
  PetscCall(Rejections(s, &rejected));
  PetscBool again = rejected > s->refused[1] ? PETSC_TRUE : PETSC_FALSE;
  if (again) {
    s->length = taken;
    s->quiet = 0;
    if (rejected - s->refused[1] > flow->report.negative - s->refused[0]) s->full = taken;
  }
  s->refused[0] = flow->report.negative;
  s->refused[1] = rejected;
  if (++s->quiet < PATIENCE || s->length >= s->full) PetscFunctionReturn(0);
  s->quiet = 0;
  s->length = PetscMin(2 * s->length, s->full);
  PetscCall(TSGetMaxTime(s->ts, &end));
  if (!(end > t)) PetscFunctionReturn(0);
  /* as TS fits its own: no sliver is left for the last step */
  PetscReal left = end - t,
            fits = s->length < 0.99 * left && 2 * s->length > left ? left / 2 : left;
  PetscCall(TSSetTimeStep(s->ts, PetscMin(s->length, fits)));
  PetscFunctionReturn(0);
}

/* Shows the states before and after a step to who wants to see them. */
static PetscErrorCode Tell(OttoFlow flow, PetscReal t_before, PetscReal t)
{
  OttoTimeStepping s = flow->stepping;
  const PetscBool two = flow->blocks == 2 ? PETSC_TRUE : PETSC_FALSE;

  PetscFunctionBegin;
  for (PetscInt b = 0; b < flow->blocks; b++) {
    PetscCall(OttoTimeSteppingShow(flow, s->before, b, READ, b));
    PetscCall(OttoTimeSteppingShow(flow, s->state, b, READ, MAX_BLOCKS + b));
  }
  PetscErrorCode code =
      flow->step(flow, t_before, t, s->view[0], two ? s->view[1] : NULL, s->view[MAX_BLOCKS],
                 two ? s->view[MAX_BLOCKS + 1] : NULL, flow->context);
  for (PetscInt b = 0; b < flow->blocks; b++) {
    PetscCall(OttoTimeSteppingHide(flow, s->state, READ, MAX_BLOCKS + b));
    PetscCall(OttoTimeSteppingHide(flow, s->before, READ, b));
  }
  PetscFunctionReturn(code);
}

static PetscErrorCode PostStep(TS ts)
{
  OttoFlow flow;
  PetscReal t, t_before;

  PetscFunctionBegin;
  PetscCall(TSGetApplicationContext(ts, &flow));
  OttoTimeStepping s = flow->stepping;
  PetscCall(TSGetTime(ts, &t));
  PetscCall(TSGetPrevTime(ts, &t_before));
  PetscCall(OttoAgree(flow->g->comm, OttoFlowNoteStep(flow, t)));
  s->taken[0] = s->taken[1];
  s->taken[1] = t - t_before;
  PetscCall(s->law->accept(flow, t, s->state));
  if (s->fixed) PetscCall(Lengthen(flow, t, t - t_before));
  PetscCall(OttoStopCheck(flow->g->comm));
  if (flow->step) PetscCall(Tell(flow, t_before, t));
  PetscFunctionReturn(0);
}

static PetscErrorCode CreateState(OttoFlow flow)
{
  OttoTimeStepping s = flow->stepping;
  const PetscInt local = (PetscInt)flow->g->local_cells, all = (PetscInt)flow->g->cells;
  const PetscInt size = flow->blocks * local + s->own;
  PetscScalar *a;

  PetscFunctionBegin;
  PetscCall(VecCreateMPI(flow->g->comm, size, PETSC_DETERMINE, &s->state));
  for (PetscInt k = 0; k < 2 * MAX_BLOCKS; k++)
    PetscCall(VecCreateMPIWithArray(flow->g->comm, 1, local, all, NULL, &s->view[k]));
  for (PetscInt k = 0; k < 2 * MAX_BLOCKS; k++)
    PetscCall(OttoFieldSetBox(flow->grid, 1, s->view[k]));
  PetscCall(VecGetArray(s->state, &a));
  for (PetscInt b = 0; b < flow->blocks; b++) {
    const PetscScalar *p;
    PetscCall(OttoFieldIntegral(flow->grid, flow->density[b], &flow->mass[b]));
    PetscCall(VecGetArrayRead(flow->density[b], &p));
    PetscCall(PetscArraycpy(a + b * local, p, local));
    PetscCall(VecRestoreArrayRead(flow->density[b], &p));
  }
  PetscCall(PetscArrayzero(a + flow->blocks * local, s->own));
  PetscCall(VecRestoreArray(s->state, &a));
  PetscCall(MatCreateShell(flow->g->comm, size, size, PETSC_DETERMINE, PETSC_DETERMINE, flow,
                           &s->jacobian));
  PetscFunctionReturn(0);
}

static PetscErrorCode SetFunctions(OttoFlow flow)
{
  OttoTimeStepping s = flow->stepping;

  PetscFunctionBegin;
  PetscCall(TSSetIFunction(s->ts, NULL, IFunction, flow));
  PetscCall(TSSetIJacobian(s->ts, s->jacobian, s->jacobian, IJacobian, flow));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTimeSteppingCreate(OttoFlow flow, const OttoFlowLaw *law)
{
  OttoTimeStepping s;

  PetscFunctionBegin;
  PetscCall(PetscNew(&s));
  flow->stepping = s;
  s->law = law;
  PetscCall(TSCreate(flow->g->comm, &s->ts));
  PetscCall(TSSetProblemType(s->ts, TS_LINEAR));
  PetscCall(TSSetApplicationContext(s->ts, flow));
  PetscCall(TSSetType(s->ts, TSBEULER));
  PetscCall(TSSetExactFinalTime(s->ts, TS_EXACTFINALTIME_MATCHSTEP));
  PetscCall(TSSetErrorIfStepFails(s->ts, PETSC_FALSE));
  PetscCall(TSSetMaxSNESFailures(s->ts, FAILURES));
  PetscCall(TSSetMaxSteps(s->ts, PETSC_MAX_INT));
  PetscCall(TSSetPreStep(s->ts, PreStep));
  PetscCall(TSSetPostStep(s->ts, PostStep));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTimeSteppingSetUp(OttoFlow flow, PetscInt own)
{
  OttoTimeStepping s = flow->stepping;
  TSAdapt adapt;
  SNES snes;

  PetscFunctionBegin;
  s->own = own;
  PetscCall(OttoAgree(flow->g->comm, CreateState(flow)));
  PetscCall(SetFunctions(flow));
  PetscCall(OttoTimeSteppingConfigure(flow));
  PetscCall(TSGetAdapt(s->ts, &adapt));
  PetscCall(TSAdaptSetCheckStage(adapt, CheckStage));
  PetscCall(TSGetSNES(s->ts, &snes));
  PetscCall(SNESSetType(snes, SNESSHELL));
  PetscCall(SNESShellSetContext(snes, flow));
  PetscCall(SNESShellSetSolve(snes, SolveStage));
  PetscCall(TSSetSolution(s->ts, s->state));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTimeSteppingDestroy(OttoFlow flow)
{
  OttoTimeStepping s = flow->stepping;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(0);
  PetscCall(TSDestroy(&s->ts));
  PetscCall(MatDestroy(&s->jacobian));
  for (PetscInt k = 0; k < 2 * MAX_BLOCKS; k++) PetscCall(VecDestroy(&s->view[k]));
  PetscCall(VecDestroy(&s->state));
  PetscCall(VecDestroy(&s->before));
  PetscCall(VecDestroy(&s->zero));
  PetscCall(VecDestroy(&s->rhs));
  PetscCall(PetscFree(flow->stepping));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTimeSteppingRest(OttoFlow flow)
{
  OttoTimeStepping s = flow->stepping;
  Vec *fields[] = {&s->before, &s->zero, &s->rhs};

  PetscFunctionBegin;
  if (!s->euler) PetscFunctionReturn(0); /* others have a history */
  PetscCall(TSReset(s->ts));
  PetscCall(SetFunctions(flow));
  PetscCall(TSSetSolution(s->ts, s->state));
  for (int i = 0; i < 3; i++) PetscCall(VecDestroy(fields[i]));
  PetscFunctionReturn(0);
}

/* What rest gave back. */
static PetscErrorCode Wake(OttoTimeStepping s)
{
  PetscFunctionBegin;
  if (s->zero) PetscFunctionReturn(0);
  PetscCall(VecDuplicate(s->state, &s->before));
  PetscCall(VecDuplicate(s->state, &s->zero));
  PetscCall(VecDuplicate(s->state, &s->rhs));
  PetscCall(VecZeroEntries(s->zero));
  PetscFunctionReturn(0);
}

static PetscErrorCode CopyOut(OttoFlow flow, Vec state)
{
  PetscFunctionBegin;
  for (PetscInt b = 0; b < flow->blocks; b++) {
    PetscCall(OttoTimeSteppingShow(flow, state, b, READ, 0));
    PetscCall(VecCopy(flow->stepping->view[0], flow->density[b]));
    PetscCall(OttoTimeSteppingHide(flow, state, READ, 0));
  }
  PetscFunctionReturn(0);
}

/* TS begins with the state at time t after so many steps, and knows no other. */
static PetscErrorCode Restart(OttoFlow flow, PetscReal t, PetscInt steps)
{
  OttoTimeStepping s = flow->stepping;
  Vec *fields[] = {&s->before, &s->zero, &s->rhs};
  PetscInt failures = 0, rejected = 0;

  PetscFunctionBegin;
  PetscCall(TSReset(s->ts));
  PetscCall(SetFunctions(flow));
  PetscCall(OttoTimeSteppingConfigure(flow));
  PetscCall(TSSetSolution(s->ts, s->state));
  PetscCall(TSSetTime(s->ts, t));
  PetscCall(TSSetStepNumber(s->ts, steps));
  PetscCall(TSRestartStep(s->ts));
  PetscCall(TSGetSNESFailures(s->ts, &failures));
  PetscCall(TSSetMaxSNESFailures(s->ts, failures + FAILURES));
  PetscCall(TSGetStepRejections(s->ts, &rejected));
  s->earlier = flow->report.rejected - rejected;
  for (int i = 0; i < 3; i++) PetscCall(VecDestroy(fields[i]));
  PetscCall(CopyOut(flow, s->state));
  PetscFunctionReturn(0);
}

/* What the law has behind the densities: a part of a sum on every rank. Where there are as many
 * ranks as there were, each has its own again; else the first has all. */
static PetscErrorCode KeepOwn(OttoFlow flow, OttoKeep keep, PetscScalar own[])
{
  const PetscInt count = flow->stepping->own;
  PetscInt ranks = flow->g->size;
  PetscReal *sums;
  Vec parts;

  PetscFunctionBegin;
  if (!count) PetscFunctionReturn(0);
  PetscCall(OttoAgree(flow->g->comm, PetscMalloc1(count, &sums)));
  PetscCall(PetscArraycpy(sums, own, count));
  PetscCallMPI(
      MPI_Allreduce(MPI_IN_PLACE, sums, (PetscMPIInt)count, MPIU_REAL, MPIU_SUM, flow->g->comm));
  PetscCall(OttoKeepInt(keep, "ranks", &ranks));
  PetscCall(OttoKeepReals(keep, "own_sums", count, sums));
  if (ranks == flow->g->size) {
    PetscCall(VecCreateMPIWithArray(flow->g->comm, 1, count, PETSC_DETERMINE, own, &parts));
    PetscCall(OttoKeepVec(keep, "own", parts));
    PetscCall(VecDestroy(&parts));
  } else {
    for (PetscInt i = 0; i < count; i++) own[i] = flow->g->rank ? 0 : sums[i];
  }
  PetscCall(PetscFree(sums));
  PetscFunctionReturn(0);
}

static PetscErrorCode KeepState(OttoFlow flow, OttoKeep keep)
{
  static const char *const names[MAX_BLOCKS] = {"state_p", "state_q"};
  OttoTimeStepping s = flow->stepping;
  PetscScalar *a;

  PetscFunctionBegin;
  for (PetscInt b = 0; b < flow->blocks; b++) {
    PetscCall(OttoTimeSteppingShow(flow, s->state, b, WRITE, 0));
    PetscCall(OttoKeepVec(keep, names[b], s->view[0]));
    PetscCall(OttoTimeSteppingHide(flow, s->state, WRITE, 0));
  }
  PetscCall(VecGetArray(s->state, &a));
  PetscCall(KeepOwn(flow, keep, a + flow->blocks * flow->g->local_cells));
  PetscCall(VecRestoreArray(s->state, &a));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTimeSteppingKeep(OttoFlow flow, OttoKeep keep)
{
  OttoTimeStepping s = flow->stepping;
  PetscReal t = 0;
  PetscInt steps = 0;

  PetscFunctionBegin;
  PetscCall(TSGetTime(s->ts, &t));
  PetscCall(TSGetStepNumber(s->ts, &steps));
  PetscCall(OttoKeepReal(keep, "t", &t));
  PetscCall(OttoKeepInt(keep, "ts_steps", &steps));
  PetscCall(KeepState(flow, keep));
  PetscCall(OttoKeepReal(keep, "dt", &s->dt));
  PetscCall(OttoKeepReal(keep, "dt_given", &s->dt_given));
  PetscCall(OttoKeepReals(keep, "taken", 2, s->taken));
  PetscCall(OttoKeepReal(keep, "length", &s->length));
  PetscCall(OttoKeepReal(keep, "full", &s->full));
  PetscCall(OttoKeepInt(keep, "quiet", &s->quiet));
  PetscCall(OttoKeepInts(keep, "refused", 2, s->refused));
  if (OttoKeepTakes(keep)) PetscCall(Restart(flow, t, steps));
  PetscFunctionReturn(0);
}

static PetscErrorCode Failed(OttoTimeStepping s, TSConvergedReason reason)
{
  PetscReal t;
  PetscInt most;

  PetscFunctionBegin;
  PetscCall(TSGetTime(s->ts, &t));
  PetscCall(TSGetMaxSteps(s->ts, &most));
  if (reason >= 0)
    OttoFail(OTTO_ERR_SOLVER, "time stepping stopped at t = %g: ts_max_steps: %lld allows no more",
             (double)t, (long long)most);
  if (reason == TS_DIVERGED_STEP_REJECTED && s->negative) /* the step it speaks of is untried */
    OttoFail(OTTO_ERR_SOLVER,
             "time stepping stopped at t = %g: a density becomes negative in steps of %g and more "
             "(ts_max_reject); use ts_type beuler, or a smaller ts_dt",
             (double)t, (double)s->tried);
  OttoFail(OTTO_ERR_SOLVER, "time stepping stopped at t = %g: %s%s%s%s", (double)t,
           TSConvergedReasons[reason], s->reason[0] ? " (" : "", s->reason,
           s->reason[0] ? ")" : "");
}

/* A force that stops being finite during a step: the state before it is the last good one. */
static PetscErrorCode Broken(OttoFlow flow)
{
  OttoTimeStepping s = flow->stepping;
  char cause[800];

  PetscFunctionBegin;
  snprintf(cause, sizeof cause, "%s", OttoErrorMessage());
  PetscCall(TSSetTime(s->ts, s->t_before));
  PetscCall(CopyOut(flow, s->before));
  OttoFail(OTTO_ERR_SOLVER, "time stepping stopped at t = %g: %s", (double)s->t_before, cause);
}

PetscErrorCode OttoTimeSteppingAdvance(OttoFlow flow, PetscReal t)
{
  OttoTimeStepping s = flow->stepping;
  TSConvergedReason reason;
  PetscReal now, dt;

  PetscFunctionBegin;
  PetscCall(OttoAgree(flow->g->comm, Wake(s)));
  PetscCall(TSGetTime(s->ts, &now));
  dt = s->dt_given > 0 ? s->dt_given : (t - now) / 10;
  if (!s->fixed && s->dt > 0) dt = s->dt;
  s->length = s->length > 0 && s->length < s->full ? PetscMin(s->length, dt) : dt;
  s->full = dt;
  if (s->fixed) dt = s->length;
  PetscCall(TSSetTimeStep(s->ts, PetscMin(dt, t - now)));
  PetscCall(TSSetMaxTime(s->ts, t));
  PetscErrorCode code = TSSolve(s->ts, NULL);
  if (code == OTTO_ERR_NUMERICAL && OttoErrorAgreed()) PetscCall(Broken(flow));
  if (code == OTTO_ERR_STOPPED) PetscCall(CopyOut(flow, s->state));
  PetscCall(code);
  PetscCall(TSGetConvergedReason(s->ts, &reason));
  PetscCall(Rejections(s, &flow->report.rejected));
  PetscCall(TSGetTime(s->ts, &now));
  if (reason < 0 || !(fabs(now - t) <= SAME_TIME * fabs(t))) {
    PetscCall(CopyOut(flow, reason < 0 ? s->before : s->state));
    PetscCall(Failed(s, reason));
  }
  PetscCall(TSGetTimeStep(s->ts, &dt)); /* what error control proposes next */
  s->dt = PetscMax(dt, PetscMax(s->taken[0], s->taken[1]));
  PetscCall(CopyOut(flow, s->state));
  PetscFunctionReturn(0);
}
