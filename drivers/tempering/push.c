/* What becomes of a density in new coordinates, and log J of them. */
#include "coordinates.h"
#include <otto/field.h>
#include <math.h>

#define MASS 0.05 /* what a grid may miss of the pushed density's mass; more is another box */

static PetscErrorCode Value(const PetscReal x[], const void *coordinates, PetscReal *value)
{
  const PetscReal *at[OTTO_MAX_DIM];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < OTTO_MAX_DIM; j++) at[j] = &x[j];
  PetscCall(OttoDensityFunctionEvaluate(((const OttoTemperingCoordinates *)coordinates)->density, 1,
                                        at, value, NULL));
  PetscFunctionReturn(0);
}

static PetscErrorCode SumCells(OttoGrid grid, const OttoTemperingCoordinates *s, OttoSum *sum)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal mean;

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscCall(OttoDensityCellMean(g, c, Value, s, &mean));
    OttoSumAdd(sum, mean * g->cell_volume);
  }
  PetscFunctionReturn(0);
}

/* In the box p was scaled to have the mass 1 in the cells whose centres it has. */
static PetscErrorCode FindWhole(OttoGrid grid, OttoTemperingCoordinates *s)
{
  MPI_Comm comm = OttoGridGetInfo(grid)->comm;
  OttoSum sum = {0, 0};

  PetscFunctionBegin;
  PetscCall(OttoAgree(comm, SumCells(grid, s, &sum)));
  PetscCall(OttoSumReduce(comm, 1, &sum));
  s->whole = OttoSumValue(sum);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperingCoordinatesOpen(OttoGrid grid, Vec p, const OttoDensityReport *report,
                                            OttoTemperingCoordinates *s)
{
  PetscFunctionBegin;
  PetscCall(OttoDensityFunctionCreate(grid, "p_", report, &s->density));
  OttoCheckInput(
      s->density,
      "p_density: %s has values in cells alone; with coordinates_formula p must be known "
      "at every point: formula, gaussian_mixture, ball, box, uniform, and not shuffled",
      report->type);
  s->whole = 1;
  if (!report->smooth) PetscCall(OttoDensityHasEdges(grid, p, &s->edges));
  if (s->edges) PetscCall(FindWhole(grid, s));
  PetscFunctionReturn(0);
}

/* log |det A|, A[dim·dim] row by row with dim up to 3. */
static PetscReal LogDeterminant(PetscInt dim, const PetscReal A[])
{
  if (dim == 1) return log(fabs(A[0]));
  if (dim == 2) return log(fabs(A[0] * A[3] - A[1] * A[2]));
  return log(fabs(A[0] * (A[4] * A[8] - A[5] * A[7]) - A[1] * (A[3] * A[8] - A[5] * A[6]) +
                  A[2] * (A[3] * A[7] - A[4] * A[6])));
}

/* p(Φ⁻¹ y), and the derivative of Φ⁻¹ there (NULL: not asked for). */
static PetscErrorCode Pull(const OttoTemperingCoordinates *s, const PetscReal y[], PetscReal A[],
                           PetscReal *value)
{
  PetscReal x[OTTO_MAX_DIM];

  PetscFunctionBegin;
  PetscCall(OttoDiffeomorphismApply(s->map, PETSC_TRUE, y, x, A));
  PetscCall(Value(x, s, value));
  PetscFunctionReturn(0);
}

static PetscErrorCode PullValue(const PetscReal y[], const void *coordinates, PetscReal *value)
{
  PetscFunctionBegin;
  PetscCall(Pull((const OttoTemperingCoordinates *)coordinates, y, NULL, value));
  PetscFunctionReturn(0);
}

/* Where p has edges, grids of either coordinates lie differently to them, and what is at the
 * centres of cells is anything: p in the box has the mass 1 whatever its cells make of an edge, p'
 * would have another. */
static PetscErrorCode PushCells(const OttoTemperingCoordinates *s, const OttoGridInfo *g,
                                PetscReal values[])
{
  PetscReal y[OTTO_MAX_DIM], A[OTTO_MAX_DIM * OTTO_MAX_DIM];

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellCentre(g, c, y);
    PetscCall(Pull(s, y, A, &values[c]));
    if (s->edges) PetscCall(OttoDensityCellMean(g, c, PullValue, s, &values[c]));
    values[c] *= exp(LogDeterminant(g->dim, A));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperingPush(const OttoTemperingCoordinates *s, OttoGrid grid, Vec *pushed,
                                 PetscReal *mass)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscScalar *values;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(grid, pushed));
  PetscCall(VecGetArray(*pushed, &values));
  const PetscErrorCode code = OttoAgree(g->comm, PushCells(s, g, values));
  PetscCall(VecRestoreArray(*pushed, &values));
  PetscCall(code);
  PetscCall(OttoFieldIntegral(grid, *pushed, mass));
  const PetscReal scale = 1 / *mass;
  *mass /= s->whole;
  OttoCheckInput(
      fabs(*mass - 1) <= MASS,
      "coordinates_formula: in new coordinates p has the mass %.6g: the image of the box "
      "is not that of coordinates_lower and coordinates_upper once, or coordinates_n is "
      "too coarse for it",
      (double)*mass);
  PetscCall(VecScale(*pushed, scale));
  PetscFunctionReturn(0);
}

static PetscErrorCode LogCells(const OttoTemperingCoordinates *s, const OttoGridInfo *g,
                               PetscReal values[])
{
  PetscReal x[OTTO_MAX_DIM], y[OTTO_MAX_DIM], D[OTTO_MAX_DIM * OTTO_MAX_DIM];

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellCentre(g, c, x);
    PetscCall(OttoDiffeomorphismApply(s->map, PETSC_FALSE, x, y, D));
    values[c] = LogDeterminant(g->dim, D);
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperingLogJacobian(const OttoTemperingCoordinates *s, OttoGrid grid,
                                        Vec *log_jacobian)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscScalar *values;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(grid, log_jacobian));
  PetscCall(VecGetArray(*log_jacobian, &values));
  const PetscErrorCode code = OttoAgree(g->comm, LogCells(s, g, values));
  PetscCall(VecRestoreArray(*log_jacobian, &values));
  PetscFunctionReturn(code);
}
