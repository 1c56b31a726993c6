/* ranks: 1 3
 * labels: transport
 * Fixed points from the last few iterates: of an affine map, self-adjoint in a weighted product,
 * as fast as conjugate residuals, however few are kept; cells without weight follow. */
#include "test.h"
#include "transport/anderson.h"

#define N 4000

/* M(x) = fixed + H (x - fixed): the two numbers of a pair mix. */
typedef struct {
  PetscInt64 pairs; /* of this rank */
  PetscReal *weight, *x, *image, *fixed, *rate;
} Affine;

/* On a pair of weights v and w the matrix with the eigenvalues 1 on (1, 1) and a on what is
 * orthogonal to it is self-adjoint; times rate. */
static void Apply(const Affine *m, const PetscReal x[], PetscReal out[])
{
  for (PetscInt64 i = 0; i < m->pairs; i++) {
    const PetscReal v = m->weight[2 * i], w = m->weight[2 * i + 1];
    const PetscReal a = x[2 * i] - m->fixed[2 * i], b = x[2 * i + 1] - m->fixed[2 * i + 1];
    const PetscReal mean = v + w > 0 ? (v * a + w * b) / (v + w) : 0;
    out[2 * i] = m->fixed[2 * i] + m->rate[i] * (mean + 0.3 * (a - mean));
    out[2 * i + 1] = m->fixed[2 * i + 1] + m->rate[i] * (mean + 0.3 * (b - mean));
  }
}

/* Weighted distance to the fixed point, over all ranks. */
static PetscErrorCode Away(const Affine *m, PetscReal *away)
{
  OttoSum sum = {0, 0};

  PetscFunctionBegin;
  for (PetscInt64 i = 0; i < 2 * m->pairs; i++)
    OttoSumAdd(&sum, m->weight[i] * pow(m->x[i] - m->fixed[i], 2));
  PetscCall(OttoSumReduce(PETSC_COMM_WORLD, 1, &sum));
  *away = sqrt(OttoSumValue(sum));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestKrylov(void)
{
  PetscMPIInt rank, size;
  OttoAnderson s;
  Affine m;
  PetscReal start, away;
  PetscInt rounds = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  const PetscInt64 first = N * rank / size, end = N * (rank + 1) / size;
  m.pairs = end - first;
  PetscCall(PetscMalloc5(2 * m.pairs, &m.weight, 2 * m.pairs, &m.x, 2 * m.pairs, &m.image,
                         2 * m.pairs, &m.fixed, m.pairs, &m.rate));
  for (PetscInt64 i = 0; i < 2 * m.pairs; i++) {
    const PetscReal at = (PetscReal)(2 * first + i);
    m.weight[i] = (PetscInt64)at % 7 == 3 ? 0 : exp(-10 * fmod(0.618 * at, 1));
    m.fixed[i] = sin(at);
    m.x[i] = cos(3 * at);
  }
  for (PetscInt64 i = 0; i < m.pairs; i++) /* from 0 to 1 - 1/2500, all the way */
    m.rate[i] = (1 - 1. / 2500) * sqrt((PetscReal)(first + i) / (N - 1));
  PetscCall(OttoAndersonCreate(PETSC_COMM_WORLD, 2 * m.pairs, &s));
  PetscCall(Away(&m, &start));
  do {
    Apply(&m, m.x, m.image);
    PetscCall(OttoAndersonStep(&s, m.weight, m.image, m.x));
    PetscCall(Away(&m, &away));
  } while (away > 1e-8 * start && ++rounds < 5000);
  /* conjugate residuals: 2 (1 - 2/√2500)^k, some 480 rounds for 1e-8; updates alone 46 000 */
  TestTrue(rounds > 100 && rounds < 600, "the rate of conjugate residuals");
  PetscCall(OttoAndersonDestroy(&s));
  PetscCall(PetscFree5(m.weight, m.x, m.image, m.fixed, m.rate));
  PetscFunctionReturn(0);
}

/* From a point that is fixed already nothing follows that is not a number. */
static PetscErrorCode TestFixed(void)
{
  PetscReal weight[] = {1, 0, 2}, x[] = {3, 4, 5}, image[] = {3, 1, 5};
  OttoAnderson s;

  PetscFunctionBegin;
  PetscCall(OttoAndersonCreate(PETSC_COMM_WORLD, 3, &s));
  for (int i = 0; i < 4; i++) {
    PetscCall(OttoAndersonStep(&s, weight, image, x));
    for (int c = 0; c < 3; c++) TestClose(x[c], image[c], 0, "where it is");
  }
  PetscCall(OttoAndersonDestroy(&s));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestKrylov, TestFixed});
}
