/* Where formulas say that sets end, which cells know to half an edge alone. */
#include "sets_impl.h"
#include "grid/edges.h"
#include <otto/formula.h>
#include <otto/options.h>
#include <math.h>
#include <stdio.h>

#define FACE 1e-9   /* of an edge: what ends so near to a face ends at it */
#define TOUCH 0.02  /* of an edge: parts of two cells that are so near are one */
#define HALVINGS 45 /* of an edge: to rounding */

typedef struct {
  const OttoSets *sets;
  const OttoGridInfo *g;
  const OttoRates *rates;
  OttoFormula formula[OTTO_SETS]; /* NULL: a file's */
  OttoSurrounded label, share[OTTO_SETS], middle[OTTO_SETS][OTTO_GENERATOR_MAX_DIM];
  PetscScalar *end[OTTO_GENERATOR_MAX_DIM]; /* NULL: not wanted */
  PetscReal off, drive;
  PetscErrorCode code;
} Ends;

/* Whether set k has the point at share `at` of the edge from x up along an axis, round the box. */
static PetscBool Has(Ends *s, PetscInt k, const PetscReal x[], PetscInt axis, PetscReal at)
{
  PetscReal point[OTTO_MAX_DIM], value = NAN;

  for (PetscInt j = 0; j < s->g->dim; j++) point[j] = x[j];
  point[axis] += at * s->g->h[axis];
  if (point[axis] > s->g->upper[axis]) point[axis] -= s->g->upper[axis] - s->g->lower[axis];
  if (!s->code) s->code = OttoFormulaEvaluate(s->formula[k], point, 0, &value);
  return value > 0 ? PETSC_TRUE : PETSC_FALSE;
}

/* The share of the edge from x at which set k ends, which has one of its cells, `upper` or not. A
 * cell that it has or has not by a file beside it may be no guide; one whose centre is at the end
 * has it or not by rounding. */
static PetscReal End(Ends *s, PetscInt k, const PetscReal x[], PetscInt axis, PetscBool upper)
{
  const PetscReal far = fmax(fabs(s->g->lower[axis]), fabs(s->g->upper[axis]));
  const PetscReal near = FACE + 8 * PETSC_MACHINE_EPSILON * far / s->g->h[axis];
  PetscReal ends[2] = {0, 1};

  if (Has(s, k, x, axis, 0.5 - near) != upper && Has(s, k, x, axis, 0.5 + near) == upper)
    return 0.5;
  if (Has(s, k, x, axis, 0) == upper) return Has(s, k, x, axis, -near) != upper ? 0 : 0.5;
  if (Has(s, k, x, axis, 1) != upper) return Has(s, k, x, axis, 1 + near) == upper ? 1 : 0.5;
  for (int i = 0; i < HALVINGS; i++) {
    const PetscReal middle = 0.5 * (ends[0] + ends[1]);
    ends[Has(s, k, x, axis, middle) == upper] = middle;
  }
  return 0.5 * (ends[0] + ends[1]);
}

/* The same of cells of a finer grid, of which either cell has a part of `share` around `middle`. */
static PetscReal EndOfCells(const Ends *s, PetscInt k, PetscInt axis, PetscInt64 x, PetscInt64 y,
                            PetscBool upper)
{
  const PetscInt64 cell[] = {x, y};
  PetscReal from[2], to[2];

  for (int i = 0; i < 2; i++) {
    const PetscReal half = 0.5 * *OttoSurroundedAt(&s->share[k], cell[i]);
    const PetscReal middle = i + *OttoSurroundedAt(&s->middle[k][axis], cell[i]);
    from[i] = middle - half;
    to[i] = middle + half;
  }
  const PetscBool joined = to[0] > from[1] - TOUCH && to[0] > from[0] && to[1] > from[1];
  return PetscClipInterval(upper ? from[joined ? 0 : 1] : to[joined ? 1 : 0], 0, 1);
}

