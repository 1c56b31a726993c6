/* The integral of the dissipation between two times, by adaptive Gauss–Legendre quadrature. */
#include "tempered_impl.h"
#include <otto/signals.h>
#include <math.h>
#include <petscdt.h>

#define MAX_NODES 64
#define MAX_DEPTH 12
#define MAX_INTERVALS 512 /* where the integrand itself is wrong, halving would go on for ever */

typedef struct {
  PetscInt nodes;
  PetscReal x[MAX_NODES], w[MAX_NODES]; /* on [-1, 1] */
  PetscReal top[2][MAX_NODES];          /* w_i P_k(x_i) for k = nodes-2, nodes-1 */
  PetscReal tolerance;
  const PetscReal *scale;
} Rule;

static PetscErrorCode MakeRule(PetscInt nodes, Rule *rule)
{
  PetscInt degrees[2] = {nodes - 2, nodes - 1};
  PetscReal values[2 * MAX_NODES];

  PetscFunctionBegin;
  rule->nodes = nodes;
  PetscCall(PetscDTGaussQuadrature(nodes, -1, 1, rule->x, rule->w));
  PetscCall(PetscDTLegendreEval(nodes, rule->x, 2, degrees, values, NULL, NULL));
  for (PetscInt i = 0; i < nodes; i++)
    for (PetscInt k = 0; k < 2; k++) rule->top[k][i] = rule->w[i] * values[2 * i + k];
  PetscFunctionReturn(0);
}

/* How far an interval's error estimate exceeds the tolerance, and the share of the highest
 * coefficients behind it, for the divergence where that is worst. */
typedef struct {
  PetscReal excess, share;
} Estimate;

/* One rule on [log a, log b]. The integrand's Legendre coefficients fall geometrically, and the
 * Gauss rule of n nodes errs by those beyond 2n - 1: by about the square of the share of the
 * highest two that the nodes still see. */
static PetscErrorCode Panel(OttoTempered s, const Rule *rule, PetscReal a, PetscReal b,
                            PetscReal integral[], Estimate *estimate)
{
  PetscReal top[2][OTTO_SMOOTH_COUNT] = {{0}}, half = 0.5 * (log(b) - log(a));
  PetscReal middle = 0.5 * (log(a) + log(b));

  PetscFunctionBegin;
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) integral[k] = 0;
  for (PetscInt i = 0; i < rule->nodes; i++) {
    PetscReal t = exp(middle + half * rule->x[i]), dissipation[OTTO_SMOOTH_COUNT];
    PetscCall(OttoTemperedDissipation(s, t, dissipation));
    PetscCall(OttoStopCheck(OttoGridGetInfo(s->grid)->comm));
    for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) {
      PetscReal f = half * t * dissipation[k];
      integral[k] += rule->w[i] * f;
      top[0][k] += rule->top[0][i] * f;
      top[1][k] += rule->top[1][i] * f;
    }
  }
  *estimate = (Estimate){0, 0};
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) {
    PetscReal highest =
        (PetscReal)(2 * rule->nodes - 1) * PetscMax(fabs(top[0][k]), fabs(top[1][k]));
    PetscReal share = highest / fabs(integral[k]);
    PetscReal error = share * share * fabs(integral[k]) / (rule->tolerance * rule->scale[k]);
    if (isfinite(error) && error > estimate->excess) *estimate = (Estimate){error, share};
  }
  PetscFunctionReturn(0);
}

/* `parent`: of the interval this is a half of. Truncation falls by 2^-2n when an interval is
 * halved, rounding does not: where small shares no longer fall, halving is of no use. */
static PetscErrorCode Adapt(OttoTempered s, const Rule *rule, PetscReal a, PetscReal b,
                            Estimate parent, PetscInt depth, PetscReal integral[],
                            PetscInt *intervals)
{
  PetscReal right[OTTO_SMOOTH_COUNT], middle = sqrt(a) * sqrt(b);
  Estimate mine = {0, 0};

  PetscFunctionBegin;
  PetscCall(Panel(s, rule, a, b, integral, &mine));
  PetscBool rounding = mine.share < 0.01 && mine.excess > 0.5 * parent.excess;
  if (mine.excess <= 1 || rounding || depth == MAX_DEPTH || *intervals >= MAX_INTERVALS) {
    ++*intervals;
    PetscFunctionReturn(0);
  }
  PetscCall(Adapt(s, rule, a, middle, mine, depth + 1, integral, intervals));
  PetscCall(Adapt(s, rule, middle, b, mine, depth + 1, right, intervals));
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) integral[k] += right[k];
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTemperedIntegral(OttoTempered tempering, PetscReal t_a, PetscReal t_b,
                                    PetscInt nodes, PetscReal tolerance, const PetscReal scale[],
                                    PetscReal integral[], PetscInt *intervals)
{
  PetscInt count = 0;
  Rule rule;

  PetscFunctionBegin;
  OttoCheckInput(nodes >= 3 && nodes <= MAX_NODES,
                 "check_integral_nodes: %d; it must be 0, or 3 to %d", (int)nodes, MAX_NODES);
  PetscCall(MakeRule(nodes, &rule));
  rule.tolerance = tolerance;
  rule.scale = scale;
  PetscCall(Adapt(tempering, &rule, t_a, t_b, (Estimate){INFINITY, 1}, 0, integral, &count));
  if (intervals) *intervals = count;
  PetscFunctionReturn(0);
}
