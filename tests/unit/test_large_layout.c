/* labels: serial
 * ranks: 1
 * Grids of more than 2^31 cells, of which nothing but the layout is made: who owns which cell,
 * numbers of cells, boxes in a file. As 35 ranks would see it, and by what is set up where PETSc
 * counts in 64 bits.
 */
#include "files/storage_pieces.h"
#include "fixture.h"

enum { p0 = 7, p1 = 5, ranks = p0 * p1 };

static const PetscInt64 sizes[] = {4099, 2051, 1031}; /* 8.7e9 cells; no rank has as many as 2^31 */
static PetscInt64 cuts[2][p0 + 1];
static OttoGridInfo info[ranks];

/* Written out on purpose: the boxes of all ranks, and the cells of those before. */
static void Deal(void)
{
  static const PetscMPIInt mesh[2] = {p0, p1};
  PetscInt64 before = 0;

  for (int j = 0; j < 2; j++)
    for (PetscInt64 r = 0, cell = 0; r <= mesh[j];
         cell += sizes[j] / mesh[j] + (r < sizes[j] % mesh[j]), r++)
      cuts[j][r] = cell;
  for (PetscMPIInt r = 0; r < ranks; r++) {
    OttoGridInfo *g = &info[r];
    const PetscMPIInt place[2] = {r / p1, r % p1};
    *g = (OttoGridInfo){
        .rank = r, .size = ranks, .dim = 3, .mesh = {p0, p1}, .cuts = {cuts[0], cuts[1]}};
    g->cells = g->local_cells = 1;
    for (PetscInt j = 0; j < OTTO_MAX_DIM; j++) {
      g->n[j] = j < 3 ? sizes[j] : 1;
      g->first[j] = j < 2 ? cuts[j][place[j]] : 0;
      g->local[j] = j < 2 ? cuts[j][place[j] + 1] - g->first[j] : g->n[j];
      g->cells *= g->n[j];
      g->local_cells *= g->local[j];
    }
    g->row_cells = sizes[2];
    g->offset = before;
    before += g->local_cells;
  }
  TestTrue(before == sizes[0] * sizes[1] * sizes[2] && before > (PetscInt64)1 << 33, "all cells");
}

/* Cells here and there, corners of boxes and of the grid among them: owner, place there and number
 * as the boxes have it, from every rank's point of view. */
static PetscErrorCode TestNumbers(void)
{
  PetscFunctionBegin;
  Deal();
  for (PetscMPIInt owner = 0; owner < ranks; owner++)
    for (PetscInt k = 0; k < 40; k++) {
      const OttoGridInfo *g = &info[owner], *viewer = &info[(owner * 11 + k * 3) % ranks];
      PetscInt64 idx[OTTO_MAX_DIM] = {0}, back[OTTO_MAX_DIM] = {0}, local = 0;
      PetscMPIInt rank = -1;
      for (PetscInt j = 0; j < 3; j++) {
        const PetscInt64 last = g->local[j] - 1;
        const PetscInt64 at =
            k < 8 ? (k >> j & 1) * last
                  : (PetscInt64)(Hash(100 * owner + k, (PetscReal)j) * (PetscReal)last);
        idx[j] = g->first[j] + at;
        local = local * g->local[j] + at;
      }
      TestTrue(OttoGridOwner(viewer, idx, &rank) == local && rank == owner, "the owner, and where");
      const PetscInt64 number = OttoGridNumber(viewer, idx);
      TestTrue(number == g->offset + local, "the number");
      OttoGridNumberIndex(viewer, number, back);
      TestTrue(back[0] == idx[0] && back[1] == idx[1] && back[2] == idx[2], "and back");
      OttoGridCellIndex(g, local, back);
      TestTrue(back[0] == idx[0] && back[1] == idx[1] && back[2] == idx[2], "the owner's cell");
    }
  PetscFunctionReturn(0);
}

/* What ranks select of a file: boxes of their own, whole, in pieces of less than 2^31 bytes. */
static PetscErrorCode TestHyperslabs(void)
{
  const hsize_t n[3] = {(hsize_t)sizes[0], (hsize_t)sizes[1], (hsize_t)sizes[2]};
  const hid_t space = H5Screate_simple(3, n, NULL);
  PetscInt64 total = 0;

  PetscFunctionBegin;
  TestTrue(space >= 0, "a space of the file");
  for (PetscMPIInt r = 0; r < ranks; r++) {
    const OttoGridInfo *g = &info[r];
    hsize_t low[3], high[3], at[3], count[3], values = 0;
    OttoPieces p;
    for (int j = 0; j < 3; j++) {
      at[j] = (hsize_t)g->first[j];
      count[j] = (hsize_t)g->local[j];
    }
    OttoPiecesBegin(&p, 3, at, count, OTTO_PIECE_BYTES);
    while (OttoPiecesNext(&p)) {
      TestTrue(p.values * sizeof(PetscReal) < (hsize_t)1 << 31, "fit a message");
      TestTrue(H5Sselect_hyperslab(space, H5S_SELECT_SET, p.from, NULL, p.part, NULL) >= 0 &&
                   H5Sget_select_bounds(space, low, high) >= 0,
               "bounds");
      TestTrue(H5Sget_select_npoints(space) == (hssize_t)p.values, "as many cells as it says");
      for (int j = 0; j < 3; j++)
        TestTrue(low[j] >= at[j] && high[j] < at[j] + count[j], "in the box");
      TestTrue(p.before == values, "one after the other");
      values += p.values;
    }
    TestTrue(values == count[0] * count[1] * count[2], "the whole box");
    total += (PetscInt64)values;
  }
  TestTrue(total == sizes[0] * sizes[1] * sizes[2], "every cell once");
  H5Sclose(space);
  PetscFunctionReturn(0);
}

/* PETSc with 32-bit indices refuses such a grid and says what would not; with 64 it stands. */
static PetscErrorCode TestSetUp(void)
{
  static const PetscReal lower[3] = {0, 0, 0}, upper[3] = {1, 1, 1};
  static const OttoBoundary b[3] = {OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_PERIODIC,
                                    OTTO_BOUNDARY_PERIODIC};
  static const PetscInt64 least[] = {65536, 32767, 1}, most[] = {65536, 32768, 1};
  OttoGrid grid;

  PetscFunctionBegin;
  PetscCall(OttoGridCreate(PETSC_COMM_WORLD, &grid));
  PetscCall(OttoGridSetBox(grid, 3, least, lower, upper, b)); /* 2^31 - 2^16 */
  if (sizeof(PetscInt) == 4) {
    TestFails(OttoGridSetBox(grid, 3, most, lower, upper, b), OTTO_ERR_INPUT, "OTTO_INDEX_64");
    TestFails(OttoGridSetBox(grid, 3, sizes, lower, upper, b), OTTO_ERR_INPUT, "64-bit indices");
  } else {
    PetscCall(OttoGridSetBox(grid, 3, sizes, lower, upper, b));
    PetscCall(OttoGridSetUp(grid));
    const OttoGridInfo *g = OttoGridGetInfo(grid);
    TestTrue(g->local_cells == info[0].cells && g->cells == info[0].cells,
             "one rank has all cells");
  }
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestNumbers, TestHyperslabs, TestSetUp});
}
