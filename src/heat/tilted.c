/*
 * The logarithmic path of the exact kernels, where K spans more than the range of a double: the
 * field is carried as log p, the same products are taken by tilted blocks (MATHEMATICS 6.3).
 *
 * An axis is cut into blocks of b cells. For an output block and an input block whose centres are Δ
 * apart, with a and c the offsets from the centres, log k(Δ + a - c) is nearly linear in a - c:
 *
 *     k(Δ + a - c) = exp(scale) · exp(-tilt·a) · M(a - c) · exp(+tilt·c),   M between exp(-250) and
 * 1,
 *
 * so the input block is tilted, its maximum taken out, multiplied by the b×b matrix M, and added to
 * an accumulator that has its own logarithmic scale in every cell. The largest b ≤ 64 is used for
 * which every M stays above exp(-250); b = 1 always does. Images (periodic, no-flux) are further
 * blocks; one that is everywhere below exp(-50) of a nearer image of the same pair is left out.
 *
 * Scales and tilts are rounded to 1/64 and maxima to whole numbers: sums of them are then exact, M
 * takes up the difference, and log p is rounded once an axis, whatever its magnitude.
 *
 * Means (scores, rates): each cell also carries E, the conditional mean of k'/k or k''/k gathered
 * so far; p·E goes through the same blocks with the same tilts and scales, and E is a quotient.
 */
#define _GNU_SOURCE /* RTLD_DEFAULT */
#include "heat_impl.h"
#include "grid/planes.h"
#include "grid/exchange.h"
#include <cblas.h>
#include <dlfcn.h>
#include <math.h>
#include <stdlib.h>

#define RANGE_MAX 250 /* of log M */
#define NEGLIGIBLE 50 /* contributions below exp(-50) of another one are left out */
#define COLUMNS 64    /* lines worked on together */

/* One matrix M, with the distance, tilt and scale that belong to it. */
typedef struct {
  PetscInt64 delta;
  PetscReal tilt, scale;
  PetscReal *m[2]; /* [b][b]: M, and M·(k'/k or k''/k) */
} Tile;

/* The tiles of one axis at one time: those of block distance s (output block - input block) are
 * tile[first[s + inputs - 1]] up to the next first. */
typedef struct {
  PetscReal t;
  PetscInt order;                /* of the derivative in m[1] */
  PetscInt64 b, outputs, inputs; /* blocks */
  PetscReal range;               /* of log M, the largest */
  PetscInt64 *first, count;
  Tile *tile;
  PetscReal *storage;
  size_t bytes;
} Axis;

struct _n_OttoTilted {
  const OttoGridInfo *g;
  const OttoKernelTables *kernel;
  Axis axis[OTTO_MAX_DIM];
  OttoExchange exchange[2]; /* log p alone; log p and E interleaved */
  PetscReal *work;          /* the arrays of Chunk */
  size_t bytes;
};

/* COLUMNS lines of one axis side by side: [cell][COLUMNS]. */
typedef struct {
  PetscBool has_mean;                   /* E given */
  PetscBool gathers;                    /* this axis adds k'/k or k''/k */
  PetscReal *logs, *mean;               /* in: [table inputs] */
  PetscReal *scale, *weight, *weighted; /* out: p = weight·exp(scale), p·E = weighted·exp(scale) */
  PetscReal *u, *ue, *y, *ye;           /* [b]: one block in, one out */
} Chunk;

static PetscErrorCode AllocateWork(OttoTilted s)
{
  PetscInt64 cells = 0;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < s->g->dim; j++) {
    const OttoKernelTable *table = &s->kernel->axis[s->kernel->like[j]];
    cells = PetscMax(cells, 2 * table->inputs + 3 * table->n);
  }
  cells += 4 * OTTO_BLOCK_MAX;
  PetscCall(PetscMalloc1(cells * COLUMNS, &s->work));
  s->bytes += (size_t)(cells * COLUMNS) * sizeof(PetscReal);
  PetscFunctionReturn(0);
}

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
      PetscCall(PetscFPrintf(
          PETSC_COMM_SELF, PETSC_STDERR,
          "otto: the BLAS in use seems to be the reference one; the exact heat "
          "kernels are slower with it, where they take logarithms, than with OpenBLAS\n"));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTiltedCreate(OttoGrid grid, const OttoKernelTables *kernel, OttoTilted *tilted)
{
  PetscFunctionBegin;
  PetscCall(PetscNew(tilted));
  (*tilted)->g = OttoGridGetInfo(grid);
  (*tilted)->kernel = kernel;
  PetscCall(PrepareBLAS((*tilted)->g->comm));
  PetscFunctionReturn(0);
}

