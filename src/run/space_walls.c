/*
 * A wall that ends between faces stands, on every grid, where the centres of cells say; grids may
 * agree on that place by chance, or because coarse cells are made of the fine ones, and be off by
 * the same. So coarser grids have walls where the formula says: cells that a wall cuts weigh what
 * is open of them, and what the fine grid differs by from those is what its own place of the wall
 * does. The open share is counted on points of Roberts' sequence, all of whose projections on an
 * axis are apart: a wall along an axis is known to 1/POINTS of a cell.
 */
#include "space_walls.h"
#include "grid/edges.h"
#include "space_formulas.h"
#include "space_steps.h"
#include <math.h>

#define POINTS OTTO_SPACE_POINTS

typedef struct {
  const OttoGridInfo *g;
  PetscReal T, constant; /* V is the formulas' + constant */
  OttoSpaceFormulas of;
  OttoSurrounded open;
  PetscBool *cut;                        /* own cells beside one that is not as they are */
  const PetscScalar *beside;             /* > 0 in those that a step may lie in */
  PetscReal point[POINTS][OTTO_MAX_DIM]; /* in widths from the centre */
} Walls;

static void Look(const OttoEdges *e, void *context)
{
  Walls *s = (Walls *)context;
  const PetscInt64 own = s->g->local_cells;
  const PetscReal *x = OttoSurroundedAt(&s->open, e->x), *y = OttoSurroundedAt(&s->open, e->y);

  for (PetscInt64 i = 0; i < e->n; i++) {
    if (x[i] == y[i]) continue;
    if (e->x < own) s->cut[e->x + i] = PETSC_TRUE;
    if (e->y < own) s->cut[e->y + i] = PETSC_TRUE;
  }
}

/* V, with a T log M, at a point of a cell as the generator has it. */
static PetscErrorCode Evaluate(const Walls *s, const PetscReal centre[], int point, PetscReal *V)
{
  PetscReal x[OTTO_MAX_DIM];
  OttoSpacePoint at;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < s->g->dim; j++) x[j] = centre[j] + s->g->h[j] * s->point[point][j];
  PetscCall(OttoSpaceFormulasAt(&s->of, x, s->of.first, &at));
  *V = at.V + s->constant + (s->of.biased ? s->of.share * s->T * at.log_M : 0);
  PetscFunctionReturn(0);
}

/* The cell's share, where the formula has its centre as the generator does. */
static PetscErrorCode Cut(Walls *s, PetscInt64 c, PetscReal *share, PetscReal *log_gibbs)
{
  PetscReal x[OTTO_MAX_DIM], V[POINTS], least = INFINITY, sum = 0;
  PetscInt open = 0;

  PetscFunctionBegin;
  OttoGridCellCentre(s->g, c, x);
  if (!s->of.V) { /* but for a T log M as in the centre */
    s->constant = 0;
    PetscCall(Evaluate(s, x, 0, &V[0]));
    s->constant = -s->T * *log_gibbs - V[0];
  }
  for (int i = 0; i < POINTS; i++) {
    PetscCall(Evaluate(s, x, i, &V[i]));
    if (i == 0 && *share == 0 && V[0] < INFINITY) PetscFunctionReturn(0); /* a mask's */
    if (!(V[i] < INFINITY)) continue;
    open++;
    least = PetscMin(least, V[i]);
  }
  if (open == POINTS && !(s->beside[c] > 0)) PetscFunctionReturn(0);
  for (int i = 0; i < POINTS; i++)
    if (V[i] < INFINITY) sum += exp((least - V[i]) / s->T);
  *share = (PetscReal)open / POINTS;
  *log_gibbs = open ? log(sum / POINTS) - least / s->T : -INFINITY;
  PetscFunctionReturn(0);
}

/* The constant, from any open cell. */
static PetscErrorCode FindConstant(Walls *s, const PetscReal share[], const PetscReal log_gibbs[])
{
  PetscReal x[OTTO_MAX_DIM], V = 0, least = INFINITY;
  PetscErrorCode code = 0;

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < s->g->local_cells && least == INFINITY && !code; c++) {
    if (share[c] == 0) continue;
    OttoGridCellCentre(s->g, c, x);
    code = Evaluate(s, x, 0, &V);
    least = -s->T * log_gibbs[c] - V;
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &least, 1, MPIU_REAL, MPIU_MIN, s->g->comm));
  s->constant = least;
  PetscFunctionReturn(code);
}

static PetscErrorCode CutAll(Walls *s, PetscReal share[], PetscReal log_gibbs[], PetscReal *off)
{
  PetscErrorCode code;

  PetscFunctionBegin;
  code = OttoAgree(s->g->comm, FindConstant(s, share, log_gibbs));
  for (PetscInt64 c = 0; c < s->g->local_cells && !code; c++) {
    const PetscReal centre = share[c];
    if (s->cut[c] || s->beside[c] > 0) code = Cut(s, c, &share[c], &log_gibbs[c]);
    *off = PetscMax(*off, fabs(share[c] - centre));
  }
  PetscFunctionReturn(code);
}

