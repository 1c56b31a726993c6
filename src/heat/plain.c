#include "plain.h"
#include "axis_plan.h"
#include "core/buffer.h"
#include "grid/axis.h"
#include <math.h>

/* Of one axis; axes alike share plans, not lines. */
typedef struct {
  PetscInt like;     /* the first axis of the same kind */
  OttoAxisPlan plan; /* where like is this axis */
  PetscReal t;       /* of the plan; 0: none */
  OttoStage last;    /* of this axis: the derivative, or shifted stage, last used for the plan's */
  PetscReal last_t, last_shift;
  PetscInt last_order;
  OttoAxis lines;
} PlainAxis;

struct _n_OttoPlain {
  const OttoGridInfo *g;
  PetscBool lattice;
  OttoKernelFill fill;
  PlainAxis axis[OTTO_MAX_DIM];
  PetscReal *room[3]; /* two panels, maxima */
  size_t rows;        /* of a panel */
};

PetscErrorCode OttoPlainCreate(OttoGrid grid, PetscBool lattice, OttoKernelFill fill,
                               OttoPlain *plain)
{
  OttoPlain s;

  PetscFunctionBegin;
  PetscCall(PetscNew(&s));
  *plain = s;
  s->g = OttoGridGetInfo(grid);
  s->lattice = lattice;
  s->fill = fill;
  for (PetscInt j = 0; j < s->g->dim; j++) {
    for (PetscInt i = j; i >= 0; i--)
      if (s->g->n[i] == s->g->n[j] && s->g->h[i] == s->g->h[j] &&
          s->g->boundary[i] == s->g->boundary[j])
        s->axis[j].like = i;
    PetscCall(OttoAxisCreate(grid, j, 1, 0, &s->axis[j].lines));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode FreeAxis(PlainAxis *a)
{
  PetscFunctionBegin;
  if (a->t > 0) PetscCall(OttoAxisPlanDestroy(&a->plan));
  if (a->last_t > 0) PetscCall(OttoStageDestroy(&a->last));
  a->t = a->last_t = 0;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPlainDestroy(OttoPlain *plain)
{
  OttoPlain s = *plain;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(0);
  for (PetscInt j = 0; j < s->g->dim; j++) {
    PetscCall(FreeAxis(&s->axis[j]));
    PetscCall(OttoAxisDestroy(&s->axis[j].lines));
  }
  for (int i = 0; i < 3; i++) PetscCall(OttoBufferDestroy(&s->room[i]));
  PetscCall(PetscFree(*plain));
  PetscFunctionReturn(0);
}

size_t OttoPlainBytes(OttoPlain s)
{
  size_t bytes = sizeof *s + 3 * s->rows * OTTO_PANEL * sizeof(PetscReal);

  for (PetscInt j = 0; j < s->g->dim; j++) {
    const PlainAxis *a = &s->axis[j];
    for (PetscInt i = 0; a->t > 0 && i < a->plan.stages; i++) bytes += a->plan.stage[i].bytes;
    if (a->last_t > 0) bytes += a->last.bytes;
    bytes += OttoAxisBytes(a->lines);
  }
  return bytes;
}

/* ---- plans and room ---- */

static size_t RowsOf(const OttoStage *s)
{
  return (size_t)(PetscMax(s->before + s->sources + s->after, s->blocks * OTTO_TILE));
}

/* Room for panels of these rows, a stage's targets behind what the next looks at before them. */
static PetscErrorCode Grow(OttoPlain s, size_t rows)
{
  PetscFunctionBegin;
  if (rows <= s->rows) PetscFunctionReturn(0);
  for (int i = 0; i < 3; i++) {
    PetscCall(OttoBufferDestroy(&s->room[i]));
    PetscCall(OttoBufferCreate(rows * OTTO_PANEL, &s->room[i]));
  }
  s->rows = rows;
  PetscFunctionReturn(0);
}

/* The plan of an axis at time t, and the last stage where it is a derivative. Not collective. */
static PetscErrorCode Prepare(OttoPlain s, PetscReal t, PetscInt j, PetscInt order, PetscReal shift)
{
  PlainAxis *a = &s->axis[s->axis[j].like], *own = &s->axis[j];
  const PetscBool other = order || shift != 0 ? PETSC_TRUE : PETSC_FALSE;
  const OttoAxisKernel kernel = {s->g->n[j], s->g->boundary[j], s->lattice, s->fill};
  size_t rows = 0;

  PetscFunctionBegin;
  if (a->t != t) {
    PetscCall(FreeAxis(a));
    PetscCall(OttoAxisPlanCreate(&kernel, t / (s->g->h[j] * s->g->h[j]), 0, &a->plan));
    a->t = t;
  }
  if (other && (own->last_t != t || own->last_order != order || own->last_shift != shift)) {
    OttoStagePart part;
    if (own->last_t > 0) PetscCall(OttoStageDestroy(&own->last));
    PetscCall(OttoAxisPlanPart(&a->plan, a->plan.stages - 1, order, shift, &part));
    PetscCall(OttoStageCreate(&part, &own->last));
    PetscCall(OttoLineKernelDestroy(&part.kernel));
    own->last_t = t;
    own->last_order = order;
    own->last_shift = shift;
  }
  for (PetscInt i = 0; i < a->plan.stages; i++) rows = PetscMax(rows, RowsOf(&a->plan.stage[i]));
  if (other) rows = PetscMax(rows, RowsOf(&own->last));
  PetscCall(Grow(s, 2 * rows + 4 * OTTO_TILE));
  PetscFunctionReturn(0);
}

/* ---- lines ---- */

typedef struct {
  const OttoAxisPlan *plan;
  const OttoStage *last; /* NULL: the plan's */
  PetscReal scale;       /* of the data */
  PetscReal *room[3];
} Work;

/* `width` lines from column `at` of a bundle, through all stages. */
static void Panel(const Work *w, const OttoBundle *b, PetscInt64 at, PetscInt64 width)
{
  const OttoStage *stage = w->plan->stages == 1 && w->last ? w->last : &w->plan->stage[0];
  PetscReal *from = w->room[0] + stage->before * OTTO_PANEL, *spare = w->room[1];

  for (PetscInt64 i = 0; i < b->n; i++) {
    const PetscReal *row = b->in[0] + i * b->stride + at;
    for (PetscInt64 c = 0; c < width; c++) from[i * OTTO_PANEL + c] = w->scale * row[c];
    for (PetscInt64 c = width; c < OTTO_PANEL; c++) from[i * OTTO_PANEL + c] = 0;
  }
  for (PetscInt i = 0; i < w->plan->stages; i++) {
    const OttoStage *next = i + 1 < w->plan->stages ? &w->plan->stage[i + 1] : NULL;
    if (next && w->last && i + 2 == w->plan->stages) next = w->last;
    PetscReal *to = spare + (next ? next->before : 0) * OTTO_PANEL;
    OttoStageExtend(stage, from);
    OttoStageApply(stage, from, to, w->room[2]);
    spare = spare == w->room[1] ? w->room[0] : w->room[1];
    from = to;
    stage = next;
  }
  for (PetscInt64 i = 0; i < b->n; i++)
    for (PetscInt64 c = 0; c < width; c++)
      b->out[0][i * b->stride + at + c] = from[i * OTTO_PANEL + c];
}

static PetscErrorCode Lines(const OttoBundle *b, void *context)
{
  PetscFunctionBegin;
  for (PetscInt64 at = 0; at < b->lines; at += OTTO_PANEL)
    Panel((const Work *)context, b, at, PetscMin(OTTO_PANEL, b->stride - at));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPlainApply(OttoPlain s, PetscReal t, PetscInt axis, PetscInt order,
                              const PetscReal shift[], PetscReal scale, const PetscReal in[],
                              PetscReal out[])
{
  PetscErrorCode code = 0;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < s->g->dim && !code; j++)
    code = Prepare(s, t, j, j == axis ? order : 0, shift ? shift[j] : 0);
  PetscCall(OttoAgree(s->g->comm, code));
  if (order) scale /= pow(s->g->h[axis], (double)order);
  for (PetscInt k = s->g->dim - 1; k >= 0; k--) { /* the derivative last: others want data ≥ 0 */
    const PetscInt j = !order ? k : k == 0 ? axis : k <= axis ? k - 1 : k;
    const PlainAxis *a = &s->axis[s->axis[j].like];
    const PetscBool first = k == s->g->dim - 1 ? PETSC_TRUE : PETSC_FALSE;
    Work work = {.plan = &a->plan,
                 .last = (order && j == axis) || (shift && shift[j] != 0) ? &s->axis[j].last : NULL,
                 .scale = first ? scale : 1,
                 .room = {s->room[0], s->room[1], s->room[2]}};
    PetscCall(OttoAxisApply(s->axis[j].lines, 1, (const PetscReal *const[]){first ? in : out}, 1,
                            (PetscReal *const[]){out}, Lines, &work));
  }
  PetscFunctionReturn(0);
}
