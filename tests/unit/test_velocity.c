/* ranks: 1 2 3 4
 * Transport that no mobility multiplies: rates by hand, steady states against exp(-V/T) and dense
 * chains, moments against those of the equation, faces that absorb, sets, and what is said of it.
 */
#include "chain_density.h"
#include "dense.h"
#include <otto/production.h>
#include <otto/work.h>

#define TEMPERATURE 0.7

static long double Potential(const PetscReal x[])
{
  return 0.5L * x[1] * x[1] + 0.4L * x[0] * x[0] + 0.25L * x[0] * x[1] - 0.3L * x[2] * x[1];
}
#define FLAT "0.5*y^2+0.4*x^2+0.25*x*y"
#define DEEP FLAT "-0.3*z*y"

typedef struct {
  PetscInt dim;
  PetscInt64 n[3];
  OttoBoundary boundary[3];
  const char *M; /* of place: M_2 = 0.7 (1 + x²) */
  PetscReal mobility[3];
  const char *f; /* 0.3 along axis 2 */
  PetscBool keeps;
} Case;

static const Case cases[] = {
    {2, {7, 6}, {W, W}, NULL, {0, 0.7}, NULL, PETSC_TRUE},
    {2, {6, 5}, {P, W}, NULL, {0, 0.7}, NULL, PETSC_TRUE},
    {2, {7, 2}, {W, P}, NULL, {0.7, 0}, NULL, PETSC_TRUE},
    {2, {7, 5}, {W, P}, NULL, {0.7, 0}, NULL, PETSC_TRUE},
    {2, {5, 6}, {W, W}, NULL, {0.2, 0.7}, NULL, PETSC_TRUE},
    {2, {6, 5}, {W, W}, NULL, {0, 0.7}, "0,0.3", PETSC_FALSE},
    {2, {6, 5}, {W, W}, "0,0.7*(1+x^2)", {0, 0.7}, NULL, PETSC_TRUE},
    {2, {6, 5}, {A, W}, NULL, {0, 0.7}, NULL, PETSC_TRUE},
    {2, {6, 5}, {A, A}, NULL, {0.2, 0.7}, NULL, PETSC_TRUE},
    {3, {5, 4, 3}, {W, W, P}, NULL, {0, 0.7, 0.3}, NULL, PETSC_TRUE},
    {3, {4, 5, 1}, {P, W, W}, NULL, {0, 0.7, 0}, NULL, PETSC_TRUE},
};
#define COUNT ((int)(sizeof cases / sizeof cases[0]))

static const PetscReal lower[3] = {-1, -1.5, 0}, upper[3] = {1.5, 1, 2};

static PetscErrorCode Make(const Case *c, Chain *s)
{
  char mobility[100];

  PetscFunctionBegin;
  snprintf(mobility, sizeof mobility, c->dim == 2 ? "%g,%g" : "%g,%g,%g", c->mobility[0],
           c->mobility[1], c->mobility[2]);
  /* the noise of a mobility of x alone drives nothing along axis 2 */
  PetscCall(ChainCreate(c->dim, c->n, lower, upper, c->boundary,
                        OPTIONS("-temperature", "0.7", "-potential_type", "formula",
                                "-potential_formula", c->dim == 2 ? FLAT : DEEP,
                                c->M ? "-mobility_formula" : "-mobility", c->M ? c->M : mobility,
                                "-noise", "ito", "-velocity_type", "hamiltonian", "-drift_type",
                                c->f ? "formula" : "none", "-drift_formula", c->f ? c->f : "0"),
                        s));
  PetscFunctionReturn(0);
}

static long double B(long double z)
{
  return fabsl(z) < 1e-12L ? 1 - z / 2 : z / expm1l(z);
}

/* ---- rates by hand ---- */

/* The two cells that corner a (0 … n) of an axis lies between, and their weights; false at a wall.
 */
