/* A formula in the cells of a grid: values, differences over cells, moments. */
#include "observable_impl.h"
#include <otto/formula.h>
#include <math.h>

#define JUMP 4 /* x² has 3 in the cell at 0 */

/* The difference of the formula over cell c along axis j. A formula may jump, as an angle does, or
 * a comparison: mass is not to be spread over what lies between. Where its rises from the centre to
 * the two faces are so unlike as JUMP says, it is twice the smaller one; where a formula is smooth
 * that happens next to its extrema only, where both are of the order of the cell's width squared.
 */
static PetscErrorCode Difference(const OttoGridInfo *g, OttoFormula formula, const PetscReal x[],
                                 PetscReal centre, PetscInt j, PetscReal *a)
{
  PetscReal at[OTTO_MAX_DIM], side[2], rise[2];

  PetscFunctionBegin;
  for (PetscInt i = 0; i < g->dim; i++) at[i] = x[i];
  for (int s = 0; s < 2; s++) {
    at[j] = x[j] + (s ? 0.5 : -0.5) * g->h[j];
    PetscCall(OttoFormulaEvaluate(formula, at, 0, &side[s]));
    rise[s] = s ? side[s] - centre : centre - side[s];
  }
  if (!isfinite(rise[0])) rise[0] = rise[1];
  if (!isfinite(rise[1])) rise[1] = rise[0];
  const PetscReal small = PetscMin(fabs(rise[0]), fabs(rise[1]));
  const PetscReal large = PetscMax(fabs(rise[0]), fabs(rise[1]));
  *a = large <= JUMP * small ? fabs(rise[0] + rise[1]) : 2 * small;
  if (!isfinite(*a)) *a = 0; /* at neither face */
  PetscFunctionReturn(0);
}

/* The range of values, of which that at x, a centre, and those at the corners of its cell are. */
static PetscErrorCode Widen(OttoObservable o, OttoFormula formula, const PetscReal x[],
                            PetscReal centre)
{
  const OttoGridInfo *g = OttoGridGetInfo(o->grid);
  PetscReal at[OTTO_MAX_DIM], value = centre;

  PetscFunctionBegin;
  for (PetscInt corner = -1; corner < 1 << g->dim; corner++) {
    for (PetscInt j = 0; j < g->dim; j++) at[j] = x[j] + (corner >> j & 1 ? 0.5 : -0.5) * g->h[j];
    if (corner >= 0) PetscCall(OttoFormulaEvaluate(formula, at, 0, &value));
    if (!isfinite(value)) continue;
    o->range[0] = PetscMin(o->range[0], value);
    o->range[1] = PetscMax(o->range[1], value);
  }
  PetscFunctionReturn(0);
}

