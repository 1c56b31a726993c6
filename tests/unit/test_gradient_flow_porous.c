/* ranks: 1 2
 * Law gradient_flow of powers of the density: Barenblatt's solution, its front, orders of accuracy,
 * Newton iterations.
 */
#include "watched_descent.h"

/* ---- Barenblatt, m = 2, two axes, mass 1: ∂ρ/∂t = Δρ² ---- */

#define SUMMIT 0.19947114020071635 /* √(1/8π): what makes the mass 8πC² 1 */

static double when;
static double Barenblatt(const double x[])
{
  const double r2 = x[0] * x[0] + x[1] * x[1];
  return fmax(0, SUMMIT - r2 / (16 * sqrt(when))) / sqrt(when);
}

/* From t = 0.5 to 1 on [-2.4, 2.4]², `steps` steps: distance in L1, radius of the front. */
static PetscErrorCode Spread(PetscInt64 n, const char *mobility, const char *order, PetscInt steps,
                             PetscReal *error, PetscReal *radius)
{
  char dt[32];
  Descent s;

  PetscFunctionBegin;
  snprintf(dt, sizeof dt, "%.17g", 0.5 / (double)steps);
  PetscCall(
      SetKeys((const char *const[]){"-energy_internal", "power", "-energy_m", "2", "-flow_mobility",
                                    mobility, "-flow_time_order", order, "-ts_dt", dt, NULL}));
  when = 0.5;
  PetscCall(MakeDescent(2, n, 2.4, Barenblatt, 1, &s));
  PetscCall(Descend(&s, 0.5));
  when = 1;
  PetscCall(DistanceTo(s.grid, s.p, Barenblatt, error));
  PetscCall(SecondMoment(s.grid, s.p, radius));
  *radius = sqrt(3 * *radius); /* ∫|x|²ρ = r²/3 of this profile */
  TestTrue(s.worst_law <= 1 && s.worst_gain <= 1 && s.least >= 0, "every step");
  PetscCall(FreeDescent(&s));
  PetscFunctionReturn(0);
}

/* dt ~ h upwind: first order. The limited flux with steps of second order: the kink at the front
 * leaves an error of h in a ring of width h^(2/3) or so, more than first order. */
static PetscErrorCode TestOrder(void)
{
  PetscReal error[2], radius[2], order;

  PetscFunctionBegin;
  PetscCall(Spread(32, "upwind", "1", 8, &error[0], &radius[0]));
  PetscCall(Spread(64, "upwind", "1", 16, &error[1], &radius[1]));
  order = log2(error[0] / error[1]);
  TestTrue(order > 0.8 && order < 1.2, "upwind: first order in L1");
  PetscCall(Spread(32, "limited", "2", 32, &error[0], &radius[0]));
  PetscCall(Spread(64, "limited", "2", 64, &error[1], &radius[1]));
  order = log2(error[0] / error[1]);
  TestTrue(order > 1.4, "limited: clearly better");
  TestClose(radius[1], 1.786488, 2e-3, "the front");
  PetscFunctionReturn(0);
}

/* 128², dt = 0.1. */
static PetscErrorCode TestIterations(void)
{
  static const char *const mobilities[] = {"upwind", "limited"};

  PetscFunctionBegin;
  for (int i = 0; i < 2; i++) {
    Descent s;
    PetscCall(
        SetKeys((const char *const[]){"-energy_internal", "power", "-energy_m", "2",
                                      "-flow_mobility", mobilities[i], "-ts_dt", "0.1", NULL}));
    when = 0.5;
    PetscCall(MakeDescent(2, 128, 2.4, Barenblatt, 1, &s));
    PetscCall(Descend(&s, 0.2));
    TestTrue(s.newton <= 8 && s.steps == 2, "at most 8 Newton iterations");
    PetscCall(FreeDescent(&s));
  }
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestOrder, TestIterations});
}
