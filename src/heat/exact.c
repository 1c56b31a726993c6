/*
 * What both exact kernels share: the tables of one time, the choice between the plain and the
 * logarithmic path, and rates
 * (MATHEMATICS 6.3).
 *
 * The plain path loses nothing while log K ranges over less than 600 in total (over all axes): with
 * the data scaled to a maximum of 1, every cell's value is at least exp(-600) of the largest kernel
 * entry, and what underflows on the way (products below 2.2e-308 = exp(-708)) is less than
 * exp(-100) of it. Data far below their own maximum do not matter: the maximum reaches every cell.
 */
#include "heat_impl.h"
#include "beyond.h"
#include "depth.h"
#include "logarithmic.h"
#include "plain.h"
#include "core/vecmath.h"
#include "grid/edges.h"
#include <float.h>
#include <unistd.h>
#include <math.h>

#define PLAIN_LOG_RANGE 600

/* Where the kernel ranges over more, the plain path is tried: while every cell of the result is at
 * least this share of the largest, and that the other of the data's (at points between cells it may
 * be less), what has underflowed on the way (entries below 1e-300, products) was less than 1e-25 of
 * it. */
#define PLAIN_SHARE 1e-250
#define PLAIN_LARGEST 1e-20

/* Cells whose logarithms are taken at a time. */
#define PIECE 512

/* The tables of all axes at one time; axes alike share one. */
typedef struct {
  PetscInt dim;
  OttoKernelTable axis[OTTO_MAX_DIM]; /* valid where like[j] == j */
  PetscInt like[OTTO_MAX_DIM];        /* the first axis of the same n, h and boundary */
  PetscReal t;                        /* 0: not filled yet */
} OttoKernelTables;

typedef struct {
  OttoKernelTables kernel;
  OttoPlain plain;
  OttoLogarithmic logarithmic;
  OttoHalo halo; /* lattice_exact: of one layer, for the rate */
  size_t table_bytes;
} Exact;

static void FillTables(OttoHeat heat, PetscReal t)
{
  OttoKernelTables *kernel = &((Exact *)heat->data)->kernel;

  if (kernel->t == t) return;
  for (PetscInt j = 0; j < kernel->dim; j++)
    if (kernel->like[j] == j) heat->ops->fill(&kernel->axis[j], t);
  kernel->t = t;
}

/* What the tables of all axes are of. */
static PetscErrorCode DescribeTables(OttoHeat heat)
{
  const OttoGridInfo *g = heat->g;
  Exact *e = (Exact *)heat->data;

  PetscFunctionBegin;
  e->kernel.dim = g->dim;
  for (PetscInt j = 0; j < g->dim; j++) {
    OttoKernelTable *table = &e->kernel.axis[j];
    e->kernel.like[j] = OttoKernelLike(g, j);
    if (e->kernel.like[j] < j) continue;
    table->n = g->n[j];
    table->inputs = g->boundary[j] == OTTO_BOUNDARY_NO_FLUX ? 2 * g->n[j] : g->n[j];
    table->period = g->boundary[j] == OTTO_BOUNDARY_OPEN ? 0 : table->inputs;
    table->h = g->h[j];
    table->odd_even = heat->ops->lattice ? PETSC_FALSE : PETSC_TRUE;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode CreateTables(OttoHeat heat)
{
  Exact *e = (Exact *)heat->data;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < heat->g->dim; j++) {
    OttoKernelTable *table = &e->kernel.axis[j];
    if (e->kernel.like[j] < j) continue;
    const PetscInt64 most =
        table->inputs + OttoKernelImages(table->period) * table->period + OTTO_BLOCK_MAX;
    PetscCall(PetscMalloc1(most, &table->log_k));
    if (table->odd_even) PetscCall(PetscMalloc2(most, &table->slope, most, &table->curvature));
    e->table_bytes += (size_t)most * (table->odd_even ? 3 : 1) * sizeof(long double);
  }
  PetscFunctionReturn(0);
}

/* Bytes per cell of an axis: three panels of 16 lines, with what windows reach to either side and
 * two rows for each that a stage begins with; the tables, over all images. */
static PetscReal LineBytes(const OttoKernelTable *table, PetscBool lattice)
{
  const PetscReal images = 1 + (PetscReal)OttoKernelImages(table->period);

  return 3 * 16 * 8 * 5 + images * (PetscReal)table->inputs / (PetscReal)table->n *
                              (PetscReal)sizeof(long double) * (lattice ? 1 : 3);
}

/* Refuses axes that this node cannot hold; the message names the one that needs most. */
static PetscErrorCode CheckMemory(OttoHeat heat)
{
  const OttoGridInfo *g = heat->g;
  const Exact *e = (const Exact *)heat->data;
  const double memory = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
  double need = 0;
  PetscInt worst = 0;
  PetscMPIInt ranks;
  MPI_Comm node;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_split_type(g->comm, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node));
  PetscCallMPI(MPI_Comm_size(node, &ranks));
  PetscCallMPI(MPI_Comm_free(&node));
  for (PetscInt j = 0; j < g->dim; j++) {
    if (g->n[j] > g->n[worst]) worst = j;
    if (e->kernel.like[j] == j)
      need += (double)g->n[j] * LineBytes(&e->kernel.axis[j], heat->ops->lattice);
  }
  PetscErrorCode code = 0;
  if (!(need * ranks < memory))
    code = PetscError(
        PETSC_COMM_SELF, __LINE__, PETSC_FUNCTION_NAME, __FILE__, OTTO_ERR_INPUT,
        PETSC_ERROR_INITIAL,
        "heat_kernel: %s with grid_n %" PetscInt64_FMT " on axis %d needs %.3g GiB for lines on "
        "each of %d ranks of a node of %.3g GiB; use spectral or lattice, fewer cells, or fewer "
        "ranks a node",
        heat->type, g->n[worst], (int)worst + 1, need / (1 << 30), ranks, memory / (1 << 30));
  PetscFunctionReturn(OttoAgree(g->comm, code));
}