static PetscBool Between(const Case *c, PetscInt axis, PetscInt64 a, PetscInt64 cell[2],
                         long double weight[2])
{
  const PetscInt64 n = c->n[axis];

  cell[0] = a - 1;
  cell[1] = a;
  weight[0] = weight[1] = 0.5L;
  if (a > 0 && a < n) return PETSC_TRUE;
  if (c->boundary[axis] == P) {
    cell[0] = n - 1;
    cell[1] = 0;
    return PETSC_TRUE;
  }
  cell[0] = a == 0 ? 0 : n - 1;
  cell[1] = a == 0 ? 1 : n - 2;
  weight[0] = 1.5L;
  weight[1] = -0.5L;
  return c->boundary[axis] == A ? PETSC_TRUE : PETSC_FALSE;
}

/* T exp(-(V - v)/T) at the corner (a, b) of the layer of cell x. */
static long double Psi(const Case *c, const Chain *s, const PetscReal x[], PetscInt64 a,
                       PetscInt64 b, long double v)
{
  PetscInt64 i[2], j[2];
  long double p[2], q[2], V = 0;

  if (!Between(c, 0, a, i, p) || !Between(c, 1, b, j, q)) return 0;
  for (int k = 0; k < 4; k++) {
    const PetscReal at[3] = {OttoGridCentre(s->g, 0, i[k / 2]), OttoGridCentre(s->g, 1, j[k % 2]),
                             x[2]};
    V += p[k / 2] * q[k % 2] * Potential(at);
  }
  return TEMPERATURE * expl((v - V) / TEMPERATURE);
}

/* Φ/(π h) along an axis through the face of cell i on a side (0 lower, 1 upper), π = exp(-v/T). */
static long double Flow(const Case *c, const Chain *s, const PetscReal x[], const PetscInt64 i[],
                        PetscInt axis, int side, long double v)
{
  const long double area = (long double)s->g->h[0] * s->g->h[1];

  if (axis == 2) return 0;
  if (axis == 0)
    return (Psi(c, s, x, i[0] + side, i[1], v) - Psi(c, s, x, i[0] + side, i[1] + 1, v)) / area;
  return (Psi(c, s, x, i[0] + 1, i[1] + side, v) - Psi(c, s, x, i[0], i[1] + side, v)) / area;
}

static PetscReal MobilityOf(const Case *c, PetscInt axis, const PetscReal x[])
{
  return c->mobility[axis] * (c->M ? 1 + x[0] * x[0] : 1);
}

/* What rounding leaves: of V up to 3 and of corners, an epsilon of each, in flows that are
 * differences. */
static void Near(const Chain *s, PetscReal found, long double expected, const char *what)
{
  const PetscReal size = (PetscReal)expected + 10 * TEMPERATURE / (s->g->h[0] * s->g->h[1]);

  TestTrue(fabs(found - (PetscReal)expected) <= 2e-14 * size, what);
}

static void CheckCell(const Case *c, const Chain *s, PetscInt64 cell)
{
  const OttoRates *r = OttoGeneratorGetRates(s->Q);
  PetscReal x[3] = {0}, y[3] = {0};
  PetscInt64 i[OTTO_MAX_DIM] = {0};

  OttoGridCellIndex(s->g, cell, i);
  OttoGridCellCentre(s->g, cell, x);
  for (PetscInt j = 0; j < c->dim; j++) {
    const PetscReal h = s->g->h[j], M = MobilityOf(c, j, x);
    if (c->n[j] == 1 || (i[j] == c->n[j] - 1 && c->boundary[j] != P)) continue;
    for (PetscInt k = 0; k < 3; k++) y[k] = x[k];
    y[j] = OttoGridCentre(s->g, j, (i[j] + 1) % c->n[j]);
    const long double D = M * TEMPERATURE / (h * h), vx = Potential(x), vy = Potential(y);
    const long double w = (vx - vy) / TEMPERATURE;
    const long double z = w + (c->f && j == 1 ? 0.3L * h / TEMPERATURE : 0);
    const long double there = Flow(c, s, x, i, j, 1, vx), back = Flow(c, s, x, i, j, 1, vy);
    const long double flow = D > 0 ? there / (D * B(-w)) : 0;
    Near(s, r->up[j][cell], D > 0 ? D * B(-z) * B(-flow) : fmaxl(there, 0), "up");
    Near(s, r->down[j][cell], D > 0 ? D * B(z) * B(flow) : fmaxl(-back, 0), "down");
    if (D > 0)
      TestTrue(fabsl(r->force[j][cell] - (z + flow)) <= 1e-13 * (1 + fabsl(flow)), "force");
    else
      TestTrue(r->force[j][cell] == (r->up[j][cell] > 0     ? INFINITY
                                     : r->down[j][cell] > 0 ? -INFINITY
                                                            : 0),
               "the force of an edge that leads one way");
    TestTrue(r->up[j][cell] >= 0 && r->down[j][cell] >= 0, "no rate is negative");
  }
}

