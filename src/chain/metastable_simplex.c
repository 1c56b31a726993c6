/*
 * The corners of what the slow eigenfunctions map the cells to, which for m sets is near a simplex
 * of m corners, one a set, and the linear map that makes memberships of it.
 */
#include "metastable_impl.h"
#include <math.h>
#include <stdint.h>

#define SAME (1 - 1e-9) /* of the largest: equal but for rounding, so that ranks do not decide */
#define LITTLE 1e-10    /* of the largest row: no further corner */

PetscBool OttoModeBasisHas(const OttoModeBasis *b, PetscInt64 cell)
{
  for (PetscInt j = 1; j < b->m; j++)
    if (!isfinite(b->psi[j][cell])) return PETSC_FALSE;
  return PETSC_TRUE;
}

/* A cell's number in the order of the axes, the same whatever the ranks; the other way round its
 * local number, -1 where it is another rank's. */
static PetscInt64 Number(const OttoGridInfo *g, PetscInt64 cell)
{
  PetscInt64 idx[OTTO_MAX_DIM], number = 0;

  OttoGridCellIndex(g, cell, idx);
  for (PetscInt j = 0; j < g->dim; j++) number = number * g->n[j] + idx[j];
  return number;
}

static PetscInt64 Local(const OttoGridInfo *g, PetscInt64 number)
{
  PetscInt64 idx[OTTO_MAX_DIM];
  PetscMPIInt rank;

  for (PetscInt j = g->dim - 1; j >= 0; j--) {
    idx[j] = number % g->n[j];
    number /= g->n[j];
  }
  const PetscInt64 cell = OttoGridOwner(g, idx, &rank);
  return rank == g->rank ? cell : -1;
}

/* row[m]: what the functions of a cell have beside `from` and along none of the n directions. */
static void Row(const OttoModeBasis *b, PetscInt64 cell, const PetscReal from[], PetscInt n,
                const PetscReal along[], PetscReal row[])
{
  const PetscInt m = b->m;

  for (PetscInt j = 0; j < m; j++) row[j] = OttoModeBasisAt(b, j, cell) - (from ? from[j] : 0);
  for (PetscInt i = 0; i < n; i++) {
    PetscReal part = 0;
    for (PetscInt j = 0; j < m; j++) part += row[j] * along[i * m + j];
    for (PetscInt j = 0; j < m; j++) row[j] -= part * along[i * m + j];
  }
}

static PetscReal Norm(PetscInt m, const PetscReal row[])
{
  PetscReal square = 0;

  for (PetscInt j = 0; j < m; j++) square += row[j] * row[j];
  return sqrt(square);
}

/* The first cell whose row is as long as any: its number, and the length. */
static PetscErrorCode Longest(const OttoModeBasis *b, const PetscReal from[], PetscInt n,
                              const PetscReal along[], PetscReal row[], PetscInt64 *number,
                              PetscReal *most)
{
  const OttoGridInfo *g = b->g;

  PetscFunctionBegin;
  *most = 0;
  *number = INT64_MAX;
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    if (!OttoModeBasisHas(b, c)) continue;
    Row(b, c, from, n, along, row);
    *most = PetscMax(*most, Norm(b->m, row));
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, most, 1, MPIU_REAL, MPIU_MAX, g->comm));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    if (!OttoModeBasisHas(b, c)) continue;
    Row(b, c, from, n, along, row);
    if (Norm(b->m, row) >= SAME * *most) *number = PetscMin(*number, Number(g, c));
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, number, 1, MPIU_INT64, MPI_MIN, g->comm));
  PetscFunctionReturn(0);
}

/* The functions of a cell by its number, on every rank. */
static PetscErrorCode Functions(const OttoModeBasis *b, PetscInt64 number, PetscReal at[])
{
  const PetscInt64 cell = Local(b->g, number);

  PetscFunctionBegin;
  for (PetscInt j = 0; j < b->m; j++) at[j] = cell < 0 ? 0 : OttoModeBasisAt(b, j, cell);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, at, (PetscMPIInt)b->m, MPIU_REAL, MPIU_SUM, b->g->comm));
  PetscFunctionReturn(0);
}

/* The inner simplex (Weber and Galliat 2002): the longest row, then again and again the one
 * furthest from the plane through those found. */
