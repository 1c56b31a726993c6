/*
 * Transitions from A to B: fluxes and rates (otto/passage.h). With faces' midpoints as states of A
 * and B, what leaves A by a face beside open cell x is π_x q⁺_x times the reversed chain's rate
 * from x into A by that face, and what enters B there π_x q⁻_x times the chain's own.
 */
#include "passing.h"
#include "reach.h"
#include <math.h>

/* ---- sums ---- */

/* Σ of values over all ranks, times the cells' volume. */
static PetscErrorCode Total(OttoPassage p, OttoSum sum, PetscReal *value)
{
  PetscFunctionBegin;
  PetscCall(OttoSumReduce(p->g->comm, 1, &sum));
  *value = OttoSumValue(sum) * p->g->cell_volume;
  PetscFunctionReturn(0);
}

/* Σ π q h^d of cells `in`. */
static PetscErrorCode Share(OttoPassage p, Vec q, const PetscBool in[], PetscReal *share)
{
  const PetscScalar *pi, *values;
  OttoSum sum = {0, 0};

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(p->pi, &pi));
  PetscCall(VecGetArrayRead(q, &values));
  for (PetscInt64 c = 0; c < p->g->local_cells; c++)
    if (in[c]) OttoSumAdd(&sum, pi[c] * values[c]);
  PetscCall(VecRestoreArrayRead(q, &values));
  PetscCall(VecRestoreArrayRead(p->pi, &pi));
  PetscCall(Total(p, sum, share));
  PetscFunctionReturn(0);
}

/* A room of which closed cells make a part of its own, and that has one of the sets alone, is left
 * for the other never: what time it holds is no part of a rate. */
static PetscErrorCode Shares(OttoPassage p, Vec came, OttoTransition *t)
{
  PetscBool *in;

  PetscFunctionBegin;
  PetscCall(OttoAgree(p->g->comm, PetscMalloc1(p->g->local_cells, &in)));
  PetscCall(OttoPassageShared(p, t->a, t->b, in));
  PetscCall(Share(p, t->backward, in, &t->from_a));
  PetscCall(Share(p, came, in, &t->from_b));
  PetscCall(PetscFree(in));
  PetscFunctionReturn(0);
}

static PetscErrorCode Fluxes(OttoPassing *s, OttoTransition *t)
{
  const OttoRates *ahead = OttoGeneratorGetRates(s->chain->way[OTTO_AHEAD]);
  const OttoRates *back = OttoGeneratorGetRates(s->chain->way[OTTO_BACK]);
  OttoSum in = {0, 0}, out = {0, 0};

  PetscFunctionBegin;
  for (PetscInt64 i = 0; i < ahead->losses; i++)
    if (ahead->loss[i].face == s->b) OttoSumAdd(&in, OttoPassingIn(s, &ahead->loss[i]));
  for (PetscInt64 i = 0; i < back->losses; i++)
    if (back->loss[i].face == s->a) OttoSumAdd(&out, OttoPassingOut(s, &back->loss[i]));
  PetscCall(Total(s->p, in, &t->flux_in));
  PetscCall(Total(s->p, out, &t->flux_out));
  PetscFunctionReturn(0);
}

/* ---- the rate by a mean time ---- */

/* u at the midpoint of a face of own cell c, u_c here and u_y beyond: the chain goes on from there
 * to either side as √Q is. */
static PetscReal AtFace(const OttoRates *r, const OttoGridInfo *g, const OttoSurrounded *u,
                        const OttoLoss *loss)
{
  const PetscInt axis = loss->through / 2;
  const int side = loss->through % 2 ? 1 : -1;
  const PetscInt64 y = OttoEdgesNeighbour(g, loss->cell, axis, side);
  const PetscReal z = r->force[axis][side > 0 ? loss->cell : y];
  const PetscReal beyond = 1 / (1 + exp(-0.5 * (PetscReal)side * z));

  return (1 - beyond) * u->own[loss->cell] + beyond * *OttoSurroundedAt(u, y);
}

/* 1/E_ν τ: ν by what enters A coming from B, π_x (1 - q⁻)_x times the rate into the face; τ the
 * time to B alone. */
static PetscErrorCode ByTime(OttoPassing *s, OttoPassageChain *alone, const PetscReal came[],
                             PetscReal *rate)
{
  const OttoRates *r = OttoGeneratorGetRates(s->chain->way[OTTO_AHEAD]);
  const OttoRates *open = OttoGeneratorGetRates(alone->way[OTTO_AHEAD]);
  OttoSum sums[2] = {{0, 0}, {0, 0}};
  OttoSurrounded u;
  OttoHalo halo;

  PetscFunctionBegin;
  PetscCall(OttoGridGetHalo(s->p->grid, 1, &halo));
  PetscCall(OttoFieldSurround(halo, alone->time[OTTO_AHEAD], &u));
  for (PetscInt64 i = 0; i < r->losses; i++) {
    const OttoLoss *loss = &r->loss[i];
    if (loss->face != s->a) continue;
    const PetscReal weight = exp(s->log_pi.own[loss->cell]) * came[loss->cell] * loss->rate;
    OttoSumAdd(&sums[0], weight);
    OttoSumAdd(&sums[1], weight * AtFace(open, s->p->g, &u, loss));
  }
  PetscCall(OttoFieldRelease(halo, alone->time[OTTO_AHEAD], &u));
  PetscCall(OttoSumReduce(s->p->g->comm, 2, sums));
  *rate = OttoSumValue(sums[0]) / OttoSumValue(sums[1]);
  PetscFunctionReturn(0);
}

