#include "fisher_edge.h"
#include "vecmath.h"

/* p (e^d - 1 - d), which overflows only where the number itself does; lp = log p. */
static double KL(double p, double lp, double d)
{
  return fabs(d) < 1 ? p * OttoExpMinus(d) : exp(lp + d) - p * (1 + d);
}

/* e^l (e^d - 1)^2. */
static double SquaredStep(double l, double d)
{
  double step = d < 1 ? log(fabs(expm1(d))) : d + log1p(-exp(-d));
  return d == 0 ? 0 : exp(l + 2 * step);
}

/* (p+q)/2 [ log(1 + w (e^d - 1)) - w d ], w = p/(p+q): with the smaller of w and 1-w, since
 * exchanging p and q turns d into -d. */
static double JS(double p, double q, double ratio, double d)
{
  double side = ratio <= 0 ? d : -d, s = 0.5 * (p + q),
         log_w = -fabs(ratio) - log1p(exp(-fabs(ratio)));
  double w = exp(log_w), y = w * expm1(fmin(side, 1));

  if (fabs(side) < 0.5) {
    double z = y / (2 + y), square = z * z; /* log(1+y) - y = z^3 tail - y z */
    return s * (w * OttoExpMinus(side) + (z * square * OttoAtanhTail(square) - y * z));
  }
  if (side < 1) return s * (log1p(y) - w * side);
  double log_y = log_w + side + log1p(-exp(-side));
  return s * ((log_y > 700 ? log_y : log1p(exp(log_y))) - w * side);
}

/* One direction of an edge between cells where p and q are resolved; d = log(p/q) at y minus x. */
static void AddDirection(OttoEdgeEnd x, double d, double value[])
{
  double middle = 0.5 * (x.lp + x.lq);
  value[OTTO_DIVERGENCE_KL] += KL(x.p, x.lp, d);
  value[OTTO_DIVERGENCE_REVERSE_KL] += KL(x.q, x.lq, -d);
  value[OTTO_DIVERGENCE_CHI2] += SquaredStep(2 * x.lp - x.lq, d);
  value[OTTO_DIVERGENCE_HELLINGER2] += 0.5 * SquaredStep(middle - 0.5 * fabs(d), 0.5 * fabs(d));
  value[OTTO_DIVERGENCE_JS] += JS(x.p, x.q, x.ratio, d);
}

/* p_x (r_y/r_x - 1 - log(r_y/r_x)) where one of the four is a true zero. */
static double LimitKL(double px, double qx, double py, double qy)
{
  if (px > 0) return INFINITY; /* qx, py or qy is 0 */
  return qy > 0 ? qx * (py / qy) : INFINITY;
}

static double LimitChi2(double px, double qx, double py, double qy)
{
  double step = qx > 0 && qy > 0 ? px / qx - py / qy : INFINITY;
  return qx > 0 ? qx * step * step : INFINITY;
}

static double LimitHellinger(double px, double qx, double py, double qy)
{
  if (qy == 0 || py == 0) return INFINITY;
  return 0.5 * (px == 0 ? qx * sqrt(py / qy) : px * sqrt(qy / py));
}

static double LimitJS(double px, double qx, double py, double qy)
{
  if (qy == 0 || py == 0) return INFINITY;
  return 0.5 * (px == 0 ? qx * log1p(py / qy) : px * log1p(qy / py));
}

/* One direction where a true zero is involved, no cell being empty of both. */
static void AddLimit(OttoEdgeEnd x, OttoEdgeEnd y, double value[])
{
  double px = x.lp > -INFINITY ? x.p : 0, qx = x.lq > -INFINITY ? x.q : 0;
  double py = y.lp > -INFINITY ? y.p : 0, qy = y.lq > -INFINITY ? y.q : 0;

  value[OTTO_DIVERGENCE_KL] += LimitKL(px, qx, py, qy);
  value[OTTO_DIVERGENCE_REVERSE_KL] += LimitKL(qx, px, qy, py);
  value[OTTO_DIVERGENCE_CHI2] += LimitChi2(px, qx, py, qy);
  if ((px == 0 && py == 0) || (qx == 0 && qy == 0)) return; /* the ratio is the same at both */
  value[OTTO_DIVERGENCE_HELLINGER2] += LimitHellinger(px, qx, py, qy);
  value[OTTO_DIVERGENCE_JS] += LimitJS(px, qx, py, qy);
}

/* (p_y down - p_x up) log(p_y/p_x). */
static double EntropyEdge(double px, double lx, double py, double ly, double up, double down)
{
  double d = py - px, current = up * px - down * py;
  if (isnan(lx) || isnan(ly) || (lx == -INFINITY && ly == -INFINITY)) return 0;
  if (lx == -INFINITY) return down > 0 ? INFINITY : 0; /* without that rate p log p = 0 is left */
  if (ly == -INFINITY) return up > 0 ? INFINITY : 0;
  if (px > DBL_MIN && py > DBL_MIN && fabs(d) < 0.5 * px) return -current * log1p(d / px);
  return current * (lx - ly);
}

void OttoFisherEdgeAddOneWay(OttoEdgeEnd x, OttoEdgeEnd y, double rate, double value[])
{
  double one[OTTO_SMOOTH_COUNT] = {0};

  if (!(rate > 0)) return; /* 0 times an infinite term */
  if (isfinite(x.ratio) && isfinite(y.ratio))
    AddDirection(x, y.ratio - x.ratio, one);
  else
    AddLimit(x, y, one);
  for (int k = 0; k < OTTO_SMOOTH_COUNT; k++) value[k] += rate * one[k];
}

void OttoFisherEdgeAdd(OttoEdgeEnd x, OttoEdgeEnd y, PetscReal up, PetscReal down,
                       PetscReal value[OTTO_FISHER_COUNT])
{
  value[OTTO_FISHER_P] += EntropyEdge(x.p, x.lp, y.p, y.lp, up, down);
  value[OTTO_FISHER_Q] += EntropyEdge(x.q, x.lq, y.q, y.lq, up, down);
  if (isnan(x.lp) || isnan(x.lq) || isnan(y.lp) || isnan(y.lq)) return;
  if ((x.lp == -INFINITY && x.lq == -INFINITY) || (y.lp == -INFINITY && y.lq == -INFINITY)) return;
  OttoFisherEdgeAddOneWay(x, y, up, value);
  OttoFisherEdgeAddOneWay(y, x, down, value);
}
