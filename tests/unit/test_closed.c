/* ranks: 1 2 3
 * Closed cells, loops and edges of one direction: rates, steady states, production and currents
 * against a chain built by hand in long double; connected parts; densities on open cells; masks. */
#define _GNU_SOURCE
#include "density_setup.h"
#include "edge_list.h"
#include <otto/fisher.h>
#include <otto/production.h>
#include <otto/steady.h>

#define P OTTO_BOUNDARY_PERIODIC
#define W OTTO_BOUNDARY_NO_FLUX

/* The same functions as text and in C. */
static double Stone(const double x[])
{
  return pow(x[0] - 0.5, 2) + pow(x[1] - 0.5, 2) < 0.04 ? INFINITY : 2 * x[0] + sin(3 * x[1]);
}
static double Wall(const double x[])
{
  return fabs(x[0] - 0.45) < 0.05 ? INFINITY : 3 * x[0];
}
static double Combs(const double x[]) /* many parts, lone cells among them */
{
  return sin(17 * x[0]) * cos(23 * x[1] + 5 * x[0]) > 0.1 ? INFINITY : x[0] * x[1];
}
static double Rock(const double x[])
{
  return x[0] > 0.3 && x[1] > 0.3 && x[2] > 0.3 ? INFINITY : x[0] + 2 * x[2];
}
static double High(const double x[]) /* rates of one direction on its slope */
{
  return pow(x[0] - 0.5, 2) + pow(x[1] - 0.5, 2) < 0.04 ? 5000 : x[0];
}
static double Flat(const double x[])
{
  (void)x;
  return 0;
}
static double Slope(const double x[])
{
  return 3 * x[0];
}
static double Five(const double x[])
{
  (void)x;
  return 5;
}
static double Couette(const double x[])
{
  return 4 * x[1];
}
static double Shear(const double x[]) /* not finite inside the stone's middle: never asked for */
{
  return 4 * x[1] + 0.01 / (pow(x[0] - 0.5, 2) + pow(x[1] - 0.5, 2) < 0.03 ? 0 : 1);
}
#define STONE "((x-0.5)^2+(y-0.5)^2<0.04) ? inf : 2*x+sin(3*y)"
#define SHEAR "4*y+0.01/(((x-0.5)^2+(y-0.5)^2<0.03) ? 0 : 1)"

typedef struct {
  int dim, n[3];
  OttoBoundary boundary[3];
  EdgeFunction V, drift[3];
  const char *text, *drift_text; /* NULL: none */
} Case;

static const Case cases[] = {
    {2, {12, 11}, {W, W}, Stone, {NULL}, STONE, NULL},
    {2, {12, 11}, {P, W}, Stone, {Shear, Five}, STONE, SHEAR ", 5"},
    {1, {20}, {W}, Wall, {NULL}, "(abs(x-0.45)<0.05) ? inf : 3*x", NULL},
    {1, {20}, {P}, Wall, {Five}, "(abs(x-0.45)<0.05) ? inf : 3*x", "5"},
    {2, {20, 6}, {W, P}, Wall, {NULL, Five}, "(abs(x-0.45)<0.05) ? inf : 3*x", "0,5"},
    {2, {20, 19}, {P, P}, Combs, {NULL}, "sin(17*x)*cos(23*y+5*x)>0.1 ? inf : x*y", NULL},
    {2,
     {20, 19},
     {W, P},
     Combs,
     {Five, Couette},
     "sin(17*x)*cos(23*y+5*x)>0.1 ? inf : x*y",
     "5, 4*y"},
    {3,
     {6, 7, 5},
     {P, W, P},
     Rock,
     {Five, NULL, Five},
     "(x>0.3 && y>0.3 && z>0.3) ? inf : x+2*z",
     "5,0,5"},
    {2, {8, 1}, {P, P}, Flat, {NULL, Five}, "0", "0,5"}, /* the case one_cell_axis */
    {2, {7, 2}, {W, P}, Slope, {NULL, Five}, "3*x", "0,5"},
    {3, {3, 1, 4}, {P, P, W}, Flat, {Five, Five, NULL}, "0", "5,5,0"},
    {2, {6, 1}, {P, W}, Flat, {Five, Five}, "0", "5,5"}, /* a wall: no current along y */
    {2, {12, 12}, {W, W}, High, {NULL}, "((x-0.5)^2+(y-0.5)^2<0.04) ? 5000 : x", NULL},
};
#define COUNT ((int)(sizeof cases / sizeof cases[0]))

