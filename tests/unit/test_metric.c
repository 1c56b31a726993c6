/* ranks: 1 2 3
 * Metrics by name, and the heat flow of a metric as a Markov generator: detailed balance with √g,
 * mass, signs, order; what other coordinates see. */
#include "metric.h"
#include <otto/flow.h>
#include <otto/steady.h>

/* g is what the formula says, symmetric; what is none is refused, naming key and point. */
static PetscErrorCode TestMetrics(void)
{
  const PetscReal x[2] = {0.25, 0.5};
  PetscReal g[4];
  OttoMetric metric;
  OttoGrid grid;
  const struct {
    const char *type, *formula;
    PetscReal g[4];
  } said[] = {{"flat", NULL, {1, 0, 0, 1}},
              {"conformal", "x+y", {0.75, 0, 0, 0.75}},
              {"diagonal", "x, 3*y", {0.25, 0, 0, 1.5}}};
  const struct {
    const char *type, *formula, *says;
  } refused[] = {
      {"conformal", NULL, "metric_formula: missing; give 1 component"},
      {"diagonal", NULL, "metric_formula: missing; give 2 components"},
      {"diagonal", "x", "metric_formula"},
      {"conformal", "x-", "metric_formula"},
      {"round", "x", "metric_type"},
  };

  PetscCall(MakeUnit(2, 4, W, &grid));
  for (int k = 0; k < 3; k++) {
    PetscCall(SetMetric(said[k].type, said[k].formula));
    PetscCall(OttoMetricCreate(grid, &metric));
    TestTrue(!strcmp(OttoMetricGetType(metric), said[k].type), "type");
    PetscCall(OttoMetricEvaluate(metric, x, g));
    for (int i = 0; i < 4; i++) TestClose(g[i], said[k].g[i], 1e-15, "g"); /* one operation */
    PetscCall(OttoMetricDestroy(&metric));
  }
  for (size_t k = 0; k < sizeof(refused) / sizeof(refused[0]); k++) {
    PetscCall(SetMetric(refused[k].type, refused[k].formula));
    TestTrue(OttoMetricCreate(grid, &metric) == OTTO_ERR_INPUT, "refused");
    TestTrue(strstr(OttoErrorMessage(), refused[k].says), refused[k].says);
    OttoErrorClear();
    PetscCall(OttoMetricDestroy(&metric));
  }
  PetscCall(SetMetric("diagonal", "1, x-0.25"));
  PetscCall(OttoMetricCreate(grid, &metric));
  TestFails(OttoMetricEvaluate(metric, x, g), OTTO_ERR_INPUT,
            "metric_formula: component 2 of the metric is 0 at (0.25, 0.5)");
  PetscCall(OttoMetricDestroy(&metric));
  PetscCall(SetMetric("conformal", "1/(x-0.25)"));
  PetscCall(OttoMetricCreate(grid, &metric));
  TestFails(OttoMetricEvaluate(metric, x, g), OTTO_ERR_INPUT, "is inf at");
  PetscCall(OttoMetricDestroy(&metric));
  PetscCall(OttoGridDestroy(&grid));
  PetscCall(PetscOptionsClear(NULL));
  return 0;
}

/* Round a periodic axis a metric is what it is in the box, whatever its formula says outside, and
 * closes there; between walls it is what the formula says. */
