/*
 * (iω - Qᵀ)(u + iv) = f as [M, -ω; ω, M] [u; v] = [f; 0], M = -Qᵀ (MATHEMATICS 10.2). The
 * preconditioner [M, -ω; ω, M + 2ω] is inverted by two solves with M + ω: with h = u + v its rows
 * add up to (M + ω) h = p + q, and the first is (M + ω) u = p + ω h. At ω = 0 the two parts fall
 * apart, and the resolvent at a rate of the source's own stands in.
 */
#include "correlation_impl.h"
#include <math.h>

#define TIGHT 1e-13 /* what the system is solved to, relative */
#define LOOSE 1e-8  /* what is accepted */
#define SLOW 1e-2   /* of the rate at which the source changes: a shift for ω = 0 */
#define INNER 1e-6  /* of the solves in the preconditioner */

PetscErrorCode OttoCorrelationSolve(OttoCorrelation c, Vec f, Vec x)
{
  OttoSolveReport report;

  PetscFunctionBegin;
  PetscCall(VecSet(x, 0));
  PetscCall(OttoResolventSolve(c->resolvent, f, x, &report));
  if (!report.converged)
    OttoFail(OTTO_ERR_SOLVER, "a solve for a correlation did not converge: %s", report.reason);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoCorrelationProduct(OttoCorrelation c, Vec a, Vec b, PetscReal *product)
{
  const OttoGridInfo *g = OttoGridGetInfo(c->grid);
  const PetscScalar *of_a, *of_b;
  OttoSum sum = {0, 0};

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(a, &of_a));
  PetscCall(VecGetArrayRead(b, &of_b));
  for (PetscInt64 i = 0; i < g->local_cells; i++) OttoSumAdd(&sum, of_a[i] * of_b[i]);
  PetscCall(VecRestoreArrayRead(b, &of_b));
  PetscCall(VecRestoreArrayRead(a, &of_a));
  PetscCall(OttoSumReduce(g->comm, 1, &sum));
  *product = OttoSumValue(sum) * g->cell_volume;
  PetscFunctionReturn(0);
}

/* The two halves of a long vector as fields, and back. */
static PetscErrorCode Open(OttoCorrelation c, Vec both, PetscScalar **values)
{
  const PetscInt64 n = OttoGridGetInfo(c->grid)->local_cells;

  PetscFunctionBegin;
  PetscCall(VecGetArray(both, values));
  for (int k = 0; k < 2; k++) PetscCall(VecPlaceArray(c->half[k], *values + k * n));
  PetscFunctionReturn(0);
}

static PetscErrorCode Close(OttoCorrelation c, Vec both, PetscScalar **values)
{
  PetscFunctionBegin;
  for (int k = 0; k < 2; k++) PetscCall(VecResetArray(c->half[k]));
  PetscCall(VecRestoreArray(both, values));
  PetscFunctionReturn(0);
}

static PetscErrorCode Apply(Mat system, Vec x, Vec y)
{
  OttoCorrelation c;
  PetscScalar *values;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(system, &c));
  PetscCall(Open(c, x, &values));
  for (int k = 0; k < 2; k++) {
    PetscCall(OttoGeneratorApply(c->generator, c->half[k], c->work[k]));
    PetscCall(VecScale(c->work[k], -1));
    PetscCall(VecAXPY(c->work[k], k ? c->omega : -c->omega, c->half[1 - k]));
  }
  PetscCall(Close(c, x, &values));
  PetscCall(Open(c, y, &values));
  for (int k = 0; k < 2; k++) PetscCall(VecCopy(c->work[k], c->half[k]));
  PetscCall(Close(c, y, &values));
  PetscFunctionReturn(0);
}

static PetscErrorCode Precondition(PC pc, Vec x, Vec y)
{
  OttoCorrelation c;
  PetscScalar *values;
  Vec p, q;

  PetscFunctionBegin;
  PetscCall(PCShellGetContext(pc, &c));
  PetscCall(VecDuplicate(c->work[0], &p));
  PetscCall(VecDuplicate(c->work[0], &q));
  PetscCall(Open(c, x, &values));
  PetscCall(VecCopy(c->half[0], p));
  PetscCall(VecWAXPY(q, c->omega > 0 ? 1 : 0, c->half[0], c->half[1]));
  PetscCall(Close(c, x, &values));
  PetscCall(OttoCorrelationSolve(c, q, c->work[1])); /* h; at ω = 0 v */
  if (c->omega > 0) PetscCall(VecAXPY(p, c->omega, c->work[1]));
  PetscCall(OttoCorrelationSolve(c, p, c->work[0]));
  if (c->omega > 0) PetscCall(VecAXPY(c->work[1], -1, c->work[0]));
  PetscCall(Open(c, y, &values));
  for (int k = 0; k < 2; k++) PetscCall(VecCopy(c->work[k], c->half[k]));
  PetscCall(Close(c, y, &values));
  PetscCall(VecDestroy(&p));
  PetscCall(VecDestroy(&q));
  PetscFunctionReturn(0);
}

