/* What sets must be for a chain: not empty, not all there is, to be reached, apart. */
#include "sets_impl.h"
#include "grid/edges.h"
#include "reach.h"
#include <stdio.h>

#define NAMES (16 * OTTO_SETS)
#define UNDERFLOWS 700. /* T over an edge, from which on its rate against the force does */

void OttoCellsAdd(const OttoGridInfo *g, PetscInt64 cell, OttoCells *cells)
{
  PetscInt64 index[OTTO_MAX_DIM], number = 0;

  OttoGridCellIndex(g, cell, index);
  for (PetscInt j = 0; j < g->dim; j++) number = number * g->n[j] + index[j];
  cells->count++;
  cells->first = PetscMin(cells->first, number);
}

PetscErrorCode OttoCellsShare(const OttoGridInfo *g, OttoCells *cells, char place[], size_t size)
{
  PetscReal x[OTTO_MAX_DIM];

  PetscFunctionBegin;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &cells->count, 1, MPIU_INT64, MPI_SUM, g->comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &cells->first, 1, MPIU_INT64, MPI_MIN, g->comm));
  PetscInt64 number = cells->count ? cells->first : 0;
  for (PetscInt j = g->dim - 1; j >= 0; j--) {
    x[j] = OttoGridCentre(g, j, number % g->n[j]);
    number /= g->n[j];
  }
  OttoGridFormatPoint(g->dim, x, place, size);
  PetscFunctionReturn(0);
}

/* "set_a, set_b" of those listed. */
static void Names(const OttoSets *s, PetscInt count, const PetscInt labels[], char names[NAMES])
{
  size_t used = 0;

  names[0] = 0;
  for (PetscInt i = 0; i < count; i++)
    used += (size_t)snprintf(names + used, NAMES - used, "%sset_%c", i ? ", " : "",
                             s->letter[labels[i] - 1]);
}

PetscErrorCode OttoSetsAdmit(OttoSets *s, OttoGenerator generator)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  Vec open = OttoGeneratorGetOpen(generator);
  PetscInt64 cells[OTTO_SETS + 1] = {0};
  const PetscScalar *is_open = NULL;
  PetscInt all[OTTO_SETS];
  PetscScalar *label;
  char names[NAMES];

  PetscFunctionBegin;
  OttoNeedGenerator(generator);
  if (open) PetscCall(VecGetArrayRead(open, &is_open));
  PetscCall(VecGetArray(s->label, &label));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    if (is_open && is_open[c] == 0) label[c] = 0;
    if (!is_open || is_open[c] != 0) cells[(PetscInt)label[c]]++;
  }
  PetscCall(VecRestoreArray(s->label, &label));
  if (open) PetscCall(VecRestoreArrayRead(open, &is_open));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, cells, OTTO_SETS + 1, MPIU_INT64, MPI_SUM, g->comm));
  for (PetscInt k = 0; k < s->count; k++) {
    all[k] = k + 1;
    OttoCheckInput(s->cells[k] > 0, "set_%c: no cell of the grid has its centre in it",
                   s->letter[k]);
    OttoCheckInput(cells[k + 1] > 0, "set_%c: all %" PetscInt64_FMT " cells in it are closed",
                   s->letter[k], s->cells[k]);
    s->cells[k] = cells[k + 1];
  }
  Names(s, s->count, all, names);
  OttoCheckInput(cells[0] > 0, "%s: every open cell of the grid is in %s: there is no way to go",
                 names, s->count > 1 ? "one of them" : "it");
  PetscFunctionReturn(0);
}

/* Labels 1 … count in the cells of the sets listed. */
static PetscErrorCode Renumber(const OttoSets *s, PetscInt count, const PetscInt labels[], Vec *to)
{
  const PetscInt64 cells = OttoGridGetInfo(s->grid)->local_cells;
  PetscReal as[OTTO_SETS + 1] = {0};
  PetscScalar *label;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < count; i++) as[labels[i]] = (PetscReal)i + 1;
  PetscCall(VecDuplicate(s->label, to));
  PetscCall(VecCopy(s->label, *to));
  PetscCall(VecGetArray(*to, &label));
  for (PetscInt64 c = 0; c < cells; c++) label[c] = as[(PetscInt)label[c]];
  PetscCall(VecRestoreArray(*to, &label));
  PetscFunctionReturn(0);
}

/* Open cells that lead to no loss. */
static PetscErrorCode Lost(OttoGenerator generator, OttoCells *lost, char place[], size_t size)
{
  const OttoGridInfo *g = OttoGridGetInfo(OttoGeneratorGetGrid(generator));
  const PetscInt *part = OttoGeneratorGetComponent(generator);
  PetscBool *leaves;

  PetscFunctionBegin;
  PetscCall(OttoAgree(g->comm, PetscMalloc1(g->local_cells, &leaves)));
  PetscCall(OttoReachLoss(generator, leaves));
  for (PetscInt64 c = 0; c < g->local_cells; c++)
    if (!(part && part[c] < 0) && !leaves[c]) OttoCellsAdd(g, c, lost);
  PetscCall(PetscFree(leaves));
  PetscCall(OttoCellsShare(g, lost, place, size));
  PetscFunctionReturn(0);
}

