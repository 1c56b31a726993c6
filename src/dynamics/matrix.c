/* Maps that are matrices: what linear and torus_automorphism share. */
#include "dynamics_impl.h"
#include <otto/options.h>
#include <math.h>

PetscErrorCode OttoDynamicsReadMatrix(OttoDynamics d)
{
  const PetscInt dim = d->g->dim;
  PetscInt count;
  PetscReal *values;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetReals("dynamics_", "matrix", &count, &values));
  const PetscBool fits = count == dim * dim ? PETSC_TRUE : PETSC_FALSE;
  if (fits) PetscCall(PetscArraycpy(d->matrix, values, count));
  PetscCall(PetscFree(values));
  OttoCheckInput(count > 0, "dynamics_matrix: missing; %s has one, row by row", d->type);
  OttoCheckInput(fits, "dynamics_matrix: %d numbers; on %d ax%ss it has %d, row by row", (int)count,
                 (int)dim, dim == 1 ? "i" : "e", (int)(dim * dim));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDynamicsIterateMatrix(OttoDynamics d, PetscBool inverse, PetscInt n,
                                         PetscReal *const x[], PetscReal *const derivative[],
                                         PetscReal log_jacobian[])
{
  const PetscInt dim = d->g->dim;
  const PetscReal *A = inverse ? d->inverse : d->matrix, *c = d->a;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < n; k++) {
    PetscReal from[DIM] = {0};
    for (PetscInt j = 0; j < dim; j++) from[j] = x[j][k] - c[j];
    for (PetscInt i = 0; i < dim; i++) {
      PetscReal to = c[i];
      for (PetscInt j = 0; j < dim; j++) to += A[i * dim + j] * from[j];
      x[i][k] = to;
    }
  }
  for (PetscInt i = 0; derivative && i < dim * dim; i++)
    for (PetscInt k = 0; k < n; k++) derivative[i][k] = A[i];
  for (PetscInt k = 0; log_jacobian && k < n; k++) log_jacobian[k] = inverse ? -d->a[3] : d->a[3];
  PetscFunctionReturn(0);
}
