/* ranks: 1 2 3 4 5; long: 2 4
 * Symbols and sums over a spectrum, one contract for both engines, every mix of boundaries, even
 * and odd sizes, every mesh of the ranks: against separable multipliers, closed forms of modes, and
 * sums over cells. */
#include "fixture.h"
#include "transform/transform_impl.h"
#include <otto/symbol.h>
#include <stdlib.h>

/* Rounding of a transform pair of these sizes, relative to the largest value: a few eps. */
#define TOLERANCE 4e-15
/* Sums of squares of these sizes, relative to the sum of magnitudes: what rounding of the transform
 * leaves, a few eps; sums over cells and over coefficients are compensated. */
#define SUM_TOLERANCE 1e-14

typedef struct {
  OttoGrid grid;
  const OttoGridInfo *g;
  OttoTransform transform;
  Vec u, v, w;
  char label[120];
} Case;

typedef PetscErrorCode (*OnCase)(Case *c);

static PetscReal Highest(const OttoGridInfo *g)
{
  PetscReal highest = 0;

  for (PetscInt j = 0; j < g->dim; j++)
    highest = PetscMax(highest, OttoTransformWavenumber(g, j, OttoTransformModes(g, j) - 1));
  return PetscMax(1, highest);
}

/* |got - want| ≤ tolerance in this rank's cells; a NaN fails. */
static PetscErrorCode Near(const Case *c, Vec got, Vec want, PetscReal tolerance, const char *what)
{
  const PetscScalar *a, *b;
  PetscReal worst = 0;
  char text[256];

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(got, &a));
  PetscCall(VecGetArrayRead(want, &b));
  for (PetscInt64 i = 0; i < c->g->local_cells; i++)
    if (!(fabs(a[i] - b[i]) <= worst)) worst = fabs(a[i] - b[i]);
  PetscCall(VecRestoreArrayRead(got, &a));
  PetscCall(VecRestoreArrayRead(want, &b));
  snprintf(text, sizeof text, "%s %s: off by %.3g, allowed %.3g", c->label, what, worst, tolerance);
  TestTrue(worst <= tolerance, text);
  PetscFunctionReturn(0);
}

/* A field that no symmetry protects, in [-1, 1], the same on any mesh of ranks. */
static PetscErrorCode Rough(OttoGrid grid, PetscReal seed, Vec u)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  PetscScalar *a;

  PetscFunctionBegin;
  PetscCall(VecGetArray(u, &a));
  for (PetscInt64 i = 0; i < g->local_cells; i++) {
    PetscInt64 idx[OTTO_MAX_DIM], cell = 0;
    OttoGridCellIndex(g, i, idx);
    for (PetscInt j = 0; j < g->dim; j++) cell = cell * g->n[j] + idx[j];
    a[i] = 2 * Hash(cell, seed) - 1;
  }
  PetscCall(VecRestoreArray(u, &a));
  PetscFunctionReturn(0);
}

/* ∫ a b over the cells. */
static PetscErrorCode CellSum(const Case *c, Vec a, Vec b, PetscReal *sum)
{
  Vec product;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(a, &product));
  PetscCall(VecPointwiseMult(product, a, b));
  PetscCall(OttoFieldIntegral(c->grid, product, sum));
  PetscCall(VecDestroy(&product));
  PetscFunctionReturn(0);
}

/* ---- symbols ---- */

static PetscReal Decay(PetscInt dim, const PetscReal kappa[], void *context)
{
  const PetscReal *t = (const PetscReal *)context;
  PetscReal product = 1;

  for (PetscInt j = 0; j < dim; j++) product *= exp(-t[j] * kappa[j] * kappa[j]);
  return product;
}

/* -1/|κ|², 0 for the mean: the solution of Δv = u - ∫u of mean 0. */
static PetscReal Poisson(PetscInt dim, const PetscReal kappa[], void *context)
{
  PetscReal square = 0;

  (void)context;
  for (PetscInt j = 0; j < dim; j++) square += kappa[j] * kappa[j];
  return square > 0 ? -1 / square : 0;
}

