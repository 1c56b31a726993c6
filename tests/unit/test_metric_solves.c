/* ranks: 1 2 3
 * What works with any generator works with a metric's: resolvent, relaxation rates, dissipation. */
#include "metric.h"
#include <otto/dissipation.h>
#include <otto/relaxation.h>

/* (σ - Qᵀ)x = f by multigrid: residual, mass, positivity, few iterations. */
static PetscErrorCode TestResolvent(void)
{
  const Case wide = {2, {64, 48}, {P, W}, "diagonal", "exp(sin(2*_pi*x)), 20*exp(cos(2*_pi*x)*y)"};
  const PetscReal sigmas[] = {1, 30, 1e4};
  OttoGrid grid;
  OttoGenerator Q;
  OttoResolvent R;
  OttoSolveReport report;
  Vec f, x, image;
  PetscReal of_f, error, mass, least;

  PetscCall(Make(&wide, &grid, &Q));
  PetscCall(OttoResolventCreate(Q, &R));
  PetscCall(OttoResolventSetFromOptions(R));
  PetscCall(OttoResolventSetFactors(R, OTTO_FACTORS_NEVER));
  PetscCall(Fill(grid, Wavy, NULL, &f));
  PetscCall(OttoFieldCreate(grid, &x));
  PetscCall(OttoFieldCreate(grid, &image));
  PetscCall(VecNorm(f, NORM_1, &of_f));
  for (int k = 0; k < 3; k++) {
    PetscCall(OttoResolventSetShift(R, sigmas[k]));
    PetscCall(OttoResolventSolveDensity(R, f, x, &report));
    TestTrue(report.converged && report.iterations <= 25, "few iterations");
    PetscCall(OttoGeneratorApply(Q, x, image));
    PetscCall(VecAXPBY(image, sigmas[k], -1, x));
    PetscCall(VecAXPY(image, -1, f));
    PetscCall(VecNorm(image, NORM_1, &error));
    TestTrue(error <= 1e-9 * of_f, "residual"); /* ksp_rtol 1e-10 */
    PetscCall(OttoFieldIntegral(grid, x, &mass));
    TestClose(sigmas[k] * mass, of_f * OttoGridGetInfo(grid)->cell_volume, 1e-13, "mass");
    PetscCall(OttoFieldRange(grid, x, &least, NULL));
    TestTrue(least > 0, "positive");
  }
  PetscCall(VecDestroy(&f));
  PetscCall(VecDestroy(&x));
  PetscCall(VecDestroy(&image));
  PetscCall(OttoResolventDestroy(&R));
  PetscCall(Free(&grid, &Q));
  return 0;
}

/* Rates of a circle of length 1, whatever its coordinate: (2π)² and (4π)², twice each, of second
 * order; also of a grid too large for LAPACK's whole spectrum. */
static PetscErrorCode TestRates(void)
{
  static const PetscInt64 sizes[] = {32, 64, 128, 2048};
  PetscReal error[4][4];

  for (int k = 0; k < 4; k++) {
    const Case circle = {1, {sizes[k]}, {P}, "conformal", "(1+0.4*cos(2*_pi*x))^2"};
    OttoGrid grid;
    OttoGenerator Q;
    OttoResolvent R;
    OttoRelaxation relaxation;

    PetscCall(Make(&circle, &grid, &Q));
    PetscCall(OttoResolventCreate(Q, &R));
    PetscCall(OttoResolventSetFromOptions(R));
    PetscCall(OttoRelaxationCompute(R, 4, &relaxation));
    TestTrue(relaxation.count == 4 && relaxation.complete, "four rates");
    for (int i = 0; i < 4 && i < relaxation.count; i++) {
      const PetscReal wave = 2 * PETSC_PI * (i < 2 ? 1 : 2);
      error[k][i] = relaxation.rate[i] / (wave * wave) - 1;
      TestTrue(relaxation.frequency[i] == 0, "detailed balance");
    }
    PetscCall(OttoRelaxationFree(&relaxation));
    PetscCall(OttoResolventDestroy(&R));
    PetscCall(Free(&grid, &Q));
  }
  for (int i = 0; i < 4; i++) {
    for (int k = 0; k < 2; k++) /* 4(1 + O(h²)) */
      TestTrue(error[k][i] / error[k + 1][i] > 3.6 && error[k][i] / error[k + 1][i] < 4.4,
               "second order");
    /* 256 times less than at 128; solves leave 1e-9 of a rate */
    TestTrue(fabs(error[3][i] - error[2][i] / 256) < 0.05 * fabs(error[2][i] / 256) + 1e-8,
             "and on");
  }
  return 0;
}

/* dD/dt by the chain rule is minus the dissipation by edges. */
static PetscErrorCode TestDissipation(void)
{
  const PetscReal other = 1;

  for (int k = 0; k < COUNT; k++) {
    OttoGrid grid;
    OttoGenerator Q;
    OttoDissipation d;
    Vec p, q, rate[2];

    PetscCall(Make(&cases[k], &grid, &Q));
    PetscCall(Fill(grid, Wavy, NULL, &p));
    PetscCall(Fill(grid, Wavy, &other, &q));
    for (int i = 0; i < 2; i++) PetscCall(OttoFieldCreate(grid, &rate[i]));
    PetscCall(OttoDissipationCompute(Q, &(OttoPair){.p = p, .q = q}, rate[0], rate[1], &d));
    for (int i = 0; i < OTTO_SMOOTH_COUNT; i++) {
      TestTrue(d.dissipation[i] > 0, "something is lost");
      TestClose(d.rate[i], -d.dissipation[i], 1e-12, "identity"); /* sums of a thousand terms */
    }
    PetscCall(VecDestroy(&p));
    PetscCall(VecDestroy(&q));
    for (int i = 0; i < 2; i++) PetscCall(VecDestroy(&rate[i]));
    PetscCall(Free(&grid, &Q));
  }
  return 0;
}

int main(void)
{
  return TestMain({TestResolvent, TestRates, TestDissipation});
}
