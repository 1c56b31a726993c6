/* ranks: 1 2 3 4 6
 * Products of matrices over the axes, by way of fewer nodes where an axis has some, on every mesh
 * of the ranks: small whole numbers, so that the result is exact and compared as it is. The axis
 * that is to come last adds one, which shows whether it does.
 */
#include "fixture.h"
#include "heat/order.h"
#include <stdlib.h>

#define MOST 48     /* cells of a line */
#define ABSENT (-7) /* in lines that are not there */

typedef struct {
  PetscInt64 ins, outs;
  PetscInt seed;
  PetscReal add;
  PetscInt64 seen, wrong; /* lines, and what was not as the header says */
  PetscReal panel[MOST * OTTO_PANEL], result[MOST * OTTO_PANEL];
} Matrix;

static PetscReal Entry(const Matrix *m, PetscInt64 a, PetscInt64 b)
{
  return rint(4 * Hash(a * MOST + b, m->seed)) - 1; /* -1 … 3 */
}

static const PetscReal *Multiply(const void *context, PetscInt64 width)
{
  Matrix *m = (Matrix *)(uintptr_t)context;

  m->seen += width;
  for (PetscInt64 b = 0; b < m->ins; b++)
    for (PetscInt64 c = width; c < OTTO_PANEL; c++)
      m->wrong += m->panel[b * OTTO_PANEL + c] != ABSENT;
  for (PetscInt64 a = 0; a < m->outs; a++)
    for (PetscInt64 c = 0; c < OTTO_PANEL; c++) {
      m->result[a * OTTO_PANEL + c] = m->add;
      for (PetscInt64 b = 0; b < m->ins; b++)
        m->result[a * OTTO_PANEL + c] += Entry(m, a, b) * m->panel[b * OTTO_PANEL + c];
    }
  return m->result;
}

static OttoPanelWork Work(PetscInt64 ins, PetscInt64 outs, PetscInt seed, Matrix *m)
{
  m->ins = ins;
  m->outs = outs;
  m->seed = seed;
  m->add = 0;
  m->seen = m->wrong = 0;
  return (OttoPanelWork){ins, outs, m->panel, Multiply, m};
}

/* in[outer][ins][inner] → out[outer][outs][inner]. */
static void Plainly(const Matrix *m, PetscInt64 outer, PetscInt64 inner, const PetscReal in[],
                    PetscReal out[])
{
  for (PetscInt64 o = 0; o < outer; o++)
    for (PetscInt64 a = 0; a < m->outs; a++)
      for (PetscInt64 i = 0; i < inner; i++) {
        PetscReal sum = 0;
        for (PetscInt64 b = 0; b < m->ins; b++)
          sum += Entry(m, a, b) * in[(o * m->ins + b) * inner + i];
        out[(o * m->outs + a) * inner + i] = sum;
      }
}

static PetscReal Datum(PetscInt64 cell)
{
  return rint(8 * Hash(cell, 5)) - 4;
}

/* The whole grid's result, on every rank; work[][4]: down, up, through, across. */
static void Reference(OttoOrder order, const OttoGridInfo *g, const PetscInt64 nodes[],
                      Matrix work[][4], PetscReal *now[2])
{
  for (PetscInt64 c = 0; c < g->cells; c++) now[0][c] = Datum(c);
  for (PetscInt j = 0; j < g->dim; j++) {
    PetscInt64 outer = 1, inner = 1;
    for (PetscInt k = 0; k < j; k++) outer *= g->n[k];
    for (PetscInt k = j + 1; k < g->dim; k++) inner *= g->n[k];
    const PetscBool cut = OttoOrderIsCut(order, j);
    const Matrix *list[3] = {&work[j][cut ? 2 : 1], NULL, NULL};
    if (!cut && nodes[j] != g->n[j]) {
      list[0] = &work[j][0];
      list[1] = &work[j][3];
      list[2] = &work[j][1];
    }
    for (int i = 0; i < 3 && list[i]; i++) {
      PetscReal *swap = now[0];
      Plainly(list[i], outer, inner, now[0], now[1]);
      now[0] = now[1];
      now[1] = swap;
    }
  }
}

/* The number of a local cell among all, axis 0 slowest. */
static PetscInt64 Global(const OttoGridInfo *g, PetscInt64 cell)
{
  PetscInt64 idx[OTTO_MAX_DIM], number = 0;

  OttoGridCellIndex(g, cell, idx);
  for (PetscInt j = 0; j < g->dim; j++) number = number * g->n[j] + idx[j];
  return number;
}

