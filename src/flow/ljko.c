/* The law ljko: steps of the linearised JKO scheme (ljko.h), and what each was. */
#include "ljko.h"
#include "core/fault.h"
#include "own_steps.h"
#include "step_distance.h"
#include <otto/options.h>
#include <math.h>

#define SWEEPS 2

typedef struct {
  OttoGradient gradient; /* first */
  PetscBool ready;       /* what follows is there; rest gives it back */
  OttoLjko newton;
  OttoStepDistance distance;
} Ljko;

static Ljko *Law(OttoFlow flow)
{
  return (Ljko *)flow->law;
}

/* ---- what a step was ---- */

/* Sums over the own cells. */
enum { DISSIPATION, BREGMAN, GAINED, DUAL, CONSTANT, SUMS };

/* The scheme's functional has, for W, its linear part about the mean of ρⁿ and ρ and a constant,
 * such that at ρⁿ and at ρ it is the energy. E(ρⁿ) − E(ρ) is then
 *
 *   ∫ U(ρⁿ) − U(ρ) − (s − field) (ρⁿ − ρ) + ∫ s (ρⁿ − ρ),
 *
 * where s = φ + (τ/2) A and ∫ φ (ρⁿ − ρ) = τ dissipation, ∫ A ρ = dissipation: the first is the
 * Bregman divergence of U and, in vacuum, what s is less than U'(0) + field. */
static PetscErrorCode Add(OttoLjko *s, OttoSum sum[SUMS], PetscReal moment[])
{
  enum { ROWS = 3 };
  const PetscInt64 n = s->scheme.own;
  const PetscReal tau = s->scheme.tau;
  const PetscScalar *w = NULL;
  PetscReal *row[ROWS] = {s->slack, s->stiff, s->t}; /* U(ρⁿ), U(ρ), U* */

  PetscFunctionBegin;
  if (s->force) PetscCall(VecGetArrayRead(s->force, &w));
  OttoLjkoSpeed(&s->scheme, s->phi, s->speed);
  for (PetscInt64 c = 0; c < n; c++) {
    const PetscReal field = s->field[c] + (w ? w[c] : 0);
    s->work[c] = s->phi[c] + 0.5 * tau * s->speed[c] - field;
  }
  OttoInternalEvaluate(s->U, OTTO_INTERNAL_DENSITY, n, s->work, row[1]);
  OttoInternalEvaluate(s->U, OTTO_INTERNAL_PRESSURE, n, row[1], row[2]);
  OttoInternalEvaluate(s->U, OTTO_INTERNAL_VALUE, n, s->before, row[0]);
  OttoInternalEvaluate(s->U, OTTO_INTERNAL_VALUE, n, s->rho, row[1]);
  for (PetscInt64 c = 0; c < n; c++) {
    if (s->field[c] == INFINITY) continue;
    const PetscReal was = s->before[c], is = s->rho[c];
    OttoSumAdd(&sum[DISSIPATION], is * s->speed[c]);
    OttoSumAdd(&sum[BREGMAN], row[0][c] - row[1][c] - s->work[c] * (was - is));
    OttoSumAdd(&sum[GAINED], s->speed[c] * was);
    OttoSumAdd(&sum[DUAL], s->phi[c] * was);
    OttoSumAdd(&sum[DUAL], -row[2][c]);
    if (w) OttoSumAdd(&sum[CONSTANT], -w[c] * was);
  }
  if (s->force) PetscCall(VecRestoreArrayRead(s->force, &w));
  OttoLjkoMoment(&s->scheme, s->phi, s->rho, moment);
  PetscFunctionReturn(0);
}