static void CheckLosses(const Case *c, const Chain *s)
{
  const OttoRates *r = OttoGeneratorGetRates(s->Q);

  for (PetscInt64 k = 0; k < r->losses; k++) {
    PetscReal x[3] = {0}, y[3] = {0};
    PetscInt64 i[OTTO_MAX_DIM] = {0};
    const PetscInt j = r->loss[k].face / 2, side = r->loss[k].face % 2;
    const PetscReal h = s->g->h[j];
    OttoGridCellIndex(s->g, r->loss[k].cell, i);
    OttoGridCellCentre(s->g, r->loss[k].cell, x);
    for (PetscInt l = 0; l < 3; l++) y[l] = x[l];
    y[j] -= side ? h : -h;
    const long double D = 2 * MobilityOf(c, j, x) * TEMPERATURE / (h * h);
    const long double z = (Potential(y) - Potential(x)) / (2 * TEMPERATURE);
    const long double out = (side ? 1 : -1) * Flow(c, s, x, i, j, side, Potential(x));
    Near(s, r->loss[k].rate, D > 0 ? D * B(-z) * B(-out / (D * B(-z))) : out, "loss");
    TestTrue(r->loss[k].rate > 0, "a loss");
  }
}

static PetscErrorCode TestRates(void)
{
  for (int k = 0; k < COUNT; k++) {
    Chain s;
    PetscInt64 losses = 0;
    PetscBool still = PETSC_FALSE;
    PetscCall(Make(&cases[k], &s));
    for (PetscInt j = 0; j < cases[k].dim; j++)
      if (cases[k].mobility[j] == 0 && cases[k].n[j] > 1) still = PETSC_TRUE;
    TestTrue(!OttoGeneratorIsConservative(s.Q), "no detailed balance");
    TestTrue(OttoGeneratorKeepsGibbs(s.Q) == cases[k].keeps, "what is stationary");
    TestTrue(OttoGeneratorIsOneWay(s.Q) == still, "edges that lead one way");
    TestTrue(!OttoGeneratorIsBiased(s.Q), "V is as given");
    TestTrue(!strcmp(OttoGeneratorGetVelocityType(s.Q), "hamiltonian"), "its type");
    for (PetscInt64 c = 0; c < s.g->local_cells; c++) CheckCell(&cases[k], &s, c);
    CheckLosses(&cases[k], &s);
    losses = OttoGeneratorGetRates(s.Q)->losses;
    MPI_Allreduce(MPI_IN_PLACE, &losses, 1, MPIU_INT64, MPI_SUM, PETSC_COMM_WORLD);
    TestTrue((losses > 0) == OttoGeneratorIsAbsorbing(s.Q), "losses were seen");
    PetscCall(ChainDestroy(&s));
  }
  return 0;
}

/* ---- steady states ---- */

/* π of the chain, from its dense rates by elimination, is that of OttoSteadyState(), to `err` of
 * every cell. */
