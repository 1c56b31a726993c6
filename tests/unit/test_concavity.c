/* ranks: 1 2 3
 * How concave interactions are at most, and how convex internal energies at least, among densities
 * of one mass: against differences of densities, of two cells and at random, by sums over cells;
 * closed forms where they are reached.
 */
#include "fixture.h"
#include <otto/energy.h>

static PetscErrorCode Options(const char *options)
{
  PetscFunctionBegin;
  PetscCall(PetscOptionsClear(NULL));
  PetscCall(PetscOptionsInsertString(NULL, options));
  PetscFunctionReturn(0);
}

/* ½ ∬ W d d over ½ ‖d‖₁². */
static PetscErrorCode Quotient(OttoGrid grid, OttoInteraction W, Vec d, PetscReal *quotient)
{
  PetscReal form = 0, norm = 0;
  Vec u;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(d, &u));
  PetscCall(OttoInteractionApply(W, d, u));
  PetscCall(VecDot(u, d, &form));
  PetscCall(VecNorm(d, NORM_1, &norm));
  *quotient = form / (norm * norm * OttoGridGetInfo(grid)->cell_volume);
  PetscCall(VecDestroy(&u));
  PetscFunctionReturn(0);
}

/* A difference of no mass: kind 0 the first and the last cell, 1 two cells side by side, 2 a wave,
 * others at random. */
static PetscErrorCode Difference(OttoGrid grid, int kind, Vec d)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscInt64 at[OTTO_MAX_DIM];
  PetscReal mass = 0;
  PetscScalar *a;

  PetscFunctionBegin;
  PetscCall(VecGetArray(d, &a));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscBool first = PETSC_TRUE, last = PETSC_TRUE, next = PETSC_TRUE;
    PetscInt64 number = 0;
    OttoGridCellIndex(g, c, at);
    for (PetscInt j = 0; j < g->dim; j++) {
      if (at[j] != 0) first = PETSC_FALSE;
      if (at[j] != (j == 0)) next = PETSC_FALSE;
      if (at[j] != g->n[j] - 1) last = PETSC_FALSE;
      number = number * g->n[j] + at[j];
    }
    const PetscBool other = kind ? next : last;
    a[c] = kind < 2    ? (PetscReal)first - (PetscReal)other
           : kind == 2 ? sin(2.1 * (double)at[0])
                       : sin(1000.7 * (double)number * kind) + 0.3 * sin(0.05 * (double)number);
  }
  PetscCall(VecRestoreArray(d, &a));
  PetscCall(OttoFieldIntegral(grid, d, &mass));
  if (kind >= 2) PetscCall(VecShift(d, -mass / (g->cell_volume * (PetscReal)g->cells)));
  PetscFunctionReturn(0);
}

typedef struct {
  const char *options;
  PetscReal most;    /* what ω is at most; -1: nothing to say */
  PetscReal exactly; /* what it is, where it is reached by the cells furthest apart; -1 */
} Case;

static PetscErrorCode Judge(OttoGrid grid, const Case *k)
{
  OttoEnergy energy;
  PetscReal omega = 0, again = 0, quotient = 0, least = INFINITY;
  Vec d;

  PetscFunctionBegin;
  PetscCall(Options(k->options));
  PetscCall(OttoEnergyCreate(grid, &energy));
  const OttoInteraction W = OttoEnergyGetInteraction(energy);
  PetscCall(OttoInteractionConcavity(W, &omega));
  PetscCall(OttoInteractionConcavity(W, &again));
  PetscCall(OttoFieldCreate(grid, &d));
  for (int kind = 0; kind < 8; kind++) {
    PetscCall(Difference(grid, kind, d));
    PetscCall(Quotient(grid, W, d, &quotient));
    least = PetscMin(least, quotient);
  }
  TestTrue(omega >= 0 && omega == again, "a number, found once");
  TestTrue(-least <= omega * (1 + 1e-12), "no difference is more concave");
  if (k->most >= 0) TestTrue(omega <= k->most, "of what is definite next to nothing");
  if (k->exactly >= 0) TestClose(omega, k->exactly, 1e-12, "reached by points far apart");
  PetscCall(VecDestroy(&d));
  PetscCall(OttoEnergyDestroy(&energy));
  PetscFunctionReturn(0);
}

