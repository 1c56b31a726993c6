/* The continuum semigroup in Fourier space: each mode decays as exp(-t κ²). */
#include "heat_impl.h"
#include <otto/transform.h>

static PetscReal Symbol(const OttoGridInfo *g, PetscInt axis, PetscInt64 k)
{
  PetscReal wavenumber = OttoTransformWavenumber(g, axis, k);
  return wavenumber * wavenumber;
}

const OttoHeatOps OttoHeatOps_Spectral = {
    .name = "spectral",
    .setup = OttoHeatSetUp_Fourier,
    .destroy = OttoHeatDestroy_Fourier,
    .source_create = OttoHeatSourceCreate_Fourier,
    .apply = OttoHeatApply_Fourier,
    .score = OttoHeatScore_Fourier,
    .rate = OttoHeatRate_Fourier,
    .bytes = OttoHeatBytes_Fourier,
    .symbol = Symbol,
};
