/*
 * e^{Qᵀt} by R(tQᵀ), R(z) = c_1 w + c_2 w² + c_3 w³, w = 1/(1 - γz): the rational function of one
 * pole that is e^z to third order and 0 at infinity, γ = 0.4358665 (Nørsett 1974); w is the
 * resolvent at σ = 1/(γ dt), times σ. Two runs, of steps of which one is half of the other, say
 * what these leave: v_1/2 + (v_1/2 - v_1)/7 is taken.
 */
#include "correlation_impl.h"
#include <math.h>

#define GAMMA 0.4358665215084590
#define SOLVES 1e-12
#define HALVINGS 8

/* c[3]: R is 1 + z + z²/2 + …, the third-order term being right by the choice of γ. */
static void Weights(PetscReal c[3])
{
  const PetscReal a = 1, b = 1 / GAMMA, d = 0.5 / (GAMMA * GAMMA);

  c[2] = d - 2 * b + a; /* c1 + c2 + c3 = a, c1 + 2 c2 + 3 c3 = b, c1 + 3 c2 + 6 c3 = d */
  c[1] = b - a - 2 * c[2];
  c[0] = a - c[1] - c[2];
}

/* C at all times in `steps` steps an interval. */
static PetscErrorCode March(OttoCorrelation c, Vec a, Vec source, PetscInt count,
                            const PetscReal times[], PetscInt steps, PetscReal C[])
{
  PetscReal weight[3], now = 0;
  Vec y, w[2];

  PetscFunctionBegin;
  Weights(weight);
  PetscCall(VecDuplicate(source, &y));
  for (int k = 0; k < 2; k++) PetscCall(VecDuplicate(source, &w[k]));
  PetscCall(VecCopy(source, y));
  for (PetscInt i = 0; i < count; now = times[i++]) {
    const PetscReal dt = (times[i] - now) / (PetscReal)steps;
    for (PetscInt n = 0; n < steps && dt > 0; n++) {
      const PetscReal sigma = 1 / (GAMMA * dt);
      PetscCall(OttoResolventSetShift(c->resolvent, sigma));
      PetscCall(VecCopy(y, w[0]));
      PetscCall(VecSet(y, 0));
      for (int k = 0; k < 3; k++) {
        PetscCall(VecScale(w[0], sigma));
        PetscCall(OttoCorrelationSolve(c, w[0], w[1]));
        PetscCall(VecCopy(w[1], w[0]));
        PetscCall(VecAXPY(y, weight[k], w[0]));
      }
    }
    PetscCall(OttoCorrelationProduct(c, a, y, &C[i]));
  }
  PetscCall(VecDestroy(&y));
  for (int k = 0; k < 2; k++) PetscCall(VecDestroy(&w[k]));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoCorrelationInTime(OttoCorrelation c, Vec a, Vec source, PetscInt count,
                                     const PetscReal times[], PetscReal tolerance, PetscReal C[],
                                     PetscReal error[])
{
  PetscReal start = 0, worst = INFINITY, *before;
  PetscInt steps = 2;

  PetscFunctionBegin;
  PetscCall(OttoResolventSetTolerance(c->resolvent, SOLVES));
  PetscCall(OttoCorrelationProduct(c, a, source, &start));
  PetscCall(PetscMalloc1(count, &before));
  PetscCall(March(c, a, source, count, times, steps, before));
  for (PetscInt k = 0; k < HALVINGS && !(worst <= tolerance * fabs(start)); k++, steps *= 2) {
    PetscCall(March(c, a, source, count, times, 2 * steps, C));
    worst = 0;
    for (PetscInt i = 0; i < count; i++) {
      const PetscReal change = (C[i] - before[i]) / 7;
      before[i] = C[i];
      C[i] += change;
      error[i] = fabs(change);
      worst = PetscMax(worst, error[i]);
    }
  }
  PetscCall(PetscFree(before));
  PetscFunctionReturn(0);
}
