/* ranks: 1 3
 * The first law between samples: work by the states of steps against work by its rate, whatever the
 * steps; wrong numbers, wrong derivatives in time and jumps of the potential are noticed.
 */
#include "fixture.h"
#include "chain.h"
#include "fokker_planck/first_law.h"
#include <math.h>

/* Cell i of three: V in time, kinds of it, and its derivative; and p, which decays. */
static double VOf(int kind, int i, double t, double slope[1])
{
  const double w = 1 + i, a = 2 - 3 * i * (i - 1.5);

  switch (kind) {
  case 0:
    *slope = a;
    return a * t;
  case 1:
    *slope = a * w * cos(w * t + i);
    return a * sin(w * t + i);
  case 2:
    *slope = 3 * a * t * t;
    return a * t * t * t - 5;
  case 3:
    *slope = -30 * sin(30 * t + i);
    return 7 + cos(30 * t + i);
  case 4:
    *slope = a * 2 * exp(2 * t);
    return a * exp(2 * t);
  case 5:
    *slope = t > 0.4321 ? a : t < 0.4321 ? 0 : a / 2;
    return a * fmax(t, 0.4321);
  default:
    *slope = 0;
    return t > 0.4321 ? a : 0;
  }
}
static double POf(int i, double t)
{
  const double fast = exp(-20 * t) * (i - 1) / 4, slow = exp(-t) * (1 - 1.5 * fabs(i - 1.)) / 9;
  return 1. / 3 + fast + slow;
}

/* 30 steps to t = 1, of lengths that differ by up to `uneven`; slopes are `factor` times what they
 * should be. Returns whether the check tells. */
static PetscBool Pairs(int kind, int steps, double uneven, double factor, double *value)
{
  OttoWorkPairs pairs = {.pairs = 0};
  double before = 0, earlier = 0, slope;

  for (int k = 1; k <= steps; k++) {
    const double t = k == steps ? 1 : (k + uneven * sin(7 * k)) / steps;
    OttoStepWork step = {.dt = t - before};
    double both = 0;
    for (int i = 0; i < 3; i++) {
      const double V = VOf(kind, i, t, &slope);
      step.rate[1] += factor * POf(i, t) * slope;
      step.states += (POf(i, before) + POf(i, t)) / 2 * (V - VOf(kind, i, before, &slope));
      step.rate[0] += factor * POf(i, before) * slope;
      both += (POf(i, earlier) + POf(i, t)) / 2 * (V - VOf(kind, i, earlier, &slope));
    }
    step.noise = 1e-14;
    OttoWorkPairsAdd(&pairs, &step, both);
    earlier = before;
    before = t;
  }
  return OttoWorkPairsJudge(&pairs, value);
}

/* Work by states and by rates: agree where rates are right, whatever the steps; never agree where
 * they are wrong by a hundredth, but may say that they cannot tell; nor where V jumps. */
static PetscErrorCode TestWork(void)
{
  static const double wrong[] = {1.5, 1.01, 0.99, -1, 0};
  double value = 0;

  for (int kind = 0; kind < 7; kind++)
    for (int steps = 4; steps <= 1024; steps *= 4)
      for (int u = 0; u < 3; u++) {
        const PetscBool told = Pairs(kind, steps, 0.2 * u, 1, &value);
        const int good = kind == 6 ? !told || value > 1 : !told || value <= 1;
        TestTrue(good, kind == 6 ? "a jump is no work of a rate" : "both works are the same");
        if (kind < 6 && kind != 5) TestTrue(told || steps < 64 * (kind == 3 ? 16 : 1), "it tells");
        if (!good) fprintf(stderr, "  V %d, %d steps, uneven %d: %g\n", kind, steps, u, value);
        for (int i = 0; i < 5 && kind < 6; i++) {
          const PetscBool tells = Pairs(kind, steps, 0.2 * u, wrong[i], &value);
          TestTrue(!tells || value > 1, "a wrong derivative in time");
          if (tells && value <= 1)
            fprintf(stderr, "  V %d, %d steps, uneven %d, %g: %g\n", kind, steps, u, wrong[i],
                    value);
        }
      }
  return 0;
}

static double P1(const PetscReal x[])
{
  return exp(-4 * (x[0] - 0.3) * (x[0] - 0.3));
}

/* A potential that moves, over two intervals of steps of dt; the second sample wrong in one number:
 * part of the bound of first_law that is reached. */
