/* ranks: 1 2 3 4
 * The cost of the plan that a map proves: exact for whole-cell translations, equal to the sum over
 * a plan written out atom by atom, whose marginals are p and q, never below the least cost (by
 * linear programming) whatever the map; ranks and meshes, translation of the box, scaling by powers
 * of 2. */
#include "transport_pairs.h"
#include "transport/boxes.h"
#include "transport/plan.h"

/* ---- the twin: a plan as a list of atoms, on one rank ---- */

typedef struct {
  PetscInt64 x, y; /* cells; y -1: not yet anywhere */
  PetscReal at[3]; /* where x is seen from y, or from the block: an image, in cells */
  PetscReal mass;
} Atom;

typedef struct {
  Atom *atoms;
  size_t count, space;
} Atoms;

static void Put(Atoms *list, Atom atom)
{
  if (list->count == list->space) {
    list->space = 2 * list->space + 64;
    list->atoms = realloc(list->atoms, list->space * sizeof atom);
  }
  list->atoms[list->count++] = atom;
}

static void Index(const OttoGridInfo *g, PetscInt64 flat, PetscInt64 idx[])
{
  for (PetscInt j = g->dim - 1; j >= 0; j--) {
    idx[j] = flat % g->n[j];
    flat /= g->n[j];
  }
}

static PetscInt64 Flat(const OttoGridInfo *g, const PetscInt64 idx[])
{
  PetscInt64 flat = 0;

  for (PetscInt j = 0; j < g->dim; j++) flat = flat * g->n[j] + idx[j];
  return flat;
}

static PetscReal Remainder(PetscReal d, PetscReal n)
{
  while (2 * d > n) d -= n;
  while (2 * d < -n) d += n;
  return d;
}

/* An atom of every cell that a box meets; overlaps by their definition. */
static void SplitAtom(const OttoGridInfo *g, PetscInt64 x, const PetscReal lower[],
                      const PetscReal upper[], PetscReal mass, Atoms *to)
{
  PetscInt64 first[3], last[3], at[3], idx[OTTO_MAX_DIM], xs[OTTO_MAX_DIM];
  PetscReal ends[3][2];
  PetscInt j;

  Index(g, x, xs);
  for (j = 0; j < g->dim; j++) {
    const PetscReal n = (PetscReal)g->n[j];
    for (int k = 0; k < 2; k++) {
      ends[j][k] = k ? PetscMax(lower[j], upper[j]) : PetscMin(lower[j], upper[j]);
      if (g->boundary[j] != OTTO_BOUNDARY_PERIODIC)
        ends[j][k] = PetscMin(n, PetscMax(0, ends[j][k]));
    }
    first[j] = at[j] = (PetscInt64)floor(ends[j][0]);
    last[j] = (PetscInt64)ceil(ends[j][1]) - 1;
    if (ends[j][0] == ends[j][1]) last[j] = first[j];
    if (last[j] == g->n[j] && ends[j][0] == n) first[j] = last[j] = at[j] = g->n[j] - 1;
  }
  for (j = 0; j >= 0;) {
    Atom atom = {.x = x, .mass = mass};
    for (j = 0; j < g->dim; j++) {
      const PetscReal a = ends[j][0], b = ends[j][1], c = (PetscReal)at[j];
      if (a < b) atom.mass *= (PetscMin(b, c + 1) - PetscMax(a, c)) / (b - a);
      idx[j] = ((at[j] % g->n[j]) + g->n[j]) % g->n[j];
      atom.at[j] = (PetscReal)(xs[j] - at[j]);
      if (g->boundary[j] == OTTO_BOUNDARY_PERIODIC)
        atom.at[j] = Remainder(atom.at[j], (PetscReal)g->n[j]);
      atom.at[j] += (PetscReal)idx[j];
    }
    atom.y = Flat(g, idx);
    Put(to, atom);
    for (j = g->dim - 1; j >= 0 && ++at[j] > last[j]; j--) at[j] = first[j];
  }
}

