#include "columns.h"
#include "boxes.h"
#include "parcels.h"

/* Columns on their way. */
typedef struct {
  const OttoGridInfo *g;
  const PetscReal *const *lower, *const *upper;
  const OttoColumns *from;
  OttoColumns *to;
  PetscInt64 next; /* column */
  PetscBool thin;
} Spread;

static PetscErrorCode Allocate(const OttoGridInfo *g, OttoColumns *columns)
{
  PetscFunctionBegin;
  OttoCheckInput(g->dim <= OTTO_BOX_DIM, "transport: the grid has %d axes: at most %d", (int)g->dim,
                 OTTO_BOX_DIM);
  columns->fields = g->dim + 2;
  for (PetscInt k = 0; k < columns->fields; k++)
    PetscCall(PetscCalloc1((size_t)g->local_cells + 1, &columns->sum[k]));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoColumnsCreate(OttoGrid grid, OttoColumns *columns)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);

  PetscFunctionBegin;
  PetscCall(OttoAgree(g->comm, Allocate(g, columns)));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoColumnsDestroy(OttoColumns *columns)
{
  PetscFunctionBegin;
  for (PetscInt k = 0; k < OTTO_COLUMN_FIELDS; k++) PetscCall(PetscFree(columns->sum[k]));
  PetscFunctionReturn(0);
}

void OttoColumnsSwap(OttoColumns *a, OttoColumns *b)
{
  const OttoColumns c = *a;

  *a = *b;
  *b = c;
}

/* From one cell to another on an axis, in cells; on a periodic one the shorter way round. */
static inline PetscReal Way(PetscInt64 cells, PetscInt64 n, PetscBool periodic)
{
  if (periodic && (2 * cells > n || 2 * cells < -n)) {
    cells %= n;
    if (2 * cells > n) cells -= n;
    if (2 * cells < -n) cells += n;
  }
  return (PetscReal)cells;
}

/* A part of a column, to a cell that stands `way` below. */
static inline void AddPart(const OttoColumns *to, PetscInt dim, PetscInt64 cell, PetscReal part,
                           const PetscReal from[], const PetscReal way[])
{
  const PetscInt last = dim + 1;
  const PetscReal mass = part * from[0];
  PetscReal second = part * from[last];

  to->sum[0][cell] += mass;
  for (PetscInt j = 0; j < last - 1; j++) {
    const PetscReal first = part * from[1 + j], more = mass * way[j];
    to->sum[1 + j][cell] += first + more;
    second += way[j] * (2 * first + more);
  }
  to->sum[last][cell] += second;
}

/* What a part is of its own, for a parcel. */
static void MakePart(const OttoGridInfo *g, PetscReal part, const PetscReal from[],
                     const PetscReal way[], PetscReal values[])
{
  OttoColumns one = {.fields = g->dim + 2};

  for (PetscInt k = 0; k < one.fields; k++) {
    values[k] = 0;
    one.sum[k] = values + k;
  }
  AddPart(&one, g->dim, 0, part, from, way);
}

/* Splits the column of cell idx over its box. */
static PetscErrorCode SpreadColumn(const Spread *s, const OttoBox *box, const PetscInt64 idx[],
                                   const PetscReal from[], OttoParcels parcels)
{
  const OttoGridInfo *g = s->g;
  const OttoSpan *side = box->side + OTTO_BOX_DIM - g->dim;
  const PetscInt last = g->dim - 1;
  PetscInt64 at[OTTO_BOX_DIM] = {0}, to[OTTO_MAX_DIM];
  PetscReal way[OTTO_BOX_DIM], values[OTTO_COLUMN_FIELDS];
  PetscInt j = 0;

  PetscFunctionBegin;
  while (j >= 0) {
    PetscReal part = 1;
    PetscMPIInt owner;
    for (j = 0; j <= last; j++) {
      const PetscBool periodic = (PetscBool)(g->boundary[j] == OTTO_BOUNDARY_PERIODIC);
      part *= OttoSpanShare(&side[j], at[j]);
      way[j] = g->h[j] * Way(idx[j] - side[j].first - at[j] * side[j].step, g->n[j], periodic);
      to[j] = (side[j].cell + at[j] * side[j].step) % g->n[j];
    }
    const PetscInt64 place = OttoGridOwner(g, to, &owner);
    if (owner == g->rank) {
      AddPart(s->to, g->dim, place, part, from, way);
    } else {
      MakePart(g, part, from, way, values);
      PetscCall(OttoParcelsPost(parcels, owner, place, values));
    }
    for (j = last; j >= 0 && ++at[j] == side[j].count; j--) at[j] = 0;
  }
  PetscFunctionReturn(0);
}

