/* Fixed points from the last few iterates. */
#include "anderson.h"
#include "core/buffer.h"
#include "core/vecmath.h"

#define DEPTH OTTO_ANDERSON_DEPTH
#define PIECE 1024 /* cells that stay in cache while all products are taken of them */
#define NEW 1e-10  /* of a difference's square: less that is not in those kept is rounding */

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

/* The newest difference of residuals, its products with those kept. Collective. */
static PetscErrorCode Compare(OttoAnderson *s, const PetscReal weight[], const PetscReal image[],
                              const PetscReal x[], PetscReal with[])
{
  OttoSum sum[DEPTH] = {{0, 0}};

  PetscFunctionBegin;
  for (PetscInt64 at = 0; at < s->n; at += PIECE) {
    const PetscInt64 n = PetscMin(PIECE, s->n - at);
    Differ(s, s->last, at, n, weight, image, x);
    for (PetscInt i = 0; i < s->count; i++)
      if (i != s->last)
        OttoSumAdd(&sum[i],
                   Product(n, weight + at, s->residuals[i] + at, s->residuals[s->last] + at));
  }
  PetscCall(OttoSumReduce(s->comm, s->count, sum));
  for (PetscInt i = 0; i < s->count; i++) with[i] = OttoSumValue(sum[i]);
  PetscFunctionReturn(0);
}

OTTO_VECTOR_CLONES static void Add(PetscInt64 n, PetscReal by, const PetscReal from[],
                                   PetscReal to[])
{
#pragma omp simd
  for (PetscInt64 i = 0; i < n; i++) to[i] += by * from[i];
}

/* It made orthogonal to those kept, the images' with it; its square, and the products of all with
 * the residual. Collective. */
static PetscErrorCode Separate(OttoAnderson *s, const PetscReal weight[], const PetscReal with[],
                               PetscReal *square, PetscReal right[])
{
  OttoSum sum[DEPTH + 1] = {{0, 0}};
  const PetscInt k = s->last;

  PetscFunctionBegin;
  for (PetscInt64 at = 0; at < s->n; at += PIECE) {
    const PetscInt64 n = PetscMin(PIECE, s->n - at);
    PetscReal *own = s->residuals[k] + at;
    for (PetscInt i = 0; i < s->count; i++) {
      if (i == k) continue;
      Add(n, -with[i], s->residuals[i] + at, own);
      Add(n, -with[i], s->images[i] + at, s->images[k] + at);
    }
    for (PetscInt i = 0; i < s->count; i++)
      OttoSumAdd(&sum[i], Product(n, weight + at, s->residuals[i] + at, s->residual + at));
    OttoSumAdd(&sum[s->count], Product(n, weight + at, own, own));
  }
  PetscCall(OttoSumReduce(s->comm, s->count + 1, sum));
  for (PetscInt i = 0; i < s->count; i++) right[i] = OttoSumValue(sum[i]);
  *square = OttoSumValue(sum[s->count]);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoAndersonStep(OttoAnderson *s, const PetscReal weight[], const PetscReal image[],
                                PetscReal x[])
{
  PetscReal with[DEPTH] = {0}, right[DEPTH] = {0}, square = 0;

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
  PetscCall(Compare(s, weight, image, x, with));
  PetscCall(Separate(s, weight, with, &square, right));
  PetscCall(PetscArraycpy(x, image, s->n));
  PetscReal all = square;
  for (PetscInt i = 0; i < s->count; i++) all += with[i] * with[i];
  if (!(square > NEW * all && isfinite(all))) { /* the same on every rank: sums are */
    OttoAndersonForget(s);
    PetscFunctionReturn(0);
  }
  const PetscReal unit = 1 / sqrt(square);
  right[s->last] *= unit;
  for (PetscInt64 at = 0; at < s->n; at += PIECE) {
    const PetscInt64 n = PetscMin(PIECE, s->n - at);
    for (PetscInt64 i = at; i < at + n; i++) {
      s->residuals[s->last][i] *= unit;
      s->images[s->last][i] *= unit;
    }
    for (PetscInt k = 0; k < s->count; k++) Add(n, -right[k], s->images[k] + at, x + at);
  }
  PetscFunctionReturn(0);
}
