/* ranks: 1 2 3
 * Singular values against long double and closed forms, at condition numbers up to 1e12; what turns
 * leave as it is; exponents, tensors and statistics of a flow map against its derivative. */
#include "fixture.h"

typedef long double Real;

/* ---- matrices ---- */

/* Rows of a turn: product of plane turns by angles that look random. */
static void Turn(PetscInt dim, PetscInt64 seed, Real q[9])
{
  for (PetscInt i = 0; i < dim * dim; i++) q[i] = i % (dim + 1) == 0;
  for (PetscInt a = 0; a < dim; a++)
    for (PetscInt b = a + 1; b < dim; b++) {
      const Real angle = 6.3L * Hash(seed * 10 + a * 3 + b, 0.4);
      for (PetscInt j = 0; j < dim; j++) {
        const Real x = q[a * dim + j], y = q[b * dim + j];
        q[a * dim + j] = cosl(angle) * x - sinl(angle) * y;
        q[b * dim + j] = sinl(angle) * x + cosl(angle) * y;
      }
    }
}

static void Multiply(PetscInt dim, const Real a[], const Real b[], PetscBool transposed, Real c[])
{
  for (PetscInt i = 0; i < dim; i++)
    for (PetscInt j = 0; j < dim; j++) {
      Real sum = 0;
      for (PetscInt k = 0; k < dim; k++)
        sum += a[i * dim + k] * (transposed ? b[j * dim + k] : b[k * dim + j]);
      c[i * dim + j] = sum;
    }
}

/* Singular values by one-sided Jacobi turns of columns in long double (Hestenes 1958): another way,
 * right to 1e-19 of the largest. */
static void Hestenes(PetscInt dim, const double given[], Real s[])
{
  Real a[9];

  for (PetscInt i = 0; i < dim * dim; i++) a[i] = given[i];
  for (int sweep = 0; sweep < 30; sweep++)
    for (PetscInt p = 0; p < dim; p++)
      for (PetscInt q = p + 1; q < dim; q++) {
        Real pp = 0, qq = 0, pq = 0;
        for (PetscInt i = 0; i < dim; i++) {
          pp += a[i * dim + p] * a[i * dim + p];
          qq += a[i * dim + q] * a[i * dim + q];
          pq += a[i * dim + p] * a[i * dim + q];
        }
        if (pq == 0) continue;
        const Real z = (qq - pp) / (2 * pq), t = (z < 0 ? -1 : 1) / (fabsl(z) + hypotl(1, z));
        const Real c = 1 / hypotl(1, t);
        for (PetscInt i = 0; i < dim; i++) {
          const Real x = a[i * dim + p], y = a[i * dim + q];
          a[i * dim + p] = c * (x - t * y);
          a[i * dim + q] = c * (t * x + y);
        }
      }
  for (PetscInt k = 0; k < dim; k++) {
    s[k] = 0;
    for (PetscInt i = 0; i < dim; i++) s[k] = hypotl(s[k], a[i * dim + k]);
  }
  for (PetscInt i = 0; i < dim; i++)
    for (PetscInt k = 0; k + 1 < dim; k++)
      if (s[k] < s[k + 1]) {
        const Real swap = s[k];
        s[k] = s[k + 1];
        s[k + 1] = swap;
      }
}

static PetscErrorCode One(PetscInt dim, const double a[], double s[], double v[])
{
  const double *D[9];
  double *sigma[3], *direction[9];

  PetscFunctionBegin;
  for (PetscInt i = 0; i < dim * dim; i++) D[i] = &a[i], direction[i] = &v[i];
  for (PetscInt k = 0; k < dim; k++) sigma[k] = &s[k];
  PetscCall(OttoStretchingSVD(dim, 1, D, sigma, v ? direction : NULL));
  PetscFunctionReturn(0);
}

