/*
 * What lies outside the box of open axes, which is part of the continuum's
 * numbers and not of the run's.
 */
#pragma once
#include <otto/run_columns.h>
#include <otto/tempered.h>

typedef struct _n_OttoSpaceOpen *OttoSpaceOpen;

/** Prepares p0 and q0 on `grid`; NULL without an open axis. `columns` must outlive it. Collective.
 */
PETSC_INTERN PetscErrorCode OttoSpaceOpenCreate(OttoGrid grid, Vec p0, Vec q0,
                                                const OttoRunColumns *columns, OttoSpaceOpen *open);
/** Frees it. Collective. */
PETSC_INTERN PetscErrorCode OttoSpaceOpenDestroy(OttoSpaceOpen *open);

/** What each column of a sample lacks, missing[columns->count], in absolute value: row[] is what is
 * printed, floor[] what its errors are relative to at least. *whole: all of it was found; if not,
 * missing[] is what was. Collective. */
PETSC_INTERN PetscErrorCode OttoSpaceOpenSample(OttoSpaceOpen open,
                                                const OttoTemperedSample *sample,
                                                const PetscReal row[], const PetscReal floor[],
                                                PetscReal missing[], PetscBool *whole);

/** Keeps, or takes over (keep.h), how far beyond the faces the last sample looked. Not collective.
 */
PETSC_INTERN PetscErrorCode OttoSpaceOpenKeep(OttoSpaceOpen open, OttoKeep keep);

/* Sums over points outside: of the terms of every column that has errors, in the order of
 * OttoSpaceOpenNames. */
enum {
  OTTO_OPEN_ENTROPY_P,
  OTTO_OPEN_ENTROPY_Q,
  OTTO_OPEN_CROSS_ENTROPY,
  OTTO_OPEN_KL,
  OTTO_OPEN_REVERSE_KL,
  OTTO_OPEN_JS,
  OTTO_OPEN_CHI2,
  OTTO_OPEN_HELLINGER2,
  OTTO_OPEN_TV,
  OTTO_OPEN_RENYI,
  OTTO_OPEN_KL_P0_PT,
  OTTO_OPEN_FISHER_P,
  OTTO_OPEN_FISHER_Q,
  OTTO_OPEN_FISHER_REL,
  OTTO_OPEN_KL_RATE,
  OTTO_OPEN_TERMS
};
PETSC_INTERN const char *const OttoSpaceOpenNames[OTTO_OPEN_TERMS];

/* p and q at a point. */
typedef struct {
  PetscInt dim;
  PetscReal log_p, log_q, rate_p, rate_q, score_p[OTTO_MAX_DIM], score_q[OTTO_MAX_DIM];
} OttoOpenPoint;

/** The integrands at a point. renyi's is p^a q^(1-a)/|a - 1| in units of the box's own integral,
 * exp((a - 1) renyi); kl's where a is 1 or renyi no number. Not collective. */
PETSC_INTERN void OttoSpaceOpenTerms(const OttoOpenPoint *point, PetscReal order, PetscReal renyi,
                                     PetscReal term[OTTO_OPEN_TERMS]);

/** Whether that is so for renyi's: its value is then no logarithm. */
PETSC_INTERN PetscBool OttoSpaceOpenIsKL(PetscReal order, PetscReal renyi);
