#include "fault.h"

#ifdef OTTO_FAULTS
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
  PetscBool read;
  char name[32];
  PetscReal factor, power;
} fault = {.factor = 1, .power = 1};

static void Read(void)
{
  const char *text = getenv("OTTO_TEST_FAULT");

  fault.read = PETSC_TRUE;
  if (!text || !text[0]) return;
  const size_t length = strcspn(text, ":^");
  snprintf(fault.name, sizeof fault.name, "%.*s", (int)length, text);
  if (text[length]) *(text[length] == ':' ? &fault.factor : &fault.power) = atof(text + length + 1);
  fprintf(stderr, "otto: warning: OTTO_TEST_FAULT=%s: numbers of this run are wrong on purpose\n",
          text);
}

PetscBool OttoFaultIsSet(const char *name)
{
  if (!fault.read) Read();
  return fault.name[0] && !strcmp(fault.name, name) ? PETSC_TRUE : PETSC_FALSE;
}

void OttoFault(const char *name, PetscInt64 n, PetscReal v[])
{
  if (!OttoFaultIsSet(name) || n < 1) return;
  v[n / 2] = fault.power == 1 ? fault.factor * v[n / 2] : pow(v[n / 2], fault.power);
}

void OttoFaultLogs(const char *name, PetscInt64 n, PetscReal log_v[])
{
  if (!OttoFaultIsSet(name) || n < 1) return;
  log_v[n / 2] = fault.power * log_v[n / 2] + log(fault.factor);
}

PetscErrorCode OttoFaultVec(const char *name, Vec v)
{
  PetscInt cells = 0;
  PetscScalar *values;

  PetscFunctionBegin;
  if (!OttoFaultIsSet(name)) PetscFunctionReturn(0);
  PetscCall(VecGetLocalSize(v, &cells));
  PetscCall(VecGetArray(v, &values));
  OttoFault(name, cells, values);
  PetscCall(VecRestoreArray(v, &values));
  PetscFunctionReturn(0);
}
#endif
