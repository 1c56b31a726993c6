/** @file
 * Sets of the box, given by formulas, and their probabilities.
 *
 * Where the edge of a set goes through a cell it is found along lines, by bisection, and a density
 * is taken as linear there: probabilities err by the square of the cells' width, and by their cube
 * at the edge (MATHEMATICS 10.1).
 */
#pragma once
#include <otto/field.h>

/** A set on a grid. */
typedef struct _n_OttoObservedSet *OttoObservedSet;

/** The set where a formula is above 0: a comparison, which is 0 or 1, or a function that changes
 * its sign at the edge. It is looked for along every axis on lines through centres, corners and
 * middles of faces and edges of cells, in 3, 5, 9 … up to 1025 points of each, as many as 2 million
 * evaluations in all allow: what lies between these, half a cell apart, is not seen. Cells where
 * the field `open` is 0 (NULL: none; it is not kept) are in no set. `key` names it in messages.
 * Collective. OTTO_ERR_INPUT: it does not parse; NaN somewhere. */
PETSC_EXTERN PetscErrorCode OttoObservedSetCreate(OttoGrid grid, const char *key, const char *text,
                                                  Vec open, OttoObservedSet *set);
/** Frees it. Collective. */
PETSC_EXTERN PetscErrorCode OttoObservedSetDestroy(OttoObservedSet *set);

/** The part of every cell that is in the set, a field. Do not change it. Not collective. */
PETSC_EXTERN Vec OttoObservedSetGetShare(OttoObservedSet set);
/** Points of such a line. Not collective. */
PETSC_EXTERN PetscInt OttoObservedSetPoints(OttoObservedSet set);

/** *part: of the volume of open cells what is in the set, exactly 0 where no point is, exactly 1
 * where all are; *thin: likewise, where the set, or a gap in it, is thinner than the distance of
 * points, as expected from what of it is met: some of that is missed. Collective. */
PETSC_EXTERN PetscErrorCode OttoObservedSetVolume(OttoObservedSet set, PetscReal *part,
                                                  PetscReal *thin);

/** *value = ∫ over the set of u/∫u, u linear in cells that the edge goes through, by differences
 * with their neighbours, limited so that no part of a positive u is negative (van Leer 1977);
 * *error: what u's second differences leave there, and what its thin parts hold. What
 * cells err by elsewhere is not in it. Collective. */
PETSC_EXTERN PetscErrorCode OttoObservedSetProbability(OttoObservedSet set, Vec u, PetscReal *value,
                                                       PetscReal *error);
