/*
 * What is checked at every step.
 *
 * Implicit Euler: D is convex in (p, q), so D^n - D' ≥ <∇D', (p^n - p', q^n - q')>. With the
 * residuals ρ = p^n - p' + dt Qᵀp' of the solves as they came out, the right side is dt I' + <∇D',
 * ρ>: the inequality D^n - D' ≥ dt I' holds up to a term that is computed, not estimated, the
 * slack.
 *
 * Time quadrature, any method: the drop of D since the start against the trapezoidal sum of its
 * dissipation over steps. Half the difference of the two end-point sums, Σ dt |I^n - I'|/2, is the
 * first-order error of stepping and of the quadrature alike: the drop must lie between them. (In a
 * mode of rate λ, z = λ dt: dt I' = z/(1+z)² ≤ drop = z(1+z/2)/(1+z)² ≤ dt I^n = z, for every z.)
 */
#include "run_slopes.h"
#include <math.h>

struct _n_OttoStepChecks {
  OttoRecord record;
  OttoFokkerPlanck *s;
  Vec other;            /* with one density: π as its own next state; NULL with two */
  Vec rate[2], work[2]; /* Qᵀp', Qᵀq'; then residuals and their weights */
  OttoDissipation last; /* at the state before */
  PetscReal start[OTTO_SMOOTH_COUNT], sum[OTTO_SMOOTH_COUNT], width[OTTO_SMOOTH_COUNT];
  PetscReal rounding[OTTO_SMOOTH_COUNT];
  PetscBool begun[OTTO_SMOOTH_COUNT]; /* the quadrature: from where the dissipation is finite */
  PetscReal slack[OTTO_SMOOTH_COUNT], total[OTTO_SMOOTH_COUNT]; /* since the last sample; in all */
  PetscReal most_slack;
};

static PetscErrorCode Evaluate(OttoStepChecks c, PetscReal t, Vec p, Vec q, OttoDissipation *out)
{
  OttoPair pair;

  PetscFunctionBegin;
  PetscCall(OttoGeneratorSetTime(c->s->generator, t));
  PetscCall(OttoFokkerPlanckPair(c->s, p, q, t, &pair));
  PetscCall(OttoDissipationCompute(c->s->generator, &pair, c->rate[0], c->rate[1], c->work[0],
                                   c->work[1], out));
  PetscFunctionReturn(0);
}

/* residual = before - after + dt·rate, in `rate`; the magnitude of its terms in `weight`. */
static PetscErrorCode Residual(OttoStepChecks c, PetscReal dt, Vec before, Vec after, Vec rate,
                               Vec weight)
{
  PetscFunctionBegin;
  PetscCall(OttoLeaveWeight(c->s->generator, dt, after, weight));
  PetscCall(VecAXPY(weight, 1, before));
  PetscCall(VecAXPY(weight, 1, after));
  PetscCall(VecScale(rate, dt));
  PetscCall(VecAXPY(rate, 1, before));
  PetscCall(VecAXPY(rate, -1, after));
  PetscFunctionReturn(0);
}

