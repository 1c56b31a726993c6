#include "bregman.h"
#include <math.h>

#define SMALL 0.02 /* below it by series: ten terms leave 1e-17 of the first */
#define TERMS 11

typedef struct {
  PetscReal u, log, rest, inverse; /* r - 1, log r, r log r - u, u - log r */
} Ratio;

/* Of r, and u = r - 1 where that is known better. Both rests are non-negative, and relative. */
static Ratio RatioOf(PetscReal r, PetscReal u)
{
  Ratio out = {u, log1p(u), 0, 0};
  PetscReal power = u * u;

  if (fabs(u) > 0.5) out = (Ratio){r - 1, log(r), 0, 0};
  if (fabs(u) > SMALL) {
    out.rest = r > 0 ? r * out.log - out.u : 1;
    out.inverse = out.u - out.log;
    return out;
  }
  for (int k = 2; k < TERMS; k++, power *= -u) {
    out.rest += power / (k * (k - 1));
    out.inverse += power / k;
  }
  return out;
}

/* q B_φ(p/q, P/Q), and its derivative with respect to u = (p/q)/(P/Q) - 1. */
static void Terms(PetscReal p, PetscReal q, PetscReal P, PetscReal Q, PetscReal term[],
                  PetscReal slope[])
{
  const PetscReal b = P / Q, flow = q * b, across = Q / q;
  const PetscReal u = ((p - P) / P - (q - Q) / Q) * across;
  const Ratio r = RatioOf(p / P * across, u);
  const Ratio mixed = RatioOf((p + q) / (P + Q) * across, u * (P / (P + Q)));
  const PetscReal root = sqrt(1 + r.u), of_root = r.u / (root + 1);

  term[OTTO_DIVERGENCE_KL] = flow * r.rest;
  slope[OTTO_DIVERGENCE_KL] = flow * r.log;
  term[OTTO_DIVERGENCE_REVERSE_KL] = q * r.inverse;
  slope[OTTO_DIVERGENCE_REVERSE_KL] = q * r.u / (1 + r.u);
  term[OTTO_DIVERGENCE_CHI2] = flow * b * r.u * r.u;
  slope[OTTO_DIVERGENCE_CHI2] = 2 * flow * b * r.u;
  term[OTTO_DIVERGENCE_HELLINGER2] = 0.5 * q * sqrt(b) * of_root * of_root;
  slope[OTTO_DIVERGENCE_HELLINGER2] = 0.5 * q * sqrt(b) * of_root / root;
  term[OTTO_DIVERGENCE_JS] = 0.5 * (flow * r.rest - (flow + q) * mixed.rest);
  slope[OTTO_DIVERGENCE_JS] = 0.5 * flow * (r.log - mixed.log);
}

PetscErrorCode OttoBregmanCompute(OttoGrid grid, const OttoPair *from, const OttoPair *at,
                                  PetscReal value[], PetscReal noise[])
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const Vec fields[4] = {from->p, from->q, at->p, at->q};
  const PetscScalar *v[4];
  OttoSum sums[OTTO_SMOOTH_COUNT] = {{0, 0}};
  PetscReal square[OTTO_SMOOTH_COUNT] = {0};

  PetscFunctionBegin;
  for (int i = 0; i < 4; i++) PetscCall(VecGetArrayRead(fields[i], &v[i]));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscReal term[OTTO_SMOOTH_COUNT], slope[OTTO_SMOOTH_COUNT];
    const PetscReal p = v[0][c], q = v[1][c];
    if (p == 0 && q == 0) continue; /* F is homogeneous: nothing there, nothing missing */
    Terms(p, q, v[2][c], v[3][c], term, slope);
    for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) {
      OttoSumAdd(&sums[k], term[k]);
      if (p > 0) square[k] += PetscSqr(slope[k] * (2 + q / v[3][c] + p / v[2][c]));
    }
  }
  for (int i = 0; i < 4; i++) PetscCall(VecRestoreArrayRead(fields[i], &v[i]));
  PetscCall(OttoSumReduce(g->comm, OTTO_SMOOTH_COUNT, sums));
  PetscCallMPI(
      MPI_Allreduce(MPI_IN_PLACE, square, OTTO_SMOOTH_COUNT, MPIU_REAL, MPIU_SUM, g->comm));
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) {
    value[k] = OttoSumValue(sums[k]) * g->cell_volume;
    noise[k] = 4 * PETSC_MACHINE_EPSILON * (sqrt(square[k]) * g->cell_volume + fabs(value[k]));
  }
  PetscFunctionReturn(0);
}
