/*
 * dp/dt = Qᵀp for one or two densities. With absorbing faces the mass each has lost by each is an
 * unknown of its own: the method integrates what escapes as it does everything else, and mass plus
 * absorbed mass is no definition but a balance. A stage (σ - Qᵀ) x = r goes to the resolvent block
 * by block.
 */
#include "absorbed.h"
#include "core/fault.h"
#include "time_stepping.h"
#include <float.h>
#include <math.h>
#include <stdio.h>

/* A right side whose largest value is below this has lost digits to underflow. */
#define FAINT (DBL_MIN / DBL_EPSILON)

typedef struct {
  OttoGenerator generator;
  OttoResolvent resolvent;
  PetscBool absorbs;
  Vec log_before[MAX_BLOCKS], log_now[MAX_BLOCKS],
      log_next[MAX_BLOCKS]; /* implicit Euler: logarithms of the state where doubles do not hold it,
                               before the step, now, and as just solved; NULL where they do */
  OttoFlowReport solves;    /* what solves and balances have left */
} FokkerPlanck;

static FokkerPlanck *Law(OttoFlow flow)
{
  return (FokkerPlanck *)flow->law;
}

/* Qᵀ(t) x, and what is absorbed. */
static PetscErrorCode Rate(OttoFlow flow, PetscReal t, Vec x, Vec rate)
{
  FokkerPlanck *s = Law(flow);

  PetscFunctionBegin;
  PetscCall(OttoGeneratorSetTime(s->generator, t));
  for (PetscInt b = 0; b < flow->blocks; b++) {
    PetscCall(OttoTimeSteppingShow(flow, x, b, READ, 0));
    PetscCall(OttoTimeSteppingShow(flow, rate, b, WRITE, 1));
    PetscCall(OttoGeneratorApply(s->generator, OttoTimeSteppingView(flow, 0),
                                 OttoTimeSteppingView(flow, 1)));
    PetscCall(OttoTimeSteppingHide(flow, rate, WRITE, 1));
    PetscCall(OttoTimeSteppingHide(flow, x, READ, 0));
  }
  if (s->absorbs) PetscCall(OttoAbsorb(s->generator, flow->blocks, x, NULL, 1, rate));
  PetscFunctionReturn(0);
}

/* What is left after absorption may be no number that a solve can treat. */
static PetscErrorCode BlameAbsorption(OttoFlow flow, Vec r, OttoSolveReport *report)
{
  PetscReal least = 0, most = 0;

  PetscFunctionBegin;
  if (report->converged || !Law(flow)->absorbs) PetscFunctionReturn(0);
  PetscCall(OttoFieldRange(flow->grid, r, &least, &most));
  if (most < FAINT)
    snprintf(report->reason, sizeof report->reason,
             "nearly all mass has been absorbed, what is left is below what doubles resolve: stop "
             "earlier (time_stop)");
  PetscFunctionReturn(0);
}

/* An implicit Euler step of block b: r = σ p, and so are the logarithms. */
static PetscErrorCode SolveEuler(OttoFlow flow, PetscReal shift, PetscInt b, Vec r, Vec x,
                                 OttoSolveReport *report)
{
  FokkerPlanck *s = Law(flow);
  Vec log_r = NULL, *next = &s->log_next[b];

  PetscFunctionBegin;
  PetscCall(VecDestroy(next));
  if (s->log_now[b]) {
    PetscCall(VecDuplicate(s->log_now[b], &log_r));
    PetscCall(VecCopy(s->log_now[b], log_r));
    PetscCall(VecShift(log_r, log(shift)));
    PetscCall(VecDuplicate(s->log_now[b], next));
    PetscCall(VecCopy(s->log_now[b], *next)); /* a first guess */
  }
  PetscCall(OttoResolventSolveDensityLogs(s->resolvent, r, log_r, x, next, report));
  PetscCall(VecDestroy(&log_r));
  PetscCall(BlameAbsorption(flow, r, report));
  PetscFunctionReturn(0);
}

/* x = (σ - Qᵀ)⁻¹ r on one block; r ≥ 0 gives a density, and mass is kept in any case. */
static PetscErrorCode SolveBlock(OttoFlow flow, PetscReal shift, PetscInt b, Vec r, Vec x,
                                 OttoSolveReport *report)
{
  FokkerPlanck *s = Law(flow);
  PetscReal least = 0, total = 0, mass = 0, escape = 0;

  PetscFunctionBegin;
  PetscCall(OttoFieldRange(flow->grid, r, &least, NULL));
  if (least >= 0 && OttoFlowIsImplicitEuler(flow)) {
    PetscCall(SolveEuler(flow, shift, b, r, x, report));
    PetscFunctionReturn(0);
  }
  if (least >= 0) {
    PetscCall(OttoResolventSolveDensity(s->resolvent, r, x, report));
    PetscCall(BlameAbsorption(flow, r, report));
    PetscFunctionReturn(0);
  }
  PetscCall(OttoResolventSolve(s->resolvent, r, x, report));
  PetscCall(BlameAbsorption(flow, r, report));
  PetscCall(OttoFieldIntegral(flow->grid, r, &total));
  PetscCall(OttoFieldIntegral(flow->grid, x, &mass));
  PetscCall(OttoGeneratorEscape(s->generator, x, &escape));
  PetscReal factor = total / (shift * mass + escape);
  if (report->converged && fabs(factor - 1) < 1e-6) PetscCall(VecScale(x, factor));
  report->rescaled = fabs(factor - 1);
  PetscFunctionReturn(0);
}

