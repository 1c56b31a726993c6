/* ranks: 1 2 3 4
 * Divergences against closed forms, conventions at zeros, inequalities. */
#include "pair.h"

static PetscErrorCode Make(PetscInt dim, const PetscInt64 n[], PetscReal lower, PetscReal upper,
                           OttoBoundary boundary, OttoGrid *grid)
{
  PetscReal low[OTTO_MAX_DIM], high[OTTO_MAX_DIM];
  OttoBoundary b[OTTO_MAX_DIM];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < dim; j++) {
    low[j] = lower;
    high[j] = upper;
    b[j] = boundary;
  }
  PetscCall(OttoGridCreate(PETSC_COMM_WORLD, grid));
  PetscCall(OttoGridSetBox(*grid, dim, n, low, high, b));
  PetscCall(OttoGridSetUp(*grid));
  PetscFunctionReturn(0);
}

static PetscReal One(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *context)
{
  (void)dim;
  (void)cell, (void)x, (void)context;
  return 1;
}

static PetscReal Wave(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *context)
{
  (void)dim;
  (void)cell;
  return 1 + context[0] * cos(2 * PETSC_PI * x[0]);
}

/* 1 - sqrt(1 - e^2) without cancellation. */
static PetscReal OneMinusRoot(PetscReal e)
{
  return e * e / (1 + sqrt(1 - e * e));
}

/* p = 1 + e cos 2πx against 1 on the torus; 64 midpoints integrate exactly to rounding, since the
 * integrands' Fourier modes beyond 63 are below (e/2)^64. With R = sqrt(1-e²), b = 1-R:
 * KL = log(1 - b/2) + b, reverse = -log(1 - b/2), chi2 = e²/2. p itself is rounded at 1e-16, which
 * moves the sums at small e by 1e-16/(8 e): hence e ≥ 1e-3 to 1e-12 here, smaller e below. */
static PetscErrorCode TestTorus(void)
{
  const PetscReal amplitude[] = {0.8, 0.3, 0.05, 1e-3};
  const unsigned all = OTTO_MASK_ALL;

  PetscFunctionBegin;
  for (int k = 0; k < 4; k++) {
    OttoGrid grid;
    OttoPair pair = {.p = NULL};
    OttoDivergences d, swapped;
    const PetscReal e = amplitude[k], b = OneMinusRoot(e);
    PetscReal series = 0, term = b / 2;
    PetscCall(Make(1, (PetscInt64[]){64}, 0, 1, OTTO_BOUNDARY_PERIODIC, &grid));
    PetscCall(Fill(grid, Wave, &e, &pair.p));
    PetscCall(Fill(grid, One, NULL, &pair.q));
    PetscCall(OttoDivergenceCompute(grid, &pair, all, 0.5, &d));
    for (int m = 1; m < 200; m++, term *= b / 2) series += term / m; /* -log(1 - b/2) */
    PetscReal kl = b - series; /* about b/2: no cancellation */
    TestClose(d.divergence[OTTO_DIVERGENCE_KL], kl, 1e-12, "KL on the torus");
    TestClose(d.divergence[OTTO_DIVERGENCE_REVERSE_KL], series, 1e-12, "reverse KL on the torus");
    TestClose(d.divergence[OTTO_DIVERGENCE_CHI2], e * e / 2, 1e-12, "chi2 on the torus");
    /* 64 midpoints of |cos|: (2/64)/sin(π/64)/2 instead of 2/π */
    TestClose(d.divergence[OTTO_DIVERGENCE_TV], e / 2 / (32 * sin(PETSC_PI / 64)), 1e-12, "TV");
    TestClose(d.mass_p, 1, 1e-15, "mass");
    TestTrue(fabs(d.entropy_p + kl) < 1e-15, "entropy of p: terms of either sign, of size 1");
    TestTrue(fabs(d.entropy_q) < 1e-15 && fabs(d.cross_entropy) < 1e-15, "log of 1 is 0");
    /* renyi of order 1/2 is -2 log(1 - hellinger2) */
    TestClose(d.divergence[OTTO_DIVERGENCE_RENYI],
              -2 * log1p(-d.divergence[OTTO_DIVERGENCE_HELLINGER2]), 1e-13, "renyi and hellinger2");
    PetscCall(OttoDivergenceCompute(grid, &(OttoPair){.p = pair.q, .q = pair.p}, all, 2, &swapped));
    TestClose(swapped.divergence[OTTO_DIVERGENCE_KL], series, 1e-12, "KL of the swapped pair");
    TestClose(swapped.divergence[OTTO_DIVERGENCE_JS], d.divergence[OTTO_DIVERGENCE_JS], 1e-12,
              "JS is symmetric");
    /* ∫ 1/p = 1/R: order 2 gives log of it; chi2 = 1/R - 1 */
    TestClose(swapped.divergence[OTTO_DIVERGENCE_RENYI], -log1p(-b), 1e-12, "renyi of order 2");
    TestClose(swapped.divergence[OTTO_DIVERGENCE_CHI2], b / (1 - b), 1e-12, "chi2 of the swapped");
    PetscCall(Finish(&grid, &pair));
  }
  PetscFunctionReturn(0);
}

