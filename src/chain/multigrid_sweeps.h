/* Private to multigrid*.c: symmetric sweeps of Gauss and Seidel on several ranks. */
#pragma once
#include <petscmat.h>

/** MatSOR() of A, an AIJ matrix, hears between its sweep forth and the one back what the forth has
 * made of other ranks' cells: one exchange more, and iterations that all but do without knowing how
 * many ranks there are. Where A is symmetric so is the pair of sweeps. Those with a relaxation or a
 * shift, and those of one rank, are PETSc's. Before A's first sweep, and again without harm.
 * Collective. */
PETSC_INTERN PetscErrorCode OttoSweepsTogether(Mat A);
