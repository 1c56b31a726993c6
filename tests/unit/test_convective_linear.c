/* ranks: 1 2 3
 * Convective entropy of a linear map of a Gaussian in the plane: A Σ Aᵀ after, 2s added to either
 * covariance by blurring. */
#include "convective.h"

/* Neither symmetric nor normal; determinant 1.17. */
static const double A[4] = {1.2, 0.7, -0.3, 0.8}, Sigma[4] = {0.5, 0.2, 0.2, 0.4};
static double after[4]; /* A Σ Aᵀ */

static double Determinant(const double m[])
{
  return m[0] * m[3] - m[1] * m[2];
}

/* log of the density of covariance S at x. */
static double LogGaussian(const double S[], const double x[])
{
  const double det = Determinant(S);
  const double form = (S[3] * x[0] * x[0] - (S[1] + S[2]) * x[0] * x[1] + S[0] * x[1] * x[1]) / det;

  return -form / 2 - log(2 * PETSC_PI) - log(det) / 2;
}

/* A S Aᵀ */
static void Congruent(const double S[], double out[])
{
  for (int i = 0; i < 2; i++)
    for (int j = 0; j < 2; j++) {
      out[2 * i + j] = 0;
      for (int k = 0; k < 2; k++)
        for (int l = 0; l < 2; l++) out[2 * i + j] += A[2 * i + k] * S[2 * k + l] * A[2 * j + l];
    }
}

static double LogPhi(const double x[])
{
  return LogGaussian(Sigma, x);
}

static double LogPushed(const double x[])
{
  return LogGaussian(after, x);
}

static double Phi(const double x[])
{
  return exp(LogPhi(x));
}

static double Pushed(const double x[])
{
  return exp(LogPushed(x));
}

static double LogJacobian(const double x[])
{
  (void)x;
  return log(Determinant(A));
}

static void Derivative(const double x[], double D[])
{
  (void)x;
  memcpy(D, A, sizeof A);
}

/* [-12, 12]² with cells of 1/8: what is beyond has a variance of at most 1.9 at s = 1/4, e^-38. */
static PetscErrorCode Make(OttoGrid *grid, MapFields *m)
{
  PetscFunctionBegin;
  Congruent(Sigma, after);
  PetscCall(MakeCube(2, (PetscInt64[]){192, 192}, -12, 12, OTTO_BOUNDARY_OPEN, grid));
  PetscCall(MakeMap(*grid, &(MapForms){Phi, Pushed, LogJacobian, Derivative}, m));
  PetscFunctionReturn(0);
}

/* ½ log [det(AΣAᵀ + 2s) / det(A(Σ + 2s)Aᵀ)] to 1e-10, in fact to rounding of entropies of 2:
 * midpoint sums of Gaussians of σ ≥ 5 cells are integrals to e^{-2π²σ²}. */
