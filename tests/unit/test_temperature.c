/* ranks: 1 2 3 4
 * A temperature that depends on place: rates by hand, steady states in closed form, moments against
 * those of the equation in all conventions, with a velocity too, and what is said and refused. */
#include "chain_density.h"
#include <otto/production.h>
#include <otto/work.h>

static const OttoNoise noises[] = {OTTO_NOISE_KLIMONTOVICH, OTTO_NOISE_STRATONOVICH,
                                   OTTO_NOISE_ITO};
static const PetscReal lower[2] = {-1, -1.5}, upper[2] = {1.5, 1};

/* ---- rates by hand ---- */

static long double Potential(const PetscReal x[])
{
  return 0.4L * x[0] * x[0] + 0.25L * x[0] * x[1];
}

static PetscReal Temperature(const PetscReal x[])
{
  return 1 + 0.4 * x[0] + 0.2 * x[1] * x[1];
}

static PetscReal Mobility(PetscInt axis, PetscBool even, const PetscReal x[])
{
  return axis == 0 ? 0.8 : even ? 0.5 : 0.5 + x[0] * x[0];
}

static long double B(long double z)
{
  return fabsl(z) < 1e-12L ? 1 - z / 2 : z / expm1l(z);
}

static PetscErrorCode Make(PetscBool even, OttoNoise noise, Chain *s)
{
  return ChainCreate(2, (PetscInt64[]){7, 6}, lower, upper, (OttoBoundary[]){A, W},
                     OPTIONS("-temperature_formula", "1+0.4*x+0.2*y^2", "-potential_type",
                             "formula", "-potential_formula", "0.4*x^2+0.25*x*y",
                             even ? "-mobility" : "-mobility_formula",
                             even ? "0.8,0.5" : "0.8,0.5+x^2", "-noise", OttoNoiseNames[noise],
                             "-drift_type", "formula", "-drift_formula", "y,0.3"),
                     s);
}

static PetscReal Drift(PetscInt axis, const PetscReal x[])
{
  return axis == 0 ? x[1] : 0.3;
}

static void CheckCell(const Chain *s, PetscBool even, PetscReal a, PetscInt64 cell)
{
  const OttoRates *r = OttoGeneratorGetRates(s->Q);
  PetscReal x[3], y[3], face[3];
  PetscInt64 i[OTTO_MAX_DIM];

  OttoGridCellIndex(s->g, cell, i);
  OttoGridCellCentre(s->g, cell, x);
  for (PetscInt j = 0; j < 2; j++) {
    const PetscReal h = s->g->h[j];
    const long double D = (long double)Mobility(j, even, x) * Temperature(x);
    TestClose(OttoGeneratorCouplingAt(s->Q, j, cell), (double)(D / (h * h)), 1e-14, "D/h²");
    if (i[j] == s->g->n[j] - 1) continue;
    for (int k = 0; k < 2; k++) y[k] = face[k] = x[k];
    face[j] += 0.5 * h;
    y[j] += h;
    const long double E = (long double)Mobility(j, even, y) * Temperature(y);
    const long double cold = 0.5L / Temperature(x) + 0.5L / Temperature(y);
    const long double b = Potential(x) - Potential(y) + Drift(j, face) * h;
    const long double z = cold * b - a * (logl(E) - logl(D)), c = 2 * D * E / (D + E) / (h * h);
    TestClose(r->up[j][cell], (double)(c * B(-z)), 2e-13, "up");
    TestClose(r->down[j][cell], (double)(c * B(z)), 2e-13, "down");
    TestTrue(fabs(r->force[j][cell] - (double)z) <= 1e-14, "force");
  }
}

static void CheckLosses(const Chain *s, PetscBool even, PetscReal a)
{
  const OttoRates *r = OttoGeneratorGetRates(s->Q);

  for (PetscInt64 k = 0; k < r->losses; k++) {
    const int side = r->loss[k].face % 2 ? 1 : -1;
    const PetscReal h = s->g->h[0];
    PetscReal x[3], y[3];
    OttoGridCellCentre(s->g, r->loss[k].cell, x);
    y[0] = x[0] - side * h;
    y[1] = x[1];
    const long double D = (long double)Mobility(0, even, x) * Temperature(x);
    const long double E = (long double)Mobility(0, even, y) * Temperature(y);
    const long double b = Potential(y) - Potential(x) + side * Drift(0, x) * h;
    const long double z = 0.5L * (b / Temperature(x) - a * (logl(D) - logl(E)));
    TestClose(r->loss[k].rate, (double)(2 * D / (h * h) * B(-z)), 2e-13, "loss");
  }
}

