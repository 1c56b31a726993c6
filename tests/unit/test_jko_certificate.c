/* ranks: 1
 * What a step of jko proves, against the same problem written out: on a few cells, walls or a ring,
 * all plans from mu are minimised over by entropic mirror descent, whose linearisation bounds the
 * least value from below. Neither knows of c-transforms or of a dual of U. The same with an
 * interaction, convex with U or not. The cost against quantiles; the density of a potential; the
 * gap against the iterations.
 */
#include "fixture.h"
#include "flow/jko_solve.h"
#include "transport/quantiles.h"

#define MOST 32   /* cells */
#define FASTEST 3 /* per energy: of entropy at T = 0.3 the step that is right for any plan */

static PetscErrorCode Options(const char *options)
{
  PetscFunctionBegin;
  PetscCall(PetscOptionsClear(NULL));
  PetscCall(PetscOptionsInsertString(NULL, options));
  PetscFunctionReturn(0);
}

/* ---- the problem written out ---- */

typedef struct {
  int n;
  PetscReal cost[MOST][MOST]; /* ½|x−y|²/tau */
  PetscReal mass[MOST], V[MOST], h, plan[MOST][MOST], best[MOST][MOST];
  PetscReal W[MOST][MOST]; /* times the cell volume; 0: none */
  OttoInternal U;
} Dense;

static void Write(OttoGrid grid, PetscReal tau, const PetscReal mu[], Vec V, OttoInternal U,
                  Dense *s)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscScalar *v = NULL;
  PetscReal x[OTTO_MAX_DIM], y[OTTO_MAX_DIM];

  s->n = (int)g->cells;
  s->h = g->cell_volume;
  s->U = U;
  memset(s->W, 0, sizeof s->W);
  if (V) VecGetArrayRead(V, &v);
  for (int i = 0; i < s->n; i++) {
    s->mass[i] = mu[i] * s->h;
    s->V[i] = v ? v[i] : 0;
    OttoGridCellCentre(g, i, x);
    for (int k = 0; k < s->n; k++) {
      OttoGridCellCentre(g, k, y);
      s->cost[i][k] = 0;
      for (PetscInt j = 0; j < g->dim; j++) {
        PetscReal d = fabs(x[j] - y[j]), side = g->upper[j] - g->lower[j];
        if (g->boundary[j] == OTTO_BOUNDARY_PERIODIC) d = fmin(d, side - d);
        s->cost[i][k] += d * d / (2 * tau);
      }
    }
  }
  if (V) VecRestoreArrayRead(V, &v);
}

/* W between cells, column by column. */
static PetscErrorCode WriteInteraction(OttoInteraction W, Vec work, Dense *s)
{
  PetscScalar *a;

  PetscFunctionBegin;
  for (int i = 0; i < s->n; i++) {
    PetscCall(VecZeroEntries(work));
    PetscCall(VecSetValue(work, i, 1, INSERT_VALUES));
    PetscCall(VecAssemblyBegin(work));
    PetscCall(VecAssemblyEnd(work));
    PetscCall(OttoInteractionApply(W, work, work));
    PetscCall(VecGetArray(work, &a));
    for (int k = 0; k < s->n; k++) s->W[k][i] = a[k];
    PetscCall(VecRestoreArray(work, &a));
  }
  PetscFunctionReturn(0);
}

/* The value of the plan, and its slope: of what is sent to k, cost aside. */
static PetscReal ValueOf(const Dense *s, PetscReal slope[])
{
  PetscReal rho[MOST] = {0}, u[MOST], value = 0;

  for (int i = 0; i < s->n; i++)
    for (int k = 0; k < s->n; k++) {
      rho[k] += s->plan[i][k] / s->h;
      value += s->plan[i][k] * s->cost[i][k];
    }
  OttoInternalEvaluate(s->U, OTTO_INTERNAL_VALUE, s->n, rho, u);
  OttoInternalEvaluate(s->U, OTTO_INTERNAL_SLOPE, s->n, rho, slope);
  for (int k = 0; k < s->n; k++) {
    PetscReal w = 0;
    for (int i = 0; i < s->n; i++) w += s->W[k][i] * rho[i];
    value += s->h * (u[k] + (rho[k] > 0 ? s->V[k] * rho[k] : 0) + 0.5 * w * rho[k]);
    slope[k] += s->V[k] + w;
  }
  return value;
}

