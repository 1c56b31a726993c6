/* ranks: 1 2 3
 * Convective entropy of maps that stretch unevenly: of a circle, a torus, and an interval with
 * walls. */
#include "convective.h"

/* ---- a circle: Φ(x) = x + a sin(2πx)/2π, φ = 1 + e cos(2πx + 1) ---- */

static const double a = 0.5, e = 0.3, TWO_PI = 2 * PETSC_PI;

static double CirclePhi(const double x[])
{
  return 1 + e * cos(TWO_PI * x[0] + 1);
}

static double CircleLog(const double x[])
{
  return log1p(a * cos(TWO_PI * x[0]));
}

static void CircleDerivative(const double x[], double D[])
{
  D[0] = 1 + a * cos(TWO_PI * x[0]);
}

/* x + amplitude sin(2πx)/2π = y by Newton's method from y. */
static double Back(double amplitude, double y)
{
  double x = y;

  for (int k = 0; k < 50; k++)
    x -= (x + amplitude * sin(TWO_PI * x) / TWO_PI - y) / (1 + amplitude * cos(TWO_PI * x));
  return x;
}

static double CirclePushed(const double y[])
{
  const double x = Back(a, y[0]);

  return CirclePhi(&x) / (1 + a * cos(TWO_PI * x));
}

static const MapForms circle = {CirclePhi, CirclePushed, CircleLog, CircleDerivative};

/* What the coefficient is made of, in long double by the midpoint rule on 4096 points, which is
 * exact for periodic analytic functions. E_φ[Δ log J] is taken as it stands, with second
 * derivatives: not by parts, as the library does. */
static void CircleQuadrature(long double out[])
{
  const long double w = 2 * acosl(-1), la = a, le = e;
  const int n = 4096;

  for (int k = 0; k < 5; k++) out[k] = 0;
  for (int i = 0; i < n; i++) {
    const long double x = (i + 0.5L) / n, phi = 1 + le * cosl(w * x + 1);
    const long double J = 1 + la * cosl(w * x), score = -w * le * sinl(w * x + 1) / phi;
    const long double slope = -w * la * sinl(w * x) / J;
    const long double curvature = -w * w * la * cosl(w * x) / J - slope * slope;
    out[0] += phi * score * score / n;
    out[1] += phi * (score - slope) * (score - slope) / (J * J) / n;
    out[2] += phi * curvature / n;
    out[3] += phi * logl(J) / n;
    out[4] -= phi * logl(phi) / n;
  }
}

/* To 1e-8 and better: differences of order 10 on 256 cells leave 1e-12 of the harmonics 0.27^m/m of
 * log J, and of ψ, which is sharpest where Φ turns back least, ten times that. The limit of Υ/s, by
 * the spectral kernel, to 1e-8 as well; by atoms, from √(2s) = 1.5 h on, nearly; by the chain to
 * its h², of which a half more is said than there is. */
