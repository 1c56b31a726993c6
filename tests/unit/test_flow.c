/* ranks: 1 2 3 4
 * Time stepping: orders against the exact exponential of the chain, mass, positivity, exact rows.
 */
#include "fixture.h"
#include "grid/planes.h"
#include <otto/flow.h>

/* A no-flux box without potential: cos modes of the DCT decay at exact rates of the chain. */
typedef struct {
  OttoGrid grid;
  OttoGenerator Q;
  OttoResolvent R;
  OttoFlow flow;
  Vec p, q;
} Problem;

static PetscErrorCode Set(const char *const options[])
{
  PetscFunctionBegin;
  PetscCall(PetscOptionsClear(NULL));
  for (int i = 0; options[i]; i += 2)
    PetscCall(PetscOptionsSetValue(NULL, options[i], options[i + 1]));
  PetscFunctionReturn(0);
}

static PetscReal Waves(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *of)
{
  (void)cell, (void)dim;
  return 1 + of[0] * cos(PETSC_PI * x[0]) + of[1] * cos(2 * PETSC_PI * x[1]);
}

static PetscErrorCode Start(PetscInt n, Problem *s)
{
  const PetscInt64 sizes[2] = {n, n - 3};
  const PetscReal lower[2] = {0, 0}, upper[2] = {1, 1};
  const OttoBoundary wall[2] = {OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_PERIODIC};

  PetscFunctionBegin;
  PetscCall(MakeBox(2, sizes, lower, upper, wall, &s->grid));
  PetscCall(OttoGeneratorCreate(s->grid, &s->Q));
  PetscCall(OttoGeneratorSetFromOptions(s->Q));
  PetscCall(OttoGeneratorSetUp(s->Q));
  PetscCall(OttoResolventCreate(s->Q, &s->R));
  PetscCall(OttoResolventSetFromOptions(s->R));
  PetscCall(OttoFieldCreate(s->grid, &s->p));
  PetscCall(OttoFieldCreate(s->grid, &s->q));
  PetscCall(FillValues(s->grid, Waves, (PetscReal[]){0.5, 0.2}, s->p));
  PetscCall(FillValues(s->grid, Waves, (PetscReal[]){-0.3, 0.1}, s->q));
  PetscCall(OttoFlowCreateFokkerPlanck(s->Q, s->R, s->p, s->q, &s->flow));
  PetscCall(OttoFlowSetFromOptions(s->flow));
  PetscCall(OttoFlowSetUp(s->flow));
  PetscFunctionReturn(0);
}

static PetscErrorCode Stop(Problem *s)
{
  PetscFunctionBegin;
  PetscCall(OttoFlowDestroy(&s->flow));
  PetscCall(OttoResolventDestroy(&s->R));
  PetscCall(OttoGeneratorDestroy(&s->Q));
  PetscCall(VecDestroy(&s->p));
  PetscCall(VecDestroy(&s->q));
  PetscCall(OttoGridDestroy(&s->grid));
  PetscFunctionReturn(0);
}

/* Largest error at time t against the chain's own exponential of 1 + a cos πx + b cos 2πy. */
static PetscErrorCode ErrorOf(Problem *s, Vec p, PetscReal a, PetscReal b, PetscReal t,
                              PetscReal *error)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  const PetscReal x = 2 * sin(PETSC_PI * g->h[0] / 2) / g->h[0];
  const PetscReal y = 2 * sin(PETSC_PI * g->h[1]) / g->h[1];
  Vec exact;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(p, &exact));
  PetscCall(
      FillValues(s->grid, Waves, (PetscReal[]){a * exp(-x * x * t), b * exp(-y * y * t)}, exact));
  PetscCall(VecAXPY(exact, -1, p));
  PetscCall(VecNorm(exact, NORM_INFINITY, error));
  PetscCall(VecDestroy(&exact));
  PetscFunctionReturn(0);
}

/* The larger of p's and q's. */
static PetscErrorCode Error(Problem *s, PetscReal t, PetscReal *error)
{
  PetscReal of_p = 0, of_q = 0;

  PetscFunctionBegin;
  PetscCall(ErrorOf(s, s->p, 0.5, 0.2, t, &of_p));
  PetscCall(ErrorOf(s, s->q, -0.3, 0.1, t, &of_q));
  *error = PetscMax(of_p, of_q);
  PetscFunctionReturn(0);
}

