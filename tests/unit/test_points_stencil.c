/* ranks: 1 2 3 4 5
 * Lagrange interpolation at points anywhere, on every mesh: polynomials of degree 5 exactly, cells
 * at their centres, periodic functions any number of turns away, order 6 in a band, and the same
 * bits whoever holds the points and the cells. */
#include "fixture.h"

#define POINTS 60

/* Point i of the box; the first stand at corners and on faces. */
static void Point(const OttoGridInfo *g, PetscInt64 i, PetscReal x[])
{
  for (PetscInt j = 0; j < g->dim; j++) {
    const PetscReal u = i < 8 ? (PetscReal)((i >> j) & 1) : Hash(i * 7 + j, 0.3);
    x[j] = g->lower[j] + u * (g->upper[j] - g->lower[j]);
  }
}

/* The points with i % size = rank + shift; alone: all. turns: so far away on periodic axes. */
static PetscInt64 Choose(const OttoGridInfo *g, PetscInt shift, PetscInt turns,
                         PetscReal x[3][POINTS], PetscInt64 which[])
{
  PetscInt64 count = 0;

  for (PetscInt64 i = 0; i < POINTS; i++) {
    PetscReal y[OTTO_MAX_DIM];
    if ((i / 3 + shift) % g->size != g->rank) continue;
    Point(g, i, y);
    for (PetscInt j = 0; j < g->dim; j++) {
      if (g->boundary[j] == OTTO_BOUNDARY_PERIODIC)
        y[j] += turns * (j ? -2 : 1) * (g->upper[j] - g->lower[j]);
      x[j][count] = y[j];
    }
    which[count++] = i;
  }
  return count;
}

/* A polynomial of degree n - 1 at most, and 5, on axes that end; on periodic ones a constant. */
static PetscReal Poly(const OttoGridInfo *g, PetscInt width, const PetscReal x[])
{
  PetscReal product = 1;

  for (PetscInt j = 0; j < g->dim; j++) {
    const PetscInt degree = (PetscInt)PetscMin(width, g->n[j]) - 1;
    const PetscReal t = (x[j] - g->lower[j]) / (g->upper[j] - g->lower[j]);
    PetscReal sum = 2 + j;
    if (g->boundary[j] != OTTO_BOUNDARY_PERIODIC)
      for (PetscInt k = 1; k <= degree; k++)
        sum += (k % 2 ? -1.5 : 1.25) * (t > 0 || k ? pow(t, k) : 1);
    product *= sum;
  }
  return product;
}

static PetscErrorCode CheckPolynomials(OttoGrid grid)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal x[3][POINTS], at[POINTS], lower[POINTS], *values;
  const PetscReal *const y[3] = {x[0], x[1], x[2]};
  PetscInt64 which[POINTS];

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(g->local_cells, &values));
  for (PetscInt width = 2; width <= 6; width += 2)
    for (PetscInt turns = 0; turns < 2; turns++) {
      const PetscInt64 count = Choose(g, 0, turns, x, which);
      OttoPoints points;
      PetscCall(OttoPointsCreateStencil(grid, count, y, width, &points));
      for (PetscInt64 c = 0; c < g->local_cells; c++) {
        PetscReal centre[OTTO_MAX_DIM];
        OttoGridCellCentre(g, c, centre);
        values[c] = Poly(g, width, centre);
      }
      PetscCall(OttoPointsStencilRead(points, values, at, lower));
      for (PetscInt64 i = 0; i < count; i++) {
        PetscReal p[OTTO_MAX_DIM];
        Point(g, which[i], p);
        /* values below 8 an axis; half a cell beyond the last, weights of 6 cells sum to 20 each */
        TestTrue(fabs(at[i] - Poly(g, width, p)) <= 2e-14 * pow(20, g->dim), "polynomials");
      }
      for (PetscInt64 c = 0; c < g->local_cells; c++) {
        PetscReal centre[OTTO_MAX_DIM];
        OttoGridCellCentre(g, c, centre);
        values[c] = Poly(g, PetscMax(1, width - 2), centre);
      }
      PetscCall(OttoPointsStencilRead(points, values, at, lower));
      for (PetscInt64 i = 0; i < count; i++) {
        PetscReal p[OTTO_MAX_DIM];
        PetscBool fits = PETSC_TRUE; /* short axes lose two degrees more */
        for (PetscInt j = 0; j < g->dim; j++)
          if (g->n[j] < width && g->boundary[j] != OTTO_BOUNDARY_PERIODIC) fits = PETSC_FALSE;
        Point(g, which[i], p);
        TestTrue(!fits ||
                     fabs(lower[i] - Poly(g, PetscMax(1, width - 2), p)) <= 2e-14 * pow(20, g->dim),
                 "polynomials of two degrees less");
      }
      PetscCall(OttoPointsDestroy(&points));
    }
  PetscCall(PetscFree(values));
  PetscFunctionReturn(0);
}

