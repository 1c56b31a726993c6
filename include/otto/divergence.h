/** @file
 * F-divergences and entropies of two densities, in one pass (MATHEMATICS 2).
 *
 * D_φ(p|q) = ∫ q φ(p/q), each summed as non-negative terms cell by cell (for KL: p log(p/q) - p +
 * q, equal to the usual one when the masses agree), with a series where p ≈ q so that small
 * divergences keep full relative accuracy, in compensated sums.
 */
#pragma once
#include <otto/field.h>

/** One line per divergence: name, φ(r), source. The first five are smooth: their dissipation is
 * known (fisher.h). */
#define OTTO_DIVERGENCE_LIST(X)                                                                    \
  X(KL, kl, "r log r", "Kullback and Leibler 1951")                                                \
  X(REVERSE_KL, reverse_kl, "-log r", "Kullback and Leibler 1951")                                 \
  X(CHI2, chi2, "(r-1)^2", "Pearson 1900")                                                         \
  X(HELLINGER2, hellinger2, "(sqrt r - 1)^2 / 2", "Hellinger 1909")                                \
  X(JS, js, "(r log r - (r+1) log((r+1)/2)) / 2", "Lin 1991")                                      \
  X(TV, tv, "|r-1| / 2", "total variation")                                                        \
  X(RENYI, renyi, "log(int p^a q^(1-a)) / (a-1)", "Renyi 1961")

/** The divergences, OTTO_DIVERGENCE_KL … OTTO_DIVERGENCE_RENYI, and how many there are. */
typedef enum {
/** A line of the list as a member. */
#define X(NAME, name, phi, source) OTTO_DIVERGENCE_##NAME,
  OTTO_DIVERGENCE_LIST(X)
#undef X
      OTTO_DIVERGENCE_COUNT
} OttoDivergenceType;
/** How many of them are smooth: the first. */
#define OTTO_SMOOTH_COUNT 5

/** Their names, NULL-terminated. */
PETSC_EXTERN const char *const OttoDivergenceNames[];
/** The registry. */
PETSC_EXTERN const OttoFamily OttoDivergenceFamily;

/** The bit of one divergence in a mask of what is wanted. */
#define OTTO_MASK(type) (1u << (type))
/** The bit of entropies and cross-entropy. */
#define OTTO_MASK_ENTROPY (1u << OTTO_DIVERGENCE_COUNT)
/** All of them. */
#define OTTO_MASK_ALL ((1u << (OTTO_DIVERGENCE_COUNT + 1)) - 1u)

/** A pair of densities at one time. Logs are NULL unless values may lie below 1e-300, where they
 * carry the cell's true logarithm and p, q may have underflowed to 0 or less accurate numbers. */
typedef struct {
  Vec p;                /**< the density p, per unit volume */
  Vec q;                /**< the density q */
  Vec log_p;            /**< log p of every cell, or NULL */
  Vec log_q;            /**< log q of every cell, or NULL */
  PetscReal resolved_p; /**< logarithms are taken only where p > resolved_p and q > resolved_q; 0
                             for exact data: then p = 0 is a true zero */
  PetscReal resolved_q; /**< likewise of q */
} OTTO_DESIGNATED OttoPair; /* p and q swapped by position would compile */

/** What OttoDivergenceCompute() finds of a pair, in nats. */
typedef struct {
  PetscReal mass_p;        /**< ∫p */
  PetscReal mass_q;        /**< ∫q */
  PetscReal min_p;         /**< smallest value of p in a cell, per unit volume */
  PetscReal min_q;         /**< smallest value of q */
  PetscReal max_p;         /**< largest value of p */
  PetscReal max_q;         /**< largest value of q */
  PetscReal entropy_p;     /**< -∫p log p */
  PetscReal entropy_q;     /**< -∫q log q */
  PetscReal cross_entropy; /**< -∫p log q */
  PetscReal divergence[OTTO_DIVERGENCE_COUNT]; /**< +inf where the support demands it */
  PetscReal low[OTTO_DIVERGENCE_COUNT];  /**< the least that each may be: the value itself, or what
                                              OttoDivergenceAccount() found */
  PetscReal high[OTTO_DIVERGENCE_COUNT]; /**< the most that each may be */
  PetscReal outside_p;                   /**< mass of p where q = 0 (exact data) */
  PetscReal outside_q;                   /**< mass of q where p = 0 (exact data) */
  PetscReal unreliable_p;                /**< mass of p where q is unresolved */
  PetscReal unreliable_q;                /**< mass of q where p is unresolved */
} OttoDivergences;

