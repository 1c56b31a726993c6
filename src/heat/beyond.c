/*
 * The layer beyond an open face: the sum over the cells of its axis first, which leaves two points,
 * then the others (points.c). As much work as an apply's logarithms on 2/n of the cells.
 */
#include "beyond.h"
#include "heat_impl.h"
#include "core/message.h"
#include <math.h>

#define COLUMNS 128

PetscErrorCode OttoBeyondDestroy(OttoBeyond *beyond)
{
  PetscFunctionBegin;
  for (PetscInt j = 0; j < OTTO_MAX_DIM; j++)
    for (int side = 0; side < 2; side++) PetscCall(PetscFree(beyond->log[j][side]));
  PetscFunctionReturn(0);
}

static PetscErrorCode Create(const OttoGridInfo *g, OttoBeyond *beyond)
{
  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++)
    for (int side = 0; side < 2; side++) {
      const OttoFace face = OttoOpenFace(g, j, side);
      if (!beyond->log[j][side] && face.outer)
        PetscCall(PetscMalloc1(face.outer * face.inner, &beyond->log[j][side]));
    }
  PetscFunctionReturn(0);
}

/* Puts what is known at point i of axis 0 and column c (axes 1 … in C order, axis j of two points)
 * where this rank's face has it. */
static void Put(const OttoGridInfo *g, PetscInt j, PetscInt64 i, PetscInt64 c, PetscReal value,
                OttoBeyond *beyond)
{
  PetscInt64 side = 0, place[OTTO_MAX_DIM] = {i}, at = 0;

  for (PetscInt k = g->dim - 1; k > 0; k--) {
    place[k] = c % (k == j ? 2 : g->n[k]);
    c /= k == j ? 2 : g->n[k];
  }
  side = place[j];
  for (PetscInt k = 0; k < g->dim; k++) {
    if (k == j) continue;
    place[k] -= g->first[k];
    if (place[k] < 0 || place[k] >= g->local[k]) return;
    at = at * g->local[k] + place[k];
  }
  if (beyond->log[j][side]) beyond->log[j][side][at] = value;
}

/* Both faces of axis j. */
static PetscErrorCode Take(OttoHeat heat, OttoHeatSource source, PetscReal t, PetscInt j,
                           OttoBeyond *beyond)
{
  const OttoGridInfo *g = heat->g;
  const PetscReal x[2] = {g->lower[j] - 0.5 * g->h[j], g->upper[j] + 0.5 * g->h[j]};
  const PetscInt64 rows = j ? g->n[0] : 2;
  const PetscInt values = OTTO_POINTS_VALUES(g->dim);
  OttoHeatPointsAxis axis[OTTO_MAX_DIM] = {{0, NULL}};
  OttoHeatPoints points;
  OttoHeatPointsPart part;
  PetscInt64 columns = 1;
  PetscReal *room;

  PetscFunctionBegin;
  axis[j] = (OttoHeatPointsAxis){2, x};
  for (PetscInt k = 1; k < g->dim; k++) columns *= k == j ? 2 : g->n[k];
  PetscCall(OttoHeatPointsCreateLattice(heat->grid, t, heat->ops->fill, axis, &points));
  PetscCall(OttoHeatPointsStart(points, source->p0, &part));
  PetscCall(PetscMalloc1(rows * values * COLUMNS, &room));
  for (PetscInt64 from = 0; from < columns; from += COLUMNS) {
    const PetscInt count = (PetscInt)PetscMin(COLUMNS, columns - from);
    PetscCall(OttoHeatPointsFinish(points, part, from, count, 0, room));
    for (PetscInt64 i = 0; i < rows; i++)
      PetscCall(PetscArraymove(room + i * count, room + i * values * count, count));
    PetscCall(OttoMessageSpread(room, rows * count * (PetscInt64)sizeof *room, 0, g->comm));
    for (PetscInt64 i = 0; i < rows; i++)
      for (PetscInt c = 0; c < count; c++) Put(g, j, i, from + c, room[i * count + c], beyond);
  }
  PetscCall(PetscFree(room));
  PetscCall(OttoHeatPointsPartDestroy(&part));
  PetscCall(OttoHeatPointsDestroy(&points));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoHeatGetBeyond(OttoHeat heat, OttoHeatSource source, PetscReal t,
                                 const OttoBeyond **beyond)
{
  const OttoGridInfo *g = heat->g;
  PetscBool any = PETSC_FALSE;

  PetscFunctionBegin;
  *beyond = NULL;
  for (PetscInt j = 0; j < g->dim; j++)
    if (g->boundary[j] == OTTO_BOUNDARY_OPEN) any = PETSC_TRUE;
  if (!any || !heat->ops->goes_beyond) PetscFunctionReturn(0);
  *beyond = &source->beyond;
  if (source->beyond_t == t) PetscFunctionReturn(0);
  source->beyond_t = -1;
  PetscCall(OttoAgree(g->comm, Create(g, &source->beyond)));
  for (PetscInt j = 0; j < g->dim; j++) {
    if (g->boundary[j] != OTTO_BOUNDARY_OPEN) continue;
    for (int side = 0; side < 2 && t == 0; side++) {
      const OttoFace face = OttoOpenFace(g, j, side);
      for (PetscInt64 i = 0; i < face.outer * face.inner; i++)
        source->beyond.log[j][side][i] = -INFINITY;
    }
    if (t > 0) PetscCall(Take(heat, source, t, j, &source->beyond));
  }
  source->beyond_t = t;
  PetscFunctionReturn(0);
}
