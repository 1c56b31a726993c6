/* ranks: 1 2 3; long: 3
 * Steps of jko with an interaction: Gaussians under springs, whose step has a closed form; states
 * that an interaction and a potential hold at rest; the flow itself, reached at first order in tau;
 * what holds of every step.
 *
 * Of widths see test_jko.c: atoms at centres err by h/2 at most, and tests ask for a tenth.
 */
#include "descent.h"

static double centre[3], sigma; /* of the Gaussian */
static int axes;                /* of the grid */

static double Gaussian(const double x[])
{
  double q = 0;

  for (int j = 0; j < axes; j++) q += pow((x[j] - centre[j]) / sigma, 2);
  return exp(-q / 2);
}

static double Two(const double x[])
{
  return exp(-pow((x[0] - 0.4) / 0.2, 2) / 2) + 0.6 * exp(-pow((x[0] + 0.5) / 0.25, 2) / 2);
}

static PetscErrorCode Box(PetscInt dim, PetscInt64 n, PetscReal half, OttoGrid *grid)
{
  const PetscInt64 sizes[3] = {n, n, n};

  PetscFunctionBegin;
  axes = (int)dim;
  PetscCall(MakeCube(dim, sizes, -half, half, OTTO_BOUNDARY_NO_FLUX, grid));
  PetscFunctionReturn(0);
}

/* What holds of every step; what is proven of it. */
static PetscErrorCode CheckStep(Descent *s, const OttoEnergyParts *was, PetscBool least)
{
  const OttoGradientStep *step = OttoFlowGetGradientStep(s->flow, OTTO_FLOW_P);
  OttoEnergyParts is;

  PetscFunctionBegin;
  PetscCall(OttoEnergyEvaluate(s->energy, s->p, &is));
  TestClose(step->before, was->total, 1e-13, "energy before");
  TestClose(step->after, is.total, 1e-12, "energy after, with its interaction");
  TestTrue(step->least == least, "what is proven of it");
  /* a plan of boxes spreads every atom over a cell: h²/12 an axis, which costs half of that a mass
   */
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  PetscReal mass, spread = 0;
  PetscCall(OttoFieldIntegral(s->grid, s->p, &mass));
  for (PetscInt j = 0; j < g->dim; j++) spread += mass * PetscSqr(g->h[j]) / (24 * step->dt);
  TestTrue(step->gap <= 1e-2 || (least && step->primal - step->dual <= spread), "near to it");
  TestTrue(step->dual <= step->primal && step->primal <= was->total, "better than to stay");
  const PetscReal share = (step->primal - step->dual) / (was->total - step->dual);
  const PetscBool far = step->w2_lower >= 4 * g->h[0] ? PETSC_TRUE : PETSC_FALSE;
  TestTrue(step->gap <= share * (1 + 1e-9), "the gap");
  if (least && far) TestClose(step->gap, share, 1e-9, "the gap, to the least");
  TestTrue(step->w2_upper * step->w2_upper / (2 * step->dt) <= was->total - is.total,
           "the energy inequality");
  /* the plan's cost over tau, which W2 between the atoms is at most */
  TestTrue(step->primal - is.total >= 0, "transport costs something");
  PetscFunctionReturn(0);
}

/* Of springs W = k r²/2 the energy of mass M is ½ k M² times the sum of variances: the mean stays,
 * and sigma' is as under V = ½ k M |x − mean|² (test_jko.c). */
