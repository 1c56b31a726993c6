/*
 * How a Fokker–Planck run steps, and what stepping leaves in its numbers.
 *
 * Without ts_dt, ts_adapt_type or another ts_type: passive Richardson extrapolation of implicit
 * Euler. Three runs go side by side, in steps of dt, 2 dt and 4 dt; each is positive, conservative
 * and lets divergences decay whatever dt, and what they say at a sample is extrapolated as numbers:
 * to second order in dt, and to third for the estimate of what that leaves. (No rational one-step
 * method is linear, positive for every step and of higher order than one: Bolley and Crouzeix 1978.
 * Numbers may be extrapolated where states may not: 2 p_dt - p_2dt is negative in tails.) dt
 * follows the flow: in the second half of four steps p changes by a fixed share less, or more, than
 * in the first. The cost is 1.75 times the steps of dt.
 *
 * Where a method or a step is given, numbers are those of that method at that step, and the
 * estimate is their difference from a second run beside the first, which takes
 *
 * - steps twice as long, where a row has at least two (1.5 times the work);
 * - every step in two halves, where it has fewer, or steps have error control (3 times);
 * - bdf's steps, of the same length, beside cn, theta and arkimex's a2 and ars122 (2 times): these
 *   damp stiff modes hardly or not at all, whatever the step, and a longer one does not show it.
 */
#pragma once
#include <otto/errors.h>
#include <otto/run_columns.h>
#include "fokker_planck.h"

typedef struct _n_OttoStepping *OttoStepping;

/** Reads check_time (yes) and time_tolerance (1e-2), and prepares the runs beside the first. `law`:
 * its flow has read its options and not stepped; it must outlive the stepping, as must `times` and
 * `columns`, whose own are OttoFokkerPlanckColumns. Collective. */
PETSC_EXTERN PetscErrorCode OttoSteppingCreate(OttoRecord record, OttoFokkerPlanck *law,
                                               const OttoTimes *times,
                                               const OttoRunColumns *columns,
                                               OttoStepping *stepping);
/** Frees it. Collective. */
PETSC_EXTERN PetscErrorCode OttoSteppingDestroy(OttoStepping *stepping);

/** Advances the law's flow, and those beside it, to t. Stages of the record: steps, beside.
 * Collective; OTTO_ERR_SOLVER where the law's own flow fails (another's failure is told in words
 * and leaves estimates out from there on). */
PETSC_EXTERN PetscErrorCode OttoSteppingAdvance(OttoStepping stepping, PetscReal t);

/** Whether a flow is at time t, to the rounding of sums of steps. Not collective. */
PETSC_EXTERN PetscBool OttoSteppingIsAt(OttoFlow flow, PetscReal t);

/** Has `flow`, of the same law on another grid, take the steps that the law's own takes, those
 * beside it left out. One whose solver fails stays behind. Takes no reference. Not collective. */
PETSC_EXTERN PetscErrorCode OttoSteppingFollow(OttoStepping stepping, OttoFlow flow);

/** row[columns->count] of the sample `now` as it is to be printed, and its estimates into the table
 * of time errors. Collective; OTTO_ERR_FILE. */
PETSC_EXTERN PetscErrorCode OttoSteppingRow(OttoStepping stepping,
                                            const OttoFokkerPlanckSample *now, PetscReal row[]);

/** Keeps, or takes over (keep.h), the law's flow, those beside it and what their steps are to be.
 * Collective. */
PETSC_EXTERN PetscErrorCode OttoSteppingKeep(OttoStepping stepping, OttoKeep keep);

/** Means, covariance and absorbed mass at the end, extrapolated where rows are, with their
 * estimates (not where a stop has left the runs at different times); the check time_error; how it
 * stepped. Collective. */
PETSC_EXTERN PetscErrorCode OttoSteppingReport(OttoStepping stepping);

/** Value below which a column is what solves and rounding leave: floor[OTTO_FOKKER_PLANCK_COLUMNS].
 * Collective. */
PETSC_EXTERN PetscErrorCode OttoFokkerPlanckFloors(const OttoFokkerPlanck *law,
                                                   const OttoRunColumns *columns,
                                                   const OttoFokkerPlanckSample *now,
                                                   PetscReal floor[]);