/* Excursions from B alone: how many there are, times their mean length, and the time outside B. */
static PetscErrorCode Kac(OttoPassage p, OttoPassageChain *alone, OttoTransition *t)
{
  const OttoRates *back = OttoGeneratorGetRates(alone->way[OTTO_BACK]);
  const PetscBool *plays = OttoOccupationPlays(alone->of[OTTO_AHEAD]);
  const PetscScalar *pi, *u;
  OttoSum length = {0, 0}, outside = {0, 0};

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(p->pi, &pi));
  PetscCall(VecGetArrayRead(alone->time[OTTO_AHEAD], &u));
  for (PetscInt64 i = 0; i < back->losses; i++) {
    const PetscInt64 c = back->loss[i].cell;
    OttoSumAdd(&length, pi[c] * back->loss[i].rate * u[c]);
  }
  for (PetscInt64 c = 0; c < p->g->local_cells; c++)
    if (plays[c]) OttoSumAdd(&outside, pi[c]);
  PetscCall(VecRestoreArrayRead(alone->time[OTTO_AHEAD], &u));
  PetscCall(VecRestoreArrayRead(p->pi, &pi));
  PetscCall(Total(p, length, &t->kac));
  PetscCall(Total(p, outside, &t->kac_of));
  PetscFunctionReturn(0);
}

/* ---- checks ---- */

typedef struct {
  const OttoGridInfo *g;
  OttoSurrounded label, log_pi;
  PetscReal a, b;
  PetscMPIInt touch;
} Touching;

static void Touch(const OttoEdges *e, void *context)
{
  Touching *s = (Touching *)context;
  const PetscReal *lx = OttoSurroundedAt(&s->label, e->x), *ly = OttoSurroundedAt(&s->label, e->y);
  const PetscReal *px = OttoSurroundedAt(&s->log_pi, e->x),
                  *py = OttoSurroundedAt(&s->log_pi, e->y);

  for (PetscInt64 i = 0; i < e->n; i++)
    if (((lx[i] == s->a && ly[i] == s->b) || (lx[i] == s->b && ly[i] == s->a)) &&
        px[i] > -INFINITY && py[i] > -INFINITY)
      s->touch = 1;
}

/* A face between them would be of both. */
static PetscErrorCode CheckApart(OttoPassage p, PetscInt a, PetscInt b)
{
  Vec label = OttoGeneratorGetTargetLabels(p->generator);
  Touching s = {.g = p->g, .a = (PetscReal)a, .b = (PetscReal)b};
  OttoHalo halo;

  PetscFunctionBegin;
  PetscCall(OttoGridGetHalo(p->grid, 1, &halo));
  PetscCall(OttoFieldSurround(halo, label, &s.label));
  PetscCall(OttoFieldSurround(halo, p->log_pi, &s.log_pi));
  OttoEdgesWalk(p->g, PETSC_FALSE, Touch, &s);
  PetscCall(OttoFieldRelease(halo, p->log_pi, &s.log_pi));
  PetscCall(OttoFieldRelease(halo, label, &s.label));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &s.touch, 1, MPI_INT, MPI_MAX, p->g->comm));
  OttoCheckInput(!s.touch, "sets %d and %d have a face in common: nothing passes between them",
                 (int)a, (int)b);
  PetscFunctionReturn(0);
}

/* What A leads to by its faces leads on to B. */
static PetscErrorCode CheckReached(OttoPassage p, const OttoPassageChain *chain, PetscInt a,
                                   PetscInt b)
{
  const OttoRates *ahead = OttoGeneratorGetRates(chain->way[OTTO_AHEAD]);
  const OttoRates *back = OttoGeneratorGetRates(chain->way[OTTO_BACK]);
  const PetscInt of_a = OTTO_CHANNEL(a < b ? 1 : 2), of_b = OTTO_CHANNEL(a < b ? 2 : 1);
  PetscMPIInt arrives = 0;
  PetscBool *marked;

  PetscFunctionBegin;
  PetscCall(OttoAgree(p->g->comm, PetscCalloc1(p->g->local_cells, &marked)));
  for (PetscInt64 i = 0; i < back->losses; i++)
    if (back->loss[i].face == of_a) marked[back->loss[i].cell] = PETSC_TRUE;
  PetscCall(OttoReach(chain->way[OTTO_AHEAD], OTTO_REACH_ALONG, marked));
  for (PetscInt64 i = 0; i < ahead->losses; i++)
    if (ahead->loss[i].face == of_b && marked[ahead->loss[i].cell]) arrives = 1;
  PetscCall(PetscFree(marked));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &arrives, 1, MPI_INT, MPI_MAX, p->g->comm));
  OttoCheckInput(
      arrives,
      "set %d cannot be reached from set %d: closed cells lie between, or forces keep all "
      "back (rates underflow)",
      (int)b, (int)a);
  PetscFunctionReturn(0);
}

