/* ranks: 1 2 3
 * The derivatives of rates: against differences of these, by density, slope and field; columns,
 * signs, short axes, any mesh; what solvers see of new numbers. */
#include "fixture.h"
#include <otto/fluxes.h>
#include <petscksp.h>

#define P OTTO_BOUNDARY_PERIODIC
#define W OTTO_BOUNDARY_NO_FLUX

typedef struct {
  PetscInt dim;
  PetscInt64 n[3];
  OttoBoundary boundary[3];
} Box;

static const Box boxes[] = {{1, {9}, {P}},
                            {1, {4}, {P}},
                            {2, {3, 2}, {P, P}},
                            {2, {7, 5}, {W, P}},
                            {2, {4, 270}, {P, W}},
                            {3, {4, 3, 5}, {P, P, W}},
                            {3, {5, 1, 2}, {W, P, P}},
                            {3, {3, 4, 3}, {W, W, P}}};
#define BOXES ((int)(sizeof boxes / sizeof boxes[0]))

/* Rough numbers in [from, from + width), the same however the grid is dealt. */
static PetscErrorCode FillRough(OttoGrid grid, PetscReal seed, PetscReal from, PetscReal width,
                                Vec *v)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscInt64 idx[OTTO_MAX_DIM];
  PetscScalar *a;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(grid, v));
  PetscCall(VecGetArray(*v, &a));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscInt64 number = 0;
    OttoGridCellIndex(g, c, idx);
    for (PetscInt j = 0; j < g->dim; j++) number = number * g->n[j] + idx[j];
    a[c] = from + width * Hash(number, seed);
  }
  PetscCall(VecRestoreArray(*v, &a));
  PetscFunctionReturn(0);
}

typedef struct {
  OttoGrid grid;
  OttoEnergy energy;
  OttoFluxes fluxes;
  Vec rho, slope, field, curvature, change, shift[3], plus, minus, out;
  OttoFluxState state;
} Trial;

static const PetscReal factor[3] = {1, 0.5, 3};

static PetscErrorCode Begin(OttoGrid grid, OttoMobility mobility, PetscBool slope, Trial *t)
{
  PetscFunctionBegin;
  PetscCall(PetscOptionsClear(NULL));
  PetscCall(PetscOptionsSetValue(NULL, "-temperature", "0.7"));
  t->grid = grid;
  PetscCall(OttoEnergyCreate(grid, &t->energy));
  PetscCall(OttoFluxesCreate(t->energy, mobility, factor, &t->fluxes));
  PetscCall(FillRough(grid, 0.3, 0.1, 1, &t->rho));
  PetscCall(FillRough(grid, 0.4, -2, 4, &t->slope));
  PetscCall(FillRough(grid, 0.5, 0, 3, &t->field));
  PetscCall(FillRough(grid, 0.6, 0.5, 2, &t->curvature));
  PetscCall(FillRough(grid, 0.7, -1, 2, &t->change));
  for (int k = 0; k < 3; k++) PetscCall(OttoFieldCreate(grid, &t->shift[k]));
  PetscCall(OttoFieldCreate(grid, &t->plus));
  PetscCall(OttoFieldCreate(grid, &t->minus));
  PetscCall(OttoFieldCreate(grid, &t->out));
  t->state = (OttoFluxState){t->rho, slope ? t->slope : NULL, t->field};
  PetscFunctionReturn(0);
}

static PetscErrorCode End(Trial *t)
{
  PetscFunctionBegin;
  PetscCall(VecDestroy(&t->rho));
  PetscCall(VecDestroy(&t->slope));
  PetscCall(VecDestroy(&t->field));
  PetscCall(VecDestroy(&t->curvature));
  PetscCall(VecDestroy(&t->change));
  for (int k = 0; k < 3; k++) PetscCall(VecDestroy(&t->shift[k]));
  PetscCall(VecDestroy(&t->plus));
  PetscCall(VecDestroy(&t->minus));
  PetscCall(VecDestroy(&t->out));
  PetscCall(OttoFluxesDestroy(&t->fluxes));
  PetscCall(OttoEnergyDestroy(&t->energy));
  PetscFunctionReturn(0);
}

/* The rate where density, slope and field have moved by `by` times their changes. */
static PetscErrorCode Moved(Trial *t, PetscReal by, Vec density, Vec slope, Vec field, Vec rate)
{
  const Vec from[3] = {t->rho, t->slope, t->field}, change[3] = {density, slope, field};
  OttoFluxState state = {t->shift[0], t->state.slope ? t->shift[1] : NULL, t->shift[2]};

  PetscFunctionBegin;
  for (int k = 0; k < 3; k++) {
    PetscCall(VecCopy(from[k], t->shift[k]));
    if (change[k]) PetscCall(VecAXPY(t->shift[k], by, change[k]));
  }
  PetscCall(OttoFluxesRate(t->fluxes, &state, rate, NULL));
  PetscFunctionReturn(0);
}

