/* Beckmann's problem: the solver's life, and its loop over iterations. */
#include "beckmann_impl.h"
#include "core/buffer.h"
#include <otto/options.h>
#include <math.h>

const char *const OttoBeckmannReasons[] = {"exact", "gap reached", "gap stagnates",
                                           "iteration limit", NULL};

/* Bounds are looked at every so many iterations: they take as long as two. */
enum { check_every = 10 };

PetscErrorCode OttoBeckmannCreate(OttoGrid grid, OttoBeckmann *b)
{
  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCall(PetscNew(b));
  (*b)->grid = grid;
  (*b)->gap = 5e-2;
  (*b)->limit = 1000;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBeckmannDestroy(OttoBeckmann *b)
{
  OttoBeckmann s = *b;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(0);
  if (s->poisson) PetscCall(OttoSymbolDestroy(&s->poisson));
  Vec *fields[] = {&s->delta, &s->target, &s->u, &s->ahead, &s->work, &s->best_u, &s->returned};
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(fields); i++) PetscCall(VecDestroy(fields[i]));
  PetscReal **buffers[] = {&s->flux, &s->side[0], &s->side[1], &s->face, &s->best_face, &s->room};
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(buffers); i++)
    PetscCall(OttoBufferDestroy(buffers[i]));
  PetscCall(OttoTwinDestroy(&s->twin));
  PetscCall(PetscFree(s->history));
  PetscCall(PetscFree(*b));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBeckmannSetGap(OttoBeckmann b, PetscReal gap)
{
  PetscFunctionBegin;
  OttoCheckInput(gap > 0 && isfinite(gap), "w1_gap = %g: it must be above 0", (double)gap);
  b->gap = gap;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBeckmannSetIterations(OttoBeckmann b, PetscInt iterations)
{
  PetscFunctionBegin;
  OttoCheckInput(iterations >= 1, "w1_iterations = %d: it must be 1 or more", (int)iterations);
  b->limit = iterations;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBeckmannSetFromOptions(OttoBeckmann b)
{
  PetscInt64 limit = b->limit;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetReal(NULL, "w1_gap", 1e-12, 1, &b->gap, NULL));
  PetscCall(OttoOptionsGetInt(NULL, "w1_iterations", 1, 1000000, &limit, NULL));
  b->limit = (PetscInt)limit;
  PetscFunctionReturn(0);
}

/* (−Δ)⁻¹ of the 2·dim + 1 point Laplacian; context: the grid's facts. */
static PetscReal InverseLaplacian(PetscInt dim, const PetscReal kappa[], void *context)
{
  const OttoGridInfo *g = context;
  PetscReal lambda = 0;

  for (PetscInt j = 0; j < dim; j++) lambda += PetscSqr(2 / g->h[j] * sin(kappa[j] * g->h[j] / 2));
  return lambda > 0 ? 1 / lambda : 0;
}

/* Fields and buffers. */
static PetscErrorCode Allocate(OttoBeckmann b)
{
  const size_t cells = (size_t)b->g->local_cells, dim = (size_t)b->g->dim;
  struct {
    PetscReal **buffer;
    size_t count;
  } wanted[] = {{&b->best_face, dim * cells},
                {&b->face, dim * cells},
                {&b->side[0], dim * cells},
                {&b->side[1], dim * cells},
                {&b->flux, (size_t)OttoCorners(b->g) * dim * cells},
                {&b->room, (size_t)(otto_beckmann_rooms * OttoRun(b->g))}};
  const size_t count = dim > 1 ? PETSC_STATIC_ARRAY_LENGTH(wanted) : 1;

  PetscFunctionBegin;
  for (size_t i = 0; i < count; i++) {
    PetscCall(OttoAgree(b->g->comm, OttoBufferCreate(wanted[i].count, wanted[i].buffer)));
    memset(*wanted[i].buffer, 0, wanted[i].count * sizeof(PetscReal));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBeckmannSetUp(OttoBeckmann b)
{
  const OttoGridInfo *g = OttoGridGetInfo(b->grid);
  OttoGrid at = b->grid;
  PetscReal square = 0;

  PetscFunctionBegin;
  if (b->ready) PetscFunctionReturn(0);
  OttoCheckInput(g->dim <= 3, "grid_n: W1 is found on grids of 1 to 3 axes, not %d", (int)g->dim);
  for (PetscInt j = 0; j < g->dim; j++) {
    const PetscBool periodic = g->boundary[j] == OTTO_BOUNDARY_PERIODIC ? PETSC_TRUE : PETSC_FALSE;
    OttoCheckInput(g->boundary[j] != OTTO_BOUNDARY_ABSORBING,
                   "grid_boundary: axis %d is absorbing; it must be periodic, no_flux or open",
                   (int)j);
    square += PetscSqr((g->upper[j] - g->lower[j]) / (periodic ? 2 : 1));
  }
  b->diameter = sqrt(square);
  if (g->dim > 1) {
    PetscCall(OttoTwinCreate(b->grid, PETSC_FALSE, &b->twin));
    at = b->twin.grid;
  }
  b->g = OttoGridGetInfo(at);
  Vec *fields[] = {&b->delta, &b->best_u, &b->target, &b->u, &b->ahead, &b->work};
  for (size_t i = 0; i < (g->dim > 1 ? PETSC_STATIC_ARRAY_LENGTH(fields) : 2); i++)
    PetscCall(OttoFieldCreate(at, fields[i]));
  PetscCall(OttoFieldCreate(b->grid, &b->returned));
  PetscCall(Allocate(b));
  if (g->dim > 1) {
    PetscCall(OttoGridGetHalo(at, 1, &b->halo));
    PetscCall(OttoSymbolCreate(b->twin.transform, InverseLaplacian, (void *)(uintptr_t)b->g,
                               &b->poisson));
  }
  b->ready = PETSC_TRUE;
  PetscFunctionReturn(0);
}

PetscBool OttoBeckmannIsSetUp(OttoBeckmann b)
{
  return b->ready;
}

/* ---- a solve ---- */

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

/* b->delta = p − q, of mean 0; b->total and b->defect. */
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
  PetscCall(VecWAXPY(b->returned, -1, q, p));
  PetscCall(VecGetArray(b->returned, &d));
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
  if (g->dim > 1) PetscCall(OttoTwinTake(&b->twin, d, b->delta));
  PetscCall(VecRestoreArray(b->returned, &d));
  if (g->dim == 1) PetscCall(VecCopy(b->returned, b->delta));
  PetscFunctionReturn(0);
}

static PetscReal Gap(PetscReal lower, PetscReal upper)
{
  return upper > 0 ? PetscMax(0, 1 - lower / upper) : 0;
}

/* An entry of the history, which has room for it. */
static void Note(OttoBeckmann b, PetscInt iteration)
{
  OttoBeckmannResult *r = &b->result;

  b->history[r->count++] = (OttoBeckmannBounds){iteration, r->lower, r->upper};
  r->iterations = iteration;
  r->gap = Gap(r->lower, r->upper);
}

/* Bounds of the iterates; the better ones are kept with what proves them. */
static PetscErrorCode Check(OttoBeckmann b, PetscInt iteration)
{
  OttoBeckmannResult *r = &b->result;
  PetscReal lower, upper;

  PetscFunctionBegin;
  PetscCall(OttoBeckmannLower(b, b->u, &lower));
  PetscCall(OttoBeckmannUpper(b, &upper));
  if (lower > r->lower) {
    r->lower = lower;
    PetscCall(VecCopy(b->u, b->best_u));
  }
  if (upper < r->upper) {
    PetscReal *face = b->face;
    r->upper = upper;
    b->face = b->best_face;
    b->best_face = face;
  }
  Note(b, iteration);
  PetscFunctionReturn(0);
}

/* Whether the gap fell by less than 2 % over the last 100 iterations. */
static PetscBool Stagnates(const OttoBeckmannResult *r)
{
  const PetscInt back = r->count - 1 - 100 / check_every;

  if (back < 100 / check_every) return PETSC_FALSE;
  return r->gap > 0.98 * Gap(r->history[back].lower, r->history[back].upper) ? PETSC_TRUE
                                                                             : PETSC_FALSE;
}

static PetscErrorCode Iterate(OttoBeckmann b)
{
  OttoBeckmannResult *r = &b->result;
  PetscInt balance = check_every;

  PetscFunctionBegin;
  PetscCall(VecSet(b->best_u, 0));
  PetscCall(OttoBeckmannMeans(b, b->delta, b->target));
  PetscCall(OttoBeckmannStart(b));
  r->reason = OTTO_BECKMANN_LIMIT;
  r->upper = INFINITY;
  for (PetscInt k = 1; k <= b->limit; k++) {
    PetscCall(OttoBeckmannStep(b));
    if (k % check_every && k < b->limit) continue;
    PetscCall(Check(b, k));
    if (r->gap <= b->gap) r->reason = OTTO_BECKMANN_REACHED;
    if (r->reason == OTTO_BECKMANN_LIMIT && Stagnates(r)) r->reason = OTTO_BECKMANN_STAGNATES;
    if (r->reason != OTTO_BECKMANN_LIMIT) break;
    if (k != balance || k > 320) continue; /* steps that rest in the end converge for certain */
    PetscCall(OttoBeckmannBalance(b));
    balance *= 2;
  }
  PetscFunctionReturn(0);
}

/* The best potential, of slope 1 and mean 0, on the grid asked about. */
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
  OttoBeckmannResult *r = &b->result;
  PetscReal square = 0;

  PetscFunctionBegin;
  OttoNeedBeckmann(b);
  b->solved = PETSC_FALSE;
  PetscCall(Difference(b, p, q));
  PetscCall(PetscFree(b->history));
  PetscCall(PetscMalloc1(b->limit / check_every + 2, &b->history));
  *r = (OttoBeckmannResult){.history = b->history};
  for (PetscInt j = 0; j < b->g->dim; j++) square += b->g->h[j] * b->g->h[j];
  r->to_atoms = b->total * sqrt(square / 12);
  if (b->total <= 1e-14 * b->mass) { /* the same but for rounding */
    r->upper = (b->total / 2 + b->defect) * b->diameter;
    r->reason = b->g->dim == 1 ? OTTO_BECKMANN_EXACT : OTTO_BECKMANN_REACHED;
    PetscCall(VecSet(b->best_u, 0));
    PetscCall(
        PetscMemzero(b->best_face, (size_t)(b->g->dim * b->g->local_cells) * sizeof(PetscReal)));
    Note(b, 0);
    r->gap = 0;
  } else if (b->g->dim == 1) {
    PetscCall(OttoBeckmannLine(b, &r->lower, &r->upper));
    r->reason = OTTO_BECKMANN_EXACT;
    Note(b, 0);
    r->gap = 0;
  } else {
    PetscCall(Iterate(b));
  }
  PetscCall(Return(b));
  b->solved = PETSC_TRUE;
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

size_t OttoBeckmannBytes(OttoBeckmann b)
{
  if (!b->ready) return 0;
  const size_t cells = (size_t)b->g->local_cells, dim = (size_t)b->g->dim;
  if (dim == 1) return 4 * cells * sizeof(PetscReal);
  return ((7 + 4 * dim + (size_t)OttoCorners(b->g) * dim) * cells +
          (size_t)(otto_beckmann_rooms * OttoRun(b->g))) *
             sizeof(PetscReal) +
         OttoSymbolBytes(b->poisson) + OttoTransformBytes(b->twin.transform);
}
