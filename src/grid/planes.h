/*
 * Private to transform: the planes of axis 0 that a rank owns where the
 * mesh has all ranks on that axis (what moves lines of cells refuses others).
 */
#pragma once
#include <otto/grid.h>

typedef struct {
  PetscInt64 start, count;  /* planes [start, start + count) */
  PetscInt64 cells;         /* of a plane */
  const PetscInt64 *starts; /* [size + 1]: first plane of each rank */
} OttoOwnPlanes;

static inline OttoOwnPlanes OttoGridPlanes(const OttoGridInfo *g)
{
  return (OttoOwnPlanes){g->first[0], g->local[0], g->cells / g->n[0], g->cuts[0]};
}