/* Of the least value: at most what a plan has, at least what its linearisation leaves. */
static void Least(Dense *s, PetscReal *lower, PetscReal *upper)
{
  PetscReal eta = 1, slope[MOST], value;

  for (int i = 0; i < s->n; i++)
    for (int k = 0; k < s->n; k++) s->plan[i][k] = s->mass[i] / s->n;
  *lower = -INFINITY;
  *upper = ValueOf(s, slope);
  for (int turn = 0; turn < 30000 && *upper - *lower > 1e-9; turn++) {
    PetscReal bound = *upper;
    memcpy(s->best, s->plan, sizeof s->plan);
    for (int i = 0; i < s->n; i++) {
      PetscReal least = INFINITY, sum = 0;
      for (int k = 0; k < s->n; k++) least = fmin(least, s->cost[i][k] + slope[k]);
      for (int k = 0; k < s->n; k++) {
        const PetscReal more = s->cost[i][k] + slope[k] - least;
        bound -= s->plan[i][k] * more;
        sum += s->plan[i][k] = fmax(s->plan[i][k] * exp(-eta * more), 1e-200);
      }
      for (int k = 0; k < s->n; k++) s->plan[i][k] *= s->mass[i] / sum;
    }
    *lower = fmax(*lower, bound);
    value = ValueOf(s, slope);
    if (value <= *upper) {
      *upper = value;
      eta = fmin(1.05 * eta, FASTEST);
      continue;
    }
    memcpy(s->plan, s->best, sizeof s->plan);
    *upper = ValueOf(s, slope);
    eta /= 2;
  }
}

/* ---- steps ---- */

static const char *const energies[] = {
    "-energy_internal entropy -temperature 0.3",
    "-energy_internal power -energy_m 2 -temperature 0.2",
    "-energy_internal power -energy_m 0.5 -temperature 0.2",
    "-temperature 0.4 -potential_type formula -potential_formula 3*cos(2*_pi*x)"};

#define FLOOR 8 /* cells²: half of the squared distance of four (jko_solve.c) */

/* The result against the least of the functional with W linearised about it, which is convex: what
 * the gap says that the difference is at most. */
static PetscErrorCode CompareLinear(const Dense *problem, PetscReal tau, PetscReal before,
                                    OttoEnergy energy, Vec rho, const OttoJkoResult *r)
{
  static Dense linear;
  OttoEnergyParts parts;
  PetscReal lower, upper, h2 = 0, mass = 0;
  const PetscScalar *a;

  PetscFunctionBegin;
  const OttoGridInfo *g = OttoGridGetInfo(OttoEnergyGetGrid(energy));
  linear = *problem;
  memset(linear.W, 0, sizeof linear.W);
  PetscCall(VecGetArrayRead(rho, &a));
  for (int k = 0; k < problem->n; k++)
    for (int i = 0; i < problem->n; i++) linear.V[k] += problem->W[k][i] * a[i];
  PetscCall(VecRestoreArrayRead(rho, &a));
  PetscCall(OttoEnergyEvaluate(energy, rho, &parts));
  Least(&linear, &lower, &upper);
  lower -= parts.interaction;
  upper -= parts.interaction;
  for (PetscInt j = 0; j < g->dim; j++) h2 = fmax(h2, g->h[j] * g->h[j]);
  for (int i = 0; i < problem->n; i++) mass += problem->mass[i];
  const PetscReal few = FLOOR * h2 * mass / tau;
  PetscReal still = (r->primal - r->gap * before) / (1 - r->gap);
  if (before - still < few) still = r->primal - r->gap * few;
  TestTrue(upper - lower <= 1e-4 * (before - lower), "the linear problem is solved");
  TestTrue(still <= upper + 1e-12 * fabs(upper), "no density has less of it than the gap says");
  TestTrue(r->primal >= lower - 1e-12 * fabs(lower), "the result is not below it");
  PetscFunctionReturn(0);
}

