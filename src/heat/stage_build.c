#include "stage_build.h"
#include <math.h>
#include <stdint.h>

/* Smaller entries are 0: denormals are slow, and nothing is lost while results are 1e-250 of the
 * largest. */
#define SMALLEST 1e-300L

/* Steps are quotients of cells: places that should be whole numbers are so to this. */
#define ROUNDED 1e-9

/* ---- kernels ---- */

static PetscErrorCode Fill(OttoLineKernel *k, PetscInt64 inputs, PetscInt64 period, PetscReal h)
{
  const PetscInt64 most = inputs + OttoKernelImages(period) * period + OTTO_BLOCK_MAX;
  OttoKernelTable *table = &k->table;

  PetscFunctionBegin;
  *table = (OttoKernelTable){.n = inputs,
                             .inputs = inputs,
                             .period = period,
                             .h = h,
                             .odd_even = k->lattice ? PETSC_FALSE : PETSC_TRUE};
  PetscCall(PetscMalloc1(most, &table->log_k));
  if (table->odd_even) PetscCall(PetscMalloc2(most, &table->slope, most, &table->curvature));
  k->fill(table, k->tau);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoLineKernelCreate(PetscBool lattice, OttoKernelFill fill, PetscReal tau,
                                    PetscInt64 length, OttoLineKernel *k)
{
  PetscFunctionBegin;
  *k = (OttoLineKernel){.lattice = lattice, .fill = fill, .tau = tau, .spacing = 1, .scale = 1};
  k->log_norm = -logl(4 * acosl(-1.0L) * (long double)tau) / 2;
  if (lattice) PetscCall(Fill(k, length + 1, 0, 1));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoLineKernelCreateSum(PetscBool lattice, OttoKernelFill fill, PetscReal tau,
                                       PetscInt64 period, PetscReal spacing, OttoLineKernel *k)
{
  const PetscInt64 cells = lattice ? period * (PetscInt64)spacing : period;

  PetscFunctionBegin;
  *k = (OttoLineKernel){.lattice = lattice,
                        .fill = fill,
                        .tau = tau,
                        .period = period,
                        .spacing = spacing,
                        .scale = 1};
  PetscCall(Fill(k, cells, cells, lattice ? 1 : spacing));
  if (!lattice) k->scale = 1 / spacing; /* its table has the factor already */
  PetscFunctionReturn(0);
}

PetscErrorCode OttoLineKernelDestroy(OttoLineKernel *k)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(k->table.log_k));
  if (k->table.slope) PetscCall(PetscFree2(k->table.slope, k->table.curvature));
  PetscFunctionReturn(0);
}

long double OttoLineKernelLog(const OttoLineKernel *k, long double x)
{
  const long double tau = (long double)k->tau;

  if (!k->lattice) return k->log_norm - x * x / (4 * tau);
  const PetscInt64 m = (PetscInt64)llrintl(fabsl(x));
  return m < k->table.length ? k->table.log_k[m] : (long double)-INFINITY;
}

/* log of the Gaussian's sum over images P apart at any x: of the images, or of the dual where the
 * nearest of them is not much larger. *ratio: its derivative of given order over it. */
static long double LogOverImages(long double tau, PetscInt order, long double P, long double x,
                                 long double *ratio)
{
  const long double pi = acosl(-1.0L);
  long double sum = 1, derived = 0;

  if (4 * pi * tau > P * P) {
    for (PetscInt64 s = 1;; s++) {
      const long double k = 2 * pi * (long double)s / P, decay = tau * k * k;
      if (decay > 80 + 2 * logl((long double)s)) break;
      sum += 2 * expl(-decay) * cosl(k * x);
      derived += 2 * expl(-decay) * (order == 1 ? -k * sinl(k * x) : -k * k * cosl(k * x));
    }
    *ratio = order ? derived / sum : 1;
    return logl(sum / P);
  }
  x -= P * rintl(x / P);
  sum = 0;
  for (PetscInt64 s = OttoKernelImages((PetscInt64)P); s >= 0; s--)
    for (int side = 0; side < (s ? 2 : 1); side++) {
      const long double y = x + (side ? 1 : -1) * (long double)s * P;
      const long double weight = expl((x - y) * (x + y) / (4 * tau));
      sum += weight;
      derived += weight * (order == 1 ? -y / (2 * tau) : (y * y / (2 * tau) - 1) / (2 * tau));
    }
  *ratio = order ? derived / sum : 1;
  return logl(sum) - x * x / (4 * tau) - logl(4 * pi * tau) / 2;
}

