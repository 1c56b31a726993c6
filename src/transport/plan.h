/*
 * Private to src/transport: what a map proves. Of any map of cells a plan between the atoms of two
 * densities is made, feasible to rounding, and its cost is found exactly: an upper bound of the
 * least cost, whatever the map.
 */
#pragma once
#include "current.h"

/**
 * Half the squared distance over a plan from p to q: Σ m ½|x - y|², in the grid's units, x and y
 * centres of cells, on periodic axes by an image of y (the nearest to x where that is cheap to
 * know: an upper bound of the wrapped cost in any case). Local cell c's atom p[c] h^d is split over
 * the cells that its box from lower[j][c] to upper[j][c] meets, as OttoBoxesDeposit() spreads it;
 * where `poisson` is given, atoms then move on towards q, as a whole (OttoCarry()) and
 * from cell to neighbour (OttoRelay()); of what a cell still has beyond its q, atoms leave in equal
 * proportion for cells that have too little (OttoMatchExcess()). Collective; on any mesh, ranks
 * change nothing but rounding.
 *
 * poisson: NULL where there is none, or where the map is known to be right. p, q: [local_cells], ≥
 * 0, whose masses agree to rounding; what rounding leaves moves the largest distance there is.
 * lower, upper: [dim] fields of local_cells each, in cells from the lower face. OTTO_ERR_NUMERICAL:
 * an end is NaN or infinite.
 */
PETSC_EXTERN PetscErrorCode OttoPlanCost(OttoGrid grid, const OttoPlanPoisson *poisson,
                                         const PetscReal p[], const PetscReal q[],
                                         const PetscReal *const lower[],
                                         const PetscReal *const upper[], PetscReal *cost);
