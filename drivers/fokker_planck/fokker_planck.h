/*
 * What the driver fokker-planck reports: one sample of a relaxation, its checks, its row
 * of the series, its fields.
 */
#pragma once
#include "metastable.h"
#include <otto/flow.h>
#include <otto/observer.h>
#include <otto/relaxation.h>
#include <otto/run.h>
#include <otto/run_columns.h>
#include <otto/steady.h>

/* What a run is made of; the driver creates and destroys the parts. */
typedef struct {
  OttoGrid grid;
  OttoGenerator generator;
  OttoResolvent resolvent;
  OttoFlow flow;
  Vec p, q;           /* the densities as they stand; q NULL with one density */
  Vec pi, log_pi;     /* steady state and its logarithm; NULL where there is none */
  PetscBool pi_moves; /* the Gibbs state of the moment: the potential depends on time */
  PetscReal renyi_order;
  PetscBool renyi_asked;          /* by a key */
  PetscReal interval;             /* to the first sample after t = 0; 0: unknown */
  PetscReal peclet, step;         /* largest so far of OttoGeneratorSteepness(), */
  PetscBool steep;                /* found at all, */
  PetscInt64 steep_state;         /* of these rates */
  OttoObserver observer;          /* NULL before the first sample */
  OttoRunObservables observables; /* NULL: none */
} OttoFokkerPlanck;

typedef struct {
  PetscReal t;
  OttoDivergences d;    /* of p against q; with one density what concerns q is NaN */
  PetscBool positive_p; /* every cell of p is above 0, by its logarithm where it underflows */
  PetscReal fisher_rel, kl_rate,
      residual;               /* of p against q; residual: |kl_rate + fisher_rel|/fisher_rel */
  OttoDissipation against;    /* of p against `other` */
  PetscReal energy;           /* E = ∫ V p */
  PetscReal free_energy;      /* F = E + T ∫ p log p */
  PetscReal free_size;        /* what F - T KL(p|π) is made of, magnitudes: for its rounding */
  PetscReal free_left;        /* T Σ p (|log p| + |log π|) of cells that KL(p|π) leaves out */
  PetscReal kl_p_pi, kl_q_pi; /* NaN without π */
  PetscReal slope_p_pi, slope_q_pi; /* largest |log(p/π)| */
  PetscReal left_out;        /* beuler: mass in doubtful cells, of p or q, which these leave out */
  OttoProduction production; /* of p */
  OttoWork work;             /* on p */
  PetscReal jump, jump_t;    /* work of the last jump of V in time since the sample before, and its
                                time; 0: none (OttoStepChecksSample) */
  OttoFlowReport flow;
} OttoFokkerPlanckSample;

/* Bytes per cell a run needs at most, solver and multigrid included, without coarser grids (in 3D
 * 14 % more): what memory is checked for. Measured with these, kramers_3d at 96³ with two densities
 * and the ladder of steps, peak resident less the 50 MB a rank of any run: 1140 on one rank, 1630
 * on two together (pages they share counted twice). */
#define OTTO_FOKKER_PLANCK_BYTES 1500
#define OTTO_CORRELATION_BYTES (8 * 66) /* of autocorrelations, beside */

/* Why production and heat are not defined with edges that lead one way only; why heat, work and
 * free energy are not with a temperature of place. */
#define OTTO_ONE_WAY "the velocity carries mass one way only along an axis of mobility 0"
#define OTTO_NO_ONE_T "the temperature depends on place: there is no one T"

/** Says which columns have no value because of edges that lead one way only or a temperature of
 * place, and puts NaN into a
 * sample's row for `work_rate` where differences in time leave more of it open
 * than the bound of check `known`, relative to work, what it is a sum of, heat or T times the
 * production, or the potential jumps between this sample and the one before, and the noise
 * of p and q leaves more of a divergence open than the bound of check `known`, and reports it as
 * not known; kl, and renyi where its order was asked for, must be known. Without a q nothing.
 * `bounds`: kept between calls, filled at t = 0. Collective. row[OTTO_FOKKER_PLANCK_COLUMNS].
 * Method: OttoDivergenceAccount(); p/q stays within its range at t = 0, and no cell falls below
 * what a walk along the slowest edges brings there. */
