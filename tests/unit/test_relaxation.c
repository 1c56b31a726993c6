/* ranks: 1 2 3 4; long: 2 4
 * The slowest relaxation rates against closed forms. */
#include "test.h"
#include <otto/relaxation.h>
#include "chain.h"

static PetscErrorCode Rates(Chain *s, PetscInt count, PetscReal rate[], PetscReal frequency[])
{
  OttoRelaxation r;

  PetscFunctionBegin;
  PetscCall(OttoRelaxationCompute(s->R, count, &r));
  TestTrue(r.count == count, "as many as asked for");
  TestTrue(r.complete, "and certainly no other before them");
  for (PetscInt i = 0; i < r.count; i++) {
    PetscReal least = 0, most = 0, mass = 1;
    rate[i] = r.rate[i];
    /* the check's own bound; deep wells come within 1e-12 of rounding */
    TestTrue(OttoRelaxationCertified(&r, i) && r.bound[i] <= 1e-4 * r.rate[i], "a bound");
    if (frequency) frequency[i] = r.frequency[i];
    TestTrue(i == 0 || rate[i] >= rate[i - 1], "slowest first");
    /* 1e-10 of the inverse, whose largest eigenvalue is up to 50 times those wanted */
    TestTrue(r.residual[i] < 1e-8, "an eigenvector");
    PetscCall(OttoFieldRange(s->grid, r.mode[i], &least, &most));
    TestTrue(most == 1 || least == 1 || fabs(most - 1) < 1e-15 || fabs(least + 1) < 1e-15,
             "scaled");
    PetscCall(OttoFieldIntegral(s->grid, r.mode[i], &mass));
    /* A density mode: Qᵀu = -rate u. Not where W spans more decades than a double has digits, as
     * for the twelve cells below: there rounding of u, times a large W, outweighs what u is
     * elsewhere. */
    if (r.frequency[i] == 0 && s->g->cells > 12) {
      PetscReal norm = 0, off = 0, size = 0;
      Vec image;
      PetscCall(VecDuplicate(r.mode[i], &image));
      PetscCall(OttoGeneratorApply(s->Q, r.mode[i], image));
      PetscCall(VecAXPY(image, r.rate[i], r.mode[i]));
      PetscCall(VecNorm(image, NORM_1, &off));
      PetscCall(VecNorm(r.mode[i], NORM_1, &size));
      PetscCall(OttoGeneratorNorm(s->Q, &norm));
      TestTrue(off <= 1e-7 * norm * size, "a mode of the generator itself");
      PetscCall(VecDestroy(&image));
    }
    /* modes of a chain that keeps mass have none: Σ Qᵀu = 0 = -λ Σ u, to the residual over λ/‖Q‖ */
    if (!OttoGeneratorIsAbsorbing(s->Q)) TestTrue(fabs(mass) < 1e-5, "a mode without mass");
  }
  PetscCall(OttoRelaxationFree(&r));
  PetscFunctionReturn(0);
}

/* Free diffusion between walls: the DCT's eigenvalues, two axes mixed. */
static PetscErrorCode TestBox(void)
{
  const PetscInt64 n[2] = {12, 7};
  const PetscReal lower[2] = {0, 0}, upper[2] = {1, 0.45};
  PetscReal rate[3] = {0}, x[3];
  Chain s;

  PetscCall(ChainCreate(2, n, lower, upper, (OttoBoundary[]){W, W},
                        OPTIONS("-temperature", "0.7", "-mobility", "2,3"), &s));
  PetscCall(Rates(&s, 3, rate, NULL));
  for (int k = 1; k < 3; k++) x[k - 1] = 1.4 * PetscSqr(2 * sin(k * PETSC_PI / 24) / s.g->h[0]);
  x[2] = 2.1 * PetscSqr(2 * sin(PETSC_PI / 14) / s.g->h[1]);
  for (int k = 0; k < 2; k++) TestClose(rate[k], x[k], 1e-10, "a cosine's rate");
  PetscReal third = 1.4 * PetscSqr(2 * sin(3 * PETSC_PI / 24) / s.g->h[0]);
  TestClose(rate[2], PetscMin(third, x[2]), 1e-10, "the third, of whichever axis");
  PetscCall(ChainDestroy(&s));
  return 0;
}

