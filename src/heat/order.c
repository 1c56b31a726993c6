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
  OttoAxis pairs[OTTO_MAX_DIM];    /* … of two fields, of the grid; made when first needed */
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
    PetscCall(OttoAxisCreateShape(&s->shape[0], j, 1, OTTO_AXIS_STANDING, &s->lines[0][j]));
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
  for (PetscInt j = 0; j < s->cut; j++) {
    PetscCall(OttoAxisDestroy(&s->lines[0][j]));
    PetscCall(OttoAxisDestroy(&s->pairs[j]));
  }
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
  for (PetscInt j = 0; j < s->cut; j++)
    if (s->pairs[j]) bytes += OttoAxisBytes(s->pairs[j]);
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
    PetscCall(OttoAxisCreateShape(&s->shape[1], j, 1, OTTO_AXIS_STANDING, &s->lines[1][j]));
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

/* `slabs` of them through all passes; how->second: of the last. */
static void Chunk(OttoOrder s, PetscInt64 slabs, PetscInt count, const Pass pass[],
                  const PetscInt64 before[], const OttoPanels *how, const PetscReal in[],
                  PetscReal out[])
{
  PetscInt64 length[OTTO_MAX_DIM];

  (void)PetscArraycpy(length, before, OTTO_MAX_DIM);
  for (PetscInt k = 0; k < count; k++) {
    const PetscInt j = pass[k].axis;
    const PetscInt64 inner = Product(s, length, j + 1, s->g->dim);
    const PetscBool last = k == count - 1 ? PETSC_TRUE : PETSC_FALSE;
    const OttoPanels panels = {.lines = slabs * Product(s, length, 0, j) * inner,
                               .inner = inner,
                               .scale = k ? 1 : how->scale,
                               .given = k ? PETSC_FALSE : how->given,
                               .stream = last ? how->stream : PETSC_FALSE,
                               .before = last ? how->before : NULL,
                               .second = last ? how->second : NULL};
    PetscReal *to = last ? out : s->scratch[k % 2];
    OttoPanelsApply(&panels, pass[k].work, in, to);
    length[j] = pass[k].work->outs;
    in = to;
  }
}

/* how: scale, given and second. */
static PetscErrorCode Whole(OttoOrder s, PetscInt count, const Pass pass[],
                            const PetscInt64 before[], OttoPanels how, const PetscReal in[],
                            PetscReal out[])
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
  how.stream = to > from ? PETSC_TRUE : PETSC_FALSE;
  PetscReal *const second = how.second;
  for (PetscInt64 at = 0; at < all; at += each) {
    if (second) how.before = how.second = second + at * to;
    Chunk(s, PetscMin(each, all - at), count, pass, before, &how, in + at * from, out + at * to);
  }
  PetscFunctionReturn(0);
}

