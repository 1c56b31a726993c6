/* ranks: 1 2 3
 * Mass that absorbing faces take: a balance of its own with every method, which fails where a state
 * is not what the method made it. */
#include "fixture.h"
#include <otto/flow.h>
#include "chain.h"

static const char *const types[] = {"beuler", "cn", "theta", "bdf", "arkimex"};

/* 1 + (x - x²) y: mass at the faces, and different ones. */
static PetscReal Hill(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *slope)
{
  (void)cell, (void)dim;
  return 1 + *slope * (x[0] - x[0] * x[0]) * x[1];
}

typedef struct {
  OttoGenerator Q;
  PetscReal trapezoid[2]; /* Σ dt (e^n + e^{n+1})/2, e the escape rate */
} Seen;

static PetscErrorCode See(OttoFlow flow, PetscReal t_before, PetscReal t, Vec p_before,
                          Vec q_before, Vec p, Vec q, void *context)
{
  Seen *seen = (Seen *)context;
  const Vec states[4] = {p_before, p, q_before, q};

  PetscFunctionBegin;
  (void)flow;
  for (int i = 0; i < 4; i++) {
    PetscReal escape = 0;
    PetscCall(OttoGeneratorSetTime(seen->Q, i % 2 ? t : t_before));
    PetscCall(OttoGeneratorEscape(seen->Q, states[i], &escape));
    seen->trapezoid[i / 2] += 0.5 * (t - t_before) * escape;
  }
  PetscCall(OttoGeneratorSetTime(seen->Q, t));
  PetscFunctionReturn(0);
}

static PetscErrorCode Run(OttoBoundary x, const char *type, const char *dt, PetscReal tamper,
                          OttoFlowReport *report, Seen *seen)
{
  Chain s;
  OttoFlow flow;
  Vec p, q, state;
  PetscReal mass[2] = {0, 0};

  PetscFunctionBegin;
  PetscCall(ChainCreate(
      2, (PetscInt64[]){11, 7}, (PetscReal[]){0, 0}, (PetscReal[]){1, 1}, (OttoBoundary[]){x, W},
      OPTIONS("-potential_type", "formula", "-potential_formula", "sin(9*t)*x+y", "-ts_type", type,
              "-ts_dt", dt, "-ts_adapt_type", "none", "-ksp_rtol", "1e-13"),
      &s));
  PetscCall(Fill(s.grid, Hill, &(PetscReal){3}, &p));
  PetscCall(Fill(s.grid, Hill, &(PetscReal){-1}, &q));
  PetscCall(OttoFieldIntegral(s.grid, p, &mass[0]));
  PetscCall(OttoFieldIntegral(s.grid, q, &mass[1]));
  PetscCall(OttoFlowCreateFokkerPlanck(s.Q, s.R, p, q, &flow));
  PetscCall(OttoFlowSetFromOptions(flow));
  PetscCall(OttoFlowSetUp(flow));
  *seen = (Seen){s.Q, {0, 0}};
  PetscCall(OttoFlowSetStepFunction(flow, See, seen));
  PetscCall(OttoFlowAdvance(flow, 0.01));
  if (tamper > 0) { /* as a stage would that is not what the method asks for */
    PetscCall(TSGetSolution(OttoFlowGetTS(flow), &state));
    PetscCall(VecSetValue(state, 0, 1 + tamper, INSERT_VALUES));
    PetscCall(VecAssemblyBegin(state));
    PetscCall(VecAssemblyEnd(state));
  }
  PetscCall(OttoFlowAdvance(flow, 0.02));
  PetscCall(OttoFlowGetReport(flow, report));
  for (int i = 0; i < 2 && tamper == 0; i++) {
    PetscReal left = 0;
    PetscCall(OttoFieldIntegral(s.grid, i ? q : p, &left));
    TestClose(left + report->absorbed[i], mass[i], 1e-14, "mass and absorbed mass");
    TestTrue(report->absorbed[i] > 0.1, "much is absorbed");
    PetscReal by_faces = 0;
    for (int f = 0; f < OTTO_FACES; f++) {
      const PetscBool takes =
          f < 2 && OttoBoundaryAbsorbs(x, f ? 1 : -1) ? PETSC_TRUE : PETSC_FALSE;
      TestTrue(takes == (report->killed[i][f] > 0.04), "faces that absorb, and no others");
      by_faces += report->killed[i][f];
    }
    TestClose(by_faces, report->absorbed[i], 1e-14, "by faces"); /* a sum of two */
  }
  PetscCall(OttoFlowDestroy(&flow));
  PetscCall(VecDestroy(&p));
  PetscCall(VecDestroy(&q));
  PetscCall(ChainDestroy(&s));
  PetscFunctionReturn(0);
}

