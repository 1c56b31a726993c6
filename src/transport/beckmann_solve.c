/* Beckmann's problem: a solve, from densities to bounds. */
#include "beckmann_impl.h"
#include "core/fault.h"
#include <math.h>

/* Bounds are looked at every so many iterations: they take as long as two. */
enum { check_every = 10 };

/* Cells are cut in parts, where bounds want them, up to so many of both. */
static const PetscInt most_parts = 8;
static const PetscInt64 most_cells = 1 << 20;

/* Sums over cells of a density: its mass; whether a value cannot be used. */
static PetscErrorCode Look(const OttoGridInfo *g, Vec p, PetscReal *mass, PetscBool *bad)
{
  const PetscScalar *a;
  OttoSum sum = {0, 0};
  PetscMPIInt wrong = 0;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(p, &a));
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    if (!(a[c] >= 0 && isfinite(a[c]))) wrong = 1;
    OttoSumAdd(&sum, a[c]);
  }
  PetscCall(VecRestoreArrayRead(p, &a));
  PetscCall(OttoSumReduce(g->comm, 1, &sum));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &wrong, 1, MPI_INT, MPI_MAX, g->comm));
  *mass = OttoSumValue(sum) * g->cell_volume;
  *bad = wrong ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}

/* b->difference = p − q, of mean 0; b->mass, b->total and b->defect. */
static PetscErrorCode Difference(OttoBeckmann b, Vec p, Vec q)
{
  const OttoGridInfo *g = OttoGridGetInfo(b->grid);
  PetscReal mass[2], mean;
  PetscBool bad[2];
  PetscScalar *d;
  OttoSum sum = {0, 0}, size = {0, 0};

  PetscFunctionBegin;
  PetscCall(Look(g, p, &mass[0], &bad[0]));
  PetscCall(Look(g, q, &mass[1], &bad[1]));
  if (bad[0] || bad[1])
    OttoFail(OTTO_ERR_NUMERICAL, "W1: a value of %s is negative or not finite", bad[0] ? "p" : "q");
  if (!(mass[0] > 0 && fabs(mass[0] - mass[1]) <= 1e-10 * mass[0]))
    OttoFail(OTTO_ERR_NUMERICAL,
             "W1: masses %.12g of p and %.12g of q; they must be the same, above 0",
             (double)mass[0], (double)mass[1]);
  PetscCall(VecWAXPY(b->difference, -1, q, p));
  PetscCall(VecGetArray(b->difference, &d));
  for (PetscInt64 c = 0; c < g->local_cells; c++) OttoSumAdd(&sum, d[c]);
  PetscCall(OttoSumReduce(g->comm, 1, &sum));
  mean = OttoSumValue(sum) / (PetscReal)g->cells;
  for (PetscInt64 c = 0; c < g->local_cells; c++) {
    d[c] -= mean;
    OttoSumAdd(&size, fabs(d[c]));
  }
  PetscCall(OttoSumReduce(g->comm, 1, &size));
  b->mass = mass[0];
  b->defect = fabs(OttoSumValue(sum)) * g->cell_volume;
  b->total = OttoSumValue(size) * g->cell_volume;
  PetscCall(VecRestoreArray(b->difference, &d));
  PetscFunctionReturn(0);
}

/* 0 where both differ by rounding of the way across the box. */
static PetscReal Gap(OttoBeckmann b, PetscReal lower, PetscReal upper)
{
  const PetscReal nothing = 64 * PETSC_MACHINE_EPSILON * b->diameter * b->mass;

  return upper - lower > nothing ? 1 - lower / upper : 0;
}

/* An entry of the history, which has room for it. */
static void Note(OttoBeckmann b, PetscInt iteration)
{
  OttoBeckmannResult *r = &b->result;

  b->history[r->count++] = (OttoIntervalBounds){iteration, r->lower, r->upper};
  r->iterations = iteration;
  r->gap = Gap(b, r->lower, r->upper);
}

