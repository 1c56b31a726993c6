/* ranks: 1 2 3
 * Law gradient_flow: orders in time, one linear solve a step, what is kept and rests, steps refused
 * and shortened, keys refused, any number of ranks.
 */
#include "watched_descent.h"

static double Waves(const double x[])
{
  return 1 + 0.4 * cos(2 * PETSC_PI * x[0]) + 0.2 * sin(PETSC_PI * x[0]);
}

/* ---- orders in time ---- */

/* One problem on one grid, V changing in time, W there: from its density to t = 0.1. */
static PetscErrorCode Run(const char *internal, const char *mobility, const char *scheme,
                          const char *order, int steps, Vec *p, OttoGrid *grid)
{
  char dt[32];
  Descent s;

  PetscFunctionBegin;
  snprintf(dt, sizeof dt, "%.17g", 0.1 / steps);
  PetscCall(SetKeys((const char *const[]){"-energy_internal",
                                          internal,
                                          "-energy_m",
                                          "2",
                                          "-temperature",
                                          "0.3",
                                          "-flow_mobility",
                                          mobility,
                                          "-flow_scheme",
                                          scheme,
                                          "-flow_time_order",
                                          order,
                                          "-potential_type",
                                          "formula",
                                          "-potential_formula",
                                          "0.5*(1 + 20*t)*x^2",
                                          "-energy_interaction_type",
                                          "gaussian",
                                          "-energy_interaction_strength",
                                          "-1",
                                          "-energy_interaction_length",
                                          "0.4",
                                          "-ts_dt",
                                          dt,
                                          "-snes_atol",
                                          "1e-13",
                                          NULL}));
  PetscCall(MakeDescent(1, 40, 1, Waves, 1, &s));
  PetscCall(OttoFlowAdvance(s.flow, 0.1));
  TestTrue(OttoFlowGetTime(s.flow) == 0.1, "time reached exactly");
  PetscCall(PetscObjectReference((PetscObject)s.p));
  *p = s.p;
  *grid = s.grid;
  s.grid = NULL;
  PetscCall(FreeDescent(&s));
  PetscFunctionReturn(0);
}

