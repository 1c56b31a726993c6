/*
 * Singular values of DΦ, and what they say of a flow map (MATHEMATICS 13.3).
 *
 * Two axes in closed form: a matrix is the sum of a turn times (s1 + s2)/2 and a mirrored turn
 * times (s1 - s2)/2, s2 with the determinant's sign, whose entries are sums and differences of its
 * own (Blinn 1996); s2 itself is |det|/s1 with Kahan's determinant, so that both are right to a few
 * roundings whatever the condition number. Three axes: LAPACK.
 */
#include <otto/field.h>
#include <otto/stretching.h>
#include <petscblaslapack.h>
#include <math.h>

#define DIM OTTO_DYNAMICS_MAX_DIM
#define WORK 64 /* of LAPACK: 5 d are needed */
#define ROUNDED                                                                                    \
  1e-9 /* of σ_1: of what is smaller a product of matrices keeps less than six digits */

/* ---- one matrix, a[i·dim + j]: s[dim], descending, and v[k·dim + i], which may be NULL ---- */

/* a d - b c to two roundings (Kahan; Jeannerod, Louvet and Muller 2013). */
static PetscReal Determinant(const PetscReal a[])
{
  const PetscReal product = a[1] * a[2], error = fma(-a[1], a[2], product);

  return fma(a[0], a[3], -product) + error;
}

static void SVD2(const PetscReal given[], PetscReal s[], PetscReal v[])
{
  PetscReal a[4], largest = 0;
  int power;

  for (int i = 0; i < 4; i++) largest = PetscMax(largest, fabs(given[i]));
  frexp(largest, &power); /* products of entries neither overflow nor underflow to nothing */
  for (int i = 0; i < 4; i++) a[i] = ldexp(given[i], -power);
  const PetscReal turn = hypot(a[0] + a[3], a[2] - a[1]), mirror = hypot(a[0] - a[3], a[2] + a[1]);
  s[0] = (turn + mirror) / 2;
  s[1] = s[0] > 0 ? fabs(Determinant(a)) / s[0] : 0;
  for (int k = 0; k < 2; k++) s[k] = ldexp(s[k], power);
  if (!v) return;
  const PetscReal angle = (atan2(a[2] + a[1], a[0] - a[3]) - atan2(a[2] - a[1], a[0] + a[3])) / 2;
  v[0] = v[3] = cos(angle);
  v[1] = sin(angle);
  v[2] = -v[1];
}

/* LAPACK takes columns: it sees the transpose, whose left vectors are the right ones wanted. */
static PetscErrorCode SVDLapack(PetscInt dim, const PetscReal given[], PetscReal s[], PetscReal v[])
{
  const PetscBLASInt n = (PetscBLASInt)dim, one = 1, size = WORK;
  PetscScalar a[DIM * DIM], work[WORK], unused = 0;
  PetscBLASInt info = 0;

  PetscFunctionBegin;
  PetscCall(PetscArraycpy(a, given, dim * dim));
  LAPACKgesvd_(v ? "A" : "N", "N", &n, &n, a, &n, s, v, &n, &unused, &one, work, &size, &info);
  if (info) OttoFail(OTTO_ERR_NUMERICAL, "singular values of DPhi: dgesvd returns %d", (int)info);
  PetscFunctionReturn(0);
}

