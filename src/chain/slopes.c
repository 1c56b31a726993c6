#include "slopes.h"
#include "core/vecmath.h"

/* Cells summed in plain accumulators before they enter compensated sums: rates of both signs nearly
 * cancel. */
#define TILE 64

/* φ'(r) and φ(r) - r φ'(r), each with the accuracy of p - q. */
static void Slopes(PetscReal p, PetscReal q, PetscReal a[], PetscReal b[])
{
  const PetscReal d = p - q, root_p = sqrt(p), root_q = sqrt(q), u = d / q;
  const PetscReal log_r = fabs(u) < 0.5 ? log1p(u) : log(p) - log(q), v = d / (p + q);

  a[OTTO_DIVERGENCE_KL] = log_r;
  b[OTTO_DIVERGENCE_KL] = -u;
  a[OTTO_DIVERGENCE_REVERSE_KL] = d / p;
  b[OTTO_DIVERGENCE_REVERSE_KL] = -log_r;
  a[OTTO_DIVERGENCE_CHI2] = 2 * u;
  b[OTTO_DIVERGENCE_CHI2] = -u * ((p + q) / q);
  a[OTTO_DIVERGENCE_HELLINGER2] = 0.5 * (d / root_p) / (root_p + root_q);
  b[OTTO_DIVERGENCE_HELLINGER2] = -0.5 * (d / root_q) / (root_p + root_q);
  a[OTTO_DIVERGENCE_JS] = 0.5 * (v > -0.5 ? log1p(v) : M_LN2 + log(p) - log(p + q));
  b[OTTO_DIVERGENCE_JS] = -0.5 * log1p(0.5 * u);
}

/* a_φ and b_φ of one cell whose values are in the vector loop's range, from log(p/q); d = p - q. */
static inline __attribute__((always_inline)) void SlopesByRatio(double p, double q, double log_r,
                                                                double a[], double b[])
{
  double d = p - q, s = p + q, of_p = 1 / p, of_q = 1 / q, u = d * of_q, k;
  double root = q * sqrt(p * of_q), larger = p > q ? 2 * p : 2 * q, size = fabs(d);
  double minus = OttoScaleTo(larger, s, &k); /* log(2 larger/(p + q)), from |d| where k = 0 */
  double z = (k == 0 ? size : -(minus + s)) / (s - minus);
  double mean = 0.5 * (k * OTTO_LN2 + OttoTwoAtanh(z));

  a[OTTO_DIVERGENCE_KL] = log_r;
  b[OTTO_DIVERGENCE_KL] = -u;
  a[OTTO_DIVERGENCE_REVERSE_KL] = d * of_p;
  b[OTTO_DIVERGENCE_REVERSE_KL] = -log_r;
  a[OTTO_DIVERGENCE_CHI2] = 2 * u;
  b[OTTO_DIVERGENCE_CHI2] = -u * (s * of_q);
  a[OTTO_DIVERGENCE_HELLINGER2] = 0.5 * d / (p + root);
  b[OTTO_DIVERGENCE_HELLINGER2] = -0.5 * d / (q + root);
  a[OTTO_DIVERGENCE_JS] = p > q ? mean : mean + 0.5 * log_r;
  b[OTTO_DIVERGENCE_JS] = p > q ? mean - 0.5 * log_r : mean;
}

/* What a run of cells is made of. */
typedef struct {
  const double *p, *q, *ratio, *dp, *dq, *wp, *wq;
} Cells;

#define STEEPEST                                                                                   \
  300 /* largest |log(p/q)| in the vector loop: there its square is still a number                 \
       */

/* The vector loop's range: both values normal, and log(p/q) known. */
static inline int InRange(double p, double q, double ratio)
{
  return (p < q ? p : q) > OTTO_VECTOR_TINY && (p > q ? p : q) < OTTO_VECTOR_HUGE &&
         fabs(ratio) < STEEPEST;
}

