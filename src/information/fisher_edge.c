/*
 * Edge (Bregman) form: the dissipation of a Markov chain between neighbours. With d = log(p/q) at y
 * minus x and X(d) = e^d - 1 - d, the direction x → y of an edge gives, times its rate,
 *
 *   kl          p_x X(d)                     chi2        q_x (r_y - r_x)²
 *   reverse_kl  q_x X(-d)                    hellinger2  2 √(p_x q_x) sinh²(d/4)
 *   js          ½ (p_x + q_x) [ L - w d ],   w = p_x/(p_x + q_x), L = log((1 + r_y)/(1 + r_x))
 *
 * and the edge itself (p_y Q_yx - p_x Q_xy) log(p_y/p_x) to -Σ (dp/dt) log p.
 */
#include "fisher_edge.h"
#include "core/vecmath.h"

#define STEEPEST 400 /* largest |d| in the vector loop: there e^(3|d|/2) is still a number */

/* Both directions' (p+q) (L - w d), times their rates. Exchanging p and q turns d into -d: done
 * where p > q at x, so that w is small and L - w d accurate. Where d is small, y = w (e^d - 1) and
 * z = y/(2+y) give L - w d = w X(d) - y z + (2 atanh z - 2z); on the way back z turns into -z. */
static inline double JS(double px, double qx, double py, double qy, double rx, double d,
                        double x_up, double x_down, double up, double down)
{
  int swap = px > qx, near = fabs(d) < 0.5;
  double ax = swap ? qx : px, ay = swap ? qy : py, side = swap ? -d : d, k;
  double there = swap ? x_down : x_up, back = swap ? x_up : x_down;
  double r = swap ? qx / px : rx, rise = r * (there + side), u = 1 + (r + rise), v = 1 + r;
  double minus = OttoScaleTo(u, v, &k), top = near ? rise : minus + v,
         sum = near ? u + v : minus - v;
  double z = top / sum, w = z * z, tail = z * w * OttoAtanhTail(w);
  double l = near ? tail : k * OTTO_LN2 + (2 * z + tail);
  double of_x = near ? there - z * (there + side) : -side;
  double of_y = near ? back + z * (back - side) : side;
  return up * (ax * of_x + (px + qx) * l) + down * (ay * of_y - (py + qy) * l);
}

/* Edges between x and y of rates up and down, cell by cell. Edges outside the range of the vector
 * loop add nothing; returns how many there are. */
OTTO_VECTOR_CLONES static int AddEdges(int n, const OttoPlane *x, const OttoPlane *y,
                                       const double *up, const double *down,
                                       double value[OTTO_FISHER_COUNT])
{
  const double *xp = x->p, *xq = x->q, *xr = x->ratio, *yp = y->p, *yq = y->q, *yr = y->ratio;
  double kl = 0, reverse = 0, chi2 = 0, hellinger2 = 0, js = 0, of_p = 0, of_q = 0, left = 0;

#pragma omp simd reduction(+ : kl, reverse, chi2, hellinger2, js, of_p, of_q, left)
  for (int i = 0; i < n; i++) {
    double smallest = xp[i] < xq[i] ? xp[i] : xq[i], other = yp[i] < yq[i] ? yp[i] : yq[i];
    double delta = yr[i] - xr[i]; /* NaN where an end is unresolved or zero */
    int use = fabs(delta) < STEEPEST && smallest > OTTO_VECTOR_TINY && other > OTTO_VECTOR_TINY;
    double px = use ? xp[i] : 1, qx = use ? xq[i] : 1, py = use ? yp[i] : 1, qy = use ? yq[i] : 1;
    double d = use ? delta : 0, there, back, rx = px / qx;
    OttoExpMinusBoth(d, &there, &back);
    double ux = use ? up[i] : 0, dy = use ? down[i] : 0;
    double pu = ux * px, qu = ux * qx, pd = dy * py, qd = dy * qy;
    double step = d > 0 ? there + d : back - d, half = sqrt(1 + step); /* e^|d| - 1, e^|d/2| */
    double shape = (half + 1) * (half + 1), inverse = 1 / (half * shape), ratio = rx * (there + d);
    double root_x = sqrt(rx), root_y = root_x * (d > 0 ? half : shape * inverse);
    kl += pu * there + pd * back;
    reverse += qu * back + qd * there;
    chi2 += ((qu + qd) * ratio) * ratio;
    hellinger2 += (qu * root_x + qd * root_y) * (step * (step * inverse));
    js += JS(px, qx, py, qy, rx, d, there, back, ux, dy);
    of_p += (pd - pu) * OttoLogRatio(py, px);
    of_q += (qd - qu) * OttoLogRatio(qy, qx);
    left += use ? 0 : 1;
  }
  value[OTTO_DIVERGENCE_KL] = kl;
  value[OTTO_DIVERGENCE_REVERSE_KL] = reverse;
  value[OTTO_DIVERGENCE_CHI2] = chi2;
  value[OTTO_DIVERGENCE_HELLINGER2] = 0.5 * hellinger2;
  value[OTTO_DIVERGENCE_JS] = 0.5 * js;
  value[OTTO_FISHER_P] = of_p;
  value[OTTO_FISHER_Q] = of_q;
  return (int)left;
}

static OttoEdgeEnd End(const OttoPlane *a, int i)
{
  return (OttoEdgeEnd){a->p[i], a->q[i], a->lp[i], a->lq[i], a->ratio[i]};
}

