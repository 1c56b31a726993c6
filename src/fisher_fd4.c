/*
 * Fourth-order central differences. The logarithms of five planes are kept; each row of the middle
 * plane gets its squared gradients axis by axis in a buffer that stays in cache.
 */
#include "fisher_planes.h"
#include "fisher_sums.h"
#include "vecmath.h"

enum { RATIO, LOG_P, LOG_Q, LOGS };

typedef struct {
  const OttoGridInfo *g;
  OttoPlane plane[5];                 /* two below, the middle one, two above */
  PetscReal square[LOGS][OTTO_BLOCK]; /* squared gradients of a piece of a row */
  PetscReal padded[OTTO_BLOCK + 4];
} Stencil;

static const PetscReal *LogOf(const OttoPlane *plane, int which)
{
  return which == RATIO ? plane->ratio : which == LOG_P ? plane->lp : plane->lq;
}

/* square += ((8 (b1 - a1) - (b2 - a2)) scale)^2, where a2, a1, b1, b2 lie at -2, -1, 1, 2. */
OTTO_VECTOR_CLONES static void AddSquares(PetscInt n, const PetscReal a2[], const PetscReal a1[],
                                          const PetscReal b1[], const PetscReal b2[],
                                          PetscReal scale, PetscReal *restrict square)
{
#pragma omp simd
  for (PetscInt i = 0; i < n; i++) {
    PetscReal slope = (8 * (b1[i] - a1[i]) - (b2[i] - a2[i])) * scale;
    square[i] += slope * slope;
  }
}

/* Position i of an axis, wrapped or mirrored. */
static PetscInt64 Behind(const OttoGridInfo *g, PetscInt axis, PetscInt64 i)
{
  PetscInt64 n = g->n[axis], period = g->boundary[axis] == OTTO_BOUNDARY_PERIODIC ? n : 2 * n;

  if (i >= 0 && i < n) return i;
  i = ((i % period) + period) % period;
  return i < n ? i : 2 * n - 1 - i;
}

/* Cells [from, from + n) of the row that starts at cell `row` of the plane, whose indices on axes
 * 1 … dim-2 are idx[]. */
static void Piece(Stencil *s, const PetscInt64 idx[], PetscInt64 row, PetscInt64 from, PetscInt n,
                  PetscReal value[])
{
  const OttoGridInfo *g = s->g;
  const PetscInt last = g->dim - 1;
  const OttoPlane *middle = &s->plane[2];

  for (int which = 0; which < LOGS; which++) {
    PetscReal *square = s->square[which];
    const PetscReal *at[5], *own = LogOf(middle, which) + row;
    PetscInt64 stride = g->n[last];
    for (PetscInt i = 0; i < n; i++) square[i] = 0;
    for (int k = 0; k < 5; k++) at[k] = LogOf(&s->plane[k], which) + row + from;
    AddSquares(n, at[0], at[1], at[3], at[4], 1 / (12 * g->h[0]), square);
    for (PetscInt j = last - 1; j >= 1; stride *= g->n[j], j--) {
      for (int k = 0; k < 5; k++)
        at[k] = own + from + (Behind(g, j, idx[j] + k - 2) - idx[j]) * stride;
      AddSquares(n, at[0], at[1], at[3], at[4], 1 / (12 * g->h[j]), square);
    }
    if (!last) continue;
    for (PetscInt i = 0; i < n + 4; i++) s->padded[i] = own[Behind(g, last, from + i - 2)];
    AddSquares(n, s->padded, s->padded + 1, s->padded + 3, s->padded + 4, 1 / (12 * g->h[last]),
               square);
    for (PetscInt i = 0; i < n; i++) /* the cell itself belongs to the stencil */
      if (!isfinite(own[from + i])) square[i] = INFINITY;
  }
  OttoFisherWeigh(n, middle->p + row + from, middle->q + row + from, s->square[RATIO],
                  s->square[LOG_P], s->square[LOG_Q], value);
}

static void MiddlePlane(Stencil *s, OttoSum sums[])
{
  const OttoGridInfo *g = s->g;
  const PetscInt64 length = g->dim > 1 ? g->n[g->dim - 1] : 1;
  PetscInt64 idx[OTTO_MAX_DIM] = {0};
  PetscReal value[OTTO_FISHER_COUNT];

  for (PetscInt64 row = 0; row < g->plane_cells; row += length) {
    for (PetscInt64 from = 0; from < length; from += OTTO_BLOCK) {
      Piece(s, idx, row, from, (PetscInt)PetscMin(OTTO_BLOCK, length - from), value);
      OttoFisherSumAdd(sums, value, 1);
    }
    for (PetscInt j = g->dim - 2; j >= 1 && ++idx[j] == g->n[j]; j--) idx[j] = 0;
  }
}

PetscErrorCode OttoFisherFD4WithDivergences(OttoGrid grid, const OttoPair *pair, unsigned mask,
                                            PetscReal renyi_order, OttoDivergences *divergences,
                                            OttoFisher *fisher)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const OttoKernel kernel = {mask, renyi_order, pair->resolved_p, pair->resolved_q};
  OttoSum sums[OTTO_FISHER_COUNT] = {{0, 0}};
  OttoTotals totals;
  OttoGhosted planes;
  Stencil s = {.g = g};

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++)
    if (g->boundary[j] != OTTO_BOUNDARY_PERIODIC && g->boundary[j] != OTTO_BOUNDARY_NO_FLUX)
      OttoFail(PETSC_ERR_SUP,
               "finite-difference Fisher information needs periodic or no-flux axes");
  PetscCall(OttoGhostedCreate(grid, pair, &kernel, 2, 5, &planes));
  OttoTotalsInit(&totals);
  for (PetscInt64 i = -2; i < g->planes + 2 && g->planes; i++) {
    PetscBool own = i >= 0 && i < g->planes ? PETSC_TRUE : PETSC_FALSE;
    OttoGhostedTake(&planes, i, own && divergences ? &totals : NULL);
    if (i < 2) continue;
    for (PetscInt k = 0; k < 5; k++) s.plane[k] = OttoGhostedGet(&planes, i - 4 + k);
    MiddlePlane(&s, sums);
  }
  PetscCall(OttoGhostedDestroy(&planes));
  PetscCall(PetscArrayzero(fisher, 1));
  PetscCall(OttoFisherFinish(grid, sums, fisher));
  if (divergences) PetscCall(OttoTotalsFinish(grid, &kernel, &totals, divergences));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFisherFD4(OttoGrid grid, const OttoPair *pair, OttoFisher *out)
{
  PetscFunctionBegin;
  PetscCall(OttoFisherFD4WithDivergences(grid, pair, 0, 0.5, NULL, out));
  PetscFunctionReturn(0);
}
