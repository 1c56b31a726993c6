#include "factors.h"
#include "core/fault.h"
#include <otto/otto.h>
#include <float.h>

/* Cells up to which factors pay, by the number of axes with more than one cell, as `otto bench
 * fokker_planck` measures it: in a plane a step takes a tenth to a fifth of a multigrid's, up to
 * 512² at least; in space it takes a third at 16³ and as long at 32³, while what making the factors
 * takes grows with the square of the cells. */
static const PetscInt64 most_cells[] = {1000000, 1000000, 300000, 8000};

/* Ranks up to which they do: a solve by factors takes as long on all ranks as on one. */
#define RANKS 4

/* Solves by multigrid that making the first factors takes as long as, ordering included: in a plane
 * of some cells, and in a large one or in space. */
#define PAYS 10
#define PAYS_LARGE 30
#define LARGE 100000

/* Factorisations of a large plane that memory is taken for: some 100 megabytes each. */
#define FEW 2

/* Cells of all ranks' copies together. */
#define COPIES 1000000

/* Expected entries of factors over those of the matrix: too little only costs time. */
#define FILL 12

static PetscInt Axes(const OttoGridInfo *g)
{
  PetscInt axes = 0;

  for (PetscInt j = 0; j < g->dim; j++) axes += g->n[j] > 1;
  return axes;
}

PetscBool OttoFactorsFit(const OttoGridInfo *g)
{
  return g->size <= RANKS && g->cells <= most_cells[Axes(g)] && g->cells * g->size <= COPIES
             ? PETSC_TRUE
             : PETSC_FALSE;
}

PetscInt OttoFactorsPay(const OttoGridInfo *g)
{
  return Axes(g) > 2 || g->cells > LARGE ? PAYS_LARGE : PAYS;
}

PetscInt OttoFactorsRoom(const OttoGridInfo *g, PetscInt most)
{
  return PetscMin(most, g->cells > LARGE ? FEW : most);
}

/* In a plane PETSc's own factors are solved with several times as fast as those of packages made
 * for dense blocks; in space the blocks decide. */
static PetscErrorCode Choose(const OttoGridInfo *g, PetscBool symmetric, PC pc)
{
  PetscFunctionBegin;
  PetscCall(PCSetType(pc, symmetric ? PCCHOLESKY : PCLU));
#if defined(PETSC_HAVE_SUITESPARSE)
  if (Axes(g) > 2) {
    PetscCall(PCFactorSetMatSolverType(pc, symmetric ? MATSOLVERCHOLMOD : MATSOLVERUMFPACK));
    PetscFunctionReturn(0);
  }
#else
  (void)g;
#endif
  PetscCall(PCFactorSetMatSolverType(pc, MATSOLVERPETSC));
  PetscCall(PCFactorSetMatOrderingType(pc, MATORDERINGND));
  PetscCall(PCFactorSetFill(pc, FILL));
  /* no pivot of an M-matrix is 0, in whatever unit */
  PetscCall(PCFactorSetZeroPivot(pc, OttoFaultIsSet("factor") ? DBL_MAX : DBL_MIN));
  PetscFunctionReturn(0);
}

