/** @file
 * Fields from a grid to a coarser one of the same box, for the same problem set up anew on
 * fewer cells. The coarse grid may live on fewer ranks: the first of the fine grid's.
 */
#pragma once
#include <otto/field.h>

/** A way from a grid to a coarser one. */
typedef struct _n_OttoTransfer *OttoTransfer;

/** A grid of the same box and boundaries with n[dim] cells, at most as many as `fine` has on every
 * axis, on the first of its ranks, as many as can own a plane; `*coarse` is NULL on the others.
 * Collective on the fine grid's ranks. OTTO_ERR_INPUT: sizes that do not fit. */
PETSC_EXTERN PetscErrorCode OttoGridCoarsen(OttoGrid fine, const PetscInt64 n[], OttoGrid *coarse);
/** Frees it, and the communicator made for it. Collective on the ranks that have it. */
PETSC_EXTERN PetscErrorCode OttoGridCoarseDestroy(OttoGrid *coarse);

/** Prepares transfers from `fine` to `coarse` of OttoGridCoarsen(fine, n, …). Collective on the
 * fine grid's ranks, as all below are. */
PETSC_EXTERN PetscErrorCode OttoTransferCreate(OttoGrid fine, const PetscInt64 n[], OttoGrid coarse,
                                               OttoTransfer *transfer);
/** Frees it. Collective on the fine grid's ranks. */
PETSC_EXTERN PetscErrorCode OttoTransferDestroy(OttoTransfer *transfer);

/** v = mean of u over each coarse cell, by overlap of volumes: ∫u is kept to rounding, whether or
 * not sizes divide. `v`: a field of the coarse grid; NULL on ranks without. Collective on the fine
 * grid's ranks. */
PETSC_EXTERN PetscErrorCode OttoTransferMean(OttoTransfer transfer, Vec u, Vec v);

/** v = log of the mean of exp(u) over each coarse cell, found without overflow; -inf counts as an
 * empty share, and a coarse cell of nothing else is -inf. The Gibbs state of a potential V whose
 * coarse values are -T times this, of -V/T, is the mean of the fine one; a cell is as open as the
 * cells it is made of. Collective on the fine grid's ranks. */
PETSC_EXTERN PetscErrorCode OttoTransferLogMeanExp(OttoTransfer transfer, Vec u, Vec v);
