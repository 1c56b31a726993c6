/* ranks: 1 2 3
 * Whether a grid resolves what a map makes of a density; and how a coefficient grows. */
#include "convective.h"

static double before[2], after[2], epsilon = 0.5, matrix[4];

/* On [0, 1]²: whole waves on a torus, and half waves between walls. */
static double Wave(const double k[], const double x[])
{
  return 1 + epsilon * cos(2 * PETSC_PI * (k[0] * x[0] + k[1] * x[1]));
}

static double Phi(const double x[])
{
  return Wave(before, x);
}

static double Pushed(const double x[])
{
  return Wave(after, x);
}

static double Nothing(const double x[])
{
  (void)x;
  return 0;
}

static void Derivative(const double x[], double D[])
{
  (void)x;
  memcpy(D, matrix, sizeof matrix);
}

static const MapForms waves = {Phi, Pushed, Nothing, Derivative};

static PetscErrorCode ResolutionOf(OttoGrid grid, const MapForms *forms,
                                   OttoConvectiveResolution *out)
{
  MapFields m;

  PetscFunctionBegin;
  PetscCall(MakeMap(grid, forms, &m));
  PetscCall(OttoConvectiveResolve(grid, &m.c, out));
  PetscCall(FreeMap(&m));
  PetscFunctionReturn(0);
}

/* The shear (x, y) → (x, y + m x) takes the mode (0, 1) to (-m, 1): on n cells it is resolved up to
 * n/3, which is 2/3 of the highest, whatever its amplitude; from there on up to n/2 the spectrum of
 * ψ says so, and beyond, where ψ looks smooth again, DΦ alone. The wavelength is n/m cells to what
 * differences leave of κ, 1e-9 on 48 cells; all of the variance is in one mode or the other, but
 * for rounding of a transform. */
