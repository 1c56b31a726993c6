/* Products over the axes of one-dimensional Gaussians, each summed over all its images: shifted by
 * the period on a periodic axis, mirrored at both faces on a no-flux one (the restriction of a
 * mixture of period 2L: its heat flow is again a mixture with sigma² + 2t). No images on open axes.
 */
#include "density_impl.h"
#include <math.h>
#include <stdio.h>

/* A Gaussian beyond 39 widths underflows: exp(-39²/2) < 1e-308. */
#define REACH 39
#define SMALL 1e-250 /* a factor below it may have underflowed in part */

/* Sum over all integers k of N(x + k·period; 0, width²). Every term is positive; where the width
 * exceeds the period, Poisson's dual sum converges at once (its terms fall below 1e-8, 1e-34). */
static PetscReal Periodised(PetscReal x, PetscReal width, PetscReal period)
{
  if (width > period) {
    PetscReal a = 2 * PETSC_PI * width / period, sum = 0;
    for (int k = 2; k >= 1; k--)
      sum += exp(-0.5 * a * a * k * k) * cos(2 * PETSC_PI * k * x / period);
    return (1 + 2 * sum) / period;
  }
  PetscReal nearest = remainder(x, period), sum = 0;
  for (int k = (int)ceil(REACH * width / period) + 1; k >= 1; k--) { /* small terms first */
    PetscReal right = (nearest + k * period) / width, left = (nearest - k * period) / width;
    sum += exp(-0.5 * right * right) + exp(-0.5 * left * left);
  }
  sum += exp(-0.5 * (nearest / width) * (nearest / width));
  return sum / (width * sqrt(2 * PETSC_PI));
}

static PetscReal LogGaussian(PetscReal x, PetscReal width)
{
  const PetscReal z = x / width;
  return -0.5 * z * z - log(width * sqrt(2 * PETSC_PI));
}

/* From the image of `mean` behind the face that reflects, of an axis whose other one absorbs. */
static PetscReal FromImage(const OttoGridInfo *g, PetscInt axis, PetscReal x, PetscReal mean)
{
  const PetscReal face =
      OttoBoundaryAbsorbs(g->boundary[axis], -1) ? g->upper[axis] : g->lower[axis];
  return (x - face) + (mean - face);
}

/* The factor of one axis at x. */
static PetscReal Factor(const OttoGridInfo *g, PetscInt axis, PetscReal x, PetscReal mean,
                        PetscReal width)
{
  const PetscReal length = g->upper[axis] - g->lower[axis];

  switch (g->boundary[axis]) {
  case OTTO_BOUNDARY_PERIODIC:
    return Periodised(x - mean, width, length);
  case OTTO_BOUNDARY_NO_FLUX:
    return Periodised(x - mean, width, 2 * length) +
           Periodised((x - g->lower[axis]) + (mean - g->lower[axis]), width, 2 * length);
  case OTTO_BOUNDARY_ABSORBING_LOWER:
  case OTTO_BOUNDARY_ABSORBING_UPPER:
    return exp(LogGaussian(x - mean, width)) + exp(LogGaussian(FromImage(g, axis, x, mean), width));
  default:
    return exp(LogGaussian(x - mean, width));
  }
}

/* log of Periodised(), also where that underflows: then the second image is the last that counts.
 */
static PetscReal LogPeriodised(PetscReal x, PetscReal width, PetscReal period)
{
  const PetscReal value = Periodised(x, width, period), nearest = fabs(remainder(x, period));
  const PetscReal z = nearest / width, next = period * (period - 2 * nearest) / (width * width);

  if (value > SMALL) return log(value);
  return -0.5 * z * z + log1p(exp(-0.5 * next)) - log(width * sqrt(2 * PETSC_PI));
}

/* log(e^a + e^b) */
static PetscReal LogAdd(PetscReal a, PetscReal b)
{
  return a == b ? a + log(2) : PetscMax(a, b) + log1p(exp(-fabs(a - b)));
}

static PetscReal LogFactor(const OttoGridInfo *g, PetscInt axis, PetscReal x, PetscReal mean,
                           PetscReal width)
{
  const PetscReal length = g->upper[axis] - g->lower[axis], lower = g->lower[axis];

  switch (g->boundary[axis]) {
  case OTTO_BOUNDARY_PERIODIC:
    return LogPeriodised(x - mean, width, length);
  case OTTO_BOUNDARY_NO_FLUX:
    return LogAdd(LogPeriodised(x - mean, width, 2 * length),
                  LogPeriodised((x - lower) + (mean - lower), width, 2 * length));
  case OTTO_BOUNDARY_ABSORBING_LOWER:
  case OTTO_BOUNDARY_ABSORBING_UPPER:
    return LogAdd(LogGaussian(x - mean, width), LogGaussian(FromImage(g, axis, x, mean), width));
  default:
    return LogGaussian(x - mean, width);
  }
}

