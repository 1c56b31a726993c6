/*
 * Rates between all pairs of sets (otto/passage.h). With faces' midpoints as states of the sets,
 * what leaves A by a face beside open cell x for B is π_x q⁺_x times the reversed chain's rate from
 * x into A by that face, q⁺ of B, and what comes to B from A there π_x q⁻_x times the chain's own.
 *
 * The other way follows the chain with A open: from ν, the law of the midpoints by which A is
 * entered coming from another set, until another set takes it.
 */
#include "grid/edges.h"
#include "passage_impl.h"
#include <math.h>
#include <stdio.h>

/* ---- by fluxes ---- */

/* Σ over own faces of a channel, of the chain or its reverse, of what passes there, π q times its
 * rate, and out of sets w. */
static PetscErrorCode Through(OttoPassage p, const OttoRates *r, int way, PetscInt channel, Vec q,
                              OttoSum *sum)
{
  const PetscScalar *pi, *values;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(p->pi, &pi));
  PetscCall(VecGetArrayRead(q, &values));
  for (PetscInt64 i = 0; i < r->losses; i++)
    if (r->loss[i].face == channel)
      OttoSumAdd(sum, pi[r->loss[i].cell] * values[r->loss[i].cell] * r->loss[i].rate *
                          (way == OTTO_BACK ? OttoPassageFed(p, i) : 1));
  PetscCall(VecRestoreArrayRead(q, &values));
  PetscCall(VecRestoreArrayRead(p->pi, &pi));
  PetscFunctionReturn(0);
}

/* Keeps the report that says least. */
static void Worst(const OttoPassageReport *report, PetscBool relative, OttoPassageReport *worst)
{
  const PetscReal is = relative ? report->relative : report->absolute;
  const PetscReal was = relative ? worst->relative : worst->absolute;

  if (worst->converged && (!report->converged || !(is <= was))) *worst = *report;
}

static PetscErrorCode Fluxes(OttoPassage p, const unsigned reached[], OttoTransitionRates *t)
{
  OttoSum out[OTTO_PASSAGE_SETS][OTTO_PASSAGE_SETS] = {{{0, 0}}};
  OttoSum in[OTTO_PASSAGE_SETS][OTTO_PASSAGE_SETS] = {{{0, 0}}};
  OttoPassageReport report;
  OttoPassageChain *chain;
  Vec q;

  PetscFunctionBegin;
  PetscCall(OttoPassageChainGet(p, p->all, &chain));
  const OttoRates *ahead = OttoGeneratorGetRates(chain->way[OTTO_AHEAD]);
  const OttoRates *back = OttoGeneratorGetRates(chain->way[OTTO_BACK]);
  for (PetscInt k = 1; k <= t->sets; k++) {
    PetscCall(OttoPassageSplit(p, chain, OTTO_AHEAD, OTTO_CHANNEL(k), &q, &report));
    Worst(&report, PETSC_FALSE, &t->of_probability);
    for (PetscInt a = 1; a <= t->sets; a++)
      if (a != k && reached[a - 1] & OTTO_ONE_SET(k))
        PetscCall(Through(p, back, OTTO_BACK, OTTO_CHANNEL(a), q, &out[a - 1][k - 1]));
    PetscCall(OttoPassageSplit(p, chain, OTTO_BACK, OTTO_CHANNEL(k), &q, &report));
    Worst(&report, PETSC_FALSE, &t->of_probability);
    for (PetscInt b = 1; b <= t->sets; b++)
      if (b != k && reached[k - 1] & OTTO_ONE_SET(b))
        PetscCall(Through(p, ahead, OTTO_AHEAD, OTTO_CHANNEL(b), q, &in[k - 1][b - 1]));
  }
  PetscCall(OttoSumReduce(p->g->comm, OTTO_PASSAGE_SETS * OTTO_PASSAGE_SETS, &out[0][0]));
  PetscCall(OttoSumReduce(p->g->comm, OTTO_PASSAGE_SETS * OTTO_PASSAGE_SETS, &in[0][0]));
  for (PetscInt a = 0; a < t->sets; a++)
    for (PetscInt b = 0; b < t->sets; b++) {
      t->reached[a][b] = a != b && reached[a] & OTTO_ONE_SET(b + 1) ? PETSC_TRUE : PETSC_FALSE;
      t->out[a][b] = OttoSumValue(out[a][b]) * p->g->cell_volume;
      t->in[a][b] = OttoSumValue(in[a][b]) * p->g->cell_volume;
    }
  PetscFunctionReturn(0);
}

