/* What the tests of the heat kernels share. */
#pragma once
#include "test.h"
#include "heat/heat_impl.h"

static inline PetscErrorCode MakeHeat(OttoGrid grid, const char *kernel, OttoHeat *heat)
{
  PetscFunctionBegin;
  PetscCall(OttoHeatCreate(grid, heat));
  PetscCall(OttoHeatSetType(*heat, kernel));
  PetscCall(OttoHeatSetUp(*heat));
  PetscFunctionReturn(0);
}
