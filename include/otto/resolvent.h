/** @file
 * The resolvent of a generator, x = (σ - Qᵀ)⁻¹ f, σ > 0. With σ = 1/dt and f = σ p it is a
 * step of implicit Euler. σ - Qᵀ is an M-matrix whose columns sum to σ (or more): its inverse is
 * positive and has 1-norm at most 1/σ, so that the L1 error of x is at most its L1 residual/σ: the
 * stopping rule (MATHEMATICS 5.1).
 *
 * PETSc's ksp_ and pc_ options apply; ksp_rtol (1e-10) is the L1 residual of the unscaled system
 * relative to ‖f‖₁.
 */
#pragma once
#include <otto/generator.h>
#include <otto/keep.h>
#include <petscksp.h>

/** Whether steps are solved by factors of the matrix, kept for every shift that recurs. */
typedef enum {
  OTTO_FACTORS_AUTO,  /**< for a shift that recurs (10 solves, 30 where factors are dear), on small
                         grids */
  OTTO_FACTORS_NEVER, /**< by the form's own method */
  OTTO_FACTORS_ALWAYS /**< from the first solve on, whatever the grid */
} OttoFactorsUse;

/** The resolvent of one generator. */
typedef struct _n_OttoResolvent *OttoResolvent;

/** How a solve went. */
typedef struct {
  PetscInt iterations; /**< of the Krylov method; a solve by factors counts as one */
  PetscReal
      residual; /**< ‖f - (σ - Qᵀ)x‖₁ / ‖f‖₁, found with the generator itself, before the repair */
  PetscReal floor; /**< what rounding allows: ε·(2 + ‖Q‖₁/σ); the residual is held to the larger of
                      ksp_rtol and this */
  PetscReal rescaled;     /**< share of its mass by which the repaired density was rescaled, in all
                             pieces that a chain falls into; 0 without repair */
  PetscReal applications; /**< work in multiples of one application of the matrix: its entries and
                             those of the multigrid levels, or of the factors kept (their making is
                             left out); 0 with a preconditioner of PETSc's own */
  PetscInt cycles;        /**< of aggregation in the repair; 0 where tails were right already */
  PetscReal doubtful;     /**< of a repaired density: every cell above this value is good to 1e-2
                             relative, as far as its own residual tells; 0: every cell is */
  PetscBool converged;    /**< the residual is below what it is held to; of a density also where
                             rounding hides it (floor 1e-3) and cycles of aggregation, which on so
                             few cells (500) are an elimination, have come to rest */
  char reason[160];       /**< in words, where it did not converge */
} OttoSolveReport;

/** The generator must be set up and outlive it. Collective. */
PETSC_EXTERN PetscErrorCode OttoResolventCreate(OttoGenerator generator, OttoResolvent *resolvent);
/** The generator. Not collective. */
PETSC_EXTERN OttoGenerator OttoResolventGetGenerator(OttoResolvent resolvent);
/** Frees it. Collective. */
PETSC_EXTERN PetscErrorCode OttoResolventDestroy(OttoResolvent *resolvent);
/** Says when factors are kept (OTTO_FACTORS_AUTO). They serve the 4 shifts that recur most (2
 * beyond 100 000 cells), on at most 4 ranks, each of which holds them whole; up to 300 000 cells in
 * a plane, 8 000 in space. Bounds, repairs and reports are those of any solve, and where factors
 * fail the form's own method takes over. Not collective, but the same on all ranks. */
PETSC_EXTERN PetscErrorCode OttoResolventSetFactors(OttoResolvent resolvent, OttoFactorsUse use);

/** Solves with one shift after which factors are made for it; -1: never, on this grid or with what
 * has been set. Not collective. */
PETSC_EXTERN PetscInt OttoResolventFactorsFrom(OttoResolvent resolvent);

/** Reads ksp_* and pc_*. Collective. Without drift: CG on the form symmetrised by the Gibbs state;
 * with one: by trial, Gibbs scaling, then plain, both by BiCGStab with geometric multigrid, then
 * plain by LU (small grids) or GMRES with ILU. A form is kept while it works. Where ksp_type,
 * pc_type or ksp_max_it is given, nothing is tried beside it, and no factors are kept.
 * OTTO_ERR_INPUT: a value PETSc refuses. */
PETSC_EXTERN PetscErrorCode OttoResolventSetFromOptions(OttoResolvent resolvent);