/* No product and no sum over the axes, unlike in each, of values in (0, 1]. */
static PetscReal Mixed(PetscInt dim, const PetscReal kappa[], void *context)
{
  PetscReal sum = 1;

  (void)context;
  for (PetscInt j = 0; j < dim; j++) sum += (1 + j) * kappa[j] + kappa[0] * kappa[j];
  return 1 / sqrt(sum);
}

/* |κ|², without the Nyquist modes, whose derivative at cell centres is 0. */
static PetscReal Gradient(PetscInt dim, const PetscReal kappa[], void *context)
{
  const OttoGridInfo *g = (const OttoGridInfo *)context;
  PetscReal sum = 0;

  for (PetscInt j = 0; j < dim; j++) {
    const PetscReal nyquist = PETSC_PI / g->h[j];
    const int drops =
        g->boundary[j] == OTTO_BOUNDARY_PERIODIC && fabs(kappa[j] - nyquist) < 1e-9 * nyquist;
    sum += drops ? 0 : kappa[j] * kappa[j];
  }
  return sum;
}

static PetscReal Inverse(PetscInt dim, const PetscReal kappa[], void *context)
{
  PetscReal square = 0;

  for (PetscInt j = 0; j < dim; j++) square += kappa[j] * kappa[j];
  return square == *(const PetscReal *)context ? 0. / 0. : 1 / square;
}

/* ---- checks ---- */

/* A symbol that is a product acts as the multiplier of these factors, in all ways of applying it;
 * beside a multiplier they act together, derivatives and sums included. */
static PetscErrorCode CheckSeparable(Case *c)
{
  const OttoGridInfo *g = c->g;
  PetscReal t[OTTO_MAX_DIM], *half[OTTO_MAX_DIM], *whole[OTTO_MAX_DIM], *addend[OTTO_MAX_DIM];
  OttoMultiplier separable = {.derivative_axis = -1, .scale = 1}, beside = separable;
  OttoSpectrum spectrum;
  OttoSymbol symbol;

  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++) {
    t[j] = 1e-3 * (1 + 2 * j);
    PetscCall(PetscMalloc3(g->n[j], &half[j], g->n[j], &whole[j], g->n[j], &addend[j]));
    for (PetscInt64 k = 0; k < OttoTransformModes(g, j); k++) {
      const PetscReal kappa = OttoTransformWavenumber(g, j, k);
      half[j][k] = exp(-t[j] * kappa * kappa);
      whole[j][k] = half[j][k] * half[j][k];
      addend[j][k] = -1 - 1 / (1 + kappa);
    }
    separable.factor[j] = half[j];
  }
  PetscCall(OttoSymbolCreate(c->transform, Decay, t, &symbol));
  PetscCall(OttoSpectrumCreate(c->transform, &spectrum));
  TestTrue(OttoSymbolBytes(symbol) * (size_t)c->transform->width == OttoSpectrumBytes(spectrum),
           "a real a coefficient");
  PetscCall(Rough(c->grid, 1, c->u));
  PetscCall(OttoTransformForward(c->transform, c->u, spectrum));
  PetscCall(OttoTransformApply(c->transform, c->u, &separable, c->w));
  PetscCall(OttoTransformApplySymbol(c->transform, c->u, symbol, c->v));
  PetscCall(Near(c, c->v, c->w, TOLERANCE, "symbol as multiplier"));
  PetscCall(OttoTransformInverseSymbol(c->transform, spectrum, symbol, c->v));
  PetscCall(Near(c, c->v, c->w, TOLERANCE, "symbol on a spectrum"));
  for (PetscInt axis = -1; axis < g->dim; axis++)
    for (int sums = 0; sums < 2; sums++) {
      separable.scale = beside.scale = -0.5;
      separable.derivative_axis = beside.derivative_axis = axis;
      beside.symbol = symbol;
      for (PetscInt j = 0; j < g->dim; j++) {
        separable.factor[j] = whole[j];
        beside.factor[j] = half[j];
        separable.addend[j] = beside.addend[j] = sums ? addend[j] : NULL;
      }
      PetscCall(OttoTransformApply(c->transform, c->u, &separable, c->w));
      PetscCall(OttoTransformApply(c->transform, c->u, &beside, c->v));
      PetscCall(Near(c, c->v, c->w, 20 * TOLERANCE * Highest(g), "symbol beside a multiplier"));
      PetscCall(OttoTransformInverse(c->transform, spectrum, &beside, c->v));
      PetscCall(Near(c, c->v, c->w, 20 * TOLERANCE * Highest(g), "and on a spectrum"));
    }
  PetscCall(OttoTransformApplySymbol(c->transform, c->u, symbol, c->v));
  PetscCall(OttoTransformApplySymbol(c->transform, c->u, symbol, c->u));
  PetscCall(Near(c, c->u, c->v, 0, "symbol in place"));
  PetscCall(OttoSpectrumDestroy(&spectrum));
  PetscCall(OttoSymbolDestroy(&symbol));
  TestTrue(symbol == NULL, "a destroyed symbol is gone");
  for (PetscInt j = 0; j < g->dim; j++) PetscCall(PetscFree3(half[j], whole[j], addend[j]));
  PetscFunctionReturn(0);
}

