/*
 * The dual's value and how far the optimum can be (MATHEMATICS 11.3).
 *
 * The dual is concave. At (f, g) with g the update of f, its derivative in g is 0 and that in f is
 * r = p e^{-λf} - (first marginal); Σ r = 0. So the optimum is above its value by at most
 * Σ r (f* - f). Up to a constant f* is κ |x - y0|² plus what cannot vary by more than κ Ω over the
 * cells with mass, Ω = Σ_j (width of p)(width of q) on open axes, L²/4 on periodic ones (without
 * the square), whatever g* is: soft minima move no more than the costs they are of. Hence
 *
 *   optimum - value ≤ Σ r (κ |x - y0|² - f) + κ Ω Σ|r|/2.
 */
#include "sinkhorn_impl.h"
#include "core/fault.h"

#define PIECE 1024

/* Ω/ε, and the point y0 that squares are taken from, in cells. */
static PetscReal Spread(const OttoSinkhornKernel *k, const OttoSinkhornProblem *s, PetscReal y0[])
{
  PetscReal omega = 0;

  for (PetscInt j = 0; j < k->g->dim; j++) {
    const PetscReal h2 = k->g->h[j] * k->g->h[j], n = (PetscReal)k->g->n[j];
    y0[j] = (s->q->low[j] + s->q->high[j]) / 2;
    if (k->g->boundary[j] == OTTO_BOUNDARY_PERIODIC)
      omega += h2 * n * n / 4;
    else
      omega += h2 * (s->p->high[j] - s->p->low[j]) * (s->q->high[j] - s->q->low[j]);
  }
  return omega / k->epsilon;
}

/* κ |x - y0|²/ε - f at a cell. */
static PetscReal Level(const OttoSinkhornKernel *k, const OttoSinkhornProblem *s,
                       const PetscReal y0[], PetscInt64 c)
{
  PetscInt64 at[OTTO_MAX_DIM];
  PetscReal square = 0;

  OttoGridCellIndex(k->g, c, at);
  for (PetscInt j = 0; j < k->g->dim; j++) {
    const PetscReal x = ((PetscReal)at[j] - y0[j]) * k->g->h[j];
    if (k->g->boundary[j] != OTTO_BOUNDARY_PERIODIC) square += x * x;
  }
  return k->kappa * square / k->epsilon - s->f[c];
}

/* The middle and half the width of its range over the cells of p. */
static PetscErrorCode Range(const OttoSinkhornKernel *k, const OttoSinkhornProblem *s,
                            const PetscReal y0[], PetscReal *middle, PetscReal *half)
{
  PetscReal range[2] = {-INFINITY, -INFINITY};

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < k->g->local_cells; c++) {
    if (!(s->p->mass[c] > 0)) continue;
    const PetscReal level = Level(k, s, y0, c);
    range[0] = PetscMax(range[0], -level);
    range[1] = PetscMax(range[1], level);
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, range, 2, MPIU_REAL, MPIU_MAX, k->g->comm));
  *middle = (range[1] - range[0]) / 2;
  *half = (range[1] + range[0]) / 2;
  PetscFunctionReturn(0);
}

enum { VALUE, MASS, SIZE, OFF, PAIRED, SUMS };

/* What a potential brings to the dual, an atom of mass m: m f, or m (1 - e^{-λf})/λ. */
static PetscReal Brings(PetscReal lambda, PetscReal mass, PetscReal f)
{
  return mass > 0 ? mass * (lambda > 0 ? -expm1(-lambda * f) / lambda : f) : 0;
}

static PetscErrorCode Sums(const OttoSinkhornKernel *k, const OttoSinkhornProblem *s,
                           const PetscReal y0[], PetscReal middle, PetscReal total[SUMS])
{
  PetscReal target[PIECE], residual[PIECE];
  OttoSum sum[SUMS] = {{0, 0}};

  PetscFunctionBegin;
  for (PetscInt64 at = 0; at < k->g->local_cells; at += PIECE) {
    const PetscInt64 n = PetscMin(PIECE, k->g->local_cells - at);
    OttoSinkhornResidual(k, n, s->p->log_mass + at, s->f + at, s->image + at, target, residual);
    for (PetscInt64 i = 0; i < n; i++) {
      const PetscInt64 c = at + i;
      const PetscReal of_p = Brings(k->lambda, s->p->mass[c], s->f[c]);
      const PetscReal of_q = Brings(k->lambda, s->q->mass[c], s->g[c]);
      OttoSumAdd(&sum[VALUE], of_p);
      OttoSumAdd(&sum[VALUE], of_q);
      OttoSumAdd(&sum[SIZE], fabs(of_p) + fabs(of_q));
      if (s->q->mass[c] > 0) OttoSumAdd(&sum[MASS], s->q->mass[c] * exp(-k->lambda * s->g[c]));
      if (!(s->p->mass[c] > 0)) continue;
      OttoSumAdd(&sum[OFF], fabs(residual[i]));
      OttoSumAdd(&sum[PAIRED], residual[i] * (Level(k, s, y0, c) - middle));
    }
  }
  PetscCall(OttoSumReduce(k->g->comm, SUMS, sum));
  for (PetscInt i = 0; i < SUMS; i++) total[i] = OttoSumValue(sum[i]);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSinkhornBound(OttoSinkhornKernel *k, OttoSinkhornProblem *s)
{
  PetscReal y0[OTTO_MAX_DIM], middle = 0, half = 0, total[SUMS];
  const PetscReal omega = Spread(k, s, y0), eps = PETSC_MACHINE_EPSILON;

  PetscFunctionBegin;
  OttoFault("sinkhorn_potential", k->g->local_cells, s->f);
  PetscCall(OttoSinkhornMarginal(k, s->p, s->f, s->image, &s->cost.marginal));
  PetscCall(Range(k, s, y0, &middle, &half));
  PetscCall(Sums(k, s, y0, middle, total));
  const PetscReal lost = OttoSinkhornRounding(k), masses = s->p->total + s->q->total;
  /* a potential off by `lost` moves the plan's mass by as much of it, and r; what Σ r then is meets
   * constants of the potentials themselves */
  const PetscReal rounding = lost * (masses + total[MASS]) + 4 * eps * total[SIZE];
  const PetscReal at_gap = lost * total[MASS] * (k->kappa * omega + half);
  const PetscReal gap = PetscMax(0, total[PAIRED] + k->kappa * omega * total[OFF] / 2);
  s->cost.mass = total[MASS];
  s->cost.value =
      k->epsilon * (total[VALUE] - (total[MASS] - s->p->total * s->q->total) - rounding);
  s->cost.error = k->epsilon * (gap + at_gap + 2 * rounding);
  PetscFunctionReturn(0);
}
