/*
 * The vector loops of the divergences. A tile of cells is first reduced: p/q = 2^c (1+z)/(1-z) and
 * q = 2^e (1+y)/(1-y) (vecmath.h); then each loop sums one group of quantities from these. With
 * t = 2 atanh z - 2z, d = p - q and gap g = p - p/2^c (0 where p ≈ q):
 *
 *   p log(p/q) - p + q = p t + z (g + d) + (p c log 2 - g)
 *   q log(q/p) - q + p = z (d - g) - q t + (g - q c log 2)
 *
 * without cancellation where p ≈ q (there both are z d plus a term of third order), and without a
 * branch.
 */
#include "divergence_totals.h"
#include "core/vecmath.h"

/* Cells whose temporaries share the first-level cache with p and q; not a power of 2, so that the
 * arrays do not fall into the same cache sets. */
#define TILE 176

typedef struct {
  double y[TILE], e[TILE];            /* of q */
  double z[TILE], c[TILE], gap[TILE]; /* of p/q */
  double tail[TILE];                  /* t */
  double *log_q, *ratio; /* log q, log(p/q): where the caller wants them, or the room below */
  double room[2][TILE];
} Reduced;

typedef struct {
  double min_p, min_q, max_p, max_q;
} Range;

OTTO_VECTOR_CLONES static void Reduce(int n, const double *restrict p, const double *restrict q,
                                      Reduced *restrict r, Range *range)
{
  double min_p = INFINITY, min_q = INFINITY, max_p = -INFINITY, max_q = -INFINITY;

#pragma omp simd reduction(min : min_p, min_q) reduction(max : max_p, max_q)
  for (int i = 0; i < n; i++) {
    r->y[i] = OttoReduce(q[i], &r->e[i]);
    r->z[i] = OttoReduceRatio(p[i], q[i], &r->c[i], &r->gap[i]);
    min_p = p[i] < min_p ? p[i] : min_p;
    min_q = q[i] < min_q ? q[i] : min_q;
    max_p = p[i] > max_p ? p[i] : max_p;
    max_q = q[i] > max_q ? q[i] : max_q;
  }
  *range = (Range){min_p, min_q, max_p, max_q};
}

/* KL and the entropies, and the masses; with `keep`, a constant of each caller, also what the other
 * loops and the caller's logarithms are made of. */
static inline __attribute__((always_inline)) void SumKL(int n, int keep, const double *restrict p,
                                                        const double *restrict q,
                                                        Reduced *restrict r, double sums[])
{
  double mass_p = 0, mass_q = 0, p_log_q = 0, q_log_q = 0, kl = 0;
  double *restrict log_q = r->log_q, *restrict ratio = r->ratio;

#pragma omp simd reduction(+ : mass_p, mass_q, p_log_q, q_log_q, kl)
  for (int i = 0; i < n; i++) {
    double z = r->z[i], w = z * z, gap = r->gap[i], whole = r->c[i] * OTTO_LN2;
    double tail = z * w * OttoAtanhTail(w), of_q = r->e[i] * OTTO_LN2 + OttoTwoAtanh(r->y[i]);
    if (keep) {
      r->tail[i] = tail;
      log_q[i] = of_q;
      ratio[i] = whole + (2 * z + tail);
    }
    kl += p[i] * tail + (z * (gap + (p[i] - q[i])) + (p[i] * whole - gap));
    p_log_q += p[i] * of_q;
    q_log_q += q[i] * of_q;
    mass_p += p[i];
    mass_q += q[i];
  }
  sums[OTTO_SUM_KL] += kl;
  sums[OTTO_SUM_P_LOG_Q] += p_log_q;
  sums[OTTO_SUM_Q_LOG_Q] += q_log_q;
  sums[OTTO_SUM_P_LOG_P] += p_log_q + (kl + (mass_p - mass_q)); /* p log p = p log q + p log(p/q) */
  sums[OTTO_SUM_MASS_P] += mass_p;
  sums[OTTO_SUM_MASS_Q] += mass_q;
}

OTTO_VECTOR_CLONES static void SumKLAlone(int n, const double *p, const double *q, Reduced *r,
                                          double sums[])
{
  SumKL(n, 0, p, q, r, sums);
}

OTTO_VECTOR_CLONES static void SumKLAndKeep(int n, const double *p, const double *q, Reduced *r,
                                            double sums[])
{
  SumKL(n, 1, p, q, r, sums);
}

/* Everything but KL and the entropies, in one loop: the divisions and the root of some hide behind
 * the polynomials of JS.
 *
 * JS: a series in u = (p-q)/(p+q) where p ≈ q; otherwise, with x the larger and y the smaller,
 * y log(y/x) + (x+y) log(2x/(x+y)), both of one sign once y/x < 3/4. */
