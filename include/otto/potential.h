/** @file
 * What drives a density: a potential V (conservative; potential.def) and a drift f
 * (anything else; drift.def), both chosen by name. The force on a particle is -∇V + f.
 */
#pragma once
#include <otto/family.h>
#include <otto/storage.h>

/** A potential on a grid. */
typedef struct _n_OttoPotential *OttoPotential;

/**
 * The potential described by potential_type (none) and its parameters. Collective.
 * `temperature` T > 0: for the type `samples`, V = -T log of the tempered histogram.
 * OTTO_ERR_INPUT: parameters that are missing or do not match, a formula that does not parse, a
 * file that cannot be read.
 */
PETSC_EXTERN PetscErrorCode OttoPotentialCreate(OttoGrid grid, PetscReal temperature,
                                                OttoPotential *potential);
/** Frees a potential. Collective. */
PETSC_EXTERN PetscErrorCode OttoPotentialDestroy(OttoPotential *potential);

/**
 * V at the cell centres at time t, in units of energy (as the temperature); +inf in closed cells
 * (of a formula or a file; or by potential_mask). Collective.
 *
 * A potential that jumps where a periodic axis closes, by more than 1 T and more than 4 of the
 * second differences near by, is refused (potential_seam refuse); `wall` keeps the jump between the
 * last cell and the first; `drift` takes the mean slope of every periodic axis out of V, see
 * OttoPotentialGetTilt(); `image` measures from the centre's nearest image. A potential that is not
 * a function of the coordinates shows a jump from 4 cells on an axis on.
 *
 * OTTO_ERR_INPUT: a cell is neither finite nor closed (the first such cell is named with
 * coordinates and value), or a jump (named with its size in T). OTTO_ERR_NUMERICAL where the
 * potential has been good before: a run is under way.
 */
PETSC_EXTERN PetscErrorCode OttoPotentialEvaluate(OttoPotential potential, PetscReal t, Vec V);

/** V at another time, as it stands: what is not finite stays so, a jump at a seam is not looked
 * for, and the slopes taken out (potential_seam drift) are those of that time; NaN where they are
 * refused. The time last evaluated stays what it was, with its tilt. Collective. */
PETSC_EXTERN PetscErrorCode OttoPotentialPeek(OttoPotential potential, PetscReal t, Vec V);

/** Whether its values, or its closed cells, belong to the cells of this grid, as those of a file
 * do: on any other they have to be given. Not collective. */
PETSC_EXTERN PetscBool OttoPotentialIsOnGrid(OttoPotential potential);
/** Whether a formula of the coordinates says which cells are closed, so that walls may end between
 * faces. Not collective. */
PETSC_EXTERN PetscBool OttoPotentialHasWalls(OttoPotential potential);
/** Gives the values of V (+inf closes a cell), which are taken (by reference) in place of what the
 * options say, and a constant force tilt[dim] beside them (NULL: none); seams are left as they are.
 * Before the first evaluation. Collective. */
PETSC_EXTERN PetscErrorCode OttoPotentialSetValues(OttoPotential potential, Vec V,
                                                   const PetscReal tilt[]);

/** The constant force [dim] that stands for slopes taken out of V at the time last evaluated, in
 * energy per length. Not collective. */
PETSC_EXTERN const PetscReal *OttoPotentialGetTilt(OttoPotential potential);
/** Whether that force is, or may become, other than 0. Not collective. */
PETSC_EXTERN PetscBool OttoPotentialMayTilt(OttoPotential potential);

/** What was done to the data of a file (file, samples) when V was evaluated last; cells without a
 * value are closed. Not collective. */
PETSC_EXTERN const OttoInput *OttoPotentialGetInput(OttoPotential potential);

/** Registry name. Not collective. */
PETSC_EXTERN const char *OttoPotentialGetType(OttoPotential potential);
/** What to name in a message about its values: the member's own option where it was given.
 * text[size]. Not collective. */
PETSC_EXTERN PetscErrorCode OttoPotentialFormatOrigin(OttoPotential potential, char text[],
                                                      size_t size);
/** Whether V depends on t (a formula that names t). Not collective. */
PETSC_EXTERN PetscBool OttoPotentialIsTimeDependent(OttoPotential potential);
/** The registry. */
PETSC_EXTERN const OttoFamily OttoPotentialFamily;

/** A drift. */
typedef struct _n_OttoDrift *OttoDrift;

/** The drift described by drift_type (none) and its parameters. Collective. OTTO_ERR_INPUT:
 * missing parameters, a wrong number of components, a formula that does not parse, a file that
 * cannot be read. */
PETSC_EXTERN PetscErrorCode OttoDriftCreate(OttoGrid grid, OttoDrift *drift);
/** One that is known in cells: its components f[dim], in energy per length, which are copied.
 * Collective. */
PETSC_EXTERN PetscErrorCode OttoDriftCreateCells(OttoGrid grid, const Vec f[], OttoDrift *drift);
/** Frees a drift. Collective. */
PETSC_EXTERN PetscErrorCode OttoDriftDestroy(OttoDrift *drift);

/** force[dim] at x[dim] and time t, in energy per length, of a drift that is a function of place.
 * Not collective; NaN and inf are returned as they arise. OTTO_ERR_STATE where it is known in
 * cells. */
PETSC_EXTERN PetscErrorCode OttoDriftEvaluate(OttoDrift drift, const PetscReal x[], PetscReal t,
                                              PetscReal force[]);

/** Component `axis` of a drift that is known in cells, as a file's is: at a face it is the mean of
 * two; NULL of a function of place. Not collective. */
PETSC_EXTERN Vec OttoDriftGetCells(OttoDrift drift, PetscInt axis);

/** Registry name; "none" where there is no drift. Not collective. */
PETSC_EXTERN const char *OttoDriftGetType(OttoDrift drift);
/** Whether f depends on t. Not collective. */
PETSC_EXTERN PetscBool OttoDriftIsTimeDependent(OttoDrift drift);
/** Whether there is a drift at all. Not collective. */
PETSC_EXTERN PetscBool OttoDriftExists(OttoDrift drift);
/** What a message about its values names: "drift_formula: '…'", or its type. Not collective. */
PETSC_EXTERN PetscErrorCode OttoDriftFormatOrigin(OttoDrift drift, char text[], size_t size);
/** The registry. */
PETSC_EXTERN const OttoFamily OttoDriftFamily;
