#include "inverse.h"
#include <petscblaslapack.h>

#define ROUNDING (4 * PETSC_MACHINE_EPSILON) /* least over largest singular value */
#define WORK (10 * OTTO_MAX_DIM)             /* gesvd asks for 5 n */

PetscErrorCode OttoInvert(PetscInt n, PetscReal a[], PetscReal range[2], PetscBool *singular)
{
  PetscBLASInt size = (PetscBLASInt)n, work_size = WORK, info = 0;
  PetscScalar copy[OTTO_MAX_DIM * OTTO_MAX_DIM], u[OTTO_MAX_DIM * OTTO_MAX_DIM];
  PetscScalar vt[OTTO_MAX_DIM * OTTO_MAX_DIM], work[WORK];
  PetscReal s[OTTO_MAX_DIM];

  PetscFunctionBegin;
  PetscCall(PetscArraycpy(copy, a, n * n));
  /* LAPACK reads columns: Aᵀ = U S Vᵀ, whose inverse V S⁻¹ Uᵀ it would store by columns too */
  LAPACKgesvd_("A", "A", &size, &size, copy, &size, s, u, &size, vt, &size, work, &work_size,
               &info);
  PetscCheck(info == 0, PETSC_COMM_SELF, PETSC_ERR_LIB, "gesvd: %d", (int)info);
  range[0] = s[0];
  range[1] = s[n - 1];
  *singular = s[n - 1] > ROUNDING * s[0] ? PETSC_FALSE : PETSC_TRUE;
  for (PetscInt i = 0; !*singular && i < n; i++)
    for (PetscInt j = 0; j < n; j++) {
      a[i + j * n] = 0;
      for (PetscInt k = 0; k < n; k++) a[i + j * n] += vt[k + i * n] / s[k] * u[j + k * n];
    }
  PetscFunctionReturn(0);
}
