/*
 * Level 7: how far a grid's numbers are from the continuum's. The same problem is set up anew on
 * half as many cells of the box per axis and, where that leaves four on each, on a quarter, and
 * runs beside the first; what a number changes by from grid to grid is the estimate of its error
 * (Richardson 1911; Roache 1994). The difference is taken as it is, which for a method of second
 * order is three times the error, and divided only where the third grid shows that order. Memory
 * and time: 1/2^dim and 1/4^dim of the run's own beside it.
 */
#pragma once
#include <otto/run_stepping.h>

/** The memory a run with estimates needs at most, in units of one without: 1 + 2^-d + 4^-d for d
 * axes of more than one cell; 1 with check_space no. Not collective. */
PETSC_EXTERN PetscReal OttoSpaceMemory(OttoGrid grid);

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

/** At the end: adds mean and covariance of p and the rates of `spectrum`, and reports space_error.
 * Collective; OTTO_ERR_FILE. */
PETSC_EXTERN PetscErrorCode OttoSpaceFokkerPlanckReport(OttoSpaceFokkerPlanck space,
                                                        const OttoRelaxation *spectrum);

typedef struct _n_OttoSpaceTempering *OttoSpaceTempering;

/** The same for a tempering run of p0 and q0 on `grid` (`p`, `q`: what their making reported), by
 * the run's kernel on the coarser grids. Where kernel and data are smooth (spectral,
 * gaussian_exact) errors are aliases, the spectrum's tail, and fall faster than any power: what the
 * ratio of the two differences shows of that is taken off; and where the estimate is more than
 * 1e-10 of a number, p and q are no file's and twice the cells per axis are at most 2^18, the same
 * problem on those is set up beside the run, whose difference is the error. On open axes what lies
 * outside the box is found by the kernel (OttoSpaceOpenSample()) and added. Sets up the coarser
 * grids. `columns` must outlive it. Collective. */
PETSC_EXTERN PetscErrorCode OttoSpaceTemperingCreate(
    OttoRecord record, OttoGrid grid, OttoHeat heat, Vec p0, Vec q0, const OttoDensityReport *p,
    const OttoDensityReport *q, const OttoRunColumns *columns, OttoSpaceTempering *space);
/** Frees it. Collective. */
PETSC_EXTERN PetscErrorCode OttoSpaceTemperingDestroy(OttoSpaceTempering *space);
/** Estimates of a sample of the run, stage "space"; the moments are those of its
 * row[columns->count]. Collective; OTTO_ERR_FILE. */
PETSC_EXTERN PetscErrorCode OttoSpaceTemperingSample(OttoSpaceTempering space,
                                                     const OttoTemperedSample *sample,
                                                     const PetscReal printed[]);
/** At the end: reports space_error. Collective; OTTO_ERR_FILE. */
PETSC_EXTERN PetscErrorCode OttoSpaceTemperingReport(OttoSpaceTempering space);
