/* ranks: 1 2 3 4 6; long: 2 6
 * Products of matrices over the axes, by way of fewer nodes where an axis has some, on every mesh
 * of the ranks: small whole numbers, so that the result is exact and compared as it is. The axis
 * that is to come last adds one, which shows whether it does; where it is named, another matrix of
 * it comes besides, and is added to what there is.
 */
#include "fixture.h"
#include "heat/order.h"
#include <stdlib.h>

#define MOST 48 /* cells of a line */

typedef struct {
  PetscInt64 ins, outs;
  PetscInt seed;
  PetscReal add;
  PetscInt64 seen, given; /* lines, and how many of them came from the field */
  PetscBool two;          /* with a second result, of the matrix of another seed */
  PetscReal panel[MOST * OTTO_PANEL], result[MOST * OTTO_PANEL], second[MOST * OTTO_PANEL];
} Matrix;

#define OTHER 100 /* seeds further on */

static PetscReal Entry(PetscInt seed, PetscInt64 a, PetscInt64 b)
{
  return rint(4 * Hash(a * MOST + b, seed)) - 1; /* -1 … 3 */
}

static const PetscReal *Multiply(const void *context, PetscInt64 width, PetscBool given)
{
  Matrix *m = (Matrix *)(uintptr_t)context;

  m->seen += width;
  if (given) m->given += width;
  for (PetscInt64 b = 0; b < m->ins; b++)
    for (PetscInt64 c = width; c < OTTO_PANEL; c++) m->panel[b * OTTO_PANEL + c] = NAN;
  for (PetscInt64 a = 0; a < m->outs; a++)
    for (PetscInt64 c = 0; c < OTTO_PANEL; c++) {
      m->result[a * OTTO_PANEL + c] = m->add;
      for (PetscInt64 b = 0; b < m->ins; b++)
        m->result[a * OTTO_PANEL + c] += Entry(m->seed, a, b) * m->panel[b * OTTO_PANEL + c];
      for (PetscInt64 b = 0; b < m->ins && m->two; b++)
        m->second[a * OTTO_PANEL + c] +=
            Entry(m->seed + OTHER, a, b) * m->panel[b * OTTO_PANEL + c];
    }
  return m->result;
}

static OttoPanelWork Work(PetscInt64 ins, PetscInt64 outs, PetscInt seed, Matrix *m)
{
  m->ins = ins;
  m->outs = outs;
  m->seed = seed;
  m->add = 0;
  m->two = PETSC_FALSE;
  m->seen = m->given = 0;
  return (OttoPanelWork){ins, outs, m->panel, m->second, Multiply, m};
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
          sum += Entry(m->seed, a, b) * in[(o * m->ins + b) * inner + i];
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

/* Twice, which finds what is kept, and once with another key, which does not. */
static PetscErrorCode ApplyThrice(OttoOrder order, const OttoGridInfo *g, OttoOrderAxis axes[],
                                  PetscInt last, PetscReal add, const PetscReal exact[],
                                  const PetscReal other[], Matrix work[][4])
{
  PetscReal *in = malloc((size_t)PetscMax(1, g->local_cells) * sizeof *in);
  PetscReal *out = malloc((size_t)PetscMax(1, g->local_cells) * sizeof *out);
  PetscReal *second = malloc((size_t)PetscMax(1, g->local_cells) * sizeof *second);
  OttoOrderKept kept = {0};
  PetscInt64 wrong = 0, down[3] = {0, 0, 0}, given = 0;
  PetscBool any = PETSC_FALSE;

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < g->local_cells; c++) in[c] = Datum(Global(g, c));
  for (int k = 0; k < 3; k++) {
    if (k == 2)
      for (PetscInt j = 0; j < g->dim; j++) axes[j].key += 1;
    for (PetscInt64 c = 0; c < g->local_cells; c++) {
      out[c] = NAN;
      second[c] = (PetscReal)c;
    }
    PetscCall(OttoOrderApply(order, axes, last, &kept, 2, in, out, last < 0 ? NULL : second));
    for (PetscInt64 c = 0; c < g->local_cells; c++) {
      wrong += out[c] != 2 * exact[Global(g, c)] + add;
      wrong += second[c] != (PetscReal)c + (last < 0 ? 0 : 2 * other[Global(g, c)]);
    }
    for (PetscInt j = 0; j < g->dim; j++) {
      down[k] += work[j][0].seen;
      for (int i = 0; i < 4; i++) given += work[j][i].given;
      if (!OttoOrderIsCut(order, j) && axes[j].nodes != g->n[j]) any = PETSC_TRUE;
    }
    if (k == 0 && g->mesh[0] == 1 && g->mesh[1] == 1)
      for (PetscInt j = 0; j < g->dim; j++)
        given -= g->cells / g->n[j] * (work[j][0].given + work[j][1].given + work[j][2].given > 0);
    if (k == 0 && g->mesh[0] == 1 && g->mesh[1] == 1)
      TestTrue(given == 0, "each line of one axis is given, and of no other");
  }
  TestTrue(wrong == 0, "every cell, exactly");
  if (g->local_cells) {
    TestTrue(any == (down[0] > 0), "down where there are nodes");
    TestTrue(down[1] == down[0] && down[2] == 2 * down[0], "what is kept serves its key");
  }
  TestTrue((kept.size > 0) == any, "and is there");
  PetscCall(OttoOrderForget(&kept));
  TestTrue(!kept.nodes && !kept.size, "until it is forgotten");
  free(in);
  free(out);
  free(second);
  PetscFunctionReturn(0);
}

