/*
 * What is checked at every step from (p, q) to (p', q') (MATHEMATICS 5.3).
 *
 * Decay. For any state m and r = φ'-slopes ∇D(m), whatever the method,
 *
 *   D - D' = <∇D(m), Δ> + B(p, q|m) - B(p', q'|m),    Δ = (p - p', q - q'),
 *
 * B the Bregman divergence of D, a sum over cells. With ρ = Δ + dt Qᵀm and the generator's identity
 * <∇D(m), Qᵀm> = -I(m), I a sum over edges,
 *
 *   D - D' = dt I(m) + B(p, q|m) - B(p', q'|m) + <∇D(m), ρ>:
 *
 * five numbers, each found by itself, no two by the same sums, and equal to rounding. m is the end
 * of a step of implicit Euler, where ρ is the residual of its solves and D - D' ≥ dt I' + <∇D', ρ>,
 * and the middle of a step of the others, where ρ is of third order. Summed from sample to sample
 * this is `integral`.
 *
 * Steps. That ρ is what it should be is looked at by itself: of implicit Euler and cn, whose
 * equations are known, by its L1 norm (`solve_residual`, found again from the states as they are);
 * of the others Δ is compared with the trapezoidal sum of the rates at both ends (`trapezoid`).
 *
 * Methods other than implicit Euler leave noise in tails, perhaps negative. What concerns D is then
 * found for the densities raised to a floor: positive numbers, for which all of this holds; D
 * changes by about as much as the noise it cannot know.
 */
#include "chain/bregman.h"
#include "pair.h"
#include "first_law.h"
#include "chain/slopes.h"
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

typedef enum { EULER, CN, OTHER } Method;

