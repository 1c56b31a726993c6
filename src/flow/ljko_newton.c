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
 * solution and nothing at last, or where U'(0) is finite (m > 1) 1e-13 of the mean, which no sum
 * notices and the law's sweeps take away: what is certified are the equations as they stand.
 *
 * S is 1/U″, but no more than the chord from ρ to the density that s wants, and than what pins s:
 * beyond that (m > 2, ρ next to nothing) rounding of φ would be mass.
 *
 * W acts on ½(ρ + ρⁿ) of the iteration before: its equations hold at the end as well, but they are
 * approached linearly, the faster the smaller τW.
 */
#include "ljko.h"
#include <otto/field.h>
#include <float.h>
#include <math.h>
#include <stdio.h>

#define GROUND 1e-2   /* at first, of the mean density */
#define LOWER 1e-2    /* from one to the next */
#define LOWEST 1e-13  /* of the mean; below is none */
#define NEAR 0.1      /* the residual, of the mass, at which it is lowered */
#define DONE 1e-12    /* the residual at which equations hold, of the mass */
#define ENOUGH 1e-11  /* the same where rounding leaves no less: it has ceased to fall */
#define STALLED 32    /* times the rounding as it is reckoned, where it has ceased to fall */
#define CLOSED 1e-10  /* and the gap of the energies, of the mass times its level */
#define KEPT 1e-2     /* of its density a cell keeps in an iteration */
#define NEARLY 1e-6   /* relative: tangents and chords are the same */
#define VACUUM 1e-16  /* of the mean: as little as nothing, where U' is finite there */
#define PINNED 1e4    /* S at most, of mean density over level */
#define FAINT 1e-290  /* the same where it is not: there is no vacuum */
#define ITERATIONS 40 /* more fail the step */

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

/* S = 1/U″(ρ), or less: where U' changes much from ρ to the density ρ(s) that s wants, the slope of
 * the chord; and where ρ is next to nothing not beyond what pins s. s − field is in t; gap: U(ρ) +
 * U*(s − field) − ρ (s − field), by how much both miss each other. */
static void Soften(OttoLjko *s, OttoSum *gap)
{
  enum { AT_ONCE = 64 };
  PetscReal wants[AT_ONCE], value[AT_ONCE], dual[AT_ONCE];

  for (PetscInt64 from = 0; from < s->scheme.own; from += AT_ONCE) {
    const PetscInt64 n = PetscMin(AT_ONCE, s->scheme.own - from);
    OttoInternalEvaluate(s->U, OTTO_INTERNAL_DENSITY, n, s->t + from, wants);
    OttoInternalEvaluate(s->U, OTTO_INTERNAL_PRESSURE, n, wants, dual);
    OttoInternalEvaluate(s->U, OTTO_INTERNAL_VALUE, n, s->rho + from, value);
    for (PetscInt64 i = 0; i < n; i++) {
      const PetscInt64 c = from + i;
      const PetscReal change = wants[i] - s->rho[c];
      if (s->field[c] == INFINITY) continue;
      OttoSumAdd(gap, value[i] + dual[i] - s->rho[c] * s->t[c]);
      s->stiff[c] = PetscMin(s->stiff[c], s->stiffest);
      if (fabs(change) > NEARLY * s->rho[c] && isfinite(change))
        s->stiff[c] = PetscMin(s->stiff[c], change / s->slack[c]);
    }
  }
}

/* slack and stiff, of φ and ρ. */
static PetscErrorCode Compare(OttoLjko *s, OttoSum *gap)
{
  const PetscInt64 n = s->scheme.own;
  const PetscScalar *w = NULL;

  PetscFunctionBegin;
  OttoLjkoSpeed(&s->scheme, s->phi, s->speed);
  OttoInternalEvaluate(s->U, OTTO_INTERNAL_SLOPE, n, s->rho, s->slack);
  OttoInternalEvaluate(s->U, OTTO_INTERNAL_CURVATURE, n, s->rho, s->stiff);
  if (s->force) PetscCall(VecGetArrayRead(s->force, &w));
  for (PetscInt64 c = 0; c < n; c++) {
    s->t[c] = s->phi[c] + 0.5 * s->scheme.tau * s->speed[c] - s->field[c] - (w ? w[c] : 0);
    s->slack[c] = s->t[c] - s->slack[c];
    s->stiff[c] = 1 / s->stiff[c];
  }
  if (s->force) PetscCall(VecRestoreArrayRead(s->force, &w));
  Soften(s, gap);
  for (PetscInt64 c = 0; c < n; c++)
    if (s->field[c] == INFINITY) s->slack[c] = s->stiff[c] = 0;
  PetscFunctionReturn(0);
}

