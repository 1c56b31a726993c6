#include "image.h"

#define LAYERS 2 /* of ghosts: a face at a wall is continued from the two before it */

/* φ in the cells of a line about one: at positions i + by of its axis, 0 … n-1 or wrapped. */
typedef struct {
  const OttoSurrounded *phi;
  const OttoGridInfo *g;
  PetscInt axis;
  PetscInt64 stride; /* of the axis in the rank's box */
} Line;

/* φ `by` cells along the axis from own cell c, which stands at i of the box. */
static PetscReal At(const Line *l, PetscInt64 c, PetscInt64 i, PetscInt64 by)
{
  const OttoGridInfo *g = l->g;
  PetscInt64 to = i + by, at[OTTO_MAX_DIM];

  if (to >= 0 && to < g->local[l->axis]) return l->phi->own[c + by * l->stride];
  if (!OttoHaloServes(g, l->axis)) { /* whole on the rank */
    to = (to % g->n[l->axis] + g->n[l->axis]) % g->n[l->axis];
    return l->phi->own[c + (to - i) * l->stride];
  }
  OttoHaloPosition(g, c, at);
  at[l->axis] = to;
  return *OttoSurroundedAt(l->phi, OttoHaloCell(g, LAYERS, at));
}

/* T at the lower face of own cell c. */
static PetscReal LowerFace(const Line *l, PetscInt64 c, PetscInt64 i)
{
  const PetscReal h = l->g->h[l->axis], place = (PetscReal)(l->g->first[l->axis] + i);

  return place - (At(l, c, i, 0) - At(l, c, i, -1)) / (h * h);
}

static PetscReal UpperFace(const Line *l, PetscInt64 c, PetscInt64 i)
{
  const PetscReal h = l->g->h[l->axis], place = (PetscReal)(l->g->first[l->axis] + i + 1);

  return place - (At(l, c, i, 1) - At(l, c, i, 0)) / (h * h);
}

/* The ends of own cell c's box on the axis, wherever it stands. */
static void Ends(const Line *l, PetscInt64 c, PetscInt64 i, PetscReal *lower, PetscReal *upper)
{
  const OttoGridInfo *g = l->g;
  const PetscInt64 n = g->n[l->axis], k = g->first[l->axis] + i;
  const PetscBool wall = g->boundary[l->axis] != OTTO_BOUNDARY_PERIODIC ? PETSC_TRUE : PETSC_FALSE;
  const PetscReal h = g->h[l->axis];

  if (wall && n == 1) {
    *lower = 0;
    *upper = 1;
    return;
  }
  if (!wall || k > 0) *lower = LowerFace(l, c, i);
  if (!wall || k < n - 1) *upper = UpperFace(l, c, i);
  if (!wall || (k > 0 && k < n - 1)) return;
  /* the width of the neighbour's box, or the cell's own where there are no two faces */
  const PetscInt64 in = k == 0 ? 1 : -1;
  PetscReal width = 1;
  if (n > 2) width -= (At(l, c, i, 2 * in) - 2 * At(l, c, i, in) + At(l, c, i, 0)) / (h * h);
  width = PetscMax(width, 0);
  if (k == 0)
    *lower = PetscMax(*upper - width, 0);
  else
    *upper = PetscMin(*lower + width, (PetscReal)n);
}

static void Axis(const Line *l, PetscReal lower[], PetscReal upper[])
{
  const OttoGridInfo *g = l->g;
  const PetscInt64 local = g->local[l->axis], stride = l->stride, block = local * stride;
  const PetscReal per_h2 = 1 / (g->h[l->axis] * g->h[l->axis]), *phi = l->phi->own;

  for (PetscInt64 start = 0; start < g->local_cells; start += block) {
    for (PetscInt64 i = 1; i < local - 1; i++) {
      const PetscReal place = (PetscReal)(g->first[l->axis] + i);
      for (PetscInt64 c = start + i * stride; c < start + (i + 1) * stride; c++) {
        lower[c] = place - (phi[c] - phi[c - stride]) * per_h2;
        upper[c] = place + 1 - (phi[c + stride] - phi[c]) * per_h2;
      }
    }
    for (PetscInt64 i = 0; i < local; i += PetscMax(local - 1, 1))
      for (PetscInt64 c = start + i * stride; c < start + (i + 1) * stride; c++)
        Ends(l, c, i, &lower[c], &upper[c]);
  }
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    const PetscReal middle = 0.5 * (lower[c] + upper[c]);
    if (lower[c] <= upper[c]) continue;
    lower[c] = upper[c] = middle;
  }
}

PetscErrorCode OttoImage(OttoGrid grid, const PetscReal phi[], PetscReal *const lower[],
                         PetscReal *const upper[])
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  OttoSurrounded surrounded;
  PetscInt64 stride = 1;
  OttoHalo halo;

  PetscFunctionBegin;
  PetscCall(OttoGridGetHalo(grid, LAYERS, &halo));
  PetscCall(OttoHaloSurround(halo, phi, &surrounded));
  for (PetscInt j = g->dim - 1; j >= 0; j--) {
    const Line line = {&surrounded, g, j, stride};
    if (g->local_cells) Axis(&line, lower[j], upper[j]);
    stride *= g->local[j];
  }
  PetscCall(OttoHaloRelease(halo, &surrounded));
  PetscFunctionReturn(0);
}
