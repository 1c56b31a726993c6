/*
 * A density known in cells, carried by its mass: points of every cell go where the dynamics takes
 * them and are deposited cloud-in-cell. It keeps mass and sign, and spreads: parts points an axis
 * add (1 - 1/parts²) h²/12 of variance before the map, and a point that lands between two centres,
 * a share w of it in the second, w(1 - w)h² behind it. Where cells are drawn out to more than
 * `parts` of them, points lie apart and the density is uneven: by as much as the volume is that
 * they bring along, J times their own (MATHEMATICS 13.3).
 */
#include <otto/points.h>
#include <otto/push_forward.h>
#include <math.h>

typedef struct {
  OttoGrid grid;
  const OttoGridInfo *g;
  OttoDynamics dynamics;
  PetscReal a, b;
  PetscInt parts, steps;
  PetscReal tolerance;
  PetscInt64 all;             /* points of a cell, parts^dim */
  PetscReal *x[OTTO_MAX_DIM]; /* [local_cells]: one point of every cell */
  PetscReal *y;               /* [local_cells][dim]: those that land in the box */
  PetscReal *mass, *volume;   /* [local_cells]: theirs */
  PetscReal *covered;         /* [local_cells]: the volume that all points bring to each cell */
  OttoSum lost, kept, spread; /* masses; variance that depositing adds, times mass, over the axes */
} Work;

static PetscErrorCode Allocate(Work *w)
{
  const PetscInt64 cells = w->g->local_cells;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < w->g->dim; j++) PetscCall(PetscMalloc1(cells + 1, &w->x[j]));
  PetscCall(PetscMalloc3(cells * w->g->dim + 1, &w->y, cells + 1, &w->mass, cells + 1, &w->volume));
  PetscCall(PetscCalloc1(cells + 1, &w->covered));
  PetscFunctionReturn(0);
}

/* Point k of every cell: middles of parts^dim boxes. */
static void Place(Work *w, PetscInt64 k)
{
  const OttoGridInfo *g = w->g;
  PetscReal shift[OTTO_MAX_DIM], centre[OTTO_MAX_DIM];

  for (PetscInt j = g->dim - 1; j >= 0; j--) {
    shift[j] = (((PetscReal)(k % w->parts) + 0.5) / w->parts - 0.5) * g->h[j];
    k /= w->parts;
  }
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellCentre(g, c, centre);
    for (PetscInt j = 0; j < g->dim; j++) w->x[j][c] = centre[j] + shift[j];
  }
}

/* Brings y[dim] round periodic axes; whether it is in the box then. */
static PetscBool Bring(const OttoGridInfo *g, PetscReal y[])
{
  for (PetscInt j = 0; j < g->dim; j++) {
    const PetscReal lower = g->lower[j], upper = g->upper[j];
    if (g->boundary[j] == OTTO_BOUNDARY_PERIODIC) {
      y[j] -= (upper - lower) * floor((y[j] - lower) / (upper - lower));
      y[j] = PetscMax(lower, PetscMin(y[j], upper)); /* rounding */
    }
    if (!(y[j] >= lower && y[j] <= upper)) return PETSC_FALSE;
  }
  return PETSC_TRUE;
}

/* The variance that depositing at y adds, all axes together. */
static PetscReal Spread(const OttoGridInfo *g, const PetscReal y[])
{
  PetscReal sum = 0;

  for (PetscInt j = 0; j < g->dim; j++) {
    const PetscReal position = (y[j] - g->lower[j]) / g->h[j] - 0.5,
                    share = position - floor(position);
    const PetscBool edge = position < 0 || position > (PetscReal)(g->n[j] - 1);
    if (edge && g->boundary[j] != OTTO_BOUNDARY_PERIODIC)
      continue; /* all in the cell at the edge */
    sum += share * (1 - share) * g->h[j] * g->h[j];
  }
  return sum;
}

