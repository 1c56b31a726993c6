/*
 * The plain path of the exact kernels: one dense factor per axis, applied by BLAS-3. All terms of
 * K p are positive and none is subtracted, so every cell keeps full relative accuracy (exact.c
 * says when underflow takes nothing away).
 *
 * Axes 1 … d-1 are local: a batch of planes is an array [outer][n_j][inner] for each of them, and
 * one product works on it from one scratch buffer to the other. Axis 0 goes through the exchange.
 */
#define _GNU_SOURCE /* RTLD_DEFAULT */
#include "heat_impl.h"
#include "grid/planes.h"
#include "grid/exchange.h"
#include <cblas.h>
#include <dlfcn.h>
#include <stdlib.h>

#define BATCH_CELLS                                                                                \
  65536                  /* of a batch of planes: big enough for BLAS-3, small enough for cache    \
                          */
#define LINE_COLUMNS 192 /* lines of axis 0 multiplied at once */

struct _n_OttoDense {
  const OttoGridInfo *g;
  const OttoKernelTables *kernel;
  PetscReal *factor[OTTO_MAX_DIM][2]; /* [n][n], row = output: K, and the derivative last used */
  PetscReal t[OTTO_MAX_DIM][2];       /* the time each is for */
  PetscInt order[OTTO_MAX_DIM];       /* of the derivative */
  OttoExchange exchange;
  PetscInt64 batch; /* planes */
  PetscReal *scratch[2];
  size_t bytes;
};

/* One thread a rank, unless the user says otherwise; a warning, once, where the BLAS is the
 * reference one: the exact kernels are some ten times slower with it. */
static PetscErrorCode PrepareBLAS(MPI_Comm comm)
{
  static PetscBool done = PETSC_FALSE;

  PetscFunctionBegin;
  if (done) PetscFunctionReturn(0);
  done = PETSC_TRUE;
  void (*set_threads)(int);
  *(void **)&set_threads = dlsym(RTLD_DEFAULT, "openblas_set_num_threads");
  if (set_threads && !getenv("OPENBLAS_NUM_THREADS")) set_threads(1);
  if (!dlsym(RTLD_DEFAULT, "openblas_get_config") && !dlsym(RTLD_DEFAULT, "MKL_Get_Version") &&
      !dlsym(RTLD_DEFAULT, "bli_info_get_version_str")) {
    PetscMPIInt rank;
    PetscCallMPI(MPI_Comm_rank(comm, &rank));
    if (rank == 0)
      PetscCall(PetscFPrintf(PETSC_COMM_SELF, PETSC_STDERR,
                             "otto: the BLAS in use seems to be the reference one; the exact heat "
                             "kernels are about ten times slower with it than with OpenBLAS\n"));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode Allocate(OttoDense d)
{
  const OttoGridInfo *g = d->g;

  PetscFunctionBegin;
  d->batch = PetscMax(
      1, PetscMin(BATCH_CELLS / OttoGridPlanes(g).cells, PetscMax(1, OttoGridPlanes(g).count)));
  const PetscInt64 line_cells = g->n[0] * LINE_COLUMNS;
  const PetscInt64 size = PetscMax(d->batch * OttoGridPlanes(g).cells, line_cells);
  PetscCall(PetscMalloc2(size, &d->scratch[0], d->batch * OttoGridPlanes(g).cells, &d->scratch[1]));
  d->bytes += (size_t)(size + d->batch * OttoGridPlanes(g).cells) * sizeof(PetscReal);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDenseCreate(OttoGrid grid, const OttoKernelTables *kernel, OttoDense *dense)
{
  OttoDense d;

  PetscFunctionBegin;
  PetscCall(PetscNew(&d));
  *dense = d;
  d->g = OttoGridGetInfo(grid);
  d->kernel = kernel;
  PetscCall(PrepareBLAS(d->g->comm));
  PetscCall(OttoAgree(d->g->comm, Allocate(d)));
  PetscCall(
      OttoExchangeCreate(d->g->comm, d->g->cuts[0], OttoGridPlanes(d->g).cells, 1, &d->exchange));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDenseDestroy(OttoDense *dense)
{
  OttoDense d = *dense;

  PetscFunctionBegin;
  if (!d) PetscFunctionReturn(0);
  for (PetscInt j = 0; j < OTTO_MAX_DIM; j++)
    for (PetscInt i = 0; i < 2; i++) PetscCall(PetscFree(d->factor[j][i]));
  PetscCall(PetscFree2(d->scratch[0], d->scratch[1]));
  PetscCall(OttoExchangeDestroy(&d->exchange));
  PetscCall(PetscFree(*dense));
  PetscFunctionReturn(0);
}

size_t OttoDenseBytes(OttoDense dense)
{
  return sizeof *dense + dense->bytes + OttoExchangeBytes(dense->exchange);
}

/* factor(i, j) = K(i - j), plus its mirror image K(i + j + 1) on a no-flux axis. */
static PetscErrorCode FillFactor(const OttoKernelTable *table, PetscInt order, PetscReal factor[])
{
  const PetscInt64 n = table->n;
  const PetscReal sign = order == 1 ? -1 : 1;
  PetscReal *k;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(table->inputs, &k));
  for (PetscInt64 m = 0; m < table->inputs; m++) k[m] = (PetscReal)OttoKernelSum(table, order, m);
  for (PetscInt64 i = 0; i < n; i++) {
    PetscReal *row = factor + i * n;
    for (PetscInt64 j = 0; j <= i; j++) row[j] = k[i - j];
    for (PetscInt64 j = i + 1; j < n; j++) row[j] = sign * k[j - i];
    if (table->inputs > n)
      for (PetscInt64 j = 0; j < n; j++) row[j] += k[i + j + 1];
  }
  PetscCall(PetscFree(k));
  PetscFunctionReturn(0);
}

/* The factor of an axis for the kernel's present time; axes alike share it. Not collective. */
static PetscErrorCode Factor(OttoDense d, PetscInt axis, PetscInt order, const PetscReal **factor)
{
  const PetscInt j = d->kernel->like[axis], slot = order > 0;
  const OttoKernelTable *table = &d->kernel->axis[j];
  const size_t count = (size_t)(table->n * table->n);

  PetscFunctionBegin;
  if (!d->factor[j][slot]) {
    PetscCall(PetscMalloc1(count, &d->factor[j][slot]));
    d->bytes += count * sizeof(PetscReal);
  }
  if (d->t[j][slot] != d->kernel->t || (slot && d->order[j] != order)) {
    PetscCall(FillFactor(table, order, d->factor[j][slot]));
    d->t[j][slot] = d->kernel->t;
    if (slot) d->order[j] = order;
  }
  *factor = d->factor[j][slot];
  PetscFunctionReturn(0);
}

/* out = factor along the middle index of in[outer][n][inner]. */
static void Multiply(PetscInt64 outer, PetscInt64 n, PetscInt64 inner, const PetscReal factor[],
                     const PetscReal in[], PetscReal out[])
{
  const int m = (int)n, w = (int)inner;

  if (inner == 1) {
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)outer, m, m, 1, in, m, factor, m, 0,
                out, m);
    return;
  }
  for (PetscInt64 a = 0; a < outer; a++)
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, w, m, 1, factor, m,
                in + a * n * inner, w, 0, out + a * n * inner, w);
}