static PetscErrorCode SVD(PetscInt dim, const PetscReal a[], PetscReal s[], PetscReal v[])
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < dim * dim; i++)
    if (!isfinite(a[i])) {
      for (PetscInt k = 0; k < dim; k++) s[k] = NAN;
      for (PetscInt k = 0; k < dim * dim && v; k++) v[k] = NAN;
      PetscFunctionReturn(0);
    }
  if (dim == 1) {
    s[0] = fabs(a[0]);
    if (v) v[0] = 1;
  } else if (dim == 2) {
    SVD2(a, s, v);
  } else {
    PetscCall(SVDLapack(dim, a, s, v));
  }
  for (PetscInt k = 0; k < dim && v; k++) { /* the sign is free */
    PetscInt i = 0;
    while (i < dim - 1 && v[k * dim + i] == 0) i++;
    const PetscReal sign = v[k * dim + i] < 0 ? -1 : 1;
    for (i = 0; i < dim; i++) v[k * dim + i] *= sign;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoStretchingSVD(PetscInt dim, PetscInt64 n, const PetscReal *const D[],
                                 PetscReal *const sigma[], PetscReal *const directions[])
{
  PetscReal a[DIM * DIM], s[DIM], v[DIM * DIM];

  PetscFunctionBegin;
  PetscCheck(dim >= 1 && dim <= DIM, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE, "%d axes",
             (int)dim);
  for (PetscInt64 p = 0; p < n; p++) {
    for (PetscInt i = 0; i < dim * dim; i++) a[i] = D[i][p];
    PetscCall(SVD(dim, a, s, directions ? v : NULL));
    for (PetscInt k = 0; k < dim; k++) sigma[k][p] = s[k];
    for (PetscInt k = 0; k < dim * dim && directions; k++) directions[k][p] = v[k];
  }
  PetscFunctionReturn(0);
}

/* log s[dim], the last from log |det|. */
static void Logs(PetscInt dim, const PetscReal s[], PetscReal log_jacobian, PetscReal log_s[])
{
  for (PetscInt k = 0; k < dim; k++) log_s[k] = log(s[k]);
  if (dim == 1 || !isfinite(log_jacobian)) return;
  if (dim == 3 && !(s[1] >= ROUNDED * s[0])) log_s[1] = NAN;
  log_s[dim - 1] = log_jacobian;
  for (PetscInt k = 0; k < dim - 1; k++) log_s[dim - 1] -= log_s[k];
  if (log_s[dim - 1] > log_s[dim - 2]) log_s[dim - 1] = log_s[dim - 2]; /* rounding */
}

PetscErrorCode OttoStretchingLogs(PetscInt dim, PetscInt64 n, const PetscReal *const D[],
                                  const PetscReal log_jacobian[], PetscReal *const log_sigma[],
                                  PetscReal *const directions[])
{
  PetscReal s[DIM], log_s[DIM];

  PetscFunctionBegin;
  PetscCall(OttoStretchingSVD(dim, n, D, log_sigma, directions));
  for (PetscInt64 p = 0; p < n; p++) {
    for (PetscInt k = 0; k < dim; k++) s[k] = log_sigma[k][p];
    Logs(dim, s, log_jacobian[p], log_s);
    for (PetscInt k = 0; k < dim; k++) log_sigma[k][p] = log_s[k];
  }
  PetscFunctionReturn(0);
}

/* ---- all points of a map ---- */

typedef struct {
  PetscInt dim;
  PetscReal span;
  OttoSum sum[2];       /* of log σ_max and log σ_min over |span| */
  PetscInt64 points;    /* of them */
  PetscReal most;       /* largest log σ_max over |span|; NaN where one is */
  PetscReal least;      /* smallest log σ_min; likewise */
  PetscInt64 where;     /* the point of it, -1 where there is none */
  PetscReal *log_least; /* [count]: log σ_min */
} Tally;

static void CauchyGreen(PetscInt dim, PetscInt64 p, const PetscReal *const D[],
                        PetscReal *const out[], PetscBool lost)
{
  for (PetscInt i = 0; i < dim; i++)
    for (PetscInt j = 0; j < dim; j++) {
      PetscReal sum = 0;
      for (PetscInt k = 0; k < dim; k++) sum += D[k * dim + i][p] * D[k * dim + j][p];
      out[i * dim + j][p] = lost ? NAN : sum;
    }
}

/* Counts point p, of singular values with the logarithms log_s[dim]. NaN stays. */
static void Count(Tally *t, PetscInt64 p, const PetscReal log_s[])
{
  const PetscReal most = log_s[0] / t->span, least = log_s[t->dim - 1];

  OttoSumAdd(&t->sum[0], most);
  OttoSumAdd(&t->sum[1], least / t->span);
  t->points++;
  if (isnan(most) || most > t->most) t->most = most;
  if (isnan(least) || t->where < 0 || least < t->least) {
    t->least = least;
    t->where = p;
  }
}

static PetscErrorCode CountAll(OttoFlowMap map, Tally *t, PetscReal *const exponent[],
                               PetscReal *const cauchy_green[], PetscReal *const direction[])
{
  const PetscReal *const *D = OttoFlowMapGetDerivative(map);
  const PetscBool *lost = OttoFlowMapGetLost(map);
  const PetscInt64 count = OttoFlowMapGetCount(map);
  const PetscInt dim = t->dim;
  const PetscReal *log_jacobian = OttoFlowMapGetLogJacobian(map);
  PetscReal a[DIM * DIM], s[DIM], log_s[DIM], v[DIM * DIM];

  PetscFunctionBegin;
  for (PetscInt64 p = 0; p < count; p++) {
    for (PetscInt i = 0; i < dim * dim; i++) a[i] = lost[p] ? NAN : D[i][p];
    PetscCall(SVD(dim, a, s, direction ? v : NULL));
    Logs(dim, s, log_jacobian[p], log_s);
    t->log_least[p] = log_s[dim - 1];
    if (!lost[p]) Count(t, p, log_s);
    for (PetscInt k = 0; k < dim && exponent; k++)
      exponent[k][p] = lost[p] ? NAN : log_s[k] / t->span;
    for (PetscInt k = 0; k < dim * dim && direction; k++) direction[k][p] = v[k];
    if (cauchy_green) CauchyGreen(dim, p, D, cauchy_green, lost[p]);
  }
  PetscFunctionReturn(0);
}

/* log of the weighted mean of 1/σ_min², by way of its largest. What has no weight is not asked: it
 * may be as large as it likes. */
static PetscErrorCode LogMean(OttoFlowMap map, const Tally *t, const PetscReal weight[],
                              PetscReal *mean)
{
  const MPI_Comm comm = OttoGridGetInfo(OttoDynamicsGetGrid(OttoFlowMapGetDynamics(map)))->comm;
  const PetscInt64 count = OttoFlowMapGetCount(map);
  const PetscBool *lost = OttoFlowMapGetLost(map);
  PetscReal most = -INFINITY;
  OttoSum sum[2] = {{0, 0}, {0, 0}};

  PetscFunctionBegin;
  for (PetscInt64 p = 0; p < count; p++)
    if (!lost[p] && (!weight || weight[p] > 0)) most = PetscMax(most, -2 * t->log_least[p]);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &most, 1, MPIU_REAL, MPI_MAX, comm));
  for (PetscInt64 p = 0; p < count; p++) {
    const PetscReal w = weight ? weight[p] : 1;
    if (lost[p] || w == 0) continue;
    OttoSumAdd(&sum[0], w * exp(-2 * t->log_least[p] - most));
    OttoSumAdd(&sum[1], w);
  }
  PetscCall(OttoSumReduce(comm, 2, sum));
  *mean = most == INFINITY ? INFINITY : most + log(OttoSumValue(sum[0]) / OttoSumValue(sum[1]));
  if (!(OttoSumValue(sum[1]) > 0)) *mean = NAN;
  PetscFunctionReturn(0);
}