PetscErrorCode OttoModeCorners(const OttoModeBasis *b, PetscInt64 vertex[], PetscReal corner[])
{
  const PetscInt m = b->m;
  PetscReal *along, *row, most = 0, size = 0;

  PetscFunctionBegin;
  PetscCall(PetscCalloc2(m * m, &along, m, &row));
  for (PetscInt k = 0; k < m; k++) {
    PetscReal *direction = along + PetscMax(k - 1, 0) * m;
    PetscCall(Longest(b, k ? corner : NULL, PetscMax(k - 1, 0), along, row, &vertex[k], &most));
    if (!k) size = most;
    if (!(most > LITTLE * size))
      OttoFail(OTTO_ERR_SOLVER, "metastable sets: %d modes do not tell %d sets apart", (int)m - 1,
               (int)m);
    PetscCall(Functions(b, vertex[k], corner + k * m));
    if (!k) continue;
    for (PetscInt j = 0; j < m; j++) direction[j] = corner[k * m + j] - corner[j];
    for (int twice = 0; twice < 2; twice++) /* orthonormal to those before */
      for (PetscInt i = 0; i + 1 < k; i++) {
        PetscReal part = 0;
        for (PetscInt j = 0; j < m; j++) part += direction[j] * along[i * m + j];
        for (PetscInt j = 0; j < m; j++) direction[j] -= part * along[i * m + j];
      }
    const PetscReal norm = Norm(m, direction);
    for (PetscInt j = 0; j < m; j++) direction[j] /= norm;
  }
  PetscCall(PetscFree2(along, row));
  PetscFunctionReturn(0);
}

/* Gauss and Jordan with rows exchanged; both [m²], row by row. */
static PetscBool Eliminate(PetscInt m, long double M[], long double inverse[])
{
  for (PetscInt k = 0; k < m; k++) {
    PetscInt pivot = k;
    for (PetscInt i = k + 1; i < m; i++)
      if (fabsl(M[i * m + k]) > fabsl(M[pivot * m + k])) pivot = i;
    const long double by = M[pivot * m + k];
    if (!(fabsl(by) > 0) || !isfinite(by)) return PETSC_FALSE;
    for (PetscInt j = 0; j < m; j++) {
      const long double row = M[pivot * m + j], other = inverse[pivot * m + j];
      M[pivot * m + j] = M[k * m + j];
      inverse[pivot * m + j] = inverse[k * m + j];
      M[k * m + j] = row / by;
      inverse[k * m + j] = other / by;
    }
    for (PetscInt i = 0; i < m; i++) {
      const long double times = M[i * m + k];
      for (PetscInt j = 0; j < m && i != k; j++) {
        M[i * m + j] -= times * M[k * m + j];
        inverse[i * m + j] -= times * inverse[k * m + j];
      }
    }
  }
  return PETSC_TRUE;
}

PetscBool OttoModeInverse(PetscInt m, const PetscReal M[], long double inverse[])
{
  long double *copy;

  if (PetscMalloc1(m * m, &copy)) return PETSC_FALSE;
  for (PetscInt i = 0; i < m * m; i++) {
    copy[i] = M[i];
    inverse[i] = i % (m + 1) == 0;
  }
  PetscBool done = Eliminate(m, copy, inverse);
  for (PetscInt i = 0; i < m * m; i++)
    if (!isfinite(inverse[i])) done = PETSC_FALSE;
  if (PetscFree(copy)) return PETSC_FALSE;
  return done;
}

PetscErrorCode OttoModeFeasible(const OttoModeBasis *b, long double A[])
{
  const PetscInt m = b->m;
  PetscReal *least;
  long double all = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(m, &least));
  for (PetscInt j = 1; j < m; j++) {
    long double sum = 0;
    for (PetscInt k = 0; k < m; k++) sum += A[j * m + k];
    for (PetscInt k = 0; k < m; k++) A[j * m + k] -= sum / (long double)m;
  }
  for (PetscInt k = 0; k < m; k++) {
    least[k] = m == 1 ? -1 : INFINITY;
    for (PetscInt64 c = 0; c < b->g->local_cells && m > 1; c++) {
      long double value = 0;
      for (PetscInt j = 1; j < m; j++) value += OttoModeBasisAt(b, j, c) * A[j * m + k];
      if (value < least[k]) least[k] = (PetscReal)value; /* not where it is nan: not known */
    }
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, least, (PetscMPIInt)m, MPIU_REAL, MPIU_MIN, b->g->comm));
  for (PetscInt k = 0; k < m; k++) all += A[k] = -least[k];
  for (PetscInt i = 0; i < m * m; i++) A[i] /= all;
  PetscCall(PetscFree(least));
  PetscFunctionReturn(0);
}
