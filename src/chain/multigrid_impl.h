/* Private to multigrid*.c. */
#pragma once
#include "multigrid.h"

#define OTTO_MULTIGRID_DIM 3
#define OTTO_MULTIGRID_LEVELS 40

/* Level 0 is the finest here; PCMG counts from the coarsest. Cells are numbered as in a grid, the
 * first axis distributed by planes. */
typedef struct {
  PetscInt64 n[OTTO_MULTIGRID_DIM], plane_cells, start, planes;
  PetscInt64 *starts;                   /* [size + 1] */
  PetscBool wraps[OTTO_MULTIGRID_DIM];  /* periodic axis */
  PetscBool leaks[OTTO_MULTIGRID_DIM];  /* absorbing axis */
  PetscBool halved[OTTO_MULTIGRID_DIM]; /* on the way to the next level */
  Mat P;                                /* from the next level to this one */
  Mat K, B, A; /* Galerkin products of -M and of 1, and K + σB (coarse levels) */
  Vec w;       /* what a constant becomes; NULL: 1 */
} OttoLevel;

/** l->P, and w of the next level, from the level's own K (the finest: -M) and w. Collective. */
PETSC_INTERN PetscErrorCode OttoMultigridInterpolate(MPI_Comm comm, Mat K, OttoLevel *l,
                                                     OttoLevel *next);
/** Cells of a level, all ranks together. */
static inline PetscInt64 OttoLevelCells(const OttoLevel *l)
{
  return l->n[0] * l->n[1] * l->n[2];
}
