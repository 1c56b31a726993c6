/*
 * A march through the planes of a pair, halo planes included, that keeps the logarithms of the last
 * few. It may go tile by tile, a tile being some of a plane's rows (positions along axis 1), so
 * that what is kept stays in cache; the rows beside a tile, its margin, are then taken again.
 */
#pragma once
#include <otto/fisher.h>
#include "divergence_totals.h"
#include "grid/edges.h"

#define OTTO_GHOSTED_MAX 5 /* most slots */

/* Cells of a plane: those of the tile, and the logarithms of the margin's before and after them. */
typedef struct {
  const PetscReal *p, *q;
  const PetscReal *lp, *lq, *ratio; /* log p, log q, log(p/q) as OttoCellLogs() gives them; lp only
                                       with log_p below */
  PetscBool plain;                  /* every logarithm is finite */
} OttoPlane;

typedef struct {
  const OttoGridInfo *g;
  const OttoPair *pair;
  const OttoPairRule *rule;
  PetscInt width;          /* planes beyond the rank's own on either side */
  PetscInt slots;          /* planes whose logarithms are kept: the last that many taken */
  PetscInt64 row, rows;    /* cells of a row, rows of a plane */
  PetscInt64 tile, margin; /* most rows of a tile, rows of its margin on either side */
  PetscInt64 first, count; /* rows of the tile at work */
  OttoPairArrays own;
  OttoHalo halo;
  OttoSurrounded field[4];           /* p, q, log_p, log_q; the last two may be empty */
  PetscBool given[4];                /* the ghosts are the caller's */
  PetscReal *logs;                   /* [slots][3][tile + 2·margin][row] */
  PetscBool plain[OTTO_GHOSTED_MAX]; /* by slot */
  PetscBool log_p; /* whether log p is kept: set by the caller before the march, or at the first
                      plane that is not plain, for log p = log q + log(p/q) in the others */
  PetscBool has_log_p[OTTO_GHOSTED_MAX]; /* by slot */
} OttoGhosted;

/* Position i of an axis, wrapped or mirrored. */
PETSC_INTERN PetscInt64 OttoPositionBehind(const OttoGridInfo *g, PetscInt axis, PetscInt64 i);

/* Exchanges the halos, but of given[2], p and q with their ghosts (either, or both, NULL: none).
 * `tiles`: cut planes into tiles of rows; else the one tile is the plane.
 * Collective. */
PETSC_INTERN PetscErrorCode OttoGhostedCreate(OttoGrid grid, const OttoPair *pair,
                                              const OttoPairRule *rule, PetscInt width,
                                              PetscInt slots, PetscInt margin, PetscBool tiles,
                                              const OttoSurrounded *const given[],
                                              OttoGhosted *planes);
PETSC_INTERN PetscErrorCode OttoGhostedDestroy(OttoGhosted *planes);

/* Begins the march of the next tile; the first is there from the beginning. Returns whether there
 * is one. */
PETSC_INTERN PetscBool OttoGhostedNextTile(OttoGhosted *planes);

/* Takes the logarithms of local plane i, -width <= i < planes + width, in increasing order of i;
 * adds the tile's cells to *totals unless that is NULL. */
PETSC_INTERN void OttoGhostedTake(OttoGhosted *planes, PetscInt64 i, OttoTotals *totals);

/* Plane i, one of the last `slots` taken, from row `row` of the tile on. */
PETSC_INTERN OttoPlane OttoGhostedGet(OttoGhosted *planes, PetscInt64 i, PetscInt64 row);

/* Cell `by` of a plane's run and those after it. */
static inline OttoPlane OttoPlaneShift(OttoPlane a, PetscInt64 by)
{
  return (OttoPlane){a.p + by, a.q + by, a.lp + by, a.lq + by, a.ratio + by, a.plain};
}

/* Sees edges, whose lower cells are x's from 0 on and whose upper ones are y's. */
typedef void (*OttoPairEdgesVisit)(const OttoEdges *edges, OttoPlane x, OttoPlane y, void *context);
/* Sees n own cells from `cell` on. */
typedef void (*OttoPairCellsVisit)(PetscInt64 cell, PetscInt64 n, OttoPlane x, void *context);

/* What a walk over a pair does; what is NULL is left out. */
typedef struct {
  OttoPairEdgesVisit edges;
  OttoPairCellsVisit cells;    /* before the edges up from them */
  OttoTotals *totals;          /* the rule's sums over own cells */
  const OttoSurrounded *p, *q; /* with a layer of ghosts, where the caller has them */
  void *context;
} OttoPairVisitor;

/* One walk over a pair that takes each logarithm once: every own cell, and every edge whose lower
 * cell is the rank's own, as OttoEdgesWalk() without `below`, with the values and logarithms at
 * both ends. Collective. */
PETSC_INTERN PetscErrorCode OttoPairWalk(OttoGrid grid, const OttoPair *pair,
                                         const OttoPairRule *rule, const OttoPairVisitor *visitor);
