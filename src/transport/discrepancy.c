/* Distances that are quadratic forms of δ = p − q, in the spectrum. */
#include "transform/twin.h"
#include "core/fault.h"
#include <otto/discrepancy.h>
#include <otto/symbol.h>
#include <math.h>

/* δ of a twin, transformed. */
static PetscErrorCode Difference(OttoGrid grid, Vec p, Vec q, const OttoTwin *twin,
                                 OttoSpectrum *spectrum)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscScalar *a, *b;
  PetscReal *delta;
  PetscMPIInt bad = 0;
  Vec u;

  PetscFunctionBegin;
  PetscCall(OttoAgree(g->comm, PetscMalloc1(PetscMax(1, g->local_cells), &delta)));
  PetscCall(VecGetArrayRead(p, &a));
  PetscCall(VecGetArrayRead(q, &b));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    delta[c] = a[c] - b[c];
    if (!isfinite(delta[c])) bad = 1;
  }
  PetscCall(VecRestoreArrayRead(p, &a));
  PetscCall(VecRestoreArrayRead(q, &b));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &bad, 1, MPI_INT, MPI_MAX, g->comm));
  if (bad) {
    PetscCall(PetscFree(delta));
    OttoFail(OTTO_ERR_NUMERICAL, "a value of p or q is not finite");
  }
  PetscCall(OttoFieldCreate(twin->grid, &u));
  PetscCall(OttoTwinTake(twin, delta, u));
  PetscCall(PetscFree(delta));
  PetscCall(OttoSpectrumCreate(twin->transform, spectrum));
  PetscCall(OttoTransformForward(twin->transform, u, *spectrum));
  PetscCall(VecDestroy(&u));
  PetscFunctionReturn(0);
}

/* *sum = ∫ δ (S δ), S a function of the wavenumbers. */
static PetscErrorCode Form(OttoGrid grid, Vec p, Vec q, OttoSymbolFunction function, void *context,
                           PetscReal *sum)
{
  OttoSpectrum spectrum;
  PetscErrorCode code;
  OttoSymbol symbol;
  OttoTwin twin;

  PetscFunctionBegin;
  PetscCall(OttoTwinCreate(grid, PETSC_FALSE, 1, &twin));
  code = Difference(grid, p, q, &twin, &spectrum);
  if (!code) {
    PetscCall(OttoSymbolCreate(twin.transform, function, context, &symbol));
    PetscCall(OttoSpectrumSum(spectrum, symbol, sum));
    PetscCall(OttoSymbolDestroy(&symbol));
    PetscCall(OttoSpectrumDestroy(&spectrum));
  }
  PetscCall(OttoTwinDestroy(&twin));
  PetscFunctionReturn(code);
}

static PetscReal Square(PetscInt dim, const PetscReal kappa[])
{
  PetscReal square = 0;

  for (PetscInt j = 0; j < dim; j++) square += kappa[j] * kappa[j];
  return square;
}

static PetscReal HeatTwice(PetscInt dim, const PetscReal kappa[], void *context)
{
  return exp(-2 * *(const PetscReal *)context * Square(dim, kappa));
}

PetscErrorCode OttoMmd2(OttoGrid grid, Vec p, Vec q, PetscReal t, PetscReal *mmd2)
{
  PetscFunctionBegin;
  OttoNeedGrid(grid);
  OttoCheckInput(t >= 0 && isfinite(t), "mmd_time = %g: it must be 0 or more", (double)t);
  PetscCall(Form(grid, p, q, HeatTwice, &t, mmd2));
  PetscFunctionReturn(0);
}

static PetscReal Poisson(PetscInt dim, const PetscReal kappa[], void *context)
{
  const PetscReal square = Square(dim, kappa);

  (void)context;
  return square > 0 ? 1 / square : 0;
}

PetscErrorCode OttoHMinus1(OttoGrid grid, Vec p, Vec q, PetscReal *norm)
{
  PetscReal square;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCall(Form(grid, p, q, Poisson, NULL, &square));
  *norm = sqrt(square);
  PetscFunctionReturn(0);
}

/* |x| of every cell x of a torus from cell 0. */
static PetscErrorCode Distances(OttoGrid grid, Vec *kernel)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscInt64 at[OTTO_MAX_DIM];
  PetscScalar *a;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(grid, kernel));
  PetscCall(VecGetArrayWrite(*kernel, &a));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscReal x[OTTO_MAX_DIM];
    OttoGridCellIndex(g, c, at);
    for (PetscInt j = 0; j < g->dim; j++)
      x[j] = (PetscReal)PetscMin(at[j], g->n[j] - at[j]) * g->h[j];
    a[c] = sqrt(Square(g->dim, x));
  }
  PetscCall(VecRestoreArrayWrite(*kernel, &a));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoEnergyDistance(OttoGrid grid, Vec p, Vec q, PetscReal *distance)
{
  OttoSpectrum spectrum;
  PetscErrorCode code;
  OttoSymbol symbol;
  PetscReal sum;
  OttoTwin twin;
  Vec kernel;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCall(OttoTwinCreate(grid, PETSC_TRUE, 1, &twin));
  code = Difference(grid, p, q, &twin, &spectrum);
  if (!code) {
    PetscCall(Distances(twin.grid, &kernel));
    PetscCall(OttoSymbolCreateKernel(twin.transform, kernel, &symbol));
    PetscCall(VecDestroy(&kernel));
    PetscCall(OttoSpectrumSum(spectrum, symbol, &sum));
    OttoFault("energy_distance", 1, &sum);
    *distance = 0 - sum; /* equal densities: 0, not -0 */
    PetscCall(OttoSymbolDestroy(&symbol));
    PetscCall(OttoSpectrumDestroy(&spectrum));
  }
  PetscCall(OttoTwinDestroy(&twin));
  PetscFunctionReturn(code);
}
