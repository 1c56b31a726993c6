/*
 * The two FFT kernels: a forward transform is kept per source, and every new time costs one inverse
 * with the multiplier Π_j exp(-t λ_j(k_j)); λ_j is the kernel's symbol. Of two sources the inverses
 * may take turns, one's messages under way meanwhile.
 */
#include "heat_impl.h"
#include <otto/transform.h>
#include <math.h>

typedef struct {
  OttoTransform transform;
  PetscReal *lambda[OTTO_MAX_DIM]; /* [modes]: -λ_j, the addend of the rate */
  PetscReal *factor[OTTO_MAX_DIM]; /* [modes]: exp(-tλ_j) */
  size_t table_bytes;
} Fourier;

PetscErrorCode OttoHeatSetUp_Fourier(OttoHeat heat)
{
  const OttoGridInfo *g = heat->g;
  Fourier *f;

  PetscFunctionBegin;
  PetscCall(PetscNew(&f));
  heat->data = f;
  PetscCall(OttoTransformCreate(heat->grid, &f->transform));
  if (heat->from_options) PetscCall(OttoTransformSetFromOptions(f->transform));
  PetscCall(OttoTransformSetOverlap(f->transform, heat->overlap));
  PetscCall(OttoTransformSetUp(f->transform));
  for (PetscInt j = 0; j < g->dim; j++) {
    PetscInt64 modes = OttoTransformModes(g, j);
    PetscCall(PetscMalloc2(modes, &f->lambda[j], modes, &f->factor[j]));
    f->table_bytes += 2 * (size_t)modes * sizeof(PetscReal);
    for (PetscInt64 k = 0; k < modes; k++) f->lambda[j][k] = -heat->ops->symbol(g, j, k);
  }
  PetscFunctionReturn(0);
}

PetscErrorCode OttoHeatDestroy_Fourier(OttoHeat heat)
{
  Fourier *f = (Fourier *)heat->data;

  PetscFunctionBegin;
  PetscCall(OttoTransformDestroy(&f->transform));
  for (PetscInt j = 0; j < OTTO_MAX_DIM; j++)
    if (f->lambda[j]) PetscCall(PetscFree2(f->lambda[j], f->factor[j]));
  PetscCall(PetscFree(heat->data));
  PetscFunctionReturn(0);
}

size_t OttoHeatBytes_Fourier(OttoHeat heat)
{
  const Fourier *f = (const Fourier *)heat->data;
  return sizeof *f + f->table_bytes + OttoTransformBytes(f->transform);
}

PetscErrorCode OttoHeatSourceCreate_Fourier(OttoHeat heat, Vec p0, OttoHeatSource source)
{
  const Fourier *f = (const Fourier *)heat->data;

  PetscFunctionBegin;
  PetscCall(OttoSpectrumCreate(f->transform, &source->spectrum));
  PetscCall(OttoTransformForward(f->transform, p0, source->spectrum));
  PetscFunctionReturn(0);
}

/* exp(-tλ), and what else makes a part of it. */
static OttoMultiplier Multiplier(OttoHeat heat, PetscReal t, OttoHeatPart part, PetscInt axis)
{
  Fourier *f = (Fourier *)heat->data;
  OttoMultiplier m = {.derivative_axis = part == OTTO_HEAT_SCORE ? axis : -1, .scale = 1};

  for (PetscInt j = 0; j < heat->g->dim; j++) {
    const PetscInt64 modes = OttoTransformModes(heat->g, j);
    for (PetscInt64 k = 0; k < modes; k++) f->factor[j][k] = exp(t * f->lambda[j][k]);
    m.factor[j] = f->factor[j];
    if (part == OTTO_HEAT_RATE) m.addend[j] = f->lambda[j];
  }
  return m;
}

