/*
 * e^{Qᵀt} by R(tQᵀ), R(z) = c_1 w + c_2 w² + c_3 w³, w = 1/(1 - γz): the rational function of one
 * pole that is e^z to third order and 0 at infinity, γ = 0.4358665 (Nørsett 1974); w is the
 * resolvent at σ = 1/(γ dt), times σ. Two runs, of steps of which one is half of the other, say
 * what these leave: v_1/2 + (v_1/2 - v_1)/7 is taken. The first have steps in which the source
 * changes by as much as itself at most: longer ones damp what turns, and two such runs agree on 0.
 * e^{Qᵀt} makes no L1 norm larger: once that is small, so are all correlations after.
 */
#include "correlation_impl.h"
#include <math.h>

#define GAMMA 0.4358665215084590
#define SOLVES 1e-12
#define HALVINGS 8
#define MOST 20000 /* steps of the first run */
#define GONE 0.1   /* of the tolerance */

/* c[3]: R is 1 + z + z²/2 + …, the third-order term being right by the choice of γ. */
static void Weights(PetscReal c[3])
{
  const PetscReal a = 1, b = 1 / GAMMA, d = 0.5 / (GAMMA * GAMMA);

  c[2] = d - 2 * b + a; /* c1 + c2 + c3 = a, c1 + 2 c2 + 3 c3 = b, c1 + 3 c2 + 6 c3 = d */
  c[1] = b - a - 2 * c[2];
  c[0] = a - c[1] - c[2];
}

/* One step. */
static PetscErrorCode Step(OttoCorrelation c, PetscReal dt, const PetscReal weight[3], Vec y,
                           Vec w[2])
{
  const PetscReal sigma = 1 / (GAMMA * dt);

  PetscFunctionBegin;
  PetscCall(OttoResolventSetShift(c->resolvent, sigma));
  PetscCall(VecCopy(y, w[0]));
  PetscCall(VecSet(y, 0));
  for (int k = 0; k < 3; k++) {
    PetscCall(VecScale(w[0], sigma));
    PetscCall(OttoCorrelationSolve(c, w[0], w[1]));
    PetscCall(VecCopy(w[1], w[0]));
    PetscCall(VecAXPY(y, weight[k], w[0]));
  }
  PetscFunctionReturn(0);
}

/* C at all times, in so many steps to each, `finer` times; 0 from where ‖y‖₁ is below gone. */
static PetscErrorCode March(OttoCorrelation c, Vec a, Vec source, PetscInt count,
                            const PetscReal times[], const PetscInt steps[], PetscInt finer,
                            PetscReal gone, PetscReal C[])
{
  PetscReal weight[3], now = 0, size = INFINITY;
  Vec y, w[2];

  PetscFunctionBegin;
  Weights(weight);
  PetscCall(VecDuplicate(source, &y));
  for (int k = 0; k < 2; k++) PetscCall(VecDuplicate(source, &w[k]));
  PetscCall(VecCopy(source, y));
  for (PetscInt i = 0; i < count; now = times[i++]) {
    const PetscReal dt = (times[i] - now) / (PetscReal)(finer * steps[i]);
    for (PetscInt n = 0; n < finer * steps[i] && dt > 0 && size > gone; n++) {
      PetscCall(Step(c, dt, weight, y, w));
      PetscCall(VecNorm(y, NORM_1, &size));
    }
    C[i] = 0;
    if (size > gone) PetscCall(OttoCorrelationProduct(c, a, y, &C[i]));
  }
  PetscCall(VecDestroy(&y));
  for (int k = 0; k < 2; k++) PetscCall(VecDestroy(&w[k]));
  PetscFunctionReturn(0);
}

/* How many steps the first run has to each time. */
static PetscErrorCode Plan(OttoCorrelation c, Vec source, PetscInt count, const PetscReal times[],
                           PetscInt steps[])
{
  PetscReal rate = 0, sum = 0, now = 0;

  PetscFunctionBegin;
  PetscCall(OttoCorrelationRate(c, source, &rate));
  for (PetscInt i = 0; i < count; now = times[i++])
    sum += PetscMax(2, ceil((times[i] - now) * rate));
  if (!(sum <= MOST))
    OttoFail(OTTO_ERR_SOLVER,
             "autocorrelations to lag %g: a formula that changes at rate %.3g at first would take "
             "%.3g steps",
             (double)times[count - 1], (double)rate, (double)sum);
  now = 0;
  for (PetscInt i = 0; i < count; now = times[i++])
    steps[i] = (PetscInt)PetscMax(2, ceil((times[i] - now) * rate));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoCorrelationInTime(OttoCorrelation c, Vec a, Vec source, PetscInt count,
                                     const PetscReal times[], PetscReal tolerance, PetscReal C[],
                                     PetscReal error[])
{
  PetscReal start = 0, worst = INFINITY, most = 0, *before;
  PetscInt *steps;
  Vec centred;

  PetscFunctionBegin;
  PetscCall(OttoResolventSetTolerance(c->resolvent, SOLVES));
  PetscCall(OttoCorrelationCentre(c, a, &centred));
  PetscCall(OttoCorrelationProduct(c, centred, source, &start));
  PetscCall(VecNorm(centred, NORM_INFINITY, &most));
  const PetscReal within = tolerance * fabs(start);
  const PetscReal gone = GONE * within / (most * OttoGridGetInfo(c->grid)->cell_volume);
  PetscCall(PetscMalloc2(count, &before, count, &steps));
  PetscErrorCode code = Plan(c, source, count, times, steps);
  if (!code) code = March(c, centred, source, count, times, steps, 1, gone, before);
  for (PetscInt k = 0, finer = 2; k < HALVINGS && !code && !(worst <= within); k++, finer *= 2) {
    code = March(c, centred, source, count, times, steps, finer, gone, C);
    worst = 0;
    for (PetscInt i = 0; i < count; i++) {
      const PetscReal change = (C[i] - before[i]) / 7;
      before[i] = C[i];
      C[i] += change;
      error[i] = fabs(change) + GONE * within;
      worst = PetscMax(worst, fabs(change));
    }
  }
  PetscCall(PetscFree2(before, steps));
  PetscCall(VecDestroy(&centred));
  PetscCall(code);
  if (!(worst <= within))
    OttoFail(OTTO_ERR_SOLVER,
             "autocorrelations: steps that were halved %d times still leave %.3g of C(0)", HALVINGS,
             (double)(worst / fabs(start)));
  PetscFunctionReturn(0);
}
