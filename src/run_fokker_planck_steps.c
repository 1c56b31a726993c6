/*
 * What is checked at every step.
 *
 * Implicit Euler: D is convex in (p, q), so D^n - D' ≥ <∇D', (p^n - p', q^n - q')>. With the
 * residuals ρ = p^n - p' + dt Qᵀp' of the solves as they came out, the right side is dt I' + <∇D',
 * ρ>: the inequality D^n - D' ≥ dt I' holds up to a term that is computed, not estimated, the
 * slack.
 *
 * Time quadrature: the drop of D since the start against the trapezoidal sum T of its dissipation
 * over steps. By convexity the drop of a step, of any method and from any state to any other, lies
 * between L = <∇D', Δ> and U = <∇D^n, Δ>, Δ = (p^n - p', q^n - q'). So |drop - R| ≤ max(|U - R|,
 * |L - R|) for any number R, a theorem. R is the trapezoid of -dD/dt by the generator itself, T
 * that of the Bregman terms over edges: the bound does not know what it judges. It is of first
 * order in dt when summed; methods of higher order come nearer.
 *
 * Methods other than implicit Euler leave noise in tails, perhaps negative. All terms then concern
 * the densities raised to a floor: positive numbers, for which all of this holds; D changes by
 * about as much as the noise it cannot know.
 */
#include "run_slopes.h"
#include <math.h>

struct _n_OttoStepChecks {
  OttoRecord record;
  OttoFokkerPlanck *s;
  Vec other;            /* with one density: π as its own next state; NULL with two */
  Vec rate[2], work[2]; /* Qᵀp', Qᵀq'; then residuals and their weights */
  Vec raised[2][2];     /* p and q raised to the floor: at the state before, now; or NULL */
  OttoDissipation last; /* at the state before */
  PetscReal start[OTTO_SMOOTH_COUNT], sum[OTTO_SMOOTH_COUNT], width[OTTO_SMOOTH_COUNT];
  PetscBool begun[OTTO_SMOOTH_COUNT]; /* the quadrature: from where the dissipation is finite */
  PetscReal slack[OTTO_SMOOTH_COUNT],
      most_slack; /* since the last sample; largest of KL, relative */
};

/* out = max(v, OTTO_FLOW_NOISE·max v); zeros of the start are no noise and stay. */
static PetscErrorCode Raise(OttoStepChecks c, PetscReal t, Vec v, Vec out)
{
  PetscReal most = 0;
  const PetscScalar *from;
  PetscScalar *to;

  PetscFunctionBegin;
  PetscCall(OttoFieldRange(c->s->grid, v, NULL, &most));
  PetscCall(VecGetArrayRead(v, &from));
  PetscCall(VecGetArray(out, &to));
  const PetscInt64 cells = OttoGridGetInfo(c->s->grid)->local_cells;
  for (PetscInt64 i = 0; i < cells; i++)
    to[i] = t == 0 && from[i] == 0 ? 0 : PetscMax(from[i], OTTO_FLOW_NOISE * most);
  PetscCall(VecRestoreArray(out, &to));
  PetscCall(VecRestoreArrayRead(v, &from));
  PetscFunctionReturn(0);
}

