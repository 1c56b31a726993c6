/*
 * Private to src/transport: where the ascent begins, the potential of the map between the Gaussians
 * that have the means and covariances of p and q.
 */
#pragma once
#include <otto/field.h>

/** phi[local_cells] (length²): that of T(x) = m_q + A (x − m_p), A = C_p^-½ (C_p^½ C_q C_p^½)^½
 * C_p^-½, which is optimal between Gaussians (Gelbrich 1990), on the axes that are not periodic; on
 * periodic axes T is the identity. Covariances count a cell's own, h²/12. Collective.
 * p, q: densities of mass 1, [local_cells]. */
PETSC_INTERN PetscErrorCode OttoAffinePotential(OttoGrid grid, const PetscReal p[],
                                                const PetscReal q[], PetscReal phi[]);
