/* ranks: 1 2 4
 * Chains that fall into parts, closed cells, absorbing ends, deep wells, and the comparison of two
 * grids. */
#include "test.h"
#include "grid/planes.h"
#include "chain/relaxation_impl.h"
#include "chain/relaxation_lapack.h"
#include "chain.h"
#include "dense.h"

static double Cosine(PetscInt64 n, double h, int k) /* of n cells between walls */
{
  return PetscSqr(2 * sin(k * PETSC_PI / (2 * (double)n)) / h);
}

static PetscErrorCode Cutting(PetscInt64 n, PetscInt64 closed, const double exact[6])
{
  char formula[64];
  OttoRelaxation r;
  Chain s;

  PetscFunctionBegin;
  snprintf(formula, sizeof formula, "x>%d && x<%d ? inf : 0*x", (int)closed, (int)closed + 1);
  PetscCall(ChainCreate(1, &n, (PetscReal[]){0}, (PetscReal[]){(double)n}, (OttoBoundary[]){W},
                        OPTIONS("-potential_type", "formula", "-potential_formula", formula), &s));
  PetscCall(OttoRelaxationCompute(s.R, 6, &r));
  TestTrue(r.count == 6 && r.complete, "all of them");
  TestTrue(r.parts == 2, "as many zeros as parts");
  for (PetscInt i = 0; i < r.count; i++) {
    TestClose(r.rate[i], exact[i], 1e-11, "of both parts, in order");
    TestTrue(fabs(r.rate[i] - exact[i]) <= r.bound[i] + 1e-16, "within its bound");
  }
  PetscCall(OttoRelaxationFree(&r));
  PetscCall(ChainDestroy(&s));
  PetscFunctionReturn(0);
}

/* Two boxes of 30 and 20 cells, a closed cell between them; the same in a search. */
static PetscErrorCode TestParts(void)
{
  for (PetscInt64 of = 1; of <= 40; of *= 40) {
    double exact[6];
    int used = 0;
    for (int a = 1, b = 1; used < 6;) {
      const double x = Cosine(30 * of, 1, a), y = Cosine(20 * of, 1, b);
      exact[used++] = x <= y ? x : y;
      x <= y ? a++ : b++;
    }
    PetscCall(Cutting(50 * of + 1, 30 * of, exact));
  }
  return 0;
}

/* Labels of a comb: three bars of a cell's width, with closed ones between but for a bridge in the
 * last plane, so that they have to travel through all ranks and back. */
static PetscErrorCode TestLabels(void)
{
  static const char *const closed[2] = {"(y>1 && y<2) || (y>3 && y<4) ? inf : 0*x",
                                        "((y>1 && y<2) || (y>3 && y<4)) && x<11 ? inf : 0*x"};
  const PetscInt64 n[2] = {12, 5};
  Chain s;

  for (int bridge = 1; bridge >= 0; bridge--) {
    PetscInt part[60], count = 0;
    PetscBool *absorbs;
    PetscCall(ChainCreate(
        2, n, (PetscReal[]){0, 0}, (PetscReal[]){12, 5}, (OttoBoundary[]){W, W},
        OPTIONS("-potential_type", "formula", "-potential_formula", closed[bridge]), &s));
    PetscCall(OttoModeParts(s.Q, 10, part, &count, &absorbs));
    TestTrue(count == (bridge ? 1 : 3), "one comb, or three bars");
    for (PetscInt64 c = 0; c < s.g->local_cells; c++) {
      const PetscInt y = (PetscInt)(c % 5);
      const PetscBool last = OttoGridPlanes(s.g).start + c / 5 == 11 ? PETSC_TRUE : PETSC_FALSE;
      const PetscInt open = bridge ? 0 : y / 2;
      TestTrue(part[c] == (y % 2 && !(bridge && last) ? -1 : open), "numbered by their first cell");
    }
    for (PetscInt k = 0; k < count; k++) TestTrue(!absorbs[k], "nothing absorbs");
    PetscCall(PetscFree(absorbs));
    if (!bridge)
      TestFails(OttoModeParts(s.Q, 2, part, &count, &absorbs), OTTO_ERR_SOLVER, "3 parts");
    PetscCall(ChainDestroy(&s));
  }
  return 0;
}

