#include "plan.h"
#include "boxes.h"
#include "matching.h"
#include "parcels.h"
#include <otto/field.h>
#include <math.h>

/* Atoms on their way to columns: sums over the atoms that each target cell gets. */
typedef struct {
  const OttoGridInfo *g;
  const PetscReal *const *lower, *const *upper;
  const PetscReal *p;
  PetscReal *columns; /* [local_cells][OTTO_COLUMN(dim)] */
  PetscInt64 next;    /* source cell */
} Split;

/* x - y on an axis in cells; on a periodic one by the nearest image. */
static inline PetscReal Between(PetscInt64 cells, PetscInt64 n, PetscBool periodic)
{
  if (periodic && (2 * cells > n || 2 * cells < -n)) {
    cells %= n;
    if (2 * cells > n) cells -= n;
    if (2 * cells < -n) cells += n;
  }
  return (PetscReal)cells;
}

/* An atom of `mass` at x, of which from = x - y. */
static inline void AddAtom(PetscReal column[], PetscInt dim, PetscReal mass, const PetscReal from[])
{
  PetscReal square = 0;

  column[0] += mass;
  for (PetscInt j = 0; j < dim; j++) {
    column[1 + j] += mass * from[j];
    square += from[j] * from[j];
  }
  column[1 + dim] += mass * square;
}

/* Splits the atom of cell idx over its box. */
static PetscErrorCode SplitAtom(const Split *s, const OttoBox *box, const PetscInt64 idx[],
                                PetscReal mass, OttoParcels parcels)
{
  const OttoGridInfo *g = s->g;
  const OttoSpan *side = box->side + OTTO_BOX_DIM - g->dim;
  const PetscInt last = g->dim - 1;
  PetscInt64 at[OTTO_BOX_DIM] = {0}, to[OTTO_MAX_DIM];
  PetscReal parcel[1 + OTTO_BOX_DIM]; /* mass and x - y */
  PetscInt j = 0;

  PetscFunctionBegin;
  while (j >= 0) {
    PetscBool own = PETSC_TRUE;
    PetscInt64 place = 0;
    PetscMPIInt owner = g->rank;
    parcel[0] = mass;
    for (j = 0; j <= last; j++) {
      const PetscBool periodic = (PetscBool)(g->boundary[j] == OTTO_BOUNDARY_PERIODIC);
      parcel[0] *= OttoSpanShare(&side[j], at[j]);
      parcel[1 + j] = g->h[j] * Between(idx[j] - side[j].first - at[j], g->n[j], periodic);
      to[j] = side[j].cell + at[j];
      if (to[j] >= g->n[j]) to[j] %= g->n[j];
      const PetscInt64 local = to[j] - g->first[j];
      if (local < 0 || local >= g->local[j]) own = PETSC_FALSE;
      place = place * g->local[j] + local;
    }
    if (!own) place = OttoGridOwner(g, to, &owner);
    if (owner == g->rank)
      AddAtom(s->columns + place * OTTO_COLUMN(g->dim), g->dim, parcel[0], parcel + 1);
    else
      PetscCall(OttoParcelsPost(parcels, owner, place, parcel));
    for (j = last; j >= 0 && ++at[j] == side[j].count; j--) at[j] = 0;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode Posts(OttoParcels parcels, void *context, PetscBool *done)
{
  Split *s = (Split *)context;
  PetscInt64 idx[OTTO_MAX_DIM];
  OttoBox box;

  PetscFunctionBegin;
  for (; s->next < s->g->local_cells && !OttoParcelsFull(parcels); s->next++) {
    const PetscReal mass = s->p[s->next] * s->g->cell_volume;
    if (mass == 0) continue;
    if (!OttoBoxOf(s->g, s->lower, s->upper, s->next, &box))
      OttoFail(OTTO_ERR_NUMERICAL, "a map sends a cell to a place that is no number");
    OttoGridCellIndex(s->g, s->next, idx);
    PetscCall(SplitAtom(s, &box, idx, mass, parcels));
  }
  *done = (PetscBool)(s->next == s->g->local_cells);
  PetscFunctionReturn(0);
}

static PetscErrorCode Takes(PetscInt64 place, const PetscReal values[], void *context)
{
  const Split *s = (const Split *)context;

  AddAtom(s->columns + place * OTTO_COLUMN(s->g->dim), s->g->dim, values[0], values + 1);
  return 0;
}

/* Of every column what q has room for stays, the rest is left in it; returns twice the cost of
 * what stays. */
static OttoSum Keep(const OttoGridInfo *g, const PetscReal q[], PetscReal columns[])
{
  const PetscInt width = OTTO_COLUMN(g->dim);
  OttoSum stays = {0, 0};

  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscReal *column = columns + c * width;
    const PetscReal room = q[c] * g->cell_volume, excess = column[0] - room;
    if (excess > 0) {
      const PetscReal leaves = excess / column[0];
      OttoSumAdd(&stays, (room / column[0]) * column[width - 1]);
      column[0] = excess;
      for (PetscInt k = 1; k < width; k++) column[k] *= leaves;
    } else {
      OttoSumAdd(&stays, column[width - 1]);
      column[0] = excess;
      for (PetscInt k = 1; k < width; k++) column[k] = 0;
    }
  }
  return stays;
}

PetscErrorCode OttoPlanCost(OttoGrid grid, const PetscReal p[], const PetscReal q[],
                            const PetscReal *const lower[], const PetscReal *const upper[],
                            PetscReal *cost)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  Split s = {.g = g, .lower = lower, .upper = upper, .p = p};
  PetscErrorCode code;
  OttoSum stays;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  OttoCheckInput(g->dim <= OTTO_BOX_DIM, "transport: the grid has %d axes: at most %d", (int)g->dim,
                 OTTO_BOX_DIM);
  code = PetscCalloc1((size_t)(g->local_cells * OTTO_COLUMN(g->dim)), &s.columns);
  PetscCall(OttoAgree(g->comm, code));
  code = OttoParcelsSwap(g->comm, 1 + g->dim, Posts, Takes, &s);
  if (!code) {
    stays = Keep(g, q, s.columns);
    code = OttoSumReduce(g->comm, 1, &stays);
  }
  if (!code) {
    *cost = OttoSumValue(stays) / 2;
    code = OttoMatchExcess(grid, s.columns, cost);
  }
  PetscCall(PetscFree(s.columns));
  PetscFunctionReturn(code);
}