static PetscErrorCode TestRound(void)
{
  const OttoBoundary boundary[2] = {P, W};
  const PetscInt64 n[2] = {4, 3};
  const PetscReal lower[2] = {-1, 0}, upper[2] = {1, 1};
  OttoMetric metric;
  OttoGrid grid;
  PetscReal g[4], there[4];
  const struct {
    const char *formula, *says;
  } refused[] = {
      {"2+0.011*x, 1",
       "component 1 of the metric is 1.989 at (-1, 0.166667) and 2.011 at (1, 0.16"},
      {"x+1, 1",
       "component 1 of the metric is 0 at (-1, 0.166667) and 2 at (1, 0.166667), which is"},
      {"1, exp(y*x)", "component 2 of the metric is 0.8"},
      {"1, exp(y*x)", "which is the same point round the periodic axis 1"},
  };

  PetscCall(MakeBox(2, n, lower, upper, boundary, &grid));
  PetscCall(SetMetric("diagonal", "1+x^2, exp(y)"));
  PetscCall(OttoMetricCreate(grid, &metric));
  for (int turns = -3; turns <= 3; turns++) {
    const PetscReal x[2] = {0.3 + 2 * turns, 1.5};
    PetscCall(OttoMetricEvaluate(metric, x, g));
    TestClose(g[0], 1.09, 1e-14, "brought round"); /* a turn of 7 rounds to 8 eps */
    TestClose(g[3], exp(1.5), 1e-15, "a wall is none to a formula");
  }
  for (int side = -1; side <= 1; side += 2) {
    const PetscReal x[2] = {side, 0};
    PetscCall(OttoMetricEvaluate(metric, x, g));
    PetscCall(OttoMetricEvaluate(metric, (PetscReal[]){side * (1 + 1e-15), 0}, there));
    TestTrue(g[0] == 2 && fabs(there[0] - 2) < 1e-14, "faces");
  }
  PetscCall(OttoMetricDestroy(&metric));
  for (size_t k = 0; k < sizeof refused / sizeof refused[0]; k++) {
    PetscCall(SetMetric("diagonal", refused[k].formula));
    TestTrue(OttoMetricCreate(grid, &metric) == OTTO_ERR_INPUT, "refused");
    TestTrue(strstr(OttoErrorMessage(), refused[k].says), refused[k].says);
    OttoErrorClear();
    PetscCall(OttoMetricDestroy(&metric));
  }
  PetscCall(SetMetric("diagonal", "2+0.009*x, exp(3*y)")); /* jumps by 0.009 of itself, and walls */
  PetscCall(OttoMetricCreate(grid, &metric));
  PetscCall(OttoMetricDestroy(&metric));
  PetscCall(OttoGridDestroy(&grid));
  PetscCall(PetscOptionsClear(NULL));
  return 0;
}

/* The matrix is that of a chain: no negative rate, no mass lost but by absorption; its Gibbs form
 * is symmetric, and it does what the walk does. */
static PetscErrorCode TestMatrix(void)
{
  for (int k = 0; k < COUNT; k++) {
    OttoGrid grid;
    OttoGenerator Q;
    Vec p, rate, other;
    Mat M = NULL, G = NULL, T;
    PetscInt from, to, count, negative = 0;
    const PetscInt *columns;
    const PetscScalar *values;
    PetscReal norm, error, escape, mass;

    PetscCall(Make(&cases[k], &grid, &Q));
    const OttoGridInfo *g = OttoGridGetInfo(grid);
    TestTrue(OttoGeneratorIsConservative(Q) && !OttoGeneratorIsTimeDependent(Q), "no drift");
    TestTrue(!OttoGeneratorGetPotentialSource(Q), "no potential");
    PetscCall(OttoGeneratorAssemble(Q, PETSC_FALSE, &M));
    PetscCall(MatGetOwnershipRange(M, &from, &to));
    for (PetscInt i = from; i < to; i++) {
      PetscCall(MatGetRow(M, i, &count, &columns, &values));
      for (PetscInt j = 0; j < count; j++) negative += columns[j] != i && !(values[j] > 0);
      PetscCall(MatRestoreRow(M, i, &count, &columns, &values));
    }
    TestTrue(negative == 0, "rates between cells are positive");
    PetscCall(OttoFieldCreate(grid, &p));
    PetscCall(OttoFieldCreate(grid, &rate));
    PetscCall(OttoFieldCreate(grid, &other));
    PetscCall(FillValues(grid, Wavy, NULL, p));
    PetscCall(OttoGeneratorApply(Q, p, rate));
    PetscCall(MatMult(M, p, other));
    PetscCall(VecAXPY(other, -1, rate));
    PetscCall(VecNorm(other, NORM_INFINITY, &error));
    PetscCall(OttoGeneratorNorm(Q, &norm));
    TestTrue(error <= 1e-15 * 16 * norm, "matrix and walk agree"); /* 7 terms of norm·2.2 at most */
    PetscCall(OttoFieldIntegral(grid, rate, &mass));
    PetscCall(OttoGeneratorEscape(Q, p, &escape));
    TestTrue(fabs(mass + escape) <= 1e-15 * (double)g->cells * g->cell_volume * norm, "mass");
    TestTrue(OttoGeneratorIsAbsorbing(Q) ? escape > 0 : escape == 0, "escape");
    PetscCall(OttoGeneratorAssemble(Q, PETSC_TRUE, &G));
    PetscCall(MatTranspose(G, MAT_INITIAL_MATRIX, &T));
    PetscCall(MatAXPY(T, -1, G, DIFFERENT_NONZERO_PATTERN));
    PetscCall(MatNorm(T, NORM_FROBENIUS, &error));
    TestTrue(error == 0, "symmetric exactly");
    for (PetscInt j = 0; j < g->dim; j++)
      TestTrue(g->n[j] == 1 || OttoGeneratorCoupling(Q, j) > 0, "coupling");
    PetscCall(MatDestroy(&M));
    PetscCall(MatDestroy(&G));
    PetscCall(MatDestroy(&T));
    PetscCall(VecDestroy(&p));
    PetscCall(VecDestroy(&rate));
    PetscCall(VecDestroy(&other));
    PetscCall(Free(&grid, &Q));
  }
  return 0;
}

