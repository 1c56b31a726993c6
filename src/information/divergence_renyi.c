/*
 * Rényi divergences of any order a, b = a - 1. Two sums are kept. With x = log(p/q),
 *
 *   part = Σ p (e^(bx) - 1)/b - p + q              for a >= 1/2 (kl as b goes to 0)
 *   part = Σ p - q - q (e^(ax) - 1)/a              for a < 1/2 (the same with p and q exchanged)
 *
 * is a sum of non-negative terms, and D_a = log(1 + b part)/b or log(1 - a part)/b for masses of 1:
 * all digits near order 1 and where p is near q. Σ p^a q^(1-a) is kept as a multiple of its largest
 * term, whose logarithm does not end where doubles do: D_a where |b part| is not small.
 */
#include "divergence_renyi.h"
#include "divergence_totals.h"
#include "core/vecmath.h"

void OttoRenyiInit(OttoRenyi *sums)
{
  *sums = (OttoRenyi){{0, 0}, -INFINITY, {0, 0}};
}

/* Adds e^exponent to the sum that is kept relative to its largest term. */
static void AddExponential(OttoRenyi *s, double exponent)
{
  if (exponent == -INFINITY) return;
  if (exponent > s->largest) {
    double scale = s->largest > -INFINITY ? exp(s->largest - exponent) : 0;
    s->scaled.hi *= scale;
    s->scaled.lo *= scale;
    s->largest = exponent;
  }
  OttoSumAdd(&s->scaled, isinf(exponent) ? 1 : exp(exponent - s->largest));
}

/* (e^(cx) - 1)/c. */
static double Slope(double c, double x)
{
  return expm1(c * x) / c;
}

/* The part's term where both are above 0; x = log(p/q). */
static double Term(double a, double p, double q, double lp, double x)
{
  double b = a - 1;

  if (a < 0.5) {
    if (fabs(x) < 1) return q * (OttoExpMinus(x) - OttoExpMinus(a * x) / a);
    return p - q - (fabs(a * x) < 1 ? q * Slope(a, x) : (exp(lp + b * x) - q) / a);
  }
  if (fabs(x) < 1 && fabs(b * x) < 1) return p * (OttoExpMinus(-x) + OttoExpMinus(b * x) / b);
  return (fabs(b * x) < 1 ? p * Slope(b, x) : (exp(lp + b * x) - p) / b) - p + q;
}

/* The same where p or q is 0. */
static double LimitTerm(double a, double p, double q)
{
  if (a < 0.5) return p - q + q / a;
  return p > 0 && a > 1 ? INFINITY : -p / (a - 1) - p + q;
}

static void AddBoth(double a, double p, double q, double lp, double x, OttoRenyi *s)
{
  AddExponential(s, lp + (a - 1) * x);
  OttoSumAdd(&s->part, Term(a, p, q, lp, x));
}

/* One cell where p or q is 0, or nothing above 0 is known of it: then with q, orders above 1 have
 * no bound, and OttoDivergenceAccount() says so. */
static void AddOne(double a, double p, double q, PetscBool q_is_zero, OttoRenyi *s)
{
  if (p > 0 && a > 1) {
    if (!q_is_zero) return;
    AddExponential(s, INFINITY);
  }
  OttoSumAdd(&s->part, LimitTerm(a, p, q));
}

void OttoRenyiAddPart(double a, double lp, double lq, OttoRenyi *s)
{
  double p = exp(lp), q = exp(lq);

  if (isfinite(lp) && isfinite(lq))
    OttoSumAdd(&s->part, Term(a, p, q, lp, lp - lq));
  else if (lp > -INFINITY || lq > -INFINITY) /* with a NaN neither */
    OttoSumAdd(&s->part, LimitTerm(a, p, q));
  else if (isnan(lp) || isnan(lq))
    OttoSumAdd(&s->part, NAN);
}

void OttoRenyiAddPower(double a, double lp, double lq, OttoRenyi *s)
{
  if (lq == -INFINITY)
    AddExponential(s, a < 1 || lp == -INFINITY ? -INFINITY : INFINITY);
  else
    AddExponential(s, lp == -INFINITY ? lp : lp + (a - 1) * (lp - lq));
}

void OttoRenyiAccumulate(const OttoPairRule *rule, PetscInt64 n, const PetscReal p[],
                         const PetscReal q[], const PetscReal log_p[], const PetscReal log_q[],
                         OttoRenyi *sums)
{
  PetscReal lp[OTTO_BLOCK], lq[OTTO_BLOCK], ratio[OTTO_BLOCK];

  for (PetscInt64 from = 0; from < n; from += OTTO_BLOCK) {
    PetscInt64 count = PetscMin(OTTO_BLOCK, n - from);
    OttoPairAccumulate(rule, count, p + from, q + from, log_p ? log_p + from : NULL,
                       log_q ? log_q + from : NULL, NULL, lp, lq, ratio);
    for (PetscInt64 i = 0; i < count; i++) {
      double x = p[from + i], y = q[from + i];
      if (isnan(x) || isnan(y)) {
        OttoSumAdd(&sums->part, NAN);
        sums->scaled.hi = NAN;
      } else if (isfinite(ratio[i])) {
        AddBoth(rule->order, x, y, lp[i], ratio[i], sums);
      } else if (isfinite(lp[i]) || isfinite(lq[i])) {
        PetscBool zero = isinf(lp[i]) || isinf(lq[i]) ? PETSC_TRUE : PETSC_FALSE;
        if (!zero && x > 0 && y > 0)
          AddBoth(rule->order, x, y, log(x), log(x / y), sums);
        else
          AddOne(rule->order, fmax(x, 0), fmax(y, 0), isinf(lq[i]) ? PETSC_TRUE : PETSC_FALSE,
                 sums);
      }
    }
  }
}

PetscErrorCode OttoRenyiReduce(MPI_Comm comm, OttoRenyi *sums)
{
  PetscReal largest = sums->largest;
  OttoSum both[2] = {sums->part, sums->scaled};

  PetscFunctionBegin;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &largest, 1, MPIU_REAL, MPIU_MAX, comm));
  PetscReal scale = sums->largest == largest ? 1 : exp(sums->largest - largest);
  both[1].hi *= scale;
  both[1].lo *= scale;
  PetscCall(OttoSumReduce(comm, 2, both));
  *sums = (OttoRenyi){both[0], largest, both[1]};
  PetscFunctionReturn(0);
}

PetscReal OttoMassExcess(PetscReal mass)
{
  const PetscReal excess = mass - 1, size = PetscMin(fabs(excess) * 1e13, 1e10);
  const PetscReal square = size * size, weight = square * square * square * square;

  return excess * (weight / (weight + 1)); /* of 4e-15, rounding of masses, 1e-11 of itself */
}

PetscReal OttoRenyiValue(PetscReal a, PetscReal mass_p, PetscReal mass_q, PetscReal volume,
                         const OttoRenyi *sums)
{
  const PetscReal b = a - 1, part = OttoSumValue(sums->part) * volume;
  const PetscReal p = OttoMassExcess(mass_p), q = OttoMassExcess(mass_q);
  /* log(mass)/b of a p that lacks mass drowns all else as b goes to 0: so the definition has it */
  const PetscReal excess = a < 0.5 ? q + a * (p - q - part) : p + b * (part + p - q);

  if (fabs(excess) < 0.5) return log1p(excess) / b;
  return (sums->largest + log(OttoSumValue(sums->scaled) * volume)) / b;
}
