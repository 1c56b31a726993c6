/* One cell at a time by libm: exact zeros, unresolved values, and values below the vector loops'
 * range, whose logarithms may be all there is. */
#include "divergence_cell.h"
#include "core/vecmath.h"

/* log(p/q), with the accuracy of p - q where the numbers themselves are at hand. */
static double LogRatio(double p, double q, double lp, double lq)
{
  double d = p - q;
  if (p > DBL_MIN && q > DBL_MIN && fabs(d) < 0.5 * q) return log1p(d / q);
  return lp - lq;
}

/* e^x - 1 - x for |x| <= 1. */
static double ExpMinus(double x)
{
  return OttoExpMinus(x);
}

static double Jensen(double larger, double r)
{
  double u = tanh(0.5 * r), ratio = exp(-fabs(r));
  if (fabs(u) < 0.2) return 0.25 * larger * (1 + ratio) * u * u * OttoJensen(u * u);
  return 0.5 * larger * (-ratio * fabs(r) + (1 + ratio) * (OTTO_LN2 - log1p(ratio)));
}

/* (p - q)^2/q; infinite only where the number itself is beyond the range. */
static double Chi2(double q, double lq, double r)
{
  if (r < 1) return q * expm1(r) * expm1(r);
  return exp(lq + 2 * (r + log1p(-exp(-r))));
}

static void AddResolved(double p, double q, double lp, double lq, double sums[])
{
  double r = LogRatio(p, q, lp, lq), larger = r > 0 ? p : q, half = expm1(-0.5 * fabs(r));

  sums[OTTO_SUM_KL] += fabs(r) < 1 ? p * ExpMinus(-r) : p * r - p + q;
  sums[OTTO_SUM_REVERSE_KL] += fabs(r) < 1 ? q * ExpMinus(r) : p - q - q * r;
  sums[OTTO_SUM_CHI2] += Chi2(q, lq, r);
  sums[OTTO_SUM_HELLINGER2] += 0.5 * larger * half * half;
  sums[OTTO_SUM_JS] += Jensen(larger, r);
  sums[OTTO_SUM_TV] += -0.5 * larger * expm1(-fabs(r));
  sums[OTTO_SUM_P_LOG_P] += p * lp;
  sums[OTTO_SUM_Q_LOG_Q] += q * lq;
  sums[OTTO_SUM_P_LOG_Q] += p * lq;
}

/* The divergences that stay finite however small p or q is; p, q >= 0, one of them (nearly) zero.
 */
static void AddBounded(double p, double q, double sums[])
{
  double root = sqrt(p) - sqrt(q), larger = fmax(p, q);

  sums[OTTO_SUM_HELLINGER2] += 0.5 * root * root;
  sums[OTTO_SUM_JS] += p > 0 && q > 0 ? Jensen(larger, log(p / q)) : 0.5 * larger * OTTO_LN2;
}

void OttoCellAdd(const OttoPairRule *rule, PetscReal p, PetscReal q, const PetscReal *log_p,
                 const PetscReal *log_q, PetscReal sums[])
{
  OttoCellState has_p = OttoCellClassify(p, log_p, rule->resolved_p);
  OttoCellState has_q = OttoCellClassify(q, log_q, rule->resolved_q);

  if (isnan(p) || isnan(q)) {
    for (int i = 0; i < OTTO_SUM_COUNT; i++) sums[i] += NAN;
  } else if (has_p == OTTO_CELL_RESOLVED && has_q == OTTO_CELL_RESOLVED) {
    AddResolved(p, q, log_p ? *log_p : log(p), log_q ? *log_q : log(q), sums);
  } else if (has_p == OTTO_CELL_RESOLVED) { /* q is zero or noise */
    double lp = log_p ? *log_p : log(p);
    PetscBool zero = has_q == OTTO_CELL_ZERO ? PETSC_TRUE : PETSC_FALSE;
    sums[OTTO_SUM_P_LOG_P] += p * lp;
    sums[OTTO_SUM_REVERSE_KL] += p - q;
    sums[OTTO_SUM_TV] += 0.5 * fabs(p - q);
    AddBounded(p, fmax(q, 0), sums);
    sums[zero ? OTTO_SUM_OUTSIDE_P : OTTO_SUM_UNRELIABLE_P] += p;
    if (zero) {
      sums[OTTO_SUM_KL] += INFINITY;
      sums[OTTO_SUM_CHI2] += INFINITY;
      sums[OTTO_SUM_P_LOG_Q] += -INFINITY;
    }
  } else if (has_q == OTTO_CELL_RESOLVED) { /* p is zero or noise: p log(p/q) is 0 in the limit */
    double lq = log_q ? *log_q : log(q);
    PetscBool zero = has_p == OTTO_CELL_ZERO ? PETSC_TRUE : PETSC_FALSE;
    sums[OTTO_SUM_Q_LOG_Q] += q * lq;
    sums[OTTO_SUM_KL] += q - p;
    sums[OTTO_SUM_CHI2] += q > 0 ? (q - p) * ((q - p) / q) : 0;
    sums[OTTO_SUM_TV] += 0.5 * fabs(p - q);
    AddBounded(fmax(p, 0), q, sums);
    sums[zero ? OTTO_SUM_OUTSIDE_Q : OTTO_SUM_UNRELIABLE_Q] += q;
    if (zero) sums[OTTO_SUM_REVERSE_KL] += INFINITY;
  } else {
    sums[OTTO_SUM_TV] += 0.5 * fabs(p - q);
  }
}

void OttoCellLogs(const OttoPairRule *rule, PetscReal p, PetscReal q, const PetscReal *log_p,
                  const PetscReal *log_q, PetscReal *lp, PetscReal *lq, PetscReal *ratio)
{
  OttoCellState has_p = OttoCellClassify(p, log_p, rule->resolved_p);
  OttoCellState has_q = OttoCellClassify(q, log_q, rule->resolved_q);
  PetscBool both =
      has_p == OTTO_CELL_RESOLVED && has_q == OTTO_CELL_RESOLVED ? PETSC_TRUE : PETSC_FALSE;

  *lp = has_p == OTTO_CELL_RESOLVED ? (log_p ? *log_p : log(p))
        : has_p == OTTO_CELL_ZERO   ? -INFINITY
                                    : NAN;
  *lq = has_q == OTTO_CELL_RESOLVED ? (log_q ? *log_q : log(q))
        : has_q == OTTO_CELL_ZERO   ? -INFINITY
                                    : NAN;
  if (isnan(p)) *lp = NAN;
  if (isnan(q)) *lq = NAN;
  *ratio = both ? LogRatio(p, q, *lp, *lq) : NAN;
}
