/** @file
 * One or two densities carried in time by one evolution law chosen by name, on
 * PETSc's TS where the law is stepped by it.
 */
#pragma once
#include <otto/resolvent.h>
#include <petscts.h>

/** A flow: one or two densities, a law, a method. */
typedef struct _n_OttoFlow *OttoFlow;

/** Methods other than implicit Euler: share of a density's maximum that is rounding of stages,
 * which subtract. */
#define OTTO_FLOW_NOISE 1e-13

/** The two densities of a flow in lists of two. */
enum { OTTO_FLOW_P, OTTO_FLOW_Q };

/** What a flow has done so far. */
typedef struct {
  PetscInt64 steps;      /**< accepted */
  PetscInt64 rejected;   /**< by the error estimate, a failed solve, or a negative density */
  PetscInt64 negative;   /**< those because a density became negative */
  PetscInt64 iterations; /**< Krylov, over all solves; of laws down an energy Newton (jko: back and
                            forth) */
  PetscInt64 cycles;     /**< of aggregation, over all solves: far tails mended */
  PetscReal rescaled;    /**< largest |1 - factor| of any solve */
  PetscReal residual;    /**< largest L1 residual of any accepted solve, relative */
  PetscReal doubtful[2]; /**< p and q: largest value of a cell that some solve did not get right to
                            1e-2 relative (OttoSolveReport) */
  PetscReal absorbed[2]; /**< mass of p and q absorbed so far; 0 without absorbing faces */
  PetscReal killed[2][OTTO_FACES]; /**< the same by every face of the box, OTTO_FACE(axis, side) */
  PetscReal mass_drift; /**< largest |mass + absorbed - mass at the start|; what was absorbed is an
                           unknown of its own, integrated by the method as p and q are */
} OttoFlowReport;

/** Called after each accepted step with the state before and after it; q's are NULL with one
 * density. The fields are valid during the call. */
typedef PetscErrorCode (*OttoFlowStep)(OttoFlow flow, PetscReal t_before, PetscReal t, Vec p_before,
                                       Vec q_before, Vec p, Vec q, void *context);

/** The registry of laws. */
PETSC_EXTERN const OttoFamily OttoFlowFamily;

/** A flow on a grid, which must be set up; then OttoFlowSetType(), what the law asks for,
 * OttoFlowSetDensities(), OttoFlowSetFromOptions(), OttoFlowSetUp(). Collective. */
PETSC_EXTERN PetscErrorCode OttoFlowCreate(OttoGrid grid, OttoFlow *flow);
/** Names the law, once. OTTO_ERR_INPUT: there is none of that name. Collective. */
PETSC_EXTERN PetscErrorCode OttoFlowSetType(OttoFlow flow, const char *law);
/** Name of the law; NULL before. Not collective. */
PETSC_EXTERN const char *OttoFlowGetType(OttoFlow flow);
/** Takes references to p and (unless NULL) q, fields that it will advance in place, in the same
 * steps. Before OttoFlowSetUp(). Collective. */
PETSC_EXTERN PetscErrorCode OttoFlowSetDensities(OttoFlow flow, Vec p, Vec q);
/** Of law fokker_planck: the generator, set up and without targets (OttoFlowSetUp() refuses them),
 * and its resolvent, which both must outlive the flow. Not collective. */
PETSC_EXTERN PetscErrorCode OttoFlowSetGenerator(OttoFlow flow, OttoGenerator generator,
                                                 OttoResolvent resolvent);
/** All of these: a flow of law fokker_planck of p and (unless NULL) q. Collective. */
PETSC_EXTERN PetscErrorCode OttoFlowCreateFokkerPlanck(OttoGenerator generator,
                                                       OttoResolvent resolvent, Vec p, Vec q,
                                                       OttoFlow *flow);
/** Makes it ready for its first step from the densities as they stand, at t = 0. Collective.
 * OTTO_ERR_INPUT: more cells than PETSc's indices can number in one vector of p and q. */
