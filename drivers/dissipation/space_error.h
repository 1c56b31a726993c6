/* How far a grid's numbers are from the continuum's (run/space.h): of two densities under one
 * heat semigroup. */
#pragma once
#include "dissipation.h"
#include <otto/run_columns.h>

typedef struct _n_OttoSpaceTempered *OttoSpaceTempered;

/** Reads check_space and space_tolerance, for a tempering run of p0 and q0 on `grid` (`p`, `q`:
 * what their making reported), by the run's kernel on the coarser grids. Where kernel and data are
 * smooth (spectral, gaussian_exact) errors are aliases, the spectrum's tail, and fall faster than
 * any power: what the ratio of the two differences shows of that is taken off; and where the
 * estimate is more than 1e-10 of a number, p and q are no file's and twice the cells per axis are
 * at most 2^18, the same problem on those is set up beside the run, whose difference is the error.
 * On open axes what lies outside the box is found by the kernel (OttoSpaceOpenSample()) and added.
 * Sets up the coarser grids. `columns` must outlive it. Collective. */
PETSC_EXTERN PetscErrorCode OttoSpaceTemperedCreate(OttoRecord record, OttoGrid grid, OttoHeat heat,
                                                    Vec p0, Vec q0, const OttoDensityReport *p,
                                                    const OttoDensityReport *q,
                                                    const OttoRunColumns *columns,
                                                    OttoSpaceTempered *space);
/** Frees it. Collective. */
PETSC_EXTERN PetscErrorCode OttoSpaceTemperedDestroy(OttoSpaceTempered *space);
/** Estimates of a sample of the run, stage "space"; the moments are those of its
 * row[columns->count]. Collective; OTTO_ERR_FILE. */
PETSC_EXTERN PetscErrorCode OttoSpaceTemperedSample(OttoSpaceTempered space,
                                                    const OttoTemperedSample *sample,
                                                    const PetscReal printed[]);
/** Keeps, or takes over (keep.h), which grids serve the estimates. Not collective. */
PETSC_EXTERN PetscErrorCode OttoSpaceTemperedKeep(OttoSpaceTempered space, OttoKeep keep);
/** At the end: reports space_error. Collective; OTTO_ERR_FILE. */
PETSC_EXTERN PetscErrorCode OttoSpaceTemperedReport(OttoSpaceTempered space);