/**
 * All quantities of `mask` (an OR of OTTO_MASK()s; the others are left 0) for one pair. Masses,
 * minima and maxima are always computed. Collective.
 * `renyi_order`: a > 0, finite; order 1 is kl. Within 1e-6 of order 1 the mass of p is divided
 * out, as Rényi (1961, section 3) does for incomplete distributions. Errors: none beyond PETSc's.
 * Method: one vectorised pass; Rényi's takes its own, by logarithms, unless a = 1/2.
 */
PETSC_EXTERN PetscErrorCode OttoDivergenceCompute(OttoGrid grid, const OttoPair *pair,
                                                  unsigned mask, PetscReal renyi_order,
                                                  OttoDivergences *out);

/** What is known of p and q in every cell, beside their values and whatever these err by. */
typedef struct {
  PetscReal ratio_low;   /**< lower bound of p/q; 0 where nothing is known */
  PetscReal ratio_high;  /**< upper bound of p/q; infinity where nothing is known */
  PetscReal log_least_p; /**< lower bound of log p, or -infinity */
  PetscReal log_least_q; /**< lower bound of log q, or -infinity */
} OttoPairBounds;

/**
 * What the noise of unresolved cells leaves of every divergence of `mask`: d->low and d->high, and
 * moves d->divergence, which OttoDivergenceCompute() found for the same pair, mask and order,
 * between them. Values above the resolution are taken to err by a tenth of it at most, values below
 * to stand for anything from 0 to the resolution. high is infinite where p or q may be 0 and the
 * divergence cannot bear it. Exact pairs, and pairs without a cell below 1e7 times the resolution,
 * keep low = high = divergence. Collective. Method: corners of the box a cell's values lie in.
 */
PETSC_EXTERN PetscErrorCode OttoDivergenceAccount(OttoGrid grid, const OttoPair *pair,
                                                  unsigned mask, PetscReal renyi_order,
                                                  const OttoPairBounds *bounds, OttoDivergences *d);

/**
 * What rounding of p and q may have moved each divergence by in the cells that the account above
 * takes as they are, where both exceed 1e7 times their resolution and err by a tenth of it at most:
 * noise[OTTO_DIVERGENCE_COUNT], 0 for exact pairs. `d`: of OttoDivergenceCompute() for the same
 * pair and order. Collective. Method: first order in the noise, every cell at its worst sign.
 */
PETSC_EXTERN PetscErrorCode OttoDivergenceNoise(OttoGrid grid, const OttoPair *pair,
                                                PetscReal renyi_order, const OttoDivergences *d,
                                                PetscReal noise[]);

/**
 * The part of each divergence that lies in the outermost layer of cells of the open axes, relative
 * to the whole and per unit of box length (layer sum · n / total): a measure of how far an
 * integrand reaches the edge. 0 for a grid without open axes. edge[OTTO_DIVERGENCE_COUNT].
 * Collective.
 */
PETSC_EXTERN PetscErrorCode OttoDivergenceEdge(OttoGrid grid, const OttoPair *pair, unsigned mask,
                                               PetscReal renyi_order, const OttoDivergences *total,
                                               PetscReal edge[]);

/** What sums over cells, as OttoDivergenceCompute() takes them, miss of integrals over the box. */
typedef struct {
  PetscReal tv_correction; /**< to add to tv */
  PetscReal tv_error;      /**< estimate: what tv then still errs by */
  PetscReal js_error;      /**< estimate: what js errs by */
  PetscReal js_rate_error; /**< estimate: what the dissipation of js errs by */
} OttoQuadrature;

/**
 * What midpoint sums miss of tv and js of densities that are smooth on the grid; nothing of the
 * kind is wrong with a chain, whose sums are what they are. tv: the kink where p = q, integrated
 * inside cells by polynomials through six of them, sixth order. js: an estimate alone, exp(-2π²/κ)
 * where log(p/q) changes by κ a cell. Collective. Source: Navot 1961 (Euler-Maclaurin with
 * singularities); Trefethen and Weideman 2014 (poles and the trapezoidal rule).
 */
PETSC_EXTERN PetscErrorCode OttoDivergenceQuadrature(OttoGrid grid, const OttoPair *pair,
                                                     OttoQuadrature *out);
