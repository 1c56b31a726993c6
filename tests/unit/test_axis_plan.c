/* ranks: 1
 * Plans of the exact kernels: thresholds of coarsening, and stages applied one after the other
 * against sums in long double over all images, on every boundary, of data of any range.
 */
#include "fixture.h"
#include "line.h"

/* ---- stages, plainly ---- */

/* What stands at source b, beyond the ends too. */
static PetscReal At(const OttoStage *s, const PetscReal in[], PetscInt64 b)
{
  const PetscInt64 n = s->sources;

  if (b >= 0 && b < n) return in[b];
  if (s->ends == OTTO_ENDS_ZERO) return 0;
  if (s->ends == OTTO_ENDS_PERIODIC) return in[(b % n + n) % n];
  b = (b % (2 * n) + 2 * n) % (2 * n);
  return in[b < n ? b : 2 * n - 1 - b];
}

/* One stage as its header says, nothing left out. */
static void Apply(const OttoStage *s, const PetscReal in[], PetscReal out[])
{
  for (PetscInt64 a = 0; a < s->targets; a++) {
    const PetscInt64 block = a / OTTO_TILE, i = a % OTTO_TILE;
    PetscReal sum = 0;
    for (PetscInt64 j = 0; j < OTTO_TILE * s->tiles; j++)
      sum += s->table[s->offset[block] + i * s->along + j * s->across] *
             At(s, in, s->first[block] + j);
    out[a] = sum;
  }
}

static void ApplyAll(const OttoAxisPlan *plan, const OttoStage *last, const PetscReal in[],
                     PetscReal out[])
{
  PetscReal *now = malloc(200000 * sizeof *now), *next = malloc(200000 * sizeof *next);

  memcpy(now, in, (size_t)plan->kernel.n * sizeof *now);
  for (PetscInt i = 0; i < plan->stages; i++) {
    PetscReal *swap = now;
    Apply(last && i == plan->stages - 1 ? last : &plan->stage[i], now, next);
    now = next;
    next = swap;
  }
  memcpy(out, now, (size_t)plan->kernel.n * sizeof *out);
  free(now);
  free(next);
}

/* ---- data ---- */

enum { SMOOTH, POINTS, DISCS, ROUGH, DATA };

static PetscReal Datum(int data, PetscInt64 n, PetscInt64 i)
{
  const PetscReal x = ((PetscReal)i + 0.5) / (PetscReal)n;

  if (data == SMOOTH) return exp(-50 * PetscSqr(x - 0.3)) + 0.2 * exp(-200 * PetscSqr(x - 0.8));
  if (data == POINTS) return i == n / 5 ? 1 : i == n - 1 ? 1e-3 : 0;
  if (data == DISCS) return fabs(x - 0.25) < 0.1 ? 0.5 + Hash(i, 1) : 0;
  return exp(log(1e-250) * Hash(i, 2));
}

static const OttoBoundary boundaries[] = {OTTO_BOUNDARY_PERIODIC, OTTO_BOUNDARY_NO_FLUX,
                                          OTTO_BOUNDARY_OPEN};
static const OttoKernelFill fills[] = {OttoKernelFill_Gaussian, OttoKernelFill_Lattice};
static const char *const names[] = {"smooth", "points", "discs", "rough"};

/* Every cell, relative to itself; what lies below 1e-290 of the largest may underflow. */
static void Compare(const OttoAxisKernel *k, PetscReal tau, const OttoAxisPlan *plan, int data)
{
  PetscReal *in = malloc((size_t)k->n * sizeof *in), *out = malloc((size_t)k->n * sizeof *out);
  long double *exact = malloc((size_t)k->n * sizeof *exact), worst = 0;
  long double *wide = malloc((size_t)k->n * sizeof *wide);

  for (PetscInt64 i = 0; i < k->n; i++) in[i] = Datum(data, k->n, i);
  for (PetscInt64 i = 0; i < k->n; i++) wide[i] = (long double)in[i];
  Exactly(k, tau, 0, wide, exact);
  ApplyAll(plan, NULL, in, out);
  for (PetscInt64 i = 0; i < k->n; i++) {
    if (exact[i] < 1e-250L) continue;
    /* six modes of the rule and what lies beyond windows: 2e-15 each; exponents of up to |log p|
     * from numbers that are rounded */
    const long double allowed =
        2e-14L + 4 * (long double)PETSC_MACHINE_EPSILON * fabsl(logl(exact[i]));
    const long double off = fabsl((long double)out[i] - exact[i]) / exact[i] / allowed;
    if (!(off <= worst)) worst = off;
  }
  TestTrue(worst <= 1, "every cell relative to itself");
  if (!(worst <= 1))
    fprintf(stderr, "  n %d, boundary %d, lattice %d, sigma %g, f %g, stages %d, %s: %Lg\n",
            (int)k->n, (int)k->boundary, (int)k->lattice, sqrt(2 * tau), plan->nodes.f,
            (int)plan->stages, names[data], worst);
  free(in);
  free(out);
  free(exact);
  free(wide);
}

