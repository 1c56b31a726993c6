#include "plain.h"
#include "axis_plan.h"
#include "stage_build.h"
#include "core/buffer.h"
#include "core/vecmath.h"
#include <math.h>

#define ROOMS 5 /* three panels, maxima, second results */

/* What is done to the last axis's results. */
typedef struct {
  PetscReal unit;        /* they are multiplied by it */
  PetscReal least, most; /* what they were before, on this rank */
} Finish;

/* A derivative of the last stage, over what that gives. */
typedef struct {
  const OttoStage *stage; /* NULL: none */
  PetscReal share;        /* of the last one that is left out */
  PetscReal unit;         /* times this */
} Ratio;

/* Some stages one after the other, on a panel. */
typedef struct {
  PetscInt count;
  const OttoStage *stage[3];
  Ratio ratio[2]; /* the first comes out instead, the second is added to second results */
  Finish *finish; /* NULL: nothing */
  PetscReal *room[ROOMS];
} Stages;

/* A stage in place of a plan's last one. */
typedef struct {
  OttoStage stage;
  PetscReal t, shift; /* t 0: none */
  PetscInt order;
} Other;

/* Of one axis; axes alike share plans. */
typedef struct {
  PetscInt like;              /* the first axis of the same kind */
  OttoAxisPlan plan;          /* where like is this axis */
  PetscReal t;                /* of the plan; 0: none */
  Other moved, derivative[2]; /* last used; of order 1 and 2 */
} PlainAxis;

/* What is done along an axis. */
typedef struct {
  Stages down, across, up, through;
} PlainWork;

struct _n_OttoPlain {
  const OttoGridInfo *g;
  PetscBool lattice;
  OttoKernelFill fill;
  OttoOrder order;
  PlainAxis axis[OTTO_MAX_DIM];
  PlainWork work[OTTO_MAX_DIM];
  OttoOrderAxis axes[OTTO_MAX_DIM];
  PetscReal *room[ROOMS];
  size_t rows; /* of a panel */
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
  for (PetscInt j = 0; j < s->g->dim; j++) s->axis[j].like = OttoKernelLike(s->g, j);
  PetscCall(OttoOrderCreate(grid, &s->order));
  PetscFunctionReturn(0);
}

static PetscErrorCode FreeOther(Other *other)
{
  PetscFunctionBegin;
  if (other->t > 0) PetscCall(OttoStageDestroy(&other->stage));
  other->t = 0;
  PetscFunctionReturn(0);
}

static PetscErrorCode FreePlan(PlainAxis *a)
{
  PetscFunctionBegin;
  if (a->t > 0) PetscCall(OttoAxisPlanDestroy(&a->plan));
  a->t = 0;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPlainDestroy(OttoPlain *plain)
{
  OttoPlain s = *plain;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(0);
  for (PetscInt j = 0; j < s->g->dim; j++) {
    PetscCall(FreePlan(&s->axis[j]));
    PetscCall(FreeOther(&s->axis[j].moved));
    for (int i = 0; i < 2; i++) PetscCall(FreeOther(&s->axis[j].derivative[i]));
  }
  PetscCall(OttoOrderDestroy(&s->order));
  for (int i = 0; i < ROOMS; i++) PetscCall(OttoBufferDestroy(&s->room[i]));
  PetscCall(PetscFree(*plain));
  PetscFunctionReturn(0);
}

size_t OttoPlainBytes(OttoPlain s)
{
  size_t bytes = sizeof *s + ROOMS * s->rows * OTTO_PANEL * sizeof(PetscReal);

  for (PetscInt j = 0; j < s->g->dim; j++) {
    const PlainAxis *a = &s->axis[j];
    for (PetscInt i = 0; a->t > 0 && i < a->plan.stages; i++) bytes += a->plan.stage[i].bytes;
    if (a->moved.t > 0) bytes += a->moved.stage.bytes;
    for (int k = 0; k < 2; k++)
      if (a->derivative[k].t > 0) bytes += a->derivative[k].stage.bytes;
  }
  return bytes + OttoOrderBytes(s->order);
}

/* ---- plans and room ---- */

/* The plan's last stage, of a derivative and at points moved by so many cells. Not collective. */
static PetscErrorCode PrepareOther(const OttoAxisPlan *plan, PetscReal t, PetscInt order,
                                   PetscReal shift, Other *other)
{
  OttoStagePart part;

  PetscFunctionBegin;
  if (other->t == t && other->order == order && other->shift == shift) PetscFunctionReturn(0);
  PetscCall(FreeOther(other));
  PetscCall(OttoAxisPlanPart(plan, plan->stages - 1, order, shift, &part));
  PetscCall(OttoStageCreate(&part, &other->stage));
  PetscCall(OttoLineKernelDestroy(&part.kernel));
  other->t = t;
  other->order = order;
  other->shift = shift;
  PetscFunctionReturn(0);
}

/* The plan of an axis at time t, and stages in place of its last: derivatives of orders from … to,
 * 0: none. Not collective. */
static PetscErrorCode PrepareAxis(OttoPlain s, PetscReal t, PetscInt j, PetscInt from, PetscInt to,
                                  PetscReal shift)
{
  PlainAxis *a = &s->axis[s->axis[j].like], *own = &s->axis[j];
  const OttoAxisKernel kernel = {s->g->n[j], s->g->boundary[j], s->lattice, s->fill};

  PetscFunctionBegin;
  if (a->t != t) {
    PetscCall(FreePlan(a));
    PetscCall(OttoAxisPlanCreate(&kernel, t / (s->g->h[j] * s->g->h[j]), 0, &a->plan));
    a->t = t;
  }
  if (shift != 0) PetscCall(PrepareOther(&a->plan, t, 0, shift, &own->moved));
  for (PetscInt order = PetscMax(1, from); order <= to; order++)
    PetscCall(PrepareOther(&a->plan, t, order, shift, &own->derivative[order - 1]));
  PetscFunctionReturn(0);
}

static size_t RowsOf(const OttoStage *s)
{
  return (size_t)PetscMax(s->sources, s->blocks * OTTO_TILE);
}

/* Room for panels of any stage, with what stands beside a line. */
static PetscErrorCode Grow(OttoPlain s)
{
  size_t rows = 0;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < s->g->dim; j++) {
    const PlainAxis *a = &s->axis[s->axis[j].like];
    for (PetscInt i = 0; i < a->plan.stages; i++) rows = PetscMax(rows, RowsOf(&a->plan.stage[i]));
  }
  rows += 2 * OTTO_BESIDE;
  if (rows <= s->rows) PetscFunctionReturn(0);
  s->rows = 0;
  for (int i = 0; i < ROOMS; i++) PetscCall(OttoBufferDestroy(&s->room[i]));
  for (int i = 0; i < ROOMS; i++) PetscCall(OttoBufferCreate(rows * OTTO_PANEL, &s->room[i]));
  s->rows = rows;
  PetscFunctionReturn(0);
}

