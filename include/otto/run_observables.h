/** @file
 * What a run observes of its densities beside their moments, as its keys name it: formulas (mean
 * and variance as columns, mass and free energy along their values as fields) and sets
 * (probabilities as columns).
 */
#pragma once
#include <otto/observable.h>
#include <otto/observed_set.h>
#include <otto/record.h>
#include <otto/storage.h>

/** Most formulas, and most sets. */
#define OTTO_MAX_OBSERVED 8
/** Columns of one density at most. */
#define OTTO_MAX_OBSERVED_COLUMNS (3 * OTTO_MAX_OBSERVED)

/** The observables of a run on one grid. */
typedef struct _n_OttoRunObservables *OttoRunObservables;

/** Reads observe and observe_sets (pairs of a name and a formula), and observe_bins (100); NULL
 * where nothing is observed. `open`: 0 in cells that are left out, or NULL. Collective.
 * OTTO_ERR_INPUT: a name without a formula, that is no word, or twice; more than
 * OTTO_MAX_OBSERVED; a formula that does not parse, is not finite somewhere, or the same
 * everywhere. */
PETSC_EXTERN PetscErrorCode OttoRunObservablesCreate(OttoGrid grid, Vec open,
                                                     OttoRunObservables *observables);
/** Frees them. Collective. */
PETSC_EXTERN PetscErrorCode OttoRunObservablesDestroy(OttoRunObservables *observables);

/** How many formulas there are; NULL has none. Not collective. */
PETSC_EXTERN PetscInt OttoRunObservablesFormulas(OttoRunObservables observables);
/** Formula k and its name. Not collective. */
PETSC_EXTERN OttoObservable OttoRunObservablesGet(OttoRunObservables observables, PetscInt k,
                                                  const char **name);

/** How many columns a density has, mean and variance of every formula, then probabilities; of NULL
 * 0. Not collective. */
PETSC_EXTERN PetscInt OttoRunObservablesCount(OttoRunObservables observables);
/** Column i of density 0 (p: mean_r, variance_r, probability_a) or 1 (q: mean_r_q …): its name, and
 * a sentence. Not collective. */
PETSC_EXTERN void OttoRunObservablesColumn(OttoRunObservables observables, PetscInt i,
                                           PetscInt density, char name[], size_t size,
                                           char sentence[], size_t sentence_size);

/** Its unit: "value" of a mean, "value^2" of a variance, "1" of a probability. Not collective. */
PETSC_EXTERN const char *OttoRunObservablesUnit(OttoRunObservables observables, PetscInt i);

/** Refuses sets that no point of the grid's cells is in, or all are; warns of those of which one
 * part in a hundred or more may be thinner than the distance of points. Collective; OTTO_ERR_INPUT.
 */
PETSC_EXTERN PetscErrorCode OttoRunObservablesAdmit(OttoRunObservables observables,
                                                    OttoRecord record);

/** values[OttoRunObservablesCount()] under u/∫u, what their errors are large or small against,
 * scale[] (a standard deviation, a variance, 1), and what the edges of sets leave in probabilities,
 * edge[] (others: 0); either may be NULL. Collective. */
PETSC_EXTERN PetscErrorCode OttoRunObservablesCompute(OttoRunObservables observables, Vec u,
                                                      PetscReal values[], PetscReal scale[],
                                                      PetscReal edge[]);

/** Writes histogram_r (`suffix` behind the name r), the density of u/∫u along the values of every
 * formula, and, where T is above 0, free_energy_r, -T log of that; inf in bins without mass.
 * Collective; OTTO_ERR_FILE. */
PETSC_EXTERN PetscErrorCode OttoRunObservablesSave(OttoRunObservables observables,
                                                   OttoStorage storage, PetscInt sample,
                                                   PetscReal time, Vec u, const char *suffix,
                                                   const char *what, PetscReal T);
/** The most bytes that these take, of so many densities at one sample. Not collective. */
PETSC_EXTERN PetscReal OttoRunObservablesBytes(OttoRunObservables observables, PetscInt densities);
