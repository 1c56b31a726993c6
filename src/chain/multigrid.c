#include "multigrid_impl.h"
#include "multigrid_sweeps.h"
#include <math.h>

#define DIM OTTO_MULTIGRID_DIM
/* Cells at which a direct solve ends the hierarchy: as many as it can take, since on fewer cells
 * than wells their exchange of mass, the slowest of all, has no place. */
#define COARSEST 2000

struct _n_OttoMultigrid {
  const OttoGridInfo *g;
  PetscInt count;
  PetscBool filled;
  OttoLevel level[OTTO_MULTIGRID_LEVELS];
};

/* ---- hierarchy ---- */

/* Every second cell of the axes that are halved, each on the rank of the fine one. */
static PetscErrorCode Coarsen(const OttoLevel *l, OttoLevel *next)
{
  const OttoGridInfo *g = l->g;
  PetscInt64 n[OTTO_MAX_DIM], *cuts[2];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++) n[j] = l->halved[j] ? (g->n[j] + 1) / 2 : g->n[j];
  PetscCall(PetscMalloc2(g->mesh[0] + 1, &cuts[0], g->mesh[1] + 1, &cuts[1]));
  for (int j = 0; j < 2; j++)
    for (PetscMPIInt r = 0; r <= g->mesh[j]; r++)
      cuts[j][r] = l->halved[j] ? (g->cuts[j][r] + 1) / 2 : g->cuts[j][r];
  PetscCall(OttoGridCreate(g->comm, &next->grid));
  PetscCall(OttoGridSetBox(next->grid, g->dim, n, g->lower, g->upper, g->boundary));
  PetscCall(OttoGridSetMesh(next->grid, g->mesh[0], g->mesh[1]));
  PetscCall(OttoGridSetCuts(next->grid, (const PetscInt64 *const *)cuts));
  PetscCall(OttoGridSetUp(next->grid));
  PetscCall(PetscFree2(cuts[0], cuts[1]));
  next->g = OttoGridGetInfo(next->grid);
  PetscFunctionReturn(0);
}