static PetscErrorCode TestCells(void)
{
  static const PetscInt64 sizes[] = {1, 2, 3, 48, 53, 64, 96, 127, 128, 240};
  static const PetscReal sigmas[] = {0.3, 1.5, 3.3, 5.2, 5.7, 7.5, 13, 30, 100};
  int coarse = 0;

  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
    for (size_t s = 0; s < sizeof sigmas / sizeof sigmas[0]; s++)
      for (int b = 0; b < 3; b++)
        for (int lattice = 0; lattice < 2; lattice++) {
          const OttoAxisKernel k = {sizes[i], boundaries[b], lattice ? PETSC_TRUE : PETSC_FALSE,
                                    fills[lattice]};
          const PetscReal tau = PetscSqr(sigmas[s]) / 2;
          OttoAxisPlan plan;
          PetscCall(OttoAxisPlanCreate(&k, tau, 0, &plan));
          for (int data = 0; data < DATA; data++) Compare(&k, tau, &plan, data);
          coarse += plan.nodes.f > 1;
          PetscCall(OttoAxisPlanDestroy(&plan));
        }
  TestTrue(coarse > 50, "many by a coarse lattice");
  return 0;
}

/* Point masses on long lines: the chain's tails are heavier than the Gaussian's, and windows of its
 * stages wider. With the Gaussian's windows cells far from the masses lose 2e-11 of themselves. */
static PetscErrorCode TestFarCells(void)
{
  static const PetscReal sigmas[] = {7.5, 10, 13, 20};
  int coarse = 0;

  for (PetscInt64 n = 256; n <= 512; n *= 2)
    for (size_t s = 0; s < sizeof sigmas / sizeof sigmas[0]; s++)
      for (int b = 0; b < 3; b++) {
        const PetscReal tau = PetscSqr(sigmas[s]) / 2;
        const OttoAxisKernel chain = {n, boundaries[b], PETSC_TRUE, OttoKernelFill_Lattice};
        const OttoAxisKernel gaussian = {n, boundaries[b], PETSC_FALSE, OttoKernelFill_Gaussian};
        OttoAxisPlan plan, other;
        PetscCall(OttoAxisPlanCreate(&chain, tau, 0, &plan));
        PetscCall(OttoAxisPlanCreate(&gaussian, tau, 0, &other));
        Compare(&chain, tau, &plan, POINTS);
        coarse += plan.nodes.f > 1;
        if (plan.nodes.f > 1 && plan.nodes.f == other.nodes.f)
          TestTrue(plan.nodes.reach1 > other.nodes.reach1, "farther than the Gaussian");
        PetscCall(OttoAxisPlanDestroy(&plan));
        PetscCall(OttoAxisPlanDestroy(&other));
      }
  TestTrue(coarse > 10, "most by a coarse lattice");
  return 0;
}

/* From which σ on a coarsening serves, and the σ1 there, to the digits of the theorem's table
 * (MATHEMATICS 6.6); a plan takes it from there on and no sooner. */