/* Whether the step is known to be the least, or to be stationary. */
static PetscErrorCode CompareStep(OttoGrid grid, const char *options, PetscReal tau, int seed,
                                  PetscBool least)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  static Dense dense;
  OttoEnergy energy;
  OttoEnergyParts before, after;
  OttoJkoSolver solver;
  OttoJkoResult r;
  Vec mu, rho;
  PetscScalar *a;
  PetscReal lower, upper, mass;

  PetscFunctionBegin;
  PetscCall(Options(options));
  PetscCall(OttoEnergyCreate(grid, &energy));
  PetscCall(OttoEnergySetTime(energy, 0));
  PetscCall(OttoFieldCreate(grid, &mu));
  PetscCall(VecDuplicate(mu, &rho));
  PetscCall(VecGetArray(mu, &a));
  for (PetscInt64 c = 0; c < g->cells; c++) a[c] = fmax(0, 0.3 + sin(1.7 * (double)(c * seed + 1)));
  Write(grid, tau, a, OttoEnergyGetField(energy), OttoEnergyGetInternal(energy), &dense);
  PetscCall(VecRestoreArray(mu, &a));
  PetscCall(OttoFieldIntegral(grid, mu, &mass));
  PetscCall(OttoEnergyEvaluate(energy, mu, &before));
  PetscCall(OttoJkoSolverCreate(energy, 1e-4, 1000, &solver));
  PetscCall(OttoJkoSolve(solver, tau, mass, before.total, mu, rho, &r));
  if (OttoEnergyGetInteraction(energy)) {
    Vec work;
    PetscCall(VecDuplicate(mu, &work));
    PetscCall(WriteInteraction(OttoEnergyGetInteraction(energy), work, &dense));
    PetscCall(VecDestroy(&work));
  }
  TestTrue(r.least == least, "what is known of it");
  if (!least) PetscCall(CompareLinear(&dense, tau, before.total, energy, rho, &r));
  Least(&dense, &lower, &upper);
  if (!least) lower = r.dual; /* not convex: what descent finds is no bound */
  const PetscReal scale = before.total - lower, rounding = 1e-12 * (fabs(lower) + scale);
  TestTrue(!least || upper - lower <= 1e-4 * scale, "the problem written out is solved");
  TestTrue(r.dual <= upper + rounding, "the dual is below the least value");
  TestTrue(r.primal >= lower - rounding, "the primal is not below it");
  TestTrue(r.dual <= r.primal, "dual and primal");
  /* steps of few cells: the iteration's metric is the continuum's, but both are near (jko_solve.h)
   */
  TestTrue(r.gap <= 0.05, "both are near it");
  PetscCall(OttoEnergyEvaluate(energy, rho, &after));
  TestClose(r.energy, after.total, 1e-12, "its energy");
  TestClose(r.primal, r.cost[1] / tau + after.total, 1e-10, "the primal is cost and energy");
  TestTrue(r.cost[0] <= r.cost[1], "the cost's bounds");
  PetscCall(OttoJkoSolverDestroy(&solver));
  PetscCall(VecDestroy(&mu));
  PetscCall(VecDestroy(&rho));
  PetscCall(OttoEnergyDestroy(&energy));
  PetscFunctionReturn(0);
}