/* On 40 cells of 1/40: ω of a definite W is half of what its mean over a cell is less than W(0),
 * strength h²/(48 length²) to second order; by the spectrum, on a ring, twice that. Springs: k r²/2
 * of points at r, −2 of these over (2)².
 */
static PetscErrorCode TestLine(void)
{
  static const Case walls[] = {
      {"-energy_interaction_type gaussian -energy_interaction_length 0.1", 1.01 / 768, -1},
      {"-energy_interaction_type gaussian -energy_interaction_length 1", 1.01 / 76800, -1},
      {"-energy_interaction_type gaussian -energy_interaction_strength -2", -1, -1},
      {"-energy_interaction_type quadratic -energy_interaction_strength -3", 1e-4, -1},
      {"-energy_interaction_type morse -energy_interaction_repulsion 2 "
       "-energy_interaction_repulsion_length 0.2 -energy_interaction_attraction_length 0.3",
       2. / 40, -1},
      {"-energy_interaction_type morse -energy_interaction_repulsion 2 "
       "-energy_interaction_repulsion_length 0.2 -energy_interaction_attraction 3 "
       "-energy_interaction_attraction_length 0.9",
       -1, -1},
      {"-energy_interaction_type newtonian -energy_interaction_strength -2", 2. / 40, -1},
      {"-energy_interaction_type newtonian -energy_interaction_strength 2", -1, -1},
      {"-energy_interaction_type formula -energy_interaction_formula cos(9*r)", -1, -1}};
  static const Case ring[] = {
      {"-energy_interaction_type gaussian -energy_interaction_length 0.08", 2.02 / 491, -1},
      {"-energy_interaction_type newtonian -energy_interaction_strength -2", 1e-10, -1},
      {"-energy_interaction_type newtonian -energy_interaction_strength 2", -1, -1},
      {"-energy_interaction_type quadratic", -1, -1}};
  OttoGrid grid;

  PetscFunctionBegin;
  PetscCall(MakeUnit(1, 40, OTTO_BOUNDARY_NO_FLUX, &grid));
  for (size_t k = 0; k < sizeof walls / sizeof *walls; k++) PetscCall(Judge(grid, &walls[k]));
  const PetscReal r2 = PetscSqr(39. / 40);
  /* W of a cell with itself is not 0 but its mean */
  const Case springs = {"-energy_interaction_type quadratic -energy_interaction_strength 3", -1,
                        0.5 * (3 * r2 / 2 - 3 * PetscSqr(1. / 40) / 24)};
  PetscCall(Judge(grid, &springs));
  PetscCall(OttoGridDestroy(&grid));
  PetscCall(MakeUnit(1, 40, OTTO_BOUNDARY_PERIODIC, &grid));
  for (size_t k = 0; k < sizeof ring / sizeof *ring; k++) PetscCall(Judge(grid, &ring[k]));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestPlane(void)
{
  static const Case cases[] = {
      {"-energy_interaction_type gaussian -energy_interaction_length 0.3", 0.01, -1},
      {"-energy_interaction_type gaussian -energy_interaction_strength -1", -1, -1},
      /* shells of the shorter width have less of their own than cells have */
      {"-energy_interaction_type newtonian -energy_interaction_strength -1", 1e-10, -1},
      {"-energy_interaction_type newtonian", -1, -1},
      {"-energy_interaction_type morse -energy_interaction_repulsion_length 0.2 "
       "-energy_interaction_attraction_length 0.5",
       -1, -1}};
  const PetscInt64 n[] = {14, 11};
  OttoGrid grid;

  PetscFunctionBegin;
  for (int b = 0; b < 2; b++) {
    PetscCall(MakeCube(2, n, 0, 1, b ? OTTO_BOUNDARY_PERIODIC : OTTO_BOUNDARY_NO_FLUX, &grid));
    for (size_t k = b; k < sizeof cases / sizeof *cases; k++) PetscCall(Judge(grid, &cases[k]));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

/* Charges in space: of cubes no difference is concave; of cells that are flat, two side by side
 * are, as the mean over a cell is less than what is between their centres. */
static PetscErrorCode TestSpace(void)
{
  static const Case cubes = {"-energy_interaction_type newtonian -energy_interaction_strength -1",
                             1e-10, -1};
  static const Case flat = {"-energy_interaction_type newtonian -energy_interaction_strength -1",
                            -1, -1};
  const PetscInt64 n[][3] = {{5, 5, 5}, {12, 2, 2}};
  OttoGrid grid;

  PetscFunctionBegin;
  for (int k = 0; k < 2; k++) {
    PetscCall(MakeCube(3, n[k], 0, 1, OTTO_BOUNDARY_NO_FLUX, &grid));
    PetscCall(Judge(grid, k ? &flat : &cubes));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

/* ∫ U(ρ) − U(σ) − U'(σ)(ρ − σ) over ½ ‖ρ − σ‖₁². */
static PetscReal Bregman(OttoInternal U, int n, PetscReal volume, const PetscReal rho[],
                         const PetscReal sigma[])
{
  PetscReal u[64], v[64], slope[64], sum = 0, norm = 0;

  OttoInternalEvaluate(U, OTTO_INTERNAL_VALUE, n, rho, u);
  OttoInternalEvaluate(U, OTTO_INTERNAL_VALUE, n, sigma, v);
  OttoInternalEvaluate(U, OTTO_INTERNAL_SLOPE, n, sigma, slope);
  for (int c = 0; c < n; c++) {
    sum += volume * (u[c] - v[c] - slope[c] * (rho[c] - sigma[c]));
    norm += volume * fabs(rho[c] - sigma[c]);
  }
  return 2 * sum / (norm * norm);
}

static PetscErrorCode TestInternal(void)
{
  static const struct {
    const char *options;
    PetscReal beta; /* of mass 1.5 in a box of 2; near flat densities it is reached, or its value
                       there is nearly so */
  } cases[] = {{"-temperature 0.7", 0.7 / 1.5},
               {"-energy_internal power -energy_m 2 -temperature 0.7", 0.7},
               {"-energy_internal power -energy_m 1.5", 0.75 / 0.8660254037844386},
               {"-energy_internal power -energy_m 3", 0},
               {"-energy_internal power -energy_m 0.5", 0},
               {"-energy_internal none -energy_interaction_type quadratic", 0}};
  enum { N = 40 };
  OttoGrid grid;

  PetscFunctionBegin;
  PetscCall(MakeUnit(1, N, OTTO_BOUNDARY_NO_FLUX, &grid));
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    OttoEnergy energy;
    PetscReal rho[N], sigma[N], nearest = INFINITY;
    PetscCall(Options(cases[k].options));
    PetscCall(OttoEnergyCreate(grid, &energy));
    const OttoInternal U = OttoEnergyGetInternal(energy);
    const PetscReal beta = OttoInternalConvexity(U, 1.5, 2);
    TestClose(beta, cases[k].beta, 1e-14, "closed forms");
    for (int turn = 0; turn < 20 && beta > 0; turn++) {
      PetscReal mass[2] = {0, 0};
      for (int c = 0; c < N; c++) {
        const PetscReal wave = turn < 3 ? pow(0.1, turn) * (c % 2 ? 1 : -1) : 0;
        rho[c] = turn < 3 ? 1 + 0.9 * wave : pow(fabs(sin(1.3 * c * turn + 1)), turn % 5);
        sigma[c] = turn < 3 ? 1 : 0.01 + pow(fabs(sin(2.7 * c + turn)), turn % 7);
        mass[0] += rho[c] * 2 / N;
        mass[1] += sigma[c] * 2 / N;
      }
      for (int c = 0; c < N; c++) {
        rho[c] *= 1.5 / mass[0];
        sigma[c] *= 1.5 / mass[1];
      }
      nearest = PetscMin(nearest, Bregman(U, N, 2. / N, rho, sigma) / beta);
    }
    if (beta > 0) {
      TestTrue(nearest >= 1 - 1e-10, "no pair of densities is nearer");
      TestTrue(nearest <= 1.01, "waves of a flat density are as near");
    }
    PetscCall(OttoEnergyDestroy(&energy));
  }
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestLine, TestPlane, TestSpace, TestInternal});
}
