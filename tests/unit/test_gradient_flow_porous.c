/* ranks: 1 2 3
 * Law gradient_flow of powers of the density: Barenblatt's solution, its front, orders of accuracy;
 * positive and falling energy for steps of any length, from any density, by any mobility.
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
  printf("upwind %g %g order %g radius %g\n", error[0], error[1], order, radius[1]);
  TestTrue(order > 0.8 && order < 1.2, "upwind: first order in L1");
  PetscCall(Spread(32, "limited", "2", 32, &error[0], &radius[0]));
  PetscCall(Spread(64, "limited", "2", 64, &error[1], &radius[1]));
  order = log2(error[0] / error[1]);
  printf("limited %g %g order %g radius %g\n", error[0], error[1], order, radius[1]);
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

/* ---- any step from any density ---- */

static double Gauss(const double x[])
{
  return exp(-20 * (x[0] * x[0] + x[1] * x[1]));
}
static double Disc(const double x[])
{
  return x[0] * x[0] + x[1] * x[1] < 0.3;
}
static double Point(const double x[])
{
  return x[0] > 0 && x[0] < 0.15 && x[1] > 0 && x[1] < 0.15; /* one cell of [-1, 1]², 16² */
}

static const struct {
  const char *internal, *m, *mobility;
} kinds[] = {{"entropy", "2", "scharfetter_gummel"},
             {"entropy", "2", "upwind"},
             {"entropy", "2", "limited"},
             {"power", "0.5", "upwind"},
             {"power", "0.5", "limited"},
             {"power", "2", "upwind"},
             {"power", "2", "limited"},
             {"power", "3", "upwind"},
             {"power", "3", "limited"}};

static const struct {
  const char *name;
  Function f;
} starts[] = {{"Gaussian", Gauss}, {"disc", Disc}, {"point mass", Point}};

/* Times from h²/1e4 to 1e6 times that of diffusion over the box. */
static PetscErrorCode TestAnyStep(void)
{
  static const char *const lengths[] = {"1e-6", "1e-3", "1", "1e6"};

  PetscFunctionBegin;
  for (int k = 0; k < 9; k++)
    for (int i = 0; i < 3; i++)
      for (int l = 0; l < 4; l++) {
        Descent s;
        char what[160];
        OttoFlowReport report;
        PetscReal mass = 0;
        PetscCall(SetKeys((const char *const[]){"-energy_internal", kinds[k].internal, "-energy_m",
                                                kinds[k].m, "-flow_mobility", kinds[k].mobility,
                                                "-potential_type", "formula", "-potential_formula",
                                                "x^2 - y", "-ts_dt", lengths[l], NULL}));
        PetscCall(MakeDescent(2, 16, 1, starts[i].f, 1, &s));
        PetscCall(Descend(&s, atof(lengths[l])));
        PetscCall(OttoFlowGetReport(s.flow, &report));
        PetscCall(OttoFieldIntegral(s.grid, s.p, &mass));
        snprintf(what, sizeof what, "%s %s %s, %s, dt %s: %d steps, law %g, gain %g, least %g",
                 kinds[k].internal, kinds[k].m, kinds[k].mobility, starts[i].name, lengths[l],
                 (int)s.steps, (double)s.worst_law, (double)s.worst_gain, (double)s.least);
        TestTrue(s.worst_law <= 1 && s.worst_gain <= 1 && s.least >= 0, what);
        TestClose(mass, 1, 1e-14, "mass");
        if (s.steps > 1) fprintf(stderr, "%s\n", what);
        TestTrue(s.steps <= 60, what);
        PetscCall(FreeDescent(&s));
      }
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestOrder, TestIterations, TestAnyStep});
}