static PetscErrorCode CheckDense(Chain *s, PetscReal err, PetscBool closed_form)
{
  const PetscInt n = (PetscInt)s->g->cells;
  OttoSteadyReport report;
  const PetscScalar *p;
  PetscReal *rates, *dense, norm, most, left, sum;
  Vec pi, log_pi, rate;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(s->grid, &pi));
  PetscCall(OttoFieldCreate(s->grid, &log_pi));
  PetscCall(OttoFieldCreate(s->grid, &rate));
  PetscCall(OttoSteadyState(s->R, pi, log_pi, &report));
  TestTrue(report.closed_form == closed_form, "whether in closed form");
  TestTrue(report.error <= 1e-10, "and by how much it is off");
  PetscCall(OttoGeneratorApply(s->Q, pi, rate));
  PetscCall(OttoGeneratorNorm(s->Q, &norm));
  PetscCall(VecNorm(rate, NORM_INFINITY, &left));
  PetscCall(VecNorm(pi, NORM_INFINITY, &most));
  PetscCall(VecSum(rate, &sum));
  TestTrue(left <= 4e-15 * norm * most, "stationary to rounding");
  TestTrue(fabs(sum) <= 1e-14 * norm * (PetscReal)n * most, "mass is kept");
  PetscCall(DenseRates(s->Q, n, &rates));
  PetscCall(PetscMalloc1(n, &dense));
  DenseSteady(n, rates, dense);
  PetscCall(VecGetArrayRead(pi, &p));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++)
    TestClose(p[c] * s->g->cell_volume, dense[s->g->offset + c], err, "the steady state");
  PetscCall(VecRestoreArrayRead(pi, &p));
  PetscCall(PetscFree(rates));
  PetscCall(PetscFree(dense));
  PetscCall(VecDestroy(&rate));
  PetscCall(VecDestroy(&log_pi));
  PetscCall(VecDestroy(&pi));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestSteady(void)
{
  for (int k = 0; k < COUNT; k++) {
    Chain s;
    PetscCall(Make(&cases[k], &s));
    /* elimination of a hundred cells; tails of 1e-3 */
    if (!OttoGeneratorIsAbsorbing(s.Q)) PetscCall(CheckDense(&s, 1e-12, cases[k].keeps));
    PetscCall(ChainDestroy(&s));
  }
  return 0;
}

/* Fields that keep no exp(-V/T), along axes that diffuse and that do not; noise that drives. */
static PetscErrorCode TestSolved(void)
{
  const OttoBoundary boundary[2] = {P, W};
  const char *const formulas[] = {"y,0-sin(_pi*x)", "1+0.5*cos(_pi*x),y*(1-y)*0.1"};
  Chain s;

  for (int k = 0; k < 2; k++) {
    PetscCall(ChainCreate(
        2, (PetscInt64[]){8, 9}, (PetscReal[]){-1, -2}, (PetscReal[]){1, 2}, boundary,
        OPTIONS("-temperature", "0.7", "-potential_type", "formula", "-potential_formula", "y^2/2",
                "-mobility", k ? "0.3,1" : "0,1", "-velocity_formula", formulas[k]),
        &s));
    TestTrue(!OttoGeneratorKeepsGibbs(s.Q) && OttoGeneratorIsOneWay(s.Q) == !k, "what it is");
    PetscCall(CheckDense(&s, 1e-9, PETSC_FALSE));
    PetscCall(ChainDestroy(&s));
  }
  PetscCall(ChainCreate(2, (PetscInt64[]){8, 9}, (PetscReal[]){-1, -2}, (PetscReal[]){1, 2},
                        boundary,
                        OPTIONS("-temperature", "0.7", "-potential_type", "formula",
                                "-potential_formula", "y^2/2+cos(_pi*x)", "-mobility_formula",
                                "0,1+y^2", "-noise", "ito", "-velocity_type", "hamiltonian"),
                        &s));
  TestTrue(!OttoGeneratorKeepsGibbs(s.Q), "a noise that drives");
  PetscCall(CheckDense(&s, 1e-9, PETSC_FALSE));
  PetscCall(ChainDestroy(&s));
  return 0;
}

/* exp(-V/T) stays with closed cells in the middle, and at every moment of a V that moves; V of 900
 * T, where it underflows. */
