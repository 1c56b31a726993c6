/* Interactions by name, and convolutions with them (MATHEMATICS 12.1). */
#include "interaction_impl.h"
#include <otto/options.h>
#include <math.h>
#include <stdio.h>

static const OttoMember members[] = {
#define OTTO_MEMBER(name, Ops, ...) OTTO_MEMBER_LINE(name, __VA_ARGS__)
#include "interaction.def"
#undef OTTO_MEMBER
};

static const OttoInteractionOps *const ops[] = {
#define OTTO_MEMBER(name, Ops, ...) &OttoInteractionOps_##Ops,
#include "interaction.def"
#undef OTTO_MEMBER
};

const OttoFamily OttoInteractionFamily = {"interaction", "energy_interaction_type",
                                          "energy_interaction_type",
                                          (PetscInt)(sizeof members / sizeof members[0]), members};

/* ---- kernels ---- */

static PetscErrorCode ValueOf(void *context, PetscReal r, PetscReal *value)
{
  const OttoInteraction w = (OttoInteraction)context;

  PetscFunctionBegin;
  PetscCall(w->ops->value(w, r, value, NULL));
  PetscFunctionReturn(0);
}

static PetscErrorCode RiseOf(void *context, PetscReal r, PetscReal *value)
{
  const OttoInteraction w = (OttoInteraction)context;

  PetscFunctionBegin;
  PetscCall(w->ops->value(w, r, NULL, value));
  PetscFunctionReturn(0);
}

/* "energy_interaction_formula: '1/r'", of a member's own key where it was given. */
static PetscErrorCode FormatOrigin(OttoInteraction w, char text[], size_t size)
{
  const char *given = NULL;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetText(NULL, w->ops->key, &given));
  if (given)
    snprintf(text, size, "%s: '%.200s'", w->ops->key, given);
  else
    snprintf(text, size, "energy_interaction_type: '%s'", w->type);
  PetscFunctionReturn(0);
}

/* The distance of cell `at` of the twin from its cell 0, by the nearest image; -1 where no two
 * cells of the grid are so far apart. */
static PetscReal Distance(OttoInteraction w, const PetscInt64 at[])
{
  const OttoGridInfo *g = OttoGridGetInfo(w->grid), *t = OttoGridGetInfo(w->convolution.twin.grid);
  PetscReal square = 0;

  for (PetscInt j = 0; j < t->dim; j++) {
    const PetscInt64 k = PetscMin(at[j], t->n[j] - at[j]);
    if (k >= g->n[j]) return -1;
    square += PetscSqr((PetscReal)k * g->h[j]);
  }
  return sqrt(square);
}

/* Where the value at `at`, past the middle of an axis that is whole here, stands already: by how
 * many cells before; 0 where it does not. */
static PetscInt64 Mirror(const OttoGridInfo *t, const PetscInt64 at[])
{
  PetscInt64 stride = 1, back = 0;

  for (PetscInt j = t->dim - 1; j > 0; j--) {
    if (t->local[j] == t->n[j] && 2 * at[j] > t->n[j]) back += (2 * at[j] - t->n[j]) * stride;
    stride *= t->local[j];
  }
  return back;
}

static PetscErrorCode CheckValue(OttoInteraction w, PetscReal r, PetscReal value)
{
  char origin[280];

  PetscFunctionBegin;
  if (isfinite(value)) PetscFunctionReturn(0);
  PetscCall(FormatOrigin(w, origin, sizeof origin));
  OttoFail(OTTO_ERR_INPUT, "%s gives %g at r = %g; an interaction must be finite beyond r = 0",
           origin, isnan(value) ? NAN : (double)value, (double)r);
}

/* Its mean over the cell about r = 0. */
static PetscErrorCode FindMean(OttoInteraction w, OttoRadial f, PetscReal *mean)
{
  const OttoGridInfo *g = OttoGridGetInfo(w->grid);
  PetscBool converged;
  char origin[280];

  PetscFunctionBegin;
  PetscCall(OttoCellMean(g->dim, g->h, f, w, mean, &converged));
  if (converged) PetscFunctionReturn(0);
  PetscCall(FormatOrigin(w, origin, sizeof origin));
  OttoFail(OTTO_ERR_INPUT,
           "%s has no mean over a cell about r = 0: an interaction must be integrable there",
           origin);
}

/* f of the distances, its mean over the cell at 0. */
static PetscErrorCode Tabulate(OttoInteraction w, OttoRadial f, PetscReal values[])
{
  const OttoGridInfo *t = OttoGridGetInfo(w->convolution.twin.grid);
  PetscInt64 at[OTTO_MAX_DIM], zero = -1;

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < t->local_cells; c++) {
    OttoGridCellIndex(t, c, at);
    const PetscInt64 back = Mirror(t, at);
    const PetscReal r = Distance(w, at);
    values[c] = back ? values[c - back] : 0;
    if (r == 0) zero = c;
    if (back || r <= 0) continue;
    PetscCall(f(w, r, &values[c]));
    PetscCall(CheckValue(w, r, values[c]));
  }
  if (zero >= 0) PetscCall(FindMean(w, f, &values[zero]));
  PetscFunctionReturn(0);
}