static PetscErrorCode TestCircle(void)
{
  long double q[5];
  OttoConvectiveStart start;
  PetscReal limit, error;
  OttoGrid grid;
  MapFields m;

  PetscFunctionBegin;
  CircleQuadrature(q);
  const double coefficient = (double)(q[1] - q[0] - q[2]);
  PetscCall(MakeUnit(1, 256, OTTO_BOUNDARY_PERIODIC, &grid));
  PetscCall(MakeMap(grid, &circle, &m));
  PetscCall(OttoConvectiveStartCompute(grid, &m.c, &start));
  TestClose(start.fisher_phi, (double)q[0], 1e-10, "I of phi");
  TestClose(start.fisher_pushed, (double)q[1], 1e-10, "I of psi where points began");
  TestClose(start.fisher_grid, (double)q[1], 1e-8, "I of psi by the grid");
  TestClose(start.laplacian, (double)q[2], 1e-10, "E of the Laplacian of log J");
  TestClose(start.coefficient, coefficient, 1e-8, "the coefficient");
  TestClose(start.mean_log_jacobian, (double)q[3], 1e-13, "E log J");
  TestClose(start.entropy_phi, (double)q[4], 1e-13, "H of phi");
  TestClose(start.entropy_pushed, (double)(q[4] + q[3]), 1e-12, "H of psi is H of phi and E log J");
  PetscCall(LimitBy(grid, "spectral", &m.c, &limit, &error));
  TestTrue(fabs(limit - coefficient) <= error, "the limit, within its error");
  TestTrue(error <= 1e-8 * fabs(coefficient), "which is as small as that");
  PetscCall(LimitBy(grid, "gaussian_exact", &m.c, &limit, &error));
  TestTrue(fabs(limit - coefficient) <= error, "by atoms, within its error");
  TestTrue(error <= 1e-7 * fabs(coefficient), "which says something");
  PetscCall(LimitBy(grid, "lattice", &m.c, &limit, &error));
  TestTrue(fabs(limit - coefficient) <= error, "of the chain, within its error");
  TestTrue(error <= 2 * fabs(limit - coefficient), "which is not much more");
  PetscCall(FreeMap(&m));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* ---- a torus: shear x by y, shear y by the new x, then stretch x as above ---- */

static const double c = 0.3;

/* The new x before it is stretched. */
static double Middle(const double x[])
{
  return x[0] + c * sin(TWO_PI * x[1]) / TWO_PI;
}

static double TorusPhi(const double x[])
{
  return 1 + 0.4 * cos(TWO_PI * (x[0] + 0.1)) * sin(TWO_PI * (x[1] + 0.3));
}

static double TorusLog(const double x[])
{
  return log1p(c * cos(TWO_PI * Middle(x)));
}

static void TorusDerivative(const double x[], double D[])
{
  const double u = Middle(x), J = 1 + c * cos(TWO_PI * u);
  const double across = c * cos(TWO_PI * x[1]), up = c * cos(TWO_PI * u);

  D[0] = J;
  D[1] = J * across;
  D[2] = up;
  D[3] = 1 + up * across;
}

static double TorusPushed(const double y[])
{
  const double u = Back(c, y[0]), second = y[1] - c * sin(TWO_PI * u) / TWO_PI;
  const double x[2] = {u - c * sin(TWO_PI * second) / TWO_PI, second};

  return TorusPhi(x) / (1 + c * cos(TWO_PI * u));
}

/* I[φ], I[ψ] by ∇log(φ/J) and the inverse of DΦ (det DΦ = J, by hand), and E[∇log φ · ∇log J], on
 * 160² points in long double. */
static void TorusQuadrature(long double out[])
{
  const long double w = 2 * acosl(-1), lc = c, amplitude = 0.4;
  const int n = 160;

  for (int k = 0; k < 3; k++) out[k] = 0;
  for (int i = 0; i < n * n; i++) {
    const long double x = (i / n + 0.5L) / n, y = (i % n + 0.5L) / n;
    const long double p = w * (x + 0.1L), q = w * (y + 0.3L);
    const long double u = x + lc * sinl(w * y) / w, J = 1 + lc * cosl(w * u);
    const long double phi = 1 + amplitude * cosl(p) * sinl(q);
    const long double score[2] = {-w * amplitude * sinl(p) * sinl(q) / phi,
                                  w * amplitude * cosl(p) * cosl(q) / phi};
    const long double of_u = -w * lc * sinl(w * u) / J, across = lc * cosl(w * y);
    const long double slope[2] = {of_u, of_u * across}, up = lc * cosl(w * u);
    const long double v[2] = {score[0] - slope[0], score[1] - slope[1]};
    /* (v_X, v_Y) DΦ = v: v_X J + v_Y up = v_0, v_X J across + v_Y (1 + up across) = v_1 */
    const long double second = v[1] - across * v[0], first = (v[0] - up * second) / J;
    out[0] += phi * (score[0] * score[0] + score[1] * score[1]) / (n * n);
    out[1] += phi * (first * first + second * second) / (n * n);
    out[2] -= phi * (score[0] * slope[0] + score[1] * slope[1]) / (n * n);
  }
}

/* On 96 × 80 cells, where derivatives by differences are right to 1e-9 (compared: 1e-8). */
static PetscErrorCode TestTorus(void)
{
  long double q[3];
  OttoConvectiveStart start;
  PetscReal limit, error;
  OttoGrid grid;
  MapFields m;

  PetscFunctionBegin;
  TorusQuadrature(q);
  const double coefficient = (double)(q[1] - q[0] - q[2]);
  PetscCall(MakeCube(2, (PetscInt64[]){96, 80}, 0, 1, OTTO_BOUNDARY_PERIODIC, &grid));
  PetscCall(MakeMap(grid, &(MapForms){TorusPhi, TorusPushed, TorusLog, TorusDerivative}, &m));
  PetscCall(OttoConvectiveStartCompute(grid, &m.c, &start));
  TestClose(start.fisher_phi, (double)q[0], 1e-8, "I of phi");
  TestClose(start.fisher_pushed, (double)q[1], 1e-8, "I of psi where points began");
  TestClose(start.laplacian, (double)q[2], 1e-8, "E of the Laplacian of log J");
  TestClose(start.coefficient, coefficient, 1e-8, "the coefficient");
  TestTrue(fabs(start.entropy_pushed - start.entropy_phi - start.mean_log_jacobian) <= 1e-13,
           "H of psi");
  PetscCall(LimitBy(grid, "spectral", &m.c, &limit, &error));
  TestTrue(fabs(limit - coefficient) <= error, "the limit, within its error");
  TestTrue(error <= 1e-8 * fabs(coefficient), "which is as small as that");
  PetscCall(LimitBy(grid, "lattice_exact", &m.c, &limit, &error));
  TestTrue(fabs(limit - coefficient) <= error, "of the chain, within its error");
  TestTrue(error <= 2 * fabs(limit - coefficient), "which is not much more");
  PetscCall(FreeMap(&m));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* Everything on one rank, and on every mesh of ranks. */
typedef struct {
  OttoConvectiveStart start;
  OttoConvectiveEntropy at;
  OttoConvectiveResolution resolution;
  PetscReal limit, error;
} Everything;

static PetscErrorCode FindAll(OttoGrid grid, Everything *all)
{
  const PetscReal s = 0.003;
  MapFields m;

  PetscFunctionBegin;
  PetscCall(MakeMap(grid, &(MapForms){TorusPhi, TorusPushed, TorusLog, TorusDerivative}, &m));
  for (PetscInt64 k = 0; k < OttoGridGetInfo(grid)->local_cells; k++) {
    PetscReal x[2];
    OttoGridCellCentre(OttoGridGetInfo(grid), k, x);
    m.lost[k] = hypot(x[0] - 0.5, x[1] - 0.7) < 0.1;
  }
  PetscCall(OttoConvectiveStartCompute(grid, &m.c, &all->start));
  PetscCall(OttoConvectiveResolve(grid, &m.c, &all->resolution));
  PetscCall(UpsilonBy(grid, "gaussian_exact", &m.c, 1, &s, &all->at));
  PetscCall(LimitBy(grid, "gaussian_exact", &m.c, &all->limit, &all->error));
  PetscCall(FreeMap(&m));
  PetscFunctionReturn(0);
}

/* Compensated sums of the same terms: to rounding of the terms, which the kernel's sums have in
 * another order. What is extrapolated or below 1e-8 magnifies it. */
static PetscErrorCode OnMesh(OttoGrid grid)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  Everything here, alone;
  OttoGrid own;

  PetscFunctionBegin;
  PetscCall(FindAll(grid, &here));
  PetscCall(MakeBoxOn(PETSC_COMM_SELF, 2, g->n, g->lower, g->upper, g->boundary, &own));
  PetscCall(FindAll(own, &alone));
  PetscCall(OttoGridDestroy(&own));
  const PetscReal *a1 = (const PetscReal *)&here.start, *a2 = (const PetscReal *)&alone.start;
  for (size_t k = 0; k < sizeof here.start / sizeof *a1; k++)
    TestTrue(fabs(a1[k] - a2[k]) <= 1e-13 * PetscMax(1, fabs(a2[k])), "what is known at the start");
  TestTrue(alone.start.lost > 0.01 && alone.start.unknown > 0.01, "cells are lost");
  TestTrue(fabs(here.at.upsilon - alone.at.upsilon) <= 1e-14, "upsilon");
  TestClose(here.at.mass_before, alone.at.mass_before, 1e-14, "mass");
  TestClose(here.resolution.tail, alone.resolution.tail, 1e-8, "tail");
  TestClose(here.resolution.thinnest, alone.resolution.thinnest, 1e-8, "thinnest");
  TestTrue(here.resolution.resolved == alone.resolution.resolved, "resolved");
  TestTrue(fabs(here.limit - alone.limit) <= here.error, "the limit");
  PetscFunctionReturn(0);
}

static PetscErrorCode TestMeshes(void)
{
  PetscFunctionBegin;
  PetscCall(OnMeshes(2, (PetscInt64[]){40, 53},
                     (OttoBoundary[]){OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_PERIODIC}, OnMesh));
  PetscFunctionReturn(0);
}

/* ---- an interval: Φ(x) = x + b x (1 - x), so that log J has a slope at the walls ---- */

static const double b = 0.4;

static double WallPhi(const double x[])
{
  return 1 + 0.3 * cos(PETSC_PI * x[0]);
}

static double WallLog(const double x[])
{
  return log1p(b * (1 - 2 * x[0]));
}

static void WallDerivative(const double x[], double D[])
{
  D[0] = 1 + b * (1 - 2 * x[0]);
}

static double WallPushed(const double y[])
{
  const double x = (1 + b - sqrt((1 + b) * (1 + b) - 4 * b * y[0])) / (2 * b);

  return WallPhi(&x) / (1 + b * (1 - 2 * x));
}

/* With walls E[Δ log J] is -∫ φ' (log J)': as it stands, ∫ φ (log J)'' lacks what stands at the
 * walls, which here is larger than all of it. By Simpson's rule on 4000 intervals, 1e-12. Midpoint
 * sums of what has slopes at the walls err by h²/24 times these: 1e-6 of 10 on 1024 cells. Because
 * of its slope there ψ blurs like √s at the walls, Υ(s) = c s + O(s^{3/2}): the extrapolation knows
 * how little it knows. */
static PetscErrorCode TestWalls(void)
{
  double laplacian = 0, coefficient = 0;
  const int n = 4000;
  OttoConvectiveStart start[2];
  PetscReal limit, error;
  OttoGrid grid;
  MapFields m;

  PetscFunctionBegin;
  for (int i = 0; i <= n; i++) {
    const double x = (double)i / n, weight = (i == 0 || i == n ? 1. : i % 2 ? 4 : 2) / (3. * n);
    const double J = 1 + b * (1 - 2 * x), slope = -2 * b / J, phi = WallPhi(&x);
    const double score = -0.3 * PETSC_PI * sin(PETSC_PI * x) / phi, v = (score - slope) / J;
    laplacian -= weight * phi * score * slope;
    coefficient += weight * phi * (v * v - score * score + score * slope);
  }
  for (int level = 0; level < 2; level++) {
    PetscCall(MakeUnit(1, 256 << level, OTTO_BOUNDARY_NO_FLUX, &grid));
    PetscCall(MakeMap(grid, &(MapForms){WallPhi, WallPushed, WallLog, WallDerivative}, &m));
    PetscCall(OttoConvectiveStartCompute(grid, &m.c, &start[level]));
    for (int k = 0; k < 2; k++) {
      PetscCall(LimitBy(grid, k ? "gaussian_exact" : "spectral", &m.c, &limit, &error));
      TestTrue(fabs(limit - coefficient) <= error, "the limit, within its error");
      TestTrue(error <= 0.1 * fabs(coefficient), "which says something");
    }
    PetscCall(FreeMap(&m));
    PetscCall(OttoGridDestroy(&grid));
  }
  TestClose((4 * start[1].laplacian - start[0].laplacian) / 3, laplacian, 1e-9,
            "E of the Laplacian of log J");
  TestClose((4 * start[1].coefficient - start[0].coefficient) / 3, coefficient, 1e-9,
            "the coefficient");
  PetscFunctionReturn(0);
}

/* ---- what has no coefficient ---- */

/* Three steps: Υ ~ √s, whatever else a grid of so many cells may see in them. The error is of the
 * order of the value with every kernel. */
static double Steps(const double y[])
{
  return y[0] < 0.25 ? 1.3 : y[0] < 0.5 ? 0.7 : 1;
}

static double Nothing(const double x[])
{
  (void)x;
  return 0;
}

static void Same(const double x[], double D[])
{
  (void)x;
  D[0] = 1;
}

static PetscErrorCode TestJump(void)
{
  PetscReal limit, error;
  OttoGrid grid;
  MapFields m;

  PetscFunctionBegin;
  for (PetscInt64 n = 64; n <= 256; n *= 4) {
    PetscCall(MakeUnit(1, n, OTTO_BOUNDARY_PERIODIC, &grid));
    PetscCall(MakeMap(grid, &(MapForms){CirclePhi, Steps, Nothing, Same}, &m));
    for (int k = 0; k < 4; k++) {
      const char *kernels[] = {"spectral", "gaussian_exact", "lattice", "lattice_exact"};
      PetscCall(LimitBy(grid, kernels[k], &m.c, &limit, &error));
      TestTrue(error >= 0.5 * fabs(limit), "a jump has no coefficient");
    }
    PetscCall(FreeMap(&m));
    PetscCall(OttoGridDestroy(&grid));
  }
  PetscFunctionReturn(0);
}

/* ---- zeros ---- */

/* cos⁸ πx of mass 1 on |x| < ½, nothing beyond, on [-1, 1]. */
static double Bump(const double x[])
{
  return fabs(x[0]) < 0.5 ? pow(cos(PETSC_PI * x[0]), 8) * 128 / 35 : 0;
}

/* Five cells at either end of where φ is above 0 have no gradient: their mass is said, 1e-9, and I
 * = 64π² ∫ sin² cos⁶ · 128/35 = 64π²/7 lacks what is there, 1e-6 of it, and what differences near
 * an end make of its logarithm. The map does nothing, so that Υ is 0 at every s, and logarithms of
 * 0 leave the chain's limit finite. */
static PetscErrorCode TestZeros(void)
{
  const PetscInt64 n = 256;
  const PetscReal h = 2. / (PetscReal)n;
  PetscReal mass = 0, limit, error;
  OttoConvectiveStart start;
  OttoGrid grid;
  MapFields m;

  PetscFunctionBegin;
  for (int i = 0; i < 5; i++) mass += 2 * h * Bump((const double[]){0.5 - (i + 0.5) * h});
  PetscCall(MakeCube(1, &n, -1, 1, OTTO_BOUNDARY_PERIODIC, &grid));
  PetscCall(MakeMap(grid, &(MapForms){Bump, Bump, Nothing, Same}, &m));
  PetscCall(OttoConvectiveStartCompute(grid, &m.c, &start));
  TestClose(start.unknown, mass, 1e-12, "mass without a gradient");
  TestClose(start.unknown_grid, mass, 1e-12, "of psi as well");
  TestClose(start.fisher_phi, 64 * PETSC_PI * PETSC_PI / 7, 1e-5, "I of the rest");
  TestTrue(start.coefficient == 0 || fabs(start.coefficient) <= 1e-12, "nothing is done");
  PetscCall(LimitBy(grid, "lattice_exact", &m.c, &limit, &error));
  TestTrue(fabs(limit) <= error && error <= 1e-9, "nor does the limit");
  PetscCall(FreeMap(&m));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestCircle, TestTorus, TestMeshes, TestWalls, TestJump, TestZeros});
}