static PetscErrorCode Springs(PetscInt dim, PetscInt64 n, PetscReal tau, PetscReal T, PetscReal k,
                              PetscReal mass)
{
  OttoGrid grid;
  OttoEnergyParts was;
  Descent s;
  Vec exact;
  PetscReal mean, width, apart;
  char options[200];

  PetscFunctionBegin;
  PetscCall(Box(dim, n, 1, &grid));
  const PetscReal h = OttoGridGetInfo(grid)->h[0], factor = 1 + k * mass * tau;
  sigma = k > 0 ? 0.2 : 0.1;
  for (int j = 0; j < 3; j++) centre[j] = 0.13 - 0.1 * j;
  snprintf(options, sizeof options,
           "-temperature %g -energy_interaction_type quadratic -energy_interaction_strength %g "
           "-jko_gap 5e-3",
           (double)T, (double)k);
  PetscCall(DescentBegin(grid, options, Gaussian, &s));
  PetscCall(VecScale(s.p, mass));
  PetscCall(DescentFlow(&s, "jko", tau, PETSC_TRUE));
  PetscCall(OttoEnergyEvaluate(s.energy, s.p, &was));
  PetscCall(OttoFlowAdvance(s.flow, tau));
  PetscCall(CheckStep(&s, &was, k < 0 ? PETSC_TRUE : PETSC_FALSE));
  const PetscReal before = sigma;
  sigma = (before + sqrt(before * before + 4 * tau * T * factor)) / (2 * factor);
  PetscCall(FirstAxisMoments(grid, s.p, &mean, &width));
  TestTrue(fabs(width - sigma) <= h / 20, "the width of the step");
  TestTrue(fabs(mean - centre[0]) <= h / 20, "the mean stays");
  PetscCall(FillDensity(grid, Gaussian, &exact));
  PetscCall(VecScale(exact, mass));
  PetscCall(DescentL1(grid, s.p, exact, &apart));
  TestTrue(apart <= 0.025 * mass, "the density of the step");
  const OttoGradientStep *step = OttoFlowGetGradientStep(s.flow, OTTO_FLOW_P);
  const PetscReal w2 = fabs(sigma - before) * sqrt((PetscReal)dim * mass);
  TestTrue(step->w2_lower <= w2 + h / 20 && step->w2_upper >= w2 - h / 20, "W2 of the step");
  /* ∇(U' + W*ρ) is the way back over tau; second order in h */
  TestClose(step->dissipation, w2 * w2 / (tau * tau), 0.1, "the dissipation at its end");
  PetscCall(VecDestroy(&exact));
  PetscCall(DescentEnd(&s));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestSprings(void)
{
  PetscFunctionBegin;
  PetscCall(Springs(1, 192, 0.05, 0.3, 12, 1));
  PetscCall(Springs(1, 192, 0.05, 0.2, 8, 2));
  PetscCall(Springs(1, 201, 0.02, 0.3, -10, 1));
  PetscCall(Springs(2, 48, 0.1, 0.2, 10, 1.5));
  PetscCall(Springs(2, 48, 0.03, 0.4, -6, 1));
  PetscFunctionReturn(0);
}

/* ρ = exp(−(V + W*ρ)/T)/Z, by iterating that: a state at rest, of the grid's own energy. */
static PetscErrorCode MakeRest(Descent *s, PetscReal T)
{
  const Vec V = OttoEnergyGetField(s->energy);
  PetscReal apart = 1, mass = 0, most = 0;
  Vec force, next;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(s->p, &force));
  PetscCall(VecDuplicate(s->p, &next));
  for (int k = 0; k < 2000 && apart > 1e-15; k++) {
    PetscCall(OttoInteractionApply(OttoEnergyGetInteraction(s->energy), s->p, force));
    if (V) PetscCall(VecAXPY(force, 1, V));
    PetscCall(VecScale(force, -1 / T));
    PetscCall(VecMax(force, NULL, &most));
    PetscCall(VecShift(force, -most));
    PetscCall(VecCopy(force, next));
    PetscCall(VecExp(next));
    PetscCall(OttoFieldIntegral(s->grid, next, &mass));
    PetscCall(VecScale(next, 1 / mass));
    PetscCall(DescentL1(s->grid, next, s->p, &apart));
    PetscCall(VecAXPBY(s->p, 0.5, 0.5, next));
  }
  TestTrue(apart <= 1e-13, "a state at rest was found");
  PetscCall(VecDestroy(&force));
  PetscCall(VecDestroy(&next));
  PetscFunctionReturn(0);
}

