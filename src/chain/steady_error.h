/* Private to steady.c and tests: how wrong a steady state is, found without what made it. */
#pragma once
#include <otto/generator.h>

/**
 * An estimate of ‖π̂ - π‖₁ (at most 2), π̂ = exp(log_pi), meant never to be below it. Collective.
 * Four cycles of aggregation by the wells of π̂, in fewer boxes than it was found with, show what
 * mass is in the wrong well, however rarely it crosses: in boxes that follow wells the exchange
 * between them is a small sum of positive terms, no residual. What a cycle leaves is at most that
 * of a geometric series of ratio 0.9, or of the ratio seen where it is more; to it come rounding of
 * the elimination and, for barriers inside boxes, ‖Qᵀπ̂‖₁ over the least rate at which parts of a
 * box exchange mass. `boxes`: as π̂ was found.
 */
PETSC_INTERN PetscErrorCode OttoSteadyError(OttoGenerator generator, PetscInt boxes, Vec pi,
                                            const PetscReal log_pi[], PetscReal *error);

/**
 * The same for π̂ of detailed balance, edge by edge: every log(π_x Q_xy/(π_y Q_yx)) must be 0; twice
 * the largest where rounding of V/T and log π explains it, otherwise times the longest way on the
 * grid. Edges of which both cells underflow are left out. Collective.
 */
PETSC_INTERN PetscErrorCode OttoSteadyImbalance(OttoGenerator generator, const PetscReal log_pi[],
                                                PetscReal *error);

/**
 * The same for π̂ that is stationary without detailed balance, in closed form: in every cell the
 * gain must be the loss; the largest difference, relative, times the longest way on the grid. Where
 * rates are good to an epsilon each, π is to as many as there are cells, in theory and at the very
 * worst (O'Cinneide 1993). Collective.
 */
PETSC_INTERN PetscErrorCode OttoSteadyGain(OttoGenerator generator, const PetscReal log_pi[],
                                           PetscReal *error);
