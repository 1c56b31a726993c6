/*
 * What is checked at every step (MATHEMATICS 5.3): the numbers of <otto/step_theorem.h> against
 * their bounds. Summed from sample to sample the identity of a step is `integral`. That ρ is what
 * it should be is looked at by itself: of implicit Euler and cn, whose equations are known, by its
 * L1 norm (`solve_residual`, found again from the states as they are); of the others the change is
 * compared with the trapezoidal sum of the rates at both ends (`trapezoid`).
 */
#include <otto/step_theorem.h>
#include "pair.h"
#include "first_law.h"
#include "solve_error.h"
#include <math.h>

/* Part of a step by which the trapezoidal sum may be off in any case: what methods of several steps
 * still remember of a fast transient, what error control lets pass near equilibrium. */
#define SHARE 0.1

/* Solves whose residuals a step may hold, those that it remembers among them. */
#define STAGES 10

/* Times what rounding is estimated to leave of `integral`, where it is all there is. */
#define ROUNDING 4

/* Of a drop: what steps may leave of it beside the dissipation. */
#define TOLD 0.05

struct _n_OttoStepChecks {
  OttoRecord record;
  OttoFokkerPlanck *s;
  OttoStepMethod method;
  OttoStepTheorem theorem;
  OttoFirstLaw law;
  OttoDecaySum sum[OTTO_SMOOTH_COUNT]; /* since the last sample, or since all is finite */
  PetscReal allowed; /* L1 norm of ρ that solves may leave in this step; inf: not known */
  PetscReal longest; /* step so far */
  OttoAggregation aggregation; /* of solves whose residual says too little, or NULL */
  PetscReal slack[OTTO_SMOOTH_COUNT],
      most_slack; /* since the last sample; largest of KL, relative */
};

/* D - D' ≥ dt I' + slack. */
static PetscErrorCode CheckEuler(OttoStepChecks c, PetscReal t, const OttoStepDecay *step)
{
  static const char name[] = "implicit_euler";
  PetscReal bound = 0, excess[OTTO_SMOOTH_COUNT], noise[OTTO_SMOOTH_COUNT];

  PetscFunctionBegin;
  PetscCall(OttoRecordBound(c->record, name, &bound));
  OttoStepInequality(step, excess, noise);
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) {
    const PetscReal before = step->before[k], slack = -step->rest[k];
    if (isnan(excess[k])) {
      PetscCall(OttoRecordNotApplicable(
          c->record, name, "a density has cells that are 0, or a slope is beyond the doubles"));
      c->slack[k] = INFINITY;
      continue;
    }
    const PetscReal scale = PetscMax(before, noise[k] / PetscMax(bound, PETSC_MACHINE_EPSILON));
    PetscCall(OttoRecordCheck(c->record, name, excess[k] > 0 ? excess[k] / scale : 0, t));
    c->slack[k] += PetscMax(0, slack) + noise[k];
    if (k == OTTO_DIVERGENCE_KL && before > 0)
      c->most_slack = PetscMax(c->most_slack, slack / before);
  }
  PetscFunctionReturn(0);
}

/* The change against the trapezoidal sum of the rates at both ends; `solves`: what residuals may
 * leave. Where rates change by more than half a step, or would make more than three of it, fast
 * transients are not followed. */
static PetscErrorCode CheckTrapezoid(OttoStepChecks c, PetscReal t, PetscReal dt,
                                     const OttoStepResidual *r, PetscReal solves)
{
  static const char name[] = "trapezoid";
  const PetscReal change = dt * r->change;

  PetscFunctionBegin;
  if (PetscMax(2 * change, dt * r->speed / 3) > r->moved && r->off > solves)
    PetscCall(OttoRecordNotApplicable(c->record, name,
                                      "steps so long that the rates at their ends do not tell "
                                      "what they change"));
  else
    PetscCall(OttoRecordCheck(c->record, name, r->off / (change + SHARE * r->moved + solves), t));
  PetscFunctionReturn(0);
}

