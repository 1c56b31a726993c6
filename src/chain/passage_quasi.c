/*
 * The slowest killed mode by inverse iteration on v = ν/π, a function of the reversed chain:
 * -Q̂ u = v, then v = u. u > 0, and (v - r)/u, r the residual, is (-Q̂u)/u: its least and largest
 * value in a part of the grid enclose the part's slowest rate (Collatz, Wielandt). The steps are
 * extrapolated (Aitken), or two groups of cells balanced (passage_quasi_balance.c): two wells that
 * keep for nearly as long take no longer. Where neither helps any more, steps are projected
 * (passage_quasi_project.c).
 */
#include "passage_quasi.h"
#include <math.h>
#include <stdio.h>

#define SOLVES 200
#define WANTED 1e-9  /* of the rate */
#define ENOUGH 1e-8  /* of it, where solves leave no better */
#define LAW 1e-3     /* what the law may be off by, to be known */
#define POSITIVE 0.1 /* share of a cell that an extrapolation leaves at least */
#define RESTS 40     /* solves without a narrower enclosure, */
#define PLAIN 8      /* and these until steps are plain, and projected */

/* Enclosures of every part, and the part whose chain keeps longest. */
static PetscErrorCode Enclose(OttoQuasi *s, PetscInt *slowest)
{
  OttoGenerator reversed = s->chain->way[OTTO_BACK];
  const PetscBool *plays = OttoOccupationPlays(s->chain->of[OTTO_BACK]);
  const PetscScalar *u, *rate;
  const PetscMPIInt parts = (PetscMPIInt)s->parts;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < s->parts; k++) s->least[k] = s->most[k] = INFINITY;
  PetscCall(OttoGeneratorApplyBackward(reversed, s->u, s->r, NULL));
  PetscCall(VecGetArrayRead(s->u, &u));
  PetscCall(VecGetArrayRead(s->r, &rate));
  for (PetscInt64 c = 0; c < s->p->g->local_cells; c++) {
    const PetscInt k = s->part ? s->part[c] : 0;
    if (!plays[c]) continue;
    const PetscReal ratio = u[c] > 0 ? -rate[c] / u[c] : NAN;
    s->least[k] = ratio >= s->least[k] ? s->least[k] : isnan(ratio) ? -INFINITY : ratio;
    s->most[k] = -ratio >= s->most[k] ? s->most[k] : isnan(ratio) ? -INFINITY : -ratio;
  }
  PetscCall(VecRestoreArrayRead(s->r, &rate));
  PetscCall(VecRestoreArrayRead(s->u, &u));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, s->least, parts, MPIU_REAL, MPIU_MIN, s->p->g->comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, s->most, parts, MPIU_REAL, MPIU_MIN, s->p->g->comm));
  *slowest = 0;
  for (PetscInt k = 0; k < s->parts; k++) {
    s->most[k] = -s->most[k];
    if (s->least[k] < s->least[*slowest]) *slowest = k;
  }
  PetscFunctionReturn(0);
}

/* The share of it that the second slowest mode's part keeps in a step, from the last three; 0: not
 * known. */
static PetscErrorCode Factor(OttoQuasi *s, PetscReal *factor)
{
  PetscScalar of_step = 0, of_last = 0;

  PetscFunctionBegin;
  *factor = 0;
  if (s->steps < 2) PetscFunctionReturn(0);
  PetscCall(VecAYPX(s->before[1], -1, s->before[0])); /* the step before */
  PetscCall(VecPointwiseMult(s->r, s->before[1], s->p->pi));
  PetscCall(VecDot(s->r, s->before[1], &of_last));
  PetscCall(VecWAXPY(s->before[1], -1, s->before[0], s->u)); /* the last */
  PetscCall(VecDot(s->r, s->before[1], &of_step));
  if (of_last > 0) *factor = of_step / of_last;
  PetscFunctionReturn(0);
}

/* Takes out of u what the second slowest mode adds to it, which shrinks by the same factor in every
 * step, where that leaves u positive; *refused: it would not. Parts of a grid have factors of their
 * own. */
