/* x → A x, about the origin of the coordinates. On a torus A must be a matrix of whole numbers in
 * units of the sides, with determinant ±1. */
#include "core/inverse.h"
#include "dynamics_impl.h"
#include <math.h>

#define ROUNDING 1e-14 /* of a determinant that is 1: 100 roundings of a product of three */
#define WHOLE 1e-9     /* of a side: how far an entry may be from a whole number, as in faces */

/* Where all axes are periodic. */
static PetscErrorCode CheckTorus(OttoDynamics d, PetscReal determinant)
{
  const OttoGridInfo *g = d->g;
  PetscBool torus = PETSC_TRUE;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++)
    if (g->boundary[j] != OTTO_BOUNDARY_PERIODIC) torus = PETSC_FALSE;
  if (!torus) PetscFunctionReturn(0);
  for (PetscInt i = 0; i < g->dim; i++)
    for (PetscInt j = 0; j < g->dim; j++) {
      const PetscReal turns =
          d->matrix[i * g->dim + j] * (g->upper[j] - g->lower[j]) / (g->upper[i] - g->lower[i]);
      OttoCheckInput(fabs(turns - round(turns)) <= WHOLE,
                     "dynamics_matrix: on a torus once round %s must be a whole number of times "
                     "round %s, not %g; entry %d, %d",
                     g->name[j], g->name[i], (double)turns, (int)i + 1, (int)j + 1);
    }
  OttoCheckInput(fabs(fabs(determinant) - 1) <= WHOLE,
                 "dynamics_matrix: determinant %g; on a torus it must be 1 or -1",
                 (double)determinant);
  PetscFunctionReturn(0);
}

static PetscErrorCode Read(OttoDynamics d)
{
  const PetscInt dim = d->g->dim;
  PetscReal range[2];
  PetscBool singular;

  PetscFunctionBegin;
  PetscCall(OttoDynamicsReadMatrix(d));
  PetscCall(PetscArraycpy(d->inverse, d->matrix, dim * dim));
  PetscCall(OttoInvert(dim, d->inverse, range, &singular));
  OttoCheckInput(
      !singular,
      "dynamics_matrix: it cannot be inverted; its singular values go from %g down to %g",
      (double)range[0], (double)range[1]);
  const PetscReal determinant = OttoDeterminant(dim, d->matrix);
  PetscCall(CheckTorus(d, determinant));
  d->a[3] = log(fabs(determinant));
  if (fabs(d->a[3]) <= ROUNDING) {
    d->a[3] = 0;
    d->keeps_volume = PETSC_TRUE;
  }
  PetscFunctionReturn(0);
}

const OttoDynamicsOps OttoDynamicsOps_Linear = {
    .key = "matrix",
    .least = 1,
    .most = DIM,
    .map = PETSC_TRUE,
    .read = Read,
    .iterate = OttoDynamicsIterateMatrix,
};
