/* ranks: 1 2 3 4
 * The generator's rates: detailed balance, mass, matrix against matrix-free, a hand-made chain. */
#include "fixture.h"
#include "grid/planes.h"
#include <otto/generator.h>

static PetscErrorCode Make(PetscInt dim, const PetscInt64 n[], const OttoBoundary boundary[],
                           const char *V, const char *f, OttoGrid *grid, OttoGenerator *generator)
{
  const PetscReal lower[3] = {-1, -1.5, 0}, upper[3] = {1.5, 1, 2};

  PetscFunctionBegin;
  PetscCall(PetscOptionsClear(NULL));
  PetscCall(PetscOptionsSetValue(NULL, "-temperature", "0.7"));
  PetscCall(PetscOptionsSetValue(NULL, "-potential_type", "formula"));
  PetscCall(PetscOptionsSetValue(NULL, "-potential_seam", "wall")); /* any potential will do */
  PetscCall(PetscOptionsSetValue(NULL, "-potential_formula", V));
  if (f) PetscCall(PetscOptionsSetValue(NULL, "-drift_type", "formula"));
  if (f) PetscCall(PetscOptionsSetValue(NULL, "-drift_formula", f));
  PetscCall(MakeBox(dim, n, lower, upper, boundary, grid));
  PetscCall(OttoGeneratorCreate(*grid, generator));
  PetscCall(OttoGeneratorSetFromOptions(*generator));
  PetscCall(OttoGeneratorSetUp(*generator));
  PetscFunctionReturn(0);
}

typedef struct {
  PetscInt dim;
  PetscInt64 n[3];
  OttoBoundary boundary[3];
  const char *V, *f;
} Case;

#define P OTTO_BOUNDARY_PERIODIC
#define W OTTO_BOUNDARY_NO_FLUX
#define A OTTO_BOUNDARY_ABSORBING
static const Case cases[] = {
    {1, {13}, {W}, "x^4-x", NULL},
    {1, {7}, {P}, "cos(x)", "1.5"},
    {1, {4}, {P}, "0", "300"},
    {2, {9, 2}, {P, P}, "x*y", NULL},
    {2, {8, 11}, {W, P}, "x^2+sin(y)", "0-y, x"},
    {2, {5, 6}, {A, W}, "30*x^2", "0.3*y, x"},
    {3, {6, 5, 4}, {P, W, A}, "x*y*z", "y*z, x, 1"},
    {3, {4, 1, 3}, {W, P, P}, "5*x-z^2", NULL},
};
#define COUNT ((int)(sizeof cases / sizeof cases[0]))

static PetscErrorCode Random(Vec v, PetscInt64 from)
{
  PetscScalar *a;
  PetscInt n;

  PetscFunctionBegin;
  PetscCall(VecGetLocalSize(v, &n));
  PetscCall(VecGetArray(v, &a));
  for (PetscInt i = 0; i < n; i++)
    a[i] = 1.1 + sin(1.7 * (double)(from + i + 1) * (double)(from + i + 1));
  PetscCall(VecRestoreArray(v, &a));
  PetscFunctionReturn(0);
}

/* The assembled matrix does what the matrix-free walk does; mass is kept but for what is absorbed.
 */