/* Of the differences that are alike the nearest; of two as near the upper. */
static long double Summed(const OttoLineKernel *k, long double x)
{
  const long double spacing = (long double)k->spacing, offset = (long double)k->offset;
  const PetscInt64 m = (PetscInt64)llrintl((x - offset) / spacing), a = m < 0 ? -m : m;
  long double ratio;

  if (2 * m > k->period || 2 * m <= -k->period) return 0;
  if (offset != 0) {
    const long double P = (long double)k->period * spacing;
    const long double value = LogOverImages((long double)k->tau, k->order, P, x, &ratio);
    return spacing * expl(value) * ratio;
  }
  const PetscInt64 at = k->lattice ? a * (PetscInt64)k->spacing : a;
  const long double sum = OttoKernelSum(&k->table, k->order, at);
  return m < 0 && k->order == 1 ? -sum : sum;
}

/* e^x to an ulp of a double, by the exponential of doubles: tables of rows have many entries. */
static long double Exponential(long double x)
{
  const double near = (double)x;

  if (!(near > -700)) return expl(x);
  return (long double)exp(near) * (1 + (x - (long double)near));
}

long double OttoLineKernelValue(const OttoLineKernel *k, long double x)
{
  const long double scale = (long double)k->scale, tau = (long double)k->tau;

  if (k->period) return scale * Summed(k, x);
  const long double log = OttoLineKernelLog(k, x);
  const long double value = scale * Exponential(log);
  if (k->order == 1) return -x / (2 * tau) * value;
  if (k->order == 2) return (x * x / (2 * tau) - 1) / (2 * tau) * value;
  return value;
}

long double OttoLineKernelLogValue(const OttoLineKernel *k, long double x, long double *ratio)
{
  const long double tau = (long double)k->tau, scale = logl((long double)k->scale);

  *ratio = 1;
  if (k->period) {
    const long double spacing = (long double)k->spacing, P = (long double)k->period * spacing;
    const PetscInt64 m = (PetscInt64)llrintl((x - (long double)k->offset) / spacing);
    const PetscInt64 a = m < 0 ? -m : m;
    if (2 * m > k->period || 2 * m <= -k->period) return (long double)-INFINITY;
    if (k->offset != 0) return scale + logl(spacing) + LogOverImages(tau, k->order, P, x, ratio);
    const PetscInt64 at = k->lattice ? a * (PetscInt64)k->spacing : a;
    const long double value = OttoKernelLogSum(&k->table, k->order, at, ratio);
    if (m < 0 && k->order == 1) *ratio = -*ratio;
    return scale + value;
  }
  if (k->order == 1) *ratio = -x / (2 * tau);
  if (k->order == 2) *ratio = (x * x / (2 * tau) - 1) / (2 * tau);
  return scale + OttoLineKernelLog(k, x);
}

/* ---- windows ---- */

/* Sources from the first of the window of targets one … other to its last. */
static void Window(const OttoStagePoints *targets, const OttoStagePoints *sources, PetscReal reach,
                   PetscInt64 one, PetscInt64 other, PetscInt64 *first, PetscInt64 *end)
{
  const PetscReal from = targets->step * (PetscReal)one + targets->start - reach;
  const PetscReal to = targets->step * (PetscReal)other + targets->start + reach;

  *first = (PetscInt64)floor((from - sources->start) / sources->step + ROUNDED);
  *end = (PetscInt64)ceil((to - sources->start) / sources->step - ROUNDED) + 1;
}

void OttoStageWindow(const OttoStagePart *part, PetscInt64 from, PetscInt64 to, PetscInt64 *first,
                     PetscInt64 *end)
{
  Window(&part->targets, &part->sources, part->reach, from, to, first, end);
  *first = (*first - (*first % OTTO_TILE + OTTO_TILE) % OTTO_TILE);
}