static PetscErrorCode DestroyTiles(Axis *x)
{
  PetscFunctionBegin;
  PetscCall(PetscFree3(x->first, x->tile, x->storage));
  x->bytes = 0;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTiltedDestroy(OttoTilted *tilted)
{
  OttoTilted s = *tilted;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(0);
  for (PetscInt j = 0; j < OTTO_MAX_DIM; j++) PetscCall(DestroyTiles(&s->axis[j]));
  for (PetscInt i = 0; i < 2; i++) PetscCall(OttoExchangeDestroy(&s->exchange[i]));
  PetscCall(PetscFree(s->work));
  PetscCall(PetscFree(*tilted));
  PetscFunctionReturn(0);
}

size_t OttoTiltedBytes(OttoTilted tilted)
{
  size_t bytes = sizeof *tilted + tilted->bytes;

  for (PetscInt j = 0; j < OTTO_MAX_DIM; j++) bytes += tilted->axis[j].bytes;
  for (PetscInt i = 0; i < 2; i++)
    if (tilted->exchange[i]) bytes += OttoExchangeBytes(tilted->exchange[i]);
  return bytes;
}

static long double LogK(const OttoKernelTable *table, PetscInt64 m)
{
  return table->log_k[m < 0 ? -m : m];
}

/* Whether blocks at distance `near` + image·period matter beside the pair's nearest image. */
static PetscBool Matters(const OttoKernelTable *table, PetscInt64 b, PetscInt64 near,
                         PetscInt64 image)
{
  if (!table->images) return PETSC_TRUE;
  for (PetscInt64 m = near - (b - 1); m <= near + (b - 1); m++) {
    const PetscInt64 r = (m % table->period + table->period) % table->period;
    const PetscInt64 nearest = PetscMin(r, table->period - r);
    if (LogK(table, m + image * table->period) >= LogK(table, nearest) - NEGLIGIBLE)
      return PETSC_TRUE;
  }
  return PETSC_FALSE;
}

/* Tilt and scale of a block pair, from the chord of log k; returns the range of log M. */
static PetscReal FitTile(const OttoKernelTable *table, PetscInt64 b, Tile *tile)
{
  const PetscInt64 w = b - 1, delta = tile->delta;
  long double slope = 0, most = -INFINITY, least = INFINITY;

  if (w) slope = (LogK(table, delta + w) - LogK(table, delta - w)) / (long double)(2 * w);
  tile->tilt = rint(-64 * (PetscReal)slope) / 64;
  for (PetscInt64 m = -w; m <= w; m++) {
    const long double rest = LogK(table, delta + m) + (long double)tile->tilt * (long double)m;
    most = rest > most ? rest : most;
    least = rest < least ? rest : least;
  }
  tile->scale = rint(64 * (PetscReal)most) / 64;
  return (PetscReal)(most - least);
}

/* Counts the tiles for blocks of b cells, or lists them where x->tile is there; largest range. */
static PetscInt64 ListTiles(const OttoKernelTable *table, PetscInt64 b, Axis *x)
{
  PetscInt64 count = 0;

  x->b = b;
  x->outputs = (table->n + b - 1) / b;
  x->inputs = (table->inputs + b - 1) / b;
  x->range = 0;
  for (PetscInt64 s = 1 - x->inputs; s < x->outputs; s++) {
    if (x->tile) x->first[s + x->inputs - 1] = count;
    for (PetscInt64 image = -table->images; image <= table->images; image++) {
      Tile tile = {.delta = s * b + image * table->period};
      if (!Matters(table, b, s * b, image)) continue;
      x->range = PetscMax(x->range, FitTile(table, b, &tile));
      if (x->tile) {
        tile.m[0] = x->storage + 2 * count * b * b;
        tile.m[1] = tile.m[0] + b * b;
        x->tile[count] = tile;
      }
      count++;
    }
  }
  if (x->tile) x->first[x->outputs + x->inputs - 1] = count;
  return count;
}

/* M, a Toeplitz matrix, and its product with the derivative's ratio. */
static void FillTile(const OttoKernelTable *table, PetscInt order, PetscInt64 b, const Tile *tile)
{
  const long double *ratio = order == 1 ? table->slope : table->curvature;
  PetscReal values[2][2 * OTTO_BLOCK_MAX];

  for (PetscInt64 m = 1 - b; m < b; m++) {
    const PetscInt64 at = tile->delta + m, away = at < 0 ? -at : at;
    const long double value = expl(table->log_k[away] + (long double)tile->tilt * (long double)m -
                                   (long double)tile->scale);
    const long double r = order ? (at < 0 && order == 1 ? -ratio[away] : ratio[away]) : 0;
    values[0][m + b - 1] = (PetscReal)value;
    values[1][m + b - 1] = (PetscReal)(value * r);
  }
  for (PetscInt64 a = 0; a < b; a++) {
    for (PetscInt64 c = 0; c < b; c++) {
      tile->m[0][a * b + c] = values[0][a - c + b - 1];
      tile->m[1][a * b + c] = values[1][a - c + b - 1];
    }
  }
}

/* The tiles of an axis for the kernel's present time. Not collective. */
static PetscErrorCode PrepareAxis(OttoTilted s, PetscInt axis, PetscInt order, Axis **tiles)
{
  static const PetscInt64 sizes[] = {OTTO_BLOCK_MAX, 48, 32, 24, 16, 12, 8, 6, 4, 3, 2, 1};
  const OttoKernelTable *table = &s->kernel->axis[s->kernel->like[axis]];
  Axis *x = &s->axis[s->kernel->like[axis]];

  PetscFunctionBegin;
  *tiles = x;
  if (x->t == s->kernel->t && (!order || x->order == order)) PetscFunctionReturn(0);
  if (x->t != s->kernel->t) {
    PetscCall(DestroyTiles(x));
    for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(sizes); i++) {
      if (sizes[i] > table->n && sizes[i] > 1) continue;
      x->count = ListTiles(table, sizes[i], x);
      if (x->range <= RANGE_MAX) break;
    }
    const PetscInt64 distances = x->outputs + x->inputs, reals = 2 * x->count * x->b * x->b;
    PetscCall(PetscMalloc3(distances, &x->first, x->count, &x->tile, reals, &x->storage));
    x->bytes = (size_t)distances * sizeof *x->first + (size_t)x->count * sizeof *x->tile +
               (size_t)reals * sizeof(PetscReal);
    (void)ListTiles(table, x->b, x);
  }
  for (PetscInt64 i = 0; i < x->count; i++) FillTile(table, order, x->b, &x->tile[i]);
  x->t = s->kernel->t;
  x->order = order;
  PetscFunctionReturn(0);
}

