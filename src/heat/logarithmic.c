#include "logarithmic.h"
#include "log_plan.h"
#include "core/vecmath.h"
#include <math.h>

/* Of one axis; axes alike share plans, not lines. */
typedef struct {
  PetscInt like;     /* the first axis of the same kind */
  OttoLogPlan plan;  /* where like is this axis */
  PetscReal t;       /* of the plan; 0: none */
  OttoLogPlan moved; /* of this axis, for shifted targets, at moved_t */
  PetscReal moved_t;
} LogAxis;

/* Stages of a plan, on a panel. */
typedef struct {
  const OttoLogPlan *plan;
  PetscInt first, end;
  PetscInt order;  /* of the mean that comes out in place of logarithms; 0: none */
  PetscReal unit;  /* times this */
  PetscReal unit2; /* of the mean of order 2 that comes besides; 0: none */
  PetscBool logs;  /* logarithms are what comes from the field */
  const OttoLogRoom *room;
} Stages;

struct _n_OttoLogarithmic {
  const OttoGridInfo *g;
  PetscBool lattice;
  OttoKernelFill fill;
  LogAxis axis[OTTO_MAX_DIM];
  OttoLogRoom room;
  OttoOrder order;
  Stages work[OTTO_MAX_DIM][4]; /* down, across, up, through */
  OttoOrderAxis axes[OTTO_MAX_DIM];
  OttoOrderKept once; /* of logarithms given: room, from one field to the next */
};

PetscErrorCode OttoLogarithmicCreate(OttoGrid grid, PetscBool lattice, OttoKernelFill fill,
                                     OttoLogarithmic *logs)
{
  OttoLogarithmic s;

  PetscFunctionBegin;
  PetscCall(PetscNew(&s));
  *logs = s;
  s->g = OttoGridGetInfo(grid);
  s->lattice = lattice;
  s->fill = fill;
  for (PetscInt j = 0; j < s->g->dim; j++) s->axis[j].like = OttoKernelLike(s->g, j);
  PetscCall(OttoOrderCreate(grid, &s->order));
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
  }
  PetscCall(OttoOrderDestroy(&s->order));
  PetscCall(OttoLogRoomDestroy(&s->room));
  PetscCall(OttoOrderForget(&s->once));
  PetscCall(PetscFree(*logs));
  PetscFunctionReturn(0);
}

size_t OttoLogarithmicBytes(OttoLogarithmic s)
{
  size_t bytes =
      sizeof *s +
      (4 * s->room.rows * OTTO_PANEL + s->room.numbers + (size_t)s->once.size) * sizeof(PetscReal);

  for (PetscInt j = 0; j < s->g->dim; j++) {
    bytes += OttoLogPlanBytes(&s->axis[j].plan) + OttoLogPlanBytes(&s->axis[j].moved);
  }
  return bytes + OttoOrderBytes(s->order);
}

/* The plan of an axis at time t, with its last stage where it is a derivative of order from … to
 * (0: none); an axis alike has the same unless the targets are shifted. Not collective. */
static PetscErrorCode Prepare(OttoLogarithmic s, PetscReal t, PetscInt j, PetscInt from,
                              PetscInt to, PetscReal shift, OttoLogPlan **plan)
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
  for (PetscInt order = PetscMax(1, from); order <= to; order++)
    PetscCall(OttoLogPlanDerivative(*plan, order));
  PetscCall(OttoLogRoomGrow(*plan, &s->room));
  PetscFunctionReturn(0);
}

/* ---- panels ---- */

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