OTTO_VECTOR_CLONES static void SumOthers(int n, const double *restrict p, const double *restrict q,
                                         const Reduced *restrict r, double sums[])
{
  double reverse = 0, chi2 = 0, hellinger2 = 0, tv = 0, js = 0;
  const double *restrict ratio = r->ratio;

#pragma omp simd reduction(+ : reverse, chi2, hellinger2, tv, js)
  for (int i = 0; i < n; i++) {
    double z = r->z[i], w = z * z, gap = r->gap[i], d = p[i] - q[i], s = p[i] + q[i];
    double inverse = 1 / q[i], root = q[i] * sqrt(p[i] * inverse);
    double larger = p[i] > q[i] ? p[i] : q[i], smaller = p[i] > q[i] ? q[i] : p[i];
    double root2 = 0x1.6a09e667f3bcdp+0 * larger; /* s/(2x) = √½ · s/(√2 x), s/(√2 x) near 1 */
    double log_mean = OttoTwoAtanh((s - root2) / (s + root2)) - 0.5 * OTTO_LN2;
    double far = -smaller * fabs(ratio[i]) - s * log_mean, near = 0.5 * s * w * OttoJensen(w);
    reverse += (z * (d - gap) - q[i] * r->tail[i]) + (gap - q[i] * (r->c[i] * OTTO_LN2));
    chi2 += d * (d * inverse);
    hellinger2 += d * (d / (s + 2 * root)); /* (√p - √q)^2 = d^2/(√p + √q)^2 */
    tv += fabs(d);
    js += r->c[i] == 0 ? near : far;
  }
  sums[OTTO_SUM_REVERSE_KL] += reverse;
  sums[OTTO_SUM_CHI2] += chi2;
  sums[OTTO_SUM_HELLINGER2] += 0.5 * hellinger2;
  sums[OTTO_SUM_TV] += 0.5 * tv;
  sums[OTTO_SUM_JS] += 0.5 * js;
}

OTTO_VECTOR_CLONES static void AddLogs(int n, const double *restrict lq,
                                       const double *restrict ratio, double *restrict lp)
{
#pragma omp simd
  for (int i = 0; i < n; i++) lp[i] = lq[i] + ratio[i];
}

static const unsigned other_group =
    OTTO_MASK(OTTO_DIVERGENCE_REVERSE_KL) | OTTO_MASK(OTTO_DIVERGENCE_CHI2) |
    OTTO_MASK(OTTO_DIVERGENCE_HELLINGER2) | OTTO_MASK(OTTO_DIVERGENCE_TV) |
    OTTO_MASK(OTTO_DIVERGENCE_RENYI) | OTTO_MASK(OTTO_DIVERGENCE_JS);

/* Adds cells that are all in the vector loops' range; their logarithms go to lq and ratio. */
static void SumTile(const OttoPairRule *rule, int n, const double *p, const double *q, Reduced *r,
                    double sums[], double *lq, double *ratio)
{
  r->log_q = lq ? lq : r->room[0];
  r->ratio = ratio ? ratio : r->room[1];
  if (lq || rule->mask & other_group)
    SumKLAndKeep(n, p, q, r, sums);
  else
    SumKLAlone(n, p, q, r, sums);
  if (rule->mask & other_group) SumOthers(n, p, q, r, sums);
}

/* Where cells of a tile need care: the vector loops get the others, close together; the rest is put
 * aside and done cell by cell. */
typedef struct {
  int count, from[TILE];      /* the cells kept, and where each stood */
  int put_aside, aside[TILE]; /* where the others stand */
  double p[TILE], q[TILE], logs[3][TILE];
} Sifted;

static PetscBool InRange(double value, double resolved)
{
  return value > resolved && value > OTTO_VECTOR_TINY && value < OTTO_VECTOR_HUGE ? PETSC_TRUE
                                                                                  : PETSC_FALSE;
}

static void Sift(const OttoPairRule *rule, int n, const double *p, const double *q, Sifted *s)
{
  s->count = s->put_aside = 0;
  for (int i = 0; i < n; i++) {
    if (InRange(p[i], rule->resolved_p) && InRange(q[i], rule->resolved_q)) {
      s->p[s->count] = p[i];
      s->q[s->count] = q[i];
      s->from[s->count++] = i;
    } else {
      s->aside[s->put_aside++] = i;
    }
  }
}

#define AT(array, i) ((array) ? &(array)[i] : NULL)

/* A tile with cells that need care; see Tile(). */
static void SiftedTile(const OttoPairRule *rule, int n, const double *p, const double *q,
                       const double *log_p, const double *log_q, double sums[], double *lp,
                       double *lq, double *ratio)
{
  Sifted s;
  Reduced r;
  Range unused;

  Sift(rule, n, p, q, &s);
  Reduce(s.count, s.p, s.q, &r, &unused);
  SumTile(rule, s.count, s.p, s.q, &r, sums, s.logs[1], s.logs[2]);
  for (int k = 0; k < s.put_aside; k++) {
    int i = s.aside[k];
    OttoCellAdd(rule, p[i], q[i], AT(log_p, i), AT(log_q, i), sums);
    sums[OTTO_SUM_MASS_P] += p[i];
    sums[OTTO_SUM_MASS_Q] += q[i];
  }
  if (!ratio) return;
  AddLogs(s.count, s.logs[1], s.logs[2], s.logs[0]);
  for (int k = 0; k < s.count; k++) {
    if (lp) lp[s.from[k]] = s.logs[0][k];
    lq[s.from[k]] = s.logs[1][k];
    ratio[s.from[k]] = s.logs[2][k];
  }
  for (int k = 0; k < s.put_aside; k++) {
    double of_p;
    int i = s.aside[k];
    OttoCellLogs(rule, p[i], q[i], AT(log_p, i), AT(log_q, i), lp ? &lp[i] : &of_p, &lq[i],
                 &ratio[i]);
  }
}

