/* The parts of the grid between which no rate leads, by union and find on every rank, whose labels
 * then spread from rank to rank until none changes. */
#include "relaxation_impl.h"
#include "edges.h"
#include <math.h>

typedef struct {
  const OttoGridInfo *g;
  const OttoRates *rates;
  PetscInt64 *parent; /* of cells and the planes around them, from the plane below on */
  PetscReal *label;   /* of a root: the least global number met */
} Parts;

static PetscInt64 Root(PetscInt64 parent[], PetscInt64 i)
{
  while (parent[i] != i) i = parent[i] = parent[parent[i]];
  return i;
}

static void Join(const OttoEdges *e, void *context)
{
  Parts *s = (Parts *)context;
  const PetscReal *up = s->rates->up[e->axis] + e->x, *down = s->rates->down[e->axis] + e->x;
  const PetscInt64 below = s->g->plane_cells;

  for (PetscInt64 i = 0; i < e->n; i++) {
    if (!(up[i] > 0 || down[i] > 0)) continue;
    const PetscInt64 x = Root(s->parent, below + e->x + i), y = Root(s->parent, below + e->y + i);
    if (x != y) s->parent[PetscMax(x, y)] = PetscMin(x, y);
  }
}

/* Own labels to the neighbours and theirs to the roots here, until nothing changes anywhere. */
static PetscErrorCode Spread(OttoGrid grid, Parts *s, PetscReal own[], PetscReal ghost[])
{
  const OttoGridInfo *g = s->g;
  const PetscInt64 plane = g->plane_cells, all = g->local_cells + 2 * plane;
  OttoHalo halo;

  PetscFunctionBegin;
  PetscCall(OttoHaloCreate(grid, 1, &halo));
  for (PetscInt64 i = 0; i < all; i++) s->label[i] = INFINITY;
  for (PetscMPIInt changed = 1; changed;) {
    changed = 0;
    for (PetscInt64 c = 0; c < g->local_cells; c++) {
      PetscReal *label = s->label + Root(s->parent, plane + c);
      *label = PetscMin(*label, (PetscReal)(g->start * plane + c));
    }
    for (PetscInt64 c = 0; c < g->local_cells; c++) own[c] = s->label[Root(s->parent, plane + c)];
    PetscCall(OttoHaloExchange(halo, own, ghost, ghost + plane));
    for (PetscInt64 i = 0; i < 2 * plane && g->planes; i++) {
      PetscReal *label = s->label + Root(s->parent, i < plane ? i : g->local_cells + i);
      if (!(ghost[i] < *label)) continue;
      *label = ghost[i];
      changed = 1;
    }
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &changed, 1, MPI_INT, MPI_MAX, g->comm));
  }
  PetscCall(OttoHaloDestroy(&halo));
  PetscFunctionReturn(0);
}

/* A mirror plane beyond a wall is joined to nothing, and must not lend its label. */
static PetscErrorCode Label(OttoGenerator generator, PetscReal own[])
{
  OttoGrid grid = OttoGeneratorGetGrid(generator);
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscInt64 all = g->local_cells + 2 * g->plane_cells;
  Parts s = {g, OttoGeneratorGetRates(generator), NULL, NULL};
  PetscReal *ghost = NULL;

  PetscFunctionBegin;
  PetscCall(
      OttoAgree(g->comm, PetscMalloc3(all, &s.parent, all, &s.label, 2 * g->plane_cells, &ghost)));
  for (PetscInt64 i = 0; i < all; i++) s.parent[i] = i;
  OttoEdgesWalk(g, PETSC_TRUE, Join, &s);
  PetscCall(Spread(grid, &s, own, ghost));
  PetscCall(PetscFree3(s.parent, s.label, ghost));
  PetscFunctionReturn(0);
}

/* The labels in use, each where its own cell is, on every rank in order. */
static PetscErrorCode Collect(const OttoGridInfo *g, const PetscReal own[], const PetscReal leave[],
                              PetscInt most, PetscReal labels[], PetscInt *count)
{
  PetscInt64 here = 0, before = 0, all = 0;

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < g->local_cells; c++)
    here += leave[c] > 0 && own[c] == (PetscReal)(g->start * g->plane_cells + c);
  PetscCallMPI(MPI_Exscan(&here, &before, 1, MPIU_INT64, MPI_SUM, g->comm));
  if (g->rank == 0) before = 0;
  PetscCallMPI(MPI_Allreduce(&here, &all, 1, MPIU_INT64, MPI_SUM, g->comm));
  if (all > most)
    OttoFail(OTTO_ERR_SOLVER,
             "relaxation rates: the grid falls into %lld parts between which nothing passes; at "
             "most %d are handled",
             (long long)all, (int)most);
  *count = (PetscInt)all;
  PetscCall(PetscArrayzero(labels, most));
  for (PetscInt64 c = 0; c < g->local_cells; c++)
    if (leave[c] > 0 && own[c] == (PetscReal)(g->start * g->plane_cells + c))
      labels[before++] = own[c];
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, labels, (PetscMPIInt)most, MPIU_REAL, MPI_SUM, g->comm));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoModeParts(OttoGenerator generator, PetscInt most, PetscInt part[],
                             PetscInt *count, PetscBool **absorbs)
{
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(generator));
  const OttoRates *rates = OttoGeneratorGetRates(generator);
  PetscReal *own = NULL, *labels = NULL;
  PetscMPIInt *lost = NULL;

  PetscFunctionBegin;
  PetscCall(OttoAgree(g->comm, PetscMalloc3(g->local_cells, &own, most, &labels, most, &lost)));
  PetscCall(Label(generator, own));
  PetscCall(Collect(g, own, rates->leave, most, labels, count));
  PetscCall(PetscArrayzero(lost, most));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    part[c] = -1;
    for (PetscInt k = 0; k < *count && rates->leave[c] > 0; k++)
      if (own[c] == labels[k]) part[c] = k;
    if (part[c] >= 0 && rates->killed && rates->killed[c] > 0) lost[part[c]] = 1;
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, lost, (PetscMPIInt)most, MPI_INT, MPI_MAX, g->comm));
  PetscCall(PetscMalloc1(most, absorbs));
  for (PetscInt k = 0; k < *count; k++) (*absorbs)[k] = lost[k] ? PETSC_TRUE : PETSC_FALSE;
  PetscCall(PetscFree3(own, labels, lost));
  PetscFunctionReturn(0);
}
