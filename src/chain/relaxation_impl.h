/* Private to relaxation*.c and their tests. */
#pragma once
#include <otto/relaxation.h>

/* What rounding of its entries may move A by, in its 2-norm: every one of the 2d + 1 of a row is
 * right to some 3 ε of itself or of its rate, whichever is larger. */
#define OTTO_MODE_NOISE (20 * PETSC_MACHINE_EPSILON)

/* The chain in the form its spectrum is found in. */
typedef struct {
  OttoGenerator generator;
  OttoResolvent resolvent;
  PetscReal norm;      /* ‖Q‖₁: the unit of all that follows */
  PetscBool fits;      /* A may be factorised */
  PetscBool symmetric; /* A is its own symmetric part, but for `asymmetry` */
  PetscReal asymmetry; /* ‖A - Aᵀ‖/2 left out; 0 where there is no drift */
  Vec log_w;
  Mat A; /* -W⁻¹QᵀW/‖Q‖₁; a closed cell has 2 on the diagonal, beyond all others */
  Mat H; /* its symmetric part; NULL where that is A */
  PetscInt zeros;
  Vec *zero; /* [zeros] orthonormal: W on each part that does not absorb, left null vectors of A */
} OttoModeForm;

/** Builds it; log_w NULL: half of log π, else any field, as valid if not as good. Collective.
 * OTTO_ERR_SOLVER. */
PETSC_INTERN PetscErrorCode OttoModeFormCreate(OttoResolvent resolvent, Vec log_w,
                                               OttoModeForm *form);
PETSC_INTERN PetscErrorCode OttoModeFormDestroy(OttoModeForm *form);

/** The parts of the grid between which no rate leads: part[local_cells] numbers them from 0, -1 in
 * closed cells (no rate leads out); absorbs[*count] (PetscFree) says whether mass is lost from one.
 * At most `most`: else OTTO_ERR_SOLVER. Collective. */
PETSC_INTERN PetscErrorCode OttoModeParts(OttoGenerator generator, PetscInt most, PetscInt part[],
                                          PetscInt *count, PetscBool **absorbs);

/* An orthonormal basis of what has been found, orthogonal to the zeros. */
typedef struct {
  PetscInt size, room;
  Vec *u;
} OttoModeSpace;

/** Adds what u (changed) has beyond zeros and basis; little more than rounding is left out.
 * Collective. */
PETSC_INTERN PetscErrorCode OttoModeSpaceAdd(const OttoModeForm *form, OttoModeSpace *s, Vec u);
PETSC_INTERN PetscErrorCode OttoModeSpaceFree(OttoModeSpace *s);

/* How far what is found is complete: no eigenvalue of A with a real part below `edge` is outside
 * the space; `range`: the numerical range of A on its complement lies right of it (infinite where
 * there is no complement). */
typedef struct {
  PetscBool complete;
  PetscReal edge, range;
  char how[200];
} OttoModeCount;

#define OTTO_MODE_CROSSING                                                                         \
  "not certain: what is found is too inexact to exclude that another belongs before the last"

/** Eigenvalues of UᵀAU, ordered by real part: m = s->size of them: re, im [m].
 * Collective. */
PETSC_INTERN PetscErrorCode OttoModeRitz(const OttoModeForm *form, const OttoModeSpace *s,
                                         PetscReal re[], PetscReal im[]);

/** Orders eigenvalues by real part, those equal to 1e-9 by |im|: what no rank count changes.
 * Stable: a pair stays together, its positive half first. Not collective. */
PETSC_INTERN void OttoModeSort(PetscInt m, PetscReal re[], PetscReal im[]);

/** How many of m ordered eigenvalues the slowest `count` (a pair counts once) and all that are the
 * same to 1e-3 take; *edge between them and the next. Not collective. */
PETSC_INTERN PetscInt OttoModeEdge(PetscInt m, const PetscReal re[], const PetscReal im[],
                                   PetscInt count, PetscReal *edge);

/** Whether im is a pair's, or two real eigenvalues that rounding made one. */
static inline PetscBool OttoModeTurns(PetscReal re, PetscReal im)
{
  return PetscAbsReal(im) > PetscMax(1e-9 * PetscAbsReal(re), 1e-13) ? PETSC_TRUE : PETSC_FALSE;
}

