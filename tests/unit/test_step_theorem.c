/* ranks: 1 2 3
 * Numbers of a step: the identity of drop, dissipation, Bregman divergences and residual for any
 * states at all; the equation of a step that solves it, and of one that does not; implicit Euler's
 * inequality; sums over steps.
 */
#include "test.h"
#include "chain.h"
#include <otto/step_theorem.h>

static PetscReal Rough(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *seed)
{
  (void)dim;
  return 0.05 + Hash(cell, *seed) + exp(-3 * x[0] * x[0]);
}

/* To an absolute tolerance. */
#define Near(value, expected, tolerance) TestTrue(fabs((value) - (expected)) <= (tolerance), #value)

typedef struct {
  Chain s;
  Vec p[2], q[2]; /* before, after */
} States;

/* Densities with nothing to do with each other, on a chain that is driven, absorbing, or neither.
 */
static PetscErrorCode Start(PetscBool driven, PetscBool absorbing, States *a)
{
  PetscFunctionBegin;
  PetscCall(ChainCreate(2, (PetscInt64[]){9, 6}, (PetscReal[]){-1, 0}, (PetscReal[]){1, 2},
                        (OttoBoundary[]){absorbing ? A : W, P},
                        OPTIONS("-potential_type", "double_well", "-drift_type", "formula",
                                "-drift_formula", driven ? "0.3, 0.2*x" : "0, 0"),
                        &a->s));
  for (int i = 0; i < 2; i++) {
    const PetscReal seeds[2] = {1 + i, 5 + i};
    PetscCall(Fill(a->s.grid, Rough, &seeds[0], &a->p[i]));
    PetscCall(Fill(a->s.grid, Rough, &seeds[1], &a->q[i]));
    PetscCall(ToMassOne(a->s.grid, a->p[i]));
    PetscCall(ToMassOne(a->s.grid, a->q[i]));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode Stop(States *a)
{
  PetscFunctionBegin;
  for (int i = 0; i < 2; i++) {
    PetscCall(VecDestroy(&a->p[i]));
    PetscCall(VecDestroy(&a->q[i]));
  }
  PetscCall(ChainDestroy(&a->s));
  PetscFunctionReturn(0);
}

static PetscErrorCode Values(OttoGrid grid, Vec p, Vec q, PetscReal value[])
{
  OttoDivergences d;

  PetscFunctionBegin;
  PetscCall(OttoDivergenceCompute(grid, &(OttoPair){.p = p, .q = q}, OTTO_MASK_ALL, 0.5, &d));
  PetscCall(PetscArraycpy(value, d.divergence, OTTO_SMOOTH_COUNT));
  PetscFunctionReturn(0);
}

/* Whatever the states: D - D' is the sum of the other numbers. Terms are of the size of what noise
 * they say, some units of it. */
static PetscErrorCode TestIdentity(void)
{
  for (int k = 0; k < 6; k++) {
    const OttoStepMethod method = (OttoStepMethod)(k / 2);
    States a;
    OttoStepTheorem theorem;
    OttoStepResidual r[2];
    OttoStepDecay d;
    PetscReal before[OTTO_SMOOTH_COUNT], after[OTTO_SMOOTH_COUNT];

    PetscCall(Start(PETSC_TRUE, k % 2, &a));
    PetscCall(OttoStepTheoremCreate(a.s.Q, method, a.p[0], a.q[0], NULL, &theorem));
    PetscCall(OttoStepTheoremResidual(theorem, 0.01, OTTO_FLOW_P, a.p[0], a.p[1], &r[0]));
    PetscCall(OttoStepTheoremResidual(theorem, 0.01, OTTO_FLOW_Q, a.q[0], a.q[1], &r[1]));
    PetscCall(OttoStepTheoremDecay(theorem, 0.02, 0.03, a.p[0], a.q[0], a.p[1], a.q[1], &d));
    PetscCall(Values(a.s.grid, a.p[0], a.q[0], before));
    PetscCall(Values(a.s.grid, a.p[1], a.q[1], after));
    Near(d.dt, 0.01, 1e-15);
    for (int i = 0; i < OTTO_SMOOTH_COUNT; i++) {
      const PetscReal sum = d.taken[i] + d.bregman[i] + d.rest[i];
      const PetscReal size = d.taken[i] + fabs(d.bregman[i]) + fabs(d.rest[i]) + before[i];
      Near(d.before[i], before[i], 1e-14 * before[i]);
      Near(d.after[i], after[i], 1e-14 * after[i]);
      Near(before[i] - after[i], sum, 1e-13 * size);
      TestTrue(fabs(sum) > 1e-3 && d.taken[i] > 1e-4 && fabs(d.rest[i]) > 1e-4,
               "and no term of it is small");
      if (method == OTTO_STEP_EULER)
        TestTrue(fabs(d.rest[i]) <= d.slope[i] * (r[0].off + r[1].off), "within its slope");
    }
    if (method == OTTO_STEP_EULER) {
      PetscReal excess[OTTO_SMOOTH_COUNT], noise[OTTO_SMOOTH_COUNT];
      OttoStepInequality(&d, excess, noise);
      for (int i = 0; i < OTTO_SMOOTH_COUNT; i++)
        Near(-excess[i], d.bregman[i], 1e-13 * (d.taken[i] + fabs(d.rest[i]) + before[i]));
    }
    TestTrue((method == OTTO_STEP_OTHER) == isinf(d.raising), "more than residuals");
    TestTrue((method == OTTO_STEP_EULER) == (d.raising == 0), "raised");
    PetscCall(OttoStepTheoremDestroy(&theorem));
    PetscCall(Stop(&a));
  }
  return 0;
}

/* out = from + dt Qᵀ`of`. */
static PetscErrorCode Add(const States *a, Vec from, PetscReal dt, Vec of, Vec out)
{
  Vec rate;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(of, &rate));
  PetscCall(OttoGeneratorApply(a->s.Q, of, rate));
  PetscCall(VecWAXPY(out, dt, rate, from));
  PetscCall(VecDestroy(&rate));
  PetscFunctionReturn(0);
}

/* States made to solve the equation, p = p' - dt Qᵀp' and p - dt/2 Qᵀp = p' … by choosing p' and q'
 * freely; and the sum over two such steps. A cell that is 0 ends the sum. */
static PetscErrorCode TestEquations(void)
{
  const PetscReal dt = 1e-3;
  States a;
  OttoStepTheorem theorem;
  OttoStepResidual r;
  OttoStepDecay d;
  OttoDecaySum sums[OTTO_SMOOTH_COUNT] = {{0}};
  PetscReal excess[OTTO_SMOOTH_COUNT], noise[OTTO_SMOOTH_COUNT], norm = 0;
  Vec p, q;

  PetscCall(Start(PETSC_TRUE, PETSC_TRUE, &a));
  PetscCall(OttoGeneratorNorm(a.s.Q, &norm));
  PetscCall(VecDuplicate(a.p[0], &p));
  PetscCall(VecDuplicate(a.p[0], &q));
  PetscCall(Add(&a, a.p[1], -dt, a.p[1], a.p[0]));
  PetscCall(Add(&a, a.q[1], -dt, a.q[1], a.q[0]));
  PetscCall(Add(&a, a.p[0], -dt, a.p[0], p));
  PetscCall(Add(&a, a.q[0], -dt, a.q[0], q));
  const Vec ps[3] = {p, a.p[0], a.p[1]}, qs[3] = {q, a.q[0], a.q[1]};
  PetscCall(OttoStepTheoremCreate(a.s.Q, OTTO_STEP_EULER, p, q, NULL, &theorem));
  for (int k = 0; k < 2; k++) {
    PetscReal moved = 0;
    PetscCall(OttoStepTheoremResidual(theorem, dt, OTTO_FLOW_P, ps[k], ps[k + 1], &r));
    TestTrue(r.off <= 8 * PETSC_MACHINE_EPSILON * (2 + dt * norm) && !r.past, "solves");
    TestTrue(r.half == dt && r.speed == 0 && r.change == 0, "of implicit Euler");
    PetscCall(VecWAXPY(r.rate, -1, ps[k], ps[k + 1]));
    PetscCall(VecNorm(r.rate, NORM_1, &moved));
    Near(r.moved, moved * a.s.g->cell_volume, 1e-14);
    PetscCall(OttoStepTheoremResidual(theorem, dt, OTTO_FLOW_Q, qs[k], qs[k + 1], &r));
    PetscCall(OttoStepTheoremDecay(theorem, k * dt, (k + 1) * dt, ps[k], qs[k], ps[k + 1],
                                   qs[k + 1], &d));
    OttoStepInequality(&d, excess, noise);
    OttoDecaySumAdd(sums, &d, 1e-15 * (2 + dt * norm));
    for (int i = 0; i < OTTO_SMOOTH_COUNT; i++) {
      /* the Bregman divergence is what implicit Euler takes beside the dissipation */
      Near(-excess[i], d.bregman[i], 1e-13);
      TestTrue(d.bregman[i] > 1e-6 && fabs(d.rest[i]) < 1e-12 && noise[i] < 1e-12, "inequality");
    }
  }
  for (int i = 0; i < OTTO_SMOOTH_COUNT; i++) {
    TestTrue(sums[i].begun && sums[i].beyond < 1e-13 && sums[i].noise < 1e-11, "summed");
    Near(sums[i].start - sums[i].last, sums[i].sum, 1e-13);
    Near(sums[i].last, d.after[i], 0);
  }
  d.taken[0] = INFINITY;
  OttoDecaySumAdd(sums, &d, 1);
  TestTrue(!sums[0].begun && sums[1].begun, "ended");
  d.taken[0] = 1;
  d.before[0] = 3;
  d.rest[0] = -0.5;
  d.slope[0] = 0.25;
  OttoDecaySumAdd(sums, &d, 1.5);
  TestTrue(sums[0].begun && sums[0].start == 3, "anew");
  Near(sums[0].sum, 1 + d.bregman[0] + d.rest[0], 1e-15);
  Near(sums[0].beyond, 0.125, 1e-16);
  d.left = 1;
  OttoStepInequality(&d, excess, noise);
  for (int i = 0; i < OTTO_SMOOTH_COUNT; i++) TestTrue(isnan(excess[i]), "cells left out");
  PetscCall(OttoStepTheoremDestroy(&theorem));
  PetscCall(VecDestroy(&p));
  PetscCall(VecDestroy(&q));
  PetscCall(Stop(&a));
  return 0;
}

/* p' = p + dt/2 Qᵀ(p + p'), by repetition: with dt ‖Q‖ < 1/10 exact to rounding after 16. One
 * density against a state that rests. */
static PetscErrorCode TestOthers(void)
{
  const PetscReal dt = 1e-4;
  OttoStepResidual last[3];

  for (int k = 1; k < 3; k++) {
    States a;
    OttoStepTheorem theorem;
    OttoStepDecay d;
    PetscReal speed = 0;
    Vec rate, start;

    PetscCall(Start(PETSC_FALSE, PETSC_FALSE, &a));
    PetscCall(OttoGeneratorGibbs(a.s.Q, a.q[1], NULL));
    PetscCall(VecCopy(a.p[1], a.p[0]));
    PetscCall(VecDuplicate(a.p[0], &start));
    PetscCall(Add(&a, a.p[0], dt / 2, a.p[0], start));
    for (int i = 0; i < 16; i++) PetscCall(Add(&a, start, dt / 2, a.p[1], a.p[1]));
    PetscCall(OttoStepTheoremCreate(a.s.Q, (OttoStepMethod)k, a.p[0], NULL, a.q[1], &theorem));
    PetscCall(OttoStepTheoremResidual(theorem, dt, OTTO_FLOW_P, a.p[0], a.p[1], &last[k]));
    TestTrue(last[k].off < 1e-15 && last[k].moved > 1e-4, "solves");
    PetscCall(VecDuplicate(a.p[0], &rate));
    PetscCall(OttoGeneratorApply(a.s.Q, a.p[0], rate));
    PetscCall(VecNorm(rate, NORM_1, &speed));
    Near(last[k].speed, speed * a.s.g->cell_volume, 1e-13 * last[k].speed);
    PetscCall(VecAXPY(rate, -1, last[k].past));
    PetscCall(VecNorm(rate, NORM_1, &speed));
    TestTrue(speed == 0, "of the state before");
    PetscCall(OttoStepTheoremDecay(theorem, 0, dt, a.p[0], NULL, a.p[1], NULL, &d));
    Near(d.before[0] - d.after[0], d.taken[0] + d.bregman[0] + d.rest[0], 1e-14);
    /* with m in the middle Qᵀm is the mean of both ends, and ρ 0 */
    for (int i = 0; i < OTTO_SMOOTH_COUNT; i++) TestTrue(fabs(d.rest[i]) < 1e-14, "solved");
    /* the next step's start is this one's end */
    PetscCall(OttoStepTheoremResidual(theorem, dt, OTTO_FLOW_P, a.p[1], a.p[0], &last[k]));
    PetscCall(OttoGeneratorApply(a.s.Q, a.p[1], rate));
    PetscCall(VecAXPY(rate, -1, last[k].past));
    PetscCall(VecNorm(rate, NORM_1, &speed));
    TestTrue(speed == 0, "of the state before");
    PetscCall(OttoGeneratorApply(a.s.Q, a.p[0], rate));
    PetscCall(VecAXPY(rate, -1, last[k].past));
    PetscCall(VecNorm(rate, NORM_1, &speed));
    Near(last[k].change, k == 2 ? speed * a.s.g->cell_volume : 0, 1e-13);
    PetscCall(VecDestroy(&rate));
    PetscCall(VecDestroy(&start));
    PetscCall(OttoStepTheoremDestroy(&theorem));
    PetscCall(Stop(&a));
  }
  TestTrue(last[1].off == last[2].off, "one equation");
  return 0;
}

int main(void)
{
  return TestMain({TestIdentity, TestEquations, TestOthers});
}
