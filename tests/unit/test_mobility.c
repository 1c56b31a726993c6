/* ranks: 1 2 3 4
 * A mobility that depends on place: rates by hand, steady states and moments of the three
 * conventions against closed forms and quadrature, orders, and what is refused. */
#include "chain_density.h"
#include "grid/edges.h"
#include <otto/production.h>

#define TEMPERATURE 0.7

static const OttoNoise noises[] = {OTTO_NOISE_KLIMONTOVICH, OTTO_NOISE_STRATONOVICH,
                                   OTTO_NOISE_ITO};

/* The functions of place below, which stand in formulas as well. */
static PetscReal Potential(const PetscReal x[])
{
  return 0.4 * x[0] * x[0] + 0.25 * x[0] * x[1] - 0.5 * x[2] * x[1];
}
#define POTENTIAL "0.4*x^2+0.25*x*y-0.5*z*y"
static PetscReal Mobility(PetscInt axis, const PetscReal x[])
{
  if (axis == 0) return 1 + x[0] * x[0] + 0.5 * x[1] * x[1];
  if (axis == 1) return 0.5 + 0.25 * exp(x[0] - x[1]);
  return 2 + sin(x[0] + x[1] + x[2]);
}
#define FIRST "1+x^2+0.5*y^2"
#define SECOND "0.5+0.25*exp(x-y)"
#define THIRD "2+sin(x+y+z)"

typedef struct {
  PetscInt dim;
  PetscInt64 n[3];
  OttoBoundary boundary[3];
  const char *V, *M, *f;
  PetscBool shared;
} Case;

static const Case cases[] = {
    {1, {13}, {W}, "0.4*x^2", "1+x^2", NULL, PETSC_TRUE},
    {1, {9}, {A}, "0.4*x^2", "1+x^2", "0.3", PETSC_TRUE},
    {2, {5, 2}, {W, P}, "0.4*x^2+0.25*x*y", FIRST, NULL, PETSC_TRUE},
    {2, {7, 6}, {W, P}, "0.4*x^2+0.25*x*y", FIRST, NULL, PETSC_TRUE},
    {2, {7, 5}, {P, W}, "0.4*x^2+0.25*x*y", FIRST "," SECOND, NULL, PETSC_FALSE},
    {2, {6, 5}, {A, W}, "0.4*x^2+0.25*x*y", FIRST "," SECOND, "0.3,y", PETSC_FALSE},
    {3, {5, 4, 3}, {W, P, W}, POTENTIAL, FIRST "," SECOND "," THIRD, NULL, PETSC_FALSE},
    {3, {4, 1, 5}, {W, P, A}, POTENTIAL, FIRST "," SECOND "," THIRD, "0.3,y,0", PETSC_FALSE},
};
#define COUNT ((int)(sizeof cases / sizeof cases[0]))

static const PetscReal lower[3] = {-1, -1.5, 0}, upper[3] = {1.5, 1, 2};

static PetscErrorCode Make(const Case *c, OttoNoise noise, Chain *s)
{
  const char *f = c->f ? "formula" : "none";

  return ChainCreate(c->dim, c->n, lower, upper, c->boundary,
                     OPTIONS("-temperature", "0.7", "-potential_type", "formula",
                             "-potential_formula", c->V, "-mobility_formula", c->M, "-noise",
                             OttoNoiseNames[noise], "-drift_type", f, "-drift_formula",
                             c->f ? c->f : "0"),
                     s);
}

static long double B(long double z)
{
  return fabsl(z) < 1e-12L ? 1 - z / 2 : z / expm1l(z);
}

static PetscReal MobilityOf(const Case *c, PetscInt axis, const PetscReal x[])
{
  return Mobility(c->shared ? 0 : axis, x);
}

/* The force of the drift at x, of every case that has one. */
static PetscReal Drift(const Case *c, PetscInt axis, const PetscReal x[])
{
  return !c->f ? 0 : axis == 0 ? 0.3 : axis == 1 ? x[1] : 0;
}

/* Rates of an own cell's upper edges, and what it loses by absorbing faces. Differences of V and of
 * logarithms below 10 round to 10 eps, which rates magnify by |z| < 10. */
