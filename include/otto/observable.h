/** @file
 * What densities are looked at by: functions of place that are given as formulas, the mass along
 * their values.
 *
 * In a cell a formula is taken as linear, with its value at the centre and its differences between
 * opposite faces, and a density as constant: means, variances and the mass of a range of values err
 * by the square of the cells' width (MATHEMATICS 10.1). A formula may jump, as an angle does.
 */
#pragma once
#include <otto/field.h>

/** A formula on a grid. */
typedef struct _n_OttoObservable *OttoObservable;

/** Parses `text` (formula.h; without time) and takes its values in the cells, those where the field
 * `open` is 0 left out (NULL: none; it is not kept). `key` names it in messages. Collective.
 * OTTO_ERR_INPUT: it does not parse; it is not finite at the centre of an open cell (coordinates
 * and value named). */
PETSC_EXTERN PetscErrorCode OttoObservableCreate(OttoGrid grid, const char *key, const char *text,
                                                 Vec open, OttoObservable *observable);
/** Frees it. Collective. */
PETSC_EXTERN PetscErrorCode OttoObservableDestroy(OttoObservable *observable);

/** Its values at the centres of cells, a field, 0 in those left out. Do not change it. Not
 * collective. */
PETSC_EXTERN Vec OttoObservableGetValues(OttoObservable observable);

/** The smallest and the largest value at the centres and, where it is finite there, the corners of
 * cells, range[2]. Collective. */
PETSC_EXTERN PetscErrorCode OttoObservableRange(OttoObservable observable, PetscReal range[2]);

/** Mean and variance under p/∫p, of the values at centres, and `width`: the square of the deviation
 * of what is spread over cells, variance + E Σ a²/12, a the differences over cells; never 0
 * unless the formula is constant where p is. NaN where ∫p is 0. Two passes over p. Collective. */
PETSC_EXTERN PetscErrorCode OttoObservableMoments(OttoObservable observable, Vec p, PetscReal *mean,
                                                  PetscReal *variance, PetscReal *width);

/** mass[bins] of p where the formula is in bin i of `bins` equal ones from range[0] to range[1];
 * what lies beyond is in the first or the last. Σ mass = ∫p to rounding; every mass is at least 0
 * where p is. The same on all ranks. Collective. Exact for what is linear in cells: the volume of a
 * box below a plane (Scardovelli and Zaleski 2000). */
PETSC_EXTERN PetscErrorCode OttoObservableHistogram(OttoObservable observable, Vec p, PetscInt bins,
                                                    const PetscReal range[2], PetscReal mass[]);
