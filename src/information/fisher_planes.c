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
                                 PetscInt width, PetscInt slots, PetscInt margin,
                                 OttoGhosted *planes)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const size_t values = (size_t)(width * g->plane_cells);
  OttoHalo halo;

  PetscFunctionBegin;
  *planes = (OttoGhosted){.g = g, .pair = pair, .rule = rule, .width = width, .slots = slots};
  planes->rows = g->dim > 1 ? g->n[1] : 1;
  planes->row = g->plane_cells / planes->rows;
  planes->margin = g->dim > 1 ? margin : 0;
  planes->tile = planes->count = TileRows(planes);
  PetscCall(OttoPairGetArrays(pair, &planes->own));
  const PetscScalar *fields[4] = {planes->own.p, planes->own.q, planes->own.log_p,
                                  planes->own.log_q};
  PetscCall(OttoHaloCreate(grid, width, &halo));
  for (PetscInt f = 0; f < 4; f++) {
    if (f >= 2 && !(f == 2 ? pair->log_p : pair->log_q)) continue;
    PetscCall(OttoAgree(g->comm, PetscMalloc1(2 * values, &planes->halo[f])));
    PetscCall(OttoHaloExchange(halo, fields[f], planes->halo[f], planes->halo[f] + values));
  }
  PetscCall(OttoHaloDestroy(&halo));
  PetscCall(
      OttoAgree(g->comm, PetscMalloc1((size_t)(3 * slots * SlotCells(planes)), &planes->logs)));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGhostedDestroy(OttoGhosted *planes)
{
  PetscFunctionBegin;
  for (PetscInt f = 0; f < 4; f++) PetscCall(PetscFree(planes->halo[f]));
  PetscCall(PetscFree(planes->logs));
  PetscCall(OttoPairRestoreArrays(planes->pair, &planes->own));
  PetscFunctionReturn(0);
}

/* Values of field f (own array `own`) on local plane i; NULL where the pair has no such field. */
static const PetscReal *Values(const OttoGhosted *s, PetscInt f, const PetscScalar *own,
                               PetscInt64 i)
{
  if (i >= 0 && i < s->g->planes) return own ? own + i * s->g->plane_cells : NULL;
  PetscInt64 k = i < 0 ? s->width + i : s->width + i - s->g->planes;
  return s->halo[f] ? s->halo[f] + k * s->g->plane_cells : NULL;
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
  const PetscScalar *own[4] = {s->own.p, s->own.q, s->own.log_p, s->own.log_q};
  const PetscReal *v[4];

  for (PetscInt f = 0; f < 4; f++) {
    v[f] = Values(s, f, own[f], i);
    if (v[f]) v[f] += first * s->row;
  }
  return OttoPairAccumulate(s->rule, count * s->row, v[0], v[1], v[2], v[3], totals,
                            s->log_p ? LogRow(s, i, 0, to) : NULL, LogRow(s, i, 1, to),
                            LogRow(s, i, 2, to));
}

void OttoGhostedTake(OttoGhosted *s, PetscInt64 i, OttoTotals *totals)
{
  PetscBool plain = TakeRows(s, i, s->first, s->count, 0, totals);

  for (PetscInt64 k = 0; k < 2 * s->margin; k++) {
    PetscInt64 to = k < s->margin ? k - s->margin : s->count + k - s->margin;
    PetscInt64 row = OttoPositionBehind(s->g, 1, s->first + to), inside = row - s->first;
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

OttoPlane OttoGhostedGet(OttoGhosted *s, PetscInt64 i)
{
  const PetscInt64 from = s->first * s->row;

  if (s->log_p && !s->has_log_p[Slot(s, i)]) OttoGhostedTake(s, i, NULL);
  return (OttoPlane){Values(s, 0, s->own.p, i) + from,
                     Values(s, 1, s->own.q, i) + from,
                     LogRow(s, i, 0, 0),
                     LogRow(s, i, 1, 0),
                     LogRow(s, i, 2, 0),
                     s->plain[Slot(s, i)]};
}

typedef struct {
  OttoGhosted planes;
  OttoPairEdgesVisit visit;
  void *context;
} EdgesWalk;

/* Edges whose lower cells lie in plane i, the upper ones in plane j. */
static void Visit(EdgesWalk *s, const OttoEdges *e, PetscInt64 i, PetscInt64 j)
{
  const PetscInt64 n = s->planes.g->plane_cells;

  s->visit(e, OttoPlaneShift(OttoGhostedGet(&s->planes, i), e->x - i * n),
           OttoPlaneShift(OttoGhostedGet(&s->planes, j), e->y - j * n), s->context);
}

static void VisitInside(const OttoEdges *e, void *context)
{
  EdgesWalk *s = (EdgesWalk *)context;
  PetscInt64 i = e->x / s->planes.g->plane_cells;
  Visit(s, e, i, i);
}

PetscErrorCode OttoPairEdgesWalk(OttoGrid grid, const OttoPair *pair, const OttoPairRule *rule,
                                 OttoPairEdgesVisit visit, void *context)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  EdgesWalk s = {.visit = visit, .context = context};

  PetscFunctionBegin;
  PetscCall(OttoGhostedCreate(grid, pair, rule, 1, 2, 0, &s.planes));
  s.planes.log_p = PETSC_TRUE;
  if (g->planes) OttoGhostedTake(&s.planes, 0, NULL);
  for (PetscInt64 i = 0; i < g->planes; i++) {
    const OttoEdges up = {0, g->plane_cells, i * g->plane_cells, (i + 1) * g->plane_cells};
    OttoEdgesOfPlane(g, i, VisitInside, &s);
    if (!OttoEdgesLeadUp(g, i)) continue;
    OttoGhostedTake(&s.planes, i + 1, NULL);
    Visit(&s, &up, i, i + 1);
  }
  PetscCall(OttoGhostedDestroy(&s.planes));
  PetscFunctionReturn(0);
}