/* Couples excess with deficits (atoms whose x is the cell that lacks) of the same block. */
static void CoupleAtoms(const PetscInt64 block_of[], Atoms *excess, Atoms *lack, PetscInt64 block,
                        Atoms *plan)
{
  PetscReal a = 0, b = 0;

  for (size_t i = 0; i < excess->count; i++)
    if (block_of[excess->atoms[i].y] == block) a += excess->atoms[i].mass;
  for (size_t k = 0; k < lack->count; k++)
    if (block_of[lack->atoms[k].y] == block) b += lack->atoms[k].mass;
  if (a <= 0 || b <= 0) return;
  const PetscReal mass = PetscMin(a, b);
  for (size_t i = 0; i < excess->count; i++)
    for (size_t k = 0; k < lack->count; k++) {
      const Atom *x = &excess->atoms[i], *y = &lack->atoms[k];
      if (block_of[x->y] != block || block_of[y->y] != block || x->mass == 0 || y->mass == 0)
        continue;
      Atom atom = *x;
      atom.y = y->y;
      atom.mass = mass * (x->mass / a) * (y->mass / b);
      Put(plan, atom);
    }
  for (size_t i = 0; i < excess->count; i++)
    if (block_of[excess->atoms[i].y] == block) excess->atoms[i].mass *= a > mass ? 1 - mass / a : 0;
  for (size_t k = 0; k < lack->count; k++)
    if (block_of[lack->atoms[k].y] == block) lack->atoms[k].mass *= b > mass ? 1 - mass / b : 0;
}

/* Blocks of 1, 2, 4 … cells: sides that are the shortest, or less than half as long again, double.
 */
static void MatchAtoms(const OttoGridInfo *g, Atoms *excess, Atoms *lack, Atoms *plan)
{
  PetscInt64 side[3] = {1, 1, 1}, idx[OTTO_MAX_DIM], blocks, *block_of;

  block_of = malloc((size_t)g->cells * sizeof *block_of);
  for (;;) {
    PetscReal shortest = INFINITY;
    for (PetscInt j = 0; j < g->dim; j++)
      if (side[j] < g->n[j]) shortest = PetscMin(shortest, g->h[j] * (PetscReal)side[j]);
    if (shortest == INFINITY) break;
    for (PetscInt j = 0; j < g->dim; j++)
      if (side[j] < g->n[j] && g->h[j] * (PetscReal)side[j] < 1.5 * shortest) side[j] *= 2;
    blocks = 1;
    for (PetscInt j = 0; j < g->dim; j++) blocks *= (g->n[j] + side[j] - 1) / side[j];
    for (PetscInt64 y = 0; y < g->cells; y++) {
      Index(g, y, idx);
      block_of[y] = 0;
      for (PetscInt j = 0; j < g->dim; j++)
        block_of[y] = block_of[y] * ((g->n[j] + side[j] - 1) / side[j]) + idx[j] / side[j];
    }
    for (PetscInt64 b = 0; b < blocks; b++) CoupleAtoms(block_of, excess, lack, b, plan);
  }
  free(block_of);
}

/* The plan of a map, all cells in C order. */
static void WritePlan(const OttoGridInfo *g, const PetscReal p[], const PetscReal q[],
                      PetscReal *const lower[], PetscReal *const upper[], Atoms *plan)
{
  Atoms split = {0}, excess = {0}, lack = {0};
  PetscReal *got = calloc((size_t)g->cells, sizeof *got);

  for (PetscInt64 x = 0; x < g->cells; x++) {
    PetscReal a[3], b[3];
    for (PetscInt j = 0; j < g->dim; j++) {
      a[j] = lower[j][x];
      b[j] = upper[j][x];
    }
    if (p[x] > 0) SplitAtom(g, x, a, b, p[x] * g->cell_volume, &split);
  }
  for (size_t i = 0; i < split.count; i++) got[split.atoms[i].y] += split.atoms[i].mass;
  for (size_t i = 0; i < split.count; i++) {
    Atom atom = split.atoms[i];
    const PetscReal all = got[atom.y], room = q[atom.y] * g->cell_volume, mass = atom.mass;
    atom.mass = all > room ? mass * room / all : mass;
    Put(plan, atom);
    atom.mass = all > room ? mass * (1 - room / all) : 0;
    Put(&excess, atom);
  }
  for (PetscInt64 y = 0; y < g->cells; y++) {
    const PetscReal missing = q[y] * g->cell_volume - got[y];
    if (missing > 0) Put(&lack, (Atom){.x = y, .y = y, .mass = missing});
  }
  MatchAtoms(g, &excess, &lack, plan);
  free(split.atoms);
  free(excess.atoms);
  free(lack.atoms);
  free(got);
}

