/* What must hold of each distance, and between one and another. */
#include "report.h"
#include "run/pair.h"
#include <math.h>

/* (upper - lower)/upper of an interval; 0 where both differ by rounding of what is `across`. */
static PetscReal Gap(PetscReal lower, PetscReal upper, PetscReal across)
{
  const PetscReal apart = upper - lower;

  return apart >= 0 && apart <= 64 * PETSC_MACHINE_EPSILON * across ? 0 : apart / upper;
}

static PetscErrorCode CheckSolvers(OttoTransportRun *s, const OttoTransportNumbers *n)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  const OttoSinkhornResult *k = &n->sinkhorn;
  OttoRecord record = s->record;
  PetscReal square = 0; /* of the diagonal of the box; W2^2 is twice a cost */

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++) square += PetscSqr(g->upper[j] - g->lower[j]);
  PetscCall(OttoRecordCheck(record, "w2_gap",
                            Gap(PetscSqr(n->w2.lower), PetscSqr(n->w2.upper), 2 * square), 0));
  PetscCall(OttoRecordCheck(record, "w1_gap", Gap(n->w1.lower, n->w1.upper, sqrt(square)), 0));
  PetscCall(OttoRecordCheck(record, "sinkhorn_marginal", k->marginal, 0));
  PetscCall(OttoRecordCheck(record, "sinkhorn_positive", -(k->divergence + k->error), 0));
  PetscFunctionReturn(0);
}

/* |E_p x - E_q x| along axes that end somewhere: by Jensen no more than W1. Of p - q, from the
 * middle of the box: wherever it stands, and however near both are. */
static PetscErrorCode Shift(OttoTransportRun *s, PetscReal *shift, PetscBool *any)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  const PetscScalar *p, *q;
  PetscInt64 at[OTTO_MAX_DIM];
  OttoSum sum[OTTO_MAX_DIM] = {{0, 0}};

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(s->p, &p));
  PetscCall(VecGetArrayRead(s->q, &q));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellIndex(g, c, at);
    for (PetscInt j = 0; j < g->dim; j++)
      OttoSumAdd(&sum[j], (p[c] - q[c]) * ((PetscReal)(2 * at[j] + 1 - g->n[j]) / 2));
  }
  PetscCall(VecRestoreArrayRead(s->q, &q));
  PetscCall(VecRestoreArrayRead(s->p, &p));
  PetscCall(OttoSumReduce(g->comm, g->dim, sum));
  *any = PETSC_FALSE;
  *shift = 0;
  for (PetscInt j = 0; j < g->dim; j++)
    if (g->boundary[j] != OTTO_BOUNDARY_PERIODIC) {
      *shift = hypot(*shift, OttoSumValue(sum[j]) * g->cell_volume * g->h[j]);
      *any = PETSC_TRUE;
    }
  PetscFunctionReturn(0);
}

/* `less` ≤ `more`, relative to the side of the box where both are nothing. */
static PetscErrorCode CheckOrder(OttoTransportRun *s, const char *name, PetscReal less,
                                 PetscReal more)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  PetscReal side = 0;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++) side = PetscMax(side, g->upper[j] - g->lower[j]);
  PetscCall(
      OttoRecordCheck(s->record, name, (less - more) / (more > 0 ? more + 1e-3 * side : side), 0));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTransportCheck(OttoTransportRun *s, const OttoTransportNumbers *n)
{
  const PetscReal w1 = n->w1.upper + n->w1.to_atoms, tv = n->d.divergence[OTTO_DIVERGENCE_TV];
  PetscReal shift = 0;
  PetscBool any = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(OttoRecordCheck(s->record, "mass",
                            PetscMax(fabs(n->d.mass_p - 1), fabs(n->d.mass_q - 1)), 0));
  PetscCall(OttoCheckInequalities(s->record, 0, &n->d, NULL, NULL));
  if (isinf(n->d.divergence[OTTO_DIVERGENCE_KL])) {
    PetscCall(OttoRecordNotApplicable(s->record, "gibbs", "kl is infinite"));
    PetscCall(OttoRecordNotApplicable(s->record, "pinsker", "kl is infinite"));
  }
  PetscCall(CheckSolvers(s, n));
  PetscCall(CheckOrder(s, "w1_below_w2", n->w1.lower - n->w1.to_atoms, n->w2.upper));
  PetscCall(Shift(s, &shift, &any));
  if (any)
    PetscCall(CheckOrder(s, "mean_shift", shift, PetscMin(n->w2.upper, w1)));
  else
    PetscCall(OttoRecordNotApplicable(s->record, "mean_shift", "means on a ring have no distance"));
  /* the potential -∫|x-y| δ(y) dy has slope 2 tv at most */
  PetscCall(CheckOrder(s, "energy_bound", n->energy_distance, 2 * tv * w1));
  PetscFunctionReturn(0);
}