/* Of a passage that is fed: what begins in a set, or comes to it before any other; what faces of
 * the box take of what was in it last. */
static PetscErrorCode Ends(OttoPassage p, PetscBool in[], OttoTransitionRates *t)
{
  OttoSum sum[2 * OTTO_PASSAGE_SETS] = {{0, 0}};
  OttoPassageReport report;
  OttoPassageChain *chain;
  Vec q;

  PetscFunctionBegin;
  PetscCall(OttoPassageChainGet(p, p->all, &chain));
  const OttoRates *ahead = OttoGeneratorGetRates(chain->way[OTTO_AHEAD]);
  PetscCall(OttoPassageSplit(p, chain, OTTO_BACK, OTTO_BORN, &q, &report));
  Worst(&report, PETSC_FALSE, &t->of_probability);
  for (PetscInt64 c = 0; c < p->g->local_cells; c++) in[c] = PETSC_TRUE;
  PetscCall(OttoPassageShare(p, q, in, &t->never));
  for (PetscInt a = 1; a <= t->sets; a++)
    PetscCall(Through(p, ahead, OTTO_AHEAD, OTTO_CHANNEL(a), q, &sum[a - 1]));
  for (PetscInt a = 1; a <= t->sets; a++) {
    PetscCall(OttoPassageSplit(p, chain, OTTO_BACK, OTTO_CHANNEL(a), &q, &report));
    for (PetscInt face = 0; face < OTTO_FACES; face++)
      PetscCall(Through(p, ahead, OTTO_AHEAD, face, q, &sum[OTTO_PASSAGE_SETS + a - 1]));
  }
  PetscCall(OttoSumReduce(p->g->comm, 2 * OTTO_PASSAGE_SETS, sum));
  for (PetscInt a = 0; a < t->sets; a++) {
    t->born[a] = p->fed->born[a] + OttoSumValue(sum[a]) * p->g->cell_volume;
    t->lost[a] = p->fed->lost[a] + OttoSumValue(sum[OTTO_PASSAGE_SETS + a]) * p->g->cell_volume;
  }
  PetscFunctionReturn(0);
}

/* A room of which closed cells make a part of its own, and that has one set alone, is left never,
 * but by faces: what time it holds is no part of a rate. */
static PetscErrorCode Rooms(OttoPassage p, PetscBool in[], OttoTransitionRates *t)
{
  PetscReal all = 0, some = 0;
  Vec one;

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < p->g->local_cells; c++) in[c] = PETSC_TRUE;
  if (p->fed) PetscFunctionReturn(0);
  PetscCall(OttoFieldCreate(p->grid, &one));
  PetscCall(VecSet(one, 1));
  PetscCall(OttoPassageShare(p, one, in, &all));
  PetscCall(OttoPassageShared(p, in));
  PetscCall(OttoPassageShare(p, one, in, &some));
  PetscCall(VecDestroy(&one));
  t->never = all - some;
  PetscFunctionReturn(0);
}