/* It stays, and the first certificate knows it: to rounding, of transforms as well. */
static PetscErrorCode TestRest(void)
{
  static const char *const options[] = {
      "-temperature 0.3 -energy_interaction_type quadratic -energy_interaction_strength 2",
      "-temperature 0.4 -potential_type formula -potential_formula 2*(x^2-0.25)^2+y^2 "
      "-energy_interaction_type gaussian -energy_interaction_length 0.4",
      "-temperature 0.4 -potential_type formula -potential_formula x^2+x*y+y^2 "
      "-energy_interaction_type gaussian -energy_interaction_length 0.4 "
      "-energy_interaction_strength -1"};
  static const PetscReal T[] = {0.3, 0.4, 0.4};

  PetscFunctionBegin;
  for (int k = 0; k < 3; k++) {
    OttoGrid grid;
    Descent s;
    Vec rest;
    PetscReal apart;
    PetscCall(Box(k ? 2 : 1, k ? 32 : 100, 1, &grid));
    sigma = 0.3;
    for (int j = 0; j < 3; j++) centre[j] = 0;
    PetscCall(DescentBegin(grid, options[k], Gaussian, &s));
    PetscCall(MakeRest(&s, T[k]));
    PetscCall(DescentFlow(&s, "jko", 0.2, PETSC_TRUE));
    PetscCall(VecDuplicate(s.p, &rest));
    PetscCall(VecCopy(s.p, rest));
    PetscCall(OttoFlowAdvance(s.flow, 0.4));
    PetscCall(DescentL1(grid, s.p, rest, &apart));
    TestTrue(apart <= 1e-10, "a state at rest stays");
    const OttoGradientStep *step = OttoFlowGetGradientStep(s.flow, OTTO_FLOW_P);
    TestTrue(step->gap <= 1e-9 && step->newton == 0, "and is known to");
    PetscCall(VecDestroy(&rest));
    PetscCall(DescentEnd(&s));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

/* Against implicit steps of second order, short ones, of the same energy on the same grid: half of
 * tau, half of what they differ by; as ljko does. */
static PetscErrorCode ToTheFlow(const char *energy)
{
  const PetscReal end = 0.16;
  PetscReal error[2], linear = 0;
  OttoGrid grid;
  Descent flow, s;
  OttoEnergyParts was;

  PetscFunctionBegin;
  PetscCall(Box(1, 240, 1.5, &grid));
  PetscCall(DescentBegin(grid, energy, Two, &flow));
  PetscCall(PetscOptionsSetValue(NULL, "-flow_time_order", "2"));
  PetscCall(DescentFlow(&flow, "gradient_flow", end / 100, PETSC_FALSE));
  PetscCall(OttoFlowAdvance(flow.flow, end));
  for (int k = 0; k < 2; k++) {
    PetscCall(DescentBegin(grid, energy, Two, &s));
    PetscCall(PetscOptionsSetValue(NULL, "-jko_gap", "2e-3"));
    PetscCall(DescentFlow(&s, "jko", end / (2 << k), PETSC_TRUE));
    PetscCall(OttoEnergyEvaluate(s.energy, s.p, &was));
    PetscCall(OttoFlowAdvance(s.flow, end / (2 << k)));
    PetscCall(CheckStep(&s, &was, OttoFlowGetGradientStep(s.flow, OTTO_FLOW_P)->least));
    PetscCall(OttoFlowAdvance(s.flow, end));
    PetscCall(DescentL1(grid, s.p, flow.p, &error[k]));
    if (k == 0) {
      Descent other;
      PetscCall(DescentBegin(grid, energy, Two, &other));
      PetscCall(DescentFlow(&other, "ljko", end / 2, PETSC_FALSE));
      PetscCall(OttoFlowAdvance(other.flow, end));
      PetscCall(DescentL1(grid, s.p, other.p, &linear));
      PetscCall(DescentEnd(&other));
    }
    PetscCall(DescentEnd(&s));
  }
  TestTrue(error[0] / error[1] > 1.5 && error[0] / error[1] < 2.5, "first order in tau");
  TestTrue(error[1] < 0.1 && linear < 2 * error[0], "near to the flow, and to ljko");
  PetscCall(DescentEnd(&flow));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestFlow(void)
{
  PetscFunctionBegin;
  PetscCall(ToTheFlow("-temperature 0.3 -energy_interaction_type gaussian "
                      "-energy_interaction_length 0.3 -energy_interaction_strength 3"));
  PetscCall(ToTheFlow("-temperature 0.6 -energy_interaction_type gaussian "
                      "-energy_interaction_length 0.6 -energy_interaction_strength -2"));
  PetscCall(ToTheFlow("-temperature 0.4 -energy_interaction_type newtonian "
                      "-energy_interaction_strength -3"));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestSprings, TestRest, TestFlow});
}
