#include "drift_impl.h"
#include <math.h>
#include <stdio.h>

static const OttoMember members[] = {
#define OTTO_MEMBER(name, Ops, ...) OTTO_MEMBER_LINE(name, __VA_ARGS__)
#include "drift.def"
#undef OTTO_MEMBER
};

static const OttoDriftOps *const ops[] = {
#define OTTO_MEMBER(name, Ops, ...) &OttoDriftOps_##Ops,
#include "drift.def"
#undef OTTO_MEMBER
};

const OttoFamily OttoDriftFamily = {"drift", "drift_type", "drift_type",
                                    (PetscInt)(sizeof members / sizeof members[0]), members};

PetscErrorCode OttoDriftCreate(OttoGrid grid, OttoDrift *drift)
{
  OttoDrift s;
  PetscInt index = 0;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCall(PetscNew(&s));
  *drift = s;
  s->grid = grid;
  s->g = OttoGridGetInfo(grid);
  PetscCall(OttoFamilyChoose(&OttoDriftFamily, NULL, &index, NULL));
  s->type = members[index].name;
  s->ops = ops[index];
  if (s->ops->set_up) PetscCall(s->ops->set_up(s));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDriftDestroy(OttoDrift *drift)
{
  PetscFunctionBegin;
  if (!*drift) PetscFunctionReturn(0);
  PetscCall(OttoFormulaDestroy(&(*drift)->formula));
  for (PetscInt j = 0; j < OTTO_MAX_DIM; j++) PetscCall(VecDestroy(&(*drift)->cells[j]));
  PetscCall(PetscFree(*drift));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDriftEvaluate(OttoDrift s, const PetscReal x[], PetscReal t, PetscReal force[])
{
  PetscFunctionBegin;
  OttoNeed(!s->cells[0], "OttoDriftGetCells()");
  if (s->formula) {
    PetscCall(OttoFormulaEvaluate(s->formula, x, t, force));
    PetscFunctionReturn(0);
  }
  for (PetscInt i = 0; i < s->g->dim; i++) {
    force[i] = s->constant[i];
    for (PetscInt j = 0; j < s->g->dim; j++) force[i] += s->matrix[i][j] * (x[j] - s->center[j]);
  }
  PetscFunctionReturn(0);
}

Vec OttoDriftGetCells(OttoDrift s, PetscInt axis)
{
  return s->cells[axis];
}

const char *OttoDriftGetType(OttoDrift s)
{
  return s->type;
}

PetscBool OttoDriftIsTimeDependent(OttoDrift s)
{
  return s->formula ? OttoFormulaUsesTime(s->formula) : PETSC_FALSE;
}

PetscBool OttoDriftExists(OttoDrift s)
{
  return s->ops->exists;
}

PetscErrorCode OttoDriftFormatOrigin(OttoDrift s, char text[], size_t size)
{
  const char *given = NULL;

  PetscFunctionBegin;
  if (s->ops->key) PetscCall(OttoOptionsGetText(NULL, s->ops->key, &given));
  snprintf(text, size, "%s: '%.200s'", given ? s->ops->key : "drift_type", given ? given : s->type);
  PetscFunctionReturn(0);
}
