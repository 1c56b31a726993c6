/* ranks: 1 2 3 4
 * Dissipation with a generator's rates, and entropy production: identities, closed forms, orders.
 */
#include "fixture.h"
#include "grid/planes.h"
#include "phi.h"
#include <otto/resolvent.h>

#define P OTTO_BOUNDARY_PERIODIC
#define W OTTO_BOUNDARY_NO_FLUX
#define A OTTO_BOUNDARY_ABSORBING

typedef struct {
  PetscInt dim;
  PetscInt64 n[3];
  OttoBoundary boundary[3];
  const char *V, *f; /* NULL: none */
} Case;

static const Case cases[] = {
    {1, {13}, {W}, "x^4-x", NULL},
    {1, {17}, {P}, "cos(2*_pi*x/2.5)", "1.5"},
    {1, {600}, {W}, "x^2", NULL},
    {1, {8}, {A}, "x", "2*x"},
    {2, {9, 2}, {P, P}, "cos(x)+y/9", "1, sin(x)"},
    {2, {8, 11}, {W, P}, "x^2+sin(y)", "0-2*y, 3*x"},
    {2, {5, 6}, {A, A}, "3*x^2", "0.3*y, x"},
    {3, {6, 5, 4}, {P, W, A}, "x*y*z", "y*z, x, 1"},
    {3, {5, 4, 6}, {W, P, P}, "x+z^2", "y*z, x, 1-x"},
    {3, {4, 1, 3}, {W, P, P}, "2*x-z^2", NULL},
};
#define COUNT ((int)(sizeof cases / sizeof cases[0]))

static PetscErrorCode Make(const Case *c, PetscReal lower, PetscReal upper, OttoGrid *grid,
                           OttoGenerator *Q)
{
  PetscReal low[3], high[3];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < c->dim; j++) {
    low[j] = lower;
    high[j] = upper;
  }
  PetscCall(PetscOptionsClear(NULL));
  PetscCall(PetscOptionsSetValue(NULL, "-temperature", "0.7"));
  PetscCall(PetscOptionsSetValue(NULL, "-potential_type", "formula"));
  PetscCall(PetscOptionsSetValue(NULL, "-potential_seam", "wall")); /* any potential will do */
  PetscCall(PetscOptionsSetValue(NULL, "-potential_formula", c->V));
  if (c->f) PetscCall(PetscOptionsSetValue(NULL, "-drift_type", "formula"));
  if (c->f) PetscCall(PetscOptionsSetValue(NULL, "-drift_formula", c->f));
  PetscCall(MakeBox(c->dim, c->n, low, high, c->boundary, grid));
  PetscCall(OttoGeneratorCreate(*grid, Q));
  PetscCall(OttoGeneratorSetFromOptions(*Q));
  PetscCall(OttoGeneratorSetUp(*Q));
  PetscFunctionReturn(0);
}

/* Positive, rough, the same on any rank count: exp of up to ±depth. */
static PetscErrorCode Rough(OttoGrid grid, PetscReal seed, PetscReal depth, Vec *field)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscScalar *a;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(grid, field));
  PetscCall(VecGetArray(*field, &a));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    double k = (double)(g->offset + c + 1);
    a[c] = exp(depth * sin(seed * k * k + k));
  }
  PetscCall(VecRestoreArray(*field, &a));
  PetscFunctionReturn(0);
}

/* -dD_φ/dt by the chain rule, Σ φ'(r) ṗ + (φ - r φ') q̇, ṗ and q̇ by the generator; rate[5], [6]:
 * -Σ ṗ log p and the same of q; gross: the sum of magnitudes of each, ṗ replaced by the flow in and
 * out, to which its rounding is relative. */
