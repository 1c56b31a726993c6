/* Groups of cells by agglomeration (Kruskal's trees, weighted by mass): passes over the edges that
 * still lead between groups; in each those groups join a neighbour that are left at nearly the
 * largest rate of all. */
#include "aggregation_wells.h"
#include "grid/edges.h"
#include <math.h>

#define NEARLY 1.4 /* log of the share of the largest rate from which groups join: 1/4 */

#define NOTHING 1e-13 /* mass that may be lumped as if it moved freely */

typedef struct {
  PetscInt x, y;
  PetscReal flow; /* logarithm of the larger of the two one-way flows */
} Edge;

typedef struct {
  const OttoGridInfo *g;
  const OttoRates *rates;
  const PetscReal *log_pi;
  PetscBool alone; /* one rank: a periodic axis 0 closes on itself */
  Edge *edge;
  PetscInt edges, groups;
  PetscInt *parent, *best; /* of every cell; of a root: its edge of largest flow, or -1 */
  PetscReal *mass;         /* of a root: logarithm */
} Forest;

static PetscReal Sum(PetscReal a, PetscReal b)
{
  const PetscReal top = PetscMax(a, b), least = PetscMin(a, b);
  return top > -INFINITY ? top + log1p(exp(least - top)) : top;
}

static PetscInt Root(Forest *s, PetscInt cell)
{
  while (s->parent[cell] != cell) {
    s->parent[cell] = s->parent[s->parent[cell]];
    cell = s->parent[cell];
  }
  return cell;
}

static void AddEdges(const OttoEdges *e, void *context)
{
  Forest *s = (Forest *)context;

  for (PetscInt64 i = 0; i < e->n; i++) {
    PetscInt64 x = e->x + i, y = e->y + i;
    if (y >= s->g->local_cells && !s->alone) continue;
    if (y >= s->g->local_cells) y -= s->g->local_cells + OttoEdgesLowerGhosts(s->g);
    const PetscReal up = s->rates->up[e->axis][x], down = s->rates->down[e->axis][x];
    const PetscReal flow = fmax(log(up) + s->log_pi[x], log(down) + s->log_pi[y]);
    if (flow > -INFINITY) s->edge[s->edges++] = (Edge){(PetscInt)x, (PetscInt)y, flow};
  }
}

/* The best edge of every group; edges inside groups are dropped. Returns the largest log rate. */
static PetscReal Look(Forest *s)
{
  PetscReal top = -INFINITY;
  PetscInt kept = 0;

  for (PetscInt64 c = 0; c < s->g->local_cells; c++) s->best[c] = -1;
  for (PetscInt i = 0; i < s->edges; i++) {
    const PetscInt ends[2] = {Root(s, s->edge[i].x), Root(s, s->edge[i].y)};
    if (ends[0] == ends[1]) continue;
    s->edge[kept] = (Edge){ends[0], ends[1], s->edge[i].flow};
    for (int k = 0; k < 2; k++) {
      PetscInt *best = &s->best[ends[k]];
      if (*best < 0 || s->edge[kept].flow > s->edge[*best].flow) *best = kept;
      top = PetscMax(top, s->edge[kept].flow - s->mass[ends[k]]);
    }
    kept++;
  }
  s->edges = kept;
  return top;
}

static PetscReal Join(Forest *s, PetscReal from, PetscInt most)
{
  PetscReal slowest = INFINITY;

  for (PetscInt c = 0; c < (PetscInt)s->g->local_cells && s->groups > most; c++) {
    if (s->parent[c] != c || s->best[c] < 0) continue;
    const Edge *e = &s->edge[s->best[c]];
    const PetscInt x = Root(s, e->x), y = Root(s, e->y);
    if (x == y || e->flow - s->mass[c] < from) continue;
    slowest = PetscMin(slowest, e->flow - s->mass[c]);
    s->mass[y] = Sum(s->mass[x], s->mass[y]);
    s->parent[x] = y;
    s->groups--;
  }
  return slowest;
}

/* What no edge joins any more, cells behind walls that no rate crosses: the lightest groups become
 * one. Returns the logarithm of its mass. */
static PetscErrorCode Lump(Forest *s, PetscInt most, PetscReal *mass)
{
  PetscInt *root, n = 0;
  PetscReal *weight;

  PetscFunctionBegin;
  *mass = -INFINITY;
  if (s->groups <= most) PetscFunctionReturn(0);
  PetscCall(PetscMalloc2(s->groups, &root, s->groups, &weight));
  for (PetscInt c = 0; c < (PetscInt)s->g->local_cells; c++) {
    if (s->parent[c] != c) continue;
    weight[n] = isnan(s->mass[c]) ? INFINITY : s->mass[c];
    root[n++] = c;
  }
  PetscCall(PetscSortRealWithArrayInt(n, weight, root));
  for (PetscInt i = 0; s->groups > most; i++, s->groups--) {
    s->parent[root[i]] = root[i + 1];
    s->mass[root[i + 1]] = *mass = Sum(s->mass[root[i]], s->mass[root[i + 1]]);
  }
  PetscCall(PetscFree2(root, weight));
  PetscFunctionReturn(0);
}

static PetscErrorCode Grow(Forest *s, PetscInt most, PetscReal *slowest)
{
  PetscReal log_rate = INFINITY, lumped = 0;

  PetscFunctionBegin;
  OttoEdgesWalk(s->g, PETSC_FALSE, AddEdges, s);
  while (s->groups > most) {
    const PetscReal top = Look(s);
    if (!(top > -INFINITY)) break; /* nothing leads from one to another */
    log_rate = PetscMin(log_rate, Join(s, top - NEARLY, most));
  }
  PetscCall(Lump(s, most, &lumped));
  *slowest = lumped + log(s->g->cell_volume) > log(NOTHING) ? 0 : exp(log_rate);
  PetscFunctionReturn(0);
}

/* One group will do for closed cells, which hold nothing. */
static void JoinClosed(Forest *s)
{
  PetscInt last = -1;

  for (PetscInt c = 0; c < (PetscInt)s->g->local_cells; c++) {
    if (s->log_pi[c] > -INFINITY) continue;
    if (last >= 0) {
      s->parent[last] = c;
      s->groups--;
    }
    last = c;
  }
}

PetscErrorCode OttoWells(const OttoGridInfo *g, const OttoRates *rates, const PetscReal log_pi[],
                         PetscInt most, PetscInt group[], PetscInt *count, PetscReal *slowest)
{
  const size_t cells = (size_t)g->local_cells;
  Forest s = {.g = g, .rates = rates, .log_pi = log_pi, .groups = (PetscInt)cells};
  PetscMPIInt size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(g->comm, &size));
  s.alone = size == 1 ? PETSC_TRUE : PETSC_FALSE;
  PetscCall(PetscMalloc4(cells * (size_t)g->dim, &s.edge, cells, &s.parent, cells, &s.best, cells,
                         &s.mass));
  for (size_t c = 0; c < cells; c++) {
    s.parent[c] = (PetscInt)c;
    s.mass[c] = log_pi[c];
  }
  JoinClosed(&s);
  PetscCall(Grow(&s, most, slowest));
  *count = 0;
  for (PetscInt c = 0; c < (PetscInt)cells; c++)
    if (s.parent[c] == c) group[c] = (*count)++;
  for (PetscInt c = 0; c < (PetscInt)cells; c++) group[c] = group[Root(&s, c)];
  PetscCall(PetscFree4(s.edge, s.parent, s.best, s.mass));
  PetscFunctionReturn(0);
}