/* Point k of every cell, from a to b and into values[local_cells]. */
static PetscErrorCode Pass(Work *w, PetscInt64 k, const PetscScalar phi[], PetscReal values[])
{
  const OttoGridInfo *g = w->g;
  OttoFlowMap map;
  OttoPoints points;
  PetscInt64 count = 0;

  PetscFunctionBegin;
  Place(w, k);
  PetscCall(OttoFlowMapCreate(w->dynamics, g->local_cells, (const PetscReal *const *)w->x, w->a,
                              PETSC_FALSE, &map));
  PetscErrorCode code = w->tolerance > 0 ? OttoFlowMapSetTolerance(map, w->tolerance) : 0;
  if (!code) code = OttoFlowMapSetLeastSteps(map, w->steps);
  if (!code) code = OttoFlowMapAdvance(map, w->b);
  for (PetscInt64 c = 0; c < g->local_cells && !code; c++) {
    PetscReal *y = w->y + count * g->dim;
    const PetscReal volume = g->cell_volume / (PetscReal)w->all, mass = phi[c] * volume;
    for (PetscInt j = 0; j < g->dim; j++) y[j] = OttoFlowMapGetPositions(map)[j][c];
    if (OttoFlowMapGetLost(map)[c] || !Bring(g, y)) {
      OttoSumAdd(&w->lost, mass);
      continue;
    }
    OttoSumAdd(&w->kept, mass);
    OttoSumAdd(&w->spread, mass * Spread(g, y));
    w->volume[count] = volume * exp(OttoFlowMapGetLogJacobian(map)[c]);
    w->mass[count++] = mass;
  }
  PetscCall(OttoFlowMapDestroy(&map));
  PetscCall(code);
  PetscCall(OttoPointsCreate(w->grid, count, w->y, &points));
  PetscCall(OttoPointsDeposit(points, w->mass, values));
  PetscCall(OttoPointsDeposit(points, w->volume, w->covered));
  PetscCall(OttoPointsDestroy(&points));
  PetscFunctionReturn(0);
}

/* mass[local_cells] is what came out. */
static PetscErrorCode Report(Work *w, const PetscReal mass[], OttoPushForwardReport *report)
{
  const OttoGridInfo *g = w->g;
  const PetscReal split = 1 - 1 / PetscSqr((PetscReal)w->parts);
  OttoSum sums[4] = {w->lost, w->kept, w->spread, {0, 0}};
  PetscReal variance = 0;

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < g->local_cells; c++)
    OttoSumAdd(&sums[3], mass[c] * fabs(w->covered[c] / g->cell_volume - 1));
  PetscCall(OttoSumReduce(g->comm, 4, sums));
  report->error = OttoSumValue(sums[3]);
  report->lost = OttoSumValue(sums[0]);
  for (PetscInt j = 0; j < g->dim; j++) variance += split * g->h[j] * g->h[j] / 12;
  if (OttoSumValue(sums[1]) > 0) variance += OttoSumValue(sums[2]) / OttoSumValue(sums[1]);
  report->diffusion = variance / (2 * g->dim); /* K_s adds 2s to each axis */
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPushForwardRemap(OttoGrid grid, Vec phi, OttoDynamics dynamics, PetscReal a,
                                    PetscReal b, PetscInt parts, PetscReal tolerance,
                                    PetscInt steps, Vec pushed, OttoPushForwardReport *report)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  Work w = {.grid = grid,
            .g = g,
            .dynamics = dynamics,
            .a = a,
            .b = b,
            .parts = parts,
            .tolerance = tolerance,
            .steps = steps,
            .all = 1};
  const PetscScalar *from;
  PetscScalar *to;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  OttoCheckInput(parts >= 1 && parts <= 64,
                 "push_forward_parts: %d; 1 to 64 points a cell and axis", (int)parts);
  *report = (OttoPushForwardReport){.mass = 0};
  for (PetscInt j = 0; j < g->dim; j++) w.all *= parts;
  PetscErrorCode code = OttoAgree(g->comm, Allocate(&w));
  PetscCall(VecGetArrayRead(phi, &from));
  PetscCall(VecGetArray(pushed, &to));
  PetscCall(PetscArrayzero(to, g->local_cells));
  for (PetscInt64 k = 0; k < w.all && !code; k++) code = Pass(&w, k, from, to);
  if (!code) code = Report(&w, to, report);
  for (PetscInt64 c = 0; c < g->local_cells; c++) to[c] /= g->cell_volume;
  PetscCall(VecRestoreArrayRead(phi, &from));
  PetscCall(VecRestoreArray(pushed, &to));
  for (PetscInt j = 0; j < g->dim; j++) PetscCall(PetscFree(w.x[j]));
  PetscCall(PetscFree3(w.y, w.mass, w.volume));
  PetscCall(PetscFree(w.covered));
  PetscCall(code);
  PetscCall(OttoFieldIntegral(grid, pushed, &report->mass));
  PetscFunctionReturn(0);
}
