/* ranks: 1 2 3; long: 3
 * Logarithms where doubles end, walls that doubles cannot climb, chains in pieces: against
 * elimination without a subtraction in long double, whose range is exp(±11355). */
#include "test.h"
#include <otto/flow.h>
#include <otto/steady.h>
#include "chain.h"
#include "grid/edges.h"
#include "core/wide.h"

/* Q[n²] on all ranks, an underflowed rate from the force. */
typedef struct {
  const OttoGridInfo *g;
  const OttoRates *r;
  long double *Q;
  PetscReal *number; /* of cells and ghosts */
} Gather;

static long double Rate(PetscReal rate, PetscReal back, PetscReal z)
{
  if (rate > 1e-300) return rate;
  return back > 1e-300 ? back * expl((long double)z) : 0;
}

static void GatherEdges(const OttoEdges *e, void *context)
{
  Gather *a = (Gather *)context;
  const PetscInt64 n = a->g->cells;

  for (PetscInt64 i = 0; i < e->n; i++) {
    const PetscInt64 x = (PetscInt64)a->number[e->x + i];
    const PetscInt64 y = (PetscInt64)a->number[e->y + i];
    const PetscReal up = a->r->up[e->axis][e->x + i], down = a->r->down[e->axis][e->x + i];
    const PetscReal z = a->r->force[e->axis][e->x + i];
    a->Q[x * n + y] += Rate(up, down, z);
    a->Q[y * n + x] += Rate(down, up, -z);
  }
}

/* The chain with a source of rates f as its first state, to which cells return at the rate σ and
 * through absorbing faces; f NULL: the chain alone. m states. */
static void Reference(const Chain *s, PetscReal sigma, const long double f[], PetscInt *m,
                      long double **chain)
{
  const PetscInt n = (PetscInt)s->g->cells, from = f ? 1 : 0, first = (PetscInt)s->g->offset;
  const OttoRates *r = OttoGeneratorGetRates(s->Q);
  long double *Q = calloc((size_t)n * (size_t)n + (size_t)n, sizeof *Q), *back = Q + n * n, *c;
  Gather gather = {s->g, r, Q, NULL};
  OttoHalo halo;

  OttoGridGetHalo(OttoGeneratorGetGrid(s->Q), 1, &halo);
  OttoHaloNumbers(halo, &gather.number);
  OttoEdgesWalk(s->g, PETSC_FALSE, GatherEdges, &gather);
  PetscFree(gather.number);
  for (PetscInt i = 0; i < s->g->local_cells; i++)
    back[first + i] = sigma + (r->killed ? r->killed[i] : 0);
  MPI_Allreduce(MPI_IN_PLACE, Q, n * n + n, MPI_LONG_DOUBLE, MPI_SUM, PETSC_COMM_WORLD);
  *m = n + from;
  *chain = c = calloc((size_t)*m * (size_t)*m, sizeof *c);
  for (PetscInt i = 0; i < n; i++) {
    if (f) c[i + 1] = f[i];
    if (f) c[(i + 1) * *m] = back[i];
    for (PetscInt j = 0; j < n; j++) c[(i + from) * *m + j + from] = Q[i * n + j];
  }
  free(Q);
}

/* Stationary masses relative to the first state's (Grassmann, Taksar and Heyman 1985). */
static void Eliminate(PetscInt m, long double c[], long double mass[])
{
  for (PetscInt k = m - 1; k > 0; k--) {
    long double out = 0;
    for (PetscInt j = 0; j < k; j++) out += c[k * m + j];
    for (PetscInt i = 0; i < k; i++) {
      if (c[i * m + k] > 0) c[i * m + k] /= out;
      for (PetscInt j = 0; j < k && c[i * m + k] > 0; j++)
        c[i * m + j] += c[i * m + k] * c[k * m + j];
    }
  }
  mass[0] = 1;
  for (PetscInt k = 1; k < m; k++) {
    mass[k] = 0;
    for (PetscInt i = 0; i < k; i++) mass[k] += mass[i] * c[i * m + k];
  }
}

