/* ranks: 1 2 3
 * tv inside the cells, and what js errs by, against closed forms of Gaussians. */
#include "fixture.h"

/* Isotropic Gaussian: context = {sigma, mean[dim]}. */
static PetscReal Gauss(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *c)
{
  PetscReal square = 0;

  (void)cell;
  for (PetscInt j = 0; j < dim; j++) square += (x[j] - c[1 + j]) * (x[j] - c[1 + j]);
  return exp(-square / (2 * c[0] * c[0])) / pow(2 * PETSC_PI * c[0] * c[0], 0.5 * (double)dim);
}

/* TV of two Gaussians of equal width, 2Φ(d/2) - 1 for distance d in widths; concentric ones: the
 * masses inside the sphere where they are equal. */
static PetscReal Exact(PetscInt dim, const PetscReal p[], const PetscReal q[])
{
  PetscReal square = 0, inside[2];

  if (p[0] == q[0]) {
    for (PetscInt j = 1; j <= dim; j++) square += (p[j] - q[j]) * (p[j] - q[j]);
    return erf(sqrt(square / 8) / p[0]);
  }
  square = 2 * (double)dim * log(q[0] / p[0]) / (1 / (p[0] * p[0]) - 1 / (q[0] * q[0]));
  for (int i = 0; i < 2; i++) {
    const PetscReal u = square / (2 * PetscSqr(i ? q[0] : p[0]));
    inside[i] = dim == 2 ? -expm1(-u) : erf(sqrt(u));
    if (dim == 3) inside[i] -= 2 * sqrt(u / PETSC_PI) * exp(-u);
  }
  return inside[0] - inside[1];
}

/* Errors of tv as a share of it: as found, and as estimated. */
static PetscErrorCode Error(PetscInt dim, PetscInt64 n, OttoBoundary boundary, const PetscReal p[],
                            const PetscReal q[], PetscReal *error, PetscReal *estimate)
{
  OttoQuadrature quadrature;
  OttoDivergences d;
  OttoPair pair = {.p = NULL};
  OttoGrid grid;

  PetscFunctionBegin;
  PetscCall(MakeCube(dim, (PetscInt64[]){n, n + 1, n + 2}, 0, 1, boundary, &grid));
  PetscCall(Fill(grid, Gauss, p, &pair.p));
  PetscCall(Fill(grid, Gauss, q, &pair.q));
  PetscCall(OttoDivergenceCompute(grid, &pair, OTTO_MASK_ALL, 0.5, &d));
  PetscCall(OttoDivergenceQuadrature(grid, &pair, &quadrature));
  const PetscReal exact = Exact(dim, p, q);
  *error = fabs(d.divergence[OTTO_DIVERGENCE_TV] + quadrature.tv_correction - exact) / exact;
  *estimate = quadrature.tv_error / exact;
  PetscCall(FreePair(&grid, &pair));
  PetscFunctionReturn(0);
}

/* In 1D of sixth order (a factor 64 each time n doubles, on average over where the zero lies: 20 is
 * asked for); in 2D and 3D of order 4.5 where lines graze the zero set. The plain sum errs by about
 * h²/6 of the slope there: 2e-3 at n = 40. Estimates are not exceeded by more than a factor of 2.
 */
static PetscErrorCode TestTotalVariation(void)
{
  static const PetscReal pairs[][2][4] = {{{0.07, 0.46, 0.48, 0.5}, {0.07, 0.57, 0.53, 0.47}},
                                          {{0.06, 0.5, 0.51, 0.49}, {0.08, 0.5, 0.51, 0.49}},
                                          {{0.07, 0.5, 0.5, 0.5}, {0.07, 0.6, 0.5, 0.5}}};
  static const OttoBoundary boundaries[] = {OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_NO_FLUX,
                                            OTTO_BOUNDARY_OPEN};
  static const PetscReal most[] = {2e-6, 2e-4, 3e-4};

  PetscFunctionBegin;
  for (int k = 0; k < 3; k++) {
    for (PetscInt dim = 1; dim <= 3; dim++) {
      PetscReal error[2], estimate[2];
      for (int level = 0; level < (dim < 3 ? 2 : 1); level++) {
        const PetscInt64 n = dim == 3 ? 40 : level ? 80 : 41;
        PetscCall(Error(dim, n, boundaries[(k + dim) % 3], pairs[k][0], pairs[k][1], &error[level],
                        &estimate[level]));
        TestTrue(error[level] <= 2 * estimate[level] + 1e-13, "the estimate holds");
        TestTrue(estimate[level] <= 1e-2, "and is of use");
        if (!(error[level] <= 2 * estimate[level] + 1e-13))
          fprintf(stderr, "  pair %d, %d axes, n %d: %g, estimated %g\n", k, (int)dim, (int)n,
                  (double)error[level], (double)estimate[level]);
      }
      TestTrue(error[dim < 3] <= most[dim - 1], "tv");
      if (!(error[dim < 3] <= most[dim - 1]))
        fprintf(stderr, "  pair %d, %d axes: %g\n", k, (int)dim, (double)error[dim < 3]);
    }
  }
  PetscFunctionReturn(0);
}

/* Few cells, one cell, equal densities, a zero in a cell centre: finite, and nothing where there is
 * no kink. */
