/* Parts of sets, and of walls, that are thinner than a cell and lie between centres: no cell has
 * them, on this grid or on coarser ones, while what goes from cell to cell would run into them. */
#include "sets_impl.h"
#include "grid/edges.h"
#include <otto/formula.h>
#include <otto/options.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define SHARE 0.05 /* of the edges at which a set ends: less of them are tips of its corners */

typedef struct {
  const OttoGridInfo *g;
  const OttoRates *rates;
  OttoFormula formula;
  PetscBool wall;        /* it closes where it is inf; else it has what is above 0 */
  PetscInt points;       /* on an edge */
  OttoSurrounded inside; /* 1 in its cells */
  PetscInt64 ends;
  OttoCells lost;
  PetscErrorCode code;
} Thin;

/* Points of an edge: what is thinner than their distance may be missed. */
static PetscInt Points(PetscInt dim)
{
  return dim == 1 ? 255 : dim == 2 ? 15 : 7;
}

static PetscBool Meets(Thin *s, const PetscReal x[], PetscInt axis)
{
  PetscReal point[OTTO_MAX_DIM], value = 0;

  for (PetscInt j = 0; j < s->g->dim; j++) point[j] = x[j];
  for (PetscInt i = 1; i <= s->points && !s->code; i++) {
    point[axis] = x[axis] + s->g->h[axis] * i / ((PetscReal)s->points + 1);
    if (point[axis] > s->g->upper[axis]) point[axis] -= s->g->upper[axis] - s->g->lower[axis];
    s->code = OttoFormulaEvaluate(s->formula, point, 0, &value);
    if (s->wall ? value == INFINITY : value > 0) return PETSC_TRUE;
  }
  return PETSC_FALSE;
}

/* Whether a neighbour of own cell x across the edge's axis is inside: then the edge cuts a bulge.
 */
static PetscBool IsBulge(const Thin *s, PetscInt64 x, PetscInt axis)
{
  for (PetscInt j = 0; j < s->g->dim; j++)
    for (int side = -1; side <= 1 && j != axis; side += 2) {
      const PetscInt64 beside = OttoEdgesNeighbour(s->g, x, j, side);
      if (beside >= 0 && *OttoSurroundedAt(&s->inside, beside) > 0) return PETSC_TRUE;
    }
  return PETSC_FALSE;
}

static void Look(const OttoEdges *e, void *context)
{
  Thin *s = (Thin *)context;
  const PetscReal *inx = OttoSurroundedAt(&s->inside, e->x);
  const PetscReal *iny = OttoSurroundedAt(&s->inside, e->y);
  const PetscReal *up = s->rates->up[e->axis] + e->x, *down = s->rates->down[e->axis] + e->x;
  PetscReal x[OTTO_MAX_DIM];

  for (PetscInt64 i = 0; i < e->n; i++) {
    s->ends += inx[i] != iny[i];
    if (inx[i] > 0 || iny[i] > 0 || !(up[i] > 0 || down[i] > 0)) continue;
    OttoGridCellCentre(s->g, e->x + i, x);
    if (Meets(s, x, e->axis) && !IsBulge(s, e->x + i, e->axis))
      OttoCellsAdd(s->g, e->x + i, &s->lost);
  }
}