/* ---- panels ---- */

/* unit·part/sum, 0 where that is 0, in place of sums, and added. */
OTTO_VECTOR_CLONES static void Replace(PetscInt64 count, PetscReal unit, const PetscReal part[],
                                       PetscReal sum[])
{
#pragma omp simd
  for (PetscInt64 k = 0; k < count; k++) sum[k] = sum[k] > 0 ? unit * (part[k] / sum[k]) : 0;
}

OTTO_VECTOR_CLONES static void Accumulate(PetscInt64 count, PetscReal unit, const PetscReal part[],
                                          const PetscReal sum[], PetscReal to[])
{
#pragma omp simd
  for (PetscInt64 k = 0; k < count; k++) to[k] += sum[k] > 0 ? unit * (part[k] / sum[k]) : 0;
}

/* Derivatives over the sums that they belong to: the first in place of these. */
static void Divide(const Stages *w, const PetscReal from[], PetscReal sum[])
{
  const PetscInt64 count = w->ratio[0].stage->targets * OTTO_PANEL;
  PetscReal *part = w->room[2];

  for (int i = w->ratio[1].stage ? 1 : 0; i >= 0; i--) {
    const Ratio *r = &w->ratio[i];
    OttoStageApplyBounded(r->stage, from, sum, r->share, part, w->room[3]);
    if (i)
      Accumulate(count, r->unit, part, sum, w->room[4]);
    else
      Replace(count, r->unit, part, sum);
  }
}

static void End(Finish *finish, PetscInt64 rows, PetscInt64 width, PetscReal panel[])
{
  PetscReal least[OTTO_PANEL], most[OTTO_PANEL];
  const PetscReal unit = finish->unit;

  for (int c = 0; c < OTTO_PANEL; c++) least[c] = most[c] = panel[c];
  for (PetscInt64 i = 0; i < rows; i++, panel += OTTO_PANEL) {
#pragma omp simd
    for (int c = 0; c < OTTO_PANEL; c++) {
      least[c] = panel[c] < least[c] ? panel[c] : least[c];
      most[c] = panel[c] > most[c] ? panel[c] : most[c];
      panel[c] *= unit;
    }
  }
  for (PetscInt64 c = 0; c < width; c++) {
    finish->least = PetscMin(finish->least, least[c]);
    finish->most = PetscMax(finish->most, most[c]);
  }
}

