/* Private to metastable*.c. */
#pragma once
#include <otto/metastable.h>
#include <petscksp.h>

/* What the memberships are made of: functions [1, ψ_1 … ψ_{m-1}], scaled, of the cells that count,
 * those in which all are known. */
typedef struct {
  OttoGrid grid;
  const OttoGridInfo *g;
  PetscInt m;              /* sets */
  const PetscScalar **psi; /* [m] values in own cells; [0] NULL: 1 */
  PetscReal *scale;        /* [m] one over the largest value of each */
} OttoModeBasis;

/** Value of function j in an own cell. */
static inline PetscReal OttoModeBasisAt(const OttoModeBasis *b, PetscInt j, PetscInt64 cell)
{
  return j ? b->psi[j][cell] * b->scale[j] : 1;
}
/** Whether the own cell counts. */
PETSC_INTERN PetscBool OttoModeBasisHas(const OttoModeBasis *b, PetscInt64 cell);

/* What one eigenfunction leaves for the next: a matrix of the same pattern and its ordering. */
typedef struct {
  Mat M;
  KSP factors;
} OttoModeRest;

/** ψ of a mode, a new Vec. log_pi: of mass 1; rest: empty, or what the call before has left.
 * Collective. */
PETSC_INTERN PetscErrorCode OttoModeFunction(OttoGenerator generator, Vec log_pi, PetscReal rate,
                                             Vec mode, OttoModeRest *rest, Vec *psi);
/** Frees it. Collective. */
PETSC_INTERN PetscErrorCode OttoModeRestFree(OttoModeRest *rest);
/** -Q - rate, each row over `leave`; of closed cells 1. Collective. */
PETSC_INTERN PetscErrorCode OttoModeShifted(OttoGenerator generator, PetscReal rate, Mat *M);

/** Makes the first `count` functions orthogonal to 1 under π and, where the next rate and factors
 * are there and they are known in every cell, right relative to what they are in every set;
 * noise[count], new: how far each may be off in every cell, but for parts along each other.
 * Collective. */
PETSC_INTERN PetscErrorCode OttoModePolish(OttoGenerator generator, Vec log_pi,
                                           const OttoRelaxation *r, PetscInt count, Vec psi[],
                                           Vec noise[]);

/** The corners of the simplex: vertex[m] numbers of cells (x first), corner[m²] their functions, a
 * row each. Collective. OTTO_ERR_SOLVER. */
PETSC_INTERN PetscErrorCode OttoModeCorners(const OttoModeBasis *b, PetscInt64 vertex[],
                                            PetscReal corner[]);
/** Inverse of M [m²]; false where it has none. In long double, so that what rounding leaves of
 * one set in another is far below what double knows. */
PETSC_INTERN PetscBool OttoModeInverse(PetscInt m, const PetscReal M[], long double inverse[]);

/** Makes A [m²: a row a function, a column a set] feasible: its lower rows add up to 0 each, the
 * first keeps the least value of every membership at 0 and adds up to 1 (Deuflhard and Weber 2005,
 * section 4.2). Collective. */
PETSC_INTERN PetscErrorCode OttoModeFeasible(const OttoModeBasis *b, long double A[]);

/** out->noise, share and vague, by the noise of the functions (OttoModePolish()), that of A, and
 * cells that are not known. order[m]: column of A of every set. Collective. */
PETSC_INTERN PetscErrorCode OttoModeDoubt(const OttoModeBasis *b, Vec log_pi, const Vec noise[],
                                          const long double A[], const PetscInt order[],
                                          OttoMetastable *out);

/** Probabilities, crispness, rates and how far the eigenvalues of -Q_c are from rate[count - 1], by
 * sums over cells and edges of out->membership. Collective. OTTO_ERR_SOLVER. */
PETSC_INTERN PetscErrorCode OttoModeCoarse(OttoGenerator generator, Vec log_pi,
                                           const PetscReal rate[], OttoMetastable *out);
