/* ranks: 1 2 3
 * Points along flows against closed forms: a pendulum by Jacobi's elliptic functions, linear fields
 * by exponentials, what a velocity carries along itself, what keeps volume and what does not;
 * forwards and back; points that are lost; the same points on any ranks.
 */
#include "density_setup.h"
#include "jacobi.h"

typedef long double Real;

/* n cells a side of the box [lower, upper] and a system on it. */
static PetscErrorCode Start(MPI_Comm comm, PetscInt dim, PetscInt64 n, const PetscReal lower[],
                            const PetscReal upper[], OttoBoundary boundary, OttoGrid *grid,
                            OttoDynamics *dynamics)
{
  const PetscInt64 sizes[3] = {n, n + 1, n};
  const OttoBoundary boundaries[3] = {boundary, boundary, boundary};

  PetscFunctionBegin;
  PetscCall(MakeBoxOn(comm, dim, sizes, lower, upper, boundaries, grid));
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

/* ---- a pendulum ---- */

/* Swinging from the bottom with speed 2k, and turning over: sin(x/2) = k sn(t, k); of k > 1 by
 * sn(u, k) = sn(ku, 1/k)/k, whole turns counted by the energy's sign. Steps err by less than the
 * tolerance 1e-10 per unit time and side (2π); what errs in energy turns up 20 times in phase after
 * 20 units: 20·20·2π·1e-10 bounds it, and far less is expected, for the estimate is of lower order.
 */
static PetscErrorCode TestPendulum(void)
{
  const PetscReal lower[2] = {-M_PI, -4}, upper[2] = {M_PI, 4};
  OttoGrid grid;
  OttoDynamics pendulum;
  OttoFlowMap map;
  PetscReal angle[9], speed[9], worst = 0, along = 0, energy = 0;
  const PetscReal *x[2] = {angle, speed};

  PetscFunctionBegin;
  Set("-dynamics_type", "pendulum");
  PetscCall(Start(PETSC_COMM_WORLD, 2, 8, lower, upper, OTTO_BOUNDARY_OPEN, &grid, &pendulum));
  for (int p = 0; p < 9; p++) {
    angle[p] = 0;
    speed[p] = 2 * (0.1 + 0.1 * p);
  }
  PetscCall(OttoFlowMapCreate(pendulum, 9, x, 0, PETSC_TRUE, &map));
  PetscCall(OttoFlowMapAdvance(map, 7));
  PetscCall(OttoFlowMapAdvance(map, 20));
  const PetscReal *const *y = OttoFlowMapGetPositions(map);
  const PetscReal *const *D = OttoFlowMapGetDerivative(map);
  for (int p = 0; p < 9; p++) {
    const Real k = 0.1L + 0.1L * p;
    Real sn, cn;
    Jacobi(20, k, &sn, &cn);
    const PetscReal at = (PetscReal)(2 * asinl(k * sn)), going = (PetscReal)(2 * k * cn);
    worst = PetscMax(worst, PetscMax(fabs(y[0][p] - at), fabs(y[1][p] - going)));
    /* DΦ v(0) = v(t), v(0) = (2k, 0); ∇H(t) DΦ = ∇H(0), H = y²/2 − cos x */
    const PetscReal scale = fabs(D[0][p]) + fabs(D[1][p]) + fabs(D[2][p]) + fabs(D[3][p]);
    along = PetscMax(along, fabs(D[0][p] * speed[p] - going) / scale);
    along = PetscMax(along, fabs(D[2][p] * speed[p] + sin(at)) / scale);
    energy = PetscMax(energy, fabs(sin(at) * D[0][p] + going * D[2][p]) / scale);
    energy = PetscMax(energy, fabs(sin(at) * D[1][p] + going * D[3][p] - speed[p]) / scale);
  }
  TestTrue(worst < 1e-9, "where a pendulum is after 20 units");
  TestTrue(along < 1e-9, "DΦ carries the velocity along");
  TestTrue(energy < 1e-9, "DΦ keeps the gradient of the energy");
  if (!(worst < 1e-9 && along < 1e-9 && energy < 1e-9))
    fprintf(stderr, "  %g %g %g\n", worst, along, energy);
  PetscCall(Stop(&map, &pendulum, &grid));
  PetscFunctionReturn(0);
}

/* ---- linear fields ---- */

/* exp(tA) of a d×d matrix by scaling, squaring and 30 terms. */
static void Exponential(int d, const Real A[], Real t, Real E[])
{
  const int squarings = 10;
  Real term[9], next[9];

  for (int i = 0; i < d * d; i++) E[i] = term[i] = i % (d + 1) == 0;
  for (int n = 1; n <= 30; n++) {
    for (int i = 0; i < d; i++)
      for (int j = 0; j < d; j++) {
        next[i * d + j] = 0;
        for (int l = 0; l < d; l++)
          next[i * d + j] += term[i * d + l] * A[l * d + j] * ldexpl(t, -squarings) / n;
      }
    for (int i = 0; i < d * d; i++) E[i] += term[i] = next[i];
  }
  for (int s = 0; s < squarings; s++) {
    for (int i = 0; i < d; i++)
      for (int j = 0; j < d; j++) {
        next[i * d + j] = 0;
        for (int l = 0; l < d; l++) next[i * d + j] += E[i * d + l] * E[l * d + j];
      }
    memcpy(E, next, sizeof next);
  }
}

/* dx/dt = A x + what stands in the text, of d axes: Φ = exp(tA), log J = t tr A, forwards and
 * backwards. Errors are the tolerance's, 2 units of time, times the norm of exp(tA), about 10;
 * those of the gradient by differences, 1e-13 of it, are less. */
static PetscErrorCode CheckLinear(int d, char *text, const Real A[], PetscReal t)
{
  const PetscReal lower[3] = {-1, -1, -1}, upper[3] = {1, 1, 1};
  OttoGrid grid;
  OttoDynamics linear;
  OttoFlowMap map;
  OttoFlowMapReport report;
  PetscReal start[3][7], worst = 0, derivative = 0, jacobian = 0, error;
  const PetscReal *x[3] = {start[0], start[1], start[2]};
  Real E[9], trace = 0;

  PetscFunctionBegin;
  Set("-dynamics_type", "formula", "-dynamics_formula", text);
  PetscCall(Start(PETSC_COMM_WORLD, d, 6, lower, upper, OTTO_BOUNDARY_OPEN, &grid, &linear));
  for (int p = 0; p < 7; p++)
    for (int j = 0; j < d; j++) start[j][p] = sin(3. * p + 2 * j);
  PetscCall(OttoFlowMapCreate(linear, 7, x, 0, PETSC_TRUE, &map));
  PetscCall(OttoFlowMapAdvance(map, t));
  Exponential(d, A, t, E);
  for (int i = 0; i < d; i++) trace += A[i * d + i];
  for (int p = 0; p < 7; p++) {
    for (int i = 0; i < d; i++) {
      Real at = 0;
      for (int j = 0; j < d; j++) {
        at += E[i * d + j] * start[j][p];
        const PetscReal off = OttoFlowMapGetDerivative(map)[i * d + j][p] - (PetscReal)E[i * d + j];
        derivative = PetscMax(derivative, fabs(off));
      }
      worst = PetscMax(worst, fabs(OttoFlowMapGetPositions(map)[i][p] - (PetscReal)at));
    }
    const PetscReal off = OttoFlowMapGetLogJacobian(map)[p] - (PetscReal)(t * trace);
    jacobian = PetscMax(jacobian, fabs(off));
  }
  TestTrue(worst < 2e-9, "positions of a linear field");
  TestTrue(derivative < 2e-9, "DΦ of a linear field");
  TestTrue(jacobian < 1e-10, "log J of a linear field");
  if (!(worst < 2e-9 && derivative < 2e-9 && jacobian < 1e-10))
    fprintf(stderr, "  %s: %g %g %g\n", text, worst, derivative, jacobian);
  PetscCall(OttoFlowMapGetReport(map, &report));
  TestTrue(report.determinant < 1e-9, "det DΦ against log J");
  PetscCall(OttoDynamicsDerivativeError(linear, &error));
  TestTrue(error > 0 && error < 1e-11, "what differences err by");
  PetscCall(Stop(&map, &linear, &grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestLinear(void)
{
  static const Real one[1] = {0.7L}, two[4] = {0.3L, -1.1L, 0.6L, -0.5L},
                    three[9] = {0.2L, 0.9L, 0, -0.7L, -0.4L, 0.5L, 0.1L, 0, 0.6L};

  PetscFunctionBegin;
  PetscCall(CheckLinear(1, "0.7*x", one, 2));
  PetscCall(CheckLinear(2, "0.3*x-1.1*y, 0.6*x-0.5*y", two, 2));
  PetscCall(CheckLinear(2, "0.3*x-1.1*y, 0.6*x-0.5*y", two, -2));
  PetscCall(CheckLinear(3, "0.2*x+0.9*y, -0.7*x-0.4*y+0.5*z, 0.1*x+0.6*z", three, 2));
  PetscFunctionReturn(0);
}

/* ---- what changes volume, and time ---- */

/* The logistic law in x, which does not look at y, and dy/dt = cos(2t) x-free: x(t) = 1/(1 + (1/x −
 * 1)e^−t), y(t) = y + (sin 2t − sin 2s)/2; ∂x(t)/∂x = x(t)² e^−t/x². */
static PetscErrorCode TestLogistic(void)
{
  const PetscReal lower[2] = {0, 0}, upper[2] = {1, 1}, begin = 0.5;
  OttoGrid grid;
  OttoDynamics logistic;
  OttoFlowMap map;
  OttoFlowMapReport report;
  PetscReal worst[4] = {0};

  PetscFunctionBegin;
  Set("-dynamics_type", "formula", "-dynamics_formula", "x*(1-x), cos(2*t)", "-dynamics_start",
      "0.5");
  PetscCall(Start(PETSC_COMM_WORLD, 2, 5, lower, upper, OTTO_BOUNDARY_OPEN, &grid, &logistic));
  TestTrue(OttoDynamicsGetStart(logistic) == begin && !OttoDynamicsIsAutonomous(logistic), "start");
  PetscCall(OttoFlowMapCreateCells(logistic, grid, begin, PETSC_TRUE, &map));
  PetscCall(OttoFlowMapAdvance(map, begin + 3));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  for (PetscInt64 p = 0; p < g->local_cells; p++) {
    PetscReal from[OTTO_MAX_DIM];
    OttoGridCellCentre(g, p, from);
    const PetscReal x = 1 / (1 + (1 / from[0] - 1) * exp(-3));
    const PetscReal y = from[1] + (sin(7) - sin(1)) / 2, slope = PetscSqr(x / from[0]) * exp(-3);
    const PetscReal off[4] = {OttoFlowMapGetPositions(map)[0][p] - x,
                              OttoFlowMapGetPositions(map)[1][p] - y,
                              OttoFlowMapGetDerivative(map)[0][p] - slope,
                              OttoFlowMapGetLogJacobian(map)[p] - log(slope)};
    for (int i = 0; i < 4; i++) worst[i] = PetscMax(worst[i], fabs(off[i]));
  }
  /* 3 units at 1e-10, which the field's slope, at most 1, may raise by e³ */
  for (int i = 0; i < 4; i++) TestTrue(worst[i] < 6e-9, "the logistic law beside a clock");
  PetscCall(OttoFlowMapGetReport(map, &report));
  TestTrue(report.determinant < 1e-9, "det DΦ against the integrated divergence");
  TestTrue(report.points == g->cells && report.lost == 0 && report.steps > 0, "report");
  PetscCall(Stop(&map, &logistic, &grid));
  PetscFunctionReturn(0);
}

/* ---- forwards and back ---- */

/* The double gyre over 15 units with A = 0.1, e = 1/4, omega = 2 pi/10, from the cells' centres:
 * det DΦ = 1 to 1e-9, and back to where they began to 1e-8. Stretching by e^λt ≤ 400 raises an
 * error per unit time of a hundredth of the tolerance, which is the rule, to 6e-9. */
static PetscErrorCode TestDoubleGyre(void)
{
  const PetscReal lower[2] = {0, 0}, upper[2] = {2, 1};
  OttoGrid grid;
  OttoDynamics gyre;
  OttoFlowMap map;
  OttoFlowMapReport report;
  PetscReal worst = 0, identity = 0;

  PetscFunctionBegin;
  Set("-dynamics_type", "double_gyre");
  PetscCall(Start(PETSC_COMM_WORLD, 2, 40, lower, upper, OTTO_BOUNDARY_NO_FLUX, &grid, &gyre));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscCall(OttoFlowMapCreateCells(gyre, grid, 0, PETSC_TRUE, &map));
  PetscCall(OttoFlowMapAdvance(map, 15));
  PetscCall(OttoFlowMapGetReport(map, &report));
  TestTrue(report.determinant < 1e-9, "det DΦ = 1");
  TestTrue(report.lost == 0, "its walls keep points in");
  PetscCall(OttoFlowMapAdvance(map, 0));
  for (PetscInt64 p = 0; p < g->local_cells; p++) {
    PetscReal from[OTTO_MAX_DIM];
    OttoGridCellCentre(g, p, from);
    for (int j = 0; j < 2; j++)
      worst = PetscMax(worst, fabs(OttoFlowMapGetPositions(map)[j][p] - from[j]));
    for (int i = 0; i < 4; i++)
      identity = PetscMax(identity, fabs(OttoFlowMapGetDerivative(map)[i][p] - (i % 3 == 0)));
  }
  TestTrue(worst < 1e-8, "the round trip of points");
  /* where a point errs by δ, DΦ errs by ∂²Φ δ, another factor of 400 */
  TestTrue(identity < 4e-6, "the round trip of DΦ");
  PetscCall(Stop(&map, &gyre, &grid));
  PetscFunctionReturn(0);
}

/* The cells of a rank go where they go on one rank alone, to the last bit. */
static PetscErrorCode TestRanks(void)
{
  const PetscReal lower[2] = {0, 0}, upper[2] = {2, 1};
  OttoGrid grid, alone;
  OttoDynamics gyre, mine;
  OttoFlowMap map, whole;
  PetscInt64 unlike = 0;

  PetscFunctionBegin;
  Set("-dynamics_type", "double_gyre");
  PetscCall(Start(PETSC_COMM_WORLD, 2, 7, lower, upper, OTTO_BOUNDARY_NO_FLUX, &grid, &gyre));
  PetscCall(Start(PETSC_COMM_SELF, 2, 7, lower, upper, OTTO_BOUNDARY_NO_FLUX, &alone, &mine));
  PetscCall(OttoFlowMapCreateCells(gyre, grid, 0, PETSC_TRUE, &map));
  PetscCall(OttoFlowMapCreateCells(mine, alone, 0, PETSC_TRUE, &whole));
  PetscCall(OttoFlowMapAdvance(map, 3));
  PetscCall(OttoFlowMapAdvance(whole, 3));
  const PetscInt64 offset = OttoGridGetInfo(grid)->offset;
  for (PetscInt64 p = 0; p < OttoFlowMapGetCount(map); p++) {
    for (int j = 0; j < 2; j++)
      unlike += OttoFlowMapGetPositions(map)[j][p] != OttoFlowMapGetPositions(whole)[j][offset + p];
    for (int i = 0; i < 4; i++)
      unlike +=
          OttoFlowMapGetDerivative(map)[i][p] != OttoFlowMapGetDerivative(whole)[i][offset + p];
  }
  TestTrue(unlike == 0, "ranks do not show");
  PetscCall(Stop(&map, &gyre, &grid));
  PetscCall(Stop(&whole, &mine, &alone));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestPendulum, TestLinear, TestLogistic, TestDoubleGyre, TestRanks});
}
