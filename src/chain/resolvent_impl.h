/* Private to resolvent*.c. */
#pragma once
#include <otto/resolvent.h>
#include "aggregation.h"
#include "multigrid.h"

/* Below this a cell is found by its logarithm: a sum of its neighbours' shares may lose digits. */
#define OTTO_FAINT 1e-290

/* Largest L1 residual that rounding may leave: beyond it, in steps too long for the rates, a
 * residual says nothing. */
#define OTTO_FLOOR_MOST 1e-3

/* A way to solve: a form of the matrix, a Krylov method and a preconditioner. */
typedef struct {
  const char *form;   /* in words */
  PetscBool gibbs;    /* W = exp(-V/2T), else 1 */
  const char *method; /* KSPType */
  const char *pc;     /* PCType */
  PetscInt limit;     /* iterations before the next way is tried */
} OttoWay;

/* Shifts whose solves are counted, and factorisations kept at a time. */
#define OTTO_SHIFTS 16
#define OTTO_FACTORS 4

/* A shift that solves were asked for. */
typedef struct {
  PetscReal sigma;   /* as it came first; 0: none. One within rounding of it is the same */
  PetscInt64 solves; /* with it */
  PetscInt64 last;   /* when, in solves of this resolvent */
  PetscInt kept;     /* number of its factorisation; -1: none yet */
} OttoShift;

/* All that earlier solves decide about later ones: numbers, which with the same generator give the
 * same ways, coarse levels apart, which are made anew. What they stand for is made when it is
 * needed. */
typedef struct {
  PetscInt way;           /* index of the way in use; -1: none yet */
  PetscReal failed_below; /* σ at which the way before this one failed */
  PetscBool stale;        /* the multigrid's coarse levels are those of earlier rates */
  PetscInt fresh, worst;  /* most iterations of a solve with coarse levels of the same rates;
                             since the rates last changed */
  PetscBool unfit;        /* a factorisation failed: no more is tried with these rates */
  PetscInt64 rates;       /* state of the generator that the shifts were used with */
  PetscInt64 solves;      /* so far */
  OttoShift shift[OTTO_SHIFTS];
} OttoLearned;

/* Factors of the matrix of one shift, way and rates. */
typedef struct {
  KSP ksp; /* NULL: none */
  PetscReal sigma;
  PetscInt way;
  PetscInt64 rates;
  PetscBool symmetric;
  PetscReal work; /* of a solve, in matrix applications */
} OttoKept;

struct _n_OttoResolvent {
  OttoGenerator generator;
  OttoGrid grid;
  const OttoGridInfo *g;
  PetscBool from_options, pinned; /* pinned: the user's choice; nothing else is tried */
  PetscReal drift;                /* largest f h/T of an edge when the first way was chosen */
  PetscReal rtol;                 /* unless ksp_rtol is given */
  PetscReal sigma, norm;          /* ‖Q‖₁ */
  PetscInt64 state;               /* of the generator A was built from; -1: none */
  PetscReal work;                 /* of one preconditioning, in matrix applications; 0: not known */
  OttoMultigrid multigrid;        /* NULL until a way needs it */
  PetscBool uses_multigrid;
  OttoFactorsUse use;
  OttoLearned learned;
  OttoKept kept[OTTO_FACTORS];
  OttoAggregation aggregation; /* NULL until a repair needs it */
  Mat A;
  Vec W; /* NULL: 1 */
  Vec diagonal;
  Vec residual, image, update, spare;
  KSP ksp;
  PetscReal goal, look; /* L1 residual to reach; norm of the method at which it is looked at */
  PetscBool follows;    /* the method knows its residual: looking costs nothing */
  PetscInt looks;
};

/** The way in use. */
PETSC_INTERN const OttoWay *OttoResolventWay(OttoResolvent s);
/** Moves to the next way that suits generator and grid; false after the last. Not collective. */
PETSC_INTERN PetscBool OttoResolventNextWay(OttoResolvent s);
/** Makes the first suitable way the one in use. Collective. */
PETSC_INTERN PetscErrorCode OttoResolventFirstWay(OttoResolvent s);
/** Builds matrix, scaling and solver of the way in use for the σ last set. Collective. */
PETSC_INTERN PetscErrorCode OttoResolventBuild(OttoResolvent s);
/** Makes the coarse levels those of the present rates. Collective. */
PETSC_INTERN PetscErrorCode OttoResolventRefresh(OttoResolvent s);
/** Sets the solver up for the matrix as it stands. Collective. */
PETSC_INTERN PetscErrorCode OttoResolventSetUpSolver(OttoResolvent s);
/** Counts a solve with the present shift; *kept: the factors for it, made now if it has come often
 * enough for them to pay; NULL: none. Collective. */
PETSC_INTERN PetscErrorCode OttoResolventKept(OttoResolvent s, const OttoKept **kept);
/** Factors that did not do: none are used any more with these rates. Not collective. */
PETSC_INTERN void OttoResolventGiveUpFactors(OttoResolvent s);
PETSC_INTERN PetscErrorCode OttoResolventKeptDestroy(OttoResolvent s);
/** Bytes of the factors this rank holds, and how many there are. Not collective. */
PETSC_INTERN size_t OttoResolventKeptBytes(OttoResolvent s, PetscInt *count);
/** Follows σ alone. Collective. */
PETSC_INTERN PetscErrorCode OttoResolventShift(OttoResolvent s);
/** Makes x, a solution for f ≥ 0 to the L1 residual, positive and right relative to itself in every
 * cell: fills report->doubtful and ->cycles. Collective. */
PETSC_INTERN PetscErrorCode OttoResolventRepair(OttoResolvent s, Vec f, Vec x,
                                                OttoSolveReport *report);
/** The aggregation, created when it is first asked for. Collective. */
PETSC_INTERN PetscErrorCode OttoResolventAggregation(OttoResolvent s);
/** Finds log x where x, right relative to itself elsewhere, is below OTTO_FAINT, and x from it.
 * log_f: NULL for log(f). *log_x: NULL, or a field with a first guess; afterwards a field where
 * some cell that is not 0 is faint, NULL where none is. Adds to report->doubtful and ->cycles.
 * Collective.
 */
PETSC_INTERN PetscErrorCode OttoResolventFindLogs(OttoResolvent s, Vec f, Vec log_f, Vec x,
                                                  Vec *log_x, OttoSolveReport *report);
/** Rescales x, and log x unless NULL, so that σ Σ x + Σ killed x = Σ f in every piece the chain
 * falls into; fills report->rescaled. log_f: NULL for log(f). Collective. */
PETSC_INTERN PetscErrorCode OttoResolventConserve(OttoResolvent s, Vec f, Vec log_f, Vec x,
                                                  Vec log_x, OttoSolveReport *report);
