/* ranks: 1 2 3
 * Points along every flow against the same velocity typed as a formula; points that are lost, steps
 * that fail, tolerances, iterates of maps, and what is kept.
 */
#include "density_setup.h"

static PetscErrorCode Start(PetscInt dim, PetscInt64 n, const PetscReal lower[],
                            const PetscReal upper[], OttoBoundary boundary, OttoGrid *grid,
                            OttoDynamics *dynamics)
{
  const PetscInt64 sizes[3] = {n, n + 1, n};
  const OttoBoundary boundaries[3] = {boundary, boundary, boundary};

  PetscFunctionBegin;
  PetscCall(MakeBox(dim, sizes, lower, upper, boundaries, grid));
  PetscCall(OttoDynamicsCreate(*grid, dynamics));
  PetscFunctionReturn(0);
}

static PetscErrorCode Stop(OttoFlowMap *map, OttoDynamics *dynamics, OttoGrid *grid)
{
  PetscFunctionBegin;
  PetscCall(OttoFlowMapDestroy(map));
  PetscCall(OttoDynamicsDestroy(dynamics));
  PetscCall(OttoGridDestroy(grid));
  PetscFunctionReturn(0);
}

/* ---- members ---- */

typedef struct {
  PetscInt dim;
  OttoBoundary boundary;
  PetscReal lower, upper[3]; /* of the box */
  char *keys[9];             /* beside dynamics_type, ended by NULL */
  char *type, *formula;
} Case;

static const Case cases[] = {
    {.dim = 2,
     .boundary = OTTO_BOUNDARY_NO_FLUX,
     .upper = {2, 1},
     .type = "double_gyre",
     .keys = {"-dynamics_amplitude", "0.2", "-dynamics_epsilon", "0.3", "-dynamics_omega", "1.5",
              "-dynamics_start", "0.25"},
     .formula = "-_pi*0.2*sin(_pi*(0.3*sin(1.5*t)*x^2+(1-0.6*sin(1.5*t))*x))*cos(_pi*y), "
                "_pi*0.2*cos(_pi*(0.3*sin(1.5*t)*x^2+(1-0.6*sin(1.5*t))*x))*sin(_pi*y)*"
                "(0.6*sin(1.5*t)*x+1-0.6*sin(1.5*t))"},
    {.dim = 3,
     .boundary = OTTO_BOUNDARY_PERIODIC,
     .upper = {2 * M_PI, 2 * M_PI, 2 * M_PI},
     .type = "abc",
     .keys = {"-dynamics_a", "1.1", "-dynamics_b", "0.6", "-dynamics_c", "0.3"},
     .formula = "1.1*sin(z)+0.3*cos(y), 0.6*sin(x)+1.1*cos(z), 0.3*sin(y)+0.6*cos(x)"},
    {.dim = 2,
     .boundary = OTTO_BOUNDARY_PERIODIC,
     .upper = {2 * M_PI, 2 * M_PI},
     .type = "taylor_green",
     .keys = {"-dynamics_amplitude", "0.8"},
     .formula = "0.8*sin(x)*cos(y), -0.8*cos(x)*sin(y)"},
    {.dim = 3,
     .boundary = OTTO_BOUNDARY_PERIODIC,
     .upper = {2 * M_PI, 2 * M_PI, 2 * M_PI},
     .type = "taylor_green",
     .keys = {"-dynamics_amplitude", "0.8"},
     .formula = "0.8*sin(x)*cos(y)*cos(z), -0.8*cos(x)*sin(y)*cos(z), 0"},
    {.dim = 2,
     .boundary = OTTO_BOUNDARY_OPEN,
     .lower = -3,
     .upper = {3, 3},
     .type = "pendulum",
     .keys = {"-dynamics_omega", "1.3", "-dynamics_delta", "0.2"},
     .formula = "y, -1.69*sin(x)-0.2*y"},
    {.dim = 2,
     .boundary = OTTO_BOUNDARY_OPEN,
     .lower = -2,
     .upper = {2, 2},
     .type = "duffing",
     .keys = {"-dynamics_delta", "0.25", "-dynamics_gamma", "0.3", "-dynamics_omega", "1.2"},
     .formula = "y, x-x^3-0.25*y+0.3*cos(1.2*t)"},
};
#define CASES ((int)(sizeof cases / sizeof cases[0]))

