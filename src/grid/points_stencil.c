/*
 * Lagrange interpolation from cells at points anywhere (MATHEMATICS 13.3). A stencil in three
 * dimensions has 216 cells, so that it is the points that travel: each to the rank that owns the
 * middle of its stencil, which finds the rest in its own cells and a halo of three. What was read
 * travels back.
 */
#include "points_impl.h"
#include <otto/halo.h>
#include <math.h>

#define WIDTH 6
#define HALO 3 /* from the middle, cell (width - 1)/2 of a stencil */

struct _n_OttoStencils {
  OttoGrid grid;
  PetscInt64 visitors;             /* points that came here, of all ranks */
  PetscInt *cell;                  /* [visitors]: own cell in the middle of their stencils */
  PetscReal *offset[OTTO_MAX_DIM]; /* [visitors]: from the middle, in cells */
  PetscReal *at, *lower;           /* [visitors]: what they read */
  PetscInt width[OTTO_MAX_DIM];    /* cells of a stencil */
  PetscInt narrow[OTTO_MAX_DIM];   /* of that of lower order */
};

/* ---- where stencils are ---- */

/* The first cell of the stencil of `width` cells around position s (cell i is at i): as many on
 * either side, the whole inside a line that does not close. */
static PetscInt64 First(const OttoGridInfo *g, PetscInt axis, PetscInt width, PetscReal s)
{
  const PetscInt64 n = g->n[axis];
  const PetscReal nearest = width % 2 ? floor(s + 0.5) : floor(s);
  const PetscInt64 first = (PetscInt64)nearest - (width - 1) / 2;

  if (g->boundary[axis] == OTTO_BOUNDARY_PERIODIC) return first;
  return PetscMax(0, PetscMin(first, n - width));
}

/* The middle cell of the stencil of a point, and how far beyond it the point is. */
static void Place(const OttoStencils s, const OttoGridInfo *g, PetscInt axis, PetscReal x,
                  PetscInt64 *middle, PetscReal *offset)
{
  const PetscReal n = (PetscReal)g->n[axis];
  PetscReal position = (x - g->lower[axis]) / g->h[axis] - 0.5;

  *middle = 0;
  *offset = NAN;
  if (!isfinite(position)) return;
  if (g->boundary[axis] == OTTO_BOUNDARY_PERIODIC)
    position -= n * floor(position / n);
  else
    position = PetscMax(-1, PetscMin(position, n)); /* where there is no cell, its edge */
  *middle = First(g, axis, s->width[axis], position) + (s->width[axis] - 1) / 2;
  *offset = position - (PetscReal)*middle;
  *middle = (*middle + g->n[axis]) % g->n[axis];
}

/* ---- life ---- */

static PetscErrorCode Connect(OttoPoints p, const PetscReal *const x[], PetscSFNode **node,
                              PetscReal *offset[])
{
  const OttoGridInfo *g = p->g;
  PetscInt64 middle[OTTO_MAX_DIM];

  PetscFunctionBegin;
  OttoCheckInput(p->count <= PETSC_MAX_INT - 1,
                 "%" PetscInt64_FMT
                 " points on one rank are more than this PETSc can number (%" PetscInt64_FMT
                 "); use more ranks",
                 p->count, (PetscInt64)(PETSC_MAX_INT - 1));
  PetscCall(PetscMalloc1(p->count + 1, node));
  for (PetscInt j = 0; j < g->dim; j++) PetscCall(PetscMalloc1(p->count + 1, &offset[j]));
  for (PetscInt64 i = 0; i < p->count; i++) {
    PetscMPIInt owner;
    for (PetscInt j = 0; j < g->dim; j++)
      Place(p->stencils, g, j, x[j][i], &middle[j], &offset[j][i]);
    (*node)[i].index = (PetscInt)OttoGridOwner(g, middle, &owner);
    (*node)[i].rank = owner;
  }
  PetscFunctionReturn(0);
}

/* Room for the points that come here. */
static PetscErrorCode Expect(OttoPoints p, const PetscInt degree[])
{
  OttoStencils s = p->stencils;
  PetscInt64 next = 0;

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < p->g->local_cells; c++) s->visitors += degree[c];
  OttoCheckInput(s->visitors <= PETSC_MAX_INT - 1,
                 "%" PetscInt64_FMT " points meet on one rank, more than this PETSc can number",
                 s->visitors);
  PetscCall(
      PetscMalloc3(s->visitors + 1, &s->cell, s->visitors + 1, &s->at, s->visitors + 1, &s->lower));
  for (PetscInt j = 0; j < p->g->dim; j++) PetscCall(PetscMalloc1(s->visitors + 1, &s->offset[j]));
  for (PetscInt64 c = 0; c < p->g->local_cells; c++)
    for (PetscInt k = 0; k < degree[c]; k++) s->cell[next++] = (PetscInt)c;
  PetscFunctionReturn(0);
}

