#include "plain.h"
#include "axis_plan.h"
#include "stage_build.h"
#include "core/buffer.h"
#include <math.h>

#define ROOMS 4 /* three panels, maxima */

/* What is done to the last axis's results. */
typedef struct {
  PetscReal unit;        /* they are multiplied by it */
  PetscReal least, most; /* what they were before, on this rank */
} Finish;

/* Some stages one after the other, on a panel. */
typedef struct {
  PetscInt count;
  const OttoStage *stage[3];
  const OttoStage *derivative; /* of the last one: divided by it; NULL: none */
  PetscReal share;             /* of the last one that is left out of the derivative */
  Finish *finish;              /* NULL: nothing */
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
  PetscInt like;           /* the first axis of the same kind */
  OttoAxisPlan plan;       /* where like is this axis */
  PetscReal t;             /* of the plan; 0: none */
  Other moved, derivative; /* last used */
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
  for (PetscInt j = 0; j < s->g->dim; j++)
    for (PetscInt i = j; i >= 0; i--)
      if (s->g->n[i] == s->g->n[j] && s->g->h[i] == s->g->h[j] &&
          s->g->boundary[i] == s->g->boundary[j])
        s->axis[j].like = i;
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
    PetscCall(FreeOther(&s->axis[j].derivative));
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
    if (a->derivative.t > 0) bytes += a->derivative.stage.bytes;
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

/* The plan of an axis at time t, and stages in place of its last. Not collective. */
static PetscErrorCode PrepareAxis(OttoPlain s, PetscReal t, PetscInt j, PetscInt order,
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
  if (order) PetscCall(PrepareOther(&a->plan, t, order, shift, &own->derivative));
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

/* The derivative over the sums that it belongs to, in place of these. */
static void Divide(const Stages *w, const PetscReal from[], PetscReal sum[])
{
  const OttoStage *d = w->derivative;
  PetscReal *part = w->room[2];

  OttoStageApplyBounded(d, from, sum, w->share, part, w->room[3]);
  for (PetscInt64 i = 0; i < d->targets * OTTO_PANEL; i++)
    sum[i] = sum[i] > 0 ? part[i] / sum[i] : 0;
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
    if (i + 1 == w->count && w->derivative) Divide(w, from, to);
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
                         .work = Run,
                         .context = w};
}

/* Plans, room and works of all axes. Collective. */
static PetscErrorCode Prepare(OttoPlain s, PetscReal t, PetscInt axis, PetscInt order,
                              const PetscReal shift[])
{
  PetscErrorCode code = 0;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < s->g->dim && !code; j++)
    code = PrepareAxis(s, t, j, j == axis ? order : 0, shift ? shift[j] : 0);
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
  PetscCall(Prepare(s, t, -1, 0, shift));
  const PetscInt last = OttoOrderLast(s->order, s->axes);
  s->work[last].up.finish = s->work[last].through.finish = &finish;
  PetscCall(OttoOrderApply(s->order, s->axes, last, kept, scale, in, out));
  *least = finish.least;
  *most = finish.most;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPlainMean(OttoPlain s, OttoOrderKept *kept, PetscReal t, PetscInt axis,
                             PetscInt order, const PetscReal shift[], PetscReal scale,
                             const PetscReal in[], PetscReal mean[])
{
  const PetscReal sigma = sqrt(2 * t) / s->g->h[axis];
  Finish finish = {1 / pow(s->g->h[axis], (double)order), INFINITY, 0};

  PetscFunctionBegin;
  PetscCall(Prepare(s, t, axis, order, shift));
  Stages *const works[] = {&s->work[axis].up, &s->work[axis].through};
  for (int i = 0; i < 2; i++) {
    works[i]->derivative = &s->axis[axis].derivative.stage;
    works[i]->share = OTTO_STAGE_LOST / pow(sigma, (double)order);
    works[i]->finish = &finish;
  }
  PetscCall(OttoOrderApply(s->order, s->axes, axis, kept, scale, in, mean));
  PetscFunctionReturn(0);
}