/* x of (σ - Qᵀ)x = σ p, in place. */
static void StepReference(const Chain *s, PetscReal sigma, long double p[])
{
  const PetscInt n = (PetscInt)s->g->cells;
  long double *chain, *mass = calloc((size_t)n + 1, sizeof *mass);
  PetscInt m;

  for (PetscInt i = 0; i < n; i++) p[i] *= sigma;
  Reference(s, sigma, p, &m, &chain);
  Eliminate(m, chain, mass);
  for (PetscInt i = 0; i < n; i++) p[i] = mass[i + 1];
  free(mass);
  free(chain);
}

typedef struct {
  PetscInt dim;
  PetscInt64 n[3];
  OttoBoundary boundary[3];
  const char *V, *f;
  PetscReal length, dt; /* of the box; of three steps */
} Case;

static const Case cases[] = {
    {1, {150}, {W}, "0", "0", 1, 4.4444444444444447e-11},
    {1, {150}, {P}, "3*cos(6.283185307179586*x)", "7", 1, 1e-9},
    {1, {60}, {A}, "20*x", "0", 1, 1e-10},
    {1, {60}, {W}, "2500*(x-0.3)^2", "0", 1, 1},                  /* fades with pi: stiff */
    {1, {64}, {W}, "x > 0.4 && x < 0.6 ? 5000 : 0", "0", 1, 0.1}, /* no double climbs it */
    {1, {64}, {P}, "x > 0.4 && x < 0.6 ? 900 : 0", "3", 1, 1e-4},
    {2, {20, 17}, {W, P}, "x*y", "0,0", 1, 1e-20},
    {2, {18, 19}, {A, W}, "3*x", "5,4", 1, 1e-16},
    {2, {24, 24}, {W, W}, "(x-0.5)^2+(y-0.5)^2 < 0.04 ? 3000 : 0", "5,0", 1, 0.01},
    {3, {9, 8, 7}, {P, W, A}, "x*y*z", "2,x,1", 1, 1e-36},
    {2, {1, 90}, {P, W}, "0", "5,0", 1, 1e-10},
};
#define COUNT ((int)(sizeof cases / sizeof cases[0]))

static PetscErrorCode Make(const Case *c, Chain *s)
{
  const PetscReal lower[3] = {0, 0, 0}, upper[3] = {c->length, c->length, c->length};

  PetscFunctionBegin;
  PetscCall(ChainCreate(
      c->dim, c->n, lower, upper, c->boundary,
      OPTIONS("-potential_type", "formula", "-potential_formula", c->V, "-drift_type",
              strspn(c->f, "0,") == strlen(c->f) ? "none" : "formula", "-drift_formula", c->f),
      s));
  PetscFunctionReturn(0);
}

/* Largest error of a cell relative to itself, by logarithms; and whether what is 0 is 0. */
static PetscReal Worst(const Chain *s, Vec x, Vec log_x, const long double expected[])
{
  const PetscScalar *values, *logs = NULL;
  PetscReal worst = 0;

  if (VecGetArrayRead(x, &values)) return INFINITY;
  if (log_x && VecGetArrayRead(log_x, &logs)) return INFINITY;
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    const long double e = expected[s->g->offset + c];
    const PetscReal got = logs ? logs[c] : log(values[c]);
    const PetscReal off = e > 0 ? fabs(got - (PetscReal)logl(e)) : got == -INFINITY ? 0 : INFINITY;
    worst = PetscMax(worst, off);
    if (logs && logs[c] > -600) TestTrue(fabs(log(values[c]) - logs[c]) < 1e-12, "x is exp(log x)");
  }
  if (logs && VecRestoreArrayRead(log_x, &logs)) return INFINITY;
  if (VecRestoreArrayRead(x, &values)) return INFINITY;
  MPI_Allreduce(MPI_IN_PLACE, &worst, 1, MPI_DOUBLE, MPI_MAX, PETSC_COMM_WORLD);
  return worst;
}

