/*
 * The derivatives of a rate as a matrix: its pattern once, then numbers in place.
 *
 * A row has a slot for the cell and one for every neighbour by axis, those beyond them with the
 * limiter; `slot` says where each stands among the row's entries, on this rank's columns or on
 * others'. Neighbours that are one (short periodic axes) share an entry; one that there is not has
 * the cell's own, and is given zeros.
 */
#include <otto/field.h>
#include "fluxes_impl.h"

#define REACH_MOST 2
#define SLOTS_MOST (1 + 2 * REACH_MOST * OTTO_MAX_DIM)
#define ELSEWHERE 0x80 /* the entry's column is another rank's */

static PetscInt Reach(const OttoFluxes s)
{
  return s->mobility == OTTO_MOBILITY_LIMITED ? 2 : 1;
}

/* Slot of the cell `away` steps up an axis, 1 ≤ |away| ≤ reach; 0 is the cell's own. */
static inline PetscInt Slot(PetscInt reach, PetscInt axis, PetscInt away)
{
  return 1 + 2 * reach * axis + (away < 0 ? -away - 1 : reach + away - 1);
}

/* Columns of a row, slot by slot. */
static void ColumnsOfRow(const OttoFluxes s, PetscInt64 cell, const PetscReal number[],
                         PetscInt column[])
{
  const OttoGridInfo *g = s->g;
  const PetscInt reach = Reach(s);
  PetscInt64 at[OTTO_MAX_DIM];

  OttoHaloPosition(g, cell, at);
  for (PetscInt k = 0; k < s->slots; k++) column[k] = (PetscInt)(g->offset + cell);
  for (PetscInt j = 0; j < g->dim; j++) {
    const PetscInt64 here = at[j], n = g->n[j];
    for (PetscInt away = -reach; away <= reach; away++) {
      const PetscInt64 i = g->first[j] + here + away;
      if (away == 0 || n == 1) continue;
      if (g->boundary[j] != OTTO_BOUNDARY_PERIODIC && (i < 0 || i >= n)) continue;
      at[j] = here + away;
      if (!OttoHaloServes(g, j)) at[j] = (at[j] + n * reach) % n;
      column[Slot(reach, j, away)] = (PetscInt)number[OttoHaloCell(g, reach, at)];
    }
    at[j] = here;
  }
}

/* The columns of a row in increasing order, each once. */
static PetscInt SortColumns(PetscInt count, const PetscInt column[], PetscInt sorted[])
{
  PetscInt n = 0;

  for (PetscInt k = 0; k < count; k++) {
    PetscInt i = n;
    while (i > 0 && sorted[i - 1] > column[k]) i--;
    if (i > 0 && sorted[i - 1] == column[k]) continue;
    for (PetscInt m = n; m > i; m--) sorted[m] = sorted[m - 1];
    sorted[i] = column[k];
    n++;
  }
  return n;
}

/* Rows in PETSc's compressed form, and the places of slots. */
static void FillPattern(OttoFluxes s, const PetscReal number[], PetscInt start[], PetscInt entry[])
{
  const PetscInt first = (PetscInt)s->g->offset, last = (PetscInt)(first + s->g->local_cells);

  start[0] = 0;
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    PetscInt column[SLOTS_MOST], *row = entry + start[c], below = 0, own = 0;
    ColumnsOfRow(s, c, number, column);
    const PetscInt n = SortColumns(s->slots, column, row);
    for (PetscInt i = 0; i < n; i++) {
      below += row[i] < first;
      own += row[i] >= first && row[i] < last;
    }
    for (PetscInt k = 0; k < s->slots; k++) {
      PetscInt i = 0;
      while (row[i] != column[k]) i++;
      const PetscInt elsewhere = i < below ? i : i - own;
      s->slot[c * s->slots + k] =
          (uint8_t)(i >= below && i < below + own ? i - below : ELSEWHERE | elsewhere);
    }
    start[c + 1] = start[c] + n;
  }
}