/* √g is stationary, and what the steady state is said to be. */
static PetscErrorCode TestSteady(void)
{
  for (int k = 0; k < COUNT; k++) {
    OttoGrid grid;
    OttoGenerator Q;
    OttoResolvent R;
    OttoMetric metric;
    OttoSteadyReport report;
    Vec pi, log_pi, rate;
    PetscScalar *values;
    PetscReal norm, most, error, x[3], g[9], mass;

    PetscCall(Make(&cases[k], &grid, &Q));
    const OttoGridInfo *info = OttoGridGetInfo(grid);
    const PetscInt d = info->dim;
    PetscCall(OttoMetricCreate(grid, &metric));
    PetscCall(OttoFieldCreate(grid, &pi));
    PetscCall(OttoFieldCreate(grid, &log_pi));
    PetscCall(OttoFieldCreate(grid, &rate));
    PetscCall(OttoResolventCreate(Q, &R));
    PetscCall(OttoResolventSetFromOptions(R));
    if (!OttoGeneratorIsAbsorbing(Q)) {
      PetscCall(OttoSteadyState(R, pi, log_pi, &report));
      TestTrue(report.closed_form, "closed form");
      PetscCall(OttoGeneratorNorm(Q, &norm));
      PetscCall(OttoGeneratorApply(Q, pi, rate));
      PetscCall(VecNorm(rate, NORM_INFINITY, &error));
      PetscCall(VecNorm(pi, NORM_INFINITY, &most));
      TestTrue(error <= 1e-14 * norm * most,
               "stationary"); /* logarithms of up to 3 round to 3 eps */
      PetscCall(VecGetArray(rate, &values));
      for (PetscInt64 c = 0; c < info->local_cells; c++) {
        values[c] = 1;
        OttoGridCellCentre(info, c, x);
        PetscCall(OttoMetricEvaluate(metric, x, g));
        for (PetscInt j = 0; j < d; j++) values[c] *= sqrt(g[j * d + j]);
      }
      PetscCall(VecRestoreArray(rate, &values));
      PetscCall(OttoFieldIntegral(grid, rate, &mass));
      PetscCall(VecAXPY(pi, -1 / mass, rate));
      PetscCall(VecNorm(pi, NORM_INFINITY, &error));
      TestTrue(error <= 1e-14 * most, "the volume"); /* likewise */
    }
    PetscCall(OttoResolventDestroy(&R));
    PetscCall(OttoMetricDestroy(&metric));
    PetscCall(VecDestroy(&pi));
    PetscCall(VecDestroy(&log_pi));
    PetscCall(VecDestroy(&rate));
    PetscCall(Free(&grid, &Q));
  }
  return 0;
}

/* What leaves through the lower and the upper face of g = 1 + x: √g g⁻¹ = (1 + x)^{-1/2}, over half
 * a cell. */
