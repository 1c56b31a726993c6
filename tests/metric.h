/*
 * Generators of type metric on small boxes of side 1.
 */
#pragma once
#include "fixture.h"
#include <otto/generator.h>

#define P OTTO_BOUNDARY_PERIODIC
#define W OTTO_BOUNDARY_NO_FLUX
#define A OTTO_BOUNDARY_ABSORBING

typedef struct {
  PetscInt dim;
  PetscInt64 n[3];
  OttoBoundary boundary[3];
  const char *type, *formula;
} Case;

/* Of period 1 along periodic axes; unlike along unlike axes. */
static const Case cases[] = {
    {1, {13}, {P}, "conformal", "(1+0.4*cos(2*_pi*x))^2"},
    {1, {8}, {W}, "diagonal", "exp(x)"},
    {1, {6}, {A}, "conformal", "1+x"},
    {1, {3}, {P}, "conformal", "2+sin(2*_pi*x+1)"},
    {2, {12, 9}, {P, P}, "conformal", "exp(sin(2*_pi*x)+0.5*cos(2*_pi*y))"},
    {2, {9, 10}, {W, P}, "diagonal", "1, (1+x)^2"}, /* an annulus in polar coordinates */
    {2, {7, 8}, {A, W}, "diagonal", "1+y, exp(x*y)"},
    {2, {5, 1}, {P, P}, "conformal", "2+cos(2*_pi*x)"},
    {3, {6, 5, 4}, {P, W, W}, "diagonal", "1+y, 2+cos(2*_pi*x), exp(z+y)"},
    {3, {5, 4, 6}, {P, P, W}, "conformal", "exp(z)*(2+sin(2*_pi*(x+y)))"},
};
#define COUNT ((int)(sizeof cases / sizeof cases[0]))

static inline PetscErrorCode SetMetric(const char *type, const char *formula)
{
  PetscFunctionBegin;
  PetscCall(PetscOptionsClear(NULL));
  PetscCall(PetscOptionsSetValue(NULL, "-metric_type", type));
  if (formula) PetscCall(PetscOptionsSetValue(NULL, "-metric_formula", formula));
  PetscFunctionReturn(0);
}

static inline PetscErrorCode MakeGenerator(OttoGrid grid, OttoMetric metric, OttoGenerator *Q)
{
  PetscFunctionBegin;
  PetscCall(OttoGeneratorCreate(grid, Q));
  PetscCall(OttoGeneratorSetType(*Q, "metric"));
  if (metric) PetscCall(OttoGeneratorSetMetric(*Q, metric));
  PetscCall(OttoGeneratorSetFromOptions(*Q));
  PetscCall(OttoGeneratorSetUp(*Q));
  PetscFunctionReturn(0);
}

static inline PetscErrorCode Make(const Case *c, OttoGrid *grid, OttoGenerator *Q)
{
  const PetscReal lower[3] = {0, 0, 0}, upper[3] = {1, 1, 1};

  PetscFunctionBegin;
  PetscCall(SetMetric(c->type, c->formula));
  PetscCall(MakeBox(c->dim, c->n, lower, upper, c->boundary, grid));
  PetscCall(MakeGenerator(*grid, NULL, Q));
  PetscFunctionReturn(0);
}

static inline PetscErrorCode Free(OttoGrid *grid, OttoGenerator *Q)
{
  PetscFunctionBegin;
  PetscCall(OttoGeneratorDestroy(Q));
  PetscCall(OttoGridDestroy(grid));
  PetscCall(PetscOptionsClear(NULL));
  PetscFunctionReturn(0);
}

/* Values that depend on the cell alone. */
static inline PetscReal Wavy(PetscInt64 cell, PetscInt dim, const PetscReal x[],
                             const PetscReal *context)
{
  const PetscReal i = (PetscReal)(cell + 1);

  (void)dim, (void)x;
  return 1.2 + sin(1.7 * i * i + (context ? *context : 0));
}
