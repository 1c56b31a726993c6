/*
 * The edges of the grid as a graph: cells are nodes, neighbours along an axis are joined. One walk
 * for matrices, dissipations and currents, in any number of dimensions.
 *
 * Cells are numbered as a halo of one layer does: the rank's own, then the ghosts.
 */
#pragma once
#include <otto/halo.h>
#include <float.h>
#include <math.h>

/* n edges, from cell x+i up along `axis` to cell y+i, 0 <= i < n. On a periodic axis the last
 * cell's upper neighbour is the first. */
typedef struct {
  PetscInt axis;
  PetscInt64 n, x, y;
} OttoEdges;

typedef void (*OttoEdgesVisit)(const OttoEdges *edges, void *context);

/** The edges between cells that share position i on axis 0, 0 <= i < local[0]: those whose lower
 * cell is the rank's own; with `below` also those whose upper one is. An axis of one cell has none,
 * a periodic axis of two has two between the same pair, as the chain has. Not collective. */
PETSC_INTERN void OttoEdgesOfPlane(const OttoGridInfo *g, PetscInt64 i, PetscBool below,
                                   OttoEdgesVisit visit, void *context);

/** Whether an edge leads from position `at` of an axis (-1 … local-1, from the rank's first on) up
 * to the next; false at a wall. Not collective. */
PETSC_INTERN PetscBool OttoEdgesLeadUp(const OttoGridInfo *g, PetscInt axis, PetscInt64 at);

/** Every edge whose lower cell is the rank's own, in order of position on axis 0; with `below` also
 * those whose upper cell alone is, in front of the others of their position. Not collective. */
PETSC_INTERN void OttoEdgesWalk(const OttoGridInfo *g, PetscBool below, OttoEdgesVisit visit,
                                void *context);

/** Lower ghosts of one layer: arrays by edge, indexed by the lower cell's number, have
 * local_cells and that many entries. Not collective. */
static inline PetscInt64 OttoEdgesLowerGhosts(const OttoGridInfo *g)
{
  const PetscBool whole = g->mesh[1] == 1;

  if (!g->local_cells) return 0;
  return (g->local[1] + (whole ? 0 : 2 + g->local[0])) * g->row_cells;
}

/** Number of the neighbour of own cell `cell` on an axis, above it (side 1) or below (side -1); -1
 * where there is none. Not collective. */
PETSC_INTERN PetscInt64 OttoEdgesNeighbour(const OttoGridInfo *g, PetscInt64 cell, PetscInt axis,
                                           int side);

/* Logarithm of a rate along an edge where rate/back = e^z, true where the rate underflows; -inf
 * where the edge is closed that way. */
static inline PetscReal OttoLogRate(PetscReal rate, PetscReal back, PetscReal z)
{
  if (rate >= DBL_MIN) return log(rate);
  return back >= DBL_MIN ? log(back) + z : -INFINITY;
}
