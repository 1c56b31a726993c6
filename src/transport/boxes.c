#include "boxes.h"
#include "core/vecmath.h"
#include "parcels.h"
#include <math.h>

#define BLOCK 256   /* cells whose sides are found together */
#define FEW 3       /* cells that a side about as wide as a cell may meet */
#define WIDTH 1e-12 /* of a side, unless it has none: others are left to OttoSpanOf() */

#define FAR 0x1p+52 /* in cells, where they cannot be told apart */

/* Sides of a block's boxes, where they are of no more than FEW cells. */
typedef struct {
  int first[OTTO_BOX_DIM][BLOCK]; /* the cell, from the rank's first one on */
  int more[OTTO_BOX_DIM][BLOCK];  /* cells after it that the side meets */
  PetscReal share[OTTO_BOX_DIM][FEW][BLOCK];
  int other[BLOCK]; /* whether a side is not of that kind, or not with FEW cells the rank's own */
  int rare[BLOCK];  /* whether a side is not of that kind */
} Block;

/* Boxes from other ranks, until there is a block of them. */
typedef struct {
  int count;
  PetscReal mass[BLOCK], lower[OTTO_BOX_DIM][BLOCK], upper[OTTO_BOX_DIM][BLOCK];
} Arrivals;

/* A deposit under way. */
typedef struct {
  const OttoGridInfo *g;
  const PetscReal *const *lower, *const *upper;
  const PetscReal *mass;
  PetscReal *out;
  PetscInt64 first[OTTO_BOX_DIM], local[OTTO_BOX_DIM]; /* the rank's cells, as sides of a box */
  PetscInt64 next;                                     /* cell */
  PetscBool thin;
  OttoBoxRanks *ranks;
  Block *block;
  Arrivals *arrivals;
  PetscInt64 start, known; /* the block has the cells from `start` to before `known` */
} Deposit;

/* A run of cells of the last axis. */
static inline void AddRun(const OttoSpan *s, PetscReal mass, PetscReal row[])
{
  row[0] += mass * s->share[0];
  for (PetscInt64 k = 1; k < s->count - 1; k++) row[k] += mass * s->share[1];
  if (s->count > 1) row[s->count - 1] += mass * s->share[2];
}

static inline void AddOwn(const Deposit *d, const OttoBox *box, PetscReal mass)
{
  const OttoSpan *s = box->side;

  for (PetscInt64 i = 0; i < s[0].count; i++)
    for (PetscInt64 j = 0; j < s[1].count; j++) {
      const PetscInt64 row = (s[0].cell + i - d->first[0]) * d->local[1] + s[1].cell + j;
      const PetscReal part = mass * OttoSpanShare(&s[0], i) * OttoSpanShare(&s[1], j);
      AddRun(&s[2], part, d->out + (row - d->first[1]) * d->local[2] + s[2].cell - d->first[2]);
    }
}

/* The sides of `count` boxes on an axis of n cells, `local` of them the rank's from `from` on. */
OTTO_VECTOR_CLONES static void Sides(int count, const PetscReal *restrict lower,
                                     const PetscReal *restrict upper, PetscReal n, int from,
                                     int local, int periodic, int *restrict first,
                                     int *restrict more, PetscReal *restrict share,
                                     int *restrict other, int *restrict rare)
{
  const PetscReal none = PETSC_MACHINE_EPSILON * PETSC_MACHINE_EPSILON;

  for (int c = 0; c < count; c++) {
    const PetscReal low = lower[c] < upper[c] ? lower[c] : upper[c];
    const PetscReal high = lower[c] < upper[c] ? upper[c] : lower[c];
    const PetscReal a = low > 0 ? low : 0, b = high < n ? high : n, width = b - a;
    const int beyond = periodic & ((low < 0) | (high > n)), point = width <= none;
    const int sound = (point | (width > WIDTH)) & (a < n) & (low > -FAR) & (high < FAR);
    const int cell = (int)(sound ? a : 0), at = cell - from;
    const PetscReal edge = cell, each = 1 / (point ? 1 : width);
    for (int k = 0; k < FEW; k++) {
      const PetscReal left = a > edge + k ? a : edge + k;
      const PetscReal right = b < edge + k + 1 ? b : edge + k + 1;
      const PetscReal part = right > left ? (right - left) * each : 0;
      share[k * BLOCK + c] = point ? k == 0 : part;
    }
    first[c] = at;
    more[c] = point ? 0 : (b > edge + 1) + (b > edge + 2);
    rare[c] |= beyond | !sound | !(b <= edge + FEW);
    other[c] |= (at < 0) | (at > local - FEW);
  }
}

