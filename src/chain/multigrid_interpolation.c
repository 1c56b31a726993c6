/*
 * Interpolation from every second cell to all cells of a level, by the operator itself (after Dendy
 * 1982, "Black box multigrid"): between its two coarse neighbours along an axis a ratio r = u/w is
 * set to what carries no net current, r = (a₋ r₋ + a₊ r₊)/(a₋ + a₊), with a± the rates towards
 * either side summed over the other axes. Where a cell lies between coarse cells along several axes
 * the weights are multiplied. Constant ratios are kept; along one axis both exponentials of a steep
 * slope are, and the step of a ratio falls where the barrier is.
 *
 * Where a set or a face absorbs, ratios fall to 0 there, and coarse levels have to know: a cell
 * that exchanges nothing with one side has the rate of its loss in the denominator (as Dendy, whose
 * denominator is then the whole diagonal). A cell that exchanges nothing at all, closed or inside a
 * set, is interpolated from none: a share of the neighbours' ratio, which has nothing to do with
 * it, would be absorbed at its own rate on all coarse levels. Without these two, passages took half
 * as many iterations again at 48³, and more so the finer the grid.
 */
#include "multigrid_impl.h"
#include <otto/field.h>
#include <otto/halo.h>
#include <math.h>

#define DIM OTTO_MULTIGRID_DIM

/* What the rows of P are made of. */
typedef struct {
  OttoLevel *l;
  const OttoLevel *next;
  Mat K;
  PetscBool weighted; /* w is not 1 */
  OttoSurrounded w;
  PetscInt64 stride[DIM]; /* of own cells' numbers along an axis; 0: some axis is short here */
} Context;

static PetscBool Wraps(const OttoGridInfo *g, PetscInt axis)
{
  return g->boundary[axis] == OTTO_BOUNDARY_PERIODIC ? PETSC_TRUE : PETSC_FALSE;
}

/* The two coarse cells that a fine one lies between along an axis. */
typedef struct {
  PetscInt count;
  PetscInt64 coarse[2], fine[2]; /* their number on the axis, and that of the same cell here */
  PetscReal weight[2];
} Between;

static Between Neighbours(const OttoLevel *l, const OttoLevel *next, PetscInt axis, PetscInt64 i)
{
  Between b = {1, {i, 0}, {i, 0}, {1, 0}};

  if (!l->halved[axis]) return b;
  b.coarse[0] = i / 2;
  b.fine[0] = i - i % 2;
  if (i % 2 == 0) return b;
  b.coarse[1] = Wraps(l->g, axis) ? (i / 2 + 1) % next->g->n[axis] : i / 2 + 1;
  b.fine[1] = 2 * b.coarse[1];
  if (b.coarse[1] < next->g->n[axis] && b.coarse[1] != b.coarse[0]) b.count = 2;
  return b;
}

/* y - x along an axis, for neighbours. */
static PetscInt64 Step(const OttoLevel *l, PetscInt axis, PetscInt64 x, PetscInt64 y)
{
  const PetscInt64 d = y - x;

  if (Wraps(l->g, axis) && d > 1) return -1;
  if (Wraps(l->g, axis) && d < -1) return 1;
  return d;
}

/* Number of the cell idx on this rank; -1: another's. */
static PetscInt64 Own(const OttoGridInfo *g, const PetscInt64 idx[])
{
  PetscInt64 own = 0;

  for (PetscInt j = 0; j < g->dim; j++) {
    const PetscInt64 i = idx[j] - g->first[j];
    if (i < 0 || i >= g->local[j]) return -1;
    own = own * g->local[j] + i;
  }
  return own;
}

/* w of the cell `to`, a neighbour of own cell `at` or a corner between them. */
static PetscReal Weight(const Context *c, const PetscInt64 at[], const PetscInt64 to[])
{
  const OttoGridInfo *g = c->l->g;
  const PetscInt64 own = Own(g, to);
  PetscInt64 local[DIM];

  if (own >= 0) return c->w.own[own];
  for (PetscInt j = 0; j < DIM; j++) {
    local[j] = (OttoHaloServes(g, j) ? at[j] + Step(c->l, j, at[j], to[j]) : to[j]) - g->first[j];
  }
  return *OttoSurroundedAt(&c->w, OttoHaloCell(g, 1, local));
}

#define SHORT 5 /* cells of an axis from which on steps are told from numbers alone */

static void Strides(Context *c)
{
  const OttoGridInfo *g = c->l->g;
  PetscInt64 stride = 1;

  for (PetscInt j = g->dim - 1; j >= 0; j--) {
    c->stride[j] = stride;
    stride *= g->local[j];
    if (g->local[j] < SHORT) c->stride[g->dim - 1] = 0;
  }
}

/* Whether a cell is not at the edge of this rank's box, nor any axis short. */
static PetscBool IsInner(const Context *c, const PetscInt64 at[])
{
  const OttoGridInfo *g = c->l->g;

  for (PetscInt j = 0; j < g->dim; j++)
    if (at[j] == g->first[j] || at[j] == g->first[j] + g->local[j] - 1) return PETSC_FALSE;
  return c->stride[g->dim - 1] > 0 ? PETSC_TRUE : PETSC_FALSE;
}