static PetscErrorCode Shares(OttoPassage p, OttoTransitionRates *t)
{
  OttoPassageReport report;
  PetscBool *in;
  Vec q;

  PetscFunctionBegin;
  PetscCall(OttoAgree(p->g->comm, PetscMalloc1(p->g->local_cells, &in)));
  PetscCall(Rooms(p, in, t));
  PetscCall(OttoFieldCreate(p->grid, &q));
  for (PetscInt a = 0; a < t->sets; a++) {
    PetscCall(OttoPassageLast(p, a + 1, q, &report));
    PetscCall(OttoPassageShare(p, q, in, &t->share[a]));
    for (PetscInt b = 0; b < t->sets; b++)
      t->rate[a][b] = t->out[a][b] > 0 ? t->out[a][b] / t->share[a] : 0;
  }
  if (p->fed) PetscCall(Ends(p, in, t));
  PetscCall(VecDestroy(&q));
  PetscCall(PetscFree(in));
  PetscFunctionReturn(0);
}

/* ---- by a mean time ---- */

/* ν by faces of A, not normalised: π_x times the probability to have come from another set, times
 * the rate into the face. weight[losses of the chain of all sets]; of no face of A 0. */
static PetscErrorCode Entries(OttoPassage p, OttoPassageChain *chain, PetscInt a, PetscInt sets,
                              PetscReal weight[])
{
  const OttoRates *r = OttoGeneratorGetRates(chain->way[OTTO_AHEAD]);
  OttoPassageReport unused;
  const PetscScalar *pi, *came;
  Vec q;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(p->pi, &pi));
  for (PetscInt k = 1; k <= sets + (p->fed ? 1 : 0); k++) {
    if (k == a) continue;
    PetscCall(
        OttoPassageSplit(p, chain, OTTO_BACK, k > sets ? OTTO_BORN : OTTO_CHANNEL(k), &q, &unused));
    PetscCall(VecGetArrayRead(q, &came));
    for (PetscInt64 i = 0; i < r->losses; i++)
      if (r->loss[i].face == OTTO_CHANNEL(a))
        weight[i] += pi[r->loss[i].cell] * came[r->loss[i].cell] * r->loss[i].rate;
    PetscCall(VecRestoreArrayRead(q, &came));
  }
  PetscCall(VecRestoreArrayRead(p->pi, &pi));
  PetscFunctionReturn(0);
}

/* Σ π b u over own cells of set a, b births; u NULL: 1. */
static PetscErrorCode AddBorn(OttoPassage p, PetscInt a, Vec u, OttoSum *sum)
{
  Vec label = OttoGeneratorGetTargetLabels(p->generator);
  const PetscScalar *l, *pi, *births, *values = NULL;

  PetscFunctionBegin;
  if (!p->fed) PetscFunctionReturn(0);
  PetscCall(VecGetArrayRead(label, &l));
  PetscCall(VecGetArrayRead(p->pi, &pi));
  PetscCall(VecGetArrayRead(p->fed->births, &births));
  if (u) PetscCall(VecGetArrayRead(u, &values));
  for (PetscInt64 c = 0; c < p->g->local_cells; c++)
    if (l[c] == (PetscReal)a) OttoSumAdd(sum, pi[c] * births[c] * (u ? values[c] : 1));
  if (u) PetscCall(VecRestoreArrayRead(u, &values));
  PetscCall(VecRestoreArrayRead(p->fed->births, &births));
  PetscCall(VecRestoreArrayRead(p->pi, &pi));
  PetscCall(VecRestoreArrayRead(label, &l));
  PetscFunctionReturn(0);
}

/* Σ weight u, u a function of the chain `open`, at the faces of set a in the chain of all sets, and
 * where it is born in a. */
static PetscErrorCode MeanAtFaces(OttoPassage p, PetscInt a, const OttoPassageChain *all,
                                  const OttoPassageChain *open, const PetscReal weight[], Vec u,
                                  PetscReal *mean)
{
  const OttoRates *r = OttoGeneratorGetRates(all->way[OTTO_AHEAD]);
  const OttoRates *inside = OttoGeneratorGetRates(open->way[OTTO_AHEAD]);
  OttoSum sum = {0, 0};
  OttoSurrounded values;
  OttoHalo halo;

  PetscFunctionBegin;
  PetscCall(OttoGridGetHalo(p->grid, 1, &halo));
  PetscCall(OttoFieldSurround(halo, u, &values));
  for (PetscInt64 i = 0; i < r->losses; i++)
    if (weight[i] > 0)
      OttoSumAdd(&sum, weight[i] * OttoPassageAtFace(inside, p->g, &values, &r->loss[i]));
  PetscCall(OttoFieldRelease(halo, u, &values));
  PetscCall(AddBorn(p, a, u, &sum));
  PetscCall(OttoSumReduce(p->g->comm, 1, &sum));
  *mean = OttoSumValue(sum);
  PetscFunctionReturn(0);
}