/* The integrator's order in dt, against the exact exponential; masses kept to rounding. */
static PetscErrorCode TestOrders(void)
{
  static const struct {
    const char *type;
    double order;
  } methods[] = {{"beuler", 1}, {"cn", 2}, {"bdf", 2}, {"arkimex", 3}};

  for (int m = 0; m < 4; m++) {
    PetscReal error[2] = {0};
    for (int k = 0; k < 2; k++) {
      Problem s;
      OttoFlowReport report;
      PetscCall(
          Set((const char *const[]){"-ts_type", methods[m].type, "-ts_dt", k ? "0.0025" : "0.005",
                                    "-ts_adapt_type", "none", "-ksp_rtol", "1e-13", NULL}));
      PetscCall(Start(13, &s));
      PetscCall(OttoFlowAdvance(s.flow, 0.02));
      PetscCall(OttoFlowAdvance(s.flow, 0.05));
      PetscCall(Error(&s, 0.05, &error[k]));
      PetscCall(OttoFlowGetReport(s.flow, &report));
      TestTrue(report.steps == (k ? 20 : 10), "steps of ts_dt that fit the times");
      TestTrue(report.rejected == 0, "nothing rejected");
      TestTrue(report.mass_drift < 1e-13, "mass kept");
      TestClose(OttoFlowGetTime(s.flow), 0.05, 0, "time reached exactly");
      PetscCall(Stop(&s));
    }
    PetscReal order = log2(error[0] / error[1]);
    /* halving dt once: the next order in dt spoils the estimate by about 0.2 */
    if (!(fabs(order - methods[m].order) < 0.25))
      printf("%s: errors %g %g, order %g\n", methods[m].type, (double)error[0], (double)error[1],
             (double)order);
    TestTrue(fabs(order - methods[m].order) < 0.25, methods[m].type);
  }
  return 0;
}

/* Implicit Euler from a point mass, any dt: no cell is 0 or negative, mass stays. */
static PetscErrorCode TestPositive(void)
{
  static const char *const steps[] = {"1e-6", "1e-3", "1", "1e6"};

  for (int k = 0; k < 4; k++) {
    Problem s;
    PetscReal least = 0, dt = atof(steps[k]);
    OttoFlowReport report;
    PetscCall(Set((const char *const[]){"-potential_type", "formula", "-potential_formula",
                                        "20*cos(6*x)*sin(2*_pi*y)", "-ts_dt", steps[k], NULL}));
    PetscCall(Start(13, &s));
    const OttoGridInfo *g = OttoGridGetInfo(s.grid);
    PetscCall(OttoFlowDestroy(&s.flow));
    PetscCall(VecZeroEntries(s.p));
    if (OttoGridPlanes(g).start == 0)
      PetscCall(VecSetValue(s.p, 0, 1 / g->cell_volume, INSERT_VALUES));
    PetscCall(VecAssemblyBegin(s.p));
    PetscCall(VecAssemblyEnd(s.p));
    PetscCall(OttoFlowCreateFokkerPlanck(s.Q, s.R, s.p, NULL, &s.flow));
    PetscCall(OttoFlowSetFromOptions(s.flow));
    PetscCall(OttoFlowSetUp(s.flow));
    PetscCall(OttoFlowAdvance(s.flow, 3 * dt));
    PetscCall(OttoFieldRange(s.grid, s.p, &least, NULL));
    PetscCall(OttoFlowGetReport(s.flow, &report));
    TestTrue(least >= 0, "no negative cell");
    if (dt >= 1) TestTrue(least > 0, "mass everywhere");
    TestTrue(report.mass_drift < 1e-14, "mass kept");

    TestTrue(report.steps == 3 && report.rejected == 0, "three steps");
    TestTrue(OttoFlowIsImplicitEuler(s.flow) && !OttoFlowHasNoise(s.flow), "implicit Euler");
    PetscCall(Stop(&s));
  }
  return 0;
}