static PetscErrorCode Make(const Case *c, HandChain *hand, OttoGrid *grid, OttoGenerator *Q)
{
  const PetscReal zero[3] = {0, 0, 0}, one[3] = {1, 1, 1};
  PetscInt64 n[3];

  PetscFunctionBegin;
  *hand = (HandChain){.dim = c->dim, .lower = 0, .upper = 1, .T = 0.7, .V = c->V};
  for (int j = 0; j < c->dim; j++) {
    n[j] = hand->n[j] = c->n[j];
    hand->boundary[j] = c->boundary[j];
    hand->drift[j] = c->drift[j];
  }
  HandFill(hand);
  Set("-temperature", "0.7", "-potential_type", "formula", "-potential_formula", (char *)c->text,
      "-potential_seam", "wall", "-drift_type", c->drift_text ? "formula" : "none");
  if (c->drift_text) PetscCall(PetscOptionsSetValue(NULL, "-drift_formula", c->drift_text));
  PetscCall(OttoGridCreate(PETSC_COMM_WORLD, grid));
  PetscCall(OttoGridSetBox(*grid, c->dim, n, zero, one, c->boundary));
  PetscCall(OttoGridSetUp(*grid));
  PetscCall(OttoGeneratorCreate(*grid, Q));
  PetscCall(OttoGeneratorSetFromOptions(*Q));
  PetscCall(OttoGeneratorSetUp(*Q));
  PetscFunctionReturn(0);
}

static PetscErrorCode Free(OttoGrid *grid, OttoGenerator *Q)
{
  PetscFunctionBegin;
  PetscCall(OttoGeneratorDestroy(Q));
  PetscCall(OttoGridDestroy(grid));
  PetscFunctionReturn(0);
}

/* A field with values[] (of all cells). */
static PetscErrorCode Field(OttoGrid grid, const double values[], Vec *field)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscScalar *a;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(grid, field));
  PetscCall(VecGetArray(*field, &a));
  for (PetscInt64 c = 0; c < g->local_cells; c++) a[c] = values[g->start * g->plane_cells + c];
  PetscCall(VecRestoreArray(*field, &a));
  PetscFunctionReturn(0);
}

/* All cells of a field, on every rank. */
static PetscErrorCode Whole(OttoGrid grid, Vec field, double values[])
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscScalar *a;

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < g->cells; c++) values[c] = 0;
  PetscCall(VecGetArrayRead(field, &a));
  for (PetscInt64 c = 0; c < g->local_cells; c++) values[g->start * g->plane_cells + c] = a[c];
  PetscCall(VecRestoreArrayRead(field, &a));
  PetscCallMPI(
      MPI_Allreduce(MPI_IN_PLACE, values, (int)g->cells, MPI_DOUBLE, MPI_SUM, PETSC_COMM_WORLD));
  PetscFunctionReturn(0);
}

/* Positive and rough in open cells, of mass 1; with zeros: in every third cell 0 as well. */
static void Rough(const HandChain *s, double seed, int zeros, double p[])
{
  double mass = 0;
  for (int c = 0; c < s->cells; c++) {
    p[c] = s->part[c] < 0 || (zeros && c % 3 == 0) ? 0 : exp(2 * sin(seed * (c + 1) * (c + 1)));
    mass += p[c] * s->volume;
  }
  for (int c = 0; c < s->cells; c++) p[c] /= mass;
}

/* Parts, rates applied and assembled, the inflow: by the list. A cell has up to 6 edges: 20 eps of
 * the largest flow. */
