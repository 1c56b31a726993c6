/*
 * The law jko: steps of the minimising movement (jko_solve.h), and what each was.
 *
 * Held between steps, by cell: the densities. In a step 8 bytes times: the density before it; on
 * the finest grid, and a fraction on coarser ones, what W2 takes (ascent.h), four for the end that
 * is free, and its symbol; for a certificate, W2's columns; with an interaction six fields, beside
 * what its convolution holds.
 */
#include "gradient.h"
#include "jko_solve.h"
#include "own_steps.h"
#include "step_distance.h"
#include <otto/options.h>
#include <math.h>

typedef struct {
  OttoGradient gradient; /* first */
  PetscReal gap;
  PetscInt limit;
  OttoJkoSolver solver;      /* NULL while the flow rests */
  OttoStepDistance distance; /* on one axis with walls, where quantiles say it exactly */
  PetscBool measures;        /* by it */
  Vec slope, field; /* of the result, for the dissipation: U', V + W*ρ (without W none); NULL while
                       the flow rests */
} Jko;

static Jko *Law(OttoFlow flow)
{
  return (Jko *)flow->law;
}

/* ---- what a step was ---- */

/* Σ_faces of the result's own fluxes: ∫ρ|∇ξ|². */
static PetscErrorCode Dissipation(OttoFlow flow, Vec rho, PetscReal *dissipation)
{
  Jko *s = Law(flow);
  const OttoEnergy energy = s->gradient.energy;
  const PetscBool linear =
      OttoFluxesGetMobility(s->gradient.fluxes) == OTTO_MOBILITY_SCHARFETTER_GUMMEL;
  const Vec V = OttoEnergyGetField(energy);
  const OttoInteraction W = OttoEnergyGetInteraction(energy);
  const OttoFluxState state = {rho, linear ? NULL : s->slope, W ? s->field : V};
  OttoFluxSums sums;
  const PetscScalar *a;
  PetscScalar *u;

  PetscFunctionBegin;
  if (W) {
    PetscCall(OttoInteractionApply(W, rho, s->field));
    if (V) PetscCall(VecAXPY(s->field, 1, V));
  }
  if (!linear) {
    PetscCall(VecGetArrayRead(rho, &a));
    PetscCall(VecGetArrayWrite(s->slope, &u));
    OttoInternalEvaluate(OttoEnergyGetInternal(energy), OTTO_INTERNAL_SLOPE, flow->g->local_cells,
                         a, u);
    PetscCall(VecRestoreArrayWrite(s->slope, &u));
    PetscCall(VecRestoreArrayRead(rho, &a));
  }
  PetscCall(OttoFluxesRate(s->gradient.fluxes, &state, NULL, &sums));
  *dissipation = sums.dissipation;
  PetscFunctionReturn(0);
}

/* W2 between densities constant on cells: that of atoms at most a cell's spread away from it, at
 * both ends. */
static PetscErrorCode Distance(OttoFlow flow, PetscInt b, Vec before, const OttoJkoResult *found,
                               OttoGradientStep *step)
{
  Jko *s = Law(flow);
  PetscReal spread = 0;

  PetscFunctionBegin;
  if (s->measures) {
    PetscCall(OttoStepDistanceFind(&s->distance, before, flow->density[b], &step->w2_lower,
                                   &step->w2_upper));
    PetscFunctionReturn(0);
  }
  for (PetscInt j = 0; j < flow->g->dim; j++) /* along one cell both are the same */
    if (flow->g->n[j] > 1) spread += PetscSqr(flow->g->h[j]) / 12;
  const PetscReal bias = 2 * sqrt(spread * flow->mass[b]);
  step->w2_lower = PetscMax(0, sqrt(2 * found->cost[0]) - bias);
  step->w2_upper = sqrt(2 * PetscMax(found->cost[1], found->cost[0])) + bias;
  PetscFunctionReturn(0);
}

/* ---- a step ---- */