static PetscErrorCode TestUpsilon(void)
{
  static const PetscReal s[] = {0, 0.018, 0.05, 0.1, 0.25};
  OttoConvectiveEntropy at[5];
  OttoGrid grid;
  MapFields m;

  PetscFunctionBegin;
  PetscCall(Make(&grid, &m));
  PetscCall(UpsilonBy(grid, "gaussian_exact", &m.c, 5, s, at));
  for (int i = 0; i < 5; i++) {
    const double wider[4] = {Sigma[0] + 2 * s[i], Sigma[1], Sigma[2], Sigma[3] + 2 * s[i]};
    const double blurred[4] = {after[0] + 2 * s[i], after[1], after[2], after[3] + 2 * s[i]};
    double carried[4];
    Congruent(wider, carried);
    const double upsilon = 0.5 * log(Determinant(blurred) / Determinant(carried));
    TestTrue(fabs(at[i].upsilon - upsilon) <= 1e-13, "upsilon");
    /* at 0 it is the data's own rounding, eps |log| of a density by exp */
    TestTrue(i == 0 || fabs(at[i].upsilon - upsilon) <= at[i].rounding, "to rounding");
    TestTrue(at[i].rounding <= 2e-13, "which is known to be little");
    TestTrue(fabs(at[i].after - (1 + log(2 * PETSC_PI) + 0.5 * log(Determinant(blurred)))) <= 1e-13,
             "H of what was blurred after");
    TestClose(at[i].mass_after, 1, 1e-13, "mass");
    TestClose(at[i].mass_before, 1, 1e-13, "mass");
  }
  PetscCall(FreeMap(&m));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* tr (AΣAᵀ)⁻¹ − tr Σ⁻¹. Logarithms of Gaussians are polynomials, whose differences are exact but
 * for eps · 600/h near the corners, where no mass is: 1e-12. The singular values of A are those of
 * its closed form. ψ underflows nowhere here; with logarithms given nothing changes. */
static PetscErrorCode TestStart(void)
{
  OttoConvectiveStart start;
  OttoGrid grid;
  MapFields m;

  PetscFunctionBegin;
  PetscCall(Make(&grid, &m));
  const double fisher = (Sigma[0] + Sigma[3]) / Determinant(Sigma);
  const double pushed = (after[0] + after[3]) / Determinant(after);
  const double square = A[0] * A[0] + A[1] * A[1] + A[2] * A[2] + A[3] * A[3];
  const double det = Determinant(A), least = (square - sqrt(square * square - 4 * det * det)) / 2;
  for (int logs = 0; logs < 2; logs++) {
    if (logs) {
      PetscCall(OttoFieldCreate(grid, &m.c.log_phi));
      PetscCall(OttoFieldCreate(grid, &m.c.log_pushed));
      PetscCall(FillFunction(grid, LogPhi, m.c.log_phi));
      PetscCall(FillFunction(grid, LogPushed, m.c.log_pushed));
    }
    PetscCall(OttoConvectiveStartCompute(grid, &m.c, &start));
    TestClose(start.fisher_phi, fisher, 1e-12, "I of phi");
    TestClose(start.fisher_pushed, pushed, 1e-12, "I of psi where points began");
    TestClose(start.fisher_grid, pushed, 1e-12, "I of psi by the grid");
    TestClose(start.coefficient, pushed - fisher, 3e-12, "the coefficient");
    TestTrue(start.laplacian == 0, "J is constant");
    TestClose(start.mean_log_jacobian, log(det), 1e-13, "E log J");
    TestClose(start.entropy_pushed, start.entropy_phi + log(det), 1e-13, "H of psi");
    TestClose(start.inverse_norm, 1 / least, 1e-12, "E of the inverse's norm");
    TestTrue(start.lost == 0 && start.unknown == 0 && start.unknown_grid == 0, "all take part");
  }
  PetscCall(FreeMap(&m));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* The same from Υ at s > 0 alone, from √(2s) = 1.5 h on: within its own error, which is not idle.
 */
static PetscErrorCode TestLimit(void)
{
  PetscReal limit, error;
  OttoGrid grid;
  MapFields m;

  PetscFunctionBegin;
  PetscCall(Make(&grid, &m));
  const double coefficient =
      (after[0] + after[3]) / Determinant(after) - (Sigma[0] + Sigma[3]) / Determinant(Sigma);
  PetscCall(LimitBy(grid, "gaussian_exact", &m.c, &limit, &error));
  TestTrue(fabs(limit - coefficient) <= error, "the limit, within its error");
  TestTrue(error <= 1e-5 * fabs(coefficient), "which says something");
  PetscCall(FreeMap(&m));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

/* Cells that are lost take no part where points began: of a half plane of them Υ(0) is what the
 * sums over the others leave of H[ψ] of all of ψ, and means are those of half a Gaussian. */
static PetscErrorCode TestLost(void)
{
  const PetscReal s = 0;
  OttoConvectiveStart start, whole;
  OttoConvectiveEntropy at;
  OttoGrid grid;
  MapFields m;
  PetscScalar *log_j;

  PetscFunctionBegin;
  PetscCall(Make(&grid, &m));
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscCall(OttoConvectiveStartCompute(grid, &m.c, &whole));
  PetscCall(VecGetArray(m.c.log_jacobian, &log_j));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscReal x[2];
    OttoGridCellCentre(g, c, x);
    if (x[0] > 0) continue;
    m.lost[c] = PETSC_TRUE;
    log_j[c] = x[1] > 0 ? NAN : 7;
    for (int k = 0; k < 4; k++) m.derivative[k][c] = NAN;
  }
  PetscCall(VecRestoreArray(m.c.log_jacobian, &log_j));
  PetscCall(OttoConvectiveStartCompute(grid, &m.c, &start));
  TestClose(start.lost, 0.5, 1e-13, "half of the mass is lost");
  TestClose(start.mean_log_jacobian, whole.mean_log_jacobian / 2, 1e-13, "half of E log J");
  TestClose(start.entropy_phi, whole.entropy_phi / 2, 1e-13, "half of H");
  TestClose(start.fisher_phi, whole.fisher_phi / 2, 1e-12, "half of I");
  TestClose(start.fisher_pushed, whole.fisher_pushed / 2, 1e-12, "half of I where points began");
  TestClose(start.inverse_norm, whole.inverse_norm / 2, 1e-12, "half of the inverse's norm");
  TestTrue(start.unknown == 0, "J is constant in what is left");
  PetscCall(UpsilonBy(grid, "gaussian_exact", &m.c, 1, &s, &at));
  TestClose(at.mass_before, 0.5, 1e-13, "half of the mass before");
  TestClose(at.before, (whole.entropy_phi + whole.mean_log_jacobian) / 2, 1e-13, "and of H");
  PetscCall(FreeMap(&m));
  PetscCall(OttoGridDestroy(&grid));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestUpsilon, TestStart, TestLimit, TestLost});
}