/* Maximum of the tilted input block in every column, as a whole number (-inf for a block of zeros).
 */
static void TiltedMaxima(const Chunk *k, const Axis *x, const Tile *tile, PetscInt64 row,
                         PetscInt64 rows, PetscReal most[])
{
  for (PetscInt q = 0; q < COLUMNS; q++) most[q] = -INFINITY;
  for (PetscInt64 c = 0; c < rows; c++) {
    const PetscReal *logs = k->logs + (row + c) * COLUMNS;
    const PetscReal tilt = tile->tilt * ((PetscReal)c - (PetscReal)(x->b - 1) / 2);
    for (PetscInt q = 0; q < COLUMNS; q++)
      most[q] = logs[q] + tilt > most[q] ? logs[q] + tilt : most[q];
  }
  for (PetscInt q = 0; q < COLUMNS; q++) most[q] = rint(most[q]);
}

/* Whether any cell of the output block could notice what exp(scale) brings. M ≥ exp(-range), so a
 * cell's weight is never below exp(-range - 1/2): nothing is lost that mattered. */
static PetscBool Noticed(const Chunk *k, const Axis *x, const Tile *tile, PetscInt64 row,
                         PetscInt64 rows, const PetscReal most[])
{
  const PetscReal cut = x->range + NEGLIGIBLE + 10; /* 10: log of b, rounding of the maxima */
  int noticed = 0;

  for (PetscInt64 a = 0; a < rows && !noticed; a++) {
    const PetscReal *scale = k->scale + (row + a) * COLUMNS;
    const PetscReal base = tile->scale - tile->tilt * ((PetscReal)a - (PetscReal)(x->b - 1) / 2);
    for (PetscInt q = 0; q < COLUMNS; q++) noticed |= base + most[q] > scale[q] - cut;
  }
  return noticed ? PETSC_TRUE : PETSC_FALSE;
}