/* A cell that nothing enters or leaves is no part. */
static PetscErrorCode TestLone(void)
{
  PetscInt part[8], count = 0;
  PetscBool *absorbs;
  Chain s;

  PetscCall(ChainCreate(1, (PetscInt64[]){8}, (PetscReal[]){0}, (PetscReal[]){8},
                        (OttoBoundary[]){W},
                        OPTIONS("-potential_type", "formula", "-potential_formula",
                                "(x>1 && x<2) || (x>3 && x<4) ? inf : 0*x"),
                        &s));
  PetscCall(OttoModeParts(s.Q, 1, part, &count, &absorbs));
  TestTrue(count == 1, "one part, two lone cells");
  for (PetscInt64 c = 0; c < s.g->local_cells; c++)
    TestTrue(part[c] == (OttoGridPlanes(s.g).start + c < 4 ? -1 : 0), "the last four cells");
  PetscCall(PetscFree(absorbs));
  PetscCall(ChainDestroy(&s));
  return 0;
}

/* One part absorbs, the other does not: one zero. */
static PetscErrorCode TestHalfAbsorbing(void)
{
  OttoRelaxation r;
  PetscInt part[62], count = 0;
  PetscBool *absorbs;
  Chain s;

  PetscCall(ChainCreate(1, (PetscInt64[]){62}, (PetscReal[]){0}, (PetscReal[]){62},
                        (OttoBoundary[]){A},
                        OPTIONS("-potential_type", "formula", "-potential_formula",
                                "(x>20 && x<21) || (x>41 && x<42) ? inf : 0*x"),
                        &s));
  PetscCall(OttoModeParts(s.Q, 10, part, &count, &absorbs));
  TestTrue(count == 3 && absorbs[0] && !absorbs[1] && absorbs[2], "the middle one does not");
  PetscCall(PetscFree(absorbs));
  PetscCall(OttoRelaxationCompute(s.R, 3, &r));
  TestTrue(r.parts == 1, "one zero");
  /* 20 cells from an absorbing face (rate 2 there: an image of opposite sign) to a wall: the odd
   * modes of 40 absorbing at both ends, which are those of sin(πk(i + ½)/40) */
  TestClose(r.rate[0], PetscSqr(2 * sin(PETSC_PI / 80)), 1e-11, "to the left");
  TestClose(r.rate[1], PetscSqr(2 * sin(PETSC_PI / 80)), 1e-11, "and to the right");
  TestClose(r.rate[2], Cosine(20, 1, 1), 1e-11, "in the middle");
  PetscCall(OttoRelaxationFree(&r));
  PetscCall(ChainDestroy(&s));
  return 0;
}

/* A line with absorbing ends, potential and drift: tridiagonal, so symmetric in √(up down). */
static PetscErrorCode TestLine(void)
{
  for (int driven = 0; driven < 2; driven++) {
    const int n = 70, room = 40 * n;
    PetscReal *rates, *T, values[70], work[2800], leave[70] = {0};
    OttoRelaxation r;
    int info = 0;
    Chain s;
    PetscCall(ChainCreate(
        1, (PetscInt64[]){n}, (PetscReal[]){-1}, (PetscReal[]){1}, (OttoBoundary[]){A},
        OPTIONS("-potential_type", "formula", "-potential_formula", "3*cos(4*x)", "-drift_type",
                driven ? "formula" : "none", "-drift_formula", "40*exp(x)"),
        &s));
    PetscCall(PetscCalloc2(3 * n, &rates, n * n, &T));
    const OttoRates *q = OttoGeneratorGetRates(s.Q);
    for (PetscInt64 c = 0; c < s.g->local_cells; c++) {
      rates[3 * (OttoGridPlanes(s.g).start + c)] = q->up[0][c];
      rates[3 * (OttoGridPlanes(s.g).start + c) + 1] = q->down[0][c];
      leave[OttoGridPlanes(s.g).start + c] = q->leave[c];
    }
    MPI_Allreduce(MPI_IN_PLACE, rates, 3 * n, MPIU_REAL, MPI_SUM, PETSC_COMM_WORLD);
    MPI_Allreduce(MPI_IN_PLACE, leave, n, MPIU_REAL, MPI_SUM, PETSC_COMM_WORLD);
    for (int i = 0; i < n; i++) {
      T[i + i * n] = leave[i];
      if (i + 1 < n) T[i + (i + 1) * n] = -sqrt(rates[3 * i] * rates[3 * i + 1]);
    }
    dsyev_("N", "U", &n, T, &n, values, work, &room, &info);
    PetscCall(OttoRelaxationCompute(s.R, 5, &r));
    TestTrue(r.complete && r.parts == 0, "complete, without a zero");
    for (int i = 0; i < 5; i++) {
      /* LAPACK: a few ε of the largest */
      TestTrue(fabs(r.rate[i] - values[i]) <= r.bound[i] + 1e-15 * values[n - 1], "its rate");
      TestTrue(r.bound[i] <= 1e-10 * values[i] && r.frequency[i] == 0, "real, and known");
    }
    PetscCall(OttoRelaxationFree(&r));
    PetscCall(PetscFree2(rates, T));
    PetscCall(ChainDestroy(&s));
  }
  return 0;
}

