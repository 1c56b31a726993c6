/* ranks: 1 2
 * Every check of a Fokker-Planck run passes on what the program finds, and fails on the same with
 * one number wrong; between samples on states that are not the method's. And the Bregman
 * divergences of states, which the sums over steps are made of. */
#include "fixture.h"
#include "grid/planes.h"
#include "fokker_planck/fokker_planck.h"
#include "chain.h"
#include "chain/bregman.h"
#include <stdlib.h>

static double P0(const PetscReal x[])
{
  return 1 + 0.6 * cos(3 * x[0]) * sin(2 * x[1] + 0.3);
}
static double Q0(const PetscReal x[])
{
  return 1 + 0.4 * sin(4 * x[0] + x[1]);
}

static PetscErrorCode Start(const char *type, const char *dt, const char *rtol, Chain *s,
                            OttoFokkerPlanck *law)
{
  PetscFunctionBegin;
  PetscCall(ChainCreate(2, (PetscInt64[]){12, 9}, (PetscReal[]){0, 0}, (PetscReal[]){1, 1},
                        (OttoBoundary[]){W, P},
                        OPTIONS("-potential_type", "formula", "-potential_formula", "2*x*x",
                                "-drift_type", "constant", "-drift_force", "1,3", "-ts_type", type,
                                "-ts_dt", dt, "-ts_adapt_type", "none", "-ksp_rtol", rtol),
                        s));
  *law =
      (OttoFokkerPlanck){.grid = s->grid, .generator = s->Q, .resolvent = s->R, .renyi_order = 0.5};
  PetscCall(FillDensity(s->grid, P0, &law->p));
  PetscCall(FillDensity(s->grid, Q0, &law->q));
  PetscCall(OttoFlowCreateFokkerPlanck(s->Q, s->R, law->p, law->q, &law->flow));
  PetscCall(OttoFlowSetFromOptions(law->flow));
  PetscCall(OttoFlowSetUp(law->flow));
  PetscFunctionReturn(0);
}

static PetscErrorCode Stop(OttoFokkerPlanck *law)
{
  PetscFunctionBegin;
  PetscCall(OttoRunFokkerPlanckDestroy(law));
  PetscCall(PetscOptionsClear(NULL));
  PetscFunctionReturn(0);
}

static PetscErrorCode NewRecord(OttoRecord *record)
{
  PetscFunctionBegin;
  PetscCall(OttoRecordCreate(PETSC_COMM_WORLD, "fokker-planck", NULL, record));
  PetscFunctionReturn(0);
}

/* Worst value of a check over its bound; -inf where nothing was reported. */
static double Part(OttoRecord record, const char *name)
{
  PetscReal bound = 0, worst = 0;

  if (OttoRecordBound(record, name, &bound) || OttoRecordWorst(record, name, &worst)) return NAN;
  return worst / bound;
}

/* ---- samples ---- */

typedef OttoFokkerPlanckSample Sample;

