/** @file
 * The columns of a series: those of a driver (its series.def), then mean, resultant length and
 * covariance of p and, where there is one, q (moments.h), then what is observed of them. */
#pragma once
#include <otto/errors.h>
#include <otto/moments.h>
#include <otto/run_observables.h>

/** A column of a driver's own. */
typedef struct {
  OttoColumn column;  /**< name, unit, sentence */
  OttoErrorKind kind; /**< how its errors count */
} OttoRunColumn;
/** A line of series.def as one. */
#define OTTO_COLUMN_LINE(name, unit, kind, sentence) {{#name, unit, sentence}, OTTO_ERROR_##kind},

/** The columns of one run. */
typedef struct {
  OttoGrid grid;                  /**< whose moments are taken */
  PetscInt own;                   /**< columns of the driver */
  PetscInt each;                  /**< columns of the moments of one density */
  PetscInt count;                 /**< columns in all */
  PetscInt densities;             /**< 1: p; 2: p and q */
  PetscInt observed;              /**< columns of what is observed of one density */
  OttoRunObservables observables; /**< what is observed; NULL: nothing */
  OttoColumn *column;             /**< [count] name, unit and sentence */
  OttoErrorColumn *error;         /**< [count] how errors count, by stepping or by the grid */
  char (*name)[96];               /**< of moments and what is observed */
  char (*unit)[96];               /**< of the moments */
  char (*sentence)[200];          /**< likewise */
} OttoRunColumns;

/** The columns own[count], and the moments of p, or of p and q (densities: 1 or 2). Not collective.
 */
PETSC_EXTERN PetscErrorCode OttoRunColumnsCreate(OttoGrid grid, PetscInt count,
                                                 const OttoRunColumn own[], PetscInt densities,
                                                 OttoRunColumns *columns);
/** The same, and behind them what is observed of p, or of p and q; the observables must outlive the
 * columns. OTTO_ERR_INPUT: two columns of one name. Not collective. */
PETSC_EXTERN PetscErrorCode OttoRunColumnsCreateObserved(OttoGrid grid, PetscInt count,
                                                         const OttoRunColumn own[],
                                                         PetscInt densities,
                                                         OttoRunObservables observables,
                                                         OttoRunColumns *columns);
/** Frees them. Not collective. */
PETSC_EXTERN PetscErrorCode OttoRunColumnsDestroy(OttoRunColumns *columns);

/** Where the moments of p (density 0) or q (1) begin in a row. Not collective. */
PETSC_EXTERN PetscInt OttoRunColumnsAt(const OttoRunColumns *columns, PetscInt density);

/** Where what is observed of p (density 0) or q (1) begins in a row. Not collective. */
PETSC_EXTERN PetscInt OttoRunColumnsObservedAt(const OttoRunColumns *columns, PetscInt density);

/** The moments of u, which is p (density 0) or q (1), into their columns of row[columns->count].
 * Collective. */
PETSC_EXTERN PetscErrorCode OttoRunColumnsMoments(const OttoRunColumns *columns, PetscInt density,
                                                  Vec u, PetscReal row[]);

/** The same of a field on another grid of the box, to be compared with those in near[]:
 * OttoMomentsNear(). Collective on that grid. */
PETSC_EXTERN PetscErrorCode OttoRunColumnsNear(const OttoRunColumns *columns, OttoGrid grid,
                                               PetscInt density, Vec u, const PetscReal near[],
                                               PetscReal row[]);

/** What errors of the moments of a row are relative to, into their places of floor[columns->count].
 * Not collective. */
PETSC_EXTERN void OttoRunColumnsScales(const OttoRunColumns *columns, const PetscReal row[],
                                       PetscReal floor[]);

/** Lists what a row at time t leaves without a value: OttoRecordNotDefined(). Not collective. */
PETSC_EXTERN PetscErrorCode OttoRunColumnsNotDefined(const OttoRunColumns *columns,
                                                     OttoRecord record, PetscReal t,
                                                     const PetscReal row[]);