PetscErrorCode OttoHeatSetUp_Exact(OttoHeat heat)
{
  Exact *e;

  PetscFunctionBegin;
  PetscCall(PetscNew(&e));
  heat->data = e;
  PetscCall(DescribeTables(heat));
  PetscCall(CheckMemory(heat));
  PetscCall(OttoAgree(heat->g->comm, CreateTables(heat)));
  PetscCall(OttoPlainCreate(heat->grid, heat->ops->lattice, heat->ops->fill, &e->plain));
  PetscCall(
      OttoLogarithmicCreate(heat->grid, heat->ops->lattice, heat->ops->fill, &e->logarithmic));
  if (heat->ops->lattice) PetscCall(OttoGridGetHalo(heat->grid, 1, &e->halo));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoHeatDestroy_Exact(OttoHeat heat)
{
  Exact *e = (Exact *)heat->data;

  PetscFunctionBegin;
  PetscCall(OttoPlainDestroy(&e->plain));
  PetscCall(OttoLogarithmicDestroy(&e->logarithmic));
  for (PetscInt j = 0; j < OTTO_MAX_DIM; j++) {
    OttoKernelTable *table = &e->kernel.axis[j];
    PetscCall(PetscFree(table->log_k));
    if (table->slope) PetscCall(PetscFree2(table->slope, table->curvature));
  }
  PetscCall(PetscFree(heat->data));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoHeatShift(OttoHeat heat, const PetscReal shift[])
{
  PetscFunctionBegin;
  PetscCheck(!shift || (heat->ops->exact && heat->ops->score), PETSC_COMM_SELF, PETSC_ERR_SUP,
             "kernel %s is known at the centres of cells alone", heat->type);
  heat->shift = shift ? heat->at : NULL;
  if (shift) PetscCall(PetscArraycpy(heat->at, shift, heat->g->dim));
  PetscFunctionReturn(0);
}

size_t OttoHeatBytes_Exact(OttoHeat heat)
{
  const Exact *e = (const Exact *)heat->data;
  const size_t halo = e->halo ? (size_t)OttoHaloCells(e->halo) * sizeof(PetscReal) : 0;

  return sizeof *e + e->table_bytes + halo + OttoPlainBytes(e->plain) +
         OttoLogarithmicBytes(e->logarithmic);
}

PetscErrorCode OttoHeatSourceCreate_Exact(OttoHeat heat, Vec p0, OttoHeatSource source)
{
  PetscReal most;
  int exponent = 0;

  PetscFunctionBegin;
  PetscCall(PetscObjectReference((PetscObject)p0));
  source->p0 = p0;
  PetscCall(OttoFieldRange(heat->grid, p0, NULL, &most));
  if (most > 0 && isfinite(most)) frexp(most, &exponent);
  source->scale = ldexp(1, -PetscMax(-1000, PetscMin(1000, exponent)));
  PetscFunctionReturn(0);
}

PetscBool OttoHeatNeedsLog_Exact(OttoHeat heat, PetscReal t)
{
  const Exact *e = (const Exact *)heat->data;
  PetscReal range = 0, log_volume = 0;

  if (heat->force_log) return PETSC_TRUE;
  FillTables(heat, t);
  for (PetscInt j = 0; j < heat->g->dim; j++) {
    range += OttoKernelLogRange(&e->kernel.axis[e->kernel.like[j]]);
    log_volume += log(heat->g->upper[j] - heat->g->lower[j]);
  }
  /* A density of unit mass is at least 1/volume somewhere: in a huge box p itself is small. */
  return range - PetscMax(0, log_volume) < -PLAIN_LOG_RANGE ? PETSC_TRUE : PETSC_FALSE;
}

/* e^logs, denormals too, and the largest of -logs and logs. */
OTTO_VECTOR_CLONES static void VectorExps(PetscInt64 n, const PetscReal logs[], PetscReal v[],
                                          PetscReal range[2])
{
  PetscReal low = range[0], high = range[1];

#pragma omp simd reduction(max : low, high)
  for (PetscInt64 i = 0; i < n; i++) {
    const PetscReal x = logs[i], up = x < -600 ? 200 : 0; /* OttoExp() ends at e^-700 */
    low = -x > low ? -x : low;
    high = x > high ? x : high;
    v[i] = OttoExp(x + up) * (up > 0 ? 0x1.6061812054cfap-289 : 1); /* e^-200 */
  }
  range[0] = low;
  range[1] = high;
}

/* p from its logarithms, and how far these range, for times to come. */
static PetscErrorCode TakeValues(OttoHeat heat, OttoHeatSource source, PetscReal t,
                                 const PetscReal logs[], PetscReal values[])
{
  PetscReal range[2] = {-INFINITY, -INFINITY};

  PetscFunctionBegin;
  VectorExps(heat->g->local_cells, logs, values, range);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, range, 2, MPIU_REAL, MPIU_MAX, heat->g->comm));
  source->log_range = range[0] + range[1];
  source->log_t = t;
  PetscFunctionReturn(0);
}