/* |A v_k| = sigma_k to eps sigma_1; v orthonormal, its signs by rule. */
static void CheckDirections(PetscInt dim, const double a[], const double s[], const double v[])
{
  for (PetscInt k = 0; k < dim; k++) {
    PetscInt first = 0;
    double norm = 0;
    for (PetscInt i = 0; i < dim; i++) {
      double image = 0;
      for (PetscInt j = 0; j < dim; j++) image += a[i * dim + j] * v[k * dim + j];
      norm = hypot(norm, image);
    }
    TestTrue(fabs(norm - s[k]) <= 1e-14 * s[0], "|A v| = sigma");
    while (first < dim - 1 && v[k * dim + first] == 0) first++;
    TestTrue(v[k * dim + first] > 0, "the first entry that is not 0 is positive");
    for (PetscInt l = 0; l <= k; l++) {
      double dot = 0;
      for (PetscInt j = 0; j < dim; j++) dot += v[k * dim + j] * v[l * dim + j];
      TestTrue(fabs(dot - (k == l)) <= 1e-14, "orthonormal");
    }
  }
}

/* Prescribed values from 1 down to 1/condition; A = P diag Q^T rounded to double. The reference is
 * of the rounded matrix. On three axes LAPACK errs by a few eps of the largest, on two all values
 * are right to rounding, of which the reference leaves 1e-19 of the largest. */
static PetscErrorCode TestGraded(void)
{
  static const double conditions[] = {1, 1.5, 1e3, 1e6, 1e9, 1e12};

  PetscFunctionBegin;
  for (PetscInt dim = 1; dim <= 3; dim++)
    for (size_t c = 0; c < sizeof conditions / sizeof *conditions; c++)
      for (PetscInt64 seed = 0; seed < 50; seed++) {
        const Real scale = powl(10, 8 * Hash(seed, 0.1) - 4), mid = Hash(seed, 0.2);
        Real p[9], q[9], b[9], s[3];
        double a[9], turned[9], sigma[3], again[3], v[9], w[9];
        Turn(dim, seed, p);
        Turn(dim, seed + 1000, q);
        for (PetscInt i = 0; i < dim; i++)
          for (PetscInt j = 0; j < dim; j++) {
            const Real power = j == 0 ? 0 : j == dim - 1 ? 1 : mid;
            p[i * dim + j] *= scale * powl(conditions[c], -power) * (seed % 2 && j ? -1 : 1);
          }
        Multiply(dim, p, q, PETSC_TRUE, b);
        for (PetscInt i = 0; i < dim * dim; i++) a[i] = (double)b[i];
        Hestenes(dim, a, s);
        PetscCall(One(dim, a, sigma, v));
        for (PetscInt k = 0; k < dim; k++) {
          const Real off = fabsl(sigma[k] - s[k]), eps = 2.2e-16L;
          if (dim < 3)
            TestTrue(off <= 8 * eps * s[k] + 4e-19L * s[0], "to rounding, whatever the condition");
          TestTrue(off <= 10 * eps * s[0], "to rounding of the largest");
        }
        TestTrue(dim == 1 || fabsl(sigma[dim - 1] / (s[0] / conditions[c]) - 1) <=
                                 4e-16L * conditions[c] + 1e-15L,
                 "the condition asked for: entries are rounded");
        CheckDirections(dim, a, sigma, v);
        PetscCall(One(dim, a, again, NULL));
        for (PetscInt k = 0; k < dim; k++)
          TestTrue(fabs(again[k] - sigma[k]) <= 1e-15 * sigma[0], "with and without directions");
        /* Q A, rounded: the same values and directions; directions turn by eps over the gap */
        Turn(dim, seed + 2000, p);
        Multiply(dim, p, b, PETSC_FALSE, q);
        for (PetscInt i = 0; i < dim * dim; i++) turned[i] = (double)q[i];
        PetscCall(One(dim, turned, again, w));
        for (PetscInt k = 0; k < dim; k++)
          TestTrue(fabs(again[k] - sigma[k]) <= 3e-15 * sigma[0], "a turn changes no length");
        if (c >= 2)
          for (PetscInt i = 0; i < dim; i++)
            TestTrue(fabs(w[i] - v[i]) <= 1e-12 || dim == 3, "nor what is stretched");
      }
  PetscFunctionReturn(0);
}