static PetscErrorCode Moving(const char *V, const char *type, const char *dt, int way, double *part,
                             OttoFokkerPlanckSample *now)
{
  PetscReal slack[OTTO_SMOOTH_COUNT], bound = 0;
  Chain s;
  OttoFokkerPlanck law;
  OttoRecord record;
  OttoStepChecks checks;

  PetscFunctionBegin;
  PetscCall(ChainCreate(1, (PetscInt64[]){24}, (PetscReal[]){-1}, (PetscReal[]){1.5},
                        (OttoBoundary[]){way < 4 ? W : A},
                        OPTIONS("-potential_type", "formula", "-potential_formula", V, "-ts_type",
                                type, "-ts_dt", dt, "-ts_adapt_type", "none"),
                        &s));
  law = (OttoFokkerPlanck){.grid = s.grid, .generator = s.Q, .resolvent = s.R, .renyi_order = 0.5};
  PetscCall(FillDensity(s.grid, P1, &law.p));
  PetscCall(OttoFlowCreateFokkerPlanck(s.Q, s.R, law.p, NULL, &law.flow));
  PetscCall(OttoFlowSetFromOptions(law.flow));
  PetscCall(OttoFlowSetUp(law.flow));
  PetscCall(OttoRecordCreate(PETSC_COMM_WORLD, "fokker-planck", NULL, &record));
  PetscCall(OttoStepChecksCreate(record, &law, &checks));
  for (int k = 0; k < 3; k++) {
    if (k) PetscCall(OttoFlowAdvance(law.flow, 0.1 * k));
    PetscCall(OttoRunFokkerPlanckSample(&law, 0.1 * k, now));
    if (k == 2 && way == 1) now->work.potential *= 1.01;
    if (k == 2 && way == 2) now->energy *= 1.01;
    if (k == 2 && way == 3) now->work.potential *= -1;
    PetscCall(OttoStepChecksSample(checks, now, slack));
  }
  PetscCall(OttoRecordBound(record, "first_law", &bound));
  PetscCall(OttoRecordWorst(record, "first_law", part));
  *part /= bound;
  PetscCall(OttoStepChecksDestroy(&checks));
  PetscCall(OttoRecordDestroy(&record));
  PetscCall(OttoRunFokkerPlanckDestroy(&law));
  PetscCall(PetscOptionsClear(NULL));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestMoving(void)
{
  static const char *const types[] = {"beuler", "cn", "theta", "bdf", "arkimex"};
  static const char *const dts[] = {"0.1", "0.02", "0.004"};
  static const struct {
    const char *V;
    double jump; /* times; 0: none */
  } cases[] = {{"3*(x-2*t)^2", 0},        {"x^2*(1+sin(20*t))", 0}, {"1e4+x*exp(4*t)", 0},
               {"x^4-max(t,0.123)*x", 0}, {"(t>0.155)*x^2", 0.155}, {"x^2*t+(t>0.2-1e-9)*4", 0.2},
               {"(t>0.1)*sin(x)", 0.1}};
  double part = 0;
  int count = 0;
  PetscMPIInt size;
  OttoFokkerPlanckSample now;

  MPI_Comm_size(PETSC_COMM_WORLD, &size);
  for (int k = 0; k < 5; k++)
    for (int d = 0; d < 3; d++)
      for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++)
        for (int way = 0; way < 5; way++) {
          if (way % 4 && cases[c].jump > 0) continue;
          if (way == 2 && k > 1) continue;       /* what moves is seen of beuler and cn */
          if (count++ % 7 && size > 1) continue; /* one rank has them all */
          PetscCall(Moving(cases[c].V, types[k], dts[d], way, &part, &now));
          const int good = way % 4 ? part > 1 : part <= 1;
          const int jump = cases[c].jump > 0
                               ? fabs(now.jump_t - cases[c].jump) <= 2e-9 && now.jump != 0
                               : now.jump == 0 && now.jump_t == 0;
          TestTrue(good, way % 4 ? "a wrong number is noticed" : "the first law");
          TestTrue(jump, "a jump in time is found, and nothing else");
          if (!good || !jump)
            fprintf(stderr, "  %s %s %s, way %d: %g, jump %g at %.12g\n", cases[c].V, types[k],
                    dts[d], way, part, now.jump, now.jump_t);
        }
  return 0;
}

int main(void)
{
  return TestMain({TestWork, TestMoving});
}