typedef struct {
  PetscInt count;                   /* Gaussians */
  PetscReal *weight, *mean, *sigma; /* [count], [count][dim], [count][dim] */
} Mixture;

static PetscErrorCode FreeMixture(Mixture *m)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(m->weight));
  PetscCall(PetscFree(m->mean));
  PetscCall(PetscFree(m->sigma));
  PetscFunctionReturn(0);
}

static PetscErrorCode GetMeans(const OttoGridInfo *g, const char *prefix, Mixture *m)
{
  PetscInt numbers;
  char what[80];

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetReals(prefix, "mean", &numbers, &m->mean));
  OttoCheckInput(numbers > 0, "%smean: missing; give %d coordinate%s for each Gaussian", prefix,
                 (int)g->dim, g->dim > 1 ? "s" : "");
  OttoCheckInput(numbers % g->dim == 0,
                 "%smean: %d numbers on a grid of %d axes; a multiple of %d is expected, all "
                 "coordinates of the first Gaussian first",
                 prefix, (int)numbers, (int)g->dim, (int)g->dim);
  m->count = numbers / g->dim;
  for (PetscInt i = 0; i < m->count; i++) {
    snprintf(what, sizeof what, "%smean: Gaussian %d, at", prefix, (int)i + 1);
    PetscCall(OttoDensityCheckInside(g, what, &m->mean[i * g->dim]));
  }
  PetscFunctionReturn(0);
}

/* sigma: 1, count or count·dim numbers, spread to count·dim. */
static PetscErrorCode GetWidths(const OttoGridInfo *g, const char *prefix, Mixture *m)
{
  const PetscInt dim = g->dim, all = m->count * dim;
  PetscInt numbers;
  PetscReal *given, *wide;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetReals(prefix, "sigma", &numbers, &given));
  m->sigma = given;
  OttoCheckInput(numbers > 0, "%ssigma: missing; give 1 width, or %d, or %d", prefix, (int)m->count,
                 (int)all);
  OttoCheckInput(numbers == 1 || numbers == m->count || numbers == all,
                 "%ssigma: %d numbers for %d Gaussian%s on %d ax%s; 1, %d or %d are expected",
                 prefix, (int)numbers, (int)m->count, m->count == 1 ? "" : "s", (int)dim,
                 dim == 1 ? "is" : "es", (int)m->count, (int)all);
  PetscCall(PetscMalloc1(all, &wide));
  for (PetscInt k = 0; k < all; k++)
    wide[k] = given[numbers == 1 ? 0 : numbers == all ? k : k / dim];
  m->sigma = wide;
  PetscCall(PetscFree(given));
  for (PetscInt k = 0; k < all; k++)
    OttoCheckInput(wide[k] > 0, "%ssigma: %g of Gaussian %d must be above 0", prefix,
                   (double)wide[k], (int)(k / dim) + 1);
  PetscFunctionReturn(0);
}

/* Weights, divided by their sum; equal where none are given. */
static PetscErrorCode GetWeights(const char *prefix, Mixture *m)
{
  PetscInt numbers;
  OttoSum sum = {0, 0};

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetReals(prefix, "weight", &numbers, &m->weight));
  OttoCheckInput(numbers == 0 || numbers == m->count,
                 "%sweight: %d numbers; %smean holds %d Gaussian%s, so %d %s expected", prefix,
                 (int)numbers, prefix, (int)m->count, m->count == 1 ? "" : "s", (int)m->count,
                 m->count == 1 ? "is" : "are");
  if (numbers == 0) {
    PetscCall(PetscMalloc1(m->count, &m->weight));
    for (PetscInt i = 0; i < m->count; i++) m->weight[i] = 1;
  }
  for (PetscInt i = 0; i < m->count; i++) {
    OttoCheckInput(m->weight[i] >= 0, "%sweight: %g of Gaussian %d must be at least 0", prefix,
                   (double)m->weight[i], (int)i + 1);
    OttoSumAdd(&sum, m->weight[i]);
  }
  OttoCheckInput(OttoSumValue(sum) > 0, "%sweight: all are 0", prefix);
  for (PetscInt i = 0; i < m->count; i++) m->weight[i] /= OttoSumValue(sum);
  PetscFunctionReturn(0);
}

/* Adds one Gaussian: tables of its factors per axis, then one product per row of the last axis.
 * table: room for the sum of all n. */