static PetscErrorCode TestStays(void)
{
  const char *const potentials[] = {"(x-0.3)^2+y^2<0.3?inf:y^2/2+x^2/3", "y^2/2+x^2/3+t*x*y",
                                    "y^2/2+300*x^4"};

  for (int k = 0; k < 3; k++) {
    OttoSteadyReport report;
    PetscReal norm, most, left;
    Vec pi, log_pi, rate;
    Chain s;
    PetscCall(ChainCreate(2, (PetscInt64[]){12, 13}, (PetscReal[]){-1.2, -2},
                          (PetscReal[]){1.2, 2.1}, (OttoBoundary[]){W, W},
                          OPTIONS("-temperature", "0.7", "-potential_type", "formula",
                                  "-potential_formula", potentials[k], "-mobility", "0,0.5",
                                  "-velocity_type", "hamiltonian"),
                          &s));
    PetscCall(OttoGeneratorSetTime(s.Q, 0.6));
    PetscCall(OttoFieldCreate(s.grid, &pi));
    PetscCall(OttoFieldCreate(s.grid, &log_pi));
    PetscCall(OttoFieldCreate(s.grid, &rate));
    PetscCall(OttoSteadyState(s.R, pi, log_pi, &report));
    PetscCall(OttoGeneratorApply(s.Q, pi, rate));
    PetscCall(OttoGeneratorNorm(s.Q, &norm));
    PetscCall(VecNorm(rate, NORM_INFINITY, &left));
    PetscCall(VecNorm(pi, NORM_INFINITY, &most));
    TestTrue(report.closed_form && report.error <= 1e-11, "cell by cell");
    TestTrue(left <= 4e-15 * norm * most, "stationary to rounding");
    TestTrue(k || OttoGeneratorGetClosed(s.Q) > 5, "closed cells");
    PetscCall(VecDestroy(&rate));
    PetscCall(VecDestroy(&log_pi));
    PetscCall(VecDestroy(&pi));
    PetscCall(ChainDestroy(&s));
  }
  return 0;
}

/* ---- a velocity that is a formula ---- */

/* Where there is a mobility it is the drift u/M, to rounding; elsewhere upwind. */
static PetscErrorCode TestFormula(void)
{
  const OttoBoundary boundary[2] = {A, W};
  const char *const mobility[] = {"0.4,0.8", "0,0.8"};

  for (int k = 0; k < 2; k++) {
    Chain s, drift;
    PetscCall(ChainCreate(2, (PetscInt64[]){6, 7}, lower, upper, boundary,
                          OPTIONS("-temperature", "0.7", "-potential_type", "formula",
                                  "-potential_formula", FLAT, "-mobility", mobility[k],
                                  "-velocity_formula", "y+0.1,x*y"),
                          &s));
    PetscCall(ChainCreate(2, (PetscInt64[]){6, 7}, lower, upper, boundary,
                          OPTIONS("-temperature", "0.7", "-potential_type", "formula",
                                  "-potential_formula", FLAT, "-mobility", "0.4,0.8", "-drift_type",
                                  "formula", "-drift_formula", "(y+0.1)/0.4,x*y/0.8"),
                          &drift));
    const OttoRates *r = OttoGeneratorGetRates(s.Q), *of = OttoGeneratorGetRates(drift.Q);
    for (PetscInt64 c = 0; c < s.g->local_cells; c++) {
      PetscReal x[3];
      OttoGridCellCentre(s.g, c, x);
      const PetscReal u = (x[1] + 0.1) / s.g->h[0];
      PetscInt64 i[OTTO_MAX_DIM];
      OttoGridCellIndex(s.g, c, i);
      for (PetscInt j = k; j < 2; j++) {
        TestClose(r->up[j][c], of->up[j][c], 1e-13, "a drift u/M");
        TestClose(r->down[j][c], of->down[j][c], 1e-13, "a drift u/M, back");
      }
      if (!k || i[0] == 5) continue;
      TestTrue(fabs(r->up[0][c] - fmax(u, 0)) <= 1e-14, "upwind");
      TestTrue(fabs(r->down[0][c] - fmax(-u, 0)) <= 1e-14, "upwind, back");
    }
    if (!k) TestTrue(r->losses == of->losses, "as many faces that absorb");
    for (PetscInt64 l = 0; l < r->losses; l++) {
      PetscReal x[3];
      OttoGridCellCentre(s.g, r->loss[l].cell, x);
      if (!k)
        TestClose(r->loss[l].rate, of->loss[l].rate, 1e-13, "a drift at a face");
      else
        TestClose(r->loss[l].rate, (r->loss[l].face % 2 ? 1 : -1) * (x[1] + 0.1) / s.g->h[0], 1e-13,
                  "what is blown out");
    }
    PetscCall(ChainDestroy(&drift));
    PetscCall(PetscOptionsClear(NULL));
    PetscCall(ChainDestroy(&s));
  }
  return 0;
}