/* Cells at their centres are read as they are, to the rounding of where a centre is; a NaN or an
 * infinity there is NaN, and so it is wherever the stencil holds it. */
static PetscErrorCode CheckCentres(OttoGrid grid)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal *x[3], *values, *at;
  OttoPoints points;
  PetscInt64 counts[2] = {0, 0};

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(g->local_cells, &values, g->local_cells, &at));
  for (PetscInt j = 0; j < 3; j++) PetscCall(PetscMalloc1(g->local_cells, &x[j]));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscReal centre[OTTO_MAX_DIM];
    OttoGridCellCentre(g, c, centre);
    for (PetscInt j = 0; j < g->dim; j++) x[j][c] = centre[j];
    values[c] = 1 + Hash(g->offset + c, 0.7);
  }
  PetscCall(OttoPointsCreateStencil(grid, g->local_cells, (const PetscReal *const *)x, 6, &points));
  PetscCall(OttoPointsStencilRead(points, values, at, NULL));
  for (PetscInt64 c = 0; c < g->local_cells; c++) /* 1e-15 cells off, slopes of 10 a cell */
    TestClose(at[c], values[c], 1e-13, "at a centre");
  if (g->rank == g->size / 2 && g->local_cells) values[g->local_cells / 2] = -INFINITY;
  PetscCall(OttoPointsStencilRead(points, values, at, NULL));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    counts[isnan(at[c]) ? 1 : 0]++;
    TestTrue(isnan(at[c]) || isfinite(at[c]), "NaN, not an infinity");
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, counts, 2, MPIU_INT64, MPI_SUM, g->comm));
  PetscInt64 most = 1;
  for (PetscInt j = 0; j < g->dim; j++) most *= PetscMin(g->n[j], 11);
  TestTrue(counts[1] > 1 && counts[1] <= most, "as many as stencils that hold it");
  PetscCall(OttoPointsDestroy(&points));
  for (PetscInt j = 0; j < 3; j++) PetscCall(PetscFree(x[j]));
  PetscCall(PetscFree2(values, at));
  PetscFunctionReturn(0);
}