/* p/q = (1+u)/(1-u) in every cell, p + q = 2: every divergence is its own integrand. u runs down to
 * 1e-13, where p and q still hold u exactly (a multiple of 2^-52); long double has the margin to
 * evaluate φ by series. */
static PetscReal Above(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *context)
{
  (void)dim;
  (void)cell, (void)x;
  return 1 + context[0];
}

static PetscReal Below(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *context)
{
  (void)dim;
  (void)cell, (void)x;
  return 1 - context[0];
}

static long double AtanhTail(long double u) /* atanh u - u */
{
  long double sum = 0, power = u * u * u;
  if (fabsl(u) > 0.3L) return atanhl(u) - u;
  for (int k = 3; k < 60; k += 2, power *= u * u) sum += power / k;
  return sum;
}

static PetscErrorCode TestNear(void)
{
  PetscFunctionBegin;
  for (int k = 0; k < 60; k++) {
    OttoGrid grid;
    OttoPair pair = {.p = NULL};
    OttoDivergences d;
    PetscReal u = ldexp(round(ldexp((k % 2 ? -0.97 : 0.97) * pow(0.6, k), 52)), -52);
    long double js = 0, power = (long double)u * u, t = AtanhTail(u), v = u;
    PetscCall(Make(2, (PetscInt64[]){5, 3}, 0, 1, OTTO_BOUNDARY_PERIODIC, &grid));
    PetscCall(Fill(grid, Above, &u, &pair.p));
    PetscCall(Fill(grid, Below, &u, &pair.q));
    PetscCall(OttoDivergenceCompute(grid, &pair, OTTO_MASK_ALL, 0.3, &d));
    for (int m = 1; m < 400; m++, power *= v * v) js += power / (m * (2 * m - 1));
    /* 1e-14: amplification by 10 of 1e-15 where the series end (vecmath.h), mass p ≠ mass q here */
    TestClose(d.divergence[OTTO_DIVERGENCE_KL], (double)(2 * (v * v + (1 + v) * t)), 1e-14, "kl");
    TestClose(d.divergence[OTTO_DIVERGENCE_REVERSE_KL], (double)(2 * (v * v - (1 - v) * t)), 1e-14,
              "reverse_kl");
    TestClose(d.divergence[OTTO_DIVERGENCE_CHI2], (double)(4 * v * v / (1 - v)), 1e-14, "chi2");
    TestClose(d.divergence[OTTO_DIVERGENCE_HELLINGER2],
              (double)(v * v / (1 + sqrtl((1 - v) * (1 + v)))), 1e-14, "hellinger2");
    TestClose(d.divergence[OTTO_DIVERGENCE_JS], (double)(js / 2), 1e-14, "js");
    TestClose(d.divergence[OTTO_DIVERGENCE_TV], fabs(u), 1e-14, "tv");
    if (fabs(u) > 0.01) { /* long double itself loses what is below */
      long double a = 0.3L, integral = powl(1 + v, a) * powl(1 - v, 1 - a);
      TestClose(d.divergence[OTTO_DIVERGENCE_RENYI], (double)(logl(integral) / (a - 1)), 1e-13,
                "renyi");
    }
    PetscCall(Finish(&grid, &pair));
  }
  PetscFunctionReturn(0);
}

static PetscReal Gauss(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *c)
{
  (void)dim;
  (void)cell;
  return exp(-(x[0] - c[0]) * (x[0] - c[0]) / (2 * c[1] * c[1])) / (c[1] * sqrt(2 * PETSC_PI));
}

