/* Basins joined to the terminals by the edges between them that conduct best. All ranks have the
 * best edge of every two basins that touch on some rank, and find the same tree. */
#include "descent.h"
#include <math.h>
#include <stdlib.h>

/* An edge between basins. */
typedef struct {
  PetscReal low, high; /* basins of the lower and the upper cell */
  PetscReal conducts;
  PetscReal name; /* number of the lower cell · dim + axis */
  PetscReal flow; /* upwards, as soon as it is known */
} Pass;

#define PASS_REALS 5

typedef struct {
  const OttoDescent *d;
  OttoSurrounded basin;
  Pass *pass;
  PetscInt64 count, room;
  PetscErrorCode code;
} Passes;

static PetscReal Name(const OttoDescent *d, PetscInt axis, PetscInt64 lower)
{
  return d->number[lower] * (PetscReal)d->g->dim + (PetscReal)axis;
}

/* ---- passes ---- */

static PetscErrorCode Grow(Passes *s)
{
  PetscFunctionBegin;
  s->room = 2 * s->room + 64;
  PetscCall(PetscRealloc((size_t)s->room * sizeof(Pass), &s->pass));
  PetscFunctionReturn(0);
}

static void AddPasses(const OttoEdges *e, void *context)
{
  Passes *s = (Passes *)context;
  const PetscReal *along = s->d->along[e->axis] + e->x;
  const PetscReal *low = OttoSurroundedAt(&s->basin, e->x),
                  *high = OttoSurroundedAt(&s->basin, e->y);

  for (PetscInt64 i = 0; i < e->n && !s->code; i++) {
    if (!(along[i] > 0) || low[i] == high[i]) continue;
    if (s->count == s->room) s->code = Grow(s);
    if (!s->code)
      s->pass[s->count++] = (Pass){low[i], high[i], along[i], Name(s->d, e->axis, e->x + i), 0};
  }
}

static int Sign(PetscReal x)
{
  return (x > 0) - (x < 0);
}

/* By pairs of basins, the best of each first. */
static int ByPair(const void *one, const void *other)
{
  const Pass *a = (const Pass *)one, *b = (const Pass *)other;
  const int lower = Sign(PetscMin(a->low, a->high) - PetscMin(b->low, b->high));
  const int upper = Sign(PetscMax(a->low, a->high) - PetscMax(b->low, b->high));
  const int best = Sign(b->conducts - a->conducts);

  return lower ? lower : upper ? upper : best ? best : Sign(a->name - b->name);
}

static int ByConductance(const void *one, const void *other)
{
  const Pass *a = (const Pass *)one, *b = (const Pass *)other;
  const int best = Sign(b->conducts - a->conducts);

  return best ? best : Sign(a->name - b->name);
}

static int ByName(const void *one, const void *other)
{
  return Sign(((const Pass *)one)->name - ((const Pass *)other)->name);
}

/* The best of every pair of basins. */
static void KeepBest(Passes *s)
{
  PetscInt64 kept = 0;

  if (s->count) qsort(s->pass, (size_t)s->count, sizeof(Pass), ByPair);
  for (PetscInt64 i = 0; i < s->count; i++) {
    const Pass *a = &s->pass[i], *b = kept ? &s->pass[kept - 1] : NULL;
    if (b && PetscMin(a->low, a->high) == PetscMin(b->low, b->high) &&
        PetscMax(a->low, a->high) == PetscMax(b->low, b->high))
      continue;
    s->pass[kept++] = *a;
  }
  s->count = kept;
}

/* Those of all ranks, best first, on all of them; none where they are too many for one message. */
static PetscErrorCode Gather(Passes *s)
{
  const OttoDescent *d = s->d;
  PetscMPIInt ranks, *counts, *starts, total = 0;
  PetscInt64 sum = 0;
  Pass *all;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(d->g->comm, &ranks));
  PetscCallMPI(MPI_Allreduce(&s->count, &sum, 1, MPIU_INT64, MPI_SUM, d->g->comm));
  if (sum > PETSC_MPI_INT_MAX / PASS_REALS) s->count = 0;
  const PetscMPIInt mine = (PetscMPIInt)(s->count * PASS_REALS);
  PetscCall(PetscMalloc2(ranks, &counts, ranks, &starts));
  PetscCallMPI(MPI_Allgather(&mine, 1, MPI_INT, counts, 1, MPI_INT, d->g->comm));
  for (PetscMPIInt i = 0; i < ranks; i++) {
    starts[i] = total;
    total += counts[i];
  }
  PetscCall(OttoAgree(d->g->comm, PetscMalloc1(total / PASS_REALS, &all)));
  PetscCallMPI(
      MPI_Allgatherv(s->pass, mine, MPIU_REAL, all, counts, starts, MPIU_REAL, d->g->comm));
  PetscCall(PetscFree2(counts, starts));
  PetscCall(PetscFree(s->pass));
  s->pass = all;
  s->count = total / PASS_REALS;
  if (s->count) qsort(s->pass, (size_t)s->count, sizeof(Pass), ByConductance);
  PetscFunctionReturn(0);
}

/* ---- the tree ---- */

static PetscInt64 Root(PetscInt64 parent[], PetscInt64 k)
{
  while (parent[k] != k) k = parent[k] = parent[parent[k]];
  return k;
}