/* The sides of `count` boxes. */
static void FindBlock(const OttoGridInfo *g, int count, const PetscReal *const lower[],
                      const PetscReal *const upper[], Block *b)
{
  for (int c = 0; c < count; c++) b->other[c] = b->rare[c] = 0;
  for (PetscInt j = 0; j < g->dim; j++) {
    const PetscInt side = OTTO_BOX_DIM - g->dim + j;
    Sides(count, lower[j], upper[j], (PetscReal)g->n[j], (int)g->first[j], (int)g->local[j],
          g->boundary[j] == OTTO_BOUNDARY_PERIODIC, b->first[side], b->more[side],
          b->share[side][0], b->other, b->rare);
  }
}

/* The sides of the boxes from the next cell on. */
static void NextBlock(Deposit *d)
{
  const int count = (int)PetscMin(BLOCK, d->g->local_cells - d->next);
  const PetscReal *lower[OTTO_BOX_DIM], *upper[OTTO_BOX_DIM];

  for (PetscInt j = 0; j < d->g->dim; j++) {
    lower[j] = d->lower[j] + d->next;
    upper[j] = d->upper[j] + d->next;
  }
  FindBlock(d->g, count, lower, upper, d->block);
  d->start = d->next;
  d->known = d->next + count;
}

/* Adds a box of few cells, number c of the block. */
static inline void AddFew(const Deposit *d, int c, PetscReal mass)
{
  const Block *b = d->block;

  for (int i = 0; i <= b->more[0][c]; i++)
    for (int j = 0; j <= b->more[1][c]; j++) {
      const PetscInt64 row = (b->first[0][c] + i) * d->local[1] + b->first[1][c] + j;
      const PetscReal part = mass * b->share[0][i][c] * b->share[1][j][c];
      PetscReal *out = d->out + row * d->local[2] + b->first[2][c];
      for (int k = 0; k < FEW; k++) out[k] += part * b->share[2][k][c];
    }
}

/* Those cells of a box that are this rank's, one by one, wrapped. */
static void AddSome(const Deposit *d, const OttoBox *box, PetscReal mass)
{
  const OttoGridInfo *g = d->g;
  const OttoSpan *s = box->side;
  PetscInt64 at[OTTO_BOX_DIM] = {0, 0, 0};
  PetscInt k = 0;

  while (k >= 0) {
    PetscReal part = mass;
    PetscInt64 place = 0;
    for (k = 0; k < OTTO_BOX_DIM; k++) {
      const PetscInt j = k - OTTO_BOX_DIM + g->dim;
      const PetscInt64 cell = s[k].cell + at[k] * s[k].step;
      const PetscInt64 local = (j < 0 ? cell : cell % g->n[j]) - d->first[k];
      if (local < 0 || local >= d->local[k]) break;
      part *= OttoSpanShare(&s[k], at[k]);
      place = place * d->local[k] + local;
    }
    if (k == OTTO_BOX_DIM)
      d->out[place] += part;
    else /* nor those that have this place on this axis */
      for (PetscInt l = k + 1; l < OTTO_BOX_DIM; l++) at[l] = s[l].count - 1;
    for (k = OTTO_BOX_DIM - 1; k >= 0 && ++at[k] == s[k].count; k--) at[k] = 0;
  }
}