static PetscErrorCode DirectRates(OttoGenerator Q, Vec p, Vec q, PetscReal rate[7],
                                  PetscReal gross[7])
{
  const OttoGrid grid = OttoGeneratorGetGrid(Q);
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const OttoRates *r = OttoGeneratorGetRates(Q);
  const PetscScalar *a[4];
  OttoSum sums[7] = {{0, 0}}, sizes[7] = {{0, 0}};
  Vec v[4] = {p, q};

  PetscFunctionBegin;
  for (int k = 2; k < 4; k++) {
    PetscCall(OttoFieldCreate(grid, &v[k]));
    PetscCall(OttoGeneratorApply(Q, v[k - 2], v[k]));
  }
  for (int k = 0; k < 4; k++) PetscCall(VecGetArrayRead(v[k], &a[k]));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    long double x = a[0][c], y = a[1][c], slope, rest, dp = a[2][c], dq = a[3][c];
    double out_p = (double)(fabsl(dp) + 2 * x * r->leave[c]);
    double out_q = (double)(fabsl(dq) + 2 * y * r->leave[c]);
    for (int k = 0; k < 7; k++) {
      slope = k == 5 ? logl(x) : 0, rest = k == 6 ? logl(y) : 0;
      if (k < 5) Phi(k, x / y, &slope, &rest);
      OttoSumAdd(&sums[k], (double)-(slope * dp + rest * dq));
      OttoSumAdd(&sizes[k], (double)fabsl(slope) * out_p + (double)fabsl(rest) * out_q);
    }
  }
  for (int k = 0; k < 4; k++) PetscCall(VecRestoreArrayRead(v[k], &a[k]));
  for (int k = 2; k < 4; k++) PetscCall(VecDestroy(&v[k]));
  PetscCall(OttoSumReduce(g->comm, 7, sums));
  PetscCall(OttoSumReduce(g->comm, 7, sizes));
  for (int k = 0; k < 7; k++) {
    rate[k] = OttoSumValue(sums[k]) * g->cell_volume;
    gross[k] = OttoSumValue(sizes[k]) * g->cell_volume;
  }
  PetscFunctionReturn(0);
}

/* dD_φ/dt = -dissipation for any chain, with and without detailed balance and absorption; on values
 * near 1, rough ones, and over 113 decades (beyond the vector loop, logarithms of 300). ṗ rounds to
 * a few eps of the flow in and out (8 eps of gross: below 1e-12 of the rate); the edge form to
 * 3e-14, or to the logarithms' 300 eps times the few by which d exceeds them. */
static PetscErrorCode TestDissipation(void)
{
  const PetscReal depth[] = {0.1, 3, 130}, edge_form[] = {3e-14, 3e-14, 3e-13};

  for (int c = 0; c < COUNT; c++)
    for (int d = 0; d < 3; d++) {
      OttoGrid grid;
      OttoGenerator Q;
      OttoPair pair = {.p = NULL};
      OttoFisher f;
      PetscReal rate[7], gross[7];

      PetscCall(Make(&cases[c], -1, 1.5, &grid, &Q));
      PetscCall(Rough(grid, 1.7, depth[d], &pair.p));
      PetscCall(Rough(grid, 0.9, depth[d], &pair.q));
      const OttoRates *r = OttoGeneratorGetRates(Q);
      PetscCall(OttoFisherEdgeRates(grid, &pair, r->up, r->down, r->killed, &f));
      PetscCall(DirectRates(Q, pair.p, pair.q, rate, gross));
      for (int k = 0; k < 7; k++) {
        PetscReal value = k < 5 ? f.dissipation[k] : k == 5 ? f.fisher_p : f.fisher_q;
        PetscReal allowed = edge_form[d] * fabs(rate[k]) + 2e-15 * gross[k];
        if (k < 5) TestTrue(allowed <= 1e-12 * rate[k], "the tolerance is below 1e-12");
        TestTrue(fabs(value - rate[k]) <= allowed, k < 5 ? OttoDivergenceNames[k] : "entropy");
      }
      PetscCall(VecDestroy(&pair.p));
      PetscCall(VecDestroy(&pair.q));
      PetscCall(OttoGeneratorDestroy(&Q));
      PetscCall(OttoGridDestroy(&grid));
    }
  return 0;
}

