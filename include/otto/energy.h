/** @file
 * The energy of a density ρ on a grid,
 *
 *   E(ρ) = ∫ U(ρ) dx + ∫ V ρ dx + ½ ∬ W(x − y) ρ(x) ρ(y) dx dy,
 *
 * as sums over cells, and its variation ξ = δE/δρ = U'(ρ) + V + W*ρ. U is named by energy_internal
 * (internal.def), times the temperature; V by potential_type (potential.h); W by
 * energy_interaction_type (interaction.def), a function of the distance of two points. On periodic
 * axes that is the distance to the nearest image; any other serves as a wall, beyond which nothing
 * is.
 */
#pragma once
#include <otto/potential.h>

/** An energy on a grid. */
typedef struct _n_OttoEnergy *OttoEnergy;
/** Its internal part, U times the temperature: a function of one cell's density. */
typedef struct _n_OttoInternal *OttoInternal;
/** Its interaction: W, ready to be convolved with. */
typedef struct _n_OttoInteraction *OttoInteraction;

/** What an energy is the sum of, in energy (mass times the unit of V). */
typedef struct {
  PetscReal internal;    /**< ∫ U(ρ) */
  PetscReal potential;   /**< ∫ V ρ */
  PetscReal interaction; /**< ½ ∬ W ρ ρ */
  PetscReal total;       /**< their sum; +inf where mass is in a closed cell */
} OttoEnergyParts;

/** What can be asked of U, a convex function, in cells. */
typedef enum {
  OTTO_INTERNAL_VALUE,     /**< U(ρ) */
  OTTO_INTERNAL_SLOPE,     /**< U'(ρ); may be -inf at 0 */
  OTTO_INTERNAL_CURVATURE, /**< U''(ρ); may be inf at 0 */
  OTTO_INTERNAL_PRESSURE,  /**< P(ρ) = ρ U'(ρ) − U(ρ) */
  OTTO_INTERNAL_DENSITY, /**< of a slope s: the ρ ≥ 0 at which U'(ρ) = s, 0 where s ≤ U'(0), inf
                            beyond all slopes */
  OTTO_INTERNAL_STIFFNESS /**< of a slope s: dρ/ds there; 0 where ρ is */
} OttoInternalPart;

/** The registry of internal energies. */
PETSC_EXTERN const OttoFamily OttoInternalFamily;
/** The registry of interactions. */
PETSC_EXTERN const OttoFamily OttoInteractionFamily;

/** The energy of the options: temperature (1), energy_internal (entropy), energy_m,
 * potential_type (none) …, energy_interaction_type (none) …. A temperature of 0 is that of
 * energy_internal none. Collective. OTTO_ERR_INPUT: parameters that are missing or do not match, m
 * ≤ 0 or 1, a formula that does not parse, W not finite beyond r = 0 at some distance of two cells,
 * or without a mean over a cell at r = 0, newtonian where some axes are periodic and some are not,
 * a grid of more than three axes, an absorbing axis. */
PETSC_EXTERN PetscErrorCode OttoEnergyCreate(OttoGrid grid, OttoEnergy *energy);
/** Frees it. Collective. */
PETSC_EXTERN PetscErrorCode OttoEnergyDestroy(OttoEnergy *energy);
/** Its grid. Not collective. */
PETSC_EXTERN OttoGrid OttoEnergyGetGrid(OttoEnergy energy);

/** Its potential, whose values may be given (OttoPotentialSetValues()) before OttoEnergySetTime().
 * Not collective. */
PETSC_EXTERN OttoPotential OttoEnergyGetPotential(OttoEnergy energy);
/** V becomes that of time t. Before the first, energies and variations are refused with
 * OTTO_ERR_STATE. A constant force beside the potential (potential_seam drift) is refused: it has
 * no energy. Collective; errors as OttoPotentialEvaluate(). */
PETSC_EXTERN PetscErrorCode OttoEnergySetTime(OttoEnergy energy, PetscReal t);
/** Whether V depends on t: energy is then not lost alone. Not collective. */
PETSC_EXTERN PetscBool OttoEnergyIsTimeDependent(OttoEnergy energy);
/** V in cells (+inf: closed), the energy's own; NULL where it is 0 everywhere and rests. After
 * OttoEnergySetTime(). Not collective. */