static void Look(const OttoEdges *e, void *context)
{
  Ends *s = (Ends *)context;
  const PetscReal *lx = OttoSurroundedAt(&s->label, e->x), *ly = OttoSurroundedAt(&s->label, e->y);
  const PetscReal *up = s->rates->up[e->axis] + e->x, *down = s->rates->down[e->axis] + e->x;
  const PetscReal *z = s->rates->force[e->axis] + e->x;
  PetscReal x[OTTO_MAX_DIM];

  for (PetscInt64 i = 0; i < e->n; i++) {
    if (lx[i] == ly[i] || !(up[i] > 0 || down[i] > 0)) continue;
    const PetscInt k = (PetscInt)PetscMax(lx[i], ly[i]) - 1;
    s->drive = PetscMax(s->drive, ly[i] > lx[i] ? z[i] : -z[i]);
    if (!s->formula[k] && !s->sets->share[k]) continue;
    const PetscBool upper = ly[i] > lx[i] ? PETSC_TRUE : PETSC_FALSE;
    OttoGridCellCentre(s->g, e->x + i, x);
    const PetscReal at = s->sets->share[k] ? EndOfCells(s, k, e->axis, e->x + i, e->y + i, upper)
                                           : End(s, k, x, e->axis, upper);
    s->off = PetscMax(s->off, fabs(at - 0.5));
    if (s->end[0]) s->end[e->axis][e->x + i] = at;
  }
}

/* The formulas that there are. */
static PetscErrorCode Parse(Ends *s)
{
  const char *text = NULL;
  char key[16];

  PetscFunctionBegin;
  for (PetscInt k = 0; k < s->sets->count; k++) {
    snprintf(key, sizeof key, "set_%c", s->sets->letter[k]);
    PetscCall(OttoOptionsGetText(NULL, key, &text));
    if (text) PetscCall(OttoFormulaCreate(key, text, s->g->dim, 1, PETSC_FALSE, &s->formula[k]));
  }
  PetscFunctionReturn(0);
}

/* What cells have of set k, with that of neighbours, or no more. */
static PetscErrorCode SurroundParts(Ends *s, OttoHalo halo, PetscInt k, PetscBool begin)
{
  PetscFunctionBegin;
  if (!s->sets->share[k]) PetscFunctionReturn(0);
  if (begin) PetscCall(OttoFieldSurround(halo, s->sets->share[k], &s->share[k]));
  for (PetscInt i = 0; i < s->g->dim; i++) {
    const PetscInt j = begin ? i : s->g->dim - 1 - i;
    PetscCall(begin ? OttoFieldSurround(halo, s->sets->middle[k][j], &s->middle[k][j])
                    : OttoFieldRelease(halo, s->sets->middle[k][j], &s->middle[k][j]));
  }
  if (!begin) PetscCall(OttoFieldRelease(halo, s->sets->share[k], &s->share[k]));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSetsFindEnds(const OttoSets *sets, OttoGenerator generator, Vec end[],
                                PetscReal *off, PetscReal *drive)
{
  Ends s = {
      .sets = sets, .g = OttoGridGetInfo(sets->grid), .rates = OttoGeneratorGetRates(generator)};
  OttoHalo halo;

  PetscFunctionBegin;
  OttoNeedGenerator(generator);
  PetscCall(Parse(&s));
  for (PetscInt j = 0; j < s.g->dim && end; j++) {
    PetscCall(OttoFieldCreate(sets->grid, &end[j]));
    PetscCall(VecSet(end[j], 0.5));
    PetscCall(VecGetArray(end[j], &s.end[j]));
  }
  PetscCall(OttoGridGetHalo(sets->grid, 1, &halo));
  PetscCall(OttoFieldSurround(halo, sets->label, &s.label));
  for (PetscInt k = 0; k < sets->count; k++) PetscCall(SurroundParts(&s, halo, k, PETSC_TRUE));
  OttoEdgesWalk(s.g, PETSC_FALSE, Look, &s);
  for (PetscInt k = sets->count - 1; k >= 0; k--)
    PetscCall(SurroundParts(&s, halo, k, PETSC_FALSE));
  PetscCall(OttoFieldRelease(halo, sets->label, &s.label));
  for (PetscInt j = 0; j < s.g->dim && end; j++) PetscCall(VecRestoreArray(end[j], &s.end[j]));
  for (PetscInt k = 0; k < sets->count; k++) PetscCall(OttoFormulaDestroy(&s.formula[k]));
  PetscReal most[] = {s.off, s.drive};
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, most, 2, MPIU_REAL, MPIU_MAX, s.g->comm));
  PetscCall(OttoAgree(s.g->comm, s.code));
  *off = most[0];
  *drive = most[1];
  PetscFunctionReturn(0);
}
