/* Metastable sets of a run's chain, from the modes of its spectrum: what is asked for, found and
 * reported. */
#pragma once
#include <otto/metastable.h>
#include <otto/record.h>
#include <otto/storage.h>

typedef struct {
  PetscInt64 wanted;    /* spectrum_sets; */
  PetscBool asked;      /* by the key, else as many as the rates' largest gap says */
  OttoMetastable found; /* empty where there is nothing */
  char how[200];        /* where the number of sets comes from, or why there is none */
} OttoRunMetastable;

/** Fields that so many modes make at most: themselves, eigenfunctions, memberships, sets. Not
 * collective. */
static inline PetscReal OttoRunModeFields(PetscInt64 modes)
{
  return modes ? 3 * (PetscReal)modes + 2 : 0;
}

/** Reads spectrum_sets; before the modes of a set-up generator are looked for. Not collective.
 * OTTO_ERR_INPUT: sets of no modes, or of a chain that has none. */
PETSC_INTERN PetscErrorCode OttoRunMetastableOptions(OttoGenerator generator, PetscInt64 modes,
                                                     OttoRunMetastable *s);
/** Eigenfunctions and sets of the modes. Collective. OTTO_ERR_INPUT: a number of sets that the
 * modes do not have; OTTO_ERR_SOLVER: where one was asked for. */
PETSC_INTERN PetscErrorCode OttoRunMetastableCompute(OttoGenerator generator,
                                                     const OttoRelaxation *spectrum,
                                                     OttoRunMetastable *s);
/** Results, what of them is not known, and the checks memberships_range, memberships_sum,
 * memberships_mean and coarse_rates. Not collective. */
PETSC_INTERN PetscErrorCode OttoRunDescribeMetastable(OttoRecord record,
                                                      const OttoRelaxation *spectrum,
                                                      const OttoRunMetastable *s);
/** Writes eigenfunction_1 …, membership_1 … and metastable_set. Collective; OTTO_ERR_FILE. */
PETSC_INTERN PetscErrorCode OttoRunSaveMetastable(OttoStorage storage,
                                                  const OttoRelaxation *spectrum,
                                                  const OttoRunMetastable *s);

/** Numbers that the grid errs in: probabilities and rates between as many sets of a chain as `fine`
 * of another grid has, in its order by place: value[sets + sets²], NaN where it has no such sets.
 * Collective. */
PETSC_INTERN PetscErrorCode OttoRunMetastableNumbers(OttoGenerator generator,
                                                     const OttoRelaxation *spectrum,
                                                     const OttoMetastable *fine, PetscReal value[]);