/* A panel: of p where it comes from the field, of log p else. */
static const PetscReal *Run(const void *context, PetscInt64 width, PetscBool given)
{
  const Stages *w = (const Stages *)context;
  const PetscInt64 rows = w->plan->stage[w->first].sources;
  const PetscBool values = given && !w->logs ? PETSC_TRUE : PETSC_FALSE;
  PetscReal *in = OttoLogPanelIn(w->plan, w->first, w->room);

  for (PetscInt64 i = 0; i < rows && width < OTTO_PANEL; i++)
    for (PetscInt64 c = width; c < OTTO_PANEL; c++) in[i * OTTO_PANEL + c] = values ? 0 : -INFINITY;
  if (values) TakeLogs(rows * OTTO_PANEL, in);
  PetscReal *out = OttoLogPanel(w->plan, w->first, w->end, w->order, w->unit2, w->room);
  for (PetscInt64 i = 0; w->order && i < w->plan->stage[w->end - 1].targets * OTTO_PANEL; i++)
    out[i] *= w->unit;
  return out;
}

static OttoPanelWork Describe(OttoLogarithmic s, const OttoLogPlan *plan, PetscInt first,
                              PetscInt end, Stages *w)
{
  *w = (Stages){.plan = plan, .first = first, .end = end, .unit = 1, .room = &s->room};
  return (OttoPanelWork){.ins = plan->stage[first].sources,
                         .outs = plan->stage[end - 1].targets,
                         .panel = OttoLogPanelIn(plan, first, &s->room),
                         .second = s->room.panel[3],
                         .work = Run,
                         .context = w};
}

/* The works of all axes at time t, those of `axis` with the derivative of order `order`, and of
 * order 2 besides where a second result is wanted. Collective. */
static PetscErrorCode Plan(OttoLogarithmic s, PetscReal t, PetscInt axis, PetscInt order,
                           const PetscReal shift[], PetscBool second)
{
  const PetscInt to = second ? 2 : order;
  OttoLogPlan *plan[OTTO_MAX_DIM];
  PetscErrorCode code = 0;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < s->g->dim && !code; j++)
    code = Prepare(s, t, j, order, j == axis ? to : 0, shift ? shift[j] : 0, &plan[j]);
  PetscCall(OttoAgree(s->g->comm, code));
  for (PetscInt j = 0; j < s->g->dim; j++) {
    const PetscInt n = plan[j]->plan.stages, middle = n / 2;
    OttoOrderAxis *a = &s->axes[j];
    a->nodes = n > 1 ? plan[j]->plan.nodes.count : s->g->n[j];
    a->key = plan[j]->plan.nodes.tau1;
    a->down = Describe(s, plan[j], 0, 1, &s->work[j][0]);
    a->across = Describe(s, plan[j], middle, middle + 1, &s->work[j][1]);
    a->up = Describe(s, plan[j], n - 1, n, &s->work[j][2]);
    a->through = Describe(s, plan[j], 0, n, &s->work[j][3]);
  }
  for (int i = 2; i < 4 && order; i++) {
    s->work[axis][i].order = order;
    s->work[axis][i].unit = pow(s->g->h[axis], -(double)order);
    s->work[axis][i].unit2 = second ? pow(s->g->h[axis], -2.) : 0;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoLogarithmicApply(OttoLogarithmic s, OttoOrderKept *kept, PetscReal t,
                                    PetscInt axis, PetscInt order, const PetscReal shift[],
                                    const PetscReal in[], PetscReal out[], PetscReal second[])
{
  PetscFunctionBegin;
  PetscCall(Plan(s, t, axis, order, shift, second ? PETSC_TRUE : PETSC_FALSE));
  PetscCall(OttoOrderApply(s->order, s->axes, order ? axis : -1, kept, 1, in, out, second));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoLogarithmicApplyLogs(OttoLogarithmic s, PetscReal t, const PetscReal in[],
                                        PetscReal out[])
{
  PetscFunctionBegin;
  PetscCall(Plan(s, t, 0, 0, NULL, PETSC_FALSE));
  for (PetscInt j = 0; j < s->g->dim; j++) {
    for (int i = 0; i < 4; i++) s->work[j][i].logs = PETSC_TRUE;
    s->once.key[j] = NAN; /* of another field: nothing of it serves */
  }
  PetscCall(OttoOrderApply(s->order, s->axes, -1, &s->once, 1, in, out, NULL));
  PetscFunctionReturn(0);
}
