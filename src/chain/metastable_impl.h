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

/** The corners of the simplex: vertex[m] numbers of cells (x first), corner[m²] their functions, a
 * row each. Collective. OTTO_ERR_SOLVER. */
PETSC_INTERN PetscErrorCode OttoModeCorners(const OttoModeBasis *b, PetscInt64 vertex[],
                                            PetscReal corner[]);
/** Inverse of M [m²]; false where it has none. */
PETSC_INTERN PetscBool OttoModeInverse(PetscInt m, const PetscReal M[], PetscReal inverse[]);

/** Makes A [m²: a row a function, a column a set] feasible: its lower rows add up to 0 each, the
 * first keeps the least value of every membership at 0 and adds up to 1 (Deuflhard and Weber 2005,
 * section 4.2). Collective. */
PETSC_INTERN PetscErrorCode OttoModeFeasible(const OttoModeBasis *b, PetscReal A[]);

/** Probabilities, crispness, rates and how far the eigenvalues of -Q_c are from rate[count - 1], by
 * sums over cells and edges of out->membership. Collective. OTTO_ERR_SOLVER. */
PETSC_INTERN PetscErrorCode OttoModeCoarse(OttoGenerator generator, Vec log_pi,
                                           const PetscReal rate[], OttoMetastable *out);
