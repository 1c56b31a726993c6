/* Sets of cells, from formulas and files. */
#include "sets_impl.h"
#include <otto/formula.h>
#include <otto/options.h>
#include <otto/storage.h>
#include <math.h>
#include <stdio.h>

#define KEY 24 /* set_a_dataset, and room */

static PetscErrorCode FromFormula(const OttoGridInfo *g, const char *key, const char *text,
                                  PetscReal inside[])
{
  PetscReal x[OTTO_MAX_DIM];
  PetscErrorCode code = 0;
  OttoFormula formula;
  char point[160];

  PetscFunctionBegin;
  PetscCall(OttoFormulaCreate(key, text, g->dim, 1, PETSC_FALSE, &formula));
  for (PetscInt64 c = 0; c < g->local_cells && !code; c++) {
    OttoGridCellCentre(g, c, x);
    code = OttoFormulaEvaluate(formula, x, 0, &inside[c]);
    if (code || !isnan(inside[c])) continue;
    OttoGridFormatPoint(g->dim, x, point, sizeof point);
    code = OttoRaise(__LINE__, PETSC_FUNCTION_NAME, __FILE__, OTTO_ERR_INPUT,
                     "%s: '%.200s' is nan at %s; it must be above 0 in the set, and a number "
                     "everywhere",
                     key, text, point);
  }
  PetscCall(OttoFormulaDestroy(&formula));
  PetscFunctionReturn(code);
}

static PetscErrorCode CheckNumbers(const OttoGridInfo *g, const char *key, const char *path,
                                   const char *dataset, const PetscReal inside[])
{
  PetscReal x[OTTO_MAX_DIM];
  char point[160];

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    if (!isnan(inside[c])) continue;
    OttoGridCellCentre(g, c, x);
    OttoGridFormatPoint(g->dim, x, point, sizeof point);
    OttoFail(OTTO_ERR_INPUT,
             "%s: dataset '%.200s' of '%.300s' is nan at %s; it must be above 0 in the set, and a "
             "number everywhere",
             key, dataset, path, point);
  }
  PetscFunctionReturn(0);
}

/* Values of the set of this letter into `inside`, above 0 where a cell is in it; *given: whether
 * there is one. */
static PetscErrorCode Read(OttoSets *s, char letter, Vec inside, PetscBool *given)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  const char *formula = NULL, *path = NULL, *dataset = NULL;
  char key[KEY], path_key[KEY], dataset_key[KEY];
  PetscErrorCode code = 0;
  PetscScalar *values;

  PetscFunctionBegin;
  snprintf(key, sizeof key, "set_%c", letter);
  snprintf(path_key, sizeof path_key, "set_%c_path", letter);
  snprintf(dataset_key, sizeof dataset_key, "set_%c_dataset", letter);
  PetscCall(OttoOptionsGetText(NULL, key, &formula));
  PetscCall(OttoOptionsGetText(NULL, path_key, &path));
  PetscCall(OttoOptionsGetText(NULL, dataset_key, &dataset));
  *given = formula || path || dataset ? PETSC_TRUE : PETSC_FALSE;
  if (!*given) PetscFunctionReturn(0);
  OttoCheckInput(!formula || !(path || dataset),
                 "%s: '%.200s'; there is a file beside it (%s): give one of them", key, formula,
                 path ? path_key : dataset_key);
  OttoCheckInput(formula || (path && *path), "%s: missing; give an HDF5 file", path_key);
  OttoCheckInput(formula || (dataset && *dataset), "%s: missing; give a dataset in the file",
                 dataset_key);
  if (!formula) {
    s->on_grid = PETSC_TRUE;
    PetscCall(OttoStorageReadField(s->grid, path_key, path, dataset, inside));
  }
  PetscCall(VecGetArray(inside, &values));
  if (formula)
    code = FromFormula(g, key, formula, values);
  else
    code = CheckNumbers(g, path_key, path, dataset, values);
  PetscCall(VecRestoreArray(inside, &values));
  PetscCall(OttoAgree(g->comm, code));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSetsTake(OttoSets *s, PetscInt k, Vec inside)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  OttoCells common[OTTO_SETS + 1]; /* with each set before; [0]: none */
  const PetscScalar *in;
  PetscScalar *label;
  char place[160];

  PetscFunctionBegin;
  for (PetscInt i = 0; i <= OTTO_SETS; i++) common[i] = OTTO_NO_CELLS;
  PetscCall(VecGetArrayRead(inside, &in));
  PetscCall(VecGetArray(s->label, &label));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    if (!(in[c] > 0)) continue;
    OttoCellsAdd(g, c, &common[(PetscInt)label[c]]);
    label[c] = (PetscReal)k + 1;
  }
  PetscCall(VecRestoreArray(s->label, &label));
  PetscCall(VecRestoreArrayRead(inside, &in));
  for (PetscInt i = 0; i <= k; i++) {
    PetscCall(OttoCellsShare(g, &common[i], place, sizeof place));
    OttoCheckInput(i == 0 || common[i].count == 0,
                   "set_%c: %" PetscInt64_FMT " of its cells, one of them at %s, are in set_%c as "
                   "well; sets must have no cell in common",
                   s->letter[k], common[i].count, place, i ? s->letter[i - 1] : ' ');
  }
  s->cells[k] = common[0].count;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSetsBegin(OttoGrid grid, OttoSets *s)
{
  PetscFunctionBegin;
  *s = (OttoSets){.grid = grid};
  if (grid) PetscCall(OttoFieldCreate(grid, &s->label));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSetsFromOptions(OttoGrid grid, OttoSets *s)
{
  PetscBool given = PETSC_FALSE;
  PetscErrorCode code = 0;
  Vec inside;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCall(OttoSetsBegin(grid, s));
  PetscCall(VecDuplicate(s->label, &inside));
  for (char letter = 'a'; letter < 'a' + OTTO_SETS && !code; letter++) {
    code = Read(s, letter, inside, &given);
    if (code || !given) continue;
    s->letter[s->count] = letter;
    code = OttoSetsTake(s, s->count, inside);
    s->count++;
  }
  PetscCall(VecDestroy(&inside));
  if (code) PetscCall(OttoSetsDestroy(s));
  PetscFunctionReturn(code);
}

PetscErrorCode OttoSetsDestroy(OttoSets *s)
{
  PetscFunctionBegin;
  PetscCall(VecDestroy(&s->label));
  for (PetscInt k = 0; k < OTTO_SETS; k++) {
    PetscCall(VecDestroy(&s->share[k]));
    for (PetscInt j = 0; j < OTTO_GENERATOR_MAX_DIM; j++) PetscCall(VecDestroy(&s->middle[k][j]));
  }
  *s = (OttoSets){.count = 0};
  PetscFunctionReturn(0);
}

PetscInt OttoSetsFind(const OttoSets *s, char letter)
{
  for (PetscInt k = 0; k < s->count; k++)
    if (s->letter[k] == letter) return k + 1;
  return 0;
}
