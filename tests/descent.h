/*
 * Flows down an energy, for unit tests: energies by option lists, densities by a rule. All is
 * collective.
 */
#pragma once
#include "fixture.h"
#include <otto/gradient_flow.h>

typedef struct {
  OttoGrid grid;
  OttoEnergy energy;
  OttoFlow flow;
  Vec p;
} Descent;

/* "key value key value …", in place of all options before. */
static inline PetscErrorCode DescentOptions(const char *options)
{
  PetscFunctionBegin;
  PetscCall(PetscOptionsClear(NULL));
  PetscCall(PetscOptionsInsertString(NULL, options));
  PetscFunctionReturn(0);
}

/* The energy of the options on a grid that is there, and a density of mass 1. */
static inline PetscErrorCode DescentBegin(OttoGrid grid, const char *options, Function f,
                                          Descent *s)
{
  PetscFunctionBegin;
  *s = (Descent){.grid = grid};
  PetscCall(DescentOptions(options));
  PetscCall(OttoEnergyCreate(grid, &s->energy));
  PetscCall(OttoEnergySetTime(s->energy, 0));
  PetscCall(FillDensity(grid, f, &s->p));
  PetscFunctionReturn(0);
}

/* A flow of a law in steps of tau, W2 of which is certified or not. */
static inline PetscErrorCode DescentFlow(Descent *s, const char *law, PetscReal tau,
                                         PetscBool certified)
{
  PetscFunctionBegin;
  PetscCall(OttoFlowDestroy(&s->flow));
  PetscCall(OttoFlowCreate(s->grid, &s->flow));
  PetscCall(OttoFlowSetType(s->flow, law));
  PetscCall(OttoFlowSetEnergy(s->flow, s->energy));
  PetscCall(OttoFlowSetDensities(s->flow, s->p, NULL));
  PetscCall(OttoFlowSetCertified(s->flow, certified));
  PetscCall(OttoFlowSetFromOptions(s->flow));
  PetscCall(OttoFlowSetUp(s->flow));
  PetscCall(OttoFlowSetStep(s->flow, tau));
  PetscFunctionReturn(0);
}

/* Frees all but the grid. */
static inline PetscErrorCode DescentEnd(Descent *s)
{
  PetscFunctionBegin;
  PetscCall(OttoFlowDestroy(&s->flow));
  PetscCall(OttoEnergyDestroy(&s->energy));
  PetscCall(VecDestroy(&s->p));
  PetscFunctionReturn(0);
}

/* Σ |p − q| · cell volume. */
static inline PetscErrorCode DescentL1(OttoGrid grid, Vec p, Vec q, PetscReal *distance)
{
  Vec difference;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(p, &difference));
  PetscCall(VecWAXPY(difference, -1, p, q));
  PetscCall(VecNorm(difference, NORM_1, distance));
  *distance *= OttoGridGetInfo(grid)->cell_volume;
  PetscCall(VecDestroy(&difference));
  PetscFunctionReturn(0);
}

/* Means and variances of axis 0, cells' own spread not counted. */
static inline PetscErrorCode FirstAxisMoments(OttoGrid grid, Vec p, PetscReal *mean,
                                              PetscReal *width)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscScalar *a;
  PetscReal x[OTTO_MAX_DIM];
  OttoSum sum[3] = {{0, 0}, {0, 0}, {0, 0}};

  PetscFunctionBegin;
  *mean = *width = 0;
  PetscCall(VecGetArrayRead(p, &a));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellCentre(g, c, x);
    OttoSumAdd(&sum[0], a[c]);
    OttoSumAdd(&sum[1], x[0] * a[c]);
    OttoSumAdd(&sum[2], x[0] * x[0] * a[c]);
  }
  PetscCall(VecRestoreArrayRead(p, &a));
  PetscCall(OttoSumReduce(g->comm, 3, sum));
  *mean = OttoSumValue(sum[1]) / OttoSumValue(sum[0]);
  *width = sqrt(OttoSumValue(sum[2]) / OttoSumValue(sum[0]) - *mean * *mean);
  PetscFunctionReturn(0);
}