PETSC_EXTERN PetscErrorCode OttoFlowSetUp(OttoFlow flow);
/** Whether that has succeeded. Not collective. */
PETSC_EXTERN PetscBool OttoFlowIsSetUp(OttoFlow flow);
/** What needs it fails with OTTO_ERR_STATE before. */
#define OttoNeedFlow(flow) OttoNeed(OttoFlowIsSetUp(flow), "OttoFlowSetUp()")
/** Frees a flow. Collective. */
PETSC_EXTERN PetscErrorCode OttoFlowDestroy(OttoFlow *flow);
/** What the law reads. Laws that step themselves: see gradient_flow.h. Of the others PETSc's ts_
 * options: ts_type (beuler: positive and monotone for any step; cn, theta, bdf,
 * arkimex), ts_dt (a tenth of an interval), ts_adapt_type (none, basic, dsp), ts_rtol, ts_atol,
 * ts_max_steps, ts_monitor …. A step in which a solve fails, or a density becomes negative by more
 * than 1e-13 of its maximum, is rejected and tried again smaller. OTTO_ERR_INPUT: another ts_type
 * or ts_adapt_type; a key that would move the times of the rows; a value PETSc refuses. Collective.
 */
PETSC_EXTERN PetscErrorCode OttoFlowSetFromOptions(OttoFlow flow);
/** From now on steps of length dt > 0 without error control, whatever the options say. Collective.
 */
PETSC_EXTERN PetscErrorCode OttoFlowSetStep(OttoFlow flow, PetscReal dt);
/** The step to try next under error control. Not collective. */
PETSC_EXTERN PetscErrorCode OttoFlowSuggestStep(OttoFlow flow, PetscReal dt);
/** Another method of PETSc's than the options', before the first step. Collective. */
PETSC_EXTERN PetscErrorCode OttoFlowSetMethod(OttoFlow flow, TSType method);
/** Whether steps have no error control. Not collective. */
PETSC_EXTERN PetscBool OttoFlowIsFixed(OttoFlow flow);
/** Keeps, or takes over (keep.h), state and steps so far. A method of several steps, or that
 * controls its errors, begins anew with the state taken over, which is copied to p and q. Between
 * two advances. Collective. */
PETSC_EXTERN PetscErrorCode OttoFlowKeep(OttoFlow flow, OttoKeep keep);
/** Gives back what only an advance needs, until the next: all but the densities and a copy of them,
 * of implicit Euler; other methods keep what they have. For several flows that take turns.
 * Collective. */
PETSC_EXTERN PetscErrorCode OttoFlowRest(OttoFlow flow);
/** The ends of the steps accepted in the last OttoFlowAdvance(); valid until the next. Not
 * collective. */
PETSC_EXTERN PetscErrorCode OttoFlowGetTimes(OttoFlow flow, PetscInt *count,
                                             const PetscReal **times);
/** What to call after each accepted step; NULL for nothing. Not collective. */
PETSC_EXTERN PetscErrorCode OttoFlowSetStepFunction(OttoFlow flow, OttoFlowStep step,
                                                    void *context);

/** Advances to time t > now exactly. Without error control every interval starts from ts_dt, its
 * last step is cut to fit; a step refused for negativity makes those after it a quarter as long,
 * which double again after every six. Collective. OTTO_ERR_SOLVER: TS gave up (its reason in
 * words), ts_max_steps did not suffice, or a force is not finite; p and q then hold the last
 * accepted state. The same on all ranks. */
PETSC_EXTERN PetscErrorCode OttoFlowAdvance(OttoFlow flow, PetscReal t);

/** Logarithms of p and q as they stand, for implicit Euler: fields with the logarithm of every
 * cell, right relative to itself (-inf where the density is 0), where some cell that is not 0 lies
 * below 1e-290; NULL where none does, and where that density is absent. Owned by the flow, valid
 * until the next step. Not collective. */
PETSC_EXTERN void OttoFlowGetLogs(OttoFlow flow, Vec *log_p, Vec *log_q);
/** The same of the state before the last step: for an OttoFlowStep. Not collective. */
PETSC_EXTERN void OttoFlowGetLogsBefore(OttoFlow flow, Vec *log_p, Vec *log_q);

/** The time reached. Not collective. */
PETSC_EXTERN PetscReal OttoFlowGetTime(OttoFlow flow);
/** PETSc's object, for what this header does not cover; NULL of laws that step themselves. Not
 * collective. */
PETSC_EXTERN TS OttoFlowGetTS(OttoFlow flow);
/** Whether small values of p and q carry only an absolute error (any method but implicit Euler):
 * below OTTO_FLOW_NOISE of the maximum they are then noise, perhaps negative. Not collective. */
PETSC_EXTERN PetscBool OttoFlowHasNoise(OttoFlow flow);
/** Whether every step is one implicit Euler step (positivity and decay are then theorems). Not
 * collective. */
PETSC_EXTERN PetscBool OttoFlowIsImplicitEuler(OttoFlow flow);
/** What happened so far. Not collective. */
PETSC_EXTERN PetscErrorCode OttoFlowGetReport(OttoFlow flow, OttoFlowReport *report);
