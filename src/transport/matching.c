#include "matching.h"
#include "parcels.h"
#include <otto/field.h>

#define DIM 3

/* What is left in a block, excess or deficit: moments about the block's centre. */
typedef struct {
  PetscReal mass, first[DIM], second;
} Side;

typedef struct {
  Side excess, deficit;
} Pack;

#define PACK_REALS (PetscInt)(sizeof(Pack) / sizeof(PetscReal))

/* Blocks of 2^shift cells an axis; a rank has those whose first cell is its own. */
typedef struct {
  PetscInt shift[DIM];
  PetscInt64 first[DIM], count[DIM]; /* this rank's */
  PetscInt64 all[DIM];               /* blocks on each axis */
  Pack *packs;
} Level;

typedef struct {
  const OttoGridInfo *g;
  const OttoColumns *columns; /* of cells */
  Level fine, coarse;         /* fine.packs NULL: the cells */
  PetscInt64 next;            /* of fine, to be sent up */
  OttoSum cost;               /* twice */
} Match;

/* The same mass about a place that is `by` below: x - (c - by). */
static void Shift(Side *side, PetscInt dim, const PetscReal by[])
{
  for (PetscInt j = 0; j < dim; j++) {
    side->second += by[j] * (2 * side->first[j] + by[j] * side->mass);
    side->first[j] += by[j] * side->mass;
  }
}

static void Add(Side *to, PetscInt dim, const Side *side)
{
  to->mass += side->mass;
  for (PetscInt j = 0; j < dim; j++) to->first[j] += side->first[j];
  to->second += side->second;
}

static void Scale(Side *side, PetscInt dim, PetscReal mass)
{
  const PetscReal by = mass > 0 ? mass / side->mass : 0;

  side->mass = mass;
  for (PetscInt j = 0; j < dim; j++) side->first[j] *= by;
  side->second *= by;
}

/* What moments may be off by, relative to what they are made of: two roundings a level, of 31 at
 * most. */
#define ROUNDING (64 * PETSC_MACHINE_EPSILON)

/* Couples as much as there is on both sides of a block, in proportion; returns twice the cost, and
 * what rounding may have taken from it: Σ π |x - y|² for π = m (a ⊗ b)/(Σa Σb). */
static PetscReal Couple(Pack *pack, PetscInt dim)
{
  Side *a = &pack->excess, *b = &pack->deficit;
  const PetscReal mass = PetscMin(a->mass, b->mass), larger = PetscMax(a->mass, b->mass);
  PetscReal across = 0;

  if (!(mass > 0)) return 0;
  for (PetscInt j = 0; j < dim; j++) across += a->first[j] * b->first[j];
  const PetscReal apart = mass / a->mass * a->second + mass / b->mass * b->second;
  const PetscReal cost = apart - 2 * across / larger;
  Scale(a, dim, a->mass - mass);
  Scale(b, dim, b->mass - mass);
  return PetscMax(cost, 0) + ROUNDING * (apart + 2 * PetscAbsReal(across) / larger);
}

/* Blocks of a level that are this rank's. */
static void Blocks(const OttoGridInfo *g, Level *level)
{
  for (PetscInt j = 0; j < g->dim; j++) {
    const PetscInt64 up = ((PetscInt64)1 << level->shift[j]) - 1;
    level->first[j] = (g->first[j] + up) >> level->shift[j];
    level->count[j] = ((g->first[j] + g->local[j] + up) >> level->shift[j]) - level->first[j];
    level->all[j] = (g->n[j] + up) >> level->shift[j];
  }
}

static PetscInt64 Count(const OttoGridInfo *g, const Level *level)
{
  PetscInt64 count = 1;

  for (PetscInt j = 0; j < g->dim; j++) count *= level->count[j];
  return count;
}

/* The shortest sides double, and those less than half as long again; false where one block is all.
 */
static PetscBool Coarsen(const OttoGridInfo *g, const Level *fine, Level *coarse)
{
  PetscReal side[DIM], shortest = PETSC_INFINITY;

  for (PetscInt j = 0; j < g->dim; j++) {
    side[j] =
        fine->all[j] > 1 ? g->h[j] * (PetscReal)((PetscInt64)1 << fine->shift[j]) : PETSC_INFINITY;
    shortest = PetscMin(shortest, side[j]);
  }
  *coarse = *fine;
  coarse->packs = NULL;
  for (PetscInt j = 0; j < g->dim; j++)
    if (side[j] < 1.5 * shortest) coarse->shift[j]++;
  Blocks(g, coarse);
  return (PetscBool)(shortest < PETSC_INFINITY);
}

/* What is left in a fine block, about its centre. */
static Pack Left(const Match *m, PetscInt64 block)
{
  const PetscInt dim = m->g->dim;
  Pack pack;

  if (m->fine.packs) return m->fine.packs[block];
  PetscReal *const *sum = m->columns->sum;
  memset(&pack, 0, sizeof pack);
  if (sum[0][block] <= 0) {
    pack.deficit.mass = -sum[0][block];
  } else {
    pack.excess.mass = sum[0][block];
    for (PetscInt j = 0; j < dim; j++) pack.excess.first[j] = sum[1 + j][block];
    pack.excess.second = sum[1 + dim][block];
  }
  return pack;
}

static PetscErrorCode Take(PetscInt64 place, const PetscReal values[], void *context)
{
  const Match *m = (const Match *)context;
  const Pack *pack = (const Pack *)(const void *)values;

  Add(&m->coarse.packs[place].excess, m->g->dim, &pack->excess);
  Add(&m->coarse.packs[place].deficit, m->g->dim, &pack->deficit);
  return 0;
}

