/* A generator on a box, from options; for tests of what stands on it. */
#pragma once
#include "fixture.h"
#include <otto/resolvent.h>

typedef struct {
  OttoGrid grid;
  const OttoGridInfo *g;
  OttoGenerator Q;
  OttoResolvent R;
} Chain;

/* The generator of the options on a grid, which becomes the chain's. */
static inline PetscErrorCode ChainOn(OttoGrid grid, Chain *s)
{
  PetscFunctionBegin;
  s->grid = grid;
  s->g = OttoGridGetInfo(s->grid);
  PetscCall(OttoGeneratorCreate(s->grid, &s->Q));
  PetscCall(OttoGeneratorSetFromOptions(s->Q));
  PetscCall(OttoGeneratorSetUp(s->Q));
  PetscCall(OttoResolventCreate(s->Q, &s->R));
  PetscCall(OttoResolventSetFromOptions(s->R));
  PetscFunctionReturn(0);
}

/* options: {"-key", "value", …, NULL}. */
static inline PetscErrorCode ChainOptions(const char *const options[])
{
  PetscFunctionBegin;
  PetscCall(PetscOptionsClear(NULL));
  PetscCall(PetscOptionsSetValue(NULL, "-potential_seam", "wall")); /* any potential will do */
  for (int i = 0; options[i]; i += 2)
    PetscCall(PetscOptionsSetValue(NULL, options[i], options[i + 1]));
  PetscFunctionReturn(0);
}

static inline PetscErrorCode ChainCreate(PetscInt dim, const PetscInt64 n[],
                                         const PetscReal lower[], const PetscReal upper[],
                                         const OttoBoundary boundary[], const char *const options[],
                                         Chain *s)
{
  OttoGrid grid;

  PetscFunctionBegin;
  PetscCall(ChainOptions(options));
  PetscCall(MakeBox(dim, n, lower, upper, boundary, &grid));
  PetscCall(ChainOn(grid, s));
  PetscFunctionReturn(0);
}

static inline PetscErrorCode ChainDestroy(Chain *s)
{
  PetscFunctionBegin;
  PetscCall(OttoResolventDestroy(&s->R));
  PetscCall(OttoGeneratorDestroy(&s->Q));
  PetscCall(OttoGridDestroy(&s->grid));
  PetscCall(PetscOptionsClear(NULL));
  PetscFunctionReturn(0);
}

#define OPTIONS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define P OTTO_BOUNDARY_PERIODIC
#define W OTTO_BOUNDARY_NO_FLUX
#define A OTTO_BOUNDARY_ABSORBING
