/*
 * Private to src/transport: boxes of any place and size over the cells of a grid, and masses spread
 * evenly over them. A box is what a map makes of a cell: on each axis the images of its two faces.
 *
 * Positions are in cells from the lower face of the axis: cell i is [i, i + 1], the axis [0, n].
 * On periodic axes they are unwrapped (a box may lie anywhere, and wind round); on any other what
 * stands beyond the axis is clipped to its end. Ends the wrong way round are swapped. A side of no
 * width is in the cell that contains it, an end between two cells in the upper one (in the last at
 * n). One to three axes.
 */
#pragma once
#include <otto/grid.h>

/** Cells of a box on average, beyond which large boxes are thinned out; and those of such a box, by
 * the number of axes. */
#define OTTO_BOX_CELLS 64
#define OTTO_BOX_SIDE(dim) ((dim) == 1 ? 64 : (dim) == 2 ? 8 : 4)

/** The cells that a side of a box meets, and what each gets of it. */
typedef struct {
  PetscInt64 first;   /* cell, unwrapped */
  PetscInt64 cell;    /* the same in 0 … n-1 */
  PetscInt64 count;   /* cells; 0: an end is NaN, or too far away for cells to be told apart */
  PetscInt64 step;    /* from one to the next: 1, or more where it is thinned out */
  PetscReal share[3]; /* of the first cell, of each between, of the last (beyond the first) */
} OttoSpan;

/** Axes of a box: those that a grid has not come first, with one cell. */
#define OTTO_BOX_DIM 3

/** A box of cells with their shares: axis j of the grid is side OTTO_BOX_DIM - dim + j. */
typedef struct {
  OttoSpan side[OTTO_BOX_DIM];
} OttoBox;

/** Sides beyond a grid's: one cell that has all. */
#define OTTO_SPAN_ALL ((OttoSpan){0, 0, 1, 1, {1, 0, 0}})

/** The span of [lower, upper] on an axis of n cells. Not collective. */
static inline OttoSpan OttoSpanOf(PetscReal lower, PetscReal upper, PetscInt64 n,
                                  PetscBool periodic)
{
  const PetscReal far = 0x1p+52, end = (PetscReal)n;
  PetscReal a = lower < upper ? lower : upper, b = lower < upper ? upper : lower;
  OttoSpan s = {0, 0, 0, 1, {0, 0, 0}};

  if (!(a > -far && b < far)) return s;
  if (!periodic) {
    a = PetscMin(PetscMax(a, 0), end);
    b = PetscMin(PetscMax(b, 0), end);
  }
  s.first = (PetscInt64)a;
  s.first -= (PetscReal)s.first > a;
  PetscInt64 last = (PetscInt64)b; /* the first cell beyond */
  last += (PetscReal)last < b;
  const PetscReal width = b - a;
  if (last <= s.first + 1 || !(width >= PETSC_MACHINE_EPSILON * PETSC_MACHINE_EPSILON)) {
    if (!periodic && s.first == n) s.first--;
    s.count = 1;
    s.share[0] = 1;
  } else {
    const PetscReal each = 1 / width;
    s.count = last - s.first;
    s.share[0] = ((PetscReal)(s.first + 1) - a) * each;
    s.share[1] = each;
    s.share[2] = (b - (PetscReal)(last - 1)) * each;
  }
  s.cell = s.first;
  if (periodic && (s.cell < 0 || s.cell >= n)) {
    s.cell %= n;
    s.cell += s.cell < 0 ? n : 0;
  }
  return s;
}

/** What cell k (0 … count-1) of a span gets. Not collective. */
static inline PetscReal OttoSpanShare(const OttoSpan *s, PetscInt64 k)
{
  return s->share[k == 0 ? 0 : k == s->count - 1 ? 2 : 1];
}

