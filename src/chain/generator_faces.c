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

/* Whether the cell idx stands at an absorbing face of the box. */
static PetscBool Absorbs(const OttoGridInfo *g, const PetscInt64 idx[], PetscInt j, int side)
{
  return OttoBoundaryAbsorbs(g->boundary[j], side) && idx[j] == (side < 0 ? 0 : g->n[j] - 1)
             ? PETSC_TRUE
             : PETSC_FALSE;
}

PetscInt64 OttoGeneratorAbsorbingFaces(const OttoGridInfo *g)
{
  PetscInt64 idx[OTTO_MAX_DIM], count = 0;

  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellIndex(g, c, idx);
    for (PetscInt j = 0; j < g->dim; j++) count += Absorbs(g, idx, j, -1) + Absorbs(g, idx, j, 1);
  }
  return count;
}

PetscErrorCode OttoGeneratorFillKilled(OttoGenerator s, const PetscReal open[])
{
  const OttoGridInfo *g = s->g;
  PetscInt64 idx[OTTO_MAX_DIM];

  PetscFunctionBegin;
  s->losses = 0;
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    s->killed[c] = 0;
    if (open && !(open[c] > 0)) continue;
    OttoGridCellIndex(g, c, idx);
    for (PetscInt j = 0; j < g->dim; j++)
      for (int side = -1; side <= 1; side += 2) {
        OttoLoss *loss = &s->loss[s->losses];
        if (!Absorbs(g, idx, j, side)) continue;
        *loss = (OttoLoss){c, OTTO_FACE(j, side), OTTO_FACE(j, side), 0};
        PetscCall(s->ops->face_rate(s, c, j, side, &loss->rate));
        if (!(loss->rate > 0)) continue;
        s->killed[c] += loss->rate;
        s->losses++;
      }
  }
  PetscFunctionReturn(0);
}
