/* ranks: 1 2 3
 * Convective entropy of automorphisms of a torus: φ = 1 + ε cos k·x becomes 1 + ε cos M^{-T}k·x,
 * and both fade as exp(-s|k|²). */
#include "convective.h"

/* A torus of sides that are all unlike, what a matrix of integers does there, and a mode. */
static struct {
  PetscInt dim;
  double lower, side[3], epsilon;
  double matrix[9];           /* M^n */
  double before[3], after[3]; /* k, in whole waves a side */
} w;

static double Phase(const double k[], const double x[])
{
  double phase = 0;

  for (PetscInt j = 0; j < w.dim; j++) phase += k[j] * (x[j] - w.lower) / w.side[j];
  return 2 * PETSC_PI * phase;
}

static double Volume(void)
{
  double volume = 1;

  for (PetscInt j = 0; j < w.dim; j++) volume *= w.side[j];
  return volume;
}

static double Phi(const double x[])
{
  return (1 + w.epsilon * cos(Phase(w.before, x))) / Volume();
}

static double Pushed(const double x[])
{
  return (1 + w.epsilon * cos(Phase(w.after, x))) / Volume();
}

static double None(const double x[])
{
  (void)x;
  return 0;
}

static void Derivative(const double x[], double D[])
{
  (void)x;
  for (PetscInt i = 0; i < w.dim; i++)
    for (PetscInt j = 0; j < w.dim; j++)
      D[i * w.dim + j] = w.side[i] * w.matrix[i * w.dim + j] / w.side[j];
}

static const MapForms forms = {Phi, Pushed, None, Derivative};

/* |k|² of whole waves a side. */
static double Square(const double k[])
{
  double sum = 0;

  for (PetscInt j = 0; j < w.dim; j++) sum += pow(2 * PETSC_PI * k[j] / w.side[j], 2);
  return sum;
}

/* KL of 1 + e cos and 1: ∫ (1 + e cos) log(1 + e cos). */
static double Deficit(double e)
{
  const double root = sqrt(1 - e * e);

  return log((1 + root) / 2) + 1 - root;
}

/* M^n of M, and k' = M^{-T} k by n solves of M^T k' = k, by Cramer's rule in whole numbers. */
static void Iterate(PetscInt dim, const double M[], PetscInt n, const double k[])
{
  double product[9], next[9], mode[3] = {0};

  w.dim = dim;
  for (PetscInt i = 0; i < dim * dim; i++) product[i] = i % (dim + 1) == 0;
  memcpy(w.before, k, (size_t)dim * sizeof(double));
  memcpy(w.after, k, (size_t)dim * sizeof(double));
  for (PetscInt step = 0; step < n; step++) {
    for (PetscInt i = 0; i < dim; i++)
      for (PetscInt j = 0; j < dim; j++) {
        next[i * dim + j] = 0;
        for (PetscInt l = 0; l < dim; l++)
          next[i * dim + j] += M[i * dim + l] * product[l * dim + j];
      }
    memcpy(product, next, sizeof product);
    if (dim == 2) { /* determinant 1 */
      mode[0] = M[3] * w.after[0] - M[2] * w.after[1];
      mode[1] = M[0] * w.after[1] - M[1] * w.after[0];
    } else {
      for (PetscInt i = 0; i < 3; i++) {
        const double *a = M + 3 * ((i + 1) % 3), *b = M + 3 * ((i + 2) % 3);
        mode[i] = (a[1] * b[2] - a[2] * b[1]) * w.after[0] +
                  (a[2] * b[0] - a[0] * b[2]) * w.after[1] +
                  (a[0] * b[1] - a[1] * b[0]) * w.after[2];
      }
    }
    memcpy(w.after, mode, sizeof mode);
  }
  memcpy(w.matrix, product, sizeof product);
}

static PetscErrorCode MakeTorus(PetscInt64 n, OttoGrid *grid)
{
  OttoBoundary b[3] = {OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_PERIODIC};

  PetscFunctionBegin;
  PetscCall(MakeSides(w.dim, (PetscInt64[]){n, n, n}, w.lower, w.side, b, grid));
  PetscFunctionReturn(0);
}

