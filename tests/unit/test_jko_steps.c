/* ranks: 1 2 3; long: 3
 * The law jko as a flow: the same on any number of ranks, elsewhere and for any mass; whole steps;
 * rest and keep; two densities side by side; closed cells; what it refuses.
 */
#include "descent.h"

static double Bumps(const double x[])
{
  return exp(-60 * (pow(x[0] - 0.35, 2) + pow(x[1] - 0.5, 2))) +
         0.7 * exp(-90 * (pow(x[0] - 0.7, 2) + pow(x[1] - 0.4, 2)));
}
static double Other(const double x[])
{
  return exp(-40 * (pow(x[0] - 0.6, 2) + pow(x[1] - 0.6, 2)));
}
static double Ball(const double x[])
{
  return pow(x[0] - 0.5, 2) + pow(x[1] - 0.45, 2) + pow(x[2] - 0.55, 2) < 0.05;
}
static double Line(const double x[])
{
  return exp(-200 * pow(x[0] - 0.4, 2));
}

/* Steps of jko to a gap that most of these grids allow: a tenth of what it is by default. */
static PetscErrorCode Flow(Descent *s, PetscReal tau, PetscBool certified)
{
  PetscFunctionBegin;
  PetscCall(PetscOptionsSetValue(NULL, "-jko_gap", "1e-3"));
  PetscCall(DescentFlow(s, "jko", tau, certified));
  PetscFunctionReturn(0);
}

static PetscErrorCode SameStep(Descent *a, Descent *b, PetscReal tolerance, const char *what)
{
  const OttoGradientStep *s = OttoFlowGetGradientStep(a->flow, OTTO_FLOW_P);
  const OttoGradientStep *t = OttoFlowGetGradientStep(b->flow, OTTO_FLOW_P);
  PetscReal range[2][2];

  PetscFunctionBegin;
  PetscCall(OttoFieldRange(a->grid, a->p, &range[0][0], &range[0][1]));
  PetscCall(OttoFieldRange(b->grid, b->p, &range[1][0], &range[1][1]));
  TestClose(s->before, t->before, tolerance, what);
  TestClose(s->after, t->after, tolerance, what);
  TestClose(s->primal, t->primal, tolerance, what);
  TestClose(s->dual, t->dual, tolerance, what);
  TestClose(s->w2_lower, t->w2_lower, tolerance, what);
  TestClose(s->w2_upper, t->w2_upper, tolerance, what);
  TestClose(s->dissipation, t->dissipation, tolerance, what);
  TestClose(range[0][1], range[1][1], tolerance, what);
  TestTrue(s->newton == t->newton, what);
  PetscFunctionReturn(0);
}

/* Two steps on all ranks and on one: sums differ by rounding, and the iteration, which is smooth in
 * the potential, does not enlarge it beyond what a solve may. */
static PetscErrorCode TestRanks(void)
{
  static const struct {
    PetscInt dim;
    PetscInt64 n[3];
    Function f;
    const char *options;
    PetscReal tau;
  } cases[] = {{1, {150}, Line, "-energy_internal power -energy_m 0.8", 0.01},
               {2, {37, 32}, Bumps, "-temperature 0.7", 0.02},
               {2, {32, 33}, Bumps, "-energy_internal power -energy_m 2", 0.01},
               {1,
                {150},
                Line,
                "-energy_interaction_type gaussian -energy_interaction_length 0.1 "
                "-energy_interaction_strength 8",
                0.01},
               {2,
                {33, 30},
                Bumps,
                "-energy_interaction_type quadratic -energy_interaction_strength 4 "
                "-temperature 0.5",
                0.02},
               {3,
                {13, 12, 14},
                Ball,
                "-potential_type quadratic -potential_stiffness 2 -temperature 0.3 "
                "-potential_center 0.5 -potential_seam wall",
                0.04}};

  PetscFunctionBegin;
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    const OttoBoundary kinds[2][3] = {
        {OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_NO_FLUX},
        {OTTO_BOUNDARY_NO_FLUX, OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_NO_FLUX}};
    const PetscReal low[3] = {0}, high[3] = {1, 1, 1};
    OttoGrid grid, own;
    Descent s, alone;
    PetscCall(MakeBox(cases[k].dim, cases[k].n, low, high, kinds[k == 1], &grid));
    PetscCall(MakeBoxOn(PETSC_COMM_SELF, cases[k].dim, cases[k].n, low, high, kinds[k == 1], &own));
    PetscCall(DescentBegin(grid, cases[k].options, cases[k].f, &s));
    PetscCall(DescentBegin(own, cases[k].options, cases[k].f, &alone));
    PetscCall(Flow(&s, cases[k].tau, PETSC_TRUE));
    PetscCall(Flow(&alone, cases[k].tau, PETSC_TRUE));
    for (int n = 1; n <= 2; n++) {
      PetscCall(OttoFlowAdvance(s.flow, n * cases[k].tau));
      PetscCall(OttoFlowAdvance(alone.flow, n * cases[k].tau));
      PetscCall(SameStep(&s, &alone, 1e-10, "as on one rank"));
    }
    PetscCall(DescentEnd(&s));
    PetscCall(DescentEnd(&alone));
    PetscCall(OttoGridDestroy(&grid));
    PetscCall(OttoGridDestroy(&own));
  }
  PetscFunctionReturn(0);
}

