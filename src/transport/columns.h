/*
 * Private to src/transport: a plan seen from its targets. The column of a cell y has the sums over
 * the atoms that a plan sends there, of which the cost of the plan follows exactly.
 */
#pragma once
#include <otto/grid.h>

/** Fields of a column at most: mass, first moments, second moment. */
#define OTTO_COLUMN_FIELDS 5

/** Columns of this rank's cells, over atoms of mass m at x: sum[0] is Σ m, sum[1 + j] is
 * Σ m (x - y)_j, sum[1 + dim] is Σ m |x - y|², in the grid's units; x an image of its cell where an
 * axis is periodic. */
typedef struct {
  PetscInt fields; /* dim + 2 */
  PetscReal *sum[OTTO_COLUMN_FIELDS];
} OttoColumns;

/** Empty columns, for grids of up to three axes. Collective. */
PETSC_INTERN PetscErrorCode OttoColumnsCreate(OttoGrid grid, OttoColumns *columns);
/** Frees them; those never created are left alone. Not collective. */
PETSC_INTERN PetscErrorCode OttoColumnsDestroy(OttoColumns *columns);
/** Swaps two. Not collective. */
PETSC_INTERN void OttoColumnsSwap(OttoColumns *a, OttoColumns *b);

/**
 * Spreads every column evenly over a box of cells, as OttoBoxesDeposit() spreads a mass: each of
 * its atoms in the same parts, so that sums about the new cells follow exactly. to += the parts of
 * `from`. On periodic axes a way between cells is taken the shorter way round. Collective; on any
 * mesh, ranks change nothing but rounding. lower, upper: [dim] fields [local_cells], in cells; not
 * looked at where a column is empty. OTTO_ERR_NUMERICAL: an end is NaN or infinite.
 */
PETSC_INTERN PetscErrorCode OttoColumnsSpread(OttoGrid grid, const OttoColumns *from,
                                              const PetscReal *const lower[],
                                              const PetscReal *const upper[], OttoColumns *to);
