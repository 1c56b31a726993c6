/* ranks: 1 2 3; long: 3
 * The linearised JKO scheme: what must hold of a step whatever the grid, the energy and τ, its
 * functional found another way, its fixed points, closed cells, keeping, refusals.
 */
#include "descent.h"

/* Bumps and a floor. */
static double Bumps(const double x[])
{
  return 0.05 + exp(-40 * pow(x[0] - 0.3, 2)) + 0.7 * exp(-90 * pow(x[0] - 0.75, 2));
}
static double Bumps2(const double x[])
{
  return Bumps(x) * (0.3 + pow(sin(3 * x[1] + x[0]), 2));
}
static double Bumps3(const double x[])
{
  return Bumps2(x) * (1 + 0.5 * cos(4 * x[2] - x[0]));
}
/* Nothing but in a part of the box. */
static double Part(const double x[])
{
  return fabs(x[0] - 0.4) < 0.21 ? 1 : 0;
}
static double Part2(const double x[])
{
  return pow(x[0] - 0.4, 2) + pow(x[1] - 0.2, 2) < 0.07 ? 1 + x[1] : 0;
}
static double Part3(const double x[])
{
  return Part2(x) > 0 && fabs(x[2] - 0.3) < 0.3 ? 1 : 0;
}

static const Function bumps[] = {Bumps, Bumps2, Bumps3}, parts[] = {Part, Part2, Part3};

static const char *const energies[] = {
    "-energy_internal entropy",
    "-energy_internal power -energy_m 2 -temperature 0.5",
    "-energy_internal power -energy_m 3.5",
    "-energy_internal power -energy_m 0.5 -mobility 2",
    "-energy_internal entropy -temperature 0.3 -potential_type quadratic -potential_stiffness 9 "
    "-potential_center 0.5 -potential_seam wall",
    "-energy_internal power -energy_m 2 -energy_interaction_type gaussian "
    "-energy_interaction_strength -0.4 -energy_interaction_length 0.2"};
enum { ENERGIES = sizeof energies / sizeof energies[0] };

static PetscErrorCode Moments(OttoGrid grid, Vec p, PetscReal moment[])
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscScalar *a;
  PetscReal x[OTTO_MAX_DIM];
  OttoSum sum[OTTO_MAX_DIM] = {{0, 0}};

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(p, &a));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellCentre(g, c, x);
    for (PetscInt j = 0; j < g->dim; j++) OttoSumAdd(&sum[j], x[j] * x[j] * a[c]);
  }
  PetscCall(VecRestoreArrayRead(p, &a));
  PetscCall(OttoSumReduce(g->comm, g->dim, sum));
  for (PetscInt j = 0; j < g->dim; j++) moment[j] = OttoSumValue(sum[j]) * g->cell_volume;
  PetscFunctionReturn(0);
}

/* A step from `before` to s->p: mass, sign, energies, the two laws of the energy, optimality,
 * moments. Residuals are at most 1e-11 of the mass, energies and potentials here of order 1 to 100:
 * what they leave is below 1e-9. */
static PetscErrorCode CheckStep(Descent *s, Vec before, const OttoGradientStep *step)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  PetscReal was[OTTO_MAX_DIM], is[OTTO_MAX_DIM], mass, least, w2 = 0;
  OttoEnergyParts a, b;

  PetscFunctionBegin;
  PetscCall(OttoFieldIntegral(s->grid, s->p, &mass));
  PetscCall(OttoFieldRange(s->grid, s->p, &least, NULL));
  PetscCall(OttoEnergyEvaluate(s->energy, before, &a));
  PetscCall(OttoEnergyEvaluate(s->energy, s->p, &b));
  const PetscReal scale = fabs(a.internal) + fabs(a.potential) + fabs(a.interaction) + 1;
  TestClose(mass, 1, 1e-13, "mass, to rounding");
  TestTrue(least >= 0, "no cell is negative");
  TestTrue(step->residual <= 1e-11, "the equations hold");
  TestTrue(step->newton >= 1 && step->newton <= 25 && step->krylov >= step->newton, "iterations");
  TestTrue(fabs(step->before - a.total) <= 1e-13 * scale, "energy before");
  TestTrue(fabs(step->after - b.total) <= 1e-13 * scale, "energy after");
  const PetscReal drop = a.total - b.total, lost = step->dt * step->dissipation;
  TestTrue(step->dissipation > 0, "it moves");
  TestTrue(drop >= 0.5 * lost - 1e-10 * scale, "energy falls by what moving costs, or more");
  TestTrue(fabs(drop - lost - step->remainder) <= 1e-9 * scale, "the law of the energy");
  TestTrue(fabs(step->primal - b.total - 0.5 * lost) <= 1e-13 * scale, "cost and energy");
  TestTrue(step->primal - step->dual <= 1e-8 * scale, "the least");
  TestTrue(step->primal - step->dual >= -1e-11 * scale, "no less than the least");
  PetscCall(Moments(s->grid, before, was));
  PetscCall(Moments(s->grid, s->p, is));
  for (PetscInt j = 0; j < g->dim; j++)
    if (g->boundary[j] == OTTO_BOUNDARY_PERIODIC)
      TestClose(step->moment[j], 0, 0, "no moment round a ring");
    else
      TestTrue(fabs(is[j] - was[j] - step->dt * step->moment[j]) <= 1e-10 * (1 + is[j]),
               "moments by faces");
  w2 = step->w2_upper;
  TestTrue(isnan(w2) || (step->w2_lower >= 0 && w2 >= step->w2_lower), "an interval");
  PetscFunctionReturn(0);
}

