/* labels: heat
 * The kernel tables: against the Bessel series, moments, and the two ways of summing images. */
#include "test.h"
#include "heat/heat_impl.h"

static PetscErrorCode Make(PetscInt64 n, PetscInt64 period, PetscReal h, OttoKernelTable *table)
{
  const PetscInt64 inputs = period ? period : n;
  const PetscInt64 most = inputs + OttoKernelImages(period) * period + OTTO_BLOCK_MAX;

  PetscFunctionBegin;
  *table = (OttoKernelTable){.n = n, .inputs = inputs, .period = period, .h = h};
  PetscCall(PetscMalloc3(most, &table->log_k, most, &table->slope, most, &table->curvature));
  PetscFunctionReturn(0);
}

static PetscErrorCode Drop(OttoKernelTable *table)
{
  PetscFunctionBegin;
  PetscCall(PetscFree3(table->log_k, table->slope, table->curvature));
  PetscFunctionReturn(0);
}

/* log of e^{-2τ} I_n(2τ) by the power series, all terms positive. */
static long double LogBessel(long double tau, PetscInt n)
{
  long double term = 1, sum = 1, log_first = (long double)n * logl(tau) - 2 * tau;

  for (PetscInt k = 2; k <= n; k++) log_first -= logl((long double)k);
  for (PetscInt k = 1; k < 400; k++) {
    term *= tau * tau / ((long double)k * (long double)(k + n));
    sum += term;
  }
  return log_first + logl(sum);
}

static PetscErrorCode TestBesselSeries(void)
{
  static const PetscReal taus[] = {1e-300, 1e-6, 0.1, 1, 7.5, 60};
  OttoKernelTable table;

  PetscFunctionBegin;
  PetscCall(Make(211, 211, 0.5, &table));
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(taus); i++) {
    OttoKernelFill_Lattice(&table, taus[i] * 0.25);
    for (PetscInt n = 0; n < 400; n += 1 + n / 9) {
      /* eps of a double, of the logarithm and of 1: what a table of doubles could hold */
      PetscReal expected = (PetscReal)LogBessel((long double)taus[i], n);
      TestClose((PetscReal)table.log_k[n], expected,
                3e-16 * (1 + 1 / PetscMax(1e-3, fabs(expected))), "log e^-2s I_n(2s)");
    }
  }
  PetscCall(Drop(&table));
  PetscFunctionReturn(0);
}

/* Mass 1 and variance 2t, from t = h²/1e6 to far beyond what the series can do. */
static PetscErrorCode TestMoments(void)
{
  static const PetscReal taus[] = {1e-6, 0.1, 3, 1e3, 2e4};
  OttoKernelTable table;

  PetscFunctionBegin;
  PetscCall(Make(1009, 1009, 1, &table));
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(taus); i++) {
    for (PetscInt gaussian = 0; gaussian <= (taus[i] >= 3); gaussian++) {
      long double mass = 0, variance = 0;
      if (gaussian)
        OttoKernelFill_Gaussian(&table, taus[i]);
      else
        OttoKernelFill_Lattice(&table, taus[i]);
      for (PetscInt64 m = table.length - 1; m >= 0; m--) {
        long double k = (m ? 2 : 1) * expl(table.log_k[m]);
        mass += k;
        variance += k * (long double)(m * m);
      }
      /* the Gaussian's midpoint sum is exact to 2 exp(-4π²τ) */
      TestClose((PetscReal)mass, 1, 1e-15, "mass");
      TestClose((PetscReal)variance, 2 * taus[i], 1e-15, "variance 2t");
      TestTrue(table.images > 0, "the table is the kernel of the whole line");
    }
  }
  PetscCall(Drop(&table));
  PetscFunctionReturn(0);
}

/* Where the dual sum is used it equals the sum over images, derivatives too. */
static PetscErrorCode TestDual(void)
{
  static const PetscInt64 periods[] = {1, 2, 3, 8, 31};

  PetscFunctionBegin;
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(periods); i++) {
    for (PetscInt step = 0; step < 3; step++) {
      const PetscInt64 period = periods[i];
      const PetscReal h = 0.3, length = (PetscReal)period * h;
      const PetscReal t = length * length / (4 * PETSC_PI) *
                          (step == 0   ? 1.0001
                           : step == 1 ? 3
                                       : 12);
      OttoKernelTable dual, line;
      PetscCall(Make(period, period, h, &dual));
      PetscCall(Make(60 * period + 60, 0, h, &line)); /* no images: the whole line */
      for (PetscInt gaussian = 0; gaussian < 2; gaussian++) {
        OttoKernelFill fill = gaussian ? OttoKernelFill_Gaussian : OttoKernelFill_Lattice;
        fill(&dual, t);
        fill(&line, t);
        TestTrue(dual.images == 0, "the dual sum is in use");
        for (PetscInt64 m = 0; m < period; m++) {
          for (PetscInt order = 0; order < (gaussian ? 3 : 1); order++) {
            long double sum = 0, scale = 0;
            for (PetscInt64 s = -50; s <= 50; s++) {
              PetscInt64 at = m + s * period, a = at < 0 ? -at : at;
              if (a >= line.length) continue;
              long double k = expl(line.log_k[a]);
              if (order == 1) k *= at < 0 ? -line.slope[a] : line.slope[a];
              if (order == 2) k *= line.curvature[a];
              sum += k;
              scale += fabsl(k);
            }
            PetscReal value = (PetscReal)OttoKernelSum(&dual, order, m);
            /* the images cancel in the derivatives: relative to their magnitudes */
            TestClose((PetscReal)((value - sum) / scale), 0, 1e-15, "dual sum = sum over images");
          }
        }
      }
      PetscCall(Drop(&dual));
      PetscCall(Drop(&line));
    }
  }
  PetscFunctionReturn(0);
}

/* Just below the switch, the images that are kept are enough: rows sum to 1 and the images agree
 * with the dual sum on the other side of it, up to the change of t. */
static PetscErrorCode TestSwitch(void)
{
  PetscFunctionBegin;
  for (PetscInt64 period = 1; period < 12; period++) {
    OttoKernelTable table;
    const PetscReal t = (PetscReal)(period * period) / (4 * PETSC_PI);
    PetscCall(Make(period, period, 1, &table));
    for (PetscInt gaussian = 0; gaussian < 2; gaussian++) {
      OttoKernelFill fill = gaussian ? OttoKernelFill_Gaussian : OttoKernelFill_Lattice;
      for (PetscInt64 m = 0; m < period; m++) {
        fill(&table, t * (1 - 1e-15));
        TestTrue(table.images > 0, "images");
        PetscReal images = (PetscReal)OttoKernelSum(&table, 0, m);
        fill(&table, t * (1 + 1e-15));
        TestTrue(table.images == 0, "dual");
        /* |t ∂_t log K| < 5: 2e-15 in t, and rounding */
        TestClose((PetscReal)OttoKernelSum(&table, 0, m), images, 1e-14,
                  "both sides of the switch");
      }
    }
    PetscCall(Drop(&table));
  }
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestBesselSeries, TestMoments, TestDual, TestSwitch});
}
