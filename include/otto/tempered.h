/** @file
 * Two densities under one heat semigroup, and everything Otto says about them at a time:
 * the tempered divergences D_t = D(K_t p_0 | K_t q_0), their dissipation, the rate dD_t/dt found
 * without it, and the integral of the dissipation between two times.
 */
#pragma once
#include <otto/fisher.h>
#include <otto/heat.h>

/** Two densities under one heat semigroup. */
typedef struct _n_OttoTempered *OttoTempered;

/** One row of a tempering run. NaN where a quantity is not defined (rates of rough data at t = 0).
 */
typedef struct {
  PetscReal t;       /**< the time */
  OttoDivergences d; /**< divergences and entropies of p_t and q_t */
  OttoFisher f;   /**< their Fisher information and dissipation; dissipation of others than kl may
                       be left 0 (OttoTemperedIntegral() finds all) */
  unsigned asked; /**< divergences that must be known: kl, and renyi where a key gave its order */
  PetscReal renyi_order;     /**< of `renyi` */
  OttoQuadrature quadrature; /**< of the continuum kernels: tv is corrected; else 0 */
  PetscReal kl_p0_pt;        /**< KL(p_0|p_t): what tempering discards … */
  PetscReal kl_p0_pt_low;    /**< … the least it may be (see OttoDivergenceAccount()) … */
  PetscReal kl_p0_pt_high;   /**< … and the most */
  PetscReal kl_rate;         /**< dD_t/dt by the kernel's generator */
  PetscReal entropy_rate_p;  /**< dH(p_t)/dt likewise */
  PetscReal entropy_rate_q;  /**< dH(q_t)/dt likewise */
  PetscReal lack_p;          /**< KL(p_t|uniform) */
  PetscReal lack_q;          /**< KL(q_t|uniform) */
  PetscReal open_dissipation[OTTO_SMOOTH_COUNT]; /**< what unresolved cells leave open of
                                                    dissipations: an estimate */
  PetscReal open_rate;                           /**< and of kl_rate */
  PetscReal rounding[OTTO_DIVERGENCE_COUNT];     /**< what rounding of resolved cells may have moved
                                                    each divergence by (see OttoDivergenceNoise()) … */
  PetscReal rounding_dissipation[OTTO_SMOOTH_COUNT]; /**< … and its dissipation, or kl_rate: an
                                                        estimate; 0 for exact kernels */
  PetscReal residual;                    /**< |kl_rate + fisher_rel + outflow of kl| over the
                                            larger of the two */
  PetscReal js_p_mid;                    /**< JS of p and the mixture (p+q)/2 */
  PetscReal js_mid_q;                    /**< JS of the mixture and q */
  PetscReal edge[OTTO_DIVERGENCE_COUNT]; /**< see OttoDivergenceEdge() */
  PetscBool beyond; /**< an open box of the chain: dissipation and outflow have all that passes its
                         faces, and the identities hold however much that is */
  PetscReal log_min_p; /**< log of the minimum of p where logs are carried, else NaN */
  PetscReal log_min_q; /**< likewise of q */
} OttoTemperedSample;

/** Takes references to `p0` and `q0` (do not change them) and prepares both for `heat`, which must
 * be set up. `smooth`: both are known to be smooth on the grid; where the kernel has a transform,
 * their spectra decide instead. Collective.
 *
 * `p0`, `q0` ≥ 0 are probabilities: each of mass 1, h^d Σ p0 = 1 to rounding, as
 * OttoDensityCreate() makes them. It is not looked for. Of other masses sums are still the sums
 * that divergence.h and fisher.h define, and their dissipation; but KL may be negative, the
 * inequalities and entropies lose their meaning, and what noise leaves open (OttoPairBounds: no
 * cell falls below the mass times the kernel's smallest weight) is not bounded rightly by a mass
 * below 1. OTTO_ERR_STATE where grid or kernel are not set up. */
PETSC_EXTERN PetscErrorCode OttoTemperedCreate(OttoGrid grid, OttoHeat heat, Vec p0, Vec q0,
                                               PetscBool smooth, OttoTempered *tempering);
/** Frees sources and fields. Collective. */
PETSC_EXTERN PetscErrorCode OttoTemperedDestroy(OttoTempered *tempering);

/** Chooses the form behind fisher_rel; by default spectral, edge (lattice kernels) or tweedie
 * (gaussian_exact). OTTO_ERR_INPUT naming fisher_form where the kernel or the boundary has no such
 * form. Not collective. */
