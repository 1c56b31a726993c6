/*
 * Whether a grid resolves ψ: by what it has of fine scales, and, since a wave shorter than two
 * cells stands on a grid as a longer one, by how short waves must have become where DΦ took them.
 */
#include "convective_impl.h"
#include <math.h>

#define TAIL 1e-8      /* of the variance */
#define ROUNDING 1e-26 /* the same of numbers that were not pushed */
#define THIN 1e-3      /* quantile */
#define CELLS 2        /* of a wavelength */
#define BISECTIONS 60

/* φ/J of a cell, but for a factor of all. */
static PetscReal Carried(const OttoConvectiveCells *cells, PetscInt64 c, PetscReal largest)
{
  return cells->phi[c] > 0 ? exp(log(cells->phi[c]) - cells->log_jacobian[c] - largest) : 0;
}

/* κ of φ/J over the cells that take part. */
static PetscErrorCode WavenumberBefore(const OttoGridInfo *g, const OttoConvectiveCells *cells,
                                       PetscReal *kappa)
{
  OttoSum total[2] = {{0, 0}}, sum[2] = {{0, 0}};
  PetscReal largest = -INFINITY;

  PetscFunctionBegin;
  for (PetscInt64 i = 0; i < g->local_cells; i++)
    if (!OttoConvectiveLost(cells->c, i) && cells->phi[i] > 0)
      largest = PetscMax(largest, log(cells->phi[i]) - cells->log_jacobian[i]);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &largest, 1, MPIU_REAL, MPIU_MAX, g->comm));
  for (PetscInt64 i = 0; i < g->local_cells; i++) {
    if (OttoConvectiveLost(cells->c, i)) continue;
    OttoSumAdd(&total[0], 1);
    OttoSumAdd(&total[1], Carried(cells, i, largest));
  }
  PetscCall(OttoSumReduce(g->comm, 2, total));
  const PetscReal count = OttoSumValue(total[0]), mean = OttoSumValue(total[1]) / count;
  for (PetscInt64 i = 0; i < g->local_cells; i++) {
    PetscReal a[OTTO_CONVECTIVE_MAX_DIM], b[OTTO_CONVECTIVE_MAX_DIM], square = 0;
    if (OttoConvectiveLost(cells->c, i)) continue;
    const PetscReal w = Carried(cells, i, largest);
    OttoSumAdd(&sum[0], PetscSqr(w - mean));
    if (w == 0 || !OttoConvectiveGradientAt(cells, i, a, b)) continue;
    for (PetscInt j = 0; j < g->dim; j++) square += PetscSqr(a[j] - b[j]);
    OttoSumAdd(&sum[1], w * w * square);
  }
  PetscCall(OttoSumReduce(g->comm, 2, sum));
  const PetscReal variance = OttoSumValue(sum[0]), floor = ROUNDING * mean * mean * count;
  *kappa = variance > floor ? sqrt(OttoSumValue(sum[1]) / variance) : 0;
  PetscFunctionReturn(0);
}

/* Of every cell 2π/κ of ψ in cells, with its weight, φ|∇log(φ/J)|²; 0 where it has none. */
static void Wavelengths(const OttoGridInfo *g, const OttoConvectiveCells *cells, PetscReal kappa,
                        PetscReal length[], PetscReal weight[])
{
  for (PetscInt64 i = 0; i < g->local_cells; i++) {
    PetscReal v[OTTO_CONVECTIVE_MAX_DIM], b[OTTO_CONVECTIVE_MAX_DIM], square = 0, most = 0;
    PetscReal carried[OTTO_CONVECTIVE_MAX_DIM];
    length[i] = weight[i] = 0;
    if (OttoConvectiveLost(cells->c, i) || !(cells->phi[i] > 0)) continue;
    if (!OttoConvectiveGradientAt(cells, i, v, b)) continue;
    for (PetscInt j = 0; j < g->dim; j++) v[j] -= b[j], square += PetscSqr(v[j]);
    OttoConvectiveCarry(cells, i, v, carried);
    for (PetscInt j = 0; j < g->dim; j++) most = PetscMax(most, fabs(carried[j]) * g->h[j]);
    if (!(most > 0)) continue;
    length[i] = 2 * PETSC_PI * sqrt(square) / (kappa * most);
    weight[i] = cells->phi[i] * square;
  }
}

