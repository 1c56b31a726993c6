/* ranks: 1 2 3 4; long: 3
 * Correlations in a steady state: against dense complex elimination and a Taylor series of the
 * matrix, with and without detailed balance; Ornstein and Uhlenbeck's closed forms, to the order of
 * the grid; the response to a force against them. */
#include "chain.h"
#include <otto/correlation.h>
#include <otto/steady.h>
#include <complex.h>

#define MOST 40

typedef long double complex Number;

/* Qᵀ, dense, on every rank. */
static PetscErrorCode Dense(OttoGenerator Q, PetscInt n, double out[MOST][MOST])
{
  OttoGrid grid = OttoGeneratorGetGrid(Q);
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  Vec e, y;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(grid, &e));
  PetscCall(OttoFieldCreate(grid, &y));
  memset(out, 0, sizeof(double[MOST][MOST]));
  for (PetscInt j = 0; j < n; j++) {
    const PetscScalar *values;
    PetscCall(VecSet(e, 0));
    if (j >= g->offset && j < g->offset + g->local_cells)
      PetscCall(VecSetValue(e, j, 1, INSERT_VALUES));
    PetscCall(VecAssemblyBegin(e));
    PetscCall(VecAssemblyEnd(e));
    PetscCall(OttoGeneratorApply(Q, e, y));
    PetscCall(VecGetArrayRead(y, &values));
    for (PetscInt64 c = 0; c < g->local_cells; c++) out[g->offset + c][j] = values[c];
    PetscCall(VecRestoreArrayRead(y, &values));
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, out, MOST * MOST, MPI_DOUBLE, MPI_SUM, g->comm));
  PetscCall(VecDestroy(&e));
  PetscCall(VecDestroy(&y));
  PetscFunctionReturn(0);
}

static PetscErrorCode Everywhere(OttoGrid grid, Vec v, double out[MOST])
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscScalar *values;

  PetscFunctionBegin;
  memset(out, 0, sizeof(double[MOST]));
  PetscCall(VecGetArrayRead(v, &values));
  for (PetscInt64 c = 0; c < g->local_cells; c++) out[g->offset + c] = values[c];
  PetscCall(VecRestoreArrayRead(v, &values));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, out, MOST, MPI_DOUBLE, MPI_SUM, g->comm));
  PetscFunctionReturn(0);
}

/* Σ a (iω - Qᵀ)⁻¹ f by elimination with pivots. */
static Number Eliminate(PetscInt n, double Q[MOST][MOST], double omega, const double f[],
                        const double a[])
{
  static Number system[MOST][MOST + 1];
  Number sum = 0;

  for (PetscInt i = 0; i < n; i++) {
    for (PetscInt j = 0; j < n; j++) system[i][j] = (i == j ? I * (long double)omega : 0) - Q[i][j];
    system[i][n] = f[i];
  }
  for (PetscInt k = 0; k < n; k++) {
    PetscInt best = k;
    for (PetscInt i = k; i < n; i++)
      if (cabsl(system[i][k]) > cabsl(system[best][k])) best = i;
    for (PetscInt j = k; j <= n; j++) {
      const Number swap = system[k][j];
      system[k][j] = system[best][j];
      system[best][j] = swap;
    }
    for (PetscInt i = 0; i < n; i++) {
      if (i == k) continue;
      const Number factor = system[i][k] / system[k][k];
      for (PetscInt j = k; j <= n; j++) system[i][j] -= factor * system[k][j];
    }
  }
  for (PetscInt i = 0; i < n; i++) sum += a[i] * system[i][n] / system[i][i];
  return sum;
}

/* Σ a e^{Qᵀt} f by a series over parts of t in which Q's norm is 1 at most. */
static double Exponential(PetscInt n, double Q[MOST][MOST], double t, const double f[],
                          const double a[])
{
  static long double y[MOST], term[MOST], next[MOST];
  double norm = 0;
  long double sum = 0;

  for (PetscInt j = 0; j < n; j++) norm = fmax(norm, 2 * fabs(Q[j][j]));
  const int parts = (int)ceil(norm * t) + 1;
  for (PetscInt i = 0; i < n; i++) y[i] = f[i];
  for (int p = 0; p < parts; p++) {
    for (PetscInt i = 0; i < n; i++) term[i] = y[i];
    for (int k = 1; k < 30; k++) {
      for (PetscInt i = 0; i < n; i++) {
        next[i] = 0;
        for (PetscInt j = 0; j < n; j++) next[i] += Q[i][j] * term[j] * t / parts / k;
      }
      for (PetscInt i = 0; i < n; i++) y[i] += term[i] = next[i];
    }
  }
  for (PetscInt i = 0; i < n; i++) sum += a[i] * y[i];
  return (double)sum;
}

