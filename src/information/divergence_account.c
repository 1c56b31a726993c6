/*
 * What noise leaves of each divergence (MATHEMATICS 2.4). In every cell p lies in [p1, p2] and q in
 * [q1, q2]: within a tenth of the resolution of what was found, and anywhere from 0 to the
 * resolution where it was found below that. A term q φ(p/q) is convex, 0 where p = q and grows away
 * from there, so its largest and smallest values lie in corners of this box: (p1, q2) and (p2, q1).
 * Bounds of p/q and lower bounds of p and q cut the box. Cells far above the resolution count as
 * they are: what noise moves these by is found to first order (divergence_noise.c).
 */
#include "divergence_renyi.h"
#include "divergence_totals.h"
#include "divergence_noise.h"
#include "core/vecmath.h"
#include <math.h>

typedef struct {
  double low, high; /* logarithms */
} Range;

typedef struct {
  double p, q; /* logarithms */
} Corner;

typedef struct {
  Range p, q;
  Corner below, above;  /* of smallest and of largest p/q */
  PetscBool less, more; /* p < q may be, p > q may be */
  Corner best;          /* where a term is smallest */
} Box;

static Range RangeOf(double value, double resolved, double least)
{
  Range r = {log(value), log(value)};

  if (resolved == 0) return r;
  r.low = value > resolved ? log(value - OTTO_NOISE * resolved) : -INFINITY;
  r.high = log(fmax(value, resolved) + OTTO_NOISE * resolved);
  r.low = fmin(fmax(r.low, least), r.high);
  return r;
}

/* The corner of smallest p/q, moved along the edges of the box to where p/q is `ratio` or more;
 * where the noise says otherwise throughout, the ratio is not believed. */
static Corner Least(Range p, Range q, double ratio)
{
  Corner c = {p.low, q.high};

  if (!(c.p - c.q < ratio) || isinf(ratio)) return c;
  c.p = fmin(ratio + q.high, p.high);
  c.q = fmin(q.high, c.p - ratio);
  if (c.q < q.low) c = (Corner){p.low, q.high};
  return c;
}

static Box BoxOf(double p, double q, const OttoPair *pair, const OttoPairBounds *bounds)
{
  Box b = {.less = PETSC_TRUE, .more = PETSC_TRUE};

  b.p = RangeOf(p, pair->resolved_p, bounds->log_least_p);
  b.q = RangeOf(q, pair->resolved_q, bounds->log_least_q);
  b.below = Least(b.p, b.q, log(bounds->ratio_low));
  const Corner turned = Least(b.q, b.p, -log(bounds->ratio_high));
  b.above = (Corner){turned.q, turned.p};
  b.best.p = b.best.q = fmin(b.p.high, b.q.high);
  if (b.p.high < b.q.low) {
    b.more = PETSC_FALSE;
    b.best = (Corner){b.p.high, b.q.low};
  } else if (b.q.high < b.p.low) {
    b.less = PETSC_FALSE;
    b.best = (Corner){b.p.low, b.q.high};
  }
  return b;
}

/* A cell without noise worth the name. */
static Box PointOf(double p, double q)
{
  const Corner c = {log(p), log(q)};

  return (Box){{c.p, c.p}, {c.q, c.q}, c, c, PETSC_TRUE, PETSC_FALSE, c};
}

typedef struct {
  const OttoPair *pair;
  const OttoPairBounds *bounds;
  OttoPairRule rule; /* without a resolution: corners are exact */
  OttoTotals low, high;
  OttoRenyi renyi_low, renyi_high;
} Account;

/* A block of cells at one corner each. */
typedef struct {
  PetscInt count;
  PetscReal p[OTTO_BLOCK], q[OTTO_BLOCK], lp[OTTO_BLOCK], lq[OTTO_BLOCK];
} Block;

static void Put(Block *b, Corner c)
{
  b->p[b->count] = exp(c.p);
  b->q[b->count] = exp(c.q);
  b->lp[b->count] = c.p;
  b->lq[b->count++] = c.q;
}

static void Add(const Account *s, const Block *b, OttoTotals *totals)
{
  OttoPairAccumulate(&s->rule, b->count, b->p, b->q, b->lp, b->lq, totals, NULL, NULL, NULL);
}

/* The part of Rényi's divergence is such a term itself; p^a q^(1-a) grows with p, and with q where
 * a < 1. */
static void AddRenyi(Account *s, const Box *box)
{
  const double a = s->rule.order;
  const Corner lower = a < 1 ? (Corner){box->p.low, box->q.low} : box->below;
  const Corner upper = a < 1 ? (Corner){box->p.high, box->q.high} : box->above;

  OttoRenyiAddPart(a, box->best.p, box->best.q, &s->renyi_low);
  if (box->less) OttoRenyiAddPart(a, box->below.p, box->below.q, &s->renyi_high);
  if (box->more) OttoRenyiAddPart(a, box->above.p, box->above.q, &s->renyi_high);
  OttoRenyiAddPower(a, lower.p, lower.q, a < 1 ? &s->renyi_high : &s->renyi_low);
  OttoRenyiAddPower(a, upper.p, upper.q, a < 1 ? &s->renyi_low : &s->renyi_high);
}

