#include "components.h"
#include "edges.h"
#include <otto/field.h>

typedef struct {
  const OttoGridInfo *g;
  const OttoRates *rates;
  PetscBool *linked;     /* the cell has an edge */
  PetscInt *parent;      /* union-find; roots are their own, and the least cells of their trees */
  PetscReal *label;      /* of a root: the least global number known of its piece */
  OttoSurrounded labels; /* of all cells and the planes around */
  PetscReal cut, changed;
} Search;

static PetscInt Root(PetscInt parent[], PetscInt c)
{
  while (parent[c] != c) c = parent[c] = parent[parent[c]];
  return c;
}

static void Cut(const OttoEdges *e, void *context)
{
  Search *s = (Search *)context;
  const PetscReal *up = s->rates->up[e->axis] + e->x, *down = s->rates->down[e->axis] + e->x;

  for (PetscInt64 i = 0; i < e->n; i++)
    if (!(up[i] > 0 || down[i] > 0)) s->cut = 1;
}

static void Join(const OttoEdges *e, void *context)
{
  Search *s = (Search *)context;
  const PetscReal *up = s->rates->up[e->axis] + e->x, *down = s->rates->down[e->axis] + e->x;

  const PetscBool below = e->x < 0, above = e->y >= s->g->local_cells;
  for (PetscInt64 i = 0; i < e->n; i++) {
    if (!(up[i] > 0 || down[i] > 0)) continue;
    if (!below) s->linked[e->x + i] = PETSC_TRUE;
    if (!above) s->linked[e->y + i] = PETSC_TRUE;
    if (below || above) continue;
    const PetscInt a = Root(s->parent, (PetscInt)(e->x + i));
    const PetscInt b = Root(s->parent, (PetscInt)(e->y + i));
    s->parent[PetscMax(a, b)] = PetscMin(a, b);
  }
}

/* Labels of neighbouring ranks' cells. */
static void Lower(const OttoEdges *e, void *context)
{
  Search *s = (Search *)context;
  const PetscReal *up = s->rates->up[e->axis] + e->x, *down = s->rates->down[e->axis] + e->x;
  const PetscInt64 cells = s->g->local_cells;

  if (e->x >= 0 && e->y < cells) return;
  const PetscReal *theirs = OttoSurroundedAt(&s->labels, e->x < 0 ? e->x : e->y);
  const PetscInt64 own = e->x < 0 ? e->y : e->x;
  if (own < 0 || own >= cells) return;
  for (PetscInt64 i = 0; i < e->n; i++) {
    PetscReal *label = &s->label[Root(s->parent, (PetscInt)(own + i))];
    if (!(up[i] > 0 || down[i] > 0) || !(theirs[i] < *label)) continue;
    *label = theirs[i];
    s->changed = 1;
  }
}

/* The least global number of the piece of every cell, in `all`. */
static PetscErrorCode Label(OttoGrid grid, Search *s, PetscReal all[], PetscReal ghost[])
{
  const OttoGridInfo *g = s->g;
  OttoHalo halo;

  PetscFunctionBegin;
  OttoEdgesWalk(g, PETSC_TRUE, Join, s);
  for (PetscInt64 c = 0; c < g->local_cells; c++)
    s->label[c] = (PetscReal)(g->start * g->plane_cells + c);
  PetscCall(OttoHaloCreate(grid, 1, &halo));
  s->labels = (OttoSurrounded){g, all, ghost, ghost + g->plane_cells};
  do {
    for (PetscInt64 c = 0; c < g->local_cells; c++) all[c] = s->label[Root(s->parent, (PetscInt)c)];
    PetscCall(OttoHaloExchange(halo, all, ghost, ghost + g->plane_cells));
    s->changed = 0;
    OttoEdgesWalk(g, PETSC_TRUE, Lower, s);
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &s->changed, 1, MPIU_REAL, MPIU_MAX, g->comm));
  } while (s->changed > 0);
  PetscCall(OttoHaloDestroy(&halo));
  PetscFunctionReturn(0);
}

static PetscBool Names(const Search *s, const PetscReal all[], PetscInt64 c)
{
  const PetscReal own = (PetscReal)(s->g->start * s->g->plane_cells + c);

  return s->linked[c] && all[c] == own ? PETSC_TRUE : PETSC_FALSE;
}

/* Numbers from labels: a piece is counted where its label is the cell's own number. */
static PetscErrorCode Number(const Search *s, const PetscReal all[], OttoComponents *out)
{
  const OttoGridInfo *g = s->g;
  PetscMPIInt own = 0, total = 0, *counts, *from;
  PetscReal *mine, *labels;

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < g->local_cells; c++) own += Names(s, all, c) ? 1 : 0;
  PetscCall(PetscMalloc3(g->size, &counts, g->size, &from, own, &mine));
  PetscCallMPI(MPI_Allgather(&own, 1, MPI_INT, counts, 1, MPI_INT, g->comm));
  for (PetscMPIInt k = 0; k < g->size; total += counts[k++]) from[k] = total;
  PetscCall(PetscMalloc1(total, &labels));
  own = 0;
  for (PetscInt64 c = 0; c < g->local_cells; c++)
    if (Names(s, all, c)) mine[own++] = all[c];
  PetscCallMPI(MPI_Allgatherv(mine, own, MPIU_REAL, labels, counts, from, MPIU_REAL, g->comm));
  for (PetscInt64 c = 0; c < g->local_cells; c++) { /* labels ascend */
    PetscInt low = 0, high = total - 1;
    while (low < high) {
      const PetscInt middle = (low + high) / 2;
      if (labels[middle] < all[c])
        low = middle + 1;
      else
        high = middle;
    }
    out->of[c] = s->linked[c] ? low : -1;
  }
  out->count = total;
  PetscCall(PetscFree(labels));
  PetscCall(PetscFree3(counts, from, mine));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoComponentsFind(OttoGenerator generator, OttoComponents *components)
{
  OttoGrid grid = OttoGeneratorGetGrid(generator);
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  Search s = {.g = g, .rates = OttoGeneratorGetRates(generator)};
  PetscReal *all, *ghost;

  PetscFunctionBegin;
  PetscCall(OttoComponentsFree(components));
  components->count = 1;
  OttoEdgesWalk(g, PETSC_FALSE, Cut, &s);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &s.cut, 1, MPIU_REAL, MPIU_MAX, g->comm));
  if (!(s.cut > 0)) PetscFunctionReturn(0);
  PetscCall(OttoAgree(g->comm, PetscMalloc1(g->local_cells, &components->of)));
  PetscCall(OttoAgree(g->comm, PetscMalloc4(g->local_cells, &s.parent, g->local_cells, &s.label,
                                            g->local_cells, &all, 2 * g->plane_cells, &ghost)));
  PetscCall(OttoAgree(g->comm, PetscCalloc1(g->local_cells, &s.linked)));
  for (PetscInt64 c = 0; c < g->local_cells; c++) s.parent[c] = (PetscInt)c;
  PetscCall(Label(grid, &s, all, ghost));
  PetscCall(Number(&s, all, components));
  PetscCall(PetscFree(s.linked));
  PetscCall(PetscFree4(s.parent, s.label, all, ghost));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoComponentsFree(OttoComponents *components)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(components->of));
  components->count = 0;
  PetscFunctionReturn(0);
}
