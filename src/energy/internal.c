/* Internal energies by name. */
#include "internal_impl.h"
#include <otto/options.h>
#include <math.h>

static const OttoMember members[] = {
#define OTTO_MEMBER(name, Ops, ...) OTTO_MEMBER_LINE(name, __VA_ARGS__)
#include "internal.def"
#undef OTTO_MEMBER
};

static const OttoInternalOps *const ops[] = {
#define OTTO_MEMBER(name, Ops, ...) &OttoInternalOps_##Ops,
#include "internal.def"
#undef OTTO_MEMBER
};

const OttoFamily OttoInternalFamily = {"energy", "energy_internal", "energy_internal",
                                       (PetscInt)(sizeof members / sizeof members[0]), members};

static PetscErrorCode Read(OttoInternal u)
{
  PetscReal T = 1;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetReal(NULL, "temperature", -INFINITY, INFINITY, &T, NULL));
  OttoCheckInput(T > 0 || (T == 0 && u->ops->zero),
                 "temperature = %g: it must be positive, or 0 with energy_internal none",
                 (double)T);
  u->T = T;
  if (u->ops->read) PetscCall(u->ops->read(u));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoInternalCreate(OttoInternal *internal)
{
  PetscInt index = 0;
  OttoInternal u;

  PetscFunctionBegin;
  *internal = NULL;
  PetscCall(OttoFamilyChoose(&OttoInternalFamily, NULL, &index, NULL));
  PetscCall(PetscNew(&u));
  u->type = members[index].name;
  u->ops = ops[index];
  PetscErrorCode code = Read(u);
  if (code) PetscCall(OttoInternalDestroy(&u));
  *internal = u;
  PetscFunctionReturn(code);
}

PetscErrorCode OttoInternalDestroy(OttoInternal *internal)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(*internal));
  PetscFunctionReturn(0);
}

void OttoInternalEvaluate(OttoInternal u, OttoInternalPart part, PetscInt64 n, const PetscReal in[],
                          PetscReal out[])
{
  u->ops->parts[part](u, n, in, out);
}

PetscReal OttoInternalTemperature(OttoInternal u)
{
  return u->ops->linear ? u->T : 0;
}

PetscBool OttoInternalIsNone(OttoInternal u)
{
  return u->ops->zero;
}

const char *OttoInternalGetType(OttoInternal u)
{
  return u->type;
}
