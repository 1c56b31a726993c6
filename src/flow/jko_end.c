/*
 * For a potential φ of transport to ρ, the dual of a step is −τ E*(−φ/τ) on the side of ρ, and its
 * derivative is ρ(φ) = (U')⁻¹(−φ/τ − V). A constant added to φ changes the mass of ρ alone, which
 * rises with the slope: the constant at which it is right maximises the dual as well.
 */
#include "jko_end.h"
#include <math.h>

#define SOME 256  /* cells at a time, whose sum is a plain one */
#define TURNS 100 /* of Newton's method with a bracket: 60 halve it to rounding */
#define SAME 4    /* rounding errors of the mass */

/* Σ ρ and Σ dρ/dslope (both times the cell volume) at slope + c; p[local_cells] the ρ. */
static PetscErrorCode Try(const OttoJkoEnd *e, PetscReal c, PetscReal p[], PetscReal sums[2])
{
  PetscReal at[SOME], stiff[SOME];
  OttoSum sum[2] = {{0, 0}, {0, 0}};

  PetscFunctionBegin;
  for (PetscInt64 k = 0; k < e->g->local_cells; k += SOME) {
    const PetscInt64 n = PetscMin(SOME, e->g->local_cells - k);
    PetscReal mass = 0, rate = 0;
    for (PetscInt64 i = 0; i < n; i++) at[i] = e->slope[k + i] + c;
    OttoInternalEvaluate(e->internal, OTTO_INTERNAL_DENSITY, n, at, p + k);
    OttoInternalEvaluate(e->internal, OTTO_INTERNAL_STIFFNESS, n, at, stiff);
    for (PetscInt64 i = 0; i < n; i++) {
      mass += p[k + i];
      rate += stiff[i];
    }
    OttoSumAdd(&sum[0], mass);
    OttoSumAdd(&sum[1], rate);
  }
  PetscCall(OttoSumReduce(e->g->comm, 2, sum));
  for (int i = 0; i < 2; i++) sums[i] = OttoSumValue(sum[i]) * e->g->cell_volume;
  PetscFunctionReturn(0);
}

/* Between these the constant is: the largest cell has at least the mean density of the box, and at
 * most the whole mass. */
static PetscErrorCode Bracket(const OttoJkoEnd *e, PetscReal *low, PetscReal *high)
{
  const PetscReal h = e->g->cell_volume;
  const PetscReal density[2] = {e->mass / (h * (PetscReal)e->g->cells), e->mass / h};
  PetscReal most = -INFINITY, slope[2];

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < e->g->local_cells; c++)
    most = e->slope[c] > most || isnan(e->slope[c]) ? e->slope[c] : most;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &most, 1, MPIU_REAL, MPIU_MAX, e->g->comm));
  if (!isfinite(most))
    OttoFail(OTTO_ERR_NUMERICAL, "jko: the largest slope of a step is %g", (double)most);
  OttoInternalEvaluate(e->internal, OTTO_INTERNAL_SLOPE, 2, density, slope);
  *low = slope[0] - most;
  *high = slope[1] - most;
  PetscFunctionReturn(0);
}

/* The constant at which the mass is right; p the ρ there, *mass what its sum is. */
static PetscErrorCode Shift(OttoJkoEnd *e, PetscReal p[], PetscReal *mass)
{
  const PetscReal same = SAME * PETSC_MACHINE_EPSILON * e->mass;
  PetscReal low, high, c = 0, sums[2]; /* φ had its constant before it changed a little */

  PetscFunctionBegin;
  PetscCall(Bracket(e, &low, &high));
  if (!(c > low && c < high)) c = 0.5 * (low + high);
  for (PetscInt k = 0; k < TURNS; k++) {
    PetscCall(Try(e, c, p, sums));
    if (fabs(sums[0] - e->mass) <= same) break;
    if (sums[0] < e->mass)
      low = c;
    else
      high = c;
    const PetscReal step = log(e->mass / sums[0]) * sums[0] / sums[1];
    PetscReal next = c + step;
    if (next == c) break;
    if (!(next > low && next < high)) next = 0.5 * (low + high);
    if (!(next > low && next < high)) break; /* no double is between */
    c = next;
  }
  e->shift = c;
  *mass = sums[0];
  PetscFunctionReturn(0);
}