static PetscErrorCode CheckEuler(OttoStepChecks c, PetscReal t, PetscReal dt, Vec p_before,
                                 Vec q_before, Vec p, Vec q, const OttoDissipation *now)
{
  static const char name[] = "implicit_euler";
  const OttoPair pair = {.p = p, .q = q};
  OttoSlopes slopes;
  PetscReal bound = 0;

  PetscFunctionBegin;
  PetscCall(Residual(c, dt, p_before, p, c->rate[0], c->work[0]));
  PetscCall(Residual(c, dt, q_before, q, c->rate[1], c->work[1]));
  PetscCall(OttoSlopesCompute(c->s->grid, &pair, c->rate[0], c->rate[1], c->work[0], c->work[1],
                              &slopes));
  PetscCall(OttoRecordBound(c->record, name, &bound));
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) {
    PetscReal before = c->last.value[k], drop = before - now->value[k];
    if (!isfinite(before) || !isfinite(now->dissipation[k]) || slopes.left) {
      PetscCall(OttoRecordNotApplicable(c->record, name, "a density has cells that are 0"));
      c->slack[k] = INFINITY;
      continue;
    }
    PetscReal excess = dt * now->dissipation[k] + slopes.change[k] - drop;
    PetscReal scale = PetscMax(before, slopes.noise[k] / PetscMax(bound, PETSC_MACHINE_EPSILON));
    PetscCall(OttoRecordCheck(c->record, name, excess > 0 ? excess / scale : 0, t));
    c->slack[k] += PetscMax(0, -slopes.change[k]) + slopes.noise[k];
    c->total[k] += fabs(slopes.change[k]) + slopes.noise[k];
    if (before > 0) c->most_slack = PetscMax(c->most_slack, -slopes.change[k] / before);
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode Step(OttoFlow flow, PetscReal t_before, PetscReal t, Vec p_before,
                           Vec q_before, Vec p, Vec q, void *context)
{
  OttoStepChecks c = (OttoStepChecks)context;
  const PetscReal dt = t - t_before;
  OttoDissipation now = {0};

  PetscFunctionBegin;
  PetscCall(Evaluate(c, t, p, q ? q : c->other, &now));
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) {
    PetscReal a = c->last.dissipation[k], b = now.dissipation[k];
    PetscBool finite =
        isfinite(a) && isfinite(b) && isfinite(c->last.value[k]) ? PETSC_TRUE : PETSC_FALSE;
    if (!c->begun[k] && finite) {
      c->start[k] = c->last.value[k];
      c->begun[k] = PETSC_TRUE;
    }
    c->sum[k] += c->begun[k] ? 0.5 * dt * (a + b) : 0;
    c->width[k] += c->begun[k] ? 0.5 * dt * fabs(a - b) : 0;
    c->rounding[k] += dt * now.noise[k] + 8 * PETSC_MACHINE_EPSILON * now.value[k];
  }
  if (OttoFlowIsImplicitEuler(flow))
    PetscCall(CheckEuler(c, t, dt, p_before, q ? q_before : c->other, p, q ? q : c->other, &now));
  c->last = now;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoStepChecksCreate(OttoRecord record, OttoFokkerPlanck *s, OttoStepChecks *checks)
{
  OttoStepChecks c;

  PetscFunctionBegin;
  *checks = NULL;
  if (!OttoFokkerPlanckOther(s)) {
    static const char why[] = "no second density and no steady state to compare";
    PetscCall(OttoRecordNotApplicable(record, "implicit_euler", why));
    PetscCall(OttoRecordNotApplicable(record, "integral", why));
    PetscFunctionReturn(0);
  }
  if (!OttoFlowIsImplicitEuler(s->flow))
    PetscCall(OttoRecordNotApplicable(record, "implicit_euler", "another method steps"));
  PetscCall(PetscNew(&c));
  *checks = c;
  c->record = record;
  c->s = s;
  c->other = s->q ? NULL : s->pi;
  for (int i = 0; i < 2; i++) {
    PetscCall(OttoFieldCreate(s->grid, &c->rate[i]));
    PetscCall(OttoFieldCreate(s->grid, &c->work[i]));
  }
  PetscCall(Evaluate(c, 0, s->p, OttoFokkerPlanckOther(s), &c->last));
  PetscCall(OttoFlowSetStepFunction(s->flow, Step, c));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoStepChecksDestroy(OttoStepChecks *checks)
{
  OttoStepChecks c = *checks;

  PetscFunctionBegin;
  if (!c) PetscFunctionReturn(0);
  for (int i = 0; i < 2; i++) {
    PetscCall(VecDestroy(&c->rate[i]));
    PetscCall(VecDestroy(&c->work[i]));
  }
  PetscCall(PetscFree(*checks));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoStepChecksSample(OttoStepChecks c, PetscReal t, PetscReal slack[])
{
  OttoFlowReport flow;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) slack[k] = c ? c->slack[k] : 0;
  if (!c || t == 0) PetscFunctionReturn(0);
  PetscCall(OttoFlowGetReport(c->s->flow, &flow));
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) {
    c->slack[k] = 0;
    if (!c->begun[k]) {
      PetscCall(OttoRecordNotApplicable(c->record, "integral", "the dissipation is infinite"));
      continue;
    }
    PetscReal drop = c->start[k] - c->last.value[k];
    PetscReal solves = OttoFlowIsImplicitEuler(c->s->flow)
                           ? c->total[k]
                           : 4 * flow.residual * (PetscReal)flow.steps * c->last.slope[k];
    PetscReal width = c->width[k] + c->rounding[k] + solves;
    PetscReal off = fabs(drop - c->sum[k]);
    PetscCall(OttoRecordCheck(c->record, "integral", off == 0 ? 0 : off / width, t));
  }
  PetscCall(OttoRecordResult(c->record, "largest_slack", c->most_slack));
  PetscFunctionReturn(0);
}
