/** @file
 * Derivatives of fields by differences of high order, on any boundary and any mesh of ranks.
 */
#pragma once
#include <otto/field.h>

/** du = ∂u/∂x_axis by central differences of order 10 (11 cells of a line); round periodic axes,
 * one-sided of the same order near the ends of others. A line shorter than 11 cells: of the order
 * that it holds. NaN and infinities reach as far as their stencils. u and du may be the same.
 * Weights: Fornberg 1988. Collective. */
PETSC_EXTERN PetscErrorCode OttoDifference(OttoGrid grid, Vec u, PetscInt axis, Vec du);
