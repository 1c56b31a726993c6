/* ranks: 1 3
 * Rates of driven chains, multiple rates and rates in any unit, against closed forms: every one
 * within its own bound, and the bound within what is asked for. */
#include "test.h"
#include <otto/relaxation.h>
#include <stdlib.h>
#include "chain.h"

#define MOST 24

typedef struct {
  double rate[MOST], frequency[MOST];
  int count;
} Exact;

static int BySlowness(const void *a, const void *b)
{
  const double *x = (const double *)a, *y = (const double *)b;
  if (fabs(x[0] - y[0]) > 1e-9 * fabs(x[0])) return x[0] < y[0] ? -1 : 1;
  return x[1] < y[1] ? -1 : x[1] > y[1];
}

/* The slowest `count` of the spectrum as it is computed and as it is; `relative` to the rate. */
static PetscErrorCode Compare(Chain *s, PetscInt count, const Exact *exact, double relative)
{
  OttoRelaxation r;

  PetscFunctionBegin;
  PetscCall(OttoRelaxationCompute(s->R, count, &r));
  TestTrue(r.count == count, "as many as asked for");
  TestTrue(r.complete, "no other before them");
  for (PetscInt i = 0; i < r.count && i < exact->count; i++) {
    const double bound = r.bound[i], turn = r.frequency_bound[i];
    TestTrue(OttoRelaxationCertified(&r, i), "certified");
    TestTrue(bound <= relative * r.rate[i], "its bound is small");
    TestTrue(turn <= relative * r.rate[i], "and that of the frequency");
    /* the closed form's own rounding: a difference of terms of the size of ‖Q‖ */
    PetscReal norm = 0;
    PetscCall(OttoGeneratorNorm(s->Q, &norm));
    TestTrue(fabs(r.rate[i] - exact->rate[i]) <= bound + 4e-16 * norm, "the rate within it");
    TestTrue(fabs(r.frequency[i] - exact->frequency[i]) <= turn + 4e-16 * norm,
             "the frequency within it");
  }
  PetscCall(OttoRelaxationFree(&r));
  PetscFunctionReturn(0);
}

/* Rates up and down an edge of a constant force. */
static void Edge(double force, double h, double D, double T, double *up, double *down)
{
  const double z = force * h / T;
  *up = D / (h * h) * (z == 0 ? 1 : z / (1 - exp(-z)));
  *down = *up * exp(-z);
}

/* Modes of one axis: of a box with walls u + v - 2√(uv) cos(πk/n), of a ring (u+v)(1-cos) ±
 * i(u-v)sin of 2πk/n. mode[n]: rate and frequency. */
static void Axis(PetscInt64 n, double u, double v, PetscBool ring, double mode[][2])
{
  for (PetscInt64 k = 0; k < n; k++) {
    const double x = PETSC_PI * (double)k / (double)n;
    /* 1 - cos by its half angle; (√u - √v)² + … loses nothing where u and v are alike */
    const double s = ring ? sin(x) : sin(x / 2);
    mode[k][0] =
        ring ? (u + v) * 2 * s * s
             : (k ? (sqrt(u) - sqrt(v)) * (sqrt(u) - sqrt(v)) + 4 * sqrt(u * v) * s * s : 0);
    mode[k][1] = ring ? (u - v) * sin(2 * x) : 0;
  }
}

/* All sums of modes of the axes but the zero, one of each conjugate pair; the slowest of them. */
static void Sums(PetscInt dim, const PetscInt64 n[], double mode[][2000][2], Exact *exact)
{
  PetscInt64 cells = 1, used = 0;
  double(*all)[2];

  for (PetscInt j = 0; j < dim; j++) cells *= n[j];
  all = malloc((size_t)cells * sizeof *all);
  for (PetscInt64 c = 1; c < cells; c++) {
    double rate = 0, turn = 0;
    PetscInt64 rest = c;
    for (PetscInt j = 0; j < dim; j++, rest = rest / n[j - 1]) {
      rate += mode[j][rest % n[j]][0];
      turn += mode[j][rest % n[j]][1];
    }
    if (turn < -1e-9 * rate) continue;
    all[used][0] = rate;
    all[used++][1] = fabs(turn);
  }
  qsort(all, (size_t)used, sizeof *all, BySlowness);
  exact->count = (int)PetscMin(MOST, used);
  for (int i = 0; i < exact->count; i++) {
    exact->rate[i] = all[i][0];
    exact->frequency[i] = all[i][1];
  }
  free(all);
}

static double mode[3][2000][2];

