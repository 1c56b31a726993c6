/** @file
 * First passages of a generator with targets or absorbing faces (OttoGeneratorSetTargets(),
 * otto/grid.h): how long until the chain is taken, by which of them, and what passes from one set
 * to another (MATHEMATICS 7.3; transition paths: E and Vanden-Eijnden 2006, Metzner, Schütte and
 * Vanden-Eijnden 2009).
 *
 * Channels number what takes the chain as OttoLoss.face does: faces of the box by OTTO_FACE(), set
 * k = 1 … by OTTO_CHANNEL(k). A set ends on the edges between its cells and those beside it: at
 * their faces, or where OttoGeneratorSetTargetEnds() says. These ends are states without volume, so
 * that both parts of an edge in a row are the edge, and all identities below are exact on the chain
 * with these states added (but for `swift` ends).
 *
 * All is one kind of solve, the occupation density x = (-Qᵀ)⁻¹ f ≥ 0 of a source f ≥ 0. A function
 * u of the place the chain starts from, -Q u = b, is x/π with f = π b on the time-reversed chain,
 * Q̂_xy = π_y Q_yx/π_x, π the steady state of the chain without targets and with its faces closed;
 * with detailed balance both chains are the same. Solves are by Krylov and multigrid on the form
 * scaled by √π; where wells are so deep that rounding of a residual hides them, by aggregation on
 * logarithms (as OttoSteadyState()), which adds positive terms only and is right relative to itself
 * in every cell.
 */
#pragma once
#include <otto/generator.h>
#include <otto/resolvent.h>

/** The channel of set k = 1 … of OttoGeneratorSetTargets(). */
#define OTTO_CHANNEL(k) (OTTO_FACES + (k)-1)
/** Most sets that a generator of first passages may have as targets. */
#define OTTO_PASSAGE_SETS 8
/** Highest moment of a first passage time. */
#define OTTO_PASSAGE_MOMENTS 4

/** First passages of one generator. */
typedef struct _n_OttoPassage *OttoPassage;

/** How occupation densities are solved for. */
typedef enum {
  OTTO_PASSAGE_AUTO,       /**< Krylov and multigrid, and aggregation where that is not certified */
  OTTO_PASSAGE_KRYLOV,     /**< never aggregation */
  OTTO_PASSAGE_AGGREGATION /**< nothing else */
} OttoPassageMethod;
/** Their names, NULL-terminated: auto, krylov, aggregation. */
PETSC_EXTERN const char *const OttoPassageMethodNames[];

/** How well a function of the start is known, and what it took. */
typedef struct {
  PetscInt iterations;    /**< of the Krylov method */
  PetscInt cycles;        /**< of aggregation */
  PetscReal applications; /**< in multiples of one application of the matrix */
  PetscReal residual;     /**< largest |b + Q u| of a cell, relative to the largest b */
  PetscReal relative; /**< certified: |error| ≤ relative · value in every cell, where |b + Q u| ≤ ε
                         b holds (the solution is its own supersolution: mean times and moments,
                         whose sources' bounds are added); INFINITY: not known */
  PetscReal absolute; /**< certified: |error| ≤ absolute in every cell: of probabilities ‖b + Q u‖∞
                         times the largest mean time, where that is certified; INFINITY: not
                         known */
  PetscReal change;    /**< largest relative change of a cell in the last cycle of aggregation: an
                          estimate, where nothing is certified; 0 without cycles */
  PetscBool converged; /**< certified to 1e-8 or better, or `change` has come to rest below it */
  char reason[160];    /**< in words, where it did not converge */
} OttoPassageReport;

/** The generator must be set up, have targets or an absorbing face, not depend on time and outlive
 * the passage, with the rates and targets it has at OttoPassageSetUp(). Collective. OTTO_ERR_INPUT:
 * nothing absorbs; it depends on time. */