/* The edges AddEdges() left; the same condition. */
static void AddLeft(int n, const OttoPlane *x, const OttoPlane *y, const double *up,
                    const double *down, const double *force, double value[])
{
  for (int i = 0; i < n; i++) {
    OttoEdgeEnd a = End(x, i), b = End(y, i);
    double smallest = fmin(fmin(a.p, a.q), fmin(b.p, b.q));
    if (!(fabs(b.ratio - a.ratio) < STEEPEST && smallest > OTTO_VECTOR_TINY))
      OttoFisherEdgeAdd(a, b, up[i], down[i], force ? force[i] : NAN, value);
  }
}

void OttoFisherEdgesAdd(const OttoEdges *e, OttoPlane x, OttoPlane y, void *context)
{
  OttoFisherEdges *s = (OttoFisherEdges *)context;
  const PetscReal weight = s->up ? 1 : 1 / (s->g->h[e->axis] * s->g->h[e->axis]);

  for (PetscInt64 from = 0; from < e->n; from += OTTO_BLOCK) {
    PetscReal value[OTTO_FISHER_COUNT], left[OTTO_FISHER_COUNT] = {0};
    const OttoPlane a = OttoPlaneShift(x, from), b = OttoPlaneShift(y, from);
    const PetscReal *up = s->up ? s->up[e->axis] + e->x + from : s->unit;
    const PetscReal *down = s->down ? s->down[e->axis] + e->x + from : s->unit;
    int count = (int)PetscMin(OTTO_BLOCK, e->n - from);
    PetscBool some = AddEdges(count, &a, &b, up, down, value) ? PETSC_TRUE : PETSC_FALSE;
    OttoFisherSumAdd(s->sums, value, weight);
    if (!some) continue;
    AddLeft(count, &a, &b, up, down, s->force ? s->force[e->axis] + e->x + from : NULL, left);
    OttoFisherSumAdd(s->sums, left, weight);
  }
}

/* What absorption takes: Σ killed q φ(r), φ as the divergences sum it, and Σ killed p log p. */
static PetscErrorCode AddKilled(OttoFisherEdges *s, const OttoPair *pair, const OttoPairRule *rule,
                                const PetscReal *killed)
{
  OttoPairArrays a;

  PetscFunctionBegin;
  PetscCall(OttoPairGetArrays(pair, &a));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    PetscReal sums[OTTO_SUM_COUNT] = {0}, value[OTTO_FISHER_COUNT];
    if (!(killed[c] > 0)) continue;
    OttoCellAdd(rule, a.p[c], a.q[c], a.log_p ? a.log_p + c : NULL, a.log_q ? a.log_q + c : NULL,
                sums);
    for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) value[k] = sums[k];
    value[OTTO_FISHER_P] = sums[OTTO_SUM_P_LOG_P];
    value[OTTO_FISHER_Q] = sums[OTTO_SUM_Q_LOG_Q];
    OttoFisherSumAdd(s->sums, value, killed[c]);
  }
  PetscCall(OttoPairRestoreArrays(pair, &a));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFisherEdgeRates(OttoGrid grid, const OttoPair *pair, const PetscReal *const up[],
                                   const PetscReal *const down[], const PetscReal *killed,
                                   OttoFisher *out)
{
  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCall(OttoFisherEdgeForces(grid, pair, up, down, NULL, killed, out));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFisherEdgesFinish(OttoGrid grid, const OttoPair *pair, OttoFisherEdges *s,
                                     OttoFisher *out)
{
  const OttoPairRule rule = {0, 0.5, pair->resolved_p, pair->resolved_q};

  PetscFunctionBegin;
  PetscCall(OttoFisherAddEmpty(grid, pair, s->up, s->down, s->sums));
  if (s->killed) PetscCall(AddKilled(s, pair, &rule, s->killed));
  PetscCall(PetscArrayzero(out, 1));
  PetscCall(OttoFisherFinish(grid, s->sums, out));
  PetscFunctionReturn(0);
}

void OttoFisherEdgesInit(OttoGrid grid, const PetscReal *const up[], const PetscReal *const down[],
                         const PetscReal *const force[], const PetscReal *killed,
                         OttoFisherEdges *s)
{
  *s = (OttoFisherEdges){
      .g = OttoGridGetInfo(grid), .up = up, .down = down, .force = force, .killed = killed};
  for (int i = 0; i < OTTO_BLOCK; i++) s->unit[i] = 1;
}

PetscErrorCode OttoFisherEdgeForces(OttoGrid grid, const OttoPair *pair,
                                    const PetscReal *const up[], const PetscReal *const down[],
                                    const PetscReal *const force[], const PetscReal *killed,
                                    OttoFisher *out)
{
  const OttoPairRule rule = {0, 0.5, pair->resolved_p, pair->resolved_q};
  OttoFisherEdges s;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  OttoFisherEdgesInit(grid, up, down, force, killed, &s);
  PetscCall(OttoPairWalk(grid, pair, &rule,
                         &(OttoPairVisitor){.edges = OttoFisherEdgesAdd, .context = &s}));
  PetscCall(OttoFisherEdgesFinish(grid, pair, &s, out));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFisherEdge(OttoGrid grid, const OttoPair *pair, OttoFisher *out)
{
  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCall(OttoFisherEdgeRates(grid, pair, NULL, NULL, NULL, out));
  PetscFunctionReturn(0);
}
