/* General symbols, tabulated as the engine stores its coefficients, and sums over a spectrum. */
#include "transform_impl.h"
#include <otto/symbol.h>
#include <math.h>

#define ROUNDINGS 8 /* of a symbol that a transform made */

/* Wavenumbers ≥ 0 of a stored coefficient. */
static void Wavenumbers(OttoTransform t, const PetscInt64 index[], PetscReal kappa[])
{
  const OttoGridInfo *g = t->g;

  for (PetscInt j = 0; j < g->dim; j++) {
    const PetscBool periodic = g->boundary[j] == OTTO_BOUNDARY_PERIODIC ? PETSC_TRUE : PETSC_FALSE;
    const PetscInt64 k = periodic ? PetscMin(index[j], g->n[j] - index[j]) : index[j];
    kappa[j] = OttoTransformWavenumber(g, j, k);
  }
}

static PetscErrorCode Tabulate(OttoTransform t, OttoSymbolFunction function, void *context,
                               PetscReal values[])
{
  const PetscInt dim = t->g->dim;
  PetscInt64 index[OTTO_MAX_DIM];
  PetscReal kappa[OTTO_MAX_DIM];
  char text[160];

  PetscFunctionBegin;
  for (size_t c = 0; c < OttoTransformCoefficients(t); c++) {
    values[c] = 0;
    if (!t->ops->locate(t, c, index)) continue;
    Wavenumbers(t, index, kappa);
    values[c] = function(dim, kappa, context);
    if (isfinite(values[c])) continue;
    OttoGridFormatPoint(dim, kappa, text, sizeof text);
    OttoFail(OTTO_ERR_INPUT, "symbol: %g at wavenumber %s; it must be finite", (double)values[c],
             text);
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSymbolCreate(OttoTransform transform, OttoSymbolFunction function, void *context,
                                OttoSymbol *symbol)
{
  PetscErrorCode code;
  OttoSymbol s;

  PetscFunctionBegin;
  OttoNeedTransform(transform);
  PetscCall(PetscNew(&s));
  s->transform = transform;
  code = OttoBufferCreate(OttoTransformCoefficients(transform), &s->values);
  if (!code) code = Tabulate(transform, function, context, s->values);
  code = OttoAgree(transform->g->comm, code);
  if (code) {
    PetscCall(OttoSymbolDestroy(&s));
    PetscFunctionReturn(code);
  }
  *symbol = s;
  PetscFunctionReturn(0);
}

/* The real parts of a spectrum times `scale`; odd: the largest imaginary part, largest: the largest
 * coefficient. */
static PetscErrorCode RealParts(OttoSpectrum spectrum, PetscReal scale, OttoSymbol symbol,
                                PetscReal *odd, PetscReal *largest)
{
  const OttoTransform t = spectrum->transform;
  PetscInt64 index[OTTO_MAX_DIM];
  PetscReal most[2] = {0, 0};

  PetscFunctionBegin;
  for (size_t c = 0; c < OttoTransformCoefficients(t); c++) {
    symbol->values[c] = 0;
    if (!t->ops->locate(t, c, index)) continue;
    const PetscReal re = spectrum->values[2 * c], im = spectrum->values[2 * c + 1];
    symbol->values[c] = scale * re;
    most[0] = PetscMax(most[0], fabs(im));
    /* a NaN, of a kernel that is not finite, stays */
    most[1] = fabs(re) <= most[1] ? most[1] : isnan(re) ? INFINITY : fabs(re);
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, most, 2, MPIU_REAL, MPI_MAX, t->g->comm));
  *odd = most[0];
  *largest = most[1];
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSymbolCreateKernel(OttoTransform transform, Vec kernel, OttoSymbol *symbol)
{
  const OttoGridInfo *g = transform->g;
  PetscReal odd, largest;
  OttoSpectrum spectrum;
  PetscErrorCode code;
  OttoSymbol s;

  PetscFunctionBegin;
  OttoNeedTransform(transform);
  for (PetscInt j = 0; j < g->dim; j++)
    OttoCheckInput(g->boundary[j] == OTTO_BOUNDARY_PERIODIC,
                   "symbol of a kernel: axis %d is %s; it must be periodic", (int)j,
                   OttoBoundaries[g->boundary[j]]);
  PetscCheck(transform->width == 2, PETSC_COMM_SELF, PETSC_ERR_PLIB, "coefficients are complex");
  PetscCall(OttoSpectrumCreate(transform, &spectrum));
  PetscCall(OttoTransformForward(transform, kernel, spectrum));
  PetscCall(PetscNew(&s));
  s->transform = transform;
  code = OttoAgree(g->comm, OttoBufferCreate(OttoTransformCoefficients(transform), &s->values));
  if (!code) code = RealParts(spectrum, g->cell_volume, s, &odd, &largest);
  PetscCall(OttoSpectrumDestroy(&spectrum));
  /* of an even kernel rounding alone is odd: a few units of the root of the sum of squares */
  if (code || !(odd <= 1e-12 * largest && isfinite(largest))) {
    PetscCall(OttoSymbolDestroy(&s));
    PetscCall(code);
    OttoFail(OTTO_ERR_INPUT, "symbol of a kernel: it must be finite and even about cell 0");
  }
  *symbol = s;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSymbolDestroy(OttoSymbol *symbol)
{
  PetscFunctionBegin;
  if (!*symbol) PetscFunctionReturn(0);
  PetscCall(OttoBufferDestroy(&(*symbol)->values));
  PetscCall(PetscFree(*symbol));
  PetscFunctionReturn(0);
}

size_t OttoSymbolBytes(OttoSymbol symbol)
{
  return OttoTransformCoefficients(symbol->transform) * sizeof(PetscReal);
}

PetscErrorCode OttoTransformApplySymbol(OttoTransform transform, Vec u, OttoSymbol symbol, Vec v)
{
  const OttoMultiplier m = {.derivative_axis = -1, .scale = 1, .symbol = symbol};

  PetscFunctionBegin;
  PetscCall(OttoTransformApply(transform, u, &m, v));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoTransformInverseSymbol(OttoTransform transform, OttoSpectrum spectrum,
                                          OttoSymbol symbol, Vec v)
{
  const OttoMultiplier m = {.derivative_axis = -1, .scale = 1, .symbol = symbol};

  PetscFunctionBegin;
  PetscCall(OttoTransformInverse(transform, spectrum, &m, v));
  PetscFunctionReturn(0);
}

/* What a squared coefficient of stored index i counts along an axis in Σ_cells u²
 * (MATHEMATICS 2.7).
 *
 * DFT: Σ u² = 1/n Σ_k |û_k|²; where the axis is halved, and in half-complex storage, where cos and
 * sin have an entry each, an entry stands for k and -k but at k = 0 and at the Nyquist mode.
 * DCT-II of FFTW, û_k = 2 Σ u cos: Σ u² = û_0²/4n + Σ_{k>0} û_k²/2n. */
static PetscReal AxisWeight(OttoTransform t, PetscInt axis, PetscInt64 i)
{
  const PetscInt64 n = t->g->n[axis];
  const PetscBool halved = t->extent[axis] < n || t->width == 1 ? PETSC_TRUE : PETSC_FALSE;

  if (t->g->boundary[axis] != OTTO_BOUNDARY_PERIODIC) return (i ? 1 : 0.5) / (PetscReal)(2 * n);
  return (halved && i && 2 * i != n ? 2 : 1) / (PetscReal)n;
}

PetscErrorCode OttoSymbolNegative(OttoSymbol symbol, PetscReal *value)
{
  const OttoTransform t = symbol->transform;
  PetscInt64 index[OTTO_MAX_DIM];
  OttoSum sum = {0, 0};
  PetscReal largest = 0;

  PetscFunctionBegin;
  for (size_t c = 0; c < OttoTransformCoefficients(t); c++) {
    PetscBool mean = PETSC_TRUE;
    PetscReal weight = 1;
    if (!t->ops->locate(t, c, index)) continue;
    for (PetscInt j = 0; j < t->g->dim; j++) {
      weight *= AxisWeight(t, j, index[j]);
      if (index[j]) mean = PETSC_FALSE;
    }
    largest = PetscMax(largest, fabs(symbol->values[c]));
    if (!mean) OttoSumAdd(&sum, weight * PetscMax(0, -symbol->values[c]));
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &largest, 1, MPIU_REAL, MPI_MAX, t->g->comm));
  PetscCall(OttoSumReduce(t->g->comm, 1, &sum));
  *value = (OttoSumValue(sum) + ROUNDINGS * PETSC_MACHINE_EPSILON * largest) / t->g->cell_volume;
  PetscFunctionReturn(0);
}

/* The weights of all stored coefficients, kept by the transform; 0: no coefficient. */
static PetscErrorCode GetWeights(OttoTransform t, const PetscReal **weights)
{
  const size_t count = OttoTransformCoefficients(t);
  PetscInt64 index[OTTO_MAX_DIM];

  PetscFunctionBegin;
  *weights = t->weights;
  if (t->weights) PetscFunctionReturn(0);
  PetscCall(OttoAgree(t->g->comm, OttoBufferCreate(count, &t->weights)));
  t->bytes += count * sizeof(PetscReal);
  for (size_t c = 0; c < count; c++) {
    t->weights[c] = 0;
    if (!t->ops->locate(t, c, index)) continue;
    t->weights[c] = 1;
    for (PetscInt j = 0; j < t->g->dim; j++) t->weights[c] *= AxisWeight(t, j, index[j]);
  }
  *weights = t->weights;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSpectrumInner(OttoSpectrum u, OttoSpectrum w, OttoSymbol symbol,
                                 PetscReal *inner)
{
  const OttoTransform t = u->transform;
  const PetscReal *weight;
  OttoSum sum = {0, 0};

  PetscFunctionBegin;
  PetscCheck(w->transform == t && (!symbol || symbol->transform == t), PETSC_COMM_SELF,
             PETSC_ERR_ARG_INCOMP, "spectra and symbol are of different transforms");
  PetscCall(GetWeights(t, &weight));
  for (size_t c = 0; c < OttoTransformCoefficients(t); c++) {
    const PetscReal *a = u->values + c * (size_t)t->width, *b = w->values + c * (size_t)t->width;
    if (!(weight[c] > 0)) continue; /* room that engines leave: it may hold anything */
    const PetscReal product = t->width == 2 ? a[0] * b[0] + a[1] * b[1] : a[0] * b[0];
    OttoSumAdd(&sum, weight[c] * (symbol ? symbol->values[c] : 1) * product);
  }
  PetscCall(OttoSumReduce(t->g->comm, 1, &sum));
  *inner = OttoSumValue(sum) * t->g->cell_volume;
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSpectrumSum(OttoSpectrum spectrum, OttoSymbol symbol, PetscReal *sum)
{
  PetscFunctionBegin;
  PetscCall(OttoSpectrumInner(spectrum, spectrum, symbol, sum));
  PetscFunctionReturn(0);
}