/* Mass M of entropy: E is M E_1 + T M log M, a step does the same; elsewhere likewise. */
static PetscErrorCode TestMass(void)
{
  const PetscInt64 n[] = {30, 28};
  const PetscReal mass = 3.5, tau = 0.02;
  OttoGrid grid;
  Descent s, m;
  PetscReal apart;

  PetscFunctionBegin;
  PetscCall(MakeCube(2, n, 0, 1, OTTO_BOUNDARY_NO_FLUX, &grid));
  PetscCall(DescentBegin(grid, "", Bumps, &s));
  PetscCall(DescentBegin(grid, "", Bumps, &m));
  PetscCall(VecScale(m.p, mass));
  PetscCall(Flow(&s, tau, PETSC_TRUE));
  PetscCall(Flow(&m, tau, PETSC_TRUE));
  PetscCall(OttoFlowAdvance(s.flow, tau));
  PetscCall(OttoFlowAdvance(m.flow, tau));
  const OttoGradientStep *a = OttoFlowGetGradientStep(s.flow, OTTO_FLOW_P);
  const OttoGradientStep *b = OttoFlowGetGradientStep(m.flow, OTTO_FLOW_P);
  TestClose(b->primal, mass * a->primal + mass * log(mass), 1e-9, "the functional of more mass");
  TestClose(b->dual, mass * a->dual + mass * log(mass), 1e-9, "its bound");
  TestClose(b->w2_upper, sqrt(mass) * a->w2_upper, 1e-9, "W2 of more mass");
  TestClose(b->gap, a->gap, 1e-6, "the gap of more mass");
  PetscCall(VecScale(m.p, 1 / mass));
  PetscCall(DescentL1(grid, s.p, m.p, &apart));
  TestTrue(apart <= 1e-9, "the density of more mass");
  PetscCall(DescentEnd(&s));
  PetscCall(DescentEnd(&m));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* Rest between steps, and a flow that takes over what was kept, change nothing. */
static PetscErrorCode TestKeep(void)
{
  const PetscInt64 n[] = {24, 20};
  const PetscReal tau = 0.01;
  OttoGrid grid;
  Descent s, rests, other;
  OttoKeep keep;
  OttoFlowReport a, b;
  PetscReal apart;

  PetscFunctionBegin;
  PetscCall(MakeCube(2, n, 0, 1, OTTO_BOUNDARY_NO_FLUX, &grid));
  PetscCall(DescentBegin(grid, "-energy_internal power -energy_m 2", Bumps, &s));
  PetscCall(DescentBegin(grid, "-energy_internal power -energy_m 2", Bumps, &rests));
  PetscCall(DescentBegin(grid, "-energy_internal power -energy_m 2", Other, &other));
  PetscCall(Flow(&s, tau, PETSC_FALSE));
  PetscCall(Flow(&rests, tau, PETSC_FALSE));
  PetscCall(Flow(&other, tau, PETSC_FALSE));
  PetscCall(OttoFlowAdvance(s.flow, 2 * tau));
  PetscCall(OttoFlowAdvance(s.flow, 3 * tau));
  PetscCall(OttoFlowAdvance(rests.flow, 2 * tau));
  PetscCall(OttoFlowRest(rests.flow));
  PetscCall(OttoKeepCreate(&keep));
  PetscCall(OttoFlowKeep(rests.flow, keep));
  PetscCall(OttoKeepSetDirection(keep, OTTO_KEEP_TAKE));
  PetscCall(OttoFlowKeep(other.flow, keep));
  PetscCall(OttoKeepDestroy(&keep));
  PetscCall(OttoFlowAdvance(rests.flow, 3 * tau));
  PetscCall(OttoFlowAdvance(other.flow, 3 * tau));
  PetscCall(DescentL1(grid, s.p, rests.p, &apart));
  TestClose(apart, 0, 0, "rest changes nothing");
  PetscCall(DescentL1(grid, s.p, other.p, &apart));
  TestClose(apart, 0, 0, "nor does taking over");
  PetscCall(OttoFlowGetReport(s.flow, &a));
  PetscCall(OttoFlowGetReport(other.flow, &b));
  TestTrue(a.steps == 3 && b.steps == 3 && a.iterations == b.iterations && a.iterations > 0,
           "counts go on");
  TestTrue(a.mass_drift <= 1e-13, "no drift of the mass");
  PetscCall(DescentEnd(&s));
  PetscCall(DescentEnd(&rests));
  PetscCall(DescentEnd(&other));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* q beside p goes as it goes alone. */
static PetscErrorCode SideBySide(const char *options)
{
  const PetscInt64 n[] = {22, 25};
  const PetscReal tau = 0.01;
  OttoGrid grid;
  Descent s, p, q;
  PetscReal apart[2];

  PetscFunctionBegin;
  PetscCall(MakeCube(2, n, 0, 1, OTTO_BOUNDARY_PERIODIC, &grid));
  PetscCall(DescentBegin(grid, options, Bumps, &s));
  PetscCall(DescentBegin(grid, options, Bumps, &p));
  PetscCall(DescentBegin(grid, options, Other, &q));
  PetscCall(Flow(&p, tau, PETSC_FALSE));
  PetscCall(Flow(&q, tau, PETSC_FALSE));
  Vec other;
  PetscCall(VecDuplicate(q.p, &other));
  PetscCall(VecCopy(q.p, other));
  PetscCall(OttoFlowCreate(grid, &s.flow));
  PetscCall(OttoFlowSetType(s.flow, "jko"));
  PetscCall(OttoFlowSetEnergy(s.flow, s.energy));
  PetscCall(OttoFlowSetDensities(s.flow, s.p, other));
  PetscCall(OttoFlowSetFromOptions(s.flow));
  PetscCall(OttoFlowSetUp(s.flow));
  PetscCall(OttoFlowSetStep(s.flow, tau));
  PetscCall(OttoFlowAdvance(s.flow, 2 * tau));
  PetscCall(OttoFlowAdvance(p.flow, 2 * tau));
  PetscCall(OttoFlowAdvance(q.flow, 2 * tau));
  PetscCall(DescentL1(grid, s.p, p.p, &apart[0]));
  PetscCall(DescentL1(grid, other, q.p, &apart[1]));
  TestTrue(apart[0] == 0 && apart[1] == 0, "side by side as alone");
  TestTrue(OttoFlowGetGradientStep(s.flow, OTTO_FLOW_Q)->after ==
               OttoFlowGetGradientStep(q.flow, OTTO_FLOW_P)->after,
           "the step of q");
  PetscCall(VecDestroy(&other));
  PetscCall(DescentEnd(&s));
  PetscCall(DescentEnd(&p));
  PetscCall(DescentEnd(&q));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestTwo(void)
{
  PetscFunctionBegin;
  PetscCall(SideBySide(""));
  PetscCall(SideBySide("-energy_interaction_type gaussian -energy_interaction_length 0.2 "
                       "-energy_interaction_strength 3"));
  PetscFunctionReturn(0);
}

/* Where V is infinite nothing goes, though mass passes over it. */
static PetscErrorCode TestClosed(void)
{
  const PetscInt64 n[] = {36, 30};
  OttoGrid grid;
  Descent s = {0};
  Vec V;
  PetscScalar *v;
  const PetscScalar *a;
  PetscReal x[OTTO_MAX_DIM], closed = 0, beyond = 0, mass;

  PetscFunctionBegin;
  PetscCall(MakeCube(2, n, 0, 1, OTTO_BOUNDARY_NO_FLUX, &grid));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscCall(DescentOptions("-potential_type quadratic -potential_stiffness 1"));
  PetscCall(OttoEnergyCreate(grid, &s.energy));
  PetscCall(OttoFieldCreate(grid, &V));
  PetscCall(VecGetArray(V, &v));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellCentre(g, c, x);
    v[c] = x[0] > 0.7 && x[0] < 0.8 ? INFINITY : x[0];
  }
  PetscCall(VecRestoreArray(V, &v));
  PetscCall(OttoPotentialSetValues(OttoEnergyGetPotential(s.energy), V, NULL));
  s.grid = grid;
  PetscCall(FillDensity(grid, Other, &s.p));
  PetscCall(VecGetArray(s.p, &v));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellCentre(g, c, x);
    if (x[0] > 0.7) v[c] = 0;
  }
  PetscCall(VecRestoreArray(s.p, &v));
  PetscCall(OttoFieldIntegral(grid, s.p, &mass));
  PetscCall(VecScale(s.p, 1 / mass));
  PetscCall(Flow(&s, 0.05, PETSC_TRUE));
  PetscCall(OttoFlowAdvance(s.flow, 0.05));
  PetscCall(VecGetArrayRead(s.p, &a));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellCentre(g, c, x);
    if (x[0] > 0.7 && x[0] < 0.8) closed = PetscMax(closed, a[c]);
    if (x[0] > 0.8) beyond += a[c] * g->cell_volume;
  }
  PetscCall(VecRestoreArrayRead(s.p, &a));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &beyond, 1, MPIU_REAL, MPI_SUM, g->comm));
  TestTrue(closed == 0, "closed cells are empty");
  TestTrue(beyond > 1e-3 && beyond < 0.5, "W2 knows of no walls inside");
  const OttoGradientStep *step = OttoFlowGetGradientStep(s.flow, OTTO_FLOW_P);
  TestTrue(step->gap <= 0.03 && step->primal < step->before, "its certificate");
  /* begun with mass in closed cells, of infinite energy, it leaves them at once */
  PetscCall(VecSet(s.p, 1));
  PetscCall(OttoFlowAdvance(s.flow, 0.1));
  PetscCall(VecGetArrayRead(s.p, &a));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellCentre(g, c, x);
    if (x[0] > 0.7 && x[0] < 0.8) closed = PetscMax(closed, a[c]);
  }
  PetscCall(VecRestoreArrayRead(s.p, &a));
  step = OttoFlowGetGradientStep(s.flow, OTTO_FLOW_P);
  TestTrue(closed == 0 && isinf(step->before) && isfinite(step->primal), "out of closed cells");
  TestTrue(step->gap <= 0.05 && step->dual <= step->primal, "… by a step with a certificate");
  PetscCall(OttoFieldIntegral(grid, s.p, &mass));
  TestClose(mass, 1, 1e-13, "its mass");
  PetscCall(VecDestroy(&V));
  PetscCall(DescentEnd(&s));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* Axes of one cell, and of two: as if the others were alone. */
