/* Private to passage*.c: chains made of another's rates. */
#pragma once
#include <otto/generator.h>

/** Which of them. */
typedef enum {
  OTTO_RELATED_SAME,    /**< its own rates */
  OTTO_RELATED_REVERSED /**< the time-reversed chain's, π_y Q_yx/π_x; what absorbs stays */
} OttoRelated;

/**
 * A generator of the same cells without targets, which it can be given: set up, with the rates that
 * `of`, which must outlive it, has now. faces: those of the box that absorb do so here as well.
 * log_pi, a field, is π's logarithm, -inf in closed cells: V is then -T log π; NULL: V is that of
 * `of`, SAME only. Collective.
 */
PETSC_INTERN PetscErrorCode OttoGeneratorCreateRelated(OttoGenerator of, OttoRelated which,
                                                       PetscBool faces, Vec log_pi,
                                                       OttoGenerator *related);