static void Mass(Sample *s, int k)
{
  (void)k;
  s->flow.mass_drift = 1e-12;
}
static void Positivity(Sample *s, int k)
{
  *(k ? &s->d.min_q : &s->d.min_p) = -1e-30; /* beuler: not at all */
}
static void Unreliable(Sample *s, int k)
{
  PetscReal *of[] = {&s->d.unreliable_p, &s->d.unreliable_q, &s->left_out};
  *of[k] = 1e-8;
}
static void Gibbs(Sample *s, int k)
{
  if (k == 0) s->d.divergence[OTTO_DIVERGENCE_KL] += 1e-9;
  if (k == 1) s->d.cross_entropy += 1e-9;
  if (k == 2) s->d.entropy_p += 1e-9;
}
static void Pinsker(Sample *s, int k)
{
  (void)k;
  s->d.divergence[OTTO_DIVERGENCE_KL] /= 4;
}
static void Hellinger(Sample *s, int k)
{
  s->d.divergence[OTTO_DIVERGENCE_HELLINGER2] *= k ? 0.01 : 100;
}
static void JSBound(Sample *s, int k)
{
  (void)k;
  s->d.divergence[OTTO_DIVERGENCE_JS] = 0.694;
}
static void Identity(Sample *s, int k)
{
  *(k < 5 ? &s->against.dissipation[k] : &s->against.rate[k - 5]) *= 1 + 1e-10;
}
static void ProductionSum(Sample *s, int k)
{
  *(k ? &s->production.adiabatic : &s->production.total) *= 1 + 1e-9;
}
static void Nonadiabatic(Sample *s, int k)
{
  *(k ? &s->production.nonadiabatic : &s->production.kl_rate) *= 1 + 1e-9;
}
static void Balance(Sample *s, int k)
{
  *(k ? &s->production.flow : &s->production.entropy_rate) *= 1 + 1e-9;
}
static void Energy(Sample *s, int k)
{
  PetscReal *of[] = {&s->work.rate, &s->work.energy_rate, &s->production.heat_rate};
  if (k < 3) *of[k] *= 1 + 1e-9;
  if (k == 3) s->work.absorbed += 1e-9 * s->work.drift;
  if (k == 4) s->production.heat_rate *= -1;
  if (k == 5) s->work.rate -= s->work.drift;
}
static void Sign(Sample *s, int k)
{
  PetscReal *of[] = {&s->production.total, &s->production.adiabatic, &s->production.nonadiabatic};
  *of[k] *= -1e-3;
}
static void Monotone(Sample *s, int k)
{
  if (k < 5) s->against.value[k] *= 1.5;
  if (k == 5) s->d.divergence[OTTO_DIVERGENCE_TV] *= 1.5;
  if (k == 6) s->kl_p_pi *= 1.5;
  if (k == 7) s->kl_q_pi *= 1.5;
}

static const struct {
  const char *name;
  void (*spoil)(Sample *sample, int way);
  int ways;
} rows[] = {{"mass", Mass, 1},
            {"positivity", Positivity, 2},
            {"unreliable_mass", Unreliable, 3},
            {"gibbs", Gibbs, 3},
            {"pinsker", Pinsker, 1},
            {"hellinger", Hellinger, 2},
            {"js_bound", JSBound, 1},
            {"dissipation_identity", Identity, 10},
            {"production_sum", ProductionSum, 2},
            {"nonadiabatic", Nonadiabatic, 2},
            {"entropy_balance", Balance, 2},
            {"energy_balance", Energy, 6},
            {"production_sign", Sign, 3},
            {"monotone", Monotone, 8}};

static PetscErrorCode TestSamples(void)
{
  Chain s;
  OttoFokkerPlanck law;
  OttoRecord record;
  Sample first, second;
  const PetscReal slack[OTTO_SMOOTH_COUNT] = {0};

  PetscCall(Start("beuler", "1e-4", "1e-13", &s, &law));
  PetscCall(NewRecord(&record));
  PetscCall(OttoRunSteadyState(record, &law));
  TestTrue(Part(record, "steady_error") <= 1 && Part(record, "steady_change") <= 1, "steady state");
  PetscCall(OttoRunFokkerPlanckSample(&law, 0, &first));
  PetscCall(OttoFlowAdvance(law.flow, 1e-3));
  PetscCall(OttoRunFokkerPlanckSample(&law, 1e-3, &second));
  PetscCall(OttoRunCheckFokkerPlanck(record, &law, &second, &first, slack));
  for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++)
    TestTrue(Part(record, rows[k].name) <= 1 && Part(record, rows[k].name) >= -1e20, rows[k].name);
  PetscCall(OttoRecordDestroy(&record));
  for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
    for (int way = 0; way < rows[k].ways; way++) {
      Sample wrong = second;
      PetscCall(NewRecord(&record));
      rows[k].spoil(&wrong, way);
      PetscCall(OttoRunCheckFokkerPlanck(record, &law, &wrong, &first, slack));
      TestTrue(!(Part(record, rows[k].name) <= 1), rows[k].name);
      if (Part(record, rows[k].name) <= 1) fprintf(stderr, "  way %d\n", way);
      PetscCall(OttoRecordDestroy(&record));
    }
  }
  PetscCall(Stop(&law));
  return 0;
}

static PetscErrorCode TestSteady(void)
{
  OttoSteadyReport good = {.error = 1e-12, .change = 1e-14}, report = good;
  OttoRecord record;

  for (int k = 0; k < 4; k++) {
    report = good;
    if (k == 1) report.error = 0.21;
    if (k == 2) report.error = NAN;
    if (k == 3) report.change = 1e-6;
    PetscCall(NewRecord(&record));
    PetscCall(OttoRunCheckSteadyState(record, &report));
    TestTrue((Part(record, "steady_error") <= 1) == (k == 0 || k == 3), "steady_error");
    TestTrue((Part(record, "steady_change") <= 1) == (k < 3), "steady_change");
    PetscCall(OttoRecordDestroy(&record));
  }
  return 0;
}

