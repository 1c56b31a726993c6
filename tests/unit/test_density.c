/* ranks: 1 2 3 4
 * Initial densities: a contract for every member of the registry, and closed forms. */
#define _GNU_SOURCE
#include "density_setup.h"

/* Sets options that member `name` accepts on the grid of MakeUneven(). */
static PetscErrorCode SetMember(const char *name, PetscInt dim)
{
  char mean[100] = "", center[100] = "", dataset[8];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < 2 * dim; j++) /* 0.125 and 0.8 on every axis */
    snprintf(mean + strlen(mean), 100 - strlen(mean), "%s%g", j ? "," : "", j < dim ? 0.125 : 0.8);
  snprintf(center, sizeof center, "0.9");
  snprintf(dataset, sizeof dataset, "d%d", (int)dim);
  if (!strcmp(name, "uniform"))
    Set("-p_density", "uniform");
  else if (!strcmp(name, "gaussian_mixture"))
    Set("-p_density", "gaussian_mixture", "-p_mean", mean, "-p_sigma", "0.2,0.35", "-p_weight",
        "3,1");
  else if (!strcmp(name, "ball"))
    Set("-p_density", "ball", "-p_center", center, "-p_radius", dim < 4 ? "0.6" : "1.2");
  else if (!strcmp(name, "box"))
    Set("-p_density", "box", "-p_lower", "-0.2", "-p_upper", "0.9");
  else if (!strcmp(name, "delta"))
    Set("-p_density", "delta", "-p_position", "0.41");
  else if (!strcmp(name, "formula"))
    Set("-p_density", "formula", "-p_formula", "exp(sin(7*x))+x1^2");
  else if (!strcmp(name, "file"))
    Set("-p_density", "file", "-p_path", field_path, "-p_dataset", dataset);
  else if (!strcmp(name, "samples"))
    Set("-p_density", "samples", "-p_path", points_path, "-p_dataset", dataset);
  else
    TestTrue(0, "every member of the registry is in this test");
  PetscFunctionReturn(0);
}