/* Adds n <= TILE cells to sums[] and *range, writes their logarithms; returns whether no cell
 * needed care. */
static PetscBool Tile(const OttoPairRule *rule, int n, const double *p, const double *q,
                      const double *log_p, const double *log_q, double sums[], Range *range,
                      double *lp, double *lq, double *ratio)
{
  Reduced r;
  Range here;

  Reduce(n, p, q, &r, &here);
  range->min_p = PetscMin(range->min_p, here.min_p);
  range->min_q = PetscMin(range->min_q, here.min_q);
  range->max_p = PetscMax(range->max_p, here.max_p);
  range->max_q = PetscMax(range->max_q, here.max_q);
  if (!InRange(here.min_p, rule->resolved_p) || !InRange(here.min_q, rule->resolved_q) ||
      !(here.max_p < OTTO_VECTOR_HUGE && here.max_q < OTTO_VECTOR_HUGE)) {
    SiftedTile(rule, n, p, q, log_p, log_q, sums, lp, lq, ratio);
    return PETSC_FALSE;
  }
  SumTile(rule, n, p, q, &r, sums, lq, ratio);
  if (lp) AddLogs(n, lq, ratio, lp);
  return PETSC_TRUE;
}

PetscBool OttoPairAccumulate(const OttoPairRule *rule, PetscInt64 n, const PetscReal p[],
                             const PetscReal q[], const PetscReal log_p[], const PetscReal log_q[],
                             OttoTotals *totals, PetscReal lp[], PetscReal lq[], PetscReal ratio[])
{
  const OttoPairRule logs = {0, 0, rule->resolved_p, rule->resolved_q};
  PetscBool plain = PETSC_TRUE;
  Range range = {INFINITY, INFINITY, -INFINITY, -INFINITY};

  for (PetscInt64 from = 0; from < n; from += OTTO_BLOCK) {
    double sums[OTTO_SUM_COUNT] = {0};
    PetscInt64 end = PetscMin(n, from + OTTO_BLOCK);
    for (PetscInt64 i = from; i < end; i += TILE)
      if (!Tile(totals ? rule : &logs, (int)PetscMin(TILE, end - i), p + i, q + i, AT(log_p, i),
                AT(log_q, i), sums, &range, AT(lp, i), AT(lq, i), AT(ratio, i)))
        plain = PETSC_FALSE;
    for (int k = 0; k < OTTO_SUM_COUNT && totals; k++)
      if (sums[k] != 0) OttoSumAdd(&totals->sum[k], sums[k]);
  }
  if (!totals) return plain;
  totals->min_p = PetscMin(totals->min_p, range.min_p);
  totals->min_q = PetscMin(totals->min_q, range.min_q);
  totals->max_p = PetscMax(totals->max_p, range.max_p);
  totals->max_q = PetscMax(totals->max_q, range.max_q);
  return plain;
}

void OttoTotalsInit(OttoTotals *totals)
{
  for (int k = 0; k < OTTO_SUM_COUNT; k++) totals->sum[k] = (OttoSum){0, 0};
  totals->min_p = totals->min_q = INFINITY;
  totals->max_p = totals->max_q = -INFINITY;
}

PetscErrorCode OttoPairGetArrays(const OttoPair *pair, OttoPairArrays *arrays)
{
  PetscFunctionBegin;
  *arrays = (OttoPairArrays){NULL, NULL, NULL, NULL};
  PetscCall(VecGetArrayRead(pair->p, &arrays->p));
  PetscCall(VecGetArrayRead(pair->q, &arrays->q));
  if (pair->log_p) PetscCall(VecGetArrayRead(pair->log_p, &arrays->log_p));
  if (pair->log_q) PetscCall(VecGetArrayRead(pair->log_q, &arrays->log_q));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPairRestoreArrays(const OttoPair *pair, OttoPairArrays *arrays)
{
  PetscFunctionBegin;
  PetscCall(VecRestoreArrayRead(pair->p, &arrays->p));
  PetscCall(VecRestoreArrayRead(pair->q, &arrays->q));
  if (pair->log_p) PetscCall(VecRestoreArrayRead(pair->log_p, &arrays->log_p));
  if (pair->log_q) PetscCall(VecRestoreArrayRead(pair->log_q, &arrays->log_q));
  PetscFunctionReturn(0);
}
