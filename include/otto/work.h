/** @file
 * Work done on a density and the first law (Sekimoto 1998; MATHEMATICS 8.2). With the energy E = ∫
 * V p, the probability current J and the part f of the force that is not -∇V (a drift, a tilt of
 * the potential),
 *
 *   dE/dt = work - heat - absorbed,   work = ∫ p ∂_tV + ∫ f·J,
 *
 * heat: that of production.h, to the bath; absorbed: the energy that mass takes along where it is
 * absorbed, neither work nor heat but exchange of matter. It holds at every instant for the grid's
 * chain, edge by edge: dE/dt = Σ p ∂_tV + Σ V (Qᵀp), and V of a cell is what leaves with its mass.
 */
#pragma once
#include <otto/generator.h>

/** Work on a density at one time, in energy per unit time. */
typedef struct {
  PetscReal rate;      /**< work on p per unit time: ∫ p ∂_tV + ∫ f·J */
  PetscReal potential; /**< the first of them; 0 where V does not depend on time */
  PetscReal drift;  /**< the second, over inner edges and loops; 0 without drift and tilt; of edges
                       that lead one way only, or have a temperature of their own, NaN, 0 where a
                       hamiltonian velocity alone drives */
  PetscReal energy; /**< E = ∫ V p, in units of energy */
  PetscReal energy_size; /**< ∫ |V p| */
  PetscReal absorbed; /**< energy that absorbed mass takes along per unit time; 0 where none is */
  PetscReal energy_rate; /**< Σ V (Qᵀp): dE/dt without `potential`, by the generator itself, no sum
                            over edges; it equals drift - heat - absorbed, where these are known */
  PetscReal unsure;      /**< estimate of what differences leave of `potential` */
  PetscReal gross;       /**< about ∫ p |∂_tV|: what `potential` is a sum of */
  PetscReal noise; /**< what rounding leaves of drift - heat - absorbed - energy_rate; NaN where
                      edges lead one way only or have a temperature of their own */
} OttoWork;

/**
 * Work on the density p at the generator's time. Collective.
 *
 * ∂_tV, where V depends on time, by differences in time of ∫ p V, central (at t = 0 forward: a run
 * begins there), of nine steps from `step` down to a fiftieth of it, extrapolated (Richardson;
 * Ridders 1982), the entry taken whose neighbours differ least: `unsure` is by how much they do,
 * and what rounding of V leaves; 1e-10 or less of a V that is smooth over `step`, much where V
 * jumps. Where V has a kink in time: the mean of both sides. `step` > 0 in units of time: one over
 * which V changes little, such as a step of the flow; V is asked for within it, not before t = 0.
 */
PETSC_EXTERN PetscErrorCode OttoWorkCompute(OttoGenerator generator, Vec p, PetscReal step,
                                            OttoWork *work);

/** The potential's part of it alone, ∫ p ∂_tV at any time t ≥ 0, by so many differences (2 to 9,
 * two evaluations of V each), and what they leave of it; 0 where V does not depend on time.
 * Collective.
 */
PETSC_EXTERN PetscErrorCode OttoWorkOfPotential(OttoGenerator generator, Vec p, PetscReal t,
                                                PetscReal step, PetscInt differences,
                                                PetscReal *rate, PetscReal *unsure);
