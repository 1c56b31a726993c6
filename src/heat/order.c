/* Down to the nodes, across the ranks, and up. */
#include "order.h"
#include "core/buffer.h"
#include "grid/axis.h"

/* Cells of a chunk that goes through all its axes at once: of them, and what they become, most
 * stays in a second-level cache. */
#define CHUNK (64 * 1024)

/* What axis `axis` does to the lines of a chunk. */
typedef struct {
  PetscInt axis;
  const OttoPanelWork *work;
} Pass;

struct _n_OttoOrder {
  const OttoGridInfo *g;
  PetscInt cut;                    /* axes before this one may be cut */
  OttoGridInfo shape[2];           /* of the grid, and with nodes in place of cells */
  OttoAxis lines[2][OTTO_MAX_DIM]; /* of the cut axes, in either shape */
  PetscReal *middle, *scratch[2];  /* a field of nodes; two chunks */
  PetscInt64 middle_size, scratch_size;
};

PetscErrorCode OttoOrderCreate(OttoGrid grid, OttoOrder *order)
{
  OttoOrder s;

  PetscFunctionBegin;
  PetscCall(PetscNew(&s));
  s->g = OttoGridGetInfo(grid);
  s->cut = s->g->mesh[1] > 1 ? 2 : 1;
  s->shape[0] = s->shape[1] = *s->g;
  for (PetscInt j = 0; j < s->cut; j++)
    PetscCall(OttoAxisCreateShape(&s->shape[0], j, 1, 0, &s->lines[0][j]));
  *order = s;
  PetscFunctionReturn(0);
}

static PetscErrorCode FreeCoarse(OttoOrder s)
{
  PetscFunctionBegin;
  for (PetscInt j = 0; j < s->cut; j++) PetscCall(OttoAxisDestroy(&s->lines[1][j]));
  PetscCall(OttoBufferDestroy(&s->middle));
  s->middle_size = 0;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoOrderDestroy(OttoOrder *order)
{
  OttoOrder s = *order;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(0);
  PetscCall(FreeCoarse(s));
  for (PetscInt j = 0; j < s->cut; j++) PetscCall(OttoAxisDestroy(&s->lines[0][j]));
  for (int i = 0; i < 2; i++) PetscCall(OttoBufferDestroy(&s->scratch[i]));
  PetscCall(PetscFree(*order));
  PetscFunctionReturn(0);
}

size_t OttoOrderBytes(OttoOrder s)
{
  size_t bytes = sizeof *s + (size_t)(s->middle_size + 2 * s->scratch_size) * sizeof(PetscReal);

  for (int i = 0; i < 2; i++)
    for (PetscInt j = 0; j < s->cut; j++)
      if (s->lines[i][j]) bytes += OttoAxisBytes(s->lines[i][j]);
  return bytes;
}

PetscBool OttoOrderIsCut(OttoOrder s, PetscInt axis)
{
  return axis < s->cut ? PETSC_TRUE : PETSC_FALSE;
}

/* ---- shapes ---- */

static PetscBool IsCoarse(OttoOrder s, const OttoOrderAxis axes[])
{
  for (PetscInt j = s->cut; j < s->g->dim; j++)
    if (axes[j].nodes != s->g->n[j]) return PETSC_TRUE;
  return PETSC_FALSE;
}

/* The grid with nodes on the axes that are whole. */
static OttoGridInfo Shape(OttoOrder s, const OttoOrderAxis axes[])
{
  OttoGridInfo shape = *s->g;

  for (PetscInt j = s->cut; j < shape.dim; j++) shape.n[j] = shape.local[j] = axes[j].nodes;
  shape.cells = shape.local_cells = 1;
  for (PetscInt j = 0; j < shape.dim; j++) {
    shape.cells *= shape.n[j];
    shape.local_cells *= shape.local[j];
  }
  return shape;
}

PetscInt64 OttoOrderNodes(OttoOrder s, const OttoOrderAxis axes[])
{
  return IsCoarse(s, axes) ? Shape(s, axes).local_cells : 0;
}

/* Lines and a field of these nodes. Collective. */
static PetscErrorCode PrepareCoarse(OttoOrder s, const OttoOrderAxis axes[])
{
  const OttoGridInfo shape = Shape(s, axes);
  PetscBool same = s->middle ? PETSC_TRUE : PETSC_FALSE;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < shape.dim; j++)
    if (shape.n[j] != s->shape[1].n[j]) same = PETSC_FALSE;
  if (same) PetscFunctionReturn(0);
  PetscCall(FreeCoarse(s));
  s->shape[1] = shape;
  for (PetscInt j = 0; j < s->cut; j++)
    PetscCall(OttoAxisCreateShape(&s->shape[1], j, 1, 0, &s->lines[1][j]));
  PetscCall(
      OttoAgree(s->g->comm, OttoBufferCreate((size_t)PetscMax(1, shape.local_cells), &s->middle)));
  s->middle_size = PetscMax(1, shape.local_cells);
  PetscFunctionReturn(0);
}