static PetscErrorCode TestRates(void)
{
  for (int k = 0; k < 6; k++) {
    const PetscBool even = k % 2 ? PETSC_TRUE : PETSC_FALSE;
    Chain s;
    PetscCall(Make(even, noises[k / 2], &s));
    TestTrue(!OttoGeneratorIsConservative(s.Q) && !OttoGeneratorKeepsGibbs(s.Q), "no Gibbs state");
    TestTrue(OttoGeneratorGetTemperatureField(s.Q) != NULL, "its field");
    TestTrue((OttoGeneratorGetMobility(s.Q, 1) == NULL) == even, "the mobility's, if there is one");
    for (PetscInt64 c = 0; c < s.g->local_cells; c++) CheckCell(&s, even, 0.25 * (k - k % 2), c);
    CheckLosses(&s, even, 0.25 * (k - k % 2));
    PetscCall(ChainDestroy(&s));
  }
  return 0;
}

/* ---- steady states in one dimension ---- */

/* J = 0: (log ρ)' = -V'/T - a (log D)', of V = 0.3 x², T = 1 + x/2 and one mobility. */
static PetscReal Density(PetscReal a, PetscReal x)
{
  return exp(-1.2 * x) * pow(1 + 0.5 * x, 2.4 - a);
}

static PetscErrorCode LineError(PetscInt64 n, int a, PetscReal *error)
{
  PetscReal mass = 0;
  OttoSteadyReport report;
  Chain s;

  PetscFunctionBegin;
  PetscCall(
      ChainCreate(1, (PetscInt64[]){n}, (PetscReal[]){-1}, (PetscReal[]){1}, (OttoBoundary[]){W},
                  OPTIONS("-temperature_formula", "1+x/2", "-potential_type", "formula",
                          "-potential_formula", "0.3*x^2", "-noise", OttoNoiseNames[noises[a]]),
                  &s));
  for (int k = 0; k < 4096; k++) /* midpoints: 1e-8 */
    mass += Density(0.5 * a, -1 + (k + 0.5) / 2048) / 2048;
  PetscCall(SteadyError(&s, Density, 0.5 * a, mass, &report, error));
  TestTrue(!report.closed_form && report.error < 1e-8, "solved");
  PetscCall(ChainDestroy(&s));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestLine(void)
{
  for (int a = 0; a < 3; a++) {
    PetscReal error[2];
    for (int k = 0; k < 2; k++) PetscCall(LineError(24 << k, a, &error[k]));
    TestTrue(error[1] <= 1e-3, "a steady state without current"); /* conventions: 0.1 apart */
    TestTrue(error[0] / error[1] > 3.5 && error[0] / error[1] < 4.5, "of second order");
  }
  return 0;
}

/* ---- moments ---- */

typedef struct {
  PetscReal a, m; /* of the convention; mobility along x */
} Law;

static void MomentsOfLaw(PetscInt dim, const PetscReal x[], const void *how, PetscReal of[],
                         PetscReal to[])
{
  const PetscReal a = ((const Law *)how)->a, m = ((const Law *)how)->m, q = x[0], v = x[1],
                  T = 1 + q * q / 4 + v * v / 8, dq = v - m * q + (1 - a) * m * q / 2,
                  dv = -q - 1.3 * v + (1 - a) * 1.3 * v / 4;
  const PetscReal f[5] = {q, v, q * q, q * v, v * v};
  const PetscReal df[5] = {dq, dv, 2 * q * dq + 2 * m * T, v * dq + q * dv,
                           2 * v * dv + 2 * 1.3 * T};

  (void)dim;
  for (int k = 0; k < 5; k++) of[k] = f[k], to[k] = df[k];
}

/* On n cells an axis, of D_1 = m T, D_2 = 1.3 T with T = 1 + x²/4 + y²/8, b = -(x, y), and with a
 * velocity (y, -x) besides. */
static PetscErrorCode MomentError(PetscInt64 n, PetscReal a, PetscReal m, PetscReal *error)
{
  char mobility[40];
  Chain s;

  PetscFunctionBegin;
  snprintf(mobility, sizeof mobility, "%g,1.3", (double)m);
  PetscCall(
      ChainCreate(2, (PetscInt64[]){n, n + 1}, (PetscReal[]){-4, -4.5}, (PetscReal[]){5, 4},
                  (OttoBoundary[]){W, W},
                  OPTIONS("-temperature_formula", "1+x^2/4+y^2/8", "-potential_type", "formula",
                          "-potential_formula", "(x^2+y^2)/2", "-mobility", mobility,
                          "-velocity_type", "hamiltonian", "-noise", OttoNoiseNames[(int)(2 * a)]),
                  &s));
  PetscCall(MomentsError(&s, 5, MomentsOfLaw, &(const Law){a, m}, error));
  PetscCall(ChainDestroy(&s));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestMoments(void)
{
  for (int a = 0; a < 3; a++)
    for (int order = 1; order <= 2; order++) {
      PetscReal error[2];
      for (int k = 0; k < 2; k++)
        PetscCall(MomentError(96 << k, 0.5 * a, order == 1 ? 0 : 0.4, &error[k]));
      const PetscReal ratio = error[0] / error[1];
      TestTrue(error[1] < (order == 1 ? 0.05 : 0.01), "rates of moments"); /* a off by ½: 0.04 */
      TestTrue(ratio > 0.85 * pow(2, order) && ratio < 1.15 * pow(2, order), "of its order");
    }
  return 0;
}

/* ---- what is said, and refused ---- */

static PetscErrorCode TestSaid(void)
{
  OttoSteadyReport report;
  OttoProduction e;
  OttoWork work;
  PetscReal sum = 0;
  Vec pi, log_pi, p;
  Chain s;

  PetscCall(ChainCreate(2, (PetscInt64[]){7, 6}, lower, upper, (OttoBoundary[]){P, W},
                        OPTIONS("-temperature_formula", "2+sin(0.8*_pi*x)", "-potential_type",
                                "formula", "-potential_formula", "y^2/2+cos(0.8*_pi*x)"),
                        &s));
  PetscCall(OttoFieldCreate(s.grid, &pi));
  PetscCall(OttoFieldCreate(s.grid, &log_pi));
  PetscCall(OttoFieldCreate(s.grid, &p));
  PetscCall(OttoSteadyState(s.R, pi, log_pi, &report));
  PetscCall(VecSet(p, 1 / 6.25));
  PetscCall(OttoProductionCompute(s.Q, p, pi, log_pi, 0, &e));
  TestTrue(isnan(e.heat_rate) && e.total > 0, "entropy is produced, heat has no value");
  TestTrue(e.adiabatic > 1e-3, "the steady state has a current"); /* a ratchet (Büttiker 1987) */
  TestClose(e.total, e.adiabatic + e.nonadiabatic, 1e-10, "its parts");
  TestClose(e.entropy_rate, e.total - e.flow, 1e-10, "and the balance of entropy");
  PetscCall(OttoWorkCompute(s.Q, p, 1, &work));
  TestTrue(isnan(work.rate) && isnan(work.noise), "nor has work");
  PetscCall(VecSum(OttoGeneratorGetTemperatureField(s.Q), &sum));
  TestClose(OttoGeneratorGetTemperature(s.Q), sum / 42, 1e-14, "the mean");
  PetscCall(VecDestroy(&p));
  PetscCall(VecDestroy(&log_pi));
  PetscCall(VecDestroy(&pi));
  PetscCall(ChainDestroy(&s));
  return 0;
}

static PetscErrorCode SetUpWith(const char *const options[])
{
  OttoGenerator Q;
  OttoGrid grid;

  PetscFunctionBegin;
  PetscCall(PetscOptionsClear(NULL));
  for (int i = 0; options[i]; i += 2)
    PetscCall(PetscOptionsSetValue(NULL, options[i], options[i + 1]));
  PetscCall(MakeBox(2, (PetscInt64[]){10, 5}, lower, upper, (OttoBoundary[]){W, W}, &grid));
  PetscCall(OttoGeneratorCreate(grid, &Q));
  PetscErrorCode code = OttoGeneratorSetFromOptions(Q);
  if (!code) code = OttoGeneratorSetUp(Q);
  PetscCall(OttoGeneratorDestroy(&Q));
  PetscCall(OttoGridDestroy(&grid));
  PetscCall(PetscOptionsClear(NULL));
  PetscFunctionReturn(code);
}

#define REFUSED(says, ...) TestFails(SetUpWith(OPTIONS(__VA_ARGS__)), OTTO_ERR_INPUT, says)

static PetscErrorCode TestRefused(void)
{
  REFUSED("temperature_formula: 0 at (-0.875, -1.25)", "-temperature_formula", "x+0.875");
  REFUSED("temperature_formula: nan at", "-temperature_formula", "sqrt(x)");
  REFUSED("temperature_formula: inf at", "-temperature_formula", "1/(x-x)");
  REFUSED("temperature: '2'; there is temperature_formula", "-temperature", "2",
          "-temperature_formula", "1");
  REFUSED("2 components", "-temperature_formula", "1,2");
  REFUSED("unknown name 't'", "-temperature_formula", "1+t");
  REFUSED("mobility_formula: -1.875 along axis 1", "-temperature_formula", "3", "-mobility_formula",
          "x-1,1");
  /* where cells are closed a temperature may be anything */
  PetscCall(SetUpWith(OPTIONS("-temperature_formula", "x", "-potential_type", "formula",
                              "-potential_formula", "x<0?inf:x")));
  return 0;
}

int main(void)
{
  return TestMain({TestRates, TestLine, TestMoments, TestSaid, TestRefused});
}
