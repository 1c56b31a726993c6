/* ranks: 1 2 3 4
 * Columns that follow a current: sums of every column stay those of its atoms, whatever it follows;
 * a relay along Poisson's current ends what is missing; the cost of a plan from a map that is
 * slightly wrong comes near the least; never below it; ranks and meshes. */
#include "transport_pairs.h"
#include "transport/boxes.h"
#include "transport/carry.h"
#include "transport/matching.h"
#include "transport/plan.h"
#include "transport/relay.h"

/* ---- Poisson's equation on any mesh: conjugate gradients on all cells, on every rank ---- */

static PetscInt64 Flat(const OttoGridInfo *g, const PetscInt64 idx[])
{
  PetscInt64 flat = 0;

  for (PetscInt j = 0; j < g->dim; j++) flat = flat * g->n[j] + idx[j];
  return flat;
}

static void Laplace(const OttoGridInfo *g, const PetscReal u[], PetscReal v[])
{
  PetscInt64 stride = 1;

  for (PetscInt64 c = 0; c < g->cells; c++) v[c] = 0;
  for (PetscInt j = g->dim - 1; j >= 0; j--) {
    for (PetscInt64 c = 0; c < g->cells; c++) {
      const PetscInt64 i = c / stride % g->n[j];
      PetscInt64 y = c + stride;
      if (g->n[j] == 1) continue;
      if (i == g->n[j] - 1) {
        if (g->boundary[j] != OTTO_BOUNDARY_PERIODIC) continue;
        y = c - i * stride;
      }
      const PetscReal d = (u[c] - u[y]) / (g->h[j] * g->h[j]);
      v[c] += d;
      v[y] -= d;
    }
    stride *= g->n[j];
  }
}

static PetscReal Dot(PetscInt64 n, const PetscReal a[], const PetscReal b[])
{
  PetscReal sum = 0;

  for (PetscInt64 c = 0; c < n; c++) sum += a[c] * b[c];
  return sum;
}

static PetscErrorCode Solve(void *context, const PetscReal delta[], PetscReal own[])
{
  const OttoGridInfo *g = (const OttoGridInfo *)context;
  const PetscInt64 n = g->cells;
  PetscInt64 idx[OTTO_MAX_DIM];
  PetscReal *u, *r, *d, *v, mean = 0;

  PetscFunctionBegin;
  PetscCall(PetscCalloc4(n, &u, n, &r, n, &d, n, &v));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellIndex(g, c, idx);
    r[Flat(g, idx)] = delta[c];
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, r, (int)n, MPIU_REAL, MPIU_SUM, g->comm));
  for (PetscInt64 c = 0; c < n; c++) mean += r[c] / (PetscReal)n;
  for (PetscInt64 c = 0; c < n; c++) d[c] = r[c] -= mean;
  PetscReal rr = Dot(n, r, r);
  const PetscReal enough = 1e-28 * rr;
  for (PetscInt64 k = 0; k < 20 * n && rr > enough; k++) {
    Laplace(g, d, v);
    const PetscReal step = rr / Dot(n, d, v);
    for (PetscInt64 c = 0; c < n; c++) {
      u[c] += step * d[c];
      r[c] -= step * v[c];
    }
    const PetscReal next = Dot(n, r, r);
    for (PetscInt64 c = 0; c < n; c++) d[c] = r[c] + next / rr * d[c];
    rr = next;
  }
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellIndex(g, c, idx);
    own[c] = u[Flat(g, idx)];
  }
  PetscCall(PetscFree4(u, r, d, v));
  PetscFunctionReturn(0);
}

static OttoPlanPoisson PoissonOn(OttoGrid grid)
{
  return (OttoPlanPoisson){Solve, (void *)(uintptr_t)OttoGridGetInfo(grid)};
}

/* ---- fields ---- */

/* Density of mass 1 in own cells, by a value of the cell's number in C order. */
static PetscErrorCode Make(OttoGrid grid, PetscReal (*value)(PetscInt64 cell), PetscReal **u)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal mass = 0;
  PetscInt64 idx[OTTO_MAX_DIM];

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(g->local_cells + 1, u));
  for (PetscInt64 c = 0; c < g->cells; c++) mass += value(c) * g->cell_volume;
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellIndex(g, c, idx);
    (*u)[c] = value(Flat(g, idx)) / mass;
  }
  PetscFunctionReturn(0);
}

static PetscReal Rough(PetscInt64 cell)
{
  const PetscReal u = Hash(cell, 7);

  return u < 0.3 ? 0 : u;
}