/* What rounding leaves of a cell's two equations: of their terms, and of φ where it is differenced.
 */
static PetscReal Rounding(const OttoLjko *s, PetscInt64 c)
{
  const PetscReal tau = s->scheme.tau, phi = fabs(s->phi[c]);
  PetscReal weight = 0;

  for (PetscInt j = 0; j < s->scheme.g->dim; j++) weight += 2 * s->scheme.weight[j];
  const PetscReal moved = fabs(s->t[c]) + s->before[c] + s->rho[c] * (1 + tau * weight * phi);
  const PetscReal terms =
      phi * (1 + tau * sqrt(weight * s->speed[c])) + tau * s->speed[c] + fabs(s->field[c]);

  return DBL_EPSILON * (moved + s->stiff[c] * terms);
}

/* The residual of both equations; t = Jᵀρ − ρⁿ, from now on of less ground where it is near. What
 * is missing of the second counts as the ρ it is of, where that is next to nothing as the energy.
 */
static PetscErrorCode Measure(OttoLjko *s, OttoSum gap)
{
  enum { RESIDUAL, GAP, ROUNDING, SUMS };
  const OttoGridInfo *g = s->scheme.g;
  OttoSum sum[SUMS] = {{0, 0}};

  PetscFunctionBegin;
  sum[GAP] = gap;
  OttoLjkoBack(&s->scheme, s->phi, s->rho, s->t);
  for (PetscInt64 c = 0; c < s->scheme.own; c++) {
    const PetscReal ground = s->field[c] == INFINITY ? 0 : s->ground;
    const PetscReal most = PetscMin(s->stiff[c], s->rho[c] / s->level);
    if (s->field[c] == INFINITY) continue;
    OttoSumAdd(&sum[ROUNDING], Rounding(s, c));
    s->t[c] -= s->before[c];
    OttoSumAdd(&sum[RESIDUAL], fabs(s->t[c] - ground) + most * fabs(s->slack[c]));
  }
  PetscCall(OttoSumReduce(g->comm, SUMS, sum));
  s->last = s->residual;
  s->residual = OttoSumValue(sum[RESIDUAL]) * g->cell_volume / s->mass;
  s->gap = OttoSumValue(sum[GAP]) * g->cell_volume / (s->mass * s->level);
  s->rounding = OttoSumValue(sum[ROUNDING]) * g->cell_volume / s->mass;
  s->settled = s->ground <= s->lowest ? PETSC_TRUE : PETSC_FALSE;
  if (s->residual < NEAR && !s->settled)
    s->ground = s->ground > LOWEST / LOWER * s->mean ? LOWER * s->ground : s->lowest;
  for (PetscInt64 c = 0; c < s->scheme.own; c++)
    s->t[c] -= s->field[c] == INFINITY ? s->t[c] : s->ground;
  PetscFunctionReturn(0);
}

/* SNES's function: Jᵀρ − ρⁿ + Jᵀ S slack. */
static PetscErrorCode Function(SNES snes, Vec x, Vec f, void *context)
{
  OttoLjko *s = (OttoLjko *)context;
  OttoSum gap = {0, 0};
  PetscScalar *out;

  PetscFunctionBegin;
  PetscCall(Take(s, x));
  PetscCall(Compare(s, &gap));
  PetscCall(Measure(s, gap));
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
  else if (s->settled && s->gap <= CLOSED &&
           (s->residual <= PetscMax(DONE, s->rounding) ||
            (s->residual <= PetscMax(ENOUGH, STALLED * s->rounding) &&
             s->residual > 0.25 * s->last)))
    *reason = SNES_CONVERGED_FNORM_RELATIVE;
  PetscFunctionReturn(0);
}

