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
  PetscFunctionBegin;
  if (p->last.order == order) PetscFunctionReturn(0);
  PetscCall(OttoLogStageDestroy(&p->last));
  PetscCall(CreateStage(p, p->plan.stages - 1, order, &p->last));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoLogPlanDestroy(OttoLogPlan *p)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < p->plan.stages; i++) PetscCall(OttoLogStageDestroy(&p->stage[i]));
  PetscCall(OttoLogStageDestroy(&p->last));
  p->plan.stages = 0;
  PetscFunctionReturn(0);
}

size_t OttoLogPlanBytes(const OttoLogPlan *p)
{
  size_t bytes = p->last.bytes;

  for (PetscInt i = 0; i < p->plan.stages; i++) bytes += p->stage[i].bytes;
  return bytes;
}

/* ---- panels ---- */

PetscErrorCode OttoLogRoomDestroy(OttoLogRoom *room)
{
  PetscFunctionBegin;
  for (int i = 0; i < 3; i++) PetscCall(OttoBufferDestroy(&room->panel[i]));
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
  for (int i = 0; i < 3; i++) PetscCall(OttoBufferCreate(rows * OTTO_PANEL, &room->panel[i]));
  PetscCall(OttoBufferCreate(numbers, &room->stages));
  room->rows = rows;
  room->numbers = numbers;
  PetscFunctionReturn(0);
}

PetscReal *OttoLogPanelIn(const OttoLogPlan *p, const OttoLogRoom *room)
{
  return room->panel[0] + p->stage[0].before * OTTO_PANEL;
}

void OttoLogPanel(const OttoLogPlan *p, const OttoLogRoom *room, PetscBool derivative,
                  const PetscReal **logs, const PetscReal **mean)
{
  PetscReal *from = OttoLogPanelIn(p, room);

  for (PetscInt i = 0; i < p->plan.stages; i++) {
    const PetscBool last = i + 1 == p->plan.stages ? PETSC_TRUE : PETSC_FALSE;
    const OttoLogStage *stage = last && derivative ? &p->last : &p->stage[i];
    PetscReal *to = room->panel[(i + 1) % 2];
    if (!last) to += p->stage[i + 1].before * OTTO_PANEL;
    OttoLogStageExtend(stage, from);
    OttoLogStageApply(stage, from, to, last && derivative ? room->panel[2] : NULL, room->stages);
    from = to;
  }
  *logs = from;
  *mean = derivative ? room->panel[2] : NULL;
}
