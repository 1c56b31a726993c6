/* Private to steps.c: the error of a step whose residual is rounding's. */
#pragma once
#include "chain/aggregation.h"

/**
 * An estimate of the L1 error of `after` as (1 - dt Qᵀ)⁻¹ before, relative to the mass of `before`.
 * With long steps rounding alone leaves a residual of ε dt ‖Q‖₁, which bounds the error and is
 * nothing like it: mass in the wrong well, or none. As OttoSteadyError(): cycles of aggregation by
 * the wells of `after`, of the chain with a source, sums of positive terms however long the step.
 * *aggregation: NULL at first; kept for the next call. Collective.
 */
PETSC_INTERN PetscErrorCode OttoSolveError(OttoGenerator generator, PetscReal dt, Vec before,
                                           Vec after, OttoAggregation *aggregation,
                                           PetscReal *error);