/* The same where all cells of the box are this rank's, each once: by runs along the last axis.
 * Inlined once for each `dim`, so that loops over axes are none. */
static inline __attribute__((always_inline)) void SpreadOwn(const Spread *s, PetscInt dim,
                                                            const OttoBox *box,
                                                            const PetscInt64 idx[],
                                                            const PetscReal from[])
{
  const OttoGridInfo *g = s->g;
  const PetscInt last = dim - 1;
  const OttoSpan *side = box->side + OTTO_BOX_DIM - dim, *run = &side[last];
  const PetscBool turns = (PetscBool)(g->boundary[last] == OTTO_BOUNDARY_PERIODIC);
  PetscInt64 at[OTTO_BOX_DIM] = {0};
  PetscReal way[OTTO_BOX_DIM];
  PetscInt j = 0;

  while (j >= 0) {
    PetscReal part = 1;
    PetscInt64 place = 0;
    for (j = 0; j < last; j++) {
      const PetscBool periodic = (PetscBool)(g->boundary[j] == OTTO_BOUNDARY_PERIODIC);
      part *= OttoSpanShare(&side[j], at[j]);
      way[j] = g->h[j] * Way(idx[j] - side[j].first - at[j], g->n[j], periodic);
      place = (place + side[j].cell + at[j] - g->first[j]) * g->local[j + 1];
    }
    place += run->cell - g->first[last];
    for (PetscInt64 k = 0; k < run->count; k++) {
      way[last] = g->h[last] * Way(idx[last] - run->first - k, g->n[last], turns);
      AddPart(s->to, dim, place + k, part * OttoSpanShare(run, k), from, way);
    }
    for (j = last - 1; j >= 0 && ++at[j] == side[j].count; j--) at[j] = 0;
  }
}

static PetscBool IsOwn(const OttoGridInfo *g, const OttoBox *box)
{
  const OttoSpan *side = box->side + OTTO_BOX_DIM - g->dim;

  for (PetscInt j = 0; j < g->dim; j++)
    if (side[j].step > 1 || side[j].cell < g->first[j] ||
        side[j].cell + side[j].count > g->first[j] + g->local[j])
      return PETSC_FALSE;
  return PETSC_TRUE;
}

static PetscErrorCode Posts(OttoParcels parcels, void *context, PetscBool *done)
{
  Spread *s = (Spread *)context;
  const OttoGridInfo *g = s->g;
  PetscInt64 idx[OTTO_MAX_DIM];
  PetscReal from[OTTO_COLUMN_FIELDS];
  OttoBox box;

  PetscFunctionBegin;
  for (; s->next < g->local_cells && !OttoParcelsFull(parcels); s->next++) {
    for (PetscInt k = 0; k < s->from->fields; k++) from[k] = s->from->sum[k][s->next];
    if (from[0] == 0) continue;
    if (!OttoBoxOf(g, s->lower, s->upper, s->next, s->thin, &box))
      OttoFail(OTTO_ERR_NUMERICAL, "a map sends a cell to a place that is no number");
    OttoGridCellIndex(g, s->next, idx);
    if (!IsOwn(g, &box))
      PetscCall(SpreadColumn(s, &box, idx, from, parcels));
    else if (g->dim == 1)
      SpreadOwn(s, 1, &box, idx, from);
    else if (g->dim == 2)
      SpreadOwn(s, 2, &box, idx, from);
    else
      SpreadOwn(s, 3, &box, idx, from);
  }
  *done = (PetscBool)(s->next == g->local_cells);
  PetscFunctionReturn(0);
}

static PetscErrorCode Takes(PetscInt64 place, const PetscReal values[], void *context)
{
  const OttoColumns *to = ((const Spread *)context)->to;

  for (PetscInt k = 0; k < to->fields; k++) to->sum[k][place] += values[k];
  return 0;
}

PetscErrorCode OttoColumnsSpread(OttoGrid grid, const OttoColumns *from,
                                 const PetscReal *const lower[], const PetscReal *const upper[],
                                 OttoColumns *to)
{
  Spread s = {.g = OttoGridGetInfo(grid), .lower = lower, .upper = upper, .from = from, .to = to};

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCall(OttoBoxesThin(s.g, lower, upper, from->sum[0], &s.thin));
  PetscCall(OttoParcelsSwap(s.g->comm, from->fields, Posts, Takes, &s));
  PetscFunctionReturn(0);
}