static PetscErrorCode Solve(OttoFlow flow, PetscReal t, PetscReal shift, Vec r, Vec x,
                            PetscBool *converged, char reason[OTTO_FLOW_REASON])
{
  FokkerPlanck *s = Law(flow);
  OttoSolveReport report = {0};

  PetscFunctionBegin;
  PetscCall(OttoGeneratorSetTime(s->generator, t));
  PetscCall(OttoResolventSetShift(s->resolvent, shift));
  *converged = PETSC_TRUE;
  for (PetscInt b = 0; b < flow->blocks && *converged; b++) {
    PetscCall(OttoTimeSteppingShow(flow, r, b, READ, 0));
    PetscCall(OttoTimeSteppingShow(flow, x, b, WRITE, 1));
    PetscCall(SolveBlock(flow, shift, b, OttoTimeSteppingView(flow, 0),
                         OttoTimeSteppingView(flow, 1), &report));
    PetscCall(OttoTimeSteppingHide(flow, x, WRITE, 1));
    PetscCall(OttoTimeSteppingHide(flow, r, READ, 0));
    s->solves.iterations += report.iterations;
    s->solves.cycles += report.cycles;
    *converged = report.converged;
    if (!*converged) break;
    s->solves.rescaled = PetscMax(s->solves.rescaled, report.rescaled);
    s->solves.residual = PetscMax(s->solves.residual, report.residual);
    s->solves.doubtful[b] = PetscMax(s->solves.doubtful[b], report.doubtful);
  }
  snprintf(reason, OTTO_FLOW_REASON, "%s", report.reason);
  if (*converged && s->absorbs) PetscCall(OttoAbsorb(s->generator, flow->blocks, x, r, shift, x));
  PetscFunctionReturn(0);
}

/* The logarithms solved for are those of the state. */
static PetscErrorCode TakeLogs(OttoFlow flow)
{
  FokkerPlanck *s = Law(flow);

  PetscFunctionBegin;
  for (PetscInt b = 0; b < flow->blocks && OttoFlowIsImplicitEuler(flow); b++) {
    PetscCall(VecDestroy(&s->log_before[b]));
    s->log_before[b] = s->log_now[b];
    s->log_now[b] = s->log_next[b];
    s->log_next[b] = NULL;
  }
  PetscFunctionReturn(0);
}

/* Masses after a step. */
static PetscErrorCode Accept(OttoFlow flow, PetscReal t, Vec state)
{
  FokkerPlanck *s = Law(flow);
  OttoFlowReport *sum = &s->solves;
  PetscReal mass = 0;

  PetscFunctionBegin;
  PetscCall(OttoGeneratorSetTime(s->generator, t)); /* a method's last stage may lie before it */
  PetscCall(TakeLogs(flow));
  if (s->absorbs) PetscCall(OttoAbsorbed(s->generator, flow->blocks, state, sum->killed));
  for (PetscInt b = 0; b < flow->blocks; b++) {
    sum->absorbed[b] = 0;
    for (int f = 0; f < OTTO_FACES; f++) sum->absorbed[b] += sum->killed[b][f];
    const Vec p = OttoTimeSteppingView(flow, 0);
    PetscCall(OttoTimeSteppingShow(flow, state, b, READ, 0));
    PetscCall(OttoFaultVec(b ? "q" : "p", p));
    PetscCall(OttoFieldIntegral(flow->grid, p, &mass));
    PetscCall(OttoTimeSteppingHide(flow, state, READ, 0));
    sum->mass_drift = PetscMax(sum->mass_drift, fabs(mass + sum->absorbed[b] - flow->mass[b]));
  }
  PetscFunctionReturn(0);
}

static const OttoFlowLaw law = {Rate, Solve, Accept};

static PetscErrorCode Create(OttoFlow flow)
{
  PetscFunctionBegin;
  PetscCall(PetscNew((FokkerPlanck **)&flow->law));
  PetscCall(OttoTimeSteppingCreate(flow, &law));
  PetscFunctionReturn(0);
}

static PetscErrorCode SetUp(OttoFlow flow)
{
  FokkerPlanck *s = Law(flow);
  const PetscInt64 most = PETSC_MAX_INT / flow->blocks;

  PetscFunctionBegin;
  OttoNeed(s->generator, "OttoFlowSetGenerator()");
  OttoCheckInput(flow->g->cells <= most,
                 "grid_n: %lld cells; with %d-bit indices PETSc steps %s of at most %lld (build "
                 "with 64-bit indices: libpetsc64-real-dev)",
                 (long long)flow->g->cells, (int)(8 * sizeof(PetscInt)),
                 flow->blocks == 2 ? "two densities" : "a density", (long long)most);
  OttoNeedGenerator(s->generator);
  OttoCheckInput(!OttoGeneratorGetTargets(s->generator),
                 "a flow keeps count of what faces of the box absorb, not of sets of cells: the "
                 "generator has %d as targets",
                 (int)OttoGeneratorGetTargets(s->generator));
  s->absorbs = OttoGeneratorIsAbsorbing(s->generator);
  PetscCall(OttoTimeSteppingSetUp(flow, s->absorbs ? flow->blocks * OTTO_FACES : 0));
  PetscFunctionReturn(0);
}

