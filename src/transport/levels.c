#include "levels.h"
#include "affine.h"
#include "grid/axis.h"
#include <otto/points.h>

#define MAX_LEVELS 24
#define COARSEST 16 /* cells a side: below, cells are all there is to see */
#define CLIMBS 60   /* iterations on a coarse grid at most */
#define LOOK 5      /* iterations between two looks at what they gained */

/* Points of a finer grid that are read at a time: what connects them takes some 100 bytes each. */
#define POINTS 65536

struct _n_OttoLevels {
  PetscInt count;
  OttoAscent ascent[MAX_LEVELS];
  OttoGrid coarse[MAX_LEVELS];       /* grids of level k > 0, which are ours */
  OttoTransfer transfer[MAX_LEVELS]; /* from level k − 1 to k */
};

static PetscInt64 Halved(PetscInt64 n)
{
  return n > COARSEST ? (n + 1) / 2 : n;
}

/* The next coarser grid and the way to it; none where nothing becomes coarser, or where a rank
 * would have no cell. */
static PetscErrorCode Coarsen(OttoLevels l, PetscBool *done)
{
  const OttoGrid fine = l->ascent[l->count - 1]->grid;
  const OttoGridInfo *g = OttoGridGetInfo(fine);
  PetscInt64 n[OTTO_MAX_DIM];

  PetscFunctionBegin;
  *done = l->count == MAX_LEVELS ? PETSC_TRUE : PETSC_FALSE;
  PetscBool coarser = PETSC_FALSE;
  for (PetscInt j = 0; j < g->dim; j++) {
    n[j] = Halved(g->n[j]);
    if (n[j] < g->n[j]) coarser = PETSC_TRUE;
    if (j < 2 && n[j] < g->mesh[j]) *done = PETSC_TRUE;
  }
  if (*done || !coarser) {
    *done = PETSC_TRUE;
    PetscFunctionReturn(0);
  }
  PetscCall(OttoGridCoarsen(fine, n, &l->coarse[l->count]));
  PetscCall(OttoTransferCreate(fine, n, l->coarse[l->count], &l->transfer[l->count]));
  PetscCall(OttoAscentCreate(l->coarse[l->count], &l->ascent[l->count]));
  l->count++;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoLevelsCreate(OttoGrid grid, OttoLevels *levels)
{
  PetscBool done = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(PetscNew(levels));
  PetscCall(OttoAscentCreate(grid, &(*levels)->ascent[0]));
  (*levels)->count = 1;
  while (!done) PetscCall(Coarsen(*levels, &done));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoLevelsDestroy(OttoLevels *levels)
{
  OttoLevels l = *levels;

  PetscFunctionBegin;
  if (!l) PetscFunctionReturn(0);
  for (PetscInt k = l->count - 1; k >= 0; k--) {
    PetscCall(OttoAscentDestroy(&l->ascent[k]));
    if (k == 0) continue;
    PetscCall(OttoTransferDestroy(&l->transfer[k]));
    PetscCall(OttoGridCoarseDestroy(&l->coarse[k]));
  }
  PetscCall(PetscFree(*levels));
  PetscFunctionReturn(0);
}

size_t OttoLevelsBytes(OttoLevels levels)
{
  size_t bytes = 0;

  for (PetscInt k = 0; k < levels->count; k++) bytes += OttoAscentBytes(levels->ascent[k]);
  return bytes;
}

OttoAscent OttoLevelsFinest(OttoLevels levels)
{
  return levels->ascent[0];
}

/* u − 3/32 of its second difference along a line: linear interpolation of that at a quarter and
 * three quarters between cells is exact for parabolas. At a wall the difference is its neighbour's.
 */
static PetscErrorCode Sharpen(const OttoBundle *b, void *context)
{
  const PetscBool wall = b->g->boundary[b->axis] != OTTO_BOUNDARY_PERIODIC;
  const PetscInt64 n = b->n, row = b->stride;

  (void)context;
  for (PetscInt64 i = 0; i < n; i++) {
    const PetscInt64 at = wall ? PetscMin(PetscMax(i, 1), n - 2) : i;
    const PetscReal *low = b->in[0] + (at + n - 1) % n * row, *mid = b->in[0] + at * row,
                    *high = b->in[0] + (at + 1) % n * row, *u = b->in[0] + i * row;
    for (PetscInt64 l = 0; l < b->lines; l++)
      b->out[0][i * row + l] = u[l] - 3. / 32 * (low[l] - 2 * mid[l] + high[l]);
  }
  return 0;
}

/* The cells at walls, which stand outside all centres of the coarse grid: the parabola of the three
 * before them. */
static PetscErrorCode Continue(const OttoBundle *b, void *context)
{
  const PetscInt64 n = b->n, row = b->stride;
  const PetscReal *in = b->in[0];
  PetscReal *out = b->out[0];

  (void)context;
  for (PetscInt64 i = 0; i < n; i++)
    for (PetscInt64 l = 0; l < b->lines; l++) {
      const PetscInt64 step = i == 0 ? row : i == n - 1 ? -row : 0, at = i * row + l;
      out[at] = step ? 3 * (in[at + step] - in[at + 2 * step]) + in[at + 3 * step] : in[at];
    }
  return 0;
}

/* `work` on u, a field of `grid`, along every axis on which the grids differ. */
static PetscErrorCode AlongAxes(OttoGrid grid, const OttoGridInfo *other, PetscBool walls,
                                OttoLineWork work, Vec u)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  OttoAxis lines;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++) {
    if (g->n[j] == other->n[j] || (walls && g->boundary[j] == OTTO_BOUNDARY_PERIODIC)) continue;
    PetscCall(OttoAxisCreate(grid, j, 1, 0, &lines));
    PetscCall(OttoAxisApplyFields(lines, 1, &u, 1, &u, work, NULL));
    PetscCall(OttoAxisDestroy(&lines));
  }
  PetscFunctionReturn(0);
}

