/*
 * Newton's method on φ and ρ together. Linearised,
 *
 *   Jᵀδρ + τL δφ = ρⁿ − Jᵀρ,   J δφ − U″ δρ = U' + field − s,
 *
 * and with δρ taken from the second, cell by cell, what is left is an equation for δφ with a matrix
 * that is symmetric and positive: (Jᵀ S J + τL) δφ = ρⁿ − Jᵀρ − Jᵀ S slack, S = 1/U″, slack = s −
 * U' − field. SNES has φ for its unknown; ρ goes with it, after each step, and stays positive: it
 * falls to a hundredth at most. It is primal-dual in that neither equation holds on the way, which
 * is why neither exponentials of φ nor logarithms of ρ upset it.
 *
 * Where ρⁿ has vacuum φ is not determined, and a front would move one cell an iteration. So all
 * cells are given a little mass, the ground, less by a factor 100 with every iteration near the
 * solution and nothing at last: what is solved in the end are the equations as they stand. In
 * vacuum that remains (m > 1) ρ falls to a bound that no sum notices.
 *
 * W acts on ½(ρ + ρⁿ) of the iteration before: its equations hold at the end as well, but they are
 * approached linearly, the faster the smaller τW.
 */
#include "ljko.h"
#include <otto/field.h>
#include <math.h>
#include <stdio.h>

#define GROUND 1e-2   /* at first, of the mean density */
#define LOWER 1e-2    /* from one to the next */
#define LOWEST 1e-13  /* of the mean; below is none */
#define NEAR 0.1      /* the residual, of the mass, at which it is lowered */
#define DONE 1e-12    /* the residual at which equations hold, of the mass */
#define ENOUGH 1e-11  /* the same where rounding leaves no less: it has ceased to fall */
#define KEPT 1e-2     /* of its density a cell keeps in an iteration */
#define VACUUM 1e-25  /* of the mean: as little as nothing, where U' is finite there */
#define FAINT 1e-290  /* the same where it is not: there is no vacuum */
#define ITERATIONS 25 /* more fail the step */
#define KRYLOV 500
#define KRYLOV_TOLERANCE 1e-7

/* ---- the equations ---- */

/* φ, with its ghosts; W of the density as it stands. */
static PetscErrorCode Take(OttoLjko *s, Vec x)
{
  const PetscInt64 n = s->scheme.own;
  const PetscScalar *in;
  PetscScalar *out;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(x, &in));
  PetscCall(PetscArraycpy(s->phi, in, n));
  PetscCall(VecRestoreArrayRead(x, &in));
  PetscCall(OttoLjkoSurround(&s->scheme, s->phi));
  PetscCall(OttoLjkoSurround(&s->scheme, s->rho));
  if (!s->force) PetscFunctionReturn(0);
  PetscCall(VecGetArrayWrite(s->middle, &out));
  for (PetscInt64 c = 0; c < n; c++) out[c] = 0.5 * (s->rho[c] + s->before[c]);
  PetscCall(VecRestoreArrayWrite(s->middle, &out));
  PetscCall(OttoInteractionApply(OttoEnergyGetInteraction(s->energy), s->middle, s->force));
  PetscFunctionReturn(0);
}

/* slack and stiff, of φ and ρ. */
static PetscErrorCode Compare(OttoLjko *s)
{
  const PetscInt64 n = s->scheme.own;
  const PetscScalar *w = NULL;

  PetscFunctionBegin;
  OttoLjkoSpeed(&s->scheme, s->phi, s->speed);
  OttoInternalEvaluate(s->U, OTTO_INTERNAL_SLOPE, n, s->rho, s->slack);
  OttoInternalEvaluate(s->U, OTTO_INTERNAL_CURVATURE, n, s->rho, s->stiff);
  if (s->force) PetscCall(VecGetArrayRead(s->force, &w));
  for (PetscInt64 c = 0; c < n; c++) {
    const PetscBool closed = s->field[c] == INFINITY ? PETSC_TRUE : PETSC_FALSE;
    s->slack[c] = closed ? 0
                         : s->phi[c] + 0.5 * s->scheme.tau * s->speed[c] - s->slack[c] -
                               s->field[c] - (w ? w[c] : 0);
    s->stiff[c] = closed ? 0 : 1 / s->stiff[c];
  }
  if (s->force) PetscCall(VecRestoreArrayRead(s->force, &w));
  PetscFunctionReturn(0);
}