/* A function of place without symmetry. */
static PetscErrorCode SetPlace(OttoGrid grid, Vec a)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal x[OTTO_MAX_DIM] = {0};
  PetscScalar *values;

  PetscFunctionBegin;
  PetscCall(VecGetArray(a, &values));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellCentre(g, c, x);
    values[c] = x[0] + 0.3 * x[0] * x[0] - (g->dim > 1 ? 0.7 * x[1] : 0);
  }
  PetscCall(VecRestoreArray(a, &values));
  PetscFunctionReturn(0);
}

static PetscErrorCode Against(OttoGenerator Q)
{
  static double dense[MOST][MOST];
  const double omegas[] = {1e-3, 0.7, 5, 300}, times[] = {0.01, 0.3, 0.8, 3};
  OttoGrid grid = OttoGeneratorGetGrid(Q);
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  double f[MOST], of_a[MOST];
  PetscReal value[2], residual = 0, variance = 0, C[4], error[4];
  OttoSteadyReport report;
  OttoCorrelation c;
  OttoResolvent R;
  Vec pi, log_pi, a, source;

  PetscFunctionBegin;
  for (Vec *v[] = {&pi, &log_pi, &a, &source, NULL}, **p = v; *p; p++)
    PetscCall(OttoFieldCreate(grid, *p));
  PetscCall(OttoResolventCreate(Q, &R));
  PetscCall(OttoSteadyState(R, pi, log_pi, &report));
  PetscCall(SetPlace(grid, a));
  PetscCall(OttoCorrelationCreate(Q, pi, &c));
  PetscCall(OttoCorrelationSource(c, a, source, &variance));
  PetscCall(Dense(Q, (PetscInt)g->cells, dense));
  PetscCall(Everywhere(grid, source, f));
  PetscCall(Everywhere(grid, a, of_a));
  for (int k = 0; k < 4; k++) {
    const Number want = Eliminate((PetscInt)g->cells, dense, omegas[k], f, of_a) * g->cell_volume;
    PetscCall(OttoCorrelationTransform(c, a, source, omegas[k], value, &residual));
    /* a residual of 1e-10, over the slowest rate of about 1 */
    TestTrue(fabs(value[0] - (double)creall(want)) <= 1e-8 * (double)cabsl(want), "real part");
    TestTrue(fabs(value[1] - (double)cimagl(want)) <= 1e-8 * (double)cabsl(want), "imaginary part");
  }
  const Number still = Eliminate((PetscInt)g->cells, dense, 1e-9, f, of_a) * g->cell_volume;
  PetscCall(OttoCorrelationTransform(c, a, source, 0, value, &residual));
  TestClose(value[0], (double)creall(still), 1e-7, "at no frequency the integral of C");
  TestTrue(value[1] == 0, "which is real");
  PetscCall(OttoCorrelationInTime(c, a, source, 4, times, 1e-6, C, error));
  for (int k = 0; k < 4; k++) {
    const double want = Exponential((PetscInt)g->cells, dense, times[k], f, of_a) * g->cell_volume;
    TestTrue(error[k] <= 1e-6 * variance, "as near as was asked");
    /* beside it what 1e-13 in each solve leaves of the mean */
    TestTrue(fabs(C[k] - want) <= error[k] + 1e-11 * variance, "C(t) within its bound");
  }
  PetscCall(OttoCorrelationDestroy(&c));
  PetscCall(OttoResolventDestroy(&R));
  for (Vec *v[] = {&pi, &log_pi, &a, &source, NULL}, **p = v; *p; p++) PetscCall(VecDestroy(*p));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestDense(void)
{
  static const char *const driven[] = {"none", "rotation"};
  Chain s;

  for (int k = 0; k < 2; k++) {
    PetscCall(ChainCreate(2, (PetscInt64[]){7, 5}, (PetscReal[]){-1.5, -1}, (PetscReal[]){1.5, 1},
                          (OttoBoundary[]){W, W},
                          OPTIONS("-potential_type", "quadratic", "-potential_stiffness", "1,2",
                                  "-drift_type", driven[k], "-drift_rate", "1.3"),
                          &s));
    PetscCall(Against(s.Q));
    PetscCall(ChainDestroy(&s));
  }
  PetscCall(ChainCreate(
      1, (PetscInt64[]){32}, (PetscReal[]){0}, (PetscReal[]){1}, (OttoBoundary[]){P},
      OPTIONS("-potential_type", "formula", "-potential_formula", "cos(2*_pi*x)+0.3*sin(4*_pi*x)"),
      &s));
  PetscCall(Against(s.Q));
  PetscCall(ChainDestroy(&s));
  return 0;
}

/* a = x of the cells. */
static PetscErrorCode Places(const Chain *s, Vec a)
{
  PetscScalar *values;
  PetscReal x[OTTO_MAX_DIM];

  PetscFunctionBegin;
  PetscCall(VecGetArray(a, &values));
  for (PetscInt64 i = 0; i < s->g->local_cells; i++) {
    OttoGridCellCentre(s->g, i, x);
    values[i] = x[0];
  }
  PetscCall(VecRestoreArray(a, &values));
  PetscFunctionReturn(0);
}

/* V = k x²/2: C = T/k e^{-kt}, S = 2T/(k² + ω²); errors fall with h². */
static PetscErrorCode TestOrnsteinUhlenbeck(void)
{
  const double k = 1.5, T = 0.8, omegas[] = {0, 0.5, 4}, times[] = {0.4, 1.5};
  PetscReal off[2][5];

  for (int level = 0; level < 2; level++) {
    PetscReal value[2], residual = 0, variance = 0, C[2], error[2];
    OttoSteadyReport report;
    OttoCorrelation c;
    Vec pi, log_pi, a, source;
    Chain s;
    PetscCall(ChainCreate(1, (PetscInt64[]){level ? 96 : 48}, (PetscReal[]){-6}, (PetscReal[]){6},
                          (OttoBoundary[]){W},
                          OPTIONS("-potential_type", "quadratic", "-potential_stiffness", "1.5",
                                  "-temperature", "0.8"),
                          &s));
    for (Vec *v[] = {&pi, &log_pi, &a, &source, NULL}, **p = v; *p; p++)
      PetscCall(OttoFieldCreate(s.grid, *p));
    PetscCall(Places(&s, a));
    PetscCall(OttoSteadyState(s.R, pi, log_pi, &report));
    PetscCall(OttoCorrelationCreate(s.Q, pi, &c));
    PetscCall(OttoCorrelationSource(c, a, source, &variance));
    TestClose(variance, T / k, 1e-9, "C(0): sums over a Gaussian");
    for (int i = 0; i < 3; i++) {
      PetscCall(OttoCorrelationTransform(c, a, source, omegas[i], value, &residual));
      off[level][i] = fabs(2 * value[0] / (2 * T / (k * k + omegas[i] * omegas[i])) - 1);
    }
    PetscCall(OttoCorrelationInTime(c, a, source, 2, times, 1e-8, C, error));
    for (int i = 0; i < 2; i++) off[level][3 + i] = fabs(C[i] / (T / k * exp(-k * times[i])) - 1);
    PetscCall(OttoCorrelationDestroy(&c));
    for (Vec *v[] = {&pi, &log_pi, &a, &source, NULL}, **p = v; *p; p++) PetscCall(VecDestroy(*p));
    PetscCall(ChainDestroy(&s));
  }
  for (int i = 0; i < 5; i++) {
    TestTrue(off[1][i] < 0.02, "near the closed form");
    TestTrue(off[0][i] / off[1][i] > 3.5 && off[0][i] / off[1][i] < 4.6, "second order in h");
  }
  return 0;
}

/* On a ring that is driven round cos x turns more than it decays, by the chain's own rate: at lags
 * that long steps would damp, and beside a mean a million times as large. */
static PetscErrorCode TestTurning(void)
{
  const double h = PETSC_PI / 16, D = 0.05, z = 2 * h / D, times[] = {0.5, 10, 25};
  const double up = D / (h * h) * z / (1 - exp(-z)), down = D / (h * h) * z / (exp(z) - 1);
  const double complex rate = up * (cexp(I * h) - 1) + down * (cexp(-I * h) - 1);

  for (int large = 0; large < 2; large++) {
    PetscReal value[2], residual = 0, variance = 0, C[3], error[3], x[1];
    OttoSteadyReport report;
    OttoCorrelation c;
    PetscScalar *values;
    Vec pi, log_pi, a, source;
    Chain s;
    PetscCall(ChainCreate(
        1, (PetscInt64[]){32}, (PetscReal[]){0}, (PetscReal[]){2 * PETSC_PI}, (OttoBoundary[]){P},
        OPTIONS("-temperature", "0.05", "-drift_type", "constant", "-drift_force", "2"), &s));
    for (Vec *v[] = {&pi, &log_pi, &a, &source, NULL}, **p = v; *p; p++)
      PetscCall(OttoFieldCreate(s.grid, *p));
    PetscCall(VecGetArray(a, &values));
    for (PetscInt64 i = 0; i < s.g->local_cells; i++) {
      OttoGridCellCentre(s.g, i, x);
      values[i] = cos(x[0]) + 1e6 * large;
    }
    PetscCall(VecRestoreArray(a, &values));
    PetscCall(OttoSteadyState(s.R, pi, log_pi, &report));
    PetscCall(OttoCorrelationCreate(s.Q, pi, &c));
    PetscCall(OttoCorrelationSource(c, a, source, &variance));
    TestClose(variance, 0.5, large ? 1e-9 : 1e-13, "C(0): 1e6 has 1e-10 of digits");
    PetscCall(OttoCorrelationInTime(c, a, source, 3, times, 1e-6, C, error));
    for (int i = 0; i < 3; i++) {
      TestTrue(error[i] <= 1e-6, "as near as was asked");
      TestTrue(fabs(C[i] - 0.5 * creal(cexp(rate * times[i]))) <= error[i] + 1e-11, "turning");
    }
    const double complex at = 0.25 / (3 * I - rate) + 0.25 / (3 * I - conj(rate));
    PetscCall(OttoCorrelationTransform(c, a, source, 3, value, &residual));
    TestClose(value[0], creal(at), 1e-8, "the spectrum's real part");
    TestClose(value[1], cimag(at), 1e-8, "and its imaginary part");
    PetscCall(OttoCorrelationDestroy(&c));
    for (Vec *v[] = {&pi, &log_pi, &a, &source, NULL}, **p = v; *p; p++) PetscCall(VecDestroy(*p));
    PetscCall(ChainDestroy(&s));
  }
  return 0;
}

/* x on such a ring jumps, so that many modes turn at once and decay one after the other: no space
 * is large enough for all of the time. Against the sum over the chain's own modes. */
static PetscErrorCode TestRough(void)
{
  enum { N = 400, LAGS = 60 };
  const double h = 2 * PETSC_PI / N, D = 0.02, z = 4 * h / D;
  const double up = D / (h * h) * z / (1 - exp(-z)), down = D / (h * h) * z / (exp(z) - 1);
  PetscReal variance = 0, C[LAGS], error[LAGS], times[LAGS] = {0, 0.01};
  OttoSteadyReport report;
  OttoCorrelation c;
  Vec pi, log_pi, a, source;
  Chain s;

  for (int i = 2; i < LAGS; i++) times[i] = i < LAGS - 1 ? 0.1 * i : 60; /* many to a space */
  PetscCall(ChainCreate(
      1, (PetscInt64[]){N}, (PetscReal[]){0}, (PetscReal[]){2 * PETSC_PI}, (OttoBoundary[]){P},
      OPTIONS("-temperature", "0.02", "-drift_type", "constant", "-drift_force", "4"), &s));
  for (Vec *v[] = {&pi, &log_pi, &a, &source, NULL}, **p = v; *p; p++)
    PetscCall(OttoFieldCreate(s.grid, *p));
  PetscCall(Places(&s, a));
  PetscCall(OttoSteadyState(s.R, pi, log_pi, &report));
  PetscCall(OttoCorrelationCreate(s.Q, pi, &c));
  PetscCall(OttoCorrelationSource(c, a, source, &variance));
  PetscCall(OttoCorrelationInTime(c, a, source, LAGS, times, 1e-6, C, error));
  for (int i = 0; i < LAGS; i++) {
    double want = 0;
    for (int k = 1; k < N; k++) {
      double complex part = 0;
      const double complex turn = cexp(2 * PETSC_PI * I * k / N);
      for (int j = 0; j < N; j++) part += (j + 0.5) * h * cexp(-2 * PETSC_PI * I * k * j / N) / N;
      want +=
          creal(part * conj(part) * cexp((up * (conj(turn) - 1) + down * (turn - 1)) * times[i]));
    }
    TestTrue(error[i] <= 1.01e-6 * variance, "as near as was asked");
    /* 1e-12: sums of 400 times 400 terms */
    TestTrue(fabs(C[i] - want) <= error[i] + 1e-12, "C(t) of a jump within its bound");
    TestTrue(i == 0 || error[i] >= error[i - 1], "what spaces leave adds up");
  }
  PetscCall(OttoCorrelationDestroy(&c));
  for (Vec *v[] = {&pi, &log_pi, &a, &source, NULL}, **p = v; *p; p++) PetscCall(VecDestroy(*p));
  PetscCall(ChainDestroy(&s));
  return 0;
}

int main(void)
{
  return TestMain({TestDense, TestOrnsteinUhlenbeck, TestTurning, TestRough});
}
