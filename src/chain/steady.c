#include <otto/signals.h>
#include <otto/steady.h>
#include "aggregation.h"
#include "steady_error.h"
#include "steady_settle.h"
#include "core/fault.h"
#include <math.h>

#define BOXES                                                                                      \
  500 /* of aggregation: elimination takes a few ms; grids up to this are solved by it */
#define SWEEPS 20 /* a cycle: of the order of a box's side, squared, in cells */
#define CYCLES 3000
#define PATIENCE                                                                                   \
  25 /* cycles without a better one before rounding is taken to be all that is left */
#define CHANGE 1e-13 /* largest relative change of a cell in a cycle at which π has settled */
#define MOVED 1e-10  /* what a first cycle by wells changes if there was nothing to mend */
#define ROUNDS 6     /* of finding the wells and settling by them */

/* On bigger grids a start by inverse iteration, for what is smooth inside boxes. */
#define RESIDUAL 1e-12 /* of ‖Q‖₁ */
#define SETTLED 1e-10  /* L1 change from one iterate to the next */
#define ITERATIONS 30
#define SLOWEST 1e-12 /* least σ/‖Q‖₁ */
#define RESOLVED 1e-8 /* share of its maximum down to which such an iterate is used */

/* ‖Qᵀπ‖₁/‖Q‖₁ of a density. */
static PetscErrorCode Residual(OttoGenerator generator, PetscReal norm, Vec pi, Vec work,
                               PetscReal *residual)
{
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(generator));
  PetscReal sum = 0;

  PetscFunctionBegin;
  PetscCall(OttoGeneratorApply(generator, pi, work));
  PetscCall(VecNorm(work, NORM_1, &sum));
  *residual = norm > 0 ? sum * g->cell_volume / norm : 0;
  PetscFunctionReturn(0);
}

/* Steps of implicit Euler, each 10 times longer than the last while solves converge: inverse
 * iteration whose every iterate is a density, good to the solver's L1 residual. */
static PetscErrorCode Approach(OttoResolvent resolvent, OttoGenerator generator, Vec pi, Vec f,
                               Vec before, OttoSteadyReport *report)
{
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(generator));
  PetscReal norm = 0, mass = 0, residual = 0, change = 0;
  OttoSolveReport solve;

  PetscFunctionBegin;
  PetscCall(OttoGeneratorNorm(generator, &norm));
  PetscReal sigma = 1e-3 * norm;
  for (PetscInt i = 0; i < ITERATIONS && sigma >= SLOWEST * norm; i++, sigma /= 10) {
    PetscCall(VecCopy(pi, before));
    PetscCall(VecCopy(pi, f));
    PetscCall(VecScale(f, sigma));
    PetscCall(OttoResolventSetShift(resolvent, sigma));
    PetscCall(OttoResolventSolveDensity(resolvent, f, pi, &solve));
    report->linear += solve.iterations;
    if (!solve.converged) { /* too long a step: the last will do */
      PetscCall(VecCopy(before, pi));
      break;
    }
    PetscCall(OttoFieldIntegral(OttoGeneratorGetGrid(generator), pi, &mass));
    PetscCall(VecScale(pi, 1 / mass));
    PetscCall(Residual(generator, norm, pi, f, &residual));
    PetscCall(VecAXPY(before, -1, pi));
    PetscCall(VecNorm(before, NORM_1, &change));
    if (residual <= RESIDUAL && change * g->cell_volume <= SETTLED) break;
  }
  PetscFunctionReturn(0);
}

/* log π of an iterate where it is resolved; elsewhere log_pi, the Gibbs state's, made to fit. */
static PetscErrorCode Resolved(OttoGrid grid, Vec pi, PetscReal log_pi[])
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscScalar *values;
  PetscReal most = 0, sums[2] = {0, 0};

  PetscFunctionBegin;
  PetscCall(OttoFieldRange(grid, pi, NULL, &most));
  PetscCall(VecGetArrayRead(pi, &values));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    if (!(values[c] > RESOLVED * most)) continue;
    sums[0] += values[c] * (log(values[c]) - log_pi[c]);
    sums[1] += values[c];
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sums, 2, MPIU_REAL, MPIU_SUM, g->comm));
  for (PetscInt64 c = 0; c < g->local_cells; c++)
    log_pi[c] = values[c] > RESOLVED * most ? log(values[c]) : log_pi[c] + sums[0] / sums[1];
  PetscCall(VecRestoreArrayRead(pi, &values));
  PetscFunctionReturn(0);
}

