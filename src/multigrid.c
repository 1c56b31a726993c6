#include "multigrid.h"
#include <math.h>

#define DIM 3
#define MAX_LEVELS 40
#define COARSEST 200 /* cells at which a direct solve ends the hierarchy */

/* 1D interpolation: value i = Σ_k weight[i][k] coarse[from[i][k]], k < count[i] ≤ 2. */
typedef struct {
  PetscInt64 (*from)[2];
  PetscReal (*weight)[2];
  PetscInt *count;
} Line;

/* Level 0 is the finest here; PCMG counts from the coarsest. */
typedef struct {
  PetscInt64 n[DIM], plane_cells, start, planes;
  PetscInt64 *starts; /* [size + 1] */
  PetscReal *centre[DIM];
  PetscBool halved[DIM]; /* on the way to the next level */
  Line line[DIM];        /* from the next level to this one */
  Mat P;                 /* the same, scaled, over all axes */
  Mat K, B, A;           /* Galerkin products of -M and of 1, and K + σB (coarse levels) */
  Vec log_w;
} Level;

struct _n_OttoMultigrid {
  const OttoGridInfo *g;
  PetscInt count;
  PetscBool filled;
  PetscReal box[DIM];
  Level level[MAX_LEVELS];
};

static PetscInt64 Cells(const Level *l)
{
  return l->n[0] * l->n[1] * l->n[2];
}

/* ---- geometry ---- */

static PetscErrorCode SetOwnership(OttoMultigrid s, Level *l, const PetscInt64 starts[],
                                   PetscBool halved)
{
  PetscFunctionBegin;
  PetscCall(PetscMalloc1(s->g->size + 1, &l->starts));
  for (PetscMPIInt r = 0; r <= s->g->size; r++)
    l->starts[r] = halved ? (starts[r] + 1) / 2 : starts[r];
  l->start = l->starts[s->g->rank];
  l->planes = l->starts[s->g->rank + 1] - l->start;
  l->plane_cells = l->n[1] * l->n[2];
  PetscFunctionReturn(0);
}

static PetscErrorCode FirstLevel(OttoMultigrid s)
{
  Level *l = &s->level[0];

  PetscFunctionBegin;
  for (PetscInt j = 0; j < DIM; j++) {
    l->n[j] = j < s->g->dim ? s->g->n[j] : 1;
    s->box[j] = j < s->g->dim ? s->g->upper[j] - s->g->lower[j] : 1;
    PetscCall(PetscMalloc1(l->n[j], &l->centre[j]));
    for (PetscInt64 i = 0; i < l->n[j]; i++)
      l->centre[j][i] = ((PetscReal)i + 0.5) * s->box[j] / (PetscReal)l->n[j];
  }
  PetscCall(SetOwnership(s, l, s->g->starts, PETSC_FALSE));
  PetscFunctionReturn(0);
}

