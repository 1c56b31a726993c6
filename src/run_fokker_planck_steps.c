/*
 * What is checked at every step.
 *
 * Implicit Euler: D is convex in (p, q), so D^n - D' ≥ <∇D', (p^n - p', q^n - q')>. With the
 * residuals ρ = p^n - p' + dt Qᵀp' of the solves as they came out, the right side is dt I' + <∇D',
 * ρ>: the inequality D^n - D' ≥ dt I' holds up to a term that is computed, not estimated, the
 * slack.
 *
 * Time quadrature, any method: the drop of D since the start against the trapezoidal sum of its
 * dissipation over steps. By convexity the drop of a step lies between L = <∇D', Δ> and
 * U = <∇D^n, Δ>, Δ = (p^n - p', q^n - q'); U - L is of first order in dt when summed, as is
 * dt |I^n - I'|/2, what the quadrature cannot know. For implicit Euler, where L is dt I' and the
 * slack, |drop - trapezoid| ≤ Σ (U - L) + dt |I^n - I'|/2 is a theorem; methods of higher order
 * come nearer.
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
  PetscBool begun[OTTO_SMOOTH_COUNT]; /* the quadrature: from where the dissipation is finite */
  PetscReal slack[OTTO_SMOOTH_COUNT],
      most_slack; /* since the last sample; largest of KL, relative */
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

/* D^n - D' ≥ dt I' + slack. */
static PetscErrorCode CheckEuler(OttoStepChecks c, PetscReal t, PetscReal dt,
                                 const OttoDissipation *now, const OttoSlopes *slack)
{
  static const char name[] = "implicit_euler";
  PetscReal bound = 0;

  PetscFunctionBegin;
  PetscCall(OttoRecordBound(c->record, name, &bound));
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) {
    PetscReal before = c->last.value[k], drop = before - now->value[k];
    if (!isfinite(before) || !isfinite(now->dissipation[k]) || slack->left) {
      PetscCall(OttoRecordNotApplicable(c->record, name, "a density has cells that are 0"));
      c->slack[k] = INFINITY;
      continue;
    }
    PetscReal excess = dt * now->dissipation[k] + slack->change[k] - drop;
    /* where the solve leaves its residual in tails, dt I' and the slack are huge and cancel; each
     * is good to some 20 eps */
    PetscReal noise = slack->noise[k] + 64 * PETSC_MACHINE_EPSILON * dt * now->dissipation[k];
    PetscReal scale = PetscMax(before, noise / PetscMax(bound, PETSC_MACHINE_EPSILON));
    PetscCall(OttoRecordCheck(c->record, name, excess > 0 ? excess / scale : 0, t));
    c->slack[k] += PetscMax(0, -slack->change[k]) + noise;
    if (k == OTTO_DIVERGENCE_KL && before > 0)
      c->most_slack = PetscMax(c->most_slack, -slack->change[k] / before);
  }
  PetscFunctionReturn(0);
}

/* The quadrature's part of one step. `upper`: slopes before on Δ; `slack`: slopes after on ρ. */
static void AddInterval(OttoStepChecks c, PetscReal dt, const OttoDissipation *now,
                        const OttoSlopes *upper, const OttoSlopes *slack)
{
  /* noise in the tails counts for nothing: slopes leave it out */
  const PetscBool whole =
      OttoFlowHasNoise(c->s->flow) || !(upper->left || slack->left) ? PETSC_TRUE : PETSC_FALSE;

  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) {
    PetscReal a = c->last.dissipation[k], b = now->dissipation[k];
    PetscReal lower = slack->change[k] - dt * now->rate[k];
    if (!c->begun[k] && whole && isfinite(a) && isfinite(b) && isfinite(c->last.value[k])) {
      c->start[k] = c->last.value[k];
      c->begun[k] = PETSC_TRUE;
    }
    if (!c->begun[k]) continue;
    c->sum[k] += 0.5 * dt * (a + b);
    c->width[k] += 0.5 * dt * fabs(a - b) + fabs(upper->change[k] - lower) + slack->noise[k] +
                   upper->noise[k] + fabs(slack->change[k]) * OttoFlowIsImplicitEuler(c->s->flow) +
                   8 * PETSC_MACHINE_EPSILON * now->value[k];
  }
}

static PetscErrorCode Step(OttoFlow flow, PetscReal t_before, PetscReal t, Vec p_before,
                           Vec q_before, Vec p, Vec q, void *context)
{
  OttoStepChecks c = (OttoStepChecks)context;
  const PetscReal dt = t - t_before;
  OttoDissipation now = {0};
  OttoSlopes slack, upper;
  OttoPair before, after;

  PetscFunctionBegin;
  if (!q) q = q_before = c->other;
  PetscCall(Evaluate(c, t, p, q, &now));
  PetscCall(OttoFokkerPlanckPair(c->s, p_before, q_before, t_before, &before));
  PetscCall(OttoFokkerPlanckPair(c->s, p, q, t, &after));
  PetscCall(Residual(c, dt, p_before, p, c->rate[0], c->work[0]));
  PetscCall(Residual(c, dt, q_before, q, c->rate[1], c->work[1]));
  PetscCall(OttoSlopesCompute(c->s->grid, &after, c->rate[0], c->rate[1], c->work[0], c->work[1],
                              &slack));
  if (OttoFlowIsImplicitEuler(flow)) PetscCall(CheckEuler(c, t, dt, &now, &slack));
  PetscCall(VecWAXPY(c->rate[0], -1, p, p_before));
  PetscCall(VecWAXPY(c->rate[1], -1, q, q_before));
  PetscCall(OttoSlopesCompute(c->s->grid, &before, c->rate[0], c->rate[1], c->work[0], c->work[1],
                              &upper));
  AddInterval(c, dt, &now, &upper, &slack);
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
  PetscFunctionBegin;
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) slack[k] = c ? c->slack[k] : 0;
  if (!c || t == 0) PetscFunctionReturn(0);
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) {
    c->slack[k] = 0;
    if (!c->begun[k]) {
      PetscCall(OttoRecordNotApplicable(c->record, "integral", "the dissipation is infinite"));
      continue;
    }
    PetscReal off = fabs(c->start[k] - c->last.value[k] - c->sum[k]);
    PetscCall(OttoRecordCheck(c->record, "integral", off == 0 ? 0 : off / c->width[k], t));
  }
  PetscCall(OttoRecordResult(c->record, "largest_slack_kl", c->most_slack));
  PetscFunctionReturn(0);
}