/* Every target takes something. */
static PetscErrorCode CheckFaces(const OttoSets *s, PetscInt count, const PetscInt labels[],
                                 OttoGenerator generator)
{
  const OttoRates *r = OttoGeneratorGetRates(generator);
  PetscInt takes[OTTO_FACES + OTTO_SETS] = {0};
  PetscReal peclet = 0, step = 0;

  PetscFunctionBegin;
  for (PetscInt64 i = 0; i < r->losses; i++) takes[r->loss[i].face] = 1;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, takes, OTTO_FACES + OTTO_SETS, MPIU_INT, MPI_MAX,
                             OttoGridGetInfo(s->grid)->comm));
  PetscCall(OttoGeneratorSteepness(generator, &peclet, &step));
  for (PetscInt i = 0; i < count; i++)
    OttoCheckInput(takes[OTTO_FACES + i],
                   "set_%c: cannot be reached: closed cells, or other sets, lie all round it%s%s",
                   s->letter[labels[i] - 1],
                   OttoGeneratorIsOneWay(generator)
                       ? ", or a velocity leads away from it where the mobility is 0"
                       : "",
                   peclet > UNDERFLOWS ? ", or forces keep all out (rates underflow)" : "");
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSetsTarget(const OttoSets *s, PetscInt count, const PetscInt labels[],
                              OttoGenerator generator)
{
  OttoCells lost = OTTO_NO_CELLS;
  char names[NAMES], place[160];
  Vec label = NULL;

  PetscFunctionBegin;
  OttoNeedGenerator(generator);
  if (count) PetscCall(Renumber(s, count, labels, &label));
  PetscCall(OttoGeneratorSetTargets(generator, count, label));
  PetscCall(VecDestroy(&label));
  PetscCall(CheckFaces(s, count, labels, generator));
  PetscCall(Lost(generator, &lost, place, sizeof place));
  Names(s, count, labels, names);
  OttoCheckInput(
      lost.count == 0,
      "%s: cannot be reached from %" PetscInt64_FMT " open cells, one of them at %s: "
      "closed cells lie between%s%s",
      count ? names : "grid_boundary", lost.count, place,
      OttoGeneratorIsOneWay(generator) ? ", or a velocity leads away where the mobility is 0" : "",
      count ? "; close these as well (potential_mask)" : "");
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSetsLead(const OttoSets *s, PetscInt from, PetscInt to, OttoGenerator generator)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  OttoCells arrived = OTTO_NO_CELLS;
  const PetscScalar *label;
  PetscBool *marked;
  char place[160];

  PetscFunctionBegin;
  OttoNeedGenerator(generator);
  PetscCall(OttoGeneratorSetTargets(generator, 0, NULL));
  PetscCall(OttoAgree(g->comm, PetscMalloc1(g->local_cells, &marked)));
  PetscCall(VecGetArrayRead(s->label, &label));
  for (PetscInt64 c = 0; c < g->local_cells; c++)
    marked[c] = label[c] == (PetscReal)from ? PETSC_TRUE : PETSC_FALSE;
  PetscCall(OttoReach(generator, OTTO_REACH_ALONG, marked));
  for (PetscInt64 c = 0; c < g->local_cells; c++)
    if (marked[c] && label[c] == (PetscReal)to) OttoCellsAdd(g, c, &arrived);
  PetscCall(VecRestoreArrayRead(s->label, &label));
  PetscCall(PetscFree(marked));
  PetscCall(OttoCellsShare(g, &arrived, place, sizeof place));
  OttoCheckInput(
      arrived.count > 0,
      "set_%c: cannot be reached from set_%c: closed cells lie between%s; without set_a "
      "there are mean times and which end comes first, but no rates",
      s->letter[to - 1], s->letter[from - 1],
      OttoGeneratorIsOneWay(generator) ? ", or a velocity leads away where the mobility is 0" : "");
  PetscFunctionReturn(0);
}

typedef struct {
  OttoSurrounded label;
  const OttoGridInfo *g;
  PetscReal one, other;
  OttoCells cells; /* of both, beside each other */
} Beside;

static void Look(const OttoEdges *e, void *context)
{
  Beside *b = (Beside *)context;
  const PetscReal *x = OttoSurroundedAt(&b->label, e->x), *y = OttoSurroundedAt(&b->label, e->y);

  for (PetscInt64 i = 0; i < e->n; i++)
    if ((x[i] == b->one && y[i] == b->other) || (x[i] == b->other && y[i] == b->one))
      OttoCellsAdd(b->g, e->x + i, &b->cells);
}

PetscErrorCode OttoSetsApart(const OttoSets *s, PetscInt one, PetscInt other)
{
  Beside b = {.g = OttoGridGetInfo(s->grid),
              .one = (PetscReal)one,
              .other = (PetscReal)other,
              .cells = OTTO_NO_CELLS};
  OttoHalo halo;
  char place[160];

  PetscFunctionBegin;
  PetscCall(OttoGridGetHalo(s->grid, 1, &halo));
  PetscCall(OttoFieldSurround(halo, s->label, &b.label));
  OttoEdgesWalk(b.g, PETSC_FALSE, Look, &b);
  PetscCall(OttoFieldRelease(halo, s->label, &b.label));
  PetscCall(OttoCellsShare(b.g, &b.cells, place, sizeof place));
  OttoCheckInput(b.cells.count == 0,
                 "set_%c, set_%c: they touch, at %s and %" PetscInt64_FMT " more faces; between "
                 "sets that touch what passes in unit time is infinite: leave cells between them",
                 s->letter[one - 1], s->letter[other - 1], place, b.cells.count - 1);
  PetscFunctionReturn(0);
}