/* Interpolation from the coarse line of `next` to the fine one of `l` along axis j. */
static PetscErrorCode FillLine(const OttoMultigrid s, Level *l, const Level *next, PetscInt j)
{
  const PetscInt64 coarse = next->n[j];
  const PetscBool wraps = s->g->boundary[j] == OTTO_BOUNDARY_PERIODIC && j < s->g->dim;
  Line *line = &l->line[j];

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(l->n[j], &line->from, l->n[j], &line->weight, l->n[j], &line->count));
  for (PetscInt64 i = 0; i < l->n[j]; i++) {
    PetscInt64 own = l->halved[j] ? i / 2 : i;
    PetscReal gap = l->centre[j][i] - next->centre[j][own];
    PetscInt64 other = gap > 0 ? own + 1 : own - 1;
    PetscBool beyond = other < 0 || other >= coarse ? PETSC_TRUE : PETSC_FALSE;
    line->from[i][0] = own;
    line->weight[i][0] = 1;
    line->count[i] = 1;
    if (!l->halved[j] || gap == 0 || coarse == 1 || (beyond && !wraps)) continue;
    other = (other + coarse) % coarse;
    PetscReal distance = fabs(next->centre[j][other] - next->centre[j][own]);
    if (beyond) distance = s->box[j] - distance;
    line->from[i][1] = other;
    line->weight[i][1] = fabs(gap) / distance;
    line->weight[i][0] = 1 - line->weight[i][1];
    line->count[i] = 2;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode NextLevel(OttoMultigrid s, PetscReal coupling[])
{
  Level *l = &s->level[s->count - 1], *next = l + 1;
  PetscReal strongest = 0;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < DIM; j++)
    if (l->n[j] > 1) strongest = PetscMax(strongest, coupling[j]);
  for (PetscInt j = 0; j < DIM; j++) {
    l->halved[j] = l->n[j] > 1 && coupling[j] >= 0.25 * strongest ? PETSC_TRUE : PETSC_FALSE;
    next->n[j] = l->halved[j] ? (l->n[j] + 1) / 2 : l->n[j];
    PetscCall(PetscMalloc1(next->n[j], &next->centre[j]));
    for (PetscInt64 i = 0; i < next->n[j]; i++) {
      const PetscInt64 a = l->halved[j] ? 2 * i : i, b = l->halved[j] ? a + 1 : a;
      next->centre[j][i] = 0.5 * (l->centre[j][a] + l->centre[j][PetscMin(b, l->n[j] - 1)]);
    }
    if (l->halved[j]) coupling[j] /= 4;
    PetscCall(FillLine(s, l, next, j));
  }
  PetscCall(SetOwnership(s, next, l->starts, l->halved[0]));
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
  PetscCall(FirstLevel(s));
  s->count = 1;
  for (PetscInt j = 0; j < s->g->dim; j++) now[j] = coupling[j];
  while (s->count < MAX_LEVELS && Cells(&s->level[s->count - 1]) > (s->count > 1 ? COARSEST : 1))
    PetscCall(NextLevel(s, now));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoMultigridDestroy(OttoMultigrid *multigrid)
{
  OttoMultigrid s = *multigrid;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(0);
  for (PetscInt i = 0; i < s->count; i++) {
    Level *l = &s->level[i];
    PetscCall(PetscFree(l->starts));
    for (PetscInt j = 0; j < DIM; j++) {
      PetscCall(PetscFree(l->centre[j]));
      PetscCall(PetscFree3(l->line[j].from, l->line[j].weight, l->line[j].count));
    }
    PetscCall(MatDestroy(&l->P));
    PetscCall(MatDestroy(&l->K));
    PetscCall(MatDestroy(&l->B));
    PetscCall(MatDestroy(&l->A));
    PetscCall(VecDestroy(&l->log_w));
  }
  PetscCall(PetscFree(*multigrid));
  PetscFunctionReturn(0);
}

PetscInt OttoMultigridLevels(OttoMultigrid s)
{
  return s->count;
}

/* ---- interpolation ---- */

/* A cell of a level by its indices, axis 0 counted over all ranks. */
static PetscInt64 Number(const Level *l, PetscInt64 i, PetscInt64 j, PetscInt64 k)
{
  return (i * l->n[1] + j) * l->n[2] + k;
}

/* Coarse planes that the rank's fine planes interpolate from, as planes `first` … first+count-1,
 * wrapped round. */
static void NeededPlanes(const Level *l, const Level *next, PetscInt64 *first, PetscInt64 *count)
{
  const PetscInt64 halve = l->halved[0] ? 2 : 1;

  *first = l->start / halve - 1;
  *count = l->planes ? (l->start + l->planes - 1) / halve + 1 - *first + 1 : 0;
  if (*count >= next->n[0]) {
    *first = 0;
    *count = next->n[0];
  }
}

/* log w_c at the rank's coarse cells: its value at fine cell 2I of every axis. */
static PetscErrorCode CoarseScale(OttoMultigrid s, Level *l, Level *next)
{
  const PetscScalar *fine;
  PetscScalar *coarse;
  const PetscInt a = l->halved[0] ? 2 : 1, b = l->halved[1] ? 2 : 1, c = l->halved[2] ? 2 : 1;

  PetscFunctionBegin;
  if (!next->log_w)
    PetscCall(VecCreateMPI(s->g->comm, (PetscInt)(next->planes * next->plane_cells),
                           (PetscInt)Cells(next), &next->log_w));
  PetscCall(VecGetArrayRead(l->log_w, &fine));
  PetscCall(VecGetArray(next->log_w, &coarse));
  for (PetscInt64 i = 0; i < next->planes; i++)
    for (PetscInt64 j = 0; j < next->n[1]; j++)
      for (PetscInt64 k = 0; k < next->n[2]; k++)
        coarse[Number(next, i, j, k)] =
            fine[Number(l, a * (next->start + i) - l->start, b * j, c * k)];
  PetscCall(VecRestoreArray(next->log_w, &coarse));
  PetscCall(VecRestoreArrayRead(l->log_w, &fine));
  PetscFunctionReturn(0);
}

/* The coarse planes needed, gathered: planes as in NeededPlanes(). *planes is destroyed by the
 * caller. */
static PetscErrorCode GatherPlanes(const Level *next, PetscInt64 first, PetscInt64 count,
                                   Vec *planes)
{
  const PetscInt64 cells = Cells(next);
  const PetscInt size = (PetscInt)(count * next->plane_cells);
  PetscInt *which;
  IS from;
  VecScatter gather;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(size, &which));
  for (PetscInt i = 0; i < size; i++)
    which[i] = (PetscInt)((first * next->plane_cells + i + cells) % cells);
  PetscCall(ISCreateGeneral(PETSC_COMM_SELF, size, which, PETSC_OWN_POINTER, &from));
  PetscCall(VecCreateSeq(PETSC_COMM_SELF, size, planes));
  PetscCall(VecScatterCreate(next->log_w, from, *planes, NULL, &gather));
  PetscCall(VecScatterBegin(gather, next->log_w, *planes, INSERT_VALUES, SCATTER_FORWARD));
  PetscCall(VecScatterEnd(gather, next->log_w, *planes, INSERT_VALUES, SCATTER_FORWARD));
  PetscCall(VecScatterDestroy(&gather));
  PetscCall(ISDestroy(&from));
  PetscFunctionReturn(0);
}

