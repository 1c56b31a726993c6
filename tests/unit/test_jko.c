/* ranks: 1 2 3; long: 3
 * Minimising movements: steps in closed form (Gaussians under entropy, with and without a quadratic
 * potential; self-similar profiles of powers, whose step scales them), the first order in tau,
 * fixed points, and what holds of every step: mass, sign, the interval of W2, the energy
 * inequality.
 *
 * The problem solved is that of atoms at centres, whose cost is above that of the continuum by at
 * most h²/8 an axis, and the functional's curvature in a width is at least 1/tau: a width is then
 * off by h/2 at most, were that excess adverse everywhere. It is a mean over many displacements,
 * and tests ask for a tenth of that.
 */
#include "descent.h"

static double centre[3], sigma; /* of the Gaussian */
static int axes;                /* of the grid */
static double radius2, power;   /* of (radius2 ∓ r²)^power */

static double Gaussian(const double x[])
{
  double q = 0;

  for (int j = 0; j < axes; j++) q += pow((x[j] - centre[j]) / sigma, 2);
  return exp(-q / 2);
}

/* Of slow diffusion a cap, of fast one tails. */
static double SelfSimilar(const double x[])
{
  double r2 = 0;

  for (int j = 0; j < axes; j++) r2 += x[j] * x[j];
  return power > 0 ? pow(fmax(radius2 - r2, 0), power) : pow(radius2 + r2, power);
}

/* Steps of jko to a gap that most of these grids allow: a tenth of what it is by default. */
static PetscErrorCode Flow(Descent *s, PetscReal tau, PetscBool certified)
{
  PetscFunctionBegin;
  PetscCall(PetscOptionsSetValue(NULL, "-jko_gap", "1e-3"));
  PetscCall(DescentFlow(s, "jko", tau, certified));
  PetscFunctionReturn(0);
}

static PetscErrorCode Box(PetscInt dim, PetscInt64 n, PetscReal half, OttoGrid *grid)
{
  const PetscInt64 sizes[3] = {n, n, n};

  PetscFunctionBegin;
  axes = (int)dim;
  PetscCall(MakeCube(dim, sizes, -half, half, OTTO_BOUNDARY_NO_FLUX, grid));
  PetscFunctionReturn(0);
}

/* What holds of a step by 4 cells or more. */
static PetscErrorCode CheckStep(Descent *s, Vec before)
{
  const OttoGradientStep *step = OttoFlowGetGradientStep(s->flow, OTTO_FLOW_P);
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  PetscReal mass, mass_before, least;
  OttoEnergyParts was, is;

  PetscFunctionBegin;
  PetscCall(OttoFieldIntegral(s->grid, before, &mass_before));
  PetscCall(OttoFieldIntegral(s->grid, s->p, &mass));
  PetscCall(OttoFieldRange(s->grid, s->p, &least, NULL));
  PetscCall(OttoEnergyEvaluate(s->energy, before, &was));
  PetscCall(OttoEnergyEvaluate(s->energy, s->p, &is));
  TestClose(mass, mass_before, 1e-13, "mass, to rounding");
  TestTrue(least >= 0, "no cell is negative");
  TestClose(step->before, was.total, 1e-13, "energy before");
  TestClose(step->after, is.total, 1e-13, "energy after");
  const PetscReal moved = 0.5 * (step->w2_lower + step->w2_upper);
  TestTrue(moved >= 4 * g->h[0], "a step that the grid resolves");
  TestTrue(step->w2_upper >= step->w2_lower, "an interval");
  const PetscReal drop = was.total - is.total;
  TestTrue(step->w2_upper * step->w2_upper / (2 * step->dt) <= drop, "the energy inequality");
  TestTrue(step->dual <= step->primal && step->primal < was.total, "better than to stay");
  TestClose(step->gap, (step->primal - step->dual) / (was.total - step->dual), 1e-9, "the gap");
  /* of atoms: d h²/24 of the cost is more than an iteration in the continuum's metric sees */
  TestTrue(step->gap <= 1.5e-2, "near to the least");
  TestTrue(step->newton >= 0 && step->newton <= 300, "iterations");
  TestTrue(step->dissipation > 0 && isnan(step->remainder), "dissipation");
  PetscFunctionReturn(0);
}

/* sigma' = (sigma + sqrt(sigma² + 4 tau T (1 + k tau)))/(2 (1 + k tau)), mean' = mean/(1 + k tau):
 * the least of d (sigma' − sigma)²/(2 tau) − d T log sigma' + d k sigma'²/2 and of the means' part.
 */