/* The table of MATHEMATICS 2.6, six digits; KL in closed form to 1e-12 (midpoints of a Gaussian
 * converge faster than any order; beyond ±20 it is below 1e-38). */
static PetscErrorCode TestGaussians(void)
{
  OttoGrid grid;
  OttoPair pair = {.p = NULL};
  OttoDivergences d;
  const PetscReal p[2] = {0, 1}, q[2] = {1.5, 1.5}, s2 = 2.25, entropy = 0.5 * log(2 * PETSC_PI);

  PetscFunctionBegin;
  PetscCall(Make(1, (PetscInt64[]){40001}, -20, 20, OTTO_BOUNDARY_OPEN, &grid));
  PetscCall(Fill(grid, Gauss, p, &pair.p));
  PetscCall(Fill(grid, Gauss, q, &pair.q));
  PetscCall(OttoDivergenceCompute(grid, &pair, OTTO_MASK_ALL, 0.7, &d));
  TestClose(d.divergence[OTTO_DIVERGENCE_KL], 0.627687, 8e-7, "KL(P|Q)");
  TestClose(d.divergence[OTTO_DIVERGENCE_REVERSE_KL], 1.344535, 4e-7, "KL(Q|P)");
  TestClose(d.divergence[OTTO_DIVERGENCE_TV], 0.472266, 1.1e-6, "TV");
  TestClose(d.divergence[OTTO_DIVERGENCE_JS], 0.169266, 3e-6, "JS");
  TestClose(d.divergence[OTTO_DIVERGENCE_KL], 0.5 * (log(s2) + 1 / s2 + s2 / s2 - 1), 1e-12, "KL");
  TestClose(d.divergence[OTTO_DIVERGENCE_REVERSE_KL], 0.5 * (-log(s2) + s2 + s2 - 1), 1e-12,
            "reverse");
  /* ∫√(pq) = sqrt(2 s/(1+s²)) exp(-m²/(4(1+s²))) */
  TestClose(d.divergence[OTTO_DIVERGENCE_HELLINGER2], 1 - sqrt(3 / 3.25) * exp(-2.25 / (4 * 3.25)),
            1e-12, "hellinger2");
  /* D_a = a m²/(2 v) + log(v^(-1/2) s^a …), v = a s² + (1-a), van Erven and Harremoës 2014 eq. 10
   */
  PetscReal v = 0.7 * s2 + 0.3;
  TestClose(d.divergence[OTTO_DIVERGENCE_RENYI],
            0.7 * 2.25 / (2 * v) + log(sqrt(v) / pow(1.5, 0.7)) / (1 - 0.7), 1e-12, "renyi");
  TestClose(d.entropy_p, entropy + 0.5, 1e-12, "entropy of N(0,1)");
  TestClose(d.entropy_q, entropy + log(1.5) + 0.5, 1e-12, "entropy of N(1.5, 1.5²)");
  TestClose(d.cross_entropy, d.entropy_p + d.divergence[OTTO_DIVERGENCE_KL], 1e-13, "H(p,q)");
  TestClose(d.min_p, Gauss(0, 1, (PetscReal[]){20 - 20. / 40001}, p), 1e-12, "smallest value");
  TestClose(d.max_p, Gauss(0, 1, (PetscReal[]){0}, p), 1e-12, "largest value");
  PetscCall(Finish(&grid, &pair));
  PetscFunctionReturn(0);
}

static PetscReal Table(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *context)
{
  (void)dim;
  (void)x;
  return context[cell];
}

/* Discrete p = (½,½), q = (1,0) of MATHEMATICS 2.6 with empty cells beside, on cells of volume 1.
 */