static void CheckCell(const Case *c, const Chain *s, PetscReal a, PetscInt64 cell)
{
  const OttoRates *r = OttoGeneratorGetRates(s->Q);
  PetscReal x[3] = {0}, y[3] = {0}, face[3] = {0};
  PetscInt64 i[OTTO_MAX_DIM];

  OttoGridCellIndex(s->g, cell, i);
  for (PetscInt j = 0; j < c->dim; j++) x[j] = OttoGridCentre(s->g, j, i[j]);
  for (PetscInt j = 0; j < c->dim; j++) {
    const PetscReal h = s->g->h[j], M = MobilityOf(c, j, x);
    TestClose(OttoGeneratorCouplingAt(s->Q, j, cell), M * TEMPERATURE / (h * h), 1e-14,
              "coupling of a cell");
    if (c->n[j] == 1 || (i[j] == c->n[j] - 1 && c->boundary[j] != P)) continue;
    for (PetscInt k = 0; k < c->dim; k++) y[k] = face[k] = x[k];
    face[j] += 0.5 * h;
    y[j] = OttoGridCentre(s->g, j, (i[j] + 1) % c->n[j]);
    const long double N = MobilityOf(c, j, y), D = 2 * M * N / (M + N) * TEMPERATURE / (h * h);
    const long double V = ((long double)Potential(x) - Potential(y)) / TEMPERATURE;
    const long double z =
        V + Drift(c, j, face) * h / TEMPERATURE - a * (logl(N) - logl((long double)M));
    TestClose(r->up[j][cell], (double)(D * B(-z)), 1e-13, "up");
    TestClose(r->down[j][cell], (double)(D * B(z)), 1e-13, "down");
    TestTrue(fabs(r->force[j][cell] - (double)z) <= 1e-14, "force");
  }
}

static void CheckLosses(const Case *c, const Chain *s, PetscReal a)
{
  const OttoRates *r = OttoGeneratorGetRates(s->Q);

  for (PetscInt64 k = 0; k < r->losses; k++) {
    PetscReal x[3] = {0}, y[3] = {0}, face[3] = {0};
    const PetscInt j = r->loss[k].face / 2, side = r->loss[k].face % 2 ? 1 : -1;
    const PetscReal h = s->g->h[j];
    OttoGridCellCentre(s->g, r->loss[k].cell, x);
    for (PetscInt i = 0; i < c->dim; i++) y[i] = face[i] = x[i];
    y[j] -= side * h;
    face[j] += side * 0.5 * h;
    const long double M = MobilityOf(c, j, x), N = MobilityOf(c, j, y);
    const long double inner =
        ((long double)Potential(y) - Potential(x)) / TEMPERATURE - a * (logl(M) - logl(N));
    const long double z = 0.5L * inner + side * Drift(c, j, face) * h / (2 * TEMPERATURE);
    TestClose(r->loss[k].rate, (double)(2 * M * TEMPERATURE / (h * h) * B(-z)), 1e-13, "loss");
  }
}

static PetscErrorCode TestRates(void)
{
  for (int k = 0; k < COUNT; k++)
    for (int a = 0; a < 3; a++) {
      Chain s;
      PetscInt64 losses = 0;
      PetscCall(Make(&cases[k], noises[a], &s));
      const PetscBool drives = a && !cases[k].shared ? PETSC_TRUE : PETSC_FALSE;
      TestTrue(OttoGeneratorIsConservative(s.Q) == (!cases[k].f && !drives), "what drives");
      TestTrue(OttoGeneratorIsBiased(s.Q) == (a && cases[k].shared), "what is a potential");
      TestTrue(OttoGeneratorGetNoise(s.Q) == noises[a], "noise");
      for (PetscInt64 c = 0; c < s.g->local_cells; c++) CheckCell(&cases[k], &s, 0.5 * a, c);
      CheckLosses(&cases[k], &s, 0.5 * a);
      losses = OttoGeneratorGetRates(s.Q)->losses;
      MPI_Allreduce(MPI_IN_PLACE, &losses, 1, MPIU_INT64, MPI_SUM, PETSC_COMM_WORLD);
      TestTrue((losses > 0) == OttoGeneratorIsAbsorbing(s.Q), "losses were seen");
      PetscCall(ChainDestroy(&s));
    }
  return 0;
}