static PetscErrorCode TestSmall(void)
{
  const PetscReal p[4] = {0.3, 0.4, 0.4, 0.4};
  PetscMPIInt size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  for (PetscInt64 n = size; n < 9; n++) {
    for (int b = 0; b < 3; b++) {
      const OttoBoundary boundary = b == 0   ? OTTO_BOUNDARY_PERIODIC
                                    : b == 1 ? OTTO_BOUNDARY_NO_FLUX
                                             : OTTO_BOUNDARY_OPEN;
      const PetscReal q[4] = {0.3, b == 2 ? 1.3 : 0.6, 0.5, 0.4}; /* p = q near an open face */
      const PetscReal low[] = {0, 0}, high[] = {1, 1};
      const OttoBoundary all[] = {boundary, boundary};
      OttoQuadrature quadrature, alone;
      OttoPair pair = {.p = NULL};
      OttoGrid grid;
      PetscCall(MakeBoxOn(PETSC_COMM_SELF, 2, (PetscInt64[]){n, n + 1}, low, high, all, &grid));
      PetscCall(Fill(grid, Gauss, p, &pair.p));
      PetscCall(Fill(grid, Gauss, q, &pair.q));
      PetscCall(OttoDivergenceQuadrature(grid, &pair, &alone));
      PetscCall(FreePair(&grid, &pair));
      PetscCall(MakeBox(2, (PetscInt64[]){n, n + 1}, low, high, all, &grid));
      PetscCall(Fill(grid, Gauss, p, &pair.p));
      PetscCall(Fill(grid, Gauss, q, &pair.q));
      PetscCall(OttoDivergenceQuadrature(grid, &pair, &quadrature));
      /* sums of some ten terms of this size */
      TestClose(quadrature.tv_correction, alone.tv_correction, 1e-14, "as on one rank");
      TestClose(quadrature.tv_error, alone.tv_error, 1e-13, "as on one rank");
      TestTrue(isfinite(quadrature.tv_correction) && isfinite(quadrature.tv_error) &&
                   isfinite(quadrature.js_error) && isfinite(quadrature.js_rate_error),
               "finite on few cells");
      PetscCall(OttoDivergenceQuadrature(grid, &(OttoPair){.p = pair.p, .q = pair.p}, &quadrature));
      TestClose(quadrature.tv_correction, 0, 0, "no kink where p = q");
      TestClose(quadrature.js_error, 0, 0, "nor a pole");
      PetscCall(FreePair(&grid, &pair));
    }
  }
  PetscFunctionReturn(0);
}

/* JS of N(0, v) and N(D, v) on a line, by 40000 midpoints over 24 widths: poles are then 100 times
 * farther out than here. */
static PetscReal JensenShannon(PetscReal distance, PetscReal v)
{
  const PetscReal width = sqrt(v), a = -12 * width, h = (distance + 24 * width) / 40000;
  PetscReal sum = 0;

  for (int i = 0; i < 40000; i++) {
    const PetscReal x = a + (i + 0.5) * h, p = exp(-x * x / (2 * v));
    const PetscReal q = exp(-(x - distance) * (x - distance) / (2 * v)), m = (p + q) / 2;
    sum += 0.5 * ((p > 0 ? p * log(p / m) : 0) + (q > 0 ? q * log(q / m) : 0));
  }
  return sum * h / sqrt(2 * PETSC_PI * v);
}

/* On cells of width 1: log(p/q) changes by distance/v a cell. Errors from 1e-9 to 3e-5 of js, found
 * within a factor of 4 from above (measured: 1.1 to 3.6) up to a change of 5 a cell. */
static PetscErrorCode TestJensenShannon(void)
{
  PetscFunctionBegin;
  for (int distance = 2; distance <= 12; distance++) {
    const PetscReal v = 2.25, p[2] = {sqrt(v), 30.5}, q[2] = {sqrt(v), 30.5 + distance};
    const OttoBoundary b[1] = {OTTO_BOUNDARY_OPEN};
    OttoQuadrature quadrature;
    OttoDivergences d;
    OttoPair pair = {.p = NULL};
    OttoGrid grid;
    PetscCall(MakeBox(1, (PetscInt64[]){75}, (PetscReal[]){0}, (PetscReal[]){75}, b, &grid));
    PetscCall(Fill(grid, Gauss, p, &pair.p));
    PetscCall(Fill(grid, Gauss, q, &pair.q));
    PetscCall(OttoDivergenceCompute(grid, &pair, OTTO_MASK_ALL, 0.5, &d));
    PetscCall(OttoDivergenceQuadrature(grid, &pair, &quadrature));
    const PetscReal error = fabs(d.divergence[OTTO_DIVERGENCE_JS] - JensenShannon(distance, v));
    TestTrue(error > 1e-10, "there is something to estimate");
    TestTrue(quadrature.js_error >= error && quadrature.js_error <= 4 * error, "js' error");
    if (!(quadrature.js_error >= error && quadrature.js_error <= 4 * error))
      fprintf(stderr, "  distance %d: %g, estimated %g\n", distance, (double)error,
              (double)quadrature.js_error);
    PetscCall(FreePair(&grid, &pair));
  }
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestTotalVariation, TestSmall, TestJensenShannon});
}
