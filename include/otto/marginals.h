/** @file
 * Marginals of a density: what is left of it along one axis, or two, where all others are
 * integrated out.
 */
#pragma once
#include <otto/field.h>

/** values[n of the axis] = ∫ p over all other axes, at the cells of `axis`, the same on all ranks;
 * per length. h Σ values = ∫ p to rounding. Sums are compensated. Collective. */
PETSC_EXTERN PetscErrorCode OttoMarginalsCompute(OttoGrid grid, Vec p, PetscInt axis,
                                                 PetscReal values[]);

/** Name of the marginal along `axis` of the density called `density` ("p"): marginal_p_x; axes are
 * called as the grid calls them. Not collective. */
PETSC_EXTERN void OttoMarginalsName(const OttoGridInfo *g, PetscInt axis, const char *density,
                                    char name[], size_t size);

/** values[n of axes[0]][n of axes[1]] = ∫ p over all axes but these two, the first before the
 * second, likewise; per area. Collective. */
PETSC_EXTERN PetscErrorCode OttoMarginalsComputePlane(OttoGrid grid, Vec p, const PetscInt axes[2],
                                                      PetscReal values[]);

/** Its name: marginal_p_xy. Not collective. */
PETSC_EXTERN void OttoMarginalsPlaneName(const OttoGridInfo *g, const PetscInt axes[2],
                                         const char *density, char name[], size_t size);
