/*
 * The least value of K_t p0 on blocks of cells: log K_t p0(x) is about the maximum over y of
 * [log p0(y) + log K(x, y)], axis after axis a maximum and a sum in place of a sum and a product.
 */
#include "depth.h"
#include "core/vecmath.h"
#include <math.h>

#define BLOCKS 32768 /* in all: 32 an axis in three dimensions */
#define LONGEST 128  /* on an axis: pairs of them are looked at */

static PetscInt64 Count(const OttoGridInfo *g, const OttoDepth *depth, PetscInt axis)
{
  return (g->n[axis] + depth->size[axis] - 1) / depth->size[axis];
}

static PetscInt64 Total(const OttoGridInfo *g, const OttoDepth *depth)
{
  PetscInt64 total = 1;

  for (PetscInt j = 0; j < g->dim; j++) total *= Count(g, depth, j);
  return total;
}

/* Largest values, block by block; runs of cells share their blocks but on the last axis. */
static void Gather(const OttoGridInfo *g, const OttoDepth *depth, PetscReal scale,
                   const PetscReal p0[], PetscReal most[])
{
  const PetscInt last = g->dim - 1;
  const PetscInt64 run = g->local[last], size = depth->size[last];
  PetscInt64 idx[OTTO_MAX_DIM];

  for (PetscInt64 c = 0; c < g->local_cells; c += run) {
    PetscInt64 row = 0;
    OttoGridCellIndex(g, c, idx);
    for (PetscInt j = 0; j < last; j++) row = row * Count(g, depth, j) + idx[j] / depth->size[j];
    row *= Count(g, depth, last);
    for (PetscInt64 i = 0; i < run;) {
      const PetscInt64 block = (g->first[last] + i) / size;
      const PetscInt64 end = PetscMin(run, (block + 1) * size - g->first[last]);
      PetscReal best = 0;
      for (; i < end; i++) best = p0[c + i] > best ? p0[c + i] : best;
      most[row + block] = PetscMax(most[row + block], scale * best);
    }
  }
}

PetscErrorCode OttoDepthPrepare(const OttoGridInfo *g, PetscReal scale, const PetscReal p0[],
                                OttoDepth *depth)
{
  PetscErrorCode code;

  PetscFunctionBegin;
  if (depth->most) PetscFunctionReturn(0);
  const PetscInt64 along =
      PetscMin(LONGEST, (PetscInt64)floor(pow(BLOCKS, 1.0 / (double)g->dim) + 1e-9));
  for (PetscInt j = 0; j < g->dim; j++) depth->size[j] = (g->n[j] + along - 1) / along;
  const PetscInt64 total = Total(g, depth);
  code = PetscCalloc1(total, &depth->most);
  PetscCall(OttoAgree(g->comm, code));
  Gather(g, depth, scale, p0, depth->most);
  PetscCallMPI(
      MPI_Allreduce(MPI_IN_PLACE, depth->most, (PetscMPIInt)total, MPIU_REAL, MPIU_MAX, g->comm));
  for (PetscInt64 i = 0; i < total; i++) depth->most[i] = log(depth->most[i]);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDepthDestroy(OttoDepth *depth)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(depth->most));
  PetscFunctionReturn(0);
}

/* Cells from the middle of block a to the nearest of block b. */
static PetscInt64 Between(const OttoGridInfo *g, const OttoDepth *depth, PetscInt axis,
                          PetscInt64 a, PetscInt64 b)
{
  const PetscInt64 n = g->n[axis], size = depth->size[axis];
  const PetscInt64 lower = PetscMin(a, b), upper = PetscMax(a, b);
  const PetscInt64 inside = upper * size - PetscMin(n, (lower + 1) * size) + 1;

  if (a == b) return 0;
  if (g->boundary[axis] != OTTO_BOUNDARY_PERIODIC) return inside + size / 2;
  const PetscInt64 around = lower * size + n - PetscMin(n, (upper + 1) * size) + 1;
  return PetscMin(n / 2, PetscMin(inside, around) + size / 2);
}

/* log K of each pair of blocks of an axis, far[a·count + b]. */
static void Farthest(const OttoGridInfo *g, const OttoDepth *depth, PetscInt axis,
                     const OttoKernelTable *table, PetscReal far[])
{
  const PetscInt64 count = Count(g, depth, axis);
  long double one;

  for (PetscInt64 a = 0; a < count; a++)
    for (PetscInt64 b = 0; b <= a; b++)
      far[a * count + b] = far[b * count + a] =
          (PetscReal)OttoKernelLogSum(table, 0, Between(g, depth, axis, a, b), &one);
}

/* value[outer][count][inner]: every line replaced by max over b of far[a][b] + line[b]. */
OTTO_VECTOR_CLONES static void Spread(PetscInt64 outer, PetscInt64 count, PetscInt64 inner,
                                      const PetscReal far[], PetscReal line[], PetscReal value[])
{
  for (PetscInt64 o = 0; o < outer; o++)
    for (PetscInt64 i = 0; i < inner; i++) {
      PetscReal *at = value + o * count * inner + i;
      for (PetscInt64 b = 0; b < count; b++) line[b] = at[b * inner];
      for (PetscInt64 a = 0; a < count; a++) {
        PetscReal best = -INFINITY;
#pragma omp simd reduction(max : best)
        for (PetscInt64 b = 0; b < count; b++) {
          const PetscReal sum = far[a * count + b] + line[b];
          best = sum > best ? sum : best;
        }
        at[a * inner] = best;
      }
    }
}

PetscErrorCode OttoDepthLeast(const OttoGridInfo *g, const OttoDepth *depth,
                              const OttoKernelTable *const table[], PetscReal *log_least)
{
  const PetscInt64 total = Total(g, depth);
  PetscReal *value, *far, *line, least = INFINITY;
  PetscInt64 inner = total, longest = 1;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++) longest = PetscMax(longest, Count(g, depth, j));
  PetscCall(PetscMalloc3(total, &value, longest * longest, &far, longest, &line));
  PetscCall(PetscArraycpy(value, depth->most, total));
  for (PetscInt j = 0; j < g->dim; j++) {
    const PetscInt64 count = Count(g, depth, j);
    inner /= count;
    Farthest(g, depth, j, table[j], far);
    Spread(total / count / inner, count, inner, far, line, value);
  }
  for (PetscInt64 i = 0; i < total; i++) least = PetscMin(least, value[i]);
  PetscCall(PetscFree3(value, far, line));
  *log_least = least;
  PetscFunctionReturn(0);
}
