/*
 * Private to run_fokker_planck*: the derivative of f-divergences with respect to cell masses.
 */
#pragma once
#include <otto/run_fokker_planck.h>

/* Sums over cells of a_φ dp + b_φ dq with a_φ = φ'(r), b_φ = φ(r) - r φ'(r), r = p/q, in the gauge
 * φ'(1) = 0: the change of D_φ to first order; not finite where a slope is beyond the doubles (chi2
 * where p/q > 1e154) and something changes. */
typedef struct {
  PetscReal change[OTTO_SMOOTH_COUNT];
  PetscReal noise[OTTO_SMOOTH_COUNT];   /* 4 ε √Σ (a wp)² + (b wq)² */
  PetscReal largest[OTTO_SMOOTH_COUNT]; /* max over cells of |a| and |b| */
  PetscInt64 left;                      /* cells left out: p or q not above the resolution */
} OttoSlopes;

/* dp, dq: the changes; wp, wq: magnitudes of the terms they were found from. All are fields.
 * Collective. */
PETSC_INTERN PetscErrorCode OttoSlopesCompute(OttoGrid grid, const OttoPair *pair, Vec dp, Vec dq,
                                              Vec wp, Vec wq, OttoSlopes *out);

/* What the ranks add up. */
typedef struct {
  OttoSum change[OTTO_SMOOTH_COUNT];
  PetscReal square[OTTO_SMOOTH_COUNT], largest[OTTO_SMOOTH_COUNT];
  PetscInt64 left;
} OttoSlopeSums;
PETSC_INTERN PetscErrorCode OttoSlopesFinish(OttoGrid grid, OttoSlopeSums *sums, OttoSlopes *out);

/* Of the generator's own rates, rate_p = Qᵀp and rate_q = Qᵀq, for a pair with logarithms: where a
 * density underflows its rate is found relative to itself. Collective. */
PETSC_INTERN PetscErrorCode OttoSlopesByLogs(OttoGenerator generator, const OttoPair *pair,
                                             Vec rate_p, Vec rate_q, OttoSlopes *out);

/* value[φ] = Σ q B_φ(p/q, P/Q) over cells, (p, q) of `from`, (P, Q) > 0 of `at`: the Bregman
 * divergence of D_φ between two states, D_φ(from) - D_φ(at) - <∇D_φ(at), from - at>, as a sum of
 * non-negative terms; not finite where `from` has one density alone in a cell and D_φ minds.
 * noise[φ]: what rounding of the states leaves of it. Collective. */
PETSC_INTERN PetscErrorCode OttoBregmanCompute(OttoGrid grid, const OttoPair *from,
                                               const OttoPair *at, PetscReal value[],
                                               PetscReal noise[]);

/* D_φ, its dissipation by edges, its rate by Qᵀp and Qᵀq (returned in rate_p, rate_q), with work
 * fields weight_p, weight_q. Collective. */
PETSC_INTERN PetscErrorCode OttoDissipationCompute(OttoGenerator generator, const OttoPair *pair,
                                                   Vec rate_p, Vec rate_q, Vec weight_p,
                                                   Vec weight_q, OttoDissipation *out);
/* weight = scale · rate out of the cell · p. */
PETSC_INTERN PetscErrorCode OttoLeaveWeight(OttoGenerator generator, PetscReal scale, Vec p,
                                            Vec weight);

/* The density that p is compared with: q, or a π that does not move, or NULL. */
static inline Vec OttoFokkerPlanckOther(const OttoFokkerPlanck *s)
{
  return s->q ? s->q : s->pi_moves ? NULL : s->pi;
}
/* Below it sums of a density's values may have lost digits, and its logarithms are used. */
#define OTTO_FAINT_DENSITY 1e-290
/* Whether p, q or π is above 0 in every cell, by its logarithm where it underflows. Collective. */
PETSC_INTERN PetscErrorCode OttoFokkerPlanckPositive(const OttoFokkerPlanck *s, Vec v,
                                                     PetscBool *positive);
/* A pair with its logarithms. Below these values a density is noise: 0 at the start and with
 * implicit Euler. */
PETSC_INTERN PetscErrorCode OttoFokkerPlanckPair(const OttoFokkerPlanck *s, Vec p, Vec q,
                                                 PetscReal t, OttoPair *pair);
