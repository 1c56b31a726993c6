#include "fisher_beyond.h"
#include "fisher_edge.h"
#include "core/vecmath.h"
#include <math.h>

/* p log(p/c) - p + c, of which p and c are given as logarithms. */
static PetscReal Bregman(PetscReal log_p, PetscReal log_c)
{
  const PetscReal d = log_c - log_p;

  if (log_p == -INFINITY) return exp(log_c);
  return fabs(d) < 1 ? exp(log_p) * OttoExpMinus(d) : exp(log_c) - exp(log_p) * (1 + d);
}

/* What q φ(r) of a pair of numbers is, φ as the divergences sum it. */
static void Terms(OttoEdgeEnd x, PetscReal sign, PetscReal value[])
{
  const OttoPairRule rule = {0, 0.5, 0, 0};
  PetscReal sums[OTTO_SUM_COUNT] = {0};

  OttoCellAdd(&rule, x.p, x.q, &x.lp, &x.lq, sums);
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) value[k] += sign * sums[k];
}

/* |∂/∂log p| + |∂/∂log q| of q φ(r). */
static void Slopes(OttoEdgeEnd x, PetscReal slope[])
{
  const PetscReal l = x.ratio, fall = expm1(-l), rise = expm1(l); /* 1/r - 1, r - 1 */

  if (!isfinite(l)) return;
  slope[OTTO_DIVERGENCE_KL] += fabs(x.p * l) + fabs(x.p - x.q);
  slope[OTTO_DIVERGENCE_REVERSE_KL] += fabs(x.q * l) + fabs(x.p - x.q);
  slope[OTTO_DIVERGENCE_CHI2] += 2 * x.p * fabs(rise) + x.q * fabs(rise * (rise + 2));
  slope[OTTO_DIVERGENCE_HELLINGER2] += 0.5 * (x.p * fabs(expm1(-l / 2)) + x.q * fabs(expm1(l / 2)));
  slope[OTTO_DIVERGENCE_JS] += 0.5 * (x.p * fabs(log1p(fall / 2)) + x.q * fabs(log1p(rise / 2)));
}

/* Adds what rounding at the ends, eps for each unit of log p and some of its own, leaves. */
static void AddRounding(OttoEdgeEnd x, OttoEdgeEnd y, PetscReal rounding[])
{
  PetscReal slope[OTTO_SMOOTH_COUNT] = {0}, logs = 0;
  const PetscReal all[] = {x.lp, x.lq, y.lp, y.lq};

  Slopes(x, slope);
  Slopes(y, slope);
  for (int i = 0; i < 4; i++)
    if (isfinite(all[i])) logs = PetscMax(logs, fabs(all[i]));
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++)
    rounding[k] += PETSC_MACHINE_EPSILON * (8 + logs) * slope[k];
}

/* The edge from x to y, beyond a face. */
static void AddEdge(OttoEdgeEnd x, OttoEdgeEnd y, PetscReal passes[], PetscReal leaves[])
{
  Terms(x, 1, leaves);
  if (y.lp > -INFINITY || y.lq > -INFINITY) {
    Terms(y, -1, leaves);
    OttoFisherEdgeAddOneWay(y, x, 1, 0, passes);
  }
  if (x.lp > -INFINITY) passes[OTTO_FISHER_P] += Bregman(y.lp, x.lp);
  if (x.lq > -INFINITY) passes[OTTO_FISHER_Q] += Bregman(y.lq, x.lq);
}

static OttoEdgeEnd End(PetscReal p, PetscReal q, PetscReal log_p, PetscReal log_q)
{
  return (OttoEdgeEnd){p, q, log_p, log_q, log_p - log_q};
}

PetscErrorCode OttoFisherAddBeyond(OttoGrid grid, const OttoPair *pair, const OttoBeyond *p,
                                   const OttoBeyond *q, OttoFisher *out)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  OttoSum passing[OTTO_FISHER_COUNT] = {{0, 0}}, leaving[OTTO_FISHER_COUNT] = {{0, 0}};
  OttoSum rounding[OTTO_FISHER_COUNT] = {{0, 0}};
  OttoFisher beyond = {0}, noise = {0};
  OttoPairArrays a;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCall(OttoPairGetArrays(pair, &a));
  for (PetscInt j = 0; j < g->dim; j++)
    for (int side = 0; side < 2; side++) {
      const OttoFace face = OttoOpenFace(g, j, side);
      const PetscReal rate = 1 / (g->h[j] * g->h[j]);
      for (PetscInt64 i = 0; i < face.outer * face.inner; i++) {
        const PetscInt64 c = i / face.inner * face.stride + face.first + i % face.inner;
        const PetscReal lp = p->log[j][side][i], lq = q->log[j][side][i];
        PetscReal passes[OTTO_FISHER_COUNT] = {0}, leaves[OTTO_FISHER_COUNT] = {0};
        PetscReal rounds[OTTO_FISHER_COUNT] = {0};
        const OttoEdgeEnd x = End(a.p[c], a.q[c], a.log_p ? a.log_p[c] : log(a.p[c]),
                                  a.log_q ? a.log_q[c] : log(a.q[c]));
        const OttoEdgeEnd y = End(exp(lp), exp(lq), lp, lq);
        AddEdge(x, y, passes, leaves);
        AddRounding(x, y, rounds);
        OttoFisherSumAdd(rounding, rounds, rate);
        OttoFisherSumAdd(passing, passes, rate);
        OttoFisherSumAdd(leaving, leaves, rate);
      }
    }
  PetscCall(OttoPairRestoreArrays(pair, &a));
  PetscCall(OttoFisherFinish(grid, passing, out));
  PetscCall(OttoFisherFinish(grid, leaving, &beyond));
  PetscCall(OttoFisherFinish(grid, rounding, &noise));
  PetscCall(PetscArraycpy(out->outflow_rounding, noise.dissipation, OTTO_SMOOTH_COUNT));
  PetscCall(PetscArraycpy(out->outflow, beyond.dissipation, OTTO_SMOOTH_COUNT));
  PetscFunctionReturn(0);
}