static PetscErrorCode TestAbsorbing(void)
{
  const Case open = {1, {6}, {A}, "conformal", "1+x"};
  const PetscReal h = 1. / 6;
  OttoGrid grid;
  OttoGenerator Q;

  PetscCall(Make(&open, &grid, &Q));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const OttoRates *rates = OttoGeneratorGetRates(Q);
  PetscInt64 at = 0;
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscReal x[OTTO_MAX_DIM], killed = 0;
    OttoGridCellCentre(g, c, x);
    if (g->offset + c == 0) killed = 2 / (h * h) / sqrt(1 + h / 2);
    if (g->offset + c == 5) killed = 2 / (h * h) / sqrt(2) / sqrt(2 - h / 2);
    TestClose(rates->killed[c], killed, 1e-14, "rate"); /* logarithms near 1 */
    if (!(killed > 0)) continue;
    TestTrue(rates->loss[at].cell == c && rates->loss[at].face == (x[0] < 0.5 ? 0 : 1), "by face");
    TestClose(rates->loss[at++].rate, killed, 1e-14, "by face"); /* likewise */
  }
  PetscCall(Free(&grid, &Q));
  return 0;
}

/* ---- order ---- */

#define AMPLITUDE 0.4

/* Length s(x) along the circle of √g = 1 + a cos 2πx, of length 1, and p = √g u(s(x), t) where u is
 * 1 + ½ e^{-4π²t} cos 2πs. */
static PetscReal OnCircle(const PetscReal x[], PetscReal t)
{
  const PetscReal turn = 2 * PETSC_PI, s = x[0] + AMPLITUDE * sin(turn * x[0]) / turn;

  return (1 + AMPLITUDE * cos(turn * x[0])) * (1 + 0.5 * exp(-turn * turn * t) * cos(turn * s));
}

static PetscReal CircleValue(PetscInt64 cell, PetscInt dim, const PetscReal x[],
                             const PetscReal *context)
{
  (void)cell, (void)dim;
  return OnCircle(x, *context);
}

/* Heat on a circle is heat on its arc length. */
static PetscErrorCode TestCircle(void)
{
  const PetscReal lower[1] = {0}, upper[1] = {1}, start = 0, stop = 0.02;
  const OttoBoundary ring[1] = {P};
  PetscReal error[3];

  for (int k = 0; k < 3; k++) {
    const PetscInt64 n[1] = {16 << k};
    OttoGrid grid;
    OttoGenerator Q;
    OttoResolvent R;
    OttoFlow flow;
    Vec p, exact;

    PetscCall(SetMetric("conformal", "(1+0.4*cos(2*_pi*x))^2"));
    PetscCall(PetscOptionsSetValue(NULL, "-ts_type", "cn"));
    PetscCall(PetscOptionsSetValue(NULL, "-ts_dt", "2e-4"));
    PetscCall(MakeBox(1, n, lower, upper, ring, &grid));
    PetscCall(MakeGenerator(grid, NULL, &Q));
    PetscCall(OttoResolventCreate(Q, &R));
    PetscCall(OttoResolventSetFromOptions(R));
    PetscCall(Fill(grid, CircleValue, &start, &p));
    PetscCall(Fill(grid, CircleValue, &stop, &exact));
    PetscCall(OttoFlowCreateFokkerPlanck(Q, R, p, NULL, &flow));
    PetscCall(OttoFlowSetFromOptions(flow));
    PetscCall(OttoFlowSetUp(flow));
    PetscCall(OttoFlowAdvance(flow, stop));
    PetscCall(VecAXPY(exact, -1, p));
    PetscCall(VecNorm(exact, NORM_1, &error[k]));
    error[k] /= (double)n[0];
    PetscCall(OttoFlowDestroy(&flow));
    PetscCall(OttoResolventDestroy(&R));
    PetscCall(VecDestroy(&p));
    PetscCall(VecDestroy(&exact));
    PetscCall(Free(&grid, &Q));
  }
  /* second order: ratios 4(1 + O(h²)); Crank-Nicolson's error, (λ dt)² λt/12 = 4e-6 of the mode,
   * is a hundredth of the last and below it */
  for (int k = 0; k < 2; k++)
    TestTrue(error[k] / error[k + 1] > 3.6 && error[k] / error[k + 1] < 4.4, "second order");
  TestTrue(error[2] < 2e-3, "and small: (πh)²/3 times the modes there are");
  return 0;
}