static PetscErrorCode Error(const char *internal, const char *mobility, const char *scheme,
                            const char *order, int steps, Vec exact, PetscReal *error)
{
  OttoGrid grid;
  Vec p;

  PetscFunctionBegin;
  PetscCall(Run(internal, mobility, scheme, order, steps, &p, &grid));
  PetscCall(VecAXPY(p, -1, exact));
  PetscCall(VecNorm(p, NORM_1, error));
  PetscCall(VecDestroy(&p));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestOrders(void)
{
  static const char *const kinds[][2] = {{"entropy", "scharfetter_gummel"}, {"power", "upwind"}};
  static const struct {
    const char *scheme, *order;
    double is;
  } methods[] = {{"implicit", "1", 1}, {"semi_implicit", "1", 1}, {"implicit", "2", 2}};

  PetscMPIInt size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  if (size > 1) PetscFunctionReturn(0); /* hundreds of steps that TestRanks() finds alike */
  for (int k = 0; k < 2; k++) {
    OttoGrid grid;
    Vec exact;
    PetscCall(Run(kinds[k][0], kinds[k][1], "implicit", "2", 160, &exact, &grid));
    for (int m = 0; m < 3; m++) {
      PetscReal error[2];
      for (int i = 0; i < 2; i++)
        PetscCall(Error(kinds[k][0], kinds[k][1], methods[m].scheme, methods[m].order, 10 << i,
                        exact, &error[i]));
      const double order = log2(error[0] / error[1]);
      /* the next order in dt spoils it by dt·rate = 0.0025·10 or so */
      if (!(fabs(order - methods[m].is) < 0.12))
        printf("%s %s %s: %g %g, order %g\n", kinds[k][0], methods[m].scheme, methods[m].order,
               (double)error[0], (double)error[1], order);
      TestTrue(fabs(order - methods[m].is) < 0.12, "order in time");
    }
    PetscCall(VecDestroy(&exact));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

/* The cell in the middle of 25. */
static double Point(const double x[])
{
  return x[0] > -0.04 && x[0] < 0.04;
}

/* ---- one linear solve ---- */

/* Entropy by scharfetter_gummel without W is linear: the schemes are the same. A long step into
 * the wells of V alone is refused: it would be negative. */
static PetscErrorCode TestOnce(void)
{
  PetscReal apart = 0;
  OttoFlowReport report;
  Descent s, other;

  PetscFunctionBegin;
  PetscCall(SetKeys((const char *const[]){"-ts_dt", "0.05", NULL}));
  PetscCall(MakeDescent(1, 50, 1, Waves, 1, &s));
  PetscCall(Descend(&s, 0.2));
  PetscCall(
      SetKeys((const char *const[]){"-ts_dt", "0.05", "-flow_scheme", "semi_implicit", NULL}));
  PetscCall(MakeDescent(1, 50, 1, Waves, 1, &other));
  PetscCall(Descend(&other, 0.2));
  PetscCall(VecAXPY(other.p, -1, s.p));
  PetscCall(VecNorm(other.p, NORM_1, &apart));
  /* four steps, each within 1e-11 of the mass, which is 25 cells' worth */
  TestTrue(apart <= 4e-11 * 25, "the linear case is the implicit step");
  TestTrue(other.worst_moment <= 1e-12 && other.worst_gain <= 1, "its account");
  PetscCall(FreeDescent(&other));
  PetscCall(FreeDescent(&s));
  PetscCall(SetKeys((const char *const[]){"-energy_internal", "none", "-potential_type", "formula",
                                          "-potential_formula", "20*cos(9*x)", "-ts_dt", "0.01",
                                          "-flow_scheme", "semi_implicit", NULL}));
  PetscCall(MakeDescent(1, 25, 1, Waves, 1, &s));
  PetscCall(Descend(&s, 0.01));
  PetscCall(OttoFlowGetReport(s.flow, &report));
  TestTrue(report.rejected > 0 && report.negative > 0, "steps too long are refused");
  TestTrue(s.least >= 0 && s.worst_gain <= 1, "what is accepted is positive and loses energy");
  PetscCall(FreeDescent(&s));
  PetscFunctionReturn(0);
}

/* ---- refused and shortened ---- */

/* Of second order a full cell cannot lose more than it has in a step: with walls of h = 0.08 steps
 * above h²/2T or so would make it negative. */
static PetscErrorCode TestRefused(void)
{
  OttoFlowReport report;
  PetscInt count = 0;
  const PetscReal *times;
  Descent s;

  PetscFunctionBegin;
  PetscCall(SetKeys((const char *const[]){"-flow_time_order", "2", "-ts_dt", "0.1", NULL}));
  PetscCall(MakeDescent(1, 25, 1, Point, 1, &s));
  PetscCall(Descend(&s, 0.2));
  PetscCall(OttoFlowGetReport(s.flow, &report));
  PetscCall(OttoFlowGetTimes(s.flow, &count, &times));
  TestTrue(report.rejected > 0, "refused");
  TestTrue(report.steps == s.steps && count == s.steps, "accepted steps are counted");
  TestTrue(times[0] < 0.1 && times[count - 1] == 0.2, "shorter, and to the end");
  TestTrue(s.least >= 0 && s.worst_gain <= 1 && s.worst_law <= 1, "what is accepted");
  TestTrue(report.mass_drift < 1e-13, "mass");
  PetscCall(FreeDescent(&s));
  /* solvers without an iteration: all steps are refused, and the state stays */
  PetscCall(SetKeys((const char *const[]){"-energy_internal", "power", "-energy_m", "2", "-ts_dt",
                                          "1", "-ksp_max_it", "0", NULL}));
  PetscCall(MakeDescent(1, 25, 1, Waves, 1, &s));
  Vec before;
  PetscReal apart = 0;
  PetscCall(VecDuplicate(s.p, &before));
  PetscCall(VecCopy(s.p, before));
  TestFails(OttoFlowAdvance(s.flow, 1), OTTO_ERR_SOLVER, "time stepping stopped at t = 0");
  PetscCall(VecAXPY(before, -1, s.p));
  PetscCall(VecNorm(before, NORM_1, &apart));
  PetscCall(OttoFlowGetReport(s.flow, &report));
  TestTrue(apart == 0, "the state before stays");
  TestTrue(report.steps == 0 && report.rejected > 10, "how often it was tried");
  PetscCall(VecDestroy(&before));
  PetscCall(FreeDescent(&s));
  PetscFunctionReturn(0);
}

/* Whether a step begins where the last one ended, both densities. */
typedef struct {
  Vec p;
  PetscBool same;
} Last;

static PetscErrorCode Follow(OttoFlow flow, PetscReal t_before, PetscReal t, Vec p_before,
                             Vec q_before, Vec p, Vec q, void *context)
{
  Last *last = (Last *)context;
  PetscReal apart = 0;

  PetscFunctionBegin;
  (void)flow, (void)t_before, (void)t, (void)q_before, (void)q;
  PetscCall(VecAXPY(last->p, -1, p_before));
  PetscCall(VecNorm(last->p, NORM_1, &apart));
  if (apart != 0) last->same = PETSC_FALSE;
  PetscCall(VecCopy(p, last->p));
  PetscFunctionReturn(0);
}

/* p's step succeeds, q's is refused: p goes back as well. */
static PetscErrorCode TestTogether(void)
{
  const PetscInt64 n = 25;
  OttoFlowReport report;
  Last last = {NULL, PETSC_TRUE};
  Descent s = {0};

  PetscFunctionBegin;
  PetscCall(SetKeys((const char *const[]){"-flow_time_order", "2", "-ts_dt", "0.01", NULL}));
  PetscCall(MakeCube(1, &n, -1, 1, OTTO_BOUNDARY_NO_FLUX, &s.grid));
  PetscCall(FillDensity(s.grid, Waves, &s.p));
  PetscCall(FillDensity(s.grid, Point, &s.q));
  PetscCall(MakeDescentOn(&s));
  PetscCall(VecDuplicate(s.p, &last.p));
  PetscCall(VecCopy(s.p, last.p));
  PetscCall(OttoFlowSetStepFunction(s.flow, Follow, &last));
  PetscCall(OttoFlowAdvance(s.flow, 0.02));
  PetscCall(OttoFlowGetReport(s.flow, &report));
  TestTrue(report.rejected > 0 && last.same, "a refused step leaves both densities as they were");
  PetscCall(VecDestroy(&last.p));
  PetscCall(FreeDescent(&s));
  PetscFunctionReturn(0);
}

/* ---- kept, and at rest ---- */

static PetscErrorCode Start(Descent *s)
{
  PetscFunctionBegin;
  PetscCall(SetKeys(
      (const char *const[]){"-energy_internal", "power", "-energy_m", "3", "-flow_time_order", "2",
                            "-ts_dt", "0.05", "-potential_type", "formula", "-potential_formula",
                            "5*(1 + t)*x^2", "-energy_interaction_type", "quadratic", NULL}));
  PetscCall(MakeDescent(1, 30, 1, Waves, 1, s));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestKept(void)
{
  Descent s, other;
  OttoKeep keep;
  OttoFlowReport a, b;
  OttoEnergyParts e, f;
  PetscReal apart = 0;

  PetscFunctionBegin;
  PetscCall(Start(&s));
  PetscCall(OttoFlowAdvance(s.flow, 0.12));
  PetscCall(OttoKeepCreate(&keep));
  PetscCall(OttoKeepSetDirection(keep, OTTO_KEEP_ADD));
  PetscCall(OttoFlowKeep(s.flow, keep));
  PetscCall(OttoFlowRest(s.flow));
  PetscCall(OttoFlowAdvance(s.flow, 0.3));
  PetscCall(Start(&other));
  PetscCall(OttoKeepSetDirection(keep, OTTO_KEEP_TAKE));
  PetscCall(OttoFlowKeep(other.flow, keep));
  TestClose(OttoFlowGetTime(other.flow), 0.12, 0, "time");
  PetscCall(OttoFlowAdvance(other.flow, 0.3));
  PetscCall(OttoFlowGetReport(s.flow, &a));
  PetscCall(OttoFlowGetReport(other.flow, &b));
  TestTrue(a.steps == b.steps && a.rejected == b.rejected && a.iterations == b.iterations,
           "the same steps");
  PetscCall(OttoEnergyEvaluate(s.energy, s.p, &e));
  PetscCall(OttoEnergyEvaluate(other.energy, other.p, &f));
  TestTrue(e.total == f.total, "the same energy, V of the same time");
  PetscCall(VecAXPY(other.p, -1, s.p));
  PetscCall(VecNorm(other.p, NORM_1, &apart));
  TestTrue(apart == 0, "the same density, bit by bit");
  PetscCall(OttoKeepDestroy(&keep));
  PetscCall(FreeDescent(&other));
  PetscCall(FreeDescent(&s));
  PetscFunctionReturn(0);
}

/* ---- any number of ranks ---- */

static double Hill(const double x[])
{
  return exp(-6 * ((x[0] - 0.2) * (x[0] - 0.2) + x[1] * x[1]));
}

static PetscErrorCode OnRanks(MPI_Comm comm, Descent *s)
{
  const PetscInt64 n[2] = {17, 13};
  const PetscReal lower[2] = {-1, -1}, upper[2] = {1, 1};
  const OttoBoundary wall[2] = {OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_NO_FLUX};

  PetscFunctionBegin;
  *s = (Descent){0};
  PetscCall(MakeBoxOn(comm, 2, n, lower, upper, wall, &s->grid));
  PetscCall(FillDensity(s->grid, Hill, &s->p));
  PetscCall(MakeDescentOn(s));
  PetscCall(OttoFlowAdvance(s->flow, 0.1));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestRanks(void)
{
  PetscFunctionBegin;
  for (int k = 0; k < 3; k++) {
    const PetscScalar *a, *b;
    PetscReal apart = 0, most = 0;
    Descent all, one;
    PetscCall(SetKeys((const char *const[]){
        "-energy_internal", k ? "power" : "entropy", "-energy_m", k == 1 ? "2" : "0.6",
        "-energy_interaction_type", "gaussian", "-energy_interaction_strength", "-2",
        "-energy_interaction_length", "0.3", "-ts_dt", "0.05", NULL}));
    PetscCall(OnRanks(PETSC_COMM_SELF, &one));
    PetscCall(OnRanks(PETSC_COMM_WORLD, &all));
    PetscCall(VecGetArrayRead(all.p, &a));
    PetscCall(VecGetArrayRead(one.p, &b));
    for (PetscInt64 c = 0; c < all.g->local_cells; c++) {
      PetscInt64 idx[OTTO_MAX_DIM];
      OttoGridCellIndex(all.g, c, idx);
      apart = PetscMax(apart, fabs(a[c] - b[idx[0] * all.g->n[1] + idx[1]]));
      most = PetscMax(most, fabs(a[c]));
    }
    PetscCall(VecRestoreArrayRead(one.p, &b));
    PetscCall(VecRestoreArrayRead(all.p, &a));
    TestTrue(apart <= 1e-10 * (1 + most), "the same density as one rank has");
    TestClose(OttoFlowGetGradientStep(all.flow, 0)->dissipation,
              OttoFlowGetGradientStep(one.flow, 0)->dissipation, 1e-9, "the same dissipation");
    PetscCall(FreeDescent(&all));
    PetscCall(FreeDescent(&one));
  }
  PetscFunctionReturn(0);
}

/* ---- keys ---- */

static PetscErrorCode Refused(const char *key, const char *value, const char *also, const char *as,
                              const char *part)
{
  Descent s = {0};
  const PetscInt64 n[2] = {8, 8};
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(SetKeys((const char *const[]){key, value, also, as, NULL}));
  PetscCall(MakeCube(2, n, -1, 1, OTTO_BOUNDARY_NO_FLUX, &s.grid));
  PetscCall(FillDensity(s.grid, Waves, &s.p));
  code = MakeDescentOn(&s);
  TestTrue(code == OTTO_ERR_INPUT, key);
  if (!strstr(OttoErrorMessage(), part)) printf("%s: %s\n", key, OttoErrorMessage());
  TestTrue(strstr(OttoErrorMessage(), part) != NULL, part);
  OttoErrorClear();
  PetscCall(FreeDescent(&s));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestKeys(void)
{
  PetscFunctionBegin;
  PetscCall(Refused("-flow_scheme", "explicit", NULL, NULL, "flow_scheme"));
  PetscCall(Refused("-flow_time_order", "3", NULL, NULL, "flow_time_order"));
  PetscCall(Refused("-flow_time_order", "2", "-flow_scheme", "semi_implicit", "has order 1"));
  PetscCall(Refused("-ts_dt", "0", NULL, NULL, "ts_dt: 0"));
  PetscCall(Refused("-ts_max_steps", "-1", NULL, NULL, "ts_max_steps: -1"));
  PetscCall(Refused("-ts_type", "cn", NULL, NULL, "ts_type"));
  PetscCall(Refused("-snes_type", "nonsense", NULL, NULL, "snes_type"));
  PetscCall(Refused("-pc_type", "nonsense", NULL, NULL, "pc_type"));
  PetscCall(
      Refused("-flow_mobility", "scharfetter_gummel", "-energy_internal", "none", "flow_mobility"));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestOrders, TestOnce, TestRefused, TestTogether, TestKept, TestRanks, TestKeys});
}