/* A ring with a drift: λ_k = Σ rates (1 - e^{±ik}), complex. */
static PetscErrorCode TestRing(void)
{
  const PetscInt64 n[1] = {20};
  const PetscReal lower[1] = {0}, upper[1] = {2};
  PetscReal rate[2] = {0}, frequency[2] = {0};
  Chain s;

  PetscCall(ChainCreate(1, n, lower, upper, (OttoBoundary[]){P},
                        OPTIONS("-drift_type", "constant", "-drift_force", "3"), &s));
  PetscCall(Rates(&s, 2, rate, frequency));
  const PetscReal z = 0.3, h = 0.1, up = z / (1 - exp(-z)) / (h * h), down = up * exp(-z);
  for (int k = 1; k <= 2; k++) {
    TestClose(rate[k - 1], (up + down) * (1 - cos(PETSC_PI * k / 10)), 1e-8, "rate");
    TestClose(frequency[k - 1], (up - down) * sin(PETSC_PI * k / 10), 1e-8, "frequency");
  }
  PetscCall(ChainDestroy(&s));
  return 0;
}

/* A trap that turns, k = 1, ω = 2: k ± iω is the slowest, yet further from 0 than 2k; then 2k, and
 * 2k ± 2iω. Second order in h. */
static PetscErrorCode TestTurningTrap(void)
{
  const PetscReal lower[2] = {-5, -5}, upper[2] = {5, 5};
  PetscReal rate[3] = {0}, frequency[3] = {0}, error[2] = {0};

  for (int k = 0; k < 2; k++) {
    Chain s;
    PetscCall(ChainCreate(
        2, (PetscInt64[]){24 << k, 24 << k}, lower, upper, (OttoBoundary[]){W, W},
        OPTIONS("-potential_type", "quadratic", "-drift_type", "rotation", "-drift_rate", "2"),
        &s));
    PetscCall(Rates(&s, 1, rate, frequency));
    PetscReal alone = rate[0];
    PetscCall(Rates(&s, 3, rate, frequency));
    TestClose(alone, rate[0], 1e-7, "asked for alone, it is the same");
    error[k] = fabs(rate[0] - 1);
    TestClose(frequency[0], 2, k ? 0.02 : 0.08, "the slowest turns");
    TestClose(rate[1], 2, k ? 0.05 : 0.2, "twice as fast: both, in some order");
    TestClose(rate[2], 2, k ? 0.05 : 0.2, "twice as fast: both, in some order");
    TestClose(frequency[1] + frequency[2], 4, k ? 0.02 : 0.08, "one of them turns twice as fast");
    PetscCall(ChainDestroy(&s));
  }
  TestTrue(fabs(log2(error[0] / error[1]) - 2) < 0.3, "second order");
  return 0;
}

/* A ring with a fast drift, long across: going round decays as fast as the twelfth mode across, but
 * oscillates further from 0 than the 37 pairs that a search near 0 for twelve finds. */
static PetscErrorCode TestFastRing(void)
{
  const PetscInt64 n[2] = {64, 40};
  const PetscReal lower[2] = {0, 0}, upper[2] = {2, 10};
  PetscReal rate[12] = {0}, frequency[12] = {0};
  Chain s;

  PetscCall(ChainCreate(2, n, lower, upper, (OttoBoundary[]){P, W},
                        OPTIONS("-drift_type", "constant", "-drift_force", "60,0"), &s));
  PetscCall(Rates(&s, 12, rate, frequency));
  const PetscReal h = 2.0 / 64, z = 60 * h, up = z / (1 - exp(-z)) / (h * h), down = up * exp(-z);
  const PetscReal round = (up + down) * (1 - cos(PETSC_PI / 32));
  PetscInt at = 0;
  for (int j = 1; j <= 11; j++) {
    PetscReal across = PetscSqr(2 * sin(j * PETSC_PI / 80) / 0.25);
    if (at == j - 1 && round < across) at = j; /* its place in the order, from 1 */
    TestClose(rate[j - 1 + (at > 0)], across, 1e-7, "across");
  }
  if (!at) at = 12;
  TestClose(rate[at - 1], round, 1e-7, "round the ring");
  TestClose(frequency[at - 1], (up - down) * sin(PETSC_PI / 32), 1e-7, "and its frequency");
  PetscCall(ChainDestroy(&s));
  return 0;
}

