/*
 * What a sample of two densities under the heat semigroup is made of, in one walk that reads them
 * once and takes three logarithms a cell: of p and q against the uniform density, and of p/q.
 */
#pragma once
#include <otto/fisher.h>

/* What is looked at. */
typedef struct {
  const OttoPair *pair;
  PetscReal order;    /* of Rényi's divergence */
  Vec p0;             /* p at time 0 */
  Vec rate_p, rate_q; /* ∂_t p/p and ∂_t q/q; NULL: p and q follow the lattice's chain of rates
                         1/h², whose dissipation is wanted as well */
} OttoObserveRule;

/* What is found; integrals over the box. */
typedef struct {
  OttoDivergences d;         /* all of OttoDivergenceCompute() */
  OttoFisher f;              /* on the chain: kl's dissipation, fisher_p, fisher_q; else 0 */
  PetscReal mid_p, mid_q;    /* js of p and the mixture (p+q)/2, and of the mixture and q */
  PetscReal p0_log_p;        /* ∫ p_0 log(p V), V the volume of the box */
  PetscReal kl_rate;         /* ∫ (∂_t p) log(p/q) + (1 - p/q) ∂_t q */
  PetscReal entropy_rate[2]; /* -∫ (∂_t p) log p, and of q */
  PetscReal lack[2];         /* KL(p|uniform), and of q */
} OttoPairObserved;

/* All of it, where every value is in the range of the vector loops and resolved, log(p/q) changes
 * by less than 400 along every edge and the grid has 2 axes or more, none of them open, and is cut
 * on axis 0 alone; else *taken is false and nothing is found. Sums as divergence_totals.h takes
 * them: in blocks of a row, or OTTO_BLOCK cells of it, whatever rank has them. Collective. */
PETSC_INTERN PetscErrorCode OttoPairObserve(OttoGrid grid, const OttoObserveRule *rule,
                                            OttoPairObserved *out, PetscBool *taken);
