/* A set on a grid, and how probable it is. */
#include "observed_set_impl.h"
#include "grid/edges.h"
#include <math.h>

#define MOST 1024       /* steps of a line */
#define EVALUATIONS 2e6 /* of a formula, about, before cells are cut */

/* Points of a line: the same on all ranks. */
static PetscInt Points(const OttoGridInfo *g)
{
  const PetscReal lines = (PetscReal)g->cells * (PetscReal)g->dim * pow(3, (PetscReal)g->dim - 1);
  PetscInt steps = 2;

  while (steps < MOST && lines * (2. * steps + 1) <= EVALUATIONS) steps *= 2;
  return steps + 1;
}

/* Which neighbours of an own cell are open. */
static unsigned Beside(const OttoGridInfo *g, PetscInt64 cell, const OttoSurrounded *open)
{
  unsigned beside = 0;

  for (PetscInt j = 0; j < g->dim; j++)
    for (int side = 0; side < 2; side++) {
      const PetscInt64 to = OttoEdgesNeighbour(g, cell, j, side ? 1 : -1);
      if (to >= 0 && (!open->own || *OttoSurroundedAt(open, to) != 0))
        beside |= 1u << (2 * j + side);
    }
  return beside;
}

static PetscErrorCode Fill(OttoObservedSet s, OttoFormula formula, const char *key,
                           const OttoSurrounded *open, PetscScalar share[])
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  PetscInt64 room = 0;
  OttoCellPart part;

  PetscFunctionBegin;
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    if (open->own && open->own[c] == 0) continue;
    s->open++;
    PetscCall(OttoObservedSetCut(g, formula, key, c, s->points, &part));
    share[c] = part.share;
    if (!part.cut) continue;
    if (s->count == room) {
      room = 2 * room + 16;
      PetscCall(PetscRealloc((size_t)room * sizeof *s->cut, &s->cut));
    }
    s->cut[s->count++] = (OttoCutCell){.cell = c, .part = part, .beside = Beside(g, c, open)};
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoObservedSetCreate(OttoGrid grid, const char *key, const char *text, Vec open,
                                     OttoObservedSet *set)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  OttoSurrounded is_open = {NULL};
  OttoFormula formula;
  PetscScalar *share;
  OttoObservedSet s;
  OttoHalo halo;

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  *set = NULL;
  PetscCall(OttoFormulaCreate(key, text, g->dim, 1, PETSC_FALSE, &formula));
  PetscCall(PetscNew(&s));
  *set = s;
  s->grid = grid;
  s->points = Points(g);
  PetscCall(OttoFieldCreate(grid, &s->share));
  PetscCall(OttoGridGetHalo(grid, 1, &halo));
  if (open) PetscCall(OttoFieldSurround(halo, open, &is_open));
  PetscCall(VecGetArray(s->share, &share));
  PetscErrorCode code = Fill(s, formula, key, &is_open, share);
  PetscCall(VecRestoreArray(s->share, &share));
  if (open) PetscCall(OttoFieldRelease(halo, open, &is_open));
  PetscCall(OttoFormulaDestroy(&formula));
  code = OttoAgree(g->comm, code);
  if (code) PetscCall(OttoObservedSetDestroy(set));
  PetscCall(code);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &s->open, 1, MPIU_REAL, MPIU_SUM, g->comm));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoObservedSetDestroy(OttoObservedSet *set)
{
  PetscFunctionBegin;
  if (!*set) PetscFunctionReturn(0);
  PetscCall(VecDestroy(&(*set)->share));
  PetscCall(PetscFree((*set)->cut));
  PetscCall(PetscFree(*set));
  PetscFunctionReturn(0);
}

Vec OttoObservedSetGetShare(OttoObservedSet s)
{
  return s->share;
}

PetscInt OttoObservedSetPoints(OttoObservedSet s)
{
  return s->points;
}

PetscErrorCode OttoObservedSetVolume(OttoObservedSet s, PetscReal *part, PetscReal *thin)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  OttoSum sums[2] = {{0, 0}, {0, 0}};
  const PetscScalar *share;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(s->share, &share));
  for (PetscInt64 c = 0; c < g->local_cells; c++) OttoSumAdd(&sums[0], share[c]);
  PetscCall(VecRestoreArrayRead(s->share, &share));
  for (PetscInt64 k = 0; k < s->count; k++) OttoSumAdd(&sums[1], s->cut[k].part.thin);
  PetscCall(OttoSumReduce(g->comm, 2, sums));
  *part = OttoSumValue(sums[0]) / s->open;
  *thin = OttoSumValue(sums[1]) / s->open;
  PetscFunctionReturn(0);
}