OTTO_VECTOR_CLONES static void VectorLogs(PetscInt64 n, const PetscReal *restrict v,
                                          PetscReal *restrict logs)
{
#pragma omp simd
  for (PetscInt64 i = 0; i < n; i++) logs[i] = OttoLogRatio(v[i], 1);
}

/* Logarithms of p after the plain path, true where p itself has left the range of a double. */
static PetscErrorCode TakeLogs(OttoHeat heat, Vec p, Vec log_p)
{
  const PetscInt64 cells = heat->g->local_cells;
  const PetscScalar *v;
  PetscScalar *logs;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(p, &v));
  PetscCall(VecGetArrayWrite(log_p, &logs));
  for (PetscInt64 at = 0; at < cells; at += PIECE) {
    const PetscInt64 end = PetscMin(at + PIECE, cells);
    PetscInt64 fit = 0;
    for (PetscInt64 c = at; c < end; c++)
      fit += v[c] >= OTTO_VECTOR_TINY && v[c] <= OTTO_VECTOR_HUGE;
    if (fit == end - at)
      VectorLogs(end - at, v + at, logs + at);
    else
      for (PetscInt64 c = at; c < end; c++) logs[c] = log(v[c]);
  }
  PetscCall(VecRestoreArrayWrite(log_p, &logs));
  PetscCall(VecRestoreArrayRead(p, &v));
  PetscFunctionReturn(0);
}

/* Whether nothing was lost on the plain path, where least and most of K_t (scale·p0) are these, and
 * p itself is within the range of a double. */
