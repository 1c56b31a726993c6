/*
 * The gradient flow of an energy by finite volumes, implicit in time: a step solves the equations
 * of implicit_equations.c by Newton's method, and leaves an exact account of the energy,
 *
 *   E(ρ) − E(ρ') = dt D + ∫ U(ρ) − U(ρ') − U'(ρ')(ρ − ρ'),
 *
 * whatever W's sign; of second order the integral is 0 (MATHEMATICS 7). A step of second order or
 * of one linear solve that would make a cell negative, or gain energy, is refused.
 *
 * Held between steps, by cell: the densities. In a step 8 bytes times: the densities before it, the
 * guess and the residual; slope and its derivative unless F is linear; with W four; of second
 * order one; the matrix, 12 (2 dim + 1), with the limiter 12 (4 dim + 1); Newton's and GMRES's
 * vectors, and the preconditioner.
 */
#include "discrete_gradient.h"
#include "gradient.h"
#include "implicit.h"
#include "own_steps.h"
#include <otto/options.h>
#include <math.h>
#include <stdio.h>

#define BLOCK 256
/* Energies are sums over cells of which each errs by a few eps; a gain within that is none. */
#define ROUNDING 1e-13

typedef struct {
  OttoGradient gradient;
  PetscBool one; /* flow_scheme semi_implicit */
  PetscBool from_options;
  PetscBool has_time; /* V is of `t` */
  PetscReal t;
  OttoImplicit implicit; /* NULL before set-up */
} GradientFlow;

static GradientFlow *Law(OttoFlow flow)
{
  return (GradientFlow *)flow->law;
}

static PetscErrorCode SetTime(OttoFlow flow, PetscReal t)
{
  GradientFlow *s = Law(flow);

  PetscFunctionBegin;
  if (s->has_time && (s->t == t || !OttoEnergyIsTimeDependent(s->gradient.energy)))
    PetscFunctionReturn(0);
  s->has_time = PETSC_FALSE;
  PetscCall(OttoEnergySetTime(s->gradient.energy, t));
  s->has_time = PETSC_TRUE;
  s->t = t;
  PetscFunctionReturn(0);
}

/* ∫ U(ρ) − U(ρ') − U'(ρ')(ρ − ρ'), every cell right relative to what it subtracts. */
static PetscErrorCode Bregman(OttoFlow flow, Vec before, Vec after, PetscReal *remainder)
{
  const OttoInternal internal = OttoEnergyGetInternal(Law(flow)->gradient.energy);
  const PetscScalar *a, *b;
  PetscReal mean[BLOCK], slope[BLOCK];
  OttoSum sum = {0, 0};

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(before, &a));
  PetscCall(VecGetArrayRead(after, &b));
  for (PetscInt64 c = 0; c < flow->g->local_cells; c += BLOCK) {
    const PetscInt64 n = PetscMin(BLOCK, flow->g->local_cells - c);
    OttoDiscreteGradient(internal, n, a + c, b + c, mean, NULL);
    OttoInternalEvaluate(internal, OTTO_INTERNAL_SLOPE, n, b + c, slope);
    for (PetscInt64 i = 0; i < n; i++)
      if (a[c + i] != b[c + i]) OttoSumAdd(&sum, (mean[i] - slope[i]) * (a[c + i] - b[c + i]));
  }
  PetscCall(VecRestoreArrayRead(after, &b));
  PetscCall(VecRestoreArrayRead(before, &a));
  PetscCall(OttoSumReduce(flow->g->comm, 1, &sum));
  *remainder = flow->g->cell_volume * OttoSumValue(sum);
  PetscFunctionReturn(0);
}

/* Of a step of one linear solve: moments as the cells have them, the fluxes being no function of
 * the result alone. */
static PetscErrorCode Moments(OttoFlow flow, PetscReal dt, Vec before, Vec after,
                              PetscReal moment[OTTO_MAX_DIM])
{
  const PetscScalar *a, *b;
  PetscReal x[OTTO_MAX_DIM];
  OttoSum sum[OTTO_MAX_DIM] = {{0, 0}};

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(before, &a));
  PetscCall(VecGetArrayRead(after, &b));
  for (PetscInt64 c = 0; c < flow->g->local_cells; c++) {
    OttoGridCellCentre(flow->g, c, x);
    for (PetscInt j = 0; j < flow->g->dim; j++) OttoSumAdd(&sum[j], x[j] * x[j] * (b[c] - a[c]));
  }
  PetscCall(VecRestoreArrayRead(after, &b));
  PetscCall(VecRestoreArrayRead(before, &a));
  PetscCall(OttoSumReduce(flow->g->comm, flow->g->dim, sum));
  for (PetscInt j = 0; j < flow->g->dim; j++)
    moment[j] = flow->g->boundary[j] == OTTO_BOUNDARY_PERIODIC
                    ? 0
                    : flow->g->cell_volume * OttoSumValue(sum[j]) / dt;
  PetscFunctionReturn(0);
}