PETSC_EXTERN PetscErrorCode OttoRunKnownFokkerPlanck(OttoRecord record, const OttoFokkerPlanck *s,
                                                     OttoPairBounds *bounds,
                                                     const OttoFokkerPlanckSample *now,
                                                     PetscReal row[]);

/** Reads renyi_order (0.5), whether there is a q_density, and spectrum_count (0). Not collective.
 */
PETSC_EXTERN PetscErrorCode OttoRunFokkerPlanckOptions(OttoFokkerPlanck *s, PetscBool *two,
                                                       PetscInt64 *modes);
/** Destroys the parts. Collective. */
PETSC_EXTERN PetscErrorCode OttoRunFokkerPlanckDestroy(OttoFokkerPlanck *s);

/** Refuses densities with mass in closed cells, or restricts them to the open ones (p_closed,
 * q_closed), and reports what the potential closes. Collective; OTTO_ERR_INPUT. */
PETSC_EXTERN PetscErrorCode OttoRunFokkerPlanckAdmit(OttoRecord record, OttoFokkerPlanck *s);

/** π: closed form or solved; none with absorbing axes, nor with a drift where forces depend on
 * time. Reports its error. Collective; OTTO_ERR_SOLVER. */
PETSC_EXTERN PetscErrorCode OttoRunSteadyState(OttoRecord record, OttoFokkerPlanck *s);

/** Checks steady_error and steady_change. Not collective. */
PETSC_EXTERN PetscErrorCode OttoRunCheckSteadyState(OttoRecord record,
                                                    const OttoSteadyReport *report);

/** Everything at the flow's present time (given as t). Collective. */
PETSC_EXTERN PetscErrorCode OttoRunFokkerPlanckSample(OttoFokkerPlanck *s, PetscReal t,
                                                      OttoFokkerPlanckSample *sample);

/** Reports a sample to the checks; `previous` NULL for the first, `slack` as OttoStepChecks has it
 * since the previous sample. Collective. */
PETSC_EXTERN PetscErrorCode OttoRunCheckFokkerPlanck(OttoRecord record, const OttoFokkerPlanck *s,
                                                     const OttoFokkerPlanckSample *sample,
                                                     const OttoFokkerPlanckSample *previous,
                                                     const PetscReal slack[]);

/* The columns of the series but the moments: where each stands in a row, OTTO_FOKKER_PLANCK_kl ….
 */
enum {
#define OTTO_COLUMN(name, ...) OTTO_FOKKER_PLANCK_##name,
#include "series.def"
#undef OTTO_COLUMN
  OTTO_FOKKER_PLANCK_COLUMNS
};
/* Those of a box that absorbs nothing; after these 2 of every axis. */
#define OTTO_FOKKER_PLANCK_KEPT OTTO_FOKKER_PLANCK_killed_lower_1
/* The longest row. */
#define OTTO_FOKKER_PLANCK_ROW                                                                     \
  (OTTO_FOKKER_PLANCK_COLUMNS + 2 * (OTTO_MAX_MOMENTS + OTTO_MAX_OBSERVED_COLUMNS))
PETSC_EXTERN const OttoRunColumn OttoFokkerPlanckColumns[OTTO_FOKKER_PLANCK_COLUMNS];
/** How many of them the run of a law has. Not collective. */
PETSC_EXTERN PetscInt OttoFokkerPlanckColumnCount(const OttoFokkerPlanck *law);
/** A sample as a row of the first `own` of them: row[own]. Not collective. */
PETSC_EXTERN void OttoRunFokkerPlanckRow(const OttoFokkerPlanckSample *sample, PetscInt own,
                                         PetscReal row[]);

/** Writes p, q, log(p/q), the potential, the steady state and the current of p. Collective. */
PETSC_EXTERN PetscErrorCode OttoRunSaveFokkerPlanck(OttoStorage storage, OttoFokkerPlanck *s,
                                                    PetscInt number, PetscReal t);
