/* ranks: 1 2
 * The error of a step of implicit Euler so long that its residual says nothing, against
 * elimination: none where the step is right, never above what is said where mass lies in the wrong
 * well. */
#include "test.h"
#include "chain.h"
#include "dense.h"
#include "fokker_planck/solve_error.h"

/* Masses of (1 - dt Qᵀ)⁻¹ before, relative in every cell: the stationary state of the chain that
 * returns at the rate 1/dt to a source which feeds `before`. */
static PetscErrorCode Exactly(Chain *s, PetscReal dt, const PetscReal before[], PetscReal after[])
{
  const PetscInt n = (PetscInt)s->g->cells, m = n + 1;
  PetscReal *Q = NULL, *R, *pi;

  PetscFunctionBegin;
  PetscCall(DenseRates(s->Q, n, &Q));
  PetscCall(PetscCalloc1((size_t)m * (size_t)m, &R));
  PetscCall(PetscMalloc1(m, &pi));
  for (PetscInt x = 0; x < n; x++) {
    R[x + 1] = before[x] / dt;
    R[(x + 1) * m] = 1 / dt;
    for (PetscInt y = 0; y < n; y++) R[(x + 1) * m + y + 1] = Q[x * n + y];
  }
  DenseSteady(m, R, pi);
  for (PetscInt x = 0; x < n; x++) after[x] = pi[x + 1] / (1 - pi[0]);
  PetscCall(PetscFree(Q));
  PetscCall(PetscFree(R));
  PetscCall(PetscFree(pi));
  PetscFunctionReturn(0);
}

static PetscErrorCode Spread(Chain *s, const PetscReal masses[], Vec v)
{
  PetscScalar *values;

  PetscFunctionBegin;
  PetscCall(VecGetArray(v, &values));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++)
    values[c] = masses[s->g->offset + c] / s->g->cell_volume;
  PetscCall(VecRestoreArray(v, &values));
  PetscFunctionReturn(0);
}

static PetscErrorCode TestLongSteps(void)
{
  static const double dts[] = {1e2, 1e6, 1e10}, moved[] = {0, 1e-7, 1e-3, 0.3};
  static const char *const V[] = {"10*cos(4*_pi*x)", "30*cos(4*_pi*x)"};
  enum { N = 96 };

  for (int k = 0; k < 6; k++) {
    Chain s;
    Vec before, after;
    OttoAggregation aggregation = NULL;
    PetscReal from[N], to[N], spoilt[N], mass = 0;
    PetscCall(ChainCreate(1, (PetscInt64[]){N}, (PetscReal[]){0}, (PetscReal[]){1},
                          (OttoBoundary[]){P},
                          OPTIONS("-potential_type", "formula", "-potential_formula", V[k % 2],
                                  "-drift_type", k % 3 ? "constant" : "none", "-drift_force", "1"),
                          &s));
    for (int i = 0; i < N; i++) mass += from[i] = exp(-0.5 * pow((i + 0.5 - 0.3 * N) / 5, 2));
    for (int i = 0; i < N; i++) from[i] /= mass;
    PetscCall(Exactly(&s, dts[k / 2], from, to));
    PetscCall(OttoFieldCreate(s.grid, &before));
    PetscCall(OttoFieldCreate(s.grid, &after));
    PetscCall(Spread(&s, from, before));
    for (int i = 0; i < 4; i++) {
      PetscReal truth = 0, error = NAN;
      for (int c = 0; c < N; c++) {
        spoilt[c] = to[c] * (c < N / 2 ? 1 - moved[i] : 1);
        truth += fabs(spoilt[c] - to[c]);
      }
      PetscCall(Spread(&s, spoilt, after));
      PetscCall(OttoSolveError(s.Q, dts[k / 2], before, after, &aggregation, &error));
      /* both eliminations are good to n eps; six times the error is what a right estimate may say
       */
      TestTrue(error >= truth, "never below the error");
      TestTrue(error <= 25 * truth + 1e-10, "nor far above");
      if (!(error >= truth && error <= 25 * truth + 1e-10))
        fprintf(stderr, "  case %d, dt %g, moved %g: error %g, said %g\n", k, dts[k / 2], moved[i],
                truth, error);
    }
    PetscCall(OttoAggregationDestroy(&aggregation));
    PetscCall(VecDestroy(&before));
    PetscCall(VecDestroy(&after));
    PetscCall(ChainDestroy(&s));
  }
  return 0;
}

int main(void)
{
  return TestMain({TestLongSteps});
}
