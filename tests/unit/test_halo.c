/* ranks: 1 2 3 4 5
 * Ghost layers and edges on every mesh of the ranks: cells carry what they are, so that each ghost
 * and each end of an edge says where it came from. */
#include "fixture.h"
#include "grid/edges.h"

static const PetscInt64 sizes[][4] = {{7, 1, 1, 1}, {6, 5, 1, 1}, {5, 7, 3, 1}, {5, 5, 2, 3}};
static const OttoBoundary kinds[][4] = {
    {OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_PERIODIC,
     OTTO_BOUNDARY_PERIODIC},
    {OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_OPEN, OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_NO_FLUX},
    {OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_ABSORBING, OTTO_BOUNDARY_PERIODIC,
     OTTO_BOUNDARY_NO_FLUX},
    {OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_PERIODIC}};

/* Every mesh that the grid's first two axes can be dealt to. */
static PetscErrorCode OnAll(OnGrid test)
{
  PetscFunctionBegin;
  for (PetscInt dim = 1; dim <= 4; dim++)
    for (int k = 0; k < 4; k++) PetscCall(OnMeshes(dim, sizes[dim - 1], kinds[k], test));
  PetscFunctionReturn(0);
}

/* A cell's indices as one number. */
static PetscReal Name(const OttoGridInfo *g, const PetscInt64 idx[])
{
  PetscReal name = 0;

  for (PetscInt j = 0; j < g->dim; j++) name = 100 * name + (PetscReal)idx[j];
  return name;
}

static PetscErrorCode Names(const OttoGridInfo *g, PetscReal **names)
{
  PetscInt64 idx[OTTO_MAX_DIM];

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(g->local_cells, names));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellIndex(g, c, idx);
    (*names)[c] = Name(g, idx);
  }
  PetscFunctionReturn(0);
}

/* Wrapped, or mirrored as often as it takes. */
static PetscInt64 Behind(const OttoGridInfo *g, PetscInt j, PetscInt64 i)
{
  const PetscInt64 n = g->n[j];

  while (i < 0 || i >= n) {
    if (g->boundary[j] == OTTO_BOUNDARY_PERIODIC)
      i += i < 0 ? n : -n;
    else
      i = i < 0 ? -1 - i : 2 * n - 1 - i;
  }
  return i;
}

/* Every ghost of every width is the cell behind its position, corners included; layers may be wider
 * than the neighbour's own share. Two fields may be out at once. */
static PetscErrorCode CheckGhosts(OttoGrid grid)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal *names, *twice;

  PetscFunctionBegin;
  PetscCall(Names(g, &names));
  PetscCall(PetscMalloc1(g->local_cells, &twice));
  for (PetscInt64 c = 0; c < g->local_cells; c++) twice[c] = 2 * names[c];
  for (PetscInt width = 1; width <= 4; width++) {
    OttoHalo halo, again;
    OttoSurrounded f, h;
    PetscInt64 seen = 0, wrong = 0, beside = g->mesh[1] > 1 ? width : 0;
    PetscCall(OttoGridGetHalo(grid, width, &halo));
    PetscCall(OttoGridGetHalo(grid, width, &again));
    TestTrue(halo == again, "a grid keeps one halo a width");
    PetscCall(OttoHaloSurround(halo, names, &f));
    PetscCall(OttoHaloSurround(halo, twice, &h));
    PetscInt64 at[OTTO_MAX_DIM] = {0}, idx[OTTO_MAX_DIM] = {0};
    for (at[0] = -width; at[0] < g->local[0] + width && g->local_cells; at[0]++)
      for (at[1] = -beside; at[1] < g->local[1] + beside; at[1]++)
        for (at[2] = 0; at[2] < g->n[2]; at[2]++)
          for (at[3] = 0; at[3] < g->n[3]; at[3]++) {
            const PetscInt64 cell = OttoHaloCell(g, width, at);
            for (PetscInt j = 0; j < g->dim; j++) idx[j] = Behind(g, j, g->first[j] + at[j]);
            wrong += *OttoSurroundedAt(&f, cell) != Name(g, idx);
            wrong += *OttoSurroundedAt(&h, cell) != 2 * Name(g, idx);
            seen += cell >= g->local_cells;
          }
    TestTrue(wrong == 0, "every ghost is the cell behind it");
    TestTrue(seen == OttoHaloCells(halo), "every ghost has one position");
    PetscCall(OttoHaloRelease(halo, &f));
    PetscCall(OttoHaloRelease(halo, &h));
    TestTrue(!f.ghost, "what is given back is gone");
  }
  PetscCall(PetscFree(twice));
  PetscCall(PetscFree(names));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestGhosts(void)
{
  PetscFunctionBegin;
  PetscCall(OnAll(CheckGhosts));
  PetscFunctionReturn(0);
}