/* fine[cells] = what a field of the coarse grid is at the centres of the fine one's, some at a
 * time.
 */
static PetscErrorCode ReadCentres(OttoGrid coarse, const PetscReal values[], const OttoGridInfo *f,
                                  PetscReal fine[])
{
  PetscInt64 rounds = (f->local_cells + POINTS - 1) / POINTS;
  PetscReal *x;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &rounds, 1, MPIU_INT64, MPI_MAX, f->comm));
  PetscCall(PetscMalloc1((size_t)(POINTS * f->dim), &x));
  for (PetscInt64 r = 0; r < rounds; r++) {
    const PetscInt64 first = PetscMin(r * POINTS, f->local_cells);
    const PetscInt64 count = PetscMin(POINTS, f->local_cells - first);
    OttoPoints points;
    for (PetscInt64 c = 0; c < count; c++) OttoGridCellCentre(f, first + c, x + c * f->dim);
    PetscCall(OttoPointsCreate(coarse, count, x, &points));
    PetscCall(OttoPointsRead(points, values, fine + first));
    PetscCall(OttoPointsDestroy(&points));
  }
  PetscCall(PetscFree(x));
  PetscFunctionReturn(0);
}

/* The potential of a coarse ascent on the next finer grid; that of the coarse one is lost. */
static PetscErrorCode Prolong(OttoAscent coarse, OttoAscent fine)
{
  const PetscScalar *u;
  PetscScalar *v;

  PetscFunctionBegin;
  PetscCall(AlongAxes(coarse->grid, fine->g, PETSC_FALSE, Sharpen, coarse->phi));
  PetscCall(VecGetArrayRead(coarse->phi, &u));
  PetscCall(VecGetArray(fine->phi, &v));
  PetscCall(ReadCentres(coarse->grid, u, fine->g, v));
  PetscCall(VecRestoreArray(fine->phi, &v));
  PetscCall(VecRestoreArrayRead(coarse->phi, &u));
  PetscCall(AlongAxes(fine->grid, coarse->g, PETSC_TRUE, Continue, fine->phi));
  PetscFunctionReturn(0);
}

PetscInt OttoLevelsCount(OttoLevels levels)
{
  return levels->count;
}

OttoAscent OttoLevelsAscent(OttoLevels levels, PetscInt level)
{
  return levels->ascent[level];
}

/* By way of fields that the ascents have. */
PetscErrorCode OttoLevelsMean(OttoLevels l, PetscInt k, PetscBool logs, const PetscReal fine[],
                              PetscReal coarse[])
{
  const OttoAscent from = l->ascent[k - 1], to = l->ascent[k];
  PetscScalar *a;

  PetscFunctionBegin;
  PetscCall(VecGetArray(from->residual, &a));
  PetscCall(PetscArraycpy(a, fine, from->g->local_cells));
  PetscCall(VecRestoreArray(from->residual, &a));
  PetscCall((logs ? OttoTransferLogMeanExp : OttoTransferMean)(l->transfer[k], from->residual,
                                                               to->residual));
  PetscCall(VecGetArray(to->residual, &a));
  PetscCall(PetscArraycpy(coarse, a, to->g->local_cells));
  PetscCall(VecRestoreArray(to->residual, &a));
  PetscFunctionReturn(0);
}

static PetscErrorCode Climb(OttoAscent a, PetscReal tolerance)
{
  PetscFunctionBegin;
  for (PetscInt k = 0; k < CLIMBS; k += LOOK) {
    const PetscReal before = a->best;
    for (PetscInt i = 0; i < LOOK; i++) PetscCall(OttoAscentIterate(a));
    const PetscReal scale = a->scale > 0 ? a->scale : PetscAbsReal(a->best);
    if (a->best - before <= LOOK * tolerance * scale) break;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoLevelsClimb(OttoLevels levels, PetscInt level, PetscReal tolerance)
{
  PetscFunctionBegin;
  PetscCall(Climb(levels->ascent[level], tolerance));
  PetscCall(Prolong(levels->ascent[level], levels->ascent[level - 1]));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoLevelsStart(OttoLevels levels, PetscReal tolerance)
{
  OttoAscent last = levels->ascent[levels->count - 1];
  PetscScalar *phi;

  PetscFunctionBegin;
  for (PetscInt k = 1; k < levels->count; k++) {
    const OttoAscent fine = levels->ascent[k - 1], coarse = levels->ascent[k];
    PetscCall(OttoLevelsMean(levels, k, PETSC_FALSE, fine->p, coarse->p));
    PetscCall(OttoLevelsMean(levels, k, PETSC_FALSE, fine->q, coarse->q));
  }
  PetscCall(VecGetArray(last->phi, &phi));
  PetscCall(OttoAffinePotential(last->grid, last->p, last->q, phi));
  PetscCall(VecRestoreArray(last->phi, &phi));
  PetscCall(OttoAscentBegin(last));
  for (PetscInt k = levels->count - 1; k > 0; k--) {
    PetscCall(OttoLevelsClimb(levels, k, tolerance));
    PetscCall(OttoAscentBegin(levels->ascent[k - 1]));
  }
  PetscFunctionReturn(0);
}