/* Three steps from a point mass, by the flow: every cell relative to itself. */
static PetscErrorCode TestFlow(void)
{
  for (int k = 0; k < COUNT; k++) {
    Chain s;
    OttoFlow flow;
    OttoFlowReport report;
    Vec p, log_p, log_q;
    char dt[40];
    PetscReal error = 0, least = 0;
    int size;
    MPI_Comm_size(PETSC_COMM_WORLD, &size);
    if (cases[k].n[0] < size) continue;
    PetscCall(Make(&cases[k], &s));
    long double *expected = calloc((size_t)s.g->cells, sizeof *expected);
    const PetscInt64 at = s.g->cells / 8 - s.g->offset;
    expected[s.g->cells / 8] = 1 / (long double)s.g->cell_volume;
    PetscCall(OttoFieldCreate(s.grid, &p));
    if (at >= 0 && at < s.g->local_cells)
      PetscCall(VecSetValue(p, (PetscInt)(s.g->cells / 8), 1 / s.g->cell_volume, INSERT_VALUES));
    PetscCall(VecAssemblyBegin(p));
    PetscCall(VecAssemblyEnd(p));
    snprintf(dt, sizeof dt, "%.17g", (double)cases[k].dt);
    PetscCall(PetscOptionsSetValue(NULL, "-ts_dt", dt));
    PetscCall(OttoFlowCreateFokkerPlanck(s.Q, s.R, p, NULL, &flow));
    PetscCall(OttoFlowSetFromOptions(flow));
    PetscCall(OttoFlowSetUp(flow));
    for (int i = 1; i <= 3; i++) {
      PetscCall(OttoFlowAdvance(flow, i * cases[k].dt));
      OttoFlowGetLogs(flow, &log_p, &log_q);
      StepReference(&s, 1 / cases[k].dt, expected);
      error = PetscMax(error, Worst(&s, p, log_p, expected));
    }
    PetscCall(OttoFlowGetReport(flow, &report));
    if (log_p) PetscCall(OttoFieldRange(s.grid, log_p, &least, NULL));
    if (getenv("SHOW") && s.g->rank == 0)
      printf("flow %d: error %.1e, least log p %g, %d cycles, doubtful %.1e\n", k, (double)error,
             (double)least, (int)report.cycles, (double)report.doubtful[0]);
    TestTrue(log_q == NULL, "no q");
    TestTrue(log_p && least < -667, "doubles end");
    /* a step mends cells from 1e-4 on, as far as a cell's own residual tells; three of them */
    TestTrue(error <= 1e-2, "every cell relative to itself");
    TestTrue(report.doubtful[0] == 0, "nothing is in doubt");
    TestTrue(report.mass_drift <= 1e-13, "mass");
    PetscCall(OttoFlowDestroy(&flow));
    PetscCall(VecDestroy(&p));
    PetscCall(ChainDestroy(&s));
    free(expected);
  }
  return 0;
}

/* Steady states with a drift between walls of thousands of T. */
static PetscErrorCode TestSteady(void)
{
  static const Case walls[] = {
      {1, {64}, {P}, "x > 0.4 && x < 0.6 ? 900 : 0", "3", 1, 0},
      {1, {64}, {W}, "x > 0.4 && x < 0.6 ? 5000 : 0", "3", 1, 0},
      {2, {22, 21}, {W, W}, "(x-0.5)^2+(y-0.5)^2 < 0.04 ? 3000 : 0", "5,0", 1, 0},
      {2, {26, 24}, {P, W}, "(x-0.5)^2+(y-0.5)^2 < 0.04 ? 3000 : 0", "5,2*x", 1, 0},
  };

  for (int k = 0; k < 4; k++) {
    Chain s;
    OttoSteadyReport report;
    Vec pi, log_pi;
    PetscInt m;
    long double *chain, total = 0;
    PetscCall(Make(&walls[k], &s));
    long double *mass = calloc((size_t)s.g->cells, sizeof *mass);
    PetscCall(OttoFieldCreate(s.grid, &pi));
    PetscCall(OttoFieldCreate(s.grid, &log_pi));
    PetscCall(OttoSteadyState(s.R, pi, log_pi, &report));
    Reference(&s, 0, NULL, &m, &chain);
    Eliminate(m, chain, mass);
    for (PetscInt i = 0; i < m; i++) total += mass[i];
    for (PetscInt i = 0; i < m; i++) mass[i] /= total * (long double)s.g->cell_volume;
    PetscReal error = Worst(&s, pi, log_pi, mass);
    if (getenv("SHOW") && s.g->rank == 0)
      printf("steady %d: error %.1e, change %.1e, %d cycles\n", k, (double)error,
             (double)report.change, (int)report.iterations);
    /* logarithms of 5000 hold 1e-12; a cycle changes no cell by more than that, cycles converge
     * by a factor of 2 or better */
    TestTrue(error <= 1e-10, "every cell relative to itself");
    free(mass);
    free(chain);
    PetscCall(VecDestroy(&pi));
    PetscCall(VecDestroy(&log_pi));
    PetscCall(ChainDestroy(&s));
  }
  return 0;
}

