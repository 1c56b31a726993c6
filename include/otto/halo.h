/** @file
 * Ghost layers: the cells beyond a rank's own box, as the ranks have them that own those.
 *
 * The distributed axes have them: axis 0, and axis 1 where the mesh cuts it. Beyond a periodic face
 * they wrap round; beyond any other they are the mirror image (even reflection: cell -1-k is cell
 * k). Other axes are whole on every rank.
 *
 * Numbers of cells: 0 … local_cells-1 are the rank's own in C order; the ghosts follow, row by row
 * (a row: the cells that share their positions on axes 0 and 1). First those below the box on axis
 * 0, with their corners, and on axis 1, then those above it on axis 0 and on axis 1.
 */
#pragma once
#include <otto/grid.h>
#include <petscvec.h>

/** Ghost layers of one width, of a grid. */
typedef struct _n_OttoHalo *OttoHalo;

/** A field and the ghosts around it. */
typedef struct {
  const OttoGridInfo *g; /**< the grid's facts */
  const PetscReal *own;  /**< [local_cells] */
  PetscReal *ghost;      /**< [OttoHaloCells()]; the halo's */
} OttoSurrounded;

/** The grid's halo of `width` layers (at least 1): made when it is first asked for, kept by the
 * grid, destroyed with it. Ranks may own fewer cells of an axis than `width`, or none. Collective.
 */
PETSC_EXTERN PetscErrorCode OttoGridGetHalo(OttoGrid grid, PetscInt width, OttoHalo *halo);

/** Ghosts of this rank; 0 where it owns no cell. Not collective. */
PETSC_EXTERN PetscInt64 OttoHaloCells(OttoHalo halo);

/** Surrounds own[local_cells] by its ghosts, in a buffer that the halo lends: give it back with
 * OttoHaloRelease(). Collective. A buffer that cannot be had on one
 * rank fails on all. */
PETSC_EXTERN PetscErrorCode OttoHaloSurround(OttoHalo halo, const PetscReal own[],
                                             OttoSurrounded *field);

/** Gives the ghosts back; *field is empty afterwards. One that is empty is left alone. Not
 * collective. */
PETSC_EXTERN PetscErrorCode OttoHaloRelease(OttoHalo halo, OttoSurrounded *field);

/** The same of a Vec, whose array is read until OttoFieldRelease(). Collective. */
PETSC_EXTERN PetscErrorCode OttoFieldSurround(OttoHalo halo, Vec v, OttoSurrounded *field);
/** Gives them back, and the array. Collective. */
PETSC_EXTERN PetscErrorCode OttoFieldRelease(OttoHalo halo, Vec v, OttoSurrounded *field);

/** Global numbers of own cells and ghosts, as reals (exact below 2^53): numbers[local_cells +
 * OttoHaloCells()], to be freed with PetscFree(). Collective. */
PETSC_EXTERN PetscErrorCode OttoHaloNumbers(OttoHalo halo, PetscReal **numbers);

/** Number of the first cell of a row. i, j: positions on axes 0 and 1 from the rank's first cell
 * on, by at most `width` outside its box on the axes that have ghosts. Not collective. */
static inline PetscInt64 OttoHaloRow(const OttoGridInfo *g, PetscInt width, PetscInt64 i,
                                     PetscInt64 j)
{
  const PetscInt64 beside = g->mesh[1] > 1 ? width : 0, *local = g->local;
  const PetscInt64 rows = local[1] + 2 * beside, lower = width * rows + local[0] * beside;
  PetscInt64 ghost;

  if (i < 0)
    ghost = (i + width) * rows + j + beside;
  else if (i >= local[0])
    ghost = lower + (i - local[0]) * rows + j + beside;
  else if (j < 0)
    ghost = width * rows + i * beside + j + beside;
  else if (j >= local[1])
    ghost = lower + width * rows + i * beside + j - local[1];
  else
    return (i * local[1] + j) * g->row_cells;
  return g->local_cells + ghost * g->row_cells;
}

/** Whether an axis has ghosts; any other is whole on every rank. Not collective. */
static inline PetscBool OttoHaloServes(const OttoGridInfo *g, PetscInt axis)
{
  return axis == 0 || (axis == 1 && g->mesh[1] > 1) ? PETSC_TRUE : PETSC_FALSE;
}

/** Positions at[dim] of an own cell from the rank's first cell on. Not collective. */
static inline void OttoHaloPosition(const OttoGridInfo *g, PetscInt64 cell, PetscInt64 at[])
{
  OttoGridCellIndex(g, cell, at);
  for (PetscInt j = 0; j < g->dim; j++) at[j] -= g->first[j];
}

/** Number of the cell at[dim], positions from the rank's first cell on as above. Not collective. */
static inline PetscInt64 OttoHaloCell(const OttoGridInfo *g, PetscInt width, const PetscInt64 at[])
{
  PetscInt64 inside = 0;

  for (PetscInt j = 2; j < g->dim; j++) inside = inside * g->n[j] + at[j];
  return OttoHaloRow(g, width, at[0], g->dim > 1 ? at[1] : 0) + inside;
}

/** The value of a cell by its number, and of those after it in its run. Not collective. */
static inline const PetscReal *OttoSurroundedAt(const OttoSurrounded *f, PetscInt64 cell)
{
  return cell < f->g->local_cells ? f->own + cell : f->ghost + (cell - f->g->local_cells);
}