static PetscErrorCode TestThresholds(void)
{
  static const PetscReal from[2][4] = {{5.61, 11.22, 22.44, 44.88}, {7.26, 11.67, 22.65, 44.98}};
  static const PetscReal there[2][4] = {{3.24, 6.48, 12.95, 25.9}, {4.19, 6.73, 13.07, 25.96}};

  for (int lattice = 0; lattice < 2; lattice++)
    for (int i = 0; i < 4; i++) {
      const PetscReal tau1 = OttoAxisTau1(lattice ? PETSC_TRUE : PETSC_FALSE, 2 << i);
      const OttoAxisKernel k = {512, OTTO_BOUNDARY_PERIODIC, lattice ? PETSC_TRUE : PETSC_FALSE,
                                fills[lattice]};
      TestTrue(fabs(sqrt(2 * 3 * tau1) - from[lattice][i]) < 0.02, "from there on");
      TestTrue(fabs(sqrt(2 * tau1) - there[lattice][i]) < 0.02, "by that much first");
      for (int above = 0; above < 2; above++) {
        OttoAxisPlan plan;
        PetscCall(OttoAxisPlanCreate(&k, 3 * tau1 * (above ? 1.001 : 0.999), 2 << i, &plan));
        TestTrue(plan.nodes.f <= (PetscReal)(2 << i) && (above || plan.nodes.f < (2 << i)),
                 "no sooner");
        if (i == 0) TestTrue(plan.nodes.f == 1 + above, "but then");
        if (plan.nodes.f == (2 << i)) TestTrue(plan.nodes.tau1 == tau1, "at any time by as much");
        PetscCall(OttoAxisPlanDestroy(&plan));
      }
    }
  return 0;
}

/* Derivatives by the last stage, against differences of nothing: sums in long double. */
static PetscErrorCode TestDerivatives(void)
{
  static const PetscReal sigmas[] = {2, 8, 15, 60};

  for (size_t s = 0; s < sizeof sigmas / sizeof sigmas[0]; s++)
    for (int b = 0; b < 3; b++)
      for (PetscInt order = 1; order <= 2; order++) {
        const OttoAxisKernel k = {96, boundaries[b], PETSC_FALSE, fills[0]};
        const PetscReal tau = PetscSqr(sigmas[s]) / 2, sigma = sigmas[s];
        PetscReal in[96], out[96];
        long double exact[96], value[96], wide[96];
        OttoAxisPlan plan;
        OttoStage last;
        for (int i = 0; i < 96; i++) wide[i] = (long double)(in[i] = Datum(POINTS, 96, i));
        PetscCall(OttoAxisPlanCreate(&k, tau, 0, &plan));
        OttoStagePart part;
        PetscCall(OttoAxisPlanPart(&plan, plan.stages - 1, order, 0, &part));
        PetscCall(OttoStageCreate(&part, &last));
        PetscCall(OttoLineKernelDestroy(&part.kernel));
        Exactly(&k, tau, 0, wide, value);
        Exactly(&k, tau, order, wide, exact);
        ApplyAll(&plan, &last, in, out);
        /* what the stages before leave, 2e-14, as a density of width σ1 shows it to the last */
        const PetscReal own = plan.nodes.f > 1 ? sqrt(2 * plan.nodes.tau1) : sigma;
        const PetscReal allowed = order == 1 ? 1e-13 / own : 3e-13 / PetscSqr(own);
        for (int i = 0; i < 96; i++) {
          const long double far = 1 + fabsl(exact[i] / value[i]) * powl(sigma, order);
          TestTrue(fabsl(out[i] - exact[i]) <= allowed * far * value[i], "relative to the value");
        }
        PetscCall(OttoStageDestroy(&last));
        PetscCall(OttoAxisPlanDestroy(&plan));
      }
  return 0;
}

/* Times beyond all mixing: the mean, however long a table of the whole line would be. */
static PetscErrorCode TestFlat(void)
{
  for (int b = 0; b < 2; b++)
    for (int lattice = 0; lattice < 2; lattice++)
      for (PetscReal sigma = 1e3; sigma < 1e9; sigma *= 1e3) {
        const OttoAxisKernel k = {96, boundaries[b], lattice ? PETSC_TRUE : PETSC_FALSE,
                                  fills[lattice]};
        PetscReal in[96], out[96], mean = 0;
        OttoAxisPlan plan;
        for (int i = 0; i < 96; i++) mean += (in[i] = Datum(DISCS, 96, i)) / 96;
        PetscCall(OttoAxisPlanCreate(&k, PetscSqr(sigma) / 2, 0, &plan));
        ApplyAll(&plan, NULL, in, out);
        for (int i = 0; i < 96; i++) TestClose(out[i], mean, 1e-14, "the mean");
        PetscCall(OttoAxisPlanDestroy(&plan));
      }
  return 0;
}

int main(void)
{
  return TestMain({TestThresholds, TestCells, TestFarCells, TestDerivatives, TestFlat});
}
