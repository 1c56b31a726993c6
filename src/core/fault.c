#include "fault.h"

#ifdef OTTO_FAULTS
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
  PetscBool read;
  char name[32];
  int rank; /* -1: every one */
  PetscReal factor, power;
} fault = {.rank = -1, .factor = 1, .power = 1};

static struct {
  char what[32];
  int rank;
  long time, times;
  PetscBool begun; /* failures are told by one line */
} failing;

static PetscBool IsOn(int rank)
{
  int here = 0, known = 0;

  if (rank < 0) return PETSC_TRUE;
  MPI_Initialized(&known);
  if (known) MPI_Comm_rank(MPI_COMM_WORLD, &here);
  return known && here == rank ? PETSC_TRUE : PETSC_FALSE;
}

static void Read(void)
{
  const char *text = getenv("OTTO_TEST_FAULT");

  fault.read = PETSC_TRUE;
  if (!text || !text[0]) return;
  const char *at = strchr(text, '@');
  const size_t length = strcspn(text, ":^@");
  if (at) fault.rank = atoi(at + 1);
  snprintf(fault.name, sizeof fault.name, "%.*s", (int)length, text);
  const char *number = strpbrk(text, ":^");
  if (number) *(*number == ':' ? &fault.factor : &fault.power) = atof(number + 1);
  fprintf(stderr, "otto: warning: OTTO_TEST_FAULT=%s: numbers of this run are wrong on purpose\n",
          text);
}

PetscBool OttoFaultIsSet(const char *name)
{
  if (!fault.read) Read();
  return fault.name[0] && !strcmp(fault.name, name) && IsOn(fault.rank) ? PETSC_TRUE : PETSC_FALSE;
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

PetscBool OttoFaultFails(const char *what)
{
  if (!failing.begun || !failing.what[0] || strcmp(failing.what, what) || !IsOn(failing.rank))
    return PETSC_FALSE;
  return ++failing.times == failing.time ? PETSC_TRUE : PETSC_FALSE;
}

void OttoFaultsBegin(void)
{
  const char *text = getenv("OTTO_TEST_FAIL");

  if (!text || sscanf(text, "%31[a-z]@%d:%ld", failing.what, &failing.rank, &failing.time) != 3)
    failing.what[0] = 0;
  failing.begun = PETSC_TRUE;
}
#endif
