#include "image.h"
#include "core/vecmath.h"

#define LAYERS                                                                                     \
  2            /* of ghosts: boxes beside one's own are seen, whose faces are known by two cells */
#define KINK 2 /* cells that a box is wider than twice the one beside it where φ has a kink */

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

/* Where φ has a kink between two cells, the face between them goes to a place between two targets
 * that is none, and both boxes are wide; what is real is the end beside a box that is not. A box
 * much wider than one beside it is as wide as that one, at that end; where both are, at the end
 * that is nearer. */
static inline void Narrow(PetscReal at, PetscReal before, PetscReal after, PetscReal *low,
                          PetscReal *high)
{
  const PetscReal width = *high - *low, middle = 0.5 * (*low + *high);
  const PetscReal left = before > 0 ? before : 0, right = after > 0 ? after : 0;
  const int to_low = width > KINK + 2 * left, to_high = width > KINK + 2 * right;
  const int take_low = to_low & (!to_high | (middle > at)), take_high = to_high & !take_low;
  const PetscReal end = take_low ? *low + left : *high, begin = take_high ? *high - right : *low;

  *low = width >= 0 ? begin : middle;
  *high = width >= 0 ? end : middle;
}

/* The ends of `count` boxes in a run of memory, two cells on either side: the first stands at
 * `place`, each next one `step` further along the axis. */
OTTO_VECTOR_CLONES static void Faces(PetscInt64 count, const PetscReal *phi, PetscInt64 stride,
                                     PetscReal per_h2, PetscReal place, PetscReal step,
                                     PetscReal *restrict lower, PetscReal *restrict upper)
{
  for (int c = 0; c < (int)count; c++) {
    const PetscReal at = place + step * c;
    const PetscReal a = phi[c - 2 * stride], b = phi[c - stride], e = phi[c], f = phi[c + stride];
    PetscReal low = at - (e - b) * per_h2, high = at + 1 - (f - e) * per_h2;
    Narrow(at + 0.5, 1 - (a - 2 * b + e) * per_h2, 1 - (e - 2 * f + phi[c + 2 * stride]) * per_h2,
           &low, &high);
    lower[c] = low;
    upper[c] = high;
  }
}

/* The same of own cell c, at i of the box, wherever it stands; beside walls a box is as it is. */
static void Box(const Line *l, PetscInt64 c, PetscInt64 i, PetscReal *lower, PetscReal *upper)
{
  const OttoGridInfo *g = l->g;
  const PetscInt64 n = g->n[l->axis], k = g->first[l->axis] + i;
  const PetscReal per_h2 = 1 / (g->h[l->axis] * g->h[l->axis]);
  PetscReal before = PETSC_INFINITY, after = PETSC_INFINITY;

  Ends(l, c, i, lower, upper);
  if (g->boundary[l->axis] == OTTO_BOUNDARY_PERIODIC || (k > 1 && k < n - 2)) {
    before = 1 - (At(l, c, i, -2) - 2 * At(l, c, i, -1) + At(l, c, i, 0)) * per_h2;
    after = 1 - (At(l, c, i, 2) - 2 * At(l, c, i, 1) + At(l, c, i, 0)) * per_h2;
  }
  Narrow((PetscReal)k + 0.5, before, after, lower, upper);
}

static void Axis(const Line *l, PetscReal lower[], PetscReal upper[])
{
  const OttoGridInfo *g = l->g;
  const PetscInt64 local = g->local[l->axis], stride = l->stride, block = local * stride;
  const PetscReal per_h2 = 1 / (g->h[l->axis] * g->h[l->axis]), *phi = l->phi->own;

  for (PetscInt64 start = 0; start < g->local_cells; start += block) {
    const PetscInt64 run = stride == 1 ? local - 4 : stride;
    for (PetscInt64 i = 2; i < local - 2; i += stride == 1 ? run : 1) {
      const PetscInt64 c = start + i * stride;
      Faces(run, phi + c, stride, per_h2, (PetscReal)(g->first[l->axis] + i), stride == 1,
            lower + c, upper + c);
    }
    for (PetscInt64 i = 0; i < local; i += i == 1 && local > 4 ? local - 3 : 1)
      for (PetscInt64 c = start + i * stride; c < start + (i + 1) * stride; c++)
        Box(l, c, i, &lower[c], &upper[c]);
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
