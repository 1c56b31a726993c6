/*
 * Flows down an energy for the unit tests: a cube or a box, an energy by its keys, one or two
 * densities, steps watched one by one.
 */
#pragma once
#include "fixture.h"
#include <otto/gradient_flow.h>

typedef struct {
  OttoGrid grid;
  const OttoGridInfo *g;
  OttoEnergy energy;
  OttoFlow flow;
  Vec p, q;
  /* what every step is held to, and has been */
  PetscReal worst_law;    /* |before − after − dt D − remainder| over its bound */
  PetscReal worst_gain;   /* after − before over what the residual and rounding explain */
  PetscReal worst_moment; /* the moments by faces against those of the cells, over ∫|x|²ρ/dt */
  PetscReal least;        /* the smallest cell */
  PetscReal negative_remainder;
  PetscInt newton, krylov; /* the most of a step */
  PetscInt steps;
} Descent;

static inline PetscErrorCode SetKeys(const char *const keys[])
{
  PetscFunctionBegin;
  PetscCall(PetscOptionsClear(NULL));
  for (int i = 0; keys[i]; i += 2) PetscCall(PetscOptionsSetValue(NULL, keys[i], keys[i + 1]));
  PetscFunctionReturn(0);
}

/* A flow on s->grid from s->p and, unless NULL, s->q. */
static inline PetscErrorCode MakeDescentOn(Descent *s)
{
  PetscFunctionBegin;
  s->g = OttoGridGetInfo(s->grid);
  PetscCall(OttoEnergyCreate(s->grid, &s->energy));
  PetscCall(OttoFlowCreate(s->grid, &s->flow));
  PetscCall(OttoFlowSetType(s->flow, "gradient_flow"));
  PetscCall(OttoFlowSetEnergy(s->flow, s->energy));
  PetscCall(OttoFlowSetDensities(s->flow, s->p, s->q));
  PetscCall(OttoFlowSetFromOptions(s->flow));
  PetscCall(OttoFlowSetUp(s->flow));
  s->least = INFINITY;
  PetscFunctionReturn(0);
}

/* n cells a side of [-half, half]^dim with walls, from `start` brought to a mass. */
static inline PetscErrorCode MakeDescent(PetscInt dim, PetscInt64 n, PetscReal half, Function start,
                                         PetscReal mass, Descent *s)
{
  const PetscInt64 sizes[3] = {n, n, n};

  PetscFunctionBegin;
  *s = (Descent){0};
  PetscCall(MakeCube(dim, sizes, -half, half, OTTO_BOUNDARY_NO_FLUX, &s->grid));
  PetscCall(FillDensity(s->grid, start, &s->p));
  PetscCall(VecScale(s->p, mass));
  PetscCall(MakeDescentOn(s));
  PetscFunctionReturn(0);
}

static inline PetscErrorCode FreeDescent(Descent *s)
{
  PetscFunctionBegin;
  PetscCall(OttoFlowDestroy(&s->flow));
  PetscCall(OttoEnergyDestroy(&s->energy));
  PetscCall(VecDestroy(&s->p));
  PetscCall(VecDestroy(&s->q));
  PetscCall(OttoGridDestroy(&s->grid));
  PetscFunctionReturn(0);
}

/* ∫ |x|² u and ∫ |u|, both over all axes. */
static inline PetscErrorCode SecondMoment(OttoGrid grid, Vec u, PetscReal *moment)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscScalar *a;
  PetscReal x[OTTO_MAX_DIM];
  OttoSum sum = {0, 0};

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(u, &a));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellCentre(g, c, x);
    for (PetscInt j = 0; j < g->dim; j++) OttoSumAdd(&sum, x[j] * x[j] * a[c]);
  }
  PetscCall(VecRestoreArrayRead(u, &a));
  PetscCall(OttoSumReduce(g->comm, 1, &sum));
  *moment = g->cell_volume * OttoSumValue(sum);
  PetscFunctionReturn(0);
}

