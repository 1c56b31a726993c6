/*
 * The equations of an implicit step from ρ to u,
 *
 *   (u − ρ)/dt = rate(M of m, slope + field),   field = V + W*½(ρ + u),
 *
 * of first order with m = u, slope = U'(u) (Bailo, Carrillo and Hu 2018), of second with m =
 * ½(ρ + u), slope = (U(u) − U(ρ))/(u − ρ) (Gonzalez 1996), and their derivative by u: a sparse
 * matrix, and what a change of W*u does, which is applied by FFT.
 */
#include "discrete_gradient.h"
#include "implicit_impl.h"
#include <math.h>

/* Rounding errors of one evaluation, in units of eps times the largest terms. */
#define ROUNDINGS 4

static PetscErrorCode Shell(Mat matrix, Vec x, Vec y)
{
  OttoImplicit s;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(matrix, &s));
  PetscCall(OttoInteractionApply(s->interaction, x, s->convolved));
  PetscCall(VecScale(s->convolved, -0.5));
  PetscCall(OttoFluxesPush(s->fluxes, s->convolved, y));
  PetscCall(MatMultAdd(s->local, x, y, y));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoImplicitWake(OttoImplicit s)
{
  const PetscInt rows = (PetscInt)s->g->local_cells;

  PetscFunctionBegin;
  if (s->residual) PetscFunctionReturn(0);
  PetscCall(OttoFieldCreate(s->grid, &s->residual));
  PetscCall(VecDuplicate(s->residual, &s->guess));
  if (!s->linear || s->step.order == 2) {
    PetscCall(VecDuplicate(s->residual, &s->slope));
    PetscCall(VecDuplicate(s->residual, &s->curvature));
  }
  if (s->step.order == 2) PetscCall(VecDuplicate(s->residual, &s->middle));
  PetscCall(OttoFluxesCreateMatrix(s->fluxes, &s->local));
  if (!s->interaction) {
    PetscCall(PetscObjectReference((PetscObject)s->local));
    s->whole = s->local;
    PetscFunctionReturn(0);
  }
  PetscCall(VecDuplicate(s->residual, &s->base));
  PetscCall(VecDuplicate(s->residual, &s->field));
  PetscCall(VecDuplicate(s->residual, &s->convolved));
  PetscCall(VecDuplicate(s->residual, &s->of_field));
  PetscCall(MatCreateShell(s->g->comm, rows, rows, PETSC_DETERMINE, PETSC_DETERMINE, s, &s->whole));
  PetscCall(MatShellSetOperation(s->whole, MATOP_MULT, (void (*)(void))Shell));
  PetscFunctionReturn(0);
}

/* sum = V + ½W*ρ, the closed cells' V = inf included. */
static PetscErrorCode AddHalf(OttoImplicit s, Vec field, Vec rho, Vec sum)
{
  PetscFunctionBegin;
  PetscCall(OttoInteractionApply(s->interaction, rho, s->convolved));
  if (field)
    PetscCall(VecWAXPY(sum, 0.5, s->convolved, field));
  else
    PetscCall(VecAXPBY(sum, 0.5, 0, s->convolved));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoImplicitBegin(OttoImplicit s)
{
  PetscFunctionBegin;
  s->has_field = PETSC_FALSE;
  if (s->interaction) PetscCall(AddHalf(s, OttoEnergyGetField(s->energy), s->before, s->base));
  PetscFunctionReturn(0);
}

/* slope, unless F is linear, and its derivative where it is asked for. */
static PetscErrorCode Slope(OttoImplicit s, Vec u, PetscBool derive)
{
  const PetscInt64 n = s->g->local_cells;
  const PetscScalar *a, *b;
  PetscScalar *slope, *curvature = NULL;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(s->before, &a));
  PetscCall(VecGetArrayRead(u, &b));
  PetscCall(VecGetArrayWrite(s->slope, &slope));
  if (derive) PetscCall(VecGetArrayWrite(s->curvature, &curvature));
  if (s->step.order == 2) {
    OttoDiscreteGradient(s->internal, n, a, b, slope, curvature);
  } else {
    OttoInternalEvaluate(s->internal, OTTO_INTERNAL_SLOPE, n, b, slope);
    if (derive) OttoInternalEvaluate(s->internal, OTTO_INTERNAL_CURVATURE, n, b, curvature);
  }
  if (derive) PetscCall(VecRestoreArrayWrite(s->curvature, &curvature));
  PetscCall(VecRestoreArrayWrite(s->slope, &slope));
  PetscCall(VecRestoreArrayRead(u, &b));
  PetscCall(VecRestoreArrayRead(s->before, &a));
  PetscFunctionReturn(0);
}