static PetscErrorCode Take(OttoHeat heat, OttoHeatSource source, PetscReal t, Vec p,
                           OttoHeatPart part, PetscInt axis, Vec out)
{
  const Fourier *f = (const Fourier *)heat->data;
  const OttoMultiplier m = Multiplier(heat, t, part, axis);

  PetscFunctionBegin;
  PetscCall(OttoTransformInverse(f->transform, source->spectrum, &m, out));
  if (part != OTTO_HEAT_DENSITY) PetscCall(VecPointwiseDivide(out, out, p));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoHeatApply_Fourier(OttoHeat heat, OttoHeatSource source, PetscReal t, Vec p,
                                     Vec log_p)
{
  (void)log_p;
  PetscFunctionBegin;
  PetscCall(Take(heat, source, t, p, OTTO_HEAT_DENSITY, -1, p));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoHeatScore_Fourier(OttoHeat heat, OttoHeatSource source, PetscReal t, Vec p,
                                     Vec log_p, PetscInt axis, Vec score)
{
  (void)log_p;
  PetscFunctionBegin;
  PetscCall(Take(heat, source, t, p, OTTO_HEAT_SCORE, axis, score));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoHeatRate_Fourier(OttoHeat heat, OttoHeatSource source, PetscReal t, Vec p,
                                    Vec log_p, Vec rate)
{
  (void)log_p;
  PetscFunctionBegin;
  PetscCall(Take(heat, source, t, p, OTTO_HEAT_RATE, -1, rate));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoHeatOverlap_Fourier(OttoHeat heat)
{
  PetscFunctionBegin;
  PetscCall(OttoTransformSetOverlap(((Fourier *)heat->data)->transform, heat->overlap));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoHeatPair_Fourier(OttoHeat heat, const OttoHeatSource source[2], PetscReal t,
                                    const Vec p[2], OttoHeatPart part, PetscInt axis,
                                    const Vec out[2])
{
  const Fourier *f = (const Fourier *)heat->data;
  const OttoMultiplier m = Multiplier(heat, t, part, axis);
  const OttoSpectrum spectrum[2] = {source[0]->spectrum, source[1]->spectrum};

  PetscFunctionBegin;
  PetscCall(OttoTransformInversePair(f->transform, spectrum, &m, out));
  for (int i = 0; i < 2 && part != OTTO_HEAT_DENSITY; i++)
    PetscCall(VecPointwiseDivide(out[i], out[i], p[i]));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoHeatRoughness_Fourier(OttoHeat heat, OttoHeatSource source, Vec p0,
                                         PetscReal *roughness)
{
  const Fourier *f = (const Fourier *)heat->data;
  PetscReal low, high, max;
  Vec part;

  PetscFunctionBegin;
  *roughness = 0;
  PetscCall(OttoFieldRange(heat->grid, p0, NULL, &max));
  PetscCall(OttoFieldCreate(heat->grid, &part));
  for (PetscInt j = 0; j < heat->g->dim; j++) {
    OttoMultiplier m = {.derivative_axis = -1, .scale = 1};
    const PetscInt64 modes = OttoTransformModes(heat->g, j);
    if (heat->g->n[j] == 1) continue;
    for (PetscInt64 k = 0; k < modes; k++) f->factor[j][k] = 3 * k > 2 * modes ? 1 : 0;
    m.factor[j] = f->factor[j];
    PetscCall(OttoTransformInverse(f->transform, source->spectrum, &m, part));
    PetscCall(OttoFieldRange(heat->grid, part, &low, &high));
    *roughness = PetscMax(*roughness, PetscMax(-low, high) / max);
  }
  PetscCall(VecDestroy(&part));
  PetscFunctionReturn(0);
}

#define EXACT "use an exact kernel: heat_kernel lattice_exact or gaussian_exact"
#define COARSE "if known fails too, use an exact kernel; otherwise refine the grid or start later"
const OttoHeatAdvice OttoHeatAdvice_Fourier[] = {{"known", EXACT},         {"positivity", EXACT},
                                                 {"rate", COARSE},         {"integral_kl", COARSE},
                                                 {"entropy_rate", COARSE}, {NULL, NULL}};
