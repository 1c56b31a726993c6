/*
 * -Rᵀx = π b in the form A y = W b, y = W u, A = -W⁻¹RᵀW, W = √π: with detailed balance symmetric
 * and positive. What counts is the residual of u, r_y/W, in the largest norm, in the tails as in
 * the wells; so the true one is found after every round, by the differences of u with the chain's
 * own rates, and the next round solves for what is missing.
 *
 * A splitting probability may be small where most of π is, and the flow between channels is made of
 * just these values: what residuals take from it, Σ π (1 - u) |r| (q⁻ is 1 - u with detailed
 * balance), has to be small beside it, too. Without π there is none: where transport leads one way
 * from every channel to others it would be 0.
 */
#include "occupation_impl.h"
#include <math.h>

#define ROUNDS 8
/* Of the largest residual: the first round, which shows what rounding leaves; a little is left to
 * others, each of which Krylov's method begins anew. That of probabilities shows the flow, too, to
 * which they are then found. */
#define FIRST 1e-9
#define FIRST_SPLIT 1e-5
#define FALL 1e-8    /* the others */
#define WANTED 1e-12 /* relative, or of the largest mean time's inverse: then it ends */
/* Iterations of a round, of CG and of BiCGStab: several times what it takes where it works. */
#define LIMIT 60
#define LIMIT_DRIVEN 30
#define HALF 0.5 /* a round that gains less is the last */
/* Of the largest sum that the rounding of u alone may bring: what it does bring is a fifth. */
#define ROUNDED 0.25

/* A cell that plays no part has this on the diagonal, relative to the largest rate out of any, and
 * nothing else. */
#define ASIDE 0.5

/* ---- set-up ---- */

static PetscErrorCode Scaling(OttoOccupation s)
{
  PetscReal least = 0;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(s->grid, &s->W));
  if (!s->R) {
    PetscCall(VecSet(s->W, 1));
    PetscFunctionReturn(0);
  }
  const PetscReal T = OttoGeneratorGetTemperature(s->R);
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
  const PetscScalar *leave = OttoGeneratorGetRates(s->R ? s->R : s->C)->leave;
  PetscScalar *diagonal;
  PetscReal norm = 0;

  PetscFunctionBegin;
  PetscCall(OttoGeneratorNorm(s->R ? s->R : s->C, &norm));
  if (s->R)
    PetscCall(OttoGeneratorAssemble(s->R, PETSC_TRUE, &s->A));
  else
    PetscCall(OttoGeneratorAssembleBackward(s->C, &s->A));
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
  PetscReal most = 0, taken = 0;
  Vec r = NULL;

  PetscFunctionBegin;
  *reason = KSP_CONVERGED_ITERATING;
  if (!isfinite(norm)) *reason = KSP_DIVERGED_NANORINF;
  if (norm == 0) *reason = KSP_CONVERGED_ATOL;
  if (*reason || iteration == 0) PetscFunctionReturn(0);
  PetscCall(KSPBuildResidual(ksp, s->image, s->noise, &r));
  PetscCall(VecPointwiseDivide(s->noise, r, s->unit));
  PetscCall(VecNorm(s->noise, NORM_INFINITY, &most));
  if (isfinite(s->flow_goal)) {
    PetscCall(VecPointwiseMult(s->noise, r, s->weight));
    PetscCall(VecNorm(s->noise, NORM_1, &taken));
  }
  if (most <= s->goal && taken <= s->flow_goal) *reason = KSP_CONVERGED_RTOL;
  if (iteration >= (s->symmetric ? LIMIT : LIMIT_DRIVEN)) *reason = KSP_DIVERGED_ITS;
  PetscFunctionReturn(0);
}

