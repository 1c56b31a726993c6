/*
 * The state of TS is one Vec: on every rank the block of p, then the block of q; with absorbing
 * axes then the mass each has lost there, an unknown of its own: the method integrates what escapes
 * as it does everything else, and mass plus absorbed mass is no definition but a balance. Every
 * implicit stage of the methods offered is linear in the unknown, F(x) = (σ - Qᵀ) x - r; a SNES of
 * type shell finds r = -F(0), which for implicit Euler is σ p^n with no rounding at all, and σ from
 * the Jacobian's shift, and hands both to the resolvent block by block.
 */
#include "flow_impl.h"
#include <otto/signals.h>
#include "absorbed.h"
#include "core/fault.h"
#include <float.h>
#include <math.h>
#include <stdio.h>

#define READ PETSC_FALSE
#define WRITE PETSC_TRUE

/* Failed solves in an interval, each followed by a quarter of the step, before it gives up. */
#define FAILURES 6

/* A right side whose largest value is below this has lost digits to underflow. */
#define FAINT (DBL_MIN / DBL_EPSILON)

/* Steps accepted after one was refused as negative before it doubles: bdf keeps its order so. */
#define PATIENCE 6

/* t + (T - t) may miss T by rounding. */
#define SAME_TIME (2 * PETSC_MACHINE_EPSILON)

/* Makes field view[k] show block b of `state`; Hide() must follow. */
static PetscErrorCode Show(OttoFlow s, Vec state, PetscInt b, PetscBool write, PetscInt k)
{
  PetscScalar *a;

  PetscFunctionBegin;
  if (write)
    PetscCall(VecGetArray(state, &a));
  else
    PetscCall(VecGetArrayRead(state, (const PetscScalar **)&a));
  PetscCall(VecPlaceArray(s->view[k], a + b * s->g->local_cells));
  PetscFunctionReturn(0);
}

static PetscErrorCode Hide(OttoFlow s, Vec state, PetscBool wrote, PetscInt k)
{
  PetscScalar *none = NULL;

  PetscFunctionBegin;
  PetscCall(VecResetArray(s->view[k]));
  if (wrote)
    PetscCall(VecRestoreArray(state, &none));
  else
    PetscCall(VecRestoreArrayRead(state, (const PetscScalar **)&none));
  PetscFunctionReturn(0);
}

/* F = ẋ - Qᵀ(t) x. */
static PetscErrorCode IFunction(TS ts, PetscReal t, Vec x, Vec xdot, Vec f, void *context)
{
  OttoFlow s = (OttoFlow)context;

  PetscFunctionBegin;
  (void)ts;
  PetscCall(OttoGeneratorSetTime(s->generator, t));
  for (PetscInt b = 0; b < s->blocks; b++) {
    PetscCall(Show(s, x, b, READ, 0));
    PetscCall(Show(s, f, b, WRITE, 1));
    PetscCall(OttoGeneratorApply(s->generator, s->view[0], s->view[1]));
    PetscCall(Hide(s, f, WRITE, 1));
    PetscCall(Hide(s, x, READ, 0));
  }
  if (s->absorbs) PetscCall(OttoAbsorb(s->generator, s->blocks, x, NULL, 1, f));
  PetscCall(VecAYPX(f, -1, xdot));
  PetscFunctionReturn(0);
}

static PetscErrorCode IJacobian(TS ts, PetscReal t, Vec x, Vec xdot, PetscReal shift, Mat A, Mat B,
                                void *context)
{
  OttoFlow s = (OttoFlow)context;

  PetscFunctionBegin;
  (void)ts, (void)x, (void)xdot, (void)A, (void)B;
  PetscCall(OttoGeneratorSetTime(s->generator, t));
  s->shift = shift;
  PetscFunctionReturn(0);
}

/* What is left after absorption may be no number that a solve can treat. */
static PetscErrorCode BlameAbsorption(OttoFlow s, Vec r, OttoSolveReport *report)
{
  PetscReal least = 0, most = 0;

  PetscFunctionBegin;
  if (report->converged || !OttoGeneratorIsAbsorbing(s->generator)) PetscFunctionReturn(0);
  PetscCall(OttoFieldRange(s->grid, r, &least, &most));
  if (most < FAINT)
    snprintf(report->reason, sizeof report->reason,
             "nearly all mass has been absorbed, what is left is below what doubles resolve: stop "
             "earlier (time_stop)");
  PetscFunctionReturn(0);
}