static PetscErrorCode TestZeros(void)
{
  OttoGrid grid;
  OttoPair pair = {.p = NULL}, back;
  OttoDivergences d;
  PetscReal p[12] = {0.5, 0.5}, q[12] = {1};

  PetscFunctionBegin;
  PetscCall(Make(1, (PetscInt64[]){12}, 0, 12, OTTO_BOUNDARY_PERIODIC, &grid));
  PetscCall(Fill(grid, Table, p, &pair.p));
  PetscCall(Fill(grid, Table, q, &pair.q));
  back = (OttoPair){.p = pair.q, .q = pair.p};
  PetscCall(OttoDivergenceCompute(grid, &pair, OTTO_MASK_ALL, 2, &d));
  TestTrue(d.divergence[OTTO_DIVERGENCE_KL] == INFINITY, "KL(p|q) infinite");
  TestTrue(d.divergence[OTTO_DIVERGENCE_CHI2] == INFINITY, "chi2(p|q) infinite");
  TestTrue(d.divergence[OTTO_DIVERGENCE_RENYI] == INFINITY, "renyi of order 2 infinite");
  TestTrue(d.cross_entropy == INFINITY, "cross-entropy infinite");
  TestClose(d.divergence[OTTO_DIVERGENCE_REVERSE_KL], log(2), 1e-15, "KL(q|p)");
  TestClose(d.divergence[OTTO_DIVERGENCE_TV], 0.5, 1e-15, "TV");
  TestClose(d.divergence[OTTO_DIVERGENCE_HELLINGER2], 1 - sqrt(0.5), 1e-15, "hellinger2");
  /* ½ KL(p|m) + ½ KL(q|m), m = (¾, ¼) */
  TestClose(d.divergence[OTTO_DIVERGENCE_JS],
            0.25 * log(2. / 3) + 0.25 * log(2) + 0.5 * log(4. / 3), 1e-14, "JS");
  TestClose(d.outside_p, 0.5, 1e-15, "mass of p outside q");
  TestClose(d.outside_q, 0, 0, "no mass of q outside p");
  TestClose(d.entropy_p, log(2), 1e-15, "entropy");
  TestClose(d.mass_p, 1, 1e-15, "mass");
  TestClose(d.min_p, 0, 0, "smallest");
  PetscCall(OttoDivergenceCompute(grid, &back, OTTO_MASK_ALL, 2, &d));
  TestClose(d.divergence[OTTO_DIVERGENCE_KL], log(2), 1e-15, "KL(q|p)");
  TestTrue(d.divergence[OTTO_DIVERGENCE_REVERSE_KL] == INFINITY, "reverse infinite");
  TestClose(d.divergence[OTTO_DIVERGENCE_CHI2], 1, 1e-15, "chi2(q|p)");
  TestClose(d.divergence[OTTO_DIVERGENCE_RENYI], log(2), 1e-15, "renyi of order 2");
  TestClose(d.outside_q, 0.5, 1e-15, "mass outside");
  PetscCall(Finish(&grid, &pair));
  PetscFunctionReturn(0);
}

/* Disjoint supports: everything at its largest. */
static PetscErrorCode TestDisjoint(void)
{
  OttoGrid grid;
  OttoPair pair = {.p = NULL};
  OttoDivergences d;
  PetscReal p[12] = {0.5, 0.25, 0.25}, q[12] = {0, 0, 0, 0.1, 0.9};

  PetscFunctionBegin;
  PetscCall(Make(1, (PetscInt64[]){12}, 0, 12, OTTO_BOUNDARY_PERIODIC, &grid));
  PetscCall(Fill(grid, Table, p, &pair.p));
  PetscCall(Fill(grid, Table, q, &pair.q));
  PetscCall(OttoDivergenceCompute(grid, &pair, OTTO_MASK_ALL, 0.5, &d));
  TestClose(d.divergence[OTTO_DIVERGENCE_JS], log(2), 1e-15, "JS of disjoint densities");
  TestClose(d.divergence[OTTO_DIVERGENCE_TV], 1, 1e-15, "TV of disjoint densities");
  TestClose(d.divergence[OTTO_DIVERGENCE_HELLINGER2], 1, 1e-15, "hellinger2 of disjoint densities");
  TestTrue(d.divergence[OTTO_DIVERGENCE_RENYI] == INFINITY, "renyi of disjoint densities");
  TestTrue(d.divergence[OTTO_DIVERGENCE_KL] == INFINITY, "KL of disjoint densities");
  TestClose(d.outside_p, 1, 1e-15, "all of p outside");
  PetscCall(Finish(&grid, &pair));
  PetscFunctionReturn(0);
}

static PetscReal Noisy(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *context)
{
  (void)dim;
  (void)x;
  if (cell % 5 == (PetscInt64)context[0]) return context[1] * (Hash(cell, 3) - 0.5);
  return 1 + Hash(cell, context[0]);
}

/* Noise below the resolved threshold, of either sign, never reaches a logarithm; its partner's mass
 * is counted. Exactly as if those cells were taken out of the sums. */