/* The symbol of the convolution with f of the distance. */
static PetscErrorCode MakeSymbol(OttoInteraction w, OttoRadial f, OttoSymbol *symbol)
{
  PetscScalar *values;
  Vec kernel = NULL;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(w->convolution.twin.grid, &kernel));
  PetscCall(VecGetArrayWrite(kernel, &values));
  PetscErrorCode code = OttoAgree(OttoGridGetInfo(w->grid)->comm, Tabulate(w, f, values));
  PetscCall(VecRestoreArrayWrite(kernel, &values));
  if (!code) code = OttoConvolutionCreateKernel(&w->convolution, kernel, symbol);
  PetscCall(VecDestroy(&kernel));
  PetscFunctionReturn(code);
}

/* ---- life ---- */

/* Whether W is that of a torus. */
static PetscErrorCode ChooseSpace(OttoInteraction w)
{
  const OttoGridInfo *g = OttoGridGetInfo(w->grid);
  PetscInt periodic = 0;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++)
    if (g->boundary[j] == OTTO_BOUNDARY_PERIODIC) periodic++;
  OttoCheckInput(!w->ops->torus || periodic == 0 || periodic == g->dim,
                 "energy_interaction_type: %s is that of free space, or of a torus: axes must be "
                 "all periodic, or none",
                 w->type);
  w->torus = w->ops->torus && periodic ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}

static PetscErrorCode Make(OttoInteraction w)
{
  PetscFunctionBegin;
  PetscCall(w->ops->read(w));
  PetscCall(ChooseSpace(w));
  PetscCall(OttoConvolutionCreate(w->grid, &w->convolution));
  if (w->torus)
    PetscCall(OttoSymbolCreate(w->convolution.transform, w->ops->torus, w, &w->W));
  else
    PetscCall(MakeSymbol(w, ValueOf, &w->W));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoInteractionCreate(OttoGrid grid, OttoInteraction *interaction)
{
  PetscInt index = 0;
  OttoInteraction w;

  PetscFunctionBegin;
  *interaction = NULL;
  PetscCall(OttoFamilyChoose(&OttoInteractionFamily, NULL, &index, NULL));
  if (!ops[index]->read) PetscFunctionReturn(0);
  PetscCall(PetscNew(&w));
  w->grid = grid;
  w->type = members[index].name;
  w->ops = ops[index];
  PetscErrorCode code = Make(w);
  if (code) PetscCall(OttoInteractionDestroy(&w));
  *interaction = w;
  PetscFunctionReturn(code);
}

PetscErrorCode OttoInteractionDestroy(OttoInteraction *interaction)
{
  const OttoInteraction w = *interaction;

  PetscFunctionBegin;
  if (!w) PetscFunctionReturn(0);
  PetscCall(OttoSymbolDestroy(&w->W));
  PetscCall(OttoSymbolDestroy(&w->rise));
  PetscCall(OttoConvolutionDestroy(&w->convolution));
  PetscCall(OttoFormulaDestroy(&w->formula));
  PetscCall(PetscFree(*interaction));
  PetscFunctionReturn(0);
}

size_t OttoInteractionBytes(OttoInteraction w)
{
  return sizeof *w + OttoConvolutionBytes(&w->convolution) + OttoSymbolBytes(w->W) +
         (w->rise ? OttoSymbolBytes(w->rise) : 0);
}

PetscErrorCode OttoInteractionIsSingular(OttoInteraction w, PetscBool *singular)
{
  PetscReal value = 0;

  PetscFunctionBegin;
  PetscCall(w->ops->value(w, 0, &value, NULL));
  *singular = isfinite(value) ? PETSC_FALSE : PETSC_TRUE;
  PetscFunctionReturn(0);
}

const char *OttoInteractionGetType(OttoInteraction w)
{
  return w->type;
}

/* ---- sums ---- */

PetscErrorCode OttoInteractionApply(OttoInteraction w, Vec rho, Vec u)
{
  PetscFunctionBegin;
  PetscCall(OttoConvolutionApply(&w->convolution, w->W, rho, u));
  PetscFunctionReturn(0);
}

/* ∬ k(x − y) ρ ρ */
static PetscErrorCode Form(OttoInteraction w, OttoSymbol symbol, Vec rho, PetscReal *form)
{
  const OttoGridInfo *g = OttoGridGetInfo(w->grid);
  const PetscScalar *a, *b;
  OttoSum sum = {0, 0};
  Vec u;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(w->grid, &u));
  PetscCall(OttoConvolutionApply(&w->convolution, symbol, rho, u));
  PetscCall(VecGetArrayRead(rho, &a));
  PetscCall(VecGetArrayRead(u, &b));
  for (PetscInt64 c = 0; c < g->local_cells; c++) OttoSumAdd(&sum, a[c] * b[c]);
  PetscCall(VecRestoreArrayRead(rho, &a));
  PetscCall(VecRestoreArrayRead(u, &b));
  PetscCall(VecDestroy(&u));
  PetscCall(OttoSumReduce(g->comm, 1, &sum));
  *form = OttoSumValue(sum) * g->cell_volume;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoInteractionVirial(OttoInteraction w, Vec rho, PetscReal *virial)
{
  PetscReal times = 0, plus = 0, form = 0, mass;

  PetscFunctionBegin;
  *virial = NAN;
  if (w->torus) PetscFunctionReturn(0);
  if (w->ops->scales && w->ops->scales(w, &times, &plus)) {
    PetscCall(OttoFieldIntegral(w->grid, rho, &mass));
    if (times != 0) PetscCall(Form(w, w->W, rho, &form));
    *virial = times * form + plus * mass * mass;
    PetscFunctionReturn(0);
  }
  if (!w->rise) PetscCall(MakeSymbol(w, RiseOf, &w->rise));
  PetscCall(Form(w, w->rise, rho, virial));
  PetscFunctionReturn(0);
}
