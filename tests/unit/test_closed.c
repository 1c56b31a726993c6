/* ranks: 1 2 3
 * Closed cells, loops and edges of one direction: rates, steady states, production and currents
 * against a chain built by hand in long double; connected parts; densities on open cells. */
#define _GNU_SOURCE
#include "closed.h"
#include <otto/fisher.h>
#include <otto/production.h>
#include <otto/steady.h>

/* All cells of a field, on every rank. */
static PetscErrorCode Whole(OttoGrid grid, Vec field, double values[])
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscScalar *a;

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < g->cells; c++) values[c] = 0;
  PetscCall(VecGetArrayRead(field, &a));
  for (PetscInt64 c = 0; c < g->local_cells; c++) values[g->offset + c] = a[c];
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
      TestTrue(OttoGeneratorGetComponent(Q)[c] == s.part[g->offset + c], "parts");
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
    PetscCall(VecSet(of_p, 1)); /* a vector, no density */
    PetscCall(OttoGeneratorApply(Q, of_p, rate));
    PetscCall(Whole(grid, rate, found));
    PetscCall(MatMult(M, of_p, rate));
    PetscCall(Whole(grid, rate, p));
    PetscReal norm = 0;
    PetscCall(OttoGeneratorNorm(Q, &norm));
    for (int c = 0; c < s.cells; c++) {
      TestTrue(fabs(found[c] - p[c]) <= 4e-15 * norm, "matrix and matrix-free");
      if (s.part[c] < 0) TestTrue(found[c] == 0, "nothing to nor from a closed cell");
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
  static double p[EDGE_CELLS], found[EDGE_CELLS], logs[EDGE_CELLS];
  static long double pi[EDGE_CELLS];
  static HandProduction hand;

  PetscFunctionBegin;
  for (int k = 0; k < COUNT; k++) {
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
    if (k < COUNT - 1) {
      PetscCall(OttoSteadyState(R, of_pi, log_pi, &report));
      PetscCall(OttoGeneratorWeigh(Q, of_p, of_pi, log_pi));
    } else { /* driven, and reached by rates that underflow: π by hand, production by it */
      for (int c = 0; c < s.cells; c++) {
        found[c] = (double)pi[c];
        logs[c] = (double)logl(pi[c]);
      }
      PetscCall(VecDestroy(&of_pi));
      PetscCall(VecDestroy(&log_pi));
      PetscCall(Field(grid, found, &of_pi));
      PetscCall(Field(grid, logs, &log_pi));
    }
    PetscCall(Whole(grid, of_pi, found));
    PetscCall(Whole(grid, log_pi, logs));
    for (int c = 0; c < s.cells; c++) {
      if (s.part[c] < 0) TestTrue(found[c] == 0, "no state in a closed cell");
      if (s.part[c] >= 0) TestClose(found[c], (double)pi[c], 1e-11, "the steady state");
      if (s.part[c] >= 0) /* of 7000, inside the rock */
        TestTrue(fabs(logs[c] - (double)logl(pi[c])) <= 1e-11, "its logarithm where it underflows");
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
      OttoPair pair = {.p = NULL};
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

/* Edges of one direction, away from cells where p is a true zero, with q known by its logarithm
 * alone (its value underflows in most cells): q B(0, r_y), every term finite, by long double. */
static PetscErrorCode TestOneWay(void)
{
  static const double log_q[] = {-2000, 1, -3000, -2990, -700, -745, 0, -300, -5000, -4000};
  static const double log_p[] = {0, -2, 0, -2000, 0, -100, 0, -1, 0, -4001};
  const PetscInt64 n = 10;
  const PetscReal zero = 0, one = 1;
  double p[10], q[10], lp[10], up[10], down[10];
  const PetscReal *const ups[1] = {up}, *const downs[1] = {down};
  long double expected[OTTO_SMOOTH_COUNT] = {0};
  OttoPair pair = {.p = NULL};
  OttoFisher f;
  OttoGrid grid;

  PetscFunctionBegin;
  PetscCall(MakeBox(1, &n, &zero, &one, (OttoBoundary[]){W}, &grid));
  const PetscInt64 start = OttoGridGetInfo(grid)->first[0];
  for (int c = 0; c < n; c++) {
    lp[c] = c % 2 ? log_p[c] : -INFINITY;
    p[c] = exp(lp[c]);
    q[c] = exp(log_q[c]);
  }
  for (int c = 0; c + 1 < n; c++) {
    const int from = c % 2 ? c + 1 : c, to = c % 2 ? c : c + 1;
    const long double r = expl((long double)lp[to] - log_q[to]), q_x = expl(log_q[from]);
    if (c >= start && c - start < 10) up[c - start] = c % 2 ? 0 : 1;
    if (c >= start && c - start < 10) down[c - start] = c % 2 ? 1 : 0;
    expected[OTTO_DIVERGENCE_KL] += q_x * r / n;
    expected[OTTO_DIVERGENCE_CHI2] += q_x * r * r / n;
    expected[OTTO_DIVERGENCE_HELLINGER2] += q_x * sqrtl(r) / 2 / n;
    expected[OTTO_DIVERGENCE_JS] += q_x * log1pl(r) / 2 / n;
  }
  PetscCall(Field(grid, p, &pair.p));
  PetscCall(Field(grid, q, &pair.q));
  PetscCall(Field(grid, lp, &pair.log_p));
  PetscCall(Field(grid, log_q, &pair.log_q));
  PetscCall(OttoFisherEdgeRates(grid, &pair, ups, downs, NULL, &f));
  /* logarithms of thousands round to 1e-12 */
  for (int k = 0; k < OTTO_SMOOTH_COUNT; k++)
    if (k != OTTO_DIVERGENCE_REVERSE_KL)
      TestClose(f.dissipation[k], (double)expected[k], 3e-12, OttoDivergenceNames[k]);
  TestTrue(f.dissipation[OTTO_DIVERGENCE_REVERSE_KL] == INFINITY, "q log(q/p) is infinite");
  PetscCall(VecDestroy(&pair.p));
  PetscCall(VecDestroy(&pair.q));
  PetscCall(VecDestroy(&pair.log_p));
  PetscCall(VecDestroy(&pair.log_q));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* ---- densities ---- */

/* Mass in closed cells is refused with its share, or taken out aloud; parts keep what p has. */
static PetscErrorCode TestDensities(void)
{
  static HandChain s;
  static double p[EDGE_CELLS], found[EDGE_CELLS];
  OttoGrid grid;
  OttoGenerator Q;
  Vec of_p, all;
  PetscReal outside = -1, least = 0, mass = 0;

  PetscFunctionBegin;
  PetscCall(Make(&cases[2], &s, &grid, &Q)); /* 20 cells, the 9th and 10th closed */
  Rough(&s, 1.7, 0, p);
  PetscCall(Field(grid, p, &of_p));
  PetscCall(OttoGeneratorAdmit(Q, "p_", of_p, &outside));
  TestTrue(outside == 0, "nothing outside");
  PetscCall(Whole(grid, of_p, found));
  for (int c = 0; c < s.cells; c++) TestTrue(found[c] == p[c], "unchanged");
  PetscCall(OttoGeneratorLeast(Q, of_p, &least));
  for (int c = 0; c < s.cells; c++) TestTrue(s.part[c] < 0 || p[c] >= least, "least of open cells");
  TestTrue(least > 0, "which is not that of closed ones");
  PetscCall(VecDuplicate(of_p, &all));
  PetscCall(VecSet(all, 1));
  Says(OttoGeneratorAdmit(Q, "p_", all, &outside), OTTO_ERR_INPUT,
       "p_density: 0.1 of its mass lies in 2 closed cells (the potential is inf there, or "
       "masked), most of it at (0.425)");
  TestClose(outside, 0.1, 1e-15, "the share");
  PetscCall(PetscOptionsSetValue(NULL, "-q_closed", "restrict"));
  PetscCall(OttoGeneratorAdmit(Q, "q_", all, &outside));
  TestClose(outside, 0.1, 1e-15, "the share");
  PetscCall(OttoFieldIntegral(grid, all, &mass));
  TestClose(mass, 1, 1e-15, "scaled to the mass there was");
  PetscCall(Whole(grid, all, found));
  for (int c = 0; c < s.cells; c++)
    TestClose(found[c], s.part[c] < 0 ? 0 : 20. / 18, 1e-15, "restricted");
  for (int c = 0; c < s.cells; c++) p[c] = s.part[c] < 0 ? 1 : 0;
  PetscCall(VecDestroy(&of_p));
  PetscCall(Field(grid, p, &of_p));
  Says(OttoGeneratorAdmit(Q, "q_", of_p, &outside), OTTO_ERR_INPUT,
       "all of its mass lies in closed");
  PetscCall(VecDestroy(&of_p));
  PetscCall(VecDestroy(&all));
  PetscCall(Free(&grid, &Q));
  PetscFunctionReturn(0);
}

/* A part without p has no π, and a π that underflows in a part is weighed by its logarithm. */
static PetscErrorCode TestWeigh(void)
{
  static HandChain s;
  static double p[EDGE_CELLS], found[EDGE_CELLS], logs[EDGE_CELLS];
  static const Case deep = {
      1, {20}, {W}, Wall, {NULL}, "(abs(x-0.45)<0.05) ? inf : ((x>0.5) ? 3*x+2000 : 3*x)", NULL};
  OttoGrid grid;
  OttoGenerator Q;
  Vec of_p, pi, log_pi;

  PetscFunctionBegin;
  for (int k = 0; k < 2; k++) {
    double sums[2] = {0, 0}, of[2] = {0, 0};
    PetscCall(Make(&deep, &s, &grid, &Q));
    Rough(&s, 1.7, 0, p);
    for (int c = 0; k && c < s.cells; c++)
      if (s.part[c] == 1) p[c] = 0;
    PetscCall(Field(grid, p, &of_p));
    PetscCall(OttoFieldCreate(grid, &pi));
    PetscCall(OttoFieldCreate(grid, &log_pi));
    PetscCall(OttoGeneratorGibbs(Q, pi, log_pi));
    PetscCall(OttoGeneratorWeigh(Q, of_p, pi, log_pi));
    PetscCall(Whole(grid, pi, found));
    PetscCall(Whole(grid, log_pi, logs));
    for (int c = 0; c < s.cells; c++) {
      if (s.part[c] < 0) continue;
      sums[s.part[c]] += found[c];
      of[s.part[c]] += p[c];
      TestTrue(k && s.part[c] ? logs[c] == -INFINITY : fabs(logs[c] - log(found[c])) < 1e-12,
               "its logarithm");
      if (c && s.part[c - 1] == s.part[c] && !(k && s.part[c]))
        TestClose(logs[c - 1] - logs[c], 3 * 0.05 / 0.7, 1e-10, "exp(-V/T) inside a part");
    }
    TestClose(sums[0], of[0], 1e-12, "as much as p has");
    TestClose(sums[1], of[1], 1e-12, "as much as p has");
    PetscCall(VecDestroy(&of_p));
    PetscCall(VecDestroy(&pi));
    PetscCall(VecDestroy(&log_pi));
    PetscCall(Free(&grid, &Q));
  }
  PetscFunctionReturn(0);
}

/* Cell Péclet number and step by hand; closed cells and loops count for nothing. */
static PetscErrorCode TestSteepness(void)
{
  static HandChain s;

  PetscFunctionBegin;
  for (int k = 0; k < COUNT; k++) {
    OttoGrid grid;
    OttoGenerator Q;
    PetscReal peclet = -1, step = -1;
    double of_z = 0, of_V = 0;
    PetscCall(Make(&cases[k], &s, &grid, &Q));
    for (int e = 0; e < s.count; e++) {
      double x[3], y[3];
      if (s.edge[e].x == s.edge[e].y) continue;
      HandCentre(&s, s.edge[e].x, x);
      HandCentre(&s, s.edge[e].y, y);
      of_V = fmax(of_V, fabs(s.V(x) - s.V(y)) / s.T);
      of_z = fmax(of_z, fabs((double)s.edge[e].z));
    }
    PetscCall(OttoGeneratorSteepness(Q, &peclet, &step));
    TestClose(peclet, of_z, 1e-12, "the cell Péclet number");
    TestClose(step, of_V, 1e-12, "the largest step of V");
    PetscCall(Free(&grid, &Q));
  }
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestInputs, TestRates, TestProduction, TestZeros, TestOneWay, TestDensities,
                   TestWeigh, TestSteepness, TestRemove});
}