/* Mode k[dim] at cell centres, with a phase on periodic axes, times `scale`. */
static PetscErrorCode Mode(const Case *c, const PetscInt64 k[], PetscReal scale, Vec u)
{
  const OttoGridInfo *g = c->g;
  PetscReal x[OTTO_MAX_DIM];
  PetscScalar *a;

  PetscFunctionBegin;
  PetscCall(VecGetArray(u, &a));
  for (PetscInt64 i = 0; i < g->local_cells; i++) {
    OttoGridCellCentre(g, i, x);
    a[i] = scale;
    for (PetscInt j = 0; j < g->dim; j++)
      a[i] *= cos(OttoTransformWavenumber(g, j, k[j]) * (x[j] - g->lower[j]) +
                  (g->boundary[j] == OTTO_BOUNDARY_PERIODIC ? 0.7 : 0));
  }
  PetscCall(VecRestoreArray(u, &a));
  PetscFunctionReturn(0);
}

/* Every mode is an eigenvector, Poisson's equation included; the mean is what S(0) says. */
static PetscErrorCode CheckModes(Case *c)
{
  const OttoSymbolFunction functions[] = {Poisson, Mixed};
  const OttoGridInfo *g = c->g;
  PetscInt64 k[OTTO_MAX_DIM] = {0};

  PetscFunctionBegin;
  for (int f = 0; f < 2; f++) {
    OttoSymbol symbol;
    PetscCall(OttoSymbolCreate(c->transform, functions[f], NULL, &symbol));
    for (PetscInt trial = 0; trial < 7; trial++) {
      PetscReal kappa[OTTO_MAX_DIM], longest = 0;
      for (PetscInt j = 0; j < g->dim; j++) {
        const PetscInt64 modes = OttoTransformModes(g, j);
        k[j] = trial == 0 ? 0 : trial == 1 ? modes - 1 : (trial * (2 * j + 3) + trial / 3) % modes;
        kappa[j] = OttoTransformWavenumber(g, j, k[j]);
        longest = PetscMax(longest, g->upper[j] - g->lower[j]);
      }
      const PetscReal value = functions[f](g->dim, kappa, NULL);
      PetscCall(Mode(c, k, 1, c->u));
      PetscCall(Mode(c, k, value, c->w));
      PetscCall(OttoTransformApplySymbol(c->transform, c->u, symbol, c->v));
      /* of Poisson's equation the lowest mode is amplified most: (L/π)² */
      PetscCall(
          Near(c, c->v, c->w, TOLERANCE * PetscMax(1, longest * longest), "symbol of a mode"));
    }
    PetscCall(OttoSymbolDestroy(&symbol));
  }
  PetscFunctionReturn(0);
}

