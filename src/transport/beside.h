/*
 * Private to transport: the neighbours of a run of cells along the last axis, on a grid of 2 or 3
 * axes whose ranks are all on the first (a twin). A stencil is then written once for all axes and
 * cells: loops over runs whose neighbours stand in arrays.
 */
#pragma once
#include <otto/halo.h>
#include <string.h>

/* What stands beyond a wall: the cell at the wall itself (a field continued evenly), or 0 (what
 * flows). */
typedef enum { OTTO_BEYOND_MIRROR, OTTO_BEYOND_ZERO } OttoBeyond;

/* Cells of a run: all of the last axis. */
static inline PetscInt64 OttoRunCells(const OttoGridInfo *g)
{
  return g->n[g->dim - 1];
}

/* The neighbours, below (side 0) or above (side 1) along `axis`, of the run that begins at the
 * local cell `first`: values of the field, or room[OttoRunCells()] where they do not stand in one
 * piece. `f` needs no ghosts but for axis 0. Not collective. */
static inline const PetscReal *OttoBeside(const OttoSurrounded *f, PetscInt axis, int side,
                                          PetscInt64 first, OttoBeyond beyond, PetscReal room[])
{
  const OttoGridInfo *g = f->g;
  const PetscInt64 run = OttoRunCells(g), step = side ? 1 : -1;
  const PetscBool periodic = g->boundary[axis] == OTTO_BOUNDARY_PERIODIC ? PETSC_TRUE : PETSC_FALSE;
  const PetscReal *own = f->own + first;
  PetscInt64 stride = 1, at;

  if (axis == g->dim - 1) { /* along the run itself */
    const PetscReal wall = beyond == OTTO_BEYOND_ZERO ? 0 : side ? own[run - 1] : own[0];
    const size_t rest = (size_t)(run - 1) * sizeof *room;
    if (side) {
      memcpy(room, own + 1, rest);
      room[run - 1] = periodic ? own[0] : wall;
    } else {
      memcpy(room + 1, own, rest);
      room[0] = periodic ? own[run - 1] : wall;
    }
    return room;
  }
  for (PetscInt j = axis + 1; j < g->dim; j++) stride *= g->n[j];
  at = axis ? first / stride % g->n[axis] : g->first[0] + first / stride;
  if (!periodic && (side ? at == g->n[axis] - 1 : at == 0)) {
    if (beyond == OTTO_BEYOND_MIRROR) return own;
    memset(room, 0, (size_t)run * sizeof *room);
    return room;
  }
  if (axis == 0) {
    const PetscInt64 plane = first / stride;
    return OttoSurroundedAt(f, OttoHaloRow(g, 1, plane + step, 0)) + first % stride;
  }
  if (side ? at < g->n[axis] - 1 : at > 0) return own + step * stride;
  return own - step * (g->n[axis] - 1) * stride;
}