PETSC_EXTERN PetscErrorCode OttoTemperedSetFisherForm(OttoTempered tempering, OttoFisherForm form);
/** Reads fisher_form (by kernel) and renyi_order (0.5). OTTO_ERR_INPUT. Not collective. */
PETSC_EXTERN PetscErrorCode OttoTemperedSetFromOptions(OttoTempered tempering);
/** The form in use. Not collective. */
PETSC_EXTERN OttoFisherForm OttoTemperedGetFisherForm(OttoTempered tempering);

/** Whether both densities are smooth on the grid, so that derivatives at t = 0 mean something. Not
 * collective. */
PETSC_EXTERN PetscBool OttoTemperedIsSmooth(OttoTempered tempering);

/** Everything at time t ≥ 0. Collective. */
PETSC_EXTERN PetscErrorCode OttoTemperedTakeSample(OttoTempered tempering, PetscReal t,
                                                   OttoTemperedSample *sample);

/** The pair (p_t, q_t) of the last sample; valid until the next call. Not collective. */
PETSC_EXTERN PetscErrorCode OttoTemperedGetPair(OttoTempered tempering, const OttoPair **pair);

/** log(p_t/q_t) of the last sample, 0 where either is unresolved. Collective. */
PETSC_EXTERN PetscErrorCode OttoTemperedLogRatio(OttoTempered tempering, Vec log_ratio);

/** D_KL at time t alone (for the slope at t = 0). Collective. */
PETSC_EXTERN PetscErrorCode OttoTemperedKL(OttoTempered tempering, PetscReal t, PetscReal *kl);

/**
 * integral[φ] = ∫_{t_a}^{t_b} I_φ(p_t|q_t) dt (with what leaves an open box, where that is known)
 * for the five smooth divergences, by Gauss–Legendre quadrature in log t with `nodes` nodes. An
 * interval is halved while its own error estimate, the squared share of the two highest Legendre
 * coefficients of the integrand (the part a rule of two nodes fewer does not see), exceeds
 * tolerance relative to scale[φ] and still falls. Collective; 0 < t_a < t_b. `intervals` (may be
 * NULL): how many pieces were used.
 */
PETSC_EXTERN PetscErrorCode OttoTemperedIntegral(OttoTempered tempering, PetscReal t_a,
                                                 PetscReal t_b, PetscInt nodes, PetscReal tolerance,
                                                 const PetscReal scale[], PetscReal integral[],
                                                 PetscInt *intervals);

/** Bytes this rank holds in fields and sources at present (without the heat kernel's own). Not
 * collective. */
PETSC_EXTERN size_t OttoTemperedBytes(OttoTempered tempering);

/** What sums over cells may miss of integrals, relative to each: see OttoTemperedChoose(). */
typedef struct {
  PetscReal mass;       /**< of masses */
  PetscReal divergence; /**< of divergences, and of dissipations, which are integrated in time */
  PetscReal rate;       /**< of rates */
  PetscReal kink;       /**< of tv and js by their own estimates (OttoDivergenceQuadrature()) */
  PetscBool edges;      /**< edges are asked for: the chain is, whatever sums miss */
} OttoKernelBounds;

/** What `auto` has chosen. */
typedef struct {
  const char *kernel;         /**< its name */
  char reason[160];           /**< why */
  PetscReal quadrature_error; /**< what was measured, relative to the bound of each quantity: the
                                   largest; NaN where nothing was */
  PetscReal time;             /**< when it was found; NaN */
} OttoKernelChoice;

/**
 * Names the kernel of `heat` (auto; not set up) for p0 and q0 at the times t[count] (0 and less
 * are not looked at): gaussian_exact where the grid integrates masses, divergences, dissipations
 * and rates of both to a tenth of `bounds`, else lattice_exact. It is measured: p_t and q_t are
 * known between the cells too, and sums over the cells and over points moved by two shifts, unlike
 * on every axis, differ by the quadrature's error (on no_flux axes: their means over both signs).
 * Times: the first, and twice, four times … as late, until nothing on this grid can be sharper than
 * a cell (t = 0.8 h times the period of every axis, or its length where it is open). lattice_exact
 * too before √(2t) = 1.5 h, and where kl has a part at an open face at the first time; what comes
 * there later is not looked at.
 * Collective. Method: Poisson's summation formula (MATHEMATICS 6.7).
 */
PETSC_EXTERN PetscErrorCode OttoTemperedChoose(OttoGrid grid, OttoHeat heat, Vec p0, Vec q0,
                                               PetscInt count, const PetscReal t[],
                                               const OttoKernelBounds *bounds,
                                               OttoKernelChoice *choice);