static PetscReal CostOf(const OttoGridInfo *g, const Atoms *plan)
{
  PetscReal cost = 0;
  PetscInt64 y[OTTO_MAX_DIM];

  for (size_t i = 0; i < plan->count; i++) {
    Index(g, plan->atoms[i].y, y);
    for (PetscInt j = 0; j < g->dim; j++) {
      const PetscReal d = g->h[j] * (plan->atoms[i].at[j] - (PetscReal)y[j]);
      cost += plan->atoms[i].mass * d * d / 2;
    }
  }
  return cost;
}

/* What a plan takes from p's cells and gives to q's, and that it goes by images of them. */
static void CheckMarginals(const OttoGridInfo *g, const PetscReal p[], const PetscReal q[],
                           const Atoms *plan)
{
  PetscReal *left = calloc((size_t)g->cells, sizeof *left), *right = calloc((size_t)g->cells, 8);

  for (size_t i = 0; i < plan->count; i++) {
    const Atom *a = &plan->atoms[i];
    PetscInt64 x[OTTO_MAX_DIM];
    left[a->x] += a->mass;
    right[a->y] += a->mass;
    Index(g, a->x, x);
    for (PetscInt j = 0; j < g->dim; j++) {
      const PetscReal turns = (a->at[j] - (PetscReal)x[j]) / (PetscReal)g->n[j];
      if (g->boundary[j] == OTTO_BOUNDARY_PERIODIC)
        TestTrue(turns == round(turns), "an image of x");
      else
        TestTrue(turns == 0, "x itself");
    }
  }
  for (PetscInt64 c = 0; c < g->cells; c++) {
    TestTrue(fabs(left[c] - p[c] * g->cell_volume) <= 1e-15, "takes p");
    TestTrue(fabs(right[c] - q[c] * g->cell_volume) <= 1e-15, "gives q");
  }
  free(left);
  free(right);
}

/* ---- fields ---- */

/* Densities and a map, by a rule, in C order of all cells; those of the rank's own follow. */
typedef struct {
  PetscReal *p, *q, *lower[3], *upper[3];
} Case;

static PetscErrorCode MakeCase(PetscInt64 cells, Case *k)
{
  PetscFunctionBegin;
  PetscCall(PetscCalloc2(cells, &k->p, cells, &k->q));
  for (PetscInt j = 0; j < 3; j++)
    PetscCall(PetscCalloc2(cells, &k->lower[j], cells, &k->upper[j]));
  PetscFunctionReturn(0);
}

static PetscErrorCode FreeCase(Case *k)
{
  PetscFunctionBegin;
  PetscCall(PetscFree2(k->p, k->q));
  for (PetscInt j = 0; j < 3; j++) PetscCall(PetscFree2(k->lower[j], k->upper[j]));
  PetscFunctionReturn(0);
}