static PetscErrorCode Extrapolate(OttoQuasi *s, PetscBool *refused)
{
  const PetscBool *plays = OttoOccupationPlays(s->chain->of[OTTO_BACK]);
  const PetscScalar *u, *last;
  PetscScalar mass = 0, *out;
  PetscReal factor = 0;
  PetscMPIInt fails = 0;

  PetscFunctionBegin;
  *refused = PETSC_FALSE;
  if (s->parts > 1) PetscFunctionReturn(0);
  PetscCall(VecDot(s->u, s->p->pi, &mass));
  PetscCall(VecScale(s->u, 1 / mass));
  PetscCall(Factor(s, &factor));
  PetscCall(VecGetArrayRead(s->u, &u));
  PetscCall(VecGetArrayRead(s->before[0], &last));
  PetscCall(VecGetArray(s->r, &out));
  for (PetscInt64 c = 0; c < s->p->g->local_cells; c++) {
    out[c] = (u[c] - factor * last[c]) / (1 - factor);
    if (plays[c] && !(out[c] > POSITIVE * u[c])) fails = 1;
  }
  PetscCall(VecRestoreArray(s->r, &out));
  PetscCall(VecRestoreArrayRead(s->before[0], &last));
  PetscCall(VecRestoreArrayRead(s->u, &u));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &fails, 1, MPI_INT, MPI_MAX, s->p->g->comm));
  PetscCall(VecCopy(s->before[0], s->before[1]));
  PetscCall(VecCopy(s->u, s->before[0]));
  const PetscBool known = factor > 0 && factor < 1 ? PETSC_TRUE : PETSC_FALSE;
  if (known && !fails) PetscCall(VecCopy(s->r, s->u));
  s->steps = known && !fails ? 0 : s->steps + 1;
  *refused = known && fails ? PETSC_TRUE : PETSC_FALSE;
  PetscCall(VecScale(s->u, mass));
  PetscFunctionReturn(0);
}

/* ν = π v of one part, mass 1; its rate, and the residual of both. */
static PetscErrorCode Law(OttoQuasi *s, PetscInt part, OttoQuasiStationary *q)
{
  OttoGenerator ahead = s->chain->way[OTTO_AHEAD];
  PetscReal mass = 0, off = 0;
  PetscScalar *law;

  PetscFunctionBegin;
  PetscCall(VecPointwiseMult(q->law, s->u, s->p->pi));
  PetscCall(VecGetArray(q->law, &law));
  for (PetscInt64 c = 0; c < s->p->g->local_cells; c++)
    if (s->part && s->part[c] != part) law[c] = 0;
  PetscCall(VecRestoreArray(q->law, &law));
  PetscCall(OttoFieldIntegral(s->p->grid, q->law, &mass));
  PetscCall(VecScale(q->law, 1 / mass));
  PetscCall(OttoGeneratorEscape(ahead, q->law, &q->rate));
  PetscCall(OttoGeneratorApply(ahead, q->law, s->r));
  PetscCall(VecAXPY(s->r, q->rate, q->law));
  PetscCall(VecNorm(s->r, NORM_1, &off));
  q->residual = off * s->p->g->cell_volume / q->rate;
  PetscFunctionReturn(0);
}

/* Makes u better than a step leaves it: where the second mode is nearly all that some cells have,
 * an extrapolation would leave nothing of them, and they are balanced against the others. */
static PetscErrorCode Help(OttoQuasi *s)
{
  PetscBool refused = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(Extrapolate(s, &refused));
  if (!refused) PetscFunctionReturn(0);
  PetscCall(OttoQuasiBalance(s));
  s->steps = 0;
  PetscFunctionReturn(0);
}

/* *off: the width of [least, most] v/u of the part, relative to the rate: what solves leave of a
 * mode, which rounding of residuals may hide from the enclosure. */
static PetscErrorCode Off(const OttoQuasi *s, PetscInt part, PetscReal rate, PetscReal *off)
{
  PetscReal least[2];

  PetscFunctionBegin;
  PetscCall(OttoQuasiRange(s, part, least));
  *off = (-least[1] - least[0]) / rate;
  if (!(*off >= 0)) *off = INFINITY;
  PetscFunctionReturn(0);
}