/* u = cos(2πx) sin(2πy) + ½ cos(2π(x + y)), and ∂_x u, ∂_y u. */
static void Smooth(const PetscReal x[], PetscReal *u, PetscReal *ux, PetscReal *uy)
{
  const PetscReal k = 2 * PETSC_PI, X = k * x[0], Y = k * x[1];

  *u = cos(X) * sin(Y) + 0.5 * cos(X + Y);
  *ux = -k * sin(X) * sin(Y) - 0.5 * k * sin(X + Y);
  *uy = k * cos(X) * cos(Y) - 0.5 * k * sin(X + Y);
}

/* g_11 = e^{sin(2πx) cos(2πy)}, g_22 = 2 + sin(2π(x + y)): √g and √g g^jj. */
static void Volumes(const PetscReal x[], PetscReal *volume, PetscReal conductance[2])
{
  const PetscReal k = 2 * PETSC_PI, a = exp(sin(k * x[0]) * cos(k * x[1])),
                  b = 2 + sin(k * (x[0] + x[1]));

  *volume = sqrt(a * b);
  conductance[0] = sqrt(b / a);
  conductance[1] = sqrt(a / b);
}

/* √g g^jj ∂_j u at a point moved by `by` along axis j. */
static PetscReal Flux(const PetscReal x[], PetscInt j, PetscReal by)
{
  PetscReal at[2] = {x[0], x[1]}, u, slope[2], volume, c[2];

  at[j] += by;
  Smooth(at, &u, &slope[0], &slope[1]);
  Volumes(at, &volume, c);
  return c[j] * slope[j];
}

static PetscReal SmoothMass(PetscInt64 cell, PetscInt dim, const PetscReal x[],
                            const PetscReal *context)
{
  PetscReal u, ux, uy, volume, c[2];

  (void)cell, (void)dim, (void)context;
  Smooth(x, &u, &ux, &uy);
  Volumes(x, &volume, c);
  return volume * u;
}

/* ∂_j(√g g^jj ∂_j u) by fourth-order differences over 1e-3: right to 1e-12 k⁵ = 1e-8. */
static PetscReal SmoothRate(PetscInt64 cell, PetscInt dim, const PetscReal x[],
                            const PetscReal *context)
{
  const PetscReal e = 1e-3;
  PetscReal sum = 0;

  (void)cell, (void)context;
  for (PetscInt j = 0; j < dim; j++)
    sum += (8 * (Flux(x, j, e) - Flux(x, j, -e)) - (Flux(x, j, 2 * e) - Flux(x, j, -2 * e))) /
           (12 * e);
  return sum;
}

/* A metric whose components depend on both coordinates: the rate of p = u√g, in every cell. */
static PetscErrorCode TestOrder(void)
{
  PetscReal error[3], size;

  for (int k = 0; k < 3; k++) {
    OttoGrid grid;
    OttoGenerator Q;
    Vec p, rate, exact;

    PetscCall(SetMetric("diagonal", "exp(sin(2*_pi*x)*cos(2*_pi*y)), 2+sin(2*_pi*(x+y))"));
    PetscCall(MakeUnit(2, 24 << k, P, &grid));
    PetscCall(MakeGenerator(grid, NULL, &Q));
    PetscCall(Fill(grid, SmoothMass, NULL, &p));
    PetscCall(Fill(grid, SmoothRate, NULL, &exact));
    PetscCall(OttoFieldCreate(grid, &rate));
    PetscCall(OttoGeneratorApply(Q, p, rate));
    PetscCall(VecNorm(exact, NORM_INFINITY, &size));
    PetscCall(VecAXPY(rate, -1, exact));
    PetscCall(VecNorm(rate, NORM_INFINITY, &error[k]));
    error[k] /= size;
    PetscCall(VecDestroy(&p));
    PetscCall(VecDestroy(&rate));
    PetscCall(VecDestroy(&exact));
    PetscCall(Free(&grid, &Q));
  }
  for (int k = 0; k < 2; k++) /* 4(1 + O(h²)), and the point of the largest error moves */
    TestTrue(error[k] / error[k + 1] > 3.4 && error[k] / error[k + 1] < 4.6, "second order");
  return 0;
}

/* ---- other coordinates ---- */

/* Moebius' map of a circle, tan πy = k tan πx with k = 2, and its derivative. */
static const char forward[] = "x + atan(sin(2*_pi*x)/(3-cos(2*_pi*x)))/_pi";
static const char backward[] = "x + atan(0-sin(2*_pi*x)/(3+cos(2*_pi*x)))/_pi";

