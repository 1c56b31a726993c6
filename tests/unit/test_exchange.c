/* ranks: 1 2 3 4
 * The exchange between planes and lines: every value arrives where it belongs, and comes back. */
#include "test.h"
#include "grid/planes.h"
#include "grid/exchange.h"

/* A number that names plane, column and component; whole, hence exact in a double. */
static PetscReal Name(PetscInt64 plane, PetscInt64 column, PetscInt component, PetscInt round)
{
  return (PetscReal)(((plane * 100003 + column) * 4 + component) * 8 + round);
}

static PetscErrorCode Swap(OttoLayout layout, PetscInt64 n0, PetscInt64 columns, PetscInt width)
{
  OttoGrid grid;
  OttoExchange exchange;
  PetscReal *plane, *lines;
  PetscInt64 row_stride, first, count, wrong_lines = 0, wrong_planes = 0;

  PetscFunctionBegin;
  PetscCall(OttoGridCreate(PETSC_COMM_WORLD, &grid));
  PetscCall(OttoGridSetBox(grid, 1, &n0, (PetscReal[]){0}, (PetscReal[]){1},
                           (OttoBoundary[]){OTTO_BOUNDARY_PERIODIC}));
  PetscCall(OttoGridSetLayout(grid, layout));
  PetscCall(OttoGridSetUp(grid));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscCall(OttoExchangeCreate(g->comm, g->cuts[0], columns, width, &exchange));
  OttoExchangeColumns(exchange, &first, &count);
  TestTrue(count == columns / g->size + (g->rank < columns % g->size), "columns are balanced");
  PetscCall(PetscMalloc1(columns * width, &plane));
  for (PetscInt round = 0; round < 2; round++) {
    for (PetscInt64 p = 0; p < OttoGridPlanes(g).count; p++) {
      for (PetscInt64 i = 0; i < columns * width; i++)
        plane[i] = Name(OttoGridPlanes(g).start + p, i / width, (PetscInt)(i % width), round);
      OttoExchangePack(exchange, p, plane);
    }
    PetscCall(OttoExchangeToLines(exchange));
    lines = OttoExchangeLines(exchange, &row_stride);
    TestTrue(row_stride >= count * width, "a row holds the columns");
    for (PetscInt64 p = 0; p < n0; p++)
      for (PetscInt64 i = 0; i < count * width; i++) {
        PetscReal *v = &lines[p * row_stride + i];
        wrong_lines += !(*v == Name(p, first + i / width, (PetscInt)(i % width), round));
        *v = 0 - *v;
      }
    PetscCall(OttoExchangeToPlanes(exchange));
    for (PetscInt64 p = 0; p < OttoGridPlanes(g).count; p++) {
      OttoExchangeUnpack(exchange, p, plane);
      for (PetscInt64 i = 0; i < columns * width; i++)
        wrong_planes += !(plane[i] == 0 - Name(OttoGridPlanes(g).start + p, i / width,
                                               (PetscInt)(i % width), round));
    }
  }
  TestTrue(wrong_lines == 0, "lines hold every plane of this rank's columns");
  TestTrue(wrong_planes == 0, "planes come back as the lines left them");
  TestTrue(OttoExchangeBytes(exchange) >= (size_t)(n0 * count * width) * sizeof(PetscReal),
           "bytes count the lines");
  PetscCall(PetscFree(plane));
  PetscCall(OttoExchangeDestroy(&exchange));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* Two fields of lines on their way back, the second filled while the first is under way and taken
 * back after it, `calls` times asked to go on. Both come back whole, again and again. */
static PetscErrorCode Beside(const OttoGridInfo *g, PetscInt64 columns, PetscInt width,
                             PetscInt calls)
{
  const PetscInt64 n0 = g->n[0];
  OttoExchange both[2];
  PetscReal *plane, *lines;
  PetscInt64 stride, first, count, wrong = 0;

  PetscFunctionBegin;
  PetscCall(OttoExchangeCreate(g->comm, g->cuts[0], columns, width, &both[0]));
  PetscCall(OttoExchangeCreateBeside(both[0], &both[1]));
  OttoExchangeColumns(both[1], &first, &count);
  PetscCall(PetscMalloc1(columns * width, &plane));
  for (PetscInt round = 0; round < 3; round++) {
    for (int i = 0; i < 2; i++) {
      lines = OttoExchangeLines(both[i], &stride);
      for (PetscInt64 p = 0; p < n0; p++) {
        for (PetscInt64 k = 0; k < count * width; k++)
          lines[p * stride + k] = Name(p, first + k / width, (PetscInt)(k % width), 2 * round + i);
        for (PetscInt k = 0; k < calls; k++) OttoExchangeProgress(i ? both[0] : NULL);
      }
      if (i) PetscCall(OttoExchangeEnd(both[0]));
      PetscCall(OttoExchangeBegin(both[i]));
    }
    for (int i = 0; i < 2; i++) {
      if (i) PetscCall(OttoExchangeEnd(both[1]));
      for (PetscInt64 p = 0; p < OttoGridPlanes(g).count; p++) {
        OttoExchangeUnpack(both[i], p, plane);
        for (PetscInt64 k = 0; k < columns * width; k++)
          wrong += !(plane[k] == Name(OttoGridPlanes(g).start + p, k / width, (PetscInt)(k % width),
                                      2 * round + i));
        for (PetscInt k = 0; k < calls; k++) OttoExchangeProgress(i ? NULL : both[1]);
      }
    }
    PetscCall(OttoExchangeEnd(both[0])); /* nothing is under way */
  }
  TestTrue(wrong == 0, "both come back as the lines were");
  /* its lines, and of the parts for others at most two, of those that are dealt unevenly */
  const size_t part = (size_t)((OttoGridPlanes(g).count) * (columns / g->size + 1) * width +
                               64 * OttoGridPlanes(g).count) *
                      sizeof(PetscReal);
  const size_t own = (size_t)(n0 * stride) * sizeof(PetscReal);
  TestTrue(OttoExchangeBytes(both[1]) >= own, "it has lines of its own");
  TestTrue(OttoExchangeBytes(both[1]) <= own + 2 * part, "and hardly more");
  if (n0 % g->size == 0 && columns % g->size == 0)
    TestTrue(OttoExchangeBytes(both[1]) == own, "nothing more where all is even");
  TestTrue(OttoExchangeBytes(NULL) == 0, "no exchange, no bytes");
  PetscCall(PetscFree(plane));
  PetscCall(OttoExchangeDestroy(&both[1]));
  PetscCall(OttoExchangeDestroy(&both[0]));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestBeside(void)
{
  const PetscInt64 planes[] = {4, 12, 13}, columns[] = {1, 3, 24, 257, 33334};

  PetscFunctionBegin;
  for (size_t n = 0; n < PETSC_STATIC_ARRAY_LENGTH(planes); n++) {
    OttoGrid grid;
    PetscCall(OttoGridCreate(PETSC_COMM_WORLD, &grid));
    PetscCall(OttoGridSetBox(grid, 1, &planes[n], (PetscReal[]){0}, (PetscReal[]){1},
                             (OttoBoundary[]){OTTO_BOUNDARY_PERIODIC}));
    PetscCall(OttoGridSetUp(grid));
    for (size_t c = 0; c < PETSC_STATIC_ARRAY_LENGTH(columns); c++)
      for (PetscInt calls = 0; calls < 2; calls++)
        PetscCall(Beside(OttoGridGetInfo(grid), columns[c], columns[c] > 1000 ? 8 : 2, calls));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

/* Fewer columns than ranks, sizes ranks do not divide, rows that are padded, several widths. */
static PetscErrorCode TestShapes(void)
{
  const PetscInt64 columns[] = {1, 2, 3, 7, 31, 64, 257};

  PetscFunctionBegin;
  for (size_t c = 0; c < PETSC_STATIC_ARRAY_LENGTH(columns); c++)
    for (PetscInt width = 1; width <= 3; width++) {
      PetscCall(Swap(OTTO_LAYOUT_BALANCED, 4, columns[c], width));
      PetscCall(Swap(OTTO_LAYOUT_BALANCED, 13, columns[c], width));
      PetscCall(Swap(OTTO_LAYOUT_FFTW, 11, columns[c], width));
    }
  PetscFunctionReturn(0);
}

/* More than one chunk, and more than the chunks under way, for every pair of ranks. */
static PetscErrorCode TestChunks(void)
{
  PetscFunctionBegin;
  PetscCall(Swap(OTTO_LAYOUT_BALANCED, 23, 99991, 2));
  /* of two ranks one has five chunks to send, the other four, which are all under way at a time */
  PetscCall(Swap(OTTO_LAYOUT_BALANCED, 5, 133335, 3));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestShapes, TestChunks, TestBeside});
}