/* The preconditioner that holds the factors: on several ranks inside another. */
static PetscErrorCode Holder(KSP ksp, PC *pc)
{
  PetscBool everyone = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(KSPGetPC(ksp, pc));
  PetscCall(PetscObjectTypeCompare((PetscObject)*pc, PCREDUNDANT, &everyone));
  if (everyone) {
    PetscCall(PCRedundantGetKSP(*pc, &ksp));
    PetscCall(KSPGetPC(ksp, pc));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode Create(const OttoGridInfo *g, Mat A, PetscBool symmetric, KSP *ksp)
{
  PC pc;

  PetscFunctionBegin;
  PetscCall(KSPCreate(g->comm, ksp));
  PetscCall(KSPSetType(*ksp, KSPPREONLY));
  PetscCall(KSPSetErrorIfNotConverged(*ksp, PETSC_FALSE));
  PetscCall(KSPSetOperators(*ksp, A, A));
  PetscCall(KSPGetPC(*ksp, &pc));
  if (g->size > 1) PetscCall(PCSetType(pc, PCREDUNDANT));
  PetscCall(Holder(*ksp, &pc));
  PetscCall(Choose(g, symmetric, pc));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFactorise(const OttoGridInfo *g, Mat A, PetscBool symmetric, KSP *ksp,
                             PetscBool *done)
{
  PCFailedReason failed = PC_NOERROR;
  PC pc;

  PetscFunctionBegin;
  if (!*ksp) {
    PetscCall(Create(g, A, symmetric, ksp));
  } else {
    PetscCall(KSPSetReusePreconditioner(*ksp, PETSC_FALSE));
    PetscCall(KSPSetOperators(*ksp, A, A));
  }
  const PetscErrorCode code = KSPSetUp(*ksp);
  PetscCall(Holder(*ksp, &pc));
  if (!code) PetscCall(PCGetFailedReason(pc, &failed));
  PetscMPIInt bad = code || failed;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &bad, 1, MPI_INT, MPI_MAX, g->comm));
  *done = bad ? PETSC_FALSE : PETSC_TRUE;
  if (code) OttoErrorClear();
  if (bad && !code) PetscCall(KSPDestroy(ksp));
  if (bad) *ksp = NULL; /* after an error half made, and left to the end of the program */
  if (!bad) PetscCall(KSPSetReusePreconditioner(*ksp, PETSC_TRUE));
  PetscFunctionReturn(0);
}

#if defined(PETSC_HAVE_MUMPS)
/* MUMPS guesses how much room it needs, on several ranks now and then too little: by so many
 * percent more than it does by itself (0), in turn. */
static const PetscInt rooms[] = {0, 100, 400, 1600};

PetscErrorCode OttoFactorsByMumps(Mat A, PetscBool symmetric, PetscBool counted, PC pc,
                                  PetscBool *done)
{
  PCFailedReason failed = PC_NOERROR;
  PetscInt why = 0;
  Mat factors;

  PetscFunctionBegin;
  *done = PETSC_FALSE;
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(rooms) && !*done; i++) {
    PetscCall(PCReset(pc));
    PetscCall(PCSetOperators(pc, A, A));
    PetscCall(PCSetType(pc, symmetric ? PCCHOLESKY : PCLU));
    PetscCall(PCFactorSetMatSolverType(pc, MATSOLVERMUMPS));
    PetscCall(PCFactorSetUpMatSolverType(pc));
    PetscCall(PCFactorGetMatrix(pc, &factors));
    if (rooms[i]) PetscCall(MatMumpsSetIcntl(factors, 14, rooms[i]));
    if (counted) PetscCall(MatMumpsSetIcntl(factors, 13, 1)); /* or the root is not counted */
    if (counted) PetscCall(MatMumpsSetIcntl(factors, 24, 1)); /* null pivots are not perturbed */
    PetscCall(PCSetUp(pc));
    PetscCall(PCGetFailedReason(pc, &failed));
    *done = failed ? PETSC_FALSE : PETSC_TRUE;
    PetscCall(MatMumpsGetInfog(factors, 1, &why));
    if (why != -8 && why != -9) break; /* it is not for want of that room */
  }
  PetscFunctionReturn(0);
}
#else
PetscErrorCode OttoFactorsByMumps(Mat A, PetscBool symmetric, PetscBool counted, PC pc,
                                  PetscBool *done)
{
  PetscFunctionBegin;
  (void)A, (void)symmetric, (void)counted, (void)pc;
  *done = PETSC_FALSE;
  PetscFunctionReturn(0);
}
#endif

PetscErrorCode OttoFactoriseShared(Mat A, PetscBool symmetric, KSP *ksp)
{
  PetscBool done = PETSC_FALSE;
  PC pc;

  PetscFunctionBegin;
  PetscCall(KSPCreate(PetscObjectComm((PetscObject)A), ksp));
  PetscCall(KSPSetOperators(*ksp, A, A));
  PetscCall(KSPSetType(*ksp, KSPPREONLY));
  PetscCall(KSPGetPC(*ksp, &pc));
  PetscCall(OttoFactorsByMumps(A, symmetric, PETSC_FALSE, pc, &done));
  if (!done) OttoFail(OTTO_ERR_SOLVER, "a factorisation on all ranks failed");
  PetscCall(KSPSetUp(*ksp));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoFactorsEntries(KSP ksp, PetscReal *entries)
{
  PetscBool symmetric = PETSC_FALSE;
  MatInfo info;
  Mat factors;
  PC pc;

  PetscFunctionBegin;
  PetscCall(Holder(ksp, &pc));
  PetscCall(PetscObjectTypeCompare((PetscObject)pc, PCCHOLESKY, &symmetric));
  PetscCall(PCFactorGetMatrix(pc, &factors));
  PetscCall(MatGetInfo(factors, MAT_LOCAL, &info));
  *entries = (symmetric ? 2 : 1) * info.nz_used;
  PetscFunctionReturn(0);
}
