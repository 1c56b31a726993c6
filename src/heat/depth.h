/*
 * Private to the exact kernels: about how far below the data the least value of K_t p0 lies. Where
 * doubles would not hold it they need not be tried.
 */
#pragma once
#include "heat_impl.h"

/** Finds the largest values of p0[local_cells], `scale` times, in blocks of cells, few enough for
 * every rank to know them all; once for all times. Collective. */
PETSC_INTERN PetscErrorCode OttoDepthPrepare(const OttoGridInfo *g, PetscReal scale,
                                             const PetscReal p0[], OttoDepth *depth);
/** Frees it. Not collective. */
PETSC_INTERN PetscErrorCode OttoDepthDestroy(OttoDepth *depth);

/** About the log of the least of K_t (scale·p0) over all cells, to within what log K changes by
 * over half a block of 1/32 of an axis or so; tables[dim] of t. Not collective. */
PETSC_INTERN PetscErrorCode OttoDepthLeast(const OttoGridInfo *g, const OttoDepth *depth,
                                           const OttoKernelTable *const table[],
                                           PetscReal *log_least);
