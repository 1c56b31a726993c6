/* Points spread over cells with linear weights (cloud-in-cell), each with its own weight. Every
 * rank reads a share of the points and deposits them, some at a time. */
#include "density_impl.h"
#include <otto/points.h>
#include <otto/storage.h>
#include <math.h>
#include <stdio.h>

#define AT_ONCE (1 << 22) /* corners of points: what is sent at a time stays small */

/* What is read: `columns` numbers a point, its coordinates and, where weights are given, its
 * weight.
 */
typedef struct {
  const char *prefix;
  PetscInt columns;
  PetscInt64 count;         /* of this rank */
  PetscReal *x;             /* [count][columns] */
  PetscInt64 total, before; /* points of all ranks, and of the lower ones */
} Points;

/* Brings a coordinate into the box: round a periodic axis; onto a face of any other that it is
 * beyond by no more than single precision rounds (π becomes more than π). Returns whether it went
 * round, -1 where it stays outside; *turns grows to how often it did. */
static int Bring(const OttoGridInfo *g, PetscInt axis, PetscReal *x, PetscInt64 *turns)
{
  const PetscReal lower = g->lower[axis], upper = g->upper[axis], box = upper - lower;
  const PetscReal far = PetscMax(fabs(lower), fabs(upper));
  const PetscReal rounding = PetscMin(ldexp(far, -23), 1e-3 * g->h[axis]);

  if (*x >= lower && *x <= upper) return 0;
  if (g->boundary[axis] == OTTO_BOUNDARY_PERIODIC) {
    if (!(ldexp(fabs(*x), -52) <= 1e-3 * g->h[axis])) return -1; /* its place is all rounding */
    const PetscReal times = floor((*x - lower) / box);
    *turns = PetscMax(*turns, (PetscInt64)fabs(times));
    *x -= box * times;
  } else if (!(*x >= lower - rounding && *x <= upper + rounding)) {
    return -1;
  }
  *x = PetscMax(lower, PetscMin(*x, upper));
  return g->boundary[axis] == OTTO_BOUNDARY_PERIODIC ? 1 : 0;
}

/* Brings all points into the box; names those that are not finite or stay outside: how many, and
 * the first in the file. Shares are in order, so the lowest rank that has any holds it. Collective.
 */
static PetscErrorCode BringAll(const OttoGridInfo *g, const char *path, Points *p, OttoInput *input)
{
  PetscInt64 counts[2] = {0, 0}, first = -1, turns = 0; /* outside, wrapped */
  char point[160], lower[160], upper[160];
  PetscErrorCode code = 0;

  PetscFunctionBegin;
  for (PetscInt64 i = 0; i < p->count; i++) {
    PetscReal y[OTTO_MAX_DIM];
    int moved = 0;
    for (PetscInt j = 0; j < g->dim; j++) {
      y[j] = p->x[i * p->columns + j];
      int how = Bring(g, j, &y[j], &turns);
      moved = moved < 0 || how < 0 ? -1 : PetscMax(moved, how);
    }
    if (moved < 0 && first < 0) first = i;
    if (moved < 0) counts[0]++;
    if (moved > 0) counts[1]++;
    if (moved >= 0) PetscCall(PetscArraycpy(&p->x[i * p->columns], y, g->dim));
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, counts, 2, MPIU_INT64, MPI_SUM, g->comm));
  if (first >= 0) {
    OttoGridFormatPoint(g->dim, &p->x[first * p->columns], point, sizeof point);
    OttoGridFormatPoint(g->dim, g->lower, lower, sizeof lower);
    OttoGridFormatPoint(g->dim, g->upper, upper, sizeof upper);
    code =
        OttoRaise(__LINE__, PETSC_FUNCTION_NAME, __FILE__, OTTO_ERR_INPUT,
                  "%spath: point %" PetscInt64_FMT
                  " (counted from 1), at %s lies outside the box from %s to %s; %" PetscInt64_FMT
                  " of %" PetscInt64_FMT " do (in '%.300s')",
                  p->prefix, p->before + first + 1, point, lower, upper, counts[0], p->total, path);
  }
  PetscCall(OttoAgree(g->comm, code));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &turns, 1, MPIU_INT64, MPI_MAX, g->comm));
  input->wrapped = counts[1];
  input->turns = turns;
  PetscFunctionReturn(0);
}

/* Brings weights whose sum, or whose reciprocal, no double holds near 1, by a power of two; only
 * their ratios matter. Refuses those that are all 0. Collective. */
static PetscErrorCode ScaleWeights(const OttoGridInfo *g, const char *key, const char *path,
                                   const char *dataset, PetscInt64 count, PetscReal weights[])
{
  PetscReal largest = 0;
  int exponent;

  PetscFunctionBegin;
  for (PetscInt64 i = 0; i < count; i++) largest = PetscMax(largest, weights[i]);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &largest, 1, MPIU_REAL, MPI_MAX, g->comm));
  OttoCheckInput(largest > 0, "%s: all weights of '%.200s' in '%.300s' are 0", key, dataset, path);
  if (largest > 1e-200 && largest < 1e200) PetscFunctionReturn(0);
  frexp(largest, &exponent);
  for (PetscInt64 i = 0; i < count; i++) weights[i] = ldexp(weights[i], -exponent);
  PetscFunctionReturn(0);
}

