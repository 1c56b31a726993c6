/** @file
 * The steady state of a generator, Qᵀπ = 0, π > 0, mass 1 (MATHEMATICS 7.1).
 */
#pragma once
#include <otto/resolvent.h>

/** How well a steady state is known. */
typedef struct {
  PetscReal residual; /**< ‖Qᵀπ‖₁ / ‖Q‖₁: of the density's mass 1 */
  PetscReal error; /**< estimate of ‖π̂ - π‖₁, meant never to be below it (steady_error.h) */
  PetscReal change; /**< largest |Δ log π| of a cell in the last cycle: relative, in tails as in
                       wells; 0 for the closed form */
  PetscInt iterations;   /**< cycles of aggregation; 0 for the closed form */
  PetscInt linear;       /**< Krylov iterations in all */
  PetscBool closed_form; /**< exp(-V/T): OttoGeneratorKeepsGibbs() */
} OttoSteadyReport;

/**
 * π and its logarithm. Collective. Closed form exp(-V/T) where the generator keeps it; otherwise
 * iterative aggregation and disaggregation (Koury, McAllister and Stewart 1984) on log π, with
 * elimination without subtraction (Grassmann, Taksar and Heyman 1985) between boxes of cells: π is
 * good to about change times the number of cycles, relative, in every cell, however deep the wells
 * and far the tails (log π also where π underflows). Boxes follow the grid first, then the wells.
 * Grids above 500 cells start from inverse
 * iteration on the resolvent. PETSC_ERR_SUP where an axis absorbs (there is none);
 * OTTO_ERR_SOLVER where log π leaves the doubles.
 */
PETSC_EXTERN PetscErrorCode OttoSteadyState(OttoResolvent resolvent, Vec pi, Vec log_pi,
                                            OttoSteadyReport *report);
