/*
 * Private to src/transport: the image of every cell under the map of a potential,
 * T(x) = x − ∇φ(x), as a box: its ends are T at the cell's faces.
 */
#pragma once
#include <otto/halo.h>

/** What a box is where φ has a kink, so that its ends have nothing to do with each other. */
typedef enum {
  OTTO_IMAGE_WHOLE,  /**< all between them: images have no gaps */
  OTTO_IMAGE_TARGETS /**< as wide as the box beside it, at one end: nothing goes where no target is
                      */
} OttoImageForm;

/** The boxes of boxes.h of the map of phi[local_cells] (length²): lower and
 * upper[dim][local_cells], in cells. At a face between two cells T is the face's place less the
 * difference of φ, which is where the two serve a point equally well; at a wall it is continued in
 * a straight line from the two faces before. A box that a φ that is not c-concave would turn over
 * is a point. Collective. */
PETSC_INTERN PetscErrorCode OttoImage(OttoGrid grid, OttoImageForm form, const PetscReal phi[],
                                      PetscReal *const lower[], PetscReal *const upper[]);