static PetscReal Rougher(PetscInt64 cell)
{
  return Hash(cell, 8) * Hash(cell, 9);
}

static PetscReal One(PetscInt64 cell)
{
  return cell == 31;
}

/* Ends of a cell's box in own cells; `far`, `wide` as they say. */
static PetscErrorCode MakeEnds(OttoGrid grid, PetscReal far, PetscReal wide, PetscReal *lower[],
                               PetscReal *upper[])
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscInt64 idx[OTTO_MAX_DIM];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++) {
    PetscCall(PetscMalloc2(g->local_cells + 1, &lower[j], g->local_cells + 1, &upper[j]));
    for (PetscInt64 c = 0; c < g->local_cells; c++) {
      OttoGridCellIndex(g, c, idx);
      const PetscInt64 cell = 3 * Flat(g, idx) + j;
      lower[j][c] = (PetscReal)idx[j] + far * (2 * Hash(cell, 1) - 1);
      upper[j][c] = lower[j][c] + 1 + wide * Hash(cell, 2);
    }
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode FreeEnds(OttoGrid grid, PetscReal *lower[], PetscReal *upper[])
{
  PetscFunctionBegin;
  for (PetscInt j = 0; j < OttoGridGetInfo(grid)->dim; j++)
    PetscCall(PetscFree2(lower[j], upper[j]));
  PetscFunctionReturn(0);
}

/* ---- what holds of columns ---- */

/* All atoms come from cell 31: its columns' sums follow from their masses. Without periodic axes
 * there is one way only. */
static void CheckAtom(const OttoGridInfo *g, const OttoColumns *columns)
{
  PetscInt64 x[OTTO_MAX_DIM] = {0}, y[OTTO_MAX_DIM], rest = 31;
  PetscReal mass = 0;

  for (PetscInt j = g->dim - 1; j >= 0; j--) {
    x[j] = rest % g->n[j];
    rest /= g->n[j];
  }
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    const PetscReal m = columns->sum[0][c];
    PetscReal square = 0;
    OttoGridCellIndex(g, c, y);
    mass += m;
    TestTrue(m >= 0, "a mass is not below 0");
    for (PetscInt j = 0; j < g->dim; j++) {
      const PetscReal way = g->h[j] * (PetscReal)(x[j] - y[j]);
      square += way * way;
      TestTrue(fabs(columns->sum[1 + j][c] - m * way) <= 1e-14, "first moments");
    }
    TestTrue(fabs(columns->sum[1 + g->dim][c] - m * square) <= 1e-14, "second moments");
  }
  MPI_Allreduce(MPI_IN_PLACE, &mass, 1, MPIU_REAL, MPIU_SUM, g->comm);
  TestClose(mass, 1, 1e-14, "masses stay");
}

static PetscErrorCode OneAtom(OttoGrid grid)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const OttoPlanPoisson poisson = PoissonOn(grid);
  OttoColumns columns = {0}, spare = {0};
  OttoCurrent current;
  PetscReal *p, *q, *lower[3], *upper[3], cost = -1, expected = 0;

  PetscFunctionBegin;
  PetscCall(Make(grid, One, &p));
  PetscCall(Make(grid, Rough, &q));
  PetscCall(MakeEnds(grid, 2, 9, lower, upper));
  PetscCall(OttoColumnsCreate(grid, &columns));
  PetscCall(OttoColumnsCreate(grid, &spare));
  PetscCall(OttoCurrentCreate(grid, q, &current));
  for (PetscInt64 c = 0; c < g->local_cells; c++) spare.sum[0][c] = p[c] * g->cell_volume;
  PetscCall(OttoColumnsSpread(grid, &spare, (const PetscReal *const *)lower,
                              (const PetscReal *const *)upper, &columns));
  CheckAtom(g, &columns);
  for (int k = 0; k < 5; k++) {
    PetscCall(OttoCurrentMissing(&current, &columns));
    PetscCall(poisson.solve(poisson.context, current.delta, current.u));
    if (k % 2)
      PetscCall(OttoRelay(&current, &columns, &spare));
    else
      PetscCall(OttoCarry(&current, &columns, &spare));
    CheckAtom(g, &columns);
  }
  /* of one atom every plan is the same */
  PetscCall(OttoPlanCost(grid, &poisson, p, q, (const PetscReal *const *)lower,
                         (const PetscReal *const *)upper, &cost));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscInt64 y[OTTO_MAX_DIM], rest = 31;
    OttoGridCellIndex(g, c, y);
    for (PetscInt j = g->dim - 1; j >= 0; j--) {
      const PetscReal way = g->h[j] * (PetscReal)(rest % g->n[j] - y[j]);
      expected += q[c] * g->cell_volume * way * way / 2;
      rest /= g->n[j];
    }
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &expected, 1, MPIU_REAL, MPIU_SUM, g->comm));
  TestClose(cost, expected, 1e-13, "the only plan of one atom");
  PetscCall(OttoCurrentDestroy(&current));
  PetscCall(OttoColumnsDestroy(&columns));
  PetscCall(OttoColumnsDestroy(&spare));
  PetscCall(FreeEnds(grid, lower, upper));
  PetscCall(PetscFree(p));
  PetscCall(PetscFree(q));
  PetscFunctionReturn(0);
}