/** All of the spectrum of a small grid (LAPACK on one rank, sent to the others): the space is its
 * slowest part. Collective. */
PETSC_INTERN PetscErrorCode OttoModeWhole(const OttoModeForm *form, PetscInt count,
                                          OttoModeSpace *s, OttoModeCount *known);
/** Starts SLEPc and reads its options, also where no search will need them. Collective.
 * OTTO_ERR_INPUT: a value SLEPc refuses. */
PETSC_INTERN PetscErrorCode OttoModeOptions(MPI_Comm comm);
/** After OttoModeOptions(): searches until the count is certain, or no more can be done.
 * Collective. */
PETSC_INTERN PetscErrorCode OttoModeSearch(const OttoModeForm *form, PetscInt count,
                                           OttoModeSpace *s, OttoModeCount *known);
/** Whether a factorisation of A fits. */
PETSC_INTERN PetscBool OttoModeFits(const OttoGridInfo *g);
/** The slowest `count` modes of a space, a new *out; known->complete becomes false where rounding
 * may have moved another across the edge. Collective. */
PETSC_INTERN PetscErrorCode OttoModesOf(const OttoModeForm *form, const OttoModeSpace *s,
                                        PetscInt count, OttoModeCount *known, OttoRelaxation *out);
/** What OttoRelaxationCompute() does in a given form, by the whole spectrum or by searches: a new
 * *out. Collective. OTTO_ERR_SOLVER. */
PETSC_INTERN PetscErrorCode OttoModesFind(const OttoModeForm *form, PetscBool whole, PetscInt count,
                                          OttoRelaxation *out);
/** How many eigenvalues of H on the complement of zeros and space are below `edge`, by inertia; -1
 * where the factorisation failed. Collective. */
PETSC_INTERN PetscErrorCode OttoModeMissing(const OttoModeForm *form, const OttoModeSpace *s,
                                            PetscReal edge, PetscInt *missing);

/** The two kinds of OttoModesOf(): fill *out, whose arrays hold `count`. */
PETSC_INTERN PetscErrorCode OttoModesSymmetric(const OttoModeForm *form, const OttoModeSpace *s,
                                               PetscInt count, OttoModeCount *known,
                                               OttoRelaxation *out);
PETSC_INTERN PetscErrorCode OttoModesDriven(const OttoModeForm *form, const OttoModeSpace *s,
                                            PetscInt count, OttoModeCount *known,
                                            OttoRelaxation *out);

/** The modes of a bunch far slower than all others, spanned by x (improved): appended to *out as
 * far as there is room. apart: s² sep of the bunch. Collective; nothing is appended where the
 * vectors do not settle. */
PETSC_INTERN PetscErrorCode OttoModesSlow(const OttoModeForm *form, OttoModeSpace *x,
                                          PetscReal apart, PetscReal residual, PetscInt wanted,
                                          OttoRelaxation *out);

/** Σ over edges of (√up u_x - √down u_y)(√up v_x - √down v_y), and of killed u v: under detailed
 * balance uᵀAv ‖Q‖₁ without cancellation, however slow. Collective. */
PETSC_INTERN PetscErrorCode OttoModeDirichlet(const OttoModeForm *form, Vec u, Vec v,
                                              PetscReal *value);
/** Density mode W u, its value of largest magnitude 1; a new Vec. Collective. */
PETSC_INTERN PetscErrorCode OttoModeDensity(const OttoModeForm *form, Vec u, Vec *mode);
/** ‖AU - UB‖, Frobenius, B [size²] column by column, or UᵀAU where it is NULL; with `left` of Aᵀ in
 * place of A. Collective. */
PETSC_INTERN PetscErrorCode OttoModeResidual(const OttoModeForm *form, PetscBool left,
                                             const OttoModeSpace *s, const PetscReal B[],
                                             PetscReal *residual);
/** UᵀAU, column by column [size²]; images A u (may be NULL) [size]. Collective. */
PETSC_INTERN PetscErrorCode OttoModeProject(const OttoModeForm *form, const OttoModeSpace *s,
                                            PetscReal B[], Vec image[]);