static PetscErrorCode Compare(OttoGrid grid, const char *options, PetscReal tau, int seed)
{
  PetscFunctionBegin;
  PetscCall(CompareStep(grid, options, tau, seed, PETSC_TRUE));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestLeast(void)
{
  const PetscInt64 line[] = {19}, square[] = {6, 5};
  const OttoBoundary kinds[] = {OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_PERIODIC};

  PetscFunctionBegin;
  for (int k = 0; k < 4; k++)
    for (int e = 0; e < 4; e++) {
      OttoGrid grid;
      PetscCall(MakeCube(1 + k / 2, k / 2 ? square : line, 0, 1, kinds[k % 2], &grid));
      PetscCall(Compare(grid, energies[e], e % 2 ? 0.1 : 0.03, 1 + k + e));
      PetscCall(OttoGridDestroy(&grid));
    }
  PetscFunctionReturn(0);
}

/* With an interaction that is definite, or concave by less than U is convex: the least, as before.
 * Beyond that what is near is the least of the linear problem. */
static PetscErrorCode TestInteractions(void)
{
  static const struct {
    const char *options;
    PetscBool least;
  } cases[] = {
      {"-temperature 0.3 -energy_interaction_type gaussian -energy_interaction_length 0.2 "
       "-energy_interaction_strength 4",
       PETSC_TRUE},
      {"-energy_internal power -energy_m 2 -temperature 0.2 -energy_interaction_type morse "
       "-energy_interaction_repulsion 1 -energy_interaction_repulsion_length 0.3 "
       "-energy_interaction_attraction 0.2 -energy_interaction_attraction_length 0.5",
       PETSC_TRUE},
      {"-temperature 0.4 -energy_interaction_type gaussian -energy_interaction_length 0.3 "
       "-energy_interaction_strength -0.5 -potential_type formula -potential_formula "
       "cos(2*_pi*x)",
       PETSC_TRUE},
      {"-temperature 0.2 -energy_interaction_type gaussian -energy_interaction_length 0.3 "
       "-energy_interaction_strength -3",
       PETSC_FALSE},
      {"-temperature 0.3 -energy_interaction_type newtonian -energy_interaction_strength 20",
       PETSC_FALSE}};
  const PetscInt64 line[] = {19}, square[] = {6, 5};
  const OttoBoundary kinds[] = {OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_PERIODIC};

  PetscFunctionBegin;
  for (int k = 0; k < 4; k++)
    for (size_t e = 0; e < sizeof cases / sizeof *cases; e++) {
      OttoGrid grid;
      PetscCall(MakeCube(1 + k / 2, k / 2 ? square : line, 0, 1, kinds[k % 2], &grid));
      PetscCall(CompareStep(grid, cases[e].options, 0.4, 2 + k + (int)e, cases[e].least));
      PetscCall(OttoGridDestroy(&grid));
    }
  PetscFunctionReturn(0);
}

/* The cost between the result and mu lies where the step says, by quantiles. */
static PetscErrorCode TestCost(void)
{
  PetscFunctionBegin;
  for (int kind = 0; kind < 2; kind++) {
    OttoGrid grid;
    OttoEnergy energy;
    OttoEnergyParts before;
    OttoJkoSolver solver;
    OttoJkoResult r;
    Vec mu, rho;
    PetscScalar *p, *q;
    PetscReal room[4][150], exact = 0, mass = 0;
    PetscCall(Options("-temperature 0.5"));
    PetscCall(MakeUnit(1, 150, kind ? OTTO_BOUNDARY_PERIODIC : OTTO_BOUNDARY_NO_FLUX, &grid));
    PetscCall(OttoEnergyCreate(grid, &energy));
    PetscCall(OttoEnergySetTime(energy, 0));
    PetscCall(OttoFieldCreate(grid, &mu));
    PetscCall(VecDuplicate(mu, &rho));
    PetscCall(VecGetArray(mu, &p));
    for (int c = 0; c < 150; c++)
      p[c] = 2 * exp(-0.02 * pow(c - 40, 2)) + exp(-0.005 * pow(c - 110, 2));
    PetscCall(VecRestoreArray(mu, &p));
    PetscCall(OttoFieldIntegral(grid, mu, &mass));
    PetscCall(OttoEnergyEvaluate(energy, mu, &before));
    PetscCall(OttoJkoSolverCreate(energy, 1e-3, 1000, &solver));
    PetscCall(OttoJkoSolve(solver, 0.01, mass, before.total, mu, rho, &r));
    PetscCall(VecGetArray(mu, &p));
    PetscCall(VecGetArray(rho, &q));
    for (int c = 0; c < 150; c++) {
      p[c] /= mass;
      q[c] /= mass;
    }
    PetscCall(OttoQuantiles(grid, q, p, room[0], room[1], room[2], room[3], &exact));
    PetscCall(VecRestoreArray(rho, &q));
    PetscCall(VecRestoreArray(mu, &p));
    TestTrue(r.cost[0] <= mass * exact * (1 + 1e-12), "the cost is not below its bound");
    TestTrue(r.cost[1] >= mass * exact * (1 - 1e-12), "… nor above");
    TestTrue(r.cost[1] - r.cost[0] <= 0.02 * r.cost[1], "bounds that say something");
    PetscCall(OttoJkoSolverDestroy(&solver));
    PetscCall(VecDestroy(&mu));
    PetscCall(VecDestroy(&rho));
    PetscCall(OttoEnergyDestroy(&energy));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

/* ρ of a potential: of entropy the Gibbs weights; of m = 2 what is left above a level; and 0 where
 * V is infinite. Its mass to rounding, its value −tau E*(−φ/tau) less ∫ φ p (Fenchel's equality).
 */
static PetscErrorCode TestDensity(void)
{
  enum { N = 300 };
  PetscReal phi[N], V[N], slope[N], p[N], shift, value;
  OttoGrid grid;
  OttoEnergy energy;

  PetscFunctionBegin;
  PetscCall(MakeUnit(1, N, OTTO_BOUNDARY_NO_FLUX, &grid));
  for (int c = 0; c < N; c++) {
    phi[c] = 0.02 * sin(0.05 * c) + 3e-6 * pow(c - 120, 2);
    V[c] = c > 200 && c < 230 ? INFINITY : cos(0.02 * c);
  }
  for (int k = 0; k < 3; k++) {
    PetscReal sum = 0, weights = 0, u = 0, most = 0;
    PetscCall(Options(energies[k]));
    PetscCall(OttoEnergyCreate(grid, &energy));
    OttoJkoEnd end = {.g = OttoGridGetInfo(grid),
                      .internal = OttoEnergyGetInternal(energy),
                      .field = V,
                      .slope = slope,
                      .mass = 2.5,
                      .tau = 0.03};
    PetscCall(OttoJkoEndDensity(&end, phi, p, &shift, &value));
    for (int c = 0; c < N; c++) {
      sum += p[c] / N;
      weights += exp((-phi[c] / 0.03 - V[c]) / 0.3) / N;
      most = fmax(most, p[c]);
    }
    TestClose(sum, 1, 1e-14, "mass, to rounding");
    for (int c = 0; c < N; c++) {
      const PetscReal s = (-(phi[c] + shift) / 0.03 - V[c]);
      const PetscReal rho = k == 0        ? exp((-phi[c] / 0.03 - V[c]) / 0.3) / weights * 2.5
                            : k == 1      ? fmax(0, s / 0.4)
                            : isinf(V[c]) ? 0
                                          : 1 / pow(-s / 0.2, 2);
      TestTrue(fabs(2.5 * p[c] - rho) <= 1e-12 * 2.5 * most, "the density of a slope");
      u += (k == 0   ? rho > 0 ? 0.3 * rho * log(rho) : 0
            : k == 1 ? 0.2 * rho * rho
                     : -0.4 * sqrt(rho)) /
           N;
      if (rho > 0) u += V[c] * rho / N;
    }
    TestClose(value, 0.03 / 2.5 * u, 1e-11, "its energy");
    PetscCall(OttoEnergyDestroy(&energy));
  }
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* The gap falls with the iterations, and what they may do is what they are told. */
static PetscErrorCode TestIterations(void)
{
  const PetscInt limits[] = {0, 20, 100};
  const PetscInt64 n[] = {48, 40};
  PetscReal gap[3];
  OttoGrid grid;
  OttoEnergy energy;
  OttoEnergyParts before;
  Vec mu, rho;
  PetscScalar *a;
  PetscReal x[OTTO_MAX_DIM], mass;

  PetscFunctionBegin;
  PetscCall(Options("-energy_internal power -energy_m 2"));
  PetscCall(MakeCube(2, n, 0, 1, OTTO_BOUNDARY_NO_FLUX, &grid));
  PetscCall(OttoEnergyCreate(grid, &energy));
  PetscCall(OttoEnergySetTime(energy, 0));
  PetscCall(OttoFieldCreate(grid, &mu));
  PetscCall(VecDuplicate(mu, &rho));
  PetscCall(VecGetArray(mu, &a));
  for (PetscInt64 c = 0; c < OttoGridGetInfo(grid)->cells; c++) {
    OttoGridCellCentre(OttoGridGetInfo(grid), c, x);
    a[c] = (pow(x[0] - 0.3, 2) + pow(x[1] - 0.4, 2) < 0.01) +
           2 * (pow(x[0] - 0.7, 2) + pow(x[1] - 0.6, 2) < 0.015);
  }
  PetscCall(VecRestoreArray(mu, &a));
  PetscCall(OttoFieldIntegral(grid, mu, &mass));
  PetscCall(OttoEnergyEvaluate(energy, mu, &before));
  for (int k = 0; k < 3; k++) {
    OttoJkoSolver solver;
    OttoJkoResult r;
    PetscCall(OttoJkoSolverCreate(energy, 1e-6, limits[k], &solver));
    PetscCall(OttoJkoSolve(solver, 0.02, mass, before.total, mu, rho, &r));
    gap[k] = r.gap;
    TestTrue(r.iterations <= limits[k], "no more than allowed");
    TestTrue(r.reason != OTTO_JKO_REACHED, "why it ends");
    PetscCall(OttoJkoSolverDestroy(&solver));
  }
  TestTrue(gap[1] < 0.7 * gap[0] && gap[2] <= gap[1], "the gap falls");
  PetscCall(VecDestroy(&mu));
  PetscCall(VecDestroy(&rho));
  PetscCall(OttoEnergyDestroy(&energy));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestLeast, TestInteractions, TestCost, TestDensity, TestIterations});
}
