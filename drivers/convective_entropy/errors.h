/*
 * How far the numbers of convective-entropy are from the continuum's: by the grid, from the same on
 * half and a quarter of the cells per axis; by the flow map, from the same with half its tolerance;
 * by the push-forward of a density that is known in cells alone, from its own bound.
 */
#pragma once
#include "case.h"
#include "run/space.h"

/* The columns: where each stands in a row, OTTO_CONVECTIVE_upsilon …. */
enum {
#define OTTO_COLUMN(name, ...) OTTO_CONVECTIVE_##name,
#include "series.def"
#undef OTTO_COLUMN
  OTTO_CONVECTIVE_COLUMNS
};

/** The columns of the series. */
PETSC_EXTERN const OttoColumn OttoConvectiveColumns[OTTO_CONVECTIVE_COLUMNS];

typedef struct {
  OttoRecord record;
  OttoConvectiveCase *fine;
  OttoDensityReport density;
  OttoSpace space;
  OttoErrorTable time;                         /* NULL: none is asked for */
  OttoConvectiveCase level[OTTO_SPACE_LEVELS]; /* .c.phi NULL: not on this rank, or out of use */
  OttoConvectiveTime at_level[OTTO_SPACE_LEVELS];
  OttoConvectiveCase finer; /* half the tolerance; .c.phi NULL: a map, or not asked for */
  OttoConvectiveTime at_finer;
  OttoConvectiveCase other; /* of remap: one point more a cell and axis; .c.phi NULL: of others */
  OttoConvectiveTime at_other;
} OttoConvectiveErrors;

/** The values of a row, as the series has them. Not collective. */
PETSC_INTERN void OttoConvectiveValues(const OttoConvectiveRow *r,
                                       PetscReal value[OTTO_CONVECTIVE_COLUMNS]);
/** Reads check_space and check_time and makes the cases beside `fine`, which must outlive it.
 * Collective. */
PETSC_INTERN PetscErrorCode OttoConvectiveErrorsCreate(OttoRecord record, OttoConvectiveCase *fine,
                                                       const OttoDensityReport *density,
                                                       OttoConvectiveErrors *s);
/** Frees them. Collective. */
PETSC_INTERN PetscErrorCode OttoConvectiveErrorsDestroy(OttoConvectiveErrors *s);
/** Carries them to time t and takes what holds there. Collective. */
PETSC_INTERN PetscErrorCode OttoConvectiveErrorsAdvance(OttoConvectiveErrors *s, PetscReal t);
/** The errors of a row: into it, and into the tables. `resolved`: the run's own density is.
 * Collective. */
PETSC_INTERN PetscErrorCode OttoConvectiveErrorsRow(OttoConvectiveErrors *s, PetscBool resolved,
                                                    OttoConvectiveRow *row);
/** time_error and space_error into results and checks. Collective. */
PETSC_INTERN PetscErrorCode OttoConvectiveErrorsReport(OttoConvectiveErrors *s);
