/* A change of coordinates, and which box it takes to which. */
#include "coordinates.h"
#include <otto/options.h>
#include <math.h>
#include <stdio.h>

#define INVERSE 1e-8 /* of a side: what formula and inverse may differ by */
#define SMOOTH 1e-5  /* what derivatives may err by, relative: laws see the grid, not them */
#define EDGE 1e-6    /* of a side: what a wall may be missed by */

/* ---- reading ---- */

/* coordinates_n: per axis, or one for all. */
static PetscErrorCode ReadCells(const OttoGridInfo *g, PetscInt64 n[])
{
  PetscReal cells[OTTO_MAX_DIM];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++) cells[j] = (PetscReal)g->n[j];
  PetscCall(OttoOptionsGetAxisReals(NULL, "coordinates_n", g->dim, cells, NULL));
  for (PetscInt j = 0; j < g->dim; j++) {
    OttoCheckInput(cells[j] >= 1 && cells[j] <= 1e9 && cells[j] == floor(cells[j]),
                   "coordinates_n: %g on axis %d; it must be a whole number from 1 on",
                   (double)cells[j], (int)j + 1);
    n[j] = (PetscInt64)cells[j];
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode ReadBox(OttoGrid grid, OttoTemperingCoordinates *s)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal lower[OTTO_MAX_DIM], upper[OTTO_MAX_DIM];

  PetscFunctionBegin;
  PetscCall(PetscArraycpy(lower, g->lower, g->dim));
  PetscCall(PetscArraycpy(upper, g->upper, g->dim));
  PetscCall(OttoOptionsGetAxisReals(NULL, "coordinates_lower", g->dim, lower, NULL));
  PetscCall(OttoOptionsGetAxisReals(NULL, "coordinates_upper", g->dim, upper, NULL));
  for (PetscInt j = 0; j < g->dim; j++)
    OttoCheckInput(upper[j] > lower[j],
                   "coordinates_upper: %g on axis %d; it must be above coordinates_lower, %g",
                   (double)upper[j], (int)j + 1, (double)lower[j]);
  PetscCall(ReadCells(g, s->n));
  PetscCall(OttoGridCreate(g->comm, &s->grid));
  PetscCall(OttoGridSetBox(s->grid, g->dim, s->n, lower, upper, g->boundary));
  if (g->mesh[0] <= s->n[0] && (g->dim < 2 || g->mesh[1] <= s->n[1]))
    PetscCall(OttoGridSetMesh(s->grid, g->mesh[0], g->mesh[1]));
  PetscCall(OttoGridSetUp(s->grid));
  PetscFunctionReturn(0);
}

/* ---- whether the new box is the image of the old ---- */

/* Whether y lies on a wall of the box, to EDGE. */
static PetscBool OnWall(const OttoGridInfo *g, const PetscReal y[])
{
  for (PetscInt k = 0; k < g->dim; k++) {
    const PetscReal side = g->upper[k] - g->lower[k];
    if (g->boundary[k] == OTTO_BOUNDARY_PERIODIC) continue;
    if (fabs(y[k] - g->lower[k]) <= EDGE * side || fabs(y[k] - g->upper[k]) <= EDGE * side)
      return PETSC_TRUE;
  }
  return PETSC_FALSE;
}

/* Whether y lies in the box, to EDGE. */
static PetscBool Inside(const OttoGridInfo *g, const PetscReal y[])
{
  for (PetscInt k = 0; k < g->dim; k++) {
    const PetscReal some = EDGE * (g->upper[k] - g->lower[k]);
    if (g->boundary[k] == OTTO_BOUNDARY_PERIODIC) continue;
    if (!(y[k] >= g->lower[k] - some && y[k] <= g->upper[k] + some)) return PETSC_FALSE;
  }
  return PETSC_TRUE;
}

/* Whether y and z are the same point of the box to `part` of its sides, round periodic axes. */
static PetscBool Same(const OttoGridInfo *g, const PetscReal y[], const PetscReal z[],
                      PetscReal part)
{
  for (PetscInt k = 0; k < g->dim; k++) {
    const PetscReal side = g->upper[k] - g->lower[k];
    const PetscReal turns =
        g->boundary[k] == OTTO_BOUNDARY_PERIODIC ? round((z[k] - y[k]) / side) : 0;
    if (!(fabs(z[k] - y[k] - turns * side) <= part * side)) return PETSC_FALSE;
  }
  return PETSC_TRUE;
}

/* A point of the box: its image is one of the new box, and comes back; what lies on a wall stays on
 * one; a turn round an axis ends where it began. */