/* A relay ends what is missing where no cell is short: its current's divergence is just that. */
static PetscErrorCode Ends(OttoGrid grid)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const OttoPlanPoisson poisson = PoissonOn(grid);
  OttoColumns columns = {0}, spare = {0};
  OttoCurrent current;
  PetscReal *q;

  PetscFunctionBegin;
  PetscCall(Make(grid, Rougher, &q));
  for (PetscInt64 c = 0; c < g->local_cells; c++) q[c] = 1 / g->cell_volume + 1e-3 * q[c];
  PetscCall(OttoColumnsCreate(grid, &columns));
  PetscCall(OttoColumnsCreate(grid, &spare));
  PetscCall(OttoCurrentCreate(grid, q, &current));
  for (PetscInt64 c = 0; c < g->local_cells; c++)
    columns.sum[0][c] = 1 + 1e-3 / (PetscReal)g->cells;
  PetscCall(OttoCurrentMissing(&current, &columns));
  const PetscReal before = current.wrong;
  PetscCall(poisson.solve(poisson.context, current.delta, current.u));
  PetscCall(OttoRelay(&current, &columns, &spare));
  PetscCall(OttoCurrentMissing(&current, &columns));
  TestTrue(before > 1e-4 && current.wrong <= 1e-9 * before, "nothing is missing after a relay");
  PetscCall(OttoCurrentDestroy(&current));
  PetscCall(OttoColumnsDestroy(&columns));
  PetscCall(OttoColumnsDestroy(&spare));
  PetscCall(PetscFree(q));
  PetscFunctionReturn(0);
}

/* The same cost as on one rank. */
static PetscErrorCode Alone(OttoGrid grid)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal cost[2] = {-1, -2};

  PetscFunctionBegin;
  for (int alone = 0; alone < 2; alone++) {
    OttoGrid on = grid;
    PetscReal *p, *q, *lower[3], *upper[3];
    if (alone)
      PetscCall(MakeBoxOn(PETSC_COMM_SELF, g->dim, g->n, g->lower, g->upper, g->boundary, &on));
    const OttoPlanPoisson poisson = PoissonOn(on);
    PetscCall(Make(on, Rough, &p));
    PetscCall(Make(on, Rougher, &q));
    PetscCall(MakeEnds(on, 1, 3, lower, upper));
    PetscCall(OttoPlanCost(on, &poisson, p, q, (const PetscReal *const *)lower,
                           (const PetscReal *const *)upper, &cost[alone]));
    PetscCall(FreeEnds(on, lower, upper));
    PetscCall(PetscFree(p));
    PetscCall(PetscFree(q));
    if (alone) PetscCall(OttoGridDestroy(&on));
  }
  TestClose(cost[0], cost[1], 1e-11, "ranks change nothing but rounding");
  PetscFunctionReturn(0);
}

static PetscErrorCode TestMeshes(void)
{
  static const PetscInt64 sizes[][3] = {{37, 1, 1}, {9, 8, 1}, {5, 4, 6}};
  static const OttoBoundary walls[3] = {OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_OPEN,
                                        OTTO_BOUNDARY_NO_FLUX};
  static const OttoBoundary mixed[3] = {OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_NO_FLUX,
                                        OTTO_BOUNDARY_PERIODIC};

  PetscFunctionBegin;
  for (PetscInt dim = 1; dim <= 3; dim++) {
    PetscCall(OnMeshes(dim, sizes[dim - 1], walls, OneAtom));
    PetscCall(OnMeshes(dim, sizes[dim - 1], mixed, Ends));
    PetscCall(OnMeshes(dim, sizes[dim - 1], mixed, Alone));
  }
  PetscFunctionReturn(0);
}