static PetscErrorCode Box(PetscInt dim, const PetscInt64 n[], const PetscReal upper[],
                          const double force[], OttoBoundary boundary, double T, PetscInt count,
                          double relative)
{
  const PetscReal lower[3] = {0, 0, 0};
  const OttoBoundary boundaries[3] = {boundary, boundary, boundary};
  char text[80], temperature[32];
  Exact exact;
  Chain s;

  PetscFunctionBegin;
  snprintf(text, sizeof text, "%.17g,%.17g,%.17g", force[0], force[1], force[2]);
  for (int commas = 0, i = 0; text[i]; i++)
    if (text[i] == ',' && ++commas == dim) text[i] = 0;
  snprintf(temperature, sizeof temperature, "%.17g", T);
  for (PetscInt j = 0; j < dim; j++) {
    double up, down;
    Edge(force[j], upper[j] / (double)n[j], T, T, &up, &down);
    Axis(n[j], up, down, boundary == P ? PETSC_TRUE : PETSC_FALSE, mode[j]);
  }
  Sums(dim, n, mode, &exact);
  const PetscBool driven = force[0] != 0 || force[1] != 0 || force[2] != 0;
  PetscCall(ChainCreate(
      dim, n, lower, upper, boundaries,
      driven ? OPTIONS("-drift_type", "constant", "-drift_force", text, "-temperature", temperature)
             : OPTIONS("-temperature", temperature),
      &s));
  PetscCall(Compare(&s, count, &exact, relative));
  PetscCall(ChainDestroy(&s));
  PetscFunctionReturn(0);
}

/* 1D, walls: reversible whatever the force, so real, and good to 1e-12: rounding of ‖Q‖ over rate.
 */
static PetscErrorCode TestWalls(void)
{
  const PetscReal one[3] = {1, 1, 1};

  for (int k = 0; k < 3; k++)
    PetscCall(Box(1, (PetscInt64[]){100}, one, (double[]){100 << k, 0, 0}, W, 1, 1 << k, 1e-11));
  PetscCall(Box(1, (PetscInt64[]){37}, one, (double[]){-300, 0, 0}, W, 1, 5, 1e-11));
  PetscCall(Box(1, (PetscInt64[]){1500}, one, (double[]){2000, 0, 0}, W, 2.5, 3, 1e-9));
  PetscCall(Box(2, (PetscInt64[]){20, 20}, one, (double[]){30, 30, 0}, W, 1, 4, 1e-11));
  PetscCall(Box(3, (PetscInt64[]){5, 6, 7}, one, (double[]){10, -7, 3}, W, 1, 4, 1e-11));
  return 0;
}

/* The issue's own digits. */
static PetscErrorCode TestDigits(void)
{
  static const double exact[4] = {9250.7407, 9275.92, 9317.87, 9376.54};
  OttoRelaxation r;
  Chain s;

  PetscCall(ChainCreate(1, (PetscInt64[]){100}, (PetscReal[]){0}, (PetscReal[]){1},
                        (OttoBoundary[]){W},
                        OPTIONS("-drift_type", "constant", "-drift_force", "200"), &s));
  PetscCall(OttoRelaxationCompute(s.R, 4, &r));
  for (int i = 0; i < 4; i++) {
    TestClose(r.rate[i], exact[i], i ? 1e-6 : 1e-8, "as many digits as are given");
    TestTrue(r.frequency[i] == 0, "real");
  }
  PetscCall(OttoRelaxationFree(&r));
  PetscCall(ChainDestroy(&s));
  return 0;
}

/* Rings and tori: normal, complex, and where two forces are alike double. Both ways: the whole
 * spectrum up to 600 cells, searches beyond. */
static PetscErrorCode TestRings(void)
{
  const PetscReal one[3] = {1, 1, 1}, sides[3] = {2, 1, 1.5};

  PetscCall(Box(1, (PetscInt64[]){64}, one, (double[]){200, 0, 0}, P, 1, 5, 1e-9));
  PetscCall(Box(1, (PetscInt64[]){700}, one, (double[]){50, 0, 0}, P, 1, 4, 1e-7));
  PetscCall(Box(2, (PetscInt64[]){12, 12}, one, (double[]){20, 20, 0}, P, 1, 6, 1e-9));
  PetscCall(Box(2, (PetscInt64[]){28, 28}, one, (double[]){20, 20, 0}, P, 1, 6, 1e-8));
  PetscCall(Box(2, (PetscInt64[]){30, 24}, sides, (double[]){-40, 3, 0}, P, 0.5, 5, 1e-8));
  PetscCall(Box(3, (PetscInt64[]){10, 9, 8}, sides, (double[]){5, 0, -8}, P, 1, 4, 1e-8));
  return 0;
}

/* Squares and cubes: rates in pairs and triples, in a search that may lose one; the last asked for
 * may be in the middle of them. */