/* What reaches a set along an axis of mobility 0 is what the edge there carries. */
static PetscErrorCode TestTargets(void)
{
  PetscReal x[3], up[64];
  PetscInt64 seen = 0;
  PetscScalar *l;
  Vec label;
  Chain s;

  PetscCall(Make(&cases[0], &s));
  PetscCall(OttoFieldCreate(s.grid, &label));
  PetscCall(VecGetArray(label, &l));
  for (PetscInt64 c = 0; c < s.g->local_cells; c++) {
    OttoGridCellCentre(s.g, c, x);
    l[c] = x[0] > 1 ? 1 : 0;
    up[c] = OttoGeneratorGetRates(s.Q)->up[0][c];
  }
  PetscCall(VecRestoreArray(label, &l));
  PetscCall(OttoGeneratorSetTargets(s.Q, 1, label));
  const OttoRates *r = OttoGeneratorGetRates(s.Q);
  for (PetscInt64 k = 0; k < r->losses; k++) {
    OttoGridCellCentre(s.g, r->loss[k].cell, x);
    TestTrue(x[0] > 1 - s.g->h[0] && r->loss[k].face == OTTO_FACES, "beside the set");
    TestClose(r->loss[k].rate, up[r->loss[k].cell], 1e-14, "what goes there");
    seen++;
  }
  MPI_Allreduce(MPI_IN_PLACE, &seen, 1, MPIU_INT64, MPI_SUM, PETSC_COMM_WORLD);
  TestTrue(seen > 0 && seen < 6, "of those rows that lead there");
  PetscCall(VecDestroy(&label));
  PetscCall(ChainDestroy(&s));
  return 0;
}

/* ---- moments ---- */

/* Of V = (x² + v²)/2 at T = 0.7, mobility m (how) and 1.3. */
static void MomentsOfLaw(PetscInt dim, const PetscReal x[], const void *how, PetscReal of[],
                         PetscReal to[])
{
  const PetscReal m = *(const PetscReal *)how, q = x[0], v = x[1], dq = v - m * q,
                  dv = -q - 1.3 * v;
  const PetscReal f[5] = {q, v, q * q, q * v, v * v};
  const PetscReal df[5] = {dq, dv, 2 * q * dq + 2 * m * 0.7, v * dq + q * dv,
                           2 * v * dv + 2 * 1.3 * 0.7};

  (void)dim;
  for (int k = 0; k < 5; k++) of[k] = f[k], to[k] = df[k];
}

