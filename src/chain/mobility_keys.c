/* A mobility that depends on place, as the options have it: by formulas or from a file. */
#include "mobility.h"
#include <otto/formula.h>
#include <otto/options.h>
#include <otto/storage.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* The first axis' values on all others. */
static PetscErrorCode Repeat(OttoMobility s)
{
  PetscFunctionBegin;
  for (PetscInt j = 1; j < s->g->dim; j++) PetscCall(VecCopy(s->given[0], s->given[j]));
  PetscFunctionReturn(0);
}

static PetscErrorCode FromFormula(OttoMobility s, const char *text)
{
  const PetscInt count = OttoFormulaCount(text) == 1 ? 1 : s->g->dim;
  PetscReal x[OTTO_MAX_DIM], values[OTTO_MAX_DIM];
  PetscScalar *M[OTTO_GENERATOR_MAX_DIM];
  OttoFormula formula;

  PetscFunctionBegin;
  PetscCall(OttoFormulaCreate(s->key, text, s->g->dim, count, PETSC_FALSE, &formula));
  for (PetscInt j = 0; j < count; j++) PetscCall(VecGetArray(s->given[j], &M[j]));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    OttoGridCellCentre(s->g, c, x);
    PetscCall(OttoFormulaEvaluate(formula, x, 0, values));
    for (PetscInt j = 0; j < count; j++) M[j][c] = values[j];
  }
  for (PetscInt j = 0; j < count; j++) PetscCall(VecRestoreArray(s->given[j], &M[j]));
  PetscCall(OttoFormulaDestroy(&formula));
  if (count == 1) PetscCall(Repeat(s));
  PetscFunctionReturn(0);
}

static PetscErrorCode FromFile(OttoMobility s, const char *path, const char *datasets)
{
  PetscInt64 missing;
  char name[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  OttoCheckInput(path && *path, "mobility_path: missing; give an HDF5 file");
  OttoCheckInput(datasets && *datasets, "mobility_dataset: missing; give a dataset in the file, or "
                                        "one per axis, separated by commas");
  const PetscInt count = OttoListEntry(datasets, 0, name, sizeof name);
  OttoCheckInput(
      count == 1 || count == s->g->dim,
      "mobility_dataset: '%.200s': %d names for %d axes; give one for all or one per axis",
      datasets, (int)count, (int)s->g->dim);
  s->on_grid = PETSC_TRUE;
  for (PetscInt j = 0; j < count; j++) {
    OttoListEntry(datasets, j, name, sizeof name);
    /* a value that is missing is refused where the cell is open */
    PetscCall(OttoStorageReadMasked(s->grid, s->key, path, name, NAN, s->given[j], &missing));
  }
  if (count == 1) PetscCall(Repeat(s));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoMobilityFromOptions(OttoGrid grid, OttoMobility *mobility)
{
  const char *number = NULL, *formula = NULL, *path = NULL, *dataset = NULL;

  PetscFunctionBegin;
  *mobility = NULL;
  PetscCall(OttoOptionsGetText(NULL, "mobility", &number));
  PetscCall(OttoOptionsGetText(NULL, "mobility_formula", &formula));
  PetscCall(OttoOptionsGetText(NULL, "mobility_path", &path));
  PetscCall(OttoOptionsGetText(NULL, "mobility_dataset", &dataset));
  if (!formula && !path && !dataset) PetscFunctionReturn(0);
  OttoCheckInput(!formula || !(path || dataset),
                 "mobility_formula: '%.200s'; there is a file beside it (%s): give one of them",
                 formula, path ? "mobility_path" : "mobility_dataset");
  OttoCheckInput(!number, "mobility: '%.200s'; there is %s beside it: give one of them", number,
                 formula ? "mobility_formula" : "mobility_path");
  PetscCall(OttoMobilityCreate(grid, mobility));
  OttoMobility s = *mobility;
  snprintf(s->key, sizeof s->key, "%s", formula ? "mobility_formula" : "mobility_path");
  PetscErrorCode code = formula ? FromFormula(s, formula) : FromFile(s, path, dataset);
  if (code) PetscCall(OttoMobilityDestroy(mobility));
  PetscFunctionReturn(code);
}