/* Steps along the axes from an inner cell to a neighbour whose number is `apart` more: strides are
 * far enough from each other for nearest ones to tell, without a division. */
static void Steps(const Context *c, PetscInt64 apart, PetscInt64 step[])
{
  for (PetscInt j = 0; j < c->l->g->dim; j++) {
    step[j] = (2 * apart > c->stride[j]) - (2 * apart < -c->stride[j]);
    apart -= step[j] * c->stride[j];
  }
}

/* Rates a = -K_xy w_y/w_x from cell x towards either side of every axis, and what remains of its
 * diagonal: the rate of absorption. */
static PetscErrorCode Towards(const Context *c, PetscInt row, const PetscInt64 at[],
                              PetscReal rates[][2], PetscReal *lost)
{
  const OttoLevel *l = c->l;
  const PetscInt *columns;
  const PetscScalar *values;
  PetscInt count;
  PetscReal own = 1, scale = 1;

  PetscFunctionBegin;
  if (c->weighted) own = 1 / c->w.own[row - l->g->offset];
  *lost = 0;
  for (PetscInt j = 0; j < DIM; j++) rates[j][0] = rates[j][1] = 0;
  const PetscBool inner = IsInner(c, at);
  PetscCall(MatGetRow(c->K, row, &count, &columns, &values));
  for (PetscInt k = 0; k < count; k++) {
    const PetscInt64 here = columns[k] - l->g->offset;
    PetscInt64 step[OTTO_MAX_DIM] = {0}, to[OTTO_MAX_DIM] = {0};
    if (inner) {
      Steps(c, columns[k] - row, step);
    } else {
      OttoGridNumberIndex(l->g, columns[k], to);
      for (PetscInt j = 0; j < DIM; j++) step[j] = Step(l, j, at[j], to[j]);
    }
    if (c->weighted)
      scale = own * (here >= 0 && here < l->g->local_cells ? c->w.own[here] : Weight(c, at, to));
    *lost += values[k] * scale;
    if (columns[k] == row) continue;
    for (PetscInt j = 0; j < DIM; j++)
      if (step[j]) rates[j][step[j] > 0] -= values[k] * scale;
  }
  PetscCall(MatRestoreRow(c->K, row, &count, &columns, &values));
  PetscFunctionReturn(0);
}

/* Weights along one axis. Where nothing is exchanged with one side, a ratio falls towards it by
 * what is lost; with neither, it is halfway. */
static void Weigh(PetscReal below, PetscReal above, PetscReal lost, PetscBool leaks, Between *b)
{
  const PetscReal down = PetscMax(below, 0), up = PetscMax(above, 0);
  const PetscReal beyond = (down > 0) != (up > 0) ? PetscMax(lost, 0) : 0;

  if (b->count == 2 && down + up > 0) {
    b->weight[0] = down / (down + up + beyond);
    b->weight[1] = up / (down + up + beyond);
  } else if (b->count == 2) {
    b->weight[0] = b->weight[1] = 0.5;
  } else if (leaks && down > 0) {
    b->weight[0] = down / (down + beyond);
  }
}

static PetscBool Exchanges(PetscReal rates[][2])
{
  for (PetscInt j = 0; j < DIM; j++)
    if (rates[j][0] != 0 || rates[j][1] != 0) return PETSC_TRUE;
  return PETSC_FALSE;
}

static PetscErrorCode SetRow(const Context *c, PetscInt row, const PetscInt64 at[])
{
  OttoLevel *l = c->l;
  const OttoLevel *next = c->next;
  PetscInt columns[8], size = 0;
  PetscReal weights[8], rates[DIM][2], lost, part = 1;
  PetscBool between = PETSC_FALSE;
  Between b[DIM];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < DIM; j++) {
    b[j] = Neighbours(l, next, j, at[j]);
    if (l->halved[j] && at[j] % 2) between = PETSC_TRUE;
  }
  if (between) {
    PetscCall(Towards(c, row, at, rates, &lost));
    if (!Exchanges(rates)) part = 0;
    for (PetscInt j = 0; j < DIM; j++)
      if (l->halved[j] && at[j] % 2)
        Weigh(rates[j][0], rates[j][1], lost, OttoBoundaryAbsorbs(l->g->boundary[j], 1), &b[j]);
  }
  const PetscReal own = c->weighted ? c->w.own[row - l->g->offset] : 1;
  for (PetscInt i = 0; i < b[0].count; i++)
    for (PetscInt j = 0; j < b[1].count; j++)
      for (PetscInt k = 0; k < b[2].count; k++, size++) {
        const PetscInt64 coarse[DIM] = {b[0].coarse[i], b[1].coarse[j], b[2].coarse[k]};
        const PetscInt64 fine[DIM] = {b[0].fine[i], b[1].fine[j], b[2].fine[k]};
        columns[size] = (PetscInt)OttoGridNumber(next->g, coarse);
        weights[size] = part * b[0].weight[i] * b[1].weight[j] * b[2].weight[k];
        if (c->weighted) weights[size] *= own / Weight(c, at, fine);
      }
  PetscCall(MatSetValues(l->P, 1, &row, size, columns, weights, INSERT_VALUES));
  PetscFunctionReturn(0);
}

