/*
 * Private: the c-transform of a potential for the cost ½|x−y|² between cell centres, on periodic
 * axes the shortest of all images.
 */
#pragma once
#include <otto/field.h>

/** c-transforms on one grid. */
typedef struct _n_OttoCTransform *OttoCTransform;

/** What stands for the potential between cell centres. */
typedef enum {
  OTTO_C_GRID,     /**< nothing: the least over cell centres, feasible and exact */
  OTTO_C_PARABOLIC /**< parabolas through three cells about the least, axis by axis: of higher order
                      where the potential is smooth; for iterating, not for bounds */
} OttoCForm;

/** Collective. */
PETSC_INTERN PetscErrorCode OttoCTransformCreate(OttoGrid grid, OttoCTransform *c);
/** Collective. */
PETSC_INTERN PetscErrorCode OttoCTransformDestroy(OttoCTransform *c);
/** Bytes on this rank. Not collective. */
PETSC_INTERN size_t OttoCTransformBytes(OttoCTransform c);

/** psi(y) = min over x of ½|x−y|² − phi(x), in length²; phi, psi[local_cells], which may be the
 * same. In linear time: an axis after the other, on each line the lower envelope of the parabolas
 * of its cells (Felzenszwalb and Huttenlocher 2012), whose breaks are the slopes of a convex hull.
 * Collective. */
PETSC_EXTERN PetscErrorCode OttoCTransformApply(OttoCTransform c, OttoCForm form,
                                                const PetscReal phi[], PetscReal psi[]);
