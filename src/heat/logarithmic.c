#include "logarithmic.h"
#include "log_plan.h"
#include "core/vecmath.h"
#include "grid/axis.h"
#include <math.h>

/* Of one axis; axes alike share plans, not lines. */
typedef struct {
  PetscInt like;     /* the first axis of the same kind */
  OttoLogPlan plan;  /* where like is this axis */
  PetscReal t;       /* of the plan; 0: none */
  OttoLogPlan moved; /* of this axis, for shifted targets, at moved_t */
  PetscReal moved_t;
  OttoAxis lines; /* of log p */
  OttoAxis both;  /* … and a mean, once one is asked for */
} LogAxis;

struct _n_OttoLogarithmic {
  OttoGrid grid;
  const OttoGridInfo *g;
  PetscBool lattice;
  OttoKernelFill fill;
  LogAxis axis[OTTO_MAX_DIM];
  OttoLogRoom room;
};

PetscErrorCode OttoLogarithmicCreate(OttoGrid grid, PetscBool lattice, OttoKernelFill fill,
                                     OttoLogarithmic *logs)
{
  OttoLogarithmic s;

  PetscFunctionBegin;
  PetscCall(PetscNew(&s));
  *logs = s;
  s->grid = grid;
  s->g = OttoGridGetInfo(grid);
  s->lattice = lattice;
  s->fill = fill;
  for (PetscInt j = 0; j < s->g->dim; j++)
    for (PetscInt i = j; i >= 0; i--)
      if (s->g->n[i] == s->g->n[j] && s->g->h[i] == s->g->h[j] &&
          s->g->boundary[i] == s->g->boundary[j])
        s->axis[j].like = i;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoLogarithmicDestroy(OttoLogarithmic *logs)
{
  OttoLogarithmic s = *logs;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(0);
  for (PetscInt j = 0; j < s->g->dim; j++) {
    PetscCall(OttoLogPlanDestroy(&s->axis[j].plan));
    PetscCall(OttoLogPlanDestroy(&s->axis[j].moved));
    PetscCall(OttoAxisDestroy(&s->axis[j].lines));
    PetscCall(OttoAxisDestroy(&s->axis[j].both));
  }
  PetscCall(OttoLogRoomDestroy(&s->room));
  PetscCall(PetscFree(*logs));
  PetscFunctionReturn(0);
}

size_t OttoLogarithmicBytes(OttoLogarithmic s)
{
  size_t bytes = sizeof *s + (3 * s->room.rows * OTTO_PANEL + s->room.numbers) * sizeof(PetscReal);

  for (PetscInt j = 0; j < s->g->dim; j++) {
    bytes += OttoLogPlanBytes(&s->axis[j].plan) + OttoLogPlanBytes(&s->axis[j].moved);
    if (s->axis[j].lines) bytes += OttoAxisBytes(s->axis[j].lines);
    if (s->axis[j].both) bytes += OttoAxisBytes(s->axis[j].both);
  }
  return bytes;
}

/* The plan of an axis at time t, with its last stage where it is a derivative; an axis alike has
 * the same unless the targets are shifted. Not collective. */
static PetscErrorCode Prepare(OttoLogarithmic s, PetscReal t, PetscInt j, PetscInt order,
                              PetscReal shift, OttoLogPlan **plan)
{
  const PetscBool moved = shift != 0 ? PETSC_TRUE : PETSC_FALSE;
  LogAxis *a = &s->axis[moved ? j : s->axis[j].like];
  PetscReal *there = moved ? &a->moved_t : &a->t;
  const OttoAxisKernel kernel = {s->g->n[j], s->g->boundary[j], s->lattice, s->fill};

  PetscFunctionBegin;
  *plan = moved ? &a->moved : &a->plan;
  if (*there != t || (*plan)->shift != shift) {
    PetscCall(OttoLogPlanDestroy(*plan));
    *there = 0;
    PetscCall(OttoLogPlanCreate(&kernel, t / (s->g->h[j] * s->g->h[j]), shift, *plan));
    *there = t;
  }
  if (order) PetscCall(OttoLogPlanDerivative(*plan, order));
  PetscCall(OttoLogRoomGrow(*plan, &s->room));
  PetscFunctionReturn(0);
}

/* ---- lines ---- */

typedef struct {
  const OttoLogPlan *plan;
  const OttoLogRoom *room;
  PetscBool values;     /* what comes in is p, not log p */
  PetscBool derivative; /* a mean goes out as well */
  PetscReal scale;      /* of the mean */
} Work;

OTTO_VECTOR_CLONES static void VectorLogs(PetscInt64 n, PetscReal v[])
{
#pragma omp simd
  for (PetscInt64 i = 0; i < n; i++) {
    const PetscReal there = v[i] > 0 ? v[i] : 1, value = OttoLogRatio(there, 1);
    v[i] = v[i] > 0 ? value : -INFINITY;
  }
}

/* Logarithms of a panel, in place. */
static void TakeLogs(PetscInt64 n, PetscReal v[])
{
  PetscInt64 out = 0;

  for (PetscInt64 i = 0; i < n; i++)
    out += (v[i] > 0 && v[i] < OTTO_VECTOR_TINY) || v[i] > OTTO_VECTOR_HUGE;
  if (!out)
    VectorLogs(n, v);
  else
    for (PetscInt64 i = 0; i < n; i++) v[i] = log(v[i]);
}

/* `width` lines from column `at` of a bundle, through all stages. */
static void Panel(const Work *w, const OttoBundle *b, PetscInt64 at, PetscInt64 width)
{
  PetscReal *in = OttoLogPanelIn(w->plan, w->room);
  const PetscReal *logs, *mean;

  for (PetscInt64 i = 0; i < b->n; i++) {
    const PetscReal *row = b->in[0] + i * b->stride + at;
    for (PetscInt64 c = 0; c < width; c++) in[i * OTTO_PANEL + c] = row[c];
    for (PetscInt64 c = width; c < OTTO_PANEL; c++)
      in[i * OTTO_PANEL + c] = w->values ? 0 : -INFINITY;
  }
  if (w->values) TakeLogs(b->n * OTTO_PANEL, in);
  OttoLogPanel(w->plan, w->room, w->derivative, &logs, &mean);
  for (PetscInt64 i = 0; i < b->n; i++) {
    for (PetscInt64 c = 0; c < width; c++)
      b->out[0][i * b->stride + at + c] = logs[i * OTTO_PANEL + c];
    for (PetscInt64 c = 0; mean && c < width; c++)
      b->out[1][i * b->stride + at + c] = w->scale * mean[i * OTTO_PANEL + c];
  }
}

static PetscErrorCode Lines(const OttoBundle *b, void *context)
{
  PetscFunctionBegin;
  for (PetscInt64 at = 0; at < b->lines; at += OTTO_PANEL)
    Panel((const Work *)context, b, at, PetscMin(OTTO_PANEL, b->lines - at));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoLogarithmicApply(OttoLogarithmic s, PetscReal t, PetscInt axis, PetscInt order,
                                    const PetscReal shift[], const PetscReal in[], PetscReal out[],
                                    PetscReal mean[])
{
  OttoLogPlan *plan[OTTO_MAX_DIM];
  PetscErrorCode code = 0;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < s->g->dim && !code; j++)
    code = Prepare(s, t, j, j == axis ? order : 0, shift ? shift[j] : 0, &plan[j]);
  PetscCall(OttoAgree(s->g->comm, code));
  for (PetscInt k = s->g->dim - 1; k >= 0; k--) { /* the derivative last: the others carry log p */
    const PetscInt j = !order ? k : k == 0 ? axis : k <= axis ? k - 1 : k;
    const PetscBool last = order && k == 0 ? PETSC_TRUE : PETSC_FALSE;
    const PetscBool first = k == s->g->dim - 1 ? PETSC_TRUE : PETSC_FALSE;
    OttoAxis *lines = last ? &s->axis[j].both : &s->axis[j].lines;
    Work work = {.plan = plan[j],
                 .room = &s->room,
                 .values = first,
                 .derivative = last,
                 .scale = last ? pow(s->g->h[j], -(double)order) : 1};
    if (!*lines) PetscCall(OttoAxisCreate(s->grid, j, last ? 2 : 1, 0, lines));
    PetscCall(OttoAxisApply(*lines, 1, (const PetscReal *const[]){first ? in : out}, last ? 2 : 1,
                            (PetscReal *const[]){out, mean}, Lines, &work));
  }
  PetscFunctionReturn(0);
}
