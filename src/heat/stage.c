#include "stage.h"
PetscErrorCode OttoStageDestroy(OttoStage *s)
{
  PetscFunctionBegin;
  PetscCall(PetscFree2(s->first, s->offset));
  PetscCall(PetscFree2(s->near, s->order));
  PetscCall(PetscFree(s->table));
  PetscFunctionReturn(0);
}