static PetscErrorCode SetUp(OttoOccupation s)
{
  PetscReal coupling[OTTO_GENERATOR_MAX_DIM] = {0, 0, 0};
  PC pc;

  PetscFunctionBegin;
  if (s->ksp) PetscFunctionReturn(0);
  for (PetscInt j = 0; j < s->g->dim; j++) coupling[j] = OttoGeneratorCoupling(s->C, j);
  PetscCall(OttoMultigridCreate(s->grid, coupling, &s->multigrid));
  PetscCall(Scaling(s));
  PetscCall(OttoFieldCreate(s->grid, &s->unit));
  PetscCall(OttoFieldCreate(s->grid, &s->best));
  PetscCall(OttoFieldCreate(s->grid, &s->weight));
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

/* weight = W (1 - u), and the flow between the channel of b and others, by what these take. *share:
 * of it that the residual at hand takes; +inf where there is no flow yet, 0 without other channels.
 * *least: what rounding of u leaves of it in any case. */
static PetscErrorCode Flow(OttoOccupation s, Vec b, Vec u, PetscReal *share, PetscReal *least)
{
  const OttoRates *rates = OttoGeneratorGetRates(s->C);
  const PetscScalar *of_b, *of_u, *r, *W;
  PetscScalar *weight;
  PetscReal sums[4] = {0, 0, 0, 0}; /* taken, flow, rates of others, taken by rounding */

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(b, &of_b));
  PetscCall(VecGetArrayRead(u, &of_u));
  PetscCall(VecGetArrayRead(s->residual, &r));
  PetscCall(VecGetArrayRead(s->W, &W));
  PetscCall(VecGetArray(s->weight, &weight));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    const PetscReal killed = rates->killed[c];
    const PetscReal others = killed - of_b[c] > 1e-14 * killed ? killed - of_b[c] : 0;
    weight[c] = s->plays[c] ? W[c] * PetscMax(1 - of_u[c], PETSC_MACHINE_EPSILON) : 0;
    sums[0] += W[c] * weight[c] * fabs(r[c]);
    if (s->plays[c]) sums[1] += W[c] * W[c] * others * PetscMax(of_u[c], 0);
    if (s->plays[c]) sums[2] += others;
    sums[3] += W[c] * weight[c] * PETSC_MACHINE_EPSILON * rates->leave[c] * fabs(of_u[c]);
  }
  PetscCall(VecRestoreArray(s->weight, &weight));
  PetscCall(VecRestoreArrayRead(s->W, &W));
  PetscCall(VecRestoreArrayRead(s->residual, &r));
  PetscCall(VecRestoreArrayRead(u, &of_u));
  PetscCall(VecRestoreArrayRead(b, &of_b));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sums, 4, MPIU_REAL, MPIU_SUM, s->g->comm));
  s->flow = sums[1];
  *share = !(sums[2] > 0) ? 0 : sums[1] > 0 ? sums[0] / sums[1] : INFINITY;
  *least = sums[2] > 0 && sums[1] > 0 ? ROUNDED * sums[3] / sums[1] : 0;
  PetscFunctionReturn(0);
}

/* What is certified, in the unit asked for; residual at hand. *least: what rounding of u leaves of
 * it in any case. */
static PetscErrorCode Off(OttoOccupation s, Vec b, PetscReal unit, Vec u, OttoPassageReport *report,
                          PetscReal *off, PetscReal *least)
{
  const PetscReal *leave = OttoGeneratorGetRates(s->C)->leave;
  PetscReal most[2] = {0, 0};
  const PetscScalar *r, *of_b, *of_u;

  PetscFunctionBegin;
  PetscCall(OttoOccupationCertify(s, b, unit, u, report));
  PetscCall(VecGetArrayRead(s->residual, &r));
  PetscCall(VecGetArrayRead(b, &of_b));
  PetscCall(VecGetArrayRead(u, &of_u));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    const PetscReal scale = unit > 0 ? unit : 1 / of_b[c], share = fabs(r[c]) * scale;
    if (!s->plays[c]) continue;
    most[0] = share <= most[0] ? most[0] : share; /* NaN as well */
    most[1] = PetscMax(most[1], PETSC_MACHINE_EPSILON * leave[c] * of_u[c] * scale);
  }
  PetscCall(VecRestoreArrayRead(u, &of_u));
  PetscCall(VecRestoreArrayRead(b, &of_b));
  PetscCall(VecRestoreArrayRead(s->residual, &r));
  if (isnan(most[0])) most[0] = INFINITY;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, most, 2, MPIU_REAL, MPIU_MAX, s->g->comm));
  *off = most[0];
  *least = most[1];
  PetscFunctionReturn(0);
}

PetscErrorCode OttoOccupationKrylov(OttoOccupation s, Vec b, PetscReal unit, Vec u,
                                    OttoPassageReport *report)
{
  const PetscBool splits = unit > 0 ? PETSC_TRUE : PETSC_FALSE;
  PetscReal off = INFINITY, least = 0, least_lost = 0, before = INFINITY, kept = 0;

  PetscFunctionBegin;
  PetscCall(SetUp(s));
  if (isinf(unit)) unit = 1; /* nothing is certified; residuals fall as far as they do */
  PetscCall(Units(s, b, unit));
  for (PetscInt round = 0; round <= ROUNDS; round++) {
    PetscCall(Off(s, b, unit, u, report, &off, &least));
    const PetscReal wanted = PetscMax(WANTED, least);
    s->lost = 0;
    if (splits && s->R) PetscCall(Flow(s, b, u, &s->lost, &least_lost));
    const PetscReal wanted_lost = PetscMax(WANTED, least_lost);
    const PetscReal worst = PetscMax(off, s->lost);
    if (round > 0 && !(worst <= before)) { /* rounding is all that is left */
      PetscCall(VecCopy(s->best, u));
      s->lost = kept;
      break;
    }
    if ((off <= wanted && s->lost <= wanted_lost) || round == ROUNDS ||
        (round > 0 && worst > HALF * before))
      break;
    PetscCall(VecCopy(u, s->best));
    before = worst;
    kept = s->lost;
    s->goal = PetscMax((round ? FALL : splits ? FIRST_SPLIT : FIRST) * off, 0.5 * wanted);
    s->flow_goal = splits && isfinite(s->lost) && s->lost > 0
                       ? PetscMax(FALL * s->lost, 0.5 * wanted_lost) * s->flow
                       : INFINITY;
    PetscCall(Correct(s, u, report));
  }
  PetscFunctionReturn(0);
}
