/*
 * What a residual r = b + C u certifies. -C is an M-matrix with a positive inverse: where |r| ≤ ε b
 * with b > 0 in every cell, |error| ≤ ε times the solution; and always |error| ≤ ‖r‖∞ times the
 * mean time. r is found by differences of u, with a bound of what they are rounded by.
 */
#include "occupation_impl.h"
#include <math.h>

/* Terms of a residual are 2d + 2, of differences and rates each rounded once or twice. */
#define ROUNDING (12 * PETSC_MACHINE_EPSILON)

PetscErrorCode OttoOccupationCertify(OttoOccupation s, Vec b, PetscReal unit, Vec u,
                                     OttoPassageReport *report)
{
  PetscReal most[4] = {0, 0, 0, 0}; /* |r|, its share of b, b, u */
  const PetscScalar *of_b, *of_u;
  PetscScalar *r, *noise;

  PetscFunctionBegin;
  PetscCall(OttoGeneratorApplyBackward(s->C, u, s->residual, s->noise));
  report->applications += 1;
  PetscCall(VecGetArrayRead(b, &of_b));
  PetscCall(VecGetArrayRead(u, &of_u));
  PetscCall(VecGetArray(s->residual, &r));
  PetscCall(VecGetArray(s->noise, &noise));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    if (!s->plays[c]) {
      r[c] = noise[c] = 0;
      continue;
    }
    r[c] += of_b[c];
    noise[c] = ROUNDING * (noise[c] + of_b[c]);
    const PetscReal off = fabs(r[c]) + noise[c], share = off / of_b[c];
    most[0] = off <= most[0] ? most[0] : off; /* NaN as well */
    most[1] = share <= most[1] ? most[1] : share;
    most[2] = PetscMax(most[2], of_b[c]);
    most[3] = PetscMax(most[3], of_u[c]);
  }
  PetscCall(VecRestoreArray(s->noise, &noise));
  PetscCall(VecRestoreArray(s->residual, &r));
  PetscCall(VecRestoreArrayRead(u, &of_u));
  PetscCall(VecRestoreArrayRead(b, &of_b));
  for (int i = 0; i < 2; i++)
    if (isnan(most[i])) most[i] = INFINITY;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, most, 4, MPIU_REAL, MPIU_MAX, s->g->comm));
  report->residual = most[2] > 0 ? most[0] / most[2] : 0;
  report->relative = most[1] < 1 ? most[1] / (1 - most[1]) : INFINITY;
  report->absolute = unit > 0 && isfinite(unit) ? most[0] * unit : INFINITY;
  if (unit == 0 && report->relative < 1) report->absolute = report->relative * most[3];
  PetscFunctionReturn(0);
}
