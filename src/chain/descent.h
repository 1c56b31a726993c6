/* Private to passage*.c: ways for what a flow through a network has too much of, in cells of which
 * edges have conductances, to terminals.
 *
 * Every cell sends it over its best conducting edge among those to cells of more π, so downhill
 * into a well; beside a terminal into that. Bottoms of wells are joined to one another and to the
 * terminals by the edges between wells that conduct best (Kruskal 1956). So what goes over an edge
 * is all that is upstream of it: within wells, where that costs next to nothing, parts of the
 * excess of cells, and over a saddle the sum of a well, which is small where the excess is rounding
 * of large flows inside it.
 */
#pragma once
#include "grid/edges.h"
#include <otto/generator.h>

/** Where a cell sends what it has too much of, else OTTO_FACE(axis, side) of the cell. */
enum {
  OTTO_DESCENT_END = -1,    /**< to a terminal */
  OTTO_DESCENT_BOTTOM = -2, /**< nowhere */
  OTTO_DESCENT_CLOSED = -3  /**< it takes no part */
};

/** The network, and the ways. Arrays by edge are indexed by the lower cell's number
 * (grid/edges.h), [dim][local_cells + lower ghosts]. */
typedef struct {
  const OttoGridInfo *g;
  OttoHalo halo;
  PetscReal *const *along; /* conductances; not its own */
  const PetscInt64 *end; /* [local_cells] which terminal a cell is beside, -1: none; not its own */
  PetscReal *number;     /* global numbers of cells and ghosts */
  PetscReal *to;         /* [local_cells] see above */
  PetscReal *basin;      /* [local_cells] 0: that of the terminals, 1 …: of every bottom */
  PetscInt64 basins;     /* bottoms in the whole grid */
  PetscInt64 *order;     /* own cells that take part, those upstream first */
  PetscInt64 cells;      /* of them there are */
} OttoDescent;

/** Of own cells where `open`, by the log π of the field. Collective. */
PETSC_INTERN PetscErrorCode OttoDescentCreate(OttoGrid grid, PetscReal *const along[],
                                              const PetscInt64 end[], const PetscBool open[],
                                              Vec log_pi, OttoDescent *d);
PETSC_INTERN PetscErrorCode OttoDescentDestroy(OttoDescent *d);
/** Adds to `flow` (by edges, upwards) what brings the excess of whole basins to the terminals, over
 * the edges between basins alone, and takes it out of excess[local_cells]. Collective. */
PETSC_INTERN PetscErrorCode OttoDescentJoin(const OttoDescent *d, PetscReal excess[],
                                            PetscReal *const flow[]);
/** Adds to `flow`, and to end_flow[terminals] by their numbers, what brings all excess down;
 * excess[local_cells] is left at bottoms. Collective. */
PETSC_INTERN PetscErrorCode OttoDescentPush(const OttoDescent *d, PetscReal excess[],
                                            PetscReal *const flow[], PetscReal end_flow[]);

/** Number, in arrays by edge, of the edge that own cell c has at a face, its neighbour y there. */
static inline PetscInt64 OttoDescentEdge(PetscInt64 c, PetscInt face, PetscInt64 y)
{
  return face % 2 ? c : y;
}
