/* Private to flow: the slope of U between two densities, by which a step of second order loses
 * energy. */
#pragma once
#include <otto/energy.h>

/** slope[n] = (U(b) − U(a))/(b − a) of densities a[n], b[n] ≥ 0, U' where they meet, right to some
 * 30 eps of |U'| + |U|/ρ however near they are (Gonzalez 1996, equation 14, of one variable).
 * Unless NULL curvature[n] = its derivative by b, right to 1e-3: for a Jacobian. Not collective. */
PETSC_INTERN void OttoDiscreteGradient(OttoInternal internal, PetscInt64 n, const PetscReal a[],
                                       const PetscReal b[], PetscReal slope[],
                                       PetscReal curvature[]);