static PetscErrorCode CreateSNES(OttoLjko *s)
{
  SNESLineSearch search;

  PetscFunctionBegin;
  PetscCall(OttoLjkoCreateMatrix(&s->scheme, &s->H));
  PetscCall(SNESCreate(s->scheme.g->comm, &s->snes));
  PetscCall(SNESSetType(s->snes, SNESNEWTONLS));
  PetscCall(SNESSetFunction(s->snes, NULL, Function, s));
  PetscCall(SNESSetJacobian(s->snes, s->H, s->H, Jacobian, s));
  PetscCall(SNESSetConvergenceTest(s->snes, Converged, s, NULL));
  PetscCall(SNESSetTolerances(s->snes, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT, ITERATIONS,
                              PETSC_DEFAULT));
  PetscCall(SNESSetMaxLinearSolveFailures(s->snes, PETSC_MAX_INT));
  PetscCall(SNESGetLineSearch(s->snes, &search));
  PetscCall(SNESLineSearchSetType(search, SNESLINESEARCHBASIC));
  PetscCall(SNESLineSearchSetPostCheck(search, Follow, s));
  PetscCall(SNESSetFromOptions(s->snes));
  PetscCall(OttoLjkoConfigureKrylov(s, OttoLjkoFactors(s, PETSC_TRUE)));
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

/* The mean of ρU″, by which U' changes where ρ doubles: T of entropy. */
static PetscErrorCode Level(OttoLjko *s)
{
  OttoSum sum[2] = {{0, 0}};

  PetscFunctionBegin;
  OttoInternalEvaluate(s->U, OTTO_INTERNAL_CURVATURE, s->scheme.own, s->rho, s->t);
  for (PetscInt64 c = 0; c < s->scheme.own; c++) {
    if (s->field[c] == INFINITY) continue;
    OttoSumAdd(&sum[0], PetscSqr(s->rho[c]) * s->t[c]);
    OttoSumAdd(&sum[1], s->rho[c]);
  }
  PetscCall(OttoSumReduce(s->scheme.g->comm, 2, sum));
  s->level = OttoSumValue(sum[0]) / OttoSumValue(sum[1]);
  s->stiffest = PINNED * s->mean / s->level;
  PetscFunctionReturn(0);
}

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
  s->lowest = isfinite(slope) ? LOWEST * s->mean : 0;
  for (PetscInt64 c = 0; c < s->scheme.own; c++)
    s->rho[c] = s->field[c] == INFINITY ? 0 : s->before[c] + s->ground;
  PetscCall(Level(s));
  PetscCall(VecZeroEntries(s->x));
  PetscFunctionReturn(0);
}

static PetscErrorCode Try(OttoLjko *s, Vec before, SNESConvergedReason *why)
{
  PetscInt krylov;

  PetscFunctionBegin;
  PetscCall(Begin(s, before));
  PetscCall(SNESSolve(s->snes, NULL, s->x));
  PetscCall(SNESGetConvergedReason(s->snes, why));
  PetscCall(SNESGetIterationNumber(s->snes, &s->newton));
  PetscCall(SNESGetLinearSolveIterations(s->snes, &krylov));
  s->krylov += krylov;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoLjkoSolve(OttoLjko *s, PetscReal tau, Vec before, PetscBool *done,
                             char reason[OTTO_FLOW_REASON])
{
  SNESConvergedReason why;

  PetscFunctionBegin;
  s->scheme.tau = tau;
  s->krylov = 0;
  PetscCall(Try(s, before, &why));
  if (why < 0 && !OttoLjkoFactors(s, PETSC_TRUE) && OttoLjkoFactors(s, PETSC_FALSE)) {
    PetscCall(OttoLjkoConfigureKrylov(s, PETSC_TRUE));
    PetscCall(Try(s, before, &why));
    PetscCall(OttoLjkoConfigureKrylov(s, PETSC_FALSE));
  }
  *done = why > 0 ? PETSC_TRUE : PETSC_FALSE;
  if (!*done)
    snprintf(reason, OTTO_FLOW_REASON, "Newton's method: %s, residual %.1e; a smaller step helps",
             SNESConvergedReasons[why], (double)s->residual);
  PetscFunctionReturn(0);
}
