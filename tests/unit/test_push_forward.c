/* ranks: 1 2 3
 * Densities carried by maps whose result is known: modes under an automorphism of the torus,
 * Gaussians under linear maps of free space, translations; by asking, by interpolation and by mass.
 */
#include "fixture.h"

/* ---- what tests share ---- */

static PetscErrorCode SetOptions(int count, char *words[])
{
  PetscFunctionBegin;
  PetscCall(PetscOptionsClear(NULL));
  PetscCall(OttoOptionsInsert(NULL, count, words));
  PetscFunctionReturn(0);
}
#define Set(...)                                                                                   \
  PetscCall(SetOptions(sizeof((char *[]){__VA_ARGS__}) / sizeof(char *), (char *[]){__VA_ARGS__}))

/* A density of the options, a system of the options, and the centres carried back by `t`. */
typedef struct {
  OttoGrid grid;
  const OttoGridInfo *g;
  Vec phi, pushed, log_pushed;
  OttoDensityReport density;
  OttoDensityFunction function;
  OttoDynamics dynamics;
  OttoFlowMap back;
  OttoPushForwardReport report;
} Problem;

static PetscErrorCode Begin(OttoGrid grid, PetscReal t, Problem *p)
{
  PetscFunctionBegin;
  memset(p, 0, sizeof *p);
  p->grid = grid;
  p->g = OttoGridGetInfo(grid);
  PetscCall(OttoDensityCreate(grid, "p_", &p->phi, &p->density));
  PetscCall(OttoDensityFunctionCreate(grid, "p_", &p->density, &p->function));
  PetscCall(VecDuplicate(p->phi, &p->pushed));
  PetscCall(VecDuplicate(p->phi, &p->log_pushed));
  PetscCall(OttoDynamicsCreate(grid, &p->dynamics));
  PetscCall(OttoFlowMapCreateCells(p->dynamics, grid, t, PETSC_FALSE, &p->back));
  PetscCall(OttoFlowMapAdvance(p->back, 0));
  PetscFunctionReturn(0);
}

static PetscErrorCode End(Problem *p)
{
  PetscFunctionBegin;
  PetscCall(VecDestroy(&p->phi));
  PetscCall(VecDestroy(&p->pushed));
  PetscCall(VecDestroy(&p->log_pushed));
  PetscCall(OttoDensityFunctionDestroy(&p->function));
  PetscCall(OttoFlowMapDestroy(&p->back));
  PetscCall(OttoDynamicsDestroy(&p->dynamics));
  PetscCall(OttoGridDestroy(&p->grid));
  PetscFunctionReturn(0);
}

typedef PetscReal (*Exact)(const PetscReal x[], const PetscReal c[]); /* its logarithm */

/* Largest |value / exact - 1| and largest |log - exact| / max(1, |exact|). */
static PetscErrorCode Compare(const Problem *p, Vec values, Vec logs, Exact exact,
                              const PetscReal c[], PetscReal off[2])
{
  const PetscScalar *v, *l = NULL;

  PetscFunctionBegin;
  off[0] = off[1] = 0;
  PetscCall(VecGetArrayRead(values, &v));
  if (logs) PetscCall(VecGetArrayRead(logs, &l));
  for (PetscInt64 k = 0; k < p->g->local_cells; k++) {
    PetscReal x[OTTO_MAX_DIM];
    OttoGridCellCentre(p->g, k, x);
    const PetscReal e = exact(x, c), relative = e > -690 ? fabs(v[k] / exp(e) - 1) : v[k] > 1e-290;
    if (!(relative <= off[0])) off[0] = relative;
    if (l && !(fabs(l[k] - e) <= off[1] * PetscMax(1, fabs(e))))
      off[1] = fabs(l[k] - e) / PetscMax(1, fabs(e));
  }
  PetscCall(VecRestoreArrayRead(values, &v));
  if (logs) PetscCall(VecRestoreArrayRead(logs, &l));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, off, 2, MPIU_REAL, MPI_MAX, p->g->comm));
  PetscFunctionReturn(0);
}

