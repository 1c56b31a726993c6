/* ranks: 1
 * The slope of U between two densities, against long doubles: near, far, at 0, where they meet.
 */
#include "fixture.h"
#include "flow/discrete_gradient.h"

typedef long double (*Energy)(long double rho);

static long double power;
static long double Entropy(long double r)
{
  return r > 0 ? r * logl(r) : 0;
}
static long double Power(long double r)
{
  return powl(r, power) / (power - 1);
}

/* Ratios b/a from 1 + 1e-14 to 1e6: long doubles cancel by as much, and have 11 bits more; nearer
 * than 1e-4 the series of the difference in its own terms is the reference: U' of the middle, whose
 * error is (w/m)²/3 of it. */
static void Check(OttoInternal U, Energy energy, const char *what)
{
  for (PetscReal a = 1e-6; a < 1e4; a *= 7.3)
    for (PetscReal gap = 1e-14; gap < 1e6; gap *= 3.7) {
      const PetscReal b = a * (1 + gap), m = 0.5 * (a + b);
      PetscReal slope[2], curvature[2], at[1], scale[1];
      const PetscReal x[2] = {a, b}, y[2] = {b, a};
      OttoDiscreteGradient(U, 2, x, y, slope, curvature);
      OttoInternalEvaluate(U, OTTO_INTERNAL_SLOPE, 1, &m, at);
      OttoInternalEvaluate(U, OTTO_INTERNAL_VALUE, 1, &m, scale);
      const long double exact =
          gap < 1e-7 ? (long double)at[0] : (energy(b) - energy(a)) / ((long double)b - a);
      const double size = fabs(at[0]) + fabs(scale[0]) / m + fabs((double)exact);
      /* 30 eps, and what the reference lacks: 1e-19/gap of long doubles, gap² of the middle */
      const double allowed = 7e-15 + (gap < 1e-7 ? 100 * gap * gap : 1e-18 / gap);
      if (!(fabsl(slope[0] - exact) <= allowed * size))
        printf("%s: a %g gap %g: %.17g, %.17Lg\n", what, a, gap, slope[0], exact);
      TestTrue(fabsl(slope[0] - exact) <= allowed * size, what);
      TestTrue(fabs(slope[0] - slope[1]) <= 7e-15 * size, "the same both ways");
      /* its derivative by b, between U''(m)/2 and as it stands: differences of the slope itself */
      const PetscReal high = b * (1 + 1e-5), low = b * (1 - 1e-5);
      PetscReal up, down;
      OttoDiscreteGradient(U, 1, &a, &high, &up, NULL);
      OttoDiscreteGradient(U, 1, &a, &low, &down, NULL);
      TestClose(curvature[0], (up - down) / (high - low), 2e-3, "its derivative");
    }
}

static PetscErrorCode TestMembers(void)
{
  static const char *const names[] = {"0.3", "0.7", "1.5", "2", "3", "20"};

  PetscFunctionBegin;
  for (int i = -1; i < 6; i++) {
    OttoGrid grid;
    OttoEnergy energy;
    PetscCall(PetscOptionsClear(NULL));
    PetscCall(PetscOptionsSetValue(NULL, "-energy_internal", i < 0 ? "entropy" : "power"));
    if (i >= 0) PetscCall(PetscOptionsSetValue(NULL, "-energy_m", names[i]));
    PetscCall(MakeUnit(1, 8, OTTO_BOUNDARY_NO_FLUX, &grid));
    PetscCall(OttoEnergyCreate(grid, &energy));
    if (i >= 0) power = (long double)atof(names[i]);
    Check(OttoEnergyGetInternal(energy), i < 0 ? Entropy : Power, i < 0 ? "entropy" : names[i]);
    PetscCall(OttoEnergyDestroy(&energy));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

/* Towards 0: (U(b) − U(0))/b of an empty cell, U'(0) of one that stays empty. */
static PetscErrorCode TestEmpty(void)
{
  const PetscReal a[3] = {0, 0, 2}, b[3] = {0, 2, 0};
  PetscReal slope[3];
  OttoGrid grid;
  OttoEnergy energy;

  PetscFunctionBegin;
  PetscCall(MakeUnit(1, 8, OTTO_BOUNDARY_NO_FLUX, &grid));
  PetscCall(PetscOptionsClear(NULL));
  PetscCall(OttoEnergyCreate(grid, &energy));
  OttoDiscreteGradient(OttoEnergyGetInternal(energy), 3, a, b, slope, NULL);
  TestTrue(slope[0] == -INFINITY, "entropy of a cell that stays empty");
  TestClose(slope[1], log(2), 1e-15, "of one that fills");
  TestClose(slope[2], log(2), 1e-15, "of one that empties");
  PetscCall(OttoEnergyDestroy(&energy));
  PetscCall(PetscOptionsSetValue(NULL, "-energy_internal", "power"));
  PetscCall(PetscOptionsSetValue(NULL, "-energy_m", "3"));
  PetscCall(OttoEnergyCreate(grid, &energy));
  OttoDiscreteGradient(OttoEnergyGetInternal(energy), 3, a, b, slope, NULL);
  TestClose(slope[0], 0, 0, "power of a cell that stays empty");
  TestClose(slope[1], 2, 1e-15, "of one that fills: ½ 2³/2");
  TestClose(slope[2], 2, 1e-15, "of one that empties");
  PetscCall(OttoEnergyDestroy(&energy));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestMembers, TestEmpty});
}