PETSC_EXTERN PetscErrorCode OttoPassageCreate(OttoGenerator generator, OttoPassage *passage);
/** Frees it. Collective. */
PETSC_EXTERN PetscErrorCode OttoPassageDestroy(OttoPassage *passage);
/** How solves are done (auto). Not collective, but the same on all ranks. */
PETSC_EXTERN PetscErrorCode OttoPassageSetMethod(OttoPassage passage, OttoPassageMethod method);
/** Reads `passage_method` (auto | krylov | aggregation). Collective. OTTO_ERR_INPUT: another. */
PETSC_EXTERN PetscErrorCode OttoPassageSetFromOptions(OttoPassage passage);
/** Finds π; solvers are made when they are first needed, and kept. Collective. OTTO_ERR_INPUT: a
 * set without a face to an open cell (named). OTTO_ERR_SOLVER: no π (OttoSteadyState()). */
PETSC_EXTERN PetscErrorCode OttoPassageSetUp(OttoPassage passage);
/** The steady state π of the chain without targets and with closed faces, mass 1; fields of the
 * passage. Before OttoPassageSetUp(), and where there is none (OttoPassageGetTransient()), NULL.
 * Not collective. */
PETSC_EXTERN PetscErrorCode OttoPassageGetSteady(OttoPassage passage, Vec *pi, Vec *log_pi);
/** Whether a face of the box takes the chain, from cells of sets too where these end nothing: what
 * is steady is then what OttoPassageFeed() makes. Not collective. */
PETSC_EXTERN PetscBool OttoPassageFacesAbsorb(OttoPassage passage);
/** Which cells do not lead to one another, in words, where transport leads away for good (mobility
 * 0 along an axis, a velocity that does not return) and no π is positive everywhere: then there are
 * times and splitting probabilities, solved for by Krylov alone, but no transitions, nothing
 * backward in time and no quasi-stationary law that is known. NULL of any other chain. Not
 * collective. */
PETSC_EXTERN const char *OttoPassageGetTransient(OttoPassage passage);
/** Open cells from which no channel can be reached, in the whole grid: closed cells cut them off,
 * or transport leads away. Times are infinite there and probabilities 0. Collective. */
PETSC_EXTERN PetscErrorCode OttoPassageLost(OttoPassage passage, PetscInt64 *cells);

/** u[k], k < moments: the moments E τ^(k+1) (1 to OTTO_PASSAGE_MOMENTS of them) of the time until
 * any channel takes the chain, by the cell it starts from; 0 in targets and closed cells,
 * INFINITY where no channel can be reached. One solve each, f = (k+1) π u[k-1]; report[k].
 * Fields, made by the caller. Collective. */
PETSC_EXTERN PetscErrorCode OttoPassageTimes(OttoPassage passage, PetscInt moments, Vec u[],
                                             OttoPassageReport report[]);
/** The same until set `set` takes it, which is alone a target: other sets are open cells, faces
 * that absorb still do. Collective. OTTO_ERR_INPUT: there is no such set. */
PETSC_EXTERN PetscErrorCode OttoPassageTimesTo(OttoPassage passage, PetscInt set, PetscInt moments,
                                               Vec u[], OttoPassageReport report[]);

/** q: the probability that it is `channel` that takes the chain first, by the cell it starts from;
 * in targets' own cells 1 or 0. Over all channels these add up to 1 where one can be reached.
 * Certifying them needs the mean time, found once and kept. Collective. OTTO_ERR_INPUT: no such
 * channel absorbs. */
PETSC_EXTERN PetscErrorCode OttoPassageSplitting(OttoPassage passage, PetscInt channel, Vec q,
                                                 OttoPassageReport *report);
/** q: the probability that it was `channel` the chain, stationary, came from last, by the cell it
 * is in: the splitting probability of the time-reversed chain. Faces of the box may not absorb.
 * Collective. OTTO_ERR_INPUT as above; a face of the box absorbs. */
PETSC_EXTERN PetscErrorCode OttoPassageBackward(OttoPassage passage, PetscInt channel, Vec q,
                                                OttoPassageReport *report);

/**
 * How the chain goes from set to set in the steady state π. All sets count: a transition from A to
 * B leaves A and comes to B with no other set, and not A again, on its way, so that the chain is at
 * any time in the state of the set it visited last, as in milestoning (Vanden-Eijnden and Venturoli
 * 2009; cores of Markov state models: Schütte, Noé, Lu, Sarich and Vanden-Eijnden 2011). Shares add
 * up to 1; what leaves a state comes to it, Σ_b F_ab = Σ_b F_ba; 1/Σ_b k_ab is the mean time spent
 * in it. Rows and columns by set k = 1 … at k - 1; 0 on the diagonal.
 */