/* The largest finite |ξ| of the step's result. */
static inline PetscErrorCode LargestVariation(Descent *s, Vec rho, PetscReal *most)
{
  const PetscScalar *a;
  PetscReal local = 0;
  Vec xi;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(rho, &xi));
  PetscCall(OttoEnergyVariation(s->energy, rho, xi));
  PetscCall(VecGetArrayRead(xi, &a));
  for (PetscInt64 c = 0; c < s->g->local_cells; c++)
    if (isfinite(a[c])) local = PetscMax(local, fabs(a[c]));
  PetscCall(VecRestoreArrayRead(xi, &a));
  PetscCallMPI(MPI_Allreduce(&local, most, 1, MPIU_REAL, MPIU_MAX, s->g->comm));
  PetscCall(VecDestroy(&xi));
  PetscFunctionReturn(0);
}

/* E(ρ) − E(ρ') − dt D − remainder = Σ h^d (ξ − c) r for any c, r the residual of a cell times dt:
 * at most the residual in L1 times the largest |ξ|, the mass having been made right with it; and
 * rounding of the two energies. */
static inline PetscErrorCode WatchStep(OttoFlow flow, PetscReal t_before, PetscReal t, Vec p_before,
                                       Vec q_before, Vec p, Vec q, void *context)
{
  Descent *s = (Descent *)context;
  const OttoGradientStep *step = OttoFlowGetGradientStep(flow, OTTO_FLOW_P);
  PetscReal least = 0, most = 0, xi = 0, mass = 0, from = 0, to = 0, moment = 0;
  OttoEnergyParts e;

  PetscFunctionBegin;
  (void)t_before, (void)t, (void)q_before, (void)q;
  PetscCall(OttoFieldRange(s->grid, p, &least, &most));
  PetscCall(OttoFieldIntegral(s->grid, p, &mass));
  PetscCall(LargestVariation(s, p, &xi));
  PetscCall(OttoEnergyEvaluate(s->energy, p_before, &e));
  const PetscReal scale = fabs(step->before) + fabs(step->after) + fabs(e.internal) +
                          fabs(e.potential) + fabs(e.interaction);
  const PetscReal bound = 2 * step->residual * mass * xi + 1e-12 * scale;
  const PetscReal law = step->before - step->after - step->dt * step->dissipation - step->remainder;
  s->worst_law = PetscMax(s->worst_law, fabs(law) / bound);
  if (!(fabs(law) <= bound)) s->worst_law = PetscMax(s->worst_law, 2);
  s->worst_gain = PetscMax(s->worst_gain, (step->after - step->before) /
                                              (step->residual * mass * xi + 1e-14 * scale));
  if (isnan(step->after)) s->worst_gain = INFINITY;
  s->negative_remainder = PetscMax(s->negative_remainder, -step->remainder / scale);
  PetscCall(SecondMoment(s->grid, p_before, &from));
  PetscCall(SecondMoment(s->grid, p, &to));
  for (PetscInt j = 0; j < s->g->dim; j++) moment += step->moment[j];
  s->worst_moment = PetscMax(s->worst_moment, fabs(step->dt * moment - (to - from)) / (from + to));
  s->least = PetscMin(s->least, least);
  s->newton = PetscMax(s->newton, step->newton);
  s->krylov = PetscMax(s->krylov, step->krylov);
  s->steps++;
  PetscFunctionReturn(0);
}

/* To t, every step watched. */
static inline PetscErrorCode Descend(Descent *s, PetscReal t)
{
  PetscFunctionBegin;
  PetscCall(OttoFlowSetStepFunction(s->flow, WatchStep, s));
  PetscCall(OttoFlowAdvance(s->flow, t));
  PetscFunctionReturn(0);
}

/* ∫ |u − exact|. */
static inline PetscErrorCode DistanceTo(OttoGrid grid, Vec u, Function exact, PetscReal *distance)
{
  Vec v;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(u, &v));
  PetscCall(FillFunction(grid, exact, v));
  PetscCall(VecAXPY(v, -1, u));
  PetscCall(VecNorm(v, NORM_1, distance));
  *distance *= OttoGridGetInfo(grid)->cell_volume;
  PetscCall(VecDestroy(&v));
  PetscFunctionReturn(0);
}
