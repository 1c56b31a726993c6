/*
 * How many are missing: H - R with the zeros and the space X on its border,
 *
 *   [ H - R   X ]
 *   [ Xᵀ      0 ]
 *
 * has as many negative eigenvalues as X has columns, and one more for every negative one that H - R
 * has on the complement of X. Its inertia is that of H - R (Sylvester; a factorisation LDLᵀ) and
 * that of -Xᵀ(H - R)⁻¹X (Haynsworth 1968). Under detailed balance that counts eigenvalues. With a
 * drift, where X is invariant, the numerical range of A on the complement, and all eigenvalues not
 * in X with it, lies right of R where none is missing.
 */
#include "factors.h"
#include "relaxation_impl.h"
#include "relaxation_lapack.h"
#include <petscksp.h>

/* Cells up to which factors fit, by the number of axes with more than one cell: some 100 million
 * entries, as fill grows with n log n in a plane and n^{4/3} in space. */
static const PetscInt64 most_cells[] = {10000000, 10000000, 600000, 100000};

PetscBool OttoModeFits(const OttoGridInfo *g)
{
#if defined(PETSC_HAVE_MUMPS)
  PetscInt axes = 0;

  for (PetscInt j = 0; j < g->dim; j++) axes += g->n[j] > 1;
  return g->cells <= most_cells[axes] ? PETSC_TRUE : PETSC_FALSE;
#else
  (void)g;
  (void)most_cells;
  return PETSC_FALSE;
#endif
}

#if defined(PETSC_HAVE_MUMPS)
/* LDLᵀ of M; *negative -1 where it failed. */
static PetscErrorCode Inertia(Mat M, PC *pc, PetscInt *negative)
{
  PetscInt zero = 0, positive = 0;
  PetscBool done = PETSC_FALSE;
  Mat factors;

  PetscFunctionBegin;
  *negative = -1;
  PetscCall(PCCreate(PetscObjectComm((PetscObject)M), pc));
  PetscCall(OttoFactorsByMumps(M, PETSC_TRUE, PETSC_TRUE, *pc, &done));
  if (!done) PetscFunctionReturn(0);
  PetscCall(PCFactorGetMatrix(*pc, &factors));
  PetscCall(MatGetInertia(factors, negative, &zero, &positive));
  if (zero) *negative = -1;
  PetscFunctionReturn(0);
}

/* The vectors x[m] as columns: one pass through factors serves them all. */
static PetscErrorCode Together(PetscInt m, const Vec x[], Mat *X)
{
  PetscInt local = 0;
  Vec column;

  PetscFunctionBegin;
  PetscCall(VecGetLocalSize(x[0], &local));
  PetscCall(MatCreateDense(PetscObjectComm((PetscObject)x[0]), local, PETSC_DECIDE, PETSC_DECIDE, m,
                           NULL, X));
  for (PetscInt j = 0; j < m; j++) {
    PetscCall(MatDenseGetColumnVecWrite(*X, j, &column));
    PetscCall(VecCopy(x[j], column));
    PetscCall(MatDenseRestoreColumnVecWrite(*X, j, &column));
  }
  PetscFunctionReturn(0);
}

/* Positive eigenvalues of Xᵀ(H - R)⁻¹X. */
static PetscErrorCode Border(const OttoModeForm *form, const OttoModeSpace *s, PC pc,
                             PetscInt *positive)
{
  const int m = (int)(form->zeros + s->size), room = 40 * m + 1;
  PetscScalar *G, *values, *work;
  int info = 0;
  Mat factors, X = NULL, Y = NULL;
  Vec *x, y;

  PetscFunctionBegin;
  *positive = 0;
  if (!m) PetscFunctionReturn(0);
  PetscCall(PetscMalloc4(m, &x, m * m, &G, m, &values, room, &work));
  for (int i = 0; i < m; i++) x[i] = i < form->zeros ? form->zero[i] : s->u[i - form->zeros];
  PetscCall(Together(m, x, &X));
  PetscCall(MatDuplicate(X, MAT_DO_NOT_COPY_VALUES, &Y));
  PetscCall(PCFactorGetMatrix(pc, &factors));
  PetscCall(MatMatSolve(factors, X, Y));
  for (int j = 0; j < m; j++) {
    PetscCall(MatDenseGetColumnVecRead(Y, j, &y));
    PetscCall(VecMDot(y, m, x, G + j * m));
    PetscCall(MatDenseRestoreColumnVecRead(Y, j, &y));
  }
  for (int j = 0; j < m; j++)
    for (int i = 0; i < j; i++) G[i + j * m] = 0.5 * (G[i + j * m] + G[j + i * m]);
  dsyev_("N", "U", &m, G, &m, values, work, &room, &info);
  for (int j = 0; j < m; j++) *positive += values[j] > 0;
  PetscCall(MatDestroy(&X));
  PetscCall(MatDestroy(&Y));
  PetscCall(PetscFree4(x, G, values, work));
  if (info) *positive = -1;
  PetscFunctionReturn(0);
}
#endif

PetscErrorCode OttoModeMissing(const OttoModeForm *form, const OttoModeSpace *s, PetscReal edge,
                               PetscInt *missing)
{
  PetscFunctionBegin;
  *missing = -1;
#if defined(PETSC_HAVE_MUMPS)
  PetscInt negative = 0, positive = 0;
  PC pc;
  Mat M;

  PetscCall(MatDuplicate(form->H ? form->H : form->A, MAT_COPY_VALUES, &M));
  PetscCall(MatShift(M, -edge));
  PetscCall(MatSetOption(M, MAT_SYMMETRIC, PETSC_TRUE));
  PetscCall(Inertia(M, &pc, &negative));
  if (negative >= 0) PetscCall(Border(form, s, pc, &positive));
  if (negative >= 0 && positive >= 0) *missing = negative + positive - form->zeros - s->size;
  PetscCall(PCDestroy(&pc));
  PetscCall(MatDestroy(&M));
#else
  (void)form;
  (void)s;
  (void)edge;
#endif
  PetscFunctionReturn(0);
}