typedef struct {
  PetscInt sets;   /**< how many there are */
  PetscReal never; /**< the share of time that counts for none: of a passage that is fed before any
                      set was visited; of another in rooms of which closed cells make a part of
                      their own and that have one set alone */
  PetscReal born[OTTO_PASSAGE_SETS]; /**< of one: how many begin in the set, or come to it before
                                        any other, a unit of time */
  PetscReal lost[OTTO_PASSAGE_SETS]; /**< and how many that were in it last faces of the box take */
  PetscReal share[OTTO_PASSAGE_SETS]; /**< Σ π q⁻ h^d, the share of time that the set was visited
                                         last, right relative to itself */
  PetscBool reached[OTTO_PASSAGE_SETS][OTTO_PASSAGE_SETS]; /**< whether the chain leads from the
                                                              row's set to the column's by way of
                                                              no other; else all below is 0 */
  PetscReal out[OTTO_PASSAGE_SETS][OTTO_PASSAGE_SETS];     /**< F_ab: transitions a unit of time, by
                                                              what leaves the faces of the row's set */
  PetscReal in[OTTO_PASSAGE_SETS][OTTO_PASSAGE_SETS]; /**< by what enters those of the column's: the
                                                         same but for what solves are off by */
  PetscReal rate[OTTO_PASSAGE_SETS][OTTO_PASSAGE_SETS];         /**< k_ab = F_ab/share_a */
  PetscReal rate_by_time[OTTO_PASSAGE_SETS][OTTO_PASSAGE_SETS]; /**< k_ab another way: P_ν(b comes
                         first)/E_ν τ, τ the first passage to any set but a, which is open, ν the
                         law of the face by which a is first entered coming from another set */
  OttoPassageReport of_probability; /**< of the probabilities, that which is known least */
  OttoPassageReport of_time;        /**< of the mean times */
} OttoTransitionRates;

/**
 * Where faces of the box absorb nothing is steady, unless what they take begins anew; by which law
 * is a matter of the problem, which therefore has to say so: from now on by p, a field of mass 1,
 * and all that is said of a steady state is of that one, ρ = (-Qᵀ)⁻¹p over the mean life (an open
 * system with a source p; fluxes times the mean life are those of one life). A birth, as a set,
 * ends what was before: q⁻ is to have been in A last of all sets and since birth, q⁺ to come to B
 * before any other set and any such face, and what leaves a state comes to it with births and
 * losses, Σ_b F_ab + lost_a = Σ_b F_ba + born_a. *report: of w = ρ/π. After OttoPassageSetUp();
 * OttoPassageBackward() is without it. Collective. OTTO_ERR_INPUT: no face of the box absorbs.
 */
PETSC_EXTERN PetscErrorCode OttoPassageFeed(OttoPassage passage, Vec p, OttoPassageReport *report);
/** Whether no two sets have a face in common, which would be of both. Collective. */
PETSC_EXTERN PetscErrorCode OttoPassageAreApart(OttoPassage passage, PetscBool *apart);
/** Between all pairs of sets; where no part of the cells outside all sets leads from a to b that
 * pair has 0. Collective. OTTO_ERR_INPUT: a face of the box absorbs and
 * it is not fed; two sets have a face in common. */
PETSC_EXTERN PetscErrorCode OttoPassageRates(OttoPassage passage, OttoTransitionRates *t);

/** All that passes from one set to another in the steady state π, other sets as above. */
typedef struct {
  PetscInt a;   /**< the set it begins in */
  PetscInt b;   /**< the set it ends in */
  Vec forward;  /**< q⁺: the chain comes to B before any other set; 1 in B, 0 in the others */
  Vec backward; /**< q⁻: of all sets it was in A last; 1 in A, 0 in the others */
  Vec density;  /**< π q⁻ q⁺: of being on the way from A to B (mass: the share of time) */
  Vec current[OTTO_GENERATOR_MAX_DIM]; /**< reactive current density along each axis at cell
                                          centres, mean of a cell's two faces; NULL beyond dim */
  PetscReal flux_out; /**< transitions A → B a unit of time: what leaves A by its faces */
  PetscReal flux_in;  /**< what enters B by its own: the same but for what solves are off by */
  PetscReal kac;    /**< mean length of an excursion from B times how many begin a unit of time: the
                       share of time outside B (Kac 1947); other sets are open; NaN where it is fed */
  PetscReal kac_of; /**< that share, summed */
  PetscReal capacity_lower; /**< with detailed balance and no other sets: the flux is at least this,
                               whatever q⁺ solves left (Thomson's principle, for a flow made of it
                               that loses nothing but rounding, which is counted); 0: not known */
  PetscReal capacity_upper; /**< and at most this (Dirichlet's principle); INFINITY: not known */
  OttoPassageReport of_forward;  /**< of q⁺ */
  OttoPassageReport of_backward; /**< of q⁻ */
  OttoPassageReport of_time;     /**< of the first passage to B alone */
} OttoTransition;

