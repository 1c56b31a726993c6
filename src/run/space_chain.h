/* The generator of the options on the coarser grids of run/space.h. */
#pragma once
#include "space.h"
#include <otto/generator.h>

/** What of `fine`, which has no targets, belongs to its cells, on coarser grid i: V where its
 * values do, or some cells are closed, or formulas have steps, M[dim] where its mobility does,
 * f[dim] where its drift does; by means that keep the Gibbs state and layers in a row, and over the
 * open cells. NULL where the options say all, and on ranks without that grid. Collective on the
 * fine grid's ranks. */
PETSC_EXTERN PetscErrorCode OttoSpaceChainFields(const OttoSpace *space, PetscInt i,
                                                 OttoGenerator fine, Vec *V, Vec M[], Vec f[]);

/** Marks the comparison rough where walls of a formula end between faces of `fine`, or a formula
 * steps between its centres (space_steps.h): coarser grids have them where they are, unless V
 * depends on time. Collective on the fine grid's ranks;
 * OTTO_ERR_INPUT. */
PETSC_EXTERN PetscErrorCode OttoSpaceChainWalls(OttoSpace *space, OttoGenerator fine);

/** Of p, set up anew on coarser grid i (NULL on ranks without), what is in the open share of cells
 * that such walls cut, with the same mass. Collective on the fine grid's ranks; OTTO_ERR_INPUT. */
PETSC_EXTERN PetscErrorCode OttoSpaceChainOpen(const OttoSpace *space, PetscInt i,
                                               OttoGenerator fine, Vec p);

/** The generator of the options on a coarser grid with these, set up, where edges lead over steps
 * (if `fine` has some: OttoSpace.steps) and cells are as warm as formulas say; on the grid of
 * `fine` as they do and are there. Collective on the ranks that have the grid. OTTO_ERR_INPUT. */
PETSC_EXTERN PetscErrorCode OttoSpaceChainGenerator(OttoGrid grid, OttoGenerator fine,
                                                    PetscBool steps, Vec V, const Vec M[],
                                                    const Vec f[], OttoGenerator *coarse);

/** The logarithmic Gibbs state -V/T of cells, V being that of a potential on a grid, none of which
 * is closed; in cells beside a step of its formula of the mean of exp(-V/T) over them. *steps:
 * whether there is one. Collective; OTTO_ERR_INPUT. */
PETSC_EXTERN PetscErrorCode OttoSpaceChainGibbs(OttoGrid grid, OttoPotential potential, PetscReal T,
                                                Vec V, Vec log_gibbs, PetscBool *steps);
