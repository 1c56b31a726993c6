/* ranks: 1 2 3
 * The derivatives of rates: against differences of these, by density, slope and field; columns,
 * signs, short axes, any mesh; what solvers see of new numbers. */
#include "fluxes.h"
#include <petscksp.h>

/* A trial of its own slope, what it changes by, and room. */
typedef struct {
  Trial t;
  Vec curvature, change, moved[3], plus, minus, out;
} Change;

static PetscErrorCode BeginChange(OttoGrid grid, OttoMobility mobility, PetscBool slope, Change *c)
{
  PetscFunctionBegin;
  PetscCall(Options("entropy", NULL));
  PetscCall(Begin(grid, mobility, slope, &c->t));
  PetscCall(VecShift(c->t.rho, 0.1));
  PetscCall(VecDestroy(&c->t.slope)); /* any slope, for it is one of three that change */
  PetscCall(FillRough(grid, 0.4, -2, 4, &c->t.slope));
  if (slope) c->t.state.slope = c->t.slope;
  PetscCall(FillRough(grid, 0.6, 0.5, 2, &c->curvature));
  PetscCall(FillRough(grid, 0.7, -1, 2, &c->change));
  for (int k = 0; k < 3; k++) PetscCall(OttoFieldCreate(grid, &c->moved[k]));
  PetscCall(OttoFieldCreate(grid, &c->plus));
  PetscCall(OttoFieldCreate(grid, &c->minus));
  PetscCall(OttoFieldCreate(grid, &c->out));
  PetscFunctionReturn(0);
}

static PetscErrorCode EndChange(Change *c)
{
  PetscFunctionBegin;
  PetscCall(VecDestroy(&c->curvature));
  PetscCall(VecDestroy(&c->change));
  for (int k = 0; k < 3; k++) PetscCall(VecDestroy(&c->moved[k]));
  PetscCall(VecDestroy(&c->plus));
  PetscCall(VecDestroy(&c->minus));
  PetscCall(VecDestroy(&c->out));
  PetscCall(End(&c->t));
  PetscFunctionReturn(0);
}

/* The rate where density, slope and field have moved by `by` times their changes. */
static PetscErrorCode Moved(Change *c, PetscReal by, Vec density, Vec slope, Vec field, Vec rate)
{
  const Vec from[3] = {c->t.rho, c->t.slope, c->t.field}, change[3] = {density, slope, field};
  OttoFluxState state = {c->moved[0], c->t.state.slope ? c->moved[1] : NULL, c->moved[2]};

  PetscFunctionBegin;
  for (int k = 0; k < 3; k++) {
    PetscCall(VecCopy(from[k], c->moved[k]));
    if (change[k]) PetscCall(VecAXPY(c->moved[k], by, change[k]));
  }
  PetscCall(OttoFluxesRate(c->t.fluxes, &state, rate, NULL));
  PetscFunctionReturn(0);
}

/* Central differences of the rate, by steps of 1e-6 of numbers of order 1: they err by 1e-12 times
 * third derivatives, which the limiter makes as large as the inverse square of the difference of
 * two cells, here 1e4, and by rounding, eps of the rates over the step, 1e-10 of them. A kink
 * between the two is not met by these numbers. */
static PetscErrorCode Compare(Change *c, Vec got, Vec density, Vec slope, Vec field,
                              const char *what)
{
  const PetscReal by = 1e-6;
  PetscReal error, norm;

  PetscFunctionBegin;
  PetscCall(Moved(c, by, density, slope, field, c->plus));
  PetscCall(Moved(c, -by, density, slope, field, c->minus));
  PetscCall(VecAXPY(c->plus, -1, c->minus));
  PetscCall(VecScale(c->plus, 0.5 / by));
  PetscCall(VecNorm(c->plus, NORM_INFINITY, &norm));
  PetscCall(VecAXPY(c->plus, -1, got));
  PetscCall(VecNorm(c->plus, NORM_INFINITY, &error));
  TestTrue(norm > 0.1, "the rate changes");
  TestTrue(error <= 2e-8 * norm, what);
  if (!(error <= 2e-8 * norm)) fprintf(stderr, "  error %g of %g\n", error, norm);
  PetscFunctionReturn(0);
}