/* A potential's bound; the best of the twin is kept with what proves it. */
static PetscErrorCode Raise(OttoBeckmann b, Vec u)
{
  PetscReal lower;

  PetscFunctionBegin;
  PetscCall(OttoBeckmannLower(b, u, &lower));
  if (lower > b->lower) {
    b->lower = lower;
    PetscCall(VecCopy(u, b->best_u));
  }
  PetscFunctionReturn(0);
}

/* Bounds of the iterates. A potential whose largest slope stands in few places gains by means. */
static PetscErrorCode Check(OttoBeckmann b, PetscInt iteration)
{
  OttoBeckmannResult *r = &b->result;
  PetscReal upper;

  PetscFunctionBegin;
  PetscCall(Raise(b, b->u));
  PetscCall(OttoBeckmannMeans(b, b->u, b->smooth));
  PetscCall(Raise(b, b->smooth));
  PetscCall(OttoBeckmannUpper(b, &upper));
  if (upper < b->upper) {
    PetscReal *face = b->face;
    b->upper = upper;
    b->face = b->best_face;
    b->best_face = face;
  }
  r->lower = PetscMax(r->lower, b->lower);
  r->upper = PetscMin(r->upper, b->upper);
  Note(b, iteration);
  PetscFunctionReturn(0);
}

/* Whether the gap fell by less than 2 % over the last 100 iterations, of 200 on this twin or more.
 */
static PetscBool Stagnates(OttoBeckmann b, PetscInt begun)
{
  const OttoBeckmannResult *r = &b->result;
  const PetscInt window = 100 / check_every, back = r->count - 1 - window;

  if (back < begun + window) return PETSC_FALSE;
  return r->gap > 0.98 * Gap(b, r->history[back].lower, r->history[back].upper) ? PETSC_TRUE
                                                                                : PETSC_FALSE;
}

/* Iterations on the twin as it is. */
static PetscErrorCode Iterate(OttoBeckmann b)
{
  OttoBeckmannResult *r = &b->result;
  const PetscInt begun = r->count, before = r->iterations;
  PetscInt balance = check_every;
  PetscScalar *difference;

  PetscFunctionBegin;
  PetscCall(VecGetArray(b->difference, &difference));
  PetscCall(OttoTwinTake(&b->twin, difference, b->delta));
  PetscCall(VecRestoreArray(b->difference, &difference));
  PetscCall(VecSet(b->best_u, 0));
  b->lower = 0;
  b->upper = INFINITY;
  PetscCall(OttoBeckmannMeans(b, b->delta, b->target));
  PetscCall(OttoBeckmannStart(b));
  r->reason = OTTO_BECKMANN_LIMIT;
  for (PetscInt k = 1; before + k <= b->limit; k++) {
    PetscCall(OttoBeckmannStep(b));
    if (k % check_every && before + k < b->limit) continue;
    PetscCall(Check(b, before + k));
    if (r->gap <= b->gap) r->reason = OTTO_BECKMANN_REACHED;
    if (r->reason == OTTO_BECKMANN_LIMIT && Stagnates(b, begun))
      r->reason = OTTO_BECKMANN_STAGNATES;
    if (r->reason != OTTO_BECKMANN_LIMIT) break;
    if (k != balance || k > 320) continue; /* steps that rest in the end converge for certain */
    PetscCall(OttoBeckmannBalance(b));
    balance *= 2;
  }
  PetscFunctionReturn(0);
}

/* Both bounds are of first order in the cells where potential or flux have kinks: where they no
 * longer close, on parts of the cells, for the same densities. */
static PetscErrorCode Search(OttoBeckmann b)
{
  const OttoGridInfo *g = OttoGridGetInfo(b->grid);
  OttoBeckmannResult *r = &b->result;

  PetscFunctionBegin;
  r->upper = INFINITY;
  PetscCall(Iterate(b));
  while (r->reason == OTTO_BECKMANN_STAGNATES && 2 * b->parts <= most_parts &&
         b->g->cells << g->dim <= most_cells && r->iterations < b->limit) {
    PetscCall(OttoBeckmannBuild(b, 2 * b->parts));
    PetscCall(Iterate(b));
  }
  PetscFunctionReturn(0);
}