static PetscErrorCode DoubleWell(PetscInt64 n, PetscReal rate[3])
{
  const PetscReal lower[1] = {-2.5}, upper[1] = {2.5};
  Chain s;

  PetscFunctionBegin;
  PetscCall(ChainCreate(
      1, &n, lower, upper, (OttoBoundary[]){W},
      OPTIONS("-potential_type", "double_well", "-temperature", "0.33333333333333333"), &s));
  PetscCall(Rates(&s, 3, rate, NULL));
  PetscCall(ChainDestroy(&s));
  PetscFunctionReturn(0);
}

/* V = (x²-1)² at β = 3: published to ten digits; second order, and 1e-6 after Richardson. */
static PetscErrorCode TestDoubleWell(void)
{
  const PetscReal exact[3] = {0.08061986083, 3.494905505, 6.146625338};
  PetscReal rate[3][3];

  for (int k = 0; k < 3; k++) PetscCall(DoubleWell(100 << k, rate[k]));
  for (int i = 0; i < 3; i++) {
    PetscReal order = log2((rate[0][i] - exact[i]) / (rate[1][i] - exact[i]));
    TestTrue(fabs(order - 2) < 0.1, "second order");
    order = log2((rate[1][i] - exact[i]) / (rate[2][i] - exact[i]));
    TestTrue(fabs(order - 2) < 0.03, "second order, closer");
    PetscReal better = rate[2][i] + (rate[2][i] - rate[1][i]) / 3;
    TestClose(better, exact[i], 1e-6, "after one Richardson extrapolation");
  }
  return 0;
}

/* Between absorbing ends: (kπ/L)², no zero mode; second order. In a harmonic well with walls far
 * away: k, 2k, … */
static PetscErrorCode TestAbsorbingAndOU(void)
{
  const PetscReal lower[1] = {0}, upper[1] = {2}, from[1] = {-8}, to[1] = {8};
  PetscReal error[2], rate[2] = {0};
  Chain s;

  for (int k = 0; k < 2; k++) {
    PetscCall(ChainCreate(1, (PetscInt64[]){30 << k}, lower, upper, (OttoBoundary[]){A},
                          OPTIONS(NULL), &s));
    PetscCall(Rates(&s, 2, rate, NULL));
    error[k] = fabs(rate[0] / PetscSqr(PETSC_PI / 2) - 1);
    TestClose(rate[1] / rate[0], 4, 0.02, "the second is four times the first");
    PetscCall(ChainDestroy(&s));
  }
  TestTrue(fabs(log2(error[0] / error[1]) - 2) < 0.1, "absorbing ends: second order");
  for (int k = 0; k < 2; k++) {
    PetscCall(ChainCreate(1, (PetscInt64[]){80 << k}, from, to, (OttoBoundary[]){W},
                          OPTIONS("-potential_type", "quadratic", "-potential_stiffness", "1.5"),
                          &s));
    PetscCall(Rates(&s, 2, rate, NULL));
    error[k] = fabs(rate[1] / 3 - 1);
    PetscCall(ChainDestroy(&s));
  }
  TestTrue(fabs(log2(error[0] / error[1]) - 2) < 0.1, "Ornstein-Uhlenbeck: second order");
  TestTrue(error[1] < 1e-2, "twice the stiffness");
  return 0;
}

/* A torus: rates come in fours and eights, and one Krylov space holds one vector of each. */
static PetscErrorCode TestMultiple(void)
{
  const PetscInt64 n[2] = {16, 16};
  const PetscReal lower[2] = {0, 0}, upper[2] = {1, 1}, first = PetscSqr(32 * sin(PETSC_PI / 16));
  const PetscReal second = PetscSqr(32 * sin(PETSC_PI / 8));
  PetscReal rate[20] = {0};
  Chain s;

  PetscCall(ChainCreate(2, n, lower, upper, (OttoBoundary[]){P, P}, OPTIONS(NULL), &s));
  PetscCall(Rates(&s, 20, rate, NULL));
  for (int i = 0; i < 20; i++) {
    const PetscReal exact = i < 4 ? first : i < 8 ? 2 * first : i < 12 ? second : first + second;
    TestClose(rate[i], exact, 1e-9, "as many copies as there are");
  }
  PetscCall(ChainDestroy(&s));
  return 0;
}

