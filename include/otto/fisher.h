/** @file
 * Fisher information and the dissipation of every smooth divergence along the heat flow
 * (MATHEMATICS 3).
 *
 * For smooth φ: dD_φ(p_t|q_t)/dt = -I_φ, I_φ = ∫ q φ''(r) |∇r|², r = p/q; in scores, with
 * Δs = ∇log p - ∇log q: kl p|Δs|², reverse_kl q|Δs|², chi2 2(p²/q)|Δs|², hellinger2 ¼√(pq)|Δs|²,
 * js ½ pq/(p+q) |Δs|². On the grid's own chain the same is a sum over edges (MATHEMATICS 4.1):
 * I_φ = Σ_{x≠y} Q_xy q_x B_φ(r_x, r_y), exact with no discretisation error.
 */
#pragma once
#include <otto/divergence.h>

/** Fisher information of a pair, in nats per unit time. */
typedef struct {
  PetscReal fisher_p; /**< ∫|∇p|²/p; in the edge form -(d/dt)∫p log p */
  PetscReal fisher_q; /**< likewise of q */
  PetscReal dissipation[OTTO_SMOOTH_COUNT]; /**< I_φ by OttoDivergenceType; [OTTO_DIVERGENCE_KL] is
                                                 fisher_rel */
  PetscReal outflow[OTTO_SMOOTH_COUNT];     /**< what of each divergence leaves the box through open
                                                 faces, less what comes back: with dissipation[] all
                                                 that it loses. Found for the chain in free space
                                                 (lattice_exact); else 0 */
  PetscReal outflow_rounding[OTTO_SMOOTH_COUNT]; /**< what rounding of p and q at the faces may
                                                      move it by, to first order */
} OttoFisher;

/** Edge (Bregman) form on the grid's chain, rates 1/h_j² between neighbours along axis j; +inf
 * where the support demands it. Unresolved cells (see OttoPair) are left out; of a cell where p and
 * q are both 0 the ratio is that of what flows into it: the limit as t falls to 0. Edges across an
 * open face do not exist. Collective. */
PETSC_EXTERN PetscErrorCode OttoFisherEdge(OttoGrid grid, const OttoPair *pair, OttoFisher *out);

/**
 * The same with the rates of any chain (generator.h): up[axis][c] from local cell c to its upper
 * neighbour, down[axis][c] back, in OttoRates' order; killed (NULL: none) the rate of absorption.
 * dissipation[φ] = Σ_{x≠y} Q_xy q_x B_φ(r_x, r_y) + Σ killed_x q_x φ(r_x), φ in the non-negative
 * form divergence.h sums (kl: r log r - r + 1), is -dD_φ/dt exactly where p and q both follow the
 * chain. fisher_p = -∫ (dp/dt) log p = Σ over edges of J_xy log(p_x/p_y), J_xy = p_x Q_xy - p_y
 * Q_yx, plus Σ killed p log p: the rate of entropy, -(d/dt) ∫ (p log p - p); of either sign.
 * fisher_q likewise. Collective.
 */
PETSC_EXTERN PetscErrorCode OttoFisherEdgeRates(OttoGrid grid, const OttoPair *pair,
                                                const PetscReal *const up[],
                                                const PetscReal *const down[],
                                                const PetscReal *killed, OttoFisher *out);
/** The same with force[axis] = log(up/down) of every edge, which says what a rate is where it
 * underflows (walls of more than 700 T). Collective. */
PETSC_EXTERN PetscErrorCode OttoFisherEdgeForces(OttoGrid grid, const OttoPair *pair,
                                                 const PetscReal *const up[],
                                                 const PetscReal *const down[],
                                                 const PetscReal *const force[],
                                                 const PetscReal *killed, OttoFisher *out);

/** 4th-order central differences of log p and log(p/q), halos of 2 planes, mirrored at no-flux
 * faces. Cells whose stencil meets an unresolved cell are left out. PETSC_ERR_SUP on open axes.
 * Collective. */
PETSC_EXTERN PetscErrorCode OttoFisherFD4(OttoGrid grid, const OttoPair *pair, OttoFisher *out);

/** As OttoDivergenceCompute() and OttoFisherFD4() together, in one pass over the densities that
 * takes each logarithm once; of the dissipations only KL's is found (the others are 0: they would
 * cost more than all the rest of the differences). Collective. */
PETSC_EXTERN PetscErrorCode OttoFisherFD4WithDivergences(OttoGrid grid, const OttoPair *pair,
                                                         unsigned mask, PetscReal renyi_order,
                                                         OttoDivergences *divergences,
                                                         OttoFisher *fisher);

/** Adds one axis' part of the score form: out += the integrals above with Δs replaced by
 * score_p - score_q along one axis. Zero `out` first, call it once per axis. Serves spectral scores
 * and Tweedie's alike. Collective. */
PETSC_EXTERN PetscErrorCode OttoFisherAddScores(OttoGrid grid, const OttoPair *pair, Vec score_p,
                                                Vec score_q, OttoFisher *out);

/** dD_KL(p_t|q_t)/dt from the time derivatives rate_p = ∂_t p/p and rate_q = ∂_t q/q:
 * ∫ p rate_p log(p/q) + (q - p) rate_q; where p is not resolved, q rate_q is left of it. Does not
 * use Fisher information. Collective. */
PETSC_EXTERN PetscErrorCode OttoFisherRateKL(OttoGrid grid, const OttoPair *pair, Vec rate_p,
                                             Vec rate_q, PetscReal *rate);

/** dH(p_t)/dt from rate_p, of a density whose mass stays: -∫ p rate_p log(p V), V the volume of the
 * box, which any factor of V leaves as it is but for rounding. `lack`: KL(p|uniform) over resolved
 * cells. Collective. */
PETSC_EXTERN PetscErrorCode OttoFisherRateEntropy(OttoGrid grid, Vec p, Vec log_p,
                                                  PetscReal resolved_p, Vec rate_p, PetscReal *rate,
                                                  PetscReal *lack);
