#include "back_and_forth.h"
#include "plan.h"

#define EVERY 10 /* iterations from one certificate to the next, which costs about as much as one  \
                  */

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

PetscErrorCode OttoCertify(OttoAscent a, OttoCostBounds *bounds)
{
  const PetscReal *const *lower = (const PetscReal *const *)a->lower;
  const PetscReal *const *upper = (const PetscReal *const *)a->upper;
  PetscReal forth, back, rounding = 0;

  PetscFunctionBegin;
  PetscCall(OttoAscentTighten(a));
  PetscCall(Rounding(a, &rounding));
  bounds->lower = PetscMax(a->value - rounding, 0);
  PetscCall(OttoAscentImage(a, a->phi));
  PetscCall(OttoPlanCost(a->grid, NULL, a->p, a->q, lower, upper, &forth));
  PetscCall(OttoAscentImage(a, a->psi));
  PetscCall(OttoPlanCost(a->grid, NULL, a->q, a->p, lower, upper, &back));
  bounds->upper = PetscMin(forth, back);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBackAndForth(OttoLevels levels, PetscReal gap, PetscInt limit,
                                OttoCostJudge judge, void *context, Vec phi, Vec psi)
{
  const OttoAscent a = OttoLevelsFinest(levels);
  OttoCostBounds best = {-1, PETSC_INFINITY}, now;
  PetscInt k = 0;

  PetscFunctionBegin;
  PetscCall(OttoLevelsStart(levels, 0.01 * gap));
  for (;;) {
    PetscCall(OttoCertify(a, &now));
    if (now.lower > best.lower) {
      PetscCall(VecCopy(a->phi, phi));
      PetscCall(VecCopy(a->psi, psi));
    }
    best.lower = PetscMax(best.lower, now.lower);
    best.upper = PetscMin(best.upper, now.upper);
    if (judge(k, best, context) || k >= limit) break;
    const PetscInt next = PetscMin(k + EVERY, limit);
    for (; k < next; k++) PetscCall(OttoAscentIterate(a));
  }
  PetscFunctionReturn(0);
}
