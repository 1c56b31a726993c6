/*
 * The 1-norm splits by axes, and on a line two sweeps do it, up and down; on a circle each goes
 * round twice. As Lipschitz regularisations of distance transforms go (Felzenszwalb and
 * Huttenlocher 2012, section 4, in the logarithm).
 */
#include "slope_limit.h"
#include "grid/axis.h"
#include <math.h>

/* row = max(row, keep · before). */
static inline void Follow(PetscInt64 lines, PetscReal keep, const PetscReal before[],
                          PetscReal row[])
{
  for (PetscInt64 l = 0; l < lines; l++) row[l] = PetscMax(row[l], keep * before[l]);
}

/* context: the rate. */
static PetscErrorCode Sweep(const OttoBundle *b, void *context)
{
  const PetscReal keep = exp(-*(const PetscReal *)context * b->g->h[b->axis]);
  const PetscBool circle = b->g->boundary[b->axis] == OTTO_BOUNDARY_PERIODIC;
  const PetscInt64 n = b->n, row = b->stride, steps = circle ? 2 * n : n;
  PetscReal *u = b->out[0];

  for (PetscInt64 i = 0; i < n; i++)
    PetscCall(PetscArraycpy(u + i * row, b->in[0] + i * row, b->lines));
  for (PetscInt64 k = 1; k < steps; k++)
    Follow(b->lines, keep, u + (k - 1) % n * row, u + k % n * row);
  for (PetscInt64 k = steps - 1; k > 0; k--)
    Follow(b->lines, keep, u + k % n * row, u + (k - 1) % n * row);
  return 0;
}

PetscErrorCode OttoSlopeLimit(OttoGrid grid, PetscReal rate, PetscReal field[])
{
  OttoAxis lines;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < OttoGridGetInfo(grid)->dim; j++) {
    PetscCall(OttoAxisCreate(grid, j, 1, 0, &lines));
    PetscCall(OttoAxisApply(lines, 1, (const PetscReal *const[]){field}, 1,
                            (PetscReal *const[]){field}, Sweep, &rate));
    PetscCall(OttoAxisDestroy(&lines));
  }
  PetscFunctionReturn(0);
}
