/* Private to the files convective_….c. */
#pragma once
#include <otto/convective_entropy.h>

#define OTTO_CONVECTIVE_MAX_DIM 3

struct _n_OttoConvectiveHeat {
  OttoGrid grid;
  OttoHeat heat;
  OttoConvective c; /* references to its fields */
  OttoHeatSource source_phi, source_pushed;
  Vec work;
};

/* ∇log φ and ∇log J, one field an axis; NULL: ∇log J is 0 everywhere. Not finite where a stencil
 * meets what has no logarithm, or a lost cell. */
typedef struct {
  PetscInt dim;
  Vec of_phi[OTTO_CONVECTIVE_MAX_DIM], of_jacobian[OTTO_CONVECTIVE_MAX_DIM];
} OttoConvectiveGradients;

/* What a walk over cells reads. */
typedef struct {
  PetscInt dim;
  const OttoConvective *c;
  const PetscScalar *phi, *log_jacobian;
  const PetscScalar *of_phi[OTTO_CONVECTIVE_MAX_DIM], *of_jacobian[OTTO_CONVECTIVE_MAX_DIM];
} OttoConvectiveCells;

/* A new field, log u: `log_u` where it is not NULL. Collective. */
PETSC_INTERN PetscErrorCode OttoConvectiveLog(OttoGrid grid, Vec u, Vec log_u, Vec *log);

/* Collective. */
PETSC_INTERN PetscErrorCode OttoConvectiveGradientsCreate(OttoGrid grid, const OttoConvective *c,
                                                          OttoConvectiveGradients *g);
PETSC_INTERN PetscErrorCode OttoConvectiveGradientsDestroy(OttoConvectiveGradients *g);

/* Opens the fields for reading, and closes them. Not collective. */
PETSC_INTERN PetscErrorCode OttoConvectiveCellsOpen(const OttoConvective *c,
                                                    const OttoConvectiveGradients *g,
                                                    OttoConvectiveCells *cells);
PETSC_INTERN PetscErrorCode OttoConvectiveCellsClose(const OttoConvectiveGradients *g,
                                                     OttoConvectiveCells *cells);

/* Of cell `c` ∇log φ and ∇log J, and whether both are finite. */
PETSC_INTERN PetscBool OttoConvectiveGradientAt(const OttoConvectiveCells *cells, PetscInt64 c,
                                                PetscReal of_phi[], PetscReal of_jacobian[]);
/* DΦ^{-T} v of cell `c`, but for its sign: the cofactors of DΦ over J. */
PETSC_INTERN void OttoConvectiveCarry(const OttoConvectiveCells *cells, PetscInt64 c,
                                      const PetscReal v[], PetscReal carried[]);

/* κ² = ∫|∇u|² / ∫(u − mean)²; 0 where u is constant. Collective. */
PETSC_INTERN PetscErrorCode OttoConvectiveWavenumber(OttoGrid grid, Vec u, PetscReal *square);
/* tail[dim]: the share of Σ (u − mean)² in the finest scales of each axis, as
 * OttoConvectiveResolution has it. Collective. */
PETSC_INTERN PetscErrorCode OttoConvectiveTail(OttoGrid grid, Vec u, PetscReal tail[]);
/* ∂_s Υ at 0 by the chain of the grid, exact for it, with neighbours `step` (1, 2) cells away, in
 * two parts: of φ, and of ψ. Collective. */
PETSC_INTERN PetscErrorCode OttoConvectiveChain(OttoGrid grid, const OttoConvective *c,
                                                PetscInt step, PetscReal part[]);

static inline PetscBool OttoConvectiveLost(const OttoConvective *c, PetscInt64 cell)
{
  return c->lost ? c->lost[cell] : PETSC_FALSE;
}
