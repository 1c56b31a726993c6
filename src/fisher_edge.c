/*
 * Edge (Bregman) form: the dissipation of the grid's own Markov chain. With d = log(p/q) at y minus
 * at x and X(d) = e^d - 1 - d, the direction x → y of an edge gives
 *
 *   kl          p_x X(d)                     chi2        (p_x²/q_x) (e^d - 1)²
 *   reverse_kl  q_x X(-d)                    hellinger2  2 √(p_x q_x) sinh²(d/4)
 *   js          ½ (p_x + q_x) [ log(1 + w (e^d - 1)) - w d ],  w = p_x/(p_x + q_x)
 *
 * and the edge itself (p_y - p_x) log(p_y/p_x) to -d/dt Σ p log p.
 */
#include "fisher_edge.h"
#include "fisher_planes.h"
#include "vecmath.h"

/* (p+q) [ log(1 + w (e^d - 1)) - w d ], given X(d), X(-d): with the smaller of w and 1-w, since
 * exchanging p and q turns d into -d. Small d: w X(d) + (log(1+y) - y), y = w (e^d - 1). */
static inline double JS(double p, double q, double d, double up, double down)
{
  double side = p <= q ? d : -d, minus = p <= q ? up : down, s = p + q;
  double w = (p <= q ? p : q) / s, y = w * (minus + side), z = y / (2 + y);
  double small = fabs(side) < 0.5 ? z : 0, square = small * small;
  double near = w * minus + (small * square * OttoAtanhTail(square) - y * z);
  double far = OttoLog1p(y) - w * side;
  return s * (fabs(side) < 0.5 ? near : far);
}

/* Edges between x and y, cell by cell. Edges outside the range of the vector loops add nothing;
 * returns how many there are. */
OTTO_VECTOR_CLONES static int AddEdges(int n, const OttoPlane *x, const OttoPlane *y,
                                       double value[OTTO_FISHER_COUNT])
{
  const double *xp = x->p, *xq = x->q, *xr = x->ratio, *yp = y->p, *yq = y->q, *yr = y->ratio;
  double kl = 0, reverse = 0, chi2 = 0, hellinger2 = 0, js = 0, of_p = 0, of_q = 0, left = 0;

#pragma omp simd reduction(+ : kl, reverse, chi2, hellinger2, js, of_p, of_q, left)
  for (int i = 0; i < n; i++) {
    double smallest = xp[i] < xq[i] ? xp[i] : xq[i], other = yp[i] < yq[i] ? yp[i] : yq[i];
    double delta = yr[i] - xr[i]; /* NaN where an end is unresolved or zero */
    int use = fabs(delta) < 600 && smallest > OTTO_VECTOR_TINY && other > OTTO_VECTOR_TINY;
    double px = use ? xp[i] : 1, qx = use ? xq[i] : 1, py = use ? yp[i] : 1, qy = use ? yq[i] : 1;
    double d = use ? delta : 0, up = OttoExpMinus(d), down = OttoExpMinus(-d);
    double rx = px / qx, ry = py / qy, forth = up + d, back = down - d;
    double step = d > 0 ? forth : back, half = sqrt(1 + step), rise = step / (half + 1);
    kl += px * up + py * down;
    reverse += qx * down + qy * up;
    chi2 += (px * forth) * (rx * forth) + (py * back) * (ry * back);
    hellinger2 += (qx * sqrt(rx) + qy * sqrt(ry)) * (rise * (rise / half));
    js += JS(px, qx, d, up, down) + JS(py, qy, -d, down, up);
    of_p += (py - px) * OttoLogRatio(py, px);
    of_q += (qy - qx) * OttoLogRatio(qy, qx);
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
static void AddLeft(int n, const OttoPlane *x, const OttoPlane *y, double value[])
{
  for (int i = 0; i < n; i++) {
    OttoEdgeEnd a = End(x, i), b = End(y, i);
    double smallest = fmin(fmin(a.p, a.q), fmin(b.p, b.q));
    if (!(fabs(b.ratio - a.ratio) < 600 && smallest > OTTO_VECTOR_TINY))
      OttoFisherEdgeAdd(a, b, value);
  }
}

static OttoPlane Shift(OttoPlane a, PetscInt64 by)
{
  return (OttoPlane){a.p + by, a.q + by, a.lp + by, a.lq + by, a.ratio + by, a.plain};
}

/* n edges between cell i of x and cell i of y, of rate `rate`. */
static void AddRun(PetscInt64 n, OttoPlane x, OttoPlane y, PetscReal rate, OttoSum sums[])
{
  for (PetscInt64 from = 0; from < n; from += OTTO_BLOCK) {
    PetscReal value[OTTO_FISHER_COUNT], left[OTTO_FISHER_COUNT] = {0};
    const OttoPlane a = Shift(x, from), b = Shift(y, from);
    int count = (int)PetscMin(OTTO_BLOCK, n - from);
    PetscBool some = AddEdges(count, &a, &b, value) ? PETSC_TRUE : PETSC_FALSE;
    OttoFisherSumAdd(sums, value, rate);
    if (!some) continue;
    AddLeft(count, &a, &b, left);
    OttoFisherSumAdd(sums, left, rate);
  }
}

/* Edges inside a plane. An axis of one cell has none; a periodic axis of two has two between the
 * same pair, as the chain has. */
static void AddPlane(const OttoGridInfo *g, OttoPlane plane, OttoSum sums[])
{
  PetscInt64 inner = 1;

  for (PetscInt j = g->dim - 1; j >= 1; inner *= g->n[j], j--) {
    PetscInt64 line = g->n[j] * inner, wrap = line - inner;
    PetscReal rate = 1 / (g->h[j] * g->h[j]);
    if (g->n[j] == 1) continue;
    for (PetscInt64 at = 0; at < g->plane_cells; at += line) {
      OttoPlane x = Shift(plane, at);
      AddRun(wrap, x, Shift(x, inner), rate, sums);
      if (g->boundary[j] == OTTO_BOUNDARY_PERIODIC) AddRun(inner, Shift(x, wrap), x, rate, sums);
    }
  }
}

PetscErrorCode OttoFisherEdge(OttoGrid grid, const OttoPair *pair, OttoFisher *out)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const OttoKernel kernel = {0, 0.5, pair->resolved_p, pair->resolved_q};
  const PetscReal rate = 1 / (g->h[0] * g->h[0]);
  OttoSum sums[OTTO_FISHER_COUNT] = {{0, 0}};
  OttoGhosted planes;

  PetscFunctionBegin;
  PetscCall(OttoGhostedCreate(grid, pair, &kernel, 1, 2, 0, &planes));
  planes.log_p = PETSC_TRUE;
  if (g->planes) OttoGhostedTake(&planes, 0, NULL);
  for (PetscInt64 i = 0; i < g->planes; i++) {
    PetscBool face = g->start + i + 1 == g->n[0] ? PETSC_TRUE : PETSC_FALSE;
    AddPlane(g, OttoGhostedGet(&planes, i), sums);
    if (face && (g->boundary[0] != OTTO_BOUNDARY_PERIODIC || g->n[0] == 1)) continue;
    OttoGhostedTake(&planes, i + 1, NULL);
    AddRun(g->plane_cells, OttoGhostedGet(&planes, i), OttoGhostedGet(&planes, i + 1), rate, sums);
  }
  PetscCall(OttoGhostedDestroy(&planes));
  PetscCall(PetscArrayzero(out, 1));
  PetscCall(OttoFisherFinish(grid, sums, out));
  PetscFunctionReturn(0);
}