/** Another default than 1e-10 for ksp_rtol: where it is not given. Collective. */
PETSC_EXTERN PetscErrorCode OttoResolventSetTolerance(OttoResolvent resolvent, PetscReal rtol);

/** Reads every key of PETSc's as the solves will, those of solvers inside solvers (mg_levels_, sub_
 * …) included, which PETSc reads at their set-up: where a key is given that one of them may read,
 * sets all up for the rates as they stand, and what depends on the rates alone is kept. Where none
 * is, does nothing. Before a run's output is opened. Collective; a failure of PETSc's own is owed
 * to its keys (OttoOptionsBlame()). */
PETSC_EXTERN PetscErrorCode OttoResolventReadOptions(OttoResolvent resolvent);

/** Sets σ > 0 and follows the generator's rates if they have changed. What depends on the rates
 * alone (interpolations, Galerkin products) is kept for every σ, and for rates that change with
 * time while it serves: until a solve takes three iterations more than with its own. Collective. */
PETSC_EXTERN PetscErrorCode OttoResolventSetShift(OttoResolvent resolvent, PetscReal sigma);

/** x = (σ - Qᵀ)⁻¹ f for any f; x holds a first guess. A solve that does not converge is reported,
 * not an error. Collective. */
PETSC_EXTERN PetscErrorCode OttoResolventSolve(OttoResolvent resolvent, Vec f, Vec x,
                                               OttoSolveReport *report);

/**
 * The same for f ≥ 0, and makes x a density again: clipped at 0, a Jacobi sweep of the M-matrix (a
 * few where rounding left whole patches at 0), and where a sweep shows that some cell is not right
 * relative to itself, cycles of aggregation (as for OttoSteadyState()) until every cell is: far
 * tails as well, which the L1 residual says nothing of; cells below 1e-290 excepted, which
 * underflow may spoil. Rescaled so that σ Σ x + Σ killed x = Σ f exactly, in every piece that a
 * chain with closed edges falls into. A change of more of the mass than the solver's tolerance
 * counts as not converged. Collective.
 */
PETSC_EXTERN PetscErrorCode OttoResolventSolveDensity(OttoResolvent resolvent, Vec f, Vec x,
                                                      OttoSolveReport *report);

/**
 * The same where values may lie below the range of doubles. log_f: the logarithm of f in every
 * cell, -inf where f is 0; NULL: log(f), for f that has not underflowed. *log_x: NULL, or a field
 * with a first guess of log x; on return a field with log x of every cell, right relative to
 * itself, where some cell that is not 0 lies below 1e-290, and NULL (destroyed) where none does: x
 * then says all. The caller destroys it. Gauss–Seidel sweeps on logarithms, then aggregation (as
 * for OttoSteadyState()). Mass is exact in every piece that a chain with closed edges falls into.
 * Collective.
 */
PETSC_EXTERN PetscErrorCode OttoResolventSolveDensityLogs(OttoResolvent resolvent, Vec f, Vec log_f,
                                                          Vec x, Vec *log_x,
                                                          OttoSolveReport *report);

/** The form chosen, in words: "symmetrised by the Gibbs state", "Gibbs scaling", "plain". Not
 * collective. */
PETSC_EXTERN const char *OttoResolventGetForm(OttoResolvent resolvent);
/** Krylov method, preconditioner and levels, in words, for the summary. text[size]. Not collective.
 */
PETSC_EXTERN PetscErrorCode OttoResolventDescribe(OttoResolvent resolvent, char text[],
                                                  size_t size);
/** The matrix W⁻¹ (σ - Qᵀ) W in use, the diagonal of W (NULL: 1), and the preconditioner set up for
 * it; owned by the resolvent. Not collective. */
PETSC_EXTERN PetscErrorCode OttoResolventGetOperators(OttoResolvent resolvent, Mat *A, Vec *W,
                                                      PC *pc);
/** Bytes this rank holds. Not collective. */
PETSC_EXTERN size_t OttoResolventBytes(OttoResolvent resolvent);
/** Keeps, or takes over (keep.h), the way to solve that earlier solves have led to. Taking over, it
 * forgets all else that they have left, matrices and coarse levels too, which are made anew when
 * they are needed; a shift must be set again. Collective. */
PETSC_EXTERN PetscErrorCode OttoResolventKeep(OttoResolvent resolvent, OttoKeep keep);