/* The steady state: implicit Euler with steps that grow until nothing moves, from uniform. */
static PetscErrorCode Steady(OttoGenerator Q, Vec *pi)
{
  OttoResolvent R;
  OttoSolveReport report;
  Vec f;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(OttoGeneratorGetGrid(Q), pi));
  PetscCall(VecSet(*pi, 1));
  PetscCall(VecDuplicate(*pi, &f));
  PetscCall(OttoResolventCreate(Q, &R));
  PetscCall(PetscOptionsSetValue(NULL, "-ksp_rtol", "1e-14"));
  PetscCall(OttoResolventSetFromOptions(R));
  for (int k = 0; k < 60; k++) {
    PetscReal sigma = PetscMax(1 / (1 + (PetscReal)k * k), 1e-2);
    PetscCall(OttoResolventSetShift(R, sigma));
    PetscCall(VecCopy(*pi, f));
    PetscCall(VecScale(f, sigma));
    PetscCall(OttoResolventSolveDensity(R, f, *pi, &report));
  }
  PetscCall(OttoResolventDestroy(&R));
  PetscCall(VecDestroy(&f));
  PetscFunctionReturn(0);
}

/* Σ |Qᵀπ| |log| : what is left of stationarity, an error of e_a and kl_rate. */
static PetscErrorCode Unsteady(OttoGenerator Q, Vec pi, PetscReal *rest)
{
  Vec rate;
  PetscReal mass;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(pi, &rate));
  PetscCall(OttoGeneratorApply(Q, pi, rate));
  PetscCall(VecNorm(rate, NORM_1, rest));
  PetscCall(VecNorm(pi, NORM_1, &mass));
  *rest /= mass;
  PetscCall(VecDestroy(&rate));
  PetscFunctionReturn(0);
}

/* The four identities. Each quantity rounds to a few eps of gross flow times logarithm; with π
 * known to `rest`, kl_rate and e_na differ by (q̇ = Qᵀπ) Σ q̇ (1 - r) ≤ rest·max|1 - r|, as does e_a.
 */
static PetscErrorCode TestIdentities(void)
{
  for (int c = 0; c < COUNT; c++) {
    OttoGrid grid;
    OttoGenerator Q;
    OttoProduction e;
    Vec p, pi = NULL;
    PetscReal rest = 0, rate[7], gross[7];

    PetscCall(Make(&cases[c], -1, 1.5, &grid, &Q));
    PetscCall(Rough(grid, 1.7, 2, &p));
    PetscBool absorbing = OttoGeneratorIsAbsorbing(Q);
    if (!absorbing) PetscCall(Steady(Q, &pi));
    PetscCall(OttoProductionCompute(Q, p, pi, NULL, 0, &e));
    PetscCall(DirectRates(Q, p, pi ? pi : p, rate, gross));
    TestTrue(e.total > 0, "e_p > 0");
    TestTrue(e.current_norm > 0, "currents flow");
    TestTrue(fabs(e.heat_rate - 0.7 * e.flow) <= 1e-15 * fabs(e.flow), "heat = T flow");
    TestTrue(fabs(e.entropy_rate - rate[5]) <= 1e-12 * e.total, "dH/dt as the test finds it");
    if (absorbing) {
      TestTrue(isnan(e.adiabatic) && isnan(e.nonadiabatic) && isnan(e.kl_rate), "no steady state");
    } else {
      PetscCall(Unsteady(Q, pi, &rest));
      TestTrue(rest < 1e-13 * OttoGridGetInfo(grid)->cells, "π is steady");
      TestTrue(e.nonadiabatic > 0, "e_na > 0");
      TestClose(e.adiabatic + e.nonadiabatic, e.total, 1e-12, "e_p = e_a + e_na");
      TestTrue(fabs(e.entropy_rate - (e.total - e.flow)) <= 1e-12 * e.total, "dH/dt = e_p - flow");
      TestClose(e.kl_rate, -e.nonadiabatic, 1e-12, "e_na = -dKL/dt");
      if (cases[c].f)
        TestTrue(e.adiabatic > 1e-3 * e.total, "a drift keeps house");
      else
        TestTrue(fabs(e.adiabatic) <= 1e-12 * e.total, "no e_a with detailed balance");
      PetscCall(OttoProductionCompute(Q, pi, pi, NULL, 0, &e));
      if (cases[c].f) TestClose(e.total, e.adiabatic, 1e-12, "at π all production is adiabatic");
      if (!cases[c].f) TestTrue(fabs(e.total) <= 1e-20, "equilibrium produces nothing");
      TestTrue(e.nonadiabatic == 0, "at π nothing relaxes");
    }
    PetscCall(VecDestroy(&p));
    PetscCall(VecDestroy(&pi));
    PetscCall(OttoGeneratorDestroy(&Q));
    PetscCall(OttoGridDestroy(&grid));
  }
  return 0;
}