struct _n_OttoStepChecks {
  OttoRecord record;
  OttoFokkerPlanck *s;
  Method method;
  OttoFirstLaw law;
  Vec other;                /* with one density: π as its own next state; NULL with two */
  Vec rate[2], work[2];     /* Qᵀ of p and q; then residuals and their weights */
  Vec raised[2][2];         /* p and q raised to the floor: at the state before, now; or NULL */
  Vec middle[2], before[2]; /* of a step, raised; Qᵀ of the state before, as it is; or NULL */
  PetscReal last[OTTO_SMOOTH_COUNT]; /* D at the state before */
  /* since the last sample, or since all is finite: D at its start, the sum, its rounding */
  PetscReal start[OTTO_SMOOTH_COUNT], sum[OTTO_SMOOTH_COUNT], noise[OTTO_SMOOTH_COUNT];
  PetscReal rest[OTTO_SMOOTH_COUNT];   /* <∇D(m), ρ>, */
  PetscReal beyond[OTTO_SMOOTH_COUNT]; /* and what no residual of a solve explains of it */
  PetscBool begun[OTTO_SMOOTH_COUNT];
  PetscReal allowed; /* L1 norm of ρ that solves may leave in this step; inf: not known */
  PetscReal longest; /* step so far */
  OttoAggregation aggregation; /* of solves whose residual says too little, or NULL */
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

/* What raising may add to the residual of a step of cn; where ρ holds more than residuals, all. */
static PetscErrorCode AllowRaising(OttoStepChecks c, PetscReal dt, const OttoPair *pair)
{
  const OttoGridInfo *g = OttoGridGetInfo(c->s->grid);
  const Vec v[2] = {pair->p, pair->q};
  PetscReal norm = 0, most = 0;

  PetscFunctionBegin;
  if (c->method == EULER) PetscFunctionReturn(0);
  PetscCall(OttoGeneratorNorm(c->s->generator, &norm));
  for (int i = 0; i < 2; i++) {
    PetscCall(OttoFieldRange(c->s->grid, v[i], NULL, &most));
    c->allowed += (2 + dt * norm) * OTTO_FLOW_NOISE * most * g->cell_volume * (PetscReal)g->cells;
  }
  if (c->method == OTHER || OttoGeneratorIsTimeDependent(c->s->generator)) c->allowed = INFINITY;
  PetscFunctionReturn(0);
}

/* p and q of time t, raised where the method leaves noise. */
static PetscErrorCode RaiseBoth(OttoStepChecks c, PetscReal t, Vec p, Vec q, Vec raised[2],
                                OttoPair *pair)
{
  PetscFunctionBegin;
  if (raised[0]) PetscCall(Raise(c, t, p, raised[0]));
  if (raised[1]) PetscCall(Raise(c, t, q, raised[1]));
  *pair = (OttoPair){.p = raised[0] ? raised[0] : p, .q = raised[1] ? raised[1] : q};
  PetscFunctionReturn(0);
}

/* rate becomes before - after + dt·rate, rate = Qᵀ`at`; the magnitude of its terms in `weight`. */
static PetscErrorCode Residual(OttoStepChecks c, PetscReal dt, Vec before, Vec after, Vec at,
                               Vec rate, Vec weight)
{
  PetscFunctionBegin;
  PetscCall(OttoLeaveWeight(c->s->generator, dt, at, weight));
  PetscCall(VecAXPY(weight, 1, before));
  PetscCall(VecAXPY(weight, 1, after));
  PetscCall(VecScale(rate, dt));
  PetscCall(VecAXPY(rate, 1, before));
  PetscCall(VecAXPY(rate, -1, after));
  PetscFunctionReturn(0);
}

/* D - D' ≥ dt I' + slack. */
static PetscErrorCode CheckEuler(OttoStepChecks c, PetscReal t, PetscReal dt,
                                 const OttoDissipation *now, const OttoSlopes *slack)
{
  static const char name[] = "implicit_euler";
  PetscReal bound = 0;

  PetscFunctionBegin;
  PetscCall(OttoRecordBound(c->record, name, &bound));
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) {
    PetscReal before = c->last[k], drop = before - now->value[k];
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

/* A step's part of the sums of `integral`; D' becomes the last. */
static void AddStep(OttoStepChecks c, PetscReal dt, const OttoDissipation *middle,
                    const OttoSlopes *rest, const PetscReal bregman[], const PetscReal noise[],
                    const PetscReal now[])
{
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) {
    const PetscReal taken = dt * middle->dissipation[k];
    const PetscReal sum = taken + bregman[k] + rest->change[k];
    const PetscReal all = noise[k] + rest->noise[k] + 64 * PETSC_MACHINE_EPSILON * taken +
                          8 * PETSC_MACHINE_EPSILON * (c->last[k] + now[k]);
    const PetscBool known = isfinite(sum + all + c->last[k]) ? PETSC_TRUE : PETSC_FALSE;
    if (!c->begun[k] && known && !rest->left) {
      c->start[k] = c->last[k];
      c->sum[k] = c->noise[k] = c->rest[k] = c->beyond[k] = 0;
    }
    c->begun[k] = known && !rest->left ? PETSC_TRUE : PETSC_FALSE;
    c->sum[k] += sum;
    c->rest[k] += rest->change[k];
    if (isfinite(c->allowed))
      c->beyond[k] += PetscMax(0, fabs(rest->change[k]) - rest->largest[k] * c->allowed);
    c->noise[k] += all;
    c->last[k] = now[k];
  }
}

/* ‖v‖₁ as a mass. */
static PetscErrorCode Norm(OttoStepChecks c, Vec v, PetscReal *norm)
{
  PetscFunctionBegin;
  PetscCall(VecNorm(v, NORM_1, norm));
  *norm *= OttoGridGetInfo(c->s->grid)->cell_volume;
  PetscFunctionReturn(0);
}

/* Δ against the trapezoidal sum of the rates at both ends: L1 norms of the difference, of Δ, of the
 * change of dt·rate and of dt·rate itself; `solves`: what residuals may leave. Where rates change
 * by more than half a step, or would make more than three of it, fast transients are not followed.
 */
static PetscErrorCode CheckTrapezoid(OttoStepChecks c, PetscReal t, PetscReal off, PetscReal moved,
                                     PetscReal change, PetscReal speed, PetscReal solves)
{
  static const char name[] = "trapezoid";

  PetscFunctionBegin;
  if (PetscMax(2 * change, speed / 3) > moved && off > solves)
    PetscCall(OttoRecordNotApplicable(c->record, name,
                                      "steps so long that the rates at their ends do not tell "
                                      "what they change"));
  else
    PetscCall(OttoRecordCheck(c->record, name, off / (change + SHARE * moved + solves), t));
  PetscFunctionReturn(0);
}

/* One density's step by the method's own equation, as the states are; c->work is free. */
static PetscErrorCode CheckStep(OttoStepChecks c, PetscReal t, PetscReal dt, int i, Vec before,
                                Vec after)
{
  const PetscReal half = c->method == EULER ? dt : dt / 2;
  PetscReal bound = 0, norm = 0, mass = 0, speed = 0, off = 0, moved = 0, change = 0;
  Vec rate = c->rate[i], rest = c->work[i], past = c->before[i];

  PetscFunctionBegin;
  PetscCall(OttoGeneratorApply(c->s->generator, after, rate));
  PetscCall(VecWAXPY(rest, -1, after, before));
  PetscCall(Norm(c, rest, &moved));
  PetscCall(VecAXPY(rest, half, rate));
  if (past) PetscCall(VecAXPY(rest, half, past));
  PetscCall(Norm(c, rest, &off));
  PetscCall(Norm(c, before, &mass));
  if (past) PetscCall(Norm(c, past, &speed));
  if (i == 0) PetscCall(OttoFirstLawStep(c->law, t, dt, half, before, after, rate, past));
  PetscCall(OttoRecordBound(c->record, "solve_residual", &bound));
  PetscCall(OttoGeneratorNorm(c->s->generator, &norm));
  const PetscReal floor = PETSC_MACHINE_EPSILON * (2 + norm * dt);
  const PetscReal size = mass + half * speed;
  c->allowed += PetscMax(bound, floor) * size;
  if (c->method == OTHER) {
    PetscCall(VecAXPY(past, -1, rate));
    PetscCall(Norm(c, past, &change));
    PetscCall(CheckTrapezoid(c, t, off, moved, dt * change, dt * speed,
                             STAGES * PetscMax(bound, floor) * size));
  } else if (size > 0) {
    off /= size;
    if (c->method == EULER && off > bound) /* rounding, as large as it is, or an error */
      PetscCall(OttoSolveError(c->s->generator, dt, before, after, &c->aggregation, &off));
    else
      off *= PetscMin(1, bound / floor);
    PetscCall(OttoRecordCheck(c->record, "solve_residual", off, t));
  }
  if (past) PetscCall(VecCopy(rate, past));
  PetscFunctionReturn(0);
}

/* D_φ alone. */
static PetscErrorCode Values(OttoStepChecks c, const OttoPair *pair, PetscReal value[])
{
  OttoDivergences d;

  PetscFunctionBegin;
  PetscCall(OttoDivergenceCompute(c->s->grid, pair, OTTO_MASK(OTTO_SMOOTH_COUNT) - 1, 0.5, &d));
  PetscCall(PetscArraycpy(value, d.divergence, OTTO_SMOOTH_COUNT));
  PetscFunctionReturn(0);
}

/* The identity of one step. */
static PetscErrorCode CheckDecay(OttoStepChecks c, PetscReal t, PetscReal dt,
                                 const OttoPair *before, const OttoPair *after)
{
  OttoPair at = *after;
  OttoDissipation middle = {0};
  OttoSlopes rest;
  PetscReal bregman[OTTO_SMOOTH_COUNT], noise[OTTO_SMOOTH_COUNT], now[OTTO_SMOOTH_COUNT];

  PetscFunctionBegin;
  if (c->method != EULER) {
    at = (OttoPair){.p = c->middle[0], .q = c->middle[1]};
    PetscCall(VecCopy(before->p, at.p));
    PetscCall(VecCopy(before->q, at.q));
    PetscCall(VecAXPBY(at.p, 0.5, 0.5, after->p));
    PetscCall(VecAXPBY(at.q, 0.5, 0.5, after->q));
  }
  PetscCall(OttoDissipationCompute(c->s->generator, &at, c->rate[0], c->rate[1], &middle));
  PetscCall(Residual(c, dt, before->p, after->p, at.p, c->rate[0], c->work[0]));
  PetscCall(Residual(c, dt, before->q, after->q, at.q, c->rate[1], c->work[1]));
  PetscCall(
      OttoSlopesCompute(c->s->grid, &at, c->rate[0], c->rate[1], c->work[0], c->work[1], &rest));
  PetscCall(OttoBregmanCompute(c->s->grid, before, &at, bregman, noise));
  if (c->method == EULER) {
    PetscCall(CheckEuler(c, t, dt, &middle, &rest));
    PetscCall(PetscArraycpy(now, middle.value, OTTO_SMOOTH_COUNT));
  } else {
    PetscReal end[OTTO_SMOOTH_COUNT], of_end[OTTO_SMOOTH_COUNT];
    PetscCall(OttoBregmanCompute(c->s->grid, after, &at, end, of_end));
    PetscCall(Values(c, after, now));
    for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) {
      bregman[k] -= end[k];
      noise[k] += of_end[k];
    }
  }
  AddStep(c, dt, &middle, &rest, bregman, noise, now);
  PetscFunctionReturn(0);
}