/* ---- the axes that are whole ---- */

/* Cells of an array with these lengths of the axes that are whole. */
static PetscInt64 Product(OttoOrder s, const PetscInt64 length[], PetscInt from, PetscInt to)
{
  PetscInt64 product = 1;

  for (PetscInt j = PetscMax(from, s->cut); j < to; j++) product *= length[j];
  return product;
}

/* The largest slab on the way (cells that share their places on the cut axes) and the fewest lines
 * of one; length: of the axes before and, on return, behind. */
static void Measure(OttoOrder s, PetscInt count, const Pass pass[], PetscInt64 length[],
                    PetscInt64 *slab, PetscInt64 *lines)
{
  const PetscInt dim = s->g->dim;

  *slab = Product(s, length, 0, dim);
  *lines = PETSC_MAX_INT;
  for (PetscInt k = 0; k < count; k++) {
    *lines = PetscMin(*lines, Product(s, length, 0, dim) / length[pass[k].axis]);
    length[pass[k].axis] = pass[k].work->outs;
    *slab = PetscMax(*slab, Product(s, length, 0, dim));
  }
}

/* `slabs` of them through all passes. */
static void Chunk(OttoOrder s, PetscInt64 slabs, PetscInt count, const Pass pass[],
                  const PetscInt64 before[], PetscReal scale, PetscReal absent, PetscBool stream,
                  const PetscReal in[], PetscReal out[])
{
  PetscInt64 length[OTTO_MAX_DIM];

  (void)PetscArraycpy(length, before, OTTO_MAX_DIM);
  for (PetscInt k = 0; k < count; k++) {
    const PetscInt j = pass[k].axis;
    const PetscInt64 inner = Product(s, length, j + 1, s->g->dim);
    PetscReal *to = k == count - 1 ? out : s->scratch[k % 2];
    OttoPanelsApply(pass[k].work, slabs * Product(s, length, 0, j) * inner, inner, scale, absent,
                    stream && to == out ? PETSC_TRUE : PETSC_FALSE, in, to);
    length[j] = pass[k].work->outs;
    in = to;
    scale = 1;
  }
}

