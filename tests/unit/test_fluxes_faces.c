/* ranks: 1 2 3
 * Single faces: the rates of the fokker-planck chain, Gibbs states, empty and closed cells, walls,
 * the limiter's bounds, the limit of no temperature, refusals. */
#include "fluxes.h"
#include <otto/generator.h>
#include <float.h>

static PetscReal Well(const PetscReal x[])
{
  return 3 * x[0] * x[0] - 2 * cos(3 * x[1]);
}

/* The rates of the chain of the same V, T and mobility, and the state exp(-V/T) at rest: the same
 * products, to some eps of the largest. */
static PetscErrorCode OnGenerator(OttoGrid grid)
{
  OttoGenerator Q;
  Trial t;
  Vec by_chain, gibbs;
  PetscReal most, error;

  PetscFunctionBegin;
  PetscCall(Options("entropy", NULL));
  PetscCall(PetscOptionsSetValue(NULL, "-mobility", "1,0.5"));
  PetscCall(PetscOptionsSetValue(NULL, "-potential_type", "formula"));
  PetscCall(PetscOptionsSetValue(NULL, "-potential_seam", "wall"));
  PetscCall(PetscOptionsSetValue(NULL, "-potential_formula", "3*x^2-2*cos(3*y)"));
  PetscCall(OttoGeneratorCreate(grid, &Q));
  PetscCall(OttoGeneratorSetFromOptions(Q));
  PetscCall(OttoGeneratorSetUp(Q));
  PetscCall(Begin(grid, OTTO_MOBILITY_SCHARFETTER_GUMMEL, PETSC_FALSE, &t));
  PetscCall(FillFunction(grid, Well, t.field));
  PetscCall(Rate(&t));
  PetscCall(OttoFieldCreate(grid, &by_chain));
  PetscCall(OttoFieldCreate(grid, &gibbs));
  PetscCall(OttoGeneratorApply(Q, t.rho, by_chain));
  PetscCall(VecNorm(by_chain, NORM_INFINITY, &most));
  PetscCall(VecAXPY(by_chain, -1, t.rate));
  PetscCall(VecNorm(by_chain, NORM_INFINITY, &error));
  TestTrue(most > 1 && error <= 1e-14 * most, "the rates of the chain");
  PetscCall(OttoGeneratorGibbs(Q, gibbs, NULL));
  t.state.density = gibbs;
  PetscCall(Rate(&t));
  PetscCall(VecNorm(t.rate, NORM_INFINITY, &error));
  TestTrue(error <= 1e-13 * most, "the Gibbs state rests");
  /* drops are eps of z, fluxes eps of rates: their product eps² of most */
  TestTrue(t.sums.dissipation >= 0 && t.sums.dissipation <= 1e-25 * most, "and loses nothing");
  PetscCall(VecDestroy(&by_chain));
  PetscCall(VecDestroy(&gibbs));
  PetscCall(End(&t));
  PetscCall(OttoGeneratorDestroy(&Q));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestGenerator(void)
{
  const PetscInt64 n[] = {6, 5};
  const OttoBoundary boundary[] = {P, W};
  PetscCall(OnMeshes(2, n, boundary, OnGenerator));
  return 0;
}

/* With slope = T log ρ the logarithmic mean gives the linear form, and near equilibrium as well:
 * where ρ = (1 + δ) exp(-V/T) both sides of Λ nearly cancel, and the flux, of order δ, is still
 * right to eps of the rates. */
static PetscErrorCode TestForms(void)
{
  const PetscReal deltas[] = {1, 1e-6, 1e-12, 0};
  OttoGrid grid;
  PetscCall(MakeUnit(2, 8, P, &grid));
  for (int k = 0; k < 4; k++) {
    PetscScalar *r;
    const PetscScalar *f;
    Trial t;
    Vec linear;
    PetscReal most, error, dissipation;
    PetscCall(Options("entropy", NULL));
    PetscCall(Begin(grid, OTTO_MOBILITY_SCHARFETTER_GUMMEL, PETSC_FALSE, &t));
    PetscCall(VecScale(t.rho, deltas[k]));
    PetscCall(VecGetArray(t.rho, &r));
    PetscCall(VecGetArrayRead(t.field, &f));
    for (PetscInt64 c = 0; c < OttoGridGetInfo(grid)->local_cells; c++)
      r[c] = (1 + r[c]) * exp(-f[c] / 0.7);
    PetscCall(VecRestoreArrayRead(t.field, &f));
    PetscCall(VecRestoreArray(t.rho, &r));
    PetscCall(Rate(&t));
    PetscCall(OttoFieldCreate(grid, &linear));
    PetscCall(VecCopy(t.rate, linear));
    dissipation = t.sums.dissipation;
    PetscCall(Slope(t.energy, t.rho, t.slope));
    t.state.slope = t.slope;
    PetscCall(Rate(&t));
    PetscCall(VecAXPY(linear, -1, t.rate));
    PetscCall(VecNorm(linear, NORM_INFINITY, &error));
    PetscCall(VecNorm(t.rho, NORM_INFINITY, &most));
    most *= 64 * 0.7 * 20; /* the rates: T/h² and B of some 10 */
    TestTrue(error <= 1e-15 * 10 * most, "linear and logarithmic form");
    /* a sum of squares of drops, each δ with an error of eps of the field over T */
    TestTrue(fabs(sqrt(t.sums.dissipation) - sqrt(dissipation)) <= 1e-14 * most,
             "dissipation of both forms");
    PetscCall(VecDestroy(&linear));
    PetscCall(End(&t));
  }
  PetscCall(OttoGridDestroy(&grid));
  return 0;
}

/* T → 0: the upwind fluxes of the field alone, once |z| passes the doubles' exponents. */
static PetscErrorCode TestCold(void)
{
  OttoGrid grid;
  Trial t, cold;
  PetscReal most, error;
  PetscCall(MakeUnit(2, 9, W, &grid));
  PetscCall(Options("none", NULL));
  PetscCall(Begin(grid, OTTO_MOBILITY_UPWIND, PETSC_FALSE, &t));
  PetscCall(Options("entropy", NULL));
  PetscCall(PetscOptionsSetValue(NULL, "-temperature", "1e-9"));
  PetscCall(Begin(grid, OTTO_MOBILITY_SCHARFETTER_GUMMEL, PETSC_FALSE, &cold));
  PetscCall(VecNorm(t.rate, NORM_INFINITY, &most));
  PetscCall(VecAXPY(cold.rate, -1, t.rate));
  PetscCall(VecNorm(cold.rate, NORM_INFINITY, &error));
  TestTrue(error <= 1e-13 * most, "without temperature the field's upwind fluxes"); /* eps of z T */
  cold.state.slope = t.slope; /* zeros: M by the logarithmic mean, which tends to ρ upstream */
  PetscCall(VecSet(t.slope, 0));
  PetscCall(Rate(&cold));
  PetscCall(VecAXPY(cold.rate, -1, t.rate));
  PetscCall(VecNorm(cold.rate, NORM_INFINITY, &error));
  TestTrue(error <= 1e-7 * most, "likewise of M"); /* log of a ratio of densities over z: 1e-8 */
  PetscCall(End(&cold));
  PetscCall(End(&t));
  PetscCall(OttoGridDestroy(&grid));
  return 0;
}

/* Some cells without mass: finite fluxes from full ones only; where ξ is -inf, 0 between two empty
 * ones and infinite into one, but for the linear form, whose flux is that of full cells. */
static PetscErrorCode TestEmpty(void)
{
  const PetscInt64 n = 12;
  const PetscReal lower = 0, upper = 12;
  const OttoBoundary boundary = W;
  for (int k = 0; k < 5; k++) {
    const OttoMobility mobility[] = {OTTO_MOBILITY_UPWIND, OTTO_MOBILITY_LIMITED,
                                     OTTO_MOBILITY_SCHARFETTER_GUMMEL,
                                     OTTO_MOBILITY_SCHARFETTER_GUMMEL, OTTO_MOBILITY_LIMITED};
    OttoGrid grid;
    Trial t;
    PetscScalar *r;
    const PetscScalar *rate;
    PetscCall(Options(k == 4 ? "power" : "entropy", k == 4 ? "2" : NULL));
    PetscCall(MakeBox(1, &n, &lower, &upper, &boundary, &grid));
    PetscCall(Begin(grid, mobility[k], k != 2, &t));
    const OttoGridInfo *g = OttoGridGetInfo(grid);
    PetscCall(VecGetArray(t.rho, &r));
    for (PetscInt64 c = 0; c < g->local_cells; c++) r[c] = g->first[0] + c < 6 ? 0 : 1;
    PetscCall(VecRestoreArray(t.rho, &r));
    PetscCall(VecSet(t.field, 0));
    PetscCall(Slope(t.energy, t.rho, t.slope));
    PetscCall(Rate(&t));
    /* F through the front, from cell 6 down to 5, h = μ = 1: entropy, linear: T; power: ξ = 2 T ρ,
     * M = ρ */
    const PetscReal flux = k < 2 ? INFINITY : k == 4 ? 1.4 : 0.7;
    const PetscReal loss = k == 4 ? 1.4 * 1.4 : INFINITY;
    PetscCall(VecGetArrayRead(t.rate, &rate));
    for (PetscInt64 c = 0; c < g->local_cells; c++) {
      const PetscInt64 i = g->first[0] + c;
      TestClose(rate[c], i == 5 ? flux : i == 6 ? -flux : 0, 1e-15, "the rate beside the front");
    }
    PetscCall(VecRestoreArrayRead(t.rate, &rate));
    TestClose(t.sums.dissipation, loss, 1e-15, "dissipation at the front");
    TestClose(t.sums.moment[0], k < 2 ? -INFINITY : -2 * 6 * flux, 1e-14, "the front's moment");
    PetscCall(End(&t));
    PetscCall(OttoGridDestroy(&grid));
  }
  return 0;
}

/* No density moves, however far ξ falls; nor does any where none is, in the mean of two. */
static PetscErrorCode TestNothing(void)
{
  OttoGrid grid;
  PetscCall(MakeUnit(1, 8, W, &grid));
  for (int k = 0; k < 3; k++) {
    Trial t;
    PetscReal norm;
    PetscCall(Options("entropy", NULL));
    PetscCall(Begin(grid, (OttoMobility)k, PETSC_TRUE, &t));
    PetscCall(VecSet(t.rho, 0));
    if (OttoGridGetInfo(grid)->first[0] == 0)
      PetscCall(VecSetValue(t.slope, 0, -INFINITY, INSERT_VALUES));
    PetscCall(VecAssemblyBegin(t.slope));
    PetscCall(VecAssemblyEnd(t.slope));
    PetscCall(Rate(&t));
    PetscCall(VecNorm(t.rate, NORM_INFINITY, &norm));
    TestTrue(norm == 0 && t.sums.dissipation == 0, "nothing moves");
    PetscCall(End(&t));
  }
  PetscCall(OttoGridDestroy(&grid));
  return 0;
}

/* M of a uniform density without a field is that density: fluxes of any slope are upwind's. Near
 * it, a mean within the two. */
static PetscErrorCode TestUniform(void)
{
  OttoGrid grid;
  Trial t, up;
  PetscReal error, most;
  PetscCall(MakeUnit(2, 7, P, &grid));
  PetscCall(Options("entropy", NULL));
  PetscCall(Begin(grid, OTTO_MOBILITY_SCHARFETTER_GUMMEL, PETSC_TRUE, &t));
  PetscCall(Begin(grid, OTTO_MOBILITY_UPWIND, PETSC_TRUE, &up));
  PetscCall(VecSet(t.rho, 0.3));
  t.state.field = up.state.field = NULL;
  up.state.density = t.rho;
  PetscCall(Rate(&t));
  PetscCall(Rate(&up));
  PetscCall(VecNorm(up.rate, NORM_INFINITY, &most));
  PetscCall(VecAXPY(t.rate, -1, up.rate));
  PetscCall(VecNorm(t.rate, NORM_INFINITY, &error));
  TestTrue(most > 1 && error <= 1e-15 * most, "the mean of two that are one");
  TestClose(t.sums.dissipation, up.sums.dissipation, 1e-14, "and its dissipation");
  PetscCall(End(&up));
  PetscCall(End(&t));
  PetscCall(OttoGridDestroy(&grid));
  return 0;
}

/* At equilibrium but for rounding no face gains energy: pairs of cells, one after the other. */
static PetscErrorCode TestEquilibrium(void)
{
  const PetscInt64 n = 2;
  const PetscReal lower = 0, upper = 2;
  const OttoBoundary boundary = W;
  OttoGrid grid;
  Trial t;
  PetscCall(Options("entropy", NULL));
  PetscCall(MakeBoxOn(PETSC_COMM_SELF, 1, &n, &lower, &upper, &boundary, &grid));
  PetscCall(Begin(grid, OTTO_MOBILITY_SCHARFETTER_GUMMEL, PETSC_FALSE, &t));
  for (int k = 0; k < 300; k++) {
    PetscScalar *r, *f;
    PetscCall(VecGetArray(t.rho, &r));
    PetscCall(VecGetArray(t.field, &f));
    for (int i = 0; i < 2; i++) {
      f[i] = 4 * Hash(2 * k + i, 0.5);
      r[i] = exp(-f[i] / 0.7);
    }
    PetscCall(VecRestoreArray(t.field, &f));
    PetscCall(VecRestoreArray(t.rho, &r));
    PetscCall(Rate(&t));
    TestTrue(t.sums.dissipation >= 0 && t.sums.dissipation < 1e-28, "no energy is gained");
  }
  PetscCall(End(&t));
  PetscCall(OttoGridDestroy(&grid));
  return 0;
}

/* Round a torus by one cell: the rate goes along. */
static PetscErrorCode TestTorus(void)
{
  const PetscInt64 n[] = {5, 6, 7};
  const OttoBoundary boundary[] = {P, P, P};
  const PetscReal side[] = {1, 1, 1};
  OttoGrid grid;
  PetscCall(MakeSides(3, n, 0, side, boundary, &grid));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  for (int k = 0; k < 3; k++) {
    Trial t;
    Vec shifted[4];
    PetscReal most, error;
    PetscCall(Options("entropy", NULL));
    PetscCall(Begin(grid, (OttoMobility)k, k != 2, &t));
    const Vec from[] = {t.rho, t.slope, t.field, t.rate};
    for (int v = 0; v < 4; v++) {
      VecScatter scatter;
      IS is;
      PetscInt *source;
      PetscCall(OttoFieldCreate(grid, &shifted[v]));
      PetscCall(PetscMalloc1((size_t)g->local_cells, &source));
      for (PetscInt64 c = 0; c < g->local_cells; c++) {
        PetscInt64 idx[OTTO_MAX_DIM];
        OttoGridCellIndex(g, c, idx);
        for (int j = 0; j < 3; j++) idx[j] = (idx[j] + 1) % n[j];
        source[c] = (PetscInt)OttoGridNumber(g, idx);
      }
      PetscCall(ISCreateGeneral(g->comm, (PetscInt)g->local_cells, source, PETSC_OWN_POINTER, &is));
      PetscCall(VecScatterCreate(from[v], is, shifted[v], NULL, &scatter));
      PetscCall(VecScatterBegin(scatter, from[v], shifted[v], INSERT_VALUES, SCATTER_FORWARD));
      PetscCall(VecScatterEnd(scatter, from[v], shifted[v], INSERT_VALUES, SCATTER_FORWARD));
      PetscCall(VecScatterDestroy(&scatter));
      PetscCall(ISDestroy(&is));
    }
    t.state = (OttoFluxState){shifted[0], k != 2 ? shifted[1] : NULL, shifted[2]};
    PetscCall(Rate(&t));
    PetscCall(VecNorm(t.rate, NORM_INFINITY, &most));
    PetscCall(VecAXPY(t.rate, -1, shifted[3]));
    PetscCall(VecNorm(t.rate, NORM_INFINITY, &error));
    TestTrue(error <= 1e-14 * most, "the rate goes round with the state"); /* another order */
    for (int v = 0; v < 4; v++) PetscCall(VecDestroy(&shifted[v]));
    PetscCall(End(&t));
  }
  PetscCall(OttoGridDestroy(&grid));
  return 0;
}

/* NaN in a cell shows beside it, whatever else is there. */
static PetscErrorCode TestNotNumbers(void)
{
  OttoGrid grid;
  PetscCall(MakeUnit(1, 9, P, &grid));
  for (int k = 0; k < 4; k++)
    for (int which = 0; which < 3; which++) {
      Trial t;
      PetscReal norm;
      PetscCall(Options("entropy", NULL));
      PetscCall(Begin(grid, (OttoMobility)PetscMin(k, 2), k != 3, &t));
      if (which == 1 && !t.state.slope) {
        PetscCall(End(&t));
        continue;
      }
      PetscCall(VecSetValue(which == 0   ? t.rho
                            : which == 1 ? t.slope
                                         : t.field,
                            4, NAN, INSERT_VALUES));
      PetscCall(VecAssemblyBegin(which == 0 ? t.rho : which == 1 ? t.slope : t.field));
      PetscCall(VecAssemblyEnd(which == 0 ? t.rho : which == 1 ? t.slope : t.field));
      PetscCall(Rate(&t));
      PetscCall(VecNorm(t.rate, NORM_1, &norm));
      TestTrue(isnan(norm), "what is not a number shows");
      PetscCall(End(&t));
    }
  PetscCall(OttoGridDestroy(&grid));
  return 0;
}

/* The middle of a grid between closed cells has the rates of a grid with walls there. */
static PetscErrorCode TestClosed(void)
{
  const PetscInt64 n[] = {12, 15}, inner[] = {7, 15};
  const PetscReal lower[] = {0, 0}, upper[] = {12, 15}, from[] = {3, 0}, to[] = {10, 15};
  const OttoBoundary boundary[] = {P, P}, walls[] = {W, P};
  const PetscInt64 room = 7 * 15;
  for (int k = 0; k < 4; k++) {
    OttoGrid grid, middle;
    Trial t, s;
    PetscScalar *rho, *field, *slope, *part;
    PetscInt64 idx[OTTO_MAX_DIM];
    PetscReal mass;
    PetscCall(Options("entropy", NULL));
    PetscCall(MakeBox(2, n, lower, upper, boundary, &grid));
    PetscCall(MakeBoxOn(PETSC_COMM_SELF, 2, inner, from, to, walls, &middle));
    PetscCall(Begin(middle, (OttoMobility)PetscMin(k, 2), k != 3, &s));
    PetscCall(Begin(grid, (OttoMobility)PetscMin(k, 2), k != 3, &t));
    const OttoGridInfo *g = OttoGridGetInfo(grid);
    PetscCall(VecGetArray(t.rho, &rho));
    PetscCall(VecGetArray(t.field, &field));
    PetscCall(VecGetArray(t.slope, &slope));
    for (PetscInt64 c = 0; c < g->local_cells; c++) {
      OttoGridCellIndex(g, c, idx);
      const PetscInt64 there = (idx[0] - 3) * 15 + idx[1];
      const PetscBool open = idx[0] >= 3 && idx[0] < 10 ? PETSC_TRUE : PETSC_FALSE;
      rho[c] = 0.3; /* which nothing asks for */
      slope[c] = 0;
      field[c] = INFINITY;
      if (!open) {
        if (k % 2) rho[c] = 0;
        if (k % 2) slope[c] = -INFINITY;
        continue;
      }
      PetscCall(VecGetArray(s.rho, &part));
      rho[c] = part[there];
      PetscCall(VecRestoreArray(s.rho, &part));
      PetscCall(VecGetArray(s.field, &part));
      field[c] = part[there];
      PetscCall(VecRestoreArray(s.field, &part));
      PetscCall(VecGetArray(s.slope, &part));
      slope[c] = part[there];
      PetscCall(VecRestoreArray(s.slope, &part));
    }
    PetscCall(VecRestoreArray(t.slope, &slope));
    PetscCall(VecRestoreArray(t.field, &field));
    PetscCall(VecRestoreArray(t.rho, &rho));
    PetscCall(Rate(&t));
    PetscCall(VecGetArray(t.rate, &rho));
    PetscCall(VecGetArray(s.rate, &part));
    for (PetscInt64 c = 0; c < g->local_cells; c++) {
      OttoGridCellIndex(g, c, idx);
      const PetscInt64 there = (idx[0] - 3) * 15 + idx[1];
      /* the same terms in another order: eps of rates of order 10 */
      if (there >= 0 && there < room)
        TestTrue(fabs(rho[c] - part[there]) <= 1e-13, "as between walls");
      else
        TestTrue(rho[c] == 0, "closed cells rest");
    }
    PetscCall(VecRestoreArray(s.rate, &part));
    PetscCall(VecRestoreArray(t.rate, &rho));
    TestClose(t.sums.dissipation, s.sums.dissipation, 1e-13, "dissipation as between walls");
    PetscCall(OttoFieldIntegral(grid, t.rate, &mass));
    TestTrue(fabs(mass) <= 1e-13, "mass is kept");
    PetscCall(End(&t));
    PetscCall(End(&s));
    PetscCall(OttoGridDestroy(&middle));
    PetscCall(OttoGridDestroy(&grid));
  }
  return 0;
}

/* 0 ≤ M ≤ 2ρ upstream: what a cell loses is at most twice what upwind fluxes take, an empty one
 * loses nothing, and M is never negative: dissipation is at most twice upwind's. Rough densities,
 * many of them 0. */
static PetscErrorCode OnBounds(OttoGrid grid)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);

  PetscFunctionBegin;
  for (int seed = 1; seed <= 5; seed++) {
    Trial t, up;
    PetscScalar *r;
    const PetscScalar *rate;
    PetscReal most = 0;
    PetscCall(Options("none", NULL));
    PetscCall(Begin(grid, OTTO_MOBILITY_LIMITED, PETSC_FALSE, &t));
    PetscCall(Begin(grid, OTTO_MOBILITY_UPWIND, PETSC_FALSE, &up));
    PetscCall(VecDestroy(&t.rho));
    PetscCall(FillRough(grid, seed, -0.3, 1, &t.rho));
    PetscCall(VecGetArray(t.rho, &r));
    for (PetscInt64 c = 0; c < g->local_cells; c++) r[c] = PetscMax(0, r[c]);
    PetscCall(VecRestoreArray(t.rho, &r));
    t.state.density = up.state.density = t.rho;
    PetscCall(Rate(&t));
    PetscCall(Rate(&up));
    PetscCall(VecGetArrayRead(t.rate, &rate));
    PetscCall(VecGetArray(t.rho, &r));
    for (PetscInt64 c = 0; c < g->local_cells; c++)
      if (r[c] == 0) TestTrue(rate[c] >= 0, "an empty cell loses nothing");
    PetscCall(VecRestoreArray(t.rho, &r));
    PetscCall(VecRestoreArrayRead(t.rate, &rate));
    TestTrue(t.sums.dissipation >= 0 && t.sums.dissipation <= 2 * up.sums.dissipation,
             "dissipation within twice upwind's");
    PetscCall(VecNorm(up.rate, NORM_INFINITY, &most));
    if (g->cells > 20) TestTrue(most > 0.01, "mass moves");
    PetscCall(End(&up));
    PetscCall(End(&t));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode TestBounds(void)
{
  PetscCall(OnBoxes(OnBounds));
  return 0;
}

/* Options, refusals, bytes. */
static PetscErrorCode TestRefusals(void)
{
  const PetscReal none[] = {1, 0};
  OttoGrid grid;
  OttoEnergy entropy, power;
  OttoFluxes fluxes = NULL;
  Mat matrix;
  PetscCall(MakeUnit(2, 6, P, &grid));
  PetscCall(Options("power", "2"));
  PetscCall(OttoEnergyCreate(grid, &power));
  PetscCall(OttoFluxesCreateFromOptions(power, &fluxes));
  TestTrue(OttoFluxesGetMobility(fluxes) == OTTO_MOBILITY_LIMITED, "limited by itself");
  TestTrue(OttoFluxesGetFactor(fluxes)[1] == 1, "mobility 1 by itself");
  PetscCall(OttoFluxesDestroy(&fluxes));
  TestTrue(!fluxes, "gone");
  PetscCall(OttoFluxesDestroy(&fluxes)); /* of nothing */
  TestFails(OttoFluxesCreate(power, OTTO_MOBILITY_SCHARFETTER_GUMMEL, NULL, &fluxes),
            OTTO_ERR_INPUT, "flow_mobility: scharfetter_gummel");
  TestFails(OttoFluxesCreate(power, OTTO_MOBILITY_UPWIND, none, &fluxes), OTTO_ERR_INPUT,
            "mobility: 0 on axis 2");
  PetscCall(Options("entropy", NULL));
  PetscCall(PetscOptionsSetValue(NULL, "-mobility", "2,3"));
  PetscCall(OttoEnergyCreate(grid, &entropy));
  PetscCall(OttoFluxesCreateFromOptions(entropy, &fluxes));
  TestTrue(OttoFluxesGetMobility(fluxes) == OTTO_MOBILITY_SCHARFETTER_GUMMEL, "of entropy");
  TestTrue(OttoFluxesGetFactor(fluxes)[1] == 3, "mobility as given");
  PetscCall(OttoFluxesDestroy(&fluxes));
  PetscCall(PetscOptionsSetValue(NULL, "-flow_mobility", "upwind"));
  PetscCall(OttoFluxesCreateFromOptions(entropy, &fluxes));
  TestTrue(OttoFluxesGetMobility(fluxes) == OTTO_MOBILITY_UPWIND, "by name");
  TestTrue(OttoFluxesBytes(fluxes) < 4096, "nothing by cell before there is a matrix");
  PetscCall(OttoFluxesCreateMatrix(fluxes, &matrix));
  const size_t cells = (size_t)OttoGridGetInfo(grid)->local_cells;
  TestTrue(OttoFluxesBytes(fluxes) >= 5 * cells && OttoFluxesBytes(fluxes) < 4096 + 5 * cells,
           "a byte an entry of the pattern");
  PetscCall(MatDestroy(&matrix));
  PetscCall(OttoFluxesDestroy(&fluxes));
  PetscCall(PetscOptionsSetValue(NULL, "-flow_mobility", "upwnd"));
  TestFails(OttoFluxesCreateFromOptions(entropy, &fluxes), OTTO_ERR_INPUT, "upwind");
  PetscCall(OttoEnergyDestroy(&entropy));
  PetscCall(OttoEnergyDestroy(&power));
  PetscCall(OttoGridDestroy(&grid));
  return 0;
}

int main(void)
{
  return TestMain({TestGenerator, TestForms, TestCold, TestEmpty, TestNothing, TestUniform,
                   TestEquilibrium, TestTorus, TestNotNumbers, TestClosed, TestBounds,
                   TestRefusals});
}