PetscErrorCode OttoFluxesCreateMatrix(OttoFluxes s, Mat *matrix)
{
  const OttoGridInfo *g = s->g;
  const PetscInt local = (PetscInt)g->local_cells, all = (PetscInt)g->cells;
  PetscInt *start = NULL, *entry = NULL;
  PetscReal *number = NULL;
  OttoHalo halo;

  PetscFunctionBegin;
  s->slots = 1 + 2 * Reach(s) * g->dim;
  PetscCall(OttoGridGetHalo(s->grid, Reach(s), &halo));
  PetscCall(OttoHaloNumbers(halo, &number));
  PetscErrorCode code = PetscMalloc2(local + 1, &start, local * (size_t)s->slots, &entry);
  if (!code && !s->slot) code = PetscMalloc1((size_t)PetscMax(1, local * s->slots), &s->slot);
  PetscCall(OttoAgree(g->comm, code));
  FillPattern(s, number, start, entry);
  PetscCall(PetscFree(number));
  PetscCall(MatCreate(g->comm, matrix));
  PetscCall(MatSetSizes(*matrix, local, local, all, all));
  PetscCall(MatSetType(*matrix, MATAIJ));
  PetscCall(MatSeqAIJSetPreallocationCSR(*matrix, start, entry, NULL));
  PetscCall(MatMPIAIJSetPreallocationCSR(*matrix, start, entry, NULL));
  PetscCall(PetscFree2(start, entry));
  PetscFunctionReturn(0);
}

/* A matrix's own numbers: of this rank's columns [0], of others' [1]. */
typedef struct {
  Mat block[2];
  const PetscInt *start[2], *column[2];
  PetscScalar *value[2];
  PetscInt rows;
} Numbers;

