/** @file
 * Metastable sets of a chain with detailed balance, from its slowest relaxation modes (MATHEMATICS
 * 7.4): eigenfunctions of Q, memberships by PCCA+ (Deuflhard and Weber 2005), and the chain between
 * the sets (Kube and Weber 2007).
 *
 * Without detailed balance functions are no modes over π, and modes may turn: nothing of this is
 * defined there, nor with absorbing faces (there is no π), nor where the grid falls into parts
 * between which nothing passes (these are the sets).
 */
#pragma once
#include <otto/relaxation.h>

/** A set is known where its probability is, to this part of it. */
#define OTTO_METASTABLE_KNOWN 1e-3

/** What the slowest modes say of where the chain stays long. */
typedef struct {
  PetscInt functions; /**< as many as there are modes */
  Vec *function; /**< [functions] ψ_k, no unit: -Qψ = λψ, Σ π ψ² h^d = 1, above 0 in the first
                    cell in which √π |ψ| is at least half its largest; NaN in closed cells and
                    where it is not known */
  PetscInt64 unknown; /**< open cells in which some ψ_k is not known */
  PetscInt count;     /**< sets, at least 1; 0: none were asked for */
  Vec *membership;    /**< [count] χ_k in [0, 1], adding up to 1 in every cell; NaN as above.
                         The most probable set first, of equal ones that of the lower corner */
  Vec set; /**< 1 … count: of the largest χ_k; the lower of equal ones; NULL without sets */
  PetscReal *probability; /**< [count] Σ π χ_k h^d; NaN where it is not known */
  PetscReal *share;       /**< [count] what it is by the membership's part along 1, as functions are
                             orthogonal to that */
  PetscReal *noise; /**< [count] what rounding may add to the probability, relative to share */
  PetscInt vague;   /**< sets that are not known: noise above OTTO_METASTABLE_KNOWN. Crispness
                       is NaN then, and rates are; these also where noise, times what passes
                       between the other sets, is above that part of a set's own rate */
  PetscInt dim;     /**< of the grid */
  PetscReal *place; /**< [count*dim] the cell that stands for the set: where χ_k is largest or next
                       to that */
  PetscReal *rate; /**< [count²] Q_c = (χᵀDχ)⁻¹ χᵀDQχ, D = diag π, row by row, in 1/time:
                      rows add up to 0; Q_c[i,j] is the rate from i to j as far as sets are
                      crisp (it may be below 0 where they are not) */
  PetscReal crispness; /**< mean over sets of Σ π χ_k²/Σ π χ_k: 1 where every χ is 0 or 1 */
  PetscReal mean;      /**< largest difference of a known probability from share, relative; NaN
                          where functions are not known in every cell */
  PetscReal range;     /**< how far a membership lies outside of [0, 1] at most */
  PetscReal sum;       /**< largest |Σ χ_k - 1| */
  PetscReal off; /**< largest difference of an eigenvalue of -Q_c, found by edges, from its rate,
                    relative to the rate and 1e-8 of the fastest of them */
} OttoMetastable;

/** How many sets the rates speak of: k + 1, where λ_{k+1}/λ_k is the largest of their ratios, if
 * that is at least 5 (where nothing is metastable, it is 4: squares of 1, 2 …, on an interval as on
 * a ring); else 0. *at: k, the number of rates before the gap, *ratio: λ_{k+1}/λ_k (0
 * with fewer than two rates). Not collective. Source: Deuflhard and Weber 2005, section 4. */
PETSC_EXTERN PetscInt OttoMetastableChoose(const OttoRelaxation *relaxation, PetscInt *at,
                                           PetscReal *ratio);

/** Why there are no metastable sets of this chain, in words for a message; NULL where there are.
 * Not collective. */
PETSC_EXTERN const char *OttoMetastableWhyNot(OttoGenerator generator,
                                              const OttoRelaxation *relaxation);

/** Eigenfunctions of all modes, and `count` sets (0: none; 1: all there is) of the first count - 1.
 * Where √π is so small that the mode over π would be noise, ψ is found from its values elsewhere
 * by -Qψ = λψ. Those of the sets are made right relative to what they are in every set, where a
 * rate beyond theirs and factors are to be had. The memberships are χ = [1, ψ_1 …] A with A from
 * the inner simplex (Weber and Galliat 2002), made feasible by the least value of each. Collective.
 * OTTO_ERR_INPUT, naming spectrum_sets: OttoMetastableWhyNot(), more sets than modes (than modes +
 * 1 where these are all there are), or a number that cuts between rates that are the same to 1e-3.
 * OTTO_ERR_SOLVER: the modes are not independent. */
PETSC_EXTERN PetscErrorCode OttoMetastableCompute(OttoGenerator generator,
                                                  const OttoRelaxation *relaxation, PetscInt count,
                                                  OttoMetastable *out);
/** Frees it. Collective. */
PETSC_EXTERN PetscErrorCode OttoMetastableFree(OttoMetastable *metastable);