/* Constant drift f on a ring, p uniform: J = (T/h²)(B(-z) - B(z)) p h = f p, e_p = f²/T, exactly,
 * at any Péclet number; heat f² . */
static PetscErrorCode TestRing(void)
{
  static const char *const drift[] = {"0.3", "0-1e-7", "300", "100000"};
  static const PetscReal of[] = {0.3, -1e-7, 300, 1e5};

  for (int k = 0; k < 4; k++) {
    const Case ring = {1, {10}, {P}, "0", drift[k]};
    OttoGrid grid;
    OttoGenerator Q;
    OttoProduction e;
    Vec p, current[1];
    PetscReal low, high;

    PetscCall(Make(&ring, -1, 1.5, &grid, &Q));
    PetscCall(OttoFieldCreate(grid, &p));
    PetscCall(OttoFieldCreate(grid, &current[0]));
    PetscCall(VecSet(p, 0.4));
    PetscCall(OttoProductionCompute(Q, p, p, NULL, 0, &e));
    /* f = 1e-7: z = 3.6e-8 and 1 - e^-z keep their digits; B(-z) - B(z) itself loses them */
    TestClose(e.total, of[k] * of[k] / 0.7, 1e-13, "e_p = f²/T");
    TestClose(e.adiabatic, of[k] * of[k] / 0.7, 1e-13, "e_a = f²/T");
    TestClose(e.heat_rate, of[k] * of[k], 1e-13, "heat = f²");
    TestTrue(fabs(e.nonadiabatic) <= 1e-14 * e.total, "steady");
    TestClose(e.current_norm, fabs(of[k]), fabs(of[k]) < 1e-3 ? 1e-7 : 1e-13, "∫|J| = |f|");
    PetscCall(OttoProductionCurrent(Q, p, current));
    PetscCall(OttoFieldRange(grid, current[0], &low, &high));
    TestClose(low, 0.4 * of[k], fabs(of[k]) < 1e-3 ? 1e-7 : 1e-13, "J = p f");
    TestClose(high, 0.4 * of[k], fabs(of[k]) < 1e-3 ? 1e-7 : 1e-13, "J = p f");
    PetscCall(VecDestroy(&p));
    PetscCall(VecDestroy(&current[0]));
    PetscCall(OttoGeneratorDestroy(&Q));
    PetscCall(OttoGridDestroy(&grid));
  }
  return 0;
}

/* Rotating trap, drift -k x + ω (-y, x): π Gaussian of variance T/k, J = ω π (-y, x), e_p = 2ω²/k.
 * k = 2, ω = 1.5, T = 0.7, box to 6 standard deviations (e^-18 of the mass beyond). */
static PetscErrorCode TestTrap(void)
{
  const PetscReal exact = 2 * 1.5 * 1.5 / 2;
  PetscReal error[3], current_error[3];

  for (int k = 0; k < 3; k++) {
    const Case trap = {2, {16 << k, 16 << k}, {W, W}, "x^2+y^2", "0-1.5*y, 1.5*x"};
    OttoGrid grid;
    OttoGenerator Q;
    OttoProduction e;
    Vec pi;
    PetscReal mass;

    PetscCall(Make(&trap, -3.6, 3.6, &grid, &Q));
    PetscCall(Steady(Q, &pi));
    PetscCall(OttoFieldIntegral(grid, pi, &mass));
    PetscCall(VecScale(pi, 1 / mass));
    PetscCall(OttoProductionCompute(Q, pi, pi, NULL, 0, &e));
    error[k] = fabs(e.total - exact);
    /* ω E|x| = ω √(π T/2k) */
    current_error[k] = fabs(e.current_norm - 1.5 * sqrt(0.5 * PETSC_PI * 0.35));
    TestTrue(fabs(e.flow - e.total) <= 1e-11 * e.total, "steady: all that is produced flows out");
    PetscCall(VecDestroy(&pi));
    PetscCall(OttoGeneratorDestroy(&Q));
    PetscCall(OttoGridDestroy(&grid));
  }
  for (int k = 0; k < 2; k++) {
    PetscReal order = log2(error[k] / error[k + 1]);
    PetscReal of_current = log2(current_error[k] / current_error[k + 1]);
    TestTrue(order > 1.8 && order < 2.2, "e_p at second order");
    TestTrue(of_current > 1.8 && of_current < 2.2, "∫|J| at second order");
    if (!(order > 1.8 && order < 2.2))
      fprintf(stderr, "  %g %g\n", (double)error[k], (double)order);
    if (!(of_current > 1.8 && of_current < 2.2))
      fprintf(stderr, "  J %g %g\n", (double)current_error[k], (double)of_current);
  }
  TestTrue(error[2] < 0.02 * exact, "e_p near 2ω²/k");
  return 0;
}