/* The smallest σ_min of all ranks, and where it is; of several the lowest rank's. Where one is not
 * known, neither is that: the least of all, so that it is found. */
static PetscErrorCode FindLeast(MPI_Comm comm, OttoFlowMap map, const Tally *t, OttoStretching *out)
{
  struct {
    double value;
    int rank;
  } least = {t->where < 0 ? INFINITY : isnan(t->least) ? -INFINITY : t->least, 0};
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  least.rank = rank;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &least, 1, MPI_DOUBLE_INT, MPI_MINLOC, comm));
  out->sigma_min = least.value == -INFINITY ? NAN : exp(least.value);
  for (PetscInt j = 0; j < DIM; j++) {
    out->where[j] = 0;
    if (rank == least.rank && t->where >= 0 && j < t->dim)
      out->where[j] = OttoFlowMapGetPositions(map)[j][t->where];
  }
  PetscCallMPI(MPI_Bcast(out->where, DIM, MPIU_REAL, least.rank, comm));
  PetscFunctionReturn(0);
}

static PetscErrorCode Gather(OttoFlowMap map, Tally *t, const PetscReal weight[],
                             OttoStretching *out)
{
  const OttoGridInfo *g = OttoGridGetInfo(OttoDynamicsGetGrid(OttoFlowMapGetDynamics(map)));

  PetscFunctionBegin;
  PetscCall(OttoSumReduce(g->comm, 2, t->sum));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &t->points, 1, MPIU_INT64, MPI_SUM, g->comm));
  if (isnan(t->most)) t->most = INFINITY;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &t->most, 1, MPIU_REAL, MPI_MAX, g->comm));
  if (t->most == INFINITY) t->most = NAN;
  PetscCall(FindLeast(g->comm, map, t, out));
  PetscCall(LogMean(map, t, weight, &out->inverse_norm));
  const PetscBool known = t->points > 0 && t->span > 0 ? PETSC_TRUE : PETSC_FALSE;
  out->ftle_max = known ? t->most : NAN;
  out->ftle_mean = known ? OttoSumValue(t->sum[0]) / (PetscReal)t->points : NAN;
  out->ftle_least = known ? OttoSumValue(t->sum[1]) / (PetscReal)t->points : NAN;
  out->inverse_norm = known ? out->inverse_norm / t->span : NAN;
  if (!t->points) out->sigma_min = NAN;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoStretchingCompute(OttoFlowMap map, PetscReal span, const PetscReal weight[],
                                     PetscReal *const exponent[], PetscReal *const cauchy_green[],
                                     PetscReal *const direction[], OttoStretching *out)
{
  const OttoGridInfo *g = OttoGridGetInfo(OttoDynamicsGetGrid(OttoFlowMapGetDynamics(map)));
  Tally t = {.dim = g->dim, .span = fabs(span), .most = -INFINITY, .where = -1};

  PetscFunctionBegin;
  OttoNeed(OttoFlowMapGetDerivative(map), "OttoFlowMapCreate() with the derivative");
  PetscErrorCode code = PetscMalloc1(OttoFlowMapGetCount(map) + 1, &t.log_least);
  if (!code) code = CountAll(map, &t, exponent, cauchy_green, direction);
  code = OttoAgree(g->comm, code);
  if (!code) code = Gather(map, &t, weight, out);
  PetscCall(PetscFree(t.log_least));
  PetscFunctionReturn(code);
}
