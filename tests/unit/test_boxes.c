/* ranks: 1 2 3 4
 * Masses spread over boxes: every share by its definition on any mesh and boundary, mass kept,
 * whole-cell translations exact, stretches and folds, sides of no width, boxes that wind round. */
#include "fixture.h"
#include "transport/boxes.h"

static const PetscInt64 sizes[][3] = {{9, 1, 1}, {8, 7, 1}, {5, 6, 4}};
static const OttoBoundary kinds[2][3] = {
    {OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_PERIODIC},
    {OTTO_BOUNDARY_OPEN, OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_NO_FLUX}};

/* The ends of the box of a cell (idx) on an axis of n cells, by a rule. */
typedef void (*Rule)(const PetscInt64 idx[], PetscInt axis, PetscInt64 n, PetscReal end[2]);

static PetscInt64 Flat(PetscInt dim, const PetscInt64 n[], const PetscInt64 idx[])
{
  PetscInt64 flat = 0;

  for (PetscInt j = 0; j < dim; j++) flat = flat * n[j] + idx[j];
  return flat;
}

static void Index(PetscInt dim, const PetscInt64 n[], PetscInt64 flat, PetscInt64 idx[])
{
  for (PetscInt j = dim - 1; j >= 0; j--) {
    idx[j] = flat % n[j];
    flat /= n[j];
  }
}

/* A fifth of the cells are empty. */
static PetscReal MassOf(PetscInt64 flat)
{
  const PetscReal u = Hash(flat, 0.5);

  return u < 0.2 ? 0 : u;
}

/* Boxes of the rule, deposited: out[local_cells]. Empty cells have no ends. */
static PetscErrorCode DepositRule(OttoGrid grid, Rule rule, PetscReal *out)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal *lower[3], *upper[3], *mass;
  PetscInt64 idx[OTTO_MAX_DIM];

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(g->local_cells, &mass));
  for (PetscInt j = 0; j < g->dim; j++)
    PetscCall(PetscMalloc2(g->local_cells, &lower[j], g->local_cells, &upper[j]));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellIndex(g, c, idx);
    mass[c] = MassOf(Flat(g->dim, g->n, idx));
    for (PetscInt j = 0; j < g->dim; j++) {
      PetscReal end[2];
      rule(idx, j, g->n[j], end);
      lower[j][c] = mass[c] == 0 ? NAN : end[0];
      upper[j][c] = mass[c] == 0 ? NAN : end[1];
    }
  }
  PetscCall(PetscArrayzero(out, g->local_cells));
  PetscCall(OttoBoxesDeposit(grid, (const PetscReal *const *)lower, (const PetscReal *const *)upper,
                             mass, out));
  for (PetscInt j = 0; j < g->dim; j++) PetscCall(PetscFree2(lower[j], upper[j]));
  PetscCall(PetscFree(mass));
  PetscFunctionReturn(0);
}

/* What a side gives to a cell, by the definition: the part of its width in the cell and its
 * images. */
static PetscReal ShareByDefinition(const PetscReal end[2], PetscInt64 cell, PetscInt64 n,
                                   PetscBool periodic)
{
  PetscReal a = PetscMin(end[0], end[1]), b = PetscMax(end[0], end[1]), share = 0;

  if (!periodic) {
    a = PetscMin(PetscMax(a, 0), (PetscReal)n);
    b = PetscMin(PetscMax(b, 0), (PetscReal)n);
  }
  for (PetscInt64 image = periodic ? -5 : 0; image <= (periodic ? 5 : 0); image++) {
    const PetscReal from = (PetscReal)(cell + image * n);
    if (a == b)
      share += (a >= from && a < from + 1) || (!periodic && cell == n - 1 && a == (PetscReal)n);
    else
      share += PetscMax(0, PetscMin(b, from + 1) - PetscMax(a, from)) / (b - a);
  }
  return share;
}

