/*
 * The layer of cells just beyond the open faces of a box, where a density in free space goes on:
 * its logarithm, by axis and side (0: below).
 */
#pragma once
#include <otto/grid.h>

typedef struct {
  PetscReal *log[OTTO_MAX_DIM][2]; /* [cells of the face]; NULL: no open face, or another rank's */
} OttoBeyond;

/* A face of the rank's own box that lies on a face of the whole one: `outer` runs of `inner` cells,
 * cell i of run k being number k·stride + first + i of the rank's cells, k·inner + i of the face.
 */
typedef struct {
  PetscInt64 outer, inner, stride, first;
} OttoFace;

/** That face of axis j, 0 runs where the rank does not reach it or it is not open. Not collective.
 */
static inline OttoFace OttoOpenFace(const OttoGridInfo *g, PetscInt j, PetscInt side)
{
  const PetscBool mine = side ? g->first[j] + g->local[j] == g->n[j] : g->first[j] == 0;
  OttoFace face = {1, 1, 0, 0};

  if (g->boundary[j] != OTTO_BOUNDARY_OPEN || !mine || !g->local_cells)
    return (OttoFace){0, 0, 0, 0};
  for (PetscInt i = 0; i < j; i++) face.outer *= g->local[i];
  for (PetscInt i = j + 1; i < g->dim; i++) face.inner *= g->local[i];
  face.stride = g->local[j] * face.inner;
  face.first = side ? face.stride - face.inner : 0;
  return face;
}
