/** @file
 * Formulas typed by the user, of the coordinates and perhaps time, by muParser.
 *
 * Variables: x, y, z (as far as dim goes) and x1…x6; t where allowed; constants _pi, _e, inf.
 * muParser's own functions and operators (^ is power; ** and a single = are refused). Several
 * components are separated by commas.
 */
#pragma once
#include <otto/otto.h>

/** A parsed formula. */
typedef struct _n_OttoFormula *OttoFormula;

/**
 * Parses `text`. Not collective (all ranks parse the same text).
 * `key` names the option in messages. OTTO_ERR_INPUT, with the position in the text and the
 * offending word, for a syntax error, an unknown name, or a number of components other than
 * `components`.
 */
PETSC_EXTERN PetscErrorCode OttoFormulaCreate(const char *key, const char *text, PetscInt dim,
                                              PetscInt components, PetscBool with_time,
                                              OttoFormula *formula);
/** The same of one variable that is no coordinate, `variable` (a literal: it is not copied), with
 * one component; x[1] is its value. Not collective. OTTO_ERR_INPUT. */
PETSC_EXTERN PetscErrorCode OttoFormulaCreateOf(const char *key, const char *text,
                                                const char *variable, OttoFormula *formula);
/** How many components a text has: it separates them by commas that stand in no brackets. Not
 * collective. */
PETSC_EXTERN PetscInt OttoFormulaCount(const char *text);
/** Frees a formula. Not collective. */
PETSC_EXTERN PetscErrorCode OttoFormulaDestroy(OttoFormula *formula);

/** value[components] at x[dim] and time t. Not collective; not thread-safe for one formula. NaN and
 * inf are returned as they arise: the caller decides. */
PETSC_EXTERN PetscErrorCode OttoFormulaEvaluate(OttoFormula formula, const PetscReal x[],
                                                PetscReal t, PetscReal value[]);

/** derivative[dim·dim] of a formula of dim components by dim coordinates, row by row, ∂f_i/∂x_j at
 * i·dim + j, at x[dim] and time t, by differences extrapolated to step 0, the first of which go
 * over a hundredth of scale[dim]; *error: what they are estimated to err by, relative to the
 * largest entry. Not finite: derivatives NaN, *error infinite. Not collective. Ridders 1982. */
PETSC_EXTERN PetscErrorCode OttoFormulaDerivative(OttoFormula formula, PetscInt dim,
                                                  const PetscReal scale[], const PetscReal x[],
                                                  PetscReal t, PetscReal derivative[],
                                                  PetscReal *error);

/** Whether the formula names t. Not collective. */
PETSC_EXTERN PetscBool OttoFormulaUsesTime(OttoFormula formula);

/** Writes "(x, y, …)" with 6 digits to `text`, for messages about a point. Not collective. */
PETSC_EXTERN void OttoFormatPoint(PetscInt dim, const PetscReal x[], char text[], size_t size);