/* Passes that join what is not joined yet stay. */
static PetscErrorCode KeepTree(Passes *s)
{
  PetscInt64 *parent, kept = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(s->d->basins + 1, &parent));
  for (PetscInt64 k = 0; k <= s->d->basins; k++) parent[k] = k;
  for (PetscInt64 i = 0; i < s->count; i++) {
    const PetscInt64 a = Root(parent, (PetscInt64)s->pass[i].low),
                     b = Root(parent, (PetscInt64)s->pass[i].high);
    if (a == b) continue;
    parent[a] = b;
    s->pass[kept++] = s->pass[i];
  }
  s->count = kept;
  PetscCall(PetscFree(parent));
  PetscFunctionReturn(0);
}

/* Flows over the tree's passes for sum[basins + 1], leaves first, down to basin 0: leaves are found
 * by the number of passes they have left, and the one left by the xor of all. */
static PetscErrorCode Flows(Passes *s, PetscReal sum[])
{
  PetscInt64 *left, *which, *leaf, leaves = 0;

  PetscFunctionBegin;
  PetscCall(
      PetscCalloc3(s->d->basins + 1, &left, s->d->basins + 1, &which, s->d->basins + 1, &leaf));
  for (PetscInt64 i = 0; i < s->count; i++)
    for (int side = 0; side < 2; side++) {
      const PetscInt64 k = (PetscInt64)(side ? s->pass[i].high : s->pass[i].low);
      left[k]++;
      which[k] ^= i;
    }
  for (PetscInt64 k = 1; k <= s->d->basins; k++)
    if (left[k] == 1) leaf[leaves++] = k;
  for (PetscInt64 i = 0; i < leaves; i++) {
    const PetscInt64 k = leaf[i], over = which[k];
    if (left[k] != 1) continue; /* of a tree without terminals, the last one */
    Pass *pass = &s->pass[over];
    const PetscBool up = (PetscInt64)pass->low == k ? PETSC_TRUE : PETSC_FALSE;
    const PetscInt64 next = (PetscInt64)(up ? pass->high : pass->low);
    pass->flow = up ? sum[k] : -sum[k];
    sum[next] += sum[k];
    left[k] = 0;
    which[next] ^= over;
    if (--left[next] == 1 && next > 0) leaf[leaves++] = next;
  }
  PetscCall(PetscFree3(left, which, leaf));
  PetscFunctionReturn(0);
}

/* ---- what goes over it ---- */

typedef struct {
  const Passes *s;
  PetscReal *excess;
  PetscReal *const *flow;
} Sent;

static void AddFlows(const OttoEdges *e, void *context)
{
  Sent *t = (Sent *)context;
  const OttoDescent *d = t->s->d;
  const PetscReal *low = OttoSurroundedAt(&t->s->basin, e->x),
                  *high = OttoSurroundedAt(&t->s->basin, e->y);

  for (PetscInt64 i = 0; i < e->n; i++) {
    if (low[i] == high[i]) continue;
    const Pass key = {.name = Name(d, e->axis, e->x + i)};
    const Pass *pass = bsearch(&key, t->s->pass, (size_t)t->s->count, sizeof(Pass), ByName);
    if (!pass) continue;
    t->flow[e->axis][e->x + i] += pass->flow;
    if (e->x + i < d->g->local_cells) t->excess[e->x + i] -= pass->flow;
    if (e->y + i < d->g->local_cells) t->excess[e->y + i] += pass->flow;
  }
}

/* sum[basins + 1] of the excess of their cells. */
static PetscErrorCode Sums(const OttoDescent *d, const PetscReal excess[], OttoSum **sum)
{
  PetscFunctionBegin;
  PetscCall(OttoAgree(d->g->comm, PetscCalloc1(d->basins + 1, sum)));
  for (PetscInt64 i = 0; i < d->cells; i++)
    OttoSumAdd(&(*sum)[(PetscInt64)d->basin[d->order[i]]], excess[d->order[i]]);
  PetscCall(OttoSumReduce(d->g->comm, (PetscInt)d->basins + 1, *sum));
  PetscFunctionReturn(0);
}

static PetscErrorCode Tree(Passes *s, const OttoSum sum[])
{
  PetscReal *values;

  PetscFunctionBegin;
  PetscCall(KeepTree(s));
  PetscCall(PetscMalloc1(s->d->basins + 1, &values));
  for (PetscInt64 k = 0; k <= s->d->basins; k++) values[k] = OttoSumValue(sum[k]);
  PetscCall(Flows(s, values));
  PetscCall(PetscFree(values));
  if (s->count) qsort(s->pass, (size_t)s->count, sizeof(Pass), ByName);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDescentJoin(const OttoDescent *d, PetscReal excess[], PetscReal *const flow[])
{
  Passes s = {.d = d};
  OttoSum *sum;

  PetscFunctionBegin;
  if (d->basins == 0) PetscFunctionReturn(0);
  PetscCall(OttoHaloSurround(d->halo, d->basin, &s.basin));
  OttoEdgesWalk(d->g, PETSC_FALSE, AddPasses, &s);
  PetscCall(OttoAgree(d->g->comm, s.code));
  KeepBest(&s);
  PetscCall(Gather(&s));
  PetscCall(Sums(d, excess, &sum));
  PetscCall(OttoAgree(d->g->comm, Tree(&s, sum)));
  Sent t = {.s = &s, .excess = excess, .flow = flow};
  if (s.count) OttoEdgesWalk(d->g, PETSC_TRUE, AddFlows, &t);
  PetscCall(OttoHaloRelease(d->halo, &s.basin));
  PetscCall(PetscFree(sum));
  PetscCall(PetscFree(s.pass));
  PetscFunctionReturn(0);
}