static PetscErrorCode TestMatrix(void)
{
  for (int k = 0; k < COUNT; k++) {
    OttoGrid grid;
    OttoGenerator Q;
    Vec p, rate, other;
    Mat M = NULL;
    PetscReal norm, error, of_rate, mass, escape;

    PetscCall(Make(cases[k].dim, cases[k].n, cases[k].boundary, cases[k].V, cases[k].f, &grid, &Q));
    const OttoGridInfo *g = OttoGridGetInfo(grid);
    PetscCall(OttoFieldCreate(grid, &p));
    PetscCall(OttoFieldCreate(grid, &rate));
    PetscCall(OttoFieldCreate(grid, &other));
    PetscCall(Random(p, g->offset));
    PetscCall(OttoGeneratorApply(Q, p, rate));
    PetscCall(OttoGeneratorAssemble(Q, PETSC_FALSE, &M));
    PetscCall(MatMult(M, p, other));
    PetscCall(OttoGeneratorNorm(Q, &norm));
    PetscCall(VecAXPY(other, -1, rate));
    PetscCall(VecNorm(other, NORM_INFINITY, &error));
    PetscCall(VecNorm(rate, NORM_INFINITY, &of_rate));
    TestTrue(of_rate > 0.01, "the generator moves the density");
    /* a row has 7 terms of at most norm·2.1: each rounds to eps */
    TestTrue(error <= 1e-15 * 16 * norm, "matrix and matrix-free agree");
    PetscCall(OttoFieldIntegral(grid, rate, &mass));
    PetscCall(OttoGeneratorEscape(Q, p, &escape));
    TestTrue(fabs(mass + escape) <= 1e-15 * (double)g->cells * g->cell_volume * norm,
             "mass balance");
    TestTrue(OttoGeneratorIsAbsorbing(Q) ? escape > 0 : escape == 0, "escape");
    PetscCall(MatDestroy(&M));
    PetscCall(VecDestroy(&p));
    PetscCall(VecDestroy(&rate));
    PetscCall(VecDestroy(&other));
    PetscCall(OttoGeneratorDestroy(&Q));
    PetscCall(OttoGridDestroy(&grid));
  }
  return 0;
}

/* Without drift: exp(-V/T) is stationary and the Gibbs form symmetric, to rounding. */
static PetscErrorCode TestBalance(void)
{
  for (int k = 0; k < COUNT; k++) {
    OttoGrid grid;
    OttoGenerator Q;
    Vec pi, log_pi, rate;
    Mat M = NULL, T;
    PetscReal norm, most, error;

    PetscCall(Make(cases[k].dim, cases[k].n, cases[k].boundary, cases[k].V, cases[k].f, &grid, &Q));
    PetscCall(OttoGeneratorAssemble(Q, PETSC_TRUE, &M));
    PetscCall(MatTranspose(M, MAT_INITIAL_MATRIX, &T));
    PetscCall(MatAXPY(T, -1, M, DIFFERENT_NONZERO_PATTERN));
    PetscCall(MatNorm(T, NORM_FROBENIUS, &error));
    if (cases[k].f)
      TestTrue(error > 1e-3, "a drift breaks the symmetry");
    else
      TestTrue(error == 0, "symmetric exactly");
    PetscCall(OttoFieldCreate(grid, &pi));
    PetscCall(OttoFieldCreate(grid, &log_pi));
    PetscCall(OttoFieldCreate(grid, &rate));
    PetscCall(OttoGeneratorGibbs(Q, pi, log_pi));
    PetscCall(OttoFieldIntegral(grid, pi, &most));
    TestClose(most, 1, 1e-15, "mass of the Gibbs state");
    PetscCall(OttoGeneratorApply(Q, pi, rate));
    PetscCall(OttoGeneratorNorm(Q, &norm));
    PetscCall(VecNorm(rate, NORM_INFINITY, &error));
    PetscCall(VecNorm(pi, NORM_INFINITY, &most));
    /* z = V_x - V_y rounds to eps·max|V|/T ≤ 200 eps, times the rate and the density */
    if (!cases[k].f && !OttoGeneratorIsAbsorbing(Q))
      TestTrue(error <= 1e-13 * norm * most, "the Gibbs state is stationary");
    PetscCall(MatDestroy(&M));
    PetscCall(MatDestroy(&T));
    PetscCall(VecDestroy(&pi));
    PetscCall(VecDestroy(&log_pi));
    PetscCall(VecDestroy(&rate));
    PetscCall(OttoGeneratorDestroy(&Q));
    PetscCall(OttoGridDestroy(&grid));
  }
  return 0;
}

