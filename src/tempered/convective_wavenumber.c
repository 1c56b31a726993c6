/* The wavenumber of a density: κ² = ∫|∇u|² / ∫(u − mean)², of 1 + ε cos κx what it says. */
#include "convective_impl.h"
#include <otto/difference.h>

/* A variance that is no more than this of the mean's square is rounding. */
#define CONSTANT 1e-26

PetscErrorCode OttoConvectiveWavenumber(OttoGrid grid, Vec u, PetscReal *square)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal mean, slope, sum = 0, variance;
  Vec work;

  PetscFunctionBegin;
  PetscCall(OttoFieldCreate(grid, &work));
  for (PetscInt j = 0; j < g->dim; j++) {
    PetscCall(OttoDifference(grid, u, j, work));
    PetscCall(VecNorm(work, NORM_2, &slope));
    sum += PetscSqr(slope);
  }
  PetscCall(VecSum(u, &mean));
  mean /= (PetscReal)g->cells;
  PetscCall(VecCopy(u, work));
  PetscCall(VecShift(work, -mean));
  PetscCall(VecNorm(work, NORM_2, &variance));
  variance *= variance;
  PetscCall(VecDestroy(&work));
  *square = variance > CONSTANT * mean * mean * (PetscReal)g->cells ? sum / variance : 0;
  PetscFunctionReturn(0);
}
