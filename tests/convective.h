/*
 * φ, ψ, log J and DΦ of a map in closed form, in the cells of a grid: what the tests of convective
 * entropy have in common. All of a grid is collective.
 */
#pragma once
#include "fixture.h"

/* A map. Functions of the cell's centre. */
typedef struct {
  Function phi, pushed, log_jacobian;
  void (*derivative)(const double x[], double D[]); /* D[i·dim + j] = ∂Φ_i/∂x_j */
} MapForms;

typedef struct {
  OttoConvective c;
  PetscInt dim;
  PetscReal *derivative[9];
  PetscBool *lost;
} MapFields;

static inline PetscErrorCode MakeMap(OttoGrid grid, const MapForms *forms, MapFields *m)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal x[OTTO_MAX_DIM] = {0}, D[9] = {0};

  PetscFunctionBegin;
  *m = (MapFields){.dim = g->dim};
  PetscCall(OttoFieldCreate(grid, &m->c.phi));
  PetscCall(OttoFieldCreate(grid, &m->c.pushed));
  PetscCall(OttoFieldCreate(grid, &m->c.log_jacobian));
  PetscCall(FillFunction(grid, forms->phi, m->c.phi));
  PetscCall(FillFunction(grid, forms->pushed, m->c.pushed));
  PetscCall(FillFunction(grid, forms->log_jacobian, m->c.log_jacobian));
  for (PetscInt k = 0; k < g->dim * g->dim; k++)
    PetscCall(PetscMalloc1(PetscMax(1, g->local_cells), &m->derivative[k]));
  PetscCall(PetscCalloc1(PetscMax(1, g->local_cells), &m->lost));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoGridCellCentre(g, c, x);
    forms->derivative(x, D);
    for (PetscInt k = 0; k < g->dim * g->dim; k++) m->derivative[k][c] = D[k];
  }
  m->c.derivative = (const PetscReal *const *)m->derivative;
  m->c.lost = m->lost;
  PetscFunctionReturn(0);
}

static inline PetscErrorCode FreeMap(MapFields *m)
{
  PetscFunctionBegin;
  PetscCall(VecDestroy(&m->c.phi));
  PetscCall(VecDestroy(&m->c.pushed));
  PetscCall(VecDestroy(&m->c.log_phi));
  PetscCall(VecDestroy(&m->c.log_pushed));
  PetscCall(VecDestroy(&m->c.log_jacobian));
  for (PetscInt k = 0; k < m->dim * m->dim; k++) PetscCall(PetscFree(m->derivative[k]));
  PetscCall(PetscFree(m->lost));
  PetscFunctionReturn(0);
}

/* Υ(s) of a map by a kernel. */
static inline PetscErrorCode UpsilonBy(OttoGrid grid, const char *kernel, const OttoConvective *c,
                                       PetscInt count, const PetscReal s[],
                                       OttoConvectiveEntropy out[])
{
  OttoConvectiveHeat sources;
  OttoHeat heat;

  PetscFunctionBegin;
  PetscCall(MakeHeat(grid, kernel, &heat));
  PetscCall(OttoConvectiveHeatCreate(grid, heat, c, &sources));
  for (PetscInt i = 0; i < count; i++) PetscCall(OttoConvectiveAt(sources, s[i], &out[i]));
  PetscCall(OttoConvectiveHeatDestroy(&sources));
  PetscCall(OttoHeatDestroy(&heat));
  PetscFunctionReturn(0);
}

/* The coefficient by extrapolation, and its error. */
static inline PetscErrorCode LimitBy(OttoGrid grid, const char *kernel, const OttoConvective *c,
                                     PetscReal *coefficient, PetscReal *error)
{
  OttoConvectiveHeat sources;
  OttoHeat heat;

  PetscFunctionBegin;
  PetscCall(MakeHeat(grid, kernel, &heat));
  PetscCall(OttoConvectiveHeatCreate(grid, heat, c, &sources));
  PetscCall(OttoConvectiveLimit(sources, coefficient, error));
  PetscCall(OttoConvectiveHeatDestroy(&sources));
  PetscCall(OttoHeatDestroy(&heat));
  PetscFunctionReturn(0);
}