/* A shear by s stretches by (s + √(s² + 4))/2 and shrinks by its inverse; Arnold's cat map, n
 * times, by φ^2n, φ the golden ratio: condition numbers 1e12 and 5e11, and 1e-15 of the least. */
static PetscErrorCode TestClosed(void)
{
  double s[3], v[9], cat[4] = {1, 0, 0, 1};

  PetscFunctionBegin;
  for (double shear = 1e-8; shear < 2e6; shear *= 10) {
    const double most = (shear + sqrt(shear * shear + 4)) / 2;
    PetscCall(One(2, (double[]){1, shear, 0, 1}, s, v));
    TestClose(s[0], most, 4e-16, "shear, stretched");
    TestClose(s[1], 1 / most, 8e-16, "shear, shrunk");
    TestClose(v[0] / v[1], 1 / most, 1e-8, "what a shear stretches");
  }
  for (int n = 1; n <= 14; n++) {
    const double golden = pow((1 + sqrt(5)) / 2, 2 * n);
    const double next[4] = {2 * cat[0] + cat[2], 2 * cat[1] + cat[3], cat[0] + cat[2],
                            cat[1] + cat[3]};
    memcpy(cat, next, sizeof cat);
    PetscCall(One(2, cat, s, v));
    TestClose(s[0], golden, 4e-15, "cat map, stretched: pow and 28 roundings of the ratio");
    TestClose(s[1], 1 / golden, 8e-15, "cat map, shrunk");
    TestClose(v[0] / v[1], (1 + sqrt(5)) / 2, 1e-14, "along the golden ratio");
    TestTrue(v[2] > 0 && v[3] < 0, "and across it");
  }
  for (PetscInt dim = 1; dim <= 3; dim++)
    for (int bad = 0; bad < 2; bad++) {
      double a[9] = {1, 2, 3, 4, 5, 6, 7, 8, 10};
      a[dim * dim - 1] = bad ? INFINITY : NAN;
      PetscCall(One(dim, a, s, v));
      for (PetscInt k = 0; k < dim; k++) TestTrue(isnan(s[k]) && isnan(v[k]), "not finite: NaN");
    }
  PetscCall(One(2, (double[]){0, 0, 0, 0}, s, v));
  TestTrue(s[0] == 0 && s[1] == 0, "nothing is stretched by 0");
  PetscCall(One(2, (double[]){3e200, 0, 0, -2e200}, s, v));
  TestClose(s[1], 2e200, 1e-15, "no overflow");
  PetscCall(One(2, (double[]){3e-200, 1e-200, 0, 2e-200}, s, v));
  TestClose(s[0] * 1e100 * s[1] * 1e100, 6e-200, 1e-14, "no underflow");
  PetscFunctionReturn(0);
}

/* ---- a flow map ---- */

static PetscErrorCode SetOptions(int count, char *words[])
{
  PetscFunctionBegin;
  PetscCall(PetscOptionsClear(NULL));
  PetscCall(OttoOptionsInsert(NULL, count, words));
  PetscFunctionReturn(0);
}
#define Set(...)                                                                                   \
  PetscCall(SetOptions(sizeof((char *[]){__VA_ARGS__}) / sizeof(char *), (char *[]){__VA_ARGS__}))

static PetscErrorCode Destroy(OttoFlowMap *map, OttoDynamics *dynamics, OttoGrid *grid)
{
  PetscFunctionBegin;
  PetscCall(OttoFlowMapDestroy(map));
  PetscCall(OttoDynamicsDestroy(dynamics));
  PetscCall(OttoGridDestroy(grid));
  PetscFunctionReturn(0);
}

/* One iterate of Hénon's map: DΦ = (-2ax, 1; b, 0) in closed form. On no_flux axes points are lost
 * where the image leaves the box. Statistics are compensated sums of as many terms. */
