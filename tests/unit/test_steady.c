/* ranks: 1 2 3 4
 * Steady states: closed form, inverse iteration against rings and traps of known state. */
#include "test.h"
#include <otto/steady.h>
#include "chain.h"

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

/* A trap that is also turned: the same Gaussian, to second order in h. A ring with a bump and a
 * force: the state the chain itself keeps, by a step with a huge dt from elsewhere. */
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
    TestTrue(!report.closed_form && report.iterations > 1 && report.linear > 0, "iterated");
    PetscCall(Compare(&s, pi, log_pi, Trap, &error[k]));
    PetscCall(Finish(&s, &pi, &log_pi));
  }
  TestTrue(fabs(log2(error[0] / error[1]) - 2) < 0.4, "second order"); /* h = 1/2 is coarse */
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
  return TestMain({TestClosedForm, TestRing, TestTrap, TestAbsorbing});
}
