/* Private to steady*.c and its tests: a stationary density by aggregation and disaggregation. */
#pragma once
#include <otto/generator.h>

typedef struct _n_OttoAggregation *OttoAggregation;

/** Boxes of cells, at most `boxes` of them (cells themselves where they are fewer). Collective. */
PETSC_INTERN PetscErrorCode OttoAggregationCreate(OttoGenerator generator, PetscInt boxes,
                                                  OttoAggregation *aggregation);
PETSC_INTERN PetscErrorCode OttoAggregationDestroy(OttoAggregation *aggregation);

/** One cycle on log π (any normalisation): the masses of the boxes from the balance between them,
 * then `sweeps` damped Jacobi sweeps of the balance of cells. Sums of positive terms throughout, and
 * nothing underflows: π keeps its relative accuracy in every cell. *change: largest |Δ log π| beyond
 * a common factor. Collective. */
PETSC_INTERN PetscErrorCode OttoAggregationCycle(OttoAggregation aggregation, PetscInt sweeps,
                                                 PetscReal log_pi[], PetscReal *change);