/* The same bits from a grid that each rank has alone, and whoever asks. */
static PetscErrorCode CheckAlone(OttoGrid grid)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal x[3][POINTS], at[POINTS], all[POINTS], *values, *whole;
  const PetscReal *const y[3] = {x[0], x[1], x[2]};
  PetscInt64 which[POINTS];
  OttoGrid alone;
  OttoPoints points;

  PetscFunctionBegin;
  PetscCall(MakeBoxOn(PETSC_COMM_SELF, g->dim, g->n, g->lower, g->upper, g->boundary, &alone));
  PetscCall(PetscMalloc2(g->local_cells, &values, g->cells, &whole));
  const OttoGridInfo *a = OttoGridGetInfo(alone);
  for (PetscInt64 c = 0; c < g->cells; c++) whole[c] = Hash(c, 0.9);
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscInt64 idx[OTTO_MAX_DIM], number = 0;
    OttoGridCellIndex(g, c, idx);
    for (PetscInt j = 0; j < g->dim; j++) number = number * g->n[j] + idx[j];
    values[c] = whole[number];
  }
  PetscInt64 count = Choose(a, 0, 0, x, which);
  TestTrue(count == POINTS, "all points");
  PetscCall(OttoPointsCreateStencil(alone, count, y, 6, &points));
  PetscCall(OttoPointsStencilRead(points, whole, all, NULL));
  PetscCall(OttoPointsDestroy(&points));
  if (g->n[0] >= 6 && (g->dim < 2 || g->n[1] >= 6) && (g->dim < 3 || g->n[2] >= 6)) {
    PetscReal four[POINTS], lower[POINTS];
    count = Choose(g, 0, 0, x, which);
    for (PetscInt width = 4; width <= 6; width += 2) {
      PetscCall(OttoPointsCreateStencil(grid, count, y, width, &points));
      PetscCall(OttoPointsStencilRead(points, values, width == 4 ? four : at, lower));
      PetscCall(OttoPointsDestroy(&points));
    }
    for (PetscInt64 i = 0; i < count;
         i++) /* weights at another origin: roundings of sums to 10^dim */
      TestTrue(fabs(lower[i] - four[i]) <= 1e-15 * pow(10, g->dim), "lower is that of 4 cells");
  }
  for (PetscInt shift = 0; shift < 3; shift++) {
    count = Choose(g, shift, 0, x, which);
    PetscCall(OttoPointsCreateStencil(grid, count, y, 6, &points));
    PetscCall(OttoPointsStencilRead(points, values, at, NULL));
    for (PetscInt64 i = 0; i < count; i++)
      TestTrue(at[i] == all[which[i]], "the same bits on any ranks");
    PetscCall(OttoPointsDestroy(&points));
  }
  PetscCall(PetscFree2(values, whole));
  PetscCall(OttoGridDestroy(&alone));
  PetscFunctionReturn(0);
}