static PetscInt64 Tiles(const OttoStagePoints *targets, const OttoStagePoints *sources,
                        PetscReal reach)
{
  PetscInt64 first, end, most = 1;

  for (PetscInt64 block = 0; block * OTTO_TILE < targets->count; block++) {
    Window(targets, sources, reach, block * OTTO_TILE, block * OTTO_TILE + OTTO_TILE - 1, &first,
           &end);
    most = PetscMax(most, (end - first + OTTO_TILE - 1) / OTTO_TILE);
  }
  return most;
}

/* Whether windows that go round a closed line are folded into one turn. Among points as far apart
 * as the targets they are not: there most of a window is left out. */
static PetscBool Folds(const OttoStagePoints *targets, const OttoStagePoints *sources,
                       OttoStageEnds ends, PetscReal reach)
{
  if (ends == OTTO_ENDS_ZERO || targets->step == sources->step) return PETSC_FALSE;
  return OTTO_TILE * Tiles(targets, sources, reach) > sources->count ? PETSC_TRUE : PETSC_FALSE;
}

PetscInt64 OttoStageTiles(const OttoStagePoints *targets, const OttoStagePoints *sources,
                          OttoStageEnds ends, PetscReal reach)
{
  if (Folds(targets, sources, ends, reach)) return (sources->count + OTTO_TILE - 1) / OTTO_TILE;
  return Tiles(targets, sources, reach);
}

/* The last step within `reach` at which the kernel is above `least`; it falls with distance. */
static PetscInt64 Last(const OttoLineKernel *kernel, PetscReal step, PetscReal reach,
                       long double least)
{
  OttoLineKernel k = *kernel;
  PetscInt64 low = 0, high = (PetscInt64)ceil(reach / step) + 1;

  k.order = 0;
  while (high - low > 1) {
    const PetscInt64 middle = (low + high) / 2;
    if (OttoLineKernelValue(&k, (long double)step * (long double)middle) > least)
      low = middle;
    else
      high = middle;
  }
  return low;
}

static PetscReal Rounded(long double value)
{
  return fabsl(value) < SMALLEST ? 0 : (PetscReal)value;
}

static PetscReal Entry(const OttoLineKernel *kernel, const OttoStagePoints *targets,
                       const OttoStagePoints *sources, PetscInt64 a, PetscInt64 b)
{
  const long double x = (long double)targets->step * (long double)a + (long double)targets->start -
                        (long double)sources->step * (long double)b - (long double)sources->start;

  return Rounded(OttoLineKernelValue(kernel, x));
}

/* Of all images of source b that are `reach` away at most. */
static PetscReal Folded(const OttoLineKernel *kernel, const OttoStagePoints *targets,
                        const OttoStagePoints *sources, OttoStageEnds ends, PetscReal reach,
                        PetscInt64 a, PetscInt64 b)
{
  const long double at = (long double)targets->step * (long double)a + (long double)targets->start;
  const long double from =
      (long double)sources->step * (long double)b + (long double)sources->start;
  const long double line = (long double)sources->step * (long double)sources->count;
  const long double period = ends == OTTO_ENDS_EVEN ? 2 * line : line;
  long double sum = 0;

  for (int mirrored = 0; mirrored <= (ends == OTTO_ENDS_EVEN); mirrored++) {
    const long double x = at - (mirrored ? -1 - from : from);
    for (long double k = ceill((x - reach) / period); x - k * period >= -reach; k++)
      sum += OttoLineKernelValue(kernel, x - k * period);
  }
  return Rounded(sum);
}

static PetscBool IsInteger(PetscReal x)
{
  return x == rint(x) ? PETSC_TRUE : PETSC_FALSE;
}

/* One number a difference: both steps are integers. */
static PetscErrorCode FillDifferences(const OttoLineKernel *kernel, const OttoStagePoints *targets,
                                      const OttoStagePoints *sources, OttoStage *s)
{
  PetscReal step = targets->step, other = sources->step;
  PetscInt64 least = INT64_MAX, most = -INT64_MAX, width = OTTO_TILE * s->tiles;

  PetscFunctionBegin;
  if (step == other) step = other = 1;
  s->along = (PetscInt64)step;
  s->across = -(PetscInt64)other;
  for (PetscInt64 block = 0; block < s->blocks; block++) {
    const PetscInt64 at = s->along * OTTO_TILE * block + s->across * s->first[block];
    least = PetscMin(least, at + s->across * (width - 1));
    most = PetscMax(most, at + s->along * (OTTO_TILE - 1));
    s->offset[block] = at;
  }
  for (PetscInt64 block = 0; block < s->blocks; block++) s->offset[block] -= least;
  const PetscInt64 count = most - least + 1;
  PetscCall(PetscMalloc1(count, &s->table));
  s->bytes += (size_t)count * sizeof(PetscReal);
  const PetscReal unit = s->along == 1 && s->across == -1 ? targets->step : 1;
  const OttoStagePoints at = {count, unit, unit * (PetscReal)least + targets->start},
                        zero = {1, unit, sources->start};
  for (PetscInt64 i = 0; i < count; i++) s->table[i] = Entry(kernel, &at, &zero, i, 0);
  PetscFunctionReturn(0);
}

