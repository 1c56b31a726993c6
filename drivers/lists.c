#include "drivers.h"
#include <string.h>

#define OTTO_DRIVER(key, first, second, Function, groups, sentence)                                \
  {key, first, second, OttoDriver##Function, sentence},
static const OttoDriver drivers[] = {
#include "drivers.def"
};
#undef OTTO_DRIVER
#define DRIVER_COUNT ((int)(sizeof drivers / sizeof drivers[0]))

const OttoDriver *OttoDriverAt(int i)
{
  return i < DRIVER_COUNT ? &drivers[i] : NULL;
}

void OttoDriversServe(void)
{
#define OTTO_DRIVER(key, first, second, Function, groups, sentence) {key, groups},
  static const OttoOptionsDriver served[] = {
#include "drivers.def"
      {NULL, NULL}};
#undef OTTO_DRIVER

  OttoOptionsServe(served);
}

static const OttoFamily *const families[] = {
    &OttoDensityFamily,     &OttoHeatFamily,      &OttoDivergenceFamily, &OttoFisherFamily,
    &OttoTransformFamily,   &OttoPotentialFamily, &OttoDriftFamily,      &OttoInternalFamily,
    &OttoInteractionFamily, &OttoDynamicsFamily,  &OttoMetricFamily,     &OttoBoundaryFamily};
#define FAMILY_COUNT ((PetscInt)(sizeof families / sizeof families[0]))

PetscErrorCode OttoListFamilies(MPI_Comm comm, const char *family)
{
  const char *names[FAMILY_COUNT + 1];
  PetscInt from = 0, end = FAMILY_COUNT;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < FAMILY_COUNT; i++) names[i] = families[i]->name;
  names[FAMILY_COUNT] = NULL;
  if (family) {
    PetscCall(OttoFindName("list", family, names, &from));
    end = from + 1;
  }
  for (PetscInt i = from; i < end; i++) PetscCall(OttoFamilyList(comm, families[i]));
  PetscFunctionReturn(0);
}
