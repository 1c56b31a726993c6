/*
 * The edges of the grid as a graph: cells are nodes, neighbours along an axis are joined. One walk
 * for matrices, dissipations and currents, in any number of dimensions.
 *
 * Local cell numbers: 0 … local_cells-1 are the rank's own, -plane_cells … -1 the plane below its
 * first, local_cells … the plane above its last (OttoHalo's order, which wraps round on a periodic
 * axis 0).
 */
#pragma once
#include <otto/grid.h>
#include <float.h>
#include <math.h>

/* n edges, from cell x+i up along `axis` to cell y+i, 0 <= i < n. On a periodic axis the last
 * cell's upper neighbour is the first. */
typedef struct {
  PetscInt axis;
  PetscInt64 n, x, y;
} OttoEdges;

typedef void (*OttoEdgesVisit)(const OttoEdges *edges, void *context);

/** The edges inside own plane i (axes 1 and up). An axis of one cell has none, a periodic axis of
 * two has two between the same pair, as the chain has. */
PETSC_INTERN void OttoEdgesOfPlane(const OttoGridInfo *g, PetscInt64 i, OttoEdgesVisit visit,
                                   void *context);

/** Whether edges lead from plane i (-1 … planes-1) up to the next; false at a wall. */
PETSC_INTERN PetscBool OttoEdgesLeadUp(const OttoGridInfo *g, PetscInt64 i);

/** Every edge whose lower cell is the rank's own, plane by plane; with `below`, first those that
 * lead from the plane below into its first plane. Not collective. */
PETSC_INTERN void OttoEdgesWalk(const OttoGridInfo *g, PetscBool below, OttoEdgesVisit visit,
                                void *context);

/* A field and the planes around it (OttoHalo of width 1) as runs of edges see it. */
typedef struct {
  const OttoGridInfo *g;
  const PetscReal *own, *below, *above;
} OttoSurrounded;

/** Where the values of a run that starts at `cell` begin; a run never leaves own cells or a plane.
 */
static inline const PetscReal *OttoSurroundedAt(const OttoSurrounded *f, PetscInt64 cell)
{
  if (cell < 0) return f->below + cell + f->g->plane_cells;
  return cell < f->g->local_cells ? f->own + cell : f->above + cell - f->g->local_cells;
}

/* Logarithm of a rate along an edge where rate/back = e^z, true where the rate underflows; -inf
 * where the edge is closed that way. */
static inline PetscReal OttoLogRate(PetscReal rate, PetscReal back, PetscReal z)
{
  if (rate >= DBL_MIN) return log(rate);
  return back >= DBL_MIN ? log(back) + z : -INFINITY;
}