static PetscErrorCode Gauss(PetscInt dim, PetscInt64 n, PetscReal tau, PetscReal T, PetscReal k)
{
  OttoGrid grid;
  Descent s;
  Vec before, exact;
  PetscReal mean, width, apart, h;
  char options[200];

  PetscFunctionBegin;
  PetscCall(Box(dim, n, 1, &grid));
  h = OttoGridGetInfo(grid)->h[0];
  sigma = 0.1;
  for (int j = 0; j < 3; j++) centre[j] = k > 0 ? 0.4 - 0.1 * j : 0;
  snprintf(options, sizeof options,
           k > 0 ? "-temperature %g -potential_type quadratic -potential_stiffness %g"
                 : "-temperature %g",
           (double)T, (double)k);
  PetscCall(DescentBegin(grid, options, Gaussian, &s));
  PetscCall(Flow(&s, tau, PETSC_TRUE));
  PetscCall(VecDuplicate(s.p, &before));
  PetscCall(VecCopy(s.p, before));
  PetscCall(OttoFlowAdvance(s.flow, tau));
  PetscCall(CheckStep(&s, before));
  const PetscReal was = sigma, factor = 1 + k * tau;
  const PetscReal distance2 =
      (PetscReal)dim * pow((was + sqrt(was * was + 4 * tau * T * factor)) / (2 * factor) - was, 2);
  sigma = (was + sqrt(was * was + 4 * tau * T * factor)) / (2 * factor);
  PetscReal moved2 = 0;
  for (int j = 0; j < dim; j++) {
    moved2 += pow(centre[j] - centre[j] / factor, 2);
    centre[j] /= factor;
  }
  PetscCall(FirstAxisMoments(grid, s.p, &mean, &width));
  TestTrue(fabs(width - sigma) <= h / 20, "the width of the step");
  TestTrue(fabs(mean - centre[0]) <= h / 20, "the mean of the step");
  PetscCall(FillDensity(grid, Gaussian, &exact));
  PetscCall(DescentL1(grid, s.p, exact, &apart));
  /* by Pinsker's inequality T KL ≤ d h²/(8 tau) allows 0.2 here; as above, a tenth of it */
  TestTrue(apart <= 0.025, "the density of the step");
  const OttoGradientStep *step = OttoFlowGetGradientStep(s.flow, OTTO_FLOW_P);
  const PetscReal w2 = sqrt(distance2 + moved2);
  if (dim == 1) TestTrue(step->w2_upper - step->w2_lower <= 1e-10, "on one axis exact");
  const PetscReal bias =
      2 * h * sqrt((PetscReal)dim / 12); /* what atoms may be off by, both ends */
  if (dim > 1) TestTrue(step->w2_upper - step->w2_lower >= 2 * bias, "wider by the cells' spread");
  TestTrue(step->w2_lower <= w2 + h / 20 && step->w2_upper >= w2 - h / 20, "W2 of the step");
  /* ∫ρ|∇ξ|²: ∇ξ is the way back over tau, second order in h */
  TestClose(step->dissipation, w2 * w2 / (tau * tau), 0.1, "the dissipation at its end");
  PetscCall(VecDestroy(&before));
  PetscCall(VecDestroy(&exact));
  PetscCall(DescentEnd(&s));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestGaussians(void)
{
  PetscFunctionBegin;
  PetscCall(Gauss(1, 192, 0.01, 1, 0));
  PetscCall(Gauss(1, 201, 0.04, 0.5, 0));
  PetscCall(Gauss(1, 192, 0.05, 0.5, 4));
  PetscCall(Gauss(2, 48, 0.03, 1, 0));
  PetscCall(Gauss(2, 61, 0.02, 1, 0));
  PetscCall(Gauss(2, 48, 0.08, 0.5, 3));
  PetscFunctionReturn(0);
}

/* Of U = rho^m/(m − 1) a self-similar profile becomes itself scaled by lambda:
 * (lambda − 1) M2/tau = d (m − 1) E lambda^(−d(m−1)−1), M2 its second moment. `edge`: what cells
 * that the edge cuts may be off by, of the mass. */
static PetscErrorCode Scaled(PetscInt dim, PetscInt64 n, PetscReal half, PetscReal m, PetscReal r2,
                             PetscReal tau, PetscReal edge)
{
  OttoGrid grid;
  Descent s;
  Vec before, exact;
  OttoEnergyParts e;
  PetscReal mean, width, scaled, apart, low = 1, high = 10;
  char options[100];

  PetscFunctionBegin;
  PetscCall(Box(dim, n, half, &grid));
  radius2 = r2;
  power = 1 / (m - 1);
  snprintf(options, sizeof options, "-energy_internal power -energy_m %g", (double)m);
  PetscCall(DescentBegin(grid, options, SelfSimilar, &s));
  PetscCall(Flow(&s, tau, PETSC_TRUE));
  PetscCall(VecDuplicate(s.p, &before));
  PetscCall(VecCopy(s.p, before));
  PetscCall(OttoEnergyEvaluate(s.energy, before, &e));
  PetscCall(FirstAxisMoments(grid, before, &mean, &width));
  const PetscReal d = (PetscReal)dim, second = d * width * width;
  for (int k = 0; k < 60; k++) {
    const PetscReal l = 0.5 * (low + high);
    if ((l - 1) * second / tau < d * (m - 1) * e.total * pow(l, -d * (m - 1) - 1))
      low = l;
    else
      high = l;
  }
  PetscCall(OttoFlowAdvance(s.flow, tau));
  PetscCall(CheckStep(&s, before));
  PetscCall(FirstAxisMoments(grid, s.p, &mean, &scaled));
  TestTrue(fabs(scaled - low * width) <= OttoGridGetInfo(grid)->h[0] / 20 + 0.1 * edge * width,
           "how far it scales");
  radius2 *= low * low;
  PetscCall(FillDensity(grid, SelfSimilar, &exact));
  PetscCall(DescentL1(grid, s.p, exact, &apart));
  TestTrue(apart <= edge, "the profile scaled");
  PetscCall(VecDestroy(&before));
  PetscCall(VecDestroy(&exact));
  PetscCall(DescentEnd(&s));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestPowers(void)
{
  PetscFunctionBegin;
  PetscCall(Scaled(1, 160, 0.7, 2, 0.09, 0.01, 0.01));
  PetscCall(Scaled(2, 48, 0.6, 2, 0.09, 0.01, 0.02));
  PetscCall(Scaled(1, 200, 1, 0.8, 0.04, 0.01, 0.01)); /* tails like x^-10: 1e-6 beyond the box */
  PetscFunctionReturn(0);
}

/* On one rank: several take turns here, and test_jko_steps.c compares them. */
static PetscErrorCode TestSpace(void)
{
  PetscMPIInt size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  if (size > 1) PetscFunctionReturn(0);
  PetscCall(Gauss(3, 24, 0.055, 1, 0));
  PetscCall(Scaled(3, 24, 0.7, 3, 0.09, 0.03, 0.1)); /* a radius of 5 cells, a steep edge */
  PetscFunctionReturn(0);
}

/* Steps of the entropy come to the heat semigroup at first order: half the step, half the error.
 * The recursion of sigma says 1.7 to 2 for these. */
static PetscErrorCode TestHeat(void)
{
  const PetscReal end = 0.04;
  PetscReal error[3];
  OttoGrid grid;
  Descent s;
  Vec exact;

  PetscFunctionBegin;
  PetscCall(Box(1, 400, 1.2, &grid));
  for (int j = 0; j < 3; j++) centre[j] = 0;
  sigma = sqrt(0.01 + 2 * end);
  PetscCall(FillDensity(grid, Gaussian, &exact));
  for (int k = 0; k < 3; k++) {
    sigma = 0.1;
    PetscCall(DescentBegin(grid, "", Gaussian, &s));
    PetscCall(Flow(&s, end / (2 << k), PETSC_FALSE));
    PetscCall(OttoFlowAdvance(s.flow, end));
    TestTrue(isnan(OttoFlowGetGradientStep(s.flow, OTTO_FLOW_P)->w2_upper), "W2 not asked for");
    PetscCall(DescentL1(grid, s.p, exact, &error[k]));
    PetscCall(DescentEnd(&s));
  }
  for (int k = 0; k < 2; k++)
    TestTrue(error[k] / error[k + 1] > 1.6 && error[k] / error[k + 1] < 2.3, "first order in tau");
  PetscCall(VecDestroy(&exact));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

static double Wells(const double x[])
{
  return exp(-(8 * pow(x[0] * x[0] - 0.25, 2) + (axes > 1 ? 2 * x[1] * x[1] + x[0] * x[1] : 0)) /
             0.7);
}

/* The Gibbs state is where it stays: no transport, to rounding; at a temperature that is not that
 * of coarse grids' means. */
static PetscErrorCode TestGibbs(void)
{
  static const char *const formulas[] = {"8*(x^2-0.25)^2", "8*(x^2-0.25)^2+2*y^2+x*y"};
  PetscFunctionBegin;
  for (PetscInt dim = 1; dim <= 2; dim++) {
    OttoGrid grid;
    Descent s;
    Vec gibbs;
    PetscReal apart;
    char options[200];
    PetscCall(Box(dim, 40, 1, &grid));
    snprintf(options, sizeof options,
             "-temperature 0.7 -potential_type formula -potential_formula %s", formulas[dim - 1]);
    PetscCall(DescentBegin(grid, options, Wells, &s));
    PetscCall(Flow(&s, 0.1, PETSC_TRUE));
    PetscCall(VecDuplicate(s.p, &gibbs));
    PetscCall(VecCopy(s.p, gibbs));
    PetscCall(OttoFlowAdvance(s.flow, 0.2));
    PetscCall(DescentL1(grid, s.p, gibbs, &apart));
    TestTrue(apart <= 1e-12, "the Gibbs state stays");
    const OttoGradientStep *step = OttoFlowGetGradientStep(s.flow, OTTO_FLOW_P);
    TestTrue(step->gap <= 1e-12 && step->newton == 0, "and is known to be the least");
    PetscCall(VecDestroy(&gibbs));
    PetscCall(DescentEnd(&s));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestGaussians, TestPowers, TestSpace, TestHeat, TestGibbs});
}
