/* Chains with sets as targets, for tests of first passages. */
#pragma once
#include "chain.h"
#include <otto/passage.h>

/* Labels of cells by their centres. */
static inline PetscErrorCode MakeLabels(OttoGrid grid, PetscInt (*set)(const PetscReal x[]),
                                        Vec *label)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal x[OTTO_MAX_DIM];
  PetscScalar *l;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(grid, label));
  PetscCall(VecGetArray(*label, &l));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellCentre(g, c, x);
    l[c] = (PetscReal)set(x);
  }
  PetscCall(VecRestoreArray(*label, &l));
  PetscFunctionReturn(0);
}

/* Makes `count` sets targets of a chain and sets first passages up. */
static inline PetscErrorCode MakePassage(const Chain *s, PetscInt count,
                                         PetscInt (*set)(const PetscReal x[]),
                                         OttoPassageMethod method, OttoPassage *passage)
{
  Vec label;

  PetscFunctionBegin;
  if (count) {
    PetscCall(MakeLabels(s->grid, set, &label));
    PetscCall(OttoGeneratorSetTargets(s->Q, count, label));
    PetscCall(VecDestroy(&label));
  }
  PetscCall(OttoPassageCreate(s->Q, passage));
  PetscCall(OttoPassageSetMethod(*passage, method));
  PetscCall(OttoPassageSetUp(*passage));
  PetscFunctionReturn(0);
}

/* Mean of u over the two cells beside x0 of a one-dimensional grid on one rank, x0 a face. */
static inline PetscReal BesideFace(const OttoGridInfo *g, Vec u, PetscReal x0)
{
  const PetscInt64 above = (PetscInt64)rint((x0 - g->lower[0]) / g->h[0]);
  const PetscScalar *values;
  PetscReal mean;

  if (VecGetArrayRead(u, &values)) return NAN;
  mean = 0.5 * (values[above - 1] + values[above]);
  if (VecRestoreArrayRead(u, &values)) return NAN;
  return mean;
}