static PetscErrorCode Preallocate(OttoMultigrid s, Level *l, const Level *next)
{
  const PetscInt rows = (PetscInt)(l->planes * l->plane_cells);
  const PetscInt columns = (PetscInt)(next->planes * next->plane_cells);
  PetscInt *own, *other, row = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(rows, &own, rows, &other));
  for (PetscInt64 i = l->start; i < l->start + l->planes; i++) {
    PetscInt here = 0;
    for (PetscInt k = 0; k < l->line[0].count[i]; k++)
      here += l->line[0].from[i][k] >= next->start &&
              l->line[0].from[i][k] < next->start + next->planes;
    for (PetscInt64 j = 0; j < l->n[1]; j++)
      for (PetscInt64 k = 0; k < l->n[2]; k++, row++) {
        const PetscInt in_plane = l->line[1].count[j] * l->line[2].count[k];
        own[row] = here * in_plane;
        other[row] = (l->line[0].count[i] - here) * in_plane;
      }
  }
  PetscCall(MatCreate(s->g->comm, &l->P));
  PetscCall(MatSetSizes(l->P, rows, columns, (PetscInt)Cells(l), (PetscInt)Cells(next)));
  PetscCall(MatSetType(l->P, MATAIJ));
  PetscCall(MatSeqAIJSetPreallocation(l->P, 0, own));
  PetscCall(MatMPIAIJSetPreallocation(l->P, 0, own, 0, other));
  PetscCall(PetscFree2(own, other));
  PetscFunctionReturn(0);
}

/* What a row of P needs: the scales, fine and coarse (NULL: 1). */
typedef struct {
  const PetscScalar *fine, *coarse;
  PetscInt64 first; /* coarse plane that coarse[0] belongs to */
} Scales;

