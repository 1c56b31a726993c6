/* What a generator was made of: potential, drift, mobility, noise, temperature, velocity. */
#include "generator_fokker_planck.h"

Vec OttoGeneratorGetMobility(OttoGenerator s, PetscInt axis)
{
  return DataOf(s) && Data(s)->place && !Data(s)->even ? Data(s)->place->given[axis] : NULL;
}
Vec OttoGeneratorGetTemperatureField(OttoGenerator s)
{
  return DataOf(s) ? Data(s)->temperature : NULL;
}
PetscErrorCode OttoGeneratorSetTemperatureField(OttoGenerator s, Vec T)
{
  PetscFunctionBegin;
  OttoNeed(DataOf(s) && Data(s)->temperature,
           "OttoGeneratorSetFromOptions() with a temperature_formula");
  PetscCall(VecCopy(T, Data(s)->temperature));
  PetscFunctionReturn(0);
}
PetscBool OttoGeneratorMobilityIsOnGrid(OttoGenerator s)
{
  return DataOf(s) && Data(s)->place ? Data(s)->place->on_grid : PETSC_FALSE;
}
OttoNoise OttoGeneratorGetNoise(OttoGenerator s)
{
  return DataOf(s) ? Data(s)->noise : OTTO_NOISE_KLIMONTOVICH;
}
PetscBool OttoGeneratorIsBiased(OttoGenerator s)
{
  return DataOf(s) ? OttoMobilityIsBias(Data(s)->place) : PETSC_FALSE;
}

PetscErrorCode OttoGeneratorUnbiasedPotential(OttoGenerator s, Vec V)
{
  PetscFunctionBegin;
  OttoNeed(s->is_setup, "OttoGeneratorSetUp()");
  PetscCall(VecCopy(s->V, V));
  if (DataOf(s)) PetscCall(OttoMobilityAddBias(Data(s)->place, -1, s->T, V));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGeneratorPeekPotential(OttoGenerator s, PetscReal t, Vec V)
{
  PetscFunctionBegin;
  OttoNeed(s->is_setup, "OttoGeneratorSetUp()");
  OttoNeed(DataOf(s), "OttoGeneratorSetType() with fokker_planck");
  PetscCall(OttoPotentialPeek(Data(s)->potential, t, V));
  PetscCall(OttoMobilityAddBias(Data(s)->place, 1, s->T, V));
  PetscFunctionReturn(0);
}

OttoPotential OttoGeneratorGetPotentialSource(OttoGenerator s)
{
  return DataOf(s) ? Data(s)->potential : NULL;
}
const PetscReal *OttoGeneratorGetTilt(OttoGenerator s)
{
  static const PetscReal none[OTTO_MAX_DIM] = {0};

  return DataOf(s) ? OttoPotentialGetTilt(Data(s)->potential) : none;
}
const OttoInput *OttoGeneratorGetPotentialInput(OttoGenerator s)
{
  static const OttoInput none;

  return DataOf(s) ? OttoPotentialGetInput(Data(s)->potential) : &none;
}
const char *OttoGeneratorGetPotentialType(OttoGenerator s)
{
  return DataOf(s) ? OttoPotentialGetType(Data(s)->potential) : "none";
}
Vec OttoGeneratorGetDriftCells(OttoGenerator s, PetscInt axis)
{
  return DataOf(s) && Data(s)->drift ? OttoDriftGetCells(Data(s)->drift, axis) : NULL;
}
const char *OttoGeneratorGetDriftType(OttoGenerator s)
{
  return DataOf(s) ? OttoDriftGetType(Data(s)->drift) : "none";
}
const char *OttoGeneratorGetVelocityType(OttoGenerator s)
{
  return OttoVelocityType(DataOf(s) ? Data(s)->velocity : NULL);
}
