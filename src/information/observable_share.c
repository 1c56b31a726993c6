/* The part of every cell that lies in a set. */
#include <otto/formula.h>
#include <otto/observable.h>
#include <math.h>

#define LEVELS 3 /* lower face, middle, upper face: whether a cell is cut */

/* Points of a cut cell along every axis. */
static PetscInt Points(PetscInt dim)
{
  return dim == 1 ? 64 : dim == 2 ? 16 : 8;
}

/* Of n^dim points of cell c, ends[0] of the cell's width from its lower faces to ends[1], the part
 * that is in the set. */
static PetscErrorCode Count(const OttoGridInfo *g, OttoFormula formula, const char *key,
                            PetscInt64 c, PetscInt n, const PetscReal ends[2], PetscReal *part)
{
  PetscReal centre[OTTO_MAX_DIM], x[OTTO_MAX_DIM], value = 0;
  PetscInt64 count = 1, in = 0;
  char point[160];

  PetscFunctionBegin;
  OttoGridCellCentre(g, c, centre);
  for (PetscInt j = 0; j < g->dim; j++) count *= n;
  for (PetscInt64 k = 0; k < count; k++) {
    PetscInt64 rest = k;
    for (PetscInt j = 0; j < g->dim; j++, rest /= n) {
      const PetscReal u = (PetscReal)(rest % n) / (PetscReal)(n - 1);
      x[j] = centre[j] + g->h[j] * (ends[0] + u * (ends[1] - ends[0]) - 0.5);
    }
    PetscCall(OttoFormulaEvaluate(formula, x, 0, &value));
    if (isnan(value)) OttoFormatPoint(g->dim, x, point, sizeof point);
    OttoCheckInput(!isnan(value), "%s: nan at %s; it must be a number in the whole of every cell",
                   key, point);
    in += value > 0;
  }
  *part = (PetscReal)in / (PetscReal)count;
  PetscFunctionReturn(0);
}

static PetscErrorCode Fill(const OttoGridInfo *g, OttoFormula formula, const char *key,
                           const PetscScalar open[], PetscScalar share[])
{
  const PetscInt n = Points(g->dim);
  const PetscReal whole[2] = {0, 1}, middles[2] = {0.5 / (PetscReal)n, 1 - 0.5 / (PetscReal)n};
  PetscReal part = 0;

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    share[c] = 0;
    if (open && open[c] == 0) continue;
    PetscCall(Count(g, formula, key, c, LEVELS, whole, &part));
    if (part > 0 && part < 1) PetscCall(Count(g, formula, key, c, n, middles, &part));
    share[c] = part;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoObservableShare(OttoGrid grid, const char *key, const char *text, Vec open,
                                   Vec share)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscScalar *is_open = NULL;
  PetscScalar *values;
  OttoFormula formula;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCall(OttoFormulaCreate(key, text, g->dim, 1, PETSC_FALSE, &formula));
  if (open) PetscCall(VecGetArrayRead(open, &is_open));
  PetscCall(VecGetArray(share, &values));
  const PetscErrorCode code = Fill(g, formula, key, is_open, values);
  PetscCall(VecRestoreArray(share, &values));
  if (open) PetscCall(VecRestoreArrayRead(open, &is_open));
  PetscCall(OttoFormulaDestroy(&formula));
  PetscCall(OttoAgree(g->comm, code));
  PetscFunctionReturn(0);
}