/* Of one formula by its key, `inside` in its cells: lost parts. */
static PetscErrorCode LookFor(Thin *s, OttoGrid grid, const char *key, const char *text, Vec inside,
                              PetscInt64 *tips, char place[], size_t size)
{
  char where[160], more[48] = "";
  OttoHalo halo;

  PetscFunctionBegin;
  s->lost = OTTO_NO_CELLS;
  s->ends = 0;
  PetscCall(OttoFormulaCreate(key, text, s->g->dim, 1, s->wall, &s->formula));
  PetscCall(OttoGridGetHalo(grid, 1, &halo));
  PetscCall(OttoFieldSurround(halo, inside, &s->inside));
  OttoEdgesWalk(s->g, PETSC_FALSE, Look, s);
  PetscCall(OttoFieldRelease(halo, inside, &s->inside));
  PetscCall(OttoFormulaDestroy(&s->formula));
  PetscCall(OttoAgree(s->g->comm, s->code));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &s->ends, 1, MPIU_INT64, MPI_SUM, s->g->comm));
  PetscCall(OttoCellsShare(s->g, &s->lost, where, sizeof where));
  if (!s->lost.count) PetscFunctionReturn(0);
  if (s->lost.count > 1)
    snprintf(more, sizeof more, ", and at %" PetscInt64_FMT " more edges", s->lost.count - 1);
  OttoCheckInput(s->g->dim > 1 && (PetscReal)s->lost.count <= SHARE * (PetscReal)s->ends,
                 "%s: a part is thinner than a cell and lies between centres, where no cell has "
                 "it: next to the cell at %s%s; make it thicker, or grid_n larger",
                 key, where, more);
  if (!*tips) snprintf(place, size, "%s: next to the cell at %s", key, where);
  *tips += s->lost.count;
  PetscFunctionReturn(0);
}

/* 1 where `of` is `value`. */
static PetscErrorCode Mark(Vec of, PetscReal value, Vec inside)
{
  const PetscScalar *values;
  PetscScalar *is;
  PetscInt cells = 0;

  PetscFunctionBegin;
  PetscCall(VecGetLocalSize(of, &cells));
  PetscCall(VecGetArrayRead(of, &values));
  PetscCall(VecGetArray(inside, &is));
  for (PetscInt c = 0; c < cells; c++) is[c] = values[c] == value;
  PetscCall(VecRestoreArray(inside, &is));
  PetscCall(VecRestoreArrayRead(of, &values));
  PetscFunctionReturn(0);
}

static PetscErrorCode LookForAll(Thin *s, const OttoSets *sets, OttoGenerator generator, Vec inside,
                                 PetscInt64 *tips, char place[], size_t size)
{
  OttoPotential potential = OttoGeneratorGetPotentialSource(generator);
  Vec open = OttoGeneratorGetOpen(generator);
  const char *text = NULL;
  char key[16];

  PetscFunctionBegin;
  for (PetscInt k = 0; k < sets->count; k++) {
    snprintf(key, sizeof key, "set_%c", sets->letter[k]);
    PetscCall(OttoOptionsGetText(NULL, key, &text));
    if (!text) continue;
    PetscCall(Mark(sets->label, (PetscReal)k + 1, inside));
    PetscCall(LookFor(s, sets->grid, key, text, inside, tips, place, size));
  }
  if (!potential || !OttoPotentialHasWalls(potential)) PetscFunctionReturn(0);
  PetscCall(OttoOptionsGetText(NULL, "potential_formula", &text));
  if (!text || !strstr(text, "inf")) PetscFunctionReturn(0); /* 1/0 is at points: no wall */
  s->wall = PETSC_TRUE;
  PetscCall(VecSet(inside, 0));
  if (open) PetscCall(Mark(open, 0, inside));
  PetscCall(LookFor(s, sets->grid, "potential_formula", text, inside, tips, place, size));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSetsThin(const OttoSets *sets, OttoGenerator generator, PetscInt64 *tips,
                            char place[], size_t size)
{
  Thin s = {.g = OttoGridGetInfo(sets->grid), .rates = OttoGeneratorGetRates(generator)};
  Vec inside;

  PetscFunctionBegin;
  OttoNeedGenerator(generator);
  *tips = 0;
  s.points = Points(s.g->dim);
  PetscCall(OttoFieldCreate(sets->grid, &inside));
  const PetscErrorCode code = LookForAll(&s, sets, generator, inside, tips, place, size);
  PetscCall(VecDestroy(&inside));
  PetscFunctionReturn(code);
}