/* ---- pieces ---- */

/* Closed cells: a plane, a line up to it, and every other cell of the last plane. */
static PetscBool Wall(const PetscInt64 at[])
{
  return at[0] == 9 || (at[1] == 4 && at[0] < 9) || (at[0] > 14 && (at[0] + at[1]) % 2);
}
#define WALL                                                                                       \
  "(((x > 0.5625) && (x < 0.625)) || ((y*12 > 4) && (y*12 < 5) && (x < 0.5625)) || "               \
  "((x > 0.9375) && (sin(12*_pi*y) > 0))) ? inf : "

/* Σ p of a half of the box. */
static PetscErrorCode Half(const Chain *s, Vec p, PetscBool upper, PetscReal *mass)
{
  const PetscScalar *a;
  PetscReal sum = 0;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(p, &a));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    PetscInt64 idx[OTTO_MAX_DIM];
    OttoGridCellIndex(s->g, c, idx);
    if ((idx[0] > 9) == upper) sum += a[c] * s->g->cell_volume;
  }
  PetscCall(VecRestoreArrayRead(p, &a));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPIU_REAL, MPI_SUM, PETSC_COMM_WORLD));
  *mass = sum;
  PetscFunctionReturn(0);
}

/* The share of a piece stays its own, however small, step by step; as by elimination. With a drift
 * along, over and over. `small`: of the piece beyond the wall, relative; it may underflow. */
static PetscErrorCode CheckPieces(const char *V, const char *f, PetscReal log_small, PetscReal dt)
{
  Chain s;
  OttoSolveReport report;
  Vec p, r, log_r, log_p = NULL;
  PetscScalar *a, *l;
  PetscReal before = 0, after = 0, error = 0;
  char text[200];

  snprintf(text, sizeof text, WALL "%s", V);

  PetscCall(ChainCreate(
      2, (PetscInt64[]){16, 12}, (PetscReal[]){0, 0}, (PetscReal[]){1, 1}, (OttoBoundary[]){W, P},
      OPTIONS("-potential_type", "formula", "-potential_formula", text, "-drift_type",
              f ? "formula" : "none", "-drift_formula", f ? f : "0,0"),
      &s));
  TestTrue(OttoGeneratorGetComponents(s.Q) == 2, "two pieces");
  long double *expected = calloc((size_t)s.g->cells, sizeof *expected);
  PetscCall(OttoFieldCreate(s.grid, &p));
  PetscCall(OttoFieldCreate(s.grid, &r));
  PetscCall(OttoFieldCreate(s.grid, &log_r));
  PetscCall(OttoFieldCreate(s.grid, &log_p));
  PetscCall(VecGetArray(p, &a));
  PetscCall(VecGetArray(log_p, &l));
  for (PetscInt64 c = 0; c < s.g->local_cells; c++) {
    PetscInt64 idx[OTTO_MAX_DIM];
    OttoGridCellIndex(s.g, c, idx);
    const PetscInt64 number = s.g->offset + c;
    l[c] = Wall(idx) ? -INFINITY : sin((double)(number * number)) + (idx[0] > 9 ? log_small : 0);
    a[c] = exp(l[c]);
    if (l[c] > -INFINITY) expected[number] = expl((long double)l[c]);
  }
  PetscCall(VecRestoreArray(log_p, &l));
  PetscCall(VecRestoreArray(p, &a));
  MPI_Allreduce(MPI_IN_PLACE, expected, (int)s.g->cells, MPI_LONG_DOUBLE, MPI_SUM,
                PETSC_COMM_WORLD);
  PetscCall(Half(&s, p, PETSC_TRUE, &before));
  PetscCall(OttoResolventSetShift(s.R, 1 / dt));
  if (log_small > -600) PetscCall(VecDestroy(&log_p));
  for (int i = 0; i < 5; i++) {
    if (log_p) PetscCall(VecCopy(log_p, log_r));
    if (log_p) PetscCall(VecShift(log_r, -log(dt)));
    PetscCall(VecCopy(p, r));
    PetscCall(VecScale(r, 1 / dt));
    PetscCall(OttoResolventSolveDensityLogs(s.R, r, log_p ? log_r : NULL, p, &log_p, &report));
    StepReference(&s, 1 / dt, expected);
    TestTrue(report.converged, "converged");
    if (!report.converged) fprintf(stderr, "  %s\n", report.reason);
  }
  error = Worst(&s, p, log_p, expected);
  PetscCall(Half(&s, p, PETSC_TRUE, &after));
  if (getenv("SHOW") && s.g->rank == 0)
    printf("pieces %s, %s, %g, dt %g: error %.1e, mass kept to %.1e, %s, %d its\n", V, f ? f : "-",
           (double)log_small, (double)dt, (double)error, (double)fabs(after / before - 1),
           OttoResolventGetForm(s.R), (int)report.iterations);
  TestTrue((log_p != NULL) == (log_small < -600), "logarithms where they are needed");
  TestClose(after, before, 2e-15, "mass beyond the wall"); /* five roundings */
  TestTrue(error <= 1e-3, "every cell relative to itself");
  free(expected);
  PetscCall(VecDestroy(&p));
  PetscCall(VecDestroy(&r));
  PetscCall(VecDestroy(&log_r));
  PetscCall(VecDestroy(&log_p));
  PetscCall(ChainDestroy(&s));
  return 0;
}