static PetscErrorCode CheckOrder(OttoGrid grid, const PetscInt64 nodes[], PetscInt last)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  Matrix(*work)[4] = malloc((size_t)g->dim * sizeof *work);
  OttoOrderAxis axes[OTTO_MAX_DIM];
  PetscReal *now[2], *other[2];
  OttoOrder order;

  PetscFunctionBegin;
  PetscCall(OttoOrderCreate(grid, &order));
  for (PetscInt j = 0; j < g->dim; j++) {
    axes[j].nodes = nodes[j];
    axes[j].key = 7;
    axes[j].down = Work(g->n[j], nodes[j], 10 + j, &work[j][0]);
    axes[j].up = Work(nodes[j], g->n[j], 20 + j, &work[j][1]);
    axes[j].across = Work(nodes[j], nodes[j], 40 + j, &work[j][3]);
    axes[j].through = Work(g->n[j], g->n[j], 30 + j, &work[j][2]);
  }
  for (int i = 0; i < 2; i++) {
    now[i] = malloc((size_t)(4 * g->cells) * sizeof **now);
    other[i] = malloc((size_t)(4 * g->cells) * sizeof **other);
  }
  Reference(order, g, nodes, work, now);
  const PetscInt end = last < 0 ? OttoOrderLast(order, axes) : last;
  TestTrue(end >= 0 && end < g->dim, "an axis is last");
  work[end][1].seed += OTHER, work[end][2].seed += OTHER;
  Reference(order, g, nodes, work, other);
  work[end][1].seed -= OTHER, work[end][2].seed -= OTHER;
  work[end][1].add = work[end][2].add = 1;
  work[end][1].two = work[end][2].two = last < 0 ? PETSC_FALSE : PETSC_TRUE;
  PetscCall(ApplyThrice(order, g, axes, last, 1, now[0], other[0], work));
  TestTrue(OttoOrderBytes(order) > 0, "bytes");
  PetscCall(OttoOrderDestroy(&order));
  for (int i = 0; i < 2; i++) {
    free(now[i]);
    free(other[i]);
  }
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

/* More cells than go through their axes at once. */
static PetscErrorCode TestChunks(void)
{
  const PetscReal lower[3] = {0, 0, 0}, upper[3] = {1, 1, 1};
  const OttoBoundary boundary[3] = {0};
  OttoGrid grid;

  PetscFunctionBegin;
  PetscCall(OttoGridCreate(PETSC_COMM_SELF, &grid));
  PetscCall(OttoGridSetBox(grid, 3, (PetscInt64[]){48, 37, 40}, lower, upper, boundary));
  PetscCall(OttoGridSetUp(grid));
  for (PetscInt last = 0; last < 3; last += 2)
    PetscCall(CheckOrder(grid, (PetscInt64[]){16, 12, 13}, last));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestProducts, TestChunks});
}