static PetscReal Derivative(PetscReal k, PetscReal x)
{
  return k / (PetscSqr(cos(PETSC_PI * x)) + PetscSqr(k * sin(PETSC_PI * x)));
}

/* g' = g(x)/J², along each axis by itself; a rotation makes it full, which the generator refuses.
 */
static PetscErrorCode TestPushed(void)
{
  const PetscReal y[2] = {0.3, 0.85}, one[2] = {1, 1};
  PetscReal g[4], x[2];
  char both[2][200];
  OttoGrid grid;
  OttoGenerator Q;
  OttoDiffeomorphism map;
  OttoMetric metric, pushed;

  PetscCall(SetMetric("diagonal", "2+sin(2*_pi*y), exp(cos(2*_pi*x))"));
  PetscCall(MakeUnit(2, 12, P, &grid));
  PetscCall(OttoMetricCreate(grid, &metric));
  snprintf(both[0], sizeof both[0], "%s, y", forward);
  snprintf(both[1], sizeof both[1], "%s, y", backward);
  PetscCall(OttoDiffeomorphismCreate("coordinates_formula", both[0], "coordinates_inverse", both[1],
                                     2, one, &map));
  PetscCall(OttoMetricCreatePushed(metric, map, grid, &pushed));
  TestTrue(!strcmp(OttoMetricGetType(pushed), "pushed"), "type");
  PetscCall(OttoMetricEvaluate(pushed, y, g));
  x[0] = y[0] + atan(-sin(2 * PETSC_PI * y[0]) / (3 + cos(2 * PETSC_PI * y[0]))) / PETSC_PI;
  /* extrapolated differences: some 1e-11 */
  TestClose(g[0], (2 + sin(2 * PETSC_PI * y[1])) * PetscSqr(Derivative(0.5, y[0])), 1e-9, "g_11");
  TestClose(g[3], exp(cos(2 * PETSC_PI * x[0])), 1e-9, "g_22");
  TestTrue(fabs(g[1]) < 1e-9 && g[1] == g[2], "diagonal");
  PetscCall(MakeGenerator(grid, pushed, &Q));
  PetscCall(OttoGeneratorDestroy(&Q));
  PetscCall(OttoMetricDestroy(&pushed));
  PetscCall(OttoDiffeomorphismDestroy(&map));
  PetscCall(OttoDiffeomorphismCreate("coordinates_formula", "x+y, y", "coordinates_inverse",
                                     "x-y, y", 2, one, &map));
  PetscCall(OttoMetricCreatePushed(metric, map, grid, &pushed));
  PetscCall(OttoMetricEvaluate(pushed, y, g)); /* (dx - dy)² a + dy² b at (x - y, y) */
  const PetscReal a = 2 + sin(2 * PETSC_PI * y[1]), b = exp(cos(2 * PETSC_PI * (y[0] - y[1])));
  TestClose(g[0], a, 1e-9, "sheared");
  TestClose(g[1], -a, 1e-9, "sheared");
  TestClose(g[3], a + b, 1e-9, "sheared");
  TestFails(MakeGenerator(grid, pushed, &Q), OTTO_ERR_INPUT,
            "axes 1 and 2 of these coordinates are not orthogonal");
  PetscCall(OttoGeneratorDestroy(&Q));
  PetscCall(OttoMetricDestroy(&pushed));
  PetscCall(OttoDiffeomorphismDestroy(&map));
  PetscCall(OttoDiffeomorphismCreate("coordinates_formula", "x, y", "coordinates_inverse", NULL, 2,
                                     one, &map));
  TestFails(OttoMetricCreatePushed(metric, map, grid, &pushed), OTTO_ERR_INPUT,
            "coordinates_inverse: missing");
  PetscCall(OttoDiffeomorphismDestroy(&map));
  PetscCall(OttoMetricDestroy(&metric));
  PetscCall(OttoGridDestroy(&grid));
  PetscCall(PetscOptionsClear(NULL));
  return 0;
}

int main(void)
{
  return TestMain({TestMetrics, TestRound, TestMatrix, TestSteady, TestAbsorbing, TestCircle,
                   TestOrder, TestPushed});
}
