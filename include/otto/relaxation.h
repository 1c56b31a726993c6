/** @file
 * The slowest relaxation rates of a generator and their modes, each with a bound of its
 * error, and whether it is certain that none is missing (MATHEMATICS 7.2).
 *
 * Everything is done on A = -W⁻¹QᵀW/‖Q‖₁ with W = √π, which is symmetric under detailed balance and
 * whose numerical range lies right of 0 in any case. With absorbing axes π is that of the chain
 * whose absorbing faces are closed.
 */
#pragma once
#include <otto/resolvent.h>

/** The slowest eigenvalues λ of Qᵀ beside 0, and their modes. */
typedef struct {
  PetscInt count;       /**< found, at most as many as asked for */
  PetscReal *rate;      /**< [count] relaxation rates -Re λ > 0, slowest first; the zeros of steady
                           states      are left out */
  PetscReal *frequency; /**< [count] |Im λ|, a pair counted once; 0 with detailed balance */
  PetscReal *bound;     /**< [count] absolute: an eigenvalue lies within this of the rate; infinite
                           where the conditions of the bound do not hold */
  PetscReal *frequency_bound; /**< [count] likewise of the frequency; exactly 0 without drift */
  PetscReal *residual;        /**< [count] ‖Au - κu‖₂/‖u‖₂: relative to ‖Q‖₁ */
  Vec *mode; /**< [count] density modes W u (of a pair: the real part), scaled so that the value
                of largest magnitude is 1; u is good to rounding of its largest value, which a W
                of more than 16 decades may outweigh in fast modes of driven chains */
  PetscInt parts; /**< zeros left out: parts of the grid between which nothing passes, those that
                     absorb not counted */
  PetscBool all;  /**< fewer than were asked for, and there are no more */
  PetscBool complete; /**< certain: no eigenvalue up to the last rate is missing */
  char how[200];      /**< in words: how that is known, or why it is not */
} OttoRelaxation;

/** The `count` slowest, multiple ones as often as they are there. Collective. Grids up to 600 cells
 * (1200 with detailed balance): the whole spectrum (LAPACK). Beyond: Krylov and Schur (Stewart
 * 2001) on a factorised inverse (MUMPS; on grids too large for that the resolvent's
 * preconditioner), repeated beside what is found until the count is certain: by Sylvester's inertia
 * of H - R, H the symmetric part of A, on the complement of what is found. Bounds: Kato (1949) and
 * Temple (1928) with detailed balance; otherwise condition times residual, where the residual is
 * far below what separates the eigenvalue from the others (Stewart 1973; Bai, Demmel and McKenney
 * 1993); slow modes far from all others by their currents, to a part of themselves. eps_ options
 * apply (eps_tol 1e-12). OTTO_ERR_SOLVER: none found, or more than 100 parts. */
PETSC_EXTERN PetscErrorCode OttoRelaxationCompute(OttoResolvent resolvent, PetscInt count,
                                                  OttoRelaxation *relaxation);
/** Frees it. Collective. */
PETSC_EXTERN PetscErrorCode OttoRelaxationFree(OttoRelaxation *relaxation);

/** Whether mode k is known: its bound holds and none before it is missing. Not collective. */
PETSC_EXTERN PetscBool OttoRelaxationCertified(const OttoRelaxation *relaxation, PetscInt k);

/** difference[fine->count]: distance in the complex plane from each eigenvalue of `fine` to the one
 * of `coarse`, another grid's, that is its counterpart: nearest, each used once, slowest first; NaN
 * where `coarse` has none left. Not collective. */
PETSC_EXTERN PetscErrorCode OttoRelaxationDifference(const OttoRelaxation *fine,
                                                     const OttoRelaxation *coarse,
                                                     PetscReal difference[]);
