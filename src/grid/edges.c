#include "edges.h"

void OttoEdgesOfPlane(const OttoGridInfo *g, PetscInt64 i, OttoEdgesVisit visit, void *context)
{
  const PetscInt64 first = i * g->plane_cells;
  PetscInt64 inner = 1;

  for (PetscInt j = g->dim - 1; j >= 1; inner *= g->n[j], j--) {
    const PetscInt64 line = g->n[j] * inner, last = line - inner;
    if (g->n[j] == 1) continue;
    for (PetscInt64 x = first; x < first + g->plane_cells; x += line) {
      const OttoEdges up = {j, last, x, x + inner}, round = {j, inner, x + last, x};
      visit(&up, context);
      if (g->boundary[j] == OTTO_BOUNDARY_PERIODIC) visit(&round, context);
    }
  }
}

PetscBool OttoEdgesLeadUp(const OttoGridInfo *g, PetscInt64 i)
{
  const PetscInt64 plane = g->start + i;

  if (g->n[0] == 1) return PETSC_FALSE;
  if (g->boundary[0] == OTTO_BOUNDARY_PERIODIC) return PETSC_TRUE;
  return plane >= 0 && plane + 1 < g->n[0] ? PETSC_TRUE : PETSC_FALSE;
}

void OttoEdgesWalk(const OttoGridInfo *g, PetscBool below, OttoEdgesVisit visit, void *context)
{
  if (!g->planes) return;
  for (PetscInt64 i = below ? -1 : 0; i < g->planes; i++) {
    const OttoEdges up = {0, g->plane_cells, i * g->plane_cells, (i + 1) * g->plane_cells};
    if (i >= 0) OttoEdgesOfPlane(g, i, visit, context);
    if (OttoEdgesLeadUp(g, i)) visit(&up, context);
  }
}