/* Values and differences of this rank's open cells. */
static PetscErrorCode Fill(OttoObservable o, const char *key, OttoFormula formula,
                           PetscScalar values[])
{
  const OttoGridInfo *g = OttoGridGetInfo(o->grid);
  PetscReal x[OTTO_MAX_DIM], value = 0;
  char point[160];

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    if (o->closed && o->closed[c]) continue;
    OttoGridCellCentre(g, c, x);
    PetscCall(OttoFormulaEvaluate(formula, x, 0, &value));
    if (!isfinite(value)) OttoFormatPoint(g->dim, x, point, sizeof point);
    OttoCheckInput(isfinite(value), "%s: %g at %s; it must be finite in every cell", key,
                   isnan(value) ? fabs((double)value) : (double)value, point);
    values[c] = value;
    PetscCall(Widen(o, formula, x, value));
    for (PetscInt j = 0; j < g->dim; j++)
      PetscCall(Difference(g, formula, x, value, j, &o->over[c * g->dim + j]));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoObservableCreate(OttoGrid grid, const char *key, const char *text, Vec open,
                                    OttoObservable *observable)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscScalar *is_open = NULL;
  PetscScalar *values;
  OttoFormula formula;
  OttoObservable o;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  *observable = NULL;
  PetscCall(OttoFormulaCreate(key, text, g->dim, 1, PETSC_FALSE, &formula));
  PetscCall(PetscNew(&o));
  *observable = o;
  o->grid = grid;
  o->range[0] = INFINITY;
  o->range[1] = -INFINITY;
  PetscCall(OttoFieldCreate(grid, &o->values));
  PetscErrorCode code = PetscCalloc1((size_t)(g->dim * g->local_cells), &o->over);
  PetscCall(OttoAgree(g->comm, code));
  if (open) PetscCall(VecGetArrayRead(open, &is_open));
  if (open) PetscCall(OttoAgree(g->comm, PetscCalloc1((size_t)g->local_cells, &o->closed)));
  for (PetscInt64 c = 0; c < g->local_cells && open; c++)
    o->closed[c] = is_open[c] == 0 ? PETSC_TRUE : PETSC_FALSE;
  PetscCall(VecGetArray(o->values, &values));
  code = Fill(o, key, formula, values);
  PetscCall(VecRestoreArray(o->values, &values));
  if (open) PetscCall(VecRestoreArrayRead(open, &is_open));
  PetscCall(OttoFormulaDestroy(&formula));
  code = OttoAgree(g->comm, code);
  if (code) PetscCall(OttoObservableDestroy(observable));
  PetscFunctionReturn(code);
}

PetscErrorCode OttoObservableDestroy(OttoObservable *observable)
{
  PetscFunctionBegin;
  if (!*observable) PetscFunctionReturn(0);
  PetscCall(VecDestroy(&(*observable)->values));
  PetscCall(PetscFree((*observable)->over));
  PetscCall(PetscFree((*observable)->closed));
  PetscCall(PetscFree(*observable));
  PetscFunctionReturn(0);
}

Vec OttoObservableGetValues(OttoObservable o)
{
  return o->values;
}

PetscErrorCode OttoObservableRange(OttoObservable o, PetscReal range[2])
{
  PetscReal ends[2] = {-o->range[0], o->range[1]};

  PetscFunctionBegin;
  PetscCallMPI(
      MPI_Allreduce(MPI_IN_PLACE, ends, 2, MPIU_REAL, MPIU_MAX, OttoGridGetInfo(o->grid)->comm));
  range[0] = -ends[0];
  range[1] = ends[1];
  PetscFunctionReturn(0);
}

PetscErrorCode OttoObservableMoments(OttoObservable o, Vec p, PetscReal *mean, PetscReal *variance,
                                     PetscReal *width)
{
  const OttoGridInfo *g = OttoGridGetInfo(o->grid);
  OttoSum first[2] = {{0, 0}, {0, 0}}, second[2] = {{0, 0}, {0, 0}};
  const PetscScalar *values, *of_p;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(o->values, &values));
  PetscCall(VecGetArrayRead(p, &of_p));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoSumAdd(&first[0], of_p[c]);
    OttoSumAdd(&first[1], of_p[c] * values[c]);
  }
  PetscCall(OttoSumReduce(g->comm, 2, first));
  const PetscReal mass = OttoSumValue(first[0]);
  *mean = OttoSumValue(first[1]) / mass;
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscReal blur = 0;
    for (PetscInt j = 0; j < g->dim; j++) blur += PetscSqr(o->over[c * g->dim + j]) / 12;
    OttoSumAdd(&second[0], of_p[c] * PetscSqr(values[c] - *mean));
    OttoSumAdd(&second[1], of_p[c] * blur);
  }
  PetscCall(VecRestoreArrayRead(p, &of_p));
  PetscCall(VecRestoreArrayRead(o->values, &values));
  PetscCall(OttoSumReduce(g->comm, 2, second));
  *variance = OttoSumValue(second[0]) / mass;
  *width = PetscMax(0, *variance) + OttoSumValue(second[1]) / mass;
  PetscFunctionReturn(0);
}