/* Sums over a spectrum are those over cells: of u², of u (S u) and u (S w), of |∇u|². */
static PetscErrorCode CheckSums(Case *c)
{
  const OttoGridInfo *g = c->g;
  OttoSpectrum u, w;
  OttoSymbol mixed, gradient;
  PetscReal sum, cells, inner, other, energy = 0, size, size_w;

  PetscFunctionBegin;
  PetscCall(OttoSymbolCreate(c->transform, Mixed, NULL, &mixed));
  PetscCall(OttoSymbolCreate(c->transform, Gradient, (void *)(uintptr_t)g, &gradient));
  PetscCall(OttoSpectrumCreate(c->transform, &u));
  PetscCall(OttoSpectrumCreate(c->transform, &w));
  for (size_t i = 0; i < c->transform->spectrum_reals; i++) u->values[i] = w->values[i] = NAN;
  PetscCall(Rough(c->grid, 2, c->u));
  PetscCall(Rough(c->grid, 3, c->w));
  PetscCall(OttoTransformForward(c->transform, c->u, u));
  PetscCall(OttoTransformForward(c->transform, c->w, w));
  PetscCall(CellSum(c, c->u, c->u, &size));
  PetscCall(OttoSpectrumSum(u, NULL, &sum));
  TestClose(sum, size, SUM_TOLERANCE, c->label);
  PetscCall(CellSum(c, c->w, c->w, &size_w));
  size = sqrt(size * size_w); /* no inner product of them is larger, with S ≤ 1 */
  PetscCall(CellSum(c, c->u, c->w, &cells));
  PetscCall(OttoSpectrumInner(u, w, NULL, &inner));
  TestClose(1 + (inner - cells) / size, 1, SUM_TOLERANCE, "∫ u w");
  PetscCall(OttoTransformApplySymbol(c->transform, c->u, mixed, c->v));
  PetscCall(CellSum(c, c->u, c->v, &cells));
  PetscCall(OttoSpectrumSum(u, mixed, &sum));
  TestClose(sum, cells, SUM_TOLERANCE, "∫ u (S u)");
  PetscCall(CellSum(c, c->w, c->v, &cells));
  PetscCall(OttoSpectrumInner(u, w, mixed, &inner));
  PetscCall(OttoSpectrumInner(w, u, mixed, &other));
  TestClose(1 + (inner - cells) / size, 1, SUM_TOLERANCE, "∫ w (S u)");
  TestTrue(inner == other, "the form is symmetric");
  for (PetscInt j = 0; j < g->dim; j++) {
    const OttoMultiplier m = {.derivative_axis = j, .scale = 1};
    PetscCall(OttoTransformInverse(c->transform, u, &m, c->v));
    PetscCall(CellSum(c, c->v, c->v, &cells));
    energy += cells;
  }
  PetscCall(OttoSpectrumSum(u, gradient, &sum));
  TestClose(sum, energy, SUM_TOLERANCE, "∫ |∇u|²");
  PetscCall(OttoSpectrumDestroy(&u));
  PetscCall(OttoSpectrumDestroy(&w));
  PetscCall(OttoSymbolDestroy(&mixed));
  PetscCall(OttoSymbolDestroy(&gradient));
  PetscFunctionReturn(0);
}

/* The sums of one rank, by our own engine. */
static PetscErrorCode CheckRanks(Case *c)
{
  const OttoGridInfo *g = c->g;
  Case alone = {.label = "one rank"};
  PetscReal sums[2][2];

  PetscFunctionBegin;
  PetscCall(MakeBoxOn(PETSC_COMM_SELF, g->dim, g->n, g->lower, g->upper, g->boundary, &alone.grid));
  PetscCall(OttoTransformCreate(alone.grid, &alone.transform));
  PetscCall(OttoTransformSetUp(alone.transform));
  for (int a = 0; a < 2; a++) {
    OttoGrid grid = a ? alone.grid : c->grid;
    OttoTransform transform = a ? alone.transform : c->transform;
    OttoSpectrum spectrum;
    OttoSymbol symbol;
    Vec u;
    PetscCall(OttoFieldCreate(grid, &u));
    PetscCall(Rough(grid, 4, u));
    PetscCall(OttoSymbolCreate(transform, Mixed, NULL, &symbol));
    PetscCall(OttoSpectrumCreate(transform, &spectrum));
    PetscCall(OttoTransformForward(transform, u, spectrum));
    PetscCall(OttoSpectrumSum(spectrum, NULL, &sums[a][0]));
    PetscCall(OttoSpectrumSum(spectrum, symbol, &sums[a][1]));
    PetscCall(OttoSpectrumDestroy(&spectrum));
    PetscCall(OttoSymbolDestroy(&symbol));
    PetscCall(VecDestroy(&u));
  }
  for (int s = 0; s < 2; s++) TestClose(sums[0][s], sums[1][s], 1e-14, "sums of one rank");
  PetscCall(OttoTransformDestroy(&alone.transform));
  PetscCall(OttoGridDestroy(&alone.grid));
  PetscFunctionReturn(0);
}