static PetscErrorCode MakeSolver(OttoCorrelation c)
{
  const OttoGridInfo *g = OttoGridGetInfo(c->grid);
  const PetscInt local = (PetscInt)(2 * g->local_cells), all = (PetscInt)(2 * g->cells);
  PC pc;

  PetscFunctionBegin;
  PetscCall(VecCreateMPI(g->comm, local, all, &c->source));
  PetscCall(VecDuplicate(c->source, &c->solution));
  PetscCall(MatCreateShell(g->comm, local, local, all, all, c, &c->system));
  PetscCall(MatShellSetOperation(c->system, MATOP_MULT, (void (*)(void))Apply));
  PetscCall(KSPCreate(g->comm, &c->ksp));
  PetscCall(KSPSetType(c->ksp, KSPFGMRES));
  PetscCall(KSPGMRESSetRestart(c->ksp, 60));
  PetscCall(KSPSetTolerances(c->ksp, TIGHT, 0, PETSC_DEFAULT, 120));
  PetscCall(KSPSetOperators(c->ksp, c->system, c->system));
  PetscCall(KSPGetPC(c->ksp, &pc));
  PetscCall(PCSetType(pc, PCSHELL));
  PetscCall(PCShellSetContext(pc, c));
  PetscCall(PCShellSetApply(pc, Precondition));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoCorrelationCreate(OttoGenerator generator, Vec pi, OttoCorrelation *correlation)
{
  OttoCorrelation c;

  PetscFunctionBegin;
  OttoNeedGenerator(generator);
  PetscCall(PetscNew(&c));
  *correlation = c;
  c->generator = generator;
  c->grid = OttoGeneratorGetGrid(generator);
  c->pi = pi;
  PetscCall(OttoResolventCreate(generator, &c->resolvent));
  for (int k = 0; k < 2; k++) {
    PetscCall(OttoFieldCreate(c->grid, &c->half[k]));
    PetscCall(OttoFieldCreate(c->grid, &c->work[k]));
  }
  PetscCall(MakeSolver(c));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoCorrelationDestroy(OttoCorrelation *correlation)
{
  OttoCorrelation c = *correlation;

  PetscFunctionBegin;
  if (!c) PetscFunctionReturn(0);
  PetscCall(KSPDestroy(&c->ksp));
  PetscCall(MatDestroy(&c->system));
  PetscCall(VecDestroy(&c->source));
  PetscCall(VecDestroy(&c->solution));
  for (int k = 0; k < 2; k++) {
    PetscCall(VecDestroy(&c->half[k]));
    PetscCall(VecDestroy(&c->work[k]));
  }
  PetscCall(OttoResolventDestroy(&c->resolvent));
  PetscCall(PetscFree(*correlation));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoCorrelationCentre(OttoCorrelation c, Vec a, Vec *centred)
{
  PetscReal mass = 0, mean = 0;

  PetscFunctionBegin;
  PetscCall(OttoFieldIntegral(c->grid, c->pi, &mass));
  PetscCall(VecDuplicate(a, centred));
  PetscCall(VecCopy(a, *centred));
  for (int k = 0; k < 2; k++) { /* of a large mean rounding is left by the first */
    PetscCall(OttoCorrelationProduct(c, *centred, c->pi, &mean));
    PetscCall(VecShift(*centred, -mean / mass));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoCorrelationSource(OttoCorrelation c, Vec a, Vec source, PetscReal *variance)
{
  PetscReal mass = 0;
  Vec centred;

  PetscFunctionBegin;
  PetscCall(OttoFieldIntegral(c->grid, c->pi, &mass));
  PetscCall(OttoCorrelationCentre(c, a, &centred));
  PetscCall(VecPointwiseMult(source, centred, c->pi));
  PetscCall(VecScale(source, 1 / mass));
  if (variance) PetscCall(OttoCorrelationProduct(c, centred, source, variance));
  PetscCall(VecDestroy(&centred));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoCorrelationRate(OttoCorrelation c, Vec source, PetscReal *rate)
{
  PetscReal change = 0, size = 0;

  PetscFunctionBegin;
  PetscCall(OttoGeneratorApply(c->generator, source, c->work[0]));
  PetscCall(VecNorm(c->work[0], NORM_1, &change));
  PetscCall(VecNorm(source, NORM_1, &size));
  *rate = change > 0 ? change / size : 1;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoCorrelationTransform(OttoCorrelation c, Vec a, Vec source, PetscReal omega,
                                        PetscReal value[2], PetscReal *residual)
{
  PetscReal size = 0, left = 0;
  PetscScalar *values;
  Vec centred;

  PetscFunctionBegin;
  value[0] = value[1] = *residual = 0;
  PetscCall(VecNorm(source, NORM_2, &size));
  if (size == 0) PetscFunctionReturn(0);
  c->omega = c->sigma = omega;
  if (omega == 0) PetscCall(OttoCorrelationRate(c, source, &c->sigma));
  if (omega == 0) c->sigma *= SLOW;
  PetscCall(OttoResolventSetTolerance(c->resolvent, INNER));
  PetscCall(OttoResolventSetShift(c->resolvent, c->sigma));
  PetscCall(VecSet(c->source, 0));
  PetscCall(Open(c, c->source, &values));
  PetscCall(VecCopy(source, c->half[0]));
  PetscCall(Close(c, c->source, &values));
  PetscCall(VecSet(c->solution, 0));
  PetscCall(KSPSolve(c->ksp, c->source, c->solution));
  PetscCall(KSPGetResidualNorm(c->ksp, &left));
  *residual = left / size;
  if (!(*residual <= LOOSE))
    OttoFail(OTTO_ERR_SOLVER, "the resolvent at i %g: the residual stays at %.3g", (double)omega,
             (double)*residual);
  /* of a mean 0: what solves leave of π, which at ω = 0 is without a bound, has no weight */
  PetscCall(OttoCorrelationCentre(c, a, &centred));
  PetscCall(Open(c, c->solution, &values));
  for (int k = 0; k < 2; k++) PetscCall(OttoCorrelationProduct(c, centred, c->half[k], &value[k]));
  PetscCall(VecDestroy(&centred));
  PetscCall(Close(c, c->solution, &values));
  PetscFunctionReturn(0);
}