static PetscErrorCode TestUnresolved(void)
{
  OttoGrid grid;
  OttoPair pair = {.p = NULL};
  OttoDivergences d;
  PetscReal noisy_p[2] = {1, 1e-16}, noisy_q[2] = {2, 1e-16}, sums[4] = {0}, x[1];

  PetscFunctionBegin;
  PetscCall(Make(1, (PetscInt64[]){1511}, 0, 1511, OTTO_BOUNDARY_PERIODIC, &grid));
  PetscCall(Fill(grid, Noisy, noisy_p, &pair.p));
  PetscCall(Fill(grid, Noisy, noisy_q, &pair.q));
  pair.resolved_p = pair.resolved_q = 1e-14;
  PetscCall(OttoDivergenceCompute(grid, &pair, OTTO_MASK_ALL, 0.5, &d));
  for (PetscInt64 c = 0; c < 1511; c++) {
    PetscReal p = Noisy(c, 1, x, noisy_p), q = Noisy(c, 1, x, noisy_q);
    if (c % 5 == 1)
      sums[1] += q;
    else if (c % 5 == 2)
      sums[2] += p;
    else
      sums[0] += p * log(p / q) - p + q;
    if (c % 5 != 1) sums[3] -= p * log(p);
  }
  TestClose(d.divergence[OTTO_DIVERGENCE_KL], sums[0] + sums[1], 1e-12, "KL without noise");
  TestClose(d.unreliable_q, sums[1], 1e-13, "mass of q where p is noise");
  TestClose(d.unreliable_p, sums[2], 1e-13, "mass of p where q is noise");
  TestClose(d.entropy_p, sums[3], 1e-12, "entropy of what is resolved of p");
  TestClose(d.outside_p + d.outside_q, 0, 0, "nothing is a true zero");
  for (int k = 0; k < OTTO_DIVERGENCE_RENYI; k++) /* the masses are not 1: no sign for renyi */
    TestTrue(isfinite(d.divergence[k]) && d.divergence[k] > 0, "finite with noise");
  PetscCall(Finish(&grid, &pair));
  PetscFunctionReturn(0);
}

static PetscReal Tilted(PetscInt64 cell, PetscInt dim, const PetscReal x[],
                        const PetscReal *context)
{
  (void)dim;
  PetscReal l = context[0] - context[1] * Hash(cell, context[2]);
  (void)x;
  return context[3] != 0 ? l : exp(l);
}

/* Logarithms as fields: the same as without where nothing underflows (the two paths differ by
 * |log p| eps ≤ 200·2e-16), and right where everything but the log has underflowed to 0. */
static PetscErrorCode TestLogs(void)
{
  OttoGrid grid;
  OttoPair pair = {.p = NULL};
  OttoDivergences plain, d;
  PetscReal p[4] = {1, 200, 1, 0}, q[4] = {2, 200, 2, 0};

  PetscFunctionBegin;
  PetscCall(Make(2, (PetscInt64[]){37, 23}, 0, 1, OTTO_BOUNDARY_PERIODIC, &grid));
  PetscCall(Fill(grid, Tilted, p, &pair.p));
  PetscCall(Fill(grid, Tilted, q, &pair.q));
  PetscCall(OttoDivergenceCompute(grid, &pair, OTTO_MASK_ALL, 0.4, &plain));
  p[3] = q[3] = 1;
  PetscCall(Fill(grid, Tilted, p, &pair.log_p));
  PetscCall(Fill(grid, Tilted, q, &pair.log_q));
  PetscCall(OttoDivergenceCompute(grid, &pair, OTTO_MASK_ALL, 0.4, &d));
  for (int k = 0; k < OTTO_DIVERGENCE_COUNT; k++)
    TestClose(d.divergence[k], plain.divergence[k], 1e-13, "with and without logarithms");
  PetscCall(VecScale(pair.q, 0)); /* q = 0 in every cell, its logarithm -1e5 and some */
  PetscCall(VecShift(pair.log_q, -1e5));
  PetscCall(OttoDivergenceCompute(grid, &pair, OTTO_MASK_ALL, 0.4, &d));
  /* KL = ∫ p (log p - log q) - p + q moved by 1e5 ∫p, to 1e-12 of the terms */
  TestClose(d.divergence[OTTO_DIVERGENCE_KL],
            plain.divergence[OTTO_DIVERGENCE_KL] + 1e5 * plain.mass_p - plain.mass_q, 1e-12,
            "KL far below the range");
  TestTrue(d.divergence[OTTO_DIVERGENCE_CHI2] == INFINITY, "chi2 beyond the range");
  TestClose(d.divergence[OTTO_DIVERGENCE_REVERSE_KL], d.mass_p, 1e-12,
            "reverse KL: p alone is left");
  TestClose(d.divergence[OTTO_DIVERGENCE_HELLINGER2], 0.5 * d.mass_p, 1e-12,
            "hellinger2: half of p");
  TestClose(d.cross_entropy, plain.cross_entropy + 1e5 * plain.mass_p, 1e-12, "cross-entropy");
  TestClose(d.outside_p, 0, 0, "q is nowhere zero");
  PetscCall(Finish(&grid, &pair));
  PetscFunctionReturn(0);
}