/* A grid of so many planes on every mesh of the ranks. */
typedef PetscErrorCode (*OnMesh)(PetscMPIInt p0, PetscMPIInt p1);
static PetscErrorCode Meshes(OnMesh test)
{
  PetscMPIInt size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  PetscCall(test(size, 1));
  if (size > 1) PetscCall(test(1, size));
  PetscFunctionReturn(0);
}

static PetscErrorCode Box(PetscInt dim, PetscInt64 n, PetscReal lower, PetscReal upper,
                          OttoBoundary b, PetscMPIInt p0, PetscMPIInt p1, OttoGrid *grid)
{
  PetscInt64 sizes[3];
  PetscReal low[3], high[3];
  OttoBoundary boundary[3];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < dim; j++) {
    sizes[j] = n + 3 * j;
    low[j] = lower;
    high[j] = upper;
    boundary[j] = b;
  }
  PetscCall(OttoGridCreate(PETSC_COMM_WORLD, grid));
  PetscCall(OttoGridSetBox(*grid, dim, sizes, low, high, boundary));
  PetscCall(OttoGridSetMesh(*grid, p0, p1));
  PetscCall(OttoGridSetUp(*grid));
  PetscFunctionReturn(0);
}

/* ---- exact ---- */

/* 1 + e cos(2 pi k.x): Arnold's cat map three times, (13 8; 8 5), takes k to M^-T k = (5 -8; -8 13)
 * k. k = (1, 2): (-11, 18). Angles of 2 pi times 29 turns at most, right to eps of that. */
static PetscReal Mode(const PetscReal x[], const PetscReal c[])
{
  return log1p(c[0] * cos(2 * PETSC_PI * (c[1] * x[0] + c[2] * x[1])));
}