/* A row a target; over the line itself where images are folded. */
static PetscErrorCode FillRows(const OttoLineKernel *kernel, const OttoStagePoints *targets,
                               const OttoStagePoints *sources, PetscBool fold, PetscReal reach,
                               OttoStage *s)
{
  const PetscInt64 width = OTTO_TILE * s->tiles, count = s->blocks * OTTO_TILE * width;

  PetscFunctionBegin;
  s->along = width;
  s->across = 1;
  PetscCall(PetscMalloc1(count, &s->table));
  s->bytes += (size_t)count * sizeof(PetscReal);
  for (PetscInt64 k = 0; k < count; k++) {
    const PetscInt64 a = k / width, b = s->first[a / OTTO_TILE] + k % width;
    if (!fold)
      s->table[k] = Entry(kernel, targets, sources, a, b);
    else
      s->table[k] = b < s->sources ? Folded(kernel, targets, sources, s->ends, reach, a, b) : 0;
  }
  for (PetscInt64 block = 0; block < s->blocks; block++)
    s->offset[block] = block * OTTO_TILE * width;
  PetscFunctionReturn(0);
}

/* No farther than entries go that are not 0; and among points as far apart as the targets such that
 * tiles begin where smooth data cease to matter. */
static PetscReal Suit(const OttoLineKernel *kernel, const OttoStagePoints *targets,
                      const OttoStagePoints *sources, PetscReal reach)
{
  const PetscReal unit = kernel->period ? kernel->spacing : 1, step = sources->step;

  reach = PetscMin(reach, unit * (PetscReal)(Last(kernel, unit, reach, SMALLEST) + 1));
  if (targets->step != step) return reach;
  const PetscInt64 cut = Last(kernel, step, reach, OTTO_STAGE_LOST);
  const PetscReal more = ceil((reach / step - (PetscReal)cut) / OTTO_TILE - ROUNDED);
  return step * ((PetscReal)cut + OTTO_TILE * more);
}

PetscErrorCode OttoStageCreate(const OttoStagePart *part, OttoStage *s)
{
  const OttoLineKernel *kernel = &part->kernel;
  const OttoStagePoints *targets = &part->targets, *sources = &part->sources;
  const PetscReal reach = Suit(kernel, targets, sources, part->reach);
  PetscInt64 end;

  PetscFunctionBegin;
  *s = (OttoStage){.targets = targets->count,
                   .sources = sources->count,
                   .ends = part->ends,
                   .blocks = (targets->count + OTTO_TILE - 1) / OTTO_TILE,
                   .tiles = OttoStageTiles(targets, sources, part->ends, reach)};
  const PetscBool fold = Folds(targets, sources, part->ends, reach);
  PetscCall(PetscCalloc1(s->blocks, &s->first));
  PetscCall(PetscMalloc1(s->blocks, &s->offset));
  s->bytes = (size_t)s->blocks * 2 * sizeof(PetscInt64);
  for (PetscInt64 block = 0; block < s->blocks && !fold; block++)
    Window(targets, sources, reach, block * OTTO_TILE, block * OTTO_TILE + OTTO_TILE - 1,
           &s->first[block], &end);
  if (!fold &&
      (targets->step == sources->step || (IsInteger(targets->step) && IsInteger(sources->step))))
    PetscCall(FillDifferences(kernel, targets, sources, s));
  else
    PetscCall(FillRows(kernel, targets, sources, fold, reach, s));
  PetscCall(OttoStageComplete(s));
  PetscFunctionReturn(0);
}
