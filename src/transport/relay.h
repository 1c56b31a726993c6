/* Private to src/transport: columns handed on from cell to neighbour along a current. */
#pragma once
#include "current.h"

/**
 * Lets `columns` follow current->u over the edges of the grid, in four steps: in each a cell gives
 * every neighbour a part of all its atoms in proportion, a quarter of the current's mass over their
 * edge, and never more than it has. Where there is enough, what was missing is there afterwards.
 * `spare`: other columns, whatever is in them; they are swapped. Collective.
 */
PETSC_INTERN PetscErrorCode OttoRelay(const OttoCurrent *current, OttoColumns *columns,
                                      OttoColumns *spare);