static PetscBool Holds(PetscReal least, PetscReal most, PetscReal scale)
{
  if (!(most >= PLAIN_LARGEST && least >= PLAIN_SHARE * most)) return PETSC_FALSE;
  return least / scale >= DBL_MIN && most / scale <= DBL_MAX ? PETSC_TRUE : PETSC_FALSE;
}

/* p on the plain path; *held: doubles have every cell of it. */
static PetscErrorCode ApplyPlain(OttoHeat heat, OttoHeatSource source, PetscReal t, Vec p,
                                 PetscBool *held)
{
  const Exact *e = (const Exact *)heat->data;
  PetscReal least = 0, most = 0;
  const PetscScalar *p0;
  PetscScalar *values;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(source->p0, &p0));
  PetscCall(VecGetArrayWrite(p, &values));
  PetscCall(OttoPlainApply(e->plain, &source->plain, t, heat->shift, source->scale, p0, values,
                           &least, &most));
  PetscCall(VecRestoreArrayWrite(p, &values));
  PetscCall(VecRestoreArrayRead(source->p0, &p0));
  *held = PETSC_TRUE;
  if (OttoHeatNeedsLog_Exact(heat, t)) {
    PetscReal range[2] = {-least, most};
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, range, 2, MPIU_REAL, MPIU_MAX, heat->g->comm));
    *held = Holds(-range[0], range[1], source->scale);
  }
  source->plain_t = *held ? t : 0;
  PetscFunctionReturn(0);
}

/* Whether the sums of time t may be taken in doubles. */
static PetscBool IsPlain(OttoHeat heat, OttoHeatSource source, PetscReal t)
{
  if (heat->force_log) return PETSC_FALSE;
  return source->plain_t == t || !OttoHeatNeedsLog_Exact(heat, t) ? PETSC_TRUE : PETSC_FALSE;
}

/* Whether the data lie so far from some cell that doubles would not hold its value at the time of
 * the tables. An estimate: what is decided by it is right either way, and the quicker as a rule. */
static PetscErrorCode FallsShort(OttoHeat heat, OttoHeatSource source, PetscBool *falls)
{
  const OttoKernelTables *kernel = &((Exact *)heat->data)->kernel;
  const OttoKernelTable *table[OTTO_MAX_DIM];
  const PetscScalar *p0;
  PetscReal least;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < kernel->dim; j++) table[j] = &kernel->axis[kernel->like[j]];
  PetscCall(VecGetArrayRead(source->p0, &p0));
  PetscCall(OttoDepthPrepare(heat->g, source->scale, p0, &source->depth));
  PetscCall(VecRestoreArrayRead(source->p0, &p0));
  PetscCall(OttoDepthLeast(heat->g, &source->depth, table, &least));
  *falls = least < log(PLAIN_SHARE) ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}

/* Whether doubles may hold the result of time t. They did not at log_t, and log p ranges over t1/t2
 * of what it did at least: two point masses do, all else is flattened more slowly. */
