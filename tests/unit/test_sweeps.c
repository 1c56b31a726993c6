/* ranks: 1 2 3
 * Symmetric sweeps of Gauss and Seidel that hear of other ranks between forth and back: their
 * definition, on an M-matrix with neighbours on all ranks, symmetric or not.
 */
#include "chain/multigrid_sweeps.h"
#include "fixture.h"
#include <math.h>

#define ROWS 41

/* Entry of a chain in which every cell leads to the next two, one half way round, and back. */
static double Entry(int skew, PetscInt i, PetscInt k)
{
  const PetscInt apart = i > k ? i - k : k - i;

  if (i == k) return 5.5 + sin(1.7 * (double)i);
  if (apart > 2 && apart != ROWS / 2) return 0;
  return -1 / (1 + (double)apart) * (1 + 0.3 * sin((double)(i + k)) + (i > k ? 0.2 * skew : 0));
}

static PetscErrorCode MakeMatrix(int skew, Mat *A)
{
  PetscInt begin, end;

  PetscFunctionBegin;
  PetscCall(MatCreateAIJ(PETSC_COMM_WORLD, PETSC_DECIDE, PETSC_DECIDE, ROWS, ROWS, ROWS, NULL, ROWS,
                         NULL, A));
  PetscCall(MatGetOwnershipRange(*A, &begin, &end));
  for (PetscInt i = begin; i < end; i++)
    for (PetscInt k = 0; k < ROWS; k++)
      if (Entry(skew, i, k) != 0)
        PetscCall(MatSetValue(*A, i, k, Entry(skew, i, k), INSERT_VALUES));
  PetscCall(MatAssemblyBegin(*A, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(*A, MAT_FINAL_ASSEMBLY));
  PetscFunctionReturn(0);
}

/* A sweep over the rows of every rank, which sees others' values as they are before it. */
static void SweepRanks(int skew, const PetscInt ranges[], PetscMPIInt size, int back,
                       const double b[], double x[])
{
  double was[ROWS];

  for (int i = 0; i < ROWS; i++) was[i] = x[i];
  for (PetscMPIInt r = 0; r < size; r++)
    for (PetscInt step = 0; step < ranges[r + 1] - ranges[r]; step++) {
      const PetscInt i = back ? ranges[r + 1] - 1 - step : ranges[r] + step;
      double sum = b[i];
      for (PetscInt k = 0; k < ROWS; k++)
        if (k != i)
          sum -= Entry(skew, i, k) * (k >= ranges[r] && k < ranges[r + 1] ? x[k] : was[k]);
      x[i] = sum / Entry(skew, i, i);
    }
}

static PetscErrorCode FillRows(Vec v, double (*f)(double))
{
  PetscInt begin, end;

  PetscFunctionBegin;
  PetscCall(VecGetOwnershipRange(v, &begin, &end));
  for (PetscInt i = begin; i < end; i++) PetscCall(VecSetValue(v, i, f((double)i), INSERT_VALUES));
  PetscCall(VecAssemblyBegin(v));
  PetscCall(VecAssemblyEnd(v));
  PetscFunctionReturn(0);
}

static double Right(double i)
{
  return cos(0.7 * i);
}

static double Start(double i)
{
  return sin(2.3 * i + 1);
}

static PetscErrorCode TestDefinition(int skew, int from_zero)
{
  const int flag = SOR_LOCAL_SYMMETRIC_SWEEP | (from_zero ? SOR_ZERO_INITIAL_GUESS : 0);
  double b[ROWS], x[ROWS];
  const PetscInt *ranges;
  const PetscScalar *is;
  PetscMPIInt size;
  PetscInt begin, end;
  Vec right, to;
  Mat A;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  PetscCall(MakeMatrix(skew, &A));
  PetscCall(OttoSweepsTogether(A));
  PetscCall(OttoSweepsTogether(A));
  PetscCall(MatCreateVecs(A, &right, &to));
  PetscCall(MatGetOwnershipRanges(A, &ranges));
  PetscCall(FillRows(right, Right));
  for (int i = 0; i < ROWS; i++) {
    b[i] = Right(i);
    x[i] = from_zero ? 0 : Start(i);
  }
  SweepRanks(skew, ranges, size, 0, b, x);
  SweepRanks(skew, ranges, size, 1, b, x);
  for (int twice = 0; twice < 2; twice++) {
    PetscCall(FillRows(to, Start));
    PetscCall(MatSOR(A, right, 1, (MatSORType)flag, 0, 1, 1, to));
    PetscCall(VecGetOwnershipRange(to, &begin, &end));
    PetscCall(VecGetArrayRead(to, &is));
    for (PetscInt i = begin; i < end; i++) /* 2 sums of ROWS terms below 1 */
      TestClose(is[i - begin], x[i], 1e-13, "a sweep forth and back");
    PetscCall(VecRestoreArrayRead(to, &is));
    PetscCall(MatScale(A, 2)); /* other values, the same equations */
    PetscCall(VecScale(right, 2));
  }
  PetscCall(VecDestroy(&right));
  PetscCall(VecDestroy(&to));
  PetscCall(MatDestroy(&A));
  PetscFunctionReturn(0);
}

/* The pair is symmetric where the matrix is, as CG asks; a relaxed sweep is PETSc's. */
static PetscErrorCode TestSymmetric(void)
{
  const MatSORType flag = (MatSORType)(SOR_LOCAL_SYMMETRIC_SWEEP | SOR_ZERO_INITIAL_GUESS);
  PetscReal one, other;
  Vec u, v, Su, Sv;
  Mat A, B;

  PetscFunctionBegin;
  PetscCall(MakeMatrix(0, &A));
  PetscCall(MakeMatrix(0, &B));
  PetscCall(OttoSweepsTogether(A));
  PetscCall(MatCreateVecs(A, &u, &Su));
  PetscCall(MatCreateVecs(A, &v, &Sv));
  PetscCall(FillRows(u, Right));
  PetscCall(FillRows(v, Start));
  PetscCall(MatSOR(A, u, 1, flag, 0, 1, 1, Su));
  PetscCall(MatSOR(A, v, 1, flag, 0, 1, 1, Sv));
  PetscCall(VecDot(Su, v, &one));
  PetscCall(VecDot(Sv, u, &other));
  TestClose(one, other, 1e-13, "symmetric");
  PetscCall(MatSOR(A, u, 1.3, flag, 0, 1, 1, Su));
  PetscCall(MatSOR(B, u, 1.3, flag, 0, 1, 1, Sv));
  PetscCall(VecAXPY(Su, -1, Sv));
  PetscCall(VecNorm(Su, NORM_2, &one));
  TestTrue(one == 0, "a relaxed pair is PETSc's");
  PetscCall(VecDestroy(&u));
  PetscCall(VecDestroy(&v));
  PetscCall(VecDestroy(&Su));
  PetscCall(VecDestroy(&Sv));
  PetscCall(MatDestroy(&A));
  PetscCall(MatDestroy(&B));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestForms(void)
{
  PetscFunctionBegin;
  for (int k = 0; k < 4; k++) PetscCall(TestDefinition(k / 2, k % 2));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestForms, TestSymmetric});
}
