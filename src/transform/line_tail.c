/*
 * How much of a field is in the high modes of one axis: line by line, so that it asks nothing of
 * the mesh. By Parseval's identity on a line of n cells, Σ u² = Σ_k |û_k|²/n, modes 0 < k < n/2
 * counted twice (MATHEMATICS 2.7).
 */
#include "core/buffer.h"
#include "grid/axis.h"
#include "transform_impl.h"

typedef struct {
  fftw_plan plan;
  PetscReal *line; /* [n], in place: real parts of modes 0 … n/2, imaginary parts from the end */
  PetscReal above; /* of n/2 */
  OttoSum sum;     /* Σ |û|² over both signs of k */
} Tail;

static PetscErrorCode Lines(const OttoBundle *b, void *context)
{
  Tail *s = (Tail *)context;

  for (PetscInt64 l = 0; l < b->lines; l++) {
    for (PetscInt64 i = 0; i < b->n; i++) s->line[i] = b->in[0][i * b->stride + l];
    fftw_execute(s->plan);
    for (PetscInt64 k = b->n / 2; k > 0 && (PetscReal)(2 * k) > s->above * (PetscReal)b->n; k--) {
      const PetscBool alone = 2 * k == b->n ? PETSC_TRUE : PETSC_FALSE;
      const PetscReal real = s->line[k], imaginary = alone ? 0 : s->line[b->n - k];
      OttoSumAdd(&s->sum, (alone ? 1 : 2) * (real * real + imaginary * imaginary));
    }
  }
  return 0;
}

static PetscErrorCode Plan(PetscInt64 n, Tail *s)
{
  PetscFunctionBegin;
  PetscCheck(n <= INT_MAX, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE, "a line of more than 2^31");
  PetscCall(OttoBufferCreate((size_t)n, &s->line));
  s->plan = fftw_plan_r2r_1d((int)n, s->line, s->line, FFTW_R2HC, FFTW_ESTIMATE);
  PetscCheck(s->plan, PETSC_COMM_SELF, PETSC_ERR_LIB, "FFTW has no plan");
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTransformLineTail(OttoGrid grid, Vec u, PetscInt axis, PetscReal above,
                                     PetscReal *sum)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  Tail s = {.above = above};
  OttoAxis lines;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCheck(axis >= 0 && axis < g->dim && g->boundary[axis] == OTTO_BOUNDARY_PERIODIC, g->comm,
             PETSC_ERR_ARG_OUTOFRANGE, "axis %d is not a periodic one", (int)axis);
  PetscCall(OttoAxisCreate(grid, axis, 1, 0, &lines));
  PetscErrorCode code = OttoAgree(g->comm, Plan(g->n[axis], &s));
  if (!code) code = OttoAxisApplyFields(lines, 1, &u, 0, NULL, Lines, &s);
  fftw_destroy_plan(s.plan);
  PetscCall(OttoBufferDestroy(&s.line));
  PetscCall(OttoAxisDestroy(&lines));
  PetscCall(code);
  PetscCall(OttoSumReduce(g->comm, 1, &s.sum));
  *sum = OttoSumValue(s.sum) / (PetscReal)g->n[axis];
  PetscFunctionReturn(0);
}
