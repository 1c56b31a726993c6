/*
 * Mass along the values of a formula (MATHEMATICS 10.1). In a cell the formula is f + Σ a_j u_j,
 * u_j uniform in [-1/2, 1/2]: the part of the cell below a value v is the distribution of a sum of
 * uniform numbers, by inclusion and exclusion over the corners of the box
 *
 *   F(v) = Σ_e (-1)^|e| (v - f + S/2 - e·a)_+^k / (k! Π a_j),   S = Σ a_j,   e in {0, 1}^k.
 *
 * Terms cancel where one a_j is far below the others: what is below TINY of their sum is left out,
 * which changes F by TINY²/24 in its middle, while F keeps to 1e-16/TINY² (1e-9) in three axes.
 */
#include "observable_impl.h"
#include <math.h>

#define TINY 3e-4

/* Of one cell: its sizeable differences a[k], their sum, and k! Π a. */
typedef struct {
  PetscInt k;
  PetscReal a[OTTO_MAX_DIM], half, volume;
} Box;

static Box MakeBox(PetscInt dim, const PetscReal over[])
{
  Box b = {.k = 0, .half = 0, .volume = 1};
  PetscReal sum = 0;

  for (PetscInt j = 0; j < dim; j++) sum += over[j];
  for (PetscInt j = 0; j < dim; j++) {
    if (!(over[j] > TINY * sum)) continue;
    b.a[b.k++] = over[j];
    b.half += over[j] / 2;
    b.volume *= over[j] * (PetscReal)b.k;
  }
  return b;
}

/* The part of the box below v, as seen from the value at the centre. */
static PetscReal Below(const Box *b, PetscReal v)
{
  PetscReal sum = 0;

  if (v >= b->half) return 1;
  if (v <= -b->half) return 0;
  if (v > 0) return 1 - Below(b, -v); /* fewer terms, and smaller ones */
  for (PetscInt e = 0; e < 1 << b->k; e++) {
    PetscReal left = v + b->half, sign = 1, power = 1;
    for (PetscInt j = 0; j < b->k; j++) {
      if (!(e >> j & 1)) continue;
      left -= b->a[j];
      sign = -sign;
    }
    for (PetscInt j = 0; j < b->k; j++) power *= PetscMax(0, left);
    sum += sign * power;
  }
  return PetscMin(0.5, PetscMax(0, sum / b->volume));
}

PetscErrorCode OttoObservableHistogram(OttoObservable o, Vec p, PetscInt bins,
                                       const PetscReal range[2], PetscReal mass[])
{
  const OttoGridInfo *g = OttoGridGetInfo(o->grid);
  const PetscReal step = (range[1] - range[0]) / (PetscReal)bins;
  const PetscScalar *values, *of_p;
  OttoSum *sums;

  PetscFunctionBegin;
  PetscCall(OttoAgree(g->comm, PetscCalloc1((size_t)bins, &sums)));
  PetscCall(VecGetArrayRead(o->values, &values));
  PetscCall(VecGetArrayRead(p, &of_p));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    if (of_p[c] == 0) continue;
    const Box b = MakeBox(g->dim, o->over + c * g->dim);
    const PetscReal first = floor((values[c] - b.half - range[0]) / step);
    PetscInt i = (PetscInt)PetscMax(0, PetscMin((PetscReal)(bins - 1), first));
    PetscReal below = 0;
    for (; i < bins && below < 1; i++) {
      const PetscReal edge = range[0] + (PetscReal)(i + 1) * step - values[c];
      const PetscReal next = i == bins - 1 ? 1 : PetscMax(below, Below(&b, edge));
      if (next > below) OttoSumAdd(&sums[i], of_p[c] * (next - below));
      below = next;
    }
  }
  PetscCall(VecRestoreArrayRead(p, &of_p));
  PetscCall(VecRestoreArrayRead(o->values, &values));
  PetscCall(OttoSumReduce(g->comm, bins, sums));
  for (PetscInt i = 0; i < bins; i++) mass[i] = OttoSumValue(sums[i]) * g->cell_volume;
  PetscCall(PetscFree(sums));
  PetscFunctionReturn(0);
}