/* As Start(), p a point mass, and q unless it is not wanted. */
static PetscErrorCode StartRough(PetscBool with_q, Problem *s)
{
  PetscFunctionBegin;
  PetscCall(Start(13, s));
  PetscCall(OttoFlowDestroy(&s->flow));
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  PetscCall(VecZeroEntries(s->p));
  if (OttoGridPlanes(g).start == 0)
    PetscCall(VecSetValue(s->p, 0, 1 / g->cell_volume, INSERT_VALUES));
  PetscCall(VecAssemblyBegin(s->p));
  PetscCall(VecAssemblyEnd(s->p));
  PetscCall(OttoFlowCreateFokkerPlanck(s->Q, s->R, s->p, with_q ? s->q : NULL, &s->flow));
  PetscCall(OttoFlowSetFromOptions(s->flow));
  PetscCall(OttoFlowSetUp(s->flow));
  PetscFunctionReturn(0);
}

/* A method of second order with too long steps makes rough data negative: rejected, then good. */
static PetscErrorCode TestRejected(void)
{
  Problem s;
  PetscReal least = 0, most = 0;
  OttoFlowReport report;

  PetscCall(Set((const char *const[]){"-ts_type", "cn", "-ts_dt", "0.5", NULL}));
  PetscCall(StartRough(PETSC_FALSE, &s));
  PetscCall(OttoFlowAdvance(s.flow, 0.5));
  PetscCall(OttoFieldRange(s.grid, s.p, &least, &most));
  PetscCall(OttoFlowGetReport(s.flow, &report));
  TestTrue(report.rejected > 0 && report.negative > 0, "rejected for negativity");
  TestTrue(report.negative <= report.rejected, "each is one rejection");
  TestTrue(least >= -1e-13 * most, "nothing negative is left");
  TestTrue(OttoFlowHasNoise(s.flow), "noise is announced");
  PetscCall(Stop(&s));
  return 0;
}

typedef struct {
  PetscReal t;
  int calls;
} Seen;

static PetscErrorCode See(OttoFlow flow, PetscReal t_before, PetscReal t, Vec p_before,
                          Vec q_before, Vec p, Vec q, void *context)
{
  Seen *seen = (Seen *)context;
  PetscReal change = 0;
  Vec d;

  PetscFunctionBegin;
  (void)flow, (void)q_before, (void)q;
  TestClose(t_before, seen->t, 1e-14, "a step starts where the last ended");
  PetscCall(VecDuplicate(p, &d));
  PetscCall(VecWAXPY(d, -1, p_before, p));
  PetscCall(VecNorm(d, NORM_INFINITY, &change));
  PetscCall(VecDestroy(&d));
  TestTrue(change > 1e-6, "p before the step is not p after it");
  seen->t = t;
  seen->calls++;
  PetscFunctionReturn(0);
}

/* Error control, the step function, bad input, and a solver that gives up. */
static PetscErrorCode TestControl(void)
{
  Problem s;
  PetscReal error = 1;
  Seen seen = {0, 0};

  PetscCall(Set((const char *const[]){"-ts_type", "bdf", "-ts_dt", "1e-4", "-ts_adapt_type",
                                      "basic", "-ts_rtol", "1e-6", "-ts_atol", "1e-6", NULL}));
  PetscCall(Start(13, &s));
  PetscCall(OttoFlowSetStepFunction(s.flow, See, &seen));
  PetscCall(OttoFlowAdvance(s.flow, 0.05));
  PetscCall(OttoFlowAdvance(s.flow, 0.1));
  PetscCall(Error(&s, 0.1, &error));
  TestTrue(error < 1e-4, "error control works"); /* local errors of 1e-6 over some 50 steps */
  TestTrue(seen.calls > 10 && seen.calls < 500, "steps are adapted");
  TestClose(seen.t, 0.1, 1e-15, "the last step ends at the time asked for");
  PetscCall(Stop(&s));

  PetscCall(Set((const char *const[]){"-ts_type", "rk", NULL}));
  PetscErrorCode code = Start(13, &s);
  TestTrue(code == OTTO_ERR_INPUT && strstr(OttoErrorMessage(), "ts_type"),
           "explicit type refused");
  OttoErrorClear();
  PetscCall(Stop(&s));

  PetscCall(Set((const char *const[]){"-ts_dt", "1", "-ksp_max_it", "1", "-ksp_type", "richardson",
                                      "-pc_type", "none", "-ts_max_reject", "2", NULL}));
  PetscCall(Start(13, &s));
  TestFails(OttoFlowAdvance(s.flow, 1), OTTO_ERR_SOLVER, "time stepping stopped");
  PetscCall(Error(&s, 0, &error));
  TestTrue(error < 1e-15, "the last good state is kept");
  PetscCall(Stop(&s));
  PetscCall(PetscOptionsClear(NULL));
  return 0;
}

