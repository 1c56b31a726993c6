/*
 * Velocities that stand in a file: on cells of the box, at times. Cubic splines in space, whose own
 * derivatives the gradient is; in time the polynomial through four times around, from one of the
 * file's times to the next (steps end there: OttoDynamicsPrepare()). A cell that has no value at
 * one of the four is land. Every rank holds the whole field at these four times.
 */
#include "spline.h"
#include <otto/field.h>
#include <otto/options.h>
#include <otto/storage.h>
#include <math.h>
#include <string.h>

#define LEVELS 4 /* times of a polynomial */
#define COAST 24 /* cells that values go on into land; far from points, 0 */
#define NAME 128

typedef struct {
  char *path;
  char dataset[DIM][NAME];
  OttoGrid alone; /* the file's cells, on this rank */
  OttoSplineBox box;
  PetscInt64 cells, times; /* times 1: steady */
  PetscReal *time;         /* [times] */
  PetscInt levels;         /* in use at once; time l stands in place l mod levels */
  PetscInt64 first;        /* of these */
  PetscReal from, to;      /* times that they serve */
  PetscInt64 held[LEVELS]; /* which time stands there; -1: none */
  PetscReal *coefficient[LEVELS][DIM];
  PetscBool *missing[LEVELS], *land; /* [cells] */
} Velocities;

/* ---- reading ---- */

/* dynamics_dataset: a name for each axis, separated by commas. */
static PetscErrorCode ReadNames(OttoDynamics d, Velocities *f)
{
  const char *path, *text, *from;
  PetscInt count = 1;

  PetscFunctionBegin;
  PetscCall(OttoDynamicsGetText("path", &path));
  PetscCall(PetscStrallocpy(path, &f->path));
  PetscCall(OttoDynamicsGetText("dataset", &text));
  for (const char *c = text; *c; c++) count += *c == ',';
  OttoCheckInput(count == d->g->dim,
                 "dynamics_dataset: '%.200s' are %d; one dataset an axis is expected, %d of them, "
                 "separated by commas",
                 text, (int)count, (int)d->g->dim);
  from = text;
  for (PetscInt j = 0; j < count; j++) {
    from += strspn(from, " ");
    size_t length = strcspn(from, ",");
    const size_t whole = length;
    while (length && from[length - 1] == ' ') length--;
    OttoCheckInput(length > 0 && length < NAME,
                   "dynamics_dataset: '%.200s': name %d is empty or longer than %d letters", text,
                   (int)j + 1, NAME - 1);
    memcpy(f->dataset[j], from, length);
    from += whole + (from[whole] == ',');
  }
  PetscFunctionReturn(0);
}

