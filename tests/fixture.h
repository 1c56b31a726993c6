/*
 * Grids, kernels and fields of the unit tests: boxes of any kind, fields by a rule, cell values
 * that look random. All of a grid is collective.
 */
#pragma once
#include "test.h"

/* ---- grids ---- */

static inline PetscErrorCode MakeBoxOn(MPI_Comm comm, PetscInt dim, const PetscInt64 n[],
                                       const PetscReal lower[], const PetscReal upper[],
                                       const OttoBoundary boundary[], OttoGrid *grid)
{
  PetscFunctionBegin;
  PetscCall(OttoGridCreate(comm, grid));
  PetscCall(OttoGridSetBox(*grid, dim, n, lower, upper, boundary));
  PetscCall(OttoGridSetUp(*grid));
  PetscFunctionReturn(0);
}

static inline PetscErrorCode MakeBox(PetscInt dim, const PetscInt64 n[], const PetscReal lower[],
                                     const PetscReal upper[], const OttoBoundary boundary[],
                                     OttoGrid *grid)
{
  PetscFunctionBegin;
  PetscCall(MakeBoxOn(PETSC_COMM_WORLD, dim, n, lower, upper, boundary, grid));
  PetscFunctionReturn(0);
}

/* Sides [lower, lower + length[j]]. */
static inline PetscErrorCode MakeSides(PetscInt dim, const PetscInt64 n[], PetscReal lower,
                                       const PetscReal length[], const OttoBoundary boundary[],
                                       OttoGrid *grid)
{
  PetscReal low[OTTO_MAX_DIM], high[OTTO_MAX_DIM];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < dim; j++) {
    low[j] = lower;
    high[j] = lower + length[j];
  }
  PetscCall(MakeBox(dim, n, low, high, boundary, grid));
  PetscFunctionReturn(0);
}

/* The same side and boundary on every axis. */
static inline PetscErrorCode MakeCube(PetscInt dim, const PetscInt64 n[], PetscReal lower,
                                      PetscReal upper, OttoBoundary b, OttoGrid *grid)
{
  PetscReal low[OTTO_MAX_DIM], high[OTTO_MAX_DIM];
  OttoBoundary boundary[OTTO_MAX_DIM];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < dim; j++) {
    low[j] = lower;
    high[j] = upper;
    boundary[j] = b;
  }
  PetscCall(MakeBox(dim, n, low, high, boundary, grid));
  PetscFunctionReturn(0);
}

/* Unit interval, square, … of n cells a side. */
static inline PetscErrorCode MakeUnit(PetscInt dim, PetscInt64 n, OttoBoundary b, OttoGrid *grid)
{
  const PetscInt64 sizes[OTTO_MAX_DIM] = {n, n, n, n, n, n};

  PetscFunctionBegin;
  PetscCall(MakeCube(dim, sizes, 0, 1, b, grid));
  PetscFunctionReturn(0);
}

/* Sides that are all unlike, one boundary. */
static inline PetscErrorCode MakeUneven(MPI_Comm comm, PetscInt dim, const PetscInt64 n[],
                                        OttoBoundary b, OttoGrid *grid)
{
  PetscReal lower[OTTO_MAX_DIM], upper[OTTO_MAX_DIM];
  OttoBoundary boundary[OTTO_MAX_DIM];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < dim; j++) {
    lower[j] = -0.25 * (double)(j + 1);
    upper[j] = 1 + 0.5 * j;
    boundary[j] = b;
  }
  PetscCall(MakeBoxOn(comm, dim, n, lower, upper, boundary, grid));
  PetscFunctionReturn(0);
}

/* Sides, sizes and boundaries all unlike. */
static inline PetscErrorCode MakeMixed(PetscInt dim, const PetscInt64 n[], OttoGrid *grid)
{
  PetscReal lower[OTTO_MAX_DIM], upper[OTTO_MAX_DIM];
  OttoBoundary boundary[OTTO_MAX_DIM];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < dim; j++) {
    lower[j] = -1. / 3 - j;
    upper[j] = 2 + j;
    boundary[j] = j % 2 ? OTTO_BOUNDARY_NO_FLUX : OTTO_BOUNDARY_PERIODIC;
  }
  PetscCall(MakeBox(dim, n, lower, upper, boundary, grid));
  PetscFunctionReturn(0);
}

typedef PetscErrorCode (*OnGrid)(OttoGrid grid);

