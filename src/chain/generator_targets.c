/* Sets of cells that take what reaches them: an edge to one of their cells becomes a loss over the
 * part of it up to where they end (otto/generator.h). */
#include "generator_impl.h"
#include <math.h>

#define NEAREST 1e-3 /* share of an edge that is left of it at least */

typedef struct {
  OttoGenerator s;
  OttoSurrounded label;
  OttoSurrounded end[DIM]; /* where targets do not end at faces */
  PetscInt64 count;        /* faces that open own cells have in common with targets */
} Targets;

/* From an open cell to the share `part` of an edge where `rate` leads over all of it, `back` back:
 * Q + √(Q Q') (1 - part)/part. */
static PetscReal Part(PetscReal rate, PetscReal back, PetscReal z, PetscReal part)
{
  const PetscReal both = exp(0.5 * (OttoLogRate(rate, back, z) + OttoLogRate(back, rate, -z)));

  return part == 0.5 ? rate + both : rate + both * (1 - part) / part;
}

/* Such that times are right, z = log Q/Q'. Against a force Q (1 - e^-z)/(1 - e^(-part z)), as for
 * an edge of that length; along one, where the way takes its length over the speed whatever the
 * rate by which the cell is left, half an edge's such that times are longer by what the way is. */
static PetscReal SwiftPart(PetscReal rate, PetscReal back, PetscReal z, PetscReal part)
{
  const PetscReal to = OttoLogRate(rate, back, z), rise = to - OttoLogRate(back, rate, -z);

  if (part == 0.5) return Part(rate, back, z, part);
  if (fabs(rise) < 1e-9) return rate / part;
  if (rise > 0) return Part(rate, back, z, 0.5) / (1 + (part - 0.5) * (1 + exp(-0.5 * rise)));
  return exp(to - (1 - part) * rise) * expm1(rise) / expm1(part * rise);
}

/* Own cell c, if it is open, has its face `through` in common with a cell of target `label`. */
static void Beside(Targets *t, PetscInt64 c, PetscReal label, PetscInt through, PetscReal rate)
{
  if (c >= t->s->g->local_cells || !(rate > 0)) return;
  t->s->killed[c] += rate;
  t->s->loss[t->s->losses++] = (OttoLoss){c, OTTO_FACES + (PetscInt)label - 1, through, rate};
}

static void TakeEdges(const OttoEdges *e, void *context)
{
  Targets *t = (Targets *)context;
  const PetscReal *lx = OttoSurroundedAt(&t->label, e->x), *ly = OttoSurroundedAt(&t->label, e->y);
  PetscReal *up = t->s->up[e->axis] + e->x, *down = t->s->down[e->axis] + e->x,
            *z = t->s->force[e->axis] + e->x;

  const PetscReal *end = t->s->end[0] ? OttoSurroundedAt(&t->end[e->axis], e->x) : NULL;
  PetscReal (*const Rate)(PetscReal, PetscReal, PetscReal, PetscReal) =
      t->s->swift ? SwiftPart : Part;

  for (PetscInt64 i = 0; i < e->n; i++) {
    const PetscReal at = end ? PetscClipInterval(end[i], NEAREST, 1 - NEAREST) : 0.5;
    if (lx[i] == 0 && ly[i] == 0) continue;
    if (lx[i] == 0)
      Beside(t, e->x + i, ly[i], OTTO_FACE(e->axis, 1), Rate(up[i], down[i], z[i], at));
    if (ly[i] == 0)
      Beside(t, e->y + i, lx[i], OTTO_FACE(e->axis, -1), Rate(down[i], up[i], -z[i], 1 - at));
    up[i] = down[i] = z[i] = 0;
    if (t->s->driven) t->s->work[e->axis][e->x + i] = 0;
  }
}

static void CountEdges(const OttoEdges *e, void *context)
{
  Targets *t = (Targets *)context;
  const PetscReal *lx = OttoSurroundedAt(&t->label, e->x), *ly = OttoSurroundedAt(&t->label, e->y);
  const PetscInt64 own = t->s->g->local_cells;

  for (PetscInt64 i = 0; i < e->n; i++)
    t->count += (lx[i] == 0 && ly[i] > 0 && e->x < own) + (ly[i] == 0 && lx[i] > 0 && e->y < own);
}

