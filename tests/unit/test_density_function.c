/* ranks: 1 2 3
 * Densities as functions of the point: at the centres of cells what OttoDensityCreate() gives, the
 * same any number of turns away, logarithms where values underflow, walls, and what lies beyond
 * open faces. */
#include "density_setup.h"

/* Options of a member on the box of MakeUneven(); FALSE: it has values in cells alone. */
static PetscErrorCode SetMember(const char *name, PetscInt dim, PetscBool *function)
{
  char mean[100] = "", dataset[8];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < 2 * dim; j++)
    snprintf(mean + strlen(mean), 100 - strlen(mean), "%s%g", j ? "," : "", j < dim ? 0.125 : 0.8);
  snprintf(dataset, sizeof dataset, "d%d", (int)dim);
  *function = PETSC_TRUE;
  if (!strcmp(name, "uniform")) {
    Set("-p_density", "uniform", "-p_floor", "0.2", "-p_mass", "3");
  } else if (!strcmp(name, "gaussian_mixture")) {
    Set("-p_density", "gaussian_mixture", "-p_mean", mean, "-p_sigma", "0.1,1.4", "-p_weight",
        "3,1", "-p_mass", "0.5");
  } else if (!strcmp(name, "ball")) {
    Set("-p_density", "ball", "-p_center", "0.9", "-p_radius", "0.6", "-p_floor", "0.01");
  } else if (!strcmp(name, "box")) {
    Set("-p_density", "box", "-p_lower", "-0.2", "-p_upper", "0.9");
  } else if (!strcmp(name, "formula")) {
    Set("-p_density", "formula", "-p_formula", "exp(sin(7*x))+x1^2", "-p_floor", "0.5", "-p_mass",
        "2");
  } else {
    *function = PETSC_FALSE;
    if (!strcmp(name, "delta"))
      Set("-p_density", "delta", "-p_position", "0.41");
    else if (!strcmp(name, "file"))
      Set("-p_density", "file", "-p_path", field_path, "-p_dataset", dataset);
    else if (!strcmp(name, "samples"))
      Set("-p_density", "samples", "-p_path", points_path, "-p_dataset", dataset);
    else
      TestTrue(0, "every member of the registry is in this test");
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode Make(OttoGrid grid, Vec *p, OttoDensityReport *report, OttoDensityFunction *f)
{
  PetscFunctionBegin;
  PetscCall(OttoDensityCreate(grid, "p_", p, report));
  PetscCall(OttoDensityFunctionCreate(grid, "p_", report, f));
  PetscFunctionReturn(0);
}

/* Cell by cell; products in another order and one division less: 10 roundings. A turn of the box
 * moves the point by eps of 3 turns, over which formula and Gaussians change by 20 of themselves.
 */
static PetscErrorCode Agrees(const char *name, PetscInt dim, OttoBoundary b)
{
  OttoGrid grid;
  OttoDensityReport report;
  OttoDensityFunction f;
  Vec p;
  PetscBool expected;
  const PetscScalar *a;
  PetscReal x[OTTO_MAX_DIM];
  const PetscReal *at[OTTO_MAX_DIM];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < dim; j++) at[j] = &x[j];
  PetscCall(MakeUneven(PETSC_COMM_WORLD, dim, contract_n, b, &grid));
  PetscCall(SetMember(name, dim, &expected));
  PetscCall(Make(grid, &p, &report, &f));
  TestTrue(expected == (f != NULL), "who is a function");
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscCall(VecGetArrayRead(p, &a));
  for (PetscInt64 c = 0; c < g->local_cells && f; c++)
    for (int turns = 0; turns < (b == OTTO_BOUNDARY_PERIODIC ? 2 : 1); turns++) {
      PetscReal value, log_value;
      OttoGridCellCentre(g, c, x);
      for (PetscInt j = 0; j < dim; j++)
        x[j] += turns * (j % 2 ? -3 : 2) * (g->upper[j] - g->lower[j]);
      PetscCall(OttoDensityFunctionEvaluate(f, 1, at, &value, &log_value));
      TestClose(value, a[c], turns ? 1e-13 : 3e-15, name);
      /* the log's own rounding, and 1e-13 as above */
      TestTrue(a[c] == 0 ? log_value == -INFINITY : fabs(log_value - log(a[c])) < 2e-13, name);
    }
  PetscCall(VecRestoreArrayRead(p, &a));
  PetscCall(VecDestroy(&p));
  PetscCall(OttoDensityFunctionDestroy(&f));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestAgreement(void)
{
  PetscFunctionBegin;
  for (PetscInt dim = 1; dim <= 3; dim++)
    for (int b = OTTO_BOUNDARY_PERIODIC; b <= OTTO_BOUNDARY_OPEN; b++) {
#define OTTO_MEMBER(name, ...) PetscCall(Agrees(#name, dim, (OttoBoundary)b));
#include "density/density.def"
#undef OTTO_MEMBER
    }
  PetscFunctionReturn(0);
}

/* What has been shuffled is a matter of cells. */
static PetscErrorCode TestShuffled(void)
{
  OttoGrid grid;
  OttoDensityReport report;
  OttoDensityFunction f;
  Vec p;

  PetscFunctionBegin;
  PetscCall(MakeUnit(2, 6, OTTO_BOUNDARY_PERIODIC, &grid));
  Set("-p_density", "formula", "-p_formula", "1+x", "-p_shuffle_block", "2");
  PetscCall(Make(grid, &p, &report, &f));
  TestTrue(f == NULL, "shuffled");
  PetscCall(OttoDensityFunctionDestroy(&f));
  PetscCall(VecDestroy(&p));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* log of the sum over images on [lower, lower + length]^dim, in long double; it underflows at
 * e^-11355, far beyond a double. */
static long double Tail(PetscInt dim, OttoBoundary b, PetscReal lower, PetscReal length,
                        const PetscReal x[], int gaussians, const PetscReal weight[],
                        const PetscReal mean[], const PetscReal sigma[])
{
  long double sum = 0;

  for (int i = 0; i < gaussians; i++) {
    long double product = weight[i];
    for (PetscInt j = 0; j < dim; j++) {
      const long double s = sigma[i * dim + j], m = mean[i * dim + j];
      const long double period = b == OTTO_BOUNDARY_NO_FLUX ? 2 * length : length;
      long double factor = 0;
      for (int k = -30; k <= 30; k++) {
        const long double z = (x[j] - m - k * period) / s;
        const long double y = (x[j] + m - 2 * (long double)lower - k * period) / s;
        if (b != OTTO_BOUNDARY_OPEN || k == 0) factor += expl(-z * z / 2);
        if (b == OTTO_BOUNDARY_NO_FLUX) factor += expl(-y * y / 2);
      }
      product *= factor / (s * sqrtl(2 * acosl(-1)));
    }
    sum += product;
  }
  return logl(sum);
}

/* One Gaussian is narrow, one wide along y, where its images count. Values down to e^-5000 and
 * across where a double ends; logs to 4 eps of themselves, of which there are three,
 * and of the exponents near 10 that make a log near 0. */
static PetscErrorCode TestTails(void)
{
  static const PetscReal weight[2] = {0.25, 0.75}, mean[4] = {0.2, 0.3, 0.7, 0.9},
                         sigma[4] = {0.006, 0.006, 0.009, 0.3};
  PetscInt under = 0, over = 0;

  PetscFunctionBegin;
  for (int b = OTTO_BOUNDARY_PERIODIC; b <= OTTO_BOUNDARY_OPEN; b++) {
    OttoGrid grid;
    OttoDensityReport report;
    OttoDensityFunction f;
    Vec p;
    PetscCall(MakeUnit(2, 200, (OttoBoundary)b, &grid));
    Set("-p_density", "gaussian_mixture", "-p_mean", "0.2,0.3,0.7,0.9", "-p_sigma",
        "0.006,0.006,0.009,0.3", "-p_weight", "1,3");
    PetscCall(Make(grid, &p, &report, &f));
    for (int i = 0; i < 23; i++)
      for (int k = 0; k < 23; k++) {
        const PetscReal x[2] = {(i + 0.2) / 23, (k + 0.6) / 23};
        PetscReal value, log_value;
        PetscCall(OttoDensityFunctionEvaluate(f, 1, (const PetscReal *const[]){&x[0], &x[1]},
                                              &value, &log_value));
        const long double expected =
            Tail(2, (OttoBoundary)b, 0, 1, x, 2, weight, mean, sigma) + logl(report.factor);
        TestTrue(fabsl(log_value - expected) <= 1e-14L + 3e-15L * fabsl(expected), "log in a tail");
        if (value == 0) under++;
        if (value > 0) over++;
        if (expected > -690)
          TestTrue(fabsl(value / expl(expected) - 1) < 1e-12,
                   "the value: 690 times the 6 roundings of an exponent");
      }
    PetscCall(OttoDensityFunctionDestroy(&f));
    PetscCall(VecDestroy(&p));
    PetscCall(OttoGridDestroy(&grid));
  }
  TestTrue(under > 300 && over > 300, "both sides of where a double ends");
  PetscFunctionReturn(0);
}

/* Open faces: a Gaussian goes on, the floor does not; walls: nothing beyond. */
static PetscErrorCode TestBeyond(void)
{
  const PetscReal x = 1.5, y = -0.75, z = 2.25, m = 1.3, nan = NAN;
  const PetscReal *at[2] = {&x, &y}, *wrapped[1] = {&z}, *missing[1] = {&nan};
  PetscReal value, log_value;

  PetscFunctionBegin;
  for (int b = OTTO_BOUNDARY_NO_FLUX; b <= OTTO_BOUNDARY_OPEN; b++) {
    OttoGrid grid;
    OttoDensityReport report;
    OttoDensityFunction f;
    Vec p;
    PetscCall(MakeUnit(2, 30, (OttoBoundary)b, &grid));
    Set("-p_density", "gaussian_mixture", "-p_mean", "0.5,0.25", "-p_sigma", "0.3", "-p_floor",
        "0.1");
    PetscCall(Make(grid, &p, &report, &f));
    PetscCall(OttoDensityFunctionEvaluate(f, 1, at, &value, &log_value));
    const PetscReal exact =
        0.9 * report.factor * exp(-(1 + 1) / (2 * 0.09)) / (2 * PETSC_PI * 0.09);
    TestClose(value, b == OTTO_BOUNDARY_OPEN ? exact : 0, 1e-14, "beyond a face");
    if (b == OTTO_BOUNDARY_OPEN)
      TestClose(log_value, log(exact), 1e-15, "its logarithm");
    else
      TestTrue(log_value == -INFINITY, "nothing beyond a wall");
    PetscCall(OttoDensityFunctionDestroy(&f));
    PetscCall(VecDestroy(&p));
    Set("-p_density", "uniform");
    PetscCall(Make(grid, &p, &report, &f));
    PetscCall(OttoDensityFunctionEvaluate(f, 1, at, &value, NULL));
    TestTrue(value == 0, "uniform on the box");
    PetscCall(OttoDensityFunctionDestroy(&f));
    PetscCall(VecDestroy(&p));
    PetscCall(OttoGridDestroy(&grid));
  }
  { /* a formula that is negative between centres; a point that is none */
    OttoGrid grid;
    OttoDensityReport report;
    OttoDensityFunction f;
    Vec p;
    PetscCall(MakeUnit(1, 4, OTTO_BOUNDARY_PERIODIC, &grid));
    Set("-p_density", "formula", "-p_formula", "0.1+cos(8*_pi*(x-0.125))");
    PetscCall(Make(grid, &p, &report, &f));
    TestFails(OttoDensityFunctionEvaluate(f, 1, wrapped, &value, NULL), OTTO_ERR_NUMERICAL,
              "p_formula: gives -0.9 at (0.25)");
    TestFails(OttoDensityFunctionEvaluate(f, 1, missing, &value, NULL), OTTO_ERR_NUMERICAL,
              "p_formula: gives nan at (nan)");
    PetscCall(OttoDensityFunctionDestroy(&f));
    PetscCall(VecDestroy(&p));
    Set("-p_density", "gaussian_mixture", "-p_mean", "0.125", "-p_sigma", "0.01");
    PetscCall(Make(grid, &p, &report, &f));
    const PetscReal half = 0.625, *opposite[1] = {&half};
    PetscCall(OttoDensityFunctionEvaluate(f, 1, opposite, NULL, &log_value));
    TestClose(log_value, -1250 + log(2 * report.factor / (0.01 * sqrt(2 * PETSC_PI))), 1e-15,
              "two images, equally far, both underflow");
    PetscCall(OttoDensityFunctionDestroy(&f));
    PetscCall(VecDestroy(&p));
    Set("-p_density", "uniform");
    PetscCall(Make(grid, &p, &report, &f));
    const PetscReal below = -1e-20, *face[1] = {&below}; /* 1 after a turn, which is not below 1 */
    PetscCall(OttoDensityFunctionEvaluate(f, 1, face, &value, NULL));
    TestClose(value, 1, 1e-15, "a rounding below the lower face");
    PetscCall(OttoDensityFunctionDestroy(&f));
    PetscCall(VecDestroy(&p));
    Set("-p_density", "box", "-p_lower", "0.2", "-p_upper", "0.4");
    PetscCall(Make(grid, &p, &report, &f));
    const PetscReal *inside[1] = {&m};
    PetscCall(OttoDensityFunctionEvaluate(f, 1, inside, &value, NULL));
    TestClose(value, 4, 1e-15, "1.3 is 0.3: a cell of 4 has the mass");
    PetscCall(OttoDensityFunctionDestroy(&f));
    PetscCall(VecDestroy(&p));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestInputs, TestAgreement, TestShuffled, TestTails, TestBeyond, TestRemove});
}
