/* The continuum semigroup in Fourier space: each mode decays as exp(-t κ²). */
#include "heat_impl.h"
#include <otto/transform.h>

static PetscReal Symbol(const OttoGridInfo *g, PetscInt axis, PetscInt64 k)
{
  PetscReal wavenumber = OttoTransformWavenumber(g, axis, k);
  return wavenumber * wavenumber;
}

const OttoHeatOps OttoHeatOps_Spectral = {
    .boundaries = OTTO_SERVES(OTTO_BOUNDARY_PERIODIC) | OTTO_SERVES(OTTO_BOUNDARY_NO_FLUX),
    .fisher_form = OTTO_FISHER_SPECTRAL,
    .advice = OttoHeatAdvice_Fourier,
    .setup = OttoHeatSetUp_Fourier,
    .destroy = OttoHeatDestroy_Fourier,
    .source_create = OttoHeatSourceCreate_Fourier,
    .apply = OttoHeatApply_Fourier,
    .score = OttoHeatScore_Fourier,
    .rate = OttoHeatRate_Fourier,
    .overlap = OttoHeatOverlap_Fourier,
    .pair = OttoHeatPair_Fourier,
    .bytes = OttoHeatBytes_Fourier,
    .symbol = Symbol,
};
