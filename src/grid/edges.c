#include "edges.h"

/* Inside a plane of own cells: `line` cells apart, n of them, runs of `inner`. */
static void WalkAxis(const OttoGridInfo *g, PetscInt j, PetscInt64 first, PetscInt64 inner,
                     OttoEdgesVisit visit, void *context)
{
  const PetscInt64 plane = g->local[1] * g->row_cells, line = g->local[j] * inner;
  const PetscInt64 last = line - inner;
  const PetscBool wraps = g->boundary[j] == OTTO_BOUNDARY_PERIODIC && g->local[j] == g->n[j];

  if (g->n[j] == 1) return;
  for (PetscInt64 x = first; x < first + plane; x += line) {
    const OttoEdges up = {j, last, x, x + inner}, round = {j, inner, x + last, x};
    if (last) visit(&up, context);
    if (wraps) visit(&round, context);
  }
}

void OttoEdgesOfPlane(const OttoGridInfo *g, PetscInt64 i, PetscBool below, OttoEdgesVisit visit,
                      void *context)
{
  PetscInt64 inner = 1;

  for (PetscInt j = g->dim - 1; j >= 1; inner *= g->local[j], j--) {
    WalkAxis(g, j, OttoHaloRow(g, 1, i, 0), inner, visit, context);
    if (g->local[j] == g->n[j]) continue;
    for (PetscInt64 at = below ? -1 : g->local[j] - 1; at < g->local[j]; at += g->local[j]) {
      const OttoEdges up = {j, inner, OttoHaloRow(g, 1, i, at), OttoHaloRow(g, 1, i, at + 1)};
      if (OttoEdgesLeadUp(g, j, at)) visit(&up, context);
    }
  }
}

PetscBool OttoEdgesLeadUp(const OttoGridInfo *g, PetscInt axis, PetscInt64 at)
{
  const PetscInt64 i = g->first[axis] + at;

  if (g->n[axis] == 1) return PETSC_FALSE;
  if (g->boundary[axis] == OTTO_BOUNDARY_PERIODIC) return PETSC_TRUE;
  return i >= 0 && i + 1 < g->n[axis] ? PETSC_TRUE : PETSC_FALSE;
}

void OttoEdgesWalk(const OttoGridInfo *g, PetscBool below, OttoEdgesVisit visit, void *context)
{
  const PetscInt64 plane = g->local[1] * g->row_cells;

  if (!g->local_cells) return;
  for (PetscInt64 i = below ? -1 : 0; i < g->local[0]; i++) {
    const OttoEdges up = {0, plane, OttoHaloRow(g, 1, i, 0), OttoHaloRow(g, 1, i + 1, 0)};
    if (i >= 0) OttoEdgesOfPlane(g, i, below, visit, context);
    if (OttoEdgesLeadUp(g, 0, i)) visit(&up, context);
  }
}

PetscInt64 OttoEdgesNeighbour(const OttoGridInfo *g, PetscInt64 cell, PetscInt axis, int side)
{
  PetscInt64 at[OTTO_MAX_DIM];

  OttoHaloPosition(g, cell, at);
  if (!OttoEdgesLeadUp(g, axis, at[axis] - (side < 0))) return -1;
  at[axis] += side;
  if (!OttoHaloServes(g, axis)) at[axis] = (at[axis] + g->n[axis]) % g->n[axis];
  return OttoHaloCell(g, 1, at);
}