PETSC_EXTERN Vec OttoEnergyGetField(OttoEnergy energy);
/** U, the energy's own. Not collective. */
PETSC_EXTERN OttoInternal OttoEnergyGetInternal(OttoEnergy energy);
/** W, the energy's own; NULL where there is none. Not collective. */
PETSC_EXTERN OttoInteraction OttoEnergyGetInteraction(OttoEnergy energy);

/** E(ρ), ρ ≥ 0. Compensated sums. Collective. OTTO_ERR_NUMERICAL: a cell is negative or not finite.
 */
PETSC_EXTERN PetscErrorCode OttoEnergyEvaluate(OttoEnergy energy, Vec rho, OttoEnergyParts *parts);
/** xi = δE/δρ in cells, energy per mass; -inf where ρ is 0 and U'(0) is -inf, +inf in closed cells.
 * Collective. */
PETSC_EXTERN PetscErrorCode OttoEnergyVariation(OttoEnergy energy, Vec rho, Vec xi);
/** Bytes this rank holds. Not collective. */
PETSC_EXTERN size_t OttoEnergyBytes(OttoEnergy energy);

/** out[n] = `part` of U at in[n] (densities, or slopes; NaN stays); in and out may be the same. A
 * few ulp; what a cell gives depends on no other. MATHEMATICS 12.1. Not collective. */
PETSC_EXTERN void OttoInternalEvaluate(OttoInternal internal, OttoInternalPart part, PetscInt64 n,
                                       const PetscReal in[], PetscReal out[]);
/** T where U = T ρ log ρ, so that ρ∇U' = T∇ρ is linear in ρ; 0 of any other. Not collective. */
PETSC_EXTERN PetscReal OttoInternalTemperature(OttoInternal internal);
/** Whether U is 0. Not collective. */
PETSC_EXTERN PetscBool OttoInternalIsNone(OttoInternal internal);
/** A β ≥ 0 by which U is convex among densities ρ, σ of `mass` in a box of `volume`: ∫ U(ρ) − U(σ)
 * − U'(σ)(ρ − σ) ≥ ½ β ‖ρ − σ‖₁² (energy per mass²). Of entropy T/mass (Pinsker's inequality); 0
 * where none is known: of powers m < 1 and m > 2. MATHEMATICS 12.4. Not collective. */
PETSC_EXTERN PetscReal OttoInternalConvexity(OttoInternal internal, PetscReal mass,
                                             PetscReal volume);
/** Registry name. Not collective. */
PETSC_EXTERN const char *OttoInternalGetType(OttoInternal internal);

/** u = W*ρ: u(x) = Σ_y W(x − y) ρ(y) · cell volume, by FFT, in free space across walls (a grid of
 * twice the cells along them). At x = y W counts as its mean over the cell (to 1e-12 where W is
 * smooth beyond r = 0). Newtonian on a torus: the grid's own Poisson equation, no mean. rho and u
 * may be the same; an eps of the largest W and sum is what transforms leave. MATHEMATICS 12.1.
 * Collective. */
PETSC_EXTERN PetscErrorCode OttoInteractionApply(OttoInteraction interaction, Vec rho, Vec u);
/** ∬ r W'(r) ρ ρ, r the distance (energy): what attraction adds to the second moment's decay; of a
 * formula by differences, to 1e-12 of |W| or so where W is smooth. The first call may tabulate a
 * kernel, which is kept. NaN of newtonian on a torus, which is no function of the distance.
 * MATHEMATICS 12.1. Collective. */
PETSC_EXTERN PetscErrorCode OttoInteractionVirial(OttoInteraction interaction, Vec rho,
                                                  PetscReal *virial);
/** An ω ≥ 0 by which W is concave at most: ½ ∬ W d d ≥ −½ ω ‖d‖₁² for every difference d of two
 * densities of one mass on the grid (energy per mass²); 0, or next to it, where W is positive
 * definite. Found once. MATHEMATICS 12.4. Collective. */
PETSC_EXTERN PetscErrorCode OttoInteractionConcavity(OttoInteraction interaction, PetscReal *omega);
/** Whether W is infinite at r = 0, where points may then gather whatever else holds them apart. Not
 * collective. */
PETSC_EXTERN PetscErrorCode OttoInteractionIsSingular(OttoInteraction interaction,
                                                      PetscBool *singular);
/** Registry name. Not collective. */
PETSC_EXTERN const char *OttoInteractionGetType(OttoInteraction interaction);
