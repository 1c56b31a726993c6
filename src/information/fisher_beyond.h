/* What passes the open faces of a box, between its cells and the layer beyond them, where p and q
 * are known in free space. */
#pragma once
#include "grid/beyond.h"
#include <otto/fisher.h>

/**
 * Adds it to what OttoFisherEdge() found of the same pair (of exact data). A box B in free space
 * dissipates, by way of y outside,
 *
 *   dD_B/dt = -Σ_{x in B} Σ_y Q_yx q_y B_φ(r_y, r_x) + Σ_{x in B, y outside} Q_yx (q_y φ(r_y) - q_x
 * φ(r_x)),
 *
 * D_B the sum of q φ(r) over its cells: the first sum over edges that leave the box goes to
 * dissipation[], minus the second to outflow[]. fisher_p and fisher_q likewise have the first sum's
 * terms of p log p. Collective.
 */
PETSC_INTERN PetscErrorCode OttoFisherAddBeyond(OttoGrid grid, const OttoPair *pair,
                                                const OttoBeyond *p, const OttoBeyond *q,
                                                OttoFisher *out);