/* An implicit Euler step of block b: r = σ p, and so are the logarithms. */
static PetscErrorCode SolveEuler(OttoFlow s, PetscInt b, Vec r, Vec x, OttoSolveReport *report)
{
  Vec log_r = NULL, *next = &s->log_next[b];

  PetscFunctionBegin;
  PetscCall(VecDestroy(next));
  if (s->log_now[b]) {
    PetscCall(VecDuplicate(s->log_now[b], &log_r));
    PetscCall(VecCopy(s->log_now[b], log_r));
    PetscCall(VecShift(log_r, log(s->shift)));
    PetscCall(VecDuplicate(s->log_now[b], next));
    PetscCall(VecCopy(s->log_now[b], *next)); /* a first guess */
  }
  PetscCall(OttoResolventSolveDensityLogs(s->resolvent, r, log_r, x, next, report));
  PetscCall(VecDestroy(&log_r));
  PetscCall(BlameAbsorption(s, r, report));
  PetscFunctionReturn(0);
}

/* x = (σ - Qᵀ)⁻¹ r on one block; r ≥ 0 gives a density, and mass is kept in any case. */
static PetscErrorCode SolveBlock(OttoFlow s, PetscInt b, Vec r, Vec x, OttoSolveReport *report)
{
  PetscReal least = 0, total = 0, mass = 0, escape = 0;

  PetscFunctionBegin;
  PetscCall(OttoFieldRange(s->grid, r, &least, NULL));
  if (least >= 0 && s->euler) {
    PetscCall(SolveEuler(s, b, r, x, report));
    PetscFunctionReturn(0);
  }
  if (least >= 0) {
    PetscCall(OttoResolventSolveDensity(s->resolvent, r, x, report));
    PetscCall(BlameAbsorption(s, r, report));
    PetscFunctionReturn(0);
  }
  PetscCall(OttoResolventSolve(s->resolvent, r, x, report));
  PetscCall(BlameAbsorption(s, r, report));
  PetscCall(OttoFieldIntegral(s->grid, r, &total));
  PetscCall(OttoFieldIntegral(s->grid, x, &mass));
  PetscCall(OttoGeneratorEscape(s->generator, x, &escape));
  PetscReal factor = total / (s->shift * mass + escape);
  if (report->converged && fabs(factor - 1) < 1e-6) PetscCall(VecScale(x, factor));
  report->rescaled = fabs(factor - 1);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFlowSolveStage(SNES snes, Vec x)
{
  OttoFlow s;
  PetscBool converged = PETSC_TRUE;

  PetscFunctionBegin;
  PetscCall(SNESShellGetContext(snes, &s));
  s->negative = PETSC_FALSE;
  PetscCall(SNESComputeFunction(snes, s->zero, s->rhs));
  PetscCall(VecScale(s->rhs, -1));
  PetscCall(SNESComputeJacobian(snes, x, s->jacobian, s->jacobian));
  if (!(s->shift > 0 && isfinite(s->shift))) { /* bdf: two of its times are the same number */
    PetscCall(PetscMemzero(&s->solve, sizeof s->solve));
    snprintf(s->solve.reason, sizeof s->solve.reason,
             "the steps have become too short for the method, its shift is %g: use ts_type beuler, "
             "or a smaller ts_dt",
             isnan(s->shift) ? NAN : (double)s->shift);
    PetscCall(SNESSetConvergedReason(snes, SNES_DIVERGED_FUNCTION_DOMAIN));
    PetscFunctionReturn(0);
  }
  PetscCall(OttoResolventSetShift(s->resolvent, s->shift));
  for (PetscInt b = 0; b < s->blocks && converged; b++) {
    PetscCall(Show(s, s->rhs, b, READ, 0));
    PetscCall(Show(s, x, b, WRITE, 1));
    PetscCall(SolveBlock(s, b, s->view[0], s->view[1], &s->solve));
    PetscCall(Hide(s, x, WRITE, 1));
    PetscCall(Hide(s, s->rhs, READ, 0));
    s->report.iterations += s->solve.iterations;
    s->report.cycles += s->solve.cycles;
    converged = s->solve.converged;
    if (!converged) break;
    s->report.rescaled = PetscMax(s->report.rescaled, s->solve.rescaled);
    s->report.residual = PetscMax(s->report.residual, s->solve.residual);
    s->report.doubtful[b] = PetscMax(s->report.doubtful[b], s->solve.doubtful);
  }
  if (converged && s->absorbs)
    PetscCall(OttoAbsorb(s->generator, s->blocks, x, s->rhs, s->shift, x));
  PetscCall(SNESSetConvergedReason(snes, converged ? SNES_CONVERGED_FNORM_RELATIVE
                                                   : SNES_DIVERGED_LINEAR_SOLVE));
  PetscFunctionReturn(0);
}

/* Refuses a stage that makes a density negative. */
PetscErrorCode OttoFlowCheckStage(TSAdapt adapt, TS ts, PetscReal t, Vec x, PetscBool *accept)
{
  OttoFlow s;
  PetscReal least = 0, most = 0;

  PetscFunctionBegin;
  (void)adapt, (void)t;
  PetscCall(TSGetApplicationContext(ts, &s));
  *accept = PETSC_TRUE;
  for (PetscInt b = 0; b < s->blocks; b++) {
    PetscCall(Show(s, x, b, READ, 0));
    PetscCall(OttoFieldRange(s->grid, s->view[0], &least, &most));
    PetscCall(Hide(s, x, READ, 0));
    if (!(least >= -OTTO_FLOW_NOISE * most)) *accept = PETSC_FALSE; /* NaN as well */
  }
  if (!*accept) s->report.negative++;
  s->negative = *accept ? PETSC_FALSE : PETSC_TRUE;
  PetscCall(TSGetTimeStep(ts, &s->tried));
  PetscFunctionReturn(0);
}

static PetscErrorCode PreStep(TS ts)
{
  OttoFlow s;

  PetscFunctionBegin;
  PetscCall(TSGetApplicationContext(ts, &s));
  PetscCall(VecCopy(s->state, s->before));
  PetscCall(TSGetTime(ts, &s->t_before));
  PetscFunctionReturn(0);
}

/* The logarithms solved for are those of the state. */
static PetscErrorCode TakeLogs(OttoFlow s)
{
  PetscFunctionBegin;
  for (PetscInt b = 0; b < s->blocks && s->euler; b++) {
    PetscCall(VecDestroy(&s->log_before[b]));
    s->log_before[b] = s->log_now[b];
    s->log_now[b] = s->log_next[b];
    s->log_next[b] = NULL;
  }
  PetscFunctionReturn(0);
}

/* Masses after a step. */
static PetscErrorCode Balance(OttoFlow s)
{
  PetscReal mass = 0;

  PetscFunctionBegin;
  if (s->absorbs) PetscCall(OttoAbsorbed(s->generator, s->blocks, s->state, s->report.absorbed));
  for (PetscInt b = 0; b < s->blocks; b++) {
    PetscCall(Show(s, s->state, b, READ, 0));
    PetscCall(OttoFaultVec(b ? "q" : "p", s->view[0]));
    PetscCall(OttoFieldIntegral(s->grid, s->view[0], &mass));
    PetscCall(Hide(s, s->state, READ, 0));
    s->report.mass_drift =
        PetscMax(s->report.mass_drift, fabs(mass + s->report.absorbed[b] - s->mass[b]));
  }
  PetscFunctionReturn(0);
}

/* Without error control: a step refused for negativity makes those after it shorter, for a while. A
 * failed solve does so to the end of the interval. */
static PetscErrorCode Lengthen(OttoFlow s, PetscReal t, PetscReal taken)
{
  PetscInt rejected = 0;
  PetscReal end = 0;

  PetscFunctionBegin;
  PetscCall(TSGetStepRejections(s->ts, &rejected));
  PetscBool again = rejected > s->refused[1] ? PETSC_TRUE : PETSC_FALSE;
  if (again) {
    s->length = taken;
    s->quiet = 0;
    if (rejected - s->refused[1] > s->report.negative - s->refused[0]) s->full = taken;
  }
  s->refused[0] = s->report.negative;
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

static PetscErrorCode NoteTime(OttoFlow s, PetscReal t)
{
  PetscReal *more;

  PetscFunctionBegin;
  if (s->taken_count == s->room) {
    const PetscInt room = 2 * s->room + 16;
    PetscCall(PetscMalloc1(room, &more));
    if (s->room) PetscCall(PetscArraycpy(more, s->times, s->room));
    PetscCall(PetscFree(s->times));
    s->times = more;
    s->room = room;
  }
  s->times[s->taken_count++] = t;
  PetscFunctionReturn(0);
}

static PetscErrorCode PostStep(TS ts)
{
  OttoFlow s;
  PetscReal t, t_before;
  Vec none = NULL;

  PetscFunctionBegin;
  PetscCall(TSGetApplicationContext(ts, &s));
  PetscCall(TSGetTime(ts, &t));
  PetscCall(TSGetPrevTime(ts, &t_before));
  s->report.steps++;
  PetscCall(OttoAgree(s->g->comm, NoteTime(s, t)));
  s->taken[0] = s->taken[1];
  s->taken[1] = t - t_before;
  PetscCall(OttoGeneratorSetTime(s->generator, t)); /* a method's last stage may lie before it */
  PetscCall(TakeLogs(s));
  PetscCall(Balance(s));
  if (s->fixed) PetscCall(Lengthen(s, t, t - t_before));
  PetscCall(OttoStopCheck(s->g->comm));
  if (!s->step) PetscFunctionReturn(0);
  for (PetscInt b = 0; b < s->blocks; b++) {
    PetscCall(Show(s, s->before, b, READ, b));
    PetscCall(Show(s, s->state, b, READ, MAX_BLOCKS + b));
  }
  PetscBool two = s->blocks == 2 ? PETSC_TRUE : PETSC_FALSE;
  PetscErrorCode code =
      s->step(s, t_before, t, s->view[0], two ? s->view[1] : none, s->view[MAX_BLOCKS],
              two ? s->view[MAX_BLOCKS + 1] : none, s->context);
  for (PetscInt b = 0; b < s->blocks; b++) {
    PetscCall(Hide(s, s->state, READ, MAX_BLOCKS + b));
    PetscCall(Hide(s, s->before, READ, b));
  }
  PetscFunctionReturn(code);
}

static PetscErrorCode CreateState(OttoFlow s)
{
  const PetscInt local = (PetscInt)s->g->local_cells, all = (PetscInt)s->g->cells;
  const PetscInt own = s->blocks * (local + (s->absorbs ? 1 : 0));
  PetscScalar *a;

  PetscFunctionBegin;
  PetscCall(VecCreateMPI(s->g->comm, own, PETSC_DETERMINE, &s->state));
  for (PetscInt k = 0; k < 4; k++)
    PetscCall(VecCreateMPIWithArray(s->g->comm, 1, local, all, NULL, &s->view[k]));
  PetscCall(VecGetArray(s->state, &a));
  for (PetscInt b = 0; b < s->blocks; b++) {
    const PetscScalar *p;
    PetscCall(OttoFieldIntegral(s->grid, s->density[b], &s->mass[b]));
    PetscCall(VecGetArrayRead(s->density[b], &p));
    PetscCall(PetscArraycpy(a + b * local, p, local));
    PetscCall(VecRestoreArrayRead(s->density[b], &p));
    if (s->absorbs) a[s->blocks * local + b] = 0;
  }
  PetscCall(VecRestoreArray(s->state, &a));
  PetscFunctionReturn(0);
}

static PetscErrorCode SetFunctions(OttoFlow s)
{
  PetscFunctionBegin;
  PetscCall(TSSetIFunction(s->ts, NULL, IFunction, s));
  PetscCall(TSSetIJacobian(s->ts, s->jacobian, s->jacobian, IJacobian, s));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFlowRest(OttoFlow s)
{
  Vec *fields[] = {&s->before, &s->zero, &s->rhs};

  PetscFunctionBegin;
  if (!s->euler) PetscFunctionReturn(0); /* others have a history */
  PetscCall(TSReset(s->ts));
  PetscCall(SetFunctions(s));
  PetscCall(TSSetSolution(s->ts, s->state));
  for (int i = 0; i < 3; i++) PetscCall(VecDestroy(fields[i]));
  PetscFunctionReturn(0);
}

/* What rest gave back. */
static PetscErrorCode Wake(OttoFlow s)
{
  PetscFunctionBegin;
  if (s->zero) PetscFunctionReturn(0);
  PetscCall(VecDuplicate(s->state, &s->before));
  PetscCall(VecDuplicate(s->state, &s->zero));
  PetscCall(VecDuplicate(s->state, &s->rhs));
  PetscCall(VecZeroEntries(s->zero));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFlowCreate(OttoGenerator generator, OttoResolvent resolvent, Vec p, Vec q,
                              OttoFlow *flow)
{
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(generator));
  OttoFlow s;
  PetscInt size;

  PetscFunctionBegin;
  *flow = NULL;
  OttoCheckInput(g->cells <= PETSC_MAX_INT / (q ? 2 : 1),
                 "grid_n: %lld cells; with %d-bit indices PETSc steps %s of at most %lld (build "
                 "with 64-bit indices: libpetsc64-real-dev)",
                 (long long)g->cells, (int)(8 * sizeof(PetscInt)),
                 q ? "two densities" : "a density", (long long)(PETSC_MAX_INT / (q ? 2 : 1)));
  OttoNeedGenerator(generator);
  PetscCall(PetscNew(&s));
  *flow = s;
  s->generator = generator;
  s->resolvent = resolvent;
  s->grid = OttoGeneratorGetGrid(generator);
  s->g = OttoGridGetInfo(s->grid);
  s->blocks = q ? 2 : 1;
  s->absorbs = OttoGeneratorIsAbsorbing(generator);
  s->density[0] = p;
  s->density[1] = q;
  PetscCall(PetscObjectReference((PetscObject)p));
  if (q) PetscCall(PetscObjectReference((PetscObject)q));
  PetscCall(OttoAgree(s->g->comm, CreateState(s)));
  PetscCall(VecGetLocalSize(s->state, &size));
  PetscCall(
      MatCreateShell(s->g->comm, size, size, PETSC_DETERMINE, PETSC_DETERMINE, s, &s->jacobian));
  PetscCall(TSCreate(s->g->comm, &s->ts));
  PetscCall(TSSetProblemType(s->ts, TS_LINEAR));
  PetscCall(TSSetApplicationContext(s->ts, s));
  PetscCall(SetFunctions(s));
  PetscCall(TSSetType(s->ts, TSBEULER));
  PetscCall(TSSetExactFinalTime(s->ts, TS_EXACTFINALTIME_MATCHSTEP));
  PetscCall(TSSetErrorIfStepFails(s->ts, PETSC_FALSE));
  PetscCall(TSSetMaxSNESFailures(s->ts, FAILURES));
  PetscCall(TSSetMaxSteps(s->ts, PETSC_MAX_INT));
  PetscCall(TSSetPreStep(s->ts, PreStep));
  PetscCall(TSSetPostStep(s->ts, PostStep));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFlowDestroy(OttoFlow *flow)
{
  OttoFlow s = *flow;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(0);
  PetscCall(TSDestroy(&s->ts));
  PetscCall(MatDestroy(&s->jacobian));
  for (PetscInt b = 0; b < MAX_BLOCKS; b++) {
    PetscCall(VecDestroy(&s->density[b]));
    PetscCall(VecDestroy(&s->log_before[b]));
    PetscCall(VecDestroy(&s->log_now[b]));
    PetscCall(VecDestroy(&s->log_next[b]));
  }
  for (PetscInt k = 0; k < 4; k++) PetscCall(VecDestroy(&s->view[k]));
  PetscCall(PetscFree(s->times));
  PetscCall(VecDestroy(&s->state));
  PetscCall(VecDestroy(&s->before));
  PetscCall(VecDestroy(&s->zero));
  PetscCall(VecDestroy(&s->rhs));
  PetscCall(PetscFree(*flow));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFlowGetTimes(OttoFlow s, PetscInt *count, const PetscReal **times)
{
  PetscFunctionBegin;
  *count = s->taken_count;
  *times = s->times;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFlowSetStepFunction(OttoFlow s, OttoFlowStep step, void *context)
{
  PetscFunctionBegin;
  s->step = step;
  s->context = context;
  PetscFunctionReturn(0);
}

static PetscErrorCode CopyOut(OttoFlow s, Vec state)
{
  PetscFunctionBegin;
  for (PetscInt b = 0; b < s->blocks; b++) {
    PetscCall(Show(s, state, b, READ, 0));
    PetscCall(VecCopy(s->view[0], s->density[b]));
    PetscCall(Hide(s, state, READ, 0));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode Failed(OttoFlow s, TSConvergedReason reason)
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
           TSConvergedReasons[reason], s->solve.reason[0] ? " (" : "", s->solve.reason,
           s->solve.reason[0] ? ")" : "");
}

/* A force that stops being finite during a step: the state before it is the last good one. */
static PetscErrorCode Broken(OttoFlow s)
{
  char cause[800];

  PetscFunctionBegin;
  snprintf(cause, sizeof cause, "%s", OttoErrorMessage());
  PetscCall(TSSetTime(s->ts, s->t_before));
  PetscCall(CopyOut(s, s->before));
  OttoFail(OTTO_ERR_SOLVER, "time stepping stopped at t = %g: %s", (double)s->t_before, cause);
}

PetscErrorCode OttoFlowAdvance(OttoFlow s, PetscReal t)
{
  TSConvergedReason reason;
  PetscReal now, dt;
  PetscInt rejected;

  PetscFunctionBegin;
  PetscCall(TSGetTime(s->ts, &now));
  PetscCheck(t > now, s->g->comm, PETSC_ERR_ARG_OUTOFRANGE, "time %g is not after %g", (double)t,
             (double)now);
  s->taken_count = 0;
  PetscCall(OttoAgree(s->g->comm, Wake(s)));
  dt = s->dt_given > 0 ? s->dt_given : (t - now) / 10;
  if (!s->fixed && s->dt > 0) dt = s->dt;
  s->length = s->length > 0 && s->length < s->full ? PetscMin(s->length, dt) : dt;
  s->full = dt;
  if (s->fixed) dt = s->length;
  PetscCall(TSSetTimeStep(s->ts, PetscMin(dt, t - now)));
  PetscCall(TSSetMaxTime(s->ts, t));
  PetscErrorCode code = TSSolve(s->ts, NULL);
  if (code == OTTO_ERR_NUMERICAL && OttoErrorAgreed()) PetscCall(Broken(s));
  if (code == OTTO_ERR_STOPPED) PetscCall(CopyOut(s, s->state));
  PetscCall(code);
  PetscCall(TSGetConvergedReason(s->ts, &reason));
  PetscCall(TSGetStepRejections(s->ts, &rejected));
  s->report.rejected = rejected;
  PetscCall(TSGetTime(s->ts, &now));
  if (reason < 0 || !(fabs(now - t) <= SAME_TIME * fabs(t))) {
    PetscCall(CopyOut(s, reason < 0 ? s->before : s->state));
    PetscCall(Failed(s, reason));
  }
  PetscCall(TSGetTimeStep(s->ts, &dt)); /* what error control proposes next */
  s->dt = PetscMax(dt, PetscMax(s->taken[0], s->taken[1]));
  PetscCall(CopyOut(s, s->state));
  PetscFunctionReturn(0);
}

void OttoFlowGetLogs(OttoFlow s, Vec *log_p, Vec *log_q)
{
  *log_p = s->log_now[0];
  *log_q = s->log_now[1];
}

void OttoFlowGetLogsBefore(OttoFlow s, Vec *log_p, Vec *log_q)
{
  *log_p = s->log_before[0];
  *log_q = s->log_before[1];
}

PetscReal OttoFlowGetTime(OttoFlow s)
{
  PetscReal t = NAN;
  return TSGetTime(s->ts, &t) ? NAN : t;
}

TS OttoFlowGetTS(OttoFlow s)
{
  return s->ts;
}

PetscBool OttoFlowIsImplicitEuler(OttoFlow s)
{
  return s->euler;
}

PetscBool OttoFlowHasNoise(OttoFlow s)
{
  return s->euler ? PETSC_FALSE : PETSC_TRUE;
}

PetscErrorCode OttoFlowGetReport(OttoFlow s, OttoFlowReport *report)
{
  PetscFunctionBegin;
  *report = s->report;
  PetscFunctionReturn(0);
}