/* One density's step by the method's own equation, as the states are. */
static PetscErrorCode CheckStep(OttoStepChecks c, PetscReal t, PetscReal dt, int i, Vec before,
                                Vec after)
{
  PetscReal bound = 0, norm = 0;
  OttoStepResidual r;

  PetscFunctionBegin;
  PetscCall(OttoStepTheoremResidual(c->theorem, dt, i, before, after, &r));
  if (i == OTTO_FLOW_P)
    PetscCall(OttoFirstLawStep(c->law, t, dt, r.half, before, after, r.rate, r.past));
  PetscCall(OttoRecordBound(c->record, "solve_residual", &bound));
  PetscCall(OttoGeneratorNorm(c->s->generator, &norm));
  const PetscReal floor = PETSC_MACHINE_EPSILON * (2 + norm * dt);
  const PetscReal size = r.mass + r.half * r.speed;
  c->allowed += PetscMax(bound, floor) * size;
  if (c->method == OTTO_STEP_OTHER) {
    PetscCall(CheckTrapezoid(c, t, dt, &r, STAGES * PetscMax(bound, floor) * size));
  } else if (size > 0) {
    PetscReal off = r.off / size;
    if (c->method == OTTO_STEP_EULER && off > bound) /* rounding, as large as it is, or an error */
      PetscCall(OttoSolveError(c->s->generator, dt, before, after, &c->aggregation, &off));
    else
      off *= PetscMin(1, bound / floor);
    PetscCall(OttoRecordCheck(c->record, "solve_residual", off, t));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode Step(OttoFlow flow, PetscReal t_before, PetscReal t, Vec p_before,
                           Vec q_before, Vec p, Vec q, void *context)
{
  OttoStepChecks c = (OttoStepChecks)context;
  OttoStepDecay step;

  PetscFunctionBegin;
  (void)flow;
  c->longest = PetscMax(c->longest, t - t_before);
  c->allowed = 0;
  PetscCall(CheckStep(c, t, t - t_before, OTTO_FLOW_P, p_before, p));
  if (q) PetscCall(CheckStep(c, t, t - t_before, OTTO_FLOW_Q, q_before, q));
  if (!OttoFokkerPlanckOther(c->s)) PetscFunctionReturn(0);
  if (!q) c->allowed *= 2; /* Qᵀπ is not 0 to the last digit */
  PetscCall(OttoStepTheoremDecay(c->theorem, t_before, t, p_before, q_before, p, q, &step));
  c->allowed += step.raising;
  if (c->method == OTTO_STEP_EULER) PetscCall(CheckEuler(c, t, &step));
  OttoDecaySumAdd(c->sum, &step, c->allowed);
  PetscFunctionReturn(0);
}

/* What does not concern this run. */
static PetscErrorCode LeaveOut(OttoStepChecks c)
{
  static const char why[] = "no second density and no steady state to compare";
  static const char another[] = "another method steps";

  PetscFunctionBegin;
  if (!OttoFokkerPlanckOther(c->s)) {
    PetscCall(OttoRecordNotApplicable(c->record, "implicit_euler", why));
    PetscCall(OttoRecordNotApplicable(c->record, "integral", why));
  } else if (c->method != OTTO_STEP_EULER) {
    PetscCall(OttoRecordNotApplicable(c->record, "implicit_euler", another));
  }
  if (c->method != OTTO_STEP_OTHER)
    PetscCall(OttoRecordNotApplicable(c->record, "trapezoid",
                                      "beuler and cn: solve_residual says it exactly"));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoStepChecksCreate(OttoRecord record, OttoFokkerPlanck *s, OttoStepChecks *checks)
{
  OttoStepChecks c;
  PetscBool cn = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(PetscNew(&c));
  *checks = c;
  c->record = record;
  c->s = s;
  PetscCall(PetscObjectTypeCompare((PetscObject)OttoFlowGetTS(s->flow), TSCN, &cn));
  c->method = OttoFlowIsImplicitEuler(s->flow) ? OTTO_STEP_EULER
              : cn                             ? OTTO_STEP_CN
                                               : OTTO_STEP_OTHER;
  PetscCall(LeaveOut(c));
  PetscCall(OttoFirstLawCreate(record, s, c->method == OTTO_STEP_OTHER ? PETSC_FALSE : PETSC_TRUE,
                               &c->law));
  PetscCall(OttoGeneratorSetTime(s->generator, 0));
  PetscCall(OttoStepTheoremCreate(s->generator, c->method, s->p, s->q, OttoFokkerPlanckOther(s),
                                  &c->theorem));
  PetscCall(OttoFlowSetStepFunction(s->flow, Step, c));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoStepChecksDestroy(OttoStepChecks *checks)
{
  OttoStepChecks c = *checks;

  PetscFunctionBegin;
  if (!c) PetscFunctionReturn(0);
  PetscCall(OttoStepTheoremDestroy(&c->theorem));
  PetscCall(OttoFirstLawDestroy(&c->law));
  PetscCall(OttoAggregationDestroy(&c->aggregation));
  PetscCall(PetscFree(*checks));
  PetscFunctionReturn(0);
}

/* The residual of the worst solve so far, as it was reported, where rounding allows less. */
static PetscErrorCode CheckSolves(OttoStepChecks c, PetscReal t)
{
  PetscReal bound = 0, norm = 0;
  OttoFlowReport report;

  PetscFunctionBegin;
  PetscCall(OttoFlowGetReport(c->s->flow, &report));
  PetscCall(OttoRecordBound(c->record, "solve_residual", &bound));
  PetscCall(OttoGeneratorNorm(c->s->generator, &norm));
  const PetscReal floor = PETSC_MACHINE_EPSILON * (2 + norm * c->longest);
  PetscCall(OttoRecordCheck(c->record, "solve_residual",
                            report.residual * PetscMin(1, bound / floor), t));
  PetscFunctionReturn(0);
}

/* The identity of one divergence since the last sample. */
static PetscErrorCode CheckIntegral(OttoStepChecks c, PetscInt k, PetscReal t)
{
  static const char name[] = "integral";
  OttoDecaySum *s = &c->sum[k];
  PetscReal bound = 0;

  PetscFunctionBegin;
  if (!s->begun) {
    PetscCall(OttoRecordNotApplicable(
        c->record, name, "a density has cells that are 0, or a slope is beyond the doubles"));
    PetscFunctionReturn(0);
  }
  PetscCall(OttoRecordBound(c->record, name, &bound));
  const PetscReal drop = s->start - s->last, off = fabs(drop - s->sum) + s->beyond;
  const PetscReal noise = ROUNDING * s->noise / PetscMax(bound, PETSC_MACHINE_EPSILON);
  const PetscReal scale = PetscMax(fabs(drop), noise);
  PetscCall(OttoRecordCheck(c->record, name, off == 0 ? 0 : off / scale, t));
  if (!isfinite(c->allowed) && fabs(s->rest) > TOLD * scale)
    PetscCall(OttoRecordNotApplicable(c->record, name,
                                      "steps so long that they take more than a twentieth of a "
                                      "drop beside its dissipation: smaller ts_dt, ts_rtol"));
  s->begun = PETSC_FALSE;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoStepChecksSample(OttoStepChecks c, OttoFokkerPlanckSample *now,
                                    PetscReal slack[])
{
  const PetscReal t = now->t;

  PetscFunctionBegin;
  PetscCall(OttoFirstLawSample(c->law, now));
  if (t > 0) PetscCall(CheckSolves(c, t));
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) {
    slack[k] = c->slack[k];
    c->slack[k] = 0;
    if (t > 0 && OttoFokkerPlanckOther(c->s)) PetscCall(CheckIntegral(c, k, t));
  }
  if (t > 0 && OttoFokkerPlanckOther(c->s))
    PetscCall(OttoRecordResult(c->record, "largest_slack_kl", c->most_slack));
  PetscFunctionReturn(0);
}
