#include "relay.h"
#include "grid/edges.h"

#define STEPS 4 /* that carry out a current */

typedef struct {
  const OttoGridInfo *g;
  OttoHalo halo;
  OttoColumns *columns, *spare; /* before and after a step */
  PetscReal *out;               /* mass that the current takes from a cell in a step */
  PetscReal *part;              /* of a cell's atoms that go, by mass of the current over an edge */
  OttoSurrounded potential, parts, from[OTTO_COLUMN_FIELDS];
} Relay;

/* Mass over an edge in a step, by difference of u. */
static PetscReal Weight(const OttoGridInfo *g, PetscInt axis)
{
  return g->cell_volume / (g->h[axis] * g->h[axis] * STEPS);
}

/* What leaves the two cells of each edge. */
static void TakeOut(const OttoEdges *e, void *context)
{
  const Relay *r = (const Relay *)context;
  const PetscReal weight = Weight(r->g, e->axis);
  const PetscReal *x = OttoSurroundedAt(&r->potential, e->x);
  const PetscReal *y = OttoSurroundedAt(&r->potential, e->y);
  const PetscInt64 own = r->g->local_cells;

  for (PetscInt64 i = 0; i < e->n && e->x < own; i++)
    r->out[e->x + i] += weight * PetscMax(y[i] - x[i], 0);
  for (PetscInt64 i = 0; i < e->n && e->y < own; i++)
    r->out[e->y + i] += weight * PetscMax(x[i] - y[i], 0);
}

/* A run of cells `from` gives to the cells `to`, which stand h from them (-h: below). moves[n]: the
 * part of each that goes. */
static void Give(const Relay *r, PetscInt axis, PetscReal h, PetscInt64 n, const PetscReal moves[],
                 PetscInt64 from, PetscInt64 to)
{
  const PetscInt last = r->columns->fields - 1;
  const PetscReal *mass = OttoSurroundedAt(&r->from[0], from);
  const PetscReal *first = OttoSurroundedAt(&r->from[1 + axis], from);
  const PetscReal *second = OttoSurroundedAt(&r->from[last], from);

  for (PetscInt k = 0; k < last; k++) {
    const PetscReal *value = OttoSurroundedAt(&r->from[k], from);
    PetscReal *next = r->spare->sum[k] + to;
    if (k == 1 + axis)
      for (PetscInt64 i = 0; i < n; i++) next[i] += moves[i] * (value[i] - h * mass[i]);
    else
      for (PetscInt64 i = 0; i < n; i++) next[i] += moves[i] * value[i];
  }
  PetscReal *next = r->spare->sum[last] + to;
  for (PetscInt64 i = 0; i < n; i++)
    next[i] += moves[i] * (second[i] + h * (h * mass[i] - 2 * first[i]));
}

#define RUN 512 /* edges at a time */

static void Hand(const OttoEdges *e, void *context)
{
  const Relay *r = (const Relay *)context;
  const PetscReal weight = Weight(r->g, e->axis), h = r->g->h[e->axis];
  const PetscInt64 own = r->g->local_cells;
  PetscReal moves[RUN];

  for (PetscInt64 start = 0; start < e->n; start += RUN) {
    const PetscInt64 n = PetscMin(RUN, e->n - start), x = e->x + start, y = e->y + start;
    const PetscReal *ux = OttoSurroundedAt(&r->potential, x);
    const PetscReal *uy = OttoSurroundedAt(&r->potential, y);
    const PetscReal *px = OttoSurroundedAt(&r->parts, x), *py = OttoSurroundedAt(&r->parts, y);
    if (y < own) {
      for (PetscInt64 i = 0; i < n; i++) moves[i] = weight * PetscMax(uy[i] - ux[i], 0) * px[i];
      Give(r, e->axis, h, n, moves, x, y);
    }
    if (x < own) {
      for (PetscInt64 i = 0; i < n; i++) moves[i] = weight * PetscMax(ux[i] - uy[i], 0) * py[i];
      Give(r, e->axis, -h, n, moves, y, x);
    }
  }
}

/* One step of the current. */
static PetscErrorCode Step(Relay *r)
{
  const OttoGridInfo *g = r->g;
  OttoColumns *c = r->columns;
  PetscErrorCode code;

  PetscFunctionBegin;
  for (PetscInt64 i = 0; i < g->local_cells; i++) {
    const PetscReal most = PetscMax(c->sum[0][i], r->out[i]);
    r->part[i] = most > 0 ? 1 / most : 0;
    if (!(r->part[i] < PETSC_INFINITY)) r->part[i] = 0; /* a mass next to nothing stays */
  }
  code = OttoHaloSurround(r->halo, r->part, &r->parts);
  for (PetscInt k = 0; !code && k < c->fields; k++)
    code = OttoHaloSurround(r->halo, c->sum[k], &r->from[k]);
  for (PetscInt k = 0; !code && k < c->fields; k++)
    for (PetscInt64 i = 0; i < g->local_cells; i++) {
      const PetscReal goes = r->out[i] * r->part[i];
      r->spare->sum[k][i] = goes < 1 ? (1 - goes) * c->sum[k][i] : 0;
    }
  if (!code) OttoEdgesWalk(g, PETSC_TRUE, Hand, r);
  PetscCall(OttoHaloRelease(r->halo, &r->parts));
  for (PetscInt k = 0; k < c->fields; k++) PetscCall(OttoHaloRelease(r->halo, &r->from[k]));
  if (!code) OttoColumnsSwap(r->columns, r->spare);
  PetscFunctionReturn(code);
}

static PetscErrorCode Allocate(Relay *r)
{
  const size_t cells = (size_t)r->g->local_cells + 1;

  PetscFunctionBegin;
  PetscCall(PetscCalloc2(cells, &r->out, cells, &r->part));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoRelay(const OttoCurrent *current, OttoColumns *columns, OttoColumns *spare)
{
  Relay r = {.g = OttoGridGetInfo(current->grid),
             .halo = current->halo,
             .columns = columns,
             .spare = spare};
  PetscErrorCode code;

  PetscFunctionBegin;
  code = OttoAgree(r.g->comm, Allocate(&r));
  if (!code) code = OttoHaloSurround(r.halo, current->u, &r.potential);
  if (!code) OttoEdgesWalk(r.g, PETSC_TRUE, TakeOut, &r);
  for (PetscInt k = 0; k < STEPS && !code; k++) code = Step(&r);
  PetscCall(OttoHaloRelease(r.halo, &r.potential));
  PetscCall(PetscFree2(r.out, r.part));
  PetscFunctionReturn(code);
}