static PetscErrorCode Cat(PetscMPIInt p0, PetscMPIInt p1)
{
  const PetscReal mode[3] = {0.6, -11, 18};
  OttoGrid grid;
  PetscReal off[2];
  Problem p;

  PetscFunctionBegin;
  Set("-p_density", "formula", "-p_formula", "1+0.6*cos(2*_pi*(x+2*y))", "-dynamics_type",
      "torus_automorphism", "-dynamics_matrix", "2,1,1,1");
  PetscCall(Box(2, 40, 0, 1, OTTO_BOUNDARY_PERIODIC, p0, p1, &grid));
  PetscCall(Begin(grid, 3, &p));
  PetscCall(OttoPushForwardExact(grid, p.function, p.back, p.pushed, p.log_pushed, &p.report));
  PetscCall(Compare(&p, p.pushed, p.log_pushed, Mode, mode, off));
  /* slope of the value over the value: 0.6/0.4 times 2 pi 29 turns, 6 roundings */
  TestTrue(off[0] <= 1.5 * 2 * PETSC_PI * 29 * 6 * 1.1e-16, "a mode on the torus");
  TestTrue(off[1] <= 1.5 * 2 * PETSC_PI * 29 * 6 * 1.1e-16, "its logarithm");
  TestClose(p.report.mass, 1, 1e-14, "its mass");
  TestTrue(p.report.negative == 0 && p.report.error == 0 && p.report.diffusion == 0, "no error");
  PetscCall(End(&p));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestTorus(void)
{
  PetscFunctionBegin;
  PetscCall(Meshes(Cat));
  PetscFunctionReturn(0);
}

/* A Gaussian of mean m and variances s^2 under x -> A x, A = (1.2 0.7; -0.3 0.5), det 0.81, on open
 * axes: mean A m, covariance A diag(s^2) A^T. Of three iterates. c: mean[2], inverse covariance
 * (a, b, d), log of the factor. */
static PetscReal Gauss(const PetscReal x[], const PetscReal c[])
{
  const PetscReal u = x[0] - c[0], v = x[1] - c[1];
  return -(c[2] * u * u + 2 * c[3] * u * v + c[4] * v * v) / 2 + c[5];
}

static void Carry(const PetscReal a[4], const PetscReal mean[2], const PetscReal s2[2],
                  PetscReal c[6])
{
  const PetscReal xx = a[0] * a[0] * s2[0] + a[1] * a[1] * s2[1];
  const PetscReal xy = a[0] * a[2] * s2[0] + a[1] * a[3] * s2[1];
  const PetscReal yy = a[2] * a[2] * s2[0] + a[3] * a[3] * s2[1], det = xx * yy - xy * xy;

  c[0] = a[0] * mean[0] + a[1] * mean[1];
  c[1] = a[2] * mean[0] + a[3] * mean[1];
  c[2] = yy / det;
  c[3] = -xy / det;
  c[4] = xx / det;
  c[5] = -log(2 * PETSC_PI) - log(det) / 2;
}

static PetscErrorCode Linear(PetscMPIInt p0, PetscMPIInt p1)
{
  const PetscReal one[4] = {1.2, 0.7, -0.3, 0.5}, mean[2] = {1, -0.5}, s2[2] = {0.09, 0.04};
  PetscReal power[4] = {1, 0, 0, 1}, c[6], off[2];
  OttoGrid grid;
  Problem p;

  PetscFunctionBegin;
  for (int k = 0; k < 3; k++) {
    const PetscReal next[4] = {
        one[0] * power[0] + one[1] * power[2], one[0] * power[1] + one[1] * power[3],
        one[2] * power[0] + one[3] * power[2], one[2] * power[1] + one[3] * power[3]};
    memcpy(power, next, sizeof power);
  }
  Carry(power, mean, s2, c);
  Set("-p_density", "gaussian_mixture", "-p_mean", "1,-0.5", "-p_sigma", "0.3,0.2",
      "-dynamics_type", "linear", "-dynamics_matrix", "1.2,0.7,-0.3,0.5");
  PetscCall(Box(2, 61, -4, 5, OTTO_BOUNDARY_OPEN, p0, p1, &grid));
  PetscCall(Begin(grid, 3, &p));
  c[5] += log(p.density.factor);
  PetscCall(OttoPushForwardExact(grid, p.function, p.back, p.pushed, p.log_pushed, &p.report));
  PetscCall(Compare(&p, p.pushed, p.log_pushed, Gauss, c, off));
  /* exponents to 690 of the values, of points right to 10 roundings of |A^-1|^3 12: 1e-14 of 1/s */
  TestTrue(off[0] <= 1e-10, "a Gaussian in free space");
  TestTrue(off[1] <= 1e-13, "its logarithm, tails that underflow included");
  /* nothing is cut off by the box: images of 8 widths stay inside, and h is 1/3 of the least width
   */
  PetscCall(End(&p));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestLinear(void)
{
  PetscFunctionBegin;
  PetscCall(Meshes(Linear));
  PetscFunctionReturn(0);
}

/* A flow that has friction and no force, dx/dt = y, dy/dt = -0.5 y, over t = 1.5: A = (1 2(1 - e);
 * 0 e), e = exp(-0.75), and 1/J = 1/e by the integrated divergence. Points are right to 1e-10 of
 * the side and unit time, 1e-9; logarithms change by 37/0.2 a length at e^-690. */
static PetscErrorCode Damped(PetscMPIInt p0, PetscMPIInt p1)
{
  const PetscReal e = exp(-0.75), a[4] = {1, 2 * (1 - e), 0, e};
  const PetscReal mean[2] = {-1, 1}, s2[2] = {0.09, 0.16};
  PetscReal c[6], off[2];
  OttoGrid grid;
  Problem p;

  PetscFunctionBegin;
  Carry(a, mean, s2, c);
  Set("-p_density", "gaussian_mixture", "-p_mean", "-1,1", "-p_sigma", "0.3,0.4", "-dynamics_type",
      "pendulum", "-dynamics_omega", "0", "-dynamics_delta", "0.5");
  PetscCall(Box(2, 41, -4, 5, OTTO_BOUNDARY_OPEN, p0, p1, &grid));
  PetscCall(Begin(grid, 1.5, &p));
  c[5] += log(p.density.factor);
  PetscCall(OttoPushForwardExact(grid, p.function, p.back, p.pushed, p.log_pushed, &p.report));
  PetscCall(Compare(&p, p.pushed, p.log_pushed, Gauss, c, off));
  TestTrue(off[0] <= 1e-6, "a Gaussian under a flow");
  TestTrue(off[1] <= 1e-8, "its logarithm");
  PetscCall(End(&p));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestFlow(void)
{
  PetscFunctionBegin;
  PetscCall(Meshes(Damped));
  PetscFunctionReturn(0);
}

/* Walls: y -> 0.5 y + 0.25 shrinks the box to its middle, twice as dense; what would have come from
 * outside is 0, and its logarithm -inf. Mass is kept: values at centres of half the cells. */
static PetscErrorCode TestWalls(void)
{
  OttoGrid grid;
  Problem p;
  const PetscScalar *v, *l, *w;
  Vec interpolated;

  PetscFunctionBegin;
  Set("-p_density", "formula", "-p_formula", "1+x*x", "-dynamics_type", "map", "-dynamics_map",
      "0.5*x+0.25", "-dynamics_inverse", "2*x-0.5");
  PetscCall(MakeUnit(1, 64, OTTO_BOUNDARY_NO_FLUX, &grid));
  PetscCall(Begin(grid, 1, &p));
  PetscCall(VecDuplicate(p.phi, &interpolated));
  PetscCall(OttoPushForwardExact(grid, p.function, p.back, p.pushed, p.log_pushed, &p.report));
  PetscCall(OttoPushForwardInterpolate(grid, p.phi, p.back, interpolated, &p.report));
  PetscCall(VecGetArrayRead(p.pushed, &v));
  PetscCall(VecGetArrayRead(p.log_pushed, &l));
  PetscCall(VecGetArrayRead(interpolated, &w));
  for (PetscInt64 c = 0; c < p.g->local_cells; c++) {
    PetscReal y;
    OttoGridCellCentre(p.g, c, &y);
    const PetscReal x = 2 * y - 0.5;
    if (x < 0 || x > 1) {
      TestTrue(v[c] == 0 && l[c] == -INFINITY && w[c] == 0, "nothing came from beyond a wall");
      continue;
    }
    /* J by extrapolated differences, 1e-12 */
    TestClose(v[c], p.density.factor * (1 + x * x) * 2, 1e-11, "twice as dense");
    TestClose(w[c], p.density.factor * (1 + x * x) * 2, 1e-8,
              "interpolated: log(1+x^2) at order 6");
  }
  PetscCall(VecRestoreArrayRead(p.pushed, &v));
  PetscCall(VecRestoreArrayRead(p.log_pushed, &l));
  PetscCall(VecRestoreArrayRead(interpolated, &w));
  PetscCall(VecDestroy(&interpolated));
  PetscCall(End(&p));
  PetscFunctionReturn(0);
}

/* A formula that is negative in one place, where one cell of one rank came from: every rank says
 * so, and names the point. */
static PetscErrorCode TestNegative(void)
{
  OttoGrid grid;
  Problem p;

  PetscFunctionBegin;
  Set("-p_density", "formula", "-p_formula", "1-8*exp(-((x-0.75)/0.002)^2)", "-dynamics_type",
      "map", "-dynamics_map", "x+1/64", "-dynamics_inverse", "x-1/64");
  PetscCall(MakeUnit(1, 32, OTTO_BOUNDARY_PERIODIC, &grid));
  PetscCall(Begin(grid, 1, &p));
  TestFails(OttoPushForwardExact(grid, p.function, p.back, p.pushed, NULL, &p.report),
            OTTO_ERR_NUMERICAL, "p_formula: gives -7 at (0.75)");
  PetscCall(End(&p));
  PetscFunctionReturn(0);
}

/* ---- interpolation ---- */

/* Gaussians are exact by their logarithm, mirrored or not; far from a face of an open box. */
static PetscErrorCode Interpolated(PetscMPIInt p0, PetscMPIInt p1)
{
  const PetscReal a[4] = {0.9, 0.4, -0.3, 0.8}, mean[2] = {0.2, -0.3}, s2[2] = {0.36, 0.25};
  PetscReal c[6], off = 0;
  const PetscScalar *v;
  OttoGrid grid;
  Problem p;

  PetscFunctionBegin;
  Set("-p_density", "gaussian_mixture", "-p_mean", "0.2,-0.3", "-p_sigma", "0.6,0.5",
      "-dynamics_type", "linear", "-dynamics_matrix", "0.9,0.4,-0.3,0.8");
  PetscCall(Box(2, 50, -6, 6, OTTO_BOUNDARY_OPEN, p0, p1, &grid));
  PetscCall(Begin(grid, 1, &p));
  Carry(a, mean, s2, c);
  c[5] += log(p.density.factor);
  PetscCall(OttoPushForwardInterpolate(grid, p.phi, p.back, p.pushed, &p.report));
  PetscCall(VecGetArrayRead(p.pushed, &v));
  for (PetscInt64 k = 0; k < p.g->local_cells; k++) {
    PetscReal x[2];
    OttoGridCellCentre(p.g, k, x);
    const PetscReal from[2] = {(0.8 * x[0] - 0.4 * x[1]) / 0.84, (0.3 * x[0] + 0.9 * x[1]) / 0.84};
    if (fabs(from[0]) > 6 || fabs(from[1]) > 6)
      TestTrue(v[k] == 0, "nothing is known beyond an open box");
    else
      off = PetscMax(off, fabs(v[k] / exp(Gauss(x, c)) - 1));
  }
  PetscCall(VecRestoreArrayRead(p.pushed, &v));
  /* logarithms down to -200, weights of a cell sum to 9: 200 eps 9 and 4 more */
  TestTrue(off <= 2e-12, "a Gaussian's logarithm is a polynomial of degree 2");
  TestClose(p.report.mass, 1, 1e-12, "mass");
  TestTrue(p.report.error <= 1e-12, "4 cells say the same");
  TestTrue(p.report.negative == 0 && p.report.least == 0, "positive");
  PetscCall(End(&p));
  PetscFunctionReturn(0);
}

/* exp(sin) under the cat map: order 6; its estimate bounds the error in L1, at order 4. */
static PetscErrorCode Ordered(PetscMPIInt p0, PetscMPIInt p1)
{
  PetscReal off[2], said[2];

  PetscFunctionBegin;
  for (int k = 0; k < 2; k++) {
    OttoGrid grid;
    Problem p;
    Set("-p_density", "formula", "-p_formula", "1.1+sin(2*_pi*x)*cos(2*_pi*y)", "-dynamics_type",
        "torus_automorphism", "-dynamics_matrix", "2,1,1,1");
    /* 41: the map does not take centres to centres, sides being 41 and 44 */
    PetscCall(Box(2, 41 << k, 0, 1, OTTO_BOUNDARY_PERIODIC, p0, p1, &grid));
    PetscCall(Begin(grid, 2, &p));
    PetscCall(OttoPushForwardExact(grid, p.function, p.back, p.log_pushed, NULL, &p.report));
    PetscCall(OttoPushForwardInterpolate(grid, p.phi, p.back, p.pushed, &p.report));
    TestTrue(p.report.negative == 0, "positive");
    said[k] = p.report.error;
    PetscCall(VecAXPY(p.pushed, -1, p.log_pushed));
    PetscCall(VecNorm(p.pushed, NORM_1, &off[k]));
    off[k] *= p.g->cell_volume;
    PetscCall(End(&p));
  }
  const PetscReal order = log2(off[0] / off[1]), lower = log2(said[0] / said[1]);
  TestTrue(order > 5.5 && order < 6.7, "order 6");
  TestTrue(lower > 3.6 && lower < 4.6, "its bound: order 4");
  TestTrue(off[0] < said[0] && off[1] < said[1], "what it says it errs by");
  if (!(order > 5.5 && order < 6.7 && lower > 3.6 && lower < 4.6))
    fprintf(stderr, "orders %g %g: %g %g said %g %g\n", order, lower, off[0], off[1], said[0],
            said[1]);
  PetscFunctionReturn(0);
}

/* Jumps to 0, and by 300 decades to a floor: values below 0 are cut off and counted, and nothing
 * overshoots by a power of the jump: 6 cells overshoot by 1/5 a side, twice. */
static PetscErrorCode Jumps(PetscBool zeros)
{
  PetscReal least, most, before;
  OttoGrid grid;
  Problem p;

  PetscFunctionBegin;
  if (zeros)
    Set("-p_density", "box", "-p_lower", "0.3", "-p_upper", "0.6", "-dynamics_type",
        "torus_automorphism", "-dynamics_matrix", "2,1,1,1");
  else
    Set("-p_density", "formula", "-p_formula", "abs(x-0.5)<0.2 ? 1 : 1e-300", "-dynamics_type",
        "torus_automorphism", "-dynamics_matrix", "2,1,1,1");
  PetscCall(MakeCube(2, (PetscInt64[]){32, 35}, 0, 1, OTTO_BOUNDARY_PERIODIC, &grid));
  PetscCall(Begin(grid, 1, &p));
  PetscCall(OttoPushForwardInterpolate(grid, p.phi, p.back, p.pushed, &p.report));
  PetscCall(OttoFieldRange(grid, p.pushed, &least, &most));
  PetscCall(OttoFieldRange(grid, p.phi, NULL, &before));
  TestTrue(least >= 0, "nothing is negative");
  TestTrue(most <= 1.5 * before, "nothing overshoots");
  TestTrue(p.report.negative > 0 && p.report.least < 0 && p.report.least > -0.5, "counted");
  TestTrue(fabs(p.report.mass - 1) < p.report.error, "mass is off by less than the error said");
  PetscCall(End(&p));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestInterpolation(void)
{
  PetscFunctionBegin;
  PetscCall(Meshes(Interpolated));
  PetscCall(Meshes(Ordered));
  PetscCall(Jumps(PETSC_TRUE));
  PetscCall(Jumps(PETSC_FALSE));
  PetscFunctionReturn(0);
}

/* ---- remap ---- */

/* Mean and variances of a field in the cells. */
static PetscErrorCode Moments(OttoGrid grid, Vec v, PetscReal mean[], PetscReal variance[])
{
  const PetscInt dim = OttoGridGetInfo(grid)->dim;
  PetscReal mass, covariance[9];

  PetscFunctionBegin;
  PetscCall(OttoFieldMoments(grid, v, &mass, mean, covariance));
  for (PetscInt j = 0; j < dim; j++) variance[j] = covariance[j * dim + j];
  PetscFunctionReturn(0);
}

/* Translations by a share w of a cell: what is measured is the variance seen in the cells, over 2
 * and the number of axes; of one part h^2 w(1 - w), whatever the density. Far inside an open box.
 */
static PetscErrorCode Translated(PetscInt dim, PetscReal share, PetscInt parts)
{
  const PetscInt64 n[3] = {21, 22, 14};
  PetscReal mean[3], before[3], moved[3], after[3], sum = 0, expected = 0, mass;
  char map[200] = "", inverse[200] = "";
  OttoGrid grid;
  Problem p;

  PetscFunctionBegin;
  PetscCall(MakeCube(dim, n, 0, 1, OTTO_BOUNDARY_OPEN, &grid));
  for (PetscInt j = 0; j < dim; j++) {
    const PetscReal by = share * OttoGridGetInfo(grid)->h[j];
    snprintf(map + strlen(map), 60, "%s%c+%.17g", j ? "," : "", "xyz"[j], by);
    snprintf(inverse + strlen(inverse), 60, "%s%c-%.17g", j ? "," : "", "xyz"[j], by);
  }
  Set("-p_density", "ball", "-p_center", "0.5", "-p_radius", "0.3", "-p_mass", "2",
      "-dynamics_type", "map", "-dynamics_map", map, "-dynamics_inverse", inverse);
  PetscCall(Begin(grid, 1, &p));
  PetscCall(OttoPushForwardRemap(grid, p.phi, p.dynamics, 0, 1, parts, 0, 1, p.pushed, &p.report));
  PetscCall(Moments(grid, p.phi, mean, before));
  PetscCall(Moments(grid, p.pushed, moved, after));
  for (PetscInt j = 0; j < dim; j++) {
    sum += after[j] - before[j];
    expected += share * (1 - share) * p.g->h[j] * p.g->h[j];
    TestTrue(fabs(moved[j] - mean[j] - share * p.g->h[j]) < 1e-14, "carried as far as it should");
  }
  /* variances near 0.02, sums of squares up to 0.3, to eps: 1e-15 */
  TestTrue(fabs(p.report.diffusion - sum / (2 * dim)) <= 1e-15, "as much variance as is seen");
  if (parts == 1) TestClose(p.report.diffusion, expected / (2 * dim), 1e-10, "h^2 w (1 - w)");
  if (share > 0 || parts > 1) TestTrue(p.report.diffusion > 5e-5, "and that is something");
  PetscCall(OttoFieldIntegral(grid, p.phi, &mass));
  TestClose(p.report.mass, mass, 1e-14, "mass");
  TestTrue(p.report.lost == 0 && p.report.negative == 0, "nothing is lost");
  TestTrue(p.report.error < 1e-12, "points that keep their places to each other lie evenly");
  PetscCall(End(&p));
  PetscFunctionReturn(0);
}

/* The cat map takes the mode (1, 0) to (1, -1), whose amplitude falls by exp(-4 pi^2 (s_before + 2
 * s_behind)): s_before of the mode as it was, s_behind as it is. In L1 the points of stretched
 * cells show more, which stand 2.6/2 cells apart; how much is said, to a quarter (the diffusion is
 * beside it). */
static PetscErrorCode Remapped(PetscMPIInt p0, PetscMPIInt p1)
{
  PetscReal off[2], fallen[2], least;

  PetscFunctionBegin;
  for (int k = 0; k < 2; k++) {
    OttoGrid grid;
    Problem p;
    const PetscScalar *v;
    PetscReal amplitude = 0, x[2];
    Set("-p_density", "formula", "-p_formula", "1+0.9*cos(2*_pi*x)", "-dynamics_type",
        "torus_automorphism", "-dynamics_matrix", "2,1,1,1");
    PetscCall(Box(2, 48 << k, 0, 1, OTTO_BOUNDARY_PERIODIC, p0, p1, &grid));
    PetscCall(Begin(grid, 1, &p));
    PetscCall(OttoPushForwardExact(grid, p.function, p.back, p.log_pushed, NULL, &p.report));
    PetscCall(OttoPushForwardRemap(grid, p.phi, p.dynamics, 0, 1, 2, 0, 1, p.pushed, &p.report));
    PetscCall(OttoFieldRange(grid, p.pushed, &least, NULL));
    TestClose(p.report.mass, 1, 1e-14, "mass");
    TestTrue(least >= 0, "nothing negative");
    PetscCall(VecGetArrayRead(p.pushed, &v));
    for (PetscInt64 c = 0; c < p.g->local_cells; c++) {
      OttoGridCellCentre(p.g, c, x);
      amplitude += 2 * v[c] * cos(2 * PETSC_PI * (x[0] - x[1])) * p.g->cell_volume;
    }
    PetscCall(VecRestoreArrayRead(p.pushed, &v));
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &amplitude, 1, MPIU_REAL, MPI_SUM, p.g->comm));
    fallen[k] = -log(amplitude / 0.9);
    const PetscReal h2[2] = {p.g->h[0] * p.g->h[0], p.g->h[1] * p.g->h[1]};
    const PetscReal before = 0.75 * (h2[0] + h2[1]) / 48; /* of the report; of the mode h2[0]/24 */
    const PetscReal said = 0.75 * h2[0] / 24 + 2 * (p.report.diffusion - before);
    /* the next term of the expansion, (2 pi h)^2/12 of it: 1e-3; shares w are not quite alike */
    TestClose(fallen[k], 4 * PETSC_PI * PETSC_PI * said, 0.02, "the mode falls as K_s lets it");
    PetscCall(VecAXPY(p.pushed, -1, p.log_pushed));
    PetscCall(VecNorm(p.pushed, NORM_1, &off[k]));
    off[k] *= p.g->cell_volume;
    TestTrue(p.report.error > 0.75 * off[k] && p.report.error < 1.25 * off[k],
             "how unevenly points lie says what it errs by");
    PetscCall(End(&p));
  }
  TestTrue(fabs(log2(fallen[0] / fallen[1]) - 2) < 0.1, "second order in the cell width");
  TestTrue(off[0] < 0.01 && off[1] < off[0] / 2, "below a hundredth, and less on finer grids");
  PetscFunctionReturn(0);
}

/* What leaves a box with open or closed faces is counted; the rest keeps its mass. x -> x + 0.25:
 * a quarter of a uniform density goes. */
static PetscErrorCode Leaves(OttoBoundary b)
{
  OttoGrid grid;
  Problem p;

  PetscFunctionBegin;
  Set("-p_density", "uniform", "-dynamics_type", "map", "-dynamics_map", "x+0.25",
      "-dynamics_inverse", "x-0.25");
  PetscCall(MakeUnit(1, 40, b, &grid));
  PetscCall(Begin(grid, 1, &p));
  PetscCall(OttoPushForwardRemap(grid, p.phi, p.dynamics, 0, 1, 2, 0, 1, p.pushed, &p.report));
  TestClose(p.report.lost, 0.25, 1e-14, "a quarter is lost");
  TestClose(p.report.mass, 0.75, 1e-14, "the rest is there");
  TestFails(OttoPushForwardRemap(grid, p.phi, p.dynamics, 0, 1, 0, 0, 1, p.pushed, &p.report),
            OTTO_ERR_INPUT, "push_forward_parts: 0; 1 to 64");
  PetscCall(End(&p));
  PetscFunctionReturn(0);
}

/* Half the box, twice as dense: each point brings half of its volume along, so that the middle is
 * covered once; where it ends, at faces of cells, a quarter of a cell's mass is over the edge: h/2
 * of all the mass in either place, uneven by at most 1. Without J it would be 1 everywhere. */
static PetscErrorCode TestShrinks(void)
{
  OttoGrid grid;
  Problem p;

  PetscFunctionBegin;
  Set("-p_density", "uniform", "-dynamics_type", "map", "-dynamics_map", "0.5*x+0.25",
      "-dynamics_inverse", "2*x-0.5");
  PetscCall(MakeUnit(1, 40, OTTO_BOUNDARY_NO_FLUX, &grid));
  PetscCall(Begin(grid, 1, &p));
  PetscCall(OttoPushForwardRemap(grid, p.phi, p.dynamics, 0, 1, 2, 0, 1, p.pushed, &p.report));
  TestClose(p.report.mass, 1, 1e-14, "mass");
  TestTrue(p.report.error > 0 && p.report.error < 2. / 40, "even but at the ends");
  PetscCall(End(&p));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestRemap(void)
{
  PetscFunctionBegin;
  for (PetscInt dim = 1; dim <= 3; dim++)
    for (PetscInt parts = 1; parts <= 3; parts++) {
      PetscCall(Translated(dim, 0.5, parts));
      PetscCall(Translated(dim, 0.2, parts));
      if (dim == 1) PetscCall(Translated(dim, 0, parts));
    }
  PetscCall(Meshes(Remapped));
  PetscCall(Leaves(OTTO_BOUNDARY_OPEN));
  PetscCall(Leaves(OTTO_BOUNDARY_NO_FLUX));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestTorus, TestLinear, TestFlow, TestWalls, TestNegative, TestInterpolation,
                   TestRemap, TestShrinks});
}
