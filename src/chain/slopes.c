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

/* ½ log(2 max(p, q)/(p + q)), in 0 … ½ log 2, with the accuracy of p - q. */
static inline double HalfLogMean(double p, double q)
{
  double s = p + q, larger = p > q ? 2 * p : 2 * q, k, minus = OttoScaleTo(larger, s, &k);
  double top = k == 0 ? fabs(p - q) : -(minus + s);
  return 0.5 * (k * OTTO_LN2 + OttoTwoAtanh(top / (s - minus)));
}

/* What a run of cells is made of. */
typedef struct {
  const double *p, *q, *ratio, *dp, *dq, *wp, *wq;
} Cells;

#define STEEPEST                                                                                   \
  300 /* largest |log(p/q)| in the vector loop: there its square is still a number                 \
       */

/* The vector loop's range: both values normal, and log(p/q) known; without a branch. */
static inline int InRange(double p, double q, double ratio)
{
  double smallest = p < q ? p : q, largest = p > q ? p : q;
  return (smallest > OTTO_VECTOR_TINY) & (largest < OTTO_VECTOR_HUGE) & (fabs(ratio) < STEEPEST);
}

/* One divergence's a_φ and b_φ: the change, the square of its terms, the larger of both. */
#define ADD(a, b, c, s, m)                                                                         \
  c += (a)*of_p + (b)*of_q;                                                                        \
  s += ((a)*up) * ((a)*up) + ((b)*uq) * ((b)*uq);                                                  \
  m = fabs(a) > m ? fabs(a) : m;                                                                   \
  m = fabs(b) > m ? fabs(b) : m

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
    double px = use ? p[i] : 1, qx = use ? q[i] : 1, log_r = use ? ratio[i] : 0;
    double of_p = use ? dp[i] : 0, of_q = use ? dq[i] : 0;
    double up = use ? wp[i] : 0, uq = use ? wq[i] : 0;
    double inverse = 1 / qx, u = (px - qx) * inverse, root = sqrt(px * inverse); /* √(p/q) */
    double shape = u / (root * root * (root + 1)), mean = HalfLogMean(px, qx);
    double reverse = shape * (root + 1), hellinger = 0.5 * shape * root, back = -hellinger * root;
    double rest = -u * ((px + qx) * inverse);
    double js = px > qx ? mean : mean + 0.5 * log_r, of_js = px > qx ? mean - 0.5 * log_r : mean;
    ADD(log_r, -u, c0, s0, m0);
    ADD(reverse, -log_r, c1, s1, m1);
    ADD(2 * u, rest, c2, s2, m2);
    ADD(hellinger, back, c3, s3, m3);
    ADD(js, of_js, c4, s4, m4);
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
#undef ADD
_Static_assert(OTTO_SMOOTH_COUNT == 5 && OTTO_DIVERGENCE_KL == 0 &&
                   OTTO_DIVERGENCE_REVERSE_KL == 1 && OTTO_DIVERGENCE_CHI2 == 2 &&
                   OTTO_DIVERGENCE_HELLINGER2 == 3 && OTTO_DIVERGENCE_JS == 4,
               "the loop above sums five, in this order");

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
