/* ranks: 1 2 3 4; long: 2 4
 * Steady states: closed form, rings and traps of known state, and against elimination in 1, 2 and 3
 * dimensions, at high Péclet numbers, between deep wells and in far tails. */
#include "test.h"
#include <otto/steady.h>
#include "chain.h"
#include "dense.h"
#include "chain/aggregation.h"

static PetscErrorCode Solve(Chain *s, Vec *pi, Vec *log_pi, OttoSteadyReport *report)
{
  PetscReal mass = 0, least = 0;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(s->grid, pi));
  PetscCall(OttoFieldCreate(s->grid, log_pi));
  PetscCall(OttoSteadyState(s->R, *pi, *log_pi, report));
  PetscCall(OttoFieldIntegral(s->grid, *pi, &mass));
  PetscCall(OttoFieldRange(s->grid, *pi, &least, NULL));
  TestClose(mass, 1, 1e-14, "mass");
  TestTrue(least > 0, "positive");
  TestTrue(report->residual <= 1e-12, "residual");
  TestTrue(report->error >= 0 && report->error <= 1e-10, "said to be right");
  PetscFunctionReturn(0);
}

/* Largest |π/expected - 1| and log π against π; expected is not normalised. */
static PetscErrorCode Compare(Chain *s, Vec pi, Vec log_pi, double (*expected)(const double x[]),
                              PetscReal *error)
{
  const PetscScalar *a, *l;
  PetscReal sum = 0, worst = 0;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(pi, &a));
  PetscCall(VecGetArrayRead(log_pi, &l));
  for (int pass = 0; pass < 2; pass++) {
    for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
      PetscReal x[OTTO_MAX_DIM];
      OttoGridCellCentre(s->g, c, x);
      if (pass == 0) sum += expected(x) * s->g->cell_volume;
      if (pass == 1) worst = PetscMax(worst, fabs(a[c] * sum - expected(x)));
      TestTrue(fabs(exp(l[c]) - a[c]) <= 1e-13 * a[c], "logarithm");
    }
    if (pass == 0) MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_DOUBLE, MPI_SUM, PETSC_COMM_WORLD);
  }
  MPI_Allreduce(MPI_IN_PLACE, &worst, 1, MPI_DOUBLE, MPI_MAX, PETSC_COMM_WORLD);
  PetscCall(VecRestoreArrayRead(pi, &a));
  PetscCall(VecRestoreArrayRead(log_pi, &l));
  *error = worst; /* relative to the largest value, which is 1 */
  PetscFunctionReturn(0);
}

static PetscErrorCode Finish(Chain *s, Vec *pi, Vec *log_pi)
{
  PetscFunctionBegin;
  PetscCall(VecDestroy(pi));
  PetscCall(VecDestroy(log_pi));
  PetscCall(ChainDestroy(s));
  PetscFunctionReturn(0);
}

static double One(const double x[])
{
  (void)x;
  return 1;
}
static double Trap(const double x[])
{
  return exp(-(x[0] * x[0] + x[1] * x[1]));
}
static double Gibbs(const double x[])
{
  return exp(-2 * (x[0] * x[0] + x[1] * x[2]));
}

static PetscErrorCode TestClosedForm(void)
{
  Chain s;
  Vec pi, log_pi;
  OttoSteadyReport report;
  PetscReal error = 1;

  PetscCall(ChainCreate(
      3, (PetscInt64[]){6, 5, 4}, (PetscReal[]){0, 0, 0}, (PetscReal[]){1, 1, 1},
      (OttoBoundary[]){W, W, W},
      OPTIONS("-potential_type", "formula", "-potential_formula", "x^2+y*z", "-temperature", "0.5"),
      &s));
  PetscCall(Solve(&s, &pi, &log_pi, &report));
  TestTrue(report.closed_form && report.iterations == 0, "closed form");
  PetscCall(Compare(&s, pi, log_pi, Gibbs, &error));
  TestTrue(error < 1e-14, "exp(-V/T)");
  PetscCall(Finish(&s, &pi, &log_pi));
  return 0;
}