static PetscErrorCode CheckPoint(const OttoGridInfo *g, const OttoGridInfo *image,
                                 OttoDiffeomorphism map, const PetscReal x[])
{
  PetscReal y[OTTO_MAX_DIM], at[OTTO_MAX_DIM], periods[OTTO_MAX_DIM];
  char from[160], to[160];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++)
    periods[j] = g->boundary[j] == OTTO_BOUNDARY_PERIODIC ? g->upper[j] - g->lower[j] : 0;
  PetscCall(OttoDiffeomorphismApply(map, PETSC_FALSE, x, y, NULL));
  OttoGridFormatPoint(g->dim, x, from, sizeof from);
  OttoGridFormatPoint(g->dim, y, to, sizeof to);
  OttoCheckInput(Inside(image, y),
                 "coordinates_formula: it takes %s to %s, outside the box of coordinates_lower and "
                 "coordinates_upper",
                 from, to);
  PetscCall(OttoDiffeomorphismCheck(map, x, periods, INVERSE));
  for (PetscInt k = 0; k < 2 * g->dim; k++) {
    const PetscInt j = k / 2;
    if (g->boundary[j] == OTTO_BOUNDARY_PERIODIC) continue;
    PetscCall(PetscArraycpy(at, x, g->dim));
    at[j] = k % 2 ? g->upper[j] : g->lower[j];
    PetscCall(OttoDiffeomorphismApply(map, PETSC_FALSE, at, y, NULL));
    OttoGridFormatPoint(g->dim, at, from, sizeof from);
    OttoGridFormatPoint(g->dim, y, to, sizeof to);
    OttoCheckInput(OnWall(image, y),
                   "coordinates_formula: it takes %s, on a wall of the box, to %s, which is on no "
                   "wall of coordinates_lower and coordinates_upper",
                   from, to);
  }
  PetscFunctionReturn(0);
}

/* A turn round periodic axis j from x ends where it began; `inverse`: by Φ⁻¹, a turn of the image.
 */
static PetscErrorCode CheckTurn(const OttoGridInfo *g, const OttoGridInfo *to,
                                OttoDiffeomorphism map, PetscBool inverse, const PetscReal x[],
                                PetscInt j)
{
  PetscReal y[OTTO_MAX_DIM], z[OTTO_MAX_DIM], at[OTTO_MAX_DIM];
  char first[160], second[160];

  PetscFunctionBegin;
  PetscCall(PetscArraycpy(at, x, g->dim));
  at[j] += g->upper[j] - g->lower[j];
  PetscCall(OttoDiffeomorphismApply(map, inverse, x, y, NULL));
  PetscCall(OttoDiffeomorphismApply(map, inverse, at, z, NULL));
  OttoGridFormatPoint(g->dim, y, first, sizeof first);
  OttoGridFormatPoint(g->dim, z, second, sizeof second);
  OttoCheckInput(Same(to, y, z, EDGE),
                 "%s: a turn round axis %d leads from %s to %s, which is no turn of the box of %s",
                 inverse ? "coordinates_inverse" : "coordinates_formula", (int)j + 1, first, second,
                 inverse ? "grid_lower and grid_upper" : "coordinates_lower and coordinates_upper");
  PetscFunctionReturn(0);
}

/* A point of the new box: it comes from one of the box, whose image it is. */
static PetscErrorCode CheckImage(const OttoGridInfo *g, const OttoGridInfo *image,
                                 OttoDiffeomorphism map, const PetscReal y[])
{
  PetscReal x[OTTO_MAX_DIM], again[OTTO_MAX_DIM];
  char from[160], to[160], end[160];

  PetscFunctionBegin;
  PetscCall(OttoDiffeomorphismApply(map, PETSC_TRUE, y, x, NULL));
  OttoGridFormatPoint(g->dim, y, from, sizeof from);
  OttoGridFormatPoint(g->dim, x, to, sizeof to);
  OttoCheckInput(Inside(g, x),
                 "coordinates_inverse: it takes %s to %s, outside the box of grid_lower and "
                 "grid_upper",
                 from, to);
  PetscCall(OttoDiffeomorphismApply(map, PETSC_FALSE, x, again, NULL));
  OttoGridFormatPoint(g->dim, again, end, sizeof end);
  OttoCheckInput(Same(image, y, again, INVERSE),
                 "coordinates_formula does not undo coordinates_inverse: %s goes to %s and comes "
                 "back to %s",
                 from, to, end);
  PetscFunctionReturn(0);
}

