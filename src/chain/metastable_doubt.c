/*
 * How far the probabilities of sets may be off by what rounding leaves of their functions. A rare
 * set's membership is next to 0 in all others, and what noise adds to it there counts with their
 * probability: relative to its own that is what noise is worth.
 */
#include "metastable_impl.h"
#include <float.h>
#include <math.h>

#define NOTHING 1e-12 /* a membership, where its least value may lie */

/* Of one set, A its column, and the largest of every row of A. */
static PetscErrorCode Doubt(const OttoModeBasis *b, const PetscScalar *const noise[],
                            const PetscReal weight[], const PetscScalar chi[],
                            const PetscReal size[], const long double A[], const PetscReal row[],
                            PetscReal *off)
{
  const PetscInt m = b->m;
  PetscReal sum = 0, shift = 0;

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < b->g->local_cells; c++) {
    PetscReal at = 0;
    if (!(weight[c] > 0)) continue;
    for (PetscInt j = 1; j < m; j++) at += (PetscReal)fabsl(A[j * m]) * b->scale[j] * noise[j][c];
    if (!isfinite(chi[c])) at = 1; /* not known: all of it may be in the set */
    if (isfinite(chi[c]) && chi[c] <= NOTHING) shift = PetscMax(shift, at);
    sum += weight[c] * at;
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPIU_REAL, MPIU_SUM, b->g->comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &shift, 1, MPIU_REAL, MPIU_MAX, b->g->comm));
  *off = sum + shift;
  for (PetscInt j = 1; j < m; j++) /* A, whose rows add up to 0; of two columns it is exact */
    *off += size[j] * ((m > 2 ? 4 * (PetscReal)m * (PetscReal)LDBL_EPSILON * row[j] : 0) +
                       DBL_EPSILON * (PetscReal)fabsl(A[j * m]));
  PetscFunctionReturn(0);
}

/* size[m]: Σ π |ψ|, scaled; row[m]: the largest of each row of A. */
static PetscErrorCode Sizes(const OttoModeBasis *b, const PetscReal weight[], const long double A[],
                            PetscReal size[], PetscReal row[])
{
  const PetscInt m = b->m;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < m; j++) {
    for (PetscInt64 c = 0; c < b->g->local_cells; c++)
      if (weight[c] > 0 && OttoModeBasisHas(b, c))
        size[j] += weight[c] * fabs(OttoModeBasisAt(b, j, c));
    for (PetscInt k = 0; k < m; k++) row[j] = PetscMax(row[j], (PetscReal)fabsl(A[j * m + k]));
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, size, (PetscMPIInt)m, MPIU_REAL, MPIU_SUM, b->g->comm));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoModeDoubt(const OttoModeBasis *b, Vec log_pi, const Vec noise[],
                             const long double A[], const PetscInt order[], OttoMetastable *out)
{
  const PetscInt m = b->m;
  const PetscScalar **values, *logs, *chi;
  PetscReal *weight, *size, *row;

  PetscFunctionBegin;
  PetscCall(PetscCalloc4(m, &values, b->g->local_cells + 1, &weight, m, &size, m, &row));
  PetscCall(VecGetArrayRead(log_pi, &logs));
  for (PetscInt64 c = 0; c < b->g->local_cells; c++) weight[c] = exp(logs[c]) * b->g->cell_volume;
  PetscCall(VecRestoreArrayRead(log_pi, &logs));
  PetscCall(Sizes(b, weight, A, size, row));
  for (PetscInt j = 1; j < m; j++) PetscCall(VecGetArrayRead(noise[j - 1], &values[j]));
  for (PetscInt k = 0; k < m; k++) {
    PetscCall(VecGetArrayRead(out->membership[k], &chi));
    PetscCall(Doubt(b, values, weight, chi, size, A + order[k], row, &out->noise[k]));
    PetscCall(VecRestoreArrayRead(out->membership[k], &chi));
    out->share[k] = (PetscReal)A[order[k]];
    out->noise[k] /= out->share[k];
    if (!(out->noise[k] <= OTTO_METASTABLE_KNOWN)) out->vague++;
  }
  for (PetscInt j = 1; j < m; j++) PetscCall(VecRestoreArrayRead(noise[j - 1], &values[j]));
  PetscCall(PetscFree4(values, weight, size, row));
  PetscFunctionReturn(0);
}