static void AddGaussian(const OttoGridInfo *g, PetscReal weight, const PetscReal mean[],
                        const PetscReal sigma[], PetscReal table[], PetscReal values[])
{
  const PetscInt last = g->dim - 1;
  const PetscInt64 row = g->local[last], rows = row ? g->local_cells / row : 0;
  PetscReal *factor[OTTO_MAX_DIM] = {NULL};
  PetscInt64 idx[OTTO_MAX_DIM];

  for (PetscInt j = 0; j < g->dim; j++) {
    factor[j] = table;
    table += g->n[j];
    for (PetscInt64 i = 0; i < g->n[j]; i++)
      factor[j][i] = Factor(g, j, OttoGridCentre(g, j, i), mean[j], sigma[j]);
  }
  const PetscReal *along = factor[last] + g->first[last];
  for (PetscInt64 r = 0; r < rows; r++) {
    PetscReal scale = weight, *out = values + r * row;
    OttoGridCellIndex(g, r * row, idx);
    for (PetscInt j = 0; j < last; j++) scale *= factor[j][idx[j]];
    for (PetscInt64 i = 0; i < row; i++) out[i] += scale * along[i];
  }
}

static PetscErrorCode GetMixture(const OttoGridInfo *g, const char *prefix, Mixture *m)
{
  PetscFunctionBegin;
  PetscCall(GetMeans(g, prefix, m));
  PetscCall(GetWidths(g, prefix, m));
  PetscCall(GetWeights(prefix, m));
  PetscFunctionReturn(0);
}

static PetscErrorCode FillMixture(const OttoGridInfo *g, const char *prefix, Mixture *m,
                                  PetscReal values[], PetscBool *smooth)
{
  PetscInt64 entries = 0;
  PetscReal *table;

  PetscFunctionBegin;
  PetscCall(GetMixture(g, prefix, m));
  for (PetscInt j = 0; j < g->dim; j++) entries += g->n[j];
  PetscCall(PetscMalloc1(entries, &table));
  *smooth = PETSC_TRUE;
  for (PetscInt i = 0; i < m->count; i++) {
    AddGaussian(g, m->weight[i], &m->mean[i * g->dim], &m->sigma[i * g->dim], table, values);
    /* at 2.7 cells and more, the highest mode of the grid holds less than 1e-15 */
    for (PetscInt j = 0; j < g->dim; j++)
      if (m->weight[i] > 0 && m->sigma[i * g->dim + j] < 2.7 * g->h[j]) *smooth = PETSC_FALSE;
  }
  PetscCall(PetscFree(table));
  PetscFunctionReturn(0);
}

static PetscErrorCode Fill(OttoGrid grid, const char *prefix, PetscReal values[],
                           OttoDensityFacts *facts)
{
  Mixture m = {0, NULL, NULL, NULL};

  PetscFunctionBegin;
  PetscErrorCode code = FillMixture(OttoGridGetInfo(grid), prefix, &m, values, &facts->smooth);
  PetscCall(FreeMixture(&m));
  PetscFunctionReturn(code);
}

static PetscErrorCode Open(OttoGrid grid, const char *prefix, void **data)
{
  Mixture *m;

  PetscFunctionBegin;
  PetscCall(PetscNew(&m));
  *data = m;
  PetscCall(GetMixture(OttoGridGetInfo(grid), prefix, m));
  PetscFunctionReturn(0);
}

static PetscErrorCode At(const OttoGridInfo *g, const void *data, const PetscReal x[],
                         PetscReal *value)
{
  const Mixture *m = (const Mixture *)data;

  PetscFunctionBegin;
  *value = 0;
  for (PetscInt i = 0; i < m->count; i++) {
    PetscReal product = m->weight[i];
    for (PetscInt j = 0; j < g->dim && product > 0; j++)
      product *= Factor(g, j, x[j], m->mean[i * g->dim + j], m->sigma[i * g->dim + j]);
    *value += product;
  }
  PetscFunctionReturn(0);
}

static PetscReal LogAt(const OttoGridInfo *g, const void *data, const PetscReal x[])
{
  const Mixture *m = (const Mixture *)data;
  PetscReal sum = -INFINITY;

  for (PetscInt i = 0; i < m->count; i++) {
    PetscReal part = log(m->weight[i]);
    if (m->weight[i] == 0) continue;
    for (PetscInt j = 0; j < g->dim; j++)
      part += LogFactor(g, j, x[j], m->mean[i * g->dim + j], m->sigma[i * g->dim + j]);
    sum = LogAdd(sum, part);
  }
  return sum;
}

static PetscErrorCode Close(void *data)
{
  PetscFunctionBegin;
  PetscCall(FreeMixture((Mixture *)data));
  PetscCall(PetscFree(data));
  PetscFunctionReturn(0);
}

const OttoDensityOps OttoDensityOps_GaussianMixture = {
    .key = "mean",
    .fill = Fill,
    .function = {.open = Open, .value = At, .log_value = LogAt, .close = Close}};