static PetscErrorCode Contract(const char *name, PetscInt dim, OttoBoundary b)
{
  OttoGrid grid;
  OttoDensityReport report;
  Vec p;
  PetscReal mass, least;

  PetscFunctionBegin;
  PetscCall(MakeUneven(PETSC_COMM_WORLD, dim, contract_n, b, &grid));
  PetscCall(SetMember(name, dim));
  PetscCall(OttoDensityCreate(grid, "p_", &p, &report));
  PetscCall(OttoFieldIntegral(grid, p, &mass));
  PetscCall(OttoFieldRange(grid, p, &least, NULL));
  TestClose(mass, 1, 1e-14, name); /* each cell is rounded once: 1e-16 of the mass */
  TestTrue(least >= 0, "no negative cell");
  TestTrue(report.has_zeros == (least == 0), "has_zeros");
  TestTrue(!strcmp(report.type, name), "type");
  TestTrue(report.factor > 0 && isfinite(report.factor), "factor");
  /* the mass is summed in another order, the samples too: a few roundings */
  PetscCall(CompareAlone(grid, b, contract_n, p, 1e-14, name));
  PetscCall(VecDestroy(&p));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestContract(void)
{
  PetscFunctionBegin;
  for (PetscInt dim = 1; dim <= 5; dim++) {
    if (dim == 4) continue;
#define OTTO_MEMBER(name, ...)                                                                     \
  PetscCall(Contract(#name, dim, OTTO_BOUNDARY_PERIODIC));                                         \
  PetscCall(Contract(#name, dim, OTTO_BOUNDARY_NO_FLUX));                                          \
  if (dim == 2) PetscCall(Contract(#name, dim, OTTO_BOUNDARY_OPEN));
#include "density/density.def"
#undef OTTO_MEMBER
  }
  PetscFunctionReturn(0);
}

typedef PetscReal (*Exact)(const PetscReal x[]);

/* Largest relative difference to a closed form. */
static PetscErrorCode CompareExact(OttoGrid grid, Vec p, Exact exact, PetscReal tolerance,
                                   const char *what)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscScalar *a;
  PetscReal x[OTTO_MAX_DIM], worst = 0;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(p, &a));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellCentre(g, c, x);
    PetscReal e = exact(x), off = fabs(a[c] - e) / (e == 0 ? 1 : e);
    if (!(off <= worst)) worst = off;
  }
  PetscCall(VecRestoreArrayRead(p, &a));
  TestClose(worst, 0, tolerance, what);
  PetscFunctionReturn(0);
}

/* Images summed without wit, in long double: shifts of the mean, and of its mirror image. */
static PetscReal images_width, images_mean, images_period;
static int images_mirror;
static PetscReal Images(const PetscReal x[])
{
  long double sum = 0;
  for (int k = -400; k <= 400; k++) {
    long double z = (x[0] - images_mean - k * images_period) / images_width;
    long double m = (x[0] + images_mean - k * images_period) / images_width;
    sum += expl(-z * z / 2) + (images_mirror ? expl(-m * m / 2) : 0);
  }
  return (PetscReal)(sum / (images_width * sqrtl(2 * M_PI)));
}

/* One Gaussian on the unit interval, from far narrower to far wider than the box: the sum over all
 * images, whose integral the cells give to spectral accuracy: the factor is 1. */
static PetscErrorCode TestImages(void)
{
  static char *const widths[] = {"0.03", "0.2", "0.49", "0.99", "1.01", "1.9", "2.1", "9"};

  PetscFunctionBegin;
  for (images_mirror = 0; images_mirror < 2; images_mirror++) {
    OttoGrid grid;
    PetscCall(
        MakeUnit(1, 101, images_mirror ? OTTO_BOUNDARY_NO_FLUX : OTTO_BOUNDARY_PERIODIC, &grid));
    images_period = images_mirror ? 2 : 1;
    images_mean = 0.07;
    for (int i = 0; i < 8; i++) {
      Vec p;
      OttoDensityReport report;
      images_width = atof(widths[i]);
      Set("-p_density", "gaussian_mixture", "-p_mean", "0.07", "-p_sigma", widths[i]);
      PetscCall(OttoDensityCreate(grid, "p_", &p, &report));
      TestClose(report.factor, 1, 1e-14, "mass of a Gaussian on the torus before normalisation");
      /* the exponent, up to z²/2 = 240 here, is rounded to eps·240 */
      PetscCall(CompareExact(grid, p, Images, 2e-13, "sum over images"));
      TestTrue(report.smooth, "smooth");
      TestTrue(!report.has_zeros, "no zeros");
      PetscCall(VecDestroy(&p));
    }
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

/* Mean Σ w m, covariance Σ w (S + (m - mean)(m - mean)ᵀ), in 2D with a width per axis and on an
 * open grid: the Gaussians end 8 widths before the faces (tail 1e-15). */
static PetscErrorCode TestMoments(void)
{
  PetscFunctionBegin;
  for (OttoBoundary b = OTTO_BOUNDARY_PERIODIC; b <= OTTO_BOUNDARY_OPEN; b++) {
    OttoGrid grid;
    OttoDensityReport report;
    Vec p;
    PetscReal mass, mean[2], covariance[4];
    PetscCall(MakeUnit(2, 127, b, &grid));
    Set("-p_density", "gaussian_mixture", "-p_mean", "0.3,0.4,0.7,0.6", "-p_sigma",
        "0.03,0.04,0.036,0.032", "-p_weight", "6,2");
    PetscCall(OttoDensityCreate(grid, "p_", &p, &report));
    PetscCall(OttoFieldMoments(grid, p, &mass, mean, covariance));
    TestClose(report.factor, 1, 1e-13, "factor");
    TestClose(mass, 1, 1e-14, "mass");
    TestClose(mean[0], 0.4, 1e-13, "mean x");
    TestClose(mean[1], 0.45, 1e-13, "mean y");
    TestClose(covariance[0], 0.75 * (9e-4 + 0.01) + 0.25 * (0.036 * 0.036 + 0.09), 1e-12, "var x");
    TestClose(covariance[3], 0.75 * (16e-4 + 0.0025) + 0.25 * (0.032 * 0.032 + 0.0225), 1e-12,
              "var y");
    TestClose(covariance[1], 0.75 * 0.1 * 0.05 + 0.25 * 0.3 * 0.15, 1e-12, "covariance");
    PetscCall(VecDestroy(&p));
    /* one width a Gaussian, and less than 2.7 cells on one of them */
    Set("-p_density", "gaussian_mixture", "-p_mean", "0.3,0.4,0.7,0.6", "-p_sigma", "0.03,0.02");
    PetscCall(OttoDensityCreate(grid, "p_", &p, &report));
    PetscCall(OttoFieldMoments(grid, p, &mass, mean, covariance));
    /* midpoint error of a Gaussian 2.54 cells wide: 2 exp(-2π²·2.54²) = 1e-55; tails: 8.4 widths */
    TestClose(covariance[0], 0.5 * (9e-4 + 4e-4) + 0.04, 1e-12, "width per Gaussian");
    TestTrue(!report.smooth, "narrower than 2.7 cells is not smooth");
    PetscCall(VecDestroy(&p));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

/* exp(cos 2πx)/I_0(1): the trapezoidal rule on 31 cells is exact to rounding. */
static PetscReal VonMises(const PetscReal x[])
{
  return exp(cos(2 * M_PI * x[0])) / 1.2660658777520083355982446252147;
}

static PetscErrorCode TestFormula(void)
{
  OttoGrid grid;
  OttoDensityReport report;
  Vec p;

  PetscFunctionBegin;
  PetscCall(MakeUnit(2, 31, OTTO_BOUNDARY_PERIODIC, &grid));
  Set("-p_density", "formula", "-p_formula", "5*exp(cos(2*_pi*x))", "-p_floor", "0");
  PetscCall(OttoDensityCreate(grid, "p_", &p, &report));
  PetscCall(CompareExact(grid, p, VonMises, 5e-15, "von Mises")); /* a few ulp of exp(cos) */
  TestClose(report.factor, 0.2 / 1.2660658777520083355982446252147, 5e-15, "factor");
  TestTrue(!report.smooth && !report.has_zeros, "report");
  PetscCall(VecDestroy(&p));
  /* (x > 0.5)·(-1)·0 is -0 in half the cells: it must come out as +0 */
  Set("-p_density", "formula", "-p_formula", "x < 0.5 ? 1 : 0-0*x*(-1)");
  PetscCall(OttoDensityCreate(grid, "p_", &p, &report));
  const PetscScalar *a;
  PetscCall(VecGetArrayRead(p, &a));
  for (PetscInt64 c = 0; c < OttoGridGetInfo(grid)->local_cells; c++)
    TestTrue(!signbit(a[c]), "no negative zero");
  PetscCall(VecRestoreArrayRead(p, &a));
  TestTrue(report.has_zeros, "zeros are reported");
  PetscCall(VecDestroy(&p));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

static PetscReal InBall(const PetscReal x[]) /* about (0, 0.5) on the torus */
{
  PetscReal dx = PetscMin(x[0], 1 - x[0]), dy = x[1] - 0.5;
  return sqrt(dx * dx + dy * dy) <= 0.2 ? 1 : 0;
}
static PetscReal InBox(const PetscReal x[]) /* 0.2 … 0.5 by 0.7 … 1 */
{
  return x[0] > 0.2 && x[0] < 0.5 && x[1] > 0.7 ? 1 / 0.09 : 0;
}
static PetscReal ball_cells;
static PetscReal BallDensity(const PetscReal x[])
{
  return InBall(x) * 23 * 23 / ball_cells;
}

static PetscErrorCode TestShapes(void)
{
  OttoGrid grid;
  Vec p;

  PetscFunctionBegin;
  ball_cells = 0;
  PetscCall(MakeUnit(2, 23, OTTO_BOUNDARY_PERIODIC, &grid));
  for (int i = 0; i < 23; i++)
    for (int j = 0; j < 23; j++)
      ball_cells += InBall((PetscReal[]){(i + 0.5) / 23, (j + 0.5) / 23});
  Set("-p_density", "ball", "-p_center", "0,0.5", "-p_radius", "0.2");
  PetscCall(OttoDensityCreate(grid, "p_", &p, NULL));
  PetscCall(CompareExact(grid, p, BallDensity, 1e-14, "a ball wraps round the torus"));
  PetscCall(VecDestroy(&p));
  PetscCall(OttoGridDestroy(&grid));
  PetscCall(MakeUnit(2, 10, OTTO_BOUNDARY_NO_FLUX, &grid));
  Set("-p_density", "box", "-p_lower", "0.2,0.7", "-p_upper", "0.5,1");
  PetscCall(OttoDensityCreate(grid, "p_", &p, NULL));
  PetscCall(CompareExact(grid, p, InBox, 1e-14, "a box of whole cells"));
  PetscCall(VecDestroy(&p));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* Masses of cells (i, j) on 10 x 10, after times cell volume 0.01. */
static PetscErrorCode CheckCells(OttoGrid grid, int count, const double expected[][3],
                                 const char *what)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscScalar *a;
  Vec p;

  PetscFunctionBegin;
  PetscCall(OttoDensityCreate(grid, "p_", &p, NULL));
  PetscCall(VecGetArrayRead(p, &a));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscInt64 idx[2];
    double mass = 0;
    OttoGridCellIndex(g, c, idx);
    for (int k = 0; k < count; k++)
      if (expected[k][0] == (double)idx[0] && expected[k][1] == (double)idx[1])
        mass += expected[k][2];
    TestClose(a[c] * 0.01, mass, 3e-15, what); /* weights are differences of numbers up to 10 */
  }
  PetscCall(VecRestoreArrayRead(p, &a));
  PetscCall(VecDestroy(&p));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestPoints(void)
{
  OttoGrid periodic, no_flux;
  Vec p;
  PetscReal mass, mean[2];

  PetscFunctionBegin;
  PetscCall(MakeUnit(2, 10, OTTO_BOUNDARY_PERIODIC, &periodic));
  PetscCall(MakeUnit(2, 10, OTTO_BOUNDARY_NO_FLUX, &no_flux));
  Set("-p_density", "delta", "-p_position", "0.31,0.99");
  PetscCall(CheckCells(periodic, 1, (const double[][3]){{3, 9, 1}}, "delta"));
  Set("-p_density", "delta", "-p_position", "1,0");
  PetscCall(CheckCells(periodic, 1, (const double[][3]){{9, 0, 1}}, "delta on the upper face"));
  Set("-p_density", "samples", "-p_path", points_path, "-p_dataset", "centre");
  PetscCall(CheckCells(periodic, 1, (const double[][3]){{3, 7, 1}}, "a sample at a centre"));
  Set("-p_density", "samples", "-p_path", points_path, "-p_dataset", "between");
  PetscCall(CheckCells(
      periodic, 4,
      (const double[][3]){
          {3, 7, 0.75 * 0.6}, {4, 7, 0.25 * 0.6}, {3, 8, 0.75 * 0.4}, {4, 8, 0.25 * 0.4}},
      "a sample between centres"));
  Set("-p_density", "samples", "-p_path", points_path, "-p_dataset", "edge");
  PetscCall(
      CheckCells(periodic, 4,
                 (const double[][3]){
                     {0, 9, 0.7 * 0.5}, {9, 9, 0.3 * 0.5}, {0, 0, 0.7 * 0.5}, {9, 0, 0.3 * 0.5}},
                 "a sample wraps round"));
  PetscCall(
      CheckCells(no_flux, 1, (const double[][3]){{0, 9, 1}}, "a sample at a wall keeps its mass"));
  Set("-p_density", "samples", "-p_path", points_path, "-p_dataset", "inner");
  PetscCall(OttoDensityCreate(no_flux, "p_", &p, NULL));
  PetscCall(OttoFieldMoments(no_flux, p, &mass, mean, NULL));
  TestClose(mean[0], (0.21 + 0.512 + 0.77) / 3, 1e-14, "linear weights keep the mean: x");
  TestClose(mean[1], (0.37 + 0.6 + 0.4444) / 3, 1e-14, "linear weights keep the mean: y");
  PetscCall(VecDestroy(&p));
  PetscCall(OttoGridDestroy(&periodic));
  PetscCall(OttoGridDestroy(&no_flux));
  PetscFunctionReturn(0);
}

static PetscReal Floored(const PetscReal x[]) /* 0.9·uniform on the lower half + 0.1·uniform */
{
  return x[0] < 0.5 ? 0.9 * 2 + 0.1 : 0.1;
}

static PetscErrorCode TestFloor(void)
{
  OttoGrid grid;
  OttoDensityReport report;
  Vec p;

  PetscFunctionBegin;
  PetscCall(MakeUnit(3, 6, OTTO_BOUNDARY_PERIODIC, &grid));
  Set("-p_density", "box", "-p_lower", "0,0,0", "-p_upper", "0.5,1,1", "-p_floor", "0.1");
  PetscCall(OttoDensityCreate(grid, "p_", &p, &report));
  PetscCall(CompareExact(grid, p, Floored, 1e-14, "floor"));
  TestTrue(!report.has_zeros, "a floor leaves no zeros");
  PetscCall(VecDestroy(&p));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* All of a density is multiplied, its floor too. */
static PetscErrorCode TestMass(void)
{
  char *words[] = {"-p_density", "formula", "-p_formula", "3*(1+x)",
                   "-p_floor",   "0.1",     "-p_mass",    "25"};
  OttoDensityReport report, one;
  OttoGrid grid;
  PetscReal mass = 0;
  Vec p, q;

  PetscFunctionBegin;
  PetscCall(MakeUnit(2, 7, OTTO_BOUNDARY_PERIODIC, &grid));
  PetscCall(SetOptions(6, words));
  PetscCall(OttoDensityCreate(grid, "p_", &q, &one));
  for (int averages = 0; averages < 2; averages++) {
    PetscCall(SetOptions(8, words));
    if (averages)
      PetscCall(OttoDensityCreateAverages(grid, "p_", &p));
    else
      PetscCall(OttoDensityCreate(grid, "p_", &p, &report));
    PetscCall(OttoFieldIntegral(grid, p, &mass));
    TestClose(mass, 25, 1e-15, "total mass");
    if (!averages) PetscCall(VecAXPY(p, -25, q));
    if (!averages) PetscCall(VecNorm(p, NORM_INFINITY, &mass));
    TestTrue(averages || mass < 1e-13, "25 times that of mass 1");
    PetscCall(VecDestroy(&p));
  }
  TestClose(report.factor, 25 * one.factor, 1e-15, "the factor");
  TestClose(report.mass, 4.5, 1e-14, "the mass as it was given");
  PetscCall(VecDestroy(&q));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestInputs, TestContract, TestImages, TestMoments, TestFormula, TestShapes,
                   TestPoints, TestFloor, TestMass, TestRemove});
}