/* Cells of the vector loop's range; returns how many are not, which add nothing. */
OTTO_VECTOR_CLONES static int AddCells(int n, const Cells *x, double change[], double square[],
                                       double largest[])
{
  const double *p = x->p, *q = x->q, *ratio = x->ratio, *dp = x->dp, *dq = x->dq;
  const double *wp = x->wp, *wq = x->wq;
  double c0 = 0, c1 = 0, c2 = 0, c3 = 0, c4 = 0, s0 = 0, s1 = 0, s2 = 0, s3 = 0, s4 = 0;
  double m0 = 0, m1 = 0, m2 = 0, m3 = 0, m4 = 0, left = 0;

#pragma omp simd reduction(+ : c0, c1, c2, c3, c4, s0, s1, s2, s3, s4, left) \
    reduction(max : m0, m1, m2, m3, m4)
  for (int i = 0; i < n; i++) {
    int use = InRange(p[i], q[i], ratio[i]);
    double a[OTTO_SMOOTH_COUNT], b[OTTO_SMOOTH_COUNT];
    double of_p = use ? dp[i] : 0, of_q = use ? dq[i] : 0, up = use ? wp[i] : 0,
           uq = use ? wq[i] : 0;
    SlopesByRatio(use ? p[i] : 1, use ? q[i] : 1, use ? ratio[i] : 0, a, b);
#define ADD(k, c, s, m)                                                                            \
  c += a[k] * of_p + b[k] * of_q;                                                                  \
  s += (a[k] * up) * (a[k] * up) + (b[k] * uq) * (b[k] * uq);                                      \
  m = m > fabs(a[k]) ? m : fabs(a[k]);                                                             \
  m = m > fabs(b[k]) ? m : fabs(b[k])
    ADD(0, c0, s0, m0);
    ADD(1, c1, s1, m1);
    ADD(2, c2, s2, m2);
    ADD(3, c3, s3, m3);
    ADD(4, c4, s4, m4);
#undef ADD
    left += use ? 0 : 1;
  }
  const double changes[] = {c0, c1, c2, c3, c4}, squares[] = {s0, s1, s2, s3, s4},
               most[] = {m0, m1, m2, m3, m4};
  for (int k = 0; k < OTTO_SMOOTH_COUNT; k++) {
    change[k] = changes[k];
    square[k] = squares[k];
    largest[k] = most[k];
  }
  return (int)left;
}
_Static_assert(OTTO_SMOOTH_COUNT == 5, "the loop above sums five");

/* A slope may be beyond the doubles where nothing changes. */
static inline PetscReal Times(PetscReal slope, PetscReal change)
{
  return change == 0 ? 0 : slope * change;
}

/* One cell of any values. */
static void AddCell(const Cells *x, int i, OttoSlopeSums *sums)
{
  PetscReal a[OTTO_SMOOTH_COUNT], b[OTTO_SMOOTH_COUNT];

  if (x->p[i] == 0 && x->q[i] == 0 && x->dp[i] == 0 && x->dq[i] == 0) return; /* and stays so */
  if (!(fabs(x->ratio[i]) < DBL_MAX)) { /* a zero, or not resolved */
    sums->left++;
    return;
  }
  Slopes(x->p[i], x->q[i], a, b);
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) {
    OttoSumAdd(&sums->change[k], Times(a[k], x->dp[i]));
    OttoSumAdd(&sums->change[k], Times(b[k], x->dq[i]));
    sums->square[k] += PetscSqr(Times(a[k], x->wp[i])) + PetscSqr(Times(b[k], x->wq[i]));
    sums->largest[k] = PetscMax(sums->largest[k], PetscMax(fabs(a[k]), fabs(b[k])));
  }
}

static void AddTile(int n, const Cells *x, OttoSlopeSums *sums)
{
  PetscReal change[OTTO_SMOOTH_COUNT], square[OTTO_SMOOTH_COUNT], largest[OTTO_SMOOTH_COUNT];
  const int left = AddCells(n, x, change, square, largest);

  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) {
    OttoSumAdd(&sums->change[k], change[k]);
    sums->square[k] += square[k];
    sums->largest[k] = PetscMax(sums->largest[k], largest[k]);
  }
  for (int i = 0; left && i < n; i++)
    if (!InRange(x->p[i], x->q[i], x->ratio[i])) AddCell(x, i, sums);
}

