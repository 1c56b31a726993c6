#include "fisher_planes.h"

PetscInt64 OttoPositionBehind(const OttoGridInfo *g, PetscInt axis, PetscInt64 i)
{
  PetscInt64 n = g->n[axis], period = g->boundary[axis] == OTTO_BOUNDARY_PERIODIC ? n : 2 * n;

  if (i >= 0 && i < n) return i;
  i = ((i % period) + period) % period;
  return i < n ? i : 2 * n - 1 - i;
}

/* Reals of log q and log(p/q) that stay in the second-level cache; measured flat within a factor of
 * 2 either way. */
#define TILE_REALS 52000

/* Rows of the tiles: all of them where few would fit, since the margin is taken once a tile. */
static PetscInt64 TileRows(const OttoGhosted *s)
{
  PetscInt64 fit = TILE_REALS / (2 * s->slots * s->row) - 2 * s->margin;

  if (!s->margin || fit < 4 * s->margin || fit >= s->rows) return s->rows;
  PetscInt64 tiles = (s->rows + fit - 1) / fit;
  return (s->rows + tiles - 1) / tiles;
}

/* Cells of a slot of one logarithm: an odd number of cache lines, for slots that lie a power of 2
 * apart would meet in the same cache sets. */
static PetscInt64 SlotCells(const OttoGhosted *s)
{
  return 8 * (((s->tile + 2 * s->margin) * s->row + 7) / 8 | 1);
}

PetscErrorCode OttoGhostedCreate(OttoGrid grid, const OttoPair *pair, const OttoPairRule *rule,
                                 PetscInt width, PetscInt slots, PetscInt margin, PetscBool tiles,
                                 const OttoSurrounded *const given[], OttoGhosted *planes)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);

  PetscFunctionBegin;
  *planes = (OttoGhosted){.g = g, .pair = pair, .rule = rule, .width = width, .slots = slots};
  planes->rows = g->local[1];
  planes->row = g->row_cells;
  planes->margin = g->dim > 1 ? margin : 0;
  planes->tile = planes->count = tiles ? TileRows(planes) : planes->rows;
  PetscCall(OttoPairGetArrays(pair, &planes->own));
  const PetscScalar *fields[4] = {planes->own.p, planes->own.q, planes->own.log_p,
                                  planes->own.log_q};
  PetscCall(OttoGridGetHalo(grid, width, &planes->halo));
  for (PetscInt f = 0; f < 4; f++) {
    planes->given[f] = f < 2 && given && given[f] ? PETSC_TRUE : PETSC_FALSE;
    if (planes->given[f])
      planes->field[f] = *given[f];
    else if (fields[f])
      PetscCall(OttoHaloSurround(planes->halo, fields[f], &planes->field[f]));
  }
  PetscCall(
      OttoAgree(g->comm, PetscMalloc1((size_t)(3 * slots * SlotCells(planes)), &planes->logs)));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGhostedDestroy(OttoGhosted *planes)
{
  PetscFunctionBegin;
  for (PetscInt f = 0; f < 4; f++)
    if (!planes->given[f]) PetscCall(OttoHaloRelease(planes->halo, &planes->field[f]));
  PetscCall(PetscFree(planes->logs));
  PetscCall(OttoPairRestoreArrays(planes->pair, &planes->own));
  PetscFunctionReturn(0);
}

/* Values of field f from row j of plane i on; NULL where the pair has no such field. */
static const PetscReal *Values(const OttoGhosted *s, PetscInt f, PetscInt64 i, PetscInt64 j)
{
  if (!s->field[f].own) return NULL;
  return OttoSurroundedAt(&s->field[f], OttoHaloRow(s->g, s->width, i, j));
}

static PetscInt Slot(const OttoGhosted *s, PetscInt64 i)
{
  return (PetscInt)((i + s->width) % s->slots);
}

PetscBool OttoGhostedNextTile(OttoGhosted *s)
{
  s->first += s->count;
  s->count = PetscMin(s->tile, s->rows - s->first);
  return s->count > 0 ? PETSC_TRUE : PETSC_FALSE;
}

/* Row `row` of the tile's logarithm f (log p, log q, log(p/q)) of plane i; negative in the margin.
 */
static PetscReal *LogRow(const OttoGhosted *s, PetscInt64 i, PetscInt f, PetscInt64 row)
{
  return s->logs + (3 * Slot(s, i) + f) * SlotCells(s) + (s->margin + row) * s->row;
}

/* Takes `count` rows of plane i from row `first` on; the logarithms go to the tile's row `to` on.
 */
static PetscBool TakeRows(OttoGhosted *s, PetscInt64 i, PetscInt64 first, PetscInt64 count,
                          PetscInt64 to, OttoTotals *totals)
{
  const PetscReal *v[4];

  for (PetscInt f = 0; f < 4; f++) v[f] = Values(s, f, i, first);
  return OttoPairAccumulate(s->rule, count * s->row, v[0], v[1], v[2], v[3], totals,
                            s->log_p ? LogRow(s, i, 0, to) : NULL, LogRow(s, i, 1, to),
                            LogRow(s, i, 2, to));
}