/* The rank's own cells of a case. */
static PetscErrorCode Own(const OttoGridInfo *g, const Case *all, Case *own)
{
  PetscInt64 idx[OTTO_MAX_DIM];

  PetscFunctionBegin;
  PetscCall(MakeCase(g->local_cells, own));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellIndex(g, c, idx);
    const PetscInt64 flat = Flat(g, idx);
    own->p[c] = all->p[flat];
    own->q[c] = all->q[flat];
    for (PetscInt j = 0; j < g->dim; j++) {
      own->lower[j][c] = all->lower[j][flat];
      own->upper[j][c] = all->upper[j][flat];
    }
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode Cost(OttoGrid grid, const Case *all, PetscReal *cost)
{
  Case own;

  PetscFunctionBegin;
  PetscCall(Own(OttoGridGetInfo(grid), all, &own));
  PetscCall(OttoPlanCost(grid, NULL, own.p, own.q, (const PetscReal *const *)own.lower,
                         (const PetscReal *const *)own.upper, cost));
  PetscCall(FreeCase(&own));
  PetscFunctionReturn(0);
}

/* Mass 1 on `share` of the cells. */
static void Noise(const OttoGridInfo *g, PetscReal seed, PetscReal share, PetscReal u[])
{
  PetscReal mass = 0;

  for (PetscInt64 c = 0; c < g->cells; c++) {
    u[c] = Hash(c, seed) < share || c == 7 ? Hash(c, seed + 1) : 0;
    mass += u[c] * g->cell_volume;
  }
  for (PetscInt64 c = 0; c < g->cells; c++) u[c] /= mass;
}

/* A map that moves a cell by up to `far` cells, its sides up to `wide` cells. */
static void Scatter(const OttoGridInfo *g, PetscReal seed, PetscReal far, PetscReal wide, Case *k)
{
  PetscInt64 idx[OTTO_MAX_DIM];

  for (PetscInt64 c = 0; c < g->cells; c++) {
    Index(g, c, idx);
    for (PetscInt j = 0; j < g->dim; j++) {
      k->lower[j][c] =
          (PetscReal)idx[j] + far * (2 * Hash(c * 3 + j, seed) - 1) * (PetscReal)(1 + j);
      k->upper[j][c] = k->lower[j][c] + wide * Hash(c * 3 + j, seed + 1);
    }
  }
}

static PetscErrorCode AgainstTwin(OttoGrid grid)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  Case k;

  PetscFunctionBegin;
  PetscCall(MakeCase(g->cells, &k));
  for (int round = 0; round < 6; round++) {
    PetscReal cost = -1;
    Atoms plan = {0};
    Noise(g, round, round % 3 ? 1 : 0.3, k.p);
    Noise(g, round + 20, round % 2 ? 1 : 0.2, k.q);
    Scatter(g, round, 2. * round, round == 4 ? 0 : 3, &k);
    PetscCall(Cost(grid, &k, &cost));
    WritePlan(g, k.p, k.q, k.lower, k.upper, &plan);
    CheckMarginals(g, k.p, k.q, &plan);
    /* sums of thousands of terms in other orders, moments taken to other centres */
    TestClose(cost, CostOf(g, &plan), 1e-12, "the cost of the plan, atom by atom");
    free(plan.atoms);
  }
  PetscCall(FreeCase(&k));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestTwin(void)
{
  static const PetscInt64 sizes[][3] = {{17, 1, 1}, {12, 9, 1}, {6, 5, 7}};
  static const OttoBoundary kinds[2][3] = {
      {OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_PERIODIC},
      {OTTO_BOUNDARY_OPEN, OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_NO_FLUX}};

  PetscFunctionBegin;
  for (PetscInt dim = 1; dim <= 3; dim++)
    for (int k = 0; k < 2; k++) PetscCall(OnMeshes(dim, sizes[dim - 1], kinds[k], AgainstTwin));
  PetscFunctionReturn(0);
}

/* The identity costs nothing; a density moved by whole cells half the square of the way. */
static PetscErrorCode TestTranslation(void)
{
  const PetscInt64 n[2] = {16, 12};
  const OttoBoundary boundary[2] = {OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_PERIODIC};
  const PetscReal lower[2] = {0, 0}, upper[2] = {1, 2};
  OttoGrid grid;
  Case k;
  PetscReal cost = -1;

  PetscFunctionBegin;
  PetscCall(MakeBox(2, n, lower, upper, boundary, &grid));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscCall(MakeCase(g->cells, &k));
  for (int move = 0; move < 2; move++) {
    PetscReal square = 0;
    Noise(g, 3, 0.4, k.p);
    for (PetscInt64 c = 0; c < g->cells; c++) {
      PetscInt64 idx[OTTO_MAX_DIM];
      Index(g, c, idx);
      if (move && idx[0] >= 11) k.p[c] = 0; /* stays inside */
      for (PetscInt j = 0; j < 2; j++) {
        k.lower[j][c] = (PetscReal)(idx[j] + (move ? 5 - 2 * j : 0));
        k.upper[j][c] = k.lower[j][c] + 1;
      }
    }
    for (PetscInt64 c = 0; c < g->cells; c++) {
      PetscInt64 idx[OTTO_MAX_DIM];
      Index(g, c, idx);
      if (move) {
        idx[0] = idx[0] < 5 ? idx[0] + 11 : idx[0] - 5;
        idx[1] = (idx[1] + 12 - 3) % 12;
      }
      k.q[c] = k.p[Flat(g, idx)];
      square += k.p[c] * g->cell_volume;
    }
    square *= move ? 25 * g->h[0] * g->h[0] + 9 * g->h[1] * g->h[1] : 0;
    PetscCall(Cost(grid, &k, &cost));
    TestClose(cost, square / 2, 1e-14, "a translation by whole cells");
  }
  PetscCall(FreeCase(&k));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* Whatever the map: not below the least cost. */
static PetscErrorCode TestLeast(void)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < transport_pairs_count; i++) {
    const TransportPair *pair = &transport_pairs[i];
    OttoGrid grid;
    Vec p, q;
    Case k;
    PetscMPIInt size;
    PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
    PetscCall(TransportGrid(pair, size, 1, &grid));
    const OttoGridInfo *g = OttoGridGetInfo(grid);
    PetscCall(TransportDensities(pair, grid, &p, &q));
    PetscCall(MakeCase(g->cells, &k));
    for (int map = 0; map < 4; map++) {
      const PetscScalar *a, *b;
      PetscReal cost = -1;
      Case own;
      Scatter(g, i, map * 4, map == 3 ? 90 : map ? 5 : 0, &k); /* the last thinned out */
      PetscCall(Own(g, &k, &own));
      PetscCall(VecGetArrayRead(p, &a));
      PetscCall(VecGetArrayRead(q, &b));
      PetscCall(OttoPlanCost(grid, NULL, a, b, (const PetscReal *const *)own.lower,
                             (const PetscReal *const *)own.upper, &cost));
      PetscCall(VecRestoreArrayRead(p, &a));
      PetscCall(VecRestoreArrayRead(q, &b));
      PetscCall(FreeCase(&own));
      TestTrue(2 * cost >= pair->w2_squared * (1 - 1e-12), "not below the least cost");
      TestTrue(2 * cost <= 2 * (pair->side[0] * pair->side[0] + pair->side[1] * pair->side[1]),
               "not beyond the box");
    }
    PetscCall(FreeCase(&k));
    PetscCall(VecDestroy(&p));
    PetscCall(VecDestroy(&q));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

/* Where the box stands says nothing; lengths scale by powers of 2 to the bit. */
static PetscErrorCode TestInvariance(void)
{
  const PetscInt64 n[2] = {14, 11};
  const OttoBoundary boundary[2] = {OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_OPEN};
  PetscReal first = 0;

  PetscFunctionBegin;
  for (int k = 0; k < 5; k++) {
    const PetscReal scale = k == 3 ? 0x1p-30 : k == 4 ? 0x1p30 : 1;
    const PetscReal lower[2] = {k == 1 ? -7 : 0, k == 2 ? 1e3 : 0};
    const PetscReal upper[2] = {lower[0] + scale * 2, lower[1] + scale * 1};
    OttoGrid grid;
    Case c;
    PetscReal cost = -1;
    PetscCall(MakeBox(2, n, lower, upper, boundary, &grid));
    const OttoGridInfo *g = OttoGridGetInfo(grid);
    PetscCall(MakeCase(g->cells, &c));
    Noise(g, 1, 0.5, c.p);
    Noise(g, 2, 0.9, c.q);
    Scatter(g, 3, 5, 2, &c);
    PetscCall(Cost(grid, &c, &cost));
    if (!k) first = cost;
    if (k < 3)
      TestClose(cost, first, 1e-12, "translation"); /* h is rounded at 1e3 */
    else
      TestClose(cost / scale / scale, first, 0, "scaling by a power of 2");
    PetscCall(FreeCase(&c));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

/* An end that is no number fails on every rank. */
static PetscErrorCode TestNoNumber(void)
{
  OttoGrid grid;
  Case c;
  PetscReal cost;

  PetscFunctionBegin;
  PetscCall(MakeUnit(2, 8, OTTO_BOUNDARY_NO_FLUX, &grid));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscCall(MakeCase(g->cells, &c));
  Noise(g, 1, 1, c.p);
  Noise(g, 2, 1, c.q);
  c.upper[1][g->cells - 2] = NAN;
  TestFails(Cost(grid, &c, &cost), OTTO_ERR_NUMERICAL, "no number");
  PetscCall(FreeCase(&c));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestTwin, TestTranslation, TestLeast, TestInvariance, TestNoNumber});
}