/* field = V + W*½(ρ + u). Newton's method derives where it has just evaluated. */
static PetscErrorCode Field(OttoImplicit s, Vec u, PetscBool derive)
{
  PetscBool there = PETSC_FALSE;

  PetscFunctionBegin;
  if (derive && s->has_field) PetscCall(VecEqual(u, s->of_field, &there));
  if (there) PetscFunctionReturn(0);
  PetscCall(AddHalf(s, s->base, u, s->field));
  PetscCall(VecCopy(u, s->of_field));
  s->has_field = PETSC_TRUE;
  PetscFunctionReturn(0);
}

/* Where fluxes are taken for a step to u. */
static PetscErrorCode State(OttoImplicit s, Vec u, PetscBool derive, OttoFluxState *state)
{
  PetscFunctionBegin;
  *state = (OttoFluxState){.density = u, .slope = s->slope, .field = OttoEnergyGetField(s->energy)};
  if (s->interaction) {
    PetscCall(Field(s, u, derive));
    state->field = s->field;
  }
  if (s->slope) PetscCall(Slope(s, u, derive));
  if (s->step.order == 2) {
    PetscCall(VecWAXPY(s->middle, 1, s->before, u));
    PetscCall(VecScale(s->middle, 0.5));
    state->density = s->middle;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoImplicitEvaluate(OttoImplicit s, Vec u, Vec r, OttoFluxSums *sums)
{
  OttoFluxState state;

  PetscFunctionBegin;
  PetscCall(State(s, u, PETSC_FALSE, &state));
  PetscCall(OttoFluxesRate(s->fluxes, &state, r, sums));
  if (!r) PetscFunctionReturn(0);
  const PetscInt64 n = s->g->local_cells;
  const PetscReal inverse = 1 / s->step.dt;
  const PetscScalar *a, *b;
  PetscScalar *of;
  PetscCall(VecGetArrayRead(s->before, &a));
  PetscCall(VecGetArrayRead(u, &b));
  PetscCall(VecGetArray(r, &of));
  for (PetscInt64 c = 0; c < n; c++) of[c] = (b[c] - a[c]) * inverse - of[c];
  PetscCall(VecRestoreArray(r, &of));
  PetscCall(VecRestoreArrayRead(u, &b));
  PetscCall(VecRestoreArrayRead(s->before, &a));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoImplicitDerive(OttoImplicit s, Vec u)
{
  OttoFluxState state;

  PetscFunctionBegin;
  PetscCall(State(s, u, PETSC_TRUE, &state));
  PetscCall(OttoFluxesJacobian(s->fluxes, &state, 1 / s->step.dt, s->step.order == 2 ? 0.5 : 1,
                               s->curvature, s->local));
  if (s->whole != s->local) {
    PetscCall(MatAssemblyBegin(s->whole, MAT_FINAL_ASSEMBLY));
    PetscCall(MatAssemblyEnd(s->whole, MAT_FINAL_ASSEMBLY));
  }
  PetscFunctionReturn(0);
}

/* A flux errs by eps M (|ξ_i| + |ξ_j|) μ/h, and M is about the density. */
PetscErrorCode OttoImplicitFloor(OttoImplicit s, Vec u, PetscReal *floor)
{
  const PetscReal *factor = OttoFluxesGetFactor(s->fluxes);
  const PetscReal T = OttoInternalTemperature(s->internal);
  const Vec field = s->field ? s->field : OttoEnergyGetField(s->energy);
  const PetscScalar *b, *slope = NULL, *v = NULL;
  PetscReal rate = 0;
  OttoSum sums[2] = {{0, 0}, {0, 0}};

  PetscFunctionBegin;
  for (PetscInt j = 0; j < s->g->dim; j++) rate += 2 * factor[j] / (s->g->h[j] * s->g->h[j]);
  PetscCall(VecGetArrayRead(u, &b));
  if (s->slope) PetscCall(VecGetArrayRead(s->slope, &slope));
  if (field) PetscCall(VecGetArrayRead(field, &v));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++) {
    if (!(b[c] > 0)) continue;
    const PetscReal xi = T + (slope ? fabs(slope[c]) : 0) + (v ? fabs(v[c]) : 0);
    OttoSumAdd(&sums[0], b[c]);
    if (isfinite(xi)) OttoSumAdd(&sums[1], b[c] * xi);
  }
  if (field) PetscCall(VecRestoreArrayRead(field, &v));
  if (s->slope) PetscCall(VecRestoreArrayRead(s->slope, &slope));
  PetscCall(VecRestoreArrayRead(u, &b));
  PetscCall(OttoSumReduce(s->g->comm, 2, sums));
  const PetscReal mass = OttoSumValue(sums[0]), of_xi = OttoSumValue(sums[1]);
  *floor = ROUNDINGS * PETSC_MACHINE_EPSILON * (1 + s->step.dt * rate * of_xi / mass);
  PetscFunctionReturn(0);
}
