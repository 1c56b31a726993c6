/*
 * Private to energy: what interactions are.
 */
#pragma once
#include "transform/convolution.h"
#include <otto/energy.h>
#include <otto/formula.h>
#include <otto/symbol.h>

/* A member's contract. */
typedef struct {
  const char *key;                         /* the option that messages about its values name */
  PetscErrorCode (*read)(OttoInteraction); /* its keys, into `a` and `formula`; NULL: there is no
                                              interaction. Not collective. OTTO_ERR_INPUT. */
  /* W(r) and r W'(r) at r > 0; either may be NULL. Not collective; what is not finite is returned
   * as it arises. */
  PetscErrorCode (*value)(OttoInteraction, PetscReal r, PetscReal *W, PetscReal *rise);
  PetscBool (*scales)(OttoInteraction, PetscReal *times,
                      PetscReal *plus);   /* r W' = times W + plus wherever; NULL: it does not */
  PetscBool (*definite)(OttoInteraction); /* ∬ W d d ≥ 0 for all d of no mass in free space; NULL:
                                             it is not */
  PetscBool harmonic; /* beyond r = 0: a shell acts outside itself as the point in its middle */
  OttoSymbolFunction torus; /* W on a torus as a symbol, `context` the interaction; NULL: by the
                               distance to the nearest image */
} OttoInteractionOps;

#define OTTO_MEMBER(name, Ops, ...) PETSC_INTERN const OttoInteractionOps OttoInteractionOps_##Ops;
#include "interaction.def"
#undef OTTO_MEMBER

struct _n_OttoInteraction {
  OttoGrid grid;
  const char *type; /* registry name */
  const OttoInteractionOps *ops;
  PetscReal a[4]; /* a member's numbers */
  OttoFormula formula;
  PetscBool torus; /* W is a symbol */
  OttoConvolution convolution;
  OttoSymbol W, rise;  /* of W, and of r W' where it was asked for */
  PetscReal concavity; /* of OttoInteractionConcavity(), where … */
  PetscBool judged;    /* … it was asked for */
};

/** The interaction of energy_interaction_type (none), or NULL where there is none. Collective.
 * OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoInteractionCreate(OttoGrid grid, OttoInteraction *interaction);
/** Frees it. Collective. */
PETSC_INTERN PetscErrorCode OttoInteractionDestroy(OttoInteraction *interaction);
/** Bytes this rank holds. Not collective. */
PETSC_INTERN size_t OttoInteractionBytes(OttoInteraction interaction);

/** energy_interaction_<key>, a number: *value is kept where the key is absent. Not collective.
 * OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoInteractionGetNumber(const char *key, PetscReal *value);
/** energy_interaction_<key>, a length: *length > 0, kept where the key is absent and not required.
 * Not collective. OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoInteractionGetLength(const char *key, PetscBool required,
                                                     PetscReal *length);

/* The mean of a function of the distance from a cell's centre over the cell, h[dim] wide. */
typedef PetscErrorCode (*OttoRadial)(void *context, PetscReal r, PetscReal *value);
/** Right to 1e-12 of the largest |f| from an eighth of the cell on where f is smooth beyond 0, and
 * may grow there as long as it has a mean; *converged is false where it has none. A kink or a jump
 * of f inside the cell costs digits. Not collective. */
PETSC_INTERN PetscErrorCode OttoCellMean(PetscInt dim, const PetscReal h[], OttoRadial f,
                                         void *context, PetscReal *mean, PetscBool *converged);