/* A flow that may take no more steps says so, and keeps what it has reached. */
static PetscErrorCode TestMaxSteps(void)
{
  static const char *const most[] = {"0", "3"};

  for (int k = 0; k < 2; k++) {
    Problem s;
    PetscReal error = 1;
    PetscCall(Set((const char *const[]){"-ts_type", "cn", "-ts_dt", "0.001", "-ts_max_steps",
                                        most[k], NULL}));
    PetscCall(Start(13, &s));
    if (k) PetscCall(OttoFlowAdvance(s.flow, 0.002));
    TestFails(OttoFlowAdvance(s.flow, 0.01), OTTO_ERR_SOLVER, "ts_max_steps");
    TestClose(OttoFlowGetTime(s.flow), k ? 0.003 : 0, 1e-15, "time of the last step");
    PetscCall(Error(&s, k ? 0.003 : 0, &error));
    TestTrue(error < 1e-4, "the state of that time is kept"); /* second order: 1e-5; a step: 1e-2 */
    PetscCall(Stop(&s));
  }
  PetscCall(Set((const char *const[]){"-ts_max_steps", "-3", NULL}));
  Problem s;
  TestFails(Start(13, &s), OTTO_ERR_INPUT, "ts_max_steps: -3");
  PetscCall(Stop(&s));
  PetscCall(PetscOptionsClear(NULL));
  return 0;
}

/* Steps refused for negativity grow back to ts_dt, each refusal counted; q, smooth, is then known
 * no worse than in equal steps of ts_dt: the method keeps its order where its steps change. */
static PetscErrorCode TestGrowth(void)
{
  static const char *const types[] = {"cn", "bdf"};

  for (int m = 0; m < 2; m++) {
    PetscReal error[2] = {0, 0};
    for (int rough = 0; rough < 2; rough++) {
      OttoFlowReport report;
      Problem s;
      PetscCall(Set((const char *const[]){"-ts_type", types[m], "-ts_dt", "0.04", "-ts_adapt_type",
                                          "none", "-ksp_rtol", "1e-12", NULL}));
      PetscCall(rough ? StartRough(PETSC_TRUE, &s) : Start(13, &s));
      PetscCall(OttoFlowAdvance(s.flow, 1));
      PetscCall(OttoFlowGetReport(s.flow, &report));
      TestTrue((report.negative > 0) == (rough > 0) && report.rejected == report.negative,
               "refused where p is a point mass, and counted");
      /* a quarter of ts_dt to the end: a hundred steps */
      TestTrue(rough ? report.steps > 25 && report.steps < 60 : report.steps == 25, "grown back");
      PetscCall(ErrorOf(&s, s.q, -0.3, 0.1, 1, &error[rough]));
      PetscCall(Stop(&s));
    }
    TestTrue(error[1] <= error[0], types[m]);
  }
  PetscCall(PetscOptionsClear(NULL));
  return 0;
}

/* Steps refused too often for negativity: the reason in words, and what to do. */
static PetscErrorCode TestReasons(void)
{
  static const char *const types[] = {"cn", "theta"};

  for (int k = 0; k < 2; k++) {
    Problem s;
    PetscReal mass = 0;
    PetscCall(Set(
        (const char *const[]){"-ts_type", types[k], "-ts_dt", "0.2", "-ts_max_reject", "0", NULL}));
    PetscCall(StartRough(PETSC_TRUE, &s));
    TestFails(OttoFlowAdvance(s.flow, 2), OTTO_ERR_SOLVER,
              "a density becomes negative in steps of 0.2 and more (ts_max_reject); use ts_type "
              "beuler, or a smaller ts_dt");
    PetscCall(OttoFieldIntegral(s.grid, s.p, &mass));
    TestClose(mass, 1, 1e-12, "the last good state is kept");
    PetscCall(Stop(&s));
  }
  PetscCall(PetscOptionsClear(NULL));
  return 0;
}

