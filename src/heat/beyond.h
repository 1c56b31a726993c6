/*
 * Private to heat and to what takes a density's identities on an open box: the chain in free space
 * beyond its faces.
 */
#pragma once
#include "grid/beyond.h"
#include <otto/heat.h>

/** log p_t in the layer beyond every open face, as the source's own (valid until its next call or
 * end); NULL where the kernel's identities do not ask for it: all but lattice_exact, or no axis is
 * open. t ≥ 0; at 0 nothing is there. Collective. */
PETSC_INTERN PetscErrorCode OttoHeatGetBeyond(OttoHeat heat, OttoHeatSource source, PetscReal t,
                                              const OttoBeyond **beyond);