static PetscErrorCode TestThin(void)
{
  const PetscInt64 thin[] = {48, 1}, line[] = {48}, one[] = {1};
  const PetscReal tau = 0.01;
  OttoGrid grid[3];
  Descent s[3];
  PetscReal most[2];
  PetscMPIInt size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  PetscCall(MakeCube(2, thin, 0, 1, OTTO_BOUNDARY_NO_FLUX, &grid[0]));
  PetscCall(MakeCube(1, line, 0, 1, OTTO_BOUNDARY_NO_FLUX, &grid[1]));
  for (int k = 0; k < 2; k++) {
    PetscCall(DescentBegin(grid[k], "", Line, &s[k]));
    PetscCall(Flow(&s[k], tau, PETSC_TRUE));
    PetscCall(OttoFlowAdvance(s[k].flow, tau));
    PetscCall(OttoFieldRange(grid[k], s[k].p, NULL, &most[k]));
  }
  const OttoGradientStep *a = OttoFlowGetGradientStep(s[0].flow, OTTO_FLOW_P);
  const OttoGradientStep *b = OttoFlowGetGradientStep(s[1].flow, OTTO_FLOW_P);
  TestClose(a->primal, b->primal, 1e-10, "the functional on a thin grid");
  TestClose(a->gap, b->gap, 1e-8, "its gap");
  TestClose(most[0], most[1], 1e-10, "its density");
  /* 4 h/sqrt(12), h = 1/48, and what the gap leaves of atoms' own; of the thin axis it were 1.2 */
  TestTrue(a->w2_upper - a->w2_lower <= 0.03, "W2 but for a spread along x");
  for (int k = 0; k < 2; k++) {
    PetscCall(DescentEnd(&s[k]));
    PetscCall(OttoGridDestroy(&grid[k]));
  }
  if (size > 1) PetscFunctionReturn(0);
  PetscCall(MakeCube(1, one, 0, 1, OTTO_BOUNDARY_NO_FLUX, &grid[2]));
  PetscCall(DescentBegin(grid[2], "", Line, &s[2]));
  PetscCall(Flow(&s[2], tau, PETSC_TRUE));
  PetscCall(OttoFlowAdvance(s[2].flow, tau));
  a = OttoFlowGetGradientStep(s[2].flow, OTTO_FLOW_P);
  TestTrue(a->gap <= 1e-12 && a->after == a->before, "one cell stays");
  PetscCall(DescentEnd(&s[2]));
  PetscCall(OttoGridDestroy(&grid[2]));
  PetscFunctionReturn(0);
}