/* What a step needs and rest gives back. */
static PetscErrorCode Wake(OttoFlow flow)
{
  Jko *s = Law(flow);

  PetscFunctionBegin;
  if (s->solver) PetscFunctionReturn(0);
  PetscCall(OttoJkoSolverCreate(s->gradient.energy, s->gap, s->limit, &s->solver));
  PetscCall(VecDuplicate(flow->density[0], &s->slope));
  if (OttoEnergyGetInteraction(s->gradient.energy))
    PetscCall(VecDuplicate(flow->density[0], &s->field));
  s->measures = flow->g->dim == 1 && flow->g->boundary[0] != OTTO_BOUNDARY_PERIODIC;
  if (s->measures) PetscCall(OttoStepDistanceCreate(flow->grid, &s->distance));
  PetscFunctionReturn(0);
}

static PetscErrorCode Sleep(OttoFlow flow)
{
  Jko *s = Law(flow);

  PetscFunctionBegin;
  PetscCall(OttoJkoSolverDestroy(&s->solver));
  PetscCall(OttoStepDistanceDestroy(&s->distance));
  PetscCall(VecDestroy(&s->slope));
  PetscCall(VecDestroy(&s->field));
  PetscFunctionReturn(0);
}

static PetscErrorCode StepOne(OttoFlow flow, PetscInt b, PetscReal t, PetscReal dt, Vec before)
{
  Jko *s = Law(flow);
  OttoGradientStep *step = &s->gradient.step[b];
  OttoEnergyParts was, is;
  OttoJkoResult found;
  PetscReal mass = 0;

  PetscFunctionBegin;
  PetscCall(OttoEnergyEvaluate(s->gradient.energy, before, &was));
  PetscCall(
      OttoJkoSolve(s->solver, dt, flow->mass[b], was.total, before, flow->density[b], &found));
  PetscCall(OttoEnergyEvaluate(s->gradient.energy, flow->density[b], &is));
  *step = (OttoGradientStep){.t = t,
                             .dt = dt,
                             .before = was.total,
                             .after = is.total,
                             .remainder = NAN,
                             .primal = found.primal,
                             .dual = found.dual,
                             .gap = found.gap,
                             .least = found.least,
                             .w2_lower = NAN,
                             .w2_upper = NAN,
                             .newton = found.iterations};
  for (PetscInt j = 0; j < OTTO_MAX_DIM; j++) step->moment[j] = NAN;
  PetscCall(Dissipation(flow, flow->density[b], &step->dissipation));
  if (s->gradient.certified) PetscCall(Distance(flow, b, before, &found, step));
  PetscCall(OttoFieldIntegral(flow->grid, flow->density[b], &mass));
  step->residual = fabs(mass - flow->mass[b]) / flow->mass[b];
  s->gradient.solves.iterations += found.iterations;
  s->gradient.solves.mass_drift =
      PetscMax(s->gradient.solves.mass_drift, fabs(mass - flow->mass[b]));
  PetscFunctionReturn(0);
}

static PetscErrorCode Step(OttoFlow flow, PetscReal t, PetscReal dt, const Vec before[],
                           PetscBool *done, char reason[OTTO_FLOW_REASON])
{
  PetscFunctionBegin;
  (void)reason; /* a gap that is not reached is a number of the step */
  PetscCall(OttoEnergySetTime(Law(flow)->gradient.energy, t + dt));
  PetscCall(Wake(flow));
  for (PetscInt b = 0; b < flow->blocks; b++)
    PetscCall(OttoAgree(flow->g->comm, StepOne(flow, b, t + dt, dt, before[b])));
  *done = PETSC_TRUE;
  PetscFunctionReturn(0);
}

/* ---- the law ---- */

static const OttoOwnLaw law_of_steps = {.step = Step, .exact = PETSC_TRUE};

static PetscErrorCode Create(OttoFlow flow)
{
  Jko *s;

  PetscFunctionBegin;
  PetscCall(PetscNew(&s));
  flow->law = s;
  s->gradient.order = 1;
  s->gradient.certified = PETSC_TRUE;
  s->gap = 1e-2;
  s->limit = 1000;
  PetscCall(OttoOwnStepsCreate(flow, &law_of_steps));
  PetscFunctionReturn(0);
}