/* ---- steps ---- */

static PetscErrorCode SampleSteps(OttoStepChecks checks, OttoFokkerPlanck *law, PetscReal t,
                                  PetscReal slack[])
{
  Sample now;

  PetscFunctionBegin;
  PetscCall(OttoRunFokkerPlanckSample(law, t, &now));
  PetscCall(OttoStepChecksSample(checks, &now, slack));
  PetscFunctionReturn(0);
}

/* Part of the bound that each of a list of checks reaches over two intervals of ten steps; between
 * them `moved` of p's first cell's mass goes to its upper neighbour on axis 0, behind the method's
 * back. */
static PetscErrorCode Steps(const char *type, const char *dt, const char *rtol, PetscReal moved,
                            const char *const names[], double part[])
{
  Chain s;
  OttoFokkerPlanck law;
  OttoRecord record;
  OttoStepChecks checks;
  PetscReal slack[OTTO_SMOOTH_COUNT];
  Vec state;

  PetscFunctionBegin;
  PetscCall(Start(type, dt, rtol, &s, &law));
  PetscCall(NewRecord(&record));
  PetscCall(OttoStepChecksCreate(record, &law, &checks));
  PetscCall(SampleSteps(checks, &law, 0, slack));
  PetscCall(OttoFlowAdvance(law.flow, 10 * atof(dt)));
  PetscCall(SampleSteps(checks, &law, 10 * atof(dt), slack));
  PetscCall(TSGetSolution(OttoFlowGetTS(law.flow), &state));
  if (moved > 0 && OttoGridPlanes(s.g).start == 0) {
    PetscScalar *values;
    PetscCall(VecGetArray(state, &values));
    values[OttoGridPlanes(s.g).cells] += moved * values[0];
    values[0] -= moved * values[0];
    PetscCall(VecRestoreArray(state, &values));
  } else { /* the state counts its changes alike on all ranks */
    PetscScalar *values;
    PetscCall(VecGetArray(state, &values));
    PetscCall(VecRestoreArray(state, &values));
  }
  PetscCall(OttoFlowAdvance(law.flow, 20 * atof(dt)));
  PetscCall(SampleSteps(checks, &law, 20 * atof(dt), slack));
  for (int i = 0; names[i]; i++) part[i] = Part(record, names[i]);
  PetscCall(OttoStepChecksDestroy(&checks));
  PetscCall(OttoRecordDestroy(&record));
  PetscCall(Stop(&law));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestSteps(void)
{
  static const char *const types[] = {"beuler", "cn", "theta", "bdf", "arkimex"};
  static const char *const names[] = {"integral",       "solve_residual", "trapezoid",
                                      "implicit_euler", "first_law",      NULL};

  for (int k = 0; k < 5; k++) {
    double good[5], moved[5], loose[5];
    PetscCall(Steps(types[k], "1e-4", "1e-12", 0, names, good));
    PetscCall(Steps(types[k], "1e-4", "1e-12", 0.3, names, moved));
    PetscCall(Steps(types[k], "5e-3", "1e-4", 0, names, loose));
    TestTrue(good[0] >= 0 && good[0] <= 1e-2, "integral is rounding"); /* of a bound of 1e-10 */
    TestTrue(good[1] >= 0 && good[1] <= 0.1, "solves are good");
    TestTrue(k < 2 ? good[2] < 0 : good[2] >= 0 && good[2] <= 1, "trapezoid");
    TestTrue(k ? good[3] < 0 : good[3] == 0, "implicit_euler");
    TestTrue(moved[0] > 1e6, "integral: a state that no step has made");
    TestTrue(k < 2 ? good[4] >= 0 && good[4] <= 0.1 : good[4] < 0, "first_law: of beuler and cn");
    if (k == 0) TestTrue(moved[4] > 1, "first_law: energy that no step has brought");
    if (k == 0) TestTrue(moved[3] > 1e6, "implicit_euler: D has grown without a step");
    if (k == 3) TestTrue(moved[2] > 1, "trapezoid: a history that is not the state's");
    TestTrue(loose[1] > 1, "solve_residual: bad solves");
    if (!(moved[0] > 1e6) || (k == 3 && !(moved[2] > 1)) || !(loose[1] > 1))
      fprintf(stderr, "  %s: %g %g %g %g, %g %g\n", types[k], moved[0], moved[1], moved[2],
              moved[3], loose[0], loose[1]);
  }
  return 0;
}

/* ---- Bregman divergences of states ---- */

/* q B_φ(a, b) in many digits. */
static long double Exactly(int k, long double p, long double q, long double P_, long double Q_)
{
  const long double a = p / q, b = P_ / Q_;
  switch (k) {
  case OTTO_DIVERGENCE_KL:
    return q * ((a > 0 ? a * logl(a / b) : 0) - a + b);
  case OTTO_DIVERGENCE_REVERSE_KL:
    return q * (-logl(a / b) + a / b - 1);
  case OTTO_DIVERGENCE_CHI2:
    return q * (a - b) * (a - b);
  case OTTO_DIVERGENCE_HELLINGER2:
    return q * (sqrtl(a) - sqrtl(b)) * (sqrtl(a) - sqrtl(b)) / (2 * sqrtl(b));
  default:
    return q * ((a > 0 ? a * logl(a / b) : 0) - (a + 1) * log1pl((a - b) / (b + 1))) / 2;
  }
}

/* One pair of states a run, the same in every cell: far apart, near, almost equal, 0, faint. */
static PetscErrorCode TestBregman(void)
{
  static const double states[][4] = {{1, 2, 3, 0.5},        {1, 1, 1.01, 1}, {1, 1, 1, 1 + 1e-6},
                                     {1e-30, 1, 1, 2},      {0, 1, 0.5, 1},  {1, 1e-20, 1, 2e-20},
                                     {3e-200, 1, 2e-200, 1}};
  Chain s;
  Vec v[4];

  PetscCall(ChainCreate(1, (PetscInt64[]){8}, (PetscReal[]){0}, (PetscReal[]){1},
                        (OttoBoundary[]){W}, OPTIONS(NULL), &s));
  for (int i = 0; i < 4; i++) PetscCall(OttoFieldCreate(s.grid, &v[i]));
  for (size_t k = 0; k < sizeof states / sizeof states[0]; k++) {
    const double *x = states[k];
    const OttoPair from = {.p = v[0], .q = v[1]}, at = {.p = v[2], .q = v[3]};
    PetscReal value[OTTO_SMOOTH_COUNT], noise[OTTO_SMOOTH_COUNT];
    for (int i = 0; i < 4; i++) PetscCall(VecSet(v[i], x[i]));
    PetscCall(OttoBregmanCompute(s.grid, &from, &at, value, noise));
    for (int i = 0; i < OTTO_SMOOTH_COUNT; i++) {
      const double exact = (double)Exactly(i, x[0], x[1], x[2], x[3]);
      if (isinf(exact)) {
        TestTrue(isinf(value[i]), "infinite");
        continue;
      }
      /* js of p >> q is a difference of terms of KL's size; of almost equal states long double has
       * the error, (1e-19/1e-12) of it */
      const double scale = exact + (i == OTTO_DIVERGENCE_JS ? value[OTTO_DIVERGENCE_KL] : 0);
      TestTrue(fabs(value[i] - exact) <= (k == 2 ? 1e-6 : 1e-14) * scale, "in many digits");
      if (!(fabs(value[i] - exact) <= (k == 2 ? 1e-6 : 1e-14) * scale) ||
          !(fabs(value[i] - exact) <= noise[i] + (k == 2 ? 1e-6 * exact : 0)))
        fprintf(stderr, "  states %d, %s: %g, exactly %g, off %g, noise %g\n", (int)k,
                OttoDivergenceNames[i], value[i], exact, value[i] - exact, noise[i]);
      TestTrue(value[i] >= 0 || i == OTTO_DIVERGENCE_JS, "not negative");
      TestTrue(fabs(value[i] - exact) <= noise[i] + (k == 2 ? 1e-6 * exact : 0), "within noise");
    }
  }
  for (int i = 0; i < 4; i++) PetscCall(VecDestroy(&v[i]));
  PetscCall(ChainDestroy(&s));
  return 0;
}

int main(void)
{
  return TestMain({TestSamples, TestSteady, TestSteps, TestBregman});
}