/* On n cells an axis. */
static PetscErrorCode MomentError(PetscInt64 n, const char *mobility, PetscReal m, const char *key,
                                  const char *velocity, PetscReal *error)
{
  const OttoBoundary walls[2] = {A, W}; /* far away */
  Chain s;

  PetscFunctionBegin;
  PetscCall(
      ChainCreate(2, (PetscInt64[]){n, n + 1}, (PetscReal[]){-4, -4.5}, (PetscReal[]){5, 4}, walls,
                  OPTIONS("-temperature", "0.7", "-potential_type", "formula", "-potential_formula",
                          "(x^2+y^2)/2", "-mobility", mobility, key, velocity),
                  &s));
  PetscCall(MomentsError(&s, 5, MomentsOfLaw, &m, error));
  PetscCall(ChainDestroy(&s));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestMoments(void)
{
  static const struct {
    const char *mobility;
    PetscReal m;
    const char *key, *velocity;
    int order;
  } of[] = {{"0,1.3", 0, "-velocity_type", "hamiltonian", 1},
            {"0,1.3", 0, "-velocity_formula", "y,0-x+0*t", 1},
            {"0.4,1.3", 0.4, "-velocity_type", "hamiltonian", 2},
            {"0.4,1.3", 0.4, "-velocity_formula", "y,0-x", 2}};

  for (int k = 0; k < 4; k++) {
    PetscReal error[2];
    for (int i = 0; i < 2; i++)
      PetscCall(
          MomentError(96 << i, of[k].mobility, of[k].m, of[k].key, of[k].velocity, &error[i]));
    const PetscReal ratio = error[0] / error[1], order = of[k].order;
    TestTrue(error[1] < (order == 1 ? 0.1 : 0.02), "rates of moments");
    /* the next term is h or h² smaller */
    TestTrue(ratio > 0.9 * pow(2, order) && ratio < 1.1 * pow(2, order), "of its order");
  }
  return 0;
}

/* ---- what is said of it ---- */

static PetscErrorCode TestSaid(void)
{
  PetscReal speed[3], peclet, step;
  OttoProduction e;
  OttoWork work;
  Vec pi, p;
  Chain s;

  PetscCall(Make(&cases[0], &s));
  PetscCall(OttoFieldCreate(s.grid, &pi));
  PetscCall(OttoFieldCreate(s.grid, &p));
  PetscCall(OttoGeneratorGibbs(s.Q, pi, NULL));
  PetscCall(VecSet(p, 1 / (2.5 * 2.5)));
  PetscCall(OttoProductionCompute(s.Q, p, pi, NULL, 0, &e));
  TestTrue(isnan(e.total) && isnan(e.adiabatic) && isnan(e.flow) && isnan(e.heat_rate),
           "what is infinite is not given");
  TestClose(e.nonadiabatic, -e.kl_rate, 1e-12, "KL(p|pi) falls at the rate of its edges");
  TestTrue(e.nonadiabatic > 0.1 && isfinite(e.entropy_rate) && e.current_norm > 0, "the rest is");
  PetscCall(OttoWorkCompute(s.Q, p, 1, &work));
  TestTrue(work.rate == 0 && isnan(work.noise), "a hamiltonian velocity does no work");
  PetscCall(OttoGeneratorLargestSpeed(s.Q, speed));
  TestTrue(speed[0] > 0.5 && speed[0] < 100 && isfinite(speed[1]), "speeds are finite");
  PetscCall(OttoGeneratorSteepness(s.Q, &peclet, &step));
  TestTrue(isfinite(peclet) && peclet == step, "steep is V alone");
  PetscCall(VecDestroy(&p));
  PetscCall(VecDestroy(&pi));
  PetscCall(ChainDestroy(&s));
  return 0;
}

/* ---- refusals ---- */

static PetscErrorCode SetUpWith(PetscInt dim, OttoBoundary first, const char *const options[])
{
  const OttoBoundary boundary[3] = {first, W, W};
  OttoGenerator Q;
  OttoGrid grid;

  PetscFunctionBegin;
  PetscCall(PetscOptionsClear(NULL));
  for (int i = 0; options[i]; i += 2)
    PetscCall(PetscOptionsSetValue(NULL, options[i], options[i + 1]));
  PetscCall(MakeBox(dim, (PetscInt64[]){8, 6, 4}, lower, upper, boundary, &grid));
  PetscCall(OttoGeneratorCreate(grid, &Q));
  PetscErrorCode code = OttoGeneratorSetFromOptions(Q);
  if (!code) code = OttoGeneratorSetUp(Q);
  PetscCall(OttoGeneratorDestroy(&Q));
  PetscCall(OttoGridDestroy(&grid));
  PetscCall(PetscOptionsClear(NULL));
  PetscFunctionReturn(code);
}

#define REFUSED(dim, first, says, ...)                                                             \
  TestFails(SetUpWith(dim, first, OPTIONS(__VA_ARGS__)), OTTO_ERR_INPUT, says)

static PetscErrorCode TestRefused(void)
{
  REFUSED(2, W, "mobility: 0 along axis 1, and no velocity", "-mobility", "0,1");
  REFUSED(2, W, "mobility: 0 along axis 1, and no velocity", "-mobility", "0");
  REFUSED(2, W, "mobility_formula: 0 along axis 2, and no velocity", "-mobility_formula", "1,0");
  REFUSED(2, W, "mobility: 0 along axis 2 as along all others", "-mobility", "0", "-velocity_type",
          "hamiltonian");
  REFUSED(3, W, "velocity_type hamiltonian moves along axes 1 and 2", "-mobility", "0,1,0",
          "-velocity_type", "hamiltonian");
  REFUSED(2, W, "mobility: -1 on axis 1", "-mobility", "-1,1", "-velocity_type", "hamiltonian");
  REFUSED(2, W, "mobility_formula: 0 along axis 1 at (", "-mobility_formula", "x<0?0:1",
          "-velocity_type", "hamiltonian");
  REFUSED(1, W, "hamiltonian needs 2 or 3 axes", "-velocity_type", "hamiltonian");
  REFUSED(2, W, "did you mean hamiltonian", "-velocity_type", "hamiltonain");
  REFUSED(2, W, "velocity_formula: missing", "-velocity_type", "formula");
  REFUSED(2, W, "velocity_type beside it is hamiltonian", "-velocity_type", "hamiltonian",
          "-velocity_formula", "y,x");
  REFUSED(2, W, "velocity_formula", "-velocity_formula", "y");
  REFUSED(2, W, "gives nan as component 1 at the face (", "-velocity_formula", "log(x),0");
  REFUSED(2, W, "gives inf as component 2", "-velocity_formula", "0,1/0");
  REFUSED(2, W, "leads into the wall of the box", "-mobility", "0,1", "-velocity_formula", "y,0");
  /* into closed cells, on whichever side they are; past them it may go, and diffuse back from them
   */
  for (int side = 0; side < 2; side++) {
    const char *hole = "(abs(x)<0.3 && abs(y)<0.3) ? inf : x";
    REFUSED(2, P, "leads into a closed cell, and with the mobility 0", "-mobility", "0,1",
            "-velocity_formula", side ? "0-1,0" : "1,0", "-potential_type", "formula",
            "-potential_formula", hole, "-potential_seam", "wall");
    REFUSED(2, P, "leads into a closed cell, and with the mobility 0", "-mobility", "1,0",
            "-velocity_formula", side ? "0,(y-1)*(y+1.5)" : "0,(1-y)*(y+1.5)", "-potential_type",
            "formula", "-potential_formula", hole, "-potential_seam", "wall");
    PetscCall(SetUpWith(2, P,
                        OPTIONS("-mobility", side ? "0,1" : "1,1", "-velocity_formula",
                                side ? "(abs(y)<0.5)?0:1,0" : "1,0", "-potential_type", "formula",
                                "-potential_formula", hole, "-potential_seam", "wall")));
  }
  REFUSED(2, P, "the force along axis 1 is 2", "-mobility", "0,1", "-velocity_formula", "1,0",
          "-drift_type", "constant", "-drift_force", "2,0");
  REFUSED(2, P, "rates beyond 1e100", "-velocity_formula", "1e308,0");
  REFUSED(2, P, "rates beyond 1e100", "-mobility", "0,1", "-velocity_formula", "1.7e308,0");
  /* what is sound: no flow through the wall, out through a face that absorbs, round a ring */
  PetscCall(SetUpWith(2, W, OPTIONS("-mobility", "0,1", "-velocity_formula", "y*(x+1)*(1.5-x),0")));
  PetscCall(SetUpWith(2, A, OPTIONS("-mobility", "0,1", "-velocity_formula", "y,0")));
  PetscCall(SetUpWith(2, P, OPTIONS("-mobility", "0,1", "-velocity_formula", "y,0")));
  PetscCall(SetUpWith(2, W, OPTIONS("-velocity_formula", "y,0"))); /* it diffuses back */
  PetscCall(SetUpWith(2, W, OPTIONS("-velocity_type", "none")));
  return 0;
}

int main(void)
{
  return TestMain({TestRates, TestSteady, TestSolved, TestStays, TestFormula, TestTargets,
                   TestMoments, TestSaid, TestRefused});
}
