/*
 * Factorisations of a matrix on the grid, for grids small enough that one pays: a Cholesky or an LU
 * without pivoting. M-matrices that are diagonally dominant by columns, and what diagonal scalings
 * make of them, need none (Funderlic and Plemmons 1981); and as their factors are M-matrices, both
 * substitutions add terms of one sign where the right side has one: what rounding leaves is small
 * relative to every cell, far tails included.
 *
 * On several ranks each holds all of it: at these sizes a solve by everyone is faster than what it
 * would take to share one, and no number depends on how it was shared.
 */
#pragma once
#include <otto/grid.h>
#include <petscksp.h>

/** Whether factors of a matrix on this grid fit and solve faster than a multigrid does. Not
 * collective. */
PETSC_INTERN PetscBool OttoFactorsFit(const OttoGridInfo *g);

/** Factorisations that may be kept at a time; not more than `most`. Not collective. */
PETSC_INTERN PetscInt OttoFactorsRoom(const OttoGridInfo *g, PetscInt most);

/** Solves by multigrid that take as long as making the first factors. Not collective. */
PETSC_INTERN PetscInt OttoFactorsPay(const OttoGridInfo *g);

/** Factorises A, whose graph is the grid's edges. *ksp: NULL, then a new solver that applies the
 * factors; or one of before, of a matrix of the same pattern, whose ordering serves again. The
 * factors stay what they are when A changes. *done: false where a pivot was 0 or memory did not do;
 * *ksp is NULL then. Collective. */
PETSC_INTERN PetscErrorCode OttoFactorise(const OttoGridInfo *g, Mat A, PetscBool symmetric,
                                          KSP *ksp, PetscBool *done);

/** Sets pc up with factors of A that all ranks share (MUMPS). counted: MatGetInertia() serves.
 * *done: false where it failed. Collective. */
PETSC_INTERN PetscErrorCode OttoFactorsByMumps(Mat A, PetscBool symmetric, PetscBool counted, PC pc,
                                               PetscBool *done);

/** Factorises A for a new *ksp, the factors shared by all ranks (MUMPS): any size that fits into
 * memory. Collective. OTTO_ERR_SOLVER: it failed. */
PETSC_INTERN PetscErrorCode OttoFactoriseShared(Mat A, PetscBool symmetric, KSP *ksp);

/** Entries of the factors that a solve touches on this rank. Not collective. */
PETSC_INTERN PetscErrorCode OttoFactorsEntries(KSP ksp, PetscReal *entries);