static PetscErrorCode CheckGrid(OttoGrid grid)
{
  PetscFunctionBegin;
  PetscCall(CheckPolynomials(grid));
  PetscCall(CheckCentres(grid));
  PetscCall(CheckAlone(grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestMeshes(void)
{
  static const PetscInt64 sizes[4][3] = {{13, 1, 1}, {9, 7, 1}, {7, 8, 6}, {5, 6, 3}};

  PetscFunctionBegin;
  for (int size = 0; size < 4; size++)
    for (int turn = 0; turn < 3; turn++) {
      OttoBoundary boundary[3];
      for (PetscInt j = 0; j < 3; j++)
        boundary[j] = (j + turn) % 3 == 0   ? OTTO_BOUNDARY_PERIODIC
                      : (j + turn) % 3 == 1 ? OTTO_BOUNDARY_NO_FLUX
                                            : OTTO_BOUNDARY_OPEN;
      PetscCall(OnMeshes(PetscMin(3, size + 1), sizes[size], boundary, CheckGrid));
    }
  PetscFunctionReturn(0);
}

/* exp(sin) of all axes; beyond the box where periodic. */
static PetscReal Smooth(PetscInt dim, const PetscReal x[], PetscBool closed)
{
  PetscReal sum = 0;

  for (PetscInt j = 0; j < dim; j++) sum += sin(2 * PETSC_PI * x[j] / (1 + j) + j);
  return exp(0.7 * sum) * (closed ? 1 : 1 + x[0]);
}

/* Orders 6 and, of `lower`, 4; of widths 2 and 4 likewise: errors at 60 points on n and 2n cells.
 */
static PetscErrorCode Order(PetscInt dim, OttoBoundary b, PetscInt width)
{
  static const PetscInt64 first[3] = {30, 28, 24};
  PetscReal worst[2][2] = {{0, 0}, {0, 0}};

  PetscFunctionBegin;
  for (int k = 0; k < 2; k++) {
    const PetscInt64 n[3] = {first[dim - 1] << k, first[dim - 1] << k, 26 << k};
    PetscReal x[3][POINTS], at[POINTS], lower[POINTS], *values;
    const PetscReal *const y[3] = {x[0], x[1], x[2]};
    PetscInt64 which[POINTS];
    OttoGrid grid;
    OttoPoints points;
    PetscCall(MakeSides(dim, n, 0, (PetscReal[]){1, 2, 3}, (OttoBoundary[]){b, b, b}, &grid));
    const OttoGridInfo *g = OttoGridGetInfo(grid);
    PetscCall(PetscMalloc1(g->local_cells, &values));
    for (PetscInt64 c = 0; c < g->local_cells; c++) {
      PetscReal centre[OTTO_MAX_DIM];
      OttoGridCellCentre(g, c, centre);
      values[c] = Smooth(dim, centre, (PetscBool)(b == OTTO_BOUNDARY_PERIODIC));
    }
    const PetscInt64 count = Choose(g, 0, 0, x, which);
    PetscCall(OttoPointsCreateStencil(grid, count, y, width, &points));
    PetscCall(OttoPointsStencilRead(points, values, at, lower));
    for (PetscInt64 i = 0; i < count; i++) {
      PetscReal p[OTTO_MAX_DIM];
      Point(g, which[i], p);
      const PetscReal exact = Smooth(dim, p, (PetscBool)(b == OTTO_BOUNDARY_PERIODIC));
      worst[k][0] = PetscMax(worst[k][0], fabs(at[i] - exact));
      worst[k][1] = PetscMax(worst[k][1], fabs(lower[i] - exact));
    }
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, worst[k], 2, MPIU_REAL, MPI_MAX, g->comm));
    PetscCall(OttoPointsDestroy(&points));
    PetscCall(PetscFree(values));
    PetscCall(OttoGridDestroy(&grid));
  }
  for (int o = 0; o < 2; o++) {
    const PetscReal order = log2(worst[0][o] / worst[1][o]), expected = width - 2 * o;
    if (expected < 2) continue; /* the nearest cell */
    /* the worst of 60 points stands elsewhere in its cell on the finer grid: half an order */
    TestTrue(order > expected - 0.7 && order < expected + 1.3, "order");
    if (!(order > expected - 0.7 && order < expected + 1.3))
      fprintf(stderr, "dim %d boundary %d width %d: order %g (%g, %g)\n", (int)dim, (int)b,
              (int)width, order, worst[0][o], worst[1][o]);
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode TestOrder(void)
{
  PetscFunctionBegin;
  for (PetscInt dim = 1; dim <= 3; dim++)
    for (PetscInt width = 2; width <= 6; width += 2) {
      PetscCall(Order(dim, OTTO_BOUNDARY_PERIODIC, width));
      PetscCall(Order(dim, OTTO_BOUNDARY_NO_FLUX, width));
    }
  PetscFunctionReturn(0);
}

/* Each kind of points for its own calls; a point that is none. */
static PetscErrorCode TestRefusals(void)
{
  const PetscReal x[1] = {0.5}, bad[1] = {NAN};
  PetscReal values[16] = {0}, at[1] = {0};
  OttoGrid grid;
  OttoPoints points;

  PetscFunctionBegin;
  PetscCall(MakeUnit(1, 16, OTTO_BOUNDARY_PERIODIC, &grid));
  PetscCall(OttoPointsCreate(grid, 1, x, &points));
  TestFails(OttoPointsStencilRead(points, values, at, NULL), OTTO_ERR_STATE, "CreateStencil");
  PetscCall(OttoPointsDestroy(&points));
  PetscCall(OttoPointsCreateStencil(grid, 1, (const PetscReal *const[]){bad}, 6, &points));
  TestFails(OttoPointsRead(points, values, at), OTTO_ERR_STATE, "OttoPointsCreate()");
  TestFails(OttoPointsDeposit(points, NULL, values), OTTO_ERR_STATE, "OttoPointsCreate()");
  PetscCall(OttoPointsStencilRead(points, values, at, NULL));
  TestTrue(isnan(at[0]), "a point that is nowhere");
  PetscCall(OttoPointsDestroy(&points));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestMeshes, TestOrder, TestRefusals});
}