static PetscReal Rough(PetscInt64 cell, PetscInt dim, const PetscReal x[], const PetscReal *context)
{
  (void)dim;
  (void)x;
  return context[1] * exp(-context[2] * Hash(cell, context[0]));
}

/* Gibbs, Pinsker, the Hellinger sandwich, JS ≤ log 2, monotone in the order, on rough data; and any
 * mask gives the same numbers as all together. */
static PetscErrorCode TestInequalities(void)
{
  PetscFunctionBegin;
  for (PetscInt trial = 0; trial < 8; trial++) {
    OttoGrid grid;
    OttoPair pair = {.p = NULL};
    OttoDivergences d, e;
    PetscReal p[3] = {1.0 + (double)trial, 1, pow(10, (double)trial / 3 - 1)}, q[3] = {9, 1, p[2]};
    PetscCall(Make(3, (PetscInt64[]){7, 11, 13}, 0, 1, OTTO_BOUNDARY_PERIODIC, &grid));
    PetscCall(Fill(grid, Rough, p, &pair.p));
    PetscCall(Fill(grid, Rough, q, &pair.q));
    PetscCall(OttoDivergenceCompute(grid, &pair, 0, 0.5, &d));
    PetscCall(VecScale(pair.p, 1 / d.mass_p));
    PetscCall(VecScale(pair.q, 1 / d.mass_q));
    PetscCall(OttoDivergenceCompute(grid, &pair, OTTO_MASK_ALL, 0.5, &d));
    PetscReal kl = d.divergence[OTTO_DIVERGENCE_KL], tv = d.divergence[OTTO_DIVERGENCE_TV];
    PetscReal h2 = d.divergence[OTTO_DIVERGENCE_HELLINGER2];
    TestTrue(kl > 0, "Gibbs");
    TestTrue(tv <= sqrt(kl / 2), "Pinsker");
    TestTrue(h2 <= tv && tv <= sqrt(2 * h2), "Hellinger sandwich");
    TestTrue(d.divergence[OTTO_DIVERGENCE_JS] <= log(2), "JS ≤ log 2");
    TestTrue(kl <= log1p(d.divergence[OTTO_DIVERGENCE_CHI2]), "KL ≤ log(1 + chi2)");
    TestTrue(d.divergence[OTTO_DIVERGENCE_RENYI] <= kl, "renyi of order 1/2 ≤ KL");
    TestTrue(fabs(d.cross_entropy - d.entropy_p - kl) < 1e-14, "H(p,q) = H(p) + KL");
    for (int k = 0; k <= OTTO_DIVERGENCE_COUNT; k++) {
      PetscCall(OttoDivergenceCompute(grid, &pair, OTTO_MASK(k), 0.5, &e));
      for (int m = 0; m < OTTO_DIVERGENCE_COUNT; m++)
        TestClose(e.divergence[m], m == k ? d.divergence[m] : 0, 0, "one of the mask alone");
      TestClose(e.entropy_q, k == OTTO_DIVERGENCE_COUNT ? d.entropy_q : 0, 0, "entropies alone");
      TestClose(e.mass_p, d.mass_p, 1e-15, "masses always");
    }
    PetscCall(Finish(&grid, &pair));
  }
  PetscFunctionReturn(0);
}

