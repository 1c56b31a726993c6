/** @file
 * Correlations of functions of the state in a chain's steady state, in frequency and in time
 * (MATHEMATICS 10.2): of A, with g = π (A - E A),
 *
 *   C(t) = Σ A e^{Qᵀt} g,   S(ω) = 2 Re Σ A (iω - Qᵀ)⁻¹ g = ∫ C(|t|) e^{-iωt} dt   (sums times
 * h^d).
 *
 * (iω - Qᵀ)⁻¹ is solved for as a real system of twice the size by flexible GMRES with two real
 * solves of the resolvent at σ = ω as preconditioner, whose spectrum with detailed balance lies in
 * [1/2, 1] whatever ω and the grid (Axelsson, Neytcheva and Ahmad 2014); C from the space that
 * powers of one real resolvent make (Moret and Novati 2004; van den Eshof and Hochbruck 2006).
 */
#pragma once
#include <otto/resolvent.h>

/** What solves for correlations of one chain. */
typedef struct _n_OttoCorrelation *OttoCorrelation;

/** The generator must be set up, rest in time, and outlive it; pi: its steady state, likewise.
 * Collective. */
PETSC_EXTERN PetscErrorCode OttoCorrelationCreate(OttoGenerator generator, Vec pi,
                                                  OttoCorrelation *correlation);
/** Frees it. Collective. */
PETSC_EXTERN PetscErrorCode OttoCorrelationDestroy(OttoCorrelation *correlation);

/** source = π (a - E a), E under π/Σπ; *variance (may be NULL) = C(0). Collective. */
PETSC_EXTERN PetscErrorCode OttoCorrelationSource(OttoCorrelation correlation, Vec a, Vec source,
                                                  PetscReal *variance);

/** value[2] = Re, Im of Σ a (iω - Qᵀ)⁻¹ source h^d, ω ≥ 0 an angular frequency, for a source that
 * sums to 0 (in every part of the grid that is not connected to others, where ω is 0); *residual,
 * of the system, in L2 relative to the source. S(ω) is 2 value[0] of OttoCorrelationSource().
 * Collective. OTTO_ERR_SOLVER: the residual stays above 1e-8. */
PETSC_EXTERN PetscErrorCode OttoCorrelationTransform(OttoCorrelation correlation, Vec a, Vec source,
                                                     PetscReal omega, PetscReal value[2],
                                                     PetscReal *residual);

/** C[count] = Σ a e^{Qᵀt} source h^d at times[count] ≥ 0, increasing, and error[count], a bound of
 * what they err by, below `tolerance` times C(0) but for rounding. 61 fields beside, while it runs.
 * Collective. OTTO_ERR_SOLVER: a solve did not converge, or 1000 times 60 were not enough; C and
 * error of times that were not reached are NaN. */
PETSC_EXTERN PetscErrorCode OttoCorrelationInTime(OttoCorrelation correlation, Vec a, Vec source,
                                                  PetscInt count, const PetscReal times[],
                                                  PetscReal tolerance, PetscReal C[],
                                                  PetscReal error[]);
