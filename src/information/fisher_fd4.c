/*
 * Fourth-order central differences. The logarithms of five planes of a tile of rows are kept; each
 * row of the middle plane gets its squared gradients axis by axis in a buffer that stays in cache.
 */
#include "divergence_impl.h"
#include "fisher_planes.h"
#include "fisher_sums.h"
#include "core/vecmath.h"

enum { RATIO, LOG_Q, LOG_P, LOGS };

typedef struct {
  const OttoGridInfo *g;
  OttoPlane plane[5];                 /* two below, the middle one, two above */
  PetscBool kl_alone;                 /* of the dissipations */
  PetscInt fields;                    /* 2 where every logarithm of the five is finite, else 3 */
  PetscReal square[LOGS][OTTO_BLOCK]; /* squared gradients of a piece of a row */
  PetscReal padded[LOGS][OTTO_BLOCK + 4];
} Stencil;

static const PetscReal *LogOf(const OttoPlane *plane, PetscInt which)
{
  return which == RATIO ? plane->ratio : which == LOG_P ? plane->lp : plane->lq;
}

/* (f(x+h) - f(x-h)) 8 - (f(x+2h) - f(x-2h)), at[] being the five points. */
#define DIFFERENCE(at, i) (8 * ((at)[3][i] - (at)[1][i]) - ((at)[4][i] - (at)[0][i]))

/* square += (scale DIFFERENCE)^2 of one logarithm. */
OTTO_VECTOR_CLONES static void AddSquares(PetscInt n, const PetscReal *const at[5], PetscReal scale,
                                          PetscReal *restrict square)
{
#pragma omp simd
  for (PetscInt i = 0; i < n; i++) {
    PetscReal slope = DIFFERENCE(at, i) * scale;
    square[i] += slope * slope;
  }
}

/* The same for all three from log(p/q) and log q, log p being their sum. */
OTTO_VECTOR_CLONES static void AddSquaresOfSum(PetscInt n, const PetscReal *const of_ratio[5],
                                               const PetscReal *const of_q[5], PetscReal scale,
                                               PetscReal *restrict square_ratio,
                                               PetscReal *restrict square_q,
                                               PetscReal *restrict square_p)
{
#pragma omp simd
  for (PetscInt i = 0; i < n; i++) {
    PetscReal ratio = DIFFERENCE(of_ratio, i) * scale, q = DIFFERENCE(of_q, i) * scale;
    square_ratio[i] += ratio * ratio;
    square_q[i] += q * q;
    square_p[i] += (ratio + q) * (ratio + q);
  }
}

static void AddAxis(Stencil *s, PetscInt n, const PetscReal *at[LOGS][5], PetscReal h)
{
  if (s->fields == 2) {
    AddSquaresOfSum(n, at[RATIO], at[LOG_Q], 1 / (12 * h), s->square[RATIO], s->square[LOG_Q],
                    s->square[LOG_P]);
    return;
  }
  for (PetscInt f = 0; f < LOGS; f++) AddSquares(n, at[f], 1 / (12 * h), s->square[f]);
}

/* Cells [from, from + n) of a row with two neighbours on either side. */
static void Pad(const OttoGridInfo *g, const PetscReal row[], PetscInt64 from, PetscInt n,
                PetscReal padded[])
{
  const PetscInt last = g->dim - 1;

  memcpy(padded + 2, row + from, (size_t)n * sizeof *row);
  for (PetscInt i = 0; i < 2; i++) {
    padded[i] = row[OttoPositionBehind(g, last, from + i - 2)];
    padded[n + 2 + i] = row[OttoPositionBehind(g, last, from + n + i)];
  }
}

/* Cells [from, from + n) of the row that starts at cell `row` of the plane, whose indices on axes
 * 2 … dim-2 are idx[]. */