/* E of ρ = mass p, and the magnitude of its terms. */
static PetscErrorCode Energy(OttoJkoEnd *e, const PetscReal p[])
{
  PetscReal rho[SOME], u[SOME];
  OttoSum sum[2] = {{0, 0}, {0, 0}};

  PetscFunctionBegin;
  for (PetscInt64 k = 0; k < e->g->local_cells; k += SOME) {
    const PetscInt64 n = PetscMin(SOME, e->g->local_cells - k);
    for (PetscInt64 i = 0; i < n; i++) rho[i] = e->mass * p[k + i];
    OttoInternalEvaluate(e->internal, OTTO_INTERNAL_VALUE, n, rho, u);
    for (PetscInt64 i = 0; i < n; i++) {
      const PetscReal v = rho[i] > 0 ? e->field[k + i] * rho[i] : 0;
      OttoSumAdd(&sum[0], u[i]);
      OttoSumAdd(&sum[0], v);
      sum[1].hi += fabs(u[i]) + fabs(v);
    }
  }
  PetscCall(OttoSumReduce(e->g->comm, 2, sum));
  e->energy = OttoSumValue(sum[0]) * e->g->cell_volume;
  e->magnitude = OttoSumValue(sum[1]) * e->g->cell_volume;
  PetscFunctionReturn(0);
}

/* Of powers above 2 an edge is vertical: beside it stiffness is infinite on one side and 0 on the
 * other, and the secant of a slope that atoms do not resolve says more. */
PetscErrorCode OttoJkoEndStiffness(const OttoJkoEnd *e, PetscReal stiffness[], PetscReal *mean)
{
  PetscReal at[SOME], is[SOME], then[SOME], h = 0;
  OttoSum sum = {0, 0};

  PetscFunctionBegin;
  for (PetscInt j = 0; j < e->g->dim; j++) h = PetscMax(h, e->g->n[j] > 1 ? e->g->h[j] : 0);
  const PetscReal near = h * h / (8 * e->tau);
  for (PetscInt64 k = 0; k < e->g->local_cells; k += SOME) {
    const PetscInt64 n = PetscMin(SOME, e->g->local_cells - k);
    for (PetscInt64 i = 0; i < n; i++) at[i] = e->slope[k + i] + e->shift;
    OttoInternalEvaluate(e->internal, OTTO_INTERNAL_DENSITY, n, at, is);
    OttoInternalEvaluate(e->internal, OTTO_INTERNAL_STIFFNESS, n, at, stiffness + k);
    for (PetscInt64 i = 0; i < n; i++) at[i] += near;
    OttoInternalEvaluate(e->internal, OTTO_INTERNAL_DENSITY, n, at, then);
    for (PetscInt64 i = 0; i < n; i++) {
      const PetscReal secant = then[i] / near;
      if (near > 0 && (is[i] == 0 || secant < stiffness[k + i])) stiffness[k + i] = secant;
      OttoSumAdd(&sum, stiffness[k + i]);
    }
  }
  PetscCall(OttoSumReduce(e->g->comm, 1, &sum));
  *mean = OttoSumValue(sum) * e->g->cell_volume / e->mass;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoJkoEndDensity(void *end, const PetscReal phi[], PetscReal p[], PetscReal *shift,
                                 PetscReal *value)
{
  OttoJkoEnd *e = (OttoJkoEnd *)end;
  PetscReal mass = 0;

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < e->g->local_cells; c++) e->slope[c] = -phi[c] / e->tau - e->field[c];
  PetscCall(Shift(e, p, &mass));
  for (PetscInt64 c = 0; c < e->g->local_cells; c++) p[c] /= mass;
  PetscCall(Energy(e, p));
  *shift = -e->tau * e->shift;
  *value = e->tau / e->mass * e->energy;
  PetscFunctionReturn(0);
}
