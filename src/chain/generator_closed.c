/* Closed cells and what they leave: which cells are open, and connected parts. */
#include <otto/options.h>
#include "generator_impl.h"
#include "core/message.h"
#include <math.h>

/* ---- which cells are open ---- */

/* The largest open V in place of +inf; `open` (NULL: none is wanted) 1 or 0. */
static void TakeOut(const OttoGridInfo *g, PetscReal largest, PetscReal V[], PetscReal open[])
{
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    if (open) open[c] = V[c] < INFINITY ? 1 : 0;
    if (!(V[c] < INFINITY)) V[c] = largest;
  }
}

/* Whether the cells at +inf are those that are closed already. */
static PetscErrorCode CheckSame(OttoGenerator s, const PetscReal V[], const PetscReal open[])
{
  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    PetscReal x[OTTO_MAX_DIM];
    char point[160];
    const PetscBool was = !open || open[c] > 0 ? PETSC_TRUE : PETSC_FALSE;
    if (was == (V[c] < INFINITY)) continue;
    OttoGridCellCentre(s->g, c, x);
    OttoGridFormatPoint(s->g->dim, x, point, sizeof point);
    OttoFail(
        OTTO_ERR_NUMERICAL,
        "potential_formula: the cell at %s %s at t = %g; which cells are closed may not change "
        "with time",
        point, was ? "closes" : "opens", (double)s->t);
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGeneratorFindClosed(OttoGenerator s)
{
  const OttoGridInfo *g = s->g;
  PetscReal largest = -INFINITY;
  PetscInt64 closed = 0;
  PetscErrorCode code = 0;
  PetscScalar *V, *open = NULL;

  PetscFunctionBegin;
  PetscCall(VecGetArray(s->V, &V));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    if (V[c] < INFINITY)
      largest = PetscMax(largest, V[c]);
    else
      closed++;
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &closed, 1, MPIU_INT64, MPI_SUM, g->comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &largest, 1, MPIU_REAL, MPIU_MAX, g->comm));
  if (!s->is_setup && closed) PetscCall(OttoFieldCreate(s->grid, &s->room));
  if (s->room) PetscCall(VecGetArray(s->room, &open));
  if (s->is_setup) code = OttoAgree(g->comm, CheckSame(s, V, open));
  if (!code) TakeOut(g, largest, V, open);
  if (s->room) PetscCall(VecRestoreArray(s->room, &open));
  PetscCall(VecRestoreArray(s->V, &V));
  PetscCall(code);
  OttoCheckInput(closed < g->cells, "potential_mask: with it, or inf in the potential, all cells "
                                    "are closed: there is no state left");
  PetscFunctionReturn(0);
}

/* ---- connected parts ---- */

/* A forest over own cells: of two that are joined the later root points to the earlier. */
typedef struct {
  const OttoGridInfo *g;
  const PetscReal *open;
  PetscInt64 *parent;
} Forest;

static PetscInt64 Root(const Forest *f, PetscInt64 c)
{
  while (f->parent[c] != c) c = f->parent[c] = f->parent[f->parent[c]];
  return c;
}

static void Join(const OttoEdges *e, void *context)
{
  Forest *f = (Forest *)context;

  if (e->y >= f->g->local_cells) return; /* on another rank, or round: by halo */
  for (PetscInt64 i = 0; i < e->n; i++) {
    if (!(f->open[e->x + i] > 0 && f->open[e->y + i] > 0)) continue;
    const PetscInt64 x = Root(f, e->x + i), y = Root(f, e->y + i);
    f->parent[PetscMax(x, y)] = PetscMin(x, y);
  }
}

/* What lowers the labels of own cells beside other ranks' to theirs. */
typedef struct {
  const Forest *f;
  OttoSurrounded beside; /* labels */
  PetscReal *label;
  PetscMPIInt changed;
} Lowering;

/* Own cell c beside one of the label `beyond`. */
static void Lower(Lowering *s, PetscInt64 c, PetscReal beyond)
{
  if (!(s->f->open[c] > 0) || beyond < 0) return;
  const PetscInt64 root = Root(s->f, c);
  if (beyond >= s->label[root]) return;
  s->label[root] = beyond;
  s->changed = 1;
}

