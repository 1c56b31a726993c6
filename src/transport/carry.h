/* Private to src/transport: columns carried by a current as a whole, as far as it goes. */
#pragma once
#include "current.h"

/**
 * Carries every column along current->u for all of its way: a cell becomes the box between its
 * faces, each moved by the current through it over the mass there (the larger of its two sides,
 * half way from what is there to q). A face stays where q is 0 on one of its sides, as where mass
 * would leave what it is due to, and where it would move by an eighth of the axis or more. On the
 * whole mass moves as the current does, near cells it does not: OttoRelay() does the rest. `spare`:
 * other columns, whatever is in them; they are swapped. Collective.
 */
PETSC_INTERN PetscErrorCode OttoCarry(const OttoCurrent *current, OttoColumns *columns,
                                      OttoColumns *spare);