static PetscErrorCode TestRates(void)
{
  static HandChain s;
  static double p[EDGE_CELLS], found[EDGE_CELLS];
  static long double expected[EDGE_CELLS];

  PetscFunctionBegin;
  for (int k = 0; k < COUNT; k++) {
    OttoGrid grid;
    OttoGenerator Q;
    Vec of_p, rate;
    Mat M = NULL;
    long double largest = 0;
    int closed = 0;

    PetscCall(Make(&cases[k], &s, &grid, &Q));
    const OttoGridInfo *g = OttoGridGetInfo(grid);
    for (int c = 0; c < s.cells; c++) closed += s.part[c] < 0;
    TestTrue(OttoGeneratorGetClosed(Q) == closed, "closed cells");
    TestTrue((OttoGeneratorGetOpen(Q) == NULL) == (closed == 0), "a mask where there are some");
    TestTrue(OttoGeneratorGetComponents(Q) == s.parts, "number of parts");
    for (PetscInt64 c = 0; closed && c < g->local_cells; c++)
      TestTrue(OttoGeneratorGetComponent(Q)[c] == s.part[g->start * g->plane_cells + c], "parts");
    Rough(&s, 1.7, 0, p);
    for (int c = 0; c < s.cells; c++) expected[c] = 0;
    for (int e = 0; e < s.count; e++) {
      const HandEdge *a = &s.edge[e];
      const long double J = p[a->x] * a->up - p[a->y] * a->down;
      expected[a->x] -= J;
      expected[a->y] += J;
      largest = fmaxl(largest, p[a->x] * a->up + p[a->y] * a->down);
    }
    PetscCall(Field(grid, p, &of_p));
    PetscCall(OttoFieldCreate(grid, &rate));
    PetscCall(OttoGeneratorAssemble(Q, PETSC_FALSE, &M));
    for (int way = 0; way < 2; way++) {
      if (way) PetscCall(MatMult(M, of_p, rate));
      if (!way) PetscCall(OttoGeneratorApply(Q, of_p, rate));
      PetscCall(Whole(grid, rate, found));
      for (int c = 0; c < s.cells; c++) {
        TestTrue(fabsl(found[c] - expected[c]) <= 4e-15L * largest, "rates");
        if (s.part[c] < 0) TestTrue(found[c] == 0, "nothing gets into a closed cell");
      }
    }
    PetscCall(MatDestroy(&M));
    PetscCall(VecDestroy(&of_p));
    PetscCall(VecDestroy(&rate));
    PetscCall(Free(&grid, &Q));
  }
  PetscFunctionReturn(0);
}

/* π of every part with the mass of p there, by elimination without subtraction (Grassmann, Taksar
 * and Heyman 1985) in long double. */
static void HandSteady(const HandChain *s, const double p[], long double pi[])
{
  static long double Q[EDGE_CELLS][EDGE_CELLS];
  static int cell[EDGE_CELLS];

  for (int part = 0; part < s->parts; part++) {
    int n = 0;
    long double sum = 1, mass = 0;
    for (int c = 0; c < s->cells; c++)
      if (s->part[c] == part) {
        mass += p[c];
        cell[n++] = c;
      }
    for (int i = 0; i < n; i++)
      for (int j = 0; j < n; j++) Q[i][j] = 0;
    for (int e = 0; e < s->count; e++) {
      int x = 0, y = 0;
      if (s->part[s->edge[e].x] != part) continue;
      while (cell[x] != s->edge[e].x) x++;
      while (cell[y] != s->edge[e].y) y++;
      if (x == y) continue;
      Q[x][y] += s->edge[e].up;
      Q[y][x] += s->edge[e].down;
    }
    for (int k = n - 1; k > 0; k--) {
      long double out = 0;
      for (int j = 0; j < k; j++) out += Q[k][j];
      for (int i = 0; i < k; i++) {
        Q[i][k] /= out;
        for (int j = 0; j < k; j++) Q[i][j] += Q[i][k] * Q[k][j];
      }
    }
    pi[cell[0]] = 1;
    for (int k = 1; k < n; k++) {
      pi[cell[k]] = 0;
      for (int i = 0; i < k; i++) pi[cell[k]] += pi[cell[i]] * Q[i][k];
      sum += pi[cell[k]];
    }
    for (int k = 0; k < n; k++) pi[cell[k]] *= mass / sum;
  }
}

/* What OttoProductionCompute() gives, edge by edge; loops included. */
typedef struct {
  long double total, adiabatic, nonadiabatic, flow, entropy_rate, current[EDGE_DIM][EDGE_CELLS];
} HandProduction;