/* Not symmetric: DΦ and its transpose do different things. Its modes from (1, 0): (1, -2), (3, -8),
 * (11, -30). */
static const double plane[4] = {3, 2, 1, 1};
static const double space[9] = {1, 1, 0, 0, 1, 1, 1, 0, 0};

static void Setting(void)
{
  w.dim = 2;
  w.lower = -0.25;
  w.side[0] = 1, w.side[1] = 1.5, w.side[2] = 0.75;
  w.epsilon = 0.5;
}

/* Υ(s) at all s by a kernel whose mode k fades as exp(-s λ_k), against the closed form. Entropies
 * are sums of terms u log u of up to 1.5 log 1.5 of both signs, each right to a few eps, and all of
 * what the kernel leaves: 1e-15 of u; so is their difference, 1e-14 with a margin of ten. */
static PetscErrorCode Compare(const char *kernel, OttoGrid grid, const OttoConvective *c,
                              double lambda_before, double lambda_after, PetscInt count,
                              const PetscReal s[], double absolute)
{
  OttoConvectiveEntropy at[8];

  PetscFunctionBegin;
  PetscCall(UpsilonBy(grid, kernel, c, count, s, at));
  for (PetscInt i = 0; i < count; i++) {
    const double before = Deficit(w.epsilon * exp(-s[i] * lambda_before));
    const double after = Deficit(w.epsilon * exp(-s[i] * lambda_after));
    TestTrue(fabs(at[i].upsilon - (before - after)) <= absolute, kernel);
    TestTrue(fabs(at[i].upsilon - (before - after)) <= at[i].rounding,
             "and what rounding may do is said");
    TestTrue(at[i].rounding <= absolute, "which is little");
    TestTrue(fabs(at[i].after - (log(Volume()) - after)) <= absolute, "blurred after");
    TestTrue(fabs(at[i].before - (log(Volume()) - before)) <= absolute, "blurred before");
    TestClose(at[i].mass_after, 1, 1e-14, "mass after");
    TestClose(at[i].mass_before, 1, 1e-14, "mass before");
  }
  PetscFunctionReturn(0);
}

/* One to three iterates on 64², whose last mode, (11, -30), is just below the highest, 32. On 64
 * cells no multiple of a mode with an odd entry below the 64th is taken for a constant, and
 * ((1 - √(1-ε²))/ε)^64 = 1e-37: sums over cells are integrals. */