/* A constant drift on a ring leaves the uniform density, at cell Péclet numbers 0.3 and 60. */
static PetscErrorCode TestRing(void)
{
  static const char *const force[2] = {"3", "600,20"};

  for (int k = 0; k < 2; k++) {
    Chain s;
    Vec pi, log_pi;
    OttoSteadyReport report;
    PetscReal error = 1;
    PetscCall(ChainCreate(k + 1, (PetscInt64[]){10, 9}, (PetscReal[]){0, 0}, (PetscReal[]){1, 1},
                          (OttoBoundary[]){P, P},
                          OPTIONS("-drift_type", "constant", "-drift_force", force[k]), &s));
    PetscCall(Solve(&s, &pi, &log_pi, &report));
    PetscCall(Compare(&s, pi, log_pi, One, &error));
    TestTrue(error < 1e-10, "uniform");
    PetscCall(Finish(&s, &pi, &log_pi));
  }
  return 0;
}

/* A trap that is also turned: the same Gaussian, to second order in h. */
static PetscErrorCode TestTrap(void)
{
  PetscReal error[2] = {1, 1};

  for (int k = 0; k < 2; k++) {
    Chain s;
    Vec pi, log_pi;
    OttoSteadyReport report;
    PetscCall(ChainCreate(2, (PetscInt64[]){16 << k, 16 << k}, (PetscReal[]){-4, -4},
                          (PetscReal[]){4, 4}, (OttoBoundary[]){W, W},
                          OPTIONS("-potential_type", "quadratic", "-drift_type", "rotation",
                                  "-drift_rate", "1", "-temperature", "0.5"),
                          &s));
    PetscCall(Solve(&s, &pi, &log_pi, &report));
    TestTrue(!report.closed_form && report.iterations > 1, "iterated");
    TestTrue((report.linear > 0) == (k == 1), "a big grid starts from inverse iteration");
    PetscCall(Compare(&s, pi, log_pi, Trap, &error[k]));
    PetscCall(Finish(&s, &pi, &log_pi));
  }
  TestTrue(fabs(log2(error[0] / error[1]) - 2) < 0.4, "second order"); /* h = 1/2 is coarse */
  return 0;
}

typedef struct {
  PetscInt dim;
  PetscInt64 n[3];
  OttoBoundary boundary[3];
  const char *V, *f, *T;
} Driven;

static const Driven driven[] = {
    {1, {41}, {P}, "3*cos(_pi*x/2)", "1+x^2", "1"},
    {1, {40}, {P}, "3*cos(_pi*x/2)", "300", "1"}, /* 300 h/T: cell Péclet number 30 */
    {2, {13, 11}, {W, W}, "(x^2-1)^2+y^2*(1+x/2)", "0-3*y,x", "1"},
    {2, {16, 15}, {W, W}, "(x^2-1)^2+y^2", "0-80*y,80*x", "1"}, /* up to 40 */
    {2, {15, 12}, {P, P}, "cos(_pi*x/2)*sin(_pi*y/2)", "60*sin(_pi*y/2)+5,40*sin(_pi*x/2)", "1"},
    {2, {16, 16}, {W, W}, "(x^2-1)^2+y^2", "y,0-x", "0.1"},
    {3, {7, 6, 5}, {W, P, W}, "2*x^2+z^2+x*z", "0-5*z,5,3*x*z", "1"},
    {1, {96}, {P}, "10*cos(_pi*x)+0.3*sin(_pi*x/2)", "2", "1"}, /* unequal wells 20 T deep */
    {1, {64}, {W}, "(x^2-1)^2", "0.03125", "0.025"},            /* 40 T, tilted by a drift */
    {2, {24, 16}, {W, W}, "2*(x^2-1)^2+y^2/2", "10,0", "0.4"},  /* far from the Gibbs guess */
};

