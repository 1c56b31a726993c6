/* ranks: 1 2 3; long: 3
 * What is said of a steady state's error, against elimination: never below the error itself, for
 * states that are right, half made, or have mass in the wrong well; small for those that are right.
 */
#include "test.h"
#include "chain.h"
#include "dense.h"
#include "chain/aggregation.h"
#include "chain/steady_error.h"
#include "chain/steady_settle.h"

#define FEW 20 /* boxes: some hold barriers, as those of big grids with many wells do */

static unsigned state = 1;

static double Random(void) /* in [0, 1); the same on every rank and machine */
{
  state = state * 1664525u + 1013904223u;
  return (state >> 8) / 16777216.;
}

/* ‖exp(log_pi)/Z - expected‖₁; fills pi. */
static PetscErrorCode Distance(Chain *s, const PetscReal log_pi[], const PetscReal expected[],
                               Vec pi, PetscReal *distance)
{
  PetscReal top = -INFINITY, mass = 0, sum = 0;
  PetscScalar *values;

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) top = PetscMax(top, log_pi[c]);
  MPI_Allreduce(MPI_IN_PLACE, &top, 1, MPI_DOUBLE, MPI_MAX, PETSC_COMM_WORLD);
  PetscCall(VecGetArray(pi, &values));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) values[c] = exp(log_pi[c] - top);
  PetscCall(VecRestoreArray(pi, &values));
  PetscCall(OttoFieldIntegral(s->grid, pi, &mass));
  PetscCall(VecScale(pi, 1 / mass));
  PetscCall(VecGetArray(pi, &values));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++)
    sum += fabs(values[c] * s->g->cell_volume - expected[s->g->offset + c]);
  PetscCall(VecRestoreArray(pi, &values));
  MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_DOUBLE, MPI_SUM, PETSC_COMM_WORLD);
  *distance = sum;
  PetscFunctionReturn(0);
}

/* Wells of 10 to 50 T in any number, and a drift from 1e-14 to some T a cell. */
static PetscErrorCode Make(PetscInt dim, Chain *s)
{
  static const PetscInt64 sizes[3][3] = {{301, 0, 0}, {21, 18, 0}, {9, 8, 7}};
  static const char axes[] = "xyz";
  char V[400] = "0", f[300] = "", T[32];
  OttoBoundary boundary[3];
  size_t at = 1, of = 0;

  PetscFunctionBegin;
  const double depth = 10 + 40 * Random(), drift = pow(10, -14 + 15 * Random());
  for (PetscInt j = 0; j < dim; j++) {
    boundary[j] = Random() < 0.5 ? P : W;
    at += (size_t)snprintf(V + at, sizeof V - at, "+%.3f*cos(2*_pi*%d*%c)+%.3f*sin(2*_pi*%c)", 0.5,
                           1 + (int)((dim == 1 ? 8 : 3) * Random()), axes[j], 0.2 * Random(),
                           axes[j]);
    of += (size_t)snprintf(f + of, sizeof f - of, "%s%.3g*(1+sin(2*_pi*%c))", j ? "," : "", drift,
                           axes[(j + 1) % dim]);
  }
  snprintf(T, sizeof T, "%.5g", 1 / depth);
  PetscCall(ChainCreate(dim, sizes[dim - 1], (PetscReal[]){0, 0, 0}, (PetscReal[]){1, 1, 1},
                        boundary,
                        OPTIONS("-potential_type", "formula", "-potential_formula", V,
                                "-drift_type", "formula", "-drift_formula", f, "-temperature", T),
                        s));
  PetscFunctionReturn(0);
}

typedef enum { SETTLED, BY_GRID, HALF_MADE, MOVED, LITTLE, COUNT } Kind;