/* The Gibbs form is W⁻¹QᵀW, W = exp(-V/2T), drift and all. */
static PetscErrorCode TestGibbsForm(void)
{
  for (int k = 0; k < COUNT; k++) {
    OttoGrid grid;
    OttoGenerator Q;
    Vec u, w, rate, image;
    Mat M = NULL;
    PetscReal error, size, least = 0;

    PetscCall(Make(cases[k].dim, cases[k].n, cases[k].boundary, cases[k].V, cases[k].f, &grid, &Q));
    const OttoGridInfo *g = OttoGridGetInfo(grid);
    PetscCall(OttoFieldCreate(grid, &u));
    PetscCall(OttoFieldCreate(grid, &rate));
    PetscCall(OttoFieldCreate(grid, &image));
    PetscCall(OttoFieldCreate(grid, &w));
    PetscCall(Random(u, g->offset));
    PetscCall(OttoFieldRange(grid, OttoGeneratorGetPotential(Q), &least, NULL));
    PetscCall(VecCopy(OttoGeneratorGetPotential(Q), w));
    PetscCall(VecShift(w, -least));
    PetscCall(VecScale(w, -0.5 / OttoGeneratorGetTemperature(Q)));
    PetscCall(VecExp(w));
    PetscCall(OttoGeneratorAssemble(Q, PETSC_TRUE, &M));
    PetscCall(MatMult(M, u, image));
    PetscCall(VecPointwiseMult(image, image, w)); /* W M u */
    PetscCall(VecPointwiseMult(u, u, w));
    PetscCall(OttoGeneratorApply(Q, u, rate)); /* Qᵀ W u */
    PetscCall(VecNorm(rate, NORM_INFINITY, &size));
    PetscCall(VecAXPY(image, -1, rate));
    PetscCall(VecNorm(image, NORM_INFINITY, &error));
    /* exponents of up to 100 round to 100 eps */
    TestTrue(error <= 1e-12 * size, "W M u = Q^T W u");
    PetscCall(MatDestroy(&M));
    PetscCall(VecDestroy(&u));
    PetscCall(VecDestroy(&w));
    PetscCall(VecDestroy(&rate));
    PetscCall(VecDestroy(&image));
    PetscCall(OttoGeneratorDestroy(&Q));
    PetscCall(OttoGridDestroy(&grid));
  }
  return 0;
}

/* One edge by hand: V = x on three cells of width 1/… ; and a Péclet number of 1e4. */
static PetscErrorCode TestRates(void)
{
  const PetscInt64 n[1] = {10};
  const OttoBoundary wall[1] = {W};
  const char *slopes[] = {"3*x", "0-3*x", "1e-9*x", "28000*x"};
  const PetscReal h = 0.25, T = 0.7;

  for (int k = 0; k < 4; k++) {
    OttoGrid grid;
    OttoGenerator Q;
    const PetscReal slope[] = {3, -3, 1e-9, 28000};
    PetscCall(Make(1, n, wall, slopes[k], NULL, &grid, &Q));
    const OttoGridInfo *g = OttoGridGetInfo(grid);
    const OttoRates *r = OttoGeneratorGetRates(Q);
    PetscReal z = -slope[k] * h / T; /* force pushes down the slope */
    PetscReal up = T / (h * h) * (-z) / expm1(-z), down = T / (h * h) * z / expm1(z);
    for (PetscInt64 c = 0; c < g->local_cells; c++) {
      if (OttoGridPlanes(g).start + c == 9) continue;
      /* differences of V ~ 4e4 lose eps·V/dV ~ 16 eps, magnified by |z| ≤ 1e4 only in the rate that
       * underflows */
      if (fabs(z) < 100) TestClose(r->up[0][c], up, 1e-14, "rate up");
      if (fabs(z) < 100) TestClose(r->down[0][c], down, 1e-14, "rate down");
      if (fabs(z) > 100) TestTrue(r->up[0][c] == 0, "no rate against the force");
      if (fabs(z) > 100) TestClose(r->down[0][c], -z * T / (h * h), 1e-13, "upwind rate");
      TestClose(r->force[0][c], z, fabs(z) < 1e-6 ? 1e-5 : 1e-13, "force");
    }
    PetscCall(OttoGeneratorDestroy(&Q));
    PetscCall(OttoGridDestroy(&grid));
  }
  return 0;
}

int main(void)
{
  return TestMain({TestMatrix, TestBalance, TestGibbsForm, TestRates});
}
