#include <otto/steady.h>
#include <math.h>

#define RESIDUAL 1e-12 /* of ‖Q‖₁: what a steady state must reach */
#define CHANGE 1e-11   /* of the mass, from one iterate to the next: the state itself has settled */
#define ITERATIONS 60
/* Least σ/‖Q‖₁. Wells that exchange mass at a rate λ come into balance only by steps longer than
 * 1/λ, while the residual, λ times the error, is small long before: at a barrier of 20 T it was
 * 1e-12 where 1 % of the mass lay in the wrong well. So σ shrinks until π itself has settled. */
#define SLOWEST 1e-14

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

static PetscErrorCode TakeLogs(OttoGrid grid, Vec pi, Vec log_pi)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscScalar *values;
  PetscScalar *logs;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(pi, &values));
  PetscCall(VecGetArray(log_pi, &logs));
  for (PetscInt64 c = 0; c < g->local_cells; c++)
    logs[c] = log(PetscMax(values[c], PETSC_MIN_REAL));
  PetscCall(VecRestoreArray(log_pi, &logs));
  PetscCall(VecRestoreArrayRead(pi, &values));
  PetscFunctionReturn(0);
}

/* Steps of implicit Euler, each 10 times longer than the last while solves converge: inverse
 * iteration whose every iterate is a density. */
static PetscErrorCode Iterate(OttoResolvent resolvent, OttoGenerator generator, Vec pi, Vec f,
                              Vec before, OttoSteadyReport *report)
{
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(generator));
  PetscReal norm = 0, last = INFINITY, mass = 0;
  OttoSolveReport solve;

  PetscFunctionBegin;
  PetscCall(OttoGeneratorNorm(generator, &norm));
  PetscReal sigma = 1e-3 * norm, least = SLOWEST * norm;
  for (report->iterations = 0; report->iterations < ITERATIONS; report->iterations++) {
    PetscCall(VecCopy(pi, before));
    PetscCall(VecCopy(pi, f));
    PetscCall(VecScale(f, sigma));
    PetscCall(OttoResolventSetShift(resolvent, sigma));
    PetscCall(OttoResolventSolveDensity(resolvent, f, pi, &solve));
    report->linear += solve.iterations;
    if (!solve.converged) { /* too long a step: back to the last, and no longer ones */
      if (report->iterations == 0) OttoFail(OTTO_ERR_SOLVER, "steady state: %s", solve.reason);
      PetscCall(VecCopy(before, pi));
      sigma *= 10;
      least = sigma;
      last = INFINITY;
      continue;
    }
    PetscCall(OttoFieldIntegral(OttoGeneratorGetGrid(generator), pi, &mass));
    PetscCall(VecScale(pi, 1 / mass));
    PetscCall(Residual(generator, norm, pi, f, &report->residual));
    PetscCall(VecAXPY(before, -1, pi));
    PetscCall(VecNorm(before, NORM_1, &report->change));
    report->change *= g->cell_volume;
    PetscBool settled = report->change <= CHANGE ? PETSC_TRUE : PETSC_FALSE;
    PetscBool stuck = sigma <= least && report->change > 0.5 * last ? PETSC_TRUE : PETSC_FALSE;
    if (report->residual <= RESIDUAL && (settled || stuck)) break;
    last = report->change;
    sigma = PetscMax(sigma / 10, least);
  }
  report->iterations = PetscMin(report->iterations + 1, ITERATIONS);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSteadyState(OttoResolvent resolvent, Vec pi, Vec log_pi,
                               OttoSteadyReport *report)
{
  OttoGenerator generator = OttoResolventGetGenerator(resolvent);
  PetscReal norm = 0;
  Vec f, before;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(report, sizeof *report));
  if (OttoGeneratorIsAbsorbing(generator))
    OttoFail(PETSC_ERR_SUP, "a generator with absorbing axes has no steady state");
  PetscCall(OttoGeneratorGibbs(generator, pi, log_pi));
  PetscCall(VecDuplicate(pi, &f));
  if (OttoGeneratorIsConservative(generator)) {
    report->closed_form = PETSC_TRUE;
    PetscCall(OttoGeneratorNorm(generator, &norm));
    PetscCall(Residual(generator, norm, pi, f, &report->residual));
    PetscCall(VecDestroy(&f));
    PetscFunctionReturn(0);
  }
  PetscCall(VecDuplicate(pi, &before));
  PetscErrorCode code = Iterate(resolvent, generator, pi, f, before, report);
  PetscCall(VecDestroy(&f));
  PetscCall(VecDestroy(&before));
  PetscCall(code);
  PetscCall(TakeLogs(OttoGeneratorGetGrid(generator), pi, log_pi));
  PetscFunctionReturn(0);
}
