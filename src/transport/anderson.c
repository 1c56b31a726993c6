/* Fixed points from the last few iterates. */
#include "anderson.h"
#include "core/buffer.h"
#include "core/vecmath.h"
#include <petscblaslapack.h>

#define DEPTH OTTO_ANDERSON_DEPTH
#define PIECE 1024  /* cells that stay in cache while all products are taken of them */
#define RIDGE 1e-12 /* of a product's own size: differences may all but depend on each other */

PetscErrorCode OttoAndersonCreate(MPI_Comm comm, PetscInt64 n, OttoAnderson *s)
{
  const size_t room = (size_t)PetscMax(1, n);

  PetscFunctionBegin;
  *s = (OttoAnderson){.comm = comm, .n = n};
  PetscCall(OttoBufferCreate(room, &s->image));
  PetscCall(OttoBufferCreate(room, &s->residual));
  for (PetscInt i = 0; i < DEPTH; i++) {
    PetscCall(OttoBufferCreate(room, &s->images[i]));
    PetscCall(OttoBufferCreate(room, &s->residuals[i]));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoAndersonDestroy(OttoAnderson *s)
{
  PetscFunctionBegin;
  PetscCall(OttoBufferDestroy(&s->image));
  PetscCall(OttoBufferDestroy(&s->residual));
  for (PetscInt i = 0; i < DEPTH; i++) {
    PetscCall(OttoBufferDestroy(&s->images[i]));
    PetscCall(OttoBufferDestroy(&s->residuals[i]));
  }
  *s = (OttoAnderson){0};
  PetscFunctionReturn(0);
}

size_t OttoAndersonBytes(const OttoAnderson *s)
{
  return s->image ? (size_t)(2 + 2 * DEPTH) * (size_t)s->n * sizeof(PetscReal) : 0;
}

void OttoAndersonForget(OttoAnderson *s)
{
  s->begun = PETSC_FALSE;
  s->count = 0;
}

OTTO_VECTOR_CLONES static PetscReal Product(PetscInt64 n, const PetscReal weight[],
                                            const PetscReal a[], const PetscReal b[])
{
  PetscReal sum = 0;

#pragma omp simd reduction(+ : sum)
  for (PetscInt64 i = 0; i < n; i++) sum += weight[i] * a[i] * b[i];
  return sum;
}

/* The residual and the image of x in place of those before, in slot `k` what they differ by. */
OTTO_VECTOR_CLONES static void Differ(OttoAnderson *s, PetscInt k, PetscInt64 at, PetscInt64 n,
                                      const PetscReal weight[], const PetscReal image[],
                                      const PetscReal x[])
{
  PetscReal *di = s->images[k] + at, *dr = s->residuals[k] + at;
  PetscReal *i_before = s->image + at, *r_before = s->residual + at;

#pragma omp simd
  for (PetscInt64 i = 0; i < n; i++) {
    const PetscReal to = image[at + i], by = to - x[at + i], r = weight[at + i] > 0 ? by : 0;
    di[i] = to - i_before[i];
    dr[i] = r - r_before[i];
    i_before[i] = to;
    r_before[i] = r;
  }
}

/* The newest difference's products with all, and all of them with the residual. Collective. */
static PetscErrorCode Products(OttoAnderson *s, const PetscReal weight[], const PetscReal image[],
                               const PetscReal x[], PetscReal right[])
{
  OttoSum sum[2 * DEPTH] = {{0, 0}};
  const PetscInt k = s->last, count = s->count;

  PetscFunctionBegin;
  for (PetscInt64 at = 0; at < s->n; at += PIECE) {
    const PetscInt64 n = PetscMin(PIECE, s->n - at);
    Differ(s, k, at, n, weight, image, x);
    for (PetscInt i = 0; i < count; i++) {
      const PetscReal *dr = s->residuals[i] + at;
      OttoSumAdd(&sum[i], Product(n, weight + at, dr, s->residuals[k] + at));
      OttoSumAdd(&sum[count + i], Product(n, weight + at, dr, s->residual + at));
    }
  }
  PetscCall(OttoSumReduce(s->comm, 2 * count, sum));
  for (PetscInt i = 0; i < count; i++) {
    s->gram[DEPTH * i + k] = s->gram[DEPTH * k + i] = OttoSumValue(sum[i]);
    right[i] = OttoSumValue(sum[count + i]);
  }
  PetscFunctionReturn(0);
}

/* The combination of least residual; false where products say nothing. */
static PetscBool Combine(const OttoAnderson *s, PetscReal c[])
{
  const PetscBLASInt n = (PetscBLASInt)s->count, one = 1;
  PetscBLASInt info = 0;
  PetscReal a[DEPTH * DEPTH], scale[DEPTH];

  for (PetscInt i = 0; i < s->count; i++) {
    const PetscReal own = s->gram[DEPTH * i + i];
    if (!(own > 0 && isfinite(own))) return PETSC_FALSE;
    scale[i] = 1 / sqrt(own);
    c[i] *= scale[i];
  }
  for (PetscInt i = 0; i < s->count; i++)
    for (PetscInt k = 0; k < s->count; k++)
      a[s->count * i + k] = s->gram[DEPTH * i + k] * scale[i] * scale[k] + (i == k ? RIDGE : 0);
  LAPACKpotrf_("L", &n, a, &n, &info);
  if (info) return PETSC_FALSE;
  LAPACKpotrs_("L", &n, &one, a, &n, c, &n, &info);
  for (PetscInt i = 0; i < s->count; i++) {
    c[i] *= scale[i];
    if (!isfinite(c[i])) return PETSC_FALSE;
  }
  return info ? PETSC_FALSE : PETSC_TRUE;
}

PetscErrorCode OttoAndersonStep(OttoAnderson *s, const PetscReal weight[], const PetscReal image[],
                                PetscReal x[])
{
  PetscReal c[DEPTH] = {0};

  PetscFunctionBegin;
  if (!s->begun) {
    for (PetscInt64 i = 0; i < s->n; i++) {
      s->image[i] = image[i];
      s->residual[i] = weight[i] > 0 ? image[i] - x[i] : 0;
    }
    s->begun = PETSC_TRUE;
    PetscCall(PetscArraycpy(x, image, s->n));
    PetscFunctionReturn(0);
  }
  s->last = s->count < DEPTH ? s->count++ : (s->last + 1) % DEPTH;
  PetscCall(Products(s, weight, image, x, c));
  PetscCall(PetscArraycpy(x, image, s->n));
  if (!Combine(s, c)) { /* the same on every rank: sums are */
    OttoAndersonForget(s);
    PetscFunctionReturn(0);
  }
  for (PetscInt64 at = 0; at < s->n; at += PIECE)
    for (PetscInt k = 0; k < s->count; k++) {
      const PetscInt64 end = PetscMin(at + PIECE, s->n);
      for (PetscInt64 i = at; i < end; i++) x[i] -= c[k] * s->images[k][i];
    }
  PetscFunctionReturn(0);
}