/* The twin's best potential, of slope 1 and mean 0, on the grid asked about. */
static PetscErrorCode Return(OttoBeckmann b)
{
  const OttoGridInfo *g = OttoGridGetInfo(b->grid);
  PetscReal integral;
  PetscScalar *u;

  PetscFunctionBegin;
  if (g->dim == 1) {
    PetscCall(VecCopy(b->best_u, b->returned));
    PetscFunctionReturn(0);
  }
  OttoSlopes slopes;
  PetscCall(OttoBeckmannSlopes(b, b->best_u, &slopes));
  if (slopes.largest > 0) PetscCall(VecScale(b->best_u, 1 / slopes.largest));
  PetscCall(VecGetArray(b->returned, &u));
  PetscCall(OttoTwinGive(&b->twin, b->best_u, u));
  PetscCall(VecRestoreArray(b->returned, &u));
  PetscCall(OttoFieldIntegral(b->grid, b->returned, &integral));
  PetscCall(VecShift(b->returned, -integral / (g->cell_volume * (PetscReal)g->cells)));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBeckmannSolve(OttoBeckmann b, Vec p, Vec q, OttoBeckmannResult *result)
{
  const OttoGridInfo *g = OttoGridGetInfo(b->grid);
  OttoBeckmannResult *r = &b->result;
  PetscReal square = 0;

  PetscFunctionBegin;
  OttoNeedBeckmann(b);
  b->solved = PETSC_FALSE;
  PetscCall(Difference(b, p, q));
  if (b->parts > 1) PetscCall(OttoBeckmannBuild(b, 1));
  PetscCall(PetscFree(b->history));
  PetscCall(PetscMalloc1(b->limit / check_every + 8, &b->history));
  *r = (OttoBeckmannResult){.history = b->history};
  for (PetscInt j = 0; j < g->dim; j++) square += g->h[j] * g->h[j];
  r->to_atoms = b->total * sqrt(square / 12);
  if (b->total <= 1e-14 * b->mass) { /* the same but for rounding */
    r->upper = (b->total / 2 + b->defect) * b->diameter;
    r->reason = g->dim == 1 ? OTTO_BECKMANN_EXACT : OTTO_BECKMANN_REACHED;
    PetscCall(VecSet(b->best_u, 0));
    PetscCall(
        PetscMemzero(b->best_face, (size_t)(b->g->dim * b->g->local_cells) * sizeof(PetscReal)));
    Note(b, 0);
    r->gap = 0;
  } else if (g->dim == 1) {
    PetscCall(VecCopy(b->difference, b->delta));
    PetscCall(OttoBeckmannLine(b, &r->lower, &r->upper));
    r->reason = OTTO_BECKMANN_EXACT;
    Note(b, 0);
    r->gap = 0;
  } else {
    PetscCall(Search(b));
  }
  PetscCall(Return(b));
  b->solved = PETSC_TRUE;
  OttoFault("w1_lower", 1, &r->lower);
  OttoFault("w1_upper", 1, &r->upper);
  *result = *r;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBeckmannGetPotential(OttoBeckmann b, Vec *u)
{
  PetscFunctionBegin;
  OttoNeed(b->solved, "OttoBeckmannSolve()");
  *u = b->returned;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBeckmannGetFlux(OttoBeckmann b, const Vec flux[])
{
  PetscScalar *mean;

  PetscFunctionBegin;
  OttoNeed(b->solved, "OttoBeckmannSolve()");
  if (b->g->dim > 1) {
    PetscCall(OttoBeckmannCells(b, flux));
    PetscFunctionReturn(0);
  }
  PetscCall(VecGetArrayWrite(flux[0], &mean));
  memcpy(mean, b->best_face, (size_t)b->g->local_cells * sizeof *mean);
  PetscCall(VecRestoreArrayWrite(flux[0], &mean));
  PetscFunctionReturn(0);
}