static const PetscReal *Run(const void *context, PetscInt64 width, PetscBool given)
{
  const Stages *w = (const Stages *)context;
  PetscReal *from = w->room[0] + OTTO_BESIDE * OTTO_PANEL;

  (void)given;
  for (PetscInt64 i = 0; i < w->stage[0]->sources && width < OTTO_PANEL; i++)
    for (PetscInt64 c = width; c < OTTO_PANEL; c++) from[i * OTTO_PANEL + c] = 0;
  for (PetscInt i = 0; i < w->count; i++) {
    PetscReal *to = w->room[(i + 1) % 2] + OTTO_BESIDE * OTTO_PANEL;
    OttoStageExtend(w->stage[i], from);
    OttoStageApply(w->stage[i], from, to, w->room[3]);
    if (i + 1 == w->count && w->ratio[0].stage) Divide(w, from, to);
    if (i + 1 == w->count && w->finish) End(w->finish, w->stage[i]->targets, width, to);
    from = to;
  }
  return from;
}

/* Stages of a plan, the last at points moved by `shift`. */
static OttoPanelWork Describe(OttoPlain s, PetscInt j, PetscReal shift, PetscInt first,
                              PetscInt end, Stages *w)
{
  const OttoAxisPlan *plan = &s->axis[s->axis[j].like].plan;

  *w = (Stages){.count = end - first};
  for (PetscInt i = first; i < end; i++) w->stage[i - first] = &plan->stage[i];
  if (shift != 0 && end == plan->stages) w->stage[w->count - 1] = &s->axis[j].moved.stage;
  for (int i = 0; i < ROOMS; i++) w->room[i] = s->room[i];
  return (OttoPanelWork){.ins = w->stage[0]->sources,
                         .outs = w->stage[end - first - 1]->targets,
                         .panel = w->room[0] + OTTO_BESIDE * OTTO_PANEL,
                         .second = w->room[4],
                         .work = Run,
                         .context = w};
}

/* Plans, room and works of all axes, with derivatives of orders from … to of one. Collective. */
static PetscErrorCode Prepare(OttoPlain s, PetscReal t, PetscInt axis, PetscInt from, PetscInt to,
                              const PetscReal shift[])
{
  PetscErrorCode code = 0;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < s->g->dim && !code; j++)
    code = PrepareAxis(s, t, j, from, j == axis ? to : 0, shift ? shift[j] : 0);
  if (!code) code = Grow(s);
  PetscCall(OttoAgree(s->g->comm, code));
  for (PetscInt j = 0; j < s->g->dim; j++) {
    const OttoAxisPlan *plan = &s->axis[s->axis[j].like].plan;
    const PetscReal moved = shift ? shift[j] : 0;
    const PetscInt n = plan->stages, middle = n / 2;
    OttoOrderAxis *a = &s->axes[j];
    a->nodes = n > 1 ? plan->nodes.count : s->g->n[j];
    a->key = plan->nodes.tau1;
    a->down = Describe(s, j, 0, 0, 1, &s->work[j].down);
    a->across = Describe(s, j, 0, middle, middle + 1, &s->work[j].across);
    a->up = Describe(s, j, moved, n - 1, n, &s->work[j].up);
    a->through = Describe(s, j, moved, 0, n, &s->work[j].through);
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPlainApply(OttoPlain s, OttoOrderKept *kept, PetscReal t,
                              const PetscReal shift[], PetscReal scale, const PetscReal in[],
                              PetscReal out[], PetscReal *least, PetscReal *most)
{
  Finish finish = {1 / scale, INFINITY, 0};

  PetscFunctionBegin;
  PetscCall(Prepare(s, t, -1, 0, 0, shift));
  const PetscInt last = OttoOrderLast(s->order, s->axes);
  s->work[last].up.finish = s->work[last].through.finish = &finish;
  PetscCall(OttoOrderApply(s->order, s->axes, last, kept, scale, in, out, NULL));
  *least = finish.least;
  *most = finish.most;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPlainMean(OttoPlain s, OttoOrderKept *kept, PetscReal t, PetscInt axis,
                             PetscInt order, const PetscReal shift[], PetscReal scale,
                             const PetscReal in[], PetscReal mean[], PetscReal second[])
{
  const PetscReal h = s->g->h[axis], sigma = sqrt(2 * t) / h;
  const PetscInt to = second ? 2 : order;

  PetscFunctionBegin;
  PetscCall(Prepare(s, t, axis, order, to, shift));
  for (PetscInt k = order; k <= to; k++) {
    const Ratio ratio = {&s->axis[axis].derivative[k - 1].stage,
                         OTTO_STAGE_LOST / pow(sigma, (double)k), 1 / pow(h, (double)k)};
    s->work[axis].up.ratio[k - order] = s->work[axis].through.ratio[k - order] = ratio;
  }
  PetscCall(OttoOrderApply(s->order, s->axes, axis, kept, scale, in, mean, second));
  PetscFunctionReturn(0);
}