static PetscErrorCode NextLevel(OttoMultigrid s, PetscReal coupling[])
{
  OttoLevel *l = &s->level[s->count - 1], *next = l + 1;
  PetscReal strongest = 0;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < DIM; j++)
    if (l->g->n[j] > 1) strongest = PetscMax(strongest, coupling[j]);
  for (PetscInt j = 0; j < DIM; j++) {
    l->halved[j] = l->g->n[j] > 1 && coupling[j] >= 0.25 * strongest ? PETSC_TRUE : PETSC_FALSE;
    if (l->halved[j]) coupling[j] /= 4;
  }
  PetscCall(Coarsen(l, next));
  s->count++;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoMultigridCreate(OttoGrid grid, const PetscReal coupling[],
                                   OttoMultigrid *multigrid)
{
  OttoMultigrid s;
  PetscReal now[DIM] = {0, 0, 0};

  PetscFunctionBegin;
  PetscCall(PetscNew(&s));
  *multigrid = s;
  s->g = OttoGridGetInfo(grid);
  s->level[0].grid = grid; /* not its own */
  s->level[0].g = s->g;
  s->count = 1;
  for (PetscInt j = 0; j < s->g->dim; j++) now[j] = coupling[j];
  while (s->count < OTTO_MULTIGRID_LEVELS &&
         s->level[s->count - 1].g->cells > (s->count > 1 ? COARSEST : 1))
    PetscCall(NextLevel(s, now));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoMultigridDestroy(OttoMultigrid *multigrid)
{
  OttoMultigrid s = *multigrid;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(0);
  for (PetscInt i = 0; i < s->count; i++) {
    OttoLevel *l = &s->level[i];
    if (i) PetscCall(OttoGridDestroy(&l->grid));
    PetscCall(MatDestroy(&l->P));
    PetscCall(MatDestroy(&l->K));
    PetscCall(MatDestroy(&l->B));
    PetscCall(MatDestroy(&l->A));
    PetscCall(VecDestroy(&l->w));
  }
  PetscCall(PetscFree(*multigrid));
  PetscFunctionReturn(0);
}

PetscInt OttoMultigridLevels(OttoMultigrid s)
{
  return s->count;
}

/* ---- operators ---- */

/* K and B of the next level; B is given K's pattern, so that K + σB is one pass over the entries.
 */
static PetscErrorCode Galerkin(OttoMultigrid s, OttoLevel *l, OttoLevel *next, Mat K)
{
  Mat B = NULL;

  PetscFunctionBegin;
  PetscCall(MatPtAP(K, l->P, s->filled ? MAT_REUSE_MATRIX : MAT_INITIAL_MATRIX, 2, &next->K));
  if (l->B)
    PetscCall(MatPtAP(l->B, l->P, MAT_INITIAL_MATRIX, 2, &B));
  else
    PetscCall(MatTransposeMatMult(l->P, l->P, MAT_INITIAL_MATRIX, 2, &B));
  if (!next->B) PetscCall(MatDuplicate(next->K, MAT_DO_NOT_COPY_VALUES, &next->B));
  if (!next->A) PetscCall(MatDuplicate(next->K, MAT_DO_NOT_COPY_VALUES, &next->A));
  PetscCall(MatZeroEntries(next->B));
  PetscCall(MatAXPY(next->B, 1, B, SUBSET_NONZERO_PATTERN));
  PetscCall(MatDestroy(&B));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoMultigridSetOperator(OttoMultigrid s, Mat minus_M, Vec w)
{
  PetscFunctionBegin;
  PetscCall(PetscObjectReference((PetscObject)w));
  PetscCall(VecDestroy(&s->level[0].w));
  s->level[0].w = w;
  for (PetscInt i = 0; i + 1 < s->count; i++) {
    OttoLevel *l = &s->level[i];
    Mat K = i ? l->K : minus_M;
    PetscCall(OttoMultigridInterpolate(K, l, l + 1));
    PetscCall(Galerkin(s, l, l + 1, K));
  }
  s->filled = PETSC_TRUE;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoMultigridSetShift(OttoMultigrid s, PetscReal sigma)
{
  PetscFunctionBegin;
  for (PetscInt i = 1; i < s->count; i++) {
    OttoLevel *l = &s->level[i];
    PetscCall(MatCopy(l->K, l->A, SAME_NONZERO_PATTERN));
    PetscCall(MatAXPY(l->A, sigma, l->B, SAME_NONZERO_PATTERN));
  }
  PetscFunctionReturn(0);
}

/* ---- PETSc's cycle ---- */

static PetscErrorCode SetSmoother(KSP smoother)
{
  PC pc;

  PetscFunctionBegin;
  PetscCall(KSPSetType(smoother, KSPRICHARDSON));
  PetscCall(KSPSetTolerances(smoother, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT, 1));
  PetscCall(KSPSetNormType(smoother, KSP_NORM_NONE));
  PetscCall(KSPSetConvergenceTest(smoother, KSPConvergedSkip, NULL, NULL));
  PetscCall(KSPGetPC(smoother, &pc));
  PetscCall(PCSetType(pc, PCSOR));
  PetscCall(PCSORSetSymmetric(pc, SOR_LOCAL_SYMMETRIC_SWEEP));
  PetscFunctionReturn(0);
}

static PetscErrorCode SetCoarse(OttoMultigrid s, KSP coarse)
{
  PC pc;

  PetscFunctionBegin;
  PetscCall(KSPSetType(coarse, KSPPREONLY));
  PetscCall(KSPGetPC(coarse, &pc));
  if (s->g->size > 1) {
    KSP inner;
    PetscCall(PCSetType(pc, PCREDUNDANT));
    PetscCall(PCRedundantGetKSP(pc, &inner));
    PetscCall(KSPSetType(inner, KSPPREONLY));
    PetscCall(KSPGetPC(inner, &pc));
  }
  PetscCall(PCSetType(pc, PCLU));
#if defined(PETSC_HAVE_SUITESPARSE)
  PetscCall(PCFactorSetMatSolverType(pc, MATSOLVERUMFPACK)); /* dense blocks: half PETSc's time */
#else
  PetscCall(PCFactorSetShiftType(pc, MAT_SHIFT_INBLOCKS));
#endif
  PetscFunctionReturn(0);
}

PetscErrorCode OttoMultigridAttach(OttoMultigrid s, PC pc)
{
  PetscInt levels;
  KSP down, up;
  Mat finest;

  PetscFunctionBegin;
  PetscCall(PCMGGetLevels(pc, &levels));
  PetscCall(PCGetOperators(pc, &finest, NULL));
  OttoCheckInput(levels <= s->count, "pc_mg_levels: %d; this grid has 1 to %d", (int)levels,
                 (int)s->count);
  PetscCall(PCMGSetGalerkin(pc, PC_MG_GALERKIN_NONE));
  if (levels > 1) PetscCall(PCMGSetDistinctSmoothUp(pc));
  for (PetscInt i = 0; i + 1 < levels; i++) { /* from the finest */
    const PetscInt at = levels - 1 - i;
    PetscCall(PCMGSetInterpolation(pc, at, s->level[i].P));
    PetscCall(PCMGGetSmootherDown(pc, at, &down));
    PetscCall(PCMGGetSmootherUp(pc, at, &up));
    PetscCall(SetSmoother(down));
    PetscCall(SetSmoother(up));
    PetscCall(OttoSweepsTogether(i ? s->level[i].A : finest));
    if (i) PetscCall(KSPSetOperators(down, s->level[i].A, s->level[i].A));
    if (i) PetscCall(KSPSetOperators(up, s->level[i].A, s->level[i].A));
  }
  PetscCall(PCMGGetCoarseSolve(pc, &down));
  if (levels > 1) {
    Mat A = s->level[levels - 1].A;
    PetscCall(KSPSetOperators(down, A, A));
  }
  PetscCall(SetCoarse(s, down));
  PetscFunctionReturn(0);
}

/* ---- cost ---- */

static PetscErrorCode Entries(Mat A, PetscReal *entries)
{
  MatInfo info;

  PetscFunctionBegin;
  PetscCall(MatGetInfo(A, MAT_GLOBAL_SUM, &info));
  *entries = info.nz_used;
  PetscFunctionReturn(0);
}

/* Passes over the entries in the sweeps of a smoother; from 0 a first sweep forward sees only those
 * below the diagonal. */
static PetscErrorCode Passes(KSP smoother, PetscBool from_zero, PetscReal *passes)
{
  MatSORType sweep = SOR_LOCAL_SYMMETRIC_SWEEP;
  PetscBool sor;
  PetscInt times;
  PC pc;

  PetscFunctionBegin;
  PetscCall(KSPGetTolerances(smoother, NULL, NULL, NULL, &times));
  PetscCall(KSPGetPC(smoother, &pc));
  PetscCall(PetscObjectTypeCompare((PetscObject)pc, PCSOR, &sor));
  if (sor) PetscCall(PCSORGetSymmetric(pc, &sweep));
  const PetscBool both = (sweep & SOR_LOCAL_SYMMETRIC_SWEEP) == SOR_LOCAL_SYMMETRIC_SWEEP;
  *passes = (PetscReal)times * (sor && both ? 2 : 1) - (from_zero ? 0.5 : 0);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoMultigridWork(OttoMultigrid s, PC pc, PetscReal *work)
{
  PetscInt levels = 1;
  PetscReal finest = 1, entries = 0, sum = 0, down = 0, up = 0;
  KSP smoother;
  Mat A;

  PetscFunctionBegin;
  PetscCall(PCMGGetLevels(pc, &levels));
  PetscCall(PCGetOperators(pc, NULL, &A));
  PetscCall(Entries(A, &finest));
  for (PetscInt i = 0; i + 1 < levels; i++) {
    PetscCall(PCMGGetSmootherDown(pc, levels - 1 - i, &smoother));
    PetscCall(Passes(smoother, PETSC_TRUE, &down));
    PetscCall(PCMGGetSmootherUp(pc, levels - 1 - i, &smoother));
    PetscCall(Passes(smoother, PETSC_FALSE, &up));
    PetscCall(Entries(i ? s->level[i].A : A, &entries));
    sum += (down + up + 1) * entries; /* and one residual */
    PetscCall(Entries(s->level[i].P, &entries));
    sum += 2 * entries;
  }
  if (levels > 1) PetscCall(Entries(s->level[levels - 1].A, &entries));
  sum += entries; /* what the direct solve is on top of that is timed, not counted */
  *work = sum / finest;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoMatrixBytes(Mat A, size_t *bytes)
{
  MatInfo info;
  PetscInt rows;

  PetscFunctionBegin;
  *bytes = 0;
  if (!A) PetscFunctionReturn(0);
  PetscCall(MatGetInfo(A, MAT_LOCAL, &info));
  PetscCall(MatGetLocalSize(A, &rows, NULL));
  *bytes = (size_t)info.nz_allocated * (sizeof(PetscScalar) + sizeof(PetscInt)) +
           (size_t)rows * 3 * sizeof(PetscInt);
  PetscFunctionReturn(0);
}

size_t OttoMultigridBytes(OttoMultigrid s)
{
  size_t sum = 0, one;

  for (PetscInt i = 0; i < s->count; i++) {
    const OttoLevel *l = &s->level[i];
    const size_t cells = (size_t)l->g->local_cells;
    const Mat mats[] = {l->P, l->K, l->B, l->A};
    for (int k = 0; k < 4; k++) sum += OttoMatrixBytes(mats[k], &one) ? 0 : one;
    sum += cells * sizeof(PetscReal) * (i ? 4 : 1); /* scale; right side, solution and residual */
  }
  return sum;
}
