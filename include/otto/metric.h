/** @file
 * Riemannian metrics on a box, chosen by name (metric.def), and what a change of coordinates makes
 * of them.
 */
#pragma once
#include <otto/diffeomorphism.h>
#include <otto/family.h>
#include <otto/grid.h>

/** A metric g_ij(x). */
typedef struct _n_OttoMetric *OttoMetric;

/** The registry: flat, conformal (g = metric_formula · δ), diagonal (metric_formula: d components).
 */
PETSC_EXTERN const OttoFamily OttoMetricFamily;

/** The metric of metric_type (flat) and metric_formula on a box of `grid`, which must outlive it.
 * Collective. OTTO_ERR_INPUT: keys missing or not understood, or a jump of a hundredth and more
 * where a periodic axis closes. */
PETSC_EXTERN PetscErrorCode OttoMetricCreate(OttoGrid grid, OttoMetric *metric);
/** The metric that coordinates y = Φ(x) see, g'(y) = DΦ⁻ᵀ g DΦ⁻¹ at x = Φ⁻¹(y), on the box of
 * `grid`, whose axes are those of y. All three must outlive it. Collective.
 * OTTO_ERR_INPUT: no inverse. */
PETSC_EXTERN PetscErrorCode OttoMetricCreatePushed(OttoMetric metric, OttoDiffeomorphism map,
                                                   OttoGrid grid, OttoMetric *pushed);
/** Frees it. Collective. */
PETSC_EXTERN PetscErrorCode OttoMetricDestroy(OttoMetric *metric);
/** Registry name; "pushed". Not collective. */
PETSC_EXTERN const char *OttoMetricGetType(OttoMetric metric);
/** g[dim·dim] at x[dim], symmetric, row by row, any number of turns round periodic axes. Not
 * collective. OTTO_ERR_INPUT (OTTO_ERR_NUMERICAL of a pushed one) where it is not finite or not
 * positive definite, naming key and point. */
PETSC_EXTERN PetscErrorCode OttoMetricEvaluate(OttoMetric metric, const PetscReal x[],
                                               PetscReal g[]);