/* Three equal wells in a row behind barriers of 30 and 40 T: k and 3k, k as small as 1e-17 of ‖Q‖,
 * and both to be told apart (behind 70 T they are below the square of rounding, and not known); the
 * quotient is 3 but for what a well holds on its slopes. The sum of their inverses is that of all:
 * Σ A_k B_k/(π_k Q_k,k+1), A_k the mass up to cell k, B_k beyond. */
static PetscErrorCode TestThreeWells(void)
{
  static const char *const height[3] = {"15*cos(6*_pi*x)", "20*cos(6*_pi*x)", "35*cos(6*_pi*x)"};
  static const double amplitude[3] = {15, 20, 35};

  for (int t = 0; t < 3; t++) {
    OttoRelaxation r;
    double pi[90], beyond[91] = {0}, total = 0, below = 0, time = 0;
    Chain s;
    PetscCall(
        ChainCreate(1, (PetscInt64[]){90}, (PetscReal[]){0}, (PetscReal[]){1}, (OttoBoundary[]){W},
                    OPTIONS("-potential_type", "formula", "-potential_formula", height[t]), &s));
    PetscCall(OttoRelaxationCompute(s.R, 2, &r));
    for (int i = 0; i < 90; i++) {
      pi[i] = exp(-amplitude[t] * cos(6 * PETSC_PI * (i + 0.5) / 90));
      total += pi[i];
    }
    for (int i = 89; i >= 0; i--) beyond[i] = beyond[i + 1] + pi[i];
    for (int k = 0; k + 1 < 90; k++) {
      double z = log(pi[k + 1] / pi[k]), up = 8100;
      if (fabs(z) > 1e-9) up *= z / (1 - exp(-z));
      below += pi[k];
      time += below / total * beyond[k + 1] / (pi[k] * up);
    }
    TestTrue(r.complete, "complete");
    if (t < 2) TestClose(r.rate[1] / r.rate[0], 3, 1e-9, "k and 3k");
    if (t < 2) TestClose(1 / r.rate[0] + 1 / r.rate[1], time, 1e-7, "together all there is");
    for (int i = 0; i < 2; i++) {
      const double exact = (i ? 4 : 4.0 / 3) / time;
      TestTrue(fabs(r.rate[i] - exact) <= r.bound[i] + 1e-7 * exact, "within its bound");
      TestTrue((r.bound[i] < 1e-5 * r.rate[i]) == (t < 2), "known, and where not, said so");
    }
    PetscCall(OttoRelaxationFree(&r));
    PetscCall(ChainDestroy(&s));
  }
  return 0;
}

/* Three wells on a ring with a force: hops k± to either side, so rates (k₊ + k₋)(1 - cos) ± i(k₊ -
 * k₋)sin of 2π/3, with k₊/k₋ = exp(F/3T) and, in the steady state, a current (k₊ - k₋)/3 over every
 * edge, which elimination without subtraction gives to its own digits. Exact up to the rate over
 * that within a well: 1e-8 behind 20 T, 1e-12 behind 30. As a line, and in a plane that is too
 * large for its whole spectrum. */
