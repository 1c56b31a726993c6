/* What must hold of each distance, and between one and another. */
#include "report.h"
#include "run/pair.h"
#include <math.h>

/* (upper - lower)/upper of an interval; 0 of nothing. */
static PetscReal Gap(PetscReal lower, PetscReal upper)
{
  return upper == 0 && lower == 0 ? 0 : (upper - lower) / upper;
}

static PetscErrorCode CheckSolvers(OttoRecord record, const OttoTransportNumbers *n)
{
  const OttoSinkhornResult *k = &n->sinkhorn;

  PetscFunctionBegin;
  PetscCall(
      OttoRecordCheck(record, "w2_gap", Gap(PetscSqr(n->w2.lower), PetscSqr(n->w2.upper)), 0));
  PetscCall(OttoRecordCheck(record, "w1_gap", Gap(n->w1.lower, n->w1.upper), 0));
  PetscCall(OttoRecordCheck(record, "sinkhorn_marginal", k->marginal, 0));
  PetscCall(OttoRecordCheck(record, "sinkhorn_positive", -(k->divergence + k->error), 0));
  PetscFunctionReturn(0);
}

/* |E_p x - E_q x| along axes that end somewhere: by Jensen no more than W1. */
static PetscErrorCode Shift(OttoTransportRun *s, PetscReal *shift, PetscBool *any)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  PetscReal a[OTTO_MAX_DIM], b[OTTO_MAX_DIM], mass, sum = 0;

  PetscFunctionBegin;
  PetscCall(OttoFieldMoments(s->grid, s->p, &mass, a, NULL));
  PetscCall(OttoFieldMoments(s->grid, s->q, &mass, b, NULL));
  *any = PETSC_FALSE;
  for (PetscInt j = 0; j < g->dim; j++)
    if (g->boundary[j] != OTTO_BOUNDARY_PERIODIC) {
      sum += PetscSqr(a[j] - b[j]);
      *any = PETSC_TRUE;
    }
  *shift = sqrt(sum);
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
  PetscCall(CheckSolvers(s->record, n));
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
