#include <otto/resolvent.h>
#include <math.h>

struct _n_OttoResolvent {
  OttoGenerator generator;
  OttoGrid grid;
  const OttoGridInfo *g;
  PetscReal sigma;
  PetscInt64 state;
  Mat Q, A;
  KSP ksp;
  Vec residual, image;
};

PetscErrorCode OttoResolventCreate(OttoGenerator generator, OttoResolvent *resolvent)
{
  OttoResolvent s;

  PetscFunctionBegin;
  PetscCall(PetscNew(&s));
  *resolvent = s;
  s->generator = generator;
  s->grid = OttoGeneratorGetGrid(generator);
  s->g = OttoGridGetInfo(s->grid);
  s->state = -1;
  PetscCall(OttoFieldCreate(s->grid, &s->residual));
  PetscCall(OttoFieldCreate(s->grid, &s->image));
  PetscCall(KSPCreate(s->g->comm, &s->ksp));
  PetscCall(KSPSetType(s->ksp, KSPBCGS));
  PetscCall(KSPSetTolerances(s->ksp, 1e-13, 0, PETSC_DEFAULT, 1000));
  PetscCall(KSPSetInitialGuessNonzero(s->ksp, PETSC_TRUE));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoResolventDestroy(OttoResolvent *resolvent)
{
  OttoResolvent s = *resolvent;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(0);
  PetscCall(KSPDestroy(&s->ksp));
  PetscCall(MatDestroy(&s->Q));
  PetscCall(MatDestroy(&s->A));
  PetscCall(VecDestroy(&s->residual));
  PetscCall(VecDestroy(&s->image));
  PetscCall(PetscFree(*resolvent));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoResolventSetFromOptions(OttoResolvent s)
{
  PetscFunctionBegin;
  PetscCall(KSPSetFromOptions(s->ksp));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoResolventSetShift(OttoResolvent s, PetscReal sigma)
{
  PetscFunctionBegin;
  if (sigma == s->sigma && s->state == OttoGeneratorState(s->generator)) PetscFunctionReturn(0);
  if (s->state != OttoGeneratorState(s->generator))
    PetscCall(OttoGeneratorAssemble(s->generator, PETSC_FALSE, &s->Q));
  s->state = OttoGeneratorState(s->generator);
  s->sigma = sigma;
  PetscCall(MatDestroy(&s->A));
  PetscCall(MatDuplicate(s->Q, MAT_COPY_VALUES, &s->A));
  PetscCall(MatScale(s->A, -1));
  PetscCall(MatShift(s->A, sigma));
  PetscCall(KSPSetOperators(s->ksp, s->A, s->A));
  PetscFunctionReturn(0);
}

/* residual = f - (σ - Qᵀ) x, and its L1 norm relative to f's. */
static PetscErrorCode Residual(OttoResolvent s, Vec f, Vec x, PetscReal *relative)
{
  PetscReal norm, of_f;

  PetscFunctionBegin;
  PetscCall(OttoGeneratorApply(s->generator, x, s->image));
  PetscCall(VecAXPY(s->image, -s->sigma, x));
  PetscCall(VecWAXPY(s->residual, 1, s->image, f));
  PetscCall(VecNorm(s->residual, NORM_1, &norm));
  PetscCall(VecNorm(f, NORM_1, &of_f));
  *relative = of_f > 0 ? norm / of_f : 0;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoResolventSolve(OttoResolvent s, Vec f, Vec x, OttoSolveReport *report)
{
  PetscReal norm = 0;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(report, sizeof *report));
  PetscCall(OttoGeneratorNorm(s->generator, &norm));
  report->floor = PETSC_MACHINE_EPSILON * (2 + norm / s->sigma);
  PetscCall(KSPSolve(s->ksp, f, x));
  PetscCall(KSPGetIterationNumber(s->ksp, &report->iterations));
  PetscCall(Residual(s, f, x, &report->residual));
  report->converged = report->residual <= PetscMax(1e-10, report->floor);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoResolventSolveDensity(OttoResolvent s, Vec f, Vec x, OttoSolveReport *report)
{
  const OttoRates *r = OttoGeneratorGetRates(s->generator);
  PetscScalar *values, *change;
  PetscReal escape = 0, mass_x = 0, mass_f = 0, factor;

  PetscFunctionBegin;
  PetscCall(OttoResolventSolve(s, f, x, report));
  PetscCall(VecGetArray(x, &values));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) values[c] = PetscMax(values[c], 0);
  PetscCall(VecRestoreArray(x, &values));
  PetscReal unused;
  PetscCall(Residual(s, f, x, &unused));
  PetscCall(VecGetArray(x, &values));
  PetscCall(VecGetArray(s->residual, &change));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++)
    values[c] = PetscMax(values[c] + change[c] / (s->sigma + r->leave[c]), 0);
  PetscCall(VecRestoreArray(s->residual, &change));
  PetscCall(VecRestoreArray(x, &values));
  PetscCall(OttoFieldIntegral(s->grid, x, &mass_x));
  PetscCall(OttoFieldIntegral(s->grid, f, &mass_f));
  PetscCall(OttoGeneratorEscape(s->generator, x, &escape));
  factor = mass_f / (s->sigma * mass_x + escape);
  PetscCall(VecScale(x, factor));
  report->rescaled = fabs(factor - 1);
  if (report->rescaled > PetscMax(1e-10, report->floor)) report->converged = PETSC_FALSE;
  PetscFunctionReturn(0);
}

const char *OttoResolventGetForm(OttoResolvent s)
{
  (void)s;
  return "plain";
}

PetscErrorCode OttoResolventGetOperators(OttoResolvent s, Mat *A, Vec *W, PC *pc)
{
  PetscFunctionBegin;
  *A = s->A;
  *W = NULL;
  PetscCall(KSPGetPC(s->ksp, pc));
  PetscFunctionReturn(0);
}