/** Says that a sample is done, by its row of the series. Not collective. */
PETSC_EXTERN PetscErrorCode OttoRunSayFokkerPlanck(OttoRun run, const PetscReal row[]);

/** Opens fields.h5 if there is anything to write and writes the modes of the spectrum as /0/mode_1
 * …, with eigenfunctions and memberships. Collective. */
PETSC_EXTERN PetscErrorCode OttoRunStorage(OttoRecord record, OttoFokkerPlanck *s,
                                           const OttoTimes *times, const OttoRelaxation *spectrum,
                                           const OttoRunMetastable *metastable,
                                           OttoStorage *storage);
/** Writes the state as it stands as the sample after the last, the last good one where a solver
 * failed, and closes the file (opens one where there is none). Collective; OTTO_ERR_FILE. */
PETSC_EXTERN PetscErrorCode OttoRunSaveLast(OttoRecord record, OttoFokkerPlanck *s,
                                            const OttoTimes *times, PetscBool stopped,
                                            OttoStorage *storage);

/** The most bytes a run of these times and so many modes writes. Not collective. */
PETSC_EXTERN PetscReal OttoRunFokkerPlanckBytes(const OttoFokkerPlanck *s, const OttoTimes *times,
                                                PetscInt modes);

/** Puts what a run is made of into `results`: potential, drift, form and solver, and the spectrum
 * of as many modes as were asked for, with its check. Collective. */
PETSC_EXTERN PetscErrorCode OttoRunDescribeFokkerPlanck(OttoRecord record,
                                                        const OttoFokkerPlanck *s,
                                                        const OttoRelaxation *spectrum,
                                                        PetscInt modes);
/** The spectrum's part of it: rates and frequencies with their bounds, how the count is known, and
 * the check `relaxation`. Not collective. */
PETSC_EXTERN PetscErrorCode OttoRunDescribeRelaxation(OttoRecord record,
                                                      const OttoRelaxation *spectrum,
                                                      PetscInt wanted);
/** What happened on the way: steps, solves, absorbed mass, memory; and moments of p, unless a run
 * that was stopped has gone beyond its last sample. Collective. */
PETSC_EXTERN PetscErrorCode OttoRunReportFokkerPlanck(OttoRecord record, const OttoFokkerPlanck *s,
                                                      const OttoFokkerPlanckSample *last);

/* What is checked at every step, between samples. */
typedef struct _n_OttoStepChecks *OttoStepChecks;

/** Hooks into the flow's steps: what a step of beuler or cn leaves of its equation, of the others
 * its distance from the trapezoidal sum of the rates; the first law; for the five smooth
 * divergences of p against q (or π) the identity of drop, dissipation, Bregman divergences and
 * residual, and with implicit Euler D^n - D^{n+1} ≥ dt I^{n+1}, up to the residual of the solves,
 * whose share is found exactly. Collective. */
PETSC_EXTERN PetscErrorCode OttoStepChecksCreate(OttoRecord record, OttoFokkerPlanck *s,
                                                 OttoStepChecks *checks);
/** Keeps, or takes over (keep.h), what passes from step to step. Collective. */
PETSC_EXTERN PetscErrorCode OttoStepChecksKeep(OttoStepChecks checks, OttoKeep keep);
/** Frees them. Collective. */
PETSC_EXTERN PetscErrorCode OttoStepChecksDestroy(OttoStepChecks *checks);
/** Reports the integral identity, the first law and the largest residual of the solves at a sample,
 * which it tells of jumps of V in time since the last, and starts a new interval of slack: the
 * growth slack[OTTO_SMOOTH_COUNT] that the residuals of the solves since the last call can explain.
 * Collective. */
PETSC_EXTERN PetscErrorCode OttoStepChecksSample(OttoStepChecks checks,
                                                 OttoFokkerPlanckSample *sample, PetscReal slack[]);

/** Takes a step of a tiny problem of as many axes with PETSc's keys as they were given, if any
 * were: OTTO_ERR_INPUT, naming the key, where that fails. Last before the output folder is opened.
 * Collective. */
PETSC_EXTERN PetscErrorCode OttoRunRehearse(const OttoFokkerPlanck *law);