/* By the centres: the generator's closed cells. */
static PetscErrorCode Begin(OttoGenerator fine, PetscBool biased, Vec share, Vec log_gibbs)
{
  const PetscInt64 cells = OttoGridGetInfo(OttoGeneratorGetGrid(fine))->local_cells;
  Vec open = OttoGeneratorGetOpen(fine);
  const PetscScalar *is_open;
  PetscScalar *values;

  PetscFunctionBegin;
  if (biased)
    PetscCall(VecCopy(OttoGeneratorGetPotential(fine), log_gibbs));
  else
    PetscCall(OttoGeneratorUnbiasedPotential(fine, log_gibbs));
  PetscCall(VecScale(log_gibbs, -1 / OttoGeneratorGetTemperature(fine)));
  PetscCall(VecSet(share, 1));
  if (!open) PetscFunctionReturn(0);
  PetscCall(VecCopy(open, share));
  PetscCall(VecGetArrayRead(open, &is_open));
  PetscCall(VecGetArray(log_gibbs, &values));
  for (PetscInt64 c = 0; c < cells; c++)
    if (is_open[c] == 0) values[c] = -INFINITY;
  PetscCall(VecRestoreArray(log_gibbs, &values));
  PetscCall(VecRestoreArrayRead(open, &is_open));
  PetscFunctionReturn(0);
}

/* Cells beside walls. */
static PetscErrorCode FindCut(OttoGenerator fine, Walls *s)
{
  OttoHalo halo;

  PetscFunctionBegin;
  PetscCall(OttoAgree(s->g->comm, PetscCalloc1(s->g->local_cells, &s->cut)));
  if (!OttoGeneratorGetClosed(fine)) PetscFunctionReturn(0);
  PetscCall(OttoGridGetHalo(OttoGeneratorGetGrid(fine), 1, &halo));
  PetscCall(OttoFieldSurround(halo, OttoGeneratorGetOpen(fine), &s->open));
  OttoEdgesWalk(s->g, PETSC_TRUE, Look, s);
  PetscCall(OttoFieldRelease(halo, OttoGeneratorGetOpen(fine), &s->open));
  PetscFunctionReturn(0);
}

/* Once it is known which cells are to be looked at. */
static PetscErrorCode LookAtAll(Walls *s, Vec share, Vec log_gibbs, PetscReal *off)
{
  PetscScalar *shares, *logs;

  PetscFunctionBegin;
  OttoSpacePoints(s->g, s->point);
  PetscCall(VecGetArray(share, &shares));
  PetscCall(VecGetArray(log_gibbs, &logs));
  const PetscErrorCode code = OttoAgree(s->g->comm, CutAll(s, shares, logs, off));
  PetscCall(VecRestoreArray(log_gibbs, &logs));
  PetscCall(VecRestoreArray(share, &shares));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, off, 1, MPIU_REAL, MPIU_MAX, s->g->comm));
  PetscFunctionReturn(code);
}

PetscErrorCode OttoSpaceWallsOf(OttoGrid grid, OttoPotential potential, PetscReal T, Vec V,
                                Vec log_gibbs, PetscBool *steps)
{
  Walls s = {.g = OttoGridGetInfo(grid), .T = T};
  PetscErrorCode code = 0;
  PetscReal off = 0;
  Vec beside, share;

  PetscFunctionBegin;
  PetscCall(VecCopy(V, log_gibbs));
  PetscCall(VecScale(log_gibbs, -1 / T));
  PetscCall(OttoSpaceFormulasCreateOf(potential, T, s.g, &s.of));
  PetscCall(OttoFieldCreate(grid, &beside));
  PetscCall(OttoFieldCreate(grid, &share));
  PetscCall(VecSet(share, 1));
  PetscCall(OttoAgree(s.g->comm, PetscCalloc1(s.g->local_cells, &s.cut)));
  PetscCall(OttoSpaceStepsFindOf(grid, &s.of, V, beside, steps));
  PetscCall(VecGetArrayRead(beside, &s.beside));
  if (*steps) code = LookAtAll(&s, share, log_gibbs, &off);
  PetscCall(VecRestoreArrayRead(beside, &s.beside));
  PetscCall(PetscFree(s.cut));
  PetscCall(VecDestroy(&share));
  PetscCall(VecDestroy(&beside));
  PetscCall(OttoSpaceFormulasDestroy(&s.of));
  PetscFunctionReturn(code);
}

PetscErrorCode OttoSpaceWalls(OttoGenerator fine, Vec share, Vec log_gibbs, PetscReal *off)
{
  Walls s = {.g = OttoGridGetInfo(OttoGeneratorGetGrid(fine)),
             .T = OttoGeneratorGetTemperature(fine)};
  PetscBool steps = PETSC_FALSE;
  PetscErrorCode code = 0;
  Vec beside;

  PetscFunctionBegin;
  *off = 0;
  PetscCall(OttoSpaceFormulasCreate(fine, s.g, &s.of));
  PetscCall(Begin(fine, s.of.biased, share, log_gibbs));
  if (!s.of.V && !s.of.M) {
    PetscCall(OttoSpaceFormulasDestroy(&s.of));
    PetscFunctionReturn(0);
  }
  PetscCall(OttoFieldCreate(OttoGeneratorGetGrid(fine), &beside));
  PetscCall(OttoSpaceStepsFind(fine, beside, &steps));
  PetscCall(FindCut(fine, &s));
  PetscCall(VecGetArrayRead(beside, &s.beside));
  if (steps || OttoGeneratorGetClosed(fine)) code = LookAtAll(&s, share, log_gibbs, off);
  PetscCall(VecRestoreArrayRead(beside, &s.beside));
  PetscCall(VecDestroy(&beside));
  PetscCall(PetscFree(s.cut));
  PetscCall(OttoSpaceFormulasDestroy(&s.of));
  PetscFunctionReturn(code);
}