/* Whatever the map: not below the least cost; and nearer to it than without a current. */
static PetscErrorCode TestLeast(void)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < transport_pairs_count; i += 3) {
    const TransportPair *pair = &transport_pairs[i];
    OttoGrid grid;
    PetscMPIInt size;
    Vec p, q;
    PetscReal *lower[3], *upper[3], cost[2];
    const PetscScalar *a, *b;
    PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
    PetscCall(TransportGrid(pair, size, 1, &grid));
    const OttoPlanPoisson poisson = PoissonOn(grid);
    PetscCall(TransportDensities(pair, grid, &p, &q));
    PetscCall(MakeEnds(grid, i % 2 ? 0 : 3, 0, lower, upper));
    PetscCall(VecGetArrayRead(p, &a));
    PetscCall(VecGetArrayRead(q, &b));
    for (int k = 0; k < 2; k++)
      PetscCall(OttoPlanCost(grid, k ? &poisson : NULL, a, b, (const PetscReal *const *)lower,
                             (const PetscReal *const *)upper, &cost[k]));
    PetscCall(VecRestoreArrayRead(p, &a));
    PetscCall(VecRestoreArrayRead(q, &b));
    TestTrue(2 * cost[1] >= pair->w2_squared * (1 - 1e-12), "not below the least cost");
    if (!strcmp(pair->kind, "smooth")) TestTrue(cost[1] < cost[0], "the current serves");
    PetscCall(FreeEnds(grid, lower, upper));
    PetscCall(VecDestroy(&p));
    PetscCall(VecDestroy(&q));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

/* Boxes that are thinned out: every column against sums over all cells and all of their boxes. */
static PetscErrorCode TestThin(void)
{
  const PetscInt64 n[2] = {26, 25};
  const PetscReal from = 2.5, until = 24.25, *const lower[2] = {&from, &from};
  const PetscReal *const upper[2] = {&until, &until};
  OttoGrid grid;
  OttoColumns columns = {0}, spare = {0};
  OttoBox box = {{OTTO_SPAN_ALL, OTTO_SPAN_ALL, OTTO_SPAN_ALL}};
  PetscReal *low[2], *high[2];
  PetscInt64 y[OTTO_MAX_DIM], seen = 0;

  PetscFunctionBegin;
  PetscCall(MakeUneven(PETSC_COMM_WORLD, 2, n, OTTO_BOUNDARY_NO_FLUX, &grid));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscCall(OttoColumnsCreate(grid, &columns));
  PetscCall(OttoColumnsCreate(grid, &spare));
  for (PetscInt j = 0; j < 2; j++) {
    PetscCall(PetscMalloc2(g->local_cells, &low[j], g->local_cells, &high[j]));
    for (PetscInt64 c = 0; c < g->local_cells; c++) {
      low[j][c] = from;
      high[j][c] = until;
      spare.sum[0][c] = 1;
    }
  }
  PetscCall(OttoColumnsSpread(grid, &spare, (const PetscReal *const *)low,
                              (const PetscReal *const *)high, &columns));
  TestTrue(OttoBoxOf(g, lower, upper, 0, PETSC_TRUE, &box) > OTTO_BOX_CELLS, "large boxes");
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscReal sum[4] = {0, 0, 0, 0}, part = 1;
    OttoGridCellIndex(g, c, y);
    for (PetscInt j = 0; j < 2; j++) {
      const OttoSpan *s = &box.side[1 + j];
      const PetscInt64 k = (y[j] - s->first) / s->step;
      if (y[j] < s->first || (y[j] - s->first) % s->step || k >= s->count)
        part = 0;
      else
        part *= OttoSpanShare(s, k);
    }
    seen += part > 0;
    for (PetscInt64 x = 0; x < g->cells; x++) {
      const PetscReal way[2] = {g->h[0] * (PetscReal)(x / n[1] - y[0]),
                                g->h[1] * (PetscReal)(x % n[1] - y[1])};
      sum[0] += part;
      sum[1] += part * way[0];
      sum[2] += part * way[1];
      sum[3] += part * (way[0] * way[0] + way[1] * way[1]);
    }
    for (int k = 0; k < 4; k++)
      TestTrue(fabs(columns.sum[k][c] - sum[k]) <= 1e-11, "sums of thinned-out boxes");
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &seen, 1, MPIU_INT64, MPI_SUM, g->comm));
  TestTrue(seen == box.side[1].count * box.side[2].count && seen > 16, "each cell of a box");
  for (PetscInt j = 0; j < 2; j++) PetscCall(PetscFree2(low[j], high[j]));
  PetscCall(OttoColumnsDestroy(&columns));
  PetscCall(OttoColumnsDestroy(&spare));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

static PetscReal Left(PetscInt64 cell)
{
  return cell % 12 < 6 ? Hash(cell, 4) : 0;
}