/* ---- steady states of detailed balance ---- */

typedef struct {
  const OttoRates *r;
  OttoSurrounded pi;
} Balance;

/* Logarithms below 10 err by 10 eps, rates as above. */
static void CheckBalance(const OttoEdges *e, void *context)
{
  const Balance *s = (Balance *)context;

  for (PetscInt64 i = 0; i < e->n; i++)
    TestClose(OttoSurroundedAt(&s->pi, e->x)[i] * s->r->up[e->axis][e->x + i],
              OttoSurroundedAt(&s->pi, e->y)[i] * s->r->down[e->axis][e->x + i], 1e-13,
              "detailed balance");
}

/* π is exp(-V/T)/M^a, by its logarithm but for a constant, and stationary to rounding. */
static PetscErrorCode CheckSteady(Chain *s, PetscReal a)
{
  Balance balance = {.r = OttoGeneratorGetRates(s->Q)};
  const PetscScalar *logs;
  PetscReal norm, most, error, constant[2] = {-INFINITY, -INFINITY}, x[3] = {0};
  OttoSteadyReport report;
  Vec pi, log_pi, rate;
  OttoHalo halo;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(s->grid, &pi));
  PetscCall(OttoFieldCreate(s->grid, &log_pi));
  PetscCall(OttoFieldCreate(s->grid, &rate));
  PetscCall(OttoSteadyState(s->R, pi, log_pi, &report));
  TestTrue(report.closed_form, "a closed form");
  PetscCall(VecGetArrayRead(log_pi, &logs));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    OttoGridCellCentre(s->g, c, x);
    const PetscReal of = logs[c] + Potential(x) / TEMPERATURE + a * log(Mobility(0, x));
    constant[0] = PetscMax(constant[0], of);
    constant[1] = PetscMax(constant[1], -of);
  }
  PetscCall(VecRestoreArrayRead(log_pi, &logs));
  MPI_Allreduce(MPI_IN_PLACE, constant, 2, MPIU_REAL, MPI_MAX, PETSC_COMM_WORLD);
  TestTrue(constant[0] + constant[1] <= 1e-14, "exp(-V/T)/M^a");
  PetscCall(OttoGeneratorApply(s->Q, pi, rate));
  PetscCall(OttoGeneratorNorm(s->Q, &norm));
  PetscCall(VecNorm(rate, NORM_INFINITY, &error));
  PetscCall(VecNorm(pi, NORM_INFINITY, &most));
  TestTrue(error <= 1e-14 * norm * most, "stationary");
  PetscCall(OttoGridGetHalo(s->grid, 1, &halo));
  PetscCall(OttoFieldSurround(halo, pi, &balance.pi));
  OttoEdgesWalk(s->g, PETSC_FALSE, CheckBalance, &balance);
  PetscCall(OttoFieldRelease(halo, pi, &balance.pi));
  PetscCall(VecDestroy(&pi));
  PetscCall(VecDestroy(&log_pi));
  PetscCall(VecDestroy(&rate));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestSteady(void)
{
  static const Case balanced[] = {
      {1, {40}, {W}, "0.4*x^2", "1+x^2", NULL, PETSC_TRUE},
      {2, {9, 8}, {W, W}, "0.4*x^2+0.25*x*y", FIRST, NULL, PETSC_TRUE},
      /* one function of place, a factor an axis; an axis of one cell has no differences */
      {2, {9, 8}, {W, P}, "0.4*x^2+0.25*x*y", FIRST ",3*(" FIRST ")", NULL, PETSC_TRUE},
      {2, {11, 1}, {W, P}, "0.4*x^2+0.25*x*y", FIRST "," SECOND, NULL, PETSC_TRUE},
      {3, {6, 5, 4}, {W, P, W}, POTENTIAL, FIRST, NULL, PETSC_TRUE},
  };

  for (size_t k = 0; k < sizeof balanced / sizeof balanced[0]; k++)
    for (int a = 0; a < 3; a++) {
      Chain s;
      PetscCall(Make(&balanced[k], noises[a], &s));
      TestTrue(OttoGeneratorIsConservative(s.Q), "nothing drives");
      PetscCall(CheckSteady(&s, 0.5 * a));
      PetscCall(ChainDestroy(&s));
    }
  return 0;
}