static PetscErrorCode Open(Mat matrix, Numbers *m)
{
  PetscBool many, done;

  PetscFunctionBegin;
  *m = (Numbers){.block = {matrix, NULL}};
  PetscCall(PetscObjectBaseTypeCompare((PetscObject)matrix, MATMPIAIJ, &many));
  if (many) PetscCall(MatMPIAIJGetSeqAIJ(matrix, &m->block[0], &m->block[1], NULL));
  for (int b = 0; b < 2 && m->block[b]; b++) {
    PetscCall(MatGetRowIJ(m->block[b], 0, PETSC_FALSE, PETSC_FALSE, &m->rows, &m->start[b],
                          &m->column[b], &done));
    PetscCheck(done, PETSC_COMM_SELF, PETSC_ERR_ARG_WRONG, "not a matrix made here");
    PetscCall(MatSeqAIJGetArray(m->block[b], &m->value[b]));
    PetscCall(PetscArrayzero(m->value[b], m->start[b][m->rows]));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode Close(Mat matrix, Numbers *m)
{
  PetscBool done;

  PetscFunctionBegin;
  for (int b = 0; b < 2 && m->block[b]; b++) {
    PetscCall(MatSeqAIJRestoreArray(m->block[b], &m->value[b]));
    PetscCall(MatRestoreRowIJ(m->block[b], 0, PETSC_FALSE, PETSC_FALSE, &m->rows, &m->start[b],
                              &m->column[b], &done));
  }
  PetscCall(MatAssemblyBegin(matrix, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(matrix, MAT_FINAL_ASSEMBLY));
  PetscFunctionReturn(0);
}

/* The entry of a slot of a row. */
static inline PetscScalar *Entry(const Numbers *m, const uint8_t *slot, PetscInt64 row, PetscInt k)
{
  const int b = slot[k] >> 7;
  return m->value[b] + m->start[b][row] + (slot[k] & 0x7f);
}

typedef struct {
  const OttoFluxCells *cells;
  OttoSurrounded curvature;
  PetscReal share;
  Numbers numbers;
} Walk;

/* Into derivatives by u: density = … + share u, dslope/du = curvature. A face that nothing passes
 * has none, whatever the curvature. */
static void ToUnknowns(const Walk *w, const OttoEdges *e, PetscInt64 from, PetscInt64 n,
                       OttoFaceDerivatives *d)
{
  const PetscReal *cx = NULL, *cy = NULL;

  for (PetscInt64 i = 0; i < n; i++) {
    d->density_x[i] *= w->share;
    d->density_y[i] *= w->share;
    d->below_x[i] *= w->share;
    d->above_y[i] *= w->share;
  }
  if (!w->curvature.g) return;
  cx = OttoSurroundedAt(&w->curvature, e->x) + from;
  cy = OttoSurroundedAt(&w->curvature, e->y) + from;
  for (PetscInt64 i = 0; i < n; i++) {
    d->density_x[i] += d->slope[i] == 0 ? 0 : d->slope[i] * cx[i];
    d->density_y[i] -= d->slope[i] == 0 ? 0 : d->slope[i] * cy[i];
  }
}

/* The derivatives of flux leave row x and enter row y; −∂rate has them with the other sign. */
static void AddFaces(const Walk *w, const OttoEdges *e, PetscInt64 from, PetscInt64 n,
                     const OttoFaceDerivatives *d)
{
  const OttoFluxes s = w->cells->fluxes;
  const PetscInt reach = Reach(s), up = Slot(reach, e->axis, 1), down = Slot(reach, e->axis, -1);
  const PetscBool leave = e->x < s->g->local_cells, enter = e->y < s->g->local_cells;
  const Numbers *m = &w->numbers;

  for (PetscInt64 i = 0; leave && i < n; i++) {
    const PetscInt64 row = e->x + from + i;
    const uint8_t *slot = s->slot + row * s->slots;
    *Entry(m, slot, row, 0) += d->density_x[i];
    *Entry(m, slot, row, up) += d->density_y[i];
    if (reach == 1) continue;
    *Entry(m, slot, row, down) += d->below_x[i];
    *Entry(m, slot, row, Slot(reach, e->axis, 2)) += d->above_y[i];
  }
  for (PetscInt64 i = 0; enter && i < n; i++) {
    const PetscInt64 row = e->y + from + i;
    const uint8_t *slot = s->slot + row * s->slots;
    *Entry(m, slot, row, 0) -= d->density_y[i];
    *Entry(m, slot, row, down) -= d->density_x[i];
    if (reach == 1) continue;
    *Entry(m, slot, row, up) -= d->above_y[i];
    *Entry(m, slot, row, Slot(reach, e->axis, -2)) -= d->below_x[i];
  }
}

static void DeriveEdges(const OttoEdges *e, void *context)
{
  Walk *w = (Walk *)context;
  OttoFluxes s = w->cells->fluxes;
  OttoFaceDerivatives d;

  for (PetscInt64 i = 0; i < e->n; i += OTTO_FACES_AT_ONCE) {
    const OttoFaces faces = OttoFluxCellsFaces(w->cells, e, i);
    OttoFaceDerive(s->mobility, &faces, &d);
    for (PetscInt64 k = 0; k < faces.n; k++) s->push[e->axis][e->x + i + k] = d.field[k];
    ToUnknowns(w, e, i, faces.n, &d);
    AddFaces(w, e, i, faces.n, &d);
  }
}

/* Room for what OttoFluxesPush() needs; no face, no number. */
static PetscErrorCode NeedPush(OttoFluxes s)
{
  const size_t edges = (size_t)(s->g->local_cells + OttoEdgesLowerGhosts(s->g));
  PetscErrorCode code = 0;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < s->g->dim && !code; j++)
    if (!s->push[j]) code = PetscCalloc1(PetscMax(1, edges), &s->push[j]);
  PetscCall(OttoAgree(s->g->comm, code));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFluxesJacobian(OttoFluxes s, const OttoFluxState *state, PetscReal shift,
                                  PetscReal share, Vec curvature, Mat matrix)
{
  OttoFluxCells cells;
  Walk walk = {.cells = &cells, .share = share};

  PetscFunctionBegin;
  OttoNeed(s->slot, "OttoFluxesCreateMatrix()");
  PetscCall(NeedPush(s));
  PetscCall(OttoFluxCellsBegin(s, state, &cells));
  if (curvature) PetscCall(OttoFieldSurround(s->halo, curvature, &walk.curvature));
  PetscCall(Open(matrix, &walk.numbers));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++)
    *Entry(&walk.numbers, s->slot + c * s->slots, c, 0) = shift;
  OttoEdgesWalk(s->g, PETSC_TRUE, DeriveEdges, &walk);
  PetscCall(Close(matrix, &walk.numbers));
  if (curvature) PetscCall(OttoFieldRelease(s->halo, curvature, &walk.curvature));
  PetscCall(OttoFluxCellsEnd(&cells));
  PetscFunctionReturn(0);
}
