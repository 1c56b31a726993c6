/*
 * Where steps of inverse iteration bring the slowest killed mode no nearer, as its rate, the next
 * one's and others' are too near for extrapolation: the sources of some plain steps span a Krylov
 * space of A = (-Q̂)⁻¹, and the mode is the Ritz vector of the largest real Ritz value (Saad 2011,
 * chapter 6), in L² of π, where A is symmetric with detailed balance. Images cost no solve: each
 * source is the one before it solved for. What the space leaves of fast modes the steps after it
 * take away, and what is certified of the result is what these leave.
 */
#include "passage_quasi.h"
#include "relaxation_lapack.h"
#include <math.h>
#include <string.h>

#define KEPT OTTO_QUASI_KEPT
#define APART 1e-11 /* of a source that others do not have, at least: below it is rounding */
#define FLOOR 1e-12 /* of the first source: a cell of the Ritz vector has that at least */

/* Orthogonalizes the kept sources, R (Gram and Schmidt, twice); how many stand apart. */
static PetscErrorCode Orthogonal(OttoQuasi *s, PetscReal R[KEPT][KEPT], int *count)
{
  PetscScalar dots[KEPT] = {0}, square = 0;

  PetscFunctionBegin;
  memset(R, 0, KEPT * sizeof R[0]);
  for (*count = 0; *count < s->keeps; ++*count) {
    const int j = *count;
    Vec w = s->kept[j];
    PetscReal norm = 0;
    for (int pass = 0; pass < 3; pass++) {
      PetscCall(VecPointwiseMult(s->r, w, s->p->pi));
      PetscCall(VecDot(s->r, w, &square));
      if (pass == 0) norm = sqrt(square);
      if (pass == 2 || j == 0) break;
      PetscCall(VecMDot(s->r, j, s->kept, dots));
      for (int i = 0; i < j; i++) {
        R[j][i] += dots[i];
        dots[i] = -dots[i];
      }
      PetscCall(VecMAXPY(w, j, dots, s->kept));
    }
    R[j][j] = sqrt(square);
    if (!(R[j][j] > APART * norm)) break;
    PetscCall(VecScale(w, 1 / R[j][j]));
  }
  PetscFunctionReturn(0);
}

/* H[j][i], what A makes of q_j along q_i, from A w_j = top_j w_(j+1), w = Σ R q: [n][n], by
 * columns. */
static void Hessenberg(const OttoQuasi *s, PetscReal R[KEPT][KEPT], int n, double H[])
{
  for (int j = 0; j < n; j++)
    for (int i = 0; i < n; i++) {
      PetscReal sum = s->top[j] * R[j + 1][i];
      for (int k = 0; k < j; k++) sum -= R[j][k] * H[k * n + i];
      H[j * n + i] = sum / R[j][j];
    }
}

/* The Ritz vector of the largest real value; PETSC_FALSE: there is none. */
static PetscBool Ritz(int n, double H[], PetscScalar ritz[])
{
  double re[KEPT], im[KEPT], right[KEPT * KEPT], work[8 * KEPT];
  const int room = 8 * KEPT;
  int info = 0, best = -1;

  dgeev_("N", "V", &n, H, &n, re, im, NULL, &(int){1}, right, &n, work, &room, &info);
  for (int k = 0; k < n && !info; k++)
    if (im[k] == 0 && re[k] > 0 && (best < 0 || re[k] > re[best])) best = k;
  for (int i = 0; i < n && best >= 0; i++) ritz[i] = right[best * n + i];
  return best >= 0 ? PETSC_TRUE : PETSC_FALSE;
}

/* u = Σ ritz q, positive. */
static PetscErrorCode Combine(OttoQuasi *s, int n, PetscScalar ritz[])
{
  PetscScalar mass = 0, *u;
  const PetscScalar *first;
  PetscReal most = 0;

  PetscFunctionBegin;
  PetscCall(VecSet(s->u, 0));
  PetscCall(VecMAXPY(s->u, n, ritz, s->kept));
  PetscCall(VecDot(s->u, s->p->pi, &mass));
  if (mass < 0) PetscCall(VecScale(s->u, -1));
  PetscCall(VecNorm(s->u, NORM_INFINITY, &most));
  PetscCall(VecGetArrayRead(s->kept[0], &first));
  PetscCall(VecGetArray(s->u, &u));
  for (PetscInt64 c = 0; c < s->p->g->local_cells; c++)
    u[c] = PetscMax(u[c] / most, FLOOR * first[c] / s->first);
  PetscCall(VecRestoreArray(s->u, &u));
  PetscCall(VecRestoreArrayRead(s->kept[0], &first));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoQuasiProject(OttoQuasi *s)
{
  PetscReal R[KEPT][KEPT];
  double H[KEPT * KEPT];
  PetscScalar ritz[KEPT] = {0};
  int count = 0;

  PetscFunctionBegin;
  if (!s->kept[s->keeps]) PetscCall(OttoFieldCreate(s->p->grid, &s->kept[s->keeps]));
  PetscCall(VecCopy(s->v, s->kept[s->keeps]));
  PetscCall(VecMax(s->u, NULL, &s->top[s->keeps++]));
  if (s->keeps < KEPT) PetscFunctionReturn(0);
  PetscCall(VecMax(s->kept[0], NULL, &s->first));
  PetscCall(Orthogonal(s, R, &count));
  s->first /= R[0][0]; /* of the first source as it is now */
  s->keeps = 0;
  const int n = PetscMin(count, KEPT - 1); /* of the next one R is there, too */
  if (n < 1) PetscFunctionReturn(0);
  Hessenberg(s, R, n, H);
  if (Ritz(n, H, ritz)) PetscCall(Combine(s, n, ritz));
  PetscFunctionReturn(0);
}
