/* All eigenvalues of a small grid's A by LAPACK, on one rank. The zeros, whose vectors are left
 * null vectors, are moved to 2 by adding 2 z zᵀ, which changes nothing else. */
#include "relaxation_impl.h"
#include "relaxation_lapack.h"
#include "core/message.h"
#include <math.h>

#define BEYOND 2

/* n×n, column by column, on rank 0; NULL elsewhere. PetscFree it. */
static PetscErrorCode Gather(const OttoModeForm *form, PetscInt n, PetscReal **dense)
{
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(form->generator));
  VecScatter scatter;
  Mat all;
  Vec z;

  PetscFunctionBegin;
  *dense = NULL;
  PetscCall(MatCreateRedundantMatrix(form->A, g->size, PETSC_COMM_SELF, MAT_INITIAL_MATRIX, &all));
  if (!g->rank) PetscCall(PetscCalloc1(n * n, dense));
  for (PetscInt i = 0; i < n && !g->rank; i++) {
    const PetscInt *columns;
    const PetscScalar *values;
    PetscInt count = 0;
    PetscCall(MatGetRow(all, i, &count, &columns, &values));
    for (PetscInt k = 0; k < count; k++) (*dense)[i + columns[k] * n] += values[k];
    PetscCall(MatRestoreRow(all, i, &count, &columns, &values));
  }
  PetscCall(MatDestroy(&all));
  PetscCall(VecScatterCreateToZero(form->log_w, &scatter, &z));
  for (PetscInt k = 0; k < form->zeros; k++) {
    const PetscScalar *values;
    PetscCall(VecScatterBegin(scatter, form->zero[k], z, INSERT_VALUES, SCATTER_FORWARD));
    PetscCall(VecScatterEnd(scatter, form->zero[k], z, INSERT_VALUES, SCATTER_FORWARD));
    PetscCall(VecGetArrayRead(z, &values));
    for (PetscInt i = 0; i < n * n && !g->rank; i++)
      (*dense)[i] += BEYOND * values[i % n] * values[i / n];
    PetscCall(VecRestoreArrayRead(z, &values));
  }
  PetscCall(VecScatterDestroy(&scatter));
  PetscCall(VecDestroy(&z));
  PetscFunctionReturn(0);
}

/* What rank 0 finds: m vectors first in Z, and how complete they are. */
typedef struct {
  PetscInt m;
  int info;
  PetscReal edge, range;
} Found;

static PetscErrorCode WholeSymmetric(PetscInt n, PetscReal A[], PetscInt count, Found *found)
{
  const int size = (int)n, room = 40 * size;
  PetscReal *values, *none, *work;

  PetscFunctionBegin;
  PetscCall(PetscCalloc3(n, &values, n, &none, room, &work));
  dsyev_("V", "U", &size, A, &size, values, work, &room, &found->info);
  PetscInt real = n;
  while (real > 0 && values[real - 1] > 1.5) real--;
  found->m = OttoModeEdge(real, values, none, count, &found->edge);
  found->range =
      found->m < real ? PetscMax(found->edge, values[found->m] - 1e2 * OTTO_MODE_NOISE) : INFINITY;
  PetscCall(PetscFree3(values, none, work));
  PetscFunctionReturn(0);
}

/* Whether the symmetric part of the block of T beyond its first m lies right of `range`: by
 * Cholesky. */
static PetscErrorCode RestLiesRight(PetscInt n, const PetscReal T[], PetscInt m, PetscReal range,
                                    PetscBool *right)
{
  const int k = (int)(n - m);
  PetscReal *S;
  int info = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)k * (size_t)k + 1, &S));
  for (int j = 0; j < k; j++)
    for (int i = 0; i < k; i++)
      S[i + j * k] = 0.5 * (T[m + i + (m + j) * n] + T[m + j + (m + i) * n]) -
                     (i == j ? range + 1e2 * OTTO_MODE_NOISE : 0);
  if (k) dpotrf_("U", &k, S, &k, &info);
  PetscCall(PetscFree(S));
  *right = info == 0 ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}

/* Brings eigenvalues of real part below `below` to the front of the Schur form. */
static PetscErrorCode ToFront(PetscInt n, PetscReal T[], PetscReal Z[], PetscReal re[],
                              PetscReal im[], PetscReal below, PetscInt *m, int *info)
{
  const int size = (int)n, room = 4 * size + 1;
  int *select, moved = 0, spare = 0, one = 1;
  PetscReal *work, s, sep;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(n, &select, room, &work));
  for (PetscInt i = 0; i < n; i++) select[i] = re[i] < below;
  dtrsen_("N", "V", select, &size, T, &size, Z, &size, re, im, &moved, &s, &sep, work, &room,
          &spare, &one, info);
  PetscCall(PetscFree2(select, work));
  *m = moved;
  PetscFunctionReturn(0);
}

