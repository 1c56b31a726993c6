/*
 * Private to transport: the neighbours of a run of cells along the last axis, on a grid of 2 or 3
 * axes and any mesh. A stencil is then written once for all axes and cells: loops over runs whose
 * neighbours stand in arrays.
 */
#pragma once
#include <otto/halo.h>
#include <string.h>

/* What stands beyond a wall: the cell at the wall itself (a field continued evenly), or 0 (what
 * flows). */
typedef enum { OTTO_BEYOND_MIRROR, OTTO_BEYOND_ZERO } OttoBeyond;

/* Cells of a run: all of the last axis that the rank has. */
static inline PetscInt64 OttoRunCells(const OttoGridInfo *g)
{
  return g->local[g->dim - 1];
}

/* The row of the field that is `step` rows on along axis 0 or 1, as of the cell `first`. */
static inline const PetscReal *OttoRowBeside(const OttoSurrounded *f, PetscInt axis,
                                             PetscInt64 first, PetscInt64 step)
{
  const OttoGridInfo *g = f->g;
  const PetscInt64 i = first / g->row_cells / g->local[1], j = first / g->row_cells % g->local[1];
  const PetscInt64 row = OttoHaloRow(g, 1, axis ? i : i + step, axis ? j + step : j);

  return OttoSurroundedAt(f, row) + first % g->row_cells;
}

/* Along the run itself: the cells beside, with the one beyond its end. */
static inline const PetscReal *OttoBesideAlong(const OttoSurrounded *f, int side, PetscInt64 first,
                                               OttoBeyond beyond, PetscReal room[])
{
  const OttoGridInfo *g = f->g;
  const PetscInt axis = g->dim - 1;
  const PetscInt64 run = OttoRunCells(g), edge = side ? run - 1 : 0;
  const PetscBool periodic = g->boundary[axis] == OTTO_BOUNDARY_PERIODIC ? PETSC_TRUE : PETSC_FALSE;
  const PetscReal *own = f->own + first;
  const size_t rest = (size_t)(run - 1) * sizeof *room;

  memcpy(side ? room : room + 1, side ? own + 1 : own, rest);
  if (!periodic && g->first[axis] + edge == (side ? g->n[axis] - 1 : 0))
    room[edge] = beyond == OTTO_BEYOND_ZERO ? 0 : own[edge];
  else if (OttoHaloServes(g, axis))
    room[edge] = *OttoRowBeside(f, axis, first + edge, side ? 1 : -1);
  else
    room[edge] = own[run - 1 - edge];
  return room;
}

/* The neighbours, below (side 0) or above (side 1) along `axis`, of the run that begins at the
 * local cell `first`: values of the field, or room[OttoRunCells()] where they do not stand in one
 * piece. `f` needs no ghosts but for axes that OttoHaloServes(). Not collective. */
static inline const PetscReal *OttoBeside(const OttoSurrounded *f, PetscInt axis, int side,
                                          PetscInt64 first, OttoBeyond beyond, PetscReal room[])
{
  const OttoGridInfo *g = f->g;
  const PetscInt64 step = side ? 1 : -1;
  const PetscBool periodic = g->boundary[axis] == OTTO_BOUNDARY_PERIODIC ? PETSC_TRUE : PETSC_FALSE;
  const PetscReal *own = f->own + first;
  PetscInt64 stride = 1;

  if (axis == g->dim - 1) return OttoBesideAlong(f, side, first, beyond, room);
  for (PetscInt j = axis + 1; j < g->dim; j++) stride *= g->local[j];
  const PetscInt64 at = g->first[axis] + first / stride % g->local[axis];
  if (!periodic && (side ? at == g->n[axis] - 1 : at == 0)) {
    if (beyond == OTTO_BEYOND_MIRROR) return own;
    memset(room, 0, (size_t)OttoRunCells(g) * sizeof *room);
    return room;
  }
  if (OttoHaloServes(g, axis)) return OttoRowBeside(f, axis, first, step);
  if (side ? at < g->n[axis] - 1 : at > 0) return own + step * stride;
  return own - step * (g->n[axis] - 1) * stride;
}
