/* ranks: 1
 * Law gradient_flow: positive and falling energy for steps of any length, from any density, by any
 * mobility, whatever W's sign.
 */
#include "watched_descent.h"

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
        TestTrue(s.steps <= 60, what);
        PetscCall(FreeDescent(&s));
      }
  PetscFunctionReturn(0);
}

/* ---- any step, any sign ---- */

static double Two(const double x[])
{
  const double a = x[0] - 0.4, b = x[0] + 0.5, y = x[1];
  return (a * a + y * y < 0.1) + 2 * (b * b + y * y < 0.05);
}

static PetscErrorCode TestAnySign(void)
{
  static const char *const w[] = {"3*exp(-4*r)", "-3*exp(-4*r)", "log(r)", "-log(r)", "r^2 - r"};
  static const struct {
    const char *internal, *m, *mobility;
  } others[] = {{"entropy", "2", "scharfetter_gummel"},
                {"power", "2", "limited"},
                {"none", "2", "limited"},
                {"power", "0.5", "upwind"}};
  static const char *const spans[] = {"1e-3", "0.1", "1e4"};

  PetscFunctionBegin;
  for (int k = 0; k < 4; k++)
    for (int i = 0; i < 5; i++)
      for (int l = 0; l < 3; l++) {
        Descent s;
        char what[160];
        PetscCall(SetKeys((const char *const[]){
            "-energy_internal", others[k].internal, "-energy_m", others[k].m, "-flow_mobility",
            others[k].mobility, "-energy_interaction_type", "formula",
            "-energy_interaction_formula", w[i], "-ts_dt", spans[l], NULL}));
        PetscCall(MakeDescent(2, 12, 1, Two, 1, &s));
        PetscErrorCode code = Descend(&s, atof(spans[l]));
        snprintf(what, sizeof what, "%s %s, W = %s, dt %s: %d steps, law %g, gain %g, least %g",
                 others[k].internal, others[k].m, w[i], spans[l], (int)s.steps, (double)s.worst_law,
                 (double)s.worst_gain, (double)s.least);
        TestTrue(!code, what);
        TestTrue(s.worst_law <= 1 && s.worst_gain <= 1 && s.least >= 0, what);
        PetscCall(FreeDescent(&s));
      }
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestAnyStep, TestAnySign});
}
