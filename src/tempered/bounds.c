/* What is known of p_t and q_t without computing them: K_t averages with positive weights, so that
 * p_t/q_t never leaves the range of p_0/q_0, and no cell falls below mass times the smallest
 * weight. */
#include "tempered_impl.h"
#include <math.h>

PetscErrorCode OttoTemperedRatios(OttoTempered s)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  const PetscScalar *p, *q;
  PetscReal range[3] = {-INFINITY, -INFINITY, 0}; /* -low, high; whether there are zeros */

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(s->field[OTTO_TEMPERED_P0], &p));
  PetscCall(VecGetArrayRead(s->field[OTTO_TEMPERED_Q0], &q));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    if (p[c] == 0 || q[c] == 0) range[2] = 1;
    if (p[c] == 0 && q[c] == 0) continue;
    const PetscReal ratio = p[c] / q[c];
    range[0] = PetscMax(range[0], -ratio);
    range[1] = PetscMax(range[1], ratio);
  }
  PetscCall(VecRestoreArrayRead(s->field[OTTO_TEMPERED_Q0], &q));
  PetscCall(VecRestoreArrayRead(s->field[OTTO_TEMPERED_P0], &p));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, range, 3, MPIU_REAL, MPIU_MAX, g->comm));
  s->ratio_low = -range[0];
  s->ratio_high = range[1];
  s->zeros = range[2] > 0 ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}

/* A lower bound of the logarithm of the largest distance's weight on one axis, per cell for the
 * chain and per length for the continuum. The smallest weight of all only grows with t: where the
 * bound itself falls again, its largest value before t serves. */
static PetscReal LogLeastWeight(const OttoGridInfo *g, PetscInt j, PetscBool lattice, PetscReal t)
{
  const PetscBool periodic = g->boundary[j] == OTTO_BOUNDARY_PERIODIC ? PETSC_TRUE : PETSC_FALSE;

  if (g->n[j] == 1) return lattice ? 0 : -log(g->h[j]);
  if (lattice) { /* e^-2τ I_d(2τ) >= e^-2τ τ^d/d! */
    const PetscReal d = (PetscReal)(periodic ? g->n[j] / 2 : g->n[j] - 1);
    const PetscReal tau = PetscMin(t / (g->h[j] * g->h[j]), 0.5 * d);
    return d * log(tau) - 2 * tau - lgamma(d + 1);
  }
  const PetscReal length = g->upper[j] - g->lower[j], d = periodic ? 0.5 * length : length;
  const PetscReal time = PetscMin(t, 0.5 * d * d);
  return -d * d / (4 * time) - 0.5 * log(4 * PETSC_PI * time);
}

OttoPairBounds OttoTemperedBounds(OttoTempered s)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  const PetscBool lattice = OttoHeatIsLattice(s->heat);
  PetscReal least = lattice ? -log(g->cell_volume) : 0; /* of a density of mass 1 */

  for (PetscInt j = 0; j < g->dim; j++) least += LogLeastWeight(g, j, lattice, s->t);
  return (OttoPairBounds){s->ratio_low, s->ratio_high, least, least};
}

PetscReal OttoTemperedLargestLoss(OttoTempered s)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  PetscReal exponent = 0;

  for (PetscInt j = 0; j < g->dim; j++)
    if (g->n[j] > 1 || g->boundary[j] == OTTO_BOUNDARY_OPEN)
      exponent += 2 * s->t / (g->h[j] * g->h[j]);
  return OttoHeatIsLattice(s->heat) ? exp(exponent) : INFINITY;
}