/* A cell beyond noise at both ends: its values as they are, without the digit a logarithm costs. */
static void PutPoint(Block *b, PetscReal p, PetscReal q, PetscBool logs)
{
  b->p[b->count] = p;
  b->q[b->count] = q;
  b->lp[b->count] = logs ? log(p) : 0;
  b->lq[b->count++] = logs ? log(q) : 0;
}

/* Where p < q and p > q are both possible, both corners count: no less than the larger of them. */
static void AddBlock(Account *s, PetscInt n, const PetscReal p[], const PetscReal q[])
{
  const PetscBool renyi = s->rule.mask & OTTO_MASK(OTTO_DIVERGENCE_RENYI) && s->rule.order != 1
                              ? PETSC_TRUE
                              : PETSC_FALSE;
  const PetscReal well_p = OTTO_WELL * s->pair->resolved_p,
                  well_q = OTTO_WELL * s->pair->resolved_q;
  Block low = {.count = 0}, high = {.count = 0}, second = {.count = 0};

  for (PetscInt i = 0; i < n; i++) {
    if ((p[i] > well_p && q[i] > well_q) || isnan(p[i]) || isnan(q[i])) {
      /* the vector loops look at no logarithm of what is in their range */
      const PetscBool logs = !(p[i] < OTTO_VECTOR_HUGE && q[i] < OTTO_VECTOR_HUGE &&
                               p[i] > OTTO_VECTOR_TINY && q[i] > OTTO_VECTOR_TINY)
                                 ? PETSC_TRUE
                                 : PETSC_FALSE;
      PutPoint(&low, p[i], q[i], logs);
      PutPoint(&high, p[i], q[i], logs);
      if (renyi) {
        const Box point = PointOf(p[i], q[i]);
        AddRenyi(s, &point);
      }
      continue;
    }
    const Box box = BoxOf(p[i], q[i], s->pair, s->bounds);
    Put(&low, box.best);
    Put(&high, box.less ? box.below : box.above);
    if (box.less && box.more) Put(&second, box.above);
    if (renyi) AddRenyi(s, &box);
  }
  Add(s, &low, &s->low);
  Add(s, &high, &s->high);
  Add(s, &second, &s->high);
}

/* Sums of one side into values. */
static PetscErrorCode Side(OttoGrid grid, const Account *s, const OttoDivergences *d,
                           OttoTotals *totals, OttoRenyi *renyi, PetscReal value[])
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);

  PetscFunctionBegin;
  PetscCall(OttoSumReduce(g->comm, OTTO_SUM_COUNT, totals->sum));
  PetscCall(OttoRenyiReduce(g->comm, renyi));
  for (PetscInt k = 0; k < OTTO_DIVERGENCE_RENYI; k++)
    value[k] = OttoSumValue(totals->sum[k]) * g->cell_volume;
  value[OTTO_DIVERGENCE_RENYI] =
      s->rule.order == 1
          ? value[OTTO_DIVERGENCE_KL]
          : OttoRenyiValue(s->rule.order, d->mass_p, d->mass_q, g->cell_volume, renyi);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDivergenceAccount(OttoGrid grid, const OttoPair *pair, unsigned mask,
                                     PetscReal renyi_order, const OttoPairBounds *bounds,
                                     OttoDivergences *d)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  Account s = {.pair = pair, .bounds = bounds, .rule = {mask, renyi_order, 0, 0}};
  PetscReal low[OTTO_DIVERGENCE_COUNT], high[OTTO_DIVERGENCE_COUNT];
  OttoPairArrays a;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  if ((pair->resolved_p == 0 || d->min_p > OTTO_WELL * pair->resolved_p) &&
      (pair->resolved_q == 0 || d->min_q > OTTO_WELL * pair->resolved_q))
    PetscFunctionReturn(0);
  OttoTotalsInit(&s.low);
  OttoTotalsInit(&s.high);
  OttoRenyiInit(&s.renyi_low);
  OttoRenyiInit(&s.renyi_high);
  PetscCall(OttoPairGetArrays(pair, &a));
  for (PetscInt64 from = 0; from < g->local_cells; from += OTTO_BLOCK)
    AddBlock(&s, (PetscInt)PetscMin(OTTO_BLOCK, g->local_cells - from), a.p + from, a.q + from);
  PetscCall(OttoPairRestoreArrays(pair, &a));
  PetscCall(Side(grid, &s, d, &s.low, &s.renyi_low, low));
  PetscCall(Side(grid, &s, d, &s.high, &s.renyi_high, high));
  for (PetscInt k = 0; k < OTTO_DIVERGENCE_COUNT; k++) {
    if (!(mask & OTTO_MASK(k))) continue;
    d->low[k] = low[k];
    d->high[k] = PetscMax(low[k], high[k]);
    d->divergence[k] = PetscMin(PetscMax(d->divergence[k], d->low[k]), d->high[k]);
  }
  PetscFunctionReturn(0);
}