/* One unit of time of both, from the same cells. */
static PetscErrorCode CheckCase(const Case *c)
{
  const PetscReal lower[3] = {c->lower, c->lower, c->lower};
  PetscReal far[4] = {0};
  OttoGrid grid[2];
  OttoDynamics dynamics[2];
  OttoFlowMap map[2];
  OttoFlowMapReport report;
  char *words[16] = {"-dynamics_type", c->type};
  int count = 2;

  PetscFunctionBegin;
  for (; c->keys[count - 2]; count++) words[count] = c->keys[count - 2];
  PetscCall(SetOptions(count, words));
  PetscCall(Start(c->dim, 5, lower, c->upper, c->boundary, &grid[0], &dynamics[0]));
  char start[32];
  snprintf(start, sizeof start, "%.17g", OttoDynamicsGetStart(dynamics[0]));
  Set("-dynamics_type", "formula", "-dynamics_formula", c->formula, "-dynamics_start", start);
  PetscCall(Start(c->dim, 5, lower, c->upper, c->boundary, &grid[1], &dynamics[1]));
  const PetscReal begin = OttoDynamicsGetStart(dynamics[0]);
  TestTrue(OttoDynamicsIsAutonomous(dynamics[0]) == OttoDynamicsIsAutonomous(dynamics[1]),
           "whether it knows the time");
  for (int i = 0; i < 2; i++) {
    PetscCall(OttoFlowMapCreateCells(dynamics[i], grid[i], begin, PETSC_TRUE, &map[i]));
    PetscCall(OttoFlowMapAdvance(map[i], begin + 1));
  }
  for (PetscInt64 p = 0; p < OttoFlowMapGetCount(map[0]); p++) {
    for (PetscInt j = 0; j < c->dim; j++)
      far[0] = PetscMax(far[0], fabs(OttoFlowMapGetPositions(map[0])[j][p] -
                                     OttoFlowMapGetPositions(map[1])[j][p]));
    for (PetscInt i = 0; i < c->dim * c->dim; i++)
      far[1] = PetscMax(far[1], fabs(OttoFlowMapGetDerivative(map[0])[i][p] -
                                     OttoFlowMapGetDerivative(map[1])[i][p]));
    far[2] = PetscMax(
        far[2], fabs(OttoFlowMapGetLogJacobian(map[0])[p] - OttoFlowMapGetLogJacobian(map[1])[p]));
  }
  PetscCall(OttoFlowMapGetReport(map[0], &report));
  /* both err by the tolerance 1e-10 at most, times sides of up to 2 pi and derivatives of up to 10
   */
  TestTrue(far[0] < 1e-9 && far[1] < 2e-9 && far[2] < 1e-9, c->type);
  TestTrue(report.determinant < 1e-9 && report.lost == 0, c->type);
  if (!(far[0] < 1e-9 && far[1] < 2e-9 && far[2] < 1e-9 && report.determinant < 1e-9))
    fprintf(stderr, "  %g %g %g %g\n", far[0], far[1], far[2], report.determinant);
  for (int i = 0; i < 2; i++) PetscCall(Stop(&map[i], &dynamics[i], &grid[i]));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestMembers(void)
{
  PetscFunctionBegin;
  for (int i = 0; i < CASES; i++) PetscCall(CheckCase(&cases[i]));
  PetscFunctionReturn(0);
}

/* Phases beyond what vector code serves: the same velocities by the C library. */
static PetscErrorCode TestFar(void)
{
  const PetscReal lower[3] = {0, 0, 0}, upper[3] = {2 * M_PI, 2 * M_PI, 2 * M_PI};
  PetscReal at[3][1], value[3], slopes[9][1];
  const PetscReal *x[3] = {at[0], at[1], at[2]};
  PetscReal *v[3] = {&value[0], &value[1], &value[2]}, *gradient[9];
  OttoGrid grid;
  OttoDynamics abc;
  OttoFlowMap none = NULL;

  PetscFunctionBegin;
  Set("-dynamics_type", "abc");
  PetscCall(Start(3, 4, lower, upper, OTTO_BOUNDARY_PERIODIC, &grid, &abc));
  for (int i = 0; i < 9; i++) gradient[i] = slopes[i];
  for (int far = 0; far < 2; far++) {
    at[0][0] = far ? 1e9 : 1;
    at[1][0] = 2;
    at[2][0] = 3;
    PetscCall(OttoDynamicsVelocity(abc, 0, 1, x, v, gradient));
    TestClose(value[1], sqrt(2) * sin(at[0][0]) + sqrt(3) * cos(3), 1e-14, "v");
    TestClose(slopes[3][0], sqrt(2) * cos(at[0][0]), 1e-14, "its gradient");
  }
  PetscCall(Stop(&none, &abc, &grid));
  PetscFunctionReturn(0);
}

/* ---- lost points ---- */

/* A wind down in a box with walls: who begins within its reach of the floor is lost, where one step
 * left him, and the others of the same batch, who stand behind him in it, go on as if alone. */
static PetscErrorCode TestLost(void)
{
  const PetscReal lower[2] = {0, 0}, upper[2] = {1, 1};
  PetscInt64 expected = 0, wrong = 0;
  PetscReal worst = 0;
  OttoGrid grid;
  OttoDynamics wind;
  OttoFlowMap map;
  OttoFlowMapReport report;

  PetscFunctionBegin;
  Set("-dynamics_type", "formula", "-dynamics_formula", "0, 0-1-0.5*sin(9*y)");
  PetscCall(Start(2, 20, lower, upper, OTTO_BOUNDARY_NO_FLUX, &grid, &wind));
  PetscCall(OttoFlowMapCreateCells(wind, grid, 0, PETSC_TRUE, &map));
  PetscCall(OttoFlowMapAdvance(map, 0.25));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  for (PetscInt64 p = 0; p < g->local_cells; p++) {
    PetscReal from[OTTO_MAX_DIM], y, t = 0.25;
    OttoGridCellCentre(g, p, from);
    /* by 20000 steps of the midpoint rule: h²/24 of third derivatives below 100, 1e-9 */
    y = from[1];
    for (int i = 0; i < 20000; i++) {
      const PetscReal h = t / 20000, half = y - h / 2 * (1 + 0.5 * sin(9 * y));
      y -= h * (1 + 0.5 * sin(9 * half));
    }
    const PetscBool lost = OttoFlowMapGetLost(map)[p];
    wrong += lost != (y < 0);
    expected += y < 0;
    if (!lost) worst = PetscMax(worst, fabs(OttoFlowMapGetPositions(map)[1][p] - y));
    if (lost) wrong += !(OttoFlowMapGetPositions(map)[1][p] < 0);
  }
  TestTrue(wrong == 0, "who is lost, and only these, stand outside");
  TestTrue(worst < 1e-8, "the others go on");
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &expected, 1, MPIU_INT64, MPI_SUM, PETSC_COMM_WORLD));
  PetscCall(OttoFlowMapGetReport(map, &report));
  TestTrue(report.lost == expected && expected > 0 && expected < g->cells, "they are counted");
  PetscCall(OttoFlowMapAdvance(map, 20)); /* all */
  PetscCall(OttoFlowMapGetReport(map, &report));
  TestTrue(report.lost == g->cells, "all are lost in the end");
  const PetscInt64 steps = report.steps;
  PetscCall(OttoFlowMapAdvance(map, 30));
  PetscCall(OttoFlowMapGetReport(map, &report));
  TestTrue(report.steps == steps && OttoFlowMapGetTime(map) == 30, "then nothing is left to do");
  PetscCall(Stop(&map, &wind, &grid));
  PetscFunctionReturn(0);
}