static PetscErrorCode Step(OttoFlow flow, PetscReal t_before, PetscReal t, Vec p_before,
                           Vec q_before, Vec p, Vec q, void *context)
{
  OttoStepChecks c = (OttoStepChecks)context;
  OttoPair before, after;

  PetscFunctionBegin;
  (void)flow;
  c->longest = PetscMax(c->longest, t - t_before);
  c->allowed = 0;
  PetscCall(CheckStep(c, t, t - t_before, 0, p_before, p));
  if (q) PetscCall(CheckStep(c, t, t - t_before, 1, q_before, q));
  if (!q && !c->other) PetscFunctionReturn(0);
  if (!q) { /* Qᵀπ is not 0 to the last digit */
    c->allowed *= 2;
    q = q_before = c->other;
  }
  PetscCall(RaiseBoth(c, t_before, p_before, q_before, c->raised[0], &before));
  PetscCall(RaiseBoth(c, t, p, q, c->raised[1], &after));
  PetscCall(AllowRaising(c, t - t_before, &before));
  PetscCall(CheckDecay(c, t, t - t_before, &before, &after));
  PetscFunctionReturn(0);
}

static PetscErrorCode CreateFields(OttoStepChecks c)
{
  const PetscBool rough = c->method == EULER ? PETSC_FALSE : PETSC_TRUE;

  PetscFunctionBegin;
  for (int i = 0; i < 2; i++) {
    PetscCall(OttoFieldCreate(c->s->grid, &c->rate[i]));
    PetscCall(OttoFieldCreate(c->s->grid, &c->work[i]));
    if (rough) PetscCall(OttoFieldCreate(c->s->grid, &c->middle[i]));
    if (rough && !(i && !c->s->q)) PetscCall(OttoFieldCreate(c->s->grid, &c->before[i]));
    for (int k = 0; k < 2 && rough && !(i && !c->s->q); k++)
      PetscCall(OttoFieldCreate(c->s->grid, &c->raised[k][i]));
  }
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
  } else if (c->method != EULER) {
    PetscCall(OttoRecordNotApplicable(c->record, "implicit_euler", another));
  }
  if (c->method != OTHER)
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
  c->other = s->q ? NULL : OttoFokkerPlanckOther(s);
  PetscCall(PetscObjectTypeCompare((PetscObject)OttoFlowGetTS(s->flow), TSCN, &cn));
  c->method = OttoFlowIsImplicitEuler(s->flow) ? EULER : cn ? CN : OTHER;
  PetscCall(LeaveOut(c));
  PetscCall(OttoFirstLawCreate(record, s, c->method == OTHER ? PETSC_FALSE : PETSC_TRUE, &c->law));
  PetscCall(CreateFields(c));
  PetscCall(OttoGeneratorSetTime(s->generator, 0));
  if (c->before[0]) PetscCall(OttoGeneratorApply(s->generator, s->p, c->before[0]));
  if (c->before[1]) PetscCall(OttoGeneratorApply(s->generator, s->q, c->before[1]));
  if (OttoFokkerPlanckOther(s)) {
    OttoPair start;
    PetscCall(RaiseBoth(c, 0, s->p, OttoFokkerPlanckOther(s), c->raised[0], &start));
    PetscCall(Values(c, &start, c->last));
  }
  PetscCall(OttoFlowSetStepFunction(s->flow, Step, c));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoStepChecksDestroy(OttoStepChecks *checks)
{
  OttoStepChecks c = *checks;

  PetscFunctionBegin;
  if (!c) PetscFunctionReturn(0);
  for (int i = 0; i < 2; i++) {
    Vec *fields[] = {&c->rate[i],   &c->work[i],      &c->middle[i],
                     &c->before[i], &c->raised[0][i], &c->raised[1][i]};
    for (size_t k = 0; k < sizeof fields / sizeof fields[0]; k++) PetscCall(VecDestroy(fields[k]));
  }
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
  PetscReal bound = 0;

  PetscFunctionBegin;
  if (!c->begun[k]) {
    PetscCall(OttoRecordNotApplicable(
        c->record, name, "a density has cells that are 0, or a slope is beyond the doubles"));
    PetscFunctionReturn(0);
  }
  PetscCall(OttoRecordBound(c->record, name, &bound));
  const PetscReal drop = c->start[k] - c->last[k], off = fabs(drop - c->sum[k]) + c->beyond[k];
  const PetscReal noise = ROUNDING * c->noise[k] / PetscMax(bound, PETSC_MACHINE_EPSILON);
  const PetscReal scale = PetscMax(fabs(drop), noise);
  PetscCall(OttoRecordCheck(c->record, name, off == 0 ? 0 : off / scale, t));
  if (!isfinite(c->allowed) && fabs(c->rest[k]) > TOLD * scale)
    PetscCall(OttoRecordNotApplicable(c->record, name,
                                      "steps so long that they take more than a twentieth of a "
                                      "drop beside its dissipation: smaller ts_dt, ts_rtol"));
  c->begun[k] = PETSC_FALSE;
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