/* A value that is not finite is bad input on all ranks, wherever it is; the function sees κ = 0. */
static PetscErrorCode CheckNotFinite(Case *c)
{
  const OttoGridInfo *g = c->g;
  PetscReal at = -1, highest = 0, zero;
  OttoSymbol symbol = NULL;

  PetscFunctionBegin;
  TestFails(OttoSymbolCreate(c->transform, Inverse, &at, &symbol), OTTO_ERR_INPUT,
            "symbol: inf at wavenumber (0");
  TestTrue(symbol == NULL, "no symbol");
  for (PetscInt j = 0; j < g->dim; j++)
    highest += PetscSqr(OttoTransformWavenumber(g, j, OttoTransformModes(g, j) - 1));
  if (highest > 0)
    TestFails(OttoSymbolCreate(c->transform, Inverse, &highest, &symbol), OTTO_ERR_INPUT,
              "symbol:");
  PetscCall(OttoSymbolCreate(c->transform, Poisson, NULL, &symbol));
  PetscCall(VecSet(c->u, 3));
  PetscCall(OttoTransformApplySymbol(c->transform, c->u, symbol, c->v));
  PetscCall(OttoFieldRange(c->grid, c->v, NULL, &zero));
  TestTrue(fabs(zero) < 1e-14, "the mean is what the symbol says of κ = 0");
  PetscCall(OttoSymbolDestroy(&symbol));
  PetscFunctionReturn(0);
}

/* Spectra and symbols of another transform are refused. */
static PetscErrorCode CheckStrangers(Case *c)
{
  OttoTransform other;
  OttoSpectrum mine, theirs;
  OttoSymbol symbol;
  PetscReal sum;

  PetscFunctionBegin;
  PetscCall(OttoTransformCreate(c->grid, &other));
  PetscCall(OttoTransformSetType(other, OttoTransformGetType(c->transform)));
  PetscCall(OttoTransformSetUp(other));
  PetscCall(OttoSpectrumCreate(c->transform, &mine));
  PetscCall(OttoSpectrumCreate(other, &theirs));
  PetscCall(OttoSymbolCreate(other, Mixed, NULL, &symbol));
  TestFails(OttoSpectrumInner(mine, theirs, NULL, &sum), PETSC_ERR_ARG_INCOMP, "different");
  TestFails(OttoSpectrumSum(mine, symbol, &sum), PETSC_ERR_ARG_INCOMP, "different");
  TestFails(OttoTransformApplySymbol(c->transform, c->u, symbol, c->v), PETSC_ERR_ARG_INCOMP,
            "another transform");
  PetscCall(OttoSymbolDestroy(&symbol));
  PetscCall(OttoSpectrumDestroy(&mine));
  PetscCall(OttoSpectrumDestroy(&theirs));
  PetscCall(OttoTransformDestroy(&other));
  PetscFunctionReturn(0);
}

