/* Private to steady.c, resolvent*.c and tests: a stationary density, or that of a chain with a
 * source, relative in every cell, by aggregation and disaggregation. */
#pragma once
#include <otto/generator.h>

typedef struct _n_OttoAggregation *OttoAggregation;

/** Boxes of cells, at most `boxes` of them (cells themselves where they are fewer). Collective. */
PETSC_EXTERN PetscErrorCode OttoAggregationCreate(OttoGenerator generator, PetscInt boxes,
                                                  OttoAggregation *aggregation);
PETSC_EXTERN PetscErrorCode OttoAggregationDestroy(OttoAggregation *aggregation);

/** Bytes this rank holds. */
PETSC_INTERN size_t OttoAggregationBytes(OttoAggregation aggregation);

/** From now on (σ - Qᵀ)x = f, f ≥ 0 not all 0, instead of Qᵀπ = 0: a chain that returns from every
 * cell at the rate σ, and from absorbing faces, to a source that feeds f. log_f, -inf where f is 0,
 * is kept, not copied. Not collective. */
PETSC_EXTERN void OttoAggregationSetSource(OttoAggregation aggregation, PetscReal sigma,
                                           const PetscReal log_f[]);

/** From now on boxes that follow the wells of log_pi instead of the grid (OttoWells()): a barrier
 * inside a box is one that neither the balance between boxes nor sweeps can see across. *slowest:
 * the least rate at which parts of a box exchange mass (inf: boxes are cells). Collective. */
PETSC_EXTERN PetscErrorCode OttoAggregationFollowWells(OttoAggregation aggregation,
                                                       const PetscReal log_pi[],
                                                       PetscReal *slowest);

/** One cycle on log π (any normalisation) or log x: the masses of the boxes from the balance
 * between them, then `sweeps` damped Jacobi sweeps of the balance of cells. Sums of positive terms
 * throughout, and nothing underflows: π keeps its relative accuracy in every cell. *change: largest
 * |Δ log π| beyond a common factor, or |Δ log x|. Collective. */
PETSC_EXTERN PetscErrorCode OttoAggregationCycle(OttoAggregation aggregation, PetscInt sweeps,
                                                 PetscReal log_pi[], PetscReal *change);