static void HandProduce(const HandChain *s, const double p[], const long double pi[],
                        HandProduction *out)
{
  static long double rate[EDGE_CELLS];

  *out = (HandProduction){0};
  for (int c = 0; c < s->cells; c++) rate[c] = 0;
  for (int e = 0; e < s->count; e++) {
    const HandEdge *a = &s->edge[e];
    const long double J = p[a->x] * a->up - p[a->y] * a->down;
    const long double of_p = logl(p[a->x]) - logl(p[a->y]), of_pi = logl(pi[a->x]) - logl(pi[a->y]);
    const long double d = of_pi - of_p; /* log(p/π) at y minus x */
    out->total += J * (of_p + a->z);
    out->adiabatic += J * (of_pi + a->z);
    out->nonadiabatic += p[a->x] * a->up * (expm1l(d) - d) + p[a->y] * a->down * (expm1l(-d) + d);
    out->flow += J * a->z;
    rate[a->x] -= J;
    rate[a->y] += J;
    out->current[a->axis][a->x] += J * s->h[a->axis] / 2;
    out->current[a->axis][a->y] += J * s->h[a->axis] / 2;
  }
  for (int c = 0; c < s->cells; c++)
    if (p[c] > 0) out->entropy_rate -= rate[c] * logl(p[c]);
  out->total *= s->volume;
  out->adiabatic *= s->volume;
  out->nonadiabatic *= s->volume;
  out->flow *= s->volume;
  out->entropy_rate *= s->volume;
}

/* π solved (or Gibbs) and weighed; production, its parts and currents. π is found to 1e-11 in every
 * cell (its own check), sums of a hundred terms round to 1e-13. */
static PetscErrorCode TestProduction(void)
{
  static HandChain s;
  static double p[EDGE_CELLS], found[EDGE_CELLS];
  static long double pi[EDGE_CELLS];
  static HandProduction hand;

  PetscFunctionBegin;
  for (int k = 0; k < COUNT - 1; k++) {
    OttoGrid grid;
    OttoGenerator Q;
    OttoResolvent R;
    OttoSteadyReport report;
    OttoProduction e;
    Vec of_p, of_pi, log_pi, current[3];

    PetscCall(Make(&cases[k], &s, &grid, &Q));
    Rough(&s, 0.9, 0, p);
    HandSteady(&s, p, pi);
    HandProduce(&s, p, pi, &hand);
    PetscCall(Field(grid, p, &of_p));
    PetscCall(OttoFieldCreate(grid, &of_pi));
    PetscCall(OttoFieldCreate(grid, &log_pi));
    PetscCall(OttoResolventCreate(Q, &R));
    PetscCall(OttoSteadyState(R, of_pi, log_pi, &report));
    PetscCall(OttoGeneratorWeigh(Q, of_p, of_pi, log_pi));
    PetscCall(Whole(grid, of_pi, found));
    for (int c = 0; c < s.cells; c++) {
      if (s.part[c] < 0) TestTrue(found[c] == 0, "no state in a closed cell");
      if (s.part[c] >= 0) TestClose(found[c], (double)pi[c], 1e-11, "the steady state");
    }
    PetscCall(OttoProductionCompute(Q, of_p, of_pi, log_pi, 0, &e));
    TestClose(e.total, (double)hand.total, 1e-12, "e_p");
    TestTrue(fabs(e.adiabatic - (double)hand.adiabatic) <= 1e-10 * e.total, "e_a");
    TestTrue(fabs(e.nonadiabatic - (double)hand.nonadiabatic) <= 1e-10 * e.total, "e_na");
    TestTrue(fabs(e.flow - (double)hand.flow) <= 1e-12 * e.total, "flow");
    TestTrue(fabs(e.heat_rate - 0.7 * (double)hand.flow) <= 1e-12 * e.total, "heat");
    TestTrue(fabs(e.entropy_rate - (double)hand.entropy_rate) <= 1e-12 * e.total, "dH/dt");
    TestTrue(fabs(e.kl_rate + (double)hand.nonadiabatic) <= 1e-10 * e.total, "dKL/dt");
    double norm = 0, square[EDGE_CELLS] = {0};
    for (int j = 0; j < s.dim; j++) PetscCall(OttoFieldCreate(grid, &current[j]));
    PetscCall(OttoProductionCurrent(Q, of_p, current));
    for (int j = 0; j < s.dim; j++) {
      PetscCall(Whole(grid, current[j], found));
      for (int c = 0; c < s.cells; c++) {
        TestTrue(fabs(found[c] - (double)hand.current[j][c]) <= 1e-12 * (1 + fabs(found[c])) * 50,
                 "currents");
        square[c] += (double)(hand.current[j][c] * hand.current[j][c]);
      }
      PetscCall(VecDestroy(&current[j]));
    }
    for (int c = 0; c < s.cells; c++) norm += sqrt(square[c]) * s.volume;
    TestClose(e.current_norm, norm, 1e-11, "∫|J|");
    PetscCall(VecDestroy(&of_p));
    PetscCall(VecDestroy(&of_pi));
    PetscCall(VecDestroy(&log_pi));
    PetscCall(OttoResolventDestroy(&R));
    PetscCall(Free(&grid, &Q));
  }
  PetscFunctionReturn(0);
}