static PetscErrorCode RunCase(OttoGrid grid, const char *engine)
{
  static const OnCase checks[] = {CheckSeparable, CheckModes, CheckSums, CheckRanks,
                                  CheckNotFinite};
  Case c = {.grid = grid, .g = OttoGridGetInfo(grid)};
  int used;

  PetscFunctionBegin;
  used = snprintf(c.label, sizeof c.label, "%s on %d x %d", engine, c.g->mesh[0], c.g->mesh[1]);
  for (PetscInt j = 0; j < c.g->dim; j++)
    used += snprintf(c.label + used, sizeof c.label - (size_t)used, " %d %s", (int)c.g->n[j],
                     OttoBoundaries[c.g->boundary[j]]);
  PetscCall(OttoTransformCreate(grid, &c.transform));
  PetscCall(OttoTransformSetType(c.transform, engine));
  PetscCall(OttoTransformSetUp(c.transform));
  PetscCall(OttoFieldCreate(grid, &c.u));
  PetscCall(OttoFieldCreate(grid, &c.v));
  PetscCall(OttoFieldCreate(grid, &c.w));
  for (size_t k = 0; k < PETSC_STATIC_ARRAY_LENGTH(checks); k++) PetscCall(checks[k](&c));
  if (c.g->dim == 1) PetscCall(CheckStrangers(&c));
  PetscCall(VecDestroy(&c.u));
  PetscCall(VecDestroy(&c.v));
  PetscCall(VecDestroy(&c.w));
  PetscCall(OttoTransformDestroy(&c.transform));
  PetscFunctionReturn(0);
}

/* Both engines where their layouts can deal the planes to the ranks at all. */
static PetscErrorCode RunShape(PetscInt dim, const PetscInt64 n[])
{
  PetscReal lower[OTTO_MAX_DIM], upper[OTTO_MAX_DIM];
  OttoBoundary boundary[OTTO_MAX_DIM];
  PetscMPIInt size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  const PetscInt64 block = (n[0] + size - 1) / size;
  for (PetscInt mix = 0; mix < 1 << dim; mix++)
    for (PetscMPIInt across = 0; across <= size; across++) { /* 0: the other engine */
      const PetscMPIInt p1 = PetscMax(1, across);
      OttoGrid grid;
      if (size % p1 || n[0] < size / p1 || (dim > 1 ? n[1] : 1) < p1) continue;
      if (!across && (n[0] + block - 1) / block < size) continue;
      for (PetscInt j = 0; j < dim; j++) {
        lower[j] = -1 + 0.25 * j;
        upper[j] = 1.5 + j;
        boundary[j] = mix >> j & 1 ? OTTO_BOUNDARY_NO_FLUX : OTTO_BOUNDARY_PERIODIC;
      }
      PetscCall(OttoGridCreate(PETSC_COMM_WORLD, &grid));
      PetscCall(OttoGridSetBox(grid, dim, n, lower, upper, boundary));
      PetscCall(OttoGridSetLayout(grid, across ? OTTO_LAYOUT_BALANCED : OTTO_LAYOUT_FFTW));
      PetscCall(OttoGridSetMesh(grid, size / p1, p1));
      PetscCall(OttoGridSetUp(grid));
      PetscCall(RunCase(grid, across ? "own" : "fftw_mpi"));
      PetscCall(OttoGridDestroy(&grid));
    }
  PetscFunctionReturn(0);
}

static PetscErrorCode TestContract(void)
{
  static const struct {
    PetscInt dim;
    PetscInt64 n[4];
  } shapes[] = {{1, {1}},       {1, {2}},       {1, {7}},       {1, {12}},
                {2, {7, 12}},   {2, {13, 2}},   {2, {5, 16}},   {2, {10, 9}},
                {3, {7, 6, 5}}, {3, {6, 5, 8}}, {3, {6, 1, 7}}, {4, {5, 3, 2, 4}}};

  PetscFunctionBegin;
  /* the user's cache is left alone */
  if (setenv("XDG_CACHE_HOME", "/proc/none", 1)) OttoFail(PETSC_ERR_SYS, "setenv");
  for (size_t s = 0; s < PETSC_STATIC_ARRAY_LENGTH(shapes); s++)
    PetscCall(RunShape(shapes[s].dim, shapes[s].n));
  PetscFunctionReturn(0);
}

int main(void)
{
  return TestMain({TestContract});
}
