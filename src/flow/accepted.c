/* The steps that a flow has taken, and who wants to see them. */
#include "flow_impl.h"

PetscErrorCode OttoFlowNoteStep(OttoFlow s, PetscReal t)
{
  PetscReal *more;

  PetscFunctionBegin;
  s->report.steps++;
  if (s->taken == s->room) {
    const PetscInt room = 2 * s->room + 16;
    PetscCall(PetscMalloc1(room, &more));
    if (s->room) PetscCall(PetscArraycpy(more, s->times, s->room));
    PetscCall(PetscFree(s->times));
    s->times = more;
    s->room = room;
  }
  s->times[s->taken++] = t;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFlowGetTimes(OttoFlow s, PetscInt *count, const PetscReal **times)
{
  PetscFunctionBegin;
  *count = s->taken;
  *times = s->times;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFlowSetStepFunction(OttoFlow s, OttoFlowStep step, void *context)
{
  PetscFunctionBegin;
  s->step = step;
  s->context = context;
  PetscFunctionReturn(0);
}