/* The numbers of a step; `rho` has its result. */
static PetscErrorCode Describe(OttoFlow flow, PetscReal t, Vec before, Vec rho,
                               OttoGradientStep *step)
{
  Ljko *law = Law(flow);
  OttoLjko *s = &law->newton;
  OttoEnergyParts was, is;
  OttoSum sum[SUMS + OTTO_MAX_DIM] = {{0, 0}};
  PetscReal moment[OTTO_MAX_DIM] = {0}, value[SUMS];

  PetscFunctionBegin;
  PetscCall(Add(s, sum, moment));
  for (PetscInt j = 0; j < flow->g->dim; j++) OttoSumAdd(&sum[SUMS + j], moment[j]);
  PetscCall(OttoSumReduce(flow->g->comm, SUMS + flow->g->dim, sum));
  for (int k = 0; k < SUMS; k++) value[k] = OttoSumValue(sum[k]) * flow->g->cell_volume;
  PetscCall(OttoEnergyEvaluate(s->energy, before, &was));
  PetscCall(OttoEnergyEvaluate(s->energy, rho, &is));
  *step = (OttoGradientStep){.t = t,
                             .dt = s->scheme.tau,
                             .before = was.total,
                             .after = is.total,
                             .dissipation = value[DISSIPATION],
                             .residual = s->residual,
                             .w2_lower = NAN,
                             .w2_upper = NAN};
  const PetscReal half = 0.5 * step->dt;
  step->remainder = value[BREGMAN] + half * (value[GAINED] - value[DISSIPATION]);
  step->primal = half * value[DISSIPATION] + is.total;
  step->dual = value[DUAL] + was.interaction + value[CONSTANT];
  OttoFault("dual", 1, &step->dual);
  OttoFault("dissipation", 1, &step->dissipation);
  for (PetscInt j = 0; j < flow->g->dim; j++) step->moment[j] = OttoSumValue(sum[SUMS + j]);
  if (law->gradient.certified)
    PetscCall(OttoStepDistanceFind(&law->distance, before, rho, &step->w2_lower, &step->w2_upper));
  PetscFunctionReturn(0);
}

/* ---- a step ---- */

/* What a step needs and rest gives back. */
static PetscErrorCode Wake(OttoFlow flow)
{
  Ljko *s = Law(flow);

  PetscFunctionBegin;
  if (s->ready) PetscFunctionReturn(0);
  s->ready = PETSC_TRUE;
  PetscCall(
      OttoLjkoCreate(s->gradient.energy, OttoFluxesGetFactor(s->gradient.fluxes), &s->newton));
  if (s->gradient.certified) PetscCall(OttoStepDistanceCreate(flow->grid, &s->distance));
  PetscFunctionReturn(0);
}

static PetscErrorCode Sleep(OttoFlow flow)
{
  Ljko *s = Law(flow);

  PetscFunctionBegin;
  if (!s->ready) PetscFunctionReturn(0);
  s->ready = PETSC_FALSE;
  PetscCall(OttoLjkoDestroy(&s->newton));
  PetscCall(OttoStepDistanceDestroy(&s->distance));
  PetscFunctionReturn(0);
}

/* ρ ← (ρⁿ + what comes from neighbours)/(1 + rate of leaving): a fixed point of Jᵀρ = ρⁿ, which
 * keeps ρ ≥ 0, brings Jᵀρ no further from ρⁿ in L1, and makes vacuum of cells that nothing comes
 * to.
 */
static PetscErrorCode Sweep(OttoLjko *s)
{
  const PetscInt64 n = s->scheme.own;

  PetscFunctionBegin;
  PetscCall(OttoLjkoSurround(&s->scheme, s->rho));
  OttoLjkoCome(&s->scheme, s->phi, s->rho, s->before, s->t);
  PetscCall(PetscArraycpy(s->rho, s->t, n));
  PetscFunctionReturn(0);
}

/* The result, of the mass there was: Newton's method leaves a residual of it. */
static PetscErrorCode Give(OttoFlow flow, PetscInt b)
{
  Ljko *law = Law(flow);
  OttoLjko *s = &law->newton;
  OttoSum sum = {0, 0};
  PetscScalar *out;

  PetscFunctionBegin;
  for (int k = 0; k < SWEEPS; k++) PetscCall(Sweep(s));
  for (PetscInt64 c = 0; c < s->scheme.own; c++) OttoSumAdd(&sum, s->rho[c]);
  PetscCall(OttoSumReduce(flow->g->comm, 1, &sum));
  const PetscReal factor = s->mass / (OttoSumValue(sum) * flow->g->cell_volume);
  for (PetscInt64 c = 0; c < s->scheme.own; c++) s->rho[c] *= factor;
  PetscCall(VecGetArrayWrite(flow->density[b], &out));
  PetscCall(PetscArraycpy(out, s->rho, s->scheme.own));
  PetscCall(VecRestoreArrayWrite(flow->density[b], &out));
  law->gradient.solves.rescaled = PetscMax(law->gradient.solves.rescaled, fabs(factor - 1));
  PetscFunctionReturn(0);
}

