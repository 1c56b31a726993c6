/* Where a formula of the potential says that walls (closed cells) end, and steps are, of which
 * cells know no more than their centres. */
#pragma once
#include <otto/generator.h>

/** Of every cell of `fine` the share of its volume that is open, into `share`; its logarithmic
 * Gibbs state over that share, into `log_gibbs` (-inf in closed cells): by the formula where cells
 * beside each other are open and closed or a step lies between them, by the centre elsewhere; with
 * a T log M in it where a formula's M is in V. Masks and files close whole cells. *off: the most
 * that a share differs by from what the centre says, 0 where all walls are at faces. Collective;
 * OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoSpaceWalls(OttoGenerator fine, Vec share, Vec log_gibbs,
                                           PetscReal *off);

/** The logarithmic Gibbs state -V/T of cells, V being that of a potential on a grid, none of which
 * is closed; in cells beside a step of its formula of the mean of exp(-V/T) over them. *steps:
 * whether there is one. Collective; OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoSpaceWallsOf(OttoGrid grid, OttoPotential potential, PetscReal T,
                                             Vec V, Vec log_gibbs, PetscBool *steps);