/* The largest |V| of open cells. */
static PetscErrorCode LargestField(OttoFlow flow, PetscReal *most)
{
  const Vec field = OttoEnergyGetField(Law(flow)->gradient.energy);
  const PetscScalar *v;

  PetscFunctionBegin;
  *most = 0;
  if (!field) PetscFunctionReturn(0);
  PetscCall(VecGetArrayRead(field, &v));
  for (PetscInt64 c = 0; c < flow->g->local_cells; c++)
    if (isfinite(v[c])) *most = PetscMax(*most, fabs(v[c]));
  PetscCall(VecRestoreArrayRead(field, &v));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, most, 1, MPIU_REAL, MPIU_MAX, flow->g->comm));
  PetscFunctionReturn(0);
}

/* What the step of density b was, and whether it gained energy. */
static PetscErrorCode Account(OttoFlow flow, PetscInt b, PetscReal t, PetscReal dt, Vec before,
                              const OttoImplicitReport *report, PetscBool *gained)
{
  GradientFlow *s = Law(flow);
  OttoGradientStep *step = &s->gradient.step[b];
  OttoEnergyParts from, to;
  PetscReal most = 0;

  PetscFunctionBegin;
  PetscCall(OttoEnergyEvaluate(s->gradient.energy, before, &from));
  PetscCall(OttoEnergyEvaluate(s->gradient.energy, flow->density[b], &to));
  *step = (OttoGradientStep){.t = t,
                             .dt = dt,
                             .before = from.total,
                             .after = to.total,
                             .dissipation = report->sums.dissipation,
                             .residual = report->residual,
                             .rounding = report->rounding,
                             .primal = NAN,
                             .dual = NAN,
                             .w2_lower = NAN,
                             .w2_upper = NAN,
                             .newton = report->newton,
                             .krylov = report->krylov};
  PetscCall(PetscArraycpy(step->moment, report->sums.moment, OTTO_MAX_DIM));
  if (s->one) PetscCall(Moments(flow, dt, before, flow->density[b], step->moment));
  if (s->one)
    step->remainder = from.total - to.total - dt * step->dissipation;
  else if (s->gradient.order == 1)
    PetscCall(Bregman(flow, before, flow->density[b], &step->remainder));
  const PetscReal scale = fabs(from.internal) + fabs(from.potential) + fabs(from.interaction) +
                          fabs(to.internal) + fabs(to.potential) + fabs(to.interaction) +
                          OttoInternalTemperature(OttoEnergyGetInternal(s->gradient.energy)) *
                              flow->mass[b]; /* entropy's terms are of either sign */
  PetscCall(LargestField(flow, &most));
  step->slack = report->residual * flow->mass[b] * most;
  *gained = to.total - from.total > (ROUNDING + 10 * report->residual) * scale + step->slack
                ? PETSC_TRUE
                : PETSC_FALSE;
  PetscFunctionReturn(0);
}

/* What the solve of density b has left. */
static void Count(OttoFlow flow, const OttoImplicitReport *report)
{
  OttoFlowReport *sum = &Law(flow)->gradient.solves;

  sum->iterations += report->newton;
  if (!report->converged) return;
  sum->residual = PetscMax(sum->residual, report->residual);
  sum->rescaled = PetscMax(sum->rescaled, report->rescaled);
}

