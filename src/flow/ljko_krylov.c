/*
 * The linear equations of a Newton iteration: symmetric and positive, of cells two steps apart.
 * Conjugate gradients with algebraic multigrid, or factors: on one axis, and where a step's vacuum
 * or steep fields (τ|∇φ|² well above U''s range) were too much for multigrid.
 */
#include "ljko.h"
#include <float.h>

#define TOLERANCE 1e-7
#define ITERATIONS 100    /* what is reached by then serves as well */
#define MOST_PLANE 100000 /* cells of which factors may be had: they fill as n log n */
#define MOST_SPACE 12000  /* and as n^{4/3} */

PetscBool OttoLjkoFactors(const OttoLjko *s, PetscBool first)
{
  const OttoGridInfo *g = s->scheme.g;

  if (s->told || g->dim == 1 || first) return g->dim == 1 && !s->told ? PETSC_TRUE : PETSC_FALSE;
  return g->cells <= (g->dim == 2 ? MOST_PLANE : MOST_SPACE) ? PETSC_TRUE : PETSC_FALSE;
}

static PetscErrorCode Factors(OttoLjko *s, KSP ksp)
{
  KSP inner;
  PC pc;

  PetscFunctionBegin;
  PetscCall(KSPSetType(ksp, KSPGMRES)); /* once or twice: factors of numbers over many decades */
  PetscCall(KSPSetNormType(ksp, KSP_NORM_DEFAULT));
  PetscCall(KSPGetPC(ksp, &pc));
  if (s->scheme.g->size >
      1) { /* MUMPS among ranks gives other digits every time: each has the whole */
    PetscCall(PCSetType(pc, PCREDUNDANT));
    PetscCall(PCRedundantSetNumber(pc, s->scheme.g->size));
    PetscCall(PCRedundantGetKSP(pc, &inner));
    PetscCall(KSPGetPC(inner, &pc));
  }
  PetscCall(PCSetType(pc, PCLU));
  PetscCall(PCFactorSetZeroPivot(pc, DBL_MIN));
#if defined(PETSC_HAVE_MUMPS)
  PetscCall(PCFactorSetMatSolverType(pc, MATSOLVERMUMPS));
#endif
  PetscFunctionReturn(0);
}

static PetscErrorCode Multigrid(KSP ksp)
{
  PC pc;

  PetscFunctionBegin;
  PetscCall(KSPSetType(ksp, KSPCG));
  PetscCall(KSPSetNormType(ksp, KSP_NORM_DEFAULT));
  PetscCall(KSPGetPC(ksp, &pc));
#if defined(PETSC_HAVE_HYPRE)
  PetscCall(PCSetType(pc, PCHYPRE));
  PetscCall(PCHYPRESetType(pc, "boomeramg"));
#else
  PetscCall(PCSetType(pc, PCGAMG));
#endif
  PetscFunctionReturn(0);
}

PetscErrorCode OttoLjkoConfigureKrylov(OttoLjko *s, PetscBool factors)
{
  PetscBool cg = PETSC_FALSE;
  KSP ksp;

  PetscFunctionBegin;
  PetscCall(SNESGetKSP(s->snes, &ksp));
  PetscCall(KSPSetTolerances(ksp, TOLERANCE, 0, PETSC_DEFAULT, ITERATIONS));
  PetscCall(factors ? Factors(s, ksp) : Multigrid(ksp));
  PetscCall(KSPSetFromOptions(ksp));
  PetscCall(PetscOptionsHasName(NULL, NULL, "-pc_type", &s->told));
  PetscCall(PetscObjectTypeCompare((PetscObject)ksp, KSPCG, &cg));
  if (cg && !factors)
    PetscCall(KSPSetNormType(ksp, KSP_NORM_NATURAL)); /* others mind small ρ less */
  PetscFunctionReturn(0);
}