static PetscErrorCode TestMultiple(void)
{
  const PetscReal one[3] = {1, 1, 1};
  const double none[3] = {0, 0, 0};

  for (PetscInt count = 1; count <= 8; count += count < 4 ? 1 : 4)
    PetscCall(Box(2, (PetscInt64[]){36, 36}, one, none, W, 1, count, 1e-11));
  PetscCall(Box(3, (PetscInt64[]){11, 11, 11}, one, none, W, 1, 7, 1e-11));
  PetscCall(Box(3, (PetscInt64[]){4, 4, 4}, one, none, W, 1, 10, 1e-11));
  PetscCall(Box(2, (PetscInt64[]){40, 40}, one, none, P, 1, 13, 1e-10));
  PetscCall(Box(3, (PetscInt64[]){4, 1, 5}, one, none, W, 1, 5, 1e-11));
  return 0;
}

/* In any unit of length, time and energy. */
static PetscErrorCode TestUnits(void)
{
  static const double size[] = {1e7, 1e-9, 1e12};

  for (int k = 0; k < 3; k++) {
    const double L = size[k], T = k == 2 ? 1e-12 : 1;
    const PetscReal upper[3] = {L, L, L};
    PetscCall(Box(1, (PetscInt64[]){64}, upper, (double[]){0, 0, 0}, W, T, 2, 1e-11));
    PetscCall(Box(1, (PetscInt64[]){64}, upper, (double[]){50 * T / L, 0, 0}, P, T, 2, 1e-9));
    PetscCall(Box(2, (PetscInt64[]){36, 36}, upper, (double[]){0, 0, 0}, W, T, 3, 1e-11));
    PetscCall(Box(2, (PetscInt64[]){28, 28}, upper, (double[]){9 * T / L, 0, 0}, P, T, 2, 1e-8));
  }
  return 0;
}

/* The disc of the issue: 6.55094 twice, whatever is asked for. */
static PetscErrorCode TestDisc(void)
{
  static const double exact[4] = {6.55094, 6.55094, 18.0186, 34.18};
  OttoRelaxation r;
  Chain s;

  PetscCall(ChainCreate(2, (PetscInt64[]){64, 64}, (PetscReal[]){0, 0}, (PetscReal[]){1, 1},
                        (OttoBoundary[]){W, W},
                        OPTIONS("-potential_type", "formula", "-potential_formula",
                                "((x-0.5)^2+(y-0.5)^2 < 0.04) ? 100 : 0"),
                        &s));
  for (PetscInt count = 1; count <= 4; count++) {
    PetscCall(OttoRelaxationCompute(s.R, count, &r));
    TestTrue(r.count == count && r.complete, "all of them");
    for (PetscInt i = 0; i < r.count; i++) TestClose(r.rate[i], exact[i], 3e-5, "the disc's");
    if (count > 1) TestClose(r.rate[1], r.rate[0], 1e-11, "a pair");
    PetscCall(OttoRelaxationFree(&r));
  }
  PetscCall(ChainDestroy(&s));
  return 0;
}

/* Ornstein-Uhlenbeck with rotation: k(i + j) ± iω(i - j), of second order in h. */
static PetscErrorCode TestRotation(void)
{
  double error[2] = {0}, turn[2] = {0};

  for (int k = 0; k < 2; k++) {
    OttoRelaxation r;
    Chain s;
    PetscCall(ChainCreate(
        2, (PetscInt64[]){24 << k, 22 << k}, (PetscReal[]){-5, -5}, (PetscReal[]){5, 5},
        (OttoBoundary[]){W, W},
        OPTIONS("-potential_type", "quadratic", "-drift_type", "rotation", "-drift_rate", "2"),
        &s));
    PetscCall(OttoRelaxationCompute(s.R, 4, &r));
    TestTrue(r.complete, "complete");
    for (int i = 0; i < 4; i++) {
      TestTrue(r.bound[i] < 1e-7 * r.rate[i], "certified");
    }
    error[k] = fabs(r.rate[0] - 1);
    turn[k] = fabs(r.frequency[0] - 2);
    TestTrue(r.frequency[1] == 0 || r.frequency[2] == 0, "one of the second order does not turn");
    PetscCall(OttoRelaxationFree(&r));
    PetscCall(ChainDestroy(&s));
  }
  TestTrue(fabs(log2(error[0] / error[1]) - 2) < 0.3, "rates of second order");
  TestTrue(fabs(log2(turn[0] / turn[1]) - 2) < 0.3, "frequencies of second order");
  return 0;
}

int main(void)
{
  return TestMain(
      {TestWalls, TestDigits, TestRings, TestMultiple, TestUnits, TestDisc, TestRotation});
}