static PetscErrorCode TestPieces(void)
{
  for (int k = 0; k < 3; k++) {
    const PetscReal dt = k == 0 ? 1e-5 : k == 1 ? 1e-2 : 10;
    PetscCall(CheckPieces("x+y", NULL, -20, dt));
    PetscCall(CheckPieces("3*x*y", "4,3", -40, dt));
    PetscCall(CheckPieces("3*x*y", "4,3", -1500, dt));
    PetscCall(CheckPieces("900*(x-0.5)^2", NULL, -1500, dt));
  }
  return 0;
}

/* Numbers of any exponent: as doubles where those reach, by logarithms beyond. */
static PetscErrorCode TestWide(void)
{
  const double logs[] = {0, -3.5, 177.4, -177.5, 354.9, 700, -700, 1e4, -12345.6, 3e6};

  for (int i = 0; i < 10; i++)
    for (int j = 0; j < 10; j++) {
      const OttoWide a = OttoWideExp(logs[i]), b = OttoWideExp(logs[j]);
      const double most = fmax(logs[i], logs[j]), least = fmin(logs[i], logs[j]);
      const double room = 4e-16 * (2 + fabs(logs[i]) + fabs(logs[j])); /* of the logarithms */
      TestTrue(fabs(OttoWideLog(OttoWideTimes(a, b)) - (logs[i] + logs[j])) <= room, "product");
      TestTrue(fabs(OttoWideLog(OttoWideOver(a, b)) - (logs[i] - logs[j])) <= room, "quotient");
      TestTrue(fabs(OttoWideLog(OttoWideAdd(a, b)) - most - log1p(exp(least - most))) <= room,
               "sum");
    }
  const OttoWide none = OttoWideExp(-INFINITY), one = OttoWideExp(0);
  TestTrue(OttoWideLog(none) == -INFINITY && none.m == 0, "0");
  TestTrue(OttoWideLog(OttoWideAdd(none, one)) == 0, "0 + 1");
  TestTrue(OttoWideTimes(none, one).m == 0 && OttoWideOver(none, one).m == 0, "0 stays 0");
  return 0;
}

int main(void)
{
  return TestMain({TestWide, TestFlow, TestSteady, TestPieces});
}