/* ---- a driven ring, by quadrature ---- */

#define PANELS 256

static PetscReal RingMobility(PetscReal x)
{
  return 1 / (1 + 0.6 * cos(2 * PETSC_PI * x));
}

/* Φ of ρ ∝ e^-Φ(x) ∫_x^(x+1) e^Φ/M, where J = M(b ρ - T ρ' - a T ρ M'/M) is constant. */
static PetscReal RingPhi(PetscReal a, PetscReal x)
{
  const PetscReal V = 0.5 * sin(2 * PETSC_PI * x);
  return (V - 2 * x) / TEMPERATURE + a * log(RingMobility(x));
}

static PetscReal RingDensity(PetscReal a, PetscReal x) /* by Simpson's rule: 1e-9 */
{
  PetscReal sum = 0;

  for (int k = 0; k <= 2 * PANELS; k++) {
    const PetscReal y = x + k / (2. * PANELS), w = k % (2 * PANELS) == 0 ? 1 : k % 2 ? 4 : 2;
    sum += w * exp(RingPhi(a, y) - RingPhi(a, x)) / RingMobility(y);
  }
  return sum / (6 * PANELS);
}

/* ‖π - ρ‖₁ on n cells. */
static PetscErrorCode RingError(PetscInt64 n, int a, PetscReal *error)
{
  const PetscReal zero[1] = {0}, one[1] = {1};
  const OttoBoundary ring[1] = {P};
  PetscReal mass = 0;
  OttoSteadyReport report;
  Chain s;

  PetscFunctionBegin;
  PetscCall(ChainCreate(1, (const PetscInt64[]){n}, zero, one, ring,
                        OPTIONS("-temperature", "0.7", "-potential_type", "formula",
                                "-potential_formula", "0.5*sin(2*_pi*x)", "-drift_type", "constant",
                                "-drift_force", "2", "-mobility_formula", "1/(1+0.6*cos(2*_pi*x))",
                                "-noise", OttoNoiseNames[noises[a]]),
                        &s));
  for (int k = 0; k < 128; k++) mass += RingDensity(0.5 * a, (k + 0.5) / 128) / 128; /* spectral */
  PetscCall(SteadyError(&s, RingDensity, 0.5 * a, mass, &report, error));
  PetscCall(ChainDestroy(&s));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestRing(void)
{
  for (int a = 0; a < 3; a++) {
    PetscReal error[3];
    for (int k = 0; k < 3; k++) PetscCall(RingError(32 << k, a, &error[k]));
    TestTrue(error[2] <= 1e-3, "the steady state of a driven ring");
    for (int k = 0; k < 2; k++) /* the next term is h² smaller: a few per cent */
      TestTrue(error[k] / error[k + 1] > 3.6 && error[k] / error[k + 1] < 4.4, "of second order");
  }
  return 0;
}

/* ---- moments: the drift that a convention brings ---- */

/* D = 1 + x² + y²/2 and 1 + exp(x - y)/4 at T = 1; b by V = x²/2 + xy/4, and a rotation in 2D. */
static void Coefficients(PetscInt dim, const PetscReal x[], PetscReal D[], PetscReal slope[],
                         PetscReal b[])
{
  const PetscReal y = dim > 1 ? x[1] : 0, e = 0.25 * exp(x[0] - y);

  D[0] = 1 + x[0] * x[0] + 0.5 * y * y;
  D[1] = 1 + e;
  slope[0] = 2 * x[0];
  slope[1] = -e;
  b[0] = -x[0] - 0.25 * y + y;
  b[1] = -0.25 * x[0] - x[0];
}

/* Of <x_i>, then of <x_i x_j>: ∫ ρ μ_i and ∫ ρ (x_i μ_j + x_j μ_i + 2 D_i δ_ij), μ = M b + (1 - a)
 * ∂D. how: a. */
static void MomentsOfLaw(PetscInt dim, const PetscReal x[], const void *how, PetscReal of[],
                         PetscReal to[])
{
  const PetscReal a = *(const PetscReal *)how;
  PetscReal D[2], slope[2], b[2], mu[2];
  PetscInt k = 0;

  Coefficients(dim, x, D, slope, b);
  for (PetscInt j = 0; j < dim; j++) mu[j] = D[j] * b[j] + (1 - a) * slope[j];
  for (PetscInt i = 0; i < dim; i++, k++) of[k] = x[i], to[k] = mu[i];
  for (PetscInt i = 0; i < dim; i++)
    for (PetscInt j = i; j < dim; j++, k++) {
      of[k] = x[i] * x[j];
      to[k] = x[i] * mu[j] + x[j] * mu[i] + (i == j ? 2 * D[i] : 0);
    }
}

/* On n cells an axis. */
static PetscErrorCode MomentError(PetscInt dim, PetscInt64 n, PetscReal a, const char *noise,
                                  PetscReal *error)
{
  const PetscReal low[2] = {-4, -4.5}, high[2] = {5, 4};
  const OttoBoundary walls[2] = {W, W};
  Chain s;

  PetscFunctionBegin;
  PetscCall(ChainCreate(dim, (const PetscInt64[]){n, n + 1}, low, high, walls,
                        OPTIONS("-potential_type", "formula", "-potential_formula",
                                dim > 1 ? "x^2/2+x*y/4" : "x^2/2", "-drift_type",
                                dim > 1 ? "formula" : "none", "-drift_formula", "y,0-x",
                                "-mobility_formula",
                                dim > 1 ? "1+x^2+y^2/2, 1+exp(x-y)/4" : "1+x^2", "-noise", noise),
                        &s));
  PetscCall(MomentsError(&s, dim > 1 ? 5 : 2, MomentsOfLaw, &a, error));
  PetscCall(ChainDestroy(&s));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestMoments(void)
{
  for (PetscInt dim = 1; dim <= 2; dim++)
    for (int a = 0; a < 3; a++) {
      PetscReal error[2];
      for (int k = 0; k < 2; k++)
        PetscCall(MomentError(dim, 64 << k, 0.5 * a, OttoNoiseNames[noises[a]], &error[k]));
      TestTrue(error[1] < 0.02, "rates of moments"); /* an a off by 1/2 is one of 0.4 */
      TestTrue(error[0] / error[1] > 3.6 && error[0] / error[1] < 4.4, "of second order");
    }
  return 0;
}

/* dX = -k X dt + √(2 (1 + X²)) dW of Ito, k = 3, on a wide box: the mean of any density falls with
 * k, and the steady state is (1 + x²)^(-k/2 - 1), Student's. Its force b is -k x/(1 + x²). */
static PetscErrorCode TestStudent(void)
{
  const OttoBoundary walls[1] = {W};
  OttoSteadyReport report;
  const PetscScalar *p;
  PetscReal worst = 0, x[1], centre = 0;
  Vec pi, log_pi;
  Chain s;

  PetscCall(ChainCreate(1, (const PetscInt64[]){81}, (const PetscReal[]){-9},
                        (const PetscReal[]){9}, walls,
                        OPTIONS("-potential_type", "formula", "-potential_formula",
                                "1.5*log(1+x^2)", "-mobility_formula", "1+x^2", "-noise", "ito"),
                        &s));
  PetscCall(OttoFieldCreate(s.grid, &pi));
  PetscCall(OttoFieldCreate(s.grid, &log_pi));
  PetscCall(OttoSteadyState(s.R, pi, log_pi, &report));
  PetscCall(VecNorm(pi, NORM_INFINITY, &centre)); /* at 0 */
  PetscCall(VecGetArrayRead(pi, &p));
  for (PetscInt64 c = 0; c < s.g->local_cells; c++) {
    OttoGridCellCentre(s.g, c, x);
    worst = PetscMax(worst, fabs(p[c] / centre * pow(1 + x[0] * x[0], 2.5) - 1));
  }
  PetscCall(VecRestoreArrayRead(pi, &p));
  TestTrue(worst <= 1e-13, "Student's distribution"); /* logarithms of 20 round to 20 eps */
  PetscCall(VecDestroy(&pi));
  PetscCall(VecDestroy(&log_pi));
  PetscCall(ChainDestroy(&s));
  return 0;
}

/* ---- the rest ---- */

/* A loop's production is Σ p D z²/h² = <M> f²/T; its current D z p/h. */
static PetscErrorCode TestLoops(void)
{
  const OttoBoundary boundary[2] = {W, P};
  PetscReal expected[2] = {0, 0};
  const PetscScalar *p;
  OttoProduction production;
  OttoSteadyReport report;
  Vec pi, log_pi;
  Chain s;

  PetscCall(ChainCreate(2, (const PetscInt64[]){12, 1}, lower, upper, boundary,
                        OPTIONS("-temperature", "0.7", "-drift_type", "constant", "-drift_force",
                                "0,3", "-mobility_formula", FIRST "," SECOND),
                        &s));
  PetscCall(OttoFieldCreate(s.grid, &pi));
  PetscCall(OttoFieldCreate(s.grid, &log_pi));
  PetscCall(OttoSteadyState(s.R, pi, log_pi, &report));
  PetscCall(OttoProductionCompute(s.Q, pi, pi, log_pi, 0, &production));
  PetscCall(VecGetArrayRead(pi, &p));
  for (PetscInt64 c = 0; c < s.g->local_cells; c++) {
    PetscReal x[2];
    OttoGridCellCentre(s.g, c, x);
    expected[0] += p[c] * Mobility(1, x) * s.g->cell_volume;
  }
  PetscCall(VecRestoreArrayRead(pi, &p));
  MPI_Allreduce(MPI_IN_PLACE, expected, 2, MPIU_REAL, MPI_SUM, PETSC_COMM_WORLD);
  TestClose(production.total, expected[0] * 9 / TEMPERATURE, 1e-13, "production of loops");
  TestClose(production.heat_rate, expected[0] * 9, 1e-13, "their heat");
  PetscCall(VecDestroy(&pi));
  PetscCall(VecDestroy(&log_pi));
  PetscCall(ChainDestroy(&s));
  return 0;
}

/* A mobility that is set, on cells of which some are closed, where it may be anything. */
static PetscErrorCode TestSet(void)
{
  const OttoBoundary walls[2] = {W, W};
  PetscReal range[2], bare, most;
  OttoGrid grid;
  OttoGenerator Q;
  PetscScalar *M[2];
  Vec fields[2], V;

  PetscCall(PetscOptionsClear(NULL));
  PetscCall(PetscOptionsSetValue(NULL, "-potential_type", "formula"));
  PetscCall(PetscOptionsSetValue(NULL, "-potential_formula", "x>1?inf:y"));
  PetscCall(PetscOptionsSetValue(NULL, "-noise", "ito"));
  PetscCall(MakeBox(2, (const PetscInt64[]){10, 7}, lower, upper, walls, &grid));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  for (int j = 0; j < 2; j++) PetscCall(OttoFieldCreate(grid, &fields[j]));
  for (int j = 0; j < 2; j++) PetscCall(VecGetArray(fields[j], &M[j]));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscReal x[2];
    OttoGridCellCentre(g, c, x);
    M[0][c] = x[0] > 1 ? NAN : exp(x[0]);
    M[1][c] = x[0] > 1 ? -1 : 4 * exp(x[0]);
  }
  for (int j = 0; j < 2; j++) PetscCall(VecRestoreArray(fields[j], &M[j]));
  PetscCall(OttoGeneratorCreate(grid, &Q));
  PetscCall(OttoGeneratorSetMobility(Q, fields));
  PetscCall(OttoGeneratorSetFromOptions(Q));
  PetscCall(OttoGeneratorSetUp(Q));
  TestTrue(OttoGeneratorIsBiased(Q) && OttoGeneratorIsConservative(Q), "log M is a potential");
  OttoGeneratorCouplingRange(Q, 1, range);
  TestClose(range[0], 4 * exp(-0.875) / PetscSqr(g->h[1]), 1e-14, "least, in open cells");
  TestClose(range[1], 4 * exp(0.875) / PetscSqr(g->h[1]), 1e-14, "largest, in open cells");
  /* centres of eight open columns from -0.875 to 0.875 */
  TestClose(OttoGeneratorCoupling(Q, 1), 4 / PetscSqr(g->h[1]), 1e-14, "geometric mean");
  PetscCall(OttoFieldCreate(grid, &V));
  PetscCall(OttoGeneratorUnbiasedPotential(Q, V));
  PetscCall(OttoFieldRange(grid, V, &bare, NULL));
  TestClose(bare, -1.5 + 0.5 * g->h[1], 1e-13, "V without log M");
  PetscCall(OttoGeneratorPeekPotential(Q, 3, V));
  PetscCall(VecAXPY(V, -1, OttoGeneratorGetPotential(Q)));
  PetscCall(OttoFieldRange(grid, V, &bare, &most));
  TestTrue(bare == 0 && most == INFINITY, "the same potential at any time, inf where closed");
  PetscCall(VecDestroy(&V));
  for (int j = 0; j < 2; j++) PetscCall(VecDestroy(&fields[j]));
  PetscCall(OttoGeneratorDestroy(&Q));
  PetscCall(OttoGridDestroy(&grid));
  return 0;
}

static PetscErrorCode SetUpWith(const char *const options[])
{
  const OttoBoundary walls[2] = {W, W};
  OttoGenerator Q;
  OttoGrid grid;

  PetscFunctionBegin;
  PetscCall(PetscOptionsClear(NULL));
  for (int i = 0; options[i]; i += 2)
    PetscCall(PetscOptionsSetValue(NULL, options[i], options[i + 1]));
  PetscCall(MakeBox(2, (const PetscInt64[]){10, 5}, lower, upper, walls, &grid));
  PetscCall(OttoGeneratorCreate(grid, &Q));
  PetscErrorCode code = OttoGeneratorSetFromOptions(Q);
  if (!code) code = OttoGeneratorSetUp(Q);
  PetscCall(OttoGeneratorDestroy(&Q));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(code);
}

static PetscErrorCode TestRefused(void)
{
  TestFails(SetUpWith(OPTIONS("-mobility_formula", "x+0.875")), OTTO_ERR_INPUT,
            "mobility_formula: 0 along axis 1 at (-0.875, -1.25)");
  TestFails(SetUpWith(OPTIONS("-mobility_formula", "1,y-1")), OTTO_ERR_INPUT,
            "mobility_formula: -2.25 along axis 2 at (-0.875, -1.25)");
  TestFails(SetUpWith(OPTIONS("-mobility_formula", "1/(x-x)")), OTTO_ERR_INPUT, "inf along axis 1");
  TestFails(SetUpWith(OPTIONS("-mobility_formula", "sqrt(x)")), OTTO_ERR_INPUT, "nan along axis 1");
  TestFails(SetUpWith(OPTIONS("-mobility_formula", "1,2,3")), OTTO_ERR_INPUT, "3 components");
  TestFails(SetUpWith(OPTIONS("-mobility_formula", "1+t")), OTTO_ERR_INPUT, "unknown name 't'");
  TestFails(SetUpWith(OPTIONS("-mobility_formula", "1", "-mobility", "2")), OTTO_ERR_INPUT,
            "mobility: '2'; there is mobility_formula beside it");
  TestFails(SetUpWith(OPTIONS("-mobility_formula", "1", "-mobility_path", "a.h5")), OTTO_ERR_INPUT,
            "(mobility_path): give one of them");
  TestFails(SetUpWith(OPTIONS("-mobility_path", "a.h5")), OTTO_ERR_INPUT,
            "mobility_dataset: missing");
  TestFails(SetUpWith(OPTIONS("-mobility_dataset", "M")), OTTO_ERR_INPUT, "mobility_path: missing");
  TestFails(SetUpWith(OPTIONS("-mobility_path", "a.h5", "-mobility_dataset", "a,b,c")),
            OTTO_ERR_INPUT, "3 names for 2 axes");
  TestFails(SetUpWith(OPTIONS("-mobility_path", "/none.h5", "-mobility_dataset", "M")),
            OTTO_ERR_INPUT, "mobility_path: ");
  TestFails(SetUpWith(OPTIONS("-noise", "itoh")), OTTO_ERR_INPUT, "did you mean ito");
  PetscCall(SetUpWith(OPTIONS("-mobility_formula", "max(1,x), min(2,3)", "-noise", "ito")));
  PetscCall(SetUpWith(OPTIONS("-mobility", "2", "-noise", "ito"))); /* all the same: harmless */
  return 0;
}

int main(void)
{
  return TestMain(
      {TestRates, TestSteady, TestRing, TestMoments, TestStudent, TestLoops, TestSet, TestRefused});
}
