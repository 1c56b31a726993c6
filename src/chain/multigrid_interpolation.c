/*
 * Interpolation from every second cell to all cells of a level, by the operator itself (after Dendy
 * 1982, "Black box multigrid"): between its two coarse neighbours along an axis a ratio r = u/w is
 * set to what carries no net current, r = (a₋ r₋ + a₊ r₊)/(a₋ + a₊), with a± the rates towards
 * either side summed over the other axes. Where a cell lies between coarse cells along several axes
 * the weights are multiplied. Constant ratios are kept; along one axis both exponentials of a steep
 * slope are, and the step of a ratio falls where the barrier is.
 */
#include "multigrid_impl.h"
#include <math.h>

#define DIM OTTO_MULTIGRID_DIM

/* What the rows of P are made of. */
typedef struct {
  OttoLevel *l;
  const OttoLevel *next;
  Mat K;
  const PetscScalar *w; /* from plane -1 to plane `planes`, both included; NULL: 1 */
} Context;

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
  b.coarse[1] = l->wraps[axis] ? (i / 2 + 1) % next->n[axis] : i / 2 + 1;
  b.fine[1] = 2 * b.coarse[1];
  if (b.coarse[1] < next->n[axis] && b.coarse[1] != b.coarse[0]) b.count = 2;
  return b;
}

/* Local number in an array that starts at the plane below the rank's first. */
static PetscInt64 Ghosted(const OttoLevel *l, PetscInt64 plane, PetscInt64 in_plane)
{
  return (plane + 1) * l->plane_cells + in_plane;
}

/* y - x along an axis, for neighbours. */
static PetscInt64 Step(const OttoLevel *l, PetscInt axis, PetscInt64 x, PetscInt64 y)
{
  const PetscInt64 d = y - x;

  if (l->wraps[axis] && d > 1) return -1;
  if (l->wraps[axis] && d < -1) return 1;
  return d;
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
  if (c->w) own = 1 / c->w[Ghosted(l, at[0] - l->start, at[1] * l->n[2] + at[2])];
  *lost = 0;
  for (PetscInt j = 0; j < DIM; j++) rates[j][0] = rates[j][1] = 0;
  PetscCall(MatGetRow(c->K, row, &count, &columns, &values));
  for (PetscInt k = 0; k < count; k++) {
    const PetscInt64 plane = columns[k] / l->plane_cells, in_plane = columns[k] % l->plane_cells;
    const PetscInt64 to[DIM] = {plane, in_plane / l->n[2], in_plane % l->n[2]};
    const PetscInt64 up = Step(l, 0, at[0], plane);
    if (c->w) scale = own * c->w[Ghosted(l, at[0] - l->start + up, in_plane)];
    *lost += values[k] * scale;
    if (columns[k] == row) continue;
    for (PetscInt j = 0; j < DIM; j++) {
      const PetscInt64 step = j ? Step(l, j, at[j], to[j]) : up;
      if (step) rates[j][step > 0] -= values[k] * scale;
    }
  }
  PetscCall(MatRestoreRow(c->K, row, &count, &columns, &values));
  PetscFunctionReturn(0);
}

/* Weights along one axis. A last cell beyond which mass is absorbed lies between its lower
 * neighbour and a ratio of 0. */
static void Weigh(PetscReal below, PetscReal above, PetscReal lost, PetscBool leaks, Between *b)
{
  const PetscReal down = PetscMax(below, 0), up = PetscMax(above, 0);

  if (b->count == 2) {
    b->weight[0] = down + up > 0 ? down / (down + up) : 0.5;
    b->weight[1] = 1 - b->weight[0];
  } else if (leaks && lost > 0 && down > 0) {
    b->weight[0] = down / (down + lost);
  }
}

static PetscErrorCode SetRow(const Context *c, const PetscInt64 at[])
{
  OttoLevel *l = c->l;
  const OttoLevel *next = c->next;
  const PetscInt64 in_plane = at[1] * l->n[2] + at[2];
  const PetscInt row = (PetscInt)(at[0] * l->plane_cells + in_plane);
  PetscInt columns[8], size = 0;
  PetscReal weights[8], rates[DIM][2], lost;
  PetscBool between = PETSC_FALSE;
  Between b[DIM];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < DIM; j++) {
    b[j] = Neighbours(l, next, j, at[j]);
    if (l->halved[j] && at[j] % 2) between = PETSC_TRUE;
  }
  if (between) {
    PetscCall(Towards(c, row, at, rates, &lost));
    for (PetscInt j = 0; j < DIM; j++)
      if (l->halved[j] && at[j] % 2) Weigh(rates[j][0], rates[j][1], lost, l->leaks[j], &b[j]);
  }
  const PetscReal own = c->w ? c->w[Ghosted(l, at[0] - l->start, in_plane)] : 1;
  for (PetscInt i = 0; i < b[0].count; i++)
    for (PetscInt j = 0; j < b[1].count; j++)
      for (PetscInt k = 0; k < b[2].count; k++, size++) {
        const PetscInt64 plane = at[0] - l->start + Step(l, 0, at[0], b[0].fine[i]);
        columns[size] = (PetscInt)((b[0].coarse[i] * next->n[1] + b[1].coarse[j]) * next->n[2] +
                                   b[2].coarse[k]);
        weights[size] = b[0].weight[i] * b[1].weight[j] * b[2].weight[k];
        if (c->w)
          weights[size] *= own / c->w[Ghosted(l, plane, b[1].fine[j] * l->n[2] + b[2].fine[k])];
      }
  PetscCall(MatSetValues(l->P, 1, &row, size, columns, weights, INSERT_VALUES));
  PetscFunctionReturn(0);
}