/* Adds y·exp(add) to the accumulator of a row of cells; whichever scale is larger is kept. */
static void Accumulate(Chunk *k, PetscInt64 row, PetscReal cut, PetscReal base,
                       const PetscReal most[], const PetscReal y[], const PetscReal ye[])
{
  PetscReal *scale = k->scale + row * COLUMNS, *weight = k->weight + row * COLUMNS;
  PetscReal *weighted = k->weighted + row * COLUMNS;

  for (PetscInt q = 0; q < COLUMNS; q++) {
    const PetscReal add = base + most[q], up = add - scale[q];
    if (!(add > scale[q] - cut)) continue; /* also where both are -inf */
    if (up <= 0) {
      const PetscReal f = exp(up);
      weight[q] += f * y[q];
      if (ye) weighted[q] += f * ye[q];
    } else {
      const PetscReal f = exp(-up);
      weight[q] = f * weight[q] + y[q];
      if (ye) weighted[q] = f * weighted[q] + ye[q];
      scale[q] = add;
    }
  }
}

static void Product(PetscInt64 rows, PetscInt64 inner, PetscInt64 b, const PetscReal m[],
                    const PetscReal u[], PetscReal beta, PetscReal y[])
{
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)rows, COLUMNS, (int)inner, 1, m,
              (int)b, u, COLUMNS, beta, y, COLUMNS);
}

/* The contribution of one input block (from row `in` on) to one output block (from row `out` on).
 */
static void AddTile(Chunk *k, const Axis *x, const Tile *tile, PetscInt64 out, PetscInt64 outs,
                    PetscInt64 in, PetscInt64 ins)
{
  PetscReal most[COLUMNS];
  const PetscReal centre = (PetscReal)(x->b - 1) / 2, cut = x->range + NEGLIGIBLE + 10;

  TiltedMaxima(k, x, tile, in, ins, most);
  if (!Noticed(k, x, tile, out, outs, most)) return;
  for (PetscInt64 c = 0; c < ins; c++) {
    const PetscReal *logs = k->logs + (in + c) * COLUMNS, *mean = k->mean + (in + c) * COLUMNS;
    const PetscReal tilt = tile->tilt * ((PetscReal)c - centre);
    PetscReal *u = k->u + c * COLUMNS, *ue = k->ue + c * COLUMNS;
    for (PetscInt q = 0; q < COLUMNS; q++)
      u[q] = logs[q] > -INFINITY ? exp(logs[q] + (tilt - most[q])) : 0;
    for (PetscInt q = 0; q < COLUMNS && k->has_mean; q++) ue[q] = u[q] * mean[q];
  }
  Product(outs, ins, x->b, tile->m[0], k->u, 0, k->y);
  if (k->has_mean) Product(outs, ins, x->b, tile->m[0], k->ue, 0, k->ye);
  if (k->gathers) Product(outs, ins, x->b, tile->m[1], k->u, k->has_mean ? 1 : 0, k->ye);
  for (PetscInt64 a = 0; a < outs; a++)
    Accumulate(k, out + a, cut, tile->scale - tile->tilt * ((PetscReal)a - centre), most,
               k->y + a * COLUMNS, k->has_mean || k->gathers ? k->ye + a * COLUMNS : NULL);
}