/* The file's own cells on the box of the grid. */
static PetscErrorCode FindCells(OttoDynamics d, Velocities *f, PetscInt64 *moments)
{
  const OttoGridInfo *g = d->g;
  const char *names[DIM];
  PetscInt64 n[OTTO_MAX_DIM];

  PetscFunctionBegin;
  for (PetscInt j = g->dim - 1; j >= 0; j--) {
    const PetscInt64 other = *moments;
    PetscCall(
        OttoStorageReadSizes(d->grid, "dynamics_dataset", f->path, f->dataset[j], n, moments));
    OttoCheckInput(j == g->dim - 1 || *moments == other,
                   "dynamics_dataset: '%s' of '%s' has %" PetscInt64_FMT
                   " times, '%s' has %" PetscInt64_FMT "; components stand at the same times",
                   f->dataset[j], f->path, *moments, f->dataset[j + 1], other);
  }
  PetscCall(OttoGridCreate(PETSC_COMM_SELF, &f->alone));
  PetscCall(OttoGridSetBox(f->alone, g->dim, n, g->lower, g->upper, g->boundary));
  for (PetscInt j = 0; j < g->dim; j++) names[j] = g->name[j];
  if (g->named) PetscCall(OttoGridSetNames(f->alone, names));
  PetscCall(OttoGridSetUp(f->alone));
  const OttoGridInfo *own = OttoGridGetInfo(f->alone);
  f->box.dim = g->dim;
  f->cells = own->cells;
  for (PetscInt j = 0; j < g->dim; j++) {
    f->box.n[j] = own->n[j];
    f->box.lower[j] = own->lower[j];
    f->box.h[j] = own->h[j];
    f->box.ring[j] = own->boundary[j] == OTTO_BOUNDARY_PERIODIC ? PETSC_TRUE : PETSC_FALSE;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode ReadTimes(Velocities *f, PetscInt64 moments)
{
  const char *text = NULL;
  PetscInt64 count;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetText("dynamics_", "time_dataset", &text));
  f->times = 1;
  if (moments <= 1 && (!text || !strcmp(text, "none"))) PetscFunctionReturn(0);
  OttoCheckInput(!text || strcmp(text, "none"),
                 "dynamics_time_dataset: none, but dataset '%s' of '%s' has %" PetscInt64_FMT
                 " times",
                 f->dataset[0], f->path, moments);
  text = text ? text : "time";
  PetscCall(OttoStorageReadPoints(PETSC_COMM_SELF, "dynamics_time_dataset", f->path, text, 1,
                                  &count, &f->time));
  OttoCheckInput(count == PetscMax(1, moments),
                 "dynamics_time_dataset: '%s' of '%s' holds %" PetscInt64_FMT
                 " times; dataset '%s' has %" PetscInt64_FMT,
                 text, f->path, count, f->dataset[0], PetscMax(1, moments));
  for (PetscInt64 l = 0; l < count; l++)
    OttoCheckInput(isfinite(f->time[l]),
                   "dynamics_time_dataset: '%s' of '%s' holds %g; times must be finite", text,
                   f->path, f->time[l]);
  for (PetscInt64 l = 1; l < count; l++)
    OttoCheckInput(f->time[l] > f->time[l - 1],
                   "dynamics_time_dataset: '%s' of '%s' holds %.9g after %.9g; times must increase",
                   text, f->path, f->time[l], f->time[l - 1]);
  f->times = count;
  PetscFunctionReturn(0);
}

/* What two times may differ by and be the same. */
static PetscReal Near(const Velocities *f)
{
  return f->times < 2 ? 0 : 1e-12 * PetscMax(fabs(f->time[0]), fabs(f->time[f->times - 1]));
}

static PetscErrorCode CheckTime(const Velocities *f, const char *key, PetscReal t)
{
  PetscFunctionBegin;
  if (f->times < 2) PetscFunctionReturn(0);
  OttoCheckInput(t >= f->time[0] - Near(f) && t <= f->time[f->times - 1] + Near(f),
                 "%s: t = %.9g is beyond the times of '%s', %.9g to %.9g", key, t, f->path,
                 f->time[0], f->time[f->times - 1]);
  PetscFunctionReturn(0);
}

/* dynamics_start, and dynamics_times after it. */
static PetscErrorCode CheckTimes(OttoDynamics d, const Velocities *f)
{
  PetscInt count;
  PetscReal *times;
  PetscErrorCode code = 0;

  PetscFunctionBegin;
  d->start = f->times > 1 ? f->time[0] : 0;
  PetscCall(OttoDynamicsGetNumber("start", &d->start));
  PetscCall(CheckTime(f, "dynamics_start", d->start));
  PetscCall(OttoOptionsGetReals("dynamics_", "times", &count, &times));
  for (PetscInt i = 0; i < count && !code; i++)
    code = CheckTime(f, "dynamics_times", d->start + times[i]);
  PetscCall(PetscFree(times));
  PetscFunctionReturn(code);
}

/* Values beside cells without one: means of the neighbours that have one, from the coast inwards.
 */
static PetscErrorCode GoOn(const Velocities *f, PetscReal u[])
{
  const PetscInt dim = f->box.dim;
  PetscInt64 stride[DIM] = {1, 1, 1}, left = 1;
  PetscReal *next;

  PetscFunctionBegin;
  for (PetscInt j = dim - 1; j > 0; j--) stride[j - 1] = stride[j] * f->box.n[j];
  PetscCall(PetscMalloc1(f->cells, &next));
  for (int pass = 0; pass < COAST && left; pass++) {
    left = 0;
    for (PetscInt64 c = 0; c < f->cells; c++) {
      PetscReal sum = 0;
      int count = 0;
      next[c] = u[c];
      if (!isnan(u[c])) continue;
      for (PetscInt j = 0; j < dim; j++) {
        const PetscInt64 n = f->box.n[j], i = c / stride[j] % n;
        for (int side = -1; side <= 1; side += 2) {
          if (!f->box.ring[j] && (i + side < 0 || i + side >= n)) continue;
          const PetscReal v = u[c + ((i + side + n) % n - i) * stride[j]];
          if (isnan(v)) continue;
          sum += v;
          count++;
        }
      }
      if (count) next[c] = sum / count;
      left += !count;
    }
    PetscCall(PetscArraycpy(u, next, f->cells));
  }
  PetscCall(PetscFree(next));
  for (PetscInt64 c = 0; c < f->cells; c++)
    if (isnan(u[c])) u[c] = 0;
  PetscFunctionReturn(0);
}

/* Time `level` into its place. */
static PetscErrorCode ReadLevel(Velocities *f, PetscInt64 level, Vec field)
{
  const PetscInt place = (PetscInt)(level % f->levels);
  PetscInt64 missing;
  PetscScalar *u;

  PetscFunctionBegin;
  f->held[place] = -1;
  for (PetscInt64 c = 0; c < f->cells; c++) f->missing[place][c] = PETSC_FALSE;
  for (PetscInt j = 0; j < f->box.dim; j++) {
    PetscCall(OttoStorageReadMoment(f->alone, "dynamics_dataset", f->path, f->dataset[j], level,
                                    NAN, field, &missing));
    OttoCheckInput(
        missing < f->cells,
        "dynamics_dataset: '%s' of '%s' has no value in any cell at its time %" PetscInt64_FMT,
        f->dataset[j], f->path, level + 1);
    PetscCall(VecGetArray(field, &u));
    for (PetscInt64 c = 0; c < f->cells; c++)
      if (!isfinite(u[c])) {
        f->missing[place][c] = PETSC_TRUE;
        u[c] = NAN;
      }
    PetscCall(GoOn(f, u));
    PetscCall(OttoSplineCoefficients(&f->box, u, f->coefficient[place][j]));
    PetscCall(VecRestoreArray(field, &u));
  }
  f->held[place] = level;
  PetscFunctionReturn(0);
}

/* All levels from `first` on, and what is land then. */
static PetscErrorCode Hold(Velocities *f, PetscInt64 first)
{
  Vec field;
  PetscErrorCode code = 0;

  PetscFunctionBegin;
  f->first = first;
  PetscCall(OttoFieldCreate(f->alone, &field));
  for (PetscInt64 l = first; l < first + f->levels && !code; l++)
    if (f->held[l % f->levels] != l) code = ReadLevel(f, l, field);
  PetscCall(VecDestroy(&field));
  for (PetscInt64 c = 0; c < f->cells && !code; c++) {
    f->land[c] = PETSC_FALSE;
    for (PetscInt place = 0; place < f->levels; place++)
      f->land[c] = (PetscBool)(f->land[c] || f->missing[place][c]);
  }
  PetscFunctionReturn(code);
}

/* Collective. */
static PetscErrorCode Prepare(OttoDynamics d, PetscReal a, PetscReal b, PetscReal *until)
{
  Velocities *f = (Velocities *)d->data;
  const PetscReal near = Near(f);
  PetscInt64 k = 0;

  PetscFunctionBegin;
  PetscCall(CheckTime(f, "dynamics_times", a));
  PetscCall(CheckTime(f, "dynamics_times", b));
  if (f->times > 1) {
    /* from time[k] to time[k + 1] */
    while (k + 2 < f->times && (b < a ? f->time[k + 1] + near < a : f->time[k + 1] - near <= a))
      k++;
    f->from = f->time[k] - near;
    f->to = f->time[k + 1] + near;
    if (b < a && b < f->from) *until = f->time[k];
    if (b > a && b > f->to) *until = f->time[k + 1];
  }
  PetscErrorCode code =
      Hold(f, PetscMax(0, PetscMin(k - (f->levels - 2) / 2, f->times - f->levels)));
  PetscCall(OttoAgree(d->g->comm, code));
  PetscFunctionReturn(0);
}

static PetscErrorCode Read(OttoDynamics d)
{
  Velocities *f;
  PetscInt64 moments;
  PetscReal until;

  PetscFunctionBegin;
  PetscCall(PetscNew(&f));
  d->data = f;
  for (PetscInt j = 0; j < d->g->dim; j++)
    OttoCheckInput(d->g->boundary[j] != OTTO_BOUNDARY_OPEN,
                   "grid_boundary: open on axis %s; a file has no velocities beyond the box: "
                   "no_flux loses what leaves it",
                   d->g->name[j]);
  PetscCall(ReadNames(d, f));
  PetscCall(FindCells(d, f, &moments));
  PetscCall(ReadTimes(f, moments));
  PetscCall(CheckTimes(d, f));
  d->autonomous = f->times < 2 ? PETSC_TRUE : PETSC_FALSE;
  f->levels = (PetscInt)PetscMin(LEVELS, f->times);
  for (PetscInt place = 0; place < f->levels; place++) {
    f->held[place] = -1;
    PetscCall(PetscMalloc1(f->cells, &f->missing[place]));
    for (PetscInt j = 0; j < d->g->dim; j++)
      PetscCall(PetscMalloc1(OttoSplineSize(&f->box), &f->coefficient[place][j]));
  }
  PetscCall(PetscMalloc1(f->cells, &f->land));
  PetscCall(Prepare(d, d->start, d->start, &until));
  PetscFunctionReturn(0);
}

/* ---- asking ---- */

/* Lagrange's polynomials of the times held, at t. */
static void TimeWeights(const Velocities *f, PetscReal t, PetscReal weight[LEVELS])
{
  for (PetscInt l = 0; l < f->levels; l++) {
    const PetscInt64 own = f->first + l;
    PetscReal product = 1;
    for (PetscInt64 other = f->first; other < f->first + f->levels; other++)
      if (other != own) product *= (t - f->time[other]) / (f->time[own] - f->time[other]);
    weight[own % f->levels] = product;
  }
}

static PetscErrorCode Velocity(OttoDynamics d, PetscReal t, PetscInt n, const PetscReal *const x[],
                               PetscReal *const v[], PetscReal *const gradient[])
{
  const Velocities *f = (const Velocities *)d->data;
  const PetscInt dim = d->g->dim;
  PetscReal weight[LEVELS], at[DIM], value, slope[DIM];
  OttoSplinePlace place;

  PetscFunctionBegin;
  OttoNeed(f->times < 2 || (t >= f->from && t <= f->to), "OttoDynamicsPrepare()");
  TimeWeights(f, t, weight);
  for (PetscInt k = 0; k < n; k++) {
    for (PetscInt j = 0; j < dim; j++) at[j] = x[j][k];
    OttoSplineLocate(&f->box, at, &place);
    for (PetscInt i = 0; i < dim; i++) {
      PetscReal sum = 0, slopes[DIM] = {0};
      for (PetscInt l = 0; l < f->levels; l++) {
        OttoSplineEvaluate(&f->box, &place, f->coefficient[l][i], &value, gradient ? slope : NULL);
        sum += weight[l] * value;
        for (PetscInt j = 0; gradient && j < dim; j++) slopes[j] += weight[l] * slope[j];
      }
      v[i][k] = sum;
      for (PetscInt j = 0; gradient && j < dim; j++) gradient[i * dim + j][k] = slopes[j];
    }
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode IsLost(OttoDynamics d, PetscInt n, const PetscReal *const x[],
                             PetscBool lost[])
{
  const Velocities *f = (const Velocities *)d->data;
  const OttoSplineBox *box = &f->box;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < n; k++) {
    PetscInt64 cell = 0;
    if (lost[k]) continue; /* outside */
    for (PetscInt j = 0; j < box->dim; j++) {
      PetscInt64 i = (PetscInt64)floor((x[j][k] - box->lower[j]) / box->h[j]);
      i = box->ring[j] ? (i % box->n[j] + box->n[j]) % box->n[j]
                       : PetscMax(0, PetscMin(box->n[j] - 1, i));
      cell = cell * box->n[j] + i;
    }
    lost[k] = f->land[cell];
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode Destroy(OttoDynamics d)
{
  Velocities *f = (Velocities *)d->data;

  PetscFunctionBegin;
  if (!f) PetscFunctionReturn(0);
  for (PetscInt place = 0; place < LEVELS; place++) {
    PetscCall(PetscFree(f->missing[place]));
    for (PetscInt j = 0; j < DIM; j++) PetscCall(PetscFree(f->coefficient[place][j]));
  }
  PetscCall(PetscFree(f->land));
  PetscCall(PetscFree(f->time));
  PetscCall(PetscFree(f->path));
  PetscCall(OttoGridDestroy(&f->alone));
  PetscCall(PetscFree(f));
  PetscFunctionReturn(0);
}

static size_t Bytes(OttoDynamics d)
{
  const Velocities *f = (const Velocities *)d->data;
  const size_t cells = (size_t)f->cells, levels = (size_t)f->levels;

  return sizeof *f + (size_t)f->times * sizeof(PetscReal) +
         levels * (size_t)OttoSplineSize(&f->box) * (size_t)f->box.dim * sizeof(PetscReal) +
         (levels + 1) * cells * sizeof(PetscBool);
}

const OttoDynamicsOps OttoDynamicsOps_File = {
    .key = "path",
    .least = 1,
    .most = 3,
    .periodic = PETSC_TRUE,
    .read = Read,
    .velocity = Velocity,
    .prepare = Prepare,
    .is_lost = IsLost,
    .destroy = Destroy,
    .bytes = Bytes,
};
