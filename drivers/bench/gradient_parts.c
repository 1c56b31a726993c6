/* What bench gradient_flow times: a step down an energy, the residual that it is measured in, and
 * the convolution with an interaction. */
#include "bench_gradient.h"
#include <otto/options.h>
#include <math.h>
#include <stdio.h>
#include <sys/resource.h>

/* 1 + 0.8 Π sin(2πx + 1), made mass 1: nothing even about a wall. */
static PetscErrorCode Fill(OttoGrid grid, Vec p)
{
  PetscReal mass = 0;

  PetscFunctionBegin;
  PetscCall(OttoBenchWaves(OttoGridGetInfo(grid), p));
  PetscCall(OttoFieldIntegral(grid, p, &mass));
  PetscCall(VecScale(p, 1 / mass));
  PetscFunctionReturn(0);
}

static PetscErrorCode MakeFlow(OttoBenchGradient *s, const char *law)
{
  PetscFunctionBegin;
  PetscCall(OttoFlowCreate(s->grid, &s->flow));
  PetscCall(OttoFlowSetType(s->flow, law));
  PetscCall(OttoFlowSetEnergy(s->flow, s->energy));
  PetscCall(OttoFlowSetDensities(s->flow, s->p, NULL));
  PetscCall(OttoFlowSetFromOptions(s->flow));
  PetscCall(OttoFlowSetCertified(s->flow, PETSC_FALSE));
  PetscCall(OttoFlowSetUp(s->flow));
  PetscCall(OttoFlowSetStep(s->flow, s->dt));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBenchGradientCreate(OttoGrid grid, const char *law, PetscReal dt,
                                       OttoBenchGradient *s)
{
  PetscFunctionBegin;
  *s = (OttoBenchGradient){.grid = grid, .dt = dt};
  PetscCall(OttoEnergyCreate(grid, &s->energy));
  PetscCall(OttoEnergySetTime(s->energy, 0));
  Vec *fields[] = {&s->p, &s->start, &s->slope, &s->rate, &s->field};
  for (int k = 0; k < 5; k++) PetscCall(OttoFieldCreate(grid, fields[k]));
  PetscCall(Fill(grid, s->start));
  PetscCall(OttoBenchGradientReturn(s));
  PetscCall(MakeFlow(s, law));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBenchGradientDestroy(OttoBenchGradient *s)
{
  PetscFunctionBegin;
  PetscCall(OttoFlowDestroy(&s->flow));
  PetscCall(OttoEnergyDestroy(&s->energy));
  Vec *fields[] = {&s->p, &s->start, &s->slope, &s->rate, &s->field};
  for (int k = 0; k < 5; k++) PetscCall(VecDestroy(fields[k]));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBenchGradientReturn(void *context)
{
  OttoBenchGradient *s = (OttoBenchGradient *)context;
  return VecCopy(s->start, s->p);
}

/* (ρ' − ρ)/dt − rate of first order: slope, V + ½W*(ρ + ρ'), the fluxes of all faces. */
PetscErrorCode OttoBenchGradientResidual(void *context)
{
  OttoBenchGradient *s = (OttoBenchGradient *)context;
  const OttoFluxes fluxes = OttoFlowGetFluxes(s->flow);
  const PetscBool linear = OttoFluxesGetMobility(fluxes) == OTTO_MOBILITY_SCHARFETTER_GUMMEL;
  const OttoInteraction W = OttoEnergyGetInteraction(s->energy);
  const Vec V = OttoEnergyGetField(s->energy);
  const OttoFluxState state = {s->p, linear ? NULL : s->slope, W ? s->field : V};
  const PetscScalar *p;
  PetscScalar *slope;

  PetscFunctionBegin;
  if (!linear) {
    PetscCall(VecGetArrayRead(s->p, &p));
    PetscCall(VecGetArray(s->slope, &slope));
    OttoInternalEvaluate(OttoEnergyGetInternal(s->energy), OTTO_INTERNAL_SLOPE,
                         OttoGridGetInfo(s->grid)->local_cells, p, slope);
    PetscCall(VecRestoreArray(s->slope, &slope));
    PetscCall(VecRestoreArrayRead(s->p, &p));
  }
  if (W) PetscCall(OttoInteractionApply(W, s->p, s->field));
  if (W && V) PetscCall(VecAXPY(s->field, 1, V));
  PetscCall(OttoFluxesRate(fluxes, &state, s->rate, NULL));
  PetscCall(VecAXPBYPCZ(s->rate, 1 / s->dt, -1 / s->dt, -1, s->p, s->start));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBenchGradientStep(void *context)
{
  OttoBenchGradient *s = (OttoBenchGradient *)context;

  PetscFunctionBegin;
  PetscCall(OttoFlowAdvance(s->flow, (PetscReal)++s->steps * s->dt));
  s->step = *OttoFlowGetGradientStep(s->flow, OTTO_FLOW_P);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBenchGradientBytes(OttoGrid grid, PetscReal dt, PetscReal *bytes)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscLogDouble before = 0;
  struct rusage most;
  OttoBenchGradient s;

  PetscFunctionBegin;
  PetscCall(PetscMemoryGetCurrentUsage(&before));
  PetscCall(OttoBenchGradientCreate(grid, "gradient_flow", dt, &s));
  PetscCall(OttoBenchGradientStep(&s));
  PetscCall(OttoBenchGradientDestroy(&s));
  *bytes = getrusage(RUSAGE_SELF, &most) ? NAN : 1024. * (double)most.ru_maxrss - before;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, bytes, 1, MPIU_REAL, MPI_SUM, g->comm));
  *bytes /= (PetscReal)g->cells;
  PetscFunctionReturn(0);
}

/* ---- the interaction ---- */

static PetscReal One(PetscInt dim, const PetscReal kappa[], void *context)
{
  (void)dim, (void)kappa, (void)context;
  return 1;
}

/* An energy with an interaction, whether or not the options have one. */
static PetscErrorCode MakeEnergy(OttoGrid grid, OttoEnergy *energy)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal shortest = INFINITY;
  char length[40];
  const char *given = NULL;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetText(NULL, "energy_interaction_type", &given));
  if (given) {
    PetscCall(OttoEnergyCreate(grid, energy));
    PetscFunctionReturn(0);
  }
  for (PetscInt j = 0; j < g->dim; j++) shortest = PetscMin(shortest, g->upper[j] - g->lower[j]);
  snprintf(length, sizeof length, "%.17g", (double)(0.1 * shortest));
  PetscCall(PetscOptionsSetValue(NULL, "-energy_interaction_type", "gaussian"));
  PetscCall(PetscOptionsSetValue(NULL, "-energy_interaction_length", length));
  PetscErrorCode code = OttoEnergyCreate(grid, energy);
  PetscCall(PetscOptionsClearValue(NULL, "-energy_interaction_type"));
  PetscCall(PetscOptionsClearValue(NULL, "-energy_interaction_length"));
  PetscFunctionReturn(code);
}