/* ---- failures ---- */

/* dx/dt = x² is infinite at t = 1/x: no step is small enough, on the rank whose point it is. What
 * is not finite beyond a wall is only met by trial steps, which are refused. */
static PetscErrorCode TestFailures(void)
{
  const PetscReal lower[2] = {-1, -1}, upper[2] = {1, 1};
  PetscReal at[2] = {0.5, 0.1};
  const PetscReal *x[2] = {&at[0], &at[1]};
  OttoGrid grid;
  OttoDynamics dynamics;
  OttoFlowMap map;

  PetscFunctionBegin;
  Set("-dynamics_type", "formula", "-dynamics_formula", "x^2, -y");
  PetscCall(Start(2, 5, lower, upper, OTTO_BOUNDARY_OPEN, &grid, &dynamics));
  PetscCall(OttoFlowMapCreate(dynamics, Rank() ? 0 : 1, x, 0, PETSC_FALSE, &map));
  PetscCall(OttoFlowMapAdvance(map, 1));
  if (Rank() == 0) TestClose(OttoFlowMapGetPositions(map)[0][0], 1, 1e-9, "1/(2 − t)");
  TestTrue(OttoFlowMapGetDerivative(map) == NULL, "DΦ was not asked for");
  if (Rank() == 0) TestClose(OttoFlowMapGetLogJacobian(map)[0], 2 * log(2) - 1, 1e-9, "log J");
  TestFails(OttoFlowMapAdvance(map, 3), OTTO_ERR_SOLVER, "t = 1.999");
  TestFails(OttoFlowMapAdvance(map, NAN), OTTO_ERR_INPUT, "dynamics_times");
  TestFails(OttoFlowMapSetTolerance(map, 0), OTTO_ERR_INPUT, "dynamics_tolerance");
  TestFails(OttoFlowMapSetTolerance(map, 0.2), OTTO_ERR_INPUT, "dynamics_tolerance");
  PetscCall(Stop(&map, &dynamics, &grid));
  /* dx/dt = −√(1 − x)(1 − x)... stays below 1, but its stages may look beyond */
  Set("-dynamics_type", "formula", "-dynamics_formula", "(1-x)*sqrt(1-x), 0");
  PetscCall(Start(2, 5, lower, upper, OTTO_BOUNDARY_OPEN, &grid, &dynamics));
  PetscCall(OttoFlowMapCreate(dynamics, Rank() ? 0 : 1, x, 0, PETSC_TRUE, &map));
  PetscCall(OttoFlowMapAdvance(map, 10));
  /* u = 1 − x: du/dt = −u^1.5, 1/√u = 1/√u0 + t/2 */
  if (Rank() == 0)
    TestClose(OttoFlowMapGetPositions(map)[0][0], 1 - 1 / PetscSqr(sqrt(2) + 5), 1e-8, "x below 1");
  PetscCall(Stop(&map, &dynamics, &grid));
  Set("-dynamics_type", "formula", "-dynamics_formula", "sqrt(x), 0");
  PetscCall(Start(2, 5, (PetscReal[]){0.1, 0}, upper, OTTO_BOUNDARY_OPEN, &grid, &dynamics));
  at[0] = -0.5;
  PetscCall(OttoFlowMapCreate(dynamics, Rank() ? 0 : 1, x, 0, PETSC_FALSE, &map));
  TestFails(OttoFlowMapAdvance(map, 1), OTTO_ERR_NUMERICAL, "dynamics_formula");
  PetscCall(Stop(&map, &dynamics, &grid));
  Set("-dynamics_type", "double_gyre");
  TestFails(Start(2, 5, lower, upper, OTTO_BOUNDARY_NO_FLUX, &grid, &dynamics), OTTO_ERR_INPUT,
            "walls of double_gyre");
  PetscCall(OttoGridDestroy(&grid));
  Set("-dynamics_type", "double_gyre", "-dynamics_epsilon", "0.6");
  TestFails(Start(2, 5, (PetscReal[]){0, 0}, (PetscReal[]){2, 1}, OTTO_BOUNDARY_NO_FLUX, &grid,
                  &dynamics),
            OTTO_ERR_INPUT, "dynamics_epsilon: 0.6");
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* ---- tolerances ---- */

/* The error of a looser tolerance is below it, not a million times so, and falls with it. */
static PetscErrorCode TestTolerance(void)
{
  const PetscReal lower[2] = {-3, -3}, upper[2] = {3, 3}, tolerances[3] = {1e-3, 1e-6, 1e-9};
  PetscReal error[3] = {0}, angle = 2, speed = 0;
  PetscInt64 steps[3];
  const PetscReal *x[2] = {&angle, &speed};
  OttoGrid grid;
  OttoDynamics pendulum;
  OttoFlowMap map, sharp;

  PetscFunctionBegin;
  Set("-dynamics_type", "pendulum", "-dynamics_tolerance", "1e-13");
  PetscCall(Start(2, 5, lower, upper, OTTO_BOUNDARY_OPEN, &grid, &pendulum));
  PetscCall(OttoFlowMapCreate(pendulum, 1, x, 0, PETSC_TRUE, &sharp));
  PetscCall(OttoFlowMapAdvance(sharp, 5));
  for (int i = 0; i < 3; i++) {
    OttoFlowMapReport report;
    PetscCall(OttoFlowMapCreate(pendulum, 1, x, 0, PETSC_TRUE, &map));
    PetscCall(OttoFlowMapSetTolerance(map, tolerances[i]));
    PetscCall(OttoFlowMapAdvance(map, 5));
    PetscCall(OttoFlowMapGetReport(map, &report));
    steps[i] = report.steps;
    for (int j = 0; j < 2; j++)
      error[i] = PetscMax(error[i], fabs(OttoFlowMapGetPositions(map)[j][0] -
                                         OttoFlowMapGetPositions(sharp)[j][0]));
    TestTrue(error[i] < 30 * 6 * tolerances[i], "5 units, side 6, and what the flow makes of it");
    TestTrue(error[i] > 1e-6 * tolerances[i], "and no more steps than that needs");
    PetscCall(OttoFlowMapDestroy(&map));
  }
  /* a thousand times less error per unit time, of order 7: steps 1000^(1/7) = 2.7 times as many */
  for (int i = 1; i < 3; i++)
    TestTrue((double)steps[i] / (double)steps[i - 1] > 1.6 && steps[i] < 5 * steps[i - 1], "steps");
  PetscCall(Stop(&sharp, &pendulum, &grid));
  PetscFunctionReturn(0);
}

/* What a tolerance would let be one step is as many as are asked for, each way. */
static PetscErrorCode TestLeastSteps(void)
{
  const PetscReal lower[2] = {-3, -3}, upper[2] = {3, 3}, y[2] = {0.5, 0.25};
  const PetscReal *x[2] = {&y[0], &y[1]};
  const PetscInt least[] = {1, 4, 9};
  OttoGrid grid;
  OttoDynamics pendulum;
  OttoFlowMap map;

  PetscFunctionBegin;
  Set("-dynamics_type", "pendulum", "-dynamics_tolerance", "0.1");
  PetscCall(Start(2, 5, lower, upper, OTTO_BOUNDARY_OPEN, &grid, &pendulum));
  for (int i = 0; i < 3; i++) {
    OttoFlowMapReport report;
    PetscCall(OttoFlowMapCreate(pendulum, Rank() ? 0 : 1, x, 0, PETSC_TRUE, &map));
    PetscCall(OttoFlowMapSetLeastSteps(map, least[i]));
    for (int k = 1; k <= 2; k++) { /* there, and back */
      PetscCall(OttoFlowMapAdvance(map, k == 1 ? 0.25 : 0));
      PetscCall(OttoFlowMapGetReport(map, &report));
      TestTrue(report.steps == k * least[i] && report.rejected == 0, "no more than asked for");
    }
    TestFails(OttoFlowMapSetLeastSteps(map, 0), OTTO_ERR_INPUT, "0 steps to a time");
    PetscCall(OttoFlowMapDestroy(&map));
  }
  PetscCall(Stop(&map, &pendulum, &grid));
  PetscFunctionReturn(0);
}

/* ---- maps ---- */

/* Henon's map, three iterates and back: DΦ by differences of the map itself, log J = 3 log 0.3. */
static PetscErrorCode TestIterates(void)
{
  const PetscReal lower[2] = {-2, -2}, upper[2] = {2, 2}, h = 1e-5;
  const PetscReal along[5] = {0.1, 0.1 + h, 0.1 - h, 0.1, 0.1},
                  up[5] = {0.2, 0.2, 0.2, 0.2 + h, 0.2 - h};
  const PetscReal *x[2] = {along, up};
  OttoGrid grid;
  OttoDynamics henon;
  OttoFlowMap map;
  OttoFlowMapReport report;

  PetscFunctionBegin;
  Set("-dynamics_type", "henon");
  PetscCall(Start(2, 5, lower, upper, OTTO_BOUNDARY_OPEN, &grid, &henon));
  PetscCall(OttoFlowMapCreate(henon, 5, x, 0, PETSC_TRUE, &map));
  PetscCall(OttoFlowMapAdvance(map, 3));
  const PetscReal *const *y = OttoFlowMapGetPositions(map);
  const PetscReal *const *D = OttoFlowMapGetDerivative(map);
  for (int i = 0; i < 2; i++)
    for (int j = 0; j < 2; j++) /* h² is 1e-10, rounding over h 1e-11 */
      TestClose(D[2 * i + j][0], (y[i][1 + 2 * j] - y[i][2 + 2 * j]) / (2 * h), 1e-7, "DΦ");
  TestClose(OttoFlowMapGetLogJacobian(map)[0], 3 * log(0.3), 1e-14, "log J");
  PetscCall(OttoFlowMapGetReport(map, &report));
  TestTrue(report.determinant < 1e-13, "det DΦ");
  TestFails(OttoFlowMapAdvance(map, 3.5), OTTO_ERR_INPUT, "whole");
  PetscCall(OttoFlowMapAdvance(map, 0));
  for (int p = 0; p < 5; p++) { /* b = 0.3 thrice divided: 37 roundings */
    TestClose(y[0][p], along[p], 1e-13, "back");
    TestClose(y[1][p], up[p], 1e-13, "back");
    TestClose(D[0][p], 1, 1e-12, "DΦ back");
    TestClose(D[1][p], 0, 1e-12, "DΦ back");
  }
  PetscCall(Stop(&map, &henon, &grid));
  PetscFunctionReturn(0);
}

/* ---- keeping ---- */

/* One that goes on and one that takes over go alike, to the last bit, lost points among them. */
static PetscErrorCode TestKeep(void)
{
  const PetscReal lower[2] = {0, 0}, upper[2] = {1, 1};
  PetscInt64 unlike = 0, lost = 0;
  OttoGrid grid;
  OttoDynamics wind;
  OttoFlowMap map, other;
  OttoFlowMapReport one, two;
  OttoKeep keep;

  PetscFunctionBegin;
  Set("-dynamics_type", "formula", "-dynamics_formula", "sin(5*y)*cos(t), cos(3*x)");
  PetscCall(Start(2, 6, lower, upper, OTTO_BOUNDARY_NO_FLUX, &grid, &wind));
  PetscCall(OttoFlowMapCreateCells(wind, grid, 0, PETSC_TRUE, &map));
  PetscCall(OttoFlowMapCreateCells(wind, grid, 0, PETSC_TRUE, &other));
  PetscCall(OttoFlowMapAdvance(map, 0.5));
  PetscCall(OttoKeepCreate(&keep));
  PetscCall(OttoFlowMapKeep(map, keep));
  PetscCall(OttoKeepSetDirection(keep, OTTO_KEEP_TAKE));
  PetscCall(OttoFlowMapKeep(other, keep));
  PetscCall(OttoKeepDestroy(&keep));
  TestTrue(OttoFlowMapGetTime(other) == 0.5, "the time is taken over");
  PetscCall(OttoFlowMapAdvance(map, 0.9));
  PetscCall(OttoFlowMapAdvance(other, 0.9));
  for (PetscInt64 p = 0; p < OttoFlowMapGetCount(map); p++) {
    lost += OttoFlowMapGetLost(map)[p];
    unlike += OttoFlowMapGetLost(map)[p] != OttoFlowMapGetLost(other)[p];
    unlike += OttoFlowMapGetPositions(map)[1][p] != OttoFlowMapGetPositions(other)[1][p];
    unlike += OttoFlowMapGetDerivative(map)[1][p] != OttoFlowMapGetDerivative(other)[1][p];
    unlike += OttoFlowMapGetLogJacobian(map)[p] != OttoFlowMapGetLogJacobian(other)[p];
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &lost, 1, MPIU_INT64, MPI_SUM, PETSC_COMM_WORLD));
  PetscCall(OttoFlowMapGetReport(map, &one));
  PetscCall(OttoFlowMapGetReport(other, &two));
  TestTrue(unlike == 0 && lost > 0, "to the last bit");
  TestTrue(one.steps == two.steps && one.rejected == two.rejected &&
               one.evaluations == two.evaluations && one.lost == two.lost,
           "what it took, too");
  TestTrue(OttoFlowMapBytes(map) > sizeof(PetscReal) * 7 * (size_t)OttoFlowMapGetCount(map),
           "bytes");
  PetscCall(OttoFlowMapDestroy(&other));
  PetscCall(Stop(&map, &wind, &grid));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestMembers, TestFar, TestLost, TestFailures, TestTolerance, TestLeastSteps,
                   TestIterates, TestKeep});
}
