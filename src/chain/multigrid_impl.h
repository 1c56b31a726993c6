/* Private to multigrid*.c. */
#pragma once
#include "multigrid.h"

#define OTTO_MULTIGRID_DIM 3
#define OTTO_MULTIGRID_LEVELS 40

/* Level 0 is the finest here; PCMG counts from the coarsest. A coarse cell lives where its fine one
 * does. */
typedef struct {
  OttoGrid grid;
  const OttoGridInfo *g;
  PetscBool halved[OTTO_MULTIGRID_DIM]; /* on the way to the next level */
  Mat P;                                /* from the next level to this one */
  Mat K, B, A; /* Galerkin products of -M and of 1, and K + σB (coarse levels) */
  Vec w;       /* what a constant becomes; NULL: 1 */
} OttoLevel;

/** l->P, and w of the next level, from the level's own K (the finest: -M) and w. Collective. */
PETSC_INTERN PetscErrorCode OttoMultigridInterpolate(Mat K, OttoLevel *l, OttoLevel *next);
