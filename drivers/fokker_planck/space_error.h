/* How far a grid's numbers are from the continuum's (run/space.h): of a relaxation. */
#pragma once
#include "stepping.h"

typedef struct _n_OttoSpaceFokkerPlanck *OttoSpaceFokkerPlanck;

/** Reads check_space and space_tolerance, and looks whether p and q (law->p, law->q at t = 0, and
 * what their making reported; q's is ignored without a q) are rough: estimates then begin at
 * sqrt(2 D t) = 3 h on every axis. The coarser grids take the steps of `stepping`. `modes`: how
 * many relaxation rates were asked for; `columns`, which must outlive it: of the series.
 * Collective. */
PETSC_EXTERN PetscErrorCode OttoSpaceFokkerPlanckCreate(OttoRecord record, OttoFokkerPlanck *law,
                                                        OttoStepping stepping,
                                                        const OttoRunColumns *columns,
                                                        const OttoDensityReport *p,
                                                        const OttoDensityReport *q, PetscInt modes,
                                                        OttoSpaceFokkerPlanck *space);
/** Frees it; before the law. Collective. */
PETSC_EXTERN PetscErrorCode OttoSpaceFokkerPlanckDestroy(OttoSpaceFokkerPlanck *space);

/** Estimates of a sample of the run: carries the coarser grids to its time (sets them up with the
 * first sample, at t = 0). What fails on them is not known, and ends nothing. Its time is the stage
 * "space". Collective; OTTO_ERR_FILE. */
PETSC_EXTERN PetscErrorCode OttoSpaceFokkerPlanckSample(OttoSpaceFokkerPlanck space,
                                                        const OttoFokkerPlanckSample *sample);

/** Keeps, or takes over (keep.h), the laws on coarser grids, which are set up first where they are
 * not, from the law's densities at t = 0: before those are taken over. Collective. */
PETSC_EXTERN PetscErrorCode OttoSpaceFokkerPlanckKeep(OttoSpaceFokkerPlanck space, OttoKeep keep);
/** At the end: adds mean and covariance of p, the rates of `spectrum` (NULL: none) and what there
 * is of metastable sets, and reports space_error. Collective; OTTO_ERR_FILE. */
PETSC_EXTERN PetscErrorCode OttoSpaceFokkerPlanckReport(OttoSpaceFokkerPlanck space,
                                                        const OttoRelaxation *spectrum,
                                                        const OttoMetastable *metastable);