/* Reads <prefix>sample_weights, where given, beside the points. Collective. */
static PetscErrorCode ReadWeights(const OttoGridInfo *g, const char *path, Points *p)
{
  const PetscInt dim = p->columns;
  const char *dataset = NULL;
  char key[40];
  PetscInt64 count, total, bad = -1;
  PetscReal *weights, *both;
  PetscErrorCode code = 0;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetText(p->prefix, "sample_weights", &dataset));
  if (!dataset) PetscFunctionReturn(0);
  snprintf(key, sizeof key, "%ssample_weights", p->prefix);
  OttoCheckInput(*dataset, "%s: missing; give a dataset of weights in '%.200s'", key, path);
  PetscCall(OttoStorageReadPoints(g->comm, key, path, dataset, 1, &count, &weights));
  PetscCallMPI(MPI_Allreduce(&count, &total, 1, MPIU_INT64, MPI_SUM, g->comm));
  if (total != p->total) {
    PetscCall(PetscFree(weights));
    OttoFail(OTTO_ERR_INPUT,
             "%s: dataset '%.200s' of '%.300s' holds %" PetscInt64_FMT
             " weights for %" PetscInt64_FMT " points",
             key, dataset, path, total, p->total);
  }
  for (PetscInt64 i = 0; i < count && bad < 0; i++)
    if (!(weights[i] >= 0 && weights[i] <= PETSC_MAX_REAL)) bad = i;
  if (bad >= 0)
    code = OttoRaise(
        __LINE__, PETSC_FUNCTION_NAME, __FILE__, OTTO_ERR_INPUT,
        "%s: weight %" PetscInt64_FMT
        " (counted from 1) of '%.200s' in '%.300s' is %g; weights are finite and at least "
        "0",
        key, p->before + bad + 1, dataset, path, (double)weights[bad]);
  code = OttoAgree(g->comm, code);
  if (!code) code = ScaleWeights(g, key, path, dataset, count, weights);
  if (!code) code = OttoAgree(g->comm, PetscMalloc1(count * (dim + 1) + 1, &both));
  for (PetscInt64 i = 0; i < count && !code; i++) {
    for (PetscInt j = 0; j < dim; j++) both[i * (dim + 1) + j] = p->x[i * dim + j];
    both[i * (dim + 1) + dim] = weights[i];
  }
  PetscCall(PetscFree(weights));
  if (code) PetscFunctionReturn(code);
  PetscCall(PetscFree(p->x));
  p->x = both;
  p->columns = dim + 1;
  PetscFunctionReturn(0);
}

/* Reads points and weights and brings them into the box. Collective; p->x is freed by the caller.
 */
static PetscErrorCode Read(OttoGrid grid, Points *p, OttoDensityFacts *facts)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const char *path, *dataset;
  char key[32];

  PetscFunctionBegin;
  snprintf(key, sizeof key, "%spath", p->prefix);
  PetscCall(OttoDensityGetText(p->prefix, "path", "an HDF5 file", &path));
  PetscCall(OttoDensityGetText(p->prefix, "dataset", "a dataset of points in the file", &dataset));
  PetscCall(OttoStorageReadSamples(grid, key, path, dataset, &p->count, &p->x));
  PetscCallMPI(MPI_Allreduce(&p->count, &p->total, 1, MPIU_INT64, MPI_SUM, g->comm));
  PetscCallMPI(MPI_Exscan(&p->count, &p->before, 1, MPIU_INT64, MPI_SUM, g->comm));
  if (g->rank == 0) p->before = 0;
  PetscCall(BringAll(g, path, p, &facts->input));
  PetscCall(ReadWeights(g, path, p));
  facts->input.points = p->total;
  PetscFunctionReturn(0);
}

/* Deposits count points x[count][columns]. */
static PetscErrorCode DepositSome(OttoGrid grid, PetscInt columns, PetscInt64 count,
                                  const PetscReal x[], PetscReal values[])
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  const PetscBool weighted = columns > g->dim ? PETSC_TRUE : PETSC_FALSE;
  PetscReal *at, *mass;
  OttoPoints points;

  PetscFunctionBegin;
  PetscCall(OttoAgree(g->comm, PetscMalloc2(count * g->dim + 1, &at, count + 1, &mass)));
  for (PetscInt64 i = 0; i < count; i++) {
    PetscCall(PetscArraycpy(at + i * g->dim, x + i * columns, g->dim));
    if (weighted) mass[i] = x[i * columns + g->dim];
  }
  PetscCall(OttoPointsCreate(grid, count, at, &points));
  PetscCall(OttoPointsDeposit(points, weighted ? mass : NULL, values));
  PetscCall(OttoPointsDestroy(&points));
  PetscCall(PetscFree2(at, mass));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDensityFill_samples(OttoGrid grid, const char *prefix, PetscReal values[],
                                       OttoDensityFacts *facts)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  Points p = {.prefix = prefix, .columns = g->dim};

  PetscFunctionBegin;
  PetscErrorCode code = Read(grid, &p, facts);
  PetscInt64 most = p.count;
  const PetscInt64 step = AT_ONCE >> g->dim;
  if (!code) PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &most, 1, MPIU_INT64, MPI_MAX, g->comm));
  for (PetscInt64 from = 0; from < most && !code; from += step) {
    const PetscInt64 count = PetscMax(0, PetscMin(step, p.count - from));
    code = DepositSome(grid, p.columns, count, p.x + (count ? from * p.columns : 0), values);
  }
  PetscCall(PetscFree(p.x));
  PetscFunctionReturn(code);
}

const OttoDensityOps OttoDensityOps_Samples = {
    .key = "path", .of_file = PETSC_TRUE, .fill = OttoDensityFill_samples};