/** From set a to set b. *t is new; OttoTransitionFree() frees it. Collective. OTTO_ERR_INPUT: no
 * such sets, or the same; as OttoPassageRates(); no part of the cells outside all sets leads from a
 * to b. */
PETSC_EXTERN PetscErrorCode OttoPassageTransition(OttoPassage passage, PetscInt a, PetscInt b,
                                                  OttoTransition *t);
/** Frees its fields. Collective. */
PETSC_EXTERN PetscErrorCode OttoTransitionFree(OttoTransition *t);
/** flux[levels]: the net reactive flux through the cells' faces that have q⁺ ≤ level[i] on one side
 * and more on the other, 0 ≤ level < 1: the same at every level. rounding[levels]: the most that
 * rounding makes of each, which is a difference of what goes forth and back: large where the level
 * lies inside a deep well, which is crossed many times for once that it is left. Collective. */
PETSC_EXTERN PetscErrorCode OttoPassageLevelFlux(OttoPassage passage, const OttoTransition *t,
                                                 PetscInt levels, const PetscReal level[],
                                                 PetscReal flux[], PetscReal rounding[]);

/** What is left of the chain long after: the law that only loses mass. */
typedef struct {
  Vec law;        /**< ν > 0, mass 1: Qᵀν = -rate ν; 0 in targets; NULL: not looked for, where
                     transport leads away for good (OttoPassageGetTransient()) */
  PetscReal rate; /**< of escape by any channel; NaN with no law */
  PetscReal lower; /**< certified: the rate lies in [lower, upper], least and largest (-Qᵀν)/ν of a
                      cell (Collatz 1942, Wielandt 1950), but for rounding, 4 ε leave of a cell */
  PetscReal upper;    /**< see lower */
  PetscReal residual; /**< ‖Qᵀν + rate ν‖₁/rate */
  PetscInt solves;    /**< of inverse iteration */
  PetscBool converged; /**< upper - lower ≤ 1e-8 rate, or, where rounding hides that, -(Q^-T ν)/ν as
                          solves leave it */
  PetscReal gap;       /**< the second slowest rate over the slowest less 1, at most, where nearly
                          equal ones would leave the law open; INFINITY: not looked for (parts of a
                          grid, a rate that is not known) */
  PetscBool known;     /**< the law is, to 1e-3: by what its cells' rates differ by over the gap */
  char reason[200]; /**< in words, where the rate or the law is not known */
} OttoQuasiStationary;

/** The slowest killed mode, by inverse iteration: each step a mean passage under the law of the
 * last, which converges by the ratio of the two slowest rates, or sooner: two groups of cells are
 * balanced. The rate may be known where the law is not. Where parts of the grid do not lead
 * to one another, that of the part that keeps longest. *q is new. Collective. OTTO_ERR_INPUT: no
 * channel can be reached from some open cell (the rate is then 0). */
PETSC_EXTERN PetscErrorCode OttoPassageQuasiStationary(OttoPassage passage, OttoQuasiStationary *q);
/** Frees its field. Collective. */
PETSC_EXTERN PetscErrorCode OttoQuasiStationaryFree(OttoQuasiStationary *q);

/** Krylov method, preconditioner and levels, in words. text[size]. Not collective. */
PETSC_EXTERN PetscErrorCode OttoPassageDescribe(OttoPassage passage, char text[], size_t size);
/** Bytes this rank holds. Not collective. */
PETSC_EXTERN size_t OttoPassageBytes(OttoPassage passage);
