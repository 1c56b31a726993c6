/*
 * Private to src/transport: optimal transport on one axis, by quantiles.
 */
#pragma once
#include <otto/field.h>

/** The optimal plan between the atoms of p and q, densities of mass 1 in [local_cells], on a grid
 * of one axis. Without periods it is the monotone one; on a circle monotone as well, with the shift
 * of mass at which the cost, which is convex in it, is least (Delon, Salomon and Sobolevski 2010).
 * phi[local_cells] (length²): a potential of p, optimal up to rounding. lower, upper[local_cells]:
 * the image, in cells, of every cell under the monotone map between the densities constant on
 * cells; middle[local_cells]: that of its centre, where a sliver of its mass goes far not the
 * middle of both. *cost: Σ m ½|x−y|² over the plan. Collective. */
PETSC_INTERN PetscErrorCode OttoQuantiles(OttoGrid grid, const PetscReal p[], const PetscReal q[],
                                          PetscReal phi[], PetscReal lower[], PetscReal upper[],
                                          PetscReal middle[], PetscReal *cost);

/** out[local_cells]: the density of ((1−s) id + s T)# p, s = `share`, T the monotone map of that
 * plan between the densities constant on cells: p at 0, q at 1, to rounding, torn cells too.
 * room[2]: [local_cells] each, written over. Collective. */
PETSC_INTERN PetscErrorCode OttoQuantilesFrame(OttoGrid grid, const PetscReal p[],
                                               const PetscReal q[], PetscReal share,
                                               PetscReal out[], PetscReal *const room[2]);
