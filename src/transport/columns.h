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