/* Of u in a cell, along an axis. */
typedef struct {
  PetscReal slope; /* its difference over the cell, as long as its ends are not beyond neighbours */
  PetscReal off;   /* what that may differ from the unlimited one by */
  PetscReal second; /* its second difference */
} Shape;

/* From its differences to neighbours, one of them or both. */
static Shape Find(const PetscReal to[2], const PetscBool has[2], PetscReal u)
{
  Shape s = {0, 0, 0};

  if (!has[0] && !has[1]) return s;
  if (!has[0] || !has[1]) {
    const PetscReal one = fabs(to[has[0] ? 0 : 1]), most = PetscMin(one, 2 * fabs(u));
    return (Shape){copysign(most, to[has[0] ? 0 : 1]), one - 0.5 * most, one};
  }
  const PetscReal middle = 0.5 * (to[0] + to[1]);
  if (to[0] != 0 && to[1] != 0 && (to[0] > 0) == (to[1] > 0))
    s.slope = copysign(PetscMin(fabs(middle), 2 * PetscMin(fabs(to[0]), fabs(to[1]))), middle);
  s.off = fabs(middle - s.slope);
  s.second = fabs(to[1] - to[0]);
  return s;
}

/* What a part q of a cell, or all but it, may have of u″ h² beyond its share of the cell's own
 * u″ h²/24, which coarser grids show: (q - 3 q² + 2 q³)/12 beside a face, q/12 in a thin part. */
static PetscReal Curved(PetscReal share)
{
  return PetscMin(PetscMin(share, 1 - share) / 12, 1 / (72 * sqrt(3)));
}

/* Σ_j slope_j moment_j of a cell, and what that leaves. */
static void Tilt(const OttoGridInfo *g, const OttoCutCell *k, const OttoSurrounded *u,
                 PetscReal *more, PetscReal *left)
{
  const PetscReal here = u->own[k->cell];
  PetscReal size = 0;

  *more = 0;
  *left = k->part.thin * fabs(here);
  for (PetscInt j = 0; j < g->dim; j++) {
    PetscReal to[2] = {0, 0};
    PetscBool has[2];
    for (int side = 0; side < 2; side++) {
      has[side] = k->beside >> (2 * j + side) & 1 ? PETSC_TRUE : PETSC_FALSE;
      if (!has[side]) continue;
      const PetscReal there =
          *OttoSurroundedAt(u, OttoEdgesNeighbour(g, k->cell, j, side ? 1 : -1));
      to[side] = side ? there - here : here - there;
    }
    const Shape s = Find(to, has, here);
    size += 0.5 * fabs(s.slope);
    *more += s.slope * k->part.moment[j];
    *left += s.off * fabs(k->part.moment[j]) + s.second * Curved(k->part.share);
  }
  if (size > fabs(here))
    *more *= fabs(here) / size; /* at a corner of the cell u would be below 0 */
}

PetscErrorCode OttoObservedSetProbability(OttoObservedSet s, Vec v, PetscReal *value,
                                          PetscReal *error)
{
  const OttoGridInfo *g = OttoGridGetInfo(s->grid);
  OttoSum sums[3] = {{0, 0}, {0, 0}, {0, 0}};
  const PetscScalar *share;
  OttoSurrounded u;
  OttoHalo halo;

  PetscFunctionBegin;
  PetscCall(OttoGridGetHalo(s->grid, 1, &halo));
  PetscCall(OttoFieldSurround(halo, v, &u));
  PetscCall(VecGetArrayRead(s->share, &share));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    OttoSumAdd(&sums[0], u.own[c]);
    OttoSumAdd(&sums[1], share[c] * u.own[c]);
  }
  PetscCall(VecRestoreArrayRead(s->share, &share));
  for (PetscInt64 k = 0; k < s->count; k++) {
    PetscReal more, left;
    Tilt(g, &s->cut[k], &u, &more, &left);
    OttoSumAdd(&sums[1], more);
    OttoSumAdd(&sums[2], left);
  }
  PetscCall(OttoFieldRelease(halo, v, &u));
  PetscCall(OttoSumReduce(g->comm, 3, sums));
  *value = OttoSumValue(sums[1]) / OttoSumValue(sums[0]);
  *error = OttoSumValue(sums[2]) / OttoSumValue(sums[0]);
  PetscFunctionReturn(0);
}