/* The value below which a share of the weights is, by bisection of its logarithm. */
static PetscErrorCode Quantile(const OttoGridInfo *g, const PetscReal value[],
                               const PetscReal weight[], PetscReal share, PetscReal *quantile)
{
  PetscReal range[2] = {-INFINITY, -INFINITY}; /* of -log value and log value */
  OttoSum all = {0, 0};

  PetscFunctionBegin;
  for (PetscInt64 i = 0; i < g->local_cells; i++) {
    if (weight[i] <= 0) continue;
    OttoSumAdd(&all, weight[i]);
    range[0] = PetscMax(range[0], -log(value[i]));
    range[1] = PetscMax(range[1], log(value[i]));
  }
  PetscCall(OttoSumReduce(g->comm, 1, &all));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, range, 2, MPIU_REAL, MPIU_MAX, g->comm));
  PetscReal low = -range[0], high = range[1];
  *quantile = INFINITY;
  if (!(OttoSumValue(all) > 0)) PetscFunctionReturn(0);
  for (int k = 0; k < BISECTIONS && high - low > 1e-9; k++) {
    const PetscReal middle = 0.5 * (low + high), limit = exp(middle);
    OttoSum below = {0, 0};
    for (PetscInt64 i = 0; i < g->local_cells; i++)
      if (weight[i] > 0 && value[i] <= limit) OttoSumAdd(&below, weight[i]);
    PetscCall(OttoSumReduce(g->comm, 1, &below));
    if (OttoSumValue(below) >= share * OttoSumValue(all))
      high = middle;
    else
      low = middle;
  }
  *quantile = exp(high);
  PetscFunctionReturn(0);
}

static PetscErrorCode FindThinnest(OttoGrid grid, const OttoConvective *c, PetscReal *thinnest)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  OttoConvectiveGradients gradients;
  OttoConvectiveCells cells;
  PetscReal kappa = 0, *length, *weight;

  PetscFunctionBegin;
  PetscCall(OttoConvectiveGradientsCreate(grid, c, &gradients));
  PetscCall(OttoConvectiveCellsOpen(c, &gradients, &cells));
  PetscCall(WavenumberBefore(g, &cells, &kappa));
  *thinnest = INFINITY;
  if (kappa > 0) {
    PetscCall(OttoAgree(g->comm, PetscMalloc2(g->local_cells, &length, g->local_cells, &weight)));
    Wavelengths(g, &cells, kappa, length, weight);
    PetscCall(Quantile(g, length, weight, THIN, thinnest));
    PetscCall(PetscFree2(length, weight));
  }
  PetscCall(OttoConvectiveCellsClose(&gradients, &cells));
  PetscCall(OttoConvectiveGradientsDestroy(&gradients));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoConvectiveResolve(OttoGrid grid, const OttoConvective *c,
                                     OttoConvectiveResolution *out)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscReal tail[OTTO_MAX_DIM];

  PetscFunctionBegin;
  OttoNeedGrid(grid);
  PetscCheck(g->dim <= OTTO_CONVECTIVE_MAX_DIM, g->comm, PETSC_ERR_ARG_OUTOFRANGE,
             "a map of %d axes: at most %d", (int)g->dim, OTTO_CONVECTIVE_MAX_DIM);
  for (int k = 0; k < 2; k++) {
    PetscReal *worst = k ? &out->tail_before : &out->tail;
    PetscCall(OttoConvectiveTail(grid, k ? c->phi : c->pushed, tail));
    *worst = 0;
    for (PetscInt j = 0; j < g->dim; j++)
      if (!(tail[j] <= *worst)) *worst = tail[j]; /* NaN stays */
  }
  PetscCall(FindThinnest(grid, c, &out->thinnest));
  out->resolved = out->tail <= TAIL && out->thinnest >= CELLS ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}
