/* Private to src/grid: which mesh of ranks serves a grid best. */
#pragma once
#include <otto/grid.h>

/** The mesh that a transform's chain of exchanges is estimated to cost least on: all ranks on axis
 * 0 where that has as many cells and nothing much is gained by another; {0, 0} where no mesh of
 * that many ranks fits the first two axes. Not collective; the same on every rank. */
PETSC_INTERN void OttoMeshChoose(const OttoGridInfo *g, PetscMPIInt mesh[2]);

/** The largest number of ranks, at most `size`, that some mesh deals the first two axes to. */
PETSC_INTERN PetscMPIInt OttoMeshLargest(const OttoGridInfo *g, PetscMPIInt size);
