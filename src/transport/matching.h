/*
 * Private to src/transport: matches what a plan sends to some cells too much with what it sends to
 * others too little, and finds the exact cost of doing so.
 *
 * Excess and deficits meet in ever larger blocks of cells. In a block, as much as can be is
 * coupled, each atom of excess with each deficit in proportion; the cost of such a coupling follows
 * exactly from masses, first and second moments, so that a block is a pack of numbers whatever is
 * in it. What is left moves up.
 */
#pragma once
#include "columns.h"

/**
 * Adds to *cost the least that is known of ½ Σ m |x - y|² for moving excess into deficits. Columns:
 * of a cell with an excess as they are; of one with a deficit minus its mass, then zeros. They are
 * destroyed. What rounding leaves on one side is taken to move half the box round on periodic axes
 * and from end to end on others. Collective; on any mesh, ranks change nothing but rounding.
 */
PETSC_INTERN PetscErrorCode OttoMatchExcess(OttoGrid grid, const OttoColumns *columns,
                                            PetscReal *cost);