/* The torus that a convolution in free space is one on: twice the cells between walls. */
static PetscErrorCode MakePadded(const OttoGridInfo *g, OttoGrid *padded)
{
  PetscInt64 n[OTTO_MAX_DIM];
  PetscReal upper[OTTO_MAX_DIM];
  OttoBoundary boundary[OTTO_MAX_DIM];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++) {
    const int times = g->boundary[j] == OTTO_BOUNDARY_PERIODIC ? 1 : 2;
    n[j] = times * g->n[j];
    upper[j] = g->lower[j] + times * (g->upper[j] - g->lower[j]);
    boundary[j] = OTTO_BOUNDARY_PERIODIC;
  }
  PetscCall(OttoGridCreate(g->comm, padded));
  PetscCall(OttoGridSetBox(*padded, g->dim, n, g->lower, upper, boundary));
  PetscCall(OttoGridSetMesh(*padded, g->mesh[0], g->mesh[1]));
  PetscCall(OttoGridSetUp(*padded));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBenchNonlocalCreate(OttoGrid grid, OttoBenchNonlocal *s)
{
  PetscFunctionBegin;
  PetscCall(MakeEnergy(grid, &s->energy));
  PetscCall(OttoFieldCreate(grid, &s->rho));
  PetscCall(OttoFieldCreate(grid, &s->u));
  PetscCall(Fill(grid, s->rho));
  PetscCall(MakePadded(OttoGridGetInfo(grid), &s->padded));
  PetscCall(OttoTransformCreate(s->padded, &s->transform));
  PetscCall(OttoTransformSetFromOptions(s->transform));
  PetscCall(OttoTransformSetUp(s->transform));
  PetscCall(OttoSymbolCreate(s->transform, One, NULL, &s->one));
  PetscCall(OttoFieldCreate(s->padded, &s->v));
  PetscCall(Fill(s->padded, s->v));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBenchNonlocalDestroy(OttoBenchNonlocal *s)
{
  PetscFunctionBegin;
  PetscCall(VecDestroy(&s->rho));
  PetscCall(VecDestroy(&s->u));
  PetscCall(VecDestroy(&s->v));
  PetscCall(OttoSymbolDestroy(&s->one));
  PetscCall(OttoTransformDestroy(&s->transform));
  PetscCall(OttoGridDestroy(&s->padded));
  PetscCall(OttoEnergyDestroy(&s->energy));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBenchNonlocalApply(void *context)
{
  OttoBenchNonlocal *s = (OttoBenchNonlocal *)context;
  const OttoInteraction W = OttoEnergyGetInteraction(s->energy);

  PetscFunctionBegin;
  if (W) PetscCall(OttoInteractionApply(W, s->rho, s->u));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBenchNonlocalTransform(void *context)
{
  OttoBenchNonlocal *s = (OttoBenchNonlocal *)context;
  return OttoTransformApplySymbol(s->transform, s->v, s->one, s->v);
}
