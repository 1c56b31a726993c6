/** @file
 * Points anywhere in a grid's box, and the cells around them: masses are deposited on the cells,
 * and values of cells are read back at the points, with the same weights.
 *
 * Weights are linear between cell centres (cloud-in-cell: a point shares itself between the two
 * nearest cells of every axis; Hockney and Eastwood 1988, 5-3). Beyond a periodic face the cells
 * wrap round; beyond any other they are the cell at the edge, so that mass is kept and a constant
 * is read as it is. Depositing and reading are transposes of each other.
 */
#pragma once
#include <otto/grid.h>

/** Points in a grid's box, connected to the cells around them. */
typedef struct _n_OttoPoints *OttoPoints;

/** Connects this rank's points, x[count][dim] inside the box, to the ranks that own the cells
 * around them; any rank may have any points, or none. Collective. OTTO_ERR_INPUT: count · 2^dim
 * beyond this PETSc's index type on some rank. */
PETSC_EXTERN PetscErrorCode OttoPointsCreate(OttoGrid grid, PetscInt64 count, const PetscReal x[],
                                             OttoPoints *points);
/** Frees them. Collective. */
PETSC_EXTERN PetscErrorCode OttoPointsDestroy(OttoPoints *points);

/** Adds what the points of all ranks weigh to the cells: values[local_cells] += their shares.
 * mass[count], of this rank's points; NULL: 1 each. Collective. */
PETSC_EXTERN PetscErrorCode OttoPointsDeposit(OttoPoints points, const PetscReal mass[],
                                              PetscReal values[]);

/** Reads a field at the points: at[count] from values[local_cells], by linear interpolation between
 * cell centres, of second order in the cell width. Collective. */
PETSC_EXTERN PetscErrorCode OttoPointsRead(OttoPoints points, const PetscReal values[],
                                           PetscReal at[]);

/** The cells `width` on every axis around this rank's points (2, 4 or 6 of them; of shorter axes as
 * many as there are), x[dim][count], to be read by Lagrange polynomials through them: of order
 * `width` in the cell width. Round periodic axes (points may be any number of turns away);
 * one-sided near the ends of others, whose points lie in the box. A point whose coordinates are not
 * finite reads NaN. For OttoPointsStencilRead() alone. Collective. OTTO_ERR_INPUT as
 * OttoPointsCreate(). */
PETSC_EXTERN PetscErrorCode OttoPointsCreateStencil(OttoGrid grid, PetscInt64 count,
                                                    const PetscReal *const x[], PetscInt width,
                                                    OttoPoints *points);
/** at[count] from values[local_cells]; lower (may be NULL): the same of two cells fewer an axis,
 * whose difference says what both err by. A value that is not finite among the cells makes both
 * NaN. Collective. OTTO_ERR_STATE: points of OttoPointsCreate(). */
PETSC_EXTERN PetscErrorCode OttoPointsStencilRead(OttoPoints points, const PetscReal values[],
                                                  PetscReal at[], PetscReal lower[]);