/* To rounding with every method; of cn the trapezoid of the escape rate, found again from outside;
 * of all, at short steps, to their order. */
static PetscErrorCode TestBalance(void)
{
  Seen fine, seen;
  OttoFlowReport exact, report;

  PetscCall(Run(A, "cn", "1e-4", 0, &exact, &fine));
  for (size_t k = 0; k < sizeof types / sizeof types[0]; k++) {
    PetscCall(Run(A, types[k], "1e-3", 0, &report, &seen));
    TestTrue(report.mass_drift <= 1e-14, types[k]);
    for (int i = 0; i < 2; i++) {
      /* first order: dt/2 times the change of the escape rate, which falls from 20 to 6 */
      TestClose(report.absorbed[i], exact.absorbed[i], k ? 2e-3 : 2e-2, types[k]);
      if (k == 1) TestClose(report.absorbed[i], seen.trapezoid[i], 1e-13, "trapezoid of cn");
      if (k == 0 || k == 3)
        TestTrue(fabs(report.absorbed[i] - seen.trapezoid[i]) > 1e-7, "another rule than cn's");
    }
  }
  return 0;
}

/* One face alone; and what both of a short run take are what each alone does: what the other end
 * lacks has not come across the box, 11 cells wide, of a diffusion of 0.2 in t = 0.02 (e^-6). */
static PetscErrorCode TestFaces(void)
{
  OttoFlowReport both, lower, upper;
  Seen seen;

  PetscCall(Run(A, "cn", "1e-3", 0, &both, &seen));
  PetscCall(Run(OTTO_BOUNDARY_ABSORBING_LOWER, "cn", "1e-3", 0, &lower, &seen));
  PetscCall(Run(OTTO_BOUNDARY_ABSORBING_UPPER, "cn", "1e-3", 0, &upper, &seen));
  for (int i = 0; i < 2; i++) {
    TestClose(lower.killed[i][0], both.killed[i][0], 1e-3, "the lower face alone");
    TestClose(upper.killed[i][1], both.killed[i][1], 1e-3, "the upper face alone");
    TestTrue(fabs(both.killed[i][0] / both.killed[i][1] - 1) > 1e-3, "the faces are not alike");
  }
  return 0;
}

static PetscErrorCode TestFailing(void)
{
  Seen seen;
  OttoFlowReport report;

  for (size_t k = 0; k < sizeof types / sizeof types[0]; k++) {
    PetscCall(Run(A, types[k], "1e-3", 1e-3, &report, &seen));
    TestTrue(report.mass_drift > 1e-7, "a state that is not the method's is noticed");
  }
  return 0;
}

/* Sets of cells as targets are no faces of the box. */
static PetscErrorCode TestTargets(void)
{
  OttoFlow flow;
  Vec p, label;
  Chain s;

  PetscCall(ChainCreate(1, (PetscInt64[]){8}, (PetscReal[]){0}, (PetscReal[]){1},
                        (OttoBoundary[]){A}, OPTIONS("-ts_type", "beuler"), &s));
  PetscCall(OttoFieldCreate(s.grid, &p));
  PetscCall(VecDuplicate(p, &label));
  PetscCall(VecSet(p, 1));
  PetscCall(VecSetValue(label, 0, 1, INSERT_VALUES));
  PetscCall(VecAssemblyBegin(label));
  PetscCall(VecAssemblyEnd(label));
  PetscCall(OttoGeneratorSetTargets(s.Q, 1, label));
  PetscCall(OttoFlowCreateFokkerPlanck(s.Q, s.R, p, NULL, &flow));
  PetscCall(OttoFlowSetFromOptions(flow));
  TestFails(OttoFlowSetUp(flow), OTTO_ERR_INPUT, "the generator has 1 as targets");
  PetscCall(OttoFlowDestroy(&flow));
  PetscCall(VecDestroy(&label));
  PetscCall(VecDestroy(&p));
  PetscCall(ChainDestroy(&s));
  return 0;
}

int main(void)
{
  return TestMain({TestBalance, TestFaces, TestFailing, TestTargets});
}
