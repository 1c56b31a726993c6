/*
 * What a field has of fine scales: in the modes of an axis above 2/3 of the highest, by transforms
 * of its lines; on axes with ends, where a transform would see an edge in every slope at a wall, by
 * differences of high order.
 */
#include "convective_impl.h"
#include <otto/transform.h>
#include "grid/axis.h"
#include <math.h>

#define HIGH (2. / 3) /* of the highest mode */
#define FLAT 1e-20    /* of the mean's square: a variance below is rounding */
#define ORDER 20      /* of differences */

typedef struct {
  PetscReal weight[ORDER + 1];
  PetscInt64 order;
  OttoSum sum;
} Fine;

/* Squares of differences over 2^order: a mode of phase θ a cell gives sin(θ/2)^(2 order). */
static PetscErrorCode Lines(const OttoBundle *b, void *context)
{
  Fine *s = (Fine *)context;

  for (PetscInt64 i = 0; i + s->order < b->n; i++)
    for (PetscInt64 l = 0; l < b->lines; l++) {
      PetscReal difference = 0;
      for (PetscInt64 k = 0; k <= s->order; k++)
        difference += s->weight[k] * b->in[0][(i + k) * b->stride + l];
      OttoSumAdd(&s->sum, PetscSqr(difference));
    }
  return 0;
}

/* Of a line with ends, Σ over its cells: windows are fewer, as if those at the ends had their
 * neighbours'. */
static PetscErrorCode FineByDifferences(OttoGrid grid, Vec u, PetscInt axis, PetscReal *sum)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscInt64 n = g->n[axis];
  Fine s = {.order = PetscMin(ORDER, n - 1)};
  OttoAxis lines;

  PetscFunctionBegin;
  s.weight[0] = ldexp(1, -(int)s.order);
  for (PetscInt64 k = 1; k <= s.order; k++)
    s.weight[k] = -s.weight[k - 1] * (PetscReal)(s.order - k + 1) / (PetscReal)k;
  PetscCall(OttoAxisCreate(grid, axis, 1, 0, &lines));
  PetscCall(OttoAxisApplyFields(lines, 1, &u, 0, NULL, Lines, &s));
  PetscCall(OttoAxisDestroy(&lines));
  PetscCall(OttoSumReduce(g->comm, 1, &s.sum));
  *sum = OttoSumValue(s.sum) * (PetscReal)n / (PetscReal)(n - s.order);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoConvectiveTail(OttoGrid grid, Vec u, PetscReal tail[])
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal mean, norm;
  Vec part;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(u, &part));
  PetscCall(VecCopy(u, part));
  PetscCall(OttoFieldIntegral(grid, u, &mean));
  mean /= g->cell_volume * (PetscReal)g->cells;
  PetscCall(VecShift(part, -mean));
  PetscCall(VecNorm(part, NORM_2, &norm));
  const PetscReal all = PetscSqr(norm) + FLAT * mean * mean * (PetscReal)g->cells;
  for (PetscInt j = 0; j < g->dim; j++) {
    tail[j] = 0;
    if (g->n[j] == 1) continue;
    if (g->boundary[j] == OTTO_BOUNDARY_PERIODIC)
      PetscCall(OttoTransformLineTail(grid, part, j, HIGH, &tail[j]));
    else
      PetscCall(FineByDifferences(grid, part, j, &tail[j]));
    tail[j] = all > 0 ? tail[j] / all : 0;
  }
  PetscCall(VecDestroy(&part));
  PetscFunctionReturn(0);
}