/* With zeros in open cells beside closed ones: infinite, or finite, but a number; dissipations as
 * on the list. */
static PetscErrorCode TestZeros(void)
{
  static HandChain s;
  static double p[EDGE_CELLS], q[EDGE_CELLS];

  PetscFunctionBegin;
  for (int k = 0; k < COUNT; k++)
    for (int zeros = 0; zeros < 2; zeros++) {
      OttoGrid grid;
      OttoGenerator Q;
      OttoProduction e;
      OttoFisher f;
      OttoPair pair = {0};
      Vec pi, log_pi;
      long double kl = 0;

      PetscCall(Make(&cases[k], &s, &grid, &Q));
      Rough(&s, 0.9, zeros, p);
      Rough(&s, 1.3, 0, q);
      PetscCall(Field(grid, p, &pair.p));
      PetscCall(Field(grid, q, &pair.q));
      PetscCall(OttoFieldCreate(grid, &pi));
      PetscCall(OttoFieldCreate(grid, &log_pi));
      PetscCall(OttoGeneratorGibbs(Q, pi, log_pi));
      PetscCall(OttoProductionCompute(Q, pair.p, pi, log_pi, 0, &e));
      TestTrue(!isnan(e.total) && !isnan(e.adiabatic) && !isnan(e.nonadiabatic), "numbers");
      TestTrue(isfinite(e.flow) && isfinite(e.current_norm), "finite");
      TestTrue(!isnan(e.entropy_rate) && !isnan(e.kl_rate), "rates are numbers");
      for (int i = 0; i < s.count; i++) {
        const HandEdge *a = &s.edge[i];
        const long double d = logl(p[a->y]) - logl(q[a->y]) - logl(p[a->x]) + logl(q[a->x]);
        if (a->x == a->y) continue;
        kl += p[a->x] * a->up * (expm1l(d) - d) + p[a->y] * a->down * (expm1l(-d) + d);
      }
      const OttoRates *r = OttoGeneratorGetRates(Q);
      PetscCall(OttoFisherEdgeRates(grid, &pair, r->up, r->down, r->killed, &f));
      for (int i = 0; i < OTTO_SMOOTH_COUNT; i++)
        TestTrue(zeros ? f.dissipation[i] >= 0 : f.dissipation[i] > 0 && isfinite(f.dissipation[i]),
                 "dissipations are numbers");
      TestTrue(!isnan(f.fisher_p) && isfinite(f.fisher_q), "and so are those of one density");
      if (!zeros)
        TestClose(f.dissipation[OTTO_DIVERGENCE_KL], (double)(kl * s.volume), 1e-12, "kl");
      PetscCall(VecDestroy(&pair.p));
      PetscCall(VecDestroy(&pair.q));
      PetscCall(VecDestroy(&pi));
      PetscCall(VecDestroy(&log_pi));
      PetscCall(Free(&grid, &Q));
    }
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestInputs, TestRates, TestProduction, TestZeros, TestRemove});
}