/* Raises the densities at t, and makes what was raised last the state before. */
static PetscErrorCode RaiseBoth(OttoStepChecks c, PetscReal t, Vec p, Vec q)
{
  const Vec now[2] = {p, q};

  PetscFunctionBegin;
  for (int i = 0; i < 2; i++) {
    Vec spare = c->raised[0][i];
    c->raised[0][i] = c->raised[1][i];
    c->raised[1][i] = spare;
    if (spare) PetscCall(Raise(c, t, now[i], spare));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode Evaluate(OttoStepChecks c, PetscReal t, const OttoPair *pair,
                               OttoDissipation *out)
{
  PetscFunctionBegin;
  PetscCall(OttoGeneratorSetTime(c->s->generator, t));
  PetscCall(OttoDissipationCompute(c->s->generator, pair, c->rate[0], c->rate[1], c->work[0],
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
    PetscReal terms = now->dissipation[k] + slack->change[k] + slack->noise[k] + now->value[k];
    if (!isfinite(before) || !isfinite(terms) || slack->left) {
      PetscCall(OttoRecordNotApplicable(
          c->record, name, "a density has cells that are 0, or a slope is beyond the doubles"));
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

/* The quadrature's part of one step. `upper`, `lower`: slopes before and after, on Δ. */
static void AddInterval(OttoStepChecks c, PetscReal dt, const OttoDissipation *now,
                        const OttoSlopes *upper, const OttoSlopes *lower)
{
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) {
    PetscReal sum = 0.5 * dt * (c->last.dissipation[k] + now->dissipation[k]);
    PetscReal by_generator = -0.5 * dt * (c->last.rate[k] + now->rate[k]);
    PetscReal noise =
        upper->noise[k] + lower->noise[k] + 0.5 * dt * (c->last.noise[k] + now->noise[k]) +
        64 * PETSC_MACHINE_EPSILON * by_generator + 8 * PETSC_MACHINE_EPSILON * now->value[k];
    PetscReal width = noise + PetscMax(fabs(upper->change[k] - by_generator),
                                       fabs(lower->change[k] - by_generator));
    PetscBool known = isfinite(sum + width + c->last.value[k]) ? PETSC_TRUE : PETSC_FALSE;
    if (upper->left || lower->left || !known) {
      c->begun[k] = PETSC_FALSE;
      continue;
    }
    if (!c->begun[k]) {
      c->start[k] = c->last.value[k];
      c->sum[k] = c->width[k] = 0;
      c->begun[k] = PETSC_TRUE;
    }
    c->sum[k] += sum;
    c->width[k] += width;
  }
}

/* Slopes after the step on Δ. Of implicit Euler they are those on the residual ρ, wanted for
 * themselves, less dt <∇D', Qᵀ(p', q')>. */
static PetscErrorCode Lower(OttoStepChecks c, PetscReal t, PetscReal dt, const OttoPair *before,
                            const OttoPair *after, const OttoDissipation *now, OttoSlopes *lower)
{
  const PetscBool euler = OttoFlowIsImplicitEuler(c->s->flow);
  const PetscReal factor = euler ? dt : 0;

  PetscFunctionBegin;
  PetscCall(Residual(c, factor, before->p, after->p, c->rate[0], c->work[0]));
  PetscCall(Residual(c, factor, before->q, after->q, c->rate[1], c->work[1]));
  PetscCall(
      OttoSlopesCompute(c->s->grid, after, c->rate[0], c->rate[1], c->work[0], c->work[1], lower));
  if (!euler) PetscFunctionReturn(0);
  PetscCall(CheckEuler(c, t, dt, now, lower));
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) lower->change[k] -= dt * now->rate[k];
  PetscFunctionReturn(0);
}

static PetscErrorCode Step(OttoFlow flow, PetscReal t_before, PetscReal t, Vec p_before,
                           Vec q_before, Vec p, Vec q, void *context)
{
  OttoStepChecks c = (OttoStepChecks)context;
  OttoDissipation now = {0};
  OttoSlopes lower, upper;

  PetscFunctionBegin;
  (void)flow;
  if (!q) q = q_before = c->other;
  PetscCall(RaiseBoth(c, t, p, q));
  Vec(*raised)[2] = c->raised;
  const OttoPair before = {.p = raised[0][0] ? raised[0][0] : p_before,
                           .q = raised[0][1] ? raised[0][1] : q_before};
  const OttoPair after = {.p = raised[1][0] ? raised[1][0] : p,
                          .q = raised[1][1] ? raised[1][1] : q};
  PetscCall(Evaluate(c, t, &after, &now));
  PetscCall(Lower(c, t, t - t_before, &before, &after, &now, &lower));
  PetscCall(VecWAXPY(c->rate[0], -1, after.p, before.p));
  PetscCall(VecWAXPY(c->rate[1], -1, after.q, before.q));
  PetscCall(OttoSlopesCompute(c->s->grid, &before, c->rate[0], c->rate[1], c->work[0], c->work[1],
                              &upper));
  AddInterval(c, t - t_before, &now, &upper, &lower);
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
    for (int k = 0; k < 2 && OttoFlowHasNoise(s->flow) && !(i && c->other); k++)
      PetscCall(OttoFieldCreate(s->grid, &c->raised[k][i]));
  }
  OttoPair start = {.p = s->p, .q = OttoFokkerPlanckOther(s)};
  PetscCall(RaiseBoth(c, 0, start.p, start.q));
  if (c->raised[1][0]) start.p = c->raised[1][0];
  if (c->raised[1][1]) start.q = c->raised[1][1];
  PetscCall(Evaluate(c, 0, &start, &c->last));
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
    for (int k = 0; k < 2; k++) PetscCall(VecDestroy(&c->raised[k][i]));
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
      PetscCall(OttoRecordNotApplicable(
          c->record, "integral",
          "a density has cells that are 0, or a slope is beyond the doubles"));
      continue;
    }
    PetscReal off = fabs(c->start[k] - c->last.value[k] - c->sum[k]);
    PetscCall(OttoRecordCheck(c->record, "integral", off == 0 ? 0 : off / c->width[k], t));
  }
  PetscCall(OttoRecordResult(c->record, "largest_slack_kl", c->most_slack));
  PetscFunctionReturn(0);
}