/* Axis 0 of the lines in the exchange, in place. */
static void MultiplyLines(OttoDense d, const PetscReal factor[], PetscReal lines[],
                          PetscInt64 stride)
{
  const PetscInt64 n = d->g->n[0];
  PetscInt64 first, count;

  OttoExchangeColumns(d->exchange, &first, &count);
  for (PetscInt64 at = 0; at < count; at += LINE_COLUMNS) {
    const PetscInt64 width = PetscMin(LINE_COLUMNS, count - at);
    for (PetscInt64 i = 0; i < n; i++)
      for (PetscInt64 c = 0; c < width; c++)
        d->scratch[0][i * width + c] = lines[i * stride + at + c];
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)n, (int)width, (int)n, 1, factor,
                (int)n, d->scratch[0], (int)width, 0, lines + at, (int)stride);
  }
}

PetscErrorCode OttoDenseApply(OttoDense dense, PetscInt axis, PetscInt order, PetscReal scale,
                              const PetscReal in[], PetscReal out[])
{
  const OttoGridInfo *g = dense->g;
  const PetscReal *factor[OTTO_MAX_DIM] = {NULL};
  PetscReal *lines;
  PetscInt64 stride;

  PetscFunctionBegin;
  PetscErrorCode code = 0;
  for (PetscInt j = 0; j < g->dim && !code; j++)
    code = Factor(dense, j, j == axis ? order : 0, &factor[j]);
  PetscCall(OttoAgree(g->comm, code));
  for (PetscInt64 plane = 0; plane < OttoGridPlanes(g).count; plane += dense->batch) {
    const PetscInt64 planes = PetscMin(dense->batch, OttoGridPlanes(g).count - plane),
                     cells = planes * OttoGridPlanes(g).cells;
    PetscReal *from = dense->scratch[0], *to = dense->scratch[1];
    PetscInt64 inner = 1;
    for (PetscInt64 c = 0; c < cells; c++)
      from[c] = scale * in[plane * OttoGridPlanes(g).cells + c];
    for (PetscInt j = g->dim - 1; j > 0; j--) {
      Multiply(cells / (g->n[j] * inner), g->n[j], inner, factor[j], from, to);
      inner *= g->n[j];
      PetscReal *swap = from;
      from = to;
      to = swap;
    }
    for (PetscInt64 i = 0; i < planes; i++)
      OttoExchangePack(dense->exchange, plane + i, from + i * OttoGridPlanes(g).cells);
  }
  PetscCall(OttoExchangeToLines(dense->exchange));
  lines = OttoExchangeLines(dense->exchange, &stride);
  MultiplyLines(dense, factor[0], lines, stride);
  PetscCall(OttoExchangeToPlanes(dense->exchange));
  for (PetscInt64 i = 0; i < OttoGridPlanes(g).count; i++)
    OttoExchangeUnpack(dense->exchange, i, out + i * OttoGridPlanes(g).cells);
  PetscFunctionReturn(0);
}