/* The slowest in front, and as many more as it takes to bring the numerical range of the others
 * beyond the last wanted. */
static PetscErrorCode WholeDriven(PetscInt n, PetscReal T[], PetscReal Z[], PetscInt count,
                                  Found *found)
{
  const int size = (int)n, room = 40 * size;
  PetscReal *re, *im, *work, *sorted, *other, range = 0;
  PetscBool right = PETSC_FALSE;
  int none = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc5(n, &re, n, &im, room, &work, n, &sorted, n, &other));
  dgees_("V", "N", NULL, &size, T, &size, &none, re, im, Z, &size, work, &room, NULL, &found->info);
  PetscCall(PetscArraycpy(sorted, re, n));
  PetscCall(PetscArraycpy(other, im, n));
  OttoModeSort(n, sorted, other);
  PetscInt real = n, m = 0;
  while (real > 0 && sorted[real - 1] > 1.5) real--;
  m = OttoModeEdge(real, sorted, other, count, &range);
  found->edge = m ? 0.5 * (sorted[m - 1] + range) : 0;
  for (PetscReal below = range; !found->info;) {
    const PetscBool all = m >= real ? PETSC_TRUE : PETSC_FALSE;
    if (all) below = 1.5;
    PetscCall(ToFront(n, T, Z, re, im, below, &found->m, &found->info));
    found->range = all ? INFINITY : range;
    if (!all) PetscCall(RestLiesRight(n, T, found->m, range, &right));
    if (all || right) break;
    m = OttoModeEdge(real, sorted, other, 2 * m, &below);
  }
  PetscCall(PetscFree5(re, im, work, sorted, other));
  PetscFunctionReturn(0);
}

/* Rank 0's first m columns as vectors of the space. */
static PetscErrorCode Spread(const OttoModeForm *form, PetscInt n, PetscInt m, PetscReal Z[],
                             OttoModeSpace *s)
{
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(form->generator));
  PetscReal *column;
  PetscScalar *own;
  Vec u;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(n, &column));
  PetscCall(VecDuplicate(form->log_w, &u));
  for (PetscInt k = 0; k < m; k++) {
    if (!g->rank) PetscCall(PetscArraycpy(column, Z + k * n, n));
    PetscCall(OttoMessageSpread(column, n * (PetscInt64)sizeof *column, 0, g->comm));
    PetscCall(VecGetArray(u, &own));
    PetscCall(PetscArraycpy(own, column + g->offset, g->local_cells));
    PetscCall(VecRestoreArray(u, &own));
    PetscCall(OttoModeSpaceAdd(form, s, u));
  }
  PetscCall(VecDestroy(&u));
  PetscCall(PetscFree(column));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoModeWhole(const OttoModeForm *form, PetscInt count, OttoModeSpace *s,
                             OttoModeCount *known)
{
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(form->generator));
  const PetscInt n = (PetscInt)g->cells;
  PetscReal *A = NULL, *Z = NULL;
  PetscErrorCode code = 0;
  Found found = {0};

  PetscFunctionBegin;
  PetscCall(Gather(form, n, &A));
  if (!g->rank && !form->symmetric) code = PetscMalloc1(n * n, &Z);
  if (!g->rank && !code)
    code = Z ? WholeDriven(n, A, Z, count, &found) : WholeSymmetric(n, A, count, &found);
  PetscCall(OttoAgree(g->comm, code));
  PetscCallMPI(MPI_Bcast(&found, sizeof found, MPI_BYTE, 0, g->comm));
  if (found.info) OttoFail(OTTO_ERR_SOLVER, "relaxation rates: LAPACK says %d", found.info);
  PetscCall(Spread(form, n, found.m, form->symmetric ? A : Z, s));
  known->complete = PETSC_TRUE;
  known->edge = found.edge;
  known->range = found.range;
  PetscCall(PetscStrncpy(known->how, "certain: the whole spectrum of the grid was computed",
                         sizeof known->how));
  PetscCall(PetscFree(A));
  PetscCall(PetscFree(Z));
  PetscFunctionReturn(0);
}
