/*
 * Geometric multigrid for σ - M, M = W⁻¹QᵀW a generator's matrix on the grid, through PETSc's PCMG.
 *
 * The coarse cells of an axis are the fine cells 0, 2, 4 …; the others are interpolated from their
 * coarse neighbours by weights taken from the operator (multigrid_interpolation.c), so that wells,
 * slopes and barriers keep their exchange of mass, sets and faces what they absorb, on every level.
 * u = w r is interpolated by way of r, w the vector that a constant becomes under the scaling.
 * Coarse operators are Galerkin products: Pᵀ(σ - M)P = σ PᵀP - PᵀMP, 27 points at most, both
 * computed once for a generator's state and added for every σ. One symmetric SOR sweep before and
 * one after the coarse correction, with an exchange between forth and back (multigrid_sweeps.h):
 * the cycle is symmetric where M is.
 *
 * An axis of one cell, or whose coupling D/h² is below a quarter of the strongest of a level, is
 * not coarsened there. A coarse plane is owned by the rank that owns fine plane 2I.
 */
#pragma once
#include <otto/field.h>
#include <petscksp.h>

typedef struct _n_OttoMultigrid *OttoMultigrid;

/** The hierarchy for a grid; coupling[dim] = D/h² of each axis. Collective. */
PETSC_INTERN PetscErrorCode OttoMultigridCreate(OttoGrid grid, const PetscReal coupling[],
                                                OttoMultigrid *multigrid);
PETSC_INTERN PetscErrorCode OttoMultigridDestroy(OttoMultigrid *multigrid);
/** Levels, the finest included. */
PETSC_INTERN PetscInt OttoMultigridLevels(OttoMultigrid multigrid);

/** Interpolations and Galerkin products for minus_M = -M. w: positive, one value per cell,
 * neighbours within 1e250 of each other; NULL for w = 1. Collective. */
PETSC_INTERN PetscErrorCode OttoMultigridSetOperator(OttoMultigrid multigrid, Mat minus_M, Vec w);
/** The coarse operators for σ. Collective. */
PETSC_INTERN PetscErrorCode OttoMultigridSetShift(OttoMultigrid multigrid, PetscReal sigma);
/** Hands the levels to `pc`, a PCMG whose number of levels is set (at most OttoMultigridLevels())
 * and whose operators are the finest's. mg_levels_* and mg_coarse_* options win. Collective. */
PETSC_INTERN PetscErrorCode OttoMultigridAttach(OttoMultigrid multigrid, PC pc);

/** Work of one cycle, in matrix entries touched over those of the finest operator (an application
 * of it is 1); the direct solve counts as its matrix. Collective. */
PETSC_INTERN PetscErrorCode OttoMultigridWork(OttoMultigrid multigrid, PC pc, PetscReal *work);
/** Bytes this rank holds. */
PETSC_INTERN size_t OttoMultigridBytes(OttoMultigrid multigrid);
/** Bytes of this rank's part of an AIJ matrix. */
PETSC_INTERN PetscErrorCode OttoMatrixBytes(Mat A, size_t *bytes);
