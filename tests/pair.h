/* What the tests of pairs of densities share: fields by a rule, and cell values that look random.
 */
#pragma once
#include "test.h"

/* value(cell, dim, x[dim], context) in every cell; `cell` counts through the whole grid. */
typedef PetscReal (*Value)(PetscInt64 cell, PetscInt dim, const PetscReal x[],
                           const PetscReal *context);

static inline PetscErrorCode Fill(OttoGrid grid, Value value, const PetscReal *context, Vec *field)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscScalar *a;
  PetscReal x[OTTO_MAX_DIM];

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(grid, field));
  PetscCall(VecGetArray(*field, &a));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellCentre(g, c, x);
    a[c] = value(g->offset + c, g->dim, x, context);
  }
  PetscCall(VecRestoreArray(*field, &a));
  PetscFunctionReturn(0);
}

static inline PetscErrorCode Finish(OttoGrid *grid, OttoPair *pair)
{
  PetscFunctionBegin;
  PetscCall(VecDestroy(&pair->p));
  PetscCall(VecDestroy(&pair->q));
  PetscCall(VecDestroy(&pair->log_p));
  PetscCall(VecDestroy(&pair->log_q));
  PetscCall(OttoGridDestroy(grid));
  PetscFunctionReturn(0);
}

/* Uniform in (0, 1) from the cell's number: the same on any rank count. */
static inline PetscReal Hash(PetscInt64 cell, PetscReal seed)
{
  uint64_t x = (uint64_t)cell * 0x9e3779b97f4a7c15u + (uint64_t)(seed * 1e6);
  for (int k = 0; k < 3; k++) {
    x ^= x >> 31;
    x *= 0xbf58476d1ce4e5b9u;
  }
  return ((PetscReal)(x >> 11) + 0.5) * 0x1p-53;
}