/* matrix · change = shift change − what the rate changes by. */
static PetscErrorCode Differences(Change *c, Mat matrix, PetscReal shift, PetscReal share)
{
  Vec by_slope, by_density;

  PetscFunctionBegin;
  PetscCall(OttoFluxesJacobian(c->t.fluxes, &c->t.state, shift, share,
                               c->t.state.slope ? c->curvature : NULL, matrix));
  PetscCall(MatMult(matrix, c->change, c->out));
  PetscCall(VecAYPX(c->out, -1, c->change));
  PetscCall(VecAXPY(c->out, shift - 1, c->change));
  PetscCall(VecDuplicate(c->change, &by_slope));
  PetscCall(VecDuplicate(c->change, &by_density));
  PetscCall(VecPointwiseMult(by_slope, c->curvature, c->change));
  PetscCall(VecCopy(c->change, by_density));
  PetscCall(VecScale(by_density, share));
  PetscCall(Compare(c, c->out, by_density, by_slope, NULL, "the matrix is the rate's derivative"));
  PetscCall(OttoFluxesPush(c->t.fluxes, c->change, c->out));
  PetscCall(Compare(c, c->out, NULL, NULL, c->change, "a change of the field"));
  PetscCall(VecDestroy(&by_slope));
  PetscCall(VecDestroy(&by_density));
  PetscFunctionReturn(0);
}

/* Columns add to the shift: mass. */
static PetscErrorCode Columns(Change *c, Mat matrix, PetscReal shift)
{
  PetscReal norm, error;

  PetscFunctionBegin;
  PetscCall(VecSet(c->plus, 1));
  PetscCall(MatMultTranspose(matrix, c->plus, c->minus));
  PetscCall(VecShift(c->minus, -shift));
  PetscCall(VecNorm(c->minus, NORM_INFINITY, &error));
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
    Change c;
    Mat matrix;
    PetscCall(BeginChange(grid, kinds[k].mobility, kinds[k].slope, &c));
    PetscCall(OttoFluxesCreateMatrix(c.t.fluxes, &matrix));
    TestTrue(OttoFluxesPush(c.t.fluxes, c.change, c.out) == OTTO_ERR_STATE, "no Jacobian yet");
    OttoErrorClear();
    PetscCall(Differences(&c, matrix, 2.5, 1));
    PetscCall(Columns(&c, matrix, 2.5));
    PetscCall(Differences(&c, matrix, 0.3, 0.5));
    PetscCall(Columns(&c, matrix, 0.3));
    PetscCall(MatDestroy(&matrix));
    PetscCall(EndChange(&c));
  }
  PetscFunctionReturn(0);
}

/* On every box, and where ranks have one plane, or none. */
static PetscErrorCode TestDifferences(void)
{
  const PetscInt64 n[] = {5, 4}, second[] = {0, 4};
  const PetscReal lower[] = {0, 0}, upper[] = {1, 2};
  const OttoBoundary boundary[] = {P, W};
  PetscInt64 first[5] = {0, 1, 1, 5, 5};
  const PetscInt64 *const cuts[2] = {first, second};
  PetscMPIInt size;
  OttoGrid grid;
  PetscCall(OnBoxes(OnDifferences));
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  first[size] = 5;
  PetscCall(OttoGridCreate(PETSC_COMM_WORLD, &grid));
  PetscCall(OttoGridSetBox(grid, 2, n, lower, upper, boundary));
  PetscCall(OttoGridSetMesh(grid, size, 1));
  PetscCall(OttoGridSetCuts(grid, cuts));
  PetscCall(OttoGridSetUp(grid));
  PetscCall(OnDifferences(grid));
  PetscCall(OttoGridDestroy(&grid));
  return 0;
}