/* Wells of 20 and 30 T that exchange mass at 1e-12 and 1e-16 of ‖Q‖. In one dimension the sum of
 * all 1/λ is Σ_k A_k B_k/(π_k Q_{k,k+1}), A_k the mass up to cell k, B_k that beyond; the slowest
 * is all there is to it, but for 1e-9. */
static PetscErrorCode TestMetastable(void)
{
  static const char *const temperature[2] = {"0.05", "0.0333333333333333"};
  const PetscInt64 n[1] = {60};
  const PetscReal lower[1] = {-1.8}, upper[1] = {1.8};

  for (int t = 0; t < 2; t++) {
    PetscReal rate[1] = {0}, T = atof(temperature[t]), h = 0.06, pi[60], total = 0, below = 0;
    PetscReal time = 0, beyond[61] = {0};
    Chain s;
    PetscCall(ChainCreate(1, n, lower, upper, (OttoBoundary[]){W},
                          OPTIONS("-potential_type", "double_well", "-temperature", temperature[t]),
                          &s));
    PetscCall(Rates(&s, 1, rate, NULL));
    for (int i = 0; i < 60; i++) {
      PetscReal x = -1.8 + (i + 0.5) * h;
      pi[i] = exp(-PetscSqr(x * x - 1) / T);
      total += pi[i];
    }
    for (int i = 59; i >= 0; i--) beyond[i] = beyond[i + 1] + pi[i];
    for (int k = 0; k + 1 < 60; k++) {
      PetscReal z = log(pi[k + 1] / pi[k]), up = T / (h * h);
      if (fabs(z) > 1e-9) up *= z / (1 - exp(-z));
      below += pi[k];
      time += below / total * beyond[k + 1] / (pi[k] * up);
    }
    TestClose(rate[0], 1 / time, 1e-7, "the rate of exchange");
    PetscCall(ChainDestroy(&s));
  }
  return 0;
}

/* Twelve cells, where GMRES is exact before it knows. */
static PetscErrorCode TestTiny(void)
{
  const PetscInt64 n[2] = {3, 4};
  const PetscReal lower[2] = {-0.205, -1.966}, upper[2] = {0.927, -0.283};
  PetscReal rate[3] = {0};
  PetscMPIInt size;
  Chain s;

  MPI_Comm_size(PETSC_COMM_WORLD, &size);
  if (size > 3) return 0;
  PetscCall(
      ChainCreate(2, n, lower, upper, (OttoBoundary[]){P, W},
                  OPTIONS("-temperature", "0.0514629", "-mobility", "6.83225,1.77917",
                          "-potential_type", "formula", "-potential_formula",
                          "0.59888*(cos(x)+cos(2*y+1))+0.199627*sin(x*y)", "-drift_type", "formula",
                          "-drift_formula", "4.33498*sin(y+0.3)+2.1675,4.33498*sin(x+0.6)+2.1675"),
                  &s));
  PetscCall(Rates(&s, 3, rate, NULL));
  PetscCall(ChainDestroy(&s));
  return 0;
}

/* Three axes, by multigrid: sums of one-dimensional rates. */
static PetscErrorCode TestSpace(void)
{
  const PetscInt64 n[3] = {16, 8, 12}, line[1] = {16};
  const PetscReal lower[3] = {-2, 0, 0}, upper[3] = {2, 1, 1};
  PetscReal rate[2] = {0}, alone[1] = {0};
  Chain s;

  PetscCall(ChainCreate(1, line, lower, upper, (OttoBoundary[]){W},
                        OPTIONS("-potential_type", "double_well"), &s));
  PetscCall(Rates(&s, 1, alone, NULL));
  PetscCall(ChainDestroy(&s));
  PetscCall(ChainCreate(3, n, lower, upper, (OttoBoundary[]){W, W, W},
                        OPTIONS("-potential_type", "formula", "-potential_formula", "(x^2-1)^2"),
                        &s));
  PetscCall(Rates(&s, 2, rate, NULL));
  TestClose(rate[0], alone[0], 1e-9, "the slow axis is what one axis alone is");
  PetscCall(ChainDestroy(&s));
  return 0;
}

int main(void)
{
  return TestMain({TestBox, TestRing, TestTurningTrap, TestFastRing, TestDoubleWell,
                   TestAbsorbingAndOU, TestMultiple, TestMetastable, TestTiny, TestSpace});
}
