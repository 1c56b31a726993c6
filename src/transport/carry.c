#include "carry.h"
#include "grid/edges.h"

typedef struct {
  const OttoGridInfo *g;
  OttoSurrounded potential, mass, due;
  PetscReal *middle; /* mass of a cell half way */
  PetscReal *lower[OTTO_COLUMN_FIELDS], *upper[OTTO_COLUMN_FIELDS];
} Carry;

/* Faces move by what goes through them over what is there. */
static void MoveFaces(const OttoEdges *e, void *context)
{
  const Carry *c = (const Carry *)context;
  const OttoGridInfo *g = c->g;
  const PetscReal weight = g->cell_volume / (g->h[e->axis] * g->h[e->axis]);
  const PetscReal most = PetscMax(1, (PetscReal)g->n[e->axis] / 8);
  const PetscReal *ux = OttoSurroundedAt(&c->potential, e->x);
  const PetscReal *uy = OttoSurroundedAt(&c->potential, e->y);
  const PetscReal *mx = OttoSurroundedAt(&c->mass, e->x), *my = OttoSurroundedAt(&c->mass, e->y);

  const PetscReal *qx = OttoSurroundedAt(&c->due, e->x), *qy = OttoSurroundedAt(&c->due, e->y);
  for (PetscInt64 i = 0; i < e->n; i++) {
    const PetscReal flux = weight * (uy[i] - ux[i]), mass = PetscMax(mx[i], my[i]);
    const PetscBool moves = (PetscBool)(qx[i] > 0 && qy[i] > 0 && fabs(flux) < most * mass);
    const PetscReal way = moves ? flux / mass : 0;
    if (e->x < g->local_cells) c->upper[e->axis][e->x + i] += way;
    if (e->y < g->local_cells) c->lower[e->axis][e->y + i] += way;
  }
}

static PetscErrorCode Allocate(Carry *c)
{
  const size_t cells = (size_t)c->g->local_cells + 1;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(cells, &c->middle));
  for (PetscInt j = 0; j < c->g->dim; j++)
    PetscCall(PetscMalloc2(cells, &c->lower[j], cells, &c->upper[j]));
  PetscFunctionReturn(0);
}

static PetscErrorCode Faces(const OttoCurrent *current, const OttoColumns *columns, Carry *c)
{
  const OttoGridInfo *g = c->g;
  PetscInt64 idx[OTTO_MAX_DIM];
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(OttoAgree(g->comm, Allocate(c)));
  for (PetscInt64 i = 0; i < g->local_cells; i++) {
    OttoGridCellIndex(g, i, idx);
    for (PetscInt j = 0; j < g->dim; j++) {
      c->lower[j][i] = (PetscReal)idx[j];
      c->upper[j][i] = (PetscReal)(idx[j] + 1);
    }
    c->middle[i] = (columns->sum[0][i] + current->q[i] * g->cell_volume) / 2;
  }
  code = OttoHaloSurround(current->halo, current->u, &c->potential);
  if (!code) code = OttoHaloSurround(current->halo, c->middle, &c->mass);
  if (!code) code = OttoHaloSurround(current->halo, current->q, &c->due);
  if (!code) OttoEdgesWalk(g, PETSC_TRUE, MoveFaces, c);
  PetscCall(OttoHaloRelease(current->halo, &c->potential));
  PetscCall(OttoHaloRelease(current->halo, &c->mass));
  PetscCall(OttoHaloRelease(current->halo, &c->due));
  PetscFunctionReturn(code);
}

PetscErrorCode OttoCarry(const OttoCurrent *current, OttoColumns *columns, OttoColumns *spare)
{
  Carry c = {.g = OttoGridGetInfo(current->grid)};
  PetscErrorCode code;

  PetscFunctionBegin;
  code = Faces(current, columns, &c);
  if (!code) {
    for (PetscInt k = 0; k < spare->fields; k++)
      PetscCall(PetscArrayzero(spare->sum[k], c.g->local_cells));
    code = OttoColumnsSpread(current->grid, columns, (const PetscReal *const *)c.lower,
                             (const PetscReal *const *)c.upper, spare);
  }
  if (!code) OttoColumnsSwap(columns, spare);
  PetscCall(PetscFree(c.middle));
  for (PetscInt j = 0; j < c.g->dim; j++) PetscCall(PetscFree2(c.lower[j], c.upper[j]));
  PetscFunctionReturn(code);
}
