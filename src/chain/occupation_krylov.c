/*
 * -Rᵀx = π b in the form A y = W b, y = W u, A = -W⁻¹RᵀW, W = √π: with detailed balance symmetric
 * and positive. What counts is the residual of u, r_y/W, in the largest norm, in the tails as in
 * the wells; so the true one is found after every round, by the differences of u with the chain's
 * own rates, and the next round solves for what is missing.
 */
#include "occupation_impl.h"
#include <math.h>

#define ROUNDS 8
#define FALL 1e-5    /* of the largest residual, a round */
#define WANTED 1e-12 /* relative, or of the largest mean time's inverse: then it ends */
/* Iterations of a round, of CG and of BiCGStab: several times what it takes where it works. */
#define LIMIT 60
#define LIMIT_DRIVEN 30
#define HALF 0.5 /* a round that gains less is the last */

/* A cell that plays no part has this on the diagonal, relative to the largest rate out of any, and
 * nothing else. */
#define ASIDE 0.5

/* ---- set-up ---- */

static PetscErrorCode Scaling(OttoOccupation s)
{
  const PetscReal T = OttoGeneratorGetTemperature(s->R);
  PetscReal least = 0;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(s->grid, &s->W));
  PetscCall(OttoFieldRange(s->grid, OttoGeneratorGetPotential(s->R), &least, NULL));
  PetscCall(VecCopy(OttoGeneratorGetPotential(s->R), s->W));
  PetscCall(VecShift(s->W, -least - 0.5 * T * s->range));
  PetscCall(VecScale(s->W, -0.5 / T));
  PetscCall(VecExp(s->W));
  PetscFunctionReturn(0);
}

/* A, regular: cells aside are absorbed at some rate. */
static PetscErrorCode Matrix(OttoOccupation s)
{
  const PetscScalar *leave = OttoGeneratorGetRates(s->R)->leave;
  PetscScalar *diagonal;
  PetscReal norm = 0;

  PetscFunctionBegin;
  PetscCall(OttoGeneratorNorm(s->R, &norm));
  PetscCall(OttoGeneratorAssemble(s->R, PETSC_TRUE, &s->A));
  PetscCall(MatScale(s->A, -1));
  PetscCall(VecGetArray(s->image, &diagonal));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++)
    diagonal[c] = leave[c] + (s->plays[c] ? 0 : ASIDE * norm);
  PetscCall(VecRestoreArray(s->image, &diagonal));
  PetscCall(MatDiagonalSet(s->A, s->image, INSERT_VALUES));
  PetscFunctionReturn(0);
}

/* The largest residual in units against the goal. */
static PetscErrorCode Test(KSP ksp, PetscInt iteration, PetscReal norm, KSPConvergedReason *reason,
                           void *context)
{
  OttoOccupation s = (OttoOccupation)context;
  PetscReal most = 0;
  Vec r = NULL;

  PetscFunctionBegin;
  *reason = KSP_CONVERGED_ITERATING;
  if (!isfinite(norm)) *reason = KSP_DIVERGED_NANORINF;
  if (norm == 0) *reason = KSP_CONVERGED_ATOL;
  if (*reason || iteration == 0) PetscFunctionReturn(0);
  PetscCall(KSPBuildResidual(ksp, s->image, s->noise, &r));
  PetscCall(VecPointwiseDivide(s->noise, r, s->unit));
  PetscCall(VecNorm(s->noise, NORM_INFINITY, &most));
  if (most <= s->goal) *reason = KSP_CONVERGED_RTOL;
  if (iteration >= (s->symmetric ? LIMIT : LIMIT_DRIVEN)) *reason = KSP_DIVERGED_ITS;
  PetscFunctionReturn(0);
}

static PetscErrorCode SetUp(OttoOccupation s)
{
  PetscReal coupling[OTTO_GENERATOR_MAX_DIM] = {0, 0, 0};
  PC pc;

  PetscFunctionBegin;
  if (s->ksp) PetscFunctionReturn(0);
  for (PetscInt j = 0; j < s->g->dim; j++) coupling[j] = OttoGeneratorCoupling(s->R, j);
  PetscCall(OttoMultigridCreate(s->grid, coupling, &s->multigrid));
  PetscCall(Scaling(s));
  PetscCall(OttoFieldCreate(s->grid, &s->unit));
  PetscCall(OttoFieldCreate(s->grid, &s->best));
  PetscCall(Matrix(s));
  PetscCall(OttoMultigridSetOperator(s->multigrid, s->A, s->W));
  PetscCall(OttoMultigridSetShift(s->multigrid, 0));
  PetscCall(KSPCreate(s->g->comm, &s->ksp));
  PetscCall(KSPSetType(s->ksp, s->symmetric ? KSPCG : KSPBCGS));
  PetscCall(KSPSetErrorIfNotConverged(s->ksp, PETSC_FALSE));
  PetscCall(KSPSetOperators(s->ksp, s->A, s->A));
  PetscCall(KSPGetPC(s->ksp, &pc));
  PetscCall(PCSetType(pc, PCMG));
  PetscCall(PCMGSetLevels(pc, OttoMultigridLevels(s->multigrid), NULL));
  if (s->symmetric) PetscCall(KSPSetNormType(s->ksp, KSP_NORM_UNPRECONDITIONED));
  PetscCall(KSPSetConvergenceTest(s->ksp, Test, s, NULL));
  PetscCall(OttoMultigridAttach(s->multigrid, pc));
  PetscCall(KSPSetUp(s->ksp));
  PetscCall(OttoMultigridWork(s->multigrid, pc, &s->work));
  PetscFunctionReturn(0);
}