static void LowerEdges(const OttoEdges *e, void *context)
{
  Lowering *s = (Lowering *)context;
  const PetscInt64 own = s->f->g->local_cells;
  const PetscReal *x = OttoSurroundedAt(&s->beside, e->x), *y = OttoSurroundedAt(&s->beside, e->y);

  for (PetscInt64 i = 0; i < e->n && e->x >= own; i++) Lower(s, e->y + i, x[i]);
  for (PetscInt64 i = 0; i < e->n && e->y >= own; i++) Lower(s, e->x + i, y[i]);
}

/* label: of every own cell the least global number of a cell of its part; -1 where closed. Parts of
 * one rank are joined over other ranks' until none changes. */
static PetscErrorCode Label(OttoGenerator s, const Forest *f, PetscReal label[])
{
  const OttoGridInfo *g = s->g;
  Lowering lower = {.f = f, .label = label, .changed = 1};

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < g->local_cells; c++)
    label[c] = f->open[c] > 0 ? (PetscReal)(g->offset + Root(f, c)) : -1;
  while (lower.changed) {
    lower.changed = 0;
    PetscCall(OttoHaloSurround(s->halo, label, &lower.beside));
    OttoEdgesWalk(g, PETSC_TRUE, LowerEdges, &lower);
    PetscCall(OttoHaloRelease(s->halo, &lower.beside));
    for (PetscInt64 c = 0; c < g->local_cells; c++)
      if (f->open[c] > 0) label[c] = label[Root(f, c)];
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &lower.changed, 1, MPI_INT, MPI_MAX, g->comm));
  }
  PetscFunctionReturn(0);
}

/* Numbers the labels 0, 1, … in increasing order. */
static PetscErrorCode Number(OttoGenerator s, const PetscReal label[])
{
  const OttoGridInfo *g = s->g;
  PetscInt64 mine = 0, all_of_them = 0;
  PetscMPIInt count, *counts, *from;
  PetscReal *own, *all;
  PetscInt total = 0, low, high;

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(g->size, &counts, g->size, &from, g->local_cells, &own));
  for (PetscInt64 c = 0; c < g->local_cells; c++)
    if (label[c] == (PetscReal)(g->offset + c)) own[mine++] = label[c];
  PetscCallMPI(MPI_Allreduce(&mine, &all_of_them, 1, MPIU_INT64, MPI_SUM, g->comm));
  PetscCall(OttoMessageCount(all_of_them, "parts of open cells", &count));
  count = (PetscMPIInt)mine;
  PetscCallMPI(MPI_Allgather(&count, 1, MPI_INT, counts, 1, MPI_INT, g->comm));
  for (PetscMPIInt r = 0; r < g->size; total += counts[r++]) from[r] = (PetscMPIInt)total;
  PetscCall(PetscMalloc1(total, &all));
  PetscCallMPI(MPI_Allgatherv(own, count, MPIU_REAL, all, counts, from, MPIU_REAL, g->comm));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    for (low = 0, high = total; high - low > 1;) {
      const PetscInt middle = (low + high) / 2;
      if (all[middle] <= label[c])
        low = middle;
      else
        high = middle;
    }
    s->component[c] = label[c] < 0 ? -1 : low;
  }
  s->components = total;
  PetscCall(PetscFree(all));
  PetscCall(PetscFree3(counts, from, own));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGeneratorFindComponents(OttoGenerator s)
{
  const size_t cells = (size_t)s->g->local_cells;
  PetscReal *label = NULL;
  Forest f = {s->g, NULL, NULL};

  PetscFunctionBegin;
  PetscCall(PetscFree(s->component));
  s->components = 1;
  if (!s->open) PetscFunctionReturn(0);
  PetscErrorCode code = PetscMalloc2(cells, &f.parent, cells, &label);
  if (!code) code = PetscMalloc1(cells, &s->component);
  PetscCall(OttoAgree(s->g->comm, code));
  PetscCall(VecGetArrayRead(s->open, &f.open));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) f.parent[c] = c;
  OttoEdgesWalk(s->g, PETSC_FALSE, Join, &f);
  PetscCall(Label(s, &f, label));
  PetscCall(Number(s, label));
  PetscCall(VecRestoreArrayRead(s->open, &f.open));
  PetscCall(PetscFree2(f.parent, label));
  PetscFunctionReturn(0);
}