typedef struct {
  const OttoGridInfo *g;
  OttoSurrounded names;
  PetscBool below;
  PetscInt64 owned, entering, wrong;
  PetscReal *ends; /* of own cells: edges that end there */
} Walk;

static void See(const OttoEdges *e, void *context)
{
  Walk *w = (Walk *)context;
  const OttoGridInfo *g = w->g;

  for (PetscInt64 i = 0; i < e->n; i++) {
    const PetscReal x = *OttoSurroundedAt(&w->names, e->x + i);
    const PetscReal y = *OttoSurroundedAt(&w->names, e->y + i);
    PetscInt64 idx[OTTO_MAX_DIM] = {0};
    PetscReal rest = x;
    for (PetscInt j = g->dim - 1; j >= 0; j--) {
      idx[j] = (PetscInt64)fmod(rest, 100);
      rest = floor(rest / 100);
    }
    idx[e->axis]++;
    if (idx[e->axis] == g->n[e->axis]) {
      w->wrong += g->boundary[e->axis] != OTTO_BOUNDARY_PERIODIC;
      idx[e->axis] = 0;
    }
    w->wrong += y != Name(g, idx);
    w->owned += e->x + i < g->local_cells;
    w->entering += e->x + i >= g->local_cells;
    w->wrong += e->x + i >= g->local_cells && (!w->below || e->y + i >= g->local_cells);
    w->wrong += e->x + i >= g->local_cells + OttoEdgesLowerGhosts(g);
    if (e->x + i < g->local_cells) w->ends[e->x + i]++;
    if (e->y + i < g->local_cells) w->ends[e->y + i]++;
  }
}

/* Every edge leads to the next cell; all ranks together own each once; with those that come from
 * below every own cell sees all its neighbours, as OttoEdgesNeighbour() has them. */
static PetscErrorCode CheckEdges(OttoGrid grid)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal *names;
  OttoHalo halo;
  PetscInt64 expected = 0;

  PetscFunctionBegin;
  PetscCall(Names(g, &names));
  PetscCall(OttoGridGetHalo(grid, 1, &halo));
  for (PetscInt j = 0; j < g->dim; j++) {
    const PetscInt64 steps = g->boundary[j] == OTTO_BOUNDARY_PERIODIC ? g->n[j] : g->n[j] - 1;
    expected += g->n[j] > 1 ? g->cells / g->n[j] * steps : 0;
  }
  for (int below = 0; below < 2; below++) {
    Walk w = {.g = g, .below = below ? PETSC_TRUE : PETSC_FALSE};
    PetscInt64 wrong = 0;
    PetscCall(PetscCalloc1(g->local_cells, &w.ends));
    PetscCall(OttoHaloSurround(halo, names, &w.names));
    OttoEdgesWalk(g, w.below, See, &w);
    TestTrue(w.wrong == 0, "every edge leads up to the next cell");
    TestTrue(below || w.entering == 0, "none from below unless asked for");
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &w.owned, 1, MPIU_INT64, MPI_SUM, g->comm));
    TestTrue(w.owned == expected, "all ranks together own each edge once");
    for (PetscInt64 c = 0; c < g->local_cells && below; c++) {
      PetscInt64 idx[OTTO_MAX_DIM];
      PetscReal neighbours = 0;
      for (PetscInt j = 0; j < g->dim; j++)
        for (int side = -1; side <= 1; side += 2) {
          const PetscInt64 x = OttoEdgesNeighbour(g, c, j, side);
          if (x < 0) continue;
          neighbours++;
          OttoGridCellIndex(g, c, idx);
          idx[j] = (idx[j] + side + g->n[j]) % g->n[j];
          wrong += *OttoSurroundedAt(&w.names, x) != Name(g, idx);
        }
      wrong += neighbours != w.ends[c];
    }
    TestTrue(wrong == 0, "a cell's neighbours are its edges' other ends");
    PetscCall(OttoHaloRelease(halo, &w.names));
    PetscCall(PetscFree(w.ends));
  }
  PetscCall(PetscFree(names));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestEdges(void)
{
  PetscFunctionBegin;
  PetscCall(OnAll(CheckEdges));
  PetscFunctionReturn(0);
}