static PetscErrorCode Iterate(OttoQuasi *s, OttoQuasiStationary *q, PetscReal *off)
{
  PetscReal narrowest = INFINITY;
  PetscInt part = 0, since = 0;
  OttoPassageReport solve;

  PetscFunctionBegin;
  PetscCall(VecCopy(s->chain->time[OTTO_BACK], s->u));
  for (q->solves = 0; q->solves < SOLVES && since < RESTS; q->solves++) {
    PetscCall(OttoQuasiStep(s, &solve));
    PetscCall(Enclose(s, &part));
    q->lower = PetscMax(q->lower, s->least[part]);
    q->upper = q->solves ? PetscMin(q->upper, s->most[part]) : s->most[part];
    PetscCall(Law(s, part, q));
    PetscCall(Off(s, part, q->rate, off));
    if (*off <= WANTED) break;
    if (since < PLAIN || s->parts > 1) {
      PetscCall(Help(s));
    } else {
      PetscCall(OttoQuasiProject(s));
      s->steps = 0;
    }
    since = *off < 0.9 * narrowest ? 0 : since + 1;
    narrowest = PetscMin(narrowest, *off);
  }
  q->converged = *off <= ENOUGH ? PETSC_TRUE : PETSC_FALSE;
  if (!q->converged)
    snprintf(q->reason, sizeof q->reason,
             "after %d solves the rate lies in [%.9g, %.9g]; cells differ by %.2g of it",
             (int)q->solves, (double)q->lower, (double)q->upper, (double)*off);
  PetscFunctionReturn(0);
}

/* The law is known to what the rate of its cells differs by over what the next mode's does. */
static PetscErrorCode Know(OttoQuasi *s, PetscReal off, OttoQuasiStationary *q)
{
  PetscFunctionBegin;
  q->gap = INFINITY;
  q->known = q->converged;
  if (!q->converged || s->parts > 1) PetscFunctionReturn(0);
  PetscCall(OttoQuasiGap(s, &q->gap));
  q->known = off <= LAW * q->gap ? PETSC_TRUE : PETSC_FALSE;
  if (!q->known)
    snprintf(q->reason, sizeof q->reason,
             "the two slowest modes differ by %.2g of their rate, that of the law's cells by %.2g: "
             "how much of it is in which of them is not told",
             (double)PetscMax(q->gap, 0), (double)off);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPassageQuasiStationary(OttoPassage p, OttoQuasiStationary *q)
{
  OttoQuasi s = {.p = p};
  PetscReal off = INFINITY;
  PetscInt64 lost = 0;

  PetscFunctionBegin;
  *q = (OttoQuasiStationary){.converged = PETSC_FALSE};
  OttoNeedPassage(p);
  PetscCall(OttoPassageLost(p, &lost));
  OttoCheckInput(!lost,
                 "quasi-stationary law: from %lld open cells nothing that absorbs can be reached",
                 (long long)lost);
  if (p->transient) {
    q->upper = INFINITY;
    q->rate = q->residual = NAN;
    snprintf(q->reason, sizeof q->reason,
             "transport leads away for good: what is left may end "
             "without a slowest mode, and the grid's is its own");
    PetscFunctionReturn(0);
  }
  PetscCall(OttoPassageChainGet(p, p->all, &s.chain));
  PetscCall(OttoPassageMeanTime(p, s.chain, OTTO_BACK));
  s.part = OttoGeneratorGetComponent(s.chain->way[OTTO_BACK]);
  s.parts = s.part ? OttoGeneratorGetComponents(s.chain->way[OTTO_BACK]) : 1;
  PetscCall(OttoFieldCreate(p->grid, &q->law));
  PetscCall(OttoFieldCreate(p->grid, &s.v));
  PetscCall(OttoFieldCreate(p->grid, &s.u));
  PetscCall(OttoFieldCreate(p->grid, &s.r));
  for (int i = 0; i < 2; i++) PetscCall(OttoFieldCreate(p->grid, &s.before[i]));
  PetscCall(OttoAgree(p->g->comm, PetscMalloc2(s.parts, &s.least, s.parts, &s.most)));
  PetscCall(Iterate(&s, q, &off));
  PetscCall(Know(&s, off, q));
  PetscCall(PetscFree2(s.least, s.most));
  PetscCall(VecDestroy(&s.v));
  PetscCall(VecDestroy(&s.u));
  PetscCall(VecDestroy(&s.r));
  for (int i = 0; i < 2; i++) PetscCall(VecDestroy(&s.before[i]));
  for (int i = 0; i < OTTO_QUASI_KEPT; i++) PetscCall(VecDestroy(&s.kept[i]));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoQuasiStationaryFree(OttoQuasiStationary *q)
{
  PetscFunctionBegin;
  PetscCall(VecDestroy(&q->law));
  PetscFunctionReturn(0);
}