static PetscErrorCode KeepSolves(OttoFlowReport *r, OttoKeep keep)
{
  PetscFunctionBegin;
  PetscCall(OttoKeepInt64(keep, "iterations", &r->iterations));
  PetscCall(OttoKeepInt64(keep, "cycles", &r->cycles));
  PetscCall(OttoKeepReal(keep, "rescaled", &r->rescaled));
  PetscCall(OttoKeepReal(keep, "residual", &r->residual));
  PetscCall(OttoKeepReals(keep, "doubtful", 2, r->doubtful));
  PetscCall(OttoKeepReals(keep, "absorbed", 2, r->absorbed));
  PetscCall(OttoKeepReals(keep, "killed", 2 * OTTO_FACES, r->killed[0]));
  PetscCall(OttoKeepReal(keep, "mass_drift", &r->mass_drift));
  PetscFunctionReturn(0);
}

/* The logarithms of a state that doubles do not hold, and whether they are there. */
static PetscErrorCode KeepLogs(OttoFlow flow, PetscInt b, OttoKeep keep)
{
  FokkerPlanck *s = Law(flow);
  PetscBool there = s->log_now[b] ? PETSC_TRUE : PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(OttoKeepBool(keep, b ? "logs_of_q" : "logs_of_p", &there));
  if (!there) PetscCall(VecDestroy(&s->log_now[b]));
  if (there && !s->log_now[b]) PetscCall(VecDuplicate(flow->density[b], &s->log_now[b]));
  if (there) PetscCall(OttoKeepVec(keep, b ? "log_q" : "log_p", s->log_now[b]));
  if (!OttoKeepTakes(keep)) PetscFunctionReturn(0);
  PetscCall(VecDestroy(&s->log_before[b]));
  PetscCall(VecDestroy(&s->log_next[b]));
  PetscFunctionReturn(0);
}

static PetscErrorCode Keep(OttoFlow flow, OttoKeep keep)
{
  PetscFunctionBegin;
  PetscCall(KeepSolves(&Law(flow)->solves, keep));
  for (PetscInt b = 0; b < flow->blocks; b++) PetscCall(KeepLogs(flow, b, keep));
  PetscCall(OttoTimeSteppingKeep(flow, keep));
  if (OttoKeepTakes(keep))
    PetscCall(OttoGeneratorSetTime(Law(flow)->generator, OttoFlowGetTime(flow)));
  PetscFunctionReturn(0);
}

static void Logs(OttoFlow flow, PetscBool before, Vec logs[MAX_BLOCKS])
{
  FokkerPlanck *s = Law(flow);

  for (PetscInt b = 0; b < flow->blocks; b++) logs[b] = before ? s->log_before[b] : s->log_now[b];
}

static PetscErrorCode Report(OttoFlow flow, OttoFlowReport *report)
{
  const OttoFlowReport counted = *report;

  PetscFunctionBegin;
  *report = Law(flow)->solves;
  report->steps = counted.steps;
  report->rejected = counted.rejected;
  report->negative = counted.negative;
  PetscFunctionReturn(0);
}

static PetscErrorCode Destroy(OttoFlow flow)
{
  FokkerPlanck *s = Law(flow);

  PetscFunctionBegin;
  PetscCall(OttoTimeSteppingDestroy(flow));
  for (PetscInt b = 0; b < MAX_BLOCKS; b++) {
    PetscCall(VecDestroy(&s->log_before[b]));
    PetscCall(VecDestroy(&s->log_now[b]));
    PetscCall(VecDestroy(&s->log_next[b]));
  }
  PetscCall(PetscFree(flow->law));
  PetscFunctionReturn(0);
}

const OttoFlowOps OttoFlowOps_FokkerPlanck = {.name = "fokker_planck",
                                              .create = Create,
                                              .options = OttoTimeSteppingOptions,
                                              .setup = SetUp,
                                              .advance = OttoTimeSteppingAdvance,
                                              .rest = OttoTimeSteppingRest,
                                              .keep = Keep,
                                              .report = Report,
                                              .logs = Logs,
                                              .destroy = Destroy};

PetscErrorCode OttoFlowSetGenerator(OttoFlow flow, OttoGenerator generator, OttoResolvent resolvent)
{
  PetscFunctionBegin;
  OttoNeed(flow->ops == &OttoFlowOps_FokkerPlanck, "OttoFlowSetType() with fokker_planck");
  Law(flow)->generator = generator;
  Law(flow)->resolvent = resolvent;
  PetscFunctionReturn(0);
}