static PetscErrorCode MayHold(OttoHeat heat, OttoHeatSource source, PetscReal t, PetscBool *may)
{
  PetscBool falls = heat->force_log;

  PetscFunctionBegin;
  if (!falls && OttoHeatNeedsLog_Exact(heat, t)) {
    const PetscReal least = source->log_range * PetscMin(1, source->log_t / t);
    falls = least > -log(PLAIN_SHARE) ? PETSC_TRUE : PETSC_FALSE;
    if (!falls) PetscCall(FallsShort(heat, source, &falls));
  }
  *may = falls ? PETSC_FALSE : PETSC_TRUE;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoHeatApply_Exact(OttoHeat heat, OttoHeatSource source, PetscReal t, Vec p,
                                   Vec log_p)
{
  const Exact *e = (const Exact *)heat->data;
  PetscBool may = PETSC_FALSE, held = PETSC_FALSE;
  PetscScalar *values, *logs;
  const PetscScalar *p0;

  PetscFunctionBegin;
  PetscCheck(t > 0 || !heat->shift, PETSC_COMM_SELF, PETSC_ERR_SUP, "atoms have no shifted points");
  if (t == 0) {
    PetscCall(VecCopy(source->p0, p));
    if (log_p) PetscCall(TakeLogs(heat, p, log_p));
    PetscFunctionReturn(0);
  }
  source->plain_t = 0;
  PetscCall(MayHold(heat, source, t, &may));
  if (may) PetscCall(ApplyPlain(heat, source, t, p, &held));
  if (held) {
    if (log_p) PetscCall(TakeLogs(heat, p, log_p));
    PetscFunctionReturn(0);
  }
  PetscCall(VecGetArrayWrite(p, &values));
  logs = values;
  if (log_p) PetscCall(VecGetArrayWrite(log_p, &logs));
  PetscCall(VecGetArrayRead(source->p0, &p0));
  PetscCall(
      OttoLogarithmicApply(e->logarithmic, &source->logs, t, 0, 0, heat->shift, p0, logs, NULL));
  PetscCall(VecRestoreArrayRead(source->p0, &p0));
  PetscCall(TakeValues(heat, source, t, logs, values));
  if (log_p) PetscCall(VecRestoreArrayWrite(log_p, &logs));
  PetscCall(VecRestoreArrayWrite(p, &values));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoHeatApplyLog_Exact(OttoHeat heat, Vec log_u, PetscReal t, Vec log_v)
{
  const Exact *e = (const Exact *)heat->data;
  PetscErrorCode code = 0;
  PetscInt64 wrong = 0;
  PetscScalar *in, *out;

  PetscFunctionBegin;
  PetscCall(VecGetArray(log_u, &in));
  for (PetscInt64 c = 0; c < heat->g->local_cells; c++) wrong += !(in[c] < INFINITY);
  if (wrong)
    code = PetscError(PETSC_COMM_SELF, __LINE__, PETSC_FUNCTION_NAME, __FILE__, PETSC_ERR_FP,
                      PETSC_ERROR_INITIAL,
                      "logarithms must be finite or -inf; %" PetscInt64_FMT " are not", wrong);
  PetscCall(OttoAgree(heat->g->comm, code));
  out = in;
  if (log_v != log_u) PetscCall(VecGetArrayWrite(log_v, &out));
  PetscCall(OttoLogarithmicApplyLogs(e->logarithmic, t, in, out));
  if (log_v != log_u) PetscCall(VecRestoreArrayWrite(log_v, &out));
  PetscCall(VecRestoreArray(log_u, &in));
  PetscFunctionReturn(0);
}

/* E[k^(order)/k | x] along one axis; with order 1 that of order 2 is added to `second`, unless it
 * is NULL. */
static PetscErrorCode MeanOfAxis(OttoHeat heat, OttoHeatSource source, PetscReal t, PetscInt axis,
                                 PetscInt order, Vec out, Vec second)
{
  const Exact *e = (const Exact *)heat->data;
  const PetscScalar *p0;
  PetscScalar *values, *more = NULL;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(source->p0, &p0));
  PetscCall(VecGetArrayWrite(out, &values));
  if (second) PetscCall(VecGetArray(second, &more));
  if (IsPlain(heat, source, t))
    PetscCall(OttoPlainMean(e->plain, &source->plain, t, axis, order, heat->shift, source->scale,
                            p0, values, more));
  else
    PetscCall(OttoLogarithmicApply(e->logarithmic, &source->logs, t, axis, order, heat->shift, p0,
                                   values, more));
  if (second) PetscCall(VecRestoreArray(second, &more));
  PetscCall(VecRestoreArrayWrite(out, &values));
  PetscCall(VecRestoreArrayRead(source->p0, &p0));
  PetscFunctionReturn(0);
}

/* Σ_j E[∂_j² k/k | x]. */
static PetscErrorCode Laplacian(OttoHeat heat, OttoHeatSource source, PetscReal t, Vec out)
{
  Vec part = NULL;

  PetscFunctionBegin;
  if (heat->g->dim > 1) PetscCall(VecDuplicate(out, &part));
  for (PetscInt j = 0; j < heat->g->dim; j++) {
    PetscCall(MeanOfAxis(heat, source, t, j, 2, j ? part : out, NULL));
    if (j) PetscCall(VecAXPY(out, 1, part));
  }
  PetscCall(VecDestroy(&part));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoHeatScore_Exact(OttoHeat heat, OttoHeatSource source, PetscReal t, Vec p,
                                   Vec log_p, PetscInt axis, Vec score)
{
  (void)p;
  (void)log_p;
  PetscFunctionBegin;
  PetscCall(MeanOfAxis(heat, source, t, axis, 1, score, NULL));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoHeatScoreAndRate_Exact(OttoHeat heat, OttoHeatSource source, PetscReal t,
                                          PetscInt axis, Vec score, Vec rate)
{
  PetscFunctionBegin;
  PetscCall(MeanOfAxis(heat, source, t, axis, 1, score, rate));
  PetscFunctionReturn(0);
}

/* rate[c] += ((value of a neighbour)/(own value) - 1)/h² for a run of cells; u holds values, or
 * logarithms where `logs`. */
static inline void AddNeighbours(PetscInt64 count, PetscBool logs, PetscReal inverse_h2,
                                 const PetscReal u[], const PetscReal neighbour[], PetscReal rate[])
{
  for (PetscInt64 c = 0; c < count; c++)
    rate[c] += inverse_h2 * (logs ? expm1(neighbour[c] - u[c]) : (neighbour[c] - u[c]) / u[c]);
}

typedef struct {
  OttoSurrounded u;
  PetscBool logs;
  PetscReal *rate;
} Generating;

static void AddRun(const OttoEdges *e, void *context)
{
  Generating *s = (Generating *)context;
  const OttoGridInfo *g = s->u.g;
  const PetscReal *x = OttoSurroundedAt(&s->u, e->x), *y = OttoSurroundedAt(&s->u, e->y);
  const PetscReal inverse_h2 = 1 / (g->h[e->axis] * g->h[e->axis]);

  if (e->x < g->local_cells) AddNeighbours(e->n, s->logs, inverse_h2, x, y, s->rate + e->x);
  if (e->y < g->local_cells) AddNeighbours(e->n, s->logs, inverse_h2, y, x, s->rate + e->y);
}

/* The same of the cells beyond open faces, of which `beyond` has logarithms. */
static void AddBeyond(const OttoGridInfo *g, const OttoBeyond *beyond, PetscBool logs,
                      const PetscReal u[], PetscReal rate[])
{
  for (PetscInt j = 0; j < g->dim; j++)
    for (int side = 0; side < 2; side++) {
      const OttoFace face = OttoOpenFace(g, j, side);
      for (PetscInt64 k = 0; k < face.outer; k++)
        for (PetscInt64 i = 0; i < face.inner; i++) {
          const PetscInt64 c = k * face.stride + face.first + i;
          const PetscReal log_there = beyond->log[j][side][k * face.inner + i];
          const PetscReal there = logs ? log_there : exp(log_there);
          AddNeighbours(1, logs, 1 / (g->h[j] * g->h[j]), u + c, &there, rate + c);
        }
    }
}

PetscErrorCode OttoHeatRate_Exact(OttoHeat heat, OttoHeatSource source, PetscReal t, Vec p,
                                  Vec log_p, Vec rate)
{
  const OttoHalo halo = ((Exact *)heat->data)->halo;
  const PetscScalar *u;
  PetscScalar *r;

  PetscFunctionBegin;
  if (!heat->ops->lattice) {
    PetscCall(Laplacian(heat, source, t, rate));
    PetscFunctionReturn(0);
  }
  const PetscBool logs = log_p && OttoHeatNeedsLog_Exact(heat, t) ? PETSC_TRUE : PETSC_FALSE;
  const OttoBeyond *beyond = NULL;
  PetscCall(OttoHeatGetBeyond(heat, source, t, &beyond));
  PetscCall(VecSet(rate, 0));
  PetscCall(VecGetArrayRead(logs ? log_p : p, &u));
  PetscCall(VecGetArray(rate, &r));
  Generating generating = {.logs = logs, .rate = r};
  PetscCall(OttoHaloSurround(halo, u, &generating.u));
  OttoEdgesWalk(heat->g, PETSC_TRUE, AddRun, &generating);
  if (beyond) AddBeyond(heat->g, beyond, logs, u, r);
  PetscCall(OttoHaloRelease(halo, &generating.u));
  PetscCall(VecRestoreArray(rate, &r));
  PetscCall(VecRestoreArrayRead(logs ? log_p : p, &u));
  PetscFunctionReturn(0);
}