/* Cells to nodes, where this is not kept. Not collective. */
static PetscErrorCode Down(OttoOrder s, const OttoOrderAxis axes[], PetscReal scale,
                           const PetscReal in[], OttoOrderKept *kept)
{
  const PetscInt64 size = PetscMax(1, Shape(s, axes).local_cells);
  PetscBool same = kept->size == size ? PETSC_TRUE : PETSC_FALSE;
  Pass pass[OTTO_MAX_DIM];
  PetscInt count = 0;

  PetscFunctionBegin;
  for (PetscInt j = s->g->dim - 1; j >= s->cut; j--) {
    const PetscBool nodes = axes[j].nodes != s->g->n[j] ? PETSC_TRUE : PETSC_FALSE;
    const PetscReal key = nodes ? axes[j].key : 0;
    if (nodes) pass[count++] = (Pass){j, &axes[j].down};
    if (kept->key[j] != key) same = PETSC_FALSE;
    kept->key[j] = key;
  }
  if (same) PetscFunctionReturn(0);
  if (kept->size != size) {
    PetscCall(OttoOrderForget(kept));
    PetscCall(OttoBufferCreate((size_t)size, &kept->nodes));
  }
  kept->size = 0; /* nothing yet */
  PetscCall(Whole(s, count, pass, s->g->local, (OttoPanels){.scale = scale, .given = PETSC_TRUE},
                  in, kept->nodes));
  kept->size = size;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoOrderForget(OttoOrderKept *kept)
{
  PetscFunctionBegin;
  PetscCall(OttoBufferDestroy(&kept->nodes));
  kept->size = 0;
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
  PetscReal scale;
  PetscBool given, second;
} Through;

static PetscErrorCode Lines(const OttoBundle *b, void *context)
{
  const Through *t = (const Through *)context;
  const OttoPanels panels = {.lines = b->lines,
                             .inner = b->stride,
                             .scale = t->scale,
                             .given = t->given,
                             .before = t->second ? b->in[1] : NULL,
                             .second = t->second ? b->out[1] : NULL};

  PetscFunctionBegin;
  OttoPanelsApply(&panels, t->work, b->in[0], b->out[0]);
  PetscFunctionReturn(0);
}

/* The lines of an axis of the grid with those of a second field. Collective. */
static PetscErrorCode GetPairs(OttoOrder s, PetscInt j, OttoAxis *lines)
{
  PetscFunctionBegin;
  if (!s->pairs[j])
    PetscCall(OttoAxisCreateShape(&s->shape[0], j, 2, OTTO_AXIS_STANDING, &s->pairs[j]));
  *lines = s->pairs[j];
  PetscFunctionReturn(0);
}

/* Axis `last`, if it is one of them, at the end; how: scale and given, and its second. */
static PetscErrorCode Cut(OttoOrder s, const OttoOrderAxis axes[], PetscBool coarse, PetscInt last,
                          OttoPanels how, const PetscReal in[], PetscReal out[])
{
  PetscFunctionBegin;
  for (PetscInt k = s->cut - 1; k >= 0; k--) {
    const PetscInt j = last == 1 && s->cut == 2 ? 1 - k : k;
    const PetscBool second = j == last && how.second ? PETSC_TRUE : PETSC_FALSE;
    const PetscInt fields = second ? 2 : 1;
    Through t = {&axes[j].through, how.scale, how.given, second};
    OttoAxis lines = s->lines[coarse][j];
    if (second) PetscCall(GetPairs(s, j, &lines));
    PetscCall(OttoAxisApply(lines, fields, (const PetscReal *const[]){in, how.second}, fields,
                            (PetscReal *const[]){out, how.second}, Lines, &t));
    in = out;
    how.scale = 1;
    how.given = PETSC_FALSE;
  }
  PetscFunctionReturn(0);
}

/* The rest, from the nodes, or from the field where there are none; how: scale, given, second. */
static PetscErrorCode Up(OttoOrder s, const OttoOrderAxis axes[], PetscInt last, OttoPanels how,
                         const PetscReal in[], PetscReal out[])
{
  const PetscBool coarse = IsCoarse(s, axes);
  const OttoGridInfo shape = Shape(s, axes);
  OttoPanels first = how; /* without the second, which is the last pass's */
  PetscErrorCode code = 0;
  Pass pass[2 * OTTO_MAX_DIM];

  PetscFunctionBegin;
  const PetscInt whole = ListUp(s, axes, last, pass);
  first.second = NULL;
  if (last >= 0 && last < s->cut) { /* then the whole axes before */
    if (whole) code = Whole(s, whole, pass, shape.local, first, in, out);
    PetscCall(OttoAgree(s->g->comm, code));
    if (whole) how = (OttoPanels){.scale = 1, .second = how.second};
    PetscCall(Cut(s, axes, PETSC_FALSE, last, how, whole ? out : in, out));
    PetscFunctionReturn(0);
  }
  if (coarse) PetscCall(PrepareCoarse(s, axes));
  PetscReal *const middle = coarse ? s->middle : out;
  PetscCall(Cut(s, axes, coarse, last, first, in, middle));
  how = (OttoPanels){.scale = 1, .second = how.second};
  if (whole) code = Whole(s, whole, pass, shape.local, how, middle, out);
  PetscCall(OttoAgree(s->g->comm, code));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoOrderApply(OttoOrder s, const OttoOrderAxis axes[], PetscInt last,
                              OttoOrderKept *kept, PetscReal scale, const PetscReal in[],
                              PetscReal out[], PetscReal second[])
{
  OttoPanels how = {.scale = scale, .given = PETSC_TRUE, .second = second};

  PetscFunctionBegin;
  if (IsCoarse(s, axes)) {
    PetscCall(OttoAgree(s->g->comm, Down(s, axes, scale, in, kept)));
    how = (OttoPanels){.scale = 1, .second = second};
    in = kept->nodes;
  }
  PetscCall(Up(s, axes, last, how, in, out));
  PetscFunctionReturn(0);
}
