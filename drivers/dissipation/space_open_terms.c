/* The integrands of all columns at a point, from logarithms: as divergence.h and fisher.h
 * define them cell by cell. */
#include "space_open.h"
#include "core/vecmath.h"

#define NEAR_KL 1e-6 /* of order 1: Rényi's is kl (divergence.h) */

const char *const OttoSpaceOpenNames[OTTO_OPEN_TERMS] = {
    "entropy_p", "entropy_q", "cross_entropy", "kl",         "reverse_kl",
    "js",        "chi2",      "hellinger2",    "tv",         "renyi",
    "kl_p0_pt",  "fisher_p",  "fisher_q",      "fisher_rel", "kl_rate"};

PetscBool OttoSpaceOpenIsKL(PetscReal order, PetscReal renyi)
{
  return fabs(order - 1) <= NEAR_KL || !isfinite(renyi) ? PETSC_TRUE : PETSC_FALSE;
}

/* p log(p/q) - p + q; l = log(p/q). */
static PetscReal Relative(PetscReal p, PetscReal q, PetscReal l)
{
  if (fabs(l) < 1) return p * OttoExpMinus(-l);
  return (p > 0 ? p * l : 0) - p + q;
}

/* log(2/(1 + e^-l)) */
static PetscReal LogShare(PetscReal l)
{
  return M_LN2 + PetscMin(l, 0) - log1p(exp(-fabs(l)));
}

/* Half of p log(2p/(p+q)) + q log(2q/(p+q)), with u = (p-q)/(p+q). */
static PetscReal JensenShannon(PetscReal p, PetscReal q, PetscReal l)
{
  const PetscReal u = tanh(l / 2);

  if (fabs(u) < 0.2) return 0.25 * (p + q) * u * u * OttoJensen(u * u);
  return 0.5 * (p * LogShare(l) + q * LogShare(-l));
}

/* (p - q)²/q, which may lie far above p and q. */
static PetscReal ChiSquare(PetscReal log_p, PetscReal log_q)
{
  const PetscReal l = log_p - log_q;

  return l > 0 ? exp(log_p + l) * PetscSqr(expm1(-l)) : exp(log_q) * PetscSqr(expm1(l));
}

/* p |s_p|², q |s_q|², p |s_p - s_q|², and that of dD/dt. */
static void Dissipation(const OttoOpenPoint *x, PetscReal p, PetscReal q, PetscReal term[])
{
  PetscReal square_p = 0, square_q = 0, square = 0;

  for (PetscInt j = 0; j < x->dim; j++) {
    square_p += PetscSqr(x->score_p[j]);
    square_q += PetscSqr(x->score_q[j]);
    square += PetscSqr(x->score_p[j] - x->score_q[j]);
  }
  term[OTTO_OPEN_FISHER_P] = p * square_p;
  term[OTTO_OPEN_FISHER_Q] = q * square_q;
  term[OTTO_OPEN_FISHER_REL] = p * square;
  term[OTTO_OPEN_KL_RATE] = p * x->rate_p * (x->log_p - x->log_q) + (q - p) * x->rate_q;
}

void OttoSpaceOpenTerms(const OttoOpenPoint *x, PetscReal a, PetscReal renyi,
                        PetscReal term[OTTO_OPEN_TERMS])
{
  const PetscReal p = exp(x->log_p), q = exp(x->log_q), l = x->log_p - x->log_q;
  const PetscReal larger = PetscMax(p, q);

  term[OTTO_OPEN_ENTROPY_P] = -p * x->log_p;
  term[OTTO_OPEN_ENTROPY_Q] = -q * x->log_q;
  term[OTTO_OPEN_CROSS_ENTROPY] = -p * x->log_q;
  term[OTTO_OPEN_KL] = Relative(p, q, l);
  term[OTTO_OPEN_REVERSE_KL] = Relative(q, p, -l);
  term[OTTO_OPEN_JS] = JensenShannon(p, q, l);
  term[OTTO_OPEN_CHI2] = ChiSquare(x->log_p, x->log_q);
  term[OTTO_OPEN_HELLINGER2] = 0.5 * larger * PetscSqr(expm1(-fabs(l) / 2));
  term[OTTO_OPEN_TV] = -0.5 * larger * expm1(-fabs(l));
  term[OTTO_OPEN_RENYI] = OttoSpaceOpenIsKL(a, renyi)
                              ? term[OTTO_OPEN_KL]
                              : exp(x->log_p + (a - 1) * (l - renyi)) / fabs(a - 1);
  term[OTTO_OPEN_KL_P0_PT] = p; /* p_0 is 0 there */
  Dissipation(x, p, q, term);
}