/* Steps of ordinary and of large τ, from densities with a floor and from vacuum. */
static PetscErrorCode TestSteps(void)
{
  const PetscInt64 sizes[3][3] = {{83}, {19, 16}, {9, 7, 8}};
  const PetscReal taus[] = {0.004, 0.2};

  PetscFunctionBegin;
  for (PetscInt dim = 1; dim <= 3; dim++) {
    OttoBoundary boundary[3] = {OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_PERIODIC,
                                OTTO_BOUNDARY_NO_FLUX};
    const PetscReal length[3] = {1, 1.2, 0.9};
    OttoGrid grid;
    PetscCall(MakeSides(dim, sizes[dim - 1], 0, length, boundary, &grid));
    for (int e = 0; e < ENERGIES; e++) {
      const PetscInt k = (e + dim) % 2; /* from vacuum or not, of the one τ or the other */
      Descent s;
      Vec before;
      PetscCall(DescentBegin(grid, energies[e], (k ? parts : bumps)[dim - 1], &s));
      PetscCall(DescentFlow(&s, "ljko", taus[e / 2 % 2], dim == 1));
      PetscCall(VecDuplicate(s.p, &before));
      for (int n = 1; n <= (dim == 1 ? 2 : 1); n++) {
        PetscCall(VecCopy(s.p, before));
        PetscCall(OttoFlowAdvance(s.flow, n * taus[e / 2 % 2]));
        PetscCall(CheckStep(&s, before, OttoFlowGetGradientStep(s.flow, OTTO_FLOW_P)));
      }
      PetscCall(VecDestroy(&before));
      PetscCall(DescentEnd(&s));
    }
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

/* ---- the functional, another way: on one axis with walls fluxes are sums of masses ---- */

enum { LINE = 40 };

typedef struct {
  PetscReal m, tau, h, was[LINE];
} Line;

/* τ/2 Σ h f²/(2 ρ_up) + ∫ρ^m/(m − 1) + ∫ρ x², for mobility 2. */
static PetscReal Cost(const Line *s, const PetscReal rho[])
{
  PetscReal flux = 0, sum = 0;

  for (int i = 0; i < LINE; i++) {
    const PetscReal x = (i + 0.5) * s->h;
    sum += s->h * (pow(rho[i], s->m) / (s->m - 1) + rho[i] * x * x);
    flux += s->h * (s->was[i] - rho[i]) / s->tau;
    if (i + 1 == LINE || flux == 0) continue;
    sum += 0.5 * s->tau * s->h * flux * flux / (2 * (flux > 0 ? rho[i] : rho[i + 1]));
  }
  return sum;
}

static double Slope(const double x[])
{
  return 1.1 + sin(5 * x[0]) + x[0];
}

/* On every rank for itself: the step's cost, and that no other density is cheaper. */
static PetscErrorCode TestFunctional(void)
{
  const char *const options[] = {
      "-energy_internal power -energy_m 2 -mobility 2 -potential_type quadratic "
      "-potential_stiffness 2",
      "-energy_internal power -energy_m 3 -mobility 2 -potential_type quadratic "
      "-potential_stiffness 2",
      "-energy_internal power -energy_m 0.5 -mobility 2 -potential_type quadratic "
      "-potential_stiffness 2"};
  const PetscReal m[] = {2, 3, 0.5};
  const PetscInt64 n[1] = {LINE};
  const PetscReal lower[1] = {0}, upper[1] = {1.5};
  const OttoBoundary wall[1] = {OTTO_BOUNDARY_NO_FLUX};

  PetscFunctionBegin;
  for (int e = 0; e < 3; e++) {
    Line line = {.m = m[e], .tau = 0.03, .h = 1.5 / LINE};
    PetscReal rho[LINE];
    const PetscScalar *a;
    OttoGrid grid;
    Descent s;
    PetscCall(MakeBoxOn(PETSC_COMM_SELF, 1, n, lower, upper, wall, &grid));
    PetscCall(DescentBegin(grid, options[e], Slope, &s));
    PetscCall(DescentFlow(&s, "ljko", line.tau, PETSC_FALSE));
    PetscCall(VecGetArrayRead(s.p, &a));
    for (int i = 0; i < LINE; i++) line.was[i] = a[i];
    PetscCall(VecRestoreArrayRead(s.p, &a));
    PetscCall(OttoFlowAdvance(s.flow, line.tau));
    PetscCall(VecGetArrayRead(s.p, &a));
    for (int i = 0; i < LINE; i++) rho[i] = a[i];
    PetscCall(VecRestoreArrayRead(s.p, &a));
    const OttoGradientStep *step = OttoFlowGetGradientStep(s.flow, OTTO_FLOW_P);
    const PetscReal least = Cost(&line, rho);
    TestClose(least, step->primal, 1e-11, "the step's cost by sums of masses");
    TestTrue(step->dual <= least + 1e-12 && step->dual >= least - 1e-9, "the bound of it");
    for (int k = 0; k < 200;
         k++) { /* a share of some cell's mass elsewhere: dearer, by its square */
      const int from = (int)(LINE * Hash(k, 1)), to = (int)(LINE * Hash(k, 2));
      const PetscReal some = rho[from] * (k % 2 ? 1e-3 : 0.3);
      if (from == to) continue;
      rho[from] -= some, rho[to] += some;
      TestTrue(Cost(&line, rho) > least, "any other density is dearer");
      rho[from] += some, rho[to] -= some;
    }
    PetscCall(DescentEnd(&s));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

/* ---- fixed points ---- */

static double Gibbs(const double x[])
{
  return exp(-(2 * x[0] * x[0] + 2 * x[1] * x[1]) / 0.4);
}
/* U'(ρ) = 2ρ/2: ρ = C − V, of mass π C²/4 = 1 but for the grid. */
static double Parabola(const double x[])
{
  return PetscMax(0, 2 / sqrt(PETSC_PI) - 2 * (x[0] * x[0] + x[1] * x[1]));
}

/* Where U' + V is the same in all cells with mass nothing moves, whatever τ: to what solves leave,
 * residuals of 1e-11. */
static PetscErrorCode TestRest(void)
{
  const char *const options[] = {"-energy_internal entropy -temperature 0.4 -potential_type "
                                 "quadratic -potential_stiffness 4",
                                 "-energy_internal power -energy_m 2 -temperature 0.5 "
                                 "-potential_type quadratic -potential_stiffness 4"};
  const Function states[] = {Gibbs, Parabola};
  const PetscInt64 n[2] = {22, 17};

  PetscFunctionBegin;
  for (int e = 0; e < 2; e++) {
    Descent s;
    OttoGrid grid;
    Vec before;
    PetscReal moved, w2;
    PetscCall(MakeCube(2, n, -1.1, 1.1, OTTO_BOUNDARY_NO_FLUX, &grid));
    PetscCall(DescentBegin(grid, options[e], states[e], &s));
    if (e) PetscCall(FillFunction(grid, states[e], s.p)); /* as it is: its level is that of V */
    PetscCall(VecDuplicate(s.p, &before));
    PetscCall(VecCopy(s.p, before));
    PetscCall(DescentFlow(&s, "ljko", 0.7, PETSC_FALSE));
    PetscCall(OttoFlowAdvance(s.flow, 0.7));
    PetscCall(DescentL1(grid, before, s.p, &moved));
    w2 = OttoFlowGetGradientStep(s.flow, OTTO_FLOW_P)->w2_upper;
    TestTrue(moved <= 1e-10, "a steady state stays");
    TestTrue(isnan(w2), "W2 was not asked for");
    TestTrue(OttoFlowGetGradientStep(s.flow, OTTO_FLOW_P)->dissipation <= 1e-12, "and loses none");
    PetscCall(VecDestroy(&before));
    PetscCall(DescentEnd(&s));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

/* ---- closed cells, and V that moves ---- */

static double Walls(const double x[])
{
  return fabs(x[0] - 0.5) < 0.07 ? INFINITY : x[1];
}
static double Sides(const double x[])
{
  return isinf(Walls(x)) ? 0 : x[0] < 0.5 ? 1 + x[1] : 0.3;
}
static double Left(const double x[])
{
  return x[0] < 0.5 ? 1 : 0;
}

/* Nothing passes closed cells, which stay empty. */
static PetscErrorCode TestClosed(void)
{
  const PetscInt64 n[2] = {21, 8};
  OttoGrid grid;
  Descent s = {NULL};
  Vec V, left;
  PetscReal was, is;

  PetscFunctionBegin;
  PetscCall(MakeCube(2, n, 0, 1, OTTO_BOUNDARY_NO_FLUX, &grid));
  PetscCall(DescentOptions("-energy_internal power -energy_m 2 -potential_type quadratic"));
  PetscCall(OttoFieldCreate(grid, &V));
  PetscCall(FillFunction(grid, Walls, V));
  PetscCall(OttoFieldCreate(grid, &left));
  PetscCall(FillFunction(grid, Left, left));
  s.grid = grid;
  PetscCall(OttoEnergyCreate(grid, &s.energy));
  PetscCall(OttoPotentialSetValues(OttoEnergyGetPotential(s.energy), V, NULL));
  PetscCall(OttoEnergySetTime(s.energy, 0));
  PetscCall(FillDensity(grid, Sides, &s.p));
  PetscCall(VecDot(s.p, left, &was));
  PetscCall(DescentFlow(&s, "ljko", 0.3, PETSC_FALSE));
  PetscCall(OttoFlowAdvance(s.flow, 0.9));
  PetscCall(VecDot(s.p, left, &is));
  TestClose(is, was, 1e-10, "nothing passes a wall of closed cells: to residuals of 1e-11");
  PetscReal energy = OttoFlowGetGradientStep(s.flow, OTTO_FLOW_P)->after;
  TestTrue(isfinite(energy), "nothing is in closed cells");
  PetscCall(VecDestroy(&left));
  PetscCall(VecDestroy(&V));
  PetscCall(DescentEnd(&s));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* A step takes V of its end. */
static PetscErrorCode TestMovingPotential(void)
{
  const PetscInt64 n[1] = {30};
  OttoGrid grid;
  Descent s, still;
  PetscReal distance;

  PetscFunctionBegin;
  PetscCall(MakeCube(1, n, 0, 1, OTTO_BOUNDARY_NO_FLUX, &grid));
  PetscCall(DescentBegin(grid, "-potential_type formula -potential_formula 3*t*x", Bumps, &s));
  PetscCall(DescentFlow(&s, "ljko", 0.1, PETSC_FALSE));
  PetscCall(OttoFlowAdvance(s.flow, 0.1));
  PetscCall(DescentBegin(grid, "-potential_type formula -potential_formula 0.3*x", Bumps, &still));
  PetscCall(DescentFlow(&still, "ljko", 0.1, PETSC_FALSE));
  PetscCall(OttoFlowAdvance(still.flow, 0.1));
  PetscCall(DescentL1(grid, s.p, still.p, &distance));
  TestTrue(distance <= 1e-10, "the potential of the step's end: to residuals of 1e-11");
  PetscCall(DescentEnd(&s));
  PetscCall(DescentEnd(&still));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* ---- ranks and meshes ---- */

/* The same on one rank alone. */
static PetscErrorCode SameAlone(OttoGrid grid)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const char *const options = "-energy_internal power -energy_m 2 -energy_interaction_type "
                              "quadratic -energy_interaction_strength 0.5";
  const char *const lone = "-energy_internal entropy -mobility 2,1";
  const PetscReal tau = 0.05;
  const PetscBool cut = g->mesh[1] > 1 ? PETSC_TRUE : PETSC_FALSE; /* W wants whole planes */
  PetscInt64 idx[OTTO_MAX_DIM];
  PetscReal distance = 0;
  const PetscScalar *a, *b;
  OttoGrid alone;
  Descent s, t;

  PetscFunctionBegin;
  PetscCall(MakeBoxOn(PETSC_COMM_SELF, g->dim, g->n, g->lower, g->upper, g->boundary, &alone));
  PetscCall(DescentBegin(grid, cut ? lone : options, Part2, &s));
  PetscCall(DescentFlow(&s, "ljko", tau, PETSC_FALSE));
  PetscCall(DescentBegin(alone, cut ? lone : options, Part2, &t));
  PetscCall(DescentFlow(&t, "ljko", tau, PETSC_FALSE));
  PetscCall(OttoFlowAdvance(s.flow, 2 * tau));
  PetscCall(OttoFlowAdvance(t.flow, 2 * tau));
  PetscCall(VecGetArrayRead(s.p, &a));
  PetscCall(VecGetArrayRead(t.p, &b));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellIndex(g, c, idx);
    distance = PetscMax(distance, fabs(a[c] - b[idx[0] * g->n[1] + idx[1]]));
  }
  PetscCall(VecRestoreArrayRead(t.p, &b));
  PetscCall(VecRestoreArrayRead(s.p, &a));
  TestTrue(distance <= 1e-10, "any mesh of ranks finds the same: to what solves leave");
  const OttoGradientStep *x = OttoFlowGetGradientStep(s.flow, OTTO_FLOW_P);
  const OttoGradientStep *y = OttoFlowGetGradientStep(t.flow, OTTO_FLOW_P);
  TestClose(x->dissipation, y->dissipation, 1e-10, "the dissipation, too");
  TestClose(x->dual, y->dual, 1e-10, "and the dual value");
  PetscCall(DescentEnd(&s));
  PetscCall(DescentEnd(&t));
  PetscCall(OttoGridDestroy(&alone));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestMeshes(void)
{
  const PetscInt64 n[2] = {14, 11};
  const OttoBoundary mixed[2] = {OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_NO_FLUX};
  const OttoBoundary other[2] = {OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_PERIODIC};

  PetscFunctionBegin;
  PetscCall(OnMeshes(2, n, mixed, SameAlone));
  PetscCall(OnMeshes(2, n, other, SameAlone));
  PetscFunctionReturn(0);
}

/* Axes of one and two cells: two faces between the same pair round a ring, none of one cell. */
static PetscErrorCode TestFewCells(void)
{
  const PetscInt64 n[3] = {3, 2, 1};
  Descent s;
  Vec before;
  OttoGrid grid;

  PetscFunctionBegin;
  PetscCall(MakeCube(3, n, 0, 1, OTTO_BOUNDARY_PERIODIC, &grid));
  PetscCall(DescentBegin(grid, energies[0], Bumps3, &s));
  PetscCall(VecDuplicate(s.p, &before));
  PetscCall(VecCopy(s.p, before));
  PetscCall(DescentFlow(&s, "ljko", 0.1, PETSC_FALSE));
  PetscCall(OttoFlowAdvance(s.flow, 0.1));
  PetscCall(CheckStep(&s, before, OttoFlowGetGradientStep(s.flow, OTTO_FLOW_P)));
  PetscCall(VecDestroy(&before));
  PetscCall(DescentEnd(&s));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* ---- two densities, rest and keep ---- */

static PetscErrorCode TestTwo(void)
{
  const PetscInt64 n[2] = {12, 13};
  OttoGrid grid;
  Descent s, t;
  Vec q;
  PetscReal distance;
  OttoFlowReport report;

  PetscFunctionBegin;
  PetscCall(MakeCube(2, n, 0, 1, OTTO_BOUNDARY_NO_FLUX, &grid));
  PetscCall(DescentBegin(grid, energies[1], Bumps2, &s));
  PetscCall(FillDensity(grid, Part2, &q));
  PetscCall(OttoFlowCreate(grid, &s.flow));
  PetscCall(OttoFlowSetType(s.flow, "ljko"));
  PetscCall(OttoFlowSetEnergy(s.flow, s.energy));
  PetscCall(OttoFlowSetDensities(s.flow, s.p, q));
  PetscCall(OttoFlowSetCertified(s.flow, PETSC_FALSE));
  PetscCall(OttoFlowSetFromOptions(s.flow));
  PetscCall(OttoFlowSetUp(s.flow));
  PetscCall(OttoFlowSetStep(s.flow, 0.02));
  PetscCall(OttoFlowAdvance(s.flow, 0.02));
  PetscCall(OttoFlowRest(s.flow));
  PetscCall(OttoFlowAdvance(s.flow, 0.04));
  PetscCall(DescentBegin(grid, energies[1], Part2, &t));
  PetscCall(DescentFlow(&t, "ljko", 0.02, PETSC_FALSE));
  PetscCall(OttoFlowAdvance(t.flow, 0.04));
  PetscCall(DescentL1(grid, q, t.p, &distance));
  TestClose(distance, 0, 0, "q goes its own way, and rest changes nothing, to the bit");
  TestClose(OttoFlowGetGradientStep(s.flow, OTTO_FLOW_Q)->dissipation,
            OttoFlowGetGradientStep(t.flow, OTTO_FLOW_P)->dissipation, 1e-15, "its numbers");
  PetscCall(OttoFlowGetReport(s.flow, &report));
  TestTrue(report.steps == 2 && report.rejected == 0 && report.iterations > 0, "counts");
  TestTrue(report.residual <= 1e-11 && report.rescaled <= 1e-11 && report.mass_drift <= 1e-13,
           "what was left");
  TestTrue(OttoFluxesGetMobility(OttoFlowGetFluxes(s.flow)) == OTTO_MOBILITY_UPWIND,
           "fluxes are upwind");
  PetscCall(DescentEnd(&s));
  PetscCall(DescentEnd(&t));
  PetscCall(VecDestroy(&q));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* ---- refusals ---- */

static PetscErrorCode SetUpWith(OttoGrid grid, const char *options, PetscInt order)
{
  Descent s;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(DescentBegin(grid, options, Bumps2, &s));
  PetscCall(OttoFlowCreate(grid, &s.flow));
  PetscCall(OttoFlowSetType(s.flow, "ljko"));
  PetscCall(OttoFlowSetEnergy(s.flow, s.energy));
  PetscCall(OttoFlowSetDensities(s.flow, s.p, NULL));
  PetscCall(OttoFlowSetTimeOrder(s.flow, order));
  code = OttoFlowSetFromOptions(s.flow);
  if (!code) code = OttoFlowSetUp(s.flow);
  PetscCall(DescentEnd(&s));
  return code;
}

static PetscErrorCode TestRefusals(void)
{
  const PetscInt64 n[2] = {9, 8};
  OttoGrid grid;
  Descent s;
  Vec before;
  PetscReal distance;

  PetscFunctionBegin;
  PetscCall(MakeCube(2, n, 0, 1, OTTO_BOUNDARY_NO_FLUX, &grid));
  TestFails(SetUpWith(grid, "-energy_internal none -potential_type quadratic", 1), OTTO_ERR_INPUT,
            "energy_internal: none");
  TestFails(SetUpWith(grid, "-flow_mobility limited", 1), OTTO_ERR_INPUT, "ljko is upwind");
  TestFails(SetUpWith(grid, "-flow_mobility scharfetter_gummel", 1), OTTO_ERR_INPUT,
            "ljko is upwind");
  TestFails(SetUpWith(grid, "", 2), OTTO_ERR_INPUT, "flow_time_order: 2");
  TestFails(SetUpWith(grid, "-ts_type cn", 1), OTTO_ERR_INPUT, "ts_type");
  TestFails(SetUpWith(grid, "-mobility -1", 1), OTTO_ERR_INPUT, "mobility");

  /* steps are exact: one that fails is not tried shorter, and p is what it was */
  PetscCall(DescentBegin(grid, "-snes_max_it 1", Part2, &s));
  PetscCall(VecDuplicate(s.p, &before));
  PetscCall(VecCopy(s.p, before));
  PetscCall(DescentFlow(&s, "ljko", 0.1, PETSC_FALSE));
  TestFails(OttoFlowAdvance(s.flow, 0.1), OTTO_ERR_SOLVER, "Newton's method: DIVERGED_MAX_IT");
  PetscCall(DescentL1(grid, before, s.p, &distance));
  TestClose(distance, 0, 0, "the last good state is kept");
  PetscCall(VecDestroy(&before));
  PetscCall(DescentEnd(&s));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestSteps, TestFunctional, TestRest, TestClosed, TestMovingPotential, TestMeshes,
                   TestFewCells, TestTwo, TestRefusals});
}