static PetscErrorCode TestDrivenWells(void)
{
  static const char *const height[3] = {"10*cos(6*_pi*x)", "15*cos(6*_pi*x)", "20*cos(6*_pi*x)"};
  static const char *const plane[3] = {"10*cos(6*_pi*x)+0*y", "15*cos(6*_pi*x)+0*y",
                                       "20*cos(6*_pi*x)+0*y"};

  for (int t = 0; t < 6; t++) {
    const PetscInt n = 99;
    const double ahead = 5.0 / 6;
    PetscReal *Q = NULL, *copy, pi[99];
    OttoRelaxation r;
    Chain s;
    PetscCall(ChainCreate(1, (PetscInt64[]){n}, (PetscReal[]){0}, (PetscReal[]){1},
                          (OttoBoundary[]){P},
                          OPTIONS("-potential_type", "formula", "-potential_formula", height[t % 3],
                                  "-drift_type", "constant", "-drift_force", "5"),
                          &s));
    PetscCall(DenseRates(s.Q, n, &Q));
    PetscCall(PetscMalloc1(n * n, &copy));
    PetscCall(PetscArraycpy(copy, Q, n * n));
    DenseSteady(n, copy, pi);
    const PetscInt top = 33; /* near a barrier, where the current is not a small difference */
    const double J = pi[top] * Q[top * n + top + 1] - pi[top + 1] * Q[(top + 1) * n + top];
    PetscCall(PetscFree(copy));
    PetscCall(PetscFree(Q));
    if (t >= 3) {
      PetscCall(ChainDestroy(&s));
      PetscCall(
          ChainCreate(2, (PetscInt64[]){n, 7}, (PetscReal[]){0, 0}, (PetscReal[]){1, 0.1},
                      (OttoBoundary[]){P, P},
                      OPTIONS("-potential_type", "formula", "-potential_formula", plane[t % 3],
                              "-drift_type", "constant", "-drift_force", "5,0.5"),
                      &s));
    }
    PetscCall(OttoRelaxationCompute(s.R, 1, &r));
    TestTrue(OttoRelaxationCertified(&r, 0), "certified");
    const double slack = t % 3 ? 3e-12 : 3e-8;
    const double rate = 1.5 * 3 * J / tanh(ahead), turn = sin(2 * PETSC_PI / 3) * 3 * J;
    TestTrue(fabs(r.rate[0] - rate) <= r.bound[0] + slack * rate, "the rate of hopping");
    TestTrue(fabs(r.frequency[0] - turn) <= r.frequency_bound[0] + slack * rate,
             "and of going round");
    TestTrue(r.bound[0] < 1e-5 * rate, "known, although far below rounding of the fastest");
    PetscCall(OttoRelaxationFree(&r));
    PetscCall(ChainDestroy(&s));
  }
  return 0;
}

/* A stone that may not be entered, as a high potential, in a current: nothing depends on its height
 * once that is high, also where exponentials of it leave the doubles. */
static PetscErrorCode TestStone(void)
{
  static const char *const stone[2] = {"((x-0.5)^2+(y-0.5)^2 < 0.05) ? 60 : 0",
                                       "((x-0.5)^2+(y-0.5)^2 < 0.05) ? 5000 : 0"};
  OttoRelaxation r[2];

  for (int k = 0; k < 2; k++) {
    Chain s;
    PetscCall(ChainCreate(2, (PetscInt64[]){12, 10}, (PetscReal[]){0, 0}, (PetscReal[]){1, 1},
                          (OttoBoundary[]){W, W},
                          OPTIONS("-potential_type", "formula", "-potential_formula", stone[k],
                                  "-drift_type", "formula", "-drift_formula", "0-9*y,9*x"),
                          &s));
    PetscCall(OttoRelaxationCompute(s.R, 3, &r[k]));
    PetscCall(ChainDestroy(&s));
  }
  for (int i = 0; i < 3; i++) {
    TestTrue(OttoRelaxationCertified(&r[0], i) && OttoRelaxationCertified(&r[1], i), "certified");
    TestTrue(r[1].bound[i] < 1e-5 * r[1].rate[i], "and known");
    TestTrue(fabs(r[0].rate[i] - r[1].rate[i]) <= r[0].bound[i] + r[1].bound[i], "the same rate");
    TestTrue(fabs(r[0].frequency[i] - r[1].frequency[i]) <= r[0].bound[i] + r[1].bound[i],
             "the same frequency");
  }
  for (int k = 0; k < 2; k++) PetscCall(OttoRelaxationFree(&r[k]));
  return 0;
}

/* Two grids: each mode against its counterpart, not against whichever has its number. */
static PetscErrorCode TestDifference(void)
{
  PetscReal fine_rate[4] = {1, 2, 2.1, 9}, fine_turn[4] = {0, 3, 0, 0};
  PetscReal coarse_rate[3] = {1.1, 2.05, 2.2}, coarse_turn[3] = {0, 0, 3.1}, d[4];
  const OttoRelaxation fine = {.count = 4, .rate = fine_rate, .frequency = fine_turn},
                       coarse = {.count = 3, .rate = coarse_rate, .frequency = coarse_turn};

  PetscCall(OttoRelaxationDifference(&fine, &coarse, d));
  TestClose(d[0], 0.1, 1e-14, "the first");
  TestClose(d[1], hypot(0.2, 0.1), 1e-14, "the pair, although it comes later there");
  TestClose(d[2], 0.05, 1e-14, "the third");
  TestTrue(isnan(d[3]), "nothing left");
  return 0;
}

int main(void)
{
  return TestMain({TestParts, TestLabels, TestLone, TestHalfAbsorbing, TestLine, TestThreeWells,
                   TestDrivenWells, TestStone, TestDifference});
}