/* Largest |log π - log expected| over the cells. */
static PetscErrorCode CompareLogs(Chain *s, Vec log_pi, const PetscReal expected[],
                                  PetscReal *error)
{
  const PetscScalar *l;

  PetscFunctionBegin;
  *error = 0;
  PetscCall(VecGetArrayRead(log_pi, &l));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    PetscReal exact = expected[s->g->offset + c] / s->g->cell_volume;
    *error = PetscMax(*error, fabs(l[c] - log(exact)));
  }
  PetscCall(VecRestoreArrayRead(log_pi, &l));
  MPI_Allreduce(MPI_IN_PLACE, error, 1, MPI_DOUBLE, MPI_MAX, PETSC_COMM_WORLD);
  PetscFunctionReturn(0);
}

/* The same by way of twenty boxes, as on a big grid; to 1e-13 from one cycle to the next. */
static PetscErrorCode ByBoxes(Chain *s, Vec pi, Vec log_pi, PetscInt *cycles)
{
  OttoAggregation aggregation;
  PetscReal change = 1, mass = 0;
  PetscScalar *l, *p;

  PetscFunctionBegin;
  PetscCall(OttoGeneratorGibbs(s->Q, pi, log_pi));
  PetscCall(OttoAggregationCreate(s->Q, 20, &aggregation));
  PetscCall(VecGetArray(log_pi, &l));
  for (*cycles = 0; *cycles < 100 && !(change <= 1e-13); ++*cycles)
    PetscCall(OttoAggregationCycle(aggregation, 20, l, &change));
  TestTrue(change <= 1e-13, "settled");
  PetscCall(VecGetArray(pi, &p));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) p[c] = exp(l[c]);
  PetscCall(VecRestoreArray(pi, &p));
  PetscCall(VecRestoreArray(log_pi, &l));
  PetscCall(OttoFieldIntegral(s->grid, pi, &mass));
  PetscCall(VecShift(log_pi, -log(mass)));
  PetscCall(OttoAggregationDestroy(&aggregation));
  PetscFunctionReturn(0);
}

/* Any drift: the null vector that elimination finds, relative in every cell. */
static PetscErrorCode TestDense(void)
{
  for (size_t k = 0; k < sizeof driven / sizeof driven[0]; k++) {
    const Driven *d = &driven[k];
    const PetscReal lower[3] = {-2, -2, -2}, upper[3] = {2, 2, 2};
    PetscReal *Q = NULL, *expected, error[3] = {1, 1, 0};
    PetscInt cycles = 0;
    Chain s;
    Vec pi, log_pi, gibbs, log_gibbs;
    OttoSteadyReport report;

    PetscCall(
        ChainCreate(d->dim, d->n, lower, upper, d->boundary,
                    OPTIONS("-potential_type", "formula", "-potential_formula", d->V, "-drift_type",
                            "formula", "-drift_formula", d->f, "-temperature", d->T),
                    &s));
    const PetscInt n = (PetscInt)s.g->cells;
    PetscCall(DenseRates(s.Q, n, &Q));
    PetscCall(PetscMalloc1(n, &expected));
    DenseSteady(n, Q, expected);
    PetscCall(Solve(&s, &pi, &log_pi, &report));
    TestTrue(report.change <= 1e-13, "settled");
    PetscCall(CompareLogs(&s, log_pi, expected, &error[0]));
    PetscCall(VecDuplicate(pi, &gibbs));
    PetscCall(VecDuplicate(pi, &log_gibbs));
    PetscCall(ByBoxes(&s, gibbs, log_gibbs, &cycles));
    PetscCall(CompareLogs(&s, log_gibbs, expected, &error[1]));
    PetscCall(OttoGeneratorGibbs(s.Q, gibbs, log_gibbs));
    PetscCall(CompareLogs(&s, log_gibbs, expected, &error[2]));
    /* n ε of either elimination; a change of 1e-13 leaves up to ten times that, 0.9 a cycle */
    TestTrue(error[0] <= 1e-13, "the chain's own state, in every cell");
    TestTrue(error[1] <= 1e-12, "likewise by boxes");
    TestTrue(cycles <= 80, "in few cycles");
    if (!(error[0] <= 1e-13 && error[1] <= 1e-12))
      fprintf(stderr, "  case %d: errors %g %g\n", (int)k, error[0], error[1]);
    TestTrue(error[2] > 1e-2, "far from the Gibbs state it starts from");
    PetscCall(VecDestroy(&gibbs));
    PetscCall(VecDestroy(&log_gibbs));
    PetscCall(PetscFree(Q));
    PetscCall(PetscFree(expected));
    PetscCall(Finish(&s, &pi, &log_pi));
  }
  return 0;
}