static PetscErrorCode SetRow(Level *l, const Level *next, const Scales *scale, PetscInt64 i,
                             PetscInt64 j, PetscInt64 k)
{
  const Line *x = &l->line[0], *y = &l->line[1], *z = &l->line[2];
  const PetscInt row = (PetscInt)Number(l, i, j, k);
  const PetscReal own = scale->fine ? scale->fine[Number(l, i - l->start, j, k)] : 0;
  PetscInt columns[8], count = 0;
  PetscReal weights[8];

  PetscFunctionBegin;
  for (PetscInt a = 0; a < x->count[i]; a++)
    for (PetscInt b = 0; b < y->count[j]; b++)
      for (PetscInt c = 0; c < z->count[k]; c++, count++) {
        const PetscInt64 plane = x->from[i][a];
        columns[count] = (PetscInt)Number(next, plane, y->from[j][b], z->from[k][c]);
        weights[count] = x->weight[i][a] * y->weight[j][b] * z->weight[k][c];
        if (!scale->fine) continue;
        const PetscInt64 at = (plane - scale->first + next->n[0]) % next->n[0];
        weights[count] *= exp(own - scale->coarse[Number(next, at, y->from[j][b], z->from[k][c])]);
      }
  PetscCall(MatSetValues(l->P, 1, &row, count, columns, weights, INSERT_VALUES));
  PetscFunctionReturn(0);
}

static PetscErrorCode SetRows(Level *l, const Level *next, const Scales *scale)
{
  PetscFunctionBegin;
  for (PetscInt64 i = l->start; i < l->start + l->planes; i++)
    for (PetscInt64 j = 0; j < l->n[1]; j++)
      for (PetscInt64 k = 0; k < l->n[2]; k++) PetscCall(SetRow(l, next, scale, i, j, k));
  PetscFunctionReturn(0);
}

