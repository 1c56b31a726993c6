/* Private to passage_quasi*.c: inverse iteration for the slowest killed mode as it stands. */
#pragma once
#include "passage_impl.h"

/* Sources of plain steps that a projection takes. */
#define OTTO_QUASI_KEPT 9

typedef struct {
  OttoPassage p;
  OttoPassageChain *chain;
  const PetscInt *part;
  PetscInt parts;
  PetscReal *least, *most;        /* [parts] */
  Vec v, u, r;                    /* -Q̂ u = v; room */
  Vec before[2];                  /* u of the last step and of the one before that, π-mass 1 */
  PetscInt steps;                 /* of them there are, since the last extrapolation */
  Vec kept[OTTO_QUASI_KEPT];      /* sources v of plain steps, NULL before there is need of them */
  PetscReal top[OTTO_QUASI_KEPT]; /* what u of that step was divided by to be the next */
  PetscReal first;                /* the largest value of the first of them */
  PetscInt keeps;                 /* how many there are */
} OttoQuasi;

/** v = u scaled to a largest value of 1, in every part of its own; u then solves -Q̂ u = v.
 * Collective. */
PETSC_INTERN PetscErrorCode OttoQuasiStep(OttoQuasi *s, OttoPassageReport *report);
/** least[2]: the least v/u of a part, and minus the largest: both are its rate at last. Collective.
 */
PETSC_INTERN PetscErrorCode OttoQuasiRange(const OttoQuasi *s, PetscInt part, PetscReal least[2]);
/** Weighs the cells of u whose v/u lies above the middle, and those below, by the balance between
 * the two; v is room afterwards. Of a grid in one part. Collective. */
PETSC_INTERN PetscErrorCode OttoQuasiBalance(OttoQuasi *s);
/** Keeps v of the last step, which was a plain one; of as many as there may be makes u the Ritz
 * vector and forgets them. Of a grid in one part. Collective. */
PETSC_INTERN PetscErrorCode OttoQuasiProject(OttoQuasi *s);
/** *gap: the second slowest rate over the slowest, less 1, at most, by steps from u weighed unlike;
 * u stays. Of a grid in one part. Collective. */
PETSC_INTERN PetscErrorCode OttoQuasiGap(OttoQuasi *s, PetscReal *gap);