static void Piece(Stencil *s, const PetscInt64 idx[], PetscInt64 row, PetscInt64 from, PetscInt n,
                  PetscReal value[])
{
  const OttoGridInfo *g = s->g;
  const PetscInt last = g->dim - 1;
  const OttoPlane *middle = &s->plane[2];
  const PetscReal *at[LOGS][5];
  PetscInt64 stride = 1;

  for (PetscInt f = 0; f < LOGS; f++) { /* 0, or NaN where the cell itself is unresolved */
    const PetscReal *own = LogOf(middle, f) + row + from;
    if (s->fields == 2)
      memset(s->square[f], 0, (size_t)n * sizeof *own);
    else
      for (PetscInt i = 0; i < n; i++) s->square[f][i] = isfinite(own[i]) ? 0 : NAN;
  }
  for (PetscInt f = 0; f < s->fields; f++)
    for (PetscInt k = 0; k < 5; k++) at[f][k] = LogOf(&s->plane[k], f) + row + from;
  AddAxis(s, n, at, g->h[0]);
  for (PetscInt j = last; j >= 1; stride *= g->n[j], j--) {
    for (PetscInt f = 0; f < s->fields; f++) {
      const PetscReal *log = LogOf(middle, f) + row;
      if (j == last && j > 1) Pad(g, log, from, n, s->padded[f]);
      for (PetscInt k = 0; k < 5; k++) {
        PetscInt64 step = k - 2; /* along axis 1 the tile has its margin */
        if (j > 1 && j < last) step = OttoPositionBehind(g, j, idx[j] + step) - idx[j];
        at[f][k] = j == last && j > 1 ? s->padded[f] + k : log + from + step * stride;
      }
    }
    AddAxis(s, n, at, g->h[j]);
  }
  (s->kl_alone ? OttoFisherWeighKL : OttoFisherWeigh)(n, middle->p + row + from,
                                                      middle->q + row + from, s->square[RATIO],
                                                      s->square[LOG_P], s->square[LOG_Q], value);
}

/* The middle plane's tile of so many cells. */
static void MiddlePlane(Stencil *s, PetscInt64 cells, OttoSum sums[])
{
  const OttoGridInfo *g = s->g;
  const PetscInt64 length = g->dim > 2 ? g->n[g->dim - 1] : cells;
  PetscInt64 idx[OTTO_MAX_DIM] = {0};
  PetscReal value[OTTO_FISHER_COUNT];

  s->fields = 2;
  for (PetscInt k = 0; k < 5; k++)
    if (!s->plane[k].plain) s->fields = LOGS;
  for (PetscInt64 row = 0; row < cells; row += length) {
    for (PetscInt64 from = 0; from < length; from += OTTO_BLOCK) {
      Piece(s, idx, row, from, (PetscInt)PetscMin(OTTO_BLOCK, length - from), value);
      OttoFisherSumAdd(sums, value, 1);
    }
    for (PetscInt j = g->dim - 2; j >= 2 && ++idx[j] == g->n[j]; j--) idx[j] = 0;
  }
}

PetscErrorCode OttoFisherFD4WithDivergences(OttoGrid grid, const OttoPair *pair, unsigned mask,
                                            PetscReal renyi_order, OttoDivergences *divergences,
                                            OttoFisher *fisher)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const OttoPairRule rule = {mask, renyi_order, pair->resolved_p, pair->resolved_q};
  OttoSum sums[OTTO_FISHER_COUNT] = {{0, 0}};
  OttoTotals totals;
  OttoGhosted planes;
  Stencil s = {.g = g, .kl_alone = divergences ? PETSC_TRUE : PETSC_FALSE};

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  for (PetscInt j = 0; j < g->dim; j++)
    if (g->boundary[j] != OTTO_BOUNDARY_PERIODIC && g->boundary[j] != OTTO_BOUNDARY_NO_FLUX)
      OttoFail(PETSC_ERR_SUP,
               "finite-difference Fisher information needs periodic or no-flux axes");
  PetscCall(OttoGhostedCreate(grid, pair, &rule, 2, 5, 2, PETSC_TRUE, NULL, &planes));
  OttoTotalsInit(&totals);
  do {
    for (PetscInt64 i = -2; i < g->local[0] + 2 && g->local_cells; i++) {
      PetscBool own = i >= 0 && i < g->local[0] ? PETSC_TRUE : PETSC_FALSE;
      OttoGhostedTake(&planes, i, own && divergences ? &totals : NULL);
      if (i < 2) continue;
      for (PetscInt k = 0; k < 5; k++) s.plane[k] = OttoGhostedGet(&planes, i - 4 + k, 0);
      MiddlePlane(&s, planes.count * planes.row, sums);
    }
  } while (OttoGhostedNextTile(&planes));
  PetscCall(OttoGhostedDestroy(&planes));
  PetscCall(PetscArrayzero(fisher, 1));
  PetscCall(OttoFisherFinish(grid, sums, fisher));
  if (divergences) PetscCall(OttoTotalsFinish(grid, &rule, pair, &totals, divergences));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFisherFD4(OttoGrid grid, const OttoPair *pair, OttoFisher *out)
{
  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCall(OttoFisherFD4WithDivergences(grid, pair, 0, 0.5, NULL, out));
  PetscFunctionReturn(0);
}