static PetscErrorCode Whole(OttoOrder s, PetscInt count, const Pass pass[],
                            const PetscInt64 before[], PetscReal scale, PetscReal absent,
                            const PetscReal in[], PetscReal out[])
{
  PetscInt64 all = 1, after[OTTO_MAX_DIM], slab, lines, each;

  PetscFunctionBegin;
  PetscCall(PetscArraycpy(after, before, OTTO_MAX_DIM));
  Measure(s, count, pass, after, &slab, &lines);
  each = PetscMax((OTTO_PANEL + lines - 1) / lines, CHUNK / slab);
  if (count > 1 && each * slab > s->scratch_size) {
    for (int i = 0; i < 2; i++) PetscCall(OttoBufferDestroy(&s->scratch[i]));
    for (int i = 0; i < 2; i++) PetscCall(OttoBufferCreate((size_t)(each * slab), &s->scratch[i]));
    s->scratch_size = each * slab;
  }
  for (PetscInt j = 0; j < s->cut; j++) all *= s->g->local[j];
  const PetscInt64 from = Product(s, before, 0, s->g->dim), to = Product(s, after, 0, s->g->dim);
  for (PetscInt64 at = 0; at < all; at += each)
    Chunk(s, PetscMin(each, all - at), count, pass, before, scale, absent, to > from,
          in + at * from, out + at * to);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoOrderDown(OttoOrder s, const OttoOrderAxis axes[], PetscReal scale,
                             PetscReal absent, const PetscReal in[], PetscReal nodes[])
{
  Pass pass[2 * OTTO_MAX_DIM];
  PetscInt count = 0;

  PetscFunctionBegin;
  for (PetscInt j = s->g->dim - 1; j >= s->cut; j--)
    if (axes[j].nodes != s->g->n[j]) pass[count++] = (Pass){j, &axes[j].down};
  if (count) PetscCall(Whole(s, count, pass, s->g->local, scale, absent, in, nodes));
  PetscFunctionReturn(0);
}

/* While there are few: what goes from nodes to nodes first, then axes without, then up to cells. */
static PetscInt ListUp(OttoOrder s, const OttoOrderAxis axes[], PetscInt last, Pass pass[])
{
  PetscInt count = 0;

  for (PetscInt j = s->cut; j < s->g->dim; j++)
    if (axes[j].nodes != s->g->n[j]) pass[count++] = (Pass){j, &axes[j].across};
  for (int nodes = 0; nodes < 2; nodes++)
    for (PetscInt j = s->cut; j < s->g->dim; j++)
      if (j != last && (axes[j].nodes != s->g->n[j]) == nodes)
        pass[count++] = (Pass){j, &axes[j].up};
  if (last >= s->cut) pass[count++] = (Pass){last, &axes[last].up};
  return count;
}

PetscInt OttoOrderLast(OttoOrder s, const OttoOrderAxis axes[])
{
  Pass pass[2 * OTTO_MAX_DIM];
  const PetscInt count = ListUp(s, axes, -1, pass);

  return count ? pass[count - 1].axis : 0;
}

/* ---- the axes that the mesh cuts ---- */

typedef struct {
  const OttoPanelWork *work;
  PetscReal scale, absent;
} Through;

static PetscErrorCode Lines(const OttoBundle *b, void *context)
{
  const Through *t = (const Through *)context;

  PetscFunctionBegin;
  OttoPanelsApply(t->work, b->lines, b->stride, t->scale, t->absent, PETSC_FALSE, b->in[0],
                  b->out[0]);
  PetscFunctionReturn(0);
}

/* Axis `last`, if it is one of them, at the end. */
static PetscErrorCode Cut(OttoOrder s, const OttoOrderAxis axes[], PetscBool coarse, PetscInt last,
                          PetscReal scale, PetscReal absent, const PetscReal in[], PetscReal out[])
{
  PetscFunctionBegin;
  for (PetscInt k = s->cut - 1; k >= 0; k--) {
    const PetscInt j = last == 1 && s->cut == 2 ? 1 - k : k;
    Through t = {.work = &axes[j].through, .scale = scale, .absent = absent};
    PetscCall(OttoAxisApply(s->lines[coarse][j], 1, (const PetscReal *const[]){in}, 1,
                            (PetscReal *const[]){out}, Lines, &t));
    in = out;
    scale = 1;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoOrderUp(OttoOrder s, const OttoOrderAxis axes[], PetscInt last, PetscReal scale,
                           PetscReal absent, const PetscReal nodes[], PetscReal out[])
{
  const PetscBool coarse = IsCoarse(s, axes);
  const OttoGridInfo shape = Shape(s, axes);
  PetscErrorCode code = 0;
  Pass pass[2 * OTTO_MAX_DIM];

  PetscFunctionBegin;
  const PetscInt whole = ListUp(s, axes, last, pass);
  if (last >= 0 && last < s->cut) { /* then the whole axes before */
    if (whole) code = Whole(s, whole, pass, shape.local, scale, absent, nodes, out);
    PetscCall(OttoAgree(s->g->comm, code));
    PetscCall(Cut(s, axes, PETSC_FALSE, last, whole ? 1 : scale, absent, whole ? out : nodes, out));
    PetscFunctionReturn(0);
  }
  if (coarse) PetscCall(PrepareCoarse(s, axes));
  PetscReal *const middle = coarse ? s->middle : out;
  PetscCall(Cut(s, axes, coarse, last, scale, absent, nodes, middle));
  if (whole) code = Whole(s, whole, pass, shape.local, 1, absent, middle, out);
  PetscCall(OttoAgree(s->g->comm, code));
  PetscFunctionReturn(0);
}