/* Logs and means of a chunk → scale, weight, weighted. */
static void MultiplyChunk(Chunk *k, const Axis *x, const OttoKernelTable *table)
{
  for (PetscInt64 i = 0; i < table->n * COLUMNS; i++) {
    k->scale[i] = -INFINITY;
    k->weight[i] = k->weighted[i] = 0;
  }
  for (PetscInt64 o = 0; o < x->outputs; o++) {
    const PetscInt64 outs = PetscMin(x->b, table->n - o * x->b);
    for (PetscInt64 step = 0; step < x->inputs;
         step++) { /* the nearest block first: it is largest */
      const PetscInt64 i = (o + step) % x->inputs, s = o - i + x->inputs - 1;
      const PetscInt64 ins = PetscMin(x->b, table->inputs - i * x->b);
      for (PetscInt64 tile = x->first[s]; tile < x->first[s + 1]; tile++)
        AddTile(k, x, &x->tile[tile], o * x->b, outs, i * x->b, ins);
    }
  }
}

/* Lines of one axis in memory: cell i of line (a, b) is at a·outer_stride + b·inner_stride +
 * i·stride. */
typedef struct {
  PetscInt64 outer, inner;
  PetscInt64 outer_stride, inner_stride, stride;
  PetscReal *logs, *mean; /* mean NULL where none is carried */
} Lines;

static void Gather(const Lines *l, const OttoKernelTable *table, PetscInt64 line, PetscInt64 count,
                   Chunk *k)
{
  const PetscInt64 n = table->n;

  for (PetscInt q = 0; q < COLUMNS; q++) {
    const PetscInt64 a = (line + q) / l->inner, b = (line + q) % l->inner;
    const PetscInt64 at = a * l->outer_stride + b * l->inner_stride;
    for (PetscInt64 i = 0; i < n; i++) {
      k->logs[i * COLUMNS + q] = q < count ? l->logs[at + i * l->stride] : -INFINITY;
      k->mean[i * COLUMNS + q] = q < count && k->has_mean ? l->mean[at + i * l->stride] : 0;
    }
  }
  for (PetscInt64 i = n; i < table->inputs; i++) { /* the mirror image beyond a no-flux face */
    const PetscInt64 source = table->inputs - 1 - i;
    (void)PetscArraycpy(k->logs + i * COLUMNS, k->logs + source * COLUMNS, COLUMNS);
    (void)PetscArraycpy(k->mean + i * COLUMNS, k->mean + source * COLUMNS, COLUMNS);
  }
}

static void Scatter(const Chunk *k, PetscInt64 n, PetscInt64 line, PetscInt64 count, const Lines *l)
{
  for (PetscInt q = 0; q < count; q++) {
    const PetscInt64 a = (line + q) / l->inner, b = (line + q) % l->inner;
    const PetscInt64 at = a * l->outer_stride + b * l->inner_stride;
    for (PetscInt64 i = 0; i < n; i++) {
      const PetscReal weight = k->weight[i * COLUMNS + q];
      l->logs[at + i * l->stride] =
          weight > 0 ? k->scale[i * COLUMNS + q] + log(weight) : -INFINITY;
      if (l->mean)
        l->mean[at + i * l->stride] = weight > 0 ? k->weighted[i * COLUMNS + q] / weight : 0;
    }
  }
}

static void MultiplyLines(OttoTilted s, PetscInt axis, const Axis *x, PetscBool has_mean,
                          PetscBool gathers, const Lines *l)
{
  const OttoKernelTable *table = &s->kernel->axis[s->kernel->like[axis]];
  Chunk k = {.has_mean = has_mean, .gathers = gathers};
  PetscReal *at = s->work;

  k.logs = at, at += table->inputs * COLUMNS;
  k.mean = at, at += table->inputs * COLUMNS;
  k.scale = at, at += table->n * COLUMNS;
  k.weight = at, at += table->n * COLUMNS;
  k.weighted = at, at += table->n * COLUMNS;
  k.u = at, at += OTTO_BLOCK_MAX * COLUMNS;
  k.ue = at, at += OTTO_BLOCK_MAX * COLUMNS;
  k.y = at, at += OTTO_BLOCK_MAX * COLUMNS;
  k.ye = at;
  const PetscInt64 lines = l->outer * l->inner;
  for (PetscInt64 line = 0; line < lines; line += COLUMNS) {
    const PetscInt64 count = PetscMin(COLUMNS, lines - line);
    Gather(l, table, line, count, &k);
    MultiplyChunk(&k, x, table);
    Scatter(&k, table->n, line, count, l);
  }
}