static PetscErrorCode TestShear(void)
{
  const PetscInt64 n = 48;
  OttoConvectiveResolution r;
  OttoGrid grid;

  PetscFunctionBegin;
  PetscCall(MakeCube(2, (PetscInt64[]){n, 36}, 0, 1, OTTO_BOUNDARY_PERIODIC, &grid));
  before[0] = 0, before[1] = 1;
  for (int small = 0; small < 2; small++)
    for (PetscInt64 m = 1; m <= n + 3; m++) {
      epsilon = small ? 1e-6 : 0.5;
      after[0] = (double)-m, after[1] = 1;
      matrix[0] = matrix[3] = 1, matrix[1] = 0, matrix[2] = (double)m;
      PetscCall(ResolutionOf(grid, &waves, &r));
      const PetscInt64 seen = PetscMin(m % n, n - m % n);
      const PetscBool high = 3 * seen > n;
      TestTrue(fabs(r.tail - (high ? 1 : 0)) <= 3e-8, "the variance is in one mode");
      TestClose(r.thinnest, PetscMin(36, (double)n / (double)m), small ? 1e-8 : 1e-6, "wavelength");
      TestTrue(r.resolved == (3 * m <= n), "resolved up to 2/3 of the highest mode");
    }
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* Nothing there to resolve, but for rounding. */
static PetscErrorCode TestUniform(void)
{
  OttoConvectiveResolution r;
  OttoGrid grid;

  PetscFunctionBegin;
  before[0] = 40, before[1] = 0, after[0] = 24, after[1] = 17;
  for (int noise = 0; noise < 2; noise++)
    for (int b = OTTO_BOUNDARY_PERIODIC; b <= OTTO_BOUNDARY_OPEN; b++) {
      epsilon = noise ? 2e-16 : 0;
      PetscCall(MakeCube(2, (PetscInt64[]){48, 36}, 0, 1, (OttoBoundary)b, &grid));
      PetscCall(ResolutionOf(grid, &waves, &r));
      TestTrue(r.resolved && r.tail <= 1e-9 && isinf(r.thinnest), "uniform");
      PetscCall(OttoGridDestroy(&grid));
    }
  PetscFunctionReturn(0);
}

/* ---- axes with ends ---- */

static double width, half_waves;

static double Gaussian(const double x[])
{
  return exp(-pow((x[0] - 0.5) / width, 2) / 2);
}

static double HalfWaves(const double x[])
{
  return 1 + 0.5 * cos(PETSC_PI * half_waves * x[0]);
}

/* Monotone, with a slope at either wall. */
static double Ramp(const double x[])
{
  return 1 + 0.5 * x[0];
}

static void Identity(const double x[], double D[])
{
  (void)x;
  D[0] = 1;
}

/* On n = 64 cells with ends: cosines of up to 0.4 of the highest mode pass, those above 2/3 of it
 * do not; Gaussians of 2.5 cells pass, of 1 do not; a ramp passes, whose mirror image has edges. */
static PetscErrorCode TestEnds(void)
{
  static const double share[] = {0.1, 0.4, 0.68, 0.9, 0.98};
  static const double cells[] = {1, 2.5, 6};
  const PetscInt64 n = 64;
  OttoConvectiveResolution r;
  OttoGrid grid;

  PetscFunctionBegin;
  for (int b = OTTO_BOUNDARY_NO_FLUX; b <= OTTO_BOUNDARY_OPEN; b++) {
    PetscCall(MakeUnit(1, n, (OttoBoundary)b, &grid));
    for (int i = 0; i < 5; i++) {
      half_waves = floor(share[i] * (double)n);
      PetscCall(ResolutionOf(grid, &(MapForms){HalfWaves, HalfWaves, Nothing, Identity}, &r));
      TestTrue(r.resolved == (share[i] <= 0.4), "half waves");
      TestTrue(share[i] <= 0.4 ? r.tail <= 1e-9 : r.tail >= 3e-3, "and not by little");
    }
    for (int i = 0; i < 3; i++) {
      width = cells[i] / (double)n;
      PetscCall(ResolutionOf(grid, &(MapForms){Gaussian, Gaussian, Nothing, Identity}, &r));
      TestTrue(r.resolved == (cells[i] > 2), "Gaussians");
    }
    PetscCall(ResolutionOf(grid, &(MapForms){Ramp, Ramp, Nothing, Identity}, &r));
    TestTrue(r.resolved && r.tail <= 1e-20, "a ramp");
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

/* A Gaussian stretched and squeezed by λ on open axes: E|∇log φ|² lies where |x|² is spread as
 * Gamma(3/2) about twice the variance in both axes; along the squeezed one waves are λ times
 * shorter. The wavelength of a Gaussian is 2π√(2/d)σ, here 2πσ. */
static double squeeze;

static double Round(const double x[])
{
  return exp(-(x[0] * x[0] + x[1] * x[1]) / 2);
}

static double Squeezed(const double x[])
{
  return exp(-(x[0] * x[0] / (squeeze * squeeze) + x[1] * x[1] * squeeze * squeeze) / 2);
}

static void Stretch(const double x[], double D[])
{
  (void)x;
  D[0] = squeeze, D[1] = D[2] = 0, D[3] = 1 / squeeze;
}

/* The quantile is the wavelength along the squeezed axis itself: a share of sin θ > 0.9995 of the
 * gradients, more than 1e-3 of them, points along it to 5e-4. */
static PetscErrorCode TestSqueeze(void)
{
  OttoConvectiveResolution r;
  OttoGrid grid;

  PetscFunctionBegin;
  PetscCall(MakeCube(2, (PetscInt64[]){96, 80}, -9, 9, OTTO_BOUNDARY_OPEN, &grid));
  for (squeeze = 1; squeeze <= 32; squeeze *= 2) {
    PetscCall(ResolutionOf(grid, &(MapForms){Round, Squeezed, Nothing, Stretch}, &r));
    const double expected = 2 * PETSC_PI * sqrt(1 - 4 * PETSC_PI / 324) / (squeeze * 18 / 80);
    if (squeeze > 1) TestClose(r.thinnest, expected, 2e-3, "wavelength across");
    TestTrue(r.resolved == (squeeze <= 2), "resolved from σ = 1.8 cells on");
  }
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* ---- the tail of lines ---- */

static double Mixed(const double x[])
{
  return 1 + 0.5 * cos(2 * PETSC_PI * 7 * x[0]) +
         0.25 * sin(2 * PETSC_PI * (5 * x[0] + 3 * x[1] / 2)) +
         0.125 * cos(2 * PETSC_PI * 8 * x[0]);
}

/* Of 16 × 12 cells on any mesh: Σ u² of a mode is half the square of its amplitude, of the highest,
 * which is ±1, all of it. */
static PetscErrorCode OnMesh(OttoGrid grid)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal sum;
  Vec u;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(grid, &u));
  PetscCall(FillFunction(grid, Mixed, u));
  const double cells = (double)g->cells, high = 0; /* cos 16π(i + ½)/16 is 0 at the centres */
  PetscCall(OttoTransformLineTail(grid, u, 0, 2. / 3, &sum));
  TestClose(sum, cells * (0.125 + high), 1e-13, "modes above 5 1/3");
  PetscCall(OttoTransformLineTail(grid, u, 0, 0.6, &sum));
  TestClose(sum, cells * (0.125 + 0.03125 + high), 1e-13, "modes above 4.8");
  PetscCall(OttoTransformLineTail(grid, u, 0, 0, &sum));
  TestClose(sum, cells * (0.125 + 0.03125 + high), 1e-13, "all but the mean");
  PetscCall(OttoTransformLineTail(grid, u, 1, 0.45, &sum));
  TestClose(sum, cells * 0.03125, 1e-13, "of the other axis, above 2.7");
  PetscCall(OttoTransformLineTail(grid, u, 1, 0.5, &sum));
  TestTrue(sum <= cells * 1e-28, "and above 3");
  PetscCall(VecDestroy(&u));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestTail(void)
{
  PetscFunctionBegin;
  PetscCall(OnMeshes(2, (PetscInt64[]){16, 12},
                     (OttoBoundary[]){OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_PERIODIC}, OnMesh));
  PetscFunctionReturn(0);
}

/* ---- growth ---- */

/* The slope of the last half of what is above 0 and finite; rounding of logarithms over a time of 1
 * or more. */
static PetscErrorCode TestGrowth(void)
{
  PetscReal t[12], v[12];

  PetscFunctionBegin;
  for (int i = 0; i < 12; i++) {
    t[i] = 1 + 0.5 * i;
    v[i] = i < 4 ? 3 * exp(5 * t[i]) : 0.1 * exp(1.7 * t[i]);
  }
  TestClose(OttoConvectiveGrowth(12, t, v), 1.7, 1e-13, "the last six");
  v[9] = INFINITY, v[10] = -1, v[11] = NAN;
  TestClose(OttoConvectiveGrowth(12, t, v), 1.7, 1e-13, "the last five of nine");
  TestClose(OttoConvectiveGrowth(4, t, v), 5, 1e-13, "three of four");
  v[0] = 17;
  TestClose(OttoConvectiveGrowth(4, t, v), 5, 1e-13, "and not the first");
  TestTrue(isnan(OttoConvectiveGrowth(2, t, v)), "two are too few");
  v[1] = 0;
  TestTrue(isnan(OttoConvectiveGrowth(3, t, v)), "and so are two of three");
  TestTrue(isnan(OttoConvectiveGrowth(0, t, v)), "and none");
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestShear, TestUniform, TestEnds, TestSqueeze, TestTail, TestGrowth});
}
