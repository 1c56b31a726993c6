/* Faces of cells: where they are, and what leaves by those that absorb. */
#include "generator_impl.h"

void OttoGeneratorFacePoint(const OttoGridInfo *g, PetscInt64 cell, PetscInt64 y, PetscInt axis,
                            PetscReal x[])
{
  const PetscBool own = cell < g->local_cells ? PETSC_TRUE : PETSC_FALSE;
  PetscInt64 idx[OTTO_MAX_DIM];

  OttoGridCellIndex(g, own ? cell : y, idx);
  if (!own) idx[axis] = (idx[axis] - 1 + g->n[axis]) % g->n[axis];
  for (PetscInt j = 0; j < g->dim; j++) x[j] = OttoGridCentre(g, j, idx[j]);
  x[axis] = g->lower[axis] + (PetscReal)(idx[axis] + 1) * g->h[axis];
}

PetscErrorCode OttoGeneratorFillKilled(OttoGenerator s, const PetscReal open[])
{
  const OttoGridInfo *g = s->g;
  PetscInt64 idx[OTTO_MAX_DIM];
  PetscReal rate = 0;

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    s->killed[c] = 0;
    if (open && !(open[c] > 0)) continue;
    OttoGridCellIndex(g, c, idx);
    for (PetscInt j = 0; j < g->dim; j++) {
      if (g->boundary[j] != OTTO_BOUNDARY_ABSORBING) continue;
      if (idx[j] == 0) {
        PetscCall(s->ops->face_rate(s, c, j, -1, &rate));
        s->killed[c] += rate;
      }
      if (idx[j] == g->n[j] - 1) {
        PetscCall(s->ops->face_rate(s, c, j, 1, &rate));
        s->killed[c] += rate;
      }
    }
  }
  PetscFunctionReturn(0);
}