/* `visit` at all edges that an own cell has, with labels at hand. */
static PetscErrorCode Walk(Targets *t, OttoEdgesVisit visit)
{
  const PetscScalar *label;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(t->s->label, &label));
  PetscCall(OttoHaloSurround(t->s->halo, label, &t->label));
  OttoEdgesWalk(t->s->g, PETSC_TRUE, visit, t);
  PetscCall(OttoHaloRelease(t->s->halo, &t->label));
  PetscCall(VecRestoreArrayRead(t->s->label, &label));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGeneratorTargetFaces(OttoGenerator s, PetscInt64 *count)
{
  Targets t = {.s = s};

  PetscFunctionBegin;
  if (s->label) PetscCall(Walk(&t, CountEdges));
  *count = t.count;
  PetscFunctionReturn(0);
}

/* What faces of the box take, which have just been filled: not from cells of targets. */
static PetscErrorCode Empty(OttoGenerator s)
{
  const PetscScalar *label;
  PetscInt64 kept = 0;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(s->label, &label));
  for (PetscInt64 i = 0; s->absorbs && i < s->losses; i++)
    if (label[s->loss[i].cell] == 0) s->loss[kept++] = s->loss[i];
  s->losses = kept;
  for (PetscInt64 c = 0; c < s->g->local_cells; c++)
    if (!s->absorbs || label[c] > 0) s->killed[c] = 0;
  PetscCall(VecRestoreArrayRead(s->label, &label));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGeneratorTakeTargets(OttoGenerator s)
{
  Targets t = {.s = s};

  PetscFunctionBegin;
  if (!s->label) PetscFunctionReturn(0);
  PetscCall(Empty(s));
  for (PetscInt j = 0; j < s->g->dim && s->end[0]; j++)
    PetscCall(OttoFieldSurround(s->halo, s->end[j], &t.end[j]));
  PetscCall(Walk(&t, TakeEdges));
  for (PetscInt j = s->g->dim - 1; j >= 0 && s->end[0]; j--)
    PetscCall(OttoFieldRelease(s->halo, s->end[j], &t.end[j]));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGeneratorFindOpen(OttoGenerator s)
{
  const PetscScalar *room = NULL, *label;
  PetscScalar *open;
  PetscReal left = 0;

  PetscFunctionBegin;
  PetscCall(VecDestroy(&s->open));
  s->open = s->room;
  if (s->label) {
    PetscCall(OttoFieldCreate(s->grid, &s->open));
    if (s->room) PetscCall(VecGetArrayRead(s->room, &room));
    PetscCall(VecGetArrayRead(s->label, &label));
    PetscCall(VecGetArray(s->open, &open));
    for (PetscInt64 c = 0; c < s->g->local_cells; c++)
      open[c] = label[c] == 0 ? (room ? room[c] : 1) : 0;
    PetscCall(VecRestoreArray(s->open, &open));
    PetscCall(VecRestoreArrayRead(s->label, &label));
    if (s->room) PetscCall(VecRestoreArrayRead(s->room, &room));
  } else if (s->room) {
    PetscCall(PetscObjectReference((PetscObject)s->room));
  }
  s->closed = 0;
  if (!s->open) PetscFunctionReturn(0);
  PetscCall(VecSum(s->open, &left));
  s->closed = s->g->cells - (PetscInt64)left;
  OttoCheckInput(left > 0, "the sets take all cells that are open: no state is left outside");
  PetscFunctionReturn(0);
}

PetscErrorCode OttoGeneratorCheckLabels(OttoGenerator s, PetscInt count, Vec label)
{
  const PetscScalar *l;
  PetscErrorCode code = 0;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(label, &l));
  for (PetscInt64 c = 0; c < s->g->local_cells && !code; c++)
    if (!(l[c] >= 0 && l[c] <= (PetscReal)count && l[c] == rint(l[c]))) code = OTTO_ERR_INPUT;
  PetscCall(VecRestoreArrayRead(label, &l));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &code, 1, MPI_INT, MPI_MAX, s->g->comm));
  OttoCheckInput(!code, "targets: a label is not one of 0 to %d", (int)count);
  PetscFunctionReturn(0);
}

PetscInt OttoGeneratorGetTargets(OttoGenerator s)
{
  return s->targets;
}
Vec OttoGeneratorGetTargetLabels(OttoGenerator s)
{
  return s->label;
}