/** Thins a span out to `most` cells, evenly spaced about its middle. Not collective. */
static inline void OttoSpanThin(OttoSpan *s, PetscInt64 most, PetscInt64 n)
{
  if (s->count <= most) return;
  s->step = (s->count + most - 1) / most;
  const PetscInt64 count = (s->count + s->step - 1) / s->step;
  const PetscInt64 before = (s->count - 1 - (count - 1) * s->step) / 2;
  s->first += before;
  s->cell = (s->cell + before) % n;
  s->count = count;
  s->share[0] = s->share[1] = s->share[2] = 1 / (PetscReal)count;
}

/** The box of local cell c, of lower[dim][local_cells] and upper[dim][local_cells], thinned out
 * where it is large and `thin`; the sides beyond the grid's are left alone. Returns the number of
 * its cells, 0 where an end cannot be used. Not collective. */
static inline PetscInt64 OttoBoxOf(const OttoGridInfo *g, const PetscReal *const lower[],
                                   const PetscReal *const upper[], PetscInt64 c, PetscBool thin,
                                   OttoBox *box)
{
  OttoSpan *side = &box->side[OTTO_BOX_DIM - g->dim];
  PetscInt64 cells = 1;

  for (PetscInt j = 0; j < g->dim; j++) {
    side[j] =
        OttoSpanOf(lower[j][c], upper[j][c], g->n[j], g->boundary[j] == OTTO_BOUNDARY_PERIODIC);
    cells *= PetscMin(side[j].count, (PetscInt64)1 << 20); /* no overflow */
  }
  if (thin && cells > OTTO_BOX_CELLS)
    for (PetscInt j = 0; j < g->dim; j++) OttoSpanThin(&side[j], OTTO_BOX_SIDE(g->dim), g->n[j]);
  return cells;
}

/** Whether all cells of a box are this rank's, none of them twice. Not collective. */
static inline PetscBool OttoBoxIsOwn(const OttoGridInfo *g, const OttoBox *box)
{
  const OttoSpan *side = box->side + OTTO_BOX_DIM - g->dim;

  for (PetscInt j = 0; j < g->dim; j++)
    if (side[j].step > 1 || side[j].cell < g->first[j] ||
        side[j].cell + side[j].count > g->first[j] + g->local[j])
      return PETSC_FALSE;
  return PETSC_TRUE;
}

/** The ranks that have cells of a box: at[0][i] mesh[1] + at[1][j], each once. */
typedef struct {
  PetscMPIInt *at[2]; /* [mesh]: places on the mesh of ranks along axes 0 and 1 */
  PetscMPIInt count[2];
} OttoBoxRanks;

/** Room for the ranks of any box. Not collective. */
PETSC_INTERN PetscErrorCode OttoBoxRanksCreate(const OttoGridInfo *g, OttoBoxRanks *ranks);
/** Not collective. */
PETSC_INTERN PetscErrorCode OttoBoxRanksDestroy(OttoBoxRanks *ranks);
/** Those of a box. Not collective. */
PETSC_INTERN void OttoBoxRanksFind(const OttoGridInfo *g, const OttoBox *box, OttoBoxRanks *ranks);

/** Whether large boxes are thinned out: those of cells whose mass is not 0. Collective. */
PETSC_INTERN PetscErrorCode OttoBoxesThin(const OttoGridInfo *g, const PetscReal *const lower[],
                                          const PetscReal *const upper[], const PetscReal mass[],
                                          PetscBool *thin);

/**
 * Spreads mass over boxes: local cell c of every rank gives mass[c] evenly to the box from
 * lower[j][c] to upper[j][c] on each axis j, a cell gets the share of the box that lies in it, and
 * out[local_cells] += what cells get. The mass is kept to rounding, without any factor. Ends
 * are not looked at where mass[c] is 0. On any mesh; ranks change nothing but rounding. Collective.
 * lower, upper: [dim] fields of local_cells each, in cells. OTTO_ERR_NUMERICAL: an end is NaN or
 * infinite.
 */
PETSC_EXTERN PetscErrorCode OttoBoxesDeposit(OttoGrid grid, const PetscReal *const lower[],
                                             const PetscReal *const upper[], const PetscReal mass[],
                                             PetscReal out[]);