void OttoGhostedTake(OttoGhosted *s, PetscInt64 i, OttoTotals *totals)
{
  PetscBool plain = TakeRows(s, i, s->first, s->count, 0, totals);

  for (PetscInt64 k = 0; k < 2 * s->margin; k++) {
    PetscInt64 to = k < s->margin ? k - s->margin : s->count + k - s->margin;
    const PetscBool whole = s->g->local[1] == s->g->n[1] ? PETSC_TRUE : PETSC_FALSE;
    PetscInt64 row = s->first + to; /* a ghost where the mesh cuts the axis */
    if (whole) row = OttoPositionBehind(s->g, 1, row);
    const PetscInt64 inside = row - s->first;
    if (inside < 0 || inside >= s->count)
      plain = TakeRows(s, i, row, 1, to, NULL) && plain ? PETSC_TRUE : PETSC_FALSE;
    else
      for (PetscInt f = s->log_p ? 0 : 1; f < 3; f++)
        memcpy(LogRow(s, i, f, to), LogRow(s, i, f, inside), (size_t)s->row * sizeof(PetscReal));
  }
  s->plain[Slot(s, i)] = plain;
  s->has_log_p[Slot(s, i)] = s->log_p;
  if (!plain) s->log_p = PETSC_TRUE;
}

OttoPlane OttoGhostedGet(OttoGhosted *s, PetscInt64 i, PetscInt64 row)
{
  if (s->log_p && !s->has_log_p[Slot(s, i)]) OttoGhostedTake(s, i, NULL);
  return (OttoPlane){Values(s, 0, i, s->first + row),
                     Values(s, 1, i, s->first + row),
                     LogRow(s, i, 0, row),
                     LogRow(s, i, 1, row),
                     LogRow(s, i, 2, row),
                     s->plain[Slot(s, i)]};
}

typedef struct {
  OttoGhosted planes;
  const OttoPairVisitor *visitor;
} PairWalk;

static void VisitInside(const OttoEdges *e, void *context)
{
  PairWalk *s = (PairWalk *)context;
  OttoGhosted *planes = &s->planes;
  const PetscInt64 row = planes->row, j = e->x / row, i = j / planes->rows;
  const PetscInt64 x = j % planes->rows, y = e->y / row % planes->rows;
  const PetscBool own = e->y < planes->g->local_cells ? PETSC_TRUE : PETSC_FALSE;

  s->visitor->edges(e, OttoPlaneShift(OttoGhostedGet(planes, i, x), e->x % row),
                    own ? OttoPlaneShift(OttoGhostedGet(planes, i, y), e->y % row)
                        : OttoGhostedGet(planes, i, planes->rows),
                    s->visitor->context);
}

/* Takes an own plane, and shows its cells. */
static void TakeOwn(PairWalk *s, PetscInt64 i)
{
  const OttoPairVisitor *v = s->visitor;
  OttoGhosted *planes = &s->planes;

  OttoGhostedTake(planes, i, v->totals);
  if (v->cells)
    v->cells(OttoHaloRow(planes->g, 1, i, 0), planes->rows * planes->row,
             OttoGhostedGet(planes, i, 0), v->context);
}

PetscErrorCode OttoPairWalk(OttoGrid grid, const OttoPair *pair, const OttoPairRule *rule,
                            const OttoPairVisitor *visitor)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const OttoSurrounded *const given[2] = {visitor->p, visitor->q};
  PairWalk s = {.visitor = visitor};
  OttoGhosted *planes = &s.planes;

  PetscFunctionBegin;
  PetscCall(OttoGhostedCreate(grid, pair, rule, 1, 2, g->mesh[1] > 1 ? 1 : 0, PETSC_FALSE, given,
                              planes));
  planes->log_p = PETSC_TRUE;
  if (g->local_cells) TakeOwn(&s, 0);
  for (PetscInt64 i = 0; i < g->local[0] && g->local_cells; i++) {
    const OttoEdges up = {0, planes->rows * planes->row, OttoHaloRow(g, 1, i, 0),
                          OttoHaloRow(g, 1, i + 1, 0)};
    if (visitor->edges) OttoEdgesOfPlane(g, i, PETSC_FALSE, VisitInside, &s);
    if (i + 1 < g->local[0]) TakeOwn(&s, i + 1);
    if (!visitor->edges || !OttoEdgesLeadUp(g, 0, i)) continue;
    if (i + 1 == g->local[0]) OttoGhostedTake(planes, i + 1, NULL);
    visitor->edges(&up, OttoGhostedGet(planes, i, 0), OttoGhostedGet(planes, i + 1, 0),
                   visitor->context);
  }
  PetscCall(OttoGhostedDestroy(planes));
  PetscFunctionReturn(0);
}
