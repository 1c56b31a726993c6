/*
 * The symbol of a kernel is the convolution with it: against the sum over all cells, by both
 * engines, on every mesh of the ranks; what is not even, not finite or not on a torus is refused on
 * all ranks. ranks: 1 2 3 4
 */
#include "fixture.h"
#include <otto/symbol.h>
#include <stdlib.h>

/* Even, of no other symmetry: k(x, y) differs from k(-x, y). */
static PetscReal Kernel(const OttoGridInfo *g, const PetscInt64 at[])
{
  PetscReal phase = 0.3, power = 0;

  for (PetscInt j = 0; j < g->dim; j++) {
    const PetscReal angle = 2 * PETSC_PI * (PetscReal)at[j] / (PetscReal)g->n[j];
    phase += (j + 1) * angle;
    power += cos(angle);
  }
  return cos(phase - 0.3) + 0.1 * power;
}

static PetscReal Random(const PetscInt64 at[])
{
  return Hash(1000 * at[0] + 50 * at[1] + at[2], 5);
}

static PetscErrorCode FillKernel(OttoGrid grid, Vec field, PetscBool kernel)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscScalar *a;

  PetscFunctionBegin;
  PetscCall(VecGetArray(field, &a));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscInt64 at[OTTO_MAX_DIM] = {0};
    OttoGridCellIndex(g, c, at);
    a[c] = kernel ? Kernel(g, at) : Random(at);
  }
  PetscCall(VecRestoreArray(field, &a));
  PetscFunctionReturn(0);
}

/* cell volume · Σ_y k(x - y) u(y) */
static PetscReal Direct(const OttoGridInfo *g, const PetscInt64 x[])
{
  PetscReal sum = 0;

  for (PetscInt64 c = 0; c < g->cells; c++) {
    PetscInt64 y[OTTO_MAX_DIM] = {0}, away[OTTO_MAX_DIM], rest = c;
    for (PetscInt j = g->dim - 1; j >= 0; j--) {
      y[j] = rest % g->n[j];
      rest /= g->n[j];
      away[j] = (x[j] - y[j] + g->n[j]) % g->n[j];
    }
    sum += Kernel(g, away) * Random(y);
  }
  return g->cell_volume * sum;
}