static PetscErrorCode CheckRule(OttoGrid grid, Rule rule, PetscReal tolerance, const char *what)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal *out, sums[2] = {0, 0}, most = 0;
  PetscInt64 idx[OTTO_MAX_DIM], from[OTTO_MAX_DIM];

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(g->local_cells, &out));
  PetscCall(DepositRule(grid, rule, out));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscReal expected = 0;
    OttoGridCellIndex(g, c, idx);
    for (PetscInt64 s = 0; s < g->cells; s++) {
      PetscReal part = MassOf(s);
      Index(g->dim, g->n, s, from);
      for (PetscInt j = 0; j < g->dim && part > 0; j++) {
        PetscReal end[2];
        rule(from, j, g->n[j], end);
        part *= ShareByDefinition(end, idx[j], g->n[j], g->boundary[j] == OTTO_BOUNDARY_PERIODIC);
      }
      expected += part;
    }
    most = PetscMax(most, fabs(out[c] - expected));
    TestTrue(fabs(out[c] - expected) <= tolerance * PetscMax(expected, 1e-3), what);
    TestTrue(out[c] >= 0, "nothing is below 0");
    sums[0] += out[c];
    sums[1] += MassOf(Flat(g->dim, g->n, idx));
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sums, 2, MPIU_REAL, MPIU_SUM, g->comm));
  TestClose(sums[0], sums[1], 4e-15 * sqrt((double)g->cells), "mass is kept");
  PetscCall(PetscFree(out));
  PetscFunctionReturn(0);
}

static void Identity(const PetscInt64 idx[], PetscInt axis, PetscInt64 n, PetscReal end[2])
{
  (void)n;
  end[0] = (PetscReal)idx[axis];
  end[1] = end[0] + 1;
}

/* By 3, -2, 1 cells: beyond walls into the last cells, beyond periodic faces round. */
static void Translate(const PetscInt64 idx[], PetscInt axis, PetscInt64 n, PetscReal end[2])
{
  Identity(idx, axis, n, end);
  for (int k = 0; k < 2; k++) end[k] += axis == 0 ? 3 : axis == 1 ? -2 : 1;
}

/* Faces moved by a smooth amount, in the wrong order for some; far round and beyond walls. */
static void Bend(const PetscInt64 idx[], PetscInt axis, PetscInt64 n, PetscReal end[2])
{
  Identity(idx, axis, n, end);
  for (int k = 0; k < 2; k++)
    end[k] += (PetscReal)n * (0.4 * sin(1.3 * end[k] + (PetscReal)(idx[0] + axis)) +
                              1.3 * (PetscReal)(idx[0] % 3 - 1));
}

/* From wide (more than an axis) to very narrow boxes, and none at all, at any place. */
static void Widths(const PetscInt64 idx[], PetscInt axis, PetscInt64 n, PetscReal end[2])
{
  const PetscInt64 flat = 100 * (100 * idx[0] + axis) + idx[axis];
  const PetscReal width[] = {0, 1e-300, 1e-9, 1, 0.5, 2.25 * (PetscReal)n, (PetscReal)n, 3};

  end[0] = 3 * (PetscReal)n * (Hash(flat, 1) - 0.4);
  if (flat % 3 == 0) end[0] = floor(end[0]);
  if (flat % 7 == 0) end[0] = (PetscReal)n; /* on the upper face */
  end[1] = end[0] + width[(PetscInt)(8 * Hash(flat, 2))];
}