/* Nothing is carried to where nothing is due. */
static PetscErrorCode TestBeside(void)
{
  const PetscInt64 n[2] = {10, 12};
  OttoGrid grid;
  OttoColumns columns = {0}, spare = {0};
  OttoCurrent current;
  PetscReal *q, moved = 0;

  PetscFunctionBegin;
  PetscCall(MakeUneven(PETSC_COMM_WORLD, 2, n, OTTO_BOUNDARY_PERIODIC, &grid));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const OttoPlanPoisson poisson = PoissonOn(grid);
  PetscCall(Make(grid, Left, &q));
  PetscCall(OttoColumnsCreate(grid, &columns));
  PetscCall(OttoColumnsCreate(grid, &spare));
  PetscCall(OttoCurrentCreate(grid, q, &current));
  for (PetscInt64 c = 0; c < g->local_cells; c++)
    columns.sum[0][c] = q[c] > 0 ? 1 / (PetscReal)(g->cells / 2) : 0;
  PetscCall(OttoCurrentMissing(&current, &columns));
  PetscCall(poisson.solve(poisson.context, current.delta, current.u));
  PetscCall(OttoCarry(&current, &columns, &spare));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    TestTrue(q[c] > 0 || columns.sum[0][c] == 0, "nothing where nothing is due");
    moved += columns.sum[3][c];
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &moved, 1, MPIU_REAL, MPIU_SUM, g->comm));
  TestTrue(moved > 0, "but something is carried");
  PetscCall(OttoCurrentDestroy(&current));
  PetscCall(OttoColumnsDestroy(&columns));
  PetscCall(OttoColumnsDestroy(&spare));
  PetscCall(PetscFree(q));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* What nothing is left to be coupled with goes the farthest way: end to end, or half way round. */
static PetscErrorCode TestRest(void)
{
  const PetscInt64 n[2] = {8, 6};
  const PetscReal lower[2] = {0, 0}, upper[2] = {3, 8};
  const OttoBoundary boundary[2] = {OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_PERIODIC};
  OttoGrid grid;

  PetscFunctionBegin;
  PetscCall(MakeBox(2, n, lower, upper, boundary, &grid));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  for (int side = -1; side <= 1; side += 2) { /* a deficit, an excess */
    OttoColumns columns = {0};
    PetscReal cost = 1;
    PetscCall(OttoColumnsCreate(grid, &columns));
    if (g->rank == g->size - 1) columns.sum[0][0] = side * 0.5;
    PetscCall(OttoMatchExcess(grid, &columns, &cost));
    TestClose(cost, 1 + 0.5 * (9 + 16) / 2, 1e-15, "the farthest way");
    PetscCall(OttoColumnsDestroy(&columns));
  }
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

static PetscReal Cosine(PetscInt64 cell)
{
  return 1 + 0.1 * cos(PETSC_PI * ((PetscReal)(cell / 4) + 0.5) / 64);
}

static PetscReal Flatness(PetscInt64 cell)
{
  (void)cell;
  return 1;
}

/* From 1 to 1 + a cos(πx) by the identity: the least cost is near a²/(4π²), the displacement being
 * a sin(πx)/π; what matching alone makes of it is of first order in a. */
static PetscErrorCode TestSecondOrder(void)
{
  const PetscInt64 n[2] = {64, 4};
  OttoGrid grid;
  PetscReal *p, *q, *lower[3], *upper[3], cost[2];

  PetscFunctionBegin;
  PetscCall(MakeCube(2, n, 0, 1, OTTO_BOUNDARY_NO_FLUX, &grid));
  const OttoPlanPoisson poisson = PoissonOn(grid);
  PetscCall(Make(grid, Flatness, &p));
  PetscCall(Make(grid, Cosine, &q));
  PetscCall(MakeEnds(grid, 0, 0, lower, upper));
  for (int k = 0; k < 2; k++)
    PetscCall(OttoPlanCost(grid, k ? &poisson : NULL, p, q, (const PetscReal *const *)lower,
                           (const PetscReal *const *)upper, &cost[k]));
  const PetscReal least = 0.01 / (4 * PETSC_PI * PETSC_PI);
  TestTrue(cost[0] > 10 * least, "matching alone");
  /* twice carried over boxes, split between two cells each time: h²/4 at most each */
  TestTrue(cost[1] > 0.98 * least && cost[1] < 1.05 * least + 1. / 64 / 64 / 4, "by a current");
  PetscCall(FreeEnds(grid, lower, upper));
  PetscCall(PetscFree(p));
  PetscCall(PetscFree(q));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestMeshes, TestThin, TestBeside, TestRest, TestLeast, TestSecondOrder});
}