static PetscErrorCode Send(OttoPoints p, PetscReal *const offset[])
{
  const PetscInt *degree;

  PetscFunctionBegin;
  PetscCall(PetscSFComputeDegreeBegin(p->sf, &degree));
  PetscCall(PetscSFComputeDegreeEnd(p->sf, &degree));
  PetscCall(OttoAgree(p->g->comm, Expect(p, degree)));
  for (PetscInt j = 0; j < p->g->dim; j++) {
    PetscCall(PetscSFGatherBegin(p->sf, MPIU_REAL, offset[j], p->stencils->offset[j]));
    PetscCall(PetscSFGatherEnd(p->sf, MPIU_REAL, offset[j], p->stencils->offset[j]));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPointsCreateStencil(OttoGrid grid, PetscInt64 count, const PetscReal *const x[],
                                       PetscInt width, OttoPoints *points)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal *offset[OTTO_MAX_DIM] = {NULL};
  PetscSFNode *node = NULL;
  OttoPoints p;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCheck(width == 2 || width == 4 || width == WIDTH, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "a stencil of %d cells", (int)width);
  PetscCall(PetscNew(&p));
  PetscCall(PetscNew(&p->stencils));
  *points = p;
  p->g = g;
  p->count = count;
  p->stencils->grid = grid;
  for (PetscInt j = 0; j < g->dim; j++) {
    p->stencils->width[j] = (PetscInt)PetscMin(width, g->n[j]);
    p->stencils->narrow[j] = PetscMax(1, p->stencils->width[j] - 2);
  }
  PetscErrorCode code = OttoAgree(g->comm, Connect(p, x, &node, offset));
  if (code) {
    PetscCall(PetscFree(node));
  } else {
    PetscCall(PetscSFCreate(g->comm, &p->sf));
    PetscCall(PetscSFSetGraph(p->sf, (PetscInt)g->local_cells, (PetscInt)count, NULL,
                              PETSC_OWN_POINTER, node, PETSC_OWN_POINTER));
    code = Send(p, offset);
  }
  for (PetscInt j = 0; j < g->dim; j++) PetscCall(PetscFree(offset[j]));
  if (code) {
    PetscCall(PetscSFDestroy(&p->sf));
    PetscCall(OttoStencilsDestroy(&p->stencils));
    PetscCall(PetscFree(*points));
  }
  PetscFunctionReturn(code);
}

PetscErrorCode OttoStencilsDestroy(OttoStencils *stencils)
{
  OttoStencils s = *stencils;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(0);
  for (PetscInt j = 0; j < OTTO_MAX_DIM; j++) PetscCall(PetscFree(s->offset[j]));
  PetscCall(PetscFree3(s->cell, s->at, s->lower));
  PetscCall(PetscFree(*stencils));
  PetscFunctionReturn(0);
}

/* ---- reading ---- */

/* A point's stencil on one axis: its cells, from the rank's first on, and the weights of both
 * orders, 0 where the narrow one has no cell. */
typedef struct {
  PetscInt64 at[WIDTH];
  PetscReal weight[WIDTH], narrow[WIDTH];
} Cells;

/* Lagrange's polynomials of the nodes first … first + width - 1 at s. */
static void SetWeights(PetscInt first, PetscInt width, PetscReal s, PetscReal weight[])
{
  for (PetscInt k = 0; k < WIDTH; k++) weight[k] = 0;
  for (PetscInt k = first; k < first + width; k++) {
    PetscReal product = 1;
    for (PetscInt m = first; m < first + width; m++)
      if (m != k) product *= (s - m) / (PetscReal)(k - m);
    weight[k] = product;
  }
}

static void SetCells(const OttoStencils s, const OttoGridInfo *g, PetscInt axis, PetscInt64 middle,
                     PetscReal offset, Cells *cells)
{
  const PetscInt width = s->width[axis], before = (width - 1) / 2;
  const PetscInt64 n = g->n[axis], global = middle + g->first[axis];
  PetscInt first = 0;

  for (PetscInt k = 0; k < width; k++) {
    cells->at[k] = middle - before + k;
    if (!OttoHaloServes(g, axis)) cells->at[k] = (cells->at[k] + n) % n; /* whole: wraps in place */
  }
  if (isfinite(offset))
    first =
        (PetscInt)(First(g, axis, s->narrow[axis], (PetscReal)global + offset) - (global - before));
  SetWeights(0, width, offset + before, cells->weight);
  SetWeights(first, s->narrow[axis], offset + before, cells->narrow);
}

/* Both sums over one run of cells along the last axis, of which `row` is the cell at 0. */
static void AddRow(const OttoSurrounded *f, PetscInt width, const Cells *last, PetscInt64 row,
                   const PetscReal weight[2], PetscReal sum[2])
{
  const PetscReal *value = OttoSurroundedAt(f, row);
  PetscReal along[2] = {0, 0};

  for (PetscInt k = 0; k < width; k++) {
    along[0] += last->weight[k] * value[last->at[k]];
    along[1] += last->narrow[k] * value[last->at[k]];
  }
  for (int o = 0; o < 2; o++) sum[o] += weight[o] * along[o];
}

/* The same where the last axis has ghosts of its own: cell by cell. */
static void AddCells(const OttoSurrounded *f, PetscInt width, const Cells *last, PetscInt64 at[],
                     const PetscReal weight[2], PetscReal sum[2])
{
  const PetscInt axis = f->g->dim - 1;
  PetscReal along[2] = {0, 0};

  for (PetscInt k = 0; k < width; k++) {
    at[axis] = last->at[k];
    const PetscReal value = *OttoSurroundedAt(f, OttoHaloCell(f->g, HALO, at));
    along[0] += last->weight[k] * value;
    along[1] += last->narrow[k] * value;
  }
  for (int o = 0; o < 2; o++) sum[o] += weight[o] * along[o];
}

static void ReadOne(const OttoStencils s, const OttoSurrounded *f, PetscInt64 v, PetscReal sum[2])
{
  const OttoGridInfo *g = f->g;
  const PetscInt last = g->dim - 1;
  PetscInt64 at[OTTO_MAX_DIM], outer = 1;
  Cells cells[OTTO_MAX_DIM];

  OttoHaloPosition(g, s->cell[v], at);
  for (PetscInt j = 0; j <= last; j++) {
    SetCells(s, g, j, at[j], s->offset[j][v], &cells[j]);
    if (j < last) outer *= s->width[j];
  }
  sum[0] = sum[1] = 0;
  for (PetscInt64 o = 0; o < outer; o++) { /* the cells of all axes but the last */
    PetscReal weight[2] = {1, 1};
    PetscInt64 rest = o;
    for (PetscInt j = last - 1; j >= 0; j--) {
      const PetscInt64 k = rest % s->width[j];
      rest /= s->width[j];
      at[j] = cells[j].at[k];
      weight[0] *= cells[j].weight[k];
      weight[1] *= cells[j].narrow[k];
    }
    at[last] = 0;
    if (OttoHaloServes(g, last))
      AddCells(f, s->width[last], &cells[last], at, weight, sum);
    else
      AddRow(f, s->width[last], &cells[last], OttoHaloCell(g, HALO, at), weight, sum);
  }
}

PetscErrorCode OttoPointsStencilRead(OttoPoints points, const PetscReal values[], PetscReal at[],
                                     PetscReal lower[])
{
  OttoStencils s = points->stencils;
  OttoHalo halo;
  OttoSurrounded field = {0};

  PetscFunctionBegin;
  OttoNeed(s, "OttoPointsCreateStencil()");
  PetscCall(OttoGridGetHalo(s->grid, HALO, &halo));
  PetscCall(OttoHaloSurround(halo, values, &field));
  for (PetscInt64 v = 0; v < s->visitors; v++) {
    PetscReal sum[2];
    ReadOne(s, &field, v, sum);
    s->at[v] = isfinite(sum[0]) ? sum[0] : NAN; /* -inf is no logarithm between cells */
    s->lower[v] = isfinite(sum[1]) ? sum[1] : NAN;
  }
  PetscCall(OttoHaloRelease(halo, &field));
  PetscCall(PetscSFScatterBegin(points->sf, MPIU_REAL, s->at, at));
  PetscCall(PetscSFScatterEnd(points->sf, MPIU_REAL, s->at, at));
  if (!lower) PetscFunctionReturn(0);
  PetscCall(PetscSFScatterBegin(points->sf, MPIU_REAL, s->lower, lower));
  PetscCall(PetscSFScatterEnd(points->sf, MPIU_REAL, s->lower, lower));
  PetscFunctionReturn(0);
}
