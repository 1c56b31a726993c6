/*
 * Arnoldi's method with (σ - Qᵀ)⁻¹ (Moret and Novati 2004; van den Eshof and Hochbruck 2006), in
 * the inner product Σ x y/π, in which e^{Qᵀt} makes no norm larger. With w = (σ - Qᵀ)⁻¹ V + Δ'
 * solved for to Δ = (σ - Qᵀ) Δ', H = σ - T⁻¹ and u' = H u,
 *
 *   (d/dt - Qᵀ) V u = -next (σ - Qᵀ) V[m] (T⁻¹ u)_m + Δ T⁻¹ u.
 */
#include "correlation_krylov.h"
#include <petscblaslapack.h>
#include <math.h>
#include <string.h>

#define M OTTO_KRYLOV_MOST
#define FAINT 1e-8 /* of the largest density: below it weights grow no more */
#define TERMS 12   /* of a series in 1/4: 2e-18 */
#define DONE 1e-14 /* of a vector, that is rounding */

PetscErrorCode OttoKrylovCreate(OttoCorrelation c, OttoKrylov **krylov)
{
  PetscReal most = 0;
  OttoKrylov *s;

  PetscFunctionBegin;
  PetscCall(PetscNew(&s));
  *krylov = s;
  PetscCall(VecDuplicate(c->pi, &s->weight));
  for (int k = 0; k < 2; k++) PetscCall(VecDuplicate(c->pi, &s->work[k]));
  PetscCall(VecCopy(c->pi, s->weight));
  PetscCall(VecMax(c->pi, NULL, &most));
  PetscCall(VecShift(s->weight, FAINT * most));
  PetscCall(VecReciprocal(s->weight));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoKrylovDestroy(OttoKrylov **krylov)
{
  OttoKrylov *s = *krylov;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(0);
  for (PetscInt j = 0; j <= M; j++) PetscCall(VecDestroy(&s->V[j]));
  for (int k = 0; k < 2; k++) PetscCall(VecDestroy(&s->work[k]));
  PetscCall(VecDestroy(&s->weight));
  PetscCall(PetscFree(*krylov));
  PetscFunctionReturn(0);
}

/* Its norm. */
static PetscErrorCode Norm(OttoKrylov *s, Vec v, PetscReal *norm)
{
  PetscScalar square = 0;

  PetscFunctionBegin;
  PetscCall(VecPointwiseMult(s->work[1], s->weight, v));
  PetscCall(VecDot(s->work[1], v, &square));
  *norm = sqrt(square);
  PetscFunctionReturn(0);
}

/* r = (σ - Qᵀ) x */
static PetscErrorCode Shifted(OttoCorrelation c, const OttoKrylov *s, Vec x, Vec r)
{
  PetscFunctionBegin;
  PetscCall(OttoGeneratorApply(c->generator, x, r));
  PetscCall(VecAXPBY(r, s->sigma, -1, x));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoKrylovBegin(OttoCorrelation c, OttoKrylov *s, Vec y, PetscReal sigma)
{
  PetscFunctionBegin;
  s->sigma = sigma;
  s->count = 0;
  PetscCall(OttoResolventSetShift(c->resolvent, sigma));
  if (!s->V[0]) PetscCall(VecDuplicate(c->pi, &s->V[0]));
  PetscCall(VecCopy(y, s->V[0]));
  PetscCall(Norm(s, y, &s->beta));
  if (s->beta > 0) PetscCall(VecScale(s->V[0], 1 / s->beta));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoKrylovGrow(OttoCorrelation c, OttoKrylov *s, PetscBool *whole)
{
  const PetscInt m = s->count, count = m + 1;
  PetscScalar part[M];
  PetscReal before = 0;
  Vec w;

  PetscFunctionBegin;
  if (!s->V[count]) PetscCall(VecDuplicate(c->pi, &s->V[count]));
  w = s->V[count];
  PetscCall(OttoCorrelationSolve(c, s->V[m], w));
  PetscCall(Shifted(c, s, w, s->work[0]));
  PetscCall(VecAXPY(s->work[0], -1, s->V[m]));
  PetscCall(VecNorm(s->work[0], NORM_1, &s->left[m]));
  PetscCall(Norm(s, w, &before));
  PetscCall(PetscArrayzero(s->T[m], M));
  for (int pass = 0; pass < 2; pass++) {
    PetscCall(VecPointwiseMult(s->work[1], s->weight, w));
    PetscCall(VecMDot(s->work[1], count, s->V, part));
    for (PetscInt i = 0; i < count; i++) {
      s->T[m][i] += part[i];
      part[i] = -part[i];
    }
    PetscCall(VecMAXPY(w, count, part, s->V));
  }
  PetscCall(Norm(s, w, &s->next));
  *whole = s->next <= DONE * before ? PETSC_TRUE : PETSC_FALSE;
  if (m + 1 < M) s->T[m][m + 1] = s->next;
  s->count = count;
  s->size = 0;
  if (*whole) PetscFunctionReturn(0);
  PetscCall(VecScale(w, 1 / s->next));
  PetscCall(Shifted(c, s, w, s->work[0]));
  PetscCall(VecNorm(s->work[0], NORM_1, &s->size));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoKrylovProject(OttoKrylov *s)
{
  const PetscInt m = s->count;
  PetscBLASInt n = (PetscBLASInt)m, size = M * M, info = 0, pivot[M];
  PetscScalar *work;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < m; j++)
    for (PetscInt i = 0; i < m; i++) s->inverse[j * m + i] = i <= j + 1 ? s->T[j][i] : 0;
  PetscCall(PetscMalloc1(size, &work));
  LAPACKgetrf_(&n, &n, s->inverse, &n, pivot, &info);
  if (!info) LAPACKgetri_(&n, s->inverse, &n, pivot, work, &size, &info);
  PetscCall(PetscFree(work));
  if (info) OttoFail(OTTO_ERR_NUMERICAL, "a resolvent's projection has no inverse");
  for (PetscInt j = 0; j < m * m; j++) s->H[j] = -s->inverse[j];
  for (PetscInt j = 0; j < m; j++) s->H[j * m + j] += s->sigma;
  PetscFunctionReturn(0);
}

PetscReal OttoKrylovResidual(const OttoKrylov *s, const PetscReal u[])
{
  const PetscInt m = s->count;
  PetscReal sum = 0;

  for (PetscInt i = 0; i < m; i++) {
    PetscReal z = 0;
    for (PetscInt j = 0; j < m; j++) z += s->inverse[j * m + i] * u[j];
    sum += s->left[i] * fabs(z);
    if (i == m - 1) sum += s->next * s->size * fabs(z);
  }
  return sum;
}

PetscReal OttoKrylovSize(const OttoKrylov *s)
{
  const PetscInt m = s->count;
  PetscReal most = 0;

  for (PetscInt j = 0; j < m; j++) {
    PetscReal sum = 0;
    for (PetscInt i = 0; i < m; i++) sum += fabs(s->H[j * m + i]);
    most = PetscMax(most, sum);
  }
  return most;
}

void OttoKrylovMultiply(PetscInt m, const PetscReal E[], const PetscReal u[], PetscReal v[])
{
  memset(v, 0, (size_t)m * sizeof *v);
  for (PetscInt j = 0; j < m; j++)
    for (PetscInt i = 0; i < m; i++) v[i] += E[j * m + i] * u[j];
}

void OttoKrylovSquare(PetscInt m, PetscReal E[], PetscReal work[])
{
  memcpy(work, E, (size_t)(m * m) * sizeof *E);
  for (PetscInt j = 0; j < m; j++) OttoKrylovMultiply(m, work, work + j * m, E + j * m);
}

/* Taylor's polynomial where the norm is 1/4, then squares. */
void OttoKrylovExponential(const OttoKrylov *s, PetscReal dt, PetscReal E[], PetscReal work[])
{
  const PetscInt m = s->count;
  PetscReal v[M];
  int squares = 0;

  while (ldexp(dt * OttoKrylovSize(s), -squares) > 0.25) squares++;
  const PetscReal scale = ldexp(dt, -squares);
  for (PetscInt j = 0; j < m; j++) { /* Horner's rule, column by column */
    PetscReal *column = E + j * m;
    memset(column, 0, (size_t)m * sizeof *column);
    column[j] = 1;
    for (int k = TERMS; k > 0; k--) {
      OttoKrylovMultiply(m, s->H, column, v);
      for (PetscInt i = 0; i < m; i++) column[i] = scale * v[i] / k + (i == j);
    }
  }
  for (; squares > 0; squares--) OttoKrylovSquare(m, E, work);
}