PetscErrorCode OttoSlopesFinish(OttoGrid grid, OttoSlopeSums *sums, OttoSlopes *out)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);

  PetscFunctionBegin;
  PetscCall(OttoSumReduce(g->comm, OTTO_SMOOTH_COUNT, sums->change));
  PetscCallMPI(
      MPI_Allreduce(MPI_IN_PLACE, sums->square, OTTO_SMOOTH_COUNT, MPIU_REAL, MPIU_SUM, g->comm));
  PetscCallMPI(
      MPI_Allreduce(MPI_IN_PLACE, sums->largest, OTTO_SMOOTH_COUNT, MPIU_REAL, MPIU_MAX, g->comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &sums->left, 1, MPIU_INT64, MPI_SUM, g->comm));
  for (PetscInt k = 0; k < OTTO_SMOOTH_COUNT; k++) {
    out->change[k] = OttoSumValue(sums->change[k]) * g->cell_volume;
    out->noise[k] = 4 * PETSC_MACHINE_EPSILON * sqrt(sums->square[k]) * g->cell_volume;
    out->largest[k] = sums->largest[k];
  }
  out->left = sums->left;
  PetscFunctionReturn(0);
}

static void Weigh(int n, const PetscReal leave[], const PetscReal p[], PetscReal weight[])
{
  for (int i = 0; i < n; i++) weight[i] = leave[i] * p[i];
}

void OttoSlopesAddRates(PetscInt64 cell, PetscInt64 n, OttoPlane x, void *context)
{
  OttoSlopesOfRates *s = (OttoSlopesOfRates *)context;

  for (PetscInt64 from = 0; from < n; from += TILE) {
    const int count = (int)PetscMin(TILE, n - from);
    const PetscInt64 c = cell + from;
    PetscReal wp[TILE], wq[TILE];
    Weigh(count, s->leave + c, x.p + from, wp);
    Weigh(count, s->leave + c, x.q + from, wq);
    const Cells cells = {x.p + from, x.q + from, x.ratio + from, s->dp + c, s->dq + c, wp, wq};
    AddTile(count, &cells, &s->sums);
  }
}

PetscErrorCode OttoSlopesCompute(OttoGrid grid, const OttoPair *pair, Vec dp, Vec dq, Vec wp,
                                 Vec wq, OttoSlopes *out)
{
  const PetscInt64 cells = OttoGridGetInfo(grid)->local_cells;
  const OttoPairRule rule = {0, 0.5, pair->resolved_p, pair->resolved_q};
  const Vec fields[6] = {pair->p, pair->q, dp, dq, wp, wq};
  const PetscScalar *v[6];
  OttoSlopeSums sums = {0};

  PetscFunctionBegin;
  for (int i = 0; i < 6; i++) PetscCall(VecGetArrayRead(fields[i], &v[i]));
  for (PetscInt64 c = 0; c < cells; c += TILE) {
    const int n = (int)PetscMin(TILE, cells - c);
    PetscReal lq[TILE], ratio[TILE];
    OttoPairAccumulate(&rule, n, v[0] + c, v[1] + c, NULL, NULL, NULL, NULL, lq, ratio);
    const Cells at = {v[0] + c, v[1] + c, ratio, v[2] + c, v[3] + c, v[4] + c, v[5] + c};
    AddTile(n, &at, &sums);
  }
  for (int i = 0; i < 6; i++) PetscCall(VecRestoreArrayRead(fields[i], &v[i]));
  PetscCall(OttoSlopesFinish(grid, &sums, out));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoLeaveWeight(OttoGenerator generator, PetscReal scale, Vec p, Vec weight)
{
  const OttoRates *r = OttoGeneratorGetRates(generator);
  const PetscScalar *values;
  PetscScalar *out;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(p, &values));
  PetscCall(VecGetArray(weight, &out));
  const PetscInt64 cells = OttoGridGetInfo(OttoGeneratorGetGrid(generator))->local_cells;
  for (PetscInt64 c = 0; c < cells; c++) out[c] = scale * r->leave[c] * values[c];
  PetscCall(VecRestoreArray(weight, &out));
  PetscCall(VecRestoreArrayRead(p, &values));
  PetscFunctionReturn(0);
}
