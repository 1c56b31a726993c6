/* The chain's own steady state, from its dense rates; for tests on a few hundred cells. */
#pragma once
#include <otto/generator.h>

/* Rates Q[n·n], row by row and the same on all ranks; the diagonal is left 0. PetscFree it. */
static inline PetscErrorCode DenseRates(OttoGenerator generator, PetscInt n, PetscReal **rates)
{
  PetscInt from = 0, to = 0;
  PetscReal *Q;
  Mat M = NULL;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)n * (size_t)n, &Q));
  PetscCall(OttoGeneratorAssemble(generator, PETSC_FALSE, &M));
  PetscCall(MatGetOwnershipRange(M, &from, &to));
  for (PetscInt y = from; y < to; y++) {
    PetscInt count = 0;
    const PetscInt *x = NULL;
    const PetscScalar *value = NULL;
    PetscCall(MatGetRow(M, y, &count, &x, &value));
    for (PetscInt i = 0; i < count; i++)
      if (x[i] != y) Q[x[i] * n + y] = value[i];
    PetscCall(MatRestoreRow(M, y, &count, &x, &value));
  }
  PetscCall(MatDestroy(&M));
  PetscCallMPI(
      MPI_Allreduce(MPI_IN_PLACE, Q, (PetscMPIInt)(n * n), MPIU_REAL, MPI_SUM, PETSC_COMM_WORLD));
  *rates = Q;
  PetscFunctionReturn(0);
}

/* The null vector by elimination without a subtraction (Grassmann, Taksar and Heyman 1985): every
 * entry to n·ε of itself, however badly the chain is connected. Q is overwritten; Σ pi = 1. */
static inline void DenseSteady(PetscInt n, PetscReal Q[], PetscReal pi[])
{
  PetscReal total = 1;

  for (PetscInt k = n - 1; k > 0; k--) {
    PetscReal out = 0;
    for (PetscInt j = 0; j < k; j++) out += Q[k * n + j];
    for (PetscInt i = 0; i < k; i++) {
      Q[i * n + k] /= out;
      for (PetscInt j = 0; j < k; j++)
        if (i != j) Q[i * n + j] += Q[i * n + k] * Q[k * n + j];
    }
  }
  pi[0] = 1;
  for (PetscInt k = 1; k < n; k++) {
    pi[k] = 0;
    for (PetscInt i = 0; i < k; i++) pi[k] += pi[i] * Q[i * n + k];
    total += pi[k];
  }
  for (PetscInt k = 0; k < n; k++) pi[k] /= total;
}