/* Zeros of p, π beyond the range of doubles, and (V = 2000 x²) rates that underflow. */
static PetscErrorCode TestLimits(void)
{
  /* the last: steps of 700 T, the first at which a rate is 0 */
  const char *const V[] = {"400*x^2", "2000*x^2", "490*rint((x+1)/(2.5/12)-0.5)"};

  for (int k = 0; k < 3; k++) {
    const Case well = {1, {12}, {W}, V[k], NULL};
    OttoGrid grid;
    OttoGenerator Q;
    OttoProduction e;
    Vec p, pi, log_pi;
    PetscScalar *a;

    PetscCall(Make(&well, -1, 1.5, &grid, &Q));
    const OttoGridInfo *g = OttoGridGetInfo(grid);
    PetscCall(OttoFieldCreate(grid, &pi));
    PetscCall(OttoFieldCreate(grid, &log_pi));
    PetscCall(OttoGeneratorGibbs(Q, pi, log_pi));
    PetscCall(OttoProductionCompute(Q, pi, pi, log_pi, 0, &e));
    if (k == 0) TestTrue(e.total == INFINITY, "a Gibbs state that underflows: zeros next to mass");
    PetscCall(Rough(grid, 1.7, 2, &p));
    PetscCall(OttoProductionCompute(Q, p, pi, log_pi, 0, &e));
    TestTrue(isfinite(e.total), "finite");
    TestClose(e.nonadiabatic, e.total, 1e-12, "e_p = e_na where π underflows");
    TestClose(e.kl_rate, -e.nonadiabatic, 1e-12, "-dKL/dt where π underflows");
    TestTrue(fabs(e.entropy_rate - (e.total - e.flow)) <= 1e-12 * e.total, "dH/dt = e_p - flow");
    TestTrue(fabs(e.adiabatic) <= 1e-12 * e.total, "detailed balance where π underflows");
    PetscCall(VecGetArray(p, &a));
    for (PetscInt64 c = 0; c < g->local_cells; c++)
      if (OttoGridPlanes(g).start + c >= 4 && OttoGridPlanes(g).start + c < 8) a[c] = 0;
    PetscCall(VecRestoreArray(p, &a));
    PetscCall(OttoProductionCompute(Q, p, pi, log_pi, 0, &e));
    TestTrue(e.total == INFINITY && e.nonadiabatic == INFINITY, "zeros next to mass");
    TestTrue(e.entropy_rate == INFINITY && e.kl_rate == -INFINITY, "their rates");
    TestTrue(isfinite(e.flow) && isfinite(e.adiabatic) && isfinite(e.current_norm), "the rest");
    PetscCall(VecGetArray(p, &a));
    for (PetscInt64 c = 0; c < g->local_cells; c++)
      if (a[c] == 0) a[c] = -1e-20;
    PetscCall(VecRestoreArray(p, &a));
    PetscReal flow = e.flow;
    PetscCall(OttoProductionCompute(Q, p, pi, log_pi, 1e-13, &e));
    TestTrue(isfinite(e.total) && isfinite(e.nonadiabatic), "noise is left out");
    TestTrue(isfinite(e.entropy_rate) && isfinite(e.kl_rate), "of rates as well");
    TestClose(e.flow, flow, 1e-12, "but not of what takes no logarithm");
    PetscCall(VecDestroy(&p));
    PetscCall(VecDestroy(&pi));
    PetscCall(VecDestroy(&log_pi));
    PetscCall(OttoGeneratorDestroy(&Q));
    PetscCall(OttoGridDestroy(&grid));
  }
  return 0;
}