static PetscErrorCode TestSpectral(void)
{
  static const PetscReal s[] = {0, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1};
  OttoGrid grid;
  MapFields m;

  PetscFunctionBegin;
  Setting();
  PetscCall(MakeTorus(64, &grid));
  for (PetscInt n = 1; n <= 3; n++) {
    Iterate(2, plane, n, (const double[]){1, 0});
    PetscCall(MakeMap(grid, &forms, &m));
    PetscCall(Compare("spectral", grid, &m.c, Square(w.before), Square(w.after), 8, s, 1e-14));
    PetscCall(FreeMap(&m));
  }
  TestTrue(w.after[0] == 11 && w.after[1] == -30, "M^{-T} of the third iterate");
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* The chain's own decay: 4 sin²(πk/n)/h² an axis. */
static double Lambda(const OttoGridInfo *g, const double k[])
{
  double sum = 0;

  for (PetscInt j = 0; j < g->dim; j++)
    sum += pow(2 / g->h[j] * sin(PETSC_PI * k[j] / (double)g->n[j]), 2);
  return sum;
}

/* Exact kernels, and `auto`. gaussian_exact takes cells for atoms: beside mode k it has k - n of
 * its axis, at exp(-s(κ_{n-k}² - κ_k²)) of it, which here, with s = 2e-3, k = 2 and n = 48 on the
 * longest axis, is e^-74. */
static PetscErrorCode TestExact(void)
{
  static const PetscReal s[] = {2e-3, 3e-3, 1e-2, 0.1};
  OttoKernelBounds bounds = {1e-10, 1e-10, 1e-10, 1, PETSC_FALSE};
  OttoKernelChoice choice;
  OttoGrid grid;
  OttoHeat heat;
  MapFields m;

  PetscFunctionBegin;
  Setting();
  Iterate(2, plane, 1, (const double[]){1, 0});
  PetscCall(MakeTorus(48, &grid));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscCall(MakeMap(grid, &forms, &m));
  PetscCall(Compare("gaussian_exact", grid, &m.c, Square(w.before), Square(w.after), 4, s, 1e-14));
  PetscCall(
      Compare("lattice_exact", grid, &m.c, Lambda(g, w.before), Lambda(g, w.after), 4, s, 1e-13));
  PetscCall(Compare("lattice", grid, &m.c, Lambda(g, w.before), Lambda(g, w.after), 4, s, 1e-14));
  PetscCall(OttoHeatCreate(grid, &heat));
  PetscCall(OttoHeatSetType(heat, "auto"));
  PetscCall(OttoTemperedChoose(grid, heat, m.c.pushed, m.c.phi, 4, s, &bounds, &choice));
  TestTrue(!strcmp(choice.kernel, "gaussian_exact"), "auto takes the continuum's for smooth data");
  PetscCall(OttoHeatDestroy(&heat));
  PetscCall(FreeMap(&m));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* What is known at s = 0, in two and three dimensions: I = |κ|² (1 - √(1-ε²)). Differences of order
 * 10 err by θ^10/2772 of the derivative of a wave of phase θ a cell, the square by twice that:
 * 6e-14 on 64 cells, 1.1e-9 on 24. The harmonics of the logarithm, (1 - √(1-ε²))/ε smaller from one
 * to the next, are the wave's own at ε = 0.1, and up to ten times as much at ε = 0.5 (m^10 0.27^2m
 * at m = 4). I[ψ] by the formula needs φ alone, whatever the mode of ψ: fisher_grid, which knows ψ
 * alone, is off by more than half where that is just below the highest. */
static PetscErrorCode Start(PetscInt64 cells, double tolerance, double by_grid)
{
  OttoConvectiveStart start;
  OttoGrid grid;
  MapFields m;

  PetscFunctionBegin;
  const double share = 1 - sqrt(1 - w.epsilon * w.epsilon);
  const double before = Square(w.before) * share, after = Square(w.after) * share;
  PetscCall(MakeTorus(cells, &grid));
  PetscCall(MakeMap(grid, &forms, &m));
  PetscCall(OttoConvectiveStartCompute(grid, &m.c, &start));
  TestClose(start.fisher_phi, before, tolerance, "I of phi");
  TestClose(start.fisher_pushed, after, tolerance, "I of psi where points began");
  TestClose(start.coefficient, after - before, tolerance, "the coefficient");
  if (by_grid > 0)
    TestClose(start.fisher_grid, after, by_grid, "I of psi by the grid");
  else
    TestTrue(start.fisher_grid < after / 2, "I of psi by a grid that does not resolve it");
  TestTrue(start.laplacian == 0 && start.mean_log_jacobian == 0, "J is 1");
  TestTrue(start.lost == 0 && start.unknown == 0 && start.unknown_grid == 0, "all take part");
  TestTrue(fabs(start.entropy_phi - (log(Volume()) - Deficit(w.epsilon))) <= 1e-14, "H of phi");
  TestTrue(fabs(start.entropy_pushed - (log(Volume()) - Deficit(w.epsilon))) <= 1e-14, "H of psi");
  PetscCall(FreeMap(&m));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestStart(void)
{
  PetscFunctionBegin;
  Setting();
  for (PetscInt n = 1; n <= 3; n++) {
    Iterate(2, plane, n, (const double[]){1, 0});
    PetscCall(Start(64, 1e-12, n == 1 ? 1e-9 : n == 2 ? 1e-3 : 0));
  }
  w.epsilon = 0.1;
  for (PetscInt n = 1; n <= 3; n++) {
    Iterate(3, space, n, (const double[]){0, 1, 0});
    PetscCall(Start(24, 2e-9, 2e-6));
  }
  PetscFunctionReturn(0);
}

/* In space by the spectral kernel. */
static PetscErrorCode TestSpace(void)
{
  static const PetscReal s[] = {1e-4, 1e-3, 1e-2};
  OttoGrid grid;
  MapFields m;

  PetscFunctionBegin;
  Setting();
  w.epsilon = 0.1;
  Iterate(3, space, 4, (const double[]){0, 1, 0});
  PetscCall(MakeTorus(15, &grid));
  PetscCall(MakeMap(grid, &forms, &m));
  PetscCall(Compare("spectral", grid, &m.c, Square(w.before), Square(w.after), 3, s, 1e-14));
  PetscCall(FreeMap(&m));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* Coefficients of six iterates grow as e^{2λn}, λ = log(2 + √3), though the grid sees the first
 * three alone: |M^{-nT}k|² has terms e^{2λn}, 1 and e^{-2λn}, and the slope of its logarithm over n
 * = 4, 5, 6 misses 2λ by the last over the first at most, e^{-8λ} = 3e-5 of a few. So does
 * E‖DΦ⁻¹‖². */
static PetscErrorCode TestGrowth(void)
{
  const PetscReal twice = 2 * log(2 + sqrt(3));
  PetscReal t[6], coefficient[6], norm[6];
  OttoConvectiveStart start;
  OttoGrid grid;
  MapFields m;

  PetscFunctionBegin;
  Setting();
  PetscCall(MakeTorus(32, &grid));
  for (PetscInt n = 1; n <= 6; n++) {
    Iterate(2, plane, n, (const double[]){1, 0});
    PetscCall(MakeMap(grid, &forms, &m));
    PetscCall(OttoConvectiveStartCompute(grid, &m.c, &start));
    t[n - 1] = (PetscReal)n;
    coefficient[n - 1] = start.coefficient;
    norm[n - 1] = start.inverse_norm;
    PetscCall(FreeMap(&m));
  }
  TestClose(OttoConvectiveGrowth(6, t, coefficient), twice, 1e-4, "the coefficient's growth");
  TestClose(OttoConvectiveGrowth(6, t, norm), twice, 1e-4, "and the inverse's");
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

static const double sigma[2] = {0.02, 0.04};

static double Narrow(const double x[])
{
  return exp(-(pow((x[0] - 0.5) / sigma[0], 2) + pow((x[1] - 0.5) / sigma[1], 2)) / 2) /
         (2 * PETSC_PI * sigma[0] * sigma[1]);
}

/* What a transform leaves of a Gaussian of 200 in cells where there is nothing, 1e-14 of either
 * sign and a logarithm of -32, moves its entropy by more than sums of rounding errors do; by no
 * more than is said. */
static PetscErrorCode TestNoise(void)
{
  const PetscReal s[] = {1e-5, 1e-4};
  OttoConvectiveEntropy at[2];
  OttoGrid grid;
  MapFields m;

  PetscFunctionBegin;
  w.dim = 2;
  w.side[0] = w.side[1] = 1;
  PetscCall(MakeUnit(2, 128, OTTO_BOUNDARY_PERIODIC, &grid));
  PetscCall(MakeMap(grid, &(MapForms){Narrow, Narrow, None, Derivative}, &m));
  PetscCall(UpsilonBy(grid, "spectral", &m.c, 2, s, at));
  for (int i = 0; i < 2; i++) {
    const double det = (sigma[0] * sigma[0] + 2 * s[i]) * (sigma[1] * sigma[1] + 2 * s[i]);
    const double entropy = 1 + log(2 * PETSC_PI) + 0.5 * log(det);
    TestTrue(fabs(at[i].after - entropy) <= at[i].rounding, "noise, and no more than is said");
    TestTrue(at[i].rounding <= 1e-11, "which is not much");
  }
  PetscCall(FreeMap(&m));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestSpectral, TestExact, TestStart, TestSpace, TestGrowth, TestNoise});
}
