/* Private: the Bregman divergences of f-divergences. */
#pragma once
#include <otto/divergence.h>

/* value[φ] = Σ q B_φ(p/q, P/Q) over cells, (p, q) of `from`, (P, Q) > 0 of `at`: the Bregman
 * divergence of D_φ between two states, D_φ(from) - D_φ(at) - <∇D_φ(at), from - at>, as a sum of
 * non-negative terms; not finite where `from` has one density alone in a cell and D_φ minds.
 * noise[φ]: what rounding of the states leaves of it. Collective. */
PETSC_INTERN PetscErrorCode OttoBregmanCompute(OttoGrid grid, const OttoPair *from,
                                               const OttoPair *at, PetscReal value[],
                                               PetscReal noise[]);