/* All of a point mass, whose energy of entropy is finite, of power large: it spreads. */
static PetscErrorCode TestPoint(void)
{
  const PetscInt64 n[] = {33, 33};
  static const char *const options[] = {"", "-energy_internal power -energy_m 2",
                                        "-energy_internal power -energy_m 0.7"};
  OttoGrid grid;

  PetscFunctionBegin;
  PetscCall(MakeCube(2, n, 0, 1, OTTO_BOUNDARY_NO_FLUX, &grid));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  for (int k = 0; k < 3; k++) {
    Descent s;
    PetscScalar *a;
    PetscReal x[OTTO_MAX_DIM], mass, least;
    PetscCall(DescentBegin(grid, options[k], Other, &s));
    PetscCall(VecGetArray(s.p, &a));
    for (PetscInt64 c = 0; c < g->local_cells; c++) {
      OttoGridCellCentre(g, c, x);
      a[c] = fabs(x[0] - 0.5) < 1e-6 && fabs(x[1] - 0.5) < 1e-6 ? 1 / g->cell_volume : 0;
    }
    PetscCall(VecRestoreArray(s.p, &a));
    PetscCall(Flow(&s, 0.01, PETSC_TRUE));
    PetscCall(OttoFlowAdvance(s.flow, 0.01));
    const OttoGradientStep *step = OttoFlowGetGradientStep(s.flow, OTTO_FLOW_P);
    PetscCall(OttoFieldIntegral(grid, s.p, &mass));
    PetscCall(OttoFieldRange(grid, s.p, &least, NULL));
    TestClose(mass, 1, 1e-13, "mass of a point that spreads");
    TestTrue(least >= 0, "no cell is negative");
    /* from a point every plan is the only one: the gap is that of the potential alone */
    TestTrue(step->gap <= 1e-3 && step->primal < step->before, "the least from a point");
    PetscCall(DescentEnd(&s));
  }
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode SetUp(OttoGrid grid, const char *options)
{
  Descent s;

  PetscFunctionBegin;
  PetscCall(DescentBegin(grid, options, Bumps, &s));
  const PetscErrorCode code = DescentFlow(&s, "jko", 0.01, PETSC_FALSE);
  PetscCall(DescentEnd(&s));
  PetscFunctionReturn(code);
}

static PetscErrorCode TestRefusals(void)
{
  const PetscInt64 n[] = {12, 12};
  OttoGrid grid;
  Descent s;

  PetscFunctionBegin;
  PetscCall(MakeCube(2, n, 0, 1, OTTO_BOUNDARY_NO_FLUX, &grid));
  TestFails(SetUp(grid, "-energy_internal none"), OTTO_ERR_INPUT, "energy_internal: none; flow_s");
  TestFails(SetUp(grid, "-mobility 2"), OTTO_ERR_INPUT, "mobility: 2 on axis 1");
  TestFails(SetUp(grid, "-jko_gap 0"), OTTO_ERR_INPUT, "jko_gap");
  TestFails(SetUp(grid, "-jko_iterations -1"), OTTO_ERR_INPUT, "jko_iterations");
  TestFails(SetUp(grid, "-ts_adapt_type basic"), OTTO_ERR_INPUT, "ts_adapt_type");
  PetscCall(DescentBegin(grid, "", Bumps, &s));
  PetscCall(Flow(&s, 0.01, PETSC_FALSE));
  TestFails(OttoFlowAdvance(s.flow, 0.025), OTTO_ERR_INPUT, "whole steps");
  PetscCall(OttoFlowAdvance(s.flow, 0.02));
  TestClose(OttoFlowGetTime(s.flow), 0.02, 0, "the time of two steps");
  PetscCall(DescentEnd(&s));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain(
      {TestRanks, TestMass, TestKeep, TestTwo, TestClosed, TestThin, TestPoint, TestRefusals});
}