static PetscErrorCode Options(OttoFlow flow)
{
  Jko *s = Law(flow);
  PetscInt64 limit = s->limit;

  PetscFunctionBegin;
  PetscCall(OttoOwnStepsOptions(flow));
  PetscCall(OttoOptionsGetReal(NULL, "jko_gap", 1e-12, 1, &s->gap, NULL));
  PetscCall(OttoOptionsGetInt(NULL, "jko_iterations", 0, 1000000, &limit, NULL));
  s->limit = (PetscInt)limit;
  PetscFunctionReturn(0);
}

/* What the dual cannot serve. */
static PetscErrorCode Check(OttoFlow flow)
{
  const OttoGridInfo *g = flow->g;
  const OttoGradient *s = &Law(flow)->gradient;

  PetscFunctionBegin;
  OttoCheckInput(!OttoInternalIsNone(OttoEnergyGetInternal(s->energy)),
                 "energy_internal: none; flow_scheme jko needs one (entropy or power), by which a "
                 "potential has a density");
  OttoCheckInput(s->order == 1, "flow_time_order: 2; flow_scheme jko is of order 1");
  for (PetscInt j = 0; j < g->dim; j++) {
    OttoCheckInput(
        g->boundary[j] == OTTO_BOUNDARY_PERIODIC || g->boundary[j] == OTTO_BOUNDARY_NO_FLUX,
        "grid_boundary: axis %d; flow_scheme jko takes periodic and no_flux", (int)j + 1);
    OttoCheckInput(OttoFluxesGetFactor(s->fluxes)[j] == 1,
                   "mobility: %g on axis %d; flow_scheme jko moves mass by the distance itself, of "
                   "mobility 1",
                   (double)OttoFluxesGetFactor(s->fluxes)[j], (int)j + 1);
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode SetUp(OttoFlow flow)
{
  OttoGradient *s = &Law(flow)->gradient;

  PetscFunctionBegin;
  OttoNeed(s->energy, "OttoFlowSetEnergy()");
  PetscCheck(OttoEnergyGetGrid(s->energy) == flow->grid, PETSC_COMM_SELF, PETSC_ERR_ARG_INCOMP,
             "the energy is of another grid");
  PetscCall(OttoFluxesDestroy(&s->fluxes));
  PetscCall(OttoFluxesCreateFromOptions(s->energy, &s->fluxes));
  PetscCall(Check(flow));
  for (PetscInt b = 0; b < flow->blocks; b++) {
    PetscCall(OttoFieldIntegral(flow->grid, flow->density[b], &flow->mass[b]));
    OttoCheckInput(flow->mass[b] > 0, "%s: a density without mass", b ? "q" : "p");
  }
  PetscCall(OttoEnergySetTime(s->energy, 0));
  PetscCall(Wake(flow));
  PetscFunctionReturn(0);
}

static PetscErrorCode Rest(OttoFlow flow)
{
  PetscFunctionBegin;
  PetscCall(Sleep(flow));
  PetscCall(OttoOwnStepsRest(flow));
  PetscFunctionReturn(0);
}

/* Steps begin anew, whatever was before: all there is to keep are the counts. */
static PetscErrorCode Keep(OttoFlow flow, OttoKeep keep)
{
  PetscFunctionBegin;
  PetscCall(OttoGradientKeepSolves(flow, keep));
  PetscCall(OttoOwnStepsKeep(flow, keep));
  if (OttoKeepTakes(keep))
    PetscCall(OttoEnergySetTime(Law(flow)->gradient.energy, OttoFlowGetTime(flow)));
  PetscFunctionReturn(0);
}

static PetscErrorCode Destroy(OttoFlow flow)
{
  PetscFunctionBegin;
  PetscCall(Sleep(flow));
  PetscCall(OttoOwnStepsDestroy(flow));
  PetscCall(OttoFluxesDestroy(&Law(flow)->gradient.fluxes));
  PetscCall(PetscFree(flow->law));
  PetscFunctionReturn(0);
}

const OttoFlowOps OttoFlowOps_Jko = {.name = "jko",
                                     .gradient = PETSC_TRUE,
                                     .create = Create,
                                     .options = Options,
                                     .setup = SetUp,
                                     .advance = OttoOwnStepsAdvance,
                                     .rest = Rest,
                                     .keep = Keep,
                                     .report = OttoGradientReportSolves,
                                     .destroy = Destroy};
