#include "fisher_edge.h"
#include "grid/edges.h"
#include "core/vecmath.h"

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

/* A number that is 0, or whose logarithm is all there is of it (log = -inf: a true zero). */
typedef struct {
  double value, log;
} Number;

/* a (b/c)^k: by logarithms where one has underflowed, or the power overflows. */
static double Scaled(Number a, Number b, Number c, double k)
{
  const double least = fmin(fmin(a.value, b.value), c.value), power = pow(b.value / c.value, k);

  if (b.log == -INFINITY || a.log == -INFINITY) return 0;
  return least > DBL_MIN && power < INFINITY ? a.value * power : exp(a.log + k * (b.log - c.log));
}

/* p_x (r_y/r_x - 1 - log(r_y/r_x)) where one of the four is a true zero. */
static double LimitKL(Number px, Number qx, Number py, Number qy)
{
  if (px.log > -INFINITY || qy.log == -INFINITY) return INFINITY; /* of the former: qx, py or qy */
  return Scaled(qx, py, qy, 1);
}

static double LimitChi2(Number px, Number qx, Number py, Number qy)
{
  if (qx.log == -INFINITY || qy.log == -INFINITY) return INFINITY;
  return px.log > -INFINITY ? Scaled(qx, px, qx, 2) : Scaled(qx, py, qy, 2);
}

static double LimitHellinger(Number px, Number qx, Number py, Number qy)
{
  if (qy.log == -INFINITY || py.log == -INFINITY) return INFINITY;
  return 0.5 * (px.log == -INFINITY ? Scaled(qx, py, qy, 0.5) : Scaled(px, qy, py, 0.5));
}

/* a log(1 + b/c) */
static double LogRise(Number a, Number b, Number c)
{
  const double d = b.log - c.log;

  if (a.value == 0) return 0; /* the logarithm is no more than a few thousand */
  return a.value * (d < 700 ? log1p(exp(d)) : d);
}

static double LimitJS(Number px, Number qx, Number py, Number qy)
{
  if (qy.log == -INFINITY || py.log == -INFINITY) return INFINITY;
  return 0.5 * (px.log == -INFINITY ? LogRise(qx, py, qy) : LogRise(px, qy, py));
}

/* One direction where a true zero is involved, no cell being empty of both. */
static void AddLimit(OttoEdgeEnd x, OttoEdgeEnd y, double value[])
{
  const Number px = {x.p, x.lp}, qx = {x.q, x.lq}, py = {y.p, y.lp}, qy = {y.q, y.lq};
  const int no_p = x.lp == -INFINITY && y.lp == -INFINITY;
  const int no_q = x.lq == -INFINITY && y.lq == -INFINITY;

  value[OTTO_DIVERGENCE_KL] += LimitKL(px, qx, py, qy);
  value[OTTO_DIVERGENCE_REVERSE_KL] += LimitKL(qx, px, qy, py);
  value[OTTO_DIVERGENCE_CHI2] += LimitChi2(px, qx, py, qy);
  if (no_p || no_q) return; /* the ratio is the same at both */
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

/* Linear in p and q at x for a given ratio: a rate that underflows is taken into these. */
void OttoFisherEdgeAddOneWay(OttoEdgeEnd x, OttoEdgeEnd y, double rate, double log_rate,
                             double value[])
{
  double one[OTTO_SMOOTH_COUNT] = {0};

  if (!(log_rate > -INFINITY)) return; /* 0 times an infinite term */
  if (rate < DBL_MIN) {
    x.lp += log_rate;
    x.lq += log_rate;
    x.p = exp(x.lp);
    x.q = exp(x.lq);
    rate = 1;
  }
  if (isfinite(x.ratio) && isfinite(y.ratio))
    AddDirection(x, y.ratio - x.ratio, one);
  else
    AddLimit(x, y, one);
  for (int k = 0; k < OTTO_SMOOTH_COUNT; k++) value[k] += rate * one[k];
}

void OttoFisherEdgeAdd(OttoEdgeEnd x, OttoEdgeEnd y, PetscReal up, PetscReal down, PetscReal z,
                       PetscReal value[OTTO_FISHER_COUNT])
{
  value[OTTO_FISHER_P] += EntropyEdge(x.p, x.lp, y.p, y.lp, up, down);
  value[OTTO_FISHER_Q] += EntropyEdge(x.q, x.lq, y.q, y.lq, up, down);
  if (isnan(x.lp) || isnan(x.lq) || isnan(y.lp) || isnan(y.lq)) return;
  if ((x.lp == -INFINITY && x.lq == -INFINITY) || (y.lp == -INFINITY && y.lq == -INFINITY)) return;
  OttoFisherEdgeAddOneWay(x, y, up, OttoLogRate(up, down, z), value);
  OttoFisherEdgeAddOneWay(y, x, down, OttoLogRate(down, up, -z), value);
}
