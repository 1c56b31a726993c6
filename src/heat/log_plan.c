#include "log_plan.h"
#include "core/buffer.h"

static PetscErrorCode CreateStage(const OttoLogPlan *p, PetscInt i, PetscInt order,
                                  OttoLogStage *stage)
{
  OttoStagePart part;

  PetscFunctionBegin;
  PetscCall(OttoAxisPlanPart(&p->plan, i, order, i + 1 == p->plan.stages ? p->shift : 0, &part));
  PetscCall(OttoLogStageCreate(&part, stage));
  PetscCall(OttoLineKernelDestroy(&part.kernel));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoLogPlanCreate(const OttoAxisKernel *kernel, PetscReal tau, PetscReal shift,
                                 OttoLogPlan *p)
{
  PetscFunctionBegin;
  *p = (OttoLogPlan){.shift = shift};
  PetscCall(OttoAxisPlanChoose(kernel, tau, &p->plan));
  for (PetscInt i = 0; i < p->plan.stages; i++) PetscCall(CreateStage(p, i, 0, &p->stage[i]));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoLogPlanDerivative(OttoLogPlan *p, PetscInt order)
{
  OttoLogStage *last = &p->last[order - 1];

  PetscFunctionBegin;
  if (last->order != order) PetscCall(CreateStage(p, p->plan.stages - 1, order, last));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoLogPlanDestroy(OttoLogPlan *p)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < p->plan.stages; i++) PetscCall(OttoLogStageDestroy(&p->stage[i]));
  for (int i = 0; i < 2; i++) PetscCall(OttoLogStageDestroy(&p->last[i]));
  p->plan.stages = 0;
  PetscFunctionReturn(0);
}

size_t OttoLogPlanBytes(const OttoLogPlan *p)
{
  size_t bytes = p->last[0].bytes + p->last[1].bytes;

  for (PetscInt i = 0; i < p->plan.stages; i++) bytes += p->stage[i].bytes;
  return bytes;
}

/* ---- panels ---- */

PetscErrorCode OttoLogRoomDestroy(OttoLogRoom *room)
{
  PetscFunctionBegin;
  for (int i = 0; i < 4; i++) PetscCall(OttoBufferDestroy(&room->panel[i]));
  PetscCall(OttoBufferDestroy(&room->stages));
  *room = (OttoLogRoom){0};
  PetscFunctionReturn(0);
}

PetscErrorCode OttoLogRoomGrow(const OttoLogPlan *p, OttoLogRoom *room)
{
  size_t rows = room->rows, numbers = room->numbers;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < p->plan.stages; i++) {
    const OttoLogStage *s = &p->stage[i];
    const PetscInt64 sources = s->before + s->sources + s->after;
    const PetscInt64 next = i + 1 < p->plan.stages ? p->stage[i + 1].before : 0;
    rows = PetscMax(rows, (size_t)PetscMax(sources, next + s->blocks * OTTO_TILE));
    numbers = PetscMax(numbers, OttoLogStageRoom(s));
  }
  if (rows <= room->rows && numbers <= room->numbers) PetscFunctionReturn(0);
  PetscCall(OttoLogRoomDestroy(room));
  for (int i = 0; i < 4; i++) PetscCall(OttoBufferCreate(rows * OTTO_PANEL, &room->panel[i]));
  PetscCall(OttoBufferCreate(numbers, &room->stages));
  room->rows = rows;
  room->numbers = numbers;
  PetscFunctionReturn(0);
}

PetscReal *OttoLogPanelIn(const OttoLogPlan *p, PetscInt first, const OttoLogRoom *room)
{
  return room->panel[0] + p->stage[first].before * OTTO_PANEL;
}

/* The last stage's means in the room for them, of logarithms in `from`; what else comes of them, in
 * `to`, is not wanted. */
static PetscReal *Means(const OttoLogPlan *p, PetscInt order, const PetscReal from[],
                        PetscReal to[], const OttoLogRoom *room)
{
  OttoLogStageApply(&p->last[order - 1], from, to, room->panel[2], room->stages);
  return room->panel[2];
}

PetscReal *OttoLogPanel(const OttoLogPlan *p, PetscInt first, PetscInt end, PetscInt order,
                        PetscReal unit2, const OttoLogRoom *room)
{
  const PetscInt64 count = p->stage[end - 1].targets * OTTO_PANEL;
  PetscReal *from = OttoLogPanelIn(p, first, room), *to, *second = room->panel[3];

  for (PetscInt i = first; i < end - 1; i++, from = to) {
    to = room->panel[(i - first + 1) % 2] + p->stage[i + 1].before * OTTO_PANEL;
    OttoLogStageExtend(&p->stage[i], from);
    OttoLogStageApply(&p->stage[i], from, to, NULL, room->stages);
  }
  to = room->panel[(end - first) % 2];
  OttoLogStageExtend(&p->stage[end - 1], from);
  if (unit2 != 0) {
    const PetscReal *mean = Means(p, 2, from, to, room);
    for (PetscInt64 i = 0; i < count; i++) second[i] += unit2 * mean[i];
  }
  if (order) return Means(p, order, from, to, room);
  OttoLogStageApply(&p->stage[end - 1], from, to, NULL, room->stages);
  return to;
}