static PetscErrorCode CheckRefusals(OttoGrid grid, OttoTransform transform, Vec kernel)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  OttoSymbol symbol = NULL;
  PetscScalar *a;

  PetscFunctionBegin;
  for (int finite = 0; finite < 2; finite++) {
    PetscCall(FillKernel(grid, kernel, PETSC_TRUE));
    PetscCall(VecGetArray(kernel, &a));
    if (g->offset + g->local_cells == g->cells) a[g->local_cells - 1] += finite ? 1e-9 : NAN;
    PetscCall(VecRestoreArray(kernel, &a));
    TestFails(OttoSymbolCreateKernel(transform, kernel, &symbol), OTTO_ERR_INPUT, "even");
    TestTrue(symbol == NULL, "no symbol");
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode CheckKernel(OttoGrid grid, const char *engine)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  OttoTransform transform;
  OttoSpectrum spectrum;
  OttoSymbol symbol;
  OttoSum inner = {0, 0};
  PetscReal sum;
  Vec u, v, kernel;
  const PetscScalar *a, *b;

  PetscFunctionBegin;
  PetscCall(OttoTransformCreate(grid, &transform));
  PetscCall(OttoTransformSetType(transform, engine));
  PetscCall(OttoTransformSetUp(transform));
  PetscCall(OttoFieldCreate(grid, &u));
  PetscCall(OttoFieldCreate(grid, &v));
  PetscCall(OttoFieldCreate(grid, &kernel));
  PetscCall(FillKernel(grid, u, PETSC_FALSE));
  PetscCall(FillKernel(grid, kernel, PETSC_TRUE));
  PetscCall(OttoSymbolCreateKernel(transform, kernel, &symbol));
  PetscCall(OttoTransformApplySymbol(transform, u, symbol, v));
  PetscCall(VecGetArrayRead(u, &a));
  PetscCall(VecGetArrayRead(v, &b));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscInt64 at[OTTO_MAX_DIM];
    OttoGridCellIndex(g, c, at);
    /* sums of at most 300 terms near 1, which nearly cancel in some cells: absolute */
    TestClose(1 + (b[c] - Direct(g, at)) / g->cell_volume, 1, 1e-12, "the convolution");
    OttoSumAdd(&inner, a[c] * b[c] * g->cell_volume);
  }
  PetscCall(VecRestoreArrayRead(u, &a));
  PetscCall(VecRestoreArrayRead(v, &b));
  PetscCall(OttoSumReduce(g->comm, 1, &inner));
  PetscCall(OttoSpectrumCreate(transform, &spectrum));
  PetscCall(OttoTransformForward(transform, u, spectrum));
  PetscCall(OttoSpectrumSum(spectrum, symbol, &sum));
  TestClose(sum, OttoSumValue(inner), 1e-12, "the quadratic form");
  PetscCall(OttoSpectrumDestroy(&spectrum));
  PetscCall(OttoSymbolDestroy(&symbol));
  if (g->n[0] > 2) PetscCall(CheckRefusals(grid, transform, kernel));
  PetscCall(VecDestroy(&u));
  PetscCall(VecDestroy(&v));
  PetscCall(VecDestroy(&kernel));
  PetscCall(OttoTransformDestroy(&transform));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestKernels(void)
{
  static const PetscInt64 shapes[][3] = {{7}, {12}, {6, 5}, {9, 8}, {6, 5, 4}, {9, 4, 3}};
  static const PetscInt dims[] = {1, 1, 2, 2, 3, 3};
  const PetscReal lower[3] = {-1, 0, 2}, upper[3] = {1, 3, 2.5};
  OttoBoundary boundary[3] = {OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_PERIODIC,
                              OTTO_BOUNDARY_PERIODIC};

  PetscMPIInt size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  /* the user's cache is left alone */
  if (setenv("XDG_CACHE_HOME", "/proc/none", 1)) OttoFail(PETSC_ERR_SYS, "setenv");
  for (int s = 0; s < 6; s++)
    for (PetscMPIInt across = 0; across <= size; across++) { /* 0: the other engine */
      const PetscMPIInt p1 = PetscMax(1, across);
      OttoGrid grid;
      const PetscInt64 block = (shapes[s][0] + size - 1) / size; /* of the other engine */
      if (!across && (shapes[s][0] + block - 1) / block < size) continue;
      if (size % p1 || (dims[s] > 1 ? shapes[s][1] : 1) < p1) continue;
      PetscCall(OttoGridCreate(PETSC_COMM_WORLD, &grid));
      PetscCall(OttoGridSetBox(grid, dims[s], shapes[s], lower, upper, boundary));
      PetscCall(OttoGridSetLayout(grid, across ? OTTO_LAYOUT_BALANCED : OTTO_LAYOUT_FFTW));
      PetscCall(OttoGridSetMesh(grid, size / p1, p1));
      PetscCall(OttoGridSetUp(grid));
      PetscCall(CheckKernel(grid, across ? "own" : "fftw_mpi"));
      PetscCall(OttoGridDestroy(&grid));
    }
  PetscFunctionReturn(0);
}

static PetscErrorCode TestWalls(void)
{
  const PetscInt64 n[2] = {6, 6};
  OttoTransform transform;
  OttoSymbol symbol = NULL;
  OttoGrid grid;
  Vec kernel;

  PetscFunctionBegin;
  PetscCall(MakeMixed(2, n, &grid));
  PetscCall(OttoTransformCreate(grid, &transform));
  PetscCall(OttoTransformSetUp(transform));
  PetscCall(OttoFieldCreate(grid, &kernel));
  TestFails(OttoSymbolCreateKernel(transform, kernel, &symbol), OTTO_ERR_INPUT,
            "axis 1 is no_flux; it must be periodic");
  PetscCall(VecDestroy(&kernel));
  PetscCall(OttoTransformDestroy(&transform));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestKernels, TestWalls});
}