/* Forces that stop being finite between steps and in their midst: the state before is kept. */
static PetscErrorCode TestBroken(void)
{
  static const char *const keys[][4] = {
      {"-potential_type", "-potential_formula", "0*sqrt(0.0035-t)", "potential_formula"},
      {"-drift_type", "-drift_formula", "0*x, 0*sqrt(0.0035-t)", "drift_formula"}};
  static const char *const types[] = {"beuler", "cn", "theta", "bdf", "arkimex"};

  for (int k = 0; k < 10; k++) {
    const char *const *key = keys[k % 2];
    PetscReal error = 1, t = 0.003;
    Problem s;
    PetscCall(
        Set((const char *const[]){"-ts_type", types[k / 2], "-ts_dt", "0.001", "-ts_adapt_type",
                                  "none", key[0], "formula", key[1], key[2], NULL}));
    PetscCall(Start(13, &s));
    PetscErrorCode code = OttoFlowAdvance(s.flow, 0.01);
    TestTrue(code == OTTO_ERR_SOLVER, "a failure of stepping, on every rank");
    TestTrue(strstr(OttoErrorMessage(), key[3]) && strstr(OttoErrorMessage(), ", t = 0.00") &&
                 strstr(OttoErrorMessage(), "gives nan") && strstr(OttoErrorMessage(), "(0."),
             "key, value, time and place");
    OttoErrorClear();
    TestClose(OttoFlowGetTime(s.flow), t, 1e-12, "time of the last good state");
    PetscCall(Error(&s, t, &error));
    TestTrue(error < 0.01, "the last good state"); /* first order: 3e-3 in three steps; one: 0.01 */
    PetscCall(OttoGeneratorSetTime(s.Q, t));
    PetscCall(Stop(&s));
  }
  PetscCall(PetscOptionsClear(NULL));
  return 0;
}

/* Two densities above 2^30 cells are more numbers than 32-bit indices count: said before any memory
 * is asked for. */
static PetscErrorCode TestTooMany(void)
{
  const PetscInt64 sizes[2] = {40000, 30000};
  const PetscReal lower[2] = {0, 0}, upper[2] = {1, 1};
  const OttoBoundary wall[2] = {OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_NO_FLUX};
  OttoGrid grid;
  OttoGenerator Q;
  OttoFlow flow = NULL;
  Vec p;

  if (sizeof(PetscInt) > 4) return 0;
  PetscCall(PetscOptionsClear(NULL));
  PetscCall(MakeBox(2, sizes, lower, upper, wall, &grid));
  PetscCall(OttoGeneratorCreate(grid, &Q));
  PetscCall(VecCreateMPI(PETSC_COMM_WORLD, 1, PETSC_DETERMINE, &p));
  PetscCall(OttoFlowCreate(grid, &flow));
  PetscCall(OttoFlowSetType(flow, "fokker_planck"));
  PetscCall(OttoFlowSetGenerator(flow, Q, NULL));
  PetscCall(OttoFlowSetDensities(flow, p, p));
  TestFails(OttoFlowSetUp(flow), OTTO_ERR_INPUT,
            "grid_n: 1200000000 cells; with 32-bit indices PETSc steps two densities of at most "
            "1073741823");
  PetscCall(OttoFlowDestroy(&flow));
  PetscCall(VecDestroy(&p));
  PetscCall(OttoGeneratorDestroy(&Q));
  PetscCall(OttoGridDestroy(&grid));
  return 0;
}

int main(void)
{
  return TestMain({TestOrders, TestPositive, TestRejected, TestControl, TestGrowth, TestReasons,
                   TestMaxSteps, TestBroken, TestTooMany});
}