static PetscErrorCode CheckOrder(OttoGrid grid, const PetscInt64 nodes[], PetscInt last)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  Matrix(*work)[4] = malloc((size_t)g->dim * sizeof *work);
  OttoOrderAxis axes[OTTO_MAX_DIM];
  PetscReal *now[2], *in, *out, *middle = NULL;
  PetscInt64 wrong = 0;
  OttoOrder order;

  PetscFunctionBegin;
  PetscCall(OttoOrderCreate(grid, &order));
  for (PetscInt j = 0; j < g->dim; j++) {
    axes[j].nodes = nodes[j];
    axes[j].down = Work(g->n[j], nodes[j], 10 + j, &work[j][0]);
    axes[j].up = Work(nodes[j], g->n[j], 20 + j, &work[j][1]);
    axes[j].across = Work(nodes[j], nodes[j], 40 + j, &work[j][3]);
    axes[j].through = Work(g->n[j], g->n[j], 30 + j, &work[j][2]);
  }
  const PetscInt64 size = 4 * g->cells, local = PetscMax(1, g->local_cells);
  for (int i = 0; i < 2; i++) now[i] = malloc((size_t)size * sizeof **now);
  in = malloc((size_t)local * sizeof *in);
  out = malloc((size_t)local * sizeof *out);
  Reference(order, g, nodes, work, now);
  for (PetscInt64 c = 0; c < g->local_cells; c++) in[c] = Datum(Global(g, c));
  if (last >= 0) work[last][1].add = work[last][2].add = 1;
  PetscInt64 count = g->local_cells;
  PetscBool any = PETSC_FALSE;
  for (PetscInt j = 0; j < g->dim; j++) {
    if (OttoOrderIsCut(order, j) || nodes[j] == g->n[j]) continue;
    count = count / g->n[j] * nodes[j];
    any = PETSC_TRUE;
  }
  TestTrue(OttoOrderNodes(order, axes) == (any ? count : 0), "room for the nodes");
  if (any) {
    middle = malloc((size_t)PetscMax(1, count) * sizeof *middle);
    PetscCall(OttoOrderDown(order, axes, 2, ABSENT, in, middle));
  }
  for (int again = 0; again < 2; again++) { /* the nodes serve more than once */
    for (PetscInt64 c = 0; c < g->local_cells && any; c++) out[c] = NAN;
    if (!any) memcpy(out, in, (size_t)g->local_cells * sizeof *out);
    PetscCall(OttoOrderUp(order, axes, last, any ? 1 : 2, ABSENT, any ? middle : out, out));
    for (PetscInt64 c = 0; c < g->local_cells; c++)
      wrong += out[c] != 2 * now[0][Global(g, c)] + (last >= 0 ? 1 : 0);
  }
  TestTrue(wrong == 0, "every cell, exactly");
  wrong = 0;
  for (PetscInt j = 0; j < g->dim; j++)
    for (int i = 0; i < 4; i++) wrong += work[j][i].wrong;
  TestTrue(wrong == 0, "lines that are not there");
  if (last < 0 && g->local_cells) {
    const PetscInt end = OttoOrderLast(order, axes);
    TestTrue(end >= 0 && end < g->dim, "an axis is last");
    PetscInt64 seen = work[end][OttoOrderIsCut(order, end) ? 2 : 1].seen;
    TestTrue(OttoOrderIsCut(order, end) || seen == 2 * g->local_cells / g->n[end],
             "on lines of cells alone, none twice");
  }
  TestTrue(OttoOrderBytes(order) > 0, "bytes");
  PetscCall(OttoOrderDestroy(&order));
  free(now[0]);
  free(now[1]);
  free(in);
  free(out);
  free(middle);
  free(work);
  PetscFunctionReturn(0);
}

static PetscErrorCode TestProducts(void)
{
  static const PetscInt64 sizes[][4] = {{33},         {20, 19},     {7, 18, 5},
                                        {17, 16, 40}, {6, 7, 3, 4}, {6, 48, 3}};
  static const PetscInt dims[] = {1, 2, 3, 3, 4, 3};
  PetscMPIInt ranks;

  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &ranks));
  for (size_t s = 0; s < sizeof dims / sizeof *dims; s++)
    for (PetscMPIInt p1 = 1; p1 <= ranks; p1++) {
      const PetscReal lower[4] = {0, 0, 0, 0}, upper[4] = {1, 1, 1, 1};
      const OttoBoundary boundary[4] = {0};
      const PetscInt dim = dims[s];
      OttoGrid grid;
      if (ranks % p1 || (dim == 1 && p1 > 1)) continue;
      PetscCall(OttoGridCreate(PETSC_COMM_WORLD, &grid));
      PetscCall(OttoGridSetBox(grid, dim, sizes[s], lower, upper, boundary));
      PetscCall(OttoGridSetMesh(grid, ranks / p1, p1));
      PetscCall(OttoGridSetUp(grid));
      for (int some = 0; some < 1 << dim; some++) { /* which axes have nodes */
        PetscInt64 nodes[4];
        for (PetscInt j = 0; j < dim; j++)
          nodes[j] = some >> j & 1 ? (sizes[s][j] + 2) / 3 : sizes[s][j];
        for (PetscInt last = -1; last < dim; last++) PetscCall(CheckOrder(grid, nodes, last));
      }
      PetscCall(OttoGridDestroy(&grid));
    }
  return 0;
}

int main(void)
{
  return TestMain({TestProducts});
}