/* Equal densities: zero to the last bit, at any size. */
static PetscErrorCode TestEqual(void)
{
  OttoGrid grid;
  OttoPair pair = {.p = NULL};
  OttoDivergences d;
  PetscReal p[3] = {1, 1e-150, 250};

  PetscFunctionBegin;
  PetscCall(Make(1, (PetscInt64[]){1009}, 0, 1, OTTO_BOUNDARY_NO_FLUX, &grid));
  PetscCall(Fill(grid, Rough, p, &pair.p));
  PetscCall(VecDuplicate(pair.p, &pair.q));
  PetscCall(VecCopy(pair.p, pair.q));
  PetscCall(OttoDivergenceCompute(grid, &pair, OTTO_MASK_ALL & ~OTTO_MASK(OTTO_DIVERGENCE_RENYI),
                                  0.5, &d));
  for (int k = 0; k < OTTO_DIVERGENCE_COUNT; k++)
    TestClose(d.divergence[k], 0, 0, "nothing between equals");
  PetscCall(Finish(&grid, &pair));
  PetscFunctionReturn(0);
}

/* The share of the outermost layers, times n, against direct sums; only open axes count. */
static PetscErrorCode TestEdge(void)
{
  const PetscInt64 n[3] = {7, 5, 6};
  OttoGrid grid;
  OttoPair pair = {.p = NULL};
  OttoDivergences d;
  PetscReal p[3] = {1, 1, 3}, q[3] = {2, 1, 3}, edge[OTTO_DIVERGENCE_COUNT], x[3], layer[3] = {0};

  PetscFunctionBegin;
  PetscCall(OttoGridCreate(PETSC_COMM_WORLD, &grid));
  PetscCall(OttoGridSetBox(
      grid, 3, n, (PetscReal[]){0, 0, 0}, (PetscReal[]){1, 1, 1},
      (OttoBoundary[]){OTTO_BOUNDARY_OPEN, OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_OPEN}));
  PetscCall(OttoGridSetUp(grid));
  PetscCall(Fill(grid, Rough, p, &pair.p));
  PetscCall(Fill(grid, Rough, q, &pair.q));
  PetscCall(OttoDivergenceCompute(grid, &pair, OTTO_MASK_ALL, 0.5, &d));
  PetscCall(OttoDivergenceEdge(grid, &pair, OTTO_MASK_ALL, 0.5, &d, edge));
  for (PetscInt64 c = 0; c < 210; c++) {
    PetscReal pc = Rough(c, 1, x, p), qc = Rough(c, 1, x, q), term = 0.5 * fabs(pc - qc) / 210;
    if (c / 30 == 0 || c / 30 == 6) layer[0] += 7 * term;
    if (c % 6 == 0 || c % 6 == 5) layer[2] += 6 * term;
  }
  TestClose(edge[OTTO_DIVERGENCE_TV],
            PetscMax(layer[0], layer[2]) / d.divergence[OTTO_DIVERGENCE_TV], 1e-13,
            "share of the layers");
  for (int k = 0; k < OTTO_DIVERGENCE_COUNT; k++)
    TestTrue(edge[k] > 0.5 && edge[k] < 6, "rough data: twice a cell's share on each axis");
  PetscCall(Finish(&grid, &pair));
  PetscFunctionReturn(0);
}

/* A NaN anywhere is a NaN in every result, zeros beside it or not. */
static PetscErrorCode TestNaN(void)
{
  PetscFunctionBegin;
  for (int k = 0; k < 2; k++) {
    OttoGrid grid;
    OttoPair pair = {.p = NULL};
    OttoDivergences d;
    PetscReal p[12], q[12];
    for (int c = 0; c < 12; c++) {
      p[c] = c == 5 ? NAN : 1;
      q[c] = k && c == 7 ? 0 : 2;
    }
    PetscCall(Make(1, (PetscInt64[]){12}, 0, 12, OTTO_BOUNDARY_PERIODIC, &grid));
    PetscCall(Fill(grid, Table, p, &pair.p));
    PetscCall(Fill(grid, Table, q, &pair.q));
    PetscCall(OttoDivergenceCompute(grid, &pair, OTTO_MASK_ALL, 0.5, &d));
    for (int m = 0; m < OTTO_DIVERGENCE_COUNT; m++)
      TestTrue(isnan(d.divergence[m]), OttoDivergenceNames[m]);
    TestTrue(isnan(d.mass_p) && isnan(d.entropy_p), "mass and entropy of NaN");
    PetscCall(Finish(&grid, &pair));
  }
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestTorus, TestNear, TestGaussians, TestZeros, TestDisjoint, TestUnresolved,
                   TestLogs, TestInequalities, TestEqual, TestEdge, TestNaN});
}