/* `test` on every mesh of the ranks that a box of unlike sides can be dealt to. */
static inline PetscErrorCode OnMeshes(PetscInt dim, const PetscInt64 n[],
                                      const OttoBoundary boundary[], OnGrid test)
{
  PetscReal lower[OTTO_MAX_DIM], upper[OTTO_MAX_DIM];
  PetscMPIInt size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  for (PetscInt j = 0; j < dim; j++) {
    lower[j] = 0;
    upper[j] = 1 + j;
  }
  for (PetscMPIInt p1 = 1; p1 <= size && (p1 == 1 || (dim > 1 && p1 <= n[1])); p1++) {
    OttoGrid grid;
    if (size % p1 || size / p1 > n[0]) continue;
    PetscCall(OttoGridCreate(PETSC_COMM_WORLD, &grid));
    PetscCall(OttoGridSetBox(grid, dim, n, lower, upper, boundary));
    PetscCall(OttoGridSetMesh(grid, size / p1, p1));
    PetscCall(OttoGridSetUp(grid));
    PetscCall(test(grid));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

static inline PetscErrorCode MakeHeat(OttoGrid grid, const char *kernel, OttoHeat *heat)
{
  PetscFunctionBegin;
  PetscCall(OttoHeatCreate(grid, heat));
  PetscCall(OttoHeatSetType(*heat, kernel));
  PetscCall(OttoHeatSetUp(*heat));
  PetscFunctionReturn(0);
}

/* ---- fields ---- */

/* value(cell, dim, x[dim], context) in every cell; `cell` counts through the whole grid. */
typedef PetscReal (*Value)(PetscInt64 cell, PetscInt dim, const PetscReal x[],
                           const PetscReal *context);

static inline PetscErrorCode FillValues(OttoGrid grid, Value value, const PetscReal *context,
                                        Vec field)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscScalar *a;
  PetscReal x[OTTO_MAX_DIM] = {0};

  PetscFunctionBegin;
  PetscCall(VecGetArray(field, &a));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellCentre(g, c, x);
    a[c] = value(g->offset + c, g->dim, x, context);
  }
  PetscCall(VecRestoreArray(field, &a));
  PetscFunctionReturn(0);
}

/* The same into a new field. */
static inline PetscErrorCode Fill(OttoGrid grid, Value value, const PetscReal *context, Vec *field)
{
  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(grid, field));
  PetscCall(FillValues(grid, value, context, *field));
  PetscFunctionReturn(0);
}

/* A function of the centre alone. */
typedef double (*Function)(const double x[]);

static inline PetscReal OfFunction(PetscInt64 cell, PetscInt dim, const PetscReal x[],
                                   const PetscReal *context)
{
  (void)cell, (void)dim;
  return (*(const Function *)(const void *)context)(x);
}

static inline PetscErrorCode FillFunction(OttoGrid grid, Function f, Vec field)
{
  PetscFunctionBegin;
  PetscCall(FillValues(grid, OfFunction, (const PetscReal *)(const void *)&f, field));
  PetscFunctionReturn(0);
}

static inline PetscErrorCode ToMassOne(OttoGrid grid, Vec field)
{
  PetscReal mass = 0;

  PetscFunctionBegin;
  PetscCall(OttoFieldIntegral(grid, field, &mass));
  PetscCall(VecScale(field, 1 / mass));
  PetscFunctionReturn(0);
}

/* A new density. */
static inline PetscErrorCode FillDensity(OttoGrid grid, Function f, Vec *field)
{
  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(grid, field));
  PetscCall(FillFunction(grid, f, *field));
  PetscCall(ToMassOne(grid, *field));
  PetscFunctionReturn(0);
}

static inline PetscErrorCode FreePair(OttoGrid *grid, OttoPair *pair)
{
  PetscFunctionBegin;
  PetscCall(VecDestroy(&pair->p));
  PetscCall(VecDestroy(&pair->q));
  PetscCall(VecDestroy(&pair->log_p));
  PetscCall(VecDestroy(&pair->log_q));
  PetscCall(OttoGridDestroy(grid));
  PetscFunctionReturn(0);
}

/* Uniform in (0, 1) from the cell's number: the same on any rank count. */
static inline PetscReal Hash(PetscInt64 cell, PetscReal seed)
{
  uint64_t x = (uint64_t)cell * 0x9e3779b97f4a7c15u + (uint64_t)(seed * 1e6);
  for (int k = 0; k < 3; k++) {
    x ^= x >> 31;
    x *= 0xbf58476d1ce4e5b9u;
  }
  return ((PetscReal)(x >> 11) + 0.5) * 0x1p-53;
}

/* Boxes of unlike sides, axis j no_flux where bit j of `mix` is set; not set up. */
static inline PetscErrorCode MakeWithLayout(PetscInt dim, const PetscInt64 n[], PetscInt mix,
                                            OttoLayout layout, OttoGrid *grid)
{
  PetscReal lower[OTTO_MAX_DIM], upper[OTTO_MAX_DIM];
  OttoBoundary boundary[OTTO_MAX_DIM];
  PetscFunctionBegin;
  for (PetscInt j = 0; j < dim; j++) {
    lower[j] = -1 + 0.25 * j;
    upper[j] = 1.5 + j;
    boundary[j] = mix >> j & 1 ? OTTO_BOUNDARY_NO_FLUX : OTTO_BOUNDARY_PERIODIC;
  }
  PetscCall(OttoGridCreate(PETSC_COMM_WORLD, grid));
  PetscCall(OttoGridSetBox(*grid, dim, n, lower, upper, boundary));
  PetscCall(OttoGridSetLayout(*grid, layout));
  PetscFunctionReturn(0);
}
