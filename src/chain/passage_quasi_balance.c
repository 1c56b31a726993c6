/*
 * Two wells behind a high barrier, of rates a little apart: inverse iteration takes the slower
 * one's share of the faster from what it is at first to next to nothing by the ratio of the rates,
 * step by step. The cells fall into two groups by v/u, which is the rate that each of them has; the
 * law's shape in either is known soon, and the chain of the two groups with these as weights
 * (aggregation, as for π) has the mode of the whole: all in sums of positive terms, so that a share
 * of e^-30 is right relative to itself.
 */
#include "grid/edges.h"
#include "passage_quasi.h"
#include <math.h>

enum { UP, DOWN, LOST_0, LOST_1, SUMS }; /* from group 0 to 1, back, and what is taken of each */

typedef struct {
  const OttoRates *rates;
  OttoSurrounded law, group;
  OttoSum sums[SUMS];
} Balance;

static void AddFlows(const OttoEdges *e, void *context)
{
  Balance *b = (Balance *)context;
  const PetscReal *up = b->rates->up[e->axis] + e->x, *down = b->rates->down[e->axis] + e->x;
  const PetscReal *px = OttoSurroundedAt(&b->law, e->x), *py = OttoSurroundedAt(&b->law, e->y);
  const PetscReal *gx = OttoSurroundedAt(&b->group, e->x), *gy = OttoSurroundedAt(&b->group, e->y);

  for (PetscInt64 i = 0; i < e->n; i++) {
    if (gx[i] == gy[i]) continue;
    OttoSumAdd(&b->sums[gx[i] == 0 ? UP : DOWN], px[i] * up[i]);
    OttoSumAdd(&b->sums[gx[i] == 0 ? DOWN : UP], py[i] * down[i]);
  }
}

/* The mode of two states that lead to one another with rates b, c and are lost with k, l: the mass
 * of the second over that of the first. With a = b + k, d = c + l the slowest rate is the lesser
 * root λ of (a - λ)(d - λ) = bc. */
static PetscReal Share(PetscReal b, PetscReal c, PetscReal k, PetscReal l)
{
  const PetscReal apart = (b + k) - (c + l), root = hypot(apart, 2 * sqrt(b * c));

  return apart >= 0 ? (apart + root) / (2 * c) : 2 * b / (root - apart);
}

/* r = 1 in cells of the faster group, 0 in others; v = π u. */
static PetscErrorCode Groups(OttoQuasi *s)
{
  PetscReal least[2], middle;
  const PetscScalar *u;
  PetscScalar *v, *group;

  PetscFunctionBegin;
  PetscCall(OttoQuasiRange(s, 0, least));
  middle = sqrt(least[0]) * sqrt(-least[1]);
  PetscCall(VecGetArrayRead(s->u, &u));
  PetscCall(VecGetArray(s->v, &v));
  PetscCall(VecGetArray(s->r, &group));
  for (PetscInt64 c = 0; c < s->p->g->local_cells; c++) group[c] = v[c] > middle * u[c];
  PetscCall(VecRestoreArray(s->r, &group));
  PetscCall(VecRestoreArray(s->v, &v));
  PetscCall(VecRestoreArrayRead(s->u, &u));
  PetscCall(VecPointwiseMult(s->v, s->u, s->p->pi));
  PetscFunctionReturn(0);
}

static PetscErrorCode Flows(OttoQuasi *s, PetscReal flow[SUMS])
{
  Balance b = {.rates = OttoGeneratorGetRates(s->chain->way[OTTO_AHEAD])};
  OttoHalo halo;

  PetscFunctionBegin;
  PetscCall(OttoGridGetHalo(s->p->grid, 1, &halo));
  PetscCall(OttoFieldSurround(halo, s->v, &b.law));
  PetscCall(OttoFieldSurround(halo, s->r, &b.group));
  OttoEdgesWalk(s->p->g, PETSC_FALSE, AddFlows, &b);
  for (PetscInt64 c = 0; c < s->p->g->local_cells; c++)
    OttoSumAdd(&b.sums[b.group.own[c] > 0 ? LOST_1 : LOST_0], b.rates->killed[c] * b.law.own[c]);
  PetscCall(OttoFieldRelease(halo, s->r, &b.group));
  PetscCall(OttoFieldRelease(halo, s->v, &b.law));
  PetscCall(OttoSumReduce(s->p->g->comm, SUMS, b.sums));
  for (int i = 0; i < SUMS; i++) flow[i] = OttoSumValue(b.sums[i]);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoQuasiBalance(OttoQuasi *s)
{
  PetscReal flow[SUMS];
  PetscScalar all = 0, fast = 0, *u;
  const PetscScalar *group;

  PetscFunctionBegin;
  PetscCall(Groups(s));
  PetscCall(Flows(s, flow));
  PetscCall(VecSum(s->v, &all));
  PetscCall(VecDot(s->v, s->r, &fast));
  const PetscReal slow = all - fast;
  const PetscReal weight =
      Share(flow[UP] / slow, flow[DOWN] / fast, flow[LOST_0] / slow, flow[LOST_1] / fast) * slow /
      fast;
  if (!(weight > 0) || !isfinite(weight)) PetscFunctionReturn(0);
  PetscCall(VecGetArrayRead(s->r, &group));
  PetscCall(VecGetArray(s->u, &u));
  for (PetscInt64 c = 0; c < s->p->g->local_cells; c++)
    if (group[c] > 0) u[c] *= weight;
  PetscCall(VecRestoreArray(s->u, &u));
  PetscCall(VecRestoreArrayRead(s->r, &group));
  PetscFunctionReturn(0);
}