/* log_pi of a kind, from the settled one where it is spoilt. */
static PetscErrorCode Spoil(Chain *s, Kind kind, PetscReal log_pi[])
{
  OttoSteadyReport report = {0};
  OttoAggregation aggregation;
  PetscReal change = 0;

  PetscFunctionBegin;
  if (kind != BY_GRID && kind != HALF_MADE) PetscCall(OttoSteadySettle(s->Q, FEW, log_pi, &report));
  if (kind == BY_GRID || kind == HALF_MADE) {
    PetscCall(OttoAggregationCreate(s->Q, FEW, &aggregation));
    for (int k = 0; k < (kind == BY_GRID ? 200 : 3); k++)
      PetscCall(OttoAggregationCycle(aggregation, 20, log_pi, &change));
    PetscCall(OttoAggregationDestroy(&aggregation));
  }
  for (PetscInt64 c = 0; c < s->g->local_cells && kind >= MOVED; c++) {
    PetscReal x[OTTO_MAX_DIM];
    OttoGridCellCentre(s->g, c, x);
    if (x[0] < 0.5) log_pi[c] += kind == MOVED ? 0.4 : 1e-6;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode TestRandom(void)
{
  int wrong[COUNT] = {0}, made = 0;
  PetscMPIInt size;

  MPI_Comm_size(PETSC_COMM_WORLD, &size);
  /* several ranks have every fourth chain, of each dimension twice */
  for (int k = 0; k<24; k += size> 1 ? 4 : 1) {
    Chain s;
    Vec pi, log_pi;
    PetscReal *Q = NULL, *expected;
    PetscCall(Make(1 + k % 3, &s));
    PetscCall(DenseRates(s.Q, (PetscInt)s.g->cells, &Q));
    PetscCall(PetscMalloc1(s.g->cells, &expected));
    DenseSteady((PetscInt)s.g->cells, Q, expected);
    PetscCall(OttoFieldCreate(s.grid, &pi));
    PetscCall(OttoFieldCreate(s.grid, &log_pi));
    for (Kind kind = 0; kind < COUNT; kind++) {
      PetscReal truth = NAN, error = NAN;
      PetscScalar *logs;
      PetscCall(OttoGeneratorGibbs(s.Q, pi, log_pi));
      PetscCall(VecGetArray(log_pi, &logs));
      PetscCall(Spoil(&s, kind, logs));
      PetscCall(Distance(&s, logs, expected, pi, &truth));
      PetscCall(OttoSteadyError(s.Q, FEW, pi, logs, &error));
      PetscCall(VecRestoreArray(log_pi, &logs));
      wrong[kind] += truth > 1e-8;
      TestTrue(truth <= error, "the error is never above what is said");
      if (kind == SETTLED) TestTrue(error <= 1e-8, "a settled state is said to be right");
      if (truth > 1e-6) TestTrue(error <= 100 * truth, "nor far below"); /* 10 to 20 by design */
      if (!(truth <= error) || (kind == SETTLED && !(error <= 1e-8)))
        fprintf(stderr, "  chain %d, kind %d: error %g, said %g\n", k, kind, truth, error);
    }
    PetscCall(VecDestroy(&pi));
    PetscCall(VecDestroy(&log_pi));
    PetscCall(PetscFree(Q));
    PetscCall(PetscFree(expected));
    PetscCall(ChainDestroy(&s));
    made++;
  }
  TestTrue(wrong[SETTLED] == 0, "settled states are right");
  if (size == 1)
    TestTrue(wrong[BY_GRID] > 2, "boxes of the grid alone leave mass in the wrong wells");
  TestTrue(12 * wrong[HALF_MADE] > 5 * made && 6 * wrong[MOVED] > 5 * made,
           "spoilt states are wrong");
  return 0;
}

/* exp(-V/T) by detailed balance: right to rounding, however high the walls and wherever V is
 * counted from; not where half the box weighs too much, which is L1 |tanh| of half the shift, or
 * where T is another. */
static PetscErrorCode TestDetailedBalance(void)
{
  static const char *const V[] = {"20*cos(4*_pi*x)+y", "1e6+x^2", "900*cos(2*_pi*x)*cos(2*_pi*y)",
                                  "0"};

  for (int k = 0; k < 8; k++) {
    Chain s;
    Vec pi, log_pi;
    PetscScalar *logs;
    PetscReal clean = NAN, moved = NAN, scaled = NAN, rise[2] = {0, 0};
    PetscCall(ChainCreate(
        2, (PetscInt64[]){16, k % 3 ? 9 : 1}, (PetscReal[]){0, 0}, (PetscReal[]){1, 1},
        k < 4 ? (OttoBoundary[]){W, W} : (OttoBoundary[]){P, P},
        OPTIONS("-potential_type", "formula", "-potential_formula", k == 5 ? "1e6" : V[k % 4]),
        &s));
    PetscCall(OttoFieldCreate(s.grid, &pi));
    PetscCall(OttoFieldCreate(s.grid, &log_pi));
    PetscCall(OttoGeneratorGibbs(s.Q, pi, log_pi));
    PetscCall(OttoFieldRange(s.grid, log_pi, &rise[0], &rise[1]));
    PetscCall(VecGetArray(log_pi, &logs));
    PetscCall(OttoSteadyImbalance(s.Q, logs, &clean));
    for (PetscInt64 c = 0; c < s.g->local_cells; c++) logs[c] *= 1.001;
    PetscCall(OttoSteadyImbalance(s.Q, logs, &scaled));
    for (PetscInt64 c = 0; c < s.g->local_cells; c++) {
      PetscReal x[OTTO_MAX_DIM];
      OttoGridCellCentre(s.g, c, x);
      logs[c] = logs[c] / 1.001 + (x[0] < 0.5 ? 1e-6 : 0);
    }
    PetscCall(OttoSteadyImbalance(s.Q, logs, &moved));
    PetscCall(VecRestoreArray(log_pi, &logs));
    /* 2 to 4 roundings of V/T and log π: 1e-10 each at V = 1e6, 1e-13 at 900 */
    TestTrue(clean <= (k % 4 == 1 ? 4e-9 : 4e-12), "exp(-V/T) is said to be right");
    TestTrue(moved >= 5e-7 && moved <= 1e-4, "mass of half the box is not"); /* 27 cells a way */
    if (rise[1] - rise[0] > 1) TestTrue(scaled > 1e-4, "nor is another temperature");
    PetscCall(VecDestroy(&pi));
    PetscCall(VecDestroy(&log_pi));
    PetscCall(ChainDestroy(&s));
  }
  return 0;
}

int main(void)
{
  return TestMain({TestRandom, TestDetailedBalance});
}