/* Upwind fluxes of a convex U, and the chain's: no entry beside the diagonal is above 0. */
static PetscErrorCode OnSigns(OttoGrid grid)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);

  PetscFunctionBegin;
  for (int k = 0; k < 3; k += 2) {
    Change c;
    Mat matrix;
    PetscCall(BeginChange(grid, kinds[k].mobility, kinds[k].slope, &c));
    PetscCall(OttoFluxesCreateMatrix(c.t.fluxes, &matrix));
    PetscCall(OttoFluxesJacobian(c.t.fluxes, &c.t.state, 2, 1, kinds[k].slope ? c.curvature : NULL,
                                 matrix));
    for (PetscInt i = (PetscInt)g->offset; i < g->offset + g->local_cells; i++) {
      const PetscScalar *value;
      const PetscInt *column;
      PetscInt n;
      PetscBool right = PETSC_TRUE;
      PetscCall(MatGetRow(matrix, i, &n, &column, &value));
      for (PetscInt m = 0; m < n; m++)
        right = right && (column[m] == i ? value[m] >= 2 : value[m] <= 0);
      TestTrue(right, "a row of an M-matrix");
      TestTrue(n <= 1 + 2 * g->dim, "no more entries than neighbours");
      PetscCall(MatRestoreRow(matrix, i, &n, &column, &value));
    }
    PetscCall(MatDestroy(&matrix));
    PetscCall(EndChange(&c));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode TestSigns(void)
{
  PetscCall(OnBoxes(OnSigns));
  return 0;
}

static PetscReal Hill(const PetscReal x[])
{
  return 1.2 + cos(PETSC_PI * x[0]) * cos(2 * PETSC_PI * x[1]);
}
static PetscReal Valley(const PetscReal x[])
{
  return 3 * x[2] * x[2] + sin(2 * PETSC_PI * x[1]);
}
static PetscReal Bend(const PetscReal x[])
{
  return 0.7 / Hill(x); /* of 0.7 ρ log ρ */
}

/* A solver sees new numbers, and hypre takes the matrices; of smooth states. */
static PetscErrorCode TestSolvers(void)
{
  const PetscInt64 n[] = {8, 7, 9};
  const OttoBoundary boundary[] = {W, P, W};
  const PetscReal side[] = {1, 1, 1};
  for (int k = 0; k < 4; k++) {
    OttoGrid grid;
    Change c;
    Mat matrix;
    KSP ksp;
    PC pc;
    PetscReal norm, left;
    PetscInt iterations;
    PetscCall(MakeSides(3, n, 0, side, boundary, &grid));
    PetscCall(BeginChange(grid, kinds[k].mobility, kinds[k].slope, &c));
    PetscCall(OttoFluxesCreateMatrix(c.t.fluxes, &matrix));
    PetscCall(FillFunction(grid, Hill, c.t.rho));
    PetscCall(FillFunction(grid, Valley, c.t.field));
    PetscCall(FillFunction(grid, Bend, c.curvature));
    PetscCall(Slope(c.t.energy, c.t.rho, c.t.slope));
    PetscCall(KSPCreate(PETSC_COMM_WORLD, &ksp));
    PetscCall(KSPSetType(ksp, KSPGMRES));
    PetscCall(KSPSetTolerances(ksp, 1e-11, 0, PETSC_DEFAULT, 50));
    PetscCall(KSPGetPC(ksp, &pc));
    PetscCall(PCSetType(pc, PCHYPRE));
    for (int again = 0; again < 2; again++) {
      PetscCall(OttoFluxesJacobian(c.t.fluxes, &c.t.state, again ? 1 : 1000, 1,
                                   kinds[k].slope ? c.curvature : NULL, matrix));
      PetscCall(KSPSetOperators(ksp, matrix, matrix));
      PetscCall(KSPSolve(ksp, c.change, c.out));
      PetscCall(KSPGetIterationNumber(ksp, &iterations));
      PetscCall(MatMult(matrix, c.out, c.plus));
      PetscCall(VecAXPY(c.plus, -1, c.change));
      PetscCall(VecNorm(c.plus, NORM_2, &left));
      PetscCall(VecNorm(c.change, NORM_2, &norm));
      TestTrue(left <= 1e-8 * norm, "hypre solves");
      TestTrue(iterations <= 15, "in not many iterations");
    }
    /* Jacobi's preconditioner is the diagonal: of the numbers there are now */
    PetscCall(PCSetType(pc, PCJACOBI));
    for (int again = 0; again < 2; again++) {
      PetscCall(OttoFluxesJacobian(c.t.fluxes, &c.t.state, again ? 1e9 : 1, 1,
                                   kinds[k].slope ? c.curvature : NULL, matrix));
      PetscCall(KSPSetOperators(ksp, matrix, matrix));
      PetscCall(KSPSetUp(ksp));
      PetscCall(PCApply(pc, c.change, c.plus));
      PetscCall(MatGetDiagonal(matrix, c.minus));
      PetscCall(VecPointwiseMult(c.plus, c.plus, c.minus));
      PetscCall(VecAXPY(c.plus, -1, c.change));
      PetscCall(VecNorm(c.plus, NORM_INFINITY, &left));
      TestTrue(left <= 1e-14, "a preconditioner of the present numbers");
    }
    PetscCall(KSPDestroy(&ksp));
    PetscCall(MatDestroy(&matrix));
    PetscCall(EndChange(&c));
    PetscCall(OttoGridDestroy(&grid));
  }
  return 0;
}

/* Empty cells among empty ones, and closed cells: no derivative, though U'' is infinite there. */
static PetscErrorCode TestEmptyCells(void)
{
  OttoGrid grid;
  PetscCall(MakeUnit(1, 12, W, &grid));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  for (int k = 0; k < 4; k++) {
    Change c;
    Mat matrix;
    PetscReal norm;
    PetscCall(BeginChange(grid, kinds[k].mobility, kinds[k].slope, &c));
    PetscCall(OttoFluxesCreateMatrix(c.t.fluxes, &matrix));
    for (PetscInt i = (PetscInt)g->offset; i < g->offset + g->local_cells; i++) {
      if (i >= 7) continue;
      PetscCall(VecSetValue(c.t.rho, i, 0, INSERT_VALUES));
      PetscCall(VecSetValue(c.t.slope, i, i < 6 ? -INFINITY : -1, INSERT_VALUES));
      PetscCall(VecSetValue(c.curvature, i, i < 6 ? INFINITY : 1, INSERT_VALUES));
      if (i == 5 || i == 6) PetscCall(VecSetValue(c.t.field, i, INFINITY, INSERT_VALUES));
    }
    const Vec all[] = {c.t.rho, c.t.slope, c.curvature, c.t.field};
    for (int v = 0; v < 4; v++) {
      PetscCall(VecAssemblyBegin(all[v]));
      PetscCall(VecAssemblyEnd(all[v]));
    }
    PetscCall(OttoFluxesJacobian(c.t.fluxes, &c.t.state, 1, 1, kinds[k].slope ? c.curvature : NULL,
                                 matrix));
    PetscCall(MatNorm(matrix, NORM_INFINITY, &norm));
    TestTrue(norm >= 1 && norm < 1e6, "numbers");
    PetscCall(Columns(&c, matrix, 1));
    PetscCall(OttoFluxesPush(c.t.fluxes, c.change, c.out));
    PetscCall(VecNorm(c.out, NORM_INFINITY, &norm));
    TestTrue(norm > 0 && norm < 1e6, "a change of the field");
    PetscCall(MatDestroy(&matrix));
    PetscCall(EndChange(&c));
  }
  PetscCall(OttoGridDestroy(&grid));
  return 0;
}

int main(void)
{
  return TestMain({TestDifferences, TestSigns, TestSolvers, TestEmptyCells});
}