/* A big grid, by way of inverse iteration: a drift that is a force in disguise, so that π is a
 * Gibbs state; its tails go down to 1e-90. And one cell. */
static PetscErrorCode TestDisguise(void)
{
  const PetscReal lower[2] = {-2, -2}, upper[2] = {2, 2};
  Chain s;
  Vec pi, log_pi, gibbs, log_gibbs;
  OttoSteadyReport report;
  PetscReal most = 1;

  PetscCall(
      ChainCreate(2, (PetscInt64[]){40, 30}, lower, upper, (OttoBoundary[]){W, W},
                  OPTIONS("-temperature", "0.4", "-potential_type", "formula", "-potential_formula",
                          "2*(x^2-1)^2+y^2/2", "-drift_type", "constant", "-drift_force", "10,0"),
                  &s));
  PetscCall(Solve(&s, &pi, &log_pi, &report));
  TestTrue(report.linear > 0 && report.iterations > 1, "both ways");
  OttoGenerator other;
  PetscCall(PetscOptionsSetValue(NULL, "-drift_type", "none"));
  PetscCall(PetscOptionsSetValue(NULL, "-potential_formula", "2*(x^2-1)^2+y^2/2-10*x"));
  PetscCall(OttoGeneratorCreate(s.grid, &other));
  PetscCall(OttoGeneratorSetFromOptions(other));
  PetscCall(OttoGeneratorSetUp(other));
  PetscCall(VecDuplicate(pi, &gibbs));
  PetscCall(VecDuplicate(pi, &log_gibbs));
  PetscCall(OttoGeneratorGibbs(other, gibbs, log_gibbs));
  PetscCall(VecAXPY(log_gibbs, -1, log_pi));
  PetscCall(VecNorm(log_gibbs, NORM_INFINITY, &most));
  TestTrue(most <= 1e-11, "the tilted Gibbs state, in every cell"); /* 1e-13 a cycle, 1200 cells */
  PetscCall(OttoGeneratorDestroy(&other));
  PetscCall(VecDestroy(&gibbs));
  PetscCall(VecDestroy(&log_gibbs));
  PetscCall(Finish(&s, &pi, &log_pi));
  if (PetscGlobalSize > 1) return 0;
  PetscCall(ChainCreate(1, (PetscInt64[]){1}, lower, upper, (OttoBoundary[]){W},
                        OPTIONS("-drift_type", "constant", "-drift_force", "3"), &s));
  PetscCall(Solve(&s, &pi, &log_pi, &report));
  PetscCall(Finish(&s, &pi, &log_pi));
  return 0;
}

static PetscErrorCode TestAbsorbing(void)
{
  Chain s;
  Vec pi;
  OttoSteadyReport report;

  PetscCall(ChainCreate(1, (PetscInt64[]){9}, (PetscReal[]){0}, (PetscReal[]){1},
                        (OttoBoundary[]){A}, OPTIONS(NULL), &s));
  PetscCall(OttoFieldCreate(s.grid, &pi));
  TestFails(OttoSteadyState(s.R, pi, NULL, &report), PETSC_ERR_SUP, "no steady state");
  PetscCall(VecDestroy(&pi));
  PetscCall(ChainDestroy(&s));
  return 0;
}

int main(void)
{
  return TestMain({TestClosedForm, TestRing, TestTrap, TestDense, TestDisguise, TestAbsorbing});
}
