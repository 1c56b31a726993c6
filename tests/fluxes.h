/*
 * Fluxes down an energy in tests: boxes of all kinds of axes, and a state of rough numbers on them,
 * the same however the cells are dealt.
 */
#pragma once
#include "fixture.h"
#include <otto/fluxes.h>

#define P OTTO_BOUNDARY_PERIODIC
#define W OTTO_BOUNDARY_NO_FLUX

typedef struct {
  PetscInt dim;
  PetscInt64 n[3];
  OttoBoundary boundary[3];
} Box;

static const Box boxes[] = {{1, {9}, {P}},
                            {1, {4}, {P}},
                            {1, {3}, {P}},
                            {2, {3, 2}, {P, P}},
                            {2, {7, 5}, {W, P}},
                            {2, {4, 300}, {P, W}},
                            {3, {4, 3, 5}, {P, P, W}},
                            {3, {5, 1, 2}, {W, P, P}},
                            {3, {3, 4, 3}, {W, W, P}},
                            {3, {3, 41, 7}, {P, W, W}}};

/* `test` on every box that the ranks can share, on every mesh. */
static inline PetscErrorCode OnBoxes(OnGrid test)
{
  PetscFunctionBegin;
  for (size_t k = 0; k < sizeof boxes / sizeof boxes[0]; k++)
    PetscCall(OnMeshes(boxes[k].dim, boxes[k].n, boxes[k].boundary, test));
  PetscFunctionReturn(0);
}

static const PetscReal factor[3] = {1, 0.5, 3};

/* Options of an energy at temperature 0.7; m may be NULL. */
static inline PetscErrorCode Options(const char *internal, const char *m)
{
  PetscFunctionBegin;
  PetscCall(PetscOptionsClear(NULL));
  PetscCall(PetscOptionsSetValue(NULL, "-temperature", "0.7"));
  PetscCall(PetscOptionsSetValue(NULL, "-energy_internal", internal));
  if (m) PetscCall(PetscOptionsSetValue(NULL, "-energy_m", m));
  PetscFunctionReturn(0);
}

/* Numbers in [from, from + width) by the cell's place. */
static inline PetscErrorCode FillRough(OttoGrid grid, PetscReal seed, PetscReal from,
                                       PetscReal width, Vec *v)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscInt64 idx[OTTO_MAX_DIM];
  PetscScalar *a;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(grid, v));
  PetscCall(VecGetArray(*v, &a));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    PetscInt64 number = 0;
    OttoGridCellIndex(g, c, idx);
    for (PetscInt j = 0; j < g->dim; j++) number = number * g->n[j] + idx[j];
    a[c] = from + width * Hash(number, seed);
  }
  PetscCall(VecRestoreArray(*v, &a));
  PetscFunctionReturn(0);
}

/* U' of a density. */
static inline PetscErrorCode Slope(OttoEnergy energy, Vec rho, Vec slope)
{
  const PetscScalar *r;
  PetscScalar *s;
  PetscInt n;

  PetscFunctionBegin;
  PetscCall(VecGetLocalSize(rho, &n));
  PetscCall(VecGetArrayRead(rho, &r));
  PetscCall(VecGetArray(slope, &s));
  OttoInternalEvaluate(OttoEnergyGetInternal(energy), OTTO_INTERNAL_SLOPE, n, r, s);
  PetscCall(VecRestoreArray(slope, &s));
  PetscCall(VecRestoreArrayRead(rho, &r));
  PetscFunctionReturn(0);
}

/* A state, and what comes of it. */
typedef struct {
  OttoGrid grid;
  OttoEnergy energy;
  OttoFluxes fluxes;
  Vec rho, slope, field, rate;
  OttoFluxState state; /* of these */
  OttoFluxSums sums;
} Trial;

/* The rate and sums of the state as it stands. */
static inline PetscErrorCode Rate(Trial *t)
{
  PetscFunctionBegin;
  PetscCall(OttoFluxesRate(t->fluxes, &t->state, t->rate, &t->sums));
  PetscFunctionReturn(0);
}

/* Of the options' energy; a rough density and field, the density's slope (`slope`: the state has
 * it), and their rate. */
static inline PetscErrorCode Begin(OttoGrid grid, OttoMobility mobility, PetscBool slope, Trial *t)
{
  PetscFunctionBegin;
  t->grid = grid;
  PetscCall(OttoEnergyCreate(grid, &t->energy));
  PetscCall(OttoFluxesCreate(t->energy, mobility, factor, &t->fluxes));
  PetscCall(FillRough(grid, 0.3, 0.01, 1, &t->rho));
  PetscCall(FillRough(grid, 0.4, 0, 5, &t->field));
  PetscCall(OttoFieldCreate(grid, &t->slope));
  PetscCall(OttoFieldCreate(grid, &t->rate));
  PetscCall(Slope(t->energy, t->rho, t->slope));
  t->state = (OttoFluxState){t->rho, slope ? t->slope : NULL, t->field};
  PetscCall(Rate(t));
  PetscFunctionReturn(0);
}

static inline PetscErrorCode End(Trial *t)
{
  PetscFunctionBegin;
  PetscCall(VecDestroy(&t->rho));
  PetscCall(VecDestroy(&t->slope));
  PetscCall(VecDestroy(&t->field));
  PetscCall(VecDestroy(&t->rate));
  PetscCall(OttoFluxesDestroy(&t->fluxes));
  PetscCall(OttoEnergyDestroy(&t->energy));
  PetscFunctionReturn(0);
}