/* From set a: P_ν(b first)/E_ν τ, both on the chain with a open. */
static PetscErrorCode ByTime(OttoPassage p, PetscInt a, unsigned to, PetscReal weight[],
                             OttoTransitionRates *t)
{
  OttoPassageChain *all, *open;
  OttoPassageReport report;
  OttoSum sum = {0, 0};
  PetscReal time = 0;
  Vec q;

  PetscFunctionBegin;
  PetscCall(OttoPassageChainGet(p, p->all, &all));
  PetscCall(OttoPassageChainGet(p, p->all & ~OTTO_ONE_SET(a), &open));
  const OttoRates *r = OttoGeneratorGetRates(all->way[OTTO_AHEAD]);
  PetscCall(PetscArrayzero(weight, r->losses));
  PetscCall(Entries(p, all, a, t->sets, weight));
  for (PetscInt64 i = 0; i < r->losses; i++) OttoSumAdd(&sum, weight[i]);
  PetscCall(AddBorn(p, a, NULL, &sum));
  PetscCall(OttoSumReduce(p->g->comm, 1, &sum));
  PetscCall(OttoPassageMeanTime(p, open, OTTO_AHEAD));
  Worst(&open->known[OTTO_AHEAD], PETSC_TRUE, &t->of_time);
  PetscCall(MeanAtFaces(p, a, all, open, weight, open->time[OTTO_AHEAD], &time));
  for (PetscInt b = 1; b <= t->sets; b++) {
    PetscReal first = OttoSumValue(sum);
    if (!(to & OTTO_ONE_SET(b))) continue;
    if (p->fed || to != OTTO_ONE_SET(b)) { /* else it is b that is sure to come */
      PetscCall(OttoPassageSplit(p, open, OTTO_AHEAD, OTTO_CHANNEL(b), &q, &report));
      Worst(&report, PETSC_FALSE, &t->of_probability);
      PetscCall(MeanAtFaces(p, a, all, open, weight, q, &first));
    }
    t->rate_by_time[a - 1][b - 1] = first / time;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPassageRates(OttoPassage p, OttoTransitionRates *t)
{
  unsigned reached[OTTO_PASSAGE_SETS];
  OttoPassageChain *chain;
  PetscReal *weight;

  PetscFunctionBegin;
  OttoNeedPassage(p);
  PetscCall(OttoPassageCheckPairs(p));
  *t = (OttoTransitionRates){.sets = OttoGeneratorGetTargets(p->generator)};
  t->of_time.converged = t->of_probability.converged = PETSC_TRUE;
  PetscCall(OttoPassageReached(p, reached));
  PetscCall(Fluxes(p, reached, t));
  PetscCall(Shares(p, t));
  PetscCall(OttoPassageChainGet(p, p->all, &chain));
  PetscCall(OttoAgree(
      p->g->comm, PetscMalloc1(OttoGeneratorGetRates(chain->way[OTTO_AHEAD])->losses, &weight)));
  /* the chain of the first is kept, for transitions from set 1 to set 2 */
  for (PetscInt a = t->sets; a >= 1; a--) {
    const unsigned to = reached[a - 1] & ~OTTO_ONE_SET(a);
    if (to) PetscCall(ByTime(p, a, to, weight, t));
  }
  PetscCall(PetscFree(weight));
  PetscFunctionReturn(0);
}