/* pi = exp(log_pi), both normalised to mass 1. */
static PetscErrorCode Normalise(OttoGrid grid, PetscReal log_pi[], Vec pi)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal top = -INFINITY, mass = 0;
  PetscScalar *values;

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < g->local_cells; c++) top = PetscMax(top, log_pi[c]);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &top, 1, MPIU_REAL, MPIU_MAX, g->comm));
  for (int pass = 0; pass < 2; pass++) {
    const PetscReal shift = pass ? log(mass) : top;
    PetscCall(VecGetArray(pi, &values));
    for (PetscInt64 c = 0; c < g->local_cells; c++) values[c] = exp(log_pi[c] -= shift);
    PetscCall(VecRestoreArray(pi, &values));
    PetscCall(OttoFieldIntegral(grid, pi, &mass));
  }
  PetscCall(VecScale(pi, 1 / mass)); /* by an ulp */
  PetscFunctionReturn(0);
}

/* Cycles of aggregation until no cell changes. *first: what the first changes. */
static PetscErrorCode Cycles(OttoAggregation aggregation, PetscInt64 cells, PetscReal log_pi[],
                             PetscReal *first, OttoSteadyReport *report)
{
  const PetscInt from = report->iterations;
  PetscReal best = INFINITY;
  PetscInt since = 0;

  PetscFunctionBegin;
  report->change = INFINITY;
  while (report->iterations < CYCLES && !(report->change <= CHANGE) && since < PATIENCE) {
    PetscCall(OttoAggregationCycle(aggregation, SWEEPS, log_pi, &report->change));
    OttoFaultLogs("pi", cells, log_pi);
    if (report->iterations++ == from) *first = report->change;
    since = report->change < 0.9 * best ? 0 : since + 1;
    best = PetscMin(best, report->change);
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSteadySettle(OttoGenerator generator, PetscInt boxes, PetscReal log_pi[],
                                OttoSteadyReport *report)
{
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(generator));
  PetscReal first = INFINITY, slowest = 0;
  OttoAggregation aggregation;

  PetscFunctionBegin;
  PetscCall(OttoAggregationCreate(generator, boxes, &aggregation));
  PetscCall(Cycles(aggregation, g->local_cells, log_pi, &first, report));
  for (PetscInt round = 0; round < ROUNDS && g->cells > boxes && report->iterations < CYCLES;
       round++) {
    PetscCall(OttoStopCheck(g->comm));
    PetscCall(OttoAggregationFollowWells(aggregation, log_pi, &slowest));
    PetscCall(Cycles(aggregation, g->local_cells, log_pi, &first, report));
    if (first <= MOVED) break;
  }
  PetscCall(OttoAggregationDestroy(&aggregation));
  PetscFunctionReturn(0);
}

static PetscErrorCode Driven(OttoResolvent resolvent, OttoGenerator generator, Vec pi, Vec log_pi,
                             Vec f, OttoSteadyReport *report)
{
  OttoGrid grid = OttoGeneratorGetGrid(generator);
  PetscErrorCode code;
  PetscScalar *logs;
  Vec before;

  PetscFunctionBegin;
  if (OttoGridGetInfo(grid)->cells > BOXES) {
    PetscCall(VecDuplicate(pi, &before));
    code = Approach(resolvent, generator, pi, f, before, report);
    PetscCall(VecDestroy(&before));
    PetscCall(code);
  }
  PetscCall(VecGetArray(log_pi, &logs));
  if (OttoGridGetInfo(grid)->cells > BOXES) PetscCall(Resolved(grid, pi, logs));
  PetscCall(OttoSteadySettle(generator, BOXES, logs, report));
  PetscCall(Normalise(grid, logs, pi));
  if (isfinite(report->change))
    PetscCall(OttoSteadyError(generator, BOXES, pi, logs, &report->error));
  PetscCall(VecRestoreArray(log_pi, &logs));
  if (!isfinite(report->change))
    OttoFail(OTTO_ERR_SOLVER, "steady state: the stationary density leaves the range of a double");
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSteadyState(OttoResolvent resolvent, Vec pi, Vec log_pi,
                               OttoSteadyReport *report)
{
  OttoGenerator generator = OttoResolventGetGenerator(resolvent);
  PetscReal norm = 0;
  Vec f;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(report, sizeof *report));
  if (OttoGeneratorIsAbsorbing(generator))
    OttoFail(PETSC_ERR_SUP, "a generator with absorbing axes has no steady state");
  PetscCall(OttoGeneratorGibbs(generator, pi, log_pi));
  PetscCall(VecDuplicate(pi, &f));
  report->closed_form = OttoGeneratorKeepsGibbs(generator);
  if (!report->closed_form) {
    PetscCall(Driven(resolvent, generator, pi, log_pi, f, report));
  } else {
    const PetscScalar *logs;
    PetscCall(VecGetArrayRead(log_pi, &logs));
    if (OttoGeneratorIsConservative(generator))
      PetscCall(OttoSteadyImbalance(generator, logs, &report->error));
    else
      PetscCall(OttoSteadyGain(generator, logs, &report->error));
    PetscCall(VecRestoreArrayRead(log_pi, &logs));
  }
  PetscCall(OttoGeneratorNorm(generator, &norm));
  PetscCall(Residual(generator, norm, pi, f, &report->residual));
  PetscCall(VecDestroy(&f));
  PetscFunctionReturn(0);
}