static PetscErrorCode SetRows(const Context *c)
{
  const OttoGridInfo *g = c->l->g;
  PetscInt row = (PetscInt)g->offset;

  PetscFunctionBegin;
  for (PetscInt64 i = 0; i < g->local[0]; i++)
    for (PetscInt64 j = 0; j < g->local[1]; j++)
      for (PetscInt64 k = 0; k < g->local[2]; k++) {
        const PetscInt64 at[DIM] = {g->first[0] + i, g->first[1] + j, g->first[2] + k};
        PetscCall(SetRow(c, row++, at));
      }
  PetscFunctionReturn(0);
}

/* How many coarse cells cell i of an axis lies between, and how many of these are this rank's. */
static PetscInt Counts(const OttoLevel *l, const OttoLevel *next, PetscInt axis, PetscInt64 i,
                       PetscInt *here)
{
  const Between b = Neighbours(l, next, axis, i);

  *here = 0;
  for (PetscInt k = 0; k < b.count; k++) {
    const PetscInt64 at = b.coarse[k] - next->g->first[axis];
    *here += at >= 0 && at < next->g->local[axis];
  }
  return b.count;
}

static PetscErrorCode Preallocate(OttoLevel *l, const OttoLevel *next)
{
  const PetscInt rows = (PetscInt)l->g->local_cells, columns = (PetscInt)next->g->local_cells;
  const PetscInt64 *first = l->g->first, *local = l->g->local;
  PetscInt *own, *other, row = 0, here[DIM], all[DIM];

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(rows, &own, rows, &other));
  for (PetscInt64 i = 0; i < local[0]; i++) {
    all[0] = Counts(l, next, 0, first[0] + i, &here[0]);
    for (PetscInt64 j = 0; j < local[1]; j++) {
      all[1] = Counts(l, next, 1, first[1] + j, &here[1]);
      for (PetscInt64 k = 0; k < local[2]; k++, row++) {
        all[2] = Counts(l, next, 2, first[2] + k, &here[2]);
        own[row] = here[0] * here[1] * here[2];
        other[row] = all[0] * all[1] * all[2] - own[row];
      }
    }
  }
  PetscCall(MatCreate(l->g->comm, &l->P));
  PetscCall(MatSetSizes(l->P, rows, columns, (PetscInt)l->g->cells, (PetscInt)next->g->cells));
  PetscCall(MatSetType(l->P, MATAIJ));
  PetscCall(MatSeqAIJSetPreallocation(l->P, 0, own));
  PetscCall(MatMPIAIJSetPreallocation(l->P, 0, own, 0, other));
  PetscCall(PetscFree2(own, other));
  PetscFunctionReturn(0);
}

/* w of the next level: that of its cells here, which are own. */
static PetscErrorCode Restrict(const Context *c, OttoLevel *next)
{
  const OttoGridInfo *g = c->l->g, *coarse = next->g;
  PetscScalar *w;
  PetscInt64 at[OTTO_MAX_DIM];

  PetscFunctionBegin;
  if (!next->w) PetscCall(OttoFieldCreate(next->grid, &next->w));
  PetscCall(VecGetArray(next->w, &w));
  for (PetscInt64 x = 0; x < coarse->local_cells; x++) {
    OttoGridCellIndex(coarse, x, at);
    for (PetscInt j = 0; j < g->dim; j++) at[j] = at[j] * (c->l->halved[j] ? 2 : 1) - g->first[j];
    w[x] = *OttoSurroundedAt(&c->w, OttoHaloCell(g, 1, at));
  }
  PetscCall(VecRestoreArray(next->w, &w));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoMultigridInterpolate(Mat K, OttoLevel *l, OttoLevel *next)
{
  Context c = {.l = l, .next = next, .K = K, .weighted = l->w ? PETSC_TRUE : PETSC_FALSE};
  OttoHalo halo;

  PetscFunctionBegin;
  Strides(&c);
  if (!l->P) PetscCall(Preallocate(l, next));
  PetscCall(OttoGridGetHalo(l->grid, 1, &halo));
  if (l->w) {
    PetscCall(OttoFieldSurround(halo, l->w, &c.w));
    PetscCall(Restrict(&c, next));
  } else {
    PetscCall(VecDestroy(&next->w));
  }
  PetscCall(SetRows(&c));
  PetscCall(MatAssemblyBegin(l->P, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(l->P, MAT_FINAL_ASSEMBLY));
  if (l->w) PetscCall(OttoFieldRelease(halo, l->w, &c.w));
  PetscFunctionReturn(0);
}