static PetscErrorCode StepOne(OttoFlow flow, PetscInt b, PetscReal t, PetscReal dt, Vec before,
                              PetscBool *done, char reason[OTTO_FLOW_REASON])
{
  Ljko *s = Law(flow);
  OttoGradientStep *step = &s->gradient.step[b];
  PetscReal mass = 0;

  PetscFunctionBegin;
  PetscCall(OttoLjkoSolve(&s->newton, dt, before, done, reason));
  s->gradient.solves.iterations += s->newton.krylov;
  if (!*done) PetscFunctionReturn(0);
  PetscCall(Give(flow, b));
  PetscCall(Describe(flow, t + dt, before, flow->density[b], step));
  step->newton = s->newton.newton;
  step->krylov = s->newton.krylov;
  s->gradient.solves.residual = PetscMax(s->gradient.solves.residual, step->residual);
  PetscCall(OttoFieldIntegral(flow->grid, flow->density[b], &mass));
  s->gradient.solves.mass_drift =
      PetscMax(s->gradient.solves.mass_drift, fabs(mass - flow->mass[b]));
  PetscFunctionReturn(0);
}

static PetscErrorCode Step(OttoFlow flow, PetscReal t, PetscReal dt, const Vec before[],
                           PetscBool *done, char reason[OTTO_FLOW_REASON])
{
  Ljko *s = Law(flow);

  PetscFunctionBegin;
  PetscCall(OttoEnergySetTime(s->gradient.energy, t + dt));
  PetscCall(Wake(flow));
  *done = PETSC_TRUE;
  for (PetscInt b = 0; b < flow->blocks && *done; b++)
    PetscCall(StepOne(flow, b, t, dt, before[b], done, reason));
  PetscFunctionReturn(0);
}

/* ---- the law ---- */

static const OttoOwnLaw law_of_steps = {.step = Step, .exact = PETSC_TRUE};

static PetscErrorCode Create(OttoFlow flow)
{
  Ljko *s;

  PetscFunctionBegin;
  PetscCall(PetscNew(&s));
  flow->law = s;
  s->gradient.order = 1;
  s->gradient.certified = PETSC_TRUE;
  PetscCall(OttoOwnStepsCreate(flow, &law_of_steps));
  PetscFunctionReturn(0);
}

/* Upwind, by the options' mobility. */
static PetscErrorCode MakeFluxes(OttoFlow flow)
{
  static const char *const names[] = {"auto", "upwind", "limited", "scharfetter_gummel", NULL};
  OttoGradient *s = &Law(flow)->gradient;
  PetscReal factor[OTTO_MAX_DIM];
  PetscInt index = 0;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < OTTO_MAX_DIM; j++) factor[j] = 1;
  PetscCall(OttoOptionsGetChoice(NULL, "flow_mobility", names, &index, NULL));
  OttoCheckInput(index <= 1, "flow_mobility: %s; flow_scheme ljko is upwind", names[index]);
  PetscCall(OttoOptionsGetAxisReals(NULL, "mobility", flow->g->dim, factor, NULL));
  PetscCall(OttoFluxesCreate(s->energy, OTTO_MOBILITY_UPWIND, factor, &s->fluxes));
  PetscFunctionReturn(0);
}

static PetscErrorCode SetUp(OttoFlow flow)
{
  Ljko *s = Law(flow);
  const PetscInt d = flow->g->dim;

  PetscFunctionBegin;
  OttoNeed(s->gradient.energy, "OttoFlowSetEnergy()");
  OttoCheckInput(!OttoInternalIsNone(OttoEnergyGetInternal(s->gradient.energy)),
                 "energy_internal: none; flow_scheme ljko needs one (entropy or power), by which a "
                 "step has one solution");
  OttoCheckInput(s->gradient.order == 1, "flow_time_order: 2; flow_scheme ljko is of order 1");
  OttoCheckInput(flow->g->cells <= PETSC_MAX_INT / (2 * d * d + 2 * d + 1),
                 "grid_n: %lld cells; with %d-bit indices PETSc's matrices take at most %lld "
                 "(build with 64-bit indices: libpetsc64-real-dev)",
                 (long long)flow->g->cells, (int)(8 * sizeof(PetscInt)),
                 (long long)(PETSC_MAX_INT / (2 * d * d + 2 * d + 1)));
  PetscCall(MakeFluxes(flow));
  for (PetscInt b = 0; b < flow->blocks; b++)
    PetscCall(OttoFieldIntegral(flow->grid, flow->density[b], &flow->mass[b]));
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

const OttoFlowOps OttoFlowOps_Ljko = {.name = "ljko",
                                      .gradient = PETSC_TRUE,
                                      .create = Create,
                                      .options = OttoOwnStepsOptions,
                                      .setup = SetUp,
                                      .advance = OttoOwnStepsAdvance,
                                      .rest = Rest,
                                      .keep = Keep,
                                      .report = OttoGradientReportSolves,
                                      .destroy = Destroy};