static PetscErrorCode Interpolation(OttoMultigrid s, Level *l, Level *next)
{
  Scales scale = {NULL, NULL, 0};
  PetscInt64 count;
  Vec planes = NULL;

  PetscFunctionBegin;
  if (!l->P) PetscCall(Preallocate(s, l, next));
  if (l->log_w) {
    PetscCall(CoarseScale(s, l, next));
    NeededPlanes(l, next, &scale.first, &count);
    PetscCall(GatherPlanes(next, scale.first, count, &planes));
    PetscCall(VecGetArrayRead(l->log_w, &scale.fine));
    PetscCall(VecGetArrayRead(planes, &scale.coarse));
  } else {
    PetscCall(VecDestroy(&next->log_w));
  }
  PetscCall(SetRows(l, next, &scale));
  PetscCall(MatAssemblyBegin(l->P, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(l->P, MAT_FINAL_ASSEMBLY));
  if (l->log_w) {
    PetscCall(VecRestoreArrayRead(planes, &scale.coarse));
    PetscCall(VecRestoreArrayRead(l->log_w, &scale.fine));
    PetscCall(VecDestroy(&planes));
  }
  PetscFunctionReturn(0);
}

/* ---- operators ---- */

/* K and B of the next level; B is given K's pattern, so that K + σB is one pass over the entries.
 */
static PetscErrorCode Galerkin(OttoMultigrid s, Level *l, Level *next, Mat K)
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

PetscErrorCode OttoMultigridSetOperator(OttoMultigrid s, Mat minus_M, Vec log_w)
{
  PetscFunctionBegin;
  PetscCall(PetscObjectReference((PetscObject)log_w));
  PetscCall(VecDestroy(&s->level[0].log_w));
  s->level[0].log_w = log_w;
  for (PetscInt i = 0; i + 1 < s->count; i++) {
    PetscCall(Interpolation(s, &s->level[i], &s->level[i + 1]));
    PetscCall(Galerkin(s, &s->level[i], &s->level[i + 1], i ? s->level[i].K : minus_M));
  }
  s->filled = PETSC_TRUE;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoMultigridSetShift(OttoMultigrid s, PetscReal sigma)
{
  PetscFunctionBegin;
  for (PetscInt i = 1; i < s->count; i++) {
    Level *l = &s->level[i];
    PetscCall(MatCopy(l->K, l->A, SAME_NONZERO_PATTERN));
    PetscCall(MatAXPY(l->A, sigma, l->B, SAME_NONZERO_PATTERN));
  }
  PetscFunctionReturn(0);
}

/* ---- PETSc's cycle ---- */

static PetscErrorCode SetSmoother(KSP smoother, MatSORType sweep)
{
  PC pc;

  PetscFunctionBegin;
  PetscCall(KSPSetType(smoother, KSPRICHARDSON));
  PetscCall(KSPSetTolerances(smoother, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT, 1));
  PetscCall(KSPSetNormType(smoother, KSP_NORM_NONE));
  PetscCall(KSPSetConvergenceTest(smoother, KSPConvergedSkip, NULL, NULL));
  PetscCall(KSPGetPC(smoother, &pc));
  PetscCall(PCSetType(pc, PCSOR));
  PetscCall(PCSORSetSymmetric(pc, sweep));
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
  PetscCall(PCFactorSetShiftType(pc, MAT_SHIFT_INBLOCKS));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoMultigridAttach(OttoMultigrid s, PC pc)
{
  PetscInt levels;
  KSP down, up;

  PetscFunctionBegin;
  PetscCall(PCMGGetLevels(pc, &levels));
  OttoCheckInput(levels <= s->count, "pc_mg_levels: %d; this grid has 1 to %d", (int)levels,
                 (int)s->count);
  PetscCall(PCMGSetGalerkin(pc, PC_MG_GALERKIN_NONE));
  if (levels > 1) PetscCall(PCMGSetDistinctSmoothUp(pc));
  for (PetscInt i = 0; i + 1 < levels; i++) { /* from the finest */
    const PetscInt at = levels - 1 - i;
    PetscCall(PCMGSetInterpolation(pc, at, s->level[i].P));
    PetscCall(PCMGGetSmootherDown(pc, at, &down));
    PetscCall(PCMGGetSmootherUp(pc, at, &up));
    PetscCall(SetSmoother(down, SOR_LOCAL_FORWARD_SWEEP));
    PetscCall(SetSmoother(up, SOR_LOCAL_BACKWARD_SWEEP));
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

PetscErrorCode OttoMultigridWork(OttoMultigrid s, PC pc, PetscReal *work)
{
  PetscInt levels = 1, sweeps = 0;
  PetscReal finest = 1, entries = 0, sum = 0;
  KSP smoother;
  Mat A;

  PetscFunctionBegin;
  PetscCall(PCMGGetLevels(pc, &levels));
  PetscCall(PCGetOperators(pc, NULL, &A));
  PetscCall(Entries(A, &finest));
  for (PetscInt i = 0; i + 1 < levels; i++) {
    PetscInt down, up;
    PetscCall(PCMGGetSmootherDown(pc, levels - 1 - i, &smoother));
    PetscCall(KSPGetTolerances(smoother, NULL, NULL, NULL, &down));
    PetscCall(PCMGGetSmootherUp(pc, levels - 1 - i, &smoother));
    PetscCall(KSPGetTolerances(smoother, NULL, NULL, NULL, &up));
    sweeps = down + up;
    PetscCall(Entries(i ? s->level[i].A : A, &entries));
    sum += (PetscReal)(sweeps + 1) * entries; /* and one residual */
    PetscCall(Entries(s->level[i].P, &entries));
    sum += 2 * entries;
  }
  if (levels > 1) { /* the direct solve, as if dense */
    const PetscReal n = (PetscReal)Cells(&s->level[levels - 1]);
    sum += n * n;
  }
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
    const Level *l = &s->level[i];
    const size_t cells = (size_t)(l->planes * l->plane_cells);
    const Mat mats[] = {l->P, l->K, l->B, l->A};
    for (int k = 0; k < 4; k++) sum += OttoMatrixBytes(mats[k], &one) ? 0 : one;
    sum += cells * sizeof(PetscReal) * (i ? 4 : 1); /* scale; right side, solution and residual */
  }
  return sum;
}