/* ---- solves ---- */

/* unit = W·(b, or 1/unit); where that is 0 the cell does not count. */
static PetscErrorCode Units(OttoOccupation s, Vec b, PetscReal unit)
{
  const PetscScalar *of_b, *W;
  PetscScalar *out;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(b, &of_b));
  PetscCall(VecGetArrayRead(s->W, &W));
  PetscCall(VecGetArray(s->unit, &out));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++)
    out[c] = !s->plays[c] ? PETSC_MAX_REAL : W[c] * (unit > 0 ? 1 / unit : of_b[c]);
  PetscCall(VecRestoreArray(s->unit, &out));
  PetscCall(VecRestoreArrayRead(s->W, &W));
  PetscCall(VecRestoreArrayRead(b, &of_b));
  PetscFunctionReturn(0);
}

/* u += A's solution of the residual at hand. */
static PetscErrorCode Correct(OttoOccupation s, Vec u, OttoPassageReport *report)
{
  PetscInt iterations = 0;
  const PetscScalar *y, *W;
  PetscScalar *values;

  PetscFunctionBegin;
  PetscCall(VecPointwiseMult(s->residual, s->residual, s->W));
  PetscCall(KSPSolve(s->ksp, s->residual, s->update));
  PetscCall(KSPGetIterationNumber(s->ksp, &iterations));
  report->iterations += iterations;
  report->applications +=
      (PetscReal)iterations * (s->symmetric ? 1 + s->work : 2 * (1 + s->work) + 1);
  PetscCall(VecGetArrayRead(s->update, &y));
  PetscCall(VecGetArrayRead(s->W, &W));
  PetscCall(VecGetArray(u, &values));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++)
    if (s->plays[c]) values[c] += y[c] / W[c];
  PetscCall(VecRestoreArray(u, &values));
  PetscCall(VecRestoreArrayRead(s->W, &W));
  PetscCall(VecRestoreArrayRead(s->update, &y));
  PetscFunctionReturn(0);
}

/* What is certified, in the unit asked for; residual at hand. */
static PetscErrorCode Off(OttoOccupation s, Vec b, PetscReal unit, Vec u, OttoPassageReport *report,
                          PetscReal *off)
{
  PetscReal most = 0;
  const PetscScalar *r, *of_b;

  PetscFunctionBegin;
  PetscCall(OttoOccupationCertify(s, b, unit, u, report));
  PetscCall(VecGetArrayRead(s->residual, &r));
  PetscCall(VecGetArrayRead(b, &of_b));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    const PetscReal share = fabs(r[c]) * (unit > 0 ? unit : 1 / of_b[c]);
    if (s->plays[c]) most = share <= most ? most : share;
  }
  PetscCall(VecRestoreArrayRead(b, &of_b));
  PetscCall(VecRestoreArrayRead(s->residual, &r));
  if (isnan(most)) most = INFINITY;
  PetscCallMPI(MPI_Allreduce(&most, off, 1, MPIU_REAL, MPIU_MAX, s->g->comm));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoOccupationKrylov(OttoOccupation s, Vec b, PetscReal unit, Vec u,
                                    OttoPassageReport *report)
{
  PetscReal off = INFINITY, before = INFINITY;

  PetscFunctionBegin;
  PetscCall(SetUp(s));
  if (isinf(unit)) unit = 1; /* nothing is certified; residuals fall as far as they do */
  PetscCall(Units(s, b, unit));
  for (PetscInt round = 0; round <= ROUNDS; round++) {
    PetscCall(Off(s, b, unit, u, report, &off));
    if (round > 0 && !(off <= before)) { /* rounding is all that is left */
      PetscCall(VecCopy(s->best, u));
      break;
    }
    if (off <= WANTED || round == ROUNDS || (round > 0 && off > HALF * before)) break;
    PetscCall(VecCopy(u, s->best));
    before = off;
    s->goal = PetscMax(FALL * off, 0.5 * WANTED);
    PetscCall(Correct(s, u, report));
  }
  PetscFunctionReturn(0);
}
