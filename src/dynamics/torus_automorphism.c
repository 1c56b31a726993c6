/* x → M x of the unit torus, about the lower corner of the box. */
#include "dynamics_impl.h"
#include <math.h>

#define MOST 1e6 /* of an entry: determinants of three axes are then exact in 64 bits */

/* The determinant and M's inverse, cofactors times ±1: exact in whole numbers. */
static PetscInt64 Invert(PetscInt dim, const PetscInt64 m[], PetscInt64 inverse[])
{
  PetscInt64 determinant = 0;

  for (PetscInt i = 0; i < dim; i++)
    for (PetscInt j = 0; j < dim; j++) {
      const PetscInt r = (j + 1) % dim, s = (j + 2) % dim, p = (i + 1) % dim, q = (i + 2) % dim;
      inverse[i * dim + j] = dim == 2 ? (i == j ? 1 : -1) * m[(1 - j) * 2 + (1 - i)]
                                      : m[r * 3 + p] * m[s * 3 + q] - m[r * 3 + q] * m[s * 3 + p];
    }
  for (PetscInt j = 0; j < dim; j++) determinant += m[j] * inverse[j * dim];
  for (PetscInt i = 0; i < dim * dim; i++) inverse[i] *= determinant;
  return determinant;
}

/* matrix and inverse in the coordinates of the box; a: its lower corner, and 0. */
static PetscErrorCode Read(OttoDynamics d)
{
  const OttoGridInfo *g = d->g;
  const PetscInt dim = g->dim;
  PetscInt64 M[DIM * DIM], inverse[DIM * DIM];

  PetscFunctionBegin;
  PetscCall(OttoDynamicsReadMatrix(d));
  PetscCall(OttoDynamicsNeedTorus(d, -1, OTTO_BOUNDARY_PERIODIC));
  for (PetscInt i = 0; i < dim * dim; i++) {
    OttoCheckInput(d->matrix[i] == round(d->matrix[i]) && fabs(d->matrix[i]) <= MOST,
                   "dynamics_matrix: %g; %s has whole numbers up to %g", (double)d->matrix[i],
                   d->type, MOST);
    M[i] = (PetscInt64)d->matrix[i];
  }
  const PetscInt64 determinant = Invert(dim, M, inverse);
  OttoCheckInput(determinant == 1 || determinant == -1,
                 "dynamics_matrix: determinant %lld; on a torus it must be 1 or -1",
                 (long long)determinant);
  for (PetscInt i = 0; i < dim; i++) {
    d->a[i] = g->lower[i];
    for (PetscInt j = 0; j < dim; j++) {
      const PetscReal sides = (g->upper[i] - g->lower[i]) / (g->upper[j] - g->lower[j]);
      d->matrix[i * dim + j] = (PetscReal)M[i * dim + j] * sides;
      d->inverse[i * dim + j] = (PetscReal)inverse[i * dim + j] * sides;
    }
  }
  PetscFunctionReturn(0);
}

const OttoDynamicsOps OttoDynamicsOps_TorusAutomorphism = {
    .key = "matrix",
    .least = 2,
    .most = DIM,
    .map = PETSC_TRUE,
    .keeps_volume = PETSC_TRUE,
    .periodic = PETSC_TRUE,
    .read = Read,
    .iterate = OttoDynamicsIterateMatrix,
};