PetscErrorCode OttoBoxRanksCreate(const OttoGridInfo *g, OttoBoxRanks *ranks)
{
  PetscFunctionBegin;
  PetscCall(PetscMalloc2(g->mesh[0], &ranks->at[0], g->mesh[1], &ranks->at[1]));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBoxRanksDestroy(OttoBoxRanks *ranks)
{
  PetscFunctionBegin;
  PetscCall(PetscFree2(ranks->at[0], ranks->at[1]));
  PetscFunctionReturn(0);
}

void OttoBoxRanksFind(const OttoGridInfo *g, const OttoBox *box, OttoBoxRanks *ranks)
{
  for (PetscInt j = 0; j < 2; j++) {
    PetscMPIInt *at = ranks->at[j], count = 0;
    ranks->count[j] = 1;
    at[0] = 0;
    if (g->mesh[j] == 1) continue;
    const OttoSpan *s = &box->side[OTTO_BOX_DIM - g->dim + j];
    for (PetscInt64 k = 0; k < s->count && count < g->mesh[j];) {
      PetscInt64 idx[OTTO_MAX_DIM] = {0};
      PetscMPIInt place, known = 0;
      idx[j] = (s->cell + k * s->step) % g->n[j];
      OttoGridOwner(g, idx, &place);
      if (!j) place /= g->mesh[1];
      while (known < count && at[known] != place) known++;
      if (known == count) at[count++] = place;
      k += (g->cuts[j][place + 1] - idx[j] + s->step - 1) / s->step; /* the first beyond */
    }
    ranks->count[j] = count;
  }
}

/* Posts the box of the next cell to one rank. */
static PetscErrorCode PostTo(const Deposit *d, PetscMPIInt rank, OttoParcels parcels)
{
  PetscReal parcel[1 + 2 * OTTO_BOX_DIM];

  PetscFunctionBegin;
  parcel[0] = d->mass[d->next];
  for (PetscInt j = 0; j < d->g->dim; j++) {
    parcel[1 + 2 * j] = d->lower[j][d->next];
    parcel[2 + 2 * j] = d->upper[j][d->next];
  }
  PetscCall(OttoParcelsPost(parcels, rank, 0, parcel));
  PetscFunctionReturn(0);
}

/* A box for other ranks: its mass and its ends, of which each finds its cells. */
static PetscErrorCode PostBox(const Deposit *d, const OttoBox *box, OttoParcels parcels)
{
  const OttoGridInfo *g = d->g;

  PetscFunctionBegin;
  OttoBoxRanksFind(g, box, d->ranks);
  for (PetscMPIInt a = 0; a < d->ranks->count[0]; a++)
    for (PetscMPIInt b = 0; b < d->ranks->count[1]; b++) {
      const PetscMPIInt rank = d->ranks->at[0][a] * g->mesh[1] + d->ranks->at[1][b];
      if (rank != g->rank) PetscCall(PostTo(d, rank, parcels));
    }
  PetscFunctionReturn(0);
}

/* The one rank that has all of a box of few cells, number c of the block; -1: more than one. */
static PetscMPIInt OnlyRank(const Deposit *d, int c)
{
  const OttoGridInfo *g = d->g;
  PetscMPIInt place[2] = {0, 0};

  for (PetscInt j = 0; j < 2 && j < g->dim; j++) {
    const PetscInt side = OTTO_BOX_DIM - g->dim + j;
    const PetscInt64 cell = g->first[j] + d->block->first[side][c];
    while (g->cuts[j][place[j] + 1] <= cell) place[j]++;
    if (cell + d->block->more[side][c] >= g->cuts[j][place[j] + 1]) return -1;
  }
  return place[0] * g->mesh[1] + place[1];
}

/* What is this rank's of a box. */
static void AddBox(const Deposit *d, const OttoBox *box, PetscReal mass)
{
  if (OttoBoxIsOwn(d->g, box))
    AddOwn(d, box, mass);
  else
    AddSome(d, box, mass);
}

static PetscErrorCode Posts(OttoParcels parcels, void *context, PetscBool *done)
{
  Deposit *d = (Deposit *)context;
  OttoBox box = {{OTTO_SPAN_ALL, OTTO_SPAN_ALL, OTTO_SPAN_ALL}};

  PetscFunctionBegin;
  for (; d->next < d->g->local_cells && !OttoParcelsFull(parcels); d->next++) {
    const PetscReal mass = d->mass[d->next];
    if (d->next == d->known) NextBlock(d);
    if (mass == 0) continue;
    const int c = (int)(d->next - d->start);
    if (!(d->block->other[c] | d->block->rare[c])) {
      AddFew(d, c, mass);
      continue;
    }
    const PetscMPIInt rank = d->g->size > 1 && !d->block->rare[c] ? OnlyRank(d, c) : -1;
    if (rank >= 0 && rank != d->g->rank) {
      PetscCall(PostTo(d, rank, parcels));
      continue;
    }
    if (!OttoBoxOf(d->g, d->lower, d->upper, d->next, d->thin, &box))
      OttoFail(OTTO_ERR_NUMERICAL, "a map sends a cell to a place that is no number");
    AddBox(d, &box, mass);
    if (d->g->size > 1 && !OttoBoxIsOwn(d->g, &box)) PetscCall(PostBox(d, &box, parcels));
  }
  *done = (PetscBool)(d->next == d->g->local_cells);
  PetscFunctionReturn(0);
}

/* What is this rank's of the boxes that have come. */
static void AddArrivals(const Deposit *d)
{
  Arrivals *a = d->arrivals;
  OttoBox box = {{OTTO_SPAN_ALL, OTTO_SPAN_ALL, OTTO_SPAN_ALL}};
  const PetscReal *const lower[OTTO_BOX_DIM] = {a->lower[0], a->lower[1], a->lower[2]};
  const PetscReal *const upper[OTTO_BOX_DIM] = {a->upper[0], a->upper[1], a->upper[2]};

  FindBlock(d->g, a->count, lower, upper, d->block);
  for (int c = 0; c < a->count; c++)
    if (!(d->block->other[c] | d->block->rare[c])) {
      AddFew(d, c, a->mass[c]);
    } else {
      OttoBoxOf(d->g, lower, upper, c, d->thin, &box);
      AddBox(d, &box, a->mass[c]);
    }
  a->count = 0;
}

static PetscErrorCode Takes(PetscInt64 place, const PetscReal values[], void *context)
{
  Deposit *d = (Deposit *)context;
  Arrivals *a = d->arrivals;

  (void)place;
  a->mass[a->count] = values[0];
  for (PetscInt j = 0; j < d->g->dim; j++) {
    a->lower[j][a->count] = values[1 + 2 * j];
    a->upper[j][a->count] = values[2 + 2 * j];
  }
  if (++a->count < BLOCK) return 0;
  AddArrivals(d);
  d->known = d->next; /* the block was theirs */
  return 0;
}

/* box[count] times about the cells that sides meet: their width and one more. */
OTTO_VECTOR_CLONES static void Widen(int count, const PetscReal *restrict lower,
                                     const PetscReal *restrict upper, PetscReal most,
                                     PetscReal *restrict box)
{
  for (int c = 0; c < count; c++) {
    const PetscReal width = fabs(upper[c] - lower[c]);
    box[c] *= 1 + (width < most ? width : most);
  }
}

/* Whole numbers, so that the order of their sum does not matter. */
OTTO_VECTOR_CLONES static PetscReal CountCells(int count, const PetscReal *restrict mass,
                                               const PetscReal *restrict box)
{
  PetscReal cells = 0;

#pragma omp simd reduction(+ : cells)
  for (int c = 0; c < count; c++) cells += mass[c] == 0 ? 0 : floor(box[c]);
  return cells;
}

PetscErrorCode OttoBoxesThin(const OttoGridInfo *g, const PetscReal *const lower[],
                             const PetscReal *const upper[], const PetscReal mass[],
                             PetscBool *thin)
{
  PetscReal cells = 0, box[BLOCK];

  PetscFunctionBegin;
  for (PetscInt64 start = 0; start < g->local_cells; start += BLOCK) {
    const int count = (int)PetscMin(BLOCK, g->local_cells - start);
    for (int c = 0; c < count; c++) box[c] = 1;
    for (PetscInt j = 0; j < g->dim; j++)
      Widen(count, lower[j] + start, upper[j] + start,
            g->boundary[j] == OTTO_BOUNDARY_PERIODIC ? FAR : (PetscReal)g->n[j], box);
    cells += CountCells(count, mass + start, box);
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &cells, 1, MPIU_REAL, MPIU_SUM, g->comm));
  *thin = (PetscBool) !(cells <= (PetscReal)(OTTO_BOX_CELLS * g->cells));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBoxesDeposit(OttoGrid grid, const PetscReal *const lower[],
                                const PetscReal *const upper[], const PetscReal mass[],
                                PetscReal out[])
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  Block block = {.first = {{0}}}; /* sides beyond the grid's: the first cell has all */
  Arrivals arrivals = {.count = 0};
  OttoBoxRanks ranks = {{NULL}, {0}};
  Deposit d = {.g = g,
               .lower = lower,
               .upper = upper,
               .mass = mass,
               .out = out,
               .local = {1, 1, 1},
               .block = &block,
               .arrivals = &arrivals,
               .ranks = &ranks};

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  OttoCheckInput(g->dim <= OTTO_BOX_DIM, "transport: the grid has %d axes: at most %d", (int)g->dim,
                 OTTO_BOX_DIM);
  for (PetscInt k = 0; k < OTTO_BOX_DIM - g->dim; k++)
    for (int c = 0; c < BLOCK; c++) block.share[k][0][c] = 1;
  for (PetscInt j = 0; j < g->dim; j++) {
    d.first[OTTO_BOX_DIM - g->dim + j] = g->first[j];
    d.local[OTTO_BOX_DIM - g->dim + j] = g->local[j];
  }
  PetscCall(OttoBoxesThin(g, lower, upper, mass, &d.thin));
  PetscCall(OttoAgree(g->comm, OttoBoxRanksCreate(g, &ranks)));
  const PetscErrorCode code = OttoParcelsSwap(g->comm, 1 + 2 * g->dim, Posts, Takes, &d);
  if (!code) AddArrivals(&d);
  PetscCall(OttoBoxRanksDestroy(&ranks));
  PetscFunctionReturn(code);
}