/* The residual of both; t = Jᵀρ − ρⁿ, from now on of less ground where it is near. */
static PetscErrorCode Measure(OttoLjko *s)
{
  const OttoGridInfo *g = s->scheme.g;
  OttoSum sum = {0, 0};

  PetscFunctionBegin;
  OttoLjkoBack(&s->scheme, s->phi, s->rho, s->t);
  for (PetscInt64 c = 0; c < s->scheme.own; c++) {
    const PetscReal ground = s->field[c] == INFINITY ? 0 : s->ground;
    s->t[c] -= s->before[c];
    OttoSumAdd(&sum, fabs(s->t[c] - ground) + fabs(s->stiff[c] * s->slack[c]));
  }
  PetscCall(OttoSumReduce(g->comm, 1, &sum));
  s->last = s->residual;
  s->residual = OttoSumValue(sum) * g->cell_volume / s->mass;
  s->settled = s->ground == 0 ? PETSC_TRUE : PETSC_FALSE;
  if (s->residual < NEAR) s->ground *= s->ground > LOWEST / LOWER * s->mean ? LOWER : 0;
  for (PetscInt64 c = 0; c < s->scheme.own; c++)
    s->t[c] -= s->field[c] == INFINITY ? s->t[c] : s->ground;
  PetscFunctionReturn(0);
}

/* SNES's function: Jᵀρ − ρⁿ + Jᵀ S slack. */
static PetscErrorCode Function(SNES snes, Vec x, Vec f, void *context)
{
  OttoLjko *s = (OttoLjko *)context;
  PetscScalar *out;

  PetscFunctionBegin;
  PetscCall(Take(s, x));
  PetscCall(Compare(s));
  PetscCall(Measure(s));
  for (PetscInt64 c = 0; c < s->scheme.own; c++) s->work[c] = s->stiff[c] * s->slack[c];
  PetscCall(OttoLjkoSurround(&s->scheme, s->work));
  PetscCall(VecGetArrayWrite(f, &out));
  OttoLjkoBack(&s->scheme, s->phi, s->work, out);
  for (PetscInt64 c = 0; c < s->scheme.own; c++) out[c] += s->t[c];
  PetscCall(VecRestoreArrayWrite(f, &out));
  if (!isfinite(s->residual)) PetscCall(SNESSetFunctionDomainError(snes));
  PetscFunctionReturn(0);
}

static PetscErrorCode Jacobian(SNES snes, Vec x, Mat A, Mat P, void *context)
{
  OttoLjko *s = (OttoLjko *)context;

  PetscFunctionBegin;
  (void)snes, (void)x; /* the function was last asked for there */
  PetscCall(OttoLjkoFill(&s->scheme, s->phi, s->rho, s->stiff, P));
  if (A != P) {
    PetscCall(MatAssemblyBegin(A, MAT_FINAL_ASSEMBLY));
    PetscCall(MatAssemblyEnd(A, MAT_FINAL_ASSEMBLY));
  }
  PetscFunctionReturn(0);
}

/* ---- SNES ---- */

