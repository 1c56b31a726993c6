/* The cells of the walk of observe.h, a run of them at a time. */
#pragma once
#include "divergence_totals.h"

/* What is summed over cells beside the divergences. */
typedef enum {
  OTTO_OBSERVE_MID_P,
  OTTO_OBSERVE_MID_Q,
  OTTO_OBSERVE_P0_LOG_P,
  OTTO_OBSERVE_KL_RATE,
  OTTO_OBSERVE_ENTROPY_RATE_P,
  OTTO_OBSERVE_ENTROPY_RATE_Q,
  OTTO_OBSERVE_LACK_P,
  OTTO_OBSERVE_LACK_Q,
  OTTO_OBSERVE_COUNT
} OttoObserveIndex;

typedef struct {
  PetscReal uniform, log_uniform; /* density 1/volume */
  PetscReal least[2];             /* of p and q: below, a cell needs care */
  OttoTotals totals;
  OttoSum sum[OTTO_OBSERVE_COUNT];
} OttoObserveSums;

/* A run of cells: values, p at time 0, ∂_t p and ∂_t q; where logarithms go. */
typedef struct {
  const PetscReal *p, *q, *p0, *dp, *dq;
  PetscReal *lp, *lq, *ratio; /* log(p V), log(q V), log(p/q), V the volume of the box */
} OttoObserveRun;

/* Takes the logarithms of n cells and, with `sums` (else p0, dp, dq do not count), adds them up.
 * `uniform`, `least` as above. Returns false where a cell needs care: nothing of use is found. */
PETSC_INTERN PetscBool OttoObserveCells(PetscReal uniform, const PetscReal least[2], PetscInt64 n,
                                        const OttoObserveRun *run, OttoObserveSums *sums);