static PetscErrorCode OnMesh(OttoGrid grid)
{
  PetscFunctionBegin;
  PetscCall(CheckRule(grid, Identity, 1e-15, "the identity"));
  PetscCall(CheckRule(grid, Translate, 1e-15, "a translation by whole cells"));
  /* sums over all cells in other orders, shares of ends that are rounded at 10^2 */
  PetscCall(CheckRule(grid, Bend, 1e-12, "shares of bent cells"));
  PetscCall(CheckRule(grid, Widths, 1e-12, "shares of any width"));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestShares(void)
{
  PetscFunctionBegin;
  for (PetscInt dim = 1; dim <= 3; dim++)
    for (int k = 0; k < 2; k++) PetscCall(OnMeshes(dim, sizes[dim - 1], kinds[k], OnMesh));
  PetscFunctionReturn(0);
}

/* About fifty cells wide, anywhere. */
static void Wide(const PetscInt64 idx[], PetscInt axis, PetscInt64 n, PetscReal end[2])
{
  end[0] = (PetscReal)n * Hash(idx[axis], 3);
  end[1] = end[0] + 55;
}

/* More parcels than a round has: as on one rank. */
static PetscErrorCode TestRounds(void)
{
  const PetscInt64 n[1] = {20000};
  const PetscReal lower[1] = {0}, upper[1] = {1};
  const OttoBoundary boundary[1] = {OTTO_BOUNDARY_PERIODIC};
  OttoGrid grid, alone;
  PetscReal *out, *all;

  PetscFunctionBegin;
  PetscCall(MakeBox(1, n, lower, upper, boundary, &grid));
  PetscCall(MakeBoxOn(PETSC_COMM_SELF, 1, n, lower, upper, boundary, &alone));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscCall(PetscMalloc2(g->local_cells, &out, g->cells, &all));
  PetscCall(DepositRule(grid, Wide, out));
  PetscCall(DepositRule(alone, Wide, all));
  for (PetscInt64 c = 0; c < g->local_cells; c++)
    TestClose(out[c], all[g->first[0] + c], 1e-13, "rounds");
  PetscCall(PetscFree2(out, all));
  PetscCall(OttoGridDestroy(&grid));
  PetscCall(OttoGridDestroy(&alone));
  PetscFunctionReturn(0);
}

/* A quarter to three quarters of every axis. */
static void Torn(const PetscInt64 idx[], PetscInt axis, PetscInt64 n, PetscReal end[2])
{
  (void)idx, (void)axis;
  end[0] = 0.25 * (PetscReal)n;
  end[1] = 0.75 * (PetscReal)n;
}

/* Very many cells whose boxes are very large: thinned out they take no hour, and mass stays inside
 * and about the middle. */
static PetscErrorCode Thinned(PetscInt dim, PetscInt64 n, PetscInt64 most)
{
  OttoGrid grid;
  PetscReal *out, sums[2 + OTTO_MAX_DIM] = {0};
  PetscInt64 idx[OTTO_MAX_DIM], count = 0;

  PetscFunctionBegin;
  PetscCall(MakeUnit(dim, n, OTTO_BOUNDARY_NO_FLUX, &grid));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscCall(PetscMalloc1(g->local_cells, &out));
  PetscCall(DepositRule(grid, Torn, out));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellIndex(g, c, idx);
    sums[0] += out[c];
    sums[1] += MassOf(Flat(dim, g->n, idx));
    count += out[c] != 0;
    for (PetscInt j = 0; j < dim; j++) {
      sums[2 + j] += out[c] * ((PetscReal)idx[j] + 0.5) / (PetscReal)n;
      TestTrue(out[c] == 0 || (4 * idx[j] + 4 > n && 4 * idx[j] < 3 * n), "inside the box");
    }
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sums, 2 + OTTO_MAX_DIM, MPIU_REAL, MPIU_SUM, g->comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &count, 1, MPIU_INT64, MPI_SUM, g->comm));
  TestTrue(count > 1 && count <= most, "as many cells as a box has at most");
  TestClose(sums[0], sums[1], 1e-11, "mass is kept");
  for (PetscInt j = 0; j < dim; j++)
    TestTrue(fabs(sums[2 + j] / sums[0] - 0.5) <= 1 / (PetscReal)n, "about the middle");
  PetscCall(PetscFree(out));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestThin(void)
{
  PetscFunctionBegin;
  PetscCall(Thinned(2, 150, 64)); /* 5 000 times as many cells as there are, if they were not */
  PetscCall(Thinned(3, 40, 64));
  PetscCall(Thinned(1, 1000, 64));
  PetscFunctionReturn(0);
}

/* An end that is no number fails on every rank, whoever has it. */
static PetscErrorCode TestNoNumber(void)
{
  const PetscReal bad[] = {NAN, INFINITY, -INFINITY, 1e300};
  PetscReal lower[64], upper[64], mass[64], out[64] = {0};
  const PetscReal *const low[1] = {lower}, *const high[1] = {upper};
  OttoGrid grid;

  PetscFunctionBegin;
  PetscCall(MakeUnit(1, 64, OTTO_BOUNDARY_PERIODIC, &grid));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  for (int k = 0; k < 8; k++) {
    for (PetscInt64 c = 0; c < g->local_cells; c++) lower[c] = upper[c] = mass[c] = 1;
    if (g->rank == g->size - 1) (k < 4 ? lower : upper)[5] = bad[k % 4];
    TestFails(OttoBoxesDeposit(grid, low, high, mass, out), OTTO_ERR_NUMERICAL, "no number");
  }
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestShares, TestRounds, TestThin, TestNoNumber});
}
