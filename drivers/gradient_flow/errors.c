/* Estimates of errors row by row. */
#include "errors.h"
#include <math.h>

#define NUMBERS ((PetscInt)(sizeof(OttoGradientErrorRow) / sizeof(PetscReal)))

const OttoErrorColumn OttoGradientErrors[OTTO_GRADIENT_ERRORS] = {
    {"p", "1", OTTO_ERROR_SCALED},
    {"energy", "energy", OTTO_ERROR_SCALED},
    {"second_moment", "length^2", OTTO_ERROR_ABSOLUTE},
    {"dissipation", "energy/time", OTTO_ERROR_ABSOLUTE},
    {"q", "1", OTTO_ERROR_SCALED}};

void OttoGradientErrorValues(const OttoGradientSample *now, PetscReal value[])
{
  value[OTTO_GRADIENT_ERROR_P] = value[OTTO_GRADIENT_ERROR_Q] = 0;
  value[OTTO_GRADIENT_ERROR_ENERGY] = now->energy.total;
  value[OTTO_GRADIENT_ERROR_MOMENT] = now->second_moment;
  value[OTTO_GRADIENT_ERROR_DISSIPATION] = now->sums.dissipation;
}

PetscErrorCode OttoGradientErrorsCreate(PetscInt room, OttoGradientErrorRows *rows)
{
  PetscFunctionBegin;
  rows->count = 0;
  rows->room = room;
  PetscCall(PetscCalloc1(room, &rows->row));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGradientErrorsDestroy(OttoGradientErrorRows *rows)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(rows->row));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGradientErrorsAdd(OttoGradientErrorRows *rows, const OttoGradientSample *now,
                                     const PetscReal error[])
{
  OttoGradientErrorRow *row = rows->row + rows->count;

  PetscFunctionBegin;
  PetscCheck(rows->count < rows->room, PETSC_COMM_SELF, PETSC_ERR_PLIB, "too many rows");
  rows->count++;
  row->t = now->t;
  OttoGradientErrorValues(now, row->value);
  PetscCall(PetscArraycpy(row->error, error, OTTO_GRADIENT_ERRORS));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGradientErrorsTell(const OttoGradientErrorRows *rows, const PetscReal mass[],
                                      PetscReal range, OttoErrorTable table)
{
  PetscReal floor[OTTO_GRADIENT_ERRORS] = {0};

  PetscFunctionBegin;
  floor[OTTO_GRADIENT_ERROR_P] = mass[0];
  floor[OTTO_GRADIENT_ERROR_Q] = mass[1];
  floor[OTTO_GRADIENT_ERROR_ENERGY] = range;
  for (PetscInt i = 0; i < rows->count; i++)
    PetscCall(
        OttoErrorTableAdd(table, rows->row[i].t, rows->row[i].value, rows->row[i].error, floor));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGradientErrorsKeep(OttoGradientErrorRows *rows, OttoKeep keep)
{
  PetscFunctionBegin;
  PetscCall(OttoKeepInt(keep, "rows", &rows->count)); /* no more than samples: OttoRunPass() */
  PetscCheck(rows->count <= rows->room, PETSC_COMM_SELF, PETSC_ERR_PLIB, "too many rows");
  PetscCall(OttoKeepReals(keep, "row", rows->count * NUMBERS, (PetscReal *)rows->row));
  PetscFunctionReturn(0);
}