static PetscErrorCode Henon(OttoBoundary b, PetscReal span)
{
  const PetscInt64 n[2] = {19, 14};
  OttoGrid grid;
  OttoDynamics dynamics;
  OttoFlowMap map;
  OttoStretching out;
  PetscReal *exponent[2], *green[4], *direction[4], *weight, least = INFINITY, most = -INFINITY;
  long double sum[4] = {0, 0, 0, 0}, at[2] = {0, 0};
  PetscInt64 left = 0;

  PetscFunctionBegin;
  Set("-dynamics_type", "henon", "-dynamics_a", "1.3", "-dynamics_b", "0.2");
  PetscCall(MakeCube(2, n, -1.25, 1.5, b, &grid));
  PetscCall(OttoDynamicsCreate(grid, &dynamics));
  PetscCall(OttoFlowMapCreateCells(dynamics, grid, 0, PETSC_TRUE, &map));
  PetscCall(OttoFlowMapAdvance(map, 1));
  const PetscInt64 count = OttoFlowMapGetCount(map);
  for (int k = 0; k < 2; k++) PetscCall(PetscMalloc1(count, &exponent[k]));
  for (int k = 0; k < 4; k++) PetscCall(PetscMalloc2(count, &green[k], count, &direction[k]));
  PetscCall(PetscMalloc1(count, &weight));
  for (PetscInt64 p = 0; p < count; p++) {
    PetscReal x[2];
    OttoGridCellCentre(OttoGridGetInfo(grid), p, x);
    weight[p] = 1 + x[0] * x[0] + (x[1] < 0 ? -1 - x[0] * x[0] : 0); /* half of them 0 */
  }
  PetscCall(OttoStretchingCompute(map, span, weight, exponent, green, direction, &out));
  for (PetscInt64 c = 0; c < n[0] * n[1]; c++) { /* all points, on every rank */
    const OttoGridInfo *g = OttoGridGetInfo(grid);
    const PetscReal x = -1.25 + ((PetscReal)(c / n[1]) + 0.5) * g->h[0],
                    y = -1.25 + ((PetscReal)(c % n[1]) + 0.5) * g->h[1];
    const PetscReal u = 1 - 1.3 * x * x + y, v = 0.2 * x;
    const double a[4] = {-2.6 * x, 1, 0.2, 0};
    const PetscInt64 local = c - g->offset;
    const PetscBool mine = local >= 0 && local < count ? PETSC_TRUE : PETSC_FALSE;
    Real s[2];
    Hestenes(2, a, s);
    if (b == OTTO_BOUNDARY_NO_FLUX && (u < -1.25 || u > 1.5 || v < -1.25 || v > 1.5)) {
      if (mine)
        TestTrue(isnan(exponent[0][local]) && isnan(green[3][local]) && isnan(direction[0][local]),
                 "NaN of a point that is lost");
      continue;
    }
    left++;
    const PetscReal w = y < 0 ? 0 : 1 + x * x;
    sum[0] += logl(s[0]) / fabs(span);
    sum[1] += logl(s[1]) / fabs(span);
    sum[2] += w / (s[1] * s[1]);
    sum[3] += w;
    most = PetscMax(most, (PetscReal)(logl(s[0]) / fabs(span)));
    if (s[1] < least) {
      least = (PetscReal)s[1];
      at[0] = u;
      at[1] = v;
    }
    if (!mine) continue;
    for (int k = 0; k < 2; k++)
      TestTrue(fabsl(exponent[k][local] - logl(s[k]) / fabs(span)) < 1e-14, "exponents");
    for (int i = 0; i < 4; i++)
      TestTrue(fabs(green[i][local] - (a[i / 2] * a[i % 2] + a[2 + i / 2] * a[2 + i % 2])) < 1e-14,
               "Cauchy-Green");
    const double d[4] = {direction[0][local], direction[1][local], direction[2][local],
                         direction[3][local]};
    CheckDirections(2, a, (double[]){(double)s[0], (double)s[1]}, d);
  }
  TestTrue(b == OTTO_BOUNDARY_OPEN ? left == n[0] * n[1] : left < n[0] * n[1] && left > 50, "lost");
  TestClose(out.ftle_max, most, 1e-14, "largest");
  TestClose(out.ftle_mean, (PetscReal)(sum[0] / left), 1e-14, "mean of the largest");
  TestClose(out.ftle_least, (PetscReal)(sum[1] / left), 1e-14, "mean of the least");
  TestClose(out.sigma_min, least, 1e-14, "thinnest");
  TestTrue(fabsl(fabsl(out.where[1]) - fabsl(at[1])) < 1e-14, "where it is");
  TestClose(out.inverse_norm, (PetscReal)(logl(sum[2] / sum[3]) / fabs(span)), 1e-13, "inverse");
  PetscCall(OttoStretchingCompute(map, 0, NULL, NULL, NULL, NULL, &out));
  TestTrue(isnan(out.ftle_max) && isnan(out.inverse_norm), "no time, no exponent");
  TestClose(out.sigma_min, least, 1e-14, "but a thinnest place");
  for (int k = 0; k < 2; k++) PetscCall(PetscFree(exponent[k]));
  for (int k = 0; k < 4; k++) PetscCall(PetscFree2(green[k], direction[k]));
  PetscCall(PetscFree(weight));
  PetscCall(Destroy(&map, &dynamics, &grid));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestHenon(void)
{
  PetscFunctionBegin;
  PetscCall(Henon(OTTO_BOUNDARY_OPEN, 1));
  PetscCall(Henon(OTTO_BOUNDARY_OPEN, -2.5));
  PetscCall(Henon(OTTO_BOUNDARY_NO_FLUX, 1));
  PetscFunctionReturn(0);
}

/* Six iterates of Hénon's map take (1000, 0) beyond 1e190, where 1/σ_min² is beyond numbers; it has
 * no weight. The other point by long double, σ_min by |b|^6 over σ_max. */
static PetscErrorCode TestWeights(void)
{
  const PetscInt64 n[2] = {4, 4};
  const PetscReal at[2][2] = {{1000, 0.1}, {0, 0.2}}, weight[2] = {0, 3};
  Real x = 0.1L, y = 0.2L, D[4] = {1, 0, 0, 1};
  OttoGrid grid;
  OttoDynamics dynamics;
  OttoFlowMap map;
  OttoStretching out;
  PetscMPIInt rank;

  PetscFunctionBegin;
  Set("-dynamics_type", "henon");
  PetscCall(MakeCube(2, n, -1, 1, OTTO_BOUNDARY_OPEN, &grid));
  PetscCall(OttoDynamicsCreate(grid, &dynamics));
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCall(OttoFlowMapCreate(dynamics, rank ? 0 : 2, (const PetscReal *const[]){at[0], at[1]}, 0,
                              PETSC_TRUE, &map));
  PetscCall(OttoFlowMapAdvance(map, 6));
  PetscCall(OttoStretchingCompute(map, 6, weight, NULL, NULL, NULL, &out));
  for (int i = 0; i < 6; i++) {
    const Real slope = -2.8L * x, from = x;
    const Real next[4] = {slope * D[0] + D[2], slope * D[1] + D[3], 0.3L * D[0], 0.3L * D[1]};
    memcpy(D, next, sizeof D);
    x = 1 - 1.4L * x * x + y;
    y = 0.3L * from;
  }
  const Real most = (hypotl(D[0] + D[3], D[2] - D[1]) + hypotl(D[0] - D[3], D[2] + D[1])) / 2;
  TestClose(out.inverse_norm, (PetscReal)(2 * (logl(most) - 6 * logl(0.3L)) / 6), 1e-12,
            "no weight, no part");
  TestTrue(out.sigma_min < 1e-180, "but the thinnest place is there");
  PetscCall(Destroy(&map, &dynamics, &grid));
  PetscFunctionReturn(0);
}

/* Logarithms beyond what an SVD can tell: the cat map's powers, whose entries are rounded, by its
 * determinant, 1; of three axes the least by the others, and none where the second is rounding. */
static PetscErrorCode TestLogs(void)
{
  static const double values[2][3] = {{1e5, 3, 1e-11}, {1, 1e-11, 1e-12}};
  double cat[4] = {1, 0, 0, 1}, log_s[3], *out[3] = {&log_s[0], &log_s[1], &log_s[2]};
  double log_jacobian = 0;
  const double *D[9];
  Real p[9], q[9], b[9];
  double a[9];

  PetscFunctionBegin;
  for (int i = 0; i < 4; i++) D[i] = &cat[i];
  for (int n = 1; n <= 300; n++) {
    const double right = 2 * n * log((1 + sqrt(5)) / 2);
    const double next[4] = {2 * cat[0] + cat[2], 2 * cat[1] + cat[3], cat[0] + cat[2],
                            cat[1] + cat[3]};
    memcpy(cat, next, sizeof cat);
    PetscCall(OttoStretchingLogs(2, 1, D, &log_jacobian, out, NULL));
    TestClose(log_s[0], right, 1e-14, "stretched");
    TestClose(log_s[1], -right, 1e-14, "and shrunk");
  }
  for (int i = 0; i < 9; i++) D[i] = &a[i];
  for (PetscInt64 seed = 0; seed < 20; seed++)
    for (int c = 0; c < 2; c++) {
      const double *s = values[c];
      Turn(3, seed, p);
      Turn(3, seed + 1000, q);
      for (int i = 0; i < 9; i++) p[i] *= s[i % 3];
      Multiply(3, p, q, PETSC_TRUE, b);
      for (int i = 0; i < 9; i++) a[i] = (double)b[i];
      log_jacobian = log(s[0]) + log(s[1]) + log(s[2]);
      PetscCall(OttoStretchingLogs(3, 1, D, &log_jacobian, out, NULL));
      TestTrue(fabs(log_s[0] - log(s[0])) < 1e-14, "the first");
      if (c == 0) /* eps σ_1/σ_2 */
        TestTrue(fabs(log_s[1] - log(s[1])) < 1e-10 && fabs(log_s[2] - log(s[2])) < 1e-10,
                 "the least by the others: an SVD has it to a factor");
      else
        TestTrue(isnan(log_s[1]) && isnan(log_s[2]), "rounding is not known");
    }
  PetscFunctionReturn(0);
}

/* No point is left; a map without its derivative. */
static PetscErrorCode TestNone(void)
{
  const PetscInt64 n[2] = {4, 4};
  OttoGrid grid;
  OttoDynamics dynamics;
  OttoFlowMap map;
  OttoStretching out;

  PetscFunctionBegin;
  Set("-dynamics_type", "henon");
  PetscCall(MakeCube(2, n, -1, 1, OTTO_BOUNDARY_OPEN, &grid));
  PetscCall(OttoDynamicsCreate(grid, &dynamics));
  PetscCall(
      OttoFlowMapCreate(dynamics, 0, (const PetscReal *const[]){NULL, NULL}, 0, PETSC_TRUE, &map));
  PetscCall(OttoStretchingCompute(map, 1, NULL, NULL, NULL, NULL, &out));
  TestTrue(isnan(out.ftle_max) && isnan(out.ftle_mean) && isnan(out.ftle_least) &&
               isnan(out.sigma_min) && isnan(out.inverse_norm),
           "nothing is known of no points");
  PetscCall(OttoFlowMapDestroy(&map));
  PetscCall(OttoFlowMapCreateCells(dynamics, grid, 0, PETSC_FALSE, &map));
  TestFails(OttoStretchingCompute(map, 1, NULL, NULL, NULL, NULL, &out), OTTO_ERR_STATE,
            "with the derivative");
  PetscCall(Destroy(&map, &dynamics, &grid));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestGraded, TestClosed, TestHenon, TestWeights, TestLogs, TestNone});
}
