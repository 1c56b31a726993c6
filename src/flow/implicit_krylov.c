/*
 * How the linear equations of a Newton iteration are solved: GMRES on the derivatives, those of W
 * included, preconditioned by the sparse ones alone: factors on one axis, algebraic multigrid
 * beyond.
 */
#include "implicit_impl.h"
#include <float.h>

#define RTOL                                                                                       \
  1e-13 /* where one iteration is to do it all; others are as Newton needs (Eisenstat and          \
           Walker 1996) */

/* Where a solve ends by the last digits that Newton asks of it, and is so near to the goal of the
 * whole, it goes on to that: a few iterations here, where another of Newton's makes matrices and
 * their preconditioner anew. Where F is linear but for W, whose remainder is small; with a U'' the
 * other comes nevertheless. In units of the absolute tolerance, which is beneath the goal. */
#define NEAR 1e4

/* KSPConvergedDefault(), but for solves that are near to what is wanted in the end. */
static PetscErrorCode Converged(KSP ksp, PetscInt iteration, PetscReal norm,
                                KSPConvergedReason *reason, void *context)
{
  PetscReal wanted = 0;

  PetscFunctionBegin;
  PetscCall(KSPConvergedDefault(ksp, iteration, norm, reason, context));
  PetscCall(KSPGetTolerances(ksp, NULL, &wanted, NULL, NULL));
  if (*reason == KSP_CONVERGED_RTOL && norm > wanted && norm < NEAR * wanted)
    *reason = KSP_CONVERGED_ITERATING;
  PetscFunctionReturn(0);
}

static PetscErrorCode SetConvergence(KSP ksp)
{
  void *context = NULL;

  PetscFunctionBegin;
  PetscCall(KSPConvergedDefaultCreate(&context));
  PetscCall(KSPSetConvergenceTest(ksp, Converged, context, KSPConvergedDefaultDestroy));
  PetscFunctionReturn(0);
}

/* Keys of hypre's, as if they had been given before any other. The first coarse grid is of few
 * cells, those that two paths lead to: Krylov iterations grow by one where the cells of an axis are
 * doubled, as without, and a step of 64^3 cells takes a third of the time. */
static PetscErrorCode Boomer(OttoImplicit s, PC pc)
{
  static const char *const keys[][2] = {{"-pc_hypre_boomeramg_coarsen_type", "HMIS"},
                                        {"-pc_hypre_boomeramg_interp_type", "ext+i"},
                                        {"-pc_hypre_boomeramg_P_max", "4"},
                                        {"-pc_hypre_boomeramg_agg_nl", "1"},
                                        {"-pc_hypre_boomeramg_agg_num_paths", "2"}};
  PetscOptions own = NULL;

  PetscFunctionBegin;
  PetscCall(PCSetType(pc, PCHYPRE));
  PetscCall(PCHYPRESetType(pc, "boomeramg"));
  PetscCall(PetscOptionsCreate(&own));
  for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
    PetscCall(PetscOptionsSetValue(own, keys[i][0], keys[i][1]));
  if (s->g->dim == 3) { /* a third of the time for a tenth more iterations */
    PetscCall(PetscOptionsSetValue(own, "-pc_hypre_boomeramg_strong_threshold", "0.5"));
    PetscCall(PetscOptionsSetValue(own, "-pc_hypre_boomeramg_agg_nl", "1"));
  }
  PetscCall(PetscObjectSetOptions((PetscObject)pc, own));
  PetscCall(PCSetFromOptions(pc));
  PetscCall(PetscObjectSetOptions((PetscObject)pc, NULL));
  PetscCall(PetscOptionsDestroy(&own));
  PetscFunctionReturn(0);
}

static PetscErrorCode Factors(OttoImplicit s, PC pc)
{
  KSP inner;

  PetscFunctionBegin;
  if (s->g->size > 1) { /* lines are short: every rank has the whole of them */
    PetscCall(PCSetType(pc, PCREDUNDANT));
    PetscCall(PCRedundantSetNumber(pc, s->g->size));
    PetscCall(PCRedundantGetKSP(pc, &inner));
    PetscCall(KSPGetPC(inner, &pc));
  }
  PetscCall(PCSetType(pc, PCLU));
  PetscCall(PCFactorSetZeroPivot(pc, DBL_MIN)); /* any unit: pivots of an M-matrix are none */
  PetscFunctionReturn(0);
}

PetscErrorCode OttoImplicitConfigureKrylov(OttoImplicit s, KSP ksp)
{
  PC pc;

  PetscFunctionBegin;
  PetscCall(KSPSetType(ksp, KSPGMRES));
  PetscCall(KSPSetPCSide(ksp, PC_RIGHT)); /* its norm is then that of the equations */
  PetscCall(KSPSetTolerances(ksp, RTOL, 0, PETSC_DEFAULT, 200));
  if (s->linear) PetscCall(SetConvergence(ksp));
  PetscCall(KSPGetPC(ksp, &pc));
  if (s->g->dim == 1) {
    PetscCall(Factors(s, pc));
    PetscFunctionReturn(0);
  }
#if defined(PETSC_HAVE_HYPRE)
  PetscCall(Boomer(s, pc));
#else
  PetscCall(PCSetType(pc, PCGAMG));
#endif
  PetscFunctionReturn(0);
}