/* A step of density b; done unless it is refused. */
static PetscErrorCode StepOne(OttoFlow flow, PetscInt b, PetscReal t, PetscReal dt, Vec before,
                              PetscBool *done, char reason[OTTO_FLOW_REASON])
{
  GradientFlow *s = Law(flow);
  const OttoImplicitStep step = {s->gradient.order, s->one, dt, flow->mass[b]};
  OttoImplicitReport report;
  PetscBool gained = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(OttoImplicitSolve(s->implicit, &step, before, flow->density[b], &report));
  Count(flow, &report);
  *done = report.converged;
  if (report.negative) flow->report.negative++;
  if (!report.converged) PetscCall(PetscStrncpy(reason, report.reason, OTTO_FLOW_REASON));
  if (!report.converged) PetscFunctionReturn(0);
  PetscCall(Account(flow, b, t + dt, dt, before, &report, &gained));
  if (gained) {
    const OttoGradientStep *was = &s->gradient.step[b];
    snprintf(reason, OTTO_FLOW_REASON, "it gains %.2g of energy",
             (double)(was->after - was->before));
    *done = PETSC_FALSE;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode Drift(OttoFlow flow)
{
  PetscReal mass = 0;

  PetscFunctionBegin;
  for (PetscInt b = 0; b < flow->blocks; b++) {
    PetscCall(OttoFieldIntegral(flow->grid, flow->density[b], &mass));
    Law(flow)->gradient.solves.mass_drift =
        PetscMax(Law(flow)->gradient.solves.mass_drift, fabs(mass - flow->mass[b]));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode Step(OttoFlow flow, PetscReal t, PetscReal dt, const Vec before[],
                           PetscBool *done, char reason[OTTO_FLOW_REASON])
{
  GradientFlow *s = Law(flow);

  PetscFunctionBegin;
  *done = PETSC_TRUE;
  PetscCall(SetTime(flow, s->gradient.order == 2 ? t + 0.5 * dt : t + dt));
  for (PetscInt b = 0; b < flow->blocks && *done; b++)
    PetscCall(StepOne(flow, b, t, dt, before[b], done, reason));
  if (*done) PetscCall(Drift(flow));
  PetscCall(SetTime(flow, *done ? t + dt : t));
  PetscFunctionReturn(0);
}

static const OttoOwnLaw law = {Step, PETSC_FALSE};

static PetscErrorCode Create(OttoFlow flow)
{
  PetscFunctionBegin;
  PetscCall(PetscNew((GradientFlow **)&flow->law));
  Law(flow)->gradient.order = 1;
  PetscCall(OttoOwnStepsCreate(flow, &law));
  PetscFunctionReturn(0);
}

static PetscErrorCode Options(OttoFlow flow)
{
  static const char *const schemes[] = {"implicit", "semi_implicit", NULL};
  PetscInt scheme = 0;
  PetscInt64 order = Law(flow)->gradient.order;

  PetscFunctionBegin;
  PetscCall(OttoOwnStepsOptions(flow));
  PetscCall(OttoOptionsGetChoice(NULL, "flow_scheme", schemes, &scheme, NULL));
  PetscCall(OttoOptionsGetInt(NULL, "flow_time_order", 1, 2, &order, NULL));
  OttoCheckInput(scheme == 0 || order == 1,
                 "flow_time_order: 2; flow_scheme semi_implicit has order 1");
  Law(flow)->one = scheme == 1 ? PETSC_TRUE : PETSC_FALSE;
  Law(flow)->gradient.order = (PetscInt)order;
  Law(flow)->from_options = PETSC_TRUE;
  PetscCall(OttoImplicitTryOptions(flow->g->comm));
  PetscFunctionReturn(0);
}

static PetscErrorCode SetUp(OttoFlow flow)
{
  GradientFlow *s = Law(flow);

  PetscFunctionBegin;
  OttoNeed(s->gradient.energy, "OttoFlowSetEnergy()");
  PetscCheck(OttoEnergyGetGrid(s->gradient.energy) == flow->grid, PETSC_COMM_SELF,
             PETSC_ERR_ARG_INCOMP, "the energy is of another grid");
  OttoCheckInput(flow->g->cells <= PETSC_MAX_INT,
                 "grid_n: %lld cells; with %d-bit indices PETSc steps a density of at most %lld "
                 "(build with 64-bit indices: libpetsc64-real-dev)",
                 (long long)flow->g->cells, (int)(8 * sizeof(PetscInt)), (long long)PETSC_MAX_INT);
  for (PetscInt b = 0; b < flow->blocks; b++) {
    PetscCall(OttoFieldIntegral(flow->grid, flow->density[b], &flow->mass[b]));
    OttoCheckInput(flow->mass[b] > 0, "%s: a density without mass", b ? "q" : "p");
  }
  PetscCall(OttoFluxesDestroy(&s->gradient.fluxes));
  PetscCall(OttoFluxesCreateFromOptions(s->gradient.energy, &s->gradient.fluxes));
  PetscCall(OttoImplicitDestroy(&s->implicit));
  PetscCall(
      OttoImplicitCreate(s->gradient.energy, s->gradient.fluxes, s->from_options, &s->implicit));
  PetscCall(SetTime(flow, 0));
  const OttoImplicitStep step = {s->gradient.order, s->one, 1, flow->mass[0]};
  PetscCall(OttoImplicitReadOptions(s->implicit, &step, flow->density[0]));
  PetscFunctionReturn(0);
}

static PetscErrorCode Rest(OttoFlow flow)
{
  PetscFunctionBegin;
  PetscCall(OttoImplicitRest(Law(flow)->implicit));
  PetscCall(OttoOwnStepsRest(flow));
  PetscFunctionReturn(0);
}

static PetscErrorCode Keep(OttoFlow flow, OttoKeep keep)
{
  PetscFunctionBegin;
  PetscCall(OttoGradientKeepSolves(flow, keep));
  PetscCall(OttoOwnStepsKeep(flow, keep));
  if (OttoKeepTakes(keep)) PetscCall(SetTime(flow, OttoFlowGetTime(flow)));
  PetscFunctionReturn(0);
}

static PetscErrorCode Destroy(OttoFlow flow)
{
  PetscFunctionBegin;
  PetscCall(OttoImplicitDestroy(&Law(flow)->implicit));
  PetscCall(OttoFluxesDestroy(&Law(flow)->gradient.fluxes));
  PetscCall(OttoOwnStepsDestroy(flow));
  PetscCall(PetscFree(flow->law));
  PetscFunctionReturn(0);
}

const OttoFlowOps OttoFlowOps_GradientFlow = {.name = "gradient_flow",
                                              .gradient = PETSC_TRUE,
                                              .create = Create,
                                              .options = Options,
                                              .setup = SetUp,
                                              .advance = OttoOwnStepsAdvance,
                                              .rest = Rest,
                                              .keep = Keep,
                                              .report = OttoGradientReportSolves,
                                              .destroy = Destroy};