/* The rank that has the coarse block idx, and its number there. */
static PetscInt64 Owner(const Match *m, const PetscInt64 idx[], PetscMPIInt *owner)
{
  const OttoGridInfo *g = m->g;
  const Level *level = &m->coarse;
  PetscInt64 place = 0, cell[OTTO_MAX_DIM];
  PetscBool own = PETSC_TRUE;

  for (PetscInt j = 0; j < g->dim; j++) {
    const PetscInt64 local = idx[j] - level->first[j];
    if (local < 0 || local >= level->count[j]) own = PETSC_FALSE;
    place = place * level->count[j] + local;
    cell[j] = idx[j] << level->shift[j];
  }
  *owner = g->rank;
  if (own) return place;
  OttoGridOwner(g, cell, owner);
  place = 0;
  for (PetscInt j = 0; j < g->dim; j++) { /* the blocks that begin in the owner's box */
    const PetscMPIInt at = j == 0 ? *owner / g->mesh[1] : *owner % g->mesh[1];
    const PetscInt64 up = ((PetscInt64)1 << level->shift[j]) - 1;
    const PetscInt64 first = j < 2 ? (g->cuts[j][at] + up) >> level->shift[j] : 0;
    const PetscInt64 end = j < 2 ? (g->cuts[j][at + 1] + up) >> level->shift[j] : level->all[j];
    place = place * (end - first) + idx[j] - first;
  }
  return place;
}

/* Sends fine blocks up into the coarse block that has them. */
static PetscErrorCode Post(OttoParcels parcels, void *context, PetscBool *done)
{
  Match *m = (Match *)context;
  const OttoGridInfo *g = m->g;
  const PetscInt64 blocks = Count(g, &m->fine);
  PetscInt64 idx[DIM];
  PetscReal by[DIM];

  PetscFunctionBegin;
  for (; m->next < blocks && !OttoParcelsFull(parcels); m->next++) {
    PetscInt64 rest = m->next;
    PetscMPIInt owner;
    Pack pack = Left(m, m->next);
    for (PetscInt j = g->dim - 1; j >= 0; j--) {
      idx[j] = m->fine.first[j] + rest % m->fine.count[j];
      rest /= m->fine.count[j];
      by[j] = 0;
      if (m->coarse.shift[j] == m->fine.shift[j]) continue;
      by[j] = g->h[j] * (PetscReal)((PetscInt64)1 << m->fine.shift[j]) * (idx[j] & 1 ? 0.5 : -0.5);
      idx[j] >>= 1;
    }
    if (pack.excess.mass == 0 && pack.deficit.mass == 0) continue;
    Shift(&pack.excess, g->dim, by);
    Shift(&pack.deficit, g->dim, by);
    const PetscInt64 place = Owner(m, idx, &owner);
    if (owner == g->rank)
      PetscCall(Take(place, (const PetscReal *)(const void *)&pack, m));
    else
      PetscCall(OttoParcelsPost(parcels, owner, place, (const PetscReal *)(const void *)&pack));
  }
  *done = (PetscBool)(m->next == blocks);
  PetscFunctionReturn(0);
}

/* From the cells to one block. */
static PetscErrorCode Climb(Match *m)
{
  const OttoGridInfo *g = m->g;

  PetscFunctionBegin;
  Blocks(g, &m->fine);
  while (Coarsen(g, &m->fine, &m->coarse)) {
    const PetscInt64 blocks = Count(g, &m->coarse);
    PetscCall(OttoAgree(g->comm, PetscCalloc1((size_t)blocks + 1, &m->coarse.packs)));
    m->next = 0;
    PetscCall(OttoParcelsSwap(g->comm, PACK_REALS, Post, Take, m));
    for (PetscInt64 k = 0; k < blocks; k++)
      OttoSumAdd(&m->cost, Couple(&m->coarse.packs[k], g->dim));
    PetscCall(PetscFree(m->fine.packs));
    m->fine = m->coarse;
    m->coarse.packs = NULL;
  }
  PetscFunctionReturn(0);
}

/* What no block has coupled: rounding, over the largest distance; twice its cost. */
static void AddRest(Match *m)
{
  const OttoGridInfo *g = m->g;
  PetscReal square = 0;

  for (PetscInt j = 0; j < g->dim; j++) {
    const PetscReal far = g->h[j] * (PetscReal)g->n[j];
    square += (g->boundary[j] == OTTO_BOUNDARY_PERIODIC ? 0.25 : 1) * far * far;
  }
  for (PetscInt64 k = 0; k < Count(g, &m->fine); k++) {
    const Pack pack = Left(m, k);
    OttoSumAdd(&m->cost, square * PetscMax(pack.excess.mass, pack.deficit.mass));
  }
}

PetscErrorCode OttoMatchExcess(OttoGrid grid, const OttoColumns *columns, PetscReal *cost)
{
  Match m = {.g = OttoGridGetInfo(grid), .columns = columns};
  PetscErrorCode code;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  code = Climb(&m);
  if (!code) AddRest(&m);
  PetscCall(PetscFree(m.fine.packs));
  PetscCall(PetscFree(m.coarse.packs));
  PetscCall(code);
  PetscCall(OttoSumReduce(m.g->comm, 1, &m.cost));
  *cost += OttoSumValue(m.cost) / 2;
  PetscFunctionReturn(0);
}