/* Absorbing faces: force -3 + 1 everywhere, so z = ±2 (h/2)/T outwards, rate (2T/h²) B(-z); at a
 * corner the rates of both axes make up what is killed. */
static PetscErrorCode TestFaces(void)
{
  const Case slope = {2, {6, 4}, {A, A}, "3*x+y", "1, 2"};
  const PetscReal force[2] = {-2, 1}, T = 0.7;
  OttoGrid grid;
  OttoGenerator Q;

  PetscCall(Make(&slope, -1, 1.5, &grid, &Q));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const OttoRates *r = OttoGeneratorGetRates(Q);
  PetscInt64 at = 0;
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscInt64 idx[OTTO_MAX_DIM];
    PetscReal sum = 0, rate;
    OttoGridCellIndex(g, c, idx);
    for (int j = 0; j < 2; j++)
      for (int side = -1; side <= 1; side += 2) {
        if (idx[j] != (side < 0 ? 0 : g->n[j] - 1)) continue;
        PetscReal h = g->h[j], z = side * force[j] * h / (2 * T);
        TestTrue(at < r->losses && r->loss[at].cell == c && r->loss[at].face == OTTO_FACE(j, side),
                 "a loss is the face's");
        rate = r->loss[at++].rate;
        /* V ~ 6 rounds to 1e-15, differences of it over h are ~1 */
        TestClose(rate, 2 * T / (h * h) * -z / expm1(-z), 1e-14, "rate through the face");
        sum += rate;
      }
    TestClose(r->killed[c], sum, 1e-15, "killed is the sum over faces");
  }
  TestTrue(at == r->losses, "and of no others");
  PetscCall(OttoGeneratorDestroy(&Q));
  PetscCall(OttoGridDestroy(&grid));
  return 0;
}

/* Currents and the generator are one: the face currents of cell c are its own from J_c = (J⁻ +
 * J⁺)/2 summed along a line; here over all cells Σ J_j = Σ over edges h J + half of what leaves, so
 * that with V = 0 and no drift, where the edge current is (T/h)(p_x - p_y), the sum telescopes. */
static PetscErrorCode TestCurrents(void)
{
  const Case box = {2, {6, 5}, {A, W}, "0", NULL};
  OttoGrid grid;
  OttoGenerator Q;
  Vec p, current[2];
  PetscReal total[2];
  PetscReal column[6][5], expected[2] = {0, 0};

  PetscCall(Make(&box, -1, 1.5, &grid, &Q));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscCall(Rough(grid, 1.7, 1, &p));
  for (int j = 0; j < 2; j++) PetscCall(OttoFieldCreate(grid, &current[j]));
  PetscCall(OttoProductionCurrent(Q, p, current));
  for (int j = 0; j < 2; j++) PetscCall(OttoFieldIntegral(grid, current[j], &total[j]));
  for (int i = 0; i < 6; i++)
    for (int k = 0; k < 5; k++) {
      double n = i * 5 + k + 1;
      column[i][k] = exp(sin(1.7 * n * n + n));
    }
  for (int k = 0; k < 5; k++) /* faces: -2p/h·½ + (p_first - p_last)/h + 2p/h·½ = 0 */
    expected[0] += 0.7 / g->h[0] * (-column[0][k] + (column[0][k] - column[5][k]) + column[5][k]) *
                   g->cell_volume;
  for (int i = 0; i < 6; i++)
    expected[1] += 0.7 / g->h[1] * (column[i][0] - column[i][4]) * g->cell_volume;
  TestTrue(fabs(total[0] - expected[0]) <= 1e-12, "absorbing faces carry what leaves");
  TestClose(total[1], expected[1], 1e-12, "walls carry nothing");
  PetscCall(VecDestroy(&p));
  for (int j = 0; j < 2; j++) PetscCall(VecDestroy(&current[j]));
  PetscCall(OttoGeneratorDestroy(&Q));
  PetscCall(OttoGridDestroy(&grid));
  return 0;
}

int main(void)
{
  return TestMain(
      {TestDissipation, TestIdentities, TestRing, TestTrap, TestLimits, TestFaces, TestCurrents});
}