/* At the centres of own cells. */
static PetscErrorCode CheckBox(const OttoGridInfo *g, const OttoTemperingCoordinates *s)
{
  const OttoGridInfo *image = OttoGridGetInfo(s->grid);
  PetscReal x[OTTO_MAX_DIM];

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellCentre(g, c, x);
    PetscCall(CheckPoint(g, image, s->map, x));
    for (PetscInt j = 0; j < g->dim; j++)
      if (g->boundary[j] == OTTO_BOUNDARY_PERIODIC)
        PetscCall(CheckTurn(g, image, s->map, PETSC_FALSE, x, j));
  }
  for (PetscInt64 c = 0; c < image->local_cells; c++) {
    OttoGridCellCentre(image, c, x);
    PetscCall(CheckImage(g, image, s->map, x));
    for (PetscInt j = 0; j < image->dim; j++)
      if (image->boundary[j] == OTTO_BOUNDARY_PERIODIC)
        PetscCall(CheckTurn(image, g, s->map, PETSC_TRUE, x, j));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperingAsInput(PetscErrorCode code)
{
  char message[400];

  PetscFunctionBegin;
  if (code != OTTO_ERR_NUMERICAL) PetscFunctionReturn(code);
  snprintf(message, sizeof message, "%s", OttoErrorMessage());
  OttoErrorClear();
  OttoFail(OTTO_ERR_INPUT, "%s", message);
}

PetscErrorCode OttoTemperingCoordinatesRead(OttoGrid grid, OttoTemperingCoordinates *s)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const char *formula = NULL, *inverse = NULL;
  PetscReal scale[OTTO_MAX_DIM];

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetText(NULL, "coordinates_formula", &formula));
  PetscCall(OttoOptionsGetText(NULL, "coordinates_inverse", &inverse));
  OttoCheckInput(formula || !inverse, "coordinates_formula: missing beside coordinates_inverse");
  if (!formula) PetscFunctionReturn(0);
  OttoCheckInput(inverse, "coordinates_inverse: missing; metric and density are seen from new "
                          "coordinates by it");
  for (PetscInt j = 0; j < g->dim; j++) scale[j] = g->upper[j] - g->lower[j];
  PetscCall(OttoDiffeomorphismCreate("coordinates_formula", formula, "coordinates_inverse", inverse,
                                     g->dim, scale, &s->map));
  PetscCall(ReadBox(grid, s));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperingCoordinatesCheck(OttoGrid grid, const OttoTemperingCoordinates *s)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);

  PetscFunctionBegin;
  if (s->map) PetscCall(OttoAgree(g->comm, OttoTemperingAsInput(CheckBox(g, s))));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperingCoordinatesJudge(OttoTemperingCoordinates *s)
{
  OttoDiffeomorphismReport report;

  PetscFunctionBegin;
  PetscCall(OttoDiffeomorphismGetReport(s->map, &report));
  s->derivative = report.derivative;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &s->derivative, 1, MPIU_REAL, MPIU_MAX,
                             OttoGridGetInfo(s->grid)->comm));
  OttoCheckInput(s->derivative <= SMOOTH,
                 "coordinates_formula: its derivative is known to %.2g of itself alone at a centre "
                 "or a face of some cell, as where it jumps; coordinates must be smooth",
                 (double)s->derivative);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperingCoordinatesDestroy(OttoTemperingCoordinates *s)
{
  PetscFunctionBegin;
  PetscCall(OttoDensityFunctionDestroy(&s->density));
  PetscCall(OttoDiffeomorphismDestroy(&s->map));
  PetscCall(OttoGridDestroy(&s->grid));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperingCoarseImage(const OttoTemperingCoordinates *s, OttoGrid coarse,
                                        PetscInt level, OttoGrid *image)
{
  const OttoGridInfo *fine = OttoGridGetInfo(s->grid), *g = OttoGridGetInfo(coarse);
  PetscInt64 n[OTTO_MAX_DIM];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < fine->dim; j++) n[j] = PetscMax(1, s->n[j] >> (level + 1));
  PetscCall(OttoGridCreate(g->comm, image));
  PetscCall(OttoGridSetBox(*image, fine->dim, n, fine->lower, fine->upper, fine->boundary));
  if (g->mesh[0] <= n[0] && (g->dim < 2 || g->mesh[1] <= n[1]))
    PetscCall(OttoGridSetMesh(*image, g->mesh[0], g->mesh[1]));
  PetscCall(OttoGridSetUp(*image));
  PetscFunctionReturn(0);
}
