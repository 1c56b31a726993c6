#include "reach.h"
#include "grid/edges.h"

typedef struct {
  const OttoGridInfo *g;
  const OttoRates *rates;
  OttoReachWay way;
  PetscBool *marked;
  PetscInt64 *queue, first, last; /* own cells whose neighbours are to be looked at */
  OttoSurrounded beside;          /* marks, with those of ghosts */
} Reach;

/* Whether the edge above cell `lower` is passed from the marked end on to the other, which is its
 * upper one or its lower one. */
static PetscBool Leads(const Reach *r, PetscInt axis, PetscInt64 lower, PetscBool to_upper)
{
  const PetscReal up = r->rates->up[axis][lower], down = r->rates->down[axis][lower];
  const PetscReal z = r->rates->force[axis][lower];
  const PetscBool rises = to_upper == (r->way == OTTO_REACH_ALONG) ? PETSC_TRUE : PETSC_FALSE;

  return (rises ? OttoLogRate(up, down, z) : OttoLogRate(down, up, -z)) > -INFINITY ? PETSC_TRUE
                                                                                    : PETSC_FALSE;
}

static void Mark(Reach *r, PetscInt64 cell)
{
  if (r->marked[cell]) return;
  r->marked[cell] = PETSC_TRUE;
  r->queue[r->last++] = cell;
}

/* Over all edges between own cells. */
static void Spread(Reach *r)
{
  while (r->first < r->last) {
    const PetscInt64 c = r->queue[r->first++];
    for (PetscInt j = 0; j < r->g->dim; j++)
      for (int side = -1; side <= 1; side += 2) {
        const PetscInt64 y = OttoEdgesNeighbour(r->g, c, j, side);
        if (y < 0 || y >= r->g->local_cells) continue;
        if (Leads(r, j, side > 0 ? c : y, side > 0 ? PETSC_TRUE : PETSC_FALSE)) Mark(r, y);
      }
  }
}

/* From ghosts, which are other ranks' cells or own ones beyond a periodic face. */
static void Enter(const OttoEdges *e, void *context)
{
  Reach *r = (Reach *)context;
  const PetscInt64 own = r->g->local_cells;
  const PetscReal *x = OttoSurroundedAt(&r->beside, e->x), *y = OttoSurroundedAt(&r->beside, e->y);

  for (PetscInt64 i = 0; i < e->n && e->x >= own; i++)
    if (x[i] > 0 && Leads(r, e->axis, e->x + i, PETSC_TRUE)) Mark(r, e->y + i);
  for (PetscInt64 i = 0; i < e->n && e->y >= own; i++)
    if (y[i] > 0 && Leads(r, e->axis, e->x + i, PETSC_FALSE)) Mark(r, e->x + i);
}

/* On every rank as far as it goes, then over to others, until none has gone further. */
static PetscErrorCode Rounds(Reach *r, OttoHalo halo, PetscReal marks[])
{
  PetscMPIInt further = 1;

  PetscFunctionBegin;
  while (further) {
    Spread(r);
    for (PetscInt64 c = 0; c < r->g->local_cells; c++) marks[c] = r->marked[c] ? 1 : 0;
    PetscCall(OttoHaloSurround(halo, marks, &r->beside));
    OttoEdgesWalk(r->g, PETSC_TRUE, Enter, r);
    PetscCall(OttoHaloRelease(halo, &r->beside));
    further = r->first < r->last;
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &further, 1, MPI_INT, MPI_MAX, r->g->comm));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoReach(OttoGenerator s, OttoReachWay way, PetscBool marked[])
{
  OttoGrid grid = OttoGeneratorGetGrid(s);
  Reach r = {.g = OttoGridGetInfo(grid), .rates = OttoGeneratorGetRates(s), .way = way};
  PetscReal *marks = NULL;
  OttoHalo halo;

  PetscFunctionBegin;
  r.marked = marked;
  PetscCall(OttoGridGetHalo(grid, 1, &halo));
  PetscCall(
      OttoAgree(r.g->comm, PetscMalloc2(r.g->local_cells, &r.queue, r.g->local_cells, &marks)));
  for (PetscInt64 c = 0; c < r.g->local_cells; c++)
    if (marked[c]) r.queue[r.last++] = c;
  PetscCall(Rounds(&r, halo, marks));
  PetscCall(PetscFree2(r.queue, marks));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoReachLoss(OttoGenerator s, PetscBool marked[])
{
  const OttoRates *r = OttoGeneratorGetRates(s);

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < OttoGridGetInfo(OttoGeneratorGetGrid(s))->local_cells; c++)
    marked[c] = PETSC_FALSE;
  for (PetscInt64 i = 0; i < r->losses; i++) marked[r->loss[i].cell] = PETSC_TRUE;
  PetscCall(OttoReach(s, OTTO_REACH_AGAINST, marked));
  PetscFunctionReturn(0);
}
