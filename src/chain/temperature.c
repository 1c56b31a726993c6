#include "temperature.h"
#include "magnitude.h"
#include <otto/field.h>
#include <otto/formula.h>
#include <otto/options.h>
#include <math.h>

static PetscBool IsSound(PetscReal T)
{
  return OttoIsRate(T) ? PETSC_TRUE : PETSC_FALSE;
}

static PetscErrorCode Fill(OttoGrid grid, OttoFormula formula, Vec T, PetscReal *mean)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal x[OTTO_MAX_DIM], count = 0;
  OttoSum sum[2] = {{0, 0}};
  PetscScalar *values;

  PetscFunctionBegin;
  PetscCall(VecGetArray(T, &values));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellCentre(g, c, x);
    PetscCall(OttoFormulaEvaluate(formula, x, 0, &values[c]));
    if (!IsSound(values[c])) continue;
    OttoSumAdd(&sum[0], values[c]);
    count++;
  }
  PetscCall(VecRestoreArray(T, &values));
  OttoSumAdd(&sum[1], count);
  PetscCall(OttoSumReduce(g->comm, 2, sum));
  *mean = OttoSumValue(sum[1]) > 0 ? OttoSumValue(sum[0]) / OttoSumValue(sum[1]) : 1;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperatureFromOptions(OttoGrid grid, Vec *T, PetscReal *mean)
{
  const char *text = NULL, *number = NULL;
  OttoFormula formula;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetText(NULL, "temperature_formula", &text));
  PetscCall(OttoOptionsGetText(NULL, "temperature", &number));
  if (!text) PetscFunctionReturn(0);
  OttoCheckInput(!number,
                 "temperature: '%.200s'; there is temperature_formula beside it: give one of them",
                 number);
  PetscCall(OttoFormulaCreate("temperature_formula", text, OttoGridGetInfo(grid)->dim, 1,
                              PETSC_FALSE, &formula));
  PetscCall(OttoFieldCreate(grid, T));
  const PetscErrorCode code = Fill(grid, formula, *T, mean);
  PetscCall(OttoFormulaDestroy(&formula));
  PetscFunctionReturn(code);
}

static PetscErrorCode CheckCells(const OttoGridInfo *g, const PetscReal V[], PetscReal mean,
                                 PetscReal T[])
{
  PetscReal x[OTTO_MAX_DIM];
  char point[160];

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    if (IsSound(T[c])) continue;
    if (isfinite(V[c])) {
      OttoGridCellCentre(g, c, x);
      OttoGridFormatPoint(g->dim, x, point, sizeof point);
      OttoFail(OTTO_ERR_INPUT,
               "temperature_formula: %g at %s; it must be above 0 and finite, " OTTO_RATES_SAY,
               isnan(T[c]) ? NAN : (double)T[c], point);
    }
    T[c] = mean;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperatureCheck(OttoGrid grid, Vec V, PetscReal mean, Vec T)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscScalar *of_V;
  PetscScalar *values;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(V, &of_V));
  PetscCall(VecGetArray(T, &values));
  const PetscErrorCode code = OttoAgree(g->comm, CheckCells(g, of_V, mean, values));
  PetscCall(VecRestoreArray(T, &values));
  PetscCall(VecRestoreArrayRead(V, &of_V));
  PetscFunctionReturn(code);
}