/* Axis 0: planes → lines → product → planes. */
static PetscErrorCode MultiplyFirstAxis(OttoTilted s, const Axis *x, PetscBool has_mean,
                                        PetscBool gathers, PetscReal logs[], PetscReal mean[])
{
  const OttoGridInfo *g = s->g;
  const PetscInt width = mean ? 2 : 1;
  OttoExchange *e = &s->exchange[width - 1];
  PetscReal *lines, *row;
  PetscInt64 stride, first, columns;

  PetscFunctionBegin;
  if (!*e) PetscCall(OttoExchangeCreate(g->comm, g->cuts[0], OttoGridPlanes(g).cells, width, e));
  PetscCall(OttoAgree(g->comm, PetscMalloc1(width * OttoGridPlanes(g).cells, &row)));
  for (PetscInt64 i = 0; i < OttoGridPlanes(g).count; i++) {
    for (PetscInt64 c = 0; c < OttoGridPlanes(g).cells; c++) {
      row[width * c] = logs[i * OttoGridPlanes(g).cells + c];
      if (mean) row[width * c + 1] = has_mean ? mean[i * OttoGridPlanes(g).cells + c] : 0;
    }
    OttoExchangePack(*e, i, row);
  }
  PetscCall(OttoExchangeToLines(*e));
  lines = OttoExchangeLines(*e, &stride);
  OttoExchangeColumns(*e, &first, &columns);
  const Lines l = {.outer = 1,
                   .inner = columns,
                   .inner_stride = width,
                   .stride = stride,
                   .logs = lines,
                   .mean = mean ? lines + 1 : NULL};
  MultiplyLines(s, 0, x, has_mean, gathers, &l);
  PetscCall(OttoExchangeToPlanes(*e));
  for (PetscInt64 i = 0; i < OttoGridPlanes(g).count; i++) {
    OttoExchangeUnpack(*e, i, row);
    for (PetscInt64 c = 0; c < OttoGridPlanes(g).cells; c++) {
      logs[i * OttoGridPlanes(g).cells + c] = row[width * c];
      if (mean) mean[i * OttoGridPlanes(g).cells + c] = row[width * c + 1];
    }
  }
  PetscCall(PetscFree(row));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTiltedApply(OttoTilted s, PetscInt axis, PetscInt order, PetscReal logs[],
                               PetscReal mean[])
{
  const OttoGridInfo *g = s->g;
  Axis *x[OTTO_MAX_DIM];
  PetscBool has_mean = PETSC_FALSE;
  PetscInt64 inner = 1;

  PetscFunctionBegin;
  PetscErrorCode code = s->work ? 0 : AllocateWork(s);
  for (PetscInt j = 0; j < g->dim && !code; j++) code = PrepareAxis(s, j, order, &x[j]);
  PetscCall(OttoAgree(g->comm, code));
  for (PetscInt j = g->dim - 1; j >= 0; j--) {
    const PetscBool gathers = order && (axis == j || axis < 0) ? PETSC_TRUE : PETSC_FALSE;
    PetscReal *carried = has_mean || gathers ? mean : NULL;
    if (j) {
      const PetscInt64 n = g->n[j];
      const Lines l = {.outer = g->local_cells / (n * inner),
                       .inner = inner,
                       .outer_stride = n * inner,
                       .inner_stride = 1,
                       .stride = inner,
                       .logs = logs,
                       .mean = carried};
      MultiplyLines(s, j, x[j], has_mean, gathers, &l);
      inner *= n;
    } else {
      PetscCall(MultiplyFirstAxis(s, x[0], has_mean, gathers, logs, carried));
    }
    if (gathers) has_mean = PETSC_TRUE;
  }
  PetscFunctionReturn(0);
}