static PetscErrorCode Check(OttoPassage p, PetscInt a, PetscInt b)
{
  OttoPassageChain *chain;

  PetscFunctionBegin;
  OttoNeedPassage(p);
  PetscCall(OttoPassageCheckSet(p, a));
  PetscCall(OttoPassageCheckSet(p, b));
  OttoCheckInput(a != b, "first passages: from set %d to itself", (int)a);
  OttoCheckInput(!p->faces, "first passages: what absorbs at a face of the box leaves no steady "
                            "state, and nothing passes from set to set for ever");
  OttoNeedSteady(p, "rate");
  PetscCall(CheckApart(p, a, b));
  PetscCall(OttoPassageChainGet(p, PetscMin(a, b), PetscMax(a, b), &chain));
  PetscCall(CheckReached(p, chain, a, b));
  PetscFunctionReturn(0);
}

/* ---- all of it ---- */

/* q⁺, q⁻, and `came` = 1 - q⁻ relative to itself. */
static PetscErrorCode Committors(OttoPassage p, OttoTransition *t, Vec came)
{
  const PetscBool turned = t->a > t->b ? PETSC_TRUE : PETSC_FALSE;
  const PetscInt to_a = OTTO_CHANNEL(turned ? 2 : 1), to_b = OTTO_CHANNEL(turned ? 1 : 2);
  OttoPassageReport unused;
  OttoPassageChain *chain;

  PetscFunctionBegin;
  PetscCall(OttoPassageChainGet(p, PetscMin(t->a, t->b), PetscMax(t->a, t->b), &chain));
  PetscCall(OttoPassageSplit(p, chain, OTTO_AHEAD, to_b, t->forward, &t->of_forward));
  PetscCall(OttoPassageSplit(p, chain, OTTO_BACK, to_a, t->backward, &t->of_backward));
  if (p->balanced)
    PetscCall(VecCopy(t->forward, came));
  else
    PetscCall(OttoPassageSplit(p, chain, OTTO_BACK, to_b, came, &unused));
  PetscCall(OttoPassageMark(p, t->b, 1, t->forward));
  PetscCall(OttoPassageMark(p, t->a, 1, t->backward));
  PetscCall(OttoPassageMark(p, t->b, 1, came));
  PetscFunctionReturn(0);
}

static PetscErrorCode Fields(OttoPassage p, OttoTransition *t)
{
  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(p->grid, &t->forward));
  PetscCall(OttoFieldCreate(p->grid, &t->backward));
  PetscCall(OttoFieldCreate(p->grid, &t->density));
  for (PetscInt j = 0; j < p->g->dim; j++) PetscCall(OttoFieldCreate(p->grid, &t->current[j]));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPassageTransition(OttoPassage p, PetscInt a, PetscInt b, OttoTransition *t)
{
  OttoPassageChain *alone;
  const PetscScalar *values;
  OttoPassing s;
  Vec came;

  PetscFunctionBegin;
  PetscCall(Check(p, a, b));
  *t = (OttoTransition){.a = a, .b = b, .capacity_upper = INFINITY};
  PetscCall(Fields(p, t));
  PetscCall(OttoFieldCreate(p->grid, &came));
  PetscCall(Committors(p, t, came));
  PetscCall(VecPointwiseMult(t->density, t->forward, t->backward));
  PetscCall(VecPointwiseMult(t->density, t->density, p->pi));
  PetscCall(Shares(p, came, t));
  PetscCall(OttoPassageChainGet(p, b, 0, &alone));
  PetscCall(OttoPassageMeanTime(p, alone, OTTO_AHEAD));
  t->of_time = alone->known[OTTO_AHEAD];
  PetscCall(OttoPassingBegin(p, t, &s));
  PetscCall(Fluxes(&s, t));
  PetscCall(VecGetArrayRead(came, &values));
  PetscCall(ByTime(&s, alone, values, &t->rate_by_time));
  PetscCall(VecRestoreArrayRead(came, &values));
  PetscCall(OttoPassingCentres(&s, t->current));
  if (p->balanced) PetscCall(OttoPassingCapacity(&s, &t->capacity_lower, &t->capacity_upper));
  PetscCall(OttoPassingEnd(&s));
  PetscCall(Kac(p, alone, t));
  t->rate_ab = t->flux_out / t->from_a;
  t->rate_ba = t->flux_out / t->from_b;
  PetscCall(VecDestroy(&came));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTransitionFree(OttoTransition *t)
{
  PetscFunctionBegin;
  PetscCall(VecDestroy(&t->forward));
  PetscCall(VecDestroy(&t->backward));
  PetscCall(VecDestroy(&t->density));
  for (PetscInt j = 0; j < OTTO_GENERATOR_MAX_DIM; j++) PetscCall(VecDestroy(&t->current[j]));
  PetscFunctionReturn(0);
}