static PetscErrorCode SetRows(const Context *c)
{
  const OttoLevel *l = c->l;

  PetscFunctionBegin;
  for (PetscInt64 i = l->start; i < l->start + l->planes; i++)
    for (PetscInt64 j = 0; j < l->n[1]; j++)
      for (PetscInt64 k = 0; k < l->n[2]; k++)
        PetscCall(SetRow(c, (const PetscInt64[DIM]){i, j, k}));
  PetscFunctionReturn(0);
}

static PetscErrorCode Preallocate(MPI_Comm comm, OttoLevel *l, const OttoLevel *next)
{
  const PetscInt rows = (PetscInt)(l->planes * l->plane_cells);
  const PetscInt columns = (PetscInt)(next->planes * next->plane_cells);
  PetscInt *own, *other, row = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(rows, &own, rows, &other));
  for (PetscInt64 i = l->start; i < l->start + l->planes; i++) {
    const Between x = Neighbours(l, next, 0, i);
    PetscInt here = 0;
    for (PetscInt k = 0; k < x.count; k++)
      here += x.coarse[k] >= next->start && x.coarse[k] < next->start + next->planes;
    for (PetscInt64 j = 0; j < l->n[1]; j++)
      for (PetscInt64 k = 0; k < l->n[2]; k++, row++) {
        const PetscInt in_plane = Neighbours(l, next, 1, j).count * Neighbours(l, next, 2, k).count;
        own[row] = here * in_plane;
        other[row] = (x.count - here) * in_plane;
      }
  }
  PetscCall(MatCreate(comm, &l->P));
  PetscCall(MatSetSizes(l->P, rows, columns, (PetscInt)OttoLevelCells(l),
                        (PetscInt)OttoLevelCells(next)));
  PetscCall(MatSetType(l->P, MATAIJ));
  PetscCall(MatSeqAIJSetPreallocation(l->P, 0, own));
  PetscCall(MatMPIAIJSetPreallocation(l->P, 0, own, 0, other));
  PetscCall(PetscFree2(own, other));
  PetscFunctionReturn(0);
}

/* w of the rank's planes, the one below and the one above, wrapped round. */
static PetscErrorCode GatherPlanes(const OttoLevel *l, Vec *planes)
{
  const PetscInt64 cells = OttoLevelCells(l), first = (l->start - 1) * l->plane_cells;
  const PetscInt size = l->planes ? (PetscInt)((l->planes + 2) * l->plane_cells) : 0;
  PetscInt *which;
  IS from;
  VecScatter gather;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(size, &which));
  for (PetscInt i = 0; i < size; i++) which[i] = (PetscInt)((first + i + cells) % cells);
  PetscCall(ISCreateGeneral(PETSC_COMM_SELF, size, which, PETSC_OWN_POINTER, &from));
  PetscCall(VecCreateSeq(PETSC_COMM_SELF, size, planes));
  PetscCall(VecScatterCreate(l->w, from, *planes, NULL, &gather));
  PetscCall(VecScatterBegin(gather, l->w, *planes, INSERT_VALUES, SCATTER_FORWARD));
  PetscCall(VecScatterEnd(gather, l->w, *planes, INSERT_VALUES, SCATTER_FORWARD));
  PetscCall(VecScatterDestroy(&gather));
  PetscCall(ISDestroy(&from));
  PetscFunctionReturn(0);
}

/* w of the next level: that of its cells here. A coarse plane lives where its fine one does. */
static PetscErrorCode Restrict(MPI_Comm comm, const OttoLevel *l, const PetscScalar w[],
                               OttoLevel *next)
{
  const PetscInt64 a = l->halved[0] ? 2 : 1, b = l->halved[1] ? 2 : 1, c = l->halved[2] ? 2 : 1;
  PetscScalar *coarse;

  PetscFunctionBegin;
  if (!next->w)
    PetscCall(VecCreateMPI(comm, (PetscInt)(next->planes * next->plane_cells),
                           (PetscInt)OttoLevelCells(next), &next->w));
  PetscCall(VecGetArray(next->w, &coarse));
  for (PetscInt64 i = 0; i < next->planes; i++)
    for (PetscInt64 j = 0; j < next->n[1]; j++)
      for (PetscInt64 k = 0; k < next->n[2]; k++)
        coarse[(i * next->n[1] + j) * next->n[2] + k] =
            w[Ghosted(l, a * (next->start + i) - l->start, b * j * l->n[2] + c * k)];
  PetscCall(VecRestoreArray(next->w, &coarse));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoMultigridInterpolate(MPI_Comm comm, Mat K, OttoLevel *l, OttoLevel *next)
{
  Context c = {l, next, K, NULL};
  Vec planes = NULL;

  PetscFunctionBegin;
  if (!l->P) PetscCall(Preallocate(comm, l, next));
  if (l->w) {
    PetscCall(GatherPlanes(l, &planes));
    PetscCall(VecGetArrayRead(planes, &c.w));
    PetscCall(Restrict(comm, l, c.w, next));
  } else {
    PetscCall(VecDestroy(&next->w));
  }
  PetscCall(SetRows(&c));
  PetscCall(MatAssemblyBegin(l->P, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(l->P, MAT_FINAL_ASSEMBLY));
  if (l->w) {
    PetscCall(VecRestoreArrayRead(planes, &c.w));
    PetscCall(VecDestroy(&planes));
  }
  PetscFunctionReturn(0);
}