/* ρ goes with φ, from x to w. */
static PetscErrorCode Follow(SNESLineSearch search, Vec x, Vec y, Vec w, PetscBool *changed_y,
                             PetscBool *changed_w, void *context)
{
  OttoLjko *s = (OttoLjko *)context;
  const PetscInt64 n = s->scheme.own;
  const PetscScalar *from, *to;

  PetscFunctionBegin;
  (void)search, (void)y;
  *changed_y = *changed_w = PETSC_FALSE;
  PetscCall(VecGetArrayRead(x, &from));
  PetscCall(VecGetArrayRead(w, &to));
  for (PetscInt64 c = 0; c < n; c++) s->work[c] = to[c] - from[c];
  PetscCall(VecRestoreArrayRead(w, &to));
  PetscCall(VecRestoreArrayRead(x, &from));
  PetscCall(OttoLjkoSurround(&s->scheme, s->work));
  OttoLjkoSlope(&s->scheme, s->phi, s->work, s->t);
  for (PetscInt64 c = 0; c < n; c++) {
    if (s->field[c] == INFINITY) continue;
    const PetscReal rho = s->rho[c] + s->stiff[c] * (s->t[c] + s->slack[c]);
    s->rho[c] = PetscMax(PetscMax(rho, KEPT * s->rho[c]), s->least);
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode Converged(SNES snes, PetscInt it, PetscReal xnorm, PetscReal ynorm,
                                PetscReal fnorm, SNESConvergedReason *reason, void *context)
{
  const OttoLjko *s = (const OttoLjko *)context;

  PetscFunctionBegin;
  (void)snes, (void)it, (void)xnorm, (void)ynorm;
  *reason = SNES_CONVERGED_ITERATING;
  if (!isfinite(fnorm) || !isfinite(s->residual))
    *reason = SNES_DIVERGED_FNORM_NAN;
  else if (s->settled &&
           (s->residual <= DONE || (s->residual <= ENOUGH && s->residual > 0.25 * s->last)))
    *reason = SNES_CONVERGED_FNORM_RELATIVE;
  PetscFunctionReturn(0);
}

static PetscErrorCode CreateSNES(OttoLjko *s)
{
  SNESLineSearch search;
  KSP ksp;
  PC pc;

  PetscFunctionBegin;
  PetscCall(OttoLjkoCreateMatrix(&s->scheme, &s->H));
  PetscCall(SNESCreate(s->scheme.g->comm, &s->snes));
  PetscCall(SNESSetType(s->snes, SNESNEWTONLS));
  PetscCall(SNESSetFunction(s->snes, NULL, Function, s));
  PetscCall(SNESSetJacobian(s->snes, s->H, s->H, Jacobian, s));
  PetscCall(SNESSetConvergenceTest(s->snes, Converged, s, NULL));
  PetscCall(SNESSetTolerances(s->snes, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT, ITERATIONS,
                              PETSC_DEFAULT));
  PetscCall(SNESGetLineSearch(s->snes, &search));
  PetscCall(SNESLineSearchSetType(search, SNESLINESEARCHBASIC));
  PetscCall(SNESLineSearchSetPostCheck(search, Follow, s));
  PetscCall(SNESGetKSP(s->snes, &ksp));
  PetscCall(KSPSetType(ksp, KSPCG));
  PetscCall(KSPSetNormType(ksp, KSP_NORM_NATURAL));
  PetscCall(KSPSetTolerances(ksp, KRYLOV_TOLERANCE, 0, PETSC_DEFAULT, KRYLOV));
  PetscCall(KSPGetPC(ksp, &pc));
#if defined(PETSC_HAVE_HYPRE)
  PetscCall(PCSetType(pc, PCHYPRE));
  PetscCall(PCHYPRESetType(pc, "boomeramg"));
#else
  PetscCall(PCSetType(pc, PCGAMG));
#endif
  PetscCall(SNESSetFromOptions(s->snes));
  PetscFunctionReturn(0);
}

static PetscErrorCode Arrays(OttoLjko *s)
{
  const size_t own = (size_t)s->scheme.own + 1, all = (size_t)s->scheme.all + 1;

  PetscFunctionBegin;
  PetscCall(PetscCalloc4(all, &s->phi, all, &s->rho, all, &s->field, all, &s->work));
  PetscCall(
      PetscCalloc5(own, &s->before, own, &s->speed, own, &s->slack, own, &s->stiff, own, &s->t));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoLjkoCreate(OttoEnergy energy, const PetscReal mobility[], OttoLjko *s)
{
  OttoGrid grid = OttoEnergyGetGrid(energy);

  PetscFunctionBegin;
  *s = (OttoLjko){.grid = grid, .energy = energy, .U = OttoEnergyGetInternal(energy)};
  PetscCall(OttoLjkoSchemeCreate(grid, mobility, &s->scheme));
  PetscCall(OttoAgree(s->scheme.g->comm, Arrays(s)));
  PetscCall(OttoFieldCreate(grid, &s->x));
  if (OttoEnergyGetInteraction(energy)) {
    PetscCall(VecDuplicate(s->x, &s->middle));
    PetscCall(VecDuplicate(s->x, &s->force));
  }
  PetscCall(CreateSNES(s));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoLjkoDestroy(OttoLjko *s)
{
  PetscFunctionBegin;
  PetscCall(OttoLjkoSchemeDestroy(&s->scheme));
  PetscCall(SNESDestroy(&s->snes));
  PetscCall(MatDestroy(&s->H));
  PetscCall(VecDestroy(&s->x));
  PetscCall(VecDestroy(&s->middle));
  PetscCall(VecDestroy(&s->force));
  PetscCall(PetscFree4(s->phi, s->rho, s->field, s->work));
  PetscCall(PetscFree5(s->before, s->speed, s->slack, s->stiff, s->t));
  PetscFunctionReturn(0);
}

/* ---- a step ---- */

/* ρⁿ, the field of this time, and where to begin: at rest, with ground everywhere. */
static PetscErrorCode Begin(OttoLjko *s, Vec before)
{
  const OttoGridInfo *g = s->scheme.g;
  const Vec V = OttoEnergyGetField(s->energy);
  const PetscReal nothing = 0;
  const PetscScalar *in;
  PetscReal slope;
  OttoSum sum[2] = {{0, 0}};

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(before, &in));
  PetscCall(PetscArraycpy(s->before, in, s->scheme.own));
  PetscCall(VecRestoreArrayRead(before, &in));
  PetscCall(PetscArrayzero(s->field, s->scheme.all));
  if (V) {
    PetscCall(VecGetArrayRead(V, &in));
    PetscCall(PetscArraycpy(s->field, in, s->scheme.own));
    PetscCall(VecRestoreArrayRead(V, &in));
    PetscCall(OttoLjkoSurround(&s->scheme, s->field));
  }
  OttoLjkoClose(&s->scheme, s->field);
  for (PetscInt64 c = 0; c < s->scheme.own; c++) {
    OttoSumAdd(&sum[0], s->before[c]);
    if (s->field[c] != INFINITY) OttoSumAdd(&sum[1], 1);
  }
  PetscCall(OttoSumReduce(g->comm, 2, sum));
  s->mass = OttoSumValue(sum[0]) * g->cell_volume;
  s->mean = OttoSumValue(sum[0]) / OttoSumValue(sum[1]);
  s->ground = GROUND * s->mean;
  s->residual = s->last = INFINITY;
  OttoInternalEvaluate(s->U, OTTO_INTERNAL_SLOPE, 1, &nothing, &slope);
  s->least = isfinite(slope) ? VACUUM * s->mean : FAINT;
  for (PetscInt64 c = 0; c < s->scheme.own; c++)
    s->rho[c] = s->field[c] == INFINITY ? 0 : s->before[c] + s->ground;
  PetscCall(VecZeroEntries(s->x));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoLjkoSolve(OttoLjko *s, PetscReal tau, Vec before, PetscBool *done,
                             char reason[OTTO_FLOW_REASON])
{
  SNESConvergedReason why;

  PetscFunctionBegin;
  s->scheme.tau = tau;
  PetscCall(Begin(s, before));
  PetscCall(SNESSolve(s->snes, NULL, s->x));
  PetscCall(SNESGetConvergedReason(s->snes, &why));
  *done = why > 0 ? PETSC_TRUE : PETSC_FALSE;
  if (!*done)
    snprintf(reason, OTTO_FLOW_REASON, "Newton's method: %s, residual %.1e; a smaller step helps",
             SNESConvergedReasons[why], (double)s->residual);
  PetscFunctionReturn(0);
}