/* Central differences of the rate: with steps of 1e-5 of numbers of order 1 they err by some 1e-10
 * of the third derivative and 1e-11 of rounding; z of a few makes a hundred of that. A kink between
 * the two is not met by these numbers. */
static PetscErrorCode Compare(Trial *t, Vec got, Vec density, Vec slope, Vec field,
                              const char *what)
{
  const PetscReal by = 1e-5;
  PetscReal error, norm;

  PetscFunctionBegin;
  PetscCall(Moved(t, by, density, slope, field, t->plus));
  PetscCall(Moved(t, -by, density, slope, field, t->minus));
  PetscCall(VecAXPY(t->plus, -1, t->minus));
  PetscCall(VecScale(t->plus, 0.5 / by));
  PetscCall(VecNorm(t->plus, NORM_INFINITY, &norm));
  PetscCall(VecAXPY(t->plus, -1, got));
  PetscCall(VecNorm(t->plus, NORM_INFINITY, &error));
  TestTrue(norm > 0.1, "the rate changes");
  TestTrue(error <= 1e-8 * norm, what);
  if (!(error <= 1e-8 * norm)) fprintf(stderr, "  error %g of %g\n", error, norm);
  PetscFunctionReturn(0);
}

/* matrix · change = shift change − what the rate changes by. */
static PetscErrorCode Differences(Trial *t, Mat matrix, PetscReal shift, PetscReal share)
{
  Vec by_slope, by_density;

  PetscFunctionBegin;
  PetscCall(OttoFluxesJacobian(t->fluxes, &t->state, shift, share,
                               t->state.slope ? t->curvature : NULL, matrix));
  PetscCall(MatMult(matrix, t->change, t->out));
  PetscCall(VecAYPX(t->out, -1, t->change));
  PetscCall(VecAXPY(t->out, shift - 1, t->change));
  PetscCall(VecDuplicate(t->change, &by_slope));
  PetscCall(VecDuplicate(t->change, &by_density));
  PetscCall(VecPointwiseMult(by_slope, t->curvature, t->change));
  PetscCall(VecCopy(t->change, by_density));
  PetscCall(VecScale(by_density, share));
  PetscCall(Compare(t, t->out, by_density, by_slope, NULL, "the matrix is the rate's derivative"));
  PetscCall(OttoFluxesPush(t->fluxes, t->change, t->out));
  PetscCall(Compare(t, t->out, NULL, NULL, t->change, "a change of the field"));
  PetscCall(VecDestroy(&by_slope));
  PetscCall(VecDestroy(&by_density));
  PetscFunctionReturn(0);
}

/* Columns add to the shift: mass. Every axis of one mind: no entry off the diagonal is above 0
 * (upwind with density and slope both from a convex U; and the chain's). */
static PetscErrorCode Columns(Trial *t, Mat matrix, PetscReal shift)
{
  PetscReal norm, error;

  PetscFunctionBegin;
  PetscCall(VecSet(t->plus, 1));
  PetscCall(MatMultTranspose(matrix, t->plus, t->minus));
  PetscCall(VecShift(t->minus, -shift));
  PetscCall(VecNorm(t->minus, NORM_INFINITY, &error));
  PetscCall(MatNorm(matrix, NORM_INFINITY, &norm));
  /* a dozen entries a column, each rounded to eps of the largest */
  TestTrue(error <= 1e-14 * norm, "columns keep mass");
  PetscFunctionReturn(0);
}

static const struct {
  OttoMobility mobility;
  PetscBool slope;
} kinds[] = {{OTTO_MOBILITY_UPWIND, PETSC_TRUE},
             {OTTO_MOBILITY_LIMITED, PETSC_TRUE},
             {OTTO_MOBILITY_SCHARFETTER_GUMMEL, PETSC_FALSE},
             {OTTO_MOBILITY_SCHARFETTER_GUMMEL, PETSC_TRUE}};

static PetscErrorCode OnDifferences(OttoGrid grid)
{
  PetscFunctionBegin;
  for (int k = 0; k < 4; k++) {
    Trial t;
    Mat matrix;
    PetscCall(Begin(grid, kinds[k].mobility, kinds[k].slope, &t));
    PetscCall(OttoFluxesCreateMatrix(t.fluxes, &matrix));
    TestTrue(OttoFluxesPush(t.fluxes, t.change, t.out) == OTTO_ERR_STATE, "no Jacobian yet");
    OttoErrorClear();
    PetscCall(Differences(&t, matrix, 2.5, 1));
    PetscCall(Columns(&t, matrix, 2.5));
    PetscCall(Differences(&t, matrix, 0.3, 0.5));
    PetscCall(Columns(&t, matrix, 0.3));
    PetscCall(MatDestroy(&matrix));
    PetscCall(End(&t));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode TestDifferences(void)
{
  for (int k = 0; k < BOXES; k++)
    PetscCall(OnMeshes(boxes[k].dim, boxes[k].n, boxes[k].boundary, OnDifferences));
  return 0;
}

int main(void)
{
  return TestMain({TestDifferences});
}
