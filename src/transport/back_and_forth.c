#include "back_and_forth.h"
#include "plan.h"

/* Iterations from one certificate to the next, which costs as much as six at most. */
#define EVERY 10

/* What rounding may have added to the value of a pair of potentials, per mass: the c-transform adds
 * a squared distance to a potential on every axis, no larger than both together. */
static PetscErrorCode Rounding(OttoAscent a, PetscReal *rounding)
{
  PetscReal phi, psi;

  PetscFunctionBegin;
  PetscCall(VecNorm(a->phi, NORM_INFINITY, &phi));
  PetscCall(VecNorm(a->psi, NORM_INFINITY, &psi));
  *rounding = (PetscReal)(4 * a->g->dim) * PETSC_MACHINE_EPSILON * (phi + psi);
  PetscFunctionReturn(0);
}

/* A plan's Poisson equation, by the ascent's transform and its residual. */
static PetscErrorCode Poisson(void *context, const PetscReal delta[], PetscReal u[])
{
  const OttoAscent a = (OttoAscent)context;
  PetscScalar *r;

  PetscFunctionBegin;
  PetscCall(VecGetArray(a->residual, &r));
  PetscCall(PetscArraycpy(r, delta, a->g->local_cells));
  PetscCall(VecRestoreArray(a->residual, &r));
  PetscCall(OttoTransformApplySymbol(a->transform, a->residual, a->poisson, a->residual));
  PetscCall(VecGetArray(a->residual, &r));
  PetscCall(PetscArraycpy(u, r, a->g->local_cells));
  PetscCall(VecRestoreArray(a->residual, &r));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoCertify(OttoAscent a, OttoImageForm form, PetscReal gap, OttoCostBounds *bounds)
{
  const PetscReal *const *lower = (const PetscReal *const *)a->lower;
  const PetscReal *const *upper = (const PetscReal *const *)a->upper;
  const OttoPlanPoisson poisson = {Poisson, a};
  PetscReal rounding = 0;

  PetscFunctionBegin;
  PetscCall(OttoAscentTighten(a));
  PetscCall(Rounding(a, &rounding));
  *bounds = (OttoCostBounds){a->value - a->functional - rounding, PETSC_INFINITY};
  if (!a->end.density) bounds->lower = PetscMax(bounds->lower, 0);
  for (PetscInt k = 0; k < 4; k++) { /* forth and back, plain and with a current */
    const PetscBool back = (PetscBool)(k % 2);
    PetscReal cost;
    PetscCall(OttoAscentImage(a, form, back ? a->psi : a->phi));
    PetscCall(OttoPlanCost(a->grid, k < 2 ? NULL : &poisson, back ? a->q : a->p, back ? a->p : a->q,
                           lower, upper, &cost));
    bounds->upper = PetscMin(bounds->upper, cost);
    if (bounds->upper - bounds->lower <= gap * PetscMax(bounds->upper, a->scale)) break;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBackAndForth(OttoLevels levels, PetscReal gap, PetscInt limit,
                                OttoCostJudge judge, void *context, Vec phi, Vec psi)
{
  const OttoAscent a = OttoLevelsFinest(levels);
  OttoCostBounds best = {-1, PETSC_INFINITY}, now;
  OttoImageForm form = OTTO_IMAGE_TARGETS;
  PetscInt k = 0;

  PetscFunctionBegin;
  PetscCall(OttoLevelsStart(levels, 0.01 * gap));
  for (;;) {
    PetscCall(OttoCertify(a, form, gap, &now));
    form = form == OTTO_IMAGE_WHOLE ? OTTO_IMAGE_TARGETS : OTTO_IMAGE_WHOLE; /* by turns */
    if (now.lower > best.lower) {
      PetscCall(VecCopy(a->phi, phi));
      PetscCall(VecCopy(a->psi, psi));
      if (now.lower == 0) { /* which these prove */
        PetscCall(VecSet(phi, 0));
        PetscCall(VecSet(psi, 0));
      }
    }
    best.lower = PetscMax(best.lower, now.lower);
    best.upper = PetscMin(best.upper, now.upper);
    if (judge(k, best, context) || k >= limit) break;
    const PetscInt next = PetscMin(k + EVERY, limit);
    for (; k < next; k++) PetscCall(OttoAscentIterate(a));
  }
  PetscFunctionReturn(0);
}