/* Ranks own each cell once; the owner of a cell and its number there are what the rank itself says;
 * global numbers count rank by rank; a centre lies in its cell. */
static PetscErrorCode CheckOwners(OttoGrid grid)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscInt64 idx[OTTO_MAX_DIM], total = g->local_cells, before = 0, wrong = 0;
  PetscMPIInt owner;
  PetscReal x[OTTO_MAX_DIM];
  PetscBool inside;

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellIndex(g, c, idx);
    wrong += OttoGridOwner(g, idx, &owner) != c;
    wrong += owner != g->rank;
    OttoGridCellCentre(g, c, x);
    wrong += OttoGridLocate(g, x, &inside) != c;
    wrong += !inside;
  }
  TestTrue(wrong == 0, "the owner of a cell knows it");
  for (PetscInt64 number = 0; number < g->cells; number++) { /* of any rank, and back */
    OttoGridNumberIndex(g, number, idx);
    wrong += OttoGridNumber(g, idx) != number;
    wrong += (OttoGridOwner(g, idx, &owner) + g->offset != number) == (owner == g->rank);
  }
  TestTrue(wrong == 0, "global numbers and indices");
  PetscCallMPI(MPI_Exscan(&total, &before, 1, MPIU_INT64, MPI_SUM, g->comm));
  TestTrue(g->offset == (g->rank ? before : 0), "cells of the ranks before");
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &total, 1, MPIU_INT64, MPI_SUM, g->comm));
  TestTrue(total == g->cells, "ranks own every cell once");
  PetscFunctionReturn(0);
}

/* Cells that say what they are arrive where they belong, on the same mesh and on another. */
static PetscErrorCode CheckMoves(OttoGrid grid)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal *names, *moved;
  PetscInt64 idx[OTTO_MAX_DIM], wrong = 0;
  OttoGrid other;

  PetscFunctionBegin;
  for (int same = 0; same < 2; same++) {
    PetscCall(OttoGridCreate(g->comm, &other));
    PetscCall(OttoGridSetBox(other, g->dim, g->n, g->lower, g->upper, g->boundary));
    if (same) PetscCall(OttoGridSetMesh(other, g->mesh[0], g->mesh[1]));
    PetscCall(OttoGridSetUp(other));
    const OttoGridInfo *o = OttoGridGetInfo(other);
    PetscCall(Names(g, &names));
    PetscCall(PetscCalloc1(o->local_cells, &moved));
    PetscCall(OttoFieldMove(grid, names, other, moved));
    for (PetscInt64 c = 0; c < o->local_cells; c++) {
      OttoGridCellIndex(o, c, idx);
      wrong += moved[c] != Name(o, idx);
    }
    PetscCall(PetscFree(moved));
    PetscCall(PetscFree(names));
    PetscCall(OttoGridDestroy(&other));
  }
  TestTrue(wrong == 0, "what moves to another mesh");
  PetscFunctionReturn(0);
}

static PetscErrorCode TestMoves(void)
{
  PetscFunctionBegin;
  PetscCall(OnAll(CheckMoves));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestOwners(void)
{
  PetscFunctionBegin;
  PetscCall(OnAll(CheckOwners));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestBadMesh(void)
{
  const PetscInt64 n[2] = {64, 2};
  const PetscReal lower[2] = {0, 0}, upper[2] = {1, 1};
  const OttoBoundary boundary[2] = {OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_PERIODIC};
  PetscMPIInt size;
  OttoGrid grid;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  PetscCall(OttoGridCreate(PETSC_COMM_WORLD, &grid));
  PetscCall(OttoGridSetBox(grid, 2, n, lower, upper, boundary));
  PetscCall(OttoGridSetMesh(grid, 2, 2 * size));
  TestFails(OttoGridSetUp(grid), OTTO_ERR_INPUT, "grid_mesh");
  PetscCall(OttoGridSetMesh(grid, -1, -size));
  TestFails(OttoGridSetUp(grid), OTTO_ERR_INPUT, "grid_mesh");
  PetscCall(OttoGridSetMesh(grid, 1, size));
  if (size > 2) TestFails(OttoGridSetUp(grid), OTTO_ERR_INPUT, "second axis");
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestOwners, TestGhosts, TestEdges, TestMoves, TestBadMesh});
}
