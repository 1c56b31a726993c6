/* ranks: 1
 * labels: long
 * Keller and Segel in the plane: d/dt ∫|x|²ρ = 4M(1 − M/8π) to 1e-3 below and above the critical
 * mass, by the limited flux on 64² and 128² with Richardson's extrapolation, and its order.
 */
#include "watched_descent.h"

static double Gauss(const double x[])
{
  return exp(-0.5 * (x[0] * x[0] + x[1] * x[1]) / 0.36);
}

/* The mean slope over 0.02, on [-3.4, 3.4]²: at the walls the density is 1e-7 of its maximum. */
static PetscErrorCode Slope(PetscInt64 n, PetscReal mass, const char *mobility, PetscReal *slope)
{
  PetscReal from = 0, to = 0;
  Descent s;

  PetscFunctionBegin;
  PetscCall(
      SetKeys((const char *const[]){"-energy_interaction_type", "newtonian", "-flow_mobility",
                                    mobility, "-flow_time_order", "2", "-ts_dt", "0.005", NULL}));
  PetscCall(MakeDescent(2, n, 3.4, Gauss, mass, &s));
  PetscCall(SecondMoment(s.grid, s.p, &from));
  PetscCall(Descend(&s, 0.02));
  PetscCall(SecondMoment(s.grid, s.p, &to));
  *slope = (to - from) / 0.02;
  TestTrue(s.worst_law <= 1 && s.worst_gain <= 1 && s.least >= 0, "every step");
  PetscCall(FreeDescent(&s));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestSlope(void)
{
  static const PetscReal masses[] = {4 * PETSC_PI, 10 * PETSC_PI};
  static const char *const mobilities[] = {"scharfetter_gummel", "limited"};

  PetscFunctionBegin;
  for (int i = 0; i < 2; i++)
    for (int k = 0; k < 2; k++) {
      const PetscReal M = masses[i], exact = 4 * M * (1 - M / (8 * PETSC_PI));
      PetscReal coarse = 0, fine = 0;
      PetscCall(Slope(64, M, mobilities[k], &coarse));
      PetscCall(Slope(128, M, mobilities[k], &fine));
      TestClose((4 * fine - coarse) / 3, exact, 1e-3, "slope of the second moment");
      if (i == 1) TestTrue(log2((coarse - exact) / (fine - exact)) > 1.8, "of second order in h");
    }
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestSlope});
}
